//! From text to a unit: the lines as systemd splits them, those that a backslash joins, headers and assignments.

use super::{Assignment, Header, Problem, ProblemKind, Unit, WHITESPACE};
use khw_core::Error;

/// systemd's LONG_LINE_MAX: a longer line, continued ones counted together, ends the reading.
const LONGEST_LINE: usize = 1024 * 1024;

/// Reads a unit file; what makes systemd give up on the whole of it is an error.
pub(super) fn read(text: &str) -> Result<Unit, Error> {
    let mut reader = Reader::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in Lines(text).enumerate() {
        reader.line(line, index + 1)?;
        reader.unit.lines = index + 1;
    }
    reader.end()?;
    Ok(reader.unit)
}

/// Lines as systemd's `read_line` splits them: an end is one of each of `\n`, `\r` and NUL, so `\r\n` and `\n\r` are one.
struct Lines<'a>(&'a str);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let bytes = self.0.as_bytes();
        let length = bytes.iter().position(|b| matches!(b, b'\n' | b'\r' | 0)).unwrap_or(bytes.len());
        let mut end = length;
        let mut seen: Vec<u8> = Vec::new();
        while let Some(&b) = bytes.get(end) {
            if !matches!(b, b'\n' | b'\r' | 0) || seen.contains(&b) || seen.contains(&0) {
                break;
            }
            seen.push(b);
            end += 1;
        }
        let (line, rest) = (self.0.get(..length)?, self.0.get(end..)?);
        self.0 = rest;
        Some(line)
    }
}

/// A logical line: what it began with, and what continued it.
#[derive(Default)]
struct Logical {
    text: String,
    line: usize,
    breaks: Vec<(usize, usize)>,
}

#[derive(Default)]
struct Reader {
    unit: Unit,
    /// The section that assignments go to.
    section: Option<String>,
    continued: Option<Logical>,
}

impl Reader {
    fn line(&mut self, text: &str, number: usize) -> Result<(), Error> {
        // A comment is skipped in the middle of a continued line too, and it cannot itself be continued.
        if text.trim_start_matches(WHITESPACE).starts_with(['#', ';']) {
            return Ok(());
        }
        let mut logical = match self.continued.take() {
            None => Logical { text: String::new(), line: number, breaks: Vec::new() },
            Some(mut logical) => {
                self.look_at_continuation(text, number);
                logical.breaks.push((logical.text.len(), number));
                logical
            }
        };
        logical.text.push_str(text);
        if logical.text.len() > LONGEST_LINE {
            return Err(Error::new("the line is longer than systemd reads (1 MiB)")
                .line(number)
                .hint("is this the right file?"));
        }
        // systemd counts backslashes from the start of the logical line, so `\\` at its end is not one that continues.
        // What came before ends in the blank that took a continuing backslash's place: only this part matters.
        if text.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1 {
            logical.text.pop();
            logical.text.push(' ');
            self.continued = Some(logical);
            return Ok(());
        }
        self.logical(&logical)
    }

    fn end(&mut self) -> Result<(), Error> {
        match self.continued.take() {
            None => Ok(()),
            Some(logical) => {
                let line = logical.breaks.last().map_or(logical.line, |&(_, line)| line);
                self.problem(ProblemKind::ContinuesIntoNothing, line, "");
                self.logical(&logical)
            }
        }
    }

    /// The line before ended in a backslash: is this one meant to go on with it?
    fn look_at_continuation(&mut self, text: &str, number: usize) {
        let text = text.trim_matches(WHITESPACE);
        if text.is_empty() {
            self.problem(ProblemKind::ContinuesIntoNothing, number - 1, "");
        } else if text.starts_with('[') && text.ends_with(']') {
            self.problem(ProblemKind::ContinuesIntoNext, number - 1, text);
        } else if let Some((name, _)) = text.split_once('=')
            && crate::directive::is_known(name.trim_matches(WHITESPACE))
        {
            self.problem(ProblemKind::ContinuesIntoNext, number - 1, name);
        }
    }

    fn logical(&mut self, logical: &Logical) -> Result<(), Error> {
        let line = logical.line;
        let text = logical.text.trim_matches(WHITESPACE);
        if text.is_empty() {
            return Ok(());
        }
        if let Some(header) = text.strip_prefix('[') {
            return self.header(header, line);
        }
        let Some(section) = self.section.clone() else {
            self.problem(ProblemKind::OutsideSection, line, text);
            return Ok(());
        };
        match text.split_once('=') {
            None => self.problem(ProblemKind::NoEquals, line, text),
            Some(("", _)) => self.problem(ProblemKind::NoName, line, text),
            Some((name, value)) => {
                let value = value.trim_matches(WHITESPACE);
                // The value is a part of the logical line: the breaks move by where it starts in there.
                let start = value.as_ptr().addr().saturating_sub(logical.text.as_ptr().addr());
                let breaks = logical.breaks.iter().map(|&(at, line)| (at.saturating_sub(start), line)).collect();
                self.unit.assignments.push(Assignment {
                    section,
                    name: name.trim_end_matches(WHITESPACE).to_owned(),
                    value: value.to_owned(),
                    line,
                    breaks,
                });
            }
        }
        Ok(())
    }

    fn header(&mut self, header: &str, line: usize) -> Result<(), Error> {
        let refuse = |what: String, hint: &str| Err(Error::new(what).line(line).hint(hint));
        let Some(name) = header.strip_suffix(']') else {
            return refuse(
                format!("'[{}' is not a section header, and systemd stops reading here", header.escape_debug()),
                "write it as [Unit], [Service] or [Install], alone on its line",
            );
        };
        // systemd's string_is_safe: these characters in a name would also end the reading.
        if name.chars().any(|c| c.is_ascii_control() || matches!(c, '"' | '\'' | '\\')) {
            return refuse(
                format!("the section header '[{}]' has a character that systemd does not read", name.escape_debug()),
                "write it as [Unit], [Service] or [Install]",
            );
        }
        self.unit.headers.push(Header { name: name.to_owned(), line });
        self.section = Some(name.to_owned());
        Ok(())
    }

    fn problem(&mut self, kind: ProblemKind, line: usize, text: &str) {
        self.unit.problems.push(Problem { kind, line, text: text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::syntax::{ProblemKind, Unit};
    use khw_core::Error;

    /// Section, directive, value, line of all assignments.
    fn read(text: &str) -> Result<Vec<(String, String, String, usize)>, Error> {
        let unit = Unit::parse(text)?;
        Ok(unit.assignments.into_iter().map(|a| (a.section, a.name, a.value, a.line)).collect())
    }

    fn one(section: &str, name: &str, value: &str, line: usize) -> (String, String, String, usize) {
        (section.to_owned(), name.to_owned(), value.to_owned(), line)
    }

    #[test]
    fn blanks_comments_and_line_ends() {
        let text =
            "\u{feff}# c\n  ; c \\\n [Unit] \n\n  Description =  a b \r\n[Service]\rUser=x\n\r[Service]\nUser==y=\n";
        assert_eq!(
            read(text),
            Ok(vec![
                one("Unit", "Description", "a b", 5),
                one("Service", "User", "x", 7),
                one("Service", "User", "=y=", 9)
            ])
        );
        assert_eq!(Lines("a\r\n\r\nb\n\n\rc\0\0d\n").collect::<Vec<_>>(), ["a", "", "b", "", "c", "", "d"]);
    }

    #[test]
    fn a_backslash_continues_over_comments() -> Result<(), Error> {
        let text = "[Service]\nExecStart=/bin/a \\\n  # not this \\\n  --b \\\n  ; nor this\n\t--c\\\\\nUser=x\n";
        assert_eq!(
            read(text),
            Ok(vec![one("Service", "ExecStart", "/bin/a    --b  \t--c\\\\", 2), one("Service", "User", "x", 7)])
        );
        let unit = Unit::parse(text)?;
        assert!(unit.problems().is_empty());
        let exec = unit.counting("Service", "ExecStart");
        let lines: Vec<usize> =
            ["/bin", "--b", "--c"].iter().filter_map(|w| exec[0].value.find(w).map(|at| exec[0].line_at(at))).collect();
        assert_eq!(lines, [2, 4, 6]);
        Ok(())
    }

    #[test]
    fn lost_and_superfluous_backslashes() -> Result<(), Error> {
        for (text, kind, line) in [
            ("[Service]\nExecStart=/bin/a \\\n", ProblemKind::ContinuesIntoNothing, 2),
            ("[Service]\nExecStart=/bin/a \\\n\nUser=x\n", ProblemKind::ContinuesIntoNothing, 2),
            ("[Service]\nExecStart=/bin/a \\\n --b \\\nRestart=always\n", ProblemKind::ContinuesIntoNext, 3),
            ("[Service]\nExecStart=/bin/a \\\n[Install]\n", ProblemKind::ContinuesIntoNext, 2),
            ("[Service]\nExecStart=/bin/a\n --b\n", ProblemKind::NoEquals, 3),
            ("Description=x\n[Service]\n", ProblemKind::OutsideSection, 1),
            ("[Service]\n = x\n", ProblemKind::NoName, 2),
        ] {
            let unit = Unit::parse(text)?;
            let found: Vec<_> = unit.problems().iter().map(|p| (p.kind, p.line)).collect();
            assert_eq!(found, [(kind, line)], "{text}");
        }
        Ok(())
    }

    #[test]
    fn refuses_where_systemd_stops_reading() {
        let refused = |text: &str| Unit::parse(text).map_err(|e| (e.line_number(), e.what().to_owned()));
        assert_eq!(
            refused("[Unit]\n[Service\nUser=x\n"),
            Err((Some(2), "'[Service' is not a section header, and systemd stops reading here".to_owned()))
        );
        assert_eq!(
            refused("[a\"b]\n"),
            Err((Some(1), "the section header '[a\\\"b]' has a character that systemd does not read".to_owned()))
        );
        let long = format!("[Unit]\nDescription={}\n", "x".repeat(1024 * 1024));
        assert_eq!(refused(&long), Err((Some(2), "the line is longer than systemd reads (1 MiB)".to_owned())));
    }
}
