//! The version of a placed kubelet or kube-proxy, without running it: a worker's root may be another machine's.
//!
//! Kubernetes' builds set `version.gitVersion` by the linker's `-X`, which puts the text between NUL bytes. It is a text
//! of this form that stands alone; several of different minor releases say nothing.

use khw_core::KubernetesVersion;
use std::fs::File;
use std::io::Read;
use std::path::Path;

const CHUNK: usize = 1024 * 1024;

/// A longer one is no version: v1.20.2-eks-1a2b3c4+0123456789abcdef.
const LONGEST: usize = 64;

/// The version that is written in an ELF program; `None` when it cannot be told.
pub(crate) fn version(path: &Path) -> Option<KubernetesVersion> {
    let mut file = File::open(path).ok()?;
    let mut window = Vec::with_capacity(CHUNK + LONGEST);
    let mut found: Option<KubernetesVersion> = None;
    loop {
        let kept = window.len();
        file.by_ref().take(CHUNK as u64).read_to_end(&mut window).ok()?;
        if window.len() == kept {
            return found;
        }
        if kept == 0 && !window.starts_with(b"\x7fELF") {
            return None;
        }
        for version in versions(&window) {
            if found.is_some_and(|other| other.minor() != version.minor()) {
                return None;
            }
            found = Some(version);
        }
        window.drain(..window.len().saturating_sub(LONGEST + 2));
    }
}

fn versions(bytes: &[u8]) -> impl Iterator<Item = KubernetesVersion> {
    bytes.windows(4).enumerate().filter(|(_, w)| *w == b"\0v1.").filter_map(|(at, _)| {
        let text = bytes.get(at + 1..)?;
        let end = text.iter().take(LONGEST).position(|&b| b == 0)?;
        let text = std::str::from_utf8(text.get(..end)?).ok()?;
        // What a distribution adds (-eks-…, +k3s1) is no part of the release.
        let release = text.split(['-', '+']).next()?;
        (release.matches('.').count() == 2).then(|| release.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::version;
    use khw_core::KubernetesVersion;

    fn of(content: &[u8]) -> Option<u16> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        version(file.path()).map(KubernetesVersion::minor)
    }

    #[test]
    fn finds_the_one_that_stands_alone() {
        assert_eq!(of(b"\x7fELF.. v1.13.0 \0v1.20.2\0 v1.21.0\0"), Some(20));
        assert_eq!(of(b"\x7fELF\0v1.20.2-eks-1a2b\0\0v1.20.2\0"), Some(20));
        assert_eq!(of(b"\x7fELF\0v1.20.2\0\0v1.21.0\0"), None, "two of them");
        assert_eq!(of(b"\x7fELF\0v1.20\0"), None, "an API version");
        assert_eq!(of(b"#!/bin/sh\n\0v1.20.2\0"), None, "no program");
        assert_eq!(of(b""), None);
    }

    #[test]
    fn finds_it_wherever_the_chunks_end() {
        for at in (super::CHUNK - 12)..(super::CHUNK + 2) {
            let mut content = b"\x7fELF".to_vec();
            content.resize(at, b'x');
            content.extend(b"\0v1.20.2\0");
            assert_eq!(of(&content), Some(20), "{at}");
        }
    }
}
