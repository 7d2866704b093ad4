//! What `unpack` takes: an archive is placed in the tree and nowhere else, or nothing of it is.
#![no_main]

use khw_fuzz::{directory, file, run};
use khw_install::TOOL;
use std::fs;
use std::path::{Path, PathBuf};

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let archive = file("archive.tar", content);
    let inside = directory().join("jail/root");
    let _ = fs::remove_dir_all(directory().join("jail"));
    fs::create_dir_all(&inside).expect("a directory");
    let root = inside.to_str().expect("a path of letters");
    let placed = run(&TOOL, &["unpack", &archive, "--node", "worker-1", "--root", root]).is_ok();
    let files = files(&directory().join("jail"));
    assert_eq!(files.is_empty(), !placed, "{files:?}");
    for path in files {
        let known = ["etc/systemd/system", "usr/local/bin", "var/lib", "etc/cni"];
        assert!(known.iter().any(|known| path.starts_with(inside.join(known))), "{path:?}");
    }
});

/// All that is no directory, below this one.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
