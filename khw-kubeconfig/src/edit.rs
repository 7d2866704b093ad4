//! Changes the text of a kubeconfig to a new meaning, and leaves alone whatever the change does not touch: comments, order,
//! blank lines, quoting, unknown fields, line ends.
//!
//! The way is: read strictly, find the differences between what the text means and what it shall mean, make them in the
//! syntax tree, print that, read it again. If it then does not mean just what was meant, nothing is written.

use crate::print;
use crate::yaml::Node;
use khw_core::Error;
use serde_json::{Map, Value, json};
use std::str::FromStr;
use yaml_edit::{Document, Mapping, Sequence, YamlFile, YamlNode};

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

/// The text with a new meaning.
///
/// # Errors
/// When the text cannot be read strictly, or cannot be changed without touching more than was meant.
pub(crate) fn rewrite(text: &str, meant: &Value) -> Result<String, Error> {
    let old = Node::parse(text.as_bytes())?.to_json();
    if old == *meant {
        return Ok(text.to_owned());
    }
    let new = if old.is_null() {
        fresh(text, meant)
    } else if print::yaml(&old) == text {
        // It looks as kubectl and khw write it, no comment in it: then it stays so, to the byte.
        print::yaml(meant)
    } else {
        edited(text, &old, meant)?
    };
    match Node::parse(new.as_bytes()) {
        Ok(read) if read.to_json() == *meant => Ok(new),
        _ => Err(Error::new("cannot be changed without touching other parts of it")
            .hint("anchors and unusual YAML are not edited: write these entries plainly, or use another file")),
    }
}

/// The first content of a file that has at most comments.
fn fresh(text: &str, meant: &Value) -> String {
    let mut comments: String = text.lines().filter(|line| *line != "---").map(|line| format!("{line}\n")).collect();
    comments.push_str(&print::yaml(meant));
    comments
}

fn edited(text: &str, old: &Value, meant: &Value) -> Result<String, Error> {
    let is_json = text.trim_start().starts_with('{') && serde_json::from_str::<Value>(text).is_ok();
    let (bom, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    // The editor ends its own lines with a bare line feed. A file of which every line ends with CR LF stays so.
    let crlf = body.contains("\r\n") && body.matches('\n').count() == body.matches("\r\n").count();
    let lines = if crlf { body.replace("\r\n", "\n") } else { body.to_owned() };
    // The file and not its document, since comments before `---` belong to the file.
    let file = YamlFile::from_str(&lines).map_err(|_| unreadable())?;
    let root = file.document().and_then(|document| document.as_mapping()).ok_or_else(unreadable)?;
    let (Value::Object(old), Value::Object(new)) = (old, meant) else { return Err(unreadable()) };
    change_mapping(&root, old, new, is_json)?;
    let mut new = file.to_string();
    if is_json && serde_json::from_str::<Value>(&new).is_err() {
        // A program that reads JSON must still be able to: better laid out anew than broken.
        new = print::json(meant).map_err(|_| unreadable())?;
    }
    if crlf {
        new = new.replace('\n', "\r\n");
    }
    Ok(format!("{bom}{new}"))
}

fn unreadable() -> Error {
    Error::new("is YAML of a form that cannot be edited").hint("write it plainly: one mapping, block or flow style")
}

fn change_mapping(at: &Mapping, old: &Map<String, Value>, new: &Map<String, Value>, json: bool) -> Result<(), Error> {
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        at.remove(key.as_str()).ok_or_else(unreadable)?;
    }
    for (key, value) in new {
        match (old.get(key), value) {
            (Some(before), after) if before == after => {}
            (Some(Value::Object(before)), Value::Object(after)) if !before.is_empty() && !after.is_empty() => {
                change_mapping(&at.get_mapping(key.as_str()).ok_or_else(unreadable)?, before, after, json)?;
            }
            (Some(Value::Array(before)), Value::Array(after)) if !before.is_empty() && !after.is_empty() => {
                change_sequence(&at.get_sequence(key.as_str()).ok_or_else(unreadable)?, before, after, json)?;
            }
            (_, value) => at.set(key.as_str(), node(value, json)?),
        }
    }
    Ok(())
}

fn change_sequence(at: &Sequence, old: &[Value], new: &[Value], json: bool) -> Result<(), Error> {
    if new.len() < old.len() {
        // Items were taken out: what is left keeps its order.
        let mut left = new.iter().peekable();
        let gone: Vec<usize> = (0..old.len())
            .filter(|&index| if left.peek() == old.get(index).as_ref() { left.next().is_none() } else { true })
            .collect();
        if left.next().is_some() {
            return Err(unreadable());
        }
        for index in gone.into_iter().rev() {
            at.remove(index).ok_or_else(unreadable)?;
        }
        return Ok(());
    }
    for (index, (before, after)) in old.iter().zip(new).enumerate().filter(|(_, (before, after))| before != after) {
        let item = at.get(index).ok_or_else(unreadable)?;
        match (before, after, item.as_mapping()) {
            (Value::Object(before), Value::Object(after), Some(item)) if !before.is_empty() => {
                change_mapping(item, before, after, json)?;
            }
            _ => {
                at.set(index, node(after, json)?);
            }
        }
    }
    for value in new.iter().skip(old.len()) {
        at.push(node(value, json)?);
    }
    Ok(())
}

/// A value as a piece of syntax tree, quoted as [`print`] quotes, or as JSON does.
fn node(value: &Value, json: bool) -> Result<YamlNode, Error> {
    let text = if json { value.to_string() } else { print::yaml(value) };
    let document = Document::from_str(text.trim_end()).map_err(|_| unreadable())?;
    document
        .as_mapping()
        .map(YamlNode::Mapping)
        .or_else(|| document.as_sequence().map(YamlNode::Sequence))
        .or_else(|| document.as_scalar().map(YamlNode::Scalar))
        .ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::{rewrite, skeleton};
    use crate::yaml::Node;
    use serde_json::{Value, json};

    type Result = std::result::Result<(), khw_core::Error>;

    /// Rewrites after `change` of the parsed value.
    fn change(text: &str, change: impl Fn(&mut Value)) -> std::result::Result<String, khw_core::Error> {
        let mut meant = Node::parse(text.as_bytes())?.to_json();
        change(&mut meant);
        rewrite(text, &meant)
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
    fn refuses_what_it_would_change_elsewhere() {
        let text = "clusters:\n- name: a\n  cluster: &x {server: https://a}\n- name: b\n  cluster: *x\n";
        let refused = change(text, |v| v["clusters"][1]["cluster"]["server"] = json!("https://b"));
        assert!(refused.is_err(), "{refused:?}");
    }
}
