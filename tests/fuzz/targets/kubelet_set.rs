//! `--set FIELD=VALUE`: what is not refused is written, reads as what was meant, and has the field's type.
#![no_main]

use khw_kubelet_conf::component::{Config, Language};
use khw_kubelet_conf::{KIND, check};

libfuzzer_sys::fuzz_target!(|setting: &str| {
    let Some((path, value)) = setting.split_once('=') else { return };
    for version in khw_fuzz::versions() {
        let mut config = Config::new(&KIND, version);
        if config.set(path, value).is_ok() {
            let (text, document) = config.render(Some(Language::En)).expect("what is set can be written");
            check(&document, version);
            assert!(document.get(path).is_some(), "{text}");
        }
        let _ = config.unset(path);
    }
});
