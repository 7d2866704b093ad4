//! A kubeconfig as client-go understands it: its types, their names, and what it refuses.
//!
//! Refused as by kubectl: another kind, text where a number stands, data that is not base64, two entries of one name.
//! Empty text and `null` mean "not there". Unknown fields are passed over, as client-go does; editing keeps them.

use crate::entry::Section;
use crate::yaml::{Any, Entry, Node};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use khw_core::Error;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

/// A whole kubeconfig.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kubeconfig {
    /// API servers.
    pub clusters: Vec<NamedCluster>,
    /// Identities.
    pub users: Vec<NamedAuthInfo>,
    /// Pairs of a cluster and a user.
    pub contexts: Vec<NamedContext>,
    /// The name of the context in use.
    pub current_context: Option<String>,
    pub(crate) preferences: Option<Value>,
    pub(crate) extensions: Option<Value>,
}

/// A cluster and its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedCluster {
    /// The name.
    pub name: String,
    /// What it names.
    pub cluster: Cluster,
    /// Where the entry stands in the file, counted from 1.
    pub line: usize,
}

/// A user and its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedAuthInfo {
    /// The name.
    pub name: String,
    /// What it names.
    pub user: AuthInfo,
    /// Where the entry stands in the file, counted from 1.
    pub line: usize,
}

/// A context and its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedContext {
    /// The name.
    pub name: String,
    /// What it names.
    pub context: Context,
    /// Where the entry stands in the file, counted from 1.
    pub line: usize,
}

/// How to reach an API server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// URL; empty when it is not there. [`crate::ServerUrl`] tells whether it can work.
    pub server: String,
    /// The name to check the server's certificate against.
    pub tls_server_name: Option<String>,
    /// Do not check it at all.
    pub insecure_skip_tls_verify: bool,
    /// Path of the CA certificates, relative to the kubeconfig's directory.
    pub certificate_authority: Option<String>,
    /// The CA certificates themselves, decoded: PEM. They win over the path.
    pub certificate_authority_data: Option<Vec<u8>>,
    /// Proxy between here and the server.
    pub proxy_url: Option<String>,
    pub(crate) disable_compression: bool,
    pub(crate) extensions: Option<Value>,
}

/// Who one is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthInfo {
    /// Path of the client certificate, relative to the kubeconfig's directory.
    pub client_certificate: Option<String>,
    /// The client certificate itself, decoded: PEM. It wins over the path.
    pub client_certificate_data: Option<Vec<u8>>,
    /// Path of the client key, relative to the kubeconfig's directory.
    pub client_key: Option<String>,
    /// The client key itself, decoded: PEM. It wins over the path.
    pub client_key_data: Option<Secret<Vec<u8>>>,
    /// Bearer token.
    pub token: Option<Secret<String>>,
    /// Path of a file with a bearer token. It wins over the token.
    pub token_file: Option<String>,
    /// User name for basic authentication.
    pub username: Option<String>,
    /// Password for basic authentication.
    pub password: Option<Secret<String>>,
    /// The rest (`as`, `as-groups`, `auth-provider`, `exec`, `extensions` …), not looked into.
    pub(crate) others: Secret<Map<String, Value>>,
}

/// Which user talks to which cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// The name of the cluster; empty when it is not there.
    pub cluster: String,
    /// The name of the user; empty when it is not there.
    pub user: String,
    /// The namespace when none is asked for.
    pub namespace: Option<String>,
    pub(crate) extensions: Option<Value>,
}

/// Something that is not shown, not even by `{:?}`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T>(pub(crate) T);

impl AuthInfo {
    /// Whether it gets its credentials from another program (`exec`, `auth-provider`).
    pub fn has_plugin(&self) -> bool {
        ["exec", "auth-provider"].iter().any(|name| self.others.expose().contains_key(*name))
    }
}

impl<T> Secret<T> {
    /// The secret itself. It must not get into a message.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("REDACTED")
    }
}

/// The context in use with all it names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Current<'a> {
    /// The context.
    pub context: &'a NamedContext,
    /// Its cluster.
    pub cluster: &'a NamedCluster,
    /// Its user.
    pub user: &'a NamedAuthInfo,
}

impl Kubeconfig {
    /// Reads a kubeconfig. An empty file is an empty kubeconfig, as for kubectl.
    ///
    /// # Errors
    /// When it is not YAML, has two documents or equal keys, is no mapping, is of another kind, or has a value of a type
    /// that client-go would not take. The file's name is for the caller to add.
    pub fn parse(content: &[u8]) -> Result<Kubeconfig, Error> {
        Kubeconfig::from_node(&Node::parse(content)?)
    }

    pub(crate) fn from_node(root: &Node) -> Result<Kubeconfig, Error> {
        let (kubeconfig, problems) = Kubeconfig::inspect(root);
        problems.into_iter().next().map_or(Ok(kubeconfig), |problem| Err(problem.error))
    }

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

    /// What several files mean together: of two entries of one name the first, and the first current context.
    pub(crate) fn merged<'a>(all: impl Iterator<Item = &'a Kubeconfig>) -> Kubeconfig {
        fn add<T: Clone>(to: &mut Vec<T>, from: &[T], name: impl Fn(&T) -> &str) {
            let known: HashSet<String> = to.iter().map(|entry| name(entry).to_owned()).collect();
            to.extend(from.iter().filter(|entry| !known.contains(name(entry))).cloned());
        }
        let mut merged = Kubeconfig::default();
        for one in all {
            add(&mut merged.clusters, &one.clusters, |c| &c.name);
            add(&mut merged.users, &one.users, |u| &u.name);
            add(&mut merged.contexts, &one.contexts, |c| &c.name);
            merged.current_context = merged.current_context.or_else(|| one.current_context.clone());
            let preferences = one.preferences.clone().filter(|p| p.as_object().is_some_and(|map| !map.is_empty()));
            merged.preferences = merged.preferences.or(preferences);
            merged.extensions = merged.extensions.or_else(|| one.extensions.clone());
        }
        merged
    }

    /// Whether there is an entry of this name.
    pub(crate) fn has(&self, section: Section, name: &str) -> bool {
        match section {
            Section::Clusters => self.cluster(name).is_some(),
            Section::Users => self.user(name).is_some(),
            Section::Contexts => self.context(name).is_some(),
        }
    }

    /// The cluster of a name.
    pub fn cluster(&self, name: &str) -> Option<&NamedCluster> {
        self.clusters.iter().find(|c| c.name == name)
    }

    /// The user of a name.
    pub fn user(&self, name: &str) -> Option<&NamedAuthInfo> {
        self.users.iter().find(|u| u.name == name)
    }

    /// The context of a name.
    pub fn context(&self, name: &str) -> Option<&NamedContext> {
        self.contexts.iter().find(|c| c.name == name)
    }

    /// The context in use, its cluster and its user.
    ///
    /// # Errors
    /// When there is none, or it names something that is not there: the error says what.
    pub fn current(&self) -> Result<Current<'_>, Error> {
        let name = self.current_context.as_deref().ok_or_else(|| {
            Error::new("is not set").field("current-context").hint("choose one with khw-kubeconfig use-context")
        })?;
        let context = self
            .context(name)
            .ok_or_else(|| dangling("context", name, self.contexts.iter().map(|c| &c.name)).field("current-context"))?;
        self.resolve(context)
    }

    /// A context with its cluster and its user.
    ///
    /// # Errors
    /// When it names something that is not there: the error says what.
    pub fn resolve<'a>(&'a self, context: &'a NamedContext) -> Result<Current<'a>, Error> {
        let place = |field: &str| format!("contexts.{}.{field}", context.name.escape_debug());
        let cluster = self.cluster(&context.context.cluster).ok_or_else(|| {
            let names = self.clusters.iter().map(|c| &c.name);
            dangling("cluster", &context.context.cluster, names).field(place("cluster")).line(context.line)
        })?;
        let user = self.user(&context.context.user).ok_or_else(|| {
            let names = self.users.iter().map(|c| &c.name);
            dangling("user", &context.context.user, names).field(place("user")).line(context.line)
        })?;
        Ok(Current { context, cluster, user })
    }

    /// Whether a private key, token or password is in it.
    pub fn has_secret(&self) -> bool {
        self.users.iter().any(|u| {
            let others = u.user.others.expose();
            u.user.client_key_data.is_some()
                || u.user.token.is_some()
                || u.user.password.is_some()
                || others.contains_key("exec")
                || others.contains_key("auth-provider")
        })
    }

    /// The value that `kubectl config view -o json` prints, in client-go's order of fields, entries sorted by name.
    pub(crate) fn to_json(&self) -> Value {
        fn list<T>(entries: &[T], name: impl Fn(&T) -> &str, value: impl Fn(&T) -> Value) -> Value {
            let mut sorted: Vec<&T> = entries.iter().collect();
            sorted.sort_by(|a, b| name(a).cmp(name(b)));
            if sorted.is_empty() { Value::Null } else { Value::Array(sorted.into_iter().map(value).collect()) }
        }
        let mut config = json!({
            "kind": "Config",
            "apiVersion": "v1",
            "preferences": self.preferences.clone().unwrap_or_else(|| json!({})),
            "clusters": list(&self.clusters, |c| &c.name, |c| json!({ "name": c.name, "cluster": c.cluster.to_json() })),
            "users": list(&self.users, |u| &u.name, |u| json!({ "name": u.name, "user": u.user.to_json() })),
            "contexts": list(&self.contexts, |c| &c.name, |c| json!({ "name": c.name, "context": c.context.to_json() })),
            "current-context": self.current_context.as_deref().unwrap_or_default(),
        });
        if let (Some(extensions), Some(config)) = (&self.extensions, config.as_object_mut()) {
            config.insert("extensions".to_owned(), in_gos_order("extensions", extensions));
        }
        config
    }
}

/// The error that a name leads nowhere, with the names that would.
pub(crate) fn dangling<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a String>) -> Error {
    const SHOWN: usize = 8;
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let error = if name.is_empty() {
        Error::new(format!("names no {what}"))
    } else {
        Error::new(format!("there is no {what} '{}'", name.escape_debug()))
    };
    error.hint(if names.is_empty() {
        format!("there is none at all: make it first with khw-kubeconfig {}", maker(what))
    } else {
        format!("the {what}s are {}{more}", names.get(..SHOWN).unwrap_or(&names).join(", "))
    })
}

fn maker(what: &str) -> &'static str {
    match what {
        "cluster" => "set-cluster",
        "user" => "set-credentials",
        _ => "set-context",
    }
}

impl Cluster {
    fn to_json(&self) -> Value {
        let mut map = Object::default();
        map.always("server", &self.server);
        map.text("tls-server-name", self.tls_server_name.as_ref());
        map.flag("insecure-skip-tls-verify", self.insecure_skip_tls_verify);
        map.text("certificate-authority", self.certificate_authority.as_ref());
        map.data("certificate-authority-data", self.certificate_authority_data.as_ref());
        map.text("proxy-url", self.proxy_url.as_ref());
        map.flag("disable-compression", self.disable_compression);
        map.raw("extensions", self.extensions.as_ref());
        Value::Object(map.0)
    }
}

/// The fields of a user that are passed through unread, in client-go's order around `username` and `password`.
const BEFORE_USERNAME: [&str; 4] = ["as", "as-uid", "as-groups", "as-user-extra"];
const AFTER_PASSWORD: [&str; 3] = ["auth-provider", "exec", "extensions"];

impl AuthInfo {
    fn to_json(&self) -> Value {
        let mut map = Object::default();
        map.text("client-certificate", self.client_certificate.as_ref());
        map.data("client-certificate-data", self.client_certificate_data.as_ref());
        map.text("client-key", self.client_key.as_ref());
        map.data("client-key-data", self.client_key_data.as_ref().map(Secret::expose));
        map.text("token", self.token.as_ref().map(Secret::expose));
        map.text("tokenFile", self.token_file.as_ref());
        for field in BEFORE_USERNAME {
            map.raw(field, self.others.expose().get(field));
        }
        map.text("username", self.username.as_ref());
        map.text("password", self.password.as_ref().map(Secret::expose));
        for field in AFTER_PASSWORD {
            map.raw(field, self.others.expose().get(field));
        }
        Value::Object(map.0)
    }
}

impl Context {
    fn to_json(&self) -> Value {
        let mut map = Object::default();
        map.always("cluster", &self.cluster);
        map.always("user", &self.user);
        map.text("namespace", self.namespace.as_ref());
        map.raw("extensions", self.extensions.as_ref());
        Value::Object(map.0)
    }
}

/// A JSON object from which empty values are left out, as Go's `omitempty` does.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn always(&mut self, field: &str, text: &str) {
        self.0.insert(field.to_owned(), Value::String(text.to_owned()));
    }

    fn text(&mut self, field: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.always(field, text);
        }
    }

    fn data(&mut self, field: &str, data: Option<&Vec<u8>>) {
        self.text(field, data.map(|d| encode(d)).as_ref());
    }

    fn flag(&mut self, field: &str, flag: bool) {
        if flag {
            self.0.insert(field.to_owned(), Value::Bool(true));
        }
    }

    fn raw(&mut self, field: &str, value: Option<&Value>) {
        if let Some(value) = value {
            self.0.insert(field.to_owned(), in_gos_order(field, value));
        }
    }
}

/// A value that is passed through, its keys in the order in which Go prints them: maps sorted, structs as declared.
fn in_gos_order(field: &str, value: &Value) -> Value {
    let declared: &[&str] = match field {
        "extensions" | "auth-provider" => &["name", "extension", "config"],
        "exec" => &["command", "args", "env", "apiVersion", "installHint", "provideClusterInfo", "interactiveMode"],
        "env" => &["name", "value"],
        _ => &[],
    };
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| in_gos_order(field, item)).collect()),
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            let rank = |key: &str| declared.iter().position(|d| *d == key).unwrap_or(declared.len());
            keys.sort_by_key(|key| (rank(key), *key));
            let mut sorted = Map::new();
            if field == "auth-provider" {
                for key in ["name", "config"] {
                    sorted.insert(key.to_owned(), Value::Null);
                }
            }
            if field == "exec" {
                // Printed even when they are empty, so their places are kept.
                for key in declared {
                    let empty = if *key == "provideClusterInfo" { json!(false) } else { Value::Null };
                    sorted.insert((*key).to_owned(), empty);
                }
            }
            for key in keys {
                sorted.insert(key.clone(), in_gos_order(key, &map[key.as_str()]));
            }
            if field == "exec" {
                // client-go's default for the versions that did not have it.
                let old = ["client.authentication.k8s.io/v1alpha1", "client.authentication.k8s.io/v1beta1"];
                let unset = sorted.get("interactiveMode").is_none_or(Value::is_null);
                if unset && sorted.get("apiVersion").and_then(Value::as_str).is_some_and(|v| old.contains(&v)) {
                    sorted.insert("interactiveMode".to_owned(), json!("IfAvailable"));
                }
                let optional = ["apiVersion", "installHint", "interactiveMode"];
                sorted.retain(|key, value| !value.is_null() || !optional.contains(&key.as_str()));
            }
            Value::Object(sorted)
        }
        other => other.clone(),
    }
}

/// Base64 as Go writes bytes into JSON.
pub(crate) fn encode(data: &[u8]) -> String {
    BASE64_STANDARD.encode(data)
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

    fn raw(&self, field: &str) -> Option<Value> {
        self.get(field).map(Node::to_json).filter(|value| !value.is_null())
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

#[cfg(test)]
mod tests {
    use super::Kubeconfig;

    const WHOLE: &str = "\
apiVersion: v1
kind: Config
clusters:
- cluster: {server: 'https://192.168.5.30:6443', certificate-authority-data: Y2E=}
  name: khw
users:
- name: system:node:worker-1
  user: {client-key-data: a2V5, token: geheim}
contexts:
- name: default
  context: {cluster: khw, user: 'system:node:worker-1'}
current-context: default
";

    #[test]
    fn resolves() -> Result<(), khw_core::Error> {
        let config = Kubeconfig::parse(WHOLE.as_bytes())?;
        let current = config.current()?;
        assert_eq!(current.cluster.cluster.server, "https://192.168.5.30:6443");
        assert_eq!(current.cluster.cluster.certificate_authority_data.as_deref(), Some(&b"ca"[..]));
        assert_eq!(current.user.name, "system:node:worker-1");
        assert_eq!((current.context.line, current.cluster.line, current.user.line), (10, 4, 7));
        assert!(config.has_secret());
        Ok(())
    }

    #[test]
    fn secrets_are_not_shown() -> Result<(), khw_core::Error> {
        let shown = format!("{:?}", Kubeconfig::parse(WHOLE.as_bytes())?);
        assert!(!shown.contains("geheim") && !shown.contains("107, 101, 121") && shown.contains("REDACTED"));
        Ok(())
    }

    #[test]
    fn empty_is_empty() {
        for text in ["", "# nothing\n", "clusters: null\nusers: []\ncontexts:\n", "{}", "---\n{}\n"] {
            assert_eq!(Kubeconfig::parse(text.as_bytes()), Ok(Kubeconfig::default()), "{text}");
        }
    }

    #[test]
    fn says_what_leads_nowhere() -> Result<(), khw_core::Error> {
        for (text, message, hint) in [
            ("", "F: current-context: is not set", "choose one with khw-kubeconfig use-context"),
            (
                "current-context: a\ncontexts: [{name: b}]\n",
                "F: current-context: there is no context 'a'",
                "the contexts are b",
            ),
            (
                "current-context: a\ncontexts: [{name: a}]\n",
                "F:2: contexts.a.cluster: names no cluster",
                "there is none at all: make it first with khw-kubeconfig set-cluster",
            ),
            (
                "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c}]\n",
                "F:2: contexts.a.user: there is no user 'u'",
                "there is none at all: make it first with khw-kubeconfig set-credentials",
            ),
        ] {
            let config = Kubeconfig::parse(text.as_bytes())?;
            let error = config.current().map(|_| ()).map_err(|e| e.file("F"));
            let error = error.map_err(|e| (e.to_string(), e.advice().unwrap_or_default().to_owned()));
            assert_eq!(error, Err((message.to_owned(), hint.to_owned())));
        }
        Ok(())
    }

    #[test]
    fn refuses_what_kubectl_refuses() {
        for (text, message) in [
            ("- a\n", "F: is a list, not a kubeconfig"),
            ("geheim\n", "F: is text, not a kubeconfig"),
            ("kind: Pod\n", "F:1: kind: is 'Pod', not Config"),
            ("apiVersion: v2\n", "F:1: apiVersion: is 'v2', not v1"),
            ("\nclusters: {}\n", "F:2: clusters: is a mapping, not a list"),
            ("clusters:\n- name: yes\n", "F:2: clusters[0].name: is a boolean, not text"),
            ("clusters:\n- name: a\n- name: 017\n", "F:3: clusters[1].name: is a number, not text"),
            ("clusters:\n- name: a\n- name: a\n", "F:3: clusters[1].name: there is another cluster named 'a'"),
            (
                "users:\n- name: a\n  user:\n    client-key-data: gehe*m\n",
                "F:4: users[0].user.client-key-data: is not base64",
            ),
            ("users:\n- name: a\n  user:\n    token: 123\n", "F:4: users[0].user.token: is a number, not text"),
            ("users:\n- geheim\n", "F:2: users[0]: is text, not a mapping"),
            ("clusters:\n- cluster: []\n", "F:2: clusters[0].cluster: is a list, not a mapping"),
        ] {
            let error = Kubeconfig::parse(text.as_bytes()).map_err(|e| e.file("F"));
            assert_eq!(error.as_ref().map_err(ToString::to_string), Err(message.to_owned()));
            assert!(error.is_err_and(|e| e.advice().is_some()), "{text}");
        }
    }
}
