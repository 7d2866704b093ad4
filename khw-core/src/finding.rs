//! What a check found: a stable name, how bad it is, where, what, and what to do; as text and as JSON.
//!
//! A name is kebab-case and never changes, since people put it after `--ignore`.
//!
//! Users: every tool with a `check` or `verify`.

use crate::{Error, Exit, cli};
use serde::Serialize;
use std::fmt::Write;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot work: a program stops, a peer refuses, or a setting has no effect.
    Error,
    /// It works, but is not what is meant or not what is wise.
    Warning,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One thing that a check found. The fields are those of the JSON output, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable kebab-case name of the check.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the person named it.
    pub file: Option<String>,
    /// The line in it, counted from 1.
    pub line: Option<usize>,
    /// The column in that line, in characters, counted from 1.
    pub column: Option<usize>,
    /// The field, option or directive, in the file's own spelling.
    pub field: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: Option<String>,
}

impl Finding {
    /// A finding of severity error.
    pub fn error(name: &'static str, message: impl Into<String>) -> Self {
        Finding::new(name, Severity::Error, message.into())
    }

    /// A finding of severity warning.
    pub fn warning(name: &'static str, message: impl Into<String>) -> Self {
        Finding::new(name, Severity::Warning, message.into())
    }

    fn new(name: &'static str, severity: Severity, message: String) -> Self {
        Finding { name, severity, file: None, line: None, column: None, field: None, message, fix: None }
    }

    /// The file it is about.
    #[must_use]
    pub fn file(mut self, file: impl std::fmt::Display) -> Self {
        self.file = Some(file.to_string());
        self
    }

    /// The line, if it is known.
    #[must_use]
    pub fn line(mut self, line: impl Into<Option<usize>>) -> Self {
        self.line = line.into();
        self
    }

    /// The column, if it is known.
    #[must_use]
    pub fn column(mut self, column: impl Into<Option<usize>>) -> Self {
        self.column = column.into();
        self
    }

    /// The field, option or directive.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The finding that an input is refused outright: what an error says, under a name.
    pub fn from_error(name: &'static str, error: &Error) -> Self {
        let mut finding = Finding::error(name, error.what()).line(error.line_number()).column(error.column_number());
        finding.field = error.field_name().map(str::to_owned);
        finding.fix = error.advice().map(str::to_owned);
        finding
    }
}

/// How findings are chosen and printed: the options that every check has.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportArgs {
    /// Print findings as text or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub format: Format,
    /// Leave out findings of this name (may be given several times)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Keep only findings of this name (may be given several times)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Exit 1 for warnings too
    #[arg(long)]
    pub strict: bool,
}

/// Text for people, JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line for each finding, and one for what to do.
    Text,
    /// One object with `schemaVersion` and `findings`.
    Json,
}

impl ReportArgs {
    /// Prints the chosen findings to standard output and says how the check ended.
    ///
    /// `names` are all names that this check knows.
    ///
    /// # Errors
    /// When `--ignore` or `--only` has a name that is not in `names`, or standard output cannot be written.
    pub fn report(&self, mut findings: Vec<Finding>, names: &[&str]) -> anyhow::Result<Exit> {
        for name in self.ignore.iter().chain(&self.only) {
            if !names.contains(&name.as_str()) {
                return Err(Error::new(format!("there is no finding named '{}'", name.escape_debug()))
                    .hint(format!("the names are {}", names.join(", ")))
                    .into());
            }
        }
        debug_assert!(findings.iter().all(|f| names.contains(&f.name)), "a finding's name is missing from the list");
        findings.retain(|f| {
            !self.ignore.iter().any(|name| name == f.name)
                && (self.only.is_empty() || self.only.iter().any(|name| name == f.name))
        });
        let text = match self.format {
            Format::Text => text(&findings),
            Format::Json => json(&findings)?,
        };
        crate::output::print(text.as_bytes())?;
        let no = findings.iter().any(|f| self.strict || f.severity == Severity::Error);
        Ok(if no { Exit::No } else { Exit::Done })
    }
}

/// `FILE:LINE:COLUMN: SEVERITY: FIELD: MESSAGE [NAME]`, with the fix on a line of its own.
fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    for f in findings {
        let mut line = String::new();
        if let Some(file) = &f.file {
            let _ = write!(line, "{file}:");
            if let Some(number) = f.line {
                let _ = write!(line, "{number}:");
                if let Some(column) = f.column {
                    let _ = write!(line, "{column}:");
                }
            }
            line.push(' ');
        }
        let _ = write!(line, "{}: ", f.severity);
        if let Some(field) = &f.field {
            let _ = write!(line, "{field}: ");
        }
        let _ = write!(line, "{} [{}]", f.message, f.name);
        let _ = writeln!(out, "{}", cli::printable(&line));
        if let Some(fix) = &f.fix {
            let _ = writeln!(out, "  fix: {}", cli::printable(fix));
        }
    }
    out
}

fn json(findings: &[Finding]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Report<'a> {
        schema_version: u32,
        findings: &'a [Finding],
    }
    serde_json::to_string_pretty(&Report { schema_version: 1, findings }).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::{Finding, json, text};

    #[test]
    fn text_and_json_have_everything() -> Result<(), Box<dyn std::error::Error>> {
        let finding =
            Finding::error("unknown-field", "is not a field").file("a.yaml").line(3).field("x").fix("remove it");
        let findings = [
            finding,
            Finding::warning("no-file", "bad \u{1b}[31m"),
            Finding::warning("unused", "is unused").file("a.yaml").line(3).column(5),
        ];
        assert_eq!(
            text(&findings),
            "a.yaml:3: error: x: is not a field [unknown-field]\n  fix: remove it\nwarning: bad \\u{1b}[31m [no-file]\n\
             a.yaml:3:5: warning: is unused [unused]\n"
        );
        let value: serde_json::Value = serde_json::from_str(&json(&findings)?)?;
        assert_eq!(value["schemaVersion"], 1);
        assert_eq!(value["findings"][0]["severity"], "error");
        assert_eq!(value["findings"][1]["line"], serde_json::Value::Null);
        assert_eq!(value["findings"][1]["column"], serde_json::Value::Null);
        assert_eq!(value["findings"][2]["column"], 5);
        Ok(())
    }
}
