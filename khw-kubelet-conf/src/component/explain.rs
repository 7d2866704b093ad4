//! `explain FIELD` and `fields`: the table, for people and programs.

use super::field::{Field, Kind};
use khw_core::finding::Format;
use khw_core::{Error, Exit, KubernetesVersion, output};
use serde_json::{Value, json};
use std::fmt::Write;

/// The arguments of `explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExplainArgs {
    /// A field such as maxPods or authentication.x509, or a flag such as max-pods
    #[arg(value_name = "FIELD")]
    field: String,
}

/// The arguments of `fields`.
#[derive(Debug, Clone, clap::Args)]
pub struct FieldsArgs {
    /// Print text or JSON
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

impl ExplainArgs {
    /// Prints what is known about a field, and what fields it has.
    ///
    /// # Errors
    /// When there is no such field.
    pub fn run(&self, kind: &'static Kind) -> anyhow::Result<Exit> {
        let name = self.field.trim_start_matches('-');
        let by_flag = || kind.fields.iter().find(|f| !f.flag.is_empty() && f.flag == name);
        let Some(field) = kind.field(&self.field).or_else(by_flag) else {
            let error = Error::new(format!("is not a field of a {}", kind.kind)).field(self.field.escape_debug());
            return Err(match kind.similar("", &self.field) {
                Some(similar) => error.hint(format!("did you mean {similar}?")),
                None => error.hint("'fields' lists them all"),
            }
            .into());
        };
        output::print(text(kind, field).as_bytes())?;
        Ok(Exit::Done)
    }
}

impl FieldsArgs {
    /// Prints the fields of `version`, or of all releases.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn run(&self, version: Option<KubernetesVersion>, kind: &'static Kind) -> anyhow::Result<Exit> {
        let there = |f: &&Field| version.is_none_or(|v| f.life(v) == super::Life::There);
        let fields: Vec<&Field> = kind.fields.iter().filter(there).collect();
        let text = match self.format {
            Format::Text => fields.iter().map(|f| line(f)).collect(),
            Format::Json => {
                let fields: Vec<Value> = fields.into_iter().map(object).collect();
                serde_json::to_string_pretty(&json!({"schemaVersion": 1, "kind": kind.kind, "fields": fields}))? + "\n"
            }
        };
        output::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}

fn release(minor: u16) -> String {
    KubernetesVersion::minor_release(minor).to_string()
}

fn line(field: &Field) -> String {
    let life = match field.until {
        Some(until) => format!("{} to {}", release(field.since), release(until)),
        None => format!("from {}", release(field.since)),
    };
    format!("{}  {}  {life}\n", field.path, field.value.name())
}

fn text(kind: &Kind, field: &Field) -> String {
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
    row("since", &if field.since == 13 { "v1.13 or before".to_owned() } else { release(field.since) });
    row("until", &field.until.map(release).unwrap_or_default());
    row("gate", field.gate);
    row(
        "deprecated",
        &field.deprecated.map(|(minor, what)| format!("from {}: {what}", release(minor))).unwrap_or_default(),
    );
    row("flag", &if field.flag.is_empty() { String::new() } else { format!("--{}", field.flag) });
    row("note", field.note);
    let inside = |f: &&Field| {
        let rest = f.path.strip_prefix(field.path).map(|rest| rest.strip_prefix("[]").unwrap_or(rest));
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let children: String = kind.fields.iter().filter(inside).map(|f| format!("    {}", line(f))).collect();
    if !children.is_empty() {
        let _ = write!(out, "  fields\n{children}");
    }
    out
}

fn before(field: &Field) -> Option<String> {
    let old: Vec<_> =
        field.default_before.iter().map(|(default, last)| format!("{default} up to {}", release(*last))).collect();
    (!old.is_empty()).then(|| old.join(", "))
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
        "about": text(field.about),
        "note": text(field.note),
    })
}
