//! What was placed: path, SHA-256, mode and the version of khw that did it, and the directories that were made for it.
//!
//! It is written before the first file and again after the last, so that a killed run leaves nothing unknown: an entry of an
//! unfinished run names the old content too. A file that was there already with the same content is not khw's and not in it.

use crate::checksum::{Algorithm, Hash};
use crate::target::Target;
use khw_core::Error;
use khw_core::lock::Lock;
use khw_core::place::{Content, Placed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Where it is, below the root.
pub const PATH: &str = "/var/lib/khw/manifest.json";

/// How long one install waits for another: three programs of a hundred megabytes on a slow disk.
const PATIENCE: Duration = Duration::from_secs(120);

/// The manifest of one host or staged tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    schema_version: u32,
    /// The files, by path on the worker.
    pub files: BTreeMap<PathBuf, Entry>,
    /// The directories that were made, not those that were there.
    pub directories: BTreeSet<PathBuf>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of the content, in hex.
    pub sha256: String,
    /// That of khw's own file which is being replaced, while a run is not finished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replacing: Option<String>,
    /// Permission bits in octal: `0600`.
    pub mode: String,
    /// Version of khw.
    pub placed_by: String,
}

impl Entry {
    /// Whether a file of this digest is the one that was placed.
    pub fn is(&self, sha256: &str) -> bool {
        self.sha256 == sha256 || self.replacing.as_deref() == Some(sha256)
    }
}

impl Manifest {
    /// Reads the manifest; an empty one when there is none.
    ///
    /// # Errors
    /// When it cannot be read, is none, or could have been written by somebody else than root and the owner of the tree.
    pub fn read(target: &Target) -> Result<Self, Error> {
        let path = Path::new(PATH);
        let shown = target.shown(path);
        let Some(found) = target.read(path)? else {
            return Ok(Manifest { schema_version: 1, files: BTreeMap::new(), directories: BTreeSet::new() });
        };
        let trusted = [0, target.owner().uid, nix::unistd::Uid::effective().as_raw()];
        if found.mode & 0o022 != 0 || !trusted.contains(&found.owner.uid) {
            return Err(Error::new("can be written by others, so it cannot be trusted")
                .file(shown.display())
                .hint("look at what it lists, then give it back to root with mode 0600"));
        }
        let hint = "it is written by khw-install only; move it away to start anew, and remove by hand what it lists";
        let manifest: Manifest = serde_json::from_slice(&found.content)
            .map_err(|e| Error::new(format!("is not a manifest: {e}")).file(shown.display()).hint(hint))?;
        if manifest.schema_version != 1 {
            return Err(Error::new("is of a newer khw")
                .field("schemaVersion")
                .file(shown.display())
                .hint("use that khw"));
        }
        let plain = |p: &PathBuf| {
            p.is_absolute() && p.components().all(|c| matches!(c, Component::RootDir | Component::Normal(_)))
        };
        match manifest.files.keys().chain(&manifest.directories).find(|p| !plain(p)) {
            None => Ok(manifest),
            Some(path) => Err(Error::new(format!("has the path {:?}, which is not a plain absolute one", path))
                .file(shown.display())
                .hint(hint)),
        }
    }

    /// Writes it, atomically, 0600.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, target: &Target) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| Error::new(e.to_string()).file(PATH))?;
        text.push(b'\n');
        target.place_own(Path::new(PATH), Content::Bytes(&text), 0o600).map(|_| ())
    }

    /// Notes directories that are about to be made.
    pub(crate) fn will_make(&mut self, directories: Vec<PathBuf>) {
        self.directories.extend(directories);
    }

    /// Notes a file that is about to be placed. `sha256` is that of its new content, in hex.
    pub(crate) fn will_place(&mut self, path: &Path, sha256: String, mode: u32, placed: Placed) {
        let mode = format!("{mode:04o}");
        let placed_by = env!("CARGO_PKG_VERSION").to_owned();
        match (placed, self.files.get_mut(path)) {
            (Placed::Written, old) => {
                let replacing = old.map(|e| e.sha256.clone()).filter(|old| *old != sha256);
                self.files.insert(path.to_owned(), Entry { sha256, replacing, mode, placed_by });
            }
            (_, Some(entry)) => entry.mode = mode,
            (_, None) => {}
        }
    }

    /// Ends a run: what was to be replaced is. Gives whether that changed anything.
    pub(crate) fn complete(&mut self) -> bool {
        let mut changed = false;
        for entry in self.files.values_mut() {
            changed |= entry.replacing.take().is_some();
        }
        changed
    }

    /// Takes the manifest itself away, and its directory.
    pub(crate) fn remove(target: &Target) -> Result<(), Error> {
        target.remove_file(Path::new(PATH))?;
        if let Some(directory) = Path::new(PATH).parent() {
            target.remove_directory(directory)?;
        }
        Ok(())
    }
}

/// The SHA-256 of a file of the worker and its permission bits; `None` when it is not there.
///
/// # Errors
/// When it is no file or cannot be read.
pub fn state(target: &Target, path: &Path) -> Result<Option<(String, u32)>, Error> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |e: std::io::Error| Error::io(target.shown(path).display(), &e);
    let Some(mut file) = target.open_any(path)? else { return Ok(None) };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    let sum = Hash::of_all(Algorithm::Sha256, &mut file).map_err(failed)?;
    Ok(Some((sum.hex().to_owned(), mode)))
}

/// Waits until no other khw-install changes this host or tree.
///
/// # Errors
/// When it takes longer than two minutes.
pub(crate) fn lock(target: &Target) -> Result<Lock, Error> {
    Lock::of_directory(&target.shown(Path::new("/")), PATIENCE)
}
