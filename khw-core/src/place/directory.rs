//! A directory in which files are replaced.

use super::temporary::Temporary;
use super::{Attributes, Content, Existing, Permission, Placed, Staged, exists, failed, is_directory, parent};
use crate::Error;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat};
use nix::unistd::{Gid, Uid, fchown, fsync};
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// An open directory in which files are replaced.
///
/// What happens to its path meanwhile does not matter: everything goes through the descriptor.
#[derive(Debug)]
pub struct Directory {
    fd: OwnedFd,
    shown: PathBuf,
}

impl Directory {
    /// Opens a directory by path, following symbolic links.
    ///
    /// # Errors
    /// When it is not there or is no directory.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let fd = nix::fcntl::open(path, flags, Mode::empty()).map_err(|errno| {
            let error = failed(path, errno);
            if errno == Errno::ENOENT { error.hint("make the directory first") } else { error }
        })?;
        Ok(Directory { fd, shown: path.to_owned() })
    }

    /// The same as [`stage`], for one of many files of this directory. `path` lies in it.
    ///
    /// # Errors
    /// When `path` has no name or the system refuses.
    pub fn stage(&self, path: &Path, content: &[u8], attributes: Attributes) -> Result<Staged, Error> {
        let Some(name) = path.file_name() else { return Err(is_directory(path)) };
        let mut temporary = Temporary::create(self.as_fd(), name, creation_mode(attributes, None))
            .map_err(|errno| failed(path, errno))?;
        temporary.write(Content::Bytes(content), attributes, None).map_err(|e| Error::io(path.display(), &e))?;
        Ok(Staged { path: path.to_owned(), temporary: Some(parent(path).join(temporary.keep())) })
    }

    /// A directory opened elsewhere, for example inside a staged root. `shown` is its path in messages.
    pub fn from_fd(fd: OwnedFd, shown: PathBuf) -> Self {
        Directory { fd, shown }
    }

    /// Its path in messages.
    pub fn shown(&self) -> &Path {
        &self.shown
    }

    /// Replaces the file `name` of this directory. A symbolic link of that name is itself replaced.
    ///
    /// # Errors
    /// When it is a directory or a device, is there and may not be replaced, or the system refuses.
    pub fn place(
        &self,
        name: &OsStr,
        content: &[u8],
        attributes: Attributes,
        existing: Existing,
    ) -> Result<Placed, Error> {
        self.place_content(name, Content::Bytes(content), attributes, existing)
    }

    /// The same for content that need not be in memory.
    ///
    /// # Errors
    /// As [`Directory::place`], and when a file changes while it is read.
    pub fn place_content(
        &self,
        name: &OsStr,
        content: Content<'_>,
        attributes: Attributes,
        existing: Existing,
    ) -> Result<Placed, Error> {
        self.place_as(&self.shown.join(name), name, content, attributes, existing)
    }

    /// The same; `shown` is the path in messages.
    pub(super) fn place_as(
        &self,
        shown: &Path,
        name: &OsStr,
        content: Content<'_>,
        attributes: Attributes,
        existing: Existing,
    ) -> Result<Placed, Error> {
        let there = self.stat(name).map_err(|e| failed(shown, e))?;
        if let Some(there) = &there {
            match file_type(there) {
                SFlag::S_IFDIR => return Err(is_directory(shown)),
                SFlag::S_IFREG | SFlag::S_IFLNK => {}
                _ => return Err(Error::new("is a device, pipe or socket, not a file").file(shown.display())),
            }
            if existing == Existing::Refuse {
                return Err(exists(shown));
            }
            if file_type(there) == SFlag::S_IFREG
                && let Some(placed) = self.keep(name, content, attributes).map_err(|e| failed(shown, e))?
            {
                return Ok(placed);
            }
        }
        let regular = there.filter(|t| file_type(t) == SFlag::S_IFREG);
        let mut temporary = Temporary::create(self.fd.as_fd(), name, creation_mode(attributes, regular.as_ref()))
            .map_err(|e| failed(shown, e))?;
        temporary.fill(content, attributes, regular.as_ref()).map_err(|e| Error::io(shown.display(), &e))?;
        temporary.rename(name, existing).map_err(|errno| match errno {
            Errno::EEXIST => exists(shown),
            errno => failed(shown, errno),
        })?;
        // The rename is durable only with its directory. Some file systems cannot fsync a directory: then it is as
        // durable as that file system makes it.
        match fsync(&self.fd) {
            Ok(()) | Err(Errno::EINVAL) => Ok(Placed::Written),
            Err(errno) => Err(failed(shown, errno)),
        }
    }

    /// Leaves a file that already has the content as it is, or puts only its mode and owner right.
    fn keep(&self, name: &OsStr, content: Content<'_>, attributes: Attributes) -> Result<Option<Placed>, Errno> {
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let Ok(fd) = openat(&self.fd, name, flags, Mode::empty()) else { return Ok(None) };
        let file = File::from(fd);
        let there = fstat(&file)?;
        if !content.is_in(&file) {
            return Ok(None);
        }
        let mode = there.st_mode & 0o7777;
        let wanted_mode = match attributes.permission {
            Permission::AtMost(bits) => mode & bits,
            Permission::Exactly(bits) => bits,
        };
        let wrong_owner = attributes.owner.is_some_and(|o| o.uid != there.st_uid || o.gid != there.st_gid);
        if mode == wanted_mode && !wrong_owner {
            return Ok(Some(Placed::Unchanged));
        }
        // A file with another name too may be somebody else's: it is replaced, and theirs stays as it is.
        if there.st_nlink > 1 {
            return Ok(None);
        }
        // Narrow first: a key must not be readable by a new owner for a moment with the old, wider mode.
        fchmod(&file, Mode::from_bits_truncate(mode & wanted_mode))?;
        if let Some(owner) = attributes.owner.filter(|_| wrong_owner) {
            fchown(&file, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
        }
        fchmod(&file, Mode::from_bits_truncate(wanted_mode))?;
        Ok(Some(Placed::Corrected))
    }

    fn stat(&self, name: &OsStr) -> Result<Option<FileStat>, Errno> {
        match fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(there) => Ok(Some(there)),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

fn file_type(there: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(there.st_mode & SFlag::S_IFMT.bits())
}

/// The mode for `open`, from which the kernel takes the umask away.
fn creation_mode(attributes: Attributes, replaced: Option<&FileStat>) -> Mode {
    Mode::from_bits_truncate(match (attributes.permission, replaced) {
        (Permission::AtMost(bits), Some(there)) => bits & there.st_mode,
        (Permission::AtMost(bits), None) => bits,
        // Nobody else sees it before owner and content are right.
        (Permission::Exactly(bits), _) => bits & 0o600,
    })
}
