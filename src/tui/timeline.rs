//! The time axis that matrix, step band and film strip share.

use std::ops::Range;

/// Maps the columns of a strip of the screen to seconds of the clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    /// Time at the left edge of the first column, in seconds.
    pub start: f64,
    /// Time at the right edge of the last column, in seconds.
    pub end: f64,
    /// Number of columns.
    pub columns: usize,
}

impl Timeline {
    fn seconds_per_column(self) -> f64 {
        (self.end - self.start).max(f64::MIN_POSITIVE) / self.columns.max(1) as f64
    }

    /// Time in the middle of a column.
    pub fn time(self, column: usize) -> f64 {
        self.start + (column as f64 + 0.5) * self.seconds_per_column()
    }

    /// Column that shows a time, clamped to the strip.
    pub fn column(self, time: f64) -> usize {
        let column = (time - self.start) / self.seconds_per_column() + 1e-9;
        (column.max(0.0) as usize).min(self.columns.saturating_sub(1))
    }

    /// Frames that a column shows, as a range of `times` (ascending): those within the column, or the last one
    /// before it. Empty only if there are no frames.
    pub fn frames(self, column: usize, times: &[f64]) -> Range<usize> {
        let left = self.start + column as f64 * self.seconds_per_column();
        let first = times.partition_point(|&t| t < left - 1e-9);
        let end = times.partition_point(|&t| t < left + self.seconds_per_column() - 1e-9);
        if first < end {
            first..end
        } else {
            let held = first.saturating_sub(1);
            held..(held + 1).min(times.len())
        }
    }

    /// Times to label, at round distances such that labels of `width` columns do not touch.
    pub fn ticks(self, width: usize) -> Vec<f64> {
        let least = self.seconds_per_column() * width as f64;
        if self.columns == 0 || !least.is_finite() || least <= 0.0 {
            return Vec::new();
        }
        let magnitude = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * magnitude).find(|&s| s >= least).unwrap_or(least);
        let first = (self.start / step - 1e-9).ceil();
        (0..).map(|i| (first + f64::from(i)) * step).take_while(|&t| t < self.end).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;

    const TENTHS: Timeline = Timeline { start: 0.0, end: 10.0, columns: 100 };

    #[test]
    fn a_column_and_its_time_belong_together() {
        for column in 0..100 {
            assert_eq!(TENTHS.column(TENTHS.time(column)), column);
        }
        assert_eq!(TENTHS.column(-1.0), 0);
        assert_eq!(TENTHS.column(99.0), 99);
    }

    #[test]
    fn every_frame_is_shown_by_the_column_of_its_time() {
        let times: Vec<f64> = (0..100).map(|i| f64::from(i) / 10.0).collect();
        for columns in [7, 33, 100, 250] {
            let line = Timeline { columns, ..TENTHS };
            for (frame, &time) in times.iter().enumerate() {
                assert!(line.frames(line.column(time), &times).contains(&frame), "{frame} in {columns}");
            }
        }
    }

    #[test]
    fn a_frame_is_held_until_the_next_one() {
        let line = Timeline { start: 0.0, end: 4.0, columns: 4 };
        assert_eq!(line.frames(2, &[0.5, 3.5]), 0..1);
        assert_eq!(line.frames(0, &[]), 0..0);
    }

    #[test]
    fn ticks_are_round_and_far_enough_apart() {
        assert_eq!(TENTHS.ticks(15), vec![0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(Timeline { start: 3.1, end: 3.6, columns: 50 }.ticks(10).len(), 5);
        assert!(Timeline { start: 0.0, end: 0.0, columns: 0 }.ticks(5).is_empty());
    }
}
