//! The guided tour, at the foot of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::tour::TOUR;

const ON: &str = "Enter next · Esc end";
const DONE: &str = "Enter or Esc ends";
/// Columns of the step's number, left of the text.
const NUMBER: usize = 6;

/// Rows that the tour takes in a terminal this wide, so that no step moves the rest of the screen.
pub fn rows(state: &State, width: u16) -> u16 {
    let tallest = (0..TOUR.len()).map(|step| lines(state, step, width).len()).max().unwrap_or(0);
    if state.tour.is_some() { tallest as u16 } else { 0 }
}

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let Some(step) = state.tour else { return };
    let badge = Span::styled(
        format!("{:^5}", format!("{}/{}", step + 1, TOUR.len())),
        Style::new().add_modifier(Modifier::REVERSED),
    );
    frame.render_widget(badge, Rect { height: 1, ..area });
    let text = Rect { x: area.x + NUMBER as u16, width: area.width - NUMBER as u16, ..area };
    for (row, line) in lines(state, step, area.width).into_iter().enumerate() {
        frame.render_widget(line, Rect { y: text.y + row as u16, height: 1, ..text });
    }
    let hint = Line::styled(hint(step), dim());
    // No wider than it is, so that the text beside it is not dimmed too.
    let width = (hint.width() as u16).min(area.width);
    frame.render_widget(hint, Rect { x: area.right() - width, y: area.bottom() - 1, width, height: 1 });
}

fn hint(step: usize) -> &'static str {
    if step + 1 == TOUR.len() { DONE } else { ON }
}

/// The text of a step, keys in bold, broken at spaces such that the last line leaves room for the hint.
fn lines(state: &State, step: usize, width: u16) -> Vec<Line<'static>> {
    let columns = usize::from(width).saturating_sub(NUMBER);
    let mut lines: Vec<Line> = vec![Line::default()];
    for word in TOUR[step].text(&state.keymap).split_whitespace() {
        let spans = word.split('`').enumerate().map(|(part, text)| {
            Span::styled(text.to_owned(), if part % 2 == 1 { bold() } else { Style::new() })
        });
        let word = Line::from_iter(spans);
        let line = lines.last_mut().expect("there is a first line");
        if line.spans.is_empty() {
            *line = word;
        } else if line.width() + 1 + word.width() <= columns {
            line.push_span(" ");
            line.extend(word);
        } else {
            lines.push(word);
        }
    }
    let taken = lines.last().map_or(0, Line::width);
    if taken + 2 + Line::from(hint(step)).width() > columns {
        lines.push(Line::default());
    }
    lines
}
