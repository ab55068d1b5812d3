//! What the parts of a configuration are read with.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tui::config::Fault;

/// A value and its place in the text.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// The text that is read, and what was found wrong in it.
pub struct Reader<'a> {
    text: &'a str,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, faults: Vec::new() }
    }

    /// Everything that is wrong, in the order of the text.
    pub fn faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| (fault.line, fault.column));
        self.faults
    }

    pub fn fault(&mut self, place: Range<usize>, what: impl Into<String>) {
        let (line, column) = self.line_and_column(place.start);
        self.faults.push(Fault { line, column, what: what.into() });
    }

    fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (self.line(at), line.chars().count() + 1)
    }

    /// The line of a place, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
    }

    /// Says that a value is of another type than it must be.
    pub fn wrong_type(&mut self, what: &str, expected: &str, value: &Value) {
        let found = value.get_ref().type_str();
        self.fault(value.span(), format!("{what} must be {expected}, but this is of type {found}"));
    }

    pub fn table<'v, 'i>(&mut self, name: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(name, &format!("a table, [{name}]"), value);
        }
        table
    }

    /// Which of the names a value is.
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

/// What to say of a name that does not exist, where there are few.
pub fn unknown(what: &str, name: &str, names: &[&str]) -> String {
    match near(name, names) {
        Some(near) => format!("there is no {what} \"{name}\"; did you mean {near}?"),
        None => format!("there is no {what} \"{name}\"; choose among {}", names.join(", ")),
    }
}

/// Up to three names that look like another one, the most alike first.
pub fn near(name: &str, names: &[&str]) -> Option<String> {
    let mut alike: Vec<(f64, &str)> = names
        .iter()
        .map(|&other| (strsim::jaro_winkler(name, other), other))
        .filter(|&(likeness, _)| likeness > 0.85)
        .collect();
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let names: Vec<&str> = alike.into_iter().take(3).map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}
