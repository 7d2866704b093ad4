//! The CA that signs: a certificate that may, and its own key.

use crate::args::Signer;
use crate::certificate::Certificate;
use crate::extension::{self, Context, Issuer, NAME_CONSTRAINTS};
use crate::issue::{Validity, date};
use crate::key::PrivateKey;
use crate::key_source;
use crate::name_constraints::NameConstraints;
use crate::parts::CertificateParts;
use crate::passphrase::{Source, Unlock};
use khw_core::Error;
use khw_core::input::Input;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// A CA's certificate and key, which belong together.
pub(crate) struct Authority {
    pub(crate) certificate: Certificate,
    pub(crate) key: PrivateKey,
    serial: Vec<u8>,
    name: String,
    /// Whether it may sign for some names only.
    constrained: bool,
}

/// Whether the CA, its key or the key's passphrase comes from standard input, which then is nothing else.
pub(crate) fn reads_standard_input(signer: &Signer) -> Result<bool, Error> {
    let key = signer.ca_key.as_deref().map(key_source::input).transpose()?;
    let passphrase = signer.ca_key_pass.as_ref() == Some(&Source::Stdin);
    Ok(signer.ca.as_os_str() == "-" || key == Some(Input::Stdin) || passphrase)
}

impl Authority {
    /// The CA that the options name.
    pub(crate) fn of(signer: &Signer) -> Result<Self, Error> {
        let key = match &signer.ca_key {
            Some(key) => key_source::input(key)?,
            None if signer.ca.as_os_str() == "-" => Input::Stdin,
            None => Input::new(signer.ca.with_extension("key")),
        };
        let ca = Input::new(&signer.ca);
        Authority::read(&ca, &key, &Unlock::new("--ca-key-pass", signer.ca_key_pass.as_ref(), &[&ca, &key])?)
    }

    /// Reads both, from one input when that is the same. A certificate that is no CA, and a key that is not its own, are
    /// refused.
    pub(crate) fn read(certificate: &Input, key: &Input, unlock: &Unlock) -> Result<Self, Error> {
        let named = certificate.to_string();
        let content = Zeroizing::new(certificate.read()?);
        let is_one = certificate == key;
        let certificate = Certificate::from_pem(&content).map_err(|e| e.file(&named))?;
        if !certificate.is_ca() {
            return Err(Error::new("is not a CA certificate: what it signs is accepted by nobody")
                .file(&named)
                .hint("sign with the certificate of the CA, or make one with khw-cert ca"));
        }
        let key_name = key.to_string();
        let content = if is_one { content } else { Zeroizing::new(key.read()?) };
        let key = PrivateKey::from_file(&content, unlock).map_err(|e| e.file(&key_name))?;
        if !key.belongs_to(&certificate) {
            return Err(Error::new(format!("is not the key of {named}"))
                .file(&key_name)
                .hint("give the certificate and the key of the same CA"));
        }
        Ok(Authority::new(certificate, key, named))
    }

    /// A CA whose key is its certificate's. `name` is that of its file, for messages.
    pub(crate) fn new(certificate: Certificate, key: PrivateKey, name: String) -> Self {
        let parts = CertificateParts::read(certificate.der());
        let constrained = parts.is_some_and(|parts| parts.extension(NAME_CONSTRAINTS).is_some());
        Authority { serial: certificate.serial(), certificate, key, name, constrained }
    }

    /// What is wrong with a certificate that this CA has signed, if it may not have its names.
    pub(crate) fn forbids(&self, certificate: &[u8]) -> Option<Error> {
        if !self.constrained {
            return None;
        }
        let (ca, leaf) = (CertificateParts::read(self.certificate.der())?, CertificateParts::read(certificate)?);
        let what = match NameConstraints::of(&ca) {
            Some(constraints) => constraints?.violation(&leaf, true)?.what(),
            None => "they are malformed",
        };
        let error = Error::new(format!("this CA may not sign for these names (nameConstraints): {what}"));
        let see = format!("see what it permits: khw-cert x509 -noout -ext nameConstraints -in {}", self.name);
        Some(error.file(&self.name).hint(see))
    }

    /// What extensions refer to when this CA signs a certificate for `public_key`.
    pub(crate) fn context<'a>(&'a self, public_key: &'a [u8]) -> Context<'a> {
        Context {
            public_key,
            issuer: Issuer::Ca(extension::Signer {
                key_identifier: self.certificate.subject_key_identifier(),
                name: self.certificate.issuer_der(),
                serial: &self.serial,
            }),
        }
    }

    /// From now on for so many days, a little earlier for hosts whose clocks are behind; refused when it outlives the CA.
    pub(crate) fn validity(&self, days: u32) -> Result<Validity, Error> {
        let validity = Validity::days(days)?.with_clock_skew(Some(&self.certificate)).ending_with(&self.certificate);
        self.outlived_by(validity).map_or(Ok(validity), Err)
    }

    /// What is wrong with a certificate of this validity, if it outlives the CA.
    pub(crate) fn outlived_by(&self, validity: Validity) -> Option<Error> {
        let end = self.certificate.not_after();
        if validity.not_after <= end {
            return None;
        }
        // A minute for typing it.
        let days = (end - OffsetDateTime::now_utc() - Duration::minutes(1)).whole_days();
        let what =
            format!("the certificate would expire on {}, its CA does on {}", date(validity.not_after), date(end));
        let hint =
            if days < 1 { "make a new CA".to_owned() } else { format!("use {days} days or fewer, or make a new CA") };
        Some(Error::new(what).file(&self.name).hint(hint))
    }
}
