//! Whether a TLS library lets a certificate through: judged by rustls' own verifier, not by ourselves.
//!
//! rustls-webpki and Go agree on what matters here; what webpki does not look at (a root's dates and whether it is a CA)
//! is for the caller.

use crate::certificate::Certificate;
use khw_core::finding::Finding;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// The names of the findings.
pub(crate) const FINDINGS: [&str; 4] = ["chain-broken", "usage-missing", "version-1", "host-mismatch"];

/// Who looks at the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A server shows it to a client.
    OfServer,
    /// A client shows it to a server.
    OfClient,
}

/// What a TLS peer that trusts `roots` has against `leaf`, apart from dates.
pub(crate) fn verify(
    leaf: &Certificate,
    intermediates: &[Certificate],
    roots: &[Certificate],
    peer: Peer,
) -> Option<Finding> {
    let (usage, word) = match peer {
        Peer::OfServer => (KeyUsage::server_auth(), "server"),
        Peer::OfClient => (KeyUsage::client_auth(), "client"),
    };
    let der = CertificateDer::from(leaf.der());
    let inner: Vec<CertificateDer<'_>> = intermediates.iter().map(|c| CertificateDer::from(c.der())).collect();
    let root_ders: Vec<CertificateDer<'_>> = roots.iter().map(|c| CertificateDer::from(c.der())).collect();
    let anchors: Vec<TrustAnchor<'_>> = root_ders.iter().filter_map(|d| anchor_from_trusted_cert(d).ok()).collect();
    let verdict = EndEntityCert::try_from(&der).and_then(|entity| {
        entity
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchors,
                &inner,
                moment(leaf, intermediates),
                usage,
                None,
                None,
            )
            .map(|_| ())
    });
    verdict.err().map(|error| explain(&error, leaf, roots, word))
}

/// Whether a client that asked for `host` (a DNS name or an IP address) accepts the certificate.
pub(crate) fn is_valid_for(leaf: &Certificate, host: &str) -> bool {
    let der = CertificateDer::from(leaf.der());
    let (Ok(entity), Ok(name)) = (EndEntityCert::try_from(&der), ServerName::try_from(host)) else { return false };
    entity.verify_is_valid_for_subject_name(&name).is_ok()
}

/// A moment at which all of them are valid, if there is one: dates are told apart from the chain.
fn moment(leaf: &Certificate, intermediates: &[Certificate]) -> UnixTime {
    let latest = intermediates.iter().map(Certificate::not_before).fold(leaf.not_before(), Ord::max);
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(latest.unix_timestamp()).unwrap_or_default()))
}

fn explain(error: &Error, leaf: &Certificate, roots: &[Certificate], word: &str) -> Finding {
    match error {
        Error::UnsupportedCertVersion => {
            Finding::error("version-1", "is of version 1, without extensions: TLS libraries refuse it")
                .fix("make it again with khw-cert, or give openssl x509 -req an -extfile")
        }
        Error::RequiredEkuNotFoundContext(_) => {
            Finding::error("usage-missing", format!("a {word} may not show it: its usages do not allow that"))
                .field("extendedKeyUsage")
                .fix(format!("make it again with --usage {word}, or with {word}Auth in the configuration"))
        }
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => {
            let same_name = roots.iter().any(|root| root.subject_der() == leaf.issuer_der());
            let looks_same = roots.iter().any(|root| root.subject() == leaf.issuer());
            let (message, fix) = if looks_same && !same_name {
                (
                    format!("the CA has the name of its issuer, {}, in another string type", leaf.issuer()),
                    "Go and rustls compare names byte for byte, openssl does not: sign it again with this CA",
                )
            } else if same_name {
                (
                    format!("the CA has the name of its issuer, {}, and another key", leaf.issuer()),
                    "the CA was made anew: sign it again with this CA, or find the CA that signed it",
                )
            } else {
                (
                    format!("no given CA signed it; its issuer is {}", leaf.issuer()),
                    "give the CA that signed it with --ca, and intermediate certificates after it in its file",
                )
            };
            Finding::error("chain-broken", message).fix(fix)
        }
        Error::CaUsedAsEndEntity => Finding::error("chain-broken", format!("is a CA, which no {word} may show"))
            .fix("make a certificate of its own"),
        Error::EndEntityUsedAsCa => Finding::error("chain-broken", "an intermediate certificate is no CA")
            .fix("put the certificate of the CA between into the file"),
        Error::NameConstraintViolation => Finding::error(
            "chain-broken",
            "a CA above may not sign for one of its names (nameConstraints)",
        )
        .field("subjectAltName")
        .fix("see khw-cert x509 -noout -ext nameConstraints -in CA; make it again with the names that the CA permits"),
        other => Finding::error("chain-broken", format!("TLS libraries refuse it: {other}"))
            .fix("make it again with khw-cert"),
    }
}
