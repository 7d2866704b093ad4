//! The API server as a node sees it: with the CA, the certificate and the address of the node's own kubeconfig.
//!
//! Each failure is named by the cause that it really has: a name that is not found, a port where nobody listens, another CA,
//! another name in the certificate, a date, a certificate that the server does not take.

use crate::target::Target;
use khw_cert::{Certificate, PrivateKey};
use khw_core::Error;
use khw_core::finding::Finding;
use khw_kubeconfig::{Kubeconfig, ServerUrl};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, CertificateError};
use serde_json::Value;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use ureq::tls::{ClientCert, RootCerts, TlsConfig};

/// The names of the findings.
pub const CHECKS: &[&str] = &[
    "server-not-resolved",
    "server-refused",
    "server-not-reached",
    "server-no-tls",
    "server-unknown-ca",
    "server-wrong-name",
    "server-certificate-expired",
    "server-certificate-not-yet-valid",
    "server-certificate-refused",
    "client-certificate-refused",
    "certificate-expired",
    "certificate-not-yet-valid",
    "not-authenticated",
    "not-authorized",
    "server-error",
];

/// Why there is no answer, or none that helps. Boxed, since a finding is large and an answer the rule.
pub type Refused = Box<Finding>;

/// A way to an API server.
#[derive(Debug)]
pub struct Api {
    server: ServerUrl,
    agent: ureq::Agent,
    token: Option<String>,
    /// The client certificate, for messages about its dates.
    certificate: Option<Certificate>,
    timeout: Duration,
}

/// An answer: status, body, and the server's clock.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; `Null` when it is none.
    pub body: Value,
    /// The `Date` header as the server wrote it.
    pub date: Option<String>,
}

impl Answer {
    /// The `message` of a Kubernetes Status.
    pub fn message(&self) -> &str {
        self.body.get("message").and_then(Value::as_str).unwrap_or_default()
    }
}

/// ureq takes for granted that rustls takes the pair. It does not take all that Go takes: `openssl x509 -req` without
/// `-extfile` makes a certificate of version 1.
fn usable(chain: &[Certificate], key: &[u8]) -> Result<(), Error> {
    let chain = chain.iter().map(|c| CertificateDer::from(c.der().to_vec())).collect();
    let key =
        PrivateKeyDer::try_from(key).map_err(|why| Error::new(format!("its key cannot be used for TLS: {why}")))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    match CertifiedKey::from_der(chain, key.clone_key(), &provider) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InvalidCertificate(CertificateError::Other(why))) => {
            Err(Error::new(format!("cannot be used for TLS here, though the kubelet may take it: {why}"))
                .hint("sign it again with khw-cert, which makes version 3 always (openssl does with -extfile)"))
        }
        Err(why) => Err(Error::new(format!("cannot be used for TLS: {why}"))),
    }
}

impl Api {
    /// Reads the kubeconfig of the worker and makes ready for calls. Nothing is sent yet.
    ///
    /// # Errors
    /// When the kubeconfig cannot be used, or certificate and key in it do not belong together.
    pub fn open(target: &Target, path: &Path, timeout: Duration) -> Result<Self, Error> {
        let shown = target.shown(path);
        let named = |error: Error| error.file(shown.display());
        let missing = || named(Error::new("is not there").hint("place it with `khw-install kubelet-kubeconfig`"));
        let content = target.read(path)?.ok_or_else(missing)?.content;
        let kubeconfig = Kubeconfig::parse(&content).map_err(named)?;
        let current = kubeconfig.current().map_err(named)?;
        let server: ServerUrl = current.cluster.cluster.server.parse().map_err(named)?;
        let beside = path.parent().unwrap_or(Path::new("/"));
        let pem = |data: Option<&[u8]>, file: Option<&str>, field: &str| -> Result<Option<Vec<u8>>, Error> {
            match (data, file.filter(|f| !f.is_empty())) {
                (Some(data), _) => Ok(Some(data.to_owned())),
                (None, Some(file)) => match target.read(&beside.join(file))? {
                    Some(found) => Ok(Some(found.content)),
                    None => Err(named(Error::new(format!("{file} is not there")).field(field))),
                },
                (None, None) => Ok(None),
            }
        };
        let cluster = &current.cluster.cluster;
        let ca = pem(
            cluster.certificate_authority_data.as_deref(),
            cluster.certificate_authority.as_deref(),
            "certificate-authority",
        )?;
        let roots = match &ca {
            Some(ca) => Certificate::all_from_pem(ca).map_err(|e| named(e.field("certificate-authority")))?,
            None => Vec::new(),
        };
        let roots = roots.iter().map(|c| ureq::tls::Certificate::from_der(c.der()).to_owned()).collect();
        let user = &current.user.user;
        let certificate =
            pem(user.client_certificate_data.as_deref(), user.client_certificate.as_deref(), "client-certificate")?;
        let key = pem(
            user.client_key_data.as_ref().map(|k| k.expose().as_slice()),
            user.client_key.as_deref(),
            "client-key",
        )?;
        let mut shown_certificate = None;
        let client = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let parsed =
                    Certificate::all_from_pem(&certificate).map_err(|e| named(e.field("client-certificate")))?;
                let key = PrivateKey::from_pem(&key).map_err(|e| named(e.field("client-key")))?;
                if !parsed.first().is_some_and(|leaf| key.belongs_to(leaf)) {
                    return Err(named(Error::new("does not belong to client-certificate").field("client-key")));
                }
                let chain: Vec<_> =
                    parsed.iter().map(|c| ureq::tls::Certificate::from_der(c.der()).to_owned()).collect();
                let pem = key.to_pem();
                let key = ureq::tls::PrivateKey::from_pem(pem.as_bytes())
                    .map_err(|_| named(Error::new("cannot be used for TLS").field("client-key")))?;
                usable(&parsed, key.der()).map_err(|e| named(e.field("client-certificate")))?;
                shown_certificate = parsed.into_iter().next();
                Some(ClientCert::new_with_certs(&chain, key))
            }
            _ => None,
        };
        let token = match (&user.token, user.token_file.as_deref()) {
            (_, Some(file)) => {
                pem(None, Some(file), "tokenFile")?.map(|t| String::from_utf8_lossy(&t).trim().to_owned())
            }
            (Some(token), None) => Some(token.expose().clone()),
            (None, None) => None,
        };
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .client_cert(client)
            .disable_verification(cluster.insecure_skip_tls_verify)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .proxy(None)
            .user_agent("khw-install")
            .build()
            .into();
        Ok(Api { server, agent, token, certificate: shown_certificate, timeout })
    }

    /// The server.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Resolves the name and connects, so that what stops before TLS has its own name.
    ///
    /// # Errors
    /// A finding with the cause.
    pub fn connect(&self) -> Result<(), Refused> {
        let (host, port) = (self.server.host(), self.server.port());
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let unresolved = || {
            let message = format!("{host}: there is no address for this name (no such host)");
            let fix = "write the name into /etc/hosts or DNS, or an address into the kubeconfig";
            Box::new(self.finding("server-not-resolved", message).fix(fix))
        };
        let addresses = (bare, port).to_socket_addrs().map_err(|_| unresolved())?;
        let mut last = None;
        for address in addresses {
            match TcpStream::connect_timeout(&address, self.timeout) {
                Ok(_) => return Ok(()),
                Err(error) => last = Some((address, error)),
            }
        }
        let (address, error) = last.ok_or_else(unresolved)?;
        let finding = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => self
                .finding("server-refused", format!("{address}: nobody listens there (connection refused)"))
                .fix("start the API server or the load balancer before it, or correct address and port"),
            _ => self
                .finding("server-not-reached", format!("{address}: no answer ({error})"))
                .fix("look for a firewall, a wrong network or a wrong address between here and there"),
        };
        Err(Box::new(finding))
    }

    /// Asks for a path; with a body, posts it.
    ///
    /// # Errors
    /// A finding with the cause why there is no answer.
    pub fn call(&self, path: &str, body: Option<&Value>, accept: Option<&str>) -> Result<Answer, Refused> {
        let url = format!("{}{path}", self.server.as_str().trim_end_matches('/'));
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let accept = accept.unwrap_or("application/json");
        let response = match body {
            Some(body) => {
                let mut request = self.agent.post(&url).header("Accept", accept);
                if let Some(bearer) = &bearer {
                    request = request.header("Authorization", bearer);
                }
                request.send_json(body)
            }
            None => {
                let mut request = self.agent.get(&url).header("Accept", accept);
                if let Some(bearer) = &bearer {
                    request = request.header("Authorization", bearer);
                }
                request.call()
            }
        };
        let mut response = response.map_err(|error| Box::new(self.cause(&error)))?;
        let date = response.headers().get("date").and_then(|d| d.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(|error| Box::new(self.cause(&error)))?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, body, date })
    }

    fn finding(&self, name: &'static str, message: String) -> Finding {
        Finding::error(name, message).file(self.server.as_str())
    }

    /// Why there is no answer.
    fn cause(&self, error: &ureq::Error) -> Finding {
        let tls = match error {
            ureq::Error::Rustls(error) => Some(error),
            ureq::Error::Io(io) => io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
            _ => None,
        };
        if let Some(tls) = tls {
            return self.tls(tls);
        }
        match error {
            ureq::Error::HostNotFound => self
                .finding("server-not-resolved", "there is no address for this name (no such host)".to_owned())
                .fix("write the name into /etc/hosts or DNS, or an address into the kubeconfig"),
            ureq::Error::Timeout(_) => self
                .finding("server-not-reached", "no answer in time".to_owned())
                .fix("look for a firewall between here and there, or give it a longer --timeout"),
            ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => self
                .finding("server-refused", "nobody listens there (connection refused)".to_owned())
                .fix("start the API server or the load balancer before it, or correct address and port"),
            // With TLS 1.3 a server sees the client certificate after the client takes the handshake for done, and its alert is
            // lost when it closes at once.
            ureq::Error::Io(io)
                if self.certificate.is_some()
                    && matches!(
                        io.kind(),
                        std::io::ErrorKind::BrokenPipe
                            | std::io::ErrorKind::ConnectionReset
                            | std::io::ErrorKind::UnexpectedEof
                    ) =>
            {
                self.finding(
                    "client-certificate-refused",
                    format!("ends the connection when it has seen the client certificate ({io})"),
                )
                .fix("sign the node's certificate with the CA that the API server has as --client-ca-file")
            }
            other => self
                .finding("server-error", format!("no answer that can be read: {other}"))
                .fix("is this the address of an API server?"),
        }
    }

    fn tls(&self, error: &rustls::Error) -> Finding {
        let server = &self.server;
        match error {
            rustls::Error::InvalidCertificate(why) => match why {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => self
                    .finding(
                        "server-unknown-ca",
                        "its certificate is not signed by the CA in the kubeconfig (certificate signed by unknown authority)"
                            .to_owned(),
                    )
                    .fix("make the kubeconfig again with the ca.crt of this cluster; a CA made anew has another key under the same name"),
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    let names = match why {
                        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                            format!(" (it has {})", presented.join(", "))
                        }
                        _ => String::new(),
                    };
                    self.finding("server-wrong-name", format!("its certificate is not for {}{names}", server.host()))
                        .fix("make the API server's certificate again with this name or address, or write one that it has")
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => self
                    .finding("server-certificate-expired", "its certificate has expired, or this host's clock is ahead".to_owned())
                    .fix("compare `date` here and there; renew the API server's certificate when the clocks agree"),
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => self
                    .finding(
                        "server-certificate-not-yet-valid",
                        "its certificate is not valid yet: this host's clock is behind".to_owned(),
                    )
                    .fix("set the clock (`timedatectl set-ntp true`)"),
                other => self
                    .finding("server-certificate-refused", format!("its certificate is refused: {other:?}"))
                    .fix("make the API server's certificate again with khw-cert"),
            },
            rustls::Error::AlertReceived(alert) => {
                let expired = self.certificate.as_ref().is_some_and(|c| c.not_after() < OffsetDateTime::now_utc());
                let (what, fix) = match alert {
                    AlertDescription::UnknownCA => (
                        "it does not know the CA of the client certificate".to_owned(),
                        "sign the node's certificate with the CA that the API server has as --client-ca-file",
                    ),
                    AlertDescription::CertificateExpired => {
                        ("it says that the client certificate has expired".to_owned(), "renew the certificate (khw-cert renew)")
                    }
                    AlertDescription::BadCertificate if expired => {
                        ("the client certificate has expired".to_owned(), "renew the certificate (khw-cert renew)")
                    }
                    other => (format!("it refuses the connection (TLS alert {other:?})"), "look into the API server's log"),
                };
                self.finding("client-certificate-refused", what).fix(fix)
            }
            rustls::Error::InvalidMessage(_) => self
                .finding("server-no-tls", "what answers does not speak TLS".to_owned())
                .fix("is this the port of the API server, and does nothing stand before it that speaks http?"),
            other => self.finding("server-no-tls", format!("TLS fails: {other}")).fix("look into the API server's log"),
        }
    }

    /// What an answer other than success means.
    ///
    /// # Errors
    /// The finding, when the status is no success.
    pub fn expect(&self, answer: &Answer) -> Result<(), Refused> {
        let finding = match answer.status {
            200..=299 => return Ok(()),
            401 => {
                let now = OffsetDateTime::now_utc();
                let dates = self.certificate.as_ref().map(|c| (now < c.not_before(), c.not_after() < now));
                let (name, what, fix) = match dates {
                    Some((true, _)) => (
                        "certificate-not-yet-valid",
                        "does not take the client certificate: it is not valid yet",
                        "set the clock: `timedatectl set-ntp true`",
                    ),
                    Some((_, true)) => (
                        "certificate-expired",
                        "does not take the client certificate: it has expired",
                        "renew the certificate (khw-cert renew), and make the kubeconfig again",
                    ),
                    _ => (
                        "not-authenticated",
                        "does not know who this is (401 Unauthorized)",
                        "sign the node's certificate with the CA that the API server has as --client-ca-file, and compare the clocks",
                    ),
                };
                self.finding(name, what.to_owned()).fix(fix)
            }
            // The API server always says who may not do what.
            403 if answer.message().is_empty() => self
                .finding("server-error", "answers 403 without a reason: something before the API server does".to_owned())
                .fix("look for a proxy or load balancer, or correct the server's address"),
            403 => self
                .finding("not-authorized", format!("does not let this node: {}", answer.message()))
                .fix("the API server needs --authorization-mode=Node,RBAC, and the certificate CN system:node:NAME and O system:nodes"),
            status => self
                .finding("server-error", format!("answers {status}: {}", answer.message()))
                .fix("look into the API server's log"),
        };
        Err(Box::new(finding))
    }
}
