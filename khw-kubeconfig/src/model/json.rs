//! A kubeconfig as `kubectl config view -o json` prints it: client-go's order of fields, without what is empty.

use super::{AuthInfo, Cluster, Context, Kubeconfig, Secret};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

impl Kubeconfig {
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

/// The versions of a plugin's interface in which `interactiveMode` has a default: `IfAvailable`.
pub(crate) const OLD_EXEC_VERSIONS: [&str; 2] =
    ["client.authentication.k8s.io/v1alpha1", "client.authentication.k8s.io/v1beta1"];

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
pub(super) const BEFORE_USERNAME: [&str; 4] = ["as", "as-uid", "as-groups", "as-user-extra"];
pub(super) const AFTER_PASSWORD: [&str; 3] = ["auth-provider", "exec", "extensions"];

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
                let unset = sorted.get("interactiveMode").is_none_or(Value::is_null);
                let version = sorted.get("apiVersion").and_then(Value::as_str);
                if unset && version.is_some_and(|version| OLD_EXEC_VERSIONS.contains(&version)) {
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
