//! The kubelet's unit: the tutorial's at v1.13 with docker, and what each later release wants in its place.

use crate::flag::Program;
use crate::service::{ExtraFlag, Made, Restart, Service};
use khw_core::layout::Layout;
use khw_core::{Error, KubernetesVersion, NodeName};
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// The container runtime that the kubelet talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Runtime {
    /// Docker, by the kubelet's own dockershim: up to Kubernetes 1.23
    Docker,
    /// containerd
    Containerd,
    /// CRI-O
    Crio,
}

impl Runtime {
    /// What the guides of that time used: docker as long as the kubelet has it, then containerd.
    pub const fn usual(version: KubernetesVersion) -> Self {
        if version.at_least(24) { Runtime::Containerd } else { Runtime::Docker }
    }

    /// The systemd service.
    pub const fn service(self) -> &'static str {
        match self {
            Runtime::Docker => "docker.service",
            Runtime::Containerd => "containerd.service",
            Runtime::Crio => "crio.service",
        }
    }

    /// Where it listens; `None` for docker, whose dockershim the kubelet starts itself.
    pub const fn endpoint(self) -> Option<&'static str> {
        match self {
            Runtime::Docker => None,
            Runtime::Containerd => Some("unix:///run/containerd/containerd.sock"),
            Runtime::Crio => Some("unix:///var/run/crio/crio.sock"),
        }
    }
}

/// The node's own address, or two of them for dual stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeIp(Vec<IpAddr>);

impl FromStr for NodeIp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = |what: String, hint: &str| Err(Error::new(what).hint(hint));
        let mut addresses: Vec<IpAddr> = Vec::new();
        for part in text.split(',') {
            let Ok(address) = part.parse::<IpAddr>() else {
                return refuse(
                    format!("'{}' is not an IP address", part.escape_debug()),
                    "write the node's own address, for example 192.168.5.21",
                );
            };
            if address.is_loopback() || address.is_multicast() || address.is_unspecified() || is_link_local(address) {
                return refuse(
                    format!("'{address}' is no address of a node"),
                    "write one by which other nodes reach it",
                );
            }
            addresses.push(address);
        }
        match addresses.as_slice() {
            [_] => {}
            [a, b] if a.is_ipv4() != b.is_ipv4() => {}
            _ => {
                return refuse(
                    format!("'{}' is not one address, or one of each family", text.escape_debug()),
                    "write one IPv4 and one IPv6 address with a comma between them",
                );
            }
        }
        Ok(NodeIp(addresses))
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// What the unit is made for.
#[derive(Debug, Clone)]
pub struct Kubelet {
    /// The node, from which the names of certificate and key come.
    pub node: NodeName,
    /// The release.
    pub version: KubernetesVersion,
    /// The container runtime; the usual one of the release when `None`.
    pub runtime: Option<Runtime>,
    /// `--node-ip`.
    pub node_ip: Option<NodeIp>,
    /// `--hostname-override`.
    pub hostname_override: Option<NodeName>,
    /// Where the files are.
    pub layout: Layout,
    /// The bootstrap kubeconfig, if the kubelet gets its certificates by TLS bootstrapping.
    pub bootstrap_kubeconfig: Option<PathBuf>,
    /// Further flags.
    pub flags: Vec<ExtraFlag>,
    /// When systemd starts it again.
    pub restart: Restart,
    /// Whether [`crate::hardening`] is added.
    pub hardened: bool,
}

impl Kubelet {
    /// The unit.
    ///
    /// # Errors
    /// When the release cannot do what is asked for.
    pub fn unit(&self) -> Result<Made, Error> {
        let version = self.version;
        let runtime = self.runtime.unwrap_or(Runtime::usual(version));
        if runtime == Runtime::Docker && version.at_least(24) {
            return Err(Error::new("kubelet cannot use docker from v1.24 on")
                .field("--runtime")
                .hint("say containerd, which docker brings along, or crio"));
        }
        if let Some(name) = self.hostname_override.as_ref().filter(|name| **name != self.node) {
            return Err(Error::new(format!("'{name}' is not the node's name, '{}'", self.node))
                .field("--hostname-override")
                .hint("the kubelet registers under this name, and its certificate is for the other: give one name to both"));
        }
        let paths = self.layout.paths(&self.node);
        let shown = |path: &PathBuf| path.display().to_string();
        let mut flags: Vec<(&str, String)> = vec![("config", shown(&paths.kubelet_config))];
        if let Some(endpoint) = runtime.endpoint() {
            // From 1.24 there is nothing but remote, from 1.27 the endpoint is in the configuration file.
            if !version.at_least(24) {
                flags.push(("container-runtime", "remote".to_owned()));
            }
            if !version.at_least(27) {
                flags.push(("container-runtime-endpoint", endpoint.to_owned()));
            }
        } else if !version.at_least(21) {
            // Deprecated from 1.21; the kubelet's own deadline is 1m.
            flags.push(("image-pull-progress-deadline", "2m".to_owned()));
        }
        flags.push(("kubeconfig", shown(&paths.kubelet_kubeconfig)));
        match &self.bootstrap_kubeconfig {
            // The kubelet asks for its certificates itself, and keeps them in /var/lib/kubelet/pki.
            Some(bootstrap) => {
                if !bootstrap.is_absolute() {
                    return Err(Error::new(format!("'{}' is not an absolute path", bootstrap.display()))
                        .field("--bootstrap-kubeconfig")
                        .hint("systemd starts the kubelet in /: write the whole path"));
                }
                flags.push(("bootstrap-kubeconfig", shown(bootstrap)));
            }
            None => {
                flags.push(("tls-cert-file", shown(&paths.kubelet_certificate)));
                flags.push(("tls-private-key-file", shown(&paths.kubelet_key)));
            }
        }
        if runtime == Runtime::Docker {
            flags.push(("network-plugin", "cni".to_owned()));
        }
        if !version.at_least(23) {
            flags.push(("register-node", "true".to_owned()));
        }
        if let Some(NodeIp(addresses)) = &self.node_ip {
            if addresses.len() > 1 && !version.at_least(20) {
                return Err(Error::new("kubelet takes only one address before v1.20")
                    .field("--node-ip")
                    .hint(format!("leave one out for {version}")));
            }
            let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            flags.push(("node-ip", addresses.join(",")));
        }
        if let Some(name) = &self.hostname_override {
            flags.push(("hostname-override", name.to_string()));
        }
        flags.push(("v", "2".to_owned()));
        Service {
            program: Program::Kubelet,
            version,
            description: "Kubernetes Kubelet",
            needs: Some(runtime.service()),
            path: shown(&paths.binaries.join("kubelet")),
            flags,
            extra: &self.flags,
            restart: self.restart,
            hardened: self.hardened,
        }
        .make()
    }
}

#[cfg(test)]
mod tests {
    use super::{Kubelet, Runtime};
    use crate::service::Restart;
    use crate::{Unit, check};
    use khw_core::layout::Layout;
    use khw_core::{Error, KubernetesVersion};

    /// What the heredoc of the tutorial writes for worker-1.
    const TUTORIAL: &str = "[Unit]\nDescription=Kubernetes Kubelet\nDocumentation=https://github.com/kubernetes/kubernetes\n\
        After=docker.service\nRequires=docker.service\n[Service]\nExecStart=/usr/local/bin/kubelet \\\n  \
        --config=/var/lib/kubelet/kubelet-config.yaml \\\n  --image-pull-progress-deadline=2m \\\n  \
        --kubeconfig=/var/lib/kubelet/kubeconfig \\\n  --tls-cert-file=/var/lib/kubelet/worker-1.crt \\\n  \
        --tls-private-key-file=/var/lib/kubelet/worker-1.key \\\n  --network-plugin=cni \\\n  --register-node=true \\\n  \
        --v=2\nRestart=on-failure\nRestartSec=5\n[Install]\nWantedBy=multi-user.target\n";

    fn kubelet(version: KubernetesVersion) -> Result<Kubelet, Error> {
        Ok(Kubelet {
            node: "worker-1".parse()?,
            version,
            runtime: None,
            node_ip: None,
            hostname_override: None,
            layout: Layout::Tutorial,
            bootstrap_kubeconfig: None,
            flags: Vec::new(),
            restart: Restart::OnFailure,
            hardened: false,
        })
    }

    #[test]
    fn the_tutorials_unit_in_systemds_eyes() -> Result<(), Error> {
        let ours = Unit::parse(&kubelet("v1.13.0".parse()?)?.unit()?.unit.to_string())?;
        let theirs = Unit::parse(TUTORIAL)?;
        assert_eq!(ours.sections(), theirs.sections());
        for section in ours.sections() {
            let plain = |unit: &Unit| -> Vec<(String, String)> {
                let all = unit.directives(section).into_iter().filter(|(name, _)| *name != "ExecStart");
                all.map(|(name, value)| (name.to_owned(), value.text.to_owned())).collect()
            };
            assert_eq!(plain(&ours), plain(&theirs));
        }
        let argv = |unit: &Unit| -> Result<_, Error> {
            let command = unit.exec_start()?.ok_or_else(|| Error::new("no command"))?;
            Ok((command.program.clone(), command.texts().into_iter().map(str::to_owned).collect::<Vec<_>>()))
        };
        assert_eq!(argv(&ours)?, argv(&theirs)?);
        Ok(())
    }

    #[test]
    fn what_was_made_is_what_is_read_again() -> Result<(), Error> {
        for version in KubernetesVersion::all() {
            for runtime in [Runtime::Docker, Runtime::Containerd, Runtime::Crio] {
                let asked = Kubelet { runtime: Some(runtime), ..kubelet(version)? };
                match asked.unit() {
                    Err(error) => assert!(runtime == Runtime::Docker && version.at_least(24), "{error}"),
                    Ok(made) => {
                        assert!(made.warnings.is_empty());
                        let read = Unit::parse(&made.unit.to_string())?;
                        assert_eq!(check(&read, version), [], "{version} {runtime:?}");
                    }
                }
            }
        }
        Ok(())
    }

    /// A unit with each byte in turn lost, doubled or put in another's place: an answer each time, never a panic.
    #[test]
    fn no_slip_of_a_finger_is_a_panic() {
        for at in 0..TUTORIAL.len() {
            for change in
                ["", "\"", "'", "\\", "$", "${", "%", "\n", "[", "]", "=", ";", "#", "\0", "\r", "ä", "\\x", "\\U"]
            {
                let mut text = TUTORIAL.to_owned();
                text.replace_range(at..=at, change);
                if let Ok(unit) = Unit::parse(&text) {
                    for finding in check(&unit, KubernetesVersion::NEWEST) {
                        assert!(crate::CHECKS.contains(&finding.name));
                        assert!(
                            finding.line.is_none_or(|line| line >= 1 && line <= text.lines().count() + 1),
                            "{text}"
                        );
                    }
                }
            }
        }
    }
}
