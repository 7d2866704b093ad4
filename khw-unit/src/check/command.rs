//! The commands of a unit: their syntax, variables, programs, and the flags of kubelet and kube-proxy.

use super::environment::Environment;
use super::stray;
use crate::command::{self, Argument, CommandLine};
use crate::flag::{Flag, Program, Status, gates};
use crate::root::Root;
use crate::syntax::Unit;
use khw_core::KubernetesVersion;
use khw_core::finding::{Finding, Severity};
use std::path::{Path, PathBuf};

/// Where systemd looks for a program that is only a name (`DEFAULT_PATH`).
const SEARCHED: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// The directives whose values are commands.
pub(super) const COMMANDS: [&str; 7] =
    ["ExecCondition", "ExecReload", "ExecStart", "ExecStartPost", "ExecStartPre", "ExecStop", "ExecStopPost"];

pub(super) fn check(
    unit: &Unit,
    version: KubernetesVersion,
    root: Option<&Root>,
    environment: &Environment,
    findings: &mut Vec<Finding>,
) {
    for directive in COMMANDS {
        let mut all = Vec::new();
        for assignment in unit.counting("Service", directive) {
            match command::split(assignment) {
                Ok(commands) => all.extend(commands),
                Err(refused) => findings.push(Finding::from_error(refused.name, &refused.error)),
            }
        }
        for command in &all {
            program(command, directive, root, findings);
            escapes(command, directive, findings);
            for argument in &command.arguments {
                variables(argument, directive, environment, findings);
            }
            let expanded = environment.expand(command);
            flags(&expanded, version, findings);
            stray::check(&expanded, version, directive, findings);
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

/// Whether the program is there, and named so that there is no doubt which it is.
fn program(command: &CommandLine, directive: &str, root: Option<&Root>, findings: &mut Vec<Finding>) {
    let program = command.program.as_str();
    if !program.starts_with(['/', '%']) {
        findings.push(
            Finding::warning(
                "relative-program",
                format!("'{program}' is searched for in systemd's own list of directories"),
            )
            .line(command.line)
            .field(directive)
            .fix(format!("write the absolute path, such as /usr/local/bin/{program}")),
        );
    }
    // With '-' a failure does not count; a specifier may mean any directory.
    let Some(root) = root.filter(|_| !command.prefixes.contains('-') && !program.contains('%')) else { return };
    let paths: Vec<PathBuf> = if program.starts_with('/') {
        vec![PathBuf::from(program)]
    } else {
        SEARCHED.iter().map(|dir| Path::new(dir).join(program)).collect()
    };
    let message = match paths.iter().find_map(|path| root.find(path)) {
        None => format!("there is no program '{program}'"),
        Some(found) if !found.is_program() => format!("'{program}' is not executable"),
        Some(_) => return,
    };
    findings.push(
        Finding::error("no-program", message)
            .line(command.line)
            .field(directive)
            .fix("place it there with mode 0755, or write the path under which it is"),
    );
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

fn variables(argument: &Argument, directive: &str, environment: &Environment, findings: &mut Vec<Finding>) {
    for name in argument.variables.iter().filter(|name| environment.lacks(name)) {
        // Alone and without braces it gives no argument at all, as kubeadm's $KUBELET_EXTRA_ARGS is meant.
        if environment.may_lack() && argument.text.strip_prefix('$') == Some(name.as_str()) {
            continue;
        }
        findings.push(
            Finding::error("undefined-variable", format!("${{{name}}} is not defined, and becomes empty"))
                .line(argument.line)
                .field(directive)
                .fix(format!("write its value here, or Environment={name}=VALUE in [Service]")),
        );
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
        let found = match program.flag(given.name) {
            Some(flag) => match known_flag(flag, program, version, with_config) {
                Some(finding) if finding.severity == Severity::Error => vec![finding],
                complaint => complaint.into_iter().chain(value(flag, given.value, program, version)).collect(),
            },
            None => vec![
                Finding::error(
                    "unknown-flag",
                    format!("{} does not start with a flag it does not know", program.name()),
                )
                .fix(match program.similar(given.name, version) {
                    Some(similar) => format!("did you mean --{similar}?"),
                    None => "leave it out".to_owned(),
                }),
            ],
        };
        let found = match found.is_empty() && gates::is_gates(given.name) {
            true => gates::check(given.value.unwrap_or_default(), program, version),
            false => found.into_iter().map(|finding| finding.field(format!("--{}", given.name))).collect(),
        };
        findings.extend(found.into_iter().map(|finding| of_argument(finding, given.argument)));
    }
}

/// Where it stands, and the variable that it comes from.
fn of_argument(mut finding: Finding, argument: &Argument) -> Finding {
    // It does not stand where the line says.
    if let Some(name) = argument.variables.first() {
        finding.message.push_str(&format!(" (it comes from ${name})"));
    }
    finding.line(argument.line)
}

fn value(flag: &Flag, value: Option<&str>, program: Program, version: KubernetesVersion) -> Option<Finding> {
    let unfit = flag.unfit(value, program, version)?;
    let name = if unfit.of_version { "removed-flag" } else { "flag-value" };
    Some(Finding::error(name, unfit.what).fix(unfit.fix))
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
