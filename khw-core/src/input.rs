//! Where a tool reads from: a file, or `-` for standard input.
//!
//! Users: every tool.

use crate::Error;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// More than any file of a worker, a 10,000-context kubeconfig included; binaries are not read through this.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A file to read, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// `-`.
    Stdin,
    /// Anything else. A file that is really called `-` is `./-`.
    File(PathBuf),
}

impl Input {
    /// Standard input when `path` is `-`, else that file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if path.as_os_str() == "-" { Input::Stdin } else { Input::File(path) }
    }

    /// The file, unless it is standard input.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Input::Stdin => None,
            Input::File(path) => Some(path),
        }
    }

    /// The whole content.
    ///
    /// # Errors
    /// When it cannot be read, is a directory, or is larger than [`MAX_BYTES`].
    pub fn read(&self) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        let read = match self {
            Input::Stdin => std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut content),
            Input::File(path) => {
                let file = File::open(path).map_err(|e| Error::io(self, &e))?;
                let kind = file.metadata().map_err(|e| Error::io(self, &e))?;
                if kind.is_dir() {
                    return Err(Error::new("is a directory, not a file").file(self).hint("name the file inside it"));
                }
                file.take(MAX_BYTES + 1).read_to_end(&mut content)
            }
        };
        read.map_err(|e| Error::io(self, &e))?;
        if content.len() as u64 > MAX_BYTES {
            return Err(Error::new("is larger than 64 MiB").file(self).hint("is this the right file?"));
        }
        Ok(content)
    }

    /// The whole content as text.
    ///
    /// # Errors
    /// As [`Input::read`], and when it is not UTF-8.
    pub fn read_text(&self) -> Result<String, Error> {
        String::from_utf8(self.read()?).map_err(|e| {
            let line = e.as_bytes().iter().take(e.utf8_error().valid_up_to()).filter(|&&b| b == b'\n').count() + 1;
            Error::new("is not UTF-8 text").file(self).line(line).hint("is this the right file?")
        })
    }
}

/// Refuses text with a private key in it, before a line of it gets into a message. For readers of what never has one.
///
/// # Errors
/// When there is the mark of one.
pub fn refuse_private_key(text: &str) -> Result<(), Error> {
    // Also where the line breaks were lost, and of every kind: RSA, EC, encrypted.
    match text.lines().position(|line| line.contains("PRIVATE KEY-----")) {
        None => Ok(()),
        Some(at) => Err(Error::new("holds a private key").line(at + 1).hint("is this the right file?")),
    }
}

/// A line of a file in quotes for a message, or nothing when it is long: what is no word that a person wrote may be a key.
pub fn quoted(line: &str) -> String {
    if line.chars().count() > 40 { "the line".to_owned() } else { format!("'{}'", line.escape_debug()) }
}

impl From<&str> for Input {
    fn from(path: &str) -> Self {
        Input::new(path)
    }
}

/// The name for messages.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Stdin => f.write_str("standard input"),
            Input::File(path) => path.display().fmt(f),
        }
    }
}
