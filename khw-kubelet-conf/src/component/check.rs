//! Checks a document against the table of its kind and a Kubernetes version: what the program ignores, what stops it.

use super::document::{Document, Marks};
use super::field::{Field, Kind, Life, Type};
use super::gate::Gate;
use super::shown::short;
use super::value::whole_number;
use khw_core::finding::Severity;
use khw_core::{Error, KubernetesVersion, finding::Finding};
use serde_json::{Map, Value};

/// The names of the findings of [`check_fields`], and of a file that cannot be read.
pub const CHECKS: &[&str] = &[
    "unreadable",
    "wrong-kind",
    "duplicate-field",
    "unknown-field",
    "field-not-yet",
    "field-removed",
    "field-deprecated",
    "empty-value",
    "wrong-type",
    "wrong-value",
    "byte-order-mark",
    "unknown-gate",
    "gate-locked",
    "gate-deprecated",
];

/// Kind, apiVersion, unknown and repeated fields, types and values, in the order of the document.
pub fn check_fields(kind: &'static Kind, document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    let mut check = Check { kind, version, findings: Vec::new(), suggestions: 0 };
    if check.kind(document) {
        check.findings.extend(document.duplicates().iter().map(|again| {
            again
                .at
                .of(Finding::error("duplicate-field", "is there twice, and only the last one counts"))
                .field(short(&again.field))
                .fix("keep one of them")
        }));
        if document.byte_order_mark() {
            check.findings.push(
                Finding::warning("byte-order-mark", "begins with a byte order mark, which not every reader takes")
                    .line(1)
                    .column(1)
                    .fix("save it as UTF-8 without BOM"),
            );
        }
        if let Value::Object(map) = document.root() {
            check.object("", "", map, document.marks());
        }
        sort(&mut check.findings);
    }
    check.findings
}

/// In the order of the document. What is missing in it has no place, and comes first.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|f| (f.line, f.column));
}

/// The first error among findings as an error.
pub(super) fn refuse_errors<'a>(mut findings: impl Iterator<Item = &'a Finding>) -> Result<(), Error> {
    let Some(finding) = findings.find(|f| f.severity == Severity::Error) else { return Ok(()) };
    let mut error = Error::new(&finding.message);
    if let Some(field) = &finding.field {
        error = error.field(field);
    }
    if let Some(fix) = &finding.fix {
        error = error.hint(fix);
    }
    Err(error)
}

/// A file with more unknown fields is not misspelt but of another kind, and looking for what was meant takes time.
const MAX_SUGGESTIONS: usize = 100;

struct Check {
    kind: &'static Kind,
    version: KubernetesVersion,
    findings: Vec<Finding>,
    suggestions: usize,
}

impl Check {
    /// Whether it is of this kind at all. A file of another kind would get a finding for each of its fields.
    fn kind(&mut self, document: &Document) -> bool {
        for (field, right) in [("kind", self.kind.kind), ("apiVersion", self.kind.api_version)] {
            let found = document.get(field);
            if found.and_then(Value::as_str) == Some(right) {
                continue;
            }
            let message = match found {
                None => "is missing, and without it the file is not read".to_owned(),
                Some(Value::String(other)) => format!("is '{}', and must be {right}", short(other)),
                Some(_) => format!("must be {right}"),
            };
            self.findings
                .push(document.at(field, Finding::error("wrong-kind", message)).fix(format!("write {field}: {right}")));
            if field == "kind" && found.is_some() {
                return false;
            }
        }
        true
    }

    /// The fields of an object. `table` is its path in the table, `shown` that in the document.
    fn object(&mut self, table: &str, shown: &str, map: &Map<String, Value>, marks: &Marks) {
        for ((key, value), marks) in map.iter().zip(&marks.children) {
            let path = join(table, key);
            if path == "kind" || path == "apiVersion" {
                continue;
            }
            match self.kind.field(&path) {
                Some(field) => self.field(field, &join(shown, key), value, marks),
                None => {
                    let finding = Finding::error(
                        "unknown-field",
                        format!("is not a field of a {}, and is ignored", self.kind.kind),
                    );
                    self.suggestions += 1;
                    let look = self.suggestions <= MAX_SUGGESTIONS;
                    let similar = look.then(|| self.kind.similar(table, key)).flatten().filter(|s| *s != path);
                    let finding = match similar {
                        Some(similar) => finding.fix(format!("did you mean {similar}?")),
                        None => finding.fix("take it away"),
                    };
                    self.findings.push(marks.of(finding).field(join(shown, &short(key))));
                }
            }
        }
    }

    fn field(&mut self, field: &'static Field, shown: &str, value: &Value, marks: &Marks) {
        let life = field.life(self.version);
        let at = |finding: Finding| marks.of(finding).field(shown);
        let missing = format!("is not a field of Kubernetes {}, and is ignored", self.version);
        match life {
            Life::There => {}
            Life::NotYet(_) | Life::Gone(_) => {
                let name = if matches!(life, Life::Gone(_)) { "field-removed" } else { "field-not-yet" };
                let why = life.explanation().unwrap_or_default();
                self.findings.push(at(Finding::error(name, missing)).fix(format!("{why}: take it away")));
                return;
            }
        }
        if let Some((_, what)) = field.deprecated.filter(|&(minor, _)| self.version.at_least(minor)) {
            self.findings.push(at(Finding::warning("field-deprecated", format!("is deprecated: {what}"))));
        }
        let outside = |&(least, greatest): &(i64, i64)| whole_number(value).filter(|n| *n < least || *n > greatest);
        if let Some((number, (least, greatest))) = field.range.and_then(|range| Some((outside(&range)?, range))) {
            let fix = match greatest {
                i64::MAX => format!("write {least} or more"),
                _ => format!("write a number from {least} to {greatest}"),
            };
            let what = format!("{number} is out of range, and {} stops", self.kind.the_program());
            self.findings.push(at(Finding::error("wrong-value", what)).fix(fix));
            return;
        }
        // metav1.Duration's UnmarshalJSON gets the null, and parses the empty string that it makes of it.
        if value.is_null() && field.value == Type::Duration && !field.pointer {
            let what = format!("has no value, and {} stops: time: invalid duration \"\"", self.kind.the_program());
            let finding = marks.of(Finding::error("wrong-type", what)).field(shown);
            self.findings.push(finding.fix("give it a value such as 15m, or take it away"));
            return;
        }
        self.value(field.value, field.path, shown, value, marks);
    }

    /// A feature gate, whatever its value: that of a wrong type is a finding of its own.
    fn gate(&mut self, name: &str, value: &Value, marks: &Marks) {
        let suggest = self.suggestions < MAX_SUGGESTIONS;
        let Some(finding) = Gate::check(name, value.as_bool(), &self.kind.the_program(), self.version, suggest) else {
            return;
        };
        self.suggestions += 1;
        self.findings.push(marks.of(finding).field(join("featureGates", &short(name))));
    }

    fn value(&mut self, of: Type, table: &str, shown: &str, value: &Value, marks: &Marks) {
        if value.is_null() {
            self.findings.push(
                marks
                    .of(Finding::warning("empty-value", "has no value, so the default applies"))
                    .field(shown)
                    .fix("give it a value or take it away"),
            );
            return;
        }
        if let Err(mismatch) = of.accept(value, self.version) {
            let name = if mismatch.wrong_type { "wrong-type" } else { "wrong-value" };
            let finding = marks.of(Finding::error(name, mismatch.what)).field(shown);
            self.findings.push(match mismatch.fix {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
            return;
        }
        match (of, value) {
            (Type::Object, Value::Object(map)) => self.object(table, shown, map, marks),
            (Type::List(of), Value::Array(list)) => {
                let table = format!("{table}[]");
                for ((index, value), marks) in list.iter().enumerate().zip(&marks.children) {
                    self.value(*of, &table, &format!("{shown}[{index}]"), value, marks);
                }
            }
            (Type::Map(of), Value::Object(map)) => {
                for ((key, value), marks) in map.iter().zip(&marks.children) {
                    if table == "featureGates" {
                        self.gate(key, value, marks);
                    }
                    self.value(*of, table, &join(shown, &short(key)), value, marks);
                }
            }
            _ => {}
        }
    }
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

#[cfg(test)]
mod tests {
    use crate::component::{Document, Life, Type, check_fields};
    use crate::fields::KIND;
    use khw_core::KubernetesVersion;
    use khw_core::finding::Severity;

    /// As the kubelet of 1.20.2 with `cpuCFSQuotaPeriod:`, which it takes, and each of its other durations, at which it
    /// stops: `time: invalid duration ""`.
    #[test]
    fn a_duration_without_a_value_stops_the_program_unless_it_is_a_pointer() -> Result<(), khw_core::Error> {
        let version = KubernetesVersion::minor_release(20);
        let durations = KIND.fields.iter().filter(|f| f.value == Type::Duration && f.life(version) == Life::There);
        for path in durations.map(|f| f.path) {
            let text = path.rsplit('.').fold(String::new(), |inner, part| {
                if inner.is_empty() { format!("{{{part}: }}") } else { format!("{{{part}: {inner}}}") }
            });
            let text = format!("kind: {}\napiVersion: {}\n{}\n", KIND.kind, KIND.api_version, &text[1..text.len() - 1]);
            let findings = check_fields(&KIND, &Document::parse(text.as_bytes())?, version);
            let found: Vec<_> = findings.iter().map(|f| (f.severity, f.name)).collect();
            let expected = match path {
                "cpuCFSQuotaPeriod" => (Severity::Warning, "empty-value"),
                _ => (Severity::Error, "wrong-type"),
            };
            assert_eq!(found, [expected], "{text}");
        }
        Ok(())
    }
}
