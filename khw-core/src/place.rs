//! Replacing a file so that nobody ever sees half of it: the old content or the new, never with a wider mode than meant.
//!
//! The order is: temporary file in the same directory with its mode from the first byte, owner, content, fsync, rename,
//! fsync of the directory. A kill or a full disk leaves the old file; the temporary one is called `.NAME.khw-PID-N`.
//! (`linkat` of an `O_TMPFILE` would leave none, but it cannot replace an existing file.)
//!
//! Users: every tool, through [`crate::output`] or directly.

use crate::Error;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, RenameFlags, openat, renameat, renameat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fsync, syncfs, unlinkat};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The permission bits of a placed file, in octal: `0o600`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// These bits less those of the umask, and less those that an existing file already lacks. For a person's own output.
    AtMost(u32),
    /// Just these bits, whatever the umask. For the files of a worker.
    Exactly(u32),
}

/// Numeric owner and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Owner {
    /// root:root, the owner of every file of a worker.
    pub const ROOT: Self = Owner { uid: 0, gid: 0 };
}

/// Mode and owner that a file has from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// The permission bits.
    pub permission: Permission,
    /// The owner, or `None` for whoever runs the tool (a file that is replaced keeps its owner where that is allowed).
    pub owner: Option<Owner>,
}

/// What to do when the file is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Replace it, or leave it untouched when it is already as it should be.
    Replace,
    /// Refuse, also when another process makes it meanwhile. For private keys and CA certificates.
    Refuse,
}

/// What a file is to hold.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What comes a piece at a time: a program has a hundred megabytes.
    Stream(&'a dyn Stream),
}

/// Content that is not in memory. It is read more than once: compared with what is there, then written.
pub trait Stream: std::fmt::Debug {
    /// Bytes.
    fn length(&self) -> u64;

    /// Gives it away from its beginning, a piece at a time.
    ///
    /// # Errors
    /// When it cannot be read, when it is not what it was when it was checked, and what `each` gives. What was given away
    /// until then is not placed.
    fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()>;
}

/// A piece of a file that is compared.
const PIECE: usize = 256 * 1024;

impl Content<'_> {
    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Stream(stream) => stream.length(),
        }
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives it away a piece at a time.
    ///
    /// # Errors
    /// As [`Stream::pieces`].
    pub fn pieces(&self, mut each: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        match self {
            Content::Bytes(bytes) => each(bytes),
            Content::Stream(stream) => stream.pieces(&mut each),
        }
    }

    /// Whether `other` holds the same. One that cannot be read does not.
    pub fn is_in(&self, other: &File) -> bool {
        if other.metadata().ok().map(|m| m.len()) != Some(self.len()) {
            return false;
        }
        let mut theirs = vec![0; PIECE];
        let mut at = 0;
        let compared = self.pieces(|ours| {
            for ours in ours.chunks(PIECE) {
                let theirs = piece_at(&mut theirs, ours.len() as u64);
                other.read_exact_at(theirs, at)?;
                if theirs != ours {
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
                at += ours.len() as u64;
            }
            Ok(())
        });
        compared.is_ok()
    }
}

/// So much of a buffer as is left to read.
fn piece_at(buffer: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).unwrap_or(PIECE).min(buffer.len());
    buffer.get_mut(..length).unwrap_or_default()
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// The file is new or has new content.
    Written,
    /// The content was right; mode or owner were put right.
    Corrected,
    /// Nothing was touched.
    Unchanged,
}

/// Replaces the file at `path`. A symbolic link stays and its target is replaced; a device or pipe is written into.
///
/// # Errors
/// When it is a directory, is there and may not be replaced, or the system refuses.
pub fn file(path: &Path, content: &[u8], attributes: Attributes, existing: Existing) -> Result<Placed, Error> {
    file_content(path, Content::Bytes(content), attributes, existing)
}

/// The same for content that need not be in memory.
///
/// # Errors
/// As [`file`], and when the content cannot be read.
pub fn file_content(
    path: &Path,
    content: Content<'_>,
    attributes: Attributes,
    existing: Existing,
) -> Result<Placed, Error> {
    let target = match std::fs::canonicalize(path) {
        Ok(target) => target,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(cause) => return Err(Error::io(path.display(), &cause)),
    };
    if let Ok(kind) = std::fs::metadata(&target) {
        if kind.is_dir() {
            return Err(is_directory(path));
        }
        if !kind.is_file() {
            let opened = File::options().write(true).open(path);
            let written = opened.and_then(|mut device| content.pieces(|piece| device.write_all(piece)));
            return written.map(|()| Placed::Written).map_err(|e| Error::io(path.display(), &e));
        }
    }
    let Some(name) = target.file_name() else { return Err(is_directory(path)) };
    Directory::open(parent(&target))?.place_as(path, name, content, attributes, existing)
}

/// A file that is written and has its mode, but not yet its name: one of many that are made durable together.
///
/// A disk takes a few milliseconds for each fsync; a thousand files are one [`sync_file_system`] between writing and
/// naming them. A file that is dropped without [`Staged::place`] is removed.
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    temporary: Option<PathBuf>,
}

/// Writes a new file beside `path`, without waiting for the disk. [`Staged::place`] gives it its name.
///
/// # Errors
/// When the directory is not there or the system refuses.
pub fn stage(path: &Path, content: &[u8], attributes: Attributes) -> Result<Staged, Error> {
    Directory::open(parent(path))?.stage(path, content, attributes)
}

impl Staged {
    /// Gives the file its name, at once and wholly.
    ///
    /// # Errors
    /// When a file of that name is there and may not be replaced, or the system refuses.
    pub fn place(mut self, existing: Existing) -> Result<(), Error> {
        let Some(temporary) = self.temporary.take() else { return Ok(()) };
        let renamed = match existing {
            Existing::Replace => renameat(AT_FDCWD, &temporary, AT_FDCWD, &self.path),
            Existing::Refuse => renameat2(AT_FDCWD, &temporary, AT_FDCWD, &self.path, RenameFlags::RENAME_NOREPLACE),
        };
        renamed.map_err(|errno| {
            self.temporary = Some(temporary);
            if errno == Errno::EEXIST { exists(&self.path) } else { failed(&self.path, errno) }
        })
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Nothing more can be done about it, and the error that led here is already on its way.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Waits until everything that was written to the file system of `directory` is on the disk.
///
/// # Errors
/// When the directory is not there or the disk fails.
pub fn sync_file_system(directory: &Path) -> Result<(), Error> {
    let directory = Directory::open(directory)?;
    syncfs(&directory).map_err(|errno| failed(directory.shown(), errno))
}

/// The directory of a path: the current one when there is none in it.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_directory(path: &Path) -> Error {
    Error::new("is a directory, not a file").file(path.display()).hint("name the file inside it")
}

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

    fn place_as(
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

fn failed(path: &Path, errno: Errno) -> Error {
    Error::io(path.display(), &std::io::Error::from(errno))
}

fn exists(path: &Path) -> Error {
    Error::new("is already there and is not overwritten")
        .file(path.display())
        .hint("move it away, or say --force if it is of no use any more")
}

/// The name under which this process makes what is to become `target`; `attempt` makes another when it is taken.
pub fn temporary_name(target: &OsStr, attempt: u32) -> OsString {
    OsString::from(format!("{}{}-{attempt}", temporary_prefix(target), std::process::id()))
}

/// The process that made `name` to become `target`; `None` when it is no such name.
pub fn temporary_of(name: &OsStr, target: &OsStr) -> Option<u32> {
    let numbers = name.to_str()?.strip_prefix(&temporary_prefix(target))?.to_owned();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (process, attempt) = numbers.split_once('-')?;
    if is_number(process) && is_number(attempt) { process.parse().ok() } else { None }
}

/// A name of 255 bytes has no room for the rest; its first bytes are enough to recognise it.
fn temporary_prefix(target: &OsStr) -> String {
    let bytes = target.as_encoded_bytes();
    format!(".{}.khw-", String::from_utf8_lossy(bytes.get(..200).unwrap_or(bytes)))
}

/// A file that goes away unless it is renamed into place.
struct Temporary<'a> {
    directory: BorrowedFd<'a>,
    name: OsString,
    file: File,
    renamed: bool,
}

impl<'a> Temporary<'a> {
    fn create(directory: BorrowedFd<'a>, target: &OsStr, mode: Mode) -> Result<Self, Errno> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mut attempt = 0_u32;
        loop {
            let name = temporary_name(target, attempt);
            match openat(directory, name.as_os_str(), flags, mode) {
                Ok(fd) => return Ok(Temporary { directory, name, file: File::from(fd), renamed: false }),
                Err(Errno::EEXIST) if attempt < 10_000 => attempt += 1,
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Writes it and waits until it is on the disk.
    fn fill(
        &mut self,
        content: Content<'_>,
        attributes: Attributes,
        replaced: Option<&FileStat>,
    ) -> std::io::Result<()> {
        self.write(content, attributes, replaced)?;
        self.file.sync_all()
    }

    fn write(
        &mut self,
        content: Content<'_>,
        attributes: Attributes,
        replaced: Option<&FileStat>,
    ) -> std::io::Result<()> {
        match (attributes.owner, replaced) {
            (Some(owner), _) => {
                fchown(&self.file, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
            }
            // root replacing a user's file leaves it the user's. Nobody else may give a file away, and need not.
            (None, Some(there)) if Uid::effective().is_root() => {
                fchown(&self.file, Some(Uid::from_raw(there.st_uid)), Some(Gid::from_raw(there.st_gid)))?;
            }
            (None, _) => {}
        }
        // After chown, which clears set-id bits.
        if let Permission::Exactly(bits) = attributes.permission {
            fchmod(&self.file, Mode::from_bits_truncate(bits))?;
        }
        content.pieces(|piece| self.file.write_all(piece))
    }

    /// Closes it and leaves it under its temporary name.
    fn keep(mut self) -> OsString {
        self.renamed = true;
        std::mem::take(&mut self.name)
    }

    fn rename(mut self, target: &OsStr, existing: Existing) -> Result<(), Errno> {
        match existing {
            Existing::Replace => renameat(self.directory, self.name.as_os_str(), self.directory, target)?,
            Existing::Refuse => {
                renameat2(self.directory, self.name.as_os_str(), self.directory, target, RenameFlags::RENAME_NOREPLACE)?
            }
        }
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing more can be done about it, and the error that led here is already on its way.
            let _ = unlinkat(self.directory, self.name.as_os_str(), UnlinkatFlags::NoRemoveDir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Content, Directory, Existing, Permission, Placed, Stream, file, stage, sync_file_system};
    use super::{temporary_name, temporary_of};
    use std::os::unix::fs::{PermissionsExt, symlink};

    const SECRET: Attributes = Attributes { permission: Permission::Exactly(0o600), owner: None };
    const PUBLIC: Attributes = Attributes { permission: Permission::AtMost(0o644), owner: None };

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;

    fn mode(path: &std::path::Path) -> std::io::Result<u32> {
        Ok(std::fs::metadata(path)?.permissions().mode() & 0o7777)
    }

    #[test]
    fn writes_then_leaves_alone_then_corrects_the_mode() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("key");
        assert_eq!(file(&path, b"a", SECRET, Existing::Replace)?, Placed::Written);
        assert_eq!(file(&path, b"a", SECRET, Existing::Replace)?, Placed::Unchanged);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644))?;
        assert_eq!(file(&path, b"a", SECRET, Existing::Replace)?, Placed::Corrected);
        assert_eq!(mode(&path)?, 0o600);
        assert_eq!(file(&path, b"b", SECRET, Existing::Replace)?, Placed::Written);
        assert_eq!(std::fs::read(&path)?, b"b");
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        Ok(())
    }

    #[test]
    fn never_widens_a_file_of_the_user() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("config");
        std::fs::write(&path, "old")?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))?;
        file(&path, b"new", PUBLIC, Existing::Replace)?;
        assert_eq!(mode(&path)?, 0o600);
        Ok(())
    }

    #[test]
    fn refuses_to_overwrite_and_says_how() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("key");
        std::fs::write(&path, "old")?;
        let error = file(&path, b"new", SECRET, Existing::Refuse).err().ok_or("it was overwritten")?;
        assert_eq!(error.to_string(), format!("{}: is already there and is not overwritten", path.display()));
        assert_eq!(std::fs::read(&path)?, b"old");
        Ok(())
    }

    #[test]
    fn a_symbolic_link_stays() -> Result {
        let dir = tempfile::tempdir()?;
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        std::fs::write(&target, "old")?;
        symlink(&target, &link)?;
        file(&link, b"new", PUBLIC, Existing::Replace)?;
        assert!(std::fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(std::fs::read(&target)?, b"new");
        Ok(())
    }

    #[test]
    fn a_staged_file_has_no_name_until_it_is_placed() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("key");
        drop(stage(&path, b"a", SECRET)?);
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 0, "a dropped one goes away");
        let (first, second) = (stage(&path, b"first", SECRET)?, stage(&path, b"second", SECRET)?);
        assert!(!path.exists());
        sync_file_system(dir.path())?;
        first.place(Existing::Refuse)?;
        let error = second.place(Existing::Refuse).err().ok_or("it was overwritten")?;
        assert_eq!(error.to_string(), format!("{}: is already there and is not overwritten", path.display()));
        assert_eq!((std::fs::read(&path)?, mode(&path)?), (b"first".to_vec(), 0o600));
        stage(&path, b"third", SECRET)?.place(Existing::Replace)?;
        assert_eq!(std::fs::read(&path)?, b"third");
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        Ok(())
    }

    /// Bytes that come in two pieces, and may turn out to be wrong at their end.
    #[derive(Debug)]
    struct Halves {
        bytes: Vec<u8>,
        wrong: bool,
    }

    impl Stream for Halves {
        fn length(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
            let (first, second) = self.bytes.split_at(self.bytes.len() / 2);
            each(first)?;
            each(second)?;
            if self.wrong { Err(std::io::Error::other("has changed since it was checked")) } else { Ok(()) }
        }
    }

    #[test]
    fn a_stream_is_placed_by_pieces_and_compared_to_its_end() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("to");
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| i.to_le_bytes()[1]).collect();
        let mut halves = Halves { bytes: bytes.clone(), wrong: false };
        let directory = Directory::open(dir.path())?;
        let place = |halves: &Halves| {
            directory.place_content("to".as_ref(), Content::Stream(halves), SECRET, Existing::Replace)
        };
        assert_eq!(place(&halves)?, Placed::Written);
        assert_eq!((std::fs::read(&path)? == bytes, mode(&path)?), (true, 0o600));
        assert_eq!(place(&halves)?, Placed::Unchanged);
        let mut other = bytes.clone();
        *other.last_mut().ok_or("it is empty")? ^= 1;
        std::fs::write(&path, &other)?;
        assert_eq!(place(&halves)?, Placed::Written, "the last byte differs");
        std::fs::write(&path, "old")?;
        halves.wrong = true;
        let error = place(&halves).err().ok_or("it was placed")?;
        assert_eq!(error.to_string(), format!("{}: has changed since it was checked", path.display()));
        assert_eq!(std::fs::read(&path)?, b"old");
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        Ok(())
    }

    #[test]
    fn a_temporary_name_is_recognised_by_what_it_was_to_become() {
        let of = |name: &str, target: &str| temporary_of(name.as_ref(), target.as_ref());
        let long = "x".repeat(255);
        for target in ["kubelet", "worker-1.key", "a.khw-1-0", &long] {
            let name = temporary_name(target.as_ref(), 7);
            assert!(name.len() < 255);
            assert_eq!(temporary_of(&name, target.as_ref()), Some(std::process::id()));
        }
        assert_eq!(of(".kubelet.khw-12-0", "kubelet"), Some(12));
        for name in
            ["kubelet.khw-12-0", ".kubelet.khw-12", ".kubelet.khw--0", ".kubelet.khw-12-0x", ".kubelet.khw-+1-0"]
        {
            assert_eq!(of(name, "kubelet"), None, "{name}");
        }
        assert_eq!(of(".kubelet.service.khw-12-0", "kubelet"), None);
    }

    #[test]
    fn another_name_of_the_same_file_keeps_its_mode() -> Result {
        let dir = tempfile::tempdir()?;
        let (path, other) = (dir.path().join("unit"), dir.path().join("other"));
        std::fs::write(&other, "a")?;
        std::fs::set_permissions(&other, PermissionsExt::from_mode(0o644))?;
        std::fs::hard_link(&other, &path)?;
        assert_eq!(file(&path, b"a", SECRET, Existing::Replace)?, Placed::Written);
        assert_eq!((mode(&path)?, mode(&other)?), (0o600, 0o644));
        Ok(())
    }

    #[test]
    fn a_directory_is_named() -> Result {
        let dir = tempfile::tempdir()?;
        let error = file(dir.path(), b"x", PUBLIC, Existing::Replace).err().ok_or("it was written")?;
        assert_eq!(error.what(), "is a directory, not a file");
        Ok(())
    }
}
