//! The film strip, the step of each of its frames, the time axis below, and larger pictures of where steps begin.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::align::spans;
use crate::explain::PatchMap;
use crate::plot::format::clock;
use crate::plot::text::width;
use crate::plot::time_axis::TimeAxis;
use crate::tui::images::{Images, PictureKey};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::layout::BORDER_COLUMNS;
use crate::tui::view::patches::{fingerprint, tinted};

/// The step of each column in its colour, with its number where it begins: the last step of the path in that column.
pub fn draw_band(state: &State, axis: TimeAxis, frame: &mut Frame, area: Rect) {
    let Some(class) = state.clip().selected_outcome() else { return };
    let times = &state.clip().exploration.outcome().times;
    let clip = state.clip();
    let spans = spans(&clip.path_of(clip.selected, &class.alignment.path), times.len());
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

/// Pictures at even distances, each of a frame that its place shows: the one under the cursor, or else the first of a step,
/// or else the one in the middle.
pub fn draw(state: &State, axis: TimeAxis, images: &mut Images, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let (width, height) = clip.picture_size();
    // Half a cell is about square.
    let place = (u32::from(area.height) * 2 * width).div_ceil(height.max(1)).max(1);
    // A tenth narrower rather than one picture fewer.
    let places = (u32::from(area.width) * 10 / (place * 9)).max(1) as u16;
    let times = &clip.exploration.outcome().times;
    let begins: Vec<f64> = borders(state).filter_map(|step| Some(times[clip.entry_of(step)?])).collect();
    for index in 0..places {
        let left = index * area.width / places;
        let right = (index + 1) * area.width / places;
        let is_here = |time: &&f64| {
            let is_shown = axis.start <= **time && **time < axis.end;
            is_shown && (left..right).contains(&(axis.column(**time) as u16))
        };
        let middle = axis.time_of_column(usize::from(left.midpoint(right)));
        let time = [&clip.cursor].into_iter().chain(&begins).find(is_here).copied().unwrap_or(middle);
        let area = Rect { x: area.x + left, width: right - left, ..area };
        draw_thumbnail(state, time, None, images, frame, area);
    }
}

/// The steps of the selected class, if it is aligned.
fn borders(state: &State) -> Range<usize> {
    0..state.clip().selected_outcome().map_or(0, |class| class.cells.nrows())
}

/// The steps whose first frames are shown in an area, with their places: those around the step in focus.
fn border_places(state: &State, area: Rect) -> Vec<(usize, Rect)> {
    let steps = borders(state).len();
    let places = steps.min(usize::from(area.width / BORDER_COLUMNS)).max(1);
    let focus = state.clip().focus_step().unwrap_or(0);
    let first = focus.saturating_sub(places / 2).min(steps.saturating_sub(places));
    let areas = Layout::horizontal(vec![Constraint::Fill(1); places]).spacing(1).split(area);
    (first..steps).zip(areas.iter().copied()).collect()
}

/// The step whose first frame is shown at a place of the screen.
pub fn border_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    border_places(state, area).into_iter().find(|(_, place)| place.contains(at)).map(|(step, _)| step)
}

/// The first frame of each step on the path, with its time.
pub fn draw_borders(state: &State, images: &mut Images, frame: &mut Frame, area: Rect) {
    if area.is_empty() {
        return;
    }
    let clip = state.clip();
    for (step, place) in border_places(state, area) {
        let Some(entry) = clip.entry_of(step) else { continue };
        let time = clip.exploration.outcome().times[entry];
        let label = fit(&format!(" from {time:.2} s"), usize::from(place.width).saturating_sub(3));
        let badge = Span::styled(format!("{:>2}", step + 1), state.theme.badge(step));
        let style = if clip.focus_step() == Some(step) { bold() } else { dim() };
        let [above, picture] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(place);
        frame.render_widget(Line::from(vec![badge, Span::styled(label, style)]), above);
        draw_thumbnail(state, time, None, images, frame, beginning(state, picture));
    }
}

/// The cells of a picture at the left of an area.
fn beginning(state: &State, area: Rect) -> Rect {
    let (width, height) = state.clip().picture_size();
    let columns = (u32::from(area.height) * 2 * width).div_ceil(height.max(1));
    Rect { width: columns.min(u32::from(area.width)) as u16, ..area }
}

/// The frame under the cursor, at the left of an area.
pub fn draw_cursor_picture(state: &State, images: &mut Images, frame: &mut Frame, area: Rect) {
    draw_thumbnail(state, state.clip().cursor, None, images, frame, beginning(state, area));
}

/// Draws the thumbnail at a time, tinted by a map, if that part of the clip is decoded, and returns its cells.
pub fn draw_thumbnail(
    state: &State,
    time: f64,
    map: Option<&PatchMap>,
    images: &mut Images,
    frame: &mut Frame,
    area: Rect,
) -> Option<Rect> {
    let (microsecond, thumbnail) = state.clip().thumbnail(time)?;
    let small = &thumbnail.small;
    let pixels = |cells: u16, pixels: u16| u32::from(cells) * u32::from(pixels);
    let (width, height) = (pixels(area.width, state.resolution.0), pixels(area.height, state.resolution.1));
    let is_enough = small.width() >= width || small.height() >= height;
    let tint = fingerprint(map, &state.theme);
    let key = PictureKey::of(state, microsecond).version(u32::from(!is_enough) ^ tint);
    let larger = || if is_enough { None } else { thumbnail.picture.decode() };
    let picture = || Some(tinted(larger().unwrap_or_else(|| small.clone()), map, &state.theme));
    images.draw(key, picture, &state.theme, frame, area)
}

/// Seconds from which on times are shown as on a clock.
const LONG: f64 = 600.0;

/// Seconds, and the cursor.
pub fn draw_axis(state: &State, axis: TimeAxis, frame: &mut Frame, area: Rect) {
    let is_long = state.clip().span().1 >= LONG;
    let seconds = |(time, label): (f64, String)| (time, format!("{label}s"));
    let ticks =
        if is_long { axis.clock_ticks(12.0) } else { axis.ticks(8.0).into_iter().map(seconds).collect() };
    let cursor = state.clip().cursor;
    let x = axis.column(cursor) as u16;
    // The space separates it from a tick's label.
    let now = if is_long { clock(cursor) } else { format!("{cursor:.2}s") };
    let mut label = Line::raw(format!("▲{now} "));
    let mut start = x;
    // At the right edge the label stands before the mark.
    if x + label.width() as u16 > area.width {
        label = Line::raw(format!(" {now}▲"));
        start = (x + 1).saturating_sub(label.width() as u16);
    }
    let columns = (label.width() as u16).min(area.width - start);
    let buffer = frame.buffer_mut();
    for (time, label) in ticks {
        let x = axis.column(time) as u16;
        let label = format!("╵{label}");
        let end = usize::from(x) + width(&label);
        // A label that is cut, at the edge or by the cursor's, would read as another number.
        let is_cut = end > usize::from(area.width) || (x < start + columns && end > usize::from(start));
        if !is_cut {
            buffer.set_string(area.x + x, area.y, label, dim());
        }
    }
    let style = Style::new().add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM);
    frame.render_widget(label.style(style), Rect { x: area.x + start, width: columns, ..area });
}
