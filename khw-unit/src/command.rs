//! Command lines as systemd 252 splits them: quotes, C escapes, specifiers, variables, and the prefixes of a program.
//!
//! Refused is what makes systemd refuse the unit: unbalanced quotes, no program, a program that is no path.

use crate::syntax::{Assignment, Unit};
use crate::word::{Refused, Words, quoted};
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
        // Only the running systemd knows the path that a specifier stands for.
        let specifier = program.starts_with('%') && !program.starts_with("%%");
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
        if !specifier && !is_program(&program) {
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

/// The names that `Environment=` defines, or `PassEnvironment=` passes on, and their values; `None` for those that only
/// the running systemd knows.
pub(crate) fn environment(assignment: &Assignment) -> Result<Vec<(String, Option<String>)>, Refused> {
    let mut variables = Vec::new();
    let mut words = Words { text: &assignment.value, at: 0 };
    loop {
        words.skip_blanks();
        let Some(word) = words.next_word(assignment)? else { break };
        let (name, value) = word.text.split_once('=').map_or((word.text.as_str(), None), |(n, v)| (n, Some(v)));
        let specifier = |value: &&str| value.replace("%%", "").contains('%');
        variables.push((name.to_owned(), value.filter(|value| !specifier(value)).map(percent)));
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use crate::Unit;
    use crate::word::quoted;
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
