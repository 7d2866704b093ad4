//! Extensions as `openssl x509 -text` shows them: crypto/x509/v3_*.c of OpenSSL 3.0.

use crate::der::{self, Value};
use crate::extension::Extension;
use crate::name_format::{NameFormat, old_one_line};
use crate::{hex, name, objects, parts};

pub(crate) const USAGES: [&str; 9] = [
    "Digital Signature",
    "Non Repudiation",
    "Key Encipherment",
    "Data Encipherment",
    "Key Agreement",
    "Certificate Sign",
    "CRL Sign",
    "Encipher Only",
    "Decipher Only",
];

pub(crate) const NETSCAPE_TYPES: [&str; 8] =
    ["SSL Client", "SSL Server", "S/MIME", "Object Signing", "Unused", "SSL CA", "S/MIME CA", "Object Signing CA"];

const REASONS: [&str; 9] = [
    "Unused",
    "Key Compromise",
    "CA Compromise",
    "Affiliation Changed",
    "Superseded",
    "Cessation Of Operation",
    "Certificate Hold",
    "Privilege Withdrawn",
    "AA Compromise",
];

/// An extension's name, whether it is critical, and its value, with lines' ends.
pub(crate) fn text(extension: &Extension, indent: usize) -> String {
    let title = der::read_all(&extension.oid).map(objects::long_name).unwrap_or_default();
    let critical = if extension.critical { "critical" } else { "" };
    let pad = " ".repeat(indent + 4);
    let value = value(extension, &pad);
    let value: String = value.iter().map(|line| format!("{pad}{line}\n")).collect();
    format!("{}{title}: {critical}\n{value}", " ".repeat(indent))
}

/// The lines of an extension's value; `pad` is in front of those that are inside of others.
pub(crate) fn value(extension: &Extension, pad: &str) -> Vec<String> {
    lines(extension, pad).unwrap_or_else(|| vec![printed(&extension.value)])
}

/// ASN1_STRING_print: what openssl does with bytes that it does not understand.
fn printed(bytes: &[u8]) -> String {
    let letter = |&byte: &u8| match byte {
        b' '..=b'~' | b'\n' | b'\r' => char::from(byte),
        _ => '.',
    };
    bytes.iter().map(letter).collect()
}

/// The lines of an extension that is known and well formed.
fn lines(extension: &Extension, pad: &str) -> Option<Vec<String>> {
    let object = objects::find(&extension.oid)?;
    let value = || der::read_all(&extension.value);
    let one = |line: String| Some(vec![line]);
    match object.short {
        "basicConstraints" => basic_constraints(value()?),
        "keyUsage" => one(bits(value()?, &USAGES)?),
        "nsCertType" => one(bits(value()?, &NETSCAPE_TYPES)?),
        "extendedKeyUsage" => one(comma_separated(value()?.values()?.into_iter().map(objects::long_name).collect())),
        "subjectKeyIdentifier" => one(hex::colons(value().filter(|v| v.tag == der::OCTET_STRING)?.content)),
        "authorityKeyIdentifier" => authority_key_identifier(value()?),
        "subjectAltName" | "issuerAltName" => {
            let names: Option<Vec<_>> =
                value()?.values()?.into_iter().map(|n| general_name(n, Directory::Old)).collect();
            one(comma_separated(names?))
        }
        "crlDistributionPoints" | "freshestCRL" => distribution_points(value()?, pad),
        "authorityInfoAccess" | "subjectInfoAccess" => access(value()?),
        "certificatePolicies" => policies(value()?),
        "nameConstraints" => name_constraints(value()?),
        "policyConstraints" => policy_constraints(value()?),
        "policyMappings" => {
            let mapping = |pair: Value<'_>| match pair.values()?[..] {
                [from, to] => Some(format!("{}:{}", objects::long_name(from), objects::long_name(to))),
                _ => None,
            };
            one(comma_separated(value()?.values()?.into_iter().map(mapping).collect::<Option<_>>()?))
        }
        "inhibitAnyPolicy" => one(number(value().filter(|v| v.tag == der::INTEGER)?)?),
        "tlsfeature" => {
            let feature = |v: Value<'_>| match v.content {
                [5] => Some("status_request".to_owned()),
                [17] => Some("status_request_v2".to_owned()),
                _ => number(v),
            };
            one(comma_separated(value()?.values()?.into_iter().map(feature).collect::<Option<_>>()?))
        }
        "nsComment" | "nsBaseUrl" | "nsRevocationUrl" | "nsCaRevocationUrl" | "nsRenewalUrl" | "nsCaPolicyUrl"
        | "nsSslServerName" => one(name::text(value().filter(|v| v.tag == der::IA5_STRING)?)?),
        "privateKeyUsagePeriod" => usage_period(value()?),
        "ct_precert_scts" => timestamps(value()?),
        "ct_precert_poison" => value().filter(|v| v.tag == der::NULL).and_then(|_| one("NULL".to_owned())),
        _ => None,
    }
}

fn comma_separated(values: Vec<String>) -> String {
    if values.is_empty() { "<EMPTY>".to_owned() } else { values.join(", ") }
}

/// A number of at most eight bytes in decimal, a longer one in hexadecimal.
fn number(value: Value<'_>) -> Option<String> {
    match value.content.len() {
        0 => None,
        1..=8 if value.content.first().is_some_and(|&b| b < 0x80) => {
            Some(value.content.iter().fold(0_u64, |n, &b| (n << 8) | u64::from(b)).to_string())
        }
        _ => Some(format!("0x{}", hex::upper(value.content))),
    }
}

fn basic_constraints(value: Value<'_>) -> Option<Vec<String>> {
    if value.tag != der::SEQUENCE {
        return None;
    }
    let fields = value.values()?;
    let ca = fields.iter().any(|v| v.tag == der::BOOLEAN && v.content != [0]);
    let mut line = format!("CA:{}", if ca { "TRUE" } else { "FALSE" });
    if let Some(length) = fields.iter().find(|v| v.tag == der::INTEGER) {
        line.push_str(&format!(", pathlen:{}", number(*length)?));
    }
    Some(vec![line])
}

/// The names of the bits that are set.
fn bits(value: Value<'_>, names: &[&str]) -> Option<String> {
    if value.tag != der::BIT_STRING {
        return None;
    }
    let bytes = value.content.get(1..)?;
    let set = |bit: usize| bytes.get(bit / 8).is_some_and(|byte| byte & (0x80 >> (bit % 8)) != 0);
    let names = names.iter().enumerate().filter(|(bit, _)| set(*bit)).map(|(_, name)| (*name).to_owned());
    Some(comma_separated(names.collect()))
}

fn authority_key_identifier(value: Value<'_>) -> Option<Vec<String>> {
    let fields = value.values()?;
    let field = |tag| fields.iter().find(move |v| v.tag == tag);
    let (issuer, serial) = (field(der::CONTEXT_CONSTRUCTED + 1), field(der::CONTEXT + 2));
    let mut lines = Vec::new();
    if let Some(identifier) = field(der::CONTEXT) {
        let alone = issuer.is_none() && serial.is_none();
        lines.push(format!("{}{}", if alone { "" } else { "keyid:" }, hex::colons(identifier.content)));
    }
    for name in issuer.map_or(Some(Vec::new()), |names| names.values())? {
        lines.push(general_name(name, Directory::Old)?);
    }
    lines.extend(serial.map(|serial| {
        // The zero that keeps it positive is not part of the number.
        let number = serial.content.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(serial.content);
        format!("serial:{}", hex::colons(number))
    }));
    Some(lines)
}

/// How a directory name is shown: openssl has two functions for general names.
#[derive(Clone, Copy)]
enum Directory {
    /// `/CN=x`, in lists of values.
    Old,
    /// `CN = x`, in indented blocks.
    New,
}

fn general_name(value: Value<'_>, directory: Directory) -> Option<String> {
    let latin = || value.content.iter().map(|&b| char::from(b)).collect::<String>();
    Some(match value.tag ^ der::CONTEXT {
        0x20 => other_name(value)?,
        1 => format!("email:{}", latin()),
        2 => format!("DNS:{}", latin()),
        0x23 => "X400Name:<unsupported>".to_owned(),
        0x24 => match directory {
            Directory::Old => format!("DirName:{}", old_one_line(value.content)),
            Directory::New => format!("DirName:{}", NameFormat::default().one_line(value.content)),
        },
        0x25 => "EdiPartyName:<unsupported>".to_owned(),
        6 => format!("URI:{}", latin()),
        7 => format!("IP Address:{}", address(value.content)),
        8 => format!("Registered ID:{}", {
            let oid = der::value(der::OID, value.content);
            objects::long_name(der::read_all(&oid)?)
        }),
        _ => return None,
    })
}

fn other_name(value: Value<'_>) -> Option<String> {
    let [kind, inner] = value.values()?[..] else { return None };
    let inner = *inner.values()?.first()?;
    let dotted = der::dotted(kind.content);
    let (known, tag) = match dotted.as_str() {
        "1.3.6.1.4.1.311.20.2.3" => ("UPN", Some(der::UTF8_STRING)),
        "1.3.6.1.5.5.7.8.5" => ("XmppAddr", Some(der::UTF8_STRING)),
        "1.3.6.1.5.5.7.8.7" => ("SRVName", Some(der::IA5_STRING)),
        "1.3.6.1.5.5.7.8.8" => ("NAIRealm", Some(der::UTF8_STRING)),
        "1.3.6.1.5.5.7.8.9" => ("SmtpUTF8Mailbox", Some(der::UTF8_STRING)),
        other => (other, None),
    };
    let shown = match tag {
        Some(tag) => inner.tag == tag,
        None => matches!(inner.tag, der::UTF8_STRING | der::IA5_STRING),
    };
    let text = if shown { name::text(inner)? } else { "<unsupported>".to_owned() };
    Some(format!("othername: {known}::{text}"))
}

fn address(bytes: &[u8]) -> String {
    match bytes.len() {
        4 => bytes.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        16 => groups(bytes),
        _ => "<invalid>".to_owned(),
    }
}

fn groups(bytes: &[u8]) -> String {
    let group = |pair: &[u8]| format!("{:X}", pair.iter().fold(0_u16, |n, &b| (n << 8) | u16::from(b)));
    bytes.chunks(2).map(group).collect::<Vec<_>>().join(":")
}

/// openssl ends only some of these lines: what follows a list of names in the same point stands behind it.
fn distribution_points(value: Value<'_>, pad: &str) -> Option<Vec<String>> {
    let mut text = String::new();
    for (at, point) in value.values()?.into_iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for field in point.values()? {
            match field.tag ^ der::CONTEXT_CONSTRUCTED {
                0 => {
                    let inner = *field.values()?.first()?;
                    match inner.tag ^ der::CONTEXT_CONSTRUCTED {
                        0 => text.push_str(&general_names("Full Name:", inner, pad)?),
                        1 => {
                            let relative = der::sequence(&[der::value(der::SET, inner.content)]);
                            let name = NameFormat::default().one_line(&relative);
                            text.push_str(&format!("{pad}Relative Name:\n{pad}  {name}\n"));
                        }
                        _ => return None,
                    }
                }
                2 => text.push_str(&general_names("CRL Issuer:", field, pad)?),
                // An implicit BIT STRING, primitive.
                0x21 => {
                    let reasons = bits(Value { tag: der::BIT_STRING, ..field }, &REASONS)?;
                    text.push_str(&format!("{pad}Reasons:\n{pad}  {reasons}\n"));
                }
                _ => return None,
            }
        }
    }
    // The caller indents the first line, and ends the last.
    Some(vec![text.strip_prefix(pad).unwrap_or(&text).to_owned()])
}

fn general_names(title: &str, names: Value<'_>, pad: &str) -> Option<String> {
    let names: Option<Vec<_>> = names.values()?.into_iter().map(|n| general_name(n, Directory::New)).collect();
    let names: Vec<_> = names?.into_iter().map(|name| format!("{pad}  {name}")).collect();
    Some(format!("{pad}{title}\n{}", names.join("\n")))
}

fn access(value: Value<'_>) -> Option<Vec<String>> {
    let description = |value: Value<'_>| match value.values()?[..] {
        [method, location] => {
            Some(format!("{} - {}", objects::long_name(method), general_name(location, Directory::Old)?))
        }
        _ => None,
    };
    value.values()?.into_iter().map(description).collect()
}

fn policies(value: Value<'_>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    for policy in value.values()? {
        let fields = policy.values()?;
        lines.push(format!("Policy: {}", objects::long_name(*fields.first()?)));
        for qualifier in fields.get(1).map_or(Some(Vec::new()), |list| list.values())? {
            let [kind, value] = qualifier.values()?[..] else { return None };
            match objects::find(kind.whole).map(|o| o.short) {
                Some("id-qt-cps") => lines.push(format!("  CPS: {}", name::text(value)?)),
                Some("id-qt-unotice") => user_notice(value, &mut lines)?,
                _ => lines.push(format!("  Unknown Qualifier: {}", objects::long_name(kind))),
            }
        }
    }
    Some(lines)
}

fn user_notice(notice: Value<'_>, lines: &mut Vec<String>) -> Option<()> {
    lines.push("  User Notice:".to_owned());
    for part in notice.values()? {
        if part.tag == der::SEQUENCE {
            let [organization, numbers] = part.values()?[..] else { return None };
            lines.push(format!("    Organization: {}", name::text(organization)?));
            let numbers: Option<Vec<_>> = numbers.values()?.into_iter().map(number).collect();
            let numbers = numbers?;
            let plural = if numbers.len() > 1 { "s" } else { "" };
            lines.push(format!("    Number{plural}: {}", numbers.join(", ")));
        } else {
            // openssl prints the bytes of any type as they are, up to a zero: nothing of most BMPStrings.
            let bytes = part.content.split(|&b| b == 0).next().unwrap_or_default();
            lines.push(format!("    Explicit Text: {}", String::from_utf8_lossy(bytes)));
        }
    }
    Some(())
}

fn name_constraints(value: Value<'_>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    for list in value.values()? {
        lines.push(if list.tag == der::CONTEXT_CONSTRUCTED { "Permitted:" } else { "Excluded:" }.to_owned());
        for subtree in list.values()? {
            let base = *subtree.values()?.first()?;
            let shown = match (base.tag ^ der::CONTEXT, base.content.len()) {
                (7, length @ (8 | 32)) => {
                    let (address, mask) = base.content.split_at_checked(length / 2)?;
                    if length == 8 {
                        format!("IP:{}/{}", self::address(address), self::address(mask))
                    } else {
                        format!("IP:{}/{}", groups(address), groups(mask))
                    }
                }
                (7, _) => "IP:IP Address:<invalid>".to_owned(),
                _ => general_name(base, Directory::New)?,
            };
            lines.push(format!("  {shown}"));
        }
    }
    Some(lines)
}

fn policy_constraints(value: Value<'_>) -> Option<Vec<String>> {
    let field = |value: Value<'_>| match value.tag ^ der::CONTEXT {
        0 => Some(format!("Require Explicit Policy:{}", number(value)?)),
        1 => Some(format!("Inhibit Policy Mapping:{}", number(value)?)),
        _ => None,
    };
    Some(vec![comma_separated(value.values()?.into_iter().map(field).collect::<Option<_>>()?)])
}

fn usage_period(value: Value<'_>) -> Option<Vec<String>> {
    let field = |value: Value<'_>| {
        let time = parts::shown_time(Value { tag: der::GENERALIZED_TIME, ..value });
        match value.tag ^ der::CONTEXT {
            0 => Some(format!("Not Before: {time}")),
            1 => Some(format!("Not After: {time}")),
            _ => None,
        }
    };
    Some(vec![value.values()?.into_iter().map(field).collect::<Option<Vec<_>>>()?.join(", ")])
}

/// A list of lists of bytes, each after its length in two bytes (RFC 6962, 3.3).
fn split_lengths(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut rest, mut out) = (bytes, Vec::new());
    while let [high, low, after @ ..] = rest {
        let (part, after) = after.split_at_checked((usize::from(*high) << 8) | usize::from(*low))?;
        out.push(part);
        rest = after;
    }
    rest.is_empty().then_some(out)
}

fn timestamps(value: Value<'_>) -> Option<Vec<String>> {
    let list = split_lengths(value.content)?;
    let [list] = list[..] else { return None };
    let mut lines = Vec::new();
    for sct in split_lengths(list)? {
        let ([0], rest) = sct.split_at_checked(1)? else { return None };
        let (log, rest) = rest.split_at_checked(32)?;
        let (time, rest) = rest.split_at_checked(8)?;
        let [high, low, rest @ ..] = rest else { return None };
        let (extensions, rest) = rest.split_at_checked((usize::from(*high) << 8) | usize::from(*low))?;
        let (algorithm, signature) = rest.split_at_checked(2)?;
        let signature = split_lengths(signature)?;
        let [signature] = signature[..] else { return None };
        let millis = time.iter().fold(0_i128, |n, &b| (n << 8) | i128::from(b));
        let algorithm = match algorithm {
            [4, 1] => "sha256WithRSAEncryption",
            [4, 3] => "ecdsa-with-SHA256",
            _ => return None,
        };
        lines.push("Signed Certificate Timestamp:".to_owned());
        lines.push("    Version   : v1 (0x0)".to_owned());
        lines.extend(after_title("    Log ID    : ", log));
        lines.push(format!("    Timestamp : {}", instant(millis)?));
        if extensions.is_empty() {
            lines.push("    Extensions: none".to_owned());
        } else {
            lines.extend(after_title("    Extensions: ", extensions));
        }
        lines.push(format!("    Signature : {algorithm}"));
        lines.extend(after_title("                ", signature));
    }
    Some(lines)
}

/// Bytes, 16 a line, the first after the title.
fn after_title(title: &str, bytes: &[u8]) -> Vec<String> {
    let count = bytes.len().div_ceil(16);
    let line = |(at, line): (usize, &[u8])| {
        let title = if at == 0 { title.to_owned() } else { " ".repeat(title.len()) };
        format!("{title}{}{}", hex::colons(line), if at + 1 < count { ":" } else { "" })
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

fn instant(millis: i128) -> Option<String> {
    let moment = time::OffsetDateTime::from_unix_timestamp_nanos(millis.checked_mul(1_000_000)?).ok()?;
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.to_hms();
    let text = format!("{year:04}{:02}{day:02}{hour:02}{minute:02}{second:02}Z", u8::from(month));
    let encoded = der::value(der::GENERALIZED_TIME, text.as_bytes());
    let shown = parts::shown_time(der::read_all(&encoded)?);
    // The fraction stands after the seconds.
    let (time, rest) = shown.split_at_checked(15)?;
    Some(format!("{time}.{:03}{rest}", moment.millisecond()))
}
