//! khw-kubeconfig: what kubectl's words do, what `new` prints, what is refused. kubectl 1.32 judges where it is there.

mod check;
mod corpus;
mod meaning;
mod messages;
mod own;
mod random;
mod several_files;
mod words;
mod writers;

use harness::{Reference, Sandbox, reference};
use serde_json::Value;
use std::os::unix::fs::MetadataExt;

/// A CA with CN KUBERNETES-CA, valid until 2126.
const CA_CRT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUaLbthYokDF8ZigMm2NK5gPNn5/4wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNS1VCRVJORVRFUy1DQTAgFw0yNjExMjQxNTM2MDlaGA8yMTI2
MTAzMTE1MzYwOVowGDEWMBQGA1UEAwwNS1VCRVJORVRFUy1DQTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABCWPjYLPu3MWJWR3CP4N+mZqsb3Cj0e7xNnE02csx+wW
77gzSG+Z8mku6joShABHfl+girbW+pLvMA4Nf6CDKJWjUzBRMB0GA1UdDgQWBBRE
NCSurnXgtMf+/5AeZhwPXipyHjAfBgNVHSMEGDAWgBRENCSurnXgtMf+/5AeZhwP
XipyHjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIHR5r0IROjUT
s5wb0s9Gf10MyR0EPvq8pyKyV/UbhtqsAiAoI2jwKoUn7fuzEWLe+edzZWpj0lac
8+XxLIarqUbUCg==
-----END CERTIFICATE-----
";

/// Its key, made for these tests.
const CA_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQuQxqHBrcMxq+9uC
M5sHUR3Pvh3yOFah7KdcS/gdQo2hRANCAAQlj42Cz7tzFiVkdwj+DfpmarG9wo9H
u8TZxNNnLMfsFu+4M0hvmfJpLuo6EoQAR35foIq21vqS7zAODX+ggyiV
-----END PRIVATE KEY-----
";

/// CN system:node:worker-1, O system:nodes, signed by that CA.
const WORKER_CRT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBvjCCAWSgAwIBAgIUK/oL/YPPpSuNPbfwMWy9rZ5hc58wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNS1VCRVJORVRFUy1DQTAgFw0yNjExMjQxNTM2MDlaGA8yMTI2
MTAzMTE1MzYwOVowNjEdMBsGA1UEAwwUc3lzdGVtOm5vZGU6d29ya2VyLTExFTAT
BgNVBAoMDHN5c3RlbTpub2RlczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBF7
qMtqxOCdRb0zmBpKaSKPebg4YXvjrQ8hDib37yq/4UfHFez/gDP97eLOI8zsKbZ4
OoQ2vlkPRn8wRFL9Su+jbDBqMAkGA1UdEwQCMAAwHQYDVR0lBBYwFAYIKwYBBQUH
AwIGCCsGAQUFBwMBMB0GA1UdDgQWBBR3pW757cqP6fgluQGr1n5KJmNjADAfBgNV
HSMEGDAWgBRENCSurnXgtMf+/5AeZhwPXipyHjAKBggqhkjOPQQDAgNIADBFAiEA
6+iDyhf3HnzTcQx0vzXlMtrst7NMppAenUf/OLIFADUCIC6kONdfQ+BC3Od6y7sX
YfaQJe03Jkz4CW5qnCX/W9FX
-----END CERTIFICATE-----
";

/// Its key, made for these tests.
const WORKER_KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgU+WWda/pPMm0MttD
QOt/RAYFaTgYsIjHaQ94k4BTIPuhRANCAAQRe6jLasTgnUW9M5gaSmkij3m4OGF7
460PIQ4m9+8qv+FHxxXs/4Az/e3iziPM7Cm2eDqENr5ZD0Z/MERS/Urv
-----END PRIVATE KEY-----
";

/// A directory as the tutorial has it after its first step.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("ca.crt", CA_CRT).write("ca.key", CA_KEY);
    sandbox.write("worker-1.crt", WORKER_CRT).write("worker-1.key", WORKER_KEY);
    sandbox
}

/// The tutorial's four commands, character by character but for the tool's name.
fn tutorial(tool: &str) -> String {
    "\
TOOL set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig=worker-1.kubeconfig
TOOL set-credentials system:node:worker-1 --client-certificate=worker-1.crt --client-key=worker-1.key --embed-certs=true --kubeconfig=worker-1.kubeconfig
TOOL set-context default --cluster=kubernetes-the-hard-way --user=system:node:worker-1 --kubeconfig=worker-1.kubeconfig
TOOL use-context default --kubeconfig=worker-1.kubeconfig
"
    .replace("TOOL", tool)
}

const NEW: &str = "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
    --client-certificate worker-1.crt --client-key worker-1.key";

/// `kubectl config`, if it is there.
fn kubectl_config() -> Option<String> {
    reference(Reference::Kubectl).map(|path| format!("{} config", path.display()))
}

/// What kubectl makes of a file.
#[track_caller]
fn meaning(sandbox: &Sandbox, kubectl: &str, file: &str) -> Value {
    let json = sandbox.sh(&format!("{kubectl} view --raw -o json --kubeconfig={file}")).ok();
    serde_json::from_str(&json).expect("kubectl prints JSON")
}

#[test]
fn the_tutorials_four_commands() {
    let sandbox = sandbox();
    let said = sandbox.sh(&tutorial("khw-kubeconfig")).ok();
    assert_eq!(
        said,
        "Cluster \"kubernetes-the-hard-way\" set.\nUser \"system:node:worker-1\" set.\nContext \"default\" created.\n\
         Switched to context \"default\".\n"
    );
    assert_eq!(sandbox.mode("worker-1.kubeconfig"), 0o600);
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "worker-1.crt", "worker-1.key", "worker-1.kubeconfig"]);
    let ours = sandbox.read("worker-1.kubeconfig");

    // A second run says kubectl's words and leaves the file alone: it is not even replaced.
    let inode = "stat -c %i worker-1.kubeconfig";
    let again = sandbox.sh(&format!("{inode}; {}{inode}", tutorial("khw-kubeconfig"))).ok();
    assert!(again.contains("Context \"default\" modified.\n"), "{again}");
    assert_eq!(again.lines().next(), again.lines().last(), "the file was replaced");

    let Some(kubectl) = kubectl_config() else { return };
    sandbox.sh("rm worker-1.kubeconfig").ok();
    assert_eq!(sandbox.sh(&tutorial(&kubectl)).ok(), said);
    assert_eq!(sandbox.read("worker-1.kubeconfig"), ours);
}

#[test]
fn new_prints_what_the_four_commands_make() {
    let sandbox = sandbox();
    sandbox.sh(&tutorial("khw-kubeconfig")).ok();
    let four = sandbox.read("worker-1.kubeconfig");
    assert_eq!(sandbox.sh(NEW).ok(), four);
    assert_eq!(sandbox.sh_with(&NEW.replace("worker-1.key", "-"), WORKER_KEY.as_bytes()).ok(), four);
    assert_eq!(sandbox.sh(&format!("umask 0; {NEW} -o f")).ok(), "");
    assert_eq!((sandbox.read("f"), sandbox.mode("f")), (four, 0o600));
}

#[test]
fn new_with_paths_and_names() {
    let sandbox = sandbox();
    let line = "mkdir sub; cp ca.crt sub; khw-kubeconfig new --server=https://a --certificate-authority=sub/ca.crt \
        --client-certificate=$PWD/worker-1.crt --client-key=worker-1.key --embed-certs=false --cluster=017 --user=yes \
        --context=n";
    let printed = sandbox.sh(line).ok();
    let expected = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority: sub/ca.crt\n    server: https://a\n  \
         name: \"017\"\ncontexts:\n- context:\n    cluster: \"017\"\n    user: \"yes\"\n  name: \"n\"\n\
         current-context: \"n\"\nkind: Config\npreferences: {{}}\nusers:\n- name: \"yes\"\n  user:\n    \
         client-certificate: {}\n    client-key: worker-1.key\n",
        sandbox.path("worker-1.crt").display()
    );
    assert_eq!(printed, expected);
}

#[test]
fn flags_in_kubectls_ways() {
    let sandbox = sandbox();
    let made = |line: &str| {
        sandbox.sh(&format!("rm -f k; {line}")).ok();
        sandbox.read("k")
    };
    let given = "--server=https://a --certificate-authority=ca.crt";
    let expected = made(&format!("khw-kubeconfig set-cluster a {given} --embed-certs --kubeconfig=k"));
    assert!(expected.contains("certificate-authority-data: LS0"), "{expected}");
    for line in [
        "--kubeconfig=k set-cluster a --server https://a --certificate-authority ca.crt --embed-certs=1",
        "--kubeconfig k --embed-certs --server https://a set-cluster a --certificate-authority=ca.crt",
        "--server=https://b set-cluster --embed_certs=T a GIVEN --kubeconfig=k",
        "--kubeconfig=k set-cluster a GIVEN --embed-certs=False --embed-certs=TRUE",
    ] {
        assert_eq!(made(&format!("khw-kubeconfig {}", line.replace("GIVEN", given))), expected, "{line}");
    }
    let named = format!("export KUBECONFIG=:k:; khw-kubeconfig set-cluster a {given} --embed-certs");
    assert_eq!(made(&named), expected);
    sandbox.sh(&format!("khw-kubeconfig set-cluster a {given} --embed-certs")).ok();
    assert_eq!((sandbox.read(".kube/config"), sandbox.mode(".kube/config")), (expected, 0o600));
}

#[test]
fn paths_are_written_as_kubectl_does_but_absolute_ones_stay() {
    let sandbox = sandbox();
    sandbox.write("etc/ca.crt", CA_CRT);
    let lines = "\
TOOL set-cluster below --server=https://a --certificate-authority=etc/ca.crt --kubeconfig=etc/k
TOOL set-cluster above --server=https://a --certificate-authority=./ca.crt --kubeconfig=etc/k
TOOL set-credentials u --client-certificate=worker-1.crt --client-key=worker-1.key --kubeconfig=etc/k
";
    sandbox.sh(&lines.replace("TOOL", "khw-kubeconfig")).ok();
    let (dir, ours) = (sandbox.path("").display().to_string(), sandbox.read("etc/k"));
    for line in [
        "    certificate-authority: ca.crt\n".to_owned(),
        format!("    certificate-authority: {dir}ca.crt\n"),
        format!("    client-certificate: {dir}worker-1.crt\n    client-key: {dir}worker-1.key\n"),
    ] {
        assert!(ours.contains(&line), "{ours}");
    }
    sandbox.sh("khw-kubeconfig set-cluster a --server=https://a --certificate-authority=$PWD/etc/ca.crt --kubeconfig=etc/abs").ok();
    assert!(sandbox.read("etc/abs").contains(&format!("    certificate-authority: {dir}etc/ca.crt\n")));

    let Some(kubectl) = kubectl_config() else { return };
    sandbox.sh("mv etc/k etc/ours").ok();
    sandbox.sh(&lines.replace("TOOL", &kubectl)).ok();
    assert_eq!(meaning(&sandbox, &kubectl, "etc/ours"), meaning(&sandbox, &kubectl, "etc/k"));
}

/// By hand, with everything that an edit must not touch.
const BY_HAND: &str = "\
# The lab's clusters
apiVersion: v1
kind: Config   # as always
preferences: {colors: true}

clusters:
  # first
  - name: 'one'
    cluster:
      server: \"https://one:6443\"   # behind the proxy
      certificate-authority: /etc/ca.crt
      x-team: 1_0
users: []
contexts: null

current-context:
";

#[test]
fn an_edit_touches_nothing_else() {
    let sandbox = sandbox();
    sandbox.write("k", BY_HAND);
    sandbox.sh("khw-kubeconfig set-cluster one --server=https://two:6443 --kubeconfig=k").ok();
    assert_eq!(sandbox.read("k"), BY_HAND.replace("\"https://one:6443\"", "https://two:6443"));
    assert_eq!(sandbox.mode("k"), 0o644);

    sandbox.write("k", BY_HAND);
    sandbox
        .sh("khw-kubeconfig set-credentials n --token=017 --kubeconfig=k")
        .says("khw-kubeconfig: k: mode was 0644, is now 0600: it holds a secret\n");
    sandbox.sh("khw-kubeconfig set-context y --cluster=one --user=n --kubeconfig=k").ok();
    sandbox.sh("khw-kubeconfig use y --kubeconfig=k").ok();
    let new = sandbox.read("k");
    assert!(new.starts_with(BY_HAND.split("users:").next().unwrap_or_default()), "{new}");
    let Some(kubectl) = kubectl_config() else { return };
    let meant = meaning(&sandbox, &kubectl, "k");
    assert_eq!(meant["current-context"], "y");
    assert_eq!(meant["users"][0]["name"], "n");
    assert_eq!(meant["users"][0]["user"]["token"], "017");
    assert_eq!(meant["contexts"][0]["context"]["cluster"], "one");
}

#[test]
fn a_link_stays_and_its_target_is_changed() {
    let sandbox = sandbox();
    sandbox.sh("mkdir real; ln -s real/k k; khw-kubeconfig set-cluster a --server=https://a --kubeconfig=real/k").ok();
    sandbox.sh("khw-kubeconfig set-cluster a --server=https://b --kubeconfig=k; test -L k").ok();
    assert!(sandbox.read("real/k").contains("server: https://b"));
    assert_eq!(sandbox.sh("ls -A real").ok(), "k\n");
}

/// Every field that client-go knows, and one that it does not.
const ALL: &str = "\
current-context: c
preferences: {colors: true}
extensions: [{name: x, extension: {a: 1}}]
clusters:
- name: b
  cluster: {server: 'https://b', certificate-authority: ca.crt, bogus: 1, tls-server-name: t}
- name: a
  cluster: {server: 'http://a', proxy-url: 'http://p', insecure-skip-tls-verify: true, disable-compression: true}
- name: nothing
users:
- {name: u, user: {client-certificate: worker-1.crt, client-key: worker-1.key}}
- {name: t, user: {token: geheim, tokenFile: /t, as: me, as-groups: [g], username: 'n', client-key-data: Z2VoZWlt}}
- {name: p, user: {username: 'n', password: geheim}}
- {name: e, user: {exec: {command: x, apiVersion: v1, interactiveMode: Never}}}
contexts:
- {name: c, context: {cluster: b, user: u, namespace: 'yes'}}
- {name: b, context: {extensions: [{name: x, extension: {b: [], a: {}}}]}}
";

#[test]
fn view_and_the_lists_print_what_kubectl_prints() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{NEW} -o new")).ok();
    sandbox.write("all", ALL);
    for (file, secret) in [("new", "LS0"), ("all", "geheim"), ("absent", "-----")] {
        for flags in ["", "-o json", "--raw", "--raw=1 -ojson", "--minify", "--flatten -o yaml", "--minify --flatten"] {
            if file == "absent" && flags.contains("--minify") {
                continue;
            }
            let ours = sandbox.sh(&format!("khw-kubeconfig view --kubeconfig={file} {flags}")).ok();
            assert!(flags.contains("raw") || flags.contains("flatten") || !ours.contains(secret), "{ours}");
            if let Some(kubectl) = kubectl_config() {
                let theirs = sandbox.sh(&format!("{kubectl} view --kubeconfig={file} {flags}")).ok();
                assert_eq!(ours, theirs, "{file} {flags}");
            }
        }
    }
    let lists = [
        "get-contexts",
        "get-contexts -o name",
        "get-contexts --no-headers",
        "get-contexts b",
        "get-users",
        "current-context",
    ];
    for command in lists {
        let ours = sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=all")).ok();
        if let Some(kubectl) = kubectl_config() {
            assert_eq!(ours, sandbox.sh(&format!("{kubectl} {command} --kubeconfig=all")).ok(), "{command}");
        }
    }
    assert_eq!(sandbox.sh("khw-kubeconfig get-clusters --kubeconfig=all").ok(), "NAME\na\nb\nnothing\n");
    let stdin = sandbox.sh("khw-kubeconfig view --kubeconfig=- < all").ok();
    assert_eq!(stdin, sandbox.sh("khw-kubeconfig view --kubeconfig=all").ok());
}

/// One command after another on a file of each tool.
#[test]
fn commands_do_to_a_file_what_kubectls_do() {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    sandbox.sh("mkdir ours theirs; cp *.crt *.key ours; cp *.crt *.key theirs").ok();
    for command in [
        "set-cluster a --server=https://a --tls-server-name=t --insecure-skip-tls-verify",
        "set-cluster a --server=https://b",
        "set-cluster a --certificate-authority=ca.crt",
        "set-cluster a --certificate-authority=ca.crt --embed-certs",
        "set-cluster a --insecure-skip-tls-verify=true",
        "set-cluster a --insecure-skip-tls-verify=false --proxy-url=http://proxy",
        "set-cluster yes --server=https://yes",
        "set-cluster a --proxy-url=",
        "set-credentials u --client-certificate=worker-1.crt --client-key=worker-1.key",
        "set-credentials u --token=017",
        "set-credentials u --username=on --password='a: b'",
        "set-credentials u --token=x",
        "set-credentials u --embed-certs --client-certificate=worker-1.crt --client-key=worker-1.key",
        "set-credentials u --client-key=worker-1.key",
        "set-credentials 1_000",
        "set-context c --cluster=a --user=u --namespace=n",
        "set-context y --cluster=yes --user=1_000",
        "use-context y",
        "set-context --current --namespace='~'",
        "set-context --current --namespace=",
        "rename-context y z",
        "set-context c --cluster=yes --user=",
        "use-context z",
        "set-cluster unused --server=https://unused",
        "delete-cluster unused",
        "delete-context z",
        "delete-user 1_000",
    ] {
        // What khw warns of, it does all the same.
        let ours = sandbox.sh(&format!("cd ours; khw-kubeconfig {command} --kubeconfig=k")).succeeds();
        let theirs = sandbox.sh(&format!("cd theirs; {kubectl} {command} --kubeconfig=k")).succeeds();
        assert_eq!(ours, theirs, "{command}");
        assert_eq!(meaning(&sandbox, &kubectl, "ours/k"), meaning(&sandbox, &kubectl, "theirs/k"), "{command}");
    }
}

#[test]
fn names_that_yaml_would_misread_are_quoted() {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    let names = [
        "yes",
        "no",
        "on",
        "off",
        "1_000",
        "017",
        "y",
        "n",
        "null",
        "~",
        "1e3",
        "0x1f",
        "2001-01-01",
        "1:20",
        "a: b",
        "#a",
        "é",
        "'",
        "\"",
        " a",
        "{a}",
    ];
    // Into a file as kubectl writes it, into one with comments, and into JSON.
    for start in ["", "# by hand\nkind: Config\n", "{\"kind\": \"Config\"}\n"] {
        sandbox.write("k", start);
        for name in names {
            let quoted = format!("'{}'", name.replace('\'', "'\\''"));
            let line = format!("khw-kubeconfig set-context {quoted} --namespace={quoted} --kubeconfig=k");
            sandbox.sh(&format!("{line} && khw-kubeconfig use {quoted} --no-verify --kubeconfig=k")).ok();
        }
        let meant = meaning(&sandbox, &kubectl, "k");
        assert_eq!(meant["current-context"], "{a}");
        let contexts = meant["contexts"].as_array().expect("contexts");
        assert_eq!(contexts.len(), names.len());
        for context in contexts {
            assert_eq!(context["name"], context["context"]["namespace"]);
            assert!(names.iter().any(|name| context["name"] == **name), "{context}");
        }
        if start.starts_with('{') {
            serde_json::from_str::<Value>(&sandbox.read("k")).expect("JSON stays JSON");
        }
    }
}

#[test]
fn what_cannot_work_is_refused_and_nothing_written() {
    let sandbox = sandbox();
    sandbox.sh(&tutorial("khw-kubeconfig")).ok();
    sandbox.sh("mv worker-1.kubeconfig k; mkdir dir; : > empty; sed '$d' worker-1.key > cut.key").ok();
    let (before, names) = (sandbox.read("k"), sandbox.names());
    let example = "write it as https://192.168.5.30:6443";
    let pair = "give the other file of the pair";
    let unset = "was a shell variable unset?";
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
            "it is one of yaml, json, jsonpath={...}, jsonpath-as-json={...}",
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

#[test]
fn writers_wait_for_each_other() {
    let sandbox = sandbox();
    let writer = "khw-kubeconfig set-context c$i --namespace=n$i --lock-timeout=1m --kubeconfig=k";
    sandbox.sh(&format!("for i in {{1..30}}; do {writer} & done; wait")).ok();
    let names = sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok();
    assert_eq!(names.lines().count(), 30, "{names}");
    assert_eq!(sandbox.names(), ["ca.crt", "ca.key", "k", "worker-1.crt", "worker-1.key"]);
}

#[test]
fn kubectls_lock_is_honoured() {
    let sandbox = sandbox();
    sandbox.sh("khw-kubeconfig set-context a --kubeconfig=k; touch -d 2020-01-01 k.lock").ok();
    let ran = sandbox.sh("khw-kubeconfig set-context b --lock-timeout=20ms --kubeconfig=k");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("khw-kubeconfig: error: k.lock: is there for "), "{}", ran.stderr);
    let end = " days, made by user UID: another program is changing k, or was killed while it did\n\
        khw-kubeconfig: hint: kubectl makes this file too: when no kubectl is running, remove it\n";
    let uid = std::fs::metadata(sandbox.path("k.lock")).expect("the lock").uid().to_string();
    assert!(ran.stderr.ends_with(&end.replace("UID", &uid)), "{}", ran.stderr);
    assert!(sandbox.has("k.lock"));
    // A khw that lives is named: here the shell stands for it.
    let ran = sandbox.sh(
        "ln -s khw-kubeconfig-$$ l.lock; echo $$ >&2; khw-kubeconfig set-context b --lock-timeout=0 --kubeconfig=l",
    );
    let (pid, said) = ran.stderr.split_once('\n').expect("two lines");
    let said = (said.starts_with("khw-kubeconfig: error: l.lock: is there for "), said);
    let end = format!(
        " s: khw-kubeconfig, process {pid}, is changing l\n\
         khw-kubeconfig: hint: wait for its end; when that process is another program, remove the file\n"
    );
    assert!(said.0 && said.1.ends_with(&end) && !sandbox.has("l"), "{}", said.1);
    sandbox.sh("rm l.lock").ok();
    // Whoever only reads need not wait.
    assert_eq!(sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok(), "a\n");
    // A writer goes on when the lock goes away.
    sandbox.sh("khw-kubeconfig set-context b --lock-timeout=1m --kubeconfig=k & rm k.lock; wait $!").ok();
    // What a killed khw left behind names a process that is no more: 4194305 is above the kernel's greatest.
    sandbox
        .sh("ln -s khw-kubeconfig-4194305 k.lock; khw-kubeconfig set-context c --lock-timeout=0 --kubeconfig=k")
        .ok();
    assert_eq!(sandbox.sh("khw-kubeconfig get-contexts -o name --kubeconfig=k").ok(), "a\nb\nc\n");
    assert!(!sandbox.has("k.lock"));
}
