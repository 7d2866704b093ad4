//! The command line of khw-kubelet-conf.

use crate::component::{CheckArgs, ExplainArgs, FieldsArgs, SettingArgs, VersionArgs, field_options};
use crate::fields::KIND;
use clap::CommandFactory;
use khw_core::{NodeName, layout::Layout, output::Output};

/// Print a KubeletConfiguration, the file that the kubelet is configured with
///
/// Without options it is what a worker built by hand needs: callers need a certificate of the cluster's CA or a token,
/// and the API server decides what they may. Every option under "Fields" sets the field of the same meaning.
/// `--resolv-conf auto` takes what this host has: systemd-resolved's file where it is there, else /etc/resolv.conf.
#[derive(Debug, clap::Parser)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub version: VersionArgs,
    /// The container runtime; docker is the default up to v1.23, where the kubelet still has it, containerd later
    #[arg(long, value_enum, value_name = "RUNTIME")]
    pub runtime: Option<Runtime>,
    /// Name the node's certificate and key for serving, at the layout's paths
    #[arg(long, value_name = "NAME")]
    pub node: Option<NodeName>,
    /// The guide whose paths are used
    #[arg(long, value_enum, default_value = "tutorial", value_name = "LAYOUT")]
    pub layout: Layout,
    /// The services' range, whose tenth address is the cluster's DNS service; with --cluster-dns: must contain it
    #[arg(long, value_name = "CIDR")]
    pub service_cidr: Option<String>,
    /// Set what the CIS benchmark that belongs to the version wants (section 4.2)
    #[arg(long)]
    pub cis: bool,
    #[command(flatten)]
    pub settings: SettingArgs,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check KubeletConfiguration files: unknown fields, wrong types and values, what the version does not have
    Check(KubeletCheckArgs),
    /// Say what a field is: type, default, since, until, flag
    Explain(ExplainArgs),
    /// List all fields of all releases, or of the one that is named
    Fields(FieldsArgs),
}

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct KubeletCheckArgs {
    #[command(flatten)]
    pub check: CheckArgs,
    /// The services' range: warn of a clusterDNS that is not in it
    #[arg(long, value_name = "CIDR")]
    pub service_cidr: Option<String>,
}

/// What runs the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Runtime {
    Docker,
    Containerd,
    Crio,
}

pub(crate) fn command() -> clap::Command {
    field_options(Arguments::command(), &KIND)
}
