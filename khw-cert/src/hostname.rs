//! Whether a certificate is good for a name, as openssl judges it (X509_check_host, X509_check_ip).

use crate::extension::SUBJECT_ALT_NAME;
use crate::parts::CertificateParts;
use crate::{der, name};
use std::net::IpAddr;

const DNS: u8 = der::CONTEXT + 2;
const IP: u8 = der::CONTEXT + 7;

/// Whether it has the DNS name. Without any DNS name among the alternative names the common name counts, which Go and
/// Kubernetes no longer take.
pub(crate) fn has_host(certificate: &CertificateParts<'_>, host: &str) -> bool {
    let names: Vec<String> = alternative_names(certificate, DNS)
        .into_iter()
        .map(|bytes| bytes.iter().map(|&b| char::from(b)).collect())
        .collect();
    if names.is_empty() {
        return name::values(certificate.subject, name::COMMON_NAME).iter().any(|name| matches(name, host));
    }
    names.iter().any(|name| matches(name, host))
}

/// Whether it has the IP address.
pub(crate) fn has_address(certificate: &CertificateParts<'_>, address: IpAddr) -> bool {
    let octets = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    alternative_names(certificate, IP).contains(&octets)
}

/// The values of one kind of alternative name.
pub(crate) fn alternative_names(certificate: &CertificateParts<'_>, tag: u8) -> Vec<Vec<u8>> {
    let names = certificate.extension(SUBJECT_ALT_NAME).and_then(|e| der::read_all(&e.value)).and_then(|v| v.values());
    names.unwrap_or_default().iter().filter(|v| v.tag == tag).map(|v| v.content.to_vec()).collect()
}

/// One `*` in the first label stands for letters, digits and dashes of that label, if two labels follow.
fn matches(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some((first, rest)), Some((label, host))) = (pattern.split_once('.'), host.split_once('.')) else {
        return false;
    };
    let Some((before, after)) = first.split_once('*') else { return false };
    let international = |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    if after.contains('*') || rest.contains('*') || !rest.contains('.') || !rest.eq_ignore_ascii_case(host) {
        return false;
    }
    let partial = !(before.is_empty() && after.is_empty());
    if partial && (international(label) || international(first)) {
        return false;
    }
    let (label, before, after) = (label.to_ascii_lowercase(), before.to_ascii_lowercase(), after.to_ascii_lowercase());
    let inner = label.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&after));
    inner.is_some_and(|inner| {
        (partial || !inner.is_empty()) && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards_stand_for_one_label() {
        for (pattern, host, expected) in [
            ("a.example.com", "A.example.com", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.com", "example.com", false),
            ("f*.example.com", "foo.example.com", true),
            ("f*.example.com", "bar.example.com", false),
            ("*.*.example.com", "a.b.example.com", false),
            ("worker-1", "worker-1", true),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
        }
    }
}
