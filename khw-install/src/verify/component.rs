//! One program of the worker: its unit with the drop-ins, its configuration, and the paths that they name.

use super::Subject;
use super::drop_in::{self, Effective};
use super::files::{Files, Named, Origin, Sensitivity};
use crate::target::Target;
use khw_core::finding::{Finding, Severity};
use khw_core::{KubernetesVersion, layout::Paths};
use khw_kubelet_conf::component::Document;
use khw_unit::{CommandLine, Root};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One of the two programs, with the names of what belongs to it.
pub(super) struct Program {
    pub(super) name: &'static str,
    what_configuration: &'static str,
    unit: fn(&Paths) -> &PathBuf,
    configuration: fn(&Paths) -> &PathBuf,
    check: fn(&Document, KubernetesVersion) -> Vec<Finding>,
}

/// The kubelet.
pub(super) const KUBELET: Program = Program {
    name: "kubelet",
    what_configuration: "the kubelet's configuration",
    unit: |paths| &paths.kubelet_unit,
    configuration: |paths| &paths.kubelet_config,
    check: khw_kubelet_conf::check,
};

/// kube-proxy.
pub(super) const KUBE_PROXY: Program = Program {
    name: "kube-proxy",
    what_configuration: "kube-proxy's configuration",
    unit: |paths| &paths.kube_proxy_unit,
    configuration: |paths| &paths.kube_proxy_config,
    check: khw_proxy_conf::check,
};

/// What is known of a program from its unit and configuration.
pub(super) struct Component {
    pub(super) program: &'static Program,
    service: Option<Service>,
    configuration: Option<Configuration>,
}

/// The unit, and the command in it.
pub(super) struct Service {
    pub(super) unit: Effective,
    pub(super) command: CommandLine,
    pub(super) path: PathBuf,
}

impl Service {
    /// Whether it starts this program.
    fn starts(&self, program: &Program) -> bool {
        self.command.program_name() == program.name
    }
}

struct Configuration {
    path: PathBuf,
    shown: String,
    document: Document,
}

impl Component {
    /// Reads unit, drop-ins and configuration.
    pub(super) fn read(program: &'static Program, subject: &Subject<'_>, files: &mut Files<'_>) -> Self {
        let service = service(program, files, (program.unit)(subject.paths));
        let mut component = Component { program, service, configuration: None };
        let named = component.path("config", None);
        let named = named.unwrap_or_else(|| Named::by_layout((program.configuration)(subject.paths)));
        component.configuration = configuration(program, files, named);
        component
    }

    /// The unit, when it was read.
    pub(super) fn service(&self) -> Option<&Service> {
        self.service.as_ref()
    }

    /// Whether its configuration is there and was read.
    pub(super) fn is_configured(&self) -> bool {
        self.configuration.is_some()
    }

    /// A flag of the unit, the last one of that name, and where it stands.
    pub(super) fn flag(&self, name: &str) -> Option<(&str, Origin)> {
        let service = self.service.as_ref()?;
        let same = |a: &str| a.replace('_', "-") == name;
        let given = service.command.flags().into_iter().rfind(|f| same(f.name))?;
        Some((given.value.unwrap_or("true"), service.unit.origin(given.argument.line, &format!("--{name}"))))
    }

    /// A field of the configuration, and where it stands. `null` is as good as nothing.
    pub(super) fn field(&self, path: &str) -> Option<(&Value, Origin)> {
        let configuration = self.configuration.as_ref()?;
        let origin = Origin {
            file: configuration.shown.clone(),
            line: configuration.document.line(path),
            field: path.to_owned(),
        };
        configuration.document.get(path).filter(|v| !v.is_null()).map(|value| (value, origin))
    }

    /// What counts: the flag, and without it the field. Scalars as text, lists with commas. Empty is as good as nothing.
    pub(super) fn value(&self, flag: Option<&str>, field: Option<&str>) -> Option<(String, Origin)> {
        let flag = flag.and_then(|flag| self.flag(flag)).map(|(value, origin)| (value.to_owned(), origin));
        let field = || field.and_then(|field| self.field(field)).map(|(value, origin)| (text(value), origin));
        flag.or_else(field).filter(|(value, _)| !value.is_empty())
    }

    /// The path that a flag or, without it, a configuration field names. A flag wins, as with the programs themselves.
    pub(super) fn path(&self, flag: &str, field: Option<&str>) -> Option<Named> {
        let (value, origin) = self.value(Some(flag), field)?;
        let path = PathBuf::from(value);
        // The kubelet takes a relative path in its configuration from there (ResolveLocalPaths of its loader).
        let beside = self.configuration_path().and_then(Path::parent);
        let path = match beside {
            Some(beside) if !origin.field.starts_with("--") && self.program.name == "kubelet" => beside.join(path),
            _ => path,
        };
        Some(Named { path, origin: Some(origin) })
    }

    /// Whether unit and configuration were read: only then does it mean something that neither has a thing.
    pub(super) fn is_whole(&self) -> bool {
        self.service.is_some() && self.configuration.is_some()
    }

    /// The path of the configuration, when it was read.
    pub(super) fn configuration_path(&self) -> Option<&Path> {
        self.configuration.as_ref().map(|c| c.path.as_path())
    }

    /// Where a finding about something that is missing belongs: the configuration or, without one, the unit.
    pub(super) fn home(&self) -> Option<&Path> {
        self.configuration_path().or(self.service.as_ref().map(|s| s.path.as_path()))
    }

    /// Flags and fields against a version; without one, only what is wrong in every version.
    pub(super) fn check(&self, files: &mut Files<'_>, version: Option<KubernetesVersion>) {
        let checked = version.unwrap_or(KubernetesVersion::NEWEST);
        let keep = |finding: &Finding| {
            !ANSWERED_HERE.contains(&finding.name) && (version.is_some() || !OF_A_VERSION.contains(&finding.name))
        };
        // Of another program's flags there is nothing to say here.
        let starts =
            |s: &&Service| khw_unit::flag::Program::of(s.command.program_name()).is_none_or(|_| s.starts(self.program));
        if let Some(service) = self.service.as_ref().filter(starts) {
            // Type= is said once, by unit-type.
            let said = files.findings.iter().any(|f| f.name == "unit-type");
            let found = khw_unit::check(&service.unit.unit, checked).into_iter().filter(keep);
            let found = found.filter(|f| !(said && f.name == "wrong-type"));
            files.findings.extend(found.map(|finding| service.unit.place(finding)));
        }
        if let Some(configuration) = &self.configuration {
            let found = (self.program.check)(&configuration.document, checked).into_iter().filter(keep);
            let errors = found.filter(|f| f.severity == Severity::Error || UNWISE.contains(&f.name));
            files.findings.extend(errors.map(|finding| finding.file(&configuration.shown)));
        }
    }
}

/// Findings of the tools' own checks that `verify` says itself, knowing more, or that are about taste.
const ANSWERED_HERE: [&str; 6] =
    ["no-client-ca", "no-kubeconfig", "deprecated-flag", "field-deprecated", "mode-deprecated", "bad-command"];

/// Findings that mean nothing while the version is not known.
const OF_A_VERSION: [&str; 9] = [
    "early-flag",
    "removed-flag",
    "ignored-flag",
    "field-not-yet",
    "field-removed",
    "gate-locked",
    "gate-needed",
    "unknown-gate",
    "wrong-value",
];

/// Warnings of the configurations' own checks that are about the worker's safety, or may stop it.
const UNWISE: [&str; 5] = ["unknown-gate", "anonymous-auth", "always-allow", "read-only-port", "byte-order-mark"];

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn service(program: &Program, files: &mut Files<'_>, path: &Path) -> Option<Service> {
    let name = program.name;
    let elsewhere = || {
        let file = path.file_name()?;
        let mut paths = drop_in::UNIT_DIRECTORIES.iter().map(|directory| Path::new(directory).join(file));
        paths.find(|path| files.target.stat(path).is_some())
    };
    // A package puts it below /usr/lib.
    let is_there = files.target.stat(path).is_some() || files.target.read_link(path).is_some();
    let found = if is_there { None } else { elsewhere() };
    let path = found.as_deref().unwrap_or(path);
    if files.target.read_link(path).as_deref() == Some(Path::new("/dev/null")) {
        files.find(
            path,
            Finding::error("unit-masked", "the unit is masked: systemd does not start it")
                .fix(format!("systemctl unmask {name}")),
        );
        return None;
    }
    let content = files.read(&Named::by_layout(path), &format!("the systemd unit of {name}"), Sensitivity::Public)?;
    let unit = drop_in::join(files, path, &String::from_utf8_lossy(&content))?;
    let root = files.target.shown(Path::new("/"));
    let command = match khw_unit::command_as_run(&unit.unit, &Root::new(root)) {
        Ok(Some(command)) => with_specifiers(command, name, files.target),
        Ok(None) => {
            files.find(
                path,
                Finding::error("file-invalid", "there is no ExecStart: nothing would be started")
                    .field("ExecStart")
                    .fix(format!("make the unit with `khw-unit {name}`")),
            );
            return None;
        }
        Err(error) => {
            files.findings.push(unit.place(Finding::from_error("file-invalid", &error)));
            return None;
        }
    };
    let service = Service { unit, command, path: path.to_owned() };
    super::unit::check(program, files, &service);
    Some(service)
}

/// The command with what systemd puts in for specifiers (systemd.unit(5)), as far as that is known while it does not run.
fn with_specifiers(mut command: CommandLine, name: &str, target: &Target) -> CommandLine {
    for argument in command.arguments.iter_mut().filter(|argument| argument.text.contains('%')) {
        let host = || target.node_name().map(|node| node.to_string()).ok();
        let known = [
            ("%n", Some(format!("{name}.service"))),
            ("%N", Some(name.to_owned())),
            ("%p", Some(name.to_owned())),
            ("%H", host()),
            ("%l", host().map(|host| host.split('.').next().unwrap_or_default().to_owned())),
            ("%S", Some("/var/lib".to_owned())),
            ("%E", Some("/etc".to_owned())),
            ("%t", Some("/run".to_owned())),
            ("%C", Some("/var/cache".to_owned())),
            ("%L", Some("/var/log".to_owned())),
        ];
        for (specifier, value) in known {
            if let Some(value) = value {
                argument.text = argument.text.replace(specifier, &value);
            }
        }
    }
    command
}

fn configuration(program: &Program, files: &mut Files<'_>, named: Named) -> Option<Configuration> {
    let content = files.read(&named, program.what_configuration, Sensitivity::Public)?;
    let shown = files.shown(&named.path);
    match Document::parse(&content) {
        Ok(document) => Some(Configuration { path: named.path, shown, document }),
        Err(error) => {
            files.findings.push(Finding::from_error("file-invalid", &error).file(shown));
            None
        }
    }
}
