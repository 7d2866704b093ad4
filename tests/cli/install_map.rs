//! khw-install map: which file names which, and what is wrong where, as a tree, for graphviz and as Mermaid.

use crate::worker::{self, WORDS};
use harness::Sandbox;

fn map(sandbox: &Sandbox, arguments: &str) -> String {
    sandbox.sh(&format!("khw-install map --root root {arguments}")).ok()
}

#[test]
fn the_tree_begins_at_systemd_and_follows_what_the_files_name() {
    let good = worker::good();
    let expected = "\
systemd
|-- root/etc/systemd/system/kubelet.service  (the systemd unit of kubelet)
|   |-- ExecStart -> root/usr/local/bin/kubelet  (the program)
|   |-- Requires -> root/usr/lib/systemd/system/containerd.service  (a unit that must run first)
|   |-- --config -> root/var/lib/kubelet/kubelet-config.yaml  (the kubelet's configuration)
|   |   |-- authentication.x509.clientCAFile -> root/var/lib/kubernetes/ca.crt  (the CA certificate)
|   |   |-- containerRuntimeEndpoint -> root/etc/containerd/config.toml  (containerd's configuration)
|   |   `-- resolvConf -> root/etc/resolv.conf  (the resolv.conf for Pods)
|   |-- --tls-private-key-file -> root/var/lib/kubelet/worker-1.key  (the kubelet's private key)
|   |-- --tls-cert-file -> root/var/lib/kubelet/worker-1.crt  (the kubelet's certificate)
|   |   `-- signed by -> root/var/lib/kubernetes/ca.crt  (see above)
|   `-- --kubeconfig -> root/var/lib/kubelet/kubeconfig  (the kubelet's kubeconfig)
|       |-- certificate-authority-data -> root/var/lib/kubernetes/ca.crt  (see above)
|       `-- server -> https://192.168.5.30:6443
`-- root/etc/systemd/system/kube-proxy.service  (the systemd unit of kube-proxy)
    |-- ExecStart -> root/usr/local/bin/kube-proxy  (the program)
    `-- --config -> root/var/lib/kube-proxy/kube-proxy-config.yaml  (kube-proxy's configuration)
        `-- clientConnection.kubeconfig -> root/var/lib/kube-proxy/kubeconfig  (kube-proxy's kubeconfig)
            |-- certificate-authority-data -> root/var/lib/kubernetes/ca.crt  (see above)
            `-- server -> https://192.168.5.30:6443
";
    assert_eq!(map(&good, ""), expected);
    let unicode = good.sh("LC_ALL=C.UTF-8 khw-install map --root root").ok();
    assert!(unicode.contains("│   └── --kubeconfig → root/var/lib/kubelet/kubeconfig"), "{unicode}");
}

#[test]
fn a_finding_stands_on_the_edge_that_it_is_about_or_on_its_file() {
    let broken = worker::good();
    broken.sh(&format!("{WORDS} rm $K/worker-1.key; chmod 666 $PC")).ok();
    let tree = map(&broken, "");
    for expected in [
        "|   |-- --tls-private-key-file -> root/var/lib/kubelet/worker-1.key  (MISSING: the kubelet's private key)\n\
         |   |   ! error: --tls-private-key-file: the kubelet's private key is not there: /var/lib/kubelet/worker-1.key [path-missing]\n",
        "    `-- --config -> root/var/lib/kube-proxy/kube-proxy-config.yaml  (kube-proxy's configuration)\n        \
             ! error: mode 0666: others than its owner may write it [mode-too-wide]\n",
    ] {
        assert!(tree.contains(expected), "{expected}\n{tree}");
    }
    let mermaid = map(&broken, "--format mermaid");
    assert!(
        mermaid.contains("  linkStyle ")
            && mermaid.contains("kube-proxy-config.yaml<br/>kube-proxy's configuration<br/>error: mode 0666"),
        "{mermaid}"
    );
    let dot = map(&broken, "--format dot");
    assert!(dot.contains("color=\"#c62828\", penwidth=2"), "{dot}");
}

#[test]
fn every_edge_of_the_drawings_joins_two_drawn_files() {
    let good = worker::good();
    let edges = map(&good, "").lines().filter(|line| line.contains("-- ")).count();
    for (format, arrow) in [("dot", " -> "), ("mermaid", " -->")] {
        let drawing = map(&good, &format!("--format {format}"));
        let drawn: Vec<&str> = drawing.lines().filter(|line| line.contains(arrow)).collect();
        assert_eq!(drawn.len(), edges, "{drawing}");
        for line in drawn {
            let line = line.trim();
            let ends = [
                line.split_whitespace().next().unwrap(),
                line.rsplit(' ').find(|w| w.starts_with('n') && w[1..].parse::<u32>().is_ok()).unwrap_or("n0"),
            ];
            for end in ends {
                assert!(
                    drawing.lines().any(|l| l.trim().starts_with(&format!("{end} ["))
                        || l.trim().starts_with(&format!("{end}["))
                        || l.trim().starts_with(&format!("{end}(["))),
                    "{end}\n{drawing}"
                );
            }
        }
    }
}

#[test]
fn names_cannot_break_out_of_a_drawing() {
    let good = worker::good();
    good.sh(&format!("{WORDS} sed -i 's|--config=[^ ]*|\"--config=/a\\\\\"]<b>x\\x01.yaml\"|' $U/kubelet.service"))
        .ok();
    let dot = map(&good, "--format dot");
    assert!(!dot.contains("<b>x") && !dot.contains('\u{1}') && dot.contains("&lt;b&gt;x"), "{dot}");
    let mermaid = map(&good, "--format mermaid");
    assert!(!mermaid.contains("<b>x") && mermaid.contains("#quot;]#lt;b#gt;x"), "{mermaid}");
}
