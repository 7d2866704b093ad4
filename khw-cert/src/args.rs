//! The command line: the table for parsing, `--help`, man page and completions.
//!
//! `genrsa`, `req` and `x509` have openssl's options; `words.rs` takes them with one dash, as openssl does.

mod own;

pub(crate) use own::*;

use crate::key::Digest;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Keys and certificates of a hand-built Kubernetes cluster.
///
/// genrsa, req and x509 take the lines that the tutorial gives to openssl, with the same options, one dash or two. The
/// other commands are the shorter way. Private keys have mode 0600 and are never overwritten without --force.
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
    Req(Req),
    X509(X509),
}

/// Make an RSA key, as `openssl genrsa`.
///
/// The key is PKCS#8 with mode 0600. Other than with openssl, a file that is already there is not overwritten without
/// --force, and options may follow the number.
#[derive(Args)]
pub(crate) struct Genrsa {
    /// The file for the key, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a file that is already there
    #[arg(long)]
    pub(crate) force: bool,
    /// The size of the key: 2048, 3072 or 4096
    #[arg(default_value = "2048", value_name = "BITS")]
    pub(crate) bits: String,
}

/// Make a certificate request, as `openssl req -new`.
///
/// Only the given configuration is read, never the system's. What openssl skips with a warning (unknown types and empty
/// values in the subject), and unknown directives, are refused. -subj is UTF-8.
#[derive(Args)]
pub(crate) struct Req {
    /// Make a new request
    #[arg(long)]
    pub(crate) new: bool,
    /// Make a self-signed certificate instead of a request
    #[arg(long)]
    pub(crate) x509: bool,
    /// The private key to sign with
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The subject, as /CN=system:node:worker-1/O=system:nodes
    #[arg(long, value_name = "SUBJECT", allow_hyphen_values = true)]
    pub(crate) subj: Option<String>,
    /// The file for the request, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The configuration (.cnf)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The main section of the configuration
    #[arg(long, value_name = "SECTION", default_value = "req")]
    pub(crate) section: String,
    /// The section with the extensions, instead of the one that the configuration names
    #[arg(long, visible_alias = "reqexts", value_name = "SECTION")]
    pub(crate) extensions: Option<String>,
    /// With -x509: how long the certificate is valid
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// Leave the key unencrypted: always so
    #[arg(long, visible_alias = "noenc")]
    pub(crate) nodes: bool,
    /// Ask nothing: always so
    #[arg(long)]
    pub(crate) batch: bool,
    /// The subject is UTF-8: always so
    #[arg(long)]
    pub(crate) utf8: bool,
    #[command(flatten)]
    pub(crate) digest: DigestOptions,
}

/// Sign a certificate request, as `openssl x509 -req`.
///
/// As openssl 3.0 does, it takes no extension from the request unless told with -copy_extensions, makes a certificate of
/// version 1 when there are none, and adds subjectKeyIdentifier and authorityKeyIdentifier when there are some. Other
/// than openssl, it refuses a signer that is no CA, and a key that is not the signer's.
#[derive(Args)]
pub(crate) struct X509 {
    /// The input is a certificate request
    #[arg(long)]
    pub(crate) req: bool,
    /// The certificate request, instead of standard input
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The file for the certificate, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The certificate of the CA
    #[arg(long = "CA", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The private key of the CA [default: in the file of -CA]
    #[arg(long = "CAkey", value_name = "FILE")]
    pub(crate) ca_key: Option<PathBuf>,
    /// Make the serial file of the CA when it is not there: ca.srl for ca.crt
    #[arg(long = "CAcreateserial")]
    pub(crate) ca_create_serial: bool,
    /// The serial file
    #[arg(long = "CAserial", value_name = "FILE")]
    pub(crate) ca_serial: Option<PathBuf>,
    /// The serial number, decimal or with 0x in front
    #[arg(long = "set_serial", value_name = "N", value_parser = serial)]
    pub(crate) set_serial: Option<Serial>,
    /// Sign with this key, which is that of the request: a self-signed certificate
    #[arg(long, visible_alias = "key", value_name = "FILE", conflicts_with = "ca")]
    pub(crate) signkey: Option<PathBuf>,
    /// How long the certificate is valid
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// The configuration with the extensions
    #[arg(long, value_name = "FILE")]
    pub(crate) extfile: Option<PathBuf>,
    /// The section with the extensions
    #[arg(long, value_name = "SECTION")]
    pub(crate) extensions: Option<String>,
    /// Which extensions to take from the request
    #[arg(long = "copy_extensions", value_name = "WHICH", default_value = "none", value_parser = ["none", "copy", "copyall"])]
    pub(crate) copy_extensions: String,
    #[command(flatten)]
    pub(crate) digest: DigestOptions,
}

/// A serial number's bytes. (For clap a plain vector would be an option that occurs several times.)
#[derive(Clone)]
pub(crate) struct Serial(pub(crate) Vec<u8>);

fn serial(text: &str) -> Result<Serial, khw_core::Error> {
    crate::serial::given(text).map(Serial).ok_or_else(|| {
        khw_core::Error::new(format!("'{}' is not a serial number", text.escape_debug()))
            .hint("write it in decimal, or in hexadecimal after 0x, with at most 20 bytes")
    })
}

/// The hash that is signed.
#[derive(Args)]
pub(crate) struct DigestOptions {
    /// Sign with SHA-256: the default for RSA
    #[arg(long, overrides_with_all = ["sha384", "sha512"])]
    sha256: bool,
    /// Sign with SHA-384
    #[arg(long, overrides_with_all = ["sha256", "sha512"])]
    sha384: bool,
    /// Sign with SHA-512
    #[arg(long, overrides_with_all = ["sha256", "sha384"])]
    sha512: bool,
}

impl DigestOptions {
    pub(crate) fn digest(&self) -> Option<Digest> {
        [(self.sha256, Digest::Sha256), (self.sha384, Digest::Sha384), (self.sha512, Digest::Sha512)]
            .iter()
            .find(|(given, _)| *given)
            .map(|(_, digest)| *digest)
    }
}
