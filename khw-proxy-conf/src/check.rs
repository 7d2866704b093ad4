//! The named checks of a KubeProxyConfiguration.

use crate::fields::KIND;
use khw_core::{KubernetesVersion, finding::Finding};
use khw_kubelet_conf::component::{Document, check_fields};
use serde_json::Value;

/// The names of all findings of [`check`], and `unreadable` for a file that is none.
pub const CHECKS: &[&str] = &[
    "unreadable",
    "wrong-kind",
    "duplicate-field",
    "unknown-field",
    "field-not-yet",
    "field-removed",
    "field-deprecated",
    "empty-value",
    "wrong-type",
    "wrong-value",
    "gate-needed",
    "mode-deprecated",
    "no-kubeconfig",
];

/// What the kube-proxy of that version ignores or refuses in it, and what is not meant on a worker built by hand.
pub fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    let mut findings = check_fields(&KIND, document, version);
    if findings.iter().any(|f| f.name == "wrong-kind" && f.field.as_deref() == Some("kind")) {
        return findings;
    }
    let at = |path: &str, finding: Finding| finding.line(document.line(path)).field(path);
    let gate = |name: &str| document.get(&format!("featureGates.{name}"));
    let nftables = document.text("mode") == Some("nftables");
    if nftables && (29..31).contains(&version.minor()) && gate("NFTablesProxyMode") != Some(&Value::Bool(true)) {
        findings.push(
            at("mode", Finding::error("gate-needed", "kube-proxy stops unless the gate NFTablesProxyMode is on"))
                .fix("set featureGates.NFTablesProxyMode to true, or use another mode"),
        );
    }
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
    findings.sort_by_key(|f| f.line);
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
