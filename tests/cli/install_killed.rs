//! khw-install killed, or told that the disk is full, at every system call that changes a file: each file is the old one or
//! the new one, and a second run completes.

use crate::install_node::from;
use harness::strace::{Call, calls, changes_files};
use harness::{Reference, Sandbox, reference};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Tree = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

const NODE: &str = "khw-install node --node worker-1 --from from --root root";

/// A host on which an older worker is placed, and something of somebody else: `old`. The newer worker is in `from`.
fn sandbox() -> Sandbox {
    let sandbox = from();
    sandbox
        .sh(&format!(
            "cp $(readlink -f $(type -P true)) from/kubelet
             mkdir -p root/var/lib/kubelet root/etc/systemd/system; echo mine > root/etc/systemd/system/mine.service
             cp -a from newer; cd from; khw-kubelet-conf --kubernetes-version 1.19 --cluster-dns 10.96.0.99 > kubelet-config.yaml
             printf '# older\\n' | cat - kubelet.service > k; mv k kubelet.service; printf older >> kubelet; cd ..
             {NODE}; rm root/var/lib/kube-proxy/*; rmdir root/var/lib/kube-proxy
             rm -r from; mv newer from; khw-install bundle --from from -o bundle.tar; mv root old"
        ))
        .succeeds();
    sandbox
}

/// What is there without what no one but khw-install reads: its manifest, and temporary files of a run that was killed.
fn placed(tree: &Tree) -> Tree {
    let is_khws = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.ends_with("var/lib/khw") || name == "manifest.json" || name.contains(".khw-")
    };
    tree.iter().filter(|(path, _)| !is_khws(path)).map(|(path, file)| (path.clone(), file.clone())).collect()
}

/// Runs `command` once from `old`, and gives its system calls and what is then in `root`.
fn complete(sandbox: &Sandbox, strace: &Path, command: &str) -> (Vec<Call>, Tree) {
    sandbox.sh("rm -rf root; cp -a old root").ok();
    let calls = calls(sandbox, strace, command, changes_files);
    (calls, sandbox.tree("root"))
}

/// Runs `command` from `old` with something done at each of its calls in turn.
fn at_each_call(command: &str, what: impl Fn(&Call) -> Option<&'static str>, expect: impl Fn(&Call, i32, &str)) {
    let Some(strace) = reference(Reference::Strace) else { return };
    let sandbox = sandbox();
    let (calls, new) = complete(&sandbox, &strace, command);
    let old = placed(&sandbox.tree("old"));
    let mut unlike = (0, 0);
    for call in &calls {
        let Some(what) = what(call) else { continue };
        let inject = call.inject(what);
        let ran =
            sandbox.sh(&format!("rm -rf root; cp -a old root; {} -o /dev/null {inject} {command}", strace.display()));
        expect(call, ran.status, &ran.stderr);
        let now = placed(&sandbox.tree("root"));
        for (path, file) in &now {
            assert!(
                [old.get(path), new.get(path)].contains(&Some(file)),
                "{call:?}: {} is neither the old nor the new one",
                path.display()
            );
        }
        for (path, file) in &old {
            let may_go = !new.contains_key(path);
            assert!(now.contains_key(path) || may_go, "{call:?}: {} is gone: {file:?}", path.display());
        }
        unlike.0 += usize::from(now != old);
        unlike.1 += usize::from(now != placed(&new));
        let again = sandbox.sh(command);
        assert_eq!((again.status, again.stderr.as_str()), (0, ""), "{call:?}");
        let tree = sandbox.tree("root");
        assert!(tree == new, "{call:?}: a second run gives {:?}, not {:?}", tree.keys(), new.keys());
    }
    assert!(unlike.0 > 5 && unlike.1 > 5, "{unlike:?} of {} calls", calls.len());
}

fn killed(command: &str) {
    at_each_call(command, |_| Some("signal=KILL"), |call, status, _| assert_eq!(status, 137, "{call:?}"));
}

/// Only calls that need space fail for want of it. What was said must be that, whatever was being done.
fn full(command: &str) {
    let needs_space = |call: &Call| {
        let needs = ["openat", "write", "mkdirat", "renameat", "renameat2", "fsync"].contains(&call.name.as_str());
        needs.then_some("error=ENOSPC")
    };
    at_each_call(command, needs_space, |call, status, said| {
        assert_eq!(status, 2, "{call:?}: {said}");
        assert!(said.contains("no space left on device") && !said.contains("panic"), "{call:?}: {said}");
    });
}

#[test]
fn node_killed_at_any_call_is_completed_by_a_second_run() {
    killed(NODE);
}

#[test]
fn unpack_killed_at_any_call_is_completed_by_a_second_run() {
    killed("khw-install unpack bundle.tar --node worker-1 --root root");
}

#[test]
fn remove_killed_at_any_call_is_completed_by_a_second_run() {
    killed("khw-install remove --root root");
}

#[test]
fn node_on_a_full_disk_leaves_the_old_files() {
    full(NODE);
}

#[test]
fn unpack_on_a_full_disk_leaves_the_old_files() {
    full("khw-install unpack bundle.tar --node worker-1 --root root");
}

/// A real one: a page more at a time, until it is enough.
#[test]
fn a_small_file_system_fills_up_at_any_file() {
    let sandbox = from();
    let Some(mounting) = sandbox.mounting() else { return };
    sandbox.sh("rm -rf mnt").ok();
    let mut failed = 0;
    for pages in 1.. {
        let script = format!(
            "mount -t tmpfs -o size={}k none root
             if {NODE} > /dev/null 2> said; then echo enough; fi
             find root -type f ! -name '.*' ! -name manifest.json -printf '%f %m %s\\n' | sort
             mount -o remount,size=1m root; {NODE} > /dev/null
             find root -name '.*.khw-*'; khw-install diff --root root",
            pages * 4
        );
        sandbox.write("script", script);
        let found = sandbox.sh(&format!("{mounting} bash -eu script")).succeeds();
        let enough = found.lines().any(|line| line == "enough");
        for line in found.lines().filter(|line| *line != "enough") {
            let fields: Vec<_> = line.split(' ').collect();
            assert!(!line.starts_with("root") && fields.len() == 3 && fields[2] != "0", "{pages} pages: {line}");
        }
        if enough {
            break;
        }
        failed += 1;
        assert!(sandbox.read("said").contains(": no space left on device\n"), "{}", sandbox.read("said"));
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn only_what_a_killed_run_left_is_cleared() {
    let sandbox = from();
    sandbox.sh(NODE).ok();
    // No process has a number over four million (proc(5), pid_max).
    sandbox
        .sh("cd root/var/lib/kubelet; touch .kubeconfig.khw-4999999-0 .worker-1.key.khw-4999999-3
             mkdir ../.kubelet.khw-4999999-0
             touch kubeconfig.khw-4999999-0 .kubeconfig.khw-4999999 .kubeconfig.swp .other.khw-4999999-0
             ln -s kubeconfig .kubelet-config.yaml.khw-4999999-0; touch two; ln two .worker-1.crt.khw-4999999-0
             mkdir .kubeconfig.khw-4999999-1; touch .kubeconfig.khw-4999999-1/mine")
        .ok();
    sandbox.sh("khw-install dirs --root root; cp from/ca.crt .").ok();
    sandbox.sh(NODE).ok();
    let left = sandbox.sh("ls -A root/var/lib/kubelet root/var/lib | grep khw-").ok();
    assert_eq!(
        left,
        ".kubeconfig.khw-4999999\n.kubeconfig.khw-4999999-1\n.kubelet-config.yaml.khw-4999999-0\n\
         .other.khw-4999999-0\n.worker-1.crt.khw-4999999-0\nkubeconfig.khw-4999999-0\n"
    );
}

#[test]
fn what_a_running_tool_is_writing_is_not_cleared() {
    let sandbox = from();
    sandbox.sh(NODE).ok();
    // A process that is called khw-kubeconfig, as one in the middle of writing would be.
    sandbox
        .sh(&format!(
            "cp $(readlink -f $(type -P cat)) khw-kubeconfig; mkfifo wait; ./khw-kubeconfig < wait & exec 3> wait
             touch root/var/lib/kubelet/.kubeconfig.khw-$!-0; {NODE} > /dev/null
             ls root/var/lib/kubelet/.kubeconfig.khw-$!-0; exec 3>&-; wait; {NODE} > /dev/null
             ! ls root/var/lib/kubelet/.kubeconfig.khw-$!-0 2> /dev/null"
        ))
        .succeeds();
    // And one that holds the lock on the directory.
    sandbox
        .sh(&format!(
            "touch root/var/lib/kubelet/.kubeconfig.khw-4999999-0; exec 4< root/var/lib/kubelet; flock 4; {NODE} > /dev/null
             ls root/var/lib/kubelet/.kubeconfig.khw-4999999-0; exec 4<&-; {NODE} > /dev/null
             ! ls root/var/lib/kubelet/.kubeconfig.khw-4999999-0 2> /dev/null"
        ))
        .succeeds();
}

#[test]
fn a_second_one_waits_for_the_first() {
    let Some(strace) = reference(Reference::Strace) else { return };
    let sandbox = from();
    // While the lock is held: it is asked for again and again, and nothing is placed.
    sandbox
        .sh(&format!(
            "exec 4< root; flock 4; {} -o asked {NODE} > said 4<&- & waiting=$!
             until grep -sq 'flock(.*EAGAIN' asked; do kill -0 $waiting; sleep 0.01; done
             ls root > before; exec 4<&-; wait $waiting; grep -c '^placed' said",
            strace.display()
        ))
        .succeeds();
    assert_eq!(sandbox.read("before"), "");
    assert!(sandbox.has("root/var/lib/kubelet/kubeconfig"));
    sandbox.sh(&format!("rm -r root; mkdir root; {NODE} > a & one=$!; {NODE} > b & wait $one; wait $!; cat a b")).ok();
    let said = sandbox.read("a") + &sandbox.read("b");
    assert!(said.matches("placed 0600").count() >= 7 && said.contains("unchanged 0600"), "{said}");
    assert_eq!(sandbox.sh("khw-install diff --root root").ok(), "");
}
