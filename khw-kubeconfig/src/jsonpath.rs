//! Templates of `view -o jsonpath=…`: text, `{.a.b}`, `{.a[0]}`, `{.a[0:4:2]}`, `{.a[0,2]}`, `{.a['b','c']}`, `{.a[*].b}`,
//! `{.a[?(@.b=="c")].d}`, `{.a[?(@.b)]}`, `{..a}`, `{"text"}`, `{range .a[*]}…{end}`.
//!
//! As client-go's package of that name (1.32) reads them, which is not always what one expects: `[]` is the first item,
//! a name in brackets has single quotes and may have dots in it, and there is no `&&`.

use crate::print;
use khw_core::Error;
use serde_json::Value;
use std::cmp::Ordering;

/// A template, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Part>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    /// All that are called so, however deep.
    Deep(String),
    Index(i64),
    /// From, to, step.
    Slice(Option<i64>, Option<i64>, i64),
    /// `.*`: what is in a list or mapping.
    All,
    /// Those items of a list whose path passes.
    Filter(Vec<Step>, Option<(Comparison, Vec<Step>)>),
    /// What each of these paths chooses.
    Union(Vec<Vec<Step>>),
    /// A text or number that stands for itself.
    Literal(Value),
}

#[derive(Debug, Clone, PartialEq)]
enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When it is not complete, or has something that is not supported.
    pub(crate) fn parse(text: &str) -> Result<Template, Error> {
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
            } else if let Some(path) =
                action.strip_prefix("range").filter(|path| !path.starts_with(char::is_alphanumeric))
            {
                open.push((parse_path(path)?, std::mem::take(&mut parts)));
            } else {
                parts.push(Part::Path(parse_path(action)?));
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
        Ok(Template(parts))
    }

    /// What it prints for a value.
    ///
    /// # Errors
    /// When an index is out of bounds, or chooses from what is no list, or a field is not there and must be.
    pub(crate) fn render(&self, value: &Value, missing: Missing) -> Result<String, Error> {
        let mut out = String::new();
        render(&self.0, value, missing, &mut out)?;
        Ok(out)
    }

    /// What each of its parts chooses.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub(crate) fn values(&self, value: &Value, missing: Missing) -> Result<Vec<Value>, Error> {
        let chosen = self.0.iter().map(|part| match part {
            Part::Path(path) => Ok(Value::Array(select(path, vec![value], missing)?.into_iter().cloned().collect())),
            Part::Text(text) => Ok(Value::Array(vec![Value::String(text.clone())])),
            Part::Range(..) => Err(unsupported("{range} in jsonpath-as-json")),
        });
        chosen.collect()
    }
}

/// What becomes of a field that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is passed over.
    Allowed,
    Refused,
}

fn malformed(text: &str, what: &str) -> Error {
    Error::new(format!("the template '{}' {what}", text.escape_debug()))
        .field("--output")
        .hint("write it as jsonpath='{.clusters[0].name}'")
}

fn unsupported(what: &str) -> Error {
    Error::new(format!("{what} is not supported")).field("--output").hint("print with -o json, and choose with jq")
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

/// The steps of an action, each of which goes on from what the one before chose.
fn parse_path(text: &str) -> Result<Vec<Step>, Error> {
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
                    steps.push(filter(&inside[..end])?);
                    &inside[end + 2..]
                }
                None => {
                    let (inside, after) =
                        after.split_once(']').ok_or_else(|| malformed(text, "has a '[' without its ']'"))?;
                    steps.extend(bracket(inside)?);
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
                steps.push(Step::Literal(value.map_err(|_| unsupported(&format!("the number '{number}'")))?));
                &after[end..]
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let (name, after) = word(rest);
                steps.push(Step::Literal(match name.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    _ => {
                        let error =
                            Error::new(format!("the word '{}' means nothing in a template", name.escape_debug()));
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
fn bracket(text: &str) -> Result<Vec<Step>, Error> {
    if text.contains(',') {
        let paths = text.split(',').map(|part| bracket(part.trim())).collect::<Result<_, _>>()?;
        return Ok(vec![Step::Union(paths)]);
    }
    if text == "*" {
        return Ok(vec![Step::Slice(None, None, 1)]);
    }
    if let Some(name) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return parse_path(&format!(".{name}"));
    }
    let no_index = || {
        let hint = "an item is [0] or [-1], a field is ['name'] with single quotes";
        Error::new(format!("'[{}]' chooses nothing", text.escape_debug())).field("--output").hint(hint)
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
fn filter(text: &str) -> Result<Step, Error> {
    let is_sign = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let start = text.find(is_sign).unwrap_or(text.len());
    let (left, rest) = text.split_at(start);
    let (sign, right) = rest.split_at(rest.find(|c| !is_sign(c)).unwrap_or(rest.len()));
    if left.is_empty() || right.is_empty() {
        return Ok(Step::Filter(parse_path(text)?, None));
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
    Ok(Step::Filter(parse_path(left)?, Some((comparison, parse_path(right)?))))
}

fn render(parts: &[Part], here: &Value, missing: Missing, out: &mut String) -> Result<(), Error> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(path) => {
                let shown: Vec<String> = select(path, vec![here], missing)?.into_iter().map(show).collect();
                out.push_str(&shown.join(" "));
            }
            Part::Range(path, inner) => {
                for item in select(path, vec![here], missing)? {
                    render(inner, item, missing, out)?;
                }
            }
        }
    }
    Ok(())
}

/// As kubectl prints a result: text bare, what has parts as JSON.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A list that is not there: Go has a nil slice, and prints it so.
        Value::Null => "null".to_owned(),
        other => print::escaped(&sorted(other).to_string()),
    }
}

/// Keys in alphabetical order, as Go prints a map.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key.as_str()]))).collect())
        }
        other => other.clone(),
    }
}

fn select<'a>(path: &'a [Step], mut values: Vec<&'a Value>, missing: Missing) -> Result<Vec<&'a Value>, Error> {
    for step in path {
        let mut next = Vec::new();
        match step {
            Step::Literal(value) => next.push(value),
            Step::Union(paths) => {
                for path in paths {
                    next.extend(select(path, values.clone(), missing)?);
                }
            }
            step => {
                for value in values {
                    one_step(step, value, missing, &mut next)?;
                }
            }
        }
        if let (Step::Field(name), Missing::Refused, true) = (step, missing, next.is_empty()) {
            return Err(Error::new(format!("there is no field '{}'", name.escape_debug()))
                .field("--output")
                .hint("look at the whole with -o json, or leave --allow-missing-template-keys=false away"));
        }
        values = next;
    }
    Ok(values)
}

fn one_step<'a>(step: &'a Step, value: &'a Value, missing: Missing, next: &mut Vec<&'a Value>) -> Result<(), Error> {
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => next.extend(map.get(name)),
        (Step::Deep(name), _) => deep(name, value, next),
        (Step::All, Value::Array(items)) => next.extend(items),
        (Step::All, Value::Object(map)) => next.extend(map.values()),
        (Step::Index(_) | Step::Slice(..), Value::Null) => {}
        (Step::Index(index), Value::Array(items)) => {
            let length = items.len();
            let item = bound(*index, length).and_then(|at| items.get(at));
            next.push(item.ok_or_else(|| out_of_bounds(&index.to_string(), length))?);
        }
        (Step::Slice(from, to, step), Value::Array(items)) => {
            let length = items.len();
            let ends = (from.map_or(Some(0), |at| bound(at, length)), to.map_or(Some(length), |at| bound(at, length)));
            let shown = || [from, to].map(|end| end.map_or_else(String::new, |at| at.to_string())).join(":");
            let chosen = match ends {
                // None are asked for.
                (from, to) if from == to => return Ok(()),
                (Some(from), Some(to)) => items.get(from..to).ok_or_else(|| out_of_bounds(&shown(), length))?,
                _ => return Err(out_of_bounds(&shown(), length)),
            };
            let step = usize::try_from(*step).ok().filter(|&step| step > 0).ok_or_else(|| {
                Error::new(format!("the step {step} leads nowhere")).field("--output").hint("it is 1 or greater")
            })?;
            next.extend(chosen.iter().step_by(step));
        }
        (Step::Filter(path, comparison), Value::Array(items)) => {
            for item in items {
                let passes = match comparison {
                    None => select(path, vec![item], missing).is_ok_and(|found| !found.is_empty()),
                    Some((comparison, right)) => {
                        let (left, right) = (one(path, item, missing)?, one(right, item, missing)?);
                        // What is not there is neither equal nor different.
                        let (Some(left), Some(right)) = (left, right) else { continue };
                        comparison.holds(left, right)?
                    }
                };
                if passes {
                    next.push(item);
                }
            }
        }
        (Step::Index(_) | Step::Slice(..) | Step::Filter(..), other) => {
            return Err(Error::new(format!("{} is no list to choose from", kind(other)))
                .field("--output")
                .hint("look at the whole with -o json"));
        }
        _ => {}
    }
    Ok(())
}

/// The one value that a path chooses, to compare it.
fn one<'a>(path: &'a [Step], item: &'a Value, missing: Missing) -> Result<Option<&'a Value>, Error> {
    match select(path, vec![item], missing)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => Err(Error::new(format!("{} values cannot be compared at once", several.len()))
            .field("--output")
            .hint("choose a single field on each side")),
    }
}

impl Comparison {
    /// As client-go compares: text with text, a number with a number; there is no order of booleans.
    fn holds(&self, left: &Value, right: &Value) -> Result<bool, Error> {
        let order = match (left, right) {
            (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
            (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_f64().partial_cmp(&right.as_f64()),
            },
            (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null)
                if matches!(self, Comparison::Equal | Comparison::Different) =>
            {
                None
            }
            _ => {
                return Err(Error::new(format!("{} cannot be compared with {}", kind(left), kind(right)))
                    .field("--output")
                    .hint("compare a field that has such a value"));
            }
        };
        Ok(match self {
            Comparison::Equal => left == right || order.is_some_and(Ordering::is_eq),
            Comparison::Different => left != right && !order.is_some_and(Ordering::is_eq),
            Comparison::Less => order.is_some_and(Ordering::is_lt),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order.is_some_and(Ordering::is_gt),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        })
    }
}

/// A place in a list, counted from its end when it is negative.
fn bound(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}

fn out_of_bounds(what: &str, length: usize) -> Error {
    Error::new(format!("there is no item [{what}]: there are {length}"))
        .field("--output")
        .hint("count from 0, or take all with [*]")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn deep<'a>(name: &str, value: &'a Value, next: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            next.extend(map.get(name));
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            keys.into_iter().for_each(|key| deep(name, &map[key.as_str()], next));
        }
        Value::Array(items) => items.iter().for_each(|item| deep(name, item, next)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Missing, Template};
    use serde_json::json;

    /// The results are those of kubectl 1.32.3 for such a kubeconfig.
    #[test]
    fn prints_what_kubectl_prints() -> Result<(), khw_core::Error> {
        let value = json!({
            "kind": "Config",
            "clusters": [
                { "name": "both", "cluster": { "server": "https://b-both", "tls-server-name": "z" } },
                { "name": "ca", "cluster": { "server": "https://a" } },
                { "name": "new", "cluster": { "server": "https://new" } },
            ],
            "preferences": {},
        });
        for (template, printed) in [
            ("{.clusters[*].name} {.kind}{\"\\n\"}{.zzz}", "both ca new Config\n"),
            ("{.clusters[?(@.name==\"ca\")].cluster}", "{\"server\":\"https://a\"}"),
            ("{.clusters[?(@.cluster.server!='x')].name}", "both ca new"),
            ("{.clusters[?(@.cluster.tls-server-name==\"z\")].name}", "both"),
            ("{.clusters[-1:].name}{.clusters[0:2].name}{.clusters[-1].name}", "newboth canew"),
            (
                "{range .clusters[*]}{.name}{\"\\t\"}{.cluster.server}{\"\\n\"}{end}",
                "both\thttps://b-both\nca\thttps://a\nnew\thttps://new\n",
            ),
            (".kind", ".kind"),
            ("{..server}", "https://b-both https://a https://new"),
            ("{.clusters.name}", ""),
            ("{.preferences}{.preferences.colors}", "{}"),
            ("{['kind']}", "Config"),
            ("{.clusters[?(@.cluster.tls-server-name)].name}", "both"),
            ("{.clusters[2:2].name}{.clusters[:-2].name}{.zzz[0]}{.zzz[?(@.a=='b')]}", "both"),
        ] {
            assert_eq!(Template::parse(template)?.render(&value, Missing::Allowed)?, printed, "{template}");
        }
        Ok(())
    }

    #[test]
    fn refuses() {
        for (template, what) in [
            ("{.a", "--output: the template '{.a' has a '{' without its '}'"),
            ("{.a[?(@.b && @.c)]}", "--output: '&' means nothing in a template"),
            ("{a[0].name}", "--output: the word 'a' means nothing in a template"),
            ("{[\"a\"]}", "--output: '[\\\"a\\\"]' chooses nothing"),
            ("{\\n}", "--output: '\\\\' means nothing in a template"),
            ("{.a[?(@.b=>@.c)]}", "--output: '=>' compares nothing"),
            ("{end}", "--output: the template '{end}' has an {end} without its {range}"),
            ("{.a[0}", "--output: the template '.a[0' has a '[' without its ']'"),
        ] {
            assert_eq!(Template::parse(template).map_err(|e| e.to_string()), Err(what.to_owned()));
        }
        // kubectl 1.32.3 refuses these too.
        let value = json!({ "a": [1], "b": null, "c": "x", "d": { "e": [] } });
        for (template, what) in [
            ("{.a[9]}", "there is no item [9]: there are 1"),
            ("{.a[-2]}", "there is no item [-2]: there are 1"),
            ("{.a[0:5]}", "there is no item [0:5]: there are 1"),
            ("{.a[-3:]}", "there is no item [-3:]: there are 1"),
            ("{.a[1:0]}", "there is no item [1:0]: there are 1"),
            ("{.b[?(@.x=='y')]}", "nothing is no list to choose from"),
            ("{.c[0]}", "text is no list to choose from"),
            ("{.d[*]}", "a mapping is no list to choose from"),
            ("{.a[?(@=='y')]}", "a number cannot be compared with text"),
        ] {
            let refused =
                Template::parse(template).and_then(|t| t.render(&value, Missing::Allowed)).map_err(|e| e.to_string());
            assert_eq!(refused, Err(format!("--output: {what}")), "{template}");
        }
    }
}
