//! Reads the text of a template.

use super::{Comparison, Part, Step, unsupported};
use khw_core::Error;
use serde_json::Value;

/// Ranges in ranges, and filters in filters: more than anybody writes, and far less than would exhaust the stack.
const DEEPEST: usize = 32;

/// The parts of a template.
pub(super) fn template(text: &str) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    // A range that is open: its path, and what came before it.
    let mut open: Vec<(Vec<Step>, Vec<Part>)> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let end = action_end(after).ok_or_else(|| malformed(text, "has a '{' without its '}'"))?;
        let action = after[..end].trim();
        rest = &after[end + 1..];
        if action == "end" {
            let (path, outer) = open.pop().ok_or_else(|| malformed(text, "has an {end} without its {range}"))?;
            let inner = std::mem::replace(&mut parts, outer);
            parts.push(Part::Range(path, inner));
        } else if let Some(path) = action.strip_prefix("range").filter(|path| !path.starts_with(char::is_alphanumeric))
        {
            if open.len() == DEEPEST {
                return Err(too_deep(text));
            }
            open.push((parse_path(path, 0)?, std::mem::take(&mut parts)));
        } else {
            parts.push(Part::Path(parse_path(action, 0)?));
        }
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    // A range without its end goes on to the end of the template.
    while let Some((path, outer)) = open.pop() {
        let inner = std::mem::replace(&mut parts, outer);
        parts.push(Part::Range(path, inner));
    }
    Ok(parts)
}

fn malformed(text: &str, what: &str) -> Error {
    Error::new(format!("the template '{}' {what}", shown(text)))
        .field("--output")
        .hint("write it as jsonpath='{.clusters[0].name}'")
}

/// The beginning of a text for a message.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

fn too_deep(text: &str) -> Error {
    malformed(text, &format!("is nested more than {DEEPEST} deep"))
}

/// Where an action ends: a brace within quotes does not end it.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// A quoted text, with Go's usual escapes.
fn literal(text: &str) -> Result<String, Error> {
    let quote = text.chars().next().unwrap_or('"');
    let inside = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)).filter(|_| text.len() > 1);
    let inside = inside.ok_or_else(|| malformed(text, "has a quote without its other end"))?;
    let mut out = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        out.push(match (letter, letter == '\\') {
            (_, false) => letter,
            _ => match letters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).collect();
                    let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    letter.ok_or_else(|| malformed(text, "has no four hexadecimal digits behind \\u"))?
                }
                Some(other) => other,
                None => '\\',
            },
        });
    }
    Ok(out)
}

/// The steps of an action, each of which goes on from what the one before chose. `depth` is in how many filters it stands.
fn parse_path(text: &str, depth: usize) -> Result<Vec<Step>, Error> {
    if depth > DEEPEST {
        return Err(too_deep(text));
    }
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = match first {
            ' ' | '\t' | '@' | '$' => after,
            '.' if after.starts_with('.') => {
                let (name, after) = word(&after[1..]);
                if name.is_empty() {
                    return Err(unsupported("'..' without a name"));
                }
                steps.push(Step::Deep(name));
                after
            }
            '.' => {
                let (name, after) = word(after);
                steps.push(if name == "*" { Step::All } else { Step::Field(name) });
                after
            }
            '[' => match after.strip_prefix("?(") {
                Some(inside) => {
                    let end = closing_parenthesis(inside).filter(|&end| inside[end..].starts_with(")]"));
                    let end = end.ok_or_else(|| malformed(text, "has a '[?(' without its ')]'"))?;
                    steps.push(filter(&inside[..end], depth + 1)?);
                    &inside[end + 2..]
                }
                None => {
                    let (inside, after) =
                        after.split_once(']').ok_or_else(|| malformed(text, "has a '[' without its ']'"))?;
                    steps.extend(bracket(inside, depth)?);
                    after
                }
            },
            '"' | '\'' => {
                let end =
                    quote_end(after, first).ok_or_else(|| malformed(text, "has a quote without its other end"))?;
                steps.push(Step::Literal(Value::String(literal(&rest[..end + 2])?)));
                &after[end + 1..]
            }
            '+' | '-' | '0'..='9' => {
                let end = after.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(after.len());
                let number = &rest[..=end];
                let value = serde_json::from_str(number.strip_prefix('+').unwrap_or(number));
                steps.push(Step::Literal(value.map_err(|_| unsupported(&format!("the number '{}'", shown(number))))?));
                &after[end..]
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let (name, after) = word(rest);
                steps.push(Step::Literal(match name.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => {
                        let error = Error::new(format!("the word '{}' means nothing in a template", shown(&name)));
                        return Err(error.field("--output").hint("a field has a dot before its name: {.clusters}"));
                    }
                }));
                after
            }
            other => {
                let what = format!("'{}' means nothing in a template", other.escape_debug());
                let hint = "kubectl knows no && and ||; a line end is {\"\\n\"}";
                return Err(Error::new(what).field("--output").hint(hint));
            }
        };
    }
    Ok(steps)
}

/// A name up to what cannot be in one; `\.` is a dot in it.
fn word(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}' | ' ' | '\t' | '\r' | '\n' => return (name, &text[at..]),
            letter => name.push(letter),
        }
    }
    (name, "")
}

/// Where a quoted text ends that began before `text`.
fn quote_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let ends = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// Where a filter ends that began before `text`.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return Some(at),
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What is between brackets. A name may have dots in it: then it is a path.
fn bracket(text: &str, depth: usize) -> Result<Vec<Step>, Error> {
    if text.contains(',') {
        let paths = text.split(',').map(|part| bracket(part.trim(), depth)).collect::<Result<_, _>>()?;
        return Ok(vec![Step::Union(paths)]);
    }
    if text == "*" {
        return Ok(vec![Step::Slice(None, None, 1)]);
    }
    if let Some(name) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return parse_path(&format!(".{name}"), depth);
    }
    let no_index = || {
        let hint = "an item is [0] or [-1], a field is ['name'] with single quotes";
        Error::new(format!("'[{}]' chooses nothing", shown(text))).field("--output").hint(hint)
    };
    let bound = |text: &str| match text {
        "" => Ok(None),
        digits => digits.parse::<i64>().map(Some).map_err(|_| no_index()),
    };
    let bounds = text.split(':').map(bound).collect::<Result<Vec<_>, _>>()?;
    Ok(vec![match bounds.as_slice() {
        [index] => Step::Index(index.unwrap_or(0)),
        [from, to] => Step::Slice(*from, *to, 1),
        [from, to, step] => Step::Slice(*from, *to, step.unwrap_or(1)),
        _ => return Err(no_index()),
    }])
}

/// A path, or two with a comparison between them.
fn filter(text: &str, depth: usize) -> Result<Step, Error> {
    let is_sign = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let start = text.find(is_sign).unwrap_or(text.len());
    let (left, rest) = text.split_at(start);
    let (sign, right) = rest.split_at(rest.find(|c| !is_sign(c)).unwrap_or(rest.len()));
    if left.is_empty() || right.is_empty() {
        return Ok(Step::Filter(parse_path(text, depth)?, None));
    }
    let comparison = match sign {
        "==" => Comparison::Equal,
        "!=" => Comparison::Different,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => {
            let error = Error::new(format!("'{sign}' compares nothing")).field("--output");
            return Err(error.hint("write one of ==, !=, <, <=, >, >="));
        }
    };
    Ok(Step::Filter(parse_path(left, depth)?, Some((comparison, parse_path(right, depth)?))))
}
