//! khw-kubelet-conf prints a KubeletConfiguration for the Kubernetes version at hand, and checks one.
//!
//! [`component`] is what this tool and khw-proxy-conf share; khw-install reads placed files with it.

pub mod component;

mod args;
mod check;
mod cis;
mod fields;
mod generate;
mod refused;
mod service_cidr;

pub use check::{CHECKS, check};
pub use fields::KIND;

use clap::{FromArgMatches, parser::ValueSource};
use component::refuse_options;
use khw_core::{Exit, cli};
use service_cidr::ServiceCidr;

/// The tool.
pub const TOOL: cli::Tool = cli::Tool { name: "khw-kubelet-conf", command: args::command, rewrite: cli::as_given, run };

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = args::Arguments::from_arg_matches(matches)?;
    refuse_options(matches)?;
    let version = arguments.version.kubernetes_version;
    let named = matches.value_source("kubernetes_version") != Some(ValueSource::DefaultValue);
    match &arguments.command {
        Some(args::Command::Check(args)) => {
            let services = args.service_cidr.as_deref().map(ServiceCidr::parse).transpose();
            let services = services.map_err(|e| e.field("--service-cidr"))?;
            args.check.run(&KIND, version, CHECKS, &|document, version| {
                check::check_with(document, version, services.as_ref())
            })
        }
        Some(args::Command::Explain(explain)) => explain.run(named.then_some(version), &KIND),
        Some(args::Command::Fields(fields)) => fields.run(named.then_some(version), &KIND),
        None => generate::run(&arguments, matches),
    }
}
