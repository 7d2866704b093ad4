//! A kubeconfig, read.
#![no_main]

use khw_kubeconfig::Kubeconfig;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    if let Ok(kubeconfig) = Kubeconfig::parse(content) {
        let _ = kubeconfig.current();
        kubeconfig.has_secret();
    }
});
