//! Flags and configuration file that say the same thing differently: which of them counts.
//!
//! The kubelet applies its flags again after the file, so that they win. kube-proxy takes from its flags only those that
//! have no place in the file, and what it logs; the others it ignores, with or without a file to read here.

use super::environment::Environment;
use crate::flag::Program;
use crate::root::Root;
use crate::syntax::Unit;
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use khw_kubelet_conf::component::Document;
use serde_json::Value;
use std::path::Path;

pub(super) fn check(
    unit: &Unit,
    version: KubernetesVersion,
    root: &Root,
    environment: &Environment,
    findings: &mut Vec<Finding>,
) {
    for command in unit.exec_starts().unwrap_or_default() {
        let command = environment.expand(&command);
        let Some(program) = Program::of(command.program_name()) else { continue };
        // That it is there and right is the business of khw-kubelet-conf, khw-proxy-conf and khw-install verify.
        let Some(path) = command.flag("config").filter(|p| p.starts_with('/')) else { continue };
        let Ok(document) = root.read(Path::new(path)).and_then(|content| Document::parse(&content)) else { continue };
        for given in command.flags() {
            let Some(flag) = program.flag(given.name) else { continue };
            let Some((field, since)) = flag.field else { continue };
            if !version.at_least(since) || program == Program::KubeProxy && flag.file_backed {
                continue;
            }
            let Some(value) = document.get(field) else { continue };
            let said = given.value.unwrap_or("true");
            if said.contains('$') || shown(value).is_some_and(|file| same(&file, said)) {
                continue;
            }
            let line = document.line(field).map(|line| format!(":{line}")).unwrap_or_default();
            let file = shown(value).map(|v| format!(", {v}")).unwrap_or_default();
            findings.push(
                Finding::warning("flag-overrides-file", format!("'{said}' counts, not {field} of {path}{line}{file}"))
                    .line(given.argument.line)
                    .field(format!("--{}", given.name))
                    .fix("leave one of the two out"),
            );
        }
    }
}

/// A field as a flag would give it; `None` for a map.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items.iter().map(shown).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
        Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Numbers and durations may be written in several ways; `1` and `t` are true for a flag.
fn same(file: &str, flag: &str) -> bool {
    let plain = |text: &str| match text {
        "1" | "t" | "T" | "TRUE" | "True" => "true".to_owned(),
        "0" | "f" | "F" | "FALSE" | "False" => "false".to_owned(),
        other => other.replace(' ', ""),
    };
    plain(file) == plain(flag)
}
