//! The time axis that heatmap, step band and film strip share, and the round numbers along any axis.

use std::ops::Range;

use crate::plot::format::clock;

/// Seconds of a clip along a page, or along the columns of a screen. A frame is held until the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeAxis {
    /// Seconds at both ends.
    pub start: f64,
    pub end: f64,
    /// Left end and length, in units of the page; 0 and the number of columns where it measures columns.
    pub left: f64,
    pub width: f64,
}

impl TimeAxis {
    /// An axis for frames shown at `times` (seconds, ascending, at least one). The last one is held as long as the others
    /// are on average.
    pub fn of_frames(times: &[f64], left: f64, width: f64) -> Self {
        let (start, last) = (times[0], times[times.len() - 1]);
        let step = if last > start { (last - start) / (times.len() - 1) as f64 } else { 1.0 };
        Self { start, end: last + step, left, width }
    }

    /// The same seconds along this many columns.
    pub fn in_columns(self, columns: usize) -> Self {
        Self { left: 0.0, width: columns as f64, ..self }
    }

    /// Place of a time on the page.
    pub fn x(self, time: f64) -> f64 {
        self.left + (time - self.start) / (self.end - self.start) * self.width
    }

    /// Time of a place on the page.
    pub fn time(self, x: f64) -> f64 {
        self.start + (x - self.left) * self.seconds_per_unit()
    }

    /// Place where a frame begins; that of the frame after the last one is the end.
    pub fn edge(self, times: &[f64], frame: usize) -> f64 {
        self.x(times.get(frame).copied().unwrap_or(self.end))
    }

    fn seconds_per_unit(self) -> f64 {
        (self.end - self.start).max(f64::MIN_POSITIVE) / self.width.max(1.0)
    }

    /// Column that shows a time, clamped to the axis.
    pub fn column(self, time: f64) -> usize {
        let column = (time - self.start) / self.seconds_per_unit() + 1e-9;
        (column.max(0.0) as usize).min((self.width as usize).saturating_sub(1))
    }

    /// Time in the middle of a column.
    pub fn time_of_column(self, column: usize) -> f64 {
        self.time(self.left + column as f64 + 0.5)
    }

    /// Frames that a column shows, as a range of `times` (ascending): those that begin within it, else the one that is held
    /// there. No frame is passed over, and a frame is always in the column of its time. Empty only if there are no frames.
    pub fn frames(self, column: usize, times: &[f64]) -> Range<usize> {
        let edge = |column: usize| self.start + column as f64 * self.seconds_per_unit() - 1e-9;
        let begins = |column: usize| times.partition_point(|&time| time < edge(column));
        let (first, end) = (begins(column), begins(column + 1));
        if first < end {
            return first..end;
        }
        let held = first.saturating_sub(1);
        held..(held + 1).min(times.len())
    }

    /// Times to label, `least` apart on the page or more: see [`ticks`].
    pub fn ticks(self, least: f64) -> Vec<(f64, String)> {
        if self.width > 0.0 {
            ticks(self.start, self.end, self.seconds_per_unit() * least)
        } else {
            Vec::new()
        }
    }

    /// Times to label as on a clock, `least` apart on the page or more; within a second, to a tenth.
    pub fn clock_ticks(self, least: f64) -> Vec<(f64, String)> {
        let apart = self.seconds_per_unit() * least;
        if apart < CLOCK_STEPS[0] {
            return self.ticks(least).into_iter().map(|(time, _)| (time, clock(time))).collect();
        }
        let least = apart;
        let step = CLOCK_STEPS.into_iter().find(|&step| step >= least).filter(|_| self.width > 0.0);
        // A recording of days has a label every so many hours.
        let step = step.unwrap_or_else(|| (least / 14400.0).ceil() * 14400.0);
        let first = (self.start / step - 1e-9).ceil();
        let times = (0..).map(|i| (first + f64::from(i)) * step).take_while(|&time| time < self.end - 1e-9);
        let label = |time: f64| {
            let (minutes, seconds) = (time as u64 / 60, time as u64 % 60);
            let (hours, minutes) = (minutes / 60, minutes % 60);
            let hours = if hours > 0 { format!("{hours}:{minutes:02}") } else { minutes.to_string() };
            (time, format!("{hours}:{seconds:02}"))
        };
        // A guard against values too large for their steps.
        times.take(100).map(label).collect()
    }
}

/// Seconds between the labels of a clock.
const CLOCK_STEPS: [f64; 15] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0];

/// Values to label from `start` up to `end` and not at it, at distances of 1, 2 or 5 times a power of ten, `least` apart or
/// more, with as many decimals as they need.
pub fn ticks(start: f64, end: f64, least: f64) -> Vec<(f64, String)> {
    if !least.is_finite() || least <= 0.0 {
        return Vec::new();
    }
    let magnitude = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].iter().map(|m| m * magnitude).find(|&step| step >= least);
    let step = step.unwrap_or(10.0 * magnitude);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (start / step - 1e-9).ceil();
    let values = (0..).map(|i| (first + f64::from(i)) * step).take_while(|&value| value < end - 1e-9);
    // A guard against values too large for their steps.
    values.take(100).map(|value| (value, format!("{value:.decimals$}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenths(columns: usize) -> TimeAxis {
        TimeAxis { start: 0.0, end: 10.0, left: 0.0, width: columns as f64 }
    }

    #[test]
    fn a_column_and_its_time_belong_together() {
        let axis = tenths(100);
        for column in 0..100 {
            assert_eq!(axis.column(axis.time_of_column(column)), column);
        }
        assert_eq!([-1.0, 99.0].map(|time| axis.column(time)), [0, 99]);
    }

    #[test]
    fn every_frame_is_in_the_column_of_its_time() {
        let times: Vec<f64> = (0..100).map(|i| f64::from(i) / 10.0).collect();
        for columns in [7, 33, 100, 250] {
            let axis = tenths(columns);
            for (frame, &time) in times.iter().enumerate() {
                assert!(axis.frames(axis.column(time), &times).contains(&frame), "{frame} in {columns}");
            }
        }
        let all = |columns: usize| {
            let axis = TimeAxis::of_frames(&times, 0.0, columns as f64);
            (0..columns).flat_map(|column| axis.frames(column, &times)).collect::<Vec<_>>()
        };
        assert_eq!(all(300), (0..300).map(|column| column / 3).collect::<Vec<_>>(), "three columns each");
        assert_eq!(all(7), (0..100).collect::<Vec<_>>(), "none is passed over");
    }

    #[test]
    fn a_frame_is_held_until_the_next_one() {
        let times = [0.0, 3.0, 4.0];
        let axis = TimeAxis::of_frames(&times, 10.0, 60.0);
        assert_eq!([0, 1, 3].map(|frame| axis.edge(&times, frame)), [10.0, 40.0, 70.0]);
        assert_eq!(axis.in_columns(6).frames(2, &times), 0..1);
        assert_eq!(TimeAxis::of_frames(&[2.0], 0.0, 1.0).end, 3.0);
        assert_eq!(tenths(4).frames(0, &[]), 0..0);
    }

    #[test]
    fn ticks_are_round_and_apart() {
        let labels = |times: &[f64], least| {
            let axis = TimeAxis::of_frames(times, 0.0, 100.0);
            axis.ticks(least).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&[0.0, 5.0], 15.0), ["0", "2", "4", "6", "8"]);
        assert_eq!(labels(&[3.1, 3.35], 20.0), ["3.1", "3.2", "3.3", "3.4", "3.5"]);
        assert!(labels(&[1e9, 1e9], 10.0).len() <= 100);
        let clock = |end: f64| {
            let axis = TimeAxis { start: 0.0, end, left: 0.0, width: 60.0 };
            axis.clock_ticks(15.0).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(clock(4.0), ["0:00", "0:01", "0:02", "0:03"]);
        assert_eq!(clock(2.0), ["0:00.0", "0:00.5", "0:01.0", "0:01.5"]);
        assert_eq!(clock(300.0), ["0:00", "2:00", "4:00"]);
        assert_eq!(clock(7200.0), ["0:00", "30:00", "1:00:00", "1:30:00"]);
        assert!(clock(1e12).len() <= 100);
        assert!(TimeAxis { end: 0.0, ..tenths(0) }.ticks(5.0).is_empty());
    }
}
