//! The verbs that place: check, then place, then say what was done.

use crate::accept::{Known, accept};
use crate::archive;
use crate::args::{OneFile, Placing, ProgramChecks};
use crate::artefact::{Artefact, BINARY_MODE};
use crate::checksum::{Algorithm, Hash, Sums};
use crate::difference;
use crate::leftover;
use crate::manifest::{self, Manifest};
use crate::obstacle::{refuse_drop_in, refuse_mask, refuse_other_layout};
use crate::program::{Program, Wanted};
use crate::supply::Supply;
use crate::target::Target;
use khw_cert::Certificate;
use khw_core::input::Input;
use khw_core::layout::{Layout, Paths};
use khw_core::place::{Content, Placed};
use khw_core::{Error, Exit, NodeName, output};
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Something to be placed, already checked.
pub(crate) struct Item {
    pub(crate) path: PathBuf,
    pub(crate) mode: u32,
    held: Held,
}

/// What an item holds: a file of a worker in memory, or a program, which is too large for that.
enum Held {
    Bytes(Vec<u8>),
    Program(Program),
}

impl Item {
    pub(crate) fn content(&self) -> Content<'_> {
        match &self.held {
            Held::Bytes(bytes) => Content::Bytes(bytes),
            Held::Program(program) => Content::Stream(program),
        }
    }

    /// The content, where it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.held {
            Held::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            Held::Program(_) => None,
        }
    }

    /// The SHA-256 of the content, in hex.
    fn sha256(&self) -> String {
        match &self.held {
            Held::Bytes(bytes) => Hash::of(Algorithm::Sha256, bytes).hex().to_owned(),
            Held::Program(program) => program.sha256().to_owned(),
        }
    }
}

/// `dirs`
pub(crate) fn dirs(placing: &Placing) -> anyhow::Result<Exit> {
    let target = target(placing)?;
    // No path of a directory has the node's name in it: any name will do.
    let node = match &placing.worker.node {
        Some(node) => node.clone(),
        None => "node".parse()?,
    };
    apply(&target, placing, &placing.worker.layout.paths(&node).directories, &[])
}

/// One of the verbs that place one file.
pub(crate) fn one_file(artefact: Artefact, one: &OneFile, certificate: Option<&Path>) -> anyhow::Result<Exit> {
    let target = target(&one.placing)?;
    let (node, paths) = worker(&target, &one.placing)?;
    let input = Input::new(&one.file);
    let content = input.read()?;
    let known = Known {
        authorities: placed_certificates(&target, &paths.ca)?,
        certificates: match artefact {
            Artefact::KubeletKey => {
                let beside = |content: &[u8]| accept(Artefact::KubeletCertificate, content, &node, &Known::default());
                certificates_of_key(&target, &paths.kubelet_certificate, &input, certificate, beside)?
            }
            Artefact::KubeProxyKey => {
                let beside = |content: &[u8]| accept(Artefact::KubeProxyCertificate, content, &node, &Known::default());
                certificates_of_key(&target, &paths.kube_proxy_certificate, &input, certificate, beside)?
            }
            _ => Vec::new(),
        },
    };
    accept(artefact, &content, &node, &known).map_err(|e| e.file(&input))?;
    let path = artefact.path(&paths).to_owned();
    refuse_mask(&target, artefact, &path)?;
    refuse_drop_in(&target, artefact, &path)?;
    apply(&target, &one.placing, &[], &[Item { path, mode: artefact.mode(one.cis), held: Held::Bytes(content) }])
}

/// `binaries FILE…`
pub(crate) fn binaries(files: &[PathBuf], checks: &ProgramChecks, placing: &Placing) -> anyhow::Result<Exit> {
    let target = target(placing)?;
    let directory = Layout::paths(placing.worker.layout, &"node".parse()?).binaries;
    let items = programs(files, checks, &target, &directory)?;
    apply(&target, placing, &[], &items)
}

/// `node --from DIR`
pub(crate) fn node(from: &Path, cis: bool, checks: &ProgramChecks, placing: &Placing) -> anyhow::Result<Exit> {
    let target = target(placing)?;
    let (node, _) = worker(&target, placing)?;
    supplied(Supply::of_directory(from, &node)?, &node, cis, &target, checks, placing)
}

/// `unpack FILE`
pub(crate) fn unpack(file: &Path, cis: bool, checks: &ProgramChecks, placing: &Placing) -> anyhow::Result<Exit> {
    let target = target(placing)?;
    let (node, _) = worker(&target, placing)?;
    let input = Input::new(file);
    let shown = input.to_string();
    let supply = match input.path() {
        None => archive::read(std::io::stdin().lock(), &shown, &node)?,
        Some(path) if path.is_dir() => {
            return Err(Error::new("is a directory, not a file").file(shown).hint("name the file inside it").into());
        }
        Some(path) => archive::read(File::open(path).map_err(|e| Error::io(&shown, &e))?, &shown, &node)?,
    };
    supplied(supply, &node, cis, &target, checks, placing)
}

/// Places what a directory or an archive has, when all of it is right.
fn supplied(
    mut supply: Supply,
    node: &NodeName,
    cis: bool,
    target: &Target,
    checks: &ProgramChecks,
    placing: &Placing,
) -> anyhow::Result<Exit> {
    let paths = placing.worker.layout.paths(node);
    let mut items = Vec::new();
    for (artefact, content) in supply.check(node, &paths)? {
        let path = artefact.path(&paths).to_owned();
        refuse_mask(target, artefact, &path)?;
        refuse_drop_in(target, artefact, &path)?;
        refuse_other_layout(target, placing.worker.layout, node, &content).map_err(|e| e.file(path.display()))?;
        items.push(Item { path, mode: artefact.mode(cis), held: Held::Bytes(content) });
    }
    let wanted = wanted(checks, Some(target))?;
    for (name, program) in supply.check_programs(&wanted)? {
        items.push(Item { path: paths.binaries.join(name), mode: BINARY_MODE, held: Held::Program(program) });
    }
    apply(target, placing, &paths.directories, &items)
}

/// Where is placed, and for whom.
fn target(placing: &Placing) -> Result<Target, Error> {
    let target = Target::open(placing.worker.root.as_deref())?;
    match &placing.owner {
        None => Ok(target),
        Some(wanted) => {
            let owner = wanted.find(&target)?;
            Ok(target.given_to(owner))
        }
    }
}

fn worker(target: &Target, placing: &Placing) -> Result<(NodeName, Paths), Error> {
    let node = match &placing.worker.node {
        Some(node) => node.clone(),
        None => target.node_name()?,
    };
    let paths = placing.worker.layout.paths(&node);
    Ok((node, paths))
}

fn placed_certificates(target: &Target, path: &Path) -> Result<Vec<Certificate>, Error> {
    let shown = target.shown(path);
    let Some(found) = target.read(path)? else { return Ok(Vec::new()) };
    Certificate::all_from_pem(&found.content).map_err(|e| e.file(shown.display()))
}

/// The certificate named by `--certificate`; else the one beside the key, if it `may` be placed too, and the one that is placed.
fn certificates_of_key(
    target: &Target,
    placed: &Path,
    input: &Input,
    certificate: Option<&Path>,
    may: impl Fn(&[u8]) -> Result<(), Error>,
) -> Result<Vec<Certificate>, Error> {
    let read = |content: &[u8], input: &Input| Certificate::from_pem(content).map_err(|e| e.file(input));
    if let Some(file) = certificate {
        let input = Input::new(file);
        return Ok(vec![read(&input.read()?, &input)?]);
    }
    let mut found = Vec::new();
    if let Some(beside) = input.path().map(|p| p.with_extension("crt")).filter(|p| p.is_file()) {
        let beside = Input::File(beside);
        let content = beside.read()?;
        let certificate = read(&content, &beside)?;
        if may(&content).is_ok() {
            found.push(certificate);
        }
    }
    // The first is the node's, the others lie between it and the CA.
    found.extend(placed_certificates(target, placed)?.into_iter().next());
    Ok(found)
}

/// Checks programs, each of which keeps its name.
fn programs(files: &[PathBuf], checks: &ProgramChecks, target: &Target, directory: &Path) -> Result<Vec<Item>, Error> {
    let wanted = wanted(checks, Some(target))?;
    let item = |file: &PathBuf| {
        let name = file.file_name().ok_or_else(|| Error::new("is not the path of a file").file(file.display()))?;
        let held = Held::Program(Program::open(file, &wanted, files.len() == 1)?);
        Ok(Item { path: directory.join(name), mode: BINARY_MODE, held })
    };
    files.iter().map(item).collect()
}

/// What programs must be on `target`, or wherever they are going to.
pub(crate) fn wanted<'t>(checks: &ProgramChecks, target: Option<&'t Target>) -> Result<Wanted<'t>, Error> {
    let mut sums = Sums::default();
    for (algorithm, given) in [(Algorithm::Sha256, &checks.sha256), (Algorithm::Sha512, &checks.sha512)] {
        for given in given {
            sums.add(algorithm, given)?;
        }
    }
    Ok(Wanted { target, architecture: checks.arch, version: checks.kubernetes_version, sums })
}

/// Places what was checked, and prints a line for each: what was done, the mode, the path.
fn apply(target: &Target, placing: &Placing, directories: &[PathBuf], items: &[Item]) -> anyhow::Result<Exit> {
    // What stops a run stops its preview.
    target.refuse_mount(Path::new(manifest::PATH))?;
    if placing.diff {
        return difference::print(target, directories, items);
    }
    let mut report = Report { target, dry_run: placing.dry_run, text: String::new() };
    let done = if placing.dry_run {
        preview(target, directories, items, &mut report)
    } else {
        place(target, directories, items, &mut report)
    };
    // What was done is said also when the next thing failed.
    output::print(report.text.as_bytes())?;
    done?;
    Ok(Exit::Done)
}

fn place(target: &Target, directories: &[PathBuf], items: &[Item], report: &mut Report<'_>) -> Result<(), Error> {
    // Two installs at once place one after the other, so that the files of one worker are not mixed.
    let _lock = manifest::lock(target)?;
    leftover::clear(target, directories.iter().chain(items.iter().map(|item| &item.path)).map(PathBuf::as_path));
    let before = Manifest::read(target)?;
    let mut manifest = before.clone();
    // Written before anything else is: a run that is killed leaves nothing that `remove` does not know of.
    for directory in directories.iter().map(PathBuf::as_path).chain(items.iter().filter_map(|i| i.path.parent())) {
        manifest.will_make(target.missing_directories(directory));
    }
    for item in items {
        let placed = target.would_place(&item.path, item.content(), item.mode)?;
        manifest.will_place(&item.path, item.sha256(), item.mode, placed);
    }
    if manifest != before {
        manifest.write(target)?;
    }
    for directory in directories {
        let (_, placed) = target.make_directory(directory)?;
        report.line(placed, 0o755, directory);
    }
    for item in items {
        report.line(target.place(&item.path, item.content(), item.mode)?, item.mode, &item.path);
    }
    if manifest.complete() {
        manifest.write(target)?;
    }
    Ok(())
}

fn preview(target: &Target, directories: &[PathBuf], items: &[Item], report: &mut Report<'_>) -> Result<(), Error> {
    for directory in directories {
        report.line(target.would_make_directory(directory)?, 0o755, directory);
    }
    for item in items {
        report.line(target.would_place(&item.path, item.content(), item.mode)?, item.mode, &item.path);
    }
    Ok(())
}

struct Report<'t> {
    target: &'t Target,
    dry_run: bool,
    text: String,
}

impl Report<'_> {
    fn line(&mut self, placed: Placed, mode: u32, path: &Path) {
        let done = match (placed, self.dry_run) {
            (Placed::Unchanged, _) => "unchanged",
            (Placed::Written, false) => "placed",
            (Placed::Corrected, false) => "corrected",
            (Placed::Written, true) => "would place",
            (Placed::Corrected, true) => "would correct",
        };
        let _ = writeln!(self.text, "{done} {mode:04o} {}", self.target.shown(path).display());
    }
}
