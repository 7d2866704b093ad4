//! Subject alternative names as a person types them: `192.168.5.21`, `worker-1.example.com`.

use crate::extension::AlternativeName;
use khw_core::Error;

/// An IP address, or else a DNS name, whose first label may be `*`.
pub(crate) fn parse(text: &str) -> Result<AlternativeName, Error> {
    if let Ok(ip) = text.parse() {
        return Ok(AlternativeName::Ip(ip));
    }
    let shown = text.escape_debug();
    if text.is_empty() {
        return Err(Error::new("a name is empty").field("<SAN>").hint("was a shell variable unset?"));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // 300.1.2.3 or 192.168.5 is an address that was mistyped, no name.
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if numeric || text.len() > 253 || !text.strip_prefix("*.").unwrap_or(text).split('.').all(label) {
        return Err(Error::new(format!("'{shown}' is neither an IP address nor a DNS name"))
            .field("<SAN>")
            .hint("write it as 192.168.5.21 or worker-1.example.com"));
    }
    Ok(AlternativeName::Dns(text.to_owned()))
}

/// Adds names in their order, each once.
pub(crate) fn add<'a>(names: &mut Vec<AlternativeName>, texts: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
    for text in texts {
        let name = parse(text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::extension::AlternativeName;

    #[test]
    fn addresses_and_names() {
        assert_eq!(parse("192.168.5.21"), Ok(AlternativeName::Ip([192, 168, 5, 21].into())));
        assert_eq!(parse("::1"), Ok(AlternativeName::Ip([0, 0, 0, 0, 0, 0, 0, 1_u16].into())));
        for name in ["a", "worker-1.example.com", "*.example.com", "10a.b"] {
            assert_eq!(parse(name), Ok(AlternativeName::Dns(name.to_owned())));
        }
        for name in ["", "a b", "a..b", "a.", "-a", "300.1.2.3", "192.168.5", "http://a", "DNS:a", "*", "a.*.b", "ä"] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
