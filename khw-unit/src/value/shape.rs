//! Shapes of values, as systemd 252 parses them: booleans, time spans, sizes, signals, names of units.

use super::words::{CAPABILITIES, EXIT_STATUSES, INPUTS, OUTPUTS, SIGNALS, UNITS};
use crate::syntax::Assignment;
use crate::word::Words;
use std::net::IpAddr;

/// `parse_boolean`.
pub(crate) fn is_boolean(value: &str) -> bool {
    truth(value).is_some()
}

/// What a boolean says.
pub(crate) fn truth(value: &str) -> Option<bool> {
    let is = |words: [&str; 6]| words.iter().any(|w| w.eq_ignore_ascii_case(value));
    if is(["1", "yes", "y", "true", "t", "on"]) {
        Some(true)
    } else if is(["0", "no", "n", "false", "f", "off"]) {
        Some(false)
    } else {
        None
    }
}

/// `parse_time`, systemd.time(7): numbers with units, which add up.
pub(super) fn is_span(value: &str) -> bool {
    const UNITS: [&str; 29] = [
        "seconds", "second", "sec", "s", "minutes", "minute", "min", "months", "month", "M", "msec", "ms", "m",
        "hours", "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "years", "year", "y", "usec", "us", "µs",
    ];
    let mut rest = value.trim_matches(crate::syntax::WHITESPACE);
    if rest == "infinity" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let digits = rest.trim_start_matches('+');
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let whole = digits.len() - after.len();
        // Nine and more quintillion microseconds is more than systemd counts.
        if whole > 13 || rest.len() - digits.len() > 1 {
            return false;
        }
        let after = match after.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None if whole == 0 => return false,
            None => after,
        };
        let at = after.trim_start_matches(crate::syntax::WHITESPACE);
        // The longest unit is meant: 5month is not 5m with "onth" after it.
        let unit = UNITS.iter().filter(|u| at.starts_with(**u)).map(|u| u.len()).max().unwrap_or(0);
        let next = at.get(unit..).unwrap_or_default();
        if unit == 0 && at.len() == after.len() && !next.is_empty() {
            return false;
        }
        rest = next.trim_start_matches(crate::syntax::WHITESPACE);
    }
    true
}

/// `parse_size` with 1024 as its base: `1.5G`, `1G 512M`.
pub(super) fn is_size(value: &str) -> bool {
    let mut rest = value.trim_start();
    if rest.is_empty() {
        return false;
    }
    // A smaller unit may follow a greater one.
    let mut allowed = "EPTGMKB";
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == rest.len() || rest.len() - after.len() > 19 {
            return false;
        }
        let after = match after.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => after,
        }
        .trim_start();
        match after.chars().next() {
            None => return true,
            Some(unit) => match allowed.split_once(unit) {
                Some((_, smaller)) => allowed = smaller,
                None => return false,
            },
        }
        rest = after.get(1..).unwrap_or_default().trim_start();
    }
    true
}

pub(super) fn is_percentage(value: &str) -> bool {
    let number = value.strip_suffix('%').filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    number.and_then(|n| n.parse::<f64>().ok()).is_some_and(|n| n <= 100.0)
}

pub(super) fn limits(value: &str, one: fn(&str) -> bool) -> bool {
    let good = |limit: &str| limit == "infinity" || one(limit);
    match value.split_once(':') {
        Some((soft, hard)) => good(soft) && good(hard),
        None => good(value),
    }
}

/// `safe_atoi` with base 0.
pub(super) fn number(value: &str) -> Option<i64> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, digits.get(2..)?),
        Some("0o") => (8, digits.get(2..)?),
        Some("0b") => (2, digits.get(2..)?),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(|n| sign * n)
}

/// A name with or without SIG, RTMIN+N, or a number.
pub(super) fn is_signal(value: &str) -> bool {
    if value.parse::<u8>().is_ok_and(|n| (1..=64).contains(&n)) {
        return true;
    }
    let name = value.strip_prefix("SIG").unwrap_or(value);
    let real_time = |offset: &str| offset.parse::<u8>().is_ok_and(|n| n <= 30);
    if let Some(rest) = name.strip_prefix("RTMIN").or_else(|| name.strip_prefix("RTMAX")) {
        return rest.is_empty() || rest.strip_prefix(['+', '-']).is_some_and(real_time);
    }
    SIGNALS.contains(&name)
}

pub(super) fn is_capability(value: &str) -> bool {
    CAPABILITIES.iter().any(|c| c.eq_ignore_ascii_case(value)) || value.parse::<u8>().is_ok_and(|n| n <= 40)
}

pub(super) fn is_input(value: &str) -> bool {
    INPUTS.contains(&value)
        || value.starts_with("fd:")
        || value.strip_prefix("file:").is_some_and(|p| p.starts_with('/'))
}

pub(super) fn is_output(value: &str) -> bool {
    let file = ["file:", "append:", "truncate:"].iter().find_map(|p| value.strip_prefix(p));
    OUTPUTS.contains(&value)
        || ["syslog", "syslog+console", "fd"].contains(&value)
        || value.starts_with("fd:")
        || file.is_some_and(|path| path.starts_with('/'))
}

/// `unit_name_is_valid`.
pub(super) fn is_unit(name: &str) -> bool {
    let Some((prefix, kind)) = name.rsplit_once('.') else { return false };
    let fits = |b: u8| b.is_ascii_alphanumeric() || b":-_.\\@".contains(&b);
    UNITS.contains(&kind)
        && !prefix.is_empty()
        && !prefix.starts_with('@')
        && name.len() < 256
        && prefix.bytes().all(fits)
}

/// The first word that systemd does not take as `NAME=VALUE`. Unbalanced quotes are another finding.
pub(super) fn wrong_environment(assignment: &Assignment) -> Option<String> {
    let mut words = Words { text: &assignment.value, at: 0 };
    loop {
        words.skip_blanks();
        let word = words.next_word(assignment).ok()??;
        let good = word.text.split_once('=').is_some_and(|(name, _)| is_variable(name));
        if !good {
            return Some(word.text);
        }
    }
}

/// `parse_nsec`: the same with nanoseconds.
pub(super) fn is_nanoseconds(value: &str) -> bool {
    is_span(&value.replace("nsec", "usec").replace("ns", "us"))
}

/// A variable's name.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A number, the name of an exit status (`systemd-analyze exit-status`), or a signal.
pub(super) fn is_exit_status(value: &str) -> bool {
    let is_number = value.bytes().all(|b| b.is_ascii_digit());
    if is_number { value.parse::<u8>().is_ok() } else { EXIT_STATUSES.contains(&value) || is_signal(value) }
}

/// `kill`, a number, or the name of an error. Which names there are is not looked at.
pub(super) fn is_error_number(value: &str) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    value == "kill" || value.parse::<u16>().is_ok_and(|n| n <= 4095) || value.strip_prefix('E').is_some_and(is_name)
}

/// An address, a range, or the name of several.
pub(super) fn is_address(value: &str) -> bool {
    let (address, prefix) = value.split_once('/').map_or((value, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(ip) = address.parse::<IpAddr>() else {
        return ["any", "localhost", "link-local", "multicast"].contains(&value);
    };
    let most = if ip.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}

/// A device, and what may be done with it.
pub(super) fn is_device(value: &str) -> bool {
    let mut words = value.split_whitespace();
    let device = words.next().unwrap_or_default();
    let rights = words.next().unwrap_or_default();
    let known = ["/dev/", "/run/systemd/inaccessible/", "char-", "block-"];
    known.iter().any(|start| device.starts_with(start)) && rights.bytes().all(|b| b"rwm".contains(&b))
}

/// What follows the first word, when that is one word.
pub(super) fn second_word(value: &str) -> Option<&str> {
    let mut words = value.split_whitespace();
    words.next()?;
    words.next().filter(|_| words.next().is_none())
}

/// `any`, or of a family, a protocol and ports what is meant, with colons between them.
pub(super) fn is_socket_bind(rule: &str) -> bool {
    let is_ports = |ports: &str| {
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        ports == "any" || [first, last].iter().all(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    let rest = ["ipv4", "ipv6"].iter().find_map(|family| rule.strip_prefix(family)).unwrap_or(rule);
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = ["tcp", "udp"].iter().find_map(|protocol| rest.strip_prefix(protocol)).unwrap_or(rest);
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    rest.is_empty() || is_ports(rest)
}
