//! What a killed run left: temporary files and directories, which have the name of what they were to become.

use crate::manifest;
use crate::target::Target;
use khw_core::place::temporary_of;
use nix::fcntl::{AtFlags, Flock, FlockArg};
use nix::sys::stat::{FileStat, SFlag, fstatat};
use nix::unistd::{Uid, UnlinkatFlags, unlinkat};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Takes away what a killed run left beside `paths`, and where the manifest is.
///
/// The caller holds the lock of the host or tree. Nothing depends on it: what cannot be taken away stays.
pub(crate) fn clear<'p>(target: &Target, paths: impl Iterator<Item = &'p Path>) {
    let mut by_directory: BTreeMap<&Path, BTreeSet<&OsStr>> = BTreeMap::new();
    for path in paths.chain([Path::new(manifest::PATH)]) {
        // A directory on the way may have been about to be made too.
        for path in path.ancestors() {
            if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
                by_directory.entry(parent).or_default().insert(name);
            }
        }
    }
    for (directory, names) in by_directory {
        let left: Vec<_> = target.names(directory).into_iter().filter(|found| is_left(found, &names)).collect();
        if !left.is_empty() {
            clear_directory(target, directory, &left);
        }
    }
}

/// Whether it is the temporary name of one of `names`, and no khw tool of that process number runs.
fn is_left(found: &OsStr, names: &BTreeSet<&OsStr>) -> bool {
    names.iter().any(|name| temporary_of(found, name).is_some_and(|process| !is_khw(process)))
}

/// khw-kubeconfig and the others write by the same names, and hold other locks or none.
fn is_khw(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.starts_with("khw-"))
}

fn clear_directory(target: &Target, directory: &Path, left: &[OsString]) {
    let (Ok(fd), Ok(to_lock)) = (target.directory(directory), target.directory(directory)) else { return };
    // khw-kubeconfig locks the directory in which it edits. The lock on the root is the caller's own.
    let is_root = directory == Path::new("/");
    let lock = (!is_root).then(|| Flock::lock(to_lock, FlockArg::LockExclusiveNonblock));
    if matches!(lock, Some(Err(_))) {
        return;
    }
    for name in left {
        let Ok(there) = fstatat(&fd, name.as_os_str(), AtFlags::AT_SYMLINK_NOFOLLOW) else { continue };
        let Some(kind) = ours(target, &there) else { continue };
        let _ = unlinkat(&fd, name.as_os_str(), kind);
    }
}

/// How to take it away, if it can have been made by khw-install. A directory goes only when it is empty.
fn ours(target: &Target, there: &FileStat) -> Option<UnlinkatFlags> {
    let ours = [Uid::effective().as_raw(), target.owner().uid];
    if !ours.contains(&there.st_uid) && target.placed_owner().is_none_or(|owner| owner.uid != there.st_uid) {
        return None;
    }
    match SFlag::from_bits_truncate(there.st_mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFREG if there.st_nlink == 1 => Some(UnlinkatFlags::NoRemoveDir),
        SFlag::S_IFDIR => Some(UnlinkatFlags::RemoveDir),
        _ => None,
    }
}
