//! `khw-cert genrsa`: openssl's, with a file that only its owner reads and that is not overwritten.

use crate::args;
use crate::key::{KeyType, PrivateKey};
use crate::pair::KEY;
use khw_core::output::{Kind, Output};
use khw_core::place::{self, Existing};
use khw_core::{Error, Exit};
use std::io::IsTerminal;

pub(crate) fn run(arguments: &args::Genrsa) -> anyhow::Result<Exit> {
    let kind = match arguments.bits.as_str() {
        "2048" => KeyType::Rsa2048,
        "3072" => KeyType::Rsa3072,
        "4096" => KeyType::Rsa4096,
        other => {
            return Err(Error::new(format!("an RSA key of '{}' bits is not made", other.escape_debug()))
                .field("BITS")
                .hint("it is one of 2048, 3072, 4096")
                .into());
        }
    };
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    match arguments.out.as_deref().filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            let key = PrivateKey::generate(kind)?;
            place::file(path, key.to_pem().as_bytes(), KEY, existing)?;
        }
        None if std::io::stdout().is_terminal() => {
            return Err(Error::new("a private key is not shown on a terminal").hint("say -out FILE").into());
        }
        None => {
            let key = PrivateKey::generate(kind)?;
            Output::default().write(key.to_pem().as_bytes(), Kind::Secret, existing)?;
        }
    }
    Ok(Exit::Done)
}
