//! The node's name against its certificate: the Node authorizer and the API server's `logs` and `exec` go by it.

use super::certificates::Loaded;
use super::files::Files;
use khw_cert::Certificate;
use khw_core::NodeName;
use khw_core::finding::Finding;

/// The serving certificate: names of the node, and in the tutorial the node's identity too.
pub(super) fn serving_certificate(node: &NodeName, files: &mut Files<'_>, serving: &Loaded) {
    let certificate = &serving.certificate;
    let again = format!("make it again with `khw-cert node {node} ADDRESS`");
    // A separate serving certificate may be called anything; one with a node's identity must be this node's.
    if certificate.common_name().is_some_and(|name| name.starts_with(NodeName::USER_PREFIX)) {
        for finding in identity(certificate, node) {
            files.find(&serving.path, finding);
        }
    }
    let names = certificate.dns_names();
    if !names.iter().any(|name| name == node.as_str()) {
        let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        files.find(
            &serving.path,
            Finding::error("certificate-san", format!("the DNS name {node} is not in it (it has {has})"))
                .field("subjectAltName")
                .fix(&*again),
        );
    }
    if certificate.ip_addresses().is_empty() {
        files.find(
            &serving.path,
            Finding::warning(
                "certificate-san-address",
                "there is no IP address: `logs` and `exec` fail where the API server goes by address",
            )
            .field("subjectAltName")
            .fix(&*again),
        );
    }
    if !certificate.has_server_usage() {
        files.find(
            &serving.path,
            Finding::error("certificate-usage", "serverAuth is not in it").field("extendedKeyUsage").fix(again),
        );
    }
}

/// CN and O as the Node authorizer wants them.
pub(super) fn identity(certificate: &Certificate, node: &NodeName) -> Vec<Finding> {
    let mut findings = Vec::new();
    let common_name = certificate.common_name().unwrap_or_default();
    if common_name != node.user() {
        let only_case = common_name.eq_ignore_ascii_case(&node.user());
        let why = if only_case { ": the kubelet writes its name in lower case" } else { ", which this node is" };
        findings.push(
            Finding::error("node-name-mismatch", format!("'{common_name}' is not {}{why}", node.user()))
                .field("CN")
                .fix("place the certificate of this node, or say --node when this is another node"),
        );
    }
    if !certificate.organizations().iter().any(|o| o == NodeName::GROUP) {
        findings.push(
            Finding::error("certificate-organization", format!("{} is not in it", NodeName::GROUP))
                .field("O")
                .fix(format!("make it again with `khw-cert node {node} ADDRESS`")),
        );
    }
    findings
}
