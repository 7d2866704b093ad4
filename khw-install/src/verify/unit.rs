//! What a unit says beside its flags: the program, the user, how systemd waits and starts it again, what it requires.

use super::component::{Program, Service};
use super::drop_in::UNIT_DIRECTORIES;
use super::files::{Files, Named, Sensitivity, at};
use khw_core::finding::Finding;
use std::path::{Path, PathBuf};

/// Checks a unit whose command was read.
pub(super) fn check(program: &Program, files: &mut Files<'_>, service: &Service) {
    let origin = service.unit.origin(service.command.line, "ExecStart");
    let starts = service.command.program_name();
    if starts == program.name {
        let path = PathBuf::from(&service.command.program);
        if path.is_absolute() {
            files.program(&Named { path, origin: Some(origin) });
        }
    } else if !is_shell(starts) {
        let message = format!("starts {starts}, not {}", program.name);
        let fix = format!("make the unit with `khw-unit {}`", program.name);
        files.findings.push(at(Finding::error("unit-program", message), &origin).fix(fix));
    }
    manners(program, files, service);
    environment(files, service);
    required(files, service);
}

fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "env")
}

fn manners(program: &Program, files: &mut Files<'_>, service: &Service) {
    let unit = &service.unit.unit;
    let mut say = |directive: &str, section: &str, finding: Finding, fix: String| {
        let line = unit.value(section, directive).map(|v| v.line);
        files.findings.push(service.unit.place(finding.line(line).field(directive).fix(fix)));
    };
    let value = |directive| unit.value("Service", directive).map(|v| v.text);
    if let Some(user) = value("User").filter(|user| !matches!(*user, "root" | "0")) {
        let message = format!("as {user}, {} cannot do its work: it needs root", program.name);
        say("User", "Service", Finding::error("unit-user", message), "take the line away".to_owned());
    }
    // The kubelet tells systemd that it is ready (since 1.4), kube-proxy never does; neither goes into the background.
    match (value("Type"), program.name) {
        (Some("forking"), _) => {
            let message = "systemd waits for the program to go into the background, which it does not";
            say("Type", "Service", Finding::error("unit-type", message), "take the line away".to_owned());
        }
        (Some("notify"), "kube-proxy") => {
            let message = "systemd waits for a message that kube-proxy does not send";
            say("Type", "Service", Finding::error("unit-type", message), "take the line away".to_owned());
        }
        (Some("oneshot"), _) => {
            let message = "systemd waits for the program to end, which it does not";
            say("Type", "Service", Finding::error("unit-type", message), "take the line away".to_owned());
        }
        _ => {}
    }
    if value("Restart").is_none_or(|restart| restart == "no") {
        let message = format!("systemd does not start {} again when it ends", program.name);
        let fix = "write Restart=on-failure, or always, and RestartSec=5";
        say("Restart", "Service", Finding::warning("unit-no-restart", message), fix.to_owned());
    }
    if unit.values("Install", "WantedBy").is_empty() && unit.values("Install", "RequiredBy").is_empty() {
        let message = "cannot be enabled: after a reboot nothing starts it";
        let fix = "write WantedBy=multi-user.target in [Install]";
        say("WantedBy", "Install", Finding::warning("unit-not-installable", message), fix.to_owned());
    }
}

/// systemd refuses to start a unit whose environment file is missing, unless there is a `-` before it.
fn environment(files: &mut Files<'_>, service: &Service) {
    for value in service.unit.unit.values("Service", "EnvironmentFile") {
        let origin = service.unit.origin(value.line, "EnvironmentFile");
        let (optional, path) = match value.text.strip_prefix('-') {
            Some(path) => (true, path),
            None => (false, value.text),
        };
        if path.contains(['*', '?', '[', '%']) {
            continue;
        }
        let named = Named { path: path.into(), origin: Some(origin.clone()) };
        if files.target.stat(&named.path).is_some() {
            files.read(&named, "the environment file", Sensitivity::Public);
        } else if !optional && !path.starts_with("/run/") {
            files.refer(&named, "the environment file", false);
            let message = format!("{path} is not there, so systemd does not start the unit");
            let fix = "make the file, or write a - before its path when it may be missing";
            files.findings.push(at(Finding::error("environment-file-missing", message), &origin).fix(fix));
        }
    }
}

/// A service that is required must exist; without it systemd says "Unit docker.service not found".
fn required(files: &mut Files<'_>, service: &Service) {
    // A staged tree without any systemd, only with the worker's files in it, says nothing about services.
    let system = ["/usr/lib/systemd/system", "/lib/systemd/system"];
    if !system.iter().any(|directory| files.target.names(Path::new(directory)).iter().any(|n| n == "multi-user.target"))
    {
        return;
    }
    for directive in ["Requires", "BindsTo", "Requisite"] {
        for value in service.unit.unit.values("Unit", directive) {
            let origin = service.unit.origin(value.line, directive);
            for name in value.text.split_whitespace().filter(|n| n.ends_with(".service") && !n.contains(['@', '%'])) {
                let mut places = UNIT_DIRECTORIES.iter().map(|d| Path::new(d).join(name));
                let masked = |place: &Path| files.target.read_link(place).as_deref() == Some(Path::new("/dev/null"));
                let Some(place) = places.find(|place| masked(place) || files.target.stat(place).is_some()) else {
                    let message = format!("there is no {name} on this host, so systemd does not start the unit");
                    let fix =
                        "install it, or make the unit for the container runtime that is there (khw-unit --runtime)";
                    files.findings.push(at(Finding::error("required-unit-missing", message), &origin).fix(fix));
                    continue;
                };
                if masked(&place) {
                    let message = format!("{name} is masked, so systemd does not start the unit");
                    let finding = Finding::error("unit-masked", message).fix(format!("systemctl unmask {name}"));
                    files.findings.push(at(finding, &origin));
                }
                files.refer(&Named { path: place, origin: Some(origin.clone()) }, "a unit that must run first", true);
            }
        }
    }
}
