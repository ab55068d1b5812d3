//! Draws the state without changing it.

mod candidates;
mod footer;
mod frame;
mod header;
pub mod layout;
mod map;
mod matrix;
mod script;
mod shown;
mod strip;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::tui::commands::Command;
use crate::tui::difference;
use crate::tui::images::Images;
use crate::tui::state::{State, View};
use crate::tui::theme::bold;
use crate::tui::timeline::Timeline;
use crate::tui::tour;
use crate::tui::view::layout::{SMALLEST, Screen};
use crate::tui::view::shown::matrices;
use crate::visible::{is_obeyed, visible_line};

/// Draws the whole screen.
pub fn draw(state: &State, images: &mut Images, frame: &mut Frame) {
    let area = frame.area();
    let Some(screen) = Screen::of(state, area) else {
        let text = format!(
            "{}×{} is too small: {}×{} is needed. {} quits.",
            area.width,
            area.height,
            SMALLEST.0,
            SMALLEST.1,
            state.keymap.key(Command::Quit)
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    };
    header::draw(state, frame, screen.header);
    header::draw_knobs(state, frame, screen.knobs);
    candidates::draw(state, frame, screen.candidates);
    match state.view {
        View::Script | View::Compare | View::Smoothing => draw_matrices(state, images, frame, &screen),
        View::Frame => frame::draw(state, images, frame, screen.middle),
        View::Map => map::draw(state, frame, screen.middle),
    }
    tour::draw(state, frame, screen.tour);
    footer::draw(state, frame, screen.footer);
    if let Some(overlay) = &state.overlay {
        overlay.draw(state, frame, area);
    }
    replace_marks(frame.buffer_mut());
    images.finish(frame);
}

/// Replaces cells with marks of text direction, which would turn the rest of the line around. ratatui keeps control
/// characters out of cells, other than those of pictures; [`fit`] and [`wrap`] escape both.
fn replace_marks(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().contains(|c: char| is_obeyed(c) && !c.is_control()) {
            cell.set_symbol("\u{fffd}");
        }
    }
}

fn draw_matrices(state: &State, images: &mut Images, frame: &mut Frame, screen: &Screen) {
    let timeline = timeline(state, screen);
    let matrices = matrices(state);
    let cells = || matrices.iter().filter_map(|shown| shown.outcome).flat_map(|class| &class.cells).copied();
    let range = (cells().fold(f32::INFINITY, f32::min), cells().fold(f32::NEG_INFINITY, f32::max));
    for (shown, panel) in matrices.iter().zip(&screen.panels) {
        matrix::draw_title(state, shown, range, frame, panel.title);
        script::draw(state, shown, frame, panel);
        matrix::draw(state, shown, timeline, frame, panel);
    }
    difference::draw(state, timeline, frame, screen.difference);
    strip::draw_band(state, timeline, frame, screen.band);
    strip::draw(state, timeline, images, frame, screen.strip);
    strip::draw_axis(state, timeline, frame, screen.axis);
    footer::draw_cursor_facts(state, frame, screen.facts);
}

pub use candidates::class_at;

/// The time axis of matrices and film strip.
pub fn timeline(state: &State, screen: &Screen) -> Timeline {
    let (start, end) = state.clip().span();
    Timeline { start, end, columns: usize::from(screen.axis.width) }
}

/// A text cut to a number of columns, with an ellipsis if it was longer.
pub fn fit(text: &str, columns: usize) -> String {
    let text = visible_line(text);
    if Line::from(&*text).width() <= columns {
        return text.into_owned();
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

/// Breaks a text at spaces into at most `rows` lines of `columns` columns.
pub fn wrap(text: &str, columns: usize, rows: usize) -> Vec<String> {
    let text = visible_line(text);
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(&word) = words.peek() {
        let longer = lines.last().map(|line: &String| format!("{line} {word}"));
        match longer.filter(|line| Line::from(line.as_str()).width() <= columns) {
            Some(longer) => *lines.last_mut().expect("a last line was just read") = longer,
            None if lines.len() < rows => lines.push(fit(word, columns)),
            None => {
                let last = lines.last_mut().expect("there is at least one row");
                *last = fit(&format!("{last} {}", words.collect::<Vec<_>>().join(" ")), columns);
                break;
            }
        }
        words.next();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn text_wraps_at_spaces_and_ends_in_an_ellipsis() {
        assert_eq!(wrap("the cook lifts the pan", 12, 3), ["the cook", "lifts the", "pan"]);
        assert_eq!(wrap("the cook lifts the pan", 12, 2), ["the cook", "lifts the p…"]);
        assert!(wrap("", 12, 2).is_empty());
    }
}
