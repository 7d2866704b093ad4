//! The named checks of a KubeletConfiguration.

use crate::component::{Document, Life, check_fields, nanoseconds, sort, whole_number};
use crate::fields::KIND;
use crate::refused;
use crate::service_cidr::ServiceCidr;
use khw_core::{KubernetesVersion, finding::Finding};
use serde_json::Value;
use std::ops::Range;

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
    "other-field-needed",
    "contradiction",
    "tls-pair-incomplete",
    "no-client-ca",
    "anonymous-auth",
    "always-allow",
    "read-only-port",
    "endpoint-without-scheme",
    "dns-outside-services",
];

/// What the kubelet of that version ignores or refuses in it, and what leaves it open.
pub fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    check_with(document, version, None)
}

/// The same, when the services' range is known.
pub(crate) fn check_with(
    document: &Document,
    version: KubernetesVersion,
    services: Option<&ServiceCidr>,
) -> Vec<Finding> {
    let mut findings = check_fields(&KIND, document, version);
    if findings.iter().any(|f| f.name == "wrong-kind" && f.field.as_deref() == Some("kind")) {
        return findings;
    }
    let file = File { document, version };
    findings.extend(file.gates());
    findings.extend(file.refused_pairs());
    findings.extend(refused::check(document, version));
    findings.extend(file.swap());
    findings.extend(file.connection());
    if let (Some(services), Some(Value::Array(dns))) = (services, document.get("clusterDNS")) {
        let outside = services.outside(dns.iter().filter_map(Value::as_str));
        findings.extend(outside.map(|address| {
            let what = format!("{address} is not in the services' range");
            file.at("clusterDNS", Finding::warning("dns-outside-services", what))
                .fix("use the cluster DNS service's address, by convention the tenth of the range")
        }));
    }
    sort(&mut findings);
    findings
}

/// A file and the version that it is checked for.
struct File<'a> {
    document: &'a Document,
    version: KubernetesVersion,
}

impl File<'_> {
    fn at(&self, path: &str, finding: Finding) -> Finding {
        self.document.at(path, finding)
    }

    fn is(&self, path: &str, value: bool) -> bool {
        self.document.get(path) == Some(&Value::Bool(value))
    }

    fn number(&self, path: &str) -> Option<i64> {
        self.document.get(path).and_then(whole_number)
    }

    /// The nanoseconds of a duration; `None` when it is not there or none.
    fn duration(&self, path: &str) -> Option<i128> {
        self.document.text(path).and_then(nanoseconds)
    }

    /// Whether the field has a value that is not empty or zero.
    fn set(&self, path: &str) -> bool {
        self.document.get(path).is_some_and(|value| match value {
            Value::Null => false,
            Value::Bool(yes) => *yes,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !matches!(text.as_str(), "" | "0" | "0s"),
            Value::Array(list) => !list.is_empty(),
            Value::Object(_) => true,
        })
    }

    /// Fields that need a gate which this version has off, or which the file switches off.
    fn gates(&self) -> Vec<Finding> {
        // Field, whether it is used, gate, minor releases that have the gate off, what is without it.
        const STOPS: &str = "the kubelet stops";
        const NOTHING: &str = "has no effect";
        let set = |path| self.set(path);
        let period = self.duration("cpuCFSQuotaPeriod").is_some_and(|period| period != 100_000_000);
        let table: [(&str, bool, &str, Range<u16>, &str); 13] = [
            // `memorySwap: {}`, which kubeadm writes, is what it is without the field.
            ("memorySwap.swapBehavior", set("memorySwap.swapBehavior"), "NodeSwap", 22..30, STOPS),
            ("seccompDefault", set("seccompDefault"), "SeccompDefault", 22..25, STOPS),
            ("cpuCFSQuotaPeriod", period, "CustomCPUCFSQuotaPeriod", 20..u16::MAX, STOPS),
            ("serverTLSBootstrap", set("serverTLSBootstrap"), "RotateKubeletServerCertificate", 0..0, STOPS),
            ("shutdownGracePeriod", set("shutdownGracePeriod"), "GracefulNodeShutdown", 20..21, STOPS),
            ("cpuManagerPolicyOptions", set("cpuManagerPolicyOptions"), "CPUManagerPolicyOptions", 22..23, NOTHING),
            (
                "shutdownGracePeriodByPodPriority",
                set("shutdownGracePeriodByPodPriority"),
                "GracefulNodeShutdownBasedOnPodPriority",
                23..24,
                STOPS,
            ),
            ("tracing", set("tracing"), "KubeletTracing", 25..27, NOTHING),
            ("imageMaximumGCAge", set("imageMaximumGCAge"), "ImageMaximumGCAge", 29..30, STOPS),
            (
                "crashLoopBackOff.maxContainerRestartPeriod",
                set("crashLoopBackOff.maxContainerRestartPeriod"),
                "KubeletCrashLoopBackOffMax",
                32..35,
                STOPS,
            ),
            (
                "imagePullCredentialsVerificationPolicy",
                set("imagePullCredentialsVerificationPolicy"),
                "KubeletEnsureSecretPulledImages",
                33..35,
                STOPS,
            ),
            (
                "preloadedImagesVerificationAllowlist",
                set("preloadedImagesVerificationAllowlist"),
                "KubeletEnsureSecretPulledImages",
                33..35,
                STOPS,
            ),
            ("defaultPodSysctls", set("defaultPodSysctls"), "DefaultPodSysctls", 37..38, NOTHING),
        ];
        let there = |path: &str| KIND.field(path).is_some_and(|f| f.life(self.version) == Life::There);
        let needed = |(path, used, gate, off, _): &(&str, bool, &str, Range<u16>, &str)| {
            let gate = format!("featureGates.{gate}");
            let off = off.contains(&self.version.minor()) && !self.is(&gate, true);
            *used && there(path) && (off || self.is(&gate, false))
        };
        let finding = |(path, _, gate, _, without): (&str, bool, &str, Range<u16>, &str)| {
            self.at(path, Finding::error("gate-needed", format!("{without} unless the gate {gate} is on")))
                .fix(format!("set featureGates.{gate} to true, or take {path} away"))
        };
        table.into_iter().filter(needed).map(finding).collect()
    }

    /// What the kubelet's own validation refuses, beyond single values.
    fn refused_pairs(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut refuse = |path: &str, name: &'static str, what: &str, fix: &str| {
            findings.push(self.at(path, Finding::error(name, format!("the kubelet stops: {what}"))).fix(fix));
        };
        if self.version.at_least(32) && self.is("runOnce", true) {
            refuse("runOnce", "wrong-value", "true is refused from v1.32 on", "take it away");
        }
        let high = self.number("imageGCHighThresholdPercent").unwrap_or(85);
        let low = self.number("imageGCLowThresholdPercent").unwrap_or(80);
        if low >= high {
            let path = if self.number("imageGCHighThresholdPercent").is_some() {
                "imageGCHighThresholdPercent"
            } else {
                "imageGCLowThresholdPercent"
            };
            let what =
                format!("imageGCLowThresholdPercent ({low}) is not less than imageGCHighThresholdPercent ({high})");
            refuse(path, "contradiction", &what, "set both of them");
        }
        if self.set("systemCgroups") && !self.set("cgroupRoot") {
            refuse("systemCgroups", "other-field-needed", "it needs cgroupRoot", "set cgroupRoot too");
        }
        let enforced: Option<Vec<&str>> = match self.document.get("enforceNodeAllocatable") {
            Some(Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).collect()),
            _ => None,
        };
        for (kind, cgroup) in [("system-reserved", "systemReservedCgroup"), ("kube-reserved", "kubeReservedCgroup")] {
            let named = enforced.iter().flatten().any(|value| value.starts_with(kind));
            if named && !self.set(cgroup) {
                let what = format!("{kind} needs {cgroup}");
                refuse("enforceNodeAllocatable", "other-field-needed", &what, &format!("set {cgroup} too"));
            }
            if self.set("reservedSystemCPUs") && self.set(cgroup) {
                let what = format!("it cannot be used together with {cgroup}");
                refuse("reservedSystemCPUs", "contradiction", &what, "take one of them away");
            }
        }
        let none = enforced.as_ref().is_some_and(|values| values.contains(&"none"));
        if none && enforced.as_ref().is_some_and(|values| values.len() > 1) {
            refuse(
                "enforceNodeAllocatable",
                "contradiction",
                "none stands beside others",
                "take none or the others away",
            );
        }
        // Pods are enforced by default.
        if self.is("cgroupsPerQOS", false) && !none && enforced.is_none_or(|values| !values.is_empty()) {
            let what = "enforceNodeAllocatable, by default pods, needs it";
            refuse("cgroupsPerQOS", "contradiction", what, "set enforceNodeAllocatable to [], or take it away");
        }
        if let Some(Value::Object(soft)) = self.document.get("evictionSoft") {
            let graceless = |signal: &&String| !matches!(self.document.get("evictionSoftGracePeriod"), Some(Value::Object(map)) if map.contains_key(*signal));
            for signal in soft.keys().filter(graceless) {
                let name: String = signal.escape_debug().take(60).collect();
                let what = format!("{name} has no evictionSoftGracePeriod");
                refuse("evictionSoft", "other-field-needed", &what, &format!("set evictionSoftGracePeriod.{name} too"));
            }
        }
        if self.is("serializeImagePulls", true) && self.number("maxParallelImagePulls").is_some_and(|n| n > 1) {
            let what = "serializeImagePulls is true";
            refuse("maxParallelImagePulls", "contradiction", what, "set serializeImagePulls to false");
        }
        if self.set("shutdownGracePeriodByPodPriority") && self.set("shutdownGracePeriod") {
            let what = "it cannot be used together with shutdownGracePeriod";
            refuse("shutdownGracePeriodByPodPriority", "contradiction", what, "take one of them away");
        }
        let factor = self.document.get("memoryThrottlingFactor").and_then(Value::as_f64);
        if factor.is_some_and(|factor| factor <= 0.0 || factor > 1.0) {
            let what = "it is not greater than 0 and at most 1";
            refuse("memoryThrottlingFactor", "wrong-value", what, "write it as 0.9");
        }
        findings
    }

    fn swap(&self) -> Option<Finding> {
        let wanted = matches!(self.document.text("memorySwap.swapBehavior"), Some("LimitedSwap" | "UnlimitedSwap"));
        (wanted && !self.is("failSwapOn", false)).then(|| {
            let what = "is of no use: with swap on, the kubelet stops as long as failSwapOn is not false";
            self.at("memorySwap.swapBehavior", Finding::warning("contradiction", what)).fix("set failSwapOn to false")
        })
    }

    /// Who may call the kubelet, and whom it calls.
    fn connection(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |path: &str, finding: Finding, fix: &str| findings.push(self.at(path, finding).fix(fix));
        for (path, other) in [("tlsCertFile", "tlsPrivateKeyFile"), ("tlsPrivateKeyFile", "tlsCertFile")] {
            if self.set(path) && !self.set(other) {
                let finding = Finding::error("tls-pair-incomplete", format!("has no effect without {other}"));
                add(path, finding, &format!("set {other} too"));
            }
        }
        if !self.set("authentication.x509.clientCAFile") {
            let what = "is missing, so the API server's certificate is not accepted";
            let fix = "name the cluster's CA certificate, or logs and exec do not work";
            add("authentication.x509.clientCAFile", Finding::warning("no-client-ca", what), fix);
        }
        if self.is("authentication.anonymous.enabled", true) {
            let what = "lets callers in who do not say who they are";
            add("authentication.anonymous.enabled", Finding::warning("anonymous-auth", what), "set it to false");
        }
        if self.document.text("authorization.mode") == Some("AlwaysAllow") {
            let what = "lets every caller who got in run commands in all containers";
            add("authorization.mode", Finding::warning("always-allow", what), "set it to Webhook");
        }
        if self.number("readOnlyPort").is_some_and(|port| port != 0) {
            let what = "shows pods to everybody without asking who they are";
            add("readOnlyPort", Finding::warning("read-only-port", what), "set it to 0");
        }
        for path in ["containerRuntimeEndpoint", "imageServiceEndpoint"] {
            if self.version.at_least(27) && self.document.text(path).is_some_and(|t| t.starts_with('/')) {
                let finding = Finding::warning("endpoint-without-scheme", "has no scheme, which is deprecated");
                add(path, finding, "write unix:// before the path");
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, KIND, check, check_with};
    use crate::service_cidr::ServiceCidr;
    use khw_core::{KubernetesVersion, finding::Finding};

    fn findings(version: &str, text: &str, services: Option<&str>) -> Vec<String> {
        let head = format!(
            "kind: {}\napiVersion: {}\nauthentication: {{x509: {{clientCAFile: /ca.crt}}}}\n",
            KIND.kind, KIND.api_version
        );
        let document = Document::parse_with_duplicates((head + text).as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let version: KubernetesVersion = version.parse().unwrap_or_else(|e| panic!("{e}"));
        let services = services.and_then(|s| ServiceCidr::parse(s).ok());
        let line = |f: Finding| format!("{} {}: {}: {}", f.severity, f.name, f.field.unwrap_or_default(), f.message);
        check_with(&document, version, services.as_ref()).into_iter().map(line).collect()
    }

    #[track_caller]
    fn found(version: &str, text: &str, expected: &[&str]) {
        assert_eq!(findings(version, text, None), expected, "{version} {text}");
    }

    #[test]
    fn numbers_out_of_range() {
        for (text, field, number) in [
            ("port: 65536", "port", "65536"),
            ("healthzPort: -1", "healthzPort", "-1"),
            ("imageGCHighThresholdPercent: 101", "imageGCHighThresholdPercent", "101"),
            ("oomScoreAdj: -1001", "oomScoreAdj", "-1001"),
            ("maxPods: -5", "maxPods", "-5"),
            ("containerLogMaxFiles: 1", "containerLogMaxFiles", "1"),
            ("kubeAPIQPS: -1", "kubeAPIQPS", "-1"),
        ] {
            let what = format!("error wrong-value: {field}: {number} is out of range, and the kubelet stops");
            found("1.34", text, &[&what]);
        }
        found("1.34", "maxPods: -5.0", &["error wrong-value: maxPods: -5 is out of range, and the kubelet stops"]);
        found("1.34", "maxPods: 50.5", &["error wrong-type: maxPods: 50.5 is not a whole number"]);
        // The kubelet of 1.20.2 takes them.
        for text in ["maxPods: 50.0", "oomScoreAdj: 1e2", "podPidsLimit: 1e3"] {
            found("1.34", text, &[]);
        }
        for text in ["port: 65535", "readOnlyPort: 0", "oomScoreAdj: -1000", "maxPods: 0", "podPidsLimit: -1"] {
            found("1.34", text, &[]);
        }
    }

    #[test]
    fn gates_by_version() {
        for (version, gates, expected) in [
            (
                "1.21",
                "NodeSwap: true",
                Some(
                    "error unknown-gate: featureGates.NodeSwap: is not a feature gate of Kubernetes v1.21, and the kubelet stops",
                ),
            ),
            ("1.22", "NodeSwap: true", None),
            ("1.33", "NodeSwap: false", None),
            (
                "1.34",
                "NodeSwap: false",
                Some(
                    "error gate-locked: featureGates.NodeSwap: cannot be switched off from v1.34 on, and the kubelet stops",
                ),
            ),
            (
                "1.34",
                "NodeSwap: true",
                Some(
                    "warning gate-locked: featureGates.NodeSwap: is always on from v1.34 on, and a release that has it no more stops at it",
                ),
            ),
            (
                "1.30",
                "nodeSwap: true",
                Some("error unknown-gate: featureGates.nodeSwap: is not a feature gate, and the kubelet stops"),
            ),
            (
                "1.22",
                "CRIContainerLogRotation: true",
                Some(
                    "warning gate-locked: featureGates.CRIContainerLogRotation: is always on from v1.21 on, and the kubelet of v1.23 and later stops at it",
                ),
            ),
            (
                "1.23",
                "CRIContainerLogRotation: true",
                Some(
                    "error unknown-gate: featureGates.CRIContainerLogRotation: is no feature gate of Kubernetes v1.23 any more, and the kubelet stops",
                ),
            ),
            (
                "1.14",
                "IPv6DualStack: true",
                Some(
                    "error unknown-gate: featureGates.IPv6DualStack: is not a feature gate of Kubernetes v1.14, and the kubelet stops",
                ),
            ),
            ("1.36", "AllAlpha: true, AllBeta: true", None),
            (
                "1.36",
                "SomethingElse: true",
                Some("error unknown-gate: featureGates.SomethingElse: is not a feature gate, and the kubelet stops"),
            ),
            // The table of 1.37 was made before its release: only another spelling is surely wrong.
            (
                "1.37",
                "SomethingElse: true",
                Some(
                    "warning unknown-gate: featureGates.SomethingElse: is not a feature gate that khw knows, and an unknown one stops the kubelet",
                ),
            ),
            (
                "1.37",
                "nodeSwap: true",
                Some("error unknown-gate: featureGates.nodeSwap: is not a feature gate, and the kubelet stops"),
            ),
            (
                "1.36",
                "JobSuccessPolicy: true",
                Some(
                    "warning gate-locked: featureGates.JobSuccessPolicy: is always on from v1.33 on, and the kubelet of v1.37 and later stops at it",
                ),
            ),
            (
                "1.36",
                "GitRepoVolumeDriver: true",
                Some(
                    "error gate-locked: featureGates.GitRepoVolumeDriver: cannot be switched on from v1.36 on, and the kubelet stops",
                ),
            ),
            (
                "1.33",
                "GitRepoVolumeDriver: true",
                Some(
                    "warning gate-deprecated: featureGates.GitRepoVolumeDriver: is deprecated from v1.33 on, and a release that has it no more stops at it",
                ),
            ),
        ] {
            found(version, &format!("featureGates: {{{gates}}}"), expected.as_slice());
        }
    }

    #[test]
    fn fields_that_need_a_gate() {
        let needed = |path: &str, gate: &str| {
            format!("error gate-needed: {path}: the kubelet stops unless the gate {gate} is on")
        };
        for (version, text, path, gate) in [
            (
                "1.29",
                "failSwapOn: false\nmemorySwap: {swapBehavior: LimitedSwap}",
                "memorySwap.swapBehavior",
                "NodeSwap",
            ),
            (
                "1.31",
                "memorySwap: {swapBehavior: NoSwap}\nfeatureGates: {NodeSwap: false}",
                "memorySwap.swapBehavior",
                "NodeSwap",
            ),
            ("1.24", "seccompDefault: true", "seccompDefault", "SeccompDefault"),
            ("1.34", "cpuCFSQuotaPeriod: 10ms", "cpuCFSQuotaPeriod", "CustomCPUCFSQuotaPeriod"),
            (
                "1.20",
                "serverTLSBootstrap: true\nfeatureGates: {RotateKubeletServerCertificate: false}",
                "serverTLSBootstrap",
                "RotateKubeletServerCertificate",
            ),
            (
                "1.34",
                "crashLoopBackOff: {maxContainerRestartPeriod: 60s}",
                "crashLoopBackOff.maxContainerRestartPeriod",
                "KubeletCrashLoopBackOffMax",
            ),
            (
                "1.33",
                "imagePullCredentialsVerificationPolicy: NeverVerify",
                "imagePullCredentialsVerificationPolicy",
                "KubeletEnsureSecretPulledImages",
            ),
            ("1.29", "imageMaximumGCAge: 72h", "imageMaximumGCAge", "ImageMaximumGCAge"),
        ] {
            found(version, text, &[&needed(path, gate)]);
        }
        for (version, text) in [
            // validation.go of 1.22 to 1.36: `kc.MemorySwap != (MemorySwapConfiguration{})`.
            ("1.22", "memorySwap: {}"),
            ("1.29", "memorySwap: {swapBehavior: \"\"}"),
            ("1.31", "memorySwap: {}\nfeatureGates: {NodeSwap: false}"),
            ("1.29", "failSwapOn: false\nmemorySwap: {swapBehavior: LimitedSwap}\nfeatureGates: {NodeSwap: true}"),
            ("1.34", "cpuCFSQuotaPeriod: 0.1s"),
            ("1.25", "seccompDefault: true"),
            ("1.24", "seccompDefault: false"),
            ("1.34", "serverTLSBootstrap: true"),
            ("1.35", "crashLoopBackOff: {maxContainerRestartPeriod: 60s}"),
            ("1.29", "imageMaximumGCAge: 0s"),
        ] {
            found(version, text, &[]);
        }
    }

    #[test]
    fn pairs_that_the_kubelet_refuses() {
        for (text, name, field, what) in [
            (
                "imageGCHighThresholdPercent: 70",
                "contradiction",
                "imageGCHighThresholdPercent",
                "imageGCLowThresholdPercent (80) is not less than imageGCHighThresholdPercent (70)",
            ),
            ("systemCgroups: /s", "other-field-needed", "systemCgroups", "it needs cgroupRoot"),
            (
                "enforceNodeAllocatable: [pods, kube-reserved]",
                "other-field-needed",
                "enforceNodeAllocatable",
                "kube-reserved needs kubeReservedCgroup",
            ),
            (
                "enforceNodeAllocatable: [none, pods]",
                "contradiction",
                "enforceNodeAllocatable",
                "none stands beside others",
            ),
            (
                "cgroupsPerQOS: false",
                "contradiction",
                "cgroupsPerQOS",
                "enforceNodeAllocatable, by default pods, needs it",
            ),
            (
                "evictionSoft: {memory.available: 5%}",
                "other-field-needed",
                "evictionSoft",
                "memory.available has no evictionSoftGracePeriod",
            ),
            (
                "serializeImagePulls: true\nmaxParallelImagePulls: 2",
                "contradiction",
                "maxParallelImagePulls",
                "serializeImagePulls is true",
            ),
            (
                "reservedSystemCPUs: 0-1\nkubeReservedCgroup: /k",
                "contradiction",
                "reservedSystemCPUs",
                "it cannot be used together with kubeReservedCgroup",
            ),
            (
                "memoryThrottlingFactor: 1.5",
                "wrong-value",
                "memoryThrottlingFactor",
                "it is not greater than 0 and at most 1",
            ),
        ] {
            found("1.34", text, &[&format!("error {name}: {field}: the kubelet stops: {what}")]);
        }
        for text in [
            "imageGCHighThresholdPercent: 70\nimageGCLowThresholdPercent: 60",
            "cgroupsPerQOS: false\nenforceNodeAllocatable: []",
            "cgroupsPerQOS: false\nenforceNodeAllocatable: [none]",
            "enforceNodeAllocatable: [pods, kube-reserved]\nkubeReservedCgroup: /k",
            "evictionSoft: {memory.available: 5%}\nevictionSoftGracePeriod: {memory.available: 1m}",
            "serializeImagePulls: false\nmaxParallelImagePulls: 2",
        ] {
            found("1.34", text, &[]);
        }
    }

    #[test]
    fn swap_and_services() {
        let swap = "memorySwap: {swapBehavior: LimitedSwap}";
        let of_no_use = "warning contradiction: memorySwap.swapBehavior: is of no use: with swap on, the kubelet stops as \
                         long as failSwapOn is not false";
        found("1.34", swap, &[of_no_use]);
        found("1.34", &format!("{swap}\nfailSwapOn: false"), &[]);
        let dns = "clusterDNS: [10.96.0.10, 169.254.20.10]";
        assert_eq!(findings("1.34", dns, Some("10.96.0.0/16")), [""; 0]);
        assert_eq!(
            findings("1.34", dns, Some("10.32.0.0/24")),
            ["warning dns-outside-services: clusterDNS: 10.96.0.10 is not in the services' range"]
        );
    }

    #[test]
    fn a_byte_order_mark() -> Result<(), khw_core::Error> {
        let text = format!("\u{feff}kind: {}\napiVersion: {}\n", KIND.kind, KIND.api_version);
        let document = Document::parse(text.as_bytes())?;
        let findings = check(&document, KubernetesVersion::NEWEST);
        assert!(findings.iter().any(|f| f.name == "byte-order-mark" && f.line == Some(1)), "{findings:?}");
        Ok(())
    }
}
