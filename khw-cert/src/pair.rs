//! A private key and its certificate as two files, of which either both are written or none.

use crate::args::Signer;
use crate::certificate::Certificate;
use crate::issue::date;
use crate::key::PrivateKey;
use crate::openssl_args::Form;
use crate::passphrase::Passphrase;
use khw_core::output::Kind;
use khw_core::place::{self, Attributes, Existing, Permission};
use khw_core::{Error, cli};
use std::path::{Path, PathBuf};

/// Mode 0600 under any umask, from the first byte.
pub(crate) const KEY: Attributes = Attributes { permission: Permission::Exactly(0o600), owner: None };

/// The two files of a pair.
pub(crate) struct Files {
    key: PathBuf,
    certificate: PathBuf,
    existing: Existing,
}

impl Files {
    /// `DIR/STEM.key` and `DIR/STEM.crt`. Refused before any work when one is there and may not be replaced.
    pub(crate) fn new(directory: &Path, stem: &str, force: bool) -> Result<Self, Error> {
        let file = |ending: &str| directory.join(format!("{stem}.{ending}"));
        let existing = if force { Existing::Replace } else { Existing::Refuse };
        let files = Files { key: file("key"), certificate: file("crt"), existing };
        if !force {
            for path in [&files.key, &files.certificate] {
                if std::fs::symlink_metadata(path).is_ok() {
                    return Err(Error::new("is already there and is not overwritten")
                        .file(path.display())
                        .hint("move it away, or say --force if it is of no use any more"));
                }
            }
        }
        Ok(files)
    }

    /// Both paths.
    pub(crate) fn paths(&self) -> [&Path; 2] {
        [&self.key, &self.certificate]
    }

    /// Writes both and says so.
    pub(crate) fn write(
        &self,
        key: &PrivateKey,
        passphrase: Option<&Passphrase>,
        certificate: &Certificate,
    ) -> Result<(), Error> {
        place::file(&self.key, &key.to_file(passphrase, Form::Pem)?, KEY, self.existing)?;
        let pem = certificate.to_pem();
        let placed = place::file(&self.certificate, pem.as_bytes(), Kind::Public.attributes(), self.existing);
        if let Err(error) = placed {
            if self.existing == Existing::Refuse {
                // The key is new and nobody has seen it: without its certificate it is of no use.
                let _ = std::fs::remove_file(&self.key);
            }
            return Err(error);
        }
        cli::note("khw-cert", format_args!("{}: written, mode 0600", self.key.display()));
        let end = date(certificate.not_after());
        cli::note("khw-cert", format_args!("{}: written, valid until {end}", self.certificate.display()));
        Ok(())
    }
}

/// Refuses files that are those of the CA that signs.
pub(crate) fn spare_signer(files: &[&Path], signer: &Signer) -> Result<(), Error> {
    let key = signer.ca_key.clone().unwrap_or_else(|| signer.ca.with_extension("key"));
    match files.iter().find(|file| is_same(file, &signer.ca) || is_same(file, &key)) {
        None => Ok(()),
        Some(file) => Err(Error::new("is of the CA that signs, and is not overwritten")
            .file(file.display())
            .hint("choose another name, or another directory with -d DIR")),
    }
}

/// Whether both paths lead to one file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let real = std::fs::canonicalize;
    matches!((real(one), real(other)), (Ok(one), Ok(other)) if one == other)
}

/// The directory for the files: the given one, or that of the CA.
pub(crate) fn directory(given: Option<&Path>, ca: &Path) -> PathBuf {
    match (given, ca.parent()) {
        (Some(given), _) => given.to_owned(),
        (None, Some(parent)) if ca.as_os_str() != "-" => parent.to_owned(),
        (None, _) => PathBuf::new(),
    }
}
