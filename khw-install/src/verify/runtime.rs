//! The container runtime: which one the kubelet goes to, and whether its own configuration and the unit agree with that.

use super::component::Component;
use super::files::{Files, Named, Origin, Sensitivity, at};
use crate::containerd::{self, Containerd};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use std::path::{Path, PathBuf};

/// The kubelet's flag or field for the socket.
const ENDPOINT: (&str, &str) = ("container-runtime-endpoint", "containerRuntimeEndpoint");

/// The container runtimes that khw knows by the path of their socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Containerd,
    Crio,
    /// docker behind cri-dockerd.
    CriDockerd,
    /// docker by the kubelet's own dockershim, up to 1.23.
    Docker,
    Unknown,
}

/// Checks everything about the runtime.
pub(super) fn check(files: &mut Files<'_>, kubelet: &Component, version: Option<KubernetesVersion>) {
    let Some(service) = kubelet.service() else { return };
    let endpoint = kubelet.value(Some(ENDPOINT.0), Some(ENDPOINT.1));
    let runtime = runtime(kubelet, endpoint.as_ref().map(|(value, _)| value.as_str()), version);
    required(files, kubelet, runtime, endpoint.as_ref(), version);
    if endpoint.is_none()
        && let Some(version) = version.filter(|v| (24..27).contains(&v.minor()))
    {
        let message = format!("it is not set, and the kubelet of {version} has no default and stops");
        let finding = Finding::error("runtime-endpoint-unset", message).field("--container-runtime-endpoint");
        let fix = "write --container-runtime-endpoint=unix:///run/containerd/containerd.sock";
        files.find(&service.path, finding.fix(fix));
    }
    if let Some((value, origin)) = &endpoint
        && value.strip_prefix("unix://").is_some_and(|path| !path.starts_with('/'))
    {
        let path = value.trim_start_matches("unix://");
        let finding = Finding::error("runtime-endpoint-invalid", format!("'{value}' has no absolute path in it"));
        files.findings.push(at(finding, origin).fix(format!("write three slashes: unix:///{path}")));
    }
    match runtime {
        Runtime::Containerd => containerd(files, kubelet, endpoint.as_ref(), version),
        Runtime::Docker => docker(files, kubelet),
        _ => {}
    }
}

fn runtime(kubelet: &Component, endpoint: Option<&str>, version: Option<KubernetesVersion>) -> Runtime {
    if let Some(endpoint) = endpoint {
        return [("cri-dockerd", Runtime::CriDockerd), ("containerd", Runtime::Containerd), ("crio", Runtime::Crio)]
            .into_iter()
            .find(|(part, _)| endpoint.contains(part))
            .map_or(
                if endpoint.contains("dockershim") { Runtime::Docker } else { Runtime::Unknown },
                |(_, runtime)| runtime,
            );
    }
    let remote = kubelet.flag("container-runtime").is_some_and(|(value, _)| value == "remote");
    match version {
        Some(version) if version.at_least(27) => Runtime::Containerd,
        Some(version) if version.at_least(24) => Runtime::Unknown,
        Some(_) if !remote => Runtime::Docker,
        None if !remote && requires(kubelet, "docker.service").is_some() => Runtime::Docker,
        None if requires(kubelet, "containerd.service").is_some() => Runtime::Containerd,
        _ => Runtime::Unknown,
    }
}

/// Where the unit requires a service.
fn requires(kubelet: &Component, service: &str) -> Option<Origin> {
    let unit = &kubelet.service()?.unit;
    for directive in ["Requires", "BindsTo", "Wants"] {
        for value in unit.unit.values("Unit", directive) {
            if value.text.split_whitespace().any(|name| name == service) {
                return Some(unit.origin(value.line, directive));
            }
        }
    }
    None
}

/// The service that the unit waits for is the runtime that the kubelet uses.
fn required(
    files: &mut Files<'_>,
    kubelet: &Component,
    runtime: Runtime,
    endpoint: Option<&(String, Origin)>,
    version: Option<KubernetesVersion>,
) {
    let docker = requires(kubelet, "docker.service");
    let containerd = requires(kubelet, "containerd.service");
    if let Some(origin) = &docker
        && let Some(version) = version.filter(|v| v.at_least(24))
        && !matches!(runtime, Runtime::CriDockerd | Runtime::Unknown)
    {
        let message = format!("the kubelet of {version} cannot use docker (dockershim went with v1.24)");
        let fix = "make the unit again with `khw-unit kubelet --runtime containerd`";
        files.findings.push(at(Finding::error("runtime-docker-gone", message), origin).fix(fix));
        return;
    }
    let (wrong, wanted) = match runtime {
        Runtime::Containerd if containerd.is_none() => (docker, "containerd.service"),
        Runtime::Docker if docker.is_none() => (containerd, "docker.service"),
        Runtime::Crio => (docker.or(containerd), "crio.service"),
        _ => (None, ""),
    };
    if let Some(origin) = wrong {
        let uses = endpoint.map_or_else(
            || "by default".to_owned(),
            |(value, at)| match at.line {
                Some(line) => format!("({value} in {}:{line})", at.file),
                None => format!("({value} in {})", at.file),
            },
        );
        let message = format!("the unit waits for another runtime than the kubelet uses {uses}");
        let fix = format!("write {wanted} in After= and Requires=");
        files.findings.push(at(Finding::error("runtime-differs", message), &origin).fix(fix));
    }
}

/// The kubelet's cgroup driver, and where it says so.
fn driver(kubelet: &Component) -> (String, Option<Origin>) {
    match kubelet.value(Some("cgroup-driver"), Some("cgroupDriver")) {
        Some((value, origin)) => (value, Some(origin)),
        // types.go, "Default: cgroupfs".
        None => ("cgroupfs".to_owned(), None),
    }
}

fn driver_differs(files: &mut Files<'_>, kubelet: &Component, theirs: &str, whose: &str) {
    let (ours, origin) = driver(kubelet);
    if ours == theirs {
        return;
    }
    let fix =
        format!("write cgroupDriver: {theirs} (khw-kubelet-conf --cgroup-driver {theirs}), or change the runtime");
    match origin {
        Some(origin) => {
            let message = format!("{ours} here, but {theirs} in {whose}");
            files.findings.push(at(Finding::error("cgroup-driver-differs", message), &origin).fix(fix));
        }
        // Without its file nobody knows what is in it.
        None if kubelet.flag("config").is_some() && !kubelet.is_whole() => {}
        None => {
            let Some(home) = kubelet.home().map(Path::to_owned) else { return };
            let message = format!("it is not set and so {ours}, but {theirs} in {whose}");
            files.find(&home, Finding::error("cgroup-driver-differs", message).field("cgroupDriver").fix(fix));
        }
    }
}

fn containerd(
    files: &mut Files<'_>,
    kubelet: &Component,
    endpoint: Option<&(String, Origin)>,
    version: Option<KubernetesVersion>,
) {
    let path = Path::new(containerd::CONFIG);
    if files.target.stat(path).is_none() {
        return;
    }
    let origin = endpoint.map(|(_, origin)| origin.clone());
    let named = Named { path: path.to_owned(), origin };
    let Some(content) = files.read(&named, "containerd's configuration", Sensitivity::Public) else { return };
    let shown = files.shown(path);
    let config = match Containerd::parse(&content) {
        Ok(config) => config,
        Err(error) => {
            files.findings.push(Finding::from_error("containerd-invalid", &error).file(shown));
            return;
        }
    };
    let mut systemd_cgroup = (config.systemd_cgroup, shown.clone());
    let mut disabled = config.cri_disabled.map(|line| (path.to_owned(), line));
    for import in imported(files, path, &config.imports) {
        let named = Named { path: import.clone(), origin: None };
        let Some(content) = files.read(&named, "containerd's configuration", Sensitivity::Public) else { continue };
        match Containerd::parse(&content) {
            Ok(imported) => {
                if imported.systemd_cgroup.is_some() {
                    systemd_cgroup = (imported.systemd_cgroup, files.shown(&import));
                }
                disabled = imported.cri_disabled.map(|line| (import, line)).or(disabled);
            }
            Err(error) => files.find(&import, Finding::from_error("containerd-invalid", &error)),
        }
    }
    if let Some((path, line)) = disabled {
        let message = "has cri in it: the kubelet gets 'unknown service runtime.v1.RuntimeService'";
        let finding = Finding::error("containerd-cri-disabled", message).line(line).field("disabled_plugins");
        files.find(&path, finding.fix("take cri out of the list, then `systemctl restart containerd`"));
        return;
    }
    // From 1.31 on (KubeletCgroupDriverFromCRI) the kubelet asks a runtime that can tell, which containerd 2 can.
    let asks = version.is_some_and(|v| v.at_least(31)) && config.version >= 3;
    if !asks {
        let (theirs, line) = match systemd_cgroup.0 {
            Some((true, line)) => ("systemd", line),
            Some((false, line)) => ("cgroupfs", line),
            None => ("cgroupfs", None),
        };
        let file = systemd_cgroup.1;
        let whose =
            line.map_or_else(|| format!("{file} (SystemdCgroup)"), |line| format!("{file}:{line} (SystemdCgroup)"));
        driver_differs(files, kubelet, theirs, &whose);
    }
    if let Some((socket, line)) = &config.address
        && let Some((value, origin)) = endpoint
    {
        let ours = value.strip_prefix("unix://").unwrap_or(value);
        if canonical(ours) != canonical(socket) {
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            let message = format!("{value} here, but containerd listens on {socket} ({shown}{line})");
            let fix = format!("write unix://{socket}");
            files.findings.push(at(Finding::error("runtime-socket-differs", message), origin).fix(fix));
        }
    }
    for (what, directory) in
        [("the CNI programs", &config.cni_bin_dir), ("the CNI configuration", &config.cni_conf_dir)]
    {
        let Some((directory, line)) = directory else { continue };
        if files.target.stat(Path::new(directory)).is_none() {
            let message = format!("the directory of {what} is not there: {directory}");
            let finding = Finding::error("cni-directory-missing", message).line(*line).field("cni");
            files.find(path, finding.fix("make it with `khw-install dirs`, or correct the path"));
        }
    }
}

/// The files that patterns name, which have a `*` in their last part if they have one (containerd-config.toml(5)).
fn imported(files: &Files<'_>, config: &Path, patterns: &[String]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for pattern in patterns {
        // A relative one is relative to the configuration.
        let pattern = config.parent().unwrap_or(Path::new("/")).join(pattern);
        let (Some(directory), Some(name)) = (pattern.parent(), pattern.file_name().and_then(|name| name.to_str()))
        else {
            continue;
        };
        match name.split_once('*') {
            None if files.target.stat(&pattern).is_some() => found.push(pattern),
            None => {}
            Some((start, end)) => {
                let names = files.target.names(directory).into_iter();
                let mut fitting: Vec<_> = names
                    .filter(|name| {
                        let name = name.to_string_lossy();
                        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
                    })
                    .collect();
                fitting.sort();
                found.extend(fitting.into_iter().map(|name| directory.join(name)));
            }
        }
    }
    found
}

/// `/var/run` is `/run`.
fn canonical(socket: &str) -> PathBuf {
    match socket.strip_prefix("/var/run/") {
        Some(rest) => Path::new("/run").join(rest),
        None => PathBuf::from(socket),
    }
}

/// dockershim stops when docker's driver is another one: "misconfiguration: kubelet cgroup driver: …".
fn docker(files: &mut Files<'_>, kubelet: &Component) {
    let path = Path::new("/etc/docker/daemon.json");
    if files.target.stat(path).is_none() {
        return;
    }
    let Some(content) = files.read(&Named::by_layout(path), "docker's configuration", Sensitivity::Public) else {
        return;
    };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&content) else {
        let finding = Finding::error("docker-invalid", "is not JSON, and docker does not start");
        files.find(path, finding.fix("correct it, then `systemctl restart docker`"));
        return;
    };
    let options = value.get("exec-opts").and_then(|v| v.as_array()).into_iter().flatten();
    let driver = options.filter_map(|v| v.as_str()?.strip_prefix("native.cgroupdriver=")).next_back();
    if let Some(theirs) = driver {
        let whose = format!("{} (native.cgroupdriver)", files.shown(path));
        driver_differs(files, kubelet, theirs, &whose);
    }
}
