//! A stretch of time as a person types it: `30d`.

use khw_core::Error;
use std::fmt;
use std::str::FromStr;
use time::Duration;

/// `--within 30d`: so many hours, days or weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Within(pub(crate) Duration);

impl FromStr for Within {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let hours = match text.get(number.len()..) {
            Some("h") => 1,
            Some("d") => 24,
            Some("w") => 24 * 7,
            _ => 0,
        };
        match number.parse::<u32>() {
            Ok(number) if hours > 0 => Ok(Within(Duration::hours(i64::from(number) * hours))),
            _ => Err(Error::new(format!("'{}' is not a stretch of time", text.escape_debug()))
                .hint("write it as 30d, 4w or 12h")),
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.whole_hours() {
            hours if hours % 24 == 0 => write!(f, "{} days", hours / 24),
            hours => write!(f, "{hours} hours"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Within;
    use time::Duration;

    #[test]
    fn hours_days_and_weeks() {
        for (text, hours) in [("30d", 720), ("4w", 672), ("12h", 12), ("0d", 0)] {
            assert_eq!(text.parse(), Ok(Within(Duration::hours(hours))));
        }
        for text in ["", "30", "d", "-1d", "1.5d", "30 d", "1y", "99999999999d", "٣d"] {
            assert!(text.parse::<Within>().is_err(), "{text}");
        }
    }
}
