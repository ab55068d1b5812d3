//! The help: the keys in force, and what the marks on the screen mean.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::plot::candidates;
use crate::tui::chord::Chord;
use crate::tui::commands::{COMMANDS, Command, Group};
use crate::tui::overlays::window;
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};

const MARKS: [(&str, &str); 8] = [
    ("━┓┗", "the path: which frames are given to which step"),
    ("27f", "frames of a step; one where two steps meet may count for both"),
    ("too close", "the margin's 95 % interval over draws of the frames holds 0"),
    ("⚠", "the path has collapsed: most steps hold one frame"),
    ("✓", "what the clip really shows, where that is known"),
    ("◆", "the class that is pinned for comparison"),
    ("✂", "the sentence is longer than the model reads"),
    ("?", "the step is doubtful; the reason is shown when it is selected"),
];

/// Rows that the page keys and a click of the mouse wheel scroll by.
const PAGE: u16 = 10;
const WHEEL: i16 = 3;

struct Help {
    /// Rows scrolled down.
    scroll: u16,
}

/// Opens the help.
pub fn open(state: &mut State) {
    state.open(Help { scroll: 0 });
}

impl Overlay for Help {
    /// Keys that do not scroll do what the help says that they do.
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        self.scroll = match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll.saturating_sub(1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll.saturating_add(PAGE),
            KeyCode::PageUp => self.scroll.saturating_sub(PAGE),
            _ => {
                return match state.keymap.command(Chord::of(key)) {
                    None | Some(Command::Help) => After::Closes,
                    Some(command) => After::Runs(command),
                };
            }
        };
        After::Stays
    }

    fn wheel(&mut self, _state: &State, clicks: isize) {
        self.scroll = self.scroll.saturating_add_signed(WHEEL * clicks as i16);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        // Two columns where there is room, one group after the other.
        let wide = area.width >= 150;
        let groups: Vec<Vec<Line>> =
            Group::ALL.iter().map(|&group| lines_of(state, group)).chain([marks(state)]).collect();
        let columns: Vec<Vec<Line>> = if wide {
            let all: usize = groups.iter().map(Vec::len).sum();
            let mut columns = vec![Vec::new(), Vec::new()];
            for group in groups {
                let column = usize::from(columns[0].len() + group.len() / 2 > all / 2);
                columns[column].extend(group);
            }
            columns
        } else {
            vec![groups.concat()]
        };
        let longest = columns.iter().map(Vec::len).max().unwrap_or(0) as u16;
        let width = if wide { 150 } else { 80 };
        let title = format!(
            "Keys · ↑ ↓ scroll · {} closes · {} finds commands by name",
            state.keymap.key(Command::Dismiss),
            state.keymap.key(Command::Palette)
        );
        let inside = window(&title, (width, longest), frame, area);
        let scroll = self.scroll.min(longest.saturating_sub(inside.height));
        let share = inside.width / columns.len() as u16;
        for (column, lines) in columns.into_iter().enumerate() {
            let place = Rect { x: inside.x + column as u16 * share, width: share, ..inside };
            frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), place);
        }
        if scroll + inside.height < longest {
            let more = Line::styled("↓ more", dim()).right_aligned();
            frame.render_widget(more, Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside });
        }
    }
}

fn entry(keys: &str, text: &str) -> Line<'static> {
    Line::from(vec![Span::styled(format!("{keys:>12}  "), bold()), Span::raw(text.to_owned())])
}

fn lines_of(state: &State, group: Group) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled(group.name(), state.theme.accent())];
    for about in COMMANDS.iter().filter(|about| about.group == group) {
        let keys = || state.keymap.chords(about.command).map(|chord| chord.to_string()).collect::<Vec<_>>();
        match about.command {
            // Nine lines that say the same.
            Command::Candidate1 => {
                let last = state.keymap.key(Command::Candidate9);
                lines.push(entry(
                    &format!("{}…{last}", keys().join(" ")),
                    "select the candidate in this place",
                ));
            }
            command if command.is_candidate() => {}
            _ => lines.push(entry(&keys().join(" "), about.help)),
        }
    }
    lines
}

fn marks(state: &State) -> Vec<Line<'static>> {
    let heading = Line::styled("Marks and columns", state.theme.accent());
    [heading]
        .into_iter()
        .chain(MARKS.into_iter().chain(candidates::help()).map(|(mark, text)| entry(mark, text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_into_80_columns() {
        let about = COMMANDS
            .iter()
            .map(|about| about.help)
            .chain(MARKS.into_iter().chain(candidates::help()).map(|(_, text)| text));
        for text in about {
            // Borders, and the keys with the spaces beside them.
            assert!(Line::raw(text).width() <= 80 - 2 - 14, "{text}");
        }
    }
}
