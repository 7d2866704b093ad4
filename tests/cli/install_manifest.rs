//! khw-install: what it placed, what would change, and taking it away again.

use harness::Sandbox;

/// A tree with a file of somebody else, and a unit to place.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sh("mkdir -p root/var/lib root/etc/systemd/system; echo mine > root/etc/systemd/system/other.service
             khw-unit kube-proxy > kube-proxy.service; khw-proxy-conf --cluster-cidr 10.244.0.0/16 > conf.yaml")
        .succeeds();
    sandbox
}

const UNIT: &str = "khw-install kube-proxy-unit kube-proxy.service --node worker-1 --root root";
const CONF: &str = "khw-install kube-proxy-config conf.yaml --node worker-1 --root root";
const TREE: &str = "cd root; find . -printf '%p %y %m %u:%g\\n' | sort; find . -type f -exec sha256sum {} + | sort";

#[test]
fn remove_leaves_the_tree_as_it_was() {
    let sandbox = sandbox();
    let before = sandbox.sh(TREE).ok();
    sandbox.sh(UNIT).ok();
    sandbox.sh(CONF).ok();
    sandbox.sh("khw-install dirs --root root").ok();
    assert_eq!(sandbox.mode("root/var/lib/khw/manifest.json"), 0o600);
    let placed = sandbox.sh(TREE).ok();
    let dry = sandbox.sh("khw-install remove --root root --dry-run").ok();
    assert_eq!(
        dry,
        "would remove root/etc/systemd/system/kube-proxy.service\n\
         would remove root/var/lib/kube-proxy/kube-proxy-config.yaml\n"
    );
    assert_eq!(sandbox.sh(TREE).ok(), placed);
    let removed = sandbox.sh("khw-install remove --root root").ok();
    assert!(removed.contains("removed root/var/lib/kube-proxy\n"), "{removed}");
    assert_eq!(sandbox.sh(TREE).ok(), before);
    assert_eq!(sandbox.sh("khw-install remove --root root").ok(), "", "nothing is left to remove");
}

#[test]
fn a_unit_that_is_still_enabled_is_named() {
    let sandbox = sandbox();
    sandbox.sh(UNIT).ok();
    sandbox.sh(CONF).ok();
    let warned = "khw-install: warning: kube-proxy is enabled and may still run; `systemctl disable --now kube-proxy` ends both\n";
    sandbox.sh("systemctl --root=$PWD/root enable --quiet kube-proxy").ok();
    for command in ["remove --dry-run", "remove"] {
        let ran = sandbox.sh(&format!("khw-install {command} --root root"));
        assert_eq!((ran.status, ran.stderr.as_str()), (0, warned));
    }
    // What it says to do does it, also when the unit is gone.
    sandbox.sh("systemctl --root=$PWD/root disable kube-proxy 2>&1; [ ! -e root/etc/systemd/system/multi-user.target.wants ]").succeeds();
}

#[test]
fn the_manifest_has_the_digests_that_sha256sum_has() {
    let sandbox = sandbox();
    sandbox.sh(UNIT).ok();
    let sum = sandbox.sh("sha256sum < kube-proxy.service").ok();
    let manifest: serde_json::Value = serde_json::from_str(&sandbox.read("root/var/lib/khw/manifest.json")).unwrap();
    let entry = &manifest["files"]["/etc/systemd/system/kube-proxy.service"];
    assert_eq!(entry["sha256"].as_str().unwrap(), sum.split_whitespace().next().unwrap());
    assert_eq!(entry["mode"], "0644");
}

#[test]
fn what_was_changed_stays_and_is_named() {
    let sandbox = sandbox();
    sandbox.sh(UNIT).ok();
    sandbox.sh(CONF).ok();
    sandbox.sh("echo '# mine' >> root/etc/systemd/system/kube-proxy.service; touch root/var/lib/kube-proxy/other").ok();
    sandbox.sh("khw-install diff --root root").no("root/etc/systemd/system/kube-proxy.service: has other content\n");
    sandbox.sh("khw-install remove --root root").no(
        "left root/etc/systemd/system/kube-proxy.service: it was changed since it was placed\n\
         removed root/var/lib/kube-proxy/kube-proxy-config.yaml\n\
         left root/var/lib/kube-proxy: it is not empty\n",
    );
    assert!(sandbox.read("root/etc/systemd/system/kube-proxy.service").ends_with("# mine\n"));
}

#[test]
fn what_was_there_already_is_not_taken_away() {
    let sandbox = sandbox();
    sandbox
        .sh("cp kube-proxy.service root/etc/systemd/system/; chmod 644 root/etc/systemd/system/kube-proxy.service")
        .ok();
    sandbox.sh(UNIT).ok();
    sandbox.sh("khw-install remove --root root").ok();
    assert!(sandbox.has("root/etc/systemd/system/kube-proxy.service"));
}

#[test]
fn diff_shows_what_would_change_and_no_secret() {
    let sandbox = sandbox();
    sandbox.sh(CONF).ok();
    sandbox.sh(&format!("{CONF} --diff")).ok();
    sandbox.sh("sed -i s/10.244/10.245/ conf.yaml; chmod 644 root/var/lib/kube-proxy/kube-proxy-config.yaml").ok();
    let ran = sandbox.sh(&format!("{CONF} --diff"));
    assert_eq!(ran.status, 1);
    for line in ["old mode 0644 ", "new mode 0600 ", "--- root/var/lib/kube-proxy/", "+++ root/var/lib/kube-proxy/"] {
        assert!(ran.stdout.contains(line), "{line}\n{}", ran.stdout);
    }
    assert!(ran.stdout.lines().any(|l| l.starts_with('-') && l.contains("10.244.0.0/16")), "{}", ran.stdout);
    assert!(ran.stdout.lines().any(|l| l.starts_with('+') && l.contains("10.245.0.0/16")), "{}", ran.stdout);
    assert!(sandbox.read("root/var/lib/kube-proxy/kube-proxy-config.yaml").contains("10.244"), "nothing is written");
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert client kube-proxy --key-type ecdsa:p256
             khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
               --client-certificate kube-proxy.crt --client-key kube-proxy.key > kube-proxy.kubeconfig")
        .succeeds();
    let ran = sandbox.sh("khw-install kube-proxy-kubeconfig kube-proxy.kubeconfig --node worker-1 --root root --diff");
    let secret = sandbox.sh("base64 -w0 kube-proxy.key").ok();
    assert!(ran.status == 1 && ran.stdout.contains("client-key-data: (hidden, another)"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(&secret[..40]), "{}", ran.stdout);
}

#[test]
fn a_manifest_of_somebody_else_is_not_followed() {
    for (manifest, what) in [
        (r#"{"schemaVersion":1,"files":{},"directories":["/etc/../../x"]}"#, "is not a plain absolute one"),
        (r#"{"schemaVersion":2,"files":{},"directories":[]}"#, "is of a newer khw"),
        ("hello", "is not a manifest"),
    ] {
        let sandbox = sandbox();
        sandbox.write("root/var/lib/khw/manifest.json", manifest);
        let ran = sandbox.sh("khw-install remove --root root");
        assert!(ran.status == 2 && ran.stderr.contains(what), "{}", ran.stderr);
    }
    let sandbox = sandbox();
    sandbox.write("root/var/lib/khw/manifest.json", r#"{"schemaVersion":1,"files":{},"directories":[]}"#);
    sandbox.sh("chmod 666 root/var/lib/khw/manifest.json").ok();
    let ran = sandbox.sh("khw-install remove --root root");
    assert!(ran.stderr.contains("can be written by others, so it cannot be trusted"), "{}", ran.stderr);
}

#[test]
fn two_at_once_wait_for_each_other() {
    let sandbox = sandbox();
    let both = format!("{UNIT} & a=$!; {CONF} & b=$!; khw-install dirs --root root & wait $a; wait $b; wait");
    sandbox.sh(&both).ok();
    sandbox.sh("khw-install diff --root root").ok();
    let manifest: serde_json::Value = serde_json::from_str(&sandbox.read("root/var/lib/khw/manifest.json")).unwrap();
    assert_eq!(manifest["files"].as_object().unwrap().len(), 2);
}

/// A program of 80 MiB, mostly a hole: only its last byte tells it from `other`.
#[test]
fn a_program_over_64_mib_is_compared_to_its_end_and_is_not_claimed() {
    let sandbox = Sandbox::new();
    sandbox
        .sh("cp $(readlink -f $(type -P true)) kubelet; truncate -s 80M kubelet; cp kubelet other
             printf x | dd of=other bs=1 seek=$((80 * 1024 * 1024 - 1)) conv=notrunc status=none
             mkdir -p root/usr/local/bin; cp kubelet root/usr/local/bin/kubelet; chmod 755 root/usr/local/bin/kubelet")
        .succeeds();
    let binaries = "khw-install binaries kubelet --root root";
    assert_eq!(sandbox.sh(&format!("{binaries} --dry-run")).ok(), "unchanged 0755 root/usr/local/bin/kubelet\n");
    assert_eq!(sandbox.sh(&format!("{binaries} --diff")).ok(), "");
    assert_eq!(sandbox.sh(binaries).ok(), "unchanged 0755 root/usr/local/bin/kubelet\n");
    sandbox.sh("khw-install remove --root root").ok();
    assert!(sandbox.has("root/usr/local/bin/kubelet"), "it was there before");
    // In 64 MiB of address space, the tool's own included, there is no room for it.
    sandbox.sh("mv other kubelet").ok();
    sandbox.sh(&format!("{binaries} --diff")).no("binary file root/usr/local/bin/kubelet differs\n");
    let placed = sandbox.sh(&format!("ulimit -v 65536; {binaries}")).ok();
    assert_eq!(placed, "placed 0755 root/usr/local/bin/kubelet\n");
    sandbox.sh("cmp kubelet root/usr/local/bin/kubelet; khw-install diff --root root").ok();
}
