//! Arguments that are no flags: kubelet and kube-proxy do not start with one. They are words of a shell's, comments, a value
//! after a flag that takes none, one dash too few.

use crate::command::CommandLine;
use crate::flag::Program;
use crate::given::Part;
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;

/// The first of them, at which the program stops.
pub(super) fn check(command: &CommandLine, version: KubernetesVersion, directive: &str, findings: &mut Vec<Finding>) {
    let Some(program) = Program::of(command.program_name()) else { return };
    let parts = command.parts();
    // A word that is a variable of unknown value may be any words, the last of them a flag that takes the next.
    let unknown = |part: &Part<'_>| match part {
        Part::Stray(argument) | Part::Short(argument) => argument.text.contains(['$', '%']),
        Part::Flag(given) => given.name.contains('$'),
    };
    let short = parts.iter().find_map(|part| match part {
        Part::Short(argument) if !unknown(part) && !is_help(&argument.text) => Some(*argument),
        _ => None,
    });
    if let Some(argument) = short {
        let shown: String = argument.text.escape_debug().take(60).collect();
        let message =
            format!("'{shown}' has one dash, and {} takes it for short flags and does not start", program.name());
        findings.push(
            Finding::error("single-dash", message).line(argument.line).field(directive).fix(format!("write -{shown}")),
        );
    }
    let before = |index: usize| index.checked_sub(1).and_then(|before| parts.get(before));
    let first = parts.iter().enumerate().find_map(|(index, part)| match part {
        Part::Stray(argument) if !unknown(part) && !before(index).is_some_and(unknown) => Some((index, *argument)),
        _ => None,
    });
    let Some((index, argument)) = first else { return };
    // kube-proxy passes over an empty one.
    if program == Program::KubeProxy && argument.text.is_empty() {
        return;
    }
    let shown: String = argument.text.escape_debug().take(60).collect();
    // Up to v1.18 kube-proxy did not look (kubernetes#90564).
    let finding = match program {
        Program::KubeProxy if !version.at_least(19) => {
            Finding::warning("stray-argument", format!("'{shown}' is no flag, and has no effect"))
        }
        _ => {
            let message = format!("'{shown}' is no flag, and {} does not start", program.name());
            Finding::error("stray-argument", message)
        }
    };
    let fix = match (argument.text.as_str(), before(index)) {
        (text, _) if text.starts_with('#') => "write a comment on a line of its own, before the command".to_owned(),
        (text, _) if is_of_a_shell(text) => {
            "systemd is no shell: take it out (StandardOutput= sends the output elsewhere, a second command has its own \
             ExecStartPre= or ExecStartPost=)"
                .to_owned()
        }
        (text, _) if text.starts_with(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}']) => {
            "write two hyphens, '--', where a word processor put a dash".to_owned()
        }
        (_, Some(Part::Flag(given))) if given.value.is_none() => format!("write --{}={shown}", given.name),
        _ => "take it out, or write '--' before it if it is a flag".to_owned(),
    };
    findings.push(finding.line(argument.line).field(directive).fix(fix));
}

fn is_help(text: &str) -> bool {
    text == "-h"
}

fn is_of_a_shell(text: &str) -> bool {
    matches!(text, "&" | "&&" | "|" | "||")
        || text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['>', '<'])
}

#[cfg(test)]
mod tests {
    use crate::Unit;
    use crate::check::check;
    use khw_core::{Error, KubernetesVersion};

    #[track_caller]
    fn found(minor: u16, command: &str) -> Vec<String> {
        let text = format!("[Service]\nEnvironmentFile=/e\nExecStart=/usr/bin/{command}\n");
        let unit = Unit::parse(&text).unwrap_or_else(|e: Error| panic!("{e}"));
        let ours = |name| ["stray-argument", "single-dash", "flag-value"].contains(&name);
        check(&unit, KubernetesVersion::minor_release(minor))
            .into_iter()
            .filter(|finding| ours(finding.name))
            .map(|f| format!("{} {}: {}", f.severity, f.name, f.fix.unwrap_or_default()))
            .collect()
    }

    /// The kubelet and kube-proxy of 1.20.2 stop at each: "unknown command", "unknown shorthand flag", "does not take any
    /// arguments".
    #[test]
    fn what_is_no_flag() {
        let shell = "systemd is no shell: take it out (StandardOutput= sends the output elsewhere, a second command has its \
                     own ExecStartPre= or ExecStartPost=)";
        for (command, what, fix) in [
            ("kubelet --fail-swap-on false", "stray-argument", "write --fail-swap-on=false"),
            ("kubelet --config=/a extra", "stray-argument", "take it out, or write '--' before it if it is a flag"),
            ("kubelet # comment", "stray-argument", "write a comment on a line of its own, before the command"),
            ("kubelet —v=2", "stray-argument", "write two hyphens, '--', where a word processor put a dash"),
            ("kubelet --v=2 > log 2>&1", "stray-argument", shell),
            ("kubelet && x", "stray-argument", shell),
            ("kubelet -- x", "stray-argument", "take it out, or write '--' before it if it is a flag"),
            ("kubelet \"\"", "stray-argument", "take it out, or write '--' before it if it is a flag"),
            ("kubelet -config=/a", "single-dash", "write --config=/a"),
            ("kube-proxy extra", "stray-argument", "take it out, or write '--' before it if it is a flag"),
            ("kube-proxy --masquerade-all yes", "stray-argument", "write --masquerade-all=yes"),
            ("kubelet --v=2 --config", "flag-value", "write it as --config=VALUE"),
        ] {
            assert_eq!(found(20, command), [format!("error {what}: {fix}")], "{command}");
        }
        assert_eq!(
            found(18, "kube-proxy extra"),
            ["warning stray-argument: take it out, or write '--' before it if it is a flag"]
        );
    }

    #[test]
    fn what_may_be_one_is_not_judged() {
        let none: [&str; 0] = [];
        for command in [
            "kubelet --config /a --v 2 -v 3 -v=4 --register-node",
            "kubelet $ARGS",
            "kubelet $ARGS false",
            "kubelet --config=/a $ARGS --v=2",
            "kubelet --config $FILE",
            "kubelet --max-pods=${N} --node-ip=%I %i",
            "kubelet -h",
            "kube-proxy \"\"",
            "other extra -x",
        ] {
            assert_eq!(found(20, command), none, "{command}");
        }
    }
}
