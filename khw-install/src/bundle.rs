//! `bundle`: the files of a worker on their way to it.

use crate::archive::{Bundle, Member};
use crate::args::BundleArgs;
use crate::artefact::BINARY_MODE;
use crate::names;
use crate::placing::wanted;
use crate::supply::Supply;
use khw_cert::Certificate;
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::{Content, Existing};
use khw_core::{Error, Exit, NodeName};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;

/// `bundle --from DIR`
pub(crate) fn bundle(args: &BundleArgs) -> anyhow::Result<Exit> {
    refuse_terminal(&args.output)?;
    let node = match &args.node {
        Some(node) => node.clone(),
        None => only_node(&args.from)?,
    };
    let mut supply = Supply::of_directory(&args.from, &node)?;
    let files = supply.check(&node, &args.layout.paths(&node))?;
    let programs = supply.check_programs(&wanted(&args.checks, None)?)?;
    let mut members = Vec::new();
    for (artefact, content) in &files {
        let name = names::of(*artefact, &node).swap_remove(0);
        members.push(Member { name, mode: artefact.mode(false), content: Content::Bytes(content) });
    }
    for (name, program) in &programs {
        members.push(Member { name: (*name).to_owned(), mode: BINARY_MODE, content: Content::Stream(program) });
    }
    let bundle = Bundle::new(members)?;
    args.output.write_content(Content::Stream(&bundle), Kind::Secret, Existing::Replace)?;
    Ok(Exit::Done)
}

/// A terminal would show the key, and understand the rest as orders.
fn refuse_terminal(output: &Output) -> Result<(), Error> {
    let is_terminal = match output.path() {
        None => std::io::stdout().is_terminal(),
        // A pipe is not opened: that waits for somebody who reads.
        Some(path) => {
            use std::os::unix::fs::FileTypeExt;
            let is_device = std::fs::metadata(path).is_ok_and(|kind| kind.file_type().is_char_device());
            is_device && File::options().write(true).open(path).is_ok_and(|file| file.is_terminal())
        }
    };
    if !is_terminal {
        return Ok(());
    }
    Err(Error::new("is a terminal, and the archive has a private key in it")
        .file(output.path().map_or("standard output".into(), |path| path.display().to_string()))
        .hint("pipe it to `ssh NAME sudo khw-install unpack -`, or name a file with -o"))
}

/// The node whose certificate is in a directory, when it is one.
fn only_node(from: &Path) -> Result<NodeName, Error> {
    let listed = std::fs::read_dir(from).map_err(|e| Error::io(from.display(), &e).field("--from"))?;
    let mut nodes = BTreeSet::new();
    for path in listed.filter_map(Result::ok).map(|entry| entry.path()) {
        let is_certificate = path.extension().is_some_and(|end| end == "crt" || end == "pem");
        if !is_certificate || !path.is_file() {
            continue;
        }
        // What is no certificate is no node's; it is refused later when it is a file of the worker.
        let certificate = Input::File(path).read().and_then(|content| Certificate::from_pem(&content));
        let user = certificate.ok().and_then(|certificate| certificate.common_name());
        nodes.extend(user.and_then(|user| user.strip_prefix(NodeName::USER_PREFIX)?.parse::<NodeName>().ok()));
    }
    let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
    match (names.as_slice(), nodes.first()) {
        ([_], Some(node)) => Ok(node.clone()),
        ([], _) => Err(Error::new("has no certificate of a node, so the node has no name")
            .file(from.display())
            .field("--node")
            .hint("say which node this is with --node NAME")),
        _ => Err(Error::new(format!("has certificates of {}", names.join(", ")))
            .file(from.display())
            .field("--node")
            .hint("say which of them is meant with --node NAME")),
    }
}
