//! Commands that are stopped, or told that something failed, at one of their system calls.

use crate::Sandbox;
use std::collections::HashMap;
use std::path::Path;

/// A system call of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Which one of this name it is, counted from 1 as strace's `when=` does.
    pub nth: usize,
}

impl Call {
    /// strace's option that does something to this call: `signal=KILL` before it, `error=ENOSPC` instead of it.
    pub fn inject(&self, what: &str) -> String {
        format!("-e inject={}:{what}:when={}", self.name, self.nth)
    }
}

/// Runs a command under strace, and gives those of its calls that are `wanted` by name and arguments, in order.
#[track_caller]
pub fn calls(sandbox: &Sandbox, strace: &Path, command: &str, mut wanted: impl FnMut(&str, &str) -> bool) -> Vec<Call> {
    sandbox.sh(&format!("{} -o calls {command}", strace.display())).succeeds();
    let mut counts = HashMap::new();
    let mut calls = Vec::new();
    for line in sandbox.read("calls").lines() {
        let Some((name, arguments)) = line.split_once('(') else { continue };
        let nth = *counts.entry(name.to_owned()).and_modify(|count| *count += 1).or_insert(1);
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if wanted(name, arguments) && is_name {
            calls.push(Call { name: name.to_owned(), nth });
        }
    }
    calls
}

/// Whether a call changes what is on a file system, or waits until it is there. Between two of these a kill makes no difference.
pub fn changes_files(name: &str, arguments: &str) -> bool {
    match name {
        "openat" | "open" => arguments.contains("O_CREAT") || arguments.contains("O_TMPFILE"),
        // Not what is said on standard output and standard error.
        "write" => !arguments.starts_with("1,") && !arguments.starts_with("2,"),
        "mkdirat" | "mkdir" | "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat" | "rmdir" | "linkat" => true,
        "fchmod" | "fchown" | "fsync" | "fdatasync" | "ftruncate" | "pwrite64" => true,
        _ => false,
    }
}
