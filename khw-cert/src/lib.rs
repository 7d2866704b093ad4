//! khw-cert: keys and certificates of a hand-built cluster, openssl's part of the tutorial.
//!
//! As a library it reads certificates and keys; khw-kubeconfig and khw-install use it.

mod args;
mod authority;
mod ca;
mod certificate;
mod chain;
mod check;
mod cidr;
mod client;
mod config;
mod csr;
mod der;
mod expiry;
mod extension;
mod facts;
mod genrsa;
mod identity;
mod inspect;
mod issue;
mod key;
mod key_source;
mod leaf;
mod list;
mod many;
mod name;
pub mod naming;
mod new_key;
mod node;
mod pair;
mod pem_file;
mod policy;
#[cfg(test)]
mod property;
mod renew;
mod req;
mod request;
mod san;
mod serial;
mod sign;
mod verify;
mod within;
mod words;
mod x509;

pub use certificate::Certificate;
pub use facts::Facts;
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
        args::Command::Client(arguments) => client::client(&arguments),
        args::Command::Server(arguments) => client::server(&arguments),
        args::Command::Key(arguments) => new_key::run(&arguments),
        args::Command::Csr(arguments) => request::run(&arguments),
        args::Command::Sign(arguments) => sign::run(&arguments),
        args::Command::Renew(arguments) => renew::run(&arguments),
        args::Command::Inspect(arguments) => inspect::run(&arguments),
        args::Command::Check(arguments) => check::run(&arguments),
        args::Command::Expiry(arguments) => expiry::run(&arguments),
        args::Command::Genrsa(arguments) => genrsa::run(&arguments),
        args::Command::Req(arguments) => req::run(&arguments),
        args::Command::X509(arguments) => x509::run(&arguments),
    }
}
