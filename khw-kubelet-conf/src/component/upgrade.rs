//! What an upgrade changes for a file: what is wrong with it only in the new release, and defaults that are others there.

use super::check::sort;
use super::document::Document;
use super::field::{Field, Kind, Life};
use khw_core::{KubernetesVersion, finding::Finding};
use serde_json::Value;
use std::collections::HashSet;

/// The findings of [`upgrade`] beside those of the check itself.
pub const CHECKS: &[&str] = &["default-changed", "meaning-changed"];

/// What the step from release `from` to release `to` changes for this file.
pub fn upgrade(
    kind: &'static Kind,
    document: &Document,
    (from, to): (KubernetesVersion, KubernetesVersion),
    check: &dyn Fn(&Document, KubernetesVersion) -> Vec<Finding>,
) -> Vec<Finding> {
    let before = check(document, from);
    let before: HashSet<_> = before.iter().map(|f| (f.name, f.field.as_deref())).collect();
    let mut findings = check(document, to);
    findings.retain(|f| !before.contains(&(f.name, f.field.as_deref())));
    let fields = kind.fields.iter().filter(|f| f.life(to) == Life::There && !f.path.contains('['));
    findings.extend(fields.flat_map(|field| {
        default_changed(field, document, from, to).into_iter().chain(meaning_changed(field, document, from, to))
    }));
    sort(&mut findings);
    findings
}

fn default_changed(
    field: &Field,
    document: &Document,
    from: KubernetesVersion,
    to: KubernetesVersion,
) -> Option<Finding> {
    let set = document.get(field.path).is_some_and(|value| !value.is_null());
    // A default behind a gate counts when one uses what the gate is for.
    let object = field.path.rsplit_once('.').and_then(|(parent, _)| document.get(parent));
    let used = field.gate.is_empty() || object.is_some_and(Value::is_object);
    let (old, new) = (field.default_in(from), field.default_in(to));
    (!set && used && old != new).then(|| {
        let message = format!("is not set, and its default in {to} is {new} (it was {old})");
        // From then on a period of 0 means the default.
        let kept = if old == "0s" { "1ms" } else { old };
        let fix = format!("set it to {kept} if that is to stay");
        let fix = if field.note.is_empty() { fix } else { format!("{fix}; {}", field.note) };
        Finding::warning("default-changed", message).field(field.path).fix(fix)
    })
}

fn meaning_changed(
    field: &Field,
    document: &Document,
    from: KubernetesVersion,
    to: KubernetesVersion,
) -> Option<Finding> {
    let (minor, value, what) = field.meaning?;
    let found = match document.get(field.path)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (found == value && !from.at_least(minor) && to.at_least(minor)).then(|| {
        let release = KubernetesVersion::minor_release(minor);
        let finding = Finding::warning("meaning-changed", format!("{value} means {what}, from {release} on"));
        document.at(field.path, finding)
    })
}

#[cfg(test)]
mod tests {
    use super::upgrade;
    use crate::component::Document;
    use crate::fields::KIND;
    use khw_core::KubernetesVersion;

    fn changes(text: &str, from: u16, to: u16) -> Vec<String> {
        let head = format!(
            "kind: {}\napiVersion: {}\nauthentication: {{x509: {{clientCAFile: /ca.crt}}}}\n",
            KIND.kind, KIND.api_version
        );
        let document = Document::parse((head + text).as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let step = (KubernetesVersion::minor_release(from), KubernetesVersion::minor_release(to));
        let findings = upgrade(&KIND, &document, step, &crate::check);
        findings.into_iter().map(|f| format!("{} {}: {}", f.name, f.field.unwrap_or_default(), f.message)).collect()
    }

    #[test]
    fn defaults_and_meanings_that_change() {
        assert_eq!(changes("", 30, 34), [""; 0]);
        assert_eq!(
            changes("kubeAPIQPS: 5\neventBurst: 10\nkubeAPIBurst: 10\n", 20, 27),
            ["default-changed eventRecordQPS: is not set, and its default in v1.27 is 50 (it was 5)"]
        );
        let cgroup = "default-changed failCgroupV1: is not set, and its default in v1.35 is true (it was false)";
        assert_eq!(changes("", 34, 35), [cgroup]);
        // The older kubelet had no such field and did what false means.
        assert_eq!(changes("", 30, 35), [cgroup]);
        assert_eq!(changes("failCgroupV1: false\n", 34, 35), [""; 0]);
        assert_eq!(
            changes("memorySwap: {}\nfeatureGates: {NodeSwap: true}\n", 29, 30),
            [
                "default-changed memorySwap.swapBehavior: is not set, and its default in v1.30 is \"\" (= NoSwap) (it was LimitedSwap)"
            ]
        );
        assert_eq!(
            changes("eventRecordQPS: 0\n", 36, 37),
            ["meaning-changed eventRecordQPS: 0 means no limit, and no longer the client's own default, from v1.37 on"]
        );
    }

    #[test]
    fn only_what_is_wrong_in_the_new_release_alone() {
        let text = "logging: {sanitization: true}\nresolverConfig: /x\niptablesDropBit: 5\n";
        assert_eq!(
            changes(text, 27, 28),
            ["field-deprecated iptablesDropBit: is deprecated: it has no effect any more"]
        );
        assert_eq!(
            changes(text, 23, 24),
            ["field-removed logging.sanitization: is not a field of Kubernetes v1.24, and is ignored"]
        );
    }
}
