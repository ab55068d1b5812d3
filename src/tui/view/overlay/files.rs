//! The file picker.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::overlay::{EntryKind, Files};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::overlay::{draw_input, draw_list, open};
use crate::visible::visible_line;

/// What the library is called.
const LIBRARY: &str = "scripts that come with the program";

pub fn draw(state: &State, files: &Files, frame: &mut Frame, area: Rect) {
    let inside =
        open("Open a clip or a script file · Enter opens · ← up · Esc closes", (90, 20), frame, area);
    let row =
        |row: u16| Rect { y: inside.y + row, height: 1.min(inside.height.saturating_sub(row)), ..inside };
    let folder = if files.is_in_library() { LIBRARY.into() } else { files.folder.display().to_string() };
    let folder = fit(&folder, inside.width.into());
    frame.render_widget(Line::styled(folder, state.theme.accent()), row(0));
    draw_input(&files.input, frame, row(1));
    let list = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    let lines = files.matching().into_iter().map(|entry| match entry.kind {
        EntryKind::File | EntryKind::InLibrary => {
            Line::from(vec![Span::raw("  "), Span::raw(visible_line(&entry.name).into_owned())])
        }
        EntryKind::Folder => {
            Line::from(vec![Span::raw("▸ "), Span::styled(format!("{}/", visible_line(&entry.name)), bold())])
        }
        EntryKind::Library => Line::from(vec![
            Span::raw("▸ "),
            Span::styled(entry.name.clone(), bold()),
            Span::styled(format!("  {LIBRARY}"), dim()),
        ]),
    });
    let lines: Vec<Line> = lines.collect();
    let note = match &files.entries {
        _ if files.is_in_library() && !lines.is_empty() => None,
        None => Some("reading the folder"),
        Some(entries) if entries.is_empty() => Some("nothing is in this folder"),
        Some(_) if lines.is_empty() => Some("nothing matches"),
        Some(_) => None,
    };
    if let Some(note) = note {
        frame.render_widget(Line::styled(note, dim()), row(2 + lines.len() as u16));
    }
    draw_list(lines, files.at, &state.theme, frame, list);
}
