//! khw-kubelet-conf and khw-proxy-conf against Kubernetes' own strict decoders: every field of their tables with
//! values of every type. The verdicts were recorded by tests/lab/decode/make.sh.

use harness::Sandbox;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;

const KUBELET: [&str; 3] = ["khw-kubelet-conf", "KubeletConfiguration", "kubelet.config.k8s.io/v1beta1"];
const PROXY: [&str; 3] = ["khw-proxy-conf", "KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1"];

/// What the check finds, in the letters of the records.
fn verdict(names: &[&str]) -> char {
    if names.iter().any(|name| ["unknown-field", "field-not-yet", "field-removed"].contains(name)) {
        '?'
    } else if names.contains(&"wrong-type") {
        '-'
    } else {
        '+'
    }
}

/// A document with one field; the same as main.go makes.
fn document([_, kind, api_version]: [&str; 3], path: &str, value: &str) -> String {
    let nested = path.rsplit('.').fold(value.to_owned(), |value, part| match part.strip_suffix("[]") {
        Some(name) => format!("{{\"{name}\":[{value}]}}"),
        None => format!("{{\"{part}\":{value}}}"),
    });
    format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{api_version}\",{}", &nested[1..])
}

#[track_caller]
fn agrees(of: [&str; 3], version: &str, record: &str) {
    let sandbox = Sandbox::new();
    let mut lines = record.lines();
    let values: Vec<&str> = lines.next().expect("the values").split('\t').skip(1).collect();
    let mut expected = Vec::new();
    for (path, verdicts) in lines.map(|line| line.split_once('\t').expect("a field and its verdicts")) {
        assert_eq!(verdicts.len(), values.len(), "{path}");
        // Where there is no such field, one value says as much as all of them.
        let telling = if verdicts.chars().all(|verdict| verdict == '?') { 1 } else { values.len() };
        expected.extend(values.iter().zip(verdicts.chars()).take(telling).map(|(value, real)| (path, *value, real)));
    }
    let fields = sandbox.sh(&format!("{} fields | cut -d ' ' -f 1 | grep -vx -e kind -e apiVersion", of[0])).ok();
    let recorded: Vec<&str> = record.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(
        fields.lines().collect::<Vec<_>>(),
        recorded,
        "the table has other fields: run tests/lab/decode/make.sh"
    );
    for (number, (path, value, _)) in expected.iter().enumerate() {
        sandbox.write(number.to_string(), document(of, path, value));
    }
    let check = format!("{} check --kubernetes-version {version} --format json * || true", of[0]);
    let report: Value = serde_json::from_str(&sandbox.sh(&check).ok()).expect("JSON");
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for finding in report["findings"].as_array().expect("findings") {
        let (file, name) = (finding["file"].as_str().expect("a file"), finding["name"].as_str().expect("a name"));
        found.entry(file).or_default().push(name);
    }
    let mut differences = String::new();
    for (number, (path, value, real)) in expected.iter().enumerate() {
        let names = found.remove(number.to_string().as_str()).unwrap_or_default();
        let ours = verdict(&names);
        let agreed = match real {
            // A string that the decoder itself cannot take apart is of the right type for a person.
            '-' => ours == '-' || names.contains(&"wrong-value"),
            // 1.20 lets five thousand million wrap around to another number of 32 bits.
            '+' => ours == '+' || (*value == "5000000000" && version == "1.20.2"),
            real => ours == *real,
        };
        if !agreed {
            let _ = writeln!(differences, "{path}: {value}: the program says {real}, the check {names:?}");
        }
    }
    assert_eq!(differences, "");
}

#[test]
fn the_kubelet_of_1_20_2() {
    agrees(KUBELET, "1.20.2", include_str!("../lab/decode/kubelet-1.20.2.tsv"));
}

#[test]
fn the_kubelet_s_types_of_1_32_7() {
    agrees(KUBELET, "1.32.7", include_str!("../lab/decode/kubelet-1.32.7.tsv"));
}

#[test]
fn the_kube_proxy_of_1_20_2() {
    agrees(PROXY, "1.20.2", include_str!("../lab/decode/kube-proxy-1.20.2.tsv"));
}

#[test]
fn kube_proxy_s_types_of_1_36_4() {
    agrees(PROXY, "1.36.4", include_str!("../lab/decode/kube-proxy-1.36.4.tsv"));
}
