//! The manners of all six tools: `main`, `--help`, `--version`, `--generate`, messages, broken pipes, exit codes.
//!
//! Users: every tool.

use crate::{Error, Exit, output};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// A tool: its clap table and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The name of the program.
    pub name: &'static str,
    /// The table from which `--help`, man page and completions are printed and by which arguments are parsed.
    pub command: fn() -> clap::Command,
    /// Rewrites the arguments (without the program's name) before clap sees them: openssl's `-out`, kubectl's habits.
    pub rewrite: fn(Vec<OsString>) -> Result<Vec<OsString>, Error>,
    /// Does it.
    pub run: fn(&clap::ArgMatches) -> anyhow::Result<Exit>,
}

/// For tools whose arguments are clap's own.
///
/// # Errors
/// Never.
pub fn as_given(arguments: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    Ok(arguments)
}

/// Runs a tool with the process's arguments: the whole `main` of all six.
pub fn main(tool: &Tool) -> ExitCode {
    let exit = match run(tool, std::env::args_os().skip(1).collect()) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            complain(tool.name, &error);
            Exit::Failed
        }
    };
    exit.into()
}

/// Says something that is neither data nor an error, on standard error: `TOOL: text`.
pub fn note(tool: &str, text: impl std::fmt::Display) {
    say(&format!("{tool}: {}", printable(&text.to_string())));
}

/// Warns on standard error: `TOOL: warning: text`.
pub fn warn(tool: &str, text: impl std::fmt::Display) {
    note(tool, format_args!("warning: {text}"));
}

/// Text on one line of a terminal, whatever was in the input: control characters are escaped.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { out.extend(letter.escape_debug()) } else { out.push(letter) }
    }
    out
}

fn run(tool: &Tool, arguments: Vec<OsString>) -> anyhow::Result<Exit> {
    if let Some(what) = generate_argument(&arguments)? {
        output::print(&generate(tool, &what)?)?;
        return Ok(Exit::Done);
    }
    let arguments = std::iter::once(OsString::from(tool.name)).chain((tool.rewrite)(arguments)?);
    match command(tool).try_get_matches_from(arguments) {
        Ok(matches) => (tool.run)(&matches),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            output::print(error.render().to_string().as_bytes())?;
            Ok(Exit::Done)
        }
        Err(error) => Err(usage(tool.name, &error).into()),
    }
}

/// The tool's table with what all six have.
fn command(tool: &Tool) -> clap::Command {
    let generate = clap::Arg::new("generate")
        .long("generate")
        .value_name("WHAT")
        .value_parser(["man", "bash", "zsh", "fish"])
        .help("Print the man page, or completions for a shell");
    (tool.command)()
        .disable_help_subcommand(true)
        .name(tool.name)
        .version(env!("CARGO_PKG_VERSION"))
        .arg(generate)
        .after_help(EXIT_STATUS)
}

const EXIT_STATUS: &str = "Exit status: 0 done, or already so; 1 a check says no; 2 could not: usage, input, I/O.";

/// The value of a leading `--generate`, which must work where a subcommand or an input would be missing.
fn generate_argument(arguments: &[OsString]) -> Result<Option<String>, Error> {
    let Some(first) = arguments.first().and_then(|a| a.to_str()) else { return Ok(None) };
    let what = match first.strip_prefix("--generate") {
        Some("") => arguments.get(1).map(|a| a.to_string_lossy().into_owned()).unwrap_or_default(),
        Some(rest) if rest.starts_with('=') => rest.trim_start_matches('=').to_owned(),
        _ => return Ok(None),
    };
    Ok(Some(what))
}

fn generate(tool: &Tool, what: &str) -> anyhow::Result<Vec<u8>> {
    use clap_complete::Shell;
    let mut out = Vec::new();
    let mut command = command(tool);
    let shell = match what {
        "man" => {
            man_page(tool, command, &mut out)?;
            return Ok(out);
        }
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        other => {
            return Err(Error::new(format!("cannot generate '{}'", other.escape_debug()))
                .field("--generate")
                .hint("it is one of man, bash, zsh, fish")
                .into());
        }
    };
    clap_complete::generate(shell, &mut command, tool.name, &mut out);
    Ok(out)
}

/// One page for the tool and all its subcommands: people look for an option on the page of the program.
fn man_page(tool: &Tool, command: clap::Command, out: &mut Vec<u8>) -> std::io::Result<()> {
    let mut command = command.after_help("");
    command.build();
    let page = |command: &clap::Command| {
        clap_mangen::Man::new(command.clone())
            .title(tool.name)
            .section("8")
            .date("")
            .source(format!("khw {}", env!("CARGO_PKG_VERSION")))
            .manual("Kubernetes worker by hand")
    };
    let main = page(&command);
    main.render_title(out)?;
    main.render_name_section(out)?;
    main.render_synopsis_section(out)?;
    main.render_description_section(out)?;
    main.render_options_section(out)?;
    subcommand_sections(&command, &page, out)?;
    out.write_all(MAN_TAIL.as_bytes())
}

fn subcommand_sections(
    command: &clap::Command,
    page: &dyn Fn(&clap::Command) -> clap_mangen::Man,
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    for sub in command.get_subcommands().filter(|s| s.get_name() != "help" && !s.is_hide_set()) {
        let name = sub.get_bin_name().unwrap_or(sub.get_name()).to_owned();
        writeln!(out, ".SH \"{}\"", name.to_uppercase())?;
        let mut sections = Vec::new();
        let man = page(sub);
        man.render_synopsis_section(&mut sections)?;
        man.render_description_section(&mut sections)?;
        man.render_options_section(&mut sections)?;
        out.extend(String::from_utf8_lossy(&sections).replace("\n.SH ", "\n.SS ").replacen(".SH ", ".SS ", 1).bytes());
        subcommand_sections(sub, page, out)?;
    }
    Ok(())
}

const MAN_TAIL: &str = "\
.SH \"EXIT STATUS\"
.TP
0
done, or already so
.TP
1
a check says no, or a difference was found
.TP
2
it could not be done: usage, input or I/O; nothing was written
.SH \"SEE ALSO\"
\\fBkhw\\-cert\\fR(8), \\fBkhw\\-kubeconfig\\fR(8), \\fBkhw\\-kubelet\\-conf\\fR(8), \\fBkhw\\-proxy\\-conf\\fR(8), \
\\fBkhw\\-unit\\fR(8), \\fBkhw\\-install\\fR(8)
";

/// clap's complaint in the form that all messages have.
fn usage(tool: &str, error: &clap::Error) -> Error {
    let context = |kind| error.get(kind);
    let text = |value: &ContextValue| match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    };
    let named = |kind| context(kind).map(text).unwrap_or_default();
    let help = || match context(ContextKind::Usage) {
        // `Usage: khw-cert node [OPTIONS] <NAME>` knows which help would help.
        Some(ContextValue::StyledStr(usage)) => {
            let usage = usage.to_string();
            let words = usage.trim_start_matches("Usage:").split_whitespace();
            let path: Vec<&str> = words.take_while(|w| w.starts_with(|c: char| c.is_ascii_lowercase())).collect();
            format!("see '{} --help'", if path.is_empty() { tool.to_owned() } else { path.join(" ") })
        }
        _ => format!("see '{tool} --help'"),
    };
    let suggestion = || {
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
            .into_iter()
            .find_map(|kind| context(kind).map(text).filter(|t| !t.is_empty()))
            .map(|similar| format!("did you mean '{similar}'?"))
    };
    // An argument that may be missing is `[NAME]` for clap; in a message it is the same as `<NAME>`.
    let argument_named = |kind| {
        let name = named(kind);
        name.strip_prefix('[').map(|rest| format!("<{}", rest.replacen(']', ">", 1))).unwrap_or(name)
    };
    let argument = argument_named(ContextKind::InvalidArg);
    let value = named(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            Error::new(format!("unknown option or argument '{argument}'")).hint(suggestion().unwrap_or_else(help))
        }
        ErrorKind::InvalidSubcommand => {
            Error::new(format!("unknown command '{}'", named(ContextKind::InvalidSubcommand)))
                .hint(suggestion().unwrap_or_else(help))
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Error::new("a command is missing").hint(help())
        }
        ErrorKind::MissingRequiredArgument => Error::new(format!("missing: {argument}")).hint(help()),
        ErrorKind::InvalidValue if value.is_empty() => Error::new("a value is missing").field(argument).hint(help()),
        ErrorKind::InvalidValue => {
            let valid = named(ContextKind::ValidValue);
            Error::new(format!("'{value}' is not a value it can have")).field(argument).hint(if valid.is_empty() {
                help()
            } else {
                format!("it is one of {valid}")
            })
        }
        ErrorKind::ValueValidation => {
            // A parser of ours gives an Error with its own hint; others give a text.
            match std::error::Error::source(error) {
                Some(source) => match source.downcast_ref::<Error>() {
                    Some(ours) => ours.clone().field(argument),
                    None => Error::new(format!("'{value}': {source}")).field(argument).hint(help()),
                },
                None => Error::new(format!("'{value}' is not a value it can have")).field(argument).hint(help()),
            }
        }
        ErrorKind::ArgumentConflict => {
            let other = argument_named(ContextKind::PriorArg);
            Error::new(format!("cannot be used together with {other}")).field(argument).hint(help())
        }
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            Error::new(first.trim_start_matches("error: ").trim_end_matches('.')).hint(help())
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

fn complain(tool: &str, error: &anyhow::Error) {
    let hint = error.chain().find_map(|e| e.downcast_ref::<Error>()).and_then(Error::advice);
    note(tool, format_args!("error: {error:#}"));
    if let Some(hint) = hint {
        note(tool, format_args!("hint: {hint}"));
    }
}

/// A line on standard error. When that is closed there is nobody left to tell.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A time that a person is ready to wait, as an option has it: `500ms`, `10s`, `2m`, or seconds without a unit.
///
/// # Errors
/// When it is of another form, or too long for the clock.
pub fn duration(text: &str) -> Result<Duration, Error> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => Some(1),
        "" | "s" => Some(1000),
        "m" => Some(60_000),
        _ => None,
    };
    let milliseconds = number.parse::<u64>().ok().zip(milliseconds).and_then(|(n, unit)| n.checked_mul(unit));
    milliseconds.map(Duration::from_millis).ok_or_else(|| {
        Error::new(format!("'{}' is not a time", text.escape_debug())).hint("write it as 500ms, 10s or 1m")
    })
}

#[cfg(test)]
mod tests {
    use super::{Tool, as_given, command, duration, usage};
    use crate::{Exit, KubernetesVersion};
    use clap::Parser;
    use std::time::Duration;

    #[test]
    fn times_have_a_unit_or_are_seconds() {
        for (text, milliseconds) in [("500ms", 500), ("10s", 10_000), ("7", 7000), ("2m", 120_000)] {
            assert_eq!(duration(text).ok(), Some(Duration::from_millis(milliseconds)));
        }
        for text in ["", "m", "1h30m", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[derive(Parser)]
    struct Arguments {
        #[arg(long, value_parser = clap::value_parser!(KubernetesVersion))]
        version_of: Option<KubernetesVersion>,
        #[arg(long, value_parser = ["a", "b"])]
        letter: Option<String>,
        #[command(subcommand)]
        command: Sub,
    }

    #[derive(clap::Subcommand)]
    enum Sub {
        Node { name: String },
    }

    const TOOL: Tool = Tool {
        name: "khw-x",
        command: <Arguments as clap::CommandFactory>::command,
        rewrite: as_given,
        run: |_| Ok(Exit::Done),
    };

    #[test]
    fn clap_speaks_in_our_form() {
        for (arguments, what, hint) in [
            (&["--bogus"][..], "unknown option or argument '--bogus'", "see 'khw-x --help'"),
            (&["--lettr", "a"], "unknown option or argument '--lettr'", "did you mean '--letter'?"),
            (&["nod"], "unknown command 'nod'", "did you mean 'node'?"),
            (&[], "a command is missing", "see 'khw-x --help'"),
            (&["node"], "missing: <NAME>", "see 'khw-x node --help'"),
            (&["--letter", "c", "node", "x"], "--letter <LETTER>: 'c' is not a value it can have", "it is one of a, b"),
            (
                &["--version-of", "2", "node", "x"],
                "--version-of <VERSION_OF>: '2' is not a Kubernetes version",
                "write it as 1.20 or v1.20.2",
            ),
        ] {
            let error = command(&TOOL).try_get_matches_from(std::iter::once(&"khw-x").chain(arguments)).map(|_| ());
            let error =
                error.map_err(|e| usage("khw-x", &e)).map_err(|e| (e.to_string(), e.advice().map(str::to_owned)));
            assert_eq!(error, Err((what.to_owned(), Some(hint.to_owned()))), "{arguments:?}");
        }
    }
}
