//! The URL of an API server.

use khw_core::Error;
use std::fmt;
use std::str::FromStr;

/// The URL of an API server: scheme, host, perhaps port and path, and nothing that a shell should have expanded.
///
/// kubectl takes anything here, `https://:6443` from an unset variable included, and the kubelet then dials the wrong host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    url: String,
    host: String,
    port: Option<u16>,
    https: bool,
}

impl ServerUrl {
    /// The URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, or that of the scheme.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        const EXAMPLE: &str = "write it as https://192.168.5.30:6443";
        if text.is_empty() {
            return Err(Error::new("the server URL is empty").hint(format!("was a shell variable unset? {EXAMPLE}")));
        }
        // A URL may hold a password before the '@': then it is not shown.
        let shown = if text.contains('@') { String::new() } else { format!(" '{}'", text.escape_debug()) };
        let refuse = |what: &str, hint: &str| Err(Error::new(format!("the server URL{shown} {what}")).hint(hint));
        if text.contains('$') {
            return refuse("has '$' in it", "the shell did not expand a variable: use double quotes around it");
        }
        if text.contains(['{', '}']) {
            return refuse("has '{' or '}' in it", "a template was not filled in: write the server's address");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("has a blank in it", EXAMPLE);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("has no scheme", EXAMPLE);
        };
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return refuse("is neither https nor http", EXAMPLE),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return refuse("has a user name in it", "a user and its password belong to set-credentials");
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => match bracketed.split_once(']') {
                Some((host, rest)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, rest),
                _ => return refuse("has no IPv6 address between '[' and ']'", "write it as https://[fd00::30]:6443"),
            },
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        if host.is_empty() {
            return refuse("has no host", EXAMPLE);
        }
        if host.parse::<std::net::Ipv6Addr>().is_err() && !is_host_name(host) {
            return refuse("has no name or address as its host", EXAMPLE);
        }
        // No name ends in a number (RFC 3696, section 2): it is a mistyped address.
        let ends_in_number =
            host.rsplit('.').next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
        if ends_in_number && host.parse::<std::net::Ipv4Addr>().is_err() {
            return refuse("has no IPv4 address as its host, though it looks like one", EXAMPLE);
        }
        if host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
            return refuse("has no host's address: servers listen on it, nobody reaches one there", EXAMPLE);
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            Some(digits) => match digits.parse::<u16>() {
                Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Some(port),
                _ => return refuse("has no port number after the ':'", EXAMPLE),
            },
            None => return refuse("has something other than a port after the host", EXAMPLE),
        };
        Ok(ServerUrl { url: text.to_owned(), host: host.to_owned(), port, https })
    }
}

/// Refuses a proxy's URL that client-go cannot use (`parseProxyURL`, 1.32), or that a shell should have expanded.
///
/// # Errors
/// When it has no scheme, another than http, https and socks5, no host, or something in it that no URL has.
pub(crate) fn check_proxy_url(text: &str) -> Result<(), Error> {
    const EXAMPLE: &str = "write it as http://proxy.example.com:3128";
    // It may hold a password before the '@': then it is not shown.
    let shown = if text.contains('@') { String::new() } else { format!(" '{}'", text.escape_debug()) };
    let refuse = |what: &str, hint: &str| Err(Error::new(format!("the proxy URL{shown} {what}")).hint(hint));
    if text.contains('$') {
        return refuse("has '$' in it", "the shell did not expand a variable: use double quotes around it");
    }
    if text.contains(['{', '}']) {
        return refuse("has '{' or '}' in it", "a template was not filled in: write the proxy's address");
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return refuse("has a blank in it", EXAMPLE);
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return refuse("has no scheme", EXAMPLE);
    };
    if !["http", "https", "socks5"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return refuse("is none of http, https and socks5", EXAMPLE);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.is_empty() || host.starts_with(':') {
        return refuse("has no host", EXAMPLE);
    }
    Ok(())
}

/// Letters, digits, `-`, `_` and single dots; a dot at the end is that of a fully qualified name.
fn is_host_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::ServerUrl;

    #[test]
    fn takes_what_a_client_can_dial() {
        for (text, host, port) in [
            ("https://192.168.5.30:6443", "192.168.5.30", 6443),
            ("https://kubernetes.default.svc", "kubernetes.default.svc", 443),
            ("https://[fd00::30]:6443", "fd00::30", 6443),
            ("http://localhost/x/y", "localhost", 80),
            ("HTTPS://Master-1.", "Master-1.", 443),
        ] {
            let url = text.parse::<ServerUrl>();
            assert_eq!(
                url.map(|u| (u.to_string(), u.host().to_owned(), u.port())),
                Ok((text.into(), host.into(), port))
            );
        }
    }

    #[test]
    fn refuses_what_cannot_work() {
        for (text, what) in [
            ("", "the server URL is empty"),
            ("https://$IP:6443", "the server URL 'https://$IP:6443' has '$' in it"),
            ("https://{{ ip }}", "the server URL 'https://{{ ip }}' has '{' or '}' in it"),
            ("https://a b", "the server URL 'https://a b' has a blank in it"),
            (" https://a", "the server URL ' https://a' has a blank in it"),
            ("192.168.5.30:6443", "the server URL '192.168.5.30:6443' has no scheme"),
            ("ftp://a", "the server URL 'ftp://a' is neither https nor http"),
            ("https://:6443", "the server URL 'https://:6443' has no host"),
            ("https:///x", "the server URL 'https:///x' has no host"),
            ("https://", "the server URL 'https://' has no host"),
            (
                "https://10.0.0",
                "the server URL 'https://10.0.0' has no IPv4 address as its host, though it looks like one",
            ),
            (
                "https://[::]:6443",
                "the server URL 'https://[::]:6443' has no host's address: servers listen on it, nobody reaches one there",
            ),
            ("https://a:b", "the server URL 'https://a:b' has no port number after the ':'"),
            ("https://a:", "the server URL 'https://a:' has no port number after the ':'"),
            ("https://a:70000", "the server URL 'https://a:70000' has no port number after the ':'"),
            ("https://u:geheim@a", "the server URL has a user name in it"),
            ("https://[::1", "the server URL 'https://[::1' has no IPv6 address between '[' and ']'"),
            ("https://[::1]x", "the server URL 'https://[::1]x' has something other than a port after the host"),
            ("https://<IP>:6443", "the server URL 'https://<IP>:6443' has no name or address as its host"),
            ("https://a..b", "the server URL 'https://a..b' has no name or address as its host"),
        ] {
            let refused = text.parse::<ServerUrl>().map_err(|e| (e.what().to_owned(), e.advice().is_some()));
            assert_eq!(refused, Err((what.to_owned(), true)));
        }
    }

    #[test]
    fn knows_loopback() {
        for (text, loopback) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]", true),
            ("http://localhost", true),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(text.parse::<ServerUrl>().map(|u| u.is_loopback()), Ok(loopback));
        }
    }
}
