//! Reads a component configuration as Kubernetes does (YAML 1.1 scalars, JSON as a part of YAML), with the place of
//! every field.
//!
//! Refused: several documents (the program reads the first and forgets the rest), a field given twice, what is no
//! mapping, merge keys, references that blow up. serde_saphyr's event parser does the syntax; going over its events
//! gives places, duplicates and the YAML 1.1 reading of `yes`, `017` and `1_000` in one pass.

use super::shown::short;
use khw_core::{Error, finding::Finding};
use serde_json::{Map, Number, Value};
use serde_saphyr::granit_parser::{Event, Marker, Parser, ScalarStyle, options};
use std::collections::HashMap;

/// A component configuration, with the place of every field.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    root: Value,
    marks: Marks,
    duplicates: Vec<Duplicate>,
    byte_order_mark: bool,
}

/// Where a value and what is in it stand: children in the order of the value's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The line of the field's name (of a list's element: of the element), counted from 1.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// The same of each element or field in it.
    pub children: Vec<Marks>,
}

/// A field that is there again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Its name, without the path to it.
    pub field: String,
    /// Where it is there again.
    pub at: Marks,
}

/// Nobody nests a configuration deeper; a file that does is an attack on a parser.
const MAX_DEPTH: usize = 64;
/// More repeated fields than this need not be listed.
const MAX_DUPLICATES: usize = 100;
/// What references (`*name`) may add to a file, in bytes of text and nodes.
const MAX_EXPANSION: usize = 1_000_000;

impl Document {
    /// Reads one document.
    ///
    /// # Errors
    /// When it is not UTF-8, not YAML, empty, no mapping, has several documents or a field twice.
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let document = Document::parse_with_duplicates(content)?;
        match document.duplicates.first() {
            Some(again) => Err(again.error()),
            None => Ok(document),
        }
    }

    /// The same, but a field that is there twice is only listed in [`Document::duplicates`], and the last one counts,
    /// as it does for the program.
    ///
    /// # Errors
    /// As [`Document::parse`], without duplicates.
    pub fn parse_with_duplicates(content: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(content).map_err(|e| {
            let line = content.iter().take(e.valid_up_to()).filter(|&&b| b == b'\n').count() + 1;
            Error::new("is not UTF-8 text").line(line).hint("is this the right file?")
        })?;
        let (byte_order_mark, text) = match text.strip_prefix('\u{feff}') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (root, marks, duplicates) = Builder::build(text)?;
        match root {
            Value::Object(_) => Ok(Document { root, marks, duplicates, byte_order_mark }),
            Value::Null => Err(Error::new("is empty").hint("did the step that makes this file fail?")),
            _ => Err(marks.refuse("is not a mapping of fields").hint("is this the right file?")),
        }
    }

    /// The whole value.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The places of everything in it.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Fields that are there twice.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// Whether it begins with a byte order mark, as some editors write it.
    pub fn byte_order_mark(&self) -> bool {
        self.byte_order_mark
    }

    /// The value at a path such as `authentication.x509.clientCAFile`; `clusterDNS.0` is a list's first element.
    pub fn get(&self, path: &str) -> Option<&Value> {
        find(&self.root, &self.marks, path).map(|(value, _)| value)
    }

    /// The string at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Value::as_str)
    }

    /// The line on which the field of this path stands, counted from 1.
    pub fn line(&self, path: &str) -> Option<usize> {
        find(&self.root, &self.marks, path).map(|(_, marks)| marks.line)
    }

    /// A finding about the field of this path, with its place if it is there.
    pub fn at(&self, path: &str, finding: Finding) -> Finding {
        match find(&self.root, &self.marks, path) {
            Some((_, marks)) => marks.of(finding),
            None => finding,
        }
        .field(path)
    }

    /// The `kind`.
    pub fn kind(&self) -> Option<&str> {
        self.text("kind")
    }
}

impl Marks {
    fn new(at: Marker) -> Self {
        Marks { line: at.line(), column: at.col() + 1, children: Vec::new() }
    }

    /// A finding, with this as its place.
    pub fn of(&self, finding: Finding) -> Finding {
        finding.line(self.line).column(self.column)
    }

    /// An error, with this as its place.
    fn refuse(&self, what: impl Into<String>) -> Error {
        Error::new(what).line(self.line).column(self.column)
    }
}

impl Duplicate {
    fn error(&self) -> Error {
        self.at.refuse("is there twice").field(short(&self.field)).hint("keep one of them")
    }
}

/// Keys may have dots in them (`memory.available`): the shortest key that leads on wins.
fn find<'a>(value: &'a Value, marks: &'a Marks, path: &str) -> Option<(&'a Value, &'a Marks)> {
    match value {
        Value::Object(map) => {
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            ends.into_iter().find_map(|end| {
                let key = path.get(..end)?;
                let index = map.keys().position(|k| k == key)?;
                let (child, marks) = (map.get(key)?, marks.children.get(index)?);
                match path.get(end + 1..) {
                    Some(rest) => find(child, marks, rest),
                    None => Some((child, marks)),
                }
            })
        }
        Value::Array(list) => {
            let (index, rest) = path.split_once('.').map_or((path, None), |(index, rest)| (index, Some(rest)));
            let index: usize = index.parse().ok()?;
            let (child, marks) = (list.get(index)?, marks.children.get(index)?);
            rest.map_or(Some((child, marks)), |rest| find(child, marks, rest))
        }
        _ => None,
    }
}

/// A value in YAML's or JSON's flow notation, from a command line.
pub(super) fn flow_value(text: &str) -> Result<Value, Error> {
    let (value, _, duplicates) = Builder::build(text).map_err(|e| e.hint("put it into quotes for the shell"))?;
    match duplicates.first() {
        Some(again) => Err(Error::new(format!("'{}' is there twice", short(&again.field)))),
        None => Ok(value),
    }
}

/// A list or mapping that has begun and not ended.
struct Open {
    content: Content,
    marks: Marks,
    anchor: usize,
}

enum Content {
    List(Vec<Value>),
    Mapping { map: Map<String, Value>, key: Option<(String, Marks)> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<(Value, Marks)>,
    anchors: HashMap<usize, (Value, Marks, usize)>,
    expansion: usize,
    duplicates: Vec<Duplicate>,
}

impl Builder {
    fn build(text: &str) -> Result<(Value, Marks, Vec<Duplicate>), Error> {
        let mut builder = Builder::default();
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(text, options! { emit_comments: false }) {
            let (event, span) = event.map_err(|e| {
                let at = Marks::new(*e.marker());
                // What the parser says of a tab has to do with what it makes of it, and not with the tab.
                let tab = text.lines().enumerate().find_map(|(index, line)| {
                    let indentation = line.len() - line.trim_start_matches(' ').len();
                    let tab = line.get(indentation..)?.starts_with('\t');
                    tab.then(|| Marks { line: index + 1, column: indentation + 1, children: Vec::new() })
                });
                match tab {
                    Some(tab) if tab.line.abs_diff(at.line) < 2 => {
                        tab.refuse("is indented with a tab").hint("YAML takes spaces only")
                    }
                    _ => at
                        .refuse(format!("is not YAML: {}", e.info()))
                        .hint("look at this line and the one before: indentation, a missing quote or colon"),
                }
            })?;
            if let Event::DocumentStart(..) = event {
                documents += 1;
                if documents > 1 {
                    return Err(Marks::new(span.start)
                        .refuse("has several documents")
                        .hint("only the first would be read: split the file at ---"));
                }
            }
            builder.event(event, span.start)?;
        }
        let (value, marks) = builder.root.unwrap_or_default();
        Ok((value, marks, builder.duplicates))
    }

    fn event(&mut self, event: Event<'_>, at: Marker) -> Result<(), Error> {
        let marks = Marks::new(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let string = style != ScalarStyle::Plain || tag.is_some_and(|t| t.core_suffix() == Some("str"));
                let merge = !string && text == "<<" && self.expects_key();
                if merge {
                    return Err(marks.refuse("a merge key '<<' is not read").hint("write the fields out"));
                }
                let value = if string { Value::String(text.into_owned()) } else { plain_scalar(&text) };
                self.value(value, marks, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.open(Content::List(Vec::new()), marks, anchor),
            Event::MappingStart(_, anchor, _) => {
                self.open(Content::Mapping { map: Map::new(), key: None }, marks, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { content: Content::List(list), marks, anchor }) => {
                    self.value(Value::Array(list), marks, anchor)
                }
                Some(Open { content: Content::Mapping { map, .. }, marks, anchor }) => {
                    self.value(Value::Object(map), marks, anchor)
                }
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let Some((value, target, size)) = self.anchors.get(&anchor) else {
                    return Err(marks.refuse("refers to what has not ended yet"));
                };
                self.expansion = self.expansion.saturating_add(*size);
                if self.expansion > MAX_EXPANSION {
                    return Err(marks.refuse("has references that blow up").hint("write the values out"));
                }
                let (value, children) = (value.clone(), target.children.clone());
                self.value(value, Marks { children, ..marks }, 0)
            }
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        self.open.last().is_some_and(|o| matches!(o.content, Content::Mapping { key: None, .. }))
    }

    fn open(&mut self, content: Content, marks: Marks, anchor: usize) -> Result<(), Error> {
        if self.expects_key() {
            return Err(marks
                .refuse("the name of a field is a list or mapping")
                .hint("are there braces or brackets where quotes are meant?"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(marks.refuse(format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open { content, marks, anchor });
        Ok(())
    }

    fn value(&mut self, value: Value, marks: Marks, anchor: usize) -> Result<(), Error> {
        if anchor > 0 {
            let size = size(&value);
            self.anchors.insert(anchor, (value.clone(), marks.clone(), size));
            // An anchor inside an anchor is copied for each level, which is bounded by MAX_DEPTH.
        }
        let Some(parent) = self.open.last_mut() else {
            self.root.get_or_insert((value, marks));
            return Ok(());
        };
        match &mut parent.content {
            Content::List(list) => {
                list.push(value);
                parent.marks.children.push(marks);
            }
            Content::Mapping { map, key } => match key.take() {
                None => *key = Some((name(value), marks)),
                Some((name, at)) => {
                    if map.contains_key(&name) {
                        if self.duplicates.len() >= MAX_DUPLICATES {
                            return Err(at.refuse("has too many repeated fields"));
                        }
                        self.duplicates.push(Duplicate { field: name.clone(), at: at.clone() });
                        if let Some(index) = map.keys().position(|k| *k == name) {
                            parent.marks.children[index] = Marks { children: marks.children, ..at };
                        }
                    } else {
                        parent.marks.children.push(Marks { children: marks.children, ..at });
                    }
                    map.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

/// Nodes and bytes of text in a value: what a reference to it costs.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    }
}

/// A field's name: Kubernetes turns `yes:` into `true:`, and so on, before it looks for the field.
fn name(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What a scalar without quotes is for the reader of Kubernetes (sigs.k8s.io/yaml, YAML 1.1).
fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let text = text.replace('_', "");
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text.as_str()),
    };
    let (radix, whole) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_alphanumeric()) {
        match (u64::from_str_radix(whole, radix), negative) {
            (Ok(n), false) => return Some(n.into()),
            (Ok(n), true) if n <= 1 << 63 => return Some(0_i64.wrapping_sub_unsigned(n).into()),
            _ => {}
        }
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (plain && begins && digits != ".").then(|| text.parse().ok()).flatten().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::{Document, plain_scalar};
    use serde_json::{Value, json};

    fn refused(content: &[u8]) -> (String, Option<String>) {
        match Document::parse(content) {
            Ok(document) => (format!("read as {}", document.root()), None),
            Err(error) => (error.file("f").to_string(), None),
        }
    }

    #[test]
    fn values_and_places() -> Result<(), khw_core::Error> {
        let document = Document::parse(
            b"# a comment\nkind: KubeletConfiguration\nauthentication:\n  x509:\n    clientCAFile: \"/ca.crt\"\n\
              evictionHard:\n  memory.available: 5%\nclusterDNS:\n  - 10.96.0.10\n  - 10.96.0.11\nmaxPods: 110\n",
        )?;
        assert_eq!(document.kind(), Some("KubeletConfiguration"));
        assert_eq!(document.text("authentication.x509.clientCAFile"), Some("/ca.crt"));
        assert_eq!(document.line("authentication.x509.clientCAFile"), Some(5));
        assert_eq!(document.line("authentication"), Some(3));
        assert_eq!(document.text("evictionHard.memory.available"), Some("5%"));
        assert_eq!(document.line("clusterDNS.1"), Some(10));
        assert_eq!(document.get("maxPods"), Some(&json!(110)));
        for path in ["", "x", "kind.x", "authentication.", "clusterDNS.2", "clusterDNS.x"] {
            assert_eq!(document.get(path), None, "{path}");
        }
        Ok(())
    }

    #[test]
    fn json_is_yaml_too() -> Result<(), khw_core::Error> {
        let document = Document::parse(b"{\n  \"kind\": \"K\",\n\t\"maxPods\": 5\n}\n")?;
        assert_eq!((document.get("maxPods"), document.line("maxPods")), (Some(&json!(5)), Some(3)));
        Ok(())
    }

    #[test]
    fn scalars_are_read_as_kubernetes_reads_them() {
        for (text, value) in [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("y", json!(true)),
            ("~", Value::Null),
            ("", Value::Null),
            ("017", json!(15)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("0o17", json!(15)),
            ("1_000", json!(1000)),
            ("-5", json!(-5)),
            ("+5", json!(5)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("089", json!(89.0)),
            ("15m", json!("15m")),
            ("10.96.0.10", json!("10.96.0.10")),
            ("2026-11-24", json!("2026-11-24")),
            ("1:30", json!("1:30")),
            (".", json!(".")),
            ("-", json!("-")),
            (".inf", json!(".inf")),
            ("0x", json!("0x")),
            ("yEs", json!("yEs")),
        ] {
            assert_eq!(plain_scalar(text), value, "{text}");
        }
    }

    #[test]
    fn references_are_followed_and_bombs_are_not() -> Result<(), khw_core::Error> {
        let document = Document::parse(b"a: &x {b: 1}\nc: *x\n")?;
        assert_eq!((document.get("c.b"), document.line("c")), (Some(&json!(1)), Some(2)));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let references = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{references}]\n"));
        }
        assert_eq!(refused(bomb.as_bytes()).0, "f:6:25: has references that blow up");
        Ok(())
    }

    #[test]
    fn what_is_refused() {
        for (content, message) in [
            (&b""[..], "f: is empty"),
            (b"# nothing\n", "f: is empty"),
            (b"---\n", "f: is empty"),
            (b"- a\n", "f:1:1: is not a mapping of fields"),
            (b"\nhello\n", "f:2:1: is not a mapping of fields"),
            (b"a: 1\n---\nb: 2\n", "f:2:1: has several documents"),
            (b"a: 1\nb: 2\na: 3\n", "f:3:1: a: is there twice"),
            (b"a:\n  b: 2\n  b: 2\n", "f:3:3: b: is there twice"),
            (b"a: 1\n\xff: 2\n", "f:2: is not UTF-8 text"),
            (b"[a]: 1\n", "f:1:1: the name of a field is a list or mapping"),
            (b"a: &x {b: 1}\nc:\n  <<: *x\n", "f:3:3: a merge key '<<' is not read"),
            (b"a:\n\t- b\n", "f:2:1: is indented with a tab"),
            (b"a:\n  b: 1\n \tc: 2\n", "f:3:2: is indented with a tab"),
            (b"a: &x [*x]\n", "f:1:8: refers to what has not ended yet"),
        ] {
            assert_eq!(refused(content).0, message);
        }
        let deep = "[".repeat(5000);
        assert!(Document::parse(format!("a: {deep}").as_bytes()).is_err());
        let deep: String = (0..70).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert_eq!(refused(deep.as_bytes()).0, "f:65:65: is nested deeper than 64 levels");
        for broken in [&b"a: \"x\n"[..], b"a: [1, 2\n", b"a: b: c\n", b"a: *nowhere\n", b"\0"] {
            assert!(refused(broken).0.contains("is not YAML: "), "{:?}", refused(broken));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_breaks_the_reader(content in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Document::parse_with_duplicates(&content);
        }

        #[test]
        fn what_looks_like_yaml_is_read_or_refused(text in "([a-c&*<!|>?'\"{}\\[\\],#~:-]|: |- |\n|\n  |1|yes|<<){0,60}") {
            if let Ok(document) = Document::parse_with_duplicates(text.as_bytes()) {
                let findings = crate::check(&document, khw_core::KubernetesVersion::NEWEST);
                proptest::prop_assert!(findings.iter().all(|f| crate::CHECKS.contains(&f.name)));
            }
        }
    }
}
