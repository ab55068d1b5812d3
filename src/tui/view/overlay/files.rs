//! The file picker.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::overlay::Files;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::overlay::{draw_input, draw_list, open};

pub fn draw(state: &State, files: &Files, frame: &mut Frame, area: Rect) {
    let inside =
        open("Open a clip or a script file · Enter opens · ← up · Esc closes", (90, 20), frame, area);
    let row =
        |row: u16| Rect { y: inside.y + row, height: 1.min(inside.height.saturating_sub(row)), ..inside };
    let folder = fit(&files.folder.display().to_string(), inside.width.into());
    frame.render_widget(Line::styled(folder, state.theme.accent()), row(0));
    draw_input(&files.input, frame, row(1));
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    let note = match &files.entries {
        None => Some("reading the folder"),
        Some(entries) if entries.is_empty() => Some("nothing is in this folder"),
        Some(_) if files.matching().is_empty() => Some("nothing matches"),
        Some(_) => None,
    };
    if let Some(note) = note {
        frame.render_widget(Line::styled(note, dim()), row(2));
    }
    let lines = files.matching().into_iter().map(|entry| {
        if entry.is_file {
            Line::from(vec![Span::raw("  "), Span::raw(entry.name.clone())])
        } else {
            Line::from(vec![Span::raw("▸ "), Span::styled(format!("{}/", entry.name), bold())])
        }
    });
    draw_list(lines.collect(), files.at, &state.theme, frame, list);
}
