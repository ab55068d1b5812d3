use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use ureq::http::Uri;

use crate::net;

/// The path of chat completions below the root of an interface.
const COMPLETIONS: &str = "/chat/completions";

/// The address of a server's chat completions. `Display` and `Debug` leave out its query, which may hold a secret.
#[derive(Clone, PartialEq)]
pub struct Endpoint(Uri);

/// Why a text is not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    #[error("not the address of a server; use one like http://localhost:11434 or https://api.openai.com/v1")]
    NotAnAddress,
    #[error(
        "the address holds a user name or password; put the key into the environment variable that --key-env names"
    )]
    Credentials,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Takes the root of a server (`/v1` is added), the root of its interface such as `…/v1`, or the whole address.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.trim().parse().map_err(|_| EndpointError::NotAnAddress)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(EndpointError::Credentials);
        }
        if !net::is_http(&uri) {
            return Err(EndpointError::NotAnAddress);
        }
        let root = uri.path().trim_end_matches('/');
        let path = match root {
            "" => format!("/v1{COMPLETIONS}"),
            whole if whole.ends_with(COMPLETIONS) => whole.to_owned(),
            root => format!("{root}{COMPLETIONS}"),
        };
        let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
        let whole = format!("{}{path}{query}", net::origin(&uri));
        whole.parse().map(Self).map_err(|_| EndpointError::NotAnAddress)
    }
}

impl Endpoint {
    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    pub fn origin(&self) -> String {
        net::origin(&self.0)
    }

    pub fn is_local(&self) -> bool {
        net::is_local(&self.0)
    }

    pub fn is_secure(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub fn is_exposed(&self) -> bool {
        net::is_exposed(&self.0)
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
    fn roots_and_whole_addresses_are_accepted() {
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
}
