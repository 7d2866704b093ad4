//! The words of a command or of `Environment=`, as systemd 252 takes them apart: quotes, C escapes, separators; and the
//! way back.

use crate::syntax::Assignment;
use khw_core::Error;

/// Why systemd refuses a command: an error under the name of its check.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    /// Boxed, since an error is large and a command rarely wrong.
    pub(crate) error: Box<Error>,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        *refused.error
    }
}

/// A word after quotes and escapes.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) unknown_escape: bool,
}

/// The words of a value, as systemd's `extract_first_word` gives them.
pub(crate) struct Words<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

impl Words<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Takes `separator` when it stands alone.
    pub(crate) fn take_separator(&mut self, separator: &str) -> bool {
        let alone =
            self.rest().strip_prefix(separator).is_some_and(|rest| rest.is_empty() || rest.starts_with(is_blank));
        if alone {
            self.at += separator.len();
        }
        alone
    }

    pub(crate) fn next_word(&mut self, assignment: &Assignment) -> Result<Option<Word>, Refused> {
        let start = self.at;
        let mut out: Vec<u8> = Vec::new();
        let mut unknown_escape = false;
        let mut quote: Option<u8> = None;
        let bytes = self.text.as_bytes();
        let Some(&first) = bytes.get(start) else { return Ok(None) };
        let mut opened = (start, char::from(first));
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match (byte, quote) {
                (b'\\', _) => {
                    let rest = bytes.get(at + 1..).unwrap_or_default();
                    match escape(rest) {
                        Some((decoded, length)) => {
                            out.extend_from_slice(&decoded);
                            at += 1 + length;
                        }
                        None => {
                            // systemd warns, and keeps the backslash with what follows.
                            unknown_escape = true;
                            out.push(b'\\');
                            out.extend(rest.first());
                            at += 2;
                        }
                    }
                    continue;
                }
                (_, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => out.push(byte),
                (b'"' | b'\'', None) => {
                    quote = Some(byte);
                    opened = (at, char::from(byte));
                }
                (b' ' | b'\t' | b'\n' | b'\r', None) => break,
                (_, None) => out.push(byte),
            }
            at += 1;
        }
        if quote.is_some() {
            let (at, quote) = opened;
            let error = Error::new(format!("the quote {quote} is opened, but not closed"))
                .field(&assignment.name)
                .line(assignment.line_at(at))
                .hint(format!("close it, or write \\{quote} if it belongs to the value"));
            return Err(Refused { name: "unbalanced-quotes", error: Box::new(error) });
        }
        self.at = at.min(bytes.len());
        Ok(Some(Word { text: String::from_utf8_lossy(&out).into_owned(), unknown_escape }))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// What an escape sequence means, and its length, the backslash not counted. systemd's `cunescape_one`.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |from: usize, length: usize, radix: u32| {
        let digits = rest.get(from..from + length).filter(|d| d.iter().all(|&b| char::from(b).is_digit(radix)))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok().filter(|&n| n != 0)
    };
    let byte = |value: u32, length: usize| u8::try_from(value).ok().map(|b| (vec![b], length));
    let letter = |value: u32, length: usize| char::from_u32(value).map(|c| (c.to_string().into_bytes(), length));
    let simple = match rest.first()? {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b's' => b' ',
        &b @ (b'\\' | b'"' | b'\'') => b,
        b'x' => return byte(number(1, 2, 16)?, 3),
        b'u' => return letter(number(1, 4, 16)?, 5),
        b'U' => return letter(number(1, 8, 16)?, 9),
        b'0'..=b'7' => return byte(number(0, 3, 8)?, 3),
        _ => return None,
    };
    Some((vec![simple], 1))
}

/// A word that systemd turns back into `text`. `expands`: whether it looks for variables in it.
pub(crate) fn quoted(text: &str, expands: bool) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_=+,./:@<>[]{}()!?*~^&|%$".contains(c);
    let mut word = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        match letter {
            '%' => word.push_str("%%"),
            '$' if expands => word.push_str("$$"),
            '"' | '\\' => word.extend(['\\', letter]),
            '\n' => word.push_str("\\n"),
            '\t' => word.push_str("\\t"),
            // systemd takes no control characters and no noncharacters in a file; as bytes they pass.
            c if c.is_control() || u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c) => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    word.push_str(&format!("\\x{byte:02x}"));
                }
            }
            c => word.push(c),
        }
    }
    if !text.is_empty() && text.chars().all(bare) { word } else { format!("\"{word}\"") }
}
