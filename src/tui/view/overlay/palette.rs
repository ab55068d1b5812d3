//! The command palette.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::fuzzy::Match;
use crate::tui::overlay::Palette;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::overlay::{draw_input, draw_list, open};

/// Columns of the names, with a space.
const NAME: usize = 21;

pub fn draw(state: &State, palette: &Palette, frame: &mut Frame, area: Rect) {
    let inside = open("Find a command · Enter does it · Esc closes", (94, 18), frame, area);
    draw_input(&palette.input, frame, inside);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if palette.found.is_empty() {
        let nothing = Rect { height: 1.min(list.height), ..list };
        frame.render_widget(Line::styled("no command matches", dim()), nothing);
    }
    let lines = palette.found.iter().map(|found| line(state, found, usize::from(list.width)));
    draw_list(lines.collect(), palette.at, &state.theme, frame, list);
}

fn line(state: &State, found: &Match, width: usize) -> Line<'static> {
    let about = found.about;
    let mut spans = vec![Span::styled(format!("{:>9} ", state.keymap.key(about.command)), bold())];
    spans.extend(marked(about.name, &found.name, Style::new()));
    spans.push(Span::raw(" ".repeat(NAME.saturating_sub(about.name.len()))));
    let help = fit(about.help, width.saturating_sub(10 + NAME));
    spans.extend(marked(&help, &found.help, dim()));
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
