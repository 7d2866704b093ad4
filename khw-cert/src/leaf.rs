//! What `khw-cert node` and `khw-cert client` share: a new key and a certificate of the CA for it.

use crate::args::{Making, Signer};
use crate::authority::Authority;
use crate::extension::{self, AlternativeName};
use crate::issue::{Template, Validity, issue};
use crate::key::{KeyType, PrivateKey};
use crate::pair::{self, Files};
use crate::{name, serial};
use khw_core::Error;
use khw_core::input::Input;

/// Who a certificate is for.
pub(crate) struct Leaf<'a> {
    /// The names of its files, without ending.
    pub(crate) stem: &'a str,
    pub(crate) common_name: &'a str,
    pub(crate) organization: &'a str,
    pub(crate) names: &'a [AlternativeName],
    /// Whether a server shows it too; a client does always.
    pub(crate) server: bool,
    pub(crate) days: u32,
}

/// Makes key and certificate and writes both.
pub(crate) fn make(leaf: &Leaf<'_>, signer: &Signer, making: &Making) -> Result<(), Error> {
    let directory = pair::directory(making.directory.as_deref(), &signer.ca);
    let files = Files::new(&directory, leaf.stem, making.force)?;
    let ca_key = signer.ca_key.clone().unwrap_or_else(|| signer.ca.with_extension("key"));
    let ca = Authority::read(&Input::new(&signer.ca), &Input::new(ca_key))?;
    let validity = Validity::days(leaf.days)?.with_clock_skew(Some(&ca.certificate)).ending_with(&ca.certificate);
    if let Some(error) = ca.outlived_by(validity) {
        return Err(error);
    }
    let subject = name::identity(leaf.common_name, &[leaf.organization])?;

    let key = PrivateKey::generate(making.key_type)?;
    let rsa = matches!(making.key_type, KeyType::Rsa2048 | KeyType::Rsa3072 | KeyType::Rsa4096);
    let mut extensions = extension::end_entity(rsa, leaf.server, true, leaf.names);
    extension::add_key_identifiers(&mut extensions, &ca.context(key.public_key_der()));
    let template = Template {
        serial: &serial::random()?,
        subject: &subject,
        public_key: key.public_key_der(),
        validity,
        extensions: &extensions,
    };
    let certificate = issue(&template, ca.certificate.subject_der(), &ca.key, None)?;
    files.write(&key, &certificate)
}
