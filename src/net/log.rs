//! Requests in the log file, without what could be secret in them.

use tracing::{info, warn};
use ureq::http::{Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::{Body, SendBody};

/// Logs the method, host, path and outcome of a request.
pub fn request(request: Request<SendBody>, next: MiddlewareNext) -> Result<Response<Body>, ureq::Error> {
    let (method, uri) = (request.method().clone(), request.uri());
    let (host, path) = (uri.host().unwrap_or_default().to_owned(), uri.path().to_owned());
    let outcome = next.handle(request);
    match &outcome {
        Ok(response) => info!(%method, host, path, status = response.status().as_u16(), "request"),
        Err(error) => warn!(%method, host, path, %error, "request"),
    }
    outcome
}
