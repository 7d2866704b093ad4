//! Values of the types that fields have: from text on a command line, and whether a file's value is one.

use super::document;
use super::field::{Choice, Life, Type};
use super::shown::{kind, short};
use khw_core::{Error, KubernetesVersion, NodeName};
use serde_json::{Map, Number, Value};
use std::net::IpAddr;

/// Why a value is not one of its field's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The kind of value is wrong: the program stops when it reads the file. Otherwise only this value is wrong.
    pub wrong_type: bool,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: Option<String>,
}

impl Mismatch {
    fn of_type(value: &Value, wanted: Type) -> Self {
        let fix = match (value, wanted) {
            (Value::String(text), Type::Bool | Type::Int32 | Type::Int64 | Type::Uint32 | Type::Float)
                if wanted.parse_scalar(text, KubernetesVersion::NEWEST).is_ok() =>
            {
                Some(format!("take away the quotes: {text}"))
            }
            (Value::Number(number), Type::Duration) => Some(format!("write a unit: \"{number}s\"?")),
            (Value::Number(_) | Value::Bool(_), wanted) if wanted.is_text() => Some(format!("quote it: \"{value}\"")),
            (Value::String(text), Type::List(_)) => Some(format!("write it as a list: [\"{}\"]", short(text))),
            _ => None,
        };
        Mismatch { wrong_type: true, what: format!("is {}, and must be {}", kind(value), wanted.noun()), fix }
    }

    fn of_value(what: String, fix: impl Into<String>) -> Self {
        Mismatch { wrong_type: false, what, fix: Some(fix.into()) }
    }

    fn into_error(self) -> Error {
        let error = Error::new(self.what);
        match self.fix {
            Some(fix) => error.hint(fix),
            None => error,
        }
    }
}

impl Type {
    /// What a value of it is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Type::Bool => "true or false",
            Type::Int32 | Type::Int64 => "a whole number",
            Type::Uint32 => "a whole number that is not negative",
            Type::Float => "a number",
            Type::Text => "a string",
            Type::Ip => "an IP address",
            Type::Cidr => "a CIDR range",
            Type::NodeName => "a node name",
            Type::Duration => "a duration",
            Type::DurationOrNanoseconds => "a duration",
            Type::Quantity | Type::QuantityText => "a quantity",
            Type::Percentage => "a percentage",
            Type::QuantityOrPercentage => "a quantity or percentage",
            Type::Time => "a time",
            Type::Enum(_) => "one of its words",
            Type::Object => "a mapping of fields",
            Type::List(_) => "a list",
            Type::Map(_) => "a mapping",
        }
    }

    /// The name of it in tables, in Kubernetes' own words.
    pub fn name(self) -> String {
        match self {
            Type::Bool => "bool".into(),
            Type::Int32 => "int32".into(),
            Type::Int64 => "int64".into(),
            Type::Uint32 => "uint32".into(),
            Type::Float => "float".into(),
            Type::Text => "string".into(),
            Type::Ip => "IP address".into(),
            Type::Cidr => "CIDR".into(),
            Type::NodeName => "node name".into(),
            Type::Duration => "duration".into(),
            Type::DurationOrNanoseconds => "duration or nanoseconds".into(),
            Type::Quantity | Type::QuantityText => "quantity".into(),
            Type::Percentage => "percentage".into(),
            Type::QuantityOrPercentage => "quantity or percentage".into(),
            Type::Time => "time".into(),
            Type::Enum(choices) => choices.iter().map(|c| c.value).collect::<Vec<_>>().join("|"),
            Type::Object => "object".into(),
            Type::List(of) => format!("list of {}", of.name()),
            Type::Map(of) => format!("map of {}", of.name()),
        }
    }

    /// How to write one.
    fn example(self) -> &'static str {
        match self {
            Type::Bool => "write true or false",
            Type::Int32 => "write a number from -2147483648 to 2147483647",
            Type::Int64 => "write a number such as 4096",
            Type::Uint32 => "write a number from 0 to 4294967295",
            Type::Float => "write it as 5 or 0.8",
            Type::Ip => "write it as 10.96.0.10 or fd00::a",
            Type::Cidr => "write it as 10.244.0.0/16, two of them with a comma",
            Type::Duration | Type::DurationOrNanoseconds => "write it as 15m, 90s or 1h30m",
            Type::Quantity | Type::QuantityText => "write it as 100Mi, 1Gi or 500m",
            Type::Percentage => "write it as 10%",
            Type::QuantityOrPercentage => "write it as 100Mi or 10%",
            Type::Time => "write it as 2026-11-24T12:00:00Z",
            Type::Object => "write it as {field: value, …}, or set its fields one by one",
            Type::List(_) => "write it as a,b or [a, b]",
            Type::Map(_) => "write it as key=value,… or {key: value, …}",
            Type::Text | Type::NodeName | Type::Enum(_) => "see 'explain' for what it may be",
        }
    }

    /// Whether its values are strings.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Type::Text
                | Type::Ip
                | Type::Cidr
                | Type::NodeName
                | Type::Duration
                | Type::QuantityText
                | Type::Percentage
                | Type::QuantityOrPercentage
                | Type::Time
                | Type::Enum(_)
        )
    }

    /// Whether the reader itself takes the string apart, and stops at one that it cannot.
    fn is_parsed(self) -> bool {
        matches!(self, Type::Duration | Type::DurationOrNanoseconds | Type::Quantity | Type::Time)
    }

    /// The value that text on a command line means. Fields inside an object are not looked at.
    ///
    /// # Errors
    /// When it means none.
    pub fn parse(self, text: &str, version: KubernetesVersion) -> Result<Value, Error> {
        match self {
            Type::List(of) if !text.starts_with('[') && !matches!(of, Type::Object) => {
                let parts = text.split(',').map(str::trim).filter(|_| !text.trim().is_empty());
                parts.map(|part| of.parse_scalar(part, version)).collect::<Result<_, _>>().map(Value::Array)
            }
            Type::Map(of) if !text.starts_with('{') && !matches!(of, Type::List(_)) => {
                let mut map = Map::new();
                for part in text.split(',').map(str::trim).filter(|_| !text.trim().is_empty()) {
                    // The kubelet's own flag writes eviction signals as memory.available<100Mi.
                    let Some((key, value)) = part.split_once(['=', '<']) else {
                        return Err(self.refuse(part));
                    };
                    if map.insert(key.trim().to_owned(), of.parse_scalar(value.trim(), version)?).is_some() {
                        return Err(Error::new(format!("'{}' is there twice", short(key))));
                    }
                }
                Ok(Value::Object(map))
            }
            Type::Object | Type::List(_) | Type::Map(_) => {
                if !text.starts_with(['{', '[']) {
                    return Err(self.refuse(text));
                }
                let value = document::flow_value(text)?;
                self.accept(&value, version).map_err(Mismatch::into_error)?;
                Ok(value)
            }
            _ => self.parse_scalar(text, version),
        }
    }

    fn refuse(self, text: &str) -> Error {
        Error::new(format!("'{}' is not {}", short(text), self.noun())).hint(self.example())
    }

    fn parse_scalar(self, text: &str, version: KubernetesVersion) -> Result<Value, Error> {
        let refuse = || self.refuse(text);
        let whole = || text.parse::<i64>().map(Value::from).map_err(|_| refuse());
        let value = match self {
            Type::Bool => Value::Bool(text.parse().map_err(|_| refuse())?),
            Type::Int32 | Type::Int64 | Type::Uint32 => whole()?,
            Type::Float => text.parse().ok().and_then(Number::from_f64).map(Value::Number).ok_or_else(refuse)?,
            Type::DurationOrNanoseconds if text.parse::<i64>().is_ok() => whole()?,
            _ => Value::String(text.to_owned()),
        };
        match self.accept(&value, version) {
            Ok(()) => Ok(value),
            Err(mismatch) if mismatch.wrong_type && matches!(value, Value::Number(_)) => Err(refuse()),
            Err(mismatch) => Err(mismatch.into_error()),
        }
    }

    /// Whether a value is one of this type's in that release: not what is inside a list, mapping or object.
    ///
    /// # Errors
    /// When it is not.
    pub fn accept(self, value: &Value, version: KubernetesVersion) -> Result<(), Mismatch> {
        let text = |valid: &dyn Fn(&str) -> bool| match value {
            // Go reads an empty string as "not set", so the default applies, but not where it parses the string.
            Value::String(text) if text.is_empty() && !self.is_parsed() || valid(text) => Ok(()),
            Value::String(text) => {
                Err(Mismatch::of_value(format!("'{}' is not {}", short(text), self.noun()), self.example()))
            }
            _ => Err(Mismatch::of_type(value, self)),
        };
        let whole = |range: std::ops::RangeInclusive<i64>| match value {
            Value::Number(_) if whole_number(value).is_some_and(|n| range.contains(&n)) => Ok(()),
            Value::Number(number) => Err(Mismatch {
                wrong_type: true,
                what: format!("{number} is not {}", self.noun()),
                fix: Some(self.example().to_owned()),
            }),
            _ => Err(Mismatch::of_type(value, self)),
        };
        let is = |right: bool| if right { Ok(()) } else { Err(Mismatch::of_type(value, self)) };
        match self {
            Type::Bool => is(value.is_boolean()),
            Type::Int32 => whole(i32::MIN.into()..=i32::MAX.into()),
            Type::Int64 => whole(i64::MIN..=i64::MAX),
            Type::Uint32 => whole(0..=u32::MAX.into()),
            Type::Float => is(value.is_number()),
            Type::Text => is(value.is_string()),
            Type::Ip => text(&|t| t.parse::<IpAddr>().is_ok()),
            Type::Cidr => text(&|t| t.split(',').count() <= 2 && t.split(',').all(|c| cidr(c.trim()).is_some())),
            Type::NodeName => match value {
                Value::String(text) if !text.is_empty() => text
                    .parse::<NodeName>()
                    .map(|_| ())
                    .map_err(|error| Mismatch::of_value(error.what().to_owned(), error.advice().unwrap_or_default())),
                _ => is(value.is_string()),
            },
            Type::Duration => text(&is_duration),
            Type::DurationOrNanoseconds if value.is_number() => whole(i64::MIN..=i64::MAX),
            Type::DurationOrNanoseconds if version.at_least(28) => text(&is_duration),
            Type::DurationOrNanoseconds if value.is_string() => Err(Mismatch {
                wrong_type: true,
                what: "is a string, and up to v1.27 must be a number of nanoseconds".to_owned(),
                fix: Some("write it as 5000000000 for 5s".to_owned()),
            }),
            Type::DurationOrNanoseconds => is(false),
            Type::Quantity if value.is_number() => Ok(()),
            Type::Quantity | Type::QuantityText => text(&is_quantity),
            Type::Percentage => text(&is_percentage),
            Type::QuantityOrPercentage => text(&|t| is_quantity(t) || is_percentage(t)),
            Type::Time => text(&is_time),
            Type::Enum(choices) => match value {
                Value::String(text) if text.is_empty() => Ok(()),
                Value::String(text) => choice(choices, text, version),
                _ => Err(Mismatch::of_type(value, self)),
            },
            Type::Object | Type::Map(_) => is(value.is_object()),
            Type::List(_) => is(value.is_array()),
        }
    }
}

/// The whole number that a value is. On its way through JSON `50.0` and `1e2` become 50 and 100, and the program takes
/// them.
pub fn whole_number(value: &Value) -> Option<i64> {
    // From 2^53 on the next number may be meant.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation)]
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(whole))
}

fn choice(choices: &[Choice], text: &str, version: KubernetesVersion) -> Result<(), Mismatch> {
    let found = choices.iter().find(|c| c.value == text);
    let life = found.map(|c| c.life(version));
    if life == Some(Life::There) {
        return Ok(());
    }
    let valid: Vec<_> = choices.iter().filter(|c| c.life(version) == Life::There).map(|c| c.value).collect();
    let valid = format!("it is one of {}", valid.join(", "));
    let what = format!("'{}' is not a value it can have in Kubernetes {version}", short(text));
    Err(match life.and_then(Life::explanation) {
        Some(why) => Mismatch::of_value(what, format!("{why}; {valid}")),
        None => Mismatch::of_value(what, valid),
    })
}

/// A CIDR range: its address as written, and the length of its prefix.
pub fn cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let plain = prefix.len() <= 3 && !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
    let prefix: u32 = plain.then(|| prefix.parse().ok()).flatten()?;
    (prefix <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, prefix))
}

/// The address with all bits after the prefix cleared.
pub fn network(address: IpAddr, prefix: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(32 - prefix).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(128 - prefix).unwrap_or(0)).into()),
    }
}

/// Go's time.ParseDuration: `1h30m`, `1.5s`, `-5m`, `0`.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let Some(after) = decimal(rest) else { return false };
        // The longer unit first: `ms` is not `m` and `s`.
        let unit = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"].into_iter().find_map(|u| after.strip_prefix(u));
        let Some(after) = unit else { return false };
        rest = after;
    }
    true
}

/// The nanoseconds of a duration in Go's notation, if it is one.
pub fn nanoseconds(text: &str) -> Option<i128> {
    const UNITS: [(&str, f64); 8] =
        [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12)];
    if !is_duration(text) {
        return None;
    }
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut sum = 0.0;
    while let Some(after) = decimal(rest) {
        let number: f64 = rest.get(..rest.len() - after.len())?.parse().ok()?;
        // A lone 0 has no unit.
        let Some((unit, nanoseconds)) = UNITS.into_iter().find(|(unit, _)| after.starts_with(unit)) else { break };
        sum += number * nanoseconds;
        rest = after.get(unit.len()..)?;
    }
    // Rounded, a number of the digits that a person writes is the exact one.
    #[allow(clippy::cast_possible_truncation)]
    let sum = sum.round() as i128;
    Some(if text.starts_with('-') { -sum } else { sum })
}

/// What follows a decimal number without sign, if there is one.
fn decimal(text: &str) -> Option<&str> {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let whole = text.len() - after.len();
    let Some(fraction) = after.strip_prefix('.') else { return (whole > 0).then_some(after) };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (whole > 0 || rest.len() < fraction.len()).then_some(rest)
}

/// A quantity as apimachinery's resource package reads it: number, then a binary or decimal suffix or an exponent.
fn is_quantity(text: &str) -> bool {
    let Some(suffix) = decimal(text.strip_prefix(['-', '+']).unwrap_or(text)) else { return false };
    let exponent = || {
        let digits = suffix.strip_prefix(['e', 'E']).map(|e| e.strip_prefix(['-', '+']).unwrap_or(e));
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(suffix, "" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E")
        || exponent()
}

fn is_percentage(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|number| decimal(number) == Some(""))
}

fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let zone = text.ends_with('Z') || bytes.len().checked_sub(6).is_some_and(|at| matches!(bytes[at], b'+' | b'-'));
    bytes.len() >= 20
        && zone
        && text.char_indices().take(19).all(|(at, c)| match at {
            4 | 7 => c == '-',
            10 => c == 'T',
            13 | 16 => c == ':',
            _ => c.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::super::field::always;
    use super::{Type, cidr, is_duration, is_percentage, is_quantity, is_time};
    use khw_core::KubernetesVersion;
    use serde_json::json;

    const NEWEST: KubernetesVersion = KubernetesVersion::NEWEST;

    #[test]
    fn durations_in_nanoseconds() {
        for (text, nanoseconds) in [
            ("0", Some(0)),
            ("0.1s", Some(100_000_000)),
            ("100ms", Some(100_000_000)),
            ("-1h30m", Some(-5_400_000_000_000)),
            ("1.5µs", Some(1500)),
            ("1us1ns", Some(1001)),
            ("5", None),
            ("", None),
        ] {
            assert_eq!(super::nanoseconds(text), nanoseconds, "{text}");
        }
    }

    #[test]
    fn durations_are_go_s() {
        for text in ["0", "15m", "1h30m", "1.5s", ".5s", "5.s", "-5m", "+5m", "100ms", "1µs", "1us", "3ns"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "15", "15 m", "m", "15min", "1d", ".s", "-", "1h 30m", "1e3s", "15M"] {
            assert!(!is_duration(text), "{text}");
        }
    }

    #[test]
    fn quantities_percentages_times_and_ranges() {
        for text in ["100Mi", "1", "0.5", "500m", "1e3", "1E-3", "-1", "1.", ".5Gi", "2E"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "100mi", "100MB", "Mi", "10%", "1 Gi", "1e", "1ee3"] {
            assert!(!is_quantity(text), "{text}");
        }
        assert!(is_percentage("10%") && is_percentage("0.5%") && !is_percentage("%") && !is_percentage("10"));
        assert!(is_time("2026-11-24T12:00:00Z") && is_time("2026-11-24T12:00:00.5+09:00") && !is_time("2026-11-24"));
        assert!(cidr("10.0.0.0/8").is_some() && cidr("fd00::/64").is_some());
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "/8", "fd00::/129"] {
            assert!(cidr(text).is_none(), "{text}");
        }
    }

    #[test]
    fn text_becomes_a_value_of_the_type() {
        for (of, text, value) in [
            (Type::Bool, "true", json!(true)),
            (Type::Int32, "110", json!(110)),
            (Type::Float, "0.8", json!(0.8)),
            (Type::Text, "017", json!("017")),
            (Type::Text, "", json!("")),
            (Type::Duration, "15m", json!("15m")),
            (Type::List(&Type::Ip), "10.96.0.10, fd00::a", json!(["10.96.0.10", "fd00::a"])),
            (Type::List(&Type::Text), "", json!([])),
            (Type::List(&Type::Text), "[a, 'b,c']", json!(["a", "b,c"])),
            (Type::Map(&Type::Bool), "A=true,B=false", json!({"A": true, "B": false})),
            (Type::Map(&Type::QuantityOrPercentage), "memory.available<5%", json!({"memory.available": "5%"})),
            (Type::Map(&Type::Text), "{a: \"1\"}", json!({"a": "1"})),
            (
                Type::List(&Type::Object),
                "[{key: a, effect: NoSchedule}]",
                json!([{"key": "a", "effect": "NoSchedule"}]),
            ),
        ] {
            assert_eq!(of.parse(text, NEWEST), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_with_a_hint() {
        let letters = Type::Enum(&const { [always("a"), always("b")] });
        for (of, text, what, hint) in [
            (Type::Bool, "yes", "'yes' is not true or false", "write true or false"),
            (
                Type::Int32,
                "3000000000",
                "'3000000000' is not a whole number",
                "write a number from -2147483648 to 2147483647",
            ),
            (Type::Int32, "1e3", "'1e3' is not a whole number", "write a number from -2147483648 to 2147483647"),
            (
                Type::Uint32,
                "-1",
                "'-1' is not a whole number that is not negative",
                "write a number from 0 to 4294967295",
            ),
            (Type::Float, "NaN", "'NaN' is not a number", "write it as 5 or 0.8"),
            (Type::Duration, "15", "'15' is not a duration", "write it as 15m, 90s or 1h30m"),
            (Type::List(&Type::Ip), "10.96.0", "'10.96.0' is not an IP address", "write it as 10.96.0.10 or fd00::a"),
            (
                Type::Cidr,
                "10.244.0.0",
                "'10.244.0.0' is not a CIDR range",
                "write it as 10.244.0.0/16, two of them with a comma",
            ),
            (Type::Map(&Type::Bool), "A", "'A' is not a mapping", "write it as key=value,… or {key: value, …}"),
            (letters, "c", "'c' is not a value it can have in Kubernetes v1.37", "it is one of a, b"),
        ] {
            let refused = of.parse(text, NEWEST).map_err(|e| (e.what().to_owned(), e.advice().map(str::to_owned)));
            assert_eq!(refused, Err((what.to_owned(), Some(hint.to_owned()))), "{text}");
        }
    }
}
