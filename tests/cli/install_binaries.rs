//! khw-install binaries and node --from: a program is placed when it can run on the worker, is of the version that was asked for
//! and has the sums that were said.

use crate::worker::{dynamic_program, program};
use harness::Sandbox;

const X86_64: u16 = 62;
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// The three programs of v1.20.2 for amd64, and an empty tree.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["kubectl", "kube-proxy", "kubelet"] {
        // Each with a tail of its own, so that their sums differ.
        sandbox.write(name, [&program("v1.20.2", X86_64), name.as_bytes()].concat());
    }
    sandbox.sh("mkdir root").ok();
    sandbox
}

const ALL: &str = "khw-install binaries kubectl kube-proxy kubelet --arch amd64 --root root";
const KUBELET: &str = "khw-install binaries kubelet --arch amd64 --root root";
const PLACED: &str = "placed 0755 root/usr/local/bin/kubelet\n";

#[test]
fn a_program_whose_loader_is_not_on_the_worker_is_refused() {
    let sandbox = sandbox();
    sandbox.write("kubelet", dynamic_program("v1.20.2", X86_64, LOADER));
    let refusal = "khw-install: error: kubelet: needs the loader root/lib64/ld-linux-x86-64.so.2, which is not there: \
                   it would end with 'No such file or directory'\n\
                   khw-install: hint: take the static program of dl.k8s.io, or install the package of that loader \
                   (libc6 on Debian and Ubuntu, glibc elsewhere)\n";
    // A tree with nothing in it is laid over a system later: nothing can be said.
    sandbox.sh(&format!("{KUBELET} --dry-run")).ok();
    sandbox.sh("mkdir root/bin; touch root/bin/sh").ok();
    sandbox.sh(KUBELET).refused(refusal);
    assert_eq!(sandbox.sh("ls root").ok(), "bin\n");
    // The tree's own /lib64 is looked at, not the host's behind an absolute link.
    sandbox.sh("ln -s /usr/lib64 root/lib64").ok();
    sandbox.sh(KUBELET).refused(refusal);
    sandbox.sh("mkdir -p root/usr/lib64; touch root/usr/lib64/ld-linux-x86-64.so.2").ok();
    assert_eq!(sandbox.sh(KUBELET).ok(), PLACED);

    sandbox.write("kubelet", dynamic_program("v1.20.2", X86_64, "/lib/ld-musl-x86_64.so.1"));
    let ran = sandbox.sh(KUBELET);
    assert!(ran.stderr.contains("the package of that loader (musl)\n"), "{}", ran.stderr);
}

#[test]
fn a_program_of_another_version_is_refused() {
    let sandbox = sandbox();
    for said in ["1.20", "v1.20.2"] {
        sandbox.sh(&format!("{KUBELET} --dry-run --kubernetes-version {said}")).ok();
        sandbox.sh(&format!("KHW_KUBERNETES_VERSION={said} {KUBELET} --dry-run")).ok();
    }
    for said in ["v1.21", "v1.20.3"] {
        sandbox.sh(&format!("{ALL} --kubernetes-version {said}")).refused(&format!(
            "khw-install: error: kubectl: --kubernetes-version: is v1.20.2, not {said}\n\
             khw-install: hint: take the program of {said}, or say --kubernetes-version v1.20.2 if that is meant\n"
        ));
    }
    assert_eq!(sandbox.sh("ls root").ok(), "", "nothing was placed");
    // Some distributions build theirs without it: not known is not wrong.
    sandbox.write("kubelet", program("unknown", X86_64));
    let placed = sandbox
        .sh(&format!("{KUBELET} --kubernetes-version 1.20"))
        .says("khw-install: warning: kubelet: does not say its version, so it was not compared with v1.20\n");
    assert_eq!(placed, PLACED);
}

#[test]
fn sums_are_compared_in_every_form_in_which_they_come() {
    let sandbox = sandbox();
    sandbox
        .sh("touch other; sha256sum kubectl kube-proxy kubelet other > SHA256SUMS
             sha256sum --tag kubelet kubectl kube-proxy > TAGGED; sha512sum ./kube* | sed 's/  / */' > SHA512SUMS
             for name in kubectl kube-proxy kubelet; do sha512sum < $name | cut -d ' ' -f 1 | tr -d '\\n' > $name.sha512; done
             sha256sum kubelet | cut -d ' ' -f 1 > sum")
        .ok();
    for sums in [
        "--sha256 SHA256SUMS",
        "--sha256 TAGGED",
        "--sha512 SHA512SUMS --sha256 SHA256SUMS",
        "--sha512 kubectl.sha512 --sha512 kube-proxy.sha512 --sha512 kubelet.sha512",
        "--sha512 - < SHA512SUMS",
    ] {
        assert_eq!(sandbox.sh(&format!("{ALL} --dry-run {sums}")).ok().lines().count(), 3, "{sums}");
    }
    for sums in ["--sha256 $(cat sum)", "--sha256 $(tr a-f A-F < sum)", "--sha256 sum", "--sha512 kubelet.sha512"] {
        sandbox.sh(&format!("{KUBELET} --dry-run {sums}")).ok();
    }
    let (found, wrong) = (sandbox.read("sum"), "0".repeat(64));
    let found = found.trim();
    let again = "khw-install: hint: download it again from a place that you trust, and do not run this one\n";
    sandbox.sh(&format!("{KUBELET} --sha256 {wrong}")).refused(&format!(
        "khw-install: error: kubelet: its SHA-256 is {found}, not {wrong} as --sha256 says\n{again}"
    ));
    sandbox.sh(&format!("{ALL} --sha256 <(sed '/kubelet/s/^.*  /{wrong}  /' SHA256SUMS)")).refused(&format!(
        "khw-install: error: kubelet: its SHA-256 is {found}, not {wrong} as /dev/fd/63 says\n{again}"
    ));
    // One that is right does not make up for one that is wrong.
    sandbox.sh("tr 0-9 1-90 < kubelet.sha512 > wrong").ok();
    let ran = sandbox.sh(&format!("{KUBELET} --sha256 SHA256SUMS --sha512 wrong"));
    assert!(ran.status == 2 && ran.stderr.contains("kubelet: its SHA-512 is "), "{}", ran.stderr);
    assert_eq!(sandbox.sh("ls root").ok(), "", "nothing was placed");
}

#[test]
fn sums_that_say_nothing_are_refused() {
    let sandbox = sandbox();
    sandbox
        .sh("sha256sum kubectl kubelet > SHA256SUMS; sha512sum kubelet > SHA512SUMS; echo '<html>' > page; touch empty
             sha256sum < kubelet | cut -d ' ' -f 1 > sum")
        .ok();
    let digits = |name: &str, digits: usize| {
        format!("it is {digits} hex digits, alone or before the program's name as `{name}sum` prints them")
    };
    for (line, error, hint) in [
        (
            format!("{ALL} --sha256 SHA256SUMS"),
            "kube-proxy: there is no sum for it in SHA256SUMS",
            "take the list that came with this program; a line is the sum and the program's name".to_owned(),
        ),
        (
            format!("{ALL} --sha256 sum"),
            "kubectl: --sha256: there are several programs, and a sum that does not say for which it is",
            "give a list as `sha256sum` prints it, or one file for each program, named kubelet.sha256 and so on"
                .to_owned(),
        ),
        (format!("{KUBELET} --sha256 page"), "page:1: has no SHA-256 sum", digits("sha256", 64)),
        (format!("{KUBELET} --sha512 empty"), "empty: has no SHA-512 sum", digits("sha512", 128)),
        (
            format!("{KUBELET} --sha256 SHA512SUMS"),
            "SHA512SUMS:1: is a SHA-512 sum, not a SHA-256 one",
            "give it with --sha512".to_owned(),
        ),
        (format!("{KUBELET} --sha256 {}", "a".repeat(40)), "--sha256: has no SHA-256 sum", digits("sha256", 64)),
        (
            format!("{KUBELET} --sha256 nowhere"),
            "nowhere: --sha256: no such file or directory",
            "check the path, or run the step that makes this file first".to_owned(),
        ),
    ] {
        sandbox.sh(&line).refused(&format!("khw-install: error: {error}\nkhw-install: hint: {hint}\n"));
    }
    assert_eq!(sandbox.sh("ls root").ok(), "", "nothing was placed");
}

#[test]
fn node_checks_its_programs_as_binaries_does() {
    let sandbox = crate::worker::good();
    sandbox
        .sh("cp program-v1.32.4 kubelet; cp program-v1.32.4 kube-proxy; sha256sum kube-proxy kubelet > SHA256SUMS")
        .ok();
    let node = "khw-install node --node worker-1 --from . --root root --arch amd64";
    sandbox.sh(&format!("{node} --kubernetes-version 1.32 --sha256 SHA256SUMS")).ok();
    let refused = |change: &str, options: &str, what: &str| {
        sandbox.sh(change).ok();
        let ran = sandbox.sh(&format!("{node} {options}"));
        assert!(ran.status == 2 && ran.stderr.contains(what), "{what}\n{}", ran.stderr);
    };
    refused("true", "--kubernetes-version 1.31", "./kube-proxy: --kubernetes-version: is v1.32.4, not v1.31\n");
    refused("cp program-v1.25.3 kubelet", "--sha256 SHA256SUMS", "./kubelet: its SHA-256 is ");
    refused(
        "cp program-dynamic kubelet; mkdir root/bin; touch root/bin/sh",
        "",
        "./kubelet: needs the loader root/lib64/",
    );
}

/// Text file busy is what `cp` says to a program that runs; a rename leaves the running one its own file.
#[test]
fn a_running_program_is_replaced_and_runs_on() {
    let sandbox = Sandbox::new();
    sandbox
        .sh("mkdir -p root/usr/local/bin; true=$(readlink -f $(type -P true)); cp $(readlink -f $(type -P sleep)) root/usr/local/bin/kubelet
             root/usr/local/bin/kubelet 1000 & trap \"kill $!\" EXIT
             cp $true kubelet
             while ! readlink /proc/$!/exe | grep -q /kubelet; do :; done
             if cp kubelet root/usr/local/bin/kubelet 2> /dev/null; then exit 9; fi
             khw-install binaries kubelet --root root > out
             cmp kubelet root/usr/local/bin/kubelet; kill -0 $!; readlink /proc/$!/exe | grep -q 'kubelet (deleted)$'")
        .ok();
    assert_eq!((sandbox.read("out").as_str(), sandbox.mode("root/usr/local/bin/kubelet")), (PLACED, 0o755));
}
