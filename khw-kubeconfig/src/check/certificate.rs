//! Certificates and keys of a kubeconfig, read and looked at.

use super::Checker;
use khw_cert::{Certificate, PrivateKey};
use khw_core::Error;
use khw_core::finding::Finding;
use khw_core::input::Input;

/// Where a certificate or key is: in the kubeconfig, or in a file.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) list: &'static str,
    pub(super) name: &'a str,
    /// `client-key`; with `-data` behind it the field of the data.
    pub(super) field: &'static str,
    pub(super) data: Option<&'a [u8]>,
    pub(super) path: Option<&'a str>,
}

impl Source<'_> {
    /// The field that a client takes: the data win.
    pub(super) fn used(&self) -> String {
        if self.data.is_some() { format!("{}-data", self.field) } else { self.field.to_owned() }
    }

    /// The bytes. Finds a file that is not there.
    pub(super) fn read(&self, checker: &mut Checker<'_>) -> Option<Vec<u8>> {
        if self.data.is_some() && self.path.is_some() {
            let message = format!("is there beside {}-data: clients refuse both", self.field);
            let finding = Finding::error("data-and-path", message).fix("remove one of the two");
            checker.find(self.list, self.name, self.field, finding);
        }
        if let Some(data) = self.data {
            return Some(data.to_vec());
        }
        let file = checker.file(self.path?);
        match Input::File(file.clone()).read() {
            Ok(content) => Some(content),
            Err(error) => {
                let message = format!("{}: {}", file.display(), error.what());
                let fix = error.advice().unwrap_or("put the file there, or correct the path").to_owned();
                let finding = Finding::error("path-missing", message).fix(fix);
                checker.find(self.list, self.name, self.field, finding);
                None
            }
        }
    }

    /// All certificates, each in date.
    pub(super) fn certificates(&self, checker: &mut Checker<'_>) -> Vec<Certificate> {
        let Some(content) = self.read(checker) else { return Vec::new() };
        let certificates = Certificate::all_from_pem(&content).and_then(|all| match all.is_empty() {
            true => Err(Error::new("has no PEM block with a certificate").hint("is this the right file?")),
            false => Ok(all),
        });
        match certificates {
            Ok(certificates) => {
                for certificate in &certificates {
                    self.dates(checker, certificate);
                }
                certificates
            }
            Err(error) => {
                checker.find_error(self.list, self.name, &self.used(), "certificate-invalid", &error);
                Vec::new()
            }
        }
    }

    /// The private key.
    pub(super) fn key(&self, checker: &mut Checker<'_>) -> Option<PrivateKey> {
        let content = self.read(checker)?;
        match PrivateKey::from_pem(&content) {
            Ok(key) => Some(key),
            Err(error) => {
                checker.find_error(self.list, self.name, &self.used(), "key-invalid", &error);
                None
            }
        }
    }

    fn dates(&self, checker: &mut Checker<'_>, certificate: &Certificate) {
        let (from, until) = (certificate.not_before(), certificate.not_after());
        let subject = certificate.subject();
        let finding = if until < checker.now {
            Finding::error("certificate-expired", format!("{subject} expired on {}", until.date()))
        } else if from > checker.now {
            Finding::error("certificate-not-yet-valid", format!("{subject} is valid only from {}", from.date()))
        } else if until - checker.now < checker.expires_within {
            Finding::warning("certificate-expires-soon", format!("{subject} expires on {}", until.date()))
        } else {
            return;
        };
        checker.find(self.list, self.name, &self.used(), finding.fix("make a new one, and set it again"));
    }
}
