//! `--diff`: what would change, as a unified difference from which no secret can be read.

use crate::placing::Item;
use crate::target::Target;
use khw_core::place::Placed;
use khw_core::{Error, Exit, output};
use similar::TextDiff;
use std::fmt::Write;
use std::path::PathBuf;

/// Prints it, and says no when there is anything to print.
pub(crate) fn print(target: &Target, directories: &[PathBuf], items: &[Item]) -> anyhow::Result<Exit> {
    let mut text = String::new();
    for directory in directories {
        if target.would_make_directory(directory)? != Placed::Unchanged {
            let _ = writeln!(text, "new directory {} mode 0755", target.shown(directory).display());
        }
    }
    for item in items {
        file(target, item, &mut text)?;
    }
    output::print(text.as_bytes())?;
    Ok(if text.is_empty() { Exit::Done } else { Exit::No })
}

fn file(target: &Target, item: &Item, text: &mut String) -> Result<(), Error> {
    let shown = target.shown(&item.path);
    let shown = shown.display();
    let placed = target.would_place(&item.path, item.content(), item.mode)?;
    let found = target.stat(&item.path);
    if let Some(mode) = found.map(|f| f.st_mode & 0o7777).filter(|mode| *mode != item.mode) {
        let _ = writeln!(text, "old mode {mode:04o} {shown}\nnew mode {:04o} {shown}", item.mode);
    } else if placed == Placed::Corrected {
        let _ = writeln!(text, "owner would change {shown}");
    }
    if placed != Placed::Written {
        return Ok(());
    }
    if let (Some(new), Ok(old)) = (item.text(), target.read(&item.path))
        && let Ok(old) = std::str::from_utf8(old.as_ref().map(|f| f.content.as_slice()).unwrap_or_default())
    {
        let before = if found.is_some() { shown.to_string() } else { "/dev/null".to_owned() };
        let (old, new) = (hide(old, "(hidden)"), hide(new, "(hidden, another)"));
        let unified = TextDiff::from_lines(&old, &new).unified_diff().header(&before, &shown.to_string()).to_string();
        text.push_str(&unified);
    } else {
        let _ = writeln!(text, "binary file {shown} {}", if found.is_some() { "differs" } else { "is new" });
    }
    Ok(())
}

/// The text without the values of private keys, passwords and tokens.
///
/// Goes by lines and not by a parser, since what is there already may be anything: what follows the name of a secret is
/// hidden to the end of the line, with all deeper lines below it.
fn hide(text: &str, with: &str) -> String {
    // The values of an exec plugin's environment, and the addresses of proxies, may have one in them.
    const SECRETS: [&str; 8] =
        ["client-key-data", "token", "password", "id-token", "refresh-token", "client-secret", "value", "proxy-url"];
    let mut out = String::with_capacity(text.len());
    let mut in_key = false;
    let mut below: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if in_key || below.is_some_and(|i| line.trim().is_empty() || indent > i) {
            in_key &= !(line.contains("-----END") && line.contains("PRIVATE KEY"));
            continue;
        }
        below = None;
        if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
            in_key = !line.contains("-----END");
            let _ = writeln!(out, "{with} private key");
            continue;
        }
        let lower = line.to_lowercase();
        let found = SECRETS.iter().filter_map(|name| {
            let at = lower.find(name)? + name.len();
            let rest = lower.get(at..)?.trim_start_matches(['"', '\'']).trim_start();
            rest.starts_with(':').then_some(at)
        });
        match found.min().or_else(|| assigned(&lower)) {
            Some(at) => {
                below = Some(indent);
                let _ = writeln!(out, "{}: {with}", line.get(..at).unwrap_or_default());
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// The end of the name of a secret that is assigned in a line, as in `--token=x` and `Environment=API_TOKEN=x`.
fn assigned(lower: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let ends = lower.match_indices('=').map(|(at, _)| at);
    ends.filter(|&at| {
        let before = lower.get(..at).unwrap_or_default();
        let name = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
        ["token", "password", "passwd", "secret"].iter().any(|secret| name.ends_with(secret))
    })
    .min()
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn hides_every_way_of_writing_a_secret() {
        for secret in [
            "    client-key-data: c2VjcmV0\n",
            "    client-key-data: |\n      c2VjcmV0\n",
            "{\"user\": {\"token\": \"c2VjcmV0\"}}\n",
            "  password: 'c2VjcmV0'\n",
            "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
            "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n",
            "      - name: X\n        value: c2VjcmV0\n",
            "      args:\n      - --token=c2VjcmV0\n",
            "Environment=API_TOKEN=c2VjcmV0\n",
            "    proxy-url: http://user:c2VjcmV0@proxy:3128\n",
        ] {
            let hidden = hide(secret, "(hidden)");
            assert!(hidden.contains("(hidden)") && !hidden.contains("c2VjcmV0"), "{hidden}");
        }
        let open = "tokenTTL: 3\nserver: x\n  --token-ttl=3 --config=x\n";
        assert_eq!(hide(open, "(hidden)"), open);
    }
}
