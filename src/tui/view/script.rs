//! The steps of the selected class, level with the rows of its matrix.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, bold, contrast, dim, step_colour};
use crate::tui::view::fit;
use crate::tui::view::layout::Screen;

pub fn draw(state: &State, depth: ColourDepth, frame: &mut Frame, screen: &Screen) {
    let candidate = &state.clip().exploration.candidates()[state.clip().selected];
    let at_cursor = state.clip().cursor_step();
    for step in screen.steps.clone() {
        let top = screen.script.y + (step - screen.steps.start) as u16 * screen.rows_per_step;
        let area = Rect { y: top, height: screen.rows_per_step, ..screen.script };
        // One narrow row has no room for both the text and the times.
        let with_times = screen.rows_per_step > 1 || area.width >= 40;
        let figures = figures(state, step, with_times);
        // Where a step has several rows, its text wraps into them and the figures stand in the last one.
        let width = usize::from(area.width).saturating_sub(4);
        let rows = usize::from(screen.rows_per_step);
        let text_style = if at_cursor == Some(step) { bold() } else { Style::new() };
        let mut lines = wrap(&candidate.steps[step], width, rows.saturating_sub(1).max(1));
        if rows == 1 {
            lines = vec![fit(&candidate.steps[step], width.saturating_sub(figures.len() + 1))];
        }
        let number_style = depth.on(contrast(step_colour(step)), step_colour(step));
        let number_style = if depth == ColourDepth::None { bold() } else { number_style };
        for (row, line) in lines.iter().enumerate() {
            let number = if row == 0 { format!("{:>2} ", step + 1) } else { "   ".to_owned() };
            let spans =
                [Span::styled(number, number_style), Span::raw(" "), Span::styled(line.clone(), text_style)];
            frame.render_widget(Line::from_iter(spans), Rect { y: area.y + row as u16, height: 1, ..area });
        }
        for row in lines.len()..rows {
            frame.render_widget(
                Span::styled("   ", number_style),
                Rect { y: area.y + row as u16, height: 1, ..area },
            );
        }
        let style = if at_cursor == Some(step) { bold() } else { dim() };
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        frame.render_widget(Line::styled(figures, style).right_aligned(), last);
        if at_cursor == Some(step) {
            let mark = Rect { x: area.x + 3, y: area.y, width: 1, height: 1 };
            frame.render_widget(Span::styled("›", Style::new().add_modifier(Modifier::BOLD)), mark);
        }
    }
}

/// Frames on the path, the time they span if asked for, and a mark where the sentence was cut.
fn figures(state: &State, step: usize, with_times: bool) -> String {
    let cut = if state.clip().exploration.is_cut(state.clip().selected, step) { "✂ " } else { "" };
    let Some(class) = state.clip().selected_outcome() else { return cut.to_owned() };
    let times = &state.clip().exploration.outcome().times;
    let on_step = |&&(k, _): &&(usize, usize)| k == step;
    let path = &class.alignment.path;
    let (Some(first), Some(last)) = (path.iter().find(on_step), path.iter().rev().find(on_step)) else {
        return format!("{cut}none");
    };
    let time = |t: usize| times.get(t).copied().unwrap_or_default();
    let frames = format!("{cut}{}f", class.alignment.frames_per_step[step]);
    if with_times { format!("{frames} {:.1}–{:.1}s", time(first.1), time(last.1)) } else { frames }
}

/// Breaks a text at spaces into at most `rows` lines of `columns` columns.
fn wrap(text: &str, columns: usize, rows: usize) -> Vec<String> {
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
