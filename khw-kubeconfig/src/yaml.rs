//! Reads YAML as strictly as a kubeconfig deserves, with the place of every value in the text.
//!
//! Two equal keys, a second document and an alias bomb are errors. Plain scalars mean what they mean to kubectl, whose
//! parser goes by YAML 1.1: `yes`, `n` and `on` are booleans, `017` and `1_000` are numbers, so none of them is a name. No
//! message shows a value, since the value may be a key or a token.

mod scalar;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};
use khw_core::Error;
use scalar::resolve;
use serde_json::{Number, Value};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Deeper than any kubeconfig, and shallow enough for recursion.
const MAX_DEPTH: usize = 64;
/// A kubeconfig of 10,000 contexts has 130,000 values.
const MAX_VALUES: usize = 2_000_000;
/// Values that aliases repeat. A bomb of ten times ten times … is over this at once.
const MAX_REPEATED: usize = 100_000;

/// A value and where it stands.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    /// Counted from 1; 0 when the parser does not know.
    pub(crate) line: usize,
    /// Its bytes in the text, without anchor and tag; of an alias, those of the alias. Of nothing, as in `key:`, the empty
    /// range after the colon or the dash.
    pub(crate) span: Range<usize>,
    pub(crate) form: Form,
    pub(crate) value: Any,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A plain or quoted scalar, or nothing.
    Scalar,
    /// `|` or `>`.
    BlockScalar,
    /// A mapping or list in lines.
    Block,
    /// A mapping or list in brackets.
    Flow,
    /// `*name`: what is in it stands elsewhere.
    Alias,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Any {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The key's bytes; `None` when it came through a merge key (`<<`).
    pub(crate) at: Option<Range<usize>>,
    /// Where the key stands.
    pub(crate) line: usize,
    pub(crate) value: Node,
}

impl Node {
    /// Parses the only document of a text.
    pub(crate) fn parse(text: &[u8]) -> Result<Node, Error> {
        let text = std::str::from_utf8(text).map_err(|cause| {
            let line = text.iter().take(cause.valid_up_to()).filter(|&&b| b == b'\n').count() + 1;
            Error::new("is not UTF-8 text").line(line).hint("is this the right file?")
        })?;
        Node::of(text)
    }

    /// The same for what is known to be text.
    pub(crate) fn of(text: &str) -> Result<Node, Error> {
        let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut builder = Builder { text, bom, ..Builder::default() };
        let mut parser = Parser::new_from_str(text.get(bom..).unwrap_or_default());
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|cause| invalid(&cause))?;
            builder.event(event, &span)?;
        }
        Ok(builder.root.unwrap_or(Node { line: 1, span: 0..0, form: Form::Scalar, value: Any::Null }))
    }

    /// What it means, without places.
    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            Any::Null => Value::Null,
            Any::Bool(b) => Value::Bool(*b),
            Any::Number(n) => Value::Number(n.clone()),
            Any::String(s) => Value::String(s.clone()),
            Any::Sequence(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Any::Mapping(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
            }
        }
    }

    /// Whether it means this.
    pub(crate) fn means(&self, value: &Value) -> bool {
        match (&self.value, value) {
            (Any::Null, Value::Null) => true,
            (Any::Bool(a), Value::Bool(b)) => a == b,
            (Any::Number(a), Value::Number(b)) => a == b,
            (Any::String(a), Value::String(b)) => a == b,
            (Any::Sequence(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.means(b)),
            (Any::Mapping(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|entry| b.get(&entry.key).is_some_and(|b| entry.value.means(b)))
            }
            _ => false,
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

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Any::Mapping(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// How many values it is.
    fn size(&self) -> usize {
        1 + match &self.value {
            Any::Sequence(items) => items.iter().map(Node::size).sum(),
            Any::Mapping(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
            _ => 0,
        }
    }
}

fn invalid(cause: &ScanError) -> Error {
    let what = cause.info();
    if what.contains("recursion limit") {
        return excessive(cause.marker().line());
    }
    let what = what.lines().next().unwrap_or_default();
    Error::new(format!("is not valid YAML: {what}"))
        .line(cause.marker().line())
        .hint("is this the right file? if so, mend that line")
}

fn excessive(line: usize) -> Error {
    Error::new("is nested or repeated beyond what a kubeconfig needs").line(line).hint("is this the right file?")
}

fn unsupported(what: impl Into<String>, line: usize) -> Error {
    Error::new(what).line(line).hint("write it out plainly")
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    anchor: usize,
    /// Of a mapping: the key whose value comes next.
    key: Option<Key>,
    names: HashSet<String>,
    /// Of a mapping: what came through `<<`.
    merged: Vec<Entry>,
}

struct Key {
    name: String,
    at: Range<usize>,
    line: usize,
    merges: bool,
}

/// Puts events together.
#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    bom: usize,
    anchors: HashMap<usize, Node>,
    open: Vec<Open>,
    values: usize,
    repeated: usize,
    documents: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Error> {
        let line = span.start.line();
        let bytes = span.byte_range().unwrap_or_default();
        let bytes = bytes.start + self.bom..bytes.end + self.bom;
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Error::new("has more than one YAML document")
                        .line(line)
                        .hint("a kubeconfig is one document: split the file at '---'"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = resolve(&text, style, tag.as_deref(), line)?;
                let form = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => Form::BlockScalar,
                    _ => Form::Scalar,
                };
                // The parser counts the line end of a block scalar, and the blank lines behind it.
                let written = self.text.get(bytes.clone()).unwrap_or_default();
                let bytes =
                    if form == Form::BlockScalar { bytes.start..bytes.start + written.trim_end().len() } else { bytes };
                let plain = style == ScalarStyle::Plain;
                self.complete(Node { line, span: bytes, form, value }, anchor, Some((&text, plain)))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.begin(Any::Sequence(Vec::new()), style, anchor, tag.as_deref(), bytes, line)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.begin(Any::Mapping(Vec::new()), style, anchor, tag.as_deref(), bytes, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(bytes.end),
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id) else {
                    return Err(unsupported("has an alias to something that is not complete", line));
                };
                self.repeated += node.size();
                if self.repeated > MAX_REPEATED {
                    return Err(excessive(line));
                }
                let node = Node { line, span: bytes, form: Form::Alias, value: node.value.clone() };
                self.complete(node, 0, None)
            }
            _ => Ok(()),
        }
    }

    fn begin(
        &mut self,
        value: Any,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Range<usize>,
        line: usize,
    ) -> Result<(), Error> {
        let own = if matches!(value, Any::Sequence(_)) { "seq" } else { "map" };
        if tag.is_some_and(|tag| tag.core_suffix() != Some(own)) {
            return Err(unsupported("has a tag that a kubeconfig cannot have", line));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(excessive(line));
        }
        let form = if style == StructureStyle::Flow { Form::Flow } else { Form::Block };
        let node = Node { line, span, form, value };
        self.open.push(Open { node, anchor, key: None, names: HashSet::new(), merged: Vec::new() });
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), Error> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.node.form == Form::Flow {
            open.node.span.end = end;
        }
        if let Any::Mapping(entries) = &mut open.node.value {
            for entry in open.merged {
                if !open.names.contains(&entry.key) {
                    open.names.insert(entry.key.clone());
                    entries.push(Entry { at: None, ..entry });
                }
            }
        }
        self.complete(open.node, open.anchor, None)
    }

    /// A value is whole: it is a key, a value, an item, or the document. `scalar` is its text, and whether it is plain.
    fn complete(&mut self, mut node: Node, anchor: usize, scalar: Option<(&str, bool)>) -> Result<(), Error> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(excessive(node.line));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let nothing = node.form == Form::Scalar && node.span.is_empty();
        match &mut parent.node.value {
            Any::Sequence(items) => {
                if nothing {
                    // The parser places what is not there at the next thing that is.
                    let from = items.last().map_or(parent.node.span.start, |item| item.span.end);
                    let after = dash(self.text, from).map_or(from, |dash| dash + 1);
                    node.span = after..after;
                }
                if parent.node.form == Form::Block {
                    parent.node.span.end = node.span.end;
                }
                if anchor != 0 {
                    self.anchors.insert(anchor, node.clone());
                }
                items.push(node);
            }
            Any::Mapping(entries) => {
                let Some(key) = parent.key.take() else {
                    let Some((name, plain)) = scalar.filter(|_| anchor == 0) else {
                        return Err(unsupported("has a key that is not plain text", node.line));
                    };
                    let merges = plain && name == "<<";
                    if !merges && !parent.names.insert(name.to_owned()) {
                        return Err(Error::new(format!("the key '{}' is there twice", name.escape_debug()))
                            .line(node.line)
                            .hint("kubectl would take the last one in silence: remove the wrong one"));
                    }
                    parent.key = Some(Key { name: name.to_owned(), at: node.span, line: node.line, merges });
                    return Ok(());
                };
                if nothing {
                    let rest = self.text.get(key.at.end..).unwrap_or_default();
                    let blanks = rest.len() - rest.trim_start().len();
                    let colon = rest[blanks..].starts_with(':');
                    let after = if colon { key.at.end + blanks + 1 } else { key.at.end };
                    node.span = after..after;
                }
                if node.form == Form::Block && matches!(node.value, Any::Sequence(_)) {
                    // The parser begins a list that is not indented at its first item, behind the dash.
                    node.span.start = dash(self.text, key.at.end).unwrap_or(node.span.start).min(node.span.start);
                }
                if parent.node.form == Form::Block {
                    parent.node.span.end = node.span.end.max(key.at.end);
                }
                if anchor != 0 {
                    self.anchors.insert(anchor, node.clone());
                }
                if key.merges {
                    parent.merged.extend(merged(node)?);
                } else {
                    entries.push(Entry { key: key.name, at: Some(key.at), line: key.line, value: node });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The entries that a merge key brings, those of the first mapping first.
fn merged(node: Node) -> Result<Vec<Entry>, Error> {
    let line = node.line;
    let no_mapping = || unsupported("has a merge key '<<' without a mapping", line);
    match node.value {
        Any::Mapping(entries) => Ok(entries),
        Any::Sequence(items) => {
            let mut all = Vec::new();
            for item in items {
                match item.value {
                    Any::Mapping(entries) => all.extend(entries),
                    _ => return Err(no_mapping()),
                }
            }
            Ok(all)
        }
        _ => Err(no_mapping()),
    }
}

/// The place of the next `-` that begins an item, at `from` or in a later line; comments are passed over.
pub(crate) fn dash(text: &str, from: usize) -> Option<usize> {
    let is_dash = |rest: &str| {
        rest.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let here = text.get(from..)?;
    let rest = here.trim_start_matches([' ', '\t']);
    if is_dash(rest) {
        return Some(from + here.len() - rest.len());
    }
    let mut at = from;
    while let Some(end) = text.get(at..)?.find('\n') {
        at += end + 1;
        let line = text.get(at..)?;
        let rest = line.trim_start_matches([' ', '\t']);
        if is_dash(rest) {
            return Some(at + line.len() - rest.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Any, Node};
    use serde_json::{Value, json};

    fn parse(text: &str) -> Result<Value, String> {
        Node::parse(text.as_bytes()).map(|n| n.to_json()).map_err(|e| e.file("F").to_string())
    }

    #[test]
    fn anchors_and_merge_keys() {
        let text = "a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: *a\n  y: 3\nd: {<<: [{z: 1}, *a]}\n";
        let merged = json!({ "a": { "x": 1, "y": 2 }, "b": { "x": 1, "y": 2 }, "c": { "y": 3, "x": 1 },
            "d": { "z": 1, "x": 1, "y": 2 } });
        assert_eq!(parse(text), Ok(merged));
    }

    #[test]
    fn knows_places() -> Result<(), khw_core::Error> {
        // Of a block scalar only its content has a place.
        let text = "\u{feff}a: 1\nb:\n  - c\n  - d: e\n  -\nf: # none\ng: [x, 'ü y']\nh: |\n  x\ni:\n- z\n";
        let node = Node::parse(text.as_bytes())?;
        let mut seen = Vec::new();
        fn walk(node: &Node, text: &str, seen: &mut Vec<(usize, String)>) {
            match &node.value {
                Any::Sequence(items) => items.iter().for_each(|item| walk(item, text, seen)),
                Any::Mapping(entries) => entries.iter().for_each(|entry| walk(&entry.value, text, seen)),
                _ => {}
            }
            seen.push((node.line, text[node.span.clone()].to_owned()));
        }
        walk(&node, text, &mut seen);
        let shown: Vec<String> = seen.iter().map(|(line, text)| format!("{line} {text:?}")).collect();
        assert_eq!(
            shown,
            [
                r#"1 "1""#,
                r#"3 "c""#,
                r#"4 "e""#,
                r#"4 "d: e""#,
                r#"5 """#,
                r#"3 "- c\n  - d: e\n  -""#,
                r#"6 """#,
                r#"7 "x""#,
                r#"7 "'ü y'""#,
                r#"7 "[x, 'ü y']""#,
                r#"9 "x""#,
                r#"11 "z""#,
                r#"11 "- z""#,
                r#"1 "a: 1\nb:\n  - c\n  - d: e\n  -\nf: # none\ng: [x, 'ü y']\nh: |\n  x\ni:\n- z""#,
            ]
        );
        Ok(())
    }

    #[test]
    fn refuses() {
        let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned())
            .chain((1..9).map(|i| {
                let alias = format!("*a{}", i - 1);
                format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 10].join(", "))
            }))
            .collect();
        for (text, message) in [
            ("a: 1\na: 2\n", "F:2: the key 'a' is there twice"),
            ("a: 1\n---\nb: 1\n", "F:2: has more than one YAML document"),
            ("a: !x b\n", "F:1: has a tag that a kubeconfig cannot have"),
            ("? [a]\n: b\n", "F:1: has a key that is not plain text"),
            ("a: *b\n", "F:1: is not valid YAML: while parsing node, found unknown anchor"),
            ("a: &a [*a]\n", "F:1: has an alias to something that is not complete"),
            ("<<: 1\n", "F:1: has a merge key '<<' without a mapping"),
            (&"[".repeat(20_000), "F:1: is nested or repeated beyond what a kubeconfig needs"),
            (&bomb, "F:5: is nested or repeated beyond what a kubeconfig needs"),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(parse(""), Ok(Value::Null));
        assert_eq!(parse("\u{feff}# only a comment\n\n"), Ok(Value::Null));
    }
}
