//! The arguments: the table for help, man page and completions.

use crate::flag::Program;
use crate::hardening;
use crate::kubelet::{NodeIp, Runtime};
use crate::service::{ExtraFlag, Restart};
use clap::{Args, Parser, Subcommand};
use khw_core::finding::ReportArgs;
use khw_core::layout::Layout;
use khw_core::output::Output;
use khw_core::{KubernetesVersion, NodeName};
use std::path::PathBuf;

/// Write the systemd units of kubelet and kube-proxy for a Kubernetes version, and check unit files
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the kubelet's unit
    Kubelet(KubeletArgs),
    /// Print kube-proxy's unit
    KubeProxy(KubeProxyArgs),
    /// Check unit files: syntax, directives, flags of kubelet and kube-proxy
    Check(CheckArgs),
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct VersionArgs {
    /// The Kubernetes version, such as 1.20 or v1.20.2
    #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION", hide_env_values = true, default_value_t = KubernetesVersion::NEWEST)]
    pub(crate) kubernetes_version: KubernetesVersion,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceArgs {
    /// Where the files are: as in the tutorial, or in one of the two guides
    #[arg(long, value_enum, default_value_t)]
    pub(crate) layout: Layout,
    /// The node's name to register under and look for, if it is not the host's
    #[arg(long, value_name = "NAME")]
    pub(crate) hostname_override: Option<NodeName>,
    /// Add a flag, checked against the version, or put another value in place of one that is there (may be given several times)
    #[arg(long = "flag", value_name = "NAME[=VALUE]", allow_hyphen_values = true)]
    pub(crate) flags: Vec<ExtraFlag>,
    /// When systemd starts it again: on-failure in 5 s, as the tutorial; always in 10 s and without limit, as Kubernetes' own unit
    #[arg(long, value_enum, default_value_t)]
    pub(crate) restart: Restart,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct KubeletArgs {
    /// The node's name, from which those of its certificate and key come [default: the host's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<NodeName>,
    #[command(flatten)]
    pub(crate) version: VersionArgs,
    /// The container runtime [default: docker up to 1.23, then containerd]
    #[arg(long, value_enum)]
    pub(crate) runtime: Option<Runtime>,
    /// The node's own address; one of each family with a comma for dual stack
    #[arg(long, value_name = "IP")]
    pub(crate) node_ip: Option<NodeIp>,
    /// Let the kubelet get its certificates by TLS bootstrapping, with this kubeconfig [default: that of the layout]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) bootstrap_kubeconfig: Option<Option<PathBuf>>,
    /// Take away what the kubelet never uses
    #[arg(long, long_help = hardened_help(Program::Kubelet))]
    pub(crate) hardened: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KubeProxyArgs {
    #[command(flatten)]
    pub(crate) version: VersionArgs,
    /// Take away what kube-proxy never uses
    #[arg(long, long_help = hardened_help(Program::KubeProxy))]
    pub(crate) hardened: bool,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Unit files or drop-ins of services; '-' is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The Kubernetes version, such as 1.20 or v1.20.2 [default: that of the program under --root, else the newest]
    #[arg(long, value_name = "VERSION", env = "KHW_KUBERNETES_VERSION", hide_env_values = true)]
    pub(crate) kubernetes_version: Option<KubernetesVersion>,
    /// The worker's root directory: look there for programs, environment files, configurations, drop-ins and masks
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Each directive with its reason, and for the kubelet what is left out with its own.
fn hardened_help(program: Program) -> String {
    let mut help = format!("Take away what {} never uses, each with its reason:", program.name());
    for hardening::Hardening { name, value, reason } in hardening::of(program) {
        help.push_str(&format!("\n\n{name}={value}: {reason}"));
    }
    if program == Program::Kubelet {
        help.push_str("\n\nNot set, since the kubelet cannot live with it:");
        for (names, reason) in hardening::NOT_FOR_THE_KUBELET {
            help.push_str(&format!("\n\n{names}: {reason}"));
        }
    }
    help
}
