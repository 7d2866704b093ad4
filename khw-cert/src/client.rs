//! `khw-cert client` and `khw-cert server`: key and certificate of one of a cluster's identities, or of a free one.

use crate::identity::{ClientRole, Identity, Usage};
use crate::key::KeyType;
use crate::{args, leaf};
use khw_core::{Error, Exit};

pub(crate) fn client(arguments: &args::Client) -> anyhow::Result<Exit> {
    let making = &arguments.making;
    let identity = match (arguments.role, &arguments.free.cn) {
        (Some(ClientRole::ServiceAccounts), _) if making.key_type == KeyType::Ed25519 => {
            return Err(Error::new("the API server takes no Ed25519 key for the tokens of service accounts")
                .field("--key-type")
                .hint("use rsa:2048 or ecdsa:p256")
                .into());
        }
        (Some(role), _) => Identity::client(role),
        (None, Some(cn)) => Identity::free(cn, &arguments.free.org, Usage::Client),
        (None, None) => return Err(Error::new("missing: <ROLE>").hint("see 'khw-cert client --help'").into()),
    };
    let identity = identity.with(&arguments.free, &arguments.san)?;
    leaf::make(&identity, &arguments.signer, arguments.lifetime.days, making)?;
    Ok(Exit::Done)
}

pub(crate) fn server(arguments: &args::Server) -> anyhow::Result<Exit> {
    let identity = match (arguments.role, &arguments.free.cn) {
        (Some(role), _) => Identity::server(role, &arguments.in_cluster)?,
        (None, Some(cn)) => Identity::free(cn, &arguments.free.org, Usage::Server),
        (None, None) => return Err(Error::new("missing: <ROLE>").hint("see 'khw-cert server --help'").into()),
    };
    let identity = identity.with(&arguments.free, arguments.names.iter().chain(&arguments.san))?;
    if identity.names.is_empty() {
        return Err(Error::new("a server without a subject alternative name is accepted by nobody")
            .hint("give the names and addresses under which it is reached: --san 192.168.5.30,www.example.com")
            .into());
    }
    leaf::make(&identity, &arguments.signer, arguments.lifetime.days, &arguments.making)?;
    Ok(Exit::Done)
}
