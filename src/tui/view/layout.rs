//! Where everything goes: script on the left, matrix beside it, frames below on the same time axis.

use std::ops::Range;

use ratatui::layout::{Constraint, Layout, Rect};

/// The parts of the screen.
pub struct Screen {
    /// Clip and progress.
    pub header: Rect,
    /// The knobs and their values.
    pub knobs: Rect,
    /// The ranking.
    pub candidates: Rect,
    /// Heading of script and matrix.
    pub title: Rect,
    /// Steps of the selected class, a row (or more) each.
    pub script: Rect,
    /// Affinity matrix, level with the script.
    pub matrix: Rect,
    /// Facts about the frame under the cursor, left of the film strip.
    pub facts: Rect,
    /// A line that tells each frame's step.
    pub band: Rect,
    /// Film strip.
    pub strip: Rect,
    /// Time axis.
    pub axis: Rect,
    /// The guided tour, while it is under way.
    pub tour: Rect,
    /// Message or hints.
    pub footer: Rect,
    /// Rows that a step takes.
    pub rows_per_step: u16,
    /// Steps that have a place; not all of them where the terminal is low.
    pub steps: Range<usize>,
}

impl Screen {
    /// Lays out `candidates` classes, a script of `steps` steps, of which `focus` is to be seen, and `tour` rows for
    /// the guided tour.
    pub fn new(area: Rect, candidates: usize, steps: usize, focus: usize, tour: u16) -> Self {
        let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
        let tour = Rect { y: footer.y - tour, height: tour, ..area };
        let area = Rect { height: area.height - tour.height, ..area };
        // Header, knobs, candidates' heading, title, band, axis, footer.
        let free = usize::from(area.height.saturating_sub(7));
        let left = (area.width * 2 / 5).clamp(26, 64);
        // No higher than leaves room for four pictures of 16:9 beside each other; a row is two pixels.
        let four = usize::from(area.width - left) * 9 / (4 * 32);
        let strip = (free / 5).min(four).max(2);
        let listed = candidates.min(free.saturating_sub(strip + steps).clamp(3, 10));
        let room = free.saturating_sub(strip + listed).max(1);
        let rows_per_step = (room / steps.max(1)).clamp(1, 5);
        let shown = steps.min(room / rows_per_step);
        let first = focus.saturating_sub(shown / 2).min(steps - shown);

        let rows = Layout::vertical(
            [1, 1, listed + 1, 1, shown * rows_per_step, 1, strip, 1]
                .map(|rows| Constraint::Length(rows as u16)),
        )
        .split(area);
        let split = |row: Rect| {
            let [left, _, right] =
                Layout::horizontal([Constraint::Length(left), Constraint::Length(1), Constraint::Fill(1)])
                    .areas(row);
            (left, right)
        };
        let (script, matrix) = split(rows[4]);
        let (_, band) = split(rows[5]);
        let (_, strip) = split(rows[6]);
        let (_, axis) = split(rows[7]);
        let facts = Rect {
            x: script.x,
            y: rows[5].y,
            width: script.width,
            height: rows[5].height + rows[6].height + rows[7].height,
        };
        Self {
            header: rows[0],
            knobs: rows[1],
            candidates: rows[2],
            title: rows[3],
            script,
            matrix,
            facts,
            band,
            strip,
            axis,
            tour,
            footer,
            rows_per_step: rows_per_step as u16,
            steps: first..first + shown,
        }
    }

    /// Row in the middle of a step's rows, if the step is shown.
    pub fn row_of(&self, step: usize) -> Option<u16> {
        let place = step.checked_sub(self.steps.start).filter(|_| step < self.steps.end)?;
        Some(self.matrix.y + place as u16 * self.rows_per_step + (self.rows_per_step - 1) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_the_focus_is_shown_at_any_size() {
        for (width, height, tour) in [(60, 18, 0), (60, 18, 3), (80, 24, 2), (120, 40, 0), (200, 60, 2)] {
            for (candidates, steps) in [(1, 1), (5, 8), (20, 12), (3, 40)] {
                for focus in [0, steps / 2, steps - 1] {
                    let screen = Screen::new(Rect::new(0, 0, width, height), candidates, steps, focus, tour);
                    assert!(screen.steps.contains(&focus));
                    assert!(screen.row_of(focus).is_some());
                    let rows = [
                        screen.header,
                        screen.knobs,
                        screen.candidates,
                        screen.title,
                        screen.matrix,
                        screen.band,
                        screen.strip,
                        screen.axis,
                        screen.footer,
                    ];
                    for pair in rows.windows(2) {
                        assert!(pair[0].bottom() <= pair[1].y, "{width}×{height}: {pair:?}");
                        assert!(pair[0].height > 0, "{width}×{height}: {pair:?}");
                    }
                    assert!(screen.axis.bottom() <= screen.tour.y);
                    assert_eq!(screen.tour.bottom(), screen.footer.y);
                    assert!(screen.footer.bottom() == height && screen.axis.bottom() < height);
                }
            }
        }
    }
}
