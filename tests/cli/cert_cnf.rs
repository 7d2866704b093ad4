//! khw-cert req with a .cnf: variables are no directives, and no value is passed over.

use harness::{Reference, Sandbox, reference};

const REST: &str = "distinguished_name = dn\nreq_extensions = e\nprompt = no\n[dn]\nCN = a\n[e]\nsubjectAltName = ";

fn with_key() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert key --key-type ecdsa:p256 -o k").ok();
    sandbox
}

#[test]
fn names_that_are_used_are_variables() {
    let sandbox = with_key();
    for (before, inside, san) in [
        ("SAN = DNS:localhost\n", "", "$SAN"),
        ("SAN = localhost\n", "", "DNS:${SAN}"),
        ("", "h = localhost\n", "DNS:${req::h}"),
        ("", "h = localhost\n", "DNS:$req::h"),
        // Used before any section that matters.
        ("d = localhost\nh = $d\n", "", "DNS:$h"),
        // As editors of Windows begin a file.
        ("\u{feff}# a comment\n", "", "DNS:localhost"),
    ] {
        sandbox.write("c.cnf", format!("{before}[req]\n{inside}{REST}{san}\n"));
        let show = "req -new -key k -config c.cnf | khw-cert req -noout -text | grep DNS:";
        assert_eq!(sandbox.sh(&format!("khw-cert {show}")).ok().trim(), "DNS:localhost", "{before}{inside}{san}");
        if reference(Reference::Openssl).is_some() {
            assert_eq!(sandbox.sh(&format!("openssl {show}")).ok().trim(), "DNS:localhost", "{before}{inside}{san}");
        }
    }
    for (before, inside, line, name) in
        [("SAN = DNS:localhost\n", "", 1, "SAN"), ("", "h = localhost\n", 2, "h"), ("h = a\n", "h = b\n", 1, "h")]
    {
        // The last one's $h is that of [req], so that the other is used by nobody.
        let used = if before.is_empty() || inside.is_empty() { "DNS:a" } else { "DNS:${req::h}" };
        sandbox.write("c.cnf", format!("{before}[req]\n{inside}{REST}{used}\n"));
        sandbox.sh("khw-cert req -new -key k -config c.cnf").refused(&format!(
            "khw-cert: error: c.cnf:{line}: {name}: is not a directive that is known here\n\
             khw-cert: hint: known are distinguished_name, req_extensions, x509_extensions, prompt, string_mask, default_md\n"
        ));
    }
}

#[test]
fn values_are_not_passed_over() {
    let sandbox = with_key();
    let one_of = "it is one of yes, no";
    for (line, more, what, hint) in [
        ("encrypt_key = maybe", "", "3: encrypt_key: 'maybe' is not a value it can have", one_of),
        ("encrypt_rsa_key = false", "", "3: encrypt_rsa_key: 'false' is not a value it can have", one_of),
        ("utf8 = maybe", "", "3: utf8: 'maybe' is not a value it can have", one_of),
        ("prompt = maybe", "", "3: prompt: 'maybe' is not a value it can have", one_of),
        ("attributes = at", "", "3: attributes: has no section [at]", "it has req, dn"),
        (
            "prompt = no\nattributes = at",
            "[at]\nchallengePassword = secret1\n",
            "8: challengePassword: is an attribute, which is not written into a request: no CA of Kubernetes reads it",
            "remove the line, or 'attributes = at'",
        ),
    ] {
        sandbox.write("c.cnf", format!("[req]\ndistinguished_name = dn\n{line}\n[dn]\nCN = a\n{more}"));
        sandbox
            .sh("khw-cert req -new -key k -config c.cnf")
            .refused(&format!("khw-cert: error: c.cnf:{what}\nkhw-cert: hint: {hint}\n"));
    }
    // With -subj openssl writes none either.
    let subj = "req -new -key k -config c.cnf -subj /CN=a";
    sandbox.sh(&format!("khw-cert {subj} -out x.csr; khw-cert req -in x.csr -noout")).ok();
    if reference(Reference::Openssl).is_some() {
        let counted =
            |request: &str| format!("{request} | openssl req -noout -text | grep -c challengePassword || true");
        assert_eq!(sandbox.sh(&counted(&format!("openssl {subj}"))).ok(), "0\n");
        assert_eq!(sandbox.sh(&counted("cat x.csr")).ok(), "0\n");
        // A section that is not there is refused by openssl too.
        sandbox.sh("sed -i '/^.at.$/,$d' c.cnf").ok();
        assert_ne!(sandbox.sh("openssl req -new -key k -config c.cnf -subj /CN=a").status, 0);
    }
}

#[test]
fn a_hash_that_nobody_takes() {
    let sandbox = with_key();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert csr a --key k -o a.csr").succeeds();
    for line in [
        "x509 -req -in a.csr -CA ca.crt -CAkey ca.key -sha1",
        "x509 -req -in a.csr -signkey k -sha1",
        "x509 -in ca.crt -signkey ca.key -sha1",
        "x509 -in ca.crt -x509toreq -signkey ca.key -sha1",
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(
            "khw-cert: error: -sha1: is the hash of a fingerprint here: what is signed with SHA-1 TLS libraries refuse\n\
             khw-cert: hint: leave it away, or say -sha256, -sha384 or -sha512\n",
        );
    }
    for (line, option) in [("x509 -req -in a.csr -signkey k -md5", "-md5"), ("req -new -key k -sha1", "-sha1")] {
        let ran = sandbox.sh(&format!("khw-cert {line}"));
        assert!(ran.status == 2 && ran.stderr.contains(&format!("unknown option '{option}'")), "{ran:?}");
    }
    assert!(sandbox.sh("khw-cert x509 -in ca.crt -noout -fingerprint -sha1").ok().starts_with("sha1 Fingerprint="));
}

#[test]
fn a_key_of_another_type_is_not_taken_unasked() {
    let sandbox = with_key();
    sandbox.sh("khw-cert csr --cn a -o a.csr").succeeds();
    let hint = "leave the option away to use this key, or move it away for a new one";
    for (line, what) in [
        ("--cn a --key-type ed25519", "a.key: --key-type: is of type RSA 2048, not Ed25519"),
        ("--cn a --key-type rsa:4096", "a.key: --key-type: is of type RSA 2048, not RSA 4096"),
        ("w --key k --key-type ecdsa:p384", "k: --key-type: is of type ECDSA P-256, not ECDSA P-384"),
    ] {
        sandbox
            .sh(&format!("khw-cert csr {line}"))
            .refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    sandbox.sh("khw-cert csr --cn a -o b.csr; khw-cert csr --cn a --key-type rsa:2048 -o c.csr; cmp b.csr a.csr; cmp b.csr c.csr").ok();
}
