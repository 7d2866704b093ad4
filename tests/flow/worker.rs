//! The three ways to make one worker's files, each in a sandbox of its own, all with the same CA.

use harness::{Reference, Sandbox, reference, tutorial};

/// Who makes the CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ca {
    /// openssl, as mmumshad's guide says it: a version 1 certificate without a single extension.
    Openssl,
    /// `khw-cert ca`.
    Khw,
}

/// Both.
pub const CAS: [Ca; 2] = [Ca::Openssl, Ca::Khw];

/// Which programs run a block of the tutorial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// openssl, kubectl, cat.
    Real,
    /// The same lines with the names exchanged.
    Khw,
}

/// The real programs, or `None` on a desk without one.
pub struct Judges {
    kubectl: String,
}

impl Judges {
    pub fn find() -> Option<Judges> {
        reference(Reference::Openssl)?;
        Some(Judges { kubectl: reference(Reference::Kubectl)?.display().to_string() })
    }

    /// Runs a script in which `kubectl` is the judge, whatever is on PATH.
    pub fn sh(&self, sandbox: &Sandbox, script: &str) -> String {
        sandbox.sh(&self.real(script)).succeeds()
    }

    fn real(&self, script: &str) -> String {
        format!("kubectl() {{ '{}' \"$@\"; }}\n{script}", self.kubectl)
    }

    /// A CA in a sandbox that holds nothing else.
    pub fn ca(&self, ca: Ca) -> Sandbox {
        let sandbox = Sandbox::new();
        match ca {
            Ca::Openssl => sandbox.sh(MM_CA).succeeds(),
            Ca::Khw => sandbox.sh("khw-cert ca").succeeds(),
        };
        sandbox
    }

    /// One block of the tutorial.
    pub fn block(&self, sandbox: &Sandbox, block: &str, with: With) -> String {
        let script = match with {
            With::Real => self.real(block),
            With::Khw => block.replace("openssl ", "khw-cert ").replace("kubectl config ", "khw-kubeconfig "),
        };
        sandbox.sh(&script).succeeds()
    }

    /// The certificates alone.
    pub fn certificates(&self, ca: &Sandbox, with: With) -> Sandbox {
        let sandbox = with_ca(ca);
        for block in [NODE_CERTIFICATE, KUBE_PROXY_CERTIFICATE] {
            self.block(&sandbox, block, with);
        }
        sandbox
    }

    /// All files by the tutorial's blocks: certificates by one, kubeconfigs and the rest by another.
    pub fn tutorial(&self, ca: &Sandbox, certificates: With, rest: With) -> Sandbox {
        let sandbox = self.certificates(ca, certificates);
        for block in [NODE_KUBECONFIG, KUBE_PROXY_KUBECONFIG] {
            self.block(&sandbox, block, rest);
        }
        configurations_and_units(&sandbox, rest);
        sandbox
    }
}

/// The four files that the tutorial writes by heredoc.
pub fn configurations_and_units(sandbox: &Sandbox, with: With) {
    match with {
        With::Real => sandbox.sh(&tutorial::heredocs()).ok(),
        With::Khw => sandbox.sh(KHW_FOR_HEREDOCS).ok(),
    };
}

/// All files in khw's own words, for the tutorial's version and values.
pub fn own_words(ca: &Sandbox) -> Sandbox {
    let sandbox = own_certificates(ca);
    sandbox.sh(OWN_KUBECONFIGS).ok();
    configurations_and_units(&sandbox, With::Khw);
    sandbox
}

/// Only the own words of step 1.
pub fn own_certificates(ca: &Sandbox) -> Sandbox {
    let sandbox = with_ca(ca);
    sandbox.sh(OWN_CERTIFICATES).succeeds();
    sandbox
}

fn with_ca(ca: &Sandbox) -> Sandbox {
    let sandbox = Sandbox::new();
    for file in ["ca.crt", "ca.key"] {
        sandbox.write(file, ca.read(file));
    }
    sandbox
}

const MM_CA: &str = r#"
openssl genrsa -out ca.key 2048
openssl req -new -key ca.key -subj "/CN=KUBERNETES-CA/O=Kubernetes" -out ca.csr
openssl x509 -req -in ca.csr -signkey ca.key -CAcreateserial -out ca.crt -days 3650
"#;

/// Step 1, character by character.
pub const NODE_CERTIFICATE: &str = r#"
cat > openssl-worker-1.cnf <<EOF
[req]
req_extensions = v3_req
distinguished_name = req_distinguished_name
[req_distinguished_name]
[ v3_req ]
basicConstraints = CA:FALSE
keyUsage = nonRepudiation, digitalSignature, keyEncipherment
subjectAltName = @alt_names
[alt_names]
DNS.1 = worker-1
IP.1 = 192.168.5.21
EOF

openssl genrsa -out worker-1.key 2048
openssl req -new -key worker-1.key -subj "/CN=system:node:worker-1/O=system:nodes" -out worker-1.csr -config openssl-worker-1.cnf
openssl x509 -req -in worker-1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out worker-1.crt -extensions v3_req -extfile openssl-worker-1.cnf -days 1000
"#;

/// The tutorial moves kube-proxy.kubeconfig but never makes it; mmumshad's guide makes its certificate so.
pub const KUBE_PROXY_CERTIFICATE: &str = r#"
openssl genrsa -out kube-proxy.key 2048
openssl req -new -key kube-proxy.key -subj "/CN=system:kube-proxy/O=system:node-proxier" -out kube-proxy.csr
openssl x509 -req -in kube-proxy.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out kube-proxy.crt -days 1000
"#;

/// Step 2, character by character.
pub const NODE_KUBECONFIG: &str = r#"
kubectl config set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig=worker-1.kubeconfig
kubectl config set-credentials system:node:worker-1 --client-certificate=worker-1.crt --client-key=worker-1.key --embed-certs=true --kubeconfig=worker-1.kubeconfig
kubectl config set-context default --cluster=kubernetes-the-hard-way --user=system:node:worker-1 --kubeconfig=worker-1.kubeconfig
kubectl config use-context default --kubeconfig=worker-1.kubeconfig
"#;

pub const KUBE_PROXY_KUBECONFIG: &str = r#"
kubectl config set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig=kube-proxy.kubeconfig
kubectl config set-credentials system:kube-proxy --client-certificate=kube-proxy.crt --client-key=kube-proxy.key --embed-certs=true --kubeconfig=kube-proxy.kubeconfig
kubectl config set-context default --cluster=kubernetes-the-hard-way --user=system:kube-proxy --kubeconfig=kube-proxy.kubeconfig
kubectl config use-context default --kubeconfig=kube-proxy.kubeconfig
"#;

const KHW_FOR_HEREDOCS: &str = r#"
khw-kubelet-conf --kubernetes-version v1.13.0 | tee kubelet-config.yaml >/dev/null
khw-unit kubelet --node worker-1 --kubernetes-version v1.13.0 | tee kubelet.service >/dev/null
khw-proxy-conf --cluster-cidr 192.168.5.0/24 --kubernetes-version v1.13.0 | tee kube-proxy-config.yaml >/dev/null
khw-unit kube-proxy --kubernetes-version v1.13.0 | tee kube-proxy.service >/dev/null
"#;

const OWN_CERTIFICATES: &str = "khw-cert node worker-1 192.168.5.21; khw-cert client kube-proxy";

const OWN_KUBECONFIGS: &str = r#"
khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --client-certificate worker-1.crt --client-key worker-1.key > worker-1.kubeconfig
khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --client-certificate kube-proxy.crt --client-key kube-proxy.key > kube-proxy.kubeconfig
"#;
