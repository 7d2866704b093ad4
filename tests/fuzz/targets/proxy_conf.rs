//! A KubeProxyConfiguration: what is read is checked for any version.
#![no_main]

use khw_kubelet_conf::component::Document;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    if let Ok(document) = Document::parse_with_duplicates(content) {
        for version in khw_fuzz::versions() {
            khw_proxy_conf::check(&document, version);
        }
    }
});
