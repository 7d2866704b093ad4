//! `set-credentials`: certificate and key, token, name and password, a credential plugin, an auth provider.

use crate::TOOL;
use crate::args::SetCredentials;
use crate::entry::{Fields, Section, entry};
use crate::material::{Material, check_pair};
use crate::model::{AuthInfo, OLD_EXEC_VERSIONS};
use crate::set::{check_name, done, pair, place};
use crate::store::Draft;
use khw_core::{Error, Exit, cli};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// `set-credentials`
pub(crate) fn set_credentials(args: &SetCredentials) -> anyhow::Result<Exit> {
    let verify = args.change.verify();
    check_name(Section::Users, &args.name)?;
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let (token, basic) = (given(&args.token), given(&args.username) || given(&args.password));
    if token && basic {
        return Err(Error::new("cannot be used together with --username and --password")
            .field("--token")
            .hint("a user has one way to say who it is: choose one")
            .into());
    }
    let file_given = |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| !path.as_os_str().is_empty());
    if args.embed_certs == Some(true) && !file_given(&args.client_certificate) && !file_given(&args.client_key) {
        return Err(Error::new("there is no --client-certificate or --client-key to embed")
            .field("--embed-certs")
            .hint("name them: --client-certificate=FILE --client-key=FILE")
            .into());
    }
    let plugin = Plugin::of(args)?;
    let pair = pair(args.client_certificate.as_ref(), args.client_key.as_ref(), place(args.embed_certs), verify)?;
    if let Some(material) = pair.certificate_material().filter(|_| verify)
        && let Some(warning) = material.is_expired(OffsetDateTime::now_utc())?
    {
        cli::warn(TOOL.name, warning);
    }
    let warnings = args.change.apply(&|draft| {
        let file = draft.destination(Section::Users, &args.name).to_owned();
        let mut warnings = Vec::new();
        if verify {
            let there = draft.config.user(&args.name).map(|user| &user.user);
            let other = Other { name: &args.name, there, file: &file };
            warnings.extend(other.check(pair.certificate_material(), pair.key_material())?);
        }
        warnings.extend(change(draft, args, &file, &pair, &plugin, (token, basic))?);
        Ok(warnings)
    })?;
    for warning in warnings.into_iter().filter(|_| verify) {
        cli::warn(TOOL.name, warning);
    }
    done(&format!("User {:?} set.", args.name))
}

/// Sets the fields, in kubectl's order. Gives what had no effect.
fn change(
    draft: &mut Draft,
    args: &SetCredentials,
    file: &Path,
    pair: &crate::set::Pair,
    plugin: &Plugin,
    (token, basic): (bool, bool),
) -> Result<Vec<String>, Error> {
    let (mut user, _) = entry(&mut draft.value, Section::Users, &args.name)?;
    for (written, field) in [(&pair.certificate, "client-certificate"), (&pair.key, "client-key")] {
        if let Some(written) = written {
            written.apply(&mut user, field, file)?;
        }
    }
    for (text, field) in [(&args.token, "token"), (&args.username, "username"), (&args.password, "password")] {
        if let Some(text) = text {
            user.text(field, text.as_str());
        }
    }
    // Setting the one way takes the other away, as kubectl does.
    if basic {
        user.clear("token");
    }
    if token {
        user.clear("username");
        user.clear("password");
    }
    plugin.apply(args, &mut user)
}

/// What of a pair is in the kubeconfig already.
struct Other<'a> {
    name: &'a str,
    there: Option<&'a AuthInfo>,
    file: &'a Path,
}

impl Other<'_> {
    /// Compares a key given alone with the certificate that is there, and the reverse.
    ///
    /// A key that is not the certificate's is refused. A certificate that is not the key's is a warning: whoever renews
    /// both with two commands sets the certificate first.
    fn check(&self, certificate: Option<&Material>, key: Option<&Material>) -> Result<Option<String>, Error> {
        let Some(there) = self.there else { return Ok(None) };
        match (certificate, key) {
            (None, Some(key)) => {
                let path = there.client_certificate.as_deref();
                let other = self.material(there.client_certificate_data.as_deref(), path, "certificate");
                // One that cannot be read is no reason to refuse a key: it may come later.
                if let Some(other) = other.filter(|other| other.certificate().is_ok()) {
                    check_pair(Some(&other), Some(key))?;
                }
                Ok(None)
            }
            (Some(certificate), None) => {
                let data = there.client_key_data.as_ref().map(|secret| secret.expose().as_slice());
                let other = self.material(data, there.client_key.as_deref(), "key");
                let mismatch = other
                    .filter(|other| other.key().is_ok())
                    .is_some_and(|other| check_pair(Some(certificate), Some(&other)).is_err());
                Ok(mismatch.then(|| {
                    let name = self.name.escape_debug();
                    format!("the key of the user '{name}' does not belong to the new certificate: set it too, with --client-key")
                }))
            }
            _ => Ok(None),
        }
    }

    fn material(&self, data: Option<&[u8]>, path: Option<&str>, what: &str) -> Option<Material> {
        let shown = format!("of the user '{}' in {}", self.name.escape_debug(), self.file.display());
        match (data, path) {
            (Some(data), _) => Some(Material::of(what, shown, data.to_vec())),
            (None, Some(path)) => {
                let directory = self.file.parent().unwrap_or(Path::new(""));
                let content = std::fs::read(directory.join(path)).ok()?;
                Some(Material::of(what, shown, content))
            }
            (None, None) => None,
        }
    }
}

/// The flags of `exec` and `auth-provider`, taken apart.
struct Plugin {
    provider: Pairs,
    environment: Pairs,
    arguments: Vec<String>,
}

impl Plugin {
    fn of(args: &SetCredentials) -> Result<Plugin, Error> {
        if let Some(mode) = args.exec_interactive_mode.as_deref().filter(|mode| !mode.is_empty()) {
            const MODES: [&str; 3] = ["IfAvailable", "Never", "Always"];
            if !MODES.contains(&mode) {
                return Err(Error::new(format!("'{}' is not a value it can have", mode.escape_debug()))
                    .field("--exec-interactive-mode")
                    .hint(format!("it is one of {}", MODES.join(", "))));
            }
        }
        let list = |lines: &[String], option| {
            let lists = lines.iter().map(|line| comma_separated(line).map_err(|e| e.field(option)));
            lists.collect::<Result<Vec<_>, _>>().map(|lists| lists.concat())
        };
        Ok(Plugin {
            provider: Pairs::of("--auth-provider-arg", list(&args.auth_provider_arg, "--auth-provider-arg")?)?,
            environment: Pairs::of("--exec-env", args.exec_env.clone())?,
            arguments: list(&args.exec_arg, "--exec-arg")?,
        })
    }

    fn apply(&self, args: &SetCredentials, user: &mut Fields<'_>) -> Result<Vec<String>, Error> {
        let mut without_effect = Vec::new();
        let mut provider = object(user.get("auth-provider"), "auth-provider")?;
        let named = |map: &Map<String, Value>| map.get("name").and_then(Value::as_str).map(str::to_owned);
        if let Some(name) = &args.auth_provider
            && provider.as_ref().and_then(named).as_ref() != Some(name)
        {
            provider = Some(Map::from_iter([("name".to_owned(), json!(name))]));
        }
        match provider {
            Some(mut provider) if args.auth_provider.is_some() || !self.provider.is_empty() => {
                let mut config = object(provider.get("config"), "auth-provider.config")?.unwrap_or_default();
                config.retain(|key, _| !self.provider.remove.contains(key));
                config.extend(self.provider.set.iter().map(|(key, value)| (key.clone(), json!(value))));
                provider.insert("config".to_owned(), Value::Object(config));
                user.set("auth-provider", Value::Object(provider));
            }
            None if !self.provider.is_empty() => without_effect.push("--auth-provider-arg: there is no auth provider"),
            _ => {}
        }

        let exec_given = [
            ("--exec-api-version", args.exec_api_version.is_some()),
            ("--exec-arg", !self.arguments.is_empty()),
            ("--exec-env", !self.environment.is_empty()),
            ("--exec-interactive-mode", args.exec_interactive_mode.is_some()),
            ("--exec-provide-cluster-info", args.exec_provide_cluster_info.is_some()),
        ];
        let mut exec = object(user.get("exec"), "exec")?;
        if let Some(command) = &args.exec_command {
            // What kubectl writes into a new one.
            let empty = || [("args", Value::Null), ("env", Value::Null), ("provideClusterInfo", json!(false))];
            let exec =
                exec.get_or_insert_with(|| empty().into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
            // Not the arguments of the command before.
            exec.insert("args".to_owned(), Value::Null);
            exec.insert("command".to_owned(), json!(command));
        }
        match exec {
            Some(mut exec) if args.exec_command.is_some() || exec_given.iter().any(|(_, given)| *given) => {
                if let Some(version) = &args.exec_api_version {
                    keep_default_mode(&mut exec, version);
                }
                for (text, field) in
                    [(&args.exec_api_version, "apiVersion"), (&args.exec_interactive_mode, "interactiveMode")]
                {
                    if let Some(text) = text {
                        exec.insert(field.to_owned(), json!(text));
                    }
                }
                if let Some(provide) = args.exec_provide_cluster_info {
                    exec.insert("provideClusterInfo".to_owned(), json!(provide));
                }
                if !self.arguments.is_empty() {
                    exec.insert("args".to_owned(), json!(self.arguments));
                }
                self.environment.apply_to_list(&mut exec)?;
                user.set("exec", Value::Object(exec));
            }
            None => {
                let given = exec_given.iter().filter(|(_, given)| *given).map(|(option, _)| *option);
                let lines: Vec<String> = given.map(|option| format!("{option}: there is no --exec-command")).collect();
                return Ok(lines
                    .into_iter()
                    .chain(without_effect.into_iter().map(str::to_owned))
                    .map(no_effect)
                    .collect());
            }
            Some(_) => {}
        }
        Ok(without_effect.into_iter().map(|line| no_effect(line.to_owned())).collect())
    }
}

/// The older versions have a default for `interactiveMode`, which v1 has not: whoever goes on to v1 keeps it, as with kubectl.
fn keep_default_mode(exec: &mut Map<String, Value>, version: &str) {
    let text = |field: &str| exec.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("apiVersion") != version
        && OLD_EXEC_VERSIONS.contains(&text("apiVersion"))
        && text("interactiveMode").is_empty()
    {
        exec.insert("interactiveMode".to_owned(), json!("IfAvailable"));
    }
}

fn no_effect(line: String) -> String {
    format!("{line} for it to go with: it has no effect")
}

/// `key=value` to set, `key-` to take away.
struct Pairs {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

impl Pairs {
    fn of(option: &'static str, lines: Vec<String>) -> Result<Pairs, Error> {
        let mut pairs = Pairs { set: Vec::new(), remove: Vec::new() };
        for line in lines {
            if let Some((key, value)) = line.split_once('=').filter(|(key, _)| !key.is_empty()) {
                pairs.set.retain(|(other, _)| other != key);
                pairs.set.push((key.to_owned(), value.to_owned()));
            } else if let Some(key) = line.strip_suffix('-').filter(|key| !key.is_empty() && !key.contains('=')) {
                pairs.remove.push(key.to_owned());
            } else {
                // The value may be a secret, and where there is no '=' it cannot be told from the key.
                return Err(Error::new("is neither KEY=VALUE nor KEY-").field(option).hint("KEY- takes KEY away"));
            }
        }
        Ok(pairs)
    }

    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    /// To the `env` of `exec`, a list of names and values.
    fn apply_to_list(&self, exec: &mut Map<String, Value>) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        let list = match exec.get("env") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => list.clone(),
            Some(_) => return Err(Error::new("is not a list").field("exec.env")),
        };
        let is = |entry: &Value, name: &str| entry.get("name").and_then(Value::as_str) == Some(name);
        let mut list: Vec<Value> =
            list.into_iter().filter(|entry| !self.remove.iter().any(|name| is(entry, name))).collect();
        for (name, value) in &self.set {
            match list.iter_mut().find(|entry| is(entry, name)) {
                Some(entry) => entry["value"] = json!(value),
                None => list.push(json!({ "name": name, "value": value })),
            }
        }
        exec.insert("env".to_owned(), Value::Array(list));
        Ok(())
    }
}

fn object(value: Option<&Value>, field: &str) -> Result<Option<Map<String, Value>>, Error> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map.clone())),
        Some(_) => Err(Error::new("is not a mapping").field(field)),
    }
}

/// A line of comma-separated values as Go's encoding/csv reads it, by which kubectl takes lists: `a,"b,c"`.
fn comma_separated(line: &str) -> Result<Vec<String>, Error> {
    if line.is_empty() {
        return Ok(Vec::new());
    }
    let quoted = || Error::new("has a '\"' that does not enclose a whole value").hint("write it as 'a,\"b,c\"'");
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let (value, after) = if let Some(inside) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut inside = inside;
            loop {
                let (part, after) = inside.split_once('"').ok_or_else(quoted)?;
                value.push_str(part);
                match after.strip_prefix('"') {
                    Some(more) => {
                        value.push('"');
                        inside = more;
                    }
                    None => break (value, after),
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            if rest[..end].contains('"') {
                return Err(quoted());
            }
            (rest[..end].to_owned(), &rest[end..])
        };
        values.push(value);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => return Ok(values),
            None => return Err(quoted()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, comma_separated};

    #[test]
    fn lists_are_comma_separated() {
        let list = |line| comma_separated(line).map_err(|e| e.what().to_owned());
        assert_eq!(list(""), Ok(vec![]));
        assert_eq!(list("a,b=c,"), Ok(vec!["a".into(), "b=c".into(), String::new()]));
        assert_eq!(list("\"c,d\",\"e\"\"f\""), Ok(vec!["c,d".into(), "e\"f".into()]));
        for bad in ["a\"b", "\"a", "\"a\"b"] {
            assert!(list(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pairs() -> Result<(), khw_core::Error> {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let pairs = Pairs::of("--x", lines(&["a=1", "b=2=3", "a=4", "c-"]))?;
        assert_eq!(pairs.set, [("b".to_owned(), "2=3".to_owned()), ("a".to_owned(), "4".to_owned())]);
        assert_eq!(pairs.remove, ["c"]);
        for bad in ["x", "=1", "-", ""] {
            assert!(Pairs::of("--x", lines(&[bad])).is_err(), "{bad}");
        }
        Ok(())
    }
}
