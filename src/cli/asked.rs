//! The language models that the explorer may ask.

use std::sync::{Arc, Mutex};

use clap::Args;
use color_eyre::eyre::Result;

use crate::cli::server::ServerArgs;
use crate::llm::{Generator, Viewer, vision_prompt};
use crate::script::Strategy;
use crate::tui::{Models, Sight};

/// Language models, and how they are asked.
#[derive(Debug, Args)]
pub struct AskedModels {
    /// Language model that writes scripts when it is asked to, as its server calls it
    #[arg(long, value_name = "NAME", env = "ACTALIGN_LLM", requires = "endpoint")]
    llm: Option<String>,
    /// Its server, which speaks OpenAI's chat completions: OpenAI, Ollama, vLLM, llama.cpp …
    #[arg(long, value_name = "URL", env = "ACTALIGN_LLM_ENDPOINT", hide_env_values = true)]
    endpoint: Option<String>,
    /// How it is asked for scripts
    #[arg(long, value_enum, default_value_t = Strategy::ContextRich)]
    strategy: Strategy,
    /// Vision-language model that says what a clip shows when it is asked to, as its server calls it
    #[arg(long, value_name = "NAME")]
    vlm: Option<String>,
    /// Its server [default: that of --endpoint]
    #[arg(long, value_name = "URL", requires = "vlm")]
    vlm_endpoint: Option<String>,
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
        if let (Some(name), Some(endpoint)) = (&self.llm, &self.endpoint) {
            let client = self.server.client(endpoint, name)?;
            let generator = Generator::new(client, self.strategy, self.strategy.prompt(None)?);
            models.writer = Some(Arc::new(Mutex::new(generator)));
        }
        if let (Some(name), Some(endpoint)) =
            (&self.vlm, self.vlm_endpoint.as_ref().or(self.endpoint.as_ref()))
        {
            let viewer = Viewer::new(self.server.client(endpoint, name)?, vision_prompt()?);
            let viewer = Arc::new(Mutex::new(viewer));
            models.viewer = Some(Sight { name: name.clone(), frames: self.vlm_frames.into(), viewer });
        }
        Ok(models)
    }
}
