//! An API server for tests: real TLS with client certificates, and answers that the test gives.

use crate::Sandbox;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// What a client asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// GET, POST.
    pub method: String,
    /// The path.
    pub path: String,
    /// The `Accept` header.
    pub accept: String,
    /// The JSON body, or null.
    pub body: Value,
    /// Whether a client certificate was shown.
    pub with_certificate: bool,
}

/// A server on a port of its own. It goes on until the test process ends.
#[derive(Debug)]
pub struct ApiServer {
    /// Where it listens: 127.0.0.1 and a free port.
    pub address: SocketAddr,
    /// All that was asked so far.
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

/// The `Date` that the answers carry; `None` for now.
pub type Date = Option<&'static str>;

impl ApiServer {
    /// Serves with `NAME.crt` and `NAME.key` of the sandbox, and takes client certificates of `client_ca`. Without one it asks for
    /// none, and so refuses none before it answers, which a real API server does not do either.
    pub fn start(
        sandbox: &Sandbox,
        name: &str,
        client_ca: &str,
        date: Date,
        answer: impl Fn(&Asked) -> (u16, Value) + Send + Sync + 'static,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let certificates = |file: &str| -> Vec<CertificateDer<'static>> {
            CertificateDer::pem_file_iter(sandbox.path(file)).expect(file).map(|c| c.expect("PEM")).collect()
        };
        let verifier = if client_ca.is_empty() {
            WebPkiClientVerifier::no_client_auth()
        } else {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(client_ca));
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .allow_unauthenticated()
                .build()
                .expect("a verifier")
        };
        let key = PrivateKeyDer::from_pem_file(sandbox.path(format!("{name}.key"))).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(&format!("{name}.crt")), key)
            .expect("a certificate");
        let (config, answer) = (Arc::new(config), Arc::new(answer));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, answer, log) = (config.clone(), answer.clone(), log.clone());
                std::thread::spawn(move || {
                    let Ok(connection) = ServerConnection::new(config) else { return };
                    // A client that breaks off is what some tests are about.
                    let _ = serve(StreamOwned::new(connection, stream), date, &*answer, &log);
                });
            }
        });
        ApiServer { address, asked }
    }
}

type Answer = dyn Fn(&Asked) -> (u16, Value) + Send + Sync;

fn serve(
    stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    date: Date,
    answer: &Answer,
    log: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let (mut length, mut accept) = (0, String::new());
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':') {
                match name.to_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap_or(0),
                    "accept" => value.trim().clone_into(&mut accept),
                    _ => {}
                }
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let with_certificate = reader.get_ref().conn.peer_certificates().is_some();
        let asked = Asked { method, path, accept, body, with_certificate };
        log.lock().expect("the log").push(asked.clone());
        let (status, body) = answer(&asked);
        let body = body.to_string();
        let date = date.map_or_else(String::new, |date| format!("Date: {date}\r\n"));
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{date}\r\n",
            body.len()
        );
        let stream = reader.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        stream.flush()?;
    }
}
