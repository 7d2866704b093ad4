//! What the command lines of both tools share: `--kubernetes-version`, an option for every field that has a flag of the
//! program's own, `--set`, `--unset`, and `check`.

use super::annotate::Language;
use super::check::refuse_errors;
use super::config::Config;
use super::document::Document;
use super::field::{Kind, Type};
use super::upgrade;
use clap::parser::ValueSource;
use khw_core::finding::{Finding, ReportArgs, Severity};
use khw_core::{Error, Exit, KubernetesVersion, cli, input::Input};
use std::collections::HashSet;
use std::path::PathBuf;

/// The `--kubernetes-version` option.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct VersionArgs {
    /// The Kubernetes release that the file is for
    #[arg(long, global = true, env = "KHW_KUBERNETES_VERSION", value_name = "VERSION", default_value_t = KubernetesVersion::NEWEST)]
    pub kubernetes_version: KubernetesVersion,
}

/// The `--set` and `--unset` options.
#[derive(Debug, Clone, clap::Args)]
pub struct SettingArgs {
    /// Start from an existing file, '-' for standard input, instead of the defaults: only what is asked for is changed,
    /// and comments, order and form of the rest stay
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Set any field: maxPods=50, clusterDNS=10.96.0.10,fd00::a, evictionHard.memory.available=5%, or {…} and […]
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Leave a field out, after everything is set
    #[arg(long, value_name = "FIELD")]
    pub unset: Vec<String>,
    /// Explain each field in a comment above it: what it does, and why it is set
    #[arg(long)]
    pub annotate: bool,
    /// The language of --annotate
    #[arg(long, value_enum, default_value = "en", value_name = "LANG", requires = "annotate")]
    pub lang: Language,
}

impl SettingArgs {
    /// The language to annotate in, if that is asked for.
    pub fn annotations(&self) -> Option<Language> {
        self.annotate.then_some(self.lang)
    }

    /// The existing file to start from, if one is named.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    pub fn start(&self, kind: &'static Kind, version: KubernetesVersion) -> Result<Option<Config>, Error> {
        self.from.as_ref().map(|file| Config::from_input(kind, version, &Input::new(file))).transpose()
    }

    /// Does what the options say.
    ///
    /// # Errors
    /// When a field or value is refused.
    pub fn apply(&self, config: &mut Config) -> Result<(), Error> {
        for setting in &self.set {
            let Some((path, value)) = setting.split_once('=') else {
                return Err(Error::new(format!("'{}' has no '='", setting.escape_debug()))
                    .field("--set")
                    .hint("write it as --set maxPods=50"));
            };
            config.set(path, value).map_err(|e| e.field(format!("--set {path}")))?;
        }
        self.unset.iter().try_for_each(|path| config.unset(path).map_err(|e| e.field(format!("--unset {path}"))))
    }
}

/// Adds an option for each field that the program has a flag for, under the flag's name.
pub fn field_options(mut command: clap::Command, kind: &'static Kind) -> clap::Command {
    for field in kind.fields.iter().filter(|f| !f.flag.is_empty()) {
        let help = if field.about.is_empty() {
            format!("Sets {}", field.path)
        } else {
            format!("Sets {}: {}", field.path, field.about)
        };
        let argument = clap::Arg::new(field.flag)
            .long(field.flag)
            .help(help)
            .help_heading("Fields, under the names of the program's own flags")
            .value_name(placeholder(field.value))
            .allow_hyphen_values(true);
        command = command.arg(match field.value {
            // As in the program: `--fail-swap-on` is true, and false needs the `=`.
            Type::Bool => {
                argument.num_args(0..=1).require_equals(true).default_missing_value("true").overrides_with(field.flag)
            }
            Type::List(_) | Type::Map(_) => argument.action(clap::ArgAction::Append),
            // As in the program, the last one counts.
            _ => argument.overrides_with(field.flag),
        });
    }
    command
}

fn placeholder(of: Type) -> &'static str {
    match of {
        Type::Bool => "true|false",
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Float => "N",
        Type::Ip => "IP",
        Type::Cidr => "CIDR",
        Type::NodeName => "NAME",
        Type::Duration | Type::DurationOrNanoseconds => "DURATION",
        Type::Quantity | Type::QuantityText => "QUANTITY",
        Type::List(Type::Ip) => "IP,…",
        Type::List(Type::Cidr) => "CIDR,…",
        Type::List(_) => "VALUE,…",
        Type::Map(_) => "KEY=VALUE,…",
        _ => "VALUE",
    }
}

/// Sets the fields whose options were given.
///
/// # Errors
/// When a value is refused, or this version has no such field.
pub fn set_field_options(config: &mut Config, kind: &'static Kind, matches: &clap::ArgMatches) -> Result<(), Error> {
    for field in kind.fields.iter().filter(|f| !f.flag.is_empty()) {
        let Some(values) = matches.get_many::<String>(field.flag) else { continue };
        let values: Vec<&str> = values.map(String::as_str).collect();
        let named = |e: Error| e.field(format!("--{}", field.flag));
        if values.iter().any(|v| v.trim().is_empty()) {
            return Err(named(Error::new("the value is empty"))
                .hint(format!("was a shell variable unset? if it is meant: --set {}=", field.path)));
        }
        config.set(field.path, &values.join(",")).map_err(named)?;
    }
    Ok(())
}

/// Refuses options of the generator before a command, on which they would have no effect.
///
/// # Errors
/// When there is one.
pub fn refuse_options(matches: &clap::ArgMatches) -> Result<(), Error> {
    let Some(command) = matches.subcommand_name() else { return Ok(()) };
    let given = |id: &&clap::Id| {
        id.as_str() != "kubernetes_version" && matches.value_source(id.as_str()) == Some(ValueSource::CommandLine)
    };
    // clap lists groups too, which are named like the types that their options come from.
    let option = |id: &&clap::Id| !id.as_str().starts_with(|c: char| c.is_ascii_uppercase());
    match matches.ids().filter(option).find(given) {
        Some(id) => Err(Error::new(format!("cannot be used together with '{command}'"))
            .field(format!("--{}", id.as_str().replace('_', "-")))
            .hint(format!("it belongs to the file that is printed without '{command}'"))),
        None => Ok(()),
    }
}

/// Warns of what a check finds in a configuration to be printed, and refuses what does not work. What was wrong `before`,
/// in the file that it was made from, is only warned of: it was not asked to be changed.
///
/// # Errors
/// When there is a new finding of severity error, or the file is of no kind that the program reads.
pub fn warn_and_refuse(tool: &str, findings: &[Finding], before: &[Finding]) -> Result<(), Error> {
    let before: HashSet<_> = before.iter().map(|f| (f.name, f.field.as_deref())).collect();
    let known = |f: &Finding| f.name != "wrong-kind" && before.contains(&(f.name, f.field.as_deref()));
    refuse_errors(findings.iter().filter(|f| !known(f)))?;
    for finding in findings.iter().filter(|f| f.severity == Severity::Warning || known(f)) {
        cli::warn(tool, format_args!("{}: {}", finding.field.as_deref().unwrap_or_default(), finding.message));
    }
    Ok(())
}

/// The arguments of `check`.
#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The files to check, '-' for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what an upgrade from this release changes for the file, and nothing else
    #[arg(long, value_name = "VERSION")]
    from_version: Option<KubernetesVersion>,
    /// The release of the upgrade, instead of that of --kubernetes-version
    #[arg(long, value_name = "VERSION", requires = "from_version")]
    to_version: Option<KubernetesVersion>,
    #[command(flatten)]
    report: ReportArgs,
}

impl CheckArgs {
    /// Checks the files with `check`, whose findings have these `names`, and prints what it finds.
    ///
    /// # Errors
    /// When a file cannot be read, or a name of a finding is not one.
    pub fn run(
        &self,
        kind: &'static Kind,
        version: KubernetesVersion,
        names: &[&str],
        check: &dyn Fn(&Document, KubernetesVersion) -> Vec<Finding>,
    ) -> anyhow::Result<Exit> {
        let version = self.to_version.unwrap_or(version);
        if let Some(from) = self.from_version.filter(|from| *from > version) {
            return Err(Error::new(format!("{from} is newer than {version}"))
                .field("--from-version")
                .hint("an upgrade goes from the older to the newer")
                .into());
        }
        let mut findings = Vec::new();
        for file in &self.files {
            let input = Input::new(file);
            let found = match (Document::parse_with_duplicates(&input.read()?), self.from_version) {
                (Ok(document), None) => check(&document, version),
                (Ok(document), Some(from)) => upgrade::upgrade(kind, &document, (from, version), check),
                (Err(error), _) => vec![Finding::from_error("unreadable", &error)],
            };
            findings.extend(found.into_iter().map(|finding| finding.file(&input)));
        }
        self.report.report(findings, &[names, upgrade::CHECKS].concat())
    }
}
