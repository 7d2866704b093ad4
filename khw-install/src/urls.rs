//! `urls`: the addresses of a release's programs, for `wget -i -` and the like.

use crate::args::Download;
use crate::binary::Architecture;
use crate::release::Release;
use khw_core::{Error, Exit, cli, output};

/// Prints them, one a line, each followed by that of its checksum when asked for.
pub(crate) fn print(download: &Download, checksums: bool) -> anyhow::Result<Exit> {
    let (release, architecture) = wanted(download)?;
    let mut text = String::new();
    for program in &download.programs {
        text.push_str(&release.address(&download.mirror, architecture, program));
        text.push('\n');
        if checksums {
            text.push_str(&release.checksum_address(&download.mirror, architecture, program));
            text.push('\n');
        }
    }
    output::print(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The release and the machine, when there are such programs.
pub(crate) fn wanted(download: &Download) -> Result<(Release, Architecture), Error> {
    let architecture = download.arch.or_else(Architecture::host).ok_or_else(|| {
        Error::new("this host's machine is none that Kubernetes is built for").hint("say the worker's with --arch")
    })?;
    let version = download.kubernetes_version;
    let release = Release::new(version);
    for program in &download.programs {
        release.has(program, architecture)?;
    }
    if version.patch().is_none() {
        let newest = format!("https://dl.k8s.io/release/stable-1.{}.txt", version.minor());
        cli::note(crate::TOOL.name, format_args!("{version} is taken as {release}; {newest} names its newest patch"));
    }
    Ok((release, architecture))
}
