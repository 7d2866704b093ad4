//! The types of what khw passes through: credential plugins, auth providers, impersonation, extensions, preferences.
//!
//! From client-go's `tools/clientcmd/api/v1/types.go`, 1.32. kubectl reads no file in which one of them is of another type.

use crate::yaml::{Any, Entry, Node};

/// The type of a value. Nothing, `null`, is of every type.
pub(super) enum Shape {
    Any,
    Text,
    Flag,
    List(&'static Shape),
    /// Keys that the user chooses.
    Map(&'static Shape),
    /// Fields; others are passed over.
    Fields(&'static [(&'static str, Shape)]),
}

use Shape::{Fields, Flag, List, Map, Text};

const TEXTS: Shape = List(&Text);
const EXTENSIONS: Shape = List(&Fields(&[("name", Text), ("extension", Shape::Any)]));
const EXEC: Shape = Fields(&[
    ("command", Text),
    ("args", TEXTS),
    ("env", List(&Fields(&[("name", Text), ("value", Text)]))),
    ("apiVersion", Text),
    ("installHint", Text),
    ("provideClusterInfo", Flag),
    ("interactiveMode", Text),
]);
const AUTH_PROVIDER: Shape = Fields(&[("name", Text), ("config", Map(&Text))]);
const PREFERENCES: Shape = Fields(&[("colors", Flag), ("extensions", EXTENSIONS)]);

impl Shape {
    /// That of a field; no two of different types have one name.
    pub(super) fn of(field: &str) -> Option<&'static Shape> {
        Some(match field {
            "as" | "as-uid" => &Text,
            "as-groups" => &TEXTS,
            "as-user-extra" => &Map(&TEXTS),
            "auth-provider" => &AUTH_PROVIDER,
            "exec" => &EXEC,
            "extensions" => &EXTENSIONS,
            "preferences" => &PREFERENCES,
            _ => return None,
        })
    }

    /// Gives each value of another type to `wrong`, with its place and what was wanted.
    pub(super) fn check(&self, node: &Node, place: &str, wrong: &mut dyn FnMut(&Node, &str, &str)) {
        match (self, &node.value) {
            (_, Any::Null) | (Shape::Any, _) | (Text, Any::String(_)) | (Flag, Any::Bool(_)) => {}
            (List(shape), Any::Sequence(items)) => {
                for (index, item) in items.iter().enumerate() {
                    shape.check(item, &format!("{place}[{index}]"), wrong);
                }
            }
            (Map(shape), Any::Mapping(entries)) => {
                for Entry { key, value, .. } in entries {
                    shape.check(value, &format!("{place}.{key}"), wrong);
                }
            }
            (Fields(fields), Any::Mapping(entries)) => {
                for Entry { key, value, .. } in entries {
                    if let Some((_, shape)) = fields.iter().find(|(field, _)| field == key) {
                        shape.check(value, &format!("{place}.{key}"), wrong);
                    }
                }
            }
            (other, _) => wrong(node, place, other.named()),
        }
    }

    fn named(&self) -> &'static str {
        match self {
            Shape::Any => "anything",
            Text => "text",
            Flag => "a boolean",
            List(_) => "a list",
            Map(_) | Fields(_) => "a mapping",
        }
    }
}
