//! The services' range: its tenth address is by convention the cluster's DNS service.

use crate::component::{cidr, network};
use khw_core::Error;
use std::net::IpAddr;

/// A range of IPv4 or IPv6 addresses for services, or one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceCidr(Vec<(IpAddr, u32)>);

impl ServiceCidr {
    /// Reads `10.96.0.0/16`, or two with a comma.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let ranges: Vec<&str> = text.split(',').map(str::trim).collect();
        if ranges.len() > 2 {
            return Err(Error::new("has more than two ranges").hint("one of IPv4, one of IPv6, or both with a comma"));
        }
        let range = |range: &str| {
            let (address, prefix) = cidr(range).ok_or_else(|| {
                Error::new(format!("'{}' is not a CIDR range", range.escape_debug())).hint("write it as 10.96.0.0/16")
            })?;
            if prefix + 4 > if address.is_ipv4() { 32 } else { 128 } {
                return Err(Error::new(format!("'{range}' has no tenth address")).hint("use a range of /28 or wider"));
            }
            Ok((network(address, prefix), prefix))
        };
        ranges.into_iter().map(range).collect::<Result<_, _>>().map(ServiceCidr)
    }

    /// The first of the cluster's DNS addresses that is in no range. A link-local one belongs to a cache on the node.
    pub(crate) fn outside<'a>(&self, dns: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let link_local = |a: &IpAddr| matches!(a, IpAddr::V4(v4) if v4.is_link_local());
        dns.into_iter().find(|text| text.parse().is_ok_and(|a| !self.contains(a) && !link_local(&a)))
    }

    /// The tenth address of each range.
    pub(crate) fn dns(&self) -> Vec<IpAddr> {
        let tenth = |network: IpAddr| match network {
            IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() | 10).into()),
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() | 10).into()),
        };
        self.0.iter().map(|&(network, _)| tenth(network)).collect()
    }

    /// Whether one of the ranges has this address.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|&(of, prefix)| of.is_ipv4() == address.is_ipv4() && network(address, prefix) == of)
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceCidr;

    #[test]
    fn the_tenth_address() {
        for (range, dns) in [
            ("10.96.0.0/16", "10.96.0.10"),
            ("10.32.0.0/24", "10.32.0.10"),
            ("10.96.0.5/12", "10.96.0.10"),
            ("192.168.1.16/28", "192.168.1.26"),
            ("0.0.0.0/0", "0.0.0.10"),
            ("fd00:1::/108", "fd00:1::a"),
            ("::/0", "::a"),
            ("10.96.0.0/16,fd00::/112", "10.96.0.10 fd00::a"),
        ] {
            let found = ServiceCidr::parse(range).map(|c| c.dns().iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(found.map(|f| f.join(" ")).as_deref(), Ok(dns), "{range}");
        }
    }

    #[test]
    fn contains_its_own_addresses_only() -> Result<(), Box<dyn std::error::Error>> {
        let range = ServiceCidr::parse("10.96.0.0/16")?;
        assert!(range.contains("10.96.255.255".parse()?));
        assert!(!range.contains("10.97.0.0".parse()?) && !range.contains("::a".parse()?));
        Ok(())
    }

    #[test]
    fn refuses_what_has_no_tenth_address() {
        for (range, what) in [
            ("10.96.0.0", "'10.96.0.0' is not a CIDR range"),
            ("", "'' is not a CIDR range"),
            ("10.96.0.0/29", "'10.96.0.0/29' has no tenth address"),
            ("fd00::/125", "'fd00::/125' has no tenth address"),
            ("a,b,c", "has more than two ranges"),
        ] {
            assert_eq!(ServiceCidr::parse(range).map_err(|e| e.what().to_owned()), Err(what.to_owned()));
        }
    }
}
