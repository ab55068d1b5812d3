use std::net::IpAddr;

use ureq::http::Uri;

/// Whether `address` is this machine.
pub fn is_local(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Whether others can read what is sent to `address`: plain HTTP to another machine.
pub fn is_exposed(address: &Uri) -> bool {
    address.scheme_str() != Some("https") && !is_local(address)
}

/// Whether this is an address of HTTP with a host and without a user name, which messages would show.
pub fn is_http(address: &Uri) -> bool {
    matches!(address.scheme_str(), Some("http" | "https"))
        && address
            .authority()
            .is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'))
}

/// Scheme, host and port, which is left out where it is the usual one. A secret belongs to one origin.
pub fn origin(address: &Uri) -> String {
    let scheme = address.scheme_str().unwrap_or_default();
    let host = address.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if scheme == "https" { 443 } else { 80 };
    match address.port_u16().filter(|&port| port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// Host and port for messages, without a user name or password.
pub fn host(address: &Uri) -> String {
    let authority = address.authority().map_or("?", |authority| authority.as_str());
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

/// The target of a redirect; `None` unless it is an address of HTTP.
pub(super) fn resolve(from: &Uri, location: &str) -> Option<Uri> {
    let location = location.trim();
    let scheme = from.scheme_str()?;
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{}{location}", from.authority()?)
    } else if location.is_empty() {
        return None;
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{}{folder}/{location}", from.authority()?)
    };
    absolute.parse().ok().filter(is_http)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn redirects_lead_to_http_and_nowhere_else() {
        let from = uri("https://hub.example/a/b/c?x=1");
        let to = |location| resolve(&from, location).map(|uri| uri.to_string());
        assert_eq!(to("https://cdn.example/f?s=1").as_deref(), Some("https://cdn.example/f?s=1"));
        assert_eq!(to("//cdn.example/f").as_deref(), Some("https://cdn.example/f"));
        assert_eq!(to(" /api/f ").as_deref(), Some("https://hub.example/api/f"));
        assert_eq!(to("f").as_deref(), Some("https://hub.example/a/b/f"));
        for location in [
            "",
            "file:///etc/passwd",
            "ftp://a/b",
            "https://",
            "https://user:secret@cdn.example/f",
            "http://\u{1}",
        ] {
            assert_eq!(to(location), None, "{location}");
        }
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        let hub = origin(&uri("https://hub.example/a"));
        assert_eq!(hub, origin(&uri("https://Hub.example:443/b")));
        for other in ["http://hub.example/a", "https://hub.example:8443/a", "https://hub.example.org/a"] {
            assert_ne!(hub, origin(&uri(other)));
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_exposed() {
        for (text, exposed) in [
            ("http://localhost:1", false),
            ("http://127.0.0.2", false),
            ("http://[::1]:1", false),
            ("https://host", false),
            ("http://host", true),
        ] {
            assert_eq!(is_exposed(&uri(text)), exposed, "{text}");
        }
    }
}
