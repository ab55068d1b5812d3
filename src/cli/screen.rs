//! The screen or the plain text that a session is explored on.

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr};

use crate::cli::llm_args::LlmArgs;
use crate::session::Session;
use crate::tui::{self, Config, ImageProtocol, Models};

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Configuration of keys, colours and pictures, in place of config.toml in the configuration folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    /// The defaults, changed as the file says.
    pub fn load(&self) -> Result<Config> {
        Ok(Config::load(self.config.as_deref())?)
    }
}

/// How the screen looks.
#[derive(Debug, Args)]
pub struct LookArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// How pictures are drawn; overrides the configuration
    #[arg(long, value_name = "PROTOCOL")]
    image_protocol: Option<ImageProtocol>,
}

impl LookArgs {
    /// Reads the configuration.
    pub fn load(&self) -> Result<Config> {
        let config = self.config.load()?;
        let image_protocol = self.image_protocol.unwrap_or(config.image_protocol);
        Ok(Config { image_protocol, ..config })
    }
}

/// How the explorer looks, and which language models it may ask.
#[derive(Debug, Args)]
pub struct ScreenArgs {
    #[command(flatten)]
    look: LookArgs,
    /// Lines of text in place of the screen, for screen readers, logs and scripts: commands in, sentences out; `help` lists
    /// the commands
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    models: LlmArgs,
}

/// [`ScreenArgs`] with the configuration read.
pub struct Screen {
    config: Config,
    is_plain: bool,
    models: Models,
}

impl ScreenArgs {
    /// Reads the configuration.
    pub fn load(&self) -> Result<Screen> {
        Ok(Screen { config: self.look.load()?, is_plain: self.plain, models: self.models.open()? })
    }
}

impl Screen {
    /// Explores a session until the user quits.
    pub fn explore(self, mut session: Session) -> Result<()> {
        let folder = std::env::current_dir().wrap_err("cannot determine the current directory")?;
        // The tour explains the screen.
        session.tour_ended.take_if(|_| self.is_plain);
        let explorer = session.into_explorer(self.config, self.models, folder);
        if self.is_plain { tui::run_plain(explorer) } else { tui::run(explorer) }
    }
}
