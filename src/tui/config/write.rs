//! Writes a configuration as a file.

use clap::ValueEnum;
use toml::Value;

use crate::tui::commands::{COMMANDS, Command, Group};
use crate::tui::config::themes::written as theme;
use crate::tui::config::{Config, protocol_name, setting};
use crate::tui::images::ImageProtocol;
use crate::tui::keymap::Chord;
use crate::tui::theme::Palette;

impl Config {
    /// The whole configuration as TOML, every setting with a comment.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "# Configuration of actalign-tui: everything as it is now. What is left out keeps its default.\n\n",
        );
        let themes = "dark, light, colour-blind, or one of [themes.NAME]";
        text += &setting("theme", &self.palette.name.as_str().into(), themes);
        text += &setting("mouse", &self.mouse.into(), "whether clicks and the wheel are the explorer's");
        text += &setting(
            "image-protocol",
            &protocol_name(&self.image_protocol).into(),
            &ImageProtocol::value_variants().iter().map(protocol_name).collect::<Vec<_>>().join(", "),
        );
        text += "\n# A key, a list of keys, or false for none.\n[keys]\n";
        for &group in Group::ALL {
            text += &format!("\n# {}\n", group.name());
            for about in COMMANDS.iter().filter(|about| about.group == group) {
                text += &setting(about.name, &self.keys(about.command), about.help);
            }
        }
        let own = self.palettes.iter().skip(Palette::built_in().len());
        for palette in own {
            text += "\n";
            text += &theme(palette.clone());
        }
        if self.palettes.len() == Palette::built_in().len() {
            text += "\n# A theme of your own, with what is different from its base.\n";
            let example = theme(Palette { name: "mine".to_owned(), ..self.palette.clone() });
            text.extend(example.lines().map(|line| format!("# {line}\n")));
        }
        text
    }

    fn keys(&self, command: Command) -> Value {
        let mut chords: Vec<Value> =
            self.keymap.chords(command).map(Chord::written).map(Value::from).collect();
        match chords.len() {
            0 => false.into(),
            1 => chords.remove(0),
            _ => chords.into(),
        }
    }
}
