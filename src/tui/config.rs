//! What users set for themselves: keys, colours, mouse and pictures.

mod keys;
mod read;
mod reader;
#[cfg(test)]
mod tests;
mod themes;
mod write;

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use thiserror::Error;

use crate::input_file::MOST_CONFIG;
use crate::store::Folder;
use crate::text_file;
use crate::tui::images::ImageProtocol;
use crate::tui::keymap::Keymap;
use crate::tui::theme::Palette;

/// Name of the file in the folder of the configuration.
const FILE: &str = "config.toml";

/// The configuration in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which key does what.
    pub keymap: Keymap,
    /// The theme.
    pub palette: Palette,
    /// All themes that can be turned among, the built-in ones first.
    pub palettes: Vec<Palette>,
    /// Whether the explorer takes the mouse.
    pub mouse: bool,
    /// How pictures are drawn.
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

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file says what cannot be done.
    #[error("the configuration cannot be used:{}", in_lines(path, faults))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, in the order of the file.
        faults: Vec<Fault>,
    },
}

/// Something wrong in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

impl Config {
    /// The file that is read where none is named; none where the system has no folder for it.
    pub fn file() -> Option<PathBuf> {
        Some(Folder::Config.path().ok()?.join(FILE))
    }

    /// The defaults, changed as a file says: the named one, which must exist, or [`Config::file`], which need not.
    ///
    /// # Errors
    /// If the file cannot be read, or what it says cannot be done.
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

/// What a file calls a protocol.
fn protocol_name(protocol: &ImageProtocol) -> String {
    protocol.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
