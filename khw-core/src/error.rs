//! The error of all six tools: for a person, so it says which file, which field, what is wrong and what to do.
//!
//! Users: every tool. Secrets never go into an error; whoever builds one from input shows names, not values of keys.

use std::fmt;
use std::num::NonZeroU32;

/// A refusal or failure, printed as `TOOL: error: FILE:LINE:COLUMN: FIELD: what is wrong` and `TOOL: hint: what to do`.
///
/// `what` and `hint` start without a capital and end without a period, as the messages of Unix tools do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    file: Option<String>,
    // Every result carries an error's size: numbers of lines and columns fit into 32 bits.
    line: Option<NonZeroU32>,
    column: Option<NonZeroU32>,
    field: Option<String>,
    what: String,
    hint: Option<String>,
    /// The hint is what helps with any error of this kind: one that knows better takes its place.
    hint_is_general: bool,
}

impl Error {
    /// An error that says what is wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Error {
            file: None,
            line: None,
            column: None,
            field: None,
            what: what.into(),
            hint: None,
            hint_is_general: false,
        }
    }

    /// The file (or `standard input`) it is about. The innermost one stays: it knows best.
    #[must_use]
    pub fn file(mut self, file: impl fmt::Display) -> Self {
        self.file.get_or_insert_with(|| file.to_string());
        self
    }

    /// The line in the file, counted from 1.
    #[must_use]
    pub fn line(mut self, line: usize) -> Self {
        self.line = self.line.or(number(line));
        self
    }

    /// The column in that line, in characters, counted from 1.
    #[must_use]
    pub fn column(mut self, column: usize) -> Self {
        self.column = self.column.or(number(column));
        self
    }

    /// The field, option or directive it is about, in the file's own spelling.
    #[must_use]
    pub fn field(mut self, field: impl fmt::Display) -> Self {
        self.field.get_or_insert_with(|| field.to_string());
        self
    }

    /// What the person can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if self.hint.is_none() || self.hint_is_general {
            self.hint = Some(hint.into());
            self.hint_is_general = false;
        }
        self
    }

    /// What is wrong, without file, field and hint.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do, if there is something.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The field, option or directive, if one was named.
    pub fn field_name(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The line, if one was named.
    pub fn line_number(&self) -> Option<usize> {
        self.line.map(|line| line.get() as usize)
    }

    /// The column, if one was named.
    pub fn column_number(&self) -> Option<usize> {
        self.column.map(|column| column.get() as usize)
    }

    /// A failed system call on a file, in the words of the operating system.
    pub fn io(file: impl fmt::Display, cause: &std::io::Error) -> Self {
        let mut error = Error::new(plain(cause)).file(file);
        let general = match cause.kind() {
            std::io::ErrorKind::NotFound => Some("check the path, or run the step that makes this file first"),
            std::io::ErrorKind::PermissionDenied => Some("run it as a user who may, for example with sudo"),
            std::io::ErrorKind::StorageFull => Some("free some space; what was there before is unchanged"),
            _ => None,
        };
        error.hint = general.map(str::to_owned);
        error.hint_is_general = general.is_some();
        error
    }
}

fn number(counted: usize) -> Option<NonZeroU32> {
    u32::try_from(counted).ok().and_then(NonZeroU32::new)
}

/// The system's words without Rust's ` (os error N)`, and without a capital.
fn plain(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
                if let Some(column) = self.column {
                    write!(f, "{column}:")?;
                }
            }
            f.write_str(" ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn says_file_line_field_and_what() {
        let error = Error::new("is not a number").field("maxPods").line(3).file("kubelet-config.yaml");
        assert_eq!(error.to_string(), "kubelet-config.yaml:3: maxPods: is not a number");
    }

    #[test]
    fn the_innermost_file_stays() {
        assert_eq!(Error::new("x").file("inner").file("outer").to_string(), "inner: x");
    }

    #[test]
    fn system_errors_are_in_plain_words() {
        let error = Error::io("ca.crt", &std::io::Error::from_raw_os_error(2));
        assert_eq!(error.to_string(), "ca.crt: no such file or directory");
        assert_eq!(error.advice(), Some("check the path, or run the step that makes this file first"));
        assert_eq!(error.hint("make it with khw-cert ca").advice(), Some("make it with khw-cert ca"));
    }
}
