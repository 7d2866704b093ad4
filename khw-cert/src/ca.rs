//! `khw-cert ca`: a new CA.

use crate::extension::{self, Context, Issuer, Signer};
use crate::issue::{Template, Validity, issue};
use crate::key::PrivateKey;
use crate::pair::Files;
use crate::passphrase::for_writing;
use crate::{args, name, serial};
use khw_core::Exit;
use std::path::Path;

pub(crate) fn run(arguments: &args::Ca) -> anyhow::Result<Exit> {
    let making = &arguments.making;
    let organizations: Vec<&str> = arguments.org.iter().map(String::as_str).collect();
    let subject = name::identity(&arguments.cn, &organizations)?;
    let validity = Validity::days(arguments.days)?.with_clock_skew(None);
    let directory = making.directory.as_deref().unwrap_or(Path::new(""));
    let files = Files::new(directory, "ca", making.force)?;
    let passphrase = arguments.key_pass.as_ref().map(|source| for_writing("--key-pass", source)).transpose()?;

    let key = PrivateKey::generate(making.key_type)?;
    let serial = serial::random()?;
    let itself = Signer { key_identifier: None, name: &subject, serial: &serial };
    let context = Context { public_key: key.public_key_der(), issuer: Issuer::Itself(itself) };
    let mut extensions = extension::authority();
    extension::add_key_identifiers(&mut extensions, &context);
    let template = Template {
        serial: &serial,
        subject: &subject,
        public_key: key.public_key_der(),
        validity,
        extensions: &extensions,
    };
    let certificate = issue(&template, &subject, &key, None)?;
    files.write(&key, passphrase.as_ref(), &certificate)?;
    Ok(Exit::Done)
}
