//! khw-cert node --from: many nodes at once, whole pairs whatever happens.

use harness::{Reference, Sandbox, reference};

const NODE: &str = "khw-cert node --key-type ecdsa:p256";

fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; mkdir out").succeeds();
    sandbox
}

/// Every certificate has its key, and the other way round, and no temporary file is left. Gives how many pairs.
#[track_caller]
fn whole_pairs(sandbox: &Sandbox, directory: &str) -> usize {
    let script = format!(
        "cd {directory}; find . -name '*.crt' | sed 's/crt$//' | sort > /tmp/$$.c; find . -name '*.key' | sed 's/key$//' | sort > /tmp/$$.k
         diff /tmp/$$.c /tmp/$$.k; wc -l < /tmp/$$.c; rm /tmp/$$.c /tmp/$$.k; ! find . -name '.?*' | grep ."
    );
    sandbox.sh(&script).ok().trim().parse().expect("a number")
}

#[test]
fn each_is_what_node_makes_alone() {
    let sandbox = with_ca();
    sandbox.write(
        "list",
        "# the workers\nworker-1 192.168.5.21 w1.example.com\n\nworker-2\t::1 # by itself\r\nworker-3\n",
    );
    let ran = sandbox.sh(&format!("{NODE} --from list -d out"));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, "khw-cert: 3 of 3 nodes: 3 written\n"), "{ran:?}");
    assert_eq!(whole_pairs(&sandbox, "out"), 3);
    for (node, names) in [("worker-1", "192.168.5.21 w1.example.com"), ("worker-2", "::1"), ("worker-3", "")] {
        assert_eq!(sandbox.mode(format!("out/{node}.key")), 0o600);
        assert_eq!(sandbox.mode(format!("out/{node}.crt")), 0o644);
        let hosts: String = names.split_whitespace().map(|name| format!(" --host {name}")).collect();
        sandbox.sh(&format!("khw-cert check out/{node}.crt --as node:{node}{hosts}")).ok();
        if reference(Reference::Openssl).is_some() {
            sandbox.sh(&format!("{NODE} {node} {names}")).succeeds();
            let show = "openssl x509 -noout -text -certopt no_serial,no_validity,no_sigdump,no_pubkey -in";
            let strip = "sed '/Subject Key Identifier/,+1d'";
            sandbox.sh(&format!("diff <({show} {node}.crt | {strip}) <({show} out/{node}.crt | {strip})")).ok();
            sandbox.sh(&format!("openssl verify -CAfile ca.crt out/{node}.crt")).ok();
        }
    }
    sandbox
        .sh(&format!("mkdir each; cat list | {NODE} --from - -d each --dir-per-node --ca-key fd:3 3< ca.key"))
        .succeeds();
    assert_eq!(
        sandbox.sh("cd each; find . -type f | sort").ok(),
        "./worker-1/worker-1.crt\n./worker-1/worker-1.key\n./worker-2/worker-2.crt\n./worker-2/worker-2.key\n\
         ./worker-3/worker-3.crt\n./worker-3/worker-3.key\n"
    );
}

#[test]
fn serial_numbers_and_keys_differ() {
    let sandbox = with_ca();
    sandbox.sh(&format!("seq 300 | sed 's/^/n/' | {NODE} --from - -d out")).succeeds();
    assert_eq!(whole_pairs(&sandbox, "out"), 300);
    let distinct = |field: &str| {
        sandbox.sh(&format!("khw-cert inspect --format json out/*.crt | grep {field} | sort -u | wc -l")).ok()
    };
    assert_eq!(
        (distinct("'\"serial\"'"), distinct("'\"subjectKeyIdentifier\":'")),
        ("300\n".to_owned(), "300\n".to_owned())
    );
}

#[test]
fn a_bad_list_writes_nothing() {
    let sandbox = with_ca();
    for (list, what, hint) in [
        (
            "a\nb 1.2.3.4\n\na # again\n",
            "list:4: the node a is there twice, first in line 1",
            "remove one of the two: each node has one certificate",
        ),
        (
            "a\nWorker-2\n",
            "list:2: the node name 'Worker-2' has upper case",
            "the kubelet lower-cases its name: write 'worker-2'",
        ),
        (
            "a\nb 192.168.5\n",
            "list:2: <SAN>: '192.168.5' is neither an IP address nor a DNS name",
            "write it as 192.168.5.21 or worker-1.example.com",
        ),
        (
            "../a\n",
            "list:1: the node name '../a' has '/' in it",
            "a node name has lower-case letters, digits, '-' and '.' only",
        ),
        ("# none\n", "list: has no node", "write a node a line: worker-1 192.168.5.21"),
    ] {
        sandbox.write("list", list);
        sandbox
            .sh(&format!("{NODE} --from list -d out"))
            .refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
        assert_eq!(whole_pairs(&sandbox, "out"), 0, "{list}");
    }
    for (line, what, hint) in [
        (
            "--from none",
            "none: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        ("w --from list", "<NAME>: cannot be used together with --from <LIST>", "see 'khw-cert node --help'"),
        ("w --dir-per-node", "--dir-per-node: is for many nodes", "say --from LIST, or -d DIR for one node"),
        ("--from list -d none", "none: is no directory", "make the directory first"),
    ] {
        sandbox.write("list", "a\n");
        sandbox.sh(&format!("{NODE} {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
}

#[test]
fn a_second_run_goes_on() {
    let sandbox = with_ca();
    sandbox.sh("seq 40 | sed 's/.*/w& 10.0.0.&/' > list; head -25 list > first").ok();
    sandbox.sh(&format!("{NODE} --from first -d out")).succeeds();
    sandbox.sh("sha256sum out/* > sums; rm out/w7.crt").ok();
    let ran = sandbox.sh(&format!("{NODE} --from list -d out"));
    assert_eq!(ran.stderr, "khw-cert: 40 of 40 nodes: 15 written, 1 completed, 24 kept\n", "{ran:?}");
    assert_eq!((ran.status, whole_pairs(&sandbox, "out")), (0, 40));
    // Of what was there, only the missing certificate is new: its key is the same.
    assert_eq!(sandbox.sh("sha256sum -c --quiet sums 2>/dev/null || true").ok(), "out/w7.crt: FAILED\n");
    sandbox.sh("khw-cert check out/w7.crt --as node:w7").ok();
    // Nothing left to do.
    let ran = sandbox.sh(&format!("{NODE} --from list -d out"));
    assert_eq!(ran.stderr, "khw-cert: 40 of 40 nodes: 0 written, 40 kept\n");
}

#[test]
fn what_is_in_the_way_is_named_and_left_alone() {
    let sandbox = with_ca();
    sandbox.write("list", "a 10.0.0.1\nb\nc\nd\ne\nf\ng\nh\n");
    sandbox.sh(&format!("{NODE} --from list -d out")).succeeds();
    sandbox.sh("mkdir o; khw-cert ca -d o --key-type ecdsa:p256").succeeds();
    let spoil = format!(
        "cd out; rm a.key; cp c.key b.key; echo x > d.key; khw-cert node c --ca ../o/ca.crt -d . --force --key-type ecdsa:p256
         {NODE} e 10.9.9.9 --ca ../ca.crt -d . --force; mv g.crt f.crt; mv g.key f.key; rm h.crt; echo x > h.key"
    );
    sandbox.sh(&spoil).succeeds();
    let before = sandbox.sh("cd out; sha256sum [a-f]* h*").ok();
    let ran = sandbox.sh(&format!("{NODE} --from list -d out"));
    let mut said: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        said.split_off(said.len() - 3),
        [
            "khw-cert: 8 of 8 nodes: 1 written, 7 not made",
            "khw-cert: error: 7 of 8 pairs could not be made",
            "khw-cert: hint: see the warnings; run it again when they are dealt with: what is there is kept"
        ]
    );
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "khw-cert: warning: out/a.crt: is there without its key",
            "khw-cert: warning: out/b.crt: is not the certificate of out/b.key",
            "khw-cert: warning: out/c.crt: was not signed by this CA",
            "khw-cert: warning: out/d.key: has no PEM block with a private key",
            "khw-cert: warning: out/e.crt: has names that the list does not have",
            "khw-cert: warning: out/f.crt: is of CN = system:node:g, O = system:nodes",
            "khw-cert: warning: out/h.key: has no PEM block with a private key",
        ]
    );
    assert_eq!((ran.status, sandbox.sh("cd out; sha256sum [a-f]* h*").ok()), (2, before), "nothing was touched");
    sandbox.sh("khw-cert check out/g.crt --as node:g").ok();
    // Told so, it makes all of them anew.
    sandbox.sh(&format!("{NODE} --from list -d out --force")).succeeds();
    assert_eq!(whole_pairs(&sandbox, "out"), 8);
    sandbox.sh("khw-cert check out/*.crt").ok();
}

#[test]
fn a_file_that_cannot_grow_leaves_whole_pairs() {
    let sandbox = with_ca();
    // One node's certificate is over the limit of one KiB, the others and all keys are under it.
    let many: String = (0..60).map(|n| format!(" name-{n}.example.com")).collect();
    let list: String = (0..20).map(|n| format!("n{n}{}\n", if n == 10 { &many } else { "" })).collect();
    sandbox.write("list", &list);
    for (option, directory) in [("", "out"), ("--dir-per-node", "each")] {
        let ran = sandbox.sh(&format!(
            "mkdir -p {directory}; trap '' XFSZ; ulimit -f 1; {NODE} --from list -d {directory} {option}"
        ));
        assert!(
            ran.status == 2 && ran.stderr.contains("error: ") && ran.stderr.contains("n10.crt: file too large\n"),
            "{ran:?}"
        );
        assert!(
            ran.stderr.ends_with("khw-cert: hint: run it again when that is put right: what is there is kept\n"),
            "{ran:?}"
        );
        let pairs = whole_pairs(&sandbox, directory);
        assert!(pairs < 20, "{pairs}");
        assert_eq!(sandbox.sh(&format!("find {directory} -mindepth 1 -empty")).ok(), "");
        sandbox.sh(&format!("{NODE} --from list -d {directory} {option}")).succeeds();
        assert_eq!(whole_pairs(&sandbox, directory), 20);
    }
}

#[test]
fn a_full_disk_leaves_whole_pairs() {
    let sandbox = with_ca();
    sandbox.sh("seq 200 | sed 's/^/n/' > list").ok();
    // A file system of 300 KiB, where the system lets us make one.
    let script = format!(
        "unshare -Urm true 2>/dev/null || {{ echo skipped; exit 0; }}
         unshare -Urm bash -c 'mount -t tmpfs -o size=300k none out || {{ echo skipped; exit 0; }}
             ({NODE} --from list -d out; echo $?) 2>&1 | grep -v \"not made\\|written\"
             cp -a out copy'"
    );
    let said = sandbox.sh(&script).ok();
    if said == "skipped\n" {
        eprintln!("SKIPPED: no file system can be mounted here");
        return;
    }
    let expected =
        ": no space left on device\nkhw-cert: hint: run it again when that is put right: what is there is kept\n2\n";
    assert!(said.starts_with("khw-cert: error: out/n") && said.ends_with(expected), "{said}");
    let pairs = whole_pairs(&sandbox, "copy");
    assert!((1..200).contains(&pairs), "{pairs}");
    let ran = sandbox.sh(&format!("{NODE} --from list -d copy"));
    assert_eq!(ran.stderr, format!("khw-cert: 200 of 200 nodes: {} written, {pairs} kept\n", 200 - pairs));
}

#[test]
fn a_killed_run_is_gone_on_with() {
    let Some(strace) = reference(Reference::Strace) else { return };
    let sandbox = with_ca();
    sandbox.sh("seq 600 | sed 's/^/n/' > list").ok();
    // At the 41st rename of a thread: in the middle of a batch, with some of its keys and certificates in place.
    let inject = "-e trace=renameat,renameat2 -e inject=renameat,renameat2:signal=KILL:when=41";
    let ran = sandbox.sh(&format!("{} -f -qq -o /dev/null {inject} {NODE} --from list -d out", strace.display()));
    assert_eq!(ran.status, 137, "it was killed: {ran:?}");
    // No certificate without its key; a key without its certificate may be there.
    sandbox.sh("cd out; for c in *.crt; do test -e ${c%.crt}.key; done").ok();
    let there = |ending: &str| -> usize {
        sandbox.sh(&format!("ls out | grep -c '^n.*{ending}$'")).ok().trim().parse().expect("a number")
    };
    let (pairs, keys) = (there("crt"), there("key"));
    assert!((1..600).contains(&pairs), "{pairs}");
    let ran = sandbox.sh(&format!("{NODE} --from list -d out"));
    let completed = if keys > pairs { format!("{} completed, ", keys - pairs) } else { String::new() };
    let expected = format!("khw-cert: 600 of 600 nodes: {} written, {completed}{pairs} kept\n", 600 - keys);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, expected.as_str()));
    assert_eq!(sandbox.sh("ls out | grep -c 'crt$'; ls out | grep -c 'key$'").ok(), "600\n600\n");
    sandbox.sh("khw-cert check out/n1.crt out/n300.crt out/n600.crt").ok();
}

#[test]
fn progress_is_for_a_terminal() {
    let sandbox = with_ca();
    sandbox.sh("seq 900 | sed 's/^/n/' > list").ok();
    let ran = sandbox.sh(&format!(
        "command -v script >/dev/null || {{ echo skipped; exit 0; }}; script -qec '{NODE} --from list -d out' /dev/null"
    ));
    if ran.stdout != "skipped\n" {
        assert!(ran.stdout.contains("\u{1b}[Kkhw-cert: 900 of 900 nodes: 900 written\r\n"), "{ran:?}");
    }
    let ran = sandbox.sh(&format!("{NODE} --from list -d out --force"));
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "khw-cert: 900 of 900 nodes: 900 written\n"));
}
