//! The matrix of the selected class as a heatmap, with its path drawn over it.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::plot::format::plain;
use crate::plot::heatmap::{Heatmap, shade_glyph};
use crate::plot::text::{fit, width};
use crate::plot::time_axis::TimeAxis;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::layout::Panel;
use crate::tui::view::shown::Shown;

/// The heading: class, cell, scale, and the range of the values.
pub fn draw_title(state: &State, shown: &Shown, range: (f32, f32), frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let Some(candidate) = clip.exploration.candidates().get(shown.class) else {
        return frame.render_widget(Line::styled("no class", bold()), area);
    };
    let domain =
        if candidate.domain.is_empty() { String::new() } else { format!(" · {}", candidate.domain) };
    let label = if shown.label.is_empty() { String::new() } else { format!("{}: ", shown.label) };
    let title = format!("{label}{}{domain}", candidate.name);
    let room = usize::from(area.width);
    // Where there is little room, the name of the class goes before words that marks stand for too.
    let legend = [true, false].map(|in_words| legend(state, shown, range, in_words));
    let [long, short] = &legend;
    let is_long = long.width() + 2 + width(&title) <= room;
    let legend = if is_long { long } else { short }.clone().right_aligned();
    let title = fit(&title, room.saturating_sub(legend.width() + 2));
    frame.render_widget(Line::styled(title, bold().add_modifier(Modifier::UNDERLINED)), area);
    frame.render_widget(legend, area);
}

/// Cell, scale, and the range of the values with its shades.
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
pub fn draw(state: &State, shown: &Shown, axis: TimeAxis, frame: &mut Frame, panel: &Panel) {
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
    let heatmap = Heatmap::new(shades.view(), times, axis);
    let buffer = frame.buffer_mut();
    for step in panel.steps.clone().filter(|&step| step < shades.nrows()) {
        let Some(top) = panel.top_of(step) else { continue };
        for column in 0..area.width {
            let shade = heatmap.shade(step, column.into());
            for row in top..top + panel.rows_per_step {
                let Some(cell) = buffer.cell_mut((area.x + column, row)) else { continue };
                if state.theme.is_plain() {
                    cell.set_char(shade_glyph(shade));
                } else {
                    cell.set_char(' ').set_style(state.theme.on(state.theme.heat(shade)));
                }
            }
        }
    }
    draw_cursor(state, axis, buffer, area);
    let path = state.clip().path_of(shown.class, &class.alignment.path);
    let path = heatmap.path(&path, panel.steps.clone(), panel.rows_per_step.into());
    for (column, row, glyph) in path {
        let at = Position::new(area.x + column as u16, area.y + row as u16);
        let Some(cell) = buffer.cell_mut(at) else { continue };
        cell.set_char(glyph).modifier.insert(Modifier::BOLD);
        if state.theme.is_plain() {
            // Without colours bold alone does not stand out from the shades.
            cell.modifier.insert(Modifier::REVERSED);
        }
    }
}

fn draw_cursor(state: &State, axis: TimeAxis, buffer: &mut Buffer, area: Rect) {
    let column = area.x + axis.column(state.clip().cursor) as u16;
    for row in area.y..area.bottom() {
        if let Some(cell) = buffer.cell_mut((column, row)) {
            cell.set_char('┊').modifier.insert(Modifier::BOLD);
        }
    }
}
