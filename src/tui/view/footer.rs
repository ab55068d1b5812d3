//! Facts about the frame under the cursor, and the last line: a message, or the keys of the view.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::plot::format::plain;
use crate::plot::text::{self, fit_line};
use crate::script::Strategy;
use crate::tui::commands::Command;
use crate::tui::difference;
use crate::tui::state::{State, View};
use crate::tui::theme::{bold, dim};
use crate::tui::view::header::WIDE_SMOOTHING;
use crate::tui::view::script::warnings;
use crate::tui::view::{heading, wrap};

/// Commands, and the word that the footer has for them beside their keys.
type Hint = (&'static [Command], &'static str);

const CANDIDATE: Hint = (&[Command::NextCandidate, Command::PreviousCandidate], "candidate");
const TIME: Hint = (&[Command::FrameBack, Command::FrameForward], "time");
const STEP: Hint = (&[Command::NextStep, Command::PreviousStep], "step");
const SMOOTHING: Hint = (&[Command::SmoothLess, Command::SmoothMore], "smoothing");
const TEMPLATE: Hint = (&[Command::NextTemplate], "template");
const COMPARE: Hint = (&[Command::Compare], "compare");
const FIGURE: Hint = (&[Command::SaveFigure], "figure");
const PLAY: Hint = (&[Command::Play], "play");

/// The hints of the view, the most important first. Help and quit are always there.
fn hints(state: &State) -> Vec<Hint> {
    const EDIT: Hint = (&[Command::EditStep], "edit");
    const VIEWS: Hint = (&[Command::NextView], "views");
    const DIFFERENCE: Hint = (&[Command::WhereTheyPart], "where they part");
    const SCALE: Hint = (&[Command::NextScale], "scale");
    const LEDGER: Hint = (&[Command::ShowLedger], "ledger");
    const PATCHES: Hint = (&[Command::ShowPatches, Command::ComparePatches], "patches");
    const COLOURS: Hint = (&[Command::MapColours], "colours");
    let of_view: &[Hint] = match state.view {
        View::Script => &[CANDIDATE, TIME, SMOOTHING, TEMPLATE, COMPARE, EDIT, FIGURE, PLAY, VIEWS],
        View::Compare => {
            &[(CANDIDATE.0, "other"), TIME, DIFFERENCE, LEDGER, (COMPARE.0, "back"), FIGURE, STEP, SCALE]
        }
        View::Ledger => {
            &[(CANDIDATE.0, "other"), STEP, SMOOTHING, TEMPLATE, FIGURE, (&[Command::ShowLedger], "back")]
        }
        View::Smoothing => &[SMOOTHING, CANDIDATE, TIME, (&[Command::ShowSmoothing], "back")],
        View::Frame => &[TIME, PLAY, STEP, PATCHES, (&[Command::ShowFrame], "back"), CANDIDATE],
        View::Map => &[COLOURS, CANDIDATE, STEP, TEMPLATE, (&[Command::ShowMap], "back")],
    };
    let mut hints = of_view.to_vec();
    if state.clip().moments.is_some() {
        hints.insert(
            0,
            (&[Command::OpenMoment], if state.clip().part_of.is_some() { "back" } else { "open" }),
        );
        hints.insert(0, (&[Command::PreviousMoment, Command::NextMoment], "moment"));
        hints.insert(0, (&[Command::FindMoments], "moments"));
    } else if state.clip().part_of.is_some() {
        hints.insert(0, (&[Command::OpenMoment], "back to the whole"));
    }
    if state.clip().zoom.is_some() {
        hints.insert(0, (&[Command::ZoomIn, Command::ZoomOut, Command::ZoomOff], "zoom"));
    }
    if !state.clip().filter.is_empty() {
        hints.insert(0, (&[Command::Dismiss], "all candidates"));
    }
    if state.playing.is_some() {
        hints.retain(|hint| *hint != PLAY);
        hints.insert(0, (PLAY.0, "stop"));
    }
    hints.extend::<[Hint; 2]>([(&[Command::Help], "help"), (&[Command::Quit], "quit")]);
    hints
}

/// The frame under the cursor: its time, its step, and its value in each step of the selected class. Above it, where two
/// compared classes part. Returns the rows that are left.
pub fn draw_cursor_facts(state: &State, frame: &mut Frame, area: Rect) -> Rect {
    let clip = state.clip();
    let Some(at) = clip.cursor_frame() else { return Rect::ZERO };
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
    let mut texts: Vec<(String, Style)> = Vec::new();
    if let Some(wide) = outcome.wide_smoothing(clip.selected) {
        texts.push((format!("{WIDE_SMOOTHING} {}", wide.in_short()), state.theme.bad()));
    }
    if let Some(step) = clip.focus_step() {
        let warnings = warnings(state, clip.selected, step, Strategy::of(state.scripts.file())).into_iter();
        texts.extend(warnings.map(|warning| (format!("? {warning}"), state.theme.bad())));
        texts.push((format!("›{} {}", step + 1, clip.exploration.sentence(clip.selected, step)), dim()));
    }
    for (text, style) in texts {
        let rows = usize::from(area.height).saturating_sub(lines.len());
        if rows > 0 {
            lines.extend(wrap(&text, columns, rows).into_iter().map(|line| Line::styled(line, style)));
        }
    }
    let taken = lines.len().min(area.height.into()) as u16;
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(fit_line(line, columns), row);
    }
    Rect { y: area.y + taken, height: area.height - taken, ..area }
}

/// A message, or the hints that fit. A long message takes the rows above, too.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let message = match (&state.message, &state.writing) {
        (Some(message), _) => {
            let style = if message.is_error { bold().patch(state.theme.bad()) } else { bold() };
            Some((message.text.clone(), style))
        }
        (None, Some(writing)) => {
            let key = state.keymap.key(Command::WriteScript);
            Some((format!("A script of {} is being written · {key} stops it", writing.name), dim()))
        }
        (None, None) => None,
    };
    if let Some((text, style)) = message {
        let lines = wrap(&text, width, usize::from(frame.area().height / 2).max(1));
        let rows = lines.len() as u16;
        let over = Rect { y: area.bottom() - rows, height: rows, ..area };
        frame.render_widget(Clear, over);
        for (row, line) in over.rows().zip(lines) {
            frame.render_widget(Line::styled(line, style), row);
        }
        return;
    }
    let mut hints: Vec<(String, &str)> =
        hints(state).into_iter().map(|(commands, hint)| (state.keymap.keys(commands), hint)).collect();
    let columns = |(keys, hint): &(String, &str)| text::width(keys) + text::width(hint) + 3;
    while hints.iter().map(columns).sum::<usize>() > width && hints.len() > 2 {
        hints.remove(hints.len() - 3);
    }
    let spans = hints
        .into_iter()
        .flat_map(|(keys, hint)| [Span::styled(keys, bold()), Span::styled(format!(" {hint}  "), dim())]);
    frame.render_widget(Line::from_iter(spans), area);
}
