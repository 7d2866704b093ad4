//! `khw-cert verify`: openssl's, with the given CAs alone.

use crate::certificate::Certificate;

use crate::openssl_args as args;
use crate::purpose::Purpose;
use crate::verification::{self, Report, Wanted};
use khw_core::input::Input;
use khw_core::{Error, Exit, cli, output};
use std::io::Write;
use std::path::PathBuf;
use time::OffsetDateTime;

pub(crate) fn run(arguments: &args::Verify) -> anyhow::Result<Exit> {
    let anchors = [arguments.ca_file.as_slice(), &arguments.trusted].concat();
    if anchors.is_empty() {
        return Err(Error::new("missing: -CAfile FILE").hint("name the CA's certificate: -CAfile ca.crt").into());
    }
    let trusted = all(&anchors)?;
    let untrusted = all(&arguments.untrusted)?;
    let at = match arguments.attime {
        _ if arguments.no_check_time => None,
        Some(seconds) => Some(OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| {
            Error::new(format!("{seconds} seconds are not a moment")).field("-attime").hint("count them from 1970")
        })?),
        None => Some(OffsetDateTime::now_utc()),
    };
    let wanted = Wanted {
        purpose: match arguments.purpose.as_deref() {
            Some("sslclient") => Some(Purpose::SslClient),
            Some("sslserver") => Some(Purpose::SslServer),
            _ => None,
        },
        host: arguments.hostname.clone(),
        address: arguments.ip,
        at,
        partial_chain: arguments.partial_chain,
    };
    let inputs = match arguments.files.as_slice() {
        [] => vec![Input::Stdin],
        files => files.iter().map(|file| Input::new(file.clone())).collect(),
    };
    let mut exit = Exit::Done;
    for input in inputs {
        let name = match &input {
            Input::Stdin => "stdin".to_owned(),
            Input::File(path) => path.display().to_string(),
        };
        let leaf = input.read().and_then(|content| Certificate::from_pem(&content));
        let report = leaf.and_then(|leaf| verification::verify(&leaf, &trusted, &untrusted, &wanted));
        let report = match report.map_err(|e| e.file(&input)) {
            Ok(report) => report,
            // As openssl, which goes on with the next one.
            Err(error) => {
                cli::note("khw-cert", format_args!("error: {error}"));
                if let Some(hint) = error.advice() {
                    cli::note("khw-cert", format_args!("hint: {hint}"));
                }
                exit = Exit::Failed;
                continue;
            }
        };
        if report.failures.is_empty() {
            output::print(good(&name, &report, arguments).as_bytes())?;
        } else {
            complain(&name, &report, arguments);
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

fn all(files: &[PathBuf]) -> Result<Vec<Certificate>, Error> {
    let mut out = Vec::new();
    for file in files {
        let input = Input::new(file);
        out.extend(Certificate::all_from_pem(&input.read()?).map_err(|e| e.file(&input))?);
    }
    Ok(out)
}

fn good(name: &str, report: &Report, arguments: &args::Verify) -> String {
    let mut out = format!("{name}: OK\n");
    if arguments.show_chain {
        out.push_str("Chain:\n");
        for (depth, subject) in report.subjects.iter().enumerate() {
            let subject = arguments.nameopt.unwrap_or_default().one_line(subject);
            let untrusted = if depth < report.untrusted { " (untrusted)" } else { "" };
            out.push_str(&format!("depth={depth}: {subject}{untrusted}\n"));
        }
    }
    out
}

/// openssl's own words on standard error. When that is closed nobody misses them.
fn complain(name: &str, report: &Report, arguments: &args::Verify) {
    let mut err = std::io::stderr().lock();
    for failure in &report.failures {
        let subject = arguments.nameopt.unwrap_or_default().one_line(&failure.subject);
        let (code, depth, text) = (failure.code, failure.depth, failure.text());
        let _ = writeln!(err, "{}\nerror {code} at {depth} depth lookup: {text}", cli::printable(&subject));
    }
    let _ = writeln!(err, "error {}: verification failed", cli::printable(name));
}
