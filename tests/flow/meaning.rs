//! What a file means, without what differs from run to run.

use harness::Sandbox;
use serde_json::Value;

/// openssl's text of a certificate without serial, dates, key, identifiers of keys and the signature's bytes. What is
/// left: version, algorithms, issuer, subject, extensions with their criticality and order.
pub fn certificate(sandbox: &Sandbox, file: &str) -> String {
    let text = sandbox.sh(&format!("openssl x509 -in {file} -noout -text")).ok();
    let mut lines = Vec::new();
    let mut after_serial = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let serial_alone = std::mem::take(&mut after_serial);
        if let Some(serial) = trimmed.strip_prefix("Serial Number:") {
            // A short one stands on the same line.
            after_serial = serial.is_empty();
            continue;
        }
        if serial_alone || trimmed.starts_with("Not Before:") || trimmed.starts_with("Not After :") {
            continue;
        }
        if !hex_bytes(trimmed) {
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.join("\n")
}

/// `12:34:ab` or `DirName…`-free `keyid:12:34:ab`: bytes of a key, of its identifier, or of a signature.
fn hex_bytes(line: &str) -> bool {
    let line = line.trim_start_matches("keyid:").trim_start_matches("serial:").trim_end_matches(':');
    !line.is_empty() && line.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The length of a certificate's validity in seconds.
pub fn validity(sandbox: &Sandbox, file: &str) -> i64 {
    let script = format!(
        "seconds() {{ date -d \"$(openssl x509 -in {file} -noout -$1 | cut -d = -f 2)\" +%s; }}\n\
         echo $(( $(seconds enddate) - $(seconds startdate) ))"
    );
    sandbox.sh(&script).ok().trim().parse().expect("a number of seconds")
}

/// One answer of openssl about a certificate.
pub fn openssl(sandbox: &Sandbox, file: &str, what: &str) -> String {
    sandbox.sh(&format!("openssl x509 -in {file} -noout {what}")).ok()
}

/// A file as the base64 that a kubeconfig embeds.
pub fn base64(sandbox: &Sandbox, file: &str) -> String {
    sandbox.sh(&format!("base64 -w 0 {file}")).ok()
}

/// A YAML file as a JSON value.
pub fn yaml(sandbox: &Sandbox, file: &str) -> Value {
    serde_saphyr::from_str(&sandbox.read(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// A directive: its section, its name, and its value as words.
pub type Directive = (String, String, Vec<String>);

/// The directives of a unit in order, continuation lines joined.
pub fn unit(sandbox: &Sandbox, file: &str) -> Vec<Directive> {
    let mut section = String::new();
    let mut directives = Vec::new();
    for line in sandbox.read(file).replace("\\\n", " ").lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{file}: no directive: {line}"));
        directives.push((section.clone(), name.to_owned(), value.split_whitespace().map(str::to_owned).collect()));
    }
    directives
}
