//! Which files are meant, and how a path is written into one.

use khw_core::Error;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The kubeconfigs of a command: `--kubeconfig`, else those of `KUBECONFIG`, else `$HOME/.kube/config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// In the order in which they win over each other, none of them empty. There is none when `KUBECONFIG` has only colons.
    paths: Vec<PathBuf>,
    explicit: bool,
}

impl Files {
    /// The files that kubectl would read.
    ///
    /// # Errors
    /// When none is named and there is no home directory.
    pub(crate) fn of(option: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Result<Files, Error> {
        if let Some(path) = option.filter(|path| !path.as_os_str().is_empty()) {
            return Ok(Files { paths: vec![path.to_owned()], explicit: true });
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        let named = variable("KUBECONFIG").unwrap_or_default();
        for file in std::env::split_paths(&named) {
            if !file.as_os_str().is_empty() && !paths.contains(&file) {
                paths.push(file);
            }
        }
        // `$A:$B` of two unset variables names no file, and not the default one: so it is with kubectl.
        if named.is_empty() {
            let home = variable("HOME").filter(|home| !home.is_empty()).ok_or_else(|| {
                Error::new("no kubeconfig is named, and HOME is not set").hint("name it: --kubeconfig=FILE")
            })?;
            paths.push(Path::new(&home).join(".kube/config"));
        }
        Ok(Files { paths, explicit: false })
    }

    /// Refuses a `KUBECONFIG` that names no file, for what needs one.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn require_one(&self) -> Result<(), Error> {
        if self.paths.is_empty() {
            let hint = "were the shell variables in it unset? name the file: --kubeconfig=FILE";
            return Err(Error::new("names no file").field("KUBECONFIG").hint(hint));
        }
        Ok(())
    }

    /// All of them.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether one was named with `--kubeconfig`.
    pub(crate) fn explicit(&self) -> bool {
        self.explicit
    }

    /// Where something new goes, as with kubectl: into the first file that is there, else into the last one.
    pub(crate) fn default(&self) -> &Path {
        let there = self.paths.iter().find(|path| path.exists());
        there.or(self.paths.last()).map_or(Path::new(""), PathBuf::as_path)
    }

    /// For messages about all of them.
    pub(crate) fn shown(&self) -> String {
        if self.paths.is_empty() {
            return "KUBECONFIG".to_owned();
        }
        let shown: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        shown.join(":")
    }
}

/// A path as it is written into a kubeconfig, where relative paths start at the kubeconfig's own directory.
///
/// An absolute path stays as it was given (kubectl makes it relative when it lies below, and it breaks when the file is
/// moved). A relative one is turned from the current directory to the kubeconfig's; what does not lie below it becomes
/// absolute, as with kubectl.
///
/// # Errors
/// When it is not UTF-8, which YAML cannot hold.
pub(crate) fn reference(path: &Path, kubeconfig: &Path, current_dir: &Path) -> Result<String, Error> {
    let written = if path.as_os_str().is_empty() || path.is_absolute() {
        path.to_owned()
    } else {
        let full = clean(&current_dir.join(path));
        let file = clean(&current_dir.join(kubeconfig));
        let base = file.parent().unwrap_or(Path::new("/"));
        full.strip_prefix(base).map(Path::to_owned).unwrap_or(full)
    };
    text(&written)
}

/// A path as text.
///
/// # Errors
/// When it is not UTF-8, which YAML cannot hold.
pub(crate) fn text(path: &Path) -> Result<String, Error> {
    let not_utf8 = || {
        Error::new("is not UTF-8, which a kubeconfig cannot hold")
            .field(path.display())
            .hint("rename the file, or add --embed-certs")
    };
    path.to_str().map(str::to_owned).ok_or_else(not_utf8)
}

/// A path from the root directory on.
pub(crate) fn absolute(path: &Path, current_dir: &Path) -> PathBuf {
    clean(&current_dir.join(path))
}

/// A path at the end of its symbolic links, where a file is or would be made.
pub(crate) fn target(path: &Path) -> PathBuf {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    if let Ok(target) = std::fs::canonicalize(path) {
        return target;
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = directory(&target).join(next);
    }
    target
}

/// The directory of a path: the current one when there is none in it.
pub(crate) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path without `.` and `..`, by its words alone, as Go's filepath.Clean.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Files, reference};
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    fn chosen(option: Option<&str>, variable: Option<&str>, home: Option<&str>) -> Result<Vec<PathBuf>, String> {
        let files = Files::of(option.map(Path::new), |name| {
            if name == "HOME" { home.map(OsString::from) } else { variable.map(OsString::from) }
        });
        files.map(|files| files.paths().to_vec()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_files_are_kubectls() {
        let ok = |paths: &[&str]| Ok(paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(chosen(Some("a"), Some("b"), Some("/h")), ok(&["a"]));
        assert_eq!(chosen(Some(""), Some("b"), Some("/h")), ok(&["b"]));
        assert_eq!(chosen(None, Some("b::a:b"), Some("/h")), ok(&["b", "a"]));
        assert_eq!(chosen(None, Some("::"), Some("/h")), ok(&[]));
        assert_eq!(chosen(None, Some(""), Some("/h")), ok(&["/h/.kube/config"]));
        assert_eq!(chosen(None, None, None), Err("no kubeconfig is named, and HOME is not set".to_owned()));
    }

    #[test]
    fn what_is_new_goes_into_the_first_that_is_there() -> Result<(), khw_core::Error> {
        let default =
            |list: &str| Files::of(None, |_| Some(OsString::from(list))).map(|files| files.default().to_owned());
        assert_eq!(default("/none/a:/dev/null:/dev/zero")?, Path::new("/dev/null"));
        assert_eq!(default("/none/a:/none/b")?, Path::new("/none/b"));
        Ok(())
    }

    #[test]
    fn paths_start_at_the_kubeconfig() {
        for (path, file, written) in [
            ("ca.crt", "k", "ca.crt"),
            ("./pki/../ca.crt", "./k", "ca.crt"),
            ("sub/ca.crt", "sub/k", "ca.crt"),
            ("ca.crt", "sub/k", "/w/ca.crt"),
            ("../ca.crt", "k", "/ca.crt"),
            ("/w/ca.crt", "k", "/w/ca.crt"),
            ("ca.crt", "/w/k", "ca.crt"),
            ("ca.crt", "/etc/k", "/w/ca.crt"),
            ("", "k", ""),
        ] {
            assert_eq!(reference(Path::new(path), Path::new(file), Path::new("/w")), Ok(written.to_owned()), "{path}");
        }
    }
}
