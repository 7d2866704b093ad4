//! khw-install: files that are right by themselves and do not belong on this worker are not placed.

use crate::install::made;
use harness::Sandbox;

#[track_caller]
fn refused(sandbox: &Sandbox, line: &str, message: &str) {
    let ran = sandbox.sh(line);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (2, "", message), "{line}");
    assert_eq!(sandbox.sh("find root -type f").ok(), "", "{line}");
}

#[test]
fn certificates_come_without_a_key() {
    let sandbox = made();
    sandbox.sh("cat ca.crt ca.key > both; cat worker-1.crt worker-1.key > pair").ok();
    let says = |file: &str, line: usize| {
        format!(
            "khw-install: error: {file}:{line}: holds a private key too\n\
             khw-install: hint: take the key out of it: only certificates belong here\n"
        )
    };
    let line = |file: &str| sandbox.read(file).lines().position(|l| l.contains("PRIVATE KEY")).unwrap() + 1;
    refused(&sandbox, "khw-install ca both --node worker-1 --root root", &says("both", line("both")));
    refused(&sandbox, "khw-install kubelet-cert pair --node worker-1 --root root", &says("pair", line("pair")));
    refused(&sandbox, "khw-install kube-proxy-cert both --node worker-1 --root root", &says("both", line("both")));
    sandbox.sh("mv both ca.crt").ok();
    refused(&sandbox, "khw-install node --node worker-1 --from . --root root", &says("./ca.crt", line("ca.crt")));
}

#[test]
fn a_key_is_not_that_of_another_certificate_beside_it() {
    let sandbox = made();
    refused(
        &sandbox,
        "khw-install kubelet-key kube-proxy.key --node worker-1 --root root",
        "khw-install: error: kube-proxy.key: there is no certificate to compare this key with\n\
         khw-install: hint: place the certificate first with `khw-install kubelet-cert`, or name it with --certificate\n",
    );
    sandbox.sh("khw-install kubelet-cert worker-1.crt --node worker-1 --root root").ok();
    sandbox.sh("khw-install kubelet-key kube-proxy.key --node worker-1 --root root").refused(
        "khw-install: error: kube-proxy.key: does not belong to the node's certificate\n\
         khw-install: hint: take the key that was made together with it\n",
    );
    sandbox.sh("khw-install kubelet-key worker-1.key --node worker-1 --root root").ok();
}

#[test]
fn a_kubeconfig_with_certificates_by_path_is_of_this_node() {
    let sandbox = made();
    sandbox
        .sh("khw-cert node node02 --key-type ecdsa:p256
             khw-kubeconfig set-cluster a --server=https://192.168.5.30:6443 --certificate-authority=ca.crt --kubeconfig=by-path
             khw-kubeconfig set-credentials system:node:node02 --client-certificate=node02.crt --client-key=node02.key --kubeconfig=by-path
             khw-kubeconfig set-context a --cluster=a --user=system:node:node02 --kubeconfig=by-path
             khw-kubeconfig use-context a --kubeconfig=by-path")
        .succeeds();
    let line = sandbox.read("by-path").lines().position(|l| l.contains("- name: system:node:node02")).unwrap() + 1;
    refused(
        &sandbox,
        "khw-install kubelet-kubeconfig by-path --node worker-1 --root root",
        &format!(
            "khw-install: error: by-path:{line}: its user is 'system:node:node02', not system:node:worker-1\n\
             khw-install: hint: take the kubeconfig of worker-1, or say --node when this is another node\n"
        ),
    );
    sandbox.sh("khw-install kubelet-kubeconfig by-path --node node02 --root root").ok();
}

#[test]
fn a_unit_that_systemd_or_every_kubelet_refuses_is_not_placed() {
    let sandbox = made();
    for (change, message) in [
        (
            "s/Restart=/Restrat=/",
            "Restrat: is not a directive of [Service], and is skipped\nkhw-install: hint: did you mean Restart=?",
        ),
        (
            "s/--config=/--confg=/",
            "--confg: kubelet does not start with a flag it does not know\nkhw-install: hint: did you mean --config?",
        ),
    ] {
        sandbox.sh(&format!("sed '{change}' kubelet.service > bad.service")).ok();
        let ran = sandbox.sh("khw-install kubelet-unit bad.service --node worker-1 --root root");
        let said = ran.stderr.clone();
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{said}");
        let (place, rest) = said.split_once(": ").and_then(|(_, rest)| rest.split_once(": ")).unwrap();
        assert_eq!(place, "error", "{said}");
        let (file, rest) = rest.split_once(": ").unwrap();
        assert!(file.starts_with("bad.service:"), "{said}");
        assert_eq!(rest.trim_end(), message, "{said}");
    }
    assert_eq!(sandbox.sh("find root -type f").ok(), "");
}

#[test]
fn a_unit_is_not_placed_under_another_command() {
    let sandbox = made();
    sandbox
        .sh("mkdir -p root/usr/lib/systemd/system/kubelet.service.d root/etc/systemd/system/kube-proxy.service.d
             printf '[Service]\\nEnvironment=A=b\\nExecStart=\\nExecStart=/usr/bin/kubelet $A\\n' > root/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf
             printf '[Service]\\nEnvironment=A=b\\n' > root/etc/systemd/system/kube-proxy.service.d/own.conf")
        .ok();
    let message = "khw-install: error: root/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf:4: ExecStart: \
         this drop-in has another command, so that of kubelet.service would not be run\n\
         khw-install: hint: it is left over from another installation: remove it, then place the unit\n";
    sandbox.sh("khw-install kubelet-unit kubelet.service --node worker-1 --root root").refused(message);
    sandbox.sh("khw-install node --from . --node worker-1 --root root").refused(message);
    sandbox.sh("khw-install kube-proxy-unit kube-proxy.service --node worker-1 --root root").ok();
    sandbox.sh("rm root/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf").ok();
    sandbox.sh("khw-install node --from . --node worker-1 --root root").ok();
}

#[test]
fn files_of_another_layout_are_not_placed() {
    let sandbox = made();
    sandbox
        .sh("khw-kubelet-conf --kubernetes-version v1.20.2 --layout mm --node worker-1 > kubelet-config.yaml
             khw-unit kubelet --node worker-1 --kubernetes-version v1.20.2 --layout mm > kubelet.service
             khw-unit kube-proxy --layout mm > kube-proxy.service
             khw-proxy-conf --cluster-cidr 10.244.0.0/16 --layout mm > kube-proxy-config.yaml")
        .succeeds();
    refused(
        &sandbox,
        "khw-install node --from . --node worker-1 --root root",
        "khw-install: error: /var/lib/kubelet/kubelet-config.yaml: names /var/lib/kubernetes/pki/ca.crt, where nothing is placed\n\
         khw-install: hint: say --layout mm if the files were made for it, or make them again for this layout\n",
    );
    sandbox.sh("khw-install node --from . --node worker-1 --root root --layout mm").ok();
    sandbox.sh("khw-install verify --node worker-1 --root root --layout mm --ignore binary-missing").ok();
}
