//! Replaces the bytes of the values that differ, and no others.

use crate::print;
use crate::yaml::{Any, Entry, Form, Node, dash};
use khw_core::Error;
use serde_json::{Map, Value};
use std::ops::Range;

/// The text with another meaning. Whether it really has just that is for the caller to see.
///
/// # Errors
/// When it is of a form that cannot be edited.
pub(super) fn edited(text: &str, old: &Node, meant: &Value) -> Result<String, Error> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok();
    let newline = if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" };
    let mut editor = Editor { text, newline, is_json, splices: Vec::new() };
    let slot = Slot { after: old.span.start, indent: 0, list_indent: 0, place: Place::Root };
    editor.change(old, meant, slot)?;
    let new = editor.apply();
    if is_json && serde_json::from_str::<serde::de::IgnoredAny>(new.trim_start_matches('\u{feff}')).is_err() {
        // A program that reads JSON must still be able to: better laid out anew than broken.
        return Ok(print::json(meant));
    }
    Ok(new)
}

fn unreadable() -> Error {
    Error::new("is YAML of a form that cannot be edited").hint("write it plainly: one mapping, block or flow style")
}

/// Bytes that give way to others.
struct Splice {
    at: Range<usize>,
    with: String,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Slot {
    /// The byte after the colon or the dash.
    after: usize,
    /// How far a mapping in lines is to be indented that comes here.
    indent: usize,
    /// The same for a list.
    list_indent: usize,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// After `key:`.
    Value,
    /// After `-`.
    Item,
    /// Within brackets.
    Flow,
}

struct Editor<'t> {
    text: &'t str,
    newline: &'static str,
    is_json: bool,
    splices: Vec<Splice>,
}

impl Editor<'_> {
    /// Makes a value mean something else.
    fn change(&mut self, node: &Node, meant: &Value, slot: Slot) -> Result<(), Error> {
        if node.means(meant) {
            return Ok(());
        }
        let in_place = matches!(node.form, Form::Block | Form::Flow);
        match (&node.value, meant) {
            (Any::Mapping(entries), Value::Object(new)) if in_place && keeps_some(entries, new) => {
                if node.form == Form::Flow {
                    self.flow_mapping(entries, new)
                } else {
                    self.block_mapping(node, entries, new)
                }
            }
            (Any::Sequence(items), Value::Array(new)) if in_place && !new.is_empty() => match pair(items, new) {
                Some(pairs) if node.form == Form::Flow => self.flow_sequence(items, new, &pairs),
                Some(pairs) => self.block_sequence(node, items, new, &pairs, slot),
                None => self.replace(node, meant, slot),
            },
            _ => self.replace(node, meant, slot),
        }
    }

    /// Writes a value anew.
    fn replace(&mut self, node: &Node, meant: &Value, slot: Slot) -> Result<(), Error> {
        let nothing = node.span.is_empty();
        if slot.place == Place::Flow || (slot.place == Place::Root && node.form == Form::Flow) {
            let written = self.flow(meant, node.span.start);
            let colon = self.text[..node.span.start].ends_with(':');
            let lead = match (nothing, colon) {
                (false, _) => "",
                (true, true) => " ",
                (true, false) => ": ",
            };
            self.put(node.span.clone(), format!("{lead}{written}"));
            return Ok(());
        }
        if slot.place == Place::Root {
            return Err(unreadable());
        }
        let is_collection = match meant {
            Value::Object(map) => !map.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        let below = node.form == Form::Block && self.line_start(node.span.start) > slot.after;
        if below && slot.place == Place::Value && self.ends_line(slot.after) {
            // What stands behind the key and above the old lines stays there; what stands behind these goes with them.
            if is_collection {
                let indent = if meant.is_array() { slot.list_indent } else { slot.indent };
                let first = self.line_start(node.span.start);
                self.put(first..first, self.lines(meant, indent));
            } else {
                self.put(slot.after..slot.after, format!(" {}", print::yaml(meant).trim_end()));
            }
            self.remove_lines(self.line_start(node.span.start), node.span.end);
            return Ok(());
        }
        let end = node.span.end;
        if !is_collection {
            let whole = matches!(node.form, Form::Block | Form::BlockScalar) || nothing;
            let (from, lead) = if whole { (slot.after, " ") } else { (node.span.start, "") };
            self.put(from..end, format!("{lead}{}", print::yaml(meant).trim_end()));
        } else if slot.place == Place::Item {
            let lines = self.lines(meant, slot.indent);
            self.put(slot.after..end, format!(" {}", lines.trim()));
        } else {
            let indent = if meant.is_array() { slot.list_indent } else { slot.indent };
            let lines = format!("{}{}", self.newline, self.lines(meant, indent).trim_end());
            if matches!(node.form, Form::Block | Form::BlockScalar) {
                self.put(slot.after..end, lines);
            } else {
                // A comment behind the old value stays behind the key.
                self.put(slot.after..end, String::new());
                let line_end = self.line_end(end);
                self.put(line_end..line_end, lines);
            }
        }
        Ok(())
    }

    fn block_mapping(&mut self, node: &Node, entries: &[Entry], new: &Map<String, Value>) -> Result<(), Error> {
        let first = entries.iter().find_map(|entry| entry.at.clone()).ok_or_else(unreadable)?;
        let indent = self.column(first.start);
        for (index, entry) in entries.iter().enumerate() {
            let Some(at) = entry.at.clone() else {
                // What came through a merge key can be overridden, but not taken away.
                match new.get(&entry.key) {
                    Some(value) if entry.value.means(value) => continue,
                    _ => return Err(unreadable()),
                }
            };
            let Some(value) = new.get(&entry.key) else {
                let start = self.line_start(at.start);
                if self.is_blank(start..at.start) {
                    self.remove_lines(start, entry.value.span.end);
                } else {
                    // The first key of an item shares its line with the dash.
                    let kept = entries[index..].iter().find(|entry| new.contains_key(&entry.key));
                    let next = kept.and_then(|entry| entry.at.clone()).ok_or_else(unreadable)?;
                    self.put(at.start..next.start, String::new());
                }
                continue;
            };
            let after = self.after_colon(at.end).ok_or_else(unreadable)?;
            let list_indent = self.list_indent(&entry.value, indent);
            self.change(&entry.value, value, Slot { after, indent: indent + 2, list_indent, place: Place::Value })?;
        }
        let added = new.iter().filter(|(key, _)| entries.iter().all(|entry| entry.key != **key));
        let added: Map<String, Value> = added.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !added.is_empty() {
            self.add_lines(node.span.end, &self.lines(&Value::Object(added), indent));
        }
        Ok(())
    }

    fn block_sequence(
        &mut self,
        node: &Node,
        items: &[Node],
        new: &[Value],
        pairs: &[Option<usize>],
        slot: Slot,
    ) -> Result<(), Error> {
        let mut from = node.span.start;
        let mut dashes = Vec::with_capacity(items.len());
        for item in items {
            let dash =
                dash(self.text, from).filter(|&dash| dash < item.span.end.max(dash + 1)).ok_or_else(unreadable)?;
            dashes.push(dash);
            from = item.span.end;
        }
        let indent = dashes.first().map_or(slot.list_indent, |&dash| self.column(dash));
        for ((item, pair), &dash) in items.iter().zip(pairs).zip(&dashes) {
            let Some(value) = pair.and_then(|index| new.get(index)) else {
                let start = self.line_start(dash);
                if !self.is_blank(start..dash) {
                    return Err(unreadable());
                }
                self.remove_lines(start, item.span.end);
                continue;
            };
            let slot = Slot { after: dash + 1, indent: indent + 2, list_indent: indent + 2, place: Place::Item };
            self.change(item, value, slot)?;
        }
        let added = new.get(pairs.iter().flatten().count()..).unwrap_or_default();
        if let (Some(last), false) = (items.last(), added.is_empty()) {
            self.add_lines(last.span.end, &self.lines(&Value::Array(added.to_vec()), indent));
        }
        Ok(())
    }

    fn flow_mapping(&mut self, entries: &[Entry], new: &Map<String, Value>) -> Result<(), Error> {
        let own = entries.iter().map(|entry| entry.at.clone().map(|at| (entry, at)).ok_or_else(unreadable));
        let own: Vec<(&Entry, Range<usize>)> = own.collect::<Result<_, Error>>()?;
        let places: Vec<Range<usize>> =
            own.iter().map(|(entry, at)| at.start..entry.value.span.end.max(at.end)).collect();
        let kept: Vec<bool> = own.iter().map(|(entry, _)| new.contains_key(&entry.key)).collect();
        for (entry, at) in &own {
            if let Some(value) = new.get(&entry.key) {
                let after = self.after_colon(at.end).unwrap_or(at.end);
                self.change(&entry.value, value, Slot { after, indent: 0, list_indent: 0, place: Place::Flow })?;
            }
        }
        let added = new.iter().filter(|(key, _)| entries.iter().all(|entry| entry.key != **key));
        let column = places.last().map_or(0, |last| last.start);
        let colon = if self.is_json && !self.text.contains("\": ") { ":" } else { ": " };
        let added: Vec<String> = added
            .map(|(key, value)| {
                let key = if self.is_json { Value::String(key.clone()).to_string() } else { print::flow_scalar(key) };
                format!("{key}{colon}{}", self.flow(value, column))
            })
            .collect();
        self.flow_items(&places, &kept, &added)
    }

    fn flow_sequence(&mut self, items: &[Node], new: &[Value], pairs: &[Option<usize>]) -> Result<(), Error> {
        let places: Vec<Range<usize>> = items.iter().map(|item| item.span.clone()).collect();
        let kept: Vec<bool> = pairs.iter().map(Option::is_some).collect();
        for (item, pair) in items.iter().zip(pairs) {
            if let Some(value) = pair.and_then(|index| new.get(index)) {
                let slot = Slot { after: item.span.start, indent: 0, list_indent: 0, place: Place::Flow };
                self.change(item, value, slot)?;
            }
        }
        let column = places.last().map_or(0, |last| last.start);
        let added = new.get(pairs.iter().flatten().count()..).unwrap_or_default();
        let added: Vec<String> = added.iter().map(|value| self.flow(value, column)).collect();
        self.flow_items(&places, &kept, &added)
    }

    /// Takes items out of brackets, and puts others at their end.
    fn flow_items(&mut self, places: &[Range<usize>], kept: &[bool], added: &[String]) -> Result<(), Error> {
        let last_kept = kept.iter().rposition(|&kept| kept).ok_or_else(unreadable)?;
        let end = places[last_kept].end;
        let blanks = self.text[..places[last_kept].start].trim_end_matches([' ', '\t', '\r', '\n']).len();
        let blanks = &self.text[blanks..places[last_kept].start];
        let blanks = if blanks.is_empty() && last_kept == 0 { " " } else { blanks };
        if (0..places.len()).any(|index| self.text[self.gap(places, index)].contains('#')) {
            self.commented_flow_items(places, kept, last_kept, added, blanks);
            return Ok(());
        }
        for (index, place) in places.iter().enumerate().take(last_kept).filter(|(index, _)| !kept[*index]) {
            self.put(place.start..places[index + 1].start, String::new());
        }
        let added: String = added.iter().map(|item| format!(",{blanks}{item}")).collect();
        self.put(end..places.last().map_or(end, |last| last.end.max(end)), added);
        Ok(())
    }

    /// The same where comments stand between them: one on the line of an item is that item's.
    fn commented_flow_items(
        &mut self,
        places: &[Range<usize>],
        kept: &[bool],
        last_kept: usize,
        added: &[String],
        blanks: &str,
    ) {
        for (index, place) in places.iter().enumerate().filter(|(index, _)| !kept[*index]) {
            let start = self.line_start(place.start);
            if self.text[start..place.start].trim().is_empty() && self.ends_line(place.end) {
                self.remove_lines(start, place.end);
            } else if index < last_kept {
                self.put(place.start..places[index + 1].start, String::new());
            } else {
                self.put(place.clone(), String::new());
            }
        }
        let end = places[last_kept].end;
        let comma = self.comma(self.gap(places, last_kept));
        if added.is_empty() {
            if let Some(comma) = comma.filter(|_| last_kept + 1 < places.len()) {
                self.put(comma..comma + 1, String::new());
            }
            return;
        }
        if comma.is_none() {
            self.put(end..end, ",".to_owned());
        }
        let (at, blanks) = if self.ends_line(end) {
            let indent = &self.text[self.line_start(end)..];
            let indent = &indent[..indent.len() - indent.trim_start_matches([' ', '\t']).len()];
            let own_line = if blanks.contains('\n') { blanks.to_owned() } else { format!("{}{indent}", self.newline) };
            (self.line_end(end), own_line)
        } else {
            (comma.map_or(end, |comma| comma + 1), blanks.to_owned())
        };
        let added: Vec<String> = added.iter().map(|item| format!("{blanks}{item}")).collect();
        self.put(at..at, added.join(","));
    }

    /// What stands between an item in brackets and the next one, or behind the last one in its line.
    fn gap(&self, places: &[Range<usize>], index: usize) -> Range<usize> {
        let end = places[index].end;
        let until = places.get(index + 1).map(|next| next.start).unwrap_or_else(|| {
            let line_end = self.line_end(end);
            let before_comment = self.text[end..line_end].find('#').map_or(line_end, |at| end + at);
            self.text[end..before_comment].find([']', '}']).map_or(line_end, |at| end + at)
        });
        end..until.max(end)
    }

    /// The comma of a gap.
    fn comma(&self, gap: Range<usize>) -> Option<usize> {
        let mut start = gap.start;
        for line in self.text[gap].split_inclusive('\n') {
            if let Some(at) = line.split('#').next().and_then(|before| before.find(',')) {
                return Some(start + at);
            }
            start += line.len();
        }
        None
    }

    /// Whether nothing follows in the line but a comma and a comment.
    fn ends_line(&self, at: usize) -> bool {
        let rest = self.text[at..self.line_end(at)].trim_start();
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        rest.is_empty() || rest.starts_with('#')
    }

    /// A value for within brackets, at `place`.
    fn flow(&self, value: &Value, place: usize) -> String {
        if !self.is_json {
            return print::flow(value);
        }
        let start = self.line_start(place);
        let indent: String = self.text[start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        if !self.text.trim().contains('\n') {
            return if self.text.contains("\": ") { print::spaced(value) } else { value.to_string() };
        }
        let unit: String =
            self.text.lines().nth(1).unwrap_or_default().chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        print::pretty(value, if unit.is_empty() { "    " } else { &unit })
            .replace('\n', &format!("{}{indent}", self.newline))
    }

    /// A collection in lines, each with its end.
    fn lines(&self, value: &Value, indent: usize) -> String {
        let lines = print::lines(value, indent);
        if self.newline == "\n" { lines } else { lines.replace('\n', self.newline) }
    }

    fn put(&mut self, at: Range<usize>, with: String) {
        self.splices.push(Splice { at, with });
    }

    /// Adds lines behind the line in which something ends.
    fn add_lines(&mut self, end: usize, lines: &str) {
        let at = self.next_line(end);
        if at == self.text.len() && !self.text.ends_with('\n') {
            // The last line had no end: then it has none again.
            self.put(at..at, format!("{}{}", self.newline, lines.trim_end_matches(['\r', '\n'])));
        } else {
            self.put(at..at, lines.to_owned());
        }
    }

    /// Removes the lines from one that starts at `start` to that in which something ends.
    fn remove_lines(&mut self, start: usize, end: usize) {
        let next = self.next_line(end);
        if next == self.text.len() && !self.text.ends_with('\n') {
            let before = self.text[..start].strip_suffix('\n').unwrap_or(&self.text[..start]);
            let before = before.strip_suffix('\r').unwrap_or(before);
            self.put(before.len()..next, String::new());
        } else {
            self.put(start..next, String::new());
        }
    }

    fn line_start(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if start == 0 && self.text.starts_with('\u{feff}') && at > 0 { '\u{feff}'.len_utf8() } else { start }
    }

    /// The end of a line, before its line feed.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline);
        if end > at && self.text[..end].ends_with('\r') { end - 1 } else { end }
    }

    fn next_line(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    fn is_blank(&self, at: Range<usize>) -> bool {
        self.text[at].bytes().all(|b| b == b' ')
    }

    fn after_colon(&self, key_end: usize) -> Option<usize> {
        let rest = &self.text[key_end..];
        let blanks = rest.len() - rest.trim_start().len();
        rest[blanks..].starts_with(':').then_some(key_end + blanks + 1)
    }

    /// How far the items of a list under a key are indented: as they are, else as kubectl does.
    fn list_indent(&self, value: &Node, indent: usize) -> usize {
        match &value.value {
            Any::Sequence(items) if value.form == Form::Block && !items.is_empty() => self.column(value.span.start),
            _ => indent,
        }
    }

    fn apply(mut self) -> String {
        // Stable, so that of two additions at one place the inner one comes first.
        self.splices.sort_by_key(|splice| splice.at.start);
        let mut out = String::with_capacity(self.text.len() + 256);
        let mut done = 0;
        for splice in &self.splices {
            out.push_str(self.text.get(done..splice.at.start).unwrap_or_default());
            out.push_str(&splice.with);
            done = done.max(splice.at.end);
        }
        out.push_str(&self.text[done..]);
        out
    }
}

/// Whether a key stays: otherwise the mapping is written anew.
fn keeps_some(entries: &[Entry], new: &Map<String, Value>) -> bool {
    entries.iter().any(|entry| entry.at.is_some() && new.contains_key(&entry.key))
}

/// For each item the index of what it becomes, in order, or `None` when it is taken out; what is left over is added.
///
/// `None` when that cannot be told.
fn pair(items: &[Node], new: &[Value]) -> Option<Vec<Option<usize>>> {
    let name = |node: &Node| match &node.value {
        Any::Mapping(entries) => entries.iter().find(|entry| entry.key == "name").map(|entry| entry.value.to_json()),
        _ => None,
    };
    let same = |node: &Node, value: &Value| {
        node.means(value) || name(node).is_some_and(|name| value.get("name").is_some_and(|new| *new == name))
    };
    if new.len() == items.len() {
        return Some((0..items.len()).map(Some).collect());
    }
    let mut next = 0;
    let pairs: Vec<Option<usize>> = items
        .iter()
        .map(|item| {
            let stays = new.get(next).is_some_and(|value| same(item, value));
            next += usize::from(stays);
            stays.then(|| next - 1)
        })
        .collect();
    let added_in_order = next == new.len() || new.len() > items.len() && pairs.iter().all(Option::is_some);
    (next > 0 && added_in_order).then_some(pairs)
}
