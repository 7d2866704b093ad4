//! `khw-unit check`: what systemd skips, refuses or does otherwise than meant, and flags that the release does not take.
//!
//! systemd reads on over an unknown key and over a missing backslash with a line in its journal, and starts the program
//! without half of its flags. Here that is an error: the line has no effect.

use crate::command::{self, Argument, CommandLine};
use crate::directive;
use crate::flag::{Flag, Program, Status};
use crate::syntax::{Problem, ProblemKind, Unit};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use std::collections::{HashMap, HashSet};

/// The names of the findings.
pub const CHECKS: &[&str] = &[
    "assignment-outside-section",
    "bad-command",
    "deprecated-flag",
    "early-flag",
    "empty-unit",
    "ignored-flag",
    "lost-backslash",
    "no-exec-start",
    "not-an-assignment",
    "removed-flag",
    "requires-without-after",
    "several-exec-start",
    "syntax",
    "trailing-backslash",
    "unbalanced-quotes",
    "undefined-variable",
    "unexpanded-variable",
    "unknown-directive",
    "unknown-escape",
    "unknown-flag",
    "unknown-section",
];

/// The directives whose values are commands.
const COMMANDS: [&str; 7] =
    ["ExecCondition", "ExecReload", "ExecStart", "ExecStartPost", "ExecStartPre", "ExecStop", "ExecStopPost"];

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

/// Looks through a unit file that was read. The findings stand in the order of the lines.
pub fn check(unit: &Unit, version: KubernetesVersion) -> Vec<Finding> {
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
    commands(unit, version, &mut findings);
    findings.sort_by_key(|f| f.line);
    findings
}

fn problem(problem: &Problem) -> Finding {
    let text = &problem.text;
    let finding = match problem.kind {
        ProblemKind::OutsideSection => {
            Finding::error("assignment-outside-section", format!("'{text}' stands before the first section"))
                .fix("write [Unit], [Service] or [Install] above it")
        }
        ProblemKind::NoEquals => Finding::error("not-an-assignment", format!("'{text}' has no '='"))
            .fix("write it as NAME=VALUE, or end the line before with a backslash if it goes on here"),
        ProblemKind::NoName => Finding::error("not-an-assignment", format!("'{text}' has no name before '='"))
            .fix("write it as NAME=VALUE"),
        ProblemKind::ContinuesIntoNothing => {
            Finding::error("trailing-backslash", "ends in a backslash, but no line goes on after it")
                .fix("take the backslash away, or the blank line after it")
        }
        ProblemKind::ContinuesIntoNext => Finding::error(
            "trailing-backslash",
            format!("ends in a backslash, which makes '{text}' a part of this value"),
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

fn commands(unit: &Unit, version: KubernetesVersion, findings: &mut Vec<Finding>) {
    let defined = defined_variables(unit, findings);
    for directive in COMMANDS {
        let mut all = Vec::new();
        for assignment in unit.counting("Service", directive) {
            match command::split(assignment) {
                Ok(commands) => all.extend(commands),
                Err(refused) => findings.push(Finding::from_error(refused.name, &refused.error)),
            }
        }
        for command in &all {
            escapes(command, directive, findings);
            for argument in &command.arguments {
                variables(argument, directive, defined.as_ref(), findings);
            }
            flags(command, version, findings);
        }
        let oneshot = unit.value("Service", "Type").is_some_and(|t| t.text == "oneshot");
        if directive == "ExecStart"
            && !oneshot
            && let Some(second) = all.get(1)
        {
            findings.push(
                Finding::error("several-exec-start", "there is a second command, and systemd takes only one")
                    .line(second.line)
                    .field(directive)
                    .fix("an empty 'ExecStart=' before it takes away the earlier one"),
            );
        }
    }
    let starts = ["ExecStart", "ExecStop"].iter().any(|d| !unit.values("Service", d).is_empty())
        || !unit.values("Unit", "SuccessAction").is_empty();
    if !starts {
        let header = unit.headers().iter().find(|h| h.name == "Service").map(|h| h.line);
        findings.push(
            Finding::error("no-exec-start", "there is no ExecStart= in [Service], so systemd refuses the unit")
                .line(header)
                .fix("write ExecStart= with the program's absolute path"),
        );
    }
}

/// The names of the variables that are there; `None` when they come from a file that is not looked into.
fn defined_variables(unit: &Unit, findings: &mut Vec<Finding>) -> Option<HashSet<String>> {
    let mut names: HashSet<String> = GIVEN.iter().map(|&name| name.to_owned()).collect();
    for directive in ["Environment", "PassEnvironment"] {
        for assignment in unit.counting("Service", directive) {
            match command::environment(assignment) {
                Ok(defined) => names.extend(defined),
                Err(refused) => findings.push(Finding::from_error(refused.name, &refused.error)),
            }
        }
    }
    unit.values("Service", "EnvironmentFile").is_empty().then_some(names)
}

fn escapes(command: &CommandLine, directive: &str, findings: &mut Vec<Finding>) {
    for (word, line) in &command.unknown_escapes {
        findings.push(
            Finding::warning(
                "unknown-escape",
                format!("'{word}' has a backslash before a letter that it does not escape"),
            )
            .line(*line)
            .field(directive)
            .fix("write \\\\ for a backslash"),
        );
    }
}

fn variables(argument: &Argument, directive: &str, defined: Option<&HashSet<String>>, findings: &mut Vec<Finding>) {
    if let Some(defined) = defined {
        for name in argument.variables.iter().filter(|name| !defined.contains(*name)) {
            findings.push(
                Finding::error("undefined-variable", format!("${{{name}}} is not defined, and becomes empty"))
                    .line(argument.line)
                    .field(directive)
                    .fix(format!("write its value here, or Environment={name}=VALUE in [Service]")),
            );
        }
    }
    for name in &argument.left_alone {
        findings.push(
            Finding::error("unexpanded-variable", format!("${name} inside a word stays as it is"))
                .line(argument.line)
                .field(directive)
                .fix(format!("write ${{{name}}}")),
        );
    }
}

fn flags(command: &CommandLine, version: KubernetesVersion, findings: &mut Vec<Finding>) {
    let Some(program) = Program::of(command.program_name()) else { return };
    let with_config = command.flag("config").is_some();
    for given in command.flags() {
        // A variable may stand for anything.
        if given.name.contains('$') {
            continue;
        }
        let finding = match program.flag(given.name) {
            Some(flag) => known_flag(flag, program, version, with_config),
            None => Some(
                Finding::error(
                    "unknown-flag",
                    format!("{} does not start with a flag it does not know", program.name()),
                )
                .fix(match program.similar(given.name, version) {
                    Some(similar) => format!("did you mean --{similar}?"),
                    None => "leave it out".to_owned(),
                }),
            ),
        };
        findings.extend(finding.map(|f| f.line(given.argument.line).field(format!("--{}", given.name))));
    }
}

fn known_flag(flag: &Flag, program: Program, version: KubernetesVersion, with_config: bool) -> Option<Finding> {
    let message = flag.complaint(program, version)?;
    let finding = match flag.status(version) {
        Status::NotYet => Finding::error("early-flag", message).fix(format!("leave it out for {version}")),
        Status::Removed => Finding::error("removed-flag", message).fix(flag.advice(program, version)),
        _ if flag.belongs_in_file(version) => {
            // The kubelet takes such a flag, and has said for eight years that it will not: nothing to act on.
            if program == Program::Kubelet || !with_config {
                return None;
            }
            Finding::error("ignored-flag", message).fix(flag.advice(program, version))
        }
        // As long as there is docker, nothing can take the place of its flags.
        _ if flag.is_for_docker() => return None,
        _ => Finding::warning("deprecated-flag", message).fix(flag.advice(program, version)),
    };
    Some(finding)
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
            (format!("{k} \\q"), 30, vec![("unknown-escape", 2)]),
            (format!("{k}\n --kubeconfig=/x"), 30, vec![("lost-backslash", 3)]),
            (format!("{k} \\\n --v=2 \\\nRestart=always"), 30, vec![("trailing-backslash", 3)]),
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
