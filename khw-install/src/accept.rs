//! What a verb takes: each file is checked by itself, and against what is known of the node, before anything is placed.
//!
//! Pure: bytes in, a refusal out. `khw-install verify` then looks at all files together.

use crate::artefact::Artefact;
use khw_cert::{Certificate, PrivateKey};
use khw_core::finding::{Finding, Severity};
use khw_core::input::refuse_private_key;
use khw_core::{Error, KubernetesVersion, NodeName};
use khw_kubeconfig::{Kubeconfig, ServerUrl};
use khw_kubelet_conf::component::Document;
use khw_unit::Unit;

/// What is known besides the file itself.
#[derive(Default)]
pub struct Known {
    /// The CA that is placed or is about to be; several while one is exchanged for another, none when it is not known.
    pub authorities: Vec<Certificate>,
    /// Certificates that a key may belong to: beside it, or placed.
    pub certificates: Vec<Certificate>,
}

/// Checks the content of one file.
///
/// # Errors
/// When it is not what the verb is for, or cannot work on this node.
pub fn accept(artefact: Artefact, content: &[u8], node: &NodeName, known: &Known) -> Result<(), Error> {
    match artefact {
        Artefact::Ca => ca(content),
        Artefact::KubeletCertificate => kubelet_certificate(content, node, known),
        Artefact::KubeletKey => key(content, known, "the node's certificate", "kubelet-cert"),
        Artefact::KubeletKubeconfig => kubelet_kubeconfig(content, node),
        Artefact::KubeletBootstrapKubeconfig => bootstrap_kubeconfig(content),
        Artefact::KubeProxyCertificate => kube_proxy_certificate(content, known),
        Artefact::KubeProxyKey => key(content, known, "kube-proxy's certificate", "kube-proxy-cert"),
        Artefact::KubeProxyKubeconfig => kube_proxy_kubeconfig(content),
        Artefact::KubeletConfig => {
            component(content, "KubeletConfiguration", "khw-kubelet-conf", khw_kubelet_conf::check)
        }
        Artefact::KubeProxyConfig => {
            component(content, "KubeProxyConfiguration", "khw-proxy-conf", khw_proxy_conf::check)
        }
        Artefact::KubeletUnit => unit(content, "kubelet"),
        Artefact::KubeProxyUnit => unit(content, "kube-proxy"),
    }
}

/// The certificates of a file for certificates, at least one.
fn certificates(content: &[u8]) -> Result<Vec<Certificate>, Error> {
    let certificates = Certificate::all_from_pem(content)?;
    // Everybody may read a certificate, and the CA's key is not the worker's business at all.
    match refuse_private_key(&String::from_utf8_lossy(content)) {
        Ok(()) => Ok(certificates),
        Err(error) => Err(Error::new("holds a private key too")
            .line(error.line_number().unwrap_or(1))
            .hint("take the key out of it: only certificates belong here")),
    }
}

fn ca(content: &[u8]) -> Result<(), Error> {
    if certificates(content)?.iter().all(Certificate::is_ca) {
        return Ok(());
    }
    Err(Error::new("is not the certificate of a CA")
        .hint("the API server's clients are verified with it: take the ca.crt that signed them"))
}

fn kubelet_certificate(content: &[u8], node: &NodeName, known: &Known) -> Result<(), Error> {
    let chain = certificates(content)?;
    let Some(certificate) = chain.first() else { return Ok(()) };
    let again = || format!("make it with `khw-cert node {node} ADDRESS`");
    let common_name = certificate.common_name().unwrap_or_default();
    if common_name != node.user() {
        return Err(Error::new(format!("is for '{}', not for {}", common_name.escape_debug(), node.user()))
            .field("CN")
            .hint(format!("{}, or say --node when this is another node", again())));
    }
    if !certificate.organizations().iter().any(|o| o == NodeName::GROUP) {
        return Err(Error::new(format!("{} is not in it", NodeName::GROUP)).field("O").hint(again()));
    }
    if certificate.dns_names().is_empty() && certificate.ip_addresses().is_empty() {
        return Err(Error::new("there is none, so `kubectl logs` and `exec` will fail")
            .field("subjectAltName")
            .hint(again()));
    }
    signed(&chain, known)
}

fn kube_proxy_certificate(content: &[u8], known: &Known) -> Result<(), Error> {
    let chain = certificates(content)?;
    match chain.first().and_then(Certificate::common_name) {
        Some(name) if name.starts_with(NodeName::USER_PREFIX) => {
            Err(Error::new(format!("is the kubelet's: it is for '{}'", name.escape_debug()))
                .field("CN")
                .hint("take kube-proxy.crt, which `khw-cert client kube-proxy` makes"))
        }
        _ => signed(&chain, known),
    }
}

fn signed(chain: &[Certificate], known: &Known) -> Result<(), Error> {
    if known.authorities.is_empty() || khw_cert::signer(&known.authorities, chain).is_some() {
        return Ok(());
    }
    Err(Error::new("is not signed by the CA of this worker")
        .hint("place the CA that signed it, or sign it again with the CA that is placed"))
}

/// `whose` is the certificate that it must belong to, and `verb` places that.
fn key(content: &[u8], known: &Known, whose: &str, verb: &str) -> Result<(), Error> {
    let key = PrivateKey::from_pem(content)?;
    if known.certificates.iter().any(|certificate| key.belongs_to(certificate)) {
        return Ok(());
    }
    Err(if known.certificates.is_empty() {
        Error::new("there is no certificate to compare this key with")
            .hint(format!("place the certificate first with `khw-install {verb}`, or name it with --certificate"))
    } else {
        Error::new(format!("does not belong to {whose}")).hint("take the key that was made together with it")
    })
}

fn kubelet_kubeconfig(content: &[u8], node: &NodeName) -> Result<(), Error> {
    let kubeconfig = resolved(content)?;
    let Some(certificate) = embedded_certificate(&kubeconfig)? else { return named_after(&kubeconfig, node) };
    let common_name = certificate.common_name().unwrap_or_default();
    if common_name == node.user() {
        return Ok(());
    }
    Err(Error::new(format!("its certificate is for '{}', not for {}", common_name.escape_debug(), node.user()))
        .hint(format!("take the kubeconfig of {node}, or say --node when this is another node")))
}

/// The certificate is on the worker: what is known here is the name that its user has in the file.
fn named_after(kubeconfig: &Kubeconfig, node: &NodeName) -> Result<(), Error> {
    let user = &kubeconfig.current()?.user;
    if !user.name.starts_with(NodeName::USER_PREFIX) || user.name == node.user() {
        return Ok(());
    }
    Err(Error::new(format!("its user is '{}', not {}", user.name.escape_debug(), node.user()))
        .line(user.line)
        .hint(format!("take the kubeconfig of {node}, or say --node when this is another node")))
}

/// A kubeconfig that has something to show for a node without a certificate.
fn bootstrap_kubeconfig(content: &[u8]) -> Result<(), Error> {
    let kubeconfig = resolved(content)?;
    let current = kubeconfig.current()?;
    let user = &current.user.user;
    let by_certificate = user.client_certificate.is_some() || user.client_certificate_data.is_some();
    if user.token.is_some() || user.token_file.is_some() || by_certificate || user.has_plugin() {
        return Ok(());
    }
    Err(Error::new("its user has neither a token nor a certificate")
        .field("token")
        .line(current.user.line)
        .hint("make it with `khw-kubeconfig bootstrap`"))
}

fn kube_proxy_kubeconfig(content: &[u8]) -> Result<(), Error> {
    let kubeconfig = resolved(content)?;
    match embedded_certificate(&kubeconfig)?.and_then(|c| c.common_name()) {
        Some(name) if name.starts_with(NodeName::USER_PREFIX) => {
            Err(Error::new(format!("is the kubelet's: its certificate is for '{}'", name.escape_debug()))
                .hint("take kube-proxy.kubeconfig; its certificate is made with `khw-cert client kube-proxy`"))
        }
        _ => Ok(()),
    }
}

/// A kubeconfig whose current context leads to a cluster with an address and to a user.
fn resolved(content: &[u8]) -> Result<Kubeconfig, Error> {
    let kubeconfig = Kubeconfig::parse(content)?;
    let current = kubeconfig.current()?;
    let (cluster, user) = (&current.cluster.cluster, &current.user.user);
    cluster.server.parse::<ServerUrl>().map_err(|e| e.field("server").line(current.cluster.line))?;
    if let (Some(certificate), Some(key)) = (&user.client_certificate_data, &user.client_key_data) {
        let certificate = Certificate::from_pem(certificate).map_err(|e| e.field("client-certificate-data"))?;
        let key = PrivateKey::from_pem(key.expose()).map_err(|e| e.field("client-key-data"))?;
        if !key.belongs_to(&certificate) {
            return Err(Error::new("does not belong to client-certificate-data")
                .field("client-key-data")
                .hint("make the kubeconfig again with the key that was made together with the certificate"));
        }
    }
    Ok(kubeconfig)
}

fn embedded_certificate(kubeconfig: &Kubeconfig) -> Result<Option<Certificate>, Error> {
    let pem = kubeconfig.current()?.user.user.client_certificate_data.as_deref();
    pem.map(Certificate::from_pem).transpose()
}

type Check = fn(&Document, KubernetesVersion) -> Vec<Finding>;

/// A component configuration of the right kind without errors in the newest version that has all its fields.
fn component(content: &[u8], kind: &str, tool: &str, check: Check) -> Result<(), Error> {
    let document = Document::parse(content)?;
    if document.kind() != Some(kind) {
        let found = document.kind().map_or_else(|| "is missing".to_owned(), |k| format!("is {}", k.escape_debug()));
        return Err(Error::new(format!("{found}, not {kind}"))
            .field("kind")
            .hint(format!("make the file with {tool}")));
    }
    right_in_one_version(|version| check(&document, version))
}

/// The version of the worker is not known here: an error counts when every version has it.
fn right_in_one_version(check: impl Fn(KubernetesVersion) -> Vec<Finding>) -> Result<(), Error> {
    let mut fewest: Option<Vec<Finding>> = None;
    for version in KubernetesVersion::all() {
        let mut errors = check(version);
        errors.retain(|f| f.severity == Severity::Error);
        if fewest.as_ref().is_none_or(|f| errors.len() < f.len()) {
            fewest = Some(errors);
        }
    }
    match fewest.unwrap_or_default().into_iter().next() {
        None => Ok(()),
        Some(finding) => Err(refusal(finding)),
    }
}

fn refusal(finding: Finding) -> Error {
    let mut error = Error::new(finding.message);
    if let Some(field) = finding.field {
        error = error.field(field);
    }
    if let Some(line) = finding.line {
        error = error.line(line);
    }
    if let Some(fix) = finding.fix {
        error = error.hint(fix);
    }
    error
}

fn unit(content: &[u8], program: &str) -> Result<(), Error> {
    let text = std::str::from_utf8(content).map_err(|_| Error::new("is not UTF-8 text"))?;
    let unit = Unit::parse(text)?;
    let make = format!("make the unit with `khw-unit {program}`");
    let Some(command) = unit.exec_start()? else {
        return Err(Error::new("there is none, so nothing would be started").field("ExecStart").hint(make));
    };
    let starts = command.program.rsplit('/').next().unwrap_or_default();
    if starts != program {
        return Err(Error::new(format!("starts {}, not {program}", starts.escape_debug()))
            .field("ExecStart")
            .line(command.line)
            .hint(make));
    }
    right_in_one_version(|version| khw_unit::check(&unit, version))
}
