//! The themes of a configuration.

use toml::Spanned;
use toml::de::DeString;

use crate::plot::colour::Rgb;
use crate::tui::config::reader::{Reader, Value, unknown};
use crate::tui::theme::Palette;

/// The fields of a theme.
const FIELDS: [&str; 8] = ["base", "heat", "steps", "difference", "accent", "selected", "good", "bad"];

impl Reader<'_> {
    /// A theme of the file, over its base.
    pub fn theme(&mut self, name: &Spanned<DeString>, value: &Value) -> Option<Palette> {
        let fields = self.table(&format!("themes.{}", name.get_ref()), value)?;
        let built_in = Palette::built_in();
        let names = built_in.each_ref().map(|palette| palette.name.as_str());
        if names.contains(&name.get_ref().as_ref()) {
            let what = format!("the program has a theme {} itself; give yours another name", name.get_ref());
            self.fault(name.span(), what);
        }
        let base = fields.get("base").and_then(|base| self.one_of("base", base, &names));
        let mut palette = built_in[base.unwrap_or(0)].clone();
        palette.name = name.get_ref().to_string();
        for (key, value) in fields {
            match key.get_ref().as_ref() {
                "base" => {}
                "heat" => {
                    let points = self.colours("heat", value, "two or more colours", |count| count >= 2);
                    palette.heat = points.unwrap_or(palette.heat);
                }
                "steps" => {
                    let colours = self.colours("steps", value, "one or more colours", |count| count >= 1);
                    palette.steps = colours.unwrap_or(palette.steps);
                }
                "difference" => {
                    let colours = self.colours("difference", value, "three colours", |count| count == 3);
                    if let Some(Ok(colours)) = colours.map(TryInto::try_into) {
                        palette.difference = colours;
                    }
                }
                "accent" => palette.accent = self.colour(value).unwrap_or(palette.accent),
                "selected" => palette.selected = self.colour(value).unwrap_or(palette.selected),
                "good" => palette.good = self.colour(value).unwrap_or(palette.good),
                "bad" => palette.bad = self.colour(value).unwrap_or(palette.bad),
                field => self.fault(key.span(), unknown("field of a theme", field, &FIELDS)),
            }
        }
        Some(palette)
    }

    /// A list of colours, as many as are needed; none if something is wrong.
    fn colours(
        &mut self,
        field: &str,
        value: &Value,
        needed: &str,
        enough: fn(usize) -> bool,
    ) -> Option<Vec<Rgb>> {
        let kind = format!("a list of {needed}");
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(field, &kind, value);
            return None;
        };
        if !enough(list.len()) {
            self.fault(value.span(), format!("{field} must be {kind}, not {}", list.len()));
        }
        let colours: Vec<Option<Rgb>> = list.iter().map(|value| self.colour(value)).collect();
        colours.into_iter().collect::<Option<Vec<_>>>().filter(|colours| enough(colours.len()))
    }

    fn colour(&mut self, value: &Value) -> Option<Rgb> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type("a colour", "a string such as \"#88ccee\"", value);
            return None;
        };
        let colour = colour(text);
        if colour.is_none() {
            let what = format!("\"{text}\" is no colour; write six hexadecimal digits, such as \"#88ccee\"");
            self.fault(value.span(), what);
        }
        colour
    }
}

/// The colour that `#rrggbb` names.
fn colour(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([r, g, b])
}
