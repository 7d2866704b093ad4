//! `bootstrap`: the kubeconfig with which a kubelet asks for its certificate (TLS bootstrapping).

use crate::args::Bootstrap;
use crate::entry::{Section, entry};
use crate::print;
use crate::set::{ClusterChange, Place, authority, check_server};
use crate::store;
use khw_core::input::Input;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit};
use serde_json::{Value, json};
use std::path::Path;

/// `bootstrap`
pub(crate) fn bootstrap(args: &Bootstrap) -> anyhow::Result<Exit> {
    let verify = !args.no_verify;
    for (option, name) in [("--cluster", &args.cluster), ("--context", &args.context), ("--user", &args.user)] {
        if name.is_empty() {
            return Err(Error::new("is empty").field(option).hint("was a shell variable unset?").into());
        }
    }
    if verify {
        check_server("--server", &args.server)?;
    }
    let token = match (&args.token, &args.token_file) {
        (Some(token), _) => Token { option: "--token", file: None, text: token.clone() },
        (None, Some(path)) => {
            let input = Input::new(path.as_path());
            let text = input.read_text().map_err(|e| e.field("--token-file"))?;
            Token { option: "--token-file", file: Some(input.to_string()), text: text.trim_end().to_owned() }
        }
        (None, None) => return Err(Error::new("is missing").field("--token").into()),
    };
    if verify {
        token.check()?;
    }
    let place = if args.embed_certs == Some(false) { Place::PathAsGiven } else { Place::Embedded };
    let (authority, _) = authority(&args.certificate_authority, place, verify)?;

    let mut root = store::new_file();
    let cluster = ClusterChange {
        name: &args.cluster,
        server: Some(&args.server),
        tls_server_name: None,
        proxy_url: None,
        insecure: false,
        authority: Some(authority),
    };
    cluster.apply(&mut root, Path::new(""))?;
    entry(&mut root, Section::Users, &args.user)?.0.text("token", token.text);
    let (mut fields, _) = entry(&mut root, Section::Contexts, &args.context)?;
    fields.text("cluster", args.cluster.as_str());
    fields.text("user", args.user.as_str());
    root.insert("current-context".to_owned(), json!(args.context));
    args.output.write(print::yaml(&Value::Object(root)).as_bytes(), Kind::Secret, Existing::Replace)?;
    Ok(Exit::Done)
}

/// A bootstrap token, which no message shows.
struct Token {
    option: &'static str,
    file: Option<String>,
    text: String,
}

impl Token {
    /// Refuses what is no bootstrap token: `[a-z0-9]{6}\.[a-z0-9]{16}`, as the API server wants it.
    fn check(&self) -> Result<(), Error> {
        let part = |part: &str, length| {
            part.len() == length && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if self.text.split_once('.').is_some_and(|(id, secret)| part(id, 6) && part(secret, 16)) {
            return Ok(());
        }
        let what = if self.text.is_empty() { "is empty" } else { "is not a bootstrap token" };
        let error = Error::new(what)
            .field(self.option)
            .hint("it is 6 and 16 lower-case letters or digits with a dot between: abcdef.0123456789abcdef");
        Err(match &self.file {
            Some(file) => error.file(file),
            None => error,
        })
    }
}
