//! The flags of kubelet and kube-proxy by release: since when, until when, and what takes their place.
//!
//! An unknown flag stops both programs ("unknown flag: --x"); a deprecated one is only logged. So a unit that was copied
//! from an older guide is the commonest reason for a kubelet that does not start.
//!
//! Read in the sources of each release (the options packages of Kubernetes 1.13 to 1.36 and the change logs to 1.37).
//! "13" means 1.13 or earlier. The group of kubelet's flags that the configuration file backs has been deprecated as a
//! whole since before 1.13, and is still taken in 1.37; such a flag wins over the file.

pub(crate) mod gates;
mod kube_proxy;
mod kubelet;
mod takes;

pub use self::takes::Takes;
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
    /// What its value is, when it is none of those.
    pub takes: Takes,
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
            takes: Takes::Text,
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

    const fn takes(self, takes: Takes) -> Self {
        Flag { takes, ..self }
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
            Program::Kubelet => kubelet::KUBELET,
            Program::KubeProxy => kube_proxy::KUBE_PROXY,
        }
    }

    /// The flag of this name, with dashes or underscores in it.
    pub fn flag(self, name: &str) -> Option<&'static Flag> {
        self.flags().iter().find(|f| same_name(f.name, name))
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

/// Whether two spellings name one flag.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| dashed(a) == dashed(b))
}

/// Go's ParseBool: `yes` and `on` are refused.
pub(crate) fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

const fn f(name: &'static str) -> Flag {
    Flag::new(name)
}

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
