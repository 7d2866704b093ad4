//! PEM files: their blocks, and what is in a file instead of what was wanted.
//!
//! Refused: a block without its end, a block that is no base64. Text around blocks is allowed, as `openssl x509 -text`
//! writes it.

use crate::openssl_args::Form;
use khw_core::Error;
use zeroize::Zeroizing;

/// A block of a PEM file. It may hold a private key, so it has no Debug and is wiped.
pub(crate) struct Block {
    pub(crate) label: String,
    pub(crate) content: Zeroizing<Vec<u8>>,
    /// Of a block that is encrypted in the traditional form (`Proc-Type: 4,ENCRYPTED`), its `DEK-Info`: how.
    pub(crate) dek_info: Option<String>,
}

/// All blocks of a file, in order.
pub(crate) fn blocks(bytes: &[u8]) -> Result<Vec<Block>, Error> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String, usize)> = None;
    let mut start = 0;
    for (number, line) in bytes.split_inclusive(|&b| b == b'\n').enumerate() {
        let end = start + line.len();
        let text = std::str::from_utf8(line).unwrap_or_default().trim();
        if has_lost_line_breaks(text) {
            return Err(Error::new("a PEM block stands in one line: its line breaks were lost")
                .line(number + 1)
                .hint("copy the file again, whole; in a shell write \"$VARIABLE\" in quotes"));
        }
        match (marker(text, "BEGIN"), marker(text, "END"), &open) {
            (Some(label), _, None) => open = Some((number + 1, label.to_owned(), start)),
            (Some(_), _, Some((line, label, _))) => return Err(truncated(*line, label)),
            (_, Some(label), Some((line, opened, from))) if label == opened => {
                out.push(decode(*line, opened, bytes.get(*from..end).unwrap_or_default())?);
                open = None;
            }
            (_, Some(_), Some((line, label, _))) => return Err(truncated(*line, label)),
            _ => {}
        }
        start = end;
    }
    match open {
        Some((line, label, _)) => Err(truncated(line, &label)),
        None => Ok(out),
    }
}

/// The label of a line that begins or ends a block. It has no two hyphens together (RFC 7468, section 3).
fn marker<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let label = line.strip_prefix("-----")?.strip_prefix(word)?.strip_prefix(' ')?.strip_suffix("-----")?;
    (label.len() <= LONGEST_LABEL && !label.contains("--")).then_some(label)
}

/// Twice as long as any label that is in use.
const LONGEST_LABEL: usize = 64;

/// Whether a block goes on in the line of its beginning. A label with content in it must not get into a message.
fn has_lost_line_breaks(line: &str) -> bool {
    let after = |line: &str| Some(line.strip_prefix("-----BEGIN ")?.split_once("-----")?.1.len());
    after(line).is_some_and(|length| length > 0)
}

fn truncated(line: usize, label: &str) -> Error {
    let label = label.escape_debug();
    Error::new(format!("the {label} block is truncated: its line '-----END {label}-----' is missing"))
        .line(line)
        .hint("copy the file again, whole")
}

fn decode(line: usize, label: &str, block: &[u8]) -> Result<Block, Error> {
    let broken = || {
        Error::new(format!("the {} block is damaged: it is not base64", label.escape_debug()))
            .line(line)
            .hint("copy the file again, whole")
    };
    let parsed = pem::parse(block).map_err(|_| broken())?;
    let encrypted = parsed.headers().get("Proc-Type").is_some_and(|v| v.contains("ENCRYPTED"));
    let dek_info = encrypted.then(|| parsed.headers().get("DEK-Info").unwrap_or_default().to_owned());
    let content = Zeroizing::new(parsed.into_contents());
    if content.is_empty() {
        return Err(broken());
    }
    Ok(Block { label: label.to_owned(), content, dek_info })
}

/// One block as a file, in lines of 64 as openssl writes it.
pub(crate) fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    let block = pem::Pem::new(label, der);
    let text = pem::encode_config(&block, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF));
    // The copy inside `pem` is not wiped by its drop.
    drop(Zeroizing::new(block.into_contents()));
    Zeroizing::new(text)
}

/// The DER of the first block of a PEM file with one of the labels, or of a DER file. `form` is what the file must be, if
/// it was said; `wanted` is what it should hold, with its article.
pub(crate) fn content(bytes: &[u8], labels: &[&str], form: Option<Form>, wanted: &str) -> Result<Vec<u8>, Error> {
    let is_der = crate::der::read_all(bytes).is_some_and(|v| v.tag == crate::der::SEQUENCE);
    match (form, is_der) {
        (None | Some(Form::Der), true) => return Ok(bytes.to_vec()),
        (Some(Form::Der), false) => {
            return Err(Error::new(format!("is not {wanted} in DER")).hint("leave -inform away, or say -inform PEM"));
        }
        (_, _) => {}
    }
    let blocks = blocks(bytes)?;
    match blocks.iter().find(|b| labels.contains(&b.label.as_str())) {
        Some(block) => Ok(block.content.to_vec()),
        None => Err(not_there(bytes, &blocks, wanted)),
    }
}

/// Labels of certificates.
pub(crate) const CERTIFICATE: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
/// Labels of requests.
pub(crate) const REQUEST: [&str; 2] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/// Why a file without the wanted block was refused: `wanted` with its article, `a certificate`.
pub(crate) fn not_there(bytes: &[u8], blocks: &[Block], wanted: &str) -> Error {
    if let Some(block) = blocks.first() {
        let (what, hint) = match block.label.as_str() {
            label if label.ends_with("PRIVATE KEY") => ("a private key", "give the other file of the pair"),
            "CERTIFICATE" => ("a certificate", "give the other file of the pair"),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                ("a certificate request", "sign it first: khw-cert x509 -req")
            }
            "PUBLIC KEY" | "RSA PUBLIC KEY" => ("a public key", "give the other file of the pair"),
            label => {
                return Error::new(format!("has a {} block, not {wanted}", label.escape_debug()))
                    .hint("is this the right file?");
            }
        };
        return Error::new(format!("is {what}, not {wanted}")).hint(hint);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Error::new("is empty").hint("run the step that makes this file again");
    }
    if bytes.first() == Some(&crate::der::SEQUENCE) && std::str::from_utf8(bytes).is_err() {
        return Error::new("is DER, not PEM")
            .hint("convert it: openssl x509 -inform DER -in FILE, or openssl pkey for a key");
    }
    Error::new(format!("has no PEM block with {wanted}")).hint("is this the right file?")
}

#[cfg(test)]
mod tests {
    use super::{blocks, encode};

    const GOOD: &str = "text\n-----BEGIN X-----\r\nAAEC\r\n-----END X-----\n  -----BEGIN Y-----\nAAEC\n-----END Y-----";

    fn labels(text: &str) -> Result<Vec<String>, String> {
        blocks(text.as_bytes()).map(|b| b.into_iter().map(|b| b.label).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn blocks_amid_text_with_any_line_ending() {
        assert_eq!(labels(GOOD), Ok(vec!["X".to_owned(), "Y".to_owned()]));
        assert_eq!(labels(""), Ok(vec![]));
    }

    #[test]
    fn half_a_block_is_refused() {
        let missing = "the X block is truncated: its line '-----END X-----' is missing";
        assert_eq!(labels("-----BEGIN X-----\nAAEC\n").err().as_deref(), Some(missing));
        assert_eq!(
            labels("-----BEGIN X-----\nAAEC\n-----BEGIN X-----\nAAEC\n-----END X-----\n").err().as_deref(),
            Some(missing)
        );
        assert_eq!(labels("-----BEGIN X-----\nAAEC\n-----END Y-----\n").err().as_deref(), Some(missing));
        let damaged = "the X block is damaged: it is not base64";
        assert_eq!(labels("-----BEGIN X-----\nA?EC\n-----END X-----\n").err().as_deref(), Some(damaged));
        assert_eq!(labels("-----BEGIN X-----\n-----END X-----\n").err().as_deref(), Some(damaged));
    }

    #[test]
    fn a_block_in_one_line_is_not_repeated() {
        for line_break in ["", " ", "\r", "\\n"] {
            let text = ["-----BEGIN X-----", "AAEC", "-----END X-----"].join(line_break);
            assert_eq!(
                labels(&text).err().as_deref(),
                Some("a PEM block stands in one line: its line breaks were lost"),
                "{text}"
            );
        }
        let long = format!("-----BEGIN {}-----\nAAEC\n", "MC4C".repeat(20));
        assert_eq!(labels(&long), Ok(vec![]));
    }

    #[test]
    fn what_is_written_is_read() {
        let text = encode("X", &[1; 100]);
        assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----END X-----\n"));
        assert_eq!(blocks(text.as_bytes()).map(|b| b.first().map(|b| b.content.len())), Ok(Some(100)));
    }
}
