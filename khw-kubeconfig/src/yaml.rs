//! Reads YAML as strictly as a kubeconfig deserves, with the line of every value.
//!
//! Two equal keys, a second document and an alias bomb are errors. Plain scalars mean what they mean to kubectl: `yes`, `n`
//! and `on` are booleans, `017` and `1_000` are numbers, so none of them is a name. No message shows a value, since the
//! value may be a key or a token.

use khw_core::Error;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::Spanned;
use std::fmt;

/// A value and where it stands.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    /// Counted from 1; 0 when the parser does not know.
    pub(crate) line: usize,
    pub(crate) value: Any,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Any {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Node>),
    Mapping(Vec<(String, Node)>),
}

impl Node {
    /// Parses the only document of a text.
    pub(crate) fn parse(text: &[u8]) -> Result<Node, Error> {
        let text = std::str::from_utf8(text).map_err(|cause| {
            let line = text.iter().take(cause.valid_up_to()).filter(|&&b| b == b'\n').count() + 1;
            Error::new("is not UTF-8 text").line(line).hint("is this the right file?")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Node { line: 1, value: Any::Null });
        }
        let options = serde_saphyr::options! { with_snippet: false, legacy_octal_numbers: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|cause| explain(&cause))
    }

    /// The same without lines.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            Any::Null => Value::Null,
            Any::Bool(b) => Value::Bool(*b),
            Any::Number(n) => Value::Number(n.clone()),
            Any::String(s) => Value::String(s.clone()),
            Any::Sequence(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Any::Mapping(entries) => Value::Object(entries.iter().map(|(k, v)| (k.clone(), v.to_json())).collect()),
        }
    }

    /// What it is, for a message: `a number`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Any::Null => "empty",
            Any::Bool(_) => "a boolean",
            Any::Number(_) => "a number",
            Any::String(_) => "text",
            Any::Sequence(_) => "a list",
            Any::Mapping(_) => "a mapping",
        }
    }
}

fn explain(cause: &serde_saphyr::Error) -> Error {
    let error = match cause.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => Error::new(format!("the key '{}' is there twice", key.escape_debug())),
            None => Error::new("a key is there twice"),
        }
        .hint("kubectl would take the last one in silence: remove the wrong one"),
        serde_saphyr::Error::MultipleDocuments { .. } => {
            Error::new("has more than one YAML document").hint("a kubeconfig is one document: split the file at '---'")
        }
        serde_saphyr::Error::Budget { .. }
        | serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasExpansionLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. } => {
            Error::new("is nested or repeated beyond what a kubeconfig needs").hint("is this the right file?")
        }
        other => {
            let text = other.to_string();
            let first = text.lines().next().unwrap_or_default();
            let first = first.split(" at line ").next().unwrap_or_default();
            Error::new(format!("is not valid YAML: {first}")).hint("is this the right file? if so, mend that line")
        }
    };
    match cause.location().and_then(|at| usize::try_from(at.line()).ok()).filter(|&line| line > 0) {
        Some(line) => error.line(line),
        None => error,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Any>::deserialize(deserializer)?;
        Ok(Node { line: usize::try_from(spanned.referenced.line()).unwrap_or_default(), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Any;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(Any::Null)
    }

    fn visit_none<E>(self) -> Result<Any, E> {
        Ok(Any::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Any, D::Error> {
        Any::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Any, E> {
        Ok(Any::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Any, E> {
        Ok(Any::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Any, E> {
        Ok(Any::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Any, E> {
        Ok(Any::String(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Any, E> {
        Ok(Any::String(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Any, E> {
        // JSON has no infinity: kubectl refuses it wherever it looks, and where it does not look any text will do.
        Ok(Number::from_f64(value).map_or_else(|| Any::String(value.to_string()), Any::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Any, E> {
        Ok(Any::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Any, E> {
        Ok(Any::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Any, A::Error> {
        let mut sequence = Vec::new();
        while let Some(item) = items.next_element()? {
            sequence.push(item);
        }
        Ok(Any::Sequence(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Any, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Any::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::Node;
    use serde_json::{Value, json};

    fn parse(text: &str) -> Result<Value, String> {
        Node::parse(text.as_bytes()).map(|n| n.to_json()).map_err(|e| e.to_string())
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_kubectl() {
        for (text, value) in [
            ("yes", json!(true)),
            ("n", json!(false)),
            ("On", json!(true)),
            ("017", json!(15)),
            ("1_000", json!(1000)),
            ("~", json!(null)),
            ("'yes'", json!("yes")),
            ("worker-1", json!("worker-1")),
            ("192.168.5.21", json!("192.168.5.21")),
        ] {
            assert_eq!(parse(&format!("a: {text}")), Ok(json!({ "a": value })), "{text}");
        }
    }

    #[test]
    fn knows_lines() -> Result<(), khw_core::Error> {
        let node = Node::parse(b"a: 1\nb:\n  - c\n  - d: e\n")?;
        let super::Any::Mapping(entries) = node.value else { return Ok(()) };
        let super::Any::Sequence(items) = &entries[1].1.value else { return Ok(()) };
        assert_eq!((entries[0].1.line, items[0].line, items[1].line), (1, 3, 4));
        Ok(())
    }

    #[test]
    fn refuses() {
        for (text, message) in [
            ("a: 1\na: 2\n", "2: the key 'a' is there twice"),
            ("a: 1\n---\nb: 1\n", "has more than one YAML document"),
        ] {
            let error = Node::parse(text.as_bytes()).map(|_| ()).map_err(|e| e.file("F").to_string());
            assert!(error.as_ref().is_err_and(|e| e.starts_with("F:") && e.ends_with(message)), "{error:?}");
        }
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(parse(""), Ok(Value::Null));
        assert_eq!(parse("\u{feff}# only a comment\n\n"), Ok(Value::Null));
    }
}
