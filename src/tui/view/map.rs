//! The map of the steps (the paper's Fig. 3): t-SNE of their embeddings, without and with context.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

use crate::explore::{Candidate, StepMap, StepPoint};
use crate::tui::state::State;
use crate::tui::theme::{bold, dim};
use crate::tui::view::fit;

pub fn draw(state: &State, frame: &mut Frame, area: Rect) {
    let groups = Groups::of(state);
    let rows = groups.rows(area.width);
    let [plots, legend] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(area);
    let entries = groups.entries(state, area.width);
    let is_cut = entries.len() > usize::from(legend.height);
    for (row, line) in legend.rows().zip(entries) {
        frame.render_widget(line, row);
    }
    if is_cut {
        let end = Rect { x: legend.right() - 1, y: legend.bottom() - 1, width: 1, height: 1 };
        frame.render_widget(Line::raw("…"), end);
    }
    let Some(maps) = &state.clip().maps else {
        let text =
            if state.clip().maps_asked { "computing the map" } else { "waiting for the texts of the map" };
        return frame.render_widget(
            Line::styled(fit(text, area.width.into()), dim()),
            Rect { height: 1.min(plots.height), ..plots },
        );
    };
    let is_old = !maps.are_of(&state.clip().exploration);
    let [left, right] = Layout::horizontal([Constraint::Fill(1); 2]).areas(plots);
    let with = format!("with context ({})", maps.template.name());
    for (map, what, area) in [(&maps.plain, "without context", left), (&maps.context, with.as_str(), right)] {
        let kinship = map.kinship(|class| groups.of_class.get(class).copied());
        let kinship = kinship.map_or_else(String::new, |share| format!(" · {:.0} %", 100.0 * share));
        let old = if is_old { " · as it was" } else { "" };
        let title = fit(&format!(" {what}{kinship}{old} "), usize::from(area.width).saturating_sub(2));
        let block = Block::bordered().title(title);
        let inside = block.inner(area);
        frame.render_widget(block, area);
        draw_plot(state, &groups, map, frame.buffer_mut(), inside);
    }
}

/// The classes or domains by which points are coloured and lettered.
struct Groups {
    by_domain: bool,
    names: Vec<String>,
    /// The group of each class.
    of_class: Vec<usize>,
    /// The class of the map that is selected.
    selected: Option<usize>,
}

impl Groups {
    /// Groups of the classes on the map, which may have been edited since; of the present ones while there is no map.
    fn of(state: &State) -> Self {
        let clip = state.clip();
        let present = clip.exploration.candidates();
        let candidates = clip.maps.as_ref().map_or(present, |maps| &maps.candidates);
        let selected = present.get(clip.selected).and_then(|selected| {
            let is_it = |class: &Candidate| class.name == selected.name && class.domain == selected.domain;
            candidates.iter().position(is_it)
        });
        let mut names: Vec<String> = Vec::new();
        let by_domain = state.map_by_domain;
        let group = |candidate: &Candidate| {
            let own = if by_domain { &candidate.domain } else { &candidate.name };
            let known = names.iter().position(|name| by_domain && name == own);
            known.unwrap_or_else(|| {
                names.push(own.clone());
                names.len() - 1
            })
        };
        let of_class = candidates.iter().map(group).collect();
        Self { by_domain, names, of_class, selected }
    }

    /// The letter of a group: a to z, then A to Z, then a question mark.
    fn letter(group: usize) -> char {
        ('a'..='z').chain('A'..='Z').nth(group).unwrap_or('?')
    }

    fn entries(&self, state: &State, width: u16) -> Vec<Line<'static>> {
        let own = self.selected.and_then(|class| self.of_class.get(class));
        let kind = if self.by_domain { "domain" } else { "class" };
        let about = format!("%: steps whose nearest step is of their own {kind}  ");
        let mut lines: Vec<Line> = vec![Line::from(Span::styled(about, dim()))];
        for (group, name) in self.names.iter().enumerate() {
            let style = if own == Some(&group) { bold() } else { Style::new() };
            let entry = Line::from_iter([
                Span::styled(format!(" {} ", Self::letter(group)), state.theme.badge(group)),
                Span::styled(format!(" {}  ", fit(name, 30)), style),
            ]);
            let last = lines.last_mut().expect("there is a first line");
            if last.width() + entry.width() > usize::from(width) {
                lines.push(entry);
            } else {
                last.extend(entry);
            }
        }
        lines
    }

    /// Rows of the legend.
    fn rows(&self, width: u16) -> u16 {
        let letters: usize = self.names.iter().map(|name| Line::from(fit(name, 30)).width() + 6).sum();
        (letters + 55).div_ceil(usize::from(width).saturating_sub(20).max(1)).clamp(1, 3) as u16
    }
}

/// Points as group letter and step number. Where two overlap, the one of the selected class is on top.
fn draw_plot(state: &State, groups: &Groups, map: &StepMap, buffer: &mut Buffer, area: Rect) {
    if area.width < 4 || area.height < 2 {
        return;
    }
    let clip = state.clip();
    let at = |point: &StepPoint| {
        // One scale for both axes: a cell is about twice as high as it is wide.
        let (columns, rows) = (f32::from(area.width - 3), f32::from(area.height - 1));
        let half = (columns / 2.0).min(rows);
        let x = columns / 2.0 + point.x * half;
        let y = rows / 2.0 - point.y * half / 2.0;
        (area.x + x.round() as u16, area.y + y.clamp(0.0, rows).round() as u16)
    };
    let mut own: Vec<&StepPoint> =
        map.points.iter().filter(|point| Some(point.class) == groups.selected).collect();
    own.sort_by_key(|point| point.step);
    for pair in own.windows(2) {
        draw_line(buffer, at(pair[0]), at(pair[1]));
    }
    let others = map.points.iter().filter(|point| Some(point.class) != groups.selected);
    for point in others.rev().chain(own.into_iter().rev()) {
        let Some(&group) = groups.of_class.get(point.class) else { continue };
        let is_own = Some(point.class) == groups.selected;
        let is_focus = is_own && clip.focus_step() == Some(point.step);
        let mut style = state.theme.badge(group);
        if !is_own && state.theme.is_plain() {
            style = Style::new();
        }
        if is_own {
            style = style.add_modifier(Modifier::BOLD);
        }
        if is_focus {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let (x, y) = at(point);
        let label = format!("{}{}", Groups::letter(group), point.step + 1);
        let room = usize::from(area.right().saturating_sub(x));
        buffer.set_stringn(x, y, label, room, style);
    }
}

/// Dots from one point to another.
fn draw_line(buffer: &mut Buffer, from: (u16, u16), to: (u16, u16)) {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    for step in 1..steps {
        let between = |a: u16, b: u16| {
            let (a, b) = (f32::from(a), f32::from(b));
            (a + (b - a) * f32::from(step) / f32::from(steps)).round() as u16
        };
        if let Some(cell) = buffer.cell_mut((between(from.0, to.0), between(from.1, to.1))) {
            cell.set_char('·');
        }
    }
}
