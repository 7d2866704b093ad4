//! The resolv.conf that the kubelet gives to Pods: there, with a name server, and none that a Pod cannot reach.

use super::component::Component;
use super::files::{Files, Named, Sensitivity, at};
use khw_core::finding::Finding;
use std::net::IpAddr;

/// Checks the file that counts; `/etc/resolv.conf` when none is named.
pub(super) fn check(files: &mut Files<'_>, kubelet: &Component) {
    let named = kubelet.path("resolv-conf", Some("resolvConf"));
    let is_named = named.is_some();
    // Before the kubelet's configuration is there: khw-kubelet-conf names this file when the host has it, and the stub that
    // /etc/resolv.conf then is does not matter.
    if !is_named && !kubelet.is_configured() && files.target.stat("/run/systemd/resolve/resolv.conf".as_ref()).is_some()
    {
        return;
    }
    let named = named.unwrap_or_else(|| Named::by_layout("/etc/resolv.conf".as_ref()));
    // In a staged tree it is often a link into /run, which only a running host has.
    let link = files.target.read_link(&named.path).is_some_and(|to| to.components().any(|c| c.as_os_str() == "run"));
    if files.target.is_staged() && link || !is_named && files.target.stat(&named.path).is_none() {
        return;
    }
    let what = "the resolv.conf for Pods";
    let Some(content) = files.read(&named, what, Sensitivity::OfHost) else { return };
    let text = String::from_utf8_lossy(&content);
    let servers: Vec<(usize, IpAddr)> = name_servers(&text).collect();
    let names = named.origin.as_ref().map(|o| match o.line {
        Some(line) => format!(", which {}:{line} gives to Pods", o.file),
        None => format!(", which {} gives to Pods", o.file),
    });
    let names = names.unwrap_or_default();
    if servers.is_empty() {
        let message = format!("{} has no nameserver: Pods would have none for names outside", named.path.display());
        let finding = Finding::warning("resolv-conf-empty", message);
        let fix = "give this host a name server, or name the file that has one";
        match &named.origin {
            Some(origin) => files.findings.push(at(finding, origin).fix(fix)),
            None => files.find(&named.path, finding.fix(fix)),
        }
    }
    if let Some((line, server)) = servers.iter().find(|(_, server)| server.is_loopback()) {
        let message = format!("{server} is this host itself{names}: CoreDNS would ask itself, and stops for the loop");
        let fix = "let resolvConf name /run/systemd/resolve/resolv.conf, or write the real name server";
        let finding = Finding::error("resolv-conf-loopback", message).line(*line).field("nameserver").fix(fix);
        files.find(&named.path, finding);
    }
}

/// The addresses after `nameserver` (resolv.conf(5)), and their lines.
pub(crate) fn name_servers(text: &str) -> impl Iterator<Item = (usize, IpAddr)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let mut words = line.split_whitespace();
        let address = words.next().filter(|word| *word == "nameserver").and(words.next())?;
        // An IPv6 address may carry its interface: fe80::1%eth0.
        Some((index + 1, address.split('%').next()?.parse().ok()?))
    })
}
