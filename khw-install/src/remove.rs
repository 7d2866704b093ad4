//! `remove` and `diff`: what the manifest says against what is there.

use crate::leftover;
use crate::manifest::{self, Entry, Manifest};
use crate::target::Target;
use khw_core::{Error, Exit, cli, output};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// `remove`: files first, then the directories from the inside out, the manifest last. A killed run is completed by another.
pub(crate) fn remove(root: Option<&Path>, dry_run: bool) -> anyhow::Result<Exit> {
    let target = Target::open(root)?;
    let _lock = if dry_run { None } else { Some(manifest::lock(&target)?) };
    let mut text = String::new();
    let done = take_away(&target, dry_run, &mut text);
    // What was done is said also when the next thing failed.
    output::print(text.as_bytes())?;
    let Removed { exit, enabled } = done?;
    for unit in enabled {
        let name = unit.file_stem().unwrap_or_default().display();
        cli::warn(
            crate::TOOL.name,
            format_args!("{name} is enabled and may still run; `systemctl disable --now {name}` ends both"),
        );
    }
    Ok(exit)
}

struct Removed {
    exit: Exit,
    /// Units among the files that systemd starts at boot: it goes on to try.
    enabled: Vec<PathBuf>,
}

/// Whether systemd starts this at boot: it is a unit, and the link that `systemctl enable` makes is there.
fn is_enabled(target: &Target, path: &Path) -> bool {
    let wants = |name| Some(path.parent()?.join("multi-user.target.wants").join(name));
    path.file_name().and_then(wants).is_some_and(|link| target.read_link(&link).is_some())
}

fn take_away(target: &Target, dry_run: bool, text: &mut String) -> Result<Removed, Error> {
    let mut manifest = Manifest::read(target)?;
    if !dry_run {
        leftover::clear(target, manifest.files.keys().chain(&manifest.directories).map(PathBuf::as_path));
    }
    let removed = if dry_run { "would remove" } else { "removed" };
    let mut left = manifest.clone();
    left.files.clear();
    left.directories.clear();
    let enabled = manifest.files.keys().filter(|path| is_enabled(target, path)).cloned().collect();
    let ended = |exit| Ok(Removed { exit, enabled });
    for (path, entry) in std::mem::take(&mut manifest.files) {
        let shown = target.shown(&path);
        match change(target, &path, &entry)? {
            Change::None | Change::Mode(_) => {
                if !dry_run {
                    target.remove_file(&path)?;
                }
                let _ = writeln!(text, "{removed} {}", shown.display());
            }
            Change::Gone => {}
            Change::Content => {
                let _ = writeln!(text, "left {}: it was changed since it was placed", shown.display());
                left.files.insert(path, entry);
            }
        }
    }
    if dry_run {
        return ended(if left.files.is_empty() { Exit::Done } else { Exit::No });
    }
    // The manifest goes before its own directories can; those that were made for it are known from here on.
    let directories = std::mem::take(&mut manifest.directories);
    if left.files.is_empty() {
        for directory in directories.iter().rev().filter(|d| !Path::new(manifest::PATH).starts_with(d)) {
            clear(target, directory, text)?;
        }
        Manifest::remove(target)?;
        for directory in directories.iter().rev().filter(|d| Path::new(manifest::PATH).starts_with(d)) {
            clear(target, directory, text)?;
        }
        return ended(Exit::Done);
    }
    for directory in directories.into_iter().rev() {
        if !clear(target, &directory, text)? {
            left.directories.insert(directory);
        }
    }
    left.write(target)?;
    ended(Exit::No)
}

fn clear(target: &Target, directory: &Path, text: &mut String) -> Result<bool, Error> {
    let gone = target.remove_directory(directory)?;
    let shown = target.shown(directory);
    let _ = if gone {
        writeln!(text, "removed {}", shown.display())
    } else {
        writeln!(text, "left {}: it is not empty", shown.display())
    };
    Ok(gone)
}

/// `diff`
pub(crate) fn changes(root: Option<&Path>) -> anyhow::Result<Exit> {
    let target = Target::open(root)?;
    let mut text = String::new();
    for (path, entry) in &Manifest::read(&target)?.files {
        let shown = target.shown(path);
        let _ = match change(&target, path, entry)? {
            Change::None => Ok(()),
            Change::Gone => writeln!(text, "{}: is gone", shown.display()),
            Change::Content => writeln!(text, "{}: has other content", shown.display()),
            Change::Mode(mode) => writeln!(text, "{}: has mode {mode:04o}, not {}", shown.display(), entry.mode),
        };
    }
    output::print(text.as_bytes())?;
    Ok(if text.is_empty() { Exit::Done } else { Exit::No })
}

enum Change {
    None,
    Gone,
    Content,
    Mode(u32),
}

fn change(target: &Target, path: &Path, entry: &Entry) -> Result<Change, Error> {
    // A link in the place of the file is not what was placed, wherever it leads.
    if target.read_link(path).is_some() {
        return Ok(Change::Content);
    }
    Ok(match manifest::state(target, path)? {
        None => Change::Gone,
        Some((sha256, _)) if !entry.is(&sha256) => Change::Content,
        Some((_, mode)) if format!("{mode:04o}") != entry.mode => Change::Mode(mode),
        Some(_) => Change::None,
    })
}
