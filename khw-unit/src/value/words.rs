//! The words that directives take, of systemd 252.

pub(super) const INPUTS: &[&str] = &["null", "tty", "tty-force", "tty-fail", "data", "socket", "fd"];

pub(super) const OUTPUTS: &[&str] =
    &["inherit", "null", "tty", "journal", "kmsg", "journal+console", "kmsg+console", "socket"];

pub(super) const UNITS: [&str; 11] =
    ["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];

#[rustfmt::skip]
pub(super) const SIGNALS: [&str; 34] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS", "IOT", "CLD", "POLL",
];

#[rustfmt::skip]
pub(super) const CAPABILITIES: [&str; 41] = [
    "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_KILL", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW", "CAP_PERFMON", "CAP_SETFCAP", "CAP_SETGID",
    "CAP_SETPCAP", "CAP_SETUID", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_MODULE",
    "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM",
];

/// What `systemd-analyze exit-status` of 252 prints.
#[rustfmt::skip]
pub(super) const EXIT_STATUSES: [&str; 67] = [
    "SUCCESS", "FAILURE", "INVALIDARGUMENT", "NOTIMPLEMENTED", "NOPERMISSION", "NOTINSTALLED", "NOTCONFIGURED",
    "NOTRUNNING", "USAGE", "DATAERR", "NOINPUT", "NOUSER", "NOHOST", "UNAVAILABLE", "SOFTWARE", "OSERR", "OSFILE",
    "CANTCREAT", "IOERR", "TEMPFAIL", "PROTOCOL", "NOPERM", "CONFIG", "CHDIR", "NICE", "FDS", "EXEC", "MEMORY",
    "LIMITS", "OOM_ADJUST", "SIGNAL_MASK", "STDIN", "STDOUT", "CHROOT", "IOPRIO", "TIMERSLACK", "SECUREBITS",
    "SETSCHEDULER", "CPUAFFINITY", "GROUP", "USER", "CAPABILITIES", "CGROUP", "SETSID", "CONFIRM", "STDERR", "PAM",
    "NETWORK", "NAMESPACE", "NO_NEW_PRIVILEGES", "SECCOMP", "SELINUX_CONTEXT", "PERSONALITY", "APPARMOR",
    "ADDRESS_FAMILIES", "RUNTIME_DIRECTORY", "CHOWN", "SMACK_PROCESS_LABEL", "KEYRING", "STATE_DIRECTORY",
    "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY", "NUMA_POLICY", "CREDENTIALS", "BPF", "EXCEPTION",
];

/// The groups of `systemd-analyze syscall-filter` of 252.
#[rustfmt::skip]
pub(super) const SYSTEM_CALLS: [&str; 29] = [
    "@default", "@aio", "@basic-io", "@chown", "@clock", "@cpu-emulation", "@debug", "@file-system", "@io-event", "@ipc",
    "@keyring", "@memlock", "@module", "@mount", "@network-io", "@obsolete", "@pkey", "@privileged", "@process", "@raw-io",
    "@reboot", "@resources", "@setuid", "@signal", "@swap", "@sync", "@system-service", "@timer", "@known",
];

/// The address families that systemd-analyze of 252 takes.
#[rustfmt::skip]
pub(super) const FAMILIES: &[&str] = &[
    "AF_UNIX", "AF_LOCAL", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_BLUETOOTH", "AF_CAN", "AF_VSOCK",
    "AF_ALG", "AF_XDP", "AF_TIPC", "AF_KEY", "AF_APPLETALK", "AF_ATMPVC", "AF_ATMSVC", "AF_AX25", "AF_BRIDGE",
    "AF_CAIF", "AF_DECnet", "AF_ECONET", "AF_FILE", "AF_IB", "AF_IEEE802154", "AF_IPX", "AF_IRDA", "AF_ISDN",
    "AF_IUCV", "AF_KCM", "AF_LLC", "AF_MPLS", "AF_NETBEUI", "AF_NETROM", "AF_NFC", "AF_PHONET", "AF_PPPOX",
    "AF_QIPCRTR", "AF_RDS", "AF_ROSE", "AF_ROUTE", "AF_RXRPC", "AF_SECURITY", "AF_SMC", "AF_SNA", "AF_WANPIPE",
    "AF_X25", "AF_ASH", "AF_MCTP",
];

pub(super) const CONTROLLERS: &[&str] = &[
    "cpu",
    "cpuacct",
    "cpuset",
    "io",
    "blkio",
    "memory",
    "devices",
    "pids",
    "bpf-firewall",
    "bpf-devices",
    "bpf-foreign",
    "bpf-socket-bind",
    "bpf-restrict-network-interfaces",
];
