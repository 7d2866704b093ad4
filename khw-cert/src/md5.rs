//! `khw-cert md5`: openssl's, for the guides' comparison of two moduli (cert_verify.sh).

use crate::openssl_args as args;
use khw_core::input::Input;
use khw_core::{Exit, output};
use md5::{Digest, Md5};

pub(crate) fn run(arguments: &args::Md5) -> anyhow::Result<Exit> {
    let mut out = String::new();
    let mut add = |name: &str, content: &[u8]| {
        let digest = Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        out.push_str(&format!("MD5({name})= {digest}\n"));
    };
    if arguments.files.is_empty() {
        add("stdin", &Input::Stdin.read()?);
    }
    for file in &arguments.files {
        add(&file.display().to_string(), &Input::File(file.clone()).read()?);
    }
    output::print(out.as_bytes())?;
    Ok(Exit::Done)
}
