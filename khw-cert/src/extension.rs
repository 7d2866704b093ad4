//! Extensions: from .cnf sections as openssl reads them, and those of khw's own certificates.
//!
//! Every name and value that openssl would take and that is not known here is refused by name: an extension that is
//! missing in silence is found out weeks later, by a kubelet.

use crate::config::{Config, Entry};
use crate::der;
use khw_core::Error;
use std::net::IpAddr;

const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const SUBJECT_ALT_NAME: &[u64] = &[2, 5, 29, 17];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const AUTHORITY_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 35];
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const NS_CERT_TYPE: &[u64] = &[2, 16, 840, 1, 113_730, 1, 1];
const NS_COMMENT: &[u64] = &[2, 16, 840, 1, 113_730, 1, 13];

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

const NETSCAPE_TYPES: [&str; 8] = ["client", "server", "email", "objsign", "reserved", "sslCA", "emailCA", "objCA"];

const EXTENDED_USAGES: [(&str, &[u64]); 7] = [
    ("serverAuth", &[1, 3, 6, 1, 5, 5, 7, 3, 1]),
    ("clientAuth", &[1, 3, 6, 1, 5, 5, 7, 3, 2]),
    ("codeSigning", &[1, 3, 6, 1, 5, 5, 7, 3, 3]),
    ("emailProtection", &[1, 3, 6, 1, 5, 5, 7, 3, 4]),
    ("timeStamping", &[1, 3, 6, 1, 5, 5, 7, 3, 8]),
    ("OCSPSigning", &[1, 3, 6, 1, 5, 5, 7, 3, 9]),
    ("anyExtendedKeyUsage", &[2, 5, 29, 37, 0]),
];

const NAMES: [&str; 8] = [
    "basicConstraints",
    "keyUsage",
    "extendedKeyUsage",
    "subjectAltName",
    "subjectKeyIdentifier",
    "authorityKeyIdentifier",
    "nsCertType",
    "nsComment",
];

/// An extension of a certificate or request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    oid: Vec<u8>,
    critical: bool,
    value: Vec<u8>,
}

impl Extension {
    fn new(oid: &[u64], critical: bool, value: Vec<u8>) -> Self {
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

    fn is(&self, oid: &[u64]) -> bool {
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
    /// The subject's own key: a self-signed certificate.
    Itself,
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

/// The extensions of a section, in its order.
pub(crate) fn from_section(config: &Config, section: &str, context: &Context<'_>) -> Result<Vec<Extension>, Error> {
    let entries = config.require(section)?;
    entries.iter().map(|entry| from_entry(config, entry, context)).collect()
}

/// `subjectKeyIdentifier` and `authorityKeyIdentifier` as openssl adds them to every certificate with extensions, unless
/// they are there, or were given as `none`.
pub(crate) fn add_key_identifiers(extensions: &mut Vec<Extension>, context: &Context<'_>) {
    if extensions.is_empty() {
        return;
    }
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
}

impl AlternativeName {
    fn der(&self) -> Vec<u8> {
        match self {
            AlternativeName::Email(text) => der::value(der::CONTEXT + 1, text.as_bytes()),
            AlternativeName::Dns(text) => der::value(der::CONTEXT + 2, text.as_bytes()),
            AlternativeName::Uri(text) => der::value(der::CONTEXT + 6, text.as_bytes()),
            AlternativeName::Ip(IpAddr::V4(ip)) => der::value(der::CONTEXT + 7, &ip.octets()),
            AlternativeName::Ip(IpAddr::V6(ip)) => der::value(der::CONTEXT + 7, &ip.octets()),
        }
    }
}

fn alternative_names(names: &[AlternativeName], critical: bool) -> Extension {
    let names: Vec<_> = names.iter().map(AlternativeName::der).collect();
    Extension::new(SUBJECT_ALT_NAME, critical, der::sequence(&names))
}

/// RFC 5280, 4.2.1.2, method 1: SHA-1 of the key's bits. It identifies, it protects nothing.
fn key_hash(public_key: &[u8]) -> aws_lc_rs::digest::Digest {
    let parts = der::read_all(public_key).and_then(|v| v.values()).unwrap_or_default();
    // The first byte of a BIT STRING counts unused bits.
    let bits = parts.get(1).and_then(|v| v.content.get(1..)).unwrap_or_default();
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bits)
}

fn subject_key_identifier(public_key: &[u8]) -> Extension {
    let hash = key_hash(public_key);
    Extension::new(SUBJECT_KEY_IDENTIFIER, false, der::value(der::OCTET_STRING, hash.as_ref()))
}

fn authority_key_identifier(keyid: Option<&[u8]>, issuer: Option<&Signer<'_>>) -> Extension {
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

/// One line of an extension section.
fn from_entry(config: &Config, entry: &Entry, context: &Context<'_>) -> Result<Extension, Error> {
    let mut value = entry.value.trim();
    let mut critical = false;
    if let Some(rest) = value.strip_prefix("critical,") {
        (value, critical) = (rest.trim(), true);
    }
    if value.is_empty() {
        return Err(entry
            .error("has no value")
            .hint("was a shell variable unset? write the value, or remove the line"));
    }
    if let Some(raw) = ["DER:", "ASN1:"].iter().find(|raw| value.starts_with(**raw)) {
        return Err(entry.error(format!("values with {raw} are not supported")).hint("write the extension in words"));
    }
    let words = || value.split(',').map(str::trim).collect::<Vec<_>>();
    match entry.name.as_str() {
        "basicConstraints" => basic_constraints(entry, critical, &words()),
        "keyUsage" => Ok(Extension::new(KEY_USAGE, critical, der::named_bits(&bits(entry, &USAGES, &words())?))),
        "nsCertType" => {
            Ok(Extension::new(NS_CERT_TYPE, critical, der::named_bits(&bits(entry, &NETSCAPE_TYPES, &words())?)))
        }
        "nsComment" if value.is_ascii() => {
            Ok(Extension::new(NS_COMMENT, critical, der::value(der::IA5_STRING, value.as_bytes())))
        }
        "nsComment" => Err(entry.error("has a letter outside ASCII").hint("use ASCII")),
        "extendedKeyUsage" => {
            let usages: Result<Vec<_>, _> = words().iter().map(|word| extended_usage(entry, word)).collect();
            Ok(Extension::new(EXTENDED_KEY_USAGE, critical, der::sequence(&usages?)))
        }
        "subjectAltName" => {
            let names = match value.strip_prefix('@') {
                Some(section) => names_of_section(config, entry, section.trim())?,
                None => words().iter().map(|word| inline_name(entry, word)).collect::<Result<_, _>>()?,
            };
            Ok(alternative_names(&names, critical))
        }
        "subjectKeyIdentifier" => {
            let mut extension = match value {
                "hash" => subject_key_identifier(context.public_key),
                "none" => Extension::new(SUBJECT_KEY_IDENTIFIER, false, Vec::new()),
                hex => {
                    let bytes = crate::serial::from_hex(&hex.replace(':', ""))
                        .ok_or_else(|| unknown(entry, hex, &["hash", "none"]))?;
                    Extension::new(SUBJECT_KEY_IDENTIFIER, false, der::value(der::OCTET_STRING, &bytes))
                }
            };
            extension.critical = critical;
            Ok(extension)
        }
        "authorityKeyIdentifier" => authority_of(entry, critical, &words(), context),
        other => {
            let error = entry.error("is not an extension that is known");
            let similar = NAMES.iter().find(|name| name.eq_ignore_ascii_case(other));
            Err(match similar {
                Some(similar) => error.hint(format!("did you mean '{similar}'?")),
                None => error.hint(format!("known are {}", NAMES.join(", "))),
            })
        }
    }
}

fn unknown(entry: &Entry, word: &str, known: &[&str]) -> Error {
    let error = entry.error(format!("'{}' is not a value it can have", word.escape_debug()));
    match known.iter().find(|k| k.eq_ignore_ascii_case(word)) {
        Some(similar) => error.hint(format!("did you mean '{similar}'?")),
        None => error.hint(format!("it is one of {}", known.join(", "))),
    }
}

fn bits(entry: &Entry, known: &[&str], words: &[&str]) -> Result<Vec<u8>, Error> {
    let bit = |word: &&str| match known.iter().position(|k| k == word) {
        // The tables have nine names at most.
        Some(bit) => Ok(bit as u8),
        None => Err(unknown(entry, word, known)),
    };
    words.iter().map(bit).collect()
}

fn extended_usage(entry: &Entry, word: &str) -> Result<Vec<u8>, Error> {
    if let Some((_, oid)) = EXTENDED_USAGES.iter().find(|(name, _)| *name == word) {
        return Ok(der::oid(oid));
    }
    let arcs: Option<Vec<u64>> = word.split('.').map(|arc| arc.parse().ok()).collect();
    match arcs.as_deref() {
        Some(arcs @ ([0 | 1, 0..40, ..] | [2, _, ..])) => Ok(der::oid(arcs)),
        _ => Err(unknown(entry, word, &EXTENDED_USAGES.map(|(name, _)| name))),
    }
}

fn basic_constraints(entry: &Entry, critical: bool, words: &[&str]) -> Result<Extension, Error> {
    let (mut ca, mut path) = (false, None);
    for word in words {
        let (name, value) = word.split_once(':').unwrap_or((word, ""));
        match (name.trim(), value.trim()) {
            // The spellings of openssl's X509V3_get_value_bool.
            ("CA", "TRUE" | "true" | "Y" | "y" | "YES" | "yes") => ca = true,
            ("CA", "FALSE" | "false" | "N" | "n" | "NO" | "no") => ca = false,
            ("pathlen", value) if value.parse::<u32>().is_ok() => path = value.parse::<u32>().ok(),
            _ => return Err(unknown(entry, word, &["CA:TRUE", "CA:FALSE", "pathlen:N", "critical"])),
        }
    }
    let mut parts = Vec::new();
    if ca {
        parts.push(der::value(der::BOOLEAN, &[0xff]));
    }
    if let Some(path) = path {
        parts.push(der::integer(&path.to_be_bytes()));
    }
    Ok(Extension::new(BASIC_CONSTRAINTS, critical, der::sequence(&parts)))
}

/// `keyid[:always], issuer[:always]` or `none`.
fn authority_words(entry: &Entry, words: &[&str]) -> Result<Option<(u8, u8)>, Error> {
    if words == ["none"] {
        return Ok(None);
    }
    let (mut keyid, mut issuer) = (0, 0);
    for word in words {
        match *word {
            "keyid" => keyid = 1,
            "keyid:always" => keyid = 2,
            "issuer" => issuer = 1,
            "issuer:always" => issuer = 2,
            word => {
                return Err(unknown(entry, word, &["keyid", "keyid:always", "issuer", "issuer:always", "none"]));
            }
        }
    }
    Ok(Some((keyid, issuer)))
}

fn authority_of(entry: &Entry, critical: bool, words: &[&str], context: &Context<'_>) -> Result<Extension, Error> {
    let empty = Extension::new(AUTHORITY_KEY_IDENTIFIER, critical, Vec::new());
    let Some((keyid, issuer)) = authority_words(entry, words)? else { return Ok(empty) };
    let ca = match &context.issuer {
        Issuer::Ca(ca) => ca,
        // openssl leaves `issuer` away when a certificate is its own issuer.
        Issuer::Itself if keyid == 0 && issuer < 2 => return Ok(empty),
        Issuer::Itself if issuer < 2 => {
            let hash = key_hash(context.public_key);
            let mut extension = authority_key_identifier(Some(hash.as_ref()), None);
            extension.critical = critical;
            return Ok(extension);
        }
        Issuer::Itself => {
            return Err(entry
                .error("'issuer:always' is not supported in a self-signed certificate")
                .hint("write 'keyid'"));
        }
        Issuer::None => {
            return Err(entry
                .error("cannot be in a request, which has no issuer yet")
                .hint("leave it to the signing: khw-cert x509 -req adds it"));
        }
    };
    let identifier = ca.key_identifier.filter(|_| keyid > 0);
    if keyid == 2 && identifier.is_none() {
        return Err(entry
            .error("the CA has no subject key identifier")
            .hint("write 'keyid, issuer' without ':always', or leave the line away"));
    }
    let named = (issuer == 2 || (issuer == 1 && identifier.is_none())).then_some(ca);
    let mut extension = authority_key_identifier(identifier, named);
    extension.critical = critical;
    Ok(extension)
}

fn names_of_section(config: &Config, entry: &Entry, section: &str) -> Result<Vec<AlternativeName>, Error> {
    let entries = config.require(section).map_err(|e| e.line(entry.line).field(&entry.name))?;
    if entries.is_empty() {
        return Err(entry
            .error(format!("the section [{}] is empty", section.escape_debug()))
            .hint("write the names into it, as DNS.1 = worker-1"));
    }
    entries
        .iter()
        .map(|name| {
            let kind = name.name.split_once('.').map_or(name.name.as_str(), |(kind, _)| kind);
            alternative_name(name, kind, &name.value)
        })
        .collect()
}

fn inline_name(entry: &Entry, word: &str) -> Result<AlternativeName, Error> {
    let Some((kind, value)) = word.split_once(':') else {
        return Err(entry
            .error(format!("'{}' has no type", word.escape_debug()))
            .hint("write DNS:name or IP:address, with ',' between"));
    };
    alternative_name(entry, kind.trim(), value.trim())
}

fn alternative_name(entry: &Entry, kind: &str, value: &str) -> Result<AlternativeName, Error> {
    let kind = kind.trim();
    if !matches!(kind, "DNS" | "IP" | "email" | "URI") {
        return Err(entry
            .error(format!("'{}' is not a type of name that is supported", kind.escape_debug()))
            .hint("it is one of DNS, IP, email, URI"));
    }
    if value.is_empty() {
        return Err(entry.error("the name is empty").hint("was a shell variable unset?"));
    }
    let refuse = |what: &str, hint: &str| Err(entry.error(format!("'{}' {what}", value.escape_debug())).hint(hint));
    match kind {
        "IP" => match value.parse() {
            Ok(ip) => Ok(AlternativeName::Ip(ip)),
            Err(_) => refuse("is not an IP address", "write it as 192.168.5.21, or a name as DNS"),
        },
        _ if !value.is_ascii() || value.contains(|c: char| c.is_ascii_control() || c == ' ') => {
            refuse("has a blank or a letter outside ASCII", "write names in ASCII, international ones as xn--…")
        }
        "DNS" => Ok(AlternativeName::Dns(value.to_owned())),
        "email" if value.contains('@') => Ok(AlternativeName::Email(value.to_owned())),
        "email" => refuse("is not an address", "write it as name@example.com"),
        _ => Ok(AlternativeName::Uri(value.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Context, Issuer, add_key_identifiers, from_section};
    use crate::config::Config;

    const CONTEXT: Context<'_> = Context { public_key: &[0x30, 4, 0x30, 0, 3, 0], issuer: Issuer::None };

    fn hex(line: &str) -> Result<Vec<String>, String> {
        let config =
            Config::parse(&format!("[x]\n{line}\n[n]\nDNS.1 = a\nIP = ::1\n[e]\n")).map_err(|e| e.to_string())?;
        let extensions = from_section(&config, "x", &CONTEXT).map_err(|e| e.to_string())?;
        Ok(extensions.iter().map(|e| e.value.iter().map(|b| format!("{b:02x}")).collect()).collect())
    }

    // The bytes are those of openssl 3.0.19 (asn1parse of a request with the line).
    #[test]
    fn openssls_bytes() {
        for (line, value) in [
            ("basicConstraints = CA:FALSE", "3000"),
            ("basicConstraints = critical,CA:TRUE, pathlen:0", "30060101ff020100"),
            ("keyUsage = nonRepudiation, digitalSignature, keyEncipherment", "030205e0"),
            ("extendedKeyUsage = serverAuth,clientAuth", "301406082b0601050507030106082b06010505070302"),
            ("subjectAltName = @n", "3015820161871000000000000000000000000000000001"),
            ("subjectAltName = DNS:a, IP:1.2.3.4", "3009820161870401020304"),
            ("nsCertType = client, email", "030205a0"),
            ("nsComment = \"a, b\"", "1604612c2062"),
        ] {
            assert_eq!(hex(line), Ok(vec![value.to_owned()]), "{line}");
        }
    }

    #[test]
    fn refusals_name_the_extension() {
        for (line, message) in [
            ("basicConstraint = CA:FALSE", "basicConstraint: is not an extension that is known"),
            ("basicConstraints = CA:MAYBE", "basicConstraints: 'CA:MAYBE' is not a value it can have"),
            ("keyUsage = digitalsignature", "keyUsage: 'digitalsignature' is not a value it can have"),
            ("keyUsage =", "keyUsage: has no value"),
            ("extendedKeyUsage = server", "extendedKeyUsage: 'server' is not a value it can have"),
            ("subjectAltName = worker-1", "subjectAltName: 'worker-1' has no type"),
            ("subjectAltName = DNS:", "subjectAltName: the name is empty"),
            ("subjectAltName = IP:1.2.3", "subjectAltName: '1.2.3' is not an IP address"),
            ("subjectAltName = RID:1.2.3", "subjectAltName: 'RID' is not a type of name that is supported"),
            ("subjectAltName = @m", "subjectAltName: has no section [m]"),
            ("subjectAltName = @e", "subjectAltName: the section [e] is empty"),
            ("subjectKeyIdentifier = hsh", "subjectKeyIdentifier: 'hsh' is not a value it can have"),
            (
                "authorityKeyIdentifier = keyid",
                "authorityKeyIdentifier: cannot be in a request, which has no issuer yet",
            ),
            ("nsComment = DER:00", "nsComment: values with DER: are not supported"),
        ] {
            assert_eq!(hex(line), Err(message.to_owned()), "{line}");
        }
    }

    #[test]
    fn none_takes_an_identifier_away() {
        let config = Config::parse("[x]\nkeyUsage = cRLSign\nsubjectKeyIdentifier = none\n").unwrap();
        let mut extensions = from_section(&config, "x", &CONTEXT).unwrap();
        add_key_identifiers(&mut extensions, &CONTEXT);
        assert_eq!(extensions.len(), 1);
    }
}
