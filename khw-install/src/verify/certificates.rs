//! The CA, the kubelet's serving certificate and its key.

use super::Subject;
use super::component::Component;
use super::files::{Files, Named, Sensitivity};
use khw_cert::{Certificate, PrivateKey};
use khw_core::finding::Finding;
use std::path::PathBuf;
use time::{Duration, OffsetDateTime};

/// A warning comes this long before a certificate expires.
const SOON: Duration = Duration::days(30);

/// A certificate of the worker, and where it is.
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    pub(super) certificate: Certificate,
}

/// The CA that the kubelet verifies its callers with, or the one where the layout has it.
pub(super) fn ca(subject: &Subject<'_>, files: &mut Files<'_>, kubelet: &Component) -> Option<Loaded> {
    let named = kubelet.named("client-ca-file", Some("authentication.x509.clientCAFile"));
    if named.is_none()
        && let Some(path) = kubelet.configuration_path().map(std::path::Path::to_owned)
    {
        files.find(
            &path,
            Finding::error("client-ca-unset", "it is not set, so the API server is not let in (logs, exec)")
                .field("authentication.x509.clientCAFile")
                .fix(format!("set it to {}", subject.paths.ca.display())),
        );
    }
    let named = named.unwrap_or_else(|| Named::by_layout(&subject.paths.ca));
    let loaded = load(files, &named, "the CA certificate")?;
    if !loaded.certificate.is_ca() {
        files.find(
            &loaded.path,
            Finding::error("ca-not-ca", "is not the certificate of a CA")
                .fix("place the ca.crt that signed the others"),
        );
        return None;
    }
    let validity = validity(&loaded.certificate, subject.now);
    if let Some(finding) = validity {
        files.find(&loaded.path, finding);
    }
    Some(loaded)
}

/// The certificate that the kubelet shows to the API server, checked against its key and the CA.
pub(super) fn serving(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kubelet: &Component,
    ca: Option<&Loaded>,
) -> Option<Loaded> {
    let certificate = kubelet.named("tls-cert-file", Some("tlsCertFile"));
    let key = kubelet.named("tls-private-key-file", Some("tlsPrivateKeyFile"));
    if kubelet.is_whole() && (certificate.is_none() || key.is_none()) {
        let path = kubelet.configuration_path().map(std::path::Path::to_owned).unwrap_or_default();
        let field = if certificate.is_none() { "tlsCertFile" } else { "tlsPrivateKeyFile" };
        files.find(
            &path,
            Finding::warning("serving-certificate-unset", "it is not set, so the kubelet signs its own certificate")
                .field(field)
                .fix("name certificate and key here, or with --tls-cert-file and --tls-private-key-file in the unit"),
        );
        return None;
    }
    let certificate = certificate.unwrap_or_else(|| Named::by_layout(&subject.paths.kubelet_certificate));
    let key = key.unwrap_or_else(|| Named::by_layout(&subject.paths.kubelet_key));
    let key_content = files.read(&key, "the kubelet's private key", Sensitivity::Secret);
    let loaded = load(files, &certificate, "the kubelet's certificate");
    let key = key_content.and_then(|content| match PrivateKey::from_pem(&content) {
        Ok(parsed) => Some((key.path.clone(), parsed)),
        Err(error) => {
            files.find(&key.path, Finding::from_error("file-invalid", &error));
            None
        }
    });
    let loaded = loaded?;
    if let Some((path, key)) = key
        && !key.belongs_to(&loaded.certificate)
    {
        let shown = files.shown(&loaded.path);
        files.find(
            &path,
            Finding::error("key-mismatch", format!("does not belong to the certificate {shown}"))
                .fix("place the key that was made together with it"),
        );
    }
    let finding = validity(&loaded.certificate, subject.now);
    if let Some(finding) = finding {
        files.find(&loaded.path, finding);
    }
    if let Some(ca) = ca
        && !loaded.certificate.is_signed_by(&ca.certificate)
    {
        let shown = files.shown(&ca.path);
        files.find(
            &loaded.path,
            Finding::error("certificate-untrusted", format!("is not signed by the CA {shown}"))
                .fix("sign it again with this CA, or place the CA that signed it"),
        );
    }
    Some(loaded)
}

fn load(files: &mut Files<'_>, named: &Named, what: &str) -> Option<Loaded> {
    let content = files.read(named, what, Sensitivity::Public)?;
    match Certificate::from_pem(&content) {
        Ok(certificate) => Some(Loaded { path: named.path.clone(), certificate }),
        Err(error) => {
            files.find(&named.path, Finding::from_error("file-invalid", &error));
            None
        }
    }
}

/// What the dates of a certificate say now.
pub(super) fn validity(certificate: &Certificate, now: OffsetDateTime) -> Option<Finding> {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let renew = "make a new one, signed by the same CA";
    if until < now {
        Some(Finding::error("certificate-expired", format!("expired on {}", until.date())).fix(renew))
    } else if from > now {
        Some(
            Finding::error("certificate-not-yet-valid", format!("is valid only from {}", from.date()))
                .fix("set the clock of this host right"),
        )
    } else if until - now < SOON {
        Some(Finding::warning("certificate-expires-soon", format!("expires on {}", until.date())).fix(renew))
    } else {
        None
    }
}
