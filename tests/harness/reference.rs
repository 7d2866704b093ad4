//! The real programs that decide what is right: openssl, kubectl, systemd-analyze.
//!
//! On a desk without one, a test that needs it says so and passes; with `KHW_REFERENCE=require`, as `make test` sets,
//! its absence is a failure. `tests/judges.sh` installs them.

use std::path::PathBuf;

/// A real program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// OpenSSL 3.0.
    Openssl,
    /// kubectl, 1.32 unless `KHW_KUBECTL` names another.
    Kubectl,
    /// systemd-analyze 252.
    SystemdAnalyze,
    /// strace, which kills a program at any system call.
    Strace,
}

/// The path of a real program, or `None` when it is not there and need not be.
#[track_caller]
pub fn reference(program: Reference) -> Option<PathBuf> {
    let found = match program {
        Reference::Openssl => on_path("openssl"),
        Reference::Kubectl => std::env::var_os("KHW_KUBECTL").map(PathBuf::from).or_else(|| on_path("kubectl")),
        Reference::SystemdAnalyze => on_path("systemd-analyze"),
        Reference::Strace => on_path("strace"),
    };
    if found.is_none() {
        assert!(
            std::env::var_os("KHW_REFERENCE").is_none_or(|v| v != "require"),
            "{program:?} is not there: run tests/judges.sh"
        );
        eprintln!("SKIPPED: {program:?} is not there: run tests/judges.sh");
    }
    found
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
