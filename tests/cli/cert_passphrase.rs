//! Keys under a passphrase: read in each form that openssl writes, written in one that openssl reads, never asked for.

use harness::{Reference, Sandbox, reference};

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// A CA with an ECDSA key whose public key is in `pub`, and its passphrase in `pw`.
fn ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("pw", "hunter2\nsecond line\n");
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert pkey -in ca.key -pubout -out pub").succeeds();
    sandbox
}

#[test]
fn pkcs8_is_read_however_openssl_wrote_it() {
    if !openssl() {
        return;
    }
    let sandbox = ca();
    for how in ["-v2 aes-256-cbc", "-v2 aes-128-cbc", "-v2 aes-256-cbc -v2prf hmacWithSHA1", "-v2 des3", "-scrypt"] {
        sandbox.sh(&format!("openssl pkcs8 -topk8 -in ca.key {how} -passout pass:hunter2 -out e.key")).ok();
        for source in ["-passin file:pw", "-passin pass:hunter2", "-passin fd:3 3<pw", "-passin stdin <pw"] {
            sandbox.sh(&format!("khw-cert pkey -in e.key -pubout {source} | diff - pub")).ok();
        }
        sandbox.sh("P=hunter2 khw-cert pkey -in e.key -pubout -passin env:P | diff - pub").ok();
    }
    sandbox.sh("khw-cert req -new -key e.key -passin file:pw -subj /CN=x -out x.csr").ok();
    sandbox.sh("khw-cert x509 -req -in x.csr -CA ca.crt -CAkey e.key -passin file:pw -out x.crt").succeeds();
    sandbox.sh("openssl verify -CAfile ca.crt x.crt").ok();
}

#[test]
fn the_traditional_form_is_read_however_openssl_wrote_it() {
    if !openssl() {
        return;
    }
    let sandbox = ca();
    // An RSA key is PKCS#1 inside, which with AES-192 and 3DES needs two digests, with AES-256 two full ones.
    for cipher in ["aes128", "aes192", "aes256", "des3"] {
        let line = format!("openssl ec -in ca.key -{cipher} -passout pass:hunter2 -out e.key");
        sandbox.sh(&line).succeeds();
        assert!(sandbox.read("e.key").contains("DEK-Info: "), "{cipher}");
        sandbox.sh("khw-cert pkey -in e.key -passin file:pw -pubout | diff - pub").ok();
        sandbox.sh("khw-cert pkey -in e.key -passin pass:hunter3 -pubout").refused(WRONG);
    }
    sandbox.sh("openssl genrsa -traditional -aes256 -passout pass:hunter2 -out e.key 2048").succeeds();
    let [theirs, ours] = ["openssl", "khw-cert"]
        .map(|tool| sandbox.sh(&format!("{tool} rsa -in e.key -passin file:pw -noout -modulus")).succeeds());
    assert_eq!(ours, theirs);
    // As the key of a CA too.
    sandbox.sh("openssl ec -in ca.key -aes256 -passout pass:hunter2 -out ca.key").succeeds();
    sandbox.sh("khw-cert node worker-1 --ca-key-pass file:pw --key-type ecdsa:p256 2>&-; openssl verify -CAfile ca.crt worker-1.crt").ok();
    sandbox.sh("openssl ec -in ca.key -passin file:pw -camellia256 -passout pass:hunter2 -out e.key").succeeds();
    sandbox.sh("khw-cert pkey -in e.key -passin file:pw -noout").refused(
        "khw-cert: error: e.key: the private key is encrypted with CAMELLIA-256-CBC, which is not supported
khw-cert: hint: write it anew: openssl pkey -in FILE -aes256 -out NEW\n",
    );
    // Without a usable DEK-Info it is damaged, whatever the passphrase.
    for bad in ["", "DEK-Info: AES-256-CBC", "DEK-Info: AES-256-CBC,zz", "DEK-Info: AES-256-CBC,00"] {
        sandbox.sh(&format!("sed 's/^DEK-Info.*/{bad}/' e.key > bad.key")).ok();
        let ran = sandbox.sh("khw-cert pkey -in bad.key -passin file:pw -noout");
        assert!(ran.status == 2 && ran.stderr.contains("damaged"), "{bad}: {}", ran.stderr);
    }
}

const WRONG: &str = "khw-cert: error: e.key: the passphrase is not that of the private key
khw-cert: hint: give another one with -passin\n";

#[test]
fn keys_are_written_under_a_passphrase() {
    let sandbox = ca();
    sandbox.write("pw2", "other\n");
    for (line, public) in [
        ("genrsa -out e.key -aes256 -passout file:pw", ""),
        ("genpkey -algorithm ED25519 -out e.key -aes-256-cbc -pass file:pw", ""),
        ("pkey -in ca.key -out e.key -aes256 -passout file:pw", "pub"),
        ("pkey -in ca.key -outform DER -out e.key -aes256 -passout fd:3 3<pw", "pub"),
        (
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout e.key -passout file:pw -subj /CN=x -out x.csr",
            "",
        ),
        ("key -o e.key --key-type ecdsa:p384 --key-pass file:pw", ""),
    ] {
        sandbox.sh(&format!("rm -f e.key; khw-cert {line}")).ok();
        assert_eq!(sandbox.mode("e.key"), 0o600, "{line}");
        let key = sandbox.sh("cat e.key | od -c").stdout;
        assert!(
            line.contains("DER") || sandbox.read("e.key").starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            "{key}"
        );
        let public_key = sandbox.sh("khw-cert pkey -in e.key -passin file:pw -pubout").ok();
        assert!(public.is_empty() || public_key == sandbox.read("pub"), "{line}");
        if openssl() {
            assert_eq!(sandbox.sh("openssl pkey -in e.key -passin file:pw -pubout").ok(), public_key, "{line}");
        }
        sandbox.sh("khw-cert pkey -in e.key -noout").refused(
            "khw-cert: error: e.key: the private key is encrypted
khw-cert: hint: say where its passphrase is: -passin file:PATH, env:NAME or fd:N\n",
        );
    }
    // From one passphrase to another, and to none.
    sandbox.sh("khw-cert rsa -in <(khw-cert genrsa) -out e.key -force -aes256 -passout file:pw").ok();
    sandbox.sh("khw-cert rsa -in e.key -passin file:pw -aes256 -passout file:pw2 -out f.key").ok();
    sandbox.sh("khw-cert rsa -in f.key -passin file:pw2 -out g.key").ok();
    sandbox
        .sh("khw-cert rsa -in g.key -noout -modulus | diff - <(khw-cert rsa -in e.key -passin file:pw -noout -modulus)")
        .ok();
}

#[test]
fn a_ca_lives_with_an_encrypted_key() {
    let sandbox = Sandbox::new();
    sandbox.write("pw", "hunter2\n");
    let at = |name: &str| format!("khw-cert: {name}.key: written, mode 0600\n");
    let said = sandbox.sh("khw-cert ca --key-pass file:pw --key-type ecdsa:p256");
    assert!(said.status == 0 && said.stderr.starts_with(&at("ca")), "{}", said.stderr);
    for line in [
        "khw-cert node worker-1 192.168.5.21 --ca-key-pass file:pw --key-type ecdsa:p256",
        "P=hunter2 khw-cert client kube-proxy --ca-key-pass env:P --key-type ecdsa:p256",
        "khw-cert server kube-apiserver --ca-key-pass fd:4 --key-type ecdsa:p256 4<pw",
        "khw-cert node --from <(echo worker-2) --ca-key-pass stdin --key-type ecdsa:p256 <pw",
        "khw-cert csr worker-3 --key-type ecdsa:p256 | khw-cert sign --as node:worker-3 --ca-key-pass file:pw > worker-3.crt",
        "khw-cert renew worker-3.crt --ca-key-pass file:pw",
        "khw-cert renew ca.crt --ca-key-pass file:pw",
        "khw-cert pkey -in worker-3.key -aes256 -passout file:pw -out enc.key; mv enc.key worker-3.key",
        "khw-cert csr worker-3 --key-pass file:pw > worker-3.csr",
        "khw-cert check worker-1.crt worker-2.crt kube-proxy.crt kube-apiserver.crt",
        "khw-cert check worker-3.crt --key-pass file:pw",
    ] {
        sandbox.sh(line).succeeds();
    }
    for (line, what, hint) in [
        (
            "node worker-4",
            "ca.key: the private key is encrypted",
            "say where its passphrase is: --ca-key-pass file:PATH, env:NAME or fd:N",
        ),
        (
            "node worker-4 --ca-key-pass pass:hunter3",
            "ca.key: the passphrase is not that of the private key",
            "give another one with --ca-key-pass",
        ),
        (
            "csr worker-3",
            "worker-3.key: the private key is encrypted",
            "say where its passphrase is: --key-pass file:PATH, env:NAME or fd:N",
        ),
        (
            "sign --ca-key-pass stdin < worker-3.csr",
            "standard input cannot be both the request and the CA",
            "name a file for one of them, or a file descriptor: --ca-key fd:3 3< ca.key",
        ),
        (
            "node worker-4 --ca-key - --ca-key-pass stdin < ca.key",
            "--ca-key-pass: standard input cannot be both the passphrase and what is read with it",
            "give the passphrase by file:PATH or fd:N: fd:3 3< FILE",
        ),
        ("ca --key-pass pass: -d .", "--key-pass: the passphrase is empty", "was a variable unset, or a file empty?"),
    ] {
        let line = line.replace("-d .", "-d sub");
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    assert!(!sandbox.names().iter().any(|name| name.contains("worker-4")), "{:?}", sandbox.names());
}

#[test]
fn what_is_wrong_with_a_passphrase_is_said_and_the_passphrase_is_not() {
    let sandbox = ca();
    sandbox.sh("khw-cert pkey -in ca.key -aes256 -passout file:pw -out e.key; khw-cert pkey -in ca.key -outform DER -out e.der").ok();
    let before = sandbox.names();
    let cipher = "AES-256 is the one cipher for keys: say -aes256";
    for (line, what, hint) in [
        (
            "pkey -in e.key -passin hunter2 -noout",
            "--passin <SOURCE>: is not a source of a passphrase",
            "write file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE",
        ),
        (
            "pkey -in e.key -passin fd:hunter2 -noout",
            "--passin <SOURCE>: what follows fd: is not a number",
            "write file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE",
        ),
        (
            "pkey -in e.key -passin env:NONE -noout",
            "-passin: the environment has no variable 'NONE'",
            "set and export it",
        ),
        (
            "pkey -passin stdin -noout < e.key",
            "-passin: standard input cannot be both the passphrase and what is read with it",
            "give the passphrase by file:PATH or fd:N: fd:3 3< FILE",
        ),
        (
            "genrsa -aes256 -out x.key",
            "-aes256: needs a passphrase, and khw-cert asks nothing",
            "say where it is: -passout file:PATH, env:NAME or fd:N",
        ),
        (
            "genrsa -passout file:pw -out x.key",
            "-passout: is given without -aes256, so that the key would not be encrypted",
            "say -aes256 too",
        ),
        (
            "genpkey -algorithm ED25519 -pass file:pw -out x.key",
            "-pass: is given without -aes256, so that the key would not be encrypted",
            "say -aes256 too",
        ),
        ("genrsa -des3 -passout file:pw -out x.key", "unknown option '-des3'", cipher),
        ("pkey -in ca.key -aes128 -passout file:pw -out x.key", "unknown option '-aes128'", cipher),
        (
            "ec -in ca.key -aes256 -passout file:pw -out x.key",
            "unknown option '-aes256'",
            "encrypt a key with khw-cert pkey -in FILE -aes256 -passout SOURCE -out NEW",
        ),
        (
            "pkcs8 -topk8 -in ca.key -out x.key",
            "unknown command 'pkcs8'",
            "khw-cert pkey writes PKCS#8, with -aes256 -passout SOURCE under a passphrase",
        ),
        (
            "req -new -newkey rsa:2048 -noenc -passout file:pw -keyout x.key -subj /CN=x",
            "-passout: has no effect on a key that is not encrypted",
            "leave it away, or -noenc and encrypt_key = no",
        ),
        (
            "req -new -key ca.key -passout file:pw -subj /CN=x",
            "-passout: has no effect without -newkey",
            "a key that is there is encrypted by khw-cert pkey -aes256",
        ),
    ] {
        let ran = sandbox.sh(&format!("khw-cert {line}"));
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        ran.refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    assert_eq!(sandbox.names(), before);
}
