//! Puts a comment above fields of a text that is already there, whoever wrote it.

use super::document::{Document, Marks};
use khw_core::Error;
use serde_json::Value;

/// The language of annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English
    En,
    /// Japanese
    Ja,
}

/// Why a field is set as it is. Without the period in English, as whole sentences in Japanese.
#[derive(Debug, Clone)]
pub struct Reason {
    /// In English.
    pub en: String,
    /// In Japanese.
    pub ja: String,
}

impl From<(&str, &str)> for Reason {
    fn from((en, ja): (&str, &str)) -> Self {
        Reason { en: en.to_owned(), ja: ja.to_owned() }
    }
}

/// The text with what `comment` says of each field's path above it, unless it stands there already. Fields that do not
/// begin a line have no place for a comment, and those inside lists get none.
pub(super) fn with_comments(
    text: &str,
    document: &Document,
    comment: &dyn Fn(&str) -> Vec<String>,
) -> Result<String, Error> {
    let (bom, body) = text.strip_prefix('\u{feff}').map_or(("", text), |body| ("\u{feff}", body));
    if body.trim_start().starts_with('{') {
        return Err(Error::new("is JSON, which has no comments").hint("leave --annotate away"));
    }
    let mut fields = Vec::new();
    collect(document.root(), document.marks(), "", &mut fields);
    fields.sort_by_key(|(line, _)| *line);
    let mut fields = fields.into_iter().peekable();
    let mut out = bom.to_owned();
    // Lines of the text, with their ends.
    let mut before: Vec<&str> = Vec::new();
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        while let Some((_, (path, column))) = fields.next_if(|(number, _)| *number == index + 1) {
            if column != indent.len() + 1 {
                continue;
            }
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let lines = comment(&path).iter().flat_map(|text| wrapped(text, indent.len())).collect::<Vec<_>>();
            let lines: Vec<String> = lines.iter().map(|text| format!("{indent}# {text}{end}")).collect();
            if !before.ends_with(&lines.iter().map(String::as_str).collect::<Vec<_>>()) {
                out.extend(lines);
            }
        }
        out.push_str(line);
        before.push(line);
    }
    Ok(out)
}

/// Line, path and column of each field that is not inside a list.
fn collect(value: &Value, marks: &Marks, parent: &str, fields: &mut Vec<(usize, (String, usize))>) {
    let Value::Object(map) = value else { return };
    for ((key, value), marks) in map.iter().zip(&marks.children) {
        let path = if parent.is_empty() { key.clone() } else { format!("{parent}.{key}") };
        collect(value, marks, &path, fields);
        fields.push((marks.line, (path, marks.column)));
    }
}

/// Text in lines that fit 100 columns. Japanese letters take two, and may be parted anywhere but before a closing mark
/// or after an opening one.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let width = 98_usize.saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        let (space, word) = word.strip_prefix(' ').map_or(("", word.as_str()), |word| (" ", word));
        match lines.last_mut() {
            Some(line) if columns(line) + space.len() + columns(word) <= width => {
                line.push_str(space);
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What stays together: words, and single wide letters with the marks that belong to them. A leading blank says that
/// there was one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut blank = false;
    let mut last = ' ';
    for letter in text.chars() {
        if letter.is_whitespace() {
            blank = true;
            continue;
        }
        let together = !blank
            && (closes(letter)
                || opens(last)
                || (is_narrow(letter) && is_narrow(last))
                || (last == ' ' && words.is_empty()));
        match words.last_mut() {
            Some(word) if together => word.push(letter),
            _ => words.push(if blank { format!(" {letter}") } else { letter.to_string() }),
        }
        (blank, last) = (false, letter);
    }
    words
}

fn opens(letter: char) -> bool {
    matches!(letter, '(' | '「')
}

fn closes(letter: char) -> bool {
    matches!(
        letter,
        ')' | '」'
            | '、'
            | '。'
            | 'ー'
            | 'っ'
            | 'ゃ'
            | 'ゅ'
            | 'ょ'
            | 'ッ'
            | 'ャ'
            | 'ュ'
            | 'ョ'
            | 'ァ'
            | 'ィ'
            | 'ゥ'
            | 'ェ'
            | 'ォ'
    )
}

fn is_narrow(letter: char) -> bool {
    letter < '\u{1100}'
}

fn columns(text: &str) -> usize {
    text.chars().map(|letter| if is_narrow(letter) { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::{columns, wrapped};

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let english =
            "How requests to the kubelet are authorised: Webhook asks the API server, AlwaysAllow lets all through.";
        assert_eq!(wrapped(english, 2).join(" "), english);
        let japanese =
            "kubelet へのリクエストの認可方法。Webhook は API サーバーに問い合わせ、AlwaysAllow はすべて許可する。";
        for indent in 0..90 {
            let lines = wrapped(japanese, indent);
            let bare = |text: &str| text.replace(' ', "");
            assert_eq!(bare(&lines.concat()), bare(japanese));
            assert!(lines.iter().all(|l| columns(l) + indent <= 98 || l.chars().count() < 20), "{lines:?}");
            assert!(lines.iter().all(|l| !l.starts_with(['、', '。', 'ー', ' '])), "{lines:?}");
        }
        assert_eq!(wrapped("あ い", 0), ["あ い"]);
        assert_eq!(wrapped("", 0), [""; 0]);
    }
}
