//! Certificates that are signed anew with their own key, requests that are made of certificates, and certificates that
//! `req -x509` makes of requests: beside openssl.

use harness::{Reference, Sandbox, reference};

const CNF: &str = "\
[req]
distinguished_name = dn
x509_extensions = x
[dn]
[x]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
subjectAltName = DNS:a, IP:1.2.3.4
[y]
subjectAltName = DNS:y
extendedKeyUsage = serverAuth
";

/// A self-signed certificate (own), one of a CA (leaf) and a request (own.csr), all with the key `key`, made by openssl.
fn made() -> Option<Sandbox> {
    reference(Reference::Openssl)?;
    let sandbox = Sandbox::new();
    sandbox.write("x.cnf", CNF);
    sandbox
        .sh("openssl ecparam -name prime256v1 -genkey -noout -out key
             openssl ecparam -name prime256v1 -genkey -noout -out ca.key
             openssl req -x509 -key ca.key -subj /CN=CA -days 500 -out ca.crt
             openssl req -x509 -key key -subj /CN=own/O=x -days 50 -out own.crt -addext keyUsage=keyCertSign
             openssl req -new -key key -subj /CN=own/O=x -addext subjectAltName=DNS:q -addext subjectKeyIdentifier=hash -out own.csr
             openssl x509 -req -in own.csr -CA ca.crt -CAkey ca.key -days 50 -extfile x.cnf -extensions x -out leaf.crt
             openssl x509 -req -in own.csr -signkey key -days 50 -out old.crt")
        .succeeds();
    Some(sandbox)
}

/// What both make with a line, as openssl shows it, apart from signatures and keys, which are the same or random.
fn both(sandbox: &Sandbox, line: &str, show: &str) -> [String; 2] {
    ["openssl", "khw-cert"].map(|tool| {
        sandbox.sh(&format!("rm -f out; {tool} {line} -out out")).succeeds();
        sandbox.sh(&format!("openssl {show} -in out")).succeeds()
    })
}

#[test]
fn a_certificate_is_signed_anew_with_its_own_key() {
    let Some(sandbox) = made() else { return };
    let show = "x509 -noout -text -certopt no_sigdump,no_validity";
    for line in [
        "x509 -in own.crt -signkey key",
        "x509 -signkey key -days 9 -set_serial 0x1234 < own.crt",
        "x509 -in own.crt -key key -extfile x.cnf -extensions y",
    ] {
        let [theirs, ours] = both(&sandbox, line, show);
        assert_eq!(ours, theirs, "{line}");
    }
    let [theirs, ours] = both(&sandbox, "x509 -in own.crt -signkey key -preserve_dates", "x509 -noout -dates -serial");
    assert_eq!(ours, theirs);
    // Shown is the new one, in the order in which it is asked for.
    for line in [
        "x509 -in own.crt -signkey key -noout -subject -issuer -serial -days 9",
        "x509 -in leaf.crt -signkey key -noout -issuer -subject",
    ] {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")).ok());
        assert_eq!(ours, theirs, "{line}");
    }
    let days = "khw-cert x509 -in own.crt -signkey key -days 9 | khw-cert inspect | grep -o '[89] days'";
    assert!(sandbox.sh(days).ok().ends_with("days\n"));
    // The certificate of a CA keeps with openssl the key identifier of that CA, which then is not that of its issuer.
    let [theirs, ours] = both(&sandbox, "x509 -in leaf.crt -signkey key", show);
    assert!(theirs.contains("Authority Key Identifier") && !ours.contains("Authority Key Identifier"), "{ours}");
    let without = |text: &str| text.split("            X509v3 Authority").next().map(str::to_owned);
    assert_eq!(without(&ours), without(&theirs));
    sandbox
        .sh("openssl x509 -in leaf.crt -signkey key -out theirs; khw-cert x509 -in leaf.crt -signkey key -out ours")
        .ok();
    assert!(sandbox.sh("openssl verify -CAfile theirs theirs").status != 0);
    sandbox.sh("openssl verify -CAfile ours ours; khw-cert verify -CAfile ours ours").ok();
    // Without extensions it becomes a CA of version 3, as with -req.
    let text = sandbox.sh("khw-cert x509 -in old.crt -signkey key | openssl x509 -noout -text").ok();
    assert!(text.contains("Version: 3") && text.contains("CA:TRUE"), "{text}");
}

#[test]
fn a_request_is_made_of_a_certificate() {
    let Some(sandbox) = made() else { return };
    for line in [
        "x509 -x509toreq -in leaf.crt -signkey key",
        "x509 -x509toreq -in leaf.crt -key key -copy_extensions copy",
        "x509 -x509toreq -in leaf.crt -signkey key -copy_extensions copyall",
        "x509 -x509toreq -in own.crt -signkey key -copy_extensions none",
        "x509 -x509toreq -in leaf.crt -signkey key -extfile x.cnf -extensions y",
        "x509 -x509toreq -in leaf.crt -signkey key -copy_extensions copy -extfile x.cnf -extensions y",
        "x509 -x509toreq -in old.crt -signkey key -copy_extensions copy",
    ] {
        let ours = sandbox.sh(&format!("khw-cert {line} -out out && openssl req -in out -noout -verify")).succeeds();
        assert_eq!(ours, "", "{line}");
        if line.contains("copy -extfile") {
            // openssl then asks twice for the same extension.
            let text = sandbox.sh("openssl req -in out -noout -text").ok();
            assert!(text.contains("DNS:y") && !text.contains("DNS:a"), "{text}");
            continue;
        }
        let [theirs, ours] = both(&sandbox, line, "req -noout -text -reqopt no_sigdump");
        assert_eq!(ours, theirs, "{line}");
    }
    // What is shown is the certificate, as with openssl.
    let line = "x509 -x509toreq -in leaf.crt -signkey key -noout -subject -serial";
    let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")).ok());
    assert_eq!(ours, theirs);
    // In DER openssl 3.0 writes the text of the request and the certificate; here it is the request.
    sandbox
        .sh("khw-cert x509 -x509toreq -in leaf.crt -signkey key -outform DER | openssl req -inform DER -noout -verify")
        .succeeds();
}

#[test]
fn req_x509_makes_a_certificate_of_a_request() {
    let Some(sandbox) = made() else { return };
    let show = "x509 -noout -text -certopt no_sigdump,no_validity,no_serial";
    for line in [
        "req -x509 -in own.csr -key key",
        "req -x509 -key key -days 9 -copy_extensions copy -in own.csr",
        "req -x509 -in own.csr -key key -copy_extensions none -config x.cnf",
        "req -x509 -in own.csr -key key -copy_extensions copyall -config x.cnf",
        "req -x509 -in own.csr -key key -config x.cnf -extensions y",
        "req -x509 -in own.csr -key key -addext nsComment=hello",
    ] {
        let [theirs, ours] = both(&sandbox, line, show);
        assert_eq!(ours, theirs, "{line}");
    }
    // With -subj openssl 3.0 leaves the old name as the issuer, so that the certificate is not self-signed any more.
    sandbox.sh("khw-cert req -x509 -in own.csr -key key -subj /CN=new -out out").ok();
    assert_eq!(sandbox.sh("openssl x509 -in out -noout -subject -issuer").ok(), "subject=CN = new\nissuer=CN = new\n");
    sandbox.sh("openssl verify -CAfile out out").ok();
}

#[test]
fn what_has_no_effect_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("x.cnf", CNF);
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert key --key-type ed25519 -o other.key
             khw-cert req -new -key ca.key -subj /CN=x -out x.csr")
        .succeeds();
    let before = sandbox.names();
    for (line, what, hint) in [
        ("x509 -in ca.crt -x509toreq", "-x509toreq: needs a key to sign with", "say -signkey FILE"),
        (
            "x509 -in ca.crt -x509toreq -signkey other.key",
            "other.key: is not the key of the certificate ca.crt",
            "give the key that the certificate has",
        ),
        (
            "x509 -in ca.crt -signkey other.key",
            "other.key: is not the key of the certificate ca.crt",
            "give the key that the certificate has",
        ),
        (
            "x509 -in x.csr -req -x509toreq -signkey ca.key",
            "-x509toreq: makes a request of a certificate, and -req says that it is one already",
            "leave one of the two away",
        ),
        (
            "x509 -in ca.crt -x509toreq -signkey ca.key -days 3",
            "-days: has no effect on a request that is made of a certificate",
            "leave it away",
        ),
        (
            "x509 -in ca.crt -signkey ca.key -CAcreateserial",
            "-CAcreateserial: has no effect on a certificate that its own key signs",
            "leave it away, or say -req",
        ),
        (
            "x509 -in ca.crt -signkey ca.key -copy_extensions copy",
            "-copy_extensions: a certificate that is signed anew keeps its extensions",
            "leave it away",
        ),
        (
            "x509 -in ca.crt -CA ca.crt -CAkey ca.key",
            "-CA: only a request is signed with a CA",
            "say -req; khw-cert x509 -x509toreq makes a request of a certificate",
        ),
        (
            "x509 -in ca.crt -noout -passin pass:x",
            "-passin: has no effect on a certificate that is only shown",
            "say -req to sign a request, or -signkey FILE to sign a certificate anew",
        ),
        (
            "x509 -req -in x.csr -signkey ca.key -preserve_dates",
            "-preserve_dates: a request has no dates",
            "say -days N",
        ),
        (
            "x509 -in ca.crt -signkey ca.key -extensions y",
            "-extensions: is given without -extfile",
            "say -extfile FILE",
        ),
        (
            "req -x509 -in x.csr -key other.key",
            "x.csr: the key that signs is not that of the request",
            "give the key with which the request was made, or sign it with a CA: khw-cert x509 -req",
        ),
        (
            "req -x509 -key ca.key -subj /CN=x -copy_extensions copy",
            "-copy_extensions: is for a certificate that is made of a request",
            "say -x509 -in FILE",
        ),
        (
            "req -in x.csr -copy_extensions copy",
            "-copy_extensions: has no effect on a request that is read",
            "say -new to make a request",
        ),
        (
            "req -x509 -in x.csr -newkey rsa:2048 -noenc",
            "--in <FILE>: cannot be used together with --newkey <TYPE>",
            "see 'khw-cert req --help'",
        ),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    assert_eq!(sandbox.names(), before);
}
