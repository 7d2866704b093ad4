//! Waiting for one another: read, change and replace happen under a lock on the file's directory.
//!
//! The directory is locked and not the file, since the file is replaced; and no lock file is made, since it would stay
//! when a process is killed. The lock is advisory (`flock`) and goes with the process.
//!
//! Users: khw-cert (serial files), khw-kubeconfig, khw-install.

use crate::Error;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a tool waits for a lock unless it is told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// There is no `flock` with a time limit: it is asked for again after this long.
pub const POLL: Duration = Duration::from_millis(5);

/// A lock on the directory of a file, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _directory: Option<Flock<File>>,
}

impl Lock {
    /// Waits for the lock on the directory in which `file` is.
    ///
    /// # Errors
    /// When the directory cannot be opened, or another process holds the lock for longer than `timeout`.
    pub fn of_file(file: &Path, timeout: Duration) -> Result<Self, Error> {
        let directory = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Lock::of_directory(directory, timeout)
    }

    /// Waits for the lock on a directory.
    ///
    /// # Errors
    /// As [`Lock::of_file`].
    pub fn of_directory(directory: &Path, timeout: Duration) -> Result<Self, Error> {
        let start = Instant::now();
        let mut opened = File::open(directory).map_err(|e| Error::io(directory.display(), &e))?;
        loop {
            match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
                Ok(lock) => return Ok(Lock { _directory: Some(lock) }),
                // NFS locks only files open for writing. Replacing stays atomic there, waiting does not work.
                Err((_, Errno::EBADF | Errno::ENOLCK | Errno::EOPNOTSUPP)) => return Ok(Lock { _directory: None }),
                Err((back, Errno::EWOULDBLOCK | Errno::EINTR)) if start.elapsed() < timeout => {
                    opened = back;
                    std::thread::sleep(POLL);
                }
                Err((_, Errno::EWOULDBLOCK)) => {
                    return Err(Error::new(format!("is locked by another khw tool for over {} s", timeout.as_secs()))
                        .file(directory.display())
                        .hint("wait for it to end, or look for it with `fuser` on this directory"));
                }
                Err((_, errno)) => return Err(Error::io(directory.display(), &errno.into())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use std::time::Duration;

    #[test]
    fn one_at_a_time() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("ca.srl");
        let first = Lock::of_file(&file, Duration::ZERO)?;
        let error = Lock::of_file(&file, Duration::ZERO).err().ok_or("two had it")?;
        assert_eq!(error.to_string(), format!("{}: is locked by another khw tool for over 0 s", dir.path().display()));
        drop(first);
        Lock::of_file(&file, Duration::ZERO)?;
        Ok(())
    }
}
