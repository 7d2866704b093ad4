//! The command line of openssl's commands: the part of clap's table that has openssl's names and meanings.

use crate::key::Digest;
use crate::name_format::NameFormat;
use crate::passphrase::{self, Passphrase, Source};
use crate::shown::Shown;
use crate::text::Without;
use clap::{Args, ValueEnum};
use khw_core::Error;
use std::path::PathBuf;

/// PEM or DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    #[value(name = "PEM", alias = "pem")]
    Pem,
    #[value(name = "DER", alias = "der")]
    Der,
}

/// The passphrase of a key that is written.
#[derive(Args)]
pub(crate) struct Encryption {
    /// Encrypt the key with AES-256, under the passphrase of -passout
    #[arg(long, visible_alias = "aes-256-cbc")]
    aes256: bool,
    /// Where that passphrase comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    passout: Option<Source>,
}

impl Encryption {
    /// The passphrase, if the key is to be encrypted.
    pub(crate) fn passphrase(&self) -> Result<Option<Passphrase>, Error> {
        encryption(self.aes256, "-passout", self.passout.as_ref())
    }
}

/// Both of them or none: openssl asks for a passphrase that is not given, and ignores one without a cipher.
pub(crate) fn encryption(
    aes256: bool,
    option: &'static str,
    source: Option<&Source>,
) -> Result<Option<Passphrase>, Error> {
    match (aes256, source) {
        (true, Some(source)) => passphrase::for_writing(option, source).map(Some),
        (true, None) => Err(Error::new("needs a passphrase, and khw-cert asks nothing")
            .field("-aes256")
            .hint(format!("say where it is: {option} file:PATH, env:NAME or fd:N"))),
        (false, Some(_)) => Err(Error::new("is given without -aes256, so that the key would not be encrypted")
            .field(option)
            .hint("say -aes256 too")),
        (false, None) => Ok(None),
    }
}

/// Make an RSA key, as `openssl genrsa`.
///
/// The key is PKCS#8 with mode 0600. Other than with openssl, a file that is already there is not overwritten without
/// --force, and options may follow the number. Of ciphers there is AES-256 alone, with 600,000 rounds of PBKDF2.
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
    #[command(flatten)]
    pub(crate) encryption: Encryption,
}

/// Make a certificate request, as `openssl req -new`.
///
/// Without -new and -x509 a request is read and shown. Only the given configuration is read, never the system's. What
/// openssl skips with a warning (unknown types and empty values in the subject), and unknown directives, are refused.
/// -subj is UTF-8. A self-signed certificate without any extension of its own gets those of a CA.
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
    /// Where the passphrase of the key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) passin: Option<Source>,
    /// Make a new key: rsa:BITS, rsa, ec (with -pkeyopt ec_paramgen_curve:CURVE) or ed25519; needs -noenc or -passout
    #[arg(long, value_name = "TYPE", conflicts_with = "key")]
    pub(crate) newkey: Option<String>,
    /// With -newkey: rsa_keygen_bits:BITS or ec_paramgen_curve:CURVE
    #[arg(long, value_name = "OPTION:VALUE")]
    pub(crate) pkeyopt: Vec<String>,
    /// Where the passphrase for the new key comes from, which then is encrypted with AES-256
    #[arg(long, value_name = "SOURCE")]
    pub(crate) passout: Option<Source>,
    /// The file for the new key [default: default_keyfile of the configuration, or privkey.pem]
    #[arg(long, value_name = "FILE")]
    pub(crate) keyout: Option<PathBuf>,
    /// Replace a key that is already there
    #[arg(long)]
    pub(crate) force: bool,
    /// The request to read, instead of standard input; with -x509 that to make a certificate of
    #[arg(long = "in", value_name = "FILE", conflicts_with_all = ["new", "newkey"])]
    pub(crate) input: Option<PathBuf>,
    /// Whether the request that is read is PEM or DER [default: seen from the file]
    #[arg(long, value_name = "FORM", ignore_case = true)]
    pub(crate) inform: Option<Form>,
    /// Whether PEM or DER is written
    #[arg(long, value_name = "FORM", ignore_case = true, default_value = "PEM")]
    pub(crate) outform: Form,
    /// Check the signature of the request
    #[arg(long)]
    pub(crate) verify: bool,
    /// Show all of it
    #[arg(long)]
    pub(crate) text: bool,
    /// Show the subject
    #[arg(long)]
    pub(crate) subject: bool,
    /// Write the public key
    #[arg(long)]
    pub(crate) pubkey: bool,
    /// Show the modulus of an RSA key
    #[arg(long)]
    pub(crate) modulus: bool,
    /// Do not write the request itself
    #[arg(long)]
    pub(crate) noout: bool,
    /// How names are shown: oneline, RFC2253, multiline, compat and openssl's single options
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) nameopt: Option<NameFormat>,
    /// What -text leaves away: no_header, no_pubkey, no_sigdump and so on
    #[arg(long, value_name = "OPTIONS")]
    pub(crate) reqopt: Option<Without>,
    /// With -x509 and -in: which extensions to take from the request
    #[arg(long = "copy_extensions", value_name = "WHICH", value_parser = ["none", "copy", "copyall"])]
    pub(crate) copy_extensions: Option<String>,
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
    /// One more extension, as a line of a configuration: "subjectAltName = DNS:a"; takes the place of one from there
    #[arg(long, value_name = "EXTENSION")]
    pub(crate) addext: Vec<String>,
    /// With -x509: how long the certificate is valid [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: Option<u32>,
    /// With -x509: the serial number, decimal or with 0x in front
    #[arg(long = "set_serial", value_name = "N", value_parser = serial)]
    pub(crate) set_serial: Option<Serial>,
    /// Leave the new key unencrypted
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

/// Show a certificate, as `openssl x509`, or sign a certificate request, as `openssl x509 -req`.
///
/// A certificate with -signkey is signed anew with its own key: it keeps its subject, serial number and extensions, other
/// than with openssl without the authorityKeyIdentifier of a CA that signed it before.
///
/// What is shown comes in the order in which it is asked for. As openssl 3.0 does, -req takes no extension from the
/// request unless told with -copy_extensions, and adds subjectKeyIdentifier and authorityKeyIdentifier. Other than
/// openssl, every certificate is of version 3; one that is signed with its own key (-signkey) and is given no extension
/// is made a CA (critical basicConstraints CA:TRUE and keyUsage keyCertSign, cRLSign), since Go takes no root of version
/// 3 without them; and a signer that is no CA, a key that is not the signer's, and a request with an RSA key of under 2048
/// bits, are refused.
#[derive(Args)]
pub(crate) struct X509 {
    /// The input is a certificate request
    #[arg(long)]
    pub(crate) req: bool,
    /// The certificate or certificate request, instead of standard input
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Whether it is PEM or DER [default: seen from the file]
    #[arg(long, value_name = "FORM", ignore_case = true)]
    pub(crate) inform: Option<Form>,
    /// Whether PEM or DER is written
    #[arg(long, value_name = "FORM", ignore_case = true, default_value = "PEM")]
    pub(crate) outform: Form,
    #[command(flatten)]
    pub(crate) shown: Shown,
    /// The fingerprint is SHA-1: the default
    #[arg(long)]
    pub(crate) sha1: bool,
    /// Do not write the certificate itself
    #[arg(long)]
    pub(crate) noout: bool,
    /// Exit 1 when the certificate expires within so many seconds
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(crate) checkend: Option<i64>,
    /// Say whether the certificate is good for this DNS name
    #[arg(long, value_name = "NAME")]
    pub(crate) checkhost: Option<String>,
    /// Say whether the certificate is good for this IP address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) checkip: Option<std::net::IpAddr>,
    /// How names are shown: oneline, RFC2253, multiline, compat and openssl's single options
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) nameopt: Option<NameFormat>,
    /// What -text leaves away: no_header, no_pubkey, no_sigdump and so on
    #[arg(long, value_name = "OPTIONS")]
    pub(crate) certopt: Option<Without>,
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
    /// Write a certificate request for the certificate's subject and key, signed with -signkey, instead of a certificate
    #[arg(long)]
    pub(crate) x509toreq: bool,
    /// Sign with this key, which is that of the request or certificate: a self-signed certificate
    #[arg(long, visible_alias = "key", value_name = "FILE", conflicts_with = "ca")]
    pub(crate) signkey: Option<PathBuf>,
    /// Where the passphrase of the key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) passin: Option<Source>,
    /// How long the certificate is valid [default: 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: Option<u32>,
    /// Keep the dates of a certificate that is signed anew
    #[arg(long = "preserve_dates", conflicts_with = "days")]
    pub(crate) preserve_dates: bool,
    /// The configuration with the extensions
    #[arg(long, value_name = "FILE")]
    pub(crate) extfile: Option<PathBuf>,
    /// The section with the extensions
    #[arg(long, value_name = "SECTION")]
    pub(crate) extensions: Option<String>,
    /// Which extensions to take from the request, or with -x509toreq from the certificate
    #[arg(long = "copy_extensions", value_name = "WHICH", value_parser = ["none", "copy", "copyall"])]
    pub(crate) copy_extensions: Option<String>,
    #[command(flatten)]
    pub(crate) digest: DigestOptions,
}

/// A serial number's bytes. (For clap a plain vector would be an option that occurs several times.)
#[derive(Clone)]
pub(crate) struct Serial(pub(crate) Vec<u8>);

fn serial(text: &str) -> Result<Serial, Error> {
    crate::serial::given(text).map(Serial).ok_or_else(|| {
        Error::new(format!("'{}' is not a serial number", text.escape_debug()))
            .hint("write it in decimal, or in hexadecimal after 0x, with at most 20 bytes")
    })
}

/// The hash that is signed, or that of a fingerprint.
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

/// Make a key, as `openssl genpkey`.
///
/// The key is PKCS#8 with mode 0600. Other than with openssl, a file that is already there is not overwritten without
/// --force.
#[derive(Args)]
pub(crate) struct Genpkey {
    /// RSA, EC or ED25519
    #[arg(long, value_name = "KIND")]
    pub(crate) algorithm: String,
    /// rsa_keygen_bits:BITS (default 2048) or ec_paramgen_curve:CURVE (P-256 or P-384)
    #[arg(long, value_name = "OPTION:VALUE")]
    pub(crate) pkeyopt: Vec<String>,
    /// The file for the key, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Whether PEM or DER is written
    #[arg(long, value_name = "FORM", ignore_case = true, default_value = "PEM")]
    pub(crate) outform: Form,
    /// Encrypt the key with AES-256, under the passphrase of -pass
    #[arg(long, visible_alias = "aes-256-cbc")]
    pub(crate) aes256: bool,
    /// Where that passphrase comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) pass: Option<Source>,
    /// Say nothing: always so
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Replace a file that is already there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Write the parameters of a curve and make a key on it, as `openssl ecparam -genkey`.
///
/// The key is SEC1 with mode 0600. Other than with openssl, a file that is already there is not overwritten without
/// --force.
#[derive(Args)]
pub(crate) struct Ecparam {
    /// prime256v1 (or P-256) or secp384r1 (or P-384)
    #[arg(long, value_name = "CURVE")]
    pub(crate) name: String,
    /// Make a key
    #[arg(long)]
    pub(crate) genkey: bool,
    /// Do not write the parameters
    #[arg(long)]
    pub(crate) noout: bool,
    /// The file for what is written, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace a file that is already there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Check certificates against a CA, as `openssl verify`.
///
/// Names are compared as openssl does; signatures, dates, basicConstraints, keyUsage, path lengths, critical extensions
/// and, if asked for, purpose and names are checked. Only the given CAs are trusted, never the system's. As with openssl,
/// the exit status is 2 when a certificate is not good.
#[derive(Args)]
pub(crate) struct Verify {
    /// Trusted certificates
    #[arg(long = "CAfile", value_name = "FILE", conflicts_with = "trusted")]
    pub(crate) ca_file: Vec<PathBuf>,
    /// Trusted certificates, as with -CAfile
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted: Vec<PathBuf>,
    /// Certificates between the two, which are not trusted
    #[arg(long, value_name = "FILE")]
    pub(crate) untrusted: Vec<PathBuf>,
    /// Trust a certificate of -CAfile that is not self-signed
    #[arg(long = "partial_chain")]
    pub(crate) partial_chain: bool,
    /// What the certificate is to be good for
    #[arg(long, value_name = "PURPOSE", value_parser = ["sslclient", "sslserver", "any"])]
    pub(crate) purpose: Option<String>,
    /// A DNS name that it is to be good for
    #[arg(long = "verify_hostname", value_name = "NAME")]
    pub(crate) hostname: Option<String>,
    /// An IP address that it is to be good for
    #[arg(long = "verify_ip", value_name = "ADDRESS")]
    pub(crate) ip: Option<std::net::IpAddr>,
    /// The moment for which it is checked, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) attime: Option<i64>,
    /// Leave the dates alone
    #[arg(long = "no_check_time", conflicts_with = "attime")]
    pub(crate) no_check_time: bool,
    /// Show the certificates up to the trusted one
    #[arg(long = "show_chain")]
    pub(crate) show_chain: bool,
    /// Say more: openssl has no more to say either
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Do not use the system's CAs: always so
    #[arg(long = "no-CAfile")]
    pub(crate) no_ca_file: bool,
    /// Do not use the system's CAs: always so
    #[arg(long = "no-CApath")]
    pub(crate) no_ca_path: bool,
    /// Do not use the system's CAs: always so
    #[arg(long = "no-CAstore")]
    pub(crate) no_ca_store: bool,
    /// How names are shown: oneline, RFC2253, multiline, compat and openssl's single options
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub(crate) nameopt: Option<NameFormat>,
    /// The certificates, instead of one on standard input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// The key that is read.
#[derive(Args)]
pub(crate) struct KeyInput {
    /// The key, instead of standard input
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Whether it is PEM or DER [default: seen from the file]
    #[arg(long, value_name = "FORM", ignore_case = true)]
    pub(crate) inform: Option<Form>,
    /// It is a public key
    #[arg(long)]
    pub(crate) pubin: bool,
    /// Where the passphrase of the key comes from: file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE
    #[arg(long, value_name = "SOURCE")]
    pub(crate) passin: Option<Source>,
}

/// What is written of a key.
#[derive(Args)]
pub(crate) struct KeyOutput {
    /// The file for what is written, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Whether PEM or DER is written
    #[arg(long, value_name = "FORM", ignore_case = true, default_value = "PEM")]
    pub(crate) outform: Form,
    /// Write the public key, not the private one
    #[arg(long)]
    pub(crate) pubout: bool,
    /// Do not write the key itself
    #[arg(long)]
    pub(crate) noout: bool,
    /// Show the public key; what is private is never shown
    #[arg(long)]
    pub(crate) text: bool,
    /// Check that the key is valid
    #[arg(long)]
    pub(crate) check: bool,
    /// Replace a file with a private key that is already there
    #[arg(long)]
    pub(crate) force: bool,
}

/// Read a key of any kind and write it or its public key, as `openssl pkey`.
///
/// A private key goes to a file or a pipe, never to a terminal. Other than with openssl, -text shows the public key alone,
/// and a file with a private key is not overwritten without --force.
#[derive(Args)]
pub(crate) struct Pkey {
    #[command(flatten)]
    pub(crate) input: KeyInput,
    #[command(flatten)]
    pub(crate) output: KeyOutput,
    #[command(flatten)]
    pub(crate) encryption: Encryption,
    /// Show the public key
    #[arg(long = "text_pub")]
    pub(crate) text_pub: bool,
    /// Check that the public key is valid
    #[arg(long)]
    pub(crate) pubcheck: bool,
}

/// Read an RSA key and write it, its public key or its modulus, as `openssl rsa`.
///
/// A private key goes to a file or a pipe, never to a terminal. Other than with openssl, -text shows the public key alone,
/// and a file with a private key is not overwritten without --force.
#[derive(Args)]
pub(crate) struct Rsa {
    #[command(flatten)]
    pub(crate) input: KeyInput,
    #[command(flatten)]
    pub(crate) output: KeyOutput,
    #[command(flatten)]
    pub(crate) encryption: Encryption,
    /// Show the modulus
    #[arg(long)]
    pub(crate) modulus: bool,
}

/// Read an ECDSA key and write it or its public key, as `openssl ec`.
///
/// A private key goes to a file or a pipe, never to a terminal. Other than with openssl, -text shows the public key alone,
/// and a file with a private key is not overwritten without --force.
#[derive(Args)]
pub(crate) struct Ec {
    #[command(flatten)]
    pub(crate) input: KeyInput,
    #[command(flatten)]
    pub(crate) output: KeyOutput,
}

/// Print the MD5 of files or of standard input, as `openssl md5`.
///
/// The guides compare the moduli of a certificate and a key by it. It protects nothing.
#[derive(Args)]
pub(crate) struct Md5 {
    /// The files
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}
