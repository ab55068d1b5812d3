use std::fmt;
use std::io::Read;
use std::time::{Duration, SystemTime};

use ureq::http::{Method, Uri};

use super::error::HubError;
use super::hash::Etag;
use super::settings::HubSettings;
use crate::net::{self, Failure, HttpClient, HttpError, HttpOptions, Request, Response, is_transient};

const CONNECT: Duration = Duration::from_secs(15);
/// The wait after status 429 without `Retry-After`.
const FEWER_REQUESTS: Duration = Duration::from_secs(10);

/// Requests to one hub.
#[derive(Debug)]
pub struct HubClient {
    http: HttpClient,
    withholds_token: bool,
}

/// What the hub states about a file.
#[derive(Debug)]
pub struct FileFacts {
    pub commit: Option<String>,
    pub etag: Option<Etag>,
    pub size: Option<u64>,
}

/// The content of a file, or its rest.
pub struct Content {
    /// The server that sends it.
    pub host: String,
    pub status: u16,
    /// The value of `Content-Range`.
    pub range: Option<String>,
    pub reader: Box<dyn Read>,
}

/// A request that failed.
#[derive(Debug)]
pub struct Rejected {
    pub host: String,
    pub problem: Problem,
}

#[derive(Debug)]
pub enum Problem {
    Http(Failure),
    Status(Refusal),
}

/// An answer with a status other than success.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    /// The hub's name for the reason, such as `GatedRepo`.
    pub code: Option<String>,
    /// The wait before the next request.
    pub wait: Option<Duration>,
}

impl HubClient {
    pub fn new(settings: &HubSettings) -> Result<Self, HubError> {
        let endpoint: Option<Uri> = settings.endpoint.parse().ok();
        let endpoint = endpoint
            .filter(|uri| net::is_http(uri) && uri.query().is_none())
            .ok_or_else(|| HubError::Endpoint(settings.shown_endpoint().to_owned()))?;
        let options = HttpOptions {
            certificates: settings.certificates.as_deref().map(net::load_certificates).transpose()?,
            connect: CONNECT,
            stall: Some(settings.stall),
            overall: None,
            keep_alive: true,
        };
        let is_exposed = net::is_exposed(&endpoint);
        let token = settings.token.clone();
        let withholds_token = is_exposed && token.is_some();
        let http = HttpClient::new(endpoint, token.filter(|_| !is_exposed), &options);
        Ok(Self { http, withholds_token })
    }

    /// Whether there is a token that is not sent, because others could read it on the way.
    pub fn withholds_token(&self) -> bool {
        self.withholds_token
    }

    /// The hub's host and port.
    pub fn host(&self) -> String {
        net::host(self.http.server())
    }

    pub fn has_token(&self) -> bool {
        self.http.secret().is_some()
    }

    /// What the hub states about the file at `url`.
    pub fn facts(&self, url: &str, now: SystemTime) -> Result<FileFacts, Rejected> {
        let mut commit = None;
        let response = self.send(Method::HEAD, url, Vec::new(), |response| {
            commit = commit.take().or_else(|| response.header("X-Repo-Commit"));
            // A redirect with this header states everything; the server behind it knows less.
            response.header("X-Linked-Etag").is_some()
        })?;
        if response.status >= 400 {
            return Err(Rejected::of(&response, now));
        }
        let number = |name| response.header(name).and_then(|value| value.parse().ok());
        let etag = response.header("X-Linked-Etag").or_else(|| response.header("ETag"));
        Ok(FileFacts {
            etag: etag.and_then(|tag| Etag::parse(&tag)),
            size: number("X-Linked-Size").or_else(|| number("Content-Length")),
            commit,
        })
    }

    /// The content of the file at `url` from byte `from`.
    pub fn content(&self, url: &str, from: u64, now: SystemTime) -> Result<Content, Rejected> {
        let headers = if from == 0 { Vec::new() } else { vec![("Range", format!("bytes={from}-"))] };
        let response = self.send(Method::GET, url, headers, |_| false)?;
        if !matches!(response.status, 200 | 206 | 416) {
            return Err(Rejected::of(&response, now));
        }
        Ok(Content {
            host: response.host.clone(),
            status: response.status,
            range: response.header("Content-Range"),
            reader: Box::new(response.into_reader()),
        })
    }

    fn send(
        &self,
        method: Method,
        url: &str,
        headers: Vec<(&'static str, String)>,
        is_enough: impl FnMut(&Response) -> bool,
    ) -> Result<Response, Rejected> {
        let invalid =
            |_| Rejected { host: self.host(), problem: Problem::Http(Failure::NotHttp("address".into())) };
        let url: Uri = url.parse().map_err(invalid)?;
        Ok(self.http.send(&Request { method, url: &url, headers, body: None }, is_enough)?)
    }
}

impl Rejected {
    fn of(response: &Response, now: SystemTime) -> Self {
        let status = response.status;
        let wait = is_transient(status).then(|| response.retry_after(now)).flatten();
        let wait = wait.or((status == 429).then_some(FEWER_REQUESTS));
        let refusal = Refusal { status, code: response.header("X-Error-Code"), wait };
        Self { host: response.host.clone(), problem: Problem::Status(refusal) }
    }
}

impl From<HttpError> for Rejected {
    fn from(error: HttpError) -> Self {
        Self { host: error.host, problem: Problem::Http(error.failure) }
    }
}

impl Problem {
    /// The wait that the hub asks for.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Http(_) => None,
            Self::Status(refusal) => refusal.wait,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(failure) => failure.fmt(f),
            Self::Status(Refusal { status: 429, .. }) => f.write_str("too many requests"),
            Self::Status(Refusal { status, .. }) => write!(f, "status {status}"),
        }
    }
}
