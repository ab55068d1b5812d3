//! HTTP for the hub and for language models: one client, one retry rule, one clock, one rule where secrets may go.

mod address;
mod client;
mod clock;
mod log;
mod retry;
mod secret;

pub use address::{host, is_exposed, is_http, is_local, origin};
pub use client::{
    CertificateError, Failure, HttpClient, HttpError, HttpOptions, Request, Response, load_certificates,
};
pub use clock::{Clock, SystemClock, rfc_3339};
pub use retry::{Next, Retry, is_transient};
pub use secret::{InvalidSecret, Secret};
