//! khw-install preflight --online and status: a real TLS server plays the API server, and each failure has its own name.

use crate::worker::{self, WORDS};
use harness::{ApiServer, Asked, Date, Reference, Sandbox, reference};
use serde_json::{Value, json};

/// What a server of a version answers to a node that it lets in.
fn answers(user: &'static str, allowed: bool, has_review: bool) -> impl Fn(&Asked) -> (u16, Value) + Send + Sync {
    move |asked: &Asked| {
        let path = asked.path.as_str();
        if path.ends_with("/selfsubjectreviews") {
            return if has_review {
                (201, json!({"status": {"userInfo": {"username": user}}}))
            } else {
                (404, json!({"message": "the server could not find the requested resource"}))
            };
        }
        if path.contains("/secrets/") {
            let message = format!(
                "secrets \"khw-who-am-i\" is forbidden: User \"{user}\" cannot get resource \"secrets\" in API group \"\" in the namespace \"kube-system\""
            );
            return (403, json!({"kind": "Status", "message": message}));
        }
        if path.ends_with("/selfsubjectaccessreviews") {
            return (201, json!({"status": {"allowed": allowed}}));
        }
        (404, json!({"kind": "Status", "message": "not found"}))
    }
}

/// The server's certificates and a worker whose kubeconfig goes to `server`.
fn made() -> Sandbox {
    let sandbox = worker::good();
    sandbox
        .sh(&format!(
            "{WORDS}
             mkdir other; khw-cert ca -d other --key-type ecdsa:p256
             cert() {{ openssl ecparam -name prime256v1 -genkey -noout -out $1.key; openssl req -new -key $1.key -subj /CN=kube-apiserver -out s.csr
                openssl x509 -req -in s.csr -CA $2.crt -CAkey $2.key -days $3 -extfile <(printf \"basicConstraints=CA:FALSE\\nsubjectAltName=$4\") -out $1.crt 2>&1; }}
             cert server ca 300 IP:127.0.0.1
             cert other-server other/ca 300 IP:127.0.0.1
             cert wrong-name ca 300 DNS:kubernetes,IP:10.96.0.1
             cert expired ca -1 IP:127.0.0.1"
        ))
        .succeeds();
    sandbox
}

fn goes_to(sandbox: &Sandbox, server: &str) {
    sandbox.sh(&format!("{WORDS} sed -i 's|server: .*|server: {server}|' $K/kubeconfig")).ok();
}

fn online(sandbox: &Sandbox) -> Vec<Value> {
    let ran = sandbox.sh("khw-install preflight --online --timeout 10 --root root --format json");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ran.stderr));
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|f| f["file"].as_str().unwrap().contains("://")).cloned().collect()
}

fn names(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|f| f["name"].as_str().unwrap()).collect()
}

#[track_caller]
fn expect(sandbox: &Sandbox, server: &ApiServer, expected: &[&str]) {
    goes_to(sandbox, &format!("https://{}", server.address));
    let found = online(sandbox);
    assert_eq!(names(&found), expected, "{found:#?}");
}

const NODE: &str = "system:node:worker-1";

#[test]
fn a_server_that_lets_the_node_in_is_asked_with_the_nodes_certificate() {
    let sandbox = made();
    let server = ApiServer::start(&sandbox, "server", "ca.crt", None, answers(NODE, true, true));
    expect(&sandbox, &server, &[]);
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|a| a.with_certificate), "{asked:#?}");
    let verbs: Vec<&str> =
        asked.iter().filter_map(|a| a.body.pointer("/spec/resourceAttributes/verb")?.as_str()).collect();
    assert_eq!(verbs, ["create", "get", "patch", "create", "update"]);
    // A server before 1.28 says who it is only when it refuses something.
    let old = ApiServer::start(&sandbox, "server", "ca.crt", None, answers(NODE, true, false));
    expect(&sandbox, &old, &[]);
    let other = ApiServer::start(&sandbox, "server", "ca.crt", None, answers("system:anonymous", true, false));
    expect(&sandbox, &other, &["other-user"]);
}

#[test]
fn each_failure_has_the_cause_that_it_really_has() {
    let sandbox = made();
    let start = |name: &str, ca: &str, date: Date, user, allowed| {
        ApiServer::start(&sandbox, name, ca, date, answers(user, allowed, true))
    };
    expect(&sandbox, &start("other-server", "ca.crt", None, NODE, true), &["server-unknown-ca"]);
    expect(&sandbox, &start("wrong-name", "ca.crt", None, NODE, true), &["server-wrong-name"]);
    expect(&sandbox, &start("expired", "ca.crt", None, NODE, true), &["server-certificate-expired"]);
    expect(&sandbox, &start("server", "other/ca.crt", None, NODE, true), &["client-certificate-refused"]);
    expect(&sandbox, &start("server", "ca.crt", None, "system:node:worker-9", true), &["other-user"]);
    expect(&sandbox, &start("server", "ca.crt", None, NODE, false), &["not-authorized"; 5]);
    let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    expect(&sandbox, &start("server", "ca.crt", date, NODE, true), &["clock-differs"]);
    let unauthorized = |_: &Asked| (401, json!({"kind": "Status", "message": "Unauthorized"}));
    expect(&sandbox, &ApiServer::start(&sandbox, "server", "ca.crt", None, unauthorized), &["not-authenticated"]);
    let broken = |_: &Asked| (503, json!({"message": "etcd is away"}));
    expect(&sandbox, &ApiServer::start(&sandbox, "server", "ca.crt", None, broken), &["server-error"]);
    // A proxy's page: the API server says who may not do what.
    let page = |_: &Asked| (403, json!("<html>forbidden</html>"));
    expect(&sandbox, &ApiServer::start(&sandbox, "server", "ca.crt", None, page), &["server-error"]);

    // Before TLS.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    goes_to(&sandbox, &format!("https://{free}"));
    assert_eq!(names(&online(&sandbox)), ["server-refused"]);
    goes_to(&sandbox, "https://no-such-host.invalid:6443");
    assert_eq!(names(&online(&sandbox)), ["server-not-resolved"]);
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    goes_to(&sandbox, &format!("https://{}", plain.local_addr().unwrap()));
    std::thread::spawn(move || {
        for mut stream in plain.incoming().flatten() {
            let _ = std::io::Write::write_all(
                &mut stream,
                b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request\r\n",
            );
        }
    });
    assert_eq!(names(&online(&sandbox)), ["server-no-tls"]);

    // Of openssl's commands only `ca` takes dates.
    for (days, expected) in [
        ("19940101000000Z 19950101000000Z", "certificate-expired"),
        ("20990101000000Z 20990201000000Z", "certificate-not-yet-valid"),
    ] {
        let (start, end) = days.split_once(' ').unwrap();
        sandbox
            .sh(&format!(
                "{WORDS} : > index.txt
                 printf '[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\nx509_extensions=x\ndefault_md=sha256\npolicy=p\n[x]\nbasicConstraints=CA:FALSE\n[p]\ncommonName=supplied\norganizationName=supplied\n' > ca.cnf
                 openssl req -new -key $K/worker-1.key -subj /O=system:nodes/CN={NODE} -out dated.csr
                 openssl ca -batch -notext -config ca.cnf -cert ca.crt -keyfile ca.key -startdate {start} -enddate {end} -in dated.csr -out dated.crt
                 khw-kubeconfig set-credentials {NODE} --client-certificate dated.crt --embed-certs --no-verify --kubeconfig $K/kubeconfig"
            ))
            .succeeds();
        expect(&sandbox, &ApiServer::start(&sandbox, "server", "", None, unauthorized), &[expected]);
    }
}

#[test]
fn a_client_certificate_of_version_1_is_refused_with_words() {
    let sandbox = made();
    sandbox
        .sh(&format!(
            "{WORDS} openssl req -new -key $K/worker-1.key -subj /O=system:nodes/CN={NODE} -out one.csr
             openssl x509 -req -in one.csr -CA ca.crt -CAkey ca.key -days 9 -out one.crt
             khw-kubeconfig set-credentials {NODE} --client-certificate one.crt --embed-certs --no-verify --kubeconfig $K/kubeconfig"
        ))
        .succeeds();
    goes_to(&sandbox, "https://127.0.0.1:1");
    let ran = sandbox.sh("khw-install status --root root");
    assert_eq!(ran.status, 2);
    assert_eq!(
        ran.stderr,
        "khw-install: error: root/var/lib/kubelet/kubeconfig: client-certificate: cannot be used for TLS here, though the kubelet may take it: UnsupportedCertVersion\n\
         khw-install: hint: sign it again with khw-cert, which makes version 3 always (openssl does with -extfile)\n"
    );
}

/// A node as an API server of 1.32 has it, and its table.
fn a_node(
    reason: &'static str,
    status: &'static str,
    message: &'static str,
) -> impl Fn(&Asked) -> (u16, Value) + Send + Sync {
    move |asked: &Asked| {
        if !asked.path.starts_with("/api/v1/nodes") {
            // What kubectl asks first: which resources there are.
            return match asked.path.split('?').next().unwrap() {
                "/api" => (200, json!({"kind": "APIVersions", "versions": ["v1"]})),
                "/apis" => (200, json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})),
                "/api/v1" => (
                    200,
                    json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                        {"name": "nodes", "singularName": "node", "namespaced": false, "kind": "Node", "verbs": ["get", "list"], "shortNames": ["no"]}]}),
                ),
                _ => (
                    404,
                    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound"}),
                ),
            };
        }
        let ready = if status == "True" { "Ready" } else { "NotReady" };
        let node = json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "worker-1"},
            "status": {"conditions": [{"type": "Ready", "status": status, "reason": reason, "message": message}]}});
        if !asked.accept.contains("as=Table") {
            return (200, node);
        }
        let column = |name: &str, priority: u8| json!({"name": name, "type": "string", "format": "", "description": "", "priority": priority});
        (
            200,
            json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"},
                "columnDefinitions": [column("Name", 0), column("Status", 0), column("Roles", 0), column("Age", 0), column("Version", 0),
                    column("Internal-IP", 1), column("External-IP", 1), column("OS-Image", 1), column("Kernel-Version", 1), column("Container-Runtime", 1)],
                "rows": [{"cells": ["worker-1", ready, "<none>", "14s", "v1.20.2", "192.168.5.21", "<none>", "Debian GNU/Linux 12 (bookworm)", "6.1.0", "containerd://1.6.20"],
                    "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "worker-1"}}}]}),
        )
    }
}

const CNI: &str = "runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized";

#[test]
fn status_is_the_tutorials_last_table() {
    let sandbox = made();
    let server = ApiServer::start(&sandbox, "server", "ca.crt", None, a_node("KubeletNotReady", "False", CNI));
    goes_to(&sandbox, &format!("https://{}", server.address));
    let table = sandbox.sh("khw-install status --root root").says(
        "khw-install: NotReady is the expected state here: there is no network plugin (CNI) yet, which the next step installs\n",
    );
    // The tutorial's own text.
    assert_eq!(table, "NAME       STATUS     ROLES    AGE   VERSION\nworker-1   NotReady   <none>   14s   v1.20.2\n");
    let json = sandbox.sh("khw-install status --root root -o json").succeeds();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["metadata"]["name"], "worker-1");
    // kubectl, at the same server, says the same.
    let Some(kubectl) = reference(Reference::Kubectl) else { return };
    for wide in ["", "-o wide"] {
        let theirs = sandbox
            .sh(&format!("{} --kubeconfig root/var/lib/kubelet/kubeconfig get node worker-1 {wide}", kubectl.display()))
            .succeeds();
        assert_eq!(sandbox.sh(&format!("khw-install status --root root {wide}")).succeeds(), theirs);
    }
}

#[test]
fn status_says_in_a_line_why_a_node_is_not_ready() {
    let sandbox = made();
    for (reason, status, message, why) in [
        ("KubeletReady", "True", "kubelet is posting ready status", ""),
        (
            "NodeStatusUnknown",
            "Unknown",
            "Kubelet stopped posting node status.",
            "khw-install: the kubelet has stopped reporting: is it running? `systemctl status kubelet`\n",
        ),
        (
            "KubeletNotReady",
            "False",
            "container runtime is down",
            "khw-install: the kubelet reports: container runtime is down\n",
        ),
    ] {
        let server = ApiServer::start(&sandbox, "server", "ca.crt", None, a_node(reason, status, message));
        goes_to(&sandbox, &format!("https://{}", server.address));
        sandbox.sh("khw-install status --root root").says(why);
    }
    let nobody = |_: &Asked| (404, json!({"kind": "Status", "message": "nodes \"worker-1\" not found"}));
    let server = ApiServer::start(&sandbox, "server", "ca.crt", None, nobody);
    goes_to(&sandbox, &format!("https://{}", server.address));
    sandbox.sh("khw-install status --root root").refused(&format!(
        "khw-install: error: https://{}: has no node worker-1: it has not registered\n\
         khw-install: hint: start the kubelet with `khw-install start`, which says what keeps it from registering\n",
        server.address
    ));
}
