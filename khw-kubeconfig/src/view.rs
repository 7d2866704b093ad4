//! `view`, `current-context` and the lists.

use crate::args::{File, Format, GetContexts, View};
use crate::location;
use crate::model::{Kubeconfig, Secret, dangling};
use crate::print;
use crate::store;
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, output};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};

impl File {
    /// The kubeconfig that is meant.
    pub(crate) fn path(&self) -> Result<PathBuf, Error> {
        location::kubeconfig(self.kubeconfig.as_deref(), |name| std::env::var_os(name))
    }
}

/// `view`
pub(crate) fn view(args: &View) -> anyhow::Result<Exit> {
    let path = args.file.path()?;
    let mut config = store::read(&path)?;
    if let Some(context) = args.context.as_ref().filter(|name| !name.is_empty()) {
        config.current_context = Some(context.clone());
    }
    if args.minify == Some(true) {
        minify(&mut config).map_err(|e| e.file(path.display()))?;
    }
    let flatten = args.flatten == Some(true);
    if flatten {
        embed(&mut config, path.parent().unwrap_or(Path::new("")))?;
    }
    let mut value = config.to_json();
    let bare = flatten || args.raw == Some(true);
    if !bare {
        redact(&mut value);
    }
    let text = match args.output {
        Format::Yaml => print::yaml(&value),
        Format::Json => print::json(&value)?,
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

/// Puts the content of files in place of their paths.
fn embed(config: &mut Kubeconfig, directory: &Path) -> Result<(), Error> {
    let read = |path: &mut Option<String>, data: &mut Option<Vec<u8>>| -> Result<(), Error> {
        if let Some(file) = path.take() {
            // Data that is there already wins, as for every client.
            if data.is_none() {
                *data = Some(Input::File(directory.join(file)).read()?);
            }
        }
        Ok(())
    };
    for named in &mut config.clusters {
        read(&mut named.cluster.certificate_authority, &mut named.cluster.certificate_authority_data)?;
    }
    for named in &mut config.users {
        let user = &mut named.user;
        read(&mut user.client_certificate, &mut user.client_certificate_data)?;
        let mut key = user.client_key_data.take().map(|secret| secret.0);
        read(&mut user.client_key, &mut key)?;
        user.client_key_data = key.map(Secret);
    }
    Ok(())
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
    let path = args.path()?;
    match store::read(&path)?.current_context {
        Some(name) => lines(std::iter::once(name.as_str())),
        None => Err(Error::new("is not set")
            .file(path.display())
            .field("current-context")
            .hint("choose one with khw-kubeconfig use-context")
            .into()),
    }
}

/// `get-clusters`, in order where kubectl has none.
pub(crate) fn get_clusters(args: &File) -> anyhow::Result<Exit> {
    let config = store::read(&args.path()?)?;
    let mut names: Vec<&str> = config.clusters.iter().map(|c| c.name.as_str()).collect();
    names.sort_unstable();
    lines(std::iter::once("NAME").chain(names))
}

/// `get-users`
pub(crate) fn get_users(args: &File) -> anyhow::Result<Exit> {
    let config = store::read(&args.path()?)?;
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
    let path = args.file.path()?;
    let config = store::read(&path)?;
    let mut names: Vec<&str> = if args.names.is_empty() {
        config.contexts.iter().map(|c| c.name.as_str()).collect()
    } else {
        args.names.iter().map(String::as_str).collect()
    };
    names.sort_unstable();
    names.dedup();
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        rows.push(
            config.context(name).ok_or_else(|| {
                dangling("context", name, config.contexts.iter().map(|c| &c.name)).file(path.display())
            })?,
        );
    }
    if args.output.is_some() {
        return lines(rows.into_iter().map(|c| c.name.as_str()));
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
    output::print(columns(&table).as_bytes())?;
    Ok(Exit::Done)
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
