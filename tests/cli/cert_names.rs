//! khw-cert's own words: names that a cluster would not know are refused before a key is made.

use harness::{Reference, Sandbox, reference};

fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert key --key-type ecdsa:p256 -o k").succeeds();
    sandbox
}

#[test]
fn names_that_check_calls_errors_are_not_made() {
    let sandbox = with_ca();
    let before = sandbox.names();
    for (options, field, what, hint) in [
        (
            "--cn system:system:kube-scheduler",
            "--cn",
            "'system:system:kube-scheduler' is nobody that Kubernetes knows",
            "did you mean 'system:kube-scheduler'?",
        ),
        (
            "--cn bob --org 'system:masters,'",
            "--org",
            "'system:masters,' begins or ends with punctuation, which is part of the name",
            "did you mean 'system:masters'? openssl's -subj has '/' between names, no comma",
        ),
        (
            "--cn system:node:w",
            "--org",
            "a node is not in the group system:nodes, so the API server refuses it",
            "make it with khw-cert node w, or with /O=system:nodes in the subject",
        ),
        (
            "--cn w --org system:nodes",
            "--cn",
            "'w' is in the group system:nodes and is not called system:node:NAME",
            "the common name of a node is system:node:w",
        ),
    ] {
        for command in ["client", "server --san a.example --usage both", "csr --key k"] {
            sandbox
                .sh(&format!("khw-cert {command} {options}"))
                .refused(&format!("khw-cert: error: {field}: {what}\nkhw-cert: hint: {hint}\n"));
        }
    }
    assert_eq!(sandbox.names(), before);
    // Nobody's user name is what a server is called.
    sandbox.sh("khw-cert server --cn kube-scheduler --san a.example --key-type ecdsa:p256").succeeds();
    // What check warns of is a warning.
    let ran = sandbox.sh("khw-cert csr --cn system:bouncer --key k -o x.csr");
    ran.says(
        "khw-cert: warning: --cn: 'system:bouncer' is no name of Kubernetes, to whom 'system:' belongs: \
         use a name without 'system:', or one of Kubernetes'\n",
    );
}

#[test]
fn an_address_as_node_name_is_an_address() {
    let sandbox = with_ca();
    sandbox.write("list", "192.168.1.2\n");
    sandbox
        .sh("khw-cert node 192.168.1.1 w --key-type ecdsa:p256
             khw-cert node --from list --key-type ecdsa:p256
             khw-cert csr 192.168.1.3 --key k -o x.csr
             khw-cert sign x.csr -o 192.168.1.3.crt
             khw-cert csr 10.0.0.1 --key k | khw-cert sign --as node:192.168.1.4 --san 192.168.1.4 -o 192.168.1.4.crt")
        .succeeds();
    for (address, names) in [
        ("192.168.1.1", "IP:192.168.1.1, DNS:w"),
        ("192.168.1.2", "IP:192.168.1.2"),
        ("192.168.1.3", "IP:192.168.1.3"),
        ("192.168.1.4", "IP:192.168.1.4"),
    ] {
        let shown = sandbox.sh(&format!("khw-cert inspect {address}.crt")).ok();
        assert!(shown.contains(&format!("\nSANs:    {names}\n")), "{shown}");
        sandbox.sh(&format!("khw-cert check {address}.crt --as node:{address} --host {address}")).ok();
        if reference(Reference::Openssl).is_some() {
            sandbox.sh(&format!("openssl verify -CAfile ca.crt -verify_ip {address} {address}.crt")).ok();
        }
    }
    // A second run finds what the first one made.
    let again = sandbox.sh("khw-cert node --from list --key-type ecdsa:p256");
    assert!(again.stderr.contains("1 kept"), "{again:?}");
}

#[test]
fn both_usages_in_one_word() {
    let sandbox = with_ca();
    for usage in ["both", "server,client", "server --usage client"] {
        let line = format!("khw-cert csr --cn x --san x --usage {usage} --key k | khw-cert sign | khw-cert inspect");
        let shown = sandbox.sh(&line).succeeds();
        assert!(shown.contains("\nUsages:  serverAuth, clientAuth, digitalSignature\n"), "{usage} {shown}");
    }
    sandbox.sh("khw-cert csr --cn x --usage all --key k").refused(
        "khw-cert: error: --usage <USAGE>: 'all' is not a value it can have\n\
         khw-cert: hint: it is one of server, client, both\n",
    );
}
