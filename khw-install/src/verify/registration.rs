//! Settings with which a worker runs and yet never becomes, or does not stay, a node; flags that win over the file.

use super::component::Component;
use super::files::{Files, Named, at};
use khw_core::finding::Finding;
use khw_unit::flag;

/// Checks both programs.
pub(super) fn check(files: &mut Files<'_>, kubelet: &Component, kube_proxy: &Component) {
    if let Some((_, origin)) = kubelet.value(Some("register-node"), Some("registerNode")).filter(|(v, _)| v == "false")
    {
        let message = "false: the kubelet waits until somebody else makes its Node";
        let fix = "take it away: registering is the default";
        files.findings.push(at(Finding::warning("register-node-off", message), &origin).fix(fix));
    }
    if let Some((_, origin)) = kubelet.value(None, Some("enableServer")).filter(|(v, _)| v == "false") {
        let message = "false: `logs`, `exec` and metrics have nobody to ask";
        let fix = "take it away: serving is the default";
        files.findings.push(at(Finding::warning("kubelet-server-off", message), &origin).fix(fix));
    }
    for component in [kubelet, kube_proxy] {
        no_configuration(files, component);
        overridden(files, component);
    }
    unsafe_flags(files, kubelet);
    if let Some((value, origin)) = kubelet.value(Some("pod-manifest-path"), Some("staticPodPath"))
        && !value.starts_with("http")
        && files.target.stat(value.as_ref()).is_none()
    {
        files.refer(&Named { path: value.as_str().into(), origin: Some(origin.clone()) }, "the static Pods", false);
        let message = format!("{value} is not there: the kubelet logs an error every few seconds");
        let fix = format!("make the directory {value}, or take the setting away");
        files.findings.push(at(Finding::warning("static-pod-path-missing", message), &origin).fix(fix));
    }
}

/// Without `--config` the kubelet starts from other defaults: anonymous callers, AlwaysAllow, port 10255 (its
/// `applyLegacyDefaults`).
fn no_configuration(files: &mut Files<'_>, component: &Component) {
    let Some(service) = component.service().filter(|_| component.flag("config").is_none()) else { return };
    let (name, path) = (component.program.name, service.path.clone());
    let (line, rest) = (service.command.line, if name == "kubelet" { " and lets everybody in" } else { "" });
    let message = format!("it is not set: {name} does not read its configuration file{rest}");
    let fix = format!("write --config=/var/lib/{name}/{name}-config.yaml");
    files.find(&path, Finding::error("config-unset", message).line(line).field("--config").fix(fix));
}

/// A flag and the field that it stands for, both set and not the same: the flag wins, and the file reads as if it did not.
fn overridden(files: &mut Files<'_>, component: &Component) {
    let Some(service) = component.service() else { return };
    let Some(program) = flag::Program::of(component.program.name) else { return };
    for given in service.command.flags() {
        let name = given.name.replace('_', "-");
        let Some((field, _)) = program.flag(&name).and_then(|flag| flag.field) else { continue };
        let Some((in_file, place)) = component.value(None, Some(field)) else { continue };
        let value = given.value.unwrap_or("true");
        if value != in_file && !value.contains("${") {
            let origin = service.unit.origin(given.argument.line, &format!("--{name}"));
            let line = place.line.map_or_else(String::new, |line| format!(":{line}"));
            // kube-proxy takes nothing but --config where there is one.
            let (wins, loses) = if component.program.name == "kubelet" { ("this", "that") } else { ("that", "this") };
            let message = format!(
                "'{value}' here, but {field} '{in_file}' in {}{line}: {wins} counts, {loses} has no effect",
                place.file
            );
            let fix = "say it in one place, best in the file";
            files.findings.push(at(Finding::warning("flag-differs-from-field", message), &origin).fix(fix));
        }
    }
}

/// What lets callers in, said with flags; the configuration's own check says it of the fields.
fn unsafe_flags(files: &mut Files<'_>, kubelet: &Component) {
    for (flag, bad, name, message, fix) in [
        ("anonymous-auth", "true", "anonymous-auth", "lets callers in who do not say who they are", "set it to false"),
        (
            "authorization-mode",
            "AlwaysAllow",
            "always-allow",
            "lets every caller who got in run commands in all containers",
            "set it to Webhook",
        ),
    ] {
        if let Some((_, origin)) = kubelet.flag(flag).filter(|(value, _)| *value == bad) {
            files.findings.push(at(Finding::warning(name, message), &origin).fix(fix));
        }
    }
    if let Some((port, origin)) = kubelet.flag("read-only-port").filter(|(value, _)| *value != "0") {
        let message = format!("{port}: shows Pods to everybody without asking who they are");
        files.findings.push(at(Finding::warning("read-only-port", message), &origin).fix("set it to 0"));
    }
}
