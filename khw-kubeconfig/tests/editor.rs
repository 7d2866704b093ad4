//! The editor, with any input: what it gives means just what was asked for, and says the rest as it was said before.
//!
//! `any_text` is also what a fuzz target would call: it takes bytes and must not panic.

// What a test shows stands in its name.
#![allow(missing_docs)]

use khw_kubeconfig::edit;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What a text means to the editor itself.
fn parse(text: &str) -> Option<Value> {
    let mut meaning = None;
    edit(text, |value| meaning = Some(value.clone())).ok()?;
    meaning
}

/// One change.
#[derive(Debug, Clone)]
enum Change {
    Current(String),
    Field(usize, String, String),
    NoField(usize),
    Add(String),
    Remove(usize),
}

fn apply(change: &Change, value: &mut Value) {
    if !value.is_object() {
        *value = json!({});
    }
    if let Change::Current(name) = change {
        value["current-context"] = json!(name);
        return;
    }
    let clusters = value.as_object_mut().map(|root| root.entry("clusters").or_insert(Value::Null));
    let Some(clusters) = clusters else { return };
    if !clusters.is_array() {
        *clusters = json!([]);
    }
    let Some(clusters) = clusters.as_array_mut() else { return };
    let at = |index: &usize, length: usize| if length == 0 { None } else { Some(index % length) };
    match change {
        Change::Field(index, field, text) => {
            if let Some(at) = at(index, clusters.len()) {
                if !clusters[at].is_object() {
                    clusters[at] = json!({});
                }
                if !clusters[at]["cluster"].is_object() {
                    clusters[at]["cluster"] = json!({});
                }
                clusters[at]["cluster"][field] = json!(text);
            }
        }
        Change::NoField(index) => {
            let content = at(index, clusters.len()).and_then(|at| clusters[at].get_mut("cluster")?.as_object_mut());
            if let Some((content, first)) = content.and_then(|c| c.keys().next().cloned().map(|first| (c, first))) {
                content.shift_remove(&first);
            }
        }
        Change::Add(name) => clusters.push(json!({ "name": name, "cluster": { "server": name } })),
        Change::Remove(index) => {
            if let Some(at) = at(index, clusters.len()) {
                clusters.remove(at);
            }
        }
        Change::Current(_) => {}
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~é]{0,8}",
        Just("yes".to_owned()),
        Just("017".to_owned()),
        Just("https://a:6443".to_owned())
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        word().prop_map(Change::Current),
        (any::<usize>(), "[a-z]{1,5}", word()).prop_map(|(at, field, text)| Change::Field(at, field, text)),
        any::<usize>().prop_map(Change::NoField),
        word().prop_map(Change::Add),
        any::<usize>().prop_map(Change::Remove),
    ]
}

/// A name, and fields with their values.
type Cluster = (String, Vec<(String, String)>);

fn clusters() -> impl Strategy<Value = Vec<Cluster>> {
    let fields = prop::collection::btree_map("[a-z]{1,5}", word(), 0..4);
    let named = prop::collection::btree_map("[a-z0-9 ]{1,5}", fields, 0..5);
    named.prop_map(|named| named.into_iter().map(|(name, fields)| (name, fields.into_iter().collect())).collect())
}

/// A kubeconfig in one of several hands.
fn written(clusters: &[Cluster], hand: usize) -> String {
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let mut text = String::new();
    match hand {
        0 | 1 => {
            let (step, comment) = if hand == 0 { ("", "") } else { ("  ", " # said") };
            text.push_str(&format!("kind: Config{comment}\nclusters:{comment}\n"));
            for (name, fields) in clusters {
                if hand == 1 {
                    text.push_str(&format!("{step}# {}\n", name.trim()));
                }
                text.push_str(&format!("{step}- name: {}{comment}\n", quoted(name)));
                text.push_str(&format!("{step}  cluster:{}\n", if fields.is_empty() { " {}" } else { comment }));
                for (field, value) in fields {
                    text.push_str(&format!("{step}      {}: {}{comment}\n", quoted(field), quoted(value)));
                }
            }
            if clusters.is_empty() {
                text = text.replace("clusters:", "clusters: []");
            }
            text.push_str("# behind\ncontexts: null\n");
        }
        _ => {
            let entry = |(name, fields): &Cluster| {
                let fields: Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
                json!({ "name": name, "cluster": fields })
            };
            let value = json!({ "clusters": clusters.iter().map(entry).collect::<Vec<_>>(), "users": null });
            text = if hand == 2 { value.to_string() } else { serde_json::to_string_pretty(&value).unwrap_or_default() };
        }
    }
    text
}

/// No panic, and no other meaning than was asked for.
fn any_text(text: &str, change: &Change) -> Result<(), TestCaseError> {
    let Some(mut meant) = parse(text) else { return Ok(()) };
    let before = meant.clone();
    apply(change, &mut meant);
    if let Ok(new) = edit(text, |value| apply(change, value)) {
        prop_assert_eq!(parse(&new), Some(meant.clone()), "{}", new);
        if before == meant {
            prop_assert_eq!(new, text);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn text_of_any_kind(text in "\\PC{0,60}", change in change()) {
        any_text(&text, &change)?;
    }

    #[test]
    fn text_that_looks_like_yaml(
        lines in prop::collection::vec("( |  |    )?(- )?(clusters|cluster|name|a|<<)?:?( )?(\\[|\\{|&a |\\*a|\\||>-|'|\"|#)?[a-c,:]{0,3}(\\]|\\}|'|\")?", 0..8),
        change in change(),
    ) {
        any_text(&lines.join("\n"), &change)?;
    }

    #[test]
    fn a_kubeconfig_in_any_hand(clusters in clusters(), hand in 0_usize..4, crlf in any::<bool>(), change in change()) {
        let text = written(&clusters, hand);
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let mut meant = parse(&text).unwrap_or_default();
        apply(&change, &mut meant);
        let new = edit(&text, |value| apply(&change, value));
        let new = new.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(parse(&new), Some(meant), "{}", new);
        if hand > 1 {
            prop_assert!(serde_json::from_str::<Value>(&new).is_ok(), "{}", new);
        }
        if crlf {
            prop_assert_eq!(new.matches('\n').count(), new.matches("\r\n").count(), "{:?}", new);
        }
        // Every line of entries that were not meant is there, byte for byte.
        if hand < 2 && matches!(change, Change::Current(_) | Change::Add(_)) && !clusters.is_empty() {
            for line in text.lines() {
                prop_assert!(new.contains(line), "{} is gone from\n{}", line, new);
            }
        }
    }
}
