//! A program that is to be placed: it can run on the worker, is of the version that was asked for and has the sums that were
//! said, and what is placed is what was looked at.

use crate::binary::{self, Architecture};
use crate::checksum::{Algorithm, Checksum, Hash, Said, Sums};
use crate::go_version;
use crate::target::Target;
use khw_core::place::Stream;
use khw_core::{Error, KubernetesVersion};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What programs must be.
pub(crate) struct Wanted<'a> {
    /// Where they will run; `None` when that is elsewhere, and not known.
    pub(crate) target: Option<&'a Target>,
    /// The machine; when none was said this host's, or elsewhere any that Kubernetes is built for.
    pub(crate) architecture: Option<Architecture>,
    /// What they must say of themselves.
    pub(crate) version: Option<KubernetesVersion>,
    /// What they must have.
    pub(crate) sums: Sums,
}

/// A program that may be placed.
#[derive(Debug)]
pub(crate) struct Program {
    file: File,
    length: u64,
    /// Of the bytes that were checked. Each later reading is held against it.
    sha256: Checksum,
}

/// How much is read at once.
const PIECE: usize = 256 * 1024;

impl Program {
    /// Opens and checks it. `alone` is whether it is the only one, so that a sum without a name is meant for it.
    ///
    /// # Errors
    /// When it cannot run on the worker, or is not what was asked for.
    pub(crate) fn open(path: &Path, wanted: &Wanted<'_>, alone: bool) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let failed = |e: io::Error| Error::io(&shown, &e);
        // Looked at before it is opened: opening a pipe waits for somebody who writes.
        let kind = std::fs::metadata(path).map_err(failed)?;
        if kind.is_dir() {
            return Err(Error::new("is a directory, not a file").file(shown).hint("name the program inside it"));
        }
        if !kind.is_file() {
            let what = Error::new("is a device, pipe or socket, not a file");
            return Err(what.file(shown).hint("save the program first"));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::of_file(File::open(path).map_err(failed)?, &shown, &name, wanted, alone)
    }

    /// Checks the program `name` that is in an open file, which messages call `shown`.
    ///
    /// # Errors
    /// As [`Program::open`].
    pub(crate) fn of_file(
        file: File,
        shown: &str,
        name: &str,
        wanted: &Wanted<'_>,
        alone: bool,
    ) -> Result<Self, Error> {
        Self::check(file, shown, name, wanted, alone).map_err(|e| e.file(shown))
    }

    fn check(file: File, shown: &str, name: &str, wanted: &Wanted<'_>, alone: bool) -> Result<Self, Error> {
        let failed = |e: io::Error| Error::io(shown, &e);
        let default = || match wanted.target {
            Some(_) => Architecture::host(),
            None => machine(&file).or_else(Architecture::host),
        };
        let architecture = wanted.architecture.or_else(default).ok_or_else(|| {
            Error::new("this host's machine is none that Kubernetes is built for").hint("say the worker's with --arch")
        })?;
        let length = file.metadata().map_err(failed)?.len();
        let loader = binary::check_file(&file, architecture)?;
        let sha256 = sum(&file, length, &wanted.sums.of(name, alone)?, failed)?;
        version(&file, name, wanted.version)?;
        if let Some(loader) = loader
            && let Some(target) = wanted.target
            && target.has_system()
            && target.stat(Path::new(&loader)).is_none()
        {
            let shown = target.shown(Path::new(&loader));
            return Err(Error::new(format!(
                "needs the loader {}, which is not there: it would end with 'No such file or directory'",
                shown.display()
            ))
            .hint(binary::loader_fix(&loader)));
        }
        Ok(Program { file, length, sha256 })
    }

    /// The SHA-256 of what was checked, in hex.
    pub(crate) fn sha256(&self) -> &str {
        self.sha256.hex()
    }
}

impl Stream for Program {
    fn length(&self) -> u64 {
        self.length
    }

    fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let changed = || io::Error::other("has changed since it was checked");
        let mut hash = Hash::new(Algorithm::Sha256);
        let read = read(&self.file, self.length, &mut |piece| {
            hash.update(piece);
            each(piece)
        });
        read.map_err(|e| if e.kind() == io::ErrorKind::UnexpectedEof { changed() } else { e })?;
        let longer = self.file.metadata()?.len() != self.length;
        if longer || hash.finish() != self.sha256 { Err(changed()) } else { Ok(()) }
    }
}

/// The machine that a program says it is for.
fn machine(file: &File) -> Option<Architecture> {
    let mut head = [0; 20];
    file.read_exact_at(&mut head, 0).ok()?;
    Architecture::of_program(&head)
}

/// Gives away the first `length` bytes of a file.
fn read(file: &File, length: u64, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    let mut at = 0;
    while at < length {
        let left = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
        let piece = buffer.get_mut(..left).unwrap_or_default();
        file.read_exact_at(piece, at)?;
        each(piece)?;
        at += left as u64;
    }
    Ok(())
}

/// Compares the sums that were said, and gives the SHA-256 of the same bytes.
fn sum(file: &File, length: u64, said: &[&Said], failed: impl Fn(io::Error) -> Error) -> Result<Checksum, Error> {
    let mut sha256 = Hash::new(Algorithm::Sha256);
    let is_512 = |said: &&Said| said.sum.algorithm() == Algorithm::Sha512;
    let mut sha512 = said.iter().any(is_512).then(|| Hash::new(Algorithm::Sha512));
    let all = read(file, length, &mut |piece| {
        sha256.update(piece);
        if let Some(hash) = &mut sha512 {
            hash.update(piece);
        }
        Ok(())
    });
    all.map_err(failed)?;
    let (sha256, sha512) = (sha256.finish(), sha512.map(Hash::finish));
    for said in said {
        let found = match said.sum.algorithm() {
            Algorithm::Sha256 => Some(&sha256),
            Algorithm::Sha512 => sha512.as_ref(),
        };
        if let Some(found) = found {
            said.sum.expect(found, &said.source)?;
        }
    }
    Ok(sha256)
}

/// Compares what the program says of itself. One that says nothing is not refused: some distributions build theirs so.
fn version(file: &File, name: &str, wanted: Option<KubernetesVersion>) -> Result<(), Error> {
    let Some(wanted) = wanted else { return Ok(()) };
    match go_version::of_file(file) {
        Some(found) if go_version::fits(found, wanted) => Ok(()),
        Some(found) => Err(Error::new(format!("is {found}, not {wanted}"))
            .field("--kubernetes-version")
            .hint(format!("take the program of {wanted}, or say --kubernetes-version {found} if that is meant"))),
        None => {
            let text = format!("{name}: does not say its version, so it was not compared with {wanted}");
            khw_core::cli::warn(crate::TOOL.name, text);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Program, Wanted};
    use crate::checksum::Sums;
    use crate::target::Target;
    use khw_core::place::Stream;
    use std::fs::File;

    #[test]
    fn another_content_of_the_same_size_and_time_is_not_placed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kubelet");
        std::fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
        let target = Target::open(Some(dir.path())).unwrap();
        let wanted = Wanted { target: Some(&target), architecture: None, version: None, sums: Sums::default() };
        let program = Program::open(&path, &wanted, true).unwrap();
        assert!(program.pieces(&mut |_| Ok(())).is_ok());
        let time = std::fs::metadata(&path).unwrap().modified().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let changed = program.pieces(&mut |_| Ok(())).map_err(|e| e.to_string());
        assert_eq!(changed, Err("has changed since it was checked".to_owned()));
        std::fs::write(&path, "short").unwrap();
        let changed = program.pieces(&mut |_| Ok(())).map_err(|e| e.to_string());
        assert_eq!(changed, Err("has changed since it was checked".to_owned()));
    }
}
