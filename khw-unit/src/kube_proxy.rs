//! kube-proxy's unit, the same for all releases: everything else is in its configuration file, beside which it ignores
//! nearly every flag.

use crate::flag::Program;
use crate::service::{ExtraFlag, Made, Restart, Service};
use khw_core::layout::Paths;
use khw_core::{Error, KubernetesVersion, NodeName};

/// What the unit is made for.
#[derive(Debug, Clone)]
pub struct KubeProxy {
    /// The release.
    pub version: KubernetesVersion,
    /// The node's name, where it is not the host's.
    pub hostname_override: Option<NodeName>,
    /// Where the files are.
    pub paths: Paths,
    /// Further flags.
    pub flags: Vec<ExtraFlag>,
    /// When systemd starts it again.
    pub restart: Restart,
    /// Whether [`crate::hardening`] is added.
    pub hardened: bool,
}

impl KubeProxy {
    /// The unit.
    ///
    /// # Errors
    /// When the release does not take one of the further flags.
    pub fn unit(&self) -> Result<Made, Error> {
        let mut flags = vec![("config", self.paths.kube_proxy_config.display().to_string())];
        if let Some(name) = &self.hostname_override {
            flags.push(("hostname-override", name.to_string()));
        }
        Service {
            program: Program::KubeProxy,
            version: self.version,
            description: "Kubernetes Kube Proxy",
            needs: None,
            path: self.paths.binaries.join("kube-proxy").display().to_string(),
            flags,
            extra: &self.flags,
            restart: self.restart,
            hardened: self.hardened,
        }
        .make()
    }
}
