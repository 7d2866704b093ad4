//! The flags of kubelet and kube-proxy by release: since when, until when, and what takes their place.
//!
//! An unknown flag stops both programs ("unknown flag: --x"); a deprecated one is only logged. So a unit that was copied
//! from an older guide is the commonest reason for a kubelet that does not start.
//!
//! Read in the sources of each release (the options packages of Kubernetes 1.13 to 1.36 and the change logs to 1.37).
//! "13" means 1.13 or earlier. The group of kubelet's flags that the configuration file backs has been deprecated as a
//! whole since before 1.13, and is still taken in 1.37; such a flag wins over the file.

use khw_core::KubernetesVersion;

/// A program whose flags are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// kubelet.
    Kubelet,
    /// kube-proxy.
    KubeProxy,
}

/// What a release makes of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It comes in a later release: the program does not start.
    NotYet,
    /// It is taken.
    Current,
    /// It is taken and logged as deprecated.
    Deprecated,
    /// It was there in an earlier release: the program does not start.
    Removed,
    /// There is no such flag in any release of the table.
    Unknown,
}

/// A flag and its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: &'static str,
    /// Whether it may stand alone, and never takes the next argument as its value.
    pub boolean: bool,
    /// The first minor release that has it; 13 for 1.13 and earlier.
    pub since: u16,
    /// The first minor release that calls it deprecated on its own account; 13 for 1.13 and earlier.
    pub deprecated: Option<u16>,
    /// The first minor release that has it no more.
    pub removed: Option<u16>,
    /// The field of the configuration that says the same, and the first minor release that has it.
    pub field: Option<(&'static str, u16)>,
    /// Whether the file is where it belongs: kubelet logs such a flag as deprecated, kube-proxy ignores it without a
    /// word as soon as there is a `--config`.
    pub file_backed: bool,
    /// What to do instead, when it is not to write the field.
    pub instead: &'static str,
}

const LEAVE_OUT: &str = "leave it out";
const RUNTIME: &str = "leave it out: the container runtime does this by its own configuration";
const LOGGING: &str = "leave it out: both programs log to standard error, which systemd keeps in the journal";

impl Flag {
    const fn new(name: &'static str) -> Self {
        Flag {
            name,
            boolean: false,
            since: 13,
            deprecated: None,
            removed: None,
            field: None,
            file_backed: false,
            instead: LEAVE_OUT,
        }
    }

    const fn boolean(self) -> Self {
        Flag { boolean: true, ..self }
    }

    const fn since(self, minor: u16) -> Self {
        Flag { since: minor, ..self }
    }

    const fn deprecated(self, minor: u16) -> Self {
        Flag { deprecated: Some(minor), ..self }
    }

    const fn removed(self, minor: u16) -> Self {
        Flag { removed: Some(minor), ..self }
    }

    /// In the file since `minor`, and the flag is therefore deprecated (kubelet) or ignored (kube-proxy).
    const fn file(self, field: &'static str, minor: u16) -> Self {
        Flag { field: Some((field, minor)), file_backed: true, ..self }
    }

    /// In the file since `minor`, and the flag is as good.
    const fn also(self, field: &'static str, minor: u16) -> Self {
        Flag { field: Some((field, minor)), ..self }
    }

    const fn instead(self, what: &'static str) -> Self {
        Flag { instead: what, ..self }
    }

    /// What this release makes of it.
    pub fn status(&self, version: KubernetesVersion) -> Status {
        let minor = version.minor();
        if minor < self.since {
            Status::NotYet
        } else if self.removed.is_some_and(|removed| minor >= removed) {
            Status::Removed
        } else if self.is_deprecated(version) || self.belongs_in_file(version) {
            Status::Deprecated
        } else {
            Status::Current
        }
    }

    /// Whether it goes away, other than by moving into the configuration file.
    pub fn is_deprecated(&self, version: KubernetesVersion) -> bool {
        // cloud-provider was deprecated in 1.19 and is not any more from 1.29.
        let regained = self.name == "cloud-provider" && version.at_least(29);
        self.deprecated.is_some_and(|minor| version.at_least(minor)) && !regained
    }

    /// Whether a field of this release's configuration says the same and is where it belongs.
    pub fn belongs_in_file(&self, version: KubernetesVersion) -> bool {
        self.file_backed && self.field.is_some_and(|(_, minor)| version.at_least(minor))
    }

    /// Whether it configures docker, and has nothing to take its place as long as the kubelet has docker.
    pub fn is_for_docker(&self) -> bool {
        self.instead == RUNTIME
    }

    /// What is the matter with giving it to this release, beside a `--config`; `None` when all is well.
    pub fn complaint(&self, program: Program, version: KubernetesVersion) -> Option<String> {
        let (name, flag, since) = (program.name(), self.name, KubernetesVersion::minor_release(self.since));
        match self.status(version) {
            Status::NotYet => Some(format!("{name} does not start with --{flag} before {since}")),
            Status::Removed => {
                let removed = KubernetesVersion::minor_release(self.removed.unwrap_or_default());
                Some(format!("{name} does not start with --{flag} from {removed} on"))
            }
            Status::Deprecated if self.belongs_in_file(version) => Some(match program {
                Program::Kubelet => {
                    format!("{name} calls --{flag} deprecated")
                }
                Program::KubeProxy => format!("{name} ignores --{flag} beside --config"),
            }),
            Status::Deprecated => {
                let deprecated = KubernetesVersion::minor_release(self.deprecated.unwrap_or_default());
                Some(format!("{name} calls --{flag} deprecated from {deprecated} on"))
            }
            Status::Current | Status::Unknown => None,
        }
    }

    /// What to do instead of giving it.
    pub fn advice(&self, program: Program, version: KubernetesVersion) -> String {
        match self.field {
            Some((field, minor)) if version.at_least(minor) => {
                format!("write {field} in the configuration file ({} --set {field}=VALUE)", program.configured_by())
            }
            _ => self.instead.to_owned(),
        }
    }
}

impl Program {
    /// The program of this name.
    pub fn of(name: &str) -> Option<Self> {
        [Program::Kubelet, Program::KubeProxy].into_iter().find(|p| p.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Program::Kubelet => "kubelet",
            Program::KubeProxy => "kube-proxy",
        }
    }

    /// The tool that writes its configuration.
    const fn configured_by(self) -> &'static str {
        match self {
            Program::Kubelet => "khw-kubelet-conf",
            Program::KubeProxy => "khw-proxy-conf",
        }
    }

    /// All flags in the table.
    pub const fn flags(self) -> &'static [Flag] {
        match self {
            Program::Kubelet => KUBELET,
            Program::KubeProxy => KUBE_PROXY,
        }
    }

    /// The flag of this name, with dashes or underscores in it.
    pub fn flag(self, name: &str) -> Option<&'static Flag> {
        self.flags().iter().find(|f| crate::command::same_name(f.name, name))
    }

    /// What a release makes of a flag of this name.
    pub fn status(self, name: &str, version: KubernetesVersion) -> Status {
        self.flag(name).map_or(Status::Unknown, |flag| flag.status(version))
    }

    /// The name that was probably meant, among the flags that a release takes.
    pub fn similar(self, name: &str, version: KubernetesVersion) -> Option<&'static str> {
        let taken = self.flags().iter().filter(|f| matches!(f.status(version), Status::Current | Status::Deprecated));
        crate::directive::similar(name, taken.map(|f| f.name))
    }
}

const fn f(name: &'static str) -> Flag {
    Flag::new(name)
}

#[rustfmt::skip]
const KUBELET: &[Flag] = &[
    // The kubelet's own. There is no field for these.
    f("config"),
    f("config-dir").since(28),
    f("kubeconfig"),
    f("bootstrap-kubeconfig"),
    f("experimental-bootstrap-kubeconfig").deprecated(13).removed(23).instead("write --bootstrap-kubeconfig"),
    f("cert-dir"),
    f("root-dir"),
    f("hostname-override"),
    f("node-ip"),
    f("node-labels"),
    f("runtime-cgroups"),
    f("lock-file"),
    f("exit-on-lock-contention").boolean(),
    f("image-credential-provider-config").since(20),
    f("image-credential-provider-bin-dir").since(20),
    f("cloud-provider").deprecated(19),
    f("help").boolean(),
    f("version").boolean(),
    f("v").also("logging.verbosity", 23),
    f("vmodule").also("logging.vmodule", 23),
    f("log-flush-frequency").also("logging.flushFrequency", 23),
    f("provider-id").also("providerID", 19),
    f("seccomp-default").boolean().since(22).also("seccompDefault", 22),
    f("register-node").boolean().file("registerNode", 23),
    f("register-with-taints").file("registerWithTaints", 23),
    f("container-runtime-endpoint").file("containerRuntimeEndpoint", 27),
    f("image-service-endpoint").file("imageServiceEndpoint", 27),

    // docker, and what went with it.
    f("container-runtime").deprecated(24).removed(27).instead("leave it out: the endpoint says which runtime it is"),
    f("network-plugin").deprecated(21).removed(24).instead(RUNTIME),
    f("network-plugin-mtu").deprecated(21).removed(24).instead(RUNTIME),
    f("cni-conf-dir").deprecated(21).removed(24).instead(RUNTIME),
    f("cni-bin-dir").deprecated(21).removed(24).instead(RUNTIME),
    f("cni-cache-dir").since(16).deprecated(21).removed(24).instead(RUNTIME),
    f("image-pull-progress-deadline").deprecated(21).removed(24).instead(RUNTIME),
    f("docker-endpoint").deprecated(21).removed(24).instead(RUNTIME),
    f("docker").deprecated(13).removed(24),
    f("docker-root").removed(24),
    f("docker-only").boolean().deprecated(13).removed(24),
    f("docker-tls").boolean().deprecated(13).removed(24),
    f("docker-tls-ca").deprecated(13).removed(24),
    f("docker-tls-cert").deprecated(13).removed(24),
    f("docker-tls-key").deprecated(13).removed(24),
    f("docker-env-metadata-whitelist").deprecated(13).removed(24),
    f("experimental-dockershim").boolean().removed(19),
    f("experimental-dockershim-root-directory").removed(24),
    f("pod-infra-container-image").deprecated(24).removed(35)
        .instead("leave it out, and set the runtime's own (containerd: sandbox_image)"),

    // The group that the file backs.
    f("address").file("address", 13),
    f("allowed-unsafe-sysctls").file("allowedUnsafeSysctls", 16),
    f("anonymous-auth").boolean().file("authentication.anonymous.enabled", 13),
    f("authentication-token-webhook").boolean().file("authentication.webhook.enabled", 13),
    f("authentication-token-webhook-cache-ttl").file("authentication.webhook.cacheTTL", 13),
    f("authorization-mode").file("authorization.mode", 13),
    f("authorization-webhook-cache-authorized-ttl").file("authorization.webhook.cacheAuthorizedTTL", 13),
    f("authorization-webhook-cache-unauthorized-ttl").file("authorization.webhook.cacheUnauthorizedTTL", 13),
    f("cgroup-driver").file("cgroupDriver", 13),
    f("cgroup-root").file("cgroupRoot", 13),
    f("cgroups-per-qos").boolean().file("cgroupsPerQOS", 13),
    f("client-ca-file").file("authentication.x509.clientCAFile", 13),
    f("cluster-dns").file("clusterDNS", 13),
    f("cluster-domain").file("clusterDomain", 13),
    f("container-log-max-files").file("containerLogMaxFiles", 13),
    f("container-log-max-size").file("containerLogMaxSize", 13),
    f("contention-profiling").boolean().file("enableContentionProfiling", 13),
    f("cpu-cfs-quota").boolean().file("cpuCFSQuota", 13),
    f("cpu-cfs-quota-period").file("cpuCFSQuotaPeriod", 13),
    f("cpu-manager-policy").file("cpuManagerPolicy", 13),
    f("cpu-manager-policy-options").since(22).file("cpuManagerPolicyOptions", 22),
    f("cpu-manager-reconcile-period").file("cpuManagerReconcilePeriod", 13),
    f("enable-controller-attach-detach").boolean().file("enableControllerAttachDetach", 13),
    f("enable-debugging-handlers").boolean().file("enableDebuggingHandlers", 13),
    f("enable-server").boolean().file("enableServer", 19),
    f("enforce-node-allocatable").file("enforceNodeAllocatable", 13),
    f("event-burst").file("eventBurst", 13),
    f("event-qps").file("eventRecordQPS", 13),
    f("eviction-hard").file("evictionHard", 13),
    f("eviction-max-pod-grace-period").file("evictionMaxPodGracePeriod", 13),
    f("eviction-minimum-reclaim").file("evictionMinimumReclaim", 13),
    f("eviction-pressure-transition-period").file("evictionPressureTransitionPeriod", 13),
    f("eviction-soft").file("evictionSoft", 13),
    f("eviction-soft-grace-period").file("evictionSoftGracePeriod", 13),
    f("fail-cgroupv1").boolean().since(31).file("failCgroupV1", 31),
    f("fail-swap-on").boolean().file("failSwapOn", 13),
    f("feature-gates").file("featureGates", 13),
    f("file-check-frequency").file("fileCheckFrequency", 13),
    f("hairpin-mode").file("hairpinMode", 13),
    f("healthz-bind-address").file("healthzBindAddress", 13),
    f("healthz-port").file("healthzPort", 13),
    f("http-check-frequency").file("httpCheckFrequency", 13),
    f("image-gc-high-threshold").file("imageGCHighThresholdPercent", 13),
    f("image-gc-low-threshold").file("imageGCLowThresholdPercent", 13),
    f("kernel-memcg-notification").boolean().since(19).file("kernelMemcgNotification", 19),
    f("kube-api-burst").file("kubeAPIBurst", 13),
    f("kube-api-content-type").file("contentType", 13),
    f("kube-api-qps").file("kubeAPIQPS", 13),
    f("kube-reserved").file("kubeReserved", 13),
    f("kube-reserved-cgroup").file("kubeReservedCgroup", 13),
    f("kubelet-cgroups").file("kubeletCgroups", 13),
    f("local-storage-capacity-isolation").boolean().since(25).file("localStorageCapacityIsolation", 25),
    f("log-json-info-buffer-size").since(23).file("logging.options.json.infoBufferSize", 23),
    f("log-json-split-stream").boolean().since(23).file("logging.options.json.splitStream", 23),
    f("log-text-info-buffer-size").since(30).file("logging.options.text.infoBufferSize", 30),
    f("log-text-split-stream").boolean().since(30).file("logging.options.text.splitStream", 30),
    f("logging-format").since(19).file("logging.format", 19),
    f("make-iptables-util-chains").boolean().file("makeIPTablesUtilChains", 13),
    f("manifest-url").file("staticPodURL", 13),
    f("manifest-url-header").file("staticPodURLHeader", 13),
    f("max-open-files").file("maxOpenFiles", 13),
    f("max-pods").file("maxPods", 13),
    f("memory-manager-policy").since(21).file("memoryManagerPolicy", 21),
    f("minimum-image-ttl-duration").file("imageMinimumGCAge", 13),
    f("node-status-max-images").file("nodeStatusMaxImages", 19),
    f("node-status-update-frequency").file("nodeStatusUpdateFrequency", 13),
    f("oom-score-adj").file("oomScoreAdj", 13),
    f("pod-cidr").file("podCIDR", 13),
    f("pod-manifest-path").file("staticPodPath", 13),
    f("pod-max-pids").file("podPidsLimit", 13),
    f("pods-per-core").file("podsPerCore", 13),
    f("port").file("port", 13),
    f("protect-kernel-defaults").boolean().file("protectKernelDefaults", 13),
    f("qos-reserved").file("qosReserved", 13),
    f("read-only-port").file("readOnlyPort", 13),
    f("registry-burst").file("registryBurst", 13),
    f("registry-qps").file("registryPullQPS", 13),
    f("reserved-cpus").since(17).file("reservedSystemCPUs", 17),
    f("reserved-memory").since(21).file("reservedMemory", 21),
    f("resolv-conf").file("resolvConf", 13),
    f("rotate-certificates").boolean().file("rotateCertificates", 13),
    f("rotate-server-certificates").boolean().file("serverTLSBootstrap", 13),
    f("runtime-request-timeout").file("runtimeRequestTimeout", 13),
    f("serialize-image-pulls").boolean().file("serializeImagePulls", 13),
    f("streaming-connection-idle-timeout").file("streamingConnectionIdleTimeout", 13),
    f("sync-frequency").file("syncFrequency", 13),
    f("system-cgroups").file("systemCgroups", 13),
    f("system-reserved").file("systemReserved", 13),
    f("system-reserved-cgroup").file("systemReservedCgroup", 13),
    f("tls-cert-file").file("tlsCertFile", 13),
    f("tls-cipher-suites").file("tlsCipherSuites", 13),
    f("tls-min-version").file("tlsMinVersion", 13),
    f("tls-private-key-file").file("tlsPrivateKeyFile", 13),
    f("topology-manager-policy").since(16).file("topologyManagerPolicy", 16),
    f("topology-manager-policy-options").since(26).file("topologyManagerPolicyOptions", 26),
    f("topology-manager-scope").since(20).file("topologyManagerScope", 20),
    f("volume-plugin-dir").file("volumePluginDir", 19),
    f("volume-stats-agg-period").file("volumeStatsAggPeriod", 13),

    // What went, or is going.
    f("allow-privileged").boolean().deprecated(13).removed(15).instead("leave it out: privileged Pods are allowed anyway"),
    f("chaos-chance").deprecated(19).removed(22),
    f("cloud-config").deprecated(19).removed(34),
    f("containerized").boolean().deprecated(14).removed(16),
    f("dynamic-config-dir").deprecated(22).removed(24),
    f("experimental-allocatable-ignore-eviction").boolean().deprecated(19),
    f("experimental-check-node-capabilities-before-mount").boolean().deprecated(19).removed(24),
    f("experimental-fail-swap-on").boolean().removed(14).also("failSwapOn", 13),
    f("experimental-kernel-memcg-notification").boolean().removed(25).file("kernelMemcgNotification", 19),
    f("experimental-logging-sanitization").boolean().since(20).deprecated(20).removed(24),
    f("experimental-mounter-path").deprecated(19),
    f("host-ipc-sources").deprecated(13).removed(15),
    f("host-network-sources").deprecated(13).removed(15),
    f("host-pid-sources").deprecated(13).removed(15),
    f("iptables-drop-bit").deprecated(28).removed(31),
    f("iptables-masquerade-bit").deprecated(28).removed(31),
    f("keep-terminated-pod-volumes").boolean().deprecated(13).removed(31),
    f("master-service-namespace").deprecated(13).removed(27),
    f("maximum-dead-containers").deprecated(13).instead("write evictionHard or evictionSoft in the configuration file"),
    f("maximum-dead-containers-per-container").deprecated(13)
        .instead("write evictionHard or evictionSoft in the configuration file"),
    f("minimum-container-ttl-duration").deprecated(13).instead("write evictionHard or evictionSoft in the configuration file"),
    f("non-masquerade-cidr").deprecated(13).removed(24),
    f("really-crash-for-testing").boolean().deprecated(19),
    f("redirect-container-streaming").boolean().deprecated(18).removed(22),
    f("register-schedulable").boolean().deprecated(13).removed(34).also("registerWithTaints", 23),
    f("runonce").boolean().deprecated(19).removed(32),
    f("seccomp-profile-root").deprecated(19).removed(23).instead("leave it out: profiles are in ROOT-DIR/seccomp"),

    // klog's.
    f("add-dir-header").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("alsologtostderr").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("log-backtrace-at").deprecated(23).removed(26).instead(LOGGING),
    f("log-dir").deprecated(23).removed(26).instead(LOGGING),
    f("log-file").deprecated(23).removed(26).instead(LOGGING),
    f("log-file-max-size").deprecated(23).removed(26).instead(LOGGING),
    f("logtostderr").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("one-output").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("skip-headers").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("skip-log-headers").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("stderrthreshold").deprecated(23).removed(26).instead(LOGGING),

    // cAdvisor's, which got in by mistake; all but the housekeeping intervals are deprecated for that.
    f("application-metrics-count-limit").deprecated(13),
    f("boot-id-file").deprecated(13),
    f("container-hints").deprecated(13),
    f("containerd").deprecated(13),
    f("containerd-namespace").deprecated(13),
    f("enable-load-reader").boolean().deprecated(13),
    f("event-storage-age-limit").deprecated(13),
    f("event-storage-event-limit").deprecated(13),
    f("global-housekeeping-interval").deprecated(13),
    f("housekeeping-interval"),
    f("log-cadvisor-usage").boolean().deprecated(13),
    f("machine-id-file").deprecated(13),
    f("storage-driver-buffer-duration").deprecated(13),
    f("storage-driver-db").deprecated(13),
    f("storage-driver-host").deprecated(13),
    f("storage-driver-password").deprecated(13),
    f("storage-driver-secure").boolean().deprecated(13),
    f("storage-driver-table").deprecated(13),
    f("storage-driver-user").deprecated(13),
];

#[rustfmt::skip]
const KUBE_PROXY: &[Flag] = &[
    // These count beside --config.
    f("config"),
    f("hostname-override").also("hostnameOverride", 13),
    f("master"),
    f("write-config-to"),
    f("cleanup").boolean(),
    f("init-only").boolean().since(30),
    f("help").boolean(),
    f("version").boolean(),
    f("v").also("logging.verbosity", 28),
    f("vmodule").also("logging.vmodule", 28),
    f("log-flush-frequency").also("logging.flushFrequency", 28),
    f("logging-format").since(28).also("logging.format", 28),
    f("log-json-info-buffer-size").since(28).also("logging.options.json.infoBufferSize", 28),
    f("log-json-split-stream").boolean().since(28).also("logging.options.json.splitStream", 28),
    f("log-text-info-buffer-size").since(30).also("logging.options.text.infoBufferSize", 30),
    f("log-text-split-stream").boolean().since(30).also("logging.options.text.splitStream", 30),

    // These do not.
    f("bind-address").file("bindAddress", 13),
    f("bind-address-hard-fail").boolean().since(19).file("bindAddressHardFail", 19),
    f("cluster-cidr").file("clusterCIDR", 13),
    f("config-sync-period").file("configSyncPeriod", 13),
    f("conntrack-max-per-core").file("conntrack.maxPerCore", 13),
    f("conntrack-min").file("conntrack.min", 13),
    f("conntrack-tcp-be-liberal").boolean().since(29).file("conntrack.tcpBeLiberal", 29),
    f("conntrack-tcp-timeout-close-wait").file("conntrack.tcpCloseWaitTimeout", 13),
    f("conntrack-tcp-timeout-established").file("conntrack.tcpEstablishedTimeout", 13),
    f("conntrack-udp-timeout").since(29).file("conntrack.udpTimeout", 29),
    f("conntrack-udp-timeout-stream").since(29).file("conntrack.udpStreamTimeout", 29),
    f("detect-local-mode").since(18).file("detectLocalMode", 18),
    f("feature-gates").file("featureGates", 13),
    f("healthz-bind-address").file("healthzBindAddress", 13),
    f("healthz-port").deprecated(13).file("healthzBindAddress", 13),
    f("iptables-localhost-nodeports").boolean().since(26).file("iptables.localhostNodePorts", 26),
    f("iptables-masquerade-bit").file("iptables.masqueradeBit", 13),
    f("iptables-min-sync-period").file("iptables.minSyncPeriod", 13),
    f("iptables-sync-period").file("iptables.syncPeriod", 13),
    f("ipvs-exclude-cidrs").file("ipvs.excludeCIDRs", 13),
    f("ipvs-min-sync-period").file("ipvs.minSyncPeriod", 13),
    f("ipvs-scheduler").file("ipvs.scheduler", 13),
    // 1.13.6 and 1.14.2 have it too.
    f("ipvs-strict-arp").boolean().file("ipvs.strictARP", 13),
    f("ipvs-sync-period").file("ipvs.syncPeriod", 13),
    f("ipvs-tcp-timeout").since(18).file("ipvs.tcpTimeout", 18),
    f("ipvs-tcpfin-timeout").since(18).file("ipvs.tcpFinTimeout", 18),
    f("ipvs-udp-timeout").since(18).file("ipvs.udpTimeout", 18),
    f("kube-api-burst").file("clientConnection.burst", 13),
    f("kube-api-content-type").file("clientConnection.contentType", 13),
    f("kube-api-qps").file("clientConnection.qps", 13),
    f("kubeconfig").file("clientConnection.kubeconfig", 13),
    f("masquerade-all").boolean().file("iptables.masqueradeAll", 13),
    f("metrics-bind-address").file("metricsBindAddress", 13),
    f("metrics-port").deprecated(13).file("metricsBindAddress", 13),
    f("nodeport-addresses").file("nodePortAddresses", 13),
    f("oom-score-adj").file("oomScoreAdj", 13),
    f("pod-bridge-interface").since(24).file("detectLocal.bridgeInterface", 24),
    f("pod-interface-name-prefix").since(24).file("detectLocal.interfaceNamePrefix", 24),
    f("profiling").boolean().file("enableProfiling", 13),
    f("proxy-mode").file("mode", 13),
    f("show-hidden-metrics-for-version").since(18).file("showHiddenMetricsForVersion", 18),

    // What went.
    f("cleanup-iptables").boolean().deprecated(13).removed(15).instead("write --cleanup"),
    f("cleanup-ipvs").boolean().removed(21).instead("leave it out: --cleanup does it"),
    f("conntrack-max").removed(15).instead("write conntrack.maxPerCore in the configuration file"),
    f("proxy-port-range").removed(31),
    f("resource-container").removed(16),
    f("udp-timeout").removed(26),

    // klog's.
    f("add-dir-header").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("alsologtostderr").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("log-backtrace-at").deprecated(23).removed(26).instead(LOGGING),
    f("log-dir").deprecated(23).removed(26).instead(LOGGING),
    f("log-file").deprecated(23).removed(26).instead(LOGGING),
    f("log-file-max-size").deprecated(23).removed(26).instead(LOGGING),
    f("logtostderr").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("one-output").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("skip-headers").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("skip-log-headers").boolean().deprecated(23).removed(26).instead(LOGGING),
    f("stderrthreshold").deprecated(23).removed(26).instead(LOGGING),
];

#[cfg(test)]
mod tests {
    use super::{Program, Status};
    use khw_core::KubernetesVersion;

    #[test]
    fn each_flag_is_there_once_and_its_history_is_in_order() {
        for program in [Program::Kubelet, Program::KubeProxy] {
            let mut names: Vec<&str> = program.flags().iter().map(|f| f.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{program:?}");
            for f in program.flags() {
                assert!(f.deprecated.is_none_or(|d| d >= f.since && f.removed.is_none_or(|r| r > d)), "{}", f.name);
                assert!(f.removed.is_none_or(|r| r > f.since), "{}", f.name);
                assert!(f.removed.is_none() || !f.instead.is_empty(), "{}", f.name);
            }
        }
    }

    /// What the sources of the releases on both sides of each change say.
    #[test]
    fn history_as_in_the_sources() {
        use Status::{Current, Deprecated, NotYet, Removed, Unknown};
        for (name, before, status, then) in [
            ("network-plugin", 20, Current, Some((21, Deprecated))),
            ("network-plugin", 23, Deprecated, Some((24, Removed))),
            ("image-pull-progress-deadline", 23, Deprecated, Some((24, Removed))),
            ("container-runtime", 23, Current, Some((24, Deprecated))),
            ("container-runtime", 26, Deprecated, Some((27, Removed))),
            ("container-runtime-endpoint", 26, Current, Some((27, Deprecated))),
            ("container_runtime_endpoint", 37, Deprecated, None),
            ("pod-infra-container-image", 34, Deprecated, Some((35, Removed))),
            ("register-node", 22, Current, Some((23, Deprecated))),
            ("allow-privileged", 14, Deprecated, Some((15, Removed))),
            ("logtostderr", 22, Current, Some((23, Deprecated))),
            ("logtostderr", 25, Deprecated, Some((26, Removed))),
            ("config-dir", 27, NotYet, Some((28, Current))),
            ("seccomp-default", 21, NotYet, Some((22, Current))),
            ("cloud-provider", 28, Deprecated, Some((29, Current))),
            ("tls-cert-file", 13, Deprecated, None),
            ("node-ip", 13, Current, None),
            ("v", 37, Current, None),
            ("runonce", 31, Deprecated, Some((32, Removed))),
            ("no-such", 20, Unknown, None),
            ("", 20, Unknown, None),
        ] {
            let at = |minor| Program::Kubelet.status(name, KubernetesVersion::minor_release(minor));
            assert_eq!(at(before), status, "{name} {before}");
            if let Some((after, status)) = then {
                assert_eq!(at(after), status, "{name} {after}");
            }
        }
    }

    #[test]
    fn names_what_takes_its_place() {
        let advice = |name, minor| {
            let version = KubernetesVersion::minor_release(minor);
            Program::Kubelet.flag(name).map(|f| f.advice(Program::Kubelet, version))
        };
        assert_eq!(
            advice("register-node", 23).as_deref(),
            Some("write registerNode in the configuration file (khw-kubelet-conf --set registerNode=VALUE)")
        );
        assert_eq!(advice("register-node", 22).as_deref(), Some("leave it out"));
        assert_eq!(Program::Kubelet.similar("kube-config", KubernetesVersion::NEWEST), Some("kubeconfig"));
    }
}
