//! What lies over the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::tui::command::{COMMANDS, Command, Group};
use crate::tui::overlay::Overlay;
use crate::tui::state::State;
use crate::tui::theme::bold;

const MARKS: [(&str, &str); 7] = [
    ("━┓┗", "the path: which frames are given to which step"),
    ("⚠", "the path has collapsed: most steps hold one frame"),
    ("✓", "what the clip really shows, where that is known"),
    ("◆", "the class that is pinned for comparison"),
    ("✂", "the sentence is longer than the model reads"),
    ("pool", "rank by the mean frame and the class name alone"),
    ("unordered", "score of the same script without its order"),
];

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    match &state.overlay {
        None => {}
        Some(Overlay::Help(scroll)) => draw_help(state, *scroll, frame, area),
        Some(_) => {}
    }
}

/// The help, from the keymap in force, and what the marks on the screen mean.
fn draw_help(state: &State, scroll: u16, frame: &mut Frame, area: Rect) {
    let lines = help_lines(state);
    let height = (lines.len() as u16 + 2).min(area.height);
    let over = area.centered(Constraint::Length(84.min(area.width)), Constraint::Length(height));
    frame.render_widget(Clear, over);
    let title = format!(" Keys · ↑ ↓ scroll · {} closes ", state.keymap.key(Command::Dismiss));
    let most = (lines.len() as u16).saturating_sub(height.saturating_sub(2));
    let help = Paragraph::new(lines).scroll((scroll.min(most), 0)).block(Block::bordered().title(title));
    frame.render_widget(help, over);
}

fn help_lines(state: &State) -> Vec<Line<'static>> {
    let entry = |keys: &str, text: &str| {
        Line::from(vec![Span::styled(format!("{keys:>14}  "), bold()), Span::raw(text.to_owned())])
    };
    let mut lines = Vec::new();
    for group in Group::ALL {
        lines.push(Line::styled(group.name(), state.theme.accent()));
        for about in COMMANDS.iter().filter(|about| about.group == group) {
            match about.command {
                // Nine lines that say the same.
                Command::Candidate(1) => lines.push(entry("1 … 9", "select the candidate in this place")),
                Command::Candidate(_) => {}
                command => {
                    let keys: Vec<String> =
                        state.keymap.chords(command).map(|chord| chord.to_string()).collect();
                    lines.push(entry(&keys.join(" "), about.help));
                }
            }
        }
    }
    lines.push(Line::styled("Marks", state.theme.accent()));
    lines.extend(MARKS.map(|(mark, text)| entry(mark, text)));
    lines
}
