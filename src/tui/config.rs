//! The user's configuration: keys, colours, mouse, pictures.

mod keys;
mod read;
#[cfg(test)]
mod tests;
mod themes;
mod write;

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use thiserror::Error;

use crate::files::folders::Folder;
use crate::files::input_file::MOST_CONFIG;
use crate::files::text_file;
use crate::tui::images::ImageProtocol;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Palette;

/// Name of the file in the configuration folder.
const FILE: &str = "config.toml";

/// The configuration in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub keymap: Keymap,
    pub palette: Palette,
    /// All themes, the built-in ones first.
    pub palettes: Vec<Palette>,
    /// Whether the explorer takes the mouse.
    pub mouse: bool,
    pub image_protocol: ImageProtocol,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            keymap: Keymap::default(),
            palette: Palette::dark(),
            palettes: Palette::built_in().into(),
            mouse: true,
            image_protocol: ImageProtocol::default(),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("invalid configuration:{}", in_lines(path, faults))]
    Invalid { path: PathBuf, faults: Vec<Fault> },
}

/// A fault in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

impl Config {
    /// The default file; none if the system names no configuration folder.
    pub fn file() -> Option<PathBuf> {
        Some(Folder::Config.path().ok()?.join(FILE))
    }

    /// The defaults with the changes of a file: the named one, which must exist, or [`Config::file`], which need not.
    ///
    /// # Errors
    /// If the file cannot be read or has faults.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = named.map(Path::to_owned).or_else(Self::file) else { return Ok(Self::default()) };
        match text_file::read(&path, MOST_CONFIG) {
            Ok(text) => Self::from_toml(&text).map_err(|faults| ConfigError::Invalid { path, faults }),
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(ConfigError::Read { path, source }),
        }
    }
}

fn in_lines(path: &Path, faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("\n{}:{fault}", path.display())).collect()
}

/// Name of a protocol in a file.
fn protocol_name(protocol: &ImageProtocol) -> String {
    protocol.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A line of a file.
fn setting(name: &str, value: &toml::Value, comment: &str) -> String {
    format!("{name} = {value} # {comment}\n")
}
