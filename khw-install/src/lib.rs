//! khw-install: mkdir, chmod and mv of the tutorial, which check what they are given, and `verify`, which checks that the
//! files of a worker agree with one another.

pub mod accept;
pub mod api;
mod archive;
pub mod args;
pub mod artefact;
pub mod binary;
mod bundle;
pub mod causes;
pub mod checksum;
pub mod containerd;
pub mod cri;
mod difference;
mod directory;
pub mod fetch;
pub mod go_version;
mod leftover;
pub mod listener;
pub mod manifest;
pub mod map;
mod names;
mod obstacle;
pub mod online;
pub mod owner;
mod paths;
mod placing;
pub mod preflight;
mod program;
pub mod release;
mod remove;
mod start;
pub mod status;
mod supply;
pub mod target;
mod urls;
pub mod verify;

use args::{Arguments, Command, Worker};
use artefact::Artefact;
use clap::{CommandFactory, FromArgMatches};
use khw_core::cli::{self, Tool};
use khw_core::finding::ReportArgs;
use khw_core::{Exit, KubernetesVersion};
use target::Target;

/// The tool.
pub const TOOL: Tool = Tool { name: "khw-install", command: Arguments::command, rewrite: cli::as_given, run };

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let Arguments { command } = Arguments::from_arg_matches(matches)?;
    let place = |artefact, one| placing::one_file(artefact, one, None);
    match &command {
        Command::Dirs(placing) => placing::dirs(placing),
        Command::Binaries { files, checks, placing } => placing::binaries(files, checks, placing),
        Command::Ca(one) => place(Artefact::Ca, one),
        Command::KubeletCert(one) => place(Artefact::KubeletCertificate, one),
        Command::KubeletKey(key) => placing::one_file(Artefact::KubeletKey, &key.one, key.certificate.as_deref()),
        Command::KubeletKubeconfig(one) => place(Artefact::KubeletKubeconfig, one),
        Command::KubeletBootstrapKubeconfig(one) => place(Artefact::KubeletBootstrapKubeconfig, one),
        Command::KubeletConfig(one) => place(Artefact::KubeletConfig, one),
        Command::KubeletUnit(one) => place(Artefact::KubeletUnit, one),
        Command::KubeProxyCert(one) => place(Artefact::KubeProxyCertificate, one),
        Command::KubeProxyKey(key) => placing::one_file(Artefact::KubeProxyKey, &key.one, key.certificate.as_deref()),
        Command::KubeProxyKubeconfig(one) => place(Artefact::KubeProxyKubeconfig, one),
        Command::KubeProxyConfig(one) => place(Artefact::KubeProxyConfig, one),
        Command::KubeProxyUnit(one) => place(Artefact::KubeProxyUnit, one),
        Command::Node { from, cis, checks, placing } => placing::node(from, *cis, checks, placing),
        Command::Urls { download, checksums } => urls::print(download, *checksums),
        Command::Fetch { download, how } => fetch::fetch(download, how),
        Command::Bundle(args) => bundle::bundle(args),
        Command::Unpack { file, cis, checks, placing } => placing::unpack(file, *cis, checks, placing),
        Command::Verify { worker, kubernetes_version, cis, report } => check(worker, *kubernetes_version, *cis, report),
        Command::Preflight { worker, kubernetes_version, online, timeout, report } => {
            preflight(worker, *kubernetes_version, *online, *timeout, report)
        }
        Command::Start { layout, timeout } => start_worker(*layout, *timeout),
        Command::Status { worker, output, timeout } => show_status(worker, *output, *timeout),
        Command::Map { worker, kubernetes_version, format } => draw(worker, *kubernetes_version, *format),
        Command::Remove { root, dry_run } => remove::remove(root.as_deref(), *dry_run),
        Command::Diff { root } => remove::changes(root.as_deref()),
        Command::Paths { worker, cis } => paths::print(worker, *cis),
    }
}

fn check(worker: &Worker, version: Option<KubernetesVersion>, cis: bool, report: &ReportArgs) -> anyhow::Result<Exit> {
    on_worker(worker, version, cis, |subject| report.report(verify::verify(subject), &verify::check_names()))
}

fn draw(worker: &Worker, version: Option<KubernetesVersion>, format: map::Format) -> anyhow::Result<Exit> {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let unicode = locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    on_worker(worker, version, false, |subject| {
        khw_core::output::print(map::draw(subject, format, unicode).as_bytes())?;
        Ok(Exit::Done)
    })
}

fn preflight(
    worker: &Worker,
    version: Option<KubernetesVersion>,
    online: bool,
    timeout: std::time::Duration,
    report: &ReportArgs,
) -> anyhow::Result<Exit> {
    on_worker(worker, version, false, |subject| {
        let mut findings = preflight::check(subject);
        if online {
            let settings = verify::look(subject).settings;
            let api = api::Api::open(subject.target, &settings.kubeconfig, timeout)?;
            findings.extend(online::check(&api, &settings.node, subject.now));
        }
        report.report(findings, &preflight::check_names())
    })
}

fn start_worker(layout: khw_core::layout::Layout, timeout: std::time::Duration) -> anyhow::Result<Exit> {
    let worker = Worker { root: None, node: None, layout };
    on_worker(&worker, None, false, |subject| {
        start::start(TOOL.name, subject, timeout)?;
        Ok(Exit::Done)
    })
}

fn show_status(worker: &Worker, format: Option<status::Format>, timeout: std::time::Duration) -> anyhow::Result<Exit> {
    on_worker(worker, None, false, |subject| {
        let settings = verify::look(subject).settings;
        let api = api::Api::open(subject.target, &settings.kubeconfig, timeout)?;
        let shown = status::show(&api, &settings.node, format)?;
        khw_core::output::print(shown.text.as_bytes())?;
        if let Some(why) = shown.why {
            cli::note(TOOL.name, why);
        }
        Ok(Exit::Done)
    })
}

/// Runs a check of the files that the arguments name.
fn on_worker(
    worker: &Worker,
    version: Option<KubernetesVersion>,
    cis: bool,
    then: impl FnOnce(&verify::Subject<'_>) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let target = Target::open(worker.root.as_deref())?;
    let node = match &worker.node {
        Some(node) => node.clone(),
        None => target.node_name()?,
    };
    let paths = worker.layout.paths(&node);
    let now = std::time::SystemTime::now().into();
    let node_is_said = worker.node.is_some();
    then(&verify::Subject { target: &target, node: &node, node_is_said, paths: &paths, version, cis, now })
}
