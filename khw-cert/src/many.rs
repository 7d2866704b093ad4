//! `khw-cert node --from`: the pairs of many nodes, on all cores.
//!
//! A thread takes one node after the other, writes key and certificate under temporary names, and once in a while makes
//! what it wrote durable with one `syncfs` and gives it its names: a fsync for each of the files would take longer than
//! all of the cryptography. The key gets its name before the certificate, so that whatever stops the run, no
//! certificate is there without its key; a key without its certificate gets one in the next run.

use crate::args;
use crate::authority::Authority;
use crate::certificate::Certificate;
use crate::generated::Generated;
use crate::identity::Identity;
use crate::issue::Validity;
use crate::key::{KeyType, PrivateKey};
use crate::list::List;
use crate::pair::{self, KEY};
use crate::{authority, leaf, pem_file, policy};
use khw_core::input::Input;
use khw_core::output::Kind;
use khw_core::place::{self, Directory, Existing, Staged};
use khw_core::{Error, Exit, cli};
use std::io::{IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// So many pairs, or so much time, until what was written gets its names. On a busy disk a `syncfs` takes half a second,
/// so it must not be done for every few pairs.
const BATCH: usize = 4096;
const BATCH_TIME: Duration = Duration::from_secs(2);
/// So many of the nodes that could not be made are named.
const NAMED: usize = 20;

/// What all threads share.
struct Job {
    list: List,
    ca: Authority,
    validity: Validity,
    key_type: KeyType,
    directory: PathBuf,
    /// The directory of all files, unless each node has its own.
    open: Option<Directory>,
    existing: Existing,
    next: AtomicUsize,
    stop: AtomicBool,
}

/// What became of nodes.
enum Event {
    /// So many pairs got their names, and so many keys that were there before a certificate.
    Named {
        written: usize,
        completed: usize,
    },
    Kept,
    /// Something is in the way: the others go on.
    Blocked(Error),
    /// The disk is full, or the like: the run ends.
    Failed(Error),
}

/// A pair that waits for its names.
struct Waiting {
    /// Not there when the key was there before.
    key: Option<(PathBuf, Staged)>,
    certificate: Staged,
    /// A directory that was made for it, which goes away with it.
    made: Option<PathBuf>,
}

pub(crate) fn run(from: &Path, arguments: &args::Node) -> anyhow::Result<Exit> {
    let input = Input::new(from);
    let signer = &arguments.signer;
    if input == Input::Stdin && authority::reads_standard_input(signer)? {
        return Err(Error::new("standard input cannot be both the list and the CA")
            .hint("name a file for one of them, or a file descriptor: --ca-key fd:3 3< ca.key")
            .into());
    }
    let list = List::parse(input.read_text()?).map_err(|e| e.file(&input))?;
    let ca = Authority::of(signer)?;
    let directory = pair::directory(arguments.making.directory.as_deref(), &signer.ca);
    let directory = if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory };
    if !directory.is_dir() {
        return Err(Error::new("is no directory").file(directory.display()).hint("make the directory first").into());
    }
    if arguments.making.force {
        let stem = signer.ca.file_stem().unwrap_or_default();
        let names = (0..list.len()).filter_map(|at| list.node(at));
        for Identity { stem, .. } in names.filter(|identity| identity.stem.as_str() == stem) {
            let directory = if arguments.dir_per_node { directory.join(&stem) } else { directory.clone() };
            let file = |ending: &str| directory.join(format!("{stem}.{ending}"));
            pair::spare_signer(&[&file("key"), &file("crt")], signer)?;
        }
    }
    let job = Job {
        validity: ca.validity(arguments.lifetime.days)?,
        list,
        ca,
        key_type: arguments.making.key_type,
        open: (!arguments.dir_per_node).then(|| Directory::open(&directory)).transpose()?,
        existing: if arguments.making.force { Existing::Replace } else { Existing::Refuse },
        directory,
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(job.list.len());
    let (sender, receiver) = channel();
    let count = std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(|| work(&job, sender));
        }
        drop(sender);
        watch(&receiver, job.list.len())
    });
    place::sync_file_system(&job.directory)?;
    count.end()
}

/// What a thread does.
fn work(job: &Job, sender: Sender<Event>) {
    // The receiver lives as long as the threads; were it gone, nobody would want to know.
    let tell = |event| drop(sender.send(event));
    let (mut waiting, mut since) = (Vec::new(), Instant::now());
    while !job.stop.load(Ordering::Relaxed) {
        let Some(identity) = job.list.node(job.next.fetch_add(1, Ordering::Relaxed)) else { break };
        if waiting.is_empty() {
            since = Instant::now();
        }
        match make(job, &identity) {
            Ok(Made::Kept) => tell(Event::Kept),
            Ok(Made::Pair(pair)) => waiting.push(pair),
            Ok(Made::Blocked(error)) => tell(Event::Blocked(error)),
            Err(error) => {
                job.stop.store(true, Ordering::Relaxed);
                tell(Event::Failed(error));
            }
        }
        if waiting.len() >= BATCH || since.elapsed() >= BATCH_TIME {
            name(job, &mut waiting, &tell);
        }
    }
    name(job, &mut waiting, &tell);
}

/// Makes what waits durable, then gives it its names.
fn name(job: &Job, waiting: &mut Vec<Waiting>, tell: &dyn Fn(Event)) {
    if waiting.is_empty() {
        return;
    }
    if let Err(error) = place::sync_file_system(&job.directory) {
        job.stop.store(true, Ordering::Relaxed);
        tell(Event::Failed(error));
        waiting.drain(..).for_each(discard);
        return;
    }
    let (mut written, mut completed) = (0, 0);
    for pair in waiting.drain(..) {
        let counted = if pair.key.is_none() { &mut completed } else { &mut written };
        match name_one(pair, job.existing) {
            Ok(()) => *counted += 1,
            Err(error) => tell(Event::Blocked(error)),
        }
    }
    // Once for all of them: each time wakes the thread that counts.
    tell(Event::Named { written, completed });
}

fn name_one(pair: Waiting, existing: Existing) -> Result<(), Error> {
    let mut named = None;
    if let Some((path, key)) = pair.key {
        key.place(existing)?;
        named = Some(path);
    }
    pair.certificate.place(existing).inspect_err(|_| {
        if let Some(key) = named.filter(|_| existing == Existing::Refuse) {
            // The key is new and nobody has seen it: without its certificate it is of no use.
            let _ = std::fs::remove_file(key);
        }
    })
}

fn discard(pair: Waiting) {
    drop((pair.key, pair.certificate));
    if let Some(directory) = pair.made {
        // Only when it is empty.
        let _ = std::fs::remove_dir(directory);
    }
}

enum Made {
    Kept,
    Pair(Waiting),
    Blocked(Error),
}

/// Makes the pair of one node, or finds that it is there. An error ends the run.
fn make(job: &Job, identity: &Identity) -> Result<Made, Error> {
    let mut directory = job.directory.clone();
    // `./worker-1.key` would stand in every message.
    if directory.as_os_str() == "." {
        directory = PathBuf::new();
    }
    let mut made = None;
    if job.open.is_none() {
        directory.push(&identity.stem);
        match std::fs::create_dir(&directory) {
            Ok(()) => made = Some(directory.clone()),
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(Error::io(directory.display(), &cause)),
        }
    }
    let key_path = directory.join(format!("{}.key", identity.stem));
    let certificate_path = directory.join(format!("{}.crt", identity.stem));
    let there = |path: &Path| std::fs::symlink_metadata(path).is_ok();
    let old_key = match (there(&key_path), there(&certificate_path)) {
        _ if job.existing == Existing::Replace => None,
        (false, false) => None,
        (true, false) => match read_key(&key_path) {
            Ok(key) => Some(key),
            Err(error) => return Ok(Made::Blocked(error)),
        },
        (false, true) => {
            return Ok(Made::Blocked(
                Error::new("is there without its key")
                    .file(certificate_path.display())
                    .hint("remove it, or put the key beside it"),
            ));
        }
        (true, true) => {
            return Ok(match is_as_listed(job, identity, &key_path, &certificate_path) {
                Ok(()) => Made::Kept,
                Err(error) => Made::Blocked(error),
            });
        }
    };
    let result = stage(job, identity, &key_path, &certificate_path, old_key);
    match result {
        Ok((key, certificate)) => Ok(Made::Pair(Waiting { key, certificate, made })),
        Err(error) => {
            if let Some(made) = made {
                let _ = std::fs::remove_dir(made);
            }
            Err(error)
        }
    }
}

type StagedPair = (Option<(PathBuf, Staged)>, Staged);

fn stage(
    job: &Job,
    identity: &Identity,
    key_path: &Path,
    certificate_path: &Path,
    old_key: Option<PrivateKey>,
) -> Result<StagedPair, Error> {
    let opened;
    let directory = match &job.open {
        Some(open) => open,
        None => {
            opened = Directory::open(key_path.parent().unwrap_or(&job.directory))?;
            &opened
        }
    };
    let subject = leaf::subject(identity)?;
    let certify = |public_key: &[u8]| {
        let der = leaf::certificate_der(identity, &subject, public_key, &job.ca, job.validity)?;
        Ok::<_, Error>(pem_file::encode("CERTIFICATE", &der))
    };
    let (key, certificate) = match old_key {
        Some(old) => (None, certify(old.public_key_der())?),
        None => {
            let key = Generated::new(job.key_type)?;
            let certificate = certify(key.public_key_der())?;
            (Some((key_path.to_owned(), directory.stage(key_path, key.to_pem().as_bytes(), KEY)?)), certificate)
        }
    };
    let staged = directory.stage(certificate_path, certificate.as_bytes(), Kind::Public.attributes())?;
    Ok((key, staged))
}

fn read_key(path: &Path) -> Result<PrivateKey, Error> {
    let input = Input::File(path.to_owned());
    let content = Zeroizing::new(input.read()?);
    PrivateKey::from_pem(&content).map_err(|e| e.file(&input))
}

/// Whether a pair that is there is the one that this run would make.
fn is_as_listed(job: &Job, identity: &Identity, key: &Path, certificate: &Path) -> Result<(), Error> {
    let input = Input::File(certificate.to_owned());
    let found = Certificate::from_pem(&input.read()?).map_err(|e| e.file(&input))?;
    let differs = |what: String| {
        Err(Error::new(what).file(&input).hint("move it away, or say --force to make all pairs of the list anew"))
    };
    if !read_key(key)?.belongs_to(&found) {
        return differs(format!("is not the certificate of {}", key.display()));
    }
    if !found.is_signed_by(&job.ca.certificate) {
        return differs("was not signed by this CA".to_owned());
    }
    if found.subject_der() != leaf::subject(identity)? {
        return differs(format!("is of {}", found.subject()));
    }
    let mut names: Vec<String> = found.dns_names().iter().map(|name| format!("DNS:{name}")).collect();
    names.extend(found.ip_addresses().iter().map(|ip| format!("IP:{ip}")));
    let listed = policy::shown(&identity.names);
    if let Some(missing) = listed.split(", ").find(|name| !names.iter().any(|has| has == name)) {
        return differs(format!("lacks {missing} of the list"));
    }
    if names.len() != identity.names.len() {
        return differs("has names that the list does not have".to_owned());
    }
    if found.not_after() < OffsetDateTime::now_utc() {
        return differs("is expired".to_owned());
    }
    if !found.has_server_usage() || !found.has_client_usage() {
        return differs("is not for both server and client".to_owned());
    }
    Ok(())
}

#[derive(Default)]
struct Count {
    all: usize,
    written: usize,
    completed: usize,
    kept: usize,
    blocked: usize,
    failed: Option<Error>,
}

/// Counts what the threads tell, and shows it on a terminal.
fn watch(receiver: &Receiver<Event>, all: usize) -> Count {
    let terminal = std::io::stderr().is_terminal();
    let mut count = Count { all, ..Count::default() };
    let (start, mut shown) = (Instant::now(), Instant::now());
    loop {
        match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(Event::Named { written, completed }) => {
                count.written += written;
                count.completed += completed;
            }
            Ok(Event::Kept) => count.kept += 1,
            Ok(Event::Blocked(error)) => {
                count.blocked += 1;
                if count.blocked <= NAMED {
                    clear(terminal);
                    cli::warn("khw-cert", error);
                }
            }
            Ok(Event::Failed(error)) => {
                count.failed.get_or_insert(error);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if terminal && shown.elapsed() > Duration::from_millis(100) {
            shown = Instant::now();
            progress(&count, start.elapsed());
        }
    }
    clear(terminal);
    count
}

/// One line, written over and over.
fn progress(count: &Count, elapsed: Duration) {
    let done = count.done();
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let _ = write!(std::io::stderr(), "\r{done} of {} nodes, {rate:.0} a second\x1b[K", count.all);
}

fn clear(terminal: bool) {
    if terminal {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

impl Count {
    fn done(&self) -> usize {
        self.written + self.completed + self.kept + self.blocked
    }

    fn end(self) -> anyhow::Result<Exit> {
        if self.blocked > NAMED {
            cli::warn("khw-cert", format_args!("and {} more", self.blocked - NAMED));
        }
        let mut parts = vec![format!("{} written", self.written)];
        for (number, word) in [(self.completed, "completed"), (self.kept, "kept"), (self.blocked, "not made")] {
            if number > 0 {
                parts.push(format!("{number} {word}"));
            }
        }
        cli::note("khw-cert", format_args!("{} of {} nodes: {}", self.done(), self.all, parts.join(", ")));
        if let Some(error) = self.failed {
            return Err(error.hint("run it again when that is put right: what is there is kept").into());
        }
        if self.blocked > 0 {
            return Err(Error::new(format!("{} of {} pairs could not be made", self.blocked, self.all))
                .hint("see the warnings; run it again when they are dealt with: what is there is kept")
                .into());
        }
        Ok(Exit::Done)
    }
}
