//! Bytes in hexadecimal, in the four ways in which openssl writes them.

/// Upper case, two digits a byte: serial numbers and moduli.
pub(crate) fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Upper case with colons: fingerprints and key identifiers.
pub(crate) fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Lower case with colons.
pub(crate) fn lower_colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// Lower case with colons, `width` bytes a line, each line indented and ended.
pub(crate) fn lines(bytes: &[u8], width: usize, indent: usize) -> String {
    let mut out = String::new();
    let last = bytes.len().div_ceil(width.max(1)).saturating_sub(1);
    for (at, line) in bytes.chunks(width.max(1)).enumerate() {
        out.push_str(&" ".repeat(indent));
        out.push_str(&lower_colons(line));
        out.push_str(if at < last { ":\n" } else { "\n" });
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn four_ways() {
        assert_eq!(super::upper(&[0xab, 1]), "AB01");
        assert_eq!(super::colons(&[0xab, 1]), "AB:01");
        assert_eq!(super::lines(&[0xab, 1, 2], 2, 1), " ab:01:\n 02\n");
        assert_eq!(super::lines(&[], 2, 1), "");
    }
}
