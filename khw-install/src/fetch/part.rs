//! A download that is not finished: `v1.20.2-amd64-kubelet.part`, which its owner alone reads and writes, and which gets the
//! program's name when its sum is right.

use crate::checksum::{Algorithm, Checksum, Hash};
use khw_core::Error;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag, openat, renameat};
use nix::sys::stat::{Mode, fchmod, fstatat, umask};
use nix::unistd::{UnlinkatFlags, fsync, unlinkat};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The directory that programs are fetched into.
#[derive(Debug)]
pub(crate) struct Store {
    directory: OwnedFd,
    path: PathBuf,
    /// The bits that this process takes away from the mode of new files.
    umask: Mode,
}

/// An unfinished download. It stays when it is dropped, so that another run goes on where this one ended.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    store: &'a Store,
    name: String,
    file: Flock<File>,
    length: u64,
}

impl Store {
    /// Opens the directory.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let directory = nix::fcntl::open(path, flags, Mode::empty())
            .map_err(|e| Error::io(path.display(), &e.into()).hint("make the directory first"))?;
        // It can only be asked for by setting it. No other thread runs yet.
        let mask = umask(Mode::from_bits_truncate(0o077));
        umask(mask);
        Ok(Store { directory, path: path.to_owned(), umask: mask })
    }

    /// The path of a file in it, as a person would name it.
    pub(crate) fn shown(&self, name: &str) -> PathBuf {
        if self.path == Path::new(".") { PathBuf::from(name) } else { self.path.join(name) }
    }

    /// Permission bits and sum of a file that is there; `None` when there is none.
    ///
    /// # Errors
    /// When it is no file or cannot be read.
    pub(crate) fn found(&self, name: &str, algorithm: Algorithm) -> Result<Option<(u32, Checksum)>, Error> {
        let failed = |e: io::Error| Error::io(self.shown(name).display(), &e);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let mut file = match openat(&self.directory, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::ENOENT) => return Ok(None),
            Err(errno) => return Err(failed(errno.into())),
        };
        let there = file.metadata().map_err(failed)?;
        if !there.is_file() {
            return Err(Error::new("is not a file").file(self.shown(name).display()).hint("move it away"));
        }
        let sum = Hash::of_all(algorithm, &mut file).map_err(failed)?;
        Ok(Some((there.permissions().mode() & 0o7777, sum)))
    }

    /// Opens an unfinished download, or begins one.
    ///
    /// # Errors
    /// When another process is at it, or what is there is not this user's own file.
    pub(crate) fn part(&self, name: String) -> Result<Part<'_>, Error> {
        let shown = || self.shown(&name);
        let failed = |e: io::Error| Error::io(shown().display(), &e);
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        loop {
            let foreign =
                || Error::new("is not a file of yours").file(shown().display()).hint("look at it and move it away");
            let opened = openat(&self.directory, name.as_str(), flags, Mode::from_bits_truncate(0o600));
            let file = match opened {
                Ok(fd) => File::from(fd),
                Err(Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => return Err(foreign()),
                Err(errno) => return Err(failed(errno.into())),
            };
            let file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
                Ok(file) => file,
                Err((_, Errno::EWOULDBLOCK)) => {
                    return Err(Error::new("another khw-install is fetching it")
                        .file(shown().display())
                        .hint("wait for it to end"));
                }
                Err((_, errno)) => return Err(failed(errno.into())),
            };
            let there = file.metadata().map_err(failed)?;
            let own = there.uid() == nix::unistd::Uid::effective().as_raw();
            if !there.is_file() || !own || there.nlink() > 1 || there.mode() & 0o077 != 0 {
                // One that was renamed into place between opening and locking has another name and mode now.
                if there.is_file() && own && !self.is_still(&name, &there) {
                    continue;
                }
                return Err(foreign());
            }
            if self.is_still(&name, &there) {
                return Ok(Part { store: self, name, length: there.len(), file });
            }
        }
    }

    fn is_still(&self, name: &str, there: &std::fs::Metadata) -> bool {
        let now = fstatat(&self.directory, name, nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW);
        now.is_ok_and(|now| (now.st_dev, now.st_ino) == (there.dev(), there.ino()))
    }
}

impl Part<'_> {
    /// How much of it is there.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let length = self.length;
        let mut write = || {
            self.file.seek(SeekFrom::Start(length))?;
            self.file.write_all(bytes)
        };
        write().map_err(|e| self.failed(&e))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Begins anew.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn clear(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(|e| self.failed(&e))?;
        self.length = 0;
        Ok(())
    }

    /// Its sum, and its first bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn sum(&mut self, algorithm: Algorithm) -> Result<(Checksum, Vec<u8>), Error> {
        let mut head = Vec::new();
        let mut read = || {
            self.file.seek(SeekFrom::Start(0))?;
            (&*self.file).take(200).read_to_end(&mut head)?;
            self.file.seek(SeekFrom::Start(0))?;
            Hash::of_all(algorithm, &mut &*self.file)
        };
        read().map(|sum| (sum, head)).map_err(|e| self.failed(&e))
    }

    /// Takes it away.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn remove(self) -> Result<(), Error> {
        let removed = unlinkat(&self.store.directory, self.name.as_str(), UnlinkatFlags::NoRemoveDir);
        removed.map_err(|e| self.failed(&e.into()))
    }

    /// Gives it the mode and the name of a program, durably. Gives the mode.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn finish(self, program: &str) -> Result<u32, Error> {
        let mode = Mode::from_bits_truncate(crate::artefact::BINARY_MODE) & !self.store.umask;
        let named = || -> Result<(), Errno> {
            fchmod(&*self.file, mode)?;
            fsync(&*self.file)?;
            renameat(&self.store.directory, self.name.as_str(), &self.store.directory, program)?;
            match fsync(&self.store.directory) {
                Ok(()) | Err(Errno::EINVAL) => Ok(()),
                Err(errno) => Err(errno),
            }
        };
        named().map_err(|e| Error::io(self.store.shown(program).display(), &e.into()))?;
        Ok(mode.bits())
    }

    fn failed(&self, cause: &io::Error) -> Error {
        Error::io(self.store.shown(&self.name).display(), cause)
    }
}
