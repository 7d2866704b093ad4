//! The units of the tutorial, of mmumshad's guide and of Kubernetes the hard way, as those pages say them, and each slip
//! that a person makes when copying one.

use super::check_bytes;
use khw_core::{Error, KubernetesVersion};

/// Name for a failed test, minor release, unit.
const GUIDES: [(&str, u16, &str); 5] = [
    ("tutorial, kubelet", 13, include_str!("../../testdata/guides/tutorial-kubelet-1.13.service")),
    ("tutorial, kube-proxy", 13, include_str!("../../testdata/guides/tutorial-kube-proxy-1.13.service")),
    ("KTHW, kubelet of 1.21", 21, include_str!("../../testdata/guides/kthw-kubelet-1.21.service")),
    ("KTHW, kubelet of 1.32", 32, include_str!("../../testdata/guides/kthw-kubelet-1.32.service")),
    ("MM, kubelet of 1.28", 28, include_str!("../../testdata/guides/mm-kubelet-1.28.service")),
];

/// What is written, what is typed instead, and the name of the finding. Each is applied to each unit that has it.
#[rustfmt::skip]
const SLIPS: &[(&str, &str, &str)] = &[
    // Misspelt or misplaced.
    ("Description=", "Descripton=", "unknown-directive"),
    ("After=", "Afer=", "unknown-directive"),
    ("Requires=", "Require=", "unknown-directive"),
    ("ExecStart=", "Execstart=", "unknown-directive"),
    ("ExecStart=", "Exec_Start=", "no-exec-start"),
    ("Restart=", "restart=", "unknown-directive"),
    ("RestartSec=", "RestartSecs=", "unknown-directive"),
    ("WantedBy=", "WantedBY=", "unknown-directive"),
    ("[Install]\n", "", "unknown-directive"),
    ("[Service]", "[service]", "unknown-section"),
    ("[Install]", "[Instal]", "unknown-section"),
    ("[Unit]\n", "", "assignment-outside-section"),
    ("[Service]", "[Service", "syntax"),
    ("[Service]", "Service]", "not-an-assignment"),
    ("Restart=on-failure", "Restart on-failure", "not-an-assignment"),
    ("Restart=on-failure", "=on-failure", "not-an-assignment"),
    // Backslashes and quotes.
    ("kubelet \\\n", "kubelet\n", "lost-backslash"),
    ("kube-proxy \\\n", "kube-proxy\n", "lost-backslash"),
    (".yaml \\\n", ".yaml\n", "lost-backslash"),
    ("kubeconfig \\\n", "kubeconfig\n", "lost-backslash"),
    ("kubeconfig \\\n", "kubeconfig \\\n\n", "trailing-backslash"),
    ("--v=2\n", "--v=2 \\\n", "trailing-backslash"),
    ("config.yaml\nRestart", "config.yaml \\\nRestart", "trailing-backslash"),
    ("--config=", "--config=\"", "unbalanced-quotes"),
    ("--config=/var", "--config='/var", "unbalanced-quotes"),
    ("--config=/var", "--config=\\q/var", "unknown-escape"),
    // Values.
    ("on-failure", "on-fail", "bad-value"),
    ("on-failure", "On-failure", "bad-value"),
    ("on-failure", "true", "bad-value"),
    ("RestartSec=5", "RestartSec=5x", "bad-value"),
    ("RestartSec=5", "RestartSec=five", "bad-value"),
    ("After=docker.service", "After=docker", "bad-value"),
    ("After=containerd.service", "After=containerd", "bad-value"),
    ("multi-user.target", "multi-user", "bad-value"),
    ("Restart=", "KillMode=cgroup\nRestart=", "bad-value"),
    ("Restart=", "Type=notfy\nRestart=", "bad-value"),
    ("Restart=", "PrivateTmp=maybe\nRestart=", "bad-value"),
    ("Restart=", "MemoryMax=1GB\nRestart=", "bad-value"),
    ("Restart=", "KillSignal=SIGTREM\nRestart=", "bad-value"),
    ("Restart=", "UMask=0788\nRestart=", "bad-value"),
    ("Restart=", "Environment=A B=c\nRestart=", "bad-value"),
    // The program and its flags.
    ("/usr/local/bin/", "usr/local/bin/", "bad-command"),
    ("/usr/local/bin/", "", "relative-program"),
    ("/usr/local/bin/", "/usr/local/bin/ ", "bad-command"),
    ("ExecStart=", "ExecStart=/bin/true\nExecStart=", "several-exec-start"),
    ("--config=", "--conifg=", "unknown-flag"),
    ("--kubeconfig=", "--kube-config=", "unknown-flag"),
    ("--v=2", "--v=2 --allow-privileged=true --verbos=1", "unknown-flag"),
    ("--node-ip=192.168.56.21", "--node-ip=${PRIMARY_IP}", "undefined-variable"),
    ("--node-ip=192.168.56.21", "--node-ip=$PRIMARY_IP", "unexpanded-variable"),
    ("worker-1.crt", "${HOSTNAME}.crt", "undefined-variable"),
    ("--kubeconfig=/var/lib/kubelet", "--kubeconfig=${KUBELET_DIR}", "undefined-variable"),
    ("kube-proxy-config.yaml", "kube-proxy-config.yaml --cluster-cidr=10.244.0.0/16", "ignored-flag"),
    ("kube-proxy-config.yaml", "kube-proxy-config.yaml --proxy-mode=ipvs", "ignored-flag"),
    ("kube-proxy-config.yaml", "kube-proxy-config.yaml --kubeconfig=/x", "ignored-flag"),
    // Right in itself, and wrong here.
    ("After=docker.service\n", "", "requires-without-after"),
    ("After=containerd.service\n", "", "requires-without-after"),
    ("Requires=containerd.service", "Requires=docker.service", "requires-without-after"),
    ("Restart=", "Type=forking\nRestart=", "wrong-type"),
    ("Restart=", "Type=oneshot\nRestart=", "wrong-type"),
    ("Restart=", "IgnoreSIGPIPE=no\nRestart=", "sigpipe-not-restarted"),
    ("ExecStart=/usr/local/bin/kubelet \\\n", "PrivateTmp=yes\nExecStart=/usr/local/bin/kubelet \\\n", "own-mounts"),
    ("ExecStart=/usr/local/bin/kubelet \\\n", "ProtectSystem=full\nExecStart=/usr/local/bin/kubelet \\\n", "own-mounts"),
];

/// What is right for the release of the page, and not for another.
#[rustfmt::skip]
const RELEASES: &[(usize, u16, &str)] = &[
    (0, 24, "removed-flag"), (0, 37, "removed-flag"), (2, 24, "removed-flag"), (2, 27, "removed-flag"),
    (2, 24, "deprecated-flag"),
];

fn names(text: &str, minor: u16) -> Vec<&'static str> {
    check_bytes(text.as_bytes(), KubernetesVersion::minor_release(minor)).iter().map(|f| f.name).collect()
}

#[test]
fn the_guides_units_deserve_no_warning() {
    for (guide, minor, unit) in GUIDES {
        assert_eq!(names(unit, minor), [""; 0], "{guide}");
    }
}

#[test]
fn each_slip_is_caught_by_its_name() -> Result<(), Error> {
    let mut caught = 0;
    for (from, to, name) in SLIPS {
        let mut applied = 0;
        for (guide, minor, unit) in GUIDES.into_iter().filter(|(_, _, unit)| unit.contains(from)) {
            let found = names(&unit.replacen(from, to, 1), minor);
            assert!(found.contains(name), "{guide}: {from:?} to {to:?}: {found:?}");
            applied += 1;
        }
        assert!(applied > 0, "{from:?} is in no unit");
        caught += applied;
    }
    for &(guide, minor, name) in RELEASES {
        let found = names(GUIDES[guide].2, minor);
        assert!(found.contains(&name), "{} at 1.{minor}: {found:?}", GUIDES[guide].0);
        caught += 1;
    }
    assert!(caught >= 200, "{caught}");
    Ok(())
}

/// Each backslash at the end of a line, lost.
#[test]
fn no_lost_backslash_passes() {
    for (guide, minor, unit) in GUIDES {
        for (at, _) in unit.match_indices(" \\\n") {
            let mut text = unit.to_owned();
            text.replace_range(at..at + 2, "");
            assert!(names(&text, minor).contains(&"lost-backslash"), "{guide}: {at}");
        }
    }
}

/// Twice the input is not four times the work: counted in the findings and in what they say, not in time.
#[test]
fn hostile_input_costs_in_proportion_to_its_size() {
    for seed in [
        "\\\n",
        "[",
        "[x]\n",
        "[Service]\n",
        "=",
        "a",
        "\"",
        "'",
        "$",
        "${",
        "${A}",
        "$A ",
        "%",
        ";",
        " ; ",
        "\\x",
        "\\U0001F600",
        "ExecStart=/bin/a\n",
        "ExecStart=\n",
        "Environment=A=1\n",
        "#\\\n",
        "\0",
        "\r",
        "\n\r",
        "é",
        "--a=b ",
        "-v ",
        "\u{85}",
        "x=y\n",
        "Restart=x\n",
        "MemoryMax=1G 1M 1K\n",
        "5s",
    ] {
        for head in [
            "",
            "[Service]\n",
            "[Service]\nExecStart=/usr/local/bin/kubelet ",
            "[Service]\nRestartSec=",
            "[Unit]\nAfter=",
        ] {
            let text = format!("{head}{}", seed.repeat(30_000 / seed.len()));
            let findings = check_bytes(text.as_bytes(), KubernetesVersion::NEWEST);
            assert!(findings.len() <= text.len() + 1);
            let said: usize = findings.iter().map(|f| f.message.len() + f.fix.as_ref().map_or(0, String::len)).sum();
            assert!(said <= 200 * (text.len() + 10), "{head:?} {seed:?}: {said}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
        for finding in check_bytes(&bytes, KubernetesVersion::NEWEST) {
            proptest::prop_assert!(super::CHECKS.contains(&finding.name));
        }
    }

    #[test]
    fn any_text_of_what_means_something_is_answered(
        text in "(\\[Service\\]\n|\\[Unit\\]\n|ExecStart=|/bin/kubelet|Restart=|Environment=|\\\\\n|\"|'|\\$\\{A\\}|%|--[a-z]{1,5}=|[ -~]|\n){0,60}"
    ) {
        for finding in check_bytes(text.as_bytes(), KubernetesVersion::NEWEST) {
            proptest::prop_assert!(super::CHECKS.contains(&finding.name));
        }
    }
}
