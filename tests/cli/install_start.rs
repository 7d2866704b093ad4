//! khw-install start: what it asks of systemd, what it waits for, and the cause that it names for each message of a program.
//!
//! `systemctl` and `journalctl` are scripts here that come first on PATH; the messages are those of the real programs.

use harness::Sandbox;

/// Scripts that record what is asked, with the journal of `journal` and a kubelet that never answers.
fn host(journal: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("journal", journal);
    sandbox
        .sh(r#"
        mkdir bin
        cat > bin/systemctl <<'EOF'
#!/bin/bash
echo "$*" >> "${0%/bin/*}/asked"
case "$1 $4" in
    "show NeedDaemonReload") echo ${NEED_RELOAD:-no};;
    "show LoadState") echo loaded;;
    "show UnitFileState") echo ${ENABLED:-disabled};;
    "show ActiveState") echo ${ACTIVE:-inactive};;
    "show SubState") echo ${SUB:-dead};;
    "show NRestarts") echo ${RESTARTS:-0};;
    "show Result") echo exit-code;;
    "show ExecMainStartTimestamp") echo;;
    start*|restart*) [ -z "${REFUSE:-}" ] || { echo "$REFUSE" >&2; exit 1; };;
esac
EOF
        printf '#!/bin/bash\necho "$*" >> "${0%%/bin/*}/asked-journal"\ncat "${0%%/bin/*}/journal"\n' > bin/journalctl
        chmod +x bin/*"#)
        .ok();
    sandbox
}

fn start(sandbox: &Sandbox, environment: &str) -> String {
    let ran = sandbox.sh(&format!("PATH=$PWD/bin:$PATH; export {environment} X=1; khw-install start --timeout 0"));
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    ran.stderr
}

/// Each message, the name of its cause, and where the text is from.
const MESSAGES: &[(&str, &str)] = &[
    // kubelet 1.20.2, run.
    ("F1124 20:16:30.211715    2786 server.go:156] unknown flag: --network-plugins", "unknown-flag"),
    (
        "F1124 20:16:44.455826    3887 server.go:156] invalid argument \"x\" for \"-v, --v\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        "invalid-flag-value",
    ),
    (
        "F1124 20:16:31.035988    2840 server.go:198] failed to load Kubelet config file /none.yaml, error failed to read kubelet config file \"/none.yaml\", error: open /none.yaml: no such file or directory",
        "config-missing",
    ),
    (
        "F1124 20:16:36.843932    3335 server.go:198] failed to load Kubelet config file yaml.yaml, error failed to decode: yaml: line 1: did not find expected node content",
        "config-invalid",
    ),
    (
        "F1124 20:16:37.317815    3373 server.go:198] failed to load Kubelet config file kind.yaml, error failed to decode: no kind \"Foo\" is registered for version \"v1\" in scheme \"pkg/kubelet/apis/config/scheme/scheme.go:32\"",
        "wrong-kind",
    ),
    ("F1124 20:16:33.322017    3002 server.go:208] unrecognized feature gate: NoSuchGate", "unknown-gate"),
    (
        "F1124 20:16:36.354241    3060 server.go:257] unable to load client CA file /none/ca.crt: open /none/ca.crt: no such file or directory",
        "client-ca-missing",
    ),
    (
        "F1124 20:16:39.786324    3462 server.go:269] failed to run Kubelet: invalid kubeconfig: stat /none: no such file or directory",
        "kubeconfig-missing",
    ),
    (
        "F1124 20:16:40.356613    3603 server.go:269] failed to run Kubelet: unable to load bootstrap kubeconfig: stat /none2: no such file or directory",
        "bootstrap-missing",
    ),
    (
        "F1124 20:16:41.852404    3637 server.go:269] failed to run Kubelet: no client provided, cannot use webhook authentication",
        "kubeconfig-unset",
    ),
    (
        "F1124 20:16:43.321657    3747 server.go:187] unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: [kubernetes.io/x]",
        "node-labels",
    ),
    (
        "F1127 04:30:36.866156   14767 server.go:269] failed to run Kubelet: invalid kubeconfig: invalid configuration: no server found for cluster \"kubernetes-the-hard-way\"",
        "server-empty",
    ),
    ("W1127 03:37:44.154061    2917 server.go:568] standalone mode, no API client", "kubeconfig-unset"),
    // kubelet 1.20.2 and 1.36.2, kube-proxy in a lab.
    ("E1124 failed to start OOM watcher open /dev/kmsg: no such file or directory", "no-kmsg"),
    ("E1124 server.go:490] open /proc/sys/net/netfilter/nf_conntrack_max: permission denied", "conntrack-max"),
    (
        "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release",
        "cgroup-v1",
    ),
    // kubernetes/kubernetes, pkg/kubelet/cm/container_manager_linux.go.
    (
        "failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [Filename Type Size Used Priority]",
        "swap-on",
    ),
    (
        "Failed to start ContainerManager invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0",
        "kernel-defaults",
    ),
    // pkg/kubelet/dockershim/docker_service.go.
    (
        "failed to run Kubelet: misconfiguration: kubelet cgroup driver: \"systemd\" is different from docker cgroup driver: \"cgroupfs\"",
        "cgroup-driver-differs",
    ),
    // opencontainers/runc.
    (
        "runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/kubepods/x\" instead: unknown",
        "cgroup-driver-differs",
    ),
    // kubernetes/kubernetes#112541, #114473; containerd/containerd#8032; the gRPC library.
    (
        "validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/containerd/containerd.sock\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService",
        "runtime-no-cri-v1",
    ),
    (
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix: missing address\"",
        "runtime-endpoint-unset",
    ),
    (
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\"",
        "runtime-socket-missing",
    ),
    (
        "rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\"",
        "runtime-socket-refused",
    ),
    (
        "failed to run Kubelet: failed to get docker version: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "docker-down",
    ),
    // Go's net, crypto/x509 and crypto/tls.
    (
        "Post \"https://server.kubernetes.local:6443/api/v1/nodes\": dial tcp: lookup server.kubernetes.local on 10.0.0.2:53: no such host",
        "server-not-resolved",
    ),
    (
        "Get \"https://master-9:6443/api/v1/nodes\": dial tcp: lookup master-9 on 127.0.0.53:53: server misbehaving",
        "server-not-resolved",
    ),
    ("Get \"https://:6443/api/v1/nodes\": dial tcp :6443: connect: connection refused", "server-empty"),
    (
        "Post \"https://192.168.5.30:6443/api/v1/nodes\": dial tcp 192.168.5.30:6443: connect: connection refused",
        "server-refused",
    ),
    (
        "Post \"https://192.168.5.30:6443/api/v1/nodes\": dial tcp 192.168.5.30:6443: connect: no route to host",
        "server-not-reached",
    ),
    ("Post \"https://192.168.5.30:6443/api/v1/nodes\": dial tcp 192.168.5.30:6443: i/o timeout", "server-not-reached"),
    (
        "Post \"https://192.168.5.30:6443/api/v1/nodes\": http: server gave HTTP response to HTTPS client",
        "server-no-tls",
    ),
    (
        "Unable to register node: Post \"https://192.168.5.30:6443/api/v1/nodes\": x509: certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\" while trying to verify candidate authority certificate \"KUBERNETES-CA\")",
        "unknown-authority",
    ),
    (
        "x509: certificate has expired or is not yet valid: current time 2026-11-24T20:00:00Z is after 2025-11-24T20:00:00Z",
        "certificate-expired",
    ),
    (
        "x509: certificate has expired or is not yet valid: current time 2024-11-24T20:00:00Z is before 2025-11-24T20:00:00Z",
        "certificate-not-yet-valid",
    ),
    (
        "part of the existing bootstrap client certificate in /var/lib/kubelet/kubeconfig is expired: 2025-11-24 20:00:00 +0000 UTC",
        "certificate-expired",
    ),
    ("x509: certificate is valid for 10.96.0.1, 192.168.5.11, not 192.168.5.30", "server-wrong-name"),
    ("x509: cannot validate certificate for 192.168.5.30 because it doesn't contain any IP SANs", "server-wrong-name"),
    ("tls: private key does not match public key", "key-mismatch"),
    ("failed to listen: listen tcp 0.0.0.0:10250: bind: address already in use", "port-in-use"),
    ("exec: \"conntrack\": executable file not found in $PATH", "program-missing"),
    // plugin/pkg/admission/noderestriction, the RBAC authorizer, the authentication filter.
    (
        "Unable to register node with API server: nodes \"worker-1\" is forbidden: node \"worker-2\" is not allowed to modify node \"worker-1\"",
        "other-node",
    ),
    // plugin/pkg/auth/authorizer/node/node_authorizer.go.
    (
        "nodes \"worker-1\" is forbidden: User \"system:node:Worker-1\" cannot get resource \"nodes\" in API group \"\" at the cluster scope: node 'Worker-1' cannot read 'worker-1', only its own Node object",
        "other-node",
    ),
    (
        "nodes is forbidden: User \"system:anonymous\" cannot create resource \"nodes\" in API group \"\" at the cluster scope",
        "not-authorized",
    ),
    ("Unable to register node \"worker-1\" with API server: Unauthorized", "not-authenticated"),
    // The decoder of the configuration.
    (
        "failed to load Kubelet config file /var/lib/kubelet/kubelet-config.yaml, error failed to decode: json: cannot unmarshal string into Go struct field KubeletConfiguration.maxPods of type int32",
        "wrong-type",
    ),
    // kubelet 1.20.2, run.
    (
        "F1127 04:26:40.354446   10963 server.go:198] failed to load Kubelet config file /var/lib/kubelet/kubelet-config.yaml, error failed to decode: v1beta1.KubeletConfiguration.MaxPods: readUint32: unexpected character: \u{fffd}, error found in #10 byte of ...|maxPods\":\"many\",\"res|...",
        "wrong-type",
    ),
    // client-go.
    ("invalid configuration: no configuration has been provided", "kubeconfig-empty"),
    (
        "Failed to generate sandbox config for pod: open /run/systemd/resolve/resolv.conf: no such file or directory",
        "resolv-conf-missing",
    ),
    // systemd 252.
    ("kubelet.service: Failed at step EXEC spawning /usr/local/bin/kubelet: Exec format error", "binary-machine"),
    ("kubelet.service: Main process exited, code=exited, status=203/EXEC", "binary-missing"),
    // The kernel.
    ("mkdir /var/lib/kubelet/pods: read-only file system", "read-only-file-system"),
    ("write /var/lib/kubelet/x: no space left on device", "disk-full"),
];

#[test]
fn each_message_of_the_programs_has_its_cause() {
    let sandbox = host("");
    for (message, cause) in MESSAGES {
        sandbox.write(
            "journal",
            format!("Flag --x has been deprecated\n{message}\nkubelet.service: Failed with result 'exit-code'.\n"),
        );
        let said = start(&sandbox, "ACTIVE=inactive");
        let error = said.lines().find(|line| line.starts_with("khw-install: error: ")).unwrap_or_default();
        assert!(error.ends_with(&format!("[{cause}]")), "{message}\n{said}");
        assert!(said.contains("\nkhw-install: hint: "), "{said}");
        assert!(said.contains(message), "the last lines are shown\n{said}");
    }
}

#[test]
fn what_is_forbidden_in_general_does_not_hide_why() {
    // A kubelet 1.20.2 with the certificate of Worker-2, on worker-2.
    let journal = "kubelet_node_status.go:93] Unable to register node \"worker-2\" with API server: nodes \"worker-2\" is forbidden: node \"Worker-2\" is not allowed to modify node \"worker-2\"\n\
        reflector.go:138] Failed to watch *v1.Secret: secrets \"default-token-2ptxz\" is forbidden: User \"system:node:Worker-2\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"\n";
    let said = start(&host(journal), "ACTIVE=inactive");
    assert!(said.contains("[other-node]"), "{said}");
}

#[test]
fn what_systemd_refuses_is_named() {
    for (refusal, cause) in [
        ("Failed to start kubelet.service: Unit kubelet.service is masked.", "unit-masked"),
        ("Failed to start kubelet.service: Unit docker.service not found.", "unit-missing"),
        ("Failed to start kubelet.service: Unit kubelet.service has a bad unit file setting.", "unit-invalid"),
    ] {
        let said = start(&host(""), &format!("REFUSE='{refusal}'"));
        assert!(said.contains(&format!("[{cause}]\n")), "{said}");
    }
}

#[test]
fn systemd_is_asked_for_what_is_needed_and_no_more() {
    let asked = |environment: &str| {
        let sandbox = host("");
        start(&sandbox, environment);
        let asked = sandbox.read("asked");
        asked.lines().filter(|line| !line.starts_with("show")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        asked("NEED_RELOAD=yes"),
        [
            "daemon-reload",
            "enable --quiet kubelet.service",
            "start kubelet.service",
            "enable --quiet kube-proxy.service",
            "start kube-proxy.service"
        ]
    );
    assert_eq!(
        asked("ENABLED=enabled ACTIVE=active NEED_RELOAD=yes"),
        ["daemon-reload", "restart kubelet.service", "restart kube-proxy.service"]
    );
    assert_eq!(asked("ENABLED=enabled ACTIVE=active"), [""; 0]);
}

#[test]
fn lines_of_an_earlier_start_do_not_count() {
    let asked = |environment: &str| {
        let sandbox = host("unknown flag: --x\n");
        start(&sandbox, environment);
        sandbox.read("asked-journal")
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let said = asked("ACTIVE=inactive");
    let (_, since) = said.trim().split_once(" --since=@").expect("journalctl is told from when on");
    let since: f64 = since.parse().expect("seconds since 1970");
    assert!((since - now as f64).abs() < 60.0, "{said}");
    // What runs already has said why some time ago.
    assert!(!asked("ENABLED=enabled ACTIVE=active").contains("--since"));
}

#[test]
fn what_ends_again_and_again_is_not_waited_for() {
    let sandbox = host("unknown flag: --x\n");
    for (environment, expected) in [
        (
            "ACTIVE=activating SUB=auto-restart RESTARTS=2",
            "error: kubelet: was started three times, and ended each time: ",
        ),
        ("ACTIVE=failed SUB=failed", "error: kubelet: ended, and systemd does not start it again: "),
    ] {
        let ran = sandbox.sh(&format!("PATH=$PWD/bin:$PATH; export {environment}; khw-install start --timeout 10m"));
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(expected) && ran.stderr.contains("[unknown-flag]"), "{}", ran.stderr);
    }
}

#[test]
fn fields_that_have_no_effect_are_named() {
    for (journal, fields) in [
        // kubelet 1.20.2, run: the whole file is in the message.
        (
            "W1127 06:57:56.667815 16793 codec.go:118] using lenient decoding as strict decoding failed: strict decoder error for kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nmaxPods: 50\nmaxPods: 60\n: yaml: unmarshal errors:\n  line 4: key \"maxPods\" already set in map\n",
            &["maxPods"][..],
        ),
        // kube-proxy 1.20.2, run.
        (
            "W1127 06:57:56.754010   16801 server.go:437] using lenient decoding as strict decoding failed: strict decoder error for kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDRR: 10.200.0.0/16\n: v1alpha1.KubeProxyConfiguration.TypeMeta: Kind: ReadObject: found unknown field: clusterCIDRR, error found in #10 byte of ...|sterCIDRR\":\"10.200.0|..., bigger context ...|pha1\",\"clusterCIDRR\":\"10.200.0.0/16\",\"kind\":\"KubeProxyConfiguration\"}|...\n",
            &["clusterCIDRR"],
        ),
        // kubernetes/kubernetes, pkg/kubelet/kubeletconfig/util/codec/codec.go since 1.21, k8s.io/klog, sigs.k8s.io/json.
        (
            "I1127 06:57:56.667815   16793 codec.go:83] \"Using lenient decoding as strict decoding failed\" err=\"strict decoding error: unknown field \\\"eviction.hard\\\", unknown field \\\"resolverConf\\\"\"\n",
            &["eviction.hard", "resolverConf"],
        ),
        ("server.go:215] unknown field \"x\" of something else\n", &[]),
    ] {
        let said = start(&host(journal), "ACTIVE=inactive");
        let named: Vec<_> = said.lines().filter(|line| line.ends_with("[field-ignored]")).collect();
        assert_eq!(named.len(), fields.len(), "{said}");
        for (line, field) in named.iter().zip(fields) {
            assert!(
                line.starts_with(&format!("khw-install: warning: kubelet: {field} in its configuration has no effect")),
                "{said}"
            );
        }
    }
}
