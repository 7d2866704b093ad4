//! `khw-cert x509 -req`: signs a certificate request with a CA, or with its own key.

use crate::authority::Authority;
use crate::config::{Config, DEFAULT};
use crate::csr::Request;
use crate::extension::{self, Context, Extension, Issuer};
use crate::issue::{Template, Validity, issue};
use crate::key::PrivateKey;
use crate::req::read_key;
use crate::{args, serial};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};
use std::io::Write;
use std::path::Path;

/// Who signs.
enum Signer {
    Ca(Box<Authority>),
    /// The request's own key.
    Itself(PrivateKey),
}

pub(crate) fn run(arguments: &args::X509) -> anyhow::Result<Exit> {
    if !arguments.req {
        return Err(Error::new("only signing a request is supported").hint("say -req").into());
    }
    let input = Input::new(arguments.input.as_deref().unwrap_or(Path::new("-")));
    let request = Request::from_pem(&input.read()?).map_err(|e| e.file(&input))?;
    let signer = signer(arguments, &request, &input)?;
    let validity = Validity::days(arguments.days)?;
    let context = match &signer {
        Signer::Ca(ca) => ca.context(&request.public_key),
        Signer::Itself(_) => Context { public_key: &request.public_key, issuer: Issuer::Itself },
    };
    let mut extensions = extensions(arguments, &request, &context)?;
    extension::add_key_identifiers(&mut extensions, &context);

    if let Signer::Ca(ca) = &signer
        && let Some(error) = ca.outlived_by(validity)
    {
        let hint = error.advice().unwrap_or_default().to_owned();
        cli::warn("khw-cert", format_args!("{error}: {hint}"));
    }
    let template = Template {
        // Last, since it may change the serial file.
        serial: &serial(arguments)?,
        subject: &request.subject,
        public_key: &request.public_key,
        validity,
        extensions: &extensions,
    };
    let digest = arguments.digest.digest();
    let certificate = match &signer {
        Signer::Ca(ca) => issue(&template, ca.certificate.subject_der(), &ca.key, digest)?,
        Signer::Itself(key) => issue(&template, &request.subject, key, digest)?,
    };
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(certificate.to_pem().as_bytes(), Kind::Public, Existing::Replace)?;
    // openssl's own words. When standard error is closed nobody misses them.
    let subject = cli::printable(&request.shown());
    let _ = writeln!(std::io::stderr().lock(), "Certificate request self-signature ok\nsubject={subject}");
    Ok(Exit::Done)
}

fn signer(arguments: &args::X509, request: &Request, input: &Input) -> Result<Signer, Error> {
    match (&arguments.ca, &arguments.signkey) {
        (Some(ca), _) => {
            let key = arguments.ca_key.as_ref().unwrap_or(ca);
            Ok(Signer::Ca(Box::new(Authority::read(&Input::new(ca), &Input::new(key))?)))
        }
        (None, Some(path)) => {
            let path = Input::new(path);
            let key = read_key(&path)?;
            if key.public_key_der() != request.public_key {
                return Err(Error::new(format!("is not the key of the request {input}"))
                    .file(path)
                    .hint("give the key with which the request was made"));
            }
            Ok(Signer::Itself(key))
        }
        (None, None) => Err(Error::new("missing: -CA FILE, or -signkey FILE").hint("see 'khw-cert x509 --help'")),
    }
}

fn extensions(arguments: &args::X509, request: &Request, context: &Context<'_>) -> Result<Vec<Extension>, Error> {
    let mut extensions = match (&arguments.extfile, &arguments.extensions) {
        (Some(path), section) => {
            let file = Input::new(path);
            let read = || -> Result<Vec<Extension>, Error> {
                let config = Config::parse(&file.read_text()?)?;
                let section = match section {
                    Some(section) => section,
                    // As openssl: what the first lines name, or these lines themselves.
                    None => config.value(DEFAULT, "extensions").map_or(DEFAULT, |entry| entry.value.as_str()),
                };
                extension::from_section(&config, section, context)
            };
            read().map_err(|e| e.file(&file))?
        }
        // openssl only warns, and the certificate has no names.
        (None, Some(_)) => {
            return Err(Error::new("is given without -extfile").field("-extensions").hint("say -extfile FILE"));
        }
        (None, None) => Vec::new(),
    };
    match arguments.copy_extensions.as_str() {
        "none" => {}
        _ => extension::copy(&mut extensions, &request.extensions),
    }
    Ok(extensions)
}

fn serial(arguments: &args::X509) -> Result<Vec<u8>, Error> {
    if let Some(args::Serial(given)) = &arguments.set_serial {
        return Ok(given.clone());
    }
    let Some(ca) = &arguments.ca else { return serial::random() };
    match &arguments.ca_serial {
        Some(file) => serial::next(file, arguments.ca_create_serial),
        None => {
            let file = serial::file_of(ca);
            // openssl 3.0 counts up a file that is there, and otherwise takes a random number.
            if arguments.ca_create_serial || file.exists() { serial::next(&file, true) } else { serial::random() }
        }
    }
}
