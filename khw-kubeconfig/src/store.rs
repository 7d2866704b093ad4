//! Reads a kubeconfig, and changes it under lock: read, change, check, replace.

use crate::TOOL;
use crate::edit;
use crate::filelock::FileLock;
use crate::model::Kubeconfig;
use crate::yaml::Node;
use khw_core::Error;
use khw_core::cli;
use khw_core::input::Input;
use khw_core::lock::Lock;
use khw_core::place::{self, Attributes, Existing, Permission};
use serde_json::{Map, Value};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// A kubeconfig that is being changed.
pub(crate) struct Draft {
    /// As it was read.
    pub(crate) config: Kubeconfig,
    /// What it shall mean; the change is made here.
    pub(crate) value: Map<String, Value>,
}

impl Draft {
    /// An empty one.
    pub(crate) fn empty() -> Draft {
        Draft { config: Kubeconfig::default(), value: object(edit::skeleton()) }
    }

    fn of(text: &str) -> Result<Draft, Error> {
        let node = Node::parse(text.as_bytes())?;
        let config = Kubeconfig::from_node(&node)?;
        let value = node.to_json();
        Ok(if value.is_null() { Draft::empty() } else { Draft { config, value: object(value) } })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Reads a kubeconfig. One that is not there is empty, as for kubectl.
pub(crate) fn read(path: &Path) -> Result<Kubeconfig, Error> {
    let input = Input::new(path);
    Kubeconfig::parse(text(&input)?.as_bytes()).map_err(|e| e.file(&input))
}

fn text(input: &Input) -> Result<String, Error> {
    match input.path() {
        Some(path) if !path.exists() && std::fs::symlink_metadata(path).is_err() => Ok(String::new()),
        _ => input.read_text(),
    }
}

/// Changes a kubeconfig. When `change` changes nothing, or gives an error, nothing is written.
///
/// `change` may run twice: for a file whose directory is yet to be made, first to see whether it is to be made at all.
pub(crate) fn change<T>(
    path: &Path,
    timeout: Duration,
    change: &dyn Fn(&mut Draft) -> Result<T, Error>,
) -> Result<T, Error> {
    if path.as_os_str() == "-" {
        return Err(Error::new("cannot be changed in place").file("standard input").hint("name a file"));
    }
    let named = |error: Error| error.file(path.display());
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(missing) = parent.filter(|p| !p.exists()) {
        change(&mut Draft::empty()).map_err(named)?;
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o755).create(missing);
        made.map_err(|e| Error::io(missing.display(), &e))?;
    }
    // Whoever comes through a symbolic link and whoever comes directly must meet at the same lock.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let start = Instant::now();
    let _directory = Lock::of_file(&target, timeout)?;
    let _file = FileLock::take(path, timeout.saturating_sub(start.elapsed()))?;

    let old = text(&Input::File(path.to_owned()))?;
    let mut draft = Draft::of(&old).map_err(named)?;
    let done = change(&mut draft).map_err(named)?;
    let new = edit::rewrite(&old, &Value::Object(draft.value)).map_err(named)?;
    if new != old {
        let secret = Kubeconfig::parse(new.as_bytes()).map_err(named)?.has_secret();
        place::file(path, new.as_bytes(), attributes(path, secret), Existing::Replace)?;
    }
    Ok(done)
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
