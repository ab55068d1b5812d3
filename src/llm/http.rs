//! One request and its answer, within bounds.

use std::io::{self, Read};

use ureq::tls::RootCerts;
use ureq::{Agent, Timeout};

use crate::llm::endpoint::Endpoint;
use crate::llm::key::Key;
use crate::llm::patience::Limits;
use crate::net;

/// What a server has answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub retry_after: Option<String>,
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Trouble {
    Unreachable(String),
    Timeout,
    TooLarge,
    /// The connection was lost.
    Cut,
    /// What came is no HTTP.
    NotHttp(String),
}

/// What sends within limits. It follows no redirection and unpacks nothing.
pub fn agent(endpoint: &Endpoint, limits: &Limits, certificates: Option<&RootCerts>) -> Agent {
    net::agent_for(endpoint.uri(), certificates)
        .max_idle_connections(0)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_global(Some(limits.overall))
        .build()
        .new_agent()
}

/// Sends JSON and takes the whole answer.
pub fn post(
    agent: &Agent,
    endpoint: &Endpoint,
    key: Option<&Key>,
    json: &[u8],
    limits: &Limits,
) -> Result<Reply, Trouble> {
    let mut request = agent.post(endpoint.uri()).header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Authorization", key.authorization());
    }
    let mut response = request.send(json).map_err(trouble)?;
    let header = |name: &str| {
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (retry_after, location) = (header("Retry-After"), header("Location"));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let most = limits.bytes as u64 + 1;
    response
        .body_mut()
        .as_reader()
        .take(most)
        .read_to_end(&mut body)
        .map_err(|error| trouble(error.into()))?;
    if body.len() > limits.bytes {
        return Err(Trouble::TooLarge);
    }
    Ok(Reply { status, retry_after, location, body })
}

fn trouble(error: ureq::Error) -> Trouble {
    use io::ErrorKind as Kind;
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Trouble::Unreachable("it does not answer".to_owned())
        }
        ureq::Error::Timeout(_) => Trouble::Timeout,
        ureq::Error::HostNotFound => Trouble::Unreachable("there is no host of that name".to_owned()),
        ureq::Error::LargeResponseHeader(..) => Trouble::TooLarge,
        ureq::Error::Protocol(error) => Trouble::NotHttp(error.to_string()),
        ureq::Error::Io(error) => match error.kind() {
            Kind::TimedOut | Kind::WouldBlock => Trouble::Timeout,
            Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
                Trouble::Cut
            }
            _ => Trouble::Unreachable(error.to_string()),
        },
        // Names, certificates, proxies: what comes before a request.
        error => Trouble::Unreachable(error.to_string()),
    }
}
