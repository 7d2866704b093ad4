//! What kubelet and kube-proxy cannot do with a directive that is right in itself.

use crate::flag::Program;
use crate::hardening::OWN_MOUNTS;
use crate::syntax::Unit;
use crate::value::truth;
use crate::{CommandLine, Value};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;

pub(super) fn check(unit: &Unit, version: KubernetesVersion, findings: &mut Vec<Finding>) {
    let commands = unit.exec_starts().unwrap_or_default();
    if let Some(program) = commands.first().and_then(|c| Program::of(c.program_name())) {
        findings.extend(start(unit, program));
        findings.extend(watchdog(unit, program, version));
        if program == Program::Kubelet {
            own_mounts(unit, findings);
        }
    }
    findings.extend(sigpipe(unit, &commands));
}

/// `Type=` says how systemd learns that the program has started.
///
/// The kubelet has said READY=1 since before 1.13 (kubernetes#60654); kube-proxy does not.
fn start(unit: &Unit, program: Program) -> Option<Finding> {
    let value = unit.value("Service", "Type")?;
    let name = program.name();
    let message = match (value.text, program) {
        ("notify", Program::KubeProxy) => "kube-proxy does not notify systemd, which stops it after TimeoutStartSec=",
        ("forking", _) => "it stays in the foreground, and systemd waits for it to fork, then stops it",
        ("oneshot", _) => "it does not end by itself, and for systemd it never has started",
        ("dbus", _) => "it takes no name on the bus, and systemd stops it after TimeoutStartSec=",
        _ => return None,
    };
    let fix = match program {
        Program::Kubelet => "leave it out, or write Type=notify",
        Program::KubeProxy => "leave it out",
    };
    Some(
        Finding::error("wrong-type", message.replace("it stays", &format!("{name} stays")))
            .line(value.line)
            .field("Type")
            .fix(fix),
    )
}

/// The kubelet answers systemd's watchdog from 1.32 (beta, on); kube-proxy never.
fn watchdog(unit: &Unit, program: Program, version: KubernetesVersion) -> Option<Finding> {
    let value = unit.value("Service", "WatchdogSec")?;
    let off = value.text.trim_start_matches('0').is_empty() || value.text == "infinity";
    if off || program == Program::Kubelet && version.at_least(32) {
        return None;
    }
    let since = if program == Program::Kubelet { " before v1.32" } else { "" };
    let message = format!("{} does not answer the watchdog{since}, and systemd kills it each time", program.name());
    Some(Finding::error("no-watchdog", message).line(value.line).field("WatchdogSec").fix("leave it out"))
}

fn own_mounts(unit: &Unit, findings: &mut Vec<Finding>) {
    for name in OWN_MOUNTS {
        let Some(value) = unit.value("Service", name) else { continue };
        if truth(value.text) == Some(false) || matches!(value.text, "default" | "all") {
            continue;
        }
        findings.push(
            Finding::error("own-mounts", "gives the kubelet mounts of its own, and containers do not see its volumes")
                .line(value.line)
                .field(name)
                .fix("leave it out; khw-unit kubelet --hardened has what the kubelet can live with"),
        );
    }
}

/// An end by SIGPIPE is a clean one for `Restart=on-failure` (systemd.service(5), table 1), though the program is gone.
///
/// A Go program dies of it when standard output or error lose their reader, whatever `IgnoreSIGPIPE=` says. The journal
/// keeps its streams over a restart of its own, so this is about readers that do not: a pipe, a FIFO, a socket.
fn sigpipe(unit: &Unit, commands: &[CommandLine]) -> Option<Finding> {
    let restart =
        unit.value("Service", "Restart").filter(|v| matches!(v.text, "on-failure" | "on-abnormal" | "on-abort"))?;
    let forced = unit.values("Service", "RestartForceExitStatus");
    if forced.iter().any(|v| v.text.split_whitespace().any(|s| matches!(s, "SIGPIPE" | "PIPE"))) {
        return None;
    }
    let shell = |c: &CommandLine| matches!(c.program_name(), "sh" | "bash" | "dash");
    let piped = commands.iter().any(|c| shell(c) && c.arguments.iter().any(|a| a.text.contains('|')));
    let stream = |v: Value<'_>| v.text == "socket" || v.text == "fd" || v.text.starts_with("fd:");
    let reader = ["StandardOutput", "StandardError"].iter().any(|d| unit.value("Service", d).is_some_and(stream));
    let not_ignored = unit.value("Service", "IgnoreSIGPIPE").is_some_and(|v| truth(v.text) == Some(false));
    if !piped && !reader && !not_ignored {
        return None;
    }
    let message = format!(
        "{} does not start it again after an end by SIGPIPE, which systemd takes for a clean one",
        restart.text
    );
    Some(
        Finding::warning("sigpipe-not-restarted", message)
            .line(restart.line)
            .field("Restart")
            .fix("write Restart=always, or RestartForceExitStatus=SIGPIPE too"),
    )
}
