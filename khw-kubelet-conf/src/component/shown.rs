//! What is the user's own in a message: never longer than a line, never a control character.

use serde_json::Value;

/// Text of the user's in a message: quoted, and not longer than a line.
pub(super) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// A value in a message: text as it is, anything else by its kind.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", short(text)),
        other => kind(other).to_owned(),
    }
}

/// What a value is, in a sentence.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
