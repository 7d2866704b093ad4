//! Reads a kubeconfig from YAML. Refused as by kubectl: another kind, text where a number stands, data that is not base64,
//! two entries of one name.

use super::json::{AFTER_PASSWORD, BEFORE_USERNAME};
use super::shape::Shape;
use super::{AuthInfo, Cluster, Context, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext, Secret};
use crate::yaml::{Any, Entry, Node};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use khw_core::Error;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashSet;

impl Kubeconfig {
    /// Reads on behind everything that is wrong: what can be read, and what cannot.
    pub(crate) fn inspect(root: &Node) -> (Kubeconfig, Vec<Problem>) {
        let problems = RefCell::new(Vec::new());
        if !matches!(root.value, Any::Mapping(_) | Any::Null) {
            let error = Error::new(format!("is {}, not a kubeconfig", root.kind())).hint("is this the right file?");
            return (Kubeconfig::default(), vec![Problem { name: "not-a-kubeconfig", error }]);
        }
        let root = Fields::of(root, String::new(), &problems);
        for (field, expected) in [("kind", "Config"), ("apiVersion", "v1")] {
            if let Some(other) = root.text(field).filter(|text| text != expected) {
                let shown: String = other.escape_debug().take(60).collect();
                let error = root
                    .error(field, format!("is '{shown}', not {expected}"))
                    .hint("is this the right file? a kubeconfig has apiVersion v1 and kind Config");
                problems.borrow_mut().push(Problem { name: "not-a-kubeconfig", error });
            }
        }
        let kubeconfig = Kubeconfig {
            clusters: root.entries("clusters", "cluster", |name, fields, line| NamedCluster {
                name,
                cluster: cluster(fields),
                line,
            }),
            users: root.entries("users", "user", |name, fields, line| NamedAuthInfo {
                name,
                user: auth_info(fields),
                line,
            }),
            contexts: root.entries("contexts", "context", |name, fields, line| NamedContext {
                name,
                context: context(fields),
                line,
            }),
            current_context: root.text("current-context"),
            preferences: root.raw("preferences"),
            extensions: root.raw("extensions"),
        };
        (kubeconfig, problems.into_inner())
    }
}

/// Something in a kubeconfig that client-go does not take.
pub(crate) struct Problem {
    /// The name of the finding.
    pub(crate) name: &'static str,
    pub(crate) error: Error,
}

fn cluster(fields: &Fields<'_>) -> Cluster {
    Cluster {
        server: fields.text("server").unwrap_or_default(),
        tls_server_name: fields.text("tls-server-name"),
        insecure_skip_tls_verify: fields.flag("insecure-skip-tls-verify"),
        certificate_authority: fields.text("certificate-authority"),
        certificate_authority_data: fields.data("certificate-authority-data"),
        proxy_url: fields.text("proxy-url"),
        disable_compression: fields.flag("disable-compression"),
        extensions: fields.raw("extensions"),
    }
}

fn auth_info(fields: &Fields<'_>) -> AuthInfo {
    let others = BEFORE_USERNAME
        .into_iter()
        .chain(AFTER_PASSWORD)
        .filter_map(|field| fields.raw(field).map(|value| (field.to_owned(), value)));
    AuthInfo {
        client_certificate: fields.text("client-certificate"),
        client_certificate_data: fields.data("client-certificate-data"),
        client_key: fields.text("client-key"),
        client_key_data: fields.data("client-key-data").map(Secret),
        token: fields.text("token").map(Secret),
        token_file: fields.text("tokenFile"),
        username: fields.text("username"),
        password: fields.text("password").map(Secret),
        others: Secret(others.collect()),
    }
}

fn context(fields: &Fields<'_>) -> Context {
    Context {
        cluster: fields.text("cluster").unwrap_or_default(),
        user: fields.text("user").unwrap_or_default(),
        namespace: fields.text("namespace"),
        extensions: fields.raw("extensions"),
    }
}

/// The fields of a mapping, the path to it for messages, and where to put what is wrong.
struct Fields<'a> {
    entries: &'a [Entry],
    path: String,
    problems: &'a RefCell<Vec<Problem>>,
}

impl<'a> Fields<'a> {
    fn of(node: &'a Node, path: String, problems: &'a RefCell<Vec<Problem>>) -> Self {
        let entries: &[Entry] = match &node.value {
            Any::Mapping(entries) => entries,
            Any::Null => &[],
            _ => {
                problems.borrow_mut().push(wrong_type(node, &path, "a mapping"));
                &[]
            }
        };
        Fields { entries, path, problems }
    }

    fn get(&self, field: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.key == field).map(|entry| &entry.value)
    }

    fn place(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    fn error(&self, field: &str, what: String) -> Error {
        let error = Error::new(what).field(self.place(field));
        match self.get(field).map(|node| node.line).filter(|&line| line > 0) {
            Some(line) => error.line(line),
            None => error,
        }
    }

    fn problem(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    fn text(&self, field: &str) -> Option<String> {
        match self.get(field) {
            Some(Node { value: Any::String(text), .. }) => Some(text.clone()).filter(|t| !t.is_empty()),
            None | Some(Node { value: Any::Null, .. }) => None,
            Some(node) => {
                self.problem(wrong_type(node, &self.place(field), "text"));
                None
            }
        }
    }

    fn flag(&self, field: &str) -> bool {
        match self.get(field) {
            Some(Node { value: Any::Bool(flag), .. }) => *flag,
            None | Some(Node { value: Any::Null, .. }) => false,
            Some(node) => {
                self.problem(wrong_type(node, &self.place(field), "a boolean"));
                false
            }
        }
    }

    fn data(&self, field: &str) -> Option<Vec<u8>> {
        let text = self.text(field)?;
        // Go passes over line ends, and over nothing else.
        let joined: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let decoded = BASE64_STANDARD.decode(joined).ok();
        if decoded.is_none() {
            let error = self.error(field, "is not base64".to_owned());
            let error = error.hint("it was cut or wrapped: set it again with --embed-certs");
            self.problem(Problem { name: "invalid-data", error });
        }
        decoded
    }

    /// A value that is passed through, once it was looked at.
    fn raw(&self, field: &str) -> Option<Value> {
        let node = self.get(field)?;
        if let Some(shape) = Shape::of(field) {
            shape.check(node, &self.place(field), &mut |node, place, wanted| {
                self.problem(wrong_type(node, place, wanted));
            });
        }
        Some(node.to_json()).filter(|value| !value.is_null())
    }

    fn entries<T>(&self, list: &str, inner: &str, make: impl Fn(String, &Fields<'a>, usize) -> T) -> Vec<T> {
        let items = match self.get(list) {
            Some(Node { value: Any::Sequence(items), .. }) => items,
            None | Some(Node { value: Any::Null, .. }) => return Vec::new(),
            Some(node) => {
                self.problem(wrong_type(node, &self.place(list), "a list"));
                return Vec::new();
            }
        };
        let mut names = HashSet::new();
        let mut entries = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let entry = Fields::of(item, format!("{list}[{index}]"), self.problems);
            let name = entry.text("name").unwrap_or_default();
            if !names.insert(name.clone()) {
                let error = entry
                    .error("name", format!("there is another {inner} named '{}'", name.escape_debug()))
                    .line(item.line)
                    .hint("kubectl refuses such a file: rename or remove one of them");
                self.problem(Problem { name: "duplicate-name", error });
                continue;
            }
            let place = entry.place(inner);
            let none = Fields { entries: &[], path: String::new(), problems: self.problems };
            let fields = entry.get(inner).map_or(none, |node| Fields::of(node, place, self.problems));
            entries.push(make(name, &fields, item.line));
        }
        entries
    }
}

fn wrong_type(node: &Node, place: &str, wanted: &str) -> Problem {
    let error = Error::new(format!("is {}, not {wanted}", node.kind()));
    let error = if place.is_empty() { error } else { error.field(place) };
    let error = if node.line > 0 { error.line(node.line) } else { error };
    let error = match node.value {
        Any::Bool(_) | Any::Number(_) if wanted == "text" => {
            error.hint("put it in quotes: plain yes, no, on, off, y, n and digits are not text in YAML")
        }
        _ => error.hint("kubectl refuses this too; see the Kubernetes reference of Config v1"),
    };
    Problem { name: "wrong-type", error }
}
