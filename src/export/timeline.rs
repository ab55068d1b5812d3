//! The time axis that heatmap, step band and film strip share.

use std::ops::Range;

use crate::export::ticks::ticks;

/// Where in time and space the frames of a clip are. A frame is held until the next one; the last one as long as the
/// others are on average.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    times: &'a [f64],
    end: f64,
    /// Where the first frame begins on the page.
    pub left: f64,
    /// Length on the page.
    pub width: f64,
}

impl<'a> Timeline<'a> {
    /// An axis for frames shown at `times` (seconds, ascending, at least one).
    pub fn new(times: &'a [f64], left: f64, width: f64) -> Self {
        let (first, last) = (times[0], times[times.len() - 1]);
        let step = if last > first { (last - first) / (times.len() - 1) as f64 } else { 1.0 };
        Self { times, end: last + step, left, width }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.times.len()
    }

    /// When the first frame begins, in seconds.
    pub fn start(&self) -> f64 {
        self.times[0]
    }

    /// Seconds that the axis spans.
    pub fn span(&self) -> f64 {
        self.end - self.start()
    }

    /// Place of a time on the page.
    pub fn x(&self, time: f64) -> f64 {
        self.left + (time - self.start()) / self.span() * self.width
    }

    /// Time of a place on the page.
    pub fn time(&self, x: f64) -> f64 {
        self.start() + (x - self.left) / self.width * self.span()
    }

    /// Place where a frame begins; that of the frame after the last one is the axis' end.
    pub fn edge(&self, frame: usize) -> f64 {
        self.x(self.times.get(frame).copied().unwrap_or(self.end))
    }

    /// Place of a frame's middle.
    pub fn middle(&self, frame: usize) -> f64 {
        self.edge(frame).midpoint(self.edge(frame + 1))
    }

    /// The frames that one of `columns` columns shows: the one that is held in its middle, or all that begin within it
    /// where there are more frames than columns, so that none is passed over.
    pub fn frames_of(&self, column: usize, columns: usize) -> Range<usize> {
        let time = |column: f64| self.start() + column / columns as f64 * self.span();
        let held = self.times.partition_point(|&t| t <= time(column as f64 + 0.5)).saturating_sub(1);
        let begins = |column: f64| self.times.partition_point(|&t| t < time(column));
        let within = begins(column as f64)..begins(column as f64 + 1.0);
        if columns >= self.frames() || within.is_empty() { held..held + 1 } else { within }
    }

    /// Times to label at round distances, `least` apart on the page or more, with as many decimals as they need.
    pub fn ticks(&self, least: f64) -> Vec<(f64, String)> {
        ticks(self.start(), self.end, self.span() * least / self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;

    #[test]
    fn every_frame_has_its_column() {
        let times: Vec<f64> = (0..100).map(|i| f64::from(i) / 10.0).collect();
        let line = Timeline::new(&times, 0.0, 50.0);
        let exact: Vec<usize> = (0..300).flat_map(|column| line.frames_of(column, 300)).collect();
        assert_eq!(exact, (0..300).map(|column| column / 3).collect::<Vec<_>>());
        let squeezed: Vec<usize> = (0..7).flat_map(|column| line.frames_of(column, 7)).collect();
        assert_eq!(squeezed, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_frame_is_held_until_the_next_one() {
        let line = Timeline::new(&[0.0, 3.0, 4.0], 10.0, 60.0);
        assert_eq!((line.edge(0), line.edge(1), line.edge(3)), (10.0, 40.0, 70.0));
        assert_eq!(line.frames_of(2, 6), 0..1);
        assert_eq!(line.middle(0), 25.0);
        assert_eq!(Timeline::new(&[2.0], 0.0, 1.0).span(), 1.0);
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let labels = |times: &[f64], least| {
            let line = Timeline::new(times, 0.0, 100.0);
            line.ticks(least).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&[0.0, 5.0], 15.0), ["0", "2", "4", "6", "8"]);
        assert_eq!(labels(&[3.1, 3.35], 20.0), ["3.1", "3.2", "3.3", "3.4", "3.5"]);
        assert!(labels(&[1e9, 1e9], 10.0).len() <= 100);
    }
}
