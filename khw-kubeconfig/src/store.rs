//! Reads kubeconfigs, and changes them under lock: read, change, check, replace.
//!
//! Several files mean together what they mean to kubectl: of two entries of one name, and of two current contexts, the one
//! in the file that is named first. A change goes to the file that has the entry, else to [`Files::default`].

use crate::TOOL;
use crate::bystander;
use crate::edit;
use crate::entry::{Section, named, set_entry};
use crate::filelock::FileLock;
use crate::leftover;
use crate::location::{self, Files, directory};
use crate::model::Kubeconfig;
use crate::yaml::Node;
use khw_core::input::Input;
use khw_core::lock::Lock;
use khw_core::place::{self, Attributes, Existing, Permission};
use khw_core::{Error, cli};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A file that was read.
pub(crate) struct Loaded {
    pub(crate) path: PathBuf,
    pub(crate) config: Kubeconfig,
    text: String,
    node: Node,
}

impl Loaded {
    /// Reads a file. One that is not there is empty, as for kubectl.
    pub(crate) fn read(path: &Path) -> Result<Loaded, Error> {
        let loaded = Loaded::read_any(path)?;
        Kubeconfig::refuse_foreign(&loaded.node).map_err(|e| e.file(Input::new(path)))?;
        Ok(loaded)
    }

    /// The same of a file that may be no kubeconfig at all.
    fn read_any(path: &Path) -> Result<Loaded, Error> {
        let input = Input::new(path);
        let is_missing = |path| std::fs::metadata(path).is_err_and(|cause| cause.kind() == ErrorKind::NotFound);
        let text = if input.path().is_some_and(is_missing) { String::new() } else { input.read_text()? };
        let node = Node::of(&text).map_err(|e| e.file(&input))?;
        let config = Kubeconfig::from_node(&node).map_err(|e| e.file(&input))?;
        Ok(Loaded { path: path.to_owned(), config, text, node })
    }

    /// What it means; a new file has the fields that kubectl writes into one.
    pub(crate) fn value(&self) -> Map<String, Value> {
        match self.node.to_json() {
            Value::Object(map) => map,
            _ => new_file(),
        }
    }
}

/// What a new file means: the fields that kubectl writes into one.
pub(crate) fn new_file() -> Map<String, Value> {
    object(edit::skeleton())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// All files, read.
pub(crate) struct Merged {
    pub(crate) files: Vec<Loaded>,
    /// What they mean together.
    pub(crate) config: Kubeconfig,
}

impl Merged {
    /// Reads all files.
    pub(crate) fn read(files: &Files) -> Result<Merged, Error> {
        Merged::read_by(files, Loaded::read)
    }

    fn read_by(files: &Files, read: fn(&Path) -> Result<Loaded, Error>) -> Result<Merged, Error> {
        let loaded = files.paths().iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        let config = match loaded.as_slice() {
            [only] => only.config.clone(),
            several => Kubeconfig::merged(several.iter().map(|file| &file.config)),
        };
        Ok(Merged { files: loaded, config })
    }

    /// The file that has an entry.
    pub(crate) fn origin(&self, section: Section, name: &str) -> Option<&Path> {
        let file = self.files.iter().find(|file| file.config.has(section, name))?;
        Some(&file.path)
    }
}

/// Reads all files and gives what they mean together.
pub(crate) fn read(files: &Files) -> Result<Kubeconfig, Error> {
    Merged::read(files).map(|merged| merged.config)
}

/// Kubeconfigs that are being changed.
pub(crate) struct Draft {
    /// As they were read, together.
    pub(crate) config: Kubeconfig,
    /// What they shall mean together; the change is made here.
    pub(crate) value: Map<String, Value>,
    origins: Merged,
    default: PathBuf,
    /// An entry under a new name stays in its file.
    renamed: Option<(Section, String, PathBuf)>,
}

impl Draft {
    fn of(files: &Files, origins: Merged) -> Draft {
        let value = match origins.files.as_slice() {
            [only] => only.value(),
            several => merged_value(several),
        };
        let default = files.default().to_owned();
        Draft { config: origins.config.clone(), value, origins, default, renamed: None }
    }

    /// The file that an entry is written to.
    pub(crate) fn destination(&self, section: Section, name: &str) -> &Path {
        if let Some((_, _, path)) = self.renamed.as_ref().filter(|(s, n, _)| (*s, n.as_str()) == (section, name)) {
            return path;
        }
        self.origins.origin(section, name).unwrap_or(&self.default)
    }

    /// Says that an entry has a new name.
    pub(crate) fn renamed(&mut self, section: Section, from: &str, to: &str) {
        self.renamed = Some((section, to.to_owned(), self.destination(section, from).to_owned()));
    }

    /// What each file shall mean.
    fn values(&self) -> Vec<Map<String, Value>> {
        if self.origins.files.len() == 1 {
            return vec![self.value.clone()];
        }
        let mut values: Vec<Map<String, Value>> = self.origins.files.iter().map(Loaded::value).collect();
        let index = |path: &Path| self.origins.files.iter().position(|file| file.path == path).unwrap_or_default();
        let before = merged_value(&self.origins.files);
        for section in Section::ALL {
            let (old, new) = (named(&before, section), named(&self.value, section));
            for (name, entry) in &new {
                if old.iter().find(|(other, _)| other == name).is_none_or(|(_, other)| other != entry) {
                    set_entry(&mut values[index(self.destination(section, name))], section, name, Some(entry));
                }
            }
            for (name, _) in old.iter().filter(|(name, _)| new.iter().all(|(other, _)| other != name)) {
                set_entry(&mut values[index(self.destination(section, name))], section, name, None);
            }
        }
        if before.get("current-context") != self.value.get("current-context") {
            let current = self.value.get("current-context").cloned().unwrap_or_default();
            // Clearing it clears the one that is in use; setting it goes to the first file.
            let using = self.origins.files.iter().position(|file| file.config.current_context.is_some());
            let cleared = current.as_str().is_none_or(str::is_empty);
            let at = if cleared { using.unwrap_or_default() } else { index(&self.default) };
            values[at].insert("current-context".to_owned(), current);
        }
        if before.get("preferences") != self.value.get("preferences") {
            let preferences = self.value.get("preferences").cloned().unwrap_or_default();
            // kubectl's rule: the first file, be it there or not, that has others.
            let meant = |value: &Value| value.as_object().filter(|map| !map.is_empty()).cloned();
            let wanted = meant(&preferences);
            let other = |value: &Map<String, Value>| value.get("preferences").and_then(meant) != wanted;
            let at = values.iter().position(other).unwrap_or_else(|| index(&self.default));
            values[at].insert("preferences".to_owned(), preferences);
        }
        values
    }
}

/// The meaning of several files together, for changing.
fn merged_value(files: &[Loaded]) -> Map<String, Value> {
    let mut merged = new_file();
    let values: Vec<Map<String, Value>> = files.iter().map(Loaded::value).collect();
    for section in Section::ALL {
        let mut names = std::collections::HashSet::new();
        let mut entries = Vec::new();
        for (name, entry) in values.iter().flat_map(|value| named(value, section)) {
            if names.insert(name) {
                entries.push(entry.clone());
            }
        }
        let entries = if entries.is_empty() { Value::Null } else { Value::Array(entries) };
        merged.insert(section.list().to_owned(), entries);
    }
    for field in ["current-context", "preferences"] {
        let empty = |value: &Value| {
            value.is_null() || value.as_str() == Some("") || value.as_object().is_some_and(Map::is_empty)
        };
        if let Some(value) = values.iter().filter_map(|value| value.get(field)).find(|value| !empty(value)) {
            merged.insert(field.to_owned(), value.clone());
        }
    }
    merged
}

/// Changes kubeconfigs. When `change` changes nothing, or gives an error, nothing is written.
///
/// `change` may run twice: for a file whose directory is yet to be made, first to see whether it is to be made at all.
pub(crate) fn change<T>(
    files: &Files,
    timeout: Duration,
    verify: bool,
    change: &dyn Fn(&mut Draft) -> Result<T, Error>,
) -> Result<T, Error> {
    if files.paths().iter().any(|path| path.as_os_str() == "-") {
        return Err(Error::new("cannot be changed in place").file("standard input").hint("name a file"));
    }
    files.require_one()?;
    let shown = files.shown();
    let named = |error: Error| error.file(&shown);
    let read = || Merged::read_by(files, if verify { Loaded::read } else { Loaded::read_any });
    let default = files.default();
    let parent = default.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(missing) = parent.filter(|p| !p.exists()) {
        change(&mut Draft::of(files, read()?)).map_err(named)?;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o755).create(missing);
        made.map_err(|e| Error::io(missing.display(), &e))?;
    }
    let start = Instant::now();
    let _locks = lock(files, start, timeout)?;

    let mut draft = Draft::of(files, read()?);
    let done = change(&mut draft).map_err(named)?;
    let mut changed = Vec::new();
    for (file, value) in draft.origins.files.iter().zip(draft.values()) {
        if value == file.value() {
            continue;
        }
        let named = |error: Error| error.file(file.path.display());
        if let Some((new, read)) = edit::rewrite(&file.text, &file.node, &Value::Object(value)).map_err(named)? {
            if is_other(&file.path) {
                let error = Error::new("is no regular file: what is written into it cannot be read again");
                return Err(named(error).hint("name a file"));
            }
            let secret = Kubeconfig::from_node(&read).map_err(named)?.has_secret();
            changed.push((&file.path, new, secret));
        }
    }
    for (path, new, secret) in &changed {
        let attributes = attributes(path, *secret);
        // A link that leads to nothing stays too.
        let target = if path.exists() { PathBuf::from(path) } else { location::target(path) };
        leftover::clear(&location::target(path));
        place::file(&target, new.as_bytes(), attributes, Existing::Replace)?;
    }
    if !changed.is_empty() {
        bystander::outlast();
    }
    Ok(done)
}

/// Whether something is there that is no file: a device, a pipe, a directory.
fn is_other(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| !there.is_file())
}

/// Takes khw's own lock on each directory, and kubectl's on each file, in an order that all writers have.
///
/// kubectl's is beside the path that it was given: whoever comes through a symbolic link and whoever comes directly meet
/// only when both are taken.
fn lock(files: &Files, start: Instant, timeout: Duration) -> Result<(Vec<Lock>, Vec<FileLock>), Error> {
    let left = || timeout.saturating_sub(start.elapsed());
    let canonical = |directory: &Path| std::fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let mut directories = BTreeSet::new();
    // By the place of the lock, since one process must not wait for itself; as they were given, for messages.
    let mut locked = BTreeMap::new();
    for path in files.paths().iter().filter(|path| !is_other(path)) {
        let target = location::target(path);
        // One whose directory is not there is not made, unless it is the one for what is new.
        if path != files.default() && !(directory(path).exists() && directory(&target).exists()) {
            continue;
        }
        directories.insert(canonical(directory(&target)));
        for path in [path.clone(), target] {
            if let Some(name) = path.file_name() {
                locked.entry(canonical(directory(&path)).join(name)).or_insert(path);
            }
        }
    }
    let directories =
        directories.iter().map(|directory| Lock::of_directory(directory, left())).collect::<Result<_, _>>()?;
    let locked = locked.values().map(|path| FileLock::take(path, left())).collect::<Result<_, _>>()?;
    Ok((directories, locked))
}

/// 0600 for a new file and for one with a secret in it; else the mode that it has.
fn attributes(path: &Path, secret: bool) -> Attributes {
    let mode = std::fs::metadata(path).map(|there| there.permissions().mode() & 0o777).ok();
    let bits = match mode {
        Some(mode) if secret && mode & 0o077 != 0 => {
            let shown = path.display();
            cli::note(TOOL.name, format_args!("{shown}: mode was {mode:04o}, is now 0600: it holds a secret"));
            0o600
        }
        Some(mode) => mode,
        None => 0o600,
    };
    Attributes { permission: Permission::AtMost(bits), owner: None }
}
