//! Whether a program can run on the worker, before it is placed.
//!
//! A wrong download is the usual cause of "Exec format error", and of "not found" though the file is there: another
//! machine's program, a page of HTML saved under the program's name, a half of it.

use khw_core::Error;
use object::elf::{DataEncoding, FileClass, Machine};
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};
use object::{Endianness, elf};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::str::FromStr;

/// A machine, named as Kubernetes names its downloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
    /// 32-bit Arm.
    Arm,
    /// 64-bit little-endian Power.
    Ppc64le,
    /// IBM Z.
    S390x,
}

impl Architecture {
    const ALL: [Self; 5] = [Self::Amd64, Self::Arm64, Self::Arm, Self::Ppc64le, Self::S390x];

    /// The machine this tool was built for.
    pub fn host() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            "arm" => Some(Self::Arm),
            "powerpc64" => Some(Self::Ppc64le),
            "s390x" => Some(Self::S390x),
            _ => None,
        }
    }

    /// The name in download addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
            Self::Arm => "arm",
            Self::Ppc64le => "ppc64le",
            Self::S390x => "s390x",
        }
    }

    /// ELF class, byte order and machine (System V ABI, `e_ident` and `e_machine`).
    const fn elf(self) -> (FileClass, DataEncoding, Machine) {
        match self {
            Self::Amd64 => (elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EM_X86_64),
            Self::Arm64 => (elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EM_AARCH64),
            Self::Arm => (elf::ELFCLASS32, elf::ELFDATA2LSB, elf::EM_ARM),
            Self::Ppc64le => (elf::ELFCLASS64, elf::ELFDATA2LSB, elf::EM_PPC64),
            Self::S390x => (elf::ELFCLASS64, elf::ELFDATA2MSB, elf::EM_S390),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|a| a.name() == text);
        found.ok_or_else(|| {
            Error::new(format!("there is no kubelet for '{}'", text.escape_debug()))
                .hint("it is one of amd64, arm64, arm, ppc64le, s390x")
        })
    }
}

impl Architecture {
    /// The machine that a program is made for, by the first 20 bytes of it; `None` when it is none that is known.
    pub fn of_program(head: &[u8]) -> Option<Self> {
        let (ident, machine) = ident(head)?;
        Self::ALL.into_iter().find(|a| a.elf() == (ident.0, ident.1, machine))
    }
}

/// Checks that `content` is a program for `wanted`, and gives the loader it needs (none for a static program).
///
/// # Errors
/// When it is no ELF program, is for another machine, or is cut off.
pub fn check(content: &[u8], wanted: Architecture) -> Result<Option<String>, Error> {
    check_parts(content, content, wanted)
}

/// The same for a program that is not read as a whole.
///
/// # Errors
/// As [`check`], and when it cannot be read.
pub fn check_file(mut file: &File, wanted: Architecture) -> Result<Option<String>, Error> {
    let mut head = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(200).read_to_end(&mut head));
    read.map_err(|e| Error::new(e.to_string()))?;
    check_parts(&head, &ReadCache::new(file), wanted)
}

/// `head` is the first bytes of `content`.
fn check_parts<'d, R: ReadRef<'d>>(head: &[u8], content: R, wanted: Architecture) -> Result<Option<String>, Error> {
    let again = "download it again, and compare its checksum";
    let Some((ident, machine)) = ident(head) else {
        return Err(Error::new(no_program(head)).hint(again));
    };
    let found = Architecture::ALL.into_iter().find(|a| a.elf() == (ident.0, ident.1, machine));
    if found != Some(wanted) {
        let found = found.map_or_else(|| format!("another machine (ELF machine {})", machine.0), |a| a.to_string());
        return Err(Error::new(format!("is a program for {found}, not for {wanted}"))
            .hint(format!("take the download for {wanted}, or say --arch when the worker is another machine")));
    }
    let loader = match ident.0 {
        elf::ELFCLASS32 => loader::<elf::FileHeader32<Endianness>, R>(content),
        _ => loader::<elf::FileHeader64<Endianness>, R>(content),
    };
    loader.ok_or_else(|| Error::new("is cut off: its headers point beyond its end").hint(again))
}

/// What helps when the loader of a program is missing.
pub fn loader_fix(loader: &str) -> String {
    let package = if loader.contains("musl") { "musl" } else { "libc6 on Debian and Ubuntu, glibc elsewhere" };
    format!("take the static program of dl.k8s.io, or install the package of that loader ({package})")
}

type Ident = (FileClass, DataEncoding);

/// Class and byte order, and the machine in that byte order.
fn ident(content: &[u8]) -> Option<(Ident, Machine)> {
    let (class, order) = match content.get(..16)? {
        [0x7f, b'E', b'L', b'F', class, order, ..] => (FileClass(*class), DataEncoding(*order)),
        _ => return None,
    };
    let machine = [*content.get(18)?, *content.get(19)?];
    let machine = if order == elf::ELFDATA2MSB { u16::from_be_bytes(machine) } else { u16::from_le_bytes(machine) };
    Some(((class, order), Machine(machine)))
}

/// What a file is whose first bytes are no program's.
pub(crate) fn no_program(content: &[u8]) -> &'static str {
    let start = content.get(..200).unwrap_or(content).trim_ascii_start();
    match start {
        [] => "is empty, not a program",
        [b'<', ..] => "is a page of HTML or XML, not a program",
        [0x1f, 0x8b, ..] => "is a compressed archive, not a program",
        [b'#', b'!', ..] => "is a script, not a program",
        _ => "is not a program (no ELF header)",
    }
}

/// The interpreter of the program headers; the outer `None` when a header or segment lies beyond the end.
fn loader<'d, H: FileHeader<Endian = Endianness>, R: ReadRef<'d>>(content: R) -> Option<Option<String>> {
    let header = H::parse(content).ok()?;
    let endian = header.endian().ok()?;
    // The section headers are last in a file: they are what is missing from half a download.
    header.section_headers(endian, content).ok()?;
    let segments = header.program_headers(endian, content).ok()?;
    let mut found = None;
    for segment in segments {
        let (offset, size) = segment.file_range(endian);
        if offset.checked_add(size)? > content.len().ok()? {
            return None;
        }
        if let Some(name) = segment.interpreter(endian, content).ok()?.filter(|_| size > 0) {
            found = Some(String::from_utf8_lossy(name).into_owned());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::{Architecture, check, check_file};

    fn what(content: &[u8], wanted: Architecture) -> String {
        check(content, wanted).map_or_else(|e| e.what().to_owned(), |loader| format!("{loader:?}"))
    }

    #[test]
    fn names_what_is_no_program() {
        for (content, expected) in [
            (&b""[..], "is empty, not a program"),
            (b"<?xml version='1.0'?><Error>", "is a page of HTML or XML, not a program"),
            (b"\n <html>", "is a page of HTML or XML, not a program"),
            (b"\x1f\x8b\x08", "is a compressed archive, not a program"),
            (b"#!/bin/sh\n", "is a script, not a program"),
            (b"hello", "is not a program (no ELF header)"),
            (b"\x7fELF", "is not a program (no ELF header)"),
        ] {
            assert_eq!(what(content, Architecture::Amd64), expected);
        }
    }

    #[test]
    fn this_very_program_is_for_this_machine_and_for_no_other() {
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let host = Architecture::host().unwrap();
        assert!(what(&this, host).contains("ld-linux"), "{}", what(&this, host));
        let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(check_file(&file, host).unwrap(), check(&this, host).unwrap());
        let other = if host == Architecture::Arm64 { Architecture::Amd64 } else { Architecture::Arm64 };
        assert_eq!(what(&this, other), format!("is a program for {host}, not for {other}"));
        assert_eq!(what(&this[..this.len() / 2], host), "is cut off: its headers point beyond its end");
        assert_eq!(what(&this[..40], host), "is cut off: its headers point beyond its end");
    }
}
