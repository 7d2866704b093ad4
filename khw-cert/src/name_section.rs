//! Distinguished names from .cnf sections: the subject with `prompt = no`, and `dirName` names.

use crate::config::{Config, Entry};
use crate::name;
use khw_core::Error;

/// The name that a section holds; `entry` is the line that names the section.
pub(crate) fn name(config: &Config, entry: &Entry, section: &str) -> Result<Vec<u8>, Error> {
    let at = |e: Error| e.line(entry.line).field(entry.name.escape_debug());
    let names = config.require(section).map_err(at)?;
    if names.is_empty() {
        return Err(at(Error::new(format!("the section [{}] is empty", section.escape_debug())))
            .hint("write CN = … and O = … into it, or give -subj"));
    }
    let mut subject = String::new();
    for entry in names {
        // `0.OU` and `1.OU` are two of one kind; `+OU` joins the one before.
        let kind = entry.name.split_once(['.', ',']).map_or(entry.name.as_str(), |(first, rest)| {
            if first.bytes().all(|b| b.is_ascii_digit()) && !rest.starts_with(|c: char| c.is_ascii_digit()) {
                rest
            } else {
                &entry.name
            }
        });
        let (joint, kind) = match kind.strip_prefix('+') {
            Some(kind) if !subject.is_empty() => ('+', kind),
            _ => ('/', kind),
        };
        subject.push(joint);
        subject.push_str(kind);
        subject.push('=');
        for letter in entry.value.chars() {
            if matches!(letter, '/' | '+' | '\\') {
                subject.push('\\');
            }
            subject.push(letter);
        }
        // Each alone as well, so that an error knows its line.
        name::parse(&format!("/{kind}={}", entry.value.replace(['/', '+', '\\'], "x")))
            .map_err(|e| e.line(entry.line))?;
    }
    name::parse(&subject)
}
