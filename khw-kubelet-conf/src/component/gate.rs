//! Feature gates, as far as they are known: kubelet and kube-proxy stop at a name that they do not know.

/// A feature gate.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// Its name.
    pub name: &'static str,
    /// The first minor release that knows it (13 also for those that knew it before).
    pub since: u16,
    /// The minor release from which on it is on and cannot be switched off.
    pub locked: Option<u16>,
    /// The minor release in which it is due to go.
    pub goes: Option<u16>,
    /// The last minor release that knows it, if it went.
    pub last: Option<u16>,
}

impl Gate {
    /// A gate that came with a minor release.
    pub const fn new(name: &'static str, since: u16) -> Self {
        Gate { name, since, locked: None, goes: None, last: None }
    }

    /// From when on it cannot be switched off.
    pub const fn locked(mut self, minor: u16) -> Self {
        self.locked = Some(minor);
        self
    }

    /// When it is due to go.
    pub const fn goes(mut self, minor: u16) -> Self {
        self.goes = Some(minor);
        self
    }
}

const fn gone(name: &'static str, since: u16, last: u16) -> Gate {
    Gate { last: Some(last), ..Gate::new(name, since) }
}

/// Gates that went, of those that matter on a node. Every component knows every gate, so they are the same for both
/// programs. From Kubernetes' page of removed feature gates; those known to 1.20 were compared with its source.
pub(super) const GONE: &[Gate] = &[
    gone("BlockVolume", 13, 21),
    gone("CRIContainerLogRotation", 13, 22),
    gone("CSIBlockVolume", 13, 21),
    gone("CSIDriverRegistry", 13, 21),
    gone("CSIInlineVolume", 15, 26),
    gone("CSIMigration", 14, 26),
    gone("CSINodeInfo", 13, 22),
    gone("DynamicKubeletConfig", 13, 25),
    gone("EndpointSlice", 16, 24),
    gone("EndpointSliceProxying", 18, 24),
    gone("EphemeralContainers", 16, 26),
    gone("ExpandCSIVolumes", 14, 26),
    gone("ExpandInUsePersistentVolumes", 13, 26),
    gone("ExpandPersistentVolumes", 13, 26),
    gone("ExternalPolicyForExternalIP", 18, 22),
    gone("HugePages", 13, 16),
    gone("HyperVContainer", 13, 20),
    gone("IPv6DualStack", 15, 24),
    gone("KubeletPluginsWatcher", 13, 16),
    gone("LocalStorageCapacityIsolation", 13, 26),
    gone("MountPropagation", 13, 14),
    gone("NodeLease", 13, 23),
    gone("PersistentLocalVolumes", 13, 16),
    gone("PodOverhead", 16, 25),
    gone("PodPriority", 13, 18),
    gone("PodReadinessGates", 13, 16),
    gone("PodShareProcessNamespace", 13, 19),
    gone("RotateKubeletClientCertificate", 13, 21),
    gone("RuntimeClass", 13, 24),
    gone("SCTPSupport", 13, 22),
    gone("ServiceTopology", 17, 22),
    gone("SetHostnameAsFQDN", 19, 24),
    gone("StartupProbe", 16, 23),
    gone("SupportNodePidsLimit", 14, 23),
    gone("SupportPodPidsLimit", 13, 23),
    gone("Sysctls", 13, 22),
    gone("TokenRequest", 13, 21),
    gone("TokenRequestProjection", 13, 21),
    gone("VolumeScheduling", 13, 16),
    gone("VolumeSubpath", 13, 24),
    gone("WindowsEndpointSliceProxying", 19, 24),
];
