//! What on the target would keep a placed file from having an effect: a mask, a drop-in with a command of its own, another
//! layout.

use crate::artefact::Artefact;
use crate::target::Target;
use crate::verify::drop_in;
use clap::ValueEnum;
use khw_core::layout::Layout;
use khw_core::{Error, NodeName};
use khw_unit::Unit;
use std::path::Path;

/// systemd masks a unit by a link to /dev/null; a unit placed over it would undo what somebody meant.
pub(crate) fn refuse_mask(target: &Target, artefact: Artefact, path: &Path) -> Result<(), Error> {
    if !matches!(artefact, Artefact::KubeletUnit | Artefact::KubeProxyUnit) {
        return Ok(());
    }
    let is_mask = match target.read_link(path) {
        Some(link) => link == Path::new("/dev/null"),
        None => false,
    };
    if !is_mask {
        return Ok(());
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Err(Error::new("the unit is masked")
        .file(target.shown(path).display())
        .hint(format!("run `systemctl unmask {name}` first")))
}

/// A drop-in with a command of its own takes the unit's place: the file that is placed would have no effect.
pub(crate) fn refuse_drop_in(target: &Target, artefact: Artefact, path: &Path) -> Result<(), Error> {
    let (true, Some(unit)) = (
        matches!(artefact, Artefact::KubeletUnit | Artefact::KubeProxyUnit),
        path.file_name().and_then(|n| n.to_str()),
    ) else {
        return Ok(());
    };
    for drop_in in drop_in::paths(target, unit) {
        let Some(found) = target.read(&drop_in)? else { continue };
        let Ok(parsed) = Unit::parse_bytes(&found.content) else { continue };
        let given = parsed
            .directives("Service")
            .into_iter()
            .find(|(name, value)| *name == "ExecStart" && !value.text.is_empty());
        if let Some((name, value)) = given {
            return Err(Error::new(format!("this drop-in has another command, so that of {unit} would not be run"))
                .file(target.shown(&drop_in).display())
                .line(value.line)
                .field(name)
                .hint("it is left over from another installation: remove it, then place the unit"));
        }
    }
    Ok(())
}

/// Files that were made for another layout name paths at which nothing is placed.
pub(crate) fn refuse_other_layout(
    target: &Target,
    layout: Layout,
    node: &NodeName,
    content: &[u8],
) -> Result<(), Error> {
    let text = String::from_utf8_lossy(content);
    let own = layout.paths(node);
    for other in Layout::value_variants() {
        let theirs = other.paths(node);
        for artefact in Artefact::ALL {
            let path = artefact.path(&theirs);
            let is_placed = Artefact::ALL.iter().any(|a| a.path(&own) == path) || target.stat(path).is_some();
            if !is_placed && names_path(&text, path) {
                let name = other.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
                return Err(Error::new(format!("names {}, where nothing is placed", path.display())).hint(format!(
                    "say --layout {name} if the files were made for it, or make them again for this layout"
                )));
            }
        }
    }
    Ok(())
}

/// Whether a text has this path, and not only the beginning of another.
fn names_path(text: &str, path: &Path) -> bool {
    let path = path.to_string_lossy();
    text.match_indices(path.as_ref()).any(|(at, _)| {
        let after = text.get(at + path.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_alphanumeric() || "-_./".contains(c))
    })
}
