//! Extensions of certificates and requests: what they are made of, and those of khw's own certificates.

use crate::der;
use std::net::IpAddr;

pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
pub(crate) const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
pub(crate) const SUBJECT_ALT_NAME: &[u64] = &[2, 5, 29, 17];
pub(crate) const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
pub(crate) const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 35];
pub(crate) const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
pub(crate) const NS_CERT_TYPE: &[u64] = &[2, 16, 840, 1, 113_730, 1, 1];
pub(crate) const NS_COMMENT: &[u64] = &[2, 16, 840, 1, 113_730, 1, 13];

/// RFC 5280, 4.2.1.3; the position is the bit.
pub(crate) const USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

pub(crate) const EXTENDED_USAGES: [(&str, &[u64]); 7] = [
    ("serverAuth", &[1, 3, 6, 1, 5, 5, 7, 3, 1]),
    ("clientAuth", &[1, 3, 6, 1, 5, 5, 7, 3, 2]),
    ("codeSigning", &[1, 3, 6, 1, 5, 5, 7, 3, 3]),
    ("emailProtection", &[1, 3, 6, 1, 5, 5, 7, 3, 4]),
    ("timeStamping", &[1, 3, 6, 1, 5, 5, 7, 3, 8]),
    ("OCSPSigning", &[1, 3, 6, 1, 5, 5, 7, 3, 9]),
    ("anyExtendedKeyUsage", &[2, 5, 29, 37, 0]),
];

/// An extension of a certificate or request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    /// The OBJECT IDENTIFIER, encoded.
    pub(crate) oid: Vec<u8>,
    pub(crate) critical: bool,
    /// What is inside of the OCTET STRING.
    pub(crate) value: Vec<u8>,
}

impl Extension {
    pub(crate) fn new(oid: &[u64], critical: bool, value: Vec<u8>) -> Self {
        Extension { oid: der::oid(oid), critical, value }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let critical = if self.critical { der::value(der::BOOLEAN, &[0xff]) } else { Vec::new() };
        der::sequence(&[&self.oid, &critical, &der::value(der::OCTET_STRING, &self.value)])
    }

    /// One that was read; `None` when it is malformed.
    pub(crate) fn from_value(extension: der::Value<'_>) -> Option<Self> {
        let parts = extension.values()?;
        let (oid, critical, value) = match parts[..] {
            [oid, value] => (oid, false, value),
            [oid, critical, value] if critical.tag == der::BOOLEAN => (oid, critical.content != [0], value),
            _ => return None,
        };
        (oid.tag == der::OID && value.tag == der::OCTET_STRING).then(|| Extension {
            oid: oid.whole.to_vec(),
            critical,
            value: value.content.to_vec(),
        })
    }

    pub(crate) fn is(&self, oid: &[u64]) -> bool {
        self.oid == der::oid(oid)
    }

    /// Its OBJECT IDENTIFIER in dotted form, whether it is critical, and its value.
    pub(crate) fn parts(&self) -> (String, bool, &[u8]) {
        let oid = der::read_all(&self.oid).map(|oid| der::dotted(oid.content));
        (oid.unwrap_or_default(), self.critical, &self.value)
    }
}

/// Who signs.
pub(crate) enum Issuer<'a> {
    /// A CA.
    Ca(Signer<'a>),
    /// The subject itself, with its own key: a self-signed certificate.
    Itself(Signer<'a>),
    /// Nobody yet: a request.
    None,
}

/// What identifies the key of a CA.
pub(crate) struct Signer<'a> {
    /// Its certificate's subject key identifier.
    pub(crate) key_identifier: Option<&'a [u8]>,
    /// The issuer's name in its certificate.
    pub(crate) name: &'a [u8],
    /// Its certificate's serial number, an INTEGER's content.
    pub(crate) serial: &'a [u8],
}

/// What the extensions `hash` and `keyid` refer to.
pub(crate) struct Context<'a> {
    /// SubjectPublicKeyInfo of the subject.
    pub(crate) public_key: &'a [u8],
    pub(crate) issuer: Issuer<'a>,
}

/// `subjectKeyIdentifier` and `authorityKeyIdentifier` as openssl adds them to every certificate with extensions, unless
/// they are there, or were given as `none`. Here they are added to every certificate, since all are of version 3.
pub(crate) fn add_key_identifiers(extensions: &mut Vec<Extension>, context: &Context<'_>) {
    let missing = |extensions: &[Extension], oid| !extensions.iter().any(|e| e.is(oid));
    if missing(extensions, SUBJECT_KEY_IDENTIFIER) {
        extensions.push(subject_key_identifier(context.public_key));
    }
    if missing(extensions, AUTHORITY_KEY_IDENTIFIER)
        && let Issuer::Ca(issuer) = &context.issuer
    {
        let keyid = issuer.key_identifier;
        extensions.push(authority_key_identifier(keyid, keyid.is_none().then_some(issuer)));
    }
    extensions.retain(|e| !e.value.is_empty());
}

/// Makes the authority key identifier anew where there is one.
pub(crate) fn renew_authority_key_identifier(extensions: &mut Vec<Extension>, context: &Context<'_>) {
    let Some(at) = extensions.iter().position(|e| e.is(AUTHORITY_KEY_IDENTIFIER)) else { return };
    let Issuer::Ca(issuer) = &context.issuer else { return };
    let keyid = issuer.key_identifier;
    let mut anew = authority_key_identifier(keyid, keyid.is_none().then_some(issuer));
    anew.critical = extensions.remove(at).critical;
    extensions.insert(at, anew);
}

/// Puts what a request asks for in front, except what is there already: the signer's word is the stronger.
pub(crate) fn copy(extensions: &mut Vec<Extension>, requested: &[Extension]) {
    let mut out: Vec<_> = requested.iter().filter(|r| !extensions.iter().any(|e| e.oid == r.oid)).cloned().collect();
    out.append(extensions);
    *extensions = out;
}

/// The extension that makes a CA.
pub(crate) fn authority() -> Vec<Extension> {
    let constraints = der::sequence(&[der::value(der::BOOLEAN, &[0xff])]);
    vec![
        Extension::new(BASIC_CONSTRAINTS, true, constraints),
        Extension::new(KEY_USAGE, true, der::named_bits(&[5, 6])),
    ]
}

/// The extensions of a certificate that is no CA. `encipherment` is for RSA keys: RFC 8813 forbids it for ECDSA.
pub(crate) fn end_entity(encipherment: bool, server: bool, client: bool, names: &[AlternativeName]) -> Vec<Extension> {
    let usages: Vec<&[u64]> = [("serverAuth", server), ("clientAuth", client)]
        .iter()
        .filter(|(_, wanted)| *wanted)
        .filter_map(|(name, _)| EXTENDED_USAGES.iter().find(|(known, _)| known == name).map(|(_, oid)| *oid))
        .collect();
    let usages = der::sequence(&usages.iter().map(|oid| der::oid(oid)).collect::<Vec<_>>());
    let bits: &[u8] = if encipherment { &[0, 2] } else { &[0] };
    let mut extensions = vec![
        Extension::new(BASIC_CONSTRAINTS, true, der::value(der::SEQUENCE, &[])),
        Extension::new(KEY_USAGE, true, der::named_bits(bits)),
        Extension::new(EXTENDED_KEY_USAGE, false, usages),
    ];
    if !names.is_empty() {
        extensions.push(alternative_names(names, false));
    }
    extensions
}

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AlternativeName {
    Dns(String),
    Ip(IpAddr),
    Email(String),
    Uri(String),
    /// Registered ID: an OBJECT IDENTIFIER's content.
    Registered(Vec<u8>),
    /// A distinguished name, encoded.
    Directory(Vec<u8>),
    /// The type, an OBJECT IDENTIFIER, and the value, both encoded.
    Other(Vec<u8>, Vec<u8>),
}

impl AlternativeName {
    fn der(&self) -> Vec<u8> {
        match self {
            AlternativeName::Email(text) => der::value(der::CONTEXT + 1, text.as_bytes()),
            AlternativeName::Dns(text) => der::value(der::CONTEXT + 2, text.as_bytes()),
            AlternativeName::Uri(text) => der::value(der::CONTEXT + 6, text.as_bytes()),
            AlternativeName::Ip(IpAddr::V4(ip)) => der::value(der::CONTEXT + 7, &ip.octets()),
            AlternativeName::Ip(IpAddr::V6(ip)) => der::value(der::CONTEXT + 7, &ip.octets()),
            AlternativeName::Registered(oid) => der::value(der::CONTEXT + 8, oid),
            // A name is a CHOICE, so its tag stays inside of its own.
            AlternativeName::Directory(name) => der::value(der::CONTEXT_CONSTRUCTED + 4, name),
            AlternativeName::Other(kind, value) => {
                let value = der::value(der::CONTEXT_CONSTRUCTED, value);
                der::nested(der::CONTEXT_CONSTRUCTED, &[kind, &value])
            }
        }
    }
}

pub(crate) fn alternative_names(names: &[AlternativeName], critical: bool) -> Extension {
    let names: Vec<_> = names.iter().map(AlternativeName::der).collect();
    Extension::new(SUBJECT_ALT_NAME, critical, der::sequence(&names))
}

/// RFC 5280, 4.2.1.2, method 1: SHA-1 of the key's bits. It identifies, it protects nothing.
pub(crate) fn key_hash(public_key: &[u8]) -> aws_lc_rs::digest::Digest {
    let parts = der::read_all(public_key).and_then(|v| v.values()).unwrap_or_default();
    // The first byte of a BIT STRING counts unused bits.
    let bits = parts.get(1).and_then(|v| v.content.get(1..)).unwrap_or_default();
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bits)
}

pub(crate) fn subject_key_identifier(public_key: &[u8]) -> Extension {
    let hash = key_hash(public_key);
    Extension::new(SUBJECT_KEY_IDENTIFIER, false, der::value(der::OCTET_STRING, hash.as_ref()))
}

pub(crate) fn authority_key_identifier(keyid: Option<&[u8]>, issuer: Option<&Signer<'_>>) -> Extension {
    let mut parts = Vec::new();
    if let Some(keyid) = keyid {
        parts.push(der::value(der::CONTEXT, keyid));
    }
    if let Some(issuer) = issuer {
        let directory_name = der::value(der::CONTEXT_CONSTRUCTED + 4, issuer.name);
        parts.push(der::value(der::CONTEXT_CONSTRUCTED + 1, &directory_name));
        parts.push(der::value(der::CONTEXT + 2, issuer.serial));
    }
    Extension::new(AUTHORITY_KEY_IDENTIFIER, false, der::sequence(&parts))
}
