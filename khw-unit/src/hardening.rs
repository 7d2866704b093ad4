//! `--hardened`: what systemd takes away from kubelet and kube-proxy that they never use.
//!
//! The kubelet is the harder case: it mounts volumes that the container runtime, another service, must see. A mount
//! namespace of its own ends that, so nothing that makes one may be set (systemd.exec(5), "Sandboxing").

use crate::flag::Program;

/// A directive of [Service] with its value, and why the program survives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardening {
    /// The directive.
    pub name: &'static str,
    /// Its value.
    pub value: &'static str,
    /// Why it may be set.
    pub reason: &'static str,
}

/// Directives that give a service mounts of its own, and so hide the kubelet's volumes from the containers; sorted.
///
/// systemd 252, `exec_needs_mount_namespace` and what systemd.exec(5) says of each.
pub const OWN_MOUNTS: [&str; 28] = [
    "BindPaths",
    "BindReadOnlyPaths",
    "DynamicUser",
    "ExecPaths",
    "InaccessibleDirectories",
    "InaccessiblePaths",
    "MountFlags",
    "NoExecPaths",
    "PrivateDevices",
    "PrivateIPC",
    "PrivateMounts",
    "PrivateTmp",
    "PrivateUsers",
    "ProcSubset",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProtectSystem",
    "ReadOnlyDirectories",
    "ReadOnlyPaths",
    "ReadWriteDirectories",
    "ReadWritePaths",
    "RootDirectory",
    "RootImage",
    "TemporaryFileSystem",
];

/// What may be set for a program, in the order of the unit.
pub const fn of(program: Program) -> &'static [Hardening] {
    match program {
        Program::Kubelet => KUBELET,
        Program::KubeProxy => KUBE_PROXY,
    }
}

/// What the kubelet cannot have, and why.
pub const NOT_FOR_THE_KUBELET: &[(&str, &str)] = &[
    (
        "PrivateTmp=, PrivateDevices=, PrivateMounts=, ProtectSystem=, ProtectHome=, ProtectProc=, ReadOnlyPaths= and the like",
        "each makes a mount namespace: volumes that the kubelet mounts would not reach the containers",
    ),
    ("ProtectKernelTunables=", "the kubelet sets vm.overcommit_memory, kernel.panic and others at its start"),
    ("ProtectKernelLogs=", "the kubelet reads /dev/kmsg to learn of processes killed for want of memory"),
    ("ProtectControlGroups=", "the kubelet makes the control groups of the Pods"),
    ("ProtectClock=, DeviceAllow=", "a list of devices shuts out the disks that the kubelet formats and mounts"),
    ("RestrictSUIDSGID=", "a volume with fsGroup gets the set-group-ID bit on its directories"),
    ("RestrictNamespaces=", "up to v1.23 the kubelet runs the CNI plugins, which enter network namespaces"),
    ("RestrictAddressFamilies=", "mount helpers of network file systems open sockets of their own kinds"),
    (
        "MemoryDenyWriteExecute=, NoNewPrivileges=",
        "volume and credential plugins are programs of others, run by the kubelet",
    ),
    ("UMask=", "Pods' directories would be closed to the users in the containers"),
];

const fn hardening(name: &'static str, value: &'static str, reason: &'static str) -> Hardening {
    Hardening { name, value, reason }
}

const PERSONALITY: Hardening =
    hardening("LockPersonality", "yes", "neither it nor its helpers run as another kind of Unix");
const REALTIME: Hardening =
    hardening("RestrictRealtime", "yes", "it asks for no real-time scheduling; containers are started by the runtime");
const HOSTNAME: Hardening = hardening("ProtectHostname", "yes", "it reads the host's name and never sets it");
const NATIVE: Hardening =
    hardening("SystemCallArchitectures", "native", "the program and what it runs are made for this machine");
const CALLS: Hardening = hardening(
    "SystemCallFilter",
    "~@clock @cpu-emulation @obsolete @raw-io @reboot @swap",
    "it sets no clock, makes no swap, drives no hardware and does not restart the host",
);
const REFUSED: Hardening =
    hardening("SystemCallErrorNumber", "EPERM", "a call that is filtered fails, instead of killing the program");

const KUBELET: &[Hardening] = &[
    hardening(
        "CapabilityBoundingSet",
        "~CAP_SYS_BOOT CAP_SYS_PACCT CAP_SYS_TIME CAP_WAKE_ALARM",
        "it mounts, changes owners and signals, but sets no clock and does not restart the host; containers get theirs from the runtime",
    ),
    PERSONALITY,
    REALTIME,
    HOSTNAME,
    NATIVE,
    CALLS,
    REFUSED,
];

const KUBE_PROXY: &[Hardening] = &[
    hardening(
        "CapabilityBoundingSet",
        "CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SYS_MODULE CAP_SYS_RESOURCE",
        "it writes packet filter rules, loads their modules, opens node ports and sets its own OOM score",
    ),
    hardening("NoNewPrivileges", "yes", "iptables and ipset, which it runs, are not set-user-ID"),
    PERSONALITY,
    REALTIME,
    hardening("RestrictSUIDSGID", "yes", "it makes no programs"),
    hardening("RestrictNamespaces", "yes", "it works in the host's network, and enters no other"),
    hardening(
        "RestrictAddressFamilies",
        "AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "the API server, iptables, and the kernel's tables of addresses and connections",
    ),
    hardening("MemoryDenyWriteExecute", "yes", "a Go program makes no code while it runs"),
    HOSTNAME,
    hardening("ProtectControlGroups", "yes", "it has nothing to do with control groups"),
    hardening("ProtectSystem", "full", "it writes nothing in /usr, /boot and /etc; /run has the lock of iptables"),
    hardening("ProtectHome", "read-only", "its files may be there, and it writes none"),
    hardening("PrivateTmp", "yes", "it uses no temporary file of others"),
    hardening("PrivateDevices", "yes", "it uses no device but null and random"),
    NATIVE,
    CALLS,
    REFUSED,
];

#[cfg(test)]
mod tests {
    use super::{OWN_MOUNTS, Program, of};
    use crate::directive;

    #[test]
    fn each_directive_is_one_of_a_service_and_stands_there_once() {
        for program in [Program::Kubelet, Program::KubeProxy] {
            let mut names: Vec<&str> = of(program).iter().map(|h| h.name).collect();
            let known = directive::of_section("Service").unwrap_or_default();
            assert!(names.iter().all(|n| known.contains(n)));
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all);
        }
        assert!(OWN_MOUNTS.is_sorted());
    }

    #[test]
    fn the_kubelet_gets_no_mounts_of_its_own() {
        assert!(of(Program::Kubelet).iter().all(|h| !OWN_MOUNTS.contains(&h.name)));
    }
}
