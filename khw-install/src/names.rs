//! The names that a worker's files have where they are made, in the three guides, and what makes each.

use crate::artefact::Artefact;
use khw_core::NodeName;

/// The names a file of `node` may have, below the directory that holds them; the first is the tutorial's and khw's own.
///
/// MM has the tutorial's names. KTHW says `kubelet.crt` for the node's pair once it is on the node, keeps configurations and
/// units in `configs` and `units`, and had `ca.pem`, `NODE.pem` and `NODE-key.pem` until 2023.
pub(crate) fn of(artefact: Artefact, node: &NodeName) -> Vec<String> {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    match artefact {
        Artefact::Ca => names(&["ca.crt", "ca.pem"]),
        Artefact::KubeletCertificate => vec![format!("{node}.crt"), "kubelet.crt".to_owned(), format!("{node}.pem")],
        Artefact::KubeletKey => vec![format!("{node}.key"), "kubelet.key".to_owned(), format!("{node}-key.pem")],
        Artefact::KubeletKubeconfig => vec![format!("{node}.kubeconfig"), "kubelet.kubeconfig".to_owned()],
        Artefact::KubeletBootstrapKubeconfig => names(&["bootstrap-kubeconfig", "bootstrap.kubeconfig"]),
        Artefact::KubeProxyCertificate => names(&["kube-proxy.crt", "kube-proxy.pem"]),
        Artefact::KubeProxyKey => names(&["kube-proxy.key", "kube-proxy-key.pem"]),
        Artefact::KubeProxyKubeconfig => names(&["kube-proxy.kubeconfig"]),
        Artefact::KubeletConfig => names(&["kubelet-config.yaml", "configs/kubelet-config.yaml"]),
        Artefact::KubeProxyConfig => names(&["kube-proxy-config.yaml", "configs/kube-proxy-config.yaml"]),
        Artefact::KubeletUnit => names(&["kubelet.service", "units/kubelet.service"]),
        Artefact::KubeProxyUnit => names(&["kube-proxy.service", "units/kube-proxy.service"]),
    }
}

/// The names a program may have. KTHW keeps its downloads apart.
pub(crate) fn of_program(program: &str) -> Vec<String> {
    ["", "downloads/", "downloads/worker/", "downloads/client/"].iter().map(|at| format!("{at}{program}")).collect()
}

/// The command that makes a file of `node`.
pub(crate) fn made_with(artefact: Artefact, node: &NodeName) -> String {
    match artefact {
        Artefact::Ca => "khw-cert ca".to_owned(),
        Artefact::KubeletCertificate | Artefact::KubeletKey => format!("khw-cert node {node} ADDRESS"),
        Artefact::KubeProxyCertificate | Artefact::KubeProxyKey => "khw-cert client kube-proxy".to_owned(),
        Artefact::KubeletKubeconfig | Artefact::KubeProxyKubeconfig => "khw-kubeconfig new".to_owned(),
        Artefact::KubeletBootstrapKubeconfig => "khw-kubeconfig bootstrap".to_owned(),
        Artefact::KubeletConfig => "khw-kubelet-conf".to_owned(),
        Artefact::KubeProxyConfig => "khw-proxy-conf".to_owned(),
        Artefact::KubeletUnit => format!("khw-unit kubelet --node {node}"),
        Artefact::KubeProxyUnit => "khw-unit kube-proxy".to_owned(),
    }
}
