//! Specifiers that no systemd knows: it resolves none of the line, and does not start a unit whose command has one.
//!
//! `specifier_printf` of systemd 252: an unknown letter or digit after `%` is EBADSLT, anything else is left alone.

use crate::syntax::Unit;
use khw_core::finding::Finding;

/// Those of systemd.unit(5), table 5, up to 256: `%D` came with 255.
const KNOWN: &str = "ABCDEGHIJLMNPSTUVWYabdfghijlmnopqstuvwy%";

/// Directives whose value systemd must resolve, or it does not start the unit.
const FATAL: [&str; 5] = ["Group", "RootDirectory", "RootImage", "User", "WorkingDirectory"];

/// Directives of which systemd ignores what it cannot resolve.
const IGNORED: [&str; 26] = [
    "After",
    "Before",
    "BindsTo",
    "CacheDirectory",
    "ConditionPathExists",
    "ConfigurationDirectory",
    "Description",
    "Documentation",
    "Environment",
    "EnvironmentFile",
    "LogsDirectory",
    "PIDFile",
    "PartOf",
    "PassEnvironment",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "Requires",
    "RequiresMountsFor",
    "Requisite",
    "RuntimeDirectory",
    "Slice",
    "StandardError",
    "StandardOutput",
    "StateDirectory",
    "SyslogIdentifier",
    "Wants",
];

pub(super) fn check(unit: &Unit, findings: &mut Vec<Finding>) {
    for assignment in unit.assignments() {
        let name = assignment.name.as_str();
        let fatal =
            super::command::COMMANDS.contains(&name) || FATAL.contains(&name) && !assignment.value.starts_with('-');
        if !fatal && !IGNORED.contains(&name) && !FATAL.contains(&name) {
            continue;
        }
        let Some((at, letter)) = unknown(&assignment.value) else { continue };
        let finding = if fatal {
            let what = format!("%{letter} is no specifier, and systemd does not start the unit");
            Finding::error("unknown-specifier", what)
        } else {
            Finding::warning("unknown-specifier", format!("%{letter} is no specifier, and systemd ignores the value"))
        };
        findings.push(finding.line(assignment.line_at(at)).field(name).fix("write %% for a percent sign"));
    }
}

/// The first one, and where it is.
fn unknown(value: &str) -> Option<(usize, char)> {
    let mut letters = value.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '%'
            && let Some((_, next)) = letters.next()
            && next.is_ascii_alphanumeric()
            && !KNOWN.contains(next)
        {
            return Some((at, next));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::Unit;
    use crate::check::check;
    use khw_core::{Error, KubernetesVersion};

    fn found(line: &str) -> Result<Vec<String>, Error> {
        let unit = Unit::parse(&format!("[Service]\nExecStart=/usr/bin/other \\\n  x\n{line}\n"))?;
        let findings = check(&unit, KubernetesVersion::NEWEST);
        let ours = findings.into_iter().filter(|f| f.name == "unknown-specifier");
        Ok(ours.map(|f| format!("{} {}: {}", f.severity, f.line.unwrap_or_default(), f.message)).collect())
    }

    /// `systemd-analyze verify` of 252: "Failed to resolve unit specifiers in …: Invalid slot", followed by "Unit
    /// configuration has fatal error, unit will not be started" or by ", ignoring".
    #[test]
    fn as_systemd_says() -> Result<(), Error> {
        let fatal = "is no specifier, and systemd does not start the unit";
        let ignored = "is no specifier, and systemd ignores the value";
        for (line, expected) in [
            ("ExecStartPre=/bin/echo a=%z", format!("error 4: %z {fatal}")),
            ("ExecStartPre=/bin/date \\\n  +%Y-%F", format!("error 5: %F {fatal}")),
            ("ExecStopPost=/bin/%z", format!("error 4: %z {fatal}")),
            ("WorkingDirectory=%9", format!("error 4: %9 {fatal}")),
            ("User=%z", format!("error 4: %z {fatal}")),
            ("WorkingDirectory=-/%9", format!("warning 4: %9 {ignored}")),
            ("Environment=A=%z", format!("warning 4: %z {ignored}")),
            ("EnvironmentFile=-/%z", format!("warning 4: %z {ignored}")),
        ] {
            assert_eq!(found(line)?, [expected], "{line}");
        }
        let none: [&str; 0] = [];
        for line in ["ExecStartPre=/bin/echo %- % %%z %i%n %", "ExecStartPre=/bin/date +%%F", "Restart=%z"] {
            assert_eq!(found(line)?, none, "{line}");
        }
        Ok(())
    }
}
