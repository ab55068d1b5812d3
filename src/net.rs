//! What the hub and servers of language models have in common.

mod log;

use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use time::{Date, Month, OffsetDateTime, Time};
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::typestate::AgentScope;

use crate::input_file::{MOST_CONFIG, read_bounded};
use crate::text_file;

/// Whether an address is of this machine.
pub fn is_local(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Whether what is sent to an address can be read on the way to another machine.
pub fn is_open(address: &Uri) -> bool {
    address.scheme_str() != Some("https") && !is_local(address)
}

/// What asks at an address: it follows no redirect, a status is no error, and only these certificates are trusted, where
/// there are some.
pub fn agent_for(address: &Uri, certificates: Option<&RootCerts>) -> ConfigBuilder<AgentScope> {
    let config = Agent::config_builder()
        .user_agent(concat!("actalign-tui/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .middleware(log::request)
        .max_redirects(0);
    // No proxy leads to this machine.
    let config = if is_local(address) { config.proxy(None) } else { config };
    match certificates {
        Some(roots) => config.tls_config(TlsConfig::builder().root_certs(roots.clone()).build()),
        None => config,
    }
}

/// The certificates of a file in PEM.
///
/// # Errors
/// What is wrong with it, in words.
pub fn certificates(path: &Path) -> Result<RootCerts, String> {
    let bytes = read_bounded(path, MOST_CONFIG).map_err(|error| error.to_string())?;
    let pem = text_file::without_mark(&bytes).map_err(|error| error.to_string())?;
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| "it is no PEM".to_owned())? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err("it holds no certificate".to_owned());
    }
    Ok(certificates.into())
}

/// What a header `Retry-After` asks for: seconds, or a date.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = http_date(value)?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<SystemTime> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let number = |text: &str| text.parse::<u8>().ok();
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = (1..).zip(names).find(|(_, name)| *name == month)?.0;
    let date =
        Date::from_calendar_date(year.parse().ok()?, Month::try_from(month).ok()?, number(day)?).ok()?;
    let mut parts = time.split(':').map(number);
    let time = Time::from_hms(parts.next()??, parts.next()??, parts.next()??).ok()?;
    // What lies before 1970 has passed, and not every system can tell when.
    let seconds = OffsetDateTime::new_utc(date, time).unix_timestamp();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_names_seconds_or_a_date() {
        let epoch = SystemTime::UNIX_EPOCH;
        // As `date -d 'Sun, 06 Nov 1994 08:49:37 GMT' +%s` tells it.
        let now = epoch + Duration::from_secs(784_111_777 - 30);
        let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 7 "), Some(7.0));
        assert_eq!(seconds("0.25"), Some(0.25));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:48:37 GMT"), Some(0.0));
        assert_eq!(seconds("Sun, 06 Nov 0001 08:49:37 GMT"), Some(0.0));
        assert_eq!(seconds("Sun, 06 Nov -9999 08:49:37 GMT"), Some(0.0));
        for text in
            ["", "soon", "-1", "nan", "inf", "Sun, 36 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
