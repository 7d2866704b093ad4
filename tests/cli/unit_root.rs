//! khw-unit check --root: what a unit names is looked up on the worker.

use harness::Sandbox;

/// A worker with a kubelet and a configuration, and what khw-unit writes for it.
fn worker() -> Sandbox {
    let s = Sandbox::new();
    s.write("root/usr/local/bin/kubelet", b"\x7fELF\0v1.20.2\0").sh("chmod 755 root/usr/local/bin/kubelet").ok();
    s.write(
        "root/var/lib/kubelet/kubelet-config.yaml",
        "kind: KubeletConfiguration\nmaxPods: 50\nclusterDNS:\n- 10.96.0.10\n",
    );
    s.sh("mkdir -p root/etc/systemd/system; khw-unit kubelet --node a --kubernetes-version 1.20 -o root/etc/systemd/system/kubelet.service")
        .ok();
    s
}

const CHECK: &str = "khw-unit check --root root root/etc/systemd/system/kubelet.service";

#[test]
fn a_whole_worker_is_silent() {
    let s = worker();
    assert_eq!(s.sh(&format!("{CHECK} --strict")).ok(), "");
    // Not placed yet.
    assert_eq!(
        s.sh("cp root/etc/systemd/system/kubelet.service .; khw-unit check --strict --root root kubelet.service").ok(),
        ""
    );
    s.sh("khw-unit check --root no kubelet.service").refused(
        "khw-unit: error: --root: 'no' is not a directory\n\
         khw-unit: hint: name the directory in which the worker's /etc and /usr are\n",
    );
}

#[test]
fn the_placed_programs_version_counts() {
    let s = worker();
    let newer = "khw-unit kubelet --node a --kubernetes-version 1.20 --flag register-node=true";
    s.sh(&format!("{newer} -o root/etc/systemd/system/kubelet.service; printf '\\x7fELF\\0v1.24.3\\0' > root/usr/local/bin/kubelet")).ok();
    let found = s.sh(&format!("{CHECK} || true")).ok();
    assert!(found.contains("kubelet does not start with --network-plugin from v1.24 on [removed-flag]"), "{found}");
    // What a person says counts more.
    s.sh(&format!("{CHECK} --kubernetes-version 1.20")).ok();
    s.sh(&format!("KHW_KUBERNETES_VERSION=v1.20.2 {CHECK}")).ok();
}

#[test]
fn programs_that_are_not_there() {
    let s = worker();
    let unit = "root/etc/systemd/system/kubelet.service";
    s.sh("chmod 644 root/usr/local/bin/kubelet").ok();
    let fix = "  fix: place it there with mode 0755, or write the path under which it is\n";
    s.sh(&format!("{CHECK} --kubernetes-version 1.20"))
        .no(&format!("{unit}:8: error: ExecStart: '/usr/local/bin/kubelet' is not executable [no-program]\n{fix}"));
    s.sh("rm root/usr/local/bin/kubelet").ok();
    s.sh(&format!("{CHECK} --kubernetes-version 1.20"))
        .no(&format!("{unit}:8: error: ExecStart: there is no program '/usr/local/bin/kubelet' [no-program]\n{fix}"));
    // A link that leads out of the root when it is followed here, and not on the worker.
    s.write("root/opt/kubelet", "x")
        .sh("chmod 755 root/opt/kubelet; ln -s /opt/kubelet root/usr/local/bin/kubelet")
        .ok();
    s.sh(&format!("{CHECK} --kubernetes-version 1.20")).ok();
    s.sh("ln -sf /bin/sh root/usr/local/bin/kubelet").ok();
    assert_eq!(s.sh(&format!("{CHECK} --kubernetes-version 1.20")).status, 1, "the host's shell is not the worker's");
    s.sh("ln -sf kubelet root/usr/local/bin/kubelet").ok();
    assert_eq!(s.sh(&format!("{CHECK} --kubernetes-version 1.20")).status, 1, "a link to itself");
    s.write("x.service", "[Service]\nExecStart=kubelet\n")
        .write("root/usr/bin/kubelet", "x")
        .sh("chmod 755 root/usr/bin/kubelet")
        .ok();
    s.sh("rm root/usr/local/bin/kubelet; khw-unit check --root root x.service --only no-program").ok();
    s.sh("rm root/usr/bin/kubelet; khw-unit check --root root x.service --only no-program")
        .no(&format!("x.service:2: error: ExecStart: there is no program 'kubelet' [no-program]\n{fix}"));
    s.write("x.service", "[Service]\nExecStart=-/no\nExecStartPre=%h/no\n");
    s.sh("khw-unit check --root root x.service").ok();
}

#[test]
fn environment_files_define_variables() {
    let s = Sandbox::new();
    s.write("root/bin/a", "x").sh("chmod 755 root/bin/a").ok();
    s.write("root/etc/default/a", "# NO=1\n; NO=2\nA=1\\\nNO=3\n  B = 2\n");
    s.write(
        "a.service",
        "[Service]\nEnvironmentFile=/etc/default/a\nEnvironmentFile=-/etc/none\nExecStart=/bin/a ${A} ${B}\n",
    );
    s.sh("khw-unit check --strict --root root a.service").ok();
    s.write("a.service", "[Service]\nEnvironmentFile=/etc/default/a\nExecStart=/bin/a ${NO}\n");
    s.sh("khw-unit check --root root a.service")
        .no("a.service:3: error: ExecStart: ${NO} is not defined, and becomes empty [undefined-variable]\n  \
         fix: write its value here, or Environment=NO=VALUE in [Service]\n");
    s.sh("khw-unit check a.service").ok();
    // kubeadm's $KUBELET_EXTRA_ARGS: without braces it is no argument at all, which is what the '-' is for.
    let optional = "[Service]\nEnvironmentFile=-/etc/none\nExecStart=/bin/a";
    s.write("a.service", format!("{optional} --x $NO\n"));
    s.sh("khw-unit check --strict --root root a.service").ok();
    s.write("a.service", format!("{optional} ${{NO}}\n"));
    let found = s.sh("khw-unit check --root root a.service || true").ok();
    assert!(found.contains("${NO} is not defined, and becomes empty [undefined-variable]"), "{found}");
    s.write("a.service", "[Service]\nEnvironmentFile=/etc/none\nExecStart=/bin/a\n");
    s.sh("khw-unit check --root root a.service")
        .no("a.service:2: error: EnvironmentFile: '/etc/none': no such file or directory [no-environment-file]\n  \
         fix: make it, or write '-' before the path if it may be missing\n");
}

#[test]
fn flags_in_variables_are_checked_as_the_program_gets_them() {
    let s = Sandbox::new();
    let unit = "[Service]\nEnvironment=GATES=NodeSwap=false\nEnvironmentFile=/etc/default/kubelet\n\
                ExecStart=/usr/local/bin/kubelet $KUBELET_ARGS \\\n  --node-ip=${IP} --feature-gates=${GATES}\n";
    s.write("root/usr/local/bin/kubelet", "x").sh("chmod 755 root/usr/local/bin/kubelet").ok();
    s.write("root/etc/default/kubelet", "KUBELET_ARGS=\"--network-plugin=cni --config=/kubelet.yaml\"\nIP=10.0.0.1\n");
    s.write("root/kubelet.yaml", "kind: KubeletConfiguration\nfeatureGates: {NodeSwap: true}\n");
    s.write("kubelet.service", unit);
    let check = "khw-unit check --kubernetes-version 1.34";
    s.sh(&format!("{check} --root root kubelet.service")).no("\
kubelet.service:4: error: --network-plugin: kubelet does not start with --network-plugin from v1.24 on (it comes from $KUBELET_ARGS) [removed-flag]
  fix: leave it out: the container runtime does this by its own configuration
kubelet.service:5: error: --feature-gates=NodeSwap: cannot be switched off from v1.34 on, and the kubelet stops (it comes from $GATES) [gate-locked]
  fix: take it away
kubelet.service:5: warning: --feature-gates: 'NodeSwap=false' counts, not featureGates of /kubelet.yaml:2 [flag-overrides-file]
  fix: leave one of the two out
");
    // Without the file nothing is known of any variable: it may change GATES too.
    s.sh(&format!("{check} kubelet.service")).ok();
    // What the file says counts, not Environment=; a variable that is not defined leaves nothing.
    s.write("root/etc/default/kubelet", "GATES=AllBeta=false\nIP=::1\n");
    s.sh(&format!("{check} --root root --ignore undefined-variable kubelet.service")).ok();
    s.write("kubelet.service", "[Service]\nEnvironment=ARGS=--frob\nExecStart=/usr/local/bin/kubelet $ARGS\n");
    s.sh(&format!("{check} kubelet.service")).no("\
kubelet.service:3: error: --frob: kubelet does not start with a flag it does not know (it comes from $ARGS) [unknown-flag]
  fix: leave it out
");
}

#[test]
fn drop_ins_change_the_unit() {
    let s = worker();
    s.write(
        "root/run/systemd/system/kubelet.service.d/20-flags.conf",
        "[Service]\nExecStart=/usr/local/bin/kubelet --frob=1\nType=notify\n",
    );
    s.sh(CHECK).no(
        "root/run/systemd/system/kubelet.service.d/20-flags.conf: warning: changes ExecStart, Type [drop-in]\n  \
         fix: write it into the unit, or remove the drop-in, if it is not meant\n\
         root/run/systemd/system/kubelet.service.d/20-flags.conf:2: error: --frob: kubelet does not start with a flag it does not know [unknown-flag]\n  \
         fix: leave it out\n\
         root/run/systemd/system/kubelet.service.d/20-flags.conf:2: error: ExecStart: there is a second command, and systemd takes only one [several-exec-start]\n  \
         fix: an empty 'ExecStart=' before it takes away the earlier one\n",
    );
    // One of the same name in /etc takes its place, a link to /dev/null takes it away.
    let etc = "root/etc/systemd/system/kubelet.service.d";
    s.write(format!("{etc}/20-flags.conf"), "[Service]\nRestartSec=10\n");
    let found = s.sh(CHECK).ok();
    assert!(found.starts_with(&format!("{etc}/20-flags.conf: warning: changes RestartSec [drop-in]")), "{found}");
    s.sh(&format!("ln -sf /dev/null {etc}/20-flags.conf")).ok();
    assert_eq!(s.sh(CHECK).ok(), "");
    // systemctl set-property and edit --runtime write into directories of their own.
    for dir in ["etc/systemd/system.control", "run/systemd/system.control", "run/systemd/generator.late"] {
        let drop_in = format!("root/{dir}/kubelet.service.d/50-x.conf");
        s.write(&drop_in, "[Service]\nCPUWeight=50\n");
        let found = s.sh(CHECK).ok();
        assert!(found.contains(&format!("{drop_in}: warning: changes CPUWeight [drop-in]")), "{found}");
        s.sh(&format!("rm {drop_in}")).ok();
    }
    for dir in ["service.d", "kube-.service.d", "kube-proxy.service.d"] {
        s.write(format!("root/usr/lib/systemd/system/{dir}/a-{dir}.conf"), "[Service]\nNice=x\n");
    }
    s.write("root/usr/local/bin/kube-proxy", "x").sh("chmod 755 root/usr/local/bin/kube-proxy").ok();
    let all = s.sh(
        "khw-unit kube-proxy -o kube-proxy.service; khw-unit check --root root kube-proxy.service > out || grep -c bad-value out",
    );
    assert_eq!(all.succeeds(), "3\n");
    s.write(format!("{etc}/30.conf"), "[Service\n");
    let found = s.sh(&format!("{CHECK} || true")).ok();
    assert!(found.contains(&format!("{etc}/30.conf:1: error: '[Service' is not a section header")), "{found}");
}

#[test]
fn masks_and_other_copies() {
    let s = worker();
    s.sh("cd root; mkdir -p usr/lib/systemd/system; cp etc/systemd/system/kubelet.service usr/lib/systemd/system/")
        .ok();
    let lib = "khw-unit check --root root root/usr/lib/systemd/system/kubelet.service";
    s.sh(lib).no(
        "root/usr/lib/systemd/system/kubelet.service: error: systemd takes /etc/systemd/system/kubelet.service instead [shadowed]\n  \
         fix: change that one, or remove it\n",
    );
    s.sh("ln -sf /dev/null root/etc/systemd/system/kubelet.service").ok();
    s.sh(lib).no(
        "root/usr/lib/systemd/system/kubelet.service: error: /etc/systemd/system/kubelet.service is a link to /dev/null: \
         the unit is masked, and never starts [masked]\n  fix: systemctl unmask kubelet.service\n",
    );
    s.sh("khw-unit kubelet --node a --kubernetes-version 1.20 -o kubelet.service").ok();
    assert!(s.sh("khw-unit check --root root kubelet.service || true").ok().contains("[masked]"));
}

#[test]
fn flags_and_the_configuration_file() {
    let s = worker();
    let unit = "root/etc/systemd/system/kubelet.service";
    s.sh(&format!(
        "khw-unit kubelet --node a --kubernetes-version 1.20 --flag max-pods=60 --flag cluster-dns=10.96.0.10 -o {unit} 2>/dev/null"
    ))
    .ok();
    let warning = "root/etc/systemd/system/kubelet.service:17: warning: --max-pods: '60' counts, not maxPods of \
                   /var/lib/kubelet/kubelet-config.yaml:2, 50 [flag-overrides-file]\n  fix: leave one of the two out\n";
    assert_eq!(s.sh(CHECK).ok(), warning);
    s.sh(&format!("{CHECK} --strict")).no(warning);
    let json = s.sh(&format!("{CHECK} --format json")).ok();
    assert!(
        json.contains("\"name\": \"flag-overrides-file\"") || json.contains("\"name\":\"flag-overrides-file\""),
        "{json}"
    );
    s.write("root/usr/local/bin/kube-proxy", "x").sh("chmod 755 root/usr/local/bin/kube-proxy").ok();
    s.write("root/p.yaml", "hostnameOverride: b\nclusterCIDR: 10.0.0.0/8\n");
    s.write("p.service", "[Service]\nExecStart=/usr/local/bin/kube-proxy --config=/p.yaml --hostname-override=a --cluster-cidr=10.1.0.0/16\n");
    let found = s.sh("khw-unit check --root root p.service || true").ok();
    assert!(
        found.contains("--hostname-override: 'a' counts, not hostnameOverride of /p.yaml:1, b [flag-overrides-file]"),
        "{found}"
    );
    assert!(found.contains("kube-proxy ignores --cluster-cidr beside --config [ignored-flag]"), "{found}");
}
