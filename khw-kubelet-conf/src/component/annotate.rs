//! Puts a comment above fields of a text that is already there, whoever wrote it.

use super::document::{Document, Marks};
use khw_core::Error;
use serde_json::Value;

/// The text with what `comment` says of each field's path above it, unless it stands there already. Fields that do not
/// begin a line have no place for a comment, and those inside lists get none.
pub(super) fn with_comments(
    text: &str,
    document: &Document,
    comment: &dyn Fn(&str) -> Vec<String>,
) -> Result<String, Error> {
    let (bom, body) = text.strip_prefix('\u{feff}').map_or(("", text), |body| ("\u{feff}", body));
    if body.trim_start().starts_with('{') {
        return Err(Error::new("is JSON, which has no comments").hint("leave --annotate away"));
    }
    let mut fields = Vec::new();
    collect(document.root(), document.marks(), "", &mut fields);
    fields.sort_by_key(|(line, _)| *line);
    let mut fields = fields.into_iter().peekable();
    let mut out = bom.to_owned();
    // Lines of the text, with their ends.
    let mut before: Vec<&str> = Vec::new();
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        while let Some((_, (path, column))) = fields.next_if(|(number, _)| *number == index + 1) {
            if column != indent.len() + 1 {
                continue;
            }
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let lines = comment(&path).iter().flat_map(|text| wrapped(text, indent.len())).collect::<Vec<_>>();
            let lines: Vec<String> = lines.iter().map(|text| format!("{indent}# {text}{end}")).collect();
            if !before.ends_with(&lines.iter().map(String::as_str).collect::<Vec<_>>()) {
                out.extend(lines);
            }
        }
        out.push_str(line);
        before.push(line);
    }
    Ok(out)
}

/// Line, path and column of each field that is not inside a list.
fn collect(value: &Value, marks: &Marks, parent: &str, fields: &mut Vec<(usize, (String, usize))>) {
    let Value::Object(map) = value else { return };
    for ((key, value), marks) in map.iter().zip(&marks.children) {
        let path = if parent.is_empty() { key.clone() } else { format!("{parent}.{key}") };
        collect(value, marks, &path, fields);
        fields.push((marks.line, (path, marks.column)));
    }
}

/// Text in lines that fit 100 columns.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let width = 98_usize.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
