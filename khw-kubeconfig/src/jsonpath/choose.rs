//! What a template chooses from a value, and how it is printed.

use super::{Comparison, Missing, Part, Step};
use crate::print;
use khw_core::Error;
use serde_json::Value;
use std::cmp::Ordering;

pub(super) fn render(parts: &[Part], here: &Value, missing: Missing, out: &mut String) -> Result<(), Error> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Path(path) => {
                let shown: Vec<String> = select(path, vec![here], missing)?.into_iter().map(show).collect();
                out.push_str(&shown.join(" "));
            }
            Part::Range(path, inner) => {
                for item in select(path, vec![here], missing)? {
                    render(inner, item, missing, out)?;
                }
            }
        }
    }
    Ok(())
}

/// As kubectl prints a result: text bare, what has parts as JSON.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A list that is not there: Go has a nil slice, and prints it so.
        Value::Null => "null".to_owned(),
        other => print::escaped(&sorted(other).to_string()),
    }
}

/// Keys in alphabetical order, as Go prints a map.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key.as_str()]))).collect())
        }
        other => other.clone(),
    }
}

pub(super) fn select<'a>(
    path: &'a [Step],
    mut values: Vec<&'a Value>,
    missing: Missing,
) -> Result<Vec<&'a Value>, Error> {
    for step in path {
        let mut next = Vec::new();
        match step {
            Step::Literal(value) => next.push(value),
            Step::Union(paths) => {
                for path in paths {
                    next.extend(select(path, values.clone(), missing)?);
                }
            }
            step => {
                for value in values {
                    one_step(step, value, missing, &mut next)?;
                }
            }
        }
        if let (Step::Field(name), Missing::Refused, true) = (step, missing, next.is_empty()) {
            return Err(Error::new(format!("there is no field '{}'", name.escape_debug()))
                .field("--output")
                .hint("look at the whole with -o json, or leave --allow-missing-template-keys=false away"));
        }
        values = next;
    }
    Ok(values)
}

fn one_step<'a>(step: &'a Step, value: &'a Value, missing: Missing, next: &mut Vec<&'a Value>) -> Result<(), Error> {
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => next.extend(map.get(name)),
        (Step::Deep(name), _) => deep(name, value, next),
        (Step::All, Value::Array(items)) => next.extend(items),
        (Step::All, Value::Object(map)) => next.extend(map.values()),
        (Step::Index(_) | Step::Slice(..), Value::Null) => {}
        (Step::Index(index), Value::Array(items)) => {
            let length = items.len();
            let item = bound(*index, length).and_then(|at| items.get(at));
            next.push(item.ok_or_else(|| out_of_bounds(&index.to_string(), length))?);
        }
        (Step::Slice(from, to, step), Value::Array(items)) => {
            let length = items.len();
            let ends = (from.map_or(Some(0), |at| bound(at, length)), to.map_or(Some(length), |at| bound(at, length)));
            let shown = || [from, to].map(|end| end.map_or_else(String::new, |at| at.to_string())).join(":");
            let chosen = match ends {
                // None are asked for.
                (from, to) if from == to => return Ok(()),
                (Some(from), Some(to)) => items.get(from..to).ok_or_else(|| out_of_bounds(&shown(), length))?,
                _ => return Err(out_of_bounds(&shown(), length)),
            };
            let step = usize::try_from(*step).ok().filter(|&step| step > 0).ok_or_else(|| {
                Error::new(format!("the step {step} leads nowhere")).field("--output").hint("it is 1 or greater")
            })?;
            next.extend(chosen.iter().step_by(step));
        }
        (Step::Filter(path, comparison), Value::Array(items)) => {
            for item in items {
                let passes = match comparison {
                    None => select(path, vec![item], missing).is_ok_and(|found| !found.is_empty()),
                    Some((comparison, right)) => {
                        let (left, right) = (one(path, item, missing)?, one(right, item, missing)?);
                        // What is not there is neither equal nor different.
                        let (Some(left), Some(right)) = (left, right) else { continue };
                        comparison.holds(left, right)?
                    }
                };
                if passes {
                    next.push(item);
                }
            }
        }
        (Step::Index(_) | Step::Slice(..) | Step::Filter(..), other) => {
            return Err(Error::new(format!("{} is no list to choose from", kind(other)))
                .field("--output")
                .hint("look at the whole with -o json"));
        }
        _ => {}
    }
    Ok(())
}

/// The one value that a path chooses, to compare it.
fn one<'a>(path: &'a [Step], item: &'a Value, missing: Missing) -> Result<Option<&'a Value>, Error> {
    match select(path, vec![item], missing)?.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => Err(Error::new(format!("{} values cannot be compared at once", several.len()))
            .field("--output")
            .hint("choose a single field on each side")),
    }
}

impl Comparison {
    /// As client-go compares: text with text, a number with a number; there is no order of booleans.
    fn holds(&self, left: &Value, right: &Value) -> Result<bool, Error> {
        let order = match (left, right) {
            (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
            (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_f64().partial_cmp(&right.as_f64()),
            },
            (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null)
                if matches!(self, Comparison::Equal | Comparison::Different) =>
            {
                None
            }
            _ => {
                return Err(Error::new(format!("{} cannot be compared with {}", kind(left), kind(right)))
                    .field("--output")
                    .hint("compare a field that has such a value"));
            }
        };
        Ok(match self {
            Comparison::Equal => left == right || order.is_some_and(Ordering::is_eq),
            Comparison::Different => left != right && !order.is_some_and(Ordering::is_eq),
            Comparison::Less => order.is_some_and(Ordering::is_lt),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order.is_some_and(Ordering::is_gt),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        })
    }
}

/// A place in a list, counted from its end when it is negative.
fn bound(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}

fn out_of_bounds(what: &str, length: usize) -> Error {
    Error::new(format!("there is no item [{what}]: there are {length}"))
        .field("--output")
        .hint("count from 0, or take all with [*]")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn deep<'a>(name: &str, value: &'a Value, next: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            next.extend(map.get(name));
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            keys.into_iter().for_each(|key| deep(name, &map[key.as_str()], next));
        }
        Value::Array(items) => items.iter().for_each(|item| deep(name, item, next)),
        _ => {}
    }
}
