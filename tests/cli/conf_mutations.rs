//! The configurations of the three guides pass, and every slip of the hand in them is caught by name.
//!
//! The files are written out from what the guides tell to write: the tutorial (Kubernetes 1.13), mmumshad's (MM, 1.28)
//! and kelseyhightower's (KTHW, 1.32) Kubernetes The Hard Way.

use harness::Sandbox;
use serde_json::Value;
use std::collections::HashMap;

/// A guide's file.
struct Guide {
    tool: &'static str,
    version: &'static str,
    /// What `check` is told beside.
    options: &'static str,
    text: &'static str,
}

const KUBELETS: [Guide; 4] = [
    Guide {
        tool: "khw-kubelet-conf",
        version: "1.13.0",
        options: "--service-cidr 10.96.0.0/24",
        text: "\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: \"/var/lib/kubernetes/ca.crt\"
authorization:
  mode: Webhook
clusterDomain: \"cluster.local\"
clusterDNS:
  - \"10.96.0.10\"
resolvConf: \"/run/systemd/resolve/resolv.conf\"
runtimeRequestTimeout: \"15m\"
",
    },
    // node01, with its own certificate.
    Guide {
        tool: "khw-kubelet-conf",
        version: "1.28.4",
        options: "--service-cidr 10.96.0.0/16",
        text: "\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
containerRuntimeEndpoint: unix:///var/run/containerd/containerd.sock
clusterDomain: cluster.local
clusterDNS:
  - 10.96.0.10
cgroupDriver: systemd
resolvConf: /run/systemd/resolve/resolv.conf
runtimeRequestTimeout: \"15m\"
tlsCertFile: /var/lib/kubernetes/pki/node01.crt
tlsPrivateKeyFile: /var/lib/kubernetes/pki/node01.key
registerNode: true
",
    },
    // node02, which asks for its certificates.
    Guide {
        tool: "khw-kubelet-conf",
        version: "1.28.4",
        options: "--service-cidr 10.96.0.0/16",
        text: "\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
containerRuntimeEndpoint: unix:///var/run/containerd/containerd.sock
cgroupDriver: systemd
clusterDomain: \"cluster.local\"
clusterDNS:
  - 10.96.0.10
registerNode: true
resolvConf: /run/systemd/resolve/resolv.conf
rotateCertificates: true
runtimeRequestTimeout: \"15m\"
serverTLSBootstrap: true
",
    },
    Guide {
        tool: "khw-kubelet-conf",
        version: "1.32.3",
        options: "--service-cidr 10.32.0.0/24",
        text: "\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: \"/var/lib/kubelet/ca.crt\"
authorization:
  mode: Webhook
clusterDomain: \"cluster.local\"
clusterDNS:
  - \"10.32.0.10\"
cgroupDriver: systemd
containerRuntimeEndpoint: \"unix:///var/run/containerd/containerd.sock\"
podCIDR: \"10.200.0.0/24\"
resolvConf: \"/etc/resolv.conf\"
runtimeRequestTimeout: \"15m\"
tlsCertFile: \"/var/lib/kubelet/kubelet.crt\"
tlsPrivateKeyFile: \"/var/lib/kubelet/kubelet.key\"
",
    },
];

const PROXIES: [Guide; 3] = [
    Guide {
        tool: "khw-proxy-conf",
        version: "1.13.0",
        options: "",
        text: "\
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: \"/var/lib/kube-proxy/kubeconfig\"
mode: \"iptables\"
clusterCIDR: \"192.168.5.0/24\"
",
    },
    Guide {
        tool: "khw-proxy-conf",
        version: "1.28.4",
        options: "--node-ip 192.168.56.21",
        text: "\
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kube-proxy.kubeconfig
mode: iptables
clusterCIDR: 10.244.0.0/16
",
    },
    Guide {
        tool: "khw-proxy-conf",
        version: "1.32.3",
        options: "--node-ip 192.168.5.21",
        text: "\
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: \"/var/lib/kube-proxy/kubeconfig\"
mode: \"iptables\"
clusterCIDR: \"10.200.0.0/16\"
",
    },
];

/// The line that begins with this becomes that (nothing: a line more at the end), and there is a finding of this name for
/// this field.
type Slip = (&'static str, &'static str, &'static str, &'static str);

const IN_BOTH: &[Slip] = &[
    ("kind:", "kind: Config", "wrong-kind", "kind"),
    ("kind:", "Kind: Config", "unknown-field", "Kind"),
    ("kind:", "", "wrong-kind", "kind"),
    ("apiVersion:", "apiVersion: v1", "wrong-kind", "apiVersion"),
    ("apiVersion:", "", "wrong-kind", "apiVersion"),
    ("apiVersion:", "apiversion: v1", "unknown-field", "apiversion"),
    ("", "featureGates: [A]", "wrong-type", "featureGates"),
    ("", "featureGates: {A: \"true\"}", "wrong-type", "featureGates.A"),
    ("", "featureGates: A=true", "wrong-type", "featureGates"),
    ("", "oomScoreAdj: -2000", "wrong-value", "oomScoreAdj"),
    ("", "oomScoreAdj: -999.5", "wrong-type", "oomScoreAdj"),
    ("", "bindAdress: 0.0.0.0", "unknown-field", "bindAdress"),
    ("", "\thealthzBindAddress: 127.0.0.1", "unreadable", ""),
    ("", "---\nkind: Pod", "unreadable", ""),
    ("", "healthzBindAddress: \"127.0.0.1", "unreadable", ""),
    ("", "healthzBindAddress 127.0.0.1", "unreadable", ""),
    ("", "- 127.0.0.1", "unreadable", ""),
    ("", "healthzBindAddress: [127.0.0.1", "unreadable", ""),
    ("", "healthzBindAddress: [127.0.0.1]", "wrong-type", "healthzBindAddress"),
    ("", "healthzBindAddress: 127.0.0.1.1", "wrong-value", "healthzBindAddress"),
    ("", "healthzBindAddress:", "empty-value", "healthzBindAddress"),
    ("", "healthzBindAddress: *address", "unreadable", ""),
];

const IN_KUBELETS: &[Slip] = &[
    ("kind:", "\u{feff}kind: KubeletConfiguration", "byte-order-mark", ""),
    ("authentication:", "authentification:", "unknown-field", "authentification"),
    ("authentication:", "authentication: {}\nauthentication:", "duplicate-field", "authentication"),
    ("anonymous:", "anonymus:", "unknown-field", "authentication.anonymus"),
    ("anonymous:", "Anonymous:", "unknown-field", "authentication.Anonymous"),
    ("enabled: false", "enabled: \"false\"", "wrong-type", "authentication.anonymous.enabled"),
    ("enabled: false", "enable: false", "unknown-field", "authentication.anonymous.enable"),
    ("enabled: false", "enabled: true", "anonymous-auth", "authentication.anonymous.enabled"),
    ("enabled: false", "enabled: 0", "wrong-type", "authentication.anonymous.enabled"),
    ("enabled: true", "enabled: 'yes'", "wrong-type", "authentication.webhook.enabled"),
    ("enabled: true", "Enabled: true", "unknown-field", "authentication.webhook.Enabled"),
    ("webhook:", "webHook:", "unknown-field", "authentication.webHook"),
    ("x509:", "X509:", "unknown-field", "authentication.X509"),
    ("x509:", "X509:", "no-client-ca", "authentication.x509.clientCAFile"),
    ("clientCAFile:", "clientCaFile: /ca.crt", "unknown-field", "authentication.x509.clientCaFile"),
    ("clientCAFile:", "caFile: /ca.crt", "unknown-field", "authentication.x509.caFile"),
    ("clientCAFile:", "", "no-client-ca", "authentication.x509.clientCAFile"),
    ("clientCAFile:", "", "empty-value", "authentication.x509"),
    ("clientCAFile:", "clientCAFile: [/ca.crt]", "wrong-type", "authentication.x509.clientCAFile"),
    ("clientCAFile:", "clientCAFile:", "empty-value", "authentication.x509.clientCAFile"),
    ("authorization:", "authorisation:", "unknown-field", "authorisation"),
    ("authorization:", "authorization: Webhook\nx:", "wrong-type", "authorization"),
    ("mode:", "mode: AlwaysAllow", "always-allow", "authorization.mode"),
    ("mode:", "mode: webhook", "wrong-value", "authorization.mode"),
    ("mode:", "mode: RBAC", "wrong-value", "authorization.mode"),
    ("mode:", "modes: Webhook", "unknown-field", "authorization.modes"),
    ("mode:", "mode: true", "wrong-type", "authorization.mode"),
    ("clusterDomain:", "clusterdomain: cluster.local", "unknown-field", "clusterdomain"),
    ("clusterDomain:", "clusterDomain: 5", "wrong-type", "clusterDomain"),
    ("clusterDomain:", "clusterDomain: on", "wrong-type", "clusterDomain"),
    ("clusterDNS:", "clusterDns:", "unknown-field", "clusterDns"),
    ("- ", "- 10.96.0", "wrong-value", "clusterDNS[0]"),
    ("- ", "- ${CLUSTER_DNS}", "wrong-value", "clusterDNS[0]"),
    ("- ", "- 10.96.0.10/16", "wrong-value", "clusterDNS[0]"),
    ("- ", "- 10.97.0.10", "dns-outside-services", "clusterDNS"),
    ("- ", "-10.96.0.10", "wrong-type", "clusterDNS"),
    ("- ", "10.96.0.10", "wrong-type", "clusterDNS"),
    ("- ", "", "empty-value", "clusterDNS"),
    ("resolvConf:", "resolveConf: /etc/resolv.conf", "unknown-field", "resolveConf"),
    ("resolvConf:", "resolverConfig: /etc/resolv.conf", "unknown-field", "resolverConfig"),
    ("resolvConf:", "resolv-conf: /etc/resolv.conf", "unknown-field", "resolv-conf"),
    ("resolvConf:", "resolvConf: 7", "wrong-type", "resolvConf"),
    ("resolvConf:", "resolvConf:", "empty-value", "resolvConf"),
    ("runtimeRequestTimeout:", "runtimeRequestTimeout: 15", "wrong-type", "runtimeRequestTimeout"),
    ("runtimeRequestTimeout:", "runtimeRequestTimeout: 15min", "wrong-value", "runtimeRequestTimeout"),
    ("runtimeRequestTimeout:", "runtimeRequestTimeout: 15 m", "wrong-value", "runtimeRequestTimeout"),
    ("runtimeRequestTimeout:", "runtimeRequestTimeout: \"\"", "wrong-value", "runtimeRequestTimeout"),
    ("runtimeRequestTimeout:", " runtimeRequestTimeout: 15m", "unreadable", ""),
    ("", "runtimeRequestTimeout: 15m", "duplicate-field", "runtimeRequestTimeout"),
    ("", "maxPods: \"110\"", "wrong-type", "maxPods"),
    ("", "maxPods: -1", "wrong-value", "maxPods"),
    ("", "maxPods: 110 pods", "wrong-type", "maxPods"),
    ("", "maxPods: 3000000000", "wrong-type", "maxPods"),
    ("", "maxPod: 110", "unknown-field", "maxPod"),
    ("", "max-pods: 110", "unknown-field", "max-pods"),
    ("", "port: 70000", "wrong-value", "port"),
    ("", "readOnlyPort: 10255", "read-only-port", "readOnlyPort"),
    ("", "failSwapOn: \"false\"", "wrong-type", "failSwapOn"),
    ("", "evictionHard: {memory.available: 100}", "wrong-type", "evictionHard.memory.available"),
    ("", "evictionHard: {memory.available: 100MB}", "wrong-value", "evictionHard.memory.available"),
    ("", "evictionHard: memory.available<100Mi", "wrong-type", "evictionHard"),
    ("", "evictionSoft: {memory.available: 10%}", "other-field-needed", "evictionSoft"),
    ("", "imageGCHighThresholdPercent: 50", "contradiction", "imageGCHighThresholdPercent"),
    ("", "imageGCHighThresholdPercent: 85%", "wrong-type", "imageGCHighThresholdPercent"),
    ("", "networkPlugin: cni", "unknown-field", "networkPlugin"),
    ("", "nodeIP: 192.168.5.21", "unknown-field", "nodeIP"),
    ("", "hairpinMode: veth", "wrong-value", "hairpinMode"),
    ("", "systemReserved: {cpu: 1}", "wrong-type", "systemReserved.cpu"),
    ("", "kubeReserved: cpu=100m", "wrong-type", "kubeReserved"),
    ("", "enforceNodeAllocatable: [system-reserved]", "other-field-needed", "enforceNodeAllocatable"),
    ("", "enforceNodeAllocatable: [pod]", "wrong-value", "enforceNodeAllocatable[0]"),
    ("", "cgroupsPerQOS: false", "contradiction", "cgroupsPerQOS"),
    ("", "tlsMinVersion: 1.2", "wrong-type", "tlsMinVersion"),
    ("", "tlsMinVersion: TLS12", "wrong-value", "tlsMinVersion"),
    ("", "tlsCipherSuites: TLS_A,TLS_B", "wrong-type", "tlsCipherSuites"),
    ("", "address: localhost", "wrong-value", "address"),
    ("", "containerLogMaxFiles: 1", "wrong-value", "containerLogMaxFiles"),
    ("", "containerLogMaxSize: 10", "wrong-type", "containerLogMaxSize"),
];

/// What only one guide's version or file has.
const OF_ONE_GUIDE: &[(usize, Slip)] = &[
    (0, ("", "tlsCertFile: /a.crt", "tls-pair-incomplete", "tlsCertFile")),
    (0, ("", "tlsPrivateKeyFile: /a.key", "tls-pair-incomplete", "tlsPrivateKeyFile")),
    (0, ("", "registerNode: true", "field-not-yet", "registerNode")),
    (0, ("", "seccompDefault: true", "field-not-yet", "seccompDefault")),
    (0, ("", "containerRuntimeEndpoint: unix:///x", "field-not-yet", "containerRuntimeEndpoint")),
    (0, ("", "cgroupDriver: Systemd", "wrong-value", "cgroupDriver")),
    (0, ("", "featureGates: {NodeSwap: true}", "unknown-gate", "featureGates.NodeSwap")),
    (1, ("registerNode:", "registerNode: 'true'", "wrong-type", "registerNode")),
    (1, ("tlsCertFile:", "", "tls-pair-incomplete", "tlsPrivateKeyFile")),
    (1, ("tlsPrivateKeyFile:", "tlsKeyFile: /a.key", "unknown-field", "tlsKeyFile")),
    (1, ("cgroupDriver:", "cgroupDriver: Systemd", "wrong-value", "cgroupDriver")),
    (
        1,
        (
            "containerRuntimeEndpoint:",
            "containerRuntimeEndpoint: /run/x",
            "endpoint-without-scheme",
            "containerRuntimeEndpoint",
        ),
    ),
    (1, ("", "logging: {sanitization: true}", "field-removed", "logging.sanitization")),
    (1, ("", "memorySwap: {swapBehavior: LimitedSwap}", "gate-needed", "memorySwap.swapBehavior")),
    (1, ("", "iptablesDropBit: 15", "field-deprecated", "iptablesDropBit")),
    (1, ("", "podLogsDir: /var/log/pods", "field-not-yet", "podLogsDir")),
    (2, ("serverTLSBootstrap:", "serverTlsBootstrap: true", "unknown-field", "serverTlsBootstrap")),
    (2, ("rotateCertificates:", "rotateCertificates: \"true\"", "wrong-type", "rotateCertificates")),
    (2, ("", "featureGates: {RotateKubeletServerCertificate: false}", "gate-needed", "serverTLSBootstrap")),
    (3, ("podCIDR:", "podCIDR: \"SUBNET\"", "wrong-value", "podCIDR")),
    (3, ("podCIDR:", "podCidr: 10.200.0.0/24", "unknown-field", "podCidr")),
    (3, ("", "memorySwap: {swapBehavior: UnlimitedSwap}", "wrong-value", "memorySwap.swapBehavior")),
    (3, ("", "runOnce: true", "wrong-value", "runOnce")),
    (3, ("", "featureGates: {nodeSwap: true}", "unknown-gate", "featureGates.nodeSwap")),
];

const IN_PROXIES: &[Slip] = &[
    ("kind:", "\u{feff}kind: KubeProxyConfiguration", "byte-order-mark", ""),
    ("clientConnection:", "clientconnection:", "unknown-field", "clientconnection"),
    ("clientConnection:", "clientConnection: /k\nx:", "wrong-type", "clientConnection"),
    ("kubeconfig:", "kubeConfig: /k", "unknown-field", "clientConnection.kubeConfig"),
    ("kubeconfig:", "", "no-kubeconfig", "clientConnection.kubeconfig"),
    ("kubeconfig:", "kubeconfig: [/k]", "wrong-type", "clientConnection.kubeconfig"),
    ("mode:", "mode: iptable", "wrong-value", "mode"),
    ("mode:", "mode: IPTables", "wrong-value", "mode"),
    ("mode:", "mode: 1", "wrong-type", "mode"),
    ("mode:", "Mode: iptables", "unknown-field", "Mode"),
    ("mode:", "proxyMode: iptables", "unknown-field", "proxyMode"),
    ("mode:", "mode: iptables\nmode: ipvs", "duplicate-field", "mode"),
    ("clusterCIDR:", "clusterCIDR: 10.244.0.0", "wrong-value", "clusterCIDR"),
    ("clusterCIDR:", "clusterCIDR: 10.244.0.0/33", "wrong-value", "clusterCIDR"),
    ("clusterCIDR:", "clusterCIDR: ${POD_CIDR}", "wrong-value", "clusterCIDR"),
    ("clusterCIDR:", "clusterCIDR: [10.244.0.0/16]", "wrong-type", "clusterCIDR"),
    ("clusterCIDR:", "clusterCidr: 10.244.0.0/16", "unknown-field", "clusterCidr"),
    ("clusterCIDR:", "podCIDR: 10.244.0.0/16", "unknown-field", "podCIDR"),
    ("", "metricsBindAddress: localhost:10249", "wrong-value", "metricsBindAddress"),
    ("", "metricsBindAddress: 10249", "wrong-type", "metricsBindAddress"),
    ("", "conntrack: {maxPerCore: \"0\"}", "wrong-type", "conntrack.maxPerCore"),
    ("", "conntrack: {maxPerCore: -1}", "wrong-value", "conntrack.maxPerCore"),
    ("", "conntrack: {tcpEstablishedTimeout: 24}", "wrong-type", "conntrack.tcpEstablishedTimeout"),
    ("", "iptables: {masqueradeBit: 32}", "wrong-value", "iptables.masqueradeBit"),
    ("", "iptables: {syncPeriod: 30}", "wrong-type", "iptables.syncPeriod"),
    ("", "hostnameOverride: Node01", "wrong-value", "hostnameOverride"),
    ("", "ipvs: {strictArp: true}", "unknown-field", "ipvs.strictArp"),
    ("", "nodePortAddresses: 10.0.0.0/8", "wrong-type", "nodePortAddresses"),
];

const OF_ONE_PROXY: &[(usize, Slip)] = &[
    (0, ("mode:", "mode: nftables", "wrong-value", "mode")),
    (0, ("", "udpIdleTimeout: 250", "wrong-type", "udpIdleTimeout")),
    (0, ("", "ipvs: {strictARP: true}", "field-not-yet", "ipvs.strictARP")),
    (1, ("mode:", "mode: nftables", "wrong-value", "mode")),
    (1, ("mode:", "mode: userspace", "wrong-value", "mode")),
    (1, ("clusterCIDR:", "clusterCIDR: 192.168.56.0/24", "cluster-cidr-has-node", "clusterCIDR")),
    (1, ("", "udpIdleTimeout: 250ms", "field-removed", "udpIdleTimeout")),
    (1, ("", "resourceContainer: /kube-proxy", "field-removed", "resourceContainer")),
    (1, ("", "nftables: {masqueradeAll: true}", "field-not-yet", "nftables")),
    (2, ("clusterCIDR:", "clusterCIDR: 192.168.0.0/16", "cluster-cidr-has-node", "clusterCIDR")),
    (2, ("", "portRange: 0-1", "field-deprecated", "portRange")),
    (2, ("", "conntrack: {max: 5}", "field-removed", "conntrack.max")),
];

impl Guide {
    fn check(&self) -> String {
        format!("{} check --kubernetes-version {} {}", self.tool, self.version, self.options)
    }

    /// The file with one line changed. It keeps the line's indentation.
    fn with(&self, (begin, becomes, ..): Slip) -> String {
        if begin.is_empty() {
            return format!("{}{becomes}\n", self.text);
        }
        let mut changed = false;
        let line = |line: &str| {
            let bare = line.trim_start();
            if changed || !bare.starts_with(begin) {
                return format!("{line}\n");
            }
            changed = true;
            let indentation = &line[..line.len() - bare.len()];
            if becomes.is_empty() { String::new() } else { format!("{indentation}{becomes}\n") }
        };
        let text: String = self.text.lines().map(line).collect();
        assert!(changed, "{begin} is not in the file");
        text
    }

    /// Each slip is caught. Gives how many there were.
    #[track_caller]
    fn catches(&self, slips: &[Slip]) -> usize {
        let sandbox = Sandbox::new();
        for (number, slip) in slips.iter().enumerate() {
            sandbox.write(number.to_string(), self.with(*slip));
        }
        let report = sandbox.sh(&format!("{} --format json * || true", self.check())).ok();
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let mut found: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for finding in report["findings"].as_array().expect("findings") {
            let text = |name: &str| finding[name].as_str().unwrap_or_default();
            found.entry(text("file")).or_default().push((text("name"), text("field")));
        }
        let mut missed = Vec::new();
        for (number, (begin, becomes, name, field)) in slips.iter().enumerate() {
            let found = found.remove(number.to_string().as_str()).unwrap_or_default();
            if !found.contains(&(*name, *field)) {
                missed.push(format!("{} '{begin}' -> '{becomes}': {found:?}", self.version));
            }
        }
        assert_eq!(missed, [""; 0]);
        slips.len()
    }
}

fn of_guide<'a>(all: &'a [(usize, Slip)], guide: usize) -> impl Iterator<Item = Slip> + 'a {
    all.iter().filter(move |(of, _)| *of == guide).map(|(_, slip)| *slip)
}

#[test]
fn the_guides_files_pass_for_their_version() {
    for guide in KUBELETS.iter().chain(&PROXIES) {
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.sh_with(&format!("{} --strict -", guide.check()), guide.text.as_bytes()).ok(), "");
    }
    // MM takes the newest release: what it writes is right in all that have its fields.
    let later = "for minor in $(seq 27 37); do khw-kubelet-conf check --strict --kubernetes-version 1.$minor k || exit; \
                 khw-proxy-conf check --strict --kubernetes-version 1.$minor p || exit; done";
    let sandbox = Sandbox::new();
    sandbox.write("k", KUBELETS[1].text).write("p", PROXIES[1].text).sh(later).ok();
    // The one thing that the tutorial has wrong.
    let node = format!("{} --node-ip 192.168.5.21 -", PROXIES[0].check());
    let said = sandbox.sh_with(&node, PROXIES[0].text.as_bytes()).ok();
    assert!(said.lines().count() == 2 && said.contains("[cluster-cidr-has-node]"), "{said}");
}

#[test]
fn every_slip_in_them_is_caught_by_name() {
    let mut caught = 0;
    for (number, guide) in KUBELETS.iter().enumerate() {
        let own = of_guide(OF_ONE_GUIDE, number);
        caught += guide.catches(&IN_BOTH.iter().chain(IN_KUBELETS).copied().chain(own).collect::<Vec<_>>());
    }
    for (number, guide) in PROXIES.iter().enumerate() {
        let own = of_guide(OF_ONE_PROXY, number);
        caught += guide.catches(&IN_BOTH.iter().chain(IN_PROXIES).copied().chain(own).collect::<Vec<_>>());
    }
    assert!(caught > 400, "{caught}");
}
