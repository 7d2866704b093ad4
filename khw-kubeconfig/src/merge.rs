//! `merge`: several kubeconfigs as one. What has the same name but another content gets a new name, after its file, and the
//! contexts follow; paths are turned to the new place. kubectl would drop the second entry in silence.

use crate::TOOL;
use crate::args::Merge;
use crate::entry::{Section, named, set_entry};
use crate::location;
use crate::model::encode;
use crate::print;
use crate::store::{self, Loaded};
use khw_core::input::Input;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::Path;

/// `merge`
pub(crate) fn merge(args: &Merge) -> anyhow::Result<Exit> {
    if args.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        return Err(Error::new("is named twice").file("standard input").hint("name each kubeconfig once").into());
    }
    let here = std::env::current_dir().map_err(|e| Error::io("the current directory", &e))?;
    let mut merged = store::new_file();
    for file in &args.files {
        if file.as_os_str() != "-" {
            // Nothing is an empty kubeconfig elsewhere, but here it was named to be merged.
            std::fs::metadata(file).map_err(|e| Error::io(file.display(), &e))?;
        }
        let loaded = Loaded::read(file)?;
        let mut value = loaded.value();
        let directory = location::absolute(file.parent().unwrap_or(Path::new("")), &here);
        let paths = Paths { directory: &directory, output: args.output.path(), here: &here, flatten: args.flatten };
        paths.turn(&mut value)?;
        for (section, from, to) in add(&mut merged, value, &stem(file)) {
            let shown = Input::new(file.as_path());
            let (from, to) = (from.escape_debug(), to.escape_debug());
            cli::note(TOOL.name, format_args!("{shown}: the {} '{from}' is now '{to}'", section.one()));
        }
    }
    args.output.write(print::yaml(&Value::Object(merged)).as_bytes(), Kind::Secret, Existing::Replace)?;
    Ok(Exit::Done)
}

/// What entries of a file are called after when their names are taken.
fn stem(file: &Path) -> String {
    match file.file_stem() {
        Some(stem) if file.as_os_str() != "-" => stem.to_string_lossy().into_owned(),
        _ => "stdin".to_owned(),
    }
}

/// Adds a kubeconfig to those before. Gives what has a new name: which, from, to.
fn add(merged: &mut Map<String, Value>, value: Map<String, Value>, stem: &str) -> Vec<(Section, String, String)> {
    let mut renamed = Vec::new();
    let mut names: HashMap<(&str, String), String> = HashMap::new();
    for section in [Section::Clusters, Section::Users, Section::Contexts] {
        for (name, entry) in named(&value, section) {
            let mut entry = entry.clone();
            if section == Section::Contexts {
                for field in ["cluster", "user"] {
                    let to = entry["context"].get(field).and_then(Value::as_str);
                    if let Some(new) = to.and_then(|to| names.get(&(field, to.to_owned()))) {
                        entry["context"][field] = Value::String(new.clone());
                    }
                }
            }
            let free = free_name(merged, section, name, &mut entry, stem);
            if free != name {
                renamed.push((section, name.to_owned(), free.clone()));
                names.insert((section.one(), name.to_owned()), free.clone());
            }
            set_entry(merged, section, &free, Some(&entry));
        }
    }
    let is_set = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    };
    for (field, mut value) in value {
        if Section::ALL.iter().any(|section| section.list() == field) || merged.get(&field).is_some_and(is_set) {
            continue;
        }
        let context = value.as_str().and_then(|name| names.get(&("context", name.to_owned())));
        if let Some(new) = context.filter(|_| field == "current-context") {
            value = Value::String(new.clone());
        }
        merged.insert(field, value);
    }
    renamed
}

/// The name of an entry, or one made from it that is free, or has the same content already.
fn free_name(merged: &Map<String, Value>, section: Section, name: &str, entry: &mut Value, stem: &str) -> String {
    let taken = named(merged, section);
    let first = std::iter::once(name.to_owned());
    let numbered = (2_u32..).map(|number| format!("{name}-{stem}-{number}"));
    for candidate in first.chain(std::iter::once(format!("{name}-{stem}"))).chain(numbered) {
        entry["name"] = Value::String(candidate.clone());
        if taken.iter().find(|(other, _)| *other == candidate).is_none_or(|(_, other)| *other == entry) {
            return candidate;
        }
    }
    name.to_owned()
}

/// Where the paths of a kubeconfig start, and where those of the new one do.
struct Paths<'a> {
    directory: &'a Path,
    output: Option<&'a Path>,
    here: &'a Path,
    flatten: bool,
}

impl Paths<'_> {
    fn turn(&self, value: &mut Map<String, Value>) -> Result<(), Error> {
        const FIELDS: [(&str, &str, &str); 4] = [
            ("clusters", "cluster", "certificate-authority"),
            ("users", "user", "client-certificate"),
            ("users", "user", "client-key"),
            ("users", "user", "tokenFile"),
        ];
        for (list, inner, field) in FIELDS {
            let entries = value.get_mut(list).and_then(Value::as_array_mut);
            for content in entries.into_iter().flatten().filter_map(|e| e.get_mut(inner)?.as_object_mut()) {
                let Some(path) = content.get(field).and_then(Value::as_str).filter(|path| !path.is_empty()) else {
                    continue;
                };
                let full = self.directory.join(path);
                if self.flatten && field != "tokenFile" {
                    let data = format!("{field}-data");
                    let has = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
                    // Data that is there already wins, as for every client.
                    if !content.get(&data).is_some_and(has) {
                        let read = Input::File(full).read().map_err(|e| e.field(field))?;
                        content.insert(data, Value::String(encode(&read)));
                    }
                    content.shift_remove(field);
                } else if Path::new(path).is_relative() {
                    let turned = match self.output {
                        // Relative to the new file where it lies below it.
                        Some(output) => {
                            let full = full.strip_prefix(self.here).unwrap_or(&full);
                            location::reference(full, output, self.here)?
                        }
                        None => location::text(&location::absolute(&full, self.here))?,
                    };
                    content.insert(field.to_owned(), Value::String(turned));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::add;
    use serde_json::{Map, Value, json};

    fn config(server: &str) -> Map<String, Value> {
        let value = json!({
            "clusters": [{ "name": "k", "cluster": { "server": server } }],
            "users": [{ "name": "u", "user": { "token": "x" } }],
            "contexts": [{ "name": "default", "context": { "cluster": "k", "user": "u" } }],
            "current-context": "default",
        });
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_collides_is_renamed_and_contexts_follow() {
        let mut merged = Map::new();
        assert_eq!(add(&mut merged, config("https://a"), "a"), []);
        assert_eq!(add(&mut merged, config("https://a"), "again"), []);
        let renamed = add(&mut merged, config("https://b"), "b");
        let shown: Vec<String> = renamed.iter().map(|(s, from, to)| format!("{} {from} {to}", s.one())).collect();
        assert_eq!(shown, ["cluster k k-b", "context default default-b"]);
        assert_eq!(merged["contexts"][1]["context"], json!({ "cluster": "k-b", "user": "u" }));
        assert_eq!(
            (merged["users"].as_array().map(Vec::len), &merged["current-context"]),
            (Some(1), &json!("default"))
        );
        let renamed = add(&mut merged, config("https://c"), "b");
        assert_eq!(renamed.iter().map(|(_, _, to)| to.as_str()).collect::<Vec<_>>(), ["k-b-2", "default-b-2"]);
    }
}
