//! The ranking: every candidate class with its score and what to hold against it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::number::{plain, signed};
use crate::tui::clip::{Clip, Vision};
use crate::tui::state::{State, View};
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;
use crate::visible::visible_line;

/// Columns of score and margin, with the spaces between.
const SCORES: usize = 20;
/// Columns of the order-free score.
const ORDER_FREE: usize = 11;
/// Columns of where the pinned settings had the class.
const BEFORE: usize = 17;
/// Columns of what the vision-language model says, where there is one.
const VISION: usize = 5;
/// Columns of order evidence, mean-pool rank and collapse mark.
const REST: usize = 15;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let width = usize::from(area.width);
    let middle = if clip.pinned.is_some() { BEFORE } else { ORDER_FREE };
    let vision = if state.sight.is_some() { format!("{:>VISION$}", "vlm") } else { String::new() };
    let free = width.saturating_sub(5 + 1 + SCORES + middle + REST + vision.len());
    let longest =
        clip.exploration.candidates().iter().map(|c| Line::from(visible_line(&c.name)).width()).max();
    let name_width = longest.unwrap_or(0).max("candidate".len()).min(free.saturating_sub(4));
    let bar = free.saturating_sub(name_width).min(60);
    let middle = if clip.pinned.is_some() {
        format!("{:>BEFORE$}", "pinned: rank, Δ")
    } else {
        format!("{:>ORDER_FREE$}", "unordered")
    };
    let candidate = if clip.filter.is_empty() { "candidate".to_owned() } else { format!("/{}", clip.filter) };
    let candidate = fit(&candidate, name_width);
    let heading = format!(
        "     {candidate:name_width$} {:bar$}{:>9} {:>9} {middle} {:>6} {:>5}{vision}",
        "", "score", "margin", "order", "pool"
    );
    frame.render_widget(Line::styled(fit(&heading, width), dim()), Rect { height: 1, ..area });

    let listed = clip.listed();
    let rows = usize::from(area.height.saturating_sub(1));
    if listed.is_empty() && rows > 0 {
        let text = format!("no candidate matches “{}”", clip.filter);
        frame
            .render_widget(Line::styled(fit(&text, width), dim()), Rect { y: area.y + 1, height: 1, ..area });
    }
    let best = clip.exploration.outcome().ranking.first();
    let best = best.and_then(|&class| clip.exploration.outcome().score(class));
    for (row, &class) in listed.iter().skip(first(clip, &listed, rows)).take(rows).enumerate() {
        let line = line(state, class, best, name_width, bar);
        let area = Rect { y: area.y + 1 + row as u16, height: 1, ..area };
        let style = if class == clip.selected { state.theme.selected() } else { Style::new() };
        frame.render_widget(Paragraph::new(line).style(style), area);
    }
}

/// Index among the listed classes of the first that has a row.
fn first(clip: &Clip, listed: &[usize], rows: usize) -> usize {
    let place = listed.iter().position(|&class| class == clip.selected).unwrap_or(0);
    place.saturating_sub(rows.saturating_sub(1))
}

/// The class in a row of the list, the heading being row 0.
pub fn class_at(state: &State, area: Rect, row: u16) -> Option<usize> {
    let listed = state.clip().listed();
    let rows = usize::from(area.height.saturating_sub(1));
    let row = usize::from(row.checked_sub(area.y + 1)?);
    (row < rows).then(|| listed.get(first(state.clip(), &listed, rows) + row).copied()).flatten()
}

fn line(state: &State, class: usize, best: Option<f64>, name_width: usize, bar: usize) -> Line<'static> {
    let clip = state.clip();
    let outcome = clip.exploration.outcome();
    let candidate = &clip.exploration.candidates()[class];
    let marker = if class == clip.selected {
        "▶"
    } else if state.view == View::Compare && clip.compared == Some(class) {
        "◆"
    } else {
        " "
    };
    let rank = outcome.rank(class).map_or("–".to_owned(), |rank| rank.to_string());
    let answer = if clip.answer == Some(class) { "✓" } else { " " };
    let name = fit(&candidate.name, name_width);
    let padding = " ".repeat(name_width - Line::from(name.as_str()).width());
    let mut spans = vec![
        Span::raw(format!("{marker}{rank:>2}{answer} ")),
        Span::styled(name, bold()),
        Span::raw(padding + " "),
    ];

    let Some(result) = clip.outcome_of(class) else {
        let why = if candidate.steps.is_empty() { "has no steps" } else { "waiting for its steps" };
        spans.push(Span::styled(why, dim()));
        return Line::from(spans);
    };
    let score = result.alignment.score;
    // Relative to the leader: absolute scores are tiny. A bar has no length where scores may be negative.
    let share = best.filter(|&best| best > 0.0).map_or(0.0, |best| (score / best).clamp(0.0, 1.0));
    let filled = (share * bar as f64).round() as usize;
    let colour = state.theme.heat(0.35 + 0.5 * share as f32);
    spans.push(Span::styled("█".repeat(filled), state.theme.in_colour(colour)));
    spans.push(Span::raw(" ".repeat(bar - filled)));
    let margin = outcome.margin(class).map_or(String::new(), signed);
    spans.push(Span::raw(format!("{:>9} {margin:>9}", plain(score))));
    match &clip.pinned {
        Some(pinned) => spans.push(before(state, class, pinned.places.get(class).copied().flatten(), score)),
        None => spans.push(Span::raw(format!(" {:>ORDER_FREE$}", plain(result.order_free)))),
    }
    let vision = match (state.sight, clip.vision) {
        (None, _) => String::new(),
        (_, None) => format!("{:>VISION$}", "·"),
        (_, Some(Vision::Asked)) => format!("{:>VISION$}", "…"),
        (_, Some(Vision::Says(id))) if clip.ids.get(class) == Some(&id) => format!("{:>VISION$}", "●"),
        (_, Some(Vision::Says(_))) => " ".repeat(VISION),
    };
    let pool = outcome.mean_pool_rank(class).map_or("…".to_owned(), |rank| rank.to_string());
    spans.push(Span::raw(format!(" {:>6}", order(clip, class))));
    let collapsed = if result.alignment.collapsed { " ⚠" } else { "" };
    spans.push(Span::raw(format!(" {pool:>5}{vision}{collapsed}")));
    Line::from(spans)
}

/// How far the score lies above those of the same steps in other orders, in standard deviations, marked where few of those
/// score as high.
fn order(clip: &Clip, class: usize) -> String {
    match clip.exploration.evidence(class) {
        None => "…".to_owned(),
        Some(None) => "–".to_owned(),
        Some(Some(order)) => format!("{:+.1}{}", order.z, if order.p < 0.05 { "*" } else { " " }),
    }
}

/// The rank that the class has under the pinned settings, how it moved, and by how much its score did.
fn before(state: &State, class: usize, place: Option<(usize, f64)>, score: f64) -> Span<'static> {
    let now = state.clip().exploration.outcome().rank(class);
    let (Some((then, score_then)), Some(now)) = (place, now) else {
        return Span::styled(format!(" {:>BEFORE$}", "new"), dim());
    };
    let (moved, style) = match then.cmp(&now) {
        std::cmp::Ordering::Greater => (format!("▲{}", then - now), state.theme.good()),
        std::cmp::Ordering::Less => (format!("▼{}", now - then), state.theme.bad()),
        std::cmp::Ordering::Equal => ("=".to_owned(), dim()),
    };
    Span::styled(format!(" {:>BEFORE$}", format!("{then} {moved} {}", signed(score - score_then))), style)
}
