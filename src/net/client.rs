use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use ureq::http::{self, Method, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Timeout};

use super::address::{host, is_local, origin, resolve};
use super::log;
use super::retry::retry_after;
use super::secret::Secret;
use crate::files::input_file::{MOST_CONFIG, read_bounded};
use crate::files::text_file;

/// More redirects in a row lead nowhere.
const MAX_REDIRECTS: usize = 8;

/// Certificates and time limits of a client.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Certificates to trust instead of the public authorities'.
    pub certificates: Option<RootCerts>,
    /// Time to find the server and to connect to it.
    pub connect: Duration,
    /// Longest silence of the server.
    pub stall: Option<Duration>,
    pub overall: Option<Duration>,
    /// Whether a connection serves several requests.
    pub keep_alive: bool,
}

/// Sends requests to one server.
///
/// A secret goes to the origin of that server alone, and so does a request with a body. A request without a body follows
/// redirects to other servers, from the first of them on without the secret, and never from HTTPS to HTTP.
#[derive(Debug)]
pub struct HttpClient {
    agent: Agent,
    server: Uri,
    secret: Option<Secret>,
}

/// A request. With a body it is a POST of JSON.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub method: Method,
    pub url: &'a Uri,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<&'a [u8]>,
}

/// The head of an answer, whatever its status, and its body, which is still to be read.
#[derive(Debug)]
pub struct Response {
    /// Host and port of the server.
    pub host: String,
    pub status: u16,
    inner: http::Response<Body>,
}

/// A request without a usable answer.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{host}: {failure}")]
pub struct HttpError {
    /// Host and port of the server.
    pub host: String,
    pub failure: Failure,
}

/// Why a request has no usable answer. Texts may quote the server, but never the query of an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    #[error("cannot connect ({0})")]
    Unreachable(String),
    #[error("timed out")]
    Timeout,
    #[error("connection lost ({0})")]
    Lost(String),
    #[error("answer too large")]
    TooLarge,
    #[error("{}", describe_status(*status))]
    Status {
        status: u16,
        /// The server's name for the reason, such as `GatedRepo`.
        code: Option<String>,
        /// The wait before the next request that the server asks for.
        wait: Option<Duration>,
    },
    #[error("not HTTP ({0})")]
    NotHttp(String),
    #[error("redirects to {0}")]
    Redirect(String),
}

impl Failure {
    /// The wait before the next request that the server asks for.
    pub fn wait(&self) -> Option<Duration> {
        if let Self::Status { wait, .. } = self { *wait } else { None }
    }
}

fn describe_status(status: u16) -> String {
    if status == 429 { "too many requests".to_owned() } else { format!("status {status}") }
}

#[derive(Debug, Error)]
#[error(
    "cannot use the certificates {}: {reason}\nhelp: set SSL_CERT_FILE to a file of PEM certificates, or unset it",
    path.display()
)]
pub struct CertificateError {
    path: PathBuf,
    reason: String,
}

/// Reads the certificates of a PEM file, such as `SSL_CERT_FILE` names.
pub fn load_certificates(path: &Path) -> Result<RootCerts, CertificateError> {
    let error = |reason: String| CertificateError { path: path.to_owned(), reason };
    let bytes = read_bounded(path, MOST_CONFIG).map_err(|source| error(source.to_string()))?;
    let pem = text_file::without_mark(&bytes).map_err(|source| error(source.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| error("not PEM".to_owned()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(error("no certificate in it".to_owned()));
    }
    Ok(certificates.into())
}

impl HttpClient {
    /// A client of `server`. Its secret, if any, is sent with every request to that origin.
    pub fn new(server: Uri, secret: Option<Secret>, options: &HttpOptions) -> Self {
        let mut config = Agent::config_builder()
            .user_agent(concat!("actalign-tui/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .middleware(log::request)
            // They are followed below: by whom a secret is seen, and what a redirect itself says, matters.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(options.connect))
            .timeout_connect(Some(options.connect))
            .timeout_recv_response(options.stall)
            .timeout_per_read(options.stall)
            .timeout_per_write(options.stall)
            .timeout_global(options.overall);
        if is_local(&server) {
            // No proxy leads to this machine.
            config = config.proxy(None);
        }
        if !options.keep_alive {
            config = config.max_idle_connections(0);
        }
        if let Some(roots) = &options.certificates {
            config = config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build());
        }
        Self { agent: config.build().into(), server, secret }
    }

    pub fn server(&self) -> &Uri {
        &self.server
    }

    pub fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Sends a request and follows redirects. `is_enough` sees every answer; if it says so of a redirect to another
    /// origin, that is the answer.
    ///
    /// # Errors
    /// If there is no answer, or a redirect that is not followed.
    pub fn send(
        &self,
        request: &Request,
        mut is_enough: impl FnMut(&Response) -> bool,
    ) -> Result<Response, HttpError> {
        let mut url = request.url.clone();
        let mut secret = self.secret.as_ref().filter(|_| origin(&url) == origin(&self.server));
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(request, &url, secret)?;
            let is_enough = is_enough(&response);
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let refused =
                |to: &str| Err(HttpError { host: host(&url), failure: Failure::Redirect(to.to_owned()) });
            let Some(next) = response.header("Location").and_then(|to| resolve(&url, &to)) else {
                return refused("no address of HTTP");
            };
            let is_elsewhere = origin(&next) != origin(&url);
            if is_elsewhere && is_enough {
                return Ok(response);
            }
            if request.body.is_some() && (is_elsewhere || response.status == 303) {
                return refused(&format!("{}{}", origin(&next), next.path()));
            }
            if is_elsewhere {
                if url.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                    return refused("an insecure connection");
                }
                // For good: another server may redirect anywhere.
                secret = None;
            }
            url = next;
        }
        Err(HttpError { host: host(&url), failure: Failure::Redirect("itself again and again".to_owned()) })
    }

    fn send_once(
        &self,
        request: &Request,
        url: &Uri,
        secret: Option<&Secret>,
    ) -> Result<Response, HttpError> {
        let mut builder = http::Request::builder()
            .method(request.method.clone())
            .uri(url)
            .header("Accept-Encoding", "identity");
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(secret) = secret {
            builder = builder.header("Authorization", secret.authorization());
        }
        let answer = match request.body {
            None => builder.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
            Some(json) => builder
                .header("Content-Type", "application/json")
                .body(json)
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
        };
        let host = host(url);
        match answer {
            Ok(inner) => Ok(Response { host, status: inner.status().as_u16(), inner }),
            Err(error) => Err(HttpError { host, failure: error.into() }),
        }
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<String> {
        Some(String::from_utf8_lossy(self.inner.headers().get(name)?.as_bytes()).into_owned())
    }

    /// The wait that the server asks for before the next request.
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        retry_after(&self.header("Retry-After")?, now)
    }

    /// The body, of any length. Errors of reading become [`Failure`]s by [`Failure::from`].
    pub fn into_reader(self) -> impl Read {
        self.inner.into_body().into_with_config().limit(u64::MAX).reader()
    }

    /// The whole body.
    pub fn into_bytes(self, limit: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.into_reader().take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > limit { Err(Failure::TooLarge) } else { Ok(bytes) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        ureq::Error::from(error).into()
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        use ureq::Error;
        match error {
            Error::HostNotFound => Self::Unreachable("no such host".to_owned()),
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => Self::Unreachable("no answer".to_owned()),
            Error::Timeout(_) => Self::Timeout,
            Error::LargeResponseHeader(..) => Self::TooLarge,
            Error::Protocol(_) | Error::Http(_) => Self::NotHttp(error.to_string()),
            Error::ConnectProxyFailed(reason) => Self::Unreachable(format!("refused by the proxy: {reason}")),
            Error::Io(error) => match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::Timeout,
                ErrorKind::AddrNotAvailable
                | ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::NetworkUnreachable => Self::Unreachable(error.to_string()),
                // The TLS handshake reports an untrusted certificate like this.
                ErrorKind::InvalidData => Self::Unreachable(format!(
                    "{error}; if the network has certificates of its own, name them in SSL_CERT_FILE"
                )),
                // The standard library has no kind for a name that cannot be resolved.
                _ if error.to_string().starts_with("failed to lookup address") => {
                    Self::Unreachable(error.to_string())
                }
                _ => Self::Lost(error.to_string()),
            },
            // What comes before a request: names, certificates, proxies.
            error => Self::Unreachable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_host_is_unreachable_and_a_reset_connection_is_lost() {
        // Longer than any label of a name: no network is needed to refuse it.
        let name = format!("{}.invalid:443", "a".repeat(64));
        let lookup = std::net::ToSocketAddrs::to_socket_addrs(&name).unwrap_err();
        assert!(matches!(Failure::from(lookup), Failure::Unreachable(_)));
        assert!(matches!(Failure::from(io::Error::from(ErrorKind::ConnectionReset)), Failure::Lost(_)));
    }
}
