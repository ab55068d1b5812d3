//! The command palette.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::overlay::Palette;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::overlay::{draw_input, draw_list, open};

pub fn draw(state: &State, palette: &Palette, frame: &mut Frame, area: Rect) {
    let inside = open("Find a command · Enter does it · Esc closes", (90, 18), frame, area);
    draw_input(&palette.input, frame, inside);
    let list = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    let width = usize::from(list.width);
    let lines = palette.found.iter().map(|command| {
        let about = command.about();
        let key = state.keymap.key(*command);
        let name = format!("{:<20} ", about.name);
        let help = fit(about.help, width.saturating_sub(name.len() + 10));
        Line::from(vec![
            Span::styled(format!("{key:>8} "), bold()),
            Span::raw(name),
            Span::styled(help, dim()),
        ])
    });
    let lines: Vec<Line> = lines.collect();
    if lines.is_empty() {
        frame.render_widget(
            Line::styled("no command matches", dim()),
            Rect { height: 1.min(list.height), ..list },
        );
    }
    draw_list(lines, palette.at, &state.theme, frame, list);
}
