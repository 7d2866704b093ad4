//! A worker's file system below a directory: what a unit names is looked up in there, symbolic links too.

use khw_core::Error;
use khw_core::input::Input;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// The root directory of a worker.
#[derive(Debug, Clone)]
pub struct Root {
    dir: PathBuf,
}

/// A file that is there.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    path: PathBuf,
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

impl Root {
    /// The directory `dir` as the root.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Root { dir: dir.into() }
    }

    /// A path of the worker, as a person here would write it.
    pub(crate) fn shown(&self, path: &Path) -> PathBuf {
        self.dir.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The path on the worker, when `file` is below the root.
    pub(crate) fn inside(&self, file: &Path) -> Option<PathBuf> {
        let root = fs::canonicalize(&self.dir).ok()?;
        let parent = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = fs::canonicalize(parent).ok()?.join(file.file_name()?);
        file.strip_prefix(&root).ok().map(|inside| Path::new("/").join(inside))
    }

    /// The file at the end of all links, none of which leads out.
    pub(crate) fn find(&self, path: &Path) -> Option<Found> {
        let mut pending: Vec<OsString> = parts(path);
        let mut inside: Vec<OsString> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop() {
            if part == ".." {
                inside.pop();
                continue;
            }
            let here = inside.iter().fold(self.dir.clone(), |dir, part| dir.join(part)).join(&part);
            match fs::read_link(&here) {
                Ok(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    if target.is_absolute() {
                        inside.clear();
                    }
                    pending.extend(parts(&target));
                }
                Err(_) => inside.push(part),
            }
        }
        let path = inside.iter().fold(self.dir.clone(), |dir, part| dir.join(part));
        path.exists().then_some(Found { path })
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is larger than 64 MiB.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, Error> {
        match self.find(path) {
            Some(found) => Input::File(found.path).read(),
            None => Err(Error::new("no such file or directory")),
        }
    }

    /// Whether it is a link to /dev/null, which masks a unit or drop-in.
    pub(crate) fn is_masked(&self, path: &Path) -> bool {
        fs::read_link(self.shown(path)).is_ok_and(|target| target == Path::new("/dev/null"))
    }

    /// The names in a directory, sorted; none when it is not there.
    pub(crate) fn names(&self, dir: &Path) -> Vec<String> {
        let entries = self.find(dir).and_then(|found| fs::read_dir(found.path).ok());
        let mut names: Vec<String> =
            entries.into_iter().flatten().filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The parts of a path, the first one last.
fn parts(path: &Path) -> Vec<OsString> {
    let mut parts: Vec<OsString> = path
        .components()
        .filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir))
        .map(|c| c.as_os_str().to_owned())
        .collect();
    parts.reverse();
    parts
}

impl Found {
    /// Whether it is a file with an executable bit.
    pub(crate) fn is_program(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    }

    /// Where it is for this process.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
