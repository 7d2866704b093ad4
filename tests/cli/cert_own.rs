//! khw-cert: its own words, `ca`, `node` and `client`.

use crate::cert::{openssl, with_request};
use harness::Sandbox;

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
