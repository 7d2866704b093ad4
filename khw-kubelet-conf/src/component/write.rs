//! Writes a value as YAML in the way people write these files: block style, and every string in quotes unless it is
//! plainly a word or path.
//!
//! Strings are quoted by what YAML 1.1 would make of them, since Kubernetes reads `yes`, `on`, `y`, `017` and `1_000`
//! as booleans and numbers. A string stays without quotes only when it begins with a letter or `/`, has nothing but
//! letters, digits and `._/-` in it, and is not one of YAML's own words.

use serde_json::{Map, Value};
use std::fmt::Write;

/// The document's text.
pub(super) fn to_yaml(root: &Map<String, Value>) -> String {
    let mut out = String::new();
    mapping(&mut out, root, 0);
    out
}

/// The text of any value, to be put into a document.
pub(super) fn value(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        Value::Array(list) if !list.is_empty() => sequence(&mut out, list, 0),
        _ => scalar(&mut out, value),
    }
    out
}

fn mapping(out: &mut String, map: &Map<String, Value>, depth: usize) {
    for (key, value) in map {
        indent(out, depth);
        field(out, key, value, depth);
    }
}

/// The key, and its value behind it or below it.
fn field(out: &mut String, key: &str, value: &Value, depth: usize) {
    string(out, key);
    out.push(':');
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            out.push('\n');
            mapping(out, inner, depth + 1);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            sequence(out, list, depth + 1);
        }
        _ => {
            out.push(' ');
            scalar(out, value);
            out.push('\n');
        }
    }
}

fn sequence(out: &mut String, list: &[Value], depth: usize) {
    for value in list {
        indent(out, depth);
        out.push_str("- ");
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                for (index, (key, value)) in inner.iter().enumerate() {
                    if index > 0 {
                        indent(out, depth + 1);
                    }
                    field(out, key, value, depth + 1);
                }
            }
            // A list in a list does not occur in these kinds, except as a value that JSON's notation is good for.
            _ => {
                scalar(out, value);
                out.push('\n');
            }
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn scalar(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => string(out, text),
        // An exponent without a sign is no number in YAML 1.1, and Rust's own form of a float never has one. It has no
        // point either when the number is whole, and would then read as an integer.
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            let point = if float.fract() == 0.0 { ".0" } else { "" };
            let _ = write!(out, "{float}{point}");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = write!(out, "{value}");
        }
        Value::Array(list) => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                scalar(out, value);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                quoted(out, key);
                out.push_str(": ");
                scalar(out, value);
            }
            out.push('}');
        }
    }
}

fn string(out: &mut String, text: &str) {
    if is_plain(text) { out.push_str(text) } else { quoted(out, text) }
}

fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-'));
    let own = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    begins && word && !own.iter().any(|w| text.eq_ignore_ascii_case(w))
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // YAML's non-printable characters, and those it takes for a line break or byte order mark.
            '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::to_yaml;
    use crate::component::Document;
    use serde_json::{Value, json};

    const STRINGS: &[&str] = &[
        "",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Y",
        "N",
        "True",
        "FALSE",
        "null",
        "Null",
        "~",
        "017",
        "1_000",
        "0x1f",
        "0b1",
        "0o7",
        "1e3",
        "1.5",
        ".5",
        ".inf",
        ".nan",
        "-1",
        "+1",
        "-",
        "--- a",
        "a: b",
        "a:",
        ": a",
        "a #b",
        "#a",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "?a",
        "? a",
        "[a]",
        "{a}",
        "a, b",
        "'a'",
        "\"a\"",
        "a\\b",
        " a",
        "a ",
        "a\nb",
        "a\tb",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "ä",
        "日本",
        "2026-11-24",
        "12:30:45",
        "=",
        "<<",
        "10.96.0.10",
        "15m",
        "/var/lib/kubernetes/ca.crt",
        "system:node:worker-1",
        "unix:///run/x.sock",
        "\u{1f600}",
    ];

    #[test]
    fn every_string_comes_back_as_value_and_as_key() -> Result<(), Box<dyn std::error::Error>> {
        for text in STRINGS {
            let value =
                json!({"a": text, "b": [text, [text, {*text: text}], {*text: text, "c": [text]}], "d": {*text: text}});
            let yaml = to_yaml(value.as_object().ok_or("no object")?);
            assert_eq!(Document::parse(yaml.as_bytes()).map(|d| d.root().clone()), Ok(value.clone()), "{yaml}");
            // Another reader agrees, so this is not one mistake made twice.
            assert_eq!(serde_saphyr::from_str::<Value>(&yaml)?, value, "{yaml}");
        }
        Ok(())
    }

    #[test]
    fn looks_as_people_write_it() -> Result<(), Box<dyn std::error::Error>> {
        let value = json!({
            "kind": "KubeletConfiguration", "enabled": true, "file": "/ca.crt", "dns": ["10.96.0.10"], "none": [],
            "map": {}, "gates": {"memory.available": "5%"}, "taints": [{"key": "a", "effect": "NoSchedule"}], "f": 1e21,
            "empty": null,
        });
        assert_eq!(
            to_yaml(value.as_object().ok_or("no object")?),
            "kind: KubeletConfiguration\nenabled: true\nfile: /ca.crt\ndns:\n  - \"10.96.0.10\"\nnone: []\nmap: {}\n\
             gates:\n  memory.available: \"5%\"\ntaints:\n  - key: a\n    effect: NoSchedule\n\
             f: 1000000000000000000000.0\nempty: null\n"
        );
        Ok(())
    }
}
