//! What `preflight`, `start` and `status` must know of the worker: the settings that count, flags before fields before defaults.

use super::Subject;
use super::component::Component;
use khw_core::{KubernetesVersion, NodeName};
use std::path::PathBuf;

/// The settings.
pub(crate) struct Settings {
    /// The name under which the kubelet registers.
    pub(crate) node: NodeName,
    /// The version that was said, or that of the placed kubelet.
    pub(crate) version: Option<KubernetesVersion>,
    /// The kubelet's kubeconfig.
    pub(crate) kubeconfig: PathBuf,
    /// Whether the kubelet stops with swap on.
    pub(crate) fail_swap_on: bool,
    /// Whether it is said that the kubelet stops on cgroup v1.
    pub(crate) fail_cgroup_v1: Option<bool>,
    /// The container runtime's socket, `unix://…`.
    pub(crate) runtime_socket: String,
    /// kube-proxy's mode.
    pub(crate) proxy_mode: String,
    /// Ports that must be free, and what they are for.
    pub(crate) ports: Vec<(u16, &'static str)>,
    /// `ADDRESS:PORT` of the kubelet's health endpoint; `None` when it is off.
    pub(crate) kubelet_health: Option<String>,
    /// The same of kube-proxy.
    pub(crate) kube_proxy_health: Option<String>,
}

impl Settings {
    pub(super) fn new(
        subject: &Subject<'_>,
        node: NodeName,
        version: Option<KubernetesVersion>,
        kubelet: &Component,
        kube_proxy: &Component,
    ) -> Self {
        let text =
            |component: &Component, flag, field| component.value(Some(flag), Some(field)).map(|(value, _)| value);
        let of_kubelet = |flag, field| text(kubelet, flag, field);
        let port = |flag, field, default| of_kubelet(flag, field).and_then(|v| v.parse().ok()).unwrap_or(default);
        let endpoint = |flag, field, default: (&str, u16)| {
            let value = text(kube_proxy, flag, field);
            match value.as_deref().and_then(|v| v.rsplit_once(':')) {
                Some((host, port)) => (host.to_owned(), port.parse().unwrap_or(default.1)),
                None => (value.unwrap_or_else(|| default.0.to_owned()), default.1),
            }
        };
        let healthz = port("healthz-port", "healthzPort", 10248);
        let address =
            of_kubelet("healthz-bind-address", "healthzBindAddress").unwrap_or_else(|| "127.0.0.1".to_owned());
        let proxy_health = endpoint("healthz-bind-address", "healthzBindAddress", ("0.0.0.0", 10256));
        let proxy_metrics = endpoint("metrics-bind-address", "metricsBindAddress", ("127.0.0.1", 10249));
        let docker = kubelet.service().is_some_and(|service| {
            service.unit.unit.values("Unit", "Requires").iter().any(|v| v.text.contains("docker.service"))
        });
        let socket = of_kubelet("container-runtime-endpoint", "containerRuntimeEndpoint").unwrap_or_else(|| {
            let path = if docker { "/var/run/docker.sock" } else { "/run/containerd/containerd.sock" };
            format!("unix://{path}")
        });
        Settings {
            node,
            version,
            kubeconfig: kubelet
                .path("kubeconfig", None)
                .map_or_else(|| subject.paths.kubelet_kubeconfig.clone(), |named| named.path),
            fail_swap_on: of_kubelet("fail-swap-on", "failSwapOn").is_none_or(|v| v == "true"),
            fail_cgroup_v1: of_kubelet("fail-cgroupv1", "failCgroupV1").map(|v| v == "true"),
            runtime_socket: if socket.starts_with('/') { format!("unix://{socket}") } else { socket },
            proxy_mode: text(kube_proxy, "proxy-mode", "mode").unwrap_or_else(|| "iptables".to_owned()),
            ports: vec![
                (port("port", "port", 10250), "the kubelet's port"),
                (healthz, "the kubelet's healthzPort"),
                (proxy_metrics.1, "kube-proxy's metricsBindAddress"),
                (proxy_health.1, "kube-proxy's healthzBindAddress"),
            ],
            kubelet_health: (healthz != 0).then(|| reachable(&address, healthz)),
            kube_proxy_health: (proxy_health.1 != 0).then(|| reachable(&proxy_health.0, proxy_health.1)),
        }
    }
}

/// An address to listen on, as one to connect to.
fn reachable(address: &str, port: u16) -> String {
    match address {
        "" | "0.0.0.0" => format!("127.0.0.1:{port}"),
        "::" | "[::]" => format!("[::1]:{port}"),
        other => format!("{other}:{port}"),
    }
}
