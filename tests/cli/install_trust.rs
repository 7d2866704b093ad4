//! khw-install: a CA that is exchanged for another, and CAs between the root and the node.

use crate::install::made;
use harness::{Reference, Sandbox, reference};

const NODE: &str = "khw-install node --node worker-1 --from . --root root";
const VERIFY: &str = "khw-install verify --node worker-1 --root root --ignore binary-missing";

fn verify(sandbox: &Sandbox) -> Vec<String> {
    let said = sandbox.sh(VERIFY).stdout;
    let name = |line: &str| line.rsplit_once(" [").map(|(_, name)| name.trim_end_matches(']').to_owned());
    said.lines().filter_map(name).collect()
}

#[test]
fn two_cas_while_one_is_exchanged_for_the_other() {
    let sandbox = made();
    sandbox
        .sh("mkdir old new; cp ca.crt ca.key old; khw-cert ca -d new --cn KUBERNETES-CA --key-type ecdsa:p256
             cat new/ca.crt old/ca.crt > ca.crt
             for name in worker-1 kube-proxy; do
                 cluster=$(khw-kubeconfig get-clusters --kubeconfig $name.kubeconfig | tail -1)
                 khw-kubeconfig set-cluster $cluster --certificate-authority ca.crt --embed-certs --kubeconfig $name.kubeconfig
             done")
        .succeeds();
    sandbox.sh(NODE).ok();
    assert_eq!(verify(&sandbox), [""; 0]);
    // The node gets its certificate of the new one.
    sandbox.sh("khw-cert node worker-1 192.168.5.21 --ca new/ca.crt --key-type ecdsa:p256 -d new").succeeds();
    sandbox.sh("khw-install kubelet-cert new/worker-1.crt --node worker-1 --root root").ok();
    sandbox.sh("khw-install kubelet-key new/worker-1.key --node worker-1 --root root").ok();
    assert_eq!(verify(&sandbox), [""; 0]);
    // One that neither signed.
    sandbox
        .sh("mkdir other; khw-cert ca -d other --cn KUBERNETES-CA --key-type ecdsa:p256
             khw-cert node worker-1 192.168.5.21 --ca other/ca.crt --key-type ecdsa:p256 -d other")
        .succeeds();
    sandbox.sh("khw-install kubelet-cert other/worker-1.crt --node worker-1 --root root").refused(
        "khw-install: error: other/worker-1.crt: is not signed by the CA of this worker\n\
         khw-install: hint: place the CA that signed it, or sign it again with the CA that is placed\n",
    );
    sandbox.sh("cp other/worker-1.crt root/var/lib/kubelet/worker-1.crt").ok();
    assert_eq!(verify(&sandbox), ["key-mismatch", "certificate-untrusted"]);
    // A file with something else than CAs in it.
    sandbox.sh("cat ca.crt kube-proxy.crt > mixed").ok();
    sandbox.sh("khw-install ca mixed --node worker-1 --root root").refused(
        "khw-install: error: mixed: is not the certificate of a CA\n\
         khw-install: hint: the API server's clients are verified with it: take the ca.crt that signed them\n",
    );
}

#[test]
fn a_ca_between_the_root_and_the_node() {
    if reference(Reference::Openssl).is_none() {
        return;
    }
    let sandbox = made();
    sandbox
        .sh("mkdir between; cd between
             openssl ecparam -name prime256v1 -genkey -noout -out ca.key
             openssl req -new -key ca.key -subj /CN=between -out ca.csr
             printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\n' > ext
             openssl x509 -req -in ca.csr -CA ../ca.crt -CAkey ../ca.key -CAcreateserial -extfile ext -days 900 -out ca.crt
             khw-cert node worker-1 192.168.5.21 --days 800 --key-type ecdsa:p256
             openssl verify -CAfile ../ca.crt -untrusted ca.crt worker-1.crt
             cat worker-1.crt ca.crt > ../worker-1.crt; cp worker-1.key ..; cp worker-1.crt ../alone.crt; cd ..
             khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \\
                 --client-certificate worker-1.crt --client-key worker-1.key > worker-1.kubeconfig")
        .succeeds();
    sandbox.sh("khw-install ca ca.crt --node worker-1 --root root").ok();
    sandbox.sh("khw-install kubelet-cert alone.crt --node worker-1 --root root").refused(
        "khw-install: error: alone.crt: is not signed by the CA of this worker\n\
         khw-install: hint: place the CA that signed it, or sign it again with the CA that is placed\n",
    );
    sandbox.sh(NODE).ok();
    assert_eq!(verify(&sandbox), [""; 0]);
}

#[test]
fn the_cas_key_is_found_under_each_of_its_names() {
    let sandbox = made();
    sandbox.sh(NODE).ok();
    for (put, back) in [
        ("cp ca.key root/var/lib/kubernetes/ca.key", "rm root/var/lib/kubernetes/ca.key"),
        ("cp ca.key root/var/lib/kubernetes/ca-key.pem", "rm root/var/lib/kubernetes/ca-key.pem"),
        ("cat ca.crt ca.key > root/var/lib/kubernetes/ca.crt", "cp ca.crt root/var/lib/kubernetes/ca.crt"),
    ] {
        sandbox.sh(put).ok();
        assert_eq!(verify(&sandbox), ["ca-key-on-worker"], "{put}");
        sandbox.sh(back).ok();
    }
    assert_eq!(verify(&sandbox), [""; 0]);
}
