//! Templates of `view -o jsonpath=…`: text, `{.a.b}`, `{.a[0]}`, `{.a[0:2]}`, `{.a[*].b}`, `{.a[?(@.b=="c")].d}`, `{.a[?(@.b)]}`,
//! `{..a}`, `{"text"}`, `{range .a[*]}…{end}`.
//!
//! What client-go's package has beyond that (slices with a step, comparisons other than `==` and `!=`, unions) is refused by
//! name.

use khw_core::Error;
use serde_json::Value;

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
    Slice(Option<i64>, Option<i64>),
    /// `.*`: what is in a list or mapping.
    All,
    /// Those items of a list whose path passes.
    Filter(Vec<Step>, Condition),
}

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Exists,
    Equal(Value),
    Different(Value),
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
            } else if let Some(path) = action.strip_prefix("range ") {
                let path = parse_path(path.trim())?;
                open.push((path, std::mem::take(&mut parts)));
            } else if action.starts_with(['"', '\'']) {
                parts.push(Part::Text(literal(action)?));
            } else {
                parts.push(Part::Path(parse_path(action)?));
            }
        }
        if !open.is_empty() {
            return Err(malformed(text, "has a {range} without its {end}"));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template(parts))
    }

    /// What it prints for a value.
    ///
    /// # Errors
    /// When an index is out of bounds, or chooses from what is no list.
    pub(crate) fn render(&self, value: &Value) -> Result<String, Error> {
        let mut out = String::new();
        render(&self.0, value, &mut out)?;
        Ok(out)
    }

    /// What each of its parts chooses.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub(crate) fn values(&self, value: &Value) -> Result<Vec<Value>, Error> {
        let chosen = self.0.iter().map(|part| match part {
            Part::Path(path) => Ok(Value::Array(select(path, vec![value])?.into_iter().cloned().collect())),
            Part::Text(text) => Ok(Value::Array(vec![Value::String(text.clone())])),
            Part::Range(..) => Err(unsupported("{range} in jsonpath-as-json")),
        });
        chosen.collect()
    }
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
                Some(other) => other,
                None => '\\',
            },
        });
    }
    Ok(out)
}

fn parse_path(text: &str) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    rest = rest.strip_prefix('@').unwrap_or(rest);
    if rest == "." {
        return Ok(steps);
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            let (name, after) = word(after);
            if name.is_empty() {
                return Err(unsupported("'..' without a name"));
            }
            steps.push(Step::Deep(name));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = word(after);
            if name == "*" {
                steps.push(Step::All);
            } else if !name.is_empty() {
                steps.push(Step::Field(name));
            }
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let end = bracket_end(after).ok_or_else(|| malformed(text, "has a '[' without its ']'"))?;
            steps.push(bracket(after[..end].trim())?);
            rest = &after[end + 1..];
        } else if steps.is_empty() {
            let (name, after) = word(rest);
            steps.push(Step::Field(name));
            rest = after;
        } else {
            return Err(malformed(text, "has something that is no path"));
        }
    }
    Ok(steps)
}

/// A field's name up to the next step; `\.` is a dot in it.
fn word(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | '[' | ']' | ' ' | '=' | '!' | '<' | '>' | ')' | '(' => return (name, &text[at..]),
            letter => name.push(letter),
        }
    }
    (name, "")
}

fn bracket_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(text: &str) -> Result<Step, Error> {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    if text == "*" {
        return Ok(Step::Slice(None, None));
    }
    if let Some(index) = number(text) {
        return Ok(Step::Index(index));
    }
    if let Some(condition) = text.strip_prefix("?(").and_then(|text| text.strip_suffix(')')) {
        let (at, is): (usize, fn(Value) -> Condition) = match (condition.find("=="), condition.find("!=")) {
            (Some(at), None) => (at, Condition::Equal),
            (None, Some(at)) => (at, Condition::Different),
            (None, None) if condition.starts_with('@') && !condition.contains(['<', '>', ' ']) => {
                return Ok(Step::Filter(parse_path(condition)?, Condition::Exists));
            }
            _ => return Err(unsupported(&format!("the condition '{condition}'"))),
        };
        let value = condition[at + 2..].trim();
        let value = if value.starts_with(['"', '\'']) {
            Value::String(literal(value)?)
        } else {
            serde_json::from_str(value).map_err(|_| unsupported(&format!("the value '{value}'")))?
        };
        return Ok(Step::Filter(parse_path(condition[..at].trim())?, is(value)));
    }
    if text.starts_with(['"', '\'']) && !text.contains("',") && !text.contains("\",") {
        return literal(text).map(Step::Field);
    }
    if let Some((from, to)) = text.split_once(':') {
        let bound = |text: &str| if text.trim().is_empty() { Some(None) } else { number(text).map(Some) };
        if let (Some(from), Some(to)) = (bound(from), bound(to)) {
            return Ok(Step::Slice(from, to));
        }
    }
    Err(unsupported(&format!("'[{text}]'")))
}

fn render(parts: &[Part], here: &Value, out: &mut String) -> Result<(), Error> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(path) => {
                let shown: Vec<String> = select(path, vec![here])?.into_iter().map(show).collect();
                out.push_str(&shown.join(" "));
            }
            Part::Range(path, inner) => {
                for item in select(path, vec![here])? {
                    render(inner, item, out)?;
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
        other => sorted(other).to_string(),
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

fn select<'a>(path: &[Step], mut values: Vec<&'a Value>) -> Result<Vec<&'a Value>, Error> {
    for step in path {
        let mut next = Vec::new();
        for value in values {
            one_step(step, value, &mut next)?;
        }
        values = next;
    }
    Ok(values)
}

fn one_step<'a>(step: &Step, value: &'a Value, next: &mut Vec<&'a Value>) -> Result<(), Error> {
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
        (Step::Slice(from, to), Value::Array(items)) => {
            let length = items.len();
            let ends = (from.map_or(Some(0), |at| bound(at, length)), to.map_or(Some(length), |at| bound(at, length)));
            let shown = || [from, to].map(|end| end.map_or_else(String::new, |at| at.to_string())).join(":");
            next.extend(match ends {
                // None are asked for.
                (from, to) if from == to => &[],
                (Some(from), Some(to)) => items.get(from..to).ok_or_else(|| out_of_bounds(&shown(), length))?,
                _ => return Err(out_of_bounds(&shown(), length)),
            });
        }
        (Step::Filter(path, condition), Value::Array(items)) => {
            for item in items {
                // What is not there is neither equal nor different.
                let Some(&found) = select(path, vec![item])?.first() else { continue };
                let passes = match condition {
                    Condition::Exists => true,
                    Condition::Equal(wanted) => comparable(found, wanted)? && found == wanted,
                    Condition::Different(wanted) => comparable(found, wanted)? && found != wanted,
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

/// Whether two values can be compared, as client-go compares: text with text, a number with a number.
fn comparable(found: &Value, wanted: &Value) -> Result<bool, Error> {
    if kind(found) == kind(wanted) && !matches!(found, Value::Array(_) | Value::Object(_)) {
        return Ok(true);
    }
    Err(Error::new(format!("{} cannot be compared with {}", kind(found), kind(wanted)))
        .field("--output")
        .hint("compare a field that has such a value"))
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
    use super::Template;
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
            ("{kind}", "Config"),
            ("{.clusters[?(@.cluster.tls-server-name)].name}", "both"),
            ("{.clusters[2:2].name}{.clusters[:-2].name}{.zzz[0]}{.zzz[?(@.a=='b')]}", "both"),
        ] {
            assert_eq!(Template::parse(template)?.render(&value)?, printed, "{template}");
        }
        Ok(())
    }

    #[test]
    fn refuses() {
        for (template, what) in [
            ("{.a", "--output: the template '{.a' has a '{' without its '}'"),
            ("{range .a}", "--output: the template '{range .a}' has a {range} without its {end}"),
            ("{end}", "--output: the template '{end}' has an {end} without its {range}"),
            ("{.a[0}", "--output: the template '.a[0' has a '[' without its ']'"),
            ("{.a[1:5:2]}", "--output: '[1:5:2]' is not supported"),
            ("{.a['b','c']}", "--output: '['b','c']' is not supported"),
            ("{.a[?(@.b>1)]}", "--output: the condition '@.b>1' is not supported"),
            ("{.a[?(@.b<=@.c)]}", "--output: the condition '@.b<=@.c' is not supported"),
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
            let refused = Template::parse(template).and_then(|t| t.render(&value)).map_err(|e| e.to_string());
            assert_eq!(refused, Err(format!("--output: {what}")), "{template}");
        }
    }
}
