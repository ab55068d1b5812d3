//! The embedded frames of a recording: a file of half-precision rows, read as it is needed.

use std::fs::File;
use std::io::{self, Write};

use half::f16;
use memmap2::Mmap;
use ndarray::ArrayView2;

use super::timeline::{Rows, Timeline};
use crate::align::unit_rows;
use crate::explore::EmbeddedFrame;

/// Seconds by which the times of one tick may differ.
const TICK_TOLERANCE: f64 = 1e-6;

/// The normalised embeddings of a recording's frames with their times. They lie in a temporary file, so that hours of video
/// take little memory.
#[derive(Debug)]
pub struct Recording {
    dim: usize,
    /// For each sampled frame, its time in seconds and its place in the file.
    rows: Vec<(f64, usize)>,
    /// When the last frame ends.
    end: f64,
    file: File,
    /// Number of frames in the file.
    kept: usize,
}

impl Recording {
    /// A recording without frames; embeddings have `dim` values.
    ///
    /// # Errors
    /// If no temporary file can be made.
    pub fn new(dim: usize) -> io::Result<Self> {
        Ok(Self { dim, rows: Vec::new(), end: 0.0, file: tempfile::tempfile()?, kept: 0 })
    }

    /// Adds embedded frames, in any order.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    ///
    /// # Panics
    /// If a frame is of another model.
    pub fn add(&mut self, frames: &[EmbeddedFrame]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(frames.len() * self.dim * size_of::<f16>());
        for frame in frames {
            assert_eq!(frame.embedding.len(), self.dim, "an embedding of another model");
            let row = ArrayView2::from_shape((1, self.dim), &frame.embedding[..]).expect("one row");
            bytes.extend(unit_rows(row).iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()));
            self.rows.extend(frame.shown.rows.iter().map(|&time| (time, self.kept)));
            self.end = self.end.max(frame.shown.until);
            self.kept += 1;
        }
        self.file.write_all(&bytes)
    }

    /// Lets each frame stay until the next, and the last until `end`, as if they were seen at `rate` ticks per second.
    pub fn spread(&mut self, rate: f64, end: Option<f64>) {
        self.end = self.end.max(end.unwrap_or(0.0));
        self.rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(&(first, _)) = self.rows.first() else { return };
        let ticks = |seconds: f64| ((seconds - first) * rate - 1e-6).ceil().max(0.0) as u64;
        let ends = self.rows.iter().skip(1).map(|row| row.0).chain([self.end]);
        let spread = self.rows.iter().zip(ends).flat_map(|(&(start, place), end)| {
            (ticks(start)..ticks(end)).map(move |tick| (first + tick as f64 / rate, place))
        });
        self.rows = spread.collect();
    }

    /// Forgets the frames from `start` to `end`, the latter excluded.
    pub fn forget(&mut self, [start, end]: [f64; 2]) {
        self.rows.retain(|&(time, _)| time < start - TICK_TOLERANCE || time >= end - TICK_TOLERANCE);
    }

    /// Number of rows of the sampling.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The frames so far in order of time, smoothed over so many seconds.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub fn timeline(&self, smoothing_seconds: f64) -> io::Result<Timeline> {
        let mut rows = self.rows.clone();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (times, places): (Vec<f64>, Vec<usize>) = rows.into_iter().unzip();
        // SAFETY: the file has no name, and nothing shortens it.
        let map = if places.is_empty() { None } else { Some(unsafe { Mmap::map(&self.file)? }) };
        Ok(Timeline::new(times, self.end, Rows::File { dim: self.dim, places, map }, smoothing_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::Shown;

    /// A frame seen from one time until another.
    fn frame(ordinal: u64, row: f64, until: f64, embedding: [f32; 2]) -> EmbeddedFrame {
        let shown = Shown { rows: vec![row], until };
        EmbeddedFrame { ordinal, time: row, shown, embedding: embedding.to_vec().into() }
    }

    fn times(recording: &Recording) -> Vec<(f64, usize)> {
        let mut rows = recording.rows.clone();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(time, place)| ((time * 1e3).round() / 1e3, place)).collect()
    }

    #[test]
    fn a_frame_that_is_spread_stays_until_the_next() {
        let mut recording = Recording::new(2).unwrap();
        let frames = [frame(3, 0.5, 0.75, [0.0, 1.0]), frame(0, 0.0, 0.5, [1.0, 0.0])];
        recording.add(&frames).unwrap();
        recording.spread(10.0, Some(0.8));
        let first = (0..5).map(|tick| (f64::from(tick) / 10.0, 1));
        let second = (5..8).map(|tick| (f64::from(tick) / 10.0, 0));
        assert_eq!(times(&recording), first.chain(second).collect::<Vec<_>>());
    }

    #[test]
    fn forgotten_frames_make_room_for_others() {
        let mut recording = Recording::new(2).unwrap();
        recording.add(&[frame(0, 0.0, 0.5, [1.0, 0.0])]).unwrap();
        recording.spread(10.0, None);
        recording.forget([0.1, 0.1 + 0.2]);
        recording.add(&[frame(1, 0.1, 0.2, [0.0, 1.0]), frame(2, 0.2, 0.3, [0.0, 1.0])]).unwrap();
        assert_eq!(times(&recording), [(0.0, 0), (0.1, 1), (0.2, 2), (0.3, 0), (0.4, 0)]);
    }
}
