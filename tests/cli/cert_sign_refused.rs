//! khw-cert sign: addresses that are nobody's to ask for, and requests that are signed by nobody.

use harness::{Reference, Sandbox, reference};

fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert key --key-type ecdsa:p256 -o k").succeeds();
    sandbox
}

/// The message of a refusal, after what the request asks for.
#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, what: &str, hint: &str) {
    let ran = sandbox.sh(line);
    let said: Vec<&str> = ran.stderr.lines().filter(|l| !l.starts_with("khw-cert: asked for: ")).collect();
    let expected = [format!("khw-cert: error: {what}"), format!("khw-cert: hint: {hint}")];
    assert_eq!(
        (said, ran.status, ran.stdout.as_str()),
        (expected.iter().map(String::as_str).collect(), 2, ""),
        "{line}"
    );
}

#[test]
fn addresses_of_everybody_and_of_services() {
    let sandbox = with_ca();
    let san = "say --san NAME,… for the names it may have";
    let services = "say --service-cluster-ip-range if services have other addresses, or \
                    --san NAME,… for the names it may have";
    for (name, options, what, hint) in [
        ("127.0.0.1", "", "IP:127.0.0.1, with which every host means itself", san),
        ("127.8.9.1", "--as node:w", "IP:127.8.9.1, with which every host means itself", san),
        ("::1", "--as node:w", "IP:::1, with which every host means itself", san),
        ("::ffff:127.0.0.1", "", "IP:::ffff:127.0.0.1, with which every host means itself", san),
        ("localhost", "--as node:w", "DNS:localhost, with which every host means itself", san),
        ("0.0.0.0", "--as node:w", "IP:0.0.0.0, which is no host's address", san),
        ("::", "--as server:kube-apiserver", "IP:::, which is no host's address", san),
        ("10.96.0.1", "", "IP:10.96.0.1, an address of services (10.96.0.0/16)", services),
        ("10.96.7.7", "--as node:w", "IP:10.96.7.7, an address of services (10.96.0.0/16)", services),
        ("10.96.0.9", "--as server:etcd-server", "IP:10.96.0.9, an address of services (10.96.0.0/16)", services),
        (
            "10.32.0.10",
            "--as node:w --service-cluster-ip-range 10.32.0.0/24",
            "IP:10.32.0.10, an address of services (10.32.0.0/24)",
            services,
        ),
        (
            "fd00::7",
            "--as node:w --service-cidr 10.32.0.0/24,fd00::/108",
            "IP:fd00::7, an address of services (fd00::/108)",
            services,
        ),
    ] {
        sandbox.sh(&format!("khw-cert csr w {name} --key k -o x.csr")).ok();
        let line = format!("khw-cert sign x.csr {options}");
        refused(&sandbox, &line, &format!("x.csr: subjectAltName: the request asks for {what}"), hint);
        // Named by the person who signs, it is granted.
        let shown = sandbox.sh(&format!("khw-cert sign x.csr {options} --san w,{name} | khw-cert inspect")).succeeds();
        assert!(shown.contains(&format!(":{name}")), "{name} {shown}");
    }
    // Services have other addresses, or it is the server itself.
    sandbox.sh("khw-cert csr w 10.96.0.1 --key k | khw-cert sign --as node:w --service-cidr 10.32.0.0/24").succeeds();
    sandbox.sh("khw-cert csr server:etcd-peer ::1 --key k | khw-cert sign --as server:etcd-peer").succeeds();
    let server = "server:kube-apiserver --service-cidr 10.32.0.0/24";
    sandbox.sh(&format!("khw-cert csr {server} --key k | khw-cert sign --as {server}")).succeeds();
}

#[test]
fn requests_that_nobody_should_sign() {
    let sandbox = with_ca();
    sandbox.sh("khw-cert csr a --key k -o a.csr; khw-cert csr b --key k -o b.csr; cat a.csr b.csr > both.csr").ok();
    for line in ["khw-cert sign both.csr", "khw-cert sign both.csr --as node:a"] {
        refused(&sandbox, line, "both.csr: has 2 certificate requests", "sign one at a time");
    }
    refused(&sandbox, "khw-cert sign < both.csr", "standard input: has 2 certificate requests", "sign one at a time");
    sandbox.sh("khw-cert csr a --key ca.key -o a.csr").ok();
    refused(
        &sandbox,
        "khw-cert sign a.csr",
        "a.csr: the request was made with the key of the CA",
        "make it where the certificate is used, with a key of its own: khw-cert csr",
    );
}

#[test]
fn weak_keys_are_signed_by_nobody() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = with_ca();
    sandbox
        .sh("openssl req -new -newkey rsa:1024 -nodes -keyout w.key -subj /CN=alice -out w.csr
             openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days 9 -out w.crt -extfile <(echo keyUsage=digitalSignature)")
        .succeeds();
    let weak = "the RSA key has 1024 bits: under 2048 is too short";
    let again = "make the request again with a new key: khw-cert csr";
    refused(&sandbox, "khw-cert sign w.csr", &format!("w.csr: {weak}"), again);
    refused(&sandbox, "khw-cert x509 -req -in w.csr -CA ca.crt -CAkey ca.key", &format!("w.csr: {weak}"), again);
    refused(&sandbox, "khw-cert renew w.crt", &format!("w.crt: {weak}"), "renewing keeps the key: make a new pair");
}
