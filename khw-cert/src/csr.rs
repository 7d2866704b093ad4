//! Certificate requests (PKCS#10): built and signed, and read with their own signature checked.

use crate::extension::Extension;
use crate::key::{Digest, PrivateKey};
use crate::{der, name, pem_file, verify};
use khw_core::Error;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// pkcs-9-at-extensionRequest.
const EXTENSION_REQUEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 14];

/// What a request asks for, byte for byte.
pub(crate) struct Request {
    pub(crate) subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    /// The extensions it asks for.
    pub(crate) extensions: Vec<Extension>,
}

impl Request {
    /// The first request of a PEM file.
    pub(crate) fn from_pem(bytes: &[u8]) -> Result<Self, Error> {
        let blocks = pem_file::blocks(bytes)?;
        let label = |b: &&pem_file::Block| b.label.ends_with("CERTIFICATE REQUEST");
        let Some(block) = blocks.iter().find(label) else {
            return Err(pem_file::not_there(bytes, &blocks, "a certificate request"));
        };
        let again = "make it again with khw-cert req -new";
        let parsed = match X509CertificationRequest::from_der(&block.content) {
            Ok(([], parsed)) => parsed,
            _ => return Err(Error::new("the certificate request is malformed").hint(again)),
        };
        let info = &parsed.certification_request_info;
        if !verify::verifies(&info.subject_pki, &parsed.signature_algorithm, &parsed.signature_value, info.raw) {
            return Err(Error::new("the signature of the certificate request is not that of its key").hint(again));
        }
        let extensions = requested(info.raw)
            .ok_or_else(|| Error::new("the extensions of the certificate request are malformed").hint(again))?;
        Ok(Request { subject: info.subject.as_raw().to_vec(), public_key: info.subject_pki.raw.to_vec(), extensions })
    }

    /// The subject as openssl shows it.
    pub(crate) fn shown(&self) -> String {
        name::shown(&self.subject)
    }
}

/// The extensions in the attributes of a request's signed part; `None` when they are malformed.
fn requested(info: &[u8]) -> Option<Vec<Extension>> {
    let mut out = Vec::new();
    let Some(attributes) = der::read_all(info)?.values()?.get(3).copied() else { return Some(out) };
    for attribute in attributes.values()? {
        let [kind, values] = attribute.values()?[..] else { return None };
        if kind.whole != der::oid(EXTENSION_REQUEST) {
            continue;
        }
        for list in values.values()? {
            for extension in list.values()? {
                out.push(Extension::from_value(extension)?);
            }
        }
    }
    Some(out)
}

/// A new request as PEM.
pub(crate) fn build(
    subject: &[u8],
    key: &PrivateKey,
    extensions: &[Extension],
    digest: Option<Digest>,
) -> Result<String, Error> {
    let mut attributes = Vec::new();
    if !extensions.is_empty() {
        let extensions = der::sequence(&extensions.iter().map(Extension::der).collect::<Vec<_>>());
        attributes = der::sequence(&[der::oid(EXTENSION_REQUEST), der::value(der::SET, &extensions)]);
    }
    let signed = key.sign(digest, |_| {
        der::sequence(&[
            &der::integer(&[]),
            subject,
            key.public_key_der(),
            &der::value(der::CONTEXT_CONSTRUCTED, &attributes),
        ])
    })?;
    Ok(pem_file::encode("CERTIFICATE REQUEST", &signed.0).to_string())
}
