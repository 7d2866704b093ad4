//! One program from the first question to its name: sum, content with as many tries as are allowed, comparison.

use super::part::{Part, Store};
use super::progress::Progress;
use super::site::{Failure, Site};
use crate::binary;
use crate::checksum::{Algorithm, Checksum};
use khw_core::Error;
use std::io::Read;
use std::time::Duration;
use ureq::Body;
use ureq::http::{HeaderMap, Response, StatusCode};

/// More than any checksum file has.
const MOST_OF_A_SUM: u64 = 4 * 1024;

/// More than any program has: a kubelet of 1.37 has some 60 MB, of 1.20 some 110 MB.
const MOST_OF_A_PROGRAM: u64 = 1 << 30;

/// An interruption after so many new bytes is no failed try: a bad line still carries a large program to its end.
const PROGRESS: u64 = 1 << 20;

/// The first break between two tries; each is twice as long as the one before.
const FIRST_BREAK: Duration = Duration::from_millis(250);
const LONGEST_BREAK: Duration = Duration::from_secs(16);

/// A program to fetch.
#[derive(Debug)]
pub(crate) struct Wish {
    /// Its name.
    pub(crate) program: &'static str,
    /// The name of the unfinished file.
    pub(crate) part: String,
    /// Where it is.
    pub(crate) address: String,
    /// Where its checksum is.
    pub(crate) sum_address: String,
    /// Of which function that is.
    pub(crate) algorithm: Algorithm,
}

/// What all downloads share.
pub(crate) struct Transfer<'a> {
    pub(crate) site: &'a Site,
    pub(crate) store: &'a Store,
    pub(crate) progress: &'a Progress,
    pub(crate) retries: u32,
}

/// What a `Content-Range` says (RFC 9110, 14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// `bytes 100-199/200`: from which byte on, and of how many.
    From(u64, u64),
    /// `bytes */200`: none of it, and how many there are.
    None(u64),
}

impl Transfer<'_> {
    /// Fetches it. Gives what was done, and the mode of the file.
    ///
    /// # Errors
    /// When it could not be had, or is not what its checksum says.
    pub(crate) fn run(&self, wish: &Wish) -> Result<(&'static str, u32), Error> {
        let sum = self.retried(wish.program, || (self.sum(wish), 0))?;
        if let Some((mode, found)) = self.store.found(wish.program, wish.algorithm)?
            && found == sum
        {
            return Ok(("unchanged", mode));
        }
        let mut part = self.store.part(wish.part.clone())?;
        loop {
            let resumed = part.length() > 0;
            self.retried(wish.program, || {
                let before = part.length();
                let ended = self.content(wish, &mut part);
                (ended, part.length().saturating_sub(before))
            })?;
            let (found, head) = part.sum(wish.algorithm)?;
            if found == sum {
                return Ok(("fetched", part.finish(wish.program)?));
            }
            // What an earlier run left may be from elsewhere: only a file that came as a whole is judged.
            part.clear()?;
            if !resumed {
                part.remove()?;
                return Err(mismatch(wish, &sum, &found, &head));
            }
            self.progress.note(format_args!("{}: what an earlier run left does not fit; it begins anew", wish.program));
        }
    }

    /// Tries until it succeeds, fails for good, or was tried often enough. `attempt` gives also the new bytes that it brought.
    fn retried<T>(&self, program: &str, mut attempt: impl FnMut() -> (Result<T, Failure>, u64)) -> Result<T, Error> {
        let (mut failed, mut pause) = (0, FIRST_BREAK);
        loop {
            let (error, asked) = match attempt() {
                (Ok(value), _) => return Ok(value),
                (Err(Failure::Final(error)), _) => return Err(*error),
                (Err(Failure::Again(error, asked)), new) => {
                    if new >= PROGRESS {
                        (failed, pause) = (0, FIRST_BREAK);
                    }
                    (*error, asked)
                }
            };
            if failed == self.retries {
                return Err(error.hint("run it again when the line is better: it goes on where it ended"));
            }
            failed += 1;
            let pause_now = asked.unwrap_or(pause);
            self.progress.note(format_args!("{program}: {error}; try {failed} of {} in {pause_now:?}", self.retries));
            std::thread::sleep(pause_now);
            pause = (pause * 2).min(LONGEST_BREAK);
        }
    }

    /// The checksum of a program.
    fn sum(&self, wish: &Wish) -> Result<Checksum, Failure> {
        let about = |failure: Failure| failure.at(&wish.sum_address);
        let response = self.site.get(&wish.sum_address, 0).map_err(about)?;
        let mut text = Vec::new();
        let mut body = response.into_body().into_reader().take(MOST_OF_A_SUM + 1);
        body.read_to_end(&mut text).map_err(|e| about(self.site.failure(e.into())))?;
        let served = std::str::from_utf8(&text).ok().filter(|_| text.len() as u64 <= MOST_OF_A_SUM);
        served.and_then(|text| Checksum::served(wish.algorithm, text)).ok_or_else(|| {
            let page = if text.trim_ascii_start().starts_with(b"<") { ": it is a page of HTML or XML" } else { "" };
            let what = format!("is no {} sum{page}", wish.algorithm.name());
            about(Error::new(what).hint("look at the address in a browser: is it the site that was meant?").into())
        })
    }

    /// The content, as far as it comes.
    fn content(&self, wish: &Wish, part: &mut Part<'_>) -> Result<(), Failure> {
        let about = |failure: Failure| failure.at(&wish.address);
        let mut response = self.site.get(&wish.address, part.length())?;
        match (response.status(), range(response.headers())) {
            // It is all there, only its sum was not compared any more.
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(Range::None(all))) if all == part.length() => return Ok(()),
            (StatusCode::PARTIAL_CONTENT, Some(Range::From(first, _))) if first == part.length() => {}
            (StatusCode::OK, _) => part.clear()?,
            // A server that does not send what it was asked for.
            _ => {
                part.clear()?;
                response = self.site.get(&wish.address, 0)?;
                if response.status() != StatusCode::OK {
                    let what = format!("answers {} though all of it was asked for", response.status().as_u16());
                    return Err(about(Error::new(what).into()));
                }
            }
        }
        let total = total(&response, part.length());
        if total.is_some_and(|total| total > MOST_OF_A_PROGRAM) {
            return Err(about(too_large().into()));
        }
        self.progress.begins(wish.program, &wish.address, part.length(), total);
        let mut body = response.into_body().into_reader();
        let mut piece = vec![0; 256 * 1024];
        loop {
            let length = body.read(&mut piece).map_err(|e| about(self.site.failure(e.into())))?;
            if length == 0 {
                break;
            }
            part.append(piece.get(..length).unwrap_or_default())?;
            self.progress.advances(wish.program, length as u64);
            if part.length() > MOST_OF_A_PROGRAM {
                part.clear()?;
                return Err(about(too_large().into()));
            }
        }
        match total.filter(|total| part.length() < *total) {
            Some(total) => {
                let what = format!("ended after {} of {total} bytes", part.length());
                Err(about(Failure::again(Error::new(what))))
            }
            None => Ok(()),
        }
    }
}

/// How many bytes the whole file has, as far as the server says.
fn total(response: &Response<Body>, from: u64) -> Option<u64> {
    match range(response.headers()) {
        Some(Range::From(_, all)) if response.status() == StatusCode::PARTIAL_CONTENT => Some(all),
        _ => response.body().content_length().map(|length| from + length),
    }
}

fn range(headers: &HeaderMap) -> Option<Range> {
    let (range, all) = headers.get("content-range")?.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
    let all = all.trim().parse().ok()?;
    match range.trim().split_once('-') {
        Some((first, _)) => Some(Range::From(first.parse().ok()?, all)),
        None => (range.trim() == "*").then_some(Range::None(all)),
    }
}

fn too_large() -> Error {
    Error::new("is larger than 1 GiB, which no program of Kubernetes is").hint("is this the right mirror?")
}

fn mismatch(wish: &Wish, sum: &Checksum, found: &Checksum, head: &[u8]) -> Error {
    let name = wish.algorithm.name();
    let what = what_it_is(head);
    Error::new(format!("its {name} is {}, not {} as {} says{what}", found.hex(), sum.hex(), wish.sum_address))
        .file(&wish.address)
        .hint("nothing was kept; try another mirror, and look for a proxy in between that changes what it carries")
}

/// `: it is a page of HTML or XML, not a program`, when it is no program at all.
fn what_it_is(head: &[u8]) -> String {
    if head.starts_with(b"\x7fELF") { String::new() } else { format!(": it {}", binary::no_program(head)) }
}

#[cfg(test)]
mod tests {
    use super::{Range, range};
    use ureq::http::HeaderMap;

    #[test]
    fn content_ranges_are_those_of_http() {
        for (text, expected) in [
            ("bytes 100-199/200", Some(Range::From(100, 200))),
            ("bytes */200", Some(Range::None(200))),
            ("bytes 100-199/*", None),
            ("bytes 0-", None),
            ("items 0-1/2", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-range", text.parse().unwrap());
            assert_eq!(range(&headers), expected, "{text}");
        }
        assert_eq!(range(&HeaderMap::new()), None);
    }
}
