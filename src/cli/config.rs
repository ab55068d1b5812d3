//! The configuration file of a command.

use std::path::PathBuf;

use clap::Args;

use crate::tui::{Config, ConfigError};

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Configuration of keys, colours and pictures, in place of config.toml in the configuration folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArgs {
    /// The defaults, changed as the file says.
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule.
    pub fn load(&self) -> Result<Config, ConfigError> {
        Config::load(self.config.as_deref())
    }
}
