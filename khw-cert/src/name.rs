//! Distinguished names: from openssl's `-subj`, from certificates, and as openssl shows them.
//!
//! The string types are those that openssl 3.0 chooses: UTF8String, except where the standard wants another.

use crate::der;
use crate::name_format::NameFormat;
use khw_core::Error;

/// 2.5.4.3, content of its OBJECT IDENTIFIER.
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
/// 2.5.4.10, content of its OBJECT IDENTIFIER.
pub(crate) const ORGANIZATION: &[u8] = &[0x55, 4, 10];

/// An attribute type that openssl has a name for, the string type it writes it with, and its lengths.
struct Attribute {
    short: &'static str,
    long: &'static str,
    oid: &'static [u64],
    string: u8,
    min: usize,
    max: usize,
}

const fn attribute(short: &'static str, long: &'static str, oid: &'static [u64], string: u8, max: usize) -> Attribute {
    Attribute { short, long, oid, string, min: 1, max }
}

const ANY: usize = 32_768;

/// OpenSSL 3.0, crypto/asn1/tbl_standard.h: types and upper bounds (RFC 5280, appendix A).
const ATTRIBUTES: &[Attribute] = &[
    attribute("CN", "commonName", &[2, 5, 4, 3], der::UTF8_STRING, 64),
    attribute("O", "organizationName", &[2, 5, 4, 10], der::UTF8_STRING, 64),
    attribute("OU", "organizationalUnitName", &[2, 5, 4, 11], der::UTF8_STRING, 64),
    Attribute { min: 2, ..attribute("C", "countryName", &[2, 5, 4, 6], der::PRINTABLE_STRING, 2) },
    attribute("ST", "stateOrProvinceName", &[2, 5, 4, 8], der::UTF8_STRING, 128),
    attribute("L", "localityName", &[2, 5, 4, 7], der::UTF8_STRING, 128),
    attribute("street", "streetAddress", &[2, 5, 4, 9], der::UTF8_STRING, ANY),
    attribute("postalCode", "postalCode", &[2, 5, 4, 17], der::UTF8_STRING, ANY),
    attribute("emailAddress", "emailAddress", &[1, 2, 840, 113_549, 1, 9, 1], der::IA5_STRING, 128),
    attribute("DC", "domainComponent", &[0, 9, 2342, 19_200_300, 100, 1, 25], der::IA5_STRING, ANY),
    attribute("UID", "userId", &[0, 9, 2342, 19_200_300, 100, 1, 1], der::UTF8_STRING, ANY),
    attribute("serialNumber", "serialNumber", &[2, 5, 4, 5], der::PRINTABLE_STRING, 64),
    attribute("SN", "surname", &[2, 5, 4, 4], der::UTF8_STRING, ANY),
    attribute("GN", "givenName", &[2, 5, 4, 42], der::UTF8_STRING, ANY),
    attribute("name", "name", &[2, 5, 4, 41], der::UTF8_STRING, ANY),
    attribute("initials", "initials", &[2, 5, 4, 43], der::UTF8_STRING, ANY),
    attribute("title", "title", &[2, 5, 4, 12], der::UTF8_STRING, ANY),
    attribute("description", "description", &[2, 5, 4, 13], der::UTF8_STRING, ANY),
    attribute("businessCategory", "businessCategory", &[2, 5, 4, 15], der::UTF8_STRING, ANY),
    attribute("telephoneNumber", "telephoneNumber", &[2, 5, 4, 20], der::UTF8_STRING, ANY),
    attribute("generationQualifier", "generationQualifier", &[2, 5, 4, 44], der::UTF8_STRING, ANY),
    attribute("x500UniqueIdentifier", "x500UniqueIdentifier", &[2, 5, 4, 45], der::UTF8_STRING, ANY),
    attribute("dnQualifier", "dnQualifier", &[2, 5, 4, 46], der::PRINTABLE_STRING, ANY),
    attribute("pseudonym", "pseudonym", &[2, 5, 4, 65], der::UTF8_STRING, ANY),
    attribute("organizationIdentifier", "organizationIdentifier", &[2, 5, 4, 97], der::UTF8_STRING, ANY),
    attribute("unstructuredName", "unstructuredName", &[1, 2, 840, 113_549, 1, 9, 2], der::UTF8_STRING, ANY),
];

/// The DER of the name that openssl's `-subj` means: `/CN=system:node:worker-1/O=system:nodes`.
///
/// `\` takes the meaning away from `/`, `+` and `\`; `+` joins two attributes into one relative distinguished name. What
/// openssl skips with a warning (an unknown type, an empty value) is refused: a certificate without its group is no
/// use. The text is UTF-8, as with openssl's `-utf8`.
pub(crate) fn parse(text: &str) -> Result<Vec<u8>, Error> {
    let refuse = |what: String, hint: &str| Error::new(what).hint(hint);
    let rest = text.strip_prefix('/').ok_or_else(|| {
        refuse(
            format!("the subject '{}' does not start with '/'", text.escape_debug()),
            "write it as /CN=system:node:worker-1/O=system:nodes",
        )
    })?;
    let mut names: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut letters = rest.chars().peekable();
    let mut joined = false;
    while letters.peek().is_some() {
        let mut kind = String::new();
        loop {
            match letters.next() {
                Some('=') => break,
                Some(letter) => kind.push(letter),
                None => {
                    return Err(refuse(
                        format!("the subject has no '=' after '{}'", kind.escape_debug()),
                        r"write each part as TYPE=VALUE, and '/' or '+' inside a value as '\/' or '\+'",
                    ));
                }
            }
        }
        let (mut value, mut joins) = (String::new(), false);
        loop {
            match letters.next() {
                None | Some('/') => break,
                Some('+') => {
                    joins = true;
                    break;
                }
                Some('\\') => match letters.next() {
                    Some(letter) => value.push(letter),
                    None => {
                        return Err(refuse(r"the subject ends with '\'".to_owned(), r"write a backslash as '\\'"));
                    }
                },
                Some(letter) => value.push(letter),
            }
        }
        let encoded = encode(&kind, &value)?;
        match names.last_mut().filter(|_| joined) {
            Some(name) => name.push(encoded),
            None => names.push(vec![encoded]),
        }
        joined = joins;
    }
    Ok(der::sequence(&names.into_iter().map(der::set_of).collect::<Vec<_>>()))
}

/// The DER of a name of common name and organizations, in the tutorial's order.
pub(crate) fn identity(common_name: &str, organizations: &[&str]) -> Result<Vec<u8>, Error> {
    let mut names = vec![der::set_of(vec![encode("CN", common_name)?])];
    for organization in organizations {
        names.push(der::set_of(vec![encode("O", organization)?]));
    }
    Ok(der::sequence(&names))
}

fn encode(kind: &str, value: &str) -> Result<Vec<u8>, Error> {
    let shown = kind.escape_debug();
    let known = ATTRIBUTES.iter().find(|a| a.short == kind || a.long == kind);
    let (oid, string, min, max) = match known {
        Some(known) => (der::oid(known.oid), known.string, known.min, known.max),
        None => (numeric(kind).ok_or_else(|| unknown(kind))?, der::UTF8_STRING, 1, ANY),
    };
    if value.is_empty() {
        return Err(Error::new(format!("the subject's {shown} is empty")).hint("was a shell variable unset?"));
    }
    let length = value.chars().count();
    if length > max || length < min {
        let bound = if length > max { format!("over {max}") } else { format!("under {min}") };
        return Err(Error::new(format!("the subject's {shown} has {bound} characters")).hint(if length > max {
            "use a shorter one"
        } else {
            "use a longer one"
        }));
    }
    let fits = match string {
        der::PRINTABLE_STRING => value.chars().all(is_printable),
        der::IA5_STRING => value.is_ascii(),
        _ => true,
    };
    if !fits {
        return Err(Error::new(format!(
            "the subject's {shown} has a character that the standard does not allow there"
        ))
        .hint("use letters and digits of ASCII"));
    }
    Ok(der::sequence(&[oid, der::value(string, value.as_bytes())]))
}

/// X.680, 41.4.
fn is_printable(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || " '()+,-./:=?".contains(letter)
}

fn numeric(kind: &str) -> Option<Vec<u8>> {
    let arcs: Option<Vec<u64>> = kind.split('.').map(|arc| arc.parse().ok()).collect();
    arcs.filter(|arcs| matches!(arcs[..], [0 | 1, 0..40, ..] | [2, ..]) && arcs.len() > 1).map(|arcs| der::oid(&arcs))
}

fn unknown(kind: &str) -> Error {
    let error = Error::new(format!("the subject has an unknown type '{}'", kind.escape_debug()));
    match ATTRIBUTES.iter().find(|a| a.short.eq_ignore_ascii_case(kind) || a.long.eq_ignore_ascii_case(kind)) {
        Some(similar) => error.hint(format!("did you mean '{}'?", similar.short)),
        None => {
            error.hint(r"types are CN, O, OU, C, ST, L and so on; '/' or '+' inside a value is written '\/' or '\+'")
        }
    }
}

/// All values of one attribute type in a name, in order.
pub(crate) fn values(name: &[u8], oid: &[u8]) -> Vec<String> {
    let attributes = attributes(name).unwrap_or_default();
    attributes.iter().flatten().filter(|(kind, _)| kind.content == oid).filter_map(|(_, value)| text(*value)).collect()
}

/// The type of an attribute and its value.
pub(crate) type TypeAndValue<'a> = (der::Value<'a>, der::Value<'a>);

/// The relative distinguished names of a name, each with its attributes.
pub(crate) fn attributes(name: &[u8]) -> Option<Vec<Vec<TypeAndValue<'_>>>> {
    let mut out = Vec::new();
    for set in der::read_all(name)?.values()? {
        let mut joined = Vec::new();
        for attribute in set.values()? {
            match attribute.values()?[..] {
                [kind, value] if kind.tag == der::OID => joined.push((kind, value)),
                _ => return None,
            }
        }
        out.push(joined);
    }
    Some(out)
}

/// A string of any of the types that occur in names.
pub(crate) fn text(value: der::Value<'_>) -> Option<String> {
    match value.tag {
        der::UTF8_STRING => String::from_utf8(value.content.to_vec()).ok(),
        der::PRINTABLE_STRING | der::IA5_STRING | der::T61_STRING | 0x12 | 0x1a => {
            // T61 is read as Latin-1, as everybody does.
            Some(value.content.iter().map(|&b| char::from(b)).collect())
        }
        der::BMP_STRING => {
            let units: Vec<u16> =
                value.content.chunks(2).map(|c| c.iter().fold(0, |u, &b| (u << 8) | u16::from(b))).collect();
            String::from_utf16(&units).ok()
        }
        der::UNIVERSAL_STRING => {
            value.content.chunks(4).map(|c| char::from_u32(c.iter().fold(0, |u, &b| (u << 8) | u32::from(b)))).collect()
        }
        _ => None,
    }
}

/// A name as `openssl x509 -subject` of 3.0 shows it: `CN = system:node:worker-1, O = system:nodes`.
pub(crate) fn shown(name: &[u8]) -> String {
    NameFormat::default().one_line(name)
}

/// The short and the long name of an attribute type.
pub(crate) fn names_of(kind: der::Value<'_>) -> Option<(&'static str, &'static str)> {
    ATTRIBUTES.iter().find(|a| der::oid(a.oid) == kind.whole).map(|a| (a.short, a.long))
}

#[cfg(test)]
mod tests {
    use super::{COMMON_NAME, ORGANIZATION, parse, shown, values};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn the_tutorials_subject() {
        let name = parse("/CN=system:node:worker-1/O=system:nodes").unwrap();
        // From `openssl req -subj … -outform DER`, openssl 3.0.19.
        assert_eq!(
            hex(&name),
            "3036311d301b06035504030c1473797374656d3a6e6f64653a776f726b65722d31\
             31153013060355040a0c0c73797374656d3a6e6f646573"
        );
        assert_eq!(shown(&name), "CN = system:node:worker-1, O = system:nodes");
    }

    #[test]
    fn escapes_and_several_of_one_kind() {
        let name = parse(r"/O=a\/b/O=c\+d+CN=e\\f/C=DE/1.2.3=x").unwrap();
        assert_eq!(values(&name, ORGANIZATION), ["a/b", "c+d"]);
        assert_eq!(values(&name, COMMON_NAME), [r"e\f"]);
        assert_eq!(shown(&name), r#"O = a/b, CN = e\\f + O = "c+d", C = DE, 1.2.3 = x"#);
        assert_eq!(parse("/"), Ok(vec![0x30, 0]));
        assert_eq!(parse("/CN=a/"), parse("/CN=a"));
    }

    #[test]
    fn refused_subjects() {
        for (subject, what) in [
            ("CN=a", "the subject 'CN=a' does not start with '/'"),
            ("", "the subject '' does not start with '/'"),
            ("/CN=a/b", "the subject has no '=' after 'b'"),
            ("/CN=a\\", r"the subject ends with '\'"),
            ("/CN=/O=x", "the subject's CN is empty"),
            ("/XX=a", "the subject has an unknown type 'XX'"),
            ("/cn=a", "the subject has an unknown type 'cn'"),
            ("/9.1=a", "the subject has an unknown type '9.1'"),
            ("/C=DEU", "the subject's C has over 2 characters"),
            ("/C=D", "the subject's C has under 2 characters"),
            ("/C=D_", "the subject's C has a character that the standard does not allow there"),
            (&format!("/CN={}", "a".repeat(65)), "the subject's CN has over 64 characters"),
        ] {
            let error = parse(subject).unwrap_err();
            assert_eq!(error.what(), what);
            assert!(error.advice().is_some());
        }
    }
}
