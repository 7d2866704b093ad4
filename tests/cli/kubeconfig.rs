//! khw-kubeconfig: what kubectl's words do, what `new` prints, what is refused. kubectl 1.32 judges where it is there.

mod check;
mod corpus;
mod meaning;
mod messages;
mod own;
mod random;
mod refusals;
mod several_files;
mod words;
mod writers;

use harness::{Reference, Sandbox, reference};
use serde_json::Value;

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
