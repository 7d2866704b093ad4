//! khw-install preflight: a host below `root` in which nothing is wrong, and each thing that may be, alone.

use crate::worker::{self, WORDS};
use harness::Sandbox;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

/// The kernel's side of a good host, with ports that are free here.
const HOST: &str = r#"
    mkdir -p root/proc/sys/net/bridge root/proc/sys/net/ipv4 root/usr/bin root/usr/sbin root/run/containerd
    printf 'Filename\tType\tSize\tUsed\tPriority\n' > root/proc/swaps
    echo 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0' > root/proc/mounts
    printf 'overlay 1 0 - Live 0x0\nbr_netfilter 1 0 - Live 0x0\n' > root/proc/modules
    echo 1 > root/proc/sys/net/bridge/bridge-nf-call-iptables; echo 1 > root/proc/sys/net/ipv4/ip_forward
    echo '/dev/vda1 / ext4 defaults 0 1' > root/etc/fstab
    cp program-v1.32.4 root/usr/bin/sh; touch root/usr/sbin/iptables root/usr/bin/mount root/usr/sbin/conntrack
"#;

/// A gRPC server of one answer: trailers alone, as for a service that is not there, or a VersionResponse.
fn runtime(sandbox: &Sandbox, has_cri: bool) {
    let listener = UnixListener::bind(sandbox.path("root/run/containerd/containerd.sock")).expect("a socket");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut seen = [0; 24];
            if stream.read_exact(&mut seen).is_err() || &seen != b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
                continue;
            }
            // SETTINGS; HEADERS of status 200 (`:status: 200` is entry 8 of HPACK's table).
            let mut answer = vec![0, 0, 0, 4, 0, 0, 0, 0, 0];
            if has_cri {
                let mut message = vec![0x0a, 5];
                message.extend(b"0.1.0");
                message.extend([0x12, 10]);
                message.extend(b"containerd");
                message.extend([0x1a, 6]);
                message.extend(b"v1.7.2");
                let length = u8::try_from(message.len()).unwrap();
                answer.extend([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88]);
                answer.extend([0, 0, length + 5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, length]);
                answer.extend(message);
            }
            answer.extend([0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88]);
            let _ = stream.write_all(&answer);
            // As a real one: the connection stays until the client goes.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A good host with a good worker and a runtime.
fn host(has_cri: bool) -> Sandbox {
    let sandbox = worker::good();
    let ports: Vec<u16> = (0..4).map(|_| free_port()).collect();
    sandbox
        .sh(&format!(
            "{WORDS}{HOST} field 'port: {}'; field 'healthzPort: {}'; echo 'healthzBindAddress: 127.0.0.1:{}' >> $PC
             echo 'metricsBindAddress: 127.0.0.1:{}' >> $PC",
            ports[0], ports[1], ports[2], ports[3]
        ))
        .ok();
    runtime(&sandbox, has_cri);
    sandbox
}

#[track_caller]
fn names(sandbox: &Sandbox, arguments: &str) -> Vec<String> {
    let ran = sandbox.sh(&format!("khw-install preflight --root root --format json --ignore disk-space {arguments}"));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ran.stderr));
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        assert!(finding["file"].is_string() && finding["fix"].is_string(), "{finding:#}");
    }
    findings.iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_wrong_with_a_good_host_and_each_fault_is_named() {
    let sandbox = host(true);
    assert_eq!(names(&sandbox, ""), [""; 0]);
    // Each change is taken back by restoring what it touched.
    sandbox.sh("cp -a --sparse=never root/proc proc; cp -a root/etc etc; cp -a root/var var; cp -a root/usr usr").ok();
    for (change, expected) in [
        ("printf '/dev/sda2 partition 1 0 -2\\n' >> root/proc/swaps", &["swap-on"][..]),
        ("echo '/dev/sda2 none swap sw 0 0' >> root/etc/fstab", &["swap-after-boot"]),
        ("echo '#/dev/sda2 none swap sw 0 0' >> root/etc/fstab", &[]),
        ("touch root/usr/lib/systemd/system/dev-sda2.swap", &["swap-after-boot"]),
        ("printf '/dev/sda2 partition 1 0 -2\\n' >> root/proc/swaps; field 'failSwapOn: false'", &[]),
        ("sed -i 's/cgroup2/cgroup/g' root/proc/mounts", &[]),
        ("sed -i 's/cgroup2/cgroup/g' root/proc/mounts; field 'failCgroupV1: true'", &["cgroup-v1"]),
        ("sed -i /overlay/d root/proc/modules", &["kernel-module-missing"]),
        ("sed -i /br_netfilter/d root/proc/modules; rm -r root/proc/sys/net/bridge", &["kernel-module-missing"]),
        ("echo 0 > root/proc/sys/net/ipv4/ip_forward", &["sysctl-ip-forward"]),
        // A kernel that has everything in it.
        ("rm root/proc/modules; echo 0 > root/proc/sys/net/ipv4/ip_forward", &["sysctl-ip-forward"]),
        ("echo 0 > root/proc/sys/net/bridge/bridge-nf-call-iptables", &["sysctl-bridge-iptables"]),
        ("rm root/usr/sbin/conntrack", &["program-missing"]),
        ("rm root/usr/sbin/iptables", &["program-missing"]),
        ("sed -i 's/mode: iptables/mode: nftables/' $PC", &["program-missing"]),
        ("sed -i 's/mode: iptables/mode: ipvs/' $PC", &["program-missing"]),
        ("sed -i 's|/run/containerd/containerd.sock|/run/crio/crio.sock|' $KC", &["runtime-socket-missing"]),
        ("mkdir -p root/etc/kubernetes; touch root/etc/kubernetes/kubelet.conf", &["leftover-kubeadm"]),
        ("touch $K/cpu_manager_state; rm $K/kubeconfig", &["leftover-node-state"]),
        ("touch root/etc/cni/net.d/10-flannel.conflist", &["leftover-cni"]),
        ("rm -r root/etc/cni", &["cni-directory-missing"]),
        (
            "mkdir $U/kubelet.service.d; printf '[Service]\\nEnvironment=A=1\\n' > $U/kubelet.service.d/10-kubeadm.conf",
            &["drop-in-overrides"],
        ),
        ("echo 'disabled_plugins = [\"cri\"]' > $CT", &["containerd-cri-disabled"]),
        ("sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' $CT", &["cgroup-driver-differs"]),
        ("echo 'nameserver 127.0.0.53' > root/etc/resolv.conf", &["resolv-conf-loopback"]),
        ("ln -sf /dev/null $U/kubelet.service", &["unit-masked"]),
    ] {
        sandbox.sh(&format!("{WORDS}{change}")).ok();
        assert_eq!(names(&sandbox, ""), expected, "{change}");
        sandbox.sh("for d in proc etc var usr; do rm -rf root/$d; cp -a $d root/$d; done").ok();
    }
    assert_eq!(names(&sandbox, "--node worker-2"), ["hostname-differs"]);
}

#[test]
fn a_tree_that_does_not_run_has_no_ports_and_sockets() {
    let sandbox = host(true);
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    sandbox.sh(&format!("{WORDS} sed -i 's/^healthzPort: .*/healthzPort: {port}/' $KC; rm -r root/proc root/run")).ok();
    assert_eq!(names(&sandbox, ""), [""; 0]);
}

#[test]
fn the_fix_names_the_runtime_that_is_missing() {
    let sandbox = host(true);
    for runtime in ["docker", "crio"] {
        sandbox.sh(&format!("{WORDS}sed -i -E 's#/run/.*[.]sock#/run/{runtime}.sock#' $KC")).ok();
        let ran = sandbox.sh("khw-install preflight --only runtime-socket-missing --node worker-1 --root root");
        assert!(ran.stdout.contains(&format!("`systemctl enable --now {runtime}`")), "{ran:?}");
    }
}

#[test]
fn a_disk_is_looked_at_before_the_kubelet_has_a_directory() {
    let sandbox = host(true);
    sandbox.sh("rm -r root/var/lib/kubelet; mkdir -p root/var").ok();
    // A file system of its own needs root and a namespace.
    let mounted = "mount -t tmpfs -o size=1M none root/var; head -c 1000000 /dev/zero > root/var/full";
    let ran = sandbox.sh(&format!(
        "unshare --mount bash -c '{mounted}; khw-install preflight --only disk-space,read-only-file-system --node worker-1 --root root
         mount -o remount,ro root/var; khw-install preflight --only read-only-file-system --node worker-1 --root root' || true"
    ));
    if ran.stderr.contains("Operation not permitted") || !nix::unistd::Uid::effective().is_root() {
        return;
    }
    assert!(ran.stdout.contains("root/var: error: 4 % of the space is free"), "{ran:?}");
    assert!(ran.stdout.contains("root/var: error: cannot be written"), "{ran:?}");
}

#[test]
fn a_port_that_is_taken_is_named_and_can_be_ignored() {
    let sandbox = host(true);
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    sandbox.sh(&format!("{WORDS} sed -i 's/^healthzPort: .*/healthzPort: {port}/' $KC")).ok();
    assert_eq!(names(&sandbox, ""), ["port-in-use"]);
    if nix::unistd::Uid::effective().is_root() {
        let ran = sandbox.sh("khw-install preflight --only port-in-use --node worker-1 --root root; true");
        assert!(ran.stdout.contains(&format!("(process {})", std::process::id())), "{ran:?}");
    }
    assert_eq!(names(&sandbox, "--ignore port-in-use"), [""; 0]);
}

#[test]
fn a_runtime_is_asked_for_cri_v1() {
    let sandbox = host(false);
    assert_eq!(names(&sandbox, ""), ["runtime-no-cri-v1"]);
    // Kubelets up to 1.25 take v1alpha2.
    assert_eq!(names(&sandbox, "--kubernetes-version 1.20 --ignore program-missing"), [""; 0]);
    // A socket of a runtime that has gone.
    let sandbox = host(true);
    sandbox.sh("rm root/run/containerd/containerd.sock").ok();
    assert_eq!(names(&sandbox, ""), ["runtime-socket-missing"]);
    drop(UnixListener::bind(sandbox.path("root/run/containerd/containerd.sock")).unwrap());
    assert_eq!(names(&sandbox, ""), ["runtime-socket-refused"]);
}
