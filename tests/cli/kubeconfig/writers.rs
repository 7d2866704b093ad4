//! Many writers at once, and writers that are killed: no write that reported success is lost, no file is half of one.

use super::{kubectl_config, sandbox};
use harness::strace::{Call, calls};
use harness::{Reference, Sandbox, reference};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The names in `success` that are not among the contexts of `k`.
fn lost(sandbox: &Sandbox, success: &str) -> Vec<String> {
    let there = sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok();
    let there: Vec<&str> = there.lines().collect();
    let told = sandbox.read(success);
    told.lines().filter(|name| !there.contains(name)).map(str::to_owned).collect()
}

#[test]
fn a_hundred_writers_lose_nothing() {
    let sandbox = sandbox();
    let writer = "khw-kubeconfig set-context c$i --namespace=n$i --lock-timeout=5m --kubeconfig=k > /dev/null && echo c$i >> told";
    sandbox.sh(&format!("for i in {{1..100}}; do {{ {writer}; }} & done; wait")).ok();
    assert_eq!(sandbox.read("told").lines().count(), 100);
    assert_eq!(lost(&sandbox, "told"), [""; 0]);
    assert!(!sandbox.has("k.lock"));
}

/// kubectl reads before it locks, and under its lock takes away what was not there when it read.
#[test]
fn writers_of_both_kinds_lose_nothing_of_khws() {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    sandbox.sh("khw-kubeconfig set-context base --kubeconfig=k").ok();
    let khw =
        "khw-kubeconfig set-context a$i --namespace=n --lock-timeout=5m --kubeconfig=k > /dev/null && echo a$i >> told";
    // kubectl does not wait for its lock: it is asked again.
    let kubectl = format!("until {kubectl} set-context b$i --namespace=n --kubeconfig=k > /dev/null 2>&1; do :; done");
    sandbox
        .sh(&format!("for i in {{1..40}}; do {{ {khw}; }} & done; for i in {{1..5}}; do {{ {kubectl}; }} & done; wait"))
        .ok();
    assert_eq!(sandbox.read("told").lines().count(), 40);
    assert_eq!(lost(&sandbox, "told"), [""; 0]);
}

/// Killed at each system call in turn, until one run gets through.
#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    let Some(strace) = reference(Reference::Strace) else { return };
    let sandbox = sandbox();
    let write = "khw-kubeconfig set-credentials u --token=geheim --lock-timeout=5s --kubeconfig=k";
    sandbox.sh("khw-kubeconfig set-context a --kubeconfig=k; cp k old; chmod 600 old").ok();
    sandbox.sh(&format!("{write}; mv k new; cp new k")).ok();
    let (old, new) = (sandbox.read("old"), sandbox.read("new"));
    let mut seen = (0, 0);
    sandbox.sh("cp -p old k").ok();
    for call in calls_on_files(&sandbox, &strace, write) {
        let Call { name, nth } = &call;
        sandbox.sh("cp -p old k.tmp; mv k.tmp k").ok();
        let inject = call.inject("signal=KILL");
        let ran = sandbox.sh(&format!("{} -o /dev/null {inject} {write} || true", strace.display()));
        let now = sandbox.read("k");
        assert!(now == old || now == new, "{name} {nth}: {now}\n{}", ran.stderr);
        assert_eq!(sandbox.mode("k"), 0o600, "{name} {nth}");
        if now == old {
            seen.0 += 1
        } else {
            seen.1 += 1
        }
        // What it left behind does not stop the next one.
        sandbox.sh("khw-kubeconfig set-context next --lock-timeout=2s --kubeconfig=k").ok();
        assert!(!sandbox.has("k.lock"), "{name} {nth}");
    }
    assert!(
        seen.0 > 5 && seen.1 > 2,
        "killed {} times before and {} times after the new file was there",
        seen.0,
        seen.1
    );
}

/// The system calls of a command from the first that names the kubeconfig on. Those that look at other processes are left out.
fn calls_on_files(sandbox: &Sandbox, strace: &Path, command: &str) -> Vec<Call> {
    let (mut began, mut others) = (false, false);
    let calls = calls(sandbox, strace, command, |_, arguments| {
        began |= arguments.contains("\"k\"");
        others = arguments.contains("\"/proc") || others && !arguments.contains("k.lock");
        began && !others
    });
    assert!(calls.iter().any(|call| call.name.starts_with("rename")), "{calls:?}");
    calls
}

#[test]
fn writers_wait_for_each_other() {
    let sandbox = sandbox();
    let writer = "khw-kubeconfig set-context c$i --namespace=n$i --lock-timeout=1m --kubeconfig=k";
    sandbox.sh(&format!("for i in {{1..30}}; do {writer} & done; wait")).ok();
    let names = sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok();
    assert_eq!(names.lines().count(), 30, "{names}");
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "k", "worker-1.crt", "worker-1.key"]);
}

#[test]
fn kubectls_lock_is_honoured() {
    let sandbox = sandbox();
    sandbox.sh("khw-kubeconfig set-context a --kubeconfig=k; touch -d 2020-01-01 k.lock").ok();
    let ran = sandbox.sh("khw-kubeconfig set-context b --lock-timeout=20ms --kubeconfig=k");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("khw-kubeconfig: error: k.lock: is there for "), "{}", ran.stderr);
    let end = " days, made by user UID: another program is changing k, or was killed while it did\n\
        khw-kubeconfig: hint: kubectl makes this file too: when no kubectl is running, remove it\n";
    let uid = std::fs::metadata(sandbox.path("k.lock")).expect("the lock").uid().to_string();
    assert!(ran.stderr.ends_with(&end.replace("UID", &uid)), "{}", ran.stderr);
    assert!(sandbox.has("k.lock"));
    // A khw that lives is named: here the shell stands for it.
    let ran = sandbox.sh(
        "ln -s khw-kubeconfig-$$ l.lock; echo $$ >&2; khw-kubeconfig set-context b --lock-timeout=0 --kubeconfig=l",
    );
    let (pid, said) = ran.stderr.split_once('\n').expect("two lines");
    let said = (said.starts_with("khw-kubeconfig: error: l.lock: is there for "), said);
    let end = format!(
        " s: khw-kubeconfig, process {pid}, is changing l\n\
         khw-kubeconfig: hint: wait for its end; when that process is another program, remove the file\n"
    );
    assert!(said.0 && said.1.ends_with(&end) && !sandbox.has("l"), "{}", said.1);
    sandbox.sh("rm l.lock").ok();
    // Whoever only reads need not wait.
    assert_eq!(sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok(), "a\n");
    // A writer goes on when the lock goes away.
    sandbox.sh("khw-kubeconfig set-context b --lock-timeout=1m --kubeconfig=k & rm k.lock; wait $!").ok();
    // What a killed khw left behind names a process that is no more: 4194305 is above the kernel's greatest.
    sandbox
        .sh("ln -s khw-kubeconfig-4194305 k.lock; khw-kubeconfig set-context c --lock-timeout=0 --kubeconfig=k")
        .ok();
    assert_eq!(sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok(), "a\nb\nc\n");
    assert!(!sandbox.has("k.lock"));
}

/// kubectl takes its lock beside the path that it was given, be that a link or not.
#[test]
fn kubectls_lock_is_honoured_beside_a_link_and_beside_its_file() {
    let sandbox = sandbox();
    sandbox.sh("mkdir real; ln -s real/k link").ok();
    // The link leads to nothing yet: its file is made, as kubectl makes it.
    sandbox.sh("khw-kubeconfig set-context a --kubeconfig=link; test -L link").ok();
    assert_eq!((sandbox.sh("ls -A real").ok(), sandbox.mode("real/k")), ("k\n".to_owned(), 0o600));
    let before = sandbox.read("real/k");
    for lock in ["link.lock", "real/k.lock"] {
        sandbox.sh(&format!("touch {lock}")).ok();
        let ran = sandbox.sh("khw-kubeconfig set-context b --lock-timeout=1ms --kubeconfig=link");
        assert!(ran.status == 2 && ran.stderr.contains(&format!("{lock}: is there")), "{}", ran.stderr);
        assert_eq!(sandbox.read("real/k"), before);
        sandbox.sh(&format!("rm {lock}")).ok();
    }
    let Some(kubectl) = kubectl_config() else { return };
    sandbox.sh(&format!("mkdir other; ln -s other/k dangling; {kubectl} set-context a --kubeconfig=dangling")).ok();
    assert_eq!(sandbox.read("other/k"), before);
}

#[test]
fn what_is_no_file_is_not_written() {
    let sandbox = Sandbox::new();
    for (line, file) in [
        ("khw-kubeconfig set-context a --kubeconfig=/dev/null", "/dev/null"),
        (": | khw-kubeconfig set-context a --kubeconfig=/dev/stdin", "/dev/stdin"),
    ] {
        sandbox.sh(line).refused(&format!(
            "khw-kubeconfig: error: {file}: is no regular file: what is written into it cannot be read again\n\
             khw-kubeconfig: hint: name a file\n"
        ));
    }
}

#[test]
fn the_next_writer_takes_away_what_a_killed_one_left() {
    let sandbox = Sandbox::new();
    // No process has this id: it is above the kernel's greatest.
    sandbox.write(".k.khw-4194305-0", "token: geheim").write(".other.khw-4194305-0", "").write(".k.khw-x-0", "");
    sandbox.sh("khw-kubeconfig set-context a --kubeconfig=k").ok();
    assert_eq!(sandbox.sh("ls -A").ok(), ".k.khw-x-0\n.other.khw-4194305-0\nk\n");
}
