//! `view`, `current-context` and the lists.

use crate::TOOL;
use crate::args::{File, GetContexts, View};
use crate::entry::Section;
use crate::jsonpath::{self, Missing, Template};
use crate::location::Files;
use crate::model::{Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext, Secret, dangling};
use crate::print;
use crate::store::{self, Merged};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli, output};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

impl File {
    /// The kubeconfigs that are meant.
    pub(crate) fn files(&self) -> Result<Files, Error> {
        Files::of(self.kubeconfig.as_deref(), |name| std::env::var_os(name))
    }
}

/// How `view` prints.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Format {
    Yaml,
    Json,
    Template(Template),
    /// What each part of the template chooses, as a JSON list.
    TemplateAsJson(Template),
}

impl Format {
    /// Reads the value of `-o`.
    ///
    /// # Errors
    /// When it is another format, or a template that is not complete.
    pub(crate) fn parse(text: &str) -> Result<Format, Error> {
        let no_template = || Error::new("the template is missing").hint("write it as jsonpath='{.clusters[0].name}'");
        let (format, template) = text.split_once('=').map_or((text, None), |(format, t)| (format, Some(t)));
        let whole = format.to_ascii_lowercase();
        match (if template.is_none() { whole.as_str() } else { format }, template) {
            _ if template == Some("") && format.starts_with("jsonpath") => Err(no_template()),
            ("yaml", None) => Ok(Format::Yaml),
            ("json", None) => Ok(Format::Json),
            ("jsonpath", Some(template)) => Template::parse(template).map(Format::Template),
            ("jsonpath-as-json", Some(template)) => Template::parse(template).map(Format::TemplateAsJson),
            ("jsonpath-file", Some(file)) => {
                let template = Input::new(Path::new(file)).read_text()?;
                Template::parse(&template).map(Format::Template)
            }
            ("jsonpath" | "jsonpath-as-json" | "jsonpath-file", None) => Err(no_template()),
            _ => Err(Error::new(format!("'{}' is not a value it can have", text.escape_debug()))
                .hint("it is one of yaml, json, jsonpath={...}, jsonpath-as-json={...}, jsonpath-file=FILE")),
        }
    }
}

/// `view`
pub(crate) fn view(args: &View) -> anyhow::Result<Exit> {
    let files = args.file.files()?;
    if args.merge == Some(false) && !files.explicit() {
        return Err(Error::new("there is nothing to tell which kubeconfig is meant")
            .field("--merge=false")
            .hint("name it: --kubeconfig=FILE")
            .into());
    }
    let mut merged = Merged::read(&files)?;
    if args.minify == Some(true) {
        if let Some(context) = args.context.as_ref().filter(|name| !name.is_empty()) {
            merged.config.current_context = Some(context.clone());
        }
        minify(&mut merged.config).map_err(|e| e.file(files.shown()))?;
    } else if args.context.is_some() {
        cli::warn(TOOL.name, "--context has no effect without --minify, as with kubectl");
    }
    let flatten = args.flatten == Some(true);
    let mut config = merged.config.clone();
    if flatten {
        embed(&mut config, &|section, name| {
            let file = merged.origin(section, name).unwrap_or(files.default());
            file.parent().unwrap_or(Path::new("")).to_owned()
        })?;
    }
    let mut value = config.to_json();
    let bare = flatten || args.raw == Some(true);
    if !bare {
        redact(&mut value);
    }
    let missing = match args.allow_missing_template_keys {
        Some(false) => Missing::Refused,
        _ => Missing::Allowed,
    };
    let text = match &args.output {
        Format::Yaml => print::yaml(&value),
        Format::Json => {
            sort_maps(&mut value);
            print::escaped(&print::json(&value))
        }
        Format::Template(template) => template.render(&value, missing)?,
        Format::TemplateAsJson(template) => {
            let lists = template.values(&value, missing)?;
            lists.iter().map(|list| print::escaped(&print::json(&jsonpath::sorted(list)))).collect()
        }
    };
    let kind = if bare && config.has_secret() { Kind::Secret } else { Kind::Public };
    Output::default().write(text.as_bytes(), kind, Existing::Replace)?;
    Ok(Exit::Done)
}

/// Leaves the context in use, its cluster and its user.
fn minify(config: &mut Kubeconfig) -> Result<(), Error> {
    let context = match &config.current_context {
        Some(name) => config.context(name).ok_or_else(|| {
            dangling("context", name, config.contexts.iter().map(|c| &c.name)).field("current-context")
        })?,
        None => return config.current().map(|_| ()),
    };
    // As with kubectl, a context may name nothing, but not something that is not there.
    let (cluster, user) = (context.context.cluster.clone(), context.context.user.clone());
    if (!cluster.is_empty() && config.cluster(&cluster).is_none()) || (!user.is_empty() && config.user(&user).is_none())
    {
        config.resolve(context)?;
    }
    let name = context.name.clone();
    config.contexts.retain(|c| c.name == name);
    config.clusters.retain(|c| !cluster.is_empty() && c.name == cluster);
    config.users.retain(|u| !user.is_empty() && u.name == user);
    Ok(())
}

/// Puts the content of files in place of their paths, which start at the directory of the kubeconfig that has the entry.
fn embed(config: &mut Kubeconfig, directory: &dyn Fn(Section, &str) -> PathBuf) -> Result<(), Error> {
    let read = |path: &mut Option<String>, data: &mut Option<Vec<u8>>, section, name: &str| -> Result<(), Error> {
        // Data that is there already wins, as for every client.
        if let (Some(file), None) = (path.take(), &data) {
            *data = Some(Input::File(directory(section, name).join(file)).read()?);
        }
        Ok(())
    };
    for NamedCluster { name, cluster, .. } in &mut config.clusters {
        let data = &mut cluster.certificate_authority_data;
        read(&mut cluster.certificate_authority, data, Section::Clusters, name)?;
    }
    for NamedAuthInfo { name, user, .. } in &mut config.users {
        read(&mut user.client_certificate, &mut user.client_certificate_data, Section::Users, name)?;
        let mut key = user.client_key_data.take().map(|secret| secret.0);
        read(&mut user.client_key, &mut key, Section::Users, name)?;
        user.client_key_data = key.map(Secret);
    }
    Ok(())
}

/// Sorts what are maps in Go, which it prints by their keys; other fields stay in the order of its types.
fn sort_maps(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (field, value) in map {
                match field.as_str() {
                    "extension" | "config" | "as-user-extra" => *value = jsonpath::sorted(value),
                    _ => sort_maps(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(sort_maps),
        _ => {}
    }
}

/// Hides data and secrets in kubectl's words.
fn redact(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (field, value) in map {
                match field.as_str() {
                    "certificate-authority-data" | "client-certificate-data" | "client-key-data" => {
                        *value = Value::String("DATA+OMITTED".to_owned());
                    }
                    "token" | "password" => *value = Value::String("REDACTED".to_owned()),
                    "extensions" | "extension" | "exec" | "auth-provider" => {}
                    _ => redact(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// `current-context`
pub(crate) fn current_context(args: &File) -> anyhow::Result<Exit> {
    let files = args.files()?;
    match store::read(&files)?.current_context {
        Some(name) => lines(std::iter::once(name.as_str())),
        None => Err(Error::new("is not set")
            .file(files.shown())
            .field("current-context")
            .hint("choose one with khw-kubeconfig use-context")
            .into()),
    }
}

/// `get-clusters`, in order where kubectl has none.
pub(crate) fn get_clusters(args: &File) -> anyhow::Result<Exit> {
    let config = store::read(&args.files()?)?;
    let mut names: Vec<&str> = config.clusters.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    lines(std::iter::once("NAME").chain(names))
}

/// `get-users`
pub(crate) fn get_users(args: &File) -> anyhow::Result<Exit> {
    let config = store::read(&args.files()?)?;
    let mut names: Vec<&str> = config.users.iter().map(|u| u.name.as_str()).collect();
    names.sort_unstable();
    lines(std::iter::once("NAME").chain(names))
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> anyhow::Result<Exit> {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    output::print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// `get-contexts`
pub(crate) fn get_contexts(args: &GetContexts) -> anyhow::Result<Exit> {
    let files = args.file.files()?;
    let config = store::read(&files)?;
    // Those that are there are printed before one that is not is said.
    let mut missing = None;
    let mut rows: Vec<&NamedContext> = if args.names.is_empty() {
        config.contexts.iter().collect()
    } else {
        let none = |name: &str| dangling("context", name, config.contexts.iter().map(|c| &c.name)).file(files.shown());
        missing = args.names.iter().find(|name| config.context(name).is_none()).map(|name| none(name));
        args.names.iter().filter_map(|name| config.context(name)).collect()
    };
    rows.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    rows.dedup_by(|a, b| a.name == b.name);
    let ended = |missing: Option<Error>| missing.map_or(Ok(Exit::Done), |error| Err(error.into()));
    if args.output.as_deref().is_some_and(|format| !format.is_empty()) {
        lines(rows.into_iter().map(|c| c.name.as_str()))?;
        return ended(missing);
    }
    let mut table: Vec<[&str; 5]> = Vec::with_capacity(rows.len() + 1);
    if args.no_headers != Some(true) {
        table.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]);
    }
    for row in rows {
        let current = if config.current_context.as_ref() == Some(&row.name) { "*" } else { "" };
        let context = &row.context;
        let namespace = context.namespace.as_deref().unwrap_or_default();
        table.push([current, &row.name, &context.cluster, &context.user, namespace]);
    }
    if args.names.is_empty() || table.len() > usize::from(args.no_headers != Some(true)) {
        output::print(columns(&table).as_bytes())?;
    }
    ended(missing)
}

/// Columns as Go's tabwriter sets them for kubectl: at least 6 wide, 3 blanks between, the last one not padded.
fn columns(table: &[[&str; 5]]) -> String {
    let length = |cell: &str| cell.chars().count();
    let mut widths = [0; 5];
    for row in table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell) + 3).max(6);
        }
    }
    let mut out = String::new();
    for row in table {
        let [cells @ .., last] = row;
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(out, "{cell}{:1$}", "", width.saturating_sub(length(cell)));
        }
        out.push_str(last);
        out.push('\n');
    }
    out
}
