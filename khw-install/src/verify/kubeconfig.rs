//! The two kubeconfigs: who they say they are, whom they trust, where they go.

use super::Subject;
use super::certificates::{Loaded, is_untrusted, outlives, validity, weak};
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
    line: usize,
    url: ServerUrl,
}

impl Server {
    /// The host in it.
    pub(super) fn host(&self) -> &str {
        self.url.host()
    }
}

/// What the checks of one kubeconfig compare it with.
struct Expected<'a> {
    subject: &'a Subject<'a>,
    what: &'static str,
    ca: Option<&'a Loaded>,
    who: &'a dyn Fn(&Certificate) -> Vec<Finding>,
}

/// The kubelet's kubeconfig, and the bootstrap kubeconfig where there is one.
pub(super) fn kubelet(
    subject: &Subject<'_>,
    node: &NodeName,
    files: &mut Files<'_>,
    kubelet: &Component,
    ca: Option<&Loaded>,
) -> Option<Server> {
    let named = kubelet.path("kubeconfig", None);
    let bootstrap = kubelet.path("bootstrap-kubeconfig", None);
    if let Some(service) = kubelet.service().filter(|_| named.is_none()) {
        let message = "it is not set: the kubelet runs alone and never registers";
        let finding = Finding::error("kubeconfig-unset", message).line(service.command.line).field("--kubeconfig");
        let path = service.path.clone();
        let fix = format!("write --kubeconfig={}", subject.paths.kubelet_kubeconfig.display());
        files.find(&path, finding.fix(fix));
    }
    let named = named.unwrap_or_else(|| Named::by_layout(&subject.paths.kubelet_kubeconfig));
    let who = |certificate: &Certificate| {
        if certificate.common_name().as_deref() == Some("system:kube-proxy") {
            let message = "is kube-proxy's: its certificate is for 'system:kube-proxy'";
            let fix = "place the kubeconfig of this node here, and this one for kube-proxy";
            return vec![Finding::error("kubeconfig-swapped", message).fix(fix)];
        }
        let mut findings = identity(certificate, node);
        for finding in &mut findings {
            if finding.name == "node-name-mismatch" {
                finding.name = "kubeconfig-user";
                finding.fix =
                    Some("place the kubeconfig of this node, or say --node when this is another node".to_owned());
            }
        }
        findings
    };
    let nobody = |_: &Certificate| Vec::new();
    let bootstrapped = bootstrap.as_ref().is_some_and(|_| subject.target.stat(&named.path).is_none());
    let mut server = None;
    if let Some(bootstrap) = bootstrap {
        // Once there is a kubeconfig, nobody reads this one any more.
        if bootstrapped || subject.target.stat(&bootstrap.path).is_some() {
            let what = "the bootstrap kubeconfig";
            server = check(files, &bootstrap, &Expected { subject, what, ca, who: &nobody });
        }
    }
    if bootstrapped {
        // The kubelet writes it itself.
        files.refer(&named, "the kubelet's kubeconfig, which the kubelet makes", true);
        return server;
    }
    check(files, &named, &Expected { subject, what: "the kubelet's kubeconfig", ca, who: &who })
}

/// kube-proxy's kubeconfig.
pub(super) fn kube_proxy(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    kube_proxy: &Component,
    ca: Option<&Loaded>,
) -> Option<Server> {
    let named = kube_proxy.path("kubeconfig", Some("clientConnection.kubeconfig"));
    if kube_proxy.is_whole() && named.is_none() {
        let message = "it is not set: kube-proxy looks for a Pod's service account and stops";
        let fix = format!("set it to {}", subject.paths.kube_proxy_kubeconfig.display());
        if let Some(path) = kube_proxy.configuration_path().map(Path::to_owned) {
            let finding = Finding::error("kubeconfig-unset", message).field("clientConnection.kubeconfig");
            files.find(&path, finding.fix(fix));
        }
    }
    let named = named.unwrap_or_else(|| Named::by_layout(&subject.paths.kube_proxy_kubeconfig));
    let who = |certificate: &Certificate| {
        let name = certificate.common_name().unwrap_or_default();
        if name.starts_with(NodeName::USER_PREFIX) {
            let message = format!("is the kubelet's: its certificate is for '{name}'");
            return vec![Finding::error("kubeconfig-swapped", message).fix("place kube-proxy's own kubeconfig")];
        }
        if certificate.organizations().iter().any(|o| o == "system:masters") {
            // Said by itself.
            return Vec::new();
        }
        if name != "system:kube-proxy" {
            let message = format!("is for '{name}'; the role system:node-proxier is bound to system:kube-proxy");
            let fix = "make it again with `khw-cert client kube-proxy`, or bind the role to this name";
            return vec![Finding::warning("kube-proxy-user", message).field("CN").fix(fix)];
        }
        Vec::new()
    };
    check(files, &named, &Expected { subject, what: "kube-proxy's kubeconfig", ca, who: &who })
}

/// Both programs go to the same cluster.
pub(super) fn same_server(files: &mut Files<'_>, kubelet: Option<&Server>, kube_proxy: Option<&Server>) {
    let (Some(kubelet), Some(kube_proxy)) = (kubelet, kube_proxy) else { return };
    if kubelet.url.as_str() != kube_proxy.url.as_str() {
        let other = files.shown(&kubelet.path);
        files.find(
            &kube_proxy.path,
            Finding::warning(
                "server-differs",
                format!("{} here, but {} in {other}:{}", kube_proxy.url, kubelet.url, kubelet.line),
            )
            .line(kube_proxy.line)
            .field("server")
            .fix("let both go to the same API server"),
        );
    }
}

fn check(files: &mut Files<'_>, named: &Named, expected: &Expected<'_>) -> Option<Server> {
    let content = files.read(named, expected.what, Sensitivity::Secret)?;
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
    trust(files, &named.path, &current, expected.ca);
    credentials(files, &named.path, &current, expected);
    server(files, &named.path, &current)
}

fn server(files: &mut Files<'_>, path: &Path, current: &Current<'_>) -> Option<Server> {
    let line = current.cluster.line;
    let at = |finding: Finding| finding.field("server").line(line);
    let url = match current.cluster.cluster.server.parse::<ServerUrl>() {
        Ok(url) => url,
        Err(error) => {
            files.find(path, at(Finding::from_error("kubeconfig-server", &error)));
            return None;
        }
    };
    files.relate(path, "server", url.as_str(), "the API server");
    if !url.is_https() {
        let message = format!("{url} is not https: the client certificate is not shown, and everybody can listen");
        files.find(path, at(Finding::error("server-not-https", message)).fix("write https://"));
    }
    if url.is_loopback() {
        let message = format!("{url} is this host itself: right only where an API server or a proxy to it runs on it");
        let fix = "write the address of the API server, or of the load balancer before it";
        files.find(path, at(Finding::warning("server-loopback", message)).fix(fix));
    }
    Some(Server { path: path.to_owned(), line, url })
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
    let has_ca = field.data.is_some() || field.path.is_some_and(|path| !path.is_empty());
    if cluster.insecure_skip_tls_verify {
        let finding = if has_ca {
            let message = "cannot stand beside a certificate-authority: the program stops";
            Finding::error("server-not-verified", message)
        } else {
            Finding::error("server-not-verified", "true: whoever answers is taken for the API server")
        };
        entry.find(files, "insecure-skip-tls-verify", finding.fix("take the line away, and name the cluster's CA"));
    } else if !has_ca {
        let message = "it is not set, and no public CA has signed the API server's certificate";
        let fix = "make the kubeconfig again with --certificate-authority";
        entry.find(files, "certificate-authority", Finding::error("kubeconfig-ca-unset", message).fix(fix));
    }
    let is_embedded = field.data.is_some();
    let Some((field, theirs)) = entry.parse(files, field, Certificate::all_from_pem) else { return };
    if let Some(ca) = ca.filter(|_| is_embedded) {
        let shown = files.shown(&ca.path);
        files.relate(kubeconfig, &field, &shown, "the CA certificate");
    }
    if let Some(ca) = ca
        && !theirs.iter().any(|theirs| ca.all.iter().any(|ca| theirs.public_key_der() == ca.public_key_der()))
    {
        let other = files.shown(&ca.path);
        let message = format!("is another CA than {other} (the keys differ, whatever the names say)");
        let fix = "make the kubeconfig again with the CA of this cluster";
        entry.find(files, &field, Finding::error("ca-differs", message).fix(fix));
    }
}

/// Certificate and key of the user.
fn credentials(files: &mut Files<'_>, kubeconfig: &Path, current: &Current<'_>, expected: &Expected<'_>) {
    let Expected { subject, ca, who, .. } = expected;
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
    let (has_certificate, has_key) = (certificate.is_set(), key.is_set());
    let has_other = user.token.is_some() || user.token_file.is_some() || user.password.is_some() || user.has_plugin();
    if !has_certificate && !has_key && !has_other {
        let message = "has no certificate and no token: for the API server it is nobody (system:anonymous)";
        let fix = "make the kubeconfig again with --client-certificate and --client-key";
        entry.find(files, "user", Finding::error("kubeconfig-no-credentials", message).fix(fix));
    }
    for (has, other, name) in
        [(has_certificate, has_key, "client-key"), (has_key, has_certificate, "client-certificate")]
    {
        if has && !other {
            let message = "it is not set, and of the pair one alone is refused";
            let fix = "make the kubeconfig again with --client-certificate and --client-key";
            entry.find(files, name, Finding::error("kubeconfig-pair-incomplete", message).fix(fix));
        }
    }
    let certificate = entry.parse(files, certificate, Certificate::all_from_pem);
    let key = entry.parse(files, key, PrivateKey::from_pem);
    let Some((field, chain)) = certificate else { return };
    let Some(certificate) = chain.first() else { return };
    if let Some(name) = certificate.common_name().filter(|name| *name != current.user.name)
        && current.user.name.starts_with("system:")
    {
        let message = format!("the entry is called '{}', but its certificate is for '{name}'", current.user.name);
        let fix = "the certificate counts: call the entry by its name, or put in the other certificate";
        entry.find(files, "name", Finding::warning("kubeconfig-user-name", message).fix(fix));
    }
    if certificate.organizations().iter().any(|o| o == "system:masters") {
        let message = "is in system:masters: who takes it from this worker is the cluster's administrator";
        let finding =
            Finding::error("kubeconfig-masters", message).fix("make a certificate of its own for this program");
        entry.find(files, &field, finding);
    }
    if let Some((key_field, key)) = key
        && !key.belongs_to(certificate)
    {
        let fix = "make the kubeconfig again with the key that was made together with the certificate";
        let finding = Finding::error("key-mismatch", format!("does not belong to {field}")).fix(fix);
        entry.find(files, &key_field, finding);
    }
    let mut findings = who(certificate);
    findings.extend(validity(certificate, subject.now));
    findings.extend(weak(certificate));
    findings.extend(ca.and_then(|ca| outlives(&chain, ca, &files.shown(&ca.path))));
    if !certificate.has_client_usage() {
        let message = "clientAuth is not in the extended key usage";
        findings.push(Finding::error("certificate-usage", message).fix("make it again with khw-cert"));
    }
    if let Some(ca) = ca
        && is_untrusted(&chain, ca)
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

impl Field<'_> {
    fn is_set(&self) -> bool {
        self.data.is_some() || self.path.is_some_and(|path| !path.is_empty())
    }
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
