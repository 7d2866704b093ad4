//! `khw-cert x509 -in CERT -signkey KEY`: a certificate is signed anew with its own key; with `-x509toreq` a request is made
//! of it.

use crate::certificate::Certificate;
use crate::csr;
use crate::extension::{self, AUTHORITY_KEY_IDENTIFIER, Context, Extension, Issuer, SUBJECT_KEY_IDENTIFIER, Signer};
use crate::issue::{Template, Validity, issue};
use crate::key::PrivateKey;
use crate::openssl_args::{self as args, Form};
use crate::parts::CertificateParts;
use crate::passphrase::Unlock;
use crate::req::read_key;
use crate::x509::{DAYS, from_extfile};
use crate::{pem_file, x509_show};
use khw_core::input::Input;
use khw_core::{Error, Exit};

pub(crate) fn run(arguments: &args::X509) -> anyhow::Result<Exit> {
    let (input, old) = x509_show::read(arguments)?;
    let Some(path) = &arguments.signkey else {
        return Err(Error::new("needs a key to sign with").field("-x509toreq").hint("say -signkey FILE").into());
    };
    let path = Input::new(path);
    let key = read_key(&path, &Unlock::new("-passin", arguments.passin.as_ref(), &[&path, &input])?)?;
    if !key.belongs_to(&old) {
        return Err(Error::new(format!("is not the key of the certificate {input}"))
            .file(path)
            .hint("give the key that the certificate has")
            .into());
    }
    let malformed = || Error::new("the certificate is malformed").file(&input).hint("copy the file again");
    let parts = CertificateParts::read(old.der()).ok_or_else(malformed)?;
    if arguments.x509toreq {
        let request = request(arguments, &parts, &key)?;
        return x509_show::write(&old, &request, arguments);
    }
    let certificate = again(arguments, &old, &parts, &key)?;
    x509_show::write(&certificate, &x509_show::encode(&certificate, arguments.outform), arguments)
}

/// The same subject, key, serial number and extensions for another time, and its own issuer.
fn again(
    arguments: &args::X509,
    old: &Certificate,
    parts: &CertificateParts<'_>,
    key: &PrivateKey,
) -> Result<Certificate, Error> {
    let serial = arguments.set_serial.as_ref().map_or(parts.serial, |args::Serial(given)| given);
    let itself = Signer { key_identifier: None, name: parts.subject, serial };
    let context = Context { public_key: parts.public_key, issuer: Issuer::Itself(itself) };
    let mut extensions = parts.extensions.clone();
    if !old.is_signed_by(old) {
        // It names the key of the CA that signed before; openssl leaves it, and refuses the certificate then.
        extensions.retain(|e| !e.is(AUTHORITY_KEY_IDENTIFIER));
    }
    add(&mut extensions, from_extfile(arguments, &context)?);
    if extensions.is_empty() {
        extensions = extension::authority();
    }
    extension::add_key_identifiers(&mut extensions, &context);
    let validity = match arguments.preserve_dates {
        true => Validity { not_before: old.not_before(), not_after: old.not_after() },
        false => Validity::days(arguments.days.unwrap_or(DAYS))?,
    };
    let subject = parts.subject;
    let template = Template { serial, subject, public_key: parts.public_key, validity, extensions: &extensions };
    issue(&template, subject, key, arguments.digest.digest())
}

/// A request for the certificate's subject, and for its extensions if that is said. Those that identify keys are the
/// signer's, and are not asked for.
fn request(arguments: &args::X509, parts: &CertificateParts<'_>, key: &PrivateKey) -> Result<Vec<u8>, Error> {
    let context = Context { public_key: parts.public_key, issuer: Issuer::None };
    let mut extensions = Vec::new();
    if matches!(arguments.copy_extensions.as_deref(), Some("copy" | "copyall")) {
        extensions.clone_from(&parts.extensions);
        extensions.retain(|e| !e.is(SUBJECT_KEY_IDENTIFIER) && !e.is(AUTHORITY_KEY_IDENTIFIER));
    }
    add(&mut extensions, from_extfile(arguments, &context)?);
    let request = csr::build(parts.subject, key, &extensions, arguments.digest.digest())?;
    Ok(match arguments.outform {
        Form::Der => request,
        Form::Pem => pem_file::encode("CERTIFICATE REQUEST", &request).as_bytes().to_vec(),
    })
}

/// Each takes the place of one of its kind.
fn add(extensions: &mut Vec<Extension>, more: Vec<Extension>) {
    for extension in more {
        extensions.retain(|e| e.oid != extension.oid);
        extensions.push(extension);
    }
}
