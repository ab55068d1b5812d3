//! The whole clip in a few rows: which class fits best at each place in time, the moments, and the part that is shown.

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use ratatui::text::Line;

use crate::find::{ClipMoment, ClipMoments};
use crate::plot::text::{fit, width};
use crate::plot::time_axis::TimeAxis;
use crate::tui::clip::Clip;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Rows of a terminal from which on the overview has an axis of its own.
const TALL: u16 = 30;
/// Columns between the labels of the axis.
const LABELS: f64 = 10.0;

/// Rows of the overview in a terminal of this height: bars, moments and an axis, as far as there is something to show.
pub fn rows(state: &State, height: u16) -> u16 {
    let clip = state.clip();
    match (&clip.moments, clip.zoom) {
        (Some(_), _) => 2 + u16::from(height >= TALL),
        (None, Some(_)) => 1,
        (None, None) => 0,
    }
}

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let axis = axis(state.clip(), area);
    let row = |row: u16| Rect { y: area.y + row, height: 1, ..area };
    let marks = match area.height {
        0 => return,
        1 => row(0),
        _ => row(1),
    };
    if area.height > 1 {
        draw_bars(state, axis, frame, row(0));
    }
    draw_moments(state, axis, frame.buffer_mut(), marks);
    draw_window(state, axis, frame.buffer_mut(), marks);
    if area.height > 2 {
        draw_axis(axis, frame.buffer_mut(), row(2));
    }
    draw_cursor(state, axis, frame.buffer_mut(), row(0));
}

/// The time at a place of the overview.
pub fn time_at(state: &State, area: Rect, at: Position) -> f64 {
    axis(state.clip(), area).time_of_column(usize::from(at.x.saturating_sub(area.x)))
}

/// Index of the moment that is marked at a place of the screen.
pub fn moment_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    let marks = Rect { y: area.y + u16::from(area.height > 1), height: area.height.min(1), ..area };
    let moments = state.clip().moments.as_ref()?.shown();
    let axis = axis(state.clip(), area);
    let is_here =
        |(_, moment): &&(usize, &ClipMoment)| columns(axis, moment).contains(&usize::from(at.x - area.x));
    let here = || moments.iter().find(is_here).map(|&(index, _)| index);
    marks.contains(at).then(here).flatten()
}

fn axis(clip: &Clip, area: Rect) -> TimeAxis {
    let (start, end) = clip.span();
    TimeAxis { start, end, left: 0.0, width: area.width.into() }
}

/// The columns of a moment: at least one.
fn columns(axis: TimeAxis, moment: &ClipMoment) -> Range<usize> {
    let first = axis.column(moment.found.start);
    first..(axis.x(moment.found.end).ceil().min(axis.width) as usize).max(first + 1)
}

/// A bar for each place in time: the colour of the class that fits best there, as high as its score.
fn draw_bars(state: &State, axis: TimeAxis, frame: &mut Frame, area: Rect) {
    let Some(moments) = &state.clip().moments else { return };
    let Some(found) = &moments.found else {
        let text = fit(&moments.waiting(), area.width.into());
        return frame.render_widget(Line::styled(text, dim()), area);
    };
    let highest = found.best.iter().flatten().map(|&(_, score)| score).fold(f64::MIN_POSITIVE, f64::max);
    let window = state.clip().zoom.map(|(start, end)| axis.column(start)..axis.column(end) + 1);
    let buffer = frame.buffer_mut();
    for column in 0..usize::from(area.width) {
        let Some(cell) = buffer.cell_mut((area.x + column as u16, area.y)) else { continue };
        let is_shown = window.as_ref().is_some_and(|window| window.contains(&column));
        if is_shown && !state.theme.is_plain() {
            cell.set_bg(state.theme.colour(state.theme.palette.selected));
        }
        let Some((class, score)) = best(found, axis, column) else { continue };
        let height = (score.max(0.0) / highest * 8.0).ceil().clamp(1.0, 8.0) as usize;
        cell.set_char(BARS[height - 1]);
        if state.theme.is_plain() {
            // The selected class stands out where there is no colour.
            cell.set_style(if class == state.clip().selected { bold() } else { dim() });
        } else {
            cell.set_fg(state.theme.colour(state.theme.step(class)));
        }
    }
}

/// The best class in a column, and its score.
fn best(found: &ClipMoments, axis: TimeAxis, column: usize) -> Option<(usize, f64)> {
    let [first, last] = found.span;
    let part = |column: usize| {
        let share = (axis.time(column as f64) - first) / (last - first).max(f64::MIN_POSITIVE);
        share * found.best.len() as f64
    };
    let to = (part(column + 1).max(0.0).ceil() as usize).min(found.best.len());
    let from = (part(column).max(0.0) as usize).min(to);
    found.best[from..to].iter().flatten().copied().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The moments with their places in the list, the best above the others.
fn draw_moments(state: &State, axis: TimeAxis, buffer: &mut Buffer, area: Rect) {
    let Some(moments) = &state.clip().moments else { return };
    let theme = &state.theme;
    let gone_to = moments.at.map(|(index, _)| index);
    let shown = moments.shown();
    let last_to_first = shown.iter().copied().rev();
    // The one that was gone to is drawn last.
    let in_order = last_to_first.clone().chain(last_to_first.filter(|&(index, _)| Some(index) == gone_to));
    for (index, moment) in in_order {
        let columns = columns(axis, moment);
        let label = (index + 1).to_string();
        let (label, fill) = match (columns.len() >= label.len(), theme.is_plain()) {
            (true, true) => (&label[..], "▬"),
            (true, false) => (&label[..], " "),
            (false, true) => ("", "▬"),
            (false, false) => ("", "·"),
        };
        let mut style = if theme.is_plain() { dim() } else { theme.badge(moment.class) };
        if Some(index) == gone_to {
            style = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED).remove_modifier(Modifier::DIM);
        }
        let text = format!("{label}{}", fill.repeat(columns.len() - width(label)));
        buffer.set_string(area.x + columns.start as u16, area.y, text, style);
    }
}

/// Brackets around the part of the clip that matrix and film show.
fn draw_window(state: &State, axis: TimeAxis, buffer: &mut Buffer, area: Rect) {
    let Some((start, end)) = state.clip().zoom else { return };
    let style = state.theme.accent();
    let last = usize::from(area.width).saturating_sub(1);
    let (left, right) = (axis.column(start).saturating_sub(1), (axis.column(end) + 1).min(last));
    for (column, bracket) in [(left, '['), (right, ']')] {
        if let Some(cell) = buffer.cell_mut((area.x + column as u16, area.y)) {
            cell.reset();
            cell.set_char(bracket).set_style(style);
        }
    }
    let is_free = |cell: &&mut Cell| cell.symbol() == " " && cell.bg == Color::Reset;
    for column in left + 1..right {
        if let Some(cell) = buffer.cell_mut((area.x + column as u16, area.y)).filter(is_free) {
            cell.set_char('─').set_style(style);
        }
    }
}

fn draw_axis(axis: TimeAxis, buffer: &mut Buffer, area: Rect) {
    for (time, label) in axis.clock_ticks(LABELS) {
        let column = axis.column(time) as u16;
        let label = format!("╵{label}");
        // A cut label would read as another time.
        if width(&label) <= usize::from(area.width - column) {
            buffer.set_string(area.x + column, area.y, label, dim());
        }
    }
}

fn draw_cursor(state: &State, axis: TimeAxis, buffer: &mut Buffer, area: Rect) {
    let column = area.x + axis.column(state.clip().cursor) as u16;
    if let Some(cell) = buffer.cell_mut((column, area.y)) {
        let is_bar = area.height > 0 && cell.symbol() != " ";
        cell.set_char('┊').modifier.insert(Modifier::BOLD);
        cell.modifier.remove(Modifier::DIM);
        if is_bar {
            cell.set_fg(Color::Reset);
        }
    }
}
