//! Where a server is asked.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use ureq::http::Uri;

use crate::net;

/// What chat completions are asked at, under a server's root.
const COMPLETIONS: &str = "/chat/completions";

/// The address of a server's chat completions. Shown without what may be secret: its query.
#[derive(Clone, PartialEq)]
pub struct Endpoint(Uri);

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Not an address at all.
    #[error(
        "this is no address of a server; give one such as http://localhost:11434 or https://api.openai.com/v1"
    )]
    NotAnAddress,
    /// A name and a password, which would be shown.
    #[error(
        "the address holds a name or password; leave that out, and put the key into the environment variable that \
         --key-env names"
    )]
    Credentials,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Takes the root of a server (then `/v1` follows), the root of its interface, such as `…/v1`, or the whole address.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.trim().parse().map_err(|_| EndpointError::NotAnAddress)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(EndpointError::NotAnAddress);
        };
        if authority.host().is_empty() {
            return Err(EndpointError::NotAnAddress);
        }
        if authority.as_str().contains('@') {
            return Err(EndpointError::Credentials);
        }
        let root = uri.path().trim_end_matches('/');
        let path = match root {
            "" => format!("/v1{COMPLETIONS}"),
            whole if whole.ends_with(COMPLETIONS) => whole.to_owned(),
            root => format!("{root}{COMPLETIONS}"),
        };
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        Self::of(&format!("{}{path}{query}", origin(&uri))).ok_or(EndpointError::NotAnAddress)
    }
}

impl Endpoint {
    fn of(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The address to send to.
    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        origin(&self.0)
    }

    /// Whether the server is this machine.
    pub fn is_local(&self) -> bool {
        net::is_local(&self.0)
    }

    /// Whether it is asked over TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Whether what is sent can be read on the way to another machine.
    pub fn is_open(&self) -> bool {
        net::is_open(&self.0)
    }

    /// Where a redirection leads: an address, or a path of this server. None where it is neither.
    pub(super) fn redirected(&self, location: &str) -> Option<Self> {
        let location = location.trim();
        if location.starts_with("//") {
            Self::of(&format!("{}:{location}", self.0.scheme_str()?))
        } else if location.starts_with('/') {
            Self::of(&format!("{}{location}", self.origin()))
        } else {
            Self::of(location).filter(|to| to.0.host().is_some() && to.0.scheme().is_some())
        }
    }
}

fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    match uri.port_u16().filter(|&port| port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.0.path())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        text.parse()
    }

    #[test]
    fn roots_and_whole_addresses_are_taken() {
        for (text, address) in [
            ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
            ("http://localhost:11434/", "http://localhost:11434/v1/chat/completions"),
            (" https://API.openai.com:443/v1/ ", "https://api.openai.com/v1/chat/completions"),
            ("http://[::1]:8000/v1/chat/completions", "http://[::1]:8000/v1/chat/completions"),
            ("https://host/openai/v3", "https://host/openai/v3/chat/completions"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), address);
        }
        for text in ["", "localhost:11434", "ftp://host/v1", "http://", "/v1", "http://a b/"] {
            assert_eq!(parse(text), Err(EndpointError::NotAnAddress), "{text}");
        }
        assert_eq!(parse("http://me:secret@host/v1"), Err(EndpointError::Credentials));
    }

    #[test]
    fn a_query_is_sent_and_not_shown() {
        let endpoint = parse("https://host/v1?version=2&code=secret").unwrap();
        assert_eq!(endpoint.uri().query(), Some("version=2&code=secret"));
        assert!(!format!("{endpoint} {endpoint:?}").contains("secret"));
    }

    #[test]
    fn redirections_lead_to_an_origin() {
        let endpoint = parse("http://host:8000/v1").unwrap();
        for (location, origin) in [
            ("/v2/chat/completions", Some("http://host:8000")),
            ("http://HOST:8000/v1/chat/completions/", Some("http://host:8000")),
            ("https://host:8000/v1", Some("https://host:8000")),
            ("//other/v1", Some("http://other")),
            ("elsewhere", None),
            ("http://\u{1}", None),
        ] {
            let to = endpoint.redirected(location).map(|to| to.origin());
            assert_eq!(to.as_deref(), origin, "{location}");
        }
    }

    #[test]
    fn what_others_can_read_is_known() {
        for (text, is_open) in [
            ("http://localhost:1", false),
            ("http://127.0.0.2", false),
            ("http://[::1]:1", false),
            ("https://host", false),
            ("http://host", true),
        ] {
            assert_eq!(parse(text).unwrap().is_open(), is_open, "{text}");
        }
    }
}
