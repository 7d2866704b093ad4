//! khw-kubelet-conf: see its man page.

use crate::kubelet_conf_from::OWN;
use harness::tutorial::KUBELET_CONFIG as TUTORIAL;
use harness::{Reference, Sandbox, reference};
use serde_json::Value;

#[track_caller]
pub(crate) fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[track_caller]
pub(crate) fn json(text: &str) -> Value {
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
            "memorySwap.swapBehavior: the kubelet stops unless the gate NodeSwap is on",
            "set featureGates.NodeSwap to true, or take memorySwap.swapBehavior away",
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
fn cis_puts_an_existing_file_in_line_and_says_what_it_changed() {
    let sandbox = Sandbox::new();
    let head = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n";
    let open =
        "authentication: {anonymous: {enabled: true}}\nauthorization: {mode: AlwaysAllow}\nreadOnlyPort: 10255\n";
    sandbox.write("open", format!("{head}{open}"));
    let ran = sandbox
        .sh("khw-kubelet-conf --cis --from open -o cis --unset readOnlyPort --kubernetes-version 1.24 2>warnings");
    ran.ok();
    let cis: Value = yaml(&sandbox.read("cis"));
    assert_eq!(cis["authentication"]["anonymous"]["enabled"], false);
    assert_eq!(cis["authentication"]["x509"]["clientCAFile"], "/var/lib/kubernetes/ca.crt");
    assert_eq!(cis["authorization"]["mode"], "Webhook");
    let warnings = sandbox.read("warnings");
    assert!(
        warnings.starts_with(
            "khw-kubelet-conf: warning: authentication.anonymous.enabled: --cis changes it, it was true\n\
             khw-kubelet-conf: warning: authorization.mode: --cis changes it, it was \"AlwaysAllow\"\n\
             khw-kubelet-conf: warning: protectKernelDefaults: the kubelet stops unless"
        ),
        "{warnings}"
    );
    // What is in line stays, and is annotated all the same.
    let right =
        "authentication:\n  x509:\n    clientCAFile: /my/ca\ntlsCertFile: /my/crt\ntlsPrivateKeyFile: /my/key\n";
    sandbox.write("right", format!("{head}{right}"));
    for (version, options, rotation, pair) in
        [("1.24", "", "4.2.11", "4.2.10"), ("1.34", "--rotate-certificates", "4.2.10", "4.2.9")]
    {
        let line = format!(
            "khw-kubelet-conf --cis --annotate --from right --kubernetes-version {version} {options} 2>warnings"
        );
        let annotated = sandbox.sh(&line).ok();
        assert!(!sandbox.read("warnings").contains("changes it"), "{}", sandbox.read("warnings"));
        for (id, line) in [
            ("4.2.1", "    enabled: false\n"),
            ("4.2.2", "  mode: Webhook\n"),
            ("4.2.3", "    clientCAFile: /my/ca\n"),
            (pair, "tlsCertFile: /my/crt\n"),
            (pair, "tlsPrivateKeyFile: /my/key\n"),
            (rotation, "rotateCertificates: true\n"),
        ] {
            let (before, _) = annotated.split_once(line).unwrap_or_else(|| panic!("{line}: {annotated}"));
            let comment = before.trim_end().rsplit_once("CIS ").map(|(_, comment)| comment);
            assert!(
                comment.is_some_and(|c| c.starts_with(&format!("{id}: ")) && !c.contains("\n\n")),
                "{line} {annotated}"
            );
        }
    }
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
        "# eventRecordQPS を一時的に超えてよい数。\neventBurst: 5\n",
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
                export KHW_KUBERNETES_VERSION=1.$minor
                for cis in '' --cis; do
                    khw-kubelet-conf $cis --layout $layout --runtime $runtime --node worker-1 2>>said | khw-kubelet-conf check --strict -
                    khw-proxy-conf $cis --layout $layout --cluster-cidr 10.244.0.0/16 2>>said | khw-proxy-conf check --strict -
                done
                for hardened in '' --hardened; do
                    khw-unit kubelet --node worker-1 --layout $layout --runtime $runtime $hardened 2>>said | khw-unit check --strict -
                done
            done
        done; done
        ! grep -v 'warning: ' said"#;
    assert_eq!(Sandbox::new().sh(script).ok(), "");
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
