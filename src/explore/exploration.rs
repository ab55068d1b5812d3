//! One clip and its candidate classes: embeddings and knobs in, alignments out.

use std::collections::HashMap;

use ndarray::{Array1, Array2, ArrayView1};
use rayon::prelude::*;

use crate::align::{self, AlignError, Alignment, Calibration, Smoothing};
use crate::explore::frames::{EmbeddedFrame, FrameTable};
use crate::explore::settings::Settings;
use crate::script::Candidate;

/// One text in the embedding space, with its dot product with every frame.
#[derive(Clone, Debug)]
struct Text {
    unit: Array1<f32>,
    /// Products with the normalised frames, in the order in which the frames arrived.
    products: Vec<f32>,
    /// Whether the text was longer than the checkpoint reads.
    cut: bool,
}

/// A class that could be aligned.
#[derive(Clone, Debug)]
pub struct ClassOutcome {
    /// Smoothed cosines, K×T (Eq. 8).
    pub cosines: Array2<f32>,
    /// The aligned matrix, K×T (Eq. 9 for affinities).
    pub cells: Array2<f32>,
    /// Path and score (Eqs. 10–13).
    pub alignment: Alignment,
    /// Mean of the cells: the same script without its order.
    pub order_free: f64,
    /// Cosine of the clip's mean frame with the class name, once the name is embedded.
    pub mean_pool: Option<f64>,
}

/// What the frames and texts known so far say.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Presentation times of the frames, in seconds: the matrices' columns.
    pub times: Vec<f64>,
    /// Ordinals of the frames.
    pub ordinals: Vec<u64>,
    /// Smoothing width in frames.
    pub width: usize,
    /// A class each, in the order given; none while a step is not embedded or no frame is.
    pub classes: Vec<Option<ClassOutcome>>,
    /// Indices of the aligned classes, best first (Eq. 14).
    pub ranking: Vec<usize>,
    /// Indices of the classes with a mean-pool score, best first.
    pub mean_pool_ranking: Vec<usize>,
}

impl Outcome {
    /// Place of a class in the ranking, from 1.
    pub fn rank(&self, class: usize) -> Option<usize> {
        place(&self.ranking, class)
    }

    /// Place of a class in the mean-pool ranking, from 1.
    pub fn mean_pool_rank(&self, class: usize) -> Option<usize> {
        place(&self.mean_pool_ranking, class)
    }

    /// Score of a class.
    pub fn score(&self, class: usize) -> Option<f64> {
        self.classes.get(class)?.as_ref().map(|c| c.alignment.score)
    }

    /// How far a class is ahead of its best rival; negative unless it leads. None without a rival.
    pub fn margin(&self, class: usize) -> Option<f64> {
        let rival = self.ranking.iter().find(|&&c| c != class)?;
        Some(self.score(class)? - self.score(*rival)?)
    }
}

fn place(ranking: &[usize], class: usize) -> Option<usize> {
    ranking.iter().position(|&c| c == class).map(|p| p + 1)
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
            text.products.extend((before..self.frames.len()).map(|slot| self.frames.unit(slot).dot(&text.unit)));
        }
    }

    /// Adds embedded texts: the text as it was embedded, its raw embedding and whether it was cut.
    pub fn add_texts(&mut self, texts: impl IntoIterator<Item = (String, Vec<f32>, bool)>) {
        for (text, embedding, cut) in texts {
            let unit = align::unit_rows(ArrayView1::from(&embedding).insert_axis(ndarray::Axis(0)))
                .remove_axis(ndarray::Axis(0));
            let products = (0..self.frames.len()).map(|slot| self.frames.unit(slot).dot(&unit)).collect();
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
        let times = self.frames.times();
        let width = align::width_in_frames(self.settings.smoothing_seconds, align::mean_rate(&times));
        let unit_frames = self.frames.unit_by_time();
        let smoothing = Smoothing { width, preset: self.settings.preset };
        let norms = smoothing.window_norms(unit_frames.view());
        let mean_frame = unit_frames.mean_axis(ndarray::Axis(0)).unwrap_or_else(|| Array1::zeros(0));

        let classes = (0..self.candidates.len())
            .into_par_iter()
            .map(|class| self.align_class(class, smoothing, &norms, &mean_frame))
            .collect::<Result<Vec<_>, _>>()?;
        let ranking = ranked(&classes, |c| Some(c.alignment.score));
        let mean_pool_ranking = ranked(&classes, |c| c.mean_pool);
        let ordinals = self.frames.ordinals();
        self.outcome = Outcome { times, ordinals, width, classes, ranking, mean_pool_ranking };
        Ok(())
    }

    fn align_class(
        &self,
        class: usize,
        smoothing: Smoothing,
        norms: &[f64],
        mean_frame: &Array1<f32>,
    ) -> Result<Option<ClassOutcome>, AlignError> {
        let candidate = &self.candidates[class];
        let Some(texts) = (0..candidate.steps.len())
            .map(|step| self.texts.get(&self.sentence(class, step)))
            .collect::<Option<Vec<&Text>>>()
        else {
            return Ok(None);
        };
        if self.frames.is_empty() || texts.is_empty() {
            return Ok(None);
        }
        let by_time = self.frames.slots_by_time();
        let products = Array2::from_shape_fn((texts.len(), by_time.len()), |(k, t)| texts[k].products[by_time[t]]);
        let cosines = smoothing.cosines(products.view(), norms);
        let cells = align::cells(&cosines, self.settings.cell, self.calibration);
        let alignment = align::align(self.settings.aligner, cells.view())?;
        let order_free = align::order_free(cells.view());
        let mean_pool = self.texts.get(&candidate.name).map(|name| {
            let norm = mean_frame.dot(mean_frame).sqrt();
            if norm > 0.0 { f64::from(mean_frame.dot(&name.unit) / norm) } else { 0.0 }
        });
        Ok(Some(ClassOutcome { cosines, cells, alignment, order_free, mean_pool }))
    }
}

fn ranked(classes: &[Option<ClassOutcome>], score: impl Fn(&ClassOutcome) -> Option<f64>) -> Vec<usize> {
    let (indices, scores): (Vec<usize>, Vec<f64>) = classes
        .iter()
        .enumerate()
        .filter_map(|(index, class)| Some((index, score(class.as_ref()?)?)))
        .unzip();
    align::rank(&scores).into_iter().map(|place| indices[place]).collect()
}
