//! Command lines as systemd 252 splits them: quotes, C escapes, specifiers, variables, and the prefixes of a program.
//!
//! Refused is what makes systemd refuse the unit: unbalanced quotes, no program, a program that is no path.

use crate::syntax::{Assignment, Unit};
use khw_core::Error;

/// A program with its arguments, as the process gets them, except for what only a running systemd knows: specifiers
/// other than `%%`, and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The path or name of the program, without the prefixes.
    pub program: String,
    /// What follows it.
    pub arguments: Vec<Argument>,
    /// `-`, `@`, `:`, `+`, `!` before the program, as they stand there.
    pub prefixes: String,
    /// The line on which the assignment begins.
    pub line: usize,
    /// Words with an escape sequence that systemd does not know (it keeps them, with a warning), and their lines.
    pub(crate) unknown_escapes: Vec<(String, usize)>,
}

/// Why systemd refuses a command: an error under the name of its check.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    /// Boxed, since an error is large and a command rarely wrong.
    pub(crate) error: Box<Error>,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        *refused.error
    }
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its text; a variable stands in it as it is written, `${NAME}`.
    pub text: String,
    /// The line on which it begins.
    pub line: usize,
    /// The names of the variables that systemd puts in.
    pub variables: Vec<String>,
    /// Names after a `$` that look like a variable, but which systemd leaves alone: `--node-ip=$NODE_IP`.
    pub(crate) left_alone: Vec<String>,
}

impl Argument {
    /// An argument without variables.
    pub fn new(text: impl Into<String>) -> Self {
        Argument { text: text.into(), line: 0, variables: Vec::new(), left_alone: Vec::new() }
    }
}

/// A flag as the process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'a> {
    /// The name without dashes, as it is written.
    pub name: &'a str,
    /// The value; `None` when the flag stands alone.
    pub value: Option<&'a str>,
    /// The argument that names it.
    pub argument: &'a Argument,
}

impl Unit {
    /// The commands of `ExecStart=` that count, in order.
    ///
    /// # Errors
    /// When systemd would refuse the unit for one of them.
    pub fn exec_starts(&self) -> Result<Vec<CommandLine>, Error> {
        let mut commands = Vec::new();
        for assignment in self.counting("Service", "ExecStart") {
            commands.extend(split(assignment)?);
        }
        Ok(commands)
    }

    /// The command that the service runs.
    ///
    /// # Errors
    /// When systemd would refuse it, or there are several and the unit is not `Type=oneshot`.
    pub fn exec_start(&self) -> Result<Option<CommandLine>, Error> {
        let mut commands = self.exec_starts()?.into_iter();
        let first = commands.next();
        match commands.next() {
            Some(second) if self.value("Service", "Type").is_none_or(|t| t.text != "oneshot") => {
                Err(Error::new("there is a second command, and systemd takes only one")
                    .field("ExecStart")
                    .line(second.line)
                    .hint("an empty 'ExecStart=' before it takes away the earlier one"))
            }
            _ => Ok(first),
        }
    }
}

impl CommandLine {
    /// A program with arguments.
    pub fn new<A: Into<String>>(program: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        CommandLine {
            program: program.into(),
            arguments: arguments.into_iter().map(Argument::new).collect(),
            prefixes: String::new(),
            line: 0,
            unknown_escapes: Vec::new(),
        }
    }

    /// The last part of the program's path.
    pub fn program_name(&self) -> &str {
        self.program.rsplit('/').next().unwrap_or_default()
    }

    /// The texts of the arguments.
    pub fn texts(&self) -> Vec<&str> {
        self.arguments.iter().map(|a| a.text.as_str()).collect()
    }

    /// The value of a flag, `--name=value` or `--name value`; the last one counts; `true` when it stands alone.
    ///
    /// Underscores are as good as dashes, as in kubelet and kube-proxy.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let mut flags = self.flags();
        flags.retain(|f| same_name(f.name, name));
        flags.pop().map(|f| f.value.unwrap_or("true"))
    }

    /// All flags in order, as pflag, the library of kubelet and kube-proxy, takes them apart.
    pub fn flags(&self) -> Vec<Given<'_>> {
        let table = crate::flag::Program::of(self.program_name());
        let mut flags = Vec::new();
        let mut arguments = self.arguments.iter().peekable();
        while let Some(argument) = arguments.next() {
            let text = argument.text.as_str();
            let name = match (text.strip_prefix("--"), text.strip_prefix('-')) {
                (Some(""), _) => break,
                (Some(name), _) => name,
                // The only short flag with a value is -v: -v=2, -v2, -v 2.
                (None, Some(short)) if short.starts_with('v') => {
                    let level = short.trim_start_matches('v').trim_start_matches('=');
                    let value = if level.is_empty() { arguments.next().map(|a| a.text.as_str()) } else { Some(level) };
                    flags.push(Given { name: "v", value, argument });
                    continue;
                }
                _ => continue,
            };
            if let Some((name, value)) = name.split_once('=') {
                flags.push(Given { name, value: Some(value), argument });
                continue;
            }
            // A boolean never takes the next argument. Of a flag that nobody knows, one that looks like a value belongs
            // to it.
            let takes = match table.and_then(|t| t.flag(name)) {
                Some(known) => !known.boolean,
                None => arguments.peek().is_some_and(|next| !next.text.starts_with('-')),
            };
            let value = if takes { arguments.next().map(|a| a.text.as_str()) } else { None };
            flags.push(Given { name, value, argument });
        }
        flags
    }

    /// The command as the value of `ExecStart=`: quoted and escaped so that the process gets just these arguments, one
    /// on a line.
    pub fn to_value(&self) -> String {
        let mut value = format!("{}{}", self.prefixes, quoted(&self.program, false));
        let expands = !self.prefixes.contains(':');
        for argument in &self.arguments {
            value.push_str(" \\\n  ");
            value.push_str(&quoted(&argument.text, expands));
        }
        value
    }
}

/// Whether two spellings name one flag.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| dashed(a) == dashed(b))
}

fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte }
}

/// A word that systemd turns back into `text`. `expands`: whether it looks for variables in it.
fn quoted(text: &str, expands: bool) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_=+,./:@<>[]{}()!?*~^&|%$".contains(c);
    let mut word = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        match letter {
            '%' => word.push_str("%%"),
            '$' if expands => word.push_str("$$"),
            '"' | '\\' => word.extend(['\\', letter]),
            '\n' => word.push_str("\\n"),
            '\t' => word.push_str("\\t"),
            // systemd takes no control characters and no noncharacters in a file; as bytes they pass.
            c if c.is_control() || u32::from(c) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c) => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    word.push_str(&format!("\\x{byte:02x}"));
                }
            }
            c => word.push(c),
        }
    }
    if !text.is_empty() && text.chars().all(bare) { word } else { format!("\"{word}\"") }
}

/// The commands of one assignment, separated by `;`.
pub(crate) fn split(assignment: &Assignment) -> Result<Vec<CommandLine>, Refused> {
    let value = assignment.value.as_str();
    let mut words = Words { text: value, at: 0 };
    let mut commands = Vec::new();
    let refuse = |at: usize, what: String, hint: &str| {
        let error = Error::new(what).field(&assignment.name).line(assignment.line_at(at)).hint(hint);
        Err(Refused { name: "bad-command", error: Box::new(error) })
    };
    loop {
        words.skip_blanks();
        let start = words.at;
        let mut unknown_escapes = Vec::new();
        let Some(word) = words.next_word(assignment)? else { break };
        if word.text == ";" {
            continue;
        }
        if word.unknown_escape {
            unknown_escapes.push((word.text.clone(), assignment.line_at(start)));
        }
        let (prefixes, program) = prefixes(&word.text);
        let program = percent(program);
        if program.is_empty() {
            return refuse(start, "has no program".to_owned(), "write the program's absolute path");
        }
        if program.ends_with('/') {
            return refuse(
                start,
                format!("'{}' is a directory, not a program", program.escape_debug()),
                "write the program's absolute path",
            );
        }
        if !is_program(&program) {
            return refuse(
                start,
                format!("'{}' is neither an absolute path nor a program's name", program.escape_debug()),
                "write the program's absolute path",
            );
        }
        let expands = !prefixes.contains(':');
        let mut arguments: Vec<Argument> = Vec::new();
        let mut more = false;
        loop {
            words.skip_blanks();
            let at = words.at;
            let line = assignment.line_at(at);
            if words.take_separator(";") {
                more = true;
                break;
            }
            if words.take_separator("\\;") {
                arguments.push(Argument { line, ..Argument::new(";") });
                continue;
            }
            let Some(word) = words.next_word(assignment)? else { break };
            if word.unknown_escape {
                unknown_escapes.push((word.text.clone(), line));
            }
            let text = percent(&word.text);
            arguments.push(if expands { variables(&text, line) } else { Argument { line, ..Argument::new(text) } });
        }
        if prefixes.contains('@') && arguments.is_empty() {
            return refuse(start, "has '@', but no name for the process".to_owned(), "leave out '@', or add the name");
        }
        commands.push(CommandLine {
            program,
            arguments,
            prefixes: prefixes.to_owned(),
            line: assignment.line,
            unknown_escapes,
        });
        if !more {
            break;
        }
    }
    Ok(commands)
}

/// What systemd takes as prefixes, each as often as it does, and the rest.
fn prefixes(word: &str) -> (&str, &str) {
    let (mut ignore, mut argv0, mut plain, mut privileges) = (false, false, false, 0);
    let end = word
        .bytes()
        .position(|b| match b {
            b'-' => std::mem::replace(&mut ignore, true),
            b'@' => std::mem::replace(&mut argv0, true),
            b':' => std::mem::replace(&mut plain, true),
            b'+' => std::mem::replace(&mut privileges, 3) != 0,
            b'!' => {
                privileges += 1;
                privileges > 2
            }
            _ => true,
        })
        .unwrap_or(word.len());
    word.split_at_checked(end).unwrap_or(("", word))
}

/// An absolute path without `..`, or a name without `/`, of a length that the kernel takes, without control characters,
/// quotes and backslashes.
fn is_program(program: &str) -> bool {
    let safe = !program.chars().any(|c| c.is_ascii_control() || matches!(c, '"' | '\'' | '\\'));
    let parts = program.split('/').all(|p| p != ".." && p.len() <= 255);
    safe && parts
        && program.len() < 4096
        && (program.starts_with('/') || !program.contains('/') && program != "." && program.len() <= 255)
}

/// `%%` as the percent sign that it means; other specifiers stay as they are.
fn percent(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        out.push(letter);
        if letter == '%'
            && let Some(next) = letters.next()
            && next != '%'
        {
            out.push(next);
        }
    }
    out
}

/// `$$` as the dollar sign that it means, and the names of variables.
///
/// systemd expands `${NAME}` anywhere, `$NAME` only as a word of its own.
fn variables(word: &str, line: usize) -> Argument {
    let mut argument = Argument { line, ..Argument::new("") };
    if let Some(name) = word.strip_prefix('$').filter(|n| !n.starts_with(['{', '$'])) {
        argument.text = word.to_owned();
        if is_variable(name) {
            argument.variables.push(name.to_owned());
        }
        return argument;
    }
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('$') {
        argument.text.push_str(before);
        argument.text.push('$');
        rest = after;
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
        } else if let Some(braced) = after.strip_prefix('{') {
            if let Some((name, after)) = braced.split_once('}') {
                argument.variables.push(name.to_owned());
                argument.text.push_str(&format!("{{{name}}}"));
                rest = after;
            }
        } else {
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
            let name = after.get(..end).unwrap_or_default();
            if is_variable(name) {
                argument.left_alone.push(name.to_owned());
            }
        }
    }
    argument.text.push_str(rest);
    argument
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A word after quotes and escapes.
struct Word {
    text: String,
    unknown_escape: bool,
}

/// The words of a value, as systemd's `extract_first_word` gives them.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Words<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Takes `separator` when it stands alone.
    fn take_separator(&mut self, separator: &str) -> bool {
        let alone =
            self.rest().strip_prefix(separator).is_some_and(|rest| rest.is_empty() || rest.starts_with(is_blank));
        if alone {
            self.at += separator.len();
        }
        alone
    }

    fn next_word(&mut self, assignment: &Assignment) -> Result<Option<Word>, Refused> {
        let start = self.at;
        let mut out: Vec<u8> = Vec::new();
        let mut unknown_escape = false;
        let mut quote: Option<u8> = None;
        let bytes = self.text.as_bytes();
        let Some(&first) = bytes.get(start) else { return Ok(None) };
        let mut opened = (start, char::from(first));
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match (byte, quote) {
                (b'\\', _) => {
                    let rest = bytes.get(at + 1..).unwrap_or_default();
                    match escape(rest) {
                        Some((decoded, length)) => {
                            out.extend_from_slice(&decoded);
                            at += 1 + length;
                        }
                        None => {
                            // systemd warns, and keeps the backslash with what follows.
                            unknown_escape = true;
                            out.push(b'\\');
                            out.extend(rest.first());
                            at += 2;
                        }
                    }
                    continue;
                }
                (_, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => out.push(byte),
                (b'"' | b'\'', None) => {
                    quote = Some(byte);
                    opened = (at, char::from(byte));
                }
                (b' ' | b'\t' | b'\n' | b'\r', None) => break,
                (_, None) => out.push(byte),
            }
            at += 1;
        }
        if quote.is_some() {
            let (at, quote) = opened;
            let error = Error::new(format!("the quote {quote} is opened, but not closed"))
                .field(&assignment.name)
                .line(assignment.line_at(at))
                .hint(format!("close it, or write \\{quote} if it belongs to the value"));
            return Err(Refused { name: "unbalanced-quotes", error: Box::new(error) });
        }
        self.at = at.min(bytes.len());
        Ok(Some(Word { text: String::from_utf8_lossy(&out).into_owned(), unknown_escape }))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// What an escape sequence means, and its length, the backslash not counted. systemd's `cunescape_one`.
fn escape(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let number = |from: usize, length: usize, radix: u32| {
        let digits = rest.get(from..from + length).filter(|d| d.iter().all(|&b| char::from(b).is_digit(radix)))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok().filter(|&n| n != 0)
    };
    let byte = |value: u32, length: usize| u8::try_from(value).ok().map(|b| (vec![b], length));
    let letter = |value: u32, length: usize| char::from_u32(value).map(|c| (c.to_string().into_bytes(), length));
    let simple = match rest.first()? {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b's' => b' ',
        &b @ (b'\\' | b'"' | b'\'') => b,
        b'x' => return byte(number(1, 2, 16)?, 3),
        b'u' => return letter(number(1, 4, 16)?, 5),
        b'U' => return letter(number(1, 8, 16)?, 9),
        b'0'..=b'7' => return byte(number(0, 3, 8)?, 3),
        _ => return None,
    };
    Some((vec![simple], 1))
}

/// The names that `Environment=` defines.
pub(crate) fn environment(assignment: &Assignment) -> Result<Vec<String>, Refused> {
    let mut names = Vec::new();
    let mut words = Words { text: &assignment.value, at: 0 };
    loop {
        words.skip_blanks();
        let Some(word) = words.next_word(assignment)? else { break };
        names.push(word.text.split('=').next().unwrap_or_default().to_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{CommandLine, quoted};
    use crate::Unit;
    use khw_core::Error;

    fn command(value: &str) -> Result<Option<CommandLine>, Error> {
        Unit::parse(&format!("[Service]\nExecStart={value}\n"))?.exec_start()
    }

    fn argv(value: &str) -> Result<Vec<String>, Error> {
        Ok(command(value)?.map(|c| c.texts().into_iter().map(str::to_owned).collect()).unwrap_or_default())
    }

    #[test]
    fn splits_as_systemd_does() -> Result<(), Error> {
        // The words are what extract_first_word and replace_env_argv of libsystemd-shared-252 gave, called by hand.
        for (value, words) in [
            ("/bin/a b  c\td", &["b", "c", "d"][..]),
            ("/bin/a \"b c\" 'd \"e'", &["b c", "d \"e"]),
            ("/bin/a b\"c d\"e ''", &["bc de", ""]),
            (r#"/bin/a "b\"c" 'd\'e' f\sg \x41\101\u00e4\U0001F600"#, &["b\"c", "d'e", "f g", "AAä😀"]),
            (r"/bin/a b\\c d\qe", &["b\\c", "d\\qe"]),
            ("/bin/a 50%% $$HOME a$$b", &["50%", "$HOME", "a$b"]),
            ("/bin/a ${X} --y=${Y}z $Z %H 5%", &["${X}", "--y=${Y}z", "$Z", "%H", "5%"]),
            (r#"/bin/a \; ";" b;c"#, &[";", ";", "b;c"]),
        ] {
            assert_eq!(argv(value)?, words, "{value}");
        }
        Ok(())
    }

    #[test]
    fn prefixes_and_several_commands() -> Result<(), Error> {
        let c = command("-@!!/bin/a b $$x")?.ok_or_else(|| Error::new("none"))?;
        assert_eq!((c.program.as_str(), c.prefixes.as_str(), c.texts()), ("/bin/a", "-@!!", vec!["b", "$x"]));
        let c = command(":/bin/a $x $$y")?.ok_or_else(|| Error::new("none"))?;
        assert_eq!((c.texts(), c.arguments[0].variables.len()), (vec!["$x", "$$y"], 0));
        let unit = Unit::parse("[Service]\nType=oneshot\nExecStart=/bin/a ; /bin/b c\nExecStart=d\n")?;
        let programs: Vec<String> = unit.exec_starts()?.into_iter().map(|c| c.program).collect();
        assert_eq!(programs, ["/bin/a", "/bin/b", "d"]);
        assert_eq!(Unit::parse("[Service]\nExecStart=/bin/a\nExecStart=\n")?.exec_start(), Ok(None));
        Ok(())
    }

    #[test]
    fn refuses_what_systemd_refuses() {
        for (value, what) in [
            ("/bin/a \"b", "ExecStart: the quote \" is opened, but not closed"),
            ("/bin/a \\\n b='c", "ExecStart: the quote ' is opened, but not closed"),
            ("-", "ExecStart: has no program"),
            ("/bin/", "ExecStart: '/bin/' is a directory, not a program"),
            ("bin/a", "ExecStart: 'bin/a' is neither an absolute path nor a program's name"),
            ("/bin/../a", "ExecStart: '/bin/../a' is neither an absolute path nor a program's name"),
            ("@/bin/a", "ExecStart: has '@', but no name for the process"),
            ("/bin/a\nExecStart=/bin/b", "ExecStart: there is a second command, and systemd takes only one"),
        ] {
            assert_eq!(command(value).map_err(|e| e.to_string()), Err(what.to_owned()), "{value}");
        }
        assert_eq!(command("/bin/a \\\n  b='c").map_err(|e| e.line_number()), Err(Some(3)));
    }

    #[test]
    fn flags_are_those_of_pflag() -> Result<(), Error> {
        let c =
            command("/usr/local/bin/kubelet --config=a --config b --register-node --cluster_dns=1 -v2 --v=3 -- --x=1")?;
        let c = c.ok_or_else(|| Error::new("none"))?;
        for (name, value) in [
            ("config", Some("b")),
            ("register-node", Some("true")),
            ("cluster-dns", Some("1")),
            ("v", Some("3")),
            ("x", None),
            ("kubeconfig", None),
        ] {
            assert_eq!(c.flag(name), value, "{name}");
        }
        Ok(())
    }

    #[test]
    fn knows_variables_and_their_lines() -> Result<(), Error> {
        let c = command("/bin/a ${A}-${B} \\\n  $C \\\n  --d=$D $$E ${F")?.ok_or_else(|| Error::new("none"))?;
        let names: Vec<_> =
            c.arguments.iter().map(|a| (a.line, a.variables.join(" "), a.left_alone.join(" "))).collect();
        let names: Vec<_> = names.iter().map(|(line, v, l)| (*line, v.as_str(), l.as_str())).collect();
        assert_eq!(names, [(2, "A B", ""), (3, "C", ""), (4, "", "D"), (4, "", ""), (4, "", "")]);
        Ok(())
    }

    #[test]
    fn quotes_whatever_a_value_is() -> Result<(), Error> {
        let words = [
            "", "a", "a b", "\"", "'", "\\", "a\\", "%", "%%", "50%", "$", "$$", "$A", "${A}", "a$b", ";", "\\;", "#c",
            "[x]", "\n", "\t", "\r", "\u{1}", "\u{7f}", "\u{85}", "\u{fffe}", "\u{fdd0}", "ä", "😀", "--a=b c",
            "\\x41", " ", "- ",
        ];
        let command = CommandLine::new("/bin/a", words);
        let text = Unit::new().with("Service", "ExecStart", &command.to_value()).to_string();
        let again = Unit::parse(&text)?.exec_start()?.ok_or_else(|| Error::new("none"))?;
        assert_eq!(again.texts(), words, "{text}");
        assert!(again.arguments.iter().all(|a| a.variables.is_empty()));
        assert_eq!((quoted("--a=b", true), quoted("--a=50%", true)), ("--a=b".to_owned(), "--a=50%%".to_owned()));
        Ok(())
    }

    /// All words of up to three of the characters that mean something to somebody: the process gets the same.
    #[test]
    fn quotes_all_short_words() -> Result<(), Error> {
        let letters = ["", "a", " ", "\"", "'", "\\", "%", "$", "{", "}", ";", "#", "n", "x", "\n", "\u{1}", "=", "-"];
        for a in letters {
            for b in letters {
                let words: Vec<String> = letters.iter().map(|c| format!("{a}{b}{c}")).collect();
                let value = CommandLine::new("/bin/a", words.clone()).to_value();
                assert_eq!(argv(&value)?, words, "{value}");
            }
        }
        Ok(())
    }
}
