//! khw-install --owner: the placed files are somebody else's than root's.

use crate::install_node::from;
use harness::Sandbox;

const NODE: &str = "khw-install node --node worker-1 --from from --root root";

/// Runs as nobody in particular: as `nobody` when the tests run as root.
fn unprivileged(sandbox: &Sandbox) -> &'static str {
    let is_root = sandbox.sh("id -u").ok() == "0\n";
    // Where the tools are, others may not come.
    sandbox.sh("cp $(type -P khw-install) .; chmod 755 .; chmod -R a+rX from").ok();
    if !is_root {
        return "env PATH=.:$PATH";
    }
    sandbox.sh("chown -R 65534:65534 root from").ok();
    "setpriv --reuid 65534 --regid 65534 --clear-groups env PATH=.:$PATH"
}

fn owners(sandbox: &Sandbox) -> Vec<String> {
    let found = sandbox.sh("find root -mindepth 1 ! -path '*/lib/khw*' -printf '%U:%G\\n' | sort -u").ok();
    found.lines().map(str::to_owned).collect()
}

#[test]
fn root_gives_files_to_whom_it_is_told() {
    let sandbox = from();
    if sandbox.sh("id -u").ok() != "0\n" {
        eprintln!("SKIPPED: only root can give files away");
        return;
    }
    // Names are those of the tree: this host has no such user.
    sandbox.write("root/etc/passwd", "root:x:0:0::/:/bin/sh\nkube:x:4711:4712::/:/bin/sh\n");
    sandbox.write("root/etc/group", "root:x:0:\nkubes:x:4713:\n");
    for (owner, expected) in
        [("kube", "4711:4712"), ("kube:kubes", "4711:4713"), ("12:13", "12:13"), ("4711", "4711:4712")]
    {
        let placed = sandbox.sh(&format!("{NODE} --owner {owner}")).ok();
        assert!(placed.contains(" 0600 root/var/lib/kubelet/worker-1.key\n"), "{placed}");
        let found =
            sandbox.sh("stat -c %u:%g root/var/lib/kubelet/worker-1.key root/etc/systemd/system/kubelet.service").ok();
        assert_eq!(found, format!("{expected}\n{expected}\n"), "{owner}");
        assert_eq!(
            sandbox.sh("stat -c %u:%g:%a root/var/lib/khw root/var/lib/khw/manifest.json").ok(),
            "0:0:755\n0:0:600\n"
        );
        let again = sandbox.sh(&format!("{NODE} --owner {owner}")).ok();
        assert!(again.lines().all(|line| line.starts_with("unchanged ")), "{again}");
    }
    // A directory that is made is theirs too; `--diff` tells of an owner.
    assert_eq!(sandbox.sh("stat -c %u:%g root/var/lib/kubelet").ok(), "4711:4712\n");
    let diff = sandbox.sh(&format!("{NODE} --owner 12:13 --diff"));
    assert!(
        diff.status == 1 && diff.stdout.contains("owner would change root/var/lib/kubelet/worker-1.key\n"),
        "{diff:?}"
    );
    sandbox.sh("khw-install remove --root root").ok();
    assert_eq!(sandbox.sh("ls root root/etc").ok(), "root:\netc\n\nroot/etc:\ngroup\npasswd\n");
}

#[test]
fn an_owner_that_there_is_not_is_named() {
    let sandbox = from();
    sandbox.write("root/etc/passwd", "root:x:0:0::/:/bin/sh\n");
    for (owner, error, hint) in [
        ("kube", "root/etc/passwd: --owner: has no user 'kube'", "make it there first, or give its number"),
        ("0:kube", "root/etc/group: --owner: has no group 'kube'", "make it there first, or give its number"),
        (
            "4711",
            "--owner: 4711 is in no passwd file, so its group is not known",
            "say the group too: --owner 4711:GID",
        ),
        ("'a b'", "--owner <OWNER>: 'a b' is not a user or group", "write it as USER, USER:GROUP or UID:GID"),
        (
            "4294967295:0",
            "--owner <OWNER>: '4294967295' is not a user or group",
            "write it as USER, USER:GROUP or UID:GID",
        ),
    ] {
        sandbox
            .sh(&format!("{NODE} --owner {owner}"))
            .refused(&format!("khw-install: error: {error}\nkhw-install: hint: {hint}\n"));
    }
    assert_eq!(sandbox.sh("ls root").ok(), "etc\n");
}

#[test]
fn without_root_files_are_ones_own() {
    let sandbox = from();
    let as_nobody = unprivileged(&sandbox);
    sandbox.sh(&format!("{as_nobody} {NODE}")).ok();
    assert_eq!(owners(&sandbox).len(), 1);
    let own = sandbox.sh("stat -c %u:%g root").ok();
    assert_eq!(owners(&sandbox), [own.trim_end()]);
    // Said so, it is the same.
    let again = sandbox.sh(&format!("{as_nobody} {NODE} --owner {own}")).ok();
    assert!(again.lines().all(|line| line.starts_with("unchanged ")), "{again}");
    sandbox.sh(&format!("{as_nobody} {NODE} --owner 12:13")).refused(
        "khw-install: error: --owner: only root can give files to user 12\n\
         khw-install: hint: run it with sudo, or leave --owner out: the files are then yours\n",
    );
    // On the host itself it is root's business.
    let ran = sandbox.sh(&format!("{as_nobody} khw-install ca from/ca.crt --node worker-1"));
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("permission denied\nkhw-install: hint: run it as a user who may, for example with sudo\n"),
        "{}",
        ran.stderr
    );
}
