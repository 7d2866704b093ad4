//! `khw-cert expiry`: when certificates expire, wherever they are.
//!
//! Kubeconfigs and the KubeletConfiguration are read here, and only for the certificates that they hold or name:
//! khw-kubeconfig, which knows all of a kubeconfig, depends on this crate.

use crate::args;
use crate::certificate::Certificate;
use crate::inspect::{days_left, left};
use base64::Engine;
use khw_core::finding::Format;
use khw_core::input::Input;
use khw_core::{Error, Exit, cli, output};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// A file in a directory that is larger is no certificate, kubeconfig or configuration.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A certificate and where it was found.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    file: String,
    /// What names or holds it there: `user system:node:worker-1`, `tlsCertFile`.
    named_by: Option<String>,
    subject: String,
    not_after: String,
    days_left: i64,
    #[serde(skip)]
    until: OffsetDateTime,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    schema_version: u32,
    certificates: Vec<Found>,
}

pub(crate) fn run(arguments: &args::Expiry) -> anyhow::Result<Exit> {
    let now = OffsetDateTime::now_utc();
    let mut search = Search { now, found: Vec::new(), failed: Vec::new(), in_directory: false };
    for path in &arguments.paths {
        search.path(path)?;
    }
    let Search { mut found, failed, .. } = search;
    found.sort_by(|a, b| (a.until, &a.file, &a.named_by).cmp(&(b.until, &b.file, &b.named_by)));
    if let Some(within) = arguments.within {
        found.retain(|found| found.until - now < within.0);
    }
    let some = !found.is_empty();
    let text = match arguments.format {
        Format::Text => table(&found),
        Format::Json => serde_json::to_string_pretty(&Report { schema_version: 1, certificates: found })? + "\n",
    };
    output::print(text.as_bytes())?;
    // What could not be read may be what expires next: the table is printed, and the end is an error.
    let mut failed = failed.into_iter();
    if let Some(last) = failed.next_back() {
        for error in failed {
            cli::note("khw-cert", format_args!("error: {error}"));
        }
        return Err(last.into());
    }
    Ok(if some && arguments.within.is_some() { Exit::No } else { Exit::Done })
}

struct Search {
    now: OffsetDateTime,
    found: Vec<Found>,
    failed: Vec<Error>,
    /// The file at hand was come upon in a directory, not named by the person.
    in_directory: bool,
}

impl Search {
    /// A path that a person named: it must be there and hold or name a certificate.
    fn path(&mut self, path: &Path) -> Result<(), Error> {
        if path.as_os_str() != "-" && path.is_dir() {
            self.in_directory = true;
            return self.directory(path);
        }
        self.in_directory = false;
        let input = Input::new(path);
        let content = Zeroizing::new(input.read()?);
        let base = path.parent().unwrap_or(Path::new(""));
        if !self.content(&input.to_string(), base, &content).map_err(|e| e.file(&input))? {
            // The reason, in the words of the reader of certificates.
            Certificate::all_from_pem(&content).map_err(|e| e.file(&input))?;
        }
        Ok(())
    }

    /// All files below a directory, in the order of their names. Links to files are followed, as the kubelet's
    /// kubelet-client-current.pem is one; links to directories are not.
    fn directory(&mut self, directory: &Path) -> Result<(), Error> {
        let failed = |e: &std::io::Error| Error::io(directory.display(), e);
        let entries = std::fs::read_dir(directory).map_err(|e| failed(&e))?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(|e| failed(&e))?;
        paths.sort();
        for path in paths {
            if path.is_dir() {
                if !path.is_symlink()
                    && let Err(error) = self.directory(&path)
                {
                    self.failed.push(error);
                }
                continue;
            }
            if !std::fs::metadata(&path).is_ok_and(|there| there.is_file() && there.len() <= MAX_BYTES) {
                continue;
            }
            // Whose a private key is may read it alone, and it does not expire.
            if path.extension().is_some_and(|ending| ending == "key")
                && std::fs::File::open(&path).is_err_and(|cause| cause.kind() == ErrorKind::PermissionDenied)
            {
                continue;
            }
            let base = path.parent().unwrap_or(Path::new(""));
            let read = Input::File(path.clone()).read().map(Zeroizing::new);
            if let Err(error) = read.and_then(|content| self.content(&path.display().to_string(), base, &content)) {
                self.failed.push(error.file(path.display()));
            }
        }
        Ok(())
    }

    /// Whether it was a file with certificates, or one that names some.
    fn content(&mut self, file: &str, base: &Path, content: &[u8]) -> Result<bool, Error> {
        if has(content, b"-----BEGIN CERTIFICATE-----") || has(content, b"-----BEGIN X509 CERTIFICATE-----") {
            self.certificates(file, None, content)?;
            return Ok(true);
        }
        let Some(text) = std::str::from_utf8(content).ok() else { return Ok(false) };
        if !(text.contains("kind") && text.contains("Config") || text.contains(EMBEDDED)) {
            return Ok(false);
        }
        let malformed = |e: serde_saphyr::Error| {
            let text = e.to_string();
            let line = text.lines().next().unwrap_or_default();
            Error::new(format!("cannot be read: {}", line.trim_end_matches('.'))).hint("correct it, or leave it out")
        };
        let kind = match serde_saphyr::from_str::<Kind>(text) {
            Ok(kind) => kind,
            Err(error) if claims(text) => {
                let error = malformed(error);
                if !self.in_directory {
                    return Err(error);
                }
                // It may as well be a template or a page about such files.
                let hint = error.advice().unwrap_or_default().to_owned();
                cli::warn("khw-cert", format_args!("{}: {hint}", error.file(file)));
                return Ok(false);
            }
            Err(_) => return Ok(false),
        };
        match kind.kind.as_deref() {
            Some("Config") => self.kubeconfig(file, base, serde_saphyr::from_str(text).map_err(malformed)?),
            Some("KubeletConfiguration") => {
                let configuration: Kubelet = serde_saphyr::from_str(text).map_err(malformed)?;
                let client_ca = configuration.authentication.and_then(|a| a.x509).and_then(|x| x.client_ca_file);
                for (field, path) in
                    [("tlsCertFile", configuration.tls_cert_file), ("authentication.x509.clientCAFile", client_ca)]
                {
                    self.named(file, field, base, path);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn kubeconfig(&mut self, file: &str, base: &Path, kubeconfig: Kubeconfig) {
        for NamedCluster { name, cluster } in kubeconfig.clusters.unwrap_or_default() {
            let cluster = cluster.unwrap_or_default();
            let what = format!("cluster {name}");
            self.embedded_or_named(
                file,
                &what,
                base,
                cluster.certificate_authority_data,
                cluster.certificate_authority,
            );
        }
        for NamedUser { name, user } in kubeconfig.users.unwrap_or_default() {
            let user = user.unwrap_or_default();
            let what = format!("user {name}");
            self.embedded_or_named(file, &what, base, user.client_certificate_data, user.client_certificate);
        }
    }

    /// kubectl takes the embedded one when both are there.
    fn embedded_or_named(&mut self, file: &str, what: &str, base: &Path, data: Option<String>, path: Option<String>) {
        let Some(data) = data.filter(|data| !data.is_empty()) else { return self.named(file, what, base, path) };
        let compact: String = data.split_whitespace().collect();
        let read = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|_| Error::new("the embedded certificate is not base64").hint("embed it again: khw-kubeconfig"))
            .and_then(|pem| self.certificates(file, Some(what), &pem));
        if let Err(error) = read {
            self.failed.push(error.file(file).field(what));
        }
    }

    /// A file that another one names; its relative path counts from there, as for kubectl and the kubelet.
    fn named(&mut self, file: &str, what: &str, base: &Path, path: Option<String>) {
        let Some(path) = path.filter(|path| !path.is_empty()) else { return };
        let is_absolute = Path::new(&path).is_absolute();
        let path = base.join(path);
        // A desk has the files of many workers, and none of what they name there. A relative path is of this tree.
        if self.in_directory && is_absolute && !path.exists() {
            cli::warn("khw-cert", format_args!("{}: {what}: {file} names it, and it is not here", path.display()));
            return;
        }
        let by = format!("{what} of {file}");
        let shown = path.display().to_string();
        let read = Input::File(path).read().and_then(|content| self.certificates(&shown, Some(&by), &content));
        if let Err(error) = read {
            self.failed.push(error.file(&shown).field(by));
        }
    }

    fn certificates(&mut self, file: &str, named_by: Option<&str>, pem: &[u8]) -> Result<(), Error> {
        for certificate in Certificate::all_from_pem(pem)? {
            let until = certificate.not_after();
            self.found.push(Found {
                file: file.to_owned(),
                named_by: named_by.map(str::to_owned),
                subject: certificate.subject(),
                not_after: moment(until),
                days_left: days_left(&certificate, self.now),
                until,
            });
        }
        Ok(())
    }
}

/// The field of a kubeconfig that nothing else has.
const EMBEDDED: &str = "client-certificate-data:";

/// Whether a text that is no YAML was meant to be one of those that name certificates.
fn claims(text: &str) -> bool {
    let kind = |line: &str| ["kind: Config", "kind: KubeletConfiguration"].contains(&line.trim_end());
    text.contains(EMBEDDED) || text.lines().any(kind)
}

fn moment(at: OffsetDateTime) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.format(format).unwrap_or_else(|_| at.unix_timestamp().to_string())
}

fn has(content: &[u8], word: &[u8]) -> bool {
    content.windows(word.len()).any(|part| part == word)
}

/// Columns as wide as their widest cell.
fn table(found: &[Found]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut rows = vec![["EXPIRES", "LEFT", "SUBJECT", "FILE"].map(str::to_owned)];
    rows.extend(found.iter().map(|found| {
        let place = match &found.named_by {
            Some(named_by) => format!("{} ({named_by})", found.file),
            None => found.file.clone(),
        };
        let left = left(found.days_left).trim_end_matches(" left").to_owned();
        let date = found.not_after.split('T').next().unwrap_or_default().to_owned();
        [date, left, cli::printable(&found.subject), cli::printable(&place)]
    }));
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// A kubeconfig's certificates.
#[derive(Deserialize)]
struct Kubeconfig {
    clusters: Option<Vec<NamedCluster>>,
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedCluster {
    #[serde(default)]
    name: String,
    cluster: Option<Cluster>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    certificate_authority: Option<String>,
    certificate_authority_data: Option<String>,
}

#[derive(Deserialize)]
struct NamedUser {
    #[serde(default)]
    name: String,
    user: Option<User>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct User {
    client_certificate: Option<String>,
    client_certificate_data: Option<String>,
}

/// A KubeletConfiguration's certificates.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kubelet {
    tls_cert_file: Option<String>,
    authentication: Option<Authentication>,
}

#[derive(Deserialize)]
struct Authentication {
    x509: Option<ClientCa>,
}

#[derive(Deserialize)]
struct ClientCa {
    #[serde(rename = "clientCAFile")]
    client_ca_file: Option<String>,
}
