//! `check`: whether a kubeconfig can work, with all it names.

mod certificate;
mod entries;
mod fields;

use crate::args::Check;
use crate::entry::Section;
use crate::location::Files;
use crate::model::Kubeconfig;
use crate::yaml::{Any, Node};
use khw_core::finding::Finding;
use khw_core::input::Input;
use khw_core::{Error, Exit, NodeName};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// All findings, by which people ignore or choose them.
const NAMES: [&str; 33] = [
    "invalid-yaml",
    "not-a-kubeconfig",
    "wrong-type",
    "invalid-data",
    "duplicate-name",
    "unknown-field",
    "no-context",
    "current-context-unset",
    "dangling-context",
    "dangling-cluster",
    "dangling-user",
    "server-invalid",
    "server-http",
    "proxy-invalid",
    "insecure-skip-tls-verify",
    "insecure-with-ca",
    "data-and-path",
    "path-missing",
    "ca-unset",
    "ca-not-ca",
    "certificate-invalid",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-expires-soon",
    "certificate-usage",
    "certificate-organization",
    "certificate-untrusted",
    "key-invalid",
    "key-mismatch",
    "node-name",
    "node-name-mismatch",
    "credentials",
    "mode-too-wide",
];

/// `check`
pub(crate) fn check(args: &Check) -> anyhow::Result<Exit> {
    if let Some(root) = args.root.as_ref().filter(|root| !root.is_dir()) {
        return Err(Error::new(format!("'{}' is not a directory", root.display()))
            .field("--root")
            .hint("name the directory in which the worker's /var and /etc are")
            .into());
    }
    let named = !args.files.is_empty();
    let paths = if named {
        args.files.clone()
    } else {
        // Those of KUBECONFIG that are not there are passed over, as by kubectl.
        let files = Files::of(None, |name| std::env::var_os(name))?;
        files.require_one()?;
        let there: Vec<PathBuf> = files.paths().iter().filter(|path| path.exists()).cloned().collect();
        if there.is_empty() { files.paths().to_vec() } else { there }
    };
    let mut findings = Vec::new();
    let mut inspected = Vec::new();
    for path in &paths {
        let input = Input::new(path.as_path());
        let content = input.read()?;
        let node = match Node::parse(&content) {
            Ok(node) => node,
            Err(error) => {
                findings.push(Finding::from_error("invalid-yaml", &error).file(&input));
                continue;
            }
        };
        if let Err(error) = Kubeconfig::refuse_foreign(&node) {
            findings.push(Finding::from_error("not-a-kubeconfig", &error).file(&input));
            continue;
        }
        let (config, problems) = Kubeconfig::inspect(&node);
        let of = |problem: &crate::model::Problem| Finding::from_error(problem.name, &problem.error).file(&input);
        findings.extend(problems.iter().map(of));
        if matches!(node.value, Any::Mapping(_) | Any::Null) {
            inspected.push((input, node, config));
        }
    }
    // Files that were named are checked each for itself; those of KUBECONFIG are one kubeconfig.
    let together = Kubeconfig::merged(inspected.iter().map(|(_, _, config)| config));
    let mut current_was_looked_at = false;
    for (input, node, config) in &inspected {
        let all = if named { config } else { &together };
        let mut checker = Checker {
            entries: entries_of(node),
            input,
            directory: input.path().and_then(Path::parent).unwrap_or(Path::new("")).to_owned(),
            root: args.root.as_deref(),
            node,
            config,
            all,
            now: OffsetDateTime::now_utc(),
            expires_within: time::Duration::days(args.expires_within.into()),
            findings: Vec::new(),
        };
        fields::unknown(&mut checker);
        entries::clusters(&mut checker);
        entries::users(&mut checker);
        entries::contexts(&mut checker);
        if named || !current_was_looked_at && (config.current_context.is_some() || all.current_context.is_none()) {
            current_was_looked_at = true;
            entries::current(&mut checker, args.node.as_ref());
        }
        entries::mode(&mut checker);
        let mut own = checker.findings;
        own.sort_by_key(|finding| finding.line);
        findings.extend(own);
    }
    args.report.report(findings, &NAMES)
}

/// Of entries of one name the first, as for kubectl.
fn entries_of(root: &Node) -> HashMap<(&'static str, &str), &Node> {
    let mut entries = HashMap::new();
    for list in Section::ALL.map(Section::list) {
        let Some(Any::Sequence(items)) = root.get(list).map(|list| &list.value) else { continue };
        for item in items {
            let name = match item.get("name").map(|name| &name.value) {
                Some(Any::String(text)) => text.as_str(),
                _ => "",
            };
            entries.entry((list, name)).or_insert(item);
        }
    }
    entries
}

/// A kubeconfig that is being checked.
struct Checker<'a> {
    /// The entries of the lists, by list and name: looked for one by one they would take time by the square of their number.
    entries: HashMap<(&'static str, &'a str), &'a Node>,
    input: &'a Input,
    /// Where its paths start.
    directory: PathBuf,
    root: Option<&'a Path>,
    node: &'a Node,
    config: &'a Kubeconfig,
    /// All that names lead to: of this file, or of all of KUBECONFIG.
    all: &'a Kubeconfig,
    now: OffsetDateTime,
    expires_within: time::Duration,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    /// A finding about a field of an entry, such as `users`, `worker-1`, `client-key`.
    fn find(&mut self, list: &str, name: &str, field: &str, finding: Finding) {
        let line = self.line(list, name, field);
        let path = if field.is_empty() { format!("{list}.{name}") } else { format!("{list}.{name}.{field}") };
        self.findings.push(finding.file(self.input).line(line).field(path));
    }

    /// The same with what an error says.
    fn find_error(&mut self, list: &str, name: &str, field: &str, finding: &'static str, error: &Error) {
        let line = self.line(list, name, field);
        let mut finding = Finding::from_error(finding, error).file(self.input).line(line);
        finding.field = Some(format!("{list}.{name}.{field}"));
        self.findings.push(finding);
    }

    /// A finding about the whole file.
    fn find_at(&mut self, field: &str, finding: Finding) {
        let line = self.node.get(field).map(|node| node.line);
        let finding = finding.file(self.input).line(line);
        self.findings.push(if field.is_empty() { finding } else { finding.field(field) });
    }

    /// The line of a field, else that of its entry.
    fn line(&self, list: &str, name: &str, field: &str) -> Option<usize> {
        let item = self.entry(list, name)?;
        let inner = item.get(list.strip_suffix('s').unwrap_or(list));
        Some(inner.and_then(|inner| inner.get(field)).unwrap_or(item).line)
    }

    /// Whether a field was found to be of a wrong type.
    fn is_ill_typed(&self, list: &str, name: &str, field: &str) -> bool {
        let inner = self.entry(list, name).and_then(|item| item.get(list.strip_suffix('s').unwrap_or(list)));
        let value = inner.and_then(|inner| inner.get(field)).map(|node| &node.value);
        !matches!(value, None | Some(Any::Null | Any::String(_)))
    }

    /// Whether a field is there, be it well or ill.
    fn has(&self, list: &str, name: &str, field: &str) -> bool {
        let inner = self.entry(list, name).and_then(|item| item.get(list.strip_suffix('s').unwrap_or(list)));
        let value = inner.and_then(|inner| inner.get(field)).map(|node| &node.value);
        value.is_some_and(|value| !matches!(value, Any::Null) && *value != Any::String(String::new()))
    }

    fn entry(&self, list: &str, name: &str) -> Option<&Node> {
        self.entries.get(&(list, name)).copied()
    }

    /// The file that a path in this kubeconfig means: absolute paths start at `--root`.
    fn file(&self, path: &str) -> PathBuf {
        match (self.root, Path::new(path).strip_prefix("/")) {
            (Some(root), Ok(below)) => root.join(below),
            _ => self.directory.join(path),
        }
    }
}

/// The node of whose kubeconfig this is, if it is one: by the common name of its certificate.
fn node_name(common_name: &str) -> Option<Result<NodeName, Error>> {
    common_name.strip_prefix(NodeName::USER_PREFIX).map(str::parse)
}
