//! `start`: what the tutorial does with systemctl, waiting until the node has registered; and the cause when it does not.

use crate::api::{Api, Refused};
use crate::causes;
use crate::status;
use crate::target::Target;
use crate::verify::{self, DROP_IN, Reference, Settings, Subject, Verified};
use khw_core::layout::Paths;
use khw_core::{Error, cli};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The services, in the order in which they are started.
const SERVICES: [&str; 2] = ["kubelet", "kube-proxy"];
/// How often the health endpoints and the server are asked.
const EVERY: Duration = Duration::from_millis(250);
/// Lines of the journal that are shown.
const LINES: usize = 10;
/// Lines of the journal in which the cause is looked for, where it is not known from when on: a kubelet says 250 lines before
/// it complains, and prints all its flags after it does.
const READ: usize = 2000;

/// Starts both services and waits.
///
/// # Errors
/// When one of them does not come up in time: the unit's state, its last lines, and the cause.
pub(crate) fn start(tool: &str, subject: &Subject<'_>, timeout: Duration) -> Result<(), Error> {
    let end = Instant::now() + timeout;
    let Verified { settings, references, .. } = verify::look(subject);
    let failed = |service: &str, since: Option<Duration>, what: &str| {
        Failure { tool, service, since, what, refused: None }.report()
    };
    let property = |service: &str, name: &str| show(service, name).unwrap_or_default();
    let reload = needs_reload(&references);
    if reload {
        systemctl(&["daemon-reload"]).map_err(|e| failed("", None, &e))?;
        cli::note(tool, "systemd: unit files read again");
    }
    let mut started = [None; SERVICES.len()];
    for (service, started) in SERVICES.into_iter().zip(&mut started) {
        let unit = format!("{service}.service");
        if property(service, "UnitFileState") != "enabled" {
            systemctl(&["enable", "--quiet", &unit]).map_err(|e| failed(service, None, &e))?;
            cli::note(tool, format!("{service}: enabled"));
        }
        let is_active = property(service, "ActiveState") == "active";
        // A service that runs with an older unit or older files is started again.
        let verb = match (is_active, reload || is_outdated(subject.target, subject.paths, service)) {
            (true, false) => {
                cli::note(tool, format!("{service}: runs already"));
                continue;
            }
            (true, true) => "restart",
            (false, _) => "start",
        };
        *started = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        systemctl(&[verb, &unit]).map_err(|e| failed(service, *started, &e))?;
        cli::note(tool, format!("{service}: {verb}ed"));
    }
    for ((service, since), address) in
        SERVICES.into_iter().zip(started).zip([&settings.kubelet_health, &settings.kube_proxy_health])
    {
        let Some(address) = address else { continue };
        while !is_healthy(address) {
            if let Some(ended) = ended(service) {
                return Err(failed(service, since, ended));
            }
            if Instant::now() >= end {
                return Err(failed(service, since, &format!("does not answer at http://{address}/healthz in time")));
            }
            std::thread::sleep(EVERY);
        }
        cli::note(tool, format!("{service}: healthy"));
        note_passed_over(tool, service, &journal(service, since));
    }
    let registered = Registered { tool, target: subject.target, settings: &settings, since: started[0] };
    registered.wait(end).map_err(|(what, refused)| {
        Failure { tool, service: "kubelet", since: started[0], what: &what, refused }.report()
    })
}

/// Whether systemd must read the units again. It does not say so of a directory of drop-ins that was made since it read them.
fn needs_reload(references: &[Reference]) -> bool {
    let shows = |property: &str, value: &str| SERVICES.iter().any(|s| show(s, property).is_some_and(|v| v == value));
    if shows("NeedDaemonReload", "yes") || shows("LoadState", "not-found") {
        return true;
    }
    let mut drop_ins = references.iter().filter(|r| r.field == DROP_IN).peekable();
    if drop_ins.peek().is_none() {
        return false;
    }
    let known = SERVICES.map(|service| show(service, "DropInPaths").unwrap_or_default()).join(" ");
    drop_ins.any(|drop_in| !known.split(' ').any(|known| known == drop_in.to))
}

/// What is waited for last.
struct Registered<'a> {
    tool: &'a str,
    target: &'a Target,
    settings: &'a Settings,
    /// When the kubelet was started, since 1970. A node that registered earlier must have been heard of since.
    since: Option<Duration>,
}

/// Why the node is not there yet; the API server's own words where it gave any.
type NotYet = (String, Option<Refused>);

impl Registered<'_> {
    /// Waits until the API server has the node.
    fn wait(&self, end: Instant) -> Result<(), NotYet> {
        let node = &self.settings.node;
        loop {
            let (last, refused) = match self.ask() {
                Ok(server) => {
                    cli::note(self.tool, format!("{node}: registered at {server}"));
                    return Ok(());
                }
                Err(not_yet) => not_yet,
            };
            if let Some(ended) = ended("kubelet") {
                return Err((ended.to_owned(), None));
            }
            if Instant::now() >= end {
                return Err((format!("the node {node} has not registered in time: {last}"), refused));
            }
            std::thread::sleep(EVERY);
        }
    }

    /// The server that has the node, or what there is instead.
    fn ask(&self) -> Result<String, NotYet> {
        let not_yet = |what: &str| (what.to_owned(), None);
        // While TLS bootstrapping there is no kubeconfig yet: the kubelet makes it.
        let api = Api::open(self.target, &self.settings.kubeconfig, Duration::from_secs(5))
            .map_err(|error| (error.to_string(), None))?;
        let found =
            status::node(&api, &self.settings.node).map_err(|refused| (refused.message.clone(), Some(refused)))?;
        let found = found.ok_or_else(|| not_yet("the API server does not know it"))?;
        let since = self.since.and_then(|since| i64::try_from(since.as_secs()).ok());
        if since.is_some_and(|since| status::heard(&found).is_none_or(|heard| heard < since)) {
            return Err(not_yet("the API server has not heard of it since it was started"));
        }
        Ok(api.server().to_string())
    }
}

/// What is said of a service that ends again and again, or for good: no use in waiting for it. Once or twice may be because
/// what it needs, a container runtime, was not up yet.
fn ended(service: &str) -> Option<&'static str> {
    let is = |property: &str, value: &str| show(service, property).is_some_and(|v| v == value);
    if is("ActiveState", "failed") {
        return Some("ended, and systemd does not start it again");
    }
    let restarts: u32 = show(service, "NRestarts")?.parse().ok()?;
    (restarts >= 2 && is("SubState", "auto-restart")).then_some("was started three times, and ended each time")
}

/// Whether a file that the service reads when it starts is newer than its process.
fn is_outdated(target: &Target, paths: &Paths, service: &str) -> bool {
    // As a date: systemctl gives microseconds since boot in the monotonic property only.
    let Some(since) = show(service, "ExecMainStartTimestamp").filter(|t| !t.is_empty()) else { return false };
    let Ok(output) = Command::new("date").args(["-d", &since, "+%s"]).output() else { return false };
    let Ok(since) = String::from_utf8_lossy(&output.stdout).trim().parse::<i64>() else { return false };
    let program = paths.binaries.join(service);
    let files: &[&PathBuf] = if service == "kubelet" {
        &[
            &program,
            &paths.ca,
            &paths.kubelet_certificate,
            &paths.kubelet_key,
            &paths.kubelet_kubeconfig,
            &paths.kubelet_config,
        ]
    } else {
        &[&program, &paths.kube_proxy_kubeconfig, &paths.kube_proxy_config]
    };
    // The process may have started in the second in which the file was placed.
    files.iter().any(|path| target.stat(path).is_some_and(|stat| stat.st_mtime >= since))
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

/// What did not work.
struct Failure<'a> {
    tool: &'a str,
    /// The service; empty for systemd itself.
    service: &'a str,
    /// When it was started, since 1970; `None` when it ran already, so that its older lines count too.
    since: Option<Duration>,
    what: &'a str,
    /// What the API server says to the node's kubeconfig.
    refused: Option<Refused>,
}

impl Failure<'_> {
    /// Shows the unit's state and its last lines, and gives the error with the cause that they show.
    fn report(&self) -> Error {
        let Failure { tool, service, what, .. } = *self;
        let mut journal = String::new();
        if !service.is_empty() {
            let state = ["ActiveState", "SubState", "Result"].map(|p| show(service, p).unwrap_or_default()).join(", ");
            cli::note(tool, format!("{service}: state {state}"));
            journal = self::journal(service, self.since);
            note_passed_over(tool, service, &journal);
        }
        let text = format!("{journal}\n{what}");
        let cause = causes::of(&text);
        let lines: Vec<&str> = journal.lines().collect();
        let last = lines.len().saturating_sub(LINES);
        // The line that shows the cause is often followed by many others.
        let telling = cause.as_ref().and_then(|cause| lines.iter().rposition(|line| line.contains(cause.line)));
        for line in telling.filter(|&at| at < last).into_iter().chain(last..lines.len()).filter_map(|at| lines.get(at))
        {
            cli::note(tool, format!("{service}: {line}"));
        }
        let file = if service.is_empty() { "systemd" } else { service };
        let (what, fix) = match (&cause, &self.refused) {
            // The kubelet says no more than that; the certificate's dates say why.
            (Some(cause), Some(refused)) if cause.name == "not-authenticated" => {
                (format!("{what} [{}]", refused.name), refused.fix.as_deref())
            }
            (Some(cause), _) => (format!("{what}: {} [{}]", cause.what, cause.name), Some(cause.fix)),
            (None, Some(refused)) => (format!("{what} [{}]", refused.name), refused.fix.as_deref()),
            (None, None) => (what.to_owned(), None),
        };
        let unknown = || format!("read `journalctl -u {file}`, and run `khw-install preflight` and `verify`");
        Error::new(what).file(file).hint(fix.map_or_else(unknown, str::to_owned))
    }
}

/// The service's lines since it was started, because what an earlier start complained of may be mended; its last ones when it
/// ran already.
fn journal(service: &str, since: Option<Duration>) -> String {
    let mut journalctl = Command::new("journalctl");
    journalctl.args(["--no-pager", "--output=cat", "--unit", &format!("{service}.service")]);
    match since {
        // With --lines systemd before 254 gives the first lines since then, not the last.
        Some(since) => journalctl.arg(format!("--since=@{}.{:06}", since.as_secs(), since.subsec_micros())),
        None => journalctl.arg(format!("--lines={READ}")),
    };
    let output = journalctl.output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// Says what a program has passed over in its configuration: it runs, but not as is meant.
fn note_passed_over(tool: &str, service: &str, journal: &str) {
    for field in causes::passed_over(journal) {
        let what = "has no effect: the program does not know it, or it is there twice [field-ignored]";
        cli::warn(tool, format!("{service}: {field} in its configuration {what}"));
    }
}
