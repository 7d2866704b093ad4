//! khw-install: places what it is given, refuses what cannot work, and sees where the files of a worker disagree.

use harness::Sandbox;
use std::os::unix::fs::symlink;

/// The files of a worker, made once per test with quick keys.
const WORKER: &str = "
    khw-cert ca --key-type ecdsa:p256
    khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256
    khw-cert client kube-proxy --key-type ecdsa:p256
    new() { khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
        --client-certificate $1.crt --client-key $1.key; }
    new worker-1 > worker-1.kubeconfig
    new kube-proxy > kube-proxy.kubeconfig
    khw-kubelet-conf --kubernetes-version v1.20.2 > kubelet-config.yaml
    khw-proxy-conf --cluster-cidr 10.244.0.0/16 > kube-proxy-config.yaml
    khw-unit kubelet --node worker-1 --kubernetes-version v1.20.2 > kubelet.service
    khw-unit kube-proxy > kube-proxy.service
    mkdir root
";

/// A sandbox with the files of worker-1 and an empty `root`.
pub(crate) fn made() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.sh(WORKER).succeeds();
    sandbox
}

/// The same with everything placed.
fn placed() -> Sandbox {
    let sandbox = made();
    sandbox.sh("khw-install node --node worker-1 --from . --root root").ok();
    sandbox
}

const VERIFY: &str = "khw-install verify --node worker-1 --root root --ignore binary-missing";

#[test]
fn dirs_makes_the_six_directories_and_then_leaves_them() {
    let sandbox = Sandbox::new();
    let made = sandbox.sh("mkdir root; umask 077; khw-install dirs --root root").ok();
    let expected = ["etc/cni/net.d", "opt/cni/bin", "var/lib/kubelet", "var/lib/kube-proxy", "var/lib/kubernetes"];
    for directory in expected.iter().chain(&["var/run/kubernetes"]) {
        assert_eq!(sandbox.mode(format!("root/{directory}")), 0o755, "{directory}");
        assert!(made.contains(&format!("placed 0755 root/{directory}\n")), "{made}");
    }
    let again = sandbox.sh("khw-install dirs --root root").ok();
    assert!(again.lines().count() == 6 && again.lines().all(|line| line.starts_with("unchanged 0755 ")), "{again}");
}

#[test]
fn every_verb_places_its_file_with_its_mode_under_any_umask() {
    let sandbox = made();
    for (umask, root) in [("000", "root-a"), ("077", "root-b")] {
        let run = |line: &str| {
            sandbox.sh(&format!("umask {umask}; mkdir -p {root}; {line} --node worker-1 --root {root}")).ok()
        };
        for (line, path, mode) in [
            ("khw-install ca ca.crt", "var/lib/kubernetes/ca.crt", "0600"),
            ("khw-install kubelet-key worker-1.key", "var/lib/kubelet/worker-1.key", "0600"),
            ("khw-install kubelet-cert worker-1.crt", "var/lib/kubelet/worker-1.crt", "0600"),
            ("khw-install kubelet-kubeconfig worker-1.kubeconfig", "var/lib/kubelet/kubeconfig", "0600"),
            ("cat kubelet-config.yaml | khw-install kubelet-config -", "var/lib/kubelet/kubelet-config.yaml", "0600"),
            ("cat kubelet.service | khw-install kubelet-unit -", "etc/systemd/system/kubelet.service", "0644"),
            ("khw-install kube-proxy-kubeconfig kube-proxy.kubeconfig", "var/lib/kube-proxy/kubeconfig", "0600"),
            (
                "khw-install kube-proxy-config kube-proxy-config.yaml",
                "var/lib/kube-proxy/kube-proxy-config.yaml",
                "0600",
            ),
            ("khw-install kube-proxy-unit kube-proxy.service", "etc/systemd/system/kube-proxy.service", "0644"),
        ] {
            assert_eq!(run(line), format!("placed {mode} {root}/{path}\n"));
            assert_eq!(format!("{:04o}", sandbox.mode(format!("{root}/{path}"))), mode, "{path}");
            assert_eq!(run(line), format!("unchanged {mode} {root}/{path}\n"));
        }
    }
}

#[test]
fn node_places_everything_and_a_second_run_changes_nothing() {
    let sandbox = made();
    sandbox.sh("cp $(readlink -f $(type -P true)) kubelet; cp kubelet kube-proxy").ok();
    let dry = sandbox.sh("khw-install node --node worker-1 --from . --root root --dry-run").ok();
    assert!(dry.lines().all(|line| line.starts_with("would place ")), "{dry}");
    assert_eq!(sandbox.sh("ls root").ok(), "", "a dry run writes nothing");

    let first = sandbox.sh("khw-install node --node worker-1 --from . --root root").ok();
    assert_eq!(dry.replace("would place", "placed"), first);
    assert_eq!(sandbox.mode("root/usr/local/bin/kubelet"), 0o755);
    assert_eq!(sandbox.read("root/var/lib/kubelet/worker-1.key"), sandbox.read("worker-1.key"));

    let second = sandbox.sh("khw-install node --node worker-1 --from . --root root").ok();
    assert_eq!(first.replace("placed", "unchanged"), second);
    sandbox.sh("chmod 644 root/var/lib/kubelet/worker-1.key").ok();
    let third = sandbox.sh("khw-install node --node worker-1 --from . --root root").ok();
    assert!(third.contains("corrected 0600 root/var/lib/kubelet/worker-1.key\n"), "{third}");
    assert_eq!(sandbox.mode("root/var/lib/kubelet/worker-1.key"), 0o600);
    assert_eq!(sandbox.sh("khw-install verify --node worker-1 --root root").ok(), "");
}

#[test]
fn node_says_all_that_is_missing_and_places_nothing() {
    let sandbox = made();
    sandbox.sh("rm ca.crt kubelet.service").ok();
    sandbox.sh("khw-install node --node worker-1 --from . --root root").refused(
        "khw-install: error: .: has no ca.crt, kubelet.service\n\
         khw-install: hint: make what is missing with `khw-cert ca`, `khw-unit kubelet --node worker-1`; \
         the node is taken to be worker-1, --node says otherwise\n",
    );
    assert_eq!(sandbox.sh("ls root").ok(), "");
}

#[test]
fn node_checks_all_before_it_places_any() {
    let sandbox = made();
    sandbox.sh("khw-unit kubelet --node worker-1 > kube-proxy.service").ok();
    let ran = sandbox.sh("khw-install node --node worker-1 --from . --root root");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("kube-proxy.service:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("ExecStart: starts kubelet, not kube-proxy\n"), "{}", ran.stderr);
    assert_eq!(sandbox.sh("ls root").ok(), "");
}

#[test]
fn the_node_is_the_one_of_the_trees_hostname() {
    let sandbox = made();
    sandbox.sh("khw-install kubelet-cert worker-1.crt --root root").refused(
        "khw-install: error: root/etc/hostname: --node: is not there, so the node has no name\n\
         khw-install: hint: say which node this is with --node NAME\n",
    );
    sandbox.write("root/etc/hostname", "Worker-1\n");
    assert_eq!(
        sandbox.sh("khw-install kubelet-cert worker-1.crt --root root").ok(),
        "placed 0600 root/var/lib/kubelet/worker-1.crt\n",
        "the kubelet lower-cases the host's name"
    );
}

#[test]
fn layouts_have_the_paths_of_the_guides() {
    let sandbox = Sandbox::new();
    let paths = |layout: &str| sandbox.sh(&format!("khw-install paths --node node01 --layout {layout}")).ok();
    for (layout, path) in [
        ("mm", "kubelet-key                  root:root 0600 /var/lib/kubernetes/pki/node01.key"),
        ("mm", "kubelet-kubeconfig           root:root 0600 /var/lib/kubelet/kubelet.kubeconfig CIS 4.1.5 4.1.6"),
        ("mm", "ca                           root:root 0600 /var/lib/kubernetes/pki/ca.crt CIS 4.1.7 4.1.8"),
        ("kthw", "kubelet-key                  root:root 0600 /var/lib/kubelet/kubelet.key"),
        ("kthw", "ca                           root:root 0600 /var/lib/kubelet/ca.crt CIS 4.1.7 4.1.8"),
        ("tutorial", "binaries                     root:root 0755 /usr/local/bin/kubelet"),
    ] {
        assert!(paths(layout).lines().any(|line| line == path), "{layout}: {path}\n{}", paths(layout));
    }
}

/// The ids are those of kube-bench's node.yaml, in cis-1.5 to cis-1.12 alike.
#[test]
fn cis_has_its_modes_and_its_ids() {
    let sandbox = made();
    let rows = sandbox.sh("khw-install paths --node worker-1 --cis").ok();
    let ids: Vec<_> = rows.lines().filter(|row| row.contains(" CIS ")).collect();
    assert_eq!(
        ids,
        [
            "ca                           root:root 0600 /var/lib/kubernetes/ca.crt CIS 4.1.7 4.1.8",
            "kubelet-kubeconfig           root:root 0600 /var/lib/kubelet/kubeconfig CIS 4.1.5 4.1.6",
            "kube-proxy-kubeconfig        root:root 0600 /var/lib/kube-proxy/kubeconfig CIS 4.1.3 4.1.4",
            "kubelet-config               root:root 0600 /var/lib/kubelet/kubelet-config.yaml CIS 4.1.9 4.1.10",
            "kubelet-unit                 root:root 0600 /etc/systemd/system/kubelet.service CIS 4.1.1 4.1.2",
        ]
    );
    let units = ["kubelet", "kube-proxy"].map(|name| format!("root/etc/systemd/system/{name}.service"));
    let modes = || units.each_ref().map(|unit| sandbox.mode(unit));
    let node = "khw-install node --node worker-1 --from . --root root";
    let unit_mode =
        "khw-install verify --node worker-1 --root root --cis --kubernetes-version 1.24 --only cis-unit-mode";
    sandbox.sh(node).ok();
    assert_eq!((modes(), sandbox.sh(unit_mode).status), ([0o644; 2], 1));
    sandbox.sh(&format!("{node} --cis")).ok();
    assert_eq!((modes(), sandbox.sh(unit_mode).ok().as_str()), ([0o600; 2], ""));
    sandbox.sh("khw-install kubelet-unit kubelet.service --node worker-1 --root root").ok();
    assert_eq!(modes(), [0o644, 0o600]);
    let line = "khw-install kubelet-unit kubelet.service --node worker-1 --root root --cis";
    assert_eq!(sandbox.sh(line).ok(), format!("corrected 0600 {}\n", units[0]));
}

#[test]
fn refuses_what_a_verb_is_not_for() {
    let sandbox = made();
    sandbox
        .sh("khw-cert node worker-2 192.168.5.22 --key-type ecdsa:p256
             cp kubelet-config.yaml wrong-kind.yaml; sed -i s/KubeletConfiguration/Kubelet/ wrong-kind.yaml
             sed 's|https://192.168.5.30:6443|https://:6443|' worker-1.kubeconfig > no-host.kubeconfig
             printf '[Unit]\\nDescription=x\\n' > nothing.service; mkdir directory")
        .succeeds();
    let refused = |line: &str, error: &str, hint: &str| {
        let error = format!("khw-install: error: {error}\nkhw-install: hint: {hint}\n");
        sandbox.sh(&format!("khw-install {line} --node worker-1 --root root")).refused(&error);
    };
    refused(
        "ca worker-1.crt",
        "worker-1.crt: is not the certificate of a CA",
        "the API server's clients are verified with it: take the ca.crt that signed them",
    );
    refused(
        "kubelet-cert worker-2.crt",
        "worker-2.crt: CN: is for 'system:node:worker-2', not for system:node:worker-1",
        "make it with `khw-cert node worker-1 ADDRESS`, or say --node when this is another node",
    );
    refused(
        "kubelet-cert kube-proxy.crt",
        "kube-proxy.crt: CN: is for 'system:kube-proxy', not for system:node:worker-1",
        "make it with `khw-cert node worker-1 ADDRESS`, or say --node when this is another node",
    );
    refused(
        "kubelet-key worker-2.key --certificate worker-1.crt",
        "worker-2.key: does not belong to the node's certificate",
        "take the key that was made together with it",
    );
    refused(
        "kubelet-key - < worker-1.key",
        "standard input: there is no certificate to compare this key with",
        "place the certificate first with `khw-install kubelet-cert`, or name it with --certificate",
    );
    refused(
        "kube-proxy-kubeconfig worker-1.kubeconfig",
        "worker-1.kubeconfig: is the kubelet's: its certificate is for 'system:node:worker-1'",
        "take kube-proxy.kubeconfig; its certificate is made with `khw-cert client kube-proxy`",
    );
    refused(
        "kubelet-kubeconfig kube-proxy.kubeconfig",
        "kube-proxy.kubeconfig: its certificate is for 'system:kube-proxy', not for system:node:worker-1",
        "take the kubeconfig of worker-1, or say --node when this is another node",
    );
    refused(
        "kube-proxy-unit nothing.service",
        "nothing.service: ExecStart: there is none, so nothing would be started",
        "make the unit with `khw-unit kube-proxy`",
    );
    refused("ca directory", "directory: is a directory, not a file", "name the file inside it");
    for line in [
        "kubelet-config wrong-kind.yaml",
        "kubelet-config kube-proxy-config.yaml",
        "kubelet-kubeconfig no-host.kubeconfig",
        "kubelet-kubeconfig ca.crt",
        "kubelet-config /dev/null",
        "kubelet-cert worker-1.key",
        "kubelet-key worker-1.crt",
        "kubelet-unit ca.crt",
    ] {
        let ran = sandbox.sh(&format!("khw-install {line} --node worker-1 --root root"));
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{line}\n{}", ran.stderr);
        assert!(ran.stderr.contains("khw-install: hint: "), "{line}\n{}", ran.stderr);
    }
    assert_eq!(sandbox.sh("ls root").ok(), "", "nothing was placed");
}

#[test]
fn refuses_programs_that_cannot_run() {
    let sandbox = Sandbox::new();
    sandbox.sh("mkdir root; cp $(readlink -f $(type -P true)) kubelet; echo '<html>' > kubectl").ok();
    let (host, other) = if cfg!(target_arch = "aarch64") { ("arm64", "amd64") } else { ("amd64", "arm64") };
    sandbox.sh(&format!("khw-install binaries kubelet --arch {other} --root root")).refused(&format!(
        "khw-install: error: kubelet: is a program for {host}, not for {other}\n\
         khw-install: hint: take the download for {other}, or say --arch when the worker is another machine\n"
    ));
    sandbox.sh("khw-install binaries kubelet kubectl --root root").refused(
        "khw-install: error: kubectl: is a page of HTML or XML, not a program\n\
         khw-install: hint: download it again, and compare its checksum\n",
    );
    assert_eq!(sandbox.sh("ls root").ok(), "");
    assert_eq!(sandbox.sh("khw-install binaries kubelet --root root").ok(), "placed 0755 root/usr/local/bin/kubelet\n");
    assert_eq!(sandbox.sh("khw-install binaries --arch sparc kubelet").status, 2);
}

#[test]
fn nothing_leads_out_of_the_root() {
    for link in ["/outside", "../../../outside", "../../../../../../outside"] {
        let sandbox = made();
        sandbox.sh("mkdir outside root/var root/var/lib").ok();
        let target = match link {
            "/outside" => sandbox.path("outside"),
            relative => relative.into(),
        };
        symlink(target, sandbox.path("root/var/lib/kubernetes")).unwrap();
        sandbox.sh("khw-install ca ca.crt --node worker-1 --root root").refused(
            "khw-install: error: root/var/lib/kubernetes: is a symbolic link that leaves --root or leads to nothing in it\n\
             khw-install: hint: remove the link, or make the directory that it means inside the tree\n",
        );
        assert_eq!(sandbox.sh("ls outside").ok(), "", "{link}");
    }
    // A link of the tree itself means what it means to the booted host.
    let sandbox = made();
    sandbox.sh("mkdir -p root/data root/var/lib; ln -s /data root/var/lib/kubernetes").ok();
    sandbox.sh("khw-install ca ca.crt --node worker-1 --root root").ok();
    assert!(sandbox.has("root/data/ca.crt"));
    // A link in the place of the file is replaced, not followed.
    sandbox.sh("rm root/data/ca.crt; touch victim; ln -s \"$PWD/victim\" root/data/ca.crt").ok();
    sandbox.sh("khw-install ca ca.crt --node worker-1 --root root").ok();
    assert_eq!((sandbox.read("victim"), sandbox.read("root/data/ca.crt")), (String::new(), sandbox.read("ca.crt")));
}

#[test]
fn a_masked_unit_stays_masked() {
    let sandbox = made();
    sandbox.sh("mkdir -p root/etc/systemd/system; ln -s /dev/null root/etc/systemd/system/kubelet.service").ok();
    sandbox.sh("khw-install kubelet-unit kubelet.service --node worker-1 --root root").refused(
        "khw-install: error: root/etc/systemd/system/kubelet.service: the unit is masked\n\
         khw-install: hint: run `systemctl unmask kubelet.service` first\n",
    );
}

#[test]
fn verify_is_silent_on_a_good_worker() {
    let sandbox = placed();
    assert_eq!(sandbox.sh(VERIFY).ok(), "");
    let json = sandbox.sh(&format!("{VERIFY} --format json")).ok();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json, serde_json::json!({"schemaVersion": 1, "findings": []}));
}

#[test]
fn verify_names_a_program_that_is_not_there() {
    let sandbox = placed();
    let ran = sandbox.sh("khw-install verify --node worker-1 --root root");
    assert_eq!(ran.status, 1);
    assert!(
        ran.stdout.contains("error: ExecStart: the program /usr/local/bin/kubelet is not there [binary-missing]\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn verify_warns_of_the_tutorials_cluster_cidr() {
    let sandbox = placed();
    sandbox
        .sh("khw-proxy-conf --cluster-cidr 192.168.5.0/24 | khw-install kube-proxy-config - --node worker-1 --root root")
        .ok();
    let warning = sandbox.sh(VERIFY).ok();
    assert!(
        warning.contains(
            "warning: clusterCIDR: 192.168.5.0/24 contains the node's own address 192.168.5.21 [cluster-cidr-is-node-network]\n"
        ),
        "{warning}"
    );
    assert_eq!(sandbox.sh(&format!("{VERIFY} --strict")).status, 1);
}

/// Each line makes exactly one disagreement in a good worker; `verify` must name it, and nothing else.
#[test]
fn verify_names_each_disagreement() {
    let good = placed();
    good.sh(
        "mkdir other; khw-cert ca -d other --key-type ecdsa:p256
         khw-cert node worker-1 192.168.5.21 --ca other/ca.crt --ca-key other/ca.key -d other --key-type ecdsa:p256
         khw-cert node worker-2 192.168.5.22 --key-type ecdsa:p256
         openssl req -new -key worker-1.key -subj /CN=system:node:worker-1/O=system:nodes -out w.csr
         sign() { openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days $1 -extfile <(echo \"$2\") -out $3 2>&1; }
         sign 300 'subjectAltName=DNS:other,IP:192.168.5.21' san.crt
         sign 300 'subjectAltName=DNS:worker-1' no-address.crt
         sign 300 $'subjectAltName=DNS:worker-1,IP:192.168.5.21\\nextendedKeyUsage=clientAuth' client.crt
         sign 3 'subjectAltName=DNS:worker-1,IP:192.168.5.21' soon.crt
         openssl req -new -key worker-1.key -subj /CN=system:node:worker-1 -out w.csr
         sign 300 'subjectAltName=DNS:worker-1,IP:192.168.5.21' no-group.crt
         new() { khw-kubeconfig new --server $1 --certificate-authority $2 --client-certificate $3.crt --client-key $3.key; }
         new https://192.168.5.30:6443 other/ca.crt worker-1 > other-ca.kubeconfig
         new https://192.168.5.30:6443 ca.crt worker-2 > worker-2.kubeconfig
         new https://192.168.5.99:6443 ca.crt kube-proxy > elsewhere.kubeconfig
         new https://192.168.5.30:6443 ca.crt other/worker-1 > other-signer.kubeconfig",
    )
    .succeeds();
    let var = "root/var/lib";
    for (change, names) in [
        (
            format!("cp worker-2.crt {var}/kubelet/worker-1.crt; cp worker-2.key {var}/kubelet/worker-1.key"),
            &["node-name-mismatch", "certificate-san"][..],
        ),
        (format!("cp san.crt {var}/kubelet/worker-1.crt"), &["certificate-san"]),
        (format!("cp no-address.crt {var}/kubelet/worker-1.crt"), &["certificate-san-address"]),
        (format!("cp client.crt {var}/kubelet/worker-1.crt"), &["certificate-usage"]),
        (format!("cp no-group.crt {var}/kubelet/worker-1.crt"), &["certificate-organization"]),
        (format!("cp soon.crt {var}/kubelet/worker-1.crt"), &["certificate-expires-soon"]),
        (format!("cp other/worker-1.crt other/worker-1.key {var}/kubelet/"), &["certificate-untrusted"]),
        (format!("cp worker-2.key {var}/kubelet/worker-1.key"), &["key-mismatch"]),
        (format!("cp worker-1.crt {var}/kubernetes/ca.crt"), &["ca-not-ca"]),
        (format!("cp other-ca.kubeconfig {var}/kubelet/kubeconfig"), &["ca-differs"]),
        (format!("cp worker-2.kubeconfig {var}/kubelet/kubeconfig"), &["kubeconfig-user"]),
        (format!("cp other-signer.kubeconfig {var}/kubelet/kubeconfig"), &["certificate-untrusted"]),
        (format!("cp worker-1.kubeconfig {var}/kube-proxy/kubeconfig"), &["kubeconfig-swapped"]),
        (format!("cp elsewhere.kubeconfig {var}/kube-proxy/kubeconfig"), &["server-differs"]),
        (
            format!("sed -i 's|https://192.168.5.30:6443|https://:6443|' {var}/kubelet/kubeconfig"),
            &["kubeconfig-server"],
        ),
        (
            format!("sed -i 's|https://192.168.5.30:6443|https://${{LB}}:6443|' {var}/kubelet/kubeconfig"),
            &["kubeconfig-server"],
        ),
        (
            format!("sed -i 's|current-context: .*|current-context: nowhere|' {var}/kubelet/kubeconfig"),
            &["kubeconfig-unresolved"],
        ),
        (format!("echo hello > {var}/kubelet/kubeconfig"), &["file-invalid"]),
        (format!("rm {var}/kubelet/kubeconfig"), &["path-missing"]),
        (format!("rm {var}/kubelet/worker-1.key"), &["path-missing"]),
        (format!("rm {var}/kubelet/worker-1.crt"), &["path-missing"]),
        (format!("rm {var}/kubernetes/ca.crt"), &["path-missing"]),
        (format!("rm {var}/kubelet/kubelet-config.yaml"), &["path-missing"]),
        (format!("rm {var}/kube-proxy/kubeconfig"), &["path-missing"]),
        (format!("rm {var}/kube-proxy/kube-proxy-config.yaml"), &["path-missing"]),
        ("rm root/etc/systemd/system/kubelet.service".to_owned(), &["file-missing"]),
        ("ln -sf /dev/null root/etc/systemd/system/kube-proxy.service".to_owned(), &["unit-masked"]),
        (format!("chmod 644 {var}/kubelet/worker-1.key"), &["mode-too-wide"]),
        (format!("chmod 640 {var}/kubelet/kubeconfig"), &["mode-too-wide"]),
        (format!("chmod 666 {var}/kubelet/kubelet-config.yaml"), &["mode-too-wide"]),
        (format!("sed -i '/clientCAFile/d' {var}/kubelet/kubelet-config.yaml"), &["client-ca-unset"]),
        (format!("head -3 worker-1.crt > {var}/kubelet/worker-1.crt"), &["file-invalid"]),
    ] {
        let sandbox = Sandbox::new();
        good.sh(&format!("cp -a . {}", sandbox.path(".").display())).ok();
        sandbox.sh(&change).ok();
        let ran = sandbox.sh(&format!("{VERIFY} --format json"));
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
        let found: Vec<_> =
            report["findings"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{change}\n{}", ran.stdout);
        let errors = report["findings"].as_array().unwrap().iter().any(|f| f["severity"] == "error");
        assert_eq!(ran.status, i32::from(errors), "{change}");
        for finding in report["findings"].as_array().unwrap() {
            assert!(finding["file"].is_string() && finding["fix"].is_string(), "{change}\n{finding}");
        }
    }
}

#[test]
fn verify_checks_flags_against_a_version_when_told_to() {
    let sandbox = placed();
    assert_eq!(sandbox.sh(&format!("{VERIFY} --kubernetes-version 1.20")).ok(), "");
    let ran = sandbox.sh(&format!("{VERIFY} --kubernetes-version 1.27"));
    assert_eq!(ran.status, 1);
    assert!(ran.stdout.contains("--network-plugin"), "{}", ran.stdout);
}

#[test]
fn verify_knows_its_names() {
    let ran = placed().sh("khw-install verify --node worker-1 --root root --ignore no-such-finding");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.starts_with("khw-install: error: there is no finding named 'no-such-finding'\n"),
        "{}",
        ran.stderr
    );
}
