//! khw-install verify: each disagreement that it knows, made alone in a good worker, is named, and nothing else is.

use crate::worker::{self, WORDS};
use harness::{Reference, Sandbox, reference};
use serde_json::Value;

/// Runs `verify` with further arguments and gives its findings.
fn findings(sandbox: &Sandbox, arguments: &str) -> Vec<Value> {
    let ran = sandbox.sh(&format!("khw-install verify --root root --format json {arguments}"));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}\n{}", ran.stderr));
    let findings = report["findings"].as_array().expect("findings").clone();
    let errors = findings.iter().any(|f| f["severity"] == "error");
    assert_eq!((ran.status, ran.stderr.as_str()), (i32::from(errors), ""), "{}", ran.stdout);
    findings
}

fn names(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|f| f["name"].as_str().unwrap()).collect()
}

/// Each pair is a change to a good worker and the names of all findings after it.
#[track_caller]
fn each(good: &Sandbox, arguments: &str, faults: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (change, expected) in faults {
        let sandbox = worker::copy(good);
        sandbox.sh(&format!("{WORDS}{change}")).ok();
        let found = findings(&sandbox, arguments);
        if names(&found) != *expected {
            wrong.push(format!("{change}\n  expected {expected:?}\n  found {:?}\n{found:#?}", names(&found)));
        }
        for finding in &found {
            assert!(finding["file"].is_string(), "{change}: no file\n{finding:#}");
            assert!(finding["fix"].is_string(), "{change}: no fix\n{finding:#}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn nothing_is_wrong_with_a_good_worker() {
    let good = worker::good();
    assert_eq!(names(&findings(&good, "")), [""; 0]);
    assert_eq!(names(&findings(&good, "--node worker-1 --kubernetes-version 1.32")), [""; 0]);
}

#[test]
fn names_what_is_wrong_with_units_and_drop_ins() {
    each(
        &worker::good(),
        "",
        &[
            ("rm $U/kubelet.service", &["file-missing"]),
            ("mv $U/kubelet.service root/usr/lib/systemd/system/", &[]),
            // What systemd puts in.
            (
                "sed -i 's|^ExecStart=|Environment=DIR=/var/lib\\n&|; s|--config=/var/lib|--config=${DIR}|; s|--v=2|& --hostname-override=%H|' $U/kubelet.service",
                &[],
            ),
            (
                "sed -i 's|^ExecStart=|EnvironmentFile=-/etc/default/kubelet\\n&|; s|--v=2|& $KUBELET_EXTRA_ARGS|' $U/kubelet.service
                 mkdir -p root/etc/default; echo 'KUBELET_EXTRA_ARGS=\"--hostname-override=worker-9 --v=3\"' > root/etc/default/kubelet",
                &["node-name-mismatch", "certificate-san", "kubeconfig-user", "kube-proxy-hostname-differs"],
            ),
            ("rm $U/kubelet.service; mkdir $U/kubelet.service", &["file-invalid"]),
            ("ln -sf /dev/null $U/kube-proxy.service", &["unit-masked"]),
            ("rm -r $U/kube-proxy.service $P", &["kube-proxy-missing"]),
            ("sed -i '/ExecStart/,/--v=2/d' $U/kubelet.service", &["file-invalid"]),
            ("sed -i 's|/usr/local/bin/kubelet|/usr/local/bin/kube-proxy|' $U/kubelet.service", &["unit-program"]),
            ("sed -i 's|^Restart=.*|&\\nUser=kubelet|' $U/kubelet.service", &["unit-user"]),
            ("sed -i 's|^Restart=.*|&\\nType=forking|' $U/kubelet.service", &["unit-type"]),
            ("sed -i 's|^Restart=.*|&\\nType=notify|' $U/kube-proxy.service", &["unit-type"]),
            ("sed -i 's|^Restart=.*|Restart=no|' $U/kube-proxy.service", &["unit-no-restart"]),
            ("sed -i '/WantedBy/d' $U/kubelet.service", &["unit-not-installable"]),
            ("sed -i 's|^Restart=.*|&\\nEnvironmentFile=/etc/kubelet.env|' $U/kubelet.service", &["environment-file-missing"]),
            ("sed -i 's|^Restart=.*|&\\nEnvironmentFile=-/etc/kubelet.env|' $U/kubelet.service", &[]),
            ("rm root/usr/lib/systemd/system/containerd.service", &["required-unit-missing"]),
            ("ln -s /dev/null root/etc/systemd/system/containerd.service", &["unit-masked"]),
            ("sed -i 's|RestartSec|RestartSecs|' $U/kubelet.service", &["unknown-directive"]),
            ("sed -i 's|^  --kubeconfig=.*kubeconfig .*|  --kubeconfig=/var/lib/kubelet/kubeconfig|' $U/kubelet.service", &["lost-backslash"]),
            ("flag --node-labels=\\${NOWHERE}", &["undefined-variable"]),
            // A drop-in of an earlier kubeadm wins over the unit.
            (
                "mkdir $U/kubelet.service.d
                 printf '[Service]\\nEnvironment=A=1\\n' > $U/kubelet.service.d/10-kubeadm.conf",
                &["drop-in-overrides"],
            ),
            (
                "mkdir -p root/usr/lib/systemd/system/kubelet.service.d
                 printf '[Service]\\nExecStart=\\nExecStart=/usr/local/bin/kubelet --config=/etc/none.yaml --kubeconfig=/var/lib/kubelet/kubeconfig\\n' \
                     > root/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
                &["drop-in-overrides", "path-missing"],
            ),
            ("mkdir $U/kubelet.service.d; echo '[Service' > $U/kubelet.service.d/a.conf", &["file-invalid"]),
            (
                "mkdir $U/kubelet.service.d; printf '[Service]\\nRestartSec=9\\n' > $U/kubelet.service.d/a.conf
                 mkdir $U/kube-proxy.service.d; ln -s /dev/null $U/kube-proxy.service.d/b.conf",
                &[],
            ),
        ],
    );
}

#[test]
fn names_what_is_wrong_with_programs_and_versions() {
    each(
        &worker::good(),
        "",
        &[
            ("rm $B/kubelet", &["binary-missing"]),
            ("chmod 644 $B/kubelet", &["binary-mode"]),
            ("chmod 777 $B/kube-proxy", &["binary-mode"]),
            ("echo '<html>404</html>' > $B/kubelet", &["binary-invalid"]),
            ("mkdir root/bin; cp program-v1.32.4 root/bin/sh; cp program-arm64 $B/kubelet", &["binary-machine"]),
            (
                "mkdir root/bin; cp program-v1.32.4 root/bin/sh; cp program-dynamic $B/kubelet",
                &["binary-loader-missing"],
            ),
            ("cp program-v1.25.3 $B/kube-proxy", &["version-skew"]),
            // The version of the placed program decides what the flags are held against.
            ("flag --container-runtime=remote", &["removed-flag"]),
            ("flag --network-plugin=cni", &["removed-flag"]),
            ("flag --register-nodes=true", &["unknown-flag"]),
            ("field 'dynamicConfigDir: /tmp'", &["unknown-field"]),
            ("field 'logging: {sanitization: true}'", &["field-removed"]),
            ("field 'featureGates: {nodeSwap: true}'", &["unknown-gate"]),
            ("cp program-v1.20.2 $B/kubelet; cp program-v1.20.2 $B/kube-proxy", &["field-not-yet"]),
        ],
    );
    let good = worker::good();
    assert_eq!(names(&findings(&good, "--kubernetes-version 1.31")), ["binary-version", "binary-version"]);
}

#[test]
fn names_what_is_wrong_with_fields_and_flags() {
    each(
        &worker::good(),
        "",
        &[
            ("rm $KC", &["path-missing"]),
            ("rm $PC", &["path-missing"]),
            ("echo 'a: [' > $KC", &["file-invalid"]),
            ("sed -i '/--config/d' $U/kubelet.service", &["config-unset"]),
            ("sed -i 's|--config=/var/lib/kubelet|--config=var/lib/kubelet|' $U/kubelet.service", &["path-relative"]),
            ("sed -i 's/resolvConf/ResolverConfig/' $KC", &["unknown-field"]),
            ("sed -i 's/KubeletConfiguration/KubeProxyConfiguration/' $KC", &["wrong-kind"]),
            ("field 'maxPods: \"110\"'", &["wrong-type"]),
            ("sed -i 's/enabled: false/enabled: true/' $KC", &["anonymous-auth"]),
            ("sed -i 's/mode: Webhook/mode: AlwaysAllow/' $KC", &["always-allow"]),
            ("field 'readOnlyPort: 10255'", &["read-only-port"]),
            ("flag --cluster-dns=10.32.0.10", &["flag-differs-from-field"]),
            ("field 'registerNode: false'", &["register-node-off"]),
            ("flag --register-node=false", &["register-node-off"]),
            ("field 'enableServer: false'", &["kubelet-server-off"]),
            ("field 'staticPodPath: /etc/kubernetes/manifests'", &["static-pod-path-missing"]),
            ("field 'healthzPort: 10250'", &["port-conflict"]),
            ("echo 'healthzBindAddress: 0.0.0.0:10250' >> $PC", &["port-conflict"]),
            ("echo 'metricsBindAddress: 0.0.0.0:10256' >> $PC", &["port-conflict"]),
            ("sed -i 's/10.96.0.10/10.244.0.10/' $KC", &["cluster-dns-in-pod-network"]),
            ("field 'podCIDR: 10.200.1.0/24'", &["pod-cidr-outside-cluster"]),
            ("sed -i 's|10.244.0.0/16|192.168.5.0/24|' $PC", &["cluster-cidr-is-node-network"]),
            ("sed -i 's|10.244.0.0/16|192.168.5.24/29|' $PC", &["cluster-cidr-has-server"]),
            ("rm root/etc/resolv.conf", &["path-missing"]),
            ("echo 'nameserver 127.0.0.53' > root/etc/resolv.conf", &["resolv-conf-loopback"]),
            ("echo 'nameserver ::1' > root/etc/resolv.conf", &["resolv-conf-loopback"]),
            ("echo 'search example.org' > root/etc/resolv.conf", &["resolv-conf-empty"]),
        ],
    );
}

#[test]
fn names_what_is_wrong_with_names_and_addresses() {
    let good = worker::good();
    good.sh(&format!(
        "{WORDS}
         khw-cert node worker-2 192.168.5.22 --key-type ecdsa:p256
         new https://192.168.5.30:6443 ca.crt worker-2 > worker-2.kubeconfig"
    ))
    .succeeds();
    each(
        &good,
        "",
        &[
            ("echo worker-2 > root/etc/hostname", &["node-name-mismatch", "certificate-san", "kubeconfig-user"]),
            (
                "flag --hostname-override=worker-2",
                &["node-name-mismatch", "certificate-san", "kubeconfig-user", "kube-proxy-hostname-differs"],
            ),
            (
                "flag --hostname-override=worker-1; proxy_flag --hostname-override=worker-2",
                &["kube-proxy-hostname-differs"],
            ),
            ("echo 'hostnameOverride: worker-2' >> $PC", &["kube-proxy-hostname-differs"]),
            // Its host's name, which it takes anyway.
            ("echo 'hostnameOverride: worker-1' >> $PC", &[]),
            ("echo 'hostnameOverride: worker-1' >> $PC; flag --hostname-override=worker-1", &[]),
            (
                "flag --hostname-override=worker_1; proxy_flag --hostname-override=worker_1",
                &["hostname-override-invalid"],
            ),
            (
                "sed -i 's/--node-ip=.*/--node-ip=192.168.5.22 \\\\/' $U/kubelet.service",
                &["node-ip-not-in-certificate"],
            ),
            ("sed -i 's/--node-ip=.*/--node-ip=127.0.0.1 \\\\/' $U/kubelet.service", &["node-ip-invalid"]),
            ("sed -i 's/--node-ip=.*/--node-ip=worker-1 \\\\/' $U/kubelet.service", &["node-ip-invalid"]),
            ("sed -i 's/--node-ip=.*/--node-ip=fe80::1 \\\\/' $U/kubelet.service", &["node-ip-invalid"]),
            (
                "sed -i 's/--node-ip=.*/--node-ip=10.0.2.15 \\\\/' $U/kubelet.service",
                &["node-ip-nat", "node-ip-not-in-certificate"],
            ),
            ("cp worker-2.kubeconfig $K/kubeconfig", &["kubeconfig-user"]),
            (
                "cp worker-2.crt $K/worker-1.crt; cp worker-2.key $K/worker-1.key",
                &["node-name-mismatch", "certificate-san", "node-ip-not-in-certificate"],
            ),
        ],
    );
    each(
        &good,
        "--node worker-1",
        &[
            ("echo worker-2 > root/etc/hostname", &["hostname-differs"]),
            (
                "flag --hostname-override=worker-2; proxy_flag --hostname-override=worker-2",
                &["hostname-override-differs"],
            ),
        ],
    );
}

#[test]
fn names_what_is_wrong_with_certificates_and_keys() {
    let good = worker::good();
    good.sh(&format!(
        "{WORDS}
         mkdir other; khw-cert ca -d other --key-type ecdsa:p256
         khw-cert node worker-1 192.168.5.21 --ca other/ca.crt --ca-key other/ca.key -d other --key-type ecdsa:p256
         subject=/CN=system:node:worker-1/O=system:nodes
         sans='subjectAltName=DNS:worker-1,IP:192.168.5.21'
         sign() {{ openssl req -new -key worker-1.key -subj $1 -out w.csr
                  openssl x509 -req -in w.csr -CA ca.crt -CAkey ca.key -days $2 -extfile <(echo \"$3\") -out $4.crt 2>&1; }}
         sign $subject 300 'subjectAltName=DNS:other,IP:192.168.5.21' san
         sign $subject 300 'subjectAltName=DNS:worker-1' no-address
         sign $subject 300 \"$sans\"$'\\nextendedKeyUsage=clientAuth' client
         sign $subject 300 \"$sans\"$'\\nextendedKeyUsage=serverAuth' server
         sign $subject 3 \"$sans\" soon
         sign $subject 99999 \"$sans\" long
         sign $subject -1 \"$sans\" expired
         sign /CN=system:node:worker-1 300 \"$sans\" no-group
         sign /CN=system:node:Worker-1/O=system:nodes 300 \"$sans\" upper
         sign /CN=system:node:worker-1/O=system:nodes/O=system:masters 300 \"$sans\" masters
         openssl req -new -key worker-1.key -subj $subject -out w.csr
         faketime() {{ :; }}
         openssl x509 -req -sha1 -in w.csr -CA ca.crt -CAkey ca.key -days 300 -extfile <(echo \"$sans\") -out sha1.crt 2>&1
         openssl genrsa -out weak.key 1024 2>&1; openssl req -new -key weak.key -subj $subject -out weak.csr
         openssl x509 -req -in weak.csr -CA ca.crt -CAkey ca.key -days 300 -extfile <(echo \"$sans\") -out weak.crt 2>&1
         for c in server expired no-group upper masters; do cp worker-1.key $c.key
             khw-kubeconfig new --no-verify --server https://192.168.5.30:6443 --certificate-authority ca.crt \
                 --client-certificate $c.crt --client-key $c.key > $c.kubeconfig; done
         new https://192.168.5.30:6443 other/ca.crt kube-proxy > other-ca.kubeconfig
         new https://192.168.5.30:6443 ca.crt other/worker-1 > other-signer.kubeconfig"
    ))
    .succeeds();
    each(
        &good,
        "",
        &[
            ("cp san.crt $K/worker-1.crt", &["certificate-san"]),
            ("cp no-address.crt $K/worker-1.crt", &["certificate-san-address"]),
            ("cp client.crt $K/worker-1.crt", &["certificate-usage"]),
            ("cp soon.crt $K/worker-1.crt", &["certificate-expires-soon"]),
            ("cp expired.crt $K/worker-1.crt", &["certificate-expired"]),
            ("cp long.crt $K/worker-1.crt", &["certificate-outlives-ca"]),
            ("cp sha1.crt $K/worker-1.crt", &["weak-signature"]),
            ("cp weak.crt $K/worker-1.crt; cp weak.key $K/worker-1.key", &["file-invalid", "weak-key"]),
            ("cp no-group.crt $K/worker-1.crt", &["certificate-organization"]),
            ("cp upper.crt $K/worker-1.crt", &["node-name-mismatch"]),
            ("cp other/worker-1.crt other/worker-1.key $K/", &["certificate-untrusted"]),
            ("cp kube-proxy.key $K/worker-1.key", &["key-mismatch"]),
            ("cp worker-1.crt root/var/lib/kubernetes/ca.crt", &["ca-not-ca"]),
            ("cp ca.key root/var/lib/kubernetes/ca.key", &["ca-key-on-worker"]),
            // A CA of the same name, with another key.
            (
                "cp other/ca.crt root/var/lib/kubernetes/ca.crt",
                &[
                    "certificate-untrusted",
                    "ca-differs",
                    "certificate-untrusted",
                    "ca-differs",
                    "certificate-untrusted",
                ],
            ),
            ("rm root/var/lib/kubernetes/ca.crt", &["path-missing"]),
            ("rm $K/worker-1.crt", &["path-missing"]),
            ("rm $K/worker-1.key", &["path-missing"]),
            ("head -3 worker-1.crt > $K/worker-1.crt", &["file-invalid"]),
            ("cp worker-1.crt $K/worker-1.key", &["file-invalid"]),
            ("sed -i '/clientCAFile/d' $KC", &["client-ca-unset"]),
            ("sed -i '/--tls/d' $U/kubelet.service; sed -i '/^tls/d' $KC", &["serving-certificate-unset"]),
            ("field 'serverTLSBootstrap: true'", &["serving-certificate-unused"]),
            ("sed -i '/--tls/d' $U/kubelet.service; sed -i '/^tls/d' $KC; field 'serverTLSBootstrap: true'", &[]),
            ("sed -i '/--tls/d' $U/kubelet.service; sed -i '/^tlsPrivate/d' $KC", &["tls-pair-incomplete"]),
            ("cp other-ca.kubeconfig $P/kubeconfig", &["ca-differs"]),
            ("cp other-signer.kubeconfig $K/kubeconfig", &["certificate-untrusted"]),
            ("cp expired.kubeconfig $K/kubeconfig", &["certificate-expired"]),
            ("cp server.kubeconfig $K/kubeconfig", &["certificate-usage"]),
            ("cp no-group.kubeconfig $K/kubeconfig", &["certificate-organization"]),
            ("cp upper.kubeconfig $K/kubeconfig", &["kubeconfig-user"]),
            ("cp masters.kubeconfig $K/kubeconfig", &["kubeconfig-masters"]),
        ],
    );
}

#[test]
fn names_what_is_wrong_with_kubeconfigs() {
    let good = worker::good();
    good.sh(&format!(
        "{WORDS}
         openssl req -new -key kube-proxy.key -subj /CN=proxy -out p.csr
         openssl x509 -req -in p.csr -CA ca.crt -CAkey ca.key -days 300 -out proxy.crt 2>&1; cp kube-proxy.key proxy.key
         new https://192.168.5.30:6443 ca.crt proxy > proxy.kubeconfig
         new https://192.168.5.99:6443 ca.crt kube-proxy > elsewhere.kubeconfig"
    ))
    .succeeds();
    each(
        &good,
        "",
        &[
            ("rm $K/kubeconfig", &["path-missing"]),
            ("rm $P/kubeconfig", &["path-missing"]),
            ("rm $K/kubeconfig; mkdir $K/kubeconfig", &["file-invalid"]),
            ("echo hello > $K/kubeconfig", &["file-invalid"]),
            ("sed -i '/--kubeconfig/d' $U/kubelet.service", &["kubeconfig-unset"]),
            ("sed -i '/kubeconfig:/d; s/clientConnection:/clientConnection: {qps: 5}/' $PC", &["kubeconfig-unset"]),
            ("cp $K/kubeconfig $P/kubeconfig", &["kubeconfig-swapped"]),
            ("cp $P/kubeconfig $K/kubeconfig", &["kubeconfig-swapped"]),
            ("sed -i 's|current-context: .*|current-context: nowhere|' $K/kubeconfig", &["kubeconfig-unresolved"]),
            ("sed -i 's|https://192.168.5.30:6443|https://:6443|' $K/kubeconfig", &["kubeconfig-server"]),
            (
                "sed -i 's|https://192.168.5.30:6443|https://${LOADBALANCER}:6443|' $K/kubeconfig",
                &["kubeconfig-server"],
            ),
            (
                "sed -i 's|https://192.168.5.30:6443|http://192.168.5.30:6443|' $K/kubeconfig $P/kubeconfig",
                &["server-not-https", "server-not-https"],
            ),
            (
                "sed -i 's|https://192.168.5.30:6443|https://127.0.0.1:6443|' $K/kubeconfig $P/kubeconfig",
                &["server-loopback", "server-loopback"],
            ),
            ("cp elsewhere.kubeconfig $P/kubeconfig", &["server-differs"]),
            ("cp proxy.kubeconfig $P/kubeconfig", &["kube-proxy-user"]),
            (
                "sed -i 's|^\\( *\\)server:.*|&\\n\\1insecure-skip-tls-verify: true|' $K/kubeconfig",
                &["server-not-verified"],
            ),
            ("sed -i '/certificate-authority-data/d' $K/kubeconfig", &["kubeconfig-ca-unset"]),
            ("sed -i '/client-key-data/d' $K/kubeconfig", &["kubeconfig-pair-incomplete"]),
            ("sed -i '/client-certificate-data/d' $K/kubeconfig", &["kubeconfig-pair-incomplete"]),
            ("sed -i '/client-/d; s/^\\( *\\)user:$/\\1user: {}/' $K/kubeconfig", &["kubeconfig-no-credentials"]),
            ("sed -i 's/system:node:worker-1/system:node:worker-9/' $K/kubeconfig", &["kubeconfig-user-name"]),
            (
                "khw-kubeconfig set-credentials system:node:worker-1 --no-verify --client-key=kube-proxy.key --embed-certs=true --kubeconfig=$K/kubeconfig >/dev/null",
                &["key-mismatch"],
            ),
            (
                "sed -i 's|client-certificate-data:.*|client-certificate: gone.crt|; s|client-key-data:.*|client-key: gone.key|' $K/kubeconfig",
                &["path-missing", "path-missing"],
            ),
            ("flag --bootstrap-kubeconfig=/var/lib/kubelet/bootstrap; rm $K/kubeconfig", &["path-missing"]),
        ],
    );
}

#[test]
fn names_what_is_wrong_with_the_container_runtime() {
    each(
        &worker::good(),
        "",
        &[
            (
                "sed -i 's/containerd.service/docker.service/' $U/kubelet.service; touch root/usr/lib/systemd/system/docker.service",
                &["runtime-docker-gone"],
            ),
            ("sed -i 's|/run/containerd/containerd.sock|/run/crio/crio.sock|' $KC", &["runtime-differs"]),
            (
                "cp program-v1.25.3 $B/kubelet; cp program-v1.25.3 $B/kube-proxy; sed -i '/containerRuntimeEndpoint/d' $KC",
                &["runtime-endpoint-unset"],
            ),
            (
                "sed -i 's|unix:///run/containerd|unix://run/containerd|' $KC",
                &["runtime-endpoint-invalid", "runtime-socket-differs"],
            ),
            ("sed -i 's|address = .*|address = \"/run/k3s/containerd.sock\"|' $CT", &["runtime-socket-differs"]),
            ("sed -i 's|/run/containerd|/var/run/containerd|' $KC", &[]),
            ("sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' $CT", &["cgroup-driver-differs"]),
            ("sed -i '/SystemdCgroup/d' $CT", &["cgroup-driver-differs"]),
            ("sed -i '/cgroupDriver/d' $KC", &["cgroup-driver-differs"]),
            // containerd 2 tells the kubelet from 1.31 on.
            (
                "sed -i '/cgroupDriver/d' $KC; sed -i 's/version = 2/version = 3/; s/io.containerd.grpc.v1.cri/io.containerd.cri.v1.runtime/' $CT",
                &[],
            ),
            ("echo 'disabled_plugins = [\"cri\"]' > $CT", &["containerd-cri-disabled"]),
            // What an imported file says wins over what imports it.
            (
                "mkdir root/etc/containerd/conf.d; cp $CT root/etc/containerd/conf.d/50-cgroup.toml
                 sed -i '/SystemdCgroup/d; 1i imports = [\"conf.d/*.toml\"]' $CT",
                &[],
            ),
            (
                "mkdir root/etc/containerd/conf.d; echo 'disabled_plugins = [\"cri\"]' > root/etc/containerd/conf.d/cri.toml
                 sed -i '1i imports = [\"/etc/containerd/conf.d/cri.toml\"]' $CT",
                &["containerd-cri-disabled"],
            ),
            (
                "mkdir root/etc/containerd/conf.d; echo 'version = ' > root/etc/containerd/conf.d/a.toml
                 sed -i '1i imports = [\"/etc/containerd/conf.d/*\"]' $CT",
                &["containerd-invalid"],
            ),
            ("echo 'version = ' > $CT", &["containerd-invalid"]),
            ("sed -i 's|/opt/cni/bin|/usr/lib/cni|' $CT", &["cni-directory-missing"]),
            ("rm $CT", &[]),
        ],
    );
    // The tutorial's docker.
    let good = worker::good();
    good.sh(&format!(
        "{WORDS} cp program-v1.20.2 $B/kubelet; cp program-v1.20.2 $B/kube-proxy; touch root/usr/lib/systemd/system/docker.service
         khw-kubelet-conf --kubernetes-version 1.20 --node worker-1 --resolv-conf /etc/resolv.conf > $KC
         khw-unit kubelet --node worker-1 --kubernetes-version 1.20 --node-ip 192.168.5.21 --runtime docker > $U/kubelet.service
         mkdir root/etc/docker; echo '{{\"exec-opts\": [\"native.cgroupdriver=cgroupfs\"]}}' > root/etc/docker/daemon.json"
    ))
    .succeeds();
    each(
        &good,
        "",
        &[
            ("true", &[]),
            (
                "echo '{\"exec-opts\": [\"native.cgroupdriver=systemd\"]}' > root/etc/docker/daemon.json",
                &["cgroup-driver-differs"],
            ),
            ("echo '{' > root/etc/docker/daemon.json", &["docker-invalid"]),
            ("sed -i 's/docker.service/containerd.service/' $U/kubelet.service", &["runtime-differs"]),
        ],
    );
}

#[test]
fn names_modes_and_owners() {
    each(
        &worker::good(),
        "",
        &[
            ("chmod 644 $K/worker-1.key", &["mode-too-wide"]),
            ("chmod 640 $K/kubeconfig", &["mode-too-wide"]),
            ("chmod 666 $KC", &["mode-too-wide"]),
            ("chmod 777 $K", &["directory-mode"]),
        ],
    );
    if nix::unistd::Uid::effective().is_root() {
        each(&worker::good(), "", &[("chown 1000:1000 $P/kubeconfig", &["owner-wrong"])]);
        // systemd-resolved writes it under its own user.
        each(&worker::good(), "", &[("chown 997:997 root/etc/resolv.conf", &[])]);
    }
}

#[test]
fn cis_follows_the_paths_that_the_unit_names() {
    let good = worker::good();
    good.sh(&format!(
        "{WORDS} khw-kubelet-conf --kubernetes-version 1.32 --node worker-1 --resolv-conf /etc/resolv.conf --cgroup-driver systemd --cis > $KC
         chmod 600 $U/*.service"
    ))
    .succeeds();
    each(
        &good,
        "--cis",
        &[
            ("true", &[]),
            ("chmod 644 $U/kubelet.service", &["cis-unit-mode"]),
            ("chmod 644 $KC", &["cis-configuration-mode"]),
            // A configuration elsewhere is found by the flag, not by a list.
            (
                "mkdir root/etc/kube; mv $KC root/etc/kube/k.yaml; chmod 604 root/etc/kube/k.yaml; sed -i 's|--config=[^ ]*|--config=/etc/kube/k.yaml|' $U/kubelet.service",
                &["cis-configuration-mode"],
            ),
            ("chmod 700 $K/kubeconfig", &["cis-kubeconfig-mode"]),
            ("chmod 700 $P/kubeconfig", &["cis-kube-proxy-kubeconfig-mode"]),
            ("chmod 755 root/var/lib/kubernetes/ca.crt", &["cis-ca-mode"]),
            ("sed -i '/^  anonymous:/,/enabled/d' $KC", &["cis-anonymous-auth"]),
            ("sed -i 's/mode: Webhook/mode: AlwaysAllow/' $KC", &["always-allow", "cis-authorization-mode"]),
            ("sed -i '/clientCAFile/d' $KC", &["client-ca-unset", "cis-client-ca"]),
            ("sed -i 's/readOnlyPort: 0/readOnlyPort: 10255/' $KC", &["read-only-port", "cis-read-only-port"]),
            (
                "sed -i 's/streamingConnectionIdleTimeout: .*/streamingConnectionIdleTimeout: 0s/' $KC",
                &["cis-streaming-timeout"],
            ),
            ("sed -i 's/makeIPTablesUtilChains: .*/makeIPTablesUtilChains: false/' $KC", &["cis-iptables-chains"]),
            ("flag --hostname-override=worker-1; proxy_flag --hostname-override=worker-1", &["cis-hostname-override"]),
            (
                "sed -i '/^tls[CP].*File/d' $KC; sed -i '/--tls/d' $U/kubelet.service",
                &["serving-certificate-unset", "cis-tls-pair"],
            ),
            ("sed -i 's/rotateCertificates: .*/rotateCertificates: false/' $KC", &["cis-rotate-certificates"]),
            ("field 'featureGates: {RotateKubeletServerCertificate: false}'", &["cis-rotate-server-gate"]),
            (
                "flag --tls-cipher-suites=TLS_RSA_WITH_AES_128_GCM_SHA256",
                &["flag-differs-from-field", "cis-cipher-suites"],
            ),
            ("sed -i '/podPidsLimit/d' $KC", &["cis-pod-pids-limit"]),
            ("sed -i '/seccompDefault/d' $KC", &["cis-seccomp-default"]),
            ("echo 'metricsBindAddress: 0.0.0.0:10249' >> $PC", &["cis-metrics-address"]),
        ],
    );
    if nix::unistd::Uid::effective().is_root() {
        for (path, name) in [
            ("$U/kubelet.service", "cis-unit-owner"),
            ("$KC", "cis-configuration-owner"),
            ("$K/kubeconfig", "cis-kubeconfig-owner"),
            ("$P/kubeconfig", "cis-kube-proxy-kubeconfig-owner"),
            ("root/var/lib/kubernetes/ca.crt", "cis-ca-owner"),
        ] {
            each(&good, "--cis", &[(&format!("chown 7:7 {path}"), &["owner-wrong", name])]);
        }
    }
    // What the benchmarks of older versions want.
    let old = worker::good();
    old.sh(&format!("{WORDS} cp program-v1.20.2 $B/kubelet; cp program-v1.20.2 $B/kube-proxy")).ok();
    let found = findings(&old, "--cis");
    for name in ["cis-protect-kernel-defaults", "cis-event-qps"] {
        assert!(names(&found).contains(&name), "{found:#?}");
    }
    assert!(!names(&found).contains(&"cis-unit-mode"), "0644 passes up to v1.23: {found:#?}");
}

#[test]
fn a_finding_says_where_and_what_the_other_file_says() {
    let good = worker::good();
    good.sh(&format!(
        "{WORDS} sed -i 's/SystemdCgroup = true/SystemdCgroup = false/' $CT; flag --cluster-dns=10.32.0.10"
    ))
    .ok();
    good.sh("khw-install verify --root root").no(
        "root/etc/systemd/system/kubelet.service:15: warning: --cluster-dns: '10.32.0.10' here, but clusterDNS '10.96.0.10' in \
         root/var/lib/kubelet/kubelet-config.yaml:13: this counts, that has no effect [flag-differs-from-field]\n  \
           fix: say it in one place, best in the file\n\
         root/var/lib/kubelet/kubelet-config.yaml:15: error: cgroupDriver: systemd here, but cgroupfs in \
         root/etc/containerd/config.toml:5 (SystemdCgroup) [cgroup-driver-differs]\n  \
           fix: write cgroupDriver: cgroupfs (khw-kubelet-conf --cgroup-driver cgroupfs), or change the runtime\n",
    );
}

/// The version is read out of a real program: Kubernetes' own build of kubectl, stripped.
#[test]
fn the_version_of_a_real_program_is_the_one_it_says() {
    let Some(kubectl) = reference(Reference::Kubectl) else { return };
    let good = worker::good();
    let says = good.sh(&format!("{} version --client -o json", kubectl.display())).succeeds();
    let says: Value = serde_json::from_str(&says).unwrap();
    let version = says["clientVersion"]["gitVersion"].as_str().unwrap().split('-').next().unwrap().to_owned();
    good.sh(&format!("cp $(readlink -f {}) root/usr/local/bin/kubelet", kubectl.display())).ok();
    let found = findings(&good, "--kubernetes-version 1.13 --only binary-version");
    assert_eq!(found[0]["message"], format!("is {version}, not v1.13"));
}
