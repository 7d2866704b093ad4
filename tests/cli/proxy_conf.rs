//! khw-proxy-conf: see its man page.

use harness::Sandbox;
use serde_json::Value;

/// The tutorial's heredoc, as it is typed there.
const TUTORIAL: &str = r#"
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: "/var/lib/kube-proxy/kubeconfig"
mode: "iptables"
clusterCIDR: "192.168.5.0/24"
"#;

#[track_caller]
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

#[track_caller]
fn run(line: &str) -> Value {
    yaml(&Sandbox::new().sh(line).ok())
}

#[test]
fn with_the_tutorial_s_cidr_it_is_the_tutorial_s_heredoc() {
    for version in ["v1.13.0", "1.20", "1.27", "1.34", "1.37"] {
        let line = format!("khw-proxy-conf --kubernetes-version {version} --cluster-cidr 192.168.5.0/24");
        assert_eq!(run(&line), yaml(TUTORIAL), "{version}");
    }
    let text = Sandbox::new().sh("khw-proxy-conf").ok();
    assert!(text.starts_with("kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n"), "{text}");
}

#[test]
fn defaults_and_layouts() {
    for (layout, kubeconfig) in [
        ("tutorial", "/var/lib/kube-proxy/kubeconfig"),
        ("mm", "/var/lib/kube-proxy/kube-proxy.kubeconfig"),
        ("kthw", "/var/lib/kube-proxy/kubeconfig"),
    ] {
        let value = run(&format!("khw-proxy-conf --layout {layout}"));
        assert_eq!(value["clientConnection"]["kubeconfig"], kubeconfig);
        assert_eq!((&value["mode"], &value["clusterCIDR"]), (&"iptables".into(), &"10.244.0.0/16".into()));
    }
}

#[test]
fn options_have_the_names_of_kube_proxy_s_flags() {
    let value = run(
        "khw-proxy-conf --cluster-cidr 10.200.0.0/16,fd00::/48 --proxy-mode ipvs --kubeconfig /k --hostname-override \
         worker-1 --ipvs-scheduler rr --ipvs-strict-arp --conntrack-max-per-core 0 --nodeport-addresses 10.0.0.0/8 \
         --kube-api-qps 7.5 --kubernetes-version 1.34 --set iptables.masqueradeAll=true --unset configSyncPeriod",
    );
    let expected = r#"
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection: {kubeconfig: /k, qps: 7.5}
mode: ipvs
clusterCIDR: "10.200.0.0/16,fd00::/48"
hostnameOverride: worker-1
ipvs: {scheduler: rr, strictARP: true}
conntrack: {maxPerCore: 0}
nodePortAddresses: ["10.0.0.0/8"]
iptables: {masqueradeAll: true}
"#;
    assert_eq!(value, yaml(expected));
    let patch = "khw-proxy-conf --proxy-mode ipvs --ipvs-strict-arp --kubernetes-version";
    assert_eq!(run(&format!("{patch} 1.13.6"))["ipvs"]["strictARP"], true);
}

#[test]
fn cis_and_annotations() {
    let text = Sandbox::new().sh("khw-proxy-conf --cis --annotate").ok();
    assert_eq!(yaml(&text), run("khw-proxy-conf --metrics-bind-address 127.0.0.1:10249"));
    assert!(text.contains("# CIS 4.3.1: not for everybody to see.\nmetricsBindAddress:"), "{text}");
}

#[test]
fn the_benchmark_asks_nothing_of_a_release_before_1_27() {
    let sandbox = Sandbox::new();
    assert_eq!(run("khw-proxy-conf --kubernetes-version 1.27 --cis")["metricsBindAddress"], "127.0.0.1:10249");
    let plain = sandbox.sh("khw-proxy-conf --kubernetes-version 1.26").ok();
    let said = "khw-proxy-conf: warning: --cis: the benchmark of v1.26 asks nothing of kube-proxy's configuration\n";
    assert_eq!(sandbox.sh("khw-proxy-conf --kubernetes-version 1.26 --cis").says(said), plain);
}

#[test]
fn annotations_can_be_in_japanese() {
    let text = Sandbox::new().sh("khw-proxy-conf --cis --annotate --lang ja").ok();
    assert_eq!(yaml(&text), run("khw-proxy-conf --cis"));
    let comment =
        "# メトリクスを公開するアドレスとポート。\n# CIS 4.3.1: 外部からは見えないようにする。\nmetricsBindAddress:";
    assert!(text.contains(comment), "{text}");
    assert!(text.lines().filter(|l| l.trim().starts_with('#')).all(|l| l.contains('。')), "{text}");
}

#[test]
fn modes_by_version() {
    for (version, mode) in [
        ("1.13", "userspace"),
        ("1.25", "userspace"),
        ("1.13", "ipvs"),
        ("1.34", "ipvs"),
        ("1.31", "nftables"),
        ("1.37", "nftables"),
    ] {
        let value = run(&format!("khw-proxy-conf --proxy-mode {mode} --kubernetes-version {version}"));
        assert_eq!(value["mode"], mode);
    }
    let gate = "khw-proxy-conf --proxy-mode nftables --kubernetes-version 1.29 --feature-gates NFTablesProxyMode=true";
    assert_eq!(run(gate)["featureGates"]["NFTablesProxyMode"], true);
    Sandbox::new()
        .sh("khw-proxy-conf --proxy-mode ipvs --kubernetes-version 1.35 -o out.yaml")
        .says("khw-proxy-conf: warning: mode: ipvs is deprecated from v1.35 on\n");
}

#[test]
fn what_cannot_work_is_refused() {
    let sandbox = Sandbox::new();
    for (arguments, error, hint) in [
        (
            "--proxy-mode nftables --kubernetes-version 1.28",
            "--proxy-mode: 'nftables' is not a value it can have in Kubernetes v1.28",
            "it came with v1.29; it is one of iptables, ipvs",
        ),
        (
            "--proxy-mode nftables --kubernetes-version 1.30",
            "mode: kube-proxy stops unless the gate NFTablesProxyMode is on",
            "set featureGates.NFTablesProxyMode to true, or use another mode",
        ),
        (
            "--proxy-mode userspace --kubernetes-version 1.26",
            "--proxy-mode: 'userspace' is not a value it can have in Kubernetes v1.26",
            "it went after v1.25; it is one of iptables, ipvs",
        ),
        (
            "--proxy-mode IPTables",
            "--proxy-mode: 'IPTables' is not a value it can have in Kubernetes v1.37",
            "it is one of iptables, ipvs, nftables",
        ),
        (
            "--cluster-cidr 10.244.0.0",
            "--cluster-cidr: '10.244.0.0' is not a CIDR range",
            "write it as 10.244.0.0/16, two of them with a comma",
        ),
        (
            "--cluster-cidr ''",
            "--cluster-cidr: the value is empty",
            "was a shell variable unset? if it is meant: --set clusterCIDR=",
        ),
        (
            "--hostname-override Worker-1",
            "--hostname-override: the node name 'Worker-1' has upper case",
            "the kubelet lower-cases its name: write 'worker-1'",
        ),
        ("--set mod=ipvs", "--set mod: is not a field of a KubeProxyConfiguration", "did you mean mode?"),
        (
            "--conntrack-max 5 --kubernetes-version 1.15",
            "--conntrack-max: is not a field of Kubernetes v1.15",
            "it went after v1.14",
        ),
        (
            "--ipvs-strict-arp --kubernetes-version 1.13.5",
            "--ipvs-strict-arp: is not a field of Kubernetes v1.13.5",
            "it came with v1.15",
        ),
        ("--set kind=x", "--set kind: is fixed", "a kube-proxy reads nothing else"),
    ] {
        sandbox
            .sh(&format!("khw-proxy-conf -o out.yaml {arguments}"))
            .refused(&format!("khw-proxy-conf: error: {error}\nkhw-proxy-conf: hint: {hint}\n"));
    }
    assert_eq!(sandbox.names(), [""; 0], "nothing was written");
}

#[test]
fn what_is_generated_passes_its_own_check() {
    let script = r#"
        for minor in $(seq 13 37); do for layout in tutorial mm kthw; do
            for cis in "" --cis; do
                [ "$cis" ] && [ $minor -lt 27 ] && continue
                khw-proxy-conf --kubernetes-version 1.$minor --layout $layout $cis |
                    khw-proxy-conf check --strict --kubernetes-version 1.$minor -
            done
        done; done"#;
    assert_eq!(Sandbox::new().sh(script).ok(), "");
    assert_eq!(Sandbox::new().sh_with("khw-proxy-conf check --strict -", TUTORIAL.as_bytes()).ok(), "");
}

#[test]
fn an_existing_file_is_changed_where_it_was_asked_for_and_nowhere_else() {
    let sandbox = Sandbox::new();
    let own = format!("# mine{TUTORIAL}");
    let filter =
        |arguments: &str| sandbox.sh_with(&format!("khw-proxy-conf --from - {arguments}"), own.as_bytes()).ok();
    assert_eq!(filter(""), own);
    assert_eq!(filter("--cluster-cidr 10.244.0.0/16"), own.replace("192.168.5.0/24", "10.244.0.0/16"));
    assert_eq!(
        filter("--layout mm"),
        own.replace("\"/var/lib/kube-proxy/kubeconfig\"", "/var/lib/kube-proxy/kube-proxy.kubeconfig")
    );
    assert_eq!(filter("--cis"), format!("{own}metricsBindAddress: \"127.0.0.1:10249\"\n"));
    sandbox.sh_with("khw-proxy-conf --from -", b"kind: KubeletConfiguration\n").refused(
        "khw-proxy-conf: error: standard input: kind: is 'KubeletConfiguration', and must be KubeProxyConfiguration\n\
         khw-proxy-conf: hint: is this the right file?\n",
    );
}

#[test]
fn check_names_what_is_wrong_and_where() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "kube-proxy-config.yaml",
        "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nclientConnection:\n  kubeConfig: /k\n\
         mode: nftables\nclusterCIDR: 10.244.0.0\nresourceContainer: /x\nconntrack:\n  maxPerCore: \"5\"\nmode: iptables\n",
    );
    sandbox.sh("khw-proxy-conf check --kubernetes-version 1.20 kube-proxy-config.yaml").no("\
kube-proxy-config.yaml: warning: clientConnection.kubeconfig: is missing, so a pod's service account is looked for [no-kubeconfig]
  fix: name kube-proxy's kubeconfig, for example /var/lib/kube-proxy/kubeconfig
kube-proxy-config.yaml:4:3: error: clientConnection.kubeConfig: is not a field of a KubeProxyConfiguration, and is ignored [unknown-field]
  fix: did you mean clientConnection.kubeconfig?
kube-proxy-config.yaml:6:1: error: clusterCIDR: '10.244.0.0' is not a CIDR range [wrong-value]
  fix: write it as 10.244.0.0/16, two of them with a comma
kube-proxy-config.yaml:7:1: error: resourceContainer: is not a field of Kubernetes v1.20, and is ignored [field-removed]
  fix: it went after v1.15: take it away
kube-proxy-config.yaml:9:3: error: conntrack.maxPerCore: is a string, and must be a whole number [wrong-type]
  fix: take away the quotes: 5
kube-proxy-config.yaml:10:1: error: mode: is there twice, and only the last one counts [duplicate-field]
  fix: keep one of them
");
}

#[test]
fn check_knows_what_stops_kube_proxy_and_whose_range_it_is() {
    let sandbox = Sandbox::new();
    sandbox.write("own.yaml", format!("{}iptables: {{masqueradeBit: 32}}\nmetricsBindAddress: localhost:10249\nfeatureGates: {{NFTablesProxyMode: false}}\n", TUTORIAL.trim_start()));
    sandbox.sh("khw-proxy-conf check --kubernetes-version 1.33 --node-ip 192.168.5.21 own.yaml").no("\
own.yaml:6:1: warning: clusterCIDR: contains the node's own address 192.168.5.21 [cluster-cidr-has-node]
  fix: write the pods' range, the same as in kube-controller-manager and the network plugin
own.yaml:7:12: error: iptables.masqueradeBit: 32 is out of range, and kube-proxy stops [wrong-value]
  fix: write a number from 0 to 31
own.yaml:8:1: error: metricsBindAddress: is not an IP address and port, and kube-proxy stops [wrong-value]
  fix: write it as 127.0.0.1:10249 or \"[::1]:10249\"
own.yaml:9:16: error: featureGates.NFTablesProxyMode: cannot be switched off from v1.33 on, and kube-proxy stops [gate-locked]
  fix: take it away
");
    sandbox.write("plain.yaml", TUTORIAL);
    assert_eq!(sandbox.sh("khw-proxy-conf check --strict --node-ip 10.0.0.5 plain.yaml").ok(), "");
    assert_eq!(sandbox.sh("khw-proxy-conf check --strict --from-version 1.19 plain.yaml").ok(), "");
    sandbox.write("old.yaml", format!("{TUTORIAL}udpIdleTimeout: 250ms\n").replace("iptables", "userspace"));
    sandbox.sh("khw-proxy-conf check --from-version 1.25 --to-version 1.26 old.yaml").no("\
old.yaml:6:1: error: mode: 'userspace' is not a value it can have in Kubernetes v1.26 [wrong-value]
  fix: it went after v1.25; it is one of iptables, ipvs
old.yaml:8:1: error: udpIdleTimeout: is not a field of Kubernetes v1.26, and is ignored [field-removed]
  fix: it went after v1.25: take it away
");
}

#[test]
fn an_upgrade_names_the_default_that_changes() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-proxy-conf --kubernetes-version 1.18 -o p.yaml").ok();
    let upgrade = "khw-proxy-conf check --from-version 1.18 --to-version 1.19 p.yaml";
    assert_eq!(
        sandbox.sh(upgrade).ok(),
        "p.yaml: warning: iptables.minSyncPeriod: is not set, and its default in v1.19 is 1s (it was 0s) [default-changed]\n  \
         fix: set it to 1ms if that is to stay; code default 0 up to 1.18, 1s from 1.19\n"
    );
    assert_eq!(sandbox.sh("khw-proxy-conf check --from-version 1.19 --to-version 1.20 p.yaml").ok(), "");
}

#[test]
fn what_kube_proxy_refuses_is_not_written() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-proxy-conf --kubernetes-version 1.30 --nodeport-addresses primary").refused(
        "khw-proxy-conf: error: nodePortAddresses: primary is a value from v1.31 on, and kube-proxy stops\n\
         khw-proxy-conf: hint: write ranges such as 192.168.5.0/24\n",
    );
    sandbox.sh("khw-proxy-conf --set oomScoreAdj=-5 -o p.yaml").ok();
    sandbox.sh("sed -i 's/oomScoreAdj: .*/oomScoreAdj: 1e2/' p.yaml; khw-proxy-conf check p.yaml").ok();
}
