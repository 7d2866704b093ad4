//! Which file is meant, and how a path is written into it.

use khw_core::Error;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The kubeconfig that kubectl would read and write: `--kubeconfig`, else `KUBECONFIG`, else `$HOME/.kube/config`.
///
/// # Errors
/// When `KUBECONFIG` names several files, or there is no home directory.
pub(crate) fn kubeconfig(option: Option<&Path>, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    if let Some(path) = option.filter(|path| !path.as_os_str().is_empty()) {
        return Ok(path.to_owned());
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for file in std::env::split_paths(&variable("KUBECONFIG").unwrap_or_default()) {
        if !file.as_os_str().is_empty() && !files.contains(&file) {
            files.push(file);
        }
    }
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        (Some(_), false) => Err(Error::new("names several files, which cannot be merged yet")
            .field("KUBECONFIG")
            .hint("name the one that is meant with --kubeconfig=FILE")),
        (None, _) => match variable("HOME").filter(|home| !home.is_empty()) {
            Some(home) => Ok(Path::new(&home).join(".kube/config")),
            None => Err(Error::new("no kubeconfig is named, and HOME is not set").hint("name it: --kubeconfig=FILE")),
        },
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
    written
        .into_os_string()
        .into_string()
        .map_err(|path| Error::new("is not UTF-8, which a kubeconfig cannot hold").field(path.to_string_lossy()))
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
    use super::{kubeconfig, reference};
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    fn chosen(option: Option<&str>, variable: Option<&str>, home: Option<&str>) -> Result<PathBuf, String> {
        kubeconfig(option.map(Path::new), |name| {
            if name == "HOME" { home.map(OsString::from) } else { variable.map(OsString::from) }
        })
        .map_err(|e| e.to_string())
    }

    #[test]
    fn the_file_is_kubectls() {
        let ok = |path: &str| Ok(PathBuf::from(path));
        assert_eq!(chosen(Some("a"), Some("b"), Some("/h")), ok("a"));
        assert_eq!(chosen(Some(""), Some("b"), Some("/h")), ok("b"));
        assert_eq!(chosen(None, Some("b::b"), Some("/h")), ok("b"));
        assert_eq!(chosen(None, Some(""), Some("/h")), ok("/h/.kube/config"));
        assert_eq!(
            chosen(None, Some("a:b"), None),
            Err("KUBECONFIG: names several files, which cannot be merged yet".to_owned())
        );
        assert_eq!(chosen(None, None, None), Err("no kubeconfig is named, and HOME is not set".to_owned()));
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
