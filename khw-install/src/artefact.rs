//! The files of a worker: one table of verbs, paths and modes.

use khw_core::layout::Paths;
use std::path::Path;

/// A file that is placed on a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Artefact {
    /// The cluster's CA certificate.
    Ca,
    /// The kubelet's certificate.
    KubeletCertificate,
    /// The kubelet's private key.
    KubeletKey,
    /// The kubelet's kubeconfig.
    KubeletKubeconfig,
    /// The kubeconfig with which the kubelet asks for its certificate, where TLS bootstrapping is used.
    KubeletBootstrapKubeconfig,
    /// The KubeletConfiguration.
    KubeletConfig,
    /// The kubelet's unit.
    KubeletUnit,
    /// kube-proxy's certificate, where its kubeconfig names it by path.
    KubeProxyCertificate,
    /// kube-proxy's private key, where its kubeconfig names it by path.
    KubeProxyKey,
    /// kube-proxy's kubeconfig.
    KubeProxyKubeconfig,
    /// The KubeProxyConfiguration.
    KubeProxyConfig,
    /// kube-proxy's unit.
    KubeProxyUnit,
}

impl Artefact {
    /// All, in the order in which they are placed: what others refer to comes first, units last.
    pub const ALL: [Self; 12] = [
        Self::Ca,
        Self::KubeletCertificate,
        Self::KubeletKey,
        Self::KubeletKubeconfig,
        Self::KubeletBootstrapKubeconfig,
        Self::KubeProxyCertificate,
        Self::KubeProxyKey,
        Self::KubeProxyKubeconfig,
        Self::KubeletConfig,
        Self::KubeProxyConfig,
        Self::KubeletUnit,
        Self::KubeProxyUnit,
    ];

    /// The subcommand that places it.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::KubeletCertificate => "kubelet-cert",
            Self::KubeletKey => "kubelet-key",
            Self::KubeletKubeconfig => "kubelet-kubeconfig",
            Self::KubeletBootstrapKubeconfig => "kubelet-bootstrap-kubeconfig",
            Self::KubeProxyCertificate => "kube-proxy-cert",
            Self::KubeProxyKey => "kube-proxy-key",
            Self::KubeletConfig => "kubelet-config",
            Self::KubeletUnit => "kubelet-unit",
            Self::KubeProxyKubeconfig => "kube-proxy-kubeconfig",
            Self::KubeProxyConfig => "kube-proxy-config",
            Self::KubeProxyUnit => "kube-proxy-unit",
        }
    }

    /// Where it belongs.
    pub fn path(self, paths: &Paths) -> &Path {
        match self {
            Self::Ca => &paths.ca,
            Self::KubeletCertificate => &paths.kubelet_certificate,
            Self::KubeletKey => &paths.kubelet_key,
            Self::KubeletKubeconfig => &paths.kubelet_kubeconfig,
            Self::KubeletBootstrapKubeconfig => &paths.kubelet_bootstrap_kubeconfig,
            Self::KubeProxyCertificate => &paths.kube_proxy_certificate,
            Self::KubeProxyKey => &paths.kube_proxy_key,
            Self::KubeletConfig => &paths.kubelet_config,
            Self::KubeletUnit => &paths.kubelet_unit,
            Self::KubeProxyKubeconfig => &paths.kube_proxy_kubeconfig,
            Self::KubeProxyConfig => &paths.kube_proxy_config,
            Self::KubeProxyUnit => &paths.kube_proxy_unit,
        }
    }

    /// Its permission bits. 0600 passes every CIS benchmark. Units are 0644 unless it is `cis` that counts: the benchmarks want
    /// 0600 since Kubernetes 1.24, and systemd notes then that it has no effect.
    pub const fn mode(self, cis: bool) -> u32 {
        match self {
            Self::KubeletUnit | Self::KubeProxyUnit if !cis => 0o644,
            _ => 0o600,
        }
    }

    /// The ids of the CIS Kubernetes Benchmark for its mode and its owner, the same in every version of it.
    pub const fn cis(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::KubeletUnit => Some(("4.1.1", "4.1.2")),
            Self::KubeProxyKubeconfig => Some(("4.1.3", "4.1.4")),
            Self::KubeletKubeconfig => Some(("4.1.5", "4.1.6")),
            Self::Ca => Some(("4.1.7", "4.1.8")),
            Self::KubeletConfig => Some(("4.1.9", "4.1.10")),
            Self::KubeletCertificate
            | Self::KubeletKey
            | Self::KubeletBootstrapKubeconfig
            | Self::KubeProxyCertificate
            | Self::KubeProxyKey
            | Self::KubeProxyConfig
            | Self::KubeProxyUnit => None,
        }
    }

    /// What it is, for people.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Ca => "the cluster's CA certificate",
            Self::KubeletCertificate => "the kubelet's certificate",
            Self::KubeletKey => "the kubelet's private key",
            Self::KubeletKubeconfig => "the kubelet's kubeconfig",
            Self::KubeletBootstrapKubeconfig => "the kubelet's bootstrap kubeconfig",
            Self::KubeProxyCertificate => "kube-proxy's certificate",
            Self::KubeProxyKey => "kube-proxy's private key",
            Self::KubeletConfig => "the kubelet's configuration",
            Self::KubeletUnit => "the kubelet's systemd unit",
            Self::KubeProxyKubeconfig => "kube-proxy's kubeconfig",
            Self::KubeProxyConfig => "kube-proxy's configuration",
            Self::KubeProxyUnit => "kube-proxy's systemd unit",
        }
    }
}

/// The permission bits of a program.
pub const BINARY_MODE: u32 = 0o755;

/// The programs of a worker.
pub const BINARIES: [&str; 3] = ["kubectl", "kube-proxy", "kubelet"];
