//! Awkward files, edited by each command, and read again by kubectl 1.32, which did the same to its own copy.

use super::meaning::{normalise, parsed};
use super::{kubectl_config, meaning, sandbox};
use std::fmt::Write;

/// Each command that writes, on entries that are there and on new ones.
const COMMANDS: [&str; 13] = [
    "set-cluster one --server=https://changed:6443",
    "set-cluster new --server=https://new --tls-server-name=t",
    "set-credentials u --token=017",
    "set-credentials new --username=x --password='a: b'",
    "set-context c --namespace=yes",
    "set-context new --cluster=one --user=u",
    "use-context c",
    "rename-context c other",
    "set clusters.one.insecure-skip-tls-verify true",
    "unset contexts.c.cluster",
    "delete-user u",
    "delete-cluster one",
    DELETE_THE_ONLY_ONE,
];

const DELETE_THE_ONLY_ONE: &str = "delete-context c";

/// A name, the file, and lines that no command may touch.
pub(super) fn corpus() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let block = "\
# top
apiVersion: v1
kind: Config   # as always

preferences: {}
clusters:
  # before one
  - name: 'one'      # by hand
    cluster:
      server: \"https://one:6443\"   # behind the proxy
      x-team: 1_0
  # before two
  - cluster:
      server: >-
        https://two:6443
    name: two
users:
- name: u
  user: {username: me, password: secret}   # inline
- name: v
  user:
    token: |-
      t
contexts:
- context: {cluster: one, user: u}
  name: c

# the end
current-context: c
";
    let kept = vec![
        "# top",
        "kind: Config   # as always",
        "  # before one",
        "  # before two",
        "# the end",
        "        https://two:6443",
    ];
    let json = "{\n  \"apiVersion\": \"v1\",\n  \"clusters\": [\n    {\n      \"name\": \"one\",\n      \"cluster\": {\n        \
        \"server\": \"https://one\"\n      }\n    },\n    {\n      \"name\": \"two\",\n      \"cluster\": {}\n    }\n  ],\n  \
        \"users\": [{\"name\": \"u\", \"user\": {}}, {\"name\": \"v\", \"user\": {}}],\n  \"contexts\": [\n    {\n      \
        \"name\": \"c\",\n      \"context\": {\n        \"cluster\": \"one\",\n        \"user\": \"u\"\n      }\n    }\n  ]\n}\n";
    let flow = "{clusters: [{name: one, cluster: {server: https://one}}, {name: two, cluster: {server: 'https://two'}}], \
        # flow\n users: [{name: u, user: {}}, {name: v}], contexts: [{name: c, context: {cluster: one, user: u}}]}\n";
    let anchors = "x-own: &own {server: https://own}\nclusters:\n- name: one\n  cluster: *own\n- name: two\n  cluster:\n    \
        <<: *own\n    tls-server-name: t\nusers:\n- {name: u, user: &u {token: x}}\n- name: v\n  user: {username: v}\n\
        contexts:\n- name: c\n  context: {cluster: one, user: u}\n";
    vec![
        ("block", block.to_owned(), kept.clone()),
        ("crlf", block.replace('\n', "\r\n"), kept.clone()),
        ("no newline at the end", block.trim_end().to_owned(), kept.clone()),
        ("bom", format!("\u{feff}{block}"), kept.clone()),
        ("document marks", format!("---\n{block}...\n"), kept),
        ("json", json.to_owned(), vec!["  \"apiVersion\": \"v1\",", "      \"name\": \"two\","]),
        ("json on one line", json.split_whitespace().collect::<String>(), vec!["\"apiVersion\":\"v1\""]),
        ("flow", flow.to_owned(), vec!["# flow"]),
        ("anchors", anchors.to_owned(), vec!["x-own: &own {server: https://own}", "    <<: *own"]),
        (
            "nulls",
            "clusters:\n- name: one\n  cluster:\n- name: two\n  cluster: ~\nusers:\n- name: u\n-\n  name: v\n  user: null # none\n\
             contexts: [{name: c, context: }]\npreferences:\n"
                .to_owned(),
            vec!["preferences:"],
        ),
        (
            "deep indentation",
            "clusters:\n      -   name: one\n          cluster:\n                 server: https://one\n      -   name: two\nusers:\n      \
             -     name: u\n      -     {name: v}\ncontexts:\n  - name: c\n"
                .to_owned(),
            vec!["      -   name: two"],
        ),
        (
            "comments everywhere",
            "# 1\nclusters: # 2\n# 3\n- # 4\n  # 5\n  name: one # 6\n  # 7\n  cluster: # 8\n    # 9\n    server: https://one # 10\n    # 11\n\
             # 12\n- name: two\nusers: # 13\n- name: u # 14\n# 15\n- name: v\ncontexts: # 16\n- name: c # 17\n# 18\n"
                .to_owned(),
            vec!["# 1", "clusters: # 2", "# 3", "# 12", "users: # 13", "# 15", "contexts: # 16", "# 18"],
        ),
        ("comments only", "# mine\n\n# too\n".to_owned(), vec!["# mine", "# too"]),
        ("keys in quotes", block.replace("clusters:", "\"clusters\":").replace("users:", "'users' :"), vec!["# top"]),
    ]
}

/// In two halves, which run beside each other: a look by kubectl takes as long as sixty commands of khw.
#[test]
fn every_command_on_every_awkward_file() {
    every_command(|number| number % 2 == 0);
}

#[test]
fn every_command_on_every_other_awkward_file() {
    every_command(|number| number % 2 == 1);
}

fn every_command(chosen: fn(usize) -> bool) {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    for (_, (name, content, kept)) in corpus().into_iter().enumerate().filter(|(number, _)| chosen(*number)) {
        for command in COMMANDS {
            sandbox.write("ours", &content).write("theirs", &content);
            let ours = sandbox.sh(&format!("chmod 600 ours; khw-kubeconfig {command} --no-verify --kubeconfig=ours"));
            let theirs = sandbox.sh(&format!("chmod 600 theirs; {kubectl} {command} --kubeconfig=theirs"));
            let text = sandbox.read("ours");
            assert_eq!(ours.status == 0, theirs.status == 0, "{name}: {command}\n{}\n{}", ours.stderr, theirs.stderr);
            if ours.status != 0 {
                assert_eq!(text, content, "{name}: {command}");
                continue;
            }
            assert_eq!(ours.stdout, theirs.stdout.replace("theirs", "ours"), "{name}: {command}");
            // What kubectl wrote is what it means.
            let mut read = meaning(&sandbox, &kubectl, "ours");
            normalise(&mut read);
            let mut meant = parsed(&sandbox, "theirs");
            if let (Some(read), Some(meant)) = (read.as_object_mut(), meant.as_object_mut()) {
                for own in ["kind", "apiVersion"] {
                    read.remove(own);
                    meant.remove(own);
                }
            }
            assert_eq!(read, meant, "{name}: {command}\n{text}");
            // The last entry takes with it what stands beside it.
            for line in kept.iter().filter(|_| command != DELETE_THE_ONLY_ONE) {
                assert!(text.contains(line), "{name}: {command}: {line} is gone\n{text}");
            }
            if name == "crlf" {
                assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{command}\n{text:?}");
            }
            if name.starts_with("json") {
                serde_json::from_str::<serde_json::Value>(&text).expect("JSON stays JSON");
            }
            assert_eq!(text.starts_with('\u{feff}'), name == "bom", "{name}: {command}");
            assert_eq!(text.ends_with('\n'), content.ends_with('\n'), "{name}: {command}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_every_command() {
    let sandbox = sandbox();
    let bomb: String = (0..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |mut text, i| {
        let aliases = [format!("*a{i}").as_str(); 10].join(", ");
        let _ = writeln!(text, "a{}: &a{} [{aliases}]", i + 1, i + 1);
        text
    });
    for (content, what) in [
        ("a: 1\n---\nb: 2\n".to_owned(), "k:2: has more than one YAML document"),
        ("clusters:\n\t- name: a\n".to_owned(), "k:2: is not valid YAML: "),
        (bomb, "k:5: is nested or repeated beyond what a kubeconfig needs"),
        ("[".repeat(100_000), "k:1: is nested or repeated beyond what a kubeconfig needs"),
        ("users:\n- name: a\n- name: a\n".to_owned(), "k:3: users[1].name: there is another user named 'a'"),
        ("kind: Config\nkind: Config\n".to_owned(), "k:2: the key 'kind' is there twice"),
    ] {
        sandbox.write("k", &content);
        for command in COMMANDS.iter().chain(&["view", "get-contexts"]) {
            let ran = sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k"));
            assert!(ran.stderr.starts_with(&format!("khw-kubeconfig: error: {what}")), "{command}: {}", ran.stderr);
            assert_eq!((ran.status, sandbox.read("k") == content), (2, true), "{command}");
        }
    }
}

#[test]
fn ten_thousand_contexts() {
    let sandbox = sandbox();
    let mut text = String::from("# big\nclusters:\n");
    let blob = "QUJD".repeat(60);
    for i in 0..10_000 {
        let _ = writeln!(text, "- name: c{i}\n  cluster: {{server: https://c{i}, certificate-authority-data: {blob}}}");
    }
    text.push_str("contexts:\n");
    for i in 0..10_000 {
        let _ = writeln!(text, "- context:\n    cluster: c{i}\n    user: u{i}\n  name: x{i} # {i}");
    }
    text.push_str("users:\n");
    for i in 0..10_000 {
        let _ = writeln!(text, "- name: u{i}\n  user:\n    token: t{i}\n    x-note: {}", "padding ".repeat(10));
    }
    assert!(text.len() > 5_000_000, "{}", text.len());
    sandbox.write("k", &text);
    sandbox.sh("chmod 600 k; khw-kubeconfig set-context x9999 --namespace=n --kubeconfig=k").ok();
    let new = text.replace("    user: u9999\n  name: x9999", "    user: u9999\n    namespace: n\n  name: x9999");
    assert!(sandbox.read("k") == new.replace("    namespace: n\n", "    namespace: \"n\"\n"), "other bytes than meant");
    sandbox
        .sh("khw-kubeconfig delete-user u5000 --no-verify --kubeconfig=k")
        .says("khw-kubeconfig: warning: the context 'x5000' still names the user 'u5000'\n");
    assert!(!sandbox.read("k").contains("- name: u5000\n"));
}
