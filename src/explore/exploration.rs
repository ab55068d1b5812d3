//! One clip and its candidate classes: embeddings and knobs in, alignments out.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::align::{self, AlignError, Calibration, Smoothing, Windows};
use crate::explore::candidate::Candidate;
use crate::explore::frames::{EmbeddedFrame, FrameTable};
use crate::explore::outcome::{ClassOutcome, Outcome};
use crate::explore::report::{Report, ReportSettings};
use crate::explore::settings::Settings;
use crate::explore::sources::Sources;
use crate::explore::text_table::TextTable;
use crate::explore::workers::WORKERS;
use crate::script::Template;

/// The whole state of the method on one clip. Frames and texts may arrive in any order and at any time; turning
/// a knob recomputes what depends on it from what is kept, and never needs the model for a frame.
///
/// The dot products of all texts with all frames are kept, and their sums by time until frames arrive: a new
/// smoothing width takes differences of sums, and the norms of its windows (see [`Windows`]).
#[derive(Clone, Debug)]
pub struct Exploration {
    candidates: Vec<Candidate>,
    calibration: Calibration,
    settings: Settings,
    frames: FrameTable,
    texts: TextTable,
    /// The windows of the last smoothing, where no frame has arrived since.
    windows: Option<Windows>,
    outcome: Outcome,
}

impl Exploration {
    /// Starts without frames. `dim` is the number of values of an embedding.
    pub fn new(candidates: Vec<Candidate>, calibration: Calibration, dim: usize, settings: Settings) -> Self {
        let outcome = Outcome { classes: vec![None; candidates.len()], ..Outcome::default() };
        let (frames, texts) = (FrameTable::new(dim), TextTable::new(dim));
        Self { candidates, calibration, settings, frames, texts, windows: None, outcome }
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
        self.texts.number(&self.sentence(class, step)).is_some_and(|number| self.texts.is_cut(number))
    }

    /// Texts that the present settings need and that are not embedded: the steps of each class in turn, then the
    /// class names, which the mean-pool baseline uses as they are.
    pub fn missing_texts(&self) -> Vec<String> {
        self.missing_texts_in(&self.settings.template)
    }

    /// The same under another template.
    pub fn missing_texts_in(&self, template: &Template) -> Vec<String> {
        let sentences = self.candidates.iter().flat_map(|class| class.sentences(template));
        let names = self.candidates.iter().map(|class| class.name.clone());
        let mut seen = HashSet::new();
        let is_missing = |text: &String| self.texts.number(text).is_none() && seen.insert(text.clone());
        sentences.chain(names).filter(is_missing).collect()
    }

    /// Adds embedded frames.
    pub fn add_frames(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) {
        let before = self.frames.len();
        self.frames.extend(frames);
        if self.frames.len() > before {
            WORKERS.install(|| self.texts.multiply_frames(&self.frames, before));
            self.windows = None;
        }
    }

    /// Adds embedded texts: the text as it was embedded, its raw embedding and whether it was cut. A text that is
    /// already there is ignored.
    pub fn add_texts(&mut self, texts: impl IntoIterator<Item = (String, Vec<f32>, bool)>) {
        let before = self.texts.len();
        self.texts.extend(texts);
        WORKERS.install(|| self.texts.multiply_texts(&self.frames, before));
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
        WORKERS.install(|| self.align())
    }

    fn align(&mut self) -> Result<(), AlignError> {
        let Settings { method, smoothing_seconds, template } = &self.settings;
        let mut times = self.frames.times();
        let mut ordinals = self.frames.ordinals();
        let width = align::width_in_frames(*smoothing_seconds, align::mean_rate(&times));
        let smoothing = Smoothing { width, preset: method.preset };
        self.windows.take_if(|windows| !windows.are_of(smoothing));
        let windows = self
            .windows
            .get_or_insert_with(|| Windows::new(smoothing, &self.frames.scaled_by_time(method.preset)));
        times.truncate(windows.len());
        ordinals.truncate(windows.len());

        let texts = &mut self.texts;
        let scripts: Vec<Option<Vec<usize>>> = self
            .candidates
            .iter()
            .map(|class| class.sentences(template).map(|sentence| texts.number(&sentence)).collect())
            .collect();
        texts.sum(scripts.iter().flatten().flatten().copied(), &self.frames, method.preset);
        let frames_sum = self.frames.sum(method.preset);
        let align_class = |(candidate, script): (&Candidate, &Option<Vec<usize>>)| {
            let Some(script) = script.as_ref().filter(|_| !windows.is_empty()) else { return Ok(None) };
            let sums: Vec<&[f64]> = script.iter().map(|&number| texts.prefix_sums(number)).collect();
            let mean_pool =
                texts.number(&candidate.name).map(|n| align::cosine_of_sum(frames_sum, texts.unit(n)));
            ClassOutcome::new(windows.cosines(&sums), *method, self.calibration)
                .map(|outcome| Some(ClassOutcome { mean_pool, ..outcome }))
        };
        let classes = self.candidates.par_iter().zip(&scripts).map(align_class).collect::<Result<_, _>>()?;
        self.outcome = Outcome::new(times, ordinals, width, classes);
        Ok(())
    }
}
