//! khw-install bundle and unpack: a worker's files as a tar archive, and archives that nobody should unpack.

use crate::install_node::from;
use harness::Sandbox;
use std::os::unix::fs::PermissionsExt;
use tar::{EntryType, Header};

const BUNDLE: &str = "khw-install bundle --from from";
const UNPACK: &str = "khw-install unpack - --node worker-1 --root root";

/// The worker's files and a program in `from`.
fn sandbox() -> Sandbox {
    let sandbox = from();
    sandbox.sh("cp $(readlink -f $(type -P true)) from/kubelet").ok();
    sandbox
}

#[test]
fn unpack_places_what_node_would_have_placed() {
    let sandbox = sandbox();
    let placed = sandbox.sh("khw-install node --node worker-1 --from from --root root").ok();
    let tree = sandbox.tree("root");
    sandbox.sh("rm -r root; mkdir root").ok();
    let dry = sandbox.sh(&format!("{BUNDLE} | {UNPACK} --dry-run")).ok();
    assert_eq!(dry.replace("would place", "placed"), placed);
    let diff = sandbox.sh(&format!("{BUNDLE} | {UNPACK} --diff"));
    assert!(diff.status == 1 && diff.stdout.contains("+++ root/etc/systemd/system/kubelet.service"), "{diff:?}");
    assert!(diff.stdout.contains("binary file root/usr/local/bin/kubelet is new\n"), "{}", diff.stdout);
    assert!(!diff.stdout.contains("PRIVATE KEY-----"), "{}", diff.stdout);
    assert_eq!(sandbox.sh("ls root").ok(), "");
    assert_eq!(sandbox.sh(&format!("{BUNDLE} | {UNPACK}")).ok(), placed);
    assert!(sandbox.tree("root") == tree);
    let again =
        sandbox.sh(&format!("{BUNDLE} -o bundle.tar; khw-install unpack bundle.tar --node worker-1 --root root")).ok();
    assert_eq!(again, placed.replace("placed", "unchanged"));
    assert_eq!(sandbox.sh(&format!("{BUNDLE} | {UNPACK} --diff")).ok(), "");
}

#[test]
fn the_same_files_give_the_same_bytes_and_gnu_tar_reads_them() {
    let sandbox = sandbox();
    sandbox
        .sh(&format!(
            "{BUNDLE} > a; touch from/*; chmod 644 from/*; mv from other; cp -r other from; {BUNDLE} > b; cmp a b"
        ))
        .ok();
    let listed = sandbox.sh("tar --version | head -1 > version; tar tvf a | tr -s ' '").ok();
    let expected = [
        ("-rw-------", "ca.crt"),
        ("-rw-------", "kube-proxy-config.yaml"),
        ("-rw-------", "kube-proxy.kubeconfig"),
        ("-rw-r--r--", "kube-proxy.service"),
        ("-rwxr-xr-x", "kubelet"),
        ("-rw-------", "kubelet-config.yaml"),
        ("-rw-r--r--", "kubelet.service"),
        ("-rw-------", "worker-1.crt"),
        ("-rw-------", "worker-1.key"),
        ("-rw-------", "worker-1.kubeconfig"),
    ];
    let size = |name: &str| std::fs::metadata(sandbox.path(format!("from/{name}"))).unwrap().len();
    let expected: String = expected
        .iter()
        .map(|(mode, name)| format!("{mode} root/root {} 1970-01-01 00:00 {name}\n", size(name)))
        .collect();
    assert_eq!(listed, expected);
    sandbox.sh("mkdir out; tar xf a -C out; cd out; for file in *; do cmp $file ../from/$file; done").ok();
}

#[test]
fn the_archive_is_for_its_owner_alone_and_for_no_terminal() {
    let sandbox = sandbox();
    sandbox.sh(&format!("umask 000; {BUNDLE} -o a; {BUNDLE} > b; touch c; chmod 666 c; {BUNDLE} -o c")).ok();
    for file in ["a", "b", "c"] {
        assert_eq!(sandbox.mode(file), 0o600, "{file}");
    }
    for (line, name) in [(BUNDLE.to_owned(), "standard output"), (format!("{BUNDLE} -o /dev/tty"), "/dev/tty")] {
        let shown = sandbox.sh(&format!("script -qec '{line}' /dev/null < /dev/null || true")).ok();
        assert_eq!(
            shown.replace('\r', ""),
            format!(
                "khw-install: error: {name}: is a terminal, and the archive has a private key in it\n\
                 khw-install: hint: pipe it to `ssh NAME sudo khw-install unpack -`, or name a file with -o\n"
            )
        );
    }
    assert_eq!(sandbox.sh(&format!("{BUNDLE} | head -c 100 | wc -c")).ok(), "100\n", "a reader that goes away");
    let ran = sandbox.sh(&format!("{BUNDLE} > /dev/full"));
    assert_eq!((ran.status, ran.stderr.starts_with("khw-install: error: standard output: no space left")), (2, true));
}

#[test]
fn the_node_is_the_one_that_has_a_certificate() {
    let sandbox = sandbox();
    sandbox.sh("mkdir other two empty; khw-cert ca --key-type ecdsa:p256 -d other").succeeds();
    sandbox.sh("cp from/* two; cd other; khw-cert node worker-2 192.168.5.22 --key-type ecdsa:p256; cp worker-2.crt ../two").succeeds();
    sandbox.sh("khw-install bundle --from two").refused(
        "khw-install: error: two: --node: has certificates of worker-1, worker-2\n\
         khw-install: hint: say which of them is meant with --node NAME\n",
    );
    sandbox.sh(&format!("khw-install bundle --from two --node worker-1 > a; {BUNDLE} > b; cmp a b")).ok();
    sandbox.sh("khw-install bundle --from empty").refused(
        "khw-install: error: empty: --node: has no certificate of a node, so the node has no name\n\
         khw-install: hint: say which node this is with --node NAME\n",
    );
    // What is wrong is said before anything is sent.
    sandbox.sh("cp two/worker-2.crt from/worker-1.crt; khw-install bundle --from from --node worker-1").refused(
        "khw-install: error: from/worker-1.crt: CN: is for 'system:node:worker-2', not for system:node:worker-1\n\
         khw-install: hint: make it with `khw-cert node worker-1 ADDRESS`, or say --node when this is another node\n",
    );
    // It comes to the wrong host.
    sandbox.sh("cp two/worker-1.crt from").ok();
    sandbox.write("root/etc/hostname", "worker-2\n");
    sandbox.sh(&format!("{BUNDLE} | khw-install unpack - --root root")).refused(
        "khw-install: error: standard input: worker-1.crt: is no file of worker-2\n\
         khw-install: hint: make the archive with `khw-install bundle`; --node says which node this is\n",
    );
}

/// GNU tar writes directories, users, times, and headers of four kinds.
#[test]
fn unpack_takes_what_gnu_tar_makes_of_the_same_files() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{BUNDLE} | {UNPACK}")).ok();
    let tree = sandbox.tree("root");
    for format in ["gnu", "oldgnu", "posix", "ustar", "v7"] {
        for how in ["-C from .", "-C from $(ls from)", "--owner=me:1000 --group=us:1000 -C from .", "-b 1 -C from ."] {
            let tar = format!("rm -r root; mkdir root; tar c --format={format} {how}");
            sandbox.sh(&format!("{tar} | {UNPACK}")).ok();
            assert!(sandbox.tree("root") == tree, "{tar}");
        }
    }
    sandbox.sh("mkdir from/configs from/units; mv from/*.yaml from/configs; mv from/*.service from/units").ok();
    sandbox.sh(&format!("rm -r root; mkdir root; tar c -C from . | {UNPACK}")).ok();
    assert!(sandbox.tree("root") == tree);
    if sandbox.sh("id -u").ok() == "0\n" {
        let owners = sandbox.sh("tar c --owner=me:1000 -C from . | khw-install unpack - --node worker-1 --root root; find root ! -user 0").ok();
        assert!(
            owners.lines().all(|line| line.starts_with("unchanged ")),
            "the owner in the archive is not taken: {owners}"
        );
    }
}

#[test]
fn unpack_checks_as_node_does() {
    let sandbox = sandbox();
    sandbox.sh("rm from/kube-proxy.kubeconfig; cp -r from lacking; cp -r from wrong").ok();
    sandbox.sh(&format!("tar c -C lacking . | {UNPACK}")).refused(
        "khw-install: error: standard input: has no kube-proxy.kubeconfig\n\
         khw-install: hint: make what is missing with `khw-kubeconfig new`; \
         the node is taken to be worker-1, --node says otherwise\n",
    );
    let sandbox = self::sandbox();
    for (change, error) in [
        ("cp from/kube-proxy.key from/worker-1.key", "worker-1.key: does not belong to the node's certificate\n"),
        (
            "sed -i s/kind:/kid:/ from/kubelet-config.yaml",
            "kubelet-config.yaml: kind: is missing, not KubeletConfiguration\n",
        ),
        ("head -c 3000 from/kubelet > k; mv k from/kubelet", "kubelet: is cut off: its headers point beyond its end\n"),
        ("echo '<html>' > from/kubelet", "kubelet: is a page of HTML or XML, not a program\n"),
    ] {
        sandbox.sh(&format!("cp -a from kept; {change}; tar c -C from . > archive; rm -r from; mv kept from")).ok();
        let ran = sandbox.sh("khw-install unpack archive --node worker-1 --root root");
        let first = ran.stderr.lines().next().unwrap_or_default().to_owned() + "\n";
        assert_eq!((ran.status, first), (2, format!("khw-install: error: archive: {error}")), "{change}");
    }
    assert_eq!(sandbox.sh("ls root").ok(), "");
}

/// A header as no tar would write it: the name goes in as it is.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// An entry: header and content, filled up to whole blocks.
fn entry(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, content.len() as u64).as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn linked(name: &str, kind: EntryType, to: &str) -> Vec<u8> {
    let mut header = header(name, kind, 0);
    header.set_link_name(to).unwrap();
    header.set_cksum();
    header.as_bytes().to_vec()
}

const PLAIN: &str = "only plain files of a worker are taken: make the archive with `khw-install bundle`";
const OURS: &str = "make the archive with `khw-install bundle`; --node says which node this is";
const PAX: &str = "make the archive with `khw-install bundle`, or with `tar --format=ustar`";
const SIZE: &str = "is this the right file?";
const CUT: &str = "the other side broke off, or the copy is not complete: look at what it says, and bundle it again";
const NONE: &str = "it is what `khw-install bundle --from DIR` writes";

#[test]
fn a_hostile_archive_places_nothing() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{BUNDLE} > good.tar")).ok();
    let good = std::fs::read(sandbox.path("good.tar")).unwrap();
    // Without its last 1024 bytes, which are its end, more can follow.
    let open = &good[..good.len() - 1024];
    let end = [0; 1024];
    let with = |entry: Vec<u8>| [open, &entry, &end].concat();
    let before = |entry: Vec<u8>| [&entry, open, &end].concat();
    let file = EntryType::Regular;
    let pax = |record: &str| {
        let length = record.len() + 4;
        let mut bytes = entry("PaxHeaders/ca.crt", EntryType::XHeader, format!("{length} {record}\n").as_bytes());
        bytes.extend(entry("kubectl", file, b"x"));
        bytes
    };
    let base256 = |size: u64| {
        let mut header = header("kubectl", file, 0);
        header.as_old_mut().size[0] = 0x80;
        header.as_old_mut().size[4..].copy_from_slice(&size.to_be_bytes());
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let negative = {
        let mut header = header("kubectl", file, 0);
        header.as_old_mut().size = [0xff; 12];
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let spoiled = {
        let mut bytes = good.clone();
        bytes[100] ^= 1;
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("an absolute path", with(entry("/etc/passwd", file, b"x")), "/etc/passwd: is an absolute path", PLAIN),
        ("out of the directory", with(entry("../ca.crt", file, b"x")), "../ca.crt: has '..' in it", PLAIN),
        (
            "the same in the middle",
            with(entry("configs/../../x", file, b"x")),
            "configs/../../x: has '..' in it",
            PLAIN,
        ),
        (
            "a symbolic link",
            before(linked("ca.crt", EntryType::Symlink, "/etc/shadow")),
            "ca.crt: is a symbolic link",
            PLAIN,
        ),
        ("a hard link", with(linked("kubectl", EntryType::Link, "kubelet")), "kubectl: is a hard link", PLAIN),
        ("a device", with(entry("kubectl", EntryType::Char, b"")), "kubectl: is a device", PLAIN),
        ("a disk", with(entry("kubectl", EntryType::Block, b"")), "kubectl: is a device", PLAIN),
        ("a pipe", with(entry("kubectl", EntryType::Fifo, b"")), "kubectl: is a pipe", PLAIN),
        ("a sparse file", with(entry("kubectl", EntryType::GNUSparse, b"")), "kubectl: is a sparse file", PLAIN),
        (
            "a contiguous file",
            with(entry("kubectl", EntryType::Continuous, b"x")),
            "kubectl: is a record of another kind",
            PLAIN,
        ),
        (
            "a multi-volume part",
            with(entry("kubectl", EntryType::new(b'M'), b"x")),
            "kubectl: is a record of another kind",
            PLAIN,
        ),
        (
            "a long name",
            with(entry("././@LongLink", EntryType::GNULongName, b"kubectl\0")),
            "././@LongLink: is a record of a long name",
            PLAIN,
        ),
        (
            "a pax header for all",
            before(entry("g", EntryType::XGlobalHeader, b"18 path=../ca.crt\n")),
            "g: is a record of another kind",
            PLAIN,
        ),
        ("another name by pax", with(pax("path=/etc/passwd")), "PaxHeaders/ca.crt: is a pax header with 'path'", PAX),
        ("another size by pax", with(pax("size=9999999999")), "PaxHeaders/ca.crt: is a pax header with 'size'", PAX),
        (
            "a hole by pax",
            with(pax("GNU.sparse.major=1")),
            "PaxHeaders/ca.crt: is a pax header with 'GNU.sparse.major'",
            PAX,
        ),
        (
            "two pax headers",
            with(
                [entry("x", EntryType::XHeader, b"11 mtime=1\n"), entry("x", EntryType::XHeader, b"11 mtime=1\n")]
                    .concat(),
            ),
            "x: is a record of another kind",
            PLAIN,
        ),
        (
            "a pax header without end",
            with(header("x", EntryType::XHeader, 1 << 30).as_bytes().to_vec()),
            "x: is a pax header of over 64 KiB",
            PAX,
        ),
        ("the same file twice", with(entry("ca.crt", file, b"x")), "ca.crt: is in it twice", PLAIN),
        ("the same under another spelling", with(entry("./ca.crt", file, b"x")), "./ca.crt: is in it twice", PLAIN),
        (
            "the same program twice",
            with(entry("downloads/kubelet", file, b"x")),
            "downloads/kubelet: is in it twice",
            PLAIN,
        ),
        ("the key of the CA", with(entry("ca.key", file, b"x")), "ca.key: is no file of worker-1", OURS),
        ("somebody else's", with(entry("worker-2.key", file, b"x")), "worker-2.key: is no file of worker-1", OURS),
        ("no name", with(entry("", file, b"x")), "is no file of worker-1", OURS),
        ("a file for a directory", with(entry("configs", file, b"x")), "configs: is no file of worker-1", OURS),
        (
            "a directory for a file",
            before(entry("ca.crt/", EntryType::Directory, b"")),
            "ca.crt/: is no file of worker-1",
            OURS,
        ),
        (
            "a directory with content",
            with(entry("configs/", EntryType::Directory, b"x")),
            "configs/: is no file of worker-1",
            OURS,
        ),
        ("a name with an escape", with(entry("a\u{1b}[2Jb", file, b"x")), "a\\u{1b}[2Jb: is no file of worker-1", OURS),
        (
            "a huge file",
            before(header("ca.crt", file, 1 << 30).as_bytes().to_vec()),
            "ca.crt: is larger than 64 MiB, together with those before it",
            SIZE,
        ),
        (
            "a huge program",
            with(header("kubectl", file, (1 << 30) + 1).as_bytes().to_vec()),
            "kubectl: is larger than 1 GiB",
            SIZE,
        ),
        ("a program of 2^62 bytes", with(base256(1 << 62)), "kubectl: is larger than 1 GiB", SIZE),
        ("a size that is none", with(base256(u64::MAX)), "is not a tar archive, or is damaged", NONE),
        ("a negative size", with(negative), "is not a tar archive, or is damaged", NONE),
        ("a wrong checksum", spoiled, "is not a tar archive, or is damaged", NONE),
        ("text", b"hello\n".repeat(1000), "is not a tar archive, or is damaged", NONE),
        ("something short", b"hello\n".to_vec(), "is not a tar archive, or is damaged", NONE),
        ("no end", open.to_vec(), "is cut off", CUT),
        ("half an end", [open, &end[..512]].concat(), "is cut off", CUT),
        ("half a header", [open, &header("kubectl", file, 9).as_bytes()[..300]].concat(), "is cut off", CUT),
        ("half a file", [open, header("kubectl", file, 5000).as_bytes(), &end].concat(), "is cut off", CUT),
        ("half of all", good[..good.len() / 2].to_vec(), "is cut off", CUT),
        (
            "a second archive",
            [&good[..], &good].concat(),
            "goes on after its end",
            "it is one archive that is taken, and nothing more",
        ),
    ];
    let untouched = sandbox.sh("ls -l --time-style=full-iso root").ok();
    for (what, archive, error, hint) in cases {
        let ran = sandbox.sh_with(UNPACK, &archive);
        let expected = format!("khw-install: error: standard input: {error}\nkhw-install: hint: {hint}\n");
        assert_eq!((ran.status, ran.stderr.as_str(), ran.stdout.as_str()), (2, expected.as_str(), ""), "{what}");
        assert_eq!(sandbox.sh("ls -l --time-style=full-iso root").ok(), untouched, "{what}");
    }
    // Each place at which it can break off.
    for length in (1..good.len() - 512).step_by(good.len() / 40) {
        let ran = sandbox.sh_with(UNPACK, &good[..length]);
        let says = ran.stderr.contains(": is cut off\n") || length < 512 && ran.stderr.contains("is not a tar archive");
        assert!(ran.status == 2 && says, "{length}: {}", ran.stderr);
    }
    assert_eq!(sandbox.sh("ls root").ok(), "");
    assert_eq!(sandbox.sh_with(UNPACK, &good).status, 0);
}

#[test]
fn what_is_no_archive_is_named() {
    let sandbox = sandbox();
    for (what, error, hint) in [
        ("printf ''", "is empty", NONE),
        ("tar cz -C from .", "is compressed with gzip", "decompress it on the way: `gzip -dc | khw-install unpack -`"),
        ("printf '\\xfd7zXZ\\0'", "is compressed with xz", "decompress it on the way: `xz -dc | khw-install unpack -`"),
        ("cat from/worker-1.key from/worker-1.crt from/ca.crt", "is not a tar archive, or is damaged", NONE),
    ] {
        let expected = format!("khw-install: error: standard input: {error}\nkhw-install: hint: {hint}\n");
        sandbox.sh(&format!("{what} | {UNPACK}")).refused(&expected);
    }
    sandbox.sh("khw-install unpack none --root root --node worker-1").refused(
        "khw-install: error: none: no such file or directory\n\
         khw-install: hint: check the path, or run the step that makes this file first\n",
    );
    sandbox
        .sh("khw-install unpack from --root root --node worker-1")
        .refused("khw-install: error: from: is a directory, not a file\nkhw-install: hint: name the file inside it\n");
}

/// Zeros cost nothing to send, and all of these do end.
#[test]
fn an_endless_archive_is_not_read_for_ever() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{BUNDLE} > good.tar")).ok();
    for (endless, error) in [
        ("{ cat good.tar; cat /dev/zero; }", "goes on after its end"),
        ("yes", "is not a tar archive, or is damaged"),
        ("cat /dev/zero", "goes on after its end"),
    ] {
        let ran = sandbox.sh(&format!("set +o pipefail; {endless} 2> /dev/null | (ulimit -v 200000; {UNPACK})"));
        assert!(ran.status == 2 && ran.stderr.contains(error), "{endless}: {}", ran.stderr);
    }
}

/// A program of 80 MiB, mostly a hole: there is no room for it in 64 MiB of address space, the tool's own included.
#[test]
fn programs_are_streamed() {
    let sandbox = sandbox();
    sandbox.sh("truncate -s 80M from/kubelet; mkdir tmp").ok();
    sandbox
        .sh(&format!(
            "ulimit -v 65536; {BUNDLE} | TMPDIR=tmp {UNPACK}; cmp from/kubelet root/usr/local/bin/kubelet; ls tmp"
        ))
        .ok();
    assert_eq!(
        std::fs::metadata(sandbox.path("root/usr/local/bin/kubelet")).unwrap().permissions().mode() & 0o7777,
        0o755
    );
    sandbox.sh(&format!("{BUNDLE} | TMPDIR=/nonexistent {UNPACK}")).refused(
        "khw-install: error: /nonexistent: kubelet: no such file or directory\n\
         khw-install: hint: TMPDIR names another directory for what is not placed yet\n",
    );
}
