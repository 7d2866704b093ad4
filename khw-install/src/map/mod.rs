//! `map`: the files of the worker and which names which, with the findings of `verify` where they belong.
//!
//! A finding about a field that names a file is on that edge; every other one is on its file.

mod dot;
mod mermaid;
mod tree;

use crate::verify::{self, Reference, Subject};
use khw_core::finding::{Finding, Severity};
use std::path::Path;

/// How the map is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// An indented tree.
    Text,
    /// A graph for graphviz: `khw-install map --format dot | dot -Tsvg > worker.svg`.
    Dot,
    /// A flowchart for Markdown.
    Mermaid,
}

/// What a file is for; it decides the colour and the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Systemd,
    Unit,
    Program,
    Configuration,
    Kubeconfig,
    Certificate,
    Key,
    Server,
    Other,
}

#[derive(Debug)]
struct Node {
    path: String,
    what: String,
    kind: Kind,
    is_there: bool,
    findings: Vec<Finding>,
}

#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    field: String,
    findings: Vec<Finding>,
}

/// The files as a graph. The first node is systemd, where it begins.
#[derive(Debug)]
struct Map {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// Draws the map of a worker. `unicode`: whether lines may be drawn with more than ASCII.
pub fn draw(subject: &Subject<'_>, format: Format, unicode: bool) -> String {
    let seen = verify::look(subject);
    let map = Map::new(&seen.references, seen.findings);
    match format {
        Format::Text => tree::draw(&map, unicode),
        Format::Dot => dot::draw(&map, subject.node),
        Format::Mermaid => mermaid::draw(&map),
    }
}

impl Map {
    fn new(references: &[Reference], findings: Vec<Finding>) -> Self {
        let systemd = Node {
            path: "systemd".to_owned(),
            what: "starts".to_owned(),
            kind: Kind::Systemd,
            is_there: true,
            findings: Vec::new(),
        };
        let mut map = Map { nodes: vec![systemd], edges: Vec::new() };
        for reference in references {
            let to = map.node(&reference.to, reference);
            let from = match &reference.from {
                Some(from) => map.find(from).unwrap_or(0),
                None => 0,
            };
            // What nobody names is looked for by the layout; only units are started by systemd.
            if from == 0 && reference.from.is_none() && map.nodes.get(to).is_some_and(|n| n.kind != Kind::Unit) {
                continue;
            }
            if !map.edges.iter().any(|e| e.from == from && e.to == to && e.field == reference.field) {
                map.edges.push(Edge { from, to, field: reference.field.clone(), findings: Vec::new() });
            }
        }
        for finding in findings {
            map.put(finding);
        }
        map
    }

    fn find(&self, path: &str) -> Option<usize> {
        self.nodes.iter().position(|n| n.path == path)
    }

    fn node(&mut self, path: &str, reference: &Reference) -> usize {
        if let Some(index) = self.find(path) {
            return index;
        }
        self.nodes.push(Node {
            path: path.to_owned(),
            what: reference.what.clone(),
            kind: kind(path, &reference.what),
            is_there: reference.is_there,
            findings: Vec::new(),
        });
        self.nodes.len() - 1
    }

    fn put(&mut self, finding: Finding) {
        let file = finding.file.clone().unwrap_or_default();
        let field = finding.field.clone().unwrap_or_default();
        let from = self.find(&file);
        let same = |e: &&mut Edge| {
            Some(e.from) == from && !field.is_empty() && (e.field == field || e.field.ends_with(&format!(".{field}")))
        };
        if let Some(edge) = self.edges.iter_mut().find(same) {
            edge.findings.push(finding);
        } else if let Some(node) = from.and_then(|index| self.nodes.get_mut(index)) {
            node.findings.push(finding);
        } else if let Some(systemd) = self.nodes.first_mut() {
            systemd.findings.push(finding);
        }
    }

    /// The edges that begin at a node.
    fn from(&self, node: usize) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(move |e| e.from == node)
    }
}

fn kind(path: &str, what: &str) -> Kind {
    if path.starts_with("https://") || path.starts_with("http://") {
        Kind::Server
    } else if what.contains("unit") || what.contains("drop-in") {
        Kind::Unit
    } else if what.contains("program") && !what.contains("CNI") {
        Kind::Program
    } else if what.contains("kubeconfig") {
        Kind::Kubeconfig
    } else if what.contains("configuration") {
        Kind::Configuration
    } else if what.contains("key") {
        Kind::Key
    } else if what.contains("certificate") {
        Kind::Certificate
    } else {
        Kind::Other
    }
}

/// The worst of the findings.
fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|f| f.severity).min()
}

fn name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn directory(path: &str) -> String {
    Path::new(path).parent().map(|parent| parent.display().to_string()).unwrap_or_default()
}
