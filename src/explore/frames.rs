//! The frames of a clip that are embedded so far.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use ndarray::{Array1, ArrayView1};

use crate::align::{Preset, ScaledFrame};
use crate::video::Shown;

/// One embedded frame: which one, when it is shown and where it lies in the embedding space. Copies share the embedding.
///
/// A frame that stays on screen over several ticks of the sampling is embedded once and fills a row for each.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedFrame {
    pub ordinal: u64,
    pub time: f64,
    pub shown: Shown,
    /// Raw embedding, d values.
    pub embedding: Arc<[f32]>,
}

/// A row of a clip: an embedded frame at a tick of the sampling. It shares the embedding.
#[derive(Clone, Debug)]
pub struct FrameRow {
    pub time: f64,
    /// When the next picture appears, in seconds.
    pub until: f64,
    /// Raw embedding, d values.
    pub embedding: Arc<[f32]>,
}

/// All embedded frames of a clip. A frame's slot is its place in order of arrival. The sampling chooses among the frames:
/// each row of the clip, in order of time, names a slot; frames without a row wait for another sampling.
#[derive(Clone, Debug)]
pub struct FrameTable {
    dim: usize,
    frames: Vec<EmbeddedFrame>,
    lengths: Vec<f64>,
    /// Slots by ordinal and time, which together identify a frame.
    slots: HashMap<(u64, u64), usize>,
    rows: Vec<Row>,
    /// Sum of the rows as each preset scales them.
    sums: [Array1<f64>; 2],
}

#[derive(Clone, Copy, Debug)]
struct Row {
    time: f64,
    ordinal: u64,
    slot: usize,
}

impl Row {
    fn in_time(&self, other: &Self) -> Ordering {
        self.time.total_cmp(&other.time).then(self.ordinal.cmp(&other.ordinal))
    }
}

impl FrameTable {
    pub fn new(dim: usize) -> Self {
        Self {
            dim,
            frames: Vec::new(),
            lengths: Vec::new(),
            slots: HashMap::new(),
            rows: Vec::new(),
            sums: [Array1::zeros(dim), Array1::zeros(dim)],
        }
    }

    /// Number of frames, also those without a row.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Number of frames that fill rows.
    pub fn shown_len(&self) -> usize {
        self.frames.iter().filter(|frame| !frame.shown.rows.is_empty()).count()
    }

    /// The frames that fill rows: ordinal and slot.
    pub fn shown_slots(&self) -> impl Iterator<Item = (u64, usize)> {
        let shown = self.frames.iter().enumerate().filter(|(_, frame)| !frame.shown.rows.is_empty());
        shown.map(|(slot, frame)| (frame.ordinal, slot))
    }

    pub fn frames(&self) -> &[EmbeddedFrame] {
        &self.frames
    }

    /// Adds frames in any order; of a frame that is already there, takes only the rows. Returns whether any row has changed.
    pub fn extend(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) -> bool {
        let mut has_changed = false;
        for frame in frames {
            assert_eq!(frame.embedding.len(), self.dim, "an embedding of another model");
            let identity = (frame.ordinal, frame.time.to_bits());
            if let Some(&slot) = self.slots.get(&identity) {
                has_changed |= self.show(slot, frame.shown);
                continue;
            }
            has_changed |= !frame.shown.rows.is_empty();
            let slot = self.len();
            self.slots.insert(identity, slot);
            let squares = frame.embedding.iter().map(|&x| f64::from(x).powi(2));
            self.lengths.push(squares.sum::<f64>().sqrt());
            self.frames.push(frame);
            self.add_rows(slot);
        }
        self.rows.sort_by(Row::in_time);
        has_changed
    }

    /// Changes which rows each frame fills. Returns whether any has changed.
    pub fn choose_rows(&mut self, rows: impl Fn(&EmbeddedFrame) -> Vec<f64>) -> bool {
        let mut has_changed = false;
        for frame in &mut self.frames {
            let rows = rows(frame);
            has_changed |= frame.shown.rows != rows;
            frame.shown.rows = rows;
        }
        if has_changed {
            self.rows.clear();
            self.sums.iter_mut().for_each(|sum| sum.fill(0.0));
            (0..self.len()).for_each(|slot| self.add_rows(slot));
            self.rows.sort_by(Row::in_time);
        }
        has_changed
    }

    /// Changes the rows of one frame, without sorting. Returns whether they have changed.
    fn show(&mut self, slot: usize, shown: Shown) -> bool {
        let has_changed = self.frames[slot].shown.rows != shown.rows;
        if has_changed {
            self.rows.retain(|row| row.slot != slot);
            self.add_to_sums(slot, -1.0);
        }
        self.frames[slot].shown = shown;
        if has_changed {
            self.add_rows(slot);
        }
        has_changed
    }

    fn add_rows(&mut self, slot: usize) {
        let EmbeddedFrame { ordinal, shown, .. } = &self.frames[slot];
        self.rows.extend(shown.rows.iter().map(|&time| Row { time, ordinal: *ordinal, slot }));
        self.add_to_sums(slot, 1.0);
    }

    fn add_to_sums(&mut self, slot: usize, times: f64) {
        let frame = &self.frames[slot];
        for preset in [Preset::Paper, Preset::Released] {
            let scale = times * frame.shown.rows.len() as f64 * self.scale(slot, preset);
            let embedding = ArrayView1::from(&frame.embedding[..]);
            self.sums[preset as usize].zip_mut_with(&embedding, |sum, &x| *sum += scale * f64::from(x));
        }
    }

    pub fn raw(&self, slot: usize) -> &[f32] {
        &self.frames[slot].embedding
    }

    /// Factor of a frame's raw embedding under a preset; 0 for an embedding of length 0.
    pub fn scale(&self, slot: usize, preset: Preset) -> f64 {
        match preset {
            Preset::Paper if self.lengths[slot] > 0.0 => self.lengths[slot].recip(),
            Preset::Paper => 0.0,
            Preset::Released => 1.0,
        }
    }

    /// The rows in order of time, scaled by a preset.
    pub fn scaled_by_time(&self, preset: Preset) -> Vec<ScaledFrame<'_>> {
        let frame = |&Row { slot, .. }: &Row| {
            let scale = self.scale(slot, preset);
            ScaledFrame { raw: self.raw(slot), scale, length: scale * self.lengths[slot] }
        };
        self.rows.iter().map(frame).collect()
    }

    pub fn sum(&self, preset: Preset) -> ArrayView1<'_, f64> {
        self.sums[preset as usize].view()
    }

    /// Slots of the rows in order of time, each with its factor under a preset.
    pub fn scales_by_time(&self, preset: Preset) -> Vec<(usize, f64)> {
        self.rows.iter().map(|row| (row.slot, self.scale(row.slot, preset))).collect()
    }

    /// The rows in order of time.
    pub fn rows(&self) -> Vec<FrameRow> {
        let row = |&Row { time, slot, .. }: &Row| {
            let EmbeddedFrame { shown, embedding, .. } = &self.frames[slot];
            FrameRow { time, until: shown.until, embedding: embedding.clone() }
        };
        self.rows.iter().map(row).collect()
    }

    pub fn row_times(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row.time).collect()
    }

    /// Ordinals of the frames that fill the rows, in order of time.
    pub fn row_ordinals(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.ordinal).collect()
    }
}
