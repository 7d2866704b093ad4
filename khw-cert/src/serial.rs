//! Serial numbers: random ones, and the serial file of `-CAcreateserial`.
//!
//! openssl rewrites the file in place, and of 50 signings at once over half fail. Here it is read, counted up and
//! replaced under a lock.

use crate::hex::upper as hex;
use khw_core::input::quoted;
use khw_core::output::Kind;
use khw_core::place::{self, Existing};
use khw_core::{Error, lock};
use std::path::{Path, PathBuf};

/// RFC 5280, 4.1.2.2.
const MAX_BYTES: usize = 20;

/// 159 random bits, as openssl makes them: 20 bytes whose first bit is not set, so that the INTEGER is positive.
pub(crate) fn random() -> Result<Vec<u8>, Error> {
    let mut bytes = [0; MAX_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::new("the system's random generator failed"))?;
    if let Some(first) = bytes.first_mut() {
        // Not zero either: all serial numbers have the same length.
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(bytes.to_vec())
}

/// The file beside a CA's certificate: `ca.srl` for `ca.crt`.
pub(crate) fn file_of(ca: &Path) -> PathBuf {
    ca.with_extension("srl")
}

/// The next serial number of a file, which then holds it. A file that is not there begins with a random number when
/// `create` says so.
pub(crate) fn next(file: &Path, create: bool) -> Result<Vec<u8>, Error> {
    let _lock = lock::Lock::of_file(file, lock::DEFAULT_TIMEOUT)?;
    let serial = match std::fs::read_to_string(file) {
        Ok(text) => increment(&text).map_err(|e| e.file(file.display()))?,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && create => random()?,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::io(file.display(), &cause).hint("say -CAcreateserial to make it"));
        }
        Err(cause) => return Err(Error::io(file.display(), &cause)),
    };
    let text = format!("{}\n", hex(&serial));
    place::file(file, text.as_bytes(), Kind::Public.attributes(), Existing::Replace)?;
    Ok(serial)
}

fn increment(text: &str) -> Result<Vec<u8>, Error> {
    let text = text.trim();
    let mut bytes = from_hex(text).ok_or_else(|| {
        // What it is instead may be a key.
        Error::new(format!("{} is not a serial number", quoted(text)))
            .hint("it is an even number of hexadecimal digits; remove the file to begin with a new number")
    })?;
    bytes.insert(0, 0);
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    let bytes = bytes.split_off(zeros);
    // One byte more when the first bit is set, for the sign.
    if bytes.len() + usize::from(bytes.first().is_some_and(|&b| b >= 0x80)) > MAX_BYTES {
        return Err(
            Error::new("the serial number has over 20 bytes").hint("remove the file to begin with a new number")
        );
    }
    Ok(bytes)
}

/// An even number of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// A serial number as an option gives it: decimal, or hexadecimal after `0x`.
pub(crate) fn given(text: &str) -> Option<Vec<u8>> {
    let bytes = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.len() % 2 == 1 => from_hex(&format!("0{digits}"))?,
        Some(digits) => from_hex(digits)?,
        None if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u128>().ok()?.to_be_bytes().to_vec(),
        None => return None,
    };
    (bytes.len() <= MAX_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{file_of, given, hex, increment, random};
    use std::path::Path;

    #[test]
    fn counts_as_openssl_does() {
        // Each seen with openssl 3.0.19 and -CAserial.
        for (before, after) in
            [("01\n", "02"), ("ff", "0100"), ("302341F6\n", "302341F7"), ("00", "01"), ("7FFF", "8000")]
        {
            assert_eq!(increment(before).map(|b| hex(&b)).as_deref(), Ok(after));
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "abc", "-01", "xy", "01 02"] {
            assert_eq!(
                increment(text).map_err(|e| e.what().to_owned()),
                Err(format!("'{text}' is not a serial number"))
            );
        }
        assert!(increment(&"7f".repeat(20)).is_ok());
        assert!(increment(&format!("7f{}", "ff".repeat(19))).is_err());
    }

    #[test]
    fn random_ones_are_positive_and_long() {
        let (a, b) = (random().unwrap(), random().unwrap());
        assert!(a != b && a.len() == 20 && a.first().is_some_and(|&b| (0x40..0x80).contains(&b)));
    }

    #[test]
    fn given_ones() {
        assert_eq!(given("0x1F"), Some(vec![0x1f]));
        assert_eq!(given("0xabc"), Some(vec![0x0a, 0xbc]));
        assert_eq!(given("300").and_then(|b| b.last().copied()), Some(44));
        assert_eq!((given("-1"), given("x"), given("0x"), given("")), (None, None, None, None));
    }

    #[test]
    fn the_file_lies_beside_the_ca() {
        assert_eq!(file_of(Path::new("pki.d/ca.crt")), Path::new("pki.d/ca.srl"));
        assert_eq!(file_of(Path::new("pki.d/ca")), Path::new("pki.d/ca.srl"));
    }
}
