//! khw-unit and systemd: what the one writes the other reads, and they agree on what is wrong.

use harness::{Reference, Sandbox, reference};
use std::fmt::Write;

/// The releases with the runtimes that each can have.
fn all_kubelets() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for minor in 13..=37 {
        for runtime in ["docker", "containerd", "crio"].into_iter().filter(|r| minor < 24 || *r != "docker") {
            for layout in ["tutorial", "mm", "kthw"] {
                for hardened in ["", " --hardened"] {
                    let options =
                        format!("--kubernetes-version 1.{minor} --runtime {runtime} --layout {layout}{hardened}");
                    all.push((format!("kubelet-{minor}-{runtime}-{layout}{}", hardened.len()), options));
                }
            }
        }
    }
    all
}

#[test]
fn what_it_writes_passes_its_own_check() {
    let s = Sandbox::new();
    let mut script = String::new();
    for (_, options) in all_kubelets() {
        let version = options.split(' ').nth(1).expect("the version");
        let _ = writeln!(
            script,
            "khw-unit kubelet --node worker-1 {options} | khw-unit check --strict --kubernetes-version {version} -"
        );
    }
    assert_eq!(s.sh(&script).ok(), "");
    s.sh("khw-unit kube-proxy | khw-unit check --strict -").ok();
    s.sh("khw-unit kube-proxy --hardened | khw-unit check --strict -").ok();
}

/// A root directory in which systemd-analyze finds what the units refer to.
fn root() -> Sandbox {
    let s = Sandbox::new();
    for target in ["sysinit", "basic", "shutdown", "multi-user"] {
        s.write(format!("root/usr/lib/systemd/system/{target}.target"), "[Unit]\nDescription=stand-in\n");
    }
    for service in ["docker", "containerd", "crio"] {
        let unit = "[Service]\nExecStart=/usr/local/bin/kubelet\n";
        s.write(format!("root/usr/lib/systemd/system/{service}.service"), unit);
    }
    s.write("root/usr/local/bin/kubelet", "#!/bin/sh\n").write("root/usr/local/bin/kube-proxy", "#!/bin/sh\n");
    s.write("root/etc/systemd/system/.keep", "").sh("chmod 755 root/usr/local/bin/*").ok();
    s
}

const VERIFY: &str = "systemd-analyze verify --man=no --root=\"$PWD/root\"";

#[test]
fn systemd_has_nothing_to_say_about_any_unit() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let mut script = String::from("cd root/etc/systemd/system\n");
    for (name, options) in all_kubelets() {
        let _ = writeln!(script, "khw-unit kubelet --node worker-1 {options} -o {name}.service");
    }
    // Values that only right quoting brings through a unit file.
    script.push_str(
        "khw-unit kubelet --node a --restart always --node-ip 10.0.0.1 -o odd.service \
         --flag node-labels=\"a b\" --flag node-labels=\"'\" --flag node-labels='\"' --flag node-labels='\\' \
         --flag node-labels='50%' --flag node-labels='%Z' --flag node-labels='$X${Y}' --flag node-labels=$'a\\nb\\t\\001' \
         --flag node-labels='# ; x' --flag node-labels=ä --flag node-labels=\n\
         khw-unit kubelet --node a --bootstrap-kubeconfig -o bootstrap.service\n\
         khw-unit kube-proxy -o kube-proxy.service\n\
         khw-unit kube-proxy --hardened -o kube-proxy-3.service\n\
         khw-unit kube-proxy --restart always --hostname-override a -o kube-proxy-2.service\n\
         ls *.service > ../../../../names\n",
    );
    s.sh(&script).ok();
    assert_eq!(s.read("names").lines().count(), (11 * 3 + 14 * 2) * 3 * 2 + 5);
    assert_eq!(s.sh(&format!("{VERIFY} $(cat names)")).ok(), "");
}

/// systemd's own words for what the check calls an error, so that neither sees what the other does not.
#[test]
fn systemd_complains_of_the_same() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let exec = "[Service]\nExecStart=/usr/local/bin/kubelet";
    for (unit, ours, systemd) in [
        (format!("{exec} \"a\n"), "unbalanced-quotes", "Unbalanced quoting"),
        (format!("{exec} 'a\n"), "unbalanced-quotes", "Unbalanced quoting"),
        (format!("{exec} a\\qb\n"), "unknown-escape", "Ignoring unknown escape sequences"),
        (format!("{exec}\nRestartSce=5\n"), "unknown-directive", "Unknown key 'RestartSce'"),
        (format!("{exec}\nWantedBy=x\n"), "unknown-directive", "Unknown key 'WantedBy'"),
        (format!("{exec}\n  --v=2\n"), "lost-backslash", "Unknown key '--v'"),
        (format!("{exec}\n  --seccomp-default\n"), "not-an-assignment", "Missing '='"),
        (format!("{exec}\n=x\n"), "not-an-assignment", "Missing key name"),
        (format!("{exec}\n[Servce]\nUser=x\n"), "unknown-section", "Unknown section 'Servce'"),
        (format!("Description=x\n{exec}\n"), "assignment-outside-section", "Assignment outside of section"),
        (format!("{exec}\n[Install\n"), "syntax", "Invalid section header"),
        (format!("{exec}\n[a\"b]\n"), "syntax", "Bad characters in section header"),
        ("[Service]\nExecStart=-\n".to_owned(), "bad-command", "Empty path in command line"),
        ("[Service]\nExecStart=/usr/\n".to_owned(), "bad-command", "Executable path specifies a directory"),
        (
            "[Service]\nExecStart=usr/x\n".to_owned(),
            "bad-command",
            "Neither a valid executable name nor an absolute path",
        ),
        (format!("{exec}\nExecStart=/usr/local/bin/kubelet\n"), "several-exec-start", "more than one ExecStart="),
        ("[Service]\nUser=root\n".to_owned(), "no-exec-start", "has no ExecStart="),
        ("[Unit]\nDescription=x\n".to_owned(), "no-exec-start", "has no ExecStart="),
    ] {
        s.write("root/etc/systemd/system/x.service", &unit);
        let said = s.sh(&format!("{VERIFY} x.service || true"));
        assert!(said.stderr.contains(systemd), "{unit}\n{}", said.stderr);
        let found = s.sh("khw-unit check --strict root/etc/systemd/system/x.service");
        assert_eq!(found.status, 1, "{unit}");
        assert!(found.stdout.contains(&format!("[{ours}]")), "{unit}\n{}", found.stdout);
    }
}

/// Units that Debian's packages bring have been through systemd: the check has nothing to say about their syntax.
#[test]
fn the_hosts_own_services_pass() {
    let s = Sandbox::new();
    if s.sh("ls /usr/lib/systemd/system/*.service 2>/dev/null | grep -q .").status != 0 {
        eprintln!("SKIPPED: there are no services in /usr/lib/systemd/system");
        return;
    }
    // Some are masked: empty, or links to /dev/null.
    s.sh(
        "khw-unit check --ignore empty-unit,requires-without-after,relative-program /usr/lib/systemd/system/*.service",
    )
    .ok();
}

/// The directives come from systemd 252; where that is at hand it says whether they are all there.
#[test]
fn knows_each_directive_of_systemd_252() {
    let s = Sandbox::new();
    let systemd = "/usr/lib/systemd/systemd";
    if s.sh(&format!("{systemd} --version | grep -q '^systemd 252 '")).status != 0 {
        eprintln!("SKIPPED: {systemd} is not version 252");
        return;
    }
    let all = s.sh(&format!("{systemd} --dump-configuration-items 2>/dev/null")).succeeds();
    let mut unit = String::new();
    for section in ["Unit", "Service", "Install"] {
        let lines =
            all.lines().skip_while(|l| *l != format!("[{section}]")).skip(1).take_while(|l| !l.starts_with('['));
        let _ = writeln!(unit, "[{section}]");
        for name in lines.filter_map(|l| l.split_once('=').map(|(name, _)| name)) {
            let value = if name.starts_with("Exec") { "/bin/true" } else { "x" };
            let _ = writeln!(unit, "{name}={value}");
        }
    }
    assert!(unit.lines().count() > 350);
    s.write("x.service", &unit).sh("khw-unit check --only unknown-directive,unknown-section x.service").ok();
}

/// systemd's verdict on each value of the table that khw-unit's own tests use.
#[test]
fn systemd_takes_the_same_values() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let table = include_str!("../../khw-unit/testdata/values.txt");
    let rows: Vec<(&str, &str)> =
        table.lines().filter(|l| !l.starts_with('#')).map(|l| l.split_once(' ').expect("verdict, value")).collect();
    assert!(rows.len() > 100);
    let mut names = String::new();
    for (index, (_, assignment)) in rows.iter().enumerate() {
        let unit = match assignment.strip_prefix("[Unit] ") {
            Some(assignment) => format!("[Unit]\n{assignment}\n[Service]\nExecStart=/usr/local/bin/kubelet\n"),
            None => format!("[Service]\nExecStart=/usr/local/bin/kubelet\n{assignment}\n"),
        };
        s.write(format!("root/etc/systemd/system/v{index}.service"), unit);
        let _ = write!(names, " v{index}.service");
    }
    let said = s.sh(&format!("{VERIFY}{names} || true")).stderr;
    for (index, (verdict, assignment)) in rows.iter().enumerate() {
        let complains = said.contains(&format!("/v{index}.service:")) || said.contains(&format!("\nv{index}.service:"));
        assert_eq!(complains, *verdict == "bad", "{assignment}\n{said}");
    }
}

/// What systemd takes apart and puts back into `ExecStart=` by itself, word for word: `systemd-analyze verify` looks for
/// each program of a unit, so that a path with every odd character shows how it was read.
#[test]
fn systemd_reads_the_words_that_were_meant() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    // The argument of --flag becomes one word; here it becomes the program of ExecStartPre=, which must be found.
    for (index, odd) in
        ["a b", "50%", "$X", "${Y}", "a;b", "#c", "ä", "x=y", "%H", "$$", "a  b", "[u]", "😀"].iter().enumerate()
    {
        let made = s.sh(&format!("khw-unit kubelet --node a --flag 'node-labels={odd}' --flag v=2"));
        let word = made.ok();
        let word = word
            .lines()
            .find_map(|l| l.trim_start_matches([' ', '"']).strip_prefix("--node-labels=").map(str::to_owned));
        let word = word.expect("the flag");
        let quoted = word.trim_end_matches(" \\").trim_end_matches('"').to_owned();
        // A program gets no variables put in, so that a doubled dollar stays doubled there.
        let (program, file) = if odd.contains('$') {
            (quoted.replace("$$", "$"), (*odd).to_owned())
        } else {
            (quoted, (*odd).to_owned())
        };
        s.write(format!("root/usr/local/bin/{file}"), "#!/bin/sh\n");
        s.sh(&format!("chmod 755 'root/usr/local/bin/{file}'")).ok();
        let unit = format!("[Service]\nExecStart=\"/usr/local/bin/{program}\"\n");
        s.write(format!("root/etc/systemd/system/w{index}.service"), unit);
        let said = s.sh(&format!("{VERIFY} w{index}.service || true"));
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""), "{odd}: {program}");
    }
}

/// At least 100 units: those of this host's packages, and our own edge cases. Where systemd is silent the check is, and
/// the other way round.
#[test]
fn both_read_a_corpus_alike() {
    if reference(Reference::SystemdAnalyze).is_none() {
        return;
    }
    let s = root();
    let script = "
        i=0
        for f in /usr/lib/systemd/system/*.service /usr/lib/systemd/user/*.service; do
            [ -s \"$f\" ] || continue
            i=$((i + 1)); cp -L \"$f\" root/etc/systemd/system/c$i@x.service
        done
        echo $i";
    let hosts: usize = s.sh(script).ok().trim().parse().expect("a number");
    for (index, unit) in EDGES.iter().enumerate() {
        s.write(format!("root/etc/systemd/system/c{}@x.service", hosts + index + 1), unit);
    }
    let all = hosts + EDGES.len();
    assert!(all >= 100 || hosts == 0, "{hosts} of this host, {} of our own", EDGES.len());
    let names: Vec<String> = (1..=all).map(|i| format!("c{i}@x.service")).collect();
    let said = s.sh(&format!("{VERIFY} {} || true", names.join(" "))).stderr;
    let found = s.sh(&format!("cd root/etc/systemd/system; khw-unit check {} || true", names.join(" "))).succeeds();
    // What systemd looks for on the host or in other units is no part of the file's syntax.
    let about_syntax = |line: &&str| {
        ![
            "not found",
            "Failed to",
            "is not executable",
            "Unit ",
            "No such file",
            "legacy",
            "deprecated",
            "Support for",
            "Two services allocated",
        ]
        .iter()
        .any(|other| line.contains(other) && !line.contains("Failed to parse") && !line.contains("Unknown"))
    };
    for name in &names {
        let theirs: Vec<&str> = said.lines().filter(|l| l.contains(&format!("{name}:"))).filter(about_syntax).collect();
        let ours: Vec<&str> = found
            .lines()
            .filter(|l| l.starts_with(&format!("{name}:")) && l.contains(" error: ") && !l.contains("[no-exec-start]"))
            .collect();
        assert_eq!(ours.is_empty(), theirs.is_empty(), "{name}\nsystemd: {theirs:#?}\nkhw-unit: {ours:#?}");
    }
}

/// Units that are odd, some of them wrong.
const EDGES: [&str; 24] = [
    "[Service]\nExecStart=/bin/true\n",
    "\u{feff}[Service]\nExecStart=/bin/true\n",
    "[Service]\r\nExecStart=/bin/true\r\n",
    "; c\n# d \\\n[Service]\n  ExecStart = /bin/true a\n",
    "[Service]\nExecStart=/bin/true \\\n# c\n  a \\\n  b\n",
    "[Service]\nExecStart=/bin/true \\\n\nRestart=no\nType\n",
    "[Service]\nExecStart=/bin/true \"a b\" 'c d' e\\x41 \\; f\n",
    "[Service]\nExecStart=/bin/true \"a\n",
    "[Service]\nExecStart=/bin/true a\\qb\nRestart=x\n",
    "[Service]\nExecStart=@/bin/true true -a\n",
    "[Service]\nExecStart=-+/bin/true\n",
    "[Service]\nExecStart=@/bin/true\n",
    "[Service]\nType=oneshot\nExecStart=/bin/true ; /bin/true b\n",
    "[Service]\nType=oneshot\nExecStart=/bin/true\nExecStart=\nExecStart=/bin/true c\n",
    "[Service]\nExecStart=/bin/true\nRestart=maybe\n",
    "[Service]\nExecStart=/bin/true\nRestartSec=1 fortnight\n",
    "[Service]\nExecStart=/bin/true\nFoo=bar\n",
    "[Service]\nExecStart=/bin/true\nX-Foo=bar\n[X-Other]\na=b\n",
    "[Service]\nExecStart=/bin/true\n[Other]\na=b\n",
    "[Service]\nExecStart=/bin/true\nEnvironment=A=b \"C=d e\" 'F=g'\n",
    "[Service]\nExecStart=/bin/true\nEnvironment=1=b\n",
    "a=b\n[Service]\nExecStart=/bin/true\n",
    "[Service]\nExecStart=/bin/true 50%% %i $$X ${HOME}\n",
    "[Service]\nExecStart=/bin/true\n[Unit]\nAfter=a.service b.target\nConditionPathExists=/etc\n",
];
