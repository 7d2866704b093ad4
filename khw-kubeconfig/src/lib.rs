//! kubeconfig files: kubectl config's part of the tutorial.
//!
//! For readers there are [`Kubeconfig::parse`] and [`ServerUrl`]; the rest is the tool. Reading is strict and keeps line
//! numbers (`yaml`, `model`); changing goes from text to text (`edit`) under two locks (`store`, `filelock`); what goes in
//! is looked at first (`material`, `server`); `print` writes YAML that kubectl reads as it was meant.

mod args;
mod bootstrap;
mod bystander;
mod check;
mod credentials;
mod edit;
mod entry;
mod filelock;
mod jsonpath;
mod leftover;
mod location;
mod material;
mod merge;
mod model;
mod new;
mod print;
mod property;
mod remove;
mod server;
mod set;
mod store;
mod view;
mod yaml;

pub use edit::edit;
pub use model::{AuthInfo, Cluster, Context, Current, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext, Secret};
pub use server::ServerUrl;

use args::{Arguments, Command};
use clap::FromArgMatches;
use entry::Section;
use khw_core::{Exit, cli};

/// The tool.
pub const TOOL: khw_core::cli::Tool =
    khw_core::cli::Tool { name: "khw-kubeconfig", command: args::command, rewrite: args::rewrite, run };

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    for option in args::without_effect(matches) {
        cli::warn(TOOL.name, format_args!("{option} has no effect on this command, as with kubectl"));
    }
    match Arguments::from_arg_matches(matches)?.command {
        Command::New(args) => new::new(&args),
        Command::Bootstrap(args) => bootstrap::bootstrap(&args),
        Command::Merge(args) => merge::merge(&args),
        Command::Check(args) => check::check(&args),
        Command::SetCluster(args) => set::set_cluster(&args),
        Command::SetCredentials(args) => credentials::set_credentials(&args),
        Command::SetContext(args) => set::set_context(&args),
        Command::Set(args) => property::set(&args),
        Command::Unset(args) => property::unset(&args),
        Command::UseContext(args) => set::use_context(&args),
        Command::View(args) => view::view(&args),
        Command::CurrentContext(args) => view::current_context(&args),
        Command::GetClusters(args) => view::get_clusters(&args),
        Command::GetContexts(args) => view::get_contexts(&args),
        Command::GetUsers(args) => view::get_users(&args),
        Command::RenameContext(args) => remove::rename_context(&args),
        Command::DeleteCluster(args) => remove::delete(Section::Clusters, &args),
        Command::DeleteContext(args) => remove::delete(Section::Contexts, &args),
        Command::DeleteUser(args) => remove::delete(Section::Users, &args),
    }
}
