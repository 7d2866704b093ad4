//! What a command did, and what a test may expect of it.

use std::process::Output;

/// The end of a command.
#[derive(Debug)]
pub struct Ran {
    /// What was run, for the message of a failed test.
    pub line: String,
    /// The exit status; 128 and the signal's number when it was killed.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    pub(crate) fn new(line: &str, output: &Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status.code().or_else(|| output.status.signal().map(|s| 128 + s)).unwrap_or(-1);
        Ran {
            line: line.to_owned(),
            status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Exit 0 and not a word on standard error. Gives standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{}\n{}", self.line, self.stdout);
        self.stdout
    }

    /// Exit 0, whatever was said. Gives standard output.
    #[track_caller]
    pub fn succeeds(self) -> String {
        assert_eq!(self.status, 0, "{}\n{}\n{}", self.line, self.stdout, self.stderr);
        self.stdout
    }

    /// Exit 0 and just this on standard error.
    #[track_caller]
    pub fn says(self, stderr: &str) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (0, stderr), "{}\n{}", self.line, self.stdout);
        self.stdout
    }

    /// Exit 2, nothing on standard output, and just this on standard error.
    #[track_caller]
    pub fn refused(self, stderr: &str) {
        assert_eq!((self.stderr.as_str(), self.status, self.stdout.as_str()), (stderr, 2, ""), "{}", self.line);
    }

    /// Exit 1 (a check says no) and just this on standard output.
    #[track_caller]
    pub fn no(self, stdout: &str) {
        assert_eq!((self.stdout.as_str(), self.status, self.stderr.as_str()), (stdout, 1, ""), "{}", self.line);
    }
}
