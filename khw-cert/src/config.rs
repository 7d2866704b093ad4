//! openssl's configuration files (.cnf), as far as requests and certificates need them.
//!
//! Sections, comments, quotes, escapes, continued lines and variables (`$name`, `${section::name}`, `$ENV::NAME`) are
//! openssl's. Refused: a variable that is not set, which stands there because a shell did not expand it; a name given
//! twice in a section, of which openssl takes the last in silence; `.include` and other dots. The first two only in
//! sections that are used.

use khw_core::Error;
use khw_core::input::{quoted, refuse_private_key};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A value with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) line: usize,
}

impl Entry {
    /// An error about this line.
    pub(crate) fn error(&self, what: impl Into<String>) -> Error {
        Error::new(what).line(self.line).field(self.name.escape_debug())
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Section {
    name: String,
    entries: Vec<Entry>,
    /// Why it cannot be used.
    refusal: Option<Error>,
}

/// A parsed file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// The first is `default`: what stands before any section.
    sections: Vec<Section>,
    /// The names that some value has as a variable, with their section's.
    variables: BTreeSet<(String, String)>,
}

/// The section of what stands before any section.
pub(crate) const DEFAULT: &str = "default";

impl Config {
    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        refuse_private_key(text)?;
        // openssl skips the byte order mark that editors of Windows write.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut sections = vec![Section { name: DEFAULT.to_owned(), entries: Vec::new(), refusal: None }];
        let mut current = 0;
        let used = RefCell::new(BTreeSet::new());
        for (number, line) in logical_lines(text) {
            let line = line.trim_start_matches([' ', '\t']);
            if let Some(rest) = line.strip_prefix('[') {
                let name = rest.split_once(']').map(|(name, after)| (name.trim(), strip_comment(after).trim()));
                let Some((name, "")) = name else {
                    return Err(Error::new("this line is not '[ section ]'").line(number).hint("close the bracket"));
                };
                current = sections.iter().position(|s| s.name == name).unwrap_or_else(|| {
                    sections.push(Section { name: name.to_owned(), entries: Vec::new(), refusal: None });
                    sections.len() - 1
                });
                continue;
            }
            if strip_comment(line).trim().is_empty() {
                continue;
            }
            let lookup = |section: Option<&str>, name: &str| {
                let (section, value) = lookup(&sections, current, section, name)?;
                used.borrow_mut().insert((section, name.to_owned()));
                Some(value)
            };
            let (entry, variable) = entry(number, line, &lookup)?;
            let Some(section) = sections.get_mut(current) else { continue };
            let first = section.entries.iter().find(|e| e.name == entry.name);
            let twice = first.map(|first| {
                entry
                    .error(format!("is given twice in [{}], first in line {}", section.name.escape_debug(), first.line))
                    .hint("openssl would take the last in silence: number them, DNS.1, DNS.2, or remove one")
            });
            section.refusal = section.refusal.take().or(variable).or(twice);
            section.entries.push(entry);
        }
        Ok(Config { sections, variables: used.into_inner() })
    }

    /// Whether a value of the file has this name of a section as a variable.
    pub(crate) fn is_variable(&self, section: &str, name: &str) -> bool {
        self.variables.contains(&(section.to_owned(), name.to_owned()))
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name && (name != DEFAULT || !s.entries.is_empty()))
    }

    /// The entries of a section in their order, none when there is no such section.
    pub(crate) fn entries(&self, name: &str) -> Result<&[Entry], Error> {
        match self.section(name) {
            Some(Section { refusal: Some(refusal), .. }) => Err(refusal.clone()),
            Some(section) => Ok(&section.entries),
            None => Ok(&[]),
        }
    }

    /// The entries of a section, or an error that names those that there are.
    pub(crate) fn require(&self, name: &str) -> Result<&[Entry], Error> {
        if self.section(name).is_some() {
            return self.entries(name);
        }
        Err({
            let names: Vec<_> = self.sections.iter().skip(1).map(|s| s.name.escape_debug().to_string()).collect();
            let error = Error::new(format!("has no section [{}]", name.escape_debug()));
            if names.is_empty() {
                error.hint("is this the right file?")
            } else {
                error.hint(format!("it has {}", names.join(", ")))
            }
        })
    }

    /// A value of a section that was looked at before.
    pub(crate) fn value(&self, section: &str, name: &str) -> Option<&Entry> {
        self.section(section)?.entries.iter().find(|e| e.name == name)
    }
}

/// Lines with those joined that end with a backslash, and the number of their first.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut continued = false;
    for (number, line) in text.lines().enumerate() {
        let backslashes = line.bytes().rev().take_while(|&b| b == b'\\').count();
        let continues = backslashes % 2 == 1;
        let part = line.get(..line.len() - usize::from(continues)).unwrap_or(line);
        match out.last_mut().filter(|_| continued) {
            Some((_, whole)) => whole.push_str(part),
            None => out.push((number + 1, part.to_owned())),
        }
        continued = continues;
    }
    out
}

/// The line up to a `#` that is neither quoted nor escaped.
fn strip_comment(line: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (at, letter) in line.char_indices() {
        match (letter, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            ('#', None) => return line.get(..at).unwrap_or(line),
            ('"' | '\'' | '`', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    line
}

/// The value of a variable, of the named section or the current one, of the environment, or of the first lines; and whose
/// it was.
fn lookup(sections: &[Section], current: usize, section: Option<&str>, name: &str) -> Option<(String, String)> {
    if section == Some("ENV") {
        return std::env::var(name).ok().map(|value| ("ENV".to_owned(), value));
    }
    let of = |section: &Section| {
        let entry = section.entries.iter().find(|e| e.name == name)?;
        Some((section.name.clone(), entry.value.clone()))
    };
    let named = match section {
        Some(section) => sections.iter().find(|s| s.name == section),
        None => sections.get(current),
    };
    named.and_then(of).or_else(|| sections.first().and_then(of))
}

/// Gives the value of a variable, of the named section if one is named.
type Lookup<'a> = dyn Fn(Option<&str>, &str) -> Option<String> + 'a;

/// The entry of a line, and why it cannot be used if a variable of it is not set.
fn entry(number: usize, line: &str, lookup: &Lookup<'_>) -> Result<(Entry, Option<Error>), Error> {
    let line = strip_comment(line).trim();
    if line.starts_with('.') {
        let word: String = line.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
        return Err(Error::new("is not supported")
            .field(word.escape_debug())
            .line(number)
            .hint("put what it includes into this file"));
    }
    let Some((name, value)) = line.split_once('=') else {
        return Err(Error::new(format!("{} has no '='", quoted(line)))
            .line(number)
            .hint("write NAME = VALUE, or '#' before a comment"));
    };
    let name = name.trim();
    let valid = |c: char| c.is_ascii_alphanumeric() || "_.,-+!%&*@;/~".contains(c);
    if name.is_empty() || !name.chars().all(valid) {
        return Err(Error::new(format!("{} is not a name", quoted(name))).line(number).hint("write NAME = VALUE"));
    }
    let mut entry = Entry { name: name.to_owned(), value: String::new(), line: number };
    let (value, unset) = expand(&entry, value.trim(), lookup)?;
    let unset = unset.map(|variable| {
        entry
            .error(format!("the variable '{}' is not set", variable.escape_debug()))
            .hint("write the value; in a shell, let the heredoc expand it (<<EOF, not <<'EOF')")
    });
    entry.value = value;
    Ok((entry, unset))
}

/// The value without quotes and escapes and with its variables, and the first variable that is not set.
fn expand(entry: &Entry, text: &str, lookup: &Lookup<'_>) -> Result<(String, Option<String>), Error> {
    let (mut out, mut quote, mut unset) = (String::new(), None, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', _) => out.extend(letters.next().map(|letter| match letter {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                other => other,
            })),
            ('"' | '\'' | '`', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            ('$', None) => {
                let (written, value, rest) = variable(entry, letters.as_str(), lookup)?;
                match value {
                    Some(value) => out.push_str(&value),
                    None => {
                        unset.get_or_insert(written);
                    }
                }
                letters = rest.chars();
            }
            (letter, _) => out.push(letter),
        }
        if out.len() > MAX_VALUE {
            return Err(entry.error("has over 64 KiB").hint("variables that hold each other grow fast"));
        }
    }
    match quote {
        Some(open) => Err(entry.error(format!("has a quote {open} without its end")).hint("close the quote")),
        None => Ok((out, unset)),
    }
}

/// openssl's MAX_CONF_VALUE_LENGTH.
const MAX_VALUE: usize = 65_536;

/// The variable that follows a `$`: as it is written, its value, and what comes after it.
fn variable<'a>(entry: &Entry, text: &'a str, lookup: &Lookup<'_>) -> Result<(String, Option<String>, &'a str), Error> {
    let close = match text.chars().next() {
        Some('{') => Some('}'),
        Some('(') => Some(')'),
        _ => None,
    };
    let inner = if close.is_some() { text.get(1..).unwrap_or_default() } else { text };
    let word = |text: &'a str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        text.split_at_checked(end).unwrap_or((text, ""))
    };
    let (first, mut rest) = word(inner);
    let (mut section, mut name) = (None, first);
    if let Some(after) = rest.strip_prefix("::") {
        section = Some(first);
        (name, rest) = word(after);
    }
    if let Some(close) = close {
        rest = rest.strip_prefix(close).ok_or_else(|| {
            entry.error(format!("a variable has no closing '{close}'")).hint("write it as ${section::name}")
        })?;
    }
    let written = format!("${}", text.get(..text.len() - rest.len()).unwrap_or_default());
    Ok((written, lookup(section, name), rest))
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn values(text: &str, section: &str) -> Result<Vec<(String, String)>, String> {
        let config = Config::parse(text).map_err(|e| e.to_string())?;
        let entries = config.require(section).map_err(|e| e.to_string())?;
        Ok(entries.iter().map(|e| (e.name.clone(), e.value.clone())).collect())
    }

    #[test]
    fn openssls_syntax() {
        let text = "x = 1 # comment\n\n# comment\n  [ a b ] # comment\r\nk=v\n\
                    q = \"a # b\" 'c' \\# d\nlong = one, \\\n  two\nempty =\n[c]\n[a b]\nmore = x = y\n";
        let pairs = |pairs: &[(&str, &str)]| {
            Ok(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
        };
        let expected = [("k", "v"), ("q", "a # b c # d"), ("long", "one,   two"), ("empty", ""), ("more", "x = y")];
        assert_eq!(values(text, "a b"), pairs(&expected));
        assert_eq!(values(text, "c"), pairs(&[]));
        assert_eq!(values(text, "default"), pairs(&[("x", "1")]));
    }

    // Seen with openssl 3.0.19 (a value as the CN of a request).
    #[test]
    fn variables() {
        let text = "top = t\n[b]\nx = 1\n[a]\ny = 2\nz = $y${b::x}$(top)$b::x.$y-'$y'\\$y\n";
        assert_eq!(values(text, "a").unwrap().last().map(|(_, v)| v.clone()), Some("21t1.2-$y$y".to_owned()));
        let bomb = "[a]\nx0 = xxxxxxxxxx\n".to_owned()
            + &(1..20).map(|i| format!("x{i} = {}\n", format!("$x{}", i - 1).repeat(10))).collect::<String>();
        assert_eq!(values(&bomb, "a"), Err("x4: has over 64 KiB".to_owned()));
    }

    #[test]
    fn refusals_name_the_line() {
        for (text, message) in [
            ("[a\n", "this line is not '[ section ]'"),
            ("[a] b\n", "this line is not '[ section ]'"),
            ("[a]\nnonsense\n", "'nonsense' has no '='"),
            ("[a]\n= b\n", "'' is not a name"),
            ("[a]\na b = c\n", "'a b' is not a name"),
            ("[a]\nIP.1 = ${IP}\n", "IP.1: the variable '${IP}' is not set"),
            ("[a]\nIP.1 = ${b-c::IP}\n", "IP.1: a variable has no closing '}'"),
            ("[a]\nx = \"y\n", "x: has a quote \" without its end"),
            ("[a]\nDNS.1 = x\nDNS.1 = y\n", "DNS.1: is given twice in [a], first in line 2"),
            (".include /etc/ssl\n", ".include: is not supported"),
            ("[b]\n", "has no section [a]"),
        ] {
            assert_eq!(values(text, "a"), Err(message.to_owned()), "{text}");
        }
        let unused = Config::parse("[ca]\nserial = $dir/serial\ndir = x\n[a]\n").unwrap();
        assert!(unused.require("a").is_ok() && unused.require("ca").is_err());
        assert_eq!(Config::parse("\n[a]\n\nx\n").map_err(|e| e.line_number()), Err(Some(4)));
    }
}
