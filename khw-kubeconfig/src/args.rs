//! The command line: kubectl config's words and flags, and khw's own.

mod globals;
mod rewrite;

pub(crate) use globals::given as without_effect;
pub(crate) use rewrite::rewrite;

use crate::view::Format;
use clap::{Args, CommandFactory, Parser, Subcommand};
use khw_core::Error;
use khw_core::finding::ReportArgs;
use khw_core::output::Output;
use std::path::PathBuf;
use std::time::Duration;

/// Make and change kubeconfig files
///
/// The commands of `kubectl config` with its flags and words, but without its traps: writers wait for each other, comments
/// and unknown fields stay, and what cannot work is refused. `new` prints a whole kubeconfig.
///
/// What is different from `kubectl config` 1.32 on purpose:
///
/// Writing: only the bytes that change are touched, so comments, order, quoting, unknown fields and absolute paths stay; a
/// command that changes nothing writes nothing and makes no file. A file with a secret in it gets mode 0600. A writer waits
/// (--lock-timeout) for khw's lock and for kubectl's FILE.lock, where kubectl fails at once. Variables of a plugin stay in
/// the order in which they are given, and interactiveMode is written only where its default would be lost.
///
/// Refused, unless --no-verify is given: a server URL that cannot work, certificates and keys that are not there, are not
/// PEM or do not belong together, a name that leads nowhere, an empty path, a file without any field of a kubeconfig. With
/// --no-verify an empty path takes the field away, where kubectl writes `.`.
///
/// Refused always: an empty name; a file with two equal keys or a second document; a change of what an anchor or a merge
/// key shares.
///
/// Printing: get-clusters is sorted. `view -o` knows yaml, json, jsonpath, jsonpath-as-json and jsonpath-file, but not name
/// and go-template (--template); of a template's forms `..` without a name is missing, and a range within
/// jsonpath-as-json. A text of several lines is printed in double quotes, where kubectl uses a block. Options for talking to
/// a cluster are taken, with a warning that they have no effect.
#[derive(Debug, Parser)]
#[command(subcommand_required = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a whole kubeconfig for a server, a CA, a certificate and its key
    New(New),
    /// Print a whole kubeconfig for a node that is yet to ask for its certificate (TLS bootstrapping)
    Bootstrap(Bootstrap),
    /// Print several kubeconfigs as one, and rename what has the same name
    Merge(Merge),
    /// Check kubeconfigs: every context leads to a server, certificates and keys that can work
    Check(Check),
    /// Set a cluster: its server and CA
    SetCluster(SetCluster),
    /// Set a user: its certificate and key, its token, or its name and password
    SetCredentials(SetCredentials),
    /// Set a context: the pair of a cluster and a user
    SetContext(SetContext),
    /// Set a single value, by its path
    Set(Set),
    /// Take a single value, an entry or all entries away, by their path
    Unset(Unset),
    /// Choose the context in use
    #[command(visible_alias = "use")]
    UseContext(Named),
    /// Print the kubeconfig, without its secrets unless --raw
    View(View),
    /// Print the name of the context in use
    CurrentContext(File),
    /// Print the names of the clusters
    GetClusters(File),
    /// Print the contexts
    GetContexts(GetContexts),
    /// Print the names of the users
    GetUsers(File),
    /// Rename a context
    RenameContext(RenameContext),
    /// Remove a cluster
    DeleteCluster(Named),
    /// Remove a context
    DeleteContext(Named),
    /// Remove a user
    DeleteUser(Named),
}

/// Which file.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// The kubeconfig [default: the files of the environment variable KUBECONFIG, else $HOME/.kube/config]
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) kubeconfig: Option<PathBuf>,
}

/// Which file, and how it is changed.
#[derive(Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    pub(crate) file: File,
    /// Take what kubectl takes, whether it can work or not
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// How long to wait while another program changes the file: 500ms, 10s, 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = khw_core::cli::duration)]
    pub(crate) lock_timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct SetCluster {
    /// The cluster's name in this file
    pub(crate) name: String,
    /// URL of the API server, https://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Certificates of the CA that signed the server's certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) certificate_authority: Option<PathBuf>,
    /// Put the CA's certificates into the kubeconfig instead of their path
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) embed_certs: Option<bool>,
    /// Do not check the server's certificate
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) insecure_skip_tls_verify: Option<bool>,
    /// Name to check the server's certificate against [default: the URL's host]
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_server_name: Option<String>,
    /// Proxy on the way to the server
    #[arg(long, value_name = "URL")]
    pub(crate) proxy_url: Option<String>,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct SetCredentials {
    /// The user's name in this file
    pub(crate) name: String,
    /// Client certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) client_certificate: Option<PathBuf>,
    /// Private key of the client certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) client_key: Option<PathBuf>,
    /// Put certificate and key into the kubeconfig instead of their paths
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) embed_certs: Option<bool>,
    /// Bearer token
    #[arg(long)]
    pub(crate) token: Option<String>,
    /// User name for basic authentication
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// Password for basic authentication
    #[arg(long)]
    pub(crate) password: Option<String>,
    /// Program that gives the credentials
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec_command: Option<String>,
    /// Version of the interface to that program
    #[arg(long, value_name = "VERSION")]
    pub(crate) exec_api_version: Option<String>,
    /// Arguments of that program, in place of those before: A,B or several times
    #[arg(long, value_name = "ARGUMENT", action = clap::ArgAction::Append)]
    pub(crate) exec_arg: Vec<String>,
    /// Variables of that program's environment; `NAME-` takes one away (may be given several times)
    #[arg(long, value_name = "NAME=VALUE", action = clap::ArgAction::Append)]
    pub(crate) exec_env: Vec<String>,
    /// Whether that program may ask the user: IfAvailable, Never or Always
    #[arg(long, value_name = "MODE")]
    pub(crate) exec_interactive_mode: Option<String>,
    /// Tell that program about the cluster
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) exec_provide_cluster_info: Option<bool>,
    /// Name of an auth provider, for clients that still have it
    #[arg(long, value_name = "NAME")]
    pub(crate) auth_provider: Option<String>,
    /// Settings of the auth provider; `KEY-` takes one away: A=1,B=2 or several times
    #[arg(long, value_name = "KEY=VALUE", action = clap::ArgAction::Append)]
    pub(crate) auth_provider_arg: Vec<String>,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct SetContext {
    /// The context's name
    #[arg(required_unless_present = "current")]
    pub(crate) name: Option<String>,
    /// Change the context in use
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) current: Option<bool>,
    /// Name of the cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Name of the user
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Namespace when none is asked for
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Path of the value: clusters.NAME.server, users.NAME.token, current-context, preferences.colors
    pub(crate) property: String,
    /// The new value; of a field that ends with -data its base64
    #[arg(allow_hyphen_values = true)]
    pub(crate) value: String,
    /// Take the value of a field that ends with -data as it is, not as base64
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) set_raw_bytes: Option<bool>,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct Unset {
    /// Path of the value, of an entry or of all entries: clusters.NAME.server, clusters.NAME, clusters
    pub(crate) property: String,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct RenameContext {
    /// The name that it has
    pub(crate) from: String,
    /// The name that it shall have
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) change: Change,
}

#[derive(Debug, Args)]
pub(crate) struct GetContexts {
    /// Only these contexts
    pub(crate) names: Vec<String>,
    /// Print the names alone
    #[arg(short = 'o', long, value_name = "FORMAT", value_parser = ["name", ""], hide_possible_values = true)]
    pub(crate) output: Option<String>,
    /// Print the table without its first line
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) no_headers: Option<bool>,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct View {
    /// Print secrets and data too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) raw: Option<bool>,
    /// Print only what the context in use needs
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) minify: Option<bool>,
    /// Put the content of files in place of their paths; prints secrets, as --raw
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) flatten: Option<bool>,
    /// Merge all kubeconfigs, as is done anyway; `=false` needs --kubeconfig
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) merge: Option<bool>,
    /// Print as `yaml`, as `json`, or what jsonpath={...}, jsonpath-as-json={...} or jsonpath-file=FILE chooses
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "yaml", value_parser = crate::view::Format::parse)]
    pub(crate) output: Format,
    /// Pass over a field of a template that is not there; with `=false` refuse it [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) allow_missing_template_keys: Option<bool>,
    /// Take this context for the one in use
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// URL of the API server, https://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// Certificates of the CA that signed the server's certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) certificate_authority: PathBuf,
    /// Client certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) client_certificate: PathBuf,
    /// Private key of the client certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) client_key: PathBuf,
    /// The cluster's name in this file
    #[arg(long, value_name = "NAME", default_value = "kubernetes-the-hard-way")]
    pub(crate) cluster: String,
    /// The user's name in this file [default: the common name of the client certificate]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The context's name
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) context: String,
    /// Put certificates and key into the kubeconfig; with `=false` their paths, as they are given [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) embed_certs: Option<bool>,
    /// Take what kubectl takes, whether it can work or not
    #[arg(long)]
    pub(crate) no_verify: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Bootstrap {
    /// URL of the API server, https://HOST:PORT
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// Certificates of the CA that signed the server's certificate
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) certificate_authority: PathBuf,
    /// Bootstrap token, as abcdef.0123456789abcdef; other users of this host see it in the list of processes
    #[arg(long, required_unless_present = "token_file", conflicts_with = "token_file")]
    pub(crate) token: Option<String>,
    /// File with the bootstrap token, `-` for standard input
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) token_file: Option<PathBuf>,
    /// The cluster's name in this file
    #[arg(long, value_name = "NAME", default_value = "kubernetes-the-hard-way")]
    pub(crate) cluster: String,
    /// The user's name in this file
    #[arg(long, value_name = "NAME", default_value = "kubelet-bootstrap")]
    pub(crate) user: String,
    /// The context's name
    #[arg(long, value_name = "NAME", default_value = "bootstrap")]
    pub(crate) context: String,
    /// Put the CA's certificates into the kubeconfig; with `=false` their path, as it is given [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = go_bool)]
    pub(crate) embed_certs: Option<bool>,
    /// Take what kubectl takes, whether it can work or not
    #[arg(long)]
    pub(crate) no_verify: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The kubeconfigs; of one of them `-` is standard input
    #[arg(required = true, value_name = "FILE", value_parser = path())]
    pub(crate) files: Vec<PathBuf>,
    /// Put the content of files in place of their paths
    #[arg(long)]
    pub(crate) flatten: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The kubeconfigs, `-` for standard input [default: those that kubectl would read]
    #[arg(value_name = "FILE", value_parser = path())]
    pub(crate) files: Vec<PathBuf>,
    /// Look for absolute paths below this directory, a staged root
    #[arg(long, value_name = "DIR", value_parser = path())]
    pub(crate) root: Option<PathBuf>,
    /// The node whose kubeconfig it is: the user of the context in use must be system:node:NAME
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<khw_core::NodeName>,
    /// Warn of certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) expires_within: u32,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// The table, with kubectl's rule that the last of equal options wins, and its options for talking to a cluster.
pub(crate) fn command() -> clap::Command {
    Arguments::command().mut_subcommands(|sub| {
        let sub = sub.args_override_self(true);
        if OWN.contains(&sub.get_name()) { sub } else { sub.defer(globals::add) }
    })
}

/// The commands that kubectl does not have: nobody passes kubectl's options to them.
const OWN: [&str; 4] = ["new", "bootstrap", "merge", "check"];

/// A path. An empty one, as from an unset variable, gets a message of its own where it matters.
fn path() -> impl clap::builder::TypedValueParser<Value = PathBuf> {
    use clap::builder::{OsStringValueParser, TypedValueParser};
    OsStringValueParser::new().map(PathBuf::from)
}

/// Go's strconv.ParseBool, which kubectl's flags go by: `yes` and `on` are refused.
pub(crate) fn go_bool(text: &str) -> Result<bool, Error> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Error::new(format!("'{}' is not a boolean", text.escape_debug())).hint("it is true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, command, go_bool};
    use clap::FromArgMatches;

    #[test]
    fn the_last_flag_wins() {
        let words =
            ["khw-kubeconfig", "set-cluster", "a", "--embed-certs", "--embed-certs=F", "--server=x", "--server=y"];
        let matches = command().try_get_matches_from(words);
        let parsed = matches.and_then(|m| Arguments::from_arg_matches(&m)).map(|a| a.command);
        match parsed {
            Ok(super::Command::SetCluster(set)) => {
                assert_eq!((set.embed_certs, set.server.as_deref()), (Some(false), Some("y")));
            }
            other => assert!(other.is_err_and(|e| e.to_string().is_empty())),
        }
    }

    #[test]
    fn booleans_are_gos() {
        assert_eq!((go_bool("T"), go_bool("0")), (Ok(true), Ok(false)));
        assert_eq!(go_bool("yes").map_err(|e| e.to_string()), Err("'yes' is not a boolean".to_owned()));
    }
}
