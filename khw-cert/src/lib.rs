//! khw-cert: keys and certificates of a hand-built cluster, openssl's part of the tutorial.
//!
//! As a library it reads certificates and keys; khw-kubeconfig and khw-install use it.

#![allow(dead_code, reason = "the commands that sign come next")]

mod certificate;
mod der;
mod key;
mod name;
mod pem_file;
mod verify;

pub use certificate::Certificate;
pub use key::{Digest, KeyType, PrivateKey};

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-cert",
    command: || clap::Command::new("khw-cert"),
    rewrite: khw_core::cli::as_given,
    run: |_| Ok(khw_core::Exit::Done),
};
