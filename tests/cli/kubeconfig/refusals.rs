//! What cannot work is refused, or warned of, and `--no-verify` gives kubectl's leniency back.

use super::{NEW, WORKER_KEY, kubectl_config, meaning, sandbox, tutorial};

#[test]
fn what_cannot_work_is_refused_and_nothing_written() {
    let sandbox = sandbox();
    sandbox.sh(&tutorial("khw-kubeconfig")).ok();
    sandbox.sh("mv worker-1.kubeconfig k; mkdir dir; : > empty; sed '$d' worker-1.key > cut.key").ok();
    let (before, names) = (sandbox.read("k"), sandbox.names());
    let example = "write it as https://192.168.5.30:6443";
    let pair = "give the other file of the pair";
    let unset = "was a shell variable unset?";
    let proxy = "write it as http://proxy.example.com:3128";
    let (clusters, users) = ("the clusters are kubernetes-the-hard-way", "the users are system:node:worker-1");
    let contexts = "the contexts are default";
    for (command, what, hint) in [
        ("set-cluster x --server=https://:6443", "--server: the server URL 'https://:6443' has no host", example),
        ("set-cluster x --server=a:6443", "--server: the server URL 'a:6443' has no scheme", example),
        ("set-cluster x --server='https://a b'", "--server: the server URL 'https://a b' has a blank in it", example),
        (
            "set-cluster x --server=",
            "--server: the server URL is empty",
            "was a shell variable unset? write it as https://192.168.5.30:6443",
        ),
        (
            "set-cluster x --server='https://${IP}:6443'",
            "--server: the server URL 'https://${IP}:6443' has '$' in it",
            "the shell did not expand a variable: use double quotes around it",
        ),
        (
            "set-cluster x --server='https://{{ip}}'",
            "--server: the server URL 'https://{{ip}}' has '{' or '}' in it",
            "a template was not filled in: write the server's address",
        ),
        (
            "set-cluster x --proxy-url='http://$P:1'",
            "--proxy-url: the proxy URL 'http://$P:1' has '$' in it",
            "the shell did not expand a variable: use double quotes around it",
        ),
        (
            "set-cluster x --proxy-url='http://{{p}}'",
            "--proxy-url: the proxy URL 'http://{{p}}' has '{' or '}' in it",
            "a template was not filled in: write the proxy's address",
        ),
        ("set-cluster x --proxy-url='http://a b'", "--proxy-url: the proxy URL 'http://a b' has a blank in it", proxy),
        ("set clusters.x.proxy-url p:3128", "clusters.x.proxy-url: the proxy URL 'p:3128' has no scheme", proxy),
        ("set-cluster x --proxy-url=p:3128", "--proxy-url: the proxy URL 'p:3128' has no scheme", proxy),
        ("set-cluster x --proxy-url=http://u:geheim@:1", "--proxy-url: the proxy URL has no host", proxy),
        (
            "set-cluster x --proxy-url=socks4://p",
            "--proxy-url: the proxy URL 'socks4://p' is none of http, https and socks5",
            proxy,
        ),
        (
            "set-cluster x --certificate-authority=nope.crt",
            "nope.crt: --certificate-authority: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        (
            "set-cluster x --certificate-authority=dir",
            "dir: --certificate-authority: is a directory, not a file",
            "name the file inside it",
        ),
        (
            "set-cluster x --certificate-authority=empty",
            "empty: --certificate-authority: is empty",
            "run the step that makes this file again",
        ),
        (
            "set-cluster x --certificate-authority=ca.key --embed-certs",
            "ca.key: --certificate-authority: is a private key, not a certificate",
            pair,
        ),
        (
            "set-cluster x --certificate-authority=k",
            "k: --certificate-authority: has no PEM block with a certificate",
            "is this the right file?",
        ),
        (
            "set-cluster x --embed-certs",
            "--embed-certs: there is no --certificate-authority to embed",
            "name the CA's certificate: --certificate-authority=ca.crt",
        ),
        (
            "set-cluster x --insecure-skip-tls-verify --certificate-authority=ca.crt",
            "--certificate-authority: cannot be used together with --insecure-skip-tls-verify",
            "the one is to check the server's certificate, the other not to",
        ),
        ("set-cluster ''", "the cluster's name is empty", unset),
        (
            "set-cluster x --certificate-authority=",
            "--certificate-authority: is empty",
            "was a shell variable unset? name the file",
        ),
        ("set-cluster x --embed-certs=yes", "--embed-certs[=<BOOL>]: 'yes' is not a boolean", "it is true or false"),
        (
            "set-credentials x --client-certificate=worker-1.crt --client-key=ca.key",
            "ca.key: --client-key: is not the key of the certificate worker-1.crt",
            "give the key with which this certificate was requested",
        ),
        (
            "set-credentials x --client-certificate=worker-1.key --client-key=worker-1.crt",
            "worker-1.key: --client-certificate: is a private key, not a certificate",
            pair,
        ),
        (
            "set-credentials x --client-key=worker-1.crt --embed-certs",
            "worker-1.crt: --client-key: is a certificate, not a private key",
            pair,
        ),
        (
            "set-credentials x --client-key=cut.key",
            "cut.key:1: --client-key: the PRIVATE KEY block is truncated: its line '-----END PRIVATE KEY-----' is missing",
            "copy the file again, whole",
        ),
        (
            "set-credentials x --embed-certs",
            "--embed-certs: there is no --client-certificate or --client-key to embed",
            "name them: --client-certificate=FILE --client-key=FILE",
        ),
        (
            "set-credentials x --token=geheim --username=a",
            "--token: cannot be used together with --username and --password",
            "a user has one way to say who it is: choose one",
        ),
        (
            "set-credentials x --client-key=- --client-certificate=worker-1.crt",
            "--client-key: standard input has no path that could be written into the kubeconfig",
            "add --embed-certs",
        ),
        ("set-context x --cluster=nope", "k: contexts.x.cluster: there is no cluster 'nope'", clusters),
        ("set-context x --user=nope", "k: contexts.x.user: there is no user 'nope'", users),
        ("set-context --namespace=x", "missing: <NAME>", "see 'khw-kubeconfig set-context --help'"),
        ("use-context nope", "k: there is no context 'nope'", contexts),
        ("delete-user nope", "k: there is no user 'nope'", users),
        ("rename-context nope x", "k: there is no context 'nope'", contexts),
        ("get-contexts nope", "k: there is no context 'nope'", contexts),
        (
            "rename-context default default",
            "k: there is a context 'default' already",
            "choose another name, or delete that one first",
        ),
        ("view --minify --context=x", "k: current-context: there is no context 'x'", contexts),
        (
            "view -o xml",
            "--output <FORMAT>: 'xml' is not a value it can have",
            "it is one of yaml, json, jsonpath={...}, jsonpath-as-json={...}, jsonpath-file=FILE",
        ),
        (
            "set-context x --lock-timeout=1x",
            "--lock-timeout <TIME>: '1x' is not a time",
            "write it as 500ms, 10s or 1m",
        ),
    ] {
        let line = format!("khw-kubeconfig {command} --kubeconfig=k");
        sandbox.sh(&line).refused(&format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n"));
        assert_eq!((sandbox.read("k"), sandbox.names()), (before.clone(), names.clone()), "{command}");
    }
}

#[test]
fn files_that_are_no_kubeconfig_are_refused_and_stay() {
    let sandbox = sandbox();
    for (content, what, hint) in [
        ("- a\n", "k: is a list, not a kubeconfig", "is this the right file?"),
        (
            "clusters: []\nclusters: []\n",
            "k:2: the key 'clusters' is there twice",
            "kubectl would take the last one in silence: remove the wrong one",
        ),
        (
            "clusters:\n- name: a\n- name: a\n",
            "k:3: clusters[1].name: there is another cluster named 'a'",
            "kubectl refuses such a file: rename or remove one of them",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "k:2: has more than one YAML document",
            "a kubeconfig is one document: split the file at '---'",
        ),
        (
            "users:\n- name: yes\n",
            "k:2: users[0].name: is a boolean, not text",
            "put it in quotes: plain yes, no, on, off, y, n and digits are not text in YAML",
        ),
        (
            "kind: Pod\n",
            "k:1: kind: is 'Pod', not Config",
            "is this the right file? a kubeconfig has apiVersion v1 and kind Config",
        ),
    ] {
        sandbox.write("k", content);
        for command in ["view", "set-cluster a --server=https://a", "use-context a --no-verify", "get-users"] {
            let refused = format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n");
            sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k")).refused(&refused);
            assert_eq!(sandbox.read("k"), content);
        }
    }
    for (line, what, hint) in [
        ("view --kubeconfig=.", ".: is a directory, not a file", "name the file inside it"),
        (
            "current-context --kubeconfig=none",
            "none: current-context: is not set",
            "choose one with khw-kubeconfig use-context",
        ),
        ("set-cluster a --kubeconfig=- < /dev/null", "standard input: cannot be changed in place", "name a file"),
        (
            "use-context a --kubeconfig=new/dir/k",
            "new/dir/k: there is no context 'a'",
            "there is none at all: make it first with khw-kubeconfig set-context",
        ),
    ] {
        let refused = format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n");
        sandbox.sh(&format!("khw-kubeconfig {line}")).refused(&refused);
    }
    assert!(!sandbox.has("new"), "a refused command left the directories that it would have needed");
}

/// Whoever names the key's file instead of the kubeconfig must not find the key in a message.
#[test]
fn no_secret_is_in_a_message() {
    let sandbox = sandbox();
    sandbox.write("k", "users:\n- name: a\n  user:\n    client-key-data: geheim*geheim\n    token: [geheim]\n");
    let body = WORKER_KEY.lines().nth(1).expect("a line of base64");
    for line in ["view --kubeconfig=worker-1.key", "view --kubeconfig=k", "use-context a --kubeconfig=k"] {
        let ran = sandbox.sh(&format!("khw-kubeconfig {line}"));
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(!ran.stderr.contains("geheim") && !ran.stderr.contains(body), "{}", ran.stderr);
    }
}

#[test]
fn new_refuses_the_same() {
    let sandbox = sandbox();
    for (from, to, what, hint) in [
        (
            "https://192.168.5.30:6443",
            "https://",
            "--server: the server URL 'https://' has no host",
            "write it as https://192.168.5.30:6443",
        ),
        (
            "worker-1.key",
            "ca.key",
            "ca.key: --client-key: is not the key of the certificate worker-1.crt",
            "give the key with which this certificate was requested",
        ),
        (
            "ca.crt",
            "nope",
            "nope: --certificate-authority: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        ("new", "new --user=", "--user: is empty", "was a shell variable unset?"),
    ] {
        let line = format!("{} -o k", NEW.replacen(from, to, 1));
        sandbox.sh(&line).refused(&format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n"));
        assert!(!sandbox.has("k"));
    }
}

#[test]
fn warnings_do_not_stop_anything() {
    let sandbox = sandbox();
    for (command, said) in [
        (
            "set-cluster a --server=http://a",
            "warning: --server: http is not encrypted, and an API server answers on https only",
        ),
        ("set-cluster b", "warning: the cluster 'b' has no server yet: give it one with --server"),
        ("set-cluster a --server=http://127.0.0.1:8080", ""),
        ("set-context c --cluster=a", ""),
        ("use-context c --no-verify", ""),
        ("delete-cluster a", "warning: the context 'c' still names the cluster 'a'"),
        ("delete-context c", "warning: 'c' was the context in use: choose another with khw-kubeconfig use-context"),
    ] {
        let said = if said.is_empty() { String::new() } else { format!("khw-kubeconfig: {said}\n") };
        sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k")).says(&said);
    }
}

#[test]
fn no_verify_is_as_lenient_as_kubectl() {
    let sandbox = sandbox();
    for command in [
        "set-cluster x --server=nonsense --certificate-authority=nope",
        "set-credentials x --client-certificate=nope --client-key=ca.crt",
        "set-credentials x --client-certificate=worker-1.crt --client-key=ca.key --embed-certs",
        "set-context x --cluster=nope --user=nope",
        "use-context x",
        "set-cluster x --server=",
    ] {
        sandbox.sh(&format!("khw-kubeconfig {command} --no-verify --kubeconfig=ours")).ok();
        if let Some(kubectl) = kubectl_config() {
            sandbox.sh(&format!("{kubectl} {command} --kubeconfig=theirs")).ok();
            assert_eq!(meaning(&sandbox, &kubectl, "ours"), meaning(&sandbox, &kubectl, "theirs"), "{command}");
        }
    }
    // kubectl refuses this one too.
    sandbox
        .sh("khw-kubeconfig use-context y --no-verify --kubeconfig=ours")
        .refused("khw-kubeconfig: error: ours: there is no context 'y'\nkhw-kubeconfig: hint: the contexts are x\n");
}

/// An error page that was saved as a kubeconfig is a mapping too.
#[test]
fn a_mapping_of_something_else_is_no_kubeconfig() {
    let sandbox = sandbox();
    sandbox.write("k", "404: Not Found\n").write("empty", "").write("braces", "{}\n");
    for command in ["view", "set-context a"] {
        sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k")).refused(
            "khw-kubeconfig: error: k: has no field of a kubeconfig\n\
             khw-kubeconfig: hint: is this the right file? a kubeconfig has clusters, users and contexts\n",
        );
    }
    assert_eq!(sandbox.read("k"), "404: Not Found\n");
    for line in ["k --no-verify", "empty", "braces"] {
        sandbox.sh(&format!("khw-kubeconfig set-context a --kubeconfig={line}")).ok();
    }
}
