//! What `khw-cert node`, `client` and `server` share: a new key and a certificate of the CA for it.

use crate::args::{Making, Signer};
use crate::authority::Authority;
use crate::certificate::Certificate;
use crate::extension;
use crate::identity::Identity;
use crate::issue::{Template, Validity, issue_der};
use crate::key::{self, PrivateKey};
use crate::pair::{self, Files};
use crate::{name, serial};
use khw_core::Error;

/// Makes key and certificate and writes both.
pub(crate) fn make(identity: &Identity, signer: &Signer, days: u32, making: &Making) -> Result<(), Error> {
    let directory = pair::directory(making.directory.as_deref(), &signer.ca);
    let files = Files::new(&directory, &identity.stem, making.force)?;
    pair::spare_signer(&files.paths(), signer)?;
    let ca = Authority::of(signer)?;
    let validity = ca.validity(days)?;
    let subject = subject(identity)?;
    let key = PrivateKey::generate(making.key_type)?;
    let certificate = certify(identity, &subject, key.public_key_der(), &ca, validity)?;
    files.write(&key, None, &certificate)
}

/// The subject's name, as DER.
pub(crate) fn subject(identity: &Identity) -> Result<Vec<u8>, Error> {
    let organizations: Vec<&str> = identity.organizations.iter().map(String::as_str).collect();
    name::identity(&identity.common_name, &organizations)
}

/// A certificate for a public key (SubjectPublicKeyInfo), with the usages and names of `identity`.
pub(crate) fn certify(
    identity: &Identity,
    subject: &[u8],
    public_key: &[u8],
    ca: &Authority,
    validity: Validity,
) -> Result<Certificate, Error> {
    Certificate::from_der(&certificate_der(identity, subject, public_key, ca, validity)?)
}

/// The same for many, which need not be read again.
pub(crate) fn certificate_der(
    identity: &Identity,
    subject: &[u8],
    public_key: &[u8],
    ca: &Authority,
    validity: Validity,
) -> Result<Vec<u8>, Error> {
    let encipherment = key::is_rsa(public_key);
    let mut extensions = extension::end_entity(encipherment, identity.server, identity.client, &identity.names);
    extension::add_key_identifiers(&mut extensions, &ca.context(public_key));
    let template = Template { serial: &serial::random()?, subject, public_key, validity, extensions: &extensions };
    let certificate = issue_der(&template, ca.certificate.subject_der(), &ca.key, None)?;
    ca.forbids(&certificate).map_or(Ok(certificate), Err)
}
