//! khw-cert check: each finding by its name, on certificates that openssl made, and Go's opinion of the same ones.

use harness::{Reference, Sandbox, reference};
use std::net::TcpListener;

/// A CA, and a key for whatever is checked. ECDSA, to be quick.
fn with_ca() -> Option<Sandbox> {
    reference(Reference::Openssl)?;
    let sandbox = Sandbox::new();
    sandbox.sh("khw-cert ca --key-type ecdsa:p256; khw-cert key --key-type ecdsa:p256 -o x.key").succeeds();
    Some(sandbox)
}

/// openssl makes x.crt for x.key.
fn make(sandbox: &Sandbox, subject: &str, extensions: &str, more: &str) {
    sandbox.write("c", format!("[req]\ndistinguished_name = d\n[d]\n[e]\n{extensions}\n"));
    let extensions = if extensions.is_empty() { "" } else { "-extfile c -extensions e" };
    let script = format!(
        "openssl req -new -key x.key -config c -subj '{subject}' -out x.csr
         openssl x509 -req -in x.csr -CA ca.crt -CAkey ca.key -days 365 {extensions} {more} -out x.crt"
    );
    sandbox.sh(&script).succeeds();
}

/// The names and severities of what check finds in a certificate, in order.
fn found(sandbox: &Sandbox, options: &str) -> Vec<String> {
    let ran = sandbox.sh(&format!("khw-cert check x.crt {options} --format json"));
    assert_eq!(ran.stderr, "", "{ran:?}");
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let findings = json["findings"].as_array().expect("a list");
    let errors = findings.iter().any(|f| f["severity"] == "error");
    assert_eq!(ran.status, i32::from(errors), "{ran:?}");
    for finding in findings {
        assert!(finding["file"].is_string() && finding["fix"].is_string(), "{finding}");
    }
    findings
        .iter()
        .map(|f| format!("{} {}", f["severity"].as_str().unwrap_or_default(), f["name"].as_str().unwrap_or_default()))
        .collect()
}

const LEAF: &str = "basicConstraints = CA:FALSE\nkeyUsage = digitalSignature\n";

#[test]
fn what_is_right_has_no_findings() {
    let Some(sandbox) = with_ca() else { return };
    for (subject, extensions, options) in [
        // The tutorial's, without extendedKeyUsage.
        (
            "/CN=system:node:worker-1/O=system:nodes",
            "basicConstraints = CA:FALSE\nkeyUsage = nonRepudiation, digitalSignature, keyEncipherment\n\
             subjectAltName = DNS:worker-1,IP:192.168.5.21",
            "--as node:worker-1 --host worker-1 --host 192.168.5.21",
        ),
        ("/CN=admin/O=system:masters", "extendedKeyUsage = clientAuth", "--as client:admin"),
        // KTHW's API server.
        (
            "/CN=kubernetes/C=US/ST=Washington/L=Seattle",
            "extendedKeyUsage = clientAuth, serverAuth\nsubjectAltName = IP:127.0.0.1,IP:10.32.0.1,DNS:kubernetes,\
             DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster,\
             DNS:kubernetes.svc.cluster.local,DNS:server.kubernetes.local,DNS:kubernetes.default.svc.cluster.local",
            "--as server:kube-apiserver --service-cidr 10.32.0.0/24",
        ),
        ("/CN=service-accounts/O=Kubernetes", "extendedKeyUsage = clientAuth", "--as client:service-accounts"),
        ("/CN=etcd-server/O=Kubernetes", "extendedKeyUsage = serverAuth\nsubjectAltName = IP:127.0.0.1", ""),
    ] {
        make(
            &sandbox,
            subject,
            &format!("{LEAF}{extensions}").replace(LEAF, if extensions.contains("keyUsage = n") { "" } else { LEAF }),
            "",
        );
        assert_eq!(found(&sandbox, options), [""; 0], "{subject}");
        assert_eq!(sandbox.sh(&format!("khw-cert check x.crt {options}")).ok(), "");
    }
    assert_eq!(sandbox.sh("khw-cert check ca.crt").ok(), "", "a CA by itself");
}

#[test]
fn each_finding_has_its_name() {
    let Some(sandbox) = with_ca() else { return };
    let node = "/CN=system:node:worker-1/O=system:nodes";
    let san = "subjectAltName = DNS:worker-1,IP:192.168.5.21";
    let server = "extendedKeyUsage = serverAuth\n";
    for (subject, extensions, more, options, expected) in [
        (node, String::new(), "", "", &["error version-1", "error san-missing"][..]),
        (node, LEAF.to_owned(), "", "", &["error san-missing"]),
        (node, format!("{LEAF}subjectAltName = IP:192.168.5.21"), "", "", &["warning node-name-not-in-san"]),
        (node, format!("{LEAF}{san}\nextendedKeyUsage = emailProtection"), "", "", &["error usage-missing"]),
        (node, format!("{LEAF}{san}\n{server}"), "", "--as node:worker-1", &["error usage-missing"]),
        (node, format!("{LEAF}{san}"), "", "--as node:worker-2", &["error identity-mismatch"]),
        (
            node,
            format!("{LEAF}{san}"),
            "",
            "--host worker-2 --host 1.2.3.4",
            &["error host-mismatch", "error host-mismatch"],
        ),
        (node, format!("{san}\nkeyUsage = keyEncipherment"), "", "", &["warning key-usage-missing"]),
        (node, format!("{LEAF}{san}"), "-sha1", "", &["error weak-signature"]),
        (node, format!("{LEAF}{san}"), "-days 20", "", &["warning certificate-expires-soon"]),
        (node, format!("{LEAF}{san}"), "-days 20", "--within 10d", &[]),
        (node, format!("{LEAF}{san}"), "-days 20", "--within 3w", &["error certificate-expires-soon"]),
        (node, format!("{LEAF}{san}"), "-days 9000", "", &["warning outlives-ca"]),
        (node, format!("{LEAF}{san}"), "-set_serial -5", "", &["warning serial-improper"]),
        (node, format!("{LEAF}{san},DNS:192.168.5.21"), "", "", &["error names-malformed"]),
        ("/CN=system:node:worker-1", format!("{LEAF}{san}"), "", "", &["error node-group-missing"]),
        ("/CN=system:node:Worker-1/O=system:nodes", format!("{LEAF}{san}"), "", "", &["error node-name-invalid"]),
        ("/CN=worker-1/O=system:nodes", format!("{LEAF}{san}"), "", "", &["error node-user-missing"]),
        (
            "/CN=admin/O=system:masters,",
            format!("{LEAF}extendedKeyUsage = clientAuth"),
            "",
            "",
            &["error name-punctuation"],
        ),
        (
            "/CN=system:system:kube-scheduler",
            format!("{LEAF}extendedKeyUsage = clientAuth"),
            "",
            "",
            &["error system-name-misspelt"],
        ),
        (
            "/CN=system:bouncer",
            format!("{LEAF}extendedKeyUsage = clientAuth"),
            "",
            "",
            &["warning system-name-unknown"],
        ),
        ("/CN=system:kube-proxy", format!("{LEAF}{server}{san}"), "", "", &["error usage-missing"]),
        ("/CN=www.example.com", format!("{LEAF}{server}"), "", "", &["error common-name-only"]),
        ("/CN=192.168.5.21", format!("{LEAF}{server}"), "", "", &["error common-name-only"]),
        ("/CN=a server", format!("{LEAF}{server}"), "", "", &["error san-missing"]),
        ("/CN=www.example.com", format!("{LEAF}{server}subjectAltName = DNS:b"), "", "", &["warning common-name-only"]),
        (
            "/CN=kube-apiserver",
            format!("{LEAF}{server}subjectAltName = DNS:kubernetes,IP:10.96.0.1"),
            "",
            "",
            &["error api-server-name-missing"],
        ),
        (
            "/CN=kube-apiserver",
            format!(
                "{LEAF}{server}subjectAltName = DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
                 DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:192.168.5.30"
            ),
            "",
            "",
            &["warning service-ip-missing"],
        ),
        (
            "/CN=x",
            format!(
                "{LEAF}{server}subjectAltName = DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,\
                 DNS:kubernetes.default.svc.cluster.local,IP:10.96.0.1"
            ),
            "",
            "--as server:kube-apiserver --service-cluster-ip-range 10.32.0.0/24",
            &["error service-ip-missing"],
        ),
        (
            "/CN=x",
            format!("{LEAF}{san}"),
            "",
            "--as client:admin",
            &["error identity-mismatch", "error identity-mismatch"],
        ),
    ] {
        make(&sandbox, subject, &extensions, more);
        assert_eq!(found(&sandbox, options), expected, "{subject} {extensions} {more} {options}");
    }
}

#[test]
fn a_leaf_that_is_a_ca() {
    let Some(sandbox) = with_ca() else { return };
    let authority = "basicConstraints = critical,CA:TRUE\n";
    let both = "extendedKeyUsage = serverAuth, clientAuth\n";
    for (subject, extensions, expected) in [
        ("/CN=system:node:worker-1/O=system:nodes", both, &["error leaf-is-ca"][..]),
        ("/CN=system:kube-scheduler", "", &["error leaf-is-ca"]),
        ("/CN=bob/O=system:masters", "", &["error leaf-is-ca"]),
        ("/CN=kube-apiserver", "extendedKeyUsage = serverAuth\nsubjectAltName = IP:10.0.0.1", &["error leaf-is-ca"]),
        // A CA between may have usages; kubeadm's CA has a DNS name.
        ("/CN=middle", both, &["warning leaf-is-ca"]),
        ("/CN=kubernetes", "subjectAltName = DNS:kubernetes", &[]),
    ] {
        make(&sandbox, subject, &format!("{authority}{extensions}"), "");
        assert_eq!(found(&sandbox, ""), expected, "{subject} {extensions}");
    }
    make(&sandbox, "/CN=system:node:worker-1/O=system:nodes", &format!("{authority}{both}"), "");
    sandbox.sh("khw-cert check x.crt").no("x.crt: error: basicConstraints: is of 'system:node:worker-1' and a CA (CA:TRUE) [leaf-is-ca]\n  \
         fix: make it again without CA:TRUE: whoever has its key can make certificates for everybody, and rustls refuses it\n");
}

#[test]
fn the_signer_and_the_key_are_looked_at() {
    let Some(sandbox) = with_ca() else { return };
    make(&sandbox, "/CN=system:node:worker-1/O=system:nodes", &format!("{LEAF}subjectAltName = DNS:worker-1"), "");
    sandbox.sh("mkdir other same; khw-cert ca -d other --cn other --key-type ecdsa:p256; khw-cert ca -d same --key-type ecdsa:p256").succeeds();
    sandbox
        .sh("khw-cert check x.crt --ca other/ca.crt")
        .no("x.crt: error: no given CA signed it; its issuer is CN = KUBERNETES-CA, O = Kubernetes [chain-broken]\n  \
         fix: give the CA that signed it with --ca, and intermediate certificates after it in its file\n");
    sandbox.sh("khw-cert check x.crt --ca same/ca.crt").no(
        "x.crt: error: the CA has the name of its issuer, CN = KUBERNETES-CA, O = Kubernetes, and another key [chain-broken]\n  \
         fix: the CA was made anew: sign it again with this CA, or find the CA that signed it\n",
    );
    // The right one may lie beside the other.
    sandbox.sh("cat same/ca.crt ca.crt > both.crt; khw-cert check x.crt --ca both.crt").ok();
    sandbox
        .sh("khw-cert check x.crt --key other/ca.key")
        .no("other/ca.key: error: is not the key of x.crt [key-mismatch]\n  \
         fix: give the key with which the certificate was made\n");
    // The key beside it is found by itself.
    sandbox.sh("cp x.crt y.crt; cp other/ca.key y.key").ok();
    assert!(sandbox.sh("khw-cert check y.crt").stdout.starts_with("y.key: error: is not the key of y.crt "));
    sandbox.sh("khw-cert check y.crt --ignore key-mismatch").ok();
    sandbox.sh("khw-cert check y.crt --only chain-broken").ok();

    // A leaf that signs another: openssl lets it, nobody accepts what it signed.
    sandbox.sh("cp x.crt signer.crt; cp x.key signer.key; openssl req -new -key other/ca.key -subj /CN=z -config c -out z.csr").ok();
    sandbox.sh("openssl x509 -req -in z.csr -CA signer.crt -CAkey signer.key -days 300 -extfile c -extensions e -out z.crt").succeeds();
    sandbox
        .sh("khw-cert check z.crt --ca signer.crt")
        .no("signer.crt: error: is not a CA certificate: what it signs is accepted by nobody [signer-not-ca]\n  \
         fix: sign with the certificate of the CA, or make one with khw-cert ca\n");
    sandbox
        .sh("cat signer.crt >> z.crt; khw-cert check z.crt --ca ca.crt")
        .no("z.crt: error: an intermediate certificate is no CA [chain-broken]\n  \
         fix: put the certificate of the CA between into the file\n");
}

#[test]
fn an_intermediate_ca_is_followed() {
    let Some(sandbox) = with_ca() else { return };
    make(&sandbox, "/CN=middle", "basicConstraints = critical,CA:TRUE,pathlen:0\nkeyUsage = keyCertSign", "");
    sandbox.sh("mv x.crt middle.crt; mv x.key middle.key").ok();
    sandbox.sh("khw-cert node w 10.0.0.1 --ca middle.crt --days 300 --key-type ecdsa:p256").succeeds();
    let ran = sandbox.sh("khw-cert check w.crt");
    assert!(ran.status == 1 && ran.stdout.contains("its issuer is CN = middle [chain-broken]"), "{ran:?}");
    sandbox.sh("cat middle.crt >> w.crt; khw-cert check w.crt && openssl verify -CAfile ca.crt -untrusted middle.crt w.crt").succeeds();
}

#[test]
fn dates_are_told_apart_from_the_chain() {
    let Some(sandbox) = with_ca() else { return };
    // openssl ca takes dates; x509 does not.
    sandbox.write(
        "ca.cnf",
        "[ca]\ndefault_ca = d\n[d]\nnew_certs_dir = .\ndatabase = index\nserial = serial\ndefault_md = sha256\n\
         policy = p\nunique_subject = no\nemail_in_dn = no\nrand_serial = yes\nx509_extensions = e\n[p]\ncommonName = supplied\n\
         organizationName = optional\n[e]\nsubjectAltName = DNS:worker-1\n",
    );
    sandbox.write("c", "[req]\ndistinguished_name = d\n[d]\n").write("index", "");
    sandbox.sh("openssl req -new -key x.key -config c -subj /CN=system:node:worker-1/O=system:nodes -out x.csr").ok();
    let sign = |from: &str, until: &str| {
        sandbox
            .sh(&format!(
                "openssl ca -batch -config ca.cnf -cert ca.crt -keyfile ca.key -in x.csr -startdate {from} -enddate {until} -notext -out x.crt"
            ))
            .succeeds();
    };
    sign("20200101000000Z", "20210101000000Z");
    sandbox
        .sh("khw-cert check x.crt")
        .no("x.crt: error: expired on 2021-01-01 [certificate-expired]\n  fix: renew it: khw-cert renew\n");
    sign("20900101000000Z", "20910101000000Z");
    let ran = sandbox.sh("khw-cert check x.crt");
    assert!(
        ran.stdout.starts_with(
            "x.crt: error: is valid only from 2090-01-01 [certificate-not-yet-valid]\n  \
             fix: set the clock of this host right, or wait\nca.crt: warning: expires on 20"
        ),
        "{ran:?}"
    );
    sandbox.sh("khw-cert check x.crt --only certificate-expires-soon,chain-broken").ok();
}

#[test]
fn weak_keys_are_named() {
    let Some(sandbox) = with_ca() else { return };
    for (key, message) in [
        ("openssl genrsa -out x.key 1024", "the RSA key has 1024 bits: under 2048 is too short"),
        (
            "openssl ecparam -name secp256k1 -genkey -noout -out x.key",
            "the key is on a curve that TLS does not take: 1.3.132.0.10",
        ),
    ] {
        sandbox.sh(&format!("rm -f x.key; {key}")).succeeds();
        make(&sandbox, "/CN=system:node:worker-1/O=system:nodes", &format!("{LEAF}subjectAltName = DNS:worker-1"), "");
        // The key itself is refused when it is read, so it goes away.
        sandbox.sh("rm x.key").ok();
        sandbox
            .sh("khw-cert check x.crt")
            .no(&format!("x.crt: error: {message} [weak-key]\n  fix: make it again with khw-cert\n"));
    }
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let Some(sandbox) = with_ca() else { return };
    make(&sandbox, "/CN=x", LEAF, "");
    for (line, what, hint) in [
        ("check", "missing: <FILE>...", "see 'khw-cert check --help'"),
        ("check x.key", "x.key: is a private key, not a certificate", "give the other file of the pair"),
        ("check x.crt --ca none.crt", "none.crt: no such file or directory", "name the CA with --ca FILE"),
        ("check x.crt --key ca.crt", "ca.crt: is a certificate, not a private key", "give the other file of the pair"),
        (
            "check x.crt ca.crt --key x.key",
            "--key: is given for several certificates",
            "check one at a time, or put each key beside its certificate",
        ),
        ("check x.crt --within soon", "--within <TIME>: 'soon' is not a stretch of time", "write it as 30d, 4w or 12h"),
        (
            "check x.crt --host a..b",
            "<SAN>: 'a..b' is neither an IP address nor a DNS name",
            "write it as 192.168.5.21 or worker-1.example.com",
        ),
    ] {
        sandbox.sh(&format!("khw-cert {line}")).refused(&format!("khw-cert: error: {what}\nkhw-cert: hint: {hint}\n"));
    }
    let ran = sandbox.sh("khw-cert check x.crt --ignore key-mismtch");
    assert!(ran.status == 2 && ran.stderr.contains("there is no finding named 'key-mismtch'"), "{ran:?}");
}

/// kubectl is a Go program: its verdict on a server's certificate is Kubernetes' own. openssl is the server, which wants
/// a certificate of the client too.
#[test]
fn go_agrees() {
    let (Some(sandbox), Some(kubectl)) = (with_ca(), reference(Reference::Kubectl)) else { return };
    sandbox.sh("khw-cert client admin --key-type ecdsa:p256").succeeds();
    sandbox.write("www/version", "{\"from\":\"openssl\"}\n");
    let server = "extendedKeyUsage = serverAuth\n";
    for (subject, extensions, more, gos_words) in [
        ("/CN=a", format!("{LEAF}{server}subjectAltName = IP:127.0.0.1"), "", None),
        ("/CN=a", format!("{LEAF}subjectAltName = IP:127.0.0.1"), "", None),
        (
            "/CN=a",
            format!("{LEAF}{server}subjectAltName = IP:127.0.0.2"),
            "",
            Some("valid for 127.0.0.2, not 127.0.0.1"),
        ),
        ("/CN=127.0.0.1", format!("{LEAF}{server}"), "", Some("certificate relies on legacy Common Name field")),
        (
            "/CN=a",
            format!("{LEAF}extendedKeyUsage = clientAuth\nsubjectAltName = IP:127.0.0.1"),
            "",
            Some("incompatible key usage"),
        ),
        ("/CN=a", format!("{LEAF}{server}subjectAltName = DNS:127.0.0.1"), "", Some("doesn't contain any IP SANs")),
        ("/CN=a", format!("{LEAF}{server}subjectAltName = IP:127.0.0.1"), "-sha1", Some("insecure algorithm")),
    ] {
        make(&sandbox, subject, &extensions, more);
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let script = format!(
            // Emptied first: the line of the server before is not this one's.
            ": >server.log; (cd www; exec openssl s_server -accept 127.0.0.1:{port} -cert ../x.crt -key ../x.key -CAfile ../ca.crt \
                 -Verify 1 -verify_return_error -WWW -cipher DEFAULT@SECLEVEL=0) >server.log 2>&1 & server=$!
             trap 'kill $server' EXIT
             until grep -q ACCEPT server.log; do kill -0 $server; done
             timeout 20 {} get --raw /version --server https://127.0.0.1:{port} --certificate-authority ca.crt \
                 --client-certificate admin.crt --client-key admin.key",
            kubectl.display()
        );
        let ran = sandbox.sh(&script);
        let check =
            sandbox.sh("khw-cert check x.crt --host 127.0.0.1 --ignore san-missing,common-name-only,names-malformed");
        match gos_words {
            None => assert_eq!(
                (ran.status, ran.stdout.as_str(), check.status),
                (0, "{\"from\":\"openssl\"}\n", 0),
                "{ran:?}"
            ),
            Some(words) => {
                assert!(ran.status != 0 && ran.stderr.contains(words), "{words}: {ran:?}");
                assert_eq!(check.status, 1, "{words}: {check:?}");
            }
        }
    }
}
