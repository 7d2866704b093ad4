//! kubeconfig files: kubectl config's part of the tutorial.

mod model;
mod print;
mod server;
mod yaml;

pub use model::{AuthInfo, Cluster, Context, Current, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext, Secret};
pub use server::ServerUrl;

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-kubeconfig",
    command: || clap::Command::new("khw-kubeconfig"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
