//! khw-install verify on workers made as the three guides say, by the programs that the guides use: nothing is wrong with them
//! but what really is (the tutorial's clusterCIDR, MM's `sudo mv`, which are not repeated here).

use crate::worker::program;
use harness::{Reference, Sandbox, reference};

/// The guides' openssl and kubectl, with their words.
const MAKE: &str = r#"
    # Elliptic instead of the guides' RSA, which costs seconds a test and changes nothing here.
    key() { openssl ecparam -name prime256v1 -genkey -noout -out $1; chmod 600 $1; }
    key ca.key
    openssl req -new -key ca.key -subj "/CN=KUBERNETES-CA" -out ca.csr
    openssl x509 -req -in ca.csr -signkey ca.key -CAcreateserial -out ca.crt -days 1000 2>/dev/null
    node() {
        cat > openssl-$1.cnf <<EOF
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = @alt_names
[alt_names]
DNS.1 = $1
IP.1 = $2
EOF
        key $1.key
        openssl req -new -key $1.key -subj "/CN=system:node:$1/O=system:nodes" -out $1.csr -config openssl-$1.cnf
        openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $1.crt -extensions v3_req -extfile openssl-$1.cnf -days 1000 2>/dev/null
    }
    # Without extensions: a version 1 certificate.
    proxy() {
        key kube-proxy.key
        openssl req -new -key kube-proxy.key -subj "/CN=system:kube-proxy/O=system:node-proxier" -out kube-proxy.csr
        openssl x509 -req -in kube-proxy.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out kube-proxy.crt -days 900 2>/dev/null
    }
    # NAME USER SERVER CA CERTIFICATE KEY [--embed-certs=true]
    config() {
        c="$KUBECTL config --kubeconfig=$1.kubeconfig"
        $c set-cluster kubernetes-the-hard-way --certificate-authority=$4 --server=$3 $7
        $c set-credentials $2 --client-certificate=$5 --client-key=$6 $7
        $c set-context default --cluster=kubernetes-the-hard-way --user=$2
        $c use-context default
    } >/dev/null
    mkdir -p root/etc/systemd/system root/usr/local/bin root/var/lib/{kubelet,kube-proxy} root/var/lib/kubernetes/pki
    cp program root/usr/local/bin/kubelet; cp program root/usr/local/bin/kube-proxy; chmod 755 root/usr/local/bin/*
    proxy_unit() {
        cat > root/etc/systemd/system/kube-proxy.service <<'EOF'
[Unit]
Description=Kubernetes Kube Proxy
Documentation=https://github.com/kubernetes/kubernetes
[Service]
ExecStart=/usr/local/bin/kube-proxy \
  --config=/var/lib/kube-proxy/kube-proxy-config.yaml
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target
EOF
    }
    # CONFIG-OPTIONS…: the lines between [Service] and Restart=
    kubelet_unit() {
        cat > root/etc/systemd/system/kubelet.service <<EOF
[Unit]
Description=Kubernetes Kubelet
Documentation=https://github.com/kubernetes/kubernetes
After=$1.service
Requires=$1.service

[Service]
ExecStart=/usr/local/bin/kubelet \\
$(shift; for flag; do echo "  $flag \\"; done)
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
    }
    proxy_config() {
        cat > root/var/lib/kube-proxy/kube-proxy-config.yaml <<EOF
kind: KubeProxyConfiguration
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clientConnection:
  kubeconfig: "$1"
mode: "iptables"
clusterCIDR: "$2"
EOF
    }
    proxy; proxy_unit
"#;

/// A worker made by a guide's steps, with programs of a version.
fn made(version: &str, steps: &str) -> Option<Sandbox> {
    reference(Reference::Openssl)?;
    let kubectl = reference(Reference::Kubectl)?;
    let sandbox = Sandbox::new();
    sandbox.write("program", program(version, 62));
    sandbox.sh(&format!("umask 022; KUBECTL={}\n{MAKE}\n{steps}", kubectl.display())).succeeds();
    Some(sandbox)
}

const TUTORIAL: &str = r#"
    node worker-1 192.168.5.21
    config worker-1 system:node:worker-1 https://192.168.5.30:6443 ca.crt worker-1.crt worker-1.key --embed-certs=true
    config kube-proxy system:kube-proxy https://192.168.5.30:6443 ca.crt kube-proxy.crt kube-proxy.key --embed-certs=true
    kubelet_unit docker --config=/var/lib/kubelet/kubelet-config.yaml --image-pull-progress-deadline=2m \
        --kubeconfig=/var/lib/kubelet/kubeconfig --tls-cert-file=/var/lib/kubelet/worker-1.crt \
        --tls-private-key-file=/var/lib/kubelet/worker-1.key --network-plugin=cni --register-node=true
    proxy_config /var/lib/kube-proxy/kubeconfig ${CIDR:-10.244.0.0/16}
    cp worker-1.crt worker-1.key root/var/lib/kubelet/; cp ca.crt root/var/lib/kubernetes/
    cp worker-1.kubeconfig root/var/lib/kubelet/kubeconfig; cp kube-proxy.kubeconfig root/var/lib/kube-proxy/kubeconfig
    cat > root/var/lib/kubelet/kubelet-config.yaml <<EOF
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: "/var/lib/kubernetes/ca.crt"
authorization:
  mode: Webhook
clusterDomain: "cluster.local"
clusterDNS:
  - "10.96.0.10"
resolvConf: "/run/systemd/resolve/resolv.conf"
runtimeRequestTimeout: "15m"
EOF
"#;

#[test]
fn the_tutorials_worker_is_good() {
    for version in ["v1.13.0", "v1.20.2"] {
        let Some(sandbox) = made(version, TUTORIAL) else { return };
        assert_eq!(sandbox.sh("khw-install verify --root root --node worker-1").ok(), "", "{version}");
    }
    // Its own clusterCIDR is the nodes' network.
    let Some(sandbox) = made("v1.13.0", &format!("CIDR=192.168.5.0/24\n{TUTORIAL}")) else { return };
    let found = sandbox.sh("khw-install verify --root root --node worker-1").ok();
    assert!(found.contains("[cluster-cidr-is-node-network]") && found.lines().count() == 2, "{found}");
}

#[test]
fn mms_workers_are_good() {
    let common = r#"
        proxy_config /var/lib/kube-proxy/kube-proxy.kubeconfig 10.244.0.0/16
        S=https://192.168.56.30:6443; PKI=/var/lib/kubernetes/pki
        config kube-proxy system:kube-proxy $S $PKI/ca.crt $PKI/kube-proxy.crt $PKI/kube-proxy.key ""
        cp kube-proxy.kubeconfig root/var/lib/kube-proxy/; cp ca.crt kube-proxy.crt kube-proxy.key root$PKI/
        kubelet_config() { cat > root/var/lib/kubelet/kubelet-config.yaml <<EOF
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
containerRuntimeEndpoint: unix:///var/run/containerd/containerd.sock
clusterDomain: cluster.local
clusterDNS:
  - 10.96.0.10
cgroupDriver: systemd
resolvConf: /run/systemd/resolve/resolv.conf
runtimeRequestTimeout: "15m"
registerNode: true
$1
EOF
        }
        mkdir -p root/etc/containerd
        printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nSystemdCgroup = true\n' > root/etc/containerd/config.toml
    "#;
    // Document 10: files, by path.
    let steps = r#"
        node node01 192.168.56.21; cp node01.crt node01.key root$PKI/
        config node01 system:node:node01 $S $PKI/ca.crt $PKI/node01.crt $PKI/node01.key ""
        cp node01.kubeconfig root/var/lib/kubelet/kubelet.kubeconfig; chmod 600 root$PKI/*
        kubelet_unit containerd --config=/var/lib/kubelet/kubelet-config.yaml --kubeconfig=/var/lib/kubelet/kubelet.kubeconfig --node-ip=192.168.56.21
        kubelet_config "tlsCertFile: /var/lib/kubernetes/pki/node01.crt
tlsPrivateKeyFile: /var/lib/kubernetes/pki/node01.key"
    "#;
    let Some(sandbox) = made("v1.34.1", &format!("{common}{steps}")) else { return };
    assert_eq!(sandbox.sh("khw-install verify --root root --node node01 --layout mm").ok(), "");
    // Document 11: a token, and the kubelet makes the rest.
    let steps = r#"
        c="$KUBECTL config --kubeconfig=root/var/lib/kubelet/bootstrap-kubeconfig"
        $c set-cluster bootstrap --server=$S --certificate-authority=$PKI/ca.crt
        $c set-credentials kubelet-bootstrap --token=07401b.f395accd246ae52d
        $c set-context bootstrap --user=kubelet-bootstrap --cluster=bootstrap; $c use-context bootstrap
        sed -i 's|certificate-authority: .*|certificate-authority: /var/lib/kubernetes/pki/ca.crt|' root/var/lib/kubelet/bootstrap-kubeconfig
        kubelet_unit containerd '--bootstrap-kubeconfig="/var/lib/kubelet/bootstrap-kubeconfig"' --config=/var/lib/kubelet/kubelet-config.yaml \
            --kubeconfig=/var/lib/kubelet/kubeconfig --cert-dir=/var/lib/kubelet/pki/ --node-ip=192.168.56.22
        kubelet_config "rotateCertificates: true
serverTLSBootstrap: true"
        chmod 600 root$PKI/*
    "#;
    let Some(sandbox) = made("v1.34.1", &format!("{common}{steps}")) else { return };
    assert_eq!(sandbox.sh("khw-install verify --root root --node node02 --layout mm").ok(), "");
}

#[test]
fn kthws_worker_is_good() {
    // Its certificates have the node's name and 127.0.0.1.
    let steps = r#"
        node node-0 127.0.0.1
        config node-0 system:node:node-0 https://server.kubernetes.local:6443 ca.crt node-0.crt node-0.key --embed-certs=true
        config kube-proxy system:kube-proxy https://server.kubernetes.local:6443 ca.crt kube-proxy.crt kube-proxy.key --embed-certs=true
        cp ca.crt root/var/lib/kubelet/; cp node-0.crt root/var/lib/kubelet/kubelet.crt; cp node-0.key root/var/lib/kubelet/kubelet.key
        cp node-0.kubeconfig root/var/lib/kubelet/kubeconfig; cp kube-proxy.kubeconfig root/var/lib/kube-proxy/kubeconfig
        kubelet_unit containerd --config=/var/lib/kubelet/kubelet-config.yaml --kubeconfig=/var/lib/kubelet/kubeconfig
        proxy_config /var/lib/kube-proxy/kubeconfig 10.200.0.0/16
        cat > root/var/lib/kubelet/kubelet-config.yaml <<EOF
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
address: "0.0.0.0"
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: "/var/lib/kubelet/ca.crt"
authorization:
  mode: Webhook
cgroupDriver: systemd
containerRuntimeEndpoint: "unix:///var/run/containerd/containerd.sock"
enableServer: true
failSwapOn: false
maxPods: 16
memorySwap:
  swapBehavior: NoSwap
port: 10250
resolvConf: "/etc/resolv.conf"
registerNode: true
runtimeRequestTimeout: "15m"
tlsCertFile: "/var/lib/kubelet/kubelet.crt"
tlsPrivateKeyFile: "/var/lib/kubelet/kubelet.key"
EOF
        echo node-0 > root/etc/hostname; echo 'nameserver 10.0.0.1' > root/etc/resolv.conf
        mkdir -p root/etc/containerd root/opt/cni/bin root/etc/cni/net.d
        cat > root/etc/containerd/config.toml <<'EOF'
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
EOF
    "#;
    let Some(sandbox) = made("v1.32.3", steps) else { return };
    assert_eq!(sandbox.sh("khw-install verify --root root --layout kthw").ok(), "");
}
