//! A kubeconfig, changed as every command changes one: what comes out can be read, and has what was asked for.
#![no_main]

use khw_kubeconfig::{Kubeconfig, edit};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let readable = Kubeconfig::parse(text.as_bytes()).is_ok();
    let set = edit(text, |value| {
        if let Some(map) = value.as_object_mut() {
            map.insert("current-context".to_owned(), "x".into());
        }
    });
    let removed = edit(text, |value| {
        if let Some(map) = value.as_object_mut() {
            map.remove("clusters");
        }
    });
    for changed in [set, removed].into_iter().flatten().filter(|_| readable) {
        Kubeconfig::parse(changed.as_bytes()).expect("what was written can be read");
    }
});
