//! The proxy that the environment names, as curl takes it: `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`, and the hosts
//! of `no_proxy`, `NO_PROXY` that are reached without it.
//!
//! ureq's own reading is not used: it takes `HTTP_PROXY` for https too, and passes over networks (`10.0.0.0/8`) in `NO_PROXY`.

use khw_core::Error;
use std::net::IpAddr;
use ureq::{Proxy, ProxyProtocol};

/// The proxy for https, if there is one.
#[derive(Debug)]
pub(crate) struct Proxies {
    proxy: Option<Proxy>,
    without: Vec<Exception>,
}

/// What is reached without a proxy.
#[derive(Debug, PartialEq, Eq)]
enum Exception {
    /// `*`
    All,
    /// An address, or a network with so many leading bits.
    Network(IpAddr, u32),
    /// A host and all hosts below it, at this port only if one is named.
    Domain(String, Option<u16>),
}

impl Proxies {
    /// Reads the variables.
    ///
    /// # Errors
    /// When what is there is no address of a proxy. Its value is not shown: it may have a password in it.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()).map(|value| (*name, value)))
        };
        let proxy = match first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) {
            None => None,
            Some((name, value)) => Some(parse(&value).map_err(|e| e.field(name))?),
        };
        let without = first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| exceptions(&value)).unwrap_or_default();
        Ok(Proxies { proxy, without })
    }

    /// The proxy for the hosts that have no exception.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// Whether this host is reached through it.
    pub(crate) fn serves(&self, host: &str, port: u16) -> bool {
        self.proxy.is_some() && !self.without.iter().any(|exception| exception.has(host, port))
    }
}

fn parse(value: &str) -> Result<Proxy, Error> {
    let hint = "write it as http://HOST:PORT";
    let proxy = Proxy::new(value).map_err(|_| Error::new("is not the address of a proxy").hint(hint))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ => Err(Error::new("is a SOCKS proxy, which khw-install does not speak").hint(hint)),
    }
}

/// Separated by commas or white space. What is not understood is a name that no host has.
fn exceptions(list: &str) -> Vec<Exception> {
    let words = list.split([',', ' ', '\t']).filter(|word| !word.is_empty());
    words.map(Exception::new).collect()
}

impl Exception {
    fn new(word: &str) -> Self {
        if word == "*" {
            return Exception::All;
        }
        let (address, bits) = word.split_once('/').map_or((word, None), |(address, bits)| (address, Some(bits)));
        if let Ok(address) = bare(address).parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            match bits.map(str::parse) {
                None => return Exception::Network(address, all),
                Some(Ok(bits)) if bits <= all => return Exception::Network(address, bits),
                Some(_) => {}
            }
        }
        let (name, port) = match word.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, port.parse().ok()),
            _ => (word, None),
        };
        let name = name.trim_start_matches('*').trim_matches('.').to_ascii_lowercase();
        Exception::Domain(name, port)
    }

    fn has(&self, host: &str, port: u16) -> bool {
        match self {
            Exception::All => true,
            Exception::Network(network, bits) => bare(host)
                .parse()
                .is_ok_and(|address: IpAddr| first_bits(address, *bits) == first_bits(*network, *bits)),
            Exception::Domain(name, only) => {
                let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                !name.is_empty() && below && only.is_none_or(|only| only == port)
            }
        }
    }
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The network's part of an address, and which family it is of.
fn first_bits(address: IpAddr, bits: u32) -> (bool, u128) {
    let (all, number) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    (address.is_ipv4(), number.checked_shr(all - bits).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::Proxies;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, String> {
        let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Proxies::from_environment(get).map_err(|e| e.to_string())
    }

    #[test]
    fn the_first_variable_that_says_something_counts() {
        let host = |variables: &[(&str, &str)]| {
            proxies(variables).unwrap().proxy().map(|p| format!("{}:{}", p.host(), p.port()))
        };
        assert_eq!(host(&[]), None);
        assert_eq!(host(&[("http_proxy", "http://a:1"), ("HTTP_PROXY", "http://a:1")]), None, "it is for http");
        let both =
            [("ALL_PROXY", "http://all:1"), ("HTTPS_PROXY", "upper:2"), ("https_proxy", "http://me:secret@lower:3")];
        assert_eq!(host(&both), Some("lower:3".to_owned()));
        assert_eq!(host(&both[..2]), Some("upper:2".to_owned()));
        assert_eq!(host(&[("https_proxy", ""), both[0]]), Some("all:1".to_owned()));
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_password() {
        for (value, what) in [
            ("http://", "https_proxy: is not the address of a proxy"),
            ("http://me:secret@", "https_proxy: is not the address of a proxy"),
            ("ftp://me:secret@proxy", "https_proxy: is not the address of a proxy"),
            ("socks5://me:secret@proxy", "https_proxy: is a SOCKS proxy, which khw-install does not speak"),
        ] {
            assert_eq!(proxies(&[("https_proxy", value)]).map(|_| ()), Err(what.to_owned()), "{value}");
        }
    }

    #[test]
    fn exceptions_are_names_addresses_and_networks() {
        for (list, host, without) in [
            ("", "dl.k8s.io", false),
            ("*", "dl.k8s.io", true),
            ("k8s.io", "dl.k8s.io", true),
            (".k8s.io", "dl.k8s.io", true),
            ("*.k8s.io", "dl.k8s.io", true),
            ("K8S.IO", "dl.k8s.io.", true),
            ("s.io", "dl.k8s.io", false),
            ("l.k8s.io", "dl.k8s.io", false),
            ("localhost, k8s.io", "dl.k8s.io", true),
            ("localhost k8s.io", "k8s.io", true),
            ("k8s.io:443", "dl.k8s.io", true),
            ("k8s.io:8443", "dl.k8s.io", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("10.0.0.0/8", "10.20.30.40", true),
            ("10.0.0.0/8", "11.20.30.40", false),
            ("10.0.0.0/8", "10.example.com", false),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "[2001:db8::1]", false),
            ("2001:db8::/32", "[2001:db8::1]", true),
            ("[2001:db8::1]", "[2001:db8::1]", true),
            ("2001:db8::/32", "[2001:db9::1]", false),
            ("10.0.0.0/33", "10.0.0.1", false),
            ("::/0", "[2001:db8::1]", true),
            (".", "dl.k8s.io", false),
        ] {
            let found = proxies(&[("all_proxy", "proxy:3128"), ("no_proxy", list)]).unwrap();
            assert_eq!(found.serves(host, 443), !without, "{list}: {host}");
        }
    }
}
