//! `preflight`: what the host must have and be before the kubelet is started.
//!
//! Everything is read below the root of the worker, so that a chroot, or a test, is looked at as it is. Sockets and ports are
//! tried for real. A socket that accepts is asked for `/runtime.v1.RuntimeService/Version` (see [`crate::cri`]).

use crate::cri::{self, Answer};
use crate::listener;
use crate::verify::{self, Subject};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// The names of its own findings.
const OWN_CHECKS: &[&str] = &[
    "not-root",
    "swap-on",
    "swap-after-boot",
    "cgroup-v1",
    "runtime-socket-missing",
    "runtime-socket-refused",
    "runtime-no-cri-v1",
    "kernel-module-missing",
    "sysctl-ip-forward",
    "sysctl-bridge-iptables",
    "program-missing",
    "port-in-use",
    "cni-directory-missing",
    "leftover-kubeadm",
    "leftover-node-state",
    "leftover-cni",
    "disk-space",
    "read-only-file-system",
];

/// What `verify` finds that belongs to the host rather than to the worker's files.
const OF_VERIFY: &[&str] = &[
    "hostname-differs",
    "hostname-override-differs",
    "hostname-override-invalid",
    "drop-in-overrides",
    "unit-masked",
    "required-unit-missing",
    "cgroup-driver-differs",
    "containerd-invalid",
    "containerd-cri-disabled",
    "docker-invalid",
    "resolv-conf-empty",
    "resolv-conf-loopback",
    "certificate-not-yet-valid",
];

/// All names.
pub fn check_names() -> Vec<&'static str> {
    let mut names = [OWN_CHECKS, OF_VERIFY, crate::api::CHECKS, crate::online::CHECKS].concat();
    names.sort_unstable();
    names.dedup();
    names
}

/// Looks at the host.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let seen = verify::look(subject);
    let mut host = Host { subject, findings: Vec::new() };
    host.root();
    host.swap(seen.settings.fail_swap_on);
    host.cgroup(seen.settings.version, seen.settings.fail_cgroup_v1);
    host.kernel();
    host.programs(&seen.settings.proxy_mode);
    if host.runs() {
        host.runtime(&seen.settings.runtime_socket, seen.settings.version);
        host.ports(&seen.settings.ports);
        host.disk();
    }
    host.directories();
    host.leftovers();
    let of_verify = seen.findings.into_iter().filter(|f| OF_VERIFY.contains(&f.name));
    host.findings.extend(of_verify);
    host.findings
}

struct Host<'a> {
    subject: &'a Subject<'a>,
    findings: Vec<Finding>,
}

impl Host<'_> {
    fn text(&self, path: &str) -> Option<String> {
        let found = self.subject.target.read(Path::new(path)).ok()??;
        Some(String::from_utf8_lossy(&found.content).into_owned())
    }

    fn is_there(&self, path: &str) -> bool {
        self.subject.target.stat(Path::new(path)).is_some()
    }

    /// Whether this is a running system. A staged tree has no sockets, ports and disk of its own.
    fn runs(&self) -> bool {
        self.is_there("/proc/mounts")
    }

    fn find(&mut self, path: &str, finding: Finding, fix: impl Into<String>) {
        let shown = self.subject.target.shown(Path::new(path)).display().to_string();
        self.findings.push(finding.file(shown).fix(fix));
    }

    fn root(&mut self) {
        if !self.subject.target.is_staged() && !nix::unistd::Uid::effective().is_root() {
            let finding = Finding::error("not-root", "only root can look at everything and start the services");
            self.find("/", finding, "run it with sudo");
        }
    }

    fn swap(&mut self, fails: bool) {
        if !fails {
            return;
        }
        let swaps = self.text("/proc/swaps").unwrap_or_default();
        let on: Vec<&str> = swaps.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        if !on.is_empty() {
            let finding = Finding::error("swap-on", format!("{} is in use: the kubelet stops", on.join(", ")));
            self.find("/proc/swaps", finding, "`swapoff -a`, or failSwapOn: false in the kubelet's configuration");
        }
        let fstab = self.text("/etc/fstab").unwrap_or_default();
        for (index, line) in fstab.lines().enumerate() {
            let mut words = line.split_whitespace();
            let device = words.next().unwrap_or_default();
            let options = line.split_whitespace().nth(3).unwrap_or_default();
            if device.starts_with('#') || words.nth(1) != Some("swap") || options.split(',').any(|o| o == "noauto") {
                continue;
            }
            let finding = Finding::warning("swap-after-boot", format!("{device} becomes swap again at the next boot"));
            self.find("/etc/fstab", finding.line(index + 1), "put a # before this line");
        }
        for directory in ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"] {
            for name in self.subject.target.names(Path::new(directory)) {
                let path = Path::new(directory).join(&name);
                if path.extension().is_some_and(|e| e == "swap")
                    && self.subject.target.read_link(&path).as_deref() != Some(Path::new("/dev/null"))
                {
                    let name = name.to_string_lossy().into_owned();
                    let finding = Finding::warning("swap-after-boot", "this unit makes swap again at the next boot");
                    self.find(&path.display().to_string(), finding, format!("systemctl mask {name}"));
                }
            }
        }
    }

    fn cgroup(&mut self, version: Option<KubernetesVersion>, fails: Option<bool>) {
        let Some(mounts) = self.text("/proc/mounts") else { return };
        let is_v2 = mounts.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.get(1) == Some(&"/sys/fs/cgroup") && words.get(2) == Some(&"cgroup2")
        });
        // failCgroupV1 came with 1.31 and is true by default from 1.35 on.
        let stops = fails.unwrap_or_else(|| version.is_some_and(|v| v.at_least(35)));
        if !is_v2 && stops {
            let of = version.map_or_else(String::new, |v| format!(" of {v}"));
            let message =
                format!("is not cgroup v2: the kubelet{of} stops ('configured to not run on a host using cgroup v1')");
            let fix = "boot with systemd.unified_cgroup_hierarchy=1, or write failCgroupV1: false";
            self.find("/sys/fs/cgroup", Finding::error("cgroup-v1", message), fix);
        }
    }

    fn runtime(&mut self, socket: &str, version: Option<KubernetesVersion>) {
        let target = self.subject.target;
        let Some(path) = socket.strip_prefix("unix://").map(PathBuf::from) else { return };
        if target.stat(&path).is_none() {
            let message = "the container runtime's socket is not there: it does not run, or listens elsewhere";
            let shown = path.display().to_string();
            let runtime = ["docker", "crio"].into_iter().find(|name| shown.contains(name)).unwrap_or("containerd");
            let fix = format!("install and start it: `systemctl enable --now {runtime}`");
            self.find(&shown, Finding::error("runtime-socket-missing", message), fix);
            return;
        }
        let shown = path.display().to_string();
        match cri::version(&target.shown(&path)) {
            Ok(Answer::Version { .. }) => {}
            // docker and containerd before 1.6 have no CRI v1; kubelets up to 1.25 do not need it.
            Ok(Answer::Unknown) if version.is_none_or(|v| v.at_least(26)) && !shown.contains("docker") => {
                let message =
                    "does not know the runtime service of CRI v1 ('unknown service runtime.v1.RuntimeService')";
                let fix = "take cri out of disabled_plugins in /etc/containerd/config.toml, or install containerd 1.6 or newer";
                self.find(&shown, Finding::error("runtime-no-cri-v1", message), fix);
            }
            Ok(Answer::Unknown) => {}
            Err(error) => {
                let what = match error.kind() {
                    ErrorKind::ConnectionRefused => "nobody listens on it (connection refused)".to_owned(),
                    ErrorKind::PermissionDenied => "may not be opened (permission denied)".to_owned(),
                    _ => format!("gives no answer ({error})"),
                };
                let finding = Finding::error("runtime-socket-refused", what);
                self.find(&shown, finding, "start the container runtime: `systemctl restart containerd`");
            }
        }
    }

    fn kernel(&mut self) {
        let bridge = self.text("/proc/sys/net/bridge/bridge-nf-call-iptables");
        // A kernel without modules has in it what it has, and nothing can be loaded.
        if let Some(modules) = self.text("/proc/modules") {
            let loaded = |name: &str| modules.lines().any(|line| line.split_whitespace().next() == Some(name));
            let overlay = loaded("overlay")
                || self.text("/proc/filesystems").is_some_and(|t| t.split_whitespace().any(|word| word == "overlay"));
            for (name, there) in [("overlay", overlay), ("br_netfilter", loaded("br_netfilter") || bridge.is_some())] {
                if there {
                    continue;
                }
                let finding = Finding::error("kernel-module-missing", format!("{name} is not loaded")).field(name);
                let fix = format!("`modprobe {name}`, and write {name} into /etc/modules-load.d/kubernetes.conf");
                self.find("/proc/modules", finding, fix);
            }
        }
        for (path, value, name, key) in [
            (
                "/proc/sys/net/bridge/bridge-nf-call-iptables",
                bridge.clone(),
                "sysctl-bridge-iptables",
                "net.bridge.bridge-nf-call-iptables",
            ),
            (
                "/proc/sys/net/ipv4/ip_forward",
                self.text("/proc/sys/net/ipv4/ip_forward"),
                "sysctl-ip-forward",
                "net.ipv4.ip_forward",
            ),
        ] {
            if value.is_some_and(|value| value.trim() != "1") {
                let finding = Finding::error(name, "is 0: packets of Pods do not get where they should").field(key);
                let fix = format!("`sysctl -w {key}=1`, and write {key} = 1 into /etc/sysctl.d/kubernetes.conf");
                self.find(path, finding, fix);
            }
        }
    }

    fn programs(&mut self, mode: &str) {
        // Only a whole system has programs to look for.
        if !["/bin/sh", "/usr/bin/sh"].iter().any(|sh| self.is_there(sh)) {
            return;
        }
        let filter = if mode == "nftables" { ("nft", "nftables") } else { ("iptables", "iptables") };
        let mut wanted = vec![
            (filter.0, filter.1, "kube-proxy makes its rules with it", true),
            ("mount", "mount", "the kubelet mounts volumes with it", true),
            ("conntrack", "conntrack", "kube-proxy clears connections of UDP services with it", false),
        ];
        if mode == "ipvs" {
            wanted.push(("ipset", "ipset", "kube-proxy in the mode ipvs keeps its addresses with it", true));
        }
        for (program, package, what, is_error) in wanted {
            let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
            if !directories.iter().any(|d| self.is_there(&format!("{d}/{program}"))) {
                let message = format!("{program} is not there: {what}");
                let finding = if is_error {
                    Finding::error("program-missing", message)
                } else {
                    Finding::warning("program-missing", message)
                };
                self.find("/usr/sbin", finding.field(program), format!("`apt-get install {package}`"));
            }
        }
    }

    fn ports(&mut self, ports: &[(u16, &'static str)]) {
        for &(port, whose) in ports.iter().filter(|(port, _)| *port != 0) {
            let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            if let Err(error) = TcpListener::bind(address)
                && error.kind() == ErrorKind::AddrInUse
            {
                let program = if whose.starts_with("kube-proxy") { "kube-proxy" } else { "kubelet" };
                let by = listener::of(port);
                // The worker runs already, and this is its own port.
                if by.as_ref().is_some_and(|by| by.program == program) {
                    continue;
                }
                let (by, fix) = match by {
                    Some(by) => (
                        format!("{} (process {})", by.program, by.pid),
                        format!("stop it: `kill {}`, or its unit with systemctl", by.pid),
                    ),
                    None => ("another program".to_owned(), format!("`ss -ltnp sport = :{port}` says by which")),
                };
                let finding = Finding::error("port-in-use", format!("{port}, {whose}, is taken by {by}"));
                self.find("/proc/net/tcp", finding.field(port.to_string()), fix);
            }
        }
    }

    fn directories(&mut self) {
        for directory in ["/etc/cni/net.d", "/opt/cni/bin"] {
            if !self.is_there(directory) {
                let finding = Finding::warning("cni-directory-missing", "is not there: the network plugin goes there");
                self.find(directory, finding, "make it with `khw-install dirs`");
            }
        }
    }

    fn leftovers(&mut self) {
        for path in [
            "/etc/kubernetes/kubelet.conf",
            "/var/lib/kubelet/kubeadm-flags.env",
            "/etc/kubernetes/manifests/kube-apiserver.yaml",
        ] {
            if self.is_there(path) {
                let finding = Finding::warning("leftover-kubeadm", "is kubeadm's, from another installation");
                self.find(path, finding, "`kubeadm reset`, or remove it");
            }
        }
        for path in ["/var/lib/kubelet/cpu_manager_state", "/var/lib/kubelet/memory_manager_state"] {
            // The kubelet refuses a state that does not fit its policy; one of this very kubelet does.
            if self.is_there(path) && !self.is_there("/var/lib/kubelet/kubeconfig") {
                let finding = Finding::warning("leftover-node-state", "is of a kubelet that ran here before");
                self.find(path, finding, format!("remove {path}"));
            }
        }
        for name in self.subject.target.names(Path::new("/etc/cni/net.d")) {
            let name = name.to_string_lossy().into_owned();
            if ["flannel", "calico", "weave", "cilium", "kindnet"].iter().any(|plugin| name.contains(plugin)) {
                let finding = Finding::warning("leftover-cni", "configures a network plugin: is it this cluster's?");
                self.find(&format!("/etc/cni/net.d/{name}"), finding, "remove it when it is left over");
            }
        }
    }

    fn disk(&mut self) {
        // Where the kubelet will make its directory, if it is not there yet.
        let Some(path) = ["/var/lib/kubelet", "/var/lib", "/var", "/"].into_iter().find(|path| self.is_there(path))
        else {
            return;
        };
        let Ok(stat) = nix::sys::statvfs::statvfs(&self.subject.target.shown(Path::new(path))) else { return };
        if stat.flags().contains(nix::sys::statvfs::FsFlags::ST_RDONLY) {
            let finding =
                Finding::error("read-only-file-system", "cannot be written: the kubelet keeps its state here");
            self.find(path, finding, "mount it read-write: `mount -o remount,rw /var`");
        }
        if let Some(finding) = space(stat.blocks_available(), stat.blocks(), stat.files_available(), stat.files()) {
            self.find(path, finding, "make room: below this the kubelet evicts Pods");
        }
    }
}

/// The kubelet's default thresholds: nodefs.available<10%, nodefs.inodesFree<5% (types.go, EvictionHard).
fn space(free: u64, all: u64, free_inodes: u64, all_inodes: u64) -> Option<Finding> {
    let below = |free: u64, all: u64, percent: u64| all > 0 && free.saturating_mul(100) < all.saturating_mul(percent);
    let message = if below(free, all, 10) {
        format!("{} % of the space is free, less than the 10 % of nodefs.available", free.saturating_mul(100) / all)
    } else if below(free_inodes, all_inodes, 5) {
        "less than 5 % of the inodes are free (nodefs.inodesFree)".to_owned()
    } else {
        return None;
    };
    Some(Finding::error("disk-space", message))
}

#[cfg(test)]
mod tests {
    use super::space;

    #[test]
    fn the_thresholds_are_the_kubelets() {
        assert_eq!(space(10, 100, 5, 100), None);
        assert!(space(9, 100, 50, 100).is_some_and(|f| f.message.starts_with("9 %")));
        assert!(space(50, 100, 4, 100).is_some_and(|f| f.message.contains("inodes")));
        assert_eq!(space(0, 0, 0, 0), None, "a file system without numbers");
    }
}
