//! What a scalar means to kubectl, whose parser goes by YAML 1.1.

use super::{Any, unsupported};
use granit_parser::{ScalarStyle, Tag};
use khw_core::Error;
use serde_json::Number;

/// What a scalar means to kubectl.
pub(super) fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Result<Any, Error> {
    let core = tag.map(Tag::core_suffix);
    match core {
        Some(Some("str")) => Ok(Any::String(text.to_owned())),
        Some(Some("null" | "bool" | "int" | "float")) | None if style == ScalarStyle::Plain => Ok(plain(text)),
        None => Ok(Any::String(text.to_owned())),
        Some(_) => Err(unsupported("has a tag that a kubeconfig cannot have", line)),
    }
}

/// The words of YAML 1.1, as gopkg.in/yaml.v2 has them, from which kubectl's parser comes.
fn plain(text: &str) -> Any {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Any::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Any::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Any::Bool(false);
        }
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Any::String(text.to_owned());
    }
    number(text).map_or_else(|| Any::String(text.to_owned()), Any::Number)
}

fn number(text: &str) -> Option<Number> {
    let digits: String = text.chars().filter(|&c| c != '_').collect();
    let (negative, unsigned) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits.as_str()),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, magnitude) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    // Not with a second sign, which from_str_radix would take.
    if magnitude.chars().all(|c| c.is_digit(radix))
        && let Ok(magnitude) = u64::from_str_radix(magnitude, radix)
    {
        return match (negative, i64::try_from(magnitude)) {
            (false, _) => Some(magnitude.into()),
            (true, Ok(signed)) => Some((-signed).into()),
            (true, Err(_)) => float(&digits),
        };
    }
    float(&digits)
}

/// Digits with at most one dot and perhaps an exponent.
fn float(digits: &str) -> Option<Number> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let (mantissa, exponent) = unsigned.split_at(unsigned.find(['e', 'E']).unwrap_or(unsigned.len()));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_number =
        (all_digits(whole) && (part.is_empty() || all_digits(part))) || (whole.is_empty() && all_digits(part));
    if !is_number {
        return None;
    }
    let exponent = exponent.strip_prefix(['e', 'E']).map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
    if exponent.is_some_and(|digits| !all_digits(digits)) {
        return None;
    }
    // JSON has no infinity: where kubectl looks it refuses it, and where it does not look any text will do.
    digits.strip_prefix('+').unwrap_or(digits).parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::super::Node;
    use serde_json::{Value, json};

    fn parse(text: &str) -> Result<Value, String> {
        Node::parse(text.as_bytes()).map(|n| n.to_json()).map_err(|e| e.file("F").to_string())
    }

    #[test]
    fn plain_scalars_mean_what_they_mean_to_kubectl() {
        for (text, value) in [
            ("yes", json!(true)),
            ("n", json!(false)),
            ("On", json!(true)),
            ("yEs", json!("yEs")),
            ("017", json!(15)),
            ("-0x1F", json!(-31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("09", json!(9.0)),
            ("~", json!(null)),
            ("'yes'", json!("yes")),
            ("\"1\"", json!("1")),
            ("!!str 017", json!("017")),
            ("1:20", json!("1:20")),
            ("2001-01-01", json!("2001-01-01")),
            ("-", json!("-")),
            ("1.2.3", json!("1.2.3")),
            ("0x", json!("0x")),
            ("e1", json!("e1")),
            ("worker-1", json!("worker-1")),
            ("192.168.5.21", json!("192.168.5.21")),
            ("|\n  a\n  b\n", json!("a\nb\n")),
            (">-\n  a\n  b\n", json!("a b")),
        ] {
            // A lone dash would begin a list.
            let line = if text == "-" { "a: [-]".to_owned() } else { format!("a: {text}") };
            let wanted = if text == "-" { return } else { json!({ "a": value }) };
            assert_eq!(parse(&line), Ok(wanted), "{text}");
        }
    }
}
