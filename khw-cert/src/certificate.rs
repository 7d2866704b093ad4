//! Certificates as they are read: from PEM, whoever made them.
//!
//! What Kubernetes makes of a certificate is what Go makes of it, so names and authority are judged as Go does.

use crate::{der, name, pem_file, signature};
use khw_core::Error;
use std::net::IpAddr;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// A certificate, with what Kubernetes looks at taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    public_key: Vec<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    common_name: Option<String>,
    organizations: Vec<String>,
    dns_names: Vec<String>,
    ip_addresses: Vec<IpAddr>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    is_ca: bool,
    server_usage: bool,
    client_usage: bool,
}

impl Certificate {
    /// The first certificate of a PEM file.
    ///
    /// # Errors
    /// When there is none, the file is truncated, or the certificate is malformed.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, Error> {
        let blocks = pem_file::blocks(bytes)?;
        match blocks.iter().find(|b| is_certificate(b)) {
            Some(block) => Certificate::from_der(&block.content),
            None => Err(pem_file::not_there(bytes, &blocks, "a certificate")),
        }
    }

    /// All certificates of a PEM file, of which there is at least one: a chain, or a bundle of CAs.
    ///
    /// # Errors
    /// As [`Certificate::from_pem`], for each of them.
    pub fn all_from_pem(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        let blocks = pem_file::blocks(bytes)?;
        let all: Result<Vec<_>, _> =
            blocks.iter().filter(|b| is_certificate(b)).map(|b| Certificate::from_der(&b.content)).collect();
        match all {
            Ok(all) if all.is_empty() => Err(pem_file::not_there(bytes, &blocks, "a certificate")),
            all => all,
        }
    }

    /// A certificate from its DER bytes.
    ///
    /// # Errors
    /// When they are not a certificate.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |what: &str| {
            Error::new(format!("the certificate is malformed: {what}")).hint("copy the file again, or make a new one")
        };
        let (rest, parsed) = X509Certificate::from_der(bytes).map_err(|_| malformed("it is not X.509"))?;
        if !rest.is_empty() {
            return Err(malformed("bytes follow it"));
        }
        let constraints = parsed.basic_constraints().map_err(|_| malformed("basicConstraints"))?;
        let usage = parsed.key_usage().map_err(|_| malformed("keyUsage"))?;
        let extended = parsed.extended_key_usage().map_err(|_| malformed("extendedKeyUsage"))?.map(|e| e.value);
        let alternative = parsed.subject_alternative_name().map_err(|_| malformed("subjectAltName"))?;
        let subject_key_identifier = parsed.extensions().iter().find_map(|e| match e.parsed_extension() {
            x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
            _ => None,
        });
        let (mut dns_names, mut ip_addresses) = (Vec::new(), Vec::new());
        for general_name in alternative.iter().flat_map(|a| &a.value.general_names) {
            match general_name {
                GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
                GeneralName::IPAddress(octets) => ip_addresses.extend(ip_address(octets)),
                _ => {}
            }
        }
        let (subject, issuer) = (parsed.subject().as_raw().to_vec(), parsed.issuer().as_raw().to_vec());
        // Go: a version 3 signer needs basicConstraints; an older one is accepted as a root.
        let authority = match constraints {
            Some(constraints) => constraints.value.ca,
            None => parsed.version().0 < 2 && subject == issuer,
        };
        let may_sign = usage.is_none_or(|u| u.value.key_cert_sign());
        let seconds = |time: x509_parser::time::ASN1Time| time.to_datetime();
        Ok(Certificate {
            subject_key_identifier,
            common_name: name::values(&subject, name::COMMON_NAME).pop(),
            organizations: name::values(&subject, name::ORGANIZATION),
            public_key: parsed.public_key().raw.to_vec(),
            dns_names,
            ip_addresses,
            not_before: seconds(parsed.validity().not_before),
            not_after: seconds(parsed.validity().not_after),
            is_ca: authority && may_sign,
            server_usage: extended.is_none_or(|e| e.any || e.server_auth),
            client_usage: extended.is_none_or(|e| e.any || e.client_auth),
            der: bytes.to_vec(),
            subject,
            issuer,
        })
    }

    /// All of it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subject's distinguished name, byte for byte.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// The issuer's distinguished name, byte for byte.
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// The subject as openssl shows it: `CN = system:node:worker-1, O = system:nodes`.
    pub fn subject(&self) -> String {
        name::shown(&self.subject)
    }

    /// The issuer as openssl shows it.
    pub fn issuer(&self) -> String {
        name::shown(&self.issuer)
    }

    /// The user name towards the API server: of several common names the last, as in Go.
    pub fn common_name(&self) -> Option<String> {
        self.common_name.clone()
    }

    /// The groups towards the API server: every O of the subject, in order.
    pub fn organizations(&self) -> Vec<String> {
        self.organizations.clone()
    }

    /// The DNS names among the subject alternative names.
    pub fn dns_names(&self) -> Vec<String> {
        self.dns_names.clone()
    }

    /// The IP addresses among the subject alternative names.
    pub fn ip_addresses(&self) -> Vec<IpAddr> {
        self.ip_addresses.clone()
    }

    /// The first moment at which it is valid.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// The last moment at which it is valid.
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether certificates signed with it are accepted: basicConstraints say CA and keyUsage does not say otherwise, or
    /// it is a self-issued certificate of version 1, which Go and openssl accept as a root.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Whether a server may show it: extendedKeyUsage has serverAuth, or is not there.
    pub fn has_server_usage(&self) -> bool {
        self.server_usage
    }

    /// Whether a client may show it: extendedKeyUsage has clientAuth, or is not there.
    pub fn has_client_usage(&self) -> bool {
        self.client_usage
    }

    /// The public key, as SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    /// The subject key identifier, if it has one.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// Whether `ca` signed it: the issuer's bytes are the subject of `ca`, and the signature verifies.
    pub fn is_signed_by(&self, ca: &Certificate) -> bool {
        self.issuer == ca.subject && self.has_signature_of(ca)
    }

    /// Whether the signature verifies with the key of `ca`, whatever the names are.
    pub(crate) fn has_signature_of(&self, ca: &Certificate) -> bool {
        let (Ok((_, this)), Ok((_, ca))) = (X509Certificate::from_der(&self.der), X509Certificate::from_der(&ca.der))
        else {
            return false;
        };
        let signed = this.tbs_certificate.as_ref();
        signature::verifies(ca.public_key(), &this.signature_algorithm, &this.signature_value, signed)
    }

    /// As a PEM file.
    pub fn to_pem(&self) -> String {
        pem_file::encode("CERTIFICATE", &self.der).to_string()
    }

    /// The serial number's bytes, as they are in the certificate.
    pub fn serial(&self) -> Vec<u8> {
        let serial = || {
            let inside = der::read_all(&self.der)?.values()?.first()?.values()?;
            inside.iter().find(|v| v.tag == der::INTEGER).map(|v| v.content.to_vec())
        };
        serial().unwrap_or_default()
    }
}

fn is_certificate(block: &pem_file::Block) -> bool {
    matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE")
}

/// The address of an iPAddress name.
pub(crate) fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Some(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}
