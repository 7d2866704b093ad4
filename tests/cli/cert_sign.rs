//! khw-cert key, csr and sign: the worker keeps its key, the CA stays at home, and nobody gets a power unasked.

use harness::{Reference, Sandbox, reference};

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// A CA, and a directory of its own for the worker. ECDSA, to be quick.
fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; mkdir worker").succeeds();
    sandbox
}

/// The message of a refusal without what the request asked for, which is said before it.
#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, what: &str, hint: &str) {
    let before = sandbox.names();
    let ran = sandbox.sh(line);
    let said: String =
        ran.stderr.lines().filter(|l| !l.starts_with("khw-cert: asked for: ")).fold(String::new(), |a, l| a + l + "\n");
    let expected = format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n");
    assert_eq!((said.as_str(), ran.status, ran.stdout.as_str()), (expected.as_str(), 2, ""), "{line}");
    assert_eq!(sandbox.names(), before, "{line}");
}

const CSR: &str = "khw-cert csr worker-1 192.168.5.21 --key-type ecdsa:p256";

#[test]
fn the_key_stays_on_the_worker() {
    let sandbox = with_ca();
    // `ssh master-1` is a pipe whose other end has the CA and not the key.
    let ran = sandbox.sh(&format!("(cd worker && {CSR}) | khw-cert sign --as node:worker-1 > worker/worker-1.crt"));
    let said: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        said.get(..2),
        Some(
            &[
                "khw-cert: worker-1.key: written, mode 0600",
                "khw-cert: asked for: CN = system:node:worker-1, O = system:nodes; DNS:worker-1, IP:192.168.5.21; \
                 serverAuth, clientAuth",
            ][..]
        ),
        "{ran:?}"
    );
    let signed = "khw-cert: signed: CN = system:node:worker-1, O = system:nodes; DNS:worker-1, IP:192.168.5.21; \
                  server, client; valid until 20";
    assert!(said.len() == 3 && said[2].starts_with(signed), "{ran:?}");
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "worker"]);
    assert_eq!(sandbox.mode("worker/worker-1.key"), 0o600);
    sandbox.sh("khw-cert check worker/worker-1.crt --as node:worker-1 --host 192.168.5.21 --host worker-1").ok();
    if openssl() {
        sandbox.sh("openssl verify -purpose sslserver -verify_ip 192.168.5.21 -CAfile ca.crt worker/worker-1.crt").ok();
        sandbox.sh("openssl verify -purpose sslclient -CAfile ca.crt worker/worker-1.crt").ok();
        // The same but for key, serial number and dates as what `node` makes in one step.
        sandbox.sh("khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256").succeeds();
        let show = "openssl x509 -noout -text -certopt no_serial,no_validity,no_sigdump,no_pubkey -in";
        let strip = "sed '/Subject Key Identifier/,+1d'";
        sandbox.sh(&format!("diff <({show} worker-1.crt | {strip}) <({show} worker/worker-1.crt | {strip})")).ok();
    }
    // The key that is there is used again.
    let key = sandbox.read("worker/worker-1.key");
    sandbox.sh(&format!("cd worker && {CSR} -o again.csr")).ok();
    assert_eq!(sandbox.read("worker/worker-1.key"), key);
    sandbox.sh("khw-cert sign worker/again.csr -o again.crt").succeeds();
    sandbox.sh("khw-cert check again.crt --key worker/worker-1.key").ok();
}

#[test]
fn requests_are_what_openssl_takes_them_for() {
    if !openssl() {
        return;
    }
    let sandbox = with_ca();
    for (line, subject, names) in [
        ("worker-1 ::1", "CN = system:node:worker-1, O = system:nodes", "DNS:worker-1, IP Address:0:0:0:0:0:0:0:1"),
        ("client:kube-proxy", "CN = system:kube-proxy, O = system:node-proxier", ""),
        (
            "server:etcd-server 10.0.0.1",
            "CN = etcd-server, O = Kubernetes",
            "DNS:localhost, IP Address:127.0.0.1, IP Address:10.0.0.1",
        ),
        ("--cn x:web --org a --org b --san web.example --usage server", "CN = x:web, O = a, O = b", "DNS:web.example"),
    ] {
        sandbox.sh(&format!("khw-cert csr {line} --key-type ecdsa:p256 -o x.csr")).succeeds();
        sandbox.sh("openssl req -verify -noout -in x.csr").says("Certificate request self-signature verify OK\n");
        let text = sandbox.sh("openssl req -noout -text -in x.csr").ok();
        assert!(text.contains(&format!("Subject: {subject}\n")), "{text}");
        assert_eq!(text.contains("Subject Alternative Name"), !names.is_empty(), "{text}");
        assert!(text.contains(names), "{text}");
        // And openssl's CA makes of it what khw's does.
        sandbox
            .sh("openssl x509 -req -in x.csr -CA ca.crt -CAkey ca.key -copy_extensions copyall -out o.crt")
            .succeeds();
        sandbox.sh("openssl verify -CAfile ca.crt o.crt && khw-cert check o.crt --ca ca.crt").succeeds();
    }
    assert!(sandbox.has("web.key"), "the last part of the common name is the file's");
}

#[test]
fn identities_are_pinned() {
    let sandbox = with_ca();
    sandbox.sh(&format!("{CSR} > w.csr")).succeeds();
    let ran = sandbox.sh("khw-cert sign --as client:kube-proxy < w.csr > p.crt");
    assert!(
        ran.stderr.contains(
            "khw-cert: warning: the request's subject CN = system:node:worker-1, O = system:nodes is not kept: --as \
             says another\n"
        ),
        "{ran:?}"
    );
    let shown = sandbox.sh("khw-cert inspect p.crt").ok();
    assert!(shown.contains("Subject: CN = system:kube-proxy, O = system:node-proxier\n"), "{shown}");
    assert!(shown.contains("\nUsages:  clientAuth, digitalSignature\n"), "{shown}");
    // Named by the signer, the most powerful group is granted.
    sandbox
        .sh("khw-cert csr client:admin --key-type ecdsa:p256 | khw-cert sign --as client:admin > admin.crt")
        .succeeds();
    sandbox.sh("khw-cert check admin.crt --as client:admin").ok();
    sandbox
        .sh("khw-cert csr server:kube-apiserver 192.168.5.30 --key-type ecdsa:p256 | khw-cert sign --as server:kube-apiserver > api.crt")
        .succeeds();
    sandbox.sh("khw-cert check api.crt --service-cidr 10.96.0.0/16 --host 192.168.5.30").ok();
}

#[test]
fn names_are_those_that_the_signer_allows() {
    let sandbox = with_ca();
    sandbox.sh("khw-cert csr worker-1 192.168.5.21 192.168.5.22 --key-type ecdsa:p256 > w.csr").succeeds();
    let ran = sandbox.sh("khw-cert sign --as node:worker-1 --san 192.168.5.21 < w.csr > w.crt");
    assert!(ran.stderr.contains("khw-cert: warning: left out, as --san says: IP:192.168.5.22\n"), "{ran:?}");
    let shown = sandbox.sh("khw-cert inspect w.crt").ok();
    assert!(shown.contains("\nSANs:    DNS:worker-1, IP:192.168.5.21\n"), "{shown}");
}

#[test]
fn powers_that_nobody_named_are_refused() {
    if !openssl() {
        return;
    }
    let sandbox = with_ca();
    sandbox.sh("khw-cert key --key-type ecdsa:p256 -o k").ok();
    let again = "make the request again without it: khw-cert csr";
    for (subject, extension, what, hint) in [
        (
            "/CN=system:node:w/O=system:nodes",
            "basicConstraints = CA:TRUE",
            "basicConstraints: the request asks to be a CA (CA:TRUE)",
            "make a CA with khw-cert ca, where its key shall be",
        ),
        (
            "/CN=system:node:w/O=system:nodes",
            "keyUsage = digitalSignature, keyCertSign",
            "keyUsage: the request asks to sign certificates (keyCertSign, cRLSign)",
            again,
        ),
        (
            "/CN=system:node:w/O=system:nodes",
            "keyUsage = cRLSign",
            "keyUsage: the request asks to sign certificates (keyCertSign, cRLSign)",
            again,
        ),
        (
            "/CN=system:node:w/O=system:nodes",
            "extendedKeyUsage = clientAuth, anyExtendedKeyUsage",
            "extendedKeyUsage: the request asks for anyExtendedKeyUsage, which no part of Kubernetes needs",
            again,
        ),
        (
            "/CN=x",
            "extendedKeyUsage = codeSigning",
            "extendedKeyUsage: the request asks for codeSigning, which no part of Kubernetes needs",
            again,
        ),
        (
            "/CN=x",
            "subjectAltName = DNS:a, email:root@example.com",
            "subjectAltName: the request asks for email:root@example.com, not a DNS name or IP address",
            again,
        ),
        (
            "/CN=x",
            "subjectAltName = URI:spiffe://a/b",
            "subjectAltName: the request asks for URI:spiffe://a/b, not a DNS name or IP address",
            again,
        ),
        (
            "/CN=x",
            "subjectAltName = otherName:1.2.3.4;UTF8:x",
            "subjectAltName: the request asks for otherName, not a DNS name or IP address",
            again,
        ),
        (
            "/CN=x",
            "subjectAltName = DNS:kubernetes.default.svc",
            "subjectAltName: the request asks for 'kubernetes.default.svc', a name of the API server",
            "say --as server:kube-apiserver if it is, or --san NAME,… for the names it may have",
        ),
        (
            "/CN=x",
            "tlsfeature = critical,status_request",
            "1.3.6.1.5.5.7.1.24: is critical in the request, and is not known here",
            again,
        ),
        (
            "/CN=x/O=system:masters",
            "keyUsage = digitalSignature",
            "subject: the request asks for the group system:masters, which may do everything",
            "say --as client:admin, or --as client:apiserver-kubelet-client, if that is meant",
        ),
        (
            "/CN=system:kube-controller-manager",
            "keyUsage = digitalSignature",
            "subject: the request asks to be 'system:kube-controller-manager', a user of Kubernetes' own",
            "say --as client:ROLE, if that is meant",
        ),
        (
            "/CN=alice/O=system:serviceaccounts",
            "keyUsage = digitalSignature",
            "subject: the request asks for 'system:serviceaccounts', a group of Kubernetes' own",
            "say --as client:ROLE, if that is meant",
        ),
        (
            "/O=system:nodes",
            "keyUsage = digitalSignature",
            "subject: the request has no common name",
            "say whose it is: --as node:NAME, client:ROLE or server:ROLE",
        ),
        (
            "/CN=system:node:w",
            "keyUsage = digitalSignature",
            "subject: a node is not in the group system:nodes, so the API server refuses it",
            "make it with khw-cert node w, or with /O=system:nodes in the subject",
        ),
        (
            "/CN=system:system:kube-scheduler",
            "keyUsage = digitalSignature",
            "subject: 'system:system:kube-scheduler' is nobody that Kubernetes knows",
            "did you mean 'system:kube-scheduler'?",
        ),
        (
            "/CN=x",
            "extendedKeyUsage = serverAuth",
            "subjectAltName: the request is of a server and has no name under which it is reached",
            "say --san NAME,…, or make the request again with names",
        ),
    ] {
        sandbox.write("c", format!("[req]\ndistinguished_name = d\nreq_extensions = e\n[d]\n[e]\n{extension}\n"));
        sandbox.sh(&format!("openssl req -new -key k -config c -subj '{subject}' -out x.csr")).ok();
        refused(&sandbox, "khw-cert sign < x.csr", &format!("standard input: {what}"), hint);
    }
    // With --as neither: what somebody else asks for is no word of the signer.
    sandbox.write("c", "[req]\ndistinguished_name = d\nreq_extensions = e\n[d]\n[e]\nbasicConstraints = CA:TRUE\n");
    sandbox.sh("openssl req -new -key k -config c -subj /CN=x -out x.csr").ok();
    refused(
        &sandbox,
        "khw-cert sign x.csr --as node:w",
        "x.csr: basicConstraints: the request asks to be a CA (CA:TRUE)",
        "make a CA with khw-cert ca, where its key shall be",
    );
}

#[test]
fn what_has_no_effect_is_left_out_and_said() {
    if !openssl() {
        return;
    }
    let sandbox = with_ca();
    sandbox.write(
        "c",
        "[req]\ndistinguished_name = d\nreq_extensions = e\n[d]\n[e]\nnsCertType = client\nnsComment = a\n\
         subjectKeyIdentifier = hash\nkeyUsage = nonRepudiation, digitalSignature\n",
    );
    sandbox.sh("khw-cert key --key-type ecdsa:p256 -o k; openssl req -new -key k -config c -subj /CN=alice/O=dev -out x.csr").ok();
    let ran = sandbox.sh("khw-cert sign x.csr -o x.crt");
    for left_out in ["nsCertType", "nsComment"] {
        let said = format!("khw-cert: warning: the request's {left_out} is left out: it has no effect on Kubernetes\n");
        assert!(ran.stderr.contains(&said), "{ran:?}");
    }
    // Asked for no usage and no name: a client.
    let shown = sandbox.sh("khw-cert inspect x.crt").ok();
    assert!(shown.contains("Subject: CN = alice, O = dev\n"), "{shown}");
    assert!(shown.contains("\nUsages:  clientAuth, digitalSignature\n"), "{shown}");
    let text = sandbox.sh("openssl x509 -noout -text -in x.crt").ok();
    assert!(!text.contains("Netscape") && text.contains("Subject Key Identifier"), "{text}");
}

#[test]
fn a_foreign_subject_is_kept_byte_for_byte() {
    if !openssl() {
        return;
    }
    let sandbox = with_ca();
    sandbox.sh("khw-cert key --key-type ecdsa:p256 -o k").ok();
    sandbox
        .sh("openssl req -new -key k -config /dev/null -utf8 -subj '/C=DE/O=a+OU=b/O=ops/CN=wörker' -out x.csr")
        .succeeds();
    sandbox.sh("khw-cert sign x.csr -o x.crt").succeeds();
    sandbox
        .sh("diff <(openssl req -noout -subject -nameopt multiline,show_type -in x.csr) <(openssl x509 -noout -subject -nameopt multiline,show_type -in x.crt)")
        .ok();
}

#[test]
fn fifty_signings_at_once() {
    let sandbox = with_ca();
    sandbox.sh(&format!("{CSR} -o w.csr")).succeeds();
    let script = "for i in $(seq 50); do
                      khw-cert sign --as node:worker-1 -o $i.crt w.csr 2>/dev/null & pids+=($!)
                  done
                  for pid in ${pids[@]}; do wait $pid; done
                  for i in $(seq 50); do khw-cert inspect $i.crt | grep Serial; done | sort -u | wc -l";
    assert_eq!(sandbox.sh(script).ok(), "50\n");
    // And with the serial file of openssl's words, of which openssl itself loses 28 to 40.
    let script = "for i in $(seq 50); do
                      khw-cert x509 -req -in w.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $i.crt 2>/dev/null & more+=($!)
                  done
                  for pid in ${more[@]}; do wait $pid; done
                  for i in $(seq 50); do khw-cert inspect $i.crt | grep Serial; done | sort -u | wc -l";
    assert_eq!(sandbox.sh(script).ok(), "50\n");
}

#[test]
fn keys_come_from_descriptors_and_pipes() {
    let sandbox = with_ca();
    sandbox.sh("mkdir safe; mv ca.key safe/").ok();
    let node = "khw-cert node w --key-type ecdsa:p256 --force";
    for line in [
        format!("{node} --ca-key fd:3 3< safe/ca.key"),
        format!("{node} --ca-key fd:3 3< <(cat safe/ca.key)"),
        format!("cat safe/ca.key | {node} --ca-key -"),
        format!("cat safe/ca.key | {node} --ca-key fd:0"),
        format!("cat ca.crt safe/ca.key | {node} --ca -"),
        "khw-cert csr worker-1 --key fd:7 7< w.key | khw-cert sign --ca-key fd:3 3< safe/ca.key".to_owned(),
    ] {
        sandbox.sh(&line).succeeds();
    }
    for (line, what, hint) in [
        (
            format!("{node} --ca-key fd:3"),
            "file descriptor 3 is not open",
            "open it in the shell: khw-cert … 3< ca.key",
        ),
        (format!("{node} --ca-key fd:x"), "'x' is not a number of a file descriptor", "write it as fd:3"),
        (
            "khw-cert sign --ca-key - < safe/ca.key".to_owned(),
            "standard input cannot be both the request and the CA",
            "name a file for one of them, or a file descriptor: --ca-key fd:3 3< ca.key",
        ),
        (
            "khw-cert node --from - --ca-key - < safe/ca.key".to_owned(),
            "standard input cannot be both the list and the CA",
            "name a file for one of them, or a file descriptor: --ca-key fd:3 3< ca.key",
        ),
    ] {
        refused(&sandbox, &line, what, hint);
    }
}

#[test]
fn a_key_alone() {
    let sandbox = Sandbox::new();
    for kind in ["rsa:2048", "rsa:3072", "ecdsa:p256", "ecdsa:p384", "ed25519"] {
        sandbox.sh(&format!("umask 0; rm -f k; khw-cert key --key-type {kind} -o k")).ok();
        assert_eq!(sandbox.mode("k"), 0o600, "{kind}");
        // What the shell made for everybody is for its owner alone before the key gets into it.
        sandbox.sh(&format!("umask 022; rm -f k2; khw-cert key --key-type {kind} > k2")).ok();
        assert_eq!(sandbox.mode("k2"), 0o600, "{kind}");
        if openssl() {
            sandbox.sh("openssl pkey -in k -noout; openssl pkey -in k2 -noout; ! cmp -s k k2").ok();
        }
    }
    let key = sandbox.read("k");
    refused(
        &sandbox,
        "khw-cert key -o k",
        "k: is already there and is not overwritten",
        "move it away, or say --force if it is of no use any more",
    );
    assert_eq!(sandbox.read("k"), key);
    sandbox.sh("khw-cert key -o k --force --key-type ed25519").ok();
    assert_ne!(sandbox.read("k"), key);
}

#[test]
fn requests_that_cannot_be_made() {
    let sandbox = with_ca();
    for (line, what, hint) in [
        (
            "csr kube-proxy",
            "<IDENTITY>: 'kube-proxy' is a role, and may be a node",
            "write client:kube-proxy, or node:kube-proxy for a node of that name",
        ),
        (
            "csr client:kube-prox",
            "<IDENTITY>: 'kube-prox' is no client that is known",
            "it is one of client:kube-proxy, client:kube-scheduler, client:kube-controller-manager, client:admin, \
             client:apiserver-kubelet-client, client:apiserver-etcd-client, client:front-proxy-client, \
             client:service-accounts",
        ),
        (
            "csr server:x",
            "<IDENTITY>: 'x' is no server that is known",
            "it is one of server:kube-apiserver, server:etcd-server, server:etcd-peer",
        ),
        (
            "csr system:node:w",
            "<IDENTITY>: 'system:node:w' is no identity",
            "write node:NAME, client:ROLE or server:ROLE",
        ),
        ("csr", "missing: <IDENTITY>", "see 'khw-cert csr --help'"),
        ("csr --cn a/b", "'a/b' is no name for a file", "say --file-name NAME, with letters, digits, '-', '_' and '.'"),
        (
            "csr --cn www --usage server",
            "a server without a subject alternative name is accepted by nobody",
            "give the names and addresses under which it is reached: --san 192.168.5.30,www.example.com",
        ),
        ("csr worker-1 --key ca.crt", "ca.crt: is a certificate, not a private key", "give the other file of the pair"),
        ("sign ca.crt", "ca.crt: is a certificate, not a certificate request", "give the other file of the pair"),
        ("sign /dev/null", "/dev/null: is empty", "run the step that makes this file again"),
    ] {
        refused(&sandbox, &format!("khw-cert {line}"), what, hint);
    }
}
