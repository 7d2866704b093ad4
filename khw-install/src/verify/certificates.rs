//! The CA, the kubelet's serving certificate and its key.

use super::Subject;
use super::component::Component;
use super::files::{Files, Named, Sensitivity, at};
use khw_cert::{Certificate, Facts, PrivateKey};
use khw_core::finding::Finding;
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

/// A warning comes this long before a certificate expires.
const SOON: Duration = Duration::days(30);

/// A certificate of the worker, and where it is.
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    pub(super) certificate: Certificate,
    /// All of the file, at least that one: of a CA file other CAs, of a leaf's the intermediate ones.
    pub(super) all: Vec<Certificate>,
}

/// The CA that the kubelet verifies its callers with, or the one where the layout has it.
pub(super) fn ca(subject: &Subject<'_>, files: &mut Files<'_>, kubelet: &Component) -> Option<Loaded> {
    let named = kubelet.path("client-ca-file", Some("authentication.x509.clientCAFile"));
    if named.is_none()
        && let Some(path) = kubelet.configuration_path().map(Path::to_owned)
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
    if !loaded.all.iter().all(Certificate::is_ca) {
        files.find(
            &loaded.path,
            Finding::error("ca-not-ca", "is not the certificate of a CA")
                .fix("place the ca.crt that signed the others"),
        );
        return None;
    }
    // While one CA is exchanged for another, the old one may have expired.
    let found: Vec<_> = loaded.all.iter().map(|certificate| validity(certificate, subject.now)).collect();
    if found.iter().all(Option::is_some)
        && let Some(finding) = found.into_iter().flatten().next()
    {
        files.find(&loaded.path, finding);
    }
    key_of_ca(files, &loaded);
    Some(loaded)
}

/// The certificate that the kubelet shows to the API server, checked against its key and the CA.
pub(super) fn serving(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kubelet: &Component,
    ca: Option<&Loaded>,
) -> Option<Loaded> {
    let certificate = kubelet.path("tls-cert-file", Some("tlsCertFile"));
    let key = kubelet.path("tls-private-key-file", Some("tlsPrivateKeyFile"));
    let bootstrap = kubelet
        .value(Some("rotate-server-certificates"), Some("serverTLSBootstrap"))
        .filter(|(value, _)| value == "true")
        .map(|(_, origin)| origin);
    if let (Some(origin), Some(certificate)) = (&bootstrap, &certificate) {
        let message = format!(
            "true, so the kubelet asks the cluster for a certificate and does not serve with {}",
            certificate.path.display()
        );
        let fix = "take one of them away";
        files.findings.push(at(Finding::warning("serving-certificate-unused", message), origin).fix(fix));
    }
    if bootstrap.is_some() && certificate.is_none() {
        // It comes by a signing request, after the start.
        return None;
    }
    if kubelet.is_whole() && (certificate.is_none() || key.is_none()) {
        // One of them alone is the configuration's own finding, tls-pair-incomplete.
        if certificate.is_none() && key.is_none() {
            let path = kubelet.configuration_path().map(Path::to_owned).unwrap_or_default();
            let finding = Finding::warning(
                "serving-certificate-unset",
                "it is not set, so the kubelet signs its own certificate",
            );
            let fix = "name certificate and key here, or with --tls-cert-file and --tls-private-key-file in the unit";
            files.find(&path, finding.field("tlsCertFile").fix(fix));
        }
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
    for finding in validity(&loaded.certificate, subject.now).into_iter().chain(weak(&loaded.certificate)) {
        files.find(&loaded.path, finding);
    }
    if let Some(finding) = ca.and_then(|ca| outlives(&loaded.all, ca, &files.shown(&ca.path))) {
        files.find(&loaded.path, finding);
    }
    if let Some(ca) = ca {
        let shown = files.shown(&ca.path);
        files.relate(&loaded.path, "signed by", &shown, "the CA certificate");
    }
    if let Some(ca) = ca
        && is_untrusted(&loaded.all, ca)
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

/// The CA's key has no business on a worker: who reads it can be anybody in the cluster.
fn key_of_ca(files: &mut Files<'_>, ca: &Loaded) {
    let stem = ca.path.file_stem().unwrap_or_default().to_string_lossy();
    // Kelsey Hightower's guide called it ca-key.pem until 2023.
    for path in [ca.path.with_extension("key"), ca.path.with_file_name(format!("{stem}-key.pem")), ca.path.clone()] {
        let Ok(Some(found)) = files.target.read(&path) else { continue };
        if PrivateKey::from_pem(&found.content).is_ok_and(|key| ca.all.iter().any(|ca| key.belongs_to(ca))) {
            let message = if path == ca.path {
                "holds the CA's key too: with it anybody can be made a cluster administrator".to_owned()
            } else {
                let shown = files.shown(&ca.path);
                format!("is the key of the CA {shown}: with it anybody can be made a cluster administrator")
            };
            let fix = "take it away from the worker; the CA's key stays where certificates are made";
            files.find(&path, Finding::error("ca-key-on-worker", message).fix(fix));
        }
    }
}

/// A certificate that is valid for longer than its CA breaks with it, earlier than its own date says.
pub(super) fn outlives(chain: &[Certificate], ca: &Loaded, shown: &str) -> Option<Finding> {
    let (ours, theirs) = (chain.first()?.not_after(), khw_cert::signer(&ca.all, chain)?.not_after());
    // The guides give both the same number of days, and make the CA a minute or a day earlier.
    (ours - theirs > SOON).then(|| {
        let message = format!("is valid until {}, but its CA {shown} only until {}", ours.date(), theirs.date());
        Finding::warning("certificate-outlives-ca", message).fix("renew the CA before it expires")
    })
}

fn load(files: &mut Files<'_>, named: &Named, what: &str) -> Option<Loaded> {
    let content = files.read(named, what, Sensitivity::Public)?;
    match Certificate::all_from_pem(&content) {
        Ok(all) => Some(Loaded { path: named.path.clone(), certificate: all.first()?.clone(), all }),
        Err(error) => {
            files.find(&named.path, Finding::from_error("file-invalid", &error));
            None
        }
    }
}

/// Whether no CA of the worker signed it. Of a signature that is too weak to be looked at, [`weak`] speaks.
pub(super) fn is_untrusted(chain: &[Certificate], ca: &Loaded) -> bool {
    let leaf = chain.first();
    let is_weak = leaf.is_some_and(|leaf| weak(leaf).iter().any(|finding| finding.name == "weak-signature"));
    !is_weak && khw_cert::signer(&ca.all, chain).is_none()
}

/// What is too weak for TLS, as `khw-cert check` names it. Go refuses signatures with SHA-1 from 1.18 on, which Kubernetes 1.24 is
/// built with.
pub(super) fn weak(certificate: &Certificate) -> Vec<Finding> {
    let Ok(facts) = Facts::of(certificate) else { return Vec::new() };
    let found = [("weak-key", facts.weak_key), ("weak-signature", facts.weak_signature)];
    let found = found.into_iter().filter_map(|(name, what)| Some(Finding::error(name, what?)));
    found.map(|finding| finding.fix("make a new one with khw-cert, signed by the same CA")).collect()
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
