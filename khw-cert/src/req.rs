//! `khw-cert req -new`: a certificate request, and with `-x509` a self-signed certificate.
//!
//! Directives of the main section are checked: those that matter are followed, those that openssl knows and that have no
//! effect here are accepted, all others are refused by name.

use crate::config::{Config, DEFAULT, Entry};
use crate::extension::{self, Context, Extension, Issuer};
use crate::issue::{Template, Validity, issue};
use crate::key::{Digest, PrivateKey};
use crate::{args, csr, name, serial};
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit};

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
    if !arguments.new && !arguments.x509 {
        return Err(Error::new("reading a request is not supported").hint("say -new to make one").into());
    }
    let key = match &arguments.key {
        Some(path) => read_key(&Input::new(path))?,
        None => {
            return Err(Error::new("missing: -key FILE").hint("make a key first: khw-cert genrsa -out FILE").into());
        }
    };
    let config = match &arguments.config {
        Some(path) => {
            let input = Input::new(path);
            let config = Config::parse(&input.read_text()?).map_err(|e| e.file(&input))?;
            check(&config, &arguments.section).map_err(|e| e.file(&input))?;
            Some((input, config))
        }
        None => None,
    };
    let from_config = Wanted::new(arguments, config.as_ref().map(|(_, config)| config), &key);
    let wanted = from_config.map_err(|e| match &config {
        Some((input, _)) if e.field_name() != Some("-subj") => e.file(input),
        _ => e,
    })?;

    let pem = if arguments.x509 {
        let template = Template {
            serial: &serial::random()?,
            subject: &wanted.subject,
            public_key: key.public_key_der(),
            validity: Validity::days(arguments.days)?,
            extensions: &wanted.extensions,
        };
        issue(&template, &wanted.subject, &key, wanted.digest)?.to_pem()
    } else {
        csr::build(&wanted.subject, &key, &wanted.extensions, wanted.digest)?
    };
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(pem.as_bytes(), Kind::Public, Existing::Replace)?;
    Ok(Exit::Done)
}

/// A private key from a file, wiped after use.
pub(crate) fn read_key(input: &Input) -> Result<PrivateKey, Error> {
    let bytes = zeroize::Zeroizing::new(input.read()?);
    PrivateKey::from_pem(&bytes).map_err(|e| e.file(input))
}

/// What arguments and configuration ask for.
struct Wanted {
    subject: Vec<u8>,
    extensions: Vec<Extension>,
    digest: Option<Digest>,
}

impl Wanted {
    fn new(arguments: &args::Req, config: Option<&Config>, key: &PrivateKey) -> Result<Self, Error> {
        let main = arguments.section.as_str();
        let subject = match (&arguments.subj, config) {
            (Some(subject), _) => name::parse(subject).map_err(|e| e.field("-subj"))?,
            (None, Some(config)) if config.value(main, "prompt").is_some_and(|e| e.value == "no") => {
                subject(config, main)?
            }
            (None, _) => {
                return Err(Error::new("is not given, and khw-cert asks nothing")
                    .field("-subj")
                    .hint("say -subj /CN=…/O=…, or write 'prompt = no' and the names into the configuration"));
            }
        };
        let issuer = if arguments.x509 { Issuer::Itself } else { Issuer::None };
        let context = Context { public_key: key.public_key_der(), issuer };
        let directive = if arguments.x509 { "x509_extensions" } else { "req_extensions" };
        let named = config.and_then(|c| c.value(main, directive));
        let mut extensions = match (config, &arguments.extensions, named) {
            (Some(config), Some(section), _) => extension::from_section(config, section, &context)?,
            (Some(config), None, Some(entry)) => extension::from_section(config, &entry.value, &context)
                .map_err(|e| if e.line_number().is_some() { e } else { e.line(entry.line).field(directive) })?,
            (None, Some(_), _) => {
                return Err(Error::new("is given without -config").field("-extensions").hint("say -config FILE"));
            }
            (None, None, _) if arguments.x509 => extension::from_section(&Config::parse(V3_CA)?, "v3_ca", &context)?,
            _ => Vec::new(),
        };
        if arguments.x509 {
            extension::add_key_identifiers(&mut extensions, &context);
        }
        let digest = match (arguments.digest.digest(), config.and_then(|c| c.value(main, "default_md"))) {
            (Some(given), _) => Some(given),
            // A default, which gives way to the key's own hash: only RSA keys have a choice.
            (None, Some(entry)) => digest(entry)?.filter(|_| key.is_rsa()),
            (None, None) => None,
        };
        Ok(Wanted { subject, extensions, digest })
    }
}

/// Refuses directives that openssl does not know, or that would change the result in a way that is not supported.
fn check(config: &Config, main: &str) -> Result<(), Error> {
    for entry in config.entries(DEFAULT)? {
        if !matches!(entry.name.as_str(), "HOME" | "RANDFILE" | "openssl_conf" | "config_diagnostics" | "oid_section") {
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
            "prompt" => {
                let what = format!("'{}' is not a value it can have", value.escape_debug());
                return Err(entry.error(what).hint("it is one of yes, no"));
            }
            "default_md" => {
                digest(entry)?;
            }
            known if DIRECTIVES.contains(&known) || WITHOUT_EFFECT.contains(&known) => {}
            _ => return Err(unknown(entry)),
        }
    }
    Ok(())
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

/// The names of the section that `distinguished_name` names, as with `prompt = no`.
fn subject(config: &Config, main: &str) -> Result<Vec<u8>, Error> {
    let entry = config.value(main, "distinguished_name").ok_or_else(|| {
        Error::new("is missing").field("distinguished_name").hint("write the names into a section and name it here")
    })?;
    let at = |e: Error| e.line(entry.line).field("distinguished_name");
    let names = config.require(&entry.value).map_err(at)?;
    if names.is_empty() {
        return Err(at(Error::new(format!("the section [{}] is empty", entry.value.escape_debug())))
            .hint("write CN = … and O = … into it, or give -subj"));
    }
    let mut subject = String::new();
    for entry in names {
        // `0.OU` and `1.OU` are two of one kind; `+OU` joins the one before.
        let kind = entry.name.split_once(['.', ',']).map_or(entry.name.as_str(), |(first, rest)| {
            if first.bytes().all(|b| b.is_ascii_digit()) && !rest.starts_with(|c: char| c.is_ascii_digit()) {
                rest
            } else {
                &entry.name
            }
        });
        let (joint, kind) = match kind.strip_prefix('+') {
            Some(kind) if !subject.is_empty() => ('+', kind),
            _ => ('/', kind),
        };
        subject.push(joint);
        subject.push_str(kind);
        subject.push('=');
        for letter in entry.value.chars() {
            if matches!(letter, '/' | '+' | '\\') {
                subject.push('\\');
            }
            subject.push(letter);
        }
        // Each alone as well, so that an error knows its line.
        name::parse(&format!("/{kind}={}", entry.value.replace(['/', '+', '\\'], "x")))
            .map_err(|e| e.line(entry.line))?;
    }
    name::parse(&subject)
}
