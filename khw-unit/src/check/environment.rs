//! The environment of a service: what its variables are, and a command with their values in it.
//!
//! Precedence and syntax as in systemd.exec(5): `PassEnvironment=`, then `Environment=`, then `EnvironmentFile=`, of each the
//! last assignment, and `UnsetEnvironment=` at the end. The words of `$NAME` are those of systemd 252's `replace_env_argv`, the
//! file's lines those of its `parse_env_file`.

use crate::command::{self, Argument, CommandLine};
use crate::root::Root;
use crate::syntax::{Assignment, Unit};
use khw_core::finding::Finding;
use std::collections::HashMap;
use std::path::Path;

/// The variables that systemd itself gives to a service (systemd.exec(5), "Environment variables in spawned processes").
const GIVEN: [&str; 30] = [
    "CACHE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "EXIT_CODE",
    "EXIT_STATUS",
    "HOME",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LANG",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LOGNAME",
    "LOGS_DIRECTORY",
    "LOG_NAMESPACE",
    "MAINPID",
    "MANAGERPID",
    "NOTIFY_SOCKET",
    "PATH",
    "PIDFILE",
    "RUNTIME_DIRECTORY",
    "SERVICE_RESULT",
    "SHELL",
    "STATE_DIRECTORY",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "USER",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "XDG_RUNTIME_DIR",
];

/// The variables of a service.
pub(super) struct Environment {
    /// Each with its value, if that is known without the running systemd.
    values: HashMap<String, Option<String>>,
    /// Whether there are no others: not so when they come from a file that is not looked into.
    complete: bool,
    /// Whether a file that may be missing is.
    without_a_file: bool,
}

impl Environment {
    /// What the unit defines, and the files that it names under `root`.
    pub(super) fn of(unit: &Unit, root: Option<&Root>, findings: &mut Vec<Finding>) -> Self {
        let mut values: HashMap<String, Option<String>> = GIVEN.iter().map(|&name| (name.to_owned(), None)).collect();
        for directive in ["PassEnvironment", "Environment"] {
            for assignment in unit.counting("Service", directive) {
                match command::environment(assignment) {
                    Ok(defined) => values.extend(defined),
                    Err(refused) => findings.push(Finding::from_error(refused.name, &refused.error)),
                }
            }
        }
        let (mut complete, mut without_a_file) = (true, false);
        for value in unit.values("Service", "EnvironmentFile") {
            let optional = value.text.starts_with('-');
            let path = value.text.trim_start_matches('-');
            // A pattern and a specifier may mean any file.
            let Some(root) = root.filter(|_| path.starts_with('/') && !path.contains(['*', '?', '[', '%'])) else {
                complete = false;
                continue;
            };
            match root.read(Path::new(path)) {
                Ok(content) => {
                    let defined = file(&String::from_utf8_lossy(&content));
                    values.extend(defined.into_iter().map(|(name, value)| (name, Some(value))));
                }
                Err(_) if optional => without_a_file = true,
                Err(error) => findings.push(
                    Finding::error("no-environment-file", format!("'{path}': {}", error.what()))
                        .line(value.line)
                        .field("EnvironmentFile")
                        .fix("make it, or write '-' before the path if it may be missing"),
                ),
            }
        }
        // A file that is not looked into may give any of them another value.
        if !complete {
            values.values_mut().for_each(|value| *value = None);
        }
        for assignment in unit.counting("Service", "UnsetEnvironment") {
            match command::environment(assignment) {
                Ok(unset) => unset.into_iter().for_each(|one| take_away(&mut values, one, assignment)),
                Err(refused) => findings.push(Finding::from_error(refused.name, &refused.error)),
            }
        }
        Environment { values, complete, without_a_file }
    }

    /// Whether nobody defines it.
    pub(super) fn lacks(&self, name: &str) -> bool {
        self.complete && !self.values.contains_key(name)
    }

    /// Whether a variable may be undefined on purpose: `EnvironmentFile=-PATH` names a file that is not there.
    pub(super) fn may_lack(&self) -> bool {
        self.without_a_file
    }

    /// The command with the values of its variables, as the process gets it. An argument with a variable of unknown
    /// value stays as it is written.
    pub(super) fn expand(&self, command: &CommandLine) -> CommandLine {
        let arguments = command.arguments.iter().flat_map(|argument| self.words(argument)).collect();
        CommandLine { arguments, ..command.clone() }
    }

    fn words(&self, argument: &Argument) -> Vec<Argument> {
        let value = |name: &String| match self.values.get(name) {
            Some(value) => value.as_deref(),
            None => self.complete.then_some(""),
        };
        let Some(values) = argument.variables.iter().map(value).collect::<Option<Vec<&str>>>() else {
            return vec![argument.clone()];
        };
        if let (Some(value), true) = (values.first(), argument.text.starts_with('$') && !argument.text.contains('{')) {
            return split(value).into_iter().map(|text| Argument { text, ..argument.clone() }).collect();
        }
        let (mut text, mut rest) = (String::new(), argument.text.as_str());
        for (name, value) in argument.variables.iter().zip(values) {
            if let Some((before, after)) = rest.split_once(&format!("${{{name}}}")) {
                text.push_str(before);
                text.push_str(value);
                rest = after;
            }
        }
        vec![Argument { text: text + rest, ..argument.clone() }]
    }
}

/// Takes a variable away, or, where a value is given, the variable if it has that value.
fn take_away(
    values: &mut HashMap<String, Option<String>>,
    (name, value): (String, Option<String>),
    assignment: &Assignment,
) {
    let Some(there) = values.get_mut(&name) else { return };
    match (&value, &there) {
        // Which one a specifier means, only the running systemd knows.
        (None, _) if assignment.value.contains('%') => *there = None,
        (Some(value), Some(there)) if value != there => {}
        (Some(_), None) => {}
        _ => {
            values.remove(&name);
        }
    }
}

/// A value at its blanks, where they are not quoted. A quote that is never closed reaches to the end.
fn split(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => word.get_or_insert_default().extend(letters.next()),
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (' ' | '\t' | '\n' | '\r', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Where the reader of an environment file is in a value.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// Before it, or after a quoted part of it.
    Edge,
    Bare,
    Single,
    Double,
}

/// The variables of an environment file.
fn file(content: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut letters = content.chars().peekable();
    loop {
        while letters.next_if(|c| c.is_ascii_whitespace()).is_some() {}
        let Some(&first) = letters.peek() else { return variables };
        if matches!(first, '#' | ';') {
            comment(&mut letters);
            continue;
        }
        let mut name = String::new();
        let ended = loop {
            match letters.next() {
                Some('=') => break false,
                Some('\n' | '\r') | None => break true,
                Some(letter) => name.push(letter),
            }
        };
        // A line without '=' is skipped.
        if !ended {
            variables.push((name.trim_end().to_owned(), value(&mut letters)));
        }
    }
}

/// A comment goes on in the next line after a backslash.
fn comment(letters: &mut impl Iterator<Item = char>) {
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '\n' | '\r' => return,
            _ => {}
        }
    }
}

fn value(letters: &mut impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    // As much of it as stays when the blanks at the end go.
    let mut kept = 0;
    let mut at = At::Edge;
    while let Some(letter) = letters.next() {
        match (at, letter) {
            (At::Edge | At::Bare, '\n' | '\r') => break,
            (At::Edge, '\'') => at = At::Single,
            (At::Edge, '"') => at = At::Double,
            (At::Edge, ' ' | '\t') => {}
            (At::Edge | At::Bare, '\\') => {
                at = At::Bare;
                // Before the end of a line it joins the next one.
                text.extend(letters.next().filter(|next| *next != '\n'));
                kept = text.len();
            }
            (At::Single, '\'') | (At::Double, '"') => at = At::Edge,
            (At::Double, '\\') => match letters.next() {
                Some(next @ ('"' | '\\' | '`' | '$')) => text.push(next),
                Some('\n') | None => {}
                Some(next) => text.extend(['\\', next]),
            },
            (At::Edge, _) => {
                at = At::Bare;
                text.push(letter);
            }
            _ => text.push(letter),
        }
        if at != At::Bare || !letter.is_ascii_whitespace() {
            kept = text.len();
        }
    }
    text.truncate(kept);
    text
}

#[cfg(test)]
mod tests {
    use super::{Environment, file, split};
    use crate::Unit;
    use khw_core::Error;

    #[test]
    fn a_file_is_read_as_systemd_reads_it() {
        // The values are what load_env_file of libsystemd-shared-252 gave, called by hand.
        for (content, expected) in [
            ("A=b\nC = d e  \n", &[("A", "b"), ("C", "d e")][..]),
            ("# A=b\n; C=d\n\n  E=f\nnothing\nG=", &[("E", "f"), ("G", "")]),
            ("A=\"b c\"'d'e\nF='\"'", &[("A", "b cde"), ("F", "\"")]),
            ("A=b \\\n  c\nD=\"e \\\nf\"\n", &[("A", "b   c"), ("D", "e f")]),
            ("A=\"\\$x \\q \\\"\"\nB=\\$y\nC=it's\n", &[("A", "$x \\q \""), ("B", "$y"), ("C", "it's")]),
            ("A=\"b", &[("A", "b")]),
            (
                "A=b\\ \nC=\"d\" e \"f\"\nG= \nH=b \"c d\"\n",
                &[("A", "b "), ("C", "de \"f\""), ("G", ""), ("H", "b \"c d\"")],
            ),
            ("# a \\\nB=c\nD=e", &[("D", "e")]),
        ] {
            let found = file(content);
            let found: Vec<(&str, &str)> = found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(found, expected, "{content}");
        }
    }

    #[test]
    fn words_of_a_variable() {
        // The words are what its replace_env_argv gave.
        for (value, expected) in [
            ("", &[][..]),
            ("  --a=b\t--c ", &["--a=b", "--c"]),
            ("--a='b c' \"\" d\\ e", &["--a=b c", "", "d e"]),
            ("'a b", &["a b"]),
            (r#"a\\b \n a="b\"c""#, &[r"a\b", "n", "a=b\"c"]),
        ] {
            assert_eq!(split(value), expected, "{value}");
        }
    }

    #[test]
    fn a_command_gets_the_values() -> Result<(), Error> {
        let unit = Unit::parse(
            "[Service]\nEnvironment=A=1 \"B=2  3\" E=%i\nEnvironment=A=4\nExecStart=/a x${A}y${B} $B $C ${C} $HOME --e=${E} $${A}\n",
        )?;
        let command = unit.exec_start()?.ok_or_else(|| Error::new("none"))?;
        let mut findings = Vec::new();
        let expanded = Environment::of(&unit, None, &mut findings).expand(&command);
        assert_eq!(expanded.texts(), ["x4y2  3", "2", "3", "", "$HOME", "--e=${E}", "${A}"]);
        assert!(findings.is_empty());
        Ok(())
    }

    #[test]
    fn what_is_unset_is_not_there() -> Result<(), Error> {
        // The words are those that systemd 252 ran such a service with.
        let unit = Unit::parse(
            "[Service]\nEnvironment=A=1 B=2 C=3 D=4\nUnsetEnvironment=A B=2 C=2 HOME\nExecStart=/a ${A} ${B} ${C} ${D} x${HOME}\n",
        )?;
        let command = unit.exec_start()?.ok_or_else(|| Error::new("none"))?;
        let mut findings = Vec::new();
        let environment = Environment::of(&unit, None, &mut findings);
        assert_eq!(environment.expand(&command).texts(), ["", "", "3", "4", "x"]);
        assert!(["A", "B", "HOME"].into_iter().all(|name| environment.lacks(name)) && !environment.lacks("C"));
        assert!(findings.is_empty());
        Ok(())
    }
}
