//! The ranking: every candidate class with its score and what to hold against it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::tui::state::State;
use crate::tui::theme::{ColourDepth, bold, dim, heat};
use crate::tui::view::{fit, number};

/// Columns of score, margin, order-free score and mean-pool rank, with the spaces between.
const FIGURES: usize = 38;

pub fn draw(state: &State, depth: ColourDepth, frame: &mut Frame, area: Rect) {
    let width = usize::from(area.width);
    let free = width.saturating_sub(5 + 1 + FIGURES);
    let longest =
        state.clip().exploration.candidates().iter().map(|c| Line::from(c.name.as_str()).width()).max();
    let name_width = longest.unwrap_or(0).max("candidate".len()).min(free.saturating_sub(8));
    let bar = free.saturating_sub(name_width).min(60);
    let heading = format!(
        "     {:name_width$} {:bar$}{:>9} {:>9} {:>10} {:>5}",
        "candidate", "", "score", "margin", "unordered", "pool"
    );
    frame.render_widget(Line::styled(fit(&heading, width), dim()), Rect { height: 1, ..area });

    let listed = state.clip().listed();
    let rows = usize::from(area.height.saturating_sub(1));
    let place = listed.iter().position(|&class| class == state.clip().selected).unwrap_or(0);
    let first = place.saturating_sub(rows.saturating_sub(1));
    let best = state
        .clip()
        .exploration
        .outcome()
        .ranking
        .first()
        .and_then(|&c| state.clip().exploration.outcome().score(c));
    for (row, &class) in listed.iter().skip(first).take(rows).enumerate() {
        let line = line(state, depth, class, best, name_width, bar);
        let area = Rect { y: area.y + 1 + row as u16, height: 1, ..area };
        frame.render_widget(line, area);
        if class == state.clip().selected {
            let style = match depth {
                ColourDepth::None => Style::new().add_modifier(Modifier::REVERSED),
                _ => Style::new().bg(depth.colour([58, 58, 58])).add_modifier(Modifier::BOLD),
            };
            frame.buffer_mut().set_style(area, style);
        }
    }
}

fn line(
    state: &State,
    depth: ColourDepth,
    class: usize,
    best: Option<f64>,
    name_width: usize,
    bar: usize,
) -> Line<'static> {
    let outcome = state.clip().exploration.outcome();
    let candidate = &state.clip().exploration.candidates()[class];
    let marker = if class == state.clip().selected { "▶" } else { " " };
    let rank = outcome.rank(class).map_or("–".to_owned(), |rank| rank.to_string());
    let answer = if state.clip().answer == Some(class) { "✓" } else { " " };
    let name = fit(&candidate.name, name_width);
    let padding = " ".repeat(name_width - Line::from(name.as_str()).width());
    let mut spans = vec![
        Span::raw(format!("{marker}{rank:>2}{answer} ")),
        Span::styled(name, bold()),
        Span::raw(padding + " "),
    ];

    let Some(result) = &outcome.classes[class] else {
        spans.push(Span::styled("waiting for its steps", dim()));
        return Line::from(spans);
    };
    let score = result.alignment.score;
    // Relative to the leader: absolute scores are tiny. A bar has no length where scores may be negative.
    let share = best.filter(|&best| best > 0.0).map_or(0.0, |best| (score / best).clamp(0.0, 1.0));
    let filled = (share * bar as f64).round() as usize;
    spans.push(Span::styled(
        "█".repeat(filled),
        Style::new().fg(depth.colour(heat(0.35 + 0.5 * share as f32))),
    ));
    spans.push(Span::raw(" ".repeat(bar - filled)));
    let margin = outcome
        .margin(class)
        .map_or(String::new(), |m| format!("{}{}", if m >= 0.0 { "+" } else { "" }, number(m)));
    let pool = outcome.mean_pool_rank(class).map_or("…".to_owned(), |rank| rank.to_string());
    let collapsed = if result.alignment.collapsed { " ⚠" } else { "" };
    spans.push(Span::raw(format!(
        "{:>9} {margin:>9} {:>10} {pool:>5}{collapsed}",
        number(score),
        number(result.order_free)
    )));
    Line::from(spans)
}
