//! Refusals and warnings that no other test of khw-kubeconfig reads: each message, and that nothing was written.

use super::{NEW, sandbox, tutorial};

/// Commands on a file `k`, what they refuse, and what to do.
#[test]
fn each_refusal_says_what_is_wrong_and_what_to_do() {
    let sandbox = sandbox();
    sandbox.sh(&tutorial("khw-kubeconfig")).ok();
    sandbox.sh("mv worker-1.kubeconfig k").ok();
    let (before, names) = (sandbox.read("k"), sandbox.names());
    let example = "write it as https://192.168.5.30:6443";
    let (template, jq) = ("write it as jsonpath='{.clusters[0].name}'", "print with -o json, and choose with jq");
    for (command, what, hint) in [
        ("set-cluster x --server=ftp://a", "--server: the server URL 'ftp://a' is neither https nor http", example),
        (
            "set-cluster x --server=https://u:geheim@a",
            "--server: the server URL has a user name in it",
            "a user and its password belong to set-credentials",
        ),
        (
            "set-cluster x --server=https://[fd00::30:6443",
            "--server: the server URL 'https://[fd00::30:6443' has no IPv6 address between '[' and ']'",
            "write it as https://[fd00::30]:6443",
        ),
        (
            "set-cluster x --server='https://<IP>:6443'",
            "--server: the server URL 'https://<IP>:6443' has no name or address as its host",
            example,
        ),
        (
            "set-cluster x --server=https://192.168.5.300:6443",
            "--server: the server URL 'https://192.168.5.300:6443' has no IPv4 address as its host, though it looks like one",
            example,
        ),
        (
            "set-cluster x --server=https://0.0.0.0:6443",
            "--server: the server URL 'https://0.0.0.0:6443' has no host's address: servers listen on it, nobody reaches one there",
            example,
        ),
        (
            "set-cluster x --server=https://a:port",
            "--server: the server URL 'https://a:port' has no port number after the ':'",
            example,
        ),
        (
            "set-cluster x --server=https://[::1]6443",
            "--server: the server URL 'https://[::1]6443' has something other than a port after the host",
            example,
        ),
        ("set-credentials ''", "the user's name is empty", "was a shell variable unset?"),
        ("set-credentials x --client-key=", "--client-key: is empty", "was a shell variable unset? name the file"),
        ("set-context ''", "the context's name is empty", "was a shell variable unset?"),
        ("set-context --current=false", "the context's name is missing", "name it, or say --current"),
        ("rename-context default ''", "the context's new name is empty", "was a shell variable unset?"),
        (
            "set-credentials x --auth-provider=oidc --auth-provider-arg=geheim",
            "--auth-provider-arg: is neither KEY=VALUE nor KEY-",
            "KEY- takes KEY away",
        ),
        (
            "set clusters.kubernetes-the-hard-way.server.x y",
            "clusters.kubernetes-the-hard-way.server.x: leads beyond server",
            "a path ends with a field; exec and auth-provider are set with set-credentials",
        ),
        (
            "unset bogus",
            "bogus: is no property of a kubeconfig",
            "a path begins with clusters, users, contexts, current-context or preferences",
        ),
        ("set preferences.colors maybe", "preferences.colors: 'maybe' is not a boolean", "it is true or false"),
        (
            "unset clusters.x.server",
            "k: clusters.x.server: there is no cluster 'x'",
            "the clusters are kubernetes-the-hard-way",
        ),
        ("delete-cluster x", "k: there is no cluster 'x'", "the clusters are kubernetes-the-hard-way"),
        ("delete-context x", "k: there is no context 'x'", "the contexts are default"),
        ("view -o jsonpath='{.a'", "--output: the template '{.a' has a '{' without its '}'", template),
        ("view -o jsonpath='{end}'", "--output: the template '{end}' has an {end} without its {range}", template),
        ("view -o jsonpath='{.users[0:1:0]}'", "--output: the step 0 leads nowhere", "it is 1 or greater"),
        (
            "view -o jsonpath='{.users[?(@.a==b)]}'",
            "--output: the word 'b' means nothing in a template",
            "a field has a dot before its name: {.clusters}",
        ),
        (
            "view -o jsonpath='{.users[?(@.a=>1)]}'",
            "--output: '=>' compares nothing",
            "write one of ==, !=, <, <=, >, >=",
        ),
        (
            "view -o jsonpath='{\\n}'",
            "--output: '\\\\' means nothing in a template",
            "kubectl knows no && and ||; a line end is {\"\\n\"}",
        ),
        ("view -o jsonpath='{.users[0}'", "--output: the template '.users[0' has a '[' without its ']'", template),
        ("view -o jsonpath='{\"}'", "--output: the template '{\\\"}' has a '{' without its '}'", template),
        (
            "view -o jsonpath=\"{.users$(yes '[?(@' | head -9999 | tr -d '\\n')$(yes ')]' | head -9999 | tr -d '\\n')}\"",
            "--output: the template '@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(@[?(' is nested more than 32 deep",
            template,
        ),
        ("view -o jsonpath='{..}'", "--output: '..' without a name is not supported", jq),
        (
            "view -o jsonpath-as-json='{range .users[*]}{.name}{end}'",
            "--output: {range} in jsonpath-as-json is not supported",
            jq,
        ),
        (
            "view -o jsonpath='{.users[7]}'",
            "--output: there is no item [7]: there are 1",
            "count from 0, or take all with [*]",
        ),
    ] {
        let refused = format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n");
        sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k")).refused(&refused);
        assert_eq!((sandbox.read("k"), sandbox.names()), (before.clone(), names.clone()), "{command}");
    }
}

/// Files that no command can change.
#[test]
fn each_unreadable_file_is_named_with_its_line() {
    let sandbox = sandbox();
    let (right, plainly) = ("is this the right file?", "write it out plainly");
    for (content, what, hint) in [
        (&b"kind: Config\n# \xff\n"[..], "k:2: is not UTF-8 text", right),
        (b"a: !x b\n", "k:1: has a tag that a kubeconfig cannot have", plainly),
        (b"? [a]\n: b\n", "k:1: has a key that is not plain text", plainly),
        (b"a: &a [*a]\n", "k:1: has an alias to something that is not complete", plainly),
        (b"<<: 1\n", "k:1: has a merge key '<<' without a mapping", plainly),
        (b"a: [\n", "k:1: is not valid YAML: unclosed bracket '['", "is this the right file? if so, mend that line"),
        (
            b"clusters: {}\n",
            "k:1: clusters: is a mapping, not a list",
            "kubectl refuses this too; see the Kubernetes reference of Config v1",
        ),
        (
            b"users:\n- name: u\n  user: {client-key-data: ge*heim}\n",
            "k:3: users[0].user.client-key-data: is not base64",
            "it was cut or wrapped: set it again with --embed-certs",
        ),
        (
            b"users:\n- name: u\n  user: {exec: geheim}\n",
            "k:3: users[0].user.exec: is text, not a mapping",
            "kubectl refuses this too; see the Kubernetes reference of Config v1",
        ),
        (
            b"users:\n- name: u\n  user:\n    exec:\n      command: x\n      env: [{name: A, value: 1}]\n",
            "k:6: users[0].user.exec.env[0].value: is a number, not text",
            "put it in quotes: plain yes, no, on, off, y, n and digits are not text in YAML",
        ),
    ] {
        sandbox.write("k", content);
        let line = "khw-kubeconfig set-credentials u --exec-env=A=1 --kubeconfig=k";
        sandbox.sh(line).refused(&format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n"));
        assert_eq!(std::fs::read(sandbox.path("k")).expect("the file"), content);
    }
    // What an anchor shares is not changed behind the other's back.
    let shared = "clusters:\n- name: a\n  cluster: &x {server: https://a}\n- name: b\n  cluster: *x\n";
    sandbox.write("k", shared);
    sandbox.sh("khw-kubeconfig set-cluster a --server=https://c --kubeconfig=k").refused(
        "khw-kubeconfig: error: k: cannot be changed without touching other parts of it\n\
         khw-kubeconfig: hint: what an anchor or a merge key shares is not edited: write these entries out plainly\n",
    );
    let merged = "a: &x {server: https://a}\nclusters: [{name: a, cluster: {<<: *x, proxy-url: p}}]\n";
    sandbox.write("k", merged);
    sandbox.sh("khw-kubeconfig set-cluster a --server=https://c --kubeconfig=k").refused(
        "khw-kubeconfig: error: k: is YAML of a form that cannot be edited\n\
         khw-kubeconfig: hint: write it plainly: one mapping, block or flow style\n",
    );
    assert_eq!(sandbox.read("k"), merged);
}

#[test]
fn what_else_is_refused() {
    let sandbox = sandbox();
    for (line, what, hint) in [
        (
            "unset HOME; khw-kubeconfig view",
            "no kubeconfig is named, and HOME is not set",
            "name it: --kubeconfig=FILE",
        ),
        (
            "khw-kubeconfig set-context --current --kubeconfig=none",
            "none: current-context: is not set",
            "name the context to change",
        ),
        (
            "khw-kubeconfig use-context a --kubeconfig=none",
            "none: there is no context 'a'",
            "there is none at all: make it first with khw-kubeconfig set-context",
        ),
        (
            "khw-kubeconfig set-credentials u --client-certificate=$'\\xff' --client-key=worker-1.key --no-verify --kubeconfig=none",
            "none: \u{fffd}: is not UTF-8, which a kubeconfig cannot hold",
            "rename the file, or add --embed-certs",
        ),
        (
            "openssl req -x509 -new -key worker-1.key -subj /O=x -out o.crt; NEW",
            "o.crt: its certificate has no common name to call the user by",
            "name the user: --user=NAME",
        ),
    ] {
        let line = line.replace("NEW", &NEW.replace("worker-1.crt", "o.crt"));
        sandbox.sh(&line).refused(&format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n"));
    }
    assert!(!sandbox.has("none"));
}

#[test]
fn what_has_no_effect_is_said() {
    let sandbox = sandbox();
    for (command, said) in [
        ("set-context a --kubeconfig=k", ""),
        ("view --context=a --kubeconfig=k", "--context has no effect without --minify, as with kubectl"),
        (
            "set-credentials u --exec-arg=a --kubeconfig=k",
            "--exec-arg: there is no --exec-command for it to go with: it has no effect",
        ),
        (
            "set-credentials u --auth-provider-arg=a=b --kubeconfig=k",
            "--auth-provider-arg: there is no auth provider for it to go with: it has no effect",
        ),
    ] {
        let said = if said.is_empty() { String::new() } else { format!("khw-kubeconfig: warning: {said}\n") };
        sandbox.sh(&format!("khw-kubeconfig {command}")).says(&said);
    }
}
