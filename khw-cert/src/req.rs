//! `khw-cert req -new`: a certificate request, and with `-x509` a self-signed certificate.
//!
//! Directives of the main section are checked: those that matter are followed, those that openssl knows and that have no
//! effect here are accepted, all others are refused by name.

use crate::certificate::Certificate;
use crate::config::{Config, DEFAULT, Entry};
use crate::csr::{self, Request};
use crate::extension::{self, Context, Extension, Issuer, Signer};
use crate::genrsa::write_key;
use crate::issue::{Template, Validity, issue};
use crate::key::{Digest, KeyType, PrivateKey};
use crate::openssl_args::{self as args, Form};
use crate::parts::CertificateParts;
use crate::passphrase::{self, Passphrase, Unlock};
use crate::public_key::PublicKey;
use crate::x509::DAYS;
use crate::{extension_section, genpkey, name, name_section, pem_file, req_show, serial, text};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit};
use std::path::PathBuf;

/// Known to openssl, and without effect when the key is there, the subject is given and nobody is asked.
const WITHOUT_EFFECT: [&str; 7] =
    ["default_bits", "default_keyfile", "encrypt_key", "encrypt_rsa_key", "utf8", "attributes", "RANDFILE"];

const DIRECTIVES: [&str; 6] =
    ["distinguished_name", "req_extensions", "x509_extensions", "prompt", "string_mask", "default_md"];

/// The system's openssl.cnf makes a CA of every `req -x509`.
const V3_CA: &str = "[v3_ca]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always, issuer
basicConstraints = critical, CA:TRUE
";

pub(crate) fn run(arguments: &args::Req) -> anyhow::Result<Exit> {
    if !arguments.new && !arguments.x509 && arguments.newkey.is_none() {
        refuse_making_options(arguments)?;
        return req_show::run(arguments);
    }
    let is_file =
        |path: &&PathBuf| path.as_os_str() != "-" && std::fs::metadata(path).map_or(true, |there| there.is_file());
    if arguments.keyout.as_ref().filter(is_file).is_some() && arguments.keyout == arguments.out {
        let error = Error::new("names one file for the key and for what is made with it").field("-keyout, -out");
        return Err(error.hint("name two files").into());
    }
    if arguments.passout.is_some() && arguments.newkey.is_none() {
        let error = Error::new("has no effect without -newkey").field("-passout");
        return Err(error.hint("a key that is there is encrypted by khw-cert pkey -aes256").into());
    }
    let config = match &arguments.config {
        Some(path) => {
            let input = Input::new(path);
            let config = Config::parse(&input.read_text()?).map_err(|e| e.file(&input))?;
            check(&config, &arguments.section).map_err(|e| e.file(&input))?;
            Some((input, config))
        }
        None => None,
    };
    let parsed = config.as_ref().map(|(_, config)| config);
    let (key, new) = match (&arguments.key, &arguments.newkey) {
        (Some(path), _) => {
            let path = Input::new(path);
            (read_key(&path, &Unlock::new("-passin", arguments.passin.as_ref(), &[&path])?)?, None)
        }
        (None, Some(kind)) => {
            let new = NewKey::new(arguments, kind, parsed)?;
            (PrivateKey::generate(new.kind)?, Some(new))
        }
        (None, None) => {
            return Err(Error::new("missing: -key FILE").hint("make a key first: khw-cert genrsa -out FILE").into());
        }
    };
    let request = request_of(arguments, &key)?;
    let serial = match &arguments.set_serial {
        Some(args::Serial(given)) => given.clone(),
        None => serial::random()?,
    };
    let from_config = Wanted::new(arguments, parsed, &key, &serial, request.as_ref());
    let wanted = from_config.map_err(|e| match &config {
        Some((input, _)) if !e.field_name().is_some_and(|field| field.starts_with('-')) => e.file(input),
        _ => e,
    })?;
    let made = Made::new(arguments, &wanted, &key, &serial)?;
    if let Some(new) = &new {
        write_key(Some(&new.file), arguments.force, || key.to_file(new.passphrase.as_ref(), Form::Pem))?;
    }
    let written = match made {
        Made::Request(der) => req_show::write(&der, arguments),
        Made::Certificate(certificate) => write_certificate(&certificate, arguments),
    };
    if let Some(new) = new.filter(|_| written.is_err() && !arguments.force)
        // /dev/stdout is a link, and stays.
        && std::fs::symlink_metadata(&new.file).is_ok_and(|there| there.is_file())
    {
        // The key is new and nobody has seen it: without its request it is of no use.
        let _ = std::fs::remove_file(new.file);
    }
    written
}

/// The request that a certificate is made of, whose key must be the one that signs.
fn request_of(arguments: &args::Req, key: &PrivateKey) -> Result<Option<Request>, Error> {
    let Some(path) = &arguments.input else {
        return match arguments.copy_extensions {
            Some(_) => Err(Error::new("is for a certificate that is made of a request")
                .field("-copy_extensions")
                .hint("say -x509 -in FILE")),
            None => Ok(None),
        };
    };
    let input = Input::new(path);
    let request = Request::read(&input.read()?, arguments.inform).map_err(|e| e.file(&input))?;
    if key.public_key_der() != request.public_key {
        return Err(Error::new("the key that signs is not that of the request")
            .file(&input)
            .hint("give the key with which the request was made, or sign it with a CA: khw-cert x509 -req"));
    }
    Ok(Some(request))
}

/// What comes of it.
enum Made {
    Request(Vec<u8>),
    Certificate(Box<Certificate>),
}

impl Made {
    fn new(arguments: &args::Req, wanted: &Wanted, key: &PrivateKey, serial: &[u8]) -> Result<Self, Error> {
        if !arguments.x509 {
            return csr::build(&wanted.subject, key, &wanted.extensions, wanted.digest).map(Made::Request);
        }
        let template = Template {
            serial,
            subject: &wanted.subject,
            public_key: key.public_key_der(),
            validity: Validity::days(arguments.days.unwrap_or(DAYS))?,
            extensions: &wanted.extensions,
        };
        Ok(Made::Certificate(Box::new(issue(&template, &wanted.subject, key, wanted.digest)?)))
    }
}

fn write_certificate(certificate: &Certificate, arguments: &args::Req) -> anyhow::Result<Exit> {
    let malformed = || Error::new("the certificate is malformed").hint("this is a bug of khw-cert");
    let parts = CertificateParts::read(certificate.der()).ok_or_else(malformed)?;
    let names = arguments.nameopt.unwrap_or_default();
    let mut out = Vec::new();
    if arguments.pubkey {
        out.extend(pem_file::encode("PUBLIC KEY", parts.public_key).bytes());
    }
    if arguments.text {
        out.extend(text::certificate(&parts, &names, &arguments.reqopt.clone().unwrap_or_default()).bytes());
    }
    if arguments.subject {
        out.extend(format!("subject={}", names.after_title(parts.subject)).bytes());
    }
    if arguments.modulus {
        let modulus = PublicKey::read(parts.public_key).and_then(|key| key.modulus());
        out.extend(format!("Modulus={}\n", modulus.unwrap_or_else(|| "Wrong Algorithm type".to_owned())).bytes());
    }
    if !arguments.noout {
        match arguments.outform {
            Form::Pem => out.extend(certificate.to_pem().bytes()),
            Form::Der => out.extend(certificate.der()),
        }
    }
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(&out, Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// Options that would have no effect on a request that is only read.
fn refuse_making_options(arguments: &args::Req) -> Result<(), Error> {
    let given = [
        ("-key", arguments.key.is_some()),
        ("-keyout", arguments.keyout.is_some()),
        ("-subj", arguments.subj.is_some()),
        ("-addext", !arguments.addext.is_empty()),
        ("-extensions", arguments.extensions.is_some()),
        ("-copy_extensions", arguments.copy_extensions.is_some()),
        ("-days", arguments.days.is_some()),
        ("-set_serial", arguments.set_serial.is_some()),
        ("-pkeyopt", !arguments.pkeyopt.is_empty()),
        ("-passin", arguments.passin.is_some()),
        ("-passout", arguments.passout.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            Err(Error::new("has no effect on a request that is read").field(option).hint("say -new to make a request"))
        }
        None => Ok(()),
    }
}

/// A key that is to be made, and its file.
struct NewKey {
    kind: KeyType,
    file: PathBuf,
    passphrase: Option<Passphrase>,
}

impl NewKey {
    fn new(arguments: &args::Req, wanted: &str, config: Option<&Config>) -> Result<Self, Error> {
        let main = arguments.section.as_str();
        let value = |name| config.and_then(|c| c.value(main, name)).map(|entry| entry.value.as_str());
        let encrypted = value("encrypt_key").or_else(|| value("encrypt_rsa_key")) != Some("no");
        let passphrase = match (encrypted && !arguments.nodes, &arguments.passout) {
            (true, Some(source)) => Some(passphrase::for_writing("-passout", source)?),
            (true, None) => {
                return Err(Error::new("the new key would need a passphrase, and khw-cert asks nothing")
                    .field("-newkey")
                    .hint(
                        "say -noenc (or -nodes): no component of Kubernetes can ask for one; or -passout file:PATH",
                    ));
            }
            (false, Some(_)) => {
                return Err(Error::new("has no effect on a key that is not encrypted")
                    .field("-passout")
                    .hint("leave it away, or -noenc and encrypt_key = no"));
            }
            (false, None) => None,
        };
        let kind = match (wanted, value("default_bits")) {
            ("rsa", Some(bits)) if arguments.pkeyopt.is_empty() => genpkey::rsa(bits),
            _ => genpkey::kind(wanted, &arguments.pkeyopt),
        };
        let file = arguments.keyout.clone().or_else(|| value("default_keyfile").map(PathBuf::from));
        let file = file.unwrap_or_else(|| PathBuf::from("privkey.pem"));
        if !arguments.force && std::fs::symlink_metadata(&file).is_ok() {
            return Err(Error::new("is already there and is not overwritten")
                .file(file.display())
                .hint("move it away, or say --force if it is of no use any more"));
        }
        Ok(NewKey { kind: kind.map_err(|e| e.field("-newkey"))?, file, passphrase })
    }
}

/// A private key from a file, wiped after use.
pub(crate) fn read_key(input: &Input, unlock: &Unlock) -> Result<PrivateKey, Error> {
    let bytes = zeroize::Zeroizing::new(input.read()?);
    PrivateKey::from_file(&bytes, unlock).map_err(|e| e.file(input))
}

/// What arguments and configuration ask for.
struct Wanted {
    subject: Vec<u8>,
    extensions: Vec<Extension>,
    digest: Option<Digest>,
}

impl Wanted {
    fn new(
        arguments: &args::Req,
        config: Option<&Config>,
        key: &PrivateKey,
        serial: &[u8],
        request: Option<&Request>,
    ) -> Result<Self, Error> {
        let main = arguments.section.as_str();
        let subject = match (&arguments.subj, config) {
            (Some(subject), _) => name::parse(subject).map_err(|e| e.field("-subj"))?,
            (None, _) if let Some(request) = request => request.subject.clone(),
            (None, Some(config)) if config.value(main, "prompt").is_some_and(|e| e.value == "no") => {
                if !arguments.x509 {
                    refuse_attributes(config, main)?;
                }
                let entry = config.value(main, "distinguished_name").ok_or_else(|| {
                    Error::new("is missing")
                        .field("distinguished_name")
                        .hint("write the names into a section and name it here")
                })?;
                name_section::name(config, entry, &entry.value)?
            }
            (None, _) => {
                return Err(Error::new("is not given, and khw-cert asks nothing")
                    .field("-subj")
                    .hint("say -subj /CN=…/O=…, or write 'prompt = no' and the names into the configuration"));
            }
        };
        let issuer = if arguments.x509 {
            Issuer::Itself(Signer { key_identifier: None, name: &subject, serial })
        } else {
            Issuer::None
        };
        let context = Context { public_key: key.public_key_der(), issuer };
        let copied = request.filter(|_| arguments.copy_extensions.as_deref().is_some_and(|which| which != "none"));
        let copied = copied.map_or(&[][..], |request| &request.extensions);
        let extensions = extensions(arguments, config, copied, &context)?;
        let digest = match (arguments.digest.digest(), config.and_then(|c| c.value(main, "default_md"))) {
            (Some(given), _) => Some(given),
            // A default, which gives way to the key's own hash: only RSA keys have a choice.
            (None, Some(entry)) => digest(entry)?.filter(|_| key.is_rsa()),
            (None, None) => None,
        };
        Ok(Wanted { subject, extensions, digest })
    }
}

/// Those of the configuration, with others that are copied in front, and what every certificate has.
fn extensions(
    arguments: &args::Req,
    config: Option<&Config>,
    copied: &[Extension],
    context: &Context<'_>,
) -> Result<Vec<Extension>, Error> {
    let directive = if arguments.x509 { "x509_extensions" } else { "req_extensions" };
    let named = config.and_then(|c| c.value(&arguments.section, directive));
    let mut extensions = match (config, &arguments.extensions, named) {
        (Some(config), Some(section), _) => extension_section::from_section(config, section, context)?,
        (Some(config), None, Some(entry)) => extension_section::from_section(config, &entry.value, context)
            .map_err(|e| if e.line_number().is_some() { e } else { e.line(entry.line).field(directive) })?,
        (None, Some(_), _) => {
            return Err(Error::new("is given without -config").field("-extensions").hint("say -config FILE"));
        }
        (None, None, _) if arguments.x509 => extension_section::from_section(&Config::parse(V3_CA)?, "v3_ca", context)?,
        _ => Vec::new(),
    };
    for added in added(&arguments.addext, context)? {
        extensions.retain(|e| e.oid != added.oid);
        extensions.push(added);
    }
    extension::copy(&mut extensions, copied);
    if arguments.x509 {
        if extensions.is_empty() {
            extensions = extension::authority();
        }
        extension::add_key_identifiers(&mut extensions, context);
    }
    Ok(extensions)
}

/// The extensions of `-addext`, each of which is a line of a configuration of its own.
fn added(lines: &[String], context: &Context<'_>) -> Result<Vec<Extension>, Error> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        let config = Config::parse(&lines.join("\n"))?;
        extension_section::from_section(&config, DEFAULT, context)
    };
    // The number of a line would be that of an option, and says nothing.
    read().map_err(|e| {
        let what = e.field_name().map_or_else(|| e.what().to_owned(), |field| format!("{field}: {}", e.what()));
        Error::new(what).field("-addext").hint(e.advice().unwrap_or("write it as \"subjectAltName = DNS:worker-1\""))
    })
}

/// Refuses directives that openssl does not know, or that would change the result in a way that is not supported.
fn check(config: &Config, main: &str) -> Result<(), Error> {
    for entry in config.entries(DEFAULT)? {
        if !matches!(entry.name.as_str(), "HOME" | "RANDFILE" | "openssl_conf" | "config_diagnostics" | "oid_section")
            && !config.is_variable(DEFAULT, &entry.name)
        {
            return Err(unknown(entry));
        }
    }
    for entry in config.require(main)? {
        let value = entry.value.as_str();
        match entry.name.as_str() {
            "string_mask" if value == "utf8only" => {}
            "string_mask" => {
                let what = format!("'{}' is not supported", value.escape_debug());
                return Err(entry.error(what).hint("remove the line: names are written in UTF-8, as with utf8only"));
            }
            "prompt" if matches!(value, "yes" | "no") => {}
            "prompt" => return Err(neither(entry)),
            "default_md" => {
                digest(entry)?;
            }
            // openssl takes any other word for one of the two.
            "encrypt_key" | "encrypt_rsa_key" | "utf8" if !matches!(value, "yes" | "no") => {
                return Err(neither(entry));
            }
            "attributes" => {
                config.require(value).map_err(|e| e.line(entry.line).field("attributes"))?;
            }
            known if DIRECTIVES.contains(&known) || WITHOUT_EFFECT.contains(&known) => {}
            other if config.is_variable(main, other) => {}
            _ => return Err(unknown(entry)),
        }
    }
    Ok(())
}

fn neither(entry: &Entry) -> Error {
    entry.error(format!("'{}' is not a value it can have", entry.value.escape_debug())).hint("it is one of yes, no")
}

/// Refuses attributes that openssl would write into the request: no CA of Kubernetes reads them.
fn refuse_attributes(config: &Config, main: &str) -> Result<(), Error> {
    let Some(section) = config.value(main, "attributes") else { return Ok(()) };
    match config.entries(&section.value)?.first() {
        Some(entry) => Err(entry
            .error("is an attribute, which is not written into a request: no CA of Kubernetes reads it")
            .hint(format!("remove the line, or 'attributes = {}'", section.value.escape_debug()))),
        None => Ok(()),
    }
}

fn unknown(entry: &Entry) -> Error {
    let mut known = DIRECTIVES.iter().chain(&WITHOUT_EFFECT);
    let error = entry.error("is not a directive that is known here");
    match known.find(|known| known.eq_ignore_ascii_case(&entry.name.replace('-', "_"))) {
        Some(similar) => error.hint(format!("did you mean '{similar}'?")),
        None => error.hint(format!("known are {}", DIRECTIVES.join(", "))),
    }
}

/// `default` means that of the key.
fn digest(entry: &Entry) -> Result<Option<Digest>, Error> {
    match entry.value.to_ascii_lowercase().as_str() {
        "default" => Ok(None),
        "sha256" => Ok(Some(Digest::Sha256)),
        "sha384" => Ok(Some(Digest::Sha384)),
        "sha512" => Ok(Some(Digest::Sha512)),
        other => Err(entry
            .error(format!("'{}' is not supported", other.escape_debug()))
            .hint("it is one of sha256, sha384, sha512")),
    }
}
