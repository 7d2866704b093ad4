//! set, unset, credential plugins, jsonpath, kubectl's options for clusters: side by side with kubectl 1.32.

use super::{kubectl_config, meaning, sandbox};

/// Runs the same on a file of each tool, and compares what is said and what the file then means.
fn side_by_side(commands: &[&str]) {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    sandbox.sh("mkdir ours theirs").ok();
    for (number, command) in commands.iter().enumerate() {
        let ours = sandbox.sh(&format!("cd ours; khw-kubeconfig {command} --no-verify --kubeconfig=k"));
        let theirs = sandbox.sh(&format!("cd theirs; {kubectl} {command} --kubeconfig=k"));
        assert_eq!(ours.status == 0, theirs.status == 0, "{command}\n{}\n{}", ours.stderr, theirs.stderr);
        if theirs.status == 0 {
            assert_eq!(ours.stdout, theirs.stdout, "{command}");
        }
        // Looking takes longer than doing.
        if number % 4 == 3 || number + 1 == commands.len() {
            let ours = meaning(&sandbox, &kubectl, "ours/k");
            assert_eq!(ours, meaning(&sandbox, &kubectl, "theirs/k"), "{command}, or one of the three before");
        }
    }
}

#[test]
fn set_and_unset() {
    side_by_side(&[
        "set clusters.a.server https://x",
        r"set 'clusters.a\.b.server' https://s",
        "set clusters.10.1.2.3.insecure-skip-tls-verify true",
        "set clusters.10.1.2.3.insecure-skip-tls-verify 0",
        "set clusters.a.insecure-skip-tls-verify maybe",
        "set clusters.a.certificate-authority-data 'zzz*'",
        "set clusters.a.certificate-authority-data Zm9v",
        "set clusters.a.bogus x",
        "set clusters.a.server.x y",
        "set clusters.a b",
        "set clusters b",
        "set bogus x",
        "set users.u.act-as me",
        "set users.u.act-as-groups me",
        "set users.u.act-as-user-extra.a b",
        "set users.u.client-key-data raw --set-raw-bytes=true",
        "set users.u.client-key-data cmF3 --set-raw-bytes=false",
        "set users.u.tokenFile /x",
        "set users.system:node:worker-1.token 017",
        "set users.p.auth-provider.config.z 1",
        "set users.p.exec.command x",
        "set contexts.c.d.namespace n",
        "set preferences.colors true",
        "set preferences.colors false",
        "set current-context q",
        "set current-context ''",
        "unset clusters.zz.server",
        "unset clusters.zz",
        "unset clusters.a.server",
        "unset clusters.a.certificate-authority-data",
        "unset users.u.act-as",
        "unset users.u.act-as-groups",
        "unset users.u.exec",
        "unset users.u.token",
        "unset users.u",
        "unset preferences",
        "unset current-context",
        "unset contexts.c.d.namespace",
        "unset bogus",
        "unset clusters",
        "unset users",
    ]);
}

#[test]
fn a_context_is_named_or_is_the_current_one() {
    side_by_side(&[
        "set-context one",
        "set-context --current=false one --namespace=foo",
        "set-context --current one --namespace=bar",
        "set-context --current=false --namespace=foo",
    ]);
}

#[test]
fn plugins_and_providers() {
    side_by_side(&[
        "set-credentials e --exec-command=x --exec-api-version=client.authentication.k8s.io/v1beta1 --exec-arg=a,b \
         --exec-arg='\"c,d\"' --exec-env=A=1",
        "set-credentials e --exec-env=A- --exec-env=B=2=3",
        "set-credentials e --exec-env=B=4 --exec-arg=z",
        "set-credentials e --exec-command=y",
        "set-credentials e2 --exec-command=x --exec-interactive-mode=Bogus",
        "set-credentials e2 --exec-command=x --exec-interactive-mode=Never --exec-provide-cluster-info=true",
        "set-credentials e3 --exec-arg=a --auth-provider-arg=a=b",
        "set-credentials e4 --exec-command=x --exec-api-version=client.authentication.k8s.io/v1beta1",
        "set-credentials e4 --exec-api-version=client.authentication.k8s.io/v1",
        "set-credentials p --auth-provider=oidc",
        "set-credentials p --auth-provider-arg=a=b,c=d --auth-provider-arg=e=f",
        "set-credentials p --auth-provider-arg=a-",
        "set-credentials p --auth-provider=oidc --token=x",
        "set-credentials p --auth-provider=gcp",
        "set-credentials p --auth-provider-arg=x",
        "set-credentials p --exec-env=x",
        "set-credentials p --username=a --password=--b",
        "set-credentials p --token --x",
    ]);
}

#[test]
fn jsonpath_chooses_what_kubectl_chooses() {
    let Some(kubectl) = kubectl_config() else { return };
    let sandbox = sandbox();
    sandbox.write("k", super::ALL);
    for template in [
        "{.clusters[*].name} {.contexts}{\"\\n\"}{.zzz}{.users[?(@.name==\"p\")].user}",
        "{.clusters[?(@.name==\"b\")].cluster.certificate-authority}",
        "{.users[?(@.name != 'u')].name}",
        "{range .clusters[*]}{.name}{\"\\t\"}{.cluster.server}{\"\\n\"}{end}",
        "{.clusters[0]}{.clusters[-1:].name}{.users[0:2].name}",
        "{.current-context}",
        "{..server}",
        ".kind",
        "{['kind']}",
        "{.clusters.name}|{.preferences}|{.preferences.colors}",
        "{.users[*].user.token}",
        "{.clusters[9].name}",
        "{.clusters[0:9].name}",
        "{.clusters[1:0].name}",
        "{.clusters[?(@.name==1)].name}",
        "{.clusters[?(@.cluster.tls-server-name)].name}",
        "{.kind[0]}",
        "{.preferences[*]}",
        "{.zzz[0]}{.zzz[?(@.a==\"b\")]}",
        "{.a",
        "{.clusters[].cluster.server}",
        "{range .clusters[*]}{.name}",
        "{range .clusters[*]}{.name}{end}{end}",
        "{.clusters[0,1].name}|{.clusters[-1, 0].name}|{.clusters[0:1,2].name}|{.clusters[::2].name}|{.clusters[:].name}",
        "{.clusters[0,9].name}",
        "{.users[*].user['username','password']}|{.users[*]['user.username','name']}",
        "{.clusters[0:3:0].name}",
        "{.clusters[::-1].name}",
        "{.clusters[?(@.name>\"a\")].name}|{.clusters[?(@.name>=\"a\")].name}|{.clusters[?(@.name<\"b\")].name}",
        "{.clusters[?(@.name<='b')].name}|{.clusters[?(\"b\"==@.name)].name}|{.clusters[?(.name=='b')].name}",
        "{.clusters[?(@.name==\"b\"&&@.name==\"b\")].name}",
        "{.clusters[?(@.name && @.cluster)].name}",
        "{.clusters[?(@.name==\"b\" || @.name==\"a\")].name}",
        "{.clusters[?(@.cluster.insecure-skip-tls-verify==true)].name}",
        "{.clusters[?(@.cluster.insecure-skip-tls-verify>=true)].name}",
        "{.clusters[?(@.name=~'b')].name}",
        "{.clusters[?(@.name=='b'].name}",
        "{.clusters[a].name}",
        "{.clusters[0]name}",
        "{clusters[0].name}",
        "{[\"current-context\"]}",
        "{['current-context']}{.a/b}{.users[0].['name']}{.}",
        "{\\n}",
        "{true}{3}{1.5}{-1}{\"a\\u0041\"}{ range .users[*] }{@.name}{ end }",
        "{.clusters[1]}{.extensions}",
        "{..cluster['server','proxy-url']}",
    ] {
        for format in ["jsonpath", "jsonpath-as-json"] {
            if format == "jsonpath-as-json" && (template.contains("range") || !template.starts_with("{.cl")) {
                continue;
            }
            let line = format!("view -o {format}='{}' --kubeconfig=k", template.replace('\'', "'\\''"));
            let ours = sandbox.sh(&format!("khw-kubeconfig {line}"));
            let theirs = sandbox.sh(&format!("{kubectl} {line}"));
            assert_eq!((ours.status == 0, &ours.stdout), (theirs.status == 0, &theirs.stdout), "{line}");
        }
    }
}

#[test]
fn contexts_that_are_there_are_printed_before_one_that_is_not() {
    let sandbox = sandbox();
    sandbox.write("k", super::ALL);
    for command in ["b nope", "nope b", "b nope -o name", "--no-headers nope b", "-o ''"] {
        let ours = sandbox.sh(&format!("khw-kubeconfig get-contexts {command} --kubeconfig=k"));
        if command.contains("nope") {
            assert!(
                ours.stderr.starts_with("khw-kubeconfig: error: k: there is no context 'nope'\n"),
                "{}",
                ours.stderr
            );
        }
        let Some(kubectl) = kubectl_config() else { continue };
        let theirs = sandbox.sh(&format!("{kubectl} get-contexts {command} --kubeconfig=k"));
        assert_eq!((ours.status == 0, ours.stdout), (theirs.status == 0, theirs.stdout), "{command}");
    }
}

#[test]
fn view_takes_kubectls_formats() {
    let sandbox = sandbox();
    sandbox.write("t", "{.kind}|{.zzz}\n");
    sandbox.write("k", "current-context: a&<b>\ncontexts: [{name: a&<b>, context: {extensions: [{name: x, extension: {b: [], a: '&'}}]}}]\n");
    for (options, printed) in [
        ("-o jsonpath-file=t", "Config|\n"),
        ("-o JSON", ""),
        ("-o Yaml", ""),
        ("-o json", ""),
        ("-o 'jsonpath={.contexts}'", ""),
        ("-o 'jsonpath-as-json={.contexts}{.current-context}'", ""),
        ("--allow-missing-template-keys -o jsonpath={.zzz}", ""),
    ] {
        let ours = sandbox.sh(&format!("khw-kubeconfig view {options} --kubeconfig=k")).ok();
        assert!(printed.is_empty() || ours == printed, "{options}: {ours}");
        let Some(kubectl) = kubectl_config() else { continue };
        assert_eq!(ours, sandbox.sh(&format!("{kubectl} view {options} --kubeconfig=k")).ok(), "{options}");
    }
    for options in ["-o jsonpath=", "-o JSONPATH={.kind}", "-o json=", "-o jsonpath-file=", "-o jsonpath-file=none"] {
        assert_ne!(sandbox.sh(&format!("khw-kubeconfig view {options} --kubeconfig=k")).status, 0, "{options}");
        let Some(kubectl) = kubectl_config() else { continue };
        assert_ne!(sandbox.sh(&format!("{kubectl} view {options} --kubeconfig=k")).status, 0, "{options}");
    }
    sandbox.sh("khw-kubeconfig view --allow-missing-template-keys=false -o jsonpath={.zzz} --kubeconfig=k").refused(
        "khw-kubeconfig: error: --output: there is no field 'zzz'\n\
         khw-kubeconfig: hint: look at the whole with -o json, or leave --allow-missing-template-keys=false away\n",
    );
}

#[test]
fn options_for_clusters_are_taken_and_said_to_have_no_effect() {
    let sandbox = sandbox();
    sandbox.write("k", super::ALL);
    let all = sandbox.sh("khw-kubeconfig get-users --kubeconfig=k").ok();
    let line =
        "khw-kubeconfig --kubeconfig=k --context=x -n y get-users --as=z -v=4 --user q --insecure-skip-tls-verify";
    let said = ["--as", "--context", "--insecure-skip-tls-verify", "--namespace", "--user"]
        .map(|option| format!("khw-kubeconfig: warning: {option} has no effect on this command, as with kubectl\n"));
    assert_eq!(sandbox.sh(line).says(&said.concat()), all);
    let minified = sandbox.sh("khw-kubeconfig view --minify --context=b -o jsonpath={.current-context} --kubeconfig=k");
    assert_eq!(minified.ok(), "b");
    sandbox.sh("khw-kubeconfig check --as=x k").refused(
        "khw-kubeconfig: error: unknown option or argument '--as'\nkhw-kubeconfig: hint: see 'khw-kubeconfig check --help'\n",
    );
}

#[test]
fn what_a_property_refuses() {
    let sandbox = sandbox();
    sandbox.sh(&super::tutorial("khw-kubeconfig")).ok();
    sandbox.sh("mv worker-1.kubeconfig k").ok();
    let before = sandbox.read("k");
    let fields = "the fields are server, tls-server-name, insecure-skip-tls-verify, certificate-authority, \
        certificate-authority-data, proxy-url, disable-compression, extensions";
    let cluster = "clusters.kubernetes-the-hard-way";
    for (command, what, hint) in [
        ("set current-context x".to_owned(), "k: current-context: there is no context 'x'", "the contexts are default"),
        (
            "set contexts.default.user x".to_owned(),
            "k: contexts.default.user: there is no user 'x'",
            "the users are system:node:worker-1",
        ),
        (
            "set contexts.default.cluster x".to_owned(),
            "k: contexts.default.cluster: there is no cluster 'x'",
            "the clusters are kubernetes-the-hard-way",
        ),
        (
            format!("set {cluster}.server https://"),
            "clusters.kubernetes-the-hard-way.server: the server URL 'https://' has no host",
            "write it as https://192.168.5.30:6443",
        ),
        (
            format!("set {cluster}.certificate-authority-data Zm9v"),
            "the value: clusters.kubernetes-the-hard-way.certificate-authority-data: has no PEM block with a certificate",
            "is this the right file?",
        ),
        (
            format!("set {cluster}.certificate-authority nope"),
            "nope: clusters.kubernetes-the-hard-way.certificate-authority: no such file or directory",
            "check the path, or run the step that makes this file first",
        ),
        (
            "set users.system:node:worker-1.client-key-data \"$(cat ca.key)\" --set-raw-bytes".to_owned(),
            "the value: users.system:node:worker-1.client-key-data: is not the key of the certificate of the user \
             'system:node:worker-1'",
            "give the key with which this certificate was requested",
        ),
        (
            format!("set {cluster}.sever https://a"),
            "clusters.kubernetes-the-hard-way.sever: names no field of a cluster",
            fields,
        ),
        (
            format!("unset {cluster}.sever"),
            "k: clusters.kubernetes-the-hard-way.sever: a cluster has no field 'sever'",
            fields,
        ),
        ("set clusters..server https://a".to_owned(), "the cluster's name is empty", "was a shell variable unset?"),
        ("set kind Config".to_owned(), "kind: is the same in every kubeconfig", "leave it as it is"),
        ("unset extensions".to_owned(), "extensions: cannot be reached by a path", "edit the file itself"),
        (
            format!("set {cluster}.certificate-authority-data x"),
            "clusters.kubernetes-the-hard-way.certificate-authority-data: the value is not base64",
            "give it as `base64 -w0` prints it, or add --set-raw-bytes",
        ),
        (
            "set users.system:node:worker-1.exec x".to_owned(),
            "users.system:node:worker-1.exec: is a list or mapping, which cannot be set to a value",
            "use set-credentials for exec and auth-provider, else edit the file",
        ),
        (
            format!("set {cluster}.server ''"),
            "clusters.kubernetes-the-hard-way.server: the new value is empty",
            "to take it away, use unset",
        ),
        ("set clusters x".to_owned(), "clusters: is a whole mapping, not a value", "go on to one of its fields"),
        (
            "set-credentials u --exec-interactive-mode=no".to_owned(),
            "--exec-interactive-mode: 'no' is not a value it can have",
            "it is one of IfAvailable, Never, Always",
        ),
        (
            "set-credentials u --exec-env=x".to_owned(),
            "--exec-env: is neither KEY=VALUE nor KEY-",
            "KEY- takes KEY away",
        ),
        (
            "set-credentials u --exec-arg='a\"b'".to_owned(),
            "--exec-arg: has a '\"' that does not enclose a whole value",
            "write it as 'a,\"b,c\"'",
        ),
        (
            "view -o jsonpath".to_owned(),
            "--output <FORMAT>: the template is missing",
            "write it as jsonpath='{.clusters[0].name}'",
        ),
        (
            "view -o go-template={{.kind}}".to_owned(),
            "--output <FORMAT>: 'go-template={{.kind}}' is not a value it can have",
            "it is one of yaml, json, jsonpath={...}, jsonpath-as-json={...}, jsonpath-file=FILE",
        ),
    ] {
        let refused = format!("khw-kubeconfig: error: {what}\nkhw-kubeconfig: hint: {hint}\n");
        sandbox.sh(&format!("khw-kubeconfig {command} --kubeconfig=k")).refused(&refused);
        assert_eq!(sandbox.read("k"), before, "{command}");
    }
}

#[test]
fn a_key_alone_is_compared_with_the_certificate_in_the_file() {
    let sandbox = sandbox();
    let refused = |shown: &str| {
        format!(
            "khw-kubeconfig: error: ca.key: --client-key: is not the key of the certificate of the user 'u' in {shown}\n\
             khw-kubeconfig: hint: give the key with which this certificate was requested\n"
        )
    };
    for embed in ["", "--embed-certs"] {
        sandbox
            .sh(&format!(
                "rm -f k; khw-kubeconfig set-credentials u --client-certificate=worker-1.crt {embed} --kubeconfig=k"
            ))
            .ok();
        let line = format!("khw-kubeconfig set-credentials u --client-key=ca.key {embed} --kubeconfig=k");
        sandbox.sh(&line).refused(&refused("k"));
        sandbox.sh(&line.replace("ca.key", "worker-1.key")).ok();
    }
    // Whoever renews both sets the certificate first.
    sandbox.sh("khw-kubeconfig set-credentials u --client-certificate=ca.crt --kubeconfig=k").says(
        "khw-kubeconfig: warning: the key of the user 'u' does not belong to the new certificate: set it too, with --client-key\n",
    );
    sandbox.sh("khw-kubeconfig set-credentials u --client-key=ca.key --kubeconfig=k").ok();
    sandbox.sh("khw-kubeconfig set-credentials u --client-key=worker-1.key --no-verify --kubeconfig=k").ok();
}
