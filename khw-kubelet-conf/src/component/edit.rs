//! Changes the text of a configuration to a new meaning, and leaves alone what the change does not touch: comments, order,
//! blank lines, quoting, line ends.
//!
//! The way is: read strictly, find the differences between what the text means and what it shall mean, make them in the
//! syntax tree, print that, read it again. If it then does not mean just what was meant, nothing is written.

use super::document::Document;
use super::write;
use khw_core::Error;
use serde_json::{Map, Value};
use std::str::FromStr;
use yaml_edit::{Mapping, Sequence, YamlFile, YamlNode};

/// The text of `document` with a new meaning.
pub(super) fn rewrite(
    text: &str,
    document: &Document,
    meant: &Map<String, Value>,
) -> Result<(String, Document), Error> {
    let old = document.root().as_object().ok_or_else(unusual)?;
    if old == meant {
        return Ok((text.to_owned(), document.clone()));
    }
    let new = edited(text, old, meant)?;
    match Document::parse(new.as_bytes()) {
        Ok(document) if document.root().as_object() == Some(meant) => Ok((new, document)),
        _ => Err(Error::new("cannot be changed without touching other parts of it")
            .hint("anchors and unusual YAML are not edited: write these fields plainly")),
    }
}

fn edited(text: &str, old: &Map<String, Value>, meant: &Map<String, Value>) -> Result<String, Error> {
    let (bom, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    // The editor ends its own lines with a bare line feed. A file of which every line ends with CR LF stays so.
    let crlf = body.contains("\r\n") && body.matches('\n').count() == body.matches("\r\n").count();
    let lines = if crlf { body.replace("\r\n", "\n") } else { body.to_owned() };
    // The file and not its document, since comments before `---` belong to the file.
    let file = YamlFile::from_str(&lines).map_err(|_| unusual())?;
    let root = file.document().and_then(|document| document.as_mapping()).ok_or_else(unusual)?;
    change_mapping(&root, old, meant)?;
    let new = file.to_string();
    let json = serde_json::from_str::<Value>(body).is_ok();
    if json && serde_json::from_str::<Value>(&new).is_err() {
        // What is JSON is perhaps read by a program that wants JSON: better laid out anew than broken.
        return Ok(serde_json::to_string_pretty(meant).map_err(|_| unusual())? + "\n");
    }
    Ok(format!("{bom}{}", if crlf { new.replace('\n', "\r\n") } else { new }))
}

fn unusual() -> Error {
    Error::new("is YAML of a form that cannot be edited").hint("write it plainly: one mapping, block or flow style")
}

fn change_mapping(at: &Mapping, old: &Map<String, Value>, new: &Map<String, Value>) -> Result<(), Error> {
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        at.remove(key.as_str()).ok_or_else(unusual)?;
    }
    for (key, value) in new {
        match (old.get(key), value) {
            (Some(before), after) if before == after => {}
            (Some(Value::Object(before)), Value::Object(after)) if !before.is_empty() && !after.is_empty() => {
                change_mapping(&at.get_mapping(key.as_str()).ok_or_else(unusual)?, before, after)?;
            }
            (Some(Value::Array(before)), Value::Array(after)) if !before.is_empty() && before.len() <= after.len() => {
                change_sequence(&at.get_sequence(key.as_str()).ok_or_else(unusual)?, before, after)?;
            }
            (_, value) => at.set(key.as_str(), node(value)?),
        }
    }
    Ok(())
}

fn change_sequence(at: &Sequence, old: &[Value], new: &[Value]) -> Result<(), Error> {
    for (index, (before, after)) in old.iter().zip(new).enumerate().filter(|(_, (before, after))| before != after) {
        let item = at.get(index).ok_or_else(unusual)?;
        match (before, after, item.as_mapping()) {
            (Value::Object(before), Value::Object(after), Some(item)) if !before.is_empty() && !after.is_empty() => {
                change_mapping(item, before, after)?;
            }
            _ => {
                at.set(index, node(after)?);
            }
        }
    }
    for value in new.iter().skip(old.len()) {
        at.push(node(value)?);
    }
    Ok(())
}

/// A value as a piece of syntax tree, quoted as [`write`] quotes.
fn node(value: &Value) -> Result<YamlNode, Error> {
    let document = yaml_edit::Document::from_str(write::value(value).trim_end()).map_err(|_| unusual())?;
    document
        .as_mapping()
        .map(YamlNode::Mapping)
        .or_else(|| document.as_sequence().map(YamlNode::Sequence))
        .or_else(|| document.as_scalar().map(YamlNode::Scalar))
        .ok_or_else(unusual)
}

#[cfg(test)]
mod tests {
    use crate::component::{Config, Life};
    use crate::fields::KIND;
    use khw_core::KubernetesVersion;

    type Result<T = ()> = std::result::Result<T, khw_core::Error>;

    const COMMENTED: &str = "\
# the worker's own
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1

authentication:   # who are you?
  anonymous:
    enabled: false
  x509: {clientCAFile: '/ca.crt'}
maxPods: 0110   # by hand
clusterDNS:
# the first
- 10.96.0.10
evictionHard:
    memory.available:  \"5%\"

# the end
";

    fn change(text: &str, settings: &[(&str, &str)], unset: &[&str]) -> Result<String> {
        let mut config = Config::from_text(&KIND, KubernetesVersion::NEWEST, text.as_bytes())?;
        settings.iter().try_for_each(|(path, value)| config.set(path, value))?;
        unset.iter().try_for_each(|path| config.unset(path))?;
        config.render(None).map(|(text, _)| text)
    }

    #[test]
    fn one_value_is_one_change() -> Result {
        for (path, value, from, to) in [
            ("maxPods", "50", "maxPods: 0110 ", "maxPods: 50 "),
            ("authentication.anonymous.enabled", "true", "enabled: false", "enabled: true"),
            ("authentication.x509.clientCAFile", "/k/ca.crt", "'/ca.crt'", "/k/ca.crt"),
            ("clusterDNS", "10.32.0.10", "- 10.96.0.10", "- \"10.32.0.10\""),
            ("clusterDNS", "10.96.0.10,fd00::a", "- 10.96.0.10\n", "- 10.96.0.10\n- \"fd00::a\"\n"),
            ("evictionHard.memory.available", "6%", "\"5%\"", "\"6%\""),
            // The same value, written in another way, is no change.
            ("maxPods", "72", "", ""),
        ] {
            assert_eq!(change(COMMENTED, &[(path, value)], &[])?, COMMENTED.replacen(from, to, 1), "{path}");
        }
        Ok(())
    }

    #[test]
    fn what_is_added_stands_where_it_belongs() -> Result {
        let new = change(COMMENTED, &[("authentication.webhook.enabled", "true")], &[])?;
        let block = "  x509: {clientCAFile: '/ca.crt'}\n";
        assert_eq!(new, COMMENTED.replace(block, &format!("{block}  webhook:\n    enabled: true\n")));
        let new = change("kind: KubeletConfiguration", &[("clusterDomain", "yes")], &[])?;
        assert_eq!(new.trim_end(), "kind: KubeletConfiguration\nclusterDomain: \"yes\"");
        let new = change("authentication:\nmaxPods: 5\n", &[("authentication.webhook.enabled", "true")], &[])?;
        assert_eq!(new, "authentication:\n  webhook:\n    enabled: true\nmaxPods: 5\n");
        Ok(())
    }

    #[test]
    fn what_is_taken_away_takes_its_line_along() -> Result {
        assert_eq!(change("a: 1\nmaxPods: 5\nb: 2\n", &[], &["maxPods"])?, "a: 1\nb: 2\n");
        // Fields that no version has, or this one has not any more, can at least be taken away.
        assert_eq!(change("maxPods: 5\nb: {c: 2}\n", &[], &["b.c"])?, "maxPods: 5\n");
        let gone = "maxPods: 5\nlogging:\n  sanitization: true\n  format: text\n";
        assert_eq!(change(gone, &[], &["logging.sanitization"])?, "maxPods: 5\nlogging:\n  format: text\n");
        let longer = "clusterDNS:\n  - 10.96.0.10\n  - 10.96.0.11\nmaxPods: 5\n";
        assert_eq!(
            change(longer, &[("clusterDNS", "10.96.0.11")], &[])?,
            "clusterDNS:\n  - \"10.96.0.11\"\nmaxPods: 5\n"
        );
        Ok(())
    }

    #[test]
    fn json_stays_json_and_line_ends_stay() -> Result {
        let new = change("{\n  \"maxPods\": 5,\n  \"a\": [1]\n}\n", &[("clusterDomain", "x"), ("maxPods", "6")], &[])?;
        let value: serde_json::Value = serde_json::from_str(&new).map_err(|e| khw_core::Error::new(e.to_string()))?;
        assert_eq!(value, serde_json::json!({"maxPods": 6, "a": [1], "clusterDomain": "x"}));
        let new = change("\u{feff}maxPods: 5\r\nb: 1\r\n", &[("maxPods", "6"), ("port", "10250")], &[])?;
        assert_eq!(new, "\u{feff}maxPods: 6\r\nb: 1\r\nport: 10250\r\n");
        Ok(())
    }

    #[test]
    fn what_would_change_elsewhere_is_refused() {
        let text = "authentication: &x\n  anonymous: {enabled: false}\nother: *x\n";
        let refused = change(text, &[("authentication.anonymous.enabled", "true")], &[]);
        assert!(refused.is_err_and(|e| e.what() == "cannot be changed without touching other parts of it"));
    }

    #[test]
    fn every_field_can_be_set_in_a_file_and_all_its_lines_stay() -> Result {
        use crate::component::config::tests::sample;
        let version = KubernetesVersion::NEWEST;
        let written = |path: &str| COMMENTED.contains(&format!("{}:", path.rsplit('.').next().unwrap_or(path)));
        for field in KIND.fields.iter().filter(|f| f.life(version) == Life::There && !f.path.contains('[')) {
            if written(field.path) && field.path != "authentication.webhook.enabled" {
                continue;
            }
            let new = change(COMMENTED, &[(field.path, &sample(field.value, version))], &[])?;
            let mut lines = new.lines();
            assert!(COMMENTED.lines().all(|line| lines.any(|l| l == line)), "{}\n{new}", field.path);
        }
        Ok(())
    }

    proptest::proptest! {
        #[test]
        fn any_edit_is_refused_or_means_what_was_meant(field in 0..KIND.fields.len(), text in "[-0-9a-zA-Z%=<,.:{}\\[\\]\" \n#]{0,20}") {
            // That it means just that is looked at by `render` itself; here it is that nothing else happens.
            let path = KIND.fields[field].path;
            if let Ok(new) = change(COMMENTED, &[(path, &text)], &[]) {
                proptest::prop_assert!(new.contains("# the worker's own\n") && new.contains("# the end\n"), "{}", new);
            }
        }
    }
}
