//! khw-cert: keys and certificates of a hand-built cluster, openssl's part of the tutorial.
//!
//! As a library it reads certificates and keys; khw-kubeconfig and khw-install use it.

mod args;
mod authority;
mod ca;
mod certificate;
mod chain;
mod check;
mod check_key;
mod cidr;
mod client;
mod config;
mod csr;
mod der;
mod ecparam;
mod encrypted;
mod expiry;
mod extension;
mod extension_section;
mod extension_text;
mod facts;
mod generated;
mod genpkey;
mod genrsa;
mod hex;
mod hostname;
mod identity;
mod inspect;
mod issue;
mod key;
mod key_file;
mod key_source;
mod leaf;
mod list;
mod many;
mod md5;
mod name;
mod name_constraints;
mod name_format;
mod name_section;
pub mod naming;
mod new_key;
mod node;
mod objects;
mod openssl_args;
mod pair;
mod parts;
mod passphrase;
mod pem_file;
mod pkey;
mod policy;
#[cfg(test)]
mod property;
mod public_key;
mod purpose;
mod renew;
mod req;
mod req_show;
mod request;
mod resign;
mod san;
mod serial;
mod shown;
mod sign;
mod signature;
mod text;
mod traditional;
mod trust;
mod verification;
mod verify;
mod within;
mod words;
mod x509;
mod x509_show;

pub use certificate::Certificate;
pub use facts::Facts;
pub use key::{Digest, KeyType, PrivateKey};
pub use trust::signer;

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
        args::Command::Genpkey(arguments) => genpkey::run(&arguments),
        args::Command::Ecparam(arguments) => ecparam::run(&arguments),
        args::Command::Req(arguments) => req::run(&arguments),
        args::Command::X509(arguments) => x509::run(&arguments),
        args::Command::Verify(arguments) => verify::run(&arguments),
        args::Command::Pkey(arguments) => pkey::pkey(&arguments),
        args::Command::Rsa(arguments) => pkey::rsa(&arguments),
        args::Command::Ec(arguments) => pkey::ec(&arguments),
        args::Command::Md5(arguments) => md5::run(&arguments),
    }
}
