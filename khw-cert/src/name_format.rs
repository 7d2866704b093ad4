//! Names for a person: openssl's `-nameopt` (X509_NAME_print_ex of OpenSSL 3.0), its old one-line form, and the hash of
//! a name.

use crate::der::{self, Value};
use crate::name::{self, TypeAndValue};
use khw_core::Error;

/// What stands between the parts of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Comma,
    CommaSpace,
    SemicolonSpace,
    Lines,
}

/// How a type of attribute is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    Short,
    Long,
    Oid,
}

/// Which letters are escaped, and what is dumped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Strings {
    esc_2253: bool,
    esc_ctrl: bool,
    esc_msb: bool,
    use_quote: bool,
    utf8: bool,
    ignore_type: bool,
    show_type: bool,
    dump_all: bool,
    dump_nostr: bool,
    dump_der: bool,
}

/// A format of names, of openssl's `-nameopt`. The default is that of `openssl x509`: `oneline`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameFormat {
    separator: Option<Separator>,
    reversed: bool,
    field: Field,
    align: bool,
    space_eq: bool,
    dump_unknown: bool,
    strings: Strings,
}

const RFC2253: Strings = Strings {
    esc_2253: true,
    esc_ctrl: true,
    esc_msb: true,
    use_quote: false,
    utf8: true,
    ignore_type: false,
    show_type: false,
    dump_all: false,
    dump_nostr: true,
    dump_der: true,
};

/// openssl's word for it: nothing chosen.
const COMPAT: NameFormat = NameFormat {
    separator: None,
    reversed: false,
    field: Field::Short,
    align: false,
    space_eq: false,
    dump_unknown: false,
    strings: Strings {
        esc_2253: false,
        esc_ctrl: false,
        esc_msb: false,
        use_quote: false,
        utf8: false,
        ignore_type: false,
        show_type: false,
        dump_all: false,
        dump_nostr: false,
        dump_der: false,
    },
};

const ONE_LINE: NameFormat = NameFormat {
    separator: Some(Separator::CommaSpace),
    space_eq: true,
    strings: Strings { use_quote: true, ..RFC2253 },
    ..COMPAT
};

const OPTIONS: &str = "RFC2253, oneline, multiline, compat, esc_2253, esc_ctrl, esc_msb, use_quote, utf8, ignore_type, \
                       show_type, dump_all, dump_nostr, dump_der, dump_unknown, sep_comma_plus, sep_comma_plus_space, \
                       sep_semi_plus_space, sep_multiline, dn_rev, nofname, sname, lname, oid, align, space_eq";

impl Default for NameFormat {
    fn default() -> Self {
        ONE_LINE
    }
}

impl std::str::FromStr for NameFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut format = COMPAT;
        for word in text.split(',') {
            let (on, name) = match word.strip_prefix('-') {
                Some(name) => (false, name),
                None => (true, word.strip_prefix('+').unwrap_or(word)),
            };
            format.set(name, on).ok_or_else(|| {
                Error::new(format!("'{}' is not an option of names", word.escape_debug()))
                    .hint(format!("it is one of {OPTIONS}, with ',' between"))
            })?;
        }
        if format != COMPAT && format.separator.is_none() {
            format.separator = Some(Separator::CommaSpace);
        }
        Ok(format)
    }
}

impl NameFormat {
    fn set(&mut self, name: &str, on: bool) -> Option<()> {
        let separator = |separator| if on { Some(separator) } else { None };
        let strings = &mut self.strings;
        match name {
            "RFC2253" if on => {
                let separator = Some(Separator::Comma);
                *self = NameFormat { separator, reversed: true, dump_unknown: true, strings: RFC2253, ..COMPAT };
            }
            "oneline" if on => *self = ONE_LINE,
            "multiline" if on => {
                let strings = Strings { esc_ctrl: true, esc_msb: true, ..Strings::default() };
                let separator = Some(Separator::Lines);
                *self = NameFormat { separator, field: Field::Long, align: true, space_eq: true, strings, ..COMPAT };
            }
            "compat" if on => *self = COMPAT,
            "esc_2253" => strings.esc_2253 = on,
            "esc_ctrl" => strings.esc_ctrl = on,
            "esc_msb" => strings.esc_msb = on,
            "use_quote" => strings.use_quote = on,
            "utf8" => strings.utf8 = on,
            "ignore_type" => strings.ignore_type = on,
            "show_type" => strings.show_type = on,
            "dump_all" => strings.dump_all = on,
            "dump_nostr" => strings.dump_nostr = on,
            "dump_der" => strings.dump_der = on,
            "dump_unknown" => self.dump_unknown = on,
            "sep_comma_plus" => self.separator = separator(Separator::Comma),
            "sep_comma_plus_space" => self.separator = separator(Separator::CommaSpace),
            "sep_semi_plus_space" => self.separator = separator(Separator::SemicolonSpace),
            "sep_multiline" => self.separator = separator(Separator::Lines),
            "dn_rev" => self.reversed = on,
            "nofname" => self.field = if on { Field::None } else { Field::Short },
            "sname" => self.field = Field::Short,
            "lname" => self.field = if on { Field::Long } else { Field::Short },
            "oid" => self.field = if on { Field::Oid } else { Field::Short },
            "align" => self.align = on,
            "space_eq" => self.space_eq = on,
            _ => return None,
        }
        Some(())
    }

    /// `-subject` and `-issuer`, after `subject=`, with the line's end.
    pub(crate) fn after_title(&self, name: &[u8]) -> String {
        match self.separator {
            Some(Separator::Lines) => format!("\n{}\n", self.format(name, 4)),
            _ => format!("{}\n", self.one_line(name)),
        }
    }

    /// `Issuer:` and `Subject:` of `-text`, after the colon, with the line's end.
    pub(crate) fn in_text(&self, name: &[u8]) -> String {
        match self.separator {
            Some(Separator::Lines) => format!("\n{}\n", self.format(name, 12)),
            None => format!(" {}\n", with_commas(&old_one_line(name))),
            Some(_) => format!(" {}\n", self.format(name, 0)),
        }
    }

    /// Without a line's end, unless the format is of several lines.
    pub(crate) fn one_line(&self, name: &[u8]) -> String {
        if self.separator.is_none() { old_one_line(name) } else { self.format(name, 0) }
    }

    fn format(&self, name: &[u8], indent: usize) -> String {
        let Some(mut names) = name::attributes(name) else { return "(malformed)".to_owned() };
        let (between, joining) = match self.separator {
            Some(Separator::Comma) => (",", "+"),
            Some(Separator::SemicolonSpace) => ("; ", " + "),
            Some(Separator::Lines) => ("\n", " + "),
            Some(Separator::CommaSpace) | None => (", ", " + "),
        };
        let pad = " ".repeat(indent);
        if self.reversed {
            names.reverse();
            names.iter_mut().for_each(|joined| joined.reverse());
        }
        let joined = |joined: &Vec<TypeAndValue<'_>>| {
            let parts: Vec<_> = joined.iter().map(|(kind, value)| self.attribute(*kind, *value)).collect();
            format!("{pad}{}", parts.join(joining))
        };
        names.iter().map(joined).collect::<Vec<_>>().join(between)
    }

    fn attribute(&self, kind: Value<'_>, value: Value<'_>) -> String {
        let known = name::names_of(kind);
        let (field, width) = match (known, self.field) {
            (_, Field::None) => (String::new(), 0),
            (Some((short, _)), Field::Short) => (short.to_owned(), 10),
            (Some((_, long)), Field::Long) => (long.to_owned(), 25),
            (None, _) | (_, Field::Oid) => (der::dotted(kind.content), 0),
        };
        let equals = match (self.field, self.space_eq) {
            (Field::None, _) => "",
            (_, true) => " = ",
            (_, false) => "=",
        };
        let width = if self.align { width } else { 0 };
        format!("{field:width$}{equals}{}", self.strings.value(value, known.is_none() && self.dump_unknown))
    }
}

impl Strings {
    /// One value; `dump` says that it is shown in hexadecimal whatever it is.
    fn value(&self, value: Value<'_>, dump: bool) -> String {
        let text = if self.ignore_type { Some(bytes_as_text(value.content)) } else { name::text(value) };
        let mut out = String::new();
        if self.show_type {
            out.push_str(type_name(value.tag));
            out.push(':');
        }
        let text = match text {
            Some(text) if !self.dump_all && !dump => text,
            None if !self.dump_nostr && !self.dump_all && !dump => bytes_as_text(value.content),
            _ => {
                let bytes = if self.dump_der { value.whole } else { value.content };
                out.push('#');
                out.push_str(&crate::hex::upper(bytes));
                return out;
            }
        };
        let mut quotes = false;
        let last = text.chars().count().saturating_sub(1);
        let mut escaped = String::new();
        // Not converted, a letter is shown by its number.
        let bytes = !self.utf8;
        for (at, letter) in text.chars().enumerate() {
            let special = self.esc_2253
                && (matches!(letter, ',' | '+' | '<' | '>' | ';')
                    || (letter == '#' && at == 0)
                    || (letter == ' ' && (at == 0 || at == last)));
            match letter {
                _ if special && self.use_quote => {
                    quotes = true;
                    escaped.push(letter);
                }
                '"' if self.esc_2253 => escaped.push_str("\\\""),
                _ if special => escaped.extend(['\\', letter]),
                '\\' if self.esc_2253 || self.esc_ctrl || self.esc_msb => escaped.push_str("\\\\"),
                '\0'..=' ' | '\x7f' if self.esc_ctrl && letter != ' ' => {
                    escaped.push_str(&format!("\\{:02X}", u32::from(letter)));
                }
                '\0'..='\x7f' => escaped.push(letter),
                _ if bytes && u32::from(letter) > 0xffff => escaped.push_str(&format!("\\W{:08X}", u32::from(letter))),
                _ if bytes && u32::from(letter) > 0xff => escaped.push_str(&format!("\\U{:04X}", u32::from(letter))),
                _ if self.esc_msb && bytes => escaped.push_str(&format!("\\{:02X}", u32::from(letter))),
                _ if self.esc_msb => {
                    for byte in letter.to_string().bytes() {
                        escaped.push_str(&format!("\\{byte:02X}"));
                    }
                }
                _ => escaped.push(letter),
            }
        }
        if quotes {
            out.push('"');
            out.push_str(&escaped);
            out.push('"');
        } else {
            out.push_str(&escaped);
        }
        out
    }
}

fn bytes_as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

fn type_name(tag: u8) -> &'static str {
    match tag {
        der::UTF8_STRING => "UTF8STRING",
        der::PRINTABLE_STRING => "PRINTABLESTRING",
        der::T61_STRING => "T61STRING",
        der::IA5_STRING => "IA5STRING",
        der::BMP_STRING => "BMPSTRING",
        der::UNIVERSAL_STRING => "UNIVERSALSTRING",
        0x12 => "NUMERICSTRING",
        0x1a => "VISIBLESTRING",
        der::OCTET_STRING => "OCTET STRING",
        der::INTEGER => "INTEGER",
        der::BIT_STRING => "BIT STRING",
        der::SEQUENCE => "SEQUENCE",
        der::SET => "SET",
        _ => "(unknown)",
    }
}

/// X509_NAME_oneline: `/CN=system:node:worker-1/O=system:nodes`.
pub(crate) fn old_one_line(name: &[u8]) -> String {
    let Some(names) = name::attributes(name) else { return "(malformed)".to_owned() };
    let mut out = String::new();
    let parts = names.iter().flat_map(|joined| joined.iter().enumerate());
    for (at, (kind, value)) in parts {
        let kind = name::names_of(*kind).map_or_else(|| der::dotted(kind.content), |(short, _)| short.to_owned());
        out.push_str(&format!("{}{kind}=", if at == 0 { '/' } else { '+' }));
        // Of a UniversalString whose letters all fit into a byte only these are shown.
        let narrow = value.tag == der::UNIVERSAL_STRING && value.content.chunks(4).all(|c| matches!(c, [0, 0, 0, _]));
        let bytes: Vec<u8> = if narrow {
            value.content.chunks(4).filter_map(|c| c.last().copied()).collect()
        } else {
            value.content.to_vec()
        };
        for byte in bytes {
            match byte {
                b'/' | b'+' => out.extend(['\\', char::from(byte)]),
                b' '..=b'~' => out.push(char::from(byte)),
                _ => out.push_str(&format!("\\x{byte:02X}")),
            }
        }
    }
    out
}

/// X509_NAME_print: `, ` in place of each `/` before a type of one or two capitals.
fn with_commas(old: &str) -> String {
    let mut out = String::new();
    let rest = old.strip_prefix('/').unwrap_or(old);
    for (at, letter) in rest.char_indices() {
        let after = rest.as_bytes().get(at + 1..).unwrap_or_default();
        match (letter, after) {
            ('/', [b'A'..=b'Z', b'=', ..] | [b'A'..=b'Z', b'A'..=b'Z', b'=', ..]) => out.push_str(", "),
            _ => out.push(letter),
        }
    }
    out
}

/// openssl's `-hash`: the first four bytes, little-endian, of the SHA-1 of the name's canonical form.
pub(crate) fn hash(name: &[u8]) -> Option<u32> {
    let canonical = canonical(name)?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &canonical);
    let first: [u8; 4] = digest.as_ref().get(..4)?.try_into().ok()?;
    Some(u32::from_le_bytes(first))
}

/// The form in which openssl compares names: strings are UTF-8, lower case, and have one blank where there were several.
pub(crate) fn canonical(name: &[u8]) -> Option<Vec<u8>> {
    let mut canonical = Vec::new();
    for joined in name::attributes(name)? {
        let encoded = joined.iter().map(|(kind, value)| {
            let value = match name::text(*value).filter(|_| value.tag != 0x12) {
                Some(text) => {
                    let blank = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
                    let words: Vec<_> = text.split(blank).filter(|w| !w.is_empty()).collect();
                    der::value(der::UTF8_STRING, words.join(" ").to_ascii_lowercase().as_bytes())
                }
                None => value.whole.to_vec(),
            };
            der::sequence(&[kind.whole, &value])
        });
        canonical.extend(der::set_of(encoded.collect()));
    }
    Some(canonical)
}

#[cfg(test)]
mod tests {
    use super::{NameFormat, hash, old_one_line};
    use crate::name::parse;

    // Each seen with openssl 3.0.19: `openssl req -subj … -nameopt … -subject`.
    #[test]
    fn formats_are_openssls() {
        let name = parse(r#"/CN=a, b/O=x+OU=#y/C=DE/L= z \\ "q"/street=wörker"#).unwrap();
        for (options, shown) in [
            ("oneline", r##"CN = "a, b", O = x + OU = "#y", C = DE, L = " z \\ \"q\"", street = w\C3\B6rker"##),
            ("RFC2253", r##"street=w\C3\B6rker,L=\ z \\ \"q\",C=DE,OU=\#y+O=x,CN=a\, b"##),
            ("oneline,-esc_msb", r##"CN = "a, b", O = x + OU = "#y", C = DE, L = " z \\ \"q\"", street = wörker"##),
        ] {
            assert_eq!(options.parse::<NameFormat>().unwrap().one_line(&name), shown, "{options}");
        }
        assert_eq!(old_one_line(&parse("/CN=a/O=wörker").unwrap()), r"/CN=a/O=w\xC3\xB6rker");
        assert_eq!(
            "bogus".parse::<NameFormat>().map_err(|e| e.what().to_owned()),
            Err("'bogus' is not an option of names".to_owned())
        );
    }

    #[test]
    fn the_hash_is_of_the_canonical_form() {
        // openssl x509 -hash of a certificate with this subject.
        assert_eq!(hash(&parse("/CN=KUBERNETES-CA/O=Kubernetes").unwrap()), Some(0x2bb1_0c5d));
        assert_eq!(hash(&parse("/CN=  kubernetes-ca /O=Kubernetes").unwrap()), Some(0x2bb1_0c5d));
    }
}
