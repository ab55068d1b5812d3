//! The matrix of the selected class as a heatmap, with its path drawn over it.

use std::ops::Range;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::align::spans;
use crate::explore::ClassOutcome;
use crate::number::plain;
use crate::tui::state::State;
use crate::tui::theme::{Theme, bold, dim, heat_glyph};
use crate::tui::timeline::Timeline;
use crate::tui::view::fit;
use crate::tui::view::layout::Panel;
use crate::tui::view::shown::Shown;

/// The heading: the class, what the shades mean, and the range of the values.
pub fn draw_title(state: &State, shown: &Shown, range: (f32, f32), frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let Some(candidate) = clip.exploration.candidates().get(shown.class) else {
        return frame.render_widget(Line::styled("no class", bold()), area);
    };
    let domain =
        if candidate.domain.is_empty() { String::new() } else { format!(" · {}", candidate.domain) };
    let label = if shown.label.is_empty() { String::new() } else { format!("{}: ", shown.label) };
    let title = format!("{label}{}{domain}", candidate.name);
    let width = usize::from(area.width);
    // The name of the class needs its place more than words that the marks stand for as well.
    let legend = [true, false].map(|in_words| legend(state, shown, range, in_words));
    let [long, short] = &legend;
    let is_long = long.width() + 2 + Line::from(title.as_str()).width() <= width;
    let legend = if is_long { long } else { short }.clone().right_aligned();
    let title = fit(&title, width.saturating_sub(legend.width() + 2));
    frame.render_widget(Line::styled(title, bold().add_modifier(Modifier::UNDERLINED)), area);
    frame.render_widget(legend, area);
}

/// What the shades mean, and the range of the values.
fn legend(state: &State, shown: &Shown, (low, high): (f32, f32), in_words: bool) -> Line<'static> {
    let Some(class) = shown.outcome else { return Line::default() };
    let mut legend = Vec::new();
    if class.alignment.collapsed {
        legend.push(Span::styled(if in_words { "⚠ path collapsed  " } else { "⚠ " }, bold()));
    }
    // Where two matrices are shown, one of them may not be in the list.
    if !shown.label.is_empty() {
        let word = if in_words { "score " } else { "" };
        legend.push(Span::raw(format!("{word}{}  ", plain(class.alignment.score))));
    }
    let cell = state.clip().exploration.settings().method.cell;
    let words =
        if in_words { format!("{cell} by {} ", state.scale_in_force().name()) } else { String::new() };
    legend.push(Span::raw(format!("{words}{} ", plain(low.into()))));
    for shade in 0..8 {
        legend.push(state.theme.shade(shade as f32 / 7.0));
    }
    legend.push(Span::raw(format!(" {}", plain(high.into()))));
    Line::from(legend)
}

/// Heatmap, path and cursor.
pub fn draw(state: &State, shown: &Shown, timeline: Timeline, frame: &mut Frame, panel: &Panel) {
    let area = panel.matrix;
    let (Some(class), Some(shades)) = (shown.outcome, shown.shades) else {
        let clip = state.clip();
        let text = if clip.progress.idle {
            ""
        } else if clip.job.is_none() && !clip.exploration.is_frozen() {
            "This clip could not be embedded."
        } else {
            "The matrix appears with the first frames and steps."
        };
        frame.render_widget(
            Line::styled(fit(text, area.width.into()), dim()),
            Rect { height: 1.min(area.height), ..area },
        );
        return;
    };
    let times = &state.clip().exploration.outcome().times;
    let buffer = frame.buffer_mut();
    for column in 0..area.width {
        let frames = timeline.frames(column.into(), times);
        for step in panel.steps.clone().filter(|&step| step < shades.nrows()) {
            // The mean of what the column holds, so that no frame is passed over.
            let shade = shades.slice(ndarray::s![step, frames.clone()]).mean().unwrap_or(0.0);
            let top = area.y + (step - panel.steps.start) as u16 * panel.rows_per_step;
            for row in top..top + panel.rows_per_step {
                paint(buffer, &state.theme, (area.x + column, row), shade);
            }
        }
    }
    draw_cursor(state, timeline, buffer, area);
    draw_path(class, &state.theme, timeline, times, buffer, panel);
}

fn paint(buffer: &mut Buffer, theme: &Theme, at: (u16, u16), shade: f32) {
    let Some(cell) = buffer.cell_mut(Position::from(at)) else { return };
    if theme.is_plain() {
        cell.set_char(heat_glyph(shade));
    } else {
        cell.set_char(' ').set_style(theme.on(theme.heat(shade)));
    }
}

fn draw_cursor(state: &State, timeline: Timeline, buffer: &mut Buffer, area: Rect) {
    let column = area.x + timeline.column(state.clip().cursor) as u16;
    for row in area.y..area.bottom() {
        if let Some(cell) = buffer.cell_mut((column, row)) {
            cell.set_char('┊').modifier.insert(Modifier::BOLD);
        }
    }
}

/// Draws the path as one heavy line through the middles of its cells.
fn draw_path(
    class: &ClassOutcome,
    theme: &Theme,
    timeline: Timeline,
    times: &[f64],
    buffer: &mut Buffer,
    panel: &Panel,
) {
    let spans = spans(&class.alignment.path, times.len());
    let mut before: Option<usize> = None;
    for column in 0..panel.matrix.width {
        let frames = timeline.frames(column.into(), times);
        let on_path = spans[frames].iter().flatten();
        let Some((first, last)) = on_path.fold(None, |all: Option<(usize, usize)>, &(first, last)| {
            Some(all.map_or((first, last), |(low, high)| (low.min(first), high.max(last))))
        }) else {
            continue;
        };
        // The line enters at the step where it left the column before, so that it never breaks.
        let enters = before.unwrap_or(first).min(first);
        // Columns that hold one frame for several columns would otherwise repeat its turn.
        let enters = if before == Some(last) { last } else { enters };
        let x = panel.matrix.x + column;
        if enters == last {
            put(buffer, theme, panel.row_of(last).map(|y| (x, y)), '━');
        } else {
            let top = panel.row_of(enters);
            let bottom = panel.row_of(last);
            let from = top.map_or(panel.matrix.y, |y| y + 1);
            let to = bottom.unwrap_or(panel.matrix.bottom());
            for y in from..to {
                put(buffer, theme, Some((x, y)), '┃');
            }
            put(buffer, theme, top.map(|y| (x, y)), '┓');
            put(buffer, theme, bottom.map(|y| (x, y)), '┗');
        }
        before = Some(last);
    }
}

fn put(buffer: &mut Buffer, theme: &Theme, at: Option<(u16, u16)>, glyph: char) {
    let Some(cell) = at.and_then(|at| buffer.cell_mut(Position::from(at))) else { return };
    cell.set_char(glyph).modifier.insert(Modifier::BOLD);
    if theme.is_plain() {
        // Without colours the line would drown among the shades.
        cell.modifier.insert(Modifier::REVERSED);
    }
}

/// The step of the path that a range of frames is mostly given to: the last one that it reaches.
pub fn step_of_column(spans: &[Option<(usize, usize)>], frames: Range<usize>) -> Option<usize> {
    spans[frames].iter().flatten().map(|&(_, last)| last).max()
}
