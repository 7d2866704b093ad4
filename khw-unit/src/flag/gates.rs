//! The value of `--feature-gates`: pairs with commas between them, as Kubernetes' `MapStringBool` takes them apart.

use super::{Program, go_bool, same_name};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use khw_kubelet_conf::component::Gate;

/// Whether it is the name of that flag.
pub(crate) fn is_gates(flag: &str) -> bool {
    same_name(flag, "feature-gates")
}

/// In a command of more unknown gates than this nothing is misspelt, and looking for what was meant takes time.
const MAX_SUGGESTIONS: usize = 100;

/// What the program has against the gates; the field of each finding names the gate.
pub(crate) fn check(value: &str, program: Program, version: KubernetesVersion) -> Vec<Finding> {
    let the_program = match program {
        Program::Kubelet => "the kubelet",
        Program::KubeProxy => "kube-proxy",
    };
    let mut findings: Vec<Finding> = Vec::new();
    for pair in value.split(',').filter(|pair| !pair.is_empty()) {
        // A variable or a specifier may stand for anything.
        if pair.contains(['$', '%']) {
            continue;
        }
        let (name, on) = pair.split_once('=').map_or((pair, None), |(name, on)| (name.trim(), go_bool(on.trim())));
        let shown: String = name.escape_debug().take(60).collect();
        let finding = if on.is_none() {
            let message = format!("is neither true nor false, and {the_program} stops");
            Some(Finding::error("gate-value", message).fix(format!("write {shown}=true or {shown}=false")))
        } else {
            Gate::check(name, on, the_program, version, findings.len() < MAX_SUGGESTIONS)
        };
        findings.extend(finding.map(|finding| finding.field(format!("--feature-gates={shown}"))));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::flag::Program;
    use khw_core::KubernetesVersion;

    fn found(value: &str, minor: u16) -> Vec<String> {
        let findings = check(value, Program::Kubelet, KubernetesVersion::minor_release(minor));
        let shown = |f: khw_core::finding::Finding| format!("{} {}", f.name, f.field.unwrap_or_default());
        findings.into_iter().map(shown).collect()
    }

    #[test]
    fn each_pair_as_the_kubelet_takes_it() {
        let none: [&str; 0] = [];
        assert_eq!(found("", 30), none);
        assert_eq!(found("AllAlpha=true,AllBeta=F,NodeSwap = 1,,", 30), none);
        assert_eq!(found("${GATES},A%i=true", 30), none);
        assert_eq!(
            found("NodeSwap,NodeSwap=yes,nodeSwap=true,DynamicKubeletConfig=true,NodeSwap=false", 34),
            [
                "gate-value --feature-gates=NodeSwap",
                "gate-value --feature-gates=NodeSwap",
                "unknown-gate --feature-gates=nodeSwap",
                "unknown-gate --feature-gates=DynamicKubeletConfig",
                "gate-locked --feature-gates=NodeSwap",
            ]
        );
        assert_eq!(found("NodeSwap=true", 21), ["unknown-gate --feature-gates=NodeSwap"]);
    }
}
