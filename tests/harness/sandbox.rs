//! A throw-away directory in which commands run as a person would type them.

use crate::{Ran, bin_dir};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A directory that goes away with the test. Commands run in it, with the tools first on PATH and a bare environment.
#[derive(Debug)]
pub struct Sandbox {
    dir: tempfile::TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox::new()
    }
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Self {
        Sandbox { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    /// The path of a file in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes a file, and the directories to it.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("the directories");
        fs::write(path, content).expect("the file");
        self
    }

    /// The content of a file.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Whether a file is there, a dangling link included.
    pub fn has(&self, name: impl AsRef<Path>) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// The permission bits of a file.
    #[track_caller]
    pub fn mode(&self, name: impl AsRef<Path>) -> u32 {
        fs::metadata(self.path(name)).expect("the file").permissions().mode() & 0o7777
    }

    /// All names in it, sorted, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).expect("the directory");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// All that is below a directory of it, by path: the permission bits, and of a file its content.
    pub fn tree(&self, directory: &str) -> BTreeMap<PathBuf, (u32, Option<Vec<u8>>)> {
        let mut found = BTreeMap::new();
        let mut left = vec![self.path(directory)];
        while let Some(next) = left.pop() {
            for entry in fs::read_dir(&next).expect("the directory") {
                let path = entry.expect("an entry").path();
                let kind = fs::symlink_metadata(&path).expect("the file");
                if kind.is_dir() {
                    left.push(path.clone());
                }
                let content = kind.is_file().then(|| fs::read(&path).expect("the file"));
                let name = path.strip_prefix(self.path(directory)).expect("it is below").to_owned();
                found.insert(name, (kind.permissions().mode() & 0o7777, content));
            }
        }
        found
    }

    /// What to put before a command that mounts, so that nobody else sees it; `None` where a test may not mount.
    pub fn mounting(&self) -> Option<&'static str> {
        let found = ["unshare -m", "unshare -rm"]
            .into_iter()
            .find(|how| self.sh(&format!("mkdir -p mnt; {how} mount -t tmpfs none mnt")).status == 0);
        if found.is_none() {
            eprintln!("SKIPPED: nothing can be mounted here");
        }
        found
    }

    /// Runs a bash script in it, with `set -euo pipefail`.
    pub fn sh(&self, script: &str) -> Ran {
        self.sh_with(script, b"")
    }

    /// The same with something on standard input.
    pub fn sh_with(&self, script: &str, stdin: &[u8]) -> Ran {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin_dir().to_owned()).chain(std::env::split_paths(&path)))
            .expect("PATH");
        let mut child = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.dir.path())
            .env_clear()
            .envs([("LC_ALL", "C"), ("TZ", "UTC")])
            .env("PATH", path)
            .env("HOME", self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash runs");
        // A command that does not read its input closes the pipe: not this test's concern.
        let mut pipe = child.stdin.take().expect("a pipe");
        let writer = std::thread::spawn({
            let stdin = stdin.to_owned();
            move || drop(pipe.write_all(&stdin))
        });
        let output = child.wait_with_output().expect("bash ends");
        writer.join().expect("the writer ends");
        Ran::new(script, &output)
    }
}
