//! The site over HTTPS: one request at a time, redirects followed by hand, and each failure either final or worth another try.
//!
//! Redirects are not left to ureq, so that each address on the way is held against the rule of https and gets its own proxy.

use super::proxy::Proxies;
use khw_core::Error;
use rustls::CertificateError;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Response, StatusCode, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// More redirects than any site needs.
const MOST_REDIRECTS: usize = 10;

/// The longest that a server may ask to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Why there is no answer, or not all of it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another try may help, after this time if the server names one.
    Again(Box<Error>, Option<Duration>),
    /// It may not.
    Final(Box<Error>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Final(Box::new(error))
    }
}

/// The way to sites.
pub(crate) struct Site {
    direct: Agent,
    proxied: Option<Agent>,
    proxies: Proxies,
    /// Whether http is allowed.
    insecure: bool,
    /// How long to wait for each connection and each piece of an answer.
    timeout: Duration,
}

impl Site {
    /// Reads the CA certificates of this host (or those of `SSL_CERT_FILE`, `SSL_CERT_DIR`) and the proxy variables.
    ///
    /// # Errors
    /// When there are no CA certificates, or a proxy variable is wrong.
    pub(crate) fn new(timeout: Duration, insecure: bool) -> Result<Self, Error> {
        let proxies = Proxies::from_environment(|name| std::env::var(name).ok())?;
        // A mirror without TLS is reached from a host without authorities too.
        let roots = if insecure { roots().unwrap_or_default() } else { roots()? };
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let agent = |proxy: Option<ureq::Proxy>| -> Agent {
            Agent::config_builder()
                .tls_config(tls.clone())
                .proxy(proxy)
                .https_only(!insecure)
                .http_status_as_error(false)
                .max_redirects(0)
                .timeout_resolve(Some(timeout))
                .timeout_connect(Some(timeout))
                .timeout_per_read(Some(timeout))
                .timeout_per_write(Some(timeout))
                .user_agent(concat!("khw-install/", env!("CARGO_PKG_VERSION")))
                .build()
                .into()
        };
        let proxied = proxies.proxy().map(|proxy| agent(Some(proxy.clone())));
        Ok(Site { direct: agent(None), proxied, proxies, insecure, timeout })
    }

    /// Asks for a file, from this byte on.
    ///
    /// # Errors
    /// When there is no answer, or one that is no success and not 416.
    pub(crate) fn get(&self, address: &str, from: u64) -> Result<Response<Body>, Failure> {
        let mut here: Uri = address.parse().map_err(|_| Error::new("is not an address").file(address))?;
        for _ in 0..=MOST_REDIRECTS {
            let agent = self.agent(&here);
            let mut request = agent.get(&here).header("Accept-Encoding", "identity");
            if from > 0 {
                request = request.header("Range", format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| self.failure(error).at(&here))?;
            if !response.status().is_redirection() {
                return self.judged(response, &here);
            }
            here = self.next(&response, &here)?;
        }
        Err(Error::new(format!("leads through more than {MOST_REDIRECTS} redirects")).file(address).into())
    }

    /// http is for a host of one's own, which no proxy stands before.
    fn agent(&self, address: &Uri) -> &Agent {
        let port = address.port_u16().unwrap_or(443);
        match &self.proxied {
            Some(agent) if is_https(address) && self.proxies.serves(address.host().unwrap_or_default(), port) => agent,
            _ => &self.direct,
        }
    }

    fn next(&self, response: &Response<Body>, here: &Uri) -> Result<Uri, Error> {
        let status = response.status().as_u16();
        let to = response.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        let next =
            join(here, to).ok_or_else(|| Error::new(format!("answers {status} and leads to no address")).file(here))?;
        if !is_https(&next) && !self.insecure {
            return Err(Error::new(format!("leads to {next}, which is not https"))
                .file(here)
                .hint("name a mirror that keeps to https"));
        }
        Ok(next)
    }

    fn judged(&self, response: Response<Body>, here: &Uri) -> Result<Response<Body>, Failure> {
        let status = response.status();
        let what = || {
            let reason = status.canonical_reason().map(|r| format!(" {r}")).unwrap_or_default();
            Error::new(format!("answers {}{reason}", status.as_u16())).file(here)
        };
        match status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => Ok(response),
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => {
                let hint = "is there such a release, and does the mirror have it? https://dl.k8s.io/release has all";
                Err(what().hint(hint).into())
            }
            _ if matches!(status.as_u16(), 408 | 429 | 500..=504) => {
                Err(Failure::Again(Box::new(what()), wait(&response)))
            }
            _ => Err(what().into()),
        }
    }

    /// Whether another try may help.
    pub(crate) fn failure(&self, error: ureq::Error) -> Failure {
        let error = match error {
            ureq::Error::Io(io) => match io.downcast::<rustls::Error>() {
                Ok(tls) => ureq::Error::Rustls(tls),
                Err(io) => ureq::Error::Io(io),
            },
            other => other,
        };
        match error {
            ureq::Error::Timeout(_) => self.too_slow(),
            ureq::Error::HostNotFound => Error::new("there is no address for this name (no such host)")
                .hint("look at /etc/resolv.conf, or name the proxy with https_proxy")
                .into(),
            ureq::Error::Rustls(tls) => certificate(&tls).into(),
            ureq::Error::ConnectProxyFailed(why) => Error::new(format!("the proxy does not let it through: {why}"))
                .hint("look at https_proxy; no_proxy names the hosts that need none")
                .into(),
            ureq::Error::Io(cause) => match cause.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => self.too_slow(),
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => Failure::again(Error::new("the connection was broken off")),
                io::ErrorKind::ConnectionRefused => Error::new("nobody listens there (connection refused)")
                    .hint("look at the address of the mirror, and at https_proxy")
                    .into(),
                _ => Error::new(format!("no answer: {cause}")).into(),
            },
            other => Error::new(format!("no answer that can be read: {other}"))
                .hint("is this the address of a site with the files of Kubernetes?")
                .into(),
        }
    }

    fn too_slow(&self) -> Failure {
        let error = Error::new(format!("nothing came for {:?}", self.timeout));
        Failure::again(error.hint("look for a firewall between here and there, or give it a longer --timeout"))
    }
}

impl Failure {
    /// One after which another try may help.
    pub(crate) fn again(error: Error) -> Self {
        Failure::Again(Box::new(error), None)
    }

    /// The same, about this address.
    pub(crate) fn at(self, address: impl std::fmt::Display) -> Self {
        match self {
            Failure::Again(error, wait) => Failure::Again(Box::new(error.file(address)), wait),
            Failure::Final(error) => Failure::Final(Box::new(error.file(address))),
        }
    }
}

fn is_https(address: &Uri) -> bool {
    address.scheme_str() == Some("https")
}

/// The CA certificates that this host trusts.
fn roots() -> Result<Vec<Certificate<'static>>, Error> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(|e| format!(": {e}")).unwrap_or_default();
        return Err(Error::new(format!("this host has no CA certificates{why}"))
            .hint("install ca-certificates, or name a file of them with SSL_CERT_FILE"));
    }
    Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

fn certificate(error: &rustls::Error) -> Error {
    let clock = "compare `date` with the time there";
    let (what, hint) = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => (
            "its certificate is signed by an authority that this host does not know".to_owned(),
            "name the file with the CA of a mirror of your own with SSL_CERT_FILE",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => ("its certificate is for another name".to_owned(), "write the name that it has into --mirror"),
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            ("its certificate has expired, or this host's clock is ahead".to_owned(), clock)
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => ("its certificate is not valid yet: this host's clock is behind".to_owned(), clock),
        rustls::Error::InvalidMessage(_) => {
            ("what answers does not speak TLS".to_owned(), "look at the port, and for a proxy in between")
        }
        other => (format!("TLS fails: {other}"), "look for a proxy in between that opens TLS"),
    };
    Error::new(what).hint(hint)
}

/// What `Retry-After` says in seconds.
fn wait(response: &Response<Body>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// The address that a `Location` means (RFC 9110, 10.2.2), seen from `here`. One that goes up by `..` is not resolved.
fn join(here: &Uri, to: &str) -> Option<Uri> {
    let (scheme, authority) = (here.scheme_str()?, here.authority()?);
    let to = to.split('#').next().filter(|to| !to.is_empty())?;
    let absolute = if to.contains("://") {
        to.to_owned()
    } else if let Some(host) = to.strip_prefix("//") {
        format!("{scheme}://{host}")
    } else if to.starts_with('/') {
        format!("{scheme}://{authority}{to}")
    } else {
        let directory = here.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        format!("{scheme}://{authority}{directory}/{to}")
    };
    let next: Uri = absolute.parse().ok()?;
    (matches!(next.scheme_str(), Some("https" | "http")) && next.host().is_some_and(|h| !h.is_empty())).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn a_location_is_seen_from_where_it_was_said() {
        let here = "https://dl.k8s.io/release/v1.20.2/kubelet".parse().unwrap();
        for (to, expected) in [
            ("https://cdn.dl.k8s.io/x", Some("https://cdn.dl.k8s.io/x")),
            ("//cdn.dl.k8s.io/x", Some("https://cdn.dl.k8s.io/x")),
            ("/x?y=z#part", Some("https://dl.k8s.io/x?y=z")),
            ("other", Some("https://dl.k8s.io/release/v1.20.2/other")),
            ("http://cdn.dl.k8s.io/x", Some("http://cdn.dl.k8s.io/x")),
            ("file:///etc/passwd", None),
            ("ftp://x/y", None),
            ("", None),
        ] {
            assert_eq!(join(&here, to).map(|u| u.to_string()).as_deref(), expected, "{to}");
        }
    }
}
