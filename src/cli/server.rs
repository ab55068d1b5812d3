//! The server of a language model, as arguments name it.

use std::env;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use clap::error::ErrorKind;
use color_eyre::eyre::{Result, eyre};

use crate::cli::progress::Counter;
use crate::cli::usage;
use crate::llm::{Client, DEFAULT_VARIABLE, Endpoint, EndpointError, Event, Key, Limits};
use crate::net::certificates;
use crate::output;

/// How a server is spoken to.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Environment variable that holds the key of the language model's server; local ones need none [default:
    /// OPENAI_API_KEY, if it is set]
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,
    /// Seconds for one answer of that server
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = some_seconds)]
    timeout: f64,
}

impl ServerArgs {
    /// A client of a model, at the address as it was typed. A key that was not named does not go over the network for all to read.
    ///
    /// # Errors
    /// If the key, or the file of certificates, cannot be used.
    pub fn client(&self, address: &str, model: &str) -> Result<Client> {
        let endpoint = endpoint(address);
        let named = self.key_env.as_deref();
        let mut key = Key::from_env(named)?;
        if key.is_some() && named.is_none() && endpoint.is_open() {
            output::say(format_args!(
                "the key in {DEFAULT_VARIABLE} is not sent: on the way to {} everyone can read it; --key-env \
                 {DEFAULT_VARIABLE} sends it all the same",
                endpoint.origin()
            ));
            key = None;
        }
        self.client_with(endpoint, model, key)
    }

    /// A client of a model of another server than the one that the key of these arguments is of.
    ///
    /// # Errors
    /// If the variable that is named holds no key, or the file of certificates cannot be used.
    pub fn client_elsewhere(&self, address: &str, model: &str, key_env: Option<&str>) -> Result<Client> {
        let key = match key_env {
            Some(_) => Key::from_env(key_env)?,
            None => None,
        };
        self.client_with(endpoint(address), model, key)
    }

    fn client_with(&self, endpoint: Endpoint, model: &str, key: Option<Key>) -> Result<Client> {
        // As for the hub.
        let certificates = match env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            Some(path) if endpoint.is_secure() => {
                let path = Path::new(&path);
                let error = |reason| {
                    eyre!(
                        "SSL_CERT_FILE names {}: {reason}; name a file of certificates in PEM, or leave it out",
                        path.display()
                    )
                };
                Some(certificates(path).map_err(error)?)
            }
            _ => None,
        };
        let overall = Duration::from_secs_f64(self.timeout);
        let limits = Limits { overall, ..Limits::default() };
        let client = Client::new(endpoint, model, key).with_limits(limits);
        Ok(match certificates {
            Some(certificates) => client.with_certificates(certificates),
            None => client,
        })
    }
}

/// The address as it was typed. clap would say what is wrong with it together with the address, which may hold a password.
pub fn endpoint(address: &str) -> Endpoint {
    address
        .parse()
        .unwrap_or_else(|error: EndpointError| usage::misused(ErrorKind::ValueValidation, &error.to_string()))
}

/// Tells, once for each wait, that a busy server is waited for.
pub fn tell_wait(event: &Event, counter: &Counter) -> ControlFlow<()> {
    if let Event::Waiting { total, left, reason } = event
        && total == left
    {
        counter.say(&format!("asked again in {:.0} s: {reason}", total.as_secs_f64().ceil()));
    }
    ControlFlow::Continue(())
}

/// A time that something can happen in.
fn some_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("expected a number of seconds, more than 0 and at most 86400".to_owned()),
    }
}

/// A model's temperature.
pub fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 2".to_owned()),
    }
}
