//! khw-kubelet-conf check: what is wrong in a file, and where.

use crate::kubelet_conf::yaml;
use crate::kubelet_conf_from::OWN;
use harness::Sandbox;

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
         memorySwap: {swapBehavior: NoSwap}\nclusterDNS: [10.96.0.10]\n",
    );
    sandbox.sh("khw-kubelet-conf --kubernetes-version 1.30 check --service-cidr 10.32.0.0/24 kubelet-config.yaml").no("\
kubelet-config.yaml:6:1: error: port: 70000 is out of range, and the kubelet stops [wrong-value]
  fix: write a number from 0 to 65535
kubelet-config.yaml:7:1: error: imageGCHighThresholdPercent: the kubelet stops: imageGCLowThresholdPercent (80) is not less than imageGCHighThresholdPercent (70) [contradiction]
  fix: set both of them
kubelet-config.yaml:9:3: error: featureGates.nodeSwap: is not a feature gate, and the kubelet stops [unknown-gate]
  fix: did you mean NodeSwap?
kubelet-config.yaml:11:14: error: memorySwap.swapBehavior: the kubelet stops unless the gate NodeSwap is on [gate-needed]
  fix: set featureGates.NodeSwap to true, or take memorySwap.swapBehavior away
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
