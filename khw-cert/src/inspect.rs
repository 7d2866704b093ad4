//! `khw-cert inspect`: a certificate in ten lines, or as JSON.

use crate::args;
use crate::certificate::Certificate;
use crate::extension::Extension;
use crate::facts::Facts;
use crate::parts::CertificateParts;
use crate::{extension_text, objects};
use khw_core::finding::Format;
use khw_core::input::Input;
use khw_core::{Exit, cli, output};
use serde::Serialize;
use std::fmt::Write;
use time::OffsetDateTime;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schema_version: u32,
    certificates: Vec<Shown>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    file: String,
    /// Whole days until it expires; when it has, the days since then that have begun, negative.
    days_left: i64,
    #[serde(flatten)]
    facts: Facts,
    /// In the order of the certificate.
    extensions: Vec<ShownExtension>,
}

#[derive(Serialize)]
struct ShownExtension {
    oid: String,
    /// openssl's short name, null when it has none.
    name: Option<&'static str>,
    critical: bool,
    /// The value as `openssl x509 -text` shows it.
    text: String,
}

/// All extensions, those too of which Kubernetes makes nothing.
fn extensions(certificate: &Certificate) -> Vec<ShownExtension> {
    let shown = |extension: &Extension| {
        let (oid, critical, _) = extension.parts();
        let name = objects::find(&extension.oid).map(|object| object.short);
        ShownExtension { oid, name, critical, text: extension_text::value(extension, "").join("\n") }
    };
    let parts = CertificateParts::read(certificate.der());
    parts.map(|parts| parts.extensions.iter().map(shown).collect()).unwrap_or_default()
}

pub(crate) fn run(arguments: &args::Inspect) -> anyhow::Result<Exit> {
    let now = OffsetDateTime::now_utc();
    let mut certificates = Vec::new();
    for path in &arguments.files {
        let input = Input::new(path);
        for certificate in Certificate::all_from_pem(&input.read()?).map_err(|e| e.file(&input))? {
            certificates.push(Shown {
                file: input.to_string(),
                days_left: days_left(&certificate, now),
                facts: Facts::of(&certificate).map_err(|e| e.file(&input))?,
                extensions: extensions(&certificate),
            });
        }
    }
    match arguments.format {
        Format::Json => {
            let report = Report { schema_version: 1, certificates };
            output::print((serde_json::to_string_pretty(&report)? + "\n").as_bytes())?;
        }
        Format::Text => {
            let several = certificates.len() > 1;
            let blocks: Vec<String> = certificates.iter().map(|shown| text(shown, several)).collect();
            output::print(blocks.join("\n").as_bytes())?;
        }
    }
    Ok(Exit::Done)
}

/// Whole days from now until it expires; when it has, the days since then that have begun, negative.
pub(crate) fn days_left(certificate: &Certificate, now: OffsetDateTime) -> i64 {
    let seconds = (certificate.not_after() - now).whole_seconds();
    seconds.div_euclid(24 * 60 * 60)
}

/// The days until the end, for a person.
pub(crate) fn left(days: i64) -> String {
    match days {
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        days if days > 0 => format!("{days} days left"),
        -1 => "expired within a day".to_owned(),
        days => format!("expired {} days ago", -days),
    }
}

fn text(shown: &Shown, several: bool) -> String {
    let facts = &shown.facts;
    let list = |parts: &[String], none: &str| if parts.is_empty() { none.to_owned() } else { parts.join(", ") };
    let mut usages: Vec<String> = Vec::new();
    if facts.ca {
        usages.push("CA".to_owned());
    }
    usages.extend(facts.extended_key_usage.iter().chain(&facts.key_usage).cloned());
    let moment = |text: &str| text.replace('T', " ").replace('Z', " UTC");
    let lines = [
        ("Subject", facts.subject.clone()),
        ("Issuer", facts.issuer.clone()),
        ("SANs", list(&facts.subject_alternative_names, "none")),
        ("Usages", list(&usages, "any: it names none")),
        ("Key", format!("{}; signature: {}", facts.key, facts.signature)),
        ("From", moment(&facts.not_before)),
        ("Until", format!("{} ({})", moment(&facts.not_after), left(shown.days_left))),
        ("Serial", facts.serial.clone()),
        ("SHA-256", facts.sha256.clone()),
        ("SHA-1", facts.sha1.clone()),
    ];
    let mut out = String::new();
    if several {
        let _ = writeln!(out, "{}:", cli::printable(&shown.file));
    }
    for (name, value) in lines {
        let _ = writeln!(out, "{:<9}{}", format!("{name}:"), cli::printable(&value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn days_for_a_person() {
        for (days, text) in [
            (10, "10 days left"),
            (1, "1 day left"),
            (0, "less than a day left"),
            (-1, "expired within a day"),
            (-2, "expired 2 days ago"),
            (-9, "expired 9 days ago"),
        ] {
            assert_eq!(left(days), text);
        }
    }
}
