//! The file system of the worker: this host's, or a staged tree given by `--root` from which nothing leads out.
//!
//! Inside `--root` paths are resolved as in a chroot (`openat2` with `RESOLVE_IN_ROOT`): an absolute link or one with too
//! many `..` stays inside, so that the tree's own `/var/run -> /run` works and a hostile link reaches nothing of the host.
//! A link that leads to nothing there is refused rather than followed by making directories. Nothing is written through a
//! mount point (`RESOLVE_NO_XDEV`): what is bound there, as the host's /run often is for a chroot, is not the tree.

use crate::directory;
use khw_core::input::MAX_BYTES;
use khw_core::place::{Attributes, Content, Directory, Existing, Owner, Permission, Placed};
use khw_core::{Error, NodeName};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{FileStat, Mode, fstat};
use nix::unistd::{Uid, UnlinkatFlags, unlinkat};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Where files are placed and looked for.
#[derive(Debug)]
pub struct Target {
    root: OwnedFd,
    /// The path of the root on this host; `None` for the host itself.
    staged: Option<PathBuf>,
    /// Whose the placed files are to be, when somebody said so.
    given_to: Option<Owner>,
}

/// A regular file of the worker, with its content.
#[derive(Debug)]
pub struct Found {
    /// The content.
    pub content: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub owner: Owner,
}

impl Target {
    /// This host when `root` is `None`, else the tree below it.
    ///
    /// # Errors
    /// When the directory cannot be opened.
    pub fn open(root: Option<&Path>) -> Result<Self, Error> {
        let path = root.unwrap_or(Path::new("/"));
        let flags = OFlag::O_DIRECTORY | OFlag::O_PATH | OFlag::O_CLOEXEC;
        let fd = nix::fcntl::open(path, flags, Mode::empty()).map_err(|errno| {
            Error::io(path.display(), &errno.into()).field("--root").hint("make the directory of the staged tree first")
        })?;
        Ok(Target { root: fd, staged: root.map(Path::to_owned), given_to: None })
    }

    /// Whether this is a staged tree and not the running host.
    pub fn is_staged(&self) -> bool {
        self.staged.is_some()
    }

    /// Whether a system is there to look for what a program needs: always on the host, and in a tree that has a shell. A
    /// tree with nothing but a worker's files is laid over a system later.
    pub fn has_system(&self) -> bool {
        !self.is_staged() || ["/bin/sh", "/usr/bin/sh"].iter().any(|sh| self.stat(Path::new(sh)).is_some())
    }

    /// The same, with the files that are placed there given to somebody.
    pub(crate) fn given_to(self, owner: Owner) -> Self {
        Target { given_to: Some(owner), ..self }
    }

    /// The path of a worker's file as this host would name it, for messages.
    pub fn shown(&self, path: &Path) -> PathBuf {
        match &self.staged {
            Some(root) => root.join(relative(path)),
            None => path.to_owned(),
        }
    }

    /// The owner that the worker's files should have: root, or under `--root` whoever owns the tree when that is not root.
    pub fn owner(&self) -> Owner {
        match fstat(&self.root) {
            Ok(stat) if self.is_staged() => Owner { uid: stat.st_uid, gid: stat.st_gid },
            _ => Owner::ROOT,
        }
    }

    /// The owner that placed files get. Only root can give files away; anybody else stages a tree of their own.
    pub(crate) fn placed_owner(&self) -> Option<Owner> {
        self.given_to.or_else(|| self.own_owner())
    }

    /// The owner of what is khw's own, whoever gets the worker's files.
    fn own_owner(&self) -> Option<Owner> {
        Uid::effective().is_root().then(|| self.owner())
    }

    /// Reads a regular file; `None` when nothing is there.
    ///
    /// # Errors
    /// When it is a directory, is larger than any file of a worker but its programs, or cannot be read.
    pub fn read(&self, path: &Path) -> Result<Option<Found>, Error> {
        let shown = self.shown(path);
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let fd = match self.resolve(relative(path), flags) {
            Ok(fd) => fd,
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
            Err(errno) => return Err(Error::io(shown.display(), &errno.into())),
        };
        let stat = fstat(&fd).map_err(|errno| Error::io(shown.display(), &errno.into()))?;
        let file = File::from(fd);
        if !file.metadata().map_err(|e| Error::io(shown.display(), &e))?.is_file() {
            return Err(no_file(&shown));
        }
        let mut content = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut content).map_err(|e| Error::io(shown.display(), &e))?;
        if content.len() as u64 > MAX_BYTES {
            return Err(Error::new("is larger than 64 MiB").file(shown.display()).hint("is this the right file?"));
        }
        Ok(Some(Found { content, mode: stat.st_mode & 0o7777, owner: Owner { uid: stat.st_uid, gid: stat.st_gid } }))
    }

    /// The names in a directory, sorted; none when it is not there.
    pub fn names(&self, path: &Path) -> Vec<std::ffi::OsString> {
        use std::os::unix::ffi::OsStrExt;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let directory = self.resolve(relative(path), flags).ok().and_then(|fd| nix::dir::Dir::from_fd(fd).ok());
        let Some(mut directory) = directory else { return Vec::new() };
        let entries = directory.iter().filter_map(Result::ok);
        let names = entries.map(|e| OsStr::from_bytes(e.file_name().to_bytes()).to_owned());
        let mut names: Vec<_> = names.filter(|name| name != "." && name != "..").collect();
        names.sort();
        names
    }

    /// Opens a regular file to look into parts of it; `None` when there is none.
    pub fn open_file(&self, path: &Path) -> Option<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = File::from(self.resolve(relative(path), flags).ok()?);
        file.metadata().ok()?.is_file().then_some(file)
    }

    /// What is at `path`, links followed; `None` when nothing is.
    pub fn stat(&self, path: &Path) -> Option<FileStat> {
        let fd = self.resolve(relative(path), OFlag::O_PATH | OFlag::O_CLOEXEC).ok()?;
        fstat(&fd).ok()
    }

    /// Makes a directory and those above it, 0755 and owned as the worker's files are. What is there stays as it is.
    ///
    /// # Errors
    /// When something that is no directory is in the way, or the system refuses.
    pub fn make_directory(&self, path: &Path) -> Result<(Directory, Placed), Error> {
        self.make_directory_of(path, self.placed_owner())
    }

    fn make_directory_of(&self, path: &Path, owner: Option<Owner>) -> Result<(Directory, Placed), Error> {
        let mut placed = Placed::Unchanged;
        let mut so_far = PathBuf::new();
        let mut parent = self.directory(Path::new(".")).map_err(|e| self.blocked(Path::new("."), e))?;
        for part in relative(path).components() {
            let Component::Normal(name) = part else {
                return Err(Error::new("has '..' in it").file(path.display()).hint("write the path without it"));
            };
            so_far.push(name);
            parent = match self.directory(&so_far) {
                Ok(there) => there,
                Err(Errno::ENOENT) => {
                    directory::make(&parent, name, owner).map_err(|e| self.blocked(&so_far, e))?;
                    placed = Placed::Written;
                    self.directory(&so_far).map_err(|e| self.blocked(&so_far, e))?
                }
                Err(errno) => return Err(self.blocked(&so_far, errno)),
            };
        }
        Ok((Directory::from_fd(parent, self.shown(path)), placed))
    }

    /// Places a file of the worker: owner and mode first, then the content, then the name.
    ///
    /// # Errors
    /// When it cannot be written, or `path` names no file.
    pub fn place(&self, path: &Path, content: Content<'_>, mode: u32) -> Result<Placed, Error> {
        self.place_of(path, content, mode, self.placed_owner())
    }

    /// Places a file that is khw's own.
    ///
    /// # Errors
    /// As [`Target::place`].
    pub(crate) fn place_own(&self, path: &Path, content: Content<'_>, mode: u32) -> Result<Placed, Error> {
        self.place_of(path, content, mode, self.own_owner())
    }

    fn place_of(&self, path: &Path, content: Content<'_>, mode: u32, owner: Option<Owner>) -> Result<Placed, Error> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::new("is not the path of a file").file(path.display()));
        };
        let (directory, _) = self.make_directory_of(parent, owner)?;
        self.refuse_mount(path)?;
        let attributes = Attributes { permission: Permission::Exactly(mode), owner };
        directory.place_content(name, content, attributes, Existing::Replace)
    }

    /// Refuses a path on or behind a mount point of the tree.
    ///
    /// # Errors
    /// When there is one.
    pub(crate) fn refuse_mount(&self, path: &Path) -> Result<(), Error> {
        let mut so_far = PathBuf::new();
        for part in relative(path).components() {
            so_far.push(part);
            // A link at the end is replaced, not followed.
            let end = if so_far == relative(path) { OFlag::O_NOFOLLOW } else { OFlag::empty() };
            if self.resolve_to_change(&so_far, OFlag::O_PATH | OFlag::O_CLOEXEC | end).err() == Some(Errno::EXDEV) {
                return Err(self.blocked(&so_far, Errno::EXDEV));
            }
        }
        Ok(())
    }

    /// Opens a regular file; `None` when nothing is there. For files that are too large for memory.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open_any(&self, path: &Path) -> Result<Option<File>, Error> {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        match self.resolve(relative(path), flags) {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(None),
            Err(errno) => Err(Error::io(self.shown(path).display(), &errno.into())),
        }
    }

    /// The directories on the way to `path`, itself included, that are not there yet, outermost first.
    pub fn missing_directories(&self, path: &Path) -> Vec<PathBuf> {
        let mut missing: Vec<_> = path
            .ancestors()
            .take_while(|p| self.directory(relative(p)).err() == Some(Errno::ENOENT))
            .map(Path::to_owned)
            .collect();
        missing.reverse();
        missing
    }

    /// Removes a file, durably. Nothing there is as good.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove_file(&self, path: &Path) -> Result<(), Error> {
        self.refuse_mount(path)?;
        self.unlink(path, UnlinkatFlags::NoRemoveDir)
            .or_else(|errno| if errno == Errno::ENOENT { Ok(()) } else { Err(errno) })
            .map_err(|errno| Error::io(self.shown(path).display(), &errno.into()))
    }

    /// Removes an empty directory; gives whether it is gone.
    ///
    /// # Errors
    /// When the system refuses for another reason than that it is not empty, is in use or is no directory.
    pub fn remove_directory(&self, path: &Path) -> Result<bool, Error> {
        self.refuse_mount(path)?;
        match self.unlink(path, UnlinkatFlags::RemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(true),
            Err(Errno::ENOTEMPTY | Errno::EEXIST | Errno::EBUSY | Errno::ENOTDIR) => Ok(false),
            Err(errno) => Err(Error::io(self.shown(path).display(), &errno.into())),
        }
    }

    fn unlink(&self, path: &Path, what: UnlinkatFlags) -> Result<(), Errno> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::EBUSY) };
        let parent = self.directory(relative(parent))?;
        unlinkat(&parent, name, what)?;
        directory::durable(&parent)
    }

    /// Where a symbolic link at `path` itself points to; `None` when there is none.
    pub fn read_link(&self, path: &Path) -> Option<PathBuf> {
        let parent = self.directory(relative(path.parent()?)).ok()?;
        nix::fcntl::readlinkat(&parent, path.file_name()?).ok().map(PathBuf::from)
    }

    /// What [`Target::make_directory`] would do.
    ///
    /// # Errors
    /// When something that is no directory, a mount point or a link that leads to nothing is in the way.
    pub fn would_make_directory(&self, path: &Path) -> Result<Placed, Error> {
        let mut so_far = PathBuf::new();
        for part in relative(path).components() {
            so_far.push(part);
            match self.directory(&so_far) {
                Ok(_) => {}
                Err(Errno::ENOENT) if self.read_link(&Path::new("/").join(&so_far)).is_some() => {
                    return Err(self.blocked(&so_far, Errno::EEXIST));
                }
                Err(Errno::ENOENT) => return Ok(Placed::Written),
                Err(errno) => return Err(self.blocked(&so_far, errno)),
            }
        }
        Ok(Placed::Unchanged)
    }

    /// What [`Target::place`] would do.
    ///
    /// # Errors
    /// When what is there cannot be read.
    pub fn would_place(&self, path: &Path, content: Content<'_>, mode: u32) -> Result<Placed, Error> {
        if let Some(parent) = path.parent() {
            self.would_make_directory(parent)?;
        }
        self.refuse_mount(path)?;
        let Some(file) = self.open_any(path)? else { return Ok(Placed::Written) };
        let shown = self.shown(path);
        let found = file.metadata().map_err(|e| Error::io(shown.display(), &e))?;
        if !found.is_file() {
            return Err(no_file(&shown));
        }
        if self.read_link(path).is_some() || !content.is_in(&file) {
            return Ok(Placed::Written);
        }
        let wrong_owner = self.placed_owner().is_some_and(|o| (o.uid, o.gid) != (found.uid(), found.gid()));
        Ok(if found.mode() & 0o7777 != mode || wrong_owner { Placed::Corrected } else { Placed::Unchanged })
    }

    /// The name in the tree's /etc/hostname, or the running host's, in lower case as the kubelet takes it.
    ///
    /// # Errors
    /// When there is none, or it cannot be a node's name.
    pub fn node_name(&self) -> Result<NodeName, Error> {
        let no_name = |error: Error| error.field("--node").hint("say which node this is with --node NAME");
        let name = if self.is_staged() {
            let path = Path::new("/etc/hostname");
            let found = self.read(path)?.ok_or_else(|| {
                no_name(Error::new("is not there, so the node has no name").file(self.shown(path).display()))
            })?;
            String::from_utf8_lossy(&found.content).into_owned()
        } else {
            let name = nix::unistd::gethostname().map_err(|e| no_name(Error::io("host name", &e.into())))?;
            name.to_string_lossy().into_owned()
        };
        name.trim().to_lowercase().parse().map_err(no_name)
    }

    /// A directory in which something is to be changed.
    pub(crate) fn directory(&self, path: &Path) -> Result<OwnedFd, Errno> {
        self.resolve_to_change(relative(path), OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
    }

    /// Follows a path to look at what is there. A tree that is read may be made of several file systems.
    fn resolve(&self, path: &Path, flags: OFlag) -> Result<OwnedFd, Errno> {
        self.resolve_within(path, flags, ResolveFlag::RESOLVE_IN_ROOT)
    }

    fn resolve_to_change(&self, path: &Path, flags: OFlag) -> Result<OwnedFd, Errno> {
        self.resolve_within(path, flags, ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_XDEV)
    }

    fn resolve_within(&self, path: &Path, flags: OFlag, within: ResolveFlag) -> Result<OwnedFd, Errno> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if self.is_staged() {
            openat2(&self.root, path, OpenHow::new().flags(flags).resolve(within))
        } else {
            openat(&self.root, path, flags, Mode::empty())
        }
    }

    fn blocked(&self, path: &Path, errno: Errno) -> Error {
        let shown = self.shown(&Path::new("/").join(path));
        match errno {
            // mkdirat says EEXIST where openat2 said ENOENT: a link whose target is not inside.
            Errno::EEXIST if self.is_staged() => {
                Error::new("is a symbolic link that leaves --root or leads to nothing in it")
                    .file(shown.display())
                    .hint("remove the link, or make the directory that it means inside the tree")
            }
            Errno::EEXIST => Error::new("is a symbolic link that leads to nothing")
                .file(shown.display())
                .hint("remove the link, or make the directory that it means"),
            Errno::EXDEV => Error::new("is a mount point, so what is placed there would not be in the tree")
                .file(shown.display())
                .hint("unmount it, or run khw-install in the tree with chroot and without --root"),
            Errno::ENOTDIR => {
                Error::new("is in the way: it is not a directory").file(shown.display()).hint("move it away")
            }
            Errno::ENOSYS => Error::new("--root needs Linux 5.6 or newer").file(shown.display()),
            errno => Error::io(shown.display(), &errno.into()),
        }
    }
}

fn no_file(shown: &Path) -> Error {
    Error::new("is not a file").file(shown.display()).hint("move it away and place the file again")
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::Target;
    use nix::errno::Errno;
    use std::path::Path;

    #[test]
    fn messages_name_the_path_as_the_person_would() {
        let blocked = |target: Target| target.blocked(Path::new("etc/cni"), Errno::EACCES).to_string();
        assert_eq!(blocked(Target::open(None).unwrap()), "/etc/cni: permission denied");
        assert_eq!(blocked(Target::open(Some(Path::new("/tmp"))).unwrap()), "/tmp/etc/cni: permission denied");
    }
}
