//! The list of an evaluation's results.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::results::{ResultList, Results};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::tui::view::overlay::{draw_input, draw_list, open};

pub fn draw(state: &State, results: &Results, list: &ResultList, frame: &mut Frame, area: Rect) {
    let inside =
        open("Results · Enter opens · ← → row · Tab wrong ones · Esc closes", (110, 40), frame, area);
    let row =
        |row: u16| Rect { y: inside.y + row, height: 1.min(inside.height.saturating_sub(row)), ..inside };
    let width = usize::from(inside.width);
    let listed = results.listed(list, &state.clips);
    let (accuracy, read) = results.accuracy(&state.clips);
    let which = if list.wrong_only { "wrong ones of " } else { "" };
    let head = format!(
        "{} · {} · {accuracy:.2} % of {read} · {}{which}{} clips",
        results.name,
        results.rows[results.row].name,
        if listed.len() == results.clips.len() { String::new() } else { format!("{} · ", listed.len()) },
        results.clips.len()
    );
    frame.render_widget(Line::styled(fit(&head, width), state.theme.accent()), row(0));
    draw_input(&list.input, frame, row(1));
    if listed.is_empty() {
        frame.render_widget(Line::styled("no clip matches", dim()), row(2));
    }
    let lines = Rect { y: inside.y + 2, height: inside.height.saturating_sub(2), ..inside };
    draw_list(
        listed.iter().map(|&clip| line(state, results, clip, width)).collect(),
        list.at,
        &state.theme,
        frame,
        lines,
    );
}

/// A clip: a mark, its id, what it shows, and what the row says.
fn line(state: &State, results: &Results, index: usize, width: usize) -> Line<'static> {
    let clip = &state.clips[index];
    let is_wrong = results.is_wrong(index, clip).unwrap_or(true);
    let [id, domain, answer, prediction] = results.line(index, clip);
    // The mark and three gaps; the id and the domain give way to the classes.
    let room = width.saturating_sub(2 + 6);
    let (id_width, domain_width) = (room * 3 / 10, room / 6);
    let class_width = (room - id_width - domain_width) / 2;
    let cell = |text: &str, width: usize| format!("{:<width$}  ", fit(text, width));
    let mut spans = vec![
        Span::styled(if is_wrong { "✗ " } else { "✓ " }, if is_wrong { bold() } else { dim() }),
        Span::raw(cell(&id, id_width)),
        Span::styled(cell(&domain, domain_width), dim()),
        Span::raw(cell(&answer, class_width)),
    ];
    let said = fit(&prediction, class_width);
    spans.push(if is_wrong { Span::styled(said, bold()) } else { Span::styled(said, dim()) });
    Line::from(spans)
}
