//! `khw-cert node`: key and certificate of a kubelet, for its API and towards the API server.

use crate::args;
use crate::extension::AlternativeName;
use crate::leaf::{self, Leaf};
use khw_core::{Error, Exit, NodeName};

pub(crate) fn run(arguments: &args::Node) -> anyhow::Result<Exit> {
    let node = &arguments.name;
    let mut names = vec![AlternativeName::Dns(node.to_string())];
    for text in &arguments.names {
        let name = alternative_name(text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let user = node.user();
    let leaf = Leaf {
        stem: node.as_str(),
        common_name: &user,
        organization: NodeName::GROUP,
        names: &names,
        server: true,
        days: arguments.days,
    };
    leaf::make(&leaf, &arguments.signer, &arguments.making)?;
    Ok(Exit::Done)
}

/// An IP address, or else a DNS name, whose first label may be `*`.
fn alternative_name(text: &str) -> Result<AlternativeName, Error> {
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

#[cfg(test)]
mod tests {
    use super::alternative_name;
    use crate::extension::AlternativeName;

    #[test]
    fn addresses_and_names() {
        assert_eq!(alternative_name("192.168.5.21"), Ok(AlternativeName::Ip([192, 168, 5, 21].into())));
        assert_eq!(alternative_name("::1"), Ok(AlternativeName::Ip([0, 0, 0, 0, 0, 0, 0, 1_u16].into())));
        for name in ["a", "worker-1.example.com", "*.example.com", "10a.b"] {
            assert_eq!(alternative_name(name), Ok(AlternativeName::Dns(name.to_owned())));
        }
        for name in ["", "a b", "a..b", "a.", "-a", "300.1.2.3", "192.168.5", "http://a", "DNS:a", "*", "a.*.b", "ä"] {
            assert!(alternative_name(name).is_err(), "{name}");
        }
    }
}
