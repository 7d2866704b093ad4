//! Changes the text of a kubeconfig to a new meaning, and leaves alone whatever the change does not touch: comments, order,
//! blank lines, quoting, unknown fields, line ends.
//!
//! The way is: read strictly, compare what the text means with what it shall mean, replace the bytes of the values that
//! differ, read the result again. If that does not mean just what was meant, nothing is written. All of it takes time
//! linear in the size of the text.

mod editor;

use crate::print;
use crate::yaml::{Any, Node};
use editor::edited;
use khw_core::Error;
use serde_json::{Value, json};

/// What an empty file means before anything is set: the fields that kubectl writes into a new one.
pub(crate) fn skeleton() -> Value {
    json!({
        "apiVersion": "v1",
        "clusters": null,
        "contexts": null,
        "current-context": "",
        "kind": "Config",
        "preferences": {},
        "users": null,
    })
}

/// The text of a kubeconfig after `change` of its meaning: `parse(edit(x)) == edit(parse(x))`, or an error.
///
/// This is what every command does to a file, for tests and fuzzing. Text that means nothing is `null` to `change`.
///
/// # Errors
/// When the text cannot be read strictly, or cannot be changed without touching more than was meant.
pub fn edit(text: &str, change: impl FnOnce(&mut Value)) -> Result<String, Error> {
    let old = Node::of(text)?;
    let mut meant = old.to_json();
    change(&mut meant);
    Ok(rewrite(text, &old, &meant)?.map_or_else(|| text.to_owned(), |(text, _)| text))
}

/// The text with a new meaning, and that text read again; `None` when it means that already.
///
/// # Errors
/// When it cannot be changed without touching more than was meant.
pub(crate) fn rewrite(text: &str, old: &Node, meant: &Value) -> Result<Option<(String, Node)>, Error> {
    if old.means(meant) {
        return Ok(None);
    }
    let new = if matches!(old.value, Any::Null) && meant.is_object() {
        fresh(text, meant)
    } else if !text.contains('#') && print::yaml(&old.to_json()) == text {
        // It looks as kubectl and khw write it: then it stays so, to the byte.
        print::yaml(meant)
    } else {
        edited(text, old, meant)?
    };
    match Node::of(&new) {
        Ok(read) if read.means(meant) => Ok(Some((new, read))),
        _ => Err(Error::new("cannot be changed without touching other parts of it")
            .hint("what an anchor or a merge key shares is not edited: write these entries out plainly")),
    }
}

/// The first content of a file that has at most comments.
fn fresh(text: &str, meant: &Value) -> String {
    let comments = text.lines().filter(|line| {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        line.is_empty() || line.starts_with('#')
    });
    let mut fresh: String = comments.map(|line| format!("{line}\n")).collect();
    fresh.push_str(&print::yaml(meant));
    fresh
}

#[cfg(test)]
mod tests {
    use super::{edit, skeleton};
    use serde_json::{Value, json};

    type Result = std::result::Result<(), khw_core::Error>;

    fn change(text: &str, change: impl Fn(&mut Value)) -> std::result::Result<String, khw_core::Error> {
        edit(text, change)
    }

    const COMMENTED: &str = "\
# the worker's own
apiVersion: v1
clusters:
  # the only one
  - name: khw   # by hand
    cluster:
      server: \"https://192.168.5.30:6443\"
      x-unknown: 1_0

users: null
contexts: []
current-context: ''
kind: Config
";

    #[test]
    fn leaves_the_rest_alone() -> Result {
        let new = change(COMMENTED, |v| v["clusters"][0]["cluster"]["server"] = json!("https://10.0.0.1"))?;
        assert_eq!(new, COMMENTED.replace("\"https://192.168.5.30:6443\"", "https://10.0.0.1"));
        let new = change(COMMENTED, |v| v["current-context"] = json!("yes"))?;
        assert_eq!(new, COMMENTED.replace("''", "\"yes\""));
        assert_eq!(change(COMMENTED, |_| ())?, COMMENTED);
        Ok(())
    }

    #[test]
    fn adds_entries() -> Result {
        let new = change(COMMENTED, |v| {
            v["users"] = json!([{ "name": "n", "user": { "token": "017" } }]);
            v["contexts"] = json!([{ "name": "a", "context": { "cluster": "khw", "user": "n" } }]);
            if let Some(clusters) = v["clusters"].as_array_mut() {
                clusters.push(json!({ "name": "b", "cluster": { "server": "https://b" } }));
            }
        })?;
        assert!(new.starts_with(
            "# the worker's own\napiVersion: v1\nclusters:\n  # the only one\n  - name: khw   # by hand\n"
        ));
        assert!(new.contains("      x-unknown: 1_0\n"), "{new}");
        Ok(())
    }

    #[test]
    fn every_style_can_be_edited() -> Result {
        for text in [
            "{}",
            "{\"clusters\":[],\"users\":null}",
            "{\n    \"clusters\": [\n        {\n            \"name\": \"a\",\n            \"cluster\": {}\n        }\n    ]\n}\n",
            "clusters:\r\n- name: a\r\n  cluster:\r\n    server: https://a\r\n",
            "clusters: [{name: a, cluster: {server: https://a}}]",
            "clusters:\n- name: a",
            "clusters:\n- name: a\n  cluster:\n",
            "\u{feff}clusters:\n- {name: a, cluster: null}\n# end",
            "---\nclusters: ~\n...\n",
            "# top\n---\nclusters: ~\n",
            "clusters:\n-\n  name: a\n",
            "kind: Config\n",
            "# comment\n",
            "",
        ] {
            let new = change(text, |v| {
                if v.is_null() {
                    *v = skeleton();
                }
                for (list, inner) in [("clusters", "cluster"), ("users", "user")] {
                    if !v[list].is_array() {
                        v[list] = json!([]);
                    }
                    let Some(entries) = v[list].as_array_mut() else { return };
                    if let Some(first) = entries.first_mut() {
                        first[inner]["server"] = json!("https://y");
                        first[inner]["name"] = json!("y");
                    }
                    entries.push(json!({ "name": "n", inner: { "a": "1_000", "b": true, "c d": "e: f" } }));
                }
                v["current-context"] = json!("no");
            })
            .map_err(|e| e.field(text.escape_debug()))?;
            if text.starts_with('{') {
                assert!(serde_json::from_str::<Value>(&new).is_ok(), "{new}");
            }
            if text.contains('\r') {
                assert_eq!(new.matches('\n').count(), new.matches("\r\n").count(), "{new:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_kubectl_wrote_stays_as_kubectl_writes() -> Result {
        let text = "apiVersion: v1\nclusters: null\ncontexts: null\ncurrent-context: \"\"\nkind: Config\n";
        let new = change(text, |v| v["clusters"] = json!([{ "name": "a", "cluster": { "server": "" } }]))?;
        assert_eq!(new, text.replace("clusters: null", "clusters:\n- cluster:\n    server: \"\"\n  name: a"));
        Ok(())
    }

    #[test]
    fn takes_entries_out() -> Result {
        let text = "users:\n# one\n- name: a\n# two\n- name: b\n  user: {}\n- name: c\nkind: Config\n";
        let new = change(text, |v| {
            if let Some(users) = v["users"].as_array_mut() {
                users.remove(1);
            }
        })?;
        assert!(new.contains("# one\n- name: a\n") && new.ends_with("- name: c\nkind: Config\n"), "{new}");
        let new = change("users:\n- name: a\nkind: Config\n", |v| v["users"] = Value::Null)?;
        assert_eq!(new, "users: null\nkind: Config\n");
        let new = change("a: 1\nusers:\n- name: a\n  user:\n    token: x\n    y: z\n", |v| {
            if let Some(user) = v["users"][0]["user"].as_object_mut() {
                user.remove("token");
            }
        })?;
        assert_eq!(new, "a: 1\nusers:\n- name: a\n  user:\n    y: z\n");
        Ok(())
    }

    #[test]
    fn a_comment_on_the_line_of_an_entry_is_that_entrys() -> Result {
        let take = |text: &str, list: &str, index: usize| {
            change(text, |v| {
                if let Some(entries) = v[list].as_array_mut() {
                    entries.remove(index);
                    if entries.is_empty() {
                        v[list] = Value::Null;
                    }
                }
            })
        };
        let flow = "{\n \"clusters\":[\n   {\"name\":\"a\"},   # first\n   {\"name\":\"b\"}    # second\n ],\n \"kind\":\"Config\"\n}\n";
        assert_eq!(
            take(flow, "clusters", 1)?,
            flow.replace("},   # first", "}   # first").replace("   {\"name\":\"b\"}    # second\n", "")
        );
        assert_eq!(take(flow, "clusters", 0)?, flow.replace("   {\"name\":\"a\"},   # first\n", ""));
        let new = change(flow, |v| {
            if let Some(clusters) = v["clusters"].as_array_mut() {
                clusters.push(json!({ "name": "c" }));
            }
        })?;
        assert_eq!(new, flow.replace("{\"name\":\"b\"}    # second", "{\"name\":\"b\"},    # second\n   {name: c}"),);
        let inner = "cluster: {\n    server: https://b:1,   # load balancer\n    # why\n    tls-server-name: x     # cert\n  }\nkind: Config\n";
        let without = |key: &str| {
            change(inner, |v| {
                if let Some(cluster) = v["cluster"].as_object_mut() {
                    cluster.remove(key);
                }
            })
        };
        assert_eq!(
            without("tls-server-name")?,
            inner.replace("1,   #", "1   #").replace("    tls-server-name: x     # cert\n", "")
        );
        assert_eq!(without("server")?, inner.replace("    server: https://b:1,   # load balancer\n", ""));

        let block =
            "users:\n- name: u   # admin\n  user:   # his\n    # since 2024\n    token: x   # rotated\nkind: Config\n";
        let new = change(block, |v| v["users"][0]["user"] = json!({ "password": "b", "username": "a" }))?;
        assert_eq!(new, block.replace("    token: x   # rotated\n", "    password: b\n    username: a\n"));
        let last = "contexts:   # all contexts\n# team\n- name: c\n  context: {}   # cc\nkind: Config\n";
        assert_eq!(
            take(last, "contexts", 0)?,
            last.replace("contexts:   #", "contexts: null   #").replace("- name: c\n  context: {}   # cc\n", "")
        );
        Ok(())
    }

    #[test]
    fn an_alias_gives_way_to_what_it_stood_for() -> Result {
        let text = "clusters:\n- name: a\n  cluster: &x {server: https://a}\n- name: b\n  cluster: *x\n";
        let new = change(text, |v| v["clusters"][1]["cluster"]["server"] = json!("https://b"))?;
        assert_eq!(new, text.replace("*x", "\n    server: https://b").replace("cluster: \n", "cluster:\n"));
        Ok(())
    }

    #[test]
    fn refuses_what_it_would_change_elsewhere() {
        let text = "clusters:\n- name: a\n  cluster: &x {server: https://a}\n- name: b\n  cluster: *x\n";
        let refused = change(text, |v| v["clusters"][0]["cluster"]["server"] = json!("https://b"));
        assert!(refused.is_err(), "{refused:?}");
        let text = "a: &x {b: c}\nusers: [{name: d, user: {<<: *x, e: f}}]\n";
        let refused = change(text, |v| {
            if let Some(user) = v["users"][0]["user"].as_object_mut() {
                user.remove("b");
            }
        });
        assert!(refused.is_err(), "{refused:?}");
    }
}
