//! `fetch`: downloads the programs of a release, each held against its checksum before it gets its name.

mod part;
mod progress;
mod proxy;
mod site;
mod transfer;

use crate::args::Download;
use crate::artefact::BINARIES;
use crate::urls;
use khw_core::{Error, Exit, cli, output};
use part::Store;
use progress::Progress;
use site::Site;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use transfer::{Transfer, Wish};

/// How and where to.
#[derive(Debug, clap::Args)]
pub struct Fetching {
    /// Where the programs are put
    #[arg(short = 'd', long, value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Allow http, for a mirror of your own: whoever is in between can exchange program and checksum alike
    #[arg(long)]
    pub insecure_mirror: bool,
    /// How long to wait for a connection and for each piece of an answer: 500ms, 30s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = khw_core::cli::duration)]
    pub timeout: Duration,
    /// How often to try again when the connection breaks off or the server is busy, with longer and longer breaks
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub retries: u32,
}

/// Downloads all at once, and prints a line for each: what was done, the mode, the path.
pub(crate) fn fetch(download: &Download, how: &Fetching) -> anyhow::Result<Exit> {
    let (release, architecture) = urls::wanted(download)?;
    if !download.mirror.is_secure() && !how.insecure_mirror {
        return Err(Error::new(format!("{} is not https", download.mirror))
            .field("--mirror")
            .hint("say --insecure-mirror when it is a host of your own and you trust the way to it")
            .into());
    }
    let directory = if how.directory.as_os_str().is_empty() { Path::new(".") } else { &how.directory };
    let store = Store::open(directory)?;
    let site = Site::new(how.timeout, how.insecure_mirror)?;
    // Each once, however often it was said.
    let programs: Vec<_> = BINARIES.into_iter().filter(|name| download.programs.iter().any(|p| p == name)).collect();
    let progress = Progress::new(&programs);
    let transfer = Transfer { site: &site, store: &store, progress: &progress, retries: how.retries };
    let wish = |program: &&'static str| Wish {
        part: format!("{release}-{architecture}-{program}.part"),
        address: release.address(&download.mirror, architecture, program),
        sum_address: release.checksum_address(&download.mirror, architecture, program),
        algorithm: release.checksum(),
        program,
    };
    let wishes: Vec<_> = programs.iter().map(wish).collect();
    let ended: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = wishes.iter().map(|wish| scope.spawn(|| transfer.run(wish))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::new("ended by a fault of khw"))))
            .collect()
    });
    progress.clear();
    report(&store, &wishes, ended)
}

/// What was done is said also when another program failed.
fn report(store: &Store, wishes: &[Wish], ended: Vec<Result<(&'static str, u32), Error>>) -> anyhow::Result<Exit> {
    let (mut text, mut errors) = (String::new(), Vec::new());
    for (wish, ended) in wishes.iter().zip(ended) {
        match ended {
            Ok((done, mode)) => {
                let _ = writeln!(text, "{done} {mode:04o} {}", store.shown(wish.program).display());
            }
            Err(error) => errors.push(error),
        }
    }
    output::print(text.as_bytes())?;
    let Some(last) = errors.pop() else { return Ok(Exit::Done) };
    // The last is said by the common `main`, as all errors are. Of the same cause once is enough.
    for error in errors.iter().filter(|error| error.what() != last.what()) {
        cli::note(crate::TOOL.name, format_args!("error: {error}"));
        if let Some(hint) = error.advice() {
            cli::note(crate::TOOL.name, format_args!("hint: {hint}"));
        }
    }
    Err(last.into())
}
