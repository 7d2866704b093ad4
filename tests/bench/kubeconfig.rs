//! Each command of `kubectl config` against khw-kubeconfig's, on a small file and on one of 10,000 contexts.

use super::{Bench, Job, lines};
use std::fmt::Write;

/// One command of each kind. What a run changes, the next one changes again or back: none of them comes to an end.
const COMMANDS: [&str; 19] = [
    "current-context",
    "delete-cluster spare",
    "delete-context spare",
    "delete-user spare",
    "get-clusters",
    "get-contexts",
    "get-contexts -o name",
    "get-users",
    "rename-context spare other",
    "set clusters.one.server https://other:6443",
    "set-cluster one --server=https://other:6443 --certificate-authority=ca.crt --embed-certs",
    "set-context one --namespace=other",
    "set-credentials one --client-certificate=fixed.crt --client-key=fixed.key --embed-certs",
    "unset contexts.one.namespace",
    "use-context spare",
    "view",
    "view --raw --flatten -o json",
    "view --minify",
    "view -o jsonpath={.clusters[*].name}",
];

impl Bench {
    /// Prints the processor time of both and their ratio: on a desk that does other things too, it says more than the clock.
    pub(super) fn kubeconfig(&self, runs: usize) {
        // kubectl takes seconds for each command on the large one.
        for (what, contexts, runs) in [("2 contexts", 2, runs), ("10,000 contexts", 10_000, runs.div_ceil(10))] {
            self.sandbox.write("kubeconfig", kubeconfig(contexts));
            self.sandbox.sh("chmod 600 kubeconfig").ok();
            println!("\nkubectl config, each command, {what} (processor time, medians of {runs})");
            println!("  {:<46} {:>12} {:>12}", "", "kubectl", "khw-kubeconfig");
            for command in COMMANDS {
                let of = |tool: &str| {
                    // Each run on a copy: a command that finds its work done does less.
                    let line = format!("{tool} {command} --kubeconfig=copy");
                    let job = Job { what: "", lines: lines(&line), anew: &[] };
                    let mut times: Vec<f64> = (0..runs)
                        .map(|_| {
                            self.sandbox.sh("cp -p kubeconfig copy").ok();
                            self.processor_time(&job)
                        })
                        .collect();
                    times.sort_by(f64::total_cmp);
                    times[times.len() / 2] * 1e3
                };
                let (kubectl, khw) = (of("kubectl config"), of("khw-kubeconfig"));
                let name: String = command.chars().take(44).collect();
                println!("  {name:<46} {kubectl:>9.1} ms {khw:>9.1} ms {:>6.1} x", kubectl / khw);
            }
        }
        self.linear();
    }

    /// A change takes time linear in the size of the file.
    fn linear(&self) {
        println!("\nkhw-kubeconfig set-context, by size of the file (processor time, medians of 5)");
        for contexts in [1250, 2500, 5000, 10_000, 20_000] {
            let text = kubeconfig(contexts);
            let megabytes = text.len() as f64 / 1e6;
            self.sandbox.write("kubeconfig", text);
            self.sandbox.sh("chmod 600 kubeconfig").ok();
            let mut times: Vec<f64> = (0..5)
                .map(|run| {
                    let line = format!("khw-kubeconfig set-context one --namespace=n{run} --kubeconfig=kubeconfig");
                    self.processor_time(&Job { what: "", lines: lines(&line), anew: &[] })
                })
                .collect();
            times.sort_by(f64::total_cmp);
            let time = times[2] * 1e3;
            println!("  {contexts:>6} contexts {megabytes:>6.1} MB {time:>9.1} ms {:>6.1} ms/MB", time / megabytes);
        }
    }
}

/// So many clusters, users and contexts, two of which are called `one` and `spare`.
fn kubeconfig(contexts: usize) -> String {
    let name = |i: usize| match i {
        0 => "one".to_owned(),
        1 => "spare".to_owned(),
        _ => format!("n{i}"),
    };
    let blob = "QUJD".repeat(60);
    let mut text = String::from("# by hand\napiVersion: v1\nkind: Config\ncurrent-context: one\nclusters:\n");
    for name in (0..contexts).map(name) {
        let _ = writeln!(
            text,
            "- name: {name}\n  cluster:\n    server: https://{name}:6443\n    certificate-authority-data: {blob}"
        );
    }
    text.push_str("contexts:\n");
    for name in (0..contexts).map(name) {
        let _ = writeln!(text, "- name: {name}\n  context: {{cluster: {name}, user: {name}, namespace: default}}");
    }
    text.push_str("users:\n");
    for name in (0..contexts).map(name) {
        let _ = writeln!(text, "- name: {name}\n  user: {{token: t-{name}}}");
    }
    text
}
