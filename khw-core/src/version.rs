//! Kubernetes versions, and the range that khw's tables cover.
//!
//! Users: khw-kubelet-conf, khw-proxy-conf, khw-unit, khw-install.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A Kubernetes release, `1.20` or `v1.20.2`. The major version is 1 in all of them.
///
/// Ordered by minor, then patch; without a patch it stands before every patch of that minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    minor: u16,
    patch: Option<u16>,
}

impl KubernetesVersion {
    /// The oldest release in the tables (2018-12).
    pub const OLDEST: Self = Self::minor_release(13);
    /// The newest release in the tables (2026-08), and the default.
    pub const NEWEST: Self = Self::minor_release(37);

    /// The release `1.MINOR`, no patch named.
    pub const fn minor_release(minor: u16) -> Self {
        KubernetesVersion { minor, patch: None }
    }

    /// The minor version: 20 for v1.20.2. The tables go by it.
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// The patch version, if one was named: 2 for v1.20.2.
    pub const fn patch(self) -> Option<u16> {
        self.patch
    }

    /// Whether this is release `1.MINOR` or a later one.
    pub const fn at_least(self, minor: u16) -> bool {
        self.minor >= minor
    }

    /// Every minor release in the tables, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::OLDEST.minor..=Self::NEWEST.minor).map(Self::minor_release)
    }
}

impl FromStr for KubernetesVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |part: &str| {
            (!part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u16>().ok())
                .flatten()
        };
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let parsed = match (parts.next(), parts.next().map(number), parts.next().map(number), parts.next()) {
            (Some("1"), Some(Some(minor)), None, None) => Some(KubernetesVersion { minor, patch: None }),
            (Some("1"), Some(Some(minor)), Some(Some(patch)), None) => {
                Some(KubernetesVersion { minor, patch: Some(patch) })
            }
            _ => None,
        };
        let version = parsed.ok_or_else(|| {
            Error::new(format!("'{}' is not a Kubernetes version", text.escape_debug()))
                .hint("write it as 1.20 or v1.20.2")
        })?;
        if version.minor < Self::OLDEST.minor || version.minor > Self::NEWEST.minor {
            return Err(Error::new(format!("nothing is known about Kubernetes {version}")).hint(format!(
                "the tables go from {} to {}",
                Self::OLDEST,
                Self::NEWEST
            )));
        }
        Ok(version)
    }
}

impl fmt::Display for KubernetesVersion {
    /// `v1.20` or `v1.20.2`, as Kubernetes writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.patch {
            Some(patch) => f.pad(&format!("v1.{}.{patch}", self.minor)),
            None => f.pad(&format!("v1.{}", self.minor)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::KubernetesVersion;

    #[test]
    fn takes_both_spellings() {
        for (text, shown) in [("1.20", "v1.20"), ("v1.20", "v1.20"), ("1.20.2", "v1.20.2"), ("v1.13.0", "v1.13.0")] {
            assert_eq!(text.parse::<KubernetesVersion>().map(|v| v.to_string()).as_deref(), Ok(shown));
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "v", "2.0", "1", "1.", "1.20.", "1.20.x", "1.20.2.1", "1.+20", "1.20-rc.1", "1.99999", "20"] {
            let refused = text.parse::<KubernetesVersion>().map_err(|e| e.what().to_owned());
            assert_eq!(refused, Err(format!("'{text}' is not a Kubernetes version")));
        }
        for text in ["1.12", "1.38", "1.200"] {
            let refused = text.parse::<KubernetesVersion>().map_err(|e| e.advice().map(str::to_owned));
            assert_eq!(refused, Err(Some("the tables go from v1.13 to v1.37".to_owned())));
        }
    }

    #[test]
    fn orders_by_number() {
        let parse = |text: &str| text.parse::<KubernetesVersion>().ok();
        assert!(parse("1.9.1").is_none() && parse("1.20") < parse("1.20.0") && parse("1.20.10") > parse("1.20.9"));
        assert_eq!(KubernetesVersion::all().count(), 25);
    }
}
