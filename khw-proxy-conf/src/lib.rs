//! khw-proxy-conf prints a KubeProxyConfiguration for the Kubernetes version at hand, and checks one.
//!
//! What it shares with khw-kubelet-conf is that crate's `component`.

mod args;
mod check;
mod fields;
mod generate;
mod refused;

pub use check::{CHECKS, check};
pub use fields::KIND;

use clap::{FromArgMatches, parser::ValueSource};
use khw_core::{Exit, cli};
use khw_kubelet_conf::component::refuse_options;

/// The tool.
pub const TOOL: cli::Tool = cli::Tool { name: "khw-proxy-conf", command: args::command, rewrite: cli::as_given, run };

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = args::Arguments::from_arg_matches(matches)?;
    refuse_options(matches)?;
    let version = arguments.version.kubernetes_version;
    let named = matches.value_source("kubernetes_version") != Some(ValueSource::DefaultValue);
    match &arguments.command {
        Some(args::Command::Check(args)) => args
            .check
            .run(&KIND, version, CHECKS, &|document, version| check::check_with(document, version, args.node_ip)),
        Some(args::Command::Explain(explain)) => explain.run(named.then_some(version), &KIND),
        Some(args::Command::Fields(fields)) => fields.run(named.then_some(version), &KIND),
        None => generate::run(&arguments, matches),
    }
}
