//! One clip and its candidate classes: embeddings and knobs in, alignments out.

use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rayon::prelude::*;

use crate::align::{self, AlignError, Calibration, Preset, Smoothing};
use crate::explore::candidate::Candidate;
use crate::explore::frames::{EmbeddedFrame, FrameTable};
use crate::explore::outcome::{ClassOutcome, Outcome};
use crate::explore::report::{Report, ReportSettings};
use crate::explore::settings::Settings;
use crate::explore::sources::Sources;

/// One text in the embedding space, with its dot product with every frame.
#[derive(Clone, Debug)]
struct Text {
    unit: Array1<f32>,
    /// Products with the raw frames, in the order in which the frames arrived.
    products: Vec<f32>,
    /// Whether the text was longer than the checkpoint reads.
    cut: bool,
}

/// The whole state of the method on one clip. Frames and texts may arrive in any order and at any time; turning
/// a knob recomputes what depends on it from what is kept, and never needs the model for a frame.
///
/// The dot products of all texts with all frames are kept, so that smoothing costs one pass over them
/// (see [`Smoothing::cosines`]).
#[derive(Clone, Debug)]
pub struct Exploration {
    candidates: Vec<Candidate>,
    calibration: Calibration,
    settings: Settings,
    frames: FrameTable,
    texts: HashMap<String, Text>,
    outcome: Outcome,
}

impl Exploration {
    /// Starts without frames. `dim` is the number of values of an embedding.
    pub fn new(candidates: Vec<Candidate>, calibration: Calibration, dim: usize, settings: Settings) -> Self {
        let outcome = Outcome { classes: vec![None; candidates.len()], ..Outcome::default() };
        let frames = FrameTable::new(dim);
        Self { candidates, calibration, settings, frames, texts: HashMap::new(), outcome }
    }

    /// The candidate classes, in the order given.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The scale and bias of the affinity.
    pub fn calibration(&self) -> Calibration {
        self.calibration
    }

    /// The present knobs.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Number of frames embedded so far.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// What follows from everything known so far. Call [`Exploration::refresh`] after a change.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Scores, paths and settings as they are.
    pub fn report(&self, sources: &Sources) -> Report {
        let settings = ReportSettings::of_clip(&self.settings, self.calibration, self.outcome.width, sources);
        Report::new(self.candidates.iter().map(|c| c.name.as_str()), &self.outcome, settings)
    }

    /// The sentence of one step under the present template.
    pub fn sentence(&self, class: usize, step: usize) -> String {
        let candidate = &self.candidates[class];
        self.settings.template.fill(&candidate.name, &candidate.domain, &candidate.steps[step])
    }

    /// Whether the sentence of one step is longer than the checkpoint reads; false while it is not embedded.
    pub fn is_cut(&self, class: usize, step: usize) -> bool {
        self.texts.get(&self.sentence(class, step)).is_some_and(|t| t.cut)
    }

    /// Texts that the present settings need and that are not embedded: the steps of each class in turn, then the
    /// class names, which the mean-pool baseline uses as they are.
    pub fn missing_texts(&self) -> Vec<String> {
        let steps = (0..self.candidates.len())
            .flat_map(|class| (0..self.candidates[class].steps.len()).map(move |step| (class, step)))
            .map(|(class, step)| self.sentence(class, step));
        let names = self.candidates.iter().map(|c| c.name.clone());
        let mut missing: Vec<String> = Vec::new();
        for text in steps.chain(names) {
            if !self.texts.contains_key(&text) && !missing.contains(&text) {
                missing.push(text);
            }
        }
        missing
    }

    /// Adds embedded frames.
    pub fn add_frames(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) {
        let before = self.frames.len();
        self.frames.extend(frames);
        for text in self.texts.values_mut() {
            text.products
                .extend((before..self.frames.len()).map(|slot| self.frames.raw(slot).dot(&text.unit)));
        }
    }

    /// Adds embedded texts: the text as it was embedded, its raw embedding and whether it was cut.
    pub fn add_texts(&mut self, texts: impl IntoIterator<Item = (String, Vec<f32>, bool)>) {
        for (text, embedding, cut) in texts {
            let unit =
                align::unit_rows(ArrayView1::from(&embedding).insert_axis(Axis(0))).remove_axis(Axis(0));
            let products = (0..self.frames.len()).map(|slot| self.frames.raw(slot).dot(&unit)).collect();
            self.texts.insert(text, Text { unit, products, cut });
        }
    }

    /// Changes the knobs.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Aligns every class whose steps are all embedded, on the frames that are there.
    ///
    /// # Errors
    /// If the aligner refuses a matrix, for example because the checkpoint gave a value that is not a number.
    pub fn refresh(&mut self) -> Result<(), AlignError> {
        let mut times = self.frames.times();
        let mut ordinals = self.frames.ordinals();
        let preset = self.settings.method.preset;
        let width = align::width_in_frames(self.settings.smoothing_seconds, align::mean_rate(&times));
        let smoothing = Smoothing { width, preset };
        let raw = self.frames.raw_by_time();
        let norms = smoothing.window_norms(smoothing.prepare(raw.view()).view());
        times.truncate(norms.len());
        ordinals.truncate(norms.len());

        let mut classes = (0..self.candidates.len())
            .into_par_iter()
            .map(|class| self.align_class(class, smoothing, &norms))
            .collect::<Result<Vec<_>, _>>()?;
        for (candidate, class) in self.candidates.iter().zip(&mut classes) {
            if let (Some(class), Some(name)) = (class, self.texts.get(&candidate.name)) {
                let name = name.unit.view().insert_axis(Axis(0));
                class.mean_pool = align::mean_pool(preset, raw.view(), name).first().copied();
            }
        }
        self.outcome = Outcome::new(times, ordinals, width, classes);
        Ok(())
    }

    fn align_class(
        &self,
        class: usize,
        smoothing: Smoothing,
        norms: &[f64],
    ) -> Result<Option<ClassOutcome>, AlignError> {
        let steps = 0..self.candidates[class].steps.len();
        let texts: Option<Vec<&Text>> =
            steps.map(|step| self.texts.get(&self.sentence(class, step))).collect();
        let Some(texts) = texts.filter(|_| !norms.is_empty()) else { return Ok(None) };
        let by_time = self.frames.slots_by_time();
        let products = Array2::from_shape_fn((texts.len(), by_time.len()), |(k, t)| {
            let slot = by_time[t];
            match smoothing.preset {
                Preset::Paper => texts[k].products[slot] * self.frames.inverse_norm(slot),
                Preset::Released => texts[k].products[slot],
            }
        });
        ClassOutcome::new(products.view(), smoothing, norms, self.settings.method, self.calibration).map(Some)
    }
}
