//! khw-unit: the systemd units of kubelet and kube-proxy, for the Kubernetes version at hand.
//!
//! As a library it reads unit files as systemd 252 does ([`Unit`], [`CommandLine`]), knows the flags of both programs by
//! release ([`flag`]), and says what is wrong with a unit ([`check`]).

mod args;
mod check;
mod command;
mod directive;
pub mod flag;
mod given;
pub mod hardening;
pub mod kube_proxy;
pub mod kubelet;
mod placed;
mod program;
mod root;
pub mod service;
mod syntax;
mod value;
mod word;

pub use check::{CHECKS, check, check_bytes, command_as_run};
pub use command::{Argument, CommandLine};
pub use given::Given;
pub use root::Root;
pub use syntax::{Unit, Value};

use args::{Arguments, CheckArgs, Command, KubeProxyArgs, KubeletArgs};
use clap::{CommandFactory, FromArgMatches};
use khw_core::finding::Finding;
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, KubernetesVersion, NodeName};
use std::path::Path;

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-unit",
    command: Arguments::command,
    rewrite: khw_core::cli::as_given,
    run: |matches| match Arguments::from_arg_matches(matches)?.command {
        Command::Kubelet(args) => write_kubelet(args),
        Command::KubeProxy(args) => write_kube_proxy(args),
        Command::Check(args) => check_files(&args),
    },
};

fn write_kubelet(args: KubeletArgs) -> anyhow::Result<Exit> {
    let KubeletArgs { node, version, runtime, node_ip, bootstrap_kubeconfig, hardened, service } = args;
    let node = match (node, &service.hostname_override) {
        (Some(node), _) => node,
        (None, Some(name)) => name.clone(),
        // The unit has the name in it only as a part of certificate and key, which bootstrapping does without.
        (None, None) if bootstrap_kubeconfig.is_some() => any_node()?,
        (None, None) => host_name()?,
    };
    let bootstrap_kubeconfig = bootstrap_kubeconfig
        .map(|path| path.unwrap_or_else(|| service.layout.paths(&node).kubelet_bootstrap_kubeconfig));
    let made = kubelet::Kubelet {
        node,
        version: version.kubernetes_version,
        runtime,
        node_ip,
        hostname_override: service.hostname_override,
        layout: service.layout,
        bootstrap_kubeconfig,
        flags: service.flags,
        restart: service.restart,
        hardened,
    }
    .unit()?;
    write(&made, &service.output)
}

fn write_kube_proxy(args: KubeProxyArgs) -> anyhow::Result<Exit> {
    let KubeProxyArgs { version, hardened, service } = args;
    let made = kube_proxy::KubeProxy {
        version: version.kubernetes_version,
        hostname_override: service.hostname_override,
        paths: service.layout.paths(&any_node()?),
        flags: service.flags,
        restart: service.restart,
        hardened,
    }
    .unit()?;
    write(&made, &service.output)
}

fn write(made: &service::Made, output: &Output) -> anyhow::Result<Exit> {
    for warning in &made.warnings {
        khw_core::cli::warn(TOOL.name, warning);
    }
    output.write(made.unit.to_string().as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// A name for the paths that do not depend on it.
fn any_node() -> Result<NodeName, Error> {
    "node".parse()
}

/// The name under which the kubelet of this host registers: its host name in lower case.
fn host_name() -> Result<NodeName, Error> {
    let hint = "say --node NAME";
    let path = Path::new("/proc/sys/kernel/hostname");
    let name = std::fs::read_to_string(path).map_err(|e| Error::io(path.display(), &e).hint(hint))?;
    name.trim().to_ascii_lowercase().parse().map_err(|e: Error| Error::new(e.what()).field("host name").hint(hint))
}

fn check_files(args: &CheckArgs) -> anyhow::Result<Exit> {
    if let Some(root) = args.root.as_ref().filter(|root| !root.is_dir()) {
        return Err(Error::new(format!("'{}' is not a directory", root.display()))
            .field("--root")
            .hint("name the directory in which the worker's /etc and /usr are")
            .into());
    }
    let mut findings = Vec::new();
    for file in &args.files {
        let input = Input::new(file);
        let extension = file.extension().map(|e| e.to_string_lossy().into_owned());
        if let Some(other) = extension.as_deref().filter(|e| OTHER_TYPES.contains(e)) {
            return Err(Error::new(format!("is a {other} unit"))
                .file(&input)
                .hint("only services, and their drop-ins, are checked")
                .into());
        }
        // A drop-in alone is not what systemd sees: there is nothing to merge it with.
        let drop_in = extension.as_deref() == Some("conf");
        let root = args.root.as_ref().map(Root::new);
        let found = match (Unit::parse_bytes(&input.read()?), &root, input.path()) {
            (Ok(unit), Some(root), Some(path)) if !drop_in => placed::check(path, unit, args.kubernetes_version, root),
            (Ok(unit), root, _) => {
                check::check_under(&unit, args.kubernetes_version.unwrap_or(KubernetesVersion::NEWEST), root.as_ref())
            }
            (Err(error), ..) => vec![Finding::from_error("syntax", &error)],
        };
        // It adds to a unit that has a command already.
        let found = found.into_iter().filter(|f| !(drop_in && f.name == "no-exec-start"));
        findings.extend(found.map(|f| if f.file.is_some() { f } else { f.file(&input) }));
    }
    args.report.report(findings, CHECKS)
}

/// The types of units that have sections of their own.
const OTHER_TYPES: [&str; 10] =
    ["automount", "device", "mount", "path", "scope", "slice", "socket", "swap", "target", "timer"];
