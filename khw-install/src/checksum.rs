//! Checksums of programs: what somebody says that they have, and what they really have.
//!
//! Read are a digest alone (as dl.k8s.io serves it, `kubelet.sha256`), and the lists that `sha256sum` prints, with or without
//! `--tag`.

use aws_lc_rs::digest::{Context, SHA256, SHA512};
use khw_core::Error;
use khw_core::input::Input;
use std::io::{self, Read};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The option, and the end of a checksum file's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Hex digits of a sum.
    const fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Sha256 => Self::Sha512,
            Self::Sha512 => Self::Sha256,
        }
    }
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    /// Lower case.
    hex: String,
}

impl Checksum {
    /// The sum that these hex digits are; `None` when they are none of this function.
    pub fn new(algorithm: Algorithm, hex: &str) -> Option<Self> {
        let is_sum = hex.len() == algorithm.digits() && hex.bytes().all(|b| b.is_ascii_hexdigit());
        is_sum.then(|| Checksum { algorithm, hex: hex.to_ascii_lowercase() })
    }

    /// The sum in a checksum file of a download site: its first word. For some days of August 2019 the name stood behind it.
    pub fn served(algorithm: Algorithm, content: &str) -> Option<Self> {
        Self::new(algorithm, content.split_whitespace().next()?)
    }

    /// Of which function.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The digits, in lower case.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// That `found` is this sum, which `source` says.
    ///
    /// # Errors
    /// When it is not.
    pub fn expect(&self, found: &Checksum, source: &str) -> Result<(), Error> {
        if self == found {
            return Ok(());
        }
        let (name, source) = (self.algorithm.name(), source.escape_debug());
        Err(Error::new(format!("its {name} is {}, not {} as {source} says", found.hex, self.hex))
            .hint("download it again from a place that you trust, and do not run this one"))
    }
}

/// A sum that is being made.
pub struct Hash {
    algorithm: Algorithm,
    context: Context,
}

impl Hash {
    /// That of nothing yet.
    pub fn new(algorithm: Algorithm) -> Self {
        let function = match algorithm {
            Algorithm::Sha256 => &SHA256,
            Algorithm::Sha512 => &SHA512,
        };
        Hash { algorithm, context: Context::new(function) }
    }

    /// The sum of these bytes.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Checksum {
        let mut hash = Hash::new(algorithm);
        hash.update(bytes);
        hash.finish()
    }

    /// The sum of all that a reader gives.
    ///
    /// # Errors
    /// When it fails.
    pub fn of_all(algorithm: Algorithm, from: &mut impl Read) -> io::Result<Checksum> {
        let mut hash = Hash::new(algorithm);
        let mut piece = vec![0; 256 * 1024];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return Ok(hash.finish()),
                Ok(length) => hash.update(piece.get(..length).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// The sum of all that was added.
    pub fn finish(self) -> Checksum {
        let hex = self.context.finish().as_ref().iter().map(|b| format!("{b:02x}")).collect();
        Checksum { algorithm: self.algorithm, hex }
    }
}

/// What a person says that programs have.
#[derive(Debug, Default)]
pub struct Sums(Vec<Said>);

/// One sum of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of which program; `None` when there was no name beside it.
    program: Option<String>,
    /// The sum.
    pub sum: Checksum,
    /// Who says it: an option or a file.
    pub source: String,
}

impl Sums {
    /// Adds what one `--sha256` or `--sha512` says: the digits, or a file with them.
    ///
    /// # Errors
    /// When the file cannot be read or has something else in it.
    pub fn add(&mut self, algorithm: Algorithm, given: &str) -> Result<(), Error> {
        let option = format!("--{}", algorithm.suffix());
        if given.len() >= 32 && given.bytes().all(|b| b.is_ascii_hexdigit()) {
            let sum = Checksum::new(algorithm, given).ok_or_else(|| no_sum(algorithm, given).field(&option))?;
            self.0.push(Said { program: None, sum, source: option });
            return Ok(());
        }
        let input = Input::new(given);
        let text = input.read_text().map_err(|e| e.field(&option))?;
        let before = self.0.len();
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let (sum, name) = self::line(algorithm, line).map_err(|e| e.file(&input).line(number + 1))?;
            let beside = || input.path()?.file_name()?.to_str()?.strip_suffix(&format!(".{}", algorithm.suffix()));
            let program = name.or_else(beside).map(|name| name.rsplit('/').next().unwrap_or(name).to_owned());
            self.0.push(Said { program, sum, source: input.to_string() });
        }
        if self.0.len() == before {
            return Err(no_sum(algorithm, "").file(&input));
        }
        Ok(())
    }

    /// What was said about a program; nothing when nothing was said at all. `alone` is whether it is the only one, so that a
    /// sum without a name is meant for it.
    ///
    /// # Errors
    /// When sums were given, but none for this program.
    pub fn of(&self, program: &str, alone: bool) -> Result<Vec<&Said>, Error> {
        let named = |said: &&Said| match &said.program {
            Some(name) => name == program,
            None => alone,
        };
        let found: Vec<_> = self.0.iter().filter(named).collect();
        let Some(first) = self.0.first().filter(|_| found.is_empty()) else { return Ok(found) };
        if self.0.iter().any(|said| said.program.is_none()) {
            return Err(Error::new("there are several programs, and a sum that does not say for which it is")
                .field(format!("--{}", first.sum.algorithm.suffix()))
                .hint("give a list as `sha256sum` prints it, or one file for each program, named kubelet.sha256 and so on"));
        }
        let mut sources: Vec<_> = self.0.iter().map(|said| said.source.as_str()).collect();
        sources.dedup();
        Err(Error::new(format!("there is no sum for it in {}", sources.join(", ")))
            .hint("take the list that came with this program; a line is the sum and the program's name"))
    }
}

/// The sum and the name in a line of `sha256sum`, of `sha256sum --tag`, or the sum alone.
fn line(algorithm: Algorithm, line: &str) -> Result<(Checksum, Option<&str>), Error> {
    let line = line.trim();
    let tag = algorithm.suffix().to_ascii_uppercase();
    let (hex, name) = match line.strip_prefix(&tag).and_then(|rest| rest.trim_start().strip_prefix('(')) {
        Some(rest) => match rest.rsplit_once(") = ") {
            Some((name, hex)) => (hex, name),
            None => (line, ""),
        },
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    let name = name.trim_start();
    // The asterisk is md5sum's mark of a file read as binary.
    let name = name.strip_prefix('*').unwrap_or(name);
    let sum = Checksum::new(algorithm, hex).ok_or_else(|| no_sum(algorithm, hex))?;
    Ok((sum, Some(name).filter(|name| !name.is_empty())))
}

fn no_sum(algorithm: Algorithm, hex: &str) -> Error {
    let (name, digits, other) = (algorithm.name(), algorithm.digits(), algorithm.other());
    if Checksum::new(other, hex).is_some() {
        return Error::new(format!("is a {} sum, not a {name} one", other.name()))
            .hint(format!("give it with --{}", other.suffix()));
    }
    Error::new(format!("has no {name} sum")).hint(format!(
        "it is {digits} hex digits, alone or before the program's name as `{}sum` prints them",
        algorithm.suffix()
    ))
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Checksum, Hash, line};

    // FIPS 180-4's example "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn sums_are_those_of_the_standard() {
        assert_eq!(Hash::of(Algorithm::Sha256, b"abc").hex(), ABC);
        assert_eq!(
            Hash::of(Algorithm::Sha512, b"abc").hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }

    #[test]
    fn reads_what_sha256sum_and_the_download_site_write() {
        let upper = ABC.to_uppercase();
        for (text, name) in [
            (ABC.to_owned(), None),
            (upper, None),
            (format!("{ABC}  kubelet"), Some("kubelet")),
            (format!("{ABC} *./bin/kubelet\r"), Some("./bin/kubelet")),
            (format!("SHA256 (kubelet) = {ABC}"), Some("kubelet")),
        ] {
            let expected = Checksum::new(Algorithm::Sha256, ABC).unwrap();
            assert_eq!(line(Algorithm::Sha256, &text), Ok((expected, name)), "{text}");
        }
        let with_path = format!("{ABC}  /workspace/kubelet\n");
        assert_eq!(Checksum::served(Algorithm::Sha256, &with_path).unwrap().hex(), ABC);
        assert_eq!(Checksum::served(Algorithm::Sha256, "<html>"), None);
        assert_eq!(Checksum::served(Algorithm::Sha256, ""), None);
    }

    #[test]
    fn says_what_is_no_sum() {
        let refused = |text: &str| line(Algorithm::Sha512, text).err();
        let other = refused(ABC).unwrap();
        assert_eq!(
            (other.what(), other.advice()),
            ("is a SHA-256 sum, not a SHA-512 one", Some("give it with --sha256"))
        );
        for text in ["<html>", "SHA512 (kubelet)", &ABC[..40], &format!("{}x  kubelet", &ABC[..63])] {
            assert_eq!(refused(text).unwrap().what(), "has no SHA-512 sum", "{text}");
        }
    }
}
