//! The private key of a certificate that is checked: whether it is there, can be read and is its own.
//!
//! The key that lies beside a certificate may be anything. What is wrong with it is a finding, so that the certificate
//! and the others of the command line are checked all the same; one that `--key` names is refused.

use crate::certificate::Certificate;
use crate::key::{self, PrivateKey};
use crate::passphrase::Unlock;
use crate::{args, key_file, key_source};
use khw_core::Error;
use khw_core::finding::Finding;
use khw_core::input::Input;
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

/// The names of the findings that are made here.
pub(crate) const FINDINGS: [&str; 2] = ["key-mismatch", "key-unreadable"];

/// What is wrong with the key that is given, or that lies beside the certificate. `weak` says that the certificate was
/// found to have a weak key already.
pub(crate) fn finding(
    arguments: &args::Check,
    path: &Path,
    certificate: &Certificate,
    weak: bool,
) -> Result<Option<Finding>, Error> {
    let input = match &arguments.key {
        Some(key) => key_source::input(key)?,
        None => {
            let beside = path.with_extension("key");
            if path.as_os_str() == "-" || beside == path || !beside.exists() {
                return Ok(None);
            }
            Input::File(beside)
        }
    };
    let unlock = Unlock::new("--key-pass", arguments.key_pass.as_ref(), &[&input, &Input::new(path)])?;
    let public = match public_key(&input, &unlock) {
        Ok(public) => public,
        Err(Unreadable::Key(_)) if weak => return Ok(None),
        Err(unreadable) if arguments.key.is_none() => return Ok(Some(unreadable.finding().file(&input))),
        Err(Unreadable::File(error) | Unreadable::Withheld(error) | Unreadable::Key(error)) => return Err(error),
    };
    let mismatch = || {
        let message = format!("is not the key of {}", Input::new(path));
        Finding::error("key-mismatch", message).fix("give the key with which the certificate was made")
    };
    let is_its_own = key::same_public_key(&public, certificate.public_key_der());
    Ok((!is_its_own).then(|| mismatch().file(input)))
}

/// Why a key cannot be looked at.
enum Unreadable {
    /// The file is not one with a private key.
    File(Error),
    /// The key may not be read by this user, or is under a passphrase: it may be right.
    Withheld(Error),
    /// The key is of a kind that is not used.
    Key(Error),
}

impl Unreadable {
    fn finding(self) -> Finding {
        let (error, withheld) = match self {
            Unreadable::File(error) | Unreadable::Key(error) => (error, false),
            Unreadable::Withheld(error) => (error, true),
        };
        let mut finding = Finding::from_error("key-unreadable", &error);
        if withheld {
            finding.severity = khw_core::finding::Severity::Warning;
            finding.message = format!("it is not compared with the certificate: {}", finding.message);
        }
        finding.fix.get_or_insert_with(|| "give the key with which the certificate was made".to_owned());
        finding
    }
}

/// The public key of a private one, also of an RSA key that is too short to be used.
fn public_key(input: &Input, unlock: &Unlock) -> Result<Vec<u8>, Unreadable> {
    let denied = input.path().and_then(|path| std::fs::File::open(path).err());
    let denied = denied.is_some_and(|cause| cause.kind() == ErrorKind::PermissionDenied);
    let content = input.read().map_err(|e| if denied { Unreadable::Withheld(e) } else { Unreadable::File(e) })?;
    let content = Zeroizing::new(content);
    let pkcs8 = key_file::pkcs8(&content, Some(unlock)).map_err(|e| {
        let withheld = !unlock.has_passphrase() && key_file::is_encrypted(&content);
        let error = e.file(input);
        if withheld { Unreadable::Withheld(error) } else { Unreadable::File(error) }
    })?;
    if let Some(rsa) = key_file::rsa_public_key(&pkcs8) {
        return Ok(rsa);
    }
    let key = PrivateKey::from_pkcs8(pkcs8).map_err(|e| Unreadable::Key(e.file(input)))?;
    Ok(key.public_key_der().to_vec())
}
