//! Unit files as systemd 252 reads them: lines, sections, assignments.
//!
//! Refused is only what makes systemd give up on the whole file: a broken section header, a line of over a megabyte.
//! What systemd leaves out with a warning, or without one, is kept as a [`Problem`] for [`crate::check`].

mod reader;

use khw_core::Error;
use khw_core::input::refuse_private_key;
use std::fmt;

/// systemd's WHITESPACE.
pub(crate) const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The directives of [Unit] that an empty assignment does not reset, since they are not lists but edges of a graph
/// (systemd.unit(5): "dependencies cannot be reset to an empty list").
const DEPENDENCIES: [&str; 20] = [
    "After",
    "Before",
    "BindTo",
    "BindsTo",
    "Conflicts",
    "JoinsNamespaceOf",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagateReloadFrom",
    "PropagateReloadTo",
    "PropagatesReloadTo",
    "PropagatesStopTo",
    "ReloadPropagatedFrom",
    "Requires",
    "RequiresMountsFor",
    "Requisite",
    "StopPropagatedFrom",
    "Upholds",
    "Wants",
];

/// A unit file or drop-in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    headers: Vec<Header>,
    assignments: Vec<Assignment>,
    problems: Vec<Problem>,
    lines: usize,
}

/// A section's header; the same name may come several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// `Name=value` in a section, continued lines joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) section: String,
    pub(crate) name: String,
    pub(crate) value: String,
    /// The line on which it begins.
    pub(crate) line: usize,
    /// Where the lines that continue it begin: offset in `value`, number of the line.
    breaks: Vec<(usize, usize)>,
}

impl Assignment {
    /// The line on which the byte `offset` of the value stands.
    pub(crate) fn line_at(&self, offset: usize) -> usize {
        let begun = self.breaks.partition_point(|&(start, _)| start <= offset);
        begun.checked_sub(1).and_then(|last| self.breaks.get(last)).map_or(self.line, |&(_, line)| line)
    }
}

/// One value of a directive, and the line on which its assignment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The text after `=`, without blanks around it, continued lines joined.
    pub text: &'a str,
    /// The line, counted from 1; 0 in a unit that was not read from a file.
    pub line: usize,
}

/// A line that systemd skips, or that does what nobody meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// What is the matter with the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// An assignment before the first section.
    OutsideSection,
    /// A line that is neither header, comment nor assignment.
    NoEquals,
    /// `=value`.
    NoName,
    /// A backslash at the end of a line, and nothing that it could continue into.
    ContinuesIntoNothing,
    /// A backslash at the end of a line, and a header or another assignment after it, which is swallowed.
    ContinuesIntoNext,
}

impl Unit {
    /// A unit without a line.
    pub fn new() -> Self {
        Unit::default()
    }

    /// Reads a unit file.
    ///
    /// # Errors
    /// When systemd would give up on the whole file: a header without `]`, or a line of over a megabyte; and when it holds a
    /// private key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        refuse_private_key(text)?;
        reader::read(text)
    }

    /// The same from bytes.
    ///
    /// # Errors
    /// When they are not UTF-8, and as [`Unit::parse`].
    pub fn parse_bytes(content: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(content).map_err(|error| {
            let before = content.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
            Error::new("is not UTF-8 text").line(line).hint("is this the right file?")
        })?;
        Self::parse(text)
    }

    /// The number of lines that were read.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// Adds all of a drop-in, as if its lines came after the line `after`.
    pub(crate) fn append(&mut self, mut drop_in: Unit, after: usize) {
        for header in &mut drop_in.headers {
            header.line += after;
        }
        for problem in &mut drop_in.problems {
            problem.line += after;
        }
        for assignment in &mut drop_in.assignments {
            assignment.line += after;
            assignment.breaks.iter_mut().for_each(|(_, line)| *line += after);
        }
        self.headers.append(&mut drop_in.headers);
        self.problems.append(&mut drop_in.problems);
        self.assignments.append(&mut drop_in.assignments);
    }

    /// Adds an assignment, at the end of its section. The value goes into the file as it is: quoted where systemd wants
    /// that ([`crate::CommandLine::to_value`] does it), and with a backslash where a line goes on.
    #[must_use]
    pub fn with(mut self, section: &str, directive: &str, value: &str) -> Self {
        if !self.headers.iter().any(|h| h.name == section) {
            self.headers.push(Header { name: section.to_owned(), line: 0 });
        }
        self.assignments.push(Assignment {
            section: section.to_owned(),
            name: directive.to_owned(),
            value: value.to_owned(),
            line: 0,
            breaks: Vec::new(),
        });
        self
    }

    /// All values of a directive that count: those after the last empty assignment.
    pub fn values(&self, section: &str, directive: &str) -> Vec<Value<'_>> {
        self.counting(section, directive).into_iter().map(|a| Value { text: &a.value, line: a.line }).collect()
    }

    /// The last value of a directive, which is the one that counts where there can be only one.
    pub fn value(&self, section: &str, directive: &str) -> Option<Value<'_>> {
        self.values(section, directive).pop()
    }

    /// The names of the sections, each once, in the order of the file.
    pub fn sections(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for header in &self.headers {
            if !names.contains(&header.name.as_str()) {
                names.push(&header.name);
            }
        }
        names
    }

    /// The directives of a section with their values, in the order of the file, later sections of that name included.
    pub fn directives(&self, section: &str) -> Vec<(&str, Value<'_>)> {
        self.assignments
            .iter()
            .filter(|a| a.section == section)
            .map(|a| (a.name.as_str(), Value { text: &a.value, line: a.line }))
            .collect()
    }

    pub(crate) fn counting(&self, section: &str, directive: &str) -> Vec<&Assignment> {
        let resets = section != "Unit" || !DEPENDENCIES.contains(&directive);
        let mut counting = Vec::new();
        for assignment in self.assignments.iter().filter(|a| a.section == section && a.name == directive) {
            if !assignment.value.is_empty() {
                counting.push(assignment);
            } else if resets {
                counting.clear();
            }
        }
        counting
    }

    pub(crate) fn headers(&self) -> &[Header] {
        &self.headers
    }

    pub(crate) fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// The unit as a file: each section once, a blank line between them.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, section) in self.sections().into_iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "[{section}]")?;
            for (name, value) in self.directives(section) {
                writeln!(f, "{name}={}", value.text)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;
    use khw_core::Error;

    #[test]
    fn an_empty_assignment_resets_lists_but_not_dependencies() -> Result<(), Error> {
        let unit = Unit::parse("[Unit]\nAfter=a\nAfter=\nAfter=b\n[Service]\nUser=a\nUser=\nUser=b\nUser=c\n")?;
        let texts = |section, name| unit.values(section, name).iter().map(|v| v.text).collect::<Vec<_>>();
        assert_eq!((texts("Unit", "After"), texts("Service", "User")), (vec!["a", "b"], vec!["b", "c"]));
        assert_eq!(unit.value("Service", "User").map(|v| (v.text, v.line)), Some(("c", 9)));
        Ok(())
    }

    #[test]
    fn prints_what_it_read() -> Result<(), Error> {
        let text = "[Unit]\nDescription=x\n\n[Service]\nUser=a\nUser=b\n";
        assert_eq!(Unit::parse(text)?.to_string(), text);
        Ok(())
    }
}
