//! khw-unit: the systemd units of kubelet and kube-proxy, for the Kubernetes version at hand.
//!
//! As a library it reads unit files as systemd 252 does ([`Unit`], [`CommandLine`]) and knows the flags of both programs
//! by release ([`flag`]).

mod command;
mod directive;
pub mod flag;
mod syntax;

pub use command::{Argument, CommandLine, Given};
pub use syntax::{Unit, Value};

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-unit",
    command: || clap::Command::new("khw-unit"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
