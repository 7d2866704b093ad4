//! What each directive takes as its value, as far as systemd 252 says so by a type: booleans, time spans, sizes, signals,
//! modes, words from a list. systemd ignores a line with another value, with one line in its journal.

use crate::directive;
use crate::syntax::Assignment;
use crate::word::Words;

/// What a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Span,
    Size,
    Limit,
    SizeLimit,
    Tasks,
    Signal,
    Mode,
    Number {
        least: i64,
        most: i64,
    },
    OneOf(&'static [&'static str]),
    BooleanOr(&'static [&'static str]),
    Input,
    Output,
    Path,
    DashPath,
    Directory,
    Units,
    Environment,
    Capabilities,
    /// `idle` or a number.
    Weight,
    /// A percentage of a CPU, above 100 for several.
    Quota,
    /// Words of a list, all of them refused by a `~` before the first.
    Words {
        known: &'static [&'static str],
        boolean: bool,
    },
    /// An absolute path after `|` and `!`.
    Condition,
    AbsolutePaths,
    /// Directories below /run, /var/lib and so on.
    RelativePaths,
    Documentation,
    Slice,
    Cpus,
}

/// A value that systemd does not take: what is wrong, and what it does take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) what: String,
    pub(crate) fix: String,
}

/// Why systemd ignores this line; `None` when it takes it, or has no type for it. An empty value resets, and is taken.
pub(crate) fn refuse(assignment: &Assignment) -> Option<Refusal> {
    let value = assignment.value.as_str();
    let kind = kind(&assignment.name)?;
    // A specifier stands for what only the running systemd knows.
    if value.is_empty() || value.contains('%') && !matches!(kind, Kind::Size | Kind::Tasks | Kind::Quota) {
        return None;
    }
    let shown = shorten(value);
    let (good, what, fix) = match kind {
        Kind::Boolean => (is_boolean(value), "is not a boolean", "write yes or no".to_owned()),
        Kind::Span => {
            let fix = "write a number of seconds, or units as in 5min 20s, or infinity";
            (is_span(value), "is not a time span", fix.to_owned())
        }
        Kind::Size => {
            let good = value == "infinity" || is_percentage(value) || is_size(value);
            (good, "is not a size", "write bytes with K, M, G or T as in 512M, or a percentage, or infinity".to_owned())
        }
        Kind::Limit => {
            let good = limits(value, |l| l.parse::<u64>().is_ok());
            (good, "is not a limit", "write a number, SOFT:HARD or infinity".to_owned())
        }
        Kind::SizeLimit => {
            let good = limits(value, is_size);
            (good, "is not a limit", "write bytes with K, M, G or T as in 512M, SOFT:HARD or infinity".to_owned())
        }
        Kind::Tasks => {
            let good = value == "infinity" || is_percentage(value) || value.parse::<u64>().is_ok_and(|n| n > 0);
            (good, "is not a number of tasks", "write a number, a percentage or infinity".to_owned())
        }
        Kind::Signal => (is_signal(value), "is not a signal", "write its name, such as SIGTERM".to_owned()),
        Kind::Mode => {
            let good = value.bytes().all(|b| (b'0'..=b'7').contains(&b))
                && u32::from_str_radix(value, 8).is_ok_and(|m| m <= 0o7777);
            (good, "is not a mode", "write it in octal digits, such as 0755".to_owned())
        }
        Kind::Number { least, most } => {
            let good = number(value).is_some_and(|n| (least..=most).contains(&n));
            (good, "is not a number that fits", format!("write one from {least} to {most}"))
        }
        Kind::OneOf(words) => (words.contains(&value), "is none of its values", among(value, words)),
        Kind::BooleanOr(words) => {
            let fix = match directive::similar(value, words.iter().copied()) {
                Some(similar) => format!("did you mean {similar}?"),
                None => format!("write yes, no, {}", words.join(", ")),
            };
            (is_boolean(value) || words.contains(&value), "is none of its values", fix)
        }
        Kind::Input => (is_input(value), "is no input", among(value, INPUTS)),
        Kind::Output => (is_output(value), "is no output", among(value, OUTPUTS)),
        Kind::Path => (value.starts_with('/'), "is not an absolute path", "write the whole path".to_owned()),
        Kind::DashPath => {
            let path = value.strip_prefix('-').unwrap_or(value);
            (
                path.starts_with('/'),
                "is not an absolute path",
                "write the whole path, with '-' before it if it may be missing".to_owned(),
            )
        }
        Kind::Directory => {
            let path = value.strip_prefix('-').unwrap_or(value);
            (path == "~" || path.starts_with('/'), "is not an absolute path", "write the whole path, or ~".to_owned())
        }
        Kind::Units => {
            let wrong = value.split_whitespace().find(|name| !is_unit(name))?;
            let fix = "write it with its type, such as .service or .target".to_owned();
            return Some(Refusal { what: format!("'{}' is not the name of a unit", shorten(wrong)), fix });
        }
        Kind::Environment => {
            let wrong = wrong_environment(assignment)?;
            let fix = "write NAME=VALUE, in double quotes if there is a blank in it".to_owned();
            return Some(Refusal { what: format!("'{}' is not an assignment to a variable", shorten(&wrong)), fix });
        }
        Kind::Capabilities => {
            let wrong = value.trim_start_matches('~').split_whitespace().find(|c| !is_capability(c))?;
            let fix = match directive::similar(wrong, CAPABILITIES.iter().copied()) {
                Some(similar) => format!("did you mean {similar}?"),
                None => "see capabilities(7)".to_owned(),
            };
            return Some(Refusal { what: format!("'{}' is not a capability", shorten(wrong)), fix });
        }
        Kind::Weight => {
            let good = value == "idle" || number(value).is_some_and(|n| (1..=10_000).contains(&n));
            (good, "is not a weight", "write a number from 1 to 10000, or idle".to_owned())
        }
        Kind::Quota => {
            let percent = value.strip_suffix('%').filter(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
            let good = percent.and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n > 0.0);
            (good, "is not a share of a CPU", "write a percentage such as 50%, or 200% for two CPUs".to_owned())
        }
        Kind::Words { known, boolean } => {
            if boolean && is_boolean(value) {
                return None;
            }
            let wrong = value.trim_start_matches('~').split_whitespace().find(|word| !known.contains(word))?;
            return Some(Refusal {
                what: format!("'{}' is none of its values", shorten(wrong)),
                fix: among(wrong, known),
            });
        }
        Kind::Condition => {
            let path = value.trim_start_matches(['|', '!', ' ']);
            (path.starts_with('/'), "is not an absolute path", "write the whole path".to_owned())
        }
        Kind::AbsolutePaths => {
            let wrong = value.split_whitespace().find(|path| !path.starts_with('/'))?;
            let what = format!("'{}' is not an absolute path", shorten(wrong));
            return Some(Refusal { what, fix: "write the whole path".to_owned() });
        }
        Kind::RelativePaths => {
            let is_wrong = |path: &&str| path.starts_with('/') || path.split('/').any(|part| part == "..");
            let wrong = value.split_whitespace().find(is_wrong)?;
            let what = format!("'{}' is not a relative path", shorten(wrong));
            return Some(Refusal {
                what,
                fix: "write a name: systemd puts the directory where such ones are".to_owned(),
            });
        }
        Kind::Documentation => {
            const SCHEMES: [&str; 5] = ["http://", "https://", "file:/", "info:", "man:"];
            let wrong = value.split_whitespace().find(|uri| {
                !SCHEMES.iter().any(|scheme| uri.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
            })?;
            let what = format!("'{}' is not an address", shorten(wrong));
            return Some(Refusal { what, fix: "write it with http://, https://, file:, info: or man:".to_owned() });
        }
        Kind::Slice => {
            let good = is_unit(value) && value.ends_with(".slice");
            (good, "is not the name of a slice", "write it with its type, such as kubernetes.slice".to_owned())
        }
        Kind::Cpus => {
            let is_range = |range: &str| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                first.parse::<u32>().is_ok() && last.parse::<u32>().is_ok()
            };
            let mut ranges = value.split(|c: char| c == ',' || c.is_whitespace()).filter(|range| !range.is_empty());
            let good = value == "numa" || ranges.all(is_range);
            (good, "is no list of CPUs", "write numbers and ranges such as 0-3,6, or numa".to_owned())
        }
    };
    (!good).then(|| Refusal { what: format!("'{shown}' {what}"), fix })
}

fn shorten(value: &str) -> String {
    let mut shown: String = value.chars().take(60).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// What was meant among `words`, or all of them.
fn among(value: &str, words: &[&'static str]) -> String {
    match directive::similar(value, words.iter().copied()) {
        Some(similar) => format!("did you mean {similar}?"),
        None => format!("write {}", words.join(", ")),
    }
}

/// `parse_boolean`.
pub(crate) fn is_boolean(value: &str) -> bool {
    truth(value).is_some()
}

/// What a boolean says.
pub(crate) fn truth(value: &str) -> Option<bool> {
    let is = |words: [&str; 6]| words.iter().any(|w| w.eq_ignore_ascii_case(value));
    if is(["1", "yes", "y", "true", "t", "on"]) {
        Some(true)
    } else if is(["0", "no", "n", "false", "f", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// `parse_time`, systemd.time(7): numbers with units, which add up.
fn is_span(value: &str) -> bool {
    const UNITS: [&str; 29] = [
        "seconds", "second", "sec", "s", "minutes", "minute", "min", "months", "month", "M", "msec", "ms", "m",
        "hours", "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "years", "year", "y", "usec", "us", "µs",
    ];
    let mut rest = value.trim_matches(crate::syntax::WHITESPACE);
    if rest == "infinity" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.trim_start_matches('+');
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let whole = digits.len() - after.len();
        // Nine and more quintillion microseconds is more than systemd counts.
        if whole > 13 || rest.len() - digits.len() > 1 {
            return false;
        }
        let after = match after.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None if whole == 0 => return false,
            None => after,
        };
        let at = after.trim_start_matches(crate::syntax::WHITESPACE);
        // The longest unit is meant: 5month is not 5m with "onth" after it.
        let unit = UNITS.iter().filter(|u| at.starts_with(**u)).map(|u| u.len()).max().unwrap_or(0);
        let next = at.get(unit..).unwrap_or_default();
        if unit == 0 && at.len() == after.len() && !next.is_empty() {
            return false;
        }
        rest = next.trim_start_matches(crate::syntax::WHITESPACE);
    }
    true
}

/// `parse_size` with 1024 as its base: `1.5G`, `1G 512M`.
fn is_size(value: &str) -> bool {
    let mut rest = value.trim_start();
    if rest.is_empty() {
        return false;
    }
    // A smaller unit may follow a greater one.
    let mut allowed = "EPTGMKB";
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == rest.len() || rest.len() - after.len() > 19 {
            return false;
        }
        let after = match after.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => after,
        }
        .trim_start();
        match after.chars().next() {
            None => return true,
            Some(unit) => match allowed.split_once(unit) {
                Some((_, smaller)) => allowed = smaller,
                None => return false,
            },
        }
        rest = after.get(1..).unwrap_or_default().trim_start();
    }
    true
}

fn is_percentage(value: &str) -> bool {
    let number = value.strip_suffix('%').filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    number.and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n <= 100.0)
}

fn limits(value: &str, one: fn(&str) -> bool) -> bool {
    let good = |limit: &str| limit == "infinity" || one(limit);
    match value.split_once(':') {
        Some((soft, hard)) => good(soft) && good(hard),
        None => good(value),
    }
}

/// `safe_atoi` with base 0.
fn number(value: &str) -> Option<i64> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|n| sign * n)
}

/// A name with or without SIG, RTMIN+N, or a number.
fn is_signal(value: &str) -> bool {
    if value.parse::<u8>().is_ok_and(|n| (1..=64).contains(&n)) {
        return true;
    }
    let name = value.strip_prefix("SIG").unwrap_or(value);
    let real_time = |offset: &str| offset.parse::<u8>().is_ok_and(|n| n <= 30);
    if let Some(rest) = name.strip_prefix("RTMIN").or_else(|| name.strip_prefix("RTMAX")) {
        return rest.is_empty() || rest.strip_prefix(['+', '-']).is_some_and(real_time);
    }
    SIGNALS.contains(&name)
}

fn is_capability(value: &str) -> bool {
    CAPABILITIES.iter().any(|c| c.eq_ignore_ascii_case(value)) || value.parse::<u8>().is_ok_and(|n| n <= 40)
}

fn is_input(value: &str) -> bool {
    INPUTS.contains(&value)
        || value.starts_with("fd:")
        || value.strip_prefix("file:").is_some_and(|p| p.starts_with('/'))
}

fn is_output(value: &str) -> bool {
    let file = ["file:", "append:", "truncate:"].iter().find_map(|p| value.strip_prefix(p));
    OUTPUTS.contains(&value)
        || ["syslog", "syslog+console", "fd"].contains(&value)
        || value.starts_with("fd:")
        || file.is_some_and(|path| path.starts_with('/'))
}

/// `unit_name_is_valid`.
fn is_unit(name: &str) -> bool {
    let Some((prefix, kind)) = name.rsplit_once('.') else { return false };
    let fits = |b: u8| b.is_ascii_alphanumeric() || b":-_.\\@".contains(&b);
    UNITS.contains(&kind)
        && !prefix.is_empty()
        && !prefix.starts_with('@')
        && name.len() < 256
        && prefix.bytes().all(fits)
}

/// The first word that systemd does not take as `NAME=VALUE`. Unbalanced quotes are another finding.
fn wrong_environment(assignment: &Assignment) -> Option<String> {
    let mut words = Words { text: &assignment.value, at: 0 };
    loop {
        words.skip_blanks();
        let word = words.next_word(assignment).ok()??;
        let good = word.text.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        if !good {
            return Some(word.text);
        }
    }
}

#[rustfmt::skip]
fn kind(directive: &str) -> Option<Kind> {
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
        | "TimeoutAbortSec" | "WatchdogSec" | "JobTimeoutSec" | "JobRunningTimeoutSec" => Kind::Span,
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
        "TTYPath" | "NetworkNamespacePath" | "IPCNamespacePath" => Kind::Path,
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
            known: &["cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices",
                "bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces"],
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
        _ => return None,
    })
}

const INPUTS: &[&str] = &["null", "tty", "tty-force", "tty-fail", "data", "socket", "fd"];

const OUTPUTS: &[&str] = &["inherit", "null", "tty", "journal", "kmsg", "journal+console", "kmsg+console", "socket"];

const UNITS: [&str; 11] =
    ["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];

#[rustfmt::skip]
const SIGNALS: [&str; 34] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS", "IOT", "CLD", "POLL",
];

#[rustfmt::skip]
const CAPABILITIES: [&str; 41] = [
    "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_KILL", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW", "CAP_PERFMON", "CAP_SETFCAP", "CAP_SETGID",
    "CAP_SETPCAP", "CAP_SETUID", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_MODULE",
    "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG", "CAP_WAKE_ALARM",
];

#[cfg(test)]
mod tests {
    use super::refuse;
    use crate::Unit;
    use khw_core::Error;

    /// Whether each value is taken; tests/cli/unit_systemd.rs asks systemd-analyze the same.
    #[test]
    fn takes_what_systemd_takes() -> Result<(), Error> {
        for line in include_str!("../testdata/values.txt").lines().filter(|l| !l.starts_with('#')) {
            let (verdict, assignment) = line.split_once(' ').ok_or_else(|| Error::new(line))?;
            let (section, assignment) =
                assignment.strip_prefix("[Unit] ").map_or(("Service", assignment), |a| ("Unit", a));
            let unit = Unit::parse(&format!("[{section}]\n{assignment}\n"))?;
            let refused = unit.assignments().iter().find_map(refuse);
            assert_eq!(refused.is_none(), verdict == "good", "{line}: {refused:?}");
        }
        Ok(())
    }

    #[test]
    fn says_what_was_meant() -> Result<(), Error> {
        for (line, what, fix) in [
            ("Restart=on-failur", "'on-failur' is none of its values", "did you mean on-failure?"),
            ("KillMode=x", "'x' is none of its values", "write control-group, process, mixed, none"),
            (
                "RestartSec=5 sekunden",
                "'5 sekunden' is not a time span",
                "write a number of seconds, or units as in 5min 20s, or infinity",
            ),
            ("ProtectSystem=ful", "'ful' is none of its values", "did you mean full?"),
        ] {
            let unit = Unit::parse(&format!("[Service]\n{line}\n"))?;
            let refused = unit.assignments().iter().find_map(refuse).ok_or_else(|| Error::new(line))?;
            assert_eq!((refused.what.as_str(), refused.fix.as_str()), (what, fix));
        }
        Ok(())
    }
}
