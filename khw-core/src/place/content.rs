//! What a file is to hold: bytes, or a stream of pieces.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// What a file is to hold.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What comes a piece at a time: a program has a hundred megabytes.
    Stream(&'a dyn Stream),
}

/// Content that is not in memory. It is read more than once: compared with what is there, then written.
pub trait Stream: std::fmt::Debug {
    /// Bytes.
    fn length(&self) -> u64;

    /// Gives it away from its beginning, a piece at a time.
    ///
    /// # Errors
    /// When it cannot be read, when it is not what it was when it was checked, and what `each` gives. What was given away
    /// until then is not placed.
    fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()>;
}

/// A piece of a file that is compared.
const PIECE: usize = 256 * 1024;

impl Content<'_> {
    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Stream(stream) => stream.length(),
        }
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives it away a piece at a time.
    ///
    /// # Errors
    /// As [`Stream::pieces`].
    pub fn pieces(&self, mut each: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        match self {
            Content::Bytes(bytes) => each(bytes),
            Content::Stream(stream) => stream.pieces(&mut each),
        }
    }

    /// Whether `other` holds the same. One that cannot be read does not.
    pub fn is_in(&self, other: &File) -> bool {
        if other.metadata().ok().map(|m| m.len()) != Some(self.len()) {
            return false;
        }
        let mut theirs = vec![0; PIECE];
        let mut at = 0;
        let compared = self.pieces(|ours| {
            for ours in ours.chunks(PIECE) {
                let theirs = piece_at(&mut theirs, ours.len() as u64);
                other.read_exact_at(theirs, at)?;
                if theirs != ours {
                    return Err(std::io::ErrorKind::InvalidData.into());
                }
                at += ours.len() as u64;
            }
            Ok(())
        });
        compared.is_ok()
    }
}

/// So much of a buffer as is left to read.
fn piece_at(buffer: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).unwrap_or(PIECE).min(buffer.len());
    buffer.get_mut(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Content, Stream};
    use crate::place::{Attributes, Directory, Existing, Permission, Placed};
    use std::os::unix::fs::PermissionsExt;

    const SECRET: Attributes = Attributes { permission: Permission::Exactly(0o600), owner: None };

    type Result = std::result::Result<(), Box<dyn std::error::Error>>;

    /// Bytes that come in two pieces, and may turn out to be wrong at their end.
    #[derive(Debug)]
    struct Halves {
        bytes: Vec<u8>,
        wrong: bool,
    }

    impl Stream for Halves {
        fn length(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
            let (first, second) = self.bytes.split_at(self.bytes.len() / 2);
            each(first)?;
            each(second)?;
            if self.wrong { Err(std::io::Error::other("has changed since it was checked")) } else { Ok(()) }
        }
    }

    #[test]
    fn a_stream_is_placed_by_pieces_and_compared_to_its_end() -> Result {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("to");
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| i.to_le_bytes()[1]).collect();
        let mut halves = Halves { bytes: bytes.clone(), wrong: false };
        let directory = Directory::open(dir.path())?;
        let place = |halves: &Halves| {
            directory.place_content("to".as_ref(), Content::Stream(halves), SECRET, Existing::Replace)
        };
        assert_eq!(place(&halves)?, Placed::Written);
        let mode = std::fs::metadata(&path)?.permissions().mode() & 0o7777;
        assert_eq!((std::fs::read(&path)? == bytes, mode), (true, 0o600));
        assert_eq!(place(&halves)?, Placed::Unchanged);
        let mut other = bytes.clone();
        *other.last_mut().ok_or("it is empty")? ^= 1;
        std::fs::write(&path, &other)?;
        assert_eq!(place(&halves)?, Placed::Written, "the last byte differs");
        std::fs::write(&path, "old")?;
        halves.wrong = true;
        let error = place(&halves).err().ok_or("it was placed")?;
        assert_eq!(error.to_string(), format!("{}: has changed since it was checked", path.display()));
        assert_eq!(std::fs::read(&path)?, b"old");
        assert_eq!(std::fs::read_dir(dir.path())?.count(), 1, "no temporary file is left");
        Ok(())
    }
}
