//! A directory that has its owner and mode from the moment it has its name, as a placed file has.

use khw_core::place::{Owner, temporary_name};
use nix::errno::Errno;
use nix::fcntl::{OFlag, RenameFlags, openat, renameat, renameat2};
use nix::sys::stat::{Mode, fchmod, mkdirat};
use nix::unistd::{Gid, Uid, UnlinkatFlags, fchown, fsync, unlinkat};
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;

/// Makes a directory, 0755, durably. It belongs to whoever runs this when `owner` is `None`.
pub(crate) fn make(parent: &OwnedFd, name: &OsStr, owner: Option<Owner>) -> Result<(), Errno> {
    let temporary = temporary(parent, name)?;
    let temporary = temporary.as_os_str();
    let named = prepare(parent, temporary, owner).and_then(|()| {
        match renameat2(parent, temporary, parent, name, RenameFlags::RENAME_NOREPLACE) {
            // A file system that cannot do without replacing: of directories it replaces only an empty one.
            Err(Errno::EINVAL) => renameat(parent, temporary, parent, name),
            renamed => renamed,
        }
    });
    if named.is_err() {
        // Nothing more can be done about it, and the error that led here is already on its way.
        let _ = unlinkat(parent, temporary, UnlinkatFlags::RemoveDir);
    }
    named?;
    durable(parent)
}

fn temporary(parent: &OwnedFd, name: &OsStr) -> Result<OsString, Errno> {
    let mut attempt = 0;
    loop {
        let temporary = temporary_name(name, attempt);
        match mkdirat(parent, temporary.as_os_str(), Mode::S_IRWXU) {
            Ok(()) => return Ok(temporary),
            Err(Errno::EEXIST) if attempt < 10_000 => attempt += 1,
            Err(errno) => return Err(errno),
        }
    }
}

fn prepare(parent: &OwnedFd, name: &OsStr, owner: Option<Owner>) -> Result<(), Errno> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let made = openat(parent, name, flags, Mode::empty())?;
    if let Some(owner) = owner {
        fchown(&made, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?;
    }
    fchmod(&made, Mode::from_bits_truncate(0o755))
}

/// Waits until the names in a directory are on the disk. Some file systems cannot fsync a directory.
pub(crate) fn durable(directory: &OwnedFd) -> Result<(), Errno> {
    match fsync(directory) {
        Ok(()) | Err(Errno::EINVAL) => Ok(()),
        Err(errno) => Err(errno),
    }
}
