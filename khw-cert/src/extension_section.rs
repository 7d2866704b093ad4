//! Extensions from .cnf sections, as openssl reads them.
//!
//! Every name and value that openssl would take and that is not known here is refused by name: an extension that is
//! missing in silence is found out weeks later, by a kubelet.

use crate::config::{Config, Entry};
use crate::extension::{
    AUTHORITY_KEY_IDENTIFIER, AlternativeName, BASIC_CONSTRAINTS, Context, EXTENDED_KEY_USAGE, EXTENDED_USAGES,
    Extension, Issuer, KEY_USAGE, NS_CERT_TYPE, NS_COMMENT, SUBJECT_KEY_IDENTIFIER, USAGES, alternative_names,
    authority_key_identifier, key_hash, subject_key_identifier,
};
use crate::{der, extension_text, name_section, objects};
use khw_core::Error;

const NETSCAPE_TYPES: [&str; 8] = ["client", "server", "email", "objsign", "reserved", "sslCA", "emailCA", "objCA"];

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

/// The extensions of a section, in its order.
pub(crate) fn from_section(config: &Config, section: &str, context: &Context<'_>) -> Result<Vec<Extension>, Error> {
    let entries = config.require(section)?;
    entries.iter().map(|entry| from_entry(config, entry, context)).collect()
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
        "keyUsage" => Ok(Extension::new(
            KEY_USAGE,
            critical,
            der::named_bits(&bits(entry, &USAGES, &extension_text::USAGES, &words())?),
        )),
        "nsCertType" => {
            let bits = bits(entry, &NETSCAPE_TYPES, &extension_text::NETSCAPE_TYPES, &words())?;
            Ok(Extension::new(NS_CERT_TYPE, critical, der::named_bits(&bits)))
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
                None => words().iter().map(|word| inline_name(config, entry, word)).collect::<Result<_, _>>()?,
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

/// The bits of names, each of which has a short and a long form.
fn bits(entry: &Entry, known: &[&str], long: &[&str], words: &[&str]) -> Result<Vec<u8>, Error> {
    let position = |word: &&str| known.iter().position(|k| k == word).or_else(|| long.iter().position(|k| k == word));
    let bit = |word: &&str| match position(word) {
        // The tables have nine names at most.
        Some(bit) => Ok(bit as u8),
        None => Err(unknown(entry, word, known)),
    };
    words.iter().map(bit).collect()
}

fn extended_usage(entry: &Entry, word: &str) -> Result<Vec<u8>, Error> {
    if let Some(object) = objects::named(word) {
        return Ok(der::oid(object.arcs));
    }
    oid(word).ok_or_else(|| unknown(entry, word, &EXTENDED_USAGES.map(|(name, _)| name)))
}

/// A dotted object identifier, encoded.
fn oid(text: &str) -> Option<Vec<u8>> {
    let arcs: Option<Vec<u64>> = text.split('.').map(|arc| arc.parse().ok()).collect();
    match arcs.as_deref() {
        Some(arcs @ ([0 | 1, 0..40, ..] | [2, _, ..])) => Some(der::oid(arcs)),
        _ => None,
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
    let (ca, itself) = match &context.issuer {
        Issuer::Ca(ca) => (ca, false),
        Issuer::Itself(subject) => (subject, true),
        Issuer::None => {
            return Err(entry
                .error("cannot be in a request, which has no issuer yet")
                .hint("leave it to the signing: khw-cert x509 -req adds it"));
        }
    };
    // openssl leaves both away when a certificate is its own issuer, unless they are said to be there always.
    let hash;
    let identifier = match (keyid, itself) {
        (2, true) => {
            hash = key_hash(context.public_key);
            Some(hash.as_ref())
        }
        (0, _) | (_, true) => None,
        (_, false) => ca.key_identifier,
    };
    if keyid == 2 && identifier.is_none() {
        return Err(entry
            .error("the CA has no subject key identifier")
            .hint("write 'keyid, issuer' without ':always', or leave the line away"));
    }
    let named = (issuer == 2 || (issuer == 1 && !itself && identifier.is_none())).then_some(ca);
    if identifier.is_none() && named.is_none() {
        return Ok(empty);
    }
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
            alternative_name(config, name, kind, &name.value)
        })
        .collect()
}

fn inline_name(config: &Config, entry: &Entry, word: &str) -> Result<AlternativeName, Error> {
    let Some((kind, value)) = word.split_once(':') else {
        return Err(entry
            .error(format!("'{}' has no type", word.escape_debug()))
            .hint("write DNS:name or IP:address, with ',' between"));
    };
    alternative_name(config, entry, kind.trim(), value.trim())
}

fn alternative_name(config: &Config, entry: &Entry, kind: &str, value: &str) -> Result<AlternativeName, Error> {
    let kind = kind.trim();
    if !matches!(kind, "DNS" | "IP" | "email" | "URI" | "RID" | "dirName" | "otherName") {
        return Err(entry
            .error(format!("'{}' is not a type of name that is supported", kind.escape_debug()))
            .hint("it is one of DNS, IP, email, URI, RID, dirName, otherName"));
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
        "RID" => match oid(value) {
            // Without the tag and the length, which are those of the name.
            Some(oid) => Ok(AlternativeName::Registered(oid.get(2..).unwrap_or_default().to_vec())),
            None => refuse("is not an object identifier", "write it as 1.2.3.4"),
        },
        "dirName" => name_section::name(config, entry, value).map(AlternativeName::Directory),
        "otherName" => other_name(entry, value),
        _ if !value.is_ascii() || value.contains(|c: char| c.is_ascii_control() || c == ' ') => {
            refuse("has a blank or a letter outside ASCII", "write names in ASCII, international ones as xn--…")
        }
        "DNS" => Ok(AlternativeName::Dns(value.to_owned())),
        "email" if matches!(value, "copy" | "move") => {
            refuse("is not supported", "write the address, as email:name@example.com")
        }
        "email" if value.contains('@') => Ok(AlternativeName::Email(value.to_owned())),
        "email" => refuse("is not an address", "write it as name@example.com"),
        _ => Ok(AlternativeName::Uri(value.to_owned())),
    }
}

/// `OID;TYPE:VALUE`.
fn other_name(entry: &Entry, value: &str) -> Result<AlternativeName, Error> {
    let refuse = |what: String| Err(entry.error(what).hint("write it as otherName:1.2.3.4;UTF8:value"));
    let parts = value.split_once(';').and_then(|(kind, rest)| Some((kind.trim(), rest.split_once(':')?)));
    let Some((kind, (form, text))) = parts else {
        return refuse(format!("'{}' is not OID;TYPE:VALUE", value.escape_debug()));
    };
    let known = objects::named(kind).map(|object| der::oid(object.arcs));
    let Some(kind) = known.or_else(|| oid(kind)) else {
        return refuse(format!("'{}' is not an object identifier", kind.escape_debug()));
    };
    let tag = match form {
        "UTF8" | "UTF8String" => der::UTF8_STRING,
        "IA5" | "IA5STRING" if text.is_ascii() => der::IA5_STRING,
        other => return refuse(format!("values of type '{}' are not supported", other.escape_debug())),
    };
    Ok(AlternativeName::Other(kind, der::value(tag, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::from_section;
    use crate::config::Config;
    use crate::extension::{Context, Issuer, add_key_identifiers};

    const CONTEXT: Context<'_> = Context { public_key: &[0x30, 4, 0x30, 0, 3, 0], issuer: Issuer::None };

    fn hex(line: &str) -> Result<Vec<String>, String> {
        let config = Config::parse(&format!("[x]\n{line}\n[n]\nDNS.1 = a\nIP = ::1\n[d]\nO = od\n[e]\n"))
            .map_err(|e| e.to_string())?;
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
            ("keyUsage = Digital Signature, CRL Sign", "03020182"),
            ("extendedKeyUsage = TLS Web Server Authentication", "300a06082b06010505070301"),
            ("subjectAltName = RID:1.2.3, otherName:1.2.3;UTF8:hello", "301388022a03a00d06022a03a0070c0568656c6c6f"),
            ("subjectAltName = dirName:d", "3011a40f300d310b3009060355040a0c026f64"),
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
            ("subjectAltName = X400:a", "subjectAltName: 'X400' is not a type of name that is supported"),
            ("subjectAltName = RID:x", "subjectAltName: 'x' is not an object identifier"),
            ("subjectAltName = email:copy", "subjectAltName: 'copy' is not supported"),
            ("subjectAltName = dirName:m", "subjectAltName: has no section [m]"),
            ("subjectAltName = otherName:1.2.3", "subjectAltName: '1.2.3' is not OID;TYPE:VALUE"),
            ("subjectAltName = otherName:1.2.3;INT:5", "subjectAltName: values of type 'INT' are not supported"),
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
