//! A download site for tests: real TLS, or none, and answers that break off, lie or stop as the test wants; and a proxy.

use crate::Sandbox;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The path.
    pub path: String,
    /// The first byte of a `Range: bytes=N-`.
    pub from: Option<usize>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers but the length.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as far as it is sent.
    pub body: Vec<u8>,
    /// The length that is said; that of the body when none is given.
    pub length: Option<usize>,
    /// What happens after the body.
    pub then: Then,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The connection is closed as it should be.
    Close,
    /// It is dropped without a word of TLS.
    BreakOff,
    /// Nothing more comes until the client goes away.
    Stall,
}

impl Reply {
    /// The whole body with this status.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply { status, headers: Vec::new(), body: body.into(), length: None, then: Then::Close }
    }

    /// `content`, or the rest of it when only that was asked for, as RFC 9110 (14) wants it.
    pub fn file(content: &[u8], wanted: &Wanted) -> Self {
        let all = content.len();
        let mut reply = match wanted.from {
            None => return Reply::new(200, content),
            Some(from) if from >= all => Reply::new(416, ""),
            Some(from) => Reply::new(206, &content[from..]),
        };
        let range = match wanted.from {
            Some(from) if from < all => format!("bytes {from}-{}/{all}", all - 1),
            _ => format!("bytes */{all}"),
        };
        reply.headers.push(("Content-Range", range));
        reply
    }

    /// Only so many bytes of the body, of which all are promised.
    pub fn cut(mut self, after: usize, then: Then) -> Self {
        self.length = Some(self.body.len());
        self.body.truncate(after);
        self.then = then;
        self
    }
}

type Answer = dyn Fn(&Wanted) -> Reply + Send + Sync;

/// A server on a port of its own. It goes on until the test process ends.
#[derive(Debug)]
pub struct FileServer {
    /// Where it listens: 127.0.0.1 and a free port.
    pub address: SocketAddr,
    /// All that was asked so far.
    pub wanted: Arc<Mutex<Vec<Wanted>>>,
}

impl FileServer {
    /// Serves over TLS with `NAME.crt` and `NAME.key` of the sandbox.
    pub fn start(sandbox: &Sandbox, name: &str, answer: impl Fn(&Wanted) -> Reply + Send + Sync + 'static) -> Self {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(sandbox.path(format!("{name}.crt")))
            .expect("a certificate")
            .map(|c| c.expect("PEM"))
            .collect();
        let key = PrivateKeyDer::from_pem_file(sandbox.path(format!("{name}.key"))).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate");
        Self::serve(Some(Arc::new(config)), answer)
    }

    /// Serves over plain http.
    pub fn start_plain(answer: impl Fn(&Wanted) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(None, answer)
    }

    fn serve(tls: Option<Arc<ServerConfig>>, answer: impl Fn(&Wanted) -> Reply + Send + Sync + 'static) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let wanted = Arc::new(Mutex::new(Vec::new()));
        let log = wanted.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, log) = (tls.clone(), answer.clone(), log.clone());
                std::thread::spawn(move || {
                    // A client that breaks off is what some tests are about.
                    let _ = match tls {
                        None => reply(stream, &*answer, &log),
                        Some(config) => match ServerConnection::new(config) {
                            Ok(connection) => reply(StreamOwned::new(connection, stream), &*answer, &log),
                            Err(_) => Ok(()),
                        },
                    };
                });
            }
        });
        FileServer { address, wanted }
    }
}

/// A stream that can be ended in an orderly way.
trait End: Read + Write {
    fn end(&mut self);
}

impl End for TcpStream {
    fn end(&mut self) {}
}

impl End for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

/// One answer for each connection.
fn reply(stream: impl End, answer: &Answer, log: &Mutex<Vec<Wanted>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut wanted = Wanted { path: line.split(' ').nth(1).unwrap_or_default().to_owned(), from: None };
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some(range) = header.to_lowercase().trim().strip_prefix("range: bytes=") {
            wanted.from = range.trim_end_matches('-').parse().ok();
        }
    }
    log.lock().expect("the log").push(wanted.clone());
    let reply = answer(&wanted);
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", reply.length.unwrap_or(reply.body.len())));
    let stream = reader.get_mut();
    stream.write_all(head.as_bytes())?;
    stream.write_all(&reply.body)?;
    stream.flush()?;
    match reply.then {
        Then::Close => stream.end(),
        Then::BreakOff => {}
        Then::Stall => drop(reader.read_to_end(&mut Vec::new())),
    }
    Ok(())
}

/// A proxy that makes tunnels (`CONNECT`). It goes on until the test process ends.
#[derive(Debug)]
pub struct ConnectProxy {
    /// Where it listens: 127.0.0.1 and a free port.
    pub address: SocketAddr,
    /// The heads of all requests so far.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    /// Makes every tunnel to `to`, whatever name was asked for; with none it refuses.
    pub fn start(to: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = log.clone();
                std::thread::spawn(move || tunnel(client, to, &log));
            }
        });
        ConnectProxy { address, asked }
    }
}

fn tunnel(mut client: TcpStream, to: Option<SocketAddr>, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = Vec::new();
    // A byte at a time: what follows the head belongs to the tunnel.
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    log.lock().expect("the log").push(String::from_utf8_lossy(&head).into_owned());
    let Some(to) = to else {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    };
    let mut server = TcpStream::connect(to)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        to_server.shutdown(std::net::Shutdown::Write)
    });
    std::io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Write)
}
