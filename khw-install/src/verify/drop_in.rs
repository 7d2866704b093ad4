//! A unit with its drop-ins, as systemd puts them together.
//!
//! systemd.unit(5): `NAME.d/*.conf` and `service.d/*.conf` of all unit directories are read after the unit, sorted by file
//! name whatever their directory; of two with one name the directory earlier in the list wins; an empty one, or a link to
//! /dev/null, takes a later one's place.

use super::files::{Files, Named, Origin, Sensitivity};
use crate::target::Target;
use khw_core::finding::Finding;
use khw_unit::Unit;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where systemd 252 looks for units, the first wins. (`/lib` is `/usr/lib` on merged systems; both are looked at.)
pub(super) const UNIT_DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// The field of a reference to a drop-in.
pub(crate) const DROP_IN: &str = "drop-in";

/// A unit as systemd sees it, and where each line comes from.
pub(super) struct Effective {
    pub(super) unit: Unit,
    /// The first line of each file in the joined text, and the file as shown.
    parts: Vec<(usize, String)>,
}

impl Effective {
    /// The file and the line in it of a line of the joined text.
    pub(super) fn locate(&self, line: usize) -> (&str, usize) {
        let index = self.parts.partition_point(|(first, _)| *first <= line).saturating_sub(1);
        self.parts.get(index).map_or(("", line), |(first, file)| (file.as_str(), line + 1 - first))
    }

    /// The origin of a directive or flag on a line of the joined text.
    pub(super) fn origin(&self, line: usize, field: &str) -> Origin {
        let (file, line) = self.locate(line);
        Origin { file: file.to_owned(), line: Some(line), field: field.to_owned() }
    }

    /// A finding whose line is one of the joined text, at its place.
    pub(super) fn place(&self, finding: Finding) -> Finding {
        match finding.line {
            Some(line) => {
                let (file, line) = self.locate(line);
                let file = file.to_owned();
                finding.file(file).line(line)
            }
            None => {
                let file = self.parts.first().map(|(_, file)| file.clone()).unwrap_or_default();
                finding.file(file)
            }
        }
    }
}

/// Joins the unit's text with its drop-ins, and says which drop-ins change what the unit says.
///
/// `None` with a finding when one cannot be read at all.
pub(super) fn join(files: &mut Files<'_>, path: &Path, text: &str) -> Option<Effective> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let mut joined = String::new();
    let mut parts = Vec::new();
    add(&mut joined, &mut parts, files.shown(path), text);
    for drop_in in paths(files.target, &name) {
        let named = Named {
            path: drop_in.clone(),
            origin: Some(Origin { file: files.shown(path), line: None, field: DROP_IN.to_owned() }),
        };
        let Some(content) = files.read(&named, "a drop-in", Sensitivity::Public) else { continue };
        let content = String::from_utf8_lossy(&content).into_owned();
        let shown = files.shown(&drop_in);
        match Unit::parse(&content) {
            Ok(parsed) => foreign(files, &drop_in, &name, &parsed),
            Err(error) => {
                files.findings.push(Finding::from_error("file-invalid", &error).file(shown));
                continue;
            }
        }
        add(&mut joined, &mut parts, shown, &content);
    }
    match Unit::parse(&joined) {
        Ok(unit) => Some(Effective { unit, parts }),
        Err(error) => {
            let shown = files.shown(path);
            files.findings.push(Finding::from_error("file-invalid", &error).file(shown));
            None
        }
    }
}

fn add(joined: &mut String, parts: &mut Vec<(usize, String)>, shown: String, text: &str) {
    parts.push((joined.matches('\n').count() + 1, shown));
    joined.push_str(text);
    // The blank line ends what a backslash at the end of a file would go on with.
    joined.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
}

/// The drop-ins of a unit in the order in which systemd reads them.
pub(crate) fn paths(target: &Target, name: &str) -> Vec<PathBuf> {
    let mut by_name: BTreeMap<std::ffi::OsString, PathBuf> = BTreeMap::new();
    // What is named after the unit wins over what is there for all services.
    for of in [format!("{name}.d"), "service.d".to_owned()] {
        for directory in UNIT_DIRECTORIES {
            if target.is_staged() && directory.starts_with("/run") {
                continue;
            }
            let directory = Path::new(directory).join(&of);
            for file in target.names(&directory) {
                if Path::new(&file).extension().is_some_and(|e| e == "conf") {
                    by_name.entry(file.clone()).or_insert_with(|| directory.join(&file));
                }
            }
        }
    }
    let masked = |path: &PathBuf| target.read_link(path).as_deref() == Some(Path::new("/dev/null"));
    by_name.into_values().filter(|path| !masked(path)).collect()
}

/// A drop-in that changes the command or its variables: the kubelet then runs with flags that the unit does not have.
fn foreign(files: &mut Files<'_>, drop_in: &Path, unit: &str, parsed: &Unit) {
    for (directive, what) in [
        ("ExecStart", "replaces the unit's command"),
        ("Environment", "sets variables for the unit's command"),
        ("EnvironmentFile", "sets variables for the unit's command"),
    ] {
        let given = parsed.directives("Service").into_iter().find(|(name, _)| *name == directive);
        if let Some((_, value)) = given {
            let finding = Finding::warning("drop-in-overrides", format!("this drop-in {what} in {unit}"))
                .line(value.line)
                .field(directive)
                .fix("remove it when it is left over from another installation, then `systemctl daemon-reload`");
            files.find(drop_in, finding);
        }
    }
}
