//! A list with a selected line, and a line of text that says what it shows.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::plot::text::wrap;
use crate::tui::overlays::line_input::LineInput;
use crate::tui::state::State;
use crate::tui::theme::dim;

/// Most characters of a search.
const LONGEST_SEARCH: usize = 500;

/// Lines that the page keys move by.
const PAGE: isize = 10;

/// The search and the selection of a list. The lines belong to the overlay, which says how many there are.
pub struct SearchList {
    pub input: LineInput,
    /// Index of the selected line.
    pub at: usize,
}

impl Default for SearchList {
    fn default() -> Self {
        Self { input: LineInput::new(String::new(), LONGEST_SEARCH), at: 0 }
    }
}

impl SearchList {
    /// Selects the line so many places further down.
    pub fn move_by(&mut self, places: isize, lines: usize) {
        self.at = self.at.saturating_add_signed(places).min(lines.saturating_sub(1));
    }

    /// Handles a key that moves the selection, or else changes the search, which selects the first line.
    pub fn key(&mut self, state: &mut State, key: KeyEvent, lines: usize) {
        match key.code {
            KeyCode::Down | KeyCode::Tab => self.move_by(1, lines),
            KeyCode::Up | KeyCode::BackTab => self.move_by(-1, lines),
            KeyCode::PageDown => self.move_by(PAGE, lines),
            KeyCode::PageUp => self.move_by(-PAGE, lines),
            _ => {
                self.at = 0;
                if let Err(full) = self.input.key(key) {
                    state.complain(full);
                }
            }
        }
    }

    /// Pastes text into the search.
    pub fn paste(&mut self, state: &mut State, text: &str) {
        self.at = 0;
        if let Some(notice) = self.input.paste(text) {
            state.complain(notice);
        }
    }

    /// Draws the lines, scrolled so that the selected one is seen, and below them in full what the selected one says,
    /// where it may be cut.
    pub fn draw(
        &self,
        lines: Vec<Line>,
        in_full: Option<String>,
        state: &State,
        frame: &mut Frame,
        area: Rect,
    ) {
        let text = in_full.map_or_else(Vec::new, |text| {
            let most = usize::from(area.height / 2).max(1);
            let mut lines = wrap(&text, area.width.into(), most);
            // The list does not move when a longer one is selected.
            lines.resize(lines.len().max(2).min(most), String::new());
            lines
        });
        let [list, below] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(text.len() as u16)]).areas(area);
        let rows = usize::from(list.height);
        let first = self.at.saturating_sub(rows.saturating_sub(1));
        for (row, (index, line)) in list.rows().zip(lines.into_iter().enumerate().skip(first)) {
            let style = if index == self.at { state.theme.selected() } else { Style::new() };
            frame.render_widget(Paragraph::new(line).style(style), row);
        }
        for (row, line) in below.rows().zip(text) {
            frame.render_widget(Line::styled(line, dim()), row);
        }
    }
}
