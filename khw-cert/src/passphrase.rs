//! Passphrases of encrypted keys: openssl's `-passin`. Nobody is ever asked.

use khw_core::Error;
use khw_core::input::Input;
use std::path::PathBuf;
use std::str::FromStr;
use zeroize::Zeroizing;

/// A passphrase. It cannot be shown, and its memory is wiped when it goes.
pub(crate) struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a passphrase comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// `pass:…`, on the command line, where every user of the host sees it.
    Given(Zeroizing<String>),
    /// `env:NAME`.
    Environment(String),
    /// `file:PATH`, its first line.
    File(PathBuf),
    /// `fd:N`, the first line of what can be read from there.
    Descriptor(u32),
    /// `stdin`, its first line.
    Stdin,
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The text is not shown: it may be the passphrase.
        let refuse = |what: &str| Error::new(what).hint("write file:PATH, env:NAME, fd:N, stdin or pass:PASSPHRASE");
        match text.split_once(':') {
            Some(("pass", given)) => Ok(Source::Given(Zeroizing::new(given.to_owned()))),
            Some(("env", name)) if !name.is_empty() => Ok(Source::Environment(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Source::File(path.into())),
            Some(("fd", number)) => {
                number.parse().map(Source::Descriptor).map_err(|_| refuse("what follows fd: is not a number"))
            }
            None if text == "stdin" => Ok(Source::Stdin),
            _ => Err(refuse("is not a source of a passphrase")),
        }
    }
}

impl Source {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<Passphrase, Error> {
        let bytes = match self {
            Source::Given(given) => Zeroizing::new(given.as_bytes().to_vec()),
            Source::Environment(name) => match std::env::var_os(name) {
                Some(value) => Zeroizing::new(value.into_encoded_bytes()),
                None => {
                    return Err(Error::new(format!("the environment has no variable '{}'", name.escape_debug()))
                        .field("-passin")
                        .hint("set and export it"));
                }
            },
            Source::File(path) => first_line(&Input::new(path))?,
            // The way to a descriptor without unsafe code.
            Source::Descriptor(number) => first_line(&Input::new(format!("/dev/fd/{number}")))?,
            Source::Stdin => first_line(&Input::Stdin)?,
        };
        Ok(Passphrase(bytes))
    }
}

/// The passphrase of an option, if it was given.
pub(crate) fn of(source: Option<&Source>) -> Result<Option<Passphrase>, Error> {
    source.map(Source::read).transpose()
}

fn first_line(input: &Input) -> Result<Zeroizing<Vec<u8>>, Error> {
    let content = Zeroizing::new(input.read()?);
    let line = content.split(|&b| b == b'\n').next().unwrap_or_default();
    Ok(Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn what_is_refused_is_not_shown() {
        for text in ["hunter2", "fd:hunter2", "env:", "file:", "word:hunter2"] {
            let error = text.parse::<Source>().err().unwrap();
            assert!(!format!("{error:?}").contains("hunter2"), "{text}");
        }
        assert!(matches!("fd:3".parse(), Ok(Source::Descriptor(3))));
        assert!(matches!("stdin".parse(), Ok(Source::Stdin)));
        assert!("pass:a:b".parse::<Source>().is_ok_and(|s| s.read().is_ok_and(|p| p.bytes() == b"a:b")));
    }
}
