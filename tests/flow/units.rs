//! Steps 9 and 10: the tutorial's heredocs and khw-unit give the same units, and systemd has nothing to say about them.

use crate::meaning::unit;
use crate::worker::{With, configurations_and_units};
use harness::{Reference, Sandbox, reference};

const UNITS: [&str; 2] = ["kubelet.service", "kube-proxy.service"];

fn made(with: With) -> Sandbox {
    let sandbox = Sandbox::new();
    configurations_and_units(&sandbox, with);
    sandbox
}

#[test]
fn the_units_are_equal_in_meaning() {
    let [real, khw] = [made(With::Real), made(With::Khw)];
    for file in UNITS {
        // The order of flags and of directives is part of what a reader of the tutorial sees.
        assert_eq!(unit(&khw, file), unit(&real, file), "{file}");
    }
}

/// A root with systemd's own units and programs that do nothing: `systemd-analyze verify` looks for both.
fn stage(sandbox: &Sandbox) {
    sandbox.sh("mkdir -p root/etc/systemd/system root/usr/lib/systemd root/usr/local/bin").ok();
    sandbox.sh("cp -r /lib/systemd/system root/usr/lib/systemd/").ok();
    for runtime in ["docker", "containerd", "crio"] {
        let unit = format!("root/etc/systemd/system/{runtime}.service");
        sandbox.write(unit, "[Service]\nExecStart=/usr/local/bin/kubelet\n");
    }
    sandbox.sh("cd root/usr/local/bin && printf '#!/bin/sh\\n' | tee kubelet >kube-proxy && chmod 755 *").ok();
}

fn judge(sandbox: &Sandbox) {
    for file in UNITS {
        sandbox.sh(&format!("cp {file} root/etc/systemd/system/ && systemd-analyze verify --root=root {file}")).ok();
    }
}

#[test]
fn systemd_has_nothing_to_say() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let khw = made(With::Khw);
    stage(&khw);
    judge(&khw);
    for version in ["v1.20.2", "v1.27.0", "v1.34.0"] {
        for runtime in ["containerd", "crio"] {
            let options = format!("--kubernetes-version {version}");
            khw.sh(&format!("khw-unit kubelet --node worker-1 --runtime {runtime} {options} > kubelet.service")).ok();
            khw.sh(&format!("khw-unit kube-proxy {options} > kube-proxy.service")).ok();
            judge(&khw);
        }
    }
}

#[test]
fn systemd_would_have_something_to_say() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    // The judge itself is judged: a unit that is wrong does not pass.
    let sandbox = Sandbox::new();
    stage(&sandbox);
    sandbox.write("root/etc/systemd/system/kubelet.service", "[Service]\nExecStrat=/usr/local/bin/kubelet\n");
    let ran = sandbox.sh("systemd-analyze verify --root=root kubelet.service");
    assert!(ran.stderr.contains("ExecStrat"), "{ran:?}");
}
