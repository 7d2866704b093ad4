//! Fields that no client knows: misspelt ones are passed over in silence by kubectl.

use super::Checker;
use crate::yaml::{Any, Node};
use khw_core::finding::Finding;

const ROOT: [&str; 8] =
    ["apiVersion", "kind", "preferences", "clusters", "users", "contexts", "current-context", "extensions"];
const CLUSTER: [&str; 8] = [
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
    "extensions",
];
const USER: [&str; 15] = [
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "token",
    "tokenFile",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "username",
    "password",
    "auth-provider",
    "exec",
    "extensions",
];
const CONTEXT: [&str; 4] = ["cluster", "user", "namespace", "extensions"];

/// Finds them.
pub(super) fn unknown(checker: &mut Checker<'_>) {
    let root = checker.node;
    mapping(checker, root, "", &ROOT);
    for (list, inner, known) in
        [("clusters", "cluster", &CLUSTER[..]), ("users", "user", &USER[..]), ("contexts", "context", &CONTEXT[..])]
    {
        let Some(Node { value: Any::Sequence(items), .. }) = root.get(list) else { continue };
        for (index, item) in items.iter().enumerate() {
            let path = format!("{list}[{index}]");
            mapping(checker, item, &path, &["name", inner]);
            if let Some(content) = item.get(inner) {
                mapping(checker, content, &format!("{path}.{inner}"), known);
            }
        }
    }
}

fn mapping(checker: &mut Checker<'_>, node: &Node, path: &str, known: &[&str]) {
    let Any::Mapping(entries) = &node.value else { return };
    for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        let field = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        let finding = Finding::warning("unknown-field", "is no field of a kubeconfig: clients pass it over");
        let fix = match known.iter().find(|known| plain(known) == plain(&entry.key)) {
            Some(meant) => format!("did you mean '{meant}'?"),
            None => "remove it, or correct its name".to_owned(),
        };
        checker.findings.push(finding.file(checker.input).line(entry.line).field(field).fix(fix));
    }
}

/// The word without what people get wrong: case, and what stands between its parts.
fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
