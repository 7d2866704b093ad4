//! khw-kubelet-conf --from: an existing file is changed where it was asked for.

use crate::kubelet_conf::yaml;
use harness::Sandbox;

/// As somebody keeps it, with notes.
pub(crate) const OWN: &str = "\
# worker-1, rack 7
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: /ca.crt}}
authorization:
    mode: 'Webhook'

clusterDNS:
- 10.96.0.10   # coredns
maxPods: 110
# the end
";

#[test]
fn an_existing_file_is_changed_where_it_was_asked_for_and_nowhere_else() {
    let sandbox = Sandbox::new();
    let filter =
        |arguments: &str| sandbox.sh_with(&format!("khw-kubelet-conf --from - {arguments}"), OWN.as_bytes()).ok();
    assert_eq!(filter(""), OWN);
    assert_eq!(filter("--set maxPods=50"), OWN.replace("110", "50"));
    assert_eq!(filter("--max-pods 50"), OWN.replace("110", "50"));
    assert_eq!(filter("--anonymous-auth=false --cluster-dns 10.96.0.10"), OWN, "nothing changes");
    assert_eq!(filter("--unset maxPods"), OWN.replace("maxPods: 110\n", ""));
    assert_eq!(filter("--layout kthw"), OWN.replace("/ca.crt", "/var/lib/kubelet/ca.crt"));
    assert_eq!(filter("--service-cidr 10.32.0.0/24"), OWN.replace("10.96.0.10 ", "\"10.32.0.10\" "));
    let added = filter("--runtime crio --node worker-1 --kubernetes-version 1.34");
    assert!(OWN.lines().all(|line| added.lines().any(|l| l == line)), "{added}");
    let value = yaml(&added);
    for (field, expected) in [
        ("cgroupDriver", "systemd"),
        ("containerRuntimeEndpoint", "unix:///var/run/crio/crio.sock"),
        ("tlsCertFile", "/var/lib/kubelet/worker-1.crt"),
        ("tlsPrivateKeyFile", "/var/lib/kubelet/worker-1.key"),
    ] {
        assert_eq!(value[field], expected);
    }
    assert_eq!(value.get("clusterDomain"), None, "the tool's own defaults are not added");
}

#[test]
fn an_existing_file_is_changed_in_place_or_not_at_all() {
    let sandbox = Sandbox::new();
    sandbox.write("own.yaml", OWN);
    sandbox.sh("khw-kubelet-conf --from own.yaml --set maxPods=50 -o own.yaml").ok();
    assert_eq!(sandbox.read("own.yaml"), OWN.replace("110", "50"));
    assert_eq!(sandbox.names(), ["own.yaml"]);
    for (content, arguments, error, hint) in [
        ("", "", "standard input: is empty", "did the step that makes this file fail?"),
        ("a: 1\na: 2\n", "", "standard input:2:1: a: is there twice", "keep one of them"),
        (
            "a: 1\n---\nb: 2\n",
            "",
            "standard input:2:1: has several documents",
            "only the first would be read: split the file at ---",
        ),
        (
            "kind: KubeProxyConfiguration\n",
            "",
            "standard input: kind: is 'KubeProxyConfiguration', and must be KubeletConfiguration",
            "is this the right file?",
        ),
        (
            "maxPods: 5\n",
            "",
            "kind: is missing, and without it the file is not read",
            "write kind: KubeletConfiguration",
        ),
        (
            OWN,
            "--set maxPods=x",
            "--set maxPods: 'x' is not a whole number",
            "write a number from -2147483648 to 2147483647",
        ),
        (
            "kind: KubeletConfiguration\nauthentication: &a {webhook: {enabled: true}}\nb: *a\n",
            "--set authentication.webhook.enabled=false",
            "standard input: cannot be changed without touching other parts of it",
            "anchors and unusual YAML are not edited: write these fields plainly",
        ),
        (
            r#"{"kind": "KubeletConfiguration", "maxPods": 5}"#,
            "--annotate",
            "is JSON, which has no comments",
            "leave --annotate away",
        ),
    ] {
        sandbox
            .sh_with(&format!("khw-kubelet-conf --from - -o own.yaml {arguments}"), content.as_bytes())
            .refused(&format!("khw-kubelet-conf: error: {error}\nkhw-kubelet-conf: hint: {hint}\n"));
    }
    assert_eq!(sandbox.read("own.yaml"), OWN.replace("110", "50"));
}

#[test]
fn what_was_wrong_in_an_existing_file_is_warned_of_and_can_be_taken_away() {
    let sandbox = Sandbox::new();
    let wrong = OWN.replace("maxPods: 110", "ResolverConfig: /x\nlogging: {sanitization: true}");
    let said = "khw-kubelet-conf: warning: ResolverConfig: is not a field of a KubeletConfiguration, and is ignored\n\
                khw-kubelet-conf: warning: logging.sanitization: is not a field of Kubernetes v1.37, and is ignored\n";
    sandbox.sh_with("khw-kubelet-conf --from - --set port=10250 -o out.yaml", wrong.as_bytes()).says(said);
    let right = sandbox
        .sh_with("khw-kubelet-conf --from - --unset ResolverConfig --unset logging.sanitization", wrong.as_bytes())
        .ok();
    assert_eq!(right, OWN.replace("maxPods: 110\n", ""));
}

#[test]
fn an_existing_file_is_annotated_once() {
    let sandbox = Sandbox::new();
    let once = sandbox.sh_with("khw-kubelet-conf --from - --annotate", OWN.as_bytes()).ok();
    let comment = "    # How requests to the kubelet are authorised: Webhook asks the API server, AlwaysAllow lets all\n    # \
                   through.\n    mode: 'Webhook'\n";
    assert!(once.contains(comment) && once.starts_with("# worker-1, rack 7\n"), "{once}");
    assert_eq!(yaml(&once), yaml(OWN));
    assert_eq!(sandbox.sh_with("khw-kubelet-conf --from - --annotate", once.as_bytes()).ok(), once);
}
