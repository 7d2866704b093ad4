//! Prints YAML and JSON as kubectl does: keys sorted, lists not indented, strings quoted only where YAML 1.1 would read
//! something else.

use serde_json::Value;
use std::fmt::Write;

/// A whole document.
pub(crate) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(map, 0, false, &mut out),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut out),
        scalar => {
            inline(scalar, &mut out);
            out.push('\n');
        }
    }
    out
}

/// A mapping or list in lines, indented this far.
pub(crate) fn lines(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) => mapping(map, indent, false, &mut out),
        Value::Array(items) => sequence(items, indent, &mut out),
        _ => {}
    }
    out
}

/// A value within brackets, on one line.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => flow_scalar(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", flow_scalar(key), flow(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A string within brackets, where a comma would end it.
pub(crate) fn flow_scalar(text: &str) -> String {
    if text == "<<" || text.contains([',', ':', '?', '#']) && !is_url(text) {
        double_quoted(text)
    } else {
        scalar(text)
    }
}

/// `https://a:6443` may be plain: each of its colons stands before something.
fn is_url(text: &str) -> bool {
    text.starts_with("http") && !text.contains([',', '?', '#']) && !text.ends_with(':')
}

/// JSON on one line, with a blank after each comma and colon.
pub(crate) fn spaced(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", Value::String(key.clone()), spaced(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// JSON in lines, indented with this, without a last line end.
pub(crate) fn pretty(value: &Value, unit: &str) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(unit.as_bytes());
    let printed = serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut out, formatter));
    // Writing into memory does not fail, and JSON can print each of its values.
    debug_assert!(printed.is_ok());
    String::from_utf8_lossy(&out).into_owned()
}

/// JSON with four blanks, as `kubectl -o json`.
pub(crate) fn json(value: &Value) -> String {
    pretty(value, "    ") + "\n"
}

/// JSON with the letters escaped that Go's encoding/json escapes. They stand nowhere but in strings.
pub(crate) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '&' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            other => out.push(other),
        }
    }
    out
}

fn mapping(map: &serde_json::Map<String, Value>, indent: usize, mut begun: bool, out: &mut String) {
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    for key in keys {
        if !std::mem::take(&mut begun) {
            pad(indent, out);
        }
        // A plain `<<` is a merge key.
        out.push_str(&if key == "<<" { double_quoted(key) } else { scalar(key) });
        out.push(':');
        match &map[key] {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                mapping(inner, indent + 2, false, out);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                sequence(items, indent, out);
            }
            value => {
                out.push(' ');
                inline(value, out);
                out.push('\n');
            }
        }
    }
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push_str("- ");
        match item {
            Value::Object(inner) if !inner.is_empty() => mapping(inner, indent + 2, true, out),
            // A list in a list is rare enough to go on one line.
            Value::Array(inner) if !inner.is_empty() => {
                let _ = writeln!(out, "{item}");
            }
            value => {
                inline(value, out);
                out.push('\n');
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn inline(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(&scalar(text)),
        // null, true, 3, {} and [] are the same in JSON.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// A string as a YAML scalar on one line, in the quotes it needs.
pub(crate) fn scalar(text: &str) -> String {
    match style(text) {
        Style::Plain => text.to_owned(),
        Style::Single => format!("'{}'", text.replace('\'', "''")),
        // A JSON string is a double-quoted YAML scalar.
        Style::Double => double_quoted(text),
    }
}

/// Whether and how a string is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
}

fn style(text: &str) -> Style {
    if is_not_a_string(text) || text.chars().any(needs_an_escape) {
        Style::Double
    } else if may_be_plain(text) {
        Style::Plain
    } else {
        Style::Single
    }
}

fn needs_an_escape(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if needs_an_escape(c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Text that YAML 1.1 (and kubectl with it) reads as null, a boolean, a number or a date when it is plain.
fn is_not_a_string(text: &str) -> bool {
    const WORDS: [&str; 11] = ["", "~", "null", "y", "n", "yes", "no", "on", "off", "true", "false"];
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str()) || is_number(&lower) || is_date(text)
}

/// Integers in all bases, with underscores, with sign, in base 60; floats, infinities, not-a-number.
fn is_number(lower: &str) -> bool {
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(lower);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    let digits: String = unsigned.chars().filter(|&c| c != '_').collect();
    let all = |digits: &str, radix| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if [("0x", 16), ("0b", 2), ("0o", 8)]
        .iter()
        .any(|(p, radix)| digits.strip_prefix(p).is_some_and(|d| all(d, *radix)))
    {
        return true;
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || !digits.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    // 1:20 is eighty in base 60.
    if digits.contains(':') && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.')) {
        return true;
    }
    let mut dots = 0;
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    mantissa.chars().all(|c| {
        dots += usize::from(c == '.');
        c.is_ascii_digit() || c == '.'
    }) && dots <= 1
        && all(exponent, 10)
}

/// `2001-01-01` and what begins so.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, from: usize, to: usize| {
        part.is_some_and(|p| (from..=to).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(parts.next(), 4, 4)
        && digits(parts.next(), 1, 2)
        && parts.next().is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a string can stand without quotes, in block and in flow style alike.
fn may_be_plain(text: &str) -> bool {
    const INDICATORS: &str = "-?:,[]{}#&*!|>'\"%@`";
    let ends = !text.starts_with(' ') && !text.ends_with(' ');
    let first = text.chars().next().is_some_and(|c| !INDICATORS.contains(c) || is_dash_word(text));
    let inside = !text.contains(": ")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.contains(['[', ']', '{', '}'])
        && !text.starts_with("---")
        && !text.starts_with("...");
    ends && first && inside
}

/// `-x` and `:x` are plain; `-` and `- x` are not.
fn is_dash_word(text: &str) -> bool {
    text.starts_with(['-', ':', '?']) && text.chars().nth(1).is_some_and(|c| c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{scalar, yaml};
    use crate::yaml::Node;
    use serde_json::json;

    /// What kubectl 1.32.5 wrote for these, seen with `config set-context q --cluster=…`.
    #[test]
    fn quotes_as_kubectl_does() {
        for (text, written) in [
            ("yes", "\"yes\""),
            ("017", "\"017\""),
            ("a b", "a b"),
            ("a: b", "'a: b'"),
            ("#x", "'#x'"),
            ("é", "é"),
            ("2001-01-01", "\"2001-01-01\""),
            ("1_000", "\"1_000\""),
            ("~", "\"~\""),
            ("-", "'-'"),
            ("- x", "'- x'"),
            ("it's", "it's"),
            ("x #y", "'x #y'"),
            ("*a", "'*a'"),
            ("{", "'{'"),
            ("a,b", "a,b"),
            ("1:20", "\"1:20\""),
            (".5", "\".5\""),
            ("5.", "\"5.\""),
            ("a:", "'a:'"),
            ("@a", "'@a'"),
            ("%", "'%'"),
            ("!x", "'!x'"),
            ("0x1f", "\"0x1f\""),
            ("1e3", "\"1e3\""),
            ("a\tb", "\"a\\tb\""),
            (" a", "' a'"),
            ("a ", "'a '"),
            ("?", "'?'"),
            ("? x", "'? x'"),
            ("null", "\"null\""),
            ("a\"b", "a\"b"),
            ("[x]", "'[x]'"),
            ("`", "'`'"),
            ("https://192.168.5.30:6443", "https://192.168.5.30:6443"),
            ("192.168.5.30", "192.168.5.30"),
            ("system:node:worker-1", "system:node:worker-1"),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    #[test]
    fn is_read_again_as_it_was() -> Result<(), khw_core::Error> {
        for text in [
            "",
            "y",
            "n",
            "Y",
            "No",
            "on",
            "OFF",
            "TRUE",
            "Null",
            "0",
            "-0",
            "+1",
            "1_",
            "0b1",
            "0o7",
            "0x_1",
            ".inf",
            "-.INF",
            ".nan",
            "1.",
            "1.5e-3",
            "1:2:3",
            "2020-1-1",
            "2020-01-01T00:00:00Z",
            "<<",
            "=",
            "a\nb",
            "a\\b",
            "\u{85}",
            "\u{feff}",
            "\u{2028}",
            "---",
            "...",
            "a]b",
            "a,b",
            "-x",
            ":x",
            "?x",
            "|",
            ">",
            "''",
            "\"",
            "a#b",
            "08",
            "09",
            "1e",
            "e1",
            "._",
            "0x",
            "1__0",
            "12e03",
            "\u{7f}",
            "--- a",
            "-1-1",
            "1-1-1",
            "é: ü",
        ] {
            let value = json!({ "a": text, text: "b", "c": [text, { "d": text }] });
            let printed = yaml(&value);
            assert_eq!(Node::parse(printed.as_bytes())?.to_json(), value, "{printed}");
        }
        Ok(())
    }

    #[test]
    fn looks_like_kubectls() {
        let value = json!({ "b": [{ "name": "x", "c": { "d": 1 } }], "a": null, "e": {}, "f": [] });
        assert_eq!(yaml(&value), "a: null\nb:\n- c:\n    d: 1\n  name: x\ne: {}\nf: []\n");
    }
}
