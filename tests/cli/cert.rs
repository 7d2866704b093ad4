//! khw-cert: the tutorial's lines beside openssl's, its own words, and what it refuses.

use harness::{Reference, Sandbox, reference};
use x509_parser::prelude::{FromDer, X509Certificate, parse_x509_pem};

/// The tutorial's configuration, character by character.
const CNF: &str = "\
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = @alt_names
[alt_names]
DNS.1 = worker-1
IP.1 = 192.168.5.21
";

const REQ: &str = r#"req -new -key worker-1.key -subj "/CN=system:node:worker-1/O=system:nodes""#;
const SIGN: &str = "x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out worker-1.crt \
                    -extensions v3_req -extfile openssl-worker-1.cnf -days 1000";
const SAID: &str = "Certificate request self-signature ok\nsubject=CN = system:node:worker-1, O = system:nodes\n";

/// All that openssl shows of a certificate, less what differs from one signing to the next.
const SHOW: &str = "openssl x509 -noout -text -certopt no_serial,no_validity,no_sigdump -in";

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// A CA, and the tutorial's configuration, key and request. ECDSA, to be quick.
fn with_request() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("openssl-worker-1.cnf", CNF);
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256 && khw-cert ca -d . --cn other --key-type ecdsa:p256 --force")
        .succeeds();
    sandbox.sh("mv ca.crt other.crt; mv ca.key other.key; khw-cert ca --key-type ecdsa:p256").succeeds();
    sandbox.sh("mkdir k; khw-cert ca -d k --key-type ecdsa:p256; mv k/ca.key worker-1.key; rm -r k").succeeds();
    sandbox.sh(&format!("khw-cert {REQ} -out worker-1.csr -config openssl-worker-1.cnf")).ok();
    sandbox
}

/// The subject of a certificate and its issuer, byte for byte.
fn names(sandbox: &Sandbox, file: &str) -> (Vec<u8>, Vec<u8>) {
    let text = sandbox.read(file);
    let (_, pem) = parse_x509_pem(text.as_bytes()).expect("PEM");
    let (_, parsed) = X509Certificate::from_der(&pem.contents).expect("a certificate");
    (parsed.subject().as_raw().to_vec(), parsed.issuer().as_raw().to_vec())
}

/// A refused line leaves the directory as it was.
#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, what: &str, hint: &str) {
    let before = sandbox.names();
    sandbox.sh(line).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    assert_eq!(sandbox.names(), before, "{line}");
}

// ---- the tutorial's three lines

#[test]
fn the_tutorials_lines_give_openssls_certificate() {
    if !openssl() {
        return;
    }
    for key in ["genrsa -out worker-1.key 2048", "ecparam -name prime256v1 -genkey -noout -out worker-1.key"] {
        let sandbox = Sandbox::new();
        sandbox.write("openssl-worker-1.cnf", CNF);
        sandbox
            .sh("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3000 \
                 -subj /CN=KUBERNETES-CA/O=Kubernetes")
            .succeeds();
        let tool = if key.starts_with("genrsa") { "khw-cert" } else { "openssl" };
        sandbox.sh(&format!("{tool} {key}")).ok();

        sandbox.sh(&format!("openssl {REQ} -out worker-1.csr -config openssl-worker-1.cnf")).ok();
        sandbox.sh("openssl req -noout -text -reqopt no_sigdump -in worker-1.csr > openssl.request").ok();
        sandbox.sh(&format!("openssl {SIGN}")).says(SAID);
        sandbox.sh(&format!("{SHOW} worker-1.crt > openssl.text; rm worker-1.crt ca.srl")).ok();

        // openssl's CA signs khw's request, openssl signs khw's request, khw signs openssl's.
        sandbox.sh(&format!("khw-cert {SIGN}")).says(SAID);
        sandbox.sh(&format!("{SHOW} worker-1.crt | diff openssl.text -")).ok();
        sandbox.sh(&format!("khw-cert {REQ} -out worker-1.csr -config openssl-worker-1.cnf")).ok();
        sandbox.sh("openssl req -noout -text -reqopt no_sigdump -in worker-1.csr | diff openssl.request -").ok();
        sandbox
            .sh("openssl req -verify -noout -in worker-1.csr")
            .says("Certificate request self-signature verify OK\n");
        for signer in ["openssl", "khw-cert"] {
            sandbox.sh(&format!("{signer} {SIGN}")).says(SAID);
            sandbox.sh(&format!("{SHOW} worker-1.crt | diff openssl.text -")).ok();
            sandbox.sh("openssl verify -CAfile ca.crt worker-1.crt").ok();
        }
        let days = "date() { command date -ud \"$(openssl x509 -noout -$1 -in worker-1.crt | cut -d= -f2)\" +%s; }
                    echo $(( ($(date enddate) - $(date startdate)) / 86400 )) $(( ($(command date +%s) - $(date startdate)) / 60 ))";
        assert_eq!(sandbox.sh(days).ok(), "1000 0\n");
    }
}

#[test]
fn requests_are_openssls_byte_for_byte() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("n.cnf", CNF);
    // RSA signatures are the same each time.
    sandbox.sh("khw-cert genrsa -out worker-1.key").ok();
    let compare = |options: &str| {
        sandbox
            .sh(&format!(
                "openssl req -new -key worker-1.key {options} -out a && khw-cert req -new -key worker-1.key {options} -out b && cmp a b"
            ))
            .ok();
    };
    for subject in [
        "/CN=system:node:worker-1/O=system:nodes",
        "/C=US/ST=Washington/L=Seattle/CN=admin/O=system:masters",
        "/O=system:masters/O=extra/CN=x",
        "/O=a,/CN=b",
        r"/CN=a\/b\\c/O=d\+e",
        "/CN=a+O=b+C=DE/OU=c",
        "/O=b+CN=a",
        "/DC=org/DC=example/UID=1/emailAddress=a@b.example/serialNumber=7/SN=s/GN=g/title=t/street=x",
        "/commonName=long/organizationName=names",
        "/CN=trailing/",
        "/",
    ] {
        compare(&format!("-config n.cnf -subj '{subject}'"));
    }
    compare("-config n.cnf -utf8 -subj '/CN=wörker/O=日本'");
    compare("-config n.cnf -subj /CN=x -sha384");
    compare("-config n.cnf -subj /CN=x -sha512 -nodes -batch");
    for extensions in [
        "subjectAltName = DNS:a, DNS:*.b, IP:1.2.3.4, IP:fe80::1, email:a@b.example, URI:https://x/y",
        "basicConstraints = critical,CA:TRUE,pathlen:1\nkeyUsage = critical, cRLSign, keyCertSign, decipherOnly",
        "extendedKeyUsage = serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning, 1.2.3.4",
        "subjectKeyIdentifier = hash\nnsCertType = client, server\nnsComment = \"a, 'comment' # of its own\"",
        "basicConstraints = critical, \\\n  CA:false # no\nkeyUsage = critical,  digitalSignature",
        "subjectKeyIdentifier = 01:ab:CD",
    ] {
        sandbox
            .write("e.cnf", format!("[req]\ndistinguished_name = dn\nreq_extensions = e\n[dn]\n[e]\n{extensions}\n"));
        compare("-config e.cnf -subj /CN=x");
        compare("-config n.cnf -subj /CN=x");
        compare("-config e.cnf -subj /CN=x -reqexts e");
    }
    // KTHW's way: the names from the file, other main sections.
    sandbox.write(
        "k.cnf",
        "[req]\ndistinguished_name = dn\nprompt = no\ndefault_md = sha256\ndefault_bits = 2048\nencrypt_key = no\n\
         string_mask = utf8only\n[dn]\nC = US\nO = Kubernetes\n0.OU = a\n1.OU = b/c+d\nCN = CA\n\
         [admin]\ndistinguished_name = admin_dn\nprompt = no\nreq_extensions = e\n[admin_dn]\nCN = admin\nO = system:masters\n\
         [e]\nextendedKeyUsage = clientAuth\nnsComment = \"Admin Client Certificate\"\n",
    );
    compare("-config k.cnf");
    compare("-config k.cnf -section admin");
}

#[test]
fn certificates_are_openssls_in_other_cases() {
    if !openssl() {
        return;
    }
    let sandbox = with_request();
    sandbox.write("e.cnf", "subjectAltName = DNS:default.section\n");
    sandbox.write("f.cnf", "extensions = f\n[f]\nauthorityKeyIdentifier = keyid:always, issuer:always\n[empty]\n");
    sandbox.write("g.cnf", "[a]\nkeyUsage = digitalSignature\nsubjectKeyIdentifier = none\n[b]\nauthorityKeyIdentifier = none\n[c]\nauthorityKeyIdentifier=issuer\n");
    // MM's CA as openssl makes it: version 1, without any extension or key identifier.
    sandbox.sh("khw-cert req -new -key ca.key -subj /CN=KUBERNETES-CA/O=Kubernetes -out ca.csr").ok();
    sandbox.sh("openssl x509 -req -in ca.csr -signkey ca.key -CAcreateserial -out v1.crt -days 1000").succeeds();
    sandbox.sh(&format!("{SHOW} v1.crt | grep -q 'Version: 1'")).ok();
    for ca in ["ca.crt", "v1.crt"] {
        for options in [
            "",
            "-extfile e.cnf",
            "-extfile f.cnf",
            "-extfile f.cnf -extensions empty",
            "-extfile g.cnf -extensions a",
            "-extfile g.cnf -extensions b",
            "-extfile g.cnf -extensions c",
            "-copy_extensions copy",
            "-extfile e.cnf -copy_extensions copy",
        ] {
            if ca == "v1.crt" && options == "-extfile f.cnf" {
                continue; // keyid:always, and the CA has none: both refuse.
            }
            if ["", "-extfile f.cnf -extensions empty"].contains(&options) {
                continue; // openssl makes a certificate of version 1: see cert_openssl.rs.
            }
            let line = format!("x509 -req -in worker-1.csr -CA {ca} -CAkey ca.key {options}");
            sandbox.sh(&format!("openssl {line} -out o.crt -days 90 && {SHOW} o.crt > o")).succeeds();
            sandbox.sh(&format!("khw-cert {line} -out k.crt -days 90")).says(SAID);
            sandbox.sh(&format!("{SHOW} k.crt | diff o -")).ok();
            sandbox.sh(&format!("openssl verify -CAfile {ca} k.crt")).ok();
        }
    }
    // A self-signed certificate in one line: KTHW's CA, the system's configuration, none at all.
    sandbox.write(
        "ca.conf",
        "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = x\n[x]\nbasicConstraints = CA:TRUE\n\
         keyUsage = cRLSign, keyCertSign\n[dn]\nC = US\nST = Washington\nL = Seattle\nCN = CA\n",
    );
    for options in ["-sha256 -noenc -config ca.conf", "-subj /CN=CA -config /etc/ssl/openssl.cnf", "-subj /CN=CA"] {
        let line = format!("req -x509 -new -key ca.key -days 3653 {options}");
        sandbox.sh(&format!("openssl {line} -out o.crt && {SHOW} o.crt > o && khw-cert {line} -out k.crt")).ok();
        sandbox.sh(&format!("{SHOW} k.crt | diff o -")).ok();
    }
}

#[test]
fn the_issuer_is_the_cas_subject_byte_for_byte() {
    if !openssl() {
        return;
    }
    let sandbox = with_request();
    for (mask, subject) in [
        ("utf8only", "/CN=KUBERNETES-CA/O=Kubernetes"),
        ("nombstr", "/CN=KUBERNETES-CA/O=Kubernetes"),
        ("pkix", "/CN=wörker/O=Kubernetes"),
        ("MASK:0x800", "/CN=BMP/O=ünïcode"),
        ("MASK:0x4", "/CN=T61/O=ünï"),
        ("MASK:0x100", "/CN=universal"),
        ("utf8only", "/O=a/O=b/OU=c/OU=d/CN=two of a kind/DC=org/DC=example"),
        ("nombstr", "/CN=joined+O=names+OU=x/emailAddress=a@b.example"),
        ("utf8only", "/"),
    ] {
        let config = format!(
            "[req]\ndistinguished_name = dn\nstring_mask = {mask}\nx509_extensions = x\n[dn]\n[x]\nbasicConstraints = CA:TRUE\n"
        );
        sandbox.write("mask.cnf", config);
        sandbox
            .sh(&format!(
                "openssl req -x509 -utf8 -new -key ca.key -config mask.cnf -subj '{subject}' -days 900 -out m.crt"
            ))
            .ok();
        sandbox.sh("khw-cert x509 -req -in worker-1.csr -CA m.crt -CAkey ca.key -out worker-1.crt").says(SAID);
        assert_eq!(names(&sandbox, "worker-1.crt").1, names(&sandbox, "m.crt").0, "{mask} {subject}");
        sandbox.sh("openssl verify -CAfile m.crt worker-1.crt").ok();
        sandbox.sh("khw-cert node n --ca m.crt --ca-key ca.key --days 9 --key-type ecdsa:p256 --force").succeeds();
        assert_eq!(names(&sandbox, "n.crt").1, names(&sandbox, "m.crt").0, "{mask} {subject}");
        // The subject of a request as well.
        sandbox
            .sh(&format!("openssl req -new -utf8 -key worker-1.key -config mask.cnf -subj '{subject}' -out s.csr"))
            .ok();
        sandbox.sh("khw-cert x509 -req -in s.csr -CA ca.crt -CAkey ca.key -out s.crt").succeeds();
        sandbox.sh("openssl x509 -req -in s.csr -CA ca.crt -CAkey ca.key -out t.crt").succeeds();
        assert_eq!(names(&sandbox, "s.crt").0, names(&sandbox, "t.crt").0, "{mask} {subject}");
        let said =
            |tool: &str| sandbox.sh(&format!("{tool} x509 -req -in s.csr -CA ca.crt -CAkey ca.key -out t.crt")).stderr;
        assert_eq!(said("khw-cert"), said("openssl"));
    }
}

#[test]
fn the_serial_file_is_openssls() {
    let sandbox = with_request();
    let serial = |file: &str| {
        let text = sandbox.read(file);
        let (_, pem) = parse_x509_pem(text.as_bytes()).expect("PEM");
        let (_, parsed) = X509Certificate::from_der(&pem.contents).expect("a certificate");
        parsed.raw_serial().iter().map(|b| format!("{b:02X}")).collect::<String>()
    };
    sandbox.sh(&format!("khw-cert {SIGN}")).says(SAID);
    let first = sandbox.read("ca.srl");
    assert_eq!((first.len(), first.trim_end()), (41, serial("worker-1.crt").as_str()));
    // It counts up, also for openssl and without -CAcreateserial.
    sandbox.write("ca.srl", "00FE\n");
    sandbox.sh(&format!("khw-cert {SIGN}")).says(SAID);
    assert_eq!((sandbox.read("ca.srl").as_str(), serial("worker-1.crt").as_str()), ("FF\n", "00FF"));
    let without = SIGN.replace("-CAcreateserial", "");
    sandbox.sh(&format!("khw-cert {without}")).says(SAID);
    assert_eq!(sandbox.read("ca.srl"), "0100\n");
    if openssl() {
        sandbox.sh(&format!("openssl {SIGN}")).says(SAID);
        assert_eq!(sandbox.read("ca.srl"), "0101\n");
    }
    // Without a file it is random and stays in the certificate.
    sandbox.sh(&format!("rm ca.srl; khw-cert {without}")).says(SAID);
    assert!(!sandbox.has("ca.srl") && serial("worker-1.crt").len() == 40);
    sandbox.sh(&format!("khw-cert {without} -CAserial my.srl -CAcreateserial")).says(SAID);
    assert_eq!(sandbox.read("my.srl").trim_end(), serial("worker-1.crt"));
    sandbox.sh(&format!("khw-cert {without} -set_serial 0x1234")).says(SAID);
    assert_eq!(serial("worker-1.crt"), "1234");
}

#[test]
fn many_signings_at_once_have_many_serials() {
    let sandbox = with_request();
    let line = "khw-cert x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $i.crt";
    sandbox.sh(&format!("for i in $(seq 50); do {line} 2>$i.err & done; for j in $(jobs -p); do wait $j; done")).ok();
    let serials: std::collections::BTreeSet<_> = (1..=50)
        .map(|i| {
            let text = sandbox.read(format!("{i}.crt"));
            let (_, pem) = parse_x509_pem(text.as_bytes()).expect("PEM");
            X509Certificate::from_der(&pem.contents).expect("a certificate").1.raw_serial_as_string()
        })
        .collect();
    assert_eq!(serials.len(), 50);
    let last = serials.last().expect("one").replace(':', "").to_uppercase();
    assert_eq!(sandbox.read("ca.srl").trim_end(), last);
}

#[test]
fn options_stand_in_any_order_and_standard_streams_work() {
    let sandbox = with_request();
    sandbox.sh("khw-cert genrsa 2048 -out a.key && khw-cert genrsa --out b.key && khw-cert genrsa > c.key").ok();
    let piped = "khw-cert req -config openssl-worker-1.cnf -subj /CN=x -key - -new < worker-1.key |
                 khw-cert x509 -CAkey ca.key -days 5 -CA ca.crt -extfile openssl-worker-1.cnf -extensions v3_req -req > x.crt";
    sandbox.sh(piped).says("Certificate request self-signature ok\nsubject=CN = x\n");
    assert!(sandbox.read("x.crt").starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(sandbox.read("c.key").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(sandbox.sh("khw-cert req -help | head -1").ok(), "Make a certificate request, as `openssl req -new`.\n");
}

#[test]
fn a_certificate_that_outlives_its_ca_is_a_warning_for_the_tutorials_words() {
    let sandbox = with_request();
    sandbox.sh("khw-cert ca --days 100 --key-type ecdsa:p256 --force").succeeds();
    let ran = sandbox.sh(&format!("khw-cert {SIGN}"));
    let (warning, rest) = ran.stderr.split_once('\n').expect("a line");
    assert!(warning.starts_with("khw-cert: warning: ca.crt: the certificate would expire on 20"), "{warning}");
    assert!(warning.ends_with(": use 99 days or fewer, or make a new CA"), "{warning}");
    assert_eq!((ran.status, rest), (0, SAID));
}

// ---- keys

#[test]
fn keys_of_every_format_sign() {
    if !openssl() {
        return;
    }
    let sandbox = with_request();
    sandbox.write("default.cnf", "[req]\ndefault_md = sha256\nprompt = no\ndistinguished_name = dn\n[dn]\nCN = x\n");
    for make in [
        "openssl genrsa -out k 2048",
        "openssl genrsa -traditional -out k 2048",
        "openssl genrsa -out k 3072",
        "openssl ecparam -name prime256v1 -genkey -out k",
        "openssl ecparam -name secp384r1 -genkey -noout -out k",
        "openssl ecparam -name secp521r1 -genkey -out k",
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out k",
        "openssl ecparam -name prime256v1 -genkey -noout | openssl ec -no_public -out k",
        "openssl genpkey -algorithm ED25519 -out k",
        "khw-cert client admin --key-type ed25519 --force; mv admin.key k",
        "khw-cert client admin --key-type ecdsa:p384 --force; mv admin.key k",
        "khw-cert client admin --key-type rsa:3072 --force; mv admin.key k",
    ] {
        sandbox.sh(&format!("rm -f k; {make}")).succeeds();
        sandbox.sh("openssl pkey -in k -noout && khw-cert req -new -key k -config default.cnf -out x.csr").ok();
        sandbox.sh("openssl req -verify -noout -in x.csr").says("Certificate request self-signature verify OK\n");
        sandbox.sh("openssl req -new -key k -subj /CN=x -config openssl-worker-1.cnf -out x.csr").ok();
        sandbox.sh("khw-cert x509 -req -in x.csr -CA ca.crt -CAkey ca.key -out x.crt").succeeds();
        sandbox.sh("openssl verify -CAfile ca.crt x.crt").ok();
        // And as the key of a CA.
        sandbox.sh("khw-cert req -x509 -key k -subj /CN=other-ca -days 900 -out o.crt").ok();
        sandbox.sh("khw-cert x509 -req -in worker-1.csr -CA o.crt -CAkey k -out y.crt").succeeds();
        sandbox.sh("openssl verify -CAfile o.crt o.crt y.crt").ok();
    }
}

#[test]
fn keys_have_mode_0600_under_any_umask_and_are_not_overwritten() {
    let sandbox = with_request();
    for umask in ["000", "022", "077", "0277"] {
        sandbox.sh(&format!("umask {umask}; rm -f a.key; khw-cert genrsa -out a.key")).ok();
        assert_eq!(sandbox.mode("a.key"), 0o600, "{umask}");
        sandbox.sh(&format!("umask {umask}; khw-cert node w --key-type ecdsa:p256 --force")).succeeds();
        assert_eq!(sandbox.mode("w.key"), 0o600, "{umask}");
    }
    sandbox.sh("umask 022; khw-cert client admin --key-type ecdsa:p256").succeeds();
    assert_eq!(sandbox.mode("admin.crt"), 0o644);
    let (key, certificate) = (sandbox.read("a.key"), sandbox.read("w.crt"));
    let hint = "move it away, or say --force if it is of no use any more";
    refused(&sandbox, "khw-cert genrsa -out a.key", "a.key: is already there and is not overwritten", hint);
    refused(&sandbox, "khw-cert node w", "w.key: is already there and is not overwritten", hint);
    refused(
        &sandbox,
        "rm w.key; touch w.key; rm w.key; ln -s x w.key; khw-cert node w",
        "w.key: is already there and is not overwritten",
        hint,
    );
    refused(&sandbox, "khw-cert ca", "ca.key: is already there and is not overwritten", hint);
    assert_eq!((sandbox.read("a.key"), sandbox.read("w.crt")), (key.clone(), certificate));
    sandbox.sh("khw-cert genrsa -out a.key -force").ok();
    assert_ne!(sandbox.read("a.key"), key);
}

// ---- its own words

#[test]
fn a_node_in_one_step() {
    let sandbox = Sandbox::new();
    let said = sandbox.sh("khw-cert ca").stderr;
    assert!(
        said.starts_with("khw-cert: ca.key: written, mode 0600\nkhw-cert: ca.crt: written, valid until 20"),
        "{said}"
    );
    let said = sandbox.sh("khw-cert node worker-1 192.168.5.21 worker-1.example.com worker-1 ::1").stderr;
    assert!(
        said.starts_with("khw-cert: worker-1.key: written, mode 0600\nkhw-cert: worker-1.crt: written, valid"),
        "{said}"
    );
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "worker-1.crt", "worker-1.key"]);
    if !openssl() {
        return;
    }
    let text = sandbox.sh("openssl x509 -noout -text -certopt no_pubkey,no_sigdump,no_serial -in worker-1.crt").ok();
    for line in [
        "Version: 3 (0x2)",
        "Issuer: CN = KUBERNETES-CA, O = Kubernetes",
        "Subject: CN = system:node:worker-1, O = system:nodes",
        "X509v3 Basic Constraints: critical\n                CA:FALSE\n",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n",
        "X509v3 Extended Key Usage: \n                TLS Web Server Authentication, TLS Web Client Authentication\n",
        "X509v3 Subject Alternative Name: \n                DNS:worker-1, IP Address:192.168.5.21, \
         DNS:worker-1.example.com, IP Address:0:0:0:0:0:0:0:1\n",
        "X509v3 Subject Key Identifier: \n",
        "X509v3 Authority Key Identifier: \n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let text = sandbox.sh("openssl x509 -noout -text -certopt no_pubkey,no_sigdump,no_serial -in ca.crt").ok();
    for line in [
        "Subject: CN = KUBERNETES-CA, O = Kubernetes",
        "X509v3 Basic Constraints: critical\n                CA:TRUE\n",
        "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let days = "for f in ca worker-1; do
                  date() { command date -ud \"$(openssl x509 -noout -$1 -in $f.crt | cut -d= -f2)\" +%s; }
                  echo $(( ($(date enddate) - $(date startdate)) / 86400 )) $(( ($(date enddate) - $(date startdate)) % 86400 ))
                done";
    // Five minutes of 300 seconds before the whole days, less when the CA is younger than that.
    let days = sandbox.sh(days).ok();
    assert!(days.starts_with("3650 300\n1000 "), "{days}");
    sandbox
        .sh("openssl verify -x509_strict -purpose sslserver -verify_hostname worker-1 -CAfile ca.crt worker-1.crt")
        .ok();
    sandbox.sh("openssl verify -purpose sslserver -verify_ip 192.168.5.21 -CAfile ca.crt worker-1.crt").ok();
    sandbox.sh("openssl verify -purpose sslclient -CAfile ca.crt worker-1.crt").ok();
    sandbox.sh("diff <(openssl x509 -noout -pubkey -in worker-1.crt) <(openssl pkey -pubout -in worker-1.key)").ok();
}

#[test]
fn every_client_has_its_name_and_group() {
    let sandbox = with_request();
    for (role, subject) in [
        ("kube-proxy", "CN = system:kube-proxy, O = system:node-proxier"),
        ("kube-scheduler", "CN = system:kube-scheduler, O = system:kube-scheduler"),
        ("kube-controller-manager", "CN = system:kube-controller-manager, O = system:kube-controller-manager"),
        ("admin", "CN = admin, O = system:masters"),
        ("apiserver-kubelet-client", "CN = kube-apiserver-kubelet-client, O = system:masters"),
    ] {
        sandbox.sh(&format!("khw-cert client {role} --key-type ecdsa:p256")).succeeds();
        if openssl() {
            let shown = sandbox.sh(&format!("openssl x509 -noout -subject -in {role}.crt")).ok();
            assert_eq!(shown, format!("subject={subject}\n"));
            sandbox.sh(&format!("openssl verify -purpose sslclient -CAfile ca.crt {role}.crt")).ok();
            assert_eq!(sandbox.sh(&format!("openssl verify -purpose sslserver -CAfile ca.crt {role}.crt")).status, 2);
        }
    }
}

#[test]
fn files_go_beside_the_ca_or_where_they_are_told() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir pki out; khw-cert ca -d pki --key-type ecdsa:p256").succeeds();
    sandbox.sh("khw-cert node a --ca pki/ca.crt --key-type ecdsa:p256").succeeds();
    sandbox.sh("khw-cert node b --ca pki/ca.crt --key-type ecdsa:p256 -d out").succeeds();
    assert!(
        sandbox.has("pki/a.key") && sandbox.has("pki/a.crt") && sandbox.has("out/b.key") && sandbox.has("out/b.crt")
    );
    // The same number of days is not refused for the second between the two.
    sandbox.sh("khw-cert node c --ca pki/ca.crt --days 3650 -d out").succeeds();
}

// ---- what is refused

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
