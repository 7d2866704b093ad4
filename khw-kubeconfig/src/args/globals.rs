//! kubectl's options for talking to a cluster, which scripts pass to `kubectl config` too.
//!
//! kubectl takes them everywhere, and its `config` commands look at none of them, but for `view --minify --context`. khw
//! takes them too, and says that they have no effect.

use clap::builder::OsStringValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

/// Name behind a prefix that keeps it apart from the commands' own, letter, whether it is a switch.
const OPTIONS: [(&str, Option<char>, bool); 26] = [
    ("kubectl-as", None, false),
    ("kubectl-as-group", None, false),
    ("kubectl-as-uid", None, false),
    ("kubectl-cache-dir", None, false),
    ("kubectl-certificate-authority", None, false),
    ("kubectl-client-certificate", None, false),
    ("kubectl-client-key", None, false),
    ("kubectl-cluster", None, false),
    ("kubectl-context", None, false),
    ("kubectl-disable-compression", None, true),
    ("kubectl-insecure-skip-tls-verify", None, true),
    ("kubectl-log-flush-frequency", None, false),
    ("kubectl-match-server-version", None, true),
    ("kubectl-namespace", Some('n'), false),
    ("kubectl-password", None, false),
    ("kubectl-profile", None, false),
    ("kubectl-profile-output", None, false),
    ("kubectl-request-timeout", None, false),
    ("kubectl-server", Some('s'), false),
    ("kubectl-tls-server-name", None, false),
    ("kubectl-token", None, false),
    ("kubectl-user", None, false),
    ("kubectl-username", None, false),
    ("kubectl-v", Some('v'), false),
    ("kubectl-vmodule", None, false),
    ("kubectl-warnings-as-errors", None, true),
];

const PREFIX: &str = "kubectl-";

/// Adds those that the command does not have itself.
pub(super) fn add(command: Command) -> Command {
    let named =
        OPTIONS.iter().filter_map(|&(id, letter, is_switch)| Some((id, id.strip_prefix(PREFIX)?, letter, is_switch)));
    let missing = named.filter(|(_, name, ..)| command.get_arguments().all(|arg| arg.get_long() != Some(name)));
    let missing: Vec<Arg> = missing
        .map(|(id, name, letter, is_switch)| {
            let arg = Arg::new(id).long(name).hide(true);
            let arg = letter.map_or_else(|| arg.clone(), |letter| arg.clone().short(letter));
            if is_switch {
                arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_parser(super::go_bool)
            } else {
                arg.value_parser(OsStringValueParser::new())
            }
        })
        .collect();
    command.args(missing)
}

/// Those that were given and have no effect.
pub(crate) fn given(matches: &ArgMatches) -> Vec<String> {
    let Some((_, matches)) = matches.subcommand() else { return Vec::new() };
    let given = matches.ids().filter(|id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine));
    let mut given: Vec<String> =
        given.filter_map(|id| id.as_str().strip_prefix(PREFIX).map(|name| format!("--{name}"))).collect();
    // How much is logged is no matter of what is done.
    given.retain(|name| !matches!(name.as_str(), "--v" | "--vmodule" | "--log-flush-frequency"));
    given.sort_unstable();
    given
}
