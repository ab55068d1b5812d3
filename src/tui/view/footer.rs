//! What is under the cursor, and the last line: a message, or the keys that matter.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use crate::tui::keymap::KEYMAP;
use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, bold, dim, heat, heat_glyph};
use crate::tui::view::{fit, heading, number};

/// The frame under the cursor: when it is, its step, and its value in each step of the selected class.
pub fn draw_cursor_facts(state: &State, depth: ColourDepth, frame: &mut Frame, area: Rect) {
    let Some(at) = state.clip().cursor_frame() else { return };
    let outcome = state.clip().exploration.outcome();
    let mut lines = vec![heading(format!("frame {} · {:.2} s", outcome.ordinals[at], outcome.times[at]))];
    if let Some(class) = state.clip().selected_outcome()
        && at < class.cells.ncols()
    {
        let on_path = state.clip().cursor_step();
        if let Some(step) = on_path {
            let cell = state.clip().exploration.settings().method.cell;
            lines.push(Line::raw(format!(
                "step {} · {cell} {}",
                step + 1,
                number(class.cells[(step, at)].into())
            )));
        }
        if let Some(shades) = &state.clip().shades {
            let mut spans = Vec::new();
            for step in 0..class.cells.nrows() {
                let style = if on_path == Some(step) { bold() } else { dim() };
                spans.push(Span::styled(format!("{}", step + 1), style));
                let shade = shades[(step, at)];
                spans.push(match depth {
                    ColourDepth::None => Span::raw(heat_glyph(shade).to_string()),
                    _ => Span::styled("█", Style::new().fg(depth.colour(heat(shade)))),
                });
                spans.push(Span::raw(" "));
            }
            lines.push(Line::from(spans));
        }
    }
    let sentence =
        state.clip().cursor_step().map(|step| state.clip().exploration.sentence(state.clip().selected, step));
    let taken = lines.len() as u16;
    for (row, line) in lines.into_iter().take(area.height.into()).enumerate() {
        frame.render_widget(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
    if let Some(sentence) = sentence
        && area.height > taken
    {
        let rest = Rect { y: area.y + taken, height: area.height - taken, ..area };
        let text = ratatui::widgets::Paragraph::new(sentence)
            .style(dim())
            .wrap(ratatui::widgets::Wrap { trim: true });
        frame.render_widget(text, rest);
    }
}

/// A message, or the keys that matter.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    if let Some(message) = &state.message {
        let style = if message.is_error { bold().fg(Color::Red) } else { bold() };
        frame.render_widget(Line::styled(fit(&message.text.replace('\n', " "), width), style), area);
        return;
    }
    let mut hints: Vec<(&str, &str)> =
        KEYMAP.iter().filter_map(|binding| Some((binding.keys, binding.hint?))).collect();
    let columns = |hints: &[(&str, &str)]| -> usize {
        hints.iter().map(|(keys, hint)| Line::from(*keys).width() + Line::from(*hint).width() + 3).sum()
    };
    // The last two, help and quit, are for whoever is lost: others make room for them.
    while columns(&hints) > width && hints.len() > 2 {
        hints.remove(hints.len() - 3);
    }
    let spans = hints
        .into_iter()
        .flat_map(|(keys, hint)| [Span::styled(keys, bold()), Span::styled(format!(" {hint}  "), dim())]);
    frame.render_widget(Line::from_iter(spans), area);
}
