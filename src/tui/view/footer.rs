//! What is under the cursor, and the last line: a message, or the keys that matter.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::plot::format::plain;
use crate::script::Strategy;
use crate::tui::command::Command;
use crate::tui::state::{State, View};
use crate::tui::theme::{bold, dim};
use crate::tui::view::script::warnings;
use crate::tui::view::{difference, fit, heading};
use crate::visible::visible_line;

/// A word for commands that belong together.
type Hint = (&'static [Command], &'static str);

const SCRIPT: &[Hint] = &[
    (&[Command::NextCandidate, Command::PreviousCandidate], "candidate"),
    (&[Command::FrameBack, Command::FrameForward], "time"),
    (&[Command::SmoothLess, Command::SmoothMore], "smoothing"),
    (&[Command::NextTemplate], "template"),
    (&[Command::Compare], "compare"),
    (&[Command::EditStep], "edit"),
    (&[Command::SaveFigure], "figure"),
    (&[Command::Play], "play"),
    (&[Command::NextView], "views"),
];
const COMPARE: &[Hint] = &[
    (&[Command::NextCandidate, Command::PreviousCandidate], "other"),
    (&[Command::FrameBack, Command::FrameForward], "time"),
    (&[Command::WhereTheyPart], "where they part"),
    (&[Command::Compare], "back"),
    (&[Command::SaveFigure], "figure"),
    (&[Command::NextStep, Command::PreviousStep], "step"),
    (&[Command::NextScale], "scale"),
];
const SMOOTHING: &[Hint] = &[
    (&[Command::SmoothLess, Command::SmoothMore], "smoothing"),
    (&[Command::NextCandidate, Command::PreviousCandidate], "candidate"),
    (&[Command::FrameBack, Command::FrameForward], "time"),
    (&[Command::ShowSmoothing], "back"),
];
const FRAME: &[Hint] = &[
    (&[Command::FrameBack, Command::FrameForward], "time"),
    (&[Command::Play], "play"),
    (&[Command::NextStep, Command::PreviousStep], "step"),
    (&[Command::NextCandidate, Command::PreviousCandidate], "candidate"),
    (&[Command::ShowFrame], "back"),
];
const MAP: &[Hint] = &[
    (&[Command::MapColours], "colours"),
    (&[Command::NextCandidate, Command::PreviousCandidate], "candidate"),
    (&[Command::NextStep, Command::PreviousStep], "step"),
    (&[Command::NextTemplate], "template"),
    (&[Command::ShowMap], "back"),
];
/// For whoever is lost.
const LOST: [Hint; 2] = [(&[Command::Help], "help"), (&[Command::Quit], "quit")];

/// What matters in the present view.
fn hints(state: &State) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    hints.extend(match state.view {
        View::Script => SCRIPT,
        View::Compare => COMPARE,
        View::Smoothing => SMOOTHING,
        View::Frame => FRAME,
        View::Map => MAP,
    });
    if !state.clip().filter.is_empty() {
        hints.insert(0, (&[Command::Dismiss], "all candidates"));
    }
    if state.playing.is_some() {
        hints.retain(|&(commands, _)| commands != [Command::Play]);
        hints.insert(0, (&[Command::Play], "stop"));
    }
    hints.extend(LOST);
    hints
}

/// The frame under the cursor: when it is, its step, and its value in each step of the selected class; where two classes
/// are compared, where they part.
pub fn draw_cursor_facts(state: &State, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let Some(at) = clip.cursor_frame() else { return };
    let outcome = clip.exploration.outcome();
    let columns = usize::from(area.width);
    let mut lines = difference::in_words(state, columns);
    lines.push(heading(format!(
        "{} {}/{} · {:.2} s",
        if state.playing.is_some() { "playing" } else { "frame" },
        at + 1,
        outcome.times.len(),
        outcome.times[at]
    )));
    let on_path = clip.step_at_cursor(clip.selected);
    if let Some(class) = clip.selected_outcome().filter(|class| at < class.cells.ncols()) {
        if let Some(step) = on_path {
            let cell = clip.exploration.settings().method.cell;
            let value = plain(class.cells[(step, at)].into());
            lines.push(Line::raw(format!("step {} · {cell} {value}", step + 1)));
        }
        if let Some(shades) = clip.shades.as_ref().filter(|shades| shades.dim() == class.cells.dim()) {
            let mut spans = Vec::new();
            for step in 0..class.cells.nrows() {
                let style = if on_path == Some(step) { bold() } else { dim() };
                spans.push(Span::styled(format!("{}", step + 1), style));
                spans.push(state.theme.shade(shades[(step, at)]));
                spans.push(Span::raw(" "));
            }
            lines.push(Line::from(spans));
        }
    }
    let taken = lines.len() as u16;
    for (row, line) in lines.into_iter().take(area.height.into()).enumerate() {
        frame.render_widget(line, Rect { y: area.y + row as u16, height: 1, ..area });
    }
    if let Some(step) = clip.focus_step()
        && area.height > taken
    {
        let rest = Rect { y: area.y + taken, height: area.height - taken, ..area };
        let mut lines: Vec<Line> = warnings(state, clip.selected, step, Strategy::of(state.scripts.file()))
            .into_iter()
            .map(|warning| {
                Line::styled(visible_line(&format!("? {warning}")).into_owned(), state.theme.bad())
            })
            .collect();
        let sentence = format!("›{} {}", step + 1, clip.exploration.sentence(clip.selected, step));
        lines.push(Line::styled(visible_line(&sentence).into_owned(), dim()));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), rest);
    }
}

/// A message, or the keys that matter.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    if let Some(message) = &state.message {
        let style = if message.is_error { bold().patch(state.theme.bad()) } else { bold() };
        frame.render_widget(Line::styled(fit(&message.text, width), style), area);
        return;
    }
    if let Some(writing) = &state.writing {
        let key = state.keymap.key(Command::WriteScript);
        let text = format!("A script of {} is being written · {key} stops it", writing.name);
        frame.render_widget(Line::styled(fit(&text, width), dim()), area);
        return;
    }
    let keys = |commands: &[Command]| {
        let keys: Vec<String> = commands.iter().map(|&command| state.keymap.key(command)).collect();
        keys.join(" ")
    };
    let mut hints: Vec<(String, &str)> =
        hints(state).into_iter().map(|(commands, hint)| (keys(commands), hint)).collect();
    let columns = |hints: &[(String, &str)]| -> usize {
        hints
            .iter()
            .map(|(keys, hint)| Line::from(keys.as_str()).width() + Line::from(*hint).width() + 3)
            .sum()
    };
    while columns(&hints) > width && hints.len() > 2 {
        hints.remove(hints.len() - 3);
    }
    let spans = hints
        .into_iter()
        .flat_map(|(keys, hint)| [Span::styled(keys, bold()), Span::styled(format!(" {hint}  "), dim())]);
    frame.render_widget(Line::from_iter(spans), area);
}
