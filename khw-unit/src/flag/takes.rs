//! What the values of flags are: of the types that the programs' own `--help` names, and of the few whose words a release
//! takes or not. What only the running program could know is not judged.

use super::{Flag, Program};
use khw_core::KubernetesVersion;
use khw_kubelet_conf::component::Type;
use std::net::IpAddr;

/// The type of a flag's value, as pflag reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Anything.
    Text,
    /// A whole number of 32 bits, in any notation of Go's.
    Int32,
    /// A whole number of 64 bits.
    Int,
    /// A whole number that is not negative.
    Uint,
    /// A whole decimal number of 32 bits (klog's level).
    Level,
    /// A number.
    Float,
    /// Go's duration.
    Duration,
    /// An IP address, or nothing.
    Ip,
    /// `NAME=VALUE` with commas between them.
    Pairs,
    /// `NAME<VALUE` with commas between them.
    Less,
}

/// Why a flag does not take a value, and what to do.
pub(crate) struct Unfit {
    /// Whether it is the release that does not take it.
    pub(crate) of_version: bool,
    pub(crate) what: String,
    pub(crate) fix: String,
}

impl Flag {
    /// Why the program does not start with this value; `None` when it does.
    pub(crate) fn unfit(&self, value: Option<&str>, program: Program, version: KubernetesVersion) -> Option<Unfit> {
        let name = program.name();
        let Some(value) = value else {
            let what = format!("needs a value, and {name} does not start without it");
            let fix = format!("write it as --{}=VALUE", self.name);
            return (!self.boolean).then_some(Unfit { of_version: false, what, fix });
        };
        // A variable or a specifier may stand for anything.
        if value.contains(['$', '%']) {
            return None;
        }
        let noun_and_fix = if self.boolean {
            // `--version=raw` prints more.
            let fits = super::go_bool(value).is_some() || self.name == "version" && value == "raw";
            (!fits).then_some(("true or false", "write true or false"))
        } else {
            self.takes.refuses(value)
        };
        if let Some((noun, fix)) = noun_and_fix {
            let shown: String = value.escape_debug().take(60).collect();
            let what = format!("'{shown}' is not {noun}, and {name} does not start");
            return Some(Unfit { of_version: false, what, fix: fix.to_owned() });
        }
        match (program, self.name) {
            (Program::Kubelet, "node-labels") if version.at_least(16) => reserved_label(value),
            (Program::Kubelet, "cloud-provider") => cloud_provider(value, version),
            (Program::Kubelet, "container-runtime") if version.at_least(24) && value != "remote" => Some(Unfit {
                of_version: true,
                what: "the kubelet of v1.24 and later does not start with anything but remote".to_owned(),
                fix: "leave it out, and name the runtime's socket in --container-runtime-endpoint".to_owned(),
            }),
            _ => None,
        }
    }
}

impl Takes {
    /// What a value must be, and how to write it, when this is none.
    fn refuses(self, value: &str) -> Option<(&'static str, &'static str)> {
        const NUMBER: &str = "write a number such as 110";
        let within = |least: i128, greatest: i128| go_int(value).is_some_and(|n| n >= least && n <= greatest);
        let pairs = |by: char| value.split(',').all(|pair| pair.is_empty() || pair.contains(by));
        let (fits, noun, fix) = match self {
            Takes::Text => return None,
            Takes::Int32 => (within(i32::MIN.into(), i32::MAX.into()), "a whole number", NUMBER),
            Takes::Int => (within(i64::MIN.into(), i64::MAX.into()), "a whole number", NUMBER),
            Takes::Uint => (within(0, u64::MAX.into()), "a whole number that is not negative", NUMBER),
            Takes::Level => (value.parse::<i32>().is_ok(), "a whole number", "write a number such as 2"),
            // Go has notations that Rust has not: hexadecimal, and underscores between the digits.
            Takes::Float => {
                let plain = value.replace('_', "");
                (plain.parse::<f64>().is_ok() || plain.contains(['x', 'X']), "a number", "write it as 5 or 0.5")
            }
            Takes::Duration => {
                let fits = Type::Duration.accept(&value.into(), KubernetesVersion::NEWEST).is_ok();
                (fits, "a duration", "write a unit: 10s, 5m or 1h30m")
            }
            Takes::Ip => (is_ip(value), "an IP address", "write it as 192.168.5.21 or fd00::a"),
            Takes::Pairs => (pairs('='), "a list of NAME=VALUE", "write it as cpu=100m,memory=200Mi"),
            Takes::Less => (pairs('<'), "a list of NAME<VALUE", "write it as memory.available<100Mi"),
        };
        (!fits).then_some((noun, fix))
    }
}

/// Go's ParseInt with base 0: `0x6e`, `0b11`, `0o17`, `017`, and underscores between digits.
fn go_int(text: &str) -> Option<i128> {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-', '_']) || digits.ends_with('_') {
        return None;
    }
    let lower = digits.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some(_) if lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let number = i128::from_str_radix(digits, radix).ok()?;
    Some(if minus { -number } else { number })
}

/// Empty means the default. Releases that were built with a Go before 1.17 take leading zeros.
fn is_ip(text: &str) -> bool {
    let text = text.trim();
    let quad = text.split('.').count() == 4 && text.split('.').all(|part| part.parse::<u8>().is_ok());
    text.is_empty() || quad || text.parse::<IpAddr>().is_ok()
}

/// A label under kubernetes.io or k8s.io that a kubelet may not give itself: `ValidateKubeletFlags`, and
/// `k8s.io/kubelet/pkg/apis/well_known_labels.go`, of which every label that some release takes.
fn reserved_label(value: &str) -> Option<Unfit> {
    const TAKEN: [&str; 15] = [
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.kubernetes.io/region",
        "failure-domain.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/instance-type",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "node.kubernetes.io/windows-build",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    ];
    let under = |space: &str, of: &str| space == of || space.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
    let refused = |label: &&str| {
        let Some((space, _)) = label.split_once('/') else { return false };
        (under(space, "kubernetes.io") || under(space, "k8s.io"))
            && !under(space, "kubelet.kubernetes.io")
            && !under(space, "node.kubernetes.io")
            && !TAKEN.contains(label)
    };
    let labels = value.split(',').map(|pair| pair.split_once('=').map_or(pair, |(label, _)| label).trim());
    labels.into_iter().find(refused).map(|label| {
        let shown: String = label.escape_debug().take(80).collect();
        Unfit {
            of_version: true,
            what: format!("the kubelet of v1.16 and later does not start with the label {shown}"),
            fix: format!("take it away, and when the node is there: kubectl label node NAME {shown}="),
        }
    })
}

/// Up to 1.30 a gate, which may be in the file, brings the old ones back.
fn cloud_provider(value: &str, version: KubernetesVersion) -> Option<Unfit> {
    (version.at_least(31) && !matches!(value, "" | "external")).then(|| Unfit {
        of_version: true,
        what: "the kubelet of v1.31 and later has no cloud providers of its own, and does not start".to_owned(),
        fix: "write --cloud-provider=external if there is a cloud controller manager, or leave it out".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::flag::Program;
    use khw_core::KubernetesVersion;

    fn unfit(program: Program, minor: u16, argument: &str) -> Option<String> {
        let (name, value) = argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
        let flag = program.flag(name).unwrap_or_else(|| panic!("{name}"));
        flag.unfit(value, program, KubernetesVersion::minor_release(minor)).map(|unfit| unfit.what)
    }

    /// Each was given to the kubelet and kube-proxy of 1.20.2: they stop at it ("invalid argument", "flag needs an
    /// argument").
    #[test]
    fn what_1_20_2_does_not_start_with() {
        for argument in [
            "config",
            "max-pods=abc",
            "max-pods=",
            "max-pods",
            "max-pods=3000000000",
            "image-gc-high-threshold=1.0",
            "max-open-files=1e3",
            "v=abc",
            "v",
            "fail-swap-on=maybe",
            "make-iptables-util-chains=yes",
            "version=foo",
            "node-status-update-frequency=5",
            "housekeeping-interval=5",
            "cpu-cfs-quota-period=-1",
            "address=foo",
            "kube-reserved=cpu",
            "qos-reserved=a",
            "eviction-hard=a",
            "chaos-chance=a",
            "log-file-max-size=-1",
            "oom-score-adj=",
            "node-labels=node-role.kubernetes.io/worker=",
            "node-labels=a=b,k8s.io/x=",
        ] {
            assert!(unfit(Program::Kubelet, 20, argument).is_some(), "{argument}");
        }
        for argument in [
            "v=abc",
            "cleanup=maybe",
            "config",
            "bind-address=foo",
            "config-sync-period=5",
            "oom-score-adj=a",
            "kube-api-qps=a",
        ] {
            assert!(unfit(Program::KubeProxy, 20, argument).is_some(), "{argument}");
        }
    }

    /// Each was given to the kubelet and kube-proxy of 1.20.2, which take it.
    #[test]
    fn what_1_20_2_takes() {
        for argument in [
            "max-pods=0x10",
            "max-pods=1_0",
            "v=-1",
            "kube-reserved=",
            "kube-reserved=cpu=100m,x=y",
            "node-labels=a",
            "node-labels=node.kubernetes.io/a=b,topology.kubernetes.io/zone=c,kubernetes.io/os=linux",
            "node-labels=my.node.kubernetes.io/a=,a.b/kubernetes.io=",
            "eviction-hard=memory.available<100Mi",
            "container-runtime=foo",
            "cloud-provider=aws",
            "register-node",
            "version=raw",
            "node-ip=foo",
            "address=",
        ] {
            assert_eq!(unfit(Program::Kubelet, 20, argument), None, "{argument}");
        }
        assert_eq!(unfit(Program::KubeProxy, 20, "bind-address="), None);
    }

    #[test]
    fn values_that_only_some_releases_take() {
        for (argument, last, first) in [
            // kubernetes/kubernetes, cmd/kubelet/app/options/options.go of 1.15 and 1.16: ValidateKubeletFlags.
            ("node-labels=node-role.kubernetes.io/worker=", 15, 16),
            // The same of 1.24: unsupported CRI runtime: "docker", only "remote" is currently supported.
            ("container-runtime=docker", 23, 24),
            // pkg/kubelet/kubelet.go of 1.31: built-in cloud providers are disabled.
            ("cloud-provider=aws", 28, 31),
        ] {
            assert_eq!(unfit(Program::Kubelet, last, argument), None, "{argument}");
            assert!(unfit(Program::Kubelet, first, argument).is_some(), "{argument}");
        }
        assert_eq!(unfit(Program::Kubelet, 34, "cloud-provider=external"), None);
        assert_eq!(unfit(Program::Kubelet, 34, "max-pods=${N}"), None, "a variable may stand for anything");
    }
}
