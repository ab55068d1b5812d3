//! The ranking: every candidate with its columns, see [`candidates`](crate::plot::candidates).

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::plot::candidates::{self, Form, Listed, Ranked, Tone};
use crate::plot::confidence;
use crate::plot::text::{fit, fit_line, width};
use crate::tui::clip::{Clip, Vision};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::visible::visible_line;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let clip = state.clip();
    let form = Form::List(Listed {
        pinned: clip.pinned.is_some(),
        models: !clip.twins.is_empty(),
        vlm: state.sight.is_some(),
    });
    let room = usize::from(area.width);
    // Marks and rank, and a space behind the name.
    let free = room.saturating_sub(5 + 1 + candidates::width(form));
    let names = clip.exploration.candidates().iter().map(|class| width(&visible_line(&class.name)));
    let longest = names.max().unwrap_or(0).max("candidate".len());
    let name_width = longest.min(free.saturating_sub(4));
    let bar = free.saturating_sub(name_width).min(60);
    let candidate = if clip.filter.is_empty() { "candidate".to_owned() } else { format!("/{}", clip.filter) };
    let candidate = fit(&candidate, name_width);
    let columns = candidates::heading(form);
    let listed = clip.listed();
    let shown = usize::from(area.height.saturating_sub(1));
    let first = first(clip, &listed, shown);
    // Which of them are listed, where there is no room for all.
    let candidate = if listed.len() > shown {
        format!("{candidate} {}–{} of {}", first + 1, (first + shown).min(listed.len()), listed.len())
    } else {
        candidate
    };
    let room_for_words = name_width + bar;
    let candidate = fit(&candidate, room_for_words);
    let verdict = verdict(state, room_for_words.saturating_sub(width(&candidate)));
    let gap = " ".repeat(room_for_words.saturating_sub(width(&candidate) + verdict.width()));
    let heading = Line::from(vec![
        Span::styled(format!("     {candidate} "), dim()),
        verdict,
        Span::styled(format!("{gap}{columns}"), dim()),
    ]);
    frame.render_widget(fit_line(heading, room), Rect { height: 1, ..area });

    let mut rows = area.rows().skip(1);
    if listed.is_empty()
        && let Some(row) = rows.next()
    {
        let text = format!("no candidate matches “{}”", clip.filter);
        frame.render_widget(Line::styled(fit(&text, room), dim()), row);
    }
    for (row, &class) in rows.zip(listed.iter().skip(first)) {
        let line = fit_line(line(state, class, form, (name_width, bar)), room);
        let style = if class == clip.selected { state.theme.selected() } else { Style::new() };
        frame.render_widget(Paragraph::new(line).style(style), row);
    }
}

/// How sure the leader is, where that is known and has room.
fn verdict(state: &State, room: usize) -> Span<'static> {
    let confidence = state.clip().exploration.outcome().confidence;
    let text = confidence.map_or_else(String::new, |confidence| confidence::heading(&confidence, room));
    let is_close = confidence.is_some_and(|confidence| confidence.too_close);
    Span::styled(text, if is_close { state.theme.bad() } else { dim() })
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

fn line(state: &State, class: usize, form: Form, (name_width, bar): (usize, usize)) -> Line<'static> {
    let clip = state.clip();
    let theme = &state.theme;
    let outcome = clip.exploration.outcome();
    let candidate = &clip.exploration.candidates()[class];
    let marker = if class == clip.selected {
        "▶"
    } else if state.view.compares() && clip.compared == Some(class) {
        "◆"
    } else {
        " "
    };
    let rank = outcome.rank(class).map_or("–".to_owned(), |rank| rank.to_string());
    let answer = if clip.answer == Some(class) { "✓" } else { " " };
    let name = fit(&candidate.name, name_width);
    let padding = " ".repeat(name_width - width(&name));
    // The colour of the class in the overview of the moments.
    let has_overview = clip.moments.as_ref().is_some_and(|moments| moments.found.is_some());
    let rank_style = if has_overview && !theme.is_plain() { theme.badge(class) } else { Style::new() };
    let mut spans = vec![
        Span::raw(marker),
        Span::styled(format!("{rank:>2}"), rank_style),
        Span::raw(format!("{answer} ")),
        Span::styled(name, bold()),
        Span::raw(padding + " "),
    ];
    let Some(mut ranked) = Ranked::of_outcome(outcome, candidate, class) else {
        let why = if candidate.steps.is_empty() { "has no steps" } else { "waiting for its steps" };
        spans.push(Span::styled(why, dim()));
        return Line::from(spans);
    };
    ranked.pinned = clip.pinned.as_ref().and_then(|pinned| pinned.places.get(class).copied().flatten());
    ranked.other_rank = state.next_twin().and_then(|twin| {
        let id = clip.ids.get(class)?;
        let twin = &state.clips[twin];
        twin.exploration.outcome().rank(twin.ids.iter().position(|other| other == id)?)
    });
    ranked.vlm = match clip.vision {
        None => "·",
        Some(Vision::Asked) => "…",
        Some(Vision::Says(id)) if clip.ids.get(class) == Some(&id) => "●",
        Some(Vision::Says(_)) => "",
    };
    // Relative to the leader: absolute scores are tiny. A bar has no length where scores may be negative.
    let best = outcome.ranking.first().and_then(|&best| outcome.score(best)).filter(|&best| best > 0.0);
    let share = best.map_or(0.0, |best| (ranked.class.score / best).clamp(0.0, 1.0));
    let filled = (share * bar as f64).round() as usize;
    let colour = theme.heat(0.35 + 0.5 * share as f32);
    spans.push(Span::styled("█".repeat(filled), theme.in_colour(colour)));
    spans.push(Span::raw(" ".repeat(bar - filled)));
    for (place, (cell, tone)) in candidates::cells(&ranked, form).into_iter().enumerate() {
        let style = match tone {
            Tone::Normal => Style::new(),
            Tone::Dim => dim(),
            Tone::Good => theme.good(),
            Tone::Bad => theme.bad(),
        };
        spans.push(Span::styled(if place == 0 { cell } else { format!(" {cell}") }, style));
    }
    spans.push(Span::raw(candidates::mark(&ranked, form)));
    Line::from(spans)
}
