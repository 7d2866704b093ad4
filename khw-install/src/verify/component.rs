//! One program of the worker: its unit, its configuration, and the paths that they name.

use super::Subject;
use super::files::{Files, Named, Origin, Sensitivity};
use khw_core::finding::{Finding, Severity};
use khw_kubelet_conf::component::Document;
use khw_unit::{CommandLine, Unit};
use std::path::{Path, PathBuf};

/// What is known of a program from its unit and configuration.
#[derive(Default)]
pub(super) struct Component {
    unit: Option<(String, CommandLine)>,
    configuration: Option<(PathBuf, String, Document)>,
}

impl Component {
    /// The path that a flag or, without it, a configuration field names. A flag wins, as with the kubelet itself.
    pub(super) fn named(&self, flag: &str, field: Option<&str>) -> Option<Named> {
        if let Some((file, command)) = &self.unit
            && let Some(value) = command.flag(flag).filter(|v| !v.is_empty())
        {
            let origin = Origin { file: file.clone(), line: Some(command.line), field: format!("--{flag}") };
            return Some(Named { path: PathBuf::from(value), origin: Some(origin) });
        }
        let field = field?;
        let (value, origin) = self.setting(field).filter(|(value, _)| !value.is_empty())?;
        Some(Named { path: PathBuf::from(value), origin: Some(origin) })
    }

    /// Whether unit and configuration were read: only then does it mean something that neither names a path.
    pub(super) fn is_whole(&self) -> bool {
        self.unit.is_some() && self.configuration.is_some()
    }

    /// The path of the configuration, when it was read.
    pub(super) fn configuration_path(&self) -> Option<&Path> {
        self.configuration.as_ref().map(|(path, _, _)| path.as_path())
    }

    /// A text of the configuration, and where it stands.
    pub(super) fn setting(&self, field: &str) -> Option<(&str, Origin)> {
        let (_, file, document) = self.configuration.as_ref()?;
        let origin = Origin { file: file.clone(), line: document.line(field), field: field.to_owned() };
        document.text(field).map(|value| (value, origin))
    }

    /// The value of a flag in the unit.
    pub(super) fn flag(&self, flag: &str) -> Option<&str> {
        self.unit.as_ref().and_then(|(_, command)| command.flag(flag))
    }
}

/// The kubelet: `kubelet.service`, KubeletConfiguration.
pub(super) fn kubelet(subject: &Subject<'_>, files: &mut Files<'_>) -> Component {
    let mut kubelet =
        Component { unit: unit(subject, files, "kubelet", &subject.paths.kubelet_unit), ..Default::default() };
    kubelet.configuration = configuration(
        subject,
        files,
        kubelet.named("config", None).unwrap_or_else(|| Named::by_layout(&subject.paths.kubelet_config)),
        "the kubelet's configuration",
        khw_kubelet_conf::check,
    );
    if let Some(named) = kubelet.named("resolv-conf", Some("resolvConf")) {
        files.exists(&named, "the resolv.conf for Pods");
    }
    kubelet
}

/// kube-proxy: `kube-proxy.service`, KubeProxyConfiguration.
pub(super) fn kube_proxy(subject: &Subject<'_>, files: &mut Files<'_>) -> Component {
    let mut kube_proxy =
        Component { unit: unit(subject, files, "kube-proxy", &subject.paths.kube_proxy_unit), ..Default::default() };
    kube_proxy.configuration = configuration(
        subject,
        files,
        kube_proxy.named("config", None).unwrap_or_else(|| Named::by_layout(&subject.paths.kube_proxy_config)),
        "kube-proxy's configuration",
        khw_proxy_conf::check,
    );
    kube_proxy
}

fn unit(subject: &Subject<'_>, files: &mut Files<'_>, program: &str, path: &Path) -> Option<(String, CommandLine)> {
    if files.target.read_link(path).as_deref() == Some(Path::new("/dev/null")) {
        files.find(
            path,
            Finding::error("unit-masked", "the unit is masked: systemd does not start it")
                .fix(format!("systemctl unmask {program}")),
        );
        return None;
    }
    let what = format!("the systemd unit of {program}");
    let content = files.read(&Named::by_layout(path), &what, Sensitivity::Public)?;
    let shown = files.shown(path);
    let text = String::from_utf8_lossy(&content);
    let parsed = Unit::parse(&text).and_then(|unit| unit.exec_start().map(|command| (unit, command)));
    let (unit, command) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            files.findings.push(Finding::from_error("file-invalid", &error).file(shown));
            return None;
        }
    };
    if let Some(version) = subject.version {
        files.findings.extend(khw_unit::check(&unit, version).into_iter().map(|f| f.file(&shown)));
    }
    let Some(command) = command else {
        files.find(
            path,
            Finding::error("file-invalid", "there is no ExecStart: nothing would be started").field("ExecStart"),
        );
        return None;
    };
    let origin = Origin { file: shown.clone(), line: Some(command.line), field: "ExecStart".to_owned() };
    files.program(&Named { path: PathBuf::from(&command.program), origin: Some(origin) });
    Some((shown, command))
}

fn configuration(
    subject: &Subject<'_>,
    files: &mut Files<'_>,
    named: Named,
    what: &str,
    check: fn(&Document, khw_core::KubernetesVersion) -> Vec<Finding>,
) -> Option<(PathBuf, String, Document)> {
    let content = files.read(&named, what, Sensitivity::Public)?;
    let shown = files.shown(&named.path);
    match Document::parse(&content) {
        Ok(document) => {
            if let Some(version) = subject.version {
                let errors = check(&document, version).into_iter().filter(|f| f.severity == Severity::Error);
                files.findings.extend(errors.map(|f| f.file(&shown)));
            }
            Some((named.path, shown, document))
        }
        Err(error) => {
            files.findings.push(Finding::from_error("file-invalid", &error).file(shown));
            None
        }
    }
}
