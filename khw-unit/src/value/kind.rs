//! What each directive takes.

use super::Kind;
use super::shape::{
    is_address, is_device, is_error_number, is_exit_status, is_nanoseconds, is_percentage, is_size, is_socket_bind,
    is_unit, is_variable, second_word,
};
use super::words::{CONTROLLERS, FAMILIES, SYSTEM_CALLS};

#[rustfmt::skip]
pub(super) fn kind(directive: &str) -> Option<Kind> {
    Some(match directive {
        "AllowIsolate" | "BlockIOAccounting" | "CPUAccounting" | "CPUSchedulingResetOnFork" | "DefaultDependencies"
        | "DynamicUser" | "GuessMainPID" | "IOAccounting" | "IPAccounting" | "IgnoreOnIsolate" | "IgnoreSIGPIPE"
        | "LockPersonality" | "MemoryAccounting" | "MemoryDenyWriteExecute" | "NoNewPrivileges" | "NonBlocking"
        | "PermissionsStartOnly" | "PrivateDevices" | "PrivateIPC" | "PrivateMounts"
        | "PrivateNetwork" | "PrivateTmp" | "PrivateUsers" | "ProtectClock" | "ProtectControlGroups" | "ProtectHostname"
        | "ProtectKernelLogs" | "ProtectKernelModules" | "ProtectKernelTunables" | "RefuseManualStart"
        | "RefuseManualStop" | "RemainAfterExit" | "RemoveIPC" | "RestrictRealtime" | "RestrictSUIDSGID"
        | "RootDirectoryStartOnly" | "SendSIGHUP" | "SendSIGKILL" | "StopWhenUnneeded" | "SyslogLevelPrefix"
        | "TTYReset" | "TTYVHangup" | "TTYVTDisallocate" | "TasksAccounting" => Kind::Boolean,
        "LogRateLimitIntervalSec" | "RestartSec" | "RuntimeMaxSec" | "RuntimeRandomizedExtraSec" | "StartLimitInterval"
        | "StartLimitIntervalSec" | "TimeoutCleanSec" | "TimeoutSec" | "TimeoutStartSec" | "TimeoutStopSec"
        | "TimeoutAbortSec" | "WatchdogSec" | "CPUQuotaPeriodSec" | "JobTimeoutSec" | "JobRunningTimeoutSec" => Kind::Span,
        "MemoryHigh" | "MemoryLimit" | "MemoryLow" | "MemoryMax" | "MemoryMin" | "MemorySwapMax" | "DefaultMemoryLow"
        | "DefaultMemoryMin" => Kind::Size,
        "LimitLOCKS" | "LimitNOFILE" | "LimitNPROC" | "LimitRTPRIO" | "LimitSIGPENDING" => Kind::Limit,
        "LimitAS" | "LimitCORE" | "LimitDATA" | "LimitFSIZE" | "LimitMEMLOCK" | "LimitMSGQUEUE" | "LimitRSS"
        | "LimitSTACK" => Kind::SizeLimit,
        "TasksMax" => Kind::Tasks,
        "FinalKillSignal" | "KillSignal" | "RestartKillSignal" | "WatchdogSignal" => Kind::Signal,
        "CacheDirectoryMode" | "ConfigurationDirectoryMode" | "LogsDirectoryMode" | "RuntimeDirectoryMode"
        | "StateDirectoryMode" | "UMask" => Kind::Mode,
        "FileDescriptorStoreMax" | "LogRateLimitBurst" | "StartLimitBurst" => Kind::Number { least: 0, most: u32::MAX as i64 },
        "OOMScoreAdjust" => Kind::Number { least: -1000, most: 1000 },
        "Nice" => Kind::Number { least: -20, most: 19 },
        "IOWeight" | "StartupIOWeight" => Kind::Number { least: 1, most: 10_000 },
        "CPUShares" | "StartupCPUShares" => Kind::Number { least: 2, most: 262_144 },
        "CPUSchedulingPriority" => Kind::Number { least: 1, most: 99 },
        "Type" => Kind::OneOf(&["simple", "exec", "forking", "oneshot", "dbus", "notify", "idle"]),
        "Restart" => Kind::OneOf(&["no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"]),
        "KillMode" => Kind::OneOf(&["control-group", "process", "mixed", "none"]),
        "NotifyAccess" => Kind::OneOf(&["none", "main", "exec", "all"]),
        "ExitType" => Kind::OneOf(&["main", "cgroup"]),
        "OOMPolicy" => Kind::OneOf(&["continue", "stop", "kill"]),
        "TimeoutStartFailureMode" | "TimeoutStopFailureMode" => Kind::OneOf(&["terminate", "abort", "kill"]),
        "CollectMode" => Kind::OneOf(&["inactive", "inactive-or-failed"]),
        "KeyringMode" => Kind::OneOf(&["inherit", "private", "shared"]),
        "ProtectProc" => Kind::OneOf(&["noaccess", "invisible", "ptraceable", "default"]),
        "ProcSubset" => Kind::OneOf(&["all", "pid"]),
        "DevicePolicy" => Kind::OneOf(&["auto", "closed", "strict"]),
        "FailureAction" | "SuccessAction" | "StartLimitAction" | "JobTimeoutAction" => Kind::OneOf(&[
            "none", "reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force", "poweroff-immediate", "exit",
            "exit-force",
        ]),
        "OnFailureJobMode" | "OnSuccessJobMode" => Kind::OneOf(&[
            "fail", "replace", "replace-irreversibly", "isolate", "flush", "ignore-dependencies", "ignore-requirements",
            "triggering",
        ]),
        "UtmpMode" => Kind::OneOf(&["init", "login", "user"]),
        "ManagedOOMSwap" | "ManagedOOMMemoryPressure" => Kind::OneOf(&["auto", "kill"]),
        "ManagedOOMPreference" => Kind::OneOf(&["none", "avoid", "omit"]),
        "CPUSchedulingPolicy" => Kind::OneOf(&["other", "batch", "idle", "fifo", "rr", "0", "1", "2", "3", "5"]),
        "IOSchedulingClass" => Kind::OneOf(&["none", "realtime", "best-effort", "idle", "0", "1", "2", "3"]),
        "ProtectSystem" => Kind::BooleanOr(&["full", "strict"]),
        "ProtectHome" => Kind::BooleanOr(&["read-only", "tmpfs"]),
        "RuntimeDirectoryPreserve" => Kind::BooleanOr(&["restart"]),
        "StandardInput" => Kind::Input,
        "StandardOutput" | "StandardError" => Kind::Output,
        "TTYPath" | "NetworkNamespacePath" | "IPCNamespacePath" | "RootDirectory" | "RootImage" | "USBFunctionDescriptors"
        | "USBFunctionStrings" | "IPIngressFilterPath" | "IPEgressFilterPath" => Kind::Path,
        "EnvironmentFile" => Kind::DashPath,
        "WorkingDirectory" => Kind::Directory,
        "After" | "Before" | "BindsTo" | "Conflicts" | "OnFailure" | "OnSuccess" | "PartOf" | "Requires" | "Requisite"
        | "Upholds" | "Wants" | "WantedBy" | "RequiredBy" | "Also" => Kind::Units,
        "Environment" => Kind::Environment,
        "CapabilityBoundingSet" | "AmbientCapabilities" => Kind::Capabilities,
        "CPUWeight" | "StartupCPUWeight" => Kind::Weight,
        "CPUQuota" => Kind::Quota,
        "LogLevelMax" | "SyslogLevel" => Kind::OneOf(&[
            "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "0", "1", "2", "3", "4", "5", "6", "7",
        ]),
        "SyslogFacility" => Kind::OneOf(&[
            "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "local0",
            "local1", "local2", "local3", "local4", "local5", "local6", "local7",
        ]),
        "Delegate" => Kind::Words {
            known: CONTROLLERS,
            boolean: true,
        },
        "RestrictNamespaces" => {
            Kind::Words { known: &["cgroup", "ipc", "net", "mnt", "pid", "user", "uts"], boolean: true }
        }
        "SystemCallArchitectures" => Kind::Words {
            known: &["native", "x86", "x86-64", "x32", "arm", "arm64", "mips", "mips-le", "mips64", "mips64-le", "mips64-n32",
                "mips64-le-n32", "ppc", "ppc64", "ppc64-le", "riscv64", "s390", "s390x"],
            boolean: false,
        },
        "ConditionPathExists" | "ConditionPathExistsGlob" | "ConditionPathIsDirectory" | "ConditionPathIsSymbolicLink"
        | "ConditionPathIsMountPoint" | "ConditionPathIsReadWrite" | "ConditionDirectoryNotEmpty"
        | "ConditionFileNotEmpty" | "ConditionFileIsExecutable" | "AssertPathExists" | "AssertPathExistsGlob"
        | "AssertPathIsDirectory" | "AssertPathIsSymbolicLink" | "AssertPathIsMountPoint" | "AssertPathIsReadWrite"
        | "AssertDirectoryNotEmpty" | "AssertFileNotEmpty" | "AssertFileIsExecutable" => Kind::Condition,
        "RequiresMountsFor" => Kind::AbsolutePaths,
        "RuntimeDirectory" | "StateDirectory" | "CacheDirectory" | "LogsDirectory" | "ConfigurationDirectory" => {
            Kind::RelativePaths
        }
        "Documentation" => Kind::Documentation,
        "Slice" => Kind::Slice,
        "CPUAffinity" => Kind::Cpus,
        "AllowedCPUs" | "StartupAllowedCPUs" | "AllowedMemoryNodes" | "StartupAllowedMemoryNodes" | "NUMAMask" => Kind::Cpus,
        "DisableControllers" => Kind::Words { known: CONTROLLERS, boolean: false },
        "User" | "Group" | "SupplementaryGroups" => Kind::Whole {
            is: |name| !name.contains([':', '/']),
            noun: "the name of a user or group",
            fix: "write a name, or a number",
        },
        "LogNamespace" => Kind::Whole {
            is: |name| !name.contains('/'),
            noun: "a name of a journal",
            fix: "write a name without '/'",
        },
        "BusName" => Kind::Whole {
            is: |name| name.split('.').count() > 1 && name.split('.').all(|part| !part.is_empty()),
            noun: "a name on D-Bus",
            fix: "write it with dots: org.example.Name",
        },
        "ExecSearchPath" => Kind::Whole {
            is: |paths| paths.split(':').all(|path| path.starts_with('/')),
            noun: "a list of absolute paths",
            fix: "write whole paths, with ':' between them",
        },
        "RestrictNetworkInterfaces" => Kind::Each {
            is: |name| !name.contains('/'),
            noun: "the name of an interface",
            fix: "write names such as eth0",
        },
        "SocketBindAllow" | "SocketBindDeny" => Kind::Each {
            is: is_socket_bind,
            noun: "a rule for sockets",
            fix: "write any, or of ipv4 or ipv6, tcp or udp, and ports as in ipv4:tcp:10250-10260",
        },
        "IODeviceWeight" => Kind::Whole {
            is: |value| second_word(value).is_some_and(|weight| weight.parse::<u16>().is_ok_and(|n| (1..=10_000).contains(&n))),
            noun: "a device with a weight",
            fix: "write a device and a number from 1 to 10000",
        },
        "IOReadBandwidthMax" | "IOWriteBandwidthMax" | "IOReadIOPSMax" | "IOWriteIOPSMax" => Kind::Whole {
            is: |value| second_word(value).is_some_and(|limit| limit == "infinity" || is_size(limit)),
            noun: "a device with a limit",
            fix: "write a device and bytes or operations a second, with K, M or G",
        },
        "ManagedOOMMemoryPressureLimit" => {
            Kind::Whole { is: is_percentage, noun: "a percentage", fix: "write it as 60%" }
        }
        "BPFProgram" => Kind::Whole {
            is: |value| value.split_once(':').is_some_and(|(_, path)| path.starts_with('/')),
            noun: "a program with its type",
            fix: "write TYPE:PATH, such as egress:/sys/fs/bpf/NAME",
        },
        "SetCredential" | "SetCredentialEncrypted" => Kind::Whole {
            is: |value| value.split_once(':').is_some_and(|(name, _)| !name.is_empty() && !name.contains('/')),
            noun: "a credential",
            fix: "write NAME:DATA",
        },
        "LoadCredential" | "LoadCredentialEncrypted" => Kind::Whole {
            is: |value| !value.split(':').next().unwrap_or_default().contains('/'),
            noun: "a credential",
            fix: "write NAME:PATH",
        },
        "PassEnvironment" => Kind::Each { is: is_variable, noun: "the name of a variable", fix: "write NAME, without a value" },
        "UnsetEnvironment" => Kind::Each {
            is: |word| is_variable(word.split_once('=').map_or(word, |(name, _)| name)),
            noun: "the name of a variable",
            fix: "write NAME or NAME=VALUE",
        },
        "SuccessExitStatus" | "RestartPreventExitStatus" | "RestartForceExitStatus" => Kind::Each {
            is: is_exit_status,
            noun: "an exit status",
            fix: "write a number up to 255, a signal such as SIGTERM, or a name of `systemd-analyze exit-status`",
        },
        "IPAddressAllow" | "IPAddressDeny" => Kind::Each {
            is: is_address,
            noun: "an address",
            fix: "write 192.168.5.0/24, any, localhost, link-local or multicast",
        },
        "ReadWritePaths" | "ReadOnlyPaths" | "InaccessiblePaths" | "ExecPaths" | "NoExecPaths" => Kind::Each {
            is: |path| path.trim_start_matches(['-', '+']).starts_with('/'),
            noun: "an absolute path",
            fix: "write the whole path, with '-' before it if it may be missing",
        },
        "BindPaths" | "BindReadOnlyPaths" | "TemporaryFileSystem" => Kind::Each {
            is: |path| path.trim_start_matches(['-', '"']).starts_with('/'),
            noun: "an absolute path",
            fix: "write the whole path, with '-' before it if it may be missing",
        },
        "Sockets" => Kind::Each {
            is: |name| is_unit(name) && name.ends_with(".socket"),
            noun: "the name of a socket unit",
            fix: "write it with its type: kubelet.socket",
        },
        "SystemCallFilter" | "SystemCallLog" => Kind::Each {
            // Which calls there are is the machine's to say.
            is: |word| {
                let word = word.trim_start_matches('~');
                !word.starts_with('@') || SYSTEM_CALLS.contains(&word.split(':').next().unwrap_or_default())
            },
            noun: "a group of system calls",
            fix: "`systemd-analyze syscall-filter` prints them",
        },
        "RestrictAddressFamilies" => Kind::Each {
            is: |word| word == "none" || FAMILIES.contains(&word.trim_start_matches('~')),
            noun: "an address family",
            fix: "write AF_INET, AF_INET6, AF_UNIX or the like",
        },
        "SystemCallErrorNumber" => Kind::Each {
            is: is_error_number,
            noun: "an error number",
            fix: "write a name such as EPERM, a number, or kill",
        },
        "DeviceAllow" => Kind::Whole {
            is: is_device,
            noun: "a device with rights",
            fix: "write /dev/NAME, char-NAME or block-NAME, then of r, w and m what is allowed",
        },
        "TimerSlackNSec" => Kind::Whole {
            is: is_nanoseconds,
            noun: "a time span",
            fix: "write a number of nanoseconds, or units as in 50us",
        },
        "NUMAPolicy" => Kind::OneOf(&["default", "preferred", "bind", "interleave", "local"]),
        "MountFlags" => Kind::OneOf(&["shared", "slave", "private"]),
        "TTYRows" | "TTYColumns" => Kind::Number { least: 0, most: u32::MAX as i64 },
        _ => return None,
    })
}
