//! The entries of a kubeconfig that is being changed: found by name, made when they are not there.

use khw_core::Error;
use serde_json::{Map, Value};

/// The three lists of a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Clusters,
    Users,
    Contexts,
}

impl Section {
    /// All three.
    pub(crate) const ALL: [Section; 3] = [Section::Clusters, Section::Users, Section::Contexts];

    /// The list's key.
    pub(crate) fn list(self) -> &'static str {
        match self {
            Section::Clusters => "clusters",
            Section::Users => "users",
            Section::Contexts => "contexts",
        }
    }

    /// The key of an entry's content, which is also what one of them is called.
    pub(crate) fn one(self) -> &'static str {
        match self {
            Section::Clusters => "cluster",
            Section::Users => "user",
            Section::Contexts => "context",
        }
    }

    /// The fields that kubectl writes even when they are empty.
    fn always(self) -> &'static [&'static str] {
        match self {
            Section::Clusters => &["server"],
            Section::Users => &[],
            Section::Contexts => &["cluster", "user"],
        }
    }
}

/// The content of an entry, and whether it was made just now.
///
/// # Errors
/// Never for a value that was read as a kubeconfig.
pub(crate) fn entry<'a>(
    root: &'a mut Map<String, Value>,
    section: Section,
    name: &str,
) -> Result<(Fields<'a>, bool), Error> {
    let list = root.entry(section.list()).or_insert(Value::Null);
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    let malformed = || Error::new("is not a list of named entries").field(section.list());
    let entries = list.as_array_mut().ok_or_else(malformed)?;
    let at = entries.iter().position(|entry| entry.get("name").and_then(Value::as_str).unwrap_or_default() == name);
    let made = at.is_none();
    if made {
        let empty = section.always().iter().map(|field| ((*field).to_owned(), Value::String(String::new())));
        let content = Value::Object(empty.collect());
        let entry = [(section.one().to_owned(), content), ("name".to_owned(), Value::String(name.to_owned()))];
        entries.push(Value::Object(entry.into_iter().collect()));
    }
    let at = at.unwrap_or(entries.len() - 1);
    let entry = entries.get_mut(at).and_then(Value::as_object_mut).ok_or_else(malformed)?;
    let content = entry.entry(section.one()).or_insert(Value::Null);
    if content.is_null() {
        *content = Value::Object(Map::new());
    }
    let fields = content.as_object_mut().ok_or_else(malformed)?;
    Ok((Fields { fields, section }, made))
}

/// The entries of a list, each with its name.
pub(crate) fn named(root: &Map<String, Value>, section: Section) -> Vec<(&str, &Value)> {
    let entries = root.get(section.list()).and_then(Value::as_array);
    let entries = entries.into_iter().flatten();
    entries.map(|entry| (entry.get("name").and_then(Value::as_str).unwrap_or_default(), entry)).collect()
}

/// Puts a whole entry in the place of that of the same name, adds it, or takes it out.
pub(crate) fn set_entry(root: &mut Map<String, Value>, section: Section, name: &str, entry: Option<&Value>) {
    let Some(new) = entry else {
        remove(root, section, name);
        return;
    };
    let list = root.entry(section.list()).or_insert(Value::Null);
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let Some(entries) = list.as_array_mut() else { return };
    let same = |entry: &&mut Value| entry.get("name").and_then(Value::as_str).unwrap_or_default() == name;
    match entries.iter_mut().find(same) {
        Some(old) => *old = new.clone(),
        None => entries.push(new.clone()),
    }
}

/// Takes an entry out. Whether it was there.
pub(crate) fn remove(root: &mut Map<String, Value>, section: Section, name: &str) -> bool {
    let Some(list) = root.get_mut(section.list()) else { return false };
    let Some(entries) = list.as_array_mut() else { return false };
    let before = entries.len();
    entries.retain(|entry| entry.get("name").and_then(Value::as_str).unwrap_or_default() != name);
    let removed = entries.len() < before;
    if removed && entries.is_empty() {
        *list = Value::Null;
    }
    removed
}

/// The fields of one entry.
pub(crate) struct Fields<'a> {
    fields: &'a mut Map<String, Value>,
    section: Section,
}

impl Fields<'_> {
    /// Any value, as it is.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// Sets any value.
    pub(crate) fn set(&mut self, field: &str, value: Value) {
        self.fields.insert(field.to_owned(), value);
    }

    /// Sets a text. Empty text takes the field away, as Go's `omitempty` does.
    pub(crate) fn text(&mut self, field: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() || self.section.always().contains(&field) {
            self.fields.insert(field.to_owned(), Value::String(text));
        } else {
            self.clear(field);
        }
    }

    /// Sets a flag. False takes it away.
    pub(crate) fn flag(&mut self, field: &str, flag: bool) {
        if flag {
            self.fields.insert(field.to_owned(), Value::Bool(true));
        } else {
            self.clear(field);
        }
    }

    /// Takes a field away. One that already means nothing stays as it is written.
    pub(crate) fn clear(&mut self, field: &str) {
        let means_nothing =
            |value: &Value| value.is_null() || *value == Value::Bool(false) || value.as_str() == Some("");
        if !self.fields.get(field).is_some_and(means_nothing) {
            // shift, so that the order of the others stays.
            self.fields.shift_remove(field);
        }
    }
}
