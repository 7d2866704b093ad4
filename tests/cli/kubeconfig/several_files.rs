//! KUBECONFIG with several files: what is read, and which file is written. kubectl 1.32 judges.

use super::{kubectl_config, meaning, sandbox};
use harness::Sandbox;

const A: &str = "\
# the first
apiVersion: v1
kind: Config
clusters: [{name: ca, cluster: {server: 'https://a'}}, {name: both, cluster: {server: 'https://a-both'}}]
contexts: [{name: xa, context: {cluster: ca, user: ua}}]
users: [{name: ua, user: {username: a}}]
";

const B: &str = "\
# the second
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: xb
clusters:
- name: cb
  cluster: {server: 'https://b', certificate-authority: ca.crt}
- name: both
  cluster: {server: 'https://b-both', tls-server-name: z}
contexts: [{name: xb, context: {cluster: cb, user: ub}}]
users: [{name: ub, user: {username: b}}]
";

/// Commands that take `--no-verify`.
const WRITING: [&str; 5] = ["set", "unset", "use-", "delete-", "rename-"];

fn two_files(sandbox: &Sandbox, directory: &str) {
    sandbox.write(format!("{directory}/a"), A).write(format!("{directory}/sub/b"), B);
    sandbox.sh(&format!("cp ca.crt {directory}/sub")).ok();
}

#[test]
fn reads_are_merged_and_writes_go_where_kubectl_writes() {
    let sandbox = sandbox();
    two_files(&sandbox, "ours");
    two_files(&sandbox, "theirs");
    let Some(kubectl) = kubectl_config() else { return };
    for command in [
        "view",
        "view --flatten --minify",
        "view --merge=true -o json",
        "get-contexts",
        "get-users",
        "current-context",
        "set-cluster cb --server=https://b2",
        "set-cluster cb --certificate-authority=sub/ca.crt",
        "set-cluster new --server=https://new",
        "use-context xb",
        "delete-cluster cb",
        "rename-context xb xc",
        "set-context xc --namespace=n",
        "set-context --current --namespace=m",
        "set preferences.colors false",
        "unset current-context",
        "delete-cluster both",
        "unset contexts",
        "set users.ub.username c",
        "unset users.ua.username",
        "set-credentials third --username=c",
        "view",
    ] {
        let files = "export KUBECONFIG=none:a:sub/b:a::";
        let verify = if WRITING.iter().any(|word| command.starts_with(word)) { "--no-verify" } else { "" };
        let ours = sandbox.sh(&format!("cd ours; {files}; khw-kubeconfig {command} {verify}")).succeeds();
        let theirs = sandbox.sh(&format!("cd theirs; {files}; {kubectl} {command}")).ok();
        assert_eq!(ours, theirs, "{command}");
        // Looked at where the files are written for different reasons one after another.
        if ["view", "use-context xb", "delete-cluster cb", "unset contexts", "unset current-context"].contains(&command)
        {
            for file in ["a", "sub/b"] {
                let (ours, theirs) = (format!("ours/{file}"), format!("theirs/{file}"));
                assert_eq!(
                    meaning(&sandbox, &kubectl, &ours),
                    meaning(&sandbox, &kubectl, &theirs),
                    "{command}: {file}"
                );
            }
        }
    }
    assert_eq!(sandbox.sh("ls -A ours ours/sub").ok(), "ours:\na\nsub\n\nours/sub:\nb\nca.crt\n");
    assert!(
        sandbox.read("ours/a").starts_with("# the first\n") && sandbox.read("ours/sub/b").starts_with("# the second\n")
    );
}

#[test]
fn a_new_file_is_the_last_one() {
    let sandbox = Sandbox::new();
    sandbox.sh("KUBECONFIG=x:y khw-kubeconfig set-cluster a --server=https://a").ok();
    assert_eq!(sandbox.names(), ["y"]);
    sandbox.sh("KUBECONFIG=x:y khw-kubeconfig set-cluster b --server=https://b").ok();
    assert_eq!(sandbox.names(), ["y"]);
}

/// Preferences go into the first file of the list that has others, be it there or not.
#[test]
fn preferences_go_where_kubectl_puts_them() {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = Sandbox::new();
    for start in ["", "preferences: {colors: true}"] {
        for command in ["set preferences.colors true", "set preferences.colors false"] {
            sandbox.sh("rm -rf ours theirs").ok();
            sandbox.write("ours/b", start).write("theirs/b", start);
            let run = |directory: &str, tool: &str| {
                sandbox.sh(&format!("cd {directory}; export KUBECONFIG=a:b:c; {tool} {command}")).succeeds();
                let read = |file| meaning(&sandbox, &kubectl, &format!("{directory}/{file}"))["preferences"].clone();
                ["a", "b", "c"].map(read)
            };
            assert_eq!(run("ours", "khw-kubeconfig"), run("theirs", &kubectl), "{command} on {start}");
        }
    }
}

/// A cluster may be in one file and a context that names it in another.
#[test]
fn names_lead_to_all_files() {
    let sandbox = sandbox();
    two_files(&sandbox, ".");
    let run = |command: &str| sandbox.sh(&format!("KUBECONFIG=a:sub/b khw-kubeconfig {command}"));
    run("set-context mixed --cluster=cb --user=ua").ok();
    assert!(sandbox.read("a").contains("{context: {cluster: cb, user: ua}, name: mixed}]"), "{}", sandbox.read("a"));
    run("use-context mixed").ok();
    run("use-context nope").refused(
        "khw-kubeconfig: error: a:sub/b: there is no context 'nope'\n\
         khw-kubeconfig: hint: the contexts are mixed, xa, xb\n",
    );
    run("view --merge=false").refused(
        "khw-kubeconfig: error: --merge=false: there is nothing to tell which kubeconfig is meant\n\
         khw-kubeconfig: hint: name it: --kubeconfig=FILE\n",
    );
    sandbox.write("sub/b", "a: [\n");
    let ran = run("view");
    assert!(ran.stderr.starts_with("khw-kubeconfig: error: sub/b:"), "{}", ran.stderr);
}

/// What a shell makes of `KUBECONFIG=$A:$B` when neither is set.
#[test]
fn a_variable_of_colons_names_no_file() {
    let sandbox = Sandbox::new();
    sandbox.write(".kube/config", A);
    for colons in [":", "::"] {
        let run = |command: &str| sandbox.sh(&format!("export KUBECONFIG={colons}; {command}"));
        for command in ["view", "get-contexts", "current-context"] {
            let ours = run(&format!("khw-kubeconfig {command}"));
            assert!(!ours.stdout.contains("xa"), "{}", ours.stdout);
            let Some(kubectl) = kubectl_config() else { continue };
            let theirs = run(&format!("{kubectl} {command}"));
            assert_eq!((ours.status == 0, ours.stdout), (theirs.status == 0, theirs.stdout), "{command}");
        }
        run("khw-kubeconfig current-context").refused(
            "khw-kubeconfig: error: KUBECONFIG: current-context: is not set\n\
             khw-kubeconfig: hint: choose one with khw-kubeconfig use-context\n",
        );
        for command in ["set-context zz --user=ua --no-verify", "delete-cluster ca", "unset clusters", "check"] {
            run(&format!("khw-kubeconfig {command}")).refused(
                "khw-kubeconfig: error: KUBECONFIG: names no file\n\
                 khw-kubeconfig: hint: were the shell variables in it unset? name the file: --kubeconfig=FILE\n",
            );
        }
        if let Some(kubectl) = kubectl_config() {
            assert_ne!(run(&format!("{kubectl} set-context zz --cluster=a")).status, 0);
        }
    }
    assert_eq!((sandbox.read(".kube/config"), sandbox.names()), (A.to_owned(), vec![".kube".to_owned()]));
}
