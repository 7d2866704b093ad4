//! kubectl's own lock: `FILE.lock`, made with `O_EXCL` before writing and removed after.
//!
//! kubectl does not wait for it but fails; khw waits, and holds it for its whole change, so that kubectl cannot write in
//! between. khw's is a symbolic link that names the process: made in one step, it cannot stay behind without its owner's
//! name when khw is killed, and the next khw, which holds the directory's lock, sees that it is a leftover.

use khw_core::Error;
use khw_core::lock::POLL;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const OWNER: &str = "khw-kubeconfig-";

/// `FILE.lock`, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct FileLock {
    path: PathBuf,
}

impl FileLock {
    /// Waits for the lock of `file`. The caller holds the lock on its directory.
    ///
    /// # Errors
    /// When somebody else's is there for longer than `timeout`, or it cannot be made.
    pub(crate) fn take(file: &Path, timeout: Duration) -> Result<Self, Error> {
        let mut path = OsString::from(file);
        path.push(".lock");
        let path = PathBuf::from(path);
        let start = Instant::now();
        loop {
            match std::os::unix::fs::symlink(format!("{OWNER}{}", std::process::id()), &path) {
                Ok(()) => return Ok(FileLock { path }),
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                    if is_leftover(&path) {
                        // Should another khw be quicker, the next round finds out.
                        let _ = std::fs::remove_file(&path);
                    } else if start.elapsed() >= timeout {
                        return Err(held(file, &path));
                    } else {
                        std::thread::sleep(POLL);
                    }
                }
                Err(cause) => return Err(Error::io(path.display(), &cause)),
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // If it cannot be removed it names this process, and the next khw removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The process that made it, when that was a khw.
fn owner(path: &Path) -> Option<u32> {
    std::fs::read_link(path).ok()?.to_str()?.strip_prefix(OWNER)?.parse().ok()
}

/// Whether it is the link of a khw that is no more.
fn is_leftover(path: &Path) -> bool {
    owner(path).is_some_and(|pid| pid != std::process::id() && !Path::new("/proc").join(pid.to_string()).exists())
}

fn held(file: &Path, path: &Path) -> Error {
    let there = std::fs::symlink_metadata(path).ok();
    let age = there.as_ref().and_then(|there| there.modified().ok()?.elapsed().ok());
    let age = age.map_or_else(String::new, |age| format!(" for {}", shown(age)));
    if let Some(pid) = owner(path) {
        return Error::new(format!("is there{age}: khw-kubeconfig, process {pid}, is changing {}", file.display()))
            .file(path.display())
            .hint("wait for its end; when that process is another program, remove the file");
    }
    let user = there.map_or_else(String::new, |there| format!(", made by user {}", there.uid()));
    Error::new(format!(
        "is there{age}{user}: another program is changing {}, or was killed while it did",
        file.display()
    ))
    .file(path.display())
    .hint("kubectl makes this file too: when no kubectl is running, remove it")
}

fn shown(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::FileLock;
    use std::time::Duration;

    #[test]
    fn kubectls_lock_is_honoured_and_ours_goes_away() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let (file, lock) = (dir.path().join("config"), dir.path().join("config.lock"));
        drop(FileLock::take(&file, Duration::ZERO)?);
        assert!(std::fs::symlink_metadata(&lock).is_err());
        std::fs::write(&lock, "")?;
        let error = FileLock::take(&file, Duration::ZERO).err().ok_or("taken")?.to_string();
        assert!(error.starts_with(&format!("{}: is there for ", lock.display())), "{error}");
        assert!(lock.exists());
        Ok(())
    }

    #[test]
    fn the_link_of_a_killed_khw_is_taken_over() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        // No process has this id: it is above the kernel's greatest.
        std::os::unix::fs::symlink("khw-kubeconfig-4194305", dir.path().join("config.lock"))?;
        FileLock::take(&dir.path().join("config"), Duration::ZERO)?;
        Ok(())
    }
}
