//! khw-cert: keys and certificates of a hand-built cluster, openssl's part of the tutorial.
//!
//! As a library it reads certificates and keys; khw-kubeconfig and khw-install use it.

mod args;
mod authority;
mod ca;
mod certificate;
mod client;
mod config;
mod csr;
mod der;
mod extension;
mod genrsa;
mod identity;
mod issue;
mod key;
mod leaf;
mod name;
mod node;
mod pair;
mod pem_file;
mod req;
mod serial;
mod verify;
mod words;
mod x509;

pub use certificate::Certificate;
pub use key::{Digest, KeyType, PrivateKey};

use clap::{CommandFactory, FromArgMatches};

/// The tool.
pub const TOOL: khw_core::cli::Tool = khw_core::cli::Tool {
    name: "khw-cert",
    command: <args::Arguments as CommandFactory>::command,
    rewrite: |arguments| words::rewrite(&args::Arguments::command(), arguments),
    run,
};

fn run(matches: &clap::ArgMatches) -> anyhow::Result<khw_core::Exit> {
    match args::Arguments::from_arg_matches(matches)?.command {
        args::Command::Ca(arguments) => ca::run(&arguments),
        args::Command::Node(arguments) => node::run(&arguments),
        args::Command::Client(arguments) => client::run(&arguments),
        args::Command::Genrsa(arguments) => genrsa::run(&arguments),
        args::Command::Req(arguments) => req::run(&arguments),
        args::Command::X509(arguments) => x509::run(&arguments),
    }
}
