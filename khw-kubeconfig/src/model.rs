//! A kubeconfig as client-go understands it: its types, their names, and what it refuses.
//!
//! Empty text and `null` mean "not there". Unknown fields are passed over, as client-go does; editing keeps them.

mod json;
mod read;
mod shape;

pub(crate) use json::{OLD_EXEC_VERSIONS, encode};
pub(crate) use read::Problem;

use crate::entry::Section;
use crate::yaml::{Any, Node};
use khw_core::Error;
use serde_json::{Map, Value};
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
    /// The rest (`as`, `as-groups`, `auth-provider`, `exec`, `extensions` …), of client-go's types.
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

    /// Refuses a mapping without any field of a kubeconfig, as an error page saved under its name is one. kubectl takes it.
    ///
    /// # Errors
    /// When it is one.
    pub(crate) fn refuse_foreign(root: &Node) -> Result<(), Error> {
        const FIELDS: [&str; 8] =
            ["apiVersion", "kind", "clusters", "contexts", "users", "current-context", "preferences", "extensions"];
        match &root.value {
            Any::Mapping(entries) if !entries.is_empty() && FIELDS.iter().all(|field| root.get(field).is_none()) => {
                Err(Error::new("has no field of a kubeconfig")
                    .hint("is this the right file? a kubeconfig has clusters, users and contexts"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn from_node(root: &Node) -> Result<Kubeconfig, Error> {
        let (kubeconfig, problems) = Kubeconfig::inspect(root);
        problems.into_iter().next().map_or(Ok(kubeconfig), |problem| Err(problem.error))
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
            (
                "users:\n- user: {exec: {command: x, env: [{name: A, value: 1}]}}\n",
                "F:2: users[0].user.exec.env[0].value: is a number, not text",
            ),
            ("users:\n- user: {exec: {args: yes}}\n", "F:2: users[0].user.exec.args: is a boolean, not a list"),
            (
                "users:\n- user: {auth-provider: {config: {a: [geheim]}}}\n",
                "F:2: users[0].user.auth-provider.config.a: is a list, not text",
            ),
            ("users:\n- user: {as-groups: geheim}\n", "F:2: users[0].user.as-groups: is text, not a list"),
            ("users:\n- user: {as-user-extra: {a: b}}\n", "F:2: users[0].user.as-user-extra.a: is text, not a list"),
            (
                "contexts:\n- context: {extensions: {}}\n",
                "F:2: contexts[0].context.extensions: is a mapping, not a list",
            ),
            ("preferences: {colors: geheim}\n", "F:1: preferences.colors: is text, not a boolean"),
        ] {
            let error = Kubeconfig::parse(text.as_bytes()).map_err(|e| e.file("F"));
            assert_eq!(error.as_ref().map_err(ToString::to_string), Err(message.to_owned()));
            assert!(error.is_err_and(|e| e.advice().is_some()), "{text}");
        }
    }
}
