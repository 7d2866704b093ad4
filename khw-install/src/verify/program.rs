//! The placed programs: made for this host, and of versions that go together.

use super::Subject;
use super::component::Component;
use super::files::{Files, at};
use crate::binary::{self, Architecture};
use crate::go_version;
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Which version flags and fields are checked against: the one that was said, else what the placed program says.
///
/// A said version that is not the program's is a finding.
pub(super) fn version(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    component: &Component,
    placed: Option<KubernetesVersion>,
) -> Option<KubernetesVersion> {
    if let Some((placed, said)) = placed.zip(subject.version)
        && !go_version::fits(placed, said)
        && let Some(service) = component.service()
    {
        let message = format!("is {placed}, not {said}");
        let path = Path::new(&service.command.program).to_owned();
        let fix = format!("place {said}, or check against {placed}");
        files.find(&path, Finding::error("binary-version", message).field("--kubernetes-version").fix(fix));
    }
    subject.version.or(placed)
}

/// What the placed program says of itself.
pub(super) fn placed(files: &Files<'_>, component: &Component) -> Option<KubernetesVersion> {
    let program = &component.service()?.command.program;
    let file = files.target.open_file(Path::new(program))?;
    go_version::of_file(&file)
}

/// kube-proxy against the kubelet beside it. Kubernetes' version skew policy: kube-proxy may be three minor releases older
/// or newer than the kubelet, two when one of them is older than 1.25.
pub(super) fn skew(
    files: &mut Files<'_>,
    kube_proxy: &Component,
    kubelets: Option<KubernetesVersion>,
    kube_proxys: Option<KubernetesVersion>,
) {
    let Some((ours, theirs)) = kubelets.zip(kube_proxys) else { return };
    let Some(service) = kube_proxy.service() else { return };
    let allowed = if ours.at_least(25) && theirs.at_least(25) { 3 } else { 2 };
    if ours.minor().abs_diff(theirs.minor()) > allowed {
        let message = format!("is {theirs}, but the kubelet is {ours}: more than {allowed} minor releases apart");
        let path = Path::new(&service.command.program).to_owned();
        files.find(&path, Finding::error("version-skew", message).fix("place both of one release"));
    }
}

/// That the kernel can run the program: its format, its machine, its loader.
pub(super) fn runs(files: &mut Files<'_>, component: &Component) {
    let Some(service) = component.service() else { return };
    if service.command.program_name() != component.program.name {
        return;
    }
    let path = Path::new(&service.command.program).to_owned();
    let Some(file) = files.target.open_file(&path) else { return };
    let mut head = [0; 4096];
    let Ok(read) = file.read_at(&mut head, 0) else { return };
    let head = head.get(..read).unwrap_or_default();
    let again = format!("place it again with `khw-install binaries {}`", component.program.name);
    if head.starts_with(b"#!") {
        return;
    }
    let Some(machine) = Architecture::of_program(head) else {
        let what = binary::no_program(head);
        files.find(&path, Finding::error("binary-invalid", what).fix(again));
        return;
    };
    let host = host(files);
    if let Some(host) = host.filter(|host| *host != machine) {
        let message = format!("is a program for {machine}, but this host is {host}: 'Exec format error'");
        files.find(&path, Finding::error("binary-machine", message).fix(format!("place the one for {host}")));
        return;
    }
    let loader = match binary::check_file(&file, machine) {
        Ok(loader) => loader,
        Err(error) => {
            files.find(&path, Finding::error("binary-invalid", error.what()).fix(again));
            return;
        }
    };
    if let Some(loader) = loader
        && files.target.stat(Path::new(&loader)).is_none()
        && files.target.has_system()
    {
        let message =
            format!("needs {loader}, which is not there: 'No such file or directory' though the file is there");
        let origin = service.unit.origin(service.command.line, "ExecStart");
        let fix = binary::loader_fix(&loader);
        files.findings.push(at(Finding::error("binary-loader-missing", message), &origin).fix(fix));
    }
}

/// The machine of the host: this one's, or what the staged tree's own shell is made for.
fn host(files: &Files<'_>) -> Option<Architecture> {
    if !files.target.is_staged() {
        return Architecture::host();
    }
    let file = ["/bin/sh", "/usr/bin/sh"].iter().find_map(|sh| files.target.open_file(Path::new(sh)))?;
    let mut head = [0; 64];
    file.read_exact_at(&mut head, 0).ok()?;
    Architecture::of_program(&head)
}
