//! Why one class leads another: the sentence above the matrices, and the ledger of what each step adds to both scores.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::explore::ClassReport;
use crate::plot::format::plain;
use crate::plot::ledger::{Entry, Ledger, Side};
use crate::plot::order;
use crate::plot::text::width;
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::{fit, wrap};

/// The two classes that the screen explains, if both are aligned.
pub fn reports(state: &State) -> Option<[ClassReport; 2]> {
    state.clip().explained(state.pair()?)
}

/// The ledger of these classes.
pub fn of<'a>(state: &'a State, reports: &'a Option<[ClassReport; 2]>) -> Option<Ledger<'a>> {
    let steps = |class: &ClassReport| state.clip().steps(class.index);
    let [first, second] = reports.as_ref()?;
    Ledger::new([(first, steps(first)), (second, steps(second))])
}

/// Which class leads, by how much, and the step that decides.
pub fn draw_sentence(ledger: &Ledger, frame: &mut Frame, area: Rect) {
    let lines = ledger.sentence_in(area.width.into(), area.height.into());
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(Line::raw(line), row);
    }
}

/// Both classes side by side, with the sentence above and the gap below.
pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let reports = reports(state);
    if let Some(ledger) = of(state, &reports) {
        draw_ledger(state, &ledger, frame, area);
    } else {
        let text = "The ledger appears once two candidates are aligned.";
        frame.render_widget(Line::styled(fit(text, area.width.into()), dim()), Rect { height: 1, ..area });
    }
}

fn draw_ledger(state: &State, ledger: &Ledger, frame: &mut Frame, area: Rect) {
    let sentence = if area.width < 150 { 2 } else { 1 };
    let orders = order_lines(state, area.width.into());
    let [top, table, gap, shuffled] = Layout::vertical([
        Constraint::Length(sentence),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(orders.len() as u16),
    ])
    .areas(area);
    draw_sentence(ledger, frame, top);
    for (row, line) in shuffled.rows().zip(orders) {
        frame.render_widget(Line::styled(line, dim()), row);
    }
    let [left, _, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)]).areas(table);
    let entries = || ledger.sides.iter().flat_map(|side| &side.entries);
    let longest = ledger.sides.iter().map(|side| side.entries.len()).max().unwrap_or(0);
    let largest = entries().map(|entry| entry.share.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let sizes = Sizes {
        share: entries().map(|entry| width(&plain(entry.share))).max().unwrap_or(0).max("share".len()),
        without: entries().map(|entry| width(&entry.without())).max().unwrap_or(0).max("without it".len()),
        largest,
        // Name and score stand around the steps.
        rows_per_entry: (usize::from(table.height).saturating_sub(2) / longest.max(1)).clamp(1, 3),
    };
    let clip = state.clip();
    let focus = |at: usize| {
        let pair = state.pair()?;
        if pair[at] == clip.selected { clip.focus_step() } else { clip.step_at_cursor(pair[at]) }
    };
    for (at, (side, area)) in ledger.sides.iter().zip([left, right]).enumerate() {
        draw_side(state, side, focus(at), &sizes, frame, area);
    }
    frame.render_widget(Line::styled(fit(&ledger.gap(), gap.width.into()), bold()), gap);
    let note = "without it: the lead that is left, and the rank";
    if width(&ledger.gap()) + width(note) + 2 <= usize::from(gap.width) {
        frame.render_widget(Line::styled(note, dim()).right_aligned(), gap);
    }
}

/// What the order of the steps does for the two scores, and for the lead of the winner over the runner-up, where it is known.
fn order_lines(state: &State, width: usize) -> Vec<String> {
    let exploration = &state.clip().exploration;
    let outcome = exploration.outcome();
    let Some(mut pair) = state.pair() else { return Vec::new() };
    pair.sort_by_key(|&class| outcome.rank(class));
    let of_class = |class: usize| {
        let found = exploration.evidence(class).found()?;
        Some(format!("#{} {}", outcome.rank(class)?, order::line(&found)))
    };
    let scores: Vec<String> = pair.into_iter().filter_map(of_class).collect();
    let scores = (!scores.is_empty()).then(|| format!("steps shuffled: {}", scores.join(" · ")));
    let is_lead = outcome.ranking.get(..2) == Some(&pair[..]);
    let lead = outcome.confidence.and_then(|found| found.margin_order).filter(|_| is_lead);
    let texts = scores.into_iter().chain(lead.as_ref().map(order::margin_heading));
    texts.flat_map(|text| wrap(&text, width, 2)).collect()
}

/// Sizes that both sides of the table have in common.
struct Sizes {
    /// Columns of the shares.
    share: usize,
    /// Columns of what is left without a step.
    without: usize,
    /// The share with the longest bar.
    largest: f64,
    rows_per_entry: usize,
}

/// A class: its name, a row or more for each step, and its score.
fn draw_side(state: &State, side: &Side, focus: Option<usize>, sizes: &Sizes, frame: &mut Frame, area: Rect) {
    let room = usize::from(area.width);
    let numbers = sizes.share + sizes.without + 2;
    let bar = if room < 45 { 0 } else { (room.saturating_sub(4 + numbers) / 3).min(30) };
    let text = room.saturating_sub(4 + numbers + bar + 1);
    let shares = format!("{:>2$} {:>3$}", "share", "without it", sizes.share, sizes.without);
    let name = fit(side.name, room.saturating_sub(width(&shares) + 1));
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        frame.render_widget(Line::styled(name, bold()), row);
        frame.render_widget(Line::styled(shares, dim()).right_aligned(), row);
    }
    let free = usize::from(area.height).saturating_sub(2);
    let height = sizes.rows_per_entry;
    let shown = (free / height).min(side.entries.len());
    let first = focus.unwrap_or(0).saturating_sub(shown / 2).min(side.entries.len() - shown);
    for entry in side.entries.iter().skip(first).take(shown) {
        let lines =
            entry_lines(state, entry, entry.step == focus && focus.is_some(), (text, bar, height), sizes);
        for line in lines {
            if let Some(row) = rows.next() {
                frame.render_widget(line, row);
            }
        }
    }
    if let Some(row) = rows.next() {
        let above = side.entries.len() - shown;
        let more = if above > 0 { format!("{above} more steps") } else { String::new() };
        let score = format!("score {:>2$} {:>3$}", plain(side.score), "", sizes.share, sizes.without);
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
    sizes: &Sizes,
) -> Vec<Line<'static>> {
    let (number, badge) = match entry.step {
        Some(step) => (format!("{:>2} ", step + 1), state.theme.badge(step)),
        None => ("   ".to_owned(), Style::new()),
    };
    let mark = if is_focus { "›" } else { " " };
    let style = if is_focus { bold() } else { Style::new() };
    let filled = (entry.share.abs() / sizes.largest * bar as f64).round() as usize;
    let colour = if entry.share < 0.0 { state.theme.bad() } else { state.theme.good() };
    let words = wrap(entry.text, text, height);
    let padded = |line: &str| format!("{line}{} ", " ".repeat(text.saturating_sub(width(line))));
    let first = Line::from(vec![
        Span::styled(number, badge),
        Span::styled(mark, bold()),
        Span::styled(padded(words.first().map_or("", String::as_str)), style),
        Span::styled("█".repeat(filled), colour),
        Span::raw(" ".repeat(bar.saturating_sub(filled))),
        Span::styled(format!(" {:>1$}", plain(entry.share), sizes.share), style),
        Span::raw(format!(" {:>1$}", entry.without(), sizes.without)),
    ]);
    let rest = (1..height).map(|line| {
        let words = words.get(line).map_or("", String::as_str);
        Line::from(vec![Span::styled("   ", badge), Span::styled(format!(" {words}"), style)])
    });
    [first].into_iter().chain(rest).collect()
}
