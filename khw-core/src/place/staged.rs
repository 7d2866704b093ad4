//! Many files that are made durable together.

use super::{Attributes, Directory, Existing, exists, failed, parent};
use crate::Error;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat, renameat2};
use nix::unistd::syncfs;
use std::path::{Path, PathBuf};

/// A file that is written and has its mode, but not yet its name: one of many that are made durable together.
///
/// A disk takes a few milliseconds for each fsync; a thousand files are one [`sync_file_system`] between writing and
/// naming them. A file that is dropped without [`Staged::place`] is removed.
#[derive(Debug)]
pub struct Staged {
    pub(super) path: PathBuf,
    pub(super) temporary: Option<PathBuf>,
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

#[cfg(test)]
mod tests {
    use super::{stage, sync_file_system};
    use crate::place::{Attributes, Existing, Permission};
    use std::os::unix::fs::PermissionsExt;

    const SECRET: Attributes = Attributes { permission: Permission::Exactly(0o600), owner: None };

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;

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
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o7777;
        assert_eq!((std::fs::read(&path)?, mode), (b"first".to_vec(), 0o600));
        stage(&path, b"third", SECRET)?.place(Existing::Replace)?;
        assert_eq!(std::fs::read(&path)?, b"third");
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        Ok(())
    }
}
