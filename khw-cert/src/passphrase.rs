//! Passphrases of encrypted keys: openssl's `-passin` and `-passout`. Nobody is ever asked.

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
#[derive(Clone, PartialEq, Eq)]
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
            Some(("fd", number)) => match number.parse() {
                Ok(0) => Ok(Source::Stdin),
                Ok(number) => Ok(Source::Descriptor(number)),
                Err(_) => Err(refuse("what follows fd: is not a number")),
            },
            None if text == "stdin" => Ok(Source::Stdin),
            _ => Err(refuse("is not a source of a passphrase")),
        }
    }
}

impl Source {
    /// Reads it. `option` is where it was given.
    fn read(&self, option: &str) -> Result<Passphrase, Error> {
        let bytes = match self {
            Source::Given(given) => Zeroizing::new(given.as_bytes().to_vec()),
            Source::Environment(name) => match std::env::var_os(name) {
                Some(value) => Zeroizing::new(value.into_encoded_bytes()),
                None => {
                    return Err(Error::new(format!("the environment has no variable '{}'", name.escape_debug()))
                        .field(option)
                        .hint("set and export it"));
                }
            },
            Source::File(path) => first_line(&Input::File(path.clone()))?,
            // The way to a descriptor without unsafe code.
            Source::Descriptor(number) => first_line(&Input::new(format!("/dev/fd/{number}")))?,
            Source::Stdin => first_line(&Input::Stdin)?,
        };
        Ok(Passphrase(bytes))
    }
}

/// How an encrypted key is opened, where that is possible at all.
pub(crate) struct Unlock {
    option: &'static str,
    passphrase: Option<Passphrase>,
}

impl Unlock {
    /// With what `option` names. `also` are the files that are read besides, of which none may be standard input when the
    /// passphrase is.
    pub(crate) fn new(option: &'static str, source: Option<&Source>, also: &[&Input]) -> Result<Self, Error> {
        if source == Some(&Source::Stdin) && also.contains(&&Input::Stdin) {
            return Err(Error::new("standard input cannot be both the passphrase and what is read with it")
                .field(option)
                .hint("give the passphrase by file:PATH or fd:N: fd:3 3< FILE"));
        }
        Ok(Unlock { option, passphrase: source.map(|source| source.read(option)).transpose()? })
    }

    /// Whether there is one.
    pub(crate) fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    /// The passphrase of a key that turned out to be encrypted.
    pub(crate) fn passphrase(unlock: Option<&Self>) -> Result<&Passphrase, Error> {
        let encrypted = Error::new("the private key is encrypted");
        match unlock {
            None => Err(encrypted.hint(
                "no component of Kubernetes can ask for a passphrase: khw-cert pkey -in FILE -passin file:PATH -out NEW",
            )),
            Some(unlock) => unlock.passphrase.as_ref().ok_or_else(|| {
                encrypted.hint(format!("say where its passphrase is: {} file:PATH, env:NAME or fd:N", unlock.option))
            }),
        }
    }

    /// That the passphrase was another one.
    pub(crate) fn wrong(unlock: Option<&Self>) -> Error {
        let option = unlock.map_or("-passin", |unlock| unlock.option);
        Error::new("the passphrase is not that of the private key").hint(format!("give another one with {option}"))
    }
}

/// The passphrase for a key that is written. An empty one protects nothing, and comes from a variable that is not set.
pub(crate) fn for_writing(option: &'static str, source: &Source) -> Result<Passphrase, Error> {
    let passphrase = source.read(option)?;
    if passphrase.bytes().is_empty() {
        return Err(Error::new("the passphrase is empty").field(option).hint("was a variable unset, or a file empty?"));
    }
    Ok(passphrase)
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
        assert!(matches!("fd:0".parse(), Ok(Source::Stdin)));
        assert!(matches!("stdin".parse(), Ok(Source::Stdin)));
        assert!("pass:a:b".parse::<Source>().is_ok_and(|s| s.read("-passin").is_ok_and(|p| p.bytes() == b"a:b")));
    }
}
