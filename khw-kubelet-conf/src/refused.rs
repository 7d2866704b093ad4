//! Durations and words that the kubelet's own validation refuses: ValidateKubeletConfiguration in
//! pkg/kubelet/apis/config/validation/validation.go, and what the kubelet of 1.20.2 says.

use crate::component::{Document, nanoseconds};
use khw_core::{KubernetesVersion, finding::Finding};
use serde_json::Value;

const MICROSECOND: i128 = 1_000;
const MILLISECOND: i128 = 1_000_000;
const SECOND: i128 = 1_000_000_000;

pub(crate) fn check(document: &Document, version: KubernetesVersion) -> Vec<Finding> {
    let file = File { document, version };
    let mut findings = file.shutdown();
    findings.extend(file.periods());
    findings.extend(file.words());
    findings
}

struct File<'a> {
    document: &'a Document,
    version: KubernetesVersion,
}

impl File<'_> {
    fn refuse(&self, path: &str, what: impl std::fmt::Display, fix: impl Into<String>) -> Finding {
        self.document.at(path, Finding::error("wrong-value", format!("the kubelet stops: {what}"))).fix(fix)
    }

    /// The nanoseconds of a duration; `None` when it is not there or none.
    fn duration(&self, path: &str) -> Option<i128> {
        self.document.text(path).and_then(nanoseconds)
    }

    /// Whether a gate is on that is so by default from minor release `since` on.
    fn gate(&self, name: &str, since: u16) -> bool {
        let said = self.document.get(&format!("featureGates.{name}")).and_then(Value::as_bool);
        said.unwrap_or(self.version.at_least(since))
    }

    fn shutdown(&self) -> Vec<Finding> {
        let (whole, critical) = ("shutdownGracePeriod", "shutdownGracePeriodCriticalPods");
        if !self.version.at_least(20) || !self.gate("GracefulNodeShutdown", 21) {
            return Vec::new();
        }
        let short = |path: &&str| self.duration(path).is_some_and(|period| period < SECOND && period != 0);
        let least = |path| self.refuse(path, "it is neither zero nor at least 1s", "write it as 30s");
        let mut findings: Vec<Finding> = [whole, critical].into_iter().filter(short).map(least).collect();
        let period = |path| self.duration(path).unwrap_or_default();
        if findings.is_empty() && period(critical) > period(whole) {
            let fix = format!("write a {whole} that is at least as long");
            findings.push(self.refuse(critical, format!("it is longer than {whole}"), fix));
        }
        findings
    }

    fn periods(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let quota = self.duration("cpuCFSQuotaPeriod");
        // kubernetes#112123
        let (least, shown) = if self.version.at_least(26) { (MILLISECOND, "1ms") } else { (MICROSECOND, "1us") };
        let outside = quota.is_some_and(|period| !(least..=SECOND).contains(&period));
        if outside && self.version.at_least(20) && self.gate("CustomCPUCFSQuotaPeriod", u16::MAX) {
            let what = format!("it is not between {shown} and 1s");
            findings.push(self.refuse("cpuCFSQuotaPeriod", what, "write it as 10ms"));
        }
        if self.version.at_least(29) && self.gate("ImageMaximumGCAge", 30) {
            let (greatest, least) = (self.duration("imageMaximumGCAge"), self.duration("imageMinimumGCAge"));
            // Zero means the default.
            let least = least.filter(|age| *age != 0).unwrap_or(120 * SECOND);
            if greatest.is_some_and(|age| age < 0 || age > 0 && age <= least) {
                let what = "it is not longer than imageMinimumGCAge, by default 2m";
                findings.push(self.refuse("imageMaximumGCAge", what, "write a longer one, or 0s for none"));
            }
        }
        let interval = self.duration("containerLogMonitorInterval");
        if self.version.at_least(30) && interval.is_some_and(|interval| interval < 3 * SECOND) {
            findings.push(self.refuse("containerLogMonitorInterval", "it is less than 3s", "write it as 10s"));
        }
        let restart = self.duration("crashLoopBackOff.maxContainerRestartPeriod");
        let outside = restart.is_some_and(|period| !(SECOND..=300 * SECOND).contains(&period));
        if outside && self.version.at_least(32) && self.gate("KubeletCrashLoopBackOffMax", 35) {
            let what = "it is not between 1s and 300s";
            findings.push(self.refuse("crashLoopBackOff.maxContainerRestartPeriod", what, "write it as 60s"));
        }
        findings
    }

    fn words(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let text = |path: &str| self.document.text(path).unwrap_or_default();
        let cpus = text("reservedSystemCPUs");
        if self.version.at_least(17) && !cpus.is_empty() && !cpus.split(',').all(is_cpus) {
            findings.push(self.refuse("reservedSystemCPUs", "it is no list of CPUs", "write it as 0,2-3"));
        }
        let hidden = text("showHiddenMetricsForVersion");
        let previous = format!("1.{}", self.version.minor().saturating_sub(1));
        if self.version.at_least(18) && !hidden.is_empty() && hidden != previous {
            let fix = format!("write \"{previous}\", or take it away");
            findings.push(self.refuse("showHiddenMetricsForVersion", "it is not the release before", fix));
        }
        let logs = text("podLogsDir");
        if self.version.at_least(30) && !logs.is_empty() && !logs.starts_with('/') {
            findings.push(self.refuse("podLogsDir", "it is no absolute path", "write the whole path"));
        }
        let is = |path: &str, value: bool| self.document.get(path) == Some(&Value::Bool(value));
        if self.version.at_least(27) && is("enableSystemLogQuery", true) && is("enableSystemLogHandler", false) {
            let fix = "set enableSystemLogHandler to true";
            findings.push(self.refuse("enableSystemLogQuery", "it needs enableSystemLogHandler", fix));
        }
        if let (true, Some(Value::Array(taints))) = (self.version.at_least(23), self.document.get("registerWithTaints"))
            && taints.iter().any(|taint| taint.get("timeAdded").is_some_and(|time| !time.is_null()))
        {
            findings.push(self.refuse("registerWithTaints", "a taint has timeAdded", "take timeAdded away"));
        }
        findings
    }
}

/// `3` or `0-3`. From which release on `3-0` is refused is not known.
fn is_cpus(part: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    part.split_once('-').map_or(number(part), |(first, last)| number(first) && number(last))
}

#[cfg(test)]
mod tests {
    use crate::check;
    use crate::component::Document;
    use crate::fields::KIND;
    use khw_core::{Error, KubernetesVersion};

    fn found(minor: u16, text: &str) -> Result<Vec<String>, Error> {
        let head = format!(
            "kind: {}\napiVersion: {}\nauthentication: {{x509: {{clientCAFile: /ca.crt}}}}\n",
            KIND.kind, KIND.api_version
        );
        let document = Document::parse((head + text).as_bytes())?;
        let findings = check(&document, KubernetesVersion::minor_release(minor));
        Ok(findings.into_iter().map(|f| format!("{} {}", f.name, f.field.unwrap_or_default())).collect())
    }

    const SHUTDOWN: &str = "featureGates: {GracefulNodeShutdown: true}\n";
    const QUOTA: &str = "featureGates: {CustomCPUCFSQuotaPeriod: true}\n";

    /// Each was given to the kubelet of 1.20.2, which stops with "invalid configuration" or the like.
    #[test]
    fn what_1_20_2_refuses() -> Result<(), Error> {
        for (gates, text, finding) in [
            (
                SHUTDOWN,
                "shutdownGracePeriod: 1s\nshutdownGracePeriodCriticalPods: 2s",
                "wrong-value shutdownGracePeriodCriticalPods",
            ),
            (SHUTDOWN, "shutdownGracePeriodCriticalPods: 2s", "wrong-value shutdownGracePeriodCriticalPods"),
            (SHUTDOWN, "shutdownGracePeriod: 100ms", "wrong-value shutdownGracePeriod"),
            ("", "shutdownGracePeriod: 30s", "gate-needed shutdownGracePeriod"),
            ("", "reservedSystemCPUs: a", "wrong-value reservedSystemCPUs"),
            ("", "reservedSystemCPUs: 0-", "wrong-value reservedSystemCPUs"),
            ("", "showHiddenMetricsForVersion: foo", "wrong-value showHiddenMetricsForVersion"),
            ("", "showHiddenMetricsForVersion: '1.18'", "wrong-value showHiddenMetricsForVersion"),
            (QUOTA, "cpuCFSQuotaPeriod: 2s", "wrong-value cpuCFSQuotaPeriod"),
            ("", "cpuCFSQuotaPeriod: 200ms", "gate-needed cpuCFSQuotaPeriod"),
        ] {
            assert_eq!(found(20, &format!("{gates}{text}"))?, [finding], "{text}");
        }
        Ok(())
    }

    /// Each was given to the kubelet of 1.20.2, which takes it.
    #[test]
    fn what_1_20_2_takes() -> Result<(), Error> {
        for text in [
            "reservedSystemCPUs: 3-1",
            "reservedSystemCPUs: 0,2-3",
            "showHiddenMetricsForVersion: '1.19'",
            "cpuCFSQuotaPeriod: 0.1s",
        ] {
            assert_eq!(found(20, text)?, [""; 0], "{text}");
        }
        assert_eq!(found(20, &format!("{QUOTA}cpuCFSQuotaPeriod: 100us"))?, [""; 0]);
        Ok(())
    }

    /// As validation.go of these releases says.
    #[test]
    fn what_later_releases_refuse() -> Result<(), Error> {
        for (minor, text, findings) in [
            (34, "shutdownGracePeriodCriticalPods: 10s", &["wrong-value shutdownGracePeriodCriticalPods"][..]),
            (34, "shutdownGracePeriod: 30s\nshutdownGracePeriodCriticalPods: 10s", &[]),
            (
                26,
                "featureGates: {CustomCPUCFSQuotaPeriod: true}\ncpuCFSQuotaPeriod: 100us",
                &["wrong-value cpuCFSQuotaPeriod"],
            ),
            (34, "imageMaximumGCAge: 2m", &["wrong-value imageMaximumGCAge"]),
            (34, "imageMaximumGCAge: 121s", &[]),
            (34, "imageMaximumGCAge: 1h\nimageMinimumGCAge: 60m", &["wrong-value imageMaximumGCAge"]),
            (34, "imageMaximumGCAge: 0s", &[]),
            (30, "containerLogMonitorInterval: 2.9s", &["wrong-value containerLogMonitorInterval"]),
            (30, "containerLogMonitorInterval: 3s", &[]),
            (
                35,
                "crashLoopBackOff: {maxContainerRestartPeriod: 5m1s}",
                &["wrong-value crashLoopBackOff.maxContainerRestartPeriod"],
            ),
            (35, "crashLoopBackOff: {maxContainerRestartPeriod: 5m}", &[]),
            (30, "podLogsDir: pods", &["wrong-value podLogsDir"]),
            (
                30,
                "enableSystemLogQuery: true\nenableSystemLogHandler: false\nfeatureGates: {NodeLogQuery: true}",
                &["wrong-value enableSystemLogQuery"],
            ),
            (
                34,
                "registerWithTaints: [{key: a, effect: NoSchedule, timeAdded: '2026-11-24T12:00:00Z'}]",
                &["wrong-value registerWithTaints"],
            ),
            (34, "registerWithTaints: [{key: a, effect: NoSchedule}]", &[]),
        ] {
            assert_eq!(found(minor, text)?, findings, "{minor} {text}");
        }
        Ok(())
    }
}
