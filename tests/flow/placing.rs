//! Steps 5 to 7, and whether the files agree: all ways of making them pass `khw-install verify`.

use crate::worker::{CAS, Ca, Judges, With, own_words};
use harness::Sandbox;
use serde_json::Value;

/// The findings of `khw-install verify` on the placed tree, as severity, file and field.
fn findings(sandbox: &Sandbox, options: &str) -> Vec<String> {
    let ran = sandbox
        .sh(&format!("khw-install verify --root root --node worker-1 --ignore binary-missing --format json {options}"));
    let value: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!(value["schemaVersion"], 1);
    let findings = value["findings"].as_array().expect("a list");
    let errors = findings.iter().any(|f| f["severity"] == "error");
    assert_eq!((ran.status, ran.stderr.as_str()), (i32::from(errors), ""), "{ran:?}");
    let text = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .map(|f| {
            let file = text(f, "file");
            format!("{} {} {}", text(f, "severity"), file.rsplit('/').next().unwrap_or_default(), text(f, "field"))
        })
        .collect()
}

/// The tutorial's clusterCIDR is the nodes' own network.
const CLUSTER_CIDR: &str = "warning kube-proxy-config.yaml clusterCIDR";

fn tree(sandbox: &Sandbox) -> String {
    sandbox.sh("find root -printf '%p %y %m %u %s %i %T@ %C@\\n' | sort").ok()
}

fn place(sandbox: &Sandbox) {
    sandbox.sh("mkdir root").ok();
    sandbox.sh("khw-install node --node worker-1 --from . --root root").succeeds();
}

#[test]
fn every_way_of_making_them_gives_files_that_agree() {
    let Some(judges) = Judges::find() else { return };
    for ca in CAS {
        let made = judges.ca(ca);
        let ways = [
            ("the real tools", judges.tutorial(&made, With::Real, With::Real)),
            ("khw with the tutorial's words", judges.tutorial(&made, With::Khw, With::Khw)),
            ("openssl's certificates, khw's rest", judges.tutorial(&made, With::Real, With::Khw)),
            ("khw's certificates, the real rest", judges.tutorial(&made, With::Khw, With::Real)),
            ("khw's own words", own_words(&made)),
        ];
        for (way, sandbox) in ways {
            place(&sandbox);
            let found = findings(&sandbox, "--kubernetes-version v1.13.0");
            assert_eq!(found, [CLUSTER_CIDR], "{ca:?}: {way}");
        }
    }
}

#[test]
fn the_tutorials_paths_and_safe_modes() {
    let Some(judges) = Judges::find() else { return };
    let sandbox = own_words(&judges.ca(Ca::Khw));
    place(&sandbox);
    let placed = sandbox.sh("cd root && find . -type f -printf '%m %P\\n' | grep -v manifest | sort -k 2").ok();
    assert_eq!(
        placed,
        "\
644 etc/systemd/system/kube-proxy.service
644 etc/systemd/system/kubelet.service
600 var/lib/kube-proxy/kube-proxy-config.yaml
600 var/lib/kube-proxy/kubeconfig
600 var/lib/kubelet/kubeconfig
600 var/lib/kubelet/kubelet-config.yaml
600 var/lib/kubelet/worker-1.crt
600 var/lib/kubelet/worker-1.key
600 var/lib/kubernetes/ca.crt
"
    );
    for (source, target) in [
        ("worker-1.key", "var/lib/kubelet/worker-1.key"),
        ("worker-1.crt", "var/lib/kubelet/worker-1.crt"),
        ("worker-1.kubeconfig", "var/lib/kubelet/kubeconfig"),
        ("kube-proxy.kubeconfig", "var/lib/kube-proxy/kubeconfig"),
        ("ca.crt", "var/lib/kubernetes/ca.crt"),
        ("kubelet-config.yaml", "var/lib/kubelet/kubelet-config.yaml"),
        ("kube-proxy-config.yaml", "var/lib/kube-proxy/kube-proxy-config.yaml"),
        ("kubelet.service", "etc/systemd/system/kubelet.service"),
        ("kube-proxy.service", "etc/systemd/system/kube-proxy.service"),
    ] {
        assert_eq!(sandbox.read(format!("root/{target}")), sandbox.read(source), "{target}");
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let Some(judges) = Judges::find() else { return };
    let sandbox = own_words(&judges.ca(Ca::Khw));
    place(&sandbox);
    let before = tree(&sandbox);
    sandbox.sh("khw-install node --node worker-1 --from . --root root").succeeds();
    assert_eq!(tree(&sandbox), before);
}

#[test]
fn the_pipes_give_the_same_tree_as_the_one_command() {
    let Some(judges) = Judges::find() else { return };
    let sandbox = own_words(&judges.ca(Ca::Khw));
    place(&sandbox);
    sandbox.sh("mv root all").ok();
    sandbox.sh("mkdir -p root").ok();
    let pipes = "
        place() { khw-install \"$@\" --root root --node worker-1; }
        place dirs
        place ca - < ca.crt
        place kubelet-cert - < worker-1.crt
        place kubelet-key - < worker-1.key
        place kubelet-kubeconfig - < worker-1.kubeconfig
        place kube-proxy-kubeconfig - < kube-proxy.kubeconfig
        khw-kubelet-conf --kubernetes-version v1.13.0 | place kubelet-config -
        khw-proxy-conf --cluster-cidr 192.168.5.0/24 --kubernetes-version v1.13.0 | place kube-proxy-config -
        khw-unit kubelet --node worker-1 --kubernetes-version v1.13.0 | place kubelet-unit -
        khw-unit kube-proxy --kubernetes-version v1.13.0 | place kube-proxy-unit -
    ";
    sandbox.sh(pipes).succeeds();
    let tree = |dir: &str| {
        let script = format!("cd {dir} && find . -not -name '*manifest*' -printf '%p %y %m %u:%g\\n' | sort");
        sandbox.sh(&script).ok()
    };
    assert_eq!(tree("root"), tree("all"));
    sandbox.sh("diff -r root all").ok();
}

#[test]
fn verify_sees_when_one_file_is_anothers() {
    let Some(judges) = Judges::find() else { return };
    let sandbox = own_words(&judges.ca(Ca::Khw));
    place(&sandbox);
    let other = own_words(&judges.ca(Ca::Khw));
    for (name, source) in [
        ("var/lib/kubelet/worker-1.key", "worker-1.key"),
        ("var/lib/kubelet/worker-1.crt", "worker-1.crt"),
        ("var/lib/kubelet/kubeconfig", "worker-1.kubeconfig"),
        ("var/lib/kube-proxy/kubeconfig", "kube-proxy.kubeconfig"),
        ("var/lib/kubernetes/ca.crt", "ca.crt"),
    ] {
        let path = format!("root/{name}");
        let right = sandbox.read(&path);
        sandbox.write(&path, other.read(source));
        let found = findings(&sandbox, "");
        assert!(found.iter().any(|f| f.starts_with("error ")), "{name}: {found:?}");
        sandbox.write(&path, right);
    }
    assert_eq!(findings(&sandbox, ""), [CLUSTER_CIDR]);
}
