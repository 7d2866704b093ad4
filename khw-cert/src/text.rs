//! `-text` of certificates and requests, as OpenSSL 3.0 prints it (X509_print_ex, X509_REQ_print_ex).

use crate::der::{self, Value};
use crate::name_format::NameFormat;
use crate::parts::{CertificateParts, EXTENSION_REQUEST, RequestParts, shown_time};
use crate::public_key::PublicKey;
use crate::{extension_text, hex, name, objects};
use khw_core::Error;
use std::str::FromStr;

/// What `-certopt` and `-reqopt` leave away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Without(Vec<&'static str>);

const PARTS: [&str; 11] = [
    "no_header",
    "no_version",
    "no_serial",
    "no_signame",
    "no_issuer",
    "no_validity",
    "no_subject",
    "no_pubkey",
    "no_extensions",
    "no_attributes",
    "no_sigdump",
];

impl FromStr for Without {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let part = |word: &str| match PARTS.iter().find(|part| **part == word) {
            Some(part) => Ok(vec![*part]),
            // Nothing is known of auxiliary trust here, so there is nothing to leave away.
            None if matches!(word, "no_aux" | "compatible" | "ext_default") => Ok(Vec::new()),
            None => Err(Error::new(format!("'{}' is not a part of a certificate's text", word.escape_debug()))
                .hint(format!("it is one of {}, with ',' between", PARTS.join(", ")))),
        };
        Ok(Without(text.split(',').map(part).collect::<Result<Vec<_>, _>>()?.concat()))
    }
}

impl Without {
    fn has(&self, part: &str) -> bool {
        !self.0.contains(&part)
    }
}

/// A certificate.
pub(crate) fn certificate(parts: &CertificateParts<'_>, names: &NameFormat, without: &Without) -> String {
    let mut out = String::new();
    let mut add = |part: &str, text: String| {
        if without.has(part) {
            out.push_str(&text);
        }
    };
    add("no_header", "Certificate:\n    Data:\n".to_owned());
    add("no_version", format!("        Version: {} (0x{:x})\n", parts.version, parts.version - 1));
    add("no_serial", format!("        Serial Number:{}\n", serial(parts.serial)));
    add("no_signame", format!("        Signature Algorithm: {}\n", algorithm(parts.algorithm)));
    add("no_issuer", format!("        Issuer:{}", names.in_text(parts.issuer)));
    add(
        "no_validity",
        format!(
            "        Validity\n            Not Before: {}\n            Not After : {}\n",
            shown_time(parts.not_before),
            shown_time(parts.not_after)
        ),
    );
    add("no_subject", format!("        Subject:{}", names.in_text(parts.subject)));
    add("no_pubkey", public_key(parts.public_key));
    if !parts.extensions.is_empty() {
        let extensions = parts.extensions.iter().map(|e| extension_text::text(e, 12)).collect::<String>();
        add("no_extensions", format!("        X509v3 extensions:\n{extensions}"));
    }
    add("no_sigdump", signature(parts.signature_algorithm, parts.signature));
    out
}

/// A request.
pub(crate) fn request(parts: &RequestParts<'_>, names: &NameFormat, without: &Without) -> String {
    let mut out = String::new();
    let mut add = |part: &str, text: String| {
        if without.has(part) {
            out.push_str(&text);
        }
    };
    add("no_header", "Certificate Request:\n    Data:\n".to_owned());
    add("no_version", format!("        Version: {} (0x{:x})\n", parts.version, parts.version - 1));
    add("no_subject", format!("        Subject:{}", names.in_text(parts.subject)));
    add("no_pubkey", public_key(parts.public_key));
    add("no_attributes", attributes(parts));
    // The title stands there without an extension as well.
    if let Some(extensions) = parts.extensions() {
        let extensions = extensions.iter().map(|e| extension_text::text(e, 16)).collect::<String>();
        add("no_extensions", format!("            Requested Extensions:\n{extensions}"));
    }
    add("no_sigdump", signature(parts.signature_algorithm, parts.signature));
    out
}

/// Attributes without the request for extensions, which has its own place.
fn attributes(parts: &RequestParts<'_>) -> String {
    if parts.attributes.is_empty() {
        return "        Attributes:\n            (none)\n".to_owned();
    }
    let mut out = "        Attributes:\n".to_owned();
    for (kind, values) in parts.attributes.iter().filter(|(kind, _)| kind.whole != der::oid(EXTENSION_REQUEST)) {
        let title = objects::long_name(*kind);
        for value in values {
            let shown = match value.tag {
                der::PRINTABLE_STRING | der::T61_STRING | der::UTF8_STRING | der::IA5_STRING => {
                    name::text(*value).unwrap_or_default()
                }
                _ => "unable to print attribute".to_owned(),
            };
            let separator = if shown.starts_with("unable") { "" } else { ":" };
            let blanks = " ".repeat(25_usize.saturating_sub(title.len()));
            out.push_str(&format!("            {title}{blanks}{separator}{shown}\n"));
        }
    }
    out
}

fn serial(content: &[u8]) -> String {
    let negative = content.first().is_some_and(|&b| b >= 0x80);
    if content.len() <= 8 && !(content.len() == 8 && negative) {
        let extended = if negative { -1_i64 } else { 0 };
        let number = content.iter().fold(extended, |n, &b| (n << 8) | i64::from(b));
        let sign = if negative { "-" } else { "" };
        return format!(" {number} ({sign}0x{:x})", number.unsigned_abs());
    }
    let pad = " ".repeat(12);
    let (sign, magnitude) = if negative { (" (Negative)", negated(content)) } else { ("", without_zero(content)) };
    format!("{sign}\n{pad}{}", hex::lower_colons(&magnitude))
}

/// The bytes of a number without the zero that keeps it positive.
fn without_zero(content: &[u8]) -> Vec<u8> {
    match content {
        [0, rest @ ..] if !rest.is_empty() => rest.to_vec(),
        _ => content.to_vec(),
    }
}

/// The magnitude of a negative number in two's complement.
fn negated(content: &[u8]) -> Vec<u8> {
    let mut carry = true;
    let mut out: Vec<u8> = content
        .iter()
        .rev()
        .map(|&byte| {
            let (sum, over) = (!byte).overflowing_add(u8::from(carry));
            carry = over;
            sum
        })
        .collect();
    out.reverse();
    without_zero(&out)
}

/// openssl's `-serial`: hexadecimal in pairs, with the sign of a negative number.
pub(crate) fn serial_hex(content: &[u8]) -> String {
    match content.first() {
        Some(0x80..) => format!("-{}", hex::upper(&negated(content))),
        _ => hex::upper(&without_zero(content)),
    }
}

fn algorithm(identifier: Value<'_>) -> String {
    identifier.values().and_then(|v| v.first().copied()).map(objects::long_name).unwrap_or_default()
}

fn public_key(info: &[u8]) -> String {
    let title = der::read_all(info)
        .and_then(|v| v.values())
        .and_then(|v| v.first().copied())
        .map(algorithm)
        .unwrap_or_default();
    let key = PublicKey::read(info).unwrap_or(PublicKey::Other);
    let text = match key {
        PublicKey::Other => "            Unable to load Public Key\n".to_owned(),
        key => key.text(16),
    };
    format!("        Subject Public Key Info:\n            Public Key Algorithm: {title}\n{text}")
}

fn signature(identifier: Value<'_>, signature: &[u8]) -> String {
    format!(
        "    Signature Algorithm: {}\n    Signature Value:\n{}",
        algorithm(identifier),
        hex::lines(signature, 18, 8)
    )
}
