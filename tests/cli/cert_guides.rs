//! MM's docs 04 and 10 with its cert_verify.sh, and KTHW's docs 04 with all of its ca.conf: every openssl line, run by
//! openssl and by khw-cert, with the same result.

use harness::{Reference, Sandbox, reference};

const TOOLS: [&str; 2] = ["openssl", "khw-cert"];

/// A directory for each tool, with the same two keys in both, so that key identifiers can be compared too. Each identity has
/// a copy of `leaf.key`: that both tools make RSA keys with `genrsa` is shown once for each guide.
fn directories() -> Option<Sandbox> {
    reference(Reference::Openssl)?;
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir openssl khw-cert; openssl genrsa -out ca.key 2048; openssl genrsa -out leaf.key 2048").succeeds();
    Some(sandbox)
}

/// Runs a script by each tool, which is `T` in it, in its directory.
fn run(sandbox: &Sandbox, script: &str) {
    for tool in TOOLS {
        sandbox.sh(&format!("T() {{ {tool} \"$@\"; }}; cd {tool}\n{script}")).succeeds();
    }
}

/// All of a certificate that is not random.
fn text(sandbox: &Sandbox, file: &str) -> [String; 2] {
    let show = "openssl x509 -noout -text -certopt no_serial,no_sigdump,no_validity -in";
    TOOLS.map(|tool| sandbox.sh(&format!("{show} {tool}/{file}.crt")).ok())
}

/// That a certificate is valid for so many days from now on.
fn lasts(sandbox: &Sandbox, file: &str, days: u32) {
    let end = days * 86_400;
    for tool in TOOLS {
        let until = format!("openssl x509 -noout -in {tool}/{file}.crt -checkend");
        sandbox.sh(&format!("{until} {}; ! {until} {}", end - 600, end + 600)).succeeds();
    }
}

const NODE01: &str = "DNS.1 = node01\nIP.1 = 192.168.56.21\n";

/// File, subject, and for those with a configuration its extensions.
fn mm() -> [(&'static str, &'static str, Option<String>); 9] {
    let strict = "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, nonRepudiation, digitalSignature, keyEncipherment\n";
    let loose = "basicConstraints = CA:FALSE\nkeyUsage = nonRepudiation, digitalSignature, keyEncipherment\n";
    let names = |names: &str| format!("subjectAltName = @alt_names\n[alt_names]\n{names}");
    let server = "DNS.1 = kubernetes\nDNS.2 = kubernetes.default\nDNS.3 = kubernetes.default.svc\nDNS.4 = kubernetes.default.svc.cluster\n\
                  DNS.5 = kubernetes.default.svc.cluster.local\nIP.1 = 10.96.0.1\nIP.2 = 192.168.56.11\nIP.3 = 192.168.56.12\n\
                  IP.4 = 192.168.56.30\nIP.5 = 127.0.0.1\n";
    let etcd = "IP.1 = 192.168.56.11\nIP.2 = 192.168.56.12\nIP.3 = 127.0.0.1\n";
    [
        ("admin", "/CN=admin/O=system:masters", None),
        ("kube-controller-manager", "/CN=system:kube-controller-manager/O=system:kube-controller-manager", None),
        ("kube-proxy", "/CN=system:kube-proxy/O=system:node-proxier", None),
        ("kube-scheduler", "/CN=system:kube-scheduler/O=system:kube-scheduler", None),
        ("service-account", "/CN=service-accounts/O=Kubernetes", None),
        (
            "kube-apiserver",
            "/CN=kube-apiserver/O=Kubernetes",
            Some(format!("{strict}extendedKeyUsage = serverAuth\n{}", names(server))),
        ),
        (
            "apiserver-kubelet-client",
            "/CN=kube-apiserver-kubelet-client/O=system:masters",
            Some(format!("{strict}extendedKeyUsage = clientAuth\n")),
        ),
        ("etcd-server", "/CN=etcd-server/O=Kubernetes", Some(format!("{loose}{}", names(etcd)))),
        ("node01", "/CN=system:node:node01/O=system:nodes", Some(format!("{loose}{}", names(NODE01)))),
    ]
}

#[test]
fn mms_certificates() {
    let Some(sandbox) = directories() else { return };
    run(
        &sandbox,
        r#"T genrsa -out ca.key 2048; T rsa -in ca.key -noout -check; cp ../ca.key ca.key
        T req -new -key ca.key -subj "/CN=KUBERNETES-CA/O=Kubernetes" -out ca.csr
        T x509 -req -in ca.csr -signkey ca.key -CAcreateserial -out ca.crt -days 1000"#,
    );
    let mut all = vec!["ca"];
    for (name, subject, extensions) in mm() {
        all.push(name);
        let Some(extensions) = extensions else {
            run(
                &sandbox,
                &format!(
                    "cp ../leaf.key {name}.key; T req -new -key {name}.key -subj '{subject}' -out {name}.csr
                     T x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt -days 1000"
                ),
            );
            continue;
        };
        sandbox.write(
            "openssl.cnf",
            format!("[req]\nreq_extensions = v3_req\ndistinguished_name = req_distinguished_name\n[req_distinguished_name]\n[ v3_req ]\n{extensions}"),
        );
        run(
            &sandbox,
            &format!(
                "cp ../leaf.key {name}.key; T req -new -key {name}.key -subj '{subject}' -out {name}.csr -config ../openssl.cnf
                 T x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt -extensions v3_req -extfile ../openssl.cnf -days 1000"
            ),
        );
        let requests = TOOLS
            .map(|tool| sandbox.sh(&format!("openssl req -noout -text -reqopt no_sigdump -in {tool}/{name}.csr")).ok());
        assert_eq!(requests[1], requests[0], "{name}");
        let [theirs, ours] = text(&sandbox, name);
        // MM's CA has no key identifier with openssl, so that the certificate names its issuer instead.
        let before = |text: &str| text.split_once("X509v3 Authority").map(|(before, _)| before.to_owned());
        assert_eq!(before(&ours), before(&theirs), "{name}");
    }
    // Those without extensions are of version 1 with openssl, and of version 3 here, which rustls wants.
    for name in ["ca", "admin", "kube-controller-manager", "kube-proxy", "kube-scheduler", "service-account"] {
        let [theirs, ours] = text(&sandbox, name);
        assert!(theirs.contains("Version: 1 (0x0)") && ours.contains("Version: 3 (0x2)"), "{name}: {ours}");
        let plain = |text: &str| {
            let lines =
                text.lines().filter(|l| !l.contains("Version:")).take_while(|l| !l.contains("X509v3 extensions"));
            lines.map(|l| format!("{l}\n")).collect::<String>()
        };
        assert_eq!(plain(&ours), plain(&theirs), "{name}");
    }
    for name in &all {
        lasts(&sandbox, name, 1000);
    }
    for tool in TOOLS {
        let files = all.iter().map(|name| format!("{name}.crt ")).collect::<String>();
        sandbox
            .sh(&format!("cd {tool}; openssl verify -CAfile ca.crt {files}; khw-cert verify -CAfile ca.crt {files}"))
            .ok();
    }
    cert_verify(&sandbox, &all);
}

/// What MM's cert_verify.sh asks openssl, of certificates that either made.
fn cert_verify(sandbox: &Sandbox, names: &[&str]) {
    let script = r#"for n in NAMES; do
        T x509 -in $n.crt -text | grep "Subject: CN"| tr -d " "
        T x509 -in $n.crt -text | grep "Subject: "| tr -d " "
        T x509 -in $n.crt -text | grep "Issuer: CN"| tr -d " "
        cert=$(T x509 -noout -modulus -in $n.crt | T md5| awk '{print $2}')
        key=$(T rsa -noout -modulus -in $n.key | T md5| awk '{print $2}')
        [ $cert == $key ]; echo $cert
        base64 -w 0 $n.crt | base64 --decode | T x509 -text | grep "Subject: CN" | tr -d " "
        base64 -w 0 $n.crt | base64 --decode | T x509 -noout | T md5 | awk '{print $2}'
        base64 -w 0 $n.key | base64 --decode | T rsa -noout | T md5 | awk '{print $2}'
    done"#;
    for directory in TOOLS {
        // Of openssl's certificates two are enough, of both versions.
        let names = if directory == "openssl" { &["admin", "node01"] } else { names };
        let script = script.replace("NAMES", &names.join(" "));
        let [theirs, ours] =
            TOOLS.map(|tool| sandbox.sh(&format!("T() {{ {tool} \"$@\"; }}; cd {directory}\n{script}")).succeeds());
        assert_eq!(ours, theirs, "{directory}");
        // What the script compares them with.
        for line in ["Subject:CN=admin,O=system:masters\n", "Issuer:CN=KUBERNETES-CA,O=Kubernetes\n"] {
            assert!(ours.contains(line), "{ours}");
        }
    }
}

/// Section, common name, organization, comment and names of KTHW's ca.conf; the first two share their extensions.
const KTHW: [(&str, &str, &str, &str, &str); 8] = [
    ("admin", "admin", "system:masters", "", ""),
    ("service-accounts", "service-accounts", "", "", ""),
    ("node-0", "system:node:node-0", "system:nodes", "Node-0 Certificate", "DNS:node-0, IP:127.0.0.1"),
    ("node-1", "system:node:node-1", "system:nodes", "Node-1 Certificate", "DNS:node-1, IP:127.0.0.1"),
    (
        "kube-proxy",
        "system:kube-proxy",
        "system:node-proxier",
        "Kube Proxy Certificate",
        "DNS:kube-proxy, IP:127.0.0.1",
    ),
    (
        "kube-controller-manager",
        "system:kube-controller-manager",
        "system:kube-controller-manager",
        "Kube Controller Manager Certificate",
        "DNS:kube-controller-manager, IP:127.0.0.1",
    ),
    // The guide's own slip: check finds it.
    (
        "kube-scheduler",
        "system:kube-scheduler",
        "system:system:kube-scheduler",
        "Kube Scheduler Certificate",
        "DNS:kube-scheduler, IP:127.0.0.1",
    ),
    ("kube-api-server", "kubernetes", "", "Kube API Server Certificate", "@kube-api-server_alt_names"),
];

fn ca_conf() -> String {
    let place = "C = US\nST = Washington\nL = Seattle\n";
    let mut out = format!(
        "[req]\ndistinguished_name = req_distinguished_name\nprompt             = no\nx509_extensions    = ca_x509_extensions\n\n\
         [ca_x509_extensions]\nbasicConstraints = CA:TRUE\nkeyUsage         = cRLSign, keyCertSign\n\n\
         [req_distinguished_name]\n{place}CN  = CA\n\n"
    );
    for (section, common_name, organization, comment, names) in KTHW {
        let extensions = if comment.is_empty() { "default".to_owned() } else { section.to_owned() };
        out += &format!(
            "# {section}\n[{section}]\ndistinguished_name = {section}_distinguished_name\nprompt             = no\n\
             req_extensions     = {extensions}_req_extensions\n\n[{section}_distinguished_name]\nCN = {common_name}\n"
        );
        if !organization.is_empty() {
            out += &format!("O  = {organization}\n");
        }
        if !comment.is_empty() {
            out += place;
            out += &format!(
                "\n[{section}_req_extensions]\nbasicConstraints     = CA:FALSE\nextendedKeyUsage     = clientAuth, serverAuth\n\
                 keyUsage             = critical, digitalSignature, keyEncipherment\nnsCertType           = client\n\
                 nsComment            = \"{comment}\"\nsubjectAltName       = {names}\nsubjectKeyIdentifier = hash\n"
            );
        }
        out += "\n\n";
    }
    out + "[kube-api-server_alt_names]\nIP.0  = 127.0.0.1\nIP.1  = 10.32.0.1\nDNS.0 = kubernetes\nDNS.1 = kubernetes.default\n\
           DNS.2 = kubernetes.default.svc\nDNS.3 = kubernetes.default.svc.cluster\nDNS.4 = kubernetes.svc.cluster.local\n\
           DNS.5 = server.kubernetes.local\nDNS.6 = api-server.kubernetes.local\n\n\
           [default_req_extensions]\nbasicConstraints     = CA:FALSE\nextendedKeyUsage     = clientAuth\n\
           keyUsage             = critical, digitalSignature, keyEncipherment\nnsCertType           = client\n\
           nsComment            = \"Admin Client Certificate\"\nsubjectKeyIdentifier = hash\n"
}

#[test]
fn kthws_certificates() {
    let Some(sandbox) = directories() else { return };
    sandbox.write("ca.conf", ca_conf());
    // One key of the guide's size for each tool: they take seconds.
    run(
        &sandbox,
        r#"cp ../ca.conf ca.conf; T genrsa -out big.key 4096; T rsa -in big.key -noout -check; cp ../ca.key ca.key
        T req -x509 -new -sha512 -noenc \
          -key ca.key -days 3653 \
          -config ca.conf \
          -out ca.crt"#,
    );
    let names: Vec<&str> = KTHW.iter().map(|(section, ..)| *section).collect();
    run(
        &sandbox,
        &r#"for i in NAMES; do
          cp ../leaf.key "${i}.key"
          T req -new -key "${i}.key" -sha256 \
            -config "ca.conf" -section ${i} \
            -out "${i}.csr"
          T x509 -req -days 3653 -in "${i}.csr" \
            -copy_extensions copyall \
            -sha256 -CA "ca.crt" \
            -CAkey "ca.key" \
            -CAcreateserial \
            -out "${i}.crt"
        done"#
            .replace("NAMES", &names.join(" ")),
    );
    let [theirs, ours] = text(&sandbox, "ca");
    assert_eq!(ours, theirs);
    assert!(ours.contains("sha512WithRSAEncryption"), "{ours}");
    lasts(&sandbox, "ca", 3653);
    for name in &names {
        let requests = TOOLS
            .map(|tool| sandbox.sh(&format!("openssl req -noout -text -reqopt no_sigdump -in {tool}/{name}.csr")).ok());
        assert_eq!(requests[1], requests[0], "{name}");
        let [theirs, ours] = text(&sandbox, name);
        assert_eq!(ours, theirs, "{name}");
        lasts(&sandbox, name, 3653);
    }
    for tool in TOOLS {
        let files = names.iter().map(|name| format!("{name}.crt ")).collect::<String>();
        sandbox
            .sh(&format!(
                "cd {tool}; openssl verify -CAfile ca.crt ca.crt {files}; khw-cert verify -CAfile ca.crt ca.crt {files}"
            ))
            .ok();
        // Whose serial numbers are counted up from one file.
        let last = sandbox.sh(&format!("cd {tool}; openssl x509 -noout -serial -in {}.crt", names[7])).ok();
        assert_eq!(last, format!("serial={}", sandbox.read(format!("{tool}/ca.srl"))));
    }
    let found = sandbox.sh("cd khw-cert; khw-cert check kube-scheduler.crt").stdout;
    assert!(found.contains("system:system:kube-scheduler"), "{found}");
}
