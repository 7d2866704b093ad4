//! The Kubernetes version that a program has inside, read from its file without running it.
//!
//! Kubernetes' build sets `k8s.io/component-base/version.gitVersion` with the linker's `-X`. That is a Go string: a pair of
//! address and length in the data segment, and the text in the read-only one. The symbol's name is stripped from releases, so
//! every such pair of the data segment is looked at whose text is a version `v1.MINOR.PATCH`; they must all say the same
//! release (client-go and component-base have a copy each).

use khw_core::KubernetesVersion;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, read::ReadRef};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The data segment of a Kubernetes program is 0.5 to 3 MB; a file that claims more is not looked at.
const MOST_DATA: u64 = 16 << 20;

/// The version that the program at hand says of itself; `None` when it says none or several.
pub fn of_file(file: &File) -> Option<KubernetesVersion> {
    let mut head = vec![0; 4096];
    let read = file.read_at(&mut head, 0).ok()?;
    head.truncate(read);
    match (head.get(..4)?, *head.get(4)?) {
        (b"\x7fELF", 2) => scan::<FileHeader64<Endianness>>(file, &head, 8),
        (b"\x7fELF", 1) => scan::<FileHeader32<Endianness>>(file, &head, 4),
        _ => None,
    }
}

/// Whether a program that says `found` is what a person means by `said`: `1.20` means every patch of it.
pub fn fits(found: KubernetesVersion, said: KubernetesVersion) -> bool {
    found.minor() == said.minor() && said.patch().is_none_or(|patch| found.patch() == Some(patch))
}

/// A loaded part of the file.
struct Segment {
    address: u64,
    offset: u64,
    size: u64,
    writable: bool,
}

fn scan<H: FileHeader<Endian = Endianness>>(file: &File, head: &[u8], word: usize) -> Option<KubernetesVersion> {
    let header: &H = head.read_at(0).ok()?;
    let endian = header.endian().ok()?;
    let headers = header.program_headers(endian, head).ok()?;
    let segments: Vec<Segment> = headers
        .iter()
        .filter(|h| h.p_type(endian) == elf::PT_LOAD)
        .map(|h| Segment {
            address: h.p_vaddr(endian).into(),
            offset: h.p_offset(endian).into(),
            size: h.p_filesz(endian).into(),
            writable: h.p_flags(endian).0 & elf::PF_W.0 != 0,
        })
        .collect();
    let number = |bytes: &[u8]| match (bytes.len(), endian) {
        (8, Endianness::Little) => bytes.try_into().map(u64::from_le_bytes).ok(),
        (8, Endianness::Big) => bytes.try_into().map(u64::from_be_bytes).ok(),
        (4, Endianness::Little) => bytes.try_into().map(|b| u32::from_le_bytes(b).into()).ok(),
        (4, Endianness::Big) => bytes.try_into().map(|b| u32::from_be_bytes(b).into()).ok(),
        _ => None,
    };
    let mut found: Option<KubernetesVersion> = None;
    for data in segments.iter().filter(|s| s.writable && s.size <= MOST_DATA) {
        let mut bytes = vec![0; usize::try_from(data.size).ok()?];
        file.read_exact_at(&mut bytes, data.offset).ok()?;
        for at in (0..bytes.len()).step_by(word) {
            let Some(pair) = bytes.get(at..at + 2 * word) else { break };
            let (address, length) = pair.split_at(word);
            // v1.20.2 to v1.32.4-gke.1767000 and the like.
            let Some(length @ 7..=24) = number(length) else { continue };
            let address = number(address)?;
            let Some(version) = text(file, &segments, address, length).as_deref().and_then(version) else { continue };
            if found.is_some_and(|earlier| earlier != version) {
                return None;
            }
            found = Some(version);
        }
    }
    found
}

/// The text at an address of the read-only part, when it begins like a version.
fn text(file: &File, segments: &[Segment], address: u64, length: u64) -> Option<String> {
    let inside = |s: &&Segment| address >= s.address && address - s.address < s.size.saturating_sub(length);
    let segment = segments.iter().filter(|s| !s.writable).find(inside)?;
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut bytes, segment.offset + (address - segment.address)).ok()?;
    bytes.starts_with(b"v1.").then(|| String::from_utf8(bytes).ok()).flatten()
}

/// `v1.20.2`, also with what distributions add: `v1.32.4-dispatcher`, `v1.29.1+rke2r1`.
fn version(text: &str) -> Option<KubernetesVersion> {
    let release = text.split(['-', '+']).next()?;
    (release.matches('.').count() == 2).then(|| release.parse().ok()).flatten()
}
