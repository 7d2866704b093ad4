//! What `khw-cert x509` shows of a certificate, in the order in which it is asked for.

use crate::certificate::Certificate;
use crate::key::Digest;
use crate::openssl_args::{self as args, Form};
use crate::parts::{CertificateParts, moment, shown_time};
use crate::public_key::PublicKey;
use crate::purpose::Uses;
use crate::shown::Show;
use crate::{der, extension_text, hex, hostname, name, name_format, objects, pem_file, text};
use aws_lc_rs::digest;
use khw_core::input::Input;
use khw_core::output::{Kind, Output};
use khw_core::place::Existing;
use khw_core::{Error, Exit, cli};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// Reads a certificate and shows it.
pub(crate) fn run(arguments: &args::X509) -> anyhow::Result<Exit> {
    let (_, certificate) = read(arguments)?;
    write(&certificate, &encode(&certificate, arguments.outform), arguments)
}

/// The certificate of `-in`.
pub(crate) fn read(arguments: &args::X509) -> Result<(Input, Certificate), Error> {
    let input = Input::new(arguments.input.as_deref().unwrap_or(Path::new("-")));
    let bytes = input.read()?;
    let der = pem_file::content(&bytes, &pem_file::CERTIFICATE, arguments.inform, "a certificate")
        .map_err(|e| e.file(&input))?;
    // Whatever follows reads it without asking again whether it is well formed.
    let certificate = Certificate::from_der(&der).map_err(|e| e.file(&input))?;
    Ok((input, certificate))
}

/// A certificate as a file.
pub(crate) fn encode(certificate: &Certificate, form: Form) -> Vec<u8> {
    match form {
        Form::Pem => certificate.to_pem().into_bytes(),
        Form::Der => certificate.der().to_vec(),
    }
}

/// Shows what is asked for of a certificate and writes what came of it.
pub(crate) fn write(certificate: &Certificate, made: &[u8], arguments: &args::X509) -> anyhow::Result<Exit> {
    let malformed = || Error::new("the certificate is malformed").hint("copy the file again, or make a new one");
    let parts = CertificateParts::read(certificate.der()).ok_or_else(malformed)?;
    let mut out: Vec<u8> = Vec::new();
    for show in &arguments.shown.0 {
        out.extend(self::show(show, certificate, &parts, arguments).ok_or_else(malformed)?.bytes());
    }
    let mut exit = Exit::Done;
    if let Some(seconds) = arguments.checkend {
        let until = moment(parts.not_after).ok_or_else(malformed)?;
        let then = OffsetDateTime::now_utc().checked_add(Duration::seconds(seconds));
        let expires = then.is_none_or(|then| until < then);
        out.extend(if expires { "Certificate will expire\n" } else { "Certificate will not expire\n" }.bytes());
        exit = if expires { Exit::No } else { Exit::Done };
    }
    let does = |good: bool| if good { "does" } else { "does NOT" };
    if let Some(host) = &arguments.checkhost {
        let answer = does(hostname::has_host(&parts, host));
        out.extend(format!("Hostname {host} {answer} match certificate\n").bytes());
    }
    if let Some(address) = arguments.checkip {
        let answer = does(hostname::has_address(&parts, address));
        out.extend(format!("IP {address} {answer} match certificate\n").bytes());
    }
    // openssl ends with -checkend, and leaves the certificate away.
    if !arguments.noout && arguments.checkend.is_none() {
        out.extend(made);
    }
    let output = arguments.out.as_ref().map(Output::to).unwrap_or_default();
    output.write(&out, Kind::Public, Existing::Replace)?;
    Ok(exit)
}

/// One thing that is asked for; `None` when the certificate is malformed there.
fn show(
    show: &Show,
    certificate: &Certificate,
    parts: &CertificateParts<'_>,
    arguments: &args::X509,
) -> Option<String> {
    let names = arguments.nameopt.unwrap_or_default();
    Some(match show {
        Show::Text => text::certificate(parts, &names, &arguments.certopt.clone().unwrap_or_default()),
        Show::Subject => format!("subject={}", names.after_title(parts.subject)),
        Show::Issuer => format!("issuer={}", names.after_title(parts.issuer)),
        Show::StartDate => format!("notBefore={}\n", shown_time(parts.not_before)),
        Show::EndDate => format!("notAfter={}\n", shown_time(parts.not_after)),
        Show::Serial => format!("serial={}\n", text::serial_hex(parts.serial)),
        Show::NextSerial => format!("{}\n", text::serial_hex(&next(parts.serial))),
        Show::Fingerprint => fingerprint(certificate.der(), arguments),
        Show::Modulus => {
            let modulus = PublicKey::read(parts.public_key).and_then(|key| key.modulus());
            format!("Modulus={}\n", modulus.unwrap_or_else(|| "No modulus for this public key type".to_owned()))
        }
        Show::PublicKey => pem_file::encode("PUBLIC KEY", parts.public_key).to_string(),
        Show::SubjectHash => format!("{:08x}\n", name_format::hash(parts.subject)?),
        Show::IssuerHash => format!("{:08x}\n", name_format::hash(parts.issuer)?),
        Show::Email => lines(emails(parts)),
        Show::OcspUri => lines(ocsp(parts)?),
        Show::Alias => "<No Alias>\n".to_owned(),
        Show::Purposes => Uses::of(parts)?.text(),
        Show::Extensions(wanted) => extensions(parts, wanted),
    })
}

fn lines(values: Vec<String>) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn fingerprint(der: &[u8], arguments: &args::X509) -> String {
    // openssl shows the name as it was typed, and its default as the table of objects has it.
    let (name, algorithm) = match arguments.digest.digest() {
        _ if arguments.sha1 => ("sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        None => ("SHA1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
        Some(Digest::Sha256) => ("sha256", &digest::SHA256),
        Some(Digest::Sha384) => ("sha384", &digest::SHA384),
        Some(Digest::Sha512) => ("sha512", &digest::SHA512),
    };
    format!("{name} Fingerprint={}\n", hex::colons(digest::digest(algorithm, der).as_ref()))
}

/// A number and one, as an INTEGER's content.
fn next(serial: &[u8]) -> Vec<u8> {
    // One byte more for the sign, which then may change.
    let sign = if serial.first().is_some_and(|&b| b >= 0x80) { 0xff } else { 0 };
    let mut bytes: Vec<u8> = std::iter::once(sign).chain(serial.iter().copied()).collect();
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    let is_extra = |pair: &[u8]| matches!(pair, [0, 0..=0x7f] | [0xff, 0x80..=0xff]);
    let extra = bytes.windows(2).take_while(|pair| is_extra(pair)).count();
    bytes.split_off(extra)
}

/// emailAddress of the subject, then the alternative names, each once.
fn emails(parts: &CertificateParts<'_>) -> Vec<String> {
    const EMAIL_ADDRESS: &[u64] = &[1, 2, 840, 113_549, 1, 9, 1];
    let oid = der::oid(EMAIL_ADDRESS);
    let mut out = name::values(parts.subject, oid.get(2..).unwrap_or_default());
    for bytes in hostname::alternative_names(parts, der::CONTEXT + 1) {
        let text: String = bytes.iter().map(|&b| char::from(b)).collect();
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

/// Where authorityInfoAccess says that OCSP is spoken.
fn ocsp(parts: &CertificateParts<'_>) -> Option<Vec<String>> {
    const ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    let Some(extension) = parts.extension(ACCESS) else { return Some(Vec::new()) };
    let mut out = Vec::new();
    for description in der::read_all(&extension.value)?.values()? {
        let [method, location] = description.values()?[..] else { return None };
        if objects::find(method.whole).is_some_and(|o| o.short == "OCSP") && location.tag == der::CONTEXT + 6 {
            out.push(location.content.iter().map(|&b| char::from(b)).collect());
        }
    }
    Some(out)
}

/// The extensions with these short names, in the certificate's order.
fn extensions(parts: &CertificateParts<'_>, wanted: &str) -> String {
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
    let named = |oid: &[u8]| objects::find(oid).is_some_and(|object| wanted.contains(&object.short));
    let found: String = parts.extensions.iter().filter(|e| named(&e.oid)).map(|e| extension_text::text(e, 0)).collect();
    if found.is_empty() {
        cli::warn("khw-cert", format_args!("the certificate has no extension {}", wanted.join(", ")));
    }
    found
}
