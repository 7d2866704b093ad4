//! `khw-cert pkey`, `rsa` and `ec`: keys are read in any form; their public part is shown, the private one is written to a
//! file or a pipe.

use crate::genrsa::write_key;
use crate::key::{PrivateKey, damaged};
use crate::openssl_args::{self as args, Encryption, Form, KeyInput, KeyOutput};
use crate::passphrase::{Passphrase, Unlock};
use crate::public_key::PublicKey;
use crate::{key_file, pem_file};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit};
use std::path::Path;
use zeroize::Zeroizing;

/// A key that was read.
struct Key {
    /// PKCS#8; not there when only the public key was read.
    private: Option<Zeroizing<Vec<u8>>>,
    /// SubjectPublicKeyInfo.
    public: Vec<u8>,
    input: Input,
}

pub(crate) fn pkey(arguments: &args::Pkey) -> anyhow::Result<Exit> {
    let key = read(&arguments.input)?;
    let mut out = String::new();
    if arguments.output.check || arguments.pubcheck {
        key.check()?;
        out.push_str("Key is valid\n");
    }
    let only_public = arguments.output.pubout || arguments.text_pub;
    let after = if arguments.output.text || arguments.text_pub { key.text()? } else { String::new() };
    write(&key, &arguments.output, Some(&arguments.encryption), only_public, [&out, &after])
}

pub(crate) fn rsa(arguments: &args::Rsa) -> anyhow::Result<Exit> {
    let key = read(&arguments.input)?;
    let public = key.parsed()?;
    let Some(modulus) = public.modulus() else {
        return Err(Error::new(format!("is not an RSA key, but {}", public.kind()))
            .file(&key.input)
            .hint("use khw-cert pkey, which takes any kind")
            .into());
    };
    let mut out = String::new();
    if arguments.output.text {
        out.push_str(&key.text()?);
    }
    if arguments.modulus {
        out.push_str(&format!("Modulus={modulus}\n"));
    }
    if arguments.output.check {
        key.check()?;
        out.push_str("RSA key ok\n");
    }
    write(&key, &arguments.output, Some(&arguments.encryption), arguments.output.pubout, [&out, ""])
}

pub(crate) fn ec(arguments: &args::Ec) -> anyhow::Result<Exit> {
    let key = read(&arguments.input)?;
    let public = key.parsed()?;
    if !matches!(public, PublicKey::Ec { .. }) {
        return Err(Error::new(format!("is not an ECDSA key, but {}", public.kind()))
            .file(&key.input)
            .hint("use khw-cert pkey, which takes any kind")
            .into());
    }
    let mut out = String::new();
    if arguments.output.text {
        out.push_str(&key.text()?);
    }
    if arguments.output.check {
        key.check()?;
    }
    write(&key, &arguments.output, None, arguments.output.pubout, [&out, ""])
}

fn read(arguments: &KeyInput) -> Result<Key, Error> {
    let input = Input::new(arguments.input.as_deref().unwrap_or(Path::new("-")));
    let unlock = Unlock::new("-passin", arguments.passin.as_ref(), &[&input])?;
    let bytes = Zeroizing::new(input.read()?);
    let at = |e: Error| e.file(&input);
    if arguments.pubin {
        let public = pem_file::content(&bytes, &["PUBLIC KEY"], arguments.inform, "a public key").map_err(at)?;
        return Ok(Key { private: None, public, input });
    }
    let is_der = crate::der::read_all(&bytes).is_some();
    match (arguments.inform, is_der) {
        (Some(Form::Der), false) => {
            return Err(at(Error::new("is not a private key in DER")).hint("leave -inform away, or say -inform PEM"));
        }
        (Some(Form::Pem), true) => {
            return Err(at(Error::new("is DER, not PEM")).hint("leave -inform away, or say -inform DER"));
        }
        _ => {}
    }
    let pkcs8 = key_file::pkcs8(&bytes, Some(&unlock)).map_err(at)?;
    // An RSA key of any size can be looked at; of the others only those that can be used.
    let public = match key_file::rsa_public_key(&pkcs8) {
        Some(public) => public,
        None => PrivateKey::from_pkcs8(pkcs8.clone()).map_err(at)?.public_key_der().to_vec(),
    };
    Ok(Key { private: Some(pkcs8), public, input })
}

impl Key {
    fn parsed(&self) -> Result<PublicKey<'_>, Error> {
        PublicKey::read(&self.public).ok_or_else(|| {
            Error::new("the public key is malformed").file(&self.input).hint("copy the file again, or make a new key")
        })
    }

    fn text(&self) -> Result<String, Error> {
        Ok(self.parsed()?.text(0))
    }

    /// Loading a private key checks that its numbers belong together.
    fn check(&self) -> Result<(), Error> {
        match &self.private {
            Some(pkcs8) => PrivateKey::from_pkcs8(pkcs8.clone()).map(|_| ()).map_err(|e| e.file(&self.input)),
            None => self.parsed().map(|_| ()),
        }
    }

    /// PKCS#8, encrypted if there is a passphrase.
    fn pkcs8(&self, passphrase: Option<&Passphrase>, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
        key_file::write(self.private.as_ref().ok_or_else(damaged)?, passphrase, form)
    }

    /// As `openssl ec` writes it.
    fn sec1(&self, form: Form) -> Result<Zeroizing<Vec<u8>>, Error> {
        let pkcs8 = self.private.as_ref().ok_or_else(damaged)?;
        let der = key_file::sec1(pkcs8, &self.public).ok_or_else(damaged)?;
        Ok(match form {
            Form::Der => der,
            Form::Pem => Zeroizing::new(pem_file::encode("EC PRIVATE KEY", &der).as_bytes().to_vec()),
        })
    }
}

/// Writes what was collected, before and after the key, and the key, if that is wanted: in PKCS#8, which may be encrypted,
/// or else in SEC1.
fn write(
    key: &Key,
    arguments: &KeyOutput,
    encryption: Option<&Encryption>,
    only_public: bool,
    [before, after]: [&str; 2],
) -> anyhow::Result<Exit> {
    let passphrase = encryption.map(Encryption::passphrase).transpose()?.flatten();
    let public = arguments.noout || only_public || key.private.is_none();
    if !public {
        write_key(arguments.out.as_deref(), arguments.force, || {
            let private = match encryption {
                Some(_) => key.pkcs8(passphrase.as_ref(), arguments.outform)?,
                None => key.sec1(arguments.outform)?,
            };
            Ok(Zeroizing::new([before.as_bytes(), &private, after.as_bytes()].concat()))
        })?;
        return Ok(Exit::Done);
    }
    let mut out = before.as_bytes().to_vec();
    if !arguments.noout {
        match arguments.outform {
            Form::Der => out.extend(&key.public),
            Form::Pem => out.extend(pem_file::encode("PUBLIC KEY", &key.public).bytes()),
        }
    }
    out.extend(after.bytes());
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(&out, Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}
