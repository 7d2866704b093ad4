//! `explain FIELD` and `fields`: the table, for people and programs.

use super::field::{CisCheck, Field, Kind, Life};
use super::gate::{Gate, Stage};
use khw_core::finding::Format;
use khw_core::{Error, Exit, KubernetesVersion, output};
use serde_json::{Value, json};
use std::fmt::Write;

/// The arguments of `explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExplainArgs {
    /// A field such as maxPods or authentication.x509, a flag such as max-pods, or a feature gate such as
    /// featureGates.NodeSwap
    #[arg(value_name = "FIELD")]
    field: String,
    /// Print text or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

/// The arguments of `fields`.
#[derive(Debug, Clone, clap::Args)]
pub struct FieldsArgs {
    /// Print text or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

impl ExplainArgs {
    /// Prints what is known about a field, what it is in `version` if one is named, and what fields it has.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn run(&self, version: Option<KubernetesVersion>, kind: &'static Kind) -> anyhow::Result<Exit> {
        let name = self.field.trim_start_matches('-');
        let by_flag = || kind.fields.iter().find(|f| !f.flag.is_empty() && f.flag == name);
        let Some(field) = kind.field(&self.field).or_else(by_flag) else {
            return self.gate(version, kind);
        };
        let children: Vec<&Field> = kind.fields.iter().filter(|f| is_inside(f, field)).collect();
        let there = |gate: &Gate| version.is_none_or(|version| gate.life(version) == Life::There);
        let gates: Vec<Gate> = if field.path == GATES { Gate::all().filter(there).collect() } else { Vec::new() };
        let text = match self.format {
            Format::Text => text(field, version, &children, &gates),
            Format::Json => json([&[field], &children[..]].concat(), &gates, kind)?,
        };
        output::print(text.as_bytes())?;
        Ok(Exit::Done)
    }

    /// A feature gate, with or without the field that it stands in before it.
    fn gate(&self, version: Option<KubernetesVersion>, kind: &'static Kind) -> anyhow::Result<Exit> {
        let inside = self.field.strip_prefix(GATES).and_then(|rest| rest.strip_prefix('.'));
        if let Some(gate) = Gate::find(inside.unwrap_or(&self.field)) {
            let text = match self.format {
                Format::Text => gate_text(&gate, version),
                Format::Json => json(Vec::new(), &[gate], kind)?,
            };
            output::print(text.as_bytes())?;
            return Ok(Exit::Done);
        }
        let what = match inside {
            Some(_) => "is not a feature gate of any release in the tables".to_owned(),
            None => format!("is not a field of a {}", kind.kind),
        };
        let similar = match inside {
            Some(name) => Gate::similar(name, None).map(|name| format!("{GATES}.{name}")),
            None => kind.similar("", &self.field).map(str::to_owned),
        };
        let error = Error::new(what).field(self.field.escape_debug());
        Err(match (similar, inside) {
            (Some(similar), _) => error.hint(format!("did you mean {similar}?")),
            (None, Some(_)) => error.hint(format!("'explain {GATES}' lists them all")),
            (None, None) => error.hint("'fields' lists them all"),
        }
        .into())
    }
}

/// The field that feature gates stand in.
const GATES: &str = "featureGates";

impl FieldsArgs {
    /// Prints the fields of `version`, or of all releases.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn run(&self, version: Option<KubernetesVersion>, kind: &'static Kind) -> anyhow::Result<Exit> {
        let there = |f: &&Field| version.is_none_or(|v| f.life(v) == Life::There);
        let fields: Vec<&Field> = kind.fields.iter().filter(there).collect();
        let text = match self.format {
            Format::Text => fields.iter().map(|f| line(f)).collect(),
            Format::Json => json(fields, &[], kind)?,
        };
        output::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}

fn release(minor: u16) -> String {
    KubernetesVersion::minor_release(minor).to_string()
}

fn line(field: &Field) -> String {
    format!("{}  {}  {}\n", field.path, field.value.name(), life(field.since, field.until))
}

fn life(since: u16, until: Option<u16>) -> String {
    match until {
        Some(until) => format!("{} to {}", release(since), release(until)),
        None => format!("from {}", release(since)),
    }
}

fn json(fields: Vec<&Field>, gates: &[Gate], kind: &Kind) -> anyhow::Result<String> {
    let fields: Vec<Value> = fields.into_iter().map(object).collect();
    let mut all = json!({"schemaVersion": 1, "kind": kind.kind, "fields": fields});
    if !gates.is_empty() {
        all["gates"] = gates.iter().map(gate_object).collect();
    }
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

/// Whether a field is one of an object's own, or of theirs.
fn is_inside(field: &Field, parent: &Field) -> bool {
    let rest = field.path.strip_prefix(parent.path).map(|rest| rest.strip_prefix("[]").unwrap_or(rest));
    rest.is_some_and(|rest| rest.starts_with('.'))
}

fn text(field: &Field, version: Option<KubernetesVersion>, children: &[&Field], gates: &[Gate]) -> String {
    let mut out = format!("{}\n", field.path);
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(out, "  {name:<11} {value}");
        }
    };
    row("does", field.about);
    row("type", &field.value.name());
    row("range", &range(field).unwrap_or_default());
    row("default", field.default);
    row("formerly", &before(field).unwrap_or_default());
    row("since", &since(field.since));
    row("until", &field.until.map(release).unwrap_or_default());
    row("gate", field.gate);
    row(
        "deprecated",
        &field.deprecated.map(|(minor, what)| format!("from {}: {what}", release(minor))).unwrap_or_default(),
    );
    row("flag", &if field.flag.is_empty() { String::new() } else { format!("--{}", field.flag) });
    row("CIS", &checks(field));
    row("note", field.note);
    if let Some(version) = version {
        row(&format!("in {version}"), &in_version(field, version));
    }
    let children: String = children.iter().map(|f| format!("    {}", line(f))).collect();
    if !children.is_empty() {
        let _ = write!(out, "  fields\n{children}");
    }
    if !gates.is_empty() {
        out.push_str("  gates\n");
    }
    for gate in gates {
        let _ = writeln!(out, "    {GATES}.{}  {}", gate.name, life(gate.since(), gate.last));
    }
    out
}

fn gate_text(gate: &Gate, version: Option<KubernetesVersion>) -> String {
    let mut out = format!("{GATES}.{}\n", gate.name);
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(out, "  {name:<11} {value}");
    };
    row("type", "true or false");
    row("since", &since(gate.since()));
    if let Some(last) = gate.last {
        row("until", &release(last));
    }
    for stage in gate.stages() {
        row(stage.level.name(), &format!("from {}, {}", release(stage.since), default(stage)));
    }
    if let Some(version) = version {
        let now = gate.life(version).explanation().map(|why| format!("not a feature gate: {why}"));
        let stage = || gate.stage(version).map(|stage| format!("{}, {}", stage.level.name(), default(stage)));
        row(&format!("in {version}"), &now.or_else(stage).unwrap_or_default());
    }
    out
}

fn default(stage: Stage) -> &'static str {
    match (stage.on, stage.locked) {
        (true, true) => "always on",
        (false, true) => "always off",
        (true, false) => "on by default",
        (false, false) => "off by default",
    }
}

fn gate_object(gate: &Gate) -> Value {
    let stage = |stage: Stage| json!({"stage": stage.level.name(), "since": release(stage.since), "default": stage.on, "locked": stage.locked});
    json!({
        "name": gate.name,
        "since": release(gate.since()),
        "until": gate.last.map(release),
        "stages": gate.stages().map(stage).collect::<Vec<_>>(),
    })
}

fn since(minor: u16) -> String {
    if minor == 13 { "v1.13 or before".to_owned() } else { release(minor) }
}

fn before(field: &Field) -> Option<String> {
    let old: Vec<_> =
        field.default_before.iter().map(|(default, last)| format!("{default} up to {}", release(*last))).collect();
    (!old.is_empty()).then(|| old.join(", "))
}

fn checks(field: &Field) -> String {
    let life = |check: &CisCheck| match (check.since, check.until) {
        (13, None) => check.id.to_owned(),
        (13, Some(until)) => format!("{} up to {}", check.id, release(until)),
        (since, None) => format!("{} from {}", check.id, release(since)),
        (since, Some(until)) => format!("{} from {} to {}", check.id, release(since), release(until)),
    };
    field.cis.iter().map(life).collect::<Vec<_>>().join(", ")
}

/// What it is in one release.
fn in_version(field: &Field, version: KubernetesVersion) -> String {
    if let Some(why) = field.life(version).explanation() {
        return format!("not a field: {why}");
    }
    let default = Some(field.default_in(version)).filter(|d| !d.is_empty()).map(|d| format!("default {d}"));
    let deprecated = field.deprecated.filter(|&(minor, _)| version.at_least(minor)).map(|_| "deprecated".to_owned());
    let check = field.cis_in(version).map(|id| format!("CIS {id}"));
    let known: Vec<String> = default.into_iter().chain(deprecated).chain(check).collect();
    if known.is_empty() { "a field".to_owned() } else { known.join(", ") }
}

fn range(field: &Field) -> Option<String> {
    field.range.map(|(least, greatest)| match greatest {
        i64::MAX => format!("{least} or more"),
        _ => format!("{least} to {greatest}"),
    })
}

fn object(field: &Field) -> Value {
    let text = |text: &'static str| if text.is_empty() { Value::Null } else { text.into() };
    json!({
        "path": field.path,
        "type": field.value.name(),
        "since": release(field.since),
        "until": field.until.map(release),
        "range": range(field),
        "default": text(field.default),
        "defaultBefore": before(field),
        "gate": text(field.gate),
        "deprecated": field.deprecated.map(|(minor, what)| json!({"since": release(minor), "what": what})),
        "flag": text(field.flag),
        "cis": field.cis.iter().map(|c| json!({"id": c.id, "since": release(c.since), "until": c.until.map(release)})).collect::<Vec<_>>(),
        "about": text(field.about),
        "note": text(field.note),
    })
}
