//! Requests to the hub. Redirects are followed here and not by the library: what the hub tells about a file is in the
//! headers of the redirect, and the token must not travel to another place.

use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, Uri};
use ureq::{Agent, Body};

use super::error::HubError;
use super::hash::Etag;
use super::settings::HubSettings;
use super::token::Token;
use crate::net::{agent_for, certificates, is_open, retry_after};

/// More redirects than this in a row lead nowhere.
const MOST_REDIRECTS: usize = 8;
const CONNECT: Duration = Duration::from_secs(15);
/// The pause for a hub that wants fewer requests and does not say when.
const LESS_OFTEN: Duration = Duration::from_secs(10);

/// Why a request has no answer that can be used.
#[derive(Debug)]
pub enum Failure {
    /// No connection came about.
    Unreachable(String),
    /// It broke off, or nothing came for too long.
    Broken(String),
    /// An answer that says no.
    Status(Refusal),
    /// An answer that makes no sense.
    Nonsense(String),
}

/// An answer that says no.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    /// The hub's own name for the reason, such as `GatedRepo`.
    pub code: Option<String>,
    /// How long to wait before the next request.
    pub wait: Option<Duration>,
}

/// Who failed, and how.
pub type Outcome<T> = Result<T, (String, Failure)>;

/// What the hub tells about a file.
#[derive(Debug)]
pub struct Facts {
    pub commit: Option<String>,
    pub etag: Option<Etag>,
    pub size: Option<u64>,
}

/// The content of a file, or its rest.
pub struct Content {
    /// Who sends it.
    pub host: String,
    pub status: u16,
    /// The value of `Content-Range`.
    pub range: Option<String>,
    pub reader: Box<dyn Read>,
}

/// A client of one hub.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    endpoint: Uri,
    token: Option<Token>,
    withholds_token: bool,
}

impl Client {
    /// A client of the hub that the settings name.
    pub fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let is_address = |uri: &Uri| leads_to_http(uri) && uri.query().is_none();
        let endpoint: Uri = settings
            .endpoint
            .parse()
            .ok()
            .filter(is_address)
            .ok_or_else(|| HubError::Endpoint(settings.shown_endpoint().to_owned()))?;
        let load = |path: &PathBuf| {
            certificates(path).map_err(|reason| HubError::Certificates { path: path.clone(), reason })
        };
        let roots = settings.certificates.as_ref().map(load).transpose()?;
        let config = agent_for(&endpoint, roots.as_ref())
            .max_redirects_will_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(settings.stall))
            .timeout_per_read(Some(settings.stall))
            .timeout_per_write(Some(settings.stall));
        // Everyone on the way could read it.
        let (token, withheld) = match is_open(&endpoint) {
            true => (None, settings.token.is_some()),
            false => (settings.token.clone(), false),
        };
        Ok(Self { agent: config.build().into(), endpoint, token, withholds_token: withheld })
    }

    /// Whether there is a token that is not sent, for the way to the hub is open to all.
    pub fn withholds_token(&self) -> bool {
        self.withholds_token
    }

    /// The hub's name.
    pub fn host(&self) -> String {
        host(&self.endpoint)
    }

    /// Whether requests carry a token.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// What the hub tells about the file at that address.
    pub fn facts(&self, url: &str) -> Outcome<Facts> {
        let mut commit = None;
        let (host, response) = self.follow(
            url,
            |agent, url| agent.head(url),
            |headers| {
                commit = commit.take().or_else(|| text(headers, "x-repo-commit"));
                // The redirect itself tells everything; where it leads to knows less.
                headers.contains_key("x-linked-etag")
            },
        )?;
        let headers = response.headers();
        let status = response.status().as_u16();
        if status >= 400 {
            return Err((host, Failure::Status(Refusal::of(status, headers))));
        }
        let number = |name| text(headers, name).and_then(|value| value.parse().ok());
        Ok(Facts {
            commit,
            etag: text(headers, "x-linked-etag")
                .or_else(|| text(headers, "etag"))
                .and_then(|tag| Etag::parse(&tag)),
            size: number("x-linked-size").or_else(|| number("content-length")),
        })
    }

    /// The content of the file at that address from a byte on.
    pub fn content(&self, url: &str, from: u64) -> Outcome<Content> {
        let get = |agent: &Agent, url: &str| match from {
            0 => agent.get(url),
            from => agent.get(url).header("Range", format!("bytes={from}-")),
        };
        let (host, response) = self.follow(url, get, |_| false)?;
        let status = response.status().as_u16();
        if !matches!(status, 200 | 206 | 416) {
            return Err((host, Failure::Status(Refusal::of(status, response.headers()))));
        }
        let range = text(response.headers(), "content-range");
        // The size is limited where it is written.
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        Ok(Content { host, status, range, reader: Box::new(reader) })
    }

    /// Sends a request and follows redirects. `is_enough` sees the headers of each answer; where it says so, a redirect to
    /// another place is not followed.
    fn follow(
        &self,
        url: &str,
        request: impl Fn(&Agent, &str) -> ureq::RequestBuilder<ureq::typestate::WithoutBody>,
        mut is_enough: impl FnMut(&HeaderMap) -> bool,
    ) -> Outcome<(String, ureq::http::Response<Body>)> {
        let nonsense = |host: String, reason: &str| Err((host, Failure::Nonsense(reason.to_owned())));
        let mut at: Uri = match url.parse() {
            Ok(at) => at,
            Err(_) => return nonsense(self.host(), "at no address"),
        };
        let mut token = self.token.as_ref();
        for _ in 0..=MOST_REDIRECTS {
            let mut request = request(&self.agent, &at.to_string()).header("Accept-Encoding", "identity");
            if let Some(token) = token {
                request = request.header("Authorization", token.header());
            }
            let response = request.call().map_err(|error| (host(&at), Failure::of(&error)))?;
            let enough = is_enough(response.headers());
            if !response.status().is_redirection() {
                return Ok((host(&at), response));
            }
            let Some(next) = text(response.headers(), "location").and_then(|to| resolve(&at, &to)) else {
                return nonsense(host(&at), "with a redirect to no address");
            };
            if !is_same_place(&at, &next) {
                if enough {
                    return Ok((host(&at), response));
                }
                if at.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
                    return nonsense(host(&at), "with a redirect to a connection that is not secure");
                }
                // For good: what is elsewhere may lead anywhere.
                token = None;
            }
            at = next;
        }
        nonsense(host(&at), "with redirects that do not end")
    }
}

impl Failure {
    fn of(error: &ureq::Error) -> Self {
        use ureq::{Error, Timeout};
        match error {
            Error::HostNotFound => Self::Unreachable("its address is not known to this network".into()),
            Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Self::Unreachable("nothing answers there".into())
            }
            Error::ConnectionFailed => Self::Unreachable("no connection".into()),
            Error::Io(error) if is_unreachable(error) => Self::Unreachable(error.to_string()),
            Error::Rustls(error) => Self::Unreachable(error.to_string()),
            Error::ConnectProxyFailed(reason) => Self::Unreachable(format!("the proxy refuses: {reason}")),
            Error::Timeout(_) => Self::Broken("sent nothing for too long".into()),
            Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Self::Broken("sent nothing for too long".into())
            }
            // The handshake fails so where a certificate is not trusted.
            Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Self::Unreachable(
                format!("{error}; where the network has certificates of its own, SSL_CERT_FILE names them"),
            ),
            Error::Io(error) => Self::Broken(format!("broke the connection ({error})")),
            Error::Protocol(_) | Error::Http(_) | Error::LargeResponseHeader(..) => {
                Self::Nonsense("with what is no HTTP".into())
            }
            _ => Self::Broken("broke the connection".into()),
        }
    }
}

fn is_unreachable(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable,
    };
    let kinds = [AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable];
    // A name that leads nowhere has no kind of its own in the standard library.
    kinds.contains(&error.kind()) || error.to_string().starts_with("failed to lookup address")
}

impl Refusal {
    fn of(status: u16, headers: &HeaderMap) -> Self {
        let mut refusal = Self { status, code: text(headers, "x-error-code"), wait: None };
        if refusal.is_passing() {
            let said = text(headers, "retry-after").and_then(|value| retry_after(&value, SystemTime::now()));
            refusal.wait = said.or((status == 429).then_some(LESS_OFTEN));
        }
        refusal
    }

    /// Whether the same request may be granted later.
    pub fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }

    /// What the hub does, in words.
    pub fn in_words(&self) -> String {
        match self.status {
            429 => "wants fewer requests".to_owned(),
            status => format!("answers status {status}"),
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Host and port, without anything that may be secret.
fn host(uri: &Uri) -> String {
    uri.authority().map_or_else(
        || "?".into(),
        |authority| {
            let authority = authority.as_str();
            authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
        },
    )
}

/// Whether this is an address of HTTP that brings no user name, which would be in messages.
fn leads_to_http(uri: &Uri) -> bool {
    uri.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme))
        && uri.authority().is_some_and(|place| !place.host().is_empty() && !place.as_str().contains('@'))
}

fn is_same_place(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme() && host(one).eq_ignore_ascii_case(&host(other))
}

/// Where a redirect leads.
fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let scheme = from.scheme_str()?;
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{}{location}", from.authority()?)
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{}{folder}/{location}", from.authority()?)
    };
    let uri: Uri = absolute.parse().ok()?;
    leads_to_http(&uri).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_to_http_and_nowhere_else() {
        let from: Uri = "https://hub.example/a/b/c?x=1".parse().unwrap();
        let to = |location| resolve(&from, location).map(|uri| uri.to_string());
        assert_eq!(to("https://cdn.example/f?s=1").as_deref(), Some("https://cdn.example/f?s=1"));
        assert_eq!(to("//cdn.example/f").as_deref(), Some("https://cdn.example/f"));
        assert_eq!(to("/api/f").as_deref(), Some("https://hub.example/api/f"));
        assert_eq!(to("f").as_deref(), Some("https://hub.example/a/b/f"));
        for location in ["file:///etc/passwd", "ftp://a/b", "https://", "https://user:secret@cdn.example/f"] {
            assert_eq!(to(location), None);
        }
    }

    #[test]
    fn a_name_that_leads_nowhere_is_out_of_reach_and_a_lost_connection_is_not() {
        let failure = |error: std::io::Error| Failure::of(&ureq::Error::Io(error));
        // Longer than any part of a name can be: no network is asked.
        let name = format!("{}.invalid:443", "a".repeat(64));
        let lookup = std::net::ToSocketAddrs::to_socket_addrs(&name).unwrap_err();
        assert!(matches!(failure(lookup), Failure::Unreachable(_)));
        assert!(matches!(failure(std::io::ErrorKind::ConnectionReset.into()), Failure::Broken(_)));
    }

    #[test]
    fn another_scheme_or_port_is_another_place() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let hub = uri("https://hub.example/a");
        assert!(is_same_place(&hub, &uri("https://Hub.example/b")));
        for other in ["http://hub.example/a", "https://hub.example:8443/a", "https://hub.example.org/a"] {
            assert!(!is_same_place(&hub, &uri(other)));
        }
    }
}
