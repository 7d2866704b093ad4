//! The command line of khw-proxy-conf.

use crate::fields::KIND;
use clap::CommandFactory;
use khw_core::{layout::Layout, output::Output};
use khw_kubelet_conf::component::{CheckArgs, ExplainArgs, FieldsArgs, SettingArgs, VersionArgs, field_options};
use std::net::IpAddr;

/// Print a KubeProxyConfiguration, the file that kube-proxy is configured with
///
/// Without options it has the layout's kubeconfig, mode iptables, and the pods' range 10.244.0.0/16 as clusterCIDR. Every
/// option under "Fields" sets the field of the same meaning; kube-proxy itself ignores nearly all of these flags when
/// it has a file.
#[derive(Debug, clap::Parser)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub version: VersionArgs,
    /// The guide whose paths are used
    #[arg(long, value_enum, default_value = "tutorial", value_name = "LAYOUT")]
    pub layout: Layout,
    /// Set what the CIS benchmark of the version wants (section 4.3, from v1.27 on): metrics for this host only
    #[arg(long)]
    pub cis: bool,
    #[command(flatten)]
    pub settings: SettingArgs,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check KubeProxyConfiguration files: unknown fields, wrong types and values, what the version does not have
    Check(ProxyCheckArgs),
    /// Say what a field is: type, default, since, until, flag
    Explain(ExplainArgs),
    /// List all fields of all releases, or of the one that is named
    Fields(FieldsArgs),
}

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct ProxyCheckArgs {
    #[command(flatten)]
    pub check: CheckArgs,
    /// The node's own address: warn of a clusterCIDR that contains it
    #[arg(long, value_name = "IP")]
    pub node_ip: Option<IpAddr>,
}

pub(crate) fn command() -> clap::Command {
    field_options(Arguments::command(), &KIND)
}
