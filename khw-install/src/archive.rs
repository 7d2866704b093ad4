//! A worker's files as a tar archive: what `bundle` writes and `unpack` takes.
//!
//! Written is POSIX ustar: plain files under the names of the tutorial, sorted, root's, of no date, so that the same files
//! give the same bytes. Taken is whatever GNU tar and others make of the same files. An archive is not trusted: it is read to
//! its end before anything of it is placed, and everything that is more than a plain file of this worker is refused.

use crate::artefact::{Artefact, BINARIES};
use crate::names;
use crate::supply::Supply;
use khw_core::input::MAX_BYTES;
use khw_core::place::{Content, Stream};
use khw_core::{Error, NodeName};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use tar::{Archive, Entry, EntryType, Header};

/// Ten times a kubelet: more is no program of Kubernetes.
const MAX_PROGRAM: u64 = 1024 * 1024 * 1024;
/// What follows the end of an archive: GNU tar fills its last record with zeros.
const MAX_FILLING: u64 = 16 * 1024 * 1024;
/// A pax header of times and owners has a few hundred bytes.
const MAX_PAX: u64 = 64 * 1024;
/// tar's unit.
const BLOCK: u64 = 512;

/// A file in an archive that is written.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) name: String,
    pub(crate) mode: u32,
    pub(crate) content: Content<'a>,
}

/// An archive that comes into being while it is written.
#[derive(Debug)]
pub(crate) struct Bundle<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Bundle<'a> {
    /// # Errors
    /// When it would be refused on the other side.
    pub(crate) fn new(mut members: Vec<Member<'a>>) -> Result<Self, Error> {
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let mut room = MAX_BYTES;
        for Member { name, content, .. } in &members {
            room = take_room(name, content.len(), room)?;
        }
        Ok(Bundle { members })
    }
}

/// The room that is left for files in memory.
fn take_room(name: &str, size: u64, room: u64) -> Result<u64, Error> {
    let too_large =
        |limit: &str| Err(Error::new(format!("is larger than {limit}")).file(name).hint("is this the right file?"));
    match program_of(name) {
        Some(_) if size > MAX_PROGRAM => too_large("1 GiB"),
        Some(_) => Ok(room),
        None => room.checked_sub(size).map_or_else(|| too_large("64 MiB, together with those before it"), Ok),
    }
}

impl Stream for Bundle<'_> {
    fn length(&self) -> u64 {
        let members = self.members.iter().map(|member| BLOCK + member.content.len().next_multiple_of(BLOCK));
        members.sum::<u64>() + 2 * BLOCK
    }

    fn pieces(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        for Member { name, mode, content } in &self.members {
            each(header(name, *mode, content.len())?.as_bytes())?;
            content.pieces(&mut *each)?;
            let filling = content.len().next_multiple_of(BLOCK) - content.len();
            each(ZEROS.get(..usize::try_from(filling).unwrap_or_default()).unwrap_or_default())?;
        }
        each(&ZEROS)
    }
}

/// The end of an archive: two blocks.
const ZEROS: [u8; 1024] = [0; 1024];

fn header(name: &str, mode: u32, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    header.set_mtime(0);
    header.set_size(size);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

fn program_of(name: &str) -> Option<&'static str> {
    BINARIES.into_iter().find(|program| names::of_program(program).iter().any(|n| n == name))
}

/// What an archive may have in it.
#[derive(Debug, Clone, Copy)]
enum Expected {
    File,
    Program(&'static str),
    Directory,
}

/// Reads the files of `node` from an archive, to its very end. `shown` is its name in messages.
///
/// # Errors
/// When it is no archive, is not complete, or has anything in it but plain files of a worker, each once.
pub(crate) fn read(from: impl Read, shown: &str, node: &NodeName) -> Result<Supply, Error> {
    let mut expected: BTreeMap<String, Expected> = BTreeMap::new();
    for artefact in Artefact::ALL {
        expected.extend(names::of(artefact, node).into_iter().map(|name| (name, Expected::File)));
    }
    for program in BINARIES {
        expected.extend(names::of_program(program).into_iter().map(|name| (name, Expected::Program(program))));
    }
    let directories = ["", "configs", "units", "downloads", "downloads/worker", "downloads/client"];
    expected.extend(directories.map(|name| (name.to_owned(), Expected::Directory)));

    let failed = |cause: &io::Error| Error::io(shown, cause);
    let mut from = Watched { inner: from, ended: Cell::new(false) };
    let start = first_block(&mut from).map_err(|e| failed(&e))?;
    refuse_other(&start).map_err(|e| e.file(shown))?;
    let mut rest = start.as_slice().chain(&mut from);
    let mut taken =
        Taken { shown, supply: Supply::of_archive(shown), expected, seen: BTreeSet::new(), room: MAX_BYTES, node };
    let ended = {
        let mut archive = Archive::new(&mut rest);
        let entries = archive.entries().map_err(|e| failed(&e))?.raw(true);
        let mut described = false;
        let mut result = Ok(());
        for entry in entries {
            let taken = match entry {
                Ok(mut entry) => taken.take(&mut entry, &mut described),
                Err(cause) => Err(damaged(shown, &cause)),
            };
            if taken.is_err() {
                result = taken;
                break;
            }
        }
        result
    };
    // Where the input ended before the archive did, all else is a consequence.
    if from.ended.get() {
        return Err(cut_off().file(shown));
    }
    ended.map_err(|e| e.file(shown))?;
    refuse_more(&mut from, shown).map_err(|e| e.file(shown))?;
    Ok(taken.supply)
}

/// A reader that tells whether its end was met.
struct Watched<R> {
    inner: R,
    ended: Cell<bool>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.ended.set(self.ended.get() || length == 0 && !buffer.is_empty());
        Ok(length)
    }
}

fn first_block(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut block = Vec::new();
    from.take(BLOCK).read_to_end(&mut block)?;
    Ok(block)
}

/// Names what is given instead of an archive.
fn refuse_other(start: &[u8]) -> Result<(), Error> {
    let compressed = |how: &str, with: &str| {
        Err(Error::new(format!("is compressed with {how}"))
            .hint(format!("decompress it on the way: `{with} | khw-install unpack -`")))
    };
    match start {
        [] => Err(Error::new("is empty").hint("it is what `khw-install bundle --from DIR` writes")),
        [0x1f, 0x8b, ..] => compressed("gzip", "gzip -dc"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => compressed("xz", "xz -dc"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => compressed("zstd", "zstd -dc"),
        [b'B', b'Z', b'h', ..] => compressed("bzip2", "bzip2 -dc"),
        _ if (start.len() as u64) < BLOCK => Err(no_archive()),
        _ => Ok(()),
    }
}

/// An archive ends with two blocks of zeros, of which one was read. After its end it has nothing but zeros.
fn refuse_more(from: &mut impl Read, shown: &str) -> Result<(), Error> {
    let mut piece = vec![0; 64 * 1024];
    let mut read = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) if read < BLOCK => return Err(cut_off()),
            Ok(0) => return Ok(()),
            Ok(length) => {
                read += length as u64;
                if read > MAX_FILLING || piece.iter().take(length).any(|byte| *byte != 0) {
                    return Err(
                        Error::new("goes on after its end").hint("it is one archive that is taken, and nothing more")
                    );
                }
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(Error::io(shown, &cause)),
        }
    }
}

fn cut_off() -> Error {
    Error::new("is cut off")
        .hint("the other side broke off, or the copy is not complete: look at what it says, and bundle it again")
}

fn damaged(shown: &str, cause: &io::Error) -> Error {
    if cause.raw_os_error().is_some() {
        return Error::io(shown, cause);
    }
    // The library's own words repeat what they found, which may be a key.
    no_archive()
}

fn no_archive() -> Error {
    Error::new("is not a tar archive, or is damaged").hint("it is what `khw-install bundle --from DIR` writes")
}

/// What was read so far.
struct Taken<'n> {
    shown: &'n str,
    supply: Supply,
    expected: BTreeMap<String, Expected>,
    seen: BTreeSet<String>,
    /// Bytes that files in memory may still have.
    room: u64,
    node: &'n NodeName,
}

impl Taken<'_> {
    /// Takes one entry. `described` is whether the entry before was a pax header, which speaks of this one.
    fn take(&mut self, entry: &mut Entry<'_, impl Read>, described: &mut bool) -> Result<(), Error> {
        let path = entry.header().path_bytes().into_owned();
        let shown = String::from_utf8_lossy(&path).into_owned();
        self.take_named(entry, &shown, described).map_err(|e| if shown.is_empty() { e } else { e.field(&shown) })
    }

    fn take_named(&mut self, entry: &mut Entry<'_, impl Read>, path: &str, described: &mut bool) -> Result<(), Error> {
        let kind = entry.header().entry_type();
        let size = entry.header().entry_size().map_err(|e| damaged(self.shown, &e))?;
        if kind.is_pax_local_extensions() && !*described {
            *described = true;
            return harmless(entry, size, self.shown);
        }
        *described = false;
        let what = match kind {
            EntryType::Regular | EntryType::Directory => None,
            EntryType::Link => Some("is a hard link"),
            EntryType::Symlink => Some("is a symbolic link"),
            EntryType::Char | EntryType::Block => Some("is a device"),
            EntryType::Fifo => Some("is a pipe"),
            EntryType::GNUSparse => Some("is a sparse file"),
            EntryType::GNULongName | EntryType::GNULongLink => Some("is a record of a long name"),
            _ => Some("is a record of another kind"),
        };
        let hint = "only plain files of a worker are taken: make the archive with `khw-install bundle`";
        if let Some(what) = what {
            return Err(Error::new(what).hint(hint));
        }
        if path.starts_with('/') {
            return Err(Error::new("is an absolute path").hint(hint));
        }
        if path.split('/').any(|part| part == "..") {
            return Err(Error::new("has '..' in it").hint(hint));
        }
        let name = path.strip_prefix("./").unwrap_or(if path == "." { "" } else { path });
        let name = if kind == EntryType::Directory { name.strip_suffix('/').unwrap_or(name) } else { name };
        let expected = match (self.expected.get(name).copied(), kind) {
            (Some(Expected::Directory), EntryType::Directory) if size == 0 => Expected::Directory,
            (Some(expected @ (Expected::File | Expected::Program(_))), EntryType::Regular) => expected,
            _ => {
                return Err(Error::new(format!("is no file of {}", self.node))
                    .hint("make the archive with `khw-install bundle`; --node says which node this is"));
            }
        };
        // A program is one program under any of its names.
        let once = if let Expected::Program(program) = expected { program } else { name };
        if !self.seen.insert(once.to_owned()) {
            return Err(Error::new("is in it twice").hint(hint));
        }
        self.room = match take_room(name, size, self.room) {
            Ok(room) => room,
            Err(error) => return Err(Error::new(error.what()).hint(error.advice().unwrap_or_default())),
        };
        match expected {
            Expected::Directory => {}
            Expected::File => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(|e| damaged(self.shown, &e))?;
                self.supply.add(name, content);
            }
            Expected::Program(program) => {
                let file = unnamed(entry, self.shown)?;
                self.supply.add_program(program, name, file);
            }
        }
        Ok(())
    }
}

/// A pax header that only says what does not count here. One that gives another name or size is not obeyed and not
/// passed over: another tar would see another archive.
fn harmless(entry: &mut impl Read, size: u64, shown: &str) -> Result<(), Error> {
    const KEYS: [&str; 8] = ["mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment"];
    const BEGINNINGS: [&str; 4] = ["SCHILY.xattr.", "SCHILY.acl.", "LIBARCHIVE.", "RHT.security."];
    let hint = "make the archive with `khw-install bundle`, or with `tar --format=ustar`";
    if size > MAX_PAX {
        return Err(Error::new("is a pax header of over 64 KiB").hint(hint));
    }
    let mut records = Vec::new();
    entry.read_to_end(&mut records).map_err(|e| damaged(shown, &e))?;
    for record in tar::PaxExtensions::new(&records) {
        let record = record.map_err(|e| damaged(shown, &e))?;
        let key = String::from_utf8_lossy(record.key_bytes()).into_owned();
        if !KEYS.contains(&key.as_str()) && !BEGINNINGS.iter().any(|start| key.starts_with(start)) {
            return Err(Error::new(format!("is a pax header with '{}'", key.escape_debug())).hint(hint));
        }
    }
    Ok(())
}

/// A program in a temporary file without a name, which nobody else sees and a kill does not leave behind.
fn unnamed(from: &mut impl Read, shown: &str) -> Result<File, Error> {
    let named = std::env::var_os("TMPDIR").filter(|directory| !directory.is_empty());
    let directory = named.map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from);
    let failed = |cause: &io::Error| {
        Error::io(directory.display(), cause).hint("TMPDIR names another directory for what is not placed yet")
    };
    let mut file = tempfile::tempfile_in(&directory).map_err(|e| failed(&e))?;
    let mut piece = vec![0; 256 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => file.write_all(piece.get(..length).unwrap_or_default()).map_err(|e| failed(&e))?,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(damaged(shown, &cause)),
        }
    }
    file.rewind().map_err(|e| failed(&e))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::{Bundle, Member, read};
    use khw_core::place::{Content, Stream};

    /// What is changed, cut out or doubled in an archive is taken as content or refused, and is never a panic or another name.
    #[test]
    fn any_change_of_an_archive_is_taken_or_refused() {
        let node = "worker-1".parse().unwrap();
        let names = ["ca.crt", "worker-1.key", "kubelet.service"];
        let member = |name: &str| Member { name: name.to_owned(), mode: 0o600, content: Content::Bytes(b"content") };
        let bundle = Bundle::new(names.map(member).into()).unwrap();
        let mut good = Vec::new();
        let all = bundle.pieces(&mut |piece| {
            good.extend_from_slice(piece);
            Ok(())
        });
        assert!(all.is_ok() && good.len() as u64 == bundle.length());
        assert_eq!(read(good.as_slice(), "it", &node).unwrap().names(), ["ca.crt", "kubelet.service", "worker-1.key"]);
        // A linear congruential generator (Knuth's MMIX): the same changes in every run.
        let mut state = 1_u64;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % limit
        };
        let mut refused = 0;
        for _ in 0..5_000 {
            let mut bytes = good.clone();
            for _ in 0..=below(3) {
                let at = below(bytes.len());
                match below(4) {
                    0 => bytes.truncate(at.max(1)),
                    1 => drop(bytes.drain(at / 512 * 512..(at / 512 * 512 + 512).min(bytes.len()))),
                    2 => bytes.extend_from_within(at / 512 * 512..),
                    _ => bytes[at] = u8::try_from(below(256)).unwrap(),
                }
                bytes.push(0);
            }
            match read(bytes.as_slice(), "it", &node) {
                Ok(supply) => assert!(supply.names().iter().all(|name| names.contains(name)), "{:?}", supply.names()),
                Err(error) => {
                    assert!(error.advice().is_some(), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 2_500, "{refused}");
    }
}
