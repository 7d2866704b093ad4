//! DER, as much as certificates need: a writer of nested values and a reader of one level.
//!
//! Certificates and requests are written with this and not with x509-cert or rcgen, because names, public keys and
//! extensions of others must come out byte for byte: whoever decodes them into a model sorts sets, picks string types
//! or refuses what openssl takes (a serial of 30 bytes, a version 1 certificate), and then the issuer no longer is the
//! subject of its CA.

use zeroize::{Zeroize, Zeroizing};

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const T61_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed; add n for `[n]`.
pub(crate) const CONTEXT_CONSTRUCTED: u8 = 0xa0;
/// `[0]`, primitive; add n for `[n]`.
pub(crate) const CONTEXT: u8 = 0x80;

/// Tag, length, content.
pub(crate) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = length.get(length.iter().take_while(|&&b| b == 0).count()..).unwrap_or_default();
    let mut out = Vec::with_capacity(content.len() + 10);
    out.push(tag);
    match *length {
        [] => out.push(0),
        [short @ ..0x80] => out.push(short),
        _ => {
            // At most eight bytes.
            out.push(0x80 | length.len() as u8);
            out.extend_from_slice(length);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A SEQUENCE of encoded values.
pub(crate) fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    nested(SEQUENCE, parts)
}

/// A constructed value of encoded values.
pub(crate) fn nested<T: AsRef<[u8]>>(tag: u8, parts: &[T]) -> Vec<u8> {
    let mut content: Vec<u8> = Vec::new();
    for part in parts {
        content.extend_from_slice(part.as_ref());
    }
    let out = value(tag, &content);
    // A private key may be among the parts.
    content.zeroize();
    out
}

/// A SET OF, whose encoded values DER wants in order.
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    nested(SET, &parts)
}

/// A non-negative INTEGER from its big-endian bytes.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.get(bytes.iter().take_while(|&&b| b == 0).count()..).unwrap_or_default();
    let mut content = Vec::with_capacity(bytes.len() + 1);
    if bytes.first().is_none_or(|&first| first >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(bytes);
    value(INTEGER, &content)
}

/// An OBJECT IDENTIFIER from its arcs.
pub(crate) fn oid(arcs: &[u64]) -> Vec<u8> {
    let mut content = Vec::with_capacity(arcs.len() + 4);
    let (first, rest) = match arcs {
        [first, second, rest @ ..] => (first.saturating_mul(40).saturating_add(*second), rest),
        _ => (0, [].as_slice()),
    };
    for arc in std::iter::once(&first).chain(rest) {
        let mut shift = 63;
        while shift > 0 {
            if arc >> shift != 0 {
                content.push(0x80 | ((arc >> shift) & 0x7f) as u8);
            }
            shift -= 7;
        }
        content.push((arc & 0x7f) as u8);
    }
    value(OID, &content)
}

/// A BIT STRING of whole bytes.
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    nested(BIT_STRING, &[&[0][..], bytes])
}

/// A BIT STRING of named bits (keyUsage, nsCertType), bit 0 first, without trailing zero bits as DER wants it.
pub(crate) fn named_bits(set: &[u8]) -> Vec<u8> {
    let mut bytes = [0_u8; 2];
    for &bit in set {
        if let Some(byte) = bytes.get_mut(usize::from(bit / 8)) {
            *byte |= 0x80 >> (bit % 8);
        }
    }
    let used = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    let bytes = bytes.get(..used).unwrap_or_default();
    let unused = bytes.last().map_or(0, |last| last.trailing_zeros() as u8);
    nested(BIT_STRING, &[&[unused][..], bytes])
}

/// A value that was read: its tag, its content, and all of its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// The values inside a constructed value; `None` when they are malformed.
    pub(crate) fn values(self) -> Option<Vec<Value<'a>>> {
        let (mut rest, mut out) = (self.content, Vec::new());
        while !rest.is_empty() {
            let (value, after) = read(rest)?;
            out.push(value);
            rest = after;
        }
        Some(out)
    }
}

/// The first value and what follows it; `None` when there is none or it is malformed.
pub(crate) fn read(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    // Tags above 30 do not occur in what is read here.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (long, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if long.is_empty() || long.len() > 4 {
            return None;
        }
        length = long.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - after.len())?;
    Some((Value { tag, content, whole }, after))
}

/// The only value in `bytes`.
pub(crate) fn read_all(bytes: &[u8]) -> Option<Value<'_>> {
    read(bytes).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

/// The arcs of an OBJECT IDENTIFIER's content, dotted, for messages.
pub(crate) fn dotted(content: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0_u64;
    for &byte in content {
        arc = (arc << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// Encoded values that hold a private key, wiped after use.
pub(crate) fn secret(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(nested(tag, parts))
}

#[cfg(test)]
mod tests {
    use super::{INTEGER, OCTET_STRING, dotted, integer, named_bits, oid, read_all, value};

    // X.690, 8.1.3 and 8.3 to 8.19.
    #[test]
    fn lengths() {
        assert_eq!(value(OCTET_STRING, &[]), [4, 0]);
        assert_eq!(value(OCTET_STRING, &[0; 127]).get(..2), Some(&[4, 127][..]));
        assert_eq!(value(OCTET_STRING, &[0; 128]).get(..3), Some(&[4, 0x81, 128][..]));
        assert_eq!(value(OCTET_STRING, &[0; 256]).get(..4), Some(&[4, 0x82, 1, 0][..]));
        for length in [0, 1, 127, 128, 255, 256, 65_536] {
            let encoded = value(OCTET_STRING, &vec![7; length]);
            assert_eq!(read_all(&encoded).map(|v| v.content.len()), Some(length));
        }
    }

    #[test]
    fn integers() {
        assert_eq!(integer(&[]), [INTEGER, 1, 0]);
        assert_eq!(integer(&[0, 0, 1]), [INTEGER, 1, 1]);
        assert_eq!(integer(&[0x80]), [INTEGER, 2, 0, 0x80]);
    }

    #[test]
    fn object_identifiers() {
        assert_eq!(oid(&[2, 5, 29, 17]), [6, 3, 0x55, 0x1d, 0x11]);
        assert_eq!(oid(&[1, 2, 840, 113_549]), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
        assert_eq!(oid(&[2, 999, 3]), [6, 3, 0x88, 0x37, 3]);
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]), "1.2.840.113549");
    }

    #[test]
    fn bits() {
        // digitalSignature, keyEncipherment: openssl writes 03 02 05 a0.
        assert_eq!(named_bits(&[0, 2]), [3, 2, 5, 0xa0]);
        // decipherOnly is bit 8.
        assert_eq!(named_bits(&[8]), [3, 3, 7, 0, 0x80]);
        assert_eq!(named_bits(&[]), [3, 1, 0]);
    }

    #[test]
    fn malformed_values_are_none() {
        for bytes in
            [&[][..], &[4], &[4, 2, 0], &[4, 0x80], &[4, 0x81], &[4, 0x85, 1, 1, 1, 1, 1], &[0x1f, 1, 0], &[4, 0, 0]]
        {
            assert!(read_all(bytes).is_none(), "{bytes:?}");
        }
    }
}
