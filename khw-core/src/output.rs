//! Where a tool writes to: standard output, or the file of `-o FILE`.
//!
//! Users: every tool.

use crate::Error;
use crate::place::{self, Attributes, Content, Existing, Permission, Placed};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What kind of content a file has, from which its mode follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For everybody: 0644 less the umask.
    Public,
    /// Holds or may hold a private key, password or token: 0600.
    Secret,
}

impl Kind {
    /// Mode and owner of a person's own output of this kind.
    pub const fn attributes(self) -> Attributes {
        let bits = match self {
            Kind::Public => 0o644,
            Kind::Secret => 0o600,
        };
        Attributes { permission: Permission::AtMost(bits), owner: None }
    }
}

/// The `-o FILE` option.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Output {
    /// Write to FILE instead of standard output, atomically; a file that would not change is left untouched
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Output {
    /// Output to a file, or to standard output when it is `-`.
    pub fn to(file: impl Into<PathBuf>) -> Self {
        Output { file: Some(file.into()) }
    }

    /// The file, unless it is standard output.
    pub fn path(&self) -> Option<&Path> {
        self.file.as_deref().filter(|path| path.as_os_str() != "-")
    }

    /// Writes the whole content.
    ///
    /// # Errors
    /// When the file or standard output cannot be written.
    pub fn write(&self, content: &[u8], kind: Kind, existing: Existing) -> anyhow::Result<Placed> {
        self.write_content(Content::Bytes(content), kind, existing)
    }

    /// Writes content that need not be in memory.
    ///
    /// # Errors
    /// As [`Output::write`], and when the content cannot be read.
    pub fn write_content(&self, content: Content<'_>, kind: Kind, existing: Existing) -> anyhow::Result<Placed> {
        match self.path() {
            None => {
                if kind == Kind::Secret {
                    hide_standard_output();
                }
                print_content(content).map(|()| Placed::Written)
            }
            Some(path) => {
                refuse_pem(path, content)?;
                Ok(place::file_content(path, content, kind.attributes(), existing)?)
            }
        }
    }
}

/// Refuses to put something else in the place of a private key, or what is no PEM in the place of a certificate, whoever named
/// the wrong file. What writes a key does it through [`crate::place`].
fn refuse_pem(path: &Path, content: Content<'_>) -> Result<(), Error> {
    // A pipe or device is written to, not replaced.
    if !std::fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return Ok(());
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut start));
    let there = String::from_utf8_lossy(&start);
    let stays = matches!(content, Content::Bytes(bytes) if String::from_utf8_lossy(bytes).contains("-----BEGIN "));
    let what = match read {
        Ok(_) if there.contains("PRIVATE KEY-----") => "a private key",
        Ok(_) if there.contains("-----BEGIN ") && !stays => "a certificate or the like in PEM",
        _ => return Ok(()),
    };
    Err(Error::new(format!("holds {what}, and is not overwritten"))
        .file(path.display())
        .hint("name another file; move this one away first if it is of no use any more"))
}

/// Takes a file that the shell made for `> FILE` away from everybody but its owner, before a secret gets into it.
///
/// The shell's umask is usually 022, so that every kubeconfig made by redirection would show its key to all users. A pipe,
/// a terminal or somebody else's file stays as it is: there the mode is not this tool's to say.
fn hide_standard_output() {
    use nix::sys::stat::{Mode, SFlag, fchmod, fstat};
    let stdout = std::io::stdout();
    let Ok(there) = fstat(&stdout) else { return };
    if SFlag::from_bits_truncate(there.st_mode & SFlag::S_IFMT.bits()) == SFlag::S_IFREG && there.st_mode & 0o077 != 0 {
        let _ = fchmod(&stdout, Mode::from_bits_truncate(there.st_mode & 0o700));
    }
}

/// Writes data to standard output, all of it.
///
/// # Errors
/// When it cannot be written. A reader that went away is not an error for the person: [`crate::cli::main`] ends quietly.
pub fn print(content: &[u8]) -> anyhow::Result<()> {
    print_content(Content::Bytes(content))
}

fn print_content(content: Content<'_>) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    content.pieces(|piece| stdout.write_all(piece)).and_then(|()| stdout.flush()).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::BrokenPipe => cause.into(),
        _ => Error::io("standard output", &cause).into(),
    })
}
