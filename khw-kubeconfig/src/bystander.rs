//! kubectl reads the kubeconfig before it takes its lock, and under the lock takes away whatever was not there when it read.
//! So a kubectl that read before khw wrote, and locks after khw is done, would lose khw's change in silence.
//!
//! khw therefore keeps `FILE.lock` until every `kubectl config` has ended that ran when the new file was in its place: such a
//! kubectl finds the lock taken, fails and says so. One in another PID namespace or on another host is not seen.

use khw_core::lock::POLL;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// No `kubectl config` takes as long, unless it is stopped or waits for a terminal.
const LONGEST: Duration = Duration::from_secs(2);

/// Waits for the end of every `kubectl config` that runs now.
pub(crate) fn outlast() {
    let start = Instant::now();
    let mut running = running();
    while !running.is_empty() && start.elapsed() < LONGEST {
        std::thread::sleep(POLL);
        running.retain(is_kubectl_config);
    }
}

fn running() -> Vec<PathBuf> {
    // Where there is no /proc nobody can be seen.
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let is_number = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let processes = processes.flatten().filter(|entry| is_number(&entry.file_name())).map(|entry| entry.path());
    // The program's name is had in half the time that its arguments take, and all processes are looked at.
    let is_kubectl =
        |process: &PathBuf| std::fs::read(process.join("comm")).is_ok_and(|name| name.starts_with(b"kubectl"));
    processes.filter(is_kubectl).map(|process| process.join("cmdline")).filter(is_kubectl_config).collect()
}

fn is_kubectl_config(cmdline: &PathBuf) -> bool {
    std::fs::read(cmdline).is_ok_and(|words| says_kubectl_config(&words))
}

/// Whether a command line, of which every word ends with a zero, is one of `kubectl config`.
fn says_kubectl_config(words: &[u8]) -> bool {
    let mut words = words.split(|&byte| byte == 0);
    let program = words.next().unwrap_or_default().rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    program.starts_with(b"kubectl") && words.any(|word| word == b"config")
}

#[cfg(test)]
mod tests {
    use super::says_kubectl_config;

    #[test]
    fn knows_kubectl_config() {
        for (words, is) in [
            (&b"/usr/bin/kubectl\0config\0view\0"[..], true),
            (b"kubectl-1.32\0--kubeconfig\0k\0config\0set-context\0a\0", true),
            (b"kubectl\0get\0nodes\0", false),
            (b"bash\0-c\0kubectl config view\0", false),
            (b"", false),
        ] {
            assert_eq!(says_kubectl_config(words), is, "{}", String::from_utf8_lossy(words));
        }
    }
}
