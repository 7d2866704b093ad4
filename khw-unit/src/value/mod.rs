//! What each directive takes as its value, as far as systemd 252 says so by a type: booleans, time spans, sizes, signals,
//! modes, words from a list. systemd ignores a line with another value, with one line in its journal.

mod kind;
mod shape;
mod words;

use self::kind::kind;
use self::shape::{
    is_boolean, is_capability, is_input, is_output, is_percentage, is_signal, is_size, is_span, is_unit, limits,
    number, wrong_environment,
};
use self::words::{CAPABILITIES, INPUTS, OUTPUTS};
use crate::directive;
use crate::syntax::Assignment;

pub(crate) use self::shape::truth;

/// What a directive takes.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Boolean,
    Span,
    Size,
    Limit,
    SizeLimit,
    Tasks,
    Signal,
    Mode,
    Number {
        least: i64,
        most: i64,
    },
    OneOf(&'static [&'static str]),
    BooleanOr(&'static [&'static str]),
    Input,
    Output,
    Path,
    DashPath,
    Directory,
    Units,
    Environment,
    Capabilities,
    /// `idle` or a number.
    Weight,
    /// A percentage of a CPU, above 100 for several.
    Quota,
    /// Words of a list, all of them refused by a `~` before the first.
    Words {
        known: &'static [&'static str],
        boolean: bool,
    },
    /// An absolute path after `|` and `!`.
    Condition,
    AbsolutePaths,
    /// Directories below /run, /var/lib and so on.
    RelativePaths,
    Documentation,
    Slice,
    Cpus,
    /// Words between blanks, each of which must be of a shape.
    Each {
        is: fn(&str) -> bool,
        noun: &'static str,
        fix: &'static str,
    },
    /// The value as a whole must be of it.
    Whole {
        is: fn(&str) -> bool,
        noun: &'static str,
        fix: &'static str,
    },
}

/// A value that systemd does not take: what is wrong, and what it does take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) what: String,
    pub(crate) fix: String,
}

/// Why systemd ignores this line; `None` when it takes it, or has no type for it. An empty value resets, and is taken.
pub(crate) fn refuse(assignment: &Assignment) -> Option<Refusal> {
    let value = assignment.value.as_str();
    let kind = kind(&assignment.name)?;
    // A specifier stands for what only the running systemd knows.
    if value.is_empty() || value.contains('%') && !matches!(kind, Kind::Size | Kind::Tasks | Kind::Quota) {
        return None;
    }
    let shown = shorten(value);
    let (good, what, fix) = match kind {
        Kind::Boolean => (is_boolean(value), "is not a boolean", "write yes or no".to_owned()),
        Kind::Span => {
            let fix = "write a number of seconds, or units as in 5min 20s, or infinity";
            (is_span(value), "is not a time span", fix.to_owned())
        }
        Kind::Size => {
            let good = value == "infinity" || is_percentage(value) || is_size(value);
            (good, "is not a size", "write bytes with K, M, G or T as in 512M, or a percentage, or infinity".to_owned())
        }
        Kind::Limit => {
            let good = limits(value, |l| l.parse::<u64>().is_ok());
            (good, "is not a limit", "write a number, SOFT:HARD or infinity".to_owned())
        }
        Kind::SizeLimit => {
            let good = limits(value, is_size);
            (good, "is not a limit", "write bytes with K, M, G or T as in 512M, SOFT:HARD or infinity".to_owned())
        }
        Kind::Tasks => {
            let good = value == "infinity" || is_percentage(value) || value.parse::<u64>().is_ok_and(|n| n > 0);
            (good, "is not a number of tasks", "write a number, a percentage or infinity".to_owned())
        }
        Kind::Signal => (is_signal(value), "is not a signal", "write its name, such as SIGTERM".to_owned()),
        Kind::Mode => {
            let good = value.bytes().all(|b| (b'0'..=b'7').contains(&b))
                && u32::from_str_radix(value, 8).is_ok_and(|m| m <= 0o7777);
            (good, "is not a mode", "write it in octal digits, such as 0755".to_owned())
        }
        Kind::Number { least, most } => {
            let good = number(value).is_some_and(|n| (least..=most).contains(&n));
            (good, "is not a number that fits", format!("write one from {least} to {most}"))
        }
        Kind::OneOf(words) => (words.contains(&value), "is none of its values", among(value, words)),
        Kind::BooleanOr(words) => {
            let fix = match directive::similar(value, words.iter().copied()) {
                Some(similar) => format!("did you mean {similar}?"),
                None => format!("write yes, no, {}", words.join(", ")),
            };
            (is_boolean(value) || words.contains(&value), "is none of its values", fix)
        }
        Kind::Input => (is_input(value), "is no input", among(value, INPUTS)),
        Kind::Output => (is_output(value), "is no output", among(value, OUTPUTS)),
        Kind::Path => (value.starts_with('/'), "is not an absolute path", "write the whole path".to_owned()),
        Kind::DashPath => {
            let path = value.strip_prefix('-').unwrap_or(value);
            (
                path.starts_with('/'),
                "is not an absolute path",
                "write the whole path, with '-' before it if it may be missing".to_owned(),
            )
        }
        Kind::Directory => {
            let path = value.strip_prefix('-').unwrap_or(value);
            (path == "~" || path.starts_with('/'), "is not an absolute path", "write the whole path, or ~".to_owned())
        }
        Kind::Units => {
            let wrong = value.split_whitespace().find(|name| !is_unit(name))?;
            let fix = "write it with its type, such as .service or .target".to_owned();
            return Some(Refusal { what: format!("'{}' is not the name of a unit", shorten(wrong)), fix });
        }
        Kind::Environment => {
            let wrong = wrong_environment(assignment)?;
            let fix = "write NAME=VALUE, in double quotes if there is a blank in it".to_owned();
            return Some(Refusal { what: format!("'{}' is not an assignment to a variable", shorten(&wrong)), fix });
        }
        Kind::Capabilities => {
            let wrong = value.trim_start_matches('~').split_whitespace().find(|c| !is_capability(c))?;
            let fix = match directive::similar(wrong, CAPABILITIES.iter().copied()) {
                Some(similar) => format!("did you mean {similar}?"),
                None => "see capabilities(7)".to_owned(),
            };
            return Some(Refusal { what: format!("'{}' is not a capability", shorten(wrong)), fix });
        }
        Kind::Weight => {
            let good = value == "idle" || number(value).is_some_and(|n| (1..=10_000).contains(&n));
            (good, "is not a weight", "write a number from 1 to 10000, or idle".to_owned())
        }
        Kind::Quota => {
            let percent = value.strip_suffix('%').filter(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
            let good = percent.and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n > 0.0);
            (good, "is not a share of a CPU", "write a percentage such as 50%, or 200% for two CPUs".to_owned())
        }
        Kind::Words { known, boolean } => {
            if boolean && is_boolean(value) {
                return None;
            }
            let wrong = value.trim_start_matches('~').split_whitespace().find(|word| !known.contains(word))?;
            return Some(Refusal {
                what: format!("'{}' is none of its values", shorten(wrong)),
                fix: among(wrong, known),
            });
        }
        Kind::Condition => {
            let path = value.trim_start_matches(['|', '!', ' ']);
            (path.starts_with('/'), "is not an absolute path", "write the whole path".to_owned())
        }
        Kind::AbsolutePaths => {
            let wrong = value.split_whitespace().find(|path| !path.starts_with('/'))?;
            let what = format!("'{}' is not an absolute path", shorten(wrong));
            return Some(Refusal { what, fix: "write the whole path".to_owned() });
        }
        Kind::RelativePaths => {
            let is_wrong = |path: &&str| path.starts_with('/') || path.split('/').any(|part| part == "..");
            let wrong = value.split_whitespace().find(is_wrong)?;
            let what = format!("'{}' is not a relative path", shorten(wrong));
            return Some(Refusal {
                what,
                fix: "write a name: systemd puts the directory where such ones are".to_owned(),
            });
        }
        Kind::Documentation => {
            const SCHEMES: [&str; 5] = ["http://", "https://", "file:/", "info:", "man:"];
            let wrong = value.split_whitespace().find(|uri| {
                !SCHEMES.iter().any(|scheme| uri.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
            })?;
            let what = format!("'{}' is not an address", shorten(wrong));
            return Some(Refusal { what, fix: "write it with http://, https://, file:, info: or man:".to_owned() });
        }
        Kind::Slice => {
            let good = is_unit(value) && value.ends_with(".slice");
            (good, "is not the name of a slice", "write it with its type, such as kubernetes.slice".to_owned())
        }
        Kind::Each { is, noun, fix } => {
            let wrong = value.split_whitespace().find(|word| !is(word))?;
            return Some(Refusal { what: format!("'{}' is not {noun}", shorten(wrong)), fix: fix.to_owned() });
        }
        Kind::Whole { is, noun, fix } => {
            return (!is(value)).then(|| Refusal { what: format!("'{shown}' is not {noun}"), fix: fix.to_owned() });
        }
        Kind::Cpus => {
            let is_range = |range: &str| {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                first.parse::<u32>().is_ok() && last.parse::<u32>().is_ok()
            };
            let mut ranges = value.split(|c: char| c == ',' || c.is_whitespace()).filter(|range| !range.is_empty());
            let good = value == "numa" || ranges.all(is_range);
            (good, "is no list of CPUs", "write numbers and ranges such as 0-3,6, or numa".to_owned())
        }
    };
    (!good).then(|| Refusal { what: format!("'{shown}' {what}"), fix })
}

fn shorten(value: &str) -> String {
    let mut shown: String = value.chars().take(60).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

/// What was meant among `words`, or all of them.
fn among(value: &str, words: &[&'static str]) -> String {
    match directive::similar(value, words.iter().copied()) {
        Some(similar) => format!("did you mean {similar}?"),
        None => format!("write {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::refuse;
    use crate::Unit;
    use khw_core::Error;

    /// Whether each value is taken; tests/cli/unit_systemd.rs asks systemd-analyze the same.
    #[test]
    fn takes_what_systemd_takes() -> Result<(), Error> {
        for line in include_str!("../../testdata/values.txt").lines().filter(|l| !l.starts_with('#')) {
            let (verdict, assignment) = line.split_once(' ').ok_or_else(|| Error::new(line))?;
            let (section, assignment) =
                assignment.strip_prefix("[Unit] ").map_or(("Service", assignment), |a| ("Unit", a));
            let unit = Unit::parse(&format!("[{section}]\n{assignment}\n"))?;
            let refused = unit.assignments().iter().find_map(refuse);
            assert_eq!(refused.is_none(), verdict == "good", "{line}: {refused:?}");
        }
        Ok(())
    }

    #[test]
    fn says_what_was_meant() -> Result<(), Error> {
        for (line, what, fix) in [
            ("Restart=on-failur", "'on-failur' is none of its values", "did you mean on-failure?"),
            ("KillMode=x", "'x' is none of its values", "write control-group, process, mixed, none"),
            (
                "RestartSec=5 sekunden",
                "'5 sekunden' is not a time span",
                "write a number of seconds, or units as in 5min 20s, or infinity",
            ),
            ("ProtectSystem=ful", "'ful' is none of its values", "did you mean full?"),
        ] {
            let unit = Unit::parse(&format!("[Service]\n{line}\n"))?;
            let refused = unit.assignments().iter().find_map(refuse).ok_or_else(|| Error::new(line))?;
            assert_eq!((refused.what.as_str(), refused.fix.as_str()), (what, fix));
        }
        Ok(())
    }
}
