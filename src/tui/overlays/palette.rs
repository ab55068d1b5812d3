//! The command palette: finds commands by name.

use std::cmp::Reverse;

use crossterm::event::{KeyCode, KeyEvent};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::plot::text::{fit, width as columns_of};
use crate::tui::commands::{About, COMMANDS};
use crate::tui::overlays::list::SearchList;
use crate::tui::overlays::{below, row_of, window};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};

/// Columns of the keys, and of the names with a space.
const KEY: usize = 10;
const NAME: usize = 21;

struct Palette {
    list: SearchList,
    /// The commands that match, best first.
    found: Vec<Match>,
}

/// Opens the palette with all commands.
pub fn open(state: &mut State) {
    state.open(Palette { list: SearchList::default(), found: matches("") });
}

impl Overlay for Palette {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        if key.code == KeyCode::Enter {
            let chosen = self.found.get(self.list.at);
            return chosen.map_or(After::Closes, |chosen| After::Runs(chosen.about.command));
        }
        self.list.key(state, key, self.found.len());
        self.found = matches(self.list.input.value());
        After::Stays
    }

    fn paste(&mut self, state: &mut State, text: &str) {
        self.list.paste(state, text);
        self.found = matches(self.list.input.value());
    }

    fn wheel(&mut self, _state: &State, clicks: isize) {
        self.list.move_by(clicks, self.found.len());
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let inside = window("Find a command · Enter does it · Esc closes", (94, 18), frame, area);
        self.list.input.draw(frame, row_of(inside, 0));
        if self.found.is_empty() {
            frame.render_widget(Line::styled("no command matches", dim()), row_of(inside, 1));
        }
        let width = usize::from(inside.width);
        let lines = self.found.iter().map(|found| line(state, found, width));
        let is_cut = COMMANDS.iter().any(|about| columns_of(about.help) > width.saturating_sub(KEY + NAME));
        let chosen = self.found.get(self.list.at).filter(|_| is_cut);
        let in_full = chosen.map(|chosen| chosen.about.help.to_owned());
        self.list.draw(lines.collect(), in_full, state, frame, below(inside, 1));
    }
}

fn line(state: &State, Match { about, name, help }: &Match, width: usize) -> Line<'static> {
    let key = fit(&state.keymap.key(about.command), KEY - 1);
    let mut spans = vec![Span::styled(format!("{key:>width$} ", width = KEY - 1), bold())];
    spans.extend(marked(about.name, name, Style::new()));
    spans.push(Span::raw(" ".repeat(NAME.saturating_sub(about.name.len()))));
    spans.extend(marked(&fit(about.help, width.saturating_sub(KEY + NAME)), help, dim()));
    Line::from(spans)
}

/// A text with the characters at these places underlined.
fn marked(text: &str, places: &[usize], style: Style) -> Vec<Span<'static>> {
    let letters = text.chars().enumerate().map(|(place, letter)| {
        let is_typed = places.contains(&place);
        let style = if is_typed { style.add_modifier(Modifier::UNDERLINED) } else { style };
        Span::styled(letter.to_string(), style)
    });
    letters.collect()
}

/// A command that matches the search. Places count characters, ascending.
struct Match {
    about: &'static About,
    /// Places of its name that were typed.
    name: Vec<usize>,
    /// Places of its help that were typed.
    help: Vec<usize>,
}

/// The commands that match a query, best first; all of them, in the order of the help, if it is empty.
///
/// Each word of the query is searched with gaps in the name, or else as it is in the help. Matches of a name come first.
fn matches(query: &str) -> Vec<Match> {
    let atom = |word, kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
    let words: Vec<(Atom, Atom)> = query
        .split_whitespace()
        .map(|word| (atom(word, AtomKind::Fuzzy), atom(word, AtomKind::Substring)))
        .collect();
    let mut config = Config::DEFAULT;
    config.prefer_prefix = true;
    let mut matcher = Matcher::new(config);
    let mut found: Vec<(Score, Match)> =
        COMMANDS.iter().filter_map(|about| match_of(about, &words, &mut matcher)).collect();
    if !words.is_empty() {
        found.sort_by_key(|(score, found)| (Reverse(*score), found.about.name.len()));
    }
    found.into_iter().map(|(_, found)| found).collect()
}

/// How many words match the name, and how well all of them match.
type Score = (usize, u32);

/// Matches all words with a command; `None` if one of them does not match.
fn match_of(about: &'static About, words: &[(Atom, Atom)], matcher: &mut Matcher) -> Option<(Score, Match)> {
    let (mut name, mut help) = (Vec::new(), Vec::new());
    let (mut in_name, mut score) = (0, 0);
    let (mut name_letters, mut help_letters) = (Vec::new(), Vec::new());
    let name_text = Utf32Str::new(about.name, &mut name_letters);
    let help_text = Utf32Str::new(about.help, &mut help_letters);
    for (with_gaps, as_it_is) in words {
        if let Some(points) = with_gaps.indices(name_text, matcher, &mut name) {
            in_name += 1;
            score += u32::from(points);
        } else {
            score += u32::from(as_it_is.indices(help_text, matcher, &mut help)?);
        }
    }
    Some(((in_name, score), Match { about, name: places(name), help: places(help) }))
}

/// The places of all words together.
fn places(mut places: Vec<u32>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|place| place as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<&'static str> {
        matches(query).into_iter().map(|found| found.about.name).collect()
    }

    #[test]
    fn an_empty_query_finds_all_in_the_order_of_the_help() {
        let all: Vec<_> = COMMANDS.iter().map(|about| about.name).collect();
        assert_eq!(names(""), all);
        assert_eq!(names("  "), all);
        assert!(matches("").iter().all(|found| found.name.is_empty() && found.help.is_empty()));
    }

    #[test]
    fn a_name_finds_its_command_first() {
        for about in COMMANDS {
            assert_eq!(names(about.name)[0], about.name);
            assert_eq!(names(&about.name.to_uppercase().replace('-', " "))[0], about.name);
        }
    }

    #[test]
    fn letters_of_the_name_and_words_of_the_help_match() {
        for name in ["smooth-less", "smooth-more", "smooth-much-less", "smooth-much-more"] {
            assert!(names("smth")[..5].contains(&name), "{:?}", names("smth"));
        }
        assert_eq!(names("smm")[0], "smooth-more");
        assert!(names("checkpoint").is_empty());
        assert_eq!(names("bottom line"), Vec::<&str>::new());
        assert_eq!(names("paper")[0], "next-preset");
        assert_eq!(names("alpha edit"), ["edit-calibration"]);
        assert!(names("mtoohs").is_empty());
    }

    #[test]
    fn name_matches_come_first_with_their_places() {
        let found = matches("step");
        let is_in_name = |found: &Match| found.about.name.contains("step");
        assert!(found.is_sorted_by_key(|found| !is_in_name(found)));
        assert!(found.iter().any(is_in_name) && !found.iter().all(is_in_name));
        for Match { about, name, help } in found {
            let letters = |text: &str, places: &[usize]| -> String {
                places.iter().map(|&place| text.chars().nth(place).unwrap()).collect()
            };
            let expected = if name.is_empty() { ("", "step") } else { ("step", "") };
            assert_eq!((&*letters(about.name, &name), &*letters(about.help, &help)), expected);
        }
    }
}
