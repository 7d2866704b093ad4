//! Steps 1: openssl and khw-cert give the same certificate.

use crate::meaning::{certificate, openssl, validity};
use crate::worker::{CAS, Judges, With, own_certificates};
use harness::Sandbox;

const CERTIFICATES: [&str; 2] = ["worker-1.crt", "kube-proxy.crt"];

/// The chain, and that the key is the certificate's.
fn holds(sandbox: &Sandbox, name: &str) {
    assert_eq!(sandbox.sh(&format!("openssl verify -CAfile ca.crt {name}.crt")).ok(), format!("{name}.crt: OK\n"));
    let script = format!(
        "diff <(openssl x509 -in {name}.crt -noout -pubkey) <(openssl pkey -in {name}.key -pubout) && openssl pkey -in {name}.key -noout -check"
    );
    sandbox.sh(&script).succeeds();
}

#[test]
fn the_tutorials_own_lines_give_equal_certificates() {
    let Some(judges) = Judges::find() else { return };
    for ca in CAS {
        let made = judges.ca(ca);
        let real = judges.certificates(&made, With::Real);
        let khw = judges.certificates(&made, With::Khw);
        for file in CERTIFICATES {
            let (ours, theirs) = (certificate(&khw, file), certificate(&real, file));
            // Without -extfile openssl makes a version 1 certificate, and khw-cert one of version 3 on purpose.
            if file == "kube-proxy.crt" {
                assert!(theirs.contains("Version: 1 ") && ours.contains("Version: 3 "), "{ca:?} {file}: {ours}");
                let subject = |text: &str| {
                    text.lines()
                        .take_while(|l| !l.contains("X509v3") && !l.contains("Signature Value"))
                        .filter(|l| !l.contains("Version:") && !l.contains("Signature Algorithm"))
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(subject(&ours), subject(&theirs), "{ca:?} {file}");
            } else {
                assert_eq!(ours, theirs, "{ca:?} {file}");
            }
            assert_eq!(validity(&khw, file), validity(&real, file), "{ca:?} {file}");
            assert_eq!(validity(&khw, file), 1000 * 86_400, "{ca:?} {file}");
            // Byte for byte the CA's subject, in openssl's hash and in its text.
            for what in ["-issuer_hash", "-issuer", "-subject"] {
                assert_eq!(openssl(&khw, file, what), openssl(&real, file, what), "{ca:?} {file} {what}");
            }
        }
        for sandbox in [&real, &khw] {
            holds(sandbox, "worker-1");
            holds(sandbox, "kube-proxy");
            // The serial file holds the serial of the last certificate.
            let last = openssl(sandbox, "kube-proxy.crt", "-serial");
            assert_eq!(format!("serial={}", sandbox.read("ca.srl")), last, "{ca:?}");
            for key in ["worker-1.key", "kube-proxy.key"] {
                assert_eq!(sandbox.mode(key), 0o600, "{ca:?} {key}");
            }
        }
    }
}

#[test]
fn the_csr_is_equal_too() {
    let Some(judges) = Judges::find() else { return };
    let made = judges.ca(crate::worker::Ca::Openssl);
    let csr = |with| {
        let sandbox = judges.certificates(&made, with);
        let verified = sandbox.sh("openssl req -in worker-1.csr -noout -verify").succeeds();
        assert_eq!(verified, "");
        let text = sandbox.sh("openssl req -in worker-1.csr -noout -text").ok();
        let lines: Vec<String> = text
            .lines()
            .filter(|l| !l.trim().replace(':', "").bytes().all(|b| b.is_ascii_hexdigit()))
            .map(str::to_owned)
            .collect();
        lines.join("\n")
    };
    assert_eq!(csr(With::Khw), csr(With::Real));
}

#[test]
fn khws_own_certificates_give_a_certificate_for_the_same_node() {
    let Some(judges) = Judges::find() else { return };
    for ca in CAS {
        let made = judges.ca(ca);
        let real = judges.certificates(&made, With::Real);
        let own = own_certificates(&made);
        for file in CERTIFICATES {
            for what in ["-subject", "-issuer", "-issuer_hash", "-subject_hash"] {
                assert_eq!(openssl(&own, file, what), openssl(&real, file, what), "{ca:?} {file} {what}");
            }
        }
        assert_eq!(
            openssl(&own, "worker-1.crt", "-ext subjectAltName"),
            openssl(&real, "worker-1.crt", "-ext subjectAltName")
        );
        holds(&own, "worker-1");
        holds(&own, "kube-proxy");
        // A kubelet serves with it and is a client with it; the API server looks for the node's name and address.
        for purpose in ["sslserver -verify_hostname worker-1 -verify_ip 192.168.5.21", "sslclient"] {
            own.sh(&format!("openssl verify -CAfile ca.crt -purpose {purpose} worker-1.crt")).ok();
        }
        own.sh("openssl verify -CAfile ca.crt -purpose sslclient kube-proxy.crt").ok();
        let usage = openssl(&own, "worker-1.crt", "-ext extendedKeyUsage");
        assert!(usage.contains("TLS Web Server Authentication, TLS Web Client Authentication"), "{usage}");
        let usage = openssl(&own, "kube-proxy.crt", "-ext extendedKeyUsage");
        assert!(usage.contains("TLS Web Client Authentication") && !usage.contains("Server"), "{usage}");
    }
}
