//! `delete-cluster`, `delete-context`, `delete-user`, `rename-context`.

use crate::TOOL;
use crate::args::{Named, RenameContext};
use crate::entry::{Section, remove};
use crate::model::{Kubeconfig, dangling};
use khw_core::{Error, Exit, cli, output};
use serde_json::Value;

/// `delete-cluster`, `delete-context`, `delete-user`
pub(crate) fn delete(section: Section, args: &Named) -> anyhow::Result<Exit> {
    let name = &args.name;
    let files = args.change.file.files()?;
    let warning = args.change.apply(&|draft| {
        if !remove(&mut draft.value, section, name) {
            return Err(not_there(&draft.config, section, name));
        }
        Ok(warning(&draft.config, section, name))
    })?;
    if let Some(warning) = warning {
        cli::warn(TOOL.name, warning);
    }
    output::print(format!("deleted {} {name} from {}\n", section.one(), files.default().display()).as_bytes())?;
    Ok(Exit::Done)
}

fn not_there(config: &Kubeconfig, section: Section, name: &str) -> Error {
    let names: Vec<&String> = match section {
        Section::Clusters => config.clusters.iter().map(|c| &c.name).collect(),
        Section::Users => config.users.iter().map(|u| &u.name).collect(),
        Section::Contexts => config.contexts.iter().map(|c| &c.name).collect(),
    };
    dangling(section.one(), name, names.into_iter())
}

/// What the file now misses.
pub(crate) fn warning(config: &Kubeconfig, section: Section, name: &str) -> Option<String> {
    let shown = name.escape_debug();
    match section {
        Section::Contexts if config.current_context.as_deref() == Some(name) => {
            Some(format!("'{shown}' was the context in use: choose another with khw-kubeconfig use-context"))
        }
        Section::Contexts => None,
        Section::Clusters | Section::Users => {
            let uses = |c: &&crate::NamedContext| match section {
                Section::Clusters => c.context.cluster == name,
                _ => c.context.user == name,
            };
            let context = config.contexts.iter().find(uses)?;
            Some(format!("the context '{}' still names the {} '{shown}'", context.name.escape_debug(), section.one()))
        }
    }
}

/// `rename-context`
pub(crate) fn rename_context(args: &RenameContext) -> anyhow::Result<Exit> {
    if args.to.is_empty() {
        return Err(Error::new("the context's new name is empty").hint("was a shell variable unset?").into());
    }
    args.change.apply(&|draft| {
        let config = &draft.config;
        if config.context(&args.from).is_none() {
            return Err(not_there(config, Section::Contexts, &args.from));
        }
        if config.context(&args.to).is_some() {
            return Err(Error::new(format!("there is a context '{}' already", args.to.escape_debug()))
                .hint("choose another name, or delete that one first"));
        }
        let contexts = draft.value.get_mut("contexts").and_then(Value::as_array_mut);
        for context in contexts.into_iter().flatten().filter(|c| c["name"].as_str() == Some(&args.from)) {
            context["name"] = Value::String(args.to.clone());
        }
        let is_current = config.current_context.as_ref() == Some(&args.from);
        draft.renamed(Section::Contexts, &args.from, &args.to);
        if is_current {
            draft.value.insert("current-context".to_owned(), Value::String(args.to.clone()));
        }
        Ok(())
    })?;
    output::print(format!("Context {:?} renamed to {:?}.\n", args.from, args.to).as_bytes())?;
    Ok(Exit::Done)
}
