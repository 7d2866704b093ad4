//! `khw-cert renew`: the same certificate for another time. No private key but the CA's is needed.
//!
//! Subject, public key and extensions are copied byte for byte; the authority key identifier is made anew, since it may
//! hold the serial number of a CA that was itself renewed.

use crate::args;
use crate::authority::Authority;
use crate::certificate::Certificate;
use crate::extension::{self, Context, Extension, Issuer, Signer};
use crate::issue::{Template, Validity, date, issue};
use crate::public_key::PublicKey;
use crate::{der, key, pem_file, serial};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};
use std::path::PathBuf;
use time::Duration;
use zeroize::Zeroizing;

/// A certificate that is renewed, in the file that it had.
struct Renewed {
    target: PathBuf,
    content: Zeroizing<String>,
    certificate: Certificate,
}

pub(crate) fn run(arguments: &args::Renew) -> anyhow::Result<Exit> {
    if arguments.output.is_some() && arguments.files.len() > 1 {
        return Err(Error::new("is given for several certificates")
            .field("--output")
            .hint("renew one at a time, or leave it away: each file is replaced in its place")
            .into());
    }
    let ca = Authority::of(&arguments.signer)?;
    let mut all = Vec::new();
    // All of them before any is written: a refusal changes nothing.
    for path in &arguments.files {
        let input = Input::new(path);
        let content = Zeroizing::new(input.read()?);
        let (content, certificate) = file(&content, &ca, arguments.days).map_err(|e| e.file(&input))?;
        let target = arguments.output.clone().unwrap_or_else(|| path.clone());
        all.push(Renewed { target, content, certificate });
    }
    for renewed in all {
        let output = Output::to(&renewed.target);
        output.write(renewed.content.as_bytes(), Kind::Public, Existing::Replace)?;
        if let Some(path) = output.path() {
            let end = date(renewed.certificate.not_after());
            cli::note("khw-cert", format_args!("{}: renewed, valid until {end}", path.display()));
        }
    }
    Ok(Exit::Done)
}

/// The file with its first certificate renewed, and what follows that as it was.
fn file(content: &[u8], ca: &Authority, days: Option<u32>) -> Result<(Zeroizing<String>, Certificate), Error> {
    let old = Certificate::from_pem(content)?;
    let renewed = renew(&old, ca, days)?;
    let mut out = Zeroizing::new(String::new());
    let mut first = true;
    for block in pem_file::blocks(content)? {
        let is_it = first && block.content.as_slice() == old.der();
        first &= !is_it;
        let der = if is_it { renewed.der() } else { &block.content };
        out.push_str(&pem_file::encode(&block.label, der));
    }
    Ok((out, renewed))
}

/// The same certificate with another serial number and other dates.
pub(crate) fn renew(old: &Certificate, ca: &Authority, days: Option<u32>) -> Result<Certificate, Error> {
    let itself = *old == ca.certificate;
    if !old.is_signed_by(&ca.certificate) {
        let (issuer, ca_name) = (old.issuer(), ca.certificate.subject());
        let what = if old.issuer_der() == ca.certificate.subject_der() {
            "was not issued by this CA: its issuer has the same name and another key".to_owned()
        } else if issuer == ca_name {
            format!("was not issued by this CA: its issuer has the name {issuer} in another string type")
        } else {
            format!("was not issued by this CA ({ca_name}), but by {issuer}")
        };
        return Err(Error::new(what).hint("name the CA that issued it: --ca FILE"));
    }
    if let Some(weakness) = PublicKey::read(old.public_key_der()).and_then(|key| key.weakness()) {
        return Err(Error::new(weakness).hint("renewing keeps the key: make a new pair"));
    }
    let mut extensions = extensions(old).unwrap_or_else(|| of_version_1(old, ca, itself));
    if !itself {
        extension::renew_authority_key_identifier(&mut extensions, &ca.context(old.public_key_der()));
    }
    let authority = (!itself).then_some(&ca.certificate);
    let validity = match days {
        Some(days) => Validity::days(days)?.with_clock_skew(authority),
        None => Validity::days(1)?.with_clock_skew(authority).lasting(old.not_after() - old.not_before())?,
    };
    let validity = if itself { validity } else { validity.ending_with(&ca.certificate) };
    if let Some(error) = ca.outlived_by(validity).filter(|_| !itself) {
        return Err(error);
    }
    // What a CA without a key identifier signed may name it by its serial number.
    let keeps_serial = itself && old.subject_key_identifier().is_none();
    let template = Template {
        serial: &if keeps_serial { old.serial() } else { serial::random()? },
        subject: old.subject_der(),
        public_key: old.public_key_der(),
        validity,
        extensions: &extensions,
    };
    issue(&template, ca.certificate.subject_der(), &ca.key, None)
}

/// What a certificate without extensions is renewed with, as openssl makes it without `-extfile`: a CA for its own, a
/// client for any other. It might have been a server's for its usages, but has no name that a client would look at.
fn of_version_1(old: &Certificate, ca: &Authority, itself: bool) -> Vec<Extension> {
    let public_key = old.public_key_der();
    let serial = old.serial();
    let (mut extensions, context) = if itself {
        let signer = Signer { key_identifier: None, name: old.subject_der(), serial: &serial };
        (extension::authority(), Context { public_key, issuer: Issuer::Itself(signer) })
    } else {
        (extension::end_entity(key::is_rsa(public_key), false, true, &[]), ca.context(public_key))
    };
    extension::add_key_identifiers(&mut extensions, &context);
    extensions
}

/// The extensions of a certificate, byte for byte; `None` when it has none.
fn extensions(certificate: &Certificate) -> Option<Vec<Extension>> {
    let inside = der::read_all(certificate.der())?.values()?.first()?.values()?;
    let list = inside.iter().find(|value| value.tag == der::CONTEXT_CONSTRUCTED + 3)?;
    der::read_all(list.content)?.values()?.into_iter().map(Extension::from_value).collect()
}

impl Validity {
    /// As long as another one.
    fn lasting(self, length: Duration) -> Result<Self, Error> {
        let not_after = self.not_before.checked_add(length).filter(|end| end.year() <= 9999);
        not_after.map(|not_after| Validity { not_after, ..self }).ok_or_else(|| {
            Error::new("the certificate would outlive the year 9999, the last that fits").hint("say --days N")
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::issue::Validity;
    use time::Duration;

    #[test]
    fn what_lasted_too_long_is_refused() {
        let now = Validity::days(1).unwrap();
        assert_eq!(now.lasting(Duration::days(10)).unwrap().not_after, now.not_before + Duration::days(10));
        let error = now.lasting(Duration::days(4_000_000)).unwrap_err();
        assert_eq!(error.what(), "the certificate would outlive the year 9999, the last that fits");
        assert_eq!(error.advice(), Some("say --days N"));
    }
}
