//! The question whether to quit without saving the scripts.

use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::tui::action::Effect;
use crate::tui::overlays::{asks, window};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::bold;

struct Leave;

/// Quits, or asks first if scripts are not saved.
pub fn quit(state: &mut State) {
    if state.scripts.is_changed() {
        state.open(Leave);
    } else {
        state.effects.push(Effect::Quit);
    }
}

impl Leave {
    fn save(state: &mut State) -> After {
        asks::scripts_file(state, true);
        After::Closes
    }

    fn discard(state: &mut State) -> After {
        let path = state.scripts.path().map(Path::to_owned);
        state.effects.extend([Effect::DiscardDraft(path), Effect::Quit]);
        After::Stays
    }
}

impl Overlay for Leave {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        match key.code {
            KeyCode::Char('s') => Self::save(state),
            KeyCode::Char('d') => Self::discard(state),
            _ => After::Stays,
        }
    }

    fn draw(&self, _state: &State, frame: &mut Frame, area: Rect) {
        let key = |key: &'static str, does: &'static str| {
            Line::from(vec![Span::styled(format!("{key:>5}  "), bold()), Span::raw(does)])
        };
        let lines = vec![
            Line::raw("The scripts have changes that are not saved."),
            Line::default(),
            key("s", "save them and quit"),
            key("d", "discard them and quit"),
            key("Esc", "stay"),
        ];
        let inside = window("Quit", (50, lines.len() as u16), frame, area);
        frame.render_widget(Paragraph::new(lines), inside);
    }

    fn question(&self, _state: &State) -> Option<String> {
        Some("The scripts have changes that are not saved: save, discard or stay?".to_owned())
    }

    fn line(&mut self, state: &mut State, line: &str) -> Option<After> {
        Some(match line.trim() {
            "save" => Self::save(state),
            "discard" => Self::discard(state),
            _ => After::Closes,
        })
    }
}
