//! khw-kubelet-conf: see its man page.

use harness::tutorial::KUBELET_CONFIG as TUTORIAL;
use harness::{Reference, Sandbox, reference};
use serde_json::Value;

#[track_caller]
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[track_caller]
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[track_caller]
fn run(line: &str) -> Value {
    yaml(&Sandbox::new().sh(line).ok())
}

#[test]
fn v1_13_is_the_tutorial_s_heredoc() {
    let text = Sandbox::new().sh("khw-kubelet-conf --kubernetes-version v1.13.0").ok();
    assert_eq!(yaml(&text), yaml(TUTORIAL));
    assert!(text.starts_with("kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"), "{text}");
    assert_eq!(run("KHW_KUBERNETES_VERSION=1.13 khw-kubelet-conf --runtime docker"), yaml(TUTORIAL));
}

#[test]
fn newer_versions_get_what_they_want() {
    let with = |more: &str| yaml(&format!("{TUTORIAL}{more}"));
    let version = |rest: &str| run(&format!("khw-kubelet-conf --kubernetes-version {rest}"));
    assert_eq!(version("v1.20.2"), yaml(TUTORIAL), "docker is the runtime there");
    assert_eq!(version("v1.20.2 --runtime containerd"), with("cgroupDriver: systemd"), "the endpoint is a flag");
    assert_eq!(version("1.26"), with("cgroupDriver: systemd"));
    let containerd = "cgroupDriver: systemd\ncontainerRuntimeEndpoint: \"unix:///run/containerd/containerd.sock\"\n";
    for newer in ["1.27", "1.34", "1.37"] {
        assert_eq!(version(newer), with(containerd), "{newer}");
    }
    assert_eq!(run("khw-kubelet-conf"), with(containerd));
    assert_eq!(
        version("1.34 --runtime crio"),
        with("cgroupDriver: systemd\ncontainerRuntimeEndpoint: \"unix:///var/run/crio/crio.sock\"\n")
    );
}

#[test]
fn a_node_s_certificate_and_the_layouts() {
    for (layout, ca, pair) in [
        ("tutorial", "/var/lib/kubernetes/ca.crt", "/var/lib/kubelet/worker-1"),
        ("mm", "/var/lib/kubernetes/pki/ca.crt", "/var/lib/kubernetes/pki/worker-1"),
        ("kthw", "/var/lib/kubelet/ca.crt", "/var/lib/kubelet/kubelet"),
    ] {
        let value = run(&format!("khw-kubelet-conf --layout {layout} --node worker-1"));
        assert_eq!(value["authentication"]["x509"]["clientCAFile"], ca);
        assert_eq!(value["tlsCertFile"], format!("{pair}.crt"));
        assert_eq!(value["tlsPrivateKeyFile"], format!("{pair}.key"));
    }
}

#[test]
fn options_have_the_names_of_the_kubelet_s_flags() {
    let value = run("khw-kubelet-conf --cluster-dns 10.32.0.10 --cluster-dns=fd00::a --cluster-domain k8s.example \
         --resolv-conf /etc/resolv.conf --max-pods 1 --max-pods 50 --fail-swap-on=false --serialize-image-pulls \
         --eviction-hard 'memory.available<5%,nodefs.available<1Gi' --oom-score-adj -998 --service-cidr 10.32.0.0/16,fd00::/112 \
         --feature-gates AllBeta=true");
    for (field, expected) in [
        ("clusterDNS", r#"["10.32.0.10", "fd00::a"]"#),
        ("clusterDomain", "k8s.example"),
        ("resolvConf", "/etc/resolv.conf"),
        ("maxPods", "50"),
        ("failSwapOn", "false"),
        ("serializeImagePulls", "true"),
        ("evictionHard", r#"{"memory.available": "5%", "nodefs.available": "1Gi"}"#),
        ("oomScoreAdj", "-998"),
        ("featureGates", r#"{"AllBeta": true}"#),
    ] {
        assert_eq!(value[field], yaml(expected), "{field}");
    }
    assert_eq!(run("khw-kubelet-conf --service-cidr 10.32.0.0/24")["clusterDNS"], yaml("[10.32.0.10]"));
}

#[test]
fn set_reaches_every_field_with_its_type() {
    let value = run(
        "khw-kubelet-conf --set maxPods=50 --set clusterDomain=yes --set evictionHard.memory.available=5% \
         --set featureGates.AllBeta=true --set 'registerWithTaints=[{key: a, value: \"1\", effect: NoSchedule}]' \
         --set staticPodPath=017 --set authentication.webhook.cacheTTL=2m --unset clusterDNS --unset authorization.mode",
    );
    for (field, expected) in [
        ("maxPods", "50"),
        ("clusterDomain", "\"yes\""),
        ("evictionHard", "{memory.available: \"5%\"}"),
        ("featureGates", "{AllBeta: true}"),
        ("registerWithTaints", "[{key: a, value: \"1\", effect: NoSchedule}]"),
        ("staticPodPath", "\"017\""),
    ] {
        assert_eq!(value[field], yaml(expected), "{field}");
    }
    assert_eq!(value["authentication"]["webhook"]["cacheTTL"], "2m");
    assert_eq!((value.get("clusterDNS"), value.get("authorization")), (None, None));
}

#[test]
fn writes_a_file_and_leaves_it_alone_when_nothing_changes() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-kubelet-conf -o kubelet-config.yaml; touch -d 2020-01-01 kubelet-config.yaml").ok();
    let modified = |s: &Sandbox| s.sh("stat -c %Y kubelet-config.yaml").ok();
    let before = modified(&sandbox);
    sandbox.sh("khw-kubelet-conf -o kubelet-config.yaml").ok();
    assert_eq!(modified(&sandbox), before);
    assert_eq!(sandbox.mode("kubelet-config.yaml"), 0o644);
    assert_eq!(sandbox.names(), ["kubelet-config.yaml"]);
    assert_eq!(sandbox.read("kubelet-config.yaml"), sandbox.sh("khw-kubelet-conf -o -").ok());
}

#[test]
fn what_cannot_work_is_refused() {
    let sandbox = Sandbox::new();
    for (arguments, error, hint) in [
        ("--set maxPod=5", "--set maxPod: is not a field of a KubeletConfiguration", "did you mean maxPods?"),
        (
            "--set ResolverConfig=/x",
            "--set ResolverConfig: is not a field of a KubeletConfiguration",
            "did you mean resolvConf?",
        ),
        ("--set qqqqqqqq=/x", "--set qqqqqqqq: is not a field of a KubeletConfiguration", "'fields' lists them all"),
        (
            "--set maxPods=many",
            "--set maxPods: 'many' is not a whole number",
            "write a number from -2147483648 to 2147483647",
        ),
        ("--set failSwapOn=no", "--set failSwapOn: 'no' is not true or false", "write true or false"),
        ("--set syncFrequency=60", "--set syncFrequency: '60' is not a duration", "write it as 15m, 90s or 1h30m"),
        (
            "--set evictionHard.memory.available=5x",
            "--set evictionHard.memory.available: '5x' is not a quantity or percentage",
            "write it as 100Mi or 10%",
        ),
        ("--set maxPods", "--set: 'maxPods' has no '='", "write it as --set maxPods=50"),
        ("--set kind=Pod", "--set kind: is fixed", "a kubelet reads nothing else"),
        ("--unset apiVersion", "--unset apiVersion: is fixed", "a kubelet reads nothing else"),
        (
            "--set registerWithTaints[0].key=a",
            "--set registerWithTaints[0].key: an element of a list cannot be named",
            "give the whole list: [{…}, {…}]",
        ),
        (
            "--set 'registerWithTaints=[{kee: a}]'",
            "registerWithTaints[0].kee: is not a field of a KubeletConfiguration, and is ignored",
            "did you mean registerWithTaints[].key?",
        ),
        ("--set authentication={", "--set authentication: is not YAML: ", ""),
        (
            "--set containerRuntimeEndpoint=unix:///x --kubernetes-version 1.20",
            "--set containerRuntimeEndpoint: is not a field of Kubernetes v1.20",
            "it came with v1.27; use the flag up to 1.26",
        ),
        (
            "--set logging.sanitization=true",
            "--set logging.sanitization: is not a field of Kubernetes v1.37",
            "it went after v1.23",
        ),
        ("--max-pods=x", "--max-pods: 'x' is not a whole number", "write a number from -2147483648 to 2147483647"),
        ("--cluster-dns 10.96.0", "--cluster-dns: '10.96.0' is not an IP address", "write it as 10.96.0.10 or fd00::a"),
        (
            "--cluster-dns ''",
            "--cluster-dns: the value is empty",
            "was a shell variable unset? if it is meant: --set clusterDNS=",
        ),
        (
            "--cgroup-driver cgroup",
            "--cgroup-driver: 'cgroup' is not a value it can have in Kubernetes v1.37",
            "it is one of cgroupfs, systemd",
        ),
        ("--service-cidr 10.96.0.0", "--service-cidr: '10.96.0.0' is not a CIDR range", "write it as 10.96.0.0/16"),
        (
            "--service-cidr 10.96.0.0/16 --cluster-dns 10.32.0.10",
            "clusterDNS: 10.32.0.10 is not in the services' range",
            "take away --service-cidr if DNS is no service of the cluster",
        ),
        (
            "--runtime docker --kubernetes-version 1.24",
            "--runtime: the kubelet of Kubernetes v1.24 has no Docker support",
            "it went with v1.24: use containerd, which Docker itself runs on, or crio",
        ),
        (
            "--runtime podman",
            "--runtime <RUNTIME>: 'podman' is not a value it can have",
            "it is one of docker, containerd, crio",
        ),
        (
            "--kubernetes-version 1.12",
            "--kubernetes-version <VERSION>: nothing is known about Kubernetes v1.12",
            "the tables go from v1.13 to v1.37",
        ),
        (
            "--kubernetes-version latest",
            "--kubernetes-version <VERSION>: 'latest' is not a Kubernetes version",
            "write it as 1.20 or v1.20.2",
        ),
        (
            "--node Worker-1",
            "--node <NAME>: the node name 'Worker-1' has upper case",
            "the kubelet lower-cases its name: write 'worker-1'",
        ),
        (
            "--node ''",
            "--node <NAME>: the node name is empty",
            "was a shell variable unset? write the name, for example worker-1",
        ),
        (
            "--set memorySwap.swapBehavior=LimitedSwap --kubernetes-version 1.28",
            "memorySwap: the kubelet stops unless the gate NodeSwap is on",
            "set featureGates.NodeSwap to true, or take memorySwap away",
        ),
        (
            "--set memorySwap.swapBehavior=UnlimitedSwap --kubernetes-version 1.30",
            "--set memorySwap.swapBehavior: 'UnlimitedSwap' is not a value it can have in Kubernetes v1.30",
            "it went after v1.29; it is one of NoSwap, LimitedSwap",
        ),
        ("--tls-cert-file /a.crt", "tlsCertFile: has no effect without tlsPrivateKeyFile", "set tlsPrivateKeyFile too"),
        (
            "--max-pods 5 check x",
            "--max-pods: cannot be used together with 'check'",
            "it belongs to the file that is printed without 'check'",
        ),
    ] {
        let ran = sandbox.sh(&format!("khw-kubelet-conf -o out.yaml {arguments}"));
        if hint.is_empty() {
            assert!(ran.status == 2 && ran.stderr.starts_with(&format!("khw-kubelet-conf: error: {error}")), "{ran:?}");
        } else if arguments.ends_with("check x") {
            sandbox
                .sh(&format!("khw-kubelet-conf {arguments}"))
                .refused(&format!("khw-kubelet-conf: error: {error}\nkhw-kubelet-conf: hint: {hint}\n"));
        } else {
            ran.refused(&format!("khw-kubelet-conf: error: {error}\nkhw-kubelet-conf: hint: {hint}\n"));
        }
    }
    assert_eq!(sandbox.names(), [""; 0], "nothing was written");
}

#[test]
fn what_works_but_is_not_meant_is_warned_of() {
    Sandbox::new().sh("khw-kubelet-conf --anonymous-auth -o out.yaml").says(
        "khw-kubelet-conf: warning: authentication.anonymous.enabled: lets callers in who do not say who they are\n",
    );
    Sandbox::new().sh("khw-kubelet-conf --rotate-server-certificates -o out.yaml").says(
        "khw-kubelet-conf: warning: serverTLSBootstrap: until somebody approves the node's request, logs and exec do not \
         work: kubectl get csr, kubectl certificate approve NAME\n",
    );
    Sandbox::new().sh("khw-kubelet-conf --rotate-certificates -o out.yaml").says(
        "khw-kubelet-conf: warning: rotateCertificates: unless the controller manager may approve the renewal, somebody must \
         before the certificate expires: kubectl create clusterrolebinding node-renewal --group=system:nodes \
         --clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient\n",
    );
    // What a file has already was not asked for.
    let own = OWN.replace("maxPods: 110", "rotateCertificates: true\nserverTLSBootstrap: true");
    assert_eq!(
        Sandbox::new().sh_with("khw-kubelet-conf --from - --set maxPods=5 | grep maxPods", own.as_bytes()).ok(),
        "maxPods: 5\n"
    );
}

#[test]
fn cis_follows_the_benchmark_of_the_version() {
    let cis = |version: &str| {
        let line = format!("khw-kubelet-conf --cis --node worker-1 --kubernetes-version {version} 2>warnings");
        Sandbox::new().sh(&line).ok()
    };
    let set = |version: &str, field: &str| yaml(&cis(version)).get(field).cloned();
    for (version, field, value) in [
        ("1.22", "protectKernelDefaults", Some(Value::Bool(true))),
        ("1.24", "protectKernelDefaults", Some(Value::Bool(true))),
        ("1.25", "protectKernelDefaults", None),
        ("1.23", "eventRecordQPS", Some(0.into())),
        ("1.24", "eventRecordQPS", None),
        ("1.24", "podPidsLimit", None),
        ("1.25", "podPidsLimit", Some(4096.into())),
        ("1.28", "seccompDefault", None),
        ("1.29", "seccompDefault", Some(Value::Bool(true))),
        ("1.33", "streamingConnectionIdleTimeout", Some("5m".into())),
        ("1.34", "streamingConnectionIdleTimeout", None),
        ("1.34", "rotateCertificates", Some(Value::Bool(true))),
        ("1.34", "readOnlyPort", Some(0.into())),
    ] {
        assert_eq!(set(version, field), value, "{version} {field}");
    }
    Sandbox::new().sh("khw-kubelet-conf --cis -o out.yaml").says(
        "khw-kubelet-conf: warning: tlsCertFile: the benchmark wants it and tlsPrivateKeyFile: say --node NAME, or give the \
         kubelet the flags\n\
         khw-kubelet-conf: warning: rotateCertificates: unless the controller manager may approve the renewal, somebody must \
         before the certificate expires: kubectl create clusterrolebinding node-renewal --group=system:nodes \
         --clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient\n",
    );
    let mine = run(
        "khw-kubelet-conf --cis --node worker-1 --pod-max-pids 100 --set readOnlyPort=0 --unset seccompDefault 2>warnings",
    );
    assert_eq!((&mine["podPidsLimit"], mine.get("seccompDefault")), (&100.into(), None), "one's own options win");
}

#[test]
fn annotations_explain_and_change_nothing() {
    let sandbox = Sandbox::new();
    let annotated = sandbox.sh("khw-kubelet-conf --annotate --cis --node worker-1 2>warnings").ok();
    assert_eq!(yaml(&annotated), run("khw-kubelet-conf --cis --node worker-1 2>warnings"));
    let comment = "# Process limit per pod; -1 leaves it to the node.\n# CIS 4.2.13: no pod takes all processes of the node.\n\
                   podPidsLimit: 4096\n";
    assert!(annotated.contains(comment), "{annotated}");
    // What the person sets has no reason of ours.
    let own = sandbox.sh("khw-kubelet-conf --annotate --cluster-domain k8s.example").ok();
    let comment = "  mode: Webhook\n# DNS domain put into the search list of every pod.\nclusterDomain: k8s.example\n";
    assert!(own.contains(comment), "{own}");
}

#[test]
fn annotations_can_be_in_japanese() {
    let sandbox = Sandbox::new();
    let annotated = sandbox.sh("khw-kubelet-conf --annotate --lang ja --node worker-1 --set eventBurst=5").ok();
    assert_eq!(yaml(&annotated), run("khw-kubelet-conf --node worker-1 --set eventBurst=5"));
    for comment in [
        "# クラスターの DNS サービスのアドレス。Pod の resolv.conf に書き込まれる。\n\
         # クラスターの DNS サービスに割り当てたアドレス。\nclusterDNS:\n",
        // No Japanese text yet.
        "# Short-time burst over eventRecordQPS.\neventBurst: 5\n",
    ] {
        assert!(annotated.contains(comment), "{annotated}");
    }
    let ran = sandbox.sh("khw-kubelet-conf --lang ja");
    assert!(ran.status == 2 && ran.stderr.contains("--annotate"), "{ran:?}");
}

#[test]
fn resolv_conf_can_be_that_of_the_host() {
    let host = Sandbox::new().sh("test -e /run/systemd/resolve/resolv.conf && echo yes || true").ok();
    let expected = if host.is_empty() { "/etc/resolv.conf" } else { "/run/systemd/resolve/resolv.conf" };
    assert_eq!(run("khw-kubelet-conf --resolv-conf auto")["resolvConf"], expected);
}

#[test]
fn what_is_generated_passes_its_own_check() {
    let script = r#"
        for minor in $(seq 13 37); do for layout in tutorial mm kthw; do
            runtimes="containerd crio"; if [ $minor -lt 24 ]; then runtimes="$runtimes docker"; fi
            for runtime in $runtimes; do
                khw-kubelet-conf --kubernetes-version 1.$minor --layout $layout --runtime $runtime --node worker-1 |
                    khw-kubelet-conf check --strict --kubernetes-version 1.$minor -
            done
        done; done"#;
    assert_eq!(Sandbox::new().sh(script).ok(), "");
}

#[test]
fn check_names_what_is_wrong_and_where() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "kubelet-config.yaml",
        "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nResolverConfig: /x\nsyncFrequency: 10\n\
         maxPods: \"50\"\nclusterDNS: 10.96.0.10\nauthentication:\n  x509:\n    clientCAFile: /ca.crt\n\
         \x20   clientCaFile: /ca.crt\ncgroupDriver: System\nmaxPods: 4\nseccompDefault: true\nlogging:\n  \
         sanitization: true\nresolvConf:\nevictionHard:\n  memory.available: 5%\n  x: 5\niptablesDropBit: 15\n\
         podLogsDir: /x\n",
    );
    sandbox.sh("khw-kubelet-conf --kubernetes-version 1.28 check kubelet-config.yaml").no("\
kubelet-config.yaml:3:1: error: ResolverConfig: is not a field of a KubeletConfiguration, and is ignored [unknown-field]
  fix: did you mean resolvConf?
kubelet-config.yaml:4:1: error: syncFrequency: is a number, and must be a duration [wrong-type]
  fix: write a unit: \"10s\"?
kubelet-config.yaml:6:1: error: clusterDNS: is a string, and must be a list [wrong-type]
  fix: write it as a list: [\"10.96.0.10\"]
kubelet-config.yaml:10:5: error: authentication.x509.clientCaFile: is not a field of a KubeletConfiguration, and is ignored [unknown-field]
  fix: did you mean authentication.x509.clientCAFile?
kubelet-config.yaml:11:1: error: cgroupDriver: 'System' is not a value it can have in Kubernetes v1.28 [wrong-value]
  fix: it is one of cgroupfs, systemd
kubelet-config.yaml:12:1: error: maxPods: is there twice, and only the last one counts [duplicate-field]
  fix: keep one of them
kubelet-config.yaml:15:3: error: logging.sanitization: is not a field of Kubernetes v1.28, and is ignored [field-removed]
  fix: it went after v1.23: take it away
kubelet-config.yaml:16:1: warning: resolvConf: has no value, so the default applies [empty-value]
  fix: give it a value or take it away
kubelet-config.yaml:19:3: error: evictionHard.x: is a number, and must be a quantity or percentage [wrong-type]
  fix: quote it: \"5\"
kubelet-config.yaml:20:1: warning: iptablesDropBit: is deprecated: it has no effect any more [field-deprecated]
kubelet-config.yaml:21:1: error: podLogsDir: is not a field of Kubernetes v1.28, and is ignored [field-not-yet]
  fix: it came with v1.30: take it away
");
}

#[test]
fn check_takes_several_files_and_standard_input() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-kubelet-conf -o good.yaml").ok();
    let proxy = "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nmode: iptables\n";
    sandbox.sh_with("khw-kubelet-conf check good.yaml -", proxy.as_bytes()).no("\
standard input:1:1: error: kind: is 'KubeProxyConfiguration', and must be KubeletConfiguration [wrong-kind]
  fix: write kind: KubeletConfiguration
");
    sandbox.sh_with("khw-kubelet-conf check -", b"a: 1\n---\nb: 2\n").no("\
standard input:2:1: error: has several documents [unreadable]
  fix: only the first would be read: split the file at ---
");
    sandbox.sh("khw-kubelet-conf check nowhere.yaml").refused(
        "khw-kubelet-conf: error: nowhere.yaml: no such file or directory\n\
         khw-kubelet-conf: hint: check the path, or run the step that makes this file first\n",
    );
    let text = sandbox.sh_with("khw-kubelet-conf check --format json - || true", b"kind: KubeletConfiguration\n").ok();
    assert_eq!(yaml(&text)["findings"][0]["name"], "wrong-kind");
}

#[test]
fn check_refuses_what_stops_the_kubelet() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "kubelet-config.yaml",
        "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  x509:\n    clientCAFile: /ca.crt\n\
         port: 70000\nimageGCHighThresholdPercent: 70\nfeatureGates:\n  nodeSwap: true\n  NodeSwap: false\n\
         memorySwap: {}\nclusterDNS: [10.96.0.10]\n",
    );
    sandbox.sh("khw-kubelet-conf --kubernetes-version 1.30 check --service-cidr 10.32.0.0/24 kubelet-config.yaml").no("\
kubelet-config.yaml:6:1: error: port: 70000 is out of range, and the kubelet stops [wrong-value]
  fix: write a number from 0 to 65535
kubelet-config.yaml:7:1: error: imageGCHighThresholdPercent: the kubelet stops: imageGCLowThresholdPercent (80) is not less than imageGCHighThresholdPercent (70) [contradiction]
  fix: set both of them
kubelet-config.yaml:9:3: error: featureGates.nodeSwap: is not a feature gate, and the kubelet stops [unknown-gate]
  fix: did you mean NodeSwap?
kubelet-config.yaml:11:1: error: memorySwap: the kubelet stops unless the gate NodeSwap is on [gate-needed]
  fix: set featureGates.NodeSwap to true, or take memorySwap away
kubelet-config.yaml:12:1: warning: clusterDNS: 10.96.0.10 is not in the services' range [dns-outside-services]
  fix: use the cluster DNS service's address, by convention the tenth of the range
");
    sandbox.sh_with("khw-kubelet-conf check -", b"kind: KubeletConfiguration\nauthentication:\n\tx509: {}\n").no("\
standard input:3:1: error: is indented with a tab [unreadable]
  fix: YAML takes spaces only
");
    let marked = format!("\u{feff}{OWN}");
    sandbox.sh_with("khw-kubelet-conf check --strict -", marked.as_bytes()).no("\
standard input:1:1: warning: begins with a byte order mark, which not every reader takes [byte-order-mark]
  fix: save it as UTF-8 without BOM
");
    sandbox.sh("khw-kubelet-conf check --service-cidr x kubelet-config.yaml").refused(
        "khw-kubelet-conf: error: --service-cidr: 'x' is not a CIDR range\n\
         khw-kubelet-conf: hint: write it as 10.96.0.0/16\n",
    );
    for (arguments, error, hint) in [
        ("--max-pods -1", "maxPods: -1 is out of range, and the kubelet stops", "write 0 or more"),
        (
            "--image-gc-high-threshold 50",
            "imageGCHighThresholdPercent: the kubelet stops: imageGCLowThresholdPercent (80) is not less than \
             imageGCHighThresholdPercent (50)",
            "set both of them",
        ),
    ] {
        sandbox
            .sh(&format!("khw-kubelet-conf {arguments}"))
            .refused(&format!("khw-kubelet-conf: error: {error}\nkhw-kubelet-conf: hint: {hint}\n"));
    }
}

#[test]
fn check_says_what_an_upgrade_changes() {
    let sandbox = Sandbox::new();
    let old = OWN
        .replace("maxPods: 110", "logging: {sanitization: true}\neventBurst: 10\nkubeAPIBurst: 10\nresolverConfig: /x");
    sandbox.write("old.yaml", &old);
    sandbox.sh("khw-kubelet-conf check --from-version 1.20 --to-version 1.35 old.yaml").no("\
old.yaml: warning: eventRecordQPS: is not set, and its default in v1.35 is 50 (it was 5) [default-changed]
  fix: set it to 5 if that is to stay; 0 meant \"use the client default\" up to 1.36 and means unlimited from 1.37 (kubernetes#117119)
old.yaml: warning: kubeAPIQPS: is not set, and its default in v1.35 is 50 (it was 5) [default-changed]
  fix: set it to 5 if that is to stay
old.yaml: warning: failCgroupV1: is not set, and its default in v1.35 is true (it was false) [default-changed]
  fix: set it to false if that is to stay; on a cgroup v1 host set false from 1.35 on, or the kubelet stops
old.yaml:10:11: error: logging.sanitization: is not a field of Kubernetes v1.35, and is ignored [field-removed]
  fix: it went after v1.23: take it away
");
    let quiet = "khw-kubelet-conf --kubernetes-version 1.22 check --from-version 1.20 old.yaml";
    assert_eq!(sandbox.sh(quiet).ok(), "", "nothing changes, and what is wrong in both is not news");
    sandbox.sh("khw-kubelet-conf check --from-version 1.34 --to-version 1.20 old.yaml").refused(
        "khw-kubelet-conf: error: --from-version: v1.34 is newer than v1.20\n\
         khw-kubelet-conf: hint: an upgrade goes from the older to the newer\n",
    );
    let ran = sandbox.sh("khw-kubelet-conf check --to-version 1.20 old.yaml");
    assert!(ran.status == 2 && ran.stderr.contains("--from-version"), "{ran:?}");
    assert_eq!(
        sandbox.sh("khw-kubelet-conf check --from-version 1.20 --ignore default-changed,field-removed old.yaml").ok(),
        ""
    );
}

/// As somebody keeps it, with notes.
const OWN: &str = "\
# worker-1, rack 7
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /ca.crt}}
authorization:
    mode: 'Webhook'

clusterDNS:
- 10.96.0.10   # coredns
maxPods: 110
# the end
";

#[test]
fn an_existing_file_is_changed_where_it_was_asked_for_and_nowhere_else() {
    let sandbox = Sandbox::new();
    let filter =
        |arguments: &str| sandbox.sh_with(&format!("khw-kubelet-conf --from - {arguments}"), OWN.as_bytes()).ok();
    assert_eq!(filter(""), OWN);
    assert_eq!(filter("--set maxPods=50"), OWN.replace("110", "50"));
    assert_eq!(filter("--max-pods 50"), OWN.replace("110", "50"));
    assert_eq!(filter("--anonymous-auth=false --cluster-dns 10.96.0.10"), OWN, "nothing changes");
    assert_eq!(filter("--unset maxPods"), OWN.replace("maxPods: 110\n", ""));
    assert_eq!(filter("--layout kthw"), OWN.replace("/ca.crt", "/var/lib/kubelet/ca.crt"));
    assert_eq!(filter("--service-cidr 10.32.0.0/24"), OWN.replace("10.96.0.10 ", "\"10.32.0.10\" "));
    let added = filter("--runtime crio --node worker-1 --kubernetes-version 1.34");
    assert!(OWN.lines().all(|line| added.lines().any(|l| l == line)), "{added}");
    let value = yaml(&added);
    for (field, expected) in [
        ("cgroupDriver", "systemd"),
        ("containerRuntimeEndpoint", "unix:///var/run/crio/crio.sock"),
        ("tlsCertFile", "/var/lib/kubelet/worker-1.crt"),
        ("tlsPrivateKeyFile", "/var/lib/kubelet/worker-1.key"),
    ] {
        assert_eq!(value[field], expected);
    }
    assert_eq!(value.get("clusterDomain"), None, "the tool's own defaults are not added");
}

#[test]
fn an_existing_file_is_changed_in_place_or_not_at_all() {
    let sandbox = Sandbox::new();
    sandbox.write("own.yaml", OWN);
    sandbox.sh("khw-kubelet-conf --from own.yaml --set maxPods=50 -o own.yaml").ok();
    assert_eq!(sandbox.read("own.yaml"), OWN.replace("110", "50"));
    assert_eq!(sandbox.names(), ["own.yaml"]);
    for (content, arguments, error, hint) in [
        ("", "", "standard input: is empty", "did the step that makes this file fail?"),
        ("a: 1\na: 2\n", "", "standard input:2:1: a: is there twice", "keep one of them"),
        (
            "a: 1\n---\nb: 2\n",
            "",
            "standard input:2:1: has several documents",
            "only the first would be read: split the file at ---",
        ),
        (
            "kind: KubeProxyConfiguration\n",
            "",
            "standard input: kind: is 'KubeProxyConfiguration', and must be KubeletConfiguration",
            "is this the right file?",
        ),
        (
            "maxPods: 5\n",
            "",
            "kind: is missing, and without it the file is not read",
            "write kind: KubeletConfiguration",
        ),
        (
            OWN,
            "--set maxPods=x",
            "--set maxPods: 'x' is not a whole number",
            "write a number from -2147483648 to 2147483647",
        ),
        (
            "kind: KubeletConfiguration\nauthentication: &a {webhook: {enabled: true}}\nb: *a\n",
            "--set authentication.webhook.enabled=false",
            "standard input: cannot be changed without touching other parts of it",
            "anchors and unusual YAML are not edited: write these fields plainly",
        ),
        (
            r#"{"kind": "KubeletConfiguration", "maxPods": 5}"#,
            "--annotate",
            "is JSON, which has no comments",
            "leave --annotate away",
        ),
    ] {
        sandbox
            .sh_with(&format!("khw-kubelet-conf --from - -o own.yaml {arguments}"), content.as_bytes())
            .refused(&format!("khw-kubelet-conf: error: {error}\nkhw-kubelet-conf: hint: {hint}\n"));
    }
    assert_eq!(sandbox.read("own.yaml"), OWN.replace("110", "50"));
}

#[test]
fn what_was_wrong_in_an_existing_file_is_warned_of_and_can_be_taken_away() {
    let sandbox = Sandbox::new();
    let wrong = OWN.replace("maxPods: 110", "ResolverConfig: /x\nlogging: {sanitization: true}");
    let said = "khw-kubelet-conf: warning: ResolverConfig: is not a field of a KubeletConfiguration, and is ignored\n\
                khw-kubelet-conf: warning: logging.sanitization: is not a field of Kubernetes v1.37, and is ignored\n";
    sandbox.sh_with("khw-kubelet-conf --from - --set port=10250 -o out.yaml", wrong.as_bytes()).says(said);
    let right = sandbox
        .sh_with("khw-kubelet-conf --from - --unset ResolverConfig --unset logging.sanitization", wrong.as_bytes())
        .ok();
    assert_eq!(right, OWN.replace("maxPods: 110\n", ""));
}

#[test]
fn an_existing_file_is_annotated_once() {
    let sandbox = Sandbox::new();
    let once = sandbox.sh_with("khw-kubelet-conf --from - --annotate", OWN.as_bytes()).ok();
    let comment = "    # How requests to the kubelet are authorised: Webhook asks the API server, AlwaysAllow lets all\n    # \
                   through.\n    mode: 'Webhook'\n";
    assert!(once.contains(comment) && once.starts_with("# worker-1, rack 7\n"), "{once}");
    assert_eq!(yaml(&once), yaml(OWN));
    assert_eq!(sandbox.sh_with("khw-kubelet-conf --from - --annotate", once.as_bytes()).ok(), once);
}

#[test]
fn explain_and_fields() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.sh("khw-kubelet-conf explain max-pods").ok(),
        "maxPods\n  does        Most pods the node takes\n  type        int32\n  range       0 or more\n  default     110\n\
         \x20 since       v1.13 or before\n  flag        --max-pods\n"
    );
    assert_eq!(
        sandbox.sh("khw-kubelet-conf explain --kubernetes-version 1.24 eventRecordQPS").ok(),
        "eventRecordQPS\n  does        Events per second the kubelet may create\n  type        int32\n  range       0 or more\n\
         \x20 default     50\n  formerly    5 up to v1.26\n  since       v1.13 or before\n  flag        --event-qps\n\
         \x20 CIS         4.2.9 up to v1.24, 4.2.8 from v1.25\n\
         \x20 note        0 meant \"use the client default\" up to 1.36 and means unlimited from 1.37 (kubernetes#117119)\n\
         \x20 in v1.24    default 5, CIS 4.2.9\n"
    );
    let in_version = |arguments: &str| sandbox.sh(&format!("khw-kubelet-conf explain {arguments} | tail -1")).ok();
    for (arguments, expected) in [
        ("--kubernetes-version 1.20 seccompDefault", "  in v1.20    not a field: it came with v1.22\n"),
        ("--kubernetes-version 1.27 seccompDefault", "  in v1.27    default false\n"),
        ("--kubernetes-version 1.29 seccompDefault", "  in v1.29    default false, CIS 4.2.14\n"),
        ("--kubernetes-version 1.25 protectKernelDefaults", "  in v1.25    default false\n"),
        (
            "--kubernetes-version 1.34 streamingConnectionIdleTimeout",
            "  in v1.34    default 4h, deprecated, CIS 4.2.5\n",
        ),
        ("memorySwap", "    memorySwap.swapBehavior  NoSwap|LimitedSwap|UnlimitedSwap  from v1.22\n"),
    ] {
        assert_eq!(in_version(arguments), expected);
    }
    let x509 = json(&sandbox.sh("khw-kubelet-conf explain --format json authentication.x509").ok());
    assert_eq!(x509["fields"][1]["path"], "authentication.x509.clientCAFile");
    assert_eq!(x509["fields"][1]["cis"][0]["id"], "4.2.3");
    let count = |line: &str| sandbox.sh(line).ok().lines().count();
    assert!(count("khw-kubelet-conf fields --kubernetes-version 1.13") < count("khw-kubelet-conf fields"));
    assert_eq!(yaml(&sandbox.sh("khw-kubelet-conf fields --format json").ok())["kind"], "KubeletConfiguration");
    sandbox.sh("khw-kubelet-conf explain maxpod").refused(
        "khw-kubelet-conf: error: maxpod: is not a field of a KubeletConfiguration\n\
         khw-kubelet-conf: hint: did you mean maxPods?\n",
    );
}

/// kubectl reads YAML with the same library as the kubelet. A kubeconfig's current-context must be a string, so what
/// we write for a string is put there and read back.
#[test]
fn kubectl_reads_our_strings_as_strings() {
    let Some(kubectl) = reference(Reference::Kubectl) else { return };
    let sandbox = Sandbox::new();
    for text in [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Y",
        "N",
        "true",
        "False",
        "null",
        "~",
        "017",
        "1_000",
        "0x1f",
        "0b11",
        "0o17",
        "1e3",
        "1e+3",
        "1.5",
        ".5",
        ".inf",
        ".nan",
        "-1",
        "+1",
        "-",
        "a: b",
        "a #b",
        "#a",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "[a]",
        "{a}",
        "'a'",
        "\"a\"",
        "a\\b",
        " a",
        "a ",
        "a\nb",
        "a\tb",
        "é",
        "日本",
        "2026-11-24",
        "12:30:45",
        "=",
        "<<",
        "/var/lib/x",
        "cluster.local",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{feff}b",
        "a\u{7f}b",
        "\u{1f600}",
        "a%b",
        "a,b",
    ] {
        sandbox.write("value", text);
        let line =
            sandbox.sh(r#"khw-kubelet-conf --set "clusterDomain=$(cat value; echo x)" | grep clusterDomain:"#).ok();
        // The shell takes trailing line breaks away; the x keeps them and is taken off again here.
        let ours = line.trim_start_matches("clusterDomain: ").trim_end();
        sandbox.write("config", format!("apiVersion: v1\nkind: Config\ncurrent-context: {ours}\n"));
        let read = sandbox.sh(&format!("{} config view -o json --kubeconfig config", kubectl.display())).ok();
        assert_eq!(json(&read)["current-context"], format!("{text}x"), "{ours}");
    }
    for text in
        ["yes", "no", "on", "off", "y", "n", "true", "null", "~", "017", "1_000", "0x1f", "1e3", "1.5", "12:30:45"]
    {
        let line = sandbox.sh(&format!("khw-kubelet-conf --set 'clusterDomain={text}' | grep clusterDomain:")).ok();
        let ours = line.trim_start_matches("clusterDomain: ").trim_end();
        sandbox.write("config", format!("apiVersion: v1\nkind: Config\ncurrent-context: {ours}\n"));
        let read = sandbox.sh(&format!("{} config view -o json --kubeconfig config", kubectl.display())).ok();
        assert_eq!(json(&read)["current-context"], text, "{ours}");
    }
}

#[test]
fn a_whole_number_is_a_value_of_a_field_with_a_fraction() {
    let ran = Sandbox::new().sh("khw-kubelet-conf --kubernetes-version 1.23 --set memoryThrottlingFactor=1");
    assert!(ran.ok().lines().any(|line| line == "memoryThrottlingFactor: 1.0"));
}
