//! Arguments that name language models and their servers.

use std::env;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{ArgGroup, Args};
use color_eyre::eyre::{Result, bail, eyre};

use crate::cli::progress::Counter;
use crate::cli::usage;
use crate::files::folders::Folder;
use crate::llm::{
    Client, ClientOptions, Endpoint, EndpointError, Event, Generator, Viewer, script_prompt, vision_prompt,
};
use crate::net::{Secret, load_certificates};
use crate::output;
use crate::script::Strategy;
use crate::tui::{Models, Vlm};

/// The variable of the key, unless another is named.
const KEY_VARIABLE: &str = "OPENAI_API_KEY";
const ENDPOINT_VARIABLE: &str = "ACTALIGN_LLM_ENDPOINT";

/// How to reach a server.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Environment variable with the key of the language model's server; local servers need none [default:
    /// OPENAI_API_KEY, if it is set]
    #[arg(long, value_name = "NAME")]
    key_env: Option<String>,
    /// Seconds for one answer of that server
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = timeout)]
    timeout: f64,
}

impl ServerArgs {
    /// A client of a model. The default key is not sent where others could read it; one that was named is.
    pub fn client(&self, address: &str, model: &str) -> Result<Client> {
        let endpoint = endpoint(address);
        let named = self.key_env.as_deref();
        let mut key = key(named)?;
        if key.is_some() && named.is_none() && endpoint.is_exposed() {
            output::say(format_args!(
                "the key in {KEY_VARIABLE} is not sent: others could read it on the way to {}\nhelp: --key-env \
                 {KEY_VARIABLE} sends it all the same",
                endpoint.origin()
            ));
            key = None;
        }
        self.client_with(endpoint, model, key)
    }

    fn client_with(&self, endpoint: Endpoint, model: &str, key: Option<Secret>) -> Result<Client> {
        let certificates = match env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            Some(path) if endpoint.is_secure() => Some(load_certificates(Path::new(&path))?),
            _ => None,
        };
        let options = ClientOptions { timeout: Duration::from_secs_f64(self.timeout), certificates };
        Ok(Client::new(endpoint, model, key, options))
    }
}

/// Models for the explorer: one that writes scripts, one that sees frames.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("vlm_server").args(["endpoint", "vlm_endpoint"]).multiple(true))]
pub struct LlmArgs {
    /// Language model that writes scripts on request, as its server calls it
    #[arg(long, value_name = "NAME", env = "ACTALIGN_LLM", requires = "endpoint")]
    llm: Option<String>,
    /// Its server with OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp …
    #[arg(long, value_name = "URL", env = ENDPOINT_VARIABLE, hide_env_values = true)]
    endpoint: Option<String>,
    /// How it is asked for scripts
    #[arg(long, value_enum, default_value_t)]
    strategy: Strategy,
    /// Vision-language model that says on request what a clip shows, as its server calls it
    #[arg(long, value_name = "NAME", requires = "vlm_server")]
    vlm: Option<String>,
    /// Its server [default: that of --endpoint]
    #[arg(long, value_name = "URL", requires = "vlm")]
    vlm_endpoint: Option<String>,
    /// Environment variable with the key of --vlm-endpoint. If that is another server than --endpoint, no key is sent
    /// without this option
    #[arg(long, value_name = "NAME", requires = "vlm")]
    vlm_key_env: Option<String>,
    /// Frames of a clip that it sees, evenly spaced
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    vlm_frames: u8,
    #[command(flatten)]
    server: ServerArgs,
}

impl LlmArgs {
    /// The models that are named. Nothing is sent yet.
    pub fn open(&self) -> Result<Models> {
        let mut models = Models::default();
        let prompts = prompts_folder();
        if self.llm.is_none() && self.vlm.is_none() && self.is_endpoint_typed() {
            output::say("--endpoint has no effect without a model\nhelp: name one with --llm or --vlm");
        }
        if let (Some(name), Some(address)) = (&self.llm, &self.endpoint) {
            let prompt = script_prompt(self.strategy, None, prompts.as_deref())?;
            let generator = Generator::new(self.server.client(address, name)?, self.strategy, prompt);
            models.writer = Some(Arc::new(Mutex::new(generator)));
        }
        if let (Some(name), Some(address)) =
            (&self.vlm, self.vlm_endpoint.as_ref().or(self.endpoint.as_ref()))
        {
            let viewer = Viewer::new(self.vlm_client(address, name)?, vision_prompt(prompts.as_deref())?);
            let viewer = Arc::new(Mutex::new(viewer));
            models.vlm = Some(Vlm { name: name.clone(), frames: self.vlm_frames.into(), viewer });
        }
        Ok(models)
    }

    /// The key of --key-env belongs to the server of --endpoint: another server gets its own key or none.
    fn vlm_client(&self, address: &str, name: &str) -> Result<Client> {
        let to = endpoint(address);
        let is_elsewhere = self.endpoint.as_deref().is_some_and(|of| endpoint(of).origin() != to.origin());
        let key_env = self.vlm_key_env.as_deref();
        if !is_elsewhere && key_env.is_none() {
            return self.server.client(address, name);
        }
        if key_env.is_none() && !to.is_local() {
            let to = to.origin();
            output::say(format_args!("no key is sent to {to}\nhelp: name its variable with --vlm-key-env"));
        }
        let key = key_env.map(|variable| key(Some(variable))).transpose()?.flatten();
        self.server.client_with(to, name, key)
    }

    /// Whether the endpoint was typed: the variable may be set for other commands.
    fn is_endpoint_typed(&self) -> bool {
        self.endpoint.is_some() && self.endpoint != env::var(ENDPOINT_VARIABLE).ok()
    }
}

/// The key in the named variable, which must be set, else in [`KEY_VARIABLE`], which need not be.
fn key(named: Option<&str>) -> Result<Option<Secret>> {
    let variable = named.unwrap_or(KEY_VARIABLE);
    let value = env::var_os(variable).unwrap_or_default();
    let key = Secret::new(&value.to_string_lossy())
        .map_err(|error| eyre!("the environment variable {variable} does not hold a key: {error}"))?;
    if key.is_none() && named.is_some() {
        bail!(
            "the environment variable {variable} is not set\nhelp: set it to the server's key, or leave out the option \
             that names it"
        );
    }
    Ok(key)
}

/// The folder of the user's prompts.
pub fn prompts_folder() -> Option<PathBuf> {
    Folder::Config.path().ok().map(|folder| folder.join("prompts"))
}

/// The address as typed; ends the process if it is invalid. clap's own message would repeat it, and it may hold a password.
fn endpoint(address: &str) -> Endpoint {
    address
        .parse()
        .unwrap_or_else(|error: EndpointError| usage::misused(ErrorKind::ValueValidation, &error.to_string()))
}

/// Reports a wait for a busy server, once for each wait.
pub fn report_wait(event: &Event, counter: &Counter) -> ControlFlow<()> {
    if let Event::Waiting { total, left, reason } = event
        && total == left
    {
        counter.say(&format!("retrying in {:.0} s: {reason}", total.as_secs_f64().ceil()));
    }
    ControlFlow::Continue(())
}

fn timeout(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("expected a number of seconds, more than 0 and at most 86400".to_owned()),
    }
}

/// Parses a model's temperature.
pub fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=2.0).contains(&value) => Ok(value),
        _ => Err("expected a number from 0 to 2".to_owned()),
    }
}
