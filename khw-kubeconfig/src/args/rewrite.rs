//! What kubectl's flag parser allows beyond clap.

use khw_core::Error;
use std::ffi::OsString;

/// The words before which options may stand. Building clap's table only to look them up would double the time to start.
const COMMANDS: [&str; 21] = [
    "new",
    "bootstrap",
    "merge",
    "check",
    "set-cluster",
    "set-credentials",
    "set-context",
    "set",
    "unset",
    "use-context",
    "use",
    "view",
    "current-context",
    "get-clusters",
    "get-contexts",
    "get-users",
    "rename-context",
    "delete-cluster",
    "delete-context",
    "delete-user",
    "help",
];

/// The options without a value, or with one only behind `=`.
const SWITCHES: [&str; 18] = [
    "help",
    "version",
    "embed-certs",
    "insecure-skip-tls-verify",
    "no-verify",
    "exec-provide-cluster-info",
    "current",
    "set-raw-bytes",
    "no-headers",
    "allow-missing-template-keys",
    "raw",
    "minify",
    "flatten",
    "merge",
    "strict",
    "disable-compression",
    "match-server-version",
    "warnings-as-errors",
];

/// What kubectl's flag parser allows beyond clap: flags before the command, and `_` for `-` in a flag's name.
pub(crate) fn rewrite(arguments: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    let is_command = |word: &str| COMMANDS.contains(&word);
    // Options whose value is the next argument: that one is not the command. Of letters, only that of help is a switch.
    let takes_next = |name: &str| match name.strip_prefix("--") {
        // A PEM block begins with dashes too.
        Some(long) => long.starts_with(|c: char| c.is_ascii_lowercase()) && !SWITCHES.contains(&long),
        None => name.len() == 2 && name != "-h",
    };
    let mut rewritten: Vec<OsString> = Vec::with_capacity(arguments.len());
    let mut found = false;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let Some(text) = argument.to_str() else {
            rewritten.push(argument);
            continue;
        };
        if text == "--" {
            rewritten.push(argument);
            break;
        }
        if !text.starts_with('-') {
            if !found && is_command(text) {
                rewritten.insert(0, argument);
            } else {
                rewritten.push(argument);
            }
            found = true;
            continue;
        }
        let (name, value) = text.split_at(text.find('=').unwrap_or(text.len()));
        let name = if name.starts_with("--") { name.replace('_', "-") } else { name.to_owned() };
        let mut argument = OsString::from(format!("{name}{value}"));
        if value.is_empty() && takes_next(&name) {
            // Whatever it looks like: `--token --x` is the token `--x`.
            if let Some(next) = arguments.next() {
                argument.push("=");
                argument.push(next);
            }
        }
        rewritten.push(argument);
    }
    rewritten.extend(arguments);
    Ok(rewritten)
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::{COMMANDS, SWITCHES, rewrite};
    use std::ffi::OsString;

    fn rewritten(line: &str) -> String {
        let words = line.split(' ').map(OsString::from).collect();
        let words = rewrite(words).unwrap_or_default();
        words.iter().map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn flags_may_come_first() {
        for (line, same) in [
            ("--kubeconfig=F set-cluster a", "set-cluster --kubeconfig=F a"),
            ("--kubeconfig F --embed-certs set-cluster a", "set-cluster --kubeconfig=F --embed-certs a"),
            ("--kubeconfig view set-cluster a", "set-cluster --kubeconfig=view a"),
            ("set-cluster a --embed_certs=true --server x", "set-cluster a --embed-certs=true --server=x"),
            ("set-context view --cluster use-context", "set-context view --cluster=use-context"),
            ("bogus view", "bogus view"),
            ("set-credentials a --token --x_y", "set-credentials a --token=--x_y"),
        ] {
            assert_eq!(rewritten(line), same);
        }
    }

    #[test]
    fn the_words_and_switches_are_those_of_the_table() {
        let mut table = command();
        table.build();
        let mut words: Vec<&str> = table.get_subcommands().flat_map(|sub| sub.get_name_and_visible_aliases()).collect();
        words.push("help");
        words.sort_unstable();
        words.dedup();
        let mut known = COMMANDS.to_vec();
        known.sort_unstable();
        assert_eq!(words, known);
        for option in table.get_subcommands().flat_map(clap::Command::get_arguments) {
            let Some(long) = option.get_long() else { continue };
            let is_switch = !option.get_action().takes_values() || option.is_require_equals_set();
            assert_eq!(is_switch, SWITCHES.contains(&long), "{long}");
            assert!(!is_switch || option.get_short().is_none_or(|letter| letter == 'h'), "{long}");
        }
    }
}
