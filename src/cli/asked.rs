//! The language models that the explorer may ask.

use std::env;
use std::sync::{Arc, Mutex};

use clap::{ArgGroup, Args};
use color_eyre::eyre::Result;

use crate::cli::server::{ServerArgs, endpoint};
use crate::llm::{Client, Generator, Viewer, vision_prompt};
use crate::output;
use crate::script::Strategy;
use crate::tui::{Models, Vlm};

const ENDPOINT_VARIABLE: &str = "ACTALIGN_LLM_ENDPOINT";

/// Language models, and how they are asked.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("vlm_server").args(["endpoint", "vlm_endpoint"]).multiple(true))]
pub struct AskedModels {
    /// Language model that writes scripts when it is asked to, as its server calls it
    #[arg(long, value_name = "NAME", env = "ACTALIGN_LLM", requires = "endpoint")]
    llm: Option<String>,
    /// Its server, which speaks OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp …
    #[arg(long, value_name = "URL", env = ENDPOINT_VARIABLE, hide_env_values = true)]
    endpoint: Option<String>,
    /// How it is asked for scripts
    #[arg(long, value_enum, default_value_t = Strategy::ContextRich)]
    strategy: Strategy,
    /// Vision-language model that says what a clip shows when it is asked to, as its server calls it
    #[arg(long, value_name = "NAME", requires = "vlm_server")]
    vlm: Option<String>,
    /// Its server [default: that of --endpoint]
    #[arg(long, value_name = "URL", requires = "vlm")]
    vlm_endpoint: Option<String>,
    /// Environment variable that holds the key of --vlm-endpoint. Where that is another server than --endpoint, none is sent
    /// unless it is named here
    #[arg(long, value_name = "NAME", requires = "vlm")]
    vlm_key_env: Option<String>,
    /// Frames of a clip that it sees, evenly spaced
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    vlm_frames: u8,
    #[command(flatten)]
    server: ServerArgs,
}

impl AskedModels {
    /// Ways to the models that are named. Nothing is sent yet.
    ///
    /// # Errors
    /// If a key or a prompt cannot be used.
    pub fn open(&self) -> Result<Models> {
        let mut models = Models::default();
        if self.llm.is_none() && self.vlm.is_none() && self.is_endpoint_typed() {
            output::say("--endpoint does nothing without a model: name one with --llm or --vlm");
        }
        if let (Some(name), Some(address)) = (&self.llm, &self.endpoint) {
            let client = self.server.client(address, name)?;
            let generator = Generator::new(client, self.strategy, self.strategy.prompt(None)?);
            models.writer = Some(Arc::new(Mutex::new(generator)));
        }
        let vlm_address = self.vlm_endpoint.as_ref().or(self.endpoint.as_ref());
        if let (Some(name), Some(address)) = (&self.vlm, vlm_address) {
            let viewer = Viewer::new(self.client_of_viewer(address, name)?, vision_prompt()?);
            let viewer = Arc::new(Mutex::new(viewer));
            models.vlm = Some(Vlm { name: name.clone(), frames: self.vlm_frames.into(), viewer });
        }
        Ok(models)
    }

    /// The key of --key-env, or the usual one, is of the server that scripts are asked of: another gets one of its own or
    /// none.
    fn client_of_viewer(&self, address: &str, name: &str) -> Result<Client> {
        let to = endpoint(address);
        let is_elsewhere = self.endpoint.as_deref().is_some_and(|of| endpoint(of).origin() != to.origin());
        let key_env = self.vlm_key_env.as_deref();
        if !is_elsewhere && key_env.is_none() {
            return self.server.client(address, name);
        }
        if key_env.is_none() && !to.is_local() {
            let to = to.origin();
            output::say(format_args!("no key is sent to {to}: --vlm-key-env names the variable of one"));
        }
        self.server.client_elsewhere(address, name, key_env)
    }

    /// Whether the endpoint is of the command line: a variable may stand for good.
    fn is_endpoint_typed(&self) -> bool {
        self.endpoint.is_some() && self.endpoint != env::var(ENDPOINT_VARIABLE).ok()
    }
}
