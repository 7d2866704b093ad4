//! PEM files: keys and certificates.
#![no_main]

use khw_cert::{Certificate, PrivateKey};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    if let Ok(key) = PrivateKey::from_pem(content) {
        PrivateKey::from_pem(key.to_pem().as_bytes()).expect("what was written can be read");
    }
    for certificate in Certificate::all_from_pem(content).unwrap_or_default() {
        let again = Certificate::from_pem(certificate.to_pem().as_bytes()).expect("what was written can be read");
        assert_eq!(again.der(), certificate.der());
    }
});
