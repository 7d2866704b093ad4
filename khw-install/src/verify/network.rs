//! Addresses that contradict each other.

use super::certificates::Loaded;
use super::component::Component;
use super::files::{Files, at};
use khw_core::finding::Finding;
use std::net::IpAddr;

/// clusterCIDR is the network of the Pods. With the nodes' own, as in the tutorial, kube-proxy takes traffic between nodes
/// for traffic of Pods and does not masquerade it.
pub(super) fn cluster_cidr(files: &mut Files<'_>, kube_proxy: &Component, serving: Option<&Loaded>) {
    let (Some((value, origin)), Some(serving)) = (kube_proxy.setting("clusterCIDR"), serving) else { return };
    for address in serving.certificate.ip_addresses() {
        if value.split(',').any(|cidr| contains(cidr.trim(), address)) {
            let message = format!("{value} contains the node's own address {address}");
            let fix = "it means the network of the Pods, for example 10.244.0.0/16";
            files.findings.push(at(Finding::warning("cluster-cidr-is-node-network", message), &origin).fix(fix));
            return;
        }
    }
}

/// Whether `ADDRESS/LENGTH` contains an address.
fn contains(cidr: &str, address: IpAddr) -> bool {
    let Some((network, length)) = cidr.split_once('/') else { return false };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if length <= 32 => {
            (u32::from(network) ^ u32::from(address)).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if length <= 128 => {
            (u128::from(network) ^ u128::from(address)).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn networks_contain_their_addresses() {
        for (cidr, address, expected) in [
            ("192.168.5.0/24", "192.168.5.21", true),
            ("192.168.5.0/24", "192.168.6.21", false),
            ("0.0.0.0/0", "192.168.6.21", true),
            ("192.168.5.21/32", "192.168.5.21", true),
            ("192.168.5.20/32", "192.168.5.21", false),
            ("fd00::/64", "fd00::1", true),
            ("fd00::/64", "fd01::1", false),
            ("::/0", "192.168.5.21", false),
            ("192.168.5.0/33", "192.168.5.21", false),
            ("192.168.5.0", "192.168.5.0", false),
        ] {
            assert_eq!(contains(cidr, address.parse().unwrap()), expected, "{cidr} {address}");
        }
    }
}
