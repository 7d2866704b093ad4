//! Clusters, users and contexts: each for itself, and together.

use super::certificate::Source;
use super::{Checker, node_name};
use crate::model::{AuthInfo, NamedAuthInfo, NamedCluster, Secret};
use crate::server::{ServerUrl, check_proxy_url};
use khw_cert::Certificate;
use khw_core::finding::Finding;
use khw_core::{Error, NodeName};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::os::unix::fs::PermissionsExt;

fn authority(cluster: &NamedCluster) -> Source<'_> {
    Source {
        list: "clusters",
        name: &cluster.name,
        field: "certificate-authority",
        data: cluster.cluster.certificate_authority_data.as_deref(),
        path: cluster.cluster.certificate_authority.as_deref(),
    }
}

fn client_certificate(user: &NamedAuthInfo) -> Source<'_> {
    Source {
        list: "users",
        name: &user.name,
        field: "client-certificate",
        data: user.user.client_certificate_data.as_deref(),
        path: user.user.client_certificate.as_deref(),
    }
}

fn client_key(user: &NamedAuthInfo) -> Source<'_> {
    Source {
        list: "users",
        name: &user.name,
        field: "client-key",
        data: user.user.client_key_data.as_ref().map(Secret::expose).map(Vec::as_slice),
        path: user.user.client_key.as_deref(),
    }
}

/// Each cluster: its URL, its CA.
pub(super) fn clusters(checker: &mut Checker<'_>) {
    for named in &checker.config.clusters {
        let (name, cluster) = (named.name.as_str(), &named.cluster);
        let https = match cluster.server.parse::<ServerUrl>() {
            Ok(url) => {
                if !url.is_https() && !url.is_loopback() {
                    let message = "http is not encrypted, and an API server answers on https only";
                    let finding = Finding::warning("server-http", message).fix("write https://");
                    checker.find("clusters", name, "server", finding);
                }
                url.is_https()
            }
            Err(error) => {
                if !checker.is_ill_typed("clusters", name, "server") {
                    checker.find_error("clusters", name, "server", "server-invalid", &error);
                }
                false
            }
        };
        if let Some(Err(error)) = cluster.proxy_url.as_deref().map(check_proxy_url) {
            checker.find_error("clusters", name, "proxy-url", "proxy-invalid", &error);
        }
        let source = authority(named);
        let has_authority = source.data.is_some() || source.path.is_some();
        if cluster.insecure_skip_tls_verify {
            let finding = if has_authority {
                Finding::error("insecure-with-ca", "is true beside a CA: clients refuse both").fix("remove it")
            } else {
                Finding::warning("insecure-skip-tls-verify", "is true: anybody can pose as this server")
                    .fix("give the CA's certificate instead")
            };
            checker.find("clusters", name, "insecure-skip-tls-verify", finding);
        } else if https && !has_authority {
            let message = "there is no CA: the server's certificate must be signed by one that this host trusts";
            let fix = "set it with khw-kubeconfig set-cluster --certificate-authority=ca.crt --embed-certs";
            checker.find(
                "clusters",
                name,
                "certificate-authority-data",
                Finding::warning("ca-unset", message).fix(fix),
            );
        }
        let certificates = source.certificates(checker);
        let can_sign = |c: &Certificate| c.is_ca() || c.is_signed_by(c);
        if !certificates.is_empty() && !certificates.iter().any(can_sign) {
            let finding = Finding::error("ca-not-ca", "is not the certificate of a CA").fix("give ca.crt");
            checker.find("clusters", name, &source.used(), finding);
        }
    }
}

/// Each user: its certificate, its key, its names, and that there is one way to say who it is.
pub(super) fn users(checker: &mut Checker<'_>) {
    for named in &checker.config.users {
        let (name, user) = (named.name.as_str(), &named.user);
        let (certificate, key) = (client_certificate(named), client_key(named));
        let certificates = certificate.certificates(checker);
        let private = key.key(checker);
        if let (Some(leaf), Some(private)) = (certificates.first(), &private)
            && !private.belongs_to(leaf)
        {
            let message = format!("does not belong to {}", certificate.used());
            let finding = Finding::error("key-mismatch", message).fix("set certificate and key together");
            checker.find("users", name, &key.used(), finding);
        }
        if let Some(leaf) = certificates.first() {
            identity(checker, named, &certificate.used(), leaf);
        }
        if let Some(path) = key.path.filter(|_| key.data.is_none()) {
            let file = checker.file(path);
            if let Some(mode) = wide(&file) {
                let message = format!("{}: mode {mode:04o}: others may read the key", file.display());
                let fix = format!("chmod 600 {}", file.display());
                checker.find("users", name, "client-key", Finding::warning("mode-too-wide", message).fix(fix));
            }
        }
        if let Some(path) = &user.token_file {
            let file = checker.file(path);
            if let Err(cause) = std::fs::metadata(&file) {
                let error = Error::io(file.display(), &cause);
                let finding = Finding::error("path-missing", error.to_string()).fix("put the token there");
                checker.find("users", name, "tokenFile", finding);
            }
        }
        credentials(checker, name, user, (&certificate, &key));
    }
}

/// Who the certificate says one is.
fn identity(checker: &mut Checker<'_>, named: &NamedAuthInfo, field: &str, leaf: &Certificate) {
    let name = named.name.as_str();
    if !leaf.has_client_usage() {
        let finding = Finding::error("certificate-usage", "clientAuth is not in its extendedKeyUsage")
            .fix("make it again with khw-cert node or khw-cert client");
        checker.find("users", name, field, finding);
    }
    let common_name = leaf.common_name().unwrap_or_default();
    match node_name(&common_name) {
        Some(Err(error)) => checker.find_error("users", name, field, "node-name", &error),
        Some(Ok(_)) if !leaf.organizations().iter().any(|o| o == NodeName::GROUP) => {
            let message = format!("its subject has no O={}: the API server takes it for no node", NodeName::GROUP);
            let finding = Finding::error("certificate-organization", message).fix("make it again with khw-cert node");
            checker.find("users", name, field, finding);
        }
        _ => {}
    }
    if name.starts_with(NodeName::USER_PREFIX) && common_name != name {
        let message = format!("its certificate is for '{}'", common_name.escape_debug());
        let finding = Finding::warning("node-name", message).fix("name the user after its certificate");
        checker.find("users", name, field, finding);
    }
}

/// What client-go refuses of a user's credentials.
fn credentials(checker: &mut Checker<'_>, name: &str, user: &AuthInfo, pair: (&Source<'_>, &Source<'_>)) {
    // Data that do not decode are there all the same.
    let has = |source: &Source<'_>| {
        checker.has("users", name, source.field) || checker.has("users", name, &format!("{}-data", source.field))
    };
    let (certificate, key) = (has(pair.0), has(pair.1));
    let token = user.token.is_some() || user.token_file.is_some();
    let basic = user.username.is_some() || user.password.is_some();
    let others = user.others.expose();
    let mut find = |field: &str, finding: Finding| checker.find("users", name, field, finding);
    if certificate && !key {
        let finding = Finding::error("credentials", "there is a certificate without its key").fix("set the key too");
        find(pair.0.field, finding);
    }
    if key && !certificate {
        let finding = Finding::error("credentials", "there is a key without its certificate").fix("set it too");
        find(pair.1.field, finding);
    }
    if user.token.is_some() && basic {
        let finding = Finding::error("credentials", "there is a token and a user name: clients refuse both");
        find("token", finding.fix("remove one of the two"));
    }
    if let Some(exec) = others.get("exec") {
        for field in ["command", "apiVersion"] {
            if exec.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
                let finding = Finding::error("credentials", format!("exec has no {field}: clients refuse it"));
                find("exec", finding.fix("set it with khw-kubeconfig set-credentials"));
            }
        }
    }
    if !(certificate || key || token || basic || others.contains_key("exec") || others.contains_key("auth-provider")) {
        let finding = Finding::warning("credentials", "has none: the API server takes it for system:anonymous");
        find("", finding.fix("set a certificate and its key, or a token"));
    }
}

/// Each context leads to a cluster and a user, and the user's certificate to the cluster's CA.
pub(super) fn contexts(checker: &mut Checker<'_>) {
    if checker.config.contexts.is_empty() && checker.all.contexts.is_empty() {
        let finding =
            Finding::error("no-context", "there is no context: nothing says which user talks to which cluster");
        checker.find_at("contexts", finding.fix("make one with khw-kubeconfig set-context"));
    }
    let mut seen = HashSet::new();
    let clusters: HashMap<&str, &NamedCluster> = checker.all.clusters.iter().map(|c| (c.name.as_str(), c)).collect();
    let users: HashMap<&str, &NamedAuthInfo> = checker.all.users.iter().map(|u| (u.name.as_str(), u)).collect();
    for named in &checker.config.contexts {
        let context = &named.context;
        let cluster = clusters.get(context.cluster.as_str()).copied();
        let user = users.get(context.user.as_str()).copied();
        for (finding, field, to, there) in [
            ("dangling-cluster", "cluster", &context.cluster, cluster.is_some()),
            ("dangling-user", "user", &context.user, user.is_some()),
        ] {
            if !there {
                let names: Vec<&String> = match field {
                    "cluster" => checker.all.clusters.iter().map(|c| &c.name).collect(),
                    _ => checker.all.users.iter().map(|u| &u.name).collect(),
                };
                let error = crate::model::dangling(field, to, names.into_iter());
                checker.find_error("contexts", &named.name, field, finding, &error);
            }
        }
        let (Some(cluster), Some(user)) = (cluster, user) else { continue };
        if seen.insert((cluster.name.as_str(), user.name.as_str())) {
            chain(checker, cluster, user);
        }
    }
}

/// The user's certificate is signed by a CA of the cluster's entry, through what is in the same file.
fn chain(checker: &mut Checker<'_>, cluster: &NamedCluster, user: &NamedAuthInfo) {
    // What is wrong with them by themselves was found before.
    let before = checker.findings.len();
    let authorities = authority(cluster).certificates(checker);
    let certificates = client_certificate(user).certificates(checker);
    checker.findings.truncate(before);
    let (false, Some(leaf)) = (authorities.is_empty(), certificates.first()) else { return };
    if khw_cert::signer(&authorities, &certificates).is_some() {
        return;
    }
    let message = format!(
        "is not signed by the CA of the cluster '{}': its issuer is {}",
        cluster.name.escape_debug(),
        leaf.issuer()
    );
    let finding = Finding::error("certificate-untrusted", message).fix("sign it with the cluster's CA, or set that CA");
    checker.find("users", &user.name, &client_certificate(user).used(), finding);
}

/// The context in use, and whose it is.
pub(super) fn current(checker: &mut Checker<'_>, node: Option<&NodeName>) {
    let Some(name) = checker.all.current_context.clone() else {
        if !checker.all.contexts.is_empty() {
            let finding = Finding::error("current-context-unset", "is not set: a kubelet has no other way to choose");
            checker.find_at("current-context", finding.fix("choose one with khw-kubeconfig use-context"));
        }
        return;
    };
    let Some(context) = checker.all.context(&name) else {
        let error = crate::model::dangling("context", &name, checker.all.contexts.iter().map(|c| &c.name));
        let mut finding = Finding::from_error("dangling-context", &error);
        finding.field = None;
        checker.find_at("current-context", finding);
        return;
    };
    let (Some(node), Some(user)) = (node, checker.all.user(&context.context.user)) else { return };
    let before = checker.findings.len();
    let certificates = client_certificate(user).certificates(checker);
    checker.findings.truncate(before);
    let common_name = certificates.first().and_then(Certificate::common_name).unwrap_or_default();
    if common_name != node.user() {
        let message = if certificates.is_empty() {
            format!("has no certificate for {}", node.user())
        } else {
            format!("its certificate is for '{}', not {}", common_name.escape_debug(), node.user())
        };
        let finding = Finding::error("node-name-mismatch", message).fix("use the kubeconfig of this node");
        let field = if certificates.is_empty() { String::new() } else { client_certificate(user).used() };
        checker.find("users", &user.name, &field, finding);
    }
}

/// The file itself: nobody else may read its secrets.
pub(super) fn mode(checker: &mut Checker<'_>) {
    let Some(mode) = checker.input.path().and_then(wide).filter(|_| checker.config.has_secret()) else { return };
    let fix = format!("chmod 600 {}", checker.input);
    let message = format!("mode {mode:04o}: others may read its secrets");
    checker.find_at("", Finding::warning("mode-too-wide", message).fix(fix));
}

/// The mode of a file that others may read. What is no file was found to be none.
fn wide(file: &std::path::Path) -> Option<u32> {
    let mode = std::fs::metadata(file).ok().filter(std::fs::Metadata::is_file)?.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}
