//! Finds the six tools.
//!
//! `CARGO_BIN_EXE_*` is set only in the package that owns a binary, and `cargo test --workspace` does not build the
//! binaries of other packages for this one. So they are built once per test process (15 to 20 ms when fresh), unless
//! `KHW_BIN_DIR` names a directory with them: a package, a release build, the lab.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The six tools.
pub const TOOLS: [&str; 6] =
    ["khw-cert", "khw-kubeconfig", "khw-kubelet-conf", "khw-proxy-conf", "khw-unit", "khw-install"];

/// The directory in which the tools are.
pub fn bin_dir() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("KHW_BIN_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => build(),
    });
    &DIR
}

fn build() -> PathBuf {
    // target/PROFILE/deps/TEST-HASH: the binaries belong two levels up.
    let this = std::env::current_exe().expect("the path of the test");
    let dir = this.parent().and_then(Path::parent).expect("target/PROFILE").to_owned();
    let release = dir.ends_with("release");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--workspace", "--bins", "--target-dir"]).arg(dir.parent().expect("target"));
    if release {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).status().expect("cargo runs");
    assert!(built.success(), "cargo build --workspace --bins failed");
    dir
}
