//! The list of `node --from`: refused whole, or each of its nodes gets a pair, and nothing is written anywhere else.
#![no_main]

use khw_cert::{Certificate, PrivateKey, TOOL};
use khw_fuzz::{directory, file, run};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let list = file("list", content);
    let (ca, out) = (directory().join("ca.crt"), directory().join("nodes"));
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir(&out).expect("a directory");
    let (from, to) = (ca.to_str().expect("a path of letters"), out.to_str().expect("a path of letters"));
    // A long list takes long because of its keys. Without a CA it is read and checked, and that is all.
    let short = content.iter().filter(|&&byte| byte == b'\n').count() < 8;
    let ca = if short { from } else { "/nonexistent/ca.crt" };
    let made = run(&TOOL, &["node", "--key-type", "ecdsa:p256", "--from", &list, "--ca", ca, "-d", to]).is_ok();
    let mut files: Vec<_> = std::fs::read_dir(&out).expect("a directory").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert_eq!(files.is_empty(), !made, "{files:?}");
    for pair in files.chunks(2) {
        let read = |at: usize| std::fs::read(pair.get(at).expect("a pair")).expect("the file");
        let certificate = Certificate::from_pem(&read(0)).expect("what was written can be read");
        assert!(PrivateKey::from_pem(&read(1)).expect("what was written can be read").belongs_to(&certificate));
        let node = certificate.common_name().unwrap_or_default();
        let node = node.strip_prefix("system:node:").expect("a node").to_owned();
        assert_eq!(pair[0].file_name(), Some(format!("{node}.crt").as_ref()));
        assert!(certificate.dns_names().contains(&node), "{node}");
    }
});
