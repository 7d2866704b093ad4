//! The command line: the table for parsing, `--help`, man page and completions.
//!
//! openssl's commands are in `openssl_args.rs`; `words.rs` takes their options with one dash, as openssl does.

mod own;

pub(crate) use own::*;

use crate::openssl_args::{Ec, Ecparam, Genpkey, Genrsa, Md5, Pkey, Req, Rsa, Verify, X509};
use clap::{Parser, Subcommand};

/// Keys and certificates of a hand-built Kubernetes cluster.
///
/// genrsa, genpkey, ecparam, req, x509, verify, pkey, rsa, ec and md5 take the lines that the guides give to openssl, with
/// the same options, one dash or two, in any order. The other commands are the shorter way. Private keys have mode 0600
/// and are never overwritten without --force.
#[derive(Parser)]
#[command(name = "khw-cert", disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Ca(Ca),
    Node(Node),
    Client(Client),
    Server(Server),
    Key(Key),
    Csr(Csr),
    Sign(Sign),
    Renew(Renew),
    Inspect(Inspect),
    Check(Check),
    Expiry(Expiry),
    Genrsa(Genrsa),
    Genpkey(Genpkey),
    Ecparam(Ecparam),
    Req(Req),
    X509(X509),
    Verify(Verify),
    Pkey(Pkey),
    Rsa(Rsa),
    Ec(Ec),
    Md5(Md5),
}
