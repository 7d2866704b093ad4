//! What a killed khw left: a temporary file beside the kubeconfig, with all the secrets that are in it.

use crate::location::directory;
use khw_core::place::temporary_of;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Takes away what was to become `target` and was made by this user in a process that is no more.
///
/// The caller holds the lock of the directory. Nothing depends on it: what cannot be taken away stays.
pub(crate) fn clear(target: &Path) {
    let Some(name) = target.file_name() else { return };
    let Ok(entries) = std::fs::read_dir(directory(target)) else { return };
    for entry in entries.flatten() {
        let is_left = temporary_of(&entry.file_name(), name).is_some_and(|process| !is_khw(process));
        if !is_left {
            continue;
        }
        let Ok(own) = std::fs::metadata("/proc/self") else { return };
        // Not through a symbolic link, and no second name of another file.
        let is_ours = |there: std::fs::Metadata| there.is_file() && there.nlink() == 1 && there.uid() == own.uid();
        if entry.metadata().is_ok_and(is_ours) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// khw-cert and the others write by the same names, and hold no lock on the directory.
fn is_khw(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.starts_with("khw-"))
}
