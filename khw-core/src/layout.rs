//! Where a worker keeps its files, in the tutorial and in the two living guides of its kind.
//!
//! Users: khw-kubelet-conf, khw-proxy-conf, khw-unit, khw-install.

use crate::NodeName;
use std::path::PathBuf;

/// A set of paths that belong together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// The tutorial's own: certificate and key in /var/lib/kubelet, the CA in /var/lib/kubernetes.
    #[default]
    Tutorial,
    /// mmumshad/kubernetes-the-hard-way: everything secret in /var/lib/kubernetes/pki.
    Mm,
    /// kelseyhightower/kubernetes-the-hard-way: everything of the kubelet in /var/lib/kubelet, named kubelet.crt.
    Kthw,
}

/// Absolute paths of a worker's files on the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The cluster's CA certificate.
    pub ca: PathBuf,
    /// The kubelet's certificate, for serving (and, where the kubeconfig names it, as a client).
    pub kubelet_certificate: PathBuf,
    /// The private key of it.
    pub kubelet_key: PathBuf,
    /// The kubelet's kubeconfig.
    pub kubelet_kubeconfig: PathBuf,
    /// The kubelet's bootstrap kubeconfig, where TLS bootstrapping is used.
    pub kubelet_bootstrap_kubeconfig: PathBuf,
    /// kube-proxy's certificate, where its kubeconfig names it by path.
    pub kube_proxy_certificate: PathBuf,
    /// The private key of it.
    pub kube_proxy_key: PathBuf,
    /// The KubeletConfiguration.
    pub kubelet_config: PathBuf,
    /// The kubelet's systemd unit.
    pub kubelet_unit: PathBuf,
    /// kube-proxy's kubeconfig.
    pub kube_proxy_kubeconfig: PathBuf,
    /// The KubeProxyConfiguration.
    pub kube_proxy_config: PathBuf,
    /// kube-proxy's systemd unit.
    pub kube_proxy_unit: PathBuf,
    /// The directory of kubectl, kube-proxy and kubelet.
    pub binaries: PathBuf,
    /// The directories that the guide makes first.
    pub directories: Vec<PathBuf>,
}

impl Layout {
    /// The paths of the worker called `node`.
    pub fn paths(self, node: &NodeName) -> Paths {
        let pki = match self {
            Layout::Tutorial | Layout::Kthw => "/var/lib/kubelet",
            Layout::Mm => "/var/lib/kubernetes/pki",
        };
        let pair = match self {
            Layout::Tutorial | Layout::Mm => node.as_str(),
            Layout::Kthw => "kubelet",
        };
        let ca = match self {
            Layout::Tutorial => "/var/lib/kubernetes/ca.crt",
            Layout::Mm => "/var/lib/kubernetes/pki/ca.crt",
            Layout::Kthw => "/var/lib/kubelet/ca.crt",
        };
        let (kubelet, kube_proxy) = match self {
            Layout::Tutorial | Layout::Kthw => ("kubeconfig", "kubeconfig"),
            Layout::Mm => ("kubelet.kubeconfig", "kube-proxy.kubeconfig"),
        };
        let proxy_pki = match self {
            Layout::Tutorial | Layout::Kthw => "/var/lib/kube-proxy",
            Layout::Mm => pki,
        };
        let mut directories =
            vec!["/etc/cni/net.d", "/opt/cni/bin", "/var/lib/kubelet", "/var/lib/kube-proxy", "/var/lib/kubernetes"];
        if self == Layout::Mm {
            directories.push("/var/lib/kubernetes/pki");
        }
        directories.push("/var/run/kubernetes");
        Paths {
            ca: ca.into(),
            kubelet_certificate: format!("{pki}/{pair}.crt").into(),
            kubelet_key: format!("{pki}/{pair}.key").into(),
            kubelet_kubeconfig: format!("/var/lib/kubelet/{kubelet}").into(),
            kubelet_bootstrap_kubeconfig: "/var/lib/kubelet/bootstrap-kubeconfig".into(),
            kube_proxy_certificate: format!("{proxy_pki}/kube-proxy.crt").into(),
            kube_proxy_key: format!("{proxy_pki}/kube-proxy.key").into(),
            kubelet_config: "/var/lib/kubelet/kubelet-config.yaml".into(),
            kubelet_unit: "/etc/systemd/system/kubelet.service".into(),
            kube_proxy_kubeconfig: format!("/var/lib/kube-proxy/{kube_proxy}").into(),
            kube_proxy_config: "/var/lib/kube-proxy/kube-proxy-config.yaml".into(),
            kube_proxy_unit: "/etc/systemd/system/kube-proxy.service".into(),
            binaries: "/usr/local/bin".into(),
            directories: directories.into_iter().map(PathBuf::from).collect(),
        }
    }
}
