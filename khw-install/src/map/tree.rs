//! The map as an indented tree. What several files name is written out once.

use super::{Kind, Map};
use khw_core::cli::printable;
use khw_core::finding::Finding;
use std::fmt::Write;

/// How a branch looks.
struct Lines {
    fork: &'static str,
    last: &'static str,
    down: &'static str,
    arrow: &'static str,
}

const UNICODE: Lines = Lines { fork: "├── ", last: "└── ", down: "│   ", arrow: "→" };
const ASCII: Lines = Lines { fork: "|-- ", last: "`-- ", down: "|   ", arrow: "->" };

pub(super) fn draw(map: &Map, unicode: bool) -> String {
    let lines = if unicode { &UNICODE } else { &ASCII };
    let mut out = String::from("systemd\n");
    let mut shown = vec![false; map.nodes.len()];
    if let Some(systemd) = map.nodes.first() {
        findings(&mut out, "", &systemd.findings);
    }
    below(map, 0, "", lines, &mut shown, &mut out);
    // What nothing names hangs nowhere: files that the layout has, and that no unit leads to.
    for (index, node) in map.nodes.iter().enumerate().skip(1) {
        if !shown.get(index).copied().unwrap_or(true) {
            let _ = writeln!(out, "{}  ({}, which nothing names)", printable(&node.path), node.what);
            findings(&mut out, "    ", &node.findings);
            if let Some(seen) = shown.get_mut(index) {
                *seen = true;
            }
            below(map, index, "", lines, &mut shown, &mut out);
        }
    }
    out
}

fn below(map: &Map, from: usize, indent: &str, lines: &Lines, shown: &mut [bool], out: &mut String) {
    let edges: Vec<_> = map.from(from).collect();
    for (index, edge) in edges.iter().enumerate() {
        let Some(node) = map.nodes.get(edge.to) else { continue };
        let is_last = index + 1 == edges.len();
        let (branch, further) = if is_last { (lines.last, "    ") } else { (lines.fork, lines.down) };
        let deeper = format!("{indent}{further}");
        let label =
            if edge.field.is_empty() { String::new() } else { format!("{} {} ", printable(&edge.field), lines.arrow) };
        let again = shown.get(edge.to).copied().unwrap_or_default();
        let what = match (node.kind, node.is_there, again) {
            (_, false, _) => format!("  (MISSING: {})", node.what),
            (Kind::Server, ..) => String::new(),
            (_, _, true) => "  (see above)".to_owned(),
            _ => format!("  ({})", node.what),
        };
        let _ = writeln!(out, "{indent}{branch}{label}{}{what}", printable(&node.path));
        findings(out, &deeper, &edge.findings);
        if again {
            continue;
        }
        if let Some(seen) = shown.get_mut(edge.to) {
            *seen = true;
        }
        findings(out, &deeper, &node.findings);
        below(map, edge.to, &deeper, lines, shown, out);
    }
}

fn findings(out: &mut String, indent: &str, findings: &[Finding]) {
    for finding in findings {
        let field = finding.field.as_ref().map_or_else(String::new, |field| format!("{field}: "));
        let text = format!("! {}: {field}{} [{}]", finding.severity, finding.message, finding.name);
        let _ = writeln!(out, "{indent}{}", printable(&text));
    }
}
