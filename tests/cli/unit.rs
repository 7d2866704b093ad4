//! khw-unit: see its man page.

use harness::{Reference, Sandbox, reference};
use std::fmt::Write;

/// The tutorial's kubelet.service as its heredoc gives it for worker-1, with a blank line between the sections.
const TUTORIAL_KUBELET: &str = "\
[Unit]
Description=Kubernetes Kubelet
Documentation=https://github.com/kubernetes/kubernetes
After=docker.service
Requires=docker.service

[Service]
ExecStart=/usr/local/bin/kubelet \\
  --config=/var/lib/kubelet/kubelet-config.yaml \\
  --image-pull-progress-deadline=2m \\
  --kubeconfig=/var/lib/kubelet/kubeconfig \\
  --tls-cert-file=/var/lib/kubelet/worker-1.crt \\
  --tls-private-key-file=/var/lib/kubelet/worker-1.key \\
  --network-plugin=cni \\
  --register-node=true \\
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
";

const TUTORIAL_KUBE_PROXY: &str = "\
[Unit]
Description=Kubernetes Kube Proxy
Documentation=https://github.com/kubernetes/kubernetes

[Service]
ExecStart=/usr/local/bin/kube-proxy \\
  --config=/var/lib/kube-proxy/kube-proxy-config.yaml
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
";

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
            "--flag: --seccomp-default: 'maybe' is neither true nor false",
            "write it as --flag seccomp-default=true or seccomp-default=false",
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
            "the names are assignment-outside-section, bad-command, deprecated-flag, early-flag, empty-unit, ignored-flag, \
             lost-backslash, no-exec-start, not-an-assignment, removed-flag, requires-without-after, several-exec-start, \
             syntax, trailing-backslash, unbalanced-quotes, undefined-variable, unexpanded-variable, unknown-directive, \
             unknown-escape, unknown-flag, unknown-section",
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

/// The releases with the runtimes that each can have.
fn all_kubelets() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for minor in 13..=37 {
        for runtime in ["docker", "containerd", "crio"].into_iter().filter(|r| minor < 24 || *r != "docker") {
            for layout in ["tutorial", "mm", "kthw"] {
                let options = format!("--kubernetes-version 1.{minor} --runtime {runtime} --layout {layout}");
                all.push((format!("kubelet-{minor}-{runtime}-{layout}"), options));
            }
        }
    }
    all
}

#[test]
fn what_it_writes_passes_its_own_check() {
    let s = Sandbox::new();
    let mut script = String::new();
    for (_, options) in all_kubelets() {
        let version = options.split(' ').nth(1).expect("the version");
        let _ = writeln!(
            script,
            "khw-unit kubelet --node worker-1 {options} | khw-unit check --strict --kubernetes-version {version} -"
        );
    }
    assert_eq!(s.sh(&script).ok(), "");
    s.sh("khw-unit kube-proxy | khw-unit check --strict -").ok();
}

/// A root directory in which systemd-analyze finds what the units refer to.
fn root() -> Sandbox {
    let s = Sandbox::new();
    for target in ["sysinit", "basic", "shutdown", "multi-user"] {
        s.write(format!("root/usr/lib/systemd/system/{target}.target"), "[Unit]\nDescription=stand-in\n");
    }
    for service in ["docker", "containerd", "crio"] {
        let unit = "[Service]\nExecStart=/usr/local/bin/kubelet\n";
        s.write(format!("root/usr/lib/systemd/system/{service}.service"), unit);
    }
    s.write("root/usr/local/bin/kubelet", "#!/bin/sh\n").write("root/usr/local/bin/kube-proxy", "#!/bin/sh\n");
    s.write("root/etc/systemd/system/.keep", "").sh("chmod 755 root/usr/local/bin/*").ok();
    s
}

const VERIFY: &str = "systemd-analyze verify --man=no --root=\"$PWD/root\"";

#[test]
fn systemd_has_nothing_to_say_about_any_unit() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let mut script = String::from("cd root/etc/systemd/system\n");
    for (name, options) in all_kubelets() {
        let _ = writeln!(script, "khw-unit kubelet --node worker-1 {options} -o {name}.service");
    }
    // Values that only right quoting brings through a unit file.
    script.push_str(
        "khw-unit kubelet --node a --restart always --node-ip 10.0.0.1 -o odd.service \
         --flag node-labels=\"a b\" --flag node-labels=\"'\" --flag node-labels='\"' --flag node-labels='\\' \
         --flag node-labels='50%' --flag node-labels='%Z' --flag node-labels='$X${Y}' --flag node-labels=$'a\\nb\\t\\001' \
         --flag node-labels='# ; x' --flag node-labels=ä --flag node-labels=\n\
         khw-unit kubelet --node a --bootstrap-kubeconfig -o bootstrap.service\n\
         khw-unit kube-proxy -o kube-proxy.service\n\
         khw-unit kube-proxy --restart always --hostname-override a -o kube-proxy-2.service\n\
         ls *.service > ../../../../names\n",
    );
    s.sh(&script).ok();
    assert_eq!(s.read("names").lines().count(), (11 * 3 + 14 * 2) * 3 + 4);
    assert_eq!(s.sh(&format!("{VERIFY} $(cat names)")).ok(), "");
}

/// systemd's own words for what the check calls an error, so that neither sees what the other does not.
#[test]
fn systemd_complains_of_the_same() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let exec = "[Service]\nExecStart=/usr/local/bin/kubelet";
    for (unit, ours, systemd) in [
        (format!("{exec} \"a\n"), "unbalanced-quotes", "Unbalanced quoting"),
        (format!("{exec} 'a\n"), "unbalanced-quotes", "Unbalanced quoting"),
        (format!("{exec} a\\qb\n"), "unknown-escape", "Ignoring unknown escape sequences"),
        (format!("{exec}\nRestartSce=5\n"), "unknown-directive", "Unknown key 'RestartSce'"),
        (format!("{exec}\nWantedBy=x\n"), "unknown-directive", "Unknown key 'WantedBy'"),
        (format!("{exec}\n  --v=2\n"), "lost-backslash", "Unknown key '--v'"),
        (format!("{exec}\n  --seccomp-default\n"), "not-an-assignment", "Missing '='"),
        (format!("{exec}\n=x\n"), "not-an-assignment", "Missing key name"),
        (format!("{exec}\n[Servce]\nUser=x\n"), "unknown-section", "Unknown section 'Servce'"),
        (format!("Description=x\n{exec}\n"), "assignment-outside-section", "Assignment outside of section"),
        (format!("{exec}\n[Install\n"), "syntax", "Invalid section header"),
        (format!("{exec}\n[a\"b]\n"), "syntax", "Bad characters in section header"),
        ("[Service]\nExecStart=-\n".to_owned(), "bad-command", "Empty path in command line"),
        ("[Service]\nExecStart=/usr/\n".to_owned(), "bad-command", "Executable path specifies a directory"),
        (
            "[Service]\nExecStart=usr/x\n".to_owned(),
            "bad-command",
            "Neither a valid executable name nor an absolute path",
        ),
        (format!("{exec}\nExecStart=/usr/local/bin/kubelet\n"), "several-exec-start", "more than one ExecStart="),
        ("[Service]\nUser=root\n".to_owned(), "no-exec-start", "has no ExecStart="),
        ("[Unit]\nDescription=x\n".to_owned(), "no-exec-start", "has no ExecStart="),
    ] {
        s.write("root/etc/systemd/system/x.service", &unit);
        let said = s.sh(&format!("{VERIFY} x.service || true"));
        assert!(said.stderr.contains(systemd), "{unit}\n{}", said.stderr);
        let found = s.sh("khw-unit check --strict root/etc/systemd/system/x.service");
        assert_eq!(found.status, 1, "{unit}");
        assert!(found.stdout.contains(&format!("[{ours}]")), "{unit}\n{}", found.stdout);
    }
}

/// Units that Debian's packages bring have been through systemd: the check has nothing to say about their syntax.
#[test]
fn the_hosts_own_services_pass() {
    let s = Sandbox::new();
    if s.sh("ls /usr/lib/systemd/system/*.service 2>/dev/null | grep -q .").status != 0 {
        eprintln!("SKIPPED: there are no services in /usr/lib/systemd/system");
        return;
    }
    // Some are masked: empty, or links to /dev/null.
    s.sh("khw-unit check --ignore empty-unit,requires-without-after /usr/lib/systemd/system/*.service").ok();
}

/// The directives come from systemd 252; where that is at hand it says whether they are all there.
#[test]
fn knows_each_directive_of_systemd_252() {
    let s = Sandbox::new();
    let systemd = "/usr/lib/systemd/systemd";
    if s.sh(&format!("{systemd} --version | grep -q '^systemd 252 '")).status != 0 {
        eprintln!("SKIPPED: {systemd} is not version 252");
        return;
    }
    let all = s.sh(&format!("{systemd} --dump-configuration-items 2>/dev/null")).succeeds();
    let mut unit = String::new();
    for section in ["Unit", "Service", "Install"] {
        let lines =
            all.lines().skip_while(|l| *l != format!("[{section}]")).skip(1).take_while(|l| !l.starts_with('['));
        let _ = writeln!(unit, "[{section}]");
        for name in lines.filter_map(|l| l.split_once('=').map(|(name, _)| name)) {
            let value = if name.starts_with("Exec") { "/bin/true" } else { "x" };
            let _ = writeln!(unit, "{name}={value}");
        }
    }
    assert!(unit.lines().count() > 350);
    s.write("x.service", &unit).sh("khw-unit check --only unknown-directive,unknown-section x.service").ok();
}
