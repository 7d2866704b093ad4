//! check: each finding, its line, its exit status.

use super::{NEW, sandbox};

#[test]
fn check_has_nothing_to_say_of_what_new_makes() {
    let sandbox = sandbox();
    sandbox.sh(&format!("{NEW} -o k")).ok();
    assert_eq!(sandbox.sh("khw-kubeconfig check --node=worker-1 k").ok(), "");
    assert_eq!(sandbox.sh("khw-kubeconfig check - < k").ok(), "");
    assert_eq!(sandbox.sh("KUBECONFIG=none:k khw-kubeconfig check").ok(), "");
    sandbox.sh("khw-kubeconfig check nope").refused(
        "khw-kubeconfig: error: nope: no such file or directory\n\
         khw-kubeconfig: hint: check the path, or run the step that makes this file first\n",
    );
}

/// Each finding once, with its line.
#[test]
fn check_finds() {
    let sandbox = sandbox();
    sandbox.sh("mkdir dir; cp worker-1.key wide.key; chmod 600 *.key; chmod 640 wide.key; base64 -w0 ca.crt > ca.b64; base64 -w0 worker-1.crt > w.b64; base64 -w0 worker-1.key > key.b64; base64 -w0 ca.key > cakey.b64").ok();
    sandbox
        .sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.crt -subj /CN=system:node:Worker_1 -days 3 2>/dev/null; \
             openssl x509 -req -in <(openssl req -new -key o.key -subj '/CN=system:node:worker-1' 2>/dev/null) -CA ca.crt -CAkey ca.key -days 3 -out no-group.crt 2>/dev/null; \
             openssl x509 -req -in <(openssl req -new -key o.key -subj '/CN=kube-proxy' 2>/dev/null) -CA ca.crt -CAkey ca.key -days 400 -out server.crt -extfile <(echo extendedKeyUsage=serverAuth) 2>/dev/null; \
             chmod 600 o.key")
        .ok();
    let [ca, crt, key, ca_key] = ["ca.b64", "w.b64", "key.b64", "cakey.b64"].map(|file| sandbox.read(file));
    let whole = |cluster: &str, user: &str| {
        format!(
            "current-context: c\nclusters:\n- name: k\n  cluster:\n    server: https://a\n{cluster}contexts:\n- name: c\n  \
             context:\n    cluster: k\n    user: u\nusers:\n- name: u\n  user:\n{user}"
        )
    };
    let ca_line = format!("    certificate-authority-data: {ca}\n");
    let pair = format!("    client-certificate-data: {crt}\n    client-key-data: {key}\n");
    let good = whole(&ca_line, &pair);
    let fixed = |from: &str, to: &str| good.replacen(from, to, 1);
    for (content, found) in [
        (good.clone(), ""),
        ("a: [".to_owned(), "k:1: error: is not valid YAML: unclosed bracket '[' [invalid-yaml]"),
        ("a: 1\na: 2\n".to_owned(), "k:2: error: the key 'a' is there twice [invalid-yaml]"),
        ("404: Not Found\n".to_owned(), "k: error: has no field of a kubeconfig [not-a-kubeconfig]"),
        ("- a\n".to_owned(), "k: error: is a list, not a kubeconfig [not-a-kubeconfig]"),
        (fixed("current", "kind: Pod\ncurrent"), "k:1: error: kind: is 'Pod', not Config [not-a-kubeconfig]"),
        (fixed("https://a", "[]"), "k:5: error: clusters[0].cluster.server: is a list, not text [wrong-type]"),
        (fixed(&crt, "x*"), "k:15: error: users[0].user.client-certificate-data: is not base64 [invalid-data]"),
        (format!("{good}- name: u\n"), "k:17: error: users[1].name: there is another user named 'u' [duplicate-name]"),
        (
            fixed("    server", "    Server: x\n    server"),
            "k:5: warning: clusters[0].cluster.Server: is no field of a kubeconfig: clients pass it over [unknown-field]",
        ),
        (
            "kind: Config\n".to_owned(),
            "k: error: contexts: there is no context: nothing says which user talks to which cluster [no-context]",
        ),
        (
            fixed("current-context: c", "current-context: ''"),
            "k:1: error: current-context: is not set: a kubelet has no other way to choose [current-context-unset]",
        ),
        (
            fixed("current-context: c", "current-context: d"),
            "k:1: error: current-context: there is no context 'd' [dangling-context]",
        ),
        (
            fixed("cluster: k\n", "cluster: x\n"),
            "k:10: error: contexts.c.cluster: there is no cluster 'x' [dangling-cluster]",
        ),
        (fixed("user: u\n", "user: x\n"), "k:11: error: contexts.c.user: there is no user 'x' [dangling-user]"),
        (
            fixed("https://a", "a:6443"),
            "k:5: error: clusters.k.server: the server URL 'a:6443' has no scheme [server-invalid]",
        ),
        (
            fixed("https://a", "https://a\n    proxy-url: ftp://p"),
            "k:6: error: clusters.k.proxy-url: the proxy URL 'ftp://p' is none of http, https and socks5 [proxy-invalid]",
        ),
        (
            fixed("https://a", "http://a"),
            "k:5: warning: clusters.k.server: http is not encrypted, and an API server answers on https only [server-http]",
        ),
        (
            whole("    insecure-skip-tls-verify: true\n", &pair),
            "k:6: warning: clusters.k.insecure-skip-tls-verify: is true: anybody can pose as this server [insecure-skip-tls-verify]",
        ),
        (
            whole(&format!("{ca_line}    insecure-skip-tls-verify: true\n"), &pair),
            "k:7: error: clusters.k.insecure-skip-tls-verify: is true beside a CA: clients refuse both [insecure-with-ca]",
        ),
        (
            whole(&format!("{ca_line}    certificate-authority: ca.crt\n"), &pair),
            "k:7: error: clusters.k.certificate-authority: is there beside certificate-authority-data: clients refuse both [data-and-path]",
        ),
        (
            whole("    certificate-authority: nope\n", &pair),
            "k:6: error: clusters.k.certificate-authority: nope: no such file or directory [path-missing]",
        ),
        (
            whole("", &pair),
            "k:3: warning: clusters.k.certificate-authority-data: there is no CA: the server's certificate must be signed by one that this host trusts [ca-unset]",
        ),
        (
            whole(&format!("    certificate-authority-data: {ca_key}\n"), &pair),
            "k:6: error: clusters.k.certificate-authority-data: is a private key, not a certificate [certificate-invalid]",
        ),
        (
            fixed(&key, &ca_key),
            "k:16: error: users.u.client-key-data: does not belong to client-certificate-data [key-mismatch]",
        ),
        (fixed(&key, &crt), "k:16: error: users.u.client-key-data: is a certificate, not a private key [key-invalid]"),
        (
            whole(&ca_line, "    client-certificate: no-group.crt\n    client-key: o.key\n"),
            "k:15: error: users.u.client-certificate: its subject has no O=system:nodes: the API server takes it for no node [certificate-organization]",
        ),
        (
            whole(&ca_line, "    client-certificate: server.crt\n    client-key: o.key\n"),
            "k:15: error: users.u.client-certificate: clientAuth is not in its extendedKeyUsage [certificate-usage]",
        ),
        (
            whole(&ca_line, "    token: x\n    username: me\n"),
            "k:15: error: users.u.token: there is a token and a user name: clients refuse both [credentials]",
        ),
        (
            whole(&ca_line, "    client-certificate: worker-1.crt\n"),
            "k:15: error: users.u.client-certificate: there is a certificate without its key [credentials]",
        ),
        (
            whole(&ca_line, "    tokenFile: nope\n"),
            "k:15: error: users.u.tokenFile: nope: no such file or directory [path-missing]",
        ),
        (
            whole(&ca_line, "    exec: {command: x}\n"),
            "k:15: error: users.u.exec: exec has no apiVersion: clients refuse it [credentials]",
        ),
        (
            whole("    certificate-authority: worker-1.crt\n", "    token: x\n"),
            "k:6: error: clusters.k.certificate-authority: is not the certificate of a CA [ca-not-ca]",
        ),
        (
            whole("    certificate-authority-data: Zm9v\n", "    token: x\n"),
            "k:6: error: clusters.k.certificate-authority-data: has no PEM block with a certificate [certificate-invalid]",
        ),
        (
            whole(&ca_line, "    client-certificate: worker-1.crt\n    client-key: nope.key\n"),
            "k:16: error: users.u.client-key: nope.key: no such file or directory [path-missing]",
        ),
        (
            whole(&ca_line, "    client-certificate: worker-1.crt\n    client-key: dir\n"),
            "k:16: error: users.u.client-key: dir: is a directory, not a file [path-missing]",
        ),
        (
            whole(&ca_line, "    client-certificate: worker-1.crt\n    client-key: wide.key\n"),
            "k:16: warning: users.u.client-key: wide.key: mode 0640: others may read the key [mode-too-wide]",
        ),
        (
            whole(&ca_line, "    client-key: worker-1.key\n"),
            "k:15: error: users.u.client-key: there is a key without its certificate [credentials]",
        ),
        (
            whole(&ca_line, &format!("{pair}    client-key: worker-1.key\n")),
            "k:17: error: users.u.client-key: is there beside client-key-data: clients refuse both [data-and-path]",
        ),
        (
            whole(&ca_line, "    exec: {apiVersion: client.authentication.k8s.io/v1}\n"),
            "k:15: error: users.u.exec: exec has no command: clients refuse it [credentials]",
        ),
        (
            whole(&ca_line, "    exec:\n      command: x\n      apiVersion: v1\n      args: yes\n"),
            "k:18: error: users[0].user.exec.args: is a boolean, not a list [wrong-type]",
        ),
        (
            whole(&ca_line, "    auth-provider: {name: oidc, config: {a: 1}}\n"),
            "k:15: error: users[0].user.auth-provider.config.a: is a number, not text [wrong-type]",
        ),
        (
            whole(&ca_line, "    {}\n"),
            "k:13: warning: users.u: has none: the API server takes it for system:anonymous [credentials]",
        ),
    ] {
        sandbox.write("k", &content);
        sandbox.sh("chmod 600 k").ok();
        let ran = sandbox.sh("khw-kubeconfig check --expires-within=1 k");
        let said: Vec<&str> = ran.stdout.lines().filter(|line| !line.starts_with("  fix: ")).collect();
        let wanted: Vec<&str> = if found.is_empty() { Vec::new() } else { vec![found] };
        assert_eq!(said, wanted, "{content}");
        assert_eq!(ran.status, i32::from(found.contains(": error: ")), "{}", ran.stdout);
        let fixes = ran.stdout.lines().filter(|line| line.starts_with("  fix: ")).count();
        assert_eq!(fixes, said.len(), "a finding without what to do: {}", ran.stdout);
    }
}

/// Findings that come in company.
#[test]
fn check_finds_who_one_is() {
    let sandbox = sandbox();
    sandbox.sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout o.key -out o.crt -subj /O=system:nodes/CN=system:node:Worker_1 -days 3 2>/dev/null; chmod 600 o.key").ok();
    sandbox
        .sh(&format!(
            "{} --no-verify --user=system:node:x -o k",
            NEW.replace("worker-1.crt", "o.crt").replace("worker-1.key", "o.key")
        ))
        .ok();
    sandbox.sh("chmod 644 k").ok();
    let line =
        sandbox.read("k").lines().position(|line| line.contains("client-certificate-data")).unwrap_or_default() + 1;
    let field = format!("k:{line}: error: users.system:node:x.client-certificate-data:");
    let ran = sandbox.sh("khw-kubeconfig check --node=worker-1 k");
    for (found, name) in [
        (format!("{field} the node name 'Worker_1' has upper case"), "node-name"),
        (
            format!(
                "{field} is not signed by the CA of the cluster 'kubernetes-the-hard-way': its issuer is O = system:nodes, CN = system:node:Worker_1"
            ),
            "certificate-untrusted",
        ),
        (
            format!("{field} its certificate is for 'system:node:Worker_1', not system:node:worker-1"),
            "node-name-mismatch",
        ),
        (format!("{} its certificate is for 'system:node:Worker_1'", field.replace("error", "warning")), "node-name"),
        ("k: warning: mode 0644: others may read its secrets".to_owned(), "mode-too-wide"),
    ] {
        assert!(ran.stdout.contains(&format!("{found} [{name}]\n")), "{found}\n{}", ran.stdout);
    }
    let until = sandbox.sh("date -u -d \"$(openssl x509 -in o.crt -noout -enddate | cut -d= -f2)\" +%F").ok();
    let soon = format!(
        "k:{line}: warning: users.system:node:x.client-certificate-data: O = system:nodes, CN = system:node:Worker_1 \
         expires on {} [certificate-expires-soon]\n",
        until.trim_end()
    );
    assert!(ran.stdout.contains(&soon), "{soon}{}", ran.stdout);
    let only = sandbox.sh("khw-kubeconfig check --only=mode-too-wide k");
    assert_eq!((only.status, only.stdout.lines().count()), (0, 2), "{}", only.stdout);
    let strict = sandbox.sh("khw-kubeconfig check --only=mode-too-wide --strict --format=json k");
    assert_eq!(strict.status, 1);
    let json: serde_json::Value = serde_json::from_str(&strict.stdout).expect("JSON");
    assert_eq!((&json["findings"][0]["name"], &json["schemaVersion"]), (&"mode-too-wide".into(), &1.into()));
    // Who has no certificate is no node.
    sandbox
        .sh("khw-kubeconfig set-credentials system:node:x --token=x --client-certificate= --no-verify --kubeconfig=k")
        .succeeds();
    sandbox.sh("khw-kubeconfig unset users.system:node:x.client-certificate-data --kubeconfig=k").ok();
    let ran = sandbox.sh("khw-kubeconfig check --only=node-name-mismatch --node=worker-1 k");
    assert!(
        ran.stdout.contains("users.system:node:x: has no certificate for system:node:worker-1 [node-name-mismatch]\n"),
        "{}",
        ran.stdout
    );
    // No secret is in what a check says.
    let key = sandbox.read("o.key");
    assert!(!ran.stdout.contains(key.lines().nth(1).expect("base64")));
}

#[test]
fn check_looks_at_dates_and_below_a_root() {
    let sandbox = sandbox();
    let make = |name: &str, dates: &str| {
        sandbox
            .sh(&format!("openssl req -new -key worker-1.key -subj '/O=system:nodes/CN=system:node:worker-1' -out r.csr 2>/dev/null; \
                mkdir -p db; : > db/i; echo 01 > db/s; printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=db/i\\nserial=db/s\\nnew_certs_dir=db\\ndefault_md=sha256\\npolicy=p\\n[p]\\nO=optional\\nCN=supplied\\n' > c.cnf; \
                openssl ca -config c.cnf -batch -in r.csr -cert ca.crt -keyfile ca.key {dates} -out {name} -notext 2>/dev/null"))
            .ok();
    };
    make("past.crt", "-startdate 20200101000000Z -enddate 20210101000000Z");
    make("future.crt", "-startdate 20900101000000Z -enddate 20910101000000Z");
    sandbox.sh("mkdir -p root/pki; cp worker-1.key *.crt root/pki; chmod 600 root/pki/*.key").ok();
    for (certificate, found) in [
        ("past.crt", "O = system:nodes, CN = system:node:worker-1 expired on 2021-01-01 [certificate-expired]"),
        (
            "future.crt",
            "O = system:nodes, CN = system:node:worker-1 is valid only from 2090-01-01 [certificate-not-yet-valid]",
        ),
        ("nope.crt", "root/pki/nope.crt: no such file or directory [path-missing]"),
        ("worker-1.crt", ""),
    ] {
        sandbox.write(
            "k",
            format!(
                "current-context: c\nclusters: [{{name: k, cluster: {{server: 'https://a', certificate-authority: /pki/ca.crt}}}}]\n\
                 contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
                 users:\n- name: u\n  user:\n    client-certificate: /pki/{certificate}\n    client-key: /pki/worker-1.key\n"
            ),
        );
        sandbox.sh("khw-kubeconfig check --root=no k").refused(
            "khw-kubeconfig: error: --root: 'no' is not a directory\n\
             khw-kubeconfig: hint: name the directory in which the worker's /var and /etc are\n",
        );
        let ran = sandbox.sh("khw-kubeconfig check --root=root k");
        let wanted =
            if found.is_empty() { String::new() } else { format!("k:7: error: users.u.client-certificate: {found}") };
        assert_eq!(ran.stdout.lines().next().unwrap_or_default(), wanted);
    }
}

/// A finding that is added brings a test.
#[test]
fn each_finding_has_a_test() {
    let sandbox = sandbox();
    let ran = sandbox.sh("khw-kubeconfig check --ignore=nope /dev/null");
    let start = "khw-kubeconfig: error: there is no finding named 'nope'\nkhw-kubeconfig: hint: the names are ";
    let names = ran.stderr.strip_prefix(start).unwrap_or_else(|| panic!("{ran:?}"));
    let untested: Vec<&str> = names
        .trim_end()
        .split(", ")
        .filter(|name| {
            !include_str!("check.rs").contains(&format!("[{name}]"))
                && !include_str!("check.rs").contains(&format!("\"{name}\""))
        })
        .collect();
    assert_eq!(untested, [""; 0]);
}
