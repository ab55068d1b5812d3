//! The film strip, the step of each of its frames, and the time axis below.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::align::spans;
use crate::plot::text::width;
use crate::plot::time_axis::TimeAxis;
use crate::tui::images::{Images, PictureKey};
use crate::tui::state::State;
use crate::tui::theme::dim;

/// The step of each column in its colour, with its number where it begins: the last step of the path in that column.
pub fn draw_band(state: &State, axis: TimeAxis, frame: &mut Frame, area: Rect) {
    let Some(class) = state.clip().selected_outcome() else { return };
    let times = &state.clip().exploration.outcome().times;
    let spans = spans(&class.alignment.path, times.len());
    let steps: Vec<Option<usize>> = (0..usize::from(area.width))
        .map(|column| spans[axis.frames(column, times)].iter().flatten().map(|&(_, last)| last).max())
        .collect();
    let buffer = frame.buffer_mut();
    let mut x = area.x;
    for run in steps.chunk_by(|a, b| a == b) {
        let Some(step) = run[0] else {
            x += run.len() as u16;
            continue;
        };
        let style = if state.theme.is_plain() {
            Style::new().add_modifier(Modifier::UNDERLINED)
        } else {
            state.theme.badge(step)
        };
        let label = (step + 1).to_string();
        let label = if run.len() > label.len() { &label[..] } else { "" };
        buffer.set_stringn(x, area.y, format!("{label:<width$}", width = run.len()), run.len(), style);
        x += run.len() as u16;
    }
}

/// Pictures at even distances, each at its own time.
pub fn draw(state: &State, axis: TimeAxis, images: &mut Images, frame: &mut Frame, area: Rect) {
    // Half blocks are about square: two pixels a row, one a column. A place is as wide as a 16:9 picture is.
    let place = (area.height * 2 * 16 / 9).clamp(1, area.width.max(1));
    let places = area.width / place;
    for index in 0..places {
        let left = index * area.width / places;
        let right = (index + 1) * area.width / places;
        let time = axis.time_of_column(usize::from(left.midpoint(right)));
        if let Some((microsecond, thumbnail)) = state.clip().thumbnail(time) {
            let area = Rect { x: area.x + left, width: right - left, ..area };
            let key = PictureKey::of(state, microsecond);
            images.draw(key, || Some(thumbnail.small.clone()), &state.theme, frame, area);
        }
    }
}

/// Seconds, and the cursor.
pub fn draw_axis(state: &State, axis: TimeAxis, frame: &mut Frame, area: Rect) {
    const LABEL: f64 = 8.0;
    let buffer = frame.buffer_mut();
    for (time, label) in axis.ticks(LABEL) {
        let x = axis.column(time) as u16;
        let label = format!("╵{label}s");
        // A cut label would read as another number.
        if width(&label) <= usize::from(area.width - x) {
            buffer.set_string(area.x + x, area.y, label, dim());
        }
    }
    let cursor = state.clip().cursor;
    let x = axis.column(cursor) as u16;
    // The space separates it from a tick's label.
    let mut label = Line::raw(format!("▲{cursor:.2}s "));
    let mut start = x;
    // At the right edge the label stands before the mark.
    if x + label.width() as u16 > area.width {
        label = Line::raw(format!(" {cursor:.2}s▲"));
        start = (x + 1).saturating_sub(label.width() as u16);
    }
    let style = Style::new().add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM);
    let width = (label.width() as u16).min(area.width - start);
    frame.render_widget(label.style(style), Rect { x: area.x + start, width, ..area });
}
