//! `khw-cert sign`: a request comes in, a certificate goes out. The worker keeps its key, the CA stays at home.

use crate::authority::Authority;
use crate::csr::Request;
use crate::identity::Identity;
use crate::issue::date;
use crate::policy::{self, Asked};
use crate::{args, authority, leaf};
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
    let request = Request::read(&input.read()?, None).map_err(|e| e.file(&input))?;
    let asked = Asked::of(&request).map_err(|e| e.file(&input))?;
    cli::note("khw-cert", format_args!("asked for: {}; {}", request.shown(), asked.shown()));
    let grant = policy::grant(&request, &asked, pinned, &arguments.san).map_err(|e| e.file(&input))?;
    for text in &grant.left_out {
        cli::warn("khw-cert", text);
    }
    let ca = Authority::of(signer)?;
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
