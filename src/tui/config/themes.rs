//! The themes of a configuration.

use toml::de::DeString;
use toml::{Spanned, Table};

use crate::plot::colour::{Rgb, hex};
use crate::tui::config::read::{Reader, Value, unknown};
use crate::tui::config::setting;
use crate::tui::theme::Palette;

/// The colours of a field of a theme.
enum Colours<'a> {
    One(&'a mut Rgb),
    Three(&'a mut [Rgb; 3]),
    /// At least so many.
    List(&'a mut Vec<Rgb>, usize),
}

/// Name, help and colours of a field.
type Field = (&'static str, &'static str, fn(&mut Palette) -> Colours);

/// The fields of a theme beside its base.
const FIELDS: [Field; 7] = [
    ("heat", "from low to high, at least two", |theme| Colours::List(&mut theme.heat, 2)),
    ("steps", "steps and classes in their order, at least one", |theme| Colours::List(&mut theme.steps, 1)),
    ("difference", "first larger, both the same, second larger", |theme| {
        Colours::Three(&mut theme.difference)
    }),
    ("accent", "titles, and the class that is pinned", |theme| Colours::One(&mut theme.accent)),
    ("selected", "background of what is selected", |theme| Colours::One(&mut theme.selected)),
    ("good", "what has improved", |theme| Colours::One(&mut theme.good)),
    ("bad", "what is worse, and errors", |theme| Colours::One(&mut theme.bad)),
];

impl Reader<'_> {
    /// A theme of the file, over its base.
    pub fn theme(&mut self, name: &Spanned<DeString>, value: &Value) -> Option<Palette> {
        let fields = self.table(&format!("themes.{}", name.get_ref()), value)?;
        let built_in = Palette::built_in();
        let names = built_in.each_ref().map(|palette| palette.name.as_str());
        if names.contains(&name.get_ref().as_ref()) {
            let what = format!("{} is a built-in theme; choose another name", name.get_ref());
            self.fault(name.span(), what);
        }
        let base = fields.get("base").and_then(|base| self.one_of("base", base, &names));
        let mut palette = built_in[base.unwrap_or(0)].clone();
        palette.name = name.get_ref().to_string();
        for (key, value) in fields {
            let name = key.get_ref().as_ref();
            if let Some((field, _, colours)) = FIELDS.iter().find(|(field, ..)| *field == name) {
                self.colours(field, value, colours(&mut palette));
            } else if name != "base" {
                let names: Vec<&str> =
                    std::iter::once("base").chain(FIELDS.map(|(field, ..)| field)).collect();
                self.fault(key.span(), unknown("field of a theme", name, &names));
            }
        }
        Some(palette)
    }

    fn colours(&mut self, field: &str, value: &Value, into: Colours) {
        match into {
            Colours::One(colour) => *colour = self.colour(value).unwrap_or(*colour),
            Colours::Three(colours) => {
                let found = self.list(field, value, "three colours", |count| count == 3);
                *colours = found.and_then(|found| found.try_into().ok()).unwrap_or(*colours);
            }
            Colours::List(colours, least) => {
                let expected = if least == 1 { "one or more colours" } else { "two or more colours" };
                if let Some(found) = self.list(field, value, expected, |count| count >= least) {
                    *colours = found;
                }
            }
        }
    }

    /// A list of as many colours as are expected.
    fn list(
        &mut self,
        field: &str,
        value: &Value,
        expected: &str,
        enough: impl Fn(usize) -> bool,
    ) -> Option<Vec<Rgb>> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(field, &format!("a list of {expected}"), value);
            return None;
        };
        if !enough(list.len()) {
            self.fault(value.span(), format!("{field}: expected {expected}, found {}", list.len()));
        }
        let colours: Vec<Rgb> = list.iter().filter_map(|value| self.colour(value)).collect();
        (colours.len() == list.len() && enough(list.len())).then_some(colours)
    }

    fn colour(&mut self, value: &Value) -> Option<Rgb> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type("colour", "a string such as \"#88ccee\"", value);
            return None;
        };
        let colour = colour(text);
        if colour.is_none() {
            self.fault(value.span(), format!("not a colour: \"{text}\"; write it like \"#88ccee\""));
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

/// A theme as a table of a file.
pub fn written(mut palette: Palette) -> String {
    let list = |colours: &[Rgb]| toml::Value::from(colours.iter().copied().map(hex).collect::<Vec<_>>());
    let named = Table::from_iter([(palette.name.clone(), toml::Value::Table(Table::new()))]);
    let mut text = Table::from_iter([("themes".to_owned(), toml::Value::Table(named))]).to_string();
    text += &setting("base", &"dark".into(), "what is left out is as in dark, light or colour-blind");
    for (field, help, colours) in FIELDS {
        let value = match colours(&mut palette) {
            Colours::One(colour) => hex(*colour).into(),
            Colours::Three(colours) => list(colours),
            Colours::List(colours, _) => list(colours),
        };
        text += &setting(field, &value, help);
    }
    text
}
