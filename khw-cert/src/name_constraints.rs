//! nameConstraints: the names that a CA may sign for (RFC 5280, 4.2.1.10), judged as OpenSSL 3.0 does
//! (crypto/x509/v3_ncons.c).

use crate::der::{self, Value};
use crate::extension::{NAME_CONSTRAINTS, SUBJECT_ALT_NAME};
use crate::name_format::canonical;
use crate::parts::CertificateParts;
use crate::{hostname, name};

const OTHER: u8 = der::CONTEXT_CONSTRUCTED;
const EMAIL: u8 = der::CONTEXT + 1;
const DNS: u8 = der::CONTEXT + 2;
const DIRECTORY: u8 = der::CONTEXT_CONSTRUCTED + 4;
const URI: u8 = der::CONTEXT + 6;
const IP: u8 = der::CONTEXT + 7;

/// id-on-SmtpUTF8Mailbox (RFC 8398): an email address in an otherName.
const SMTP_UTF8_MAILBOX: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 8, 9];

/// The extension's value.
pub(crate) struct NameConstraints<'a> {
    permitted: Vec<Subtree<'a>>,
    excluded: Vec<Subtree<'a>>,
}

struct Subtree<'a> {
    /// A GeneralName.
    base: Value<'a>,
    /// Whether it has a minimum or a maximum, which nobody supports.
    limited: bool,
}

/// Why a certificate may not have its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// There are permitted names of this kind, and this is none of them.
    NotPermitted,
    Excluded,
    /// Of minimum and maximum.
    Limited,
    /// Of a name of a kind that cannot be judged.
    Kind,
    /// Of a name or a constraint that is malformed.
    Syntax,
}

impl Violation {
    /// What is wrong, for a person.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Violation::NotPermitted => "a name is none of those that it permits",
            Violation::Excluded => "a name is one of those that it excludes",
            Violation::Limited | Violation::Kind | Violation::Syntax => "a name cannot be compared with them",
        }
    }

    /// openssl's number for it, X509_V_ERR_….
    pub(crate) fn code(self) -> u8 {
        match self {
            Violation::NotPermitted => 47,
            Violation::Excluded => 48,
            Violation::Limited => 49,
            Violation::Kind => 51,
            Violation::Syntax => 53,
        }
    }
}

impl<'a> NameConstraints<'a> {
    /// Those of a certificate, `Some(None)` when it has none, `None` when they are malformed.
    pub(crate) fn of(certificate: &'a CertificateParts<'_>) -> Option<Option<Self>> {
        let Some(extension) = certificate.extension(NAME_CONSTRAINTS) else { return Some(None) };
        let mut out = NameConstraints { permitted: Vec::new(), excluded: Vec::new() };
        for list in der::read_all(&extension.value).filter(|v| v.tag == der::SEQUENCE)?.values()? {
            let subtrees = match list.tag {
                der::CONTEXT_CONSTRUCTED => &mut out.permitted,
                0xa1 => &mut out.excluded,
                _ => return None,
            };
            for subtree in list.values()? {
                let [base, ref limits @ ..] = subtree.values()?[..] else { return None };
                // A minimum of zero is the default, and says nothing.
                let limited = limits.iter().any(|l| l.tag != der::CONTEXT || l.content.iter().any(|&b| b != 0));
                subtrees.push(Subtree { base, limited });
            }
        }
        Some(Some(out))
    }

    /// What forbids the names of a certificate below. Of an end entity without a DNS name the common name counts too when
    /// it looks like one, as for openssl.
    pub(crate) fn violation(&self, certificate: &CertificateParts<'_>, end_entity: bool) -> Option<Violation> {
        self.check(certificate, end_entity).err()
    }

    fn check(&self, certificate: &CertificateParts<'_>, end_entity: bool) -> Result<(), Violation> {
        const EMAIL_ADDRESS: &[u64] = &[1, 2, 840, 113_549, 1, 9, 1];
        let attributes = name::attributes(certificate.subject).ok_or(Violation::Syntax)?;
        if !attributes.is_empty() {
            self.judge(Value { tag: DIRECTORY, content: certificate.subject, whole: certificate.subject })?;
        }
        for (kind, value) in attributes.iter().flatten() {
            if kind.whole == der::oid(EMAIL_ADDRESS) {
                if value.tag != der::IA5_STRING {
                    return Err(Violation::Syntax);
                }
                self.judge(Value { tag: EMAIL, ..*value })?;
            }
        }
        if let Some(extension) = certificate.extension(SUBJECT_ALT_NAME) {
            let names = der::read_all(&extension.value).and_then(|v| v.values()).ok_or(Violation::Syntax)?;
            names.into_iter().try_for_each(|name| self.judge(name))?;
        }
        if end_entity && hostname::alternative_names(certificate, DNS).is_empty() {
            for text in name::values(certificate.subject, name::COMMON_NAME).iter().filter(|text| is_host(text)) {
                self.judge(Value { tag: DNS, content: text.as_bytes(), whole: text.as_bytes() })?;
            }
        }
        Ok(())
    }

    /// One of the permitted subtrees of its kind, if there are any, and none of the excluded ones.
    fn judge(&self, name: Value<'_>) -> Result<(), Violation> {
        let (mut any, mut permitted) = (false, false);
        for subtree in self.permitted.iter().filter(|subtree| is_of_kind(name, subtree.base)) {
            any = true;
            permitted |= subtree.has(name)?;
        }
        if any && !permitted {
            return Err(Violation::NotPermitted);
        }
        for subtree in self.excluded.iter().filter(|subtree| is_of_kind(name, subtree.base)) {
            if subtree.has(name)? {
                return Err(Violation::Excluded);
            }
        }
        Ok(())
    }
}

/// Whether a constraint is about names of this kind. Of otherNames each type is a kind of its own, but for an email address
/// in one.
fn is_of_kind(name: Value<'_>, base: Value<'_>) -> bool {
    let kind = |value: Value<'_>| value.values().and_then(|v| v.first().map(|oid| oid.whole.to_vec()));
    match (name.tag, base.tag) {
        (OTHER, OTHER) => kind(name) == kind(base),
        (OTHER, EMAIL) => kind(name) == Some(der::oid(SMTP_UTF8_MAILBOX)),
        (name, base) => name == base,
    }
}

impl Subtree<'_> {
    /// Whether the name, which is of its kind, lies in it.
    fn has(&self, name: Value<'_>) -> Result<bool, Violation> {
        if self.limited {
            return Err(Violation::Limited);
        }
        let (name_content, base) = (name.content, self.base.content);
        match name.tag {
            DIRECTORY => {
                let canonical = |name| canonical(name).ok_or(Violation::Syntax);
                Ok(canonical(name_content)?.starts_with(&canonical(base)?))
            }
            DNS => Ok(has_dns(name_content, base)),
            EMAIL => has_email(name_content, base),
            URI => has_uri(name_content, base),
            IP => has_address(name_content, base),
            _ => Err(Violation::Kind),
        }
    }
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    let at = text.len().checked_sub(end.len());
    at.and_then(|at| text.get(at..)).is_some_and(|text| text.eq_ignore_ascii_case(end))
}

/// The name itself or one below it.
fn has_dns(name: &[u8], base: &[u8]) -> bool {
    let before = name.len().checked_sub(base.len() + 1).and_then(|at| name.get(at));
    ends_with(name, base) && (base.is_empty() || base.first() == Some(&b'.') || before.is_none_or(|&b| b == b'.'))
}

/// A mailbox, all of a host, or with a dot in front all below a domain.
fn has_email(name: &[u8], base: &[u8]) -> Result<bool, Violation> {
    let split = |text: &'_ [u8]| text.iter().rposition(|&b| b == b'@');
    let at = split(name).ok_or(Violation::Syntax)?;
    let (local, host) = (name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default());
    Ok(match split(base) {
        None if base.first() == Some(&b'.') => name.len() > base.len() && ends_with(name, base),
        None => host.eq_ignore_ascii_case(base),
        Some(at) => {
            let (wanted, of) = (base.get(..at).unwrap_or_default(), base.get(at + 1..).unwrap_or_default());
            (wanted.is_empty() || wanted == local) && host.eq_ignore_ascii_case(of)
        }
    })
}

/// The host of a URI, or with a dot in front all below a domain.
fn has_uri(name: &[u8], base: &[u8]) -> Result<bool, Violation> {
    let scheme = name.iter().position(|&b| b == b':').ok_or(Violation::Syntax)?;
    let rest = name.get(scheme..).and_then(|rest| rest.strip_prefix(b"://")).ok_or(Violation::Syntax)?;
    // As openssl: a port ends it wherever it is, or else a slash.
    let end = [b':', b'/'].into_iter().find_map(|end| rest.iter().position(|&b| b == end));
    let host = rest.get(..end.unwrap_or(rest.len())).filter(|host| !host.is_empty()).ok_or(Violation::Syntax)?;
    Ok(match base.first() {
        Some(b'.') => host.len() > base.len() && ends_with(host, base),
        _ => host.eq_ignore_ascii_case(base),
    })
}

/// An address with its mask.
fn has_address(name: &[u8], base: &[u8]) -> Result<bool, Violation> {
    if !matches!(name.len(), 4 | 16) || !matches!(base.len(), 8 | 32) {
        return Err(Violation::Syntax);
    }
    if name.len() * 2 != base.len() {
        return Ok(false);
    }
    let (address, mask) = base.split_at(name.len());
    Ok(name.iter().zip(address).zip(mask).all(|((a, b), mask)| a & mask == b & mask))
}

/// Whether a common name looks like a DNS name of two labels or more.
fn is_host(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    let label =
        |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(plain);
    text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{has_address, has_dns, has_email, has_uri, is_host};

    // RFC 5280, 4.2.1.10.
    #[test]
    fn names_lie_in_subtrees() {
        for (name, base, expected) in [
            ("host.example.com", "host.example.com", true),
            ("my.Host.example.com", "host.example.com", true),
            ("host1.example.com", "host.example.com", false),
            ("myhost.example.com", "host.example.com", false),
            ("example.com", ".example.com", false),
            ("a.example.com", ".example.com", true),
            ("com", "example.com", false),
            ("a", "", true),
        ] {
            assert_eq!(has_dns(name.as_bytes(), base.as_bytes()), expected, "{name} {base}");
        }
        for (name, base, expected) in [
            ("root@example.com", "root@example.com", Some(true)),
            ("Root@example.com", "root@example.com", Some(false)),
            ("a@Example.com", "example.com", Some(true)),
            ("a@b.example.com", "example.com", Some(false)),
            ("a@b.example.com", ".example.com", Some(true)),
            ("a@example.com", "@example.com", Some(true)),
            ("example.com", "example.com", None),
        ] {
            assert_eq!(has_email(name.as_bytes(), base.as_bytes()).ok(), expected, "{name} {base}");
        }
        for (name, base, expected) in [
            ("https://example.com:6443/x", "example.com", Some(true)),
            ("https://a.example.com/x", "example.com", Some(false)),
            ("https://a.example.com", ".example.com", Some(true)),
            ("urn:a", "example.com", None),
            ("https:///x", "example.com", None),
        ] {
            assert_eq!(has_uri(name.as_bytes(), base.as_bytes()).ok(), expected, "{name} {base}");
        }
        let subnet = [192, 168, 5, 0, 255, 255, 255, 0];
        assert_eq!(has_address(&[192, 168, 5, 21], &subnet), Ok(true));
        assert_eq!(has_address(&[192, 168, 6, 21], &subnet), Ok(false));
        assert_eq!(has_address(&[0; 16], &subnet), Ok(false));
        assert!(has_address(&[0; 5], &subnet).is_err() && has_address(&[0; 4], &subnet[..7]).is_err());
        assert!(
            is_host("a.b") && is_host("_a.b-c.d") && !is_host("a") && !is_host("system:node:a.b") && !is_host("a..b")
        );
    }
}
