//! A line of text that is being typed.

use std::borrow::Cow;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

use crate::visible::visible_line;

/// A line of text with a cursor and a limit, so that it can be drawn at every key.
pub struct LineInput {
    input: Input,
    /// Most characters.
    most: usize,
}

impl LineInput {
    pub fn new(text: String, most: usize) -> Self {
        Self { input: Input::from(text), most }
    }

    pub fn value(&self) -> &str {
        self.input.value()
    }

    pub fn set(&mut self, text: String) {
        self.input = Input::from(text);
    }

    /// Handles a key.
    ///
    /// # Errors
    /// In words, if the line is full.
    pub fn key(&mut self, key: KeyEvent) -> Result<(), String> {
        let is_letter =
            matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty();
        if is_letter && self.value().chars().count() >= self.most {
            return Err(format!("No more than {} characters can be typed here.", self.most));
        }
        self.input.handle_event(&Event::Key(key));
        Ok(())
    }

    /// Inserts pasted text as one edit. Lines are joined by spaces; control characters and those that change the direction
    /// of text are dropped. Returns a notice if the text was changed or cut.
    pub fn paste(&mut self, pasted: &str) -> Option<String> {
        let is_break =
            |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let lines: Vec<&str> = pasted.split(is_break).filter(|line| !line.trim().is_empty()).collect();
        let joined = match &lines[..] {
            [only] => (*only).to_owned(),
            lines => lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
        };
        let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let shown = joined.chars().map(|c| if c == '\t' { ' ' } else { c });
        let mut text: String = shown.filter(|&c| !c.is_control() && !turns(c)).collect();
        let length = text.chars().count();
        let room = self.most.saturating_sub(self.value().chars().count());
        if let Some((end, _)) = text.char_indices().nth(room) {
            text.truncate(end);
        }
        let cursor = self.input.cursor() + length.min(room);
        let mut value = self.value().to_owned();
        let at = value.char_indices().nth(self.input.cursor()).map_or(value.len(), |(at, _)| at);
        value.insert_str(at, &text);
        self.input = std::mem::take(&mut self.input).with_value(value).with_cursor(cursor);
        if length > room {
            return Some(format!(
                "The last {} characters of the paste were cut off; at most {} fit here.",
                length - room,
                self.most
            ));
        }
        (lines.len() > 1).then(|| format!("{} pasted lines were joined into one.", lines.len()))
    }

    /// Draws the part of the line around the cursor, and places the cursor of the terminal.
    pub fn draw(&self, frame: &mut Frame, area: Rect) {
        if area.is_empty() {
            return;
        }
        let columns = usize::from(area.width).saturating_sub(1);
        // Escapes of control characters are longer than the characters.
        let input = match visible_line(self.value()) {
            Cow::Borrowed(_) => Cow::Borrowed(&self.input),
            Cow::Owned(shown) => {
                let before: String = self.value().chars().take(self.input.cursor()).collect();
                Cow::Owned(Input::new(shown).with_cursor(visible_line(&before).chars().count()))
            }
        };
        let scroll = input.visual_scroll(columns);
        let line = Span::raw(input.value());
        let mut column = 0;
        let seen: String = line
            .styled_graphemes(Style::new())
            .filter(|letter| {
                column += Span::raw(letter.symbol).width();
                column > scroll && column <= scroll + columns + 1
            })
            .map(|letter| letter.symbol)
            .collect();
        frame.render_widget(Paragraph::new(seen), Rect { height: 1, ..area });
        let column = input.visual_cursor().saturating_sub(scroll).min(columns) as u16;
        frame.set_cursor_position((area.x + column, area.y));
    }
}
