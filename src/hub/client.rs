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
    pub range: Option<String>,
    pub reader: Box<dyn Read>,
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
        // Others could read the token on the way.
        let token = settings.token.clone().filter(|_| !is_exposed);
        Ok(Self { http: HttpClient::new(endpoint, token, &options) })
    }

    pub fn host(&self) -> String {
        net::host(self.http.server())
    }

    /// Whether a token is sent.
    pub fn has_token(&self) -> bool {
        self.http.secret().is_some()
    }

    /// What the hub states about the file at `url`.
    pub fn facts(&self, url: &str, now: SystemTime) -> Result<FileFacts, HttpError> {
        let mut commit = None;
        let response = self.send(Method::HEAD, url, Vec::new(), |response| {
            commit = commit.take().or_else(|| response.header("X-Repo-Commit"));
            // A redirect with this header states everything; the server behind it knows less.
            response.header("X-Linked-Etag").is_some()
        })?;
        if response.status >= 400 {
            return Err(rejected(&response, now));
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
    pub fn content(&self, url: &str, from: u64, now: SystemTime) -> Result<Content, HttpError> {
        let headers = if from == 0 { Vec::new() } else { vec![("Range", format!("bytes={from}-"))] };
        let response = self.send(Method::GET, url, headers, |_| false)?;
        if !matches!(response.status, 200 | 206 | 416) {
            return Err(rejected(&response, now));
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
    ) -> Result<Response, HttpError> {
        let invalid = |_| HttpError { host: self.host(), failure: Failure::NotHttp("address".to_owned()) };
        let url: Uri = url.parse().map_err(invalid)?;
        self.http.send(&Request { method, url: &url, headers, body: None }, is_enough)
    }
}

/// The error for an answer with a status other than success.
fn rejected(response: &Response, now: SystemTime) -> HttpError {
    let status = response.status;
    let wait = is_transient(status).then(|| response.retry_after(now)).flatten();
    let wait = wait.or((status == 429).then_some(FEWER_REQUESTS));
    let failure = Failure::Status { status, code: response.header("X-Error-Code"), wait };
    HttpError { host: response.host.clone(), failure }
}
