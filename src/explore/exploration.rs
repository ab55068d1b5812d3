//! One clip and its candidate classes: embeddings and knobs in, alignments out.

mod alignment;
mod evidence;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;

use ndarray::Array2;

use crate::align::{self, AlignError, Calibration, OwnCalibration, Smoothing, Windows};
use crate::explain::{FramePatches, PatchMap};
use crate::explore::candidate::Candidate;
use crate::explore::evidence::next_generation;
use crate::explore::frames::{EmbeddedFrame, FrameRow, FrameTable};
use crate::explore::outcome::{Kept, Outcome};
use crate::explore::patches::RecentPatches;
use crate::explore::report::{Report, ReportSettings, Sources};
use crate::explore::settings::Settings;
use crate::explore::sparse_clip::{Mix, SparseClip, mixes};
use crate::explore::text_table::TextTable;
use crate::explore::workers;
use crate::script::Template;
use crate::video::Shown;

/// The state of the method on one clip. Frames and texts may arrive in any order; a knob recomputes what depends on it and
/// never embeds a frame.
///
/// It keeps the dot products of all texts with all frames, and their sums by time: a new smoothing width takes differences
/// of sums, divided by the norms of its windows (see [`Windows`]).
#[derive(Clone, Debug)]
pub struct Exploration {
    candidates: Vec<Candidate>,
    own: OwnCalibration,
    /// Its own calibration, fitted to the present matrices if it has no bias.
    calibration: Calibration,
    settings: Settings,
    frames: FrameTable,
    texts: TextTable,
    /// The windows of the last smoothing, unless a frame has arrived since.
    windows: Option<Windows>,
    patches: RecentPatches,
    outcome: Outcome,
    /// Identifies the alignments of the outcome.
    generation: u64,
    /// The matrices of a snapshot, in place of embeddings.
    fixed: Option<Fixed>,
    /// For many classes: which matrices are kept. `None` keeps all.
    kept: Option<Kept>,
}

/// A clip of a snapshot: smoothed cosines without the embeddings.
#[derive(Clone, Debug)]
pub struct Fixed {
    pub times: Vec<f64>,
    pub ordinals: Vec<u64>,
    pub width: usize,
    /// Smoothed cosines of each class, K×T; `None` if it was not aligned.
    pub cosines: Vec<Option<Array2<f32>>>,
    /// Mean-pool score of each class, if known.
    pub mean_pool: Vec<Option<f64>>,
}

impl Exploration {
    /// An exploration without frames; embeddings have `dim` values.
    pub fn new(
        candidates: Vec<Candidate>,
        calibration: impl Into<OwnCalibration>,
        dim: usize,
        settings: Settings,
    ) -> Self {
        let own = calibration.into();
        Self {
            outcome: Outcome { classes: vec![None; candidates.len()], ..Outcome::default() },
            generation: next_generation(),
            candidates,
            own,
            calibration: own.fitted([]),
            settings,
            frames: FrameTable::new(dim),
            texts: TextTable::new(dim),
            windows: None,
            patches: RecentPatches::default(),
            fixed: None,
            kept: None,
        }
    }

    /// A clip of a snapshot. Only cell, aligner and calibration can be changed.
    pub fn frozen(
        candidates: Vec<Candidate>,
        calibration: Calibration,
        settings: Settings,
        fixed: Fixed,
    ) -> Self {
        Self { fixed: Some(fixed), ..Self::new(candidates, calibration, 0, settings) }
    }

    /// For many classes and a single answer: keeps no products, and only these matrices. Everything is computed when it is
    /// aligned, a few classes at a time. Where cells of all classes are needed together, everything is kept all the same: for a
    /// percentile as the background, or a bias that is fitted to the clip.
    #[must_use]
    pub fn sparing(self, kept: Kept) -> Self {
        let needs_all = self.own.beta.is_none() || self.settings.method.needs_all_cells();
        Self { kept: (!needs_all).then_some(kept), ..self }
    }

    pub fn is_frozen(&self) -> bool {
        self.fixed.is_some()
    }

    /// The same candidates, knobs and texts on another clip without frames.
    pub fn without_frames(&self) -> Self {
        Self {
            outcome: Outcome { classes: vec![None; self.candidates.len()], ..Outcome::default() },
            generation: next_generation(),
            frames: FrameTable::new(self.texts.dim()),
            texts: self.texts.without_products(),
            windows: None,
            patches: RecentPatches::default(),
            ..self.clone()
        }
    }

    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Scale and bias of the model; a bias that it lacks follows the frames embedded so far.
    pub fn calibration(&self) -> Calibration {
        self.calibration
    }

    /// The scale and bias in use: those of the settings, or else of the checkpoint.
    pub fn calibration_in_force(&self) -> Calibration {
        self.settings.calibration.unwrap_or(self.calibration)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Number of embedded frames that the sampling takes.
    pub fn frame_count(&self) -> usize {
        self.fixed.as_ref().map_or_else(|| self.frames.shown_len(), |fixed| fixed.times.len())
    }

    pub(super) fn texts(&self) -> &TextTable {
        &self.texts
    }

    /// Alignments and rankings as of the last [`Exploration::refresh`].
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The outcome with the settings, as `--json` prints it.
    pub fn report(&self, sources: &Sources) -> Report {
        let calibration = self.calibration_in_force();
        let settings = ReportSettings::of_clip(
            &self.settings,
            calibration,
            self.outcome.rule,
            self.outcome.width,
            sources,
        );
        Report::new(self.candidates.iter().map(|c| c.name.as_str()), &self.outcome, settings)
    }

    pub fn sentence(&self, class: usize, step: usize) -> String {
        let candidate = &self.candidates[class];
        self.settings.template.fill(&candidate.name, &candidate.domain, &candidate.steps[step])
    }

    /// Unit embeddings of a class' sentences, K×d; `None` until all are embedded.
    pub fn script_embeddings(&self, class: usize) -> Option<Array2<f32>> {
        let script = self.script(self.candidates.get(class)?)?;
        let mut rows = Array2::zeros((script.len(), self.texts.dim()));
        for (mut row, number) in rows.rows_mut().into_iter().zip(script) {
            row.assign(&self.texts.unit(number));
        }
        Some(rows)
    }

    /// Whether a step's sentence is longer than the checkpoint reads; false until it is embedded.
    pub fn is_cut(&self, class: usize, step: usize) -> bool {
        self.texts.number(&self.sentence(class, step)).is_some_and(|number| self.texts.is_cut(number))
    }

    pub fn cut_texts(&self) -> Vec<String> {
        let is_cut = |text: &String| self.texts.number(text).is_some_and(|number| self.texts.is_cut(number));
        self.used_texts(&self.settings.template).filter(is_cut).collect()
    }

    /// Keeps the patches of the frame with this ordinal, in place of those that were kept longest.
    pub fn add_patches(&mut self, ordinal: u64, patches: FramePatches) {
        self.patches.push(ordinal, patches);
    }

    pub fn has_patches(&self, ordinal: u64) -> bool {
        self.patches.get(ordinal).is_some()
    }

    /// What each part of a frame adds to its cosine with a step; `None` if its patches are not kept, or the step is not
    /// embedded.
    pub fn patch_map(&self, ordinal: u64, class: usize, step: usize) -> Option<PatchMap> {
        self.candidates.get(class)?.steps.get(step)?;
        let text = self.texts.number(&self.sentence(class, step))?;
        Some(self.patches.get(ordinal)?.map(self.texts.unit(text)))
    }

    /// Checks that the embedded candidates differ: different words may become the same tokens. Returns a warning if some do not.
    ///
    /// # Errors
    /// All are the same, so that a ranking means nothing.
    pub fn check_distinct(&self) -> Result<Option<String>, String> {
        // Texts of one kind with the place of the first of them: the same have the same place, or neighbouring ones.
        let mut kinds: HashMap<i64, Vec<(usize, usize)>> = HashMap::new();
        let mut count = 0;
        let mut kind = |number: usize| {
            let place = self.texts.place(number);
            let mut near = (place - 1..=place + 1).filter_map(|place| kinds.get(&place)).flatten();
            if let Some(&(_, kind)) = near.find(|(other, _)| self.texts.are_same(number, *other)) {
                return kind;
            }
            count += 1;
            kinds.entry(place).or_default().push((number, count));
            count
        };
        let mut groups: BTreeMap<Vec<usize>, Vec<&str>> = BTreeMap::new();
        for candidate in &self.candidates {
            let Some(script) = self.script(candidate) else { continue };
            let mut script: Vec<usize> = script.into_iter().map(&mut kind).collect();
            script.dedup();
            groups.entry(script).or_default().push(&candidate.name);
        }
        if let Some((_, names)) =
            groups.first_key_value().filter(|(_, names)| groups.len() == 1 && names.len() > 1)
        {
            return Err(format!(
                "all {} candidates are the same to the model, so no ranking of them says anything: their steps differ in \
                 nothing that its tokenizer keeps; write them in words of the model's vocabulary, or use a template with \
                 {{action}}",
                names.len()
            ));
        }
        let alike: Vec<String> =
            groups.into_values().filter(|names| names.len() > 1).map(|names| names.join(" = ")).collect();
        Ok((!alike.is_empty()).then(|| {
            format!(
                "candidates that are the same to the model, so that their scores say nothing: {}",
                alike.join("; ")
            )
        }))
    }

    /// The steps of each class in turn, then the class names.
    fn used_texts(&self, template: &Template) -> impl Iterator<Item = String> {
        let sentences = self.candidates.iter().flat_map(|class| class.sentences(template));
        sentences.chain(self.candidates.iter().map(|class| class.name.clone()))
    }

    /// Used texts that are not embedded: the steps of each class, then the class names (for the mean-pool baseline).
    pub fn missing_texts(&self) -> Vec<String> {
        self.missing_texts_in(&self.settings.template)
    }

    pub fn missing_texts_in(&self, template: &Template) -> Vec<String> {
        if self.is_frozen() {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let is_missing = |text: &String| self.texts.number(text).is_none() && seen.insert(text.clone());
        self.used_texts(template).filter(is_missing).collect()
    }

    /// Adds embedded frames. Of a frame that is there already, only the rows are taken.
    pub fn add_frames(&mut self, frames: impl IntoIterator<Item = EmbeddedFrame>) {
        if self.frames.extend(frames) {
            self.forget_sums();
        }
        self.multiply();
    }

    /// The frames embedded so far of a clip with these ticks, each with the ordinal of its frame, and their products with the
    /// steps of the classes whose texts are all embedded. `None` if there is no class.
    pub fn sparse_clip(&self, ticks: &[(f64, u64)]) -> Option<SparseClip> {
        let Settings { method, smoothing_seconds, .. } = self.settings;
        let (known, slots) = self.known_ticks(ticks);
        let scripts = self.candidates.iter().enumerate();
        let (classes, scripts): (Vec<usize>, Vec<Vec<usize>>) =
            scripts.filter_map(|(class, candidate)| Some((class, self.script(candidate)?))).unzip();
        let products = scripts.iter().map(|script| self.texts.products_of(script, &slots)).collect();
        let times: Vec<f64> = ticks.iter().map(|&(time, _)| time).collect();
        let width = align::width_in_frames(smoothing_seconds, align::mean_rate(&times));
        let calibration = self.settings.calibration.map_or(self.own, Into::into);
        (!classes.is_empty()).then(|| SparseClip {
            rows: ticks.len(),
            known,
            frames: slots.iter().map(|&slot| self.frames.frames()[slot].embedding.clone()).collect(),
            classes,
            products,
            smoothing: Smoothing { width, preset: method.preset },
            method,
            calibration,
        })
    }

    /// Fills in the ticks whose frames are not embedded, each from its neighbours.
    pub fn fill_in(&mut self, ticks: &[(f64, u64)]) {
        let (known, slots) = self.known_ticks(ticks);
        if known.is_empty() {
            return;
        }
        let mixes = mixes(ticks.len(), &known).into_iter().zip(ticks);
        let unknown = mixes.enumerate().filter(|(row, _)| known.binary_search(row).is_err());
        let fill = |(_, (mix, &(time, ordinal))): (usize, (Mix, &(f64, u64)))| {
            let [from, to] = [mix.from, mix.to].map(|place| self.frames.raw(slots[place]));
            let embedding = from.iter().zip(to).map(|(&from, &to)| mix.of(from, to)).collect();
            EmbeddedFrame { ordinal, time, shown: Shown::once(time), embedding }
        };
        let frames: Vec<EmbeddedFrame> = unknown.map(fill).collect();
        self.add_frames(frames);
    }

    /// The ticks whose frames are embedded, and the slots of these frames.
    fn known_ticks(&self, ticks: &[(f64, u64)]) -> (Vec<usize>, Vec<usize>) {
        let slots: HashMap<u64, usize> = self.frames.shown_slots().collect();
        let known = ticks.iter().enumerate();
        known.filter_map(|(row, (_, ordinal))| Some((row, *slots.get(ordinal)?))).unzip()
    }

    /// Every embedded frame, also those that the sampling does not take.
    pub fn embedded_frames(&self) -> &[EmbeddedFrame] {
        self.frames.frames()
    }

    /// The rows of the clip that are embedded so far, in order of time. They share the embeddings.
    pub fn rows(&self) -> Vec<FrameRow> {
        self.frames.rows()
    }

    /// The same candidates, knobs and texts on a part of the clip: on the embedded frames that fill rows there.
    pub fn part(&self, rows: impl Fn(&EmbeddedFrame) -> Vec<f64>) -> Self {
        let mut part = self.without_frames();
        let frames = self.frames.frames().iter().filter_map(|frame| {
            let rows = rows(frame);
            let shown = Shown { rows, ..frame.shown.clone() };
            (!shown.rows.is_empty()).then(|| EmbeddedFrame { shown, ..frame.clone() })
        });
        part.add_frames(frames.collect::<Vec<_>>());
        part
    }

    /// Gives each embedded frame the rows of another sampling: none if that does not take it.
    pub fn choose_rows(&mut self, rows: impl Fn(&EmbeddedFrame) -> Vec<f64>) {
        if self.frames.choose_rows(rows) {
            self.forget_sums();
        }
    }

    fn forget_sums(&mut self) {
        self.texts.forget_sums();
        self.windows = None;
    }

    /// Adds embedded texts: text, raw embedding, whether it was cut. A text that is already there is ignored.
    pub fn add_texts(&mut self, texts: impl IntoIterator<Item = (String, Vec<f32>, bool)>) {
        self.texts.extend(texts);
        self.multiply();
    }

    fn multiply(&mut self) {
        if self.kept.is_none() {
            workers::install(|| self.texts.multiply(&self.frames));
        }
    }

    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Changes the candidates. An unchanged class keeps its outcome, the others have none until the next
    /// [`Exploration::refresh`]. Embeddings of unused texts are kept.
    pub fn set_candidates(&mut self, candidates: Vec<Candidate>) {
        // The matrices of a snapshot belong to its candidates.
        if candidates == self.candidates || self.is_frozen() {
            return;
        }
        let before = mem::replace(&mut self.candidates, candidates);
        let Outcome { times, ordinals, width, rule, classes, .. } = mem::take(&mut self.outcome);
        let mut before: Vec<_> = before.into_iter().zip(classes).collect();
        let kept = |candidate: &Candidate| {
            let at = before.iter().position(|(same, _)| same == candidate)?;
            before.swap_remove(at).1
        };
        let classes = self.candidates.iter().map(kept).collect();
        self.outcome = Outcome::new(times, ordinals, width, rule, classes);
        self.generation = next_generation();
    }

    /// Aligns every class whose steps are all embedded.
    ///
    /// # Errors
    /// If a matrix or the calibration holds a value that is not finite, or no path is allowed. The outcome then stays.
    pub fn refresh(&mut self) -> Result<(), AlignError> {
        workers::install(|| self.align())
    }

    /// Identifies the present alignments: changes with their matrices, and differs between explorations.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Numbers of a class's sentences; `None` if it has no step or not all are embedded.
    fn script(&self, candidate: &Candidate) -> Option<Vec<usize>> {
        let sentences = candidate.sentences(&self.settings.template);
        let script: Option<Vec<usize>> = sentences.map(|sentence| self.texts.number(&sentence)).collect();
        script.filter(|script| !script.is_empty())
    }
}
