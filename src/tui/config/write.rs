//! A configuration as a file.

use toml::{Table, Value};

use crate::plot::colour::Rgb;
use crate::tui::commands::{COMMANDS, Command, Group};
use crate::tui::config::{Config, protocol_name};
use crate::tui::keymap::Chord;
use crate::tui::theme::Palette;

impl Config {
    /// The whole configuration as a file from which it can be read back, with a comment on everything.
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
            "auto, kitty, iterm2, sixel, halfblocks, none",
        );
        text += "\n# A key, a list of keys, or false for none.\n[keys]\n";
        for group in Group::ALL {
            text += &format!("\n# {}\n", group.name());
            for about in COMMANDS.iter().filter(|about| about.group == group) {
                text += &setting(about.name, &self.keys(about.command), about.help);
            }
        }
        let own = self.palettes.iter().skip(Palette::built_in().len());
        for palette in own {
            text += "\n";
            text += &theme(palette);
        }
        if self.palettes.len() == Palette::built_in().len() {
            text += "\n# A theme of your own, with what is different from its base.\n";
            let example = theme(&Palette { name: "mine".to_owned(), ..self.palette.clone() });
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

fn setting(name: &str, value: &Value, comment: &str) -> String {
    format!("{name} = {value} # {comment}\n")
}

fn theme(palette: &Palette) -> String {
    let one = |colour: Rgb| Value::from(written(colour));
    let all =
        |colours: &[Rgb]| Value::from(colours.iter().map(|&colour| written(colour)).collect::<Vec<_>>());
    let named = Table::from_iter([(palette.name.clone(), Value::Table(Table::new()))]);
    let mut text = Table::from_iter([("themes".to_owned(), Value::Table(named))]).to_string();
    text += &setting("base", &"dark".into(), "what is left out is as in dark, light or colour-blind");
    text += &setting("heat", &all(&palette.heat), "from low to high, at least two");
    text += &setting("steps", &all(&palette.steps), "steps and classes in their order, at least one");
    text += &setting("difference", &all(&palette.difference), "first larger, both the same, second larger");
    text += &setting("accent", &one(palette.accent), "titles, and the class that is pinned");
    text += &setting("selected", &one(palette.selected), "background of what is selected");
    text += &setting("good", &one(palette.good), "what has improved");
    text += &setting("bad", &one(palette.bad), "what is worse, and errors");
    text
}

fn written([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
