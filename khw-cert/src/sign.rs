//! `khw-cert sign`: a request comes in, a certificate goes out. The worker keeps its key, the CA stays at home.

use crate::authority::Authority;
use crate::csr::Request;
use crate::identity::Identity;
use crate::issue::date;
use crate::policy::{self, Asked};
use crate::{args, authority, key, leaf, pem_file};
use khw_core::input::Input;
use khw_core::output::Kind;
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};

pub(crate) fn run(arguments: &args::Sign) -> anyhow::Result<Exit> {
    let input = Input::new(&arguments.request);
    let signer = &arguments.signer;
    if input == Input::Stdin && authority::reads_standard_input(signer)? {
        return Err(Error::new("standard input cannot be both the request and the CA")
            .hint("name a file for one of them, or a file descriptor: --ca-key fd:3 3< ca.key")
            .into());
    }
    let pinned = arguments.identity.as_ref().map(|who| Identity::of(who, &arguments.in_cluster)).transpose()?;
    let content = input.read()?;
    let request = only_request(&content).map_err(|e| e.file(&input))?;
    let asked = Asked::of(&request).map_err(|e| e.file(&input))?;
    cli::note("khw-cert", format_args!("asked for: {}; {}", request.shown(), asked.shown()));
    let services = arguments.in_cluster.service_cluster_ip_range.clone().unwrap_or_default();
    let grant = policy::grant(&request, &asked, pinned, &arguments.san, &services).map_err(|e| e.file(&input))?;
    for text in &grant.left_out {
        cli::warn("khw-cert", text);
    }
    let ca = Authority::of(signer)?;
    if key::same_public_key(&request.public_key, ca.key.public_key_der()) {
        return Err(Error::new("the request was made with the key of the CA")
            .file(&input)
            .hint("make it where the certificate is used, with a key of its own: khw-cert csr")
            .into());
    }
    let validity = ca.validity(arguments.lifetime.days)?;
    let certificate = leaf::certify(&grant.identity, &grant.subject, &request.public_key, &ca, validity)?;
    arguments.output.write(certificate.to_pem().as_bytes(), Kind::Public, Existing::Replace)?;
    let usages = [("server", grant.identity.server), ("client", grant.identity.client)];
    let usages: Vec<&str> = usages.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect();
    cli::note(
        "khw-cert",
        format_args!(
            "signed: {}; {}; {}; valid until {}",
            certificate.subject(),
            policy::shown(&grant.identity.names),
            usages.join(", "),
            date(certificate.not_after())
        ),
    );
    Ok(Exit::Done)
}

/// The request of a file, which has no other and a key that is strong enough. Of several only the first would be signed.
fn only_request(content: &[u8]) -> Result<Request, Error> {
    let request = Request::read(content, None)?;
    let blocks = pem_file::blocks(content).unwrap_or_default();
    let count = blocks.iter().filter(|block| pem_file::REQUEST.contains(&block.label.as_str())).count();
    if count > 1 {
        return Err(Error::new(format!("has {count} certificate requests")).hint("sign one at a time"));
    }
    request.refuse_weak_key()?;
    Ok(request)
}
