//! openssl's way to write options, with one dash: `-out FILE` becomes clap's `--out=FILE`.
//!
//! Only options that the command has in clap's table are rewritten; any other is refused by the name it was typed with.

use clap::Command;
use khw_core::Error;
use std::ffi::OsString;

/// The commands that are openssl's.
const COMMANDS: [&str; 10] = ["ec", "ecparam", "genpkey", "genrsa", "md5", "pkey", "req", "rsa", "verify", "x509"];

/// Rewrites the arguments (without the program's name) of openssl's commands, and leaves others alone.
pub(crate) fn rewrite(table: &Command, arguments: Vec<OsString>) -> Result<Vec<OsString>, Error> {
    if arguments.first().is_some_and(|first| first == "pkcs8") {
        return Err(Error::new("unknown command 'pkcs8'")
            .hint("khw-cert pkey writes PKCS#8, with -aes256 -passout SOURCE under a passphrase"));
    }
    let Some(name) = arguments.first().and_then(|a| a.to_str()).filter(|name| COMMANDS.contains(name)) else {
        return Ok(arguments);
    };
    let Some(command) = table.find_subcommand(name) else { return Ok(arguments) };
    let mut out = vec![OsString::from(name)];
    let mut rest = arguments.iter().skip(1);
    while let Some(argument) = rest.next() {
        let option = argument.to_str().and_then(|a| a.strip_prefix("--").or_else(|| a.strip_prefix('-')));
        let Some(option) = option.filter(|o| !o.is_empty()) else {
            out.push(argument.clone());
            continue;
        };
        if matches!(option, "help" | "h") {
            out.push("--help".into());
            continue;
        }
        let (known, given) = option.split_once('=').map_or((option, None), |(known, given)| (known, Some(given)));
        let Some(found) = find(command, known) else {
            let shown = argument.to_string_lossy();
            let error = Error::new(format!("unknown option '{}'", shown.escape_debug()));
            let similar = names(command).find(|long| long.eq_ignore_ascii_case(known));
            return Err(error.hint(match similar {
                Some(similar) => format!("did you mean '-{similar}'?"),
                None if !is_cipher(known) => format!("see 'khw-cert {name} --help'"),
                None if find(command, "aes256").is_some() => {
                    "AES-256 is the one cipher for keys: say -aes256".to_owned()
                }
                None => "encrypt a key with khw-cert pkey -in FILE -aes256 -passout SOURCE -out NEW".to_owned(),
            }));
        };
        let mut option = OsString::from(format!("--{known}"));
        // A value may begin with a dash, so it goes with its option.
        let value = match (given, found.get_action().takes_values()) {
            (Some(given), _) => Some(OsString::from(given)),
            (None, true) => rest.next().cloned(),
            (None, false) => None,
        };
        if let Some(value) = value {
            option.push("=");
            option.push(value);
        }
        out.push(option);
    }
    Ok(out)
}

/// Whether an option is openssl's for a cipher of keys: `-aes128`, `-des3`.
fn is_cipher(option: &str) -> bool {
    ["aes", "aria", "camellia", "des", "idea", "seed"].iter().any(|cipher| option.starts_with(cipher))
}

fn find<'a>(command: &'a Command, name: &str) -> Option<&'a clap::Arg> {
    command
        .get_arguments()
        .find(|a| a.get_long() == Some(name) || a.get_all_aliases().is_some_and(|aliases| aliases.contains(&name)))
}

fn names(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().flat_map(|a| a.get_long().into_iter().chain(a.get_all_aliases().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::rewrite;
    use crate::args::Arguments;
    use clap::CommandFactory;

    fn words(line: &str) -> Result<String, String> {
        let arguments = line.split(' ').map(Into::into).collect();
        let rewritten = rewrite(&Arguments::command(), arguments).map_err(|e| e.to_string())?;
        Ok(rewritten.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn one_dash_is_as_good_as_two() {
        for (given, rewritten) in [
            ("genrsa -out w.key 2048", "genrsa --out=w.key 2048"),
            ("genrsa --out w.key", "genrsa --out=w.key"),
            ("x509 -req -in - -CA -x -CAcreateserial", "x509 --req --in=- --CA=-x --CAcreateserial"),
            ("req -new -reqexts a -out", "req --new --reqexts=a --out"),
            ("x509 -h", "x509 --help"),
            ("node -d x w", "node -d x w"),
            ("--version", "--version"),
        ] {
            assert_eq!(words(given).as_deref(), Ok(rewritten));
        }
    }

    #[test]
    fn unknown_options_are_named_as_typed() {
        assert_eq!(words("req -bogus"), Err("unknown option '-bogus'".to_owned()));
        assert_eq!(words("x509 -cakey x"), Err("unknown option '-cakey'".to_owned()));
    }
}
