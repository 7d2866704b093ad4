//! The exit codes of all six tools, the same as those of grep and diff.
//!
//! Users: every tool.

use std::process::ExitCode;

/// How a tool ended. The discriminants are the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or already so.
    Done = 0,
    /// A check says no, or `--diff` found a difference.
    No = 1,
    /// It could not be done: usage, input, or the operating system. Nothing was written.
    Failed = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
