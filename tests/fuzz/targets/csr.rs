//! A certificate request in DER, signed by `x509 -req`: a certificate that can be read comes out, or a refusal.
#![no_main]

use khw_cert::{Certificate, TOOL};
use khw_fuzz::{directory, file, run};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    let request = file("x.csr", khw_fuzz::pem("CERTIFICATE REQUEST", der).as_bytes());
    let (ca, key) = (directory().join("ca.crt"), directory().join("ca.key"));
    let (ca, key) = (ca.to_str().expect("a path of letters"), key.to_str().expect("a path of letters"));
    let out = directory().join("x.crt");
    let written = out.to_str().expect("a path of letters");
    let sign =
        ["x509", "-req", "-in", &request, "-CA", ca, "-CAkey", key, "-set_serial", "1", "-copy_extensions", "copyall"];
    if run(&TOOL, &[&sign[..], &["-out", written]].concat()).is_ok() {
        Certificate::from_pem(&std::fs::read(&out).expect("the certificate")).expect("what was signed can be read");
    }
});
