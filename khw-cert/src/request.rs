//! `khw-cert csr`: a certificate request that asks for all that the certificate shall have. The key stays where it is.

use crate::extension;
use crate::identity::{Identity, Usage};
use crate::key::{self, KeyType, PrivateKey};
use crate::pair::KEY;
use crate::passphrase::Unlock;
use crate::public_key::PublicKey;
use crate::{args, csr, key_source, leaf, pem_file};
use khw_core::input::Input;
use khw_core::output::Kind;
use khw_core::place::{self, Existing};
use khw_core::{Error, Exit, cli};
use zeroize::Zeroizing;

pub(crate) fn run(arguments: &args::Csr) -> anyhow::Result<Exit> {
    let identity = match (&arguments.identity, &arguments.free.cn) {
        (Some(who), _) => Identity::of(who, &arguments.in_cluster)?,
        (None, Some(cn)) => Identity::free(cn, &arguments.free.org, Usage::Client),
        (None, None) => return Err(Error::new("missing: <IDENTITY>").hint("see 'khw-cert csr --help'").into()),
    };
    let identity = identity.with(&arguments.free, arguments.names.iter().chain(&arguments.san))?;
    if identity.server && identity.names.is_empty() {
        return Err(Error::new("a server without a subject alternative name is accepted by nobody")
            .hint("give the names and addresses under which it is reached: --san 192.168.5.30,www.example.com")
            .into());
    }
    let subject = leaf::subject(&identity)?;
    let key = key_of(arguments, &identity.stem)?;
    let encipherment = key::is_rsa(key.public_key_der());
    let extensions = extension::end_entity(encipherment, identity.server, identity.client, &identity.names);
    let request = csr::build(&subject, &key, &extensions, None)?;
    let pem = pem_file::encode("CERTIFICATE REQUEST", &request);
    arguments.output.write(pem.as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// The key that is there, or a new one, which is written before anything asks for its certificate.
fn key_of(arguments: &args::Csr, stem: &str) -> Result<PrivateKey, Error> {
    let read = |input: &Input| {
        let unlock = Unlock::new("--key-pass", arguments.key_pass.as_ref(), &[input])?;
        let content = Zeroizing::new(input.read()?);
        let key = PrivateKey::from_file(&content, &unlock).map_err(|e| e.file(input))?;
        let kind = PublicKey::read(key.public_key_der()).map(|key| key.kind()).unwrap_or_default();
        match arguments.key_type.map(KeyType::kind) {
            Some(wanted) if wanted != kind => Err(Error::new(format!("is of type {kind}, not {wanted}"))
                .file(input)
                .field("--key-type")
                .hint("leave the option away to use this key, or move it away for a new one")),
            _ => Ok(key),
        }
    };
    if let Some(key) = &arguments.key {
        return read(&key_source::input(key)?);
    }
    let path = arguments.directory.clone().unwrap_or_default().join(format!("{stem}.key"));
    if std::fs::symlink_metadata(&path).is_ok() {
        return read(&Input::File(path));
    }
    let key = PrivateKey::generate(arguments.key_type.unwrap_or(KeyType::Rsa2048))?;
    place::file(&path, key.to_pem().as_bytes(), KEY, Existing::Refuse)?;
    cli::note("khw-cert", format_args!("{}: written, mode 0600", path.display()));
    Ok(key)
}
