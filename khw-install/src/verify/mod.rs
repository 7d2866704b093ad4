//! Whether the files of a worker agree with one another.
//!
//! It starts at the two units, as systemd does, and follows the paths that they and the configurations name, not a fixed
//! list. What cannot be followed because its file is missing is looked for where the layout has it, so that one missing
//! file does not hide what is wrong with the others.

mod certificates;
mod component;
mod files;
mod identity;
mod kubeconfig;
mod network;

use crate::target::Target;
use files::Files;
use khw_core::finding::Finding;
use khw_core::layout::Paths;
use khw_core::{KubernetesVersion, NodeName};

/// The names of all findings that are `verify`'s own.
pub const OWN_CHECKS: &[&str] = &[
    "file-missing",
    "file-invalid",
    "binary-missing",
    "binary-mode",
    "path-missing",
    "mode-too-wide",
    "owner-wrong",
    "unit-masked",
    "node-name-mismatch",
    "certificate-organization",
    "certificate-san",
    "certificate-san-address",
    "certificate-usage",
    "certificate-untrusted",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-expires-soon",
    "ca-not-ca",
    "ca-differs",
    "key-mismatch",
    "serving-certificate-unset",
    "client-ca-unset",
    "kubeconfig-unresolved",
    "kubeconfig-user",
    "kubeconfig-server",
    "kubeconfig-swapped",
    "server-differs",
    "cluster-cidr-is-node-network",
];

/// All names, those of the units' and configurations' own checks included.
pub fn check_names() -> Vec<&'static str> {
    let mut names: Vec<_> = [OWN_CHECKS, khw_unit::CHECKS, khw_kubelet_conf::CHECKS, khw_proxy_conf::CHECKS].concat();
    names.sort_unstable();
    names.dedup();
    names
}

/// What is checked, against what.
pub struct Subject<'a> {
    /// Where the worker's files are.
    pub target: &'a Target,
    /// The node.
    pub node: &'a NodeName,
    /// Where a file is looked for when nothing names it.
    pub paths: &'a Paths,
    /// The version that flags and fields must fit, if one was named.
    pub version: Option<KubernetesVersion>,
    /// The time, against which validity is checked.
    pub now: time::OffsetDateTime,
}

/// Checks all files of the worker. The findings are in the order in which a person would mend them.
pub fn verify(subject: &Subject<'_>) -> Vec<Finding> {
    let mut files = Files::new(subject.target);
    let kubelet = component::kubelet(subject, &mut files);
    let kube_proxy = component::kube_proxy(subject, &mut files);

    let ca = certificates::ca(subject, &mut files, &kubelet);
    let serving = certificates::serving(subject, &mut files, &kubelet, ca.as_ref());
    if let Some(serving) = &serving {
        identity::serving_certificate(subject, &mut files, serving);
    }
    let kubelet_server = kubeconfig::kubelet(subject, &mut files, &kubelet, ca.as_ref());
    let kube_proxy_server = kubeconfig::kube_proxy(subject, &mut files, &kube_proxy, ca.as_ref());
    kubeconfig::same_server(&mut files, kubelet_server, kube_proxy_server);
    network::cluster_cidr(&mut files, &kube_proxy, serving.as_ref());
    files.findings
}
