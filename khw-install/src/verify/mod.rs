//! Whether the files of a worker agree with one another.
//!
//! It starts at the two units, as systemd does, and follows the paths that they and the configurations name, not a fixed
//! list. What cannot be followed because its file is missing is looked for where the layout has it, so that one missing
//! file does not hide what is wrong with the others.

mod address;
mod certificates;
mod cis;
mod component;
pub(crate) mod drop_in;
mod files;
mod identity;
mod kubeconfig;
mod program;
mod registration;
mod resolver;
mod runtime;
mod settings;
mod unit;

pub(crate) use drop_in::DROP_IN;
pub(crate) use files::Reference;
pub(crate) use settings::Settings;

use crate::target::Target;
use component::Component;
use files::Files;
use khw_core::finding::Finding;
use khw_core::layout::Paths;
use khw_core::{KubernetesVersion, NodeName};

/// The names of all findings that are `verify`'s own.
pub const OWN_CHECKS: &[&str] = &[
    "file-missing",
    "file-invalid",
    "path-missing",
    "path-relative",
    "mode-too-wide",
    "directory-mode",
    "owner-wrong",
    "binary-missing",
    "binary-mode",
    "binary-invalid",
    "binary-machine",
    "binary-loader-missing",
    "binary-version",
    "version-skew",
    "unit-masked",
    "unit-program",
    "unit-user",
    "unit-type",
    "unit-no-restart",
    "unit-not-installable",
    "drop-in-overrides",
    "environment-file-missing",
    "required-unit-missing",
    "config-unset",
    "flag-differs-from-field",
    "hostname-differs",
    "hostname-override-differs",
    "hostname-override-invalid",
    "kube-proxy-hostname-differs",
    "node-ip-invalid",
    "node-ip-nat",
    "node-ip-not-in-certificate",
    "node-name-mismatch",
    "certificate-organization",
    "certificate-san",
    "certificate-san-address",
    "certificate-usage",
    "certificate-untrusted",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-expires-soon",
    "certificate-outlives-ca",
    "weak-key",
    "weak-signature",
    "ca-not-ca",
    "ca-differs",
    "ca-key-on-worker",
    "key-mismatch",
    "serving-certificate-unset",
    "serving-certificate-unused",
    "client-ca-unset",
    "kubeconfig-unset",
    "kubeconfig-unresolved",
    "kubeconfig-user",
    "kubeconfig-user-name",
    "kubeconfig-server",
    "kubeconfig-swapped",
    "kubeconfig-ca-unset",
    "kubeconfig-no-credentials",
    "kubeconfig-pair-incomplete",
    "kubeconfig-masters",
    "kube-proxy-user",
    "kube-proxy-missing",
    "server-differs",
    "server-not-https",
    "server-not-verified",
    "server-loopback",
    "register-node-off",
    "kubelet-server-off",
    "static-pod-path-missing",
    "runtime-differs",
    "runtime-docker-gone",
    "runtime-endpoint-invalid",
    "runtime-endpoint-unset",
    "runtime-socket-differs",
    "cgroup-driver-differs",
    "containerd-invalid",
    "containerd-cri-disabled",
    "cni-directory-missing",
    "docker-invalid",
    "resolv-conf-empty",
    "resolv-conf-loopback",
    "cluster-cidr-is-node-network",
    "cluster-cidr-has-server",
    "cluster-dns-in-pod-network",
    "pod-cidr-outside-cluster",
    "port-conflict",
];

/// All names, those of the units' and configurations' own checks included.
pub fn check_names() -> Vec<&'static str> {
    let mut names: Vec<_> =
        [OWN_CHECKS, cis::CHECKS, khw_unit::CHECKS, khw_kubelet_conf::CHECKS, khw_proxy_conf::CHECKS].concat();
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
    /// Whether a person said so, or it is the host's name.
    pub node_is_said: bool,
    /// Where a file is looked for when nothing names it.
    pub paths: &'a Paths,
    /// The version that flags and fields must fit, if one was named; else it is that of the placed programs.
    pub version: Option<KubernetesVersion>,
    /// Whether the CIS benchmark is checked too.
    pub cis: bool,
    /// The time, against which validity is checked.
    pub now: time::OffsetDateTime,
}

/// What `verify` saw: the findings, and which file names which.
pub(crate) struct Verified {
    /// In the order in which a person would mend them.
    pub(crate) findings: Vec<Finding>,
    /// In the order in which they were followed.
    pub(crate) references: Vec<Reference>,
    /// What counts, for those who run the worker.
    pub(crate) settings: Settings,
}

/// Where nothing of kube-proxy is there, it was forgotten as a whole, or a network plugin does its work: one finding for all.
fn without_kube_proxy(subject: &Subject<'_>, files: &mut Files<'_>) {
    let paths = subject.paths;
    let of_it = [&paths.kube_proxy_unit, &paths.kube_proxy_config, &paths.kube_proxy_kubeconfig];
    let shown = of_it.map(|path| files.shown(path));
    let is_missing = |finding: &Finding| {
        finding.name == "file-missing" && finding.file.as_ref().is_some_and(|file| shown.contains(file))
    };
    if files.findings.iter().filter(|finding| is_missing(finding)).count() < shown.len() {
        return;
    }
    files.findings.retain(|finding| !is_missing(finding));
    let message = "nothing of kube-proxy is on this worker: no unit, configuration or kubeconfig";
    let fix = "place them, or say --ignore kube-proxy-missing where a network plugin does its work";
    files.find(&paths.kube_proxy_unit, Finding::error("kube-proxy-missing", message).fix(fix));
}

/// Checks all files of the worker. The findings are in the order in which a person would mend them.
pub fn verify(subject: &Subject<'_>) -> Vec<Finding> {
    look(subject).findings
}

/// The same, with the references on the way.
pub(crate) fn look(subject: &Subject<'_>) -> Verified {
    let mut files = Files::new(subject.target);
    let kubelet = Component::read(&component::KUBELET, subject, &mut files);
    let kube_proxy = Component::read(&component::KUBE_PROXY, subject, &mut files);
    let node = address::node_name(subject, &mut files, &kubelet);
    let placed = program::placed(&files, &kubelet);
    let proxy_placed = program::placed(&files, &kube_proxy);
    let version = program::version(subject, &mut files, &kubelet, placed);
    let proxy_version = program::version(subject, &mut files, &kube_proxy, proxy_placed);
    for (component, version) in [(&kubelet, version), (&kube_proxy, proxy_version)] {
        program::runs(&mut files, component);
        component.check(&mut files, version);
    }
    program::skew(&mut files, &kube_proxy, placed, proxy_placed);

    let ca = certificates::ca(subject, &mut files, &kubelet);
    let serving = certificates::serving(subject, &mut files, &kubelet, ca.as_ref());
    if let Some(serving) = &serving {
        identity::serving_certificate(&node, &mut files, serving);
    }
    let server = kubeconfig::kubelet(subject, &node, &mut files, &kubelet, ca.as_ref());
    let proxy_server = kubeconfig::kube_proxy(subject, &mut files, &kube_proxy, ca.as_ref());
    kubeconfig::same_server(&mut files, server.as_ref(), proxy_server.as_ref());

    address::same_node(&mut files, &kubelet, &kube_proxy);
    address::node_ip(&mut files, &kubelet, serving.as_ref());
    address::networks(&mut files, &kubelet, &kube_proxy, serving.as_ref(), server.as_ref());
    address::ports(&mut files, &kubelet, &kube_proxy);
    registration::check(&mut files, &kubelet, &kube_proxy);
    runtime::check(&mut files, &kubelet, version);
    resolver::check(&mut files, &kubelet);
    if subject.cis {
        cis::check(&mut files, subject.paths, &kubelet, &kube_proxy, version);
    }
    without_kube_proxy(subject, &mut files);
    let settings = Settings::new(subject, node, version, &kubelet, &kube_proxy);
    Verified { findings: files.findings, references: files.references, settings }
}
