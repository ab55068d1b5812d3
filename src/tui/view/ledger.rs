//! Why one class leads another: the sentence above the matrices, and the ledger of what each step adds to both scores.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::explore::ClassReport;
use crate::plot::format::plain;
use crate::plot::ledger::{Entry, Ledger, Side};
use crate::plot::text::width;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::{fit, wrap};

/// Calls `draw` with the ledger of the pair that the screen explains, if both classes are aligned.
pub fn with_ledger<T>(state: &State, draw: impl FnOnce(&Ledger) -> T) -> Option<T> {
    let clip = state.clip();
    let pair = state.pair()?;
    let reports: [ClassReport; 2] = clip.explained(pair)?;
    let [first, second] = &reports;
    let ledger = Ledger::new([(first, clip.steps(pair[0])), (second, clip.steps(pair[1]))])?;
    Some(draw(&ledger))
}

/// Which class leads, by how much, and the step that decides.
pub fn draw_sentence(state: &State, frame: &mut Frame, area: Rect) {
    let lines = with_ledger(state, |ledger| ledger.sentence_in(area.width.into(), area.height.into()));
    for (row, line) in area.rows().zip(lines.into_iter().flatten()) {
        frame.render_widget(Line::raw(line), row);
    }
}

/// Both classes side by side, with the sentence above and the gap below.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let drawn = with_ledger(state, |ledger| draw_ledger(state, ledger, frame, area));
    if drawn.is_none() {
        let text = "The ledger appears once two candidates are aligned.";
        frame.render_widget(Line::styled(fit(text, area.width.into()), dim()), Rect { height: 1, ..area });
    }
}

fn draw_ledger(state: &State, ledger: &Ledger, frame: &mut Frame, area: Rect) {
    let sentence = if area.width < 150 { 2 } else { 1 };
    let [top, table, gap] =
        Layout::vertical([Constraint::Length(sentence), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    draw_sentence(state, frame, top);
    let [left, _, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)]).areas(table);
    let entries = || ledger.sides.iter().flat_map(|side| &side.entries);
    let largest = entries().map(|entry| entry.share.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let widths = Widths {
        share: entries().map(|entry| width(&plain(entry.share))).max().unwrap_or(0).max("share".len()),
        without: entries().map(|entry| width(&entry.without())).max().unwrap_or(0).max("without it".len()),
        largest,
    };
    let clip = state.clip();
    let focus = |at: usize| {
        let pair = state.pair()?;
        if pair[at] == clip.selected { clip.focus_step() } else { clip.step_at_cursor(pair[at]) }
    };
    for (at, (side, area)) in ledger.sides.iter().zip([left, right]).enumerate() {
        draw_side(state, side, focus(at), &widths, frame, area);
    }
    frame.render_widget(Line::styled(fit(&ledger.gap(), gap.width.into()), bold()), gap);
    let note = "without it: the lead that is left, and the rank";
    if width(&ledger.gap()) + width(note) + 2 <= usize::from(gap.width) {
        frame.render_widget(Line::styled(note, dim()).right_aligned(), gap);
    }
}

/// Columns of the numbers, and the share whose bar is longest.
struct Widths {
    share: usize,
    without: usize,
    largest: f64,
}

/// A class: its name, a row or more for each step, and its score.
fn draw_side(
    state: &State,
    side: &Side,
    focus: Option<usize>,
    widths: &Widths,
    frame: &mut Frame,
    area: Rect,
) {
    let room = usize::from(area.width);
    let numbers = widths.share + widths.without + 2;
    let bar = if room < 45 { 0 } else { (room.saturating_sub(4 + numbers) / 3).min(30) };
    let text = room.saturating_sub(4 + numbers + bar + 1);
    let shares = format!("{:>2$} {:>3$}", "share", "without it", widths.share, widths.without);
    let name = fit(side.name, room.saturating_sub(width(&shares) + 1));
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        frame.render_widget(Line::styled(name, bold()), row);
        frame.render_widget(Line::styled(shares, dim()).right_aligned(), row);
    }
    // Name and score stand around the steps.
    let free = usize::from(area.height).saturating_sub(2);
    let height = (free / side.entries.len().max(1)).clamp(1, 3);
    let shown = (free / height).min(side.entries.len());
    let first = focus.unwrap_or(0).saturating_sub(shown / 2).min(side.entries.len() - shown);
    for entry in side.entries.iter().skip(first).take(shown) {
        let lines =
            entry_lines(state, entry, entry.step == focus && focus.is_some(), (text, bar, height), widths);
        for line in lines {
            if let Some(row) = rows.next() {
                frame.render_widget(line, row);
            }
        }
    }
    if let Some(row) = rows.next() {
        let above = side.entries.len() - shown;
        let more = if above > 0 { format!("{above} more steps") } else { String::new() };
        let score = format!("score {:>2$} {:>3$}", plain(side.score), "", widths.share, widths.without);
        frame.render_widget(Line::styled(more, dim()), row);
        frame.render_widget(Line::styled(score, bold()).right_aligned(), row);
    }
}

/// The rows of an entry: number, text, bar, share, and what the gap is without it.
fn entry_lines(
    state: &State,
    entry: &Entry,
    is_focus: bool,
    (text, bar, height): (usize, usize, usize),
    widths: &Widths,
) -> Vec<Line<'static>> {
    let (number, badge) = match entry.step {
        Some(step) => (format!("{:>2} ", step + 1), state.theme.badge(step)),
        None => ("   ".to_owned(), Style::new()),
    };
    let mark = if is_focus { "›" } else { " " };
    let style = if is_focus { bold() } else { Style::new() };
    let filled = (entry.share.abs() / widths.largest * bar as f64).round() as usize;
    let colour = if entry.share < 0.0 { state.theme.bad() } else { state.theme.good() };
    let words = wrap(entry.text, text, height);
    let padded = |line: &str| format!("{line}{} ", " ".repeat(text.saturating_sub(width(line))));
    let first = Line::from(vec![
        Span::styled(number, badge),
        Span::styled(mark, bold()),
        Span::styled(padded(words.first().map_or("", String::as_str)), style),
        Span::styled("█".repeat(filled), colour),
        Span::raw(" ".repeat(bar.saturating_sub(filled))),
        Span::styled(format!(" {:>1$}", plain(entry.share), widths.share), style),
        Span::raw(format!(" {:>1$}", entry.without(), widths.without)),
    ]);
    let rest = (1..height).map(|line| {
        let words = words.get(line).map_or("", String::as_str);
        Line::from(vec![Span::styled("   ", badge), Span::styled(format!(" {words}"), style)])
    });
    [first].into_iter().chain(rest).collect()
}
