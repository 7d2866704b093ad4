//! `status`: the row of this node as `kubectl get nodes` prints it, asked for with the node's own kubeconfig, and why it is not Ready.
//!
//! The server makes the columns, as for kubectl: `Accept: application/json;as=Table;v=v1;g=meta.k8s.io` (KEP-881). A node may
//! get only its own Node.

use crate::api::{Api, Refused};
use khw_core::{Error, NodeName};
use serde_json::Value;

/// How it is printed, with kubectl's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// More columns.
    Wide,
    /// The Node object.
    Json,
}

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// What was asked and what came.
#[derive(Debug)]
pub struct Shown {
    /// For standard output.
    pub text: String,
    /// Why the node is not Ready; a line for people.
    pub why: Option<String>,
    /// Whether it is Ready.
    pub is_ready: bool,
}

/// The node as the server has it; `None` when it has not registered.
///
/// # Errors
/// A finding with the cause why the server does not say.
pub fn node(api: &Api, name: &NodeName) -> Result<Option<Value>, Refused> {
    let answer = api.call(&path(name), None, None)?;
    if answer.status == 404 {
        return Ok(None);
    }
    api.expect(&answer)?;
    Ok(Some(answer.body))
}

/// Asks for the node and prints it.
///
/// # Errors
/// When the server does not say, or has no such node.
pub fn show(api: &Api, name: &NodeName, format: Option<Format>) -> Result<Shown, Error> {
    let refused = |finding: Refused| {
        let error = Error::new(&*finding.message).file(api.server().as_str());
        finding.fix.iter().cloned().fold(error, |error, fix| error.hint(fix))
    };
    let found = node(api, name).map_err(refused)?.ok_or_else(|| {
        Error::new(format!("has no node {name}: it has not registered"))
            .file(api.server().as_str())
            .hint("start the kubelet with `khw-install start`, which says what keeps it from registering")
    })?;
    let text = match format {
        Some(Format::Json) => serde_json::to_string_pretty(&found).unwrap_or_default() + "\n",
        other => {
            let answer = api.call(&path(name), None, Some(TABLE)).map_err(refused)?;
            api.expect(&answer).map_err(refused)?;
            table(&answer.body, other == Some(Format::Wide))
                .ok_or_else(|| Error::new("gives no table").file(api.server().as_str()))?
        }
    };
    let ready = condition(&found, "Ready");
    let is_ready = ready.and_then(|c| c.get("status")).and_then(Value::as_str) == Some("True");
    Ok(Shown { text, why: (!is_ready).then(|| why(ready)), is_ready })
}

fn path(name: &NodeName) -> String {
    format!("/api/v1/nodes/{name}")
}

fn condition<'a>(node: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = node.pointer("/status/conditions")?.as_array()?;
    conditions.iter().find(|c| c.get("type").and_then(Value::as_str) == Some(kind))
}

/// When the kubelet last reported its state, by the clock of its own host, in seconds since 1970.
pub fn heard(node: &Value) -> Option<i64> {
    let time = condition(node, "Ready")?.get("lastHeartbeatTime")?.as_str()?;
    let time = time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).ok()?;
    Some(time.unix_timestamp())
}

fn why(ready: Option<&Value>) -> String {
    let text = |field| ready.and_then(|c| c.get(field)).and_then(Value::as_str).unwrap_or_default();
    let message = text("message");
    let lower = message.to_lowercase();
    if lower.contains("cni") || lower.contains("networkpluginnotready") || lower.contains("network plugin") {
        return "NotReady is the expected state here: there is no network plugin (CNI) yet, which the next step installs"
            .to_owned();
    }
    match text("status") {
        "" => "the kubelet has registered and not yet reported its state".to_owned(),
        "Unknown" => "the kubelet has stopped reporting: is it running? `systemctl status kubelet`".to_owned(),
        _ if message.is_empty() => format!("the kubelet reports {}", text("reason")),
        _ => format!("the kubelet reports: {message}"),
    }
}

/// A server-side table as kubectl prints it: columns of priority 0, with `wide` all; three blanks between them.
fn table(body: &Value, wide: bool) -> Option<String> {
    let columns = body.get("columnDefinitions")?.as_array()?;
    let shown: Vec<usize> = (0..columns.len())
        .filter(|&i| wide || columns.get(i).and_then(|c| c.get("priority")).and_then(Value::as_i64).unwrap_or(0) == 0)
        .collect();
    let heads = shown.iter().filter_map(|&i| columns.get(i)?.get("name")?.as_str().map(str::to_uppercase)).collect();
    let mut rows: Vec<Vec<String>> = vec![heads];
    for row in body.get("rows")?.as_array()? {
        let cells = row.get("cells")?.as_array()?;
        let cell = |i: &usize| match cells.get(*i) {
            Some(Value::String(text)) => khw_core::cli::printable(text),
            Some(Value::Null) | None => "<none>".to_owned(),
            Some(other) => other.to_string(),
        };
        rows.push(shown.iter().map(cell).collect());
    }
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..shown.len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
            out.push_str(cell);
            if index + 1 < row.len() {
                out.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 3));
            }
        }
        out.push('\n');
    }
    Some(out)
}
