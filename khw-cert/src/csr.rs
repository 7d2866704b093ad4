//! Certificate requests (PKCS#10): built and signed, and read with their own signature checked.

use crate::extension::Extension;
use crate::key::{Digest, PrivateKey};
use crate::openssl_args::Form;
use crate::parts::{EXTENSION_REQUEST, RequestParts};
use crate::public_key::PublicKey;
use crate::{der, name, pem_file, signature};
use khw_core::Error;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

/// What a request asks for, byte for byte.
pub(crate) struct Request {
    pub(crate) subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    /// The extensions it asks for.
    pub(crate) extensions: Vec<Extension>,
}

impl Request {
    /// The first request of a PEM file, or that of a DER file; `form` is what the file must be, if it was said.
    pub(crate) fn read(bytes: &[u8], form: Option<Form>) -> Result<Self, Error> {
        Request::from_der(&pem_file::content(bytes, &pem_file::REQUEST, form, "a certificate request")?)
    }

    /// A request from its DER bytes, whose signature is checked.
    fn from_der(content: &[u8]) -> Result<Self, Error> {
        let again = "make it again with khw-cert req -new";
        let parsed = match X509CertificationRequest::from_der(content) {
            Ok(([], parsed)) => parsed,
            _ => return Err(Error::new("the certificate request is malformed").hint(again)),
        };
        let info = &parsed.certification_request_info;
        if !signature::verifies(&info.subject_pki, &parsed.signature_algorithm, &parsed.signature_value, info.raw) {
            return Err(Error::new("the signature of the certificate request is not that of its key").hint(again));
        }
        let extensions = RequestParts::read(content)
            .and_then(|parts| parts.extensions())
            .ok_or_else(|| Error::new("the extensions of the certificate request are malformed").hint(again))?;
        Ok(Request { subject: info.subject.as_raw().to_vec(), public_key: info.subject_pki.raw.to_vec(), extensions })
    }

    /// Refuses a key that TLS does not take. openssl signs it.
    pub(crate) fn refuse_weak_key(&self) -> Result<(), Error> {
        match PublicKey::read(&self.public_key).and_then(|key| key.weakness()) {
            Some(weakness) => Err(Error::new(weakness).hint("make the request again with a new key: khw-cert csr")),
            None => Ok(()),
        }
    }

    /// The subject as openssl shows it.
    pub(crate) fn shown(&self) -> String {
        name::shown(&self.subject)
    }
}

/// Whether a request in DER has the signature of its own key; `None` when it is malformed.
pub(crate) fn is_signed_by_itself(request: &[u8]) -> Option<bool> {
    let (rest, parsed) = X509CertificationRequest::from_der(request).ok()?;
    let info = &parsed.certification_request_info;
    let good = signature::verifies(&info.subject_pki, &parsed.signature_algorithm, &parsed.signature_value, info.raw);
    rest.is_empty().then_some(good)
}

/// A new request in DER.
pub(crate) fn build(
    subject: &[u8],
    key: &PrivateKey,
    extensions: &[Extension],
    digest: Option<Digest>,
) -> Result<Vec<u8>, Error> {
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
    Ok(signed.0)
}
