//! Random sequences of commands, the same to khw and to kubectl 1.32: same words, same end, same meaning of the files.
//!
//! Seeded: a failure names its seed, and the sequence is shortened to what still fails. `KHW_RANDOM_COMMANDS=10000` runs more
//! than the few hundred of `make test`, `KHW_RANDOM_SEED` others.

mod commands;

use super::meaning::{normalise, parsed};
use super::{kubectl_config, sandbox};
use commands::{Random, Words, command, start};
use harness::Sandbox;
use serde_json::{Value, json};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A sequence, and on what it begins.
struct Case {
    kubectl: String,
    /// KUBECONFIG has three files; one of them comes later, made by somebody else.
    several: bool,
    start: String,
}

/// In a sequence: the second file comes, or is another one from here on.
const SOMEBODY_ELSE: &str = "somebody else writes l";

const LATER: &str =
    "users:\n- {name: a, user: {token: l}}\nclusters: [{name: l, cluster: {server: l}}]\ncurrent-context: b\n";

impl Case {
    fn of(kubectl: &str, seed: u64) -> (Case, Vec<Words>) {
        let mut random = Random(seed);
        let case = Case { kubectl: kubectl.to_owned(), several: seed.is_multiple_of(3), start: start(&mut random) };
        let mut commands: Vec<Words> = (0..LENGTH).map(|_| command(&mut random)).collect();
        if case.several {
            commands.insert(LENGTH / 3, vec![SOMEBODY_ELSE.to_owned()]);
        }
        (case, commands)
    }

    /// Runs a sequence on both, and says what differed.
    fn run(&self, commands: &[Words]) -> Result<(), String> {
        let sandbox = sandbox();
        sandbox.sh("mkdir ours theirs; cp *.crt *.key ours; cp *.crt *.key theirs").ok();
        let files: &[&str] = if self.several { &["k", "l", "m"] } else { &["k"] };
        if !self.start.is_empty() {
            sandbox.write("ours/k", &self.start).write("theirs/k", &self.start);
            sandbox.sh("chmod 600 ours/k theirs/k").ok();
        }
        for (number, words) in commands.iter().enumerate() {
            let command = words.join(" ");
            if command == SOMEBODY_ELSE {
                sandbox.write("ours/l", LATER).write("theirs/l", LATER);
                sandbox.sh("chmod 600 ours/l theirs/l").ok();
                continue;
            }
            self.compare(&sandbox, files, &command).map_err(|what| format!("{number}: {command}\n{what}"))?;
        }
        let read = |directory: &str| {
            let view = format!("cd {directory}; KUBECONFIG={} {} view --raw -o json", files.join(":"), self.kubectl);
            let mut value = serde_json::from_str(&sandbox.sh(&view).ok()).expect("kubectl prints JSON");
            normalise(&mut value);
            value
        };
        let (ours, theirs): (Value, Value) = (read("ours"), read("theirs"));
        if ours == theirs { Ok(()) } else { Err(format!("kubectl reads\n{ours}\n{theirs}")) }
    }

    /// One command on both.
    fn compare(&self, sandbox: &Sandbox, files: &[&str], command: &str) -> Result<(), String> {
        let writes = !["get-", "view", "current-"].iter().any(|word| command.starts_with(word));
        let verify = if writes { "--no-verify" } else { "" };
        let variable = files.join(":");
        let ours = sandbox.sh(&format!("cd ours; KUBECONFIG={variable} khw-kubeconfig {command} {verify}"));
        let theirs = sandbox.sh(&format!("cd theirs; KUBECONFIG={variable} {} {command}", self.kubectl));
        let said = |text: &str| {
            let mut lines: Vec<&str> = text.lines().collect();
            // kubectl's order of clusters is random.
            if command == "get-clusters" {
                lines.sort_unstable();
            }
            lines.join("\n")
        };
        if ours.status == 0 && theirs.status == 0 && said(&ours.stdout) == said(&theirs.stdout)
            || ours.status == 2 && theirs.status != 0
        {
            for file in files.iter().filter(|_| writes) {
                same_meaning(sandbox, file)?;
            }
            return Ok(());
        }
        Err(format!("{ours:?}\n{theirs:?}"))
    }
}

/// A file means the same after both.
fn same_meaning(sandbox: &Sandbox, file: &str) -> Result<(), String> {
    let (ours, theirs) = (format!("ours/{file}"), format!("theirs/{file}"));
    let meant = |file: &str| match parsed(sandbox, file) {
        Value::Null => json!({}),
        value => value,
    };
    let (a, b) = (meant(&ours), meant(&theirs));
    // What changes nothing writes nothing, where kubectl makes a file with nothing in it.
    if a == b && (sandbox.has(&ours) == sandbox.has(&theirs) || a == json!({})) {
        return Ok(());
    }
    let text = |file: &str| if sandbox.has(file) { sandbox.read(file) } else { "none".to_owned() };
    Err(format!("{file}:\n{}\nkubectl's:\n{}\nin short:\n{a}\n{b}", text(&ours), text(&theirs)))
}

/// Takes away the commands, and then the options, that are not needed to fail.
fn shortest(mut commands: Vec<Words>, fails: &dyn Fn(&[Words]) -> bool) -> Vec<Words> {
    let mut size = commands.len();
    while size > 0 {
        let mut at = 0;
        let mut shortened = false;
        while at < commands.len() {
            let mut shorter = commands.clone();
            shorter.drain(at..(at + size).min(commands.len()));
            if fails(&shorter) {
                commands = shorter;
                shortened = true;
            } else {
                at += size;
            }
        }
        // What was needed by something that is gone may go too.
        size = if shortened && size == 1 { 1 } else { size / 2 };
    }
    for at in 0..commands.len() {
        let mut word = commands[at].len();
        while word > 1 {
            word -= 1;
            if commands[at][word].starts_with("--") {
                let mut shorter = commands.clone();
                shorter[at].remove(word);
                if fails(&shorter) {
                    commands = shorter;
                }
            }
        }
    }
    commands
}

/// Commands in one sequence.
const LENGTH: usize = 40;

#[test]
fn random_commands_do_what_kubectls_do() {
    let Some(kubectl) = kubectl_config() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (total, first) = (number("KHW_RANDOM_COMMANDS").unwrap_or(240), number("KHW_RANDOM_SEED").unwrap_or(1));
    let end = first + total.div_ceil(LENGTH as u64);
    let next = AtomicU64::new(first);
    let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < end);
    let failures = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(seed) = take() {
                    if let Err(failure) = sequence(&kubectl, seed) {
                        // At once, for whoever waits for ten thousand.
                        eprintln!("{failure}\n");
                        failures.lock().expect("no thread panics").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no thread panics");
    assert!(failures.is_empty(), "{} sequences differ: {}", failures.len(), failures.join("\n\n"));
}

/// The sequence of a seed; one that differs is shortened.
fn sequence(kubectl: &str, seed: u64) -> Result<(), String> {
    let (case, commands) = Case::of(kubectl, seed);
    let Err(first) = case.run(&commands) else { return Ok(()) };
    let shortest = shortest(commands, &|commands| case.run(commands).is_err());
    let difference = case.run(&shortest).err().unwrap_or(first);
    let lines: Vec<String> = shortest.iter().map(|words| words.join(" ")).collect();
    let (start, several) = (&case.start, case.several);
    let again = format!("KHW_RANDOM_SEED={seed} KHW_RANDOM_COMMANDS={LENGTH}");
    Err(format!("{again}, several files: {several}, on:\n{start}\n{}\n{difference}", lines.join("\n")))
}

#[test]
fn a_failure_is_shortened_to_what_fails() {
    let words = |lines: &[&str]| -> Vec<Words> {
        lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    };
    let commands = words(&["a", "b --x --y --z", "c", "d", "e --x", "f", "g", "h"]);
    // Fails when b has --y, and e comes after it.
    let fails = |commands: &[Words]| {
        let b = commands.iter().position(|words| words[0] == "b" && words.contains(&"--y".to_owned()));
        let e = commands.iter().position(|words| words[0] == "e");
        b.zip(e).is_some_and(|(b, e)| b < e)
    };
    assert_eq!(shortest(commands, &fails), words(&["b --y", "e"]));
}
