//! khw-unit: see its man page.

use harness::Sandbox;
use harness::tutorial::{KUBE_PROXY_UNIT as TUTORIAL_KUBE_PROXY, KUBELET_UNIT as TUTORIAL_KUBELET};

/// The arguments of ExecStart in a unit, one a line.
const ARGUMENTS: &str = "sed -n 's/^  \\(--[^ ]*\\).*/\\1/p'";

#[test]
fn the_tutorials_units() {
    let s = Sandbox::new();
    let kubelet = "khw-unit kubelet --node worker-1 --kubernetes-version v1.13.0";
    assert_eq!(s.sh(kubelet).ok(), TUTORIAL_KUBELET);
    assert_eq!(s.sh(&format!("{kubelet} --runtime docker --restart on-failure -o -")).ok(), TUTORIAL_KUBELET);
    assert_eq!(s.sh("khw-unit kube-proxy --kubernetes-version v1.13.0").ok(), TUTORIAL_KUBE_PROXY);
    assert_eq!(s.sh("khw-unit kube-proxy").ok(), TUTORIAL_KUBE_PROXY);
}

#[test]
fn each_release_gets_the_flags_that_it_takes() {
    let s = Sandbox::new();
    let tls = "--tls-cert-file=/var/lib/kubelet/a.crt\n--tls-private-key-file=/var/lib/kubelet/a.key\n";
    let start = "--config=/var/lib/kubelet/kubelet-config.yaml\n";
    let kubeconfig = "--kubeconfig=/var/lib/kubelet/kubeconfig\n";
    let remote = "--container-runtime=remote\n";
    let containerd = "--container-runtime-endpoint=unix:///run/containerd/containerd.sock\n";
    let crio = "--container-runtime-endpoint=unix:///var/run/crio/crio.sock\n";
    for (options, arguments) in [
        (
            "1.20 --runtime docker",
            format!(
                "{start}--image-pull-progress-deadline=2m\n{kubeconfig}{tls}--network-plugin=cni\n--register-node=true\n--v=2\n"
            ),
        ),
        ("1.21", format!("{start}{kubeconfig}{tls}--network-plugin=cni\n--register-node=true\n--v=2\n")),
        ("1.23", format!("{start}{kubeconfig}{tls}--network-plugin=cni\n--v=2\n")),
        (
            "1.20 --runtime containerd",
            format!("{start}{remote}{containerd}{kubeconfig}{tls}--register-node=true\n--v=2\n"),
        ),
        ("1.23 --runtime crio", format!("{start}{remote}{crio}{kubeconfig}{tls}--v=2\n")),
        ("1.24", format!("{start}{containerd}{kubeconfig}{tls}--v=2\n")),
        ("1.26 --runtime crio", format!("{start}{crio}{kubeconfig}{tls}--v=2\n")),
        ("1.27", format!("{start}{kubeconfig}{tls}--v=2\n")),
        ("1.34.1 --runtime crio", format!("{start}{kubeconfig}{tls}--v=2\n")),
        ("1.37", format!("{start}{kubeconfig}{tls}--v=2\n")),
        (
            "1.30 --bootstrap-kubeconfig",
            format!("{start}{kubeconfig}--bootstrap-kubeconfig=/var/lib/kubelet/bootstrap-kubeconfig\n--v=2\n"),
        ),
        (
            "1.30 --bootstrap-kubeconfig=/etc/b --node-ip 10.0.0.1,fd00::1 --hostname-override a",
            format!(
                "{start}{kubeconfig}--bootstrap-kubeconfig=/etc/b\n--node-ip=10.0.0.1,fd00::1\n--hostname-override=a\n--v=2\n"
            ),
        ),
        (
            "1.30 --flag v=4 --flag node_labels=a=b --flag --node-labels=c=d --flag seccomp-default",
            format!("{start}{kubeconfig}{tls}--v=4\n--node-labels=a=b\n--node-labels=c=d\n--seccomp-default\n"),
        ),
    ] {
        let line = format!("khw-unit kubelet --node a --kubernetes-version {options} | {ARGUMENTS}");
        assert_eq!(s.sh(&line).ok(), arguments, "{options}");
    }
    for (options, service) in [
        ("1.23", "docker.service"),
        ("1.24", "containerd.service"),
        ("1.23 --runtime containerd", "containerd.service"),
        ("1.37 --runtime crio", "crio.service"),
    ] {
        let line = format!("khw-unit kubelet --node a --kubernetes-version {options} | grep -E '^(After|Requires)='");
        assert_eq!(s.sh(&line).ok(), format!("After={service}\nRequires={service}\n"), "{options}");
    }
}

#[test]
fn layouts_restart_and_the_hosts_name() {
    let s = Sandbox::new();
    let paths = |layout: &str| {
        s.sh(&format!(
            "khw-unit kubelet --node a --layout {layout} | {ARGUMENTS} | grep -E 'kubeconfig|tls' | cut -d= -f2"
        ))
        .ok()
    };
    assert_eq!(
        paths("mm"),
        "/var/lib/kubelet/kubelet.kubeconfig\n/var/lib/kubernetes/pki/a.crt\n/var/lib/kubernetes/pki/a.key\n"
    );
    assert_eq!(
        paths("kthw"),
        "/var/lib/kubelet/kubeconfig\n/var/lib/kubelet/kubelet.crt\n/var/lib/kubelet/kubelet.key\n"
    );
    let always = "khw-unit kube-proxy --restart always | grep -E '^(Restart|StartLimit)'";
    assert_eq!(s.sh(always).ok(), "StartLimitIntervalSec=0\nRestart=always\nRestartSec=10\n");
    assert_eq!(s.sh("khw-unit kube-proxy --restart no | grep ^Restart").ok(), "Restart=no\n");
    let host = "n=$(tr A-Z a-z < /proc/sys/kernel/hostname); khw-unit kubelet | grep -c \"/$n.crt\"";
    assert_eq!(s.sh(host).ok(), "1\n");
}

#[test]
fn version_from_the_environment_and_output_to_a_file() {
    let s = Sandbox::new();
    let line = "export KHW_KUBERNETES_VERSION=v1.13.0; khw-unit kubelet --node worker-1 -o kubelet.service";
    assert_eq!(s.sh(line).ok(), "");
    assert_eq!(s.read("kubelet.service"), TUTORIAL_KUBELET);
    s.sh("touch -d @1 kubelet.service").ok();
    s.sh(line).ok();
    assert_eq!(s.sh("stat -c %Y kubelet.service").ok(), "1\n", "an unchanged file is left untouched");
    s.sh("KHW_KUBERNETES_VERSION=1.12 khw-unit kubelet --node a").refused(
        "khw-unit: error: --kubernetes-version <VERSION>: nothing is known about Kubernetes v1.12\n\
         khw-unit: hint: the tables go from v1.13 to v1.37\n",
    );
}

#[test]
fn refuses_what_the_release_cannot_do() {
    let s = Sandbox::new();
    for (arguments, what, hint) in [
        (
            "kubelet --node a --kubernetes-version 1.24 --runtime docker",
            "--runtime: kubelet cannot use docker from v1.24 on",
            "say containerd, which docker brings along, or crio",
        ),
        (
            "kubelet --node a --kubernetes-version 1.24 --flag network-plugin=cni",
            "--flag: kubelet does not start with --network-plugin from v1.24 on",
            "leave it out: the container runtime does this by its own configuration",
        ),
        (
            "kubelet --node a --kubernetes-version 1.27 --flag container-runtime=remote",
            "--flag: kubelet does not start with --container-runtime from v1.27 on",
            "leave it out: the endpoint says which runtime it is",
        ),
        (
            "kubelet --node a --kubernetes-version 1.34 --flag register-schedulable=false",
            "--flag: kubelet does not start with --register-schedulable from v1.34 on",
            "write registerWithTaints in the configuration file (khw-kubelet-conf --set registerWithTaints=VALUE)",
        ),
        (
            "kubelet --node a --kubernetes-version 1.27 --flag config-dir=/etc/x",
            "--flag: kubelet does not start with --config-dir before v1.28",
            "leave it out for v1.27",
        ),
        (
            "kubelet --node a --flag kube-config=/x",
            "--flag: kubelet has no flag --kube-config",
            "did you mean --kubeconfig?",
        ),
        (
            "kubelet --node a --flag frobnicate",
            "--flag: kubelet has no flag --frobnicate",
            "see 'kubelet --help' of that version",
        ),
        (
            "kubelet --node a --flag node-labels",
            "--flag: --node-labels needs a value",
            "write it as --flag node-labels=VALUE",
        ),
        (
            "kubelet --node a --flag seccomp-default=maybe",
            "--flag: --seccomp-default: 'maybe' is not true or false, and kubelet does not start",
            "write true or false",
        ),
        (
            "kubelet --node a --kubernetes-version 1.20 --flag max-pods=abc",
            "--flag: --max-pods: 'abc' is not a whole number, and kubelet does not start",
            "write a number such as 110",
        ),
        (
            "kubelet --node a --kubernetes-version 1.20 --flag node-labels=node-role.kubernetes.io/worker=",
            "--flag: --node-labels: the kubelet of v1.16 and later does not start with the label node-role.kubernetes.io/worker",
            "take it away, and when the node is there: kubectl label node NAME node-role.kubernetes.io/worker=",
        ),
        ("kubelet --node a --flag '=x'", "--flag <NAME[=VALUE]>: '=x' is not a flag", "write it as NAME or NAME=VALUE"),
        (
            "kubelet --node a --flag -v=4",
            "--flag <NAME[=VALUE]>: '-v=4' is not a flag",
            "write it as NAME or NAME=VALUE",
        ),
        (
            "kube-proxy --flag cluster-cidr=10.0.0.0/8",
            "--flag: kube-proxy ignores --cluster-cidr beside --config",
            "write clusterCIDR in the configuration file (khw-proxy-conf --set clusterCIDR=VALUE)",
        ),
        (
            "kubelet --node Worker-1",
            "--node <NAME>: the node name 'Worker-1' has upper case",
            "the kubelet lower-cases its name: write 'worker-1'",
        ),
        (
            "kubelet --node a --hostname-override b",
            "--hostname-override: 'b' is not the node's name, 'a'",
            "the kubelet registers under this name, and its certificate is for the other: give one name to both",
        ),
        (
            "kubelet --node a --node-ip 10.0.0.300",
            "--node-ip <IP>: '10.0.0.300' is not an IP address",
            "write the node's own address, for example 192.168.5.21",
        ),
        (
            "kubelet --node a --node-ip 127.0.0.1",
            "--node-ip <IP>: '127.0.0.1' is no address of a node",
            "write one by which other nodes reach it",
        ),
        (
            "kubelet --node a --node-ip 10.0.0.1,10.0.0.2",
            "--node-ip <IP>: '10.0.0.1,10.0.0.2' is not one address, or one of each family",
            "write one IPv4 and one IPv6 address with a comma between them",
        ),
        (
            "kubelet --node a --node-ip 10.0.0.1,fd00::1 --kubernetes-version 1.19",
            "--node-ip: kubelet takes only one address before v1.20",
            "leave one out for v1.19",
        ),
        (
            "kubelet --node a --bootstrap-kubeconfig=b",
            "--bootstrap-kubeconfig: 'b' is not an absolute path",
            "systemd starts the kubelet in /: write the whole path",
        ),
        ("check x.socket", "x.socket: is a socket unit", "only services, and their drop-ins, are checked"),
        (
            "check no.service",
            "no.service: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        (
            "check --ignore nonsense a.service",
            "there is no finding named 'nonsense'",
            "the names are assignment-outside-section, bad-command, bad-value, deprecated-flag, drop-in, early-flag, empty-unit, flag-overrides-file, flag-value, gate-deprecated, gate-locked, gate-value, ignored-flag, lost-backslash, masked, no-environment-file, no-exec-start, no-program, no-watchdog, not-an-assignment, own-mounts, relative-program, removed-flag, requires-without-after, several-exec-start, shadowed, sigpipe-not-restarted, single-dash, stray-argument, syntax, trailing-backslash, unbalanced-quotes, undefined-variable, unexpanded-variable, unknown-directive, unknown-escape, unknown-flag, unknown-gate, unknown-section, unknown-specifier, wrong-type",
        ),
    ] {
        s.write("a.service", TUTORIAL_KUBE_PROXY);
        let stderr = format!("khw-unit: error: {what}\nkhw-unit: hint: {hint}\n");
        s.sh(&format!("khw-unit {arguments}")).refused(&stderr);
        s.sh(&format!("touch out; khw-unit {arguments} -o out || true")).succeeds();
        assert_eq!(s.read("out"), "", "nothing is written: {arguments}");
    }
}

#[test]
fn warns_of_a_deprecated_flag() {
    let s = Sandbox::new();
    let made = s.sh(
        "khw-unit kubelet --node a --flag max-pods=50 --flag pod-infra-container-image=x --kubernetes-version 1.26",
    );
    let unit = made.says(
        "khw-unit: warning: kubelet calls --max-pods deprecated: \
         write maxPods in the configuration file (khw-kubelet-conf --set maxPods=VALUE)\n\
         khw-unit: warning: kubelet calls --pod-infra-container-image deprecated from v1.24 on: \
         leave it out, and set the runtime's own (containerd: sandbox_image)\n",
    );
    assert!(unit.contains("--v=2 \\\n  --max-pods=50 \\\n  --pod-infra-container-image=x\n"), "{unit}");
}

#[test]
fn check_names_each_thing_with_its_line() {
    let s = Sandbox::new();
    // What a person has after copying an older guide and losing a backslash.
    s.write(
        "kubelet.service",
        "[Unit]\nAfter=docker.service\nRequires=containerd.service\n[Service]\nExecStart=/usr/local/bin/kubelet \\\n  \
         --config=/x \\\n  --network-plugin=cni \\\n  --node-ip=${PRIMARY_IP}\n  --v=2\nRestartSce=5\n[Install]\nWantedBy=multi-user.target\n",
    );
    let expected = "\
kubelet.service:3: warning: Requires: containerd.service is started at the same time, not before [requires-without-after]
  fix: write After=containerd.service too
kubelet.service:7: error: --network-plugin: kubelet does not start with --network-plugin from v1.24 on [removed-flag]
  fix: leave it out: the container runtime does this by its own configuration
kubelet.service:8: error: ExecStart: ${PRIMARY_IP} is not defined, and becomes empty [undefined-variable]
  fix: write its value here, or Environment=PRIMARY_IP=VALUE in [Service]
kubelet.service:9: error: --v is taken for a directive and skipped [lost-backslash]
  fix: end the line before with a backslash
kubelet.service:10: error: RestartSce: is not a directive of [Service], and is skipped [unknown-directive]
  fix: did you mean RestartSec=?
";
    s.sh("khw-unit check kubelet.service").no(expected);
    s.sh("khw-unit check - < kubelet.service").no(&expected.replace("kubelet.service:", "standard input:"));
    let json = "khw-unit check --format json --only removed-flag kubelet.service || test $? = 1";
    let json: serde_json::Value = serde_json::from_str(&s.sh(json).ok()).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({"schemaVersion": 1, "findings": [{
            "name": "removed-flag", "severity": "error", "file": "kubelet.service", "line": 7, "column": null, "field": "--network-plugin",
            "message": "kubelet does not start with --network-plugin from v1.24 on",
            "fix": "leave it out: the container runtime does this by its own configuration",
        }]})
    );
    let warning = "khw-unit check --only requires-without-after kubelet.service > out";
    s.sh(warning).ok();
    assert_eq!(s.sh(&format!("{warning} --strict")).status, 1);
    s.write("broken.service", "[Unit\n")
        .sh("khw-unit check broken.service")
        .no("broken.service:1: error: '[Unit' is not a section header, and systemd stops reading here [syntax]\n  \
         fix: write it as [Unit], [Service] or [Install], alone on its line\n");
    s.sh("khw-unit check - < /dev/null").no(
        "standard input: error: has no directive: for systemd the unit is masked, and never starts [empty-unit]\n  \
         fix: did the command that should have written it fail?\n",
    );
    s.write("10-ip.conf", "[Service]\nEnvironment=A=1\n").sh("khw-unit check 10-ip.conf").ok();
}

#[test]
fn hardened_takes_away_what_is_never_used() {
    let s = Sandbox::new();
    let plain = |tool: &str| s.sh(&format!("khw-unit {tool}")).ok();
    for tool in ["kubelet --node a", "kube-proxy"] {
        let hardened = plain(&format!("{tool} --hardened"));
        // Nothing else changes.
        let added = |line: &&str| plain(tool).lines().all(|other| other != *line);
        let new: Vec<&str> = hardened.lines().filter(added).collect();
        let rest: Vec<&str> = hardened.lines().filter(|line| !added(line)).collect();
        assert_eq!(rest.join("\n") + "\n", plain(tool), "{tool}");
        assert!(new.contains(&"LockPersonality=yes") && new.contains(&"SystemCallErrorNumber=EPERM"), "{new:?}");
        // The man page has each with its reason.
        let help = s.sh(&format!("khw-unit {} --help", tool.split(' ').next().expect("a word"))).ok();
        let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(new.iter().all(|line| help.contains(&format!("{line}: "))), "{help}");
    }
}
