//! What the units of kubelet and kube-proxy share: the order of the directives, restarting, further flags.

use crate::flag::{Program, Status, gates};
use crate::hardening;
use crate::{CommandLine, Unit};
use khw_core::finding::Severity;
use khw_core::{Error, KubernetesVersion};
use std::str::FromStr;

/// When systemd starts the program again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Restart {
    /// After a failure, in 5 seconds, as in the tutorial. An end by SIGPIPE is no failure for systemd.
    #[default]
    OnFailure,
    /// Whatever the reason, in 10 seconds, as often as it takes: as in Kubernetes' own unit.
    Always,
    /// Never.
    No,
}

/// A flag that a person adds: `NAME` or `NAME=VALUE`, with or without the dashes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraFlag {
    name: String,
    value: Option<String>,
}

impl FromStr for ExtraFlag {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bare = text.strip_prefix("--").unwrap_or(text);
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (bare, None),
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if name.is_empty() || name.starts_with('-') || !name.bytes().all(fits) {
            return Err(
                Error::new(format!("'{}' is not a flag", text.escape_debug())).hint("write it as NAME or NAME=VALUE")
            );
        }
        if value.as_ref().is_some_and(|v| v.contains('\0')) {
            return Err(Error::new("a NUL byte cannot be in an argument").hint("leave it out"));
        }
        Ok(ExtraFlag { name: name.replace('_', "-"), value })
    }
}

/// A unit, and what the person should know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The unit.
    pub unit: Unit,
    /// Warnings for standard error.
    pub warnings: Vec<String>,
}

/// A service of one program.
pub(crate) struct Service<'a> {
    pub(crate) program: Program,
    pub(crate) version: KubernetesVersion,
    pub(crate) description: &'a str,
    /// The service that must run first.
    pub(crate) needs: Option<&'a str>,
    pub(crate) path: String,
    pub(crate) flags: Vec<(&'a str, String)>,
    pub(crate) extra: &'a [ExtraFlag],
    pub(crate) restart: Restart,
    pub(crate) hardened: bool,
}

impl Service<'_> {
    pub(crate) fn make(self) -> Result<Made, Error> {
        let mut warnings = Vec::new();
        for flag in self.extra {
            warnings.extend(judge(flag, self.program, self.version)?);
        }
        let command = CommandLine::new(self.path.as_str(), self.arguments());
        let mut unit = Unit::new().with("Unit", "Description", self.description).with(
            "Unit",
            "Documentation",
            "https://github.com/kubernetes/kubernetes",
        );
        if let Some(service) = self.needs {
            unit = unit.with("Unit", "After", service).with("Unit", "Requires", service);
        }
        if self.restart == Restart::Always {
            // Without this systemd gives up after five starts in ten seconds.
            unit = unit.with("Unit", "StartLimitIntervalSec", "0");
        }
        unit = unit.with("Service", "ExecStart", &command.to_value());
        unit = match self.restart {
            Restart::OnFailure => unit.with("Service", "Restart", "on-failure").with("Service", "RestartSec", "5"),
            Restart::Always => unit.with("Service", "Restart", "always").with("Service", "RestartSec", "10"),
            Restart::No => unit.with("Service", "Restart", "no"),
        };
        if self.hardened {
            for directive in hardening::of(self.program) {
                unit = unit.with("Service", directive.name, directive.value);
            }
        }
        Ok(Made { unit: unit.with("Install", "WantedBy", "multi-user.target"), warnings })
    }

    /// The flags in their order. One that the person gives stands in the place of ours; given twice it stands there twice,
    /// since labels and the like add up.
    fn arguments(&self) -> Vec<String> {
        let written = |flag: &ExtraFlag| match &flag.value {
            Some(value) => format!("--{}={value}", flag.name),
            None => format!("--{}", flag.name),
        };
        let mut arguments = Vec::new();
        for (name, value) in &self.flags {
            let theirs: Vec<String> = self.extra.iter().filter(|e| e.name == *name).map(written).collect();
            if theirs.is_empty() { arguments.push(format!("--{name}={value}")) } else { arguments.extend(theirs) }
        }
        let new = self.extra.iter().filter(|e| self.flags.iter().all(|(name, _)| *name != e.name));
        arguments.extend(new.map(written));
        arguments
    }
}

/// Refuses a flag with which the program would not start or that it would ignore, and warns of a deprecated one.
fn judge(given: &ExtraFlag, program: Program, version: KubernetesVersion) -> Result<Vec<String>, Error> {
    let name = &given.name;
    let refuse = |what: String, hint: String| Err(Error::new(what).field("--flag").hint(hint));
    let Some(flag) = program.flag(name) else {
        let hint = match program.similar(name, version) {
            Some(similar) => format!("did you mean --{similar}?"),
            None => format!("see '{} --help' of that version", program.name()),
        };
        return refuse(format!("{} has no flag --{name}", program.name()), hint);
    };
    let complaint = flag.complaint(program, version);
    let ignored = program == Program::KubeProxy && flag.belongs_in_file(version);
    if let Some(complaint) = &complaint {
        let status = flag.status(version);
        if status == Status::NotYet {
            return refuse(complaint.clone(), format!("leave it out for {version}"));
        }
        if status == Status::Removed || ignored {
            return refuse(complaint.clone(), flag.advice(program, version));
        }
    }
    if given.value.is_none() && !flag.boolean {
        return refuse(format!("--{name} needs a value"), format!("write it as --flag {name}=VALUE"));
    }
    let value = if flag.boolean { given.value.as_deref().or(Some("true")) } else { given.value.as_deref() };
    if let Some(unfit) = flag.unfit(value, program, version) {
        return refuse(format!("--{name}: {}", unfit.what), unfit.fix);
    }
    let mut warnings: Vec<String> =
        complaint.map(|complaint| format!("{complaint}: {}", flag.advice(program, version))).into_iter().collect();
    if gates::is_gates(name) {
        for found in gates::check(given.value.as_deref().unwrap_or_default(), program, version) {
            let what = format!("{}: {}", found.field.unwrap_or_default(), found.message);
            if found.severity == Severity::Error {
                return refuse(what, found.fix.unwrap_or_default());
            }
            warnings.push(what);
        }
    }
    Ok(warnings)
}
