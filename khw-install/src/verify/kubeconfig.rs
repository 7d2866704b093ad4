//! The two kubeconfigs: who they say they are, whom they trust, where they go.

use super::Subject;
use super::certificates::{Loaded, validity};
use super::component::Component;
use super::files::{Files, Named, Origin, Sensitivity};
use super::identity::identity;
use khw_cert::{Certificate, PrivateKey};
use khw_core::NodeName;
use khw_core::finding::Finding;
use khw_kubeconfig::{Current, Kubeconfig, ServerUrl};
use std::path::{Path, PathBuf};

/// A kubeconfig's address of the API server.
pub(super) struct Server {
    path: PathBuf,
    address: String,
}

/// The kubelet's kubeconfig.
pub(super) fn kubelet(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kubelet: &Component,
    ca: Option<&Loaded>,
) -> Option<Server> {
    let named = kubelet.named("kubeconfig", None);
    if let Some(named) = &named
        && kubelet.flag("bootstrap-kubeconfig").is_some_and(|v| !v.is_empty())
        && subject.target.stat(&named.path).is_none()
    {
        // TLS bootstrapping: the kubelet writes it itself.
        return None;
    }
    let named = named.unwrap_or_else(|| Named::by_layout(&subject.paths.kubelet_kubeconfig));
    check(subject, files, &named, "the kubelet's kubeconfig", ca, &|certificate| {
        let mut findings = identity(certificate, subject.node);
        for finding in &mut findings {
            if finding.name == "node-name-mismatch" {
                finding.name = "kubeconfig-user";
                finding.fix =
                    Some("place the kubeconfig of this node, or say --node when this is another node".to_owned());
            }
        }
        findings
    })
}

/// kube-proxy's kubeconfig.
pub(super) fn kube_proxy(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kube_proxy: &Component,
    ca: Option<&Loaded>,
) -> Option<Server> {
    let named = kube_proxy.named("kubeconfig", Some("clientConnection.kubeconfig"));
    let named = named.unwrap_or_else(|| Named::by_layout(&subject.paths.kube_proxy_kubeconfig));
    check(subject, files, &named, "kube-proxy's kubeconfig", ca, &|certificate| {
        let name = certificate.common_name().unwrap_or_default();
        if !name.starts_with(NodeName::USER_PREFIX) {
            return Vec::new();
        }
        vec![
            Finding::error("kubeconfig-swapped", format!("is the kubelet's: its certificate is for '{name}'"))
                .fix("place kube-proxy's own kubeconfig"),
        ]
    })
}

/// Both programs go to the same cluster.
pub(super) fn same_server(files: &mut Files<'_>, kubelet: Option<Server>, kube_proxy: Option<Server>) {
    let (Some(kubelet), Some(kube_proxy)) = (kubelet, kube_proxy) else { return };
    if kubelet.address != kube_proxy.address {
        let other = files.shown(&kubelet.path);
        files.find(
            &kube_proxy.path,
            Finding::warning(
                "server-differs",
                format!("{} here, but {} in {other}", kube_proxy.address, kubelet.address),
            )
            .field("server")
            .fix("let both go to the same API server"),
        );
    }
}

fn check(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    named: &Named,
    what: &str,
    ca: Option<&Loaded>,
    who: &dyn Fn(&Certificate) -> Vec<Finding>,
) -> Option<Server> {
    let content = files.read(named, what, Sensitivity::Secret)?;
    let kubeconfig = match Kubeconfig::parse(&content) {
        Ok(kubeconfig) => kubeconfig,
        Err(error) => {
            files.find(&named.path, Finding::from_error("file-invalid", &error));
            return None;
        }
    };
    let current = match kubeconfig.current() {
        Ok(current) => current,
        Err(error) => {
            files.find(&named.path, Finding::from_error("kubeconfig-unresolved", &error));
            return None;
        }
    };
    trust(files, &named.path, &current, ca);
    credentials(subject, files, &named.path, &current, ca, who);
    match current.cluster.cluster.server.parse::<ServerUrl>() {
        Ok(url) => Some(Server { path: named.path.clone(), address: url.to_string() }),
        Err(error) => {
            let finding = Finding::from_error("kubeconfig-server", &error).field("server").line(current.cluster.line);
            files.find(&named.path, finding);
            None
        }
    }
}

/// The CA that the server is verified with is the worker's.
fn trust(files: &mut Files<'_>, kubeconfig: &Path, current: &Current<'_>, ca: Option<&Loaded>) {
    let entry = Entry { kubeconfig, line: current.cluster.line };
    let cluster = &current.cluster.cluster;
    let field = Field {
        name: "certificate-authority",
        data: cluster.certificate_authority_data.as_deref(),
        path: cluster.certificate_authority.as_deref(),
        what: "the CA certificate",
        sensitivity: Sensitivity::Public,
    };
    let Some((field, theirs)) = entry.parse(files, field, Certificate::from_pem) else { return };
    if let Some(ca) = ca
        && theirs.public_key_der() != ca.certificate.public_key_der()
    {
        let other = files.shown(&ca.path);
        let message = format!("is another CA than {other} (the keys differ, whatever the names say)");
        let fix = "make the kubeconfig again with the CA of this cluster";
        entry.find(files, &field, Finding::error("ca-differs", message).fix(fix));
    }
}

/// Certificate and key of the user.
fn credentials(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kubeconfig: &Path,
    current: &Current<'_>,
    ca: Option<&Loaded>,
    who: &dyn Fn(&Certificate) -> Vec<Finding>,
) {
    let entry = Entry { kubeconfig, line: current.user.line };
    let user = &current.user.user;
    let certificate = Field {
        name: "client-certificate",
        data: user.client_certificate_data.as_deref(),
        path: user.client_certificate.as_deref(),
        what: "the client certificate",
        sensitivity: Sensitivity::Public,
    };
    let key = Field {
        name: "client-key",
        data: user.client_key_data.as_ref().map(|data| data.expose().as_slice()),
        path: user.client_key.as_deref(),
        what: "the client key",
        sensitivity: Sensitivity::Secret,
    };
    let certificate = entry.parse(files, certificate, Certificate::from_pem);
    let key = entry.parse(files, key, PrivateKey::from_pem);
    let Some((field, certificate)) = certificate else { return };
    if let Some((key_field, key)) = key
        && !key.belongs_to(&certificate)
    {
        let fix = "make the kubeconfig again with the key that was made together with the certificate";
        let finding = Finding::error("key-mismatch", format!("does not belong to {field}")).fix(fix);
        entry.find(files, &key_field, finding);
    }
    let mut findings = who(&certificate);
    findings.extend(validity(&certificate, subject.now));
    if !certificate.has_client_usage() {
        let message = "clientAuth is not in the extended key usage";
        findings.push(Finding::error("certificate-usage", message).fix("make it again with khw-cert"));
    }
    if let Some(ca) = ca
        && !certificate.is_signed_by(&ca.certificate)
    {
        let message = format!("is not signed by the CA {}", files.shown(&ca.path));
        let fix = "make the kubeconfig again with a certificate that this CA signed";
        findings.push(Finding::error("certificate-untrusted", message).fix(fix));
    }
    for finding in findings {
        entry.find(files, &field, finding);
    }
}

/// A cluster or user of a kubeconfig.
struct Entry<'a> {
    kubeconfig: &'a Path,
    line: usize,
}

/// A certificate or key of an entry: in `NAME-data`, or in the file that `NAME` names.
struct Field<'a> {
    name: &'static str,
    data: Option<&'a [u8]>,
    path: Option<&'a str>,
    what: &'static str,
    sensitivity: Sensitivity,
}

impl Entry<'_> {
    fn find(&self, files: &mut Files<'_>, field: &str, finding: Finding) {
        files.find(self.kubeconfig, finding.line(self.line).field(field));
    }

    /// The name of the field that has it, and what is in it.
    fn parse<T>(
        &self,
        files: &mut Files<'_>,
        field: Field<'_>,
        parse: fn(&[u8]) -> Result<T, khw_core::Error>,
    ) -> Option<(String, T)> {
        let (name, parsed) = match field.data {
            Some(pem) => (format!("{}-data", field.name), parse(pem)),
            None => {
                // Relative paths count from the kubeconfig's directory (client-go, ResolveLocalPaths).
                let path = self.kubeconfig.parent()?.join(field.path.filter(|path| !path.is_empty())?);
                let origin =
                    Origin { file: files.shown(self.kubeconfig), line: Some(self.line), field: field.name.to_owned() };
                let pem = files.read(&Named { path, origin: Some(origin) }, field.what, field.sensitivity)?;
                (field.name.to_owned(), parse(&pem))
            }
        };
        match parsed {
            Ok(parsed) => Some((name, parsed)),
            Err(error) => {
                self.find(files, &name, Finding::from_error("file-invalid", &error));
                None
            }
        }
    }
}
