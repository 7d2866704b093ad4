//! The named checks of a KubeProxyConfiguration.

use crate::fields::KIND;
use crate::refused;
use khw_core::{KubernetesVersion, finding::Finding};
use khw_kubelet_conf::component::{Document, check_fields, cidr, network, sort};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};

/// The names of all findings of [`check`], and `unreadable` for a file that is none.
pub const CHECKS: &[&str] = &[
    "unreadable",
    "byte-order-mark",
    "wrong-kind",
    "duplicate-field",
    "unknown-field",
    "field-not-yet",
    "field-removed",
    "field-deprecated",
    "empty-value",
    "wrong-type",
    "wrong-value",
    "unknown-gate",
    "gate-locked",
    "gate-deprecated",
    "gate-needed",
    "cluster-cidr-has-node",
    "mode-deprecated",
    "no-kubeconfig",
];

/// What the kube-proxy of that version ignores or refuses in it, and what is not meant on a worker built by hand.
pub fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    check_with(document, version, None)
}

/// The same, when the node's own address is known.
pub(crate) fn check_with(document: &Document, version: KubernetesVersion, node: Option<IpAddr>) -> Vec<Finding> {
    let mut findings = check_fields(&KIND, document, version);
    if findings.iter().any(|f| f.name == "wrong-kind" && f.field.as_deref() == Some("kind")) {
        return findings;
    }
    let at = |path: &str, finding: Finding| document.at(path, finding);
    let gate = |name: &str| document.get(&format!("featureGates.{name}"));
    let nftables = document.text("mode") == Some("nftables");
    // On by default from 1.31, locked from 1.33.
    let on = match version.minor() {
        29 | 30 => gate("NFTablesProxyMode") == Some(&Value::Bool(true)),
        31 | 32 => gate("NFTablesProxyMode") != Some(&Value::Bool(false)),
        _ => true,
    };
    if nftables && !on {
        findings.push(
            at("mode", Finding::error("gate-needed", "kube-proxy stops unless the gate NFTablesProxyMode is on"))
                .fix("set featureGates.NFTablesProxyMode to true, or use another mode"),
        );
    }
    findings.extend(refused::check(document, version));
    if document.text("mode") == Some("ipvs") && version.at_least(35) {
        findings.push(
            at("mode", Finding::warning("mode-deprecated", "ipvs is deprecated from v1.35 on")).fix("use nftables"),
        );
    }
    if document.text("clientConnection.kubeconfig").is_none_or(str::is_empty) {
        findings.push(
            at(
                "clientConnection.kubeconfig",
                Finding::warning("no-kubeconfig", "is missing, so a pod's service account is looked for"),
            )
            .fix("name kube-proxy's kubeconfig, for example /var/lib/kube-proxy/kubeconfig"),
        );
    }
    for path in ["healthzBindAddress", "metricsBindAddress"] {
        let valid = |text: &str| text.is_empty() || text.parse().is_ok_and(|to: SocketAddr| to.port() > 0);
        if document.text(path).is_some_and(|text| !valid(text)) {
            findings.push(
                at(path, Finding::error("wrong-value", "is not an IP address and port, and kube-proxy stops"))
                    .fix("write it as 127.0.0.1:10249 or \"[::1]:10249\""),
            );
        }
    }
    let ranges = document.text("clusterCIDR").unwrap_or_default().split(',').filter_map(|range| cidr(range.trim()));
    let contains = |node: IpAddr, (of, prefix): (IpAddr, u32)| {
        of.is_ipv4() == node.is_ipv4() && network(node, prefix) == network(of, prefix)
    };
    if let Some(node) = node.filter(|node| ranges.into_iter().any(|range| contains(*node, range))) {
        findings.push(
            at(
                "clusterCIDR",
                Finding::warning("cluster-cidr-has-node", format!("contains the node's own address {node}")),
            )
            .fix("write the pods' range, the same as in kube-controller-manager and the network plugin"),
        );
    }
    sort(&mut findings);
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fields::KIND;
    use khw_core::KubernetesVersion;
    use khw_kubelet_conf::component::{Document, Life};

    #[test]
    fn every_path_and_flag_is_there_once_and_every_parent_too() {
        for (index, field) in KIND.fields.iter().enumerate() {
            let rest = &KIND.fields[index + 1..];
            assert!(rest.iter().all(|f| f.path != field.path), "{}", field.path);
            assert!(field.flag.is_empty() || rest.iter().all(|f| f.flag != field.flag), "{}", field.flag);
            if let Some((parent, _)) = field.path.rsplit_once('.') {
                assert!(KIND.field(parent.trim_end_matches("[]")).is_some(), "{}", field.path);
            }
        }
    }

    #[test]
    fn a_field_is_a_finding_just_in_the_versions_without_it() -> Result<(), khw_core::Error> {
        for version in KubernetesVersion::all() {
            for field in KIND.fields.iter().filter(|f| !f.path.contains(['.', '['])) {
                let text = format!("kind: {}\napiVersion: {}\n{}:\n", KIND.kind, KIND.api_version, field.path);
                if matches!(field.path, "kind" | "apiVersion") {
                    continue;
                }
                let findings = check(&Document::parse(text.as_bytes())?, version);
                let missing = findings.iter().any(|f| matches!(f.name, "field-not-yet" | "field-removed"));
                assert_eq!(missing, field.life(version) != Life::There, "{version} {}", field.path);
            }
        }
        Ok(())
    }
}
