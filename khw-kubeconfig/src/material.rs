//! Certificates and keys on their way into a kubeconfig: they are there, are PEM, are what they should be, and belong
//! together.

use khw_cert::{Certificate, PrivateKey};
use khw_core::Error;
use khw_core::input::Input;
use std::path::Path;
use time::OffsetDateTime;

/// A file named on the command line, and what is in it.
pub(crate) struct Material {
    option: String,
    shown: String,
    pub(crate) content: Vec<u8>,
}

impl Material {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn read(option: &str, path: &Path) -> Result<Material, Error> {
        let input = Input::new(path);
        let content = input.read().map_err(|e| e.field(option))?;
        Ok(Material::of(option, input.to_string(), content))
    }

    /// What came otherwise. `shown` stands in messages for the file.
    pub(crate) fn of(option: &str, shown: String, content: Vec<u8>) -> Material {
        Material { option: option.to_owned(), shown, content }
    }

    /// Its certificate, the first if there are several; all of them are looked at.
    ///
    /// # Errors
    /// When there is none, or one is malformed.
    pub(crate) fn certificate(&self) -> Result<Certificate, Error> {
        let none = || self.named(Error::new("has no PEM block with a certificate"));
        self.certificates()?.into_iter().next().ok_or_else(none)
    }

    fn certificates(&self) -> Result<Vec<Certificate>, Error> {
        Certificate::all_from_pem(&self.content).map_err(|e| self.named(e))
    }

    /// Its private key.
    ///
    /// # Errors
    /// When there is none, or it is encrypted or damaged.
    pub(crate) fn key(&self) -> Result<PrivateKey, Error> {
        PrivateKey::from_pem(&self.content).map_err(|e| self.named(e))
    }

    /// What to say when no certificate of it is that of a CA.
    ///
    /// # Errors
    /// As [`Material::certificate`].
    pub(crate) fn is_no_authority(&self) -> Result<Option<Error>, Error> {
        // One that signed itself can be a server's own, which a client trusts all the same.
        let can_sign = self.certificates()?.iter().any(|c| c.is_ca() || c.is_signed_by(c));
        Ok((!can_sign).then(|| self.named(Error::new("is not the certificate of a CA"))))
    }

    /// What to say when its first certificate has expired.
    ///
    /// # Errors
    /// As [`Material::certificate`].
    pub(crate) fn is_expired(&self, now: OffsetDateTime) -> Result<Option<Error>, Error> {
        let until = self.certificate()?.not_after();
        Ok((until < now).then(|| self.named(Error::new(format!("expired on {}", until.date())))))
    }

    fn named(&self, error: Error) -> Error {
        error.file(&self.shown).field(&self.option)
    }
}

/// Refuses a key that is not the certificate's. Either may be missing.
///
/// # Errors
/// As [`Material::certificate`], [`Material::key`], and when they do not belong together.
pub(crate) fn check_pair(certificate: Option<&Material>, key: Option<&Material>) -> Result<(), Error> {
    let parsed = certificate.map(Material::certificate).transpose()?;
    let Some(material) = key else { return Ok(()) };
    let private = material.key()?;
    match (certificate, parsed) {
        (Some(certificate), Some(parsed)) if !private.belongs_to(&parsed) => Err(material
            .named(Error::new(format!("is not the key of the certificate {}", certificate.shown)))
            .hint("give the key with which this certificate was requested")),
        _ => Ok(()),
    }
}

/// Refuses a CA that is none, and gives what a client certificate lacks that the API server may still take: it may have another
/// CA for its clients, and another clock.
///
/// # Errors
/// As [`Material::certificate`], and when no certificate of the first is that of a CA.
pub(crate) fn check_chain(
    authority: &Material,
    client: &Material,
    now: OffsetDateTime,
) -> Result<Option<Error>, Error> {
    if let Some(error) = authority.is_no_authority()? {
        return Err(error.hint("give the ca.crt that signed the API server's certificate"));
    }
    if let Some(expired) = client.is_expired(now)? {
        return Ok(Some(expired));
    }
    let (authorities, chain) = (authority.certificates()?, client.certificates()?);
    let Some(leaf) = chain.first().filter(|_| khw_cert::signer(&authorities, &chain).is_none()) else {
        return Ok(None);
    };
    let what = format!("is not signed by the CA {}: its issuer is {}", authority.shown, leaf.issuer());
    Ok(Some(client.named(Error::new(what))))
}
