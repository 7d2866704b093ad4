//! What is known about a field: its type, the releases that have it, its default, the flag of the same meaning.

use khw_core::KubernetesVersion;

/// A kind of component configuration.
#[derive(Debug)]
pub struct Kind {
    /// `KubeletConfiguration`.
    pub kind: &'static str,
    /// The only apiVersion that any release from 1.13 on accepts.
    pub api_version: &'static str,
    /// The program that reads it.
    pub program: &'static str,
    /// Every field that any release had.
    pub fields: &'static [Field],
}

/// A field of a component configuration.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// JSON names joined with dots; `[]` after a list whose elements have fields of their own.
    pub path: &'static str,
    /// What its value is.
    pub value: Type,
    /// The first minor release that has it (13 also for those that had it before).
    pub since: u16,
    /// The last minor release that has it, if it went.
    pub until: Option<u16>,
    /// Patch releases older than `since` that have it too: minor, first patch.
    pub backports: &'static [(u16, u16)],
    /// The default, as the newest release's documentation writes it. Empty: none, or unknown.
    pub default: &'static str,
    /// What the default was, and up to which minor release, the oldest first.
    pub default_before: &'static [(&'static str, u16)],
    /// A value that means something else from a minor release on: release, value, what it means.
    pub meaning: Option<(u16, &'static str, &'static str)>,
    /// The least and the greatest number that the program takes.
    pub range: Option<(i64, i64)>,
    /// Whether Kubernetes' own type is a pointer, so that a value left empty means none at all. Any other duration is
    /// read from an empty string then.
    pub pointer: bool,
    /// The feature gate that it depends on, and when.
    pub gate: &'static str,
    /// From which minor release on it is deprecated, and what that means.
    pub deprecated: Option<(u16, &'static str)>,
    /// The program's own flag of the same meaning, without dashes.
    pub flag: &'static str,
    /// The checks of the CIS benchmark that look at it, the oldest first.
    pub cis: &'static [CisCheck],
    /// What it does.
    pub about: &'static str,
    /// The same in Japanese, in whole sentences.
    pub about_ja: &'static str,
    /// What else one should know.
    pub note: &'static str,
}

/// A check of the CIS Kubernetes Benchmark. Checks are renumbered from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CisCheck {
    /// Its number, such as `4.2.6`.
    pub id: &'static str,
    /// The first minor release whose benchmark has it under this number.
    pub since: u16,
    /// The last one, if there is one.
    pub until: Option<u16>,
}

/// A check from the benchmark of minor release `since` to that of `until`.
pub const fn cis(id: &'static str, since: u16, until: u16) -> CisCheck {
    CisCheck { id, since, until: Some(until) }
}

/// A check from the benchmark of minor release `since` on.
pub const fn cis_from(id: &'static str, since: u16) -> CisCheck {
    CisCheck { id, since, until: None }
}

/// What the value of a field is. The reader of Kubernetes is Go's: a number is no text and a quoted number is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A whole number of 32 bits, not negative.
    Uint32,
    /// A number.
    Float,
    /// A string.
    Text,
    /// A string that is an IP address.
    Ip,
    /// A string that is a CIDR range, or two of them with a comma (dual stack).
    Cidr,
    /// A string that is a node's name.
    NodeName,
    /// A string in Go's notation of durations: `15m`.
    Duration,
    /// Nanoseconds as a whole number; from 1.28 also a string in Go's notation.
    DurationOrNanoseconds,
    /// A resource quantity, as a number or as a string: `100Mi`.
    Quantity,
    /// A resource quantity that must be a string.
    QuantityText,
    /// A percentage that must be a string: `10%`.
    Percentage,
    /// Either of the two.
    QuantityOrPercentage,
    /// A time in RFC 3339's notation.
    Time,
    /// One of these strings.
    Enum(&'static [Choice]),
    /// A mapping with fields of its own.
    Object,
    /// A list.
    List(&'static Type),
    /// A mapping with keys of the user's own.
    Map(&'static Type),
}

/// A value of an enumeration, and the releases that take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub value: &'static str,
    /// The first minor release that takes it.
    pub since: u16,
    /// The last minor release that takes it, if that is over.
    pub until: Option<u16>,
}

/// A value that every release takes.
pub const fn always(value: &'static str) -> Choice {
    since(value, 13)
}

/// A value that is taken from minor release `minor` on.
pub const fn since(value: &'static str, minor: u16) -> Choice {
    Choice { value, since: minor, until: None }
}

/// A value that was taken up to minor release `minor`.
pub const fn until(value: &'static str, minor: u16) -> Choice {
    Choice { value, since: 13, until: Some(minor) }
}

/// Whether a release has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It has it.
    There,
    /// It comes with this minor release.
    NotYet(u16),
    /// It went after this minor release.
    Gone(u16),
}

impl Life {
    pub(super) fn of(since: u16, until: Option<u16>, version: KubernetesVersion) -> Self {
        match until {
            Some(last) if version.minor() > last => Life::Gone(last),
            _ if version.minor() < since => Life::NotYet(since),
            _ => Life::There,
        }
    }

    /// What to say about a field that is not there.
    pub fn explanation(self) -> Option<String> {
        match self {
            Life::There => None,
            Life::NotYet(minor) => Some(format!("it came with {}", KubernetesVersion::minor_release(minor))),
            Life::Gone(minor) => Some(format!("it went after {}", KubernetesVersion::minor_release(minor))),
        }
    }
}

impl Field {
    /// A field that came with a minor release.
    pub const fn new(path: &'static str, value: Type, since: u16) -> Self {
        Field {
            path,
            value,
            since,
            until: None,
            backports: &[],
            default: "",
            default_before: &[],
            meaning: None,
            range: None,
            pointer: false,
            gate: "",
            deprecated: None,
            flag: "",
            cis: &[],
            about: "",
            about_ja: "",
            note: "",
        }
    }

    /// The last minor release that has it.
    pub const fn until(mut self, minor: u16) -> Self {
        self.until = Some(minor);
        self
    }

    /// Older patch releases that have it too.
    pub const fn backports(mut self, releases: &'static [(u16, u16)]) -> Self {
        self.backports = releases;
        self
    }

    /// The default.
    pub const fn default(mut self, text: &'static str) -> Self {
        self.default = text;
        self
    }

    /// The defaults of older releases, and up to which minor release they held.
    pub const fn before(mut self, defaults: &'static [(&'static str, u16)]) -> Self {
        self.default_before = defaults;
        self
    }

    /// A value that means something else from `minor` on.
    pub const fn meaning(mut self, minor: u16, value: &'static str, what: &'static str) -> Self {
        self.meaning = Some((minor, value, what));
        self
    }

    /// The default in a release that has the field.
    pub fn default_in(&self, version: KubernetesVersion) -> &'static str {
        let old = self.default_before.iter().find(|(_, last)| version.minor() <= *last);
        old.map_or(self.default, |(default, _)| default)
    }

    /// The numbers that the program takes.
    pub const fn range(mut self, least: i64, greatest: i64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    /// Numbers from `least` on.
    pub const fn from(self, least: i64) -> Self {
        self.range(least, i64::MAX)
    }

    /// Kubernetes' own type is a pointer.
    pub const fn pointer(mut self) -> Self {
        self.pointer = true;
        self
    }

    /// The feature gate.
    pub const fn gate(mut self, text: &'static str) -> Self {
        self.gate = text;
        self
    }

    /// Since when it is deprecated, and what that means.
    pub const fn deprecated(mut self, minor: u16, text: &'static str) -> Self {
        self.deprecated = Some((minor, text));
        self
    }

    /// The flag of the same meaning.
    pub const fn flag(mut self, name: &'static str) -> Self {
        self.flag = name;
        self
    }

    /// The checks of the CIS benchmark.
    pub const fn cis(mut self, checks: &'static [CisCheck]) -> Self {
        self.cis = checks;
        self
    }

    /// The number of the check that the benchmark of a release has for it.
    pub fn cis_in(&self, version: KubernetesVersion) -> Option<&'static str> {
        let there = |c: &&CisCheck| Life::of(c.since, c.until, version) == Life::There;
        self.cis.iter().find(there).map(|c| c.id)
    }

    /// What it does.
    pub const fn about(mut self, text: &'static str) -> Self {
        self.about = text;
        self
    }

    /// What it does, in Japanese.
    pub const fn ja(mut self, text: &'static str) -> Self {
        self.about_ja = text;
        self
    }

    /// What else one should know.
    pub const fn note(mut self, text: &'static str) -> Self {
        self.note = text;
        self
    }

    /// Whether `version` has it.
    pub fn life(&self, version: KubernetesVersion) -> Life {
        let backported = self
            .backports
            .iter()
            .any(|&(minor, patch)| version.minor() == minor && version.patch().is_some_and(|p| p >= patch));
        if backported { Life::There } else { Life::of(self.since, self.until, version) }
    }

    /// The last part of its path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }
}

impl Choice {
    /// Whether `version` takes it.
    pub fn life(&self, version: KubernetesVersion) -> Life {
        Life::of(self.since, self.until, version)
    }
}

impl Kind {
    /// The program in a sentence. Kubernetes' documents speak of "the kubelet" and of "kube-proxy".
    pub fn the_program(&self) -> String {
        if self.program == "kubelet" { format!("the {}", self.program) } else { self.program.to_owned() }
    }

    /// The field with exactly this path.
    pub fn field(&self, path: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.path == path)
    }

    /// The field that was probably meant. Spelling that differs only in case or hyphens (a flag's name) is nearest,
    /// then a field of the same object (`parent`), then the same name elsewhere.
    pub fn similar(&self, parent: &str, written: &str) -> Option<&'static str> {
        // Nobody misspells a name into more than this; comparing a megabyte with the table would take minutes.
        if written.is_empty() || written.len() > 64 {
            return None;
        }
        let (plain, last) = (bare(written), bare(written.rsplit('.').next().unwrap_or(written)));
        let mut best: Option<(usize, &'static str)> = None;
        for field in self.fields {
            let sibling = field.path.rsplit_once('.').map_or("", |(parent, _)| parent) == parent;
            let name = bare(field.name());
            let whole = if parent.is_empty() { bare(field.path) } else { name.clone() };
            let mut distance = distance(&plain, &whole).min(distance(&last, &name) + usize::from(!sibling));
            if !field.flag.is_empty() && plain == bare(field.flag) {
                distance = 0;
            }
            let limit = (plain.len().max(name.len()) / 3).max(2);
            if distance <= limit && best.is_none_or(|(known, _)| distance < known) {
                best = Some((distance, field.path));
            }
        }
        best.map(|(_, path)| path)
    }
}

fn bare(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut least = (row[j] + 1).min(next[j - 1] + 1).min(row[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::fields::KIND;

    #[test]
    fn a_misspelt_field_is_recognised() {
        for (parent, written, meant) in [
            ("", "ResolverConfig", Some("resolvConf")),
            ("", "MaxPods", Some("maxPods")),
            ("", "maxpod", Some("maxPods")),
            ("", "cluster-dns", Some("clusterDNS")),
            ("", "anonymous-auth", Some("authentication.anonymous.enabled")),
            ("", "clientCAFile", Some("authentication.x509.clientCAFile")),
            ("authentication.x509", "clientCaFile", Some("authentication.x509.clientCAFile")),
            ("", "authentication.x509.clientCaFile", Some("authentication.x509.clientCAFile")),
            ("", "clusterDomian", Some("clusterDomain")),
            ("", "podInfraContainerImage", None),
            ("", "", None),
        ] {
            assert_eq!(KIND.similar(parent, written), meant, "{written}");
        }
    }

    #[test]
    fn every_path_and_flag_is_there_once_and_every_parent_too() {
        for (index, field) in KIND.fields.iter().enumerate() {
            let rest = &KIND.fields[index + 1..];
            assert!(rest.iter().all(|f| f.path != field.path), "{}", field.path);
            assert!(field.flag.is_empty() || rest.iter().all(|f| f.flag != field.flag), "{}", field.flag);
            if let Some((parent, _)) = field.path.rsplit_once('.') {
                assert!(KIND.field(parent.trim_end_matches("[]")).is_some(), "{}", field.path);
            }
        }
    }
}
