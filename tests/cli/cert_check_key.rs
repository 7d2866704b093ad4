//! khw-cert check: a key beside the certificate that cannot be used is a finding, and all else is checked as well.

use harness::{Reference, Sandbox, reference};

/// A CA, a good pair and one whose key is to be spoilt.
fn pairs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256
             for name in a z; do khw-cert node $name --days 20 --key-type ecdsa:p256; done")
        .succeeds();
    sandbox
}

/// What is found in the certificate with the spoilt key, and in the one after it.
const Z: &str = "z.crt: warning: expires on ";

#[test]
fn a_bad_key_beside_is_a_finding() {
    for (spoil, message, fix) in [
        (": > a.key", "is empty", ""),
        ("echo hello > a.key", "has no PEM block", ""),
        ("cp ca.crt a.key", "is a certificate, not a private key", "give the other file of the pair"),
        ("rm a.key; mkdir a.key", "is a directory, not a file", "name the file inside it"),
        ("head -n 2 a.key > k; mv k a.key", "the PRIVATE KEY block is truncated: ", "copy the file again, whole"),
    ] {
        let sandbox = pairs();
        let ran = sandbox.sh(&format!("{spoil}; khw-cert check a.crt z.crt"));
        assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{spoil} {ran:?}");
        assert!(ran.stdout.contains("[key-unreadable]\n  fix: ") && ran.stdout.contains(fix), "{spoil} {ran:?}");
        let at = ran.stdout.lines().find(|line| line.starts_with("a.key:")).unwrap_or_default();
        assert!(at.contains(" error: ") && at.contains(message), "{spoil} {ran:?}");
        assert!(ran.stdout.contains("a.crt: warning: expires on ") && ran.stdout.contains(Z), "{spoil} {ran:?}");
        let json = sandbox.sh("khw-cert check a.crt z.crt --format json");
        let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
        let names: Vec<_> = value["findings"].as_array().expect("a list").iter().map(|f| f["name"].clone()).collect();
        assert_eq!(names, ["certificate-expires-soon", "key-unreadable", "certificate-expires-soon"], "{spoil}");
        sandbox.sh("khw-cert check a.crt z.crt --ignore key-unreadable").succeeds();
    }
}

#[test]
fn a_key_that_is_withheld_is_a_warning() {
    let sandbox = pairs();
    sandbox.sh("printf secret > pw; khw-cert pkey -in a.key -aes256 -passout file:pw -out k; mv -f k a.key").succeeds();
    let out = sandbox.sh("khw-cert check a.crt z.crt").ok();
    assert!(
        out.contains(
            "a.key: warning: it is not compared with the certificate: the private key is encrypted [key-unreadable]\n  \
             fix: say where its passphrase is: --key-pass file:PATH, env:NAME or fd:N\n"
        ) && out.contains(Z),
        "{out}"
    );
    sandbox.sh("khw-cert check a.crt z.crt --key-pass file:pw --only key-unreadable").ok();
    let ran = sandbox.sh("printf wrong > pw; khw-cert check a.crt z.crt --key-pass file:pw --only key-unreadable");
    ran.no("a.key: error: the passphrase is not that of the private key [key-unreadable]\n  \
            fix: give another one with --key-pass\n");
}

/// Only where a test may become somebody else.
#[test]
fn a_key_of_somebody_else_is_a_warning() {
    let sandbox = pairs();
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    if sandbox.sh(&format!("{nobody} test ! -r a.key && {nobody} test -r a.crt")).status != 0 {
        return;
    }
    let out = sandbox.sh(&format!("{nobody} khw-cert check a.crt --only key-unreadable")).ok();
    assert_eq!(
        out,
        "a.key: warning: it is not compared with the certificate: permission denied [key-unreadable]\n  \
         fix: run it as a user who may, for example with sudo\n"
    );
}

#[test]
fn a_weak_key_has_its_own_name() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = pairs();
    for (make, message) in [
        ("openssl genrsa -out w.key 1024", "the RSA key has 1024 bits: under 2048 is too short"),
        (
            "openssl ecparam -name secp256k1 -genkey -noout -out w.key",
            "the key is on a curve that TLS does not take: 1.3.132.0.10",
        ),
    ] {
        sandbox.sh(&format!("rm -f w.key; {make}")).succeeds();
        sandbox
            .sh("openssl req -new -key w.key -subj /CN=system:node:w/O=system:nodes -out w.csr
                 openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days 365 -out w.crt -extfile <(echo subjectAltName=DNS:w)")
            .succeeds();
        let ran = sandbox.sh("khw-cert check w.crt z.crt");
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.stdout.starts_with(&format!("w.crt: error: {message} [weak-key]\n")), "{ran:?}");
        assert!(ran.stdout.contains(Z) && !ran.stdout.contains("key-"), "{ran:?}");
    }
    sandbox.sh("openssl genrsa -out a.key 1024").succeeds();
    let ran = sandbox.sh("khw-cert check a.crt --only key-mismatch,key-unreadable");
    ran.no("a.key: error: is not the key of a.crt [key-mismatch]\n  fix: give the key with which the certificate was made\n");
}
