//! What a failing kubelet, kube-proxy or systemd means: from a line of the journal to its cause and what to do.
//!
//! The texts are those of the programs. Where each was seen stands with its test (tests/cli/install_start.rs).

use std::collections::BTreeSet;

/// A cause.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause<'a> {
    /// The line that shows it.
    pub line: &'a str,
    /// Stable kebab-case name.
    pub name: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// All parts of the first text, in this order, must be in a line. More telling ones come first.
type Row = (&'static [&'static str], &'static str, &'static str, &'static str);

const CAUSES: &[Row] = &[
    (
        &["unknown flag:"],
        "unknown-flag",
        "the unit has a flag that this version does not know",
        "`khw-install verify` names it; make the unit again with khw-unit for this version",
    ),
    (
        &["invalid argument", "flag"],
        "invalid-flag-value",
        "a flag of the unit has a value that it does not take",
        "correct the value in the unit",
    ),
    (
        &["running with swap on is not supported"],
        "swap-on",
        "swap is on",
        "`swapoff -a` and take it out of /etc/fstab, or write failSwapOn: false",
    ),
    (
        &["not run on a host using cgroup v1"],
        "cgroup-v1",
        "the host has cgroup v1",
        "boot with systemd.unified_cgroup_hierarchy=1, or write failCgroupV1: false",
    ),
    (
        &["unknown service runtime.v1"],
        "runtime-no-cri-v1",
        "the container runtime answers, but has no CRI v1",
        "take cri out of disabled_plugins in /etc/containerd/config.toml, or install containerd 1.6 or newer",
    ),
    (
        &["dial unix: missing address"],
        "runtime-endpoint-unset",
        "no container runtime endpoint is set",
        "write containerRuntimeEndpoint: unix:///run/containerd/containerd.sock",
    ),
    (
        &["dial unix", "no such file or directory"],
        "runtime-socket-missing",
        "the container runtime's socket is not there",
        "start the runtime (`systemctl start containerd`), or correct containerRuntimeEndpoint",
    ),
    (
        &["dial unix", "connection refused"],
        "runtime-socket-refused",
        "nobody listens on the container runtime's socket",
        "start the runtime: `systemctl restart containerd`",
    ),
    (
        &["Cannot connect to the Docker daemon"],
        "docker-down",
        "docker does not run",
        "start it: `systemctl start docker`",
    ),
    (
        &["kubelet cgroup driver:", "is different from docker cgroup driver:"],
        "cgroup-driver-differs",
        "kubelet and docker have different cgroup drivers",
        "write the same into cgroupDriver and /etc/docker/daemon.json (native.cgroupdriver)",
    ),
    (
        &["expected cgroupsPath to be of format"],
        "cgroup-driver-differs",
        "kubelet and container runtime have different cgroup drivers",
        "set cgroupDriver and containerd's SystemdCgroup to the same",
    ),
    (
        &["dial tcp: lookup", "no such host"],
        "server-not-resolved",
        "the name of the API server has no address here",
        "write it into /etc/hosts or DNS, or an address into the kubeconfig",
    ),
    (
        &["dial tcp: lookup"],
        "server-not-resolved",
        "no name server says where the API server is",
        "write its name into /etc/hosts, correct /etc/resolv.conf, or write an address into the kubeconfig",
    ),
    (
        &["dial tcp :", "connection refused"],
        "server-empty",
        "the address of the API server in the kubeconfig has no host",
        "make the kubeconfig again with --server https://ADDRESS:6443",
    ),
    (
        &["no server found for cluster"],
        "server-empty",
        "the cluster in the kubeconfig has no server",
        "make the kubeconfig again with --server https://ADDRESS:6443",
    ),
    (
        &["dial tcp", "connection refused"],
        "server-refused",
        "nobody listens at the API server's address",
        "start the API server or the load balancer, or correct the address in the kubeconfig",
    ),
    (
        &["dial tcp", "no route to host"],
        "server-not-reached",
        "there is no way to the API server's address",
        "look at the network, or correct the address in the kubeconfig",
    ),
    (
        &["dial tcp", "i/o timeout"],
        "server-not-reached",
        "the API server does not answer",
        "look for a firewall or a wrong address",
    ),
    (
        &["server gave HTTP response to HTTPS client"],
        "server-no-tls",
        "what answers at the API server's address does not speak TLS",
        "correct the port in the kubeconfig",
    ),
    (
        &["x509: certificate signed by unknown authority"],
        "unknown-authority",
        "the API server's certificate is not signed by the CA in the kubeconfig",
        "make the kubeconfig again with the ca.crt of this cluster",
    ),
    (
        &["x509:", "has expired or is not yet valid", "is before"],
        "certificate-not-yet-valid",
        "a certificate is not valid yet: a clock is wrong",
        "set the clock: `timedatectl set-ntp true`",
    ),
    (
        &["part of the existing bootstrap client certificate", "is expired"],
        "certificate-expired",
        "the certificate in the kubeconfig has expired",
        "renew it with `khw-cert renew` and make the kubeconfig again",
    ),
    (
        &["x509:", "has expired or is not yet valid"],
        "certificate-expired",
        "a certificate has expired",
        "`khw-cert expiry` says which; renew it, and look at the clock",
    ),
    (
        &["x509: certificate is valid for", "not"],
        "server-wrong-name",
        "the API server's certificate does not have the name or address of the kubeconfig",
        "make it again with that name, or write one that it has",
    ),
    (
        &["doesn't contain any IP SANs"],
        "server-wrong-name",
        "the API server's certificate has no IP address in it, and the kubeconfig has one",
        "make it again with the address",
    ),
    (
        &["is not allowed to modify node"],
        "other-node",
        "the certificate is another node's",
        "place the kubeconfig of this node; the CN must be system:node: and the host's name",
    ),
    (
        &["cannot read", "only its own Node object"],
        "other-node",
        "the certificate is another node's",
        "place the kubeconfig of this node; the CN must be system:node: and the host's name",
    ),
    (
        &["forbidden: User", "cannot"],
        "not-authorized",
        "the API server knows the user, and does not let it",
        "CN must be system:node:NAME and O system:nodes, and the API server needs --authorization-mode=Node,RBAC",
    ),
    (
        &["Unauthorized"],
        "not-authenticated",
        "the API server does not take the client certificate",
        "sign it with the CA that the API server has as --client-ca-file, and look at its dates",
    ),
    (
        &["unrecognized feature gate"],
        "unknown-gate",
        "a feature gate is misspelt, or not of this version",
        "`khw-kubelet-conf check` says what it should be",
    ),
    (
        &["cannot unmarshal", "into Go struct field"],
        "wrong-type",
        "a field of the configuration has a value of another type",
        "`khw-kubelet-conf check` or `khw-proxy-conf check` says which",
    ),
    // The same of the decoder that 1.20 has, which names the field of the Go struct.
    (
        &["failed to decode: v1", "Configuration.", ": "],
        "wrong-type",
        "a field of the configuration has a value of another type",
        "`khw-kubelet-conf check` or `khw-proxy-conf check` says which",
    ),
    (
        &["no kind", "is registered for version"],
        "wrong-kind",
        "the configuration is of another kind",
        "kind and apiVersion are those that `khw-kubelet-conf` writes",
    ),
    (
        &["failed to load Kubelet config file", "no such file or directory"],
        "config-missing",
        "the kubelet's configuration is not where the unit says",
        "place it: `khw-install kubelet-config`",
    ),
    (
        &["failed to load Kubelet config file", "failed to decode"],
        "config-invalid",
        "the kubelet's configuration cannot be read",
        "`khw-kubelet-conf check` says on which line",
    ),
    (
        &["unable to load client CA file"],
        "client-ca-missing",
        "the CA certificate is not where clientCAFile says",
        "place it: `khw-install ca`",
    ),
    (
        &["unable to load bootstrap kubeconfig"],
        "bootstrap-missing",
        "there is neither a kubeconfig nor a bootstrap kubeconfig",
        "place the kubeconfig, or make one with `khw-kubeconfig bootstrap`",
    ),
    (
        &["invalid kubeconfig: stat"],
        "kubeconfig-missing",
        "the kubeconfig is not where the unit says",
        "place it: `khw-install kubelet-kubeconfig`",
    ),
    (
        &["no configuration has been provided"],
        "kubeconfig-empty",
        "the kubeconfig has no server and no context",
        "`khw-kubeconfig check` says what is missing",
    ),
    (
        &["private key does not match public key"],
        "key-mismatch",
        "certificate and key are not a pair",
        "place the key that was made with the certificate",
    ),
    (
        &["no client provided, cannot use webhook authentication"],
        "kubeconfig-unset",
        "the unit has no --kubeconfig, and the configuration wants webhook authentication",
        "write --kubeconfig into the unit",
    ),
    (
        &["tandalone mode, no API client"],
        "kubeconfig-unset",
        "the unit has no --kubeconfig, so the kubelet runs alone and registers nowhere",
        "write --kubeconfig into the unit; `khw-unit check` says whether a line of it was lost",
    ),
    (
        &["resolv.conf", "no such file or directory"],
        "resolv-conf-missing",
        "the file of resolvConf is not there",
        "write resolvConf: /etc/resolv.conf, or start systemd-resolved",
    ),
    (
        &["bind: address already in use"],
        "port-in-use",
        "another program has the port",
        "`ss -ltnp` says which; an earlier kubelet is stopped with systemctl",
    ),
    (
        &["invalid kernel flag:"],
        "kernel-defaults",
        "protectKernelDefaults is true, and the kernel's settings are others",
        "write vm.overcommit_memory=1, kernel.panic=10, kernel.panic_on_oops=1 into /etc/sysctl.d",
    ),
    (
        &["labels specified with --node-labels"],
        "node-labels",
        "the kubelet may not give itself these labels",
        "take them out, and label the node with kubectl",
    ),
    (
        &["/dev/kmsg", "no such file or directory"],
        "no-kmsg",
        "the host, a container, has no /dev/kmsg",
        "link /dev/kmsg to /dev/console, or add the feature gate KubeletInUserNamespace",
    ),
    (
        &["nf_conntrack_max: permission denied"],
        "conntrack-max",
        "kube-proxy may not set the kernel's table of connections",
        "write conntrack: {maxPerCore: 0} into its configuration",
    ),
    (
        &["executable file not found in $PATH"],
        "program-missing",
        "a program that it needs is not on this host",
        "install it (conntrack, iptables, mount)",
    ),
    (
        &["Exec format error"],
        "binary-machine",
        "the program is for another machine, or no program at all",
        "place the one for this machine with `khw-install binaries`",
    ),
    (&["status=203/EXEC"], "binary-missing", "systemd cannot run the program", "`khw-install verify` says why"),
    (&["Failed at step EXEC"], "binary-missing", "systemd cannot run the program", "`khw-install verify` says why"),
    (&["is masked"], "unit-masked", "the unit is masked", "`systemctl unmask kubelet kube-proxy`"),
    (
        &["Unit", "not found"],
        "unit-missing",
        "a unit, or one that it requires, is not there",
        "install the container runtime, or make the unit for the one that is there",
    ),
    (
        &["has a bad unit file setting"],
        "unit-invalid",
        "systemd refuses the unit",
        "`khw-unit check` says on which line",
    ),
    (
        &["read-only file system"],
        "read-only-file-system",
        "a file system that must be written is read-only",
        "mount it read-write",
    ),
    (&["no space left on device"], "disk-full", "the disk is full", "make room"),
];

/// What follows from many causes: another that the text shows is nearer.
const GENERAL: [&str; 2] = ["not-authenticated", "not-authorized"];

/// The cause that a text of several lines shows; the last line that shows one counts, since the first ones may be of an earlier
/// start, or of something that was not up yet.
pub fn of(text: &str) -> Option<Cause<'_>> {
    let shown = || text.lines().rev().filter_map(of_line);
    shown().find(|cause| !GENERAL.contains(&cause.name)).or_else(|| shown().next())
}

fn of_line(line: &str) -> Option<Cause<'_>> {
    let has = |parts: &[&str]| {
        let mut rest = line;
        parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    CAUSES.iter().find(|(parts, ..)| has(parts)).map(|&(_, name, what, fix)| Cause { line, name, what, fix })
}

/// The fields that a program which runs has passed over, in its own words: those that it does not know, and those that are there
/// twice. From 1.17 on kubelet and kube-proxy say so in the journal, and start all the same (kubernetes/kubernetes#83204, #84143).
pub fn passed_over(text: &str) -> BTreeSet<String> {
    const SAID: &str = "lenient decoding as strict decoding failed";
    // Of json-iterator up to 1.22, of sigs.k8s.io/json since, of the YAML parser.
    const FORMS: [(&str, &str); 3] =
        [("found unknown field: ", ", "), ("unknown field \"", "\""), ("key \"", "\" already set in map")];
    let Some((_, said)) = text.split_once(SAID) else { return BTreeSet::new() };
    // A structured log has the message in quotes.
    let said = said.replace("\\\"", "\"");
    let mut fields = BTreeSet::new();
    for (before, after) in FORMS {
        let named = said.split(before).skip(1).filter_map(|rest| rest.lines().next()?.split_once(after));
        fields.extend(named.map(|(field, _)| field.to_owned()));
    }
    fields
}
