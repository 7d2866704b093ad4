//! Replacing a file so that nobody ever sees half of it: the old content or the new, never with a wider mode than meant.
//!
//! The order is: temporary file in the same directory with its mode from the first byte, owner, content, fsync, rename,
//! fsync of the directory. A kill or a full disk leaves the old file; the temporary one is called `.NAME.khw-PID-N`.
//! (`linkat` of an `O_TMPFILE` would leave none, but it cannot replace an existing file.)
//!
//! Users: every tool, through [`crate::output`] or directly.

mod content;
mod directory;
mod staged;
mod temporary;

pub use content::{Content, Stream};
pub use directory::Directory;
pub use staged::{Staged, stage, sync_file_system};
pub use temporary::{temporary_name, temporary_of};

use crate::Error;
use nix::errno::Errno;
use std::fs::File;
use std::io::Write;
use std::path::Path;

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

/// The directory of a path: the current one when there is none in it.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_directory(path: &Path) -> Error {
    Error::new("is a directory, not a file").file(path.display()).hint("name the file inside it")
}

fn failed(path: &Path, errno: Errno) -> Error {
    Error::io(path.display(), &std::io::Error::from(errno))
}

fn exists(path: &Path) -> Error {
    Error::new("is already there and is not overwritten")
        .file(path.display())
        .hint("move it away, or say --force if it is of no use any more")
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Existing, Permission, Placed, file};
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
