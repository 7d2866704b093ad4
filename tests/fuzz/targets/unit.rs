//! A unit file: what is read is checked for any version, and its command lines are taken apart.
#![no_main]

use khw_unit::{Unit, check_bytes};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    for version in khw_fuzz::versions() {
        check_bytes(content, version);
    }
    let Ok(unit) = Unit::parse_bytes(content) else { return };
    for command in unit.exec_starts().unwrap_or_default() {
        command.flags();
    }
});
