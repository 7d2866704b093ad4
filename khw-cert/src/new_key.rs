//! `khw-cert key`: a new private key, on standard output or in a file that only its owner reads.

use crate::args;
use crate::key::PrivateKey;
use crate::pair::KEY;
use khw_core::output::{Kind, Output};
use khw_core::place::{self, Existing};
use khw_core::{Error, Exit};
use std::io::IsTerminal;

pub(crate) fn run(arguments: &args::Key) -> anyhow::Result<Exit> {
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
            let key = PrivateKey::generate(arguments.key_type)?;
            place::file(path, key.to_pem().as_bytes(), KEY, existing)?;
        }
        None if std::io::stdout().is_terminal() => {
            return Err(Error::new("a private key is not shown on a terminal").hint("say -o FILE").into());
        }
        None => {
            let key = PrivateKey::generate(arguments.key_type)?;
            Output::default().write(key.to_pem().as_bytes(), Kind::Secret, existing)?;
        }
    }
    Ok(Exit::Done)
}
