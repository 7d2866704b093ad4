//! Values that kube-proxy's own validation refuses ("failed validate"), beyond those that a type says: Validate in
//! pkg/proxy/apis/config/validation/validation.go, and what kube-proxy 1.20.2 says.

use khw_core::{KubernetesVersion, finding::Finding};
use khw_kubelet_conf::component::{Document, cidr, nanoseconds};
use serde_json::Value;

pub(crate) fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    let file = File { document, version };
    let mut findings = file.periods();
    findings.extend(file.node_port_addresses());
    findings.extend(file.cluster_cidr());
    findings.extend(file.words());
    findings
}

/// The schedulers that it knew before it left that to the kernel (kubernetes#114878, 1.27).
const SCHEDULERS: [&str; 11] = ["", "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "dh", "sed", "nq"];

struct File<'a> {
    document: &'a Document,
    version: KubernetesVersion,
}

impl File<'_> {
    fn refuse(&self, path: &str, what: impl std::fmt::Display, fix: impl Into<String>) -> Finding {
        let finding = Finding::error("wrong-value", format!("{what}, and kube-proxy stops"));
        self.document.at(path, finding).fix(fix)
    }

    /// The nanoseconds of a duration; `None` when it is not there or none.
    fn duration(&self, path: &str) -> Option<i128> {
        self.document.text(path).and_then(nanoseconds)
    }

    fn periods(&self) -> Vec<Finding> {
        const SECOND: i128 = 1_000_000_000;
        let mode = self.document.text("mode").unwrap_or_default();
        let in_iptables = matches!(mode, "" | "iptables") || !self.version.at_least(31);
        // The default of the least period, and whether the part is looked at.
        let parts = [
            ("iptables", if self.version.at_least(19) { SECOND } else { 0 }, in_iptables),
            ("ipvs", 0, mode == "ipvs"),
            ("nftables", SECOND, mode == "nftables"),
        ];
        let mut looked_at =
            vec!["configSyncPeriod", "conntrack.tcpEstablishedTimeout", "conntrack.tcpCloseWaitTimeout"];
        if self.version.at_least(29) {
            looked_at.extend(["conntrack.udpTimeout", "conntrack.udpStreamTimeout"]);
        } else if !self.version.at_least(26) {
            looked_at.push("udpIdleTimeout");
        }
        if mode == "ipvs" && self.version.at_least(18) {
            looked_at.extend(["ipvs.tcpTimeout", "ipvs.tcpFinTimeout", "ipvs.udpTimeout"]);
        }
        let negative = |path: &str| {
            let negative = self.duration(path).is_some_and(|period| period < 0);
            negative.then(|| self.refuse(path, "is negative", "write it as 30s"))
        };
        let mut findings: Vec<Finding> = looked_at.into_iter().filter_map(negative).collect();
        for (part, least, _) in parts.into_iter().filter(|(_, _, looked_at)| *looked_at) {
            let (sync, min) = (format!("{part}.syncPeriod"), format!("{part}.minSyncPeriod"));
            findings.extend([&sync, &min].into_iter().filter_map(|path| negative(path)));
            // Zero means the default.
            let period = |path: &str, default| self.duration(path).filter(|period| *period != 0).unwrap_or(default);
            let (longest, shortest) = (period(&sync, 30 * SECOND), period(&min, least));
            if shortest > longest && longest > 0 {
                let path = if self.duration(&min).is_some() { &min } else { &sync };
                let what = format!("{min} is longer than {sync}");
                findings.push(self.refuse(path, what, format!("write a {sync} that is not shorter than {min}")));
            }
        }
        findings
    }

    fn node_port_addresses(&self) -> Option<Finding> {
        const PATH: &str = "nodePortAddresses";
        let Some(Value::Array(list)) = self.document.get(PATH) else { return None };
        let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        let ranges = "write ranges such as 192.168.5.0/24";
        if texts.contains(&"primary") {
            if !self.version.at_least(31) {
                return Some(self.refuse(PATH, "primary is a value from v1.31 on", ranges));
            }
            if texts.len() > 1 && !self.version.at_least(37) {
                return Some(self.refuse(PATH, "primary stands beside others", "write primary alone, or ranges alone"));
            }
        }
        let other = texts.into_iter().find(|text| *text != "primary" && cidr(text).is_none())?;
        // What 1.37 takes beside ranges is not known.
        let shown: String = other.escape_debug().take(60).collect();
        (!self.version.at_least(37)).then(|| self.refuse(PATH, format!("'{shown}' is not a CIDR range"), ranges))
    }

    fn cluster_cidr(&self) -> Option<Finding> {
        const PATH: &str = "clusterCIDR";
        let text = self.document.text(PATH)?;
        let ranges: Vec<&str> = text.split(',').collect();
        let [first, second] = ranges.as_slice() else { return None };
        if first.trim() != *first || second.trim() != *second {
            return Some(self.refuse(PATH, "has a blank beside the comma", "write the two ranges with a comma alone"));
        }
        let (Some((one, _)), Some((two, _))) = (cidr(first), cidr(second)) else { return None };
        if one.is_ipv4() == two.is_ipv4() {
            return Some(self.refuse(
                PATH,
                "has two ranges of one family",
                "write one of IPv4 and one of IPv6, or only one",
            ));
        }
        let gate = self.document.get("featureGates.IPv6DualStack").and_then(Value::as_bool);
        let on = match self.version.minor() {
            ..=15 => return Some(self.refuse(PATH, "has two ranges, which v1.16 and later take", "write one range")),
            16..=20 => gate == Some(true),
            21 | 22 => gate != Some(false),
            _ => true,
        };
        (!on).then(|| {
            let finding = Finding::error("gate-needed", "kube-proxy stops unless the gate IPv6DualStack is on");
            let fix = "set featureGates.IPv6DualStack to true, or write one range";
            self.document.at(PATH, finding).fix(fix)
        })
    }

    fn words(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let text = |path: &str| self.document.text(path).unwrap_or_default();
        let scheduler = text("ipvs.scheduler");
        if text("mode") == "ipvs" && !self.version.at_least(27) && !SCHEDULERS.contains(&scheduler) {
            let fix = format!("it is one of {}", SCHEDULERS.get(1..).unwrap_or_default().join(", "));
            findings.push(self.refuse("ipvs.scheduler", "is not a scheduler that it knows before v1.27", fix));
        }
        if !self.version.at_least(31) && !is_port_range(text("portRange").trim()) {
            findings.push(self.refuse("portRange", "is not a range of ports", "write it as 300-2000"));
        }
        let previous = format!("1.{}", self.version.minor().saturating_sub(1));
        let hidden = text("showHiddenMetricsForVersion");
        if self.version.at_least(18) && !hidden.is_empty() && hidden != previous {
            let what = "is not the release before";
            findings.push(self.refuse(
                "showHiddenMetricsForVersion",
                what,
                format!("write \"{previous}\", or take it away"),
            ));
        }
        findings
    }
}

/// apimachinery's ParsePortRange: nothing, `300`, `300-2000`, `300+10`.
fn is_port_range(text: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().ok();
    match (text.split_once('-'), text.split_once('+')) {
        (Some((first, last)), _) => port(first).zip(port(last)).is_some_and(|(first, last)| first <= last),
        (None, Some((first, size))) => port(first).is_some() && port(size).is_some(),
        (None, None) => text.is_empty() || port(text).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::fields::KIND;
    use khw_core::{Error, KubernetesVersion};
    use khw_kubelet_conf::component::Document;

    fn found(minor: u16, text: &str) -> Result<Vec<String>, Error> {
        let head = format!("kind: {}\napiVersion: {}\n", KIND.kind, KIND.api_version);
        let document = Document::parse((head + text).as_bytes())?;
        let findings = check(&document, KubernetesVersion::minor_release(minor));
        let ours = findings.into_iter().filter(|f| ["wrong-value", "gate-needed"].contains(&f.name));
        Ok(ours.map(|f| f.field.unwrap_or_default()).collect())
    }

    /// Each was given to kube-proxy 1.20.2, which says "failed validate".
    #[test]
    fn what_1_20_2_refuses() -> Result<(), Error> {
        for (text, field) in [
            ("nodePortAddresses: [primary]", "nodePortAddresses"),
            ("nodePortAddresses: [10.0.0.1]", "nodePortAddresses"),
            ("clusterCIDR: 10.0.0.0/8,11.0.0.0/8", "clusterCIDR"),
            ("clusterCIDR: 10.0.0.0/8,fd00::/48", "clusterCIDR"),
            ("clusterCIDR: '10.0.0.0/8, fd00::/48'\nfeatureGates: {IPv6DualStack: true}", "clusterCIDR"),
            ("iptables: {syncPeriod: 1s, minSyncPeriod: 2s}", "iptables.minSyncPeriod"),
            ("iptables: {minSyncPeriod: 31s}", "iptables.minSyncPeriod"),
            ("iptables: {syncPeriod: 500ms}", "iptables.syncPeriod"),
            ("mode: ipvs\nipvs: {syncPeriod: 1s, minSyncPeriod: 2s}", "ipvs.minSyncPeriod"),
            ("mode: ipvs\nipvs: {scheduler: foo}", "ipvs.scheduler"),
            ("mode: ipvs\nipvs: {scheduler: mh}", "ipvs.scheduler"),
            ("mode: ipvs\nipvs: {tcpTimeout: -1s}", "ipvs.tcpTimeout"),
            ("configSyncPeriod: -1s", "configSyncPeriod"),
            ("udpIdleTimeout: -1s", "udpIdleTimeout"),
            ("conntrack: {tcpEstablishedTimeout: -1s}", "conntrack.tcpEstablishedTimeout"),
            ("portRange: abc", "portRange"),
            ("portRange: 300-200", "portRange"),
            ("showHiddenMetricsForVersion: foo", "showHiddenMetricsForVersion"),
            ("showHiddenMetricsForVersion: '1.18'", "showHiddenMetricsForVersion"),
        ] {
            assert_eq!(found(20, text)?, [field], "{text}");
        }
        Ok(())
    }

    /// Each was given to kube-proxy 1.20.2, which takes it.
    #[test]
    fn what_1_20_2_takes() -> Result<(), Error> {
        for text in [
            "clusterCIDR: 10.0.0.0/8,fd00::/48\nfeatureGates: {IPv6DualStack: true}",
            "iptables: {syncPeriod: 0s}",
            "ipvs: {syncPeriod: 1s, minSyncPeriod: 2s}",
            "ipvs: {scheduler: foo}",
            "ipvs: {tcpTimeout: -1s}",
            "configSyncPeriod: 0s",
            "portRange: 300+10",
            "portRange: '300'",
            "showHiddenMetricsForVersion: '1.19'",
        ] {
            assert_eq!(found(20, text)?, [""; 0], "{text}");
        }
        Ok(())
    }

    #[test]
    fn what_depends_on_the_release() -> Result<(), Error> {
        let stack = "clusterCIDR: 10.0.0.0/8,fd00::/48";
        let off = "mode: nftables\nfeatureGates: {NFTablesProxyMode: false}";
        for (minor, text, fields) in [
            (15, stack, &["clusterCIDR"][..]),
            (21, stack, &[]),
            (30, "nodePortAddresses: [primary]", &["nodePortAddresses"]),
            (31, "nodePortAddresses: [primary]", &[]),
            (36, "nodePortAddresses: [primary, 10.0.0.0/8]", &["nodePortAddresses"]),
            (37, "nodePortAddresses: [primary, 10.0.0.0/8]", &[]),
            (27, "mode: ipvs\nipvs: {scheduler: mh}", &[]),
            (18, "iptables: {syncPeriod: 500ms}", &[]),
            (30, off, &["mode"]),
            (32, off, &["mode"]),
            (31, "mode: nftables", &[]),
            (33, "mode: nftables\nnftables: {minSyncPeriod: 40s}", &["nftables.minSyncPeriod"]),
        ] {
            assert_eq!(found(minor, text)?, fields, "{minor} {text}");
        }
        Ok(())
    }
}
