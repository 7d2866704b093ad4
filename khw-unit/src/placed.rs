//! A unit on its worker: with the drop-ins that change it, the masks and other files that take its place, and the
//! version of the program that it starts.

use crate::check::check_under;
use crate::flag::Program;
use crate::program;
use crate::root::Root;
use crate::syntax::Unit;
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use std::path::{Path, PathBuf};

/// Where systemd looks for units, the first before the others: `systemd-analyze unit-paths` of 252. /usr/lib stands
/// before /lib, which is a link to it, so that no unit takes its own place.
const UNIT_PATH: [&str; 13] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    PLACED,
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];

/// Where a unit is placed that is nowhere yet.
const PLACED: &str = "/etc/systemd/system";

/// Looks through a unit with all that belongs to it under `root`. `file` is where it was read; the findings that are not
/// about it name another.
pub(crate) fn check(file: &Path, unit: Unit, version: Option<KubernetesVersion>, root: &Root) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(name) = file.file_name().and_then(|n| n.to_str()) else { return findings };
    let place = root.inside(file);
    findings.extend(replaced(name, place.as_deref(), root));

    // Each file's lines follow those of the one before, so that a finding's line says which file it is in.
    let mut starts: Vec<(usize, PathBuf)> = Vec::new();
    let mut end = unit.lines();
    let mut whole = unit;
    for path in drop_ins(name, root) {
        let shown = root.shown(&path);
        let parsed = root.read(&path).and_then(|content| Unit::parse_bytes(&content));
        match parsed {
            Ok(drop_in) => {
                findings.extend(changes(&drop_in).map(|f| f.file(shown.display())));
                let lines = drop_in.lines();
                whole.append(drop_in, end);
                starts.push((end, shown));
                end += lines;
            }
            Err(error) => findings.push(Finding::from_error("syntax", &error).file(shown.display())),
        }
    }
    let version = version.or_else(|| placed_version(&whole, root)).unwrap_or(KubernetesVersion::NEWEST);
    for mut finding in check_under(&whole, version, Some(root)) {
        let line = finding.line.unwrap_or_default();
        if let Some((start, shown)) = starts.iter().rev().find(|(start, _)| line > *start) {
            finding.line = Some(line - start);
            finding.file = Some(shown.display().to_string());
        }
        findings.push(finding);
    }
    findings
}

/// A mask or another file that systemd takes instead of this one.
fn replaced(name: &str, place: Option<&Path>, root: &Root) -> Option<Finding> {
    for dir in UNIT_PATH {
        let other = Path::new(dir).join(name);
        let this = place == Some(other.as_path());
        if root.is_masked(&other) {
            let message = format!("{} is a link to /dev/null: the unit is masked, and never starts", other.display());
            return Some(Finding::error("masked", message).fix(format!("systemctl unmask {name}")));
        }
        if this {
            return None;
        }
        if place.is_some() && root.find(&other).is_some() {
            let message = format!("systemd takes {} instead", other.display());
            return Some(Finding::error("shadowed", message).fix("change that one, or remove it"));
        }
        if dir == PLACED
            && place.is_none_or(|p| p.parent().is_none_or(|d| !UNIT_PATH.iter().any(|u| Path::new(u) == d)))
        {
            return None;
        }
    }
    None
}

/// The drop-ins of a unit in the order in which they count: by name, and of one name that of the first directory.
fn drop_ins(name: &str, root: &Root) -> Vec<PathBuf> {
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, "service"));
    // kube-proxy.service has kube-.service.d too, an instance a@b.service that of a@.service, each service service.d.
    let mut dirs = vec![format!("{name}.d")];
    if let Some((template, _)) = stem.split_once('@') {
        dirs.push(format!("{template}@.{kind}.d"));
    }
    dirs.extend(stem.rmatch_indices('-').map(|(at, _)| format!("{}-.{kind}.d", stem.get(..at).unwrap_or_default())));
    dirs.push(format!("{kind}.d"));
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for dir in dirs {
        for base in UNIT_PATH {
            let dir = Path::new(base).join(&dir);
            for file in root.names(&dir).into_iter().filter(|n| n.ends_with(".conf")) {
                if found.iter().all(|(other, _)| *other != file) {
                    let path = dir.join(&file);
                    found.push((file, path));
                }
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, path)| path).filter(|path| !root.is_masked(path)).collect()
}

fn changes(drop_in: &Unit) -> Option<Finding> {
    let mut names: Vec<&str> = drop_in.assignments().iter().map(|a| a.name.as_str()).collect();
    names.dedup();
    (!names.is_empty()).then(|| {
        Finding::warning("drop-in", format!("changes {}", names.join(", ")))
            .fix("write it into the unit, or remove the drop-in, if it is not meant")
    })
}

/// The version of the kubelet or kube-proxy that the unit starts.
fn placed_version(unit: &Unit, root: &Root) -> Option<KubernetesVersion> {
    let command = unit.exec_starts().ok()?.into_iter().next()?;
    Program::of(command.program_name())?;
    program::version(root.find(Path::new(&command.program))?.path())
}
