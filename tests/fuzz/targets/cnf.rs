//! openssl's configuration, as `req -config` reads it: a request comes out, or a refusal.
#![no_main]

use khw_fuzz::{directory, file, run};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let (config, key) = (file("x.cnf", content), directory().join("ca.key"));
    let key = key.to_str().expect("a path of letters");
    let out = file("x.csr", b"");
    let _ = run(&khw_cert::TOOL, &["req", "-new", "-key", key, "-subj", "/CN=x", "-config", &config, "-out", &out]);
});
