//! Feature gates: kubelet and kube-proxy stop at a name that they do not know, and at a value against a fixed one.
//!
//! Users: the checks of both configurations, and khw-unit for `--feature-gates`.

use super::field::{Life, distance};
use khw_core::KubernetesVersion;
use khw_core::finding::Finding;

/// A gate a line; its head says what the columns are and where they come from. It is looked through when a gate is asked
/// for: 20 kB, some microseconds.
const TABLE: &str = include_str!("gates.tsv");

/// The newest release whose gates are all in the table. That of a later one was read before the release was out.
const COMPLETE: u16 = 36;

/// A feature gate. Every component knows every gate, so they are the same for both programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// Its name.
    pub name: &'static str,
    /// The last minor release that knows it, if it went.
    pub last: Option<u16>,
    stages: &'static str,
}

/// What a gate is from a release on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Its maturity.
    pub level: Level,
    /// The first minor release in this stage; below 13 for what is older than khw's tables.
    pub since: u16,
    /// Whether it is on unless it is switched off.
    pub on: bool,
    /// Whether it is so for good: the program stops when it is switched.
    pub locked: bool,
}

/// How far a feature has come. Kubernetes' own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// May go at any time.
    Alpha,
    /// Well tested, details may change.
    Beta,
    /// Here to stay; its gate goes some releases later.
    Stable,
    /// On its way out.
    Deprecated,
}

impl Level {
    /// As the programs' own help and log write it.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Alpha => "alpha",
            Level::Beta => "beta",
            Level::Stable => "GA",
            Level::Deprecated => "deprecated",
        }
    }
}

impl Gate {
    /// Every gate that any release from 1.13 on knows, by name.
    pub fn all() -> impl Iterator<Item = Gate> {
        Gate::lines().map(Gate::read)
    }

    fn lines() -> impl Iterator<Item = &'static str> {
        TABLE.lines().filter(|line| !line.starts_with('#'))
    }

    fn read(line: &'static str) -> Gate {
        let mut columns = line.split('\t');
        let (name, stages) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        Gate { name, stages, last: columns.next().and_then(|last| last.parse().ok()) }
    }

    /// The gate of exactly this name.
    pub fn find(name: &str) -> Option<Gate> {
        // Only lines that begin with it are taken apart: a file may name a hundred thousand.
        Gate::lines().filter(|line| line.starts_with(name)).map(Gate::read).find(|gate| gate.name == name)
    }

    /// The gate that was probably meant, among those that `version` knows, or that any release does.
    pub fn similar(written: &str, version: Option<KubernetesVersion>) -> Option<&'static str> {
        // The longest name has 55 letters. Comparing a megabyte with the table would take minutes.
        if written.len() > 64 {
            return None;
        }
        let plain = written.to_lowercase();
        let limit = (written.len() / 5).max(2);
        let there = |gate: &Gate| version.is_none_or(|version| gate.life(version) == Life::There);
        let near = Gate::all().filter(there).map(|gate| (distance(&plain, &gate.name.to_lowercase()), gate.name));
        near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
    }

    /// What it went through, the oldest first.
    pub fn stages(&self) -> impl Iterator<Item = Stage> {
        self.stages.split(' ').filter_map(|stage| {
            let (letter, since) = stage.split_at_checked(1)?;
            Some(Stage {
                level: match letter {
                    "a" | "A" => Level::Alpha,
                    "b" | "B" => Level::Beta,
                    "g" | "G" => Level::Stable,
                    _ => Level::Deprecated,
                },
                since: since.trim_end_matches('!').parse().ok()?,
                on: letter.starts_with(|c: char| c.is_ascii_uppercase()),
                locked: since.ends_with('!'),
            })
        })
    }

    /// The first minor release that knows it; 13 also for what is older.
    pub fn since(&self) -> u16 {
        self.stages().next().map_or(KubernetesVersion::OLDEST.minor(), |stage| stage.since).max(13)
    }

    /// Whether `version` knows it.
    pub fn life(&self, version: KubernetesVersion) -> Life {
        Life::of(self.since(), self.last, version)
    }

    /// What it is in a release that knows it.
    pub fn stage(&self, version: KubernetesVersion) -> Option<Stage> {
        self.stages().take_while(|stage| version.at_least(stage.since)).last()
    }

    /// What `program` of this version has against a gate of this name that is set to `on`; the place in the file is the
    /// caller's. `suggest` is whether to look for what was meant, which is not worth its time for hundreds of names.
    pub fn check(
        name: &str,
        on: Option<bool>,
        program: &str,
        version: KubernetesVersion,
        suggest: bool,
    ) -> Option<Finding> {
        let unknown = |message: String| Finding::error("unknown-gate", message);
        let Some(gate) = Gate::find(name) else {
            let similar = suggest.then(|| Gate::similar(name, Some(version))).flatten();
            let misspelt = similar.is_some_and(|similar| similar.eq_ignore_ascii_case(name));
            let finding = if version.minor() > COMPLETE && !misspelt {
                let message = format!("is not a feature gate that khw knows, and an unknown one stops {program}");
                Finding::warning("unknown-gate", message)
            } else {
                unknown(format!("is not a feature gate, and {program} stops"))
            };
            return Some(finding.fix(match similar {
                Some(similar) => format!("did you mean {similar}?"),
                None => "take it away".to_owned(),
            }));
        };
        let life = gate.life(version);
        match life {
            Life::NotYet(_) => {
                let message = format!("is not a feature gate of Kubernetes {version}, and {program} stops");
                Some(unknown(message).fix(format!("{}: take it away", life.explanation().unwrap_or_default())))
            }
            Life::Gone(_) => {
                let message = format!("is no feature gate of Kubernetes {version} any more, and {program} stops");
                Some(unknown(message).fix(format!("{}: take it away", life.explanation().unwrap_or_default())))
            }
            Life::There => gate.in_stage(gate.stage(version)?, on?, program),
        }
    }

    /// The programs themselves stop at the first of these, and log a warning for the others.
    fn in_stage(&self, stage: Stage, on: bool, program: &str) -> Option<Finding> {
        let since = KubernetesVersion::minor_release(stage.since);
        let finding = if stage.locked && stage.on != on {
            let switched = if stage.on { "off" } else { "on" };
            let message = format!("cannot be switched {switched} from {since} on, and {program} stops");
            Finding::error("gate-locked", message)
        } else if stage.locked || stage.level == Level::Deprecated {
            let then = match self.last.map(|last| KubernetesVersion::minor_release(last + 1)) {
                Some(gone) => format!("{program} of {gone} and later stops at it"),
                None => "a release that has it no more stops at it".to_owned(),
            };
            let (name, what) = match (stage.locked, stage.on) {
                (true, true) => ("gate-locked", "always on"),
                (true, false) => ("gate-locked", "always off"),
                (false, _) => ("gate-deprecated", "deprecated"),
            };
            Finding::warning(name, format!("is {what} from {since} on, and {then}"))
        } else {
            return None;
        };
        Some(finding.fix("take it away"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Gate, Level, Stage};
    use crate::component::Life;
    use khw_core::KubernetesVersion;

    #[test]
    fn the_table_is_sorted_and_each_history_in_order() {
        let names: Vec<&str> = Gate::all().map(|gate| gate.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert!(["#", "", "AllBet", "NodeSwap\ta22"].iter().all(|name| Gate::find(name).is_none()));
        for gate in Gate::all() {
            let stages: Vec<Stage> = gate.stages().collect();
            assert_eq!(stages.len(), gate.stages.split(' ').count(), "{gate:?}");
            assert!(stages.is_sorted_by(|a, b| a.since < b.since), "{gate:?}");
            let last = stages.last().unwrap_or_else(|| panic!("{gate:?}"));
            assert!(gate.last.unwrap_or(37) >= last.since.max(13) && last.since <= 37, "{gate:?}");
            assert!(gate.name.len() <= 64 && gate.name.bytes().all(|b| b.is_ascii_alphanumeric()), "{gate:?}");
        }
    }

    #[test]
    fn what_a_gate_is_in_a_release() {
        let swap = Gate::find("NodeSwap").unwrap_or_else(|| panic!("NodeSwap"));
        let at = |minor| swap.stage(KubernetesVersion::minor_release(minor));
        assert_eq!(swap.life(KubernetesVersion::minor_release(21)), Life::NotYet(22));
        assert_eq!(at(21), None);
        assert_eq!(at(29), Some(Stage { level: Level::Beta, since: 28, on: false, locked: false }));
        assert_eq!(at(36), Some(Stage { level: Level::Stable, since: 34, on: true, locked: true }));
    }

    #[test]
    fn says_what_was_meant_of_the_gates_that_are_there() {
        let similar = |written: &str, minor| Gate::similar(written, Some(KubernetesVersion::minor_release(minor)));
        assert_eq!(similar("rotateKubeletServerCertificates", 20), Some("RotateKubeletServerCertificate"));
        assert_eq!(similar("NodeSwp", 22), Some("NodeSwap"));
        assert_eq!(similar("NodeSwp", 21), None);
        assert_eq!(similar("ServerTLSBootstrap", 30), None);
        assert_eq!(similar(&"x".repeat(1_000_000), 30), None);
        assert_eq!(Gate::similar("PodPriorty", None), Some("PodPriority"));
    }
}
