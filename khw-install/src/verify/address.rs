//! Names and addresses: under which name and address the kubelet registers, and which networks contradict each other.

use super::Subject;
use super::certificates::Loaded;
use super::component::Component;
use super::files::{Files, at};
use super::kubeconfig::Server;
use khw_core::NodeName;
use khw_core::finding::Finding;
use std::net::IpAddr;

/// The name under which the kubelet registers: `--hostname-override`, else the host's name, in lower case.
///
/// With `--node` said, a name that is another one is a finding, and the said one counts.
pub(super) fn node_name(subject: &Subject<'_>, files: &mut Files<'_>, kubelet: &Component) -> NodeName {
    let node = subject.node.clone();
    if let Some((value, origin)) = kubelet.flag("hostname-override") {
        let parsed = value.trim().to_lowercase().parse::<NodeName>();
        return match parsed {
            Ok(name) if name == node || !subject.node_is_said => name,
            Ok(name) => {
                let message = format!("the kubelet registers as {name}, not as {node}");
                let fix = format!("write {node} here, or say --node {name} when that is this node");
                files.findings.push(at(Finding::error("hostname-override-differs", message), &origin).fix(fix));
                node
            }
            Err(error) => {
                files.findings.push(at(Finding::from_error("hostname-override-invalid", &error), &origin));
                node
            }
        };
    }
    if subject.node_is_said
        && let Ok(host) = subject.target.node_name()
        && host != node
    {
        let message = format!("the kubelet registers as {host}, which is this host's name, not as {node}");
        let fix = format!("`hostnamectl set-hostname {node}`, or --hostname-override={node} in the unit");
        files.find(std::path::Path::new("/etc/hostname"), Finding::error("hostname-differs", message).fix(fix));
    }
    node
}

/// kube-proxy looks for its node under the same name.
pub(super) fn same_node(files: &mut Files<'_>, kubelet: &Component, kube_proxy: &Component) {
    let Some(service) = kubelet.service() else { return };
    let ours = kubelet.flag("hostname-override").map(|(value, _)| value.to_lowercase());
    let theirs = kube_proxy.value(Some("hostname-override"), Some("hostnameOverride"));
    let kubelets = service.unit.origin(service.command.line, "").file;
    // The name of the host is what both take when none is set.
    let host = files.target.node_name().ok();
    let is_host = |name: &str| host.as_ref().is_some_and(|host| name.eq_ignore_ascii_case(host.as_str()));
    match (ours, theirs) {
        (Some(ours), Some((theirs, origin))) if ours != theirs.to_lowercase() => {
            let message = format!("'{theirs}' here, but '{ours}' in {kubelets}");
            let fix = "give both programs the same name";
            files.findings.push(at(Finding::error("kube-proxy-hostname-differs", message), &origin).fix(fix));
        }
        (None, Some((theirs, origin))) if !is_host(&theirs) => {
            let message = format!("'{theirs}' here, but {kubelets} has no --hostname-override");
            let fix = "give both programs the same name";
            files.findings.push(at(Finding::warning("kube-proxy-hostname-differs", message), &origin).fix(fix));
        }
        (Some(ours), None) if kube_proxy.is_whole() && !is_host(&ours) => {
            if let Some(home) = kube_proxy.home().map(std::path::Path::to_owned) {
                let message = format!("it is not set, but {kubelets} has --hostname-override={ours}");
                let finding = Finding::warning("kube-proxy-hostname-differs", message);
                files.find(&home, finding.field("hostnameOverride").fix(format!("set it to {ours} here too")));
            }
        }
        _ => {}
    }
}

/// `--node-ip` against what the kubelet takes and against the certificate that it serves with.
pub(super) fn node_ip(files: &mut Files<'_>, kubelet: &Component, serving: Option<&Loaded>) {
    let Some((value, origin)) = kubelet.flag("node-ip") else { return };
    if value.contains("${") {
        // An undefined variable is the unit's own finding.
        return;
    }
    for text in value.split(',').map(str::trim).filter(|t| !t.is_empty()) {
        let finding = |name, message: String| at(Finding::error(name, message), &origin);
        let Ok(address) = text.parse::<IpAddr>() else {
            let what = format!("'{}' is not an IP address, and the kubelet stops", text.escape_debug());
            files.findings.push(finding("node-ip-invalid", what).fix("write the node's address"));
            continue;
        };
        // Kubernetes, pkg/kubelet/kubelet_node_status.go, validateNodeIP.
        let refused = if address.is_loopback() {
            Some("a loopback address")
        } else if address.is_multicast() {
            Some("a multicast address")
        } else if is_link_local(address) {
            Some("a link-local address")
        } else {
            None
        };
        if let Some(refused) = refused {
            let what = format!("{address} is {refused}, which the kubelet does not register");
            files.findings.push(finding("node-ip-invalid", what).fix("write the address that other nodes reach"));
            continue;
        }
        if let IpAddr::V4(v4) = address
            && v4.octets().starts_with(&[10, 0, 2])
        {
            let what = format!("{address} is in the NAT network of VirtualBox, the same in every machine");
            let fix = "write the address that other nodes reach";
            files.findings.push(at(Finding::warning("node-ip-nat", what), &origin).fix(fix));
        }
        let Some(serving) = serving else { continue };
        let has = serving.certificate.ip_addresses();
        if !has.is_empty()
            && !address.is_unspecified()
            && !has.contains(&address)
            && !has.iter().all(IpAddr::is_loopback)
        {
            let list = has.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let shown = files.shown(&serving.path);
            let what = format!("{address} is not in the certificate {shown} (it has {list}): `logs` and `exec` fail");
            let fix = "make the certificate again with this address, or correct the address";
            files.findings.push(finding("node-ip-not-in-certificate", what).fix(fix));
        }
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|s| s & 0xffc0 == 0xfe80),
    }
}

/// clusterCIDR is the network of the Pods, and nothing else is in it.
///
/// With the nodes' own, as in the tutorial, kube-proxy takes traffic between nodes for traffic of Pods and does not
/// masquerade it.
pub(super) fn networks(
    files: &mut Files<'_>,
    kubelet: &Component,
    kube_proxy: &Component,
    serving: Option<&Loaded>,
    server: Option<&Server>,
) {
    let Some((cidr, origin)) = kube_proxy.value(Some("cluster-cidr"), Some("clusterCIDR")) else { return };
    let within = |address: IpAddr| cidr.split(',').any(|range| contains(range.trim(), address));
    let mut nodes: Vec<IpAddr> = serving.map(|s| s.certificate.ip_addresses()).unwrap_or_default();
    if let Some((value, _)) = kubelet.flag("node-ip") {
        nodes.extend(value.split(',').filter_map(|text| text.trim().parse::<IpAddr>().ok()));
    }
    let meaning = "it means the network of the Pods, for example 10.244.0.0/16";
    let server_address = server.and_then(|server| server.host().parse::<IpAddr>().ok());
    if let Some(address) = nodes.into_iter().find(|address| within(*address)) {
        let message = format!("{cidr} contains the node's own address {address}");
        let finding = Finding::warning("cluster-cidr-is-node-network", message);
        files.findings.push(at(finding, &origin).fix(meaning));
    } else if let Some(address) = server_address.filter(|address| within(*address)) {
        let message = format!("{cidr} contains the API server's address {address}");
        let finding = Finding::warning("cluster-cidr-has-server", message);
        files.findings.push(at(finding, &origin).fix(meaning));
    }
    if let Some((dns, at_dns)) = kubelet.value(Some("cluster-dns"), Some("clusterDNS")) {
        let inside = dns.split(',').filter_map(|text| text.trim().parse::<IpAddr>().ok()).find(|ip| within(*ip));
        if let Some(address) = inside {
            let message = format!("{address} is in the network of the Pods, {cidr} in {}", origin.file);
            let fix = "write the address of the DNS service, by convention the tenth of the services' range";
            files.findings.push(at(Finding::error("cluster-dns-in-pod-network", message), &at_dns).fix(fix));
        }
    }
    if let Some((pods, at_pods)) = kubelet.value(Some("pod-cidr"), Some("podCIDR"))
        && let Some(first) = pods.split('/').next().and_then(|text| text.parse::<IpAddr>().ok())
        && !within(first)
    {
        let message = format!("{pods} is not a part of {cidr} in {}", origin.file);
        let fix = "choose the node's part out of the network of the Pods";
        files.findings.push(at(Finding::error("pod-cidr-outside-cluster", message), &at_pods).fix(fix));
    }
}

/// Two listeners on one port: the second program does not start, or serves nothing.
pub(super) fn ports(files: &mut Files<'_>, kubelet: &Component, kube_proxy: &Component) {
    let number = |component: &Component, flag, field, default: u32| {
        let value = component.value(Some(flag), Some(field));
        let port = value.as_ref().and_then(|(text, _)| text.rsplit(':').next()?.parse().ok()).unwrap_or(default);
        (port, value.map(|(_, origin)| origin))
    };
    let listeners = [
        ("the kubelet's port", number(kubelet, "port", "port", 10250)),
        ("the kubelet's readOnlyPort", number(kubelet, "read-only-port", "readOnlyPort", 0)),
        ("the kubelet's healthzPort", number(kubelet, "healthz-port", "healthzPort", 10248)),
        ("kube-proxy's healthzBindAddress", number(kube_proxy, "healthz-bind-address", "healthzBindAddress", 10256)),
        ("kube-proxy's metricsBindAddress", number(kube_proxy, "metrics-bind-address", "metricsBindAddress", 10249)),
    ];
    for (index, (_, (port, origin))) in listeners.iter().enumerate() {
        let others = listeners.iter().enumerate().filter(|(other, _)| *other != index);
        for (other, (name, (taken, theirs))) in others {
            // Said once, at the one that somebody chose.
            let chosen = origin.as_ref().filter(|_| theirs.is_none() || other < index);
            if let Some(origin) = chosen.filter(|_| *port != 0 && port == taken) {
                let message = format!("{port} is also {name}");
                files.findings.push(at(Finding::error("port-conflict", message), origin).fix("choose another port"));
            }
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
