//! What the tutorial writes for worker-1 at v1.13.0, character by character: the one copy that all tests compare with.

/// kubelet-config.yaml.
pub const KUBELET_CONFIG: &str = r#"kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: "/var/lib/kubernetes/ca.crt"
authorization:
  mode: Webhook
clusterDomain: "cluster.local"
clusterDNS:
  - "10.96.0.10"
resolvConf: "/run/systemd/resolve/resolv.conf"
runtimeRequestTimeout: "15m"
"#;

/// kube-proxy-config.yaml.
pub const KUBE_PROXY_CONFIG: &str = r#"kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: "/var/lib/kube-proxy/kubeconfig"
mode: "iptables"
clusterCIDR: "192.168.5.0/24"
"#;

/// kubelet.service, with a blank line between the sections.
pub const KUBELET_UNIT: &str = r"[Unit]
Description=Kubernetes Kubelet
Documentation=https://github.com/kubernetes/kubernetes
After=docker.service
Requires=docker.service

[Service]
ExecStart=/usr/local/bin/kubelet \
  --config=/var/lib/kubelet/kubelet-config.yaml \
  --image-pull-progress-deadline=2m \
  --kubeconfig=/var/lib/kubelet/kubeconfig \
  --tls-cert-file=/var/lib/kubelet/worker-1.crt \
  --tls-private-key-file=/var/lib/kubelet/worker-1.key \
  --network-plugin=cni \
  --register-node=true \
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
";

/// kube-proxy.service.
pub const KUBE_PROXY_UNIT: &str = r"[Unit]
Description=Kubernetes Kube Proxy
Documentation=https://github.com/kubernetes/kubernetes

[Service]
ExecStart=/usr/local/bin/kube-proxy \
  --config=/var/lib/kube-proxy/kube-proxy-config.yaml
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
";

/// Steps 8 to 10 as they are typed. `sudo` is left out, and the units get the closing EOF that the page lacks.
pub fn heredocs() -> String {
    [
        ("kubelet-config.yaml", KUBELET_CONFIG),
        ("kubelet.service", KUBELET_UNIT),
        ("kube-proxy-config.yaml", KUBE_PROXY_CONFIG),
        ("kube-proxy.service", KUBE_PROXY_UNIT),
    ]
    .iter()
    .map(|(file, content)| {
        // The shell takes one of two backslashes away.
        format!("cat <<EOF | tee {file} >/dev/null\n{}EOF\n", content.replace('\\', r"\\"))
    })
    .collect()
}
