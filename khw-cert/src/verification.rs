//! The way from a certificate to a trusted one, and what is wrong with it, in openssl's order and words
//! (crypto/x509/x509_vfy.c of OpenSSL 3.0).

use crate::certificate::Certificate;
use crate::extension::{AUTHORITY_KEY_IDENTIFIER, SUBJECT_KEY_IDENTIFIER};
use crate::name_constraints::NameConstraints;
use crate::name_format::canonical;
use crate::parts::{CertificateParts, moment};
use crate::purpose::{Purpose, Uses};
use crate::{der, hostname, objects};
use khw_core::Error;
use std::net::IpAddr;
use time::OffsetDateTime;

/// What a certificate is checked for.
pub(crate) struct Wanted {
    pub(crate) purpose: Option<Purpose>,
    pub(crate) host: Option<String>,
    pub(crate) address: Option<IpAddr>,
    /// Dates are left alone without it.
    pub(crate) at: Option<OffsetDateTime>,
    pub(crate) partial_chain: bool,
}

/// Something that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// openssl's number, X509_V_ERR_….
    pub(crate) code: u8,
    /// 0 is the certificate itself.
    pub(crate) depth: usize,
    /// The subject of the certificate at that depth.
    pub(crate) subject: Vec<u8>,
}

impl Failure {
    /// openssl's words for it.
    pub(crate) fn text(&self) -> &'static str {
        match self.code {
            2 => "unable to get issuer certificate",
            7 => "certificate signature failure",
            9 => "certificate is not yet valid",
            10 => "certificate has expired",
            18 => "self-signed certificate",
            19 => "self-signed certificate in certificate chain",
            20 => "unable to get local issuer certificate",
            22 => "certificate chain too long",
            25 => "path length constraint exceeded",
            26 => "unsuitable certificate purpose",
            32 => "key usage does not include certificate signing",
            34 => "unhandled critical extension",
            47 => "permitted subtree violation",
            48 => "excluded subtree violation",
            49 => "name constraints minimum and maximum not supported",
            51 => "unsupported name constraint type",
            53 => "unsupported or invalid name syntax",
            62 => "hostname mismatch",
            64 => "IP address mismatch",
            79 => "invalid CA certificate",
            _ => "certificate rejected",
        }
    }

    /// Whether openssl's command goes on after it.
    fn is_last(&self) -> bool {
        !matches!(self.code, 10 | 18 | 25 | 34 | 79)
    }
}

/// What was found out.
pub(crate) struct Report {
    pub(crate) failures: Vec<Failure>,
    /// The subjects from the certificate up, and how many of them were not trusted beforehand.
    pub(crate) subjects: Vec<Vec<u8>>,
    pub(crate) untrusted: usize,
}

/// openssl stops at a depth of 100.
const MAX_DEPTH: usize = 100;

/// A certificate with its parts.
struct Link<'a> {
    certificate: &'a Certificate,
    parts: CertificateParts<'a>,
    uses: Uses,
    trusted: bool,
}

impl<'a> Link<'a> {
    fn new(certificate: &'a Certificate, trusted: bool) -> Result<Self, Error> {
        let malformed = || Error::new("the certificate is malformed").hint("copy the file again, or make a new one");
        let parts = CertificateParts::read(certificate.der()).ok_or_else(malformed)?;
        let uses = Uses::of(&parts).ok_or_else(malformed)?;
        NameConstraints::of(&parts).ok_or_else(malformed)?;
        Ok(Link { certificate, parts, uses, trusted })
    }

    fn is_self_issued(&self) -> bool {
        canonical(self.parts.subject) == canonical(self.parts.issuer)
    }

    fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.names_issuer(self)
    }

    /// Whether names and key identifiers say that `issuer` signed this one; the signature comes later.
    fn names_issuer(&self, issuer: &Link<'_>) -> bool {
        if canonical(self.parts.issuer) != canonical(issuer.parts.subject) {
            return false;
        }
        let fields = self.parts.extension(AUTHORITY_KEY_IDENTIFIER).and_then(|e| der::read_all(&e.value)?.values());
        for field in fields.unwrap_or_default() {
            let same = match field.tag {
                der::CONTEXT => {
                    let identifier = issuer.parts.extension(SUBJECT_KEY_IDENTIFIER).map(|e| e.value.as_slice());
                    identifier.and_then(der::read_all).is_none_or(|v| v.content == field.content)
                }
                0x82 => field.content == issuer.parts.serial,
                0xa1 => {
                    let names = field.values().unwrap_or_default();
                    let directory = names.iter().find(|v| v.tag == der::CONTEXT_CONSTRUCTED + 4);
                    directory.is_none_or(|d| canonical(d.content) == canonical(issuer.parts.issuer))
                }
                _ => true,
            };
            if !same {
                return false;
            }
        }
        true
    }

    fn failure(&self, code: u8, depth: usize) -> Failure {
        Failure { code, depth, subject: self.parts.subject.to_vec() }
    }

    fn is_valid_at(&self, at: Option<OffsetDateTime>) -> bool {
        at.is_none_or(|at| self.certificate.not_before() <= at && at <= self.certificate.not_after())
    }
}

/// Checks a certificate against trusted ones, with others for the way.
pub(crate) fn verify(
    leaf: &Certificate,
    trusted: &[Certificate],
    untrusted: &[Certificate],
    wanted: &Wanted,
) -> Result<Report, Error> {
    let pool = trusted.iter().map(|c| Link::new(c, true)).chain(untrusted.iter().map(|c| Link::new(c, false)));
    let pool: Vec<Link<'_>> = pool.collect::<Result<_, _>>()?;
    let chain = build(Link::new(leaf, false)?, &pool, wanted)?;
    let links: Vec<&Link<'_>> = chain.iter().collect();
    let subjects = links.iter().map(|l| l.parts.subject.to_vec()).collect();
    let untrusted = links.iter().filter(|l| !l.trusted).count();
    let mut failures = Vec::new();
    for failure in top(&links, wanted).into_iter().chain(inside(&links, wanted)) {
        let last = failure.is_last();
        failures.push(failure);
        if last {
            break;
        }
    }
    Ok(Report { failures, subjects, untrusted })
}

/// From the certificate up: trusted issuers are looked for first, those that are valid now before others.
fn build<'a>(leaf: Link<'a>, pool: &[Link<'a>], wanted: &Wanted) -> Result<Vec<Link<'a>>, Error> {
    let same = |a: &Link<'_>, b: &Link<'_>| a.certificate.der() == b.certificate.der();
    let mut chain = vec![leaf];
    if let Some(first) = chain.first_mut()
        && pool.iter().any(|l| l.trusted && same(l, first))
        && (wanted.partial_chain || first.is_self_signed())
    {
        first.trusted = true;
        return Ok(chain);
    }
    while chain.len() <= MAX_DEPTH {
        let Some(current) = chain.last() else { break };
        if current.is_self_signed() || (wanted.partial_chain && current.trusted) {
            break;
        }
        let fits = |l: &&Link<'a>| {
            current.names_issuer(l) && (l.trusted || !current.trusted) && !chain.iter().any(|c| same(c, l))
        };
        let good = |l: &&Link<'a>| l.is_valid_at(wanted.at) && current.certificate.is_signed_by(l.certificate);
        let (of_trust, others): (Vec<_>, Vec<_>) = pool.iter().filter(fits).partition(|l| l.trusted);
        let chosen = of_trust
            .iter()
            .find(|l| good(l))
            .or_else(|| of_trust.first())
            .or_else(|| others.iter().find(|l| good(l)))
            .or_else(|| others.first());
        match chosen {
            Some(chosen) => {
                let link = Link::new(chosen.certificate, chosen.trusted)?;
                chain.push(link);
            }
            None => break,
        }
    }
    Ok(chain)
}

/// Whether the way ends at a trusted certificate.
fn top(links: &[&Link<'_>], wanted: &Wanted) -> Option<Failure> {
    let last = links.last()?;
    let depth = links.len() - 1;
    let code = match (last.trusted, last.is_self_signed()) {
        (true, true) => return None,
        (true, false) if wanted.partial_chain => return None,
        _ if depth >= MAX_DEPTH => 22,
        (false, true) if depth == 0 => 18,
        (false, true) => 19,
        (true, false) => 2,
        (false, false) => 20,
    };
    Some(last.failure(code, depth))
}

/// Extensions, names, then signatures and dates from the top down.
fn inside(links: &[&Link<'_>], wanted: &Wanted) -> Vec<Failure> {
    let mut out = Vec::new();
    let mut authorities = 0;
    for (depth, link) in links.iter().enumerate() {
        if link.parts.extensions.iter().any(|e| e.critical && !is_handled(&e.oid)) {
            out.push(link.failure(34, depth));
        }
        if depth > 0 && link.uses.authority() == 0 {
            out.push(link.failure(79, depth));
        }
        if let Some(purpose) = wanted.purpose
            && link.uses.good_for(purpose, depth > 0) == 0
        {
            out.push(link.failure(26, depth));
        }
        if depth > 1 && link.uses.path_length.is_some_and(|length| authorities > length) {
            out.push(link.failure(25, depth));
        }
        // Of a certificate that only renews the key of its CA nothing is counted.
        if depth > 0 && !link.is_self_issued() {
            authorities += 1;
        }
    }
    if let Some(leaf) = links.first() {
        if wanted.host.as_ref().is_some_and(|host| !hostname::has_host(&leaf.parts, host)) {
            out.push(leaf.failure(62, 0));
        }
        if wanted.address.is_some_and(|address| !hostname::has_address(&leaf.parts, address)) {
            out.push(leaf.failure(64, 0));
        }
    }
    for (depth, link) in links.iter().enumerate().rev() {
        let issuer = links.get(depth + 1);
        if let Some(issuer) = issuer.filter(|issuer| !issuer.uses.may_sign()) {
            out.push(issuer.failure(32, depth + 1));
        }
        if issuer.is_some_and(|issuer| !link.certificate.has_signature_of(issuer.certificate)) {
            out.push(link.failure(7, depth));
        }
        let Some(at) = wanted.at else { continue };
        if moment(link.parts.not_before).is_none_or(|from| from > at) {
            out.push(link.failure(9, depth));
        }
        if moment(link.parts.not_after).is_none_or(|until| until < at) {
            out.push(link.failure(10, depth));
        }
    }
    out.extend(names(links));
    out
}

/// The names that the CAs above do not permit, from the top down. A certificate that only renews the key of its CA has
/// that CA's names.
fn names(links: &[&Link<'_>]) -> Vec<Failure> {
    let mut out = Vec::new();
    for (depth, link) in links.iter().enumerate().rev() {
        if depth > 0 && link.is_self_issued() {
            continue;
        }
        for above in links.iter().skip(depth + 1).rev() {
            let constraints = NameConstraints::of(&above.parts).flatten();
            if let Some(violation) = constraints.and_then(|c| c.violation(&link.parts, depth == 0)) {
                out.push(link.failure(violation.code(), depth));
            }
        }
    }
    out
}

/// X509_supported_extension.
fn is_handled(oid: &[u8]) -> bool {
    const HANDLED: [&str; 11] = [
        "nsCertType",
        "keyUsage",
        "subjectAltName",
        "basicConstraints",
        "certificatePolicies",
        "crlDistributionPoints",
        "extendedKeyUsage",
        "policyConstraints",
        "nameConstraints",
        "policyMappings",
        "inhibitAnyPolicy",
    ];
    objects::find(oid).is_some_and(|object| HANDLED.contains(&object.short))
}
