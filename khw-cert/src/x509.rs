//! `khw-cert x509 -req`: signs a certificate request with a CA, or with its own key. Without `-req` a certificate is shown,
//! or signed anew (`resign.rs`).

use crate::authority::Authority;
use crate::config::{Config, DEFAULT};
use crate::csr::Request;
use crate::extension::{self, Context, Extension, Issuer};
use crate::issue::{Template, Validity, issue};
use crate::key::PrivateKey;
use crate::openssl_args as args;
use crate::passphrase::Unlock;
use crate::req::read_key;
use crate::{extension_section, pair, resign, serial, x509_show};
use khw_core::input::Input;
use khw_core::{Error, Exit, cli};
use std::io::Write;
use std::path::Path;

/// openssl's default.
pub(crate) const DAYS: u32 = 30;

/// Who signs.
enum Signer {
    Ca(Box<Authority>),
    /// The request's own key.
    Itself(PrivateKey),
}

pub(crate) fn run(arguments: &args::X509) -> anyhow::Result<Exit> {
    refuse_without_effect(arguments)?;
    if !arguments.req {
        let show = arguments.signkey.is_none() && !arguments.x509toreq;
        return if show { x509_show::run(arguments) } else { resign::run(arguments) };
    }
    if let (Some(out), Some(ca)) = (&arguments.out, &arguments.ca)
        && pair::is_same(out, ca)
    {
        return Err(Error::new("is of the CA that signs, and is not overwritten")
            .file(out.display())
            .field("-out")
            .hint("name another file")
            .into());
    }
    let input = Input::new(arguments.input.as_deref().unwrap_or(Path::new("-")));
    let bytes = input.read()?;
    let request = Request::read(&bytes, arguments.inform).map_err(|e| e.file(&input))?;
    request.refuse_weak_key().map_err(|e| e.file(&input))?;
    let signer = signer(arguments, &request, &input)?;
    let validity = Validity::days(arguments.days.unwrap_or(DAYS))?;
    let own_serial = match (&signer, &arguments.set_serial) {
        (Signer::Itself(_), None) => serial::random()?,
        (_, Some(args::Serial(given))) => given.clone(),
        (Signer::Ca(_), None) => Vec::new(),
    };
    let context = match &signer {
        Signer::Ca(ca) => ca.context(&request.public_key),
        Signer::Itself(_) => {
            let itself = extension::Signer { key_identifier: None, name: &request.subject, serial: &own_serial };
            Context { public_key: &request.public_key, issuer: Issuer::Itself(itself) }
        }
    };
    let mut extensions = extensions(arguments, &request, &context)?;
    if extensions.is_empty() && matches!(signer, Signer::Itself(_)) {
        // openssl makes a root of version 1 of it. Of version 3, Go takes it for a CA only when it says that it is one.
        extensions = extension::authority();
    }
    extension::add_key_identifiers(&mut extensions, &context);

    if let Signer::Ca(ca) = &signer
        && let Some(error) = ca.outlived_by(validity)
    {
        let hint = error.advice().unwrap_or_default().to_owned();
        cli::warn("khw-cert", format_args!("{error}: {hint}"));
    }
    let template = Template {
        // Last, since it may change the serial file.
        serial: &if own_serial.is_empty() { next_serial(arguments)? } else { own_serial.clone() },
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
    let exit = x509_show::write(&certificate, &x509_show::encode(&certificate, arguments.outform), arguments)?;
    // openssl's own words. When standard error is closed nobody misses them.
    let subject = cli::printable(&request.shown());
    let _ = writeln!(std::io::stderr().lock(), "Certificate request self-signature ok\nsubject={subject}");
    Ok(exit)
}

/// Options that would have no effect on what is done.
fn refuse_without_effect(arguments: &args::X509) -> Result<(), Error> {
    if arguments.sha1 && (arguments.req || arguments.x509toreq || arguments.signkey.is_some()) {
        return Err(Error::new("is the hash of a fingerprint here: what is signed with SHA-1 TLS libraries refuse")
            .field("-sha1")
            .hint("leave it away, or say -sha256, -sha384 or -sha512"));
    }
    let of_ca = [
        ("-CA", arguments.ca.is_some()),
        ("-CAkey", arguments.ca_key.is_some()),
        ("-CAserial", arguments.ca_serial.is_some()),
        ("-CAcreateserial", arguments.ca_create_serial),
    ];
    let of_certificate = [("-set_serial", arguments.set_serial.is_some()), ("-days", arguments.days.is_some())];
    let of_extensions = [("-extfile", arguments.extfile.is_some()), ("-extensions", arguments.extensions.is_some())];
    let copies = [("-copy_extensions", arguments.copy_extensions.is_some())];
    let keeps = [("-preserve_dates", arguments.preserve_dates)];
    let passes = [("-passin", arguments.passin.is_some())];
    let refuse = |lists: &[&[(&str, bool)]], what: &str, hint: &str| match lists
        .iter()
        .flat_map(|list| list.iter())
        .find(|(_, given)| *given)
    {
        Some((option, _)) => Err(Error::new(what).field(option).hint(hint)),
        None => Ok(()),
    };
    match (arguments.req, arguments.x509toreq, arguments.signkey.is_some()) {
        (true, true, _) => Err(Error::new("makes a request of a certificate, and -req says that it is one already")
            .field("-x509toreq")
            .hint("leave one of the two away")),
        (true, false, _) => refuse(&[&keeps], "a request has no dates", "say -days N"),
        // MM's line has -CAcreateserial together with -signkey, but with -req.
        (false, true, _) => refuse(
            &[&of_ca, &of_certificate, &keeps],
            "has no effect on a request that is made of a certificate",
            "leave it away",
        ),
        (false, false, true) => {
            refuse(&[&of_ca], "has no effect on a certificate that its own key signs", "leave it away, or say -req")?;
            refuse(&[&copies], "a certificate that is signed anew keeps its extensions", "leave it away")
        }
        (false, false, false) => {
            refuse(
                &[&of_ca],
                "only a request is signed with a CA",
                "say -req; khw-cert x509 -x509toreq makes a request of a certificate",
            )?;
            refuse(
                &[&of_certificate, &of_extensions, &copies, &keeps, &passes],
                "has no effect on a certificate that is only shown",
                "say -req to sign a request, or -signkey FILE to sign a certificate anew",
            )
        }
    }
}

fn signer(arguments: &args::X509, request: &Request, input: &Input) -> Result<Signer, Error> {
    let unlock = |key: &Input| Unlock::new("-passin", arguments.passin.as_ref(), &[key, input]);
    match (&arguments.ca, &arguments.signkey) {
        (Some(ca), _) => {
            let key = arguments.ca_key.as_ref().unwrap_or(ca);
            let (ca, key) = (Input::new(ca), Input::new(key));
            Ok(Signer::Ca(Box::new(Authority::read(&ca, &key, &unlock(&key)?)?)))
        }
        (None, Some(path)) => {
            let path = Input::new(path);
            let key = read_key(&path, &unlock(&path)?)?;
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
    let mut extensions = from_extfile(arguments, context)?;
    if matches!(arguments.copy_extensions.as_deref(), Some("copy" | "copyall")) {
        extension::copy(&mut extensions, &request.extensions);
    }
    Ok(extensions)
}

/// The extensions of `-extfile`.
pub(crate) fn from_extfile(arguments: &args::X509, context: &Context<'_>) -> Result<Vec<Extension>, Error> {
    match (&arguments.extfile, &arguments.extensions) {
        (Some(path), section) => {
            let file = Input::new(path);
            let read = || -> Result<Vec<Extension>, Error> {
                let config = Config::parse(&file.read_text()?)?;
                let section = match section {
                    Some(section) => section,
                    // As openssl: what the first lines name, or these lines themselves.
                    None => config.value(DEFAULT, "extensions").map_or(DEFAULT, |entry| entry.value.as_str()),
                };
                extension_section::from_section(&config, section, context)
            };
            read().map_err(|e| e.file(&file))
        }
        // openssl only warns, and the certificate has no names.
        (None, Some(_)) => Err(Error::new("is given without -extfile").field("-extensions").hint("say -extfile FILE")),
        (None, None) => Ok(Vec::new()),
    }
}

fn next_serial(arguments: &args::X509) -> Result<Vec<u8>, Error> {
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
