//! `khw-unit check`: what systemd skips, refuses or does otherwise than meant, and flags that the release does not take.
//!
//! systemd reads on over an unknown key and over a missing backslash with a line in its journal, and starts the program
//! without half of its flags. Here that is an error: the line has no effect.

mod command;
mod configuration;
mod environment;
#[cfg(test)]
mod mutations;
mod service;
mod specifier;
mod stray;

use self::environment::Environment;
use crate::command::CommandLine;
use crate::directive;
use crate::root::Root;
use crate::syntax::{Assignment, Problem, ProblemKind, Unit};
use crate::value;
use khw_core::finding::Finding;
use khw_core::input::quoted;
use khw_core::{Error, KubernetesVersion};
use std::collections::{HashMap, HashSet};

/// The names of the findings.
pub const CHECKS: &[&str] = &[
    "assignment-outside-section",
    "bad-command",
    "bad-value",
    "deprecated-flag",
    "drop-in",
    "early-flag",
    "empty-unit",
    "flag-overrides-file",
    "flag-value",
    "gate-deprecated",
    "gate-locked",
    "gate-value",
    "ignored-flag",
    "lost-backslash",
    "masked",
    "no-environment-file",
    "no-exec-start",
    "no-program",
    "no-watchdog",
    "not-an-assignment",
    "own-mounts",
    "relative-program",
    "removed-flag",
    "requires-without-after",
    "several-exec-start",
    "shadowed",
    "sigpipe-not-restarted",
    "single-dash",
    "stray-argument",
    "syntax",
    "trailing-backslash",
    "unbalanced-quotes",
    "undefined-variable",
    "unexpanded-variable",
    "unknown-directive",
    "unknown-escape",
    "unknown-flag",
    "unknown-gate",
    "unknown-section",
    "unknown-specifier",
    "wrong-type",
];

/// Looks through the bytes of a unit file, whatever they are: no panic, and time and memory in proportion to their
/// number. The findings stand in the order of the lines.
pub fn check_bytes(content: &[u8], version: KubernetesVersion) -> Vec<Finding> {
    match Unit::parse_bytes(content) {
        Ok(unit) => check(&unit, version),
        Err(error) => vec![Finding::from_error("syntax", &error)],
    }
}

/// Looks through a unit file that was read. The findings stand in the order of the lines.
pub fn check(unit: &Unit, version: KubernetesVersion) -> Vec<Finding> {
    check_under(unit, version, None)
}

/// The same, with a look at the files that the unit names.
pub(crate) fn check_under(unit: &Unit, version: KubernetesVersion, root: Option<&Root>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unit.problems().iter().map(problem).collect();
    if unit.assignments().is_empty() && findings.is_empty() {
        return vec![
            Finding::error("empty-unit", "has no directive: for systemd the unit is masked, and never starts")
                .fix("did the command that should have written it fail?"),
        ];
    }
    sections(unit, &mut findings);
    directives(unit, &mut findings);
    dependencies(unit, &mut findings);
    values(unit, &mut findings);
    specifier::check(unit, &mut findings);
    service::check(unit, version, &mut findings);
    let environment = Environment::of(unit, root, &mut findings);
    command::check(unit, version, root, &environment, &mut findings);
    if let Some(root) = root {
        configuration::check(unit, version, root, &environment, &mut findings);
    }
    findings.sort_by_key(|f| f.line);
    findings
}

/// The command that the service runs, with the values of its variables as far as unit and environment files under `root` have them.
///
/// # Errors
/// As [`Unit::exec_start`].
pub fn command_as_run(unit: &Unit, root: &Root) -> Result<Option<CommandLine>, Error> {
    let Some(command) = unit.exec_start()? else { return Ok(None) };
    // What is wrong with them, the check says.
    let environment = Environment::of(unit, Some(root), &mut Vec::new());
    Ok(Some(environment.expand(&command)))
}

fn problem(problem: &Problem) -> Finding {
    let text = quoted(&problem.text);
    let finding = match problem.kind {
        ProblemKind::OutsideSection => {
            Finding::error("assignment-outside-section", format!("{text} stands before the first section"))
                .fix("write [Unit], [Service] or [Install] above it")
        }
        ProblemKind::NoEquals => Finding::error("not-an-assignment", format!("{text} has no '='"))
            .fix("write it as NAME=VALUE, or end the line before with a backslash if it goes on here"),
        ProblemKind::NoName => {
            Finding::error("not-an-assignment", format!("{text} has no name before '='")).fix("write it as NAME=VALUE")
        }
        ProblemKind::ContinuesIntoNothing => {
            Finding::error("trailing-backslash", "ends in a backslash, but no line goes on after it")
                .fix("take the backslash away, or the blank line after it")
        }
        ProblemKind::ContinuesIntoNext => Finding::error(
            "trailing-backslash",
            format!("ends in a backslash, which makes {text} a part of this value"),
        )
        .fix("take the backslash away"),
    };
    finding.line(problem.line)
}

fn sections(unit: &Unit, findings: &mut Vec<Finding>) {
    for header in unit.headers() {
        let name = header.name.as_str();
        if directive::of_section(name).is_some() || name.starts_with("X-") {
            continue;
        }
        let finding = Finding::error("unknown-section", format!("[{name}] is not a section of a service"));
        let known = directive::SECTIONS.iter().map(|(name, _)| *name);
        findings.push(finding.line(header.line).fix(match directive::similar(name, known) {
            Some(similar) => format!("did you mean [{similar}]?"),
            None => "a service has [Unit], [Service] and [Install]".to_owned(),
        }));
    }
}

fn directives(unit: &Unit, findings: &mut Vec<Finding>) {
    // A file that is no unit at all repeats its mistakes.
    let mut meant: HashMap<(&str, &str), Option<&str>> = HashMap::new();
    for assignment in unit.assignments() {
        let (section, name) = (assignment.section.as_str(), assignment.name.as_str());
        let Some(known) = directive::of_section(section) else { continue };
        if known.binary_search(&name).is_ok() || name.starts_with("X-") {
            continue;
        }
        if name.starts_with('-') {
            findings.push(
                Finding::error("lost-backslash", format!("{name} is taken for a directive and skipped"))
                    .line(assignment.line)
                    .fix("end the line before with a backslash"),
            );
            continue;
        }
        let elsewhere = directive::SECTIONS.iter().find(|(_, names)| names.binary_search(&name).is_ok());
        let similar = *meant.entry((section, name)).or_insert_with(|| directive::similar(name, known.iter().copied()));
        let fix = match (elsewhere, similar) {
            (Some((other, _)), _) => format!("it belongs in [{other}]"),
            (None, Some(similar)) => format!("did you mean {similar}=?"),
            (None, None) => "take it out, or see systemd.directives(7)".to_owned(),
        };
        findings.push(
            Finding::error("unknown-directive", format!("is not a directive of [{section}], and is skipped"))
                .line(assignment.line)
                .field(name)
                .fix(fix),
        );
    }
}

fn values(unit: &Unit, findings: &mut Vec<Finding>) {
    let known =
        |a: &&Assignment| directive::of_section(&a.section).is_some_and(|d| d.binary_search(&a.name.as_str()).is_ok());
    for assignment in unit.assignments().iter().filter(known) {
        if let Some(refusal) = value::refuse(assignment) {
            findings.push(
                Finding::error("bad-value", format!("{}, and systemd ignores it", refusal.what))
                    .line(assignment.line)
                    .field(assignment.name.as_str())
                    .fix(refusal.fix),
            );
        }
    }
}

fn dependencies(unit: &Unit, findings: &mut Vec<Finding>) {
    let after: HashSet<&str> = unit.values("Unit", "After").iter().flat_map(|v| v.text.split_whitespace()).collect();
    for value in unit.values("Unit", "Requires") {
        for name in value.text.split_whitespace().filter(|n| n.ends_with(".service") && !after.contains(n)) {
            findings.push(
                Finding::warning("requires-without-after", format!("{name} is started at the same time, not before"))
                    .line(value.line)
                    .field("Requires")
                    .fix(format!("write After={name} too")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, check};
    use crate::Unit;
    use khw_core::{Error, KubernetesVersion};

    #[test]
    fn names_are_sorted() {
        assert!(CHECKS.is_sorted());
    }

    /// Name and line of each finding in a [Service] that has this after its ExecStart=.
    fn found(value: &str, minor: u16) -> Result<Vec<(&'static str, Option<usize>)>, Error> {
        let unit = Unit::parse(&format!("[Service]\nExecStart={value}\n"))?;
        let findings = check(&unit, KubernetesVersion::minor_release(minor));
        assert!(findings.iter().all(|f| CHECKS.contains(&f.name)));
        Ok(findings.iter().map(|f| (f.name, f.line)).collect())
    }

    #[test]
    fn finds_each_thing_on_its_line() -> Result<(), Error> {
        let k = "/usr/local/bin/kubelet";
        let p = "/usr/local/bin/kube-proxy --config=/x";
        for (value, minor, expected) in [
            (format!("{k} --config=/x \\\n  --network-plugin=cni"), 24, vec![("removed-flag", 3)]),
            (format!("{k} --network-plugin=cni"), 23, vec![]),
            (format!("{k} --config=/x \\\n  # c\n --config-dir=/x"), 27, vec![("early-flag", 4)]),
            (
                format!("{k} --kube-config=/x --pod-infra-container-image=x"),
                30,
                vec![("unknown-flag", 2), ("deprecated-flag", 2)],
            ),
            (format!("{k} --max-pods=3"), 37, vec![]),
            (format!("{p} \\\n --cluster-cidr=10.0.0.0/8"), 30, vec![("ignored-flag", 3)]),
            ("/usr/local/bin/kube-proxy --cluster-cidr=10.0.0.0/8".to_owned(), 30, vec![]),
            ("/bin/other --network-plugin=cni".to_owned(), 30, vec![]),
            (format!("{k} \\\n --node-ip=${{NODE_IP}}"), 30, vec![("undefined-variable", 3)]),
            (format!("{k} --node-ip=$NODE_IP"), 30, vec![("unexpanded-variable", 2)]),
            (format!("{k} --root-dir=${{HOME}}/x\nEnvironment=A=1 \"B=2 3\"\nExecStartPre=/a $A ${{B}}"), 30, vec![]),
            (format!("{k} $X\nEnvironmentFile=/etc/x"), 30, vec![]),
            (format!("{k} \\\n \"--v=2"), 30, vec![("unbalanced-quotes", 3)]),
            (
                format!("{k}\nExecStop=kubelet/x\nEnvironment='a"),
                30,
                vec![("bad-command", 3), ("unbalanced-quotes", 4)],
            ),
            (format!("{k} --root-dir=\\q"), 30, vec![("unknown-escape", 2)]),
            (format!("{k}\n --kubeconfig=/x"), 30, vec![("lost-backslash", 3)]),
            (format!("{k} \\\n --v=2 \\\nRestart=always"), 30, vec![("trailing-backslash", 3), ("stray-argument", 4)]),
            (format!("{k}\nType=notify\nWatchdogSec=30"), 31, vec![("no-watchdog", 4)]),
            (format!("{k}\nType=notify\nWatchdogSec=30"), 32, vec![]),
            (format!("{k}\nWatchdogSec=0\nProtectSystem=no\nPrivateTmp=false"), 31, vec![]),
            (format!("{k}\nProtectHome=read-only"), 31, vec![("own-mounts", 3)]),
            (
                format!("{p}\nType=notify\nWatchdogSec=1min\nPrivateTmp=yes"),
                34,
                vec![("wrong-type", 3), ("no-watchdog", 4)],
            ),
            (format!("{k}\nType=forking"), 30, vec![("wrong-type", 3)]),
            ("kubelet\nTimeoutStartSec=x".to_owned(), 30, vec![("relative-program", 2), ("bad-value", 3)]),
            (
                "/bin/sh -c 'kubelet 2>&1 | tee /var/log/x'\nRestart=on-failure".to_owned(),
                30,
                vec![("sigpipe-not-restarted", 3)],
            ),
            (format!("{k}\nRestart=on-failure\nStandardError=fd:log"), 30, vec![("sigpipe-not-restarted", 3)]),
            (format!("{k}\nRestart=on-failure\nIgnoreSIGPIPE=no\nRestartForceExitStatus=1 SIGPIPE"), 30, vec![]),
            (format!("{k}\nRestart=always\nIgnoreSIGPIPE=no"), 30, vec![]),
            (format!("{k}\nExecStart=/bin/b"), 30, vec![("several-exec-start", 3)]),
            (String::new(), 30, vec![("no-exec-start", 1)]),
            (
                format!("{k}\nRestartSce=5\nWantedBy=x\n[Instal]\n[X-y]\nz=1"),
                30,
                vec![("unknown-directive", 3), ("unknown-directive", 4), ("unknown-section", 5)],
            ),
            (
                format!("{k}\n[Unit]\nRequires=a.service b.service\nAfter=b.service"),
                30,
                vec![("requires-without-after", 4)],
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(name, line)| (name, Some(line))).collect();
            assert_eq!(found(&value, minor)?, expected, "{value}");
        }
        Ok(())
    }

    #[test]
    fn nothing_at_all_is_a_mask() -> Result<(), Error> {
        for text in ["", "# a comment\n", "[Unit]\n"] {
            let names: Vec<_> = check(&Unit::parse(text)?, KubernetesVersion::NEWEST).iter().map(|f| f.name).collect();
            assert_eq!(names, ["empty-unit"], "{text}");
        }
        Ok(())
    }

    #[test]
    fn says_what_was_meant() -> Result<(), Error> {
        let unit = Unit::parse("[Service]\nExecStart=/a\nRestartSce=5\nWantedBy=x\n[Instal]\n")?;
        let fixes: Vec<_> = check(&unit, KubernetesVersion::NEWEST).into_iter().filter_map(|f| f.fix).collect();
        assert_eq!(fixes, ["did you mean RestartSec=?", "it belongs in [Install]", "did you mean [Install]?"]);
        Ok(())
    }
}
