//! `set` and `unset`: single values by a path of words and dots, as kubectl walks through client-go's types.
//!
//! A name may have dots in it: it goes on until a word that is a field. There is no way to escape one, as in kubectl, where a
//! backslash is a part of the name.

use crate::TOOL;
use crate::args::{Set, Unset};
use crate::entry::{Section, entry, named, remove};
use crate::material::{Material, check_pair};
use crate::model::{dangling, encode};
use crate::server::check_proxy_url;
use crate::set::{check_name, check_server, done};
use crate::store::Draft;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use khw_core::{Error, Exit, cli};
use serde_json::{Map, Value, json};
use std::path::Path;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Flag,
    /// Bytes, in base64.
    Data,
    /// A list or mapping: it can be unset but not set.
    Structure,
}

/// A field: its word in a path, its name in the file, what it holds.
type Field = (&'static str, &'static str, Kind);

fn fields(section: Section) -> &'static [Field] {
    match section {
        Section::Clusters => &[
            ("server", "server", Kind::Text),
            ("tls-server-name", "tls-server-name", Kind::Text),
            ("insecure-skip-tls-verify", "insecure-skip-tls-verify", Kind::Flag),
            ("certificate-authority", "certificate-authority", Kind::Text),
            ("certificate-authority-data", "certificate-authority-data", Kind::Data),
            ("proxy-url", "proxy-url", Kind::Text),
            ("disable-compression", "disable-compression", Kind::Flag),
            ("extensions", "extensions", Kind::Structure),
        ],
        Section::Users => &[
            ("client-certificate", "client-certificate", Kind::Text),
            ("client-certificate-data", "client-certificate-data", Kind::Data),
            ("client-key", "client-key", Kind::Text),
            ("client-key-data", "client-key-data", Kind::Data),
            ("token", "token", Kind::Text),
            ("tokenFile", "tokenFile", Kind::Text),
            // client-go's names within a program differ from those in the file, and kubectl's paths go by them.
            ("act-as", "as", Kind::Text),
            ("act-as-uid", "as-uid", Kind::Text),
            ("act-as-groups", "as-groups", Kind::Structure),
            ("act-as-user-extra", "as-user-extra", Kind::Structure),
            ("username", "username", Kind::Text),
            ("password", "password", Kind::Text),
            ("auth-provider", "auth-provider", Kind::Structure),
            ("exec", "exec", Kind::Structure),
            ("extensions", "extensions", Kind::Structure),
        ],
        Section::Contexts => &[
            ("cluster", "cluster", Kind::Text),
            ("user", "user", Kind::Text),
            ("namespace", "namespace", Kind::Text),
            ("extensions", "extensions", Kind::Structure),
        ],
    }
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Property {
    CurrentContext,
    Preferences,
    Colors,
    /// All entries.
    List(Section),
    /// One entry.
    Entry(Section, String),
    /// One field of an entry.
    Field(Section, String, Field),
}

impl Property {
    fn parse(path: &str) -> Result<Property, Error> {
        let words: Vec<&str> = path.split('.').collect();
        let unknown = |what: String, hint: String| Err(Error::new(what).field(path.escape_debug()).hint(hint));
        let section = match words.as_slice() {
            ["current-context"] => return Ok(Property::CurrentContext),
            ["preferences"] => return Ok(Property::Preferences),
            ["preferences", "colors"] => return Ok(Property::Colors),
            ["clusters", ..] => Section::Clusters,
            ["users", ..] => Section::Users,
            ["contexts", ..] => Section::Contexts,
            ["kind" | "apiVersion"] => {
                return unknown("is the same in every kubeconfig".to_owned(), "leave it as it is".to_owned());
            }
            ["extensions" | "preferences", ..] => {
                return unknown("cannot be reached by a path".to_owned(), "edit the file itself".to_owned());
            }
            _ => {
                let hint = "a path begins with clusters, users, contexts, current-context or preferences";
                return unknown("is no property of a kubeconfig".to_owned(), hint.to_owned());
            }
        };
        let Some((first, rest)) = words[1..].split_first() else { return Ok(Property::List(section)) };
        let known = |word: &str| fields(section).iter().copied().find(|(name, ..)| *name == word);
        let Some(at) = rest.iter().position(|word| known(word).is_some()) else {
            return Ok(Property::Entry(section, words[1..].join(".")));
        };
        let name = std::iter::once(first).chain(&rest[..at]).copied().collect::<Vec<_>>().join(".");
        match (rest.get(at).and_then(|word| known(word)), rest.len() - at) {
            (Some(field), 1) => Ok(Property::Field(section, name, field)),
            _ => unknown(
                format!("leads beyond {}", rest[at].escape_debug()),
                "a path ends with a field; exec and auth-provider are set with set-credentials".to_owned(),
            ),
        }
    }
}

/// `set`
pub(crate) fn set(args: &Set) -> anyhow::Result<Exit> {
    let (path, value, verify) = (args.property.as_str(), args.value.as_str(), args.change.verify());
    if value.is_empty() {
        return Err(Error::new("the new value is empty").field(path).hint("to take it away, use unset").into());
    }
    let raw = args.set_raw_bytes == Some(true);
    match Property::parse(path)? {
        Property::CurrentContext => args.change.apply(&|draft| {
            let contexts = &draft.config.contexts;
            if verify && draft.config.context(value).is_none() {
                return Err(dangling("context", value, contexts.iter().map(|c| &c.name)).field(path));
            }
            draft.value.insert("current-context".to_owned(), json!(value));
            Ok(())
        })?,
        Property::Colors => {
            let colors = flag(path, value)?;
            args.change.apply(&|draft| {
                let mut preferences = match draft.value.get("preferences") {
                    Some(Value::Object(preferences)) => preferences.clone(),
                    _ => Map::new(),
                };
                if colors {
                    preferences.insert("colors".to_owned(), json!(true));
                } else {
                    preferences.shift_remove("colors");
                }
                draft.value.insert("preferences".to_owned(), Value::Object(preferences));
                Ok(())
            })?;
        }
        Property::Preferences | Property::List(_) => {
            return Err(Error::new("is a whole mapping, not a value")
                .field(path)
                .hint("go on to one of its fields")
                .into());
        }
        Property::Entry(section, _) => {
            let names: Vec<&str> = fields(section).iter().map(|(name, ..)| *name).collect();
            return Err(Error::new(format!("names no field of a {}", section.one()))
                .field(path)
                .hint(format!("the fields are {}", names.join(", ")))
                .into());
        }
        Property::Field(section, name, (_, field, kind)) => {
            check_name(section, &name)?;
            let written = match kind {
                Kind::Text => value.to_owned(),
                Kind::Flag => flag(path, value)?.to_string(),
                Kind::Data => encode(&data(path, value, raw)?),
                Kind::Structure => {
                    return Err(Error::new("is a list or mapping, which cannot be set to a value")
                        .field(path)
                        .hint("use set-credentials for exec and auth-provider, else edit the file")
                        .into());
                }
            };
            if verify && field == "server" {
                check_server(path, value)?;
            }
            if verify && field == "proxy-url" {
                check_proxy_url(value).map_err(|e| e.field(path))?;
            }
            args.change.apply(&|draft| {
                if verify {
                    check(draft, section, &name, field, path, &written)?;
                }
                let (mut fields, _) = entry(&mut draft.value, section, &name)?;
                match kind {
                    Kind::Flag => fields.flag(field, written == "true"),
                    _ => fields.text(field, written.as_str()),
                }
                Ok(())
            })?;
        }
    }
    done(&format!("Property {path:?} set."))
}

fn flag(path: &str, value: &str) -> Result<bool, Error> {
    crate::args::go_bool(value).map_err(|e| e.field(path))
}

fn data(path: &str, value: &str, raw: bool) -> Result<Vec<u8>, Error> {
    if raw {
        return Ok(value.as_bytes().to_vec());
    }
    let joined: String = value.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    BASE64_STANDARD.decode(joined).map_err(|_| {
        Error::new("the value is not base64")
            .field(path)
            .hint("give it as `base64 -w0` prints it, or add --set-raw-bytes")
    })
}

/// Whether the new value of a field can work, together with what is there.
fn check(draft: &Draft, section: Section, name: &str, field: &str, path: &str, written: &str) -> Result<(), Error> {
    let config = &draft.config;
    let directory = draft.destination(section, name).parent().unwrap_or(Path::new("")).to_owned();
    // Paths start at the kubeconfig's directory, and so must the look at them.
    let material = || match BASE64_STANDARD.decode(written) {
        Ok(data) if field.ends_with("-data") => Ok(Material::of(path, "the value".to_owned(), data)),
        _ => Material::read(path, &directory.join(written)),
    };
    let user = config.user(name).map(|user| &user.user);
    match (section, field) {
        (Section::Contexts, "cluster") if config.cluster(written).is_none() => {
            Err(dangling("cluster", written, config.clusters.iter().map(|c| &c.name)).field(path))
        }
        (Section::Contexts, "user") if config.user(written).is_none() => {
            Err(dangling("user", written, config.users.iter().map(|u| &u.name)).field(path))
        }
        (Section::Clusters, "certificate-authority" | "certificate-authority-data")
        | (Section::Users, "client-certificate" | "client-certificate-data") => material()?.certificate().map(|_| ()),
        (Section::Users, "client-key" | "client-key-data") => {
            let certificate = user.and_then(|user| user.client_certificate_data.clone());
            let shown = format!("of the user '{}'", name.escape_debug());
            let certificate = certificate.map(|data| Material::of("certificate", shown, data));
            check_pair(certificate.as_ref().filter(|c| c.certificate().is_ok()), Some(&material()?))
        }
        _ => Ok(()),
    }
}

/// `unset`
pub(crate) fn unset(args: &Unset) -> anyhow::Result<Exit> {
    let path = args.property.as_str();
    let property = Property::parse(path)?;
    let warning = args.change.apply(&|draft| {
        let mut warning = None;
        match &property {
            Property::CurrentContext => {
                if draft.config.current_context.is_some() {
                    draft.value.insert("current-context".to_owned(), json!(""));
                }
            }
            Property::Preferences => {
                if draft.value.get("preferences").is_some_and(|p| p.as_object().is_some_and(|map| !map.is_empty())) {
                    draft.value.insert("preferences".to_owned(), json!({}));
                }
            }
            Property::Colors => {
                if let Some(Value::Object(preferences)) = draft.value.get_mut("preferences") {
                    preferences.shift_remove("colors");
                }
            }
            Property::List(section) => {
                if !named(&draft.value, *section).is_empty() {
                    draft.value.insert(section.list().to_owned(), Value::Null);
                }
            }
            Property::Entry(section, name) => {
                misspelt(draft, *section, name, path, args.change.verify())?;
                if remove(&mut draft.value, *section, name) {
                    warning = crate::remove::warning(&draft.config, *section, name);
                }
            }
            Property::Field(section, name, (_, field, kind)) => {
                if !draft.config.has(*section, name) {
                    let names = named(&draft.value, *section).into_iter().map(|(name, _)| name.to_owned());
                    let names: Vec<String> = names.collect();
                    return Err(dangling(section.one(), name, names.iter()).field(path));
                }
                let (mut fields, _) = entry(&mut draft.value, *section, name)?;
                match kind {
                    Kind::Text | Kind::Data => fields.text(field, ""),
                    Kind::Flag | Kind::Structure => fields.clear(field),
                }
            }
        }
        Ok(warning)
    })?;
    if let Some(warning) = warning {
        cli::warn(TOOL.name, warning);
    }
    done(&format!("Property {path:?} unset."))
}

/// `users.a.tokn` would be the user `a.tokn`, who is not there: kubectl says "unset" and changes nothing.
fn misspelt(draft: &Draft, section: Section, name: &str, path: &str, verify: bool) -> Result<(), Error> {
    let Some((owner, field)) = name.rsplit_once('.').filter(|_| verify && !draft.config.has(section, name)) else {
        return Ok(());
    };
    if draft.config.has(section, owner) {
        let names: Vec<&str> = fields(section).iter().map(|(name, ..)| *name).collect();
        return Err(Error::new(format!("a {} has no field '{}'", section.one(), field.escape_debug()))
            .field(path)
            .hint(format!("the fields are {}", names.join(", "))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, Property};
    use crate::entry::Section;

    /// Seen with kubectl 1.32.3.
    #[test]
    fn names_go_on_until_a_field() {
        let field = |section, name: &str, word: &'static str, kind| {
            Ok(Property::Field(section, name.to_owned(), (word, word, kind)))
        };
        let parse = |path| Property::parse(path).map_err(|e| e.to_string());
        assert_eq!(parse("clusters.a.server"), field(Section::Clusters, "a", "server", Kind::Text));
        assert_eq!(parse("clusters..server"), field(Section::Clusters, "", "server", Kind::Text));
        assert_eq!(parse(r"clusters.a\.b.server"), field(Section::Clusters, r"a\.b", "server", Kind::Text));
        assert_eq!(
            parse("clusters.10.1.2.3.insecure-skip-tls-verify"),
            field(Section::Clusters, "10.1.2.3", "insecure-skip-tls-verify", Kind::Flag)
        );
        assert_eq!(parse("clusters.server.server"), field(Section::Clusters, "server", "server", Kind::Text));
        assert_eq!(parse("users.a.b"), Ok(Property::Entry(Section::Users, "a.b".to_owned())));
        assert_eq!(parse("contexts"), Ok(Property::List(Section::Contexts)));
        assert_eq!(parse("clusters.a.server.x"), Err("clusters.a.server.x: leads beyond server".to_owned()));
        assert_eq!(parse("bogus"), Err("bogus: is no property of a kubeconfig".to_owned()));
        assert_eq!(parse("kind"), Err("kind: is the same in every kubeconfig".to_owned()));
        assert_eq!(parse("extensions.a"), Err("extensions.a: cannot be reached by a path".to_owned()));
    }
}
