//! The range of service addresses, of which the API server has the first.

use khw_core::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// `10.96.0.0/16`, or two with a comma between for both families, as kube-apiserver's `--service-cluster-ip-range`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceRange {
    ranges: Vec<(IpAddr, u8)>,
}

impl ServiceRange {
    /// The addresses of the service `kubernetes`: the first after each range's own.
    pub(crate) fn api_server(&self) -> Vec<IpAddr> {
        self.ranges
            .iter()
            .map(|(ip, prefix)| match ip {
                IpAddr::V4(ip) => {
                    let mask = u32::MAX.checked_shl(32 - u32::from(*prefix)).unwrap_or(0);
                    IpAddr::V4(Ipv4Addr::from((u32::from(*ip) & mask) + 1))
                }
                IpAddr::V6(ip) => {
                    let mask = u128::MAX.checked_shl(128 - u32::from(*prefix)).unwrap_or(0);
                    IpAddr::V6(Ipv6Addr::from((u128::from(*ip) & mask) + 1))
                }
            })
            .collect()
    }

    /// The range that an address is in, as it is written.
    pub(crate) fn containing(&self, address: IpAddr) -> Option<String> {
        let same = |ip: &IpAddr, prefix: u8| match (ip, address.to_canonical()) {
            (IpAddr::V4(ip), IpAddr::V4(address)) => {
                (u32::from(*ip) ^ u32::from(address)).checked_shr(32 - u32::from(prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V6(ip), IpAddr::V6(address)) => {
                (u128::from(*ip) ^ u128::from(address)).checked_shr(128 - u32::from(prefix)).unwrap_or(0) == 0
            }
            _ => false,
        };
        self.ranges.iter().find(|(ip, prefix)| same(ip, *prefix)).map(|(ip, prefix)| format!("{ip}/{prefix}"))
    }
}

/// 10.96.0.0/16, in which the tutorial's clusterDNS is.
impl Default for ServiceRange {
    fn default() -> Self {
        ServiceRange { ranges: vec![(IpAddr::from([10, 96, 0, 0]), 16)] }
    }
}

impl FromStr for ServiceRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || {
            Error::new(format!("'{}' is not a range of addresses", text.escape_debug()))
                .hint("write it as 10.96.0.0/16, and a second one of the other family after a comma")
        };
        let range = |part: &str| {
            let (ip, prefix) = part.split_once('/')?;
            let (ip, prefix): (IpAddr, u8) = (ip.parse().ok()?, prefix.parse().ok()?);
            // The API server wants room for at least two addresses.
            let longest = if ip.is_ipv4() { 30 } else { 126 };
            (1..=longest).contains(&prefix).then_some((ip, prefix))
        };
        let ranges: Vec<_> = text.split(',').map(range).collect::<Option<_>>().ok_or_else(refuse)?;
        match ranges[..] {
            [_] => Ok(ServiceRange { ranges }),
            [(a, _), (b, _)] if a.is_ipv4() != b.is_ipv4() => Ok(ServiceRange { ranges }),
            _ => Err(refuse()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceRange;

    #[test]
    fn the_first_address_is_the_api_servers() {
        assert_eq!("10.96.0.0/16".parse(), Ok(ServiceRange::default()));
        for (range, first) in [
            ("10.96.0.0/16", vec!["10.96.0.1"]),
            ("10.32.0.0/24", vec!["10.32.0.1"]),
            ("10.96.7.9/12", vec!["10.96.0.1"]),
            ("fd00:10:96::/112", vec!["fd00:10:96::1"]),
            ("10.96.0.0/16,fd00::/108", vec!["10.96.0.1", "fd00::1"]),
        ] {
            let addresses: Vec<String> =
                range.parse::<ServiceRange>().unwrap().api_server().iter().map(ToString::to_string).collect();
            assert_eq!(addresses, first);
        }
        let range: ServiceRange = "10.96.7.9/12,fd00::/108".parse().unwrap();
        for (address, inside) in [
            ("10.96.0.1", Some("10.96.7.9/12")),
            ("10.111.255.255", Some("10.96.7.9/12")),
            ("::ffff:10.96.0.1", Some("10.96.7.9/12")),
            ("fd00::f:ffff", Some("fd00::/108")),
            ("10.112.0.0", None),
            ("fd00::10:0", None),
        ] {
            assert_eq!(range.containing(address.parse().unwrap()).as_deref(), inside, "{address}");
        }
        for bad in ["", "10.96.0.0", "10.96.0.0/0", "10.96.0.0/31", "10.96.0.0/33", "x/8", "10.0.0.0/8,10.1.0.0/16"] {
            assert!(bad.parse::<ServiceRange>().is_err(), "{bad}");
        }
    }
}
