//! Reads a configuration and reports everything that is wrong in it.

use std::ops::Range;

use clap::ValueEnum;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tui::config::{Config, Fault, protocol_name};
use crate::tui::images::ImageProtocol;

/// A value and its place in the text.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// The settings of a file.
const SETTINGS: [&str; 5] = ["theme", "mouse", "image-protocol", "keys", "themes"];

impl Config {
    /// The defaults with the changes of a TOML text.
    ///
    /// # Errors
    /// All faults of the text, in its order.
    pub fn from_toml(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { text, faults: Vec::new() };
        let config = match DeTable::parse(text) {
            Ok(table) => reader.config(table.get_ref()),
            Err(error) => {
                let what = format!("invalid TOML: {}", error.message());
                reader.fault(error.span().unwrap_or(0..0), what);
                Self::default()
            }
        };
        reader.faults.sort_by_key(|fault| (fault.line, fault.column));
        if reader.faults.is_empty() { Ok(config) } else { Err(reader.faults) }
    }
}

/// A text and its faults so far.
pub struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
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

    pub fn fault(&mut self, place: Range<usize>, what: impl Into<String>) {
        let before = self.text.get(..place.start).unwrap_or(self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.faults.push(Fault { line: self.line(place.start), column, what: what.into() });
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
    }

    pub fn wrong_type(&mut self, what: &str, expected: &str, value: &Value) {
        let found = value.get_ref().type_str();
        self.fault(value.span(), format!("{what}: expected {expected}, found {found}"));
    }

    pub fn table<'v, 'i>(&mut self, name: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(name, &format!("a table, [{name}]"), value);
        }
        table
    }

    /// The index of a value among names.
    pub fn one_of(&mut self, setting: &str, value: &Value, names: &[impl AsRef<str>]) -> Option<usize> {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(setting, &format!("one of {}", names.join(", ")), value);
            return None;
        };
        let at = names.iter().position(|&name| name == text);
        if at.is_none() {
            self.fault(value.span(), unknown(setting, text, &names));
        }
        at
    }
}

/// The message for a name that is none of `names`.
pub fn unknown(what: &str, name: &str, names: &[&str]) -> String {
    match similar(name, names) {
        Some(similar) => format!("unknown {what} \"{name}\"; did you mean {similar}?"),
        None => format!("unknown {what} \"{name}\"; choose among {}", names.join(", ")),
    }
}

/// Up to three names similar to another, the most similar first.
pub fn similar(name: &str, names: &[&str]) -> Option<String> {
    let likeness = |other: &&str| strsim::jaro_winkler(name, other);
    let mut alike: Vec<&str> = names.iter().copied().filter(|other| likeness(other) > 0.85).collect();
    alike.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    alike.truncate(3);
    (!alike.is_empty()).then(|| alike.join(" or "))
}
