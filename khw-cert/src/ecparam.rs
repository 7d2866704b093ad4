//! `khw-cert ecparam`: the name of a curve, and a key on it.

use crate::genpkey::curve;
use crate::genrsa::write_key;
use crate::key::PrivateKey;
use crate::openssl_args as args;
use crate::{der, pem_file};
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit};
use zeroize::Zeroizing;

pub(crate) fn run(arguments: &args::Ecparam) -> anyhow::Result<Exit> {
    let kind = curve(&arguments.name).map_err(|e| e.field("-name"))?;
    let mut out = Zeroizing::new(String::new());
    if !arguments.noout {
        out.push_str(&pem_file::encode("EC PARAMETERS", &der::oid(kind.curve())));
    }
    if !arguments.genkey {
        let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
        output.write(out.as_bytes(), Kind::Public, Existing::Replace)?;
        return Ok(Exit::Done);
    }
    write_key(arguments.out.as_deref(), arguments.force, || {
        let key = PrivateKey::generate(kind)?;
        let sec1 = key.to_sec1_pem().ok_or_else(|| Error::new("the key is on no curve"))?;
        Ok(Zeroizing::new([out.as_bytes(), sec1.as_bytes()].concat()))
    })?;
    Ok(Exit::Done)
}
