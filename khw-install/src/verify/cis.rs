//! Section 4 of the CIS Kubernetes Benchmark, for the files that the units really name and the settings that really count.
//!
//! kube-bench looks at the first file that exists of a fixed list, and so takes a hand-built worker's unit for its
//! configuration (aquasecurity/kube-bench#1256, #852, #948). Here the paths are the worker's own. Scored checks are errors, the
//! others warnings. The benchmark is the one that kube-bench takes for the version: cis-1.5 (v1.15) to cis-1.12 (v1.32 to v1.34).

use super::component::Component;
use super::files::{Files, at};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use khw_core::layout::Paths;
use std::path::{Path, PathBuf};

/// The names of the findings.
pub(super) const CHECKS: &[&str] = &[
    "cis-unit-mode",
    "cis-unit-owner",
    "cis-kube-proxy-kubeconfig-mode",
    "cis-kube-proxy-kubeconfig-owner",
    "cis-kubeconfig-mode",
    "cis-kubeconfig-owner",
    "cis-ca-mode",
    "cis-ca-owner",
    "cis-configuration-mode",
    "cis-configuration-owner",
    "cis-anonymous-auth",
    "cis-authorization-mode",
    "cis-client-ca",
    "cis-read-only-port",
    "cis-streaming-timeout",
    "cis-protect-kernel-defaults",
    "cis-iptables-chains",
    "cis-hostname-override",
    "cis-event-qps",
    "cis-tls-pair",
    "cis-rotate-certificates",
    "cis-rotate-server-gate",
    "cis-cipher-suites",
    "cis-pod-pids-limit",
    "cis-seccomp-default",
    "cis-metrics-address",
];

/// Suites that every benchmark allows.
const SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
];

/// Suites that the benchmarks up to cis-1.11 (v1.31) allow too.
const OLDER_SUITES: [&str; 2] = ["TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_GCM_SHA256"];

/// The benchmark's wishes.
pub(super) fn check(
    files: &mut Files<'_>,
    paths: &Paths,
    kubelet: &Component,
    kube_proxy: &Component,
    version: Option<KubernetesVersion>,
) {
    let minor = version.unwrap_or(KubernetesVersion::NEWEST).minor();
    modes(files, paths, kubelet, kube_proxy, minor);
    settings(files, kubelet, minor);
    if minor >= 27
        && let Some((value, origin)) = kube_proxy.value(Some("metrics-bind-address"), Some("metricsBindAddress"))
        && !value.starts_with("127.0.0.1")
    {
        let finding = Finding::error("cis-metrics-address", format!("CIS 4.3.1: {value} is not on 127.0.0.1"));
        files.findings.push(at(finding, &origin).fix("write 127.0.0.1:10249"));
    }
}

fn modes(files: &mut Files<'_>, paths: &Paths, kubelet: &Component, kube_proxy: &Component, minor: u16) {
    let or_layout = |named: Option<super::files::Named>, by_layout: &PathBuf| {
        named.map_or_else(|| by_layout.clone(), |named| named.path)
    };
    let strict = if minor >= 24 { 0o600 } else { 0o644 };
    // 600 in cis-1.24 to cis-1.10, 644 before and after.
    let of_ca = if (24..29).contains(&minor) { 0o600 } else { 0o644 };
    let old = minor <= 15;
    for (id, names, path, mode, scored) in [
        (1, ("cis-unit-mode", "cis-unit-owner"), paths.kubelet_unit.clone(), strict, true),
        (
            3,
            ("cis-kube-proxy-kubeconfig-mode", "cis-kube-proxy-kubeconfig-owner"),
            or_layout(kube_proxy.path("kubeconfig", Some("clientConnection.kubeconfig")), &paths.kube_proxy_kubeconfig),
            strict,
            old,
        ),
        (
            5,
            ("cis-kubeconfig-mode", "cis-kubeconfig-owner"),
            or_layout(kubelet.path("kubeconfig", None), &paths.kubelet_kubeconfig),
            strict,
            true,
        ),
        (
            7,
            ("cis-ca-mode", "cis-ca-owner"),
            or_layout(kubelet.path("client-ca-file", Some("authentication.x509.clientCAFile")), &paths.ca),
            of_ca,
            old,
        ),
        (
            9,
            ("cis-configuration-mode", "cis-configuration-owner"),
            or_layout(kubelet.path("config", None), &paths.kubelet_config),
            strict,
            !(24..26).contains(&minor),
        ),
    ] {
        file(files, id, names, &path, mode, scored);
    }
}

fn file(files: &mut Files<'_>, id: u8, names: (&'static str, &'static str), path: &Path, allowed: u32, scored: bool) {
    let Some(stat) = files.target.stat(path) else { return };
    let shown = files.shown(path);
    let finding = |name, message: String| {
        if scored { Finding::error(name, message) } else { Finding::warning(name, message) }
    };
    let mode = stat.st_mode & 0o7777;
    if mode & !allowed != 0 {
        let message = format!("CIS 4.1.{id}: mode {mode:04o}, and no bit outside {allowed:o} is wanted");
        files.find(path, finding(names.0, message).fix(format!("chmod {allowed:o} {shown}")));
    }
    let owner = files.target.owner();
    if (stat.st_uid, stat.st_gid) != (owner.uid, owner.gid) {
        let message =
            format!("CIS 4.1.{}: owner {}:{}, not {}:{}", id + 1, stat.st_uid, stat.st_gid, owner.uid, owner.gid);
        files.find(path, finding(names.1, message).fix(format!("chown {}:{} {shown}", owner.uid, owner.gid)));
    }
}

/// A setting as the benchmark looks for it.
struct Setting {
    name: &'static str,
    /// The number in 4.2 up to v1.24 and from v1.25 on; `None` where the benchmark has no such check.
    ids: (Option<u8>, Option<u8>),
    flag: Option<&'static str>,
    field: Option<&'static str>,
    /// What is wanted, for the message.
    wants: &'static str,
    good: fn(&str, u16) -> bool,
    /// Whether it is well when nobody says anything.
    unset: fn(u16) -> bool,
    scored: fn(u16) -> bool,
}

const fn always(_: u16) -> bool {
    true
}

const fn never(_: u16) -> bool {
    false
}

const fn at_first(minor: u16) -> bool {
    minor <= 15
}

const SETTINGS: [Setting; 15] = [
    Setting {
        name: "cis-anonymous-auth",
        ids: (Some(1), Some(1)),
        flag: Some("anonymous-auth"),
        field: Some("authentication.anonymous.enabled"),
        wants: "false",
        good: |value, _| value == "false",
        unset: never,
        scored: always,
    },
    Setting {
        name: "cis-authorization-mode",
        ids: (Some(2), Some(2)),
        flag: Some("authorization-mode"),
        field: Some("authorization.mode"),
        wants: "Webhook",
        good: |value, _| value != "AlwaysAllow",
        unset: never,
        scored: always,
    },
    Setting {
        name: "cis-client-ca",
        ids: (Some(3), Some(3)),
        flag: Some("client-ca-file"),
        field: Some("authentication.x509.clientCAFile"),
        wants: "the path of the cluster's CA certificate",
        good: |_, _| true,
        unset: never,
        scored: always,
    },
    Setting {
        name: "cis-read-only-port",
        ids: (Some(4), Some(4)),
        flag: Some("read-only-port"),
        field: Some("readOnlyPort"),
        wants: "0",
        good: |value, _| value == "0",
        unset: always,
        scored: at_first,
    },
    Setting {
        name: "cis-streaming-timeout",
        ids: (Some(5), Some(5)),
        flag: Some("streaming-connection-idle-timeout"),
        field: Some("streamingConnectionIdleTimeout"),
        wants: "5m, and not 0",
        good: |value, _| !matches!(value, "0" | "0s" | "0m" | "0h"),
        unset: always,
        scored: at_first,
    },
    Setting {
        name: "cis-protect-kernel-defaults",
        ids: (Some(6), None),
        flag: Some("protect-kernel-defaults"),
        field: Some("protectKernelDefaults"),
        wants: "true",
        good: |value, _| value == "true",
        unset: never,
        scored: always,
    },
    Setting {
        name: "cis-iptables-chains",
        ids: (Some(7), Some(6)),
        flag: Some("make-iptables-util-chains"),
        field: Some("makeIPTablesUtilChains"),
        wants: "true",
        good: |value, _| value == "true",
        unset: always,
        scored: always,
    },
    Setting {
        name: "cis-hostname-override",
        ids: (Some(8), Some(7)),
        flag: Some("hostname-override"),
        field: None,
        wants: "nothing: the host's own name",
        good: |_, _| false,
        unset: always,
        scored: never,
    },
    Setting {
        name: "cis-event-qps",
        ids: (Some(9), Some(8)),
        flag: Some("event-qps"),
        field: Some("eventRecordQPS"),
        wants: "0 (up to v1.23), or more",
        good: |value, minor| value == "0" || minor >= 24 && !value.starts_with('-'),
        unset: |minor| minor >= 24,
        scored: never,
    },
    Setting {
        name: "cis-tls-pair",
        ids: (Some(10), Some(9)),
        flag: Some("tls-cert-file"),
        field: Some("tlsCertFile"),
        wants: "the path of the kubelet's certificate, and tlsPrivateKeyFile that of its key",
        good: |_, _| true,
        unset: never,
        scored: at_first,
    },
    Setting {
        name: "cis-rotate-certificates",
        ids: (Some(11), Some(10)),
        flag: Some("rotate-certificates"),
        field: Some("rotateCertificates"),
        wants: "true",
        good: |value, _| value == "true",
        unset: always,
        scored: |minor| !(16..=18).contains(&minor),
    },
    Setting {
        name: "cis-rotate-server-gate",
        ids: (Some(12), Some(11)),
        flag: None,
        field: Some("featureGates.RotateKubeletServerCertificate"),
        wants: "true",
        good: |value, _| value != "false",
        unset: always,
        scored: at_first,
    },
    Setting {
        name: "cis-cipher-suites",
        ids: (Some(13), Some(12)),
        flag: Some("tls-cipher-suites"),
        field: Some("tlsCipherSuites"),
        wants: "a list of suites with forward secrecy and AEAD (khw-kubelet-conf --cis writes it)",
        good: |value, minor| {
            let mut suites = value.split(',').map(str::trim);
            suites.all(|suite| SUITES.contains(&suite) || minor < 32 && OLDER_SUITES.contains(&suite))
        },
        unset: never,
        scored: never,
    },
    Setting {
        name: "cis-pod-pids-limit",
        ids: (None, Some(13)),
        flag: Some("pod-max-pids"),
        field: Some("podPidsLimit"),
        wants: "a number",
        good: |_, _| true,
        unset: never,
        scored: never,
    },
    Setting {
        name: "cis-seccomp-default",
        ids: (None, Some(14)),
        flag: Some("seccomp-default"),
        field: Some("seccompDefault"),
        wants: "true",
        good: |value, _| value == "true",
        unset: |minor| minor < 29,
        scored: never,
    },
];

fn settings(files: &mut Files<'_>, kubelet: &Component, minor: u16) {
    let Some(home) = kubelet.home().map(Path::to_owned) else { return };
    for setting in &SETTINGS {
        let Some(id) = (if minor >= 25 { setting.ids.1 } else { setting.ids.0 }) else { continue };
        let finding = |message: String| {
            if (setting.scored)(minor) {
                Finding::error(setting.name, message)
            } else {
                Finding::warning(setting.name, message)
            }
        };
        match kubelet.value(setting.flag, setting.field) {
            Some((value, _)) if (setting.good)(&value, minor) => {}
            Some((value, origin)) => {
                let message = format!("CIS 4.2.{id}: '{value}'");
                files.findings.push(at(finding(message), &origin).fix(format!("wanted is {}", setting.wants)));
            }
            None if (setting.unset)(minor) => {}
            None => {
                let field = setting.field.or(setting.flag).unwrap_or_default();
                let message = format!("CIS 4.2.{id}: it is not set");
                files.find(&home, finding(message).field(field).fix(format!("wanted is {}", setting.wants)));
            }
        }
    }
}
