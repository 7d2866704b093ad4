//! khw-install --root is a jail: no link, `..` or mount of a hostile tree leads a write out of it.

use crate::install_node::from;
use harness::Sandbox;

const NODE: &str = "khw-install node --node worker-1 --from from --root root";

/// What is outside of the tree, with everything about it.
fn outside(sandbox: &Sandbox) -> String {
    sandbox.sh("find outside -printf '%p %y %m %u %n %s %T@ %C@\\n' | sort; find outside -type f -exec cat {} +").ok()
}

#[test]
fn no_tree_leads_a_write_out() {
    for hostile in [
        "mkdir -p root/var/lib; ln -s \"$PWD/outside\" root/var/lib/kubelet",
        "mkdir -p root/var/lib; ln -s ../../../outside root/var/lib/kubelet",
        "mkdir -p root/var/lib; ln -s ../../../../../../../../../../..$PWD/outside root/var/lib/kubelet",
        "ln -s ../outside root/var",
        "ln -s \"$PWD/outside\" root/etc",
        // One link over another, and one that goes through the tree's own `..`.
        "mkdir -p root/a root/var; ln -s ../a/b root/var/lib; ln -s ../../outside root/a/b",
        "mkdir -p root/var/lib; ln -s /../../outside/../outside root/var/lib/khw",
        // The files themselves.
        "mkdir -p root/var/lib/kubelet; ln -s \"$PWD/outside/victim\" root/var/lib/kubelet/kubeconfig",
        "mkdir -p root/etc/systemd/system; ln -s ../../../../outside/victim root/etc/systemd/system/kubelet.service",
        "mkdir -p root/var/lib/khw; ln -s \"$PWD/outside/victim\" root/var/lib/khw/manifest.json",
        "mkdir -p root/var/lib/kubelet; ln outside/victim root/var/lib/kubelet/kubeconfig",
        "mkdir -p root/proc/self; ln -s /proc/self/cwd/outside root/var",
    ] {
        let sandbox = from();
        sandbox.sh("mkdir outside; echo mine > outside/victim; chmod 640 outside/victim").ok();
        sandbox.sh(hostile).ok();
        let before = outside(&sandbox);
        let same = |what: &str| {
            // Of a hard link the number of names changes when it is replaced, and its times with it.
            if hostile.contains("ln outside") {
                assert_eq!(sandbox.read("outside/victim"), "mine\n", "{what}");
                assert_eq!(sandbox.mode("outside/victim"), 0o640, "{what}");
            } else {
                assert_eq!(outside(&sandbox), before, "{hostile}: {what}");
            }
        };
        for command in [&format!("{NODE} --dry-run"), &format!("{NODE} --diff"), NODE, "khw-install remove --root root"]
        {
            let ran = sandbox.sh(command);
            assert!(ran.status <= 2 && !ran.stderr.contains("panic"), "{hostile}: {}", ran.stderr);
            same(command);
        }
    }
}

/// With the same content there is nothing to write, only a mode and an owner to put right: of a file that has another name too.
#[test]
fn a_hard_link_to_the_host_keeps_its_mode() {
    let sandbox = from();
    sandbox
        .sh("mkdir -p outside root/etc/systemd/system; cp from/kubelet.service outside; chmod 600 outside/kubelet.service
             ln outside/kubelet.service root/etc/systemd/system")
        .ok();
    sandbox.sh(NODE).ok();
    assert_eq!(sandbox.mode("outside/kubelet.service"), 0o600);
    assert_eq!(sandbox.mode("root/etc/systemd/system/kubelet.service"), 0o644);
}

#[test]
fn nothing_is_written_through_a_mount_point() {
    let prepared = from();
    let Some(mounting) = prepared.mounting() else { return };
    for (mount, blamed) in [
        ("mkdir -p root/var/lib/kubelet; mount --bind outside root/var/lib/kubelet", "root/var/lib/kubelet"),
        ("mkdir -p root/var; mount --bind outside root/var", "root/var"),
        ("mkdir -p root/etc/systemd; mount --rbind outside root/etc/systemd", "root/etc/systemd"),
        // The host's /run, as it is often bound for a chroot, and the way to it.
        ("mkdir -p root/run root/var; ln -s /run root/var/run; mount --bind outside root/run", "root/var/run"),
        ("mkdir -p root/var/lib/khw; mount -t tmpfs none root/var/lib/khw", "root/var/lib/khw"),
        // A single file, and one that differs in nothing but its mode.
        (
            "mkdir -p root/var/lib/kubelet; touch root/var/lib/kubelet/kubeconfig
             mount --bind outside/victim root/var/lib/kubelet/kubeconfig",
            "root/var/lib/kubelet/kubeconfig",
        ),
        (
            "mkdir -p root/etc/systemd/system; touch root/etc/systemd/system/kubelet.service
             cp from/kubelet.service outside; chmod 600 outside/kubelet.service
             mount --bind outside/kubelet.service root/etc/systemd/system/kubelet.service",
            "root/etc/systemd/system/kubelet.service",
        ),
    ] {
        let sandbox = Sandbox::new();
        prepared.sh(&format!("cp -a from root {}", sandbox.path(".").display())).ok();
        sandbox.sh("mkdir outside; echo mine > outside/victim").ok();
        let list = "find outside -printf '%p %y %m %s %i\\n' | sort";
        sandbox.write(
            "script",
            format!(
                "{mount}\n{list} > before
                 {NODE} --dry-run > dry 2>&1 || echo $? >> dry
                 {NODE} --diff > diff 2>&1 || echo $? >> diff
                 {NODE} > said 2>&1 || echo $? >> said
                 {list} > after"
            ),
        );
        sandbox.sh(&format!("{mounting} bash -eu script")).succeeds();
        assert_eq!(sandbox.read("before"), sandbox.read("after"), "{mount}");
        let expected = format!(
            "khw-install: error: {blamed}: is a mount point, so what is placed there would not be in the tree\n\
             khw-install: hint: unmount it, or run khw-install in the tree with chroot and without --root\n2\n"
        );
        for said in ["said", "dry", "diff"] {
            assert!(sandbox.read(said).ends_with(&expected), "{mount}: {said}: {}", sandbox.read(said));
        }
    }
}

#[test]
fn remove_takes_nothing_away_behind_a_mount_point() {
    let sandbox = from();
    let Some(mounting) = sandbox.mounting() else { return };
    sandbox.sh(&format!("{NODE}; cp -a root/var/lib/kubelet outside")).ok();
    sandbox.write("script", "mount --bind outside root/var/lib/kubelet; ! khw-install remove --root root");
    let ran = sandbox.sh(&format!("{mounting} bash -eu script"));
    assert_eq!(ran.status, 0);
    assert!(ran.stderr.contains("root/var/lib/kubelet: is a mount point"), "{}", ran.stderr);
    assert_eq!(sandbox.sh("ls outside").ok(), "kubeconfig\nkubelet-config.yaml\nworker-1.crt\nworker-1.key\n");
}

/// An image of several partitions may be looked at.
#[test]
fn verify_reads_through_mount_points() {
    let sandbox = from();
    let Some(mounting) = sandbox.mounting() else { return };
    sandbox.sh(NODE).ok();
    let verify = "khw-install verify --node worker-1 --root root --ignore binary-missing";
    sandbox.write("script", format!("cp -a root/var var; mount --bind var root/var; rm -rf root/etc/none; {verify}"));
    assert_eq!(sandbox.sh(&format!("{mounting} bash -eu script")).ok(), "");
}
