//! What all six must do alike: help, version, exit codes, messages, pages, completions, pipes, umask, targets that
//! cannot be written, and `-`.

use harness::{Ran, Sandbox, TOOLS};
use std::path::PathBuf;

/// Every command of a tool, itself first: `khw-cert`, `khw-cert genrsa`, …
fn commands(sandbox: &Sandbox, command: &str) -> Vec<String> {
    let help = sandbox.sh(&format!("{command} --help")).ok();
    let mut all = vec![command.to_owned()];
    let listed = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| l.starts_with("  "));
    for line in listed {
        // Deeper lines are the continuation of a description.
        if let Some(name) = line.strip_prefix("  ").filter(|l| !l.starts_with(' ') && !l.starts_with("help ")) {
            let name = name.split_whitespace().next().expect("a name");
            all.extend(commands(sandbox, &format!("{command} {name}")));
        }
    }
    all
}

#[track_caller]
fn starts_with(text: &str, start: &str, ran: &Ran) {
    assert!(text.starts_with(start), "expected {start:?}: {ran:?}");
}

/// Exit 2, an error and a hint in the one form, and nothing on standard output.
#[track_caller]
fn complains(ran: &Ran, tool: &str) {
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    starts_with(&ran.stderr, &format!("{tool}: error: "), ran);
    let what = lines[0].trim_start_matches(tool).trim_start_matches(": error: ");
    assert!(!what.is_empty() && !what.ends_with('.'), "{ran:?}");
    for hint in &lines[1..] {
        assert!(hint.starts_with(&format!("{tool}: hint: ")), "{ran:?}");
    }
    assert!(lines.len() <= 2, "one line each: {ran:?}");
}

#[test]
fn help_says_how_it_is_used_and_how_it_ends() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        for command in commands(&sandbox, tool) {
            let help = sandbox.sh(&format!("{command} --help")).ok();
            assert!(help.contains(&format!("Usage: {command}")), "{command}:\n{help}");
            assert!(sandbox.sh(&format!("{command} -h")).ok().contains("Usage: "), "{command} -h");
        }
        assert!(sandbox.sh(&format!("{tool} --help")).ok().contains("Exit status: 0 "), "{tool}");
    }
    assert_eq!(sandbox.names(), [""; 0], "--help makes no file");
}

#[test]
fn version_is_one_line() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        assert_eq!(sandbox.sh(&format!("{tool} --version")).ok(), format!("{tool} 0.1.0\n"));
    }
}

#[test]
fn an_unknown_option_is_named() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        for command in commands(&sandbox, tool) {
            let ran = sandbox.sh(&format!("{command} --bogus"));
            complains(&ran, tool);
            // openssl's words take options alone: khw-cert says less there.
            let said = ran.stderr.replace("unknown option '", "unknown option or argument '");
            let first = format!("{tool}: error: unknown option or argument '--bogus'\n{tool}: hint: ");
            starts_with(&said, &first, &ran);
        }
    }
    assert_eq!(sandbox.names(), [""; 0]);
}

#[test]
fn an_unknown_command_or_a_missing_one_is_an_error() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        if commands(&sandbox, tool).len() > 1 {
            let ran = sandbox.sh(&format!("{tool} no-such-command"));
            complains(&ran, tool);
            assert!(ran.stderr.contains("no-such-command"), "{ran:?}");
        }
        // The configurations have a meaning without any argument; the others do not.
        if !["khw-kubelet-conf", "khw-proxy-conf"].contains(&tool) {
            let ran = sandbox.sh(tool);
            complains(&ran, tool);
            starts_with(&ran.stderr, &format!("{tool}: error: a command is missing\n{tool}: hint: "), &ran);
        }
    }
}

/// The page in the tree, where `make install` takes it from.
fn page(tool: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(tool).join(format!("{tool}.8"))
}

#[test]
fn man_pages_are_those_in_the_tree() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        let man = sandbox.sh(&format!("{tool} --generate man")).ok();
        if std::env::var_os("KHW_RENEW").is_some() {
            std::fs::write(page(tool), &man).expect("the page");
        }
        let committed = std::fs::read_to_string(page(tool)).unwrap_or_default();
        assert!(committed == man, "{} is not what {tool} --generate man prints: run make man", page(tool).display());
    }
}

#[test]
fn man_pages_are_well_formed() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        let man = sandbox.sh(&format!("{tool} --generate man | tee {tool}.8")).ok();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"EXIT STATUS\"", "\"SEE ALSO\""] {
            assert!(man.contains(&format!("\n.SH {section}\n")), "{tool}: no {section}");
        }
        for command in commands(&sandbox, tool).iter().skip(1) {
            assert!(man.contains(&format!(".SH \"{}\"", command.to_uppercase())), "{tool}: nothing about {command}");
        }
        // Where there is a judge of pages, it judges; `make test` installs mandoc where it may.
        let judge = format!(
            "if command -v mandoc >/dev/null; then mandoc -T lint -W error {tool}.8; fi
             if command -v groff >/dev/null; then groff -man -Tutf8 -Kutf8 -ww -z {tool}.8; fi"
        );
        assert_eq!(sandbox.sh(&judge).ok(), "", "{tool}");
    }
}

#[test]
fn completions_are_taken_by_their_shells() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        for shell in ["bash", "zsh", "fish"] {
            let script = sandbox.sh(&format!("{tool} --generate {shell} | tee {tool}.{shell}")).ok();
            assert!(script.contains(tool), "{tool} {shell}");
            sandbox.sh(&format!("if command -v {shell} >/dev/null; then {shell} -n {tool}.{shell}; fi")).ok();
        }
        // And what bash loads does complete.
        let script = format!(
            "set +u; source {tool}.bash; COMP_WORDS=({tool} --vers); COMP_CWORD=1; \
             function_name=$(complete -p {tool} | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             $function_name {tool} --vers {tool}; echo ${{COMPREPLY[*]}}"
        );
        assert_eq!(sandbox.sh(&script).succeeds(), "--version\n", "{tool}");
        sandbox.sh(&format!("{tool} --generate fortran")).refused(&format!(
            "{tool}: error: --generate: cannot generate 'fortran'\n{tool}: hint: it is one of man, bash, zsh, fish\n"
        ));
    }
}

/// A line of each tool that prints data.
const PRINTS: [&str; 17] = [
    "khw-cert --generate man",
    "khw-cert key --key-type ecdsa:p256",
    "khw-cert csr worker-1 192.168.5.21",
    "khw-cert inspect worker-1.crt",
    "khw-cert check worker-1.crt --within 9999d",
    "khw-cert expiry ca.crt",
    "khw-kubeconfig --help",
    "khw-install --version",
    "khw-cert genrsa 2048",
    "khw-kubeconfig view --kubeconfig worker-1.kubeconfig --raw",
    "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt --client-certificate worker-1.crt --client-key worker-1.key",
    "khw-kubelet-conf",
    "khw-proxy-conf --cluster-cidr 10.244.0.0/16",
    "khw-unit kubelet --node worker-1",
    "khw-unit kube-proxy",
    "khw-install paths --node worker-1",
    "khw-install verify --node worker-1 --root root",
];

/// A sandbox with the files that the lines above want.
fn with_files() -> Sandbox {
    let sandbox = Sandbox::new();
    let files = "
        khw-cert ca && khw-cert node worker-1 192.168.5.21 && khw-cert client kube-proxy
        new() { khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \"$@\"; }
        new --client-certificate worker-1.crt --client-key worker-1.key > worker-1.kubeconfig
        new --client-certificate kube-proxy.crt --client-key kube-proxy.key > kube-proxy.kubeconfig
        khw-kubelet-conf > kubelet-config.yaml
        khw-proxy-conf --cluster-cidr 10.244.0.0/16 > kube-proxy-config.yaml
        khw-unit kubelet --node worker-1 > kubelet.service
        khw-unit kube-proxy > kube-proxy.service
        mkdir root
        khw-cert csr worker-1 192.168.5.21 > worker-1.csr
    ";
    sandbox.sh(files).succeeds();
    sandbox
}

#[test]
fn a_full_standard_output_is_an_error() {
    let sandbox = with_files();
    for line in PRINTS {
        let tool = line.split(' ').next().expect("a name");
        let ran = sandbox.sh(&format!("{line} >/dev/full"));
        complains(&ran, tool);
        let first = format!("{tool}: error: standard output: no space left on device\n");
        starts_with(&ran.stderr, &first, &ran);
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let sandbox = with_files();
    for line in PRINTS {
        // The reader has gone before the first byte is written.
        let ran = sandbox.sh(&format!("exec 3> >(:); wait $!; {line} >&3"));
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    }
}

/// What a line does, the file it makes, and that file's mode under umask 000 and under 077.
const MAKES: [(&str, &str, u32, u32); 13] = [
    ("khw-cert key -o y.key", "y.key", 0o600, 0o600),
    ("khw-cert csr worker-4 -o worker-4.csr", "worker-4.key", 0o600, 0o600),
    ("echo worker-5 | khw-cert node --from -", "worker-5.key", 0o600, 0o600),
    ("echo worker-6 | khw-cert node --from -", "worker-6.crt", 0o644, 0o600),
    ("khw-cert genrsa -out x.key 2048", "x.key", 0o600, 0o600),
    ("khw-cert node worker-2 192.168.5.22", "worker-2.key", 0o600, 0o600),
    ("khw-cert node worker-3 192.168.5.23", "worker-3.crt", 0o644, 0o600),
    (
        "khw-kubeconfig set-cluster k --server=https://192.168.5.30:6443 --kubeconfig=y.kubeconfig",
        "y.kubeconfig",
        0o600,
        0o600,
    ),
    (
        "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt --client-certificate worker-1.crt --client-key worker-1.key -o x.kubeconfig",
        "x.kubeconfig",
        0o600,
        0o600,
    ),
    ("khw-kubelet-conf -o x.yaml", "x.yaml", 0o644, 0o600),
    ("khw-proxy-conf --cluster-cidr 10.244.0.0/16 -o y.yaml", "y.yaml", 0o644, 0o600),
    ("khw-unit kubelet --node worker-1 -o x.service", "x.service", 0o644, 0o600),
    (
        "khw-install kubelet-key worker-1.key --root root --node worker-1",
        "root/var/lib/kubelet/worker-1.key",
        0o600,
        0o600,
    ),
];

#[test]
fn modes_do_not_depend_on_luck() {
    for (umask, under_077) in [("000", false), ("077", true)] {
        let sandbox = with_files();
        sandbox.sh("khw-install kubelet-cert worker-1.crt --root root --node worker-1").succeeds();
        for (line, file, open, closed) in MAKES {
            sandbox.sh(&format!("umask {umask}; {line}")).succeeds();
            let expected = if under_077 { closed } else { open };
            assert_eq!(sandbox.mode(file), expected, "umask {umask}: {line}: {:o}", sandbox.mode(file));
        }
    }
}

#[test]
fn what_is_placed_for_all_has_its_mode_under_any_umask() {
    let sandbox = with_files();
    sandbox.sh("umask 077; khw-install node --from . --root root --node worker-1").succeeds();
    assert_eq!(sandbox.mode("root/etc/systemd/system/kubelet.service"), 0o644);
    assert_eq!(sandbox.mode("root/opt/cni/bin"), 0o755);
    assert_eq!(sandbox.mode("root/etc/cni/net.d"), 0o755);
}

/// Lines that write to a file named `OUT`.
const WRITES: [&str; 7] = [
    "khw-cert genrsa -out OUT 2048",
    "khw-cert key --key-type ecdsa:p256 -o OUT",
    "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt --client-certificate worker-1.crt --client-key worker-1.key -o OUT",
    "khw-kubelet-conf -o OUT",
    "khw-proxy-conf --cluster-cidr 10.244.0.0/16 -o OUT",
    "khw-unit kubelet --node worker-1 -o OUT",
    "khw-unit kube-proxy -o OUT",
];

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let sandbox = with_files();
    let lines = WRITES.iter().map(|line| line.replace("OUT", "/proc/x")).chain([
        "khw-cert node worker-9 192.168.5.29 -d /proc".to_owned(),
        "khw-kubeconfig set-cluster k --server=https://192.168.5.30:6443 --kubeconfig=/proc/x".to_owned(),
        "khw-install dirs --root /proc --node worker-1".to_owned(),
        "khw-install ca ca.crt --root /proc --node worker-1".to_owned(),
    ]);
    for line in lines {
        // Root may write everywhere but where there is nothing that could hold a file.
        let ran = sandbox.sh(&line);
        complains(&ran, line.split(' ').next().expect("a name"));
        assert!(ran.stderr.contains("/proc"), "{ran:?}");
    }
}

#[test]
fn a_directory_in_the_place_of_the_output_is_an_error() {
    let sandbox = with_files();
    sandbox.sh("mkdir d").ok();
    for line in WRITES {
        let ran = sandbox.sh(&line.replace("OUT", "d"));
        complains(&ran, line.split(' ').next().expect("a name"));
        assert!(ran.stderr.contains("d: "), "{ran:?}");
    }
    assert_eq!(sandbox.sh("ls -A d").ok(), "");
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let sandbox = with_files();
    for line in WRITES {
        // No file may grow beyond nothing: what a full disk looks like to a program. A key is not replaced unasked.
        sandbox.sh("rm -f out && mkdir -p full && rm -rf full/* && echo old > full/out").ok();
        let force = if line.starts_with("khw-cert") { sandbox.sh("rm full/out").ok() } else { String::new() };
        assert_eq!(force, "");
        let ran = sandbox.sh(&format!("trap '' XFSZ; ulimit -f 0; {}", line.replace("OUT", "full/out")));
        complains(&ran, line.split(' ').next().expect("a name"));
        let left = if line.starts_with("khw-cert") { "" } else { "out\n" };
        assert_eq!(sandbox.sh("ls -A full").ok(), left, "{line}");
        if !left.is_empty() {
            assert_eq!(sandbox.read("full/out"), "old\n", "{line}");
        }
    }
}

#[test]
fn output_that_would_not_change_is_left_untouched() {
    let sandbox = with_files();
    // A key is new every time.
    for line in &WRITES[2..] {
        let line = line.replace("OUT", "same");
        sandbox.sh(&format!("rm -f same; {line}")).ok();
        let stat = || sandbox.sh("stat -c '%i %y %z' same").ok();
        let before = stat();
        sandbox.sh(&line).succeeds();
        assert_eq!(stat(), before, "{line}");
        assert_eq!(sandbox.sh(&line.replace("-o same", "-o -")).ok(), sandbox.read("same"), "{line}");
    }
}

#[test]
fn standard_input_is_a_file_like_any_other() {
    let by_name = with_files();
    by_name.sh("mkdir -p root/etc && echo worker-1 > root/etc/hostname && cp -r root piped").ok();
    for (verb, file) in [
        ("ca", "ca.crt"),
        ("kubelet-cert", "worker-1.crt"),
        ("kubelet-key", "worker-1.key"),
        ("kubelet-kubeconfig", "worker-1.kubeconfig"),
        ("kubelet-config", "kubelet-config.yaml"),
        ("kubelet-unit", "kubelet.service"),
        ("kube-proxy-kubeconfig", "kube-proxy.kubeconfig"),
        ("kube-proxy-config", "kube-proxy-config.yaml"),
        ("kube-proxy-unit", "kube-proxy.service"),
    ] {
        by_name.sh(&format!("khw-install {verb} {file} --root root")).succeeds();
        by_name.sh(&format!("cat {file} | khw-install {verb} - --root piped")).succeeds();
        by_name.sh("diff -r root piped").ok();
        // An empty pipe is what a failed command before it leaves.
        let ran = by_name.sh(&format!("khw-install {verb} - --root piped </dev/null"));
        complains(&ran, "khw-install");
        starts_with(&ran.stderr, "khw-install: error: standard input: ", &ran);
        by_name.sh("diff -r root piped").ok();
    }
}

#[test]
fn a_directory_where_a_file_is_meant_is_named() {
    let sandbox = with_files();
    sandbox.sh("mkdir d").ok();
    for line in [
        "khw-cert x509 -req -in d -CA ca.crt -CAkey ca.key -out x.crt",
        "khw-cert node worker-9 192.168.5.29 --ca d",
        "khw-kubeconfig view --kubeconfig d",
        "khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority d --client-certificate worker-1.crt --client-key worker-1.key",
        "khw-install ca d --root root --node worker-1",
        "khw-install kubelet-config d --root root --node worker-1",
    ] {
        let ran = sandbox.sh(line);
        complains(&ran, line.split(' ').next().expect("a name"));
        assert!(ran.stderr.contains("d: ") && ran.stderr.contains("directory"), "{ran:?}");
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let sandbox = Sandbox::new();
    for tool in TOOLS {
        let ran = sandbox.sh(&format!("{tool} $'--\\e[31mred'"));
        complains(&ran, tool);
        assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
    }
}

/// The shell makes `> FILE` readable by all under the usual umask. A pipe and a file without a secret stay as they are.
#[test]
fn a_redirected_secret_is_its_owners_only() {
    let sandbox = Sandbox::new();
    sandbox
        .sh("umask 022
             khw-cert genrsa > redirected.key
             khw-cert ca --key-type ecdsa:p256; khw-cert client admin --key-type ecdsa:p256
             new() { khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
                 --client-certificate admin.crt --client-key admin.key; }
             new > admin.kubeconfig; new | cat > piped
             khw-kubeconfig view --raw --kubeconfig admin.kubeconfig > raw
             khw-kubeconfig view --kubeconfig admin.kubeconfig > redacted
             khw-proxy-conf > kube-proxy-config.yaml")
        .succeeds();
    let modes = ["redirected.key", "admin.kubeconfig", "raw", "piped", "redacted", "kube-proxy-config.yaml"];
    assert_eq!(modes.map(|name| sandbox.mode(name)), [0o600, 0o600, 0o600, 0o644, 0o644, 0o644]);
}
