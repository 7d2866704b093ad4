//! The files of one worker before they are placed: found in a directory, or come in an archive, and checked together.

use crate::accept::{Known, accept};
use crate::artefact::{Artefact, BINARIES};
use crate::names;
use crate::program::{Program, Wanted};
use khw_cert::Certificate;
use khw_core::input::Input;
use khw_core::layout::Paths;
use khw_core::{Error, NodeName};
use khw_kubeconfig::Kubeconfig;
use khw_unit::Unit;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What was found, by name; nothing of it is checked yet.
#[derive(Debug)]
pub(crate) struct Supply {
    place: Place,
    files: BTreeMap<String, Vec<u8>>,
    programs: Vec<Found>,
}

/// Where it was found.
#[derive(Debug)]
enum Place {
    Directory(PathBuf),
    /// The archive, as messages name it.
    Archive(String),
}

/// A program, which is too large for memory.
#[derive(Debug)]
enum Found {
    At { name: &'static str, path: PathBuf },
    Read { name: &'static str, file: File, shown: String },
}

impl Supply {
    /// The files of `node` that are in a directory under one of their names.
    ///
    /// # Errors
    /// When it is no directory, or one of them is no file or cannot be read.
    pub(crate) fn of_directory(from: &Path, node: &NodeName) -> Result<Self, Error> {
        if !from.is_dir() {
            return Err(Error::new("is not a directory")
                .file(from.display())
                .field("--from")
                .hint("name the directory with the files"));
        }
        let mut files = BTreeMap::new();
        for name in Artefact::ALL.into_iter().flat_map(|artefact| names::of(artefact, node)) {
            let path = from.join(&name);
            if path.exists() {
                regular(&path)?;
                files.insert(name, Input::File(path).read()?);
            }
        }
        let first = |program| {
            let mut paths = names::of_program(program).into_iter().map(|name| from.join(name));
            paths.find(|path| path.exists()).map(|path| Found::At { name: program, path })
        };
        let programs = BINARIES.into_iter().filter_map(first).collect();
        Ok(Supply { place: Place::Directory(from.to_owned()), files, programs })
    }

    /// Nothing yet, of an archive that messages call `shown`.
    pub(crate) fn of_archive(shown: &str) -> Self {
        Supply { place: Place::Archive(shown.to_owned()), files: BTreeMap::new(), programs: Vec::new() }
    }

    /// Adds a file of an archive.
    pub(crate) fn add(&mut self, name: &str, content: Vec<u8>) {
        self.files.insert(name.to_owned(), content);
    }

    /// Adds a program of an archive, kept in `file`. KTHW's places are other names of the same program.
    pub(crate) fn add_program(&mut self, program: &'static str, name: &str, file: File) {
        self.programs.push(Found::Read { name: program, file, shown: self.shown(name) });
    }

    /// Checks that all is there, that each file is what its name says, and that they belong together. Gives the files in
    /// the order in which they are placed.
    ///
    /// # Errors
    /// When something is missing, or cannot work on this node.
    pub(crate) fn check(&mut self, node: &NodeName, paths: &Paths) -> Result<Vec<(Artefact, Vec<u8>)>, Error> {
        let chosen = self.choose(node, paths)?;
        let certificate = |wanted: Artefact| -> Result<Option<Certificate>, Error> {
            let Some(name) = chosen.get(&wanted) else { return Ok(None) };
            Certificate::from_pem(self.content(name)).map(Some).map_err(|e| e.file(self.shown(name)))
        };
        let authorities = match chosen.get(&Artefact::Ca) {
            Some(name) => Certificate::all_from_pem(self.content(name)).map_err(|e| e.file(self.shown(name)))?,
            None => Vec::new(),
        };
        let mut known = Known { authorities, certificates: Vec::new() };
        for (artefact, name) in &chosen {
            known.certificates = match artefact {
                Artefact::KubeletKey => certificate(Artefact::KubeletCertificate)?.into_iter().collect(),
                Artefact::KubeProxyKey => certificate(Artefact::KubeProxyCertificate)?.into_iter().collect(),
                _ => Vec::new(),
            };
            accept(*artefact, self.content(name), node, &known).map_err(|e| e.file(self.shown(name)))?;
        }
        let taken = chosen.into_iter().filter_map(|(artefact, name)| Some((artefact, self.files.remove(&name)?)));
        let mut taken: Vec<_> = taken.collect();
        taken.sort_by_key(|(artefact, _)| Artefact::ALL.iter().position(|a| a == artefact));
        Ok(taken)
    }

    /// The names of the files, sorted.
    #[cfg(test)]
    pub(crate) fn names(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }

    /// Checks the programs that are there, each by its name.
    ///
    /// # Errors
    /// When one cannot run on the worker, or is not what was asked for.
    pub(crate) fn check_programs(&mut self, wanted: &Wanted<'_>) -> Result<Vec<(&'static str, Program)>, Error> {
        let programs = std::mem::take(&mut self.programs);
        let alone = programs.len() == 1;
        let check = |found| match found {
            Found::At { name, path } => Ok((name, Program::open(&path, wanted, alone)?)),
            Found::Read { name, file, shown } => Ok((name, Program::of_file(file, &shown, name, wanted, alone)?)),
        };
        programs.into_iter().map(check).collect()
    }

    /// Which of the names is taken for each file of a worker.
    fn choose(&self, node: &NodeName, paths: &Paths) -> Result<BTreeMap<Artefact, String>, Error> {
        let mut found = BTreeMap::new();
        for artefact in Artefact::ALL {
            if let Some(name) = self.one_of(names::of(artefact, node))? {
                found.insert(artefact, name);
            }
        }
        let bootstraps = self.bootstraps(&found);
        let (certificate, key) = self.proxy_pair_by_path(&found, paths);
        let mut missing = Vec::new();
        for artefact in Artefact::ALL {
            let there = found.contains_key(&artefact);
            let needed = match artefact {
                Artefact::KubeletCertificate | Artefact::KubeletKey | Artefact::KubeletKubeconfig => {
                    if bootstraps {
                        Needed::WhereThere
                    } else {
                        Needed::Always
                    }
                }
                Artefact::KubeletBootstrapKubeconfig => Needed::when(bootstraps),
                Artefact::KubeProxyCertificate => Needed::when(certificate),
                Artefact::KubeProxyKey => Needed::when(key),
                _ => Needed::Always,
            };
            match needed {
                Needed::Always if !there => missing.push(artefact),
                Needed::Never => drop(found.remove(&artefact)),
                _ => {}
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(self.lacks(&missing, node)) }
    }

    /// The first of `names` that is there.
    fn one_of(&self, names: Vec<String>) -> Result<Option<String>, Error> {
        let mut there = names.into_iter().filter(|name| self.files.contains_key(name));
        let Some(first) = there.next() else { return Ok(None) };
        // In `configs` and `units` KTHW keeps what the file outside was made from.
        if let Some(other) = there.find(|other| !other.contains('/') && self.content(other) != self.content(&first)) {
            return Err(Error::new(format!("is there beside {other}, and they differ"))
                .file(self.shown(&first))
                .hint("both are names of the same file: take the wrong one away"));
        }
        Ok(Some(first))
    }

    /// Whether the kubelet is to ask for its certificate: its unit says so. Without a unit, what is there says it.
    fn bootstraps(&self, found: &BTreeMap<Artefact, String>) -> bool {
        let Some(unit) = found.get(&Artefact::KubeletUnit) else {
            return found.contains_key(&Artefact::KubeletBootstrapKubeconfig);
        };
        let command = Unit::parse_bytes(self.content(unit)).and_then(|unit| unit.exec_start());
        // A unit that cannot be read is refused later, with its line.
        let command = command.ok().flatten();
        command.is_some_and(|c| c.texts().iter().any(|t| t.split('=').next() == Some("--bootstrap-kubeconfig")))
    }

    /// Whether kube-proxy's kubeconfig names a certificate and a key where this layout has them, as MM's does.
    fn proxy_pair_by_path(&self, found: &BTreeMap<Artefact, String>, paths: &Paths) -> (bool, bool) {
        let name = found.get(&Artefact::KubeProxyKubeconfig);
        // A kubeconfig that cannot be read is refused later, with its line.
        let kubeconfig = name.and_then(|name| Kubeconfig::parse(self.content(name)).ok());
        let user = kubeconfig.as_ref().and_then(|k| k.current().ok()).map(|current| &current.user.user);
        let names = |named: Option<&String>, path: &Path| named.is_some_and(|named| Path::new(named) == path);
        (
            user.is_some_and(|u| names(u.client_certificate.as_ref(), &paths.kube_proxy_certificate)),
            user.is_some_and(|u| names(u.client_key.as_ref(), &paths.kube_proxy_key)),
        )
    }

    fn lacks(&self, missing: &[Artefact], node: &NodeName) -> Error {
        let first = |artefact: &Artefact| names::of(*artefact, node).swap_remove(0);
        let names: Vec<_> = missing.iter().map(first).collect();
        let mut said = BTreeSet::new();
        let commands = missing.iter().map(|artefact| format!("`{}`", names::made_with(*artefact, node)));
        let commands: Vec<_> = commands.filter(|command| said.insert(command.clone())).collect();
        let place = match &self.place {
            Place::Directory(from) => from.display().to_string(),
            Place::Archive(shown) => shown.clone(),
        };
        Error::new(format!("has no {}", names.join(", "))).file(place).hint(format!(
            "make what is missing with {}; the node is taken to be {node}, --node says otherwise",
            commands.join(", ")
        ))
    }

    fn content(&self, name: &str) -> &[u8] {
        self.files.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn shown(&self, name: &str) -> String {
        match &self.place {
            Place::Directory(from) => from.join(name).display().to_string(),
            Place::Archive(shown) => format!("{shown}: {name}"),
        }
    }
}

/// Whether a file belongs to this worker.
enum Needed {
    Always,
    WhereThere,
    Never,
}

impl Needed {
    fn when(needed: bool) -> Self {
        if needed { Needed::Always } else { Needed::Never }
    }
}

/// Looks at a file before it is opened: opening a pipe waits for somebody who writes.
fn regular(path: &Path) -> Result<(), Error> {
    let kind = std::fs::metadata(path).map_err(|e| Error::io(path.display(), &e))?;
    if kind.is_dir() {
        return Err(Error::new("is a directory, not a file").file(path.display()).hint("name the file inside it"));
    }
    if !kind.is_file() {
        return Err(Error::new("is a device, pipe or socket, not a file")
            .file(path.display())
            .hint("save what comes out of it first"));
    }
    Ok(())
}
