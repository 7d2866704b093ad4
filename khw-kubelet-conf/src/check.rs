//! The named checks of a KubeletConfiguration.

use crate::component::{Document, check_fields};
use crate::fields::KIND;
use khw_core::{KubernetesVersion, finding::Finding};
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
    "tls-pair-incomplete",
    "no-client-ca",
    "anonymous-auth",
    "always-allow",
    "read-only-port",
    "endpoint-without-scheme",
];

/// What the kubelet of that version ignores or refuses in it, and what leaves it open.
pub fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    let mut findings = check_fields(&KIND, document, version);
    if findings.iter().any(|f| f.name == "wrong-kind" && f.field.as_deref() == Some("kind")) {
        return findings;
    }
    let at = |path: &str, finding: Finding| finding.line(document.line(path)).field(path);
    let is = |path: &str, value: &Value| document.get(path) == Some(value);
    let set = |path: &str| document.text(path).is_some_and(|t| !t.is_empty());
    let yes = Value::Bool(true);

    for (path, gate, needed) in [
        ("memorySwap", "NodeSwap", (22..30).contains(&version.minor()) && document.get("memorySwap").is_some()),
        ("seccompDefault", "SeccompDefault", (22..25).contains(&version.minor()) && is("seccompDefault", &yes)),
        (
            "cpuCFSQuotaPeriod",
            "CustomCPUCFSQuotaPeriod",
            version.at_least(20) && document.text("cpuCFSQuotaPeriod").is_some_and(|t| t != "100ms"),
        ),
    ] {
        if needed && !is(&format!("featureGates.{gate}"), &yes) {
            findings.push(
                at(path, Finding::error("gate-needed", format!("the kubelet stops unless the gate {gate} is on")))
                    .fix(format!("set featureGates.{gate} to true, or take {path} away")),
            );
        }
    }
    if version.at_least(32) && is("runOnce", &yes) {
        findings
            .push(at("runOnce", Finding::error("wrong-value", "true is refused from v1.32 on")).fix("take it away"));
    }
    for (path, other) in [("tlsCertFile", "tlsPrivateKeyFile"), ("tlsPrivateKeyFile", "tlsCertFile")] {
        if set(path) && !set(other) {
            findings.push(
                at(path, Finding::error("tls-pair-incomplete", format!("has no effect without {other}")))
                    .fix(format!("set {other} too")),
            );
        }
    }
    if !set("authentication.x509.clientCAFile") {
        findings.push(
            at(
                "authentication.x509.clientCAFile",
                Finding::warning("no-client-ca", "is missing, so the API server's certificate is not accepted"),
            )
            .fix("name the cluster's CA certificate, or logs and exec do not work"),
        );
    }
    if is("authentication.anonymous.enabled", &yes) {
        findings.push(
            at(
                "authentication.anonymous.enabled",
                Finding::warning("anonymous-auth", "lets callers in who do not say who they are"),
            )
            .fix("set it to false"),
        );
    }
    if document.text("authorization.mode") == Some("AlwaysAllow") {
        findings.push(
            at(
                "authorization.mode",
                Finding::warning("always-allow", "lets every caller who got in run commands in all containers"),
            )
            .fix("set it to Webhook"),
        );
    }
    if document.get("readOnlyPort").and_then(Value::as_i64).is_some_and(|port| port != 0) {
        findings.push(
            at(
                "readOnlyPort",
                Finding::warning("read-only-port", "shows pods to everybody without asking who they are"),
            )
            .fix("set it to 0"),
        );
    }
    for path in ["containerRuntimeEndpoint", "imageServiceEndpoint"] {
        if version.at_least(27) && document.text(path).is_some_and(|t| t.starts_with('/')) {
            findings.push(
                at(path, Finding::warning("endpoint-without-scheme", "has no scheme, which is deprecated"))
                    .fix("write unix:// before the path"),
            );
        }
    }
    findings.sort_by_key(|f| f.line);
    findings
}
