//! The steps of a class, level with the rows of its matrix.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::plot::format::plain;
use crate::plot::ledger::Side;
use crate::plot::text::width as columns_of;
use crate::script::Strategy;
use crate::script::check::{Warning, warnings_of_step};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::layout::Panel;
use crate::tui::view::shown::Shown;
use crate::tui::view::{fit, wrap};

/// The steps of a class. `side` has what they add to its score, where two classes are compared.
pub fn draw(state: &State, shown: &Shown, side: Option<&Side>, frame: &mut Frame, panel: &Panel) {
    let Some(candidate) = state.clip().exploration.candidates().get(shown.class) else { return };
    // Once, since it reads all scripts.
    let strategy = Strategy::of(state.scripts.file());
    for step in panel.steps.clone() {
        let is_focus = shown.focus == Some(step);
        let top = panel.script.y + (step - panel.steps.start) as u16 * panel.rows_per_step;
        let area = Rect { y: top, height: panel.rows_per_step, ..panel.script };
        // One narrow row has room for the text or the times.
        let with_times = panel.rows_per_step > 1 || area.width >= 40;
        let width = usize::from(area.width).saturating_sub(4);
        let figures = figures(state, shown, step, strategy, with_times);
        let figures = match side.and_then(|side| side.entries.get(step)) {
            None => figures,
            // The rest stands in the ledger where there is no room for it.
            Some(entry) => {
                let share = plain(entry.share);
                match width {
                    ..38 => share,
                    38..50 => format!("{share} {}", entry.without()),
                    _ => format!("{figures}  {share} {}", entry.without()),
                }
            }
        };
        // The text wraps into the step's rows; the figures are at the end of the last one.
        let rows = usize::from(panel.rows_per_step);
        let text_style = if is_focus { bold() } else { Style::new() };
        let mut lines = wrap(&candidate.steps[step], width, rows);
        let before_figures = width.saturating_sub(columns_of(&figures) + 1);
        if lines.len() == rows
            && let Some(last) = lines.last_mut().filter(|last| columns_of(last) > before_figures)
        {
            *last = fit(&format!("{}…", last.trim_end_matches('…')), before_figures);
        }
        for (at, row) in area.rows().enumerate() {
            let number = if at == 0 { format!("{:>2} ", step + 1) } else { "   ".to_owned() };
            let mark = if is_focus && at == 0 { "›" } else { " " };
            let mut spans = vec![Span::styled(number, state.theme.badge(step))];
            if let Some(line) = lines.get(at) {
                spans.extend([Span::styled(mark, bold()), Span::styled(line.clone(), text_style)]);
            }
            frame.render_widget(Line::from(spans), row);
        }
        let style = if is_focus { bold() } else { dim() };
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        // A styled line would style the text before it too.
        frame.render_widget(Line::from(Span::styled(figures, style)).right_aligned(), last);
    }
}

/// What is doubtful about a step of a class.
pub fn warnings(state: &State, class: usize, step: usize, strategy: Strategy) -> Vec<Warning> {
    let class = state.clip().ids.get(class).and_then(|&id| state.scripts.class(id));
    class.map_or_else(Vec::new, |class| warnings_of_step(class, step, strategy))
}

/// Frames on the path, their span of time if asked for, and marks for a cut sentence and a doubtful step.
fn figures(state: &State, shown: &Shown, step: usize, strategy: Strategy, with_times: bool) -> String {
    let exploration = &state.clip().exploration;
    let doubtful = if warnings(state, shown.class, step, strategy).is_empty() { "" } else { "? " };
    let cut = if exploration.is_cut(shown.class, step) { "✂ " } else { "" };
    let cut = &format!("{doubtful}{cut}");
    let Some(class) = shown.outcome.filter(|class| step < class.alignment.frames_per_step.len()) else {
        return cut.to_owned();
    };
    if let Some(moment) = state.clip().moment_of(shown.class) {
        let span = moment.found.steps.get(step).filter(|_| with_times);
        return span.map_or_else(|| cut.clone(), |[start, end]| format!("{cut}{start:.1}–{end:.1}s"));
    }
    let times = &exploration.outcome().times;
    let path = &class.alignment.path;
    let of_step = path.partition_point(|&(k, _)| k < step)..path.partition_point(|&(k, _)| k <= step);
    let (Some(first), Some(last)) = (path[of_step.clone()].first(), path[of_step].last()) else {
        return format!("{cut}none");
    };
    let time = |t: usize| times.get(t).copied().unwrap_or_default();
    let frames = format!("{cut}{}f", class.alignment.frames_per_step[step]);
    if with_times { format!("{frames} {:.1}–{:.1}s", time(first.1), time(last.1)) } else { frames }
}
