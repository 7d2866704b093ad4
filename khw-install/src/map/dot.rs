//! The map as a graph for graphviz: directories as boxes, kinds by colour, what is wrong in red or orange on its edge or file.

use super::{Edge, Kind, Map, Node, directory, name, worst};
use khw_core::NodeName;
use khw_core::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

const ERROR: &str = "#c62828";
const WARNING: &str = "#e07b00";
/// Characters on a line of a finding.
const WIDTH: usize = 38;

pub(super) fn draw(map: &Map, node: &NodeName) -> String {
    let mut out = format!(
        "digraph worker {{\n  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=12, label=\"{}\", labelloc=t, \
         ranksep=1.1, nodesep=0.22, pad=0.3, bgcolor=white]\n  node [shape=box, style=\"rounded,filled\", \
         fontname=\"Helvetica\", fontsize=11, margin=\"0.14,0.07\", color=\"#78909c\", fillcolor=\"#eceff1\"]\n  \
         edge [fontname=\"Helvetica\", fontsize=9, color=\"#90a4ae\", fontcolor=\"#546e7a\", arrowsize=0.7]\n",
        escaped(node.as_str())
    );
    let mut directories: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, node) in map.nodes.iter().enumerate() {
        match node.kind {
            Kind::Systemd | Kind::Server => {
                let _ = writeln!(out, "  {}", vertex(index, node));
            }
            _ => directories.entry(directory(&node.path)).or_default().push(index),
        }
    }
    for (number, (directory, members)) in directories.iter().enumerate() {
        let _ = writeln!(
            out,
            "  subgraph cluster_{number} {{\n    label=\"{}\"; labeljust=l; style=\"rounded,filled\"; \
             color=\"#cfd8dc\"; fillcolor=\"#fafafa\"; fontsize=10; fontcolor=\"#607d8b\"",
            escaped(directory)
        );
        for index in members {
            if let Some(node) = map.nodes.get(*index) {
                let _ = writeln!(out, "    {}", vertex(*index, node));
            }
        }
        out.push_str("  }\n");
    }
    for edge in &map.edges {
        let _ = writeln!(out, "  {}", arrow(edge));
    }
    out.push_str("}\n");
    out
}

fn vertex(index: usize, node: &Node) -> String {
    let (shape, fill) = match node.kind {
        Kind::Systemd => ("oval", "#cfd8dc"),
        Kind::Unit => ("box", "#d1e3ff"),
        Kind::Program => ("box", "#e1e7ea"),
        Kind::Configuration => ("box", "#fff3c4"),
        Kind::Kubeconfig => ("box", "#d7f0d9"),
        Kind::Certificate => ("box", "#ead9f5"),
        Kind::Key => ("box", "#f8d7e3"),
        Kind::Server => ("cds", "#c8ebf0"),
        Kind::Other => ("box", "#eceff1"),
    };
    let mut label = format!("<b>{}</b>", html(&name_of(node)));
    if !matches!(node.kind, Kind::Systemd | Kind::Server) {
        let what = if node.is_there { node.what.clone() } else { format!("MISSING: {}", node.what) };
        let _ = write!(label, "<br/><font point-size=\"9\" color=\"#455a64\">{}</font>", html(&what));
    }
    label.push_str(&notes(&node.findings, 9));
    let mut style = format!("shape={shape}, fillcolor=\"{fill}\"");
    let missing = if node.is_there { None } else { Some(Severity::Error) };
    if let Some(severity) = worst(&node.findings).or(missing) {
        let _ = write!(style, ", color=\"{}\", penwidth=2", colour(severity));
    }
    if !node.is_there {
        style.push_str(", style=\"rounded,filled,dashed\"");
    }
    format!("n{index} [{style}, label=<{label}>]")
}

fn name_of(node: &Node) -> String {
    match node.kind {
        Kind::Server | Kind::Systemd => node.path.clone(),
        _ => name(&node.path),
    }
}

fn arrow(edge: &Edge) -> String {
    // The last two parts of a long field say enough.
    let parts: Vec<&str> = edge.field.split('.').collect();
    let short = parts.get(parts.len().saturating_sub(2)..).map(|p| p.join(".")).unwrap_or_default();
    let mut style = String::new();
    if let Some(severity) = worst(&edge.findings) {
        let _ = write!(style, ", color=\"{}\", penwidth=2", colour(severity));
    }
    let label = format!("{}{}", html(&short), notes(&edge.findings, 9));
    let label = label.strip_prefix("<br/>").unwrap_or(&label);
    let label = if label.is_empty() { String::new() } else { format!("label=<{label}>") };
    format!("n{} -> n{} [{}{style}]", edge.from, edge.to, label)
}

fn notes(findings: &[Finding], size: u8) -> String {
    let mut out = String::new();
    for finding in findings {
        let sign = if finding.severity == Severity::Error { "\u{2718}" } else { "\u{26a0}" };
        let text = format!("{sign} {}: {}", finding.name, finding.message);
        for line in wrapped(&text) {
            let colour = colour(finding.severity);
            let _ = write!(out, "<br/><font point-size=\"{size}\" color=\"{colour}\">{}</font>", html(&line));
        }
    }
    out
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn colour(severity: Severity) -> &'static str {
    if severity == Severity::Error { ERROR } else { WARNING }
}

fn escaped(text: &str) -> String {
    khw_core::cli::printable(text).replace('\\', "\\\\").replace('"', "\\\"")
}

fn html(text: &str) -> String {
    khw_core::cli::printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
