//! `khw-cert node`: key and certificate of a kubelet, for its API and towards the API server.

use crate::identity::Identity;
use crate::{args, leaf, many, san};
use khw_core::{Error, Exit};

pub(crate) fn run(arguments: &args::Node) -> anyhow::Result<Exit> {
    let node = match (&arguments.from, &arguments.name) {
        (Some(list), _) => return many::run(list, arguments),
        (None, Some(_)) if arguments.dir_per_node => {
            let error = Error::new("is for many nodes").field("--dir-per-node");
            return Err(error.hint("say --from LIST, or -d DIR for one node").into());
        }
        (None, Some(node)) => node,
        (None, None) => return Err(Error::new("missing: <NAME>").hint("see 'khw-cert node --help'").into()),
    };
    let mut identity = Identity::node(node);
    san::add(&mut identity.names, arguments.names.iter().map(String::as_str))?;
    leaf::make(&identity, &arguments.signer, arguments.lifetime.days, &arguments.making)?;
    Ok(Exit::Done)
}
