//! The map as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

use super::{Kind, Map, Node, directory, name, worst};
use khw_core::finding::{Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn draw(map: &Map) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut directories: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, node) in map.nodes.iter().enumerate() {
        match node.kind {
            Kind::Systemd | Kind::Server => {
                let _ = writeln!(out, "  n{index}([\"{}\"]){}", text(&node.path), class(node));
            }
            _ => directories.entry(directory(&node.path)).or_default().push(index),
        }
    }
    for (number, (directory, members)) in directories.iter().enumerate() {
        let _ = writeln!(out, "  subgraph d{number}[\"{}\"]", text(directory));
        for index in members {
            if let Some(node) = map.nodes.get(*index) {
                let what = if node.is_there { node.what.clone() } else { format!("MISSING: {}", node.what) };
                let label = format!("{}<br/>{}{}", text(&name(&node.path)), text(&what), notes(&node.findings));
                let _ = writeln!(out, "    n{index}[\"{label}\"]{}", class(node));
            }
        }
        out.push_str("  end\n");
    }
    let mut styles = String::new();
    for (number, edge) in map.edges.iter().enumerate() {
        let label = format!("{}{}", text(&edge.field), notes(&edge.findings));
        let label = if label.is_empty() { String::new() } else { format!("|\"{label}\"|") };
        let _ = writeln!(out, "  n{} -->{label} n{}", edge.from, edge.to);
        if let Some(severity) = worst(&edge.findings) {
            let _ = writeln!(styles, "  linkStyle {number} stroke:{},stroke-width:3px", colour(severity));
        }
    }
    out.push_str(&styles);
    out.push_str(
        "  classDef unit fill:#d1e3ff\n  classDef configuration fill:#fff3c4\n  classDef kubeconfig fill:#d7f0d9\n  \
         classDef certificate fill:#ead9f5\n  classDef key fill:#f8d7e3\n  classDef server fill:#c8ebf0\n  \
         classDef error stroke:#c62828,stroke-width:3px\n  classDef warning stroke:#e07b00,stroke-width:3px\n",
    );
    out
}

fn class(node: &Node) -> String {
    let kind = match node.kind {
        Kind::Unit => Some("unit"),
        Kind::Configuration => Some("configuration"),
        Kind::Kubeconfig => Some("kubeconfig"),
        Kind::Certificate => Some("certificate"),
        Kind::Key => Some("key"),
        Kind::Server => Some("server"),
        Kind::Systemd | Kind::Program | Kind::Other => None,
    };
    let severity = match worst(&node.findings) {
        Some(Severity::Error) => Some("error"),
        Some(Severity::Warning) => Some("warning"),
        None => (!node.is_there).then_some("error"),
    };
    // Mermaid takes one class in this place; what is wrong matters more than what it is.
    severity.or(kind).map_or_else(String::new, |class| format!(":::{class}"))
}

fn notes(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("<br/>{}: {} [{}]", f.severity, text(&f.message), f.name)).collect()
}

fn colour(severity: Severity) -> &'static str {
    if severity == Severity::Error { "#c62828" } else { "#e07b00" }
}

/// In quotes Mermaid takes everything but a quote and what looks like HTML; entities are written with `#`.
fn text(text: &str) -> String {
    khw_core::cli::printable(text).replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
