//! `start`: what the tutorial does with systemctl, waiting until the node has registered; and the cause when it does not.

use crate::api::Api;
use crate::causes;
use crate::status;
use crate::target::Target;
use crate::verify::Settings;
use khw_core::{Error, cli};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The services, in the order in which they are started.
const SERVICES: [&str; 2] = ["kubelet", "kube-proxy"];
/// How often the health endpoints and the server are asked.
const EVERY: Duration = Duration::from_millis(250);
/// Lines of the journal that are shown.
const LINES: usize = 10;

/// Starts both services and waits.
///
/// # Errors
/// When one of them does not come up in time: the unit's state, its last lines, and the cause.
pub(crate) fn start(tool: &str, target: &Target, settings: &Settings, timeout: Duration) -> Result<(), Error> {
    let end = Instant::now() + timeout;
    let property = |service: &str, name: &str| show(service, name).unwrap_or_default();
    let reload =
        SERVICES.iter().any(|s| property(s, "NeedDaemonReload") == "yes" || property(s, "LoadState") == "not-found");
    if reload {
        systemctl(&["daemon-reload"]).map_err(|e| failed("", &e))?;
        cli::note(tool, "systemd: unit files read again");
    }
    for service in SERVICES {
        let unit = format!("{service}.service");
        if property(service, "UnitFileState") != "enabled" {
            systemctl(&["enable", "--quiet", &unit]).map_err(|e| failed(service, &e))?;
            cli::note(tool, format!("{service}: enabled"));
        }
        let is_active = property(service, "ActiveState") == "active";
        // A service that runs with an older unit or older files is started again.
        let verb = match (is_active, reload || is_outdated(target, service)) {
            (true, false) => {
                cli::note(tool, format!("{service}: runs already"));
                continue;
            }
            (true, true) => "restart",
            (false, _) => "start",
        };
        systemctl(&[verb, &unit]).map_err(|e| failed(service, &e))?;
        cli::note(tool, format!("{service}: {verb}ed"));
    }
    for (service, address) in [("kubelet", &settings.kubelet_health), ("kube-proxy", &settings.kube_proxy_health)] {
        let Some(address) = address else { continue };
        while !is_healthy(address) {
            if Instant::now() >= end {
                return Err(failed(service, &format!("does not answer at http://{address}/healthz in time")));
            }
            std::thread::sleep(EVERY);
        }
        cli::note(tool, format!("{service}: healthy"));
    }
    registered(tool, target, settings, end)
}

/// Waits until the API server has the node.
fn registered(tool: &str, target: &Target, settings: &Settings, end: Instant) -> Result<(), Error> {
    let mut last = String::from("has not registered in time");
    loop {
        // While TLS bootstrapping there is no kubeconfig yet: the kubelet makes it.
        match Api::open(target, &settings.kubeconfig, Duration::from_secs(5)) {
            Ok(api) => match status::node(&api, &settings.node) {
                Ok(Some(_)) => {
                    cli::note(tool, format!("{}: registered at {}", settings.node, api.server()));
                    return Ok(());
                }
                Ok(None) => {}
                Err(finding) => last = finding.message,
            },
            Err(error) => last = error.to_string(),
        }
        if Instant::now() >= end {
            return Err(failed("kubelet", &format!("the node {} has not registered in time: {last}", settings.node)));
        }
        std::thread::sleep(EVERY);
    }
}

/// Whether a file that the service reads is newer than its process.
fn is_outdated(target: &Target, service: &str) -> bool {
    // ActiveEnterTimestamp as seconds: systemctl gives microseconds since boot in the monotonic one only.
    let Some(since) = show(service, "ExecMainStartTimestamp").filter(|t| !t.is_empty()) else { return false };
    let Ok(output) = Command::new("date").args(["-d", &since, "+%s"]).output() else { return false };
    let Ok(since) = String::from_utf8_lossy(&output.stdout).trim().parse::<i64>() else { return false };
    let directory = format!("/var/lib/{service}");
    let files = ["kubeconfig", &format!("{service}-config.yaml")].map(|name| format!("{directory}/{name}"));
    let program = [format!("/usr/local/bin/{service}")];
    files.iter().chain(&program).any(|path| target.stat(path.as_ref()).is_some_and(|stat| stat.st_mtime > since))
}

fn show(service: &str, property: &str) -> Option<String> {
    let unit = format!("{service}.service");
    let output = Command::new("systemctl").args(["show", "--value", "--property", property, &unit]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn systemctl(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("systemctl").args(arguments).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(Output { stderr, .. }) => {
            let said = String::from_utf8_lossy(&stderr).trim().replace('\n', ", ");
            Err(format!("systemctl {}: {said}", arguments.join(" ")))
        }
        Err(error) => Err(format!("systemctl cannot be run: {error}")),
    }
}

/// The health endpoints speak plain HTTP on this host; any answer but 200 is a no.
fn is_healthy(address: &str) -> bool {
    let Some(address) = address.to_socket_addrs().ok().and_then(|mut a| a.next()) else { return false };
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    if stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").is_err() {
        return false;
    }
    let mut head = [0; 12];
    stream.read_exact(&mut head).is_ok() && head.ends_with(b" 200")
}

/// The error with the unit's state, its last lines and the cause that they show.
fn failed(service: &str, what: &str) -> Error {
    let mut journal = String::new();
    if !service.is_empty() {
        let state = ["ActiveState", "SubState", "Result"].map(|p| show(service, p).unwrap_or_default()).join(", ");
        cli::note("khw-install", format!("{service}: state {state}"));
        let unit = format!("{service}.service");
        let lines =
            Command::new("journalctl").args(["--no-pager", "--output=cat", "--lines=50", "--unit", &unit]).output();
        if let Ok(output) = lines {
            journal = String::from_utf8_lossy(&output.stdout).into_owned();
        }
        let all: Vec<&str> = journal.lines().collect();
        for line in all.get(all.len().saturating_sub(LINES)..).unwrap_or_default() {
            cli::note("khw-install", format!("{service}: {line}"));
        }
    }
    let error = Error::new(what).file(if service.is_empty() { "systemd" } else { service });
    match causes::of(&format!("{journal}\n{what}")).or_else(|| causes::of(&journal)) {
        Some(cause) => Error::new(format!("{what}: {} [{}]", cause.what, cause.name))
            .file(if service.is_empty() { "systemd" } else { service })
            .hint(cause.fix),
        None => error.hint(format!("read `journalctl -u {service}`, and run `khw-install preflight` and `verify`")),
    }
}
