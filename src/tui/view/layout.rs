//! The parts of the screen: script on the left, matrix beside it, frames below on the same time axis.

use std::ops::Range;

use ratatui::layout::{Constraint, Layout, Position, Rect};

use crate::tui::state::{State, View};
use crate::tui::tour;
use crate::tui::view::{header, overview};

/// Columns and rows of the smallest terminal that has room for every part.
pub const SMALLEST: (u16, u16) = (60, 18);

/// What the screen needs room for.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// Rows of the knobs.
    pub knobs: u16,
    /// Candidates in the list.
    pub candidates: usize,
    /// One or two matrices above the film strip: how many steps each has, and which step must be visible. None where the
    /// middle of the screen is a single part.
    pub panels: Vec<(usize, usize)>,
    /// Rows of the overview of the whole clip.
    pub overview: u16,
    /// Rows above the matrices for the sentence that explains the gap.
    pub sentence: u16,
    /// Rows between matrices and film for the difference of two classes.
    pub difference: u16,
    /// Width and height of a picture, whatever the unit.
    pub picture: (u32, u32),
    /// Rows of the guided tour.
    pub tour: u16,
}

/// The parts of the screen. Those that are not shown have no rows.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    /// Clip and progress.
    pub header: Rect,
    pub knobs: Rect,
    pub candidates: Rect,
    /// The whole clip, where the moments or a part of it are shown.
    pub overview: Rect,
    /// All between the candidates and the tour.
    pub middle: Rect,
    /// Which class leads, and the step that decides.
    pub sentence: Rect,
    pub panels: Vec<Panel>,
    /// Bars of the difference of two classes.
    pub difference: Rect,
    /// Facts about the frame under the cursor, left of the film strip.
    pub facts: Rect,
    /// A line in the colour of each frame's step.
    pub band: Rect,
    pub strip: Rect,
    /// The time axis.
    pub axis: Rect,
    /// Larger pictures of where steps begin, below a row for their labels.
    pub borders: Rect,
    pub tour: Rect,
    /// Message or hints.
    pub footer: Rect,
}

/// A script with its matrix.
#[derive(Clone, Debug)]
pub struct Panel {
    pub title: Rect,
    pub script: Rect,
    /// The matrix, level with the script.
    pub matrix: Rect,
    pub rows_per_step: u16,
    /// The visible steps.
    pub steps: Range<usize>,
}

impl Panel {
    /// First row of a step's rows, if the step is shown.
    pub fn top_of(&self, step: usize) -> Option<u16> {
        let place = step.checked_sub(self.steps.start).filter(|_| step < self.steps.end)?;
        Some(self.matrix.y + place as u16 * self.rows_per_step)
    }

    /// The step in a row of the screen.
    pub fn step_at(&self, row: u16) -> Option<usize> {
        let place = row.checked_sub(self.matrix.y)? / self.rows_per_step.max(1);
        let step = self.steps.start + usize::from(place);
        self.steps.contains(&step).then_some(step)
    }
}

impl Screen {
    /// Lays out the view; `None` if the terminal is too small.
    pub fn of(state: &State, area: Rect) -> Option<Self> {
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return None;
        }
        let clip = state.clip();
        let steps = |class: usize| clip.exploration.candidates().get(class).map_or(0, |c| c.steps.len());
        let focus = clip.focus_step().unwrap_or(0);
        let of_selected = (steps(clip.selected), focus);
        let panels = match state.view {
            View::Script => vec![of_selected],
            View::Smoothing => vec![of_selected; 2],
            View::Compare => {
                let other = clip.compared.unwrap_or(clip.selected);
                let of_other = (steps(other), clip.step_at_cursor(other).unwrap_or(0));
                vec![of_other, of_selected]
            }
            View::Ledger | View::Frame | View::Map => Vec::new(),
        };
        let contents = Contents {
            knobs: header::knob_rows(state, area.width),
            // One row for the note that none matches.
            candidates: clip.listed().len().max(1),
            panels,
            overview: overview::rows(state, area.height),
            sentence: match (area.width, area.height) {
                _ if state.pair().is_none() => 0,
                (150.., _) | (_, ..24) => 1,
                (_, ..30) if state.view != View::Script => 1,
                _ => 2,
            },
            difference: if state.view == View::Compare { 2 } else { 0 },
            picture: clip.picture_size(),
            tour: tour::rows(state, area.width),
        };
        Some(Self::new(area, &contents))
    }

    /// Lays out an area of at least [`SMALLEST`].
    pub fn new(area: Rect, contents: &Contents) -> Self {
        let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
        let tour = Rect { y: footer.y - contents.tour, height: contents.tour, ..area };
        let rows = |from: u16, height: u16| Rect { y: from, height, ..area };
        let header = rows(area.y, 1);
        let knobs = rows(header.bottom(), contents.knobs);
        let free = usize::from(tour.y - knobs.bottom());
        let Contents { panels, sentence, difference, .. } = contents;
        if panels.is_empty() {
            // The middle keeps the larger part.
            let listed = contents.candidates.min((free / 4).clamp(2, 10)) as u16;
            let candidates = rows(knobs.bottom(), listed + 1);
            let overview = rows(candidates.bottom(), contents.overview);
            let middle = rows(overview.bottom(), tour.y - overview.bottom());
            return Self { header, knobs, candidates, overview, middle, tour, footer, ..Self::default() };
        }

        let left = (area.width * 2 / 5).clamp(26, 64);
        let fewest = if panels.len() > 1 { 2 } else { 3 };
        // In the smallest terminals the sentence has no room.
        let least = 1 + fewest + 2 * panels.len() + usize::from(*difference) + 4;
        let overview = contents.overview.min(free.saturating_sub(least) as u16);
        let sentence = (*sentence).min(free.saturating_sub(least + usize::from(overview)) as u16);
        // Without heading of the candidates, overview, sentence, titles, difference, band and axis.
        let taken =
            1 + usize::from(overview) + usize::from(sentence) + panels.len() + usize::from(*difference) + 2;
        let free = free.saturating_sub(taken);
        let film = Film {
            columns: usize::from(area.width - left - 1),
            picture: contents.picture,
            borders: panels.last().map_or(0, |&(steps, _)| steps),
        };
        let share = if panels.len() == 1 { free * 3 / 10 } else { free / 5 };
        let strip = share.min(film.most_rows()).max(2);
        let (strip, difference) = match free.checked_sub(strip + 2 * panels.len()) {
            Some(_) => (strip, *difference),
            // In the smallest terminals.
            None => (1, 0),
        };
        let steps: usize = panels.iter().map(|&(steps, _)| steps).sum();
        let list = |rows_per_step: usize| {
            contents.candidates.min(free.saturating_sub(strip + steps * rows_per_step).clamp(fewest, 10))
        };
        // Two rows for each step, whose texts are long, come before more candidates.
        let listed = if strip + list(2) + 2 * steps <= free { list(2) } else { list(1) };
        let room = free.saturating_sub(strip + listed).max(panels.len()) / panels.len();
        // The steps of both matrices have the same height.
        let longest = panels.iter().map(|&(steps, _)| steps).max().unwrap_or(0).max(1);
        let rows_per_step = (room / longest).clamp(1, 5);

        // Rows that no step can use make the pictures larger.
        let used: usize =
            panels.iter().map(|&(steps, _)| steps.min(room / rows_per_step) * rows_per_step).sum();
        let (strip, borders) = film.split(strip + free.saturating_sub(strip + listed + used));

        let candidates = rows(knobs.bottom(), listed as u16 + 1);
        let overview = rows(candidates.bottom(), overview);
        let sentence = rows(overview.bottom(), sentence);
        let mut y = sentence.bottom();
        let split = |row: Rect| {
            let [left, _, right] =
                Layout::horizontal([Constraint::Length(left), Constraint::Length(1), Constraint::Fill(1)])
                    .areas(row);
            (left, right)
        };
        let panels = panels
            .iter()
            .map(|&(steps, focus)| {
                let shown = steps.min(room / rows_per_step);
                let first = focus.min(steps.saturating_sub(1)).saturating_sub(shown / 2).min(steps - shown);
                let title = rows(y, 1);
                let (script, matrix) = split(rows(y + 1, (shown * rows_per_step) as u16));
                y = matrix.bottom();
                let steps = first..first + shown;
                Panel { title, script, matrix, rows_per_step: rows_per_step as u16, steps }
            })
            .collect();
        let (_, difference) = split(rows(y, difference));
        let (facts, band) = split(rows(difference.bottom(), 1));
        let (_, strip) = split(rows(band.bottom(), strip as u16));
        let (_, axis) = split(rows(strip.bottom(), 1));
        let (_, borders) = split(rows(axis.bottom(), borders as u16));
        let facts = Rect { y: difference.y, height: borders.bottom() - difference.y, ..facts };
        let middle = rows(overview.bottom(), tour.y - overview.bottom());
        Self {
            header,
            knobs,
            candidates,
            overview,
            middle,
            sentence,
            panels,
            difference,
            facts,
            band,
            strip,
            axis,
            borders,
            tour,
            footer,
        }
    }

    /// Whether a column of this place is a time: on matrices, difference, film and axis.
    pub fn is_on_time(&self, at: Position) -> bool {
        let on_film =
            [self.difference, self.band, self.strip, self.axis].iter().any(|part| part.contains(at));
        on_film || self.panels.iter().any(|panel| panel.matrix.contains(at))
    }
}

/// Columns that a picture of a step's beginning has at least.
pub const BORDER_COLUMNS: u16 = 16;
/// Rows of film and larger pictures, from which on there are both.
const BOTH: usize = 10;

/// What the film's rows depend on.
struct Film {
    columns: usize,
    /// Width and height of a picture.
    picture: (u32, u32),
    /// Steps whose beginnings can be shown.
    borders: usize,
}

impl Film {
    /// Rows of a picture that is so many columns wide; half a cell is about square.
    fn rows(&self, columns: usize) -> usize {
        let (width, height) = (self.picture.0.max(1) as usize, self.picture.1.max(1) as usize);
        ((columns * height + width) / (2 * width)).max(1)
    }

    /// Rows with which four pictures fill the columns.
    fn most_rows(&self) -> usize {
        self.rows(self.columns / 4)
    }

    /// Splits rows between the strip and the larger pictures of where steps begin, with their labels.
    fn split(&self, rows: usize) -> (usize, usize) {
        let beside = self.borders.min(self.columns / usize::from(BORDER_COLUMNS));
        if rows < BOTH || beside == 0 {
            // Fewer pictures are larger.
            return (rows.min(self.rows(self.columns / 2)), 0);
        }
        let borders = (rows * 3 / 5).min(1 + self.rows(self.columns / beside));
        ((rows - borders).min(borders - 1).min(self.most_rows()), borders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_the_focus_is_shown_at_any_size() {
        for (width, height, tour, knobs, overview, sentence) in [
            (60, 18, 0, 3, 0, 1),
            (60, 18, 2, 2, 2, 1),
            (80, 24, 2, 2, 2, 2),
            (120, 40, 0, 2, 3, 2),
            (200, 60, 2, 1, 3, 1),
            (400, 120, 2, 1, 1, 0),
        ] {
            for (candidates, steps) in [(1, 1_usize), (5, 8), (20, 12), (3, 40), (1, 0)] {
                for focus in [0, steps / 2, steps.saturating_sub(1), 99] {
                    for (panels, difference) in
                        [(vec![(steps, focus)], 0), (vec![(steps, focus), (3, 1)], 2), (Vec::new(), 0)]
                    {
                        for picture in [(16, 9), (4, 3), (9, 16), (0, 0)] {
                            let panels = panels.clone();
                            let contents = Contents {
                                knobs,
                                candidates,
                                panels,
                                overview,
                                sentence,
                                difference,
                                picture,
                                tour,
                            };
                            let screen = Screen::new(Rect::new(0, 0, width, height), &contents);
                            check(&screen, width, height, &contents);
                        }
                    }
                }
            }
        }
    }

    fn check(screen: &Screen, width: u16, height: u16, contents: &Contents) {
        let mut rows = vec![screen.header, screen.knobs, screen.candidates, screen.overview];
        if !contents.panels.is_empty() {
            rows.push(screen.sentence);
        }
        assert_eq!(screen.panels.len(), contents.panels.len());
        for (panel, &(steps, focus)) in screen.panels.iter().zip(&contents.panels) {
            if focus < steps {
                let row = panel.top_of(focus).unwrap();
                assert_eq!(panel.step_at(row), Some(focus), "{width}×{height} {contents:?}");
            }
            rows.extend([panel.title, panel.matrix]);
        }
        if contents.panels.is_empty() {
            rows.push(screen.middle);
        } else {
            rows.extend([screen.difference, screen.band, screen.strip, screen.axis, screen.borders]);
            assert!(screen.axis.height == 1 && screen.strip.height > 0);
        }
        rows.extend([screen.tour, screen.footer]);
        for pair in rows.windows(2) {
            assert!(pair[0].bottom() <= pair[1].y, "{width}×{height}: {contents:?}: {pair:?}");
        }
        assert_eq!((screen.footer.height, screen.footer.bottom()), (1, height));
    }
}
