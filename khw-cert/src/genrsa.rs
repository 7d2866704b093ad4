//! `khw-cert genrsa`: openssl's, with a file that only its owner reads and that is not overwritten.

use crate::genpkey::rsa;
use crate::key::PrivateKey;
use crate::openssl_args::{self as args, Form};
use crate::pair::KEY;
use khw_core::output::{Kind, Output};
use khw_core::place::{self, Existing};
use khw_core::{Error, Exit};
use std::io::IsTerminal;
use std::path::Path;
use zeroize::Zeroizing;

pub(crate) fn run(arguments: &args::Genrsa) -> anyhow::Result<Exit> {
    let kind = rsa(&arguments.bits)?;
    let passphrase = arguments.encryption.passphrase()?;
    write_key(arguments.out.as_deref(), arguments.force, || {
        PrivateKey::generate(kind)?.to_file(passphrase.as_ref(), Form::Pem)
    })?;
    Ok(Exit::Done)
}

/// Writes a private key to a file with mode 0600, which is not overwritten without `force`, or to standard output, unless
/// that is a terminal. The key is made when it is known where it goes.
pub(crate) fn write_key(
    out: Option<&Path>,
    force: bool,
    key: impl FnOnce() -> Result<Zeroizing<Vec<u8>>, Error>,
) -> anyhow::Result<()> {
    let existing = if force { Existing::Replace } else { Existing::Refuse };
    match out.filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            place::file(path, &key()?, KEY, existing)?;
        }
        None if std::io::stdout().is_terminal() => {
            return Err(Error::new("a private key is not shown on a terminal").hint("say -out FILE").into());
        }
        None => {
            Output::default().write(&key()?, Kind::Secret, existing)?;
        }
    }
    Ok(())
}
