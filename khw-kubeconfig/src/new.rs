//! `new`: a whole kubeconfig from a server, a CA, a certificate and its key.

use crate::args::New;
use crate::entry::{Section, entry};
use crate::material::check_chain;
use crate::print;
use crate::set::{ClusterChange, Place, authority, check_server, pair};
use crate::store;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};
use serde_json::Value;
use std::path::Path;
use time::OffsetDateTime;

/// `new`
pub(crate) fn new(args: &New) -> anyhow::Result<Exit> {
    let verify = !args.no_verify;
    let place = if args.embed_certs == Some(false) { Place::PathAsGiven } else { Place::Embedded };
    for (option, name) in
        [("--cluster", Some(&args.cluster)), ("--context", Some(&args.context)), ("--user", args.user.as_ref())]
    {
        if name.is_some_and(String::is_empty) {
            return Err(Error::new("is empty").field(option).hint("was a shell variable unset?").into());
        }
    }
    if verify {
        check_server("--server", &args.server)?;
    }
    let (authority, authority_material) = authority(&args.certificate_authority, place, verify)?;
    let pair = pair(Some(&args.client_certificate), Some(&args.client_key), place, verify)?;
    let user = args.user.as_ref().or(pair.common_name.as_ref()).ok_or_else(|| {
        Error::new("its certificate has no common name to call the user by")
            .file(args.client_certificate.display())
            .hint("name the user: --user=NAME")
    })?;
    if let (true, Some(authority), Some(client)) = (verify, &authority_material, pair.certificate_material())
        && let Some(lacking) = check_chain(authority, client, OffsetDateTime::now_utc())?
    {
        cli::warn(crate::TOOL.name, lacking);
    }

    let mut root = store::new_file();
    let cluster = ClusterChange {
        name: &args.cluster,
        server: Some(&args.server),
        tls_server_name: None,
        proxy_url: None,
        insecure: false,
        authority: Some(authority),
    };
    let nowhere = Path::new("");
    cluster.apply(&mut root, nowhere)?;
    let (mut fields, _) = entry(&mut root, Section::Users, user)?;
    for (written, field) in [(&pair.certificate, "client-certificate"), (&pair.key, "client-key")] {
        if let Some(written) = written {
            written.apply(&mut fields, field, nowhere)?;
        }
    }
    let (mut fields, _) = entry(&mut root, Section::Contexts, &args.context)?;
    fields.text("cluster", args.cluster.as_str());
    fields.text("user", user.as_str());
    root.insert("current-context".to_owned(), Value::String(args.context.clone()));
    args.output.write(print::yaml(&Value::Object(root)).as_bytes(), Kind::Secret, Existing::Replace)?;
    Ok(Exit::Done)
}
