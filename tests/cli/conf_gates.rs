//! Feature gates: khw-kubelet-conf, khw-proxy-conf and khw-unit against what kubelet and kube-proxy 1.20.2 themselves say
//! to each gate of the table, and against the names in the sources of other releases. The records are in tests/lab/gates.

use harness::Sandbox;
use serde_json::Value;
use std::fmt::Write;

const RECORDED: &str = include_str!("../lab/gates/1.20.2.tsv");
const HELP: &str = include_str!("../lab/gates/kubelet-help-1.20.2.txt");
const READ: &str = include_str!("../lab/gates/read.tsv");

/// The gates of a configuration that a check of its kind finds something about: name, name of the finding, severity.
fn found(tool: &str, version: &str, gates: &str) -> Vec<(String, String, String)> {
    let (kind, api_version) = match tool {
        "khw-kubelet-conf" => ("KubeletConfiguration", "kubelet.config.k8s.io/v1beta1"),
        _ => ("KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1"),
    };
    let sandbox = Sandbox::new();
    sandbox.write("f", format!("kind: {kind}\napiVersion: {api_version}\nfeatureGates:\n{gates}"));
    let check = format!("{tool} check --kubernetes-version {version} --format json f || true");
    about_gates(&sandbox.sh(&check).ok(), "featureGates.")
}

fn about_gates(report: &str, before: &str) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_str(report).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let gate = |finding: &Value| {
        let name = finding["field"].as_str()?.strip_prefix(before)?.to_owned();
        Some((name, text(&finding["name"]), text(&finding["severity"])))
    };
    report["findings"].as_array().expect("findings").iter().filter_map(gate).collect()
}

/// What one column of the record says of each gate, in khw's words: those that the program stops at.
fn stops(column: usize) -> Vec<(String, String)> {
    let finding = |said: &str| match said {
        "unknown" => Some("unknown-gate"),
        "locked" => Some("gate-locked"),
        _ => None,
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        Some((cells[0].to_owned(), finding(cells[column])?.to_owned()))
    };
    let mut stops: Vec<_> = RECORDED.lines().skip(1).filter_map(row).collect();
    stops.sort();
    stops
}

fn recorded() -> impl Iterator<Item = &'static str> {
    RECORDED.lines().skip(1).filter_map(|line| line.split('\t').next())
}

#[test]
fn the_programs_of_1_20_2_stop_where_the_checks_say_so() {
    let listed = Sandbox::new()
        .sh("khw-kubelet-conf explain featureGates | sed -n 's/^ *featureGates\\.\\([^ ]*\\) .*/\\1/p'")
        .ok();
    let names: Vec<&str> = recorded().collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), names, "the table has other gates: run tests/lab/gates/make.sh");
    for (tool, value, column) in [
        ("khw-kubelet-conf", true, 1),
        ("khw-kubelet-conf", false, 2),
        ("khw-proxy-conf", true, 3),
        ("khw-proxy-conf", false, 4),
    ] {
        let gates: String = names.iter().map(|name| format!("  {name}: {value}\n")).collect();
        let mut said: Vec<_> = found(tool, "1.20.2", &gates)
            .into_iter()
            .filter(|(.., severity)| severity == "error")
            .map(|(gate, finding, _)| (gate, finding))
            .collect();
        said.sort();
        assert_eq!(said, stops(column), "{tool} {value}");
    }
}

#[test]
fn a_unit_s_flag_is_checked_as_the_file_is() {
    for (program, value, column) in [("kubelet", true, 1), ("kube-proxy", false, 4)] {
        let sandbox = Sandbox::new();
        let gates: Vec<String> = recorded().map(|name| format!("{name}={value}")).collect();
        let exec = format!("/usr/local/bin/{program} --kubeconfig=/k --feature-gates={}", gates.join(","));
        sandbox.write("a.service", format!("[Service]\nExecStart={exec}\n"));
        let check = "khw-unit check --kubernetes-version 1.20.2 --format json a.service || true";
        let mut said: Vec<_> = about_gates(&sandbox.sh(check).ok(), "--feature-gates=")
            .into_iter()
            .filter(|(.., severity)| severity == "error")
            .map(|(gate, finding, _)| (gate, finding))
            .collect();
        said.sort();
        assert_eq!(said, stops(column), "{program}");
    }
}

#[test]
fn alpha_and_beta_are_those_that_the_kubelet_prints() {
    // NAME=true|false (STAGE - default=VALUE)
    let mut printed: Vec<(String, String, bool)> = Vec::new();
    for line in HELP.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once("=true|false (").expect("a gate");
        let (stage, default) = rest.trim_end_matches(')').split_once(" - default=").expect("a stage");
        printed.push((name.to_owned(), stage.to_lowercase(), default == "true"));
    }
    printed.sort();
    let json = Sandbox::new().sh("khw-kubelet-conf --kubernetes-version 1.20 explain featureGates --format json").ok();
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let in_1_20 = |gate: &Value| {
        let minor = |stage: &&Value| stage["since"].as_str()?.strip_prefix("v1.")?.parse::<u16>().ok();
        let now = gate["stages"].as_array()?.iter().rfind(|stage| minor(stage) <= Some(20))?;
        let stage = now["stage"].as_str().filter(|stage| ["alpha", "beta"].contains(stage))?;
        Some((gate["name"].as_str()?.to_owned(), stage.to_owned(), now["default"].as_bool()?))
    };
    let mut known: Vec<_> = json["gates"].as_array().expect("gates").iter().filter_map(in_1_20).collect();
    known.sort();
    assert_eq!(known, printed);
}

#[test]
fn every_gate_in_the_source_of_a_release_is_known_there() {
    for line in READ.lines().filter(|line| !line.starts_with('#')) {
        let (release, names) = line.split_once('\t').expect("a release and its gates");
        let mut gates = String::from("  AllAlpha: true\n  AllBeta: true\n");
        for name in names.split(' ') {
            let _ = writeln!(gates, "  {name}: true");
        }
        for tool in ["khw-kubelet-conf", "khw-proxy-conf"] {
            let mut unknown = found(tool, release, &gates);
            unknown.retain(|(_, finding, _)| finding == "unknown-gate");
            assert_eq!(unknown, [], "{release}");
        }
    }
}

#[test]
fn what_changes_between_releases() {
    // From the sources on both sides of each change: release, gate, finding.
    for (release, gate, finding) in [
        ("1.13", "CSIMigration", "unknown-gate"),
        ("1.14", "CSIMigration", ""),
        ("1.15", "DebugContainers", ""),
        ("1.16", "DebugContainers", "unknown-gate"),
        ("1.20", "TokenRequest", "gate-locked"),
        ("1.21", "TokenRequest", "unknown-gate"),
        ("1.23", "IPv6DualStack", "gate-locked"),
        ("1.28", "IPv6DualStack", "unknown-gate"),
        ("1.28", "TopologyManager", "gate-locked"),
        ("1.29", "TopologyManager", "unknown-gate"),
        ("1.27", "SidecarContainers", "unknown-gate"),
        ("1.28", "SidecarContainers", ""),
        ("1.30", "CSIMigrationRBD", "gate-deprecated"),
        ("1.31", "CSIMigrationRBD", "unknown-gate"),
        ("1.31", "KubeletFineGrainedAuthz", "unknown-gate"),
        ("1.32", "KubeletFineGrainedAuthz", ""),
        ("1.33", "CPUManager", "gate-locked"),
        ("1.34", "CPUManager", "unknown-gate"),
        ("1.34", "MutablePVNodeAffinity", "unknown-gate"),
        ("1.35", "MutablePVNodeAffinity", ""),
        ("1.36", "SidecarContainers", "gate-locked"),
        ("1.37", "SidecarContainers", "unknown-gate"),
        ("1.36", "DefaultPodSysctls", "unknown-gate"),
        ("1.37", "DefaultPodSysctls", ""),
    ] {
        let said = found("khw-kubelet-conf", release, &format!("  {gate}: true\n"));
        let names: Vec<&str> = said.iter().map(|(_, finding, _)| finding.as_str()).collect();
        let expected: &[&str] = if finding.is_empty() { &[] } else { &[finding] };
        assert_eq!(names, expected, "{release} {gate}");
    }
}

#[test]
fn a_gate_of_a_flag_says_what_is_wrong_with_it() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "kubelet.service",
        "[Service]\nExecStart=/usr/local/bin/kubelet --kubeconfig=/k \\\n  --feature-gates=NodeSwp=true,NodeSwap,PodPriority=true,$MORE\n\
         Environment=MORE=\n",
    );
    sandbox.sh("khw-unit check --kubernetes-version 1.36 --ignore unexpanded-variable kubelet.service").no("\
kubelet.service:3: error: --feature-gates=NodeSwp: is not a feature gate, and the kubelet stops [unknown-gate]
  fix: did you mean NodeSwap?
kubelet.service:3: error: --feature-gates=NodeSwap: is neither true nor false, and the kubelet stops [gate-value]
  fix: write NodeSwap=true or NodeSwap=false
kubelet.service:3: error: --feature-gates=PodPriority: is no feature gate of Kubernetes v1.36 any more, and the kubelet stops [unknown-gate]
  fix: it went after v1.17: take it away
");
    let kubelet = "khw-unit kubelet --node w --kubernetes-version 1.34 --flag feature-gates=NodeSwap";
    sandbox.sh(&format!("{kubelet}=false")).refused(
        "khw-unit: error: --flag: --feature-gates=NodeSwap: cannot be switched off from v1.34 on, and the kubelet stops\n\
         khw-unit: hint: take it away\n",
    );
    // kube-proxy ignores the flag beside a file, whatever is in it.
    sandbox.write(
        "kube-proxy.service",
        "[Service]\nExecStart=/usr/local/bin/kube-proxy --config=/c --feature-gates=X=true\n",
    );
    sandbox.sh("khw-unit check --only ignored-flag --only unknown-gate kube-proxy.service").no(
        "kube-proxy.service:2: error: --feature-gates: kube-proxy ignores --feature-gates beside --config [ignored-flag]
  fix: write featureGates in the configuration file (khw-proxy-conf --set featureGates=VALUE)
",
    );
}

#[test]
fn explain_tells_the_history_of_a_gate() {
    let sandbox = Sandbox::new();
    let told = "featureGates.NodeSwap
  type        true or false
  since       v1.22
  alpha       from v1.22, off by default
  beta        from v1.28, off by default
  beta        from v1.30, on by default
  GA          from v1.34, always on
";
    assert_eq!(sandbox.sh("khw-kubelet-conf explain featureGates.NodeSwap").ok(), told);
    assert_eq!(sandbox.sh("khw-proxy-conf explain NodeSwap").ok(), told);
    assert_eq!(
        sandbox.sh("khw-kubelet-conf --kubernetes-version 1.30 explain PodPriority | tail -n 5").ok(),
        "  until       v1.17\n  alpha       from v1.8, off by default\n  beta        from v1.11, on by default\n  \
         GA          from v1.14, on by default\n  in v1.30    not a feature gate: it went after v1.17\n",
    );
    let json = sandbox.sh("khw-kubelet-conf explain featureGates.LegacyNodeRoleBehavior --format json").ok();
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["gates"][0]["until"], "v1.22");
    assert_eq!(json["gates"][0]["stages"][2]["locked"], true);
    sandbox.sh("khw-kubelet-conf explain featureGates.NodeSwp").refused(
        "khw-kubelet-conf: error: featureGates.NodeSwp: is not a feature gate of any release in the tables\n\
         khw-kubelet-conf: hint: did you mean featureGates.NodeSwap?\n",
    );
    sandbox.sh("khw-kubelet-conf explain featureGates.Quux").refused(
        "khw-kubelet-conf: error: featureGates.Quux: is not a feature gate of any release in the tables\n\
         khw-kubelet-conf: hint: 'explain featureGates' lists them all\n",
    );
}
