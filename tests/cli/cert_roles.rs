//! khw-cert client and server: the identities of a cluster, and free ones.

use harness::{Reference, Sandbox, reference};

/// A CA. ECDSA, to be quick.
fn with_ca() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256").succeeds();
    sandbox
}

/// Subject, names and extended usages as openssl shows them.
fn shown(sandbox: &Sandbox, file: &str) -> [String; 3] {
    let text = sandbox.sh(&format!("openssl x509 -noout -text -in {file}")).ok();
    let after = |title: &str| {
        let mut lines = text.lines().skip_while(|line| !line.contains(title));
        lines.next();
        lines.next().unwrap_or_default().trim().to_owned()
    };
    let subject = text.lines().find_map(|line| line.trim().strip_prefix("Subject: ")).unwrap_or_default();
    [subject.to_owned(), after("X509v3 Subject Alternative Name"), after("X509v3 Extended Key Usage")]
}

const SERVER: &str = "TLS Web Server Authentication";
const CLIENT: &str = "TLS Web Client Authentication";
const BOTH: &str = "TLS Web Server Authentication, TLS Web Client Authentication";

#[test]
fn every_identity_has_its_names_and_usages() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = with_ca();
    let api_server = "DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, \
                      DNS:kubernetes.default.svc.cluster, DNS:kubernetes.default.svc.cluster.local";
    for (line, file, subject, names, usages) in [
        // The subjects are those of Kubernetes' bootstrap policy, of kubeadm and of the two guides.
        ("client kube-proxy", "kube-proxy", "CN = system:kube-proxy, O = system:node-proxier", "", CLIENT),
        ("client apiserver-etcd-client", "apiserver-etcd-client", "CN = kube-apiserver-etcd-client", "", CLIENT),
        ("client front-proxy-client", "front-proxy-client", "CN = front-proxy-client", "", CLIENT),
        ("client service-accounts", "service-accounts", "CN = service-accounts, O = Kubernetes", "", CLIENT),
        (
            "server kube-apiserver 192.168.5.30 api.example.com",
            "kube-apiserver",
            "CN = kube-apiserver, O = Kubernetes",
            &format!(
                "{api_server}, IP Address:10.96.0.1, IP Address:127.0.0.1, IP Address:192.168.5.30, DNS:api.example.com"
            ),
            SERVER,
        ),
        (
            "server kube-apiserver --force --service-cluster-ip-range 10.32.0.0/24,fd00::/112 --cluster-domain k.example",
            "kube-apiserver",
            "CN = kube-apiserver, O = Kubernetes",
            "DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.k, \
             DNS:kubernetes.default.svc.k.example, IP Address:10.32.0.1, IP Address:FD00:0:0:0:0:0:0:1, IP Address:127.0.0.1",
            SERVER,
        ),
        (
            "server kube-apiserver --force --usage server,client --file-name api",
            "api",
            "CN = kube-apiserver, O = Kubernetes",
            &format!("{api_server}, IP Address:10.96.0.1, IP Address:127.0.0.1"),
            BOTH,
        ),
        (
            "server etcd-server 192.168.5.11 etcd-1",
            "etcd-server",
            "CN = etcd-server, O = Kubernetes",
            "DNS:localhost, IP Address:127.0.0.1, IP Address:192.168.5.11, DNS:etcd-1",
            BOTH,
        ),
        (
            "server etcd-peer",
            "etcd-peer",
            "CN = etcd-peer, O = Kubernetes",
            "DNS:localhost, IP Address:127.0.0.1",
            BOTH,
        ),
        ("client --cn alice --org dev --org ops", "alice", "CN = alice, O = dev, O = ops", "", CLIENT),
        ("client --cn x:y:bob --san b.example", "bob", "CN = x:y:bob", "DNS:b.example", CLIENT),
        (
            "server --cn 'The Web' --file-name web --san a.example --san ::1,*.b.example",
            "web",
            "CN = The Web",
            "DNS:a.example, IP Address:0:0:0:0:0:0:0:1, DNS:*.b.example",
            SERVER,
        ),
        ("server --cn m --san m --usage server --usage client", "m", "CN = m", "DNS:m", BOTH),
    ] {
        sandbox.sh(&format!("khw-cert {line} --key-type ecdsa:p256")).succeeds();
        let file = format!("{file}.crt");
        assert_eq!(shown(&sandbox, &file), [subject, names, usages].map(str::to_owned), "{line}");
        let purpose = if usages == CLIENT { "sslclient" } else { "sslserver" };
        sandbox.sh(&format!("openssl verify -x509_strict -purpose {purpose} -CAfile ca.crt {file}")).ok();
        let range = if line.contains("10.32") {
            "--service-cluster-ip-range 10.32.0.0/24 --cluster-domain k.example"
        } else {
            ""
        };
        sandbox.sh(&format!("khw-cert check {file} {range}")).ok();
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let sandbox = with_ca();
    let before = sandbox.names();
    let roles = "it is one of kube-apiserver, etcd-server, etcd-peer";
    for (line, what, hint) in [
        ("client", "missing: <ROLE>", "see 'khw-cert client --help'"),
        ("server", "missing: <ROLE>", "see 'khw-cert server --help'"),
        ("server bogus", "<ROLE>: 'bogus' is not a value it can have", roles),
        ("client admin --cn x", "<ROLE>: cannot be used together with --cn <NAME>", "see 'khw-cert client --help'"),
        ("client --cn ''", "--cn: the common name is empty", "was a shell variable unset?"),
        ("client --cn x:", "'' is no name for a file", "say --file-name NAME, with letters, digits, '-', '_' and '.'"),
        (
            "client --cn x --file-name ../x",
            "'../x' is no name for a file",
            "say --file-name NAME, with letters, digits, '-', '_' and '.'",
        ),
        (
            "client --cn x --usage sign",
            "--usage <USAGE>: 'sign' is not a value it can have",
            "it is one of server, client, both",
        ),
        (
            "server --cn www",
            "a server without a subject alternative name is accepted by nobody",
            "give the names and addresses under which it is reached: --san 192.168.5.30,www.example.com",
        ),
        (
            "server kube-apiserver --service-cidr 10.96.0.0",
            "--service-cluster-ip-range <CIDR>: '10.96.0.0' is not a range of addresses",
            "write it as 10.96.0.0/16, and a second one of the other family after a comma",
        ),
        (
            "server kube-apiserver --cluster-domain cluster..local",
            "<SAN>: 'kubernetes.default.svc.cluster.' is neither an IP address nor a DNS name",
            "write it as 192.168.5.21 or worker-1.example.com",
        ),
        (
            "client service-accounts --key-type ed25519",
            "--key-type: the API server takes no Ed25519 key for the tokens of service accounts",
            "use rsa:2048 or ecdsa:p256",
        ),
        ("client --org x", "missing: --cn <NAME>, <ROLE>", "see 'khw-cert client --help'"),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
        assert_eq!(sandbox.names(), before, "{line}");
    }
}
