//! A certificate in DER, read, and printed by `x509 -text`.
#![no_main]

use khw_cert::{Certificate, TOOL};
use khw_fuzz::{file, run};

libfuzzer_sys::fuzz_target!(|der: &[u8]| {
    let Ok(certificate) = Certificate::from_der(der) else { return };
    let _ = (certificate.subject(), certificate.issuer(), certificate.common_name(), certificate.organizations());
    let _ = (certificate.dns_names(), certificate.ip_addresses(), certificate.not_before(), certificate.not_after());
    let _ = (certificate.is_ca(), certificate.serial(), certificate.is_signed_by(&certificate));
    let file = file("x.crt", certificate.to_pem().as_bytes());
    let _ = run(&TOOL, &["x509", "-in", &file, "-noout", "-text", "-subject", "-fingerprint"]);
});
