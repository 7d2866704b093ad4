//! What there is of a Kubernetes release to download: which programs, for which machines, where, with which checksum.
//!
//! Source: the layout of dl.k8s.io, which kubernetes/release writes (`pkg/release`), the same for all releases; its old
//! bucket storage.googleapis.com/kubernetes-release/release had it too, until August 2024.

use crate::binary::Architecture;
use crate::checksum::Algorithm;
use khw_core::{Error, KubernetesVersion};
use std::fmt;
use std::str::FromStr;
use ureq::http::Uri;

/// The site that Kubernetes documents.
pub const SITE: &str = "https://dl.k8s.io/release";

/// The last minor release with a kubelet and a kube-proxy for 32-bit Arm (kubernetes#115742).
const LAST_ARM: u16 = 26;

/// One release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    minor: u16,
    patch: u16,
}

impl Release {
    /// The release that a person means; the first of its minor when no patch is named.
    pub fn new(version: KubernetesVersion) -> Self {
        Release { minor: version.minor(), patch: version.patch().unwrap_or(0) }
    }

    /// The checksum beside each program. SHA-512 has been there since 1.13; SHA-256, which Kubernetes documents, since
    /// kubernetes/release@daed565f of August 2019, and so in the later patches of older minor releases too.
    pub const fn checksum(self) -> Algorithm {
        let first_patch = match self.minor {
            ..13 => return Algorithm::Sha512,
            13 => 11,
            14 => 6,
            15 => 3,
            16.. => 0,
        };
        if self.patch >= first_patch { Algorithm::Sha256 } else { Algorithm::Sha512 }
    }

    /// That there is such a program for such machines.
    ///
    /// # Errors
    /// When there is none.
    pub fn has(self, program: &str, architecture: Architecture) -> Result<(), Error> {
        if architecture == Architecture::Arm && self.minor > LAST_ARM && program != "kubectl" {
            return Err(Error::new(format!("{self} has no {program} for {architecture}"))
                .field("--arch")
                .hint(format!("the last for it is that of v1.{LAST_ARM}")));
        }
        Ok(())
    }

    /// The address of a program.
    pub fn address(self, mirror: &Mirror, architecture: Architecture, program: &str) -> String {
        format!("{mirror}/{self}/bin/linux/{architecture}/{program}")
    }

    /// The address of its checksum.
    pub fn checksum_address(self, mirror: &Mirror, architecture: Architecture, program: &str) -> String {
        format!("{}.{}", self.address(mirror, architecture, program), self.checksum().suffix())
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}", self.minor, self.patch)
    }
}

/// A site with the files of releases: what stands before `/v1.20.2/bin/linux/amd64/kubelet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror(String);

impl Mirror {
    /// Whether what comes from it is protected on its way.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Mirror {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused =
            |what: &str| Error::new(what).hint(format!("write it as {SITE}, or http:// for a host of your own"));
        if text.contains('$') {
            return Err(refused("has a $ in it that no shell expanded"));
        }
        if text.contains('#') {
            return Err(refused("has a '#' in it"));
        }
        let address: Uri = text.parse().map_err(|_| refused("is not an address"))?;
        let authority = address.authority().map(|a| a.as_str()).unwrap_or_default();
        if !matches!(address.scheme_str(), Some("https" | "http")) {
            return Err(refused("is not an https:// address"));
        }
        if address.host().is_none_or(str::is_empty) {
            return Err(refused("has no host"));
        }
        if authority.contains('@') {
            return Err(refused("has a user name in it"));
        }
        if address.query().is_some() {
            return Err(refused("has a '?' in it"));
        }
        Ok(Mirror(text.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mirror, Release};
    use crate::binary::Architecture;
    use crate::checksum::Algorithm;

    fn release(version: &str) -> Release {
        Release::new(version.parse().unwrap())
    }

    #[test]
    fn each_release_has_a_checksum() {
        for version in ["1.13", "1.13.10", "1.14.5", "1.15.2"] {
            assert_eq!(release(version).checksum(), Algorithm::Sha512, "{version}");
        }
        for version in ["1.13.11", "1.14.6", "1.15.3", "1.16", "1.20.2", "1.37"] {
            assert_eq!(release(version).checksum(), Algorithm::Sha256, "{version}");
        }
    }

    #[test]
    fn arm_ends_with_1_26() {
        assert!(release("1.26.15").has("kubelet", Architecture::Arm).is_ok());
        assert!(release("1.27").has("kubectl", Architecture::Arm).is_ok());
        let error = release("1.27").has("kube-proxy", Architecture::Arm).unwrap_err();
        assert_eq!(error.to_string(), "--arch: v1.27.0 has no kube-proxy for arm");
        assert_eq!(error.advice(), Some("the last for it is that of v1.26"));
    }

    #[test]
    fn a_mirror_is_a_plain_address() {
        let tutorial: Mirror = "https://storage.googleapis.com/kubernetes-release/release/".parse().unwrap();
        assert_eq!(
            release("v1.13.0").address(&tutorial, Architecture::Amd64, "kubectl"),
            "https://storage.googleapis.com/kubernetes-release/release/v1.13.0/bin/linux/amd64/kubectl"
        );
        for (text, what) in [
            ("", "is not an address"),
            ("dl.k8s.io/release", "is not an address"),
            ("/srv/mirror", "is not an https:// address"),
            ("ftp://mirror/x", "is not an https:// address"),
            ("https://", "is not an address"),
            ("https://:443/x", "has no host"),
            ("https://$MIRROR/x", "has a $ in it that no shell expanded"),
            ("https://me:secret@mirror/x", "has a user name in it"),
            ("https://mirror/x?a=b", "has a '?' in it"),
            ("https://mirror/x#y", "has a '#' in it"),
        ] {
            let found = text.parse::<Mirror>().map(|m| m.to_string()).map_err(|e| e.to_string());
            assert_eq!(found, Err(what.to_owned()), "{text}");
        }
    }
}
