//! bootstrap, merge.

use super::{CA_CRT, NEW, kubectl_config, meaning, sandbox};

const BOOTSTRAP: &str = "khw-kubeconfig bootstrap --server=https://192.168.5.30:6443 --certificate-authority=ca.crt";

#[test]
fn bootstrap_prints_what_kubectls_four_commands_make() {
    let sandbox = sandbox();
    let printed = sandbox.sh(&format!("{BOOTSTRAP} --token=abcdef.0123456789abcdef")).ok();
    assert!(printed.contains("    token: abcdef.0123456789abcdef\n"), "{printed}");
    let from_file = sandbox.sh(&format!("{BOOTSTRAP} --token-file=- <<< abcdef.0123456789abcdef")).ok();
    assert_eq!(from_file, printed);
    sandbox.sh(&format!("umask 0; {BOOTSTRAP} --token=abcdef.0123456789abcdef -o ours")).ok();
    assert_eq!((sandbox.read("ours"), sandbox.mode("ours")), (printed, 0o600));
    let Some(kubectl) = kubectl_config() else { return };
    for command in [
        "set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs --server=https://192.168.5.30:6443",
        "set-credentials kubelet-bootstrap --token=abcdef.0123456789abcdef",
        "set-context bootstrap --cluster=kubernetes-the-hard-way --user=kubelet-bootstrap",
        "use-context bootstrap",
    ] {
        sandbox.sh(&format!("{kubectl} {command} --kubeconfig=theirs")).ok();
    }
    assert_eq!(meaning(&sandbox, &kubectl, "ours"), meaning(&sandbox, &kubectl, "theirs"));
}

#[test]
fn bootstrap_refuses() {
    let sandbox = sandbox();
    let form = "it is 6 and 16 lower-case letters or digits with a dot between: abcdef.0123456789abcdef";
    sandbox.write("t", "geheim\n");
    for (options, what, hint) in [
        ("--token=geheim", "--token: is not a bootstrap token", form),
        ("--token=ABCDEF.0123456789abcdef", "--token: is not a bootstrap token", form),
        ("--token=abcdef.0123456789abcdefg", "--token: is not a bootstrap token", form),
        ("--token=", "--token: is empty", form),
        ("--token-file=t", "t: --token-file: is not a bootstrap token", form),
        ("", "missing: <--token <TOKEN>|--token-file <FILE>>", "see 'khw-kubeconfig bootstrap --help'"),
        ("--token=abcdef.0123456789abcdef --user=", "--user: is empty", "was a shell variable unset?"),
        (
            "--token=abcdef.0123456789abcdef --server=https://$IP",
            "--server: the server URL 'https://' has no host",
            "write it as https://192.168.5.30:6443",
        ),
    ] {
        let ran = sandbox.sh(&format!("IP=; {BOOTSTRAP} {options}"));
        if options.is_empty() {
            assert!(ran.status == 2 && ran.stderr.contains("missing: "), "{}", ran.stderr);
            continue;
        }
        ran.refused(&format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n"));
    }
    sandbox.sh(&format!("{BOOTSTRAP} --token=geheim --no-verify")).ok();
}

#[test]
fn merge_renames_what_collides() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{NEW} -o one.kubeconfig; {NEW} --cluster=other -o two.kubeconfig")).ok();
    sandbox.sh("sed -i s/192.168.5.30/10.0.0.1/ two.kubeconfig").ok();
    let said = "khw-kubeconfig: two.kubeconfig: the context 'default' is now 'default-two'\n";
    sandbox.sh("khw-kubeconfig merge one.kubeconfig two.kubeconfig -o k").says(said);
    assert_eq!(sandbox.mode("k"), 0o600);
    let contexts = sandbox.sh("khw-kubeconfig get-contexts --kubeconfig=k").ok();
    assert_eq!(
        contexts,
        "CURRENT   NAME          CLUSTER                   AUTHINFO               NAMESPACE\n\
         *         default       kubernetes-the-hard-way   system:node:worker-1   \n          \
         default-two   other                     system:node:worker-1   \n"
    );
    sandbox.sh("khw-kubeconfig check k").ok();
    // The same twice is no collision.
    let once = sandbox.sh("khw-kubeconfig merge one.kubeconfig").ok();
    assert_eq!(sandbox.sh("khw-kubeconfig merge one.kubeconfig one.kubeconfig").ok(), once);
    assert_eq!(sandbox.sh("khw-kubeconfig merge one.kubeconfig - < one.kubeconfig").ok(), once);
    sandbox.sh("khw-kubeconfig merge one.kubeconfig nope").refused(
        "khw-kubeconfig: error: nope: no such file or directory\n\
         khw-kubeconfig: hint: check the path, or run the step that makes this file first\n",
    );
    sandbox.sh("khw-kubeconfig merge - - < one.kubeconfig").refused(
        "khw-kubeconfig: error: standard input: is named twice\nkhw-kubeconfig: hint: name each kubeconfig once\n",
    );
}

#[test]
fn merge_turns_paths() {
    let sandbox = sandbox();
    sandbox.write("in/ca.crt", CA_CRT).write(
        "in/k",
        "clusters:\n- name: a\n  cluster: {server: 'https://a', certificate-authority: ca.crt, x-own: 1}\n",
    );
    let dir = sandbox.path("").display().to_string();
    let absolute = sandbox.sh("khw-kubeconfig merge in/k").ok();
    assert!(absolute.contains(&format!("    certificate-authority: {dir}in/ca.crt\n")), "{absolute}");
    assert!(absolute.contains("    x-own: 1\n"), "{absolute}");
    sandbox.sh("khw-kubeconfig merge in/k -o out").ok();
    assert!(sandbox.read("out").contains("    certificate-authority: in/ca.crt\n"));
    let flat = sandbox.sh("khw-kubeconfig merge --flatten in/k").ok();
    assert!(flat.contains("    certificate-authority-data: LS0") && !flat.contains("ca.crt"), "{flat}");
}

#[test]
fn new_looks_at_the_chain() {
    let sandbox = harness::Sandbox::new();
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert node w --key-type ecdsa:p256
             mkdir other; khw-cert ca -d other --cn OTHER --key-type ecdsa:p256; khw-cert node w --ca other/ca.crt --key-type ecdsa:p256 -d other
             openssl req -new -key w.key -subj /CN=w -out w.csr; openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days -1 -out expired.crt")
        .succeeds();
    let new = |ca: &str, certificate: &str, key: &str| {
        sandbox.sh(&format!(
            "khw-kubeconfig new --server https://a:6443 --certificate-authority {ca} --client-certificate {certificate} --client-key {key} -o out"
        ))
    };
    assert_eq!(new("ca.crt", "w.crt", "w.key").stderr, "");
    new("w.crt", "w.crt", "w.key").refused(
        "khw-kubeconfig: error: w.crt: --certificate-authority: is not the certificate of a CA\n\
         khw-kubeconfig: hint: give the ca.crt that signed the API server's certificate\n",
    );
    let ran = new("ca.crt", "other/w.crt", "other/w.key");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (
            0,
            "khw-kubeconfig: warning: other/w.crt: --client-certificate: is not signed by the CA ca.crt: its issuer is CN = OTHER, O = Kubernetes\n"
        )
    );
    let ran = new("ca.crt", "expired.crt", "w.key");
    assert!(
        ran.status == 0 && ran.stderr.contains("warning: expired.crt: --client-certificate: expired on 20"),
        "{ran:?}"
    );
}

#[test]
fn setting_warns_of_what_check_calls_an_error() {
    let sandbox = harness::Sandbox::new();
    sandbox
        .sh("khw-cert ca --key-type ecdsa:p256; khw-cert node w --key-type ecdsa:p256
             openssl req -new -key w.key -subj /CN=w -out w.csr; openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days -1 -out expired.crt")
        .succeeds();
    let ran =
        sandbox.sh("khw-kubeconfig set-cluster a --server=https://a:6443 --certificate-authority=w.crt --kubeconfig=k");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (0, "khw-kubeconfig: warning: w.crt: --certificate-authority: is not the certificate of a CA\n")
    );
    let ran = sandbox
        .sh("khw-kubeconfig set-credentials a --client-certificate=expired.crt --client-key=w.key --kubeconfig=k");
    let warning = "khw-kubeconfig: warning: expired.crt: --client-certificate: expired on 20";
    assert!(ran.status == 0 && ran.stderr.starts_with(warning) && ran.stderr.lines().count() == 1, "{ran:?}");
    let quiet = "khw-kubeconfig set-credentials a --client-certificate=expired.crt --client-key=w.key --kubeconfig=k --no-verify";
    assert_eq!(sandbox.sh(quiet).stderr, "");
}
