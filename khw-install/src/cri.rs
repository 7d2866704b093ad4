//! One call to a container runtime: `/runtime.v1.RuntimeService/Version` over its socket.
//!
//! A gRPC library would be the largest dependency of khw for one question. HTTP/2 (RFC 9113) lets one ask it by hand: the
//! connection preface, a request whose headers are literals (RFC 7541, 6.2.2), one message. Headers of the answer are not
//! decoded, which would need HPACK's tables; it is enough that a service that exists answers with a DATA frame, and one that
//! does not exist answers with trailers alone. Proven by that: something speaks HTTP/2, and has this service.

use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What the runtime says.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has CRI v1, and calls itself so.
    Version {
        /// `containerd`, `cri-o`.
        name: String,
        /// Its version.
        version: String,
    },
    /// It answers, but has no such service.
    Unknown,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const WAIT: Duration = Duration::from_secs(5);

/// Asks for the version.
///
/// # Errors
/// When nobody listens, answers in time, or speaks HTTP/2.
pub fn version(socket: &Path) -> Result<Answer, Error> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    let mut request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut request, SETTINGS, 0, 0, &[]);
    let mut headers = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/runtime.v1.RuntimeService/Version"),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        // A literal without indexing, name and value as plain octets shorter than 127.
        headers.push(0);
        for text in [name, value] {
            headers.push(u8::try_from(text.len()).unwrap_or(0));
            headers.extend(text.as_bytes());
        }
    }
    frame(&mut request, HEADERS, END_HEADERS, 1, &headers);
    // One uncompressed, empty VersionRequest.
    frame(&mut request, DATA, END_STREAM, 1, &[0, 0, 0, 0, 0]);
    stream.write_all(&request)?;
    let mut message = Vec::new();
    // A runtime answers in a handful of frames.
    for _ in 0..64 {
        let (kind, flags, id, payload) = read_frame(&mut stream)?;
        match (kind, id) {
            (DATA, 1) => message.extend(payload),
            (HEADERS, 1) if flags & END_STREAM != 0 => {
                return Ok(if message.is_empty() { Answer::Unknown } else { parse(&message) });
            }
            (SETTINGS, _) if flags & ACK == 0 => {
                let mut ack = Vec::new();
                frame(&mut ack, SETTINGS, ACK, 0, &[]);
                stream.write_all(&ack)?;
            }
            (PING, _) if flags & ACK == 0 => {
                let mut ack = Vec::new();
                frame(&mut ack, PING, ACK, 0, &payload);
                stream.write_all(&ack)?;
            }
            (GOAWAY, _) => return Err(Error::new(ErrorKind::ConnectionAborted, "it ends the connection")),
            _ => {}
        }
    }
    Err(Error::new(ErrorKind::InvalidData, "it does not come to an end"))
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_be_bytes();
    out.extend(length.iter().skip(1));
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
}

fn read_frame(stream: &mut impl Read) -> Result<(u8, u8, u32, Vec<u8>), Error> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let [a, b, c, kind, flags, id @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    // The greatest frame that may be sent without being asked for larger ones (RFC 9113, 4.2).
    if length > 16_384 {
        return Err(Error::new(ErrorKind::InvalidData, "it does not speak HTTP/2"));
    }
    let mut payload = vec![0; usize::try_from(length).unwrap_or(0)];
    stream.read_exact(&mut payload)?;
    Ok((kind, flags, u32::from_be_bytes(id) & 0x7fff_ffff, payload))
}

/// A VersionResponse: fields 2 (runtime_name) and 3 (runtime_version), both strings.
fn parse(message: &[u8]) -> Answer {
    let (mut name, mut version) = (String::new(), String::new());
    let mut rest = message.get(5..).unwrap_or_default();
    while let [tag, length, more @ ..] = rest {
        let length = usize::from(*length);
        let Some(text) = more.get(..length) else { break };
        let text = String::from_utf8_lossy(text).into_owned();
        match tag {
            0x12 => name = text,
            0x1a => version = text,
            _ => {}
        }
        rest = more.get(length..).unwrap_or_default();
    }
    Answer::Version { name, version }
}
