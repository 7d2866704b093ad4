//! What the fuzz targets share.

use khw_core::cli::Tool;
use khw_core::{Exit, KubernetesVersion};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The oldest release of the tables, the lab's, and the newest.
pub fn versions() -> [KubernetesVersion; 3] {
    [KubernetesVersion::minor_release(13), KubernetesVersion::minor_release(20), KubernetesVersion::NEWEST]
}

/// Runs a tool in this process, for what no library function reaches.
pub fn run(tool: &Tool, arguments: &[&str]) -> anyhow::Result<Exit> {
    let arguments = (tool.rewrite)(arguments.iter().map(OsString::from).collect())?;
    let matches = (tool.command)().try_get_matches_from(std::iter::once(tool.name.into()).chain(arguments))?;
    (tool.run)(&matches)
}

/// A directory with ca.crt and ca.key of a certificate authority. `run.sh` makes it go away.
pub fn directory() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("khw-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let at = directory.to_str().expect("a path of letters");
        run(&khw_cert::TOOL, &["ca", "--key-type", "ecdsa:p256", "-d", at]).expect("a certificate authority");
        directory
    })
}

/// Writes input to a file there, and gives its path.
pub fn file(name: &str, content: &[u8]) -> String {
    let path = directory().join(name);
    std::fs::write(&path, content).expect("the file");
    path.to_str().expect("a path of letters").to_owned()
}

/// DER as a block of PEM.
pub fn pem(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}
