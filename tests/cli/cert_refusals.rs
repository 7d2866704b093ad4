//! khw-cert: what it refuses, and the words it has for it.

use crate::cert::{openssl, with_request};
use harness::Sandbox;

/// A refused line leaves the directory as it was.
#[track_caller]
pub(crate) fn refused(sandbox: &Sandbox, line: &str, what: &str, hint: &str) {
    let before = sandbox.names();
    sandbox.sh(line).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    assert_eq!(sandbox.names(), before, "{line}");
}

#[test]
fn names_that_no_node_can_have() {
    let sandbox = with_request();
    let letters = "a node name has lower-case letters, digits, '-' and '.' only";
    for (name, what, hint) in [
        ("''", "<NAME>: the node name is empty", "was a shell variable unset? write the name, for example worker-1"),
        (
            "Worker-1",
            "<NAME>: the node name 'Worker-1' has upper case",
            "the kubelet lower-cases its name: write 'worker-1'",
        ),
        ("'a b'", "<NAME>: the node name 'a b' has a blank in it", letters),
        ("a/b", "<NAME>: the node name 'a/b' has '/' in it", letters),
        (
            "..",
            "<NAME>: the node name '..' has a part that is empty or starts or ends with '-'",
            "each part between dots starts and ends with a letter or digit",
        ),
        ("w ''", "<SAN>: a name is empty", "was a shell variable unset?"),
        (
            "w 192.168.5",
            "<SAN>: '192.168.5' is neither an IP address nor a DNS name",
            "write it as 192.168.5.21 or worker-1.example.com",
        ),
    ] {
        refused(&sandbox, &format!("khw-cert node {name}"), what, hint);
    }
}

#[test]
fn signers_that_cannot_sign() {
    let sandbox = with_request();
    sandbox.sh("khw-cert node leaf --key-type ecdsa:p256; khw-cert ca --cn short --days 10 --key-type ecdsa:p256 -d . --force").succeeds();
    for (line, what, hint) in [
        (
            "x509 -req -in worker-1.csr -CA other.crt -CAkey ca.key -CAcreateserial -out x.crt",
            "ca.key: is not the key of other.crt",
            "give the certificate and the key of the same CA",
        ),
        (
            "node w --ca-key other.key",
            "other.key: is not the key of ca.crt",
            "give the certificate and the key of the same CA",
        ),
        (
            "x509 -req -in worker-1.csr -CA leaf.crt -CAkey leaf.key -CAcreateserial -out x.crt",
            "leaf.crt: is not a CA certificate: what it signs is accepted by nobody",
            "sign with the certificate of the CA, or make one with khw-cert ca",
        ),
        (
            "client admin --ca leaf.crt",
            "leaf.crt: is not a CA certificate: what it signs is accepted by nobody",
            "sign with the certificate of the CA, or make one with khw-cert ca",
        ),
        ("x509 -req -in worker-1.csr -out x.crt", "missing: -CA FILE, or -signkey FILE", "see 'khw-cert x509 --help'"),
        (
            "x509 -req -in worker-1.csr -signkey ca.key -out x.crt",
            "ca.key: is not the key of the request worker-1.csr",
            "give the key with which the request was made",
        ),
        (
            "node w --ca none.crt",
            "none.crt: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        (
            "node w -d none --key-type ecdsa:p256 --days 1",
            "none: no such file or directory",
            "make the directory first",
        ),
    ] {
        if line.contains("-d none") {
            let ran = sandbox.sh(&format!("khw-cert {line}"));
            assert_eq!((ran.status, ran.stderr.lines().next()), (2, Some(&*format!("khw-cert: error: {what}"))));
            continue;
        }
        refused(&sandbox, &format!("khw-cert {line}"), what, hint);
    }
    let before = sandbox.names();
    let ran = sandbox.sh("khw-cert node w");
    assert!(ran.stderr.starts_with("khw-cert: error: ca.crt: the certificate would expire on 20"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("\nkhw-cert: hint: use 9 days or fewer, or make a new CA\n"), "{}", ran.stderr);
    assert_eq!((ran.status, sandbox.names()), (2, before));
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let sandbox = with_request();
    sandbox
        .sh("head -c 300 ca.crt > cut.crt; head -3 ca.key > cut.key; head -4 worker-1.csr > cut.csr; touch empty")
        .ok();
    sandbox.sh("sed 3s/[A-Za-z]/?/ ca.crt > bad.crt; tail -n +2 worker-1.csr > nobegin.csr; mkdir dir").ok();
    // One bit of the request changed, in its subject.
    let csr = sandbox.read("worker-1.csr");
    let (first, rest) = csr.split_at(csr.find('\n').expect("a line") + 30);
    let flipped = if rest.starts_with('A') { "B" } else { "A" };
    sandbox.write("changed.csr", format!("{first}{flipped}{}", &rest[1..]));
    let sign = |csr: &str| format!("khw-cert x509 -req -in {csr} -CA ca.crt -CAkey ca.key -CAcreateserial -out x.crt");
    let node = |options: &str| format!("khw-cert node w {options}");
    let whole = "copy the file again, whole";
    let again = "make it again with khw-cert req -new";
    let other = "give the other file of the pair";
    for (line, what, hint) in [
        (
            node("--ca cut.crt --ca-key ca.key"),
            "cut.crt:1: the CERTIFICATE block is truncated: its line '-----END CERTIFICATE-----' is missing",
            whole,
        ),
        (
            node("--ca-key cut.key"),
            "cut.key:1: the PRIVATE KEY block is truncated: its line '-----END PRIVATE KEY-----' is missing",
            whole,
        ),
        (node("--ca bad.crt --ca-key ca.key"), "bad.crt:1: the CERTIFICATE block is damaged: it is not base64", whole),
        (node("--ca empty"), "empty: is empty", "run the step that makes this file again"),
        (
            node("--ca openssl-worker-1.cnf"),
            "openssl-worker-1.cnf: has no PEM block with a certificate",
            "is this the right file?",
        ),
        (node("--ca ca.key --ca-key ca.key"), "ca.key: is a private key, not a certificate", other),
        (node("--ca-key ca.crt"), "ca.crt: is a certificate, not a private key", other),
        (
            node("--ca worker-1.csr"),
            "worker-1.csr: is a certificate request, not a certificate",
            "sign it first: khw-cert x509 -req",
        ),
        (node("--ca dir"), "dir: is a directory, not a file", "name the file inside it"),
        (
            sign("cut.csr"),
            "cut.csr:1: the CERTIFICATE REQUEST block is truncated: its line '-----END CERTIFICATE REQUEST-----' is missing",
            whole,
        ),
        (sign("nobegin.csr"), "nobegin.csr: has no PEM block with a certificate request", "is this the right file?"),
        (sign("changed.csr"), "changed.csr: the signature of the certificate request is not that of its key", again),
        (sign("ca.crt"), "ca.crt: is a certificate, not a certificate request", other),
        (sign("dir"), "dir: is a directory, not a file", "name the file inside it"),
    ] {
        refused(&sandbox, &line, what, hint);
    }
    if !openssl() {
        return;
    }
    sandbox.sh("openssl pkey -in ca.key -aes256 -passout pass:x -out encrypted.key").ok();
    sandbox.sh("openssl ec -in ca.key -aes256 -passout pass:x -out old.key 2>&-").ok();
    sandbox.sh("openssl genrsa -out short.key 1024; openssl genpkey -algorithm X25519 -out x25519.key").ok();
    sandbox.sh("openssl ecparam -name secp256k1 -genkey -noout -out k1.key; openssl x509 -in ca.crt -outform DER -out ca.der").ok();
    let passphrase = "say where its passphrase is: -passin file:PATH, env:NAME or fd:N";
    let new = "make a new key: khw-cert genrsa -out FILE 2048";
    for (key, what, hint) in [
        ("encrypted.key", "the private key is encrypted", passphrase),
        ("old.key", "the private key is encrypted", passphrase),
        ("short.key", "the RSA key has 1024 bits: under 2048 is too short", new),
        ("x25519.key", "the key is of a kind that Kubernetes does not take: 1.3.101.110", new),
        ("k1.key", "the key is on a curve that Kubernetes does not take: 1.3.132.0.10", new),
    ] {
        refused(
            &sandbox,
            &format!("khw-cert req -new -key {key} -subj /CN=x -out x.csr"),
            &format!("{key}: {what}"),
            hint,
        );
    }
    refused(
        &sandbox,
        &node("--ca ca.der --ca-key ca.key"),
        "ca.der: is DER, not PEM",
        "convert it: openssl x509 -inform DER -in FILE, or openssl pkey for a key",
    );
}

#[test]
fn configurations_that_would_lose_something() {
    let sandbox = with_request();
    let directives = "known are distinguished_name, req_extensions, x509_extensions, prompt, string_mask, default_md";
    for (config, what, hint) in [
        ("[req]\nreq_extension = v3\n", "x.cnf:2: req_extension: is not a directive that is known here", directives),
        (
            "[req]\nreq-extensions = v3\n",
            "x.cnf:2: req-extensions: is not a directive that is known here",
            "did you mean 'req_extensions'?",
        ),
        ("[req]\nreq_extensions = v3\n", "x.cnf:2: req_extensions: has no section [v3]", "it has req"),
        ("[v3]\n", "x.cnf: has no section [req]", "it has v3"),
        ("foo = bar\n[req]\n", "x.cnf:1: foo: is not a directive that is known here", directives),
        (
            "[req]\nstring_mask = nombstr\n",
            "x.cnf:2: string_mask: 'nombstr' is not supported",
            "remove the line: names are written in UTF-8, as with utf8only",
        ),
        ("[req]\nprompt = maybe\n", "x.cnf:2: prompt: 'maybe' is not a value it can have", "it is one of yes, no"),
        (
            "[req]\ndefault_md = md5\n",
            "x.cnf:2: default_md: 'md5' is not supported",
            "it is one of sha256, sha384, sha512",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nsubjectAltNames = DNS:a\n",
            "x.cnf:4: subjectAltNames: is not an extension that is known",
            "known are basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, subjectKeyIdentifier, authorityKeyIdentifier, nsCertType, nsComment",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nkeyUsage = digitalsignature\n",
            "x.cnf:4: keyUsage: 'digitalsignature' is not a value it can have",
            "did you mean 'digitalSignature'?",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nsubjectAltName = @n\n[n]\nIP.1 = worker-1\n",
            "x.cnf:6: IP.1: 'worker-1' is not an IP address",
            "write it as 192.168.5.21, or a name as DNS",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nsubjectAltName = @n\n[n]\nIP.1 = $WORKER_IP\n",
            "x.cnf:6: IP.1: the variable '$WORKER_IP' is not set",
            "write the value; in a shell, let the heredoc expand it (<<EOF, not <<'EOF')",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nsubjectAltName = @n\n[n]\nDNS.1 =\n",
            "x.cnf:6: DNS.1: the name is empty",
            "was a shell variable unset?",
        ),
        (
            "[req]\nreq_extensions = v\n[v]\nsubjectAltName = @n\n[n]\nDNS.1 = a\nDNS.1 = b\n",
            "x.cnf:7: DNS.1: is given twice in [n], first in line 6",
            "openssl would take the last in silence: number them, DNS.1, DNS.2, or remove one",
        ),
        ("[req]\nnonsense\n", "x.cnf:2: 'nonsense' has no '='", "write NAME = VALUE, or '#' before a comment"),
    ] {
        sandbox.write("x.cnf", config);
        refused(&sandbox, "khw-cert req -new -key worker-1.key -subj /CN=x -config x.cnf -out x.csr", what, hint);
    }
    sandbox.write("x.cnf", "[v]\nsubjectAltName = DNS:a, IP:b\n");
    let sign = "khw-cert x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out x.crt";
    refused(
        &sandbox,
        &format!("{sign} -extfile x.cnf -extensions v"),
        "x.cnf:2: subjectAltName: 'b' is not an IP address",
        "write it as 192.168.5.21, or a name as DNS",
    );
    refused(&sandbox, &format!("{sign} -extfile x.cnf -extensions w"), "x.cnf: has no section [w]", "it has v");
    refused(&sandbox, &format!("{sign} -extfile x.cnf"), "x.cnf: has no section [default]", "it has v");
    refused(&sandbox, &format!("{sign} -extensions v"), "-extensions: is given without -extfile", "say -extfile FILE");
    sandbox.write("ca.srl", "nonsense\n");
    refused(
        &sandbox,
        sign,
        "ca.srl: 'nonsense' is not a serial number",
        "it is an even number of hexadecimal digits; remove the file to begin with a new number",
    );
    refused(
        &sandbox,
        &format!("{} -CAserial s.srl", sign.replace("-CAcreateserial", "")),
        "s.srl: no such file or directory",
        "say -CAcreateserial to make it",
    );
}

#[test]
fn subjects_that_would_lose_something() {
    let sandbox = with_request();
    for (subject, what, hint) in [
        (
            "CN=x",
            "-subj: the subject 'CN=x' does not start with '/'",
            "write it as /CN=system:node:worker-1/O=system:nodes",
        ),
        ("/CN=/O=x", "-subj: the subject's CN is empty", "was a shell variable unset?"),
        ("/cn=x", "-subj: the subject has an unknown type 'cn'", "did you mean 'CN'?"),
        (
            "/CN=a/b",
            "-subj: the subject has no '=' after 'b'",
            r"write each part as TYPE=VALUE, and '/' or '+' inside a value as '\/' or '\+'",
        ),
    ] {
        refused(
            &sandbox,
            &format!("khw-cert req -new -key worker-1.key -config openssl-worker-1.cnf -subj '{subject}' -out x.csr"),
            what,
            hint,
        );
    }
    refused(
        &sandbox,
        "khw-cert req -new -key worker-1.key -out x.csr",
        "-subj: is not given, and khw-cert asks nothing",
        "say -subj /CN=…/O=…, or write 'prompt = no' and the names into the configuration",
    );
}

#[test]
fn options_that_are_not_known() {
    let sandbox = Sandbox::new();
    for (line, what, hint) in [
        ("genrsa -bogus", "unknown option '-bogus'", "see 'khw-cert genrsa --help'"),
        ("x509 -req -cakey x", "unknown option '-cakey'", "did you mean '-CAkey'?"),
        ("req --bogus=1", "unknown option '--bogus=1'", "see 'khw-cert req --help'"),
        ("node w --bogus", "unknown option or argument '--bogus'", "see 'khw-cert node --help'"),
        ("genrsa 1024", "BITS: an RSA key of '1024' bits is not made", "it is one of 2048, 3072, 4096"),
        (
            "ca --key-type dsa",
            "--key-type <TYPE>: 'dsa' is not a type of key",
            "it is one of rsa:2048, rsa:3072, rsa:4096, ecdsa:p256, ecdsa:p384, ed25519",
        ),
        (
            "client bogus",
            "<ROLE>: 'bogus' is not a value it can have",
            "it is one of kube-proxy, kube-scheduler, kube-controller-manager, admin, apiserver-kubelet-client, \
             apiserver-etcd-client, front-proxy-client, service-accounts",
        ),
        ("req -key x", "-key: has no effect on a request that is read", "say -new to make a request"),
        (
            "x509 -in x -CA y",
            "-CA: only a request is signed with a CA",
            "say -req; khw-cert x509 -x509toreq makes a request of a certificate",
        ),
        ("req -new", "missing: -key FILE", "make a key first: khw-cert genrsa -out FILE"),
        ("x509 -req -days", "--days <N>: a value is missing", "see 'khw-cert --help'"),
        ("frobnicate", "unknown command 'frobnicate'", "see 'khw-cert --help'"),
    ] {
        refused(&sandbox, &format!("khw-cert {line}"), what, hint);
    }
}

#[test]
fn no_key_is_left_behind_without_its_request() {
    let sandbox = Sandbox::new();
    let make = "khw-cert req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -subj /CN=a";
    for more in ["", "-x509"] {
        let ran = sandbox.sh(&format!("{make} {more} -out none/o"));
        assert!(ran.status == 2 && ran.stderr.contains("no such file or directory"), "{ran:?}");
        assert_eq!(sandbox.names(), [""; 0], "{more}");
    }
    sandbox.sh(&format!("{make} -out o")).ok();
    // One that was there stays.
    let key = sandbox.read("k");
    assert_eq!(sandbox.sh(&format!("{make} -out none/o")).status, 2);
    assert_eq!(sandbox.read("k"), key);
    // As /dev/stdout, a link to where the key was written.
    let ran = sandbox.sh(&format!("ln -s /dev/null null; {} -out none/o", make.replace("-keyout k", "-keyout null")));
    assert_eq!(ran.status, 2, "{ran:?}");
    assert_eq!(sandbox.sh("readlink null").ok(), "/dev/null\n");
}
