//! What a kubeconfig means, to compare one that khw wrote with one that kubectl wrote.

use harness::Sandbox;
use serde_json::{Map, Value, json};

/// What a file means: parsed by the test, so that one mistake of khw's own reader is not made twice.
pub(super) fn parsed(sandbox: &Sandbox, file: &str) -> Value {
    let text = if sandbox.has(file) { sandbox.read(file) } else { String::new() };
    let mut value: Value = serde_saphyr::from_str(text.trim_start_matches('\u{feff}').trim_end_matches("...\n"))
        .unwrap_or_else(|e| panic!("{file}: {e}\n{text}"));
    if let Value::Object(root) = &mut value {
        // kubectl writes them into every file, and takes a file without them.
        root.retain(|key, _| !matches!(key.as_str(), "kind" | "apiVersion"));
    }
    normalise(&mut value);
    value
}

/// Without order where there is none, and without what means nothing.
pub(super) fn normalise(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(normalise);
            let empty = |value: &Value| match value {
                Value::Null | Value::Bool(false) => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                Value::Object(map) => map.is_empty(),
                Value::Number(_) | Value::Bool(true) => false,
            };
            // kubectl throws away what it does not know; the corpus has such fields.
            map.retain(|key, value| !empty(value) && !key.starts_with("x-"));
            interactive_mode(map);
            for (key, list) in map.iter_mut() {
                if let (true, Value::Array(items)) = (SETS.contains(&key.as_str()), list) {
                    items.sort_by_cached_key(Value::to_string);
                }
            }
            map.sort_keys();
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

/// The lists in which order means nothing. kubectl sorts the first three, and adds to the last one in random order.
const SETS: [&str; 4] = ["clusters", "users", "contexts", "env"];

/// client-go's default, which kubectl writes out for the versions that did not have the field.
fn interactive_mode(exec: &mut Map<String, Value>) {
    let version = exec.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    if exec.contains_key("command") && version.ends_with("beta1") && !exec.contains_key("interactiveMode") {
        exec.insert("interactiveMode".to_owned(), json!("IfAvailable"));
    }
}
