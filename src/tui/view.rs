//! Draws the state, and changes nothing.

mod candidates;
mod footer;
mod header;
mod help;
mod layout;
mod matrix;
mod script;
mod strip;
mod tour;

use ratatui::Frame;
use ratatui::text::Line;

use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, bold};
use crate::tui::timeline::Timeline;
use crate::tui::view::layout::Screen;

/// The smallest terminal on which every part has its place.
pub const SMALLEST: (u16, u16) = (60, 18);

/// Draws the whole screen.
pub fn draw(state: &State, depth: ColourDepth, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "{}×{} is too small: {}×{} is needed. q quits.",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        frame.render_widget(
            ratatui::widgets::Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }),
            area,
        );
        return;
    }
    let steps = state.clip().exploration.candidates()[state.clip().selected].steps.len();
    let focus = state.clip().cursor_step().unwrap_or(0);
    let tour_rows = tour::rows(state, area.width);
    let screen = Screen::new(area, state.clip().exploration.candidates().len(), steps, focus, tour_rows);
    let (start, end) = state.clip().span();
    let timeline = Timeline { start, end, columns: screen.matrix.width as usize };

    header::draw(state, frame, screen.header);
    header::draw_knobs(state, frame, screen.knobs);
    candidates::draw(state, depth, frame, screen.candidates);
    matrix::draw_title(state, depth, frame, screen.title);
    script::draw(state, depth, frame, &screen);
    matrix::draw(state, depth, timeline, frame, &screen);
    strip::draw_band(state, depth, timeline, frame, &screen);
    strip::draw(state, depth, timeline, frame, screen.strip);
    strip::draw_axis(state, timeline, frame, screen.axis);
    footer::draw_cursor_facts(state, depth, frame, screen.facts);
    tour::draw(state, frame, screen.tour);
    footer::draw(state, frame, screen.footer);
    if state.help {
        help::draw(frame, area);
    }
}

/// A number as people read it: four figures, or a power of ten where it is small.
fn number(value: f64) -> String {
    if value == 0.0 || value.abs() >= 1e-3 { format!("{value:.4}") } else { format!("{value:.2e}") }
}

/// A text cut to a number of columns, with an ellipsis where it was longer.
fn fit(text: &str, columns: usize) -> String {
    let line = Line::from(text);
    if line.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        let longer = format!("{cut}{character}");
        if Line::from(longer.as_str()).width() >= columns {
            break;
        }
        cut = longer;
    }
    if columns > 0 { cut + "…" } else { cut }
}

/// A heading.
fn heading(text: impl Into<String>) -> Line<'static> {
    Line::styled(text.into(), bold())
}
