//! A configuration in the making: defaults or an existing file, then options, then `--set` and `--unset`, then text.

use super::annotate::{Language, Reason};
use super::document::Document;
use super::field::{Field, Kind, Life, Type};
use super::{annotate, edit, shown, write};
use khw_core::{Error, KubernetesVersion, input::Input};
use serde_json::{Map, Value};

/// A configuration of one kind for one version. Fields stay in the order in which they were set.
#[derive(Debug, Clone)]
pub struct Config {
    kind: &'static Kind,
    version: KubernetesVersion,
    root: Map<String, Value>,
    reasons: Vec<(&'static str, Reason)>,
    source: Option<Source>,
}

/// The file that a configuration was read from.
#[derive(Debug, Clone)]
struct Source {
    text: String,
    document: Document,
    name: String,
}

impl Config {
    /// One with `kind` and `apiVersion`, which come first.
    pub fn new(kind: &'static Kind, version: KubernetesVersion) -> Self {
        let mut root = Map::new();
        root.insert("kind".to_owned(), kind.kind.into());
        root.insert("apiVersion".to_owned(), kind.api_version.into());
        Config { kind, version, root, reasons: Vec::new(), source: None }
    }

    /// That of an existing file, to be changed in place.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    pub fn from_input(kind: &'static Kind, version: KubernetesVersion, input: &Input) -> Result<Self, Error> {
        let mut config = Config::from_text(kind, version, &input.read()?).map_err(|e| e.file(input))?;
        if let Some(source) = &mut config.source {
            source.name = input.to_string();
        }
        Ok(config)
    }

    /// The same for its content.
    ///
    /// # Errors
    /// When it cannot be read strictly, or is of another kind.
    pub fn from_text(kind: &'static Kind, version: KubernetesVersion, content: &[u8]) -> Result<Self, Error> {
        let document = Document::parse(content)?;
        if let Some(other) = document.get("kind").filter(|found| found.as_str() != Some(kind.kind)) {
            return Err(Error::new(format!("is {}, and must be {}", shown::shown(other), kind.kind))
                .field("kind")
                .hint("is this the right file?"));
        }
        let root = document.root().as_object().cloned().unwrap_or_default();
        // The document was read from it, so it is UTF-8.
        let source = Source { text: String::from_utf8_lossy(content).into_owned(), document, name: String::new() };
        Ok(Config { kind, version, root, reasons: Vec::new(), source: Some(source) })
    }

    /// The file that it was read from, as it was.
    pub fn source(&self) -> Option<&Document> {
        self.source.as_ref().map(|source| &source.document)
    }

    /// The version that it is for.
    pub fn version(&self) -> KubernetesVersion {
        self.version
    }

    /// The value of a field, unless it is empty.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut parts = path.split('.');
        let first = self.root.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part)).filter(|v| !v.is_null() && v.as_str() != Some(""))
    }

    /// Sets a field to a value that is known to be right.
    pub fn put(&mut self, path: &str, value: impl Into<Value>) {
        let parts: Vec<&str> = path.split('.').collect();
        put(&mut self.root, &parts, value.into());
    }

    /// The same, with the reason that an annotated file gives for it.
    pub fn put_because(&mut self, path: &'static str, value: impl Into<Value>, reason: impl Into<Reason>) {
        self.put(path, value);
        self.reasons.retain(|(known, _)| *known != path);
        self.reasons.push((path, reason.into()));
    }

    /// Sets a field, or one key of a map, from text.
    ///
    /// # Errors
    /// When there is no such field in this version, or the text is no value of its type.
    pub fn set(&mut self, path: &str, text: &str) -> Result<(), Error> {
        let (parts, of) = self.resolve(path)?;
        let value = of.parse(text, self.version)?;
        if self.get(path) != Some(&value) {
            // The reason was one for the value before.
            self.reasons.retain(|(known, _)| *known != path);
        }
        put(&mut self.root, &parts, value);
        Ok(())
    }

    /// Takes a field away, and the objects that it leaves empty.
    ///
    /// # Errors
    /// When there is no such field in any version.
    pub fn unset(&mut self, path: &str) -> Result<(), Error> {
        match self.resolve(path) {
            Ok((parts, _)) => remove(&mut self.root, &parts),
            // What an existing file has wrong or from another version can at least be taken away.
            Err(error) => match written(&self.root, path).filter(|_| path != "kind" && path != "apiVersion") {
                Some(parts) => remove(&mut self.root, &parts),
                None => return Err(error),
            },
        }
        Ok(())
    }

    /// The parts of a path and the type of what is there.
    fn resolve<'a>(&self, path: &'a str) -> Result<(Vec<&'a str>, Type), Error> {
        if path == "kind" || path == "apiVersion" {
            return Err(Error::new("is fixed").hint(format!("a {} reads nothing else", self.kind.program)));
        }
        if path.contains('[') {
            return Err(Error::new("an element of a list cannot be named").hint("give the whole list: [{…}, {…}]"));
        }
        if let Some(field) = self.kind.field(path) {
            self.there(field)?;
            return Ok((path.split('.').collect(), field.value));
        }
        for (at, _) in path.match_indices('.') {
            let (parent, key) = (&path[..at], &path[at + 1..]);
            if let Some((field, Type::Map(of))) = self.kind.field(parent).map(|f| (f, f.value)) {
                self.there(field)?;
                if key.is_empty() {
                    break;
                }
                return Ok((parent.split('.').chain([key]).collect(), *of));
            }
        }
        let error = Error::new(format!("is not a field of a {}", self.kind.kind));
        Err(match self.kind.similar("", path) {
            Some(similar) => error.hint(format!("did you mean {similar}?")),
            None => error.hint("'fields' lists them all"),
        })
    }

    fn there(&self, field: &Field) -> Result<(), Error> {
        match field.life(self.version) {
            Life::There => Ok(()),
            life => {
                let why = life.explanation().unwrap_or_default();
                // What the kubelet had a flag for first: "use the flag up to 1.26".
                let hint = if field.note.contains("flag") { format!("{why}; {}", field.note) } else { why };
                Err(Error::new(format!("is not a field of Kubernetes {}", self.version)).hint(hint))
            }
        }
    }

    /// The text of it, with a comment above each field when it is to be annotated, and the same as a document for a
    /// check. An existing file keeps its comments, order and form where nothing changes.
    ///
    /// # Errors
    /// When the text does not read as what was meant. That of a new file always does; an existing one may be of a form
    /// that cannot be edited.
    pub fn render(&self, annotate: Option<Language>) -> Result<(String, Document), Error> {
        let (text, document) = match &self.source {
            Some(source) => edit::rewrite(&source.text, &source.document, &self.root).map_err(|e| e.file(&source.name)),
            None => self.read_back(write::to_yaml(&self.root)),
        }?;
        match annotate {
            None => Ok((text, document)),
            Some(language) => {
                self.read_back(annotate::with_comments(&text, &document, &|path| self.comment(path, language))?)
            }
        }
    }

    fn read_back(&self, text: String) -> Result<(String, Document), Error> {
        let document = Document::parse(text.as_bytes())?;
        if document.root().as_object() != Some(&self.root) {
            return Err(Error::new("the result does not read as what was meant").hint("this is a defect of khw"));
        }
        Ok((text, document))
    }

    /// What a field does, and why it is set to this.
    fn comment(&self, path: &str, language: Language) -> Vec<String> {
        let about = self.kind.field(path).map(|field| match language {
            Language::Ja => field.about_ja.to_owned(),
            Language::En => format!("{}.", field.about),
        });
        let reason = self.reasons.iter().find(|(known, _)| *known == path).map(|(_, reason)| match language {
            Language::Ja => reason.ja.clone(),
            Language::En => format!("{}.", reason.en),
        });
        about.into_iter().chain(reason).collect()
    }
}

/// The parts of a path that a mapping has. Keys may have dots in them.
fn written<'a>(map: &Map<String, Value>, path: &'a str) -> Option<Vec<&'a str>> {
    if map.contains_key(path) {
        return Some(vec![path]);
    }
    path.match_indices('.').find_map(|(at, _)| {
        let inner = map.get(&path[..at])?.as_object()?;
        let rest = written(inner, &path[at + 1..])?;
        Some([&path[..at]].into_iter().chain(rest).collect())
    })
}

fn put(map: &mut Map<String, Value>, parts: &[&str], value: Value) {
    match parts {
        [] => {}
        [last] => {
            map.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = map.entry((*first).to_owned()).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn remove(map: &mut Map<String, Value>, parts: &[&str]) {
    match parts {
        [] => {}
        [last] => {
            map.shift_remove(*last);
        }
        [first, rest @ ..] => {
            let Some(Value::Object(inner)) = map.get_mut(*first) else { return };
            remove(inner, rest);
            if inner.is_empty() {
                map.shift_remove(*first);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::Config;
    use crate::component::{Field, Language, Life, Type, check_fields};
    use crate::fields::KIND;
    use khw_core::KubernetesVersion;
    use khw_core::finding::Finding;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    /// Text that is a value of a type, as a person would write it.
    pub(in crate::component) fn sample(of: Type, version: KubernetesVersion) -> String {
        match of {
            Type::Bool => "true".into(),
            Type::Int32 | Type::Int64 | Type::Uint32 => "7".into(),
            Type::Float => "0.5".into(),
            Type::Text | Type::NodeName => "yes".into(),
            Type::Ip => "fd00::a".into(),
            Type::Cidr => "10.0.0.0/8".into(),
            Type::Duration => "1h30m".into(),
            Type::DurationOrNanoseconds => if version.at_least(28) { "5s" } else { "5000" }.into(),
            Type::Quantity | Type::QuantityText | Type::QuantityOrPercentage => "100Mi".into(),
            Type::Percentage => "10%".into(),
            Type::Time => "2026-11-24T12:00:00Z".into(),
            Type::Enum(choices) => {
                choices.iter().find(|c| c.life(version) == Life::There).map(|c| c.value.to_owned()).unwrap_or_default()
            }
            Type::Object | Type::Map(Type::List(_)) => "{}".into(),
            Type::List(Type::Object) => "[{}]".into(),
            Type::List(of) => format!("{0},{0}", sample(*of, version)),
            Type::Map(of) => format!("a.b/c={}", sample(*of, version)),
        }
    }

    #[test]
    fn every_field_of_every_version_can_be_set_and_reads_as_what_was_meant() -> Result<(), khw_core::Error> {
        for version in KubernetesVersion::all() {
            let settable = |f: &&Field| !f.path.contains('[') && !["kind", "apiVersion"].contains(&f.path);
            for field in KIND.fields.iter().filter(settable) {
                let mut config = Config::new(&KIND, version);
                let gates = field.path == "featureGates";
                let value = if gates { "AllAlpha=true".to_owned() } else { sample(field.value, version) };
                let set = config.set(field.path, &value);
                assert_eq!(set.is_ok(), field.life(version) == Life::There, "{version} {}: {set:?}", field.path);
                let (text, document) = config.render(Some(Language::En))?;
                let findings = check_fields(&KIND, &document, version);
                assert!(findings.iter().all(|f| f.name == "field-deprecated"), "{version} {text} {findings:?}");
            }
        }
        Ok(())
    }

    #[test]
    fn what_is_unset_takes_its_empty_object_along() -> Result<(), khw_core::Error> {
        let mut config = Config::new(&KIND, KubernetesVersion::NEWEST);
        config.set("authentication.x509.clientCAFile", "/ca.crt")?;
        config.set("evictionHard.memory.available", "5%")?;
        config.set("evictionHard.nodefs.available", "5%")?;
        config.unset("authentication.x509.clientCAFile")?;
        config.unset("evictionHard.memory.available")?;
        config.unset("maxPods")?;
        let text = config.render(None)?.0;
        assert_eq!(
            text,
            "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nevictionHard:\n  nodefs.available: \"5%\"\n"
        );
        Ok(())
    }

    /// Any value of a type, as text for `--set` and as what it must read as. Lists and maps are in JSON's form, a part of YAML.
    fn any_value(of: Type, version: KubernetesVersion) -> BoxedStrategy<(String, Value)> {
        fn text(text: impl Strategy<Value = String> + 'static) -> BoxedStrategy<(String, Value)> {
            text.prop_map(|text| (text.clone(), text.into())).boxed()
        }
        fn number<T: ToString + Into<Value> + Copy + std::fmt::Debug>(
            number: impl Strategy<Value = T> + 'static,
        ) -> BoxedStrategy<(String, Value)> {
            number.prop_map(|number| (number.to_string(), number.into())).boxed()
        }
        fn json(value: Value) -> (String, Value) {
            // YAML takes some letters only as escapes.
            let escape = |c: char| if c < '\u{7f}' { c.to_string() } else { format!("\\U{:08x}", u32::from(c)) };
            (value.to_string().chars().map(escape).collect(), value)
        }
        match of {
            Type::Bool => number(any::<bool>()),
            Type::Int32 => number(any::<i32>()),
            Type::Int64 => number(any::<i64>()),
            Type::Uint32 => number(any::<u32>()),
            Type::Float => number(prop::num::f64::NORMAL | prop::num::f64::ZERO),
            Type::Text => text(".*"),
            Type::Ip => text(prop_oneof![
                any::<std::net::Ipv4Addr>().prop_map(|a| a.to_string()),
                any::<std::net::Ipv6Addr>().prop_map(|a| a.to_string()),
            ]),
            Type::Cidr => text((any::<std::net::Ipv4Addr>(), 0..=32).prop_map(|(a, prefix)| format!("{a}/{prefix}"))),
            Type::NodeName => text("[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?"),
            Type::DurationOrNanoseconds if !version.at_least(28) => number(any::<i64>()),
            Type::Duration | Type::DurationOrNanoseconds => text("-?([1-9][0-9]{0,3}(\\.[0-9])?(ns|us|ms|s|m|h)){1,3}"),
            Type::Quantity | Type::QuantityText => text("[1-9][0-9]{0,5}(m|k|M|G|Ki|Mi|Gi|Ti)?"),
            Type::QuantityOrPercentage => text("[1-9][0-9]{0,2}(Mi|%)"),
            Type::Percentage => text("[1-9]?[0-9]%"),
            Type::Time => text("20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z"),
            Type::Enum(choices) => {
                let there = choices.iter().filter(|c| c.life(version) == Life::There);
                text(prop::sample::select(there.map(|c| c.value.to_owned()).collect::<Vec<_>>()))
            }
            Type::Object => Just(json(Value::Object(Map::new()))).boxed(),
            Type::List(of) => prop::collection::vec(any_value(*of, version), 0..4)
                .prop_map(|list| json(list.into_iter().map(|(_, value)| value).collect()))
                .boxed(),
            Type::Map(of) => prop::collection::vec((".*", any_value(*of, version)), 0..4)
                .prop_map(|map| json(Value::Object(map.into_iter().map(|(key, (_, value))| (key, value)).collect())))
                .boxed(),
        }
    }

    /// A version, a field that it has, and a value of the field's type.
    fn any_setting() -> impl Strategy<Value = (KubernetesVersion, &'static Field, (String, Value))> {
        let versions: Vec<_> = KubernetesVersion::all().collect();
        let field = prop::sample::select(versions).prop_flat_map(|version| {
            let settable = |f: &&Field| !f.path.contains('[') && !["kind", "apiVersion"].contains(&f.path);
            let there = KIND.fields.iter().filter(settable).filter(|f| f.life(version) == Life::There);
            (Just(version), prop::sample::select(there.collect::<Vec<_>>()))
        });
        field.prop_flat_map(|(version, field)| (Just(version), Just(field), any_value(field.value, version)))
    }

    proptest::proptest! {
        #[test]
        fn any_value_of_a_field_s_type_is_taken_and_reads_as_that_value((version, field, (text, value)) in any_setting()) {
            let mut config = Config::new(&KIND, version);
            config.set(field.path, &text)?;
            let (written, document) = config.render(Some(Language::En))?;
            prop_assert_eq!(document.get(field.path), Some(&value), "{}", written);
            let mistaken = |f: &Finding| ["wrong-type", "unknown-field", "field-not-yet", "field-removed"].contains(&f.name);
            let findings = check_fields(&KIND, &document, version);
            prop_assert!(!findings.iter().any(mistaken), "{} {:?}", written, findings);
            // It stays when something else is changed in the file.
            let mut again = Config::from_text(&KIND, version, written.as_bytes())?;
            again.put("maxPods", 7);
            let (written, document) = again.render(None)?;
            let value = if field.path == "maxPods" { 7.into() } else { value };
            prop_assert_eq!(document.get(field.path), Some(&value), "{}", written);
        }

        #[test]
        fn any_string_reads_as_that_string(text in ".*") {
            let mut config = Config::new(&KIND, KubernetesVersion::NEWEST);
            config.set("clusterDomain", &text)?;
            let (_, document) = config.render(Some(Language::En))?;
            proptest::prop_assert_eq!(document.text("clusterDomain"), Some(text.as_str()));
        }

        #[test]
        fn any_setting_is_refused_or_reads_as_what_was_meant(field in 0..KIND.fields.len(), text in "[-0-9a-zA-Z%=<,.:{}\\[\\]\" \n]{0,20}") {
            let path = KIND.fields[field].path;
            let mut config = Config::new(&KIND, KubernetesVersion::NEWEST);
            if config.set(path, &text).is_ok() {
                let findings = check_fields(&KIND, &config.render(None)?.1, KubernetesVersion::NEWEST);
                // Fields inside {…} and […] are looked at when all is set.
                let inside = |name: &str| ["unknown-field", "wrong-type", "wrong-value", "empty-value", "field-deprecated", "unknown-gate"].contains(&name);
                proptest::prop_assert!(findings.iter().all(|f| inside(f.name)), "{} {:?}", path, findings);
            }
        }
    }
}
