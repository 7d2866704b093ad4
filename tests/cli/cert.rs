//! khw-cert: the tutorial's lines beside openssl's.

use crate::cert_refusals::refused;
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

pub(crate) fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// A CA, and the tutorial's configuration, key and request. ECDSA, to be quick.
pub(crate) fn with_request() -> Sandbox {
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
