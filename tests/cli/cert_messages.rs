//! Refused inputs that no other test has: damaged and foreign files, and values that cannot be.

use harness::{Reference, Sandbox, reference};

fn refused(sandbox: &Sandbox, line: &str, what: &str, hint: &str) {
    sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
}

/// A CA with an ECDSA key, an RSA key, and a request.
fn files() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert genrsa -out rsa.key
             khw-cert req -new -key ca.key -subj /CN=x -out x.csr
             pem() { echo \"-----BEGIN $1-----\"; base64; echo \"-----END $1-----\"; }
             printf '0\\0' | pem CERTIFICATE > empty.crt
             { khw-cert x509 -in ca.crt -outform DER; printf '\\0'; } | pem CERTIFICATE > longer.crt
             printf '0\\0' | pem 'CERTIFICATE REQUEST' > empty.csr
             printf '0\\0' | pem 'PRIVATE KEY' > empty.key
             printf '0\\0' | pem 'PUBLIC KEY' > empty.pub
             printf '0\\0' | pem 'DH PARAMETERS' > dh.pem
             khw-cert x509 -in ca.crt -outform DER -out ca.der")
        .succeeds();
    sandbox
}

#[test]
fn damaged_and_foreign_files() {
    let sandbox = files();
    let again = "make it again with khw-cert req -new";
    let copy = "copy the file again, or make a new one";
    for (line, what, hint) in [
        ("inspect empty.crt", "empty.crt: the certificate is malformed: it is not X.509", copy),
        ("inspect longer.crt", "longer.crt: the certificate is malformed: bytes follow it", copy),
        ("x509 -req -in empty.csr -CA ca.crt -CAkey ca.key", "empty.csr: the certificate request is malformed", again),
        ("req -in empty.csr -noout -verify", "empty.csr: the certificate request is malformed", again),
        ("sign empty.csr", "empty.csr: the certificate request is malformed", again),
        (
            "req -new -key empty.key -subj /CN=x",
            "empty.key: the private key is damaged",
            "copy the file again, or make a new key",
        ),
        ("req -new -key ca.der -subj /CN=x", "ca.der: is DER without a private key", "is this the right file?"),
        (
            "req -new -key dh.pem -subj /CN=x",
            "dh.pem: has a DH PARAMETERS block, not a private key",
            "is this the right file?",
        ),
        (
            "pkey -pubin -in empty.pub -noout -text",
            "empty.pub: the public key is malformed",
            "copy the file again, or make a new key",
        ),
        (
            "ec -in rsa.key -noout",
            "rsa.key: is not an ECDSA key, but RSA 2048",
            "use khw-cert pkey, which takes any kind",
        ),
    ] {
        refused(&sandbox, line, what, hint);
    }
}

#[test]
fn values_that_cannot_be() {
    let sandbox = files();
    sandbox.write("full.srl", format!("7f{}\n", "ff".repeat(19)));
    sandbox.write("letters.cnf", "nsComment = wörker\n");
    sandbox.write("blank.cnf", "subjectAltName = URI:http://a b\n");
    sandbox.write("email.cnf", "subjectAltName = email:a\n");
    sandbox.write("none.cnf", "subjectAltName = DNS:\n");
    let sign = "x509 -req -in x.csr -CA ca.crt -CAkey ca.key";
    let days = "use fewer days";
    for (line, what, hint) in [
        (
            "ca -d sub --days 4000000".to_owned(),
            "the certificate would outlive the year 9999, the last that fits",
            days,
        ),
        (format!("{sign} -days 4000000"), "the certificate would outlive the year 9999, the last that fits", days),
        (
            format!("{sign} -sha512"),
            "this hash does not go with the key of the signer, ECDSA P-256 (SHA-256)",
            "leave the option away: the hash then is the one that belongs to the key",
        ),
        (
            format!("{sign} -CAserial full.srl"),
            "full.srl: the serial number has over 20 bytes",
            "remove the file to begin with a new number",
        ),
        (
            "req -new -key ca.key -subj /CN=x -extensions y".to_owned(),
            "-extensions: is given without -config",
            "say -config FILE",
        ),
        (
            "verify -CAfile ca.crt -attime 999999999999999 ca.crt".to_owned(),
            "-attime: 999999999999999 seconds are not a moment",
            "count them from 1970",
        ),
        (format!("{sign} -extfile letters.cnf"), "letters.cnf:1: nsComment: has a letter outside ASCII", "use ASCII"),
        (
            format!("{sign} -extfile blank.cnf"),
            "blank.cnf:1: subjectAltName: 'http://a b' has a blank or a letter outside ASCII",
            "write names in ASCII, international ones as xn--…",
        ),
        (
            format!("{sign} -extfile email.cnf"),
            "email.cnf:1: subjectAltName: 'a' is not an address",
            "write it as name@example.com",
        ),
    ] {
        refused(&sandbox, &line, what, hint);
    }
    let ran = sandbox.sh("khw-cert x509 -in ca.crt -noout -text -certopt bogus");
    assert!(ran.status == 2 && ran.stderr.contains("'bogus' is not a part of a certificate's text"), "{}", ran.stderr);
    assert!(!sandbox.names().iter().any(|name| name == "sub"), "{:?}", sandbox.names());
}

#[test]
fn a_private_key_is_not_shown_on_a_terminal() {
    let sandbox = files();
    for (line, say) in [
        ("genrsa", "say -out FILE"),
        ("genpkey -algorithm ED25519", "say -out FILE"),
        ("ecparam -name P-256 -genkey", "say -out FILE"),
        ("rsa -in rsa.key", "say -out FILE"),
        ("key", "say -o FILE"),
    ] {
        let ran = sandbox.sh(&format!("script -qec 'khw-cert {line}' /dev/null </dev/null || true"));
        let said = ran.stdout.replace('\r', "");
        assert_eq!(
            said,
            format!("khw-cert: error: a private key is not shown on a terminal\nkhw-cert: hint: {say}\n"),
            "{line}"
        );
    }
}

#[test]
fn what_openssl_made_and_is_not_taken() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = files();
    sandbox
        .sh("openssl req -new -key ca.key -subj /CN=x -addext subjectAltName=DER:0500 -out san.csr
             openssl pkcs8 -topk8 -in ca.key -v1 PBE-SHA1-3DES -passout pass:x -out pbes1.key
             openssl pkcs8 -topk8 -in ca.key -v2 camellia-256-cbc -passout pass:x -out camellia.key
             printf 'basicConstraints=critical,CA:TRUE\\nnameConstraints=DER:0500\\n' > c.cnf
             openssl x509 -req -in x.csr -signkey ca.key -extfile c.cnf -out constraints.crt
             printf 'subjectKeyIdentifier=none\\nbasicConstraints=CA:TRUE\\n' > s.cnf
             openssl x509 -req -in x.csr -signkey ca.key -extfile s.cnf -out noski.crt
             printf 'authorityKeyIdentifier=keyid:always\\n' > always.cnf")
        .succeeds();
    let anew = "write it anew: openssl pkey -in FILE -aes256 -out NEW";
    let way =
        "the private key is encrypted in a way that is not supported: it is not PBES2 with AES or 3DES in CBC mode";
    for (line, what, hint) in [
        ("sign san.csr", "san.csr: subjectAltName: is malformed", "make the request again with khw-cert csr"),
        ("pkey -in camellia.key -passin pass:x -noout", &*format!("camellia.key: {way}"), anew),
        (
            "verify -CAfile constraints.crt constraints.crt",
            "constraints.crt: the certificate is malformed",
            "copy the file again, or make a new one",
        ),
        (
            "x509 -req -in x.csr -CA noski.crt -CAkey ca.key -extfile always.cnf",
            "always.cnf:1: authorityKeyIdentifier: the CA has no subject key identifier",
            "write 'keyid, issuer' without ':always', or leave the line away",
        ),
    ] {
        let ran = sandbox.sh(&format!("khw-cert {line}"));
        let said = ran.stderr.split("khw-cert: error:").last().map(|rest| format!("khw-cert: error:{rest}"));
        assert_eq!(
            (ran.status, said),
            (2, Some(format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"))),
            "{line}"
        );
    }
    let ran = sandbox.sh("khw-cert pkey -in pbes1.key -passin pass:x -noout");
    let said = "khw-cert: error: pbes1.key: the private key is encrypted in a way that is not supported: ";
    assert!(ran.status == 2 && ran.stderr.starts_with(said), "{}", ran.stderr);
}

#[test]
fn pairs_that_are_not_as_the_list_says() {
    let sandbox = files();
    sandbox
        .sh("khw-cert node w1 --key-type ecdsa:p256
             khw-cert client --cn system:node:w2 --org system:nodes --san w2 --file-name w2 --key-type ecdsa:p256")
        .succeeds();
    let hint = "move it away, or say --force to make all pairs of the list anew";
    for (list, what) in
        [("w1 1.2.3.4", "w1.crt: lacks IP:1.2.3.4 of the list"), ("w2", "w2.crt: is not for both server and client")]
    {
        let ran = sandbox.sh(&format!("echo {list} | khw-cert node --from - --key-type ecdsa:p256"));
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("khw-cert: warning: {what}")), "{}", ran.stderr);
        assert!(ran.stderr.contains(hint) || !ran.stderr.contains("--force"), "{}", ran.stderr);
    }
}
