//! khw-cert beside openssl 3.0: the command lines of the guides and of people who look at certificates.

use harness::{Reference, Sandbox, reference};

fn openssl() -> bool {
    reference(Reference::Openssl).is_some()
}

/// MM's keys and certificates, as doc 04 makes them, and others that are worth looking at.
fn pki() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("node.cnf", NODE);
    sandbox.write("all.cnf", ALL);
    sandbox.write("pw", "secret\n");
    sandbox
        .sh("openssl genrsa -out ca.key 2048
             openssl req -new -key ca.key -subj /CN=KUBERNETES-CA/O=Kubernetes -out ca.csr
             openssl req -x509 -key ca.key -subj /CN=KUBERNETES-CA/O=Kubernetes -days 1000 -out ca.crt
             openssl ecparam -name prime256v1 -genkey -out ec.key
             openssl genpkey -algorithm ED25519 -out ed.key
             openssl req -new -key ec.key -subj /CN=node01 -config node.cnf -out node.csr
             openssl x509 -req -in node.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out node.crt -extensions v3_req -extfile node.cnf -days 90
             openssl req -x509 -key ec.key -config all.cnf -days 90 -utf8 -set_serial 0xFEDCE3010F48FF1234 -out all.crt
             openssl req -x509 -key ed.key -subj /CN=stranger -days 90 -out other.crt
             openssl x509 -in node.crt -outform DER -out node.der
             openssl pkey -in ca.key -aes256 -passout pass:secret -out enc.key
             openssl pkey -in ec.key -pubout -out ec.pub
             openssl pkey -in ca.key -pubout -out ca.pub
             openssl rsa -in ca.key -traditional -out trad.key
             openssl pkey -in ca.key -outform DER -out ca.kder")
        .succeeds();
    sandbox
}

const NODE: &str = "\
[req]
req_extensions = v3_req
distinguished_name = dn
[dn]
[v3_req]
basicConstraints = critical, CA:FALSE
keyUsage = critical, nonRepudiation, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = @alt_names
[alt_names]
DNS.1 = node01
DNS.2 = *.example.com
IP.1 = 192.168.56.21
IP.2 = fe80::1
";

const ALL: &str = r#"
[req]
distinguished_name = dn
x509_extensions = x
prompt = no
[dn]
CN = "a, b"
0.O = wörker
1.O = " #x"
organizationIdentifier = VAT-1
[x]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,digitalSignature,keyCertSign,decipherOnly
extendedKeyUsage = serverAuth,1.2.3.4.5,anyExtendedKeyUsage
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always,issuer:always
subjectAltName = DNS:a,email:a@b,URI:http://x/y,RID:1.2.3.4,dirName:dir,otherName:1.2.3;UTF8:hello,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:upn@x
issuerAltName = issuer:copy
nsCertType = client,server,objCA
nsComment = "hello there"
crlDistributionPoints = c1,c2
authorityInfoAccess = OCSP;URI:http://ocsp,caIssuers;URI:http://ca
certificatePolicies = 1.2.3.4,@pol,2.5.29.32.0
nameConstraints = permitted;DNS:.x.y,excluded;IP:10.0.0.0/255.0.0.0,permitted;email:z
policyConstraints = requireExplicitPolicy:3,inhibitPolicyMapping:1
inhibitAnyPolicy = 2
policyMappings = 1.2.3:1.2.4
tlsfeature = status_request
1.2.3.4.5.6 = ASN1:UTF8String:Some stuff
2.5.29.99 = critical,DER:0102030a0d41
[dir]
C = UK
CN = x/y
[c1]
fullname = URI:http://a,DNS:b
CRLissuer = dirName:dir2
reasons = keyCompromise, CACompromise
[c2]
relativename = dir2
[dir2]
CN = foo
[pol]
policyIdentifier = 1.3.5.8
CPS.1 = "http://my.host/"
userNotice.1 = @notice
[notice]
explicitText = "BMP:Explicit Text Here"
organization = "Organisation Name"
noticeNumbers = 1,2,3,4
"#;

/// Lines whose standard output and whether they succeed are openssl's.
const LINES: &[&str] = &[
    // MM, cert_verify.sh
    "x509 -in ca.crt -text",
    "x509 -in node.crt -text",
    "x509 -noout -modulus -in ca.crt",
    "x509 -noout -modulus -in node.crt",
    "rsa -noout -modulus -in ca.key",
    "x509 -noout -in node.crt",
    "rsa -noout -in ca.key",
    "md5 ca.crt",
    // MM, docs 04, 09 and 10; KTHW, doc 04
    "req -in node.csr -noout -text",
    "req -noout -verify -in node.csr",
    "x509 -in node.crt -noout -text",
    "verify -CAfile ca.crt node.crt",
    "x509 -in ca.crt -pubkey -noout",
    "rsa -pubin -in ca.pub -outform der",
    // each thing that is shown
    "x509 -in node.crt -noout -subject",
    "x509 -in node.crt -noout -issuer",
    "x509 -in node.crt -noout -dates",
    "x509 -in node.crt -noout -startdate",
    "x509 -in node.crt -noout -enddate",
    "x509 -in node.crt -noout -serial",
    "x509 -in node.crt -noout -fingerprint",
    "x509 -in node.crt -noout -fingerprint -sha256",
    "x509 -in node.crt -noout -sha512 -fingerprint",
    "x509 -in node.crt -noout -hash -issuer_hash -next_serial -email -ocsp_uri -alias",
    "x509 -in node.crt -noout -purpose",
    "x509 -in all.crt -noout -purpose -email -ocsp_uri",
    "x509 -in node.crt -noout -ext subjectAltName,keyUsage",
    "x509 -in node.crt -noout -checkend 0",
    "x509 -in node.crt -noout -checkend 99999999",
    "x509 -in node.crt -noout -checkhost node01",
    "x509 -in node.crt -noout -checkhost a.example.com",
    "x509 -in node.crt -noout -checkhost b",
    "x509 -in node.crt -noout -checkip 192.168.56.21",
    "x509 -in node.crt -noout -checkip 192.168.56.22",
    // in the order in which it is asked for
    "x509 -noout -enddate -subject -serial -issuer -startdate -in node.crt",
    "x509 -serial -dates -issuer -subject -in all.crt",
    // every extension
    "x509 -in all.crt -noout -text",
    "x509 -in all.crt -noout -text -certopt no_pubkey,no_sigdump,no_serial",
    "x509 -in other.crt -noout -text",
    // names
    "x509 -in all.crt -noout -subject -nameopt RFC2253",
    "x509 -in all.crt -noout -subject -nameopt multiline",
    "x509 -in all.crt -noout -subject -nameopt compat",
    "x509 -in all.crt -noout -subject -nameopt oneline,-esc_msb",
    "x509 -in all.crt -noout -subject -nameopt utf8,sep_comma_plus",
    "x509 -in all.crt -noout -text -nameopt multiline -certopt no_pubkey,no_sigdump",
    "x509 -in all.crt -noout -text -nameopt compat -certopt no_pubkey,no_sigdump",
    // forms
    "x509 -in node.der -inform DER -noout -subject",
    "x509 -in node.der",
    "x509 -in node.crt -outform DER",
    "req -in node.csr -outform DER",
    "req -in ca.csr -noout -subject -pubkey -modulus -text",
    "req -in node.csr -noout -modulus",
    "req -in node.csr",
    // keys
    "rsa -in trad.key -noout -modulus",
    "rsa -in ca.key -noout -check",
    "rsa -in ca.key -noout -modulus -check",
    "rsa -in ca.key -pubout",
    "rsa -in ca.key",
    "rsa -in trad.key -outform DER",
    "rsa -in ec.key -noout -modulus",
    "rsa -pubin -in ca.pub -noout -text -modulus",
    "pkey -in ca.key -pubout",
    "pkey -in ca.key -pubout -text_pub",
    "pkey -in ec.key -noout -text_pub",
    "pkey -in ed.key -noout -text_pub",
    "pkey -in ed.key -noout -check",
    "pkey -in ec.key",
    "pkey -in ca.kder -inform DER",
    "pkey -pubin -in ec.pub -noout -text",
    "ec -in ec.key -pubout",
    "ec -in ec.key",
    "ec -pubin -in ec.pub -noout -text",
    "ecparam -name prime256v1",
    "ecparam -name secp384r1",
    // keys under a passphrase
    "rsa -in enc.key -passin file:pw -noout -modulus",
    "pkey -in enc.key -passin pass:secret",
    "pkey -in enc.key -passin pass:wrong -noout",
    // what is no certificate
    "x509 -in ca.key -noout -subject",
    "x509 -in missing -noout -subject",
    "req -in ca.crt -noout -text",
    "verify -CAfile ca.crt other.crt",
    "verify -CAfile ca.crt ca.crt node.crt other.crt",
    "verify -CAfile ca.crt -purpose sslserver node.crt",
    "verify -CAfile ca.crt -purpose sslclient node.crt",
    "verify -CAfile ca.crt -verify_hostname node01 node.crt",
    "verify -CAfile ca.crt -verify_hostname node02 node.crt",
    "verify -CAfile ca.crt -verify_ip 192.168.56.21 node.crt",
    "verify -CAfile ca.crt -show_chain node.crt",
    "verify -CAfile ca.crt -attime 4000000000 node.crt",
    "verify -CAfile node.crt -partial_chain node.crt",
    "verify -CAfile node.crt node.crt",
];

/// Lines with another result than openssl's, and why that is meant.
const DIFFERENT: &[(&str, &str)] = &[
    ("pkey -in ca.key -noout -text", "openssl shows the private numbers; khw-cert shows what is public"),
    ("rsa -in ca.key -noout -text", "the same"),
    ("ec -in ec.key -noout -text", "the same"),
    ("ec -in ca.key -noout", "openssl succeeds with an RSA key; khw-cert says what it is"),
    ("x509 -in ca.crt -noout -days 5", "openssl ignores -days there; khw-cert refuses what has no effect"),
    ("req -in ca.csr -noout -text -subj /CN=x", "openssl changes what it shows; khw-cert does so only with -new"),
    ("pkey -in ca.key -outform DER", "openssl writes PKCS#1 there, and PKCS#8 in PEM; khw-cert writes PKCS#8 in both"),
];

#[test]
fn what_is_shown_is_openssls() {
    if !openssl() {
        return;
    }
    assert!(LINES.len() >= 60);
    let sandbox = pki();
    for line in LINES {
        // pipefail hands the tool's status on.
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line} | od -c")));
        assert_eq!(ours.stdout, theirs.stdout, "{line}\n{}", ours.stderr);
        assert_eq!(ours.status == 0, theirs.status == 0, "{line}: {}\n{}", ours.status, ours.stderr);
    }
    for (line, why) in DIFFERENT {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")));
        assert_ne!((theirs.stdout, theirs.status), (ours.stdout, ours.status), "no difference any more: {line}: {why}");
    }
    // Standard input, and what is said on standard error by verify.
    for line in [
        "x509 -noout -subject -enddate < node.crt",
        "req -noout -text < node.csr",
        "rsa -noout -modulus < ca.key",
        "md5 < ca.key",
        "verify -CAfile ca.crt < node.crt",
        "pkey -pubin -noout -text < ec.pub",
    ] {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")));
        assert_eq!((ours.stdout, ours.status), (theirs.stdout, theirs.status), "{line}");
    }
    for line in [
        "verify -CAfile ca.crt other.crt",
        "verify -CAfile ca.crt -attime 4000000000 node.crt",
        "verify -CAfile ca.crt -purpose sslclient node.crt",
    ] {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| sandbox.sh(&format!("{tool} {line}")));
        assert_eq!((ours.stderr, ours.status), (theirs.stderr, theirs.status), "{line}");
    }
}

/// What people write beside the guides' lines.
#[test]
fn keys_and_self_signed_certificates_are_openssls() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("two.cnf", TWO);
    let lines = |tool: &str| {
        format!(
            r#"mkdir {tool}; cd {tool}
            T req -x509 -newkey rsa:2048 -nodes -keyout one.key -days 90 -subj /CN=one -addext "subjectAltName = DNS:one,IP:1.2.3.4" -out one.crt
            T req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout two.key -days 90 -config ../two.cnf -section two -out two.crt
            T genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out three.key
            T genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out four.key
            T genpkey -algorithm ED25519 -out five.key
            T ecparam -name prime256v1 -genkey -noout -out six.key"#
        )
        .replace("T ", &format!("{tool} "))
    };
    for tool in ["openssl", "khw-cert"] {
        sandbox.sh(&lines(tool)).succeeds();
    }
    for file in ["one", "two"] {
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| {
            let line = "openssl x509 -noout -text -certopt no_pubkey,no_serial,no_sigdump,no_validity";
            let text = sandbox.sh(&format!("{line} -in {tool}/{file}.crt")).ok();
            // Key identifiers belong to the key, and serial numbers are random.
            let of_its_own = |line: &str| {
                let line = line.trim().trim_start_matches("keyid:").trim_start_matches("serial:");
                line.matches(':').count() >= 18 && line.chars().all(|c| c == ':' || c.is_ascii_hexdigit())
            };
            text.lines().filter(|line| !of_its_own(line)).map(|l| format!("{l}\n")).collect::<String>()
        });
        assert_eq!(ours, theirs, "{file}");
    }
    sandbox
        .sh("cd khw-cert; for k in one two three four five six; do
             openssl pkey -noout -check -in $k.key; test $(stat -c %a $k.key) = 600; done")
        .ok();
}

/// A configuration with what the guides do not use: variables, continued lines, long names, other kinds of names.
const TWO: &str = "\
[names]
domain = cluster.local
organization = Kubernetes

[two]
distinguished_name = two_dn
prompt = no
x509_extensions = two_x
[two_dn]
CN = two.${names::domain}
O = $names::organization
[two_x]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = Digital Signature, cRLSign, \\
  keyCertSign
extendedKeyUsage = TLS Web Server Authentication, 1.2.3.4
authorityKeyIdentifier = keyid:always, issuer:always
subjectAltName = otherName:1.2.3.4;UTF8:some text, dirName:two_name, RID:1.2.3, URI:https://x/y
[two_name]
CN = two
0.OU = a
+OU = b
";

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert req -new -key ca.key -subj /CN=x -out x.csr").succeeds();
    let before = sandbox.names();
    for (line, what, hint) in [
        ("verify ca.crt", "missing: -CAfile FILE", "name the CA's certificate: -CAfile ca.crt"),
        (
            "req -x509 -newkey rsa:2048 -keyout k -subj /CN=x -out c",
            "-newkey: the new key would need a passphrase, and khw-cert asks nothing",
            "say -noenc (or -nodes): no component of Kubernetes can ask for one; or -passout file:PATH",
        ),
        (
            "req -new -newkey dsa -nodes -keyout k -subj /CN=x",
            "-newkey: 'dsa' is not a kind of key that is made",
            "it is one of RSA, EC, ED25519",
        ),
        (
            "req -new -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=x",
            "ca.key: is already there and is not overwritten",
            "move it away, or say --force if it is of no use any more",
        ),
        (
            "req -new -key ca.key -subj /CN=x -addext 'subjectAltName = IP:a'",
            "-addext: subjectAltName: 'a' is not an IP address",
            "write it as 192.168.5.21, or a name as DNS",
        ),
        (
            "ecparam -name secp256k1 -genkey",
            "-name: no key is made on the curve 'secp256k1'",
            "it is one of prime256v1 (P-256), secp384r1 (P-384)",
        ),
        (
            "ec -in ca.key -noout -inform DER",
            "ca.key: is not a private key in DER",
            "leave -inform away, or say -inform PEM",
        ),
        (
            "rsa -in ca.key -noout -modulus",
            "ca.key: is not an RSA key, but ECDSA P-256",
            "use khw-cert pkey, which takes any kind",
        ),
        (
            "x509 -in x.csr -noout -subject",
            "x.csr: is a certificate request, not a certificate",
            "sign it first: khw-cert x509 -req",
        ),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    assert_eq!(sandbox.names(), before);
    // A private key is not shown on a terminal.
    let ran = sandbox.sh("script -qec 'khw-cert pkey -in ca.key' /dev/null </dev/null || true");
    assert!(!ran.stdout.contains("BEGIN"), "{}", ran.stdout);
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        among[(self.0 >> 33) as usize % among.len()]
    }
}

/// Whatever the names, the keys and the CA, openssl accepts the certificate.
#[test]
fn any_names_and_keys_give_a_certificate_that_openssl_accepts() {
    if !openssl() {
        return;
    }
    let sandbox = Sandbox::new();
    const TYPES: [&str; 5] = ["rsa:2048", "ecdsa:p256", "ecdsa:p384", "ed25519", "rsa:3072"];
    for (at, kind) in TYPES.iter().enumerate() {
        sandbox.sh(&format!("khw-cert ca --key-type {kind} && mv ca.key {at}.key && rm ca.crt")).succeeds();
    }
    let mut dice = Dice(7);
    for case in 0..16 {
        let mask = dice.pick(&["utf8only", "nombstr", "pkix", "default", "MASK:0x800", "MASK:0x100"]);
        let parts = [
            "/CN=root",
            "/O=Kubernetes",
            "/O=wörker",
            "/OU=a+L=b",
            "/C=DE",
            "/CN=two/CN=names",
            "/DC=org/DC=example",
            "/CN=a, \"b\"",
            "/O= x ",
            "/emailAddress=a@b.example",
        ];
        let subject: String = (0..4).map(|_| dice.pick(&parts)).collect();
        let leaf: String = (0..3).map(|_| dice.pick(&parts)).collect();
        let (ca_key, key) = (dice.pick(&["0", "1", "2", "3", "4"]), dice.pick(&["0", "1", "2", "3", "4"]));
        let names = [
            "DNS:worker-1",
            "IP:10.0.0.1",
            "IP:fe80::1",
            "DNS:*.example.com",
            "URI:https://x/y",
            "email:a@b.example",
            "RID:1.2.3",
            "dirName:dn",
            "otherName:1.2.3;UTF8:ü",
        ];
        let names: Vec<&str> = (0..3).map(|_| dice.pick(&names)).collect();
        sandbox.write("ca.cnf", format!("[req]\ndistinguished_name=dn\nstring_mask={mask}\nx509_extensions=x\n[dn]\n[x]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"));
        sandbox.write("leaf.cnf", format!("[x]\nsubjectAltName={}\n[dn]\nCN=x/y\nO=z\n", names.join(",")));
        let line = format!(
            "openssl req -x509 -utf8 -new -key {ca_key}.key -config ca.cnf -subj '{subject}' -days 90 -out ca.crt
             khw-cert req -new -key {key}.key -subj '{leaf}' -out x.csr
             khw-cert x509 -req -in x.csr -CA ca.crt -CAkey {ca_key}.key -extfile leaf.cnf -extensions x -out x.crt -days 9
             openssl verify -x509_strict -CAfile ca.crt x.crt
             khw-cert verify -CAfile ca.crt x.crt"
        );
        let ran = sandbox.sh(&line);
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "x.crt: OK\nx.crt: OK\n"), "{case}: {line}\n{}", ran.stderr);
        let [theirs, ours] = ["openssl", "khw-cert"].map(|tool| {
            sandbox.sh(&format!("{tool} x509 -noout -text -in x.crt; {tool} x509 -noout -hash -text -in ca.crt")).ok()
        });
        assert_eq!(ours, theirs, "{case}: {line}");
    }
}
