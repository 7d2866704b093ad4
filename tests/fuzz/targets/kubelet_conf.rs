//! A KubeletConfiguration: what is read is checked for any version, and a change keeps everything else.
#![no_main]

use khw_kubelet_conf::component::{Config, Document};
use khw_kubelet_conf::{KIND, check};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    if let Ok(document) = Document::parse_with_duplicates(content) {
        for version in khw_fuzz::versions() {
            check(&document, version);
        }
    }
    let version = khw_core::KubernetesVersion::NEWEST;
    if let Ok(mut config) = Config::from_text(&KIND, version, content) {
        config.set("maxPods", "50").expect("a field of every version");
        if let Ok((text, document)) = config.render(None) {
            assert_eq!(document.get("maxPods"), Some(&50.into()), "{text}");
            let again = Document::parse(text.as_bytes()).expect("what was written can be read");
            let mut before = config.source().expect("it came from a file").root().clone();
            before["maxPods"] = 50.into();
            assert_eq!(again.root(), &before, "{text}");
        }
    }
});
