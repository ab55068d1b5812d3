//! The film strip, the step of each of its frames, and the time axis below.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use crate::align::spans;
use crate::tui::images::{Images, PictureKey};
use crate::tui::state::State;
use crate::tui::theme::dim;
use crate::tui::timeline::Timeline;
use crate::tui::view::matrix::step_of_column;

/// A line in the colours of the steps that the path gives to the frames below, each step's number where it begins.
pub fn draw_band(state: &State, timeline: Timeline, frame: &mut Frame, area: Rect) {
    let Some(class) = state.clip().selected_outcome() else { return };
    let times = &state.clip().exploration.outcome().times;
    let spans = spans(&class.alignment.path, times.len());
    let steps: Vec<Option<usize>> = (0..usize::from(area.width))
        .map(|column| step_of_column(&spans, timeline.frames(column, times)))
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
        let text = if run.len() > label.len() {
            format!("{label:<width$}", width = run.len())
        } else {
            " ".repeat(run.len())
        };
        buffer.set_stringn(x, area.y, text, run.len(), style);
        x += run.len() as u16;
    }
}

/// Pictures at even distances, each at its own time.
pub fn draw(state: &State, timeline: Timeline, images: &mut Images, frame: &mut Frame, area: Rect) {
    // Half blocks are about square: two pixels a row, one a column. A place is as wide as a 16:9 picture is.
    let place = (area.height * 2 * 16 / 9).clamp(1, area.width.max(1));
    let places = area.width / place;
    for index in 0..places {
        let left = index * area.width / places;
        let right = (index + 1) * area.width / places;
        let time = timeline.time(usize::from(left.midpoint(right)));
        if let Some((microsecond, thumbnail)) = state.clip().thumbnail(time) {
            let area = Rect { x: area.x + left, width: right - left, ..area };
            let key = PictureKey::of(state, microsecond);
            images.draw(key, || Some(thumbnail.small.clone()), &state.theme, frame, area);
        }
    }
}

/// Seconds, and the cursor.
pub fn draw_axis(state: &State, timeline: Timeline, frame: &mut Frame, area: Rect) {
    const LABEL: usize = 8;
    let ticks = timeline.ticks(LABEL);
    let decimals = match ticks.get(1).map(|second| second - ticks[0]) {
        Some(step) if step < 0.1 => 2,
        Some(step) if step < 1.0 => 1,
        _ => 0,
    };
    let buffer = frame.buffer_mut();
    for tick in ticks {
        let x = timeline.column(tick) as u16;
        let label = format!("╵{tick:.decimals$}s");
        // Half a label would be another number.
        if Line::raw(&label[..]).width() <= usize::from(area.width - x) {
            buffer.set_string(area.x + x, area.y, label, dim());
        }
    }
    let x = timeline.column(state.clip().cursor) as u16;
    // The space keeps a tick's label from running on behind it.
    let label = Line::raw(format!("▲{:.2}s ", state.clip().cursor));
    let width = label.width() as u16;
    // At the right edge the label stands before the mark.
    let (label, x) = if x + width > area.width {
        let label = Line::raw(format!(" {:.2}s▲", state.clip().cursor));
        let x = (x + 1).saturating_sub(label.width() as u16);
        (label, x)
    } else {
        (label, x)
    };
    let style = Style::new().add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM);
    let width = label.width() as u16;
    frame.render_widget(label.style(style), Rect { x: area.x + x, width: width.min(area.width - x), ..area });
}
