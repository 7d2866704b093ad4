//! `khw-cert client`: key and certificate of a client of the API server.

use crate::args;
use crate::leaf::{self, Leaf};
use khw_core::Exit;

pub(crate) fn run(arguments: &args::Client) -> anyhow::Result<Exit> {
    let role = arguments.role;
    let leaf = Leaf {
        stem: role.file(),
        common_name: role.common_name(),
        organization: role.organization(),
        names: &[],
        server: false,
        days: arguments.days,
    };
    leaf::make(&leaf, &arguments.signer, &arguments.making)?;
    Ok(Exit::Done)
}
