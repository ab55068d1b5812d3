//! A configuration from a file, with everything that is wrong in it.

use clap::ValueEnum;
use toml::de::DeTable;

use crate::tui::config::reader::{Reader, unknown};
use crate::tui::config::{Config, Fault, protocol_name};
use crate::tui::images::ImageProtocol;

/// The settings of a file.
const SETTINGS: [&str; 5] = ["theme", "mouse", "image-protocol", "keys", "themes"];

impl Config {
    /// The defaults, changed as the text says.
    ///
    /// # Errors
    /// Everything that is wrong in the text, in its order.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(text);
        let config = match DeTable::parse(text) {
            Ok(table) => reader.config(table.get_ref()),
            Err(error) => {
                let what = format!("this is not valid TOML: {}", error.message());
                reader.fault(error.span().unwrap_or(0..0), what);
                Self::default()
            }
        };
        match reader.faults() {
            faults if faults.is_empty() => Ok(config),
            faults => Err(faults),
        }
    }
}

impl Reader<'_> {
    fn config(&mut self, table: &DeTable) -> Config {
        let mut config = Config::default();
        // Themes first: a setting names one of them.
        if let Some(themes) = table.get("themes").and_then(|themes| self.table("themes", themes)) {
            for (name, theme) in themes {
                if let Some(theme) = self.theme(name, theme) {
                    config.palettes.push(theme);
                }
            }
        }
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "theme" => {
                    let names: Vec<&str> =
                        config.palettes.iter().map(|palette| palette.name.as_str()).collect();
                    if let Some(at) = self.one_of("theme", value, &names) {
                        config.palette = config.palettes[at].clone();
                    }
                }
                "mouse" => match value.get_ref().as_bool() {
                    Some(mouse) => config.mouse = mouse,
                    None => self.wrong_type("mouse", "true or false", value),
                },
                "image-protocol" => {
                    let variants = ImageProtocol::value_variants();
                    let names: Vec<String> = variants.iter().map(protocol_name).collect();
                    if let Some(at) = self.one_of("image-protocol", value, &names) {
                        config.image_protocol = variants[at];
                    }
                }
                "keys" => {
                    if let Some(keys) = self.table("keys", value) {
                        self.keys(keys, &mut config.keymap);
                    }
                }
                "themes" => {}
                name => self.fault(key.span(), unknown("setting", name, &SETTINGS)),
            }
        }
        config
    }
}
