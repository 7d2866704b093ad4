//! Reading the worker's files: is it there, is it a file, who may read and write it. Each file is judged once.

use crate::target::{Found, Target};
use khw_core::finding::Finding;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Who may read or write a file of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensitivity {
    /// A key, or a kubeconfig with one in it: nobody but the owner.
    Secret,
    /// Everybody may read it, only the owner may write it.
    Public,
    /// Public, and written by a service of the host under its own user, as resolv.conf by systemd-resolved.
    OfHost,
}

/// Where a path was named.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The file that names it, as shown to the person.
    pub(super) file: String,
    /// The line there.
    pub(super) line: Option<usize>,
    /// The flag, directive or field.
    pub(super) field: String,
}

/// That one file names another, for the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The file that names it; `None` for systemd, or whoever looks where the layout has it.
    pub(crate) from: Option<String>,
    /// The flag, directive or field that names it.
    pub(crate) field: String,
    /// What is named, as shown to the person.
    pub(crate) to: String,
    /// What it is.
    pub(crate) what: String,
    /// Whether it was looked for and found.
    pub(crate) is_there: bool,
}

/// A path of the worker, and who names it; nobody when it is where the layout has it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) path: PathBuf,
    pub(super) origin: Option<Origin>,
}

impl Named {
    pub(super) fn by_layout(path: &Path) -> Self {
        Named { path: path.to_owned(), origin: None }
    }
}

/// The files of the worker, and what was found so far.
pub(super) struct Files<'a> {
    pub(super) target: &'a Target,
    pub(super) findings: Vec<Finding>,
    pub(super) references: Vec<Reference>,
    judged: HashSet<PathBuf>,
    directories: HashSet<PathBuf>,
}

impl<'a> Files<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Files {
            target,
            findings: Vec::new(),
            references: Vec::new(),
            judged: HashSet::new(),
            directories: HashSet::new(),
        }
    }

    /// The path as the person would name it.
    pub(super) fn shown(&self, path: &Path) -> String {
        self.target.shown(path).display().to_string()
    }

    /// The content of a file; a finding and `None` when it is not to be had.
    pub(super) fn read(&mut self, named: &Named, what: &str, sensitivity: Sensitivity) -> Option<Vec<u8>> {
        self.relative(named);
        if self.is_of_running_host(&named.path) {
            self.refer(named, what, true);
            return None;
        }
        let found = self.target.read(&named.path);
        self.refer(named, what, !matches!(found, Ok(None)));
        match found {
            Ok(Some(found)) => {
                self.judge(&named.path, &found, sensitivity);
                Some(found.content)
            }
            Ok(None) => {
                self.missing(named, what);
                None
            }
            Err(error) => {
                let shown = self.shown(&named.path);
                if self.judged.insert(named.path.clone()) {
                    self.findings.push(Finding::from_error("file-invalid", &error).file(shown));
                }
                None
            }
        }
    }

    /// Remembers that `named` was named.
    pub(super) fn refer(&mut self, named: &Named, what: &str, is_there: bool) {
        let reference = Reference {
            from: named.origin.as_ref().map(|o| o.file.clone()),
            field: named.origin.as_ref().map(|o| o.field.clone()).unwrap_or_default(),
            to: self.shown(&named.path),
            what: what.to_owned(),
            is_there,
        };
        if !self.references.contains(&reference) {
            self.references.push(reference);
        }
    }

    /// Remembers how two things belong together beyond naming: an address, a signature.
    pub(super) fn relate(&mut self, from: &Path, field: &str, to: &str, what: &str) {
        let from = Some(self.shown(from));
        let reference =
            Reference { from, field: field.to_owned(), to: to.to_owned(), what: what.to_owned(), is_there: true };
        if !self.references.contains(&reference) {
            self.references.push(reference);
        }
    }

    /// A unit has no working directory but `/`: a path in it that is not absolute is rarely what was meant.
    fn relative(&mut self, named: &Named) {
        let Some(origin) = named.origin.as_ref().filter(|o| o.field.starts_with("--")) else { return };
        if !named.path.is_absolute() {
            let message = format!("'{}' counts from /, where systemd starts the program", named.path.display());
            let finding = at(Finding::error("path-relative", message), origin).fix("write the absolute path");
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }

    /// That a program is there and may be run.
    pub(super) fn program(&mut self, named: &Named) {
        let shown = self.shown(&named.path);
        self.refer(named, "the program", self.target.stat(&named.path).is_some());
        let name = named.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let found = match self.target.stat(&named.path) {
            None => Finding::error("binary-missing", format!("the program {} is not there", named.path.display()))
                .fix(format!("place it with `khw-install binaries {name}`")),
            Some(stat) if stat.st_mode & 0o111 == 0 => {
                Finding::error("binary-mode", format!("mode {:04o}: it cannot be run", stat.st_mode & 0o7777))
                    .fix(format!("place it again with `khw-install binaries {name}`"))
            }
            Some(stat) if stat.st_mode & 0o022 != 0 => {
                Finding::error("binary-mode", format!("mode {:04o}: others may replace it", stat.st_mode & 0o7777))
                    .fix(format!("place it again with `khw-install binaries {name}`"))
            }
            Some(_) => return,
        };
        let found = match (&named.origin, found.name) {
            (Some(origin), "binary-missing") => at(found, origin),
            _ => found.file(shown),
        };
        self.findings.push(found);
    }

    /// Adds a finding about a file of the worker.
    pub(super) fn find(&mut self, path: &Path, finding: Finding) {
        let shown = self.shown(path);
        self.findings.push(finding.file(shown));
    }

    /// What only a running host has is not looked for in a staged tree.
    fn is_of_running_host(&self, path: &Path) -> bool {
        self.target.is_staged() && (path.starts_with("/run") || path.starts_with("/var/run"))
    }

    fn missing(&mut self, named: &Named, what: &str) {
        if !self.judged.insert(named.path.clone()) {
            return;
        }
        let finding = match &named.origin {
            Some(origin) => {
                at(Finding::error("path-missing", format!("{what} is not there: {}", named.path.display())), origin)
                    .fix("place the file, or correct the path")
            }
            None => Finding::error("file-missing", format!("{what} is not there"))
                .file(self.shown(&named.path))
                .fix("place it with khw-install"),
        };
        self.findings.push(finding);
    }

    fn judge(&mut self, path: &Path, found: &Found, sensitivity: Sensitivity) {
        if !self.judged.insert(path.to_owned()) {
            return;
        }
        self.directory(path);
        let (forbidden, who, wanted) = match sensitivity {
            Sensitivity::Secret => (0o077, "others than its owner may read or write it", "600"),
            Sensitivity::Public | Sensitivity::OfHost => (0o022, "others than its owner may write it", "go-w"),
        };
        let shown = self.shown(path);
        if found.mode & forbidden != 0 {
            self.findings.push(
                Finding::error("mode-too-wide", format!("mode {:04o}: {who}", found.mode))
                    .file(&shown)
                    .fix(format!("chmod {wanted} {shown}")),
            );
        }
        let owner = self.target.owner();
        if found.owner != owner && sensitivity != Sensitivity::OfHost {
            self.findings.push(
                Finding::error(
                    "owner-wrong",
                    format!("owner {}:{}, not {}:{}", found.owner.uid, found.owner.gid, owner.uid, owner.gid),
                )
                .file(&shown)
                .fix(format!("chown {}:{} {shown}", owner.uid, owner.gid)),
            );
        }
    }
}

impl Files<'_> {
    /// Who may write the directory of a file may replace the file.
    fn directory(&mut self, path: &Path) {
        let Some(parent) = path.parent().filter(|p| self.directories.insert((*p).to_owned())) else { return };
        let Some(stat) = self.target.stat(parent) else { return };
        let mode = stat.st_mode & 0o7777;
        let sticky = mode & 0o1000 != 0;
        if mode & 0o022 != 0 && !sticky {
            let shown = self.shown(parent);
            self.findings.push(
                Finding::error("directory-mode", format!("mode {mode:04o}: others may replace the files in it"))
                    .file(&shown)
                    .fix(format!("chmod go-w {shown}")),
            );
        }
    }
}

/// A finding at the place that names a path.
pub(super) fn at(finding: Finding, origin: &Origin) -> Finding {
    finding.file(&origin.file).line(origin.line).field(&*origin.field)
}
