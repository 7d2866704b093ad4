//! All that a certificate says, in words: for `inspect`, `check` and whoever shows certificates.

use crate::certificate::Certificate;
use crate::{der, hex, name};
use khw_core::Error;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// What a certificate says. The fields are those of `khw-cert inspect --format json`, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// 3, or 1 for what `openssl x509 -req` makes without extensions.
    pub version: u32,
    /// Hexadecimal, as openssl shows it.
    pub serial: String,
    /// As openssl shows it.
    pub subject: String,
    /// As openssl shows it.
    pub issuer: String,
    /// Of several the last, as in Go.
    pub common_name: Option<String>,
    /// In order.
    pub organizations: Vec<String>,
    /// `DNS:worker-1`, `IP:192.168.5.21`, `URI:…`, `email:…`, and the kind alone for others.
    pub subject_alternative_names: Vec<String>,
    /// The names of RFC 5280; empty when the extension is not there.
    pub key_usage: Vec<String>,
    /// `serverAuth`, `clientAuth` and so on, or a dotted number; empty when the extension is not there.
    pub extended_key_usage: Vec<String>,
    /// Whether it may sign others.
    pub ca: bool,
    /// The number of CAs that may follow it, if that is limited.
    pub path_length: Option<u32>,
    /// `RSA 2048`, `ECDSA P-256`, `Ed25519`.
    pub key: String,
    /// `SHA-256 with RSA`.
    pub signature: String,
    /// RFC 3339, UTC.
    pub not_before: String,
    /// RFC 3339, UTC.
    pub not_after: String,
    /// Hexadecimal with colons.
    pub subject_key_identifier: Option<String>,
    /// Hexadecimal with colons.
    pub authority_key_identifier: Option<String>,
    /// SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` shows it.
    pub sha256: String,
    /// SHA-1 of the certificate, as `openssl x509 -fingerprint` shows it.
    pub sha1: String,
    /// Why its key is too weak for TLS, if it is.
    #[serde(skip)]
    pub weak_key: Option<String>,
    /// Why its signature is too weak for TLS, if it is.
    #[serde(skip)]
    pub weak_signature: Option<String>,
}

impl Facts {
    /// The facts of a certificate.
    ///
    /// # Errors
    /// When one of its extensions is malformed.
    pub fn of(certificate: &Certificate) -> Result<Self, Error> {
        let malformed = |what: &str| {
            Error::new(format!("the certificate is malformed: {what}")).hint("copy the file again, or make a new one")
        };
        let (_, parsed) = X509Certificate::from_der(certificate.der()).map_err(|_| malformed("it is not X.509"))?;
        let (key, weak_key) = key(parsed.public_key());
        let (signature, weak_signature) = signature(&parsed.signature_algorithm.algorithm.to_id_string());
        let mut facts = Facts {
            version: parsed.version().0 + 1,
            serial: shown_serial(certificate.serial()),
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            common_name: certificate.common_name(),
            organizations: certificate.organizations(),
            subject_alternative_names: Vec::new(),
            key_usage: Vec::new(),
            extended_key_usage: Vec::new(),
            ca: certificate.is_ca(),
            path_length: None,
            key,
            signature,
            not_before: rfc3339(certificate.not_before()),
            not_after: rfc3339(certificate.not_after()),
            subject_key_identifier: None,
            authority_key_identifier: None,
            sha256: digest(&aws_lc_rs::digest::SHA256, certificate.der()),
            sha1: digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der()),
            weak_key,
            weak_signature,
        };
        for extension in parsed.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => facts.path_length = constraints.path_len_constraint,
                ParsedExtension::KeyUsage(usage) => facts.key_usage = key_usages(usage.flags),
                ParsedExtension::ExtendedKeyUsage(usage) => facts.extended_key_usage = extended_usages(usage),
                ParsedExtension::SubjectAlternativeName(names) => {
                    facts.subject_alternative_names = names.general_names.iter().map(general_name).collect();
                }
                ParsedExtension::SubjectKeyIdentifier(id) => facts.subject_key_identifier = Some(colons(id.0)),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    facts.authority_key_identifier = id.key_identifier.as_ref().map(|id| colons(id.0));
                }
                _ => {}
            }
        }
        Ok(facts)
    }
}

/// An INTEGER's content as openssl shows it: without the sign's zero byte.
fn shown_serial(content: Vec<u8>) -> String {
    let zeros = content.iter().take_while(|&&b| b == 0).count().min(content.len().saturating_sub(1));
    hex::upper(content.get(zeros..).unwrap_or_default())
}

fn key(public: &SubjectPublicKeyInfo<'_>) -> (String, Option<String>) {
    let parameter = || public.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
    match (public.parsed(), public.algorithm.algorithm.to_id_string().as_str()) {
        (Ok(PublicKey::RSA(rsa)), _) => {
            let bits = rsa.key_size();
            let weak = (bits < 2048).then(|| format!("the RSA key has {bits} bits: under 2048 is too short"));
            (format!("RSA {bits}"), weak)
        }
        (Ok(PublicKey::EC(_)), _) => {
            let oid = parameter().unwrap_or_default();
            let curve = match oid.as_str() {
                "1.2.840.10045.3.1.7" => "P-256",
                "1.3.132.0.34" => "P-384",
                "1.3.132.0.35" => "P-521",
                other => {
                    let weak = format!("the key is on a curve that TLS does not take: {other}");
                    return (format!("ECDSA {other}"), Some(weak));
                }
            };
            (format!("ECDSA {curve}"), None)
        }
        (_, "1.3.101.112") => ("Ed25519".to_owned(), None),
        (_, other) => {
            let shown = if other == "1.2.840.10040.4.1" { "DSA".to_owned() } else { other.to_owned() };
            (shown.clone(), Some(format!("the key is of a kind that TLS does not take: {shown}")))
        }
    }
}

fn signature(oid: &str) -> (String, Option<String>) {
    let weak = |hash: &str| Some(format!("it is signed with {hash}, which TLS libraries refuse"));
    let (shown, weak) = match oid {
        "1.2.840.113549.1.1.4" => ("MD5 with RSA", weak("MD5")),
        "1.2.840.113549.1.1.5" => ("SHA-1 with RSA", weak("SHA-1")),
        "1.2.840.10045.4.1" => ("SHA-1 with ECDSA", weak("SHA-1")),
        "1.2.840.113549.1.1.10" => ("RSA-PSS", None),
        "1.2.840.113549.1.1.11" => ("SHA-256 with RSA", None),
        "1.2.840.113549.1.1.12" => ("SHA-384 with RSA", None),
        "1.2.840.113549.1.1.13" => ("SHA-512 with RSA", None),
        "1.2.840.10045.4.3.2" => ("SHA-256 with ECDSA", None),
        "1.2.840.10045.4.3.3" => ("SHA-384 with ECDSA", None),
        "1.2.840.10045.4.3.4" => ("SHA-512 with ECDSA", None),
        "1.3.101.112" => ("Ed25519", None),
        other => (other, None),
    };
    (shown.to_owned(), weak)
}

/// RFC 5280, 4.2.1.3; bit 0 first.
fn key_usages(flags: u16) -> Vec<String> {
    let names = crate::extension::USAGES.iter().enumerate();
    names.filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, name)| (*name).to_owned()).collect()
}

fn extended_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
        (usage.any, "anyExtendedKeyUsage"),
    ];
    let known = known.iter().filter(|(has, _)| *has).map(|(_, name)| (*name).to_owned());
    known.chain(usage.other.iter().map(ToString::to_string)).collect()
}

fn general_name(general: &GeneralName<'_>) -> String {
    match general {
        GeneralName::DNSName(name) => format!("DNS:{name}"),
        GeneralName::IPAddress(octets) => match crate::certificate::ip_address(octets) {
            Some(ip) => format!("IP:{ip}"),
            None => "IP:(malformed)".to_owned(),
        },
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(uri) => format!("URI:{uri}"),
        GeneralName::DirectoryName(directory) => format!("DirName:{}", name::shown(directory.as_raw())),
        GeneralName::RegisteredID(oid) => format!("RID:{oid}"),
        GeneralName::OtherName(oid, _) => format!("otherName:{oid}"),
        _ => "(malformed)".to_owned(),
    }
}

fn rfc3339(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_else(|_| moment.unix_timestamp().to_string())
}

fn digest(algorithm: &'static aws_lc_rs::digest::Algorithm, bytes: &[u8]) -> String {
    colons(aws_lc_rs::digest::digest(algorithm, bytes).as_ref())
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Whether an INTEGER's content is what RFC 5280 wants of a serial number: positive, at most 20 bytes.
pub(crate) fn is_proper_serial(content: &[u8]) -> bool {
    let value = der::integer(content);
    content.first().is_some_and(|&first| first < 0x80) && content.len() <= 20 && value != der::integer(&[])
}
