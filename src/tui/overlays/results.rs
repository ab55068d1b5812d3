//! The list of an evaluation's results.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::eval::CLUSTERS;
use crate::plot::text::{fit, wrap};
use crate::tui::overlays::list::SearchList;
use crate::tui::overlays::{below, row_of, window};
use crate::tui::results::{Results, Shown};
use crate::tui::state::{After, Overlay, State};
use crate::tui::theme::{bold, dim};
use crate::tui::update::results::{no_results, show_clip};

#[derive(Default)]
struct ResultList {
    list: SearchList,
    shown: Shown,
}

/// Lists the results, the clip on the screen selected.
pub fn open(state: &mut State) {
    let mut overlay = ResultList::default();
    let listed = overlay.listed(state);
    overlay.list.at = listed.iter().position(|&clip| clip == state.shown).unwrap_or(0);
    match state.results {
        Some(_) => state.open(overlay),
        None => no_results(state),
    }
}

impl ResultList {
    fn listed(&self, state: &State) -> Vec<usize> {
        let results = state.results.as_ref();
        results.map_or_else(Vec::new, |results| {
            results.listed(self.list.input.value(), self.shown, &state.clips)
        })
    }

    /// The failures of the next cluster; after the last one, all failures.
    fn turn_cluster(&mut self) {
        let next = self.shown.cluster.map_or(0, |cluster| cluster + 1);
        self.shown = Shown { wrong_only: true, cluster: (next < CLUSTERS.len()).then_some(next) };
        self.list.at = 0;
    }

    fn turn_row(&mut self, state: &mut State, places: isize) {
        self.list.at = 0;
        if let Some(results) = &mut state.results {
            let rows = results.rows.len() as isize;
            results.row = (results.row as isize + places).rem_euclid(rows) as usize;
        }
    }
}

/// What the row's failures have in common, and how common that is among the other clips.
fn cluster_head(results: &Results, cluster: usize, state: &State) -> String {
    let counts = &results.clusters(&state.clips)[cluster];
    let about = &CLUSTERS[cluster];
    match counts.wrong_known + counts.right_known {
        0 => format!("{}: not known · {}", about.name, about.help),
        _ => format!("{} · {}", counts.in_words(), about.help),
    }
}

impl Overlay for ResultList {
    fn key(&mut self, state: &mut State, key: KeyEvent) -> After {
        let listed = self.listed(state);
        match key.code {
            KeyCode::Right => self.turn_row(state, 1),
            KeyCode::Left => self.turn_row(state, -1),
            KeyCode::Tab => {
                self.shown.wrong_only = !self.shown.wrong_only;
                self.list.at = 0;
            }
            KeyCode::BackTab => self.turn_cluster(),
            KeyCode::Enter => {
                if let Some(&clip) = listed.get(self.list.at) {
                    show_clip(state, clip);
                    return After::Closes;
                }
            }
            _ => self.list.key(state, key, listed.len()),
        }
        After::Stays
    }

    fn paste(&mut self, state: &mut State, text: &str) {
        self.list.paste(state, text);
    }

    fn wheel(&mut self, state: &State, clicks: isize) {
        let lines = self.listed(state).len();
        self.list.move_by(clicks, lines);
    }

    fn draw(&self, state: &State, frame: &mut Frame, area: Rect) {
        let Some(results) = &state.results else { return };
        let title = "Results · Enter opens · ← → row · Tab wrong ones · ⇧Tab cluster · Esc closes";
        let inside = window(title, (110, 40), frame, area);
        let width = usize::from(inside.width);
        let listed = self.listed(state);
        let (accuracy, read) = results.accuracy(&state.clips);
        let all = results.clips.len();
        let head = format!(
            "{} · {} · {accuracy:.2} % of {read} · {}{}{all} clips",
            results.name,
            results.rows[results.row].name,
            if listed.len() == all { String::new() } else { format!("{} · ", listed.len()) },
            if self.shown.wrong_only { "wrong ones of " } else { "" },
        );
        let mut head = wrap(&head, width, 3);
        if let Some(cluster) = self.shown.cluster {
            head.extend(wrap(&cluster_head(results, cluster, state), width, 4));
        }
        let head_rows = head.len() as u16;
        for (row, line) in (0..).zip(head) {
            frame.render_widget(Line::styled(line, state.theme.accent()), row_of(inside, row));
        }
        self.list.input.draw(frame, row_of(inside, head_rows));
        if listed.is_empty() {
            frame.render_widget(Line::styled("no clip matches", dim()), row_of(inside, 1 + head_rows));
        }
        let lines = listed.iter().map(|&clip| line(state, results, clip, width)).collect();
        let in_full = listed.get(self.list.at).map(|&index| {
            let [id, domain, answer, prediction] = results.line(index, &state.clips[index]);
            format!("{id} · {domain} · {answer} · predicted: {prediction}")
        });
        self.list.draw(lines, in_full, state, frame, below(inside, 1 + head_rows));
    }
}

/// A clip: a mark, its id, its domain, its class, and the prediction of the row.
fn line(state: &State, results: &Results, index: usize, width: usize) -> Line<'static> {
    let clip = &state.clips[index];
    let is_wrong = results.is_wrong(index, clip);
    let [id, domain, answer, prediction] = results.line(index, clip);
    // The mark and three gaps; the id and the domain give way to the classes.
    let room = width.saturating_sub(2 + 6);
    let (id_width, domain_width) = (room * 3 / 10, room / 6);
    let class_width = (room - id_width - domain_width) / 2;
    let cell = |text: &str, width: usize| format!("{:<width$}  ", fit(text, width));
    let weight = if is_wrong == Some(true) { bold() } else { dim() };
    let mark = match is_wrong {
        Some(true) => "✗ ",
        Some(false) => "✓ ",
        None => "  ",
    };
    Line::from(vec![
        Span::styled(mark, weight),
        Span::raw(cell(&id, id_width)),
        Span::styled(cell(&domain, domain_width), dim()),
        Span::raw(cell(&answer, class_width)),
        Span::styled(fit(&prediction, class_width), weight),
    ])
}
