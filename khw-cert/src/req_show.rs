//! What `khw-cert req` shows of a request: public key, text, subject, modulus, in openssl's fixed order.

use crate::csr;
use crate::openssl_args::{self as args, Form};
use crate::parts::RequestParts;
use crate::public_key::PublicKey;
use crate::{pem_file, text};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit};
use std::io::Write;
use std::path::Path;

/// Reads a request and shows it.
pub(crate) fn run(arguments: &args::Req) -> anyhow::Result<Exit> {
    let input = Input::new(arguments.input.as_deref().unwrap_or(Path::new("-")));
    let bytes = input.read()?;
    let der = pem_file::content(&bytes, &pem_file::REQUEST, arguments.inform, "a certificate request")
        .map_err(|e| e.file(&input))?;
    if arguments.verify {
        // openssl's own words. When standard error is closed nobody misses them.
        let good = csr::is_signed_by_itself(&der).ok_or_else(|| malformed().file(&input))?;
        let answer = if good { "OK" } else { "failure" };
        let _ = writeln!(std::io::stderr().lock(), "Certificate request self-signature verify {answer}");
        if !good {
            return Ok(Exit::No);
        }
    }
    if RequestParts::read(&der).is_none() {
        return Err(malformed().file(&input).into());
    }
    write(&der, arguments)
}

/// Shows what is asked for and writes the request.
pub(crate) fn write(der: &[u8], arguments: &args::Req) -> anyhow::Result<Exit> {
    let parts = RequestParts::read(der).ok_or_else(malformed)?;
    let names = arguments.nameopt.unwrap_or_default();
    let mut out = Vec::new();
    if arguments.pubkey {
        out.extend(pem_file::encode("PUBLIC KEY", parts.public_key).bytes());
    }
    if arguments.text {
        out.extend(text::request(&parts, &names, &arguments.reqopt.clone().unwrap_or_default()).bytes());
    }
    if arguments.subject {
        out.extend(format!("subject={}", names.after_title(parts.subject)).bytes());
    }
    if arguments.modulus {
        let modulus = PublicKey::read(parts.public_key).and_then(|key| key.modulus());
        let modulus = modulus.unwrap_or_else(|| "Wrong Algorithm type".to_owned());
        out.extend(format!("Modulus={modulus}\n").bytes());
    }
    if !arguments.noout {
        match arguments.outform {
            Form::Pem => out.extend(pem_file::encode("CERTIFICATE REQUEST", der).bytes()),
            Form::Der => out.extend(der),
        }
    }
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(&out, Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

fn malformed() -> Error {
    Error::new("the certificate request is malformed").hint("make it again with khw-cert req -new")
}
