//! A kubeconfig, changed as every command changes one: what comes out can be read, and means just what was asked for.
#![no_main]

use khw_kubeconfig::edit;
use serde_json::{Map, Value, json};

/// The changes of `use-context`, `set-cluster`, `set-credentials`, `rename-context`, `delete-user` and `unset`.
const CHANGES: [fn(&mut Map<String, Value>); 7] = [
    |map| drop(map.insert("current-context".to_owned(), "x".into())),
    |map| drop(map.insert("kind".to_owned(), "~: #".into())),
    |map| list(map, "clusters", |items| items.push(json!({"name": "x", "cluster": {"server": "https://x"}}))),
    |map| {
        list(map, "users", |items| {
            for item in items {
                item["user"] = json!({"exec": {"args": ["- a", "\n"], "env": null}, "token": "yes"});
            }
        });
    },
    |map| {
        list(map, "contexts", |items| {
            for item in items {
                item["name"] = "null".into();
            }
        });
    },
    |map| list(map, "users", |items| drop(items.pop())),
    |map| drop(map.remove("clusters")),
];

fn list(map: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let value = map.entry(name).or_insert(Value::Null);
    if value.is_null() {
        *value = json!([]);
    }
    // What is no list of mappings is no kubeconfig, and the tool has refused it by then.
    if let Some(items) = value.as_array_mut().filter(|items| items.iter().all(Value::is_object)) {
        change(items);
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    for change in CHANGES {
        let mut meant = Value::Null;
        let changed = edit(text, |value| {
            if let Some(map) = value.as_object_mut() {
                change(map);
            }
            meant = value.clone();
        });
        let Ok(changed) = changed else { continue };
        let mut read = Value::Null;
        edit(&changed, |value| read = value.clone()).expect("what was written can be read");
        assert_eq!(read, meant, "{changed}");
    }
});
