//! khw-install node: the files of a worker under the names of the three guides.

use crate::install::made;
use harness::Sandbox;

const NODE: &str = "khw-install node --node worker-1 --from from --root root";

/// A tree without its manifest, each file with its digest.
const TREE: &str = "cd root; find . -type f ! -path ./var/lib/khw/manifest.json -exec sha256sum {} + | sort -k 2";

/// The worker's files in `from`.
pub(crate) fn from() -> Sandbox {
    let sandbox = made();
    sandbox.sh("mkdir from; mv *.crt *.key *.kubeconfig *.yaml *.service from; rm from/ca.key").ok();
    sandbox
}

#[test]
fn the_names_of_each_guide_give_the_same_worker() {
    let sandbox = from();
    sandbox.sh("cp $(readlink -f $(type -P true)) from/kubelet").ok();
    sandbox.sh(NODE).ok();
    let expected = sandbox.sh(TREE).ok();
    for (guide, names) in [
        ("MM", "rm kube-proxy.crt kube-proxy.key"),
        (
            "KTHW",
            "mkdir configs units downloads; mv *.yaml configs; mv *.service units; mkdir downloads/worker
             mv kubelet downloads/worker; mv worker-1.crt kubelet.crt; mv worker-1.key kubelet.key",
        ),
        (
            "KTHW until 2023",
            "mv ca.crt ca.pem; mv worker-1.crt worker-1.pem; mv worker-1.key worker-1-key.pem
             mv kube-proxy.crt kube-proxy.pem; mv kube-proxy.key kube-proxy-key.pem",
        ),
    ] {
        sandbox.sh(&format!("cp -a from kept; cd from; {names}")).ok();
        sandbox.sh(&format!("rm -r root; mkdir root; {NODE}")).ok();
        assert_eq!(sandbox.sh(TREE).ok(), expected, "{guide}");
        sandbox.sh("rm -r from; mv kept from").ok();
    }
}

#[test]
fn what_is_missing_is_named_with_what_makes_it() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir from root").ok();
    sandbox.sh(NODE).refused(
        "khw-install: error: from: has no ca.crt, worker-1.crt, worker-1.key, worker-1.kubeconfig, kube-proxy.kubeconfig, \
         kubelet-config.yaml, kube-proxy-config.yaml, kubelet.service, kube-proxy.service\n\
         khw-install: hint: make what is missing with `khw-cert ca`, `khw-cert node worker-1 ADDRESS`, `khw-kubeconfig new`, \
         `khw-kubelet-conf`, `khw-proxy-conf`, `khw-unit kubelet --node worker-1`, `khw-unit kube-proxy`; \
         the node is taken to be worker-1, --node says otherwise\n",
    );
    sandbox.sh("touch file; khw-install node --node worker-1 --from file --root root").refused(
        "khw-install: error: file: --from: is not a directory\n\
         khw-install: hint: name the directory with the files\n",
    );
    assert_eq!(sandbox.sh("ls root").ok(), "");
}

#[test]
fn two_names_of_one_file_must_not_differ() {
    let sandbox = from();
    sandbox.sh("cp from/ca.crt from/ca.pem").ok();
    sandbox.sh(NODE).ok();
    sandbox.sh("cp from/worker-1.crt from/ca.pem").ok();
    sandbox.sh(NODE).refused(
        "khw-install: error: from/ca.crt: is there beside ca.pem, and they differ\n\
         khw-install: hint: both are names of the same file: take the wrong one away\n",
    );
    // KTHW's `configs` has the template of what is outside.
    sandbox.sh("rm from/ca.pem; mkdir from/configs; echo SUBNET > from/configs/kubelet-config.yaml").ok();
    sandbox.sh(NODE).ok();
}

#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let sandbox = from();
    sandbox.sh("rm from/ca.crt; mkfifo from/ca.crt").ok();
    sandbox.sh(NODE).refused(
        "khw-install: error: from/ca.crt: is a device, pipe or socket, not a file\n\
         khw-install: hint: save what comes out of it first\n",
    );
    sandbox.sh("rm from/ca.crt; mkdir from/ca.crt").ok();
    sandbox.sh(NODE).refused(
        "khw-install: error: from/ca.crt: is a directory, not a file\n\
         khw-install: hint: name the file inside it\n",
    );
}

/// MM's document 10: both kubeconfigs name certificates by path, so kube-proxy's pair goes along.
#[test]
fn mms_kube_proxy_has_its_certificate_beside_it() {
    let sandbox = from();
    sandbox
        .sh("pki=/var/lib/kubernetes/pki
             by_path() {
                 c=\"khw-kubeconfig --kubeconfig=from/$1.kubeconfig --no-verify\"
                 rm from/$1.kubeconfig
                 $c set-cluster kubernetes-the-hard-way --certificate-authority=$pki/ca.crt --server=https://192.168.56.30:6443
                 $c set-credentials $2 --client-certificate=$pki/$1.crt --client-key=$pki/$1.key
                 $c set-context default --cluster=kubernetes-the-hard-way --user=$2
                 $c use-context default
             }
             by_path worker-1 system:node:worker-1; by_path kube-proxy system:kube-proxy
             khw-kubelet-conf --layout mm --node worker-1 --kubernetes-version 1.34 > from/kubelet-config.yaml
             khw-proxy-conf --layout mm --cluster-cidr 10.244.0.0/16 > from/kube-proxy-config.yaml
             khw-unit kubelet --node worker-1 --layout mm --kubernetes-version 1.34 > from/kubelet.service")
        .succeeds();
    let placed = sandbox.sh(&format!("{NODE} --layout mm")).ok();
    for line in [
        "placed 0600 root/var/lib/kubernetes/pki/kube-proxy.crt",
        "placed 0600 root/var/lib/kubernetes/pki/kube-proxy.key",
    ] {
        assert!(placed.lines().any(|l| l == line), "{placed}");
    }
    let found = sandbox.sh(
        "khw-install verify --node worker-1 --layout mm --root root --kubernetes-version 1.34 --ignore binary-missing",
    );
    assert_eq!(found.stdout, "");
    sandbox.sh("rm from/kube-proxy.key").ok();
    sandbox.sh(&format!("{NODE} --layout mm")).refused(
        "khw-install: error: from: has no kube-proxy.key\n\
         khw-install: hint: make what is missing with `khw-cert client kube-proxy`; \
         the node is taken to be worker-1, --node says otherwise\n",
    );
    sandbox.sh("cp from/worker-1.key from/kube-proxy.key").ok();
    sandbox.sh(&format!("{NODE} --layout mm")).refused(
        "khw-install: error: from/kube-proxy.key: does not belong to kube-proxy's certificate\n\
         khw-install: hint: take the key that was made together with it\n",
    );
    sandbox.sh("cp from/worker-1.crt from/kube-proxy.crt").ok();
    sandbox.sh(&format!("{NODE} --layout mm")).refused(
        "khw-install: error: from/kube-proxy.crt: CN: is the kubelet's: it is for 'system:node:worker-1'\n\
         khw-install: hint: take kube-proxy.crt, which `khw-cert client kube-proxy` makes\n",
    );
}

/// MM's document 11: the unit says that the kubelet asks for its certificate itself.
#[test]
fn a_node_that_bootstraps_needs_no_certificate() {
    let sandbox = from();
    sandbox
        .sh("echo 07401b.f395accd246ae52d | khw-kubeconfig bootstrap --server https://192.168.56.30:6443 \
               --certificate-authority from/ca.crt --token-file - > from/bootstrap-kubeconfig
             khw-unit kubelet --bootstrap-kubeconfig --kubernetes-version 1.34 > from/kubelet.service
             rm from/worker-1.*")
        .succeeds();
    let placed = sandbox.sh(NODE).ok();
    assert!(placed.contains("placed 0600 root/var/lib/kubelet/bootstrap-kubeconfig\n"), "{placed}");
    assert!(!sandbox.has("root/var/lib/kubelet/kubeconfig"), "the kubelet makes it");
    sandbox.sh("cp from/kube-proxy.kubeconfig kept; rm from/bootstrap-kubeconfig from/kube-proxy.kubeconfig").ok();
    sandbox.sh(NODE).refused(
        "khw-install: error: from: has no bootstrap-kubeconfig, kube-proxy.kubeconfig\n\
         khw-install: hint: make what is missing with `khw-kubeconfig bootstrap`, `khw-kubeconfig new`; \
         the node is taken to be worker-1, --node says otherwise\n",
    );
    sandbox
        .sh("cp kept from/kube-proxy.kubeconfig; sed '/client-/d; s/user:$/user: {}/' kept > from/bootstrap-kubeconfig")
        .ok();
    let refused = sandbox.sh(NODE);
    assert!(refused.stderr.contains("token: its user has neither a token nor a certificate\n"), "{}", refused.stderr);
}
