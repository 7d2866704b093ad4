//! `paths`: the table of verbs, modes and targets.

use crate::args::Worker;
use crate::artefact::{Artefact, BINARIES, BINARY_MODE};
use crate::target::Target;
use khw_core::{Exit, output};
use std::fmt::Write;

/// Prints a line for each thing that is placed: verb, owner, mode, path, and the ids of the CIS benchmark where it has some.
pub(crate) fn print(worker: &Worker, cis: bool) -> anyhow::Result<Exit> {
    let target = Target::open(worker.root.as_deref())?;
    let node = match &worker.node {
        Some(node) => node.clone(),
        None => target.node_name()?,
    };
    let paths = worker.layout.paths(&node);
    let mut table = String::new();
    let mut row = |verb: &str, mode: u32, path: &std::path::Path, ids: Option<(&str, &str)>| {
        let ids = ids.map(|(mode, owner)| format!(" CIS {mode} {owner}")).unwrap_or_default();
        let _ = writeln!(table, "{verb:<28} root:root {mode:04o} {}{ids}", path.display());
    };
    for directory in &paths.directories {
        row("dirs", 0o755, directory, None);
    }
    for name in BINARIES {
        row("binaries", BINARY_MODE, &paths.binaries.join(name), None);
    }
    for artefact in Artefact::ALL {
        row(artefact.verb(), artefact.mode(cis), artefact.path(&paths), artefact.cis());
    }
    output::print(table.as_bytes())?;
    Ok(Exit::Done)
}
