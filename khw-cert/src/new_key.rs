//! `khw-cert key`: a new private key, on standard output or in a file that only its owner reads.

use crate::args;
use crate::key::PrivateKey;
use crate::openssl_args::Form;
use crate::pair::KEY;
use crate::passphrase::for_writing;
use khw_core::output::{Kind, Output};
use khw_core::place::{self, Existing};
use khw_core::{Error, Exit};
use std::io::IsTerminal;

pub(crate) fn run(arguments: &args::Key) -> anyhow::Result<Exit> {
    let passphrase = arguments.key_pass.as_ref().map(|source| for_writing("--key-pass", source)).transpose()?;
    let make = || PrivateKey::generate(arguments.key_type)?.to_file(passphrase.as_ref(), Form::Pem);
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    match arguments.output.path() {
        Some(path) => {
            // Before the work, which with RSA may take a second.
            if existing == Existing::Refuse && std::fs::symlink_metadata(path).is_ok_and(|there| there.is_file()) {
                return Err(Error::new("is already there and is not overwritten")
                    .file(path.display())
                    .hint("move it away, or say --force if it is of no use any more")
                    .into());
            }
            place::file(path, &make()?, KEY, existing)?;
        }
        None if std::io::stdout().is_terminal() => {
            return Err(Error::new("a private key is not shown on a terminal").hint("say -o FILE").into());
        }
        None => {
            Output::default().write(&make()?, Kind::Secret, existing)?;
        }
    }
    Ok(Exit::Done)
}
