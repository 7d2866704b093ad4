//! khw-install urls: the addresses that the tutorial types, for any release, machine and mirror.

use harness::Sandbox;

const HOST: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

#[test]
fn prints_the_three_addresses_of_the_tutorial() {
    let urls = Sandbox::new()
        .sh("khw-install urls --kubernetes-version v1.13.0 --arch amd64 --mirror https://storage.googleapis.com/kubernetes-release/release")
        .ok();
    assert_eq!(
        urls,
        "https://storage.googleapis.com/kubernetes-release/release/v1.13.0/bin/linux/amd64/kubectl\n\
         https://storage.googleapis.com/kubernetes-release/release/v1.13.0/bin/linux/amd64/kube-proxy\n\
         https://storage.googleapis.com/kubernetes-release/release/v1.13.0/bin/linux/amd64/kubelet\n"
    );
}

#[test]
fn the_default_is_the_documented_site_and_this_machine() {
    let sandbox = Sandbox::new();
    let urls = sandbox.sh("khw-install urls kubelet --kubernetes-version 1.32.4").ok();
    assert_eq!(urls, format!("https://dl.k8s.io/release/v1.32.4/bin/linux/{HOST}/kubelet\n"));
    assert_eq!(sandbox.sh("KHW_KUBERNETES_VERSION=v1.32.4 khw-install urls kubelet").ok(), urls);
    assert_eq!(
        sandbox.sh("khw-install urls kubectl --arch s390x --mirror http://10.0.0.1:8080/").says(
            "khw-install: v1.37 is taken as v1.37.0; https://dl.k8s.io/release/stable-1.37.txt names its newest patch\n"
        ),
        "http://10.0.0.1:8080/v1.37.0/bin/linux/s390x/kubectl\n"
    );
}

#[test]
fn checksums_are_those_that_the_release_has() {
    let sandbox = Sandbox::new();
    let line = "khw-install urls kubectl kubelet --arch arm64 --checksums --kubernetes-version";
    for (version, checksum) in [("v1.13.0", "sha512"), ("v1.20.2", "sha256")] {
        let site = format!("https://dl.k8s.io/release/{version}/bin/linux/arm64");
        assert_eq!(
            sandbox.sh(&format!("{line} {version}")).ok(),
            format!("{site}/kubectl\n{site}/kubectl.{checksum}\n{site}/kubelet\n{site}/kubelet.{checksum}\n")
        );
    }
}

#[test]
fn refuses_what_is_not_there() {
    let sandbox = Sandbox::new();
    for (line, error, hint) in [
        (
            "--arch arm --kubernetes-version 1.27.1",
            "--arch: v1.27.1 has no kube-proxy for arm",
            "the last for it is that of v1.26",
        ),
        (
            "--arch 386",
            "--arch <ARCH>: there is no kubelet for '386'",
            "it is one of amd64, arm64, arm, ppc64le, s390x",
        ),
        (
            "--mirror 'https://$MIRROR/release'",
            "--mirror <URL>: has a $ in it that no shell expanded",
            "write it as https://dl.k8s.io/release, or http:// for a host of your own",
        ),
        (
            "kubelets",
            "<PROGRAM>...: 'kubelets' is not a value it can have",
            "it is one of kubectl, kube-proxy, kubelet",
        ),
        (
            "--kubernetes-version 1.12",
            "--kubernetes-version <VERSION>: nothing is known about Kubernetes v1.12",
            "the tables go from v1.13 to v1.37",
        ),
    ] {
        sandbox
            .sh(&format!("khw-install urls {line}"))
            .refused(&format!("khw-install: error: {error}\nkhw-install: hint: {hint}\n"));
    }
}

/// wget takes the list as it is: a file for each address, and the sums beside them are what binaries reads.
#[test]
fn the_list_is_what_wget_reads() {
    let sandbox = Sandbox::new();
    // A wget that copies from a directory instead of fetching.
    sandbox.write(
        "bin/wget",
        "#!/bin/bash\n[ \"$*\" = '-q -i -' ] && while read -r url; do cp \"served/${url##*/}\" .; done\n",
    );
    for name in ["kubectl", "kube-proxy", "kubelet"] {
        sandbox.write(format!("served/{name}"), [&crate::worker::program("v1.20.2", 62), name.as_bytes()].concat());
    }
    sandbox
        .sh("chmod +x bin/wget; cd served; for f in kube*; do sha256sum < $f | cut -d ' ' -f 1 | tr -d '\\n' > $f.sha256; done")
        .ok();
    let placed = sandbox
        .sh("export KHW_KUBERNETES_VERSION=v1.20.2 PATH=$PWD/bin:$PATH
             khw-install urls --arch amd64 --checksums | wget -q -i -
             mkdir root; khw-install binaries kubectl kube-proxy kubelet --arch amd64 --root root \
               --sha256 kubectl.sha256 --sha256 kube-proxy.sha256 --sha256 kubelet.sha256")
        .ok();
    assert_eq!(placed.lines().count(), 3, "{placed}");
}
