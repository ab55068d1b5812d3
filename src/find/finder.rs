//! The search for moments of several scripts in one recording.

use std::io;
use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, concatenate, s};
use rayon::prelude::*;
use thiserror::Error;

use super::FindSettings;
use super::gains::{StepBackground, gains};
use super::overlap::overlap;
use super::recording::Recording;
use super::timeline::Timeline;
use crate::align::{
    self, AlignError, Aligner, MomentLimits, MomentPath, OrderEvidence, Rule, best_moment, moments,
    order_evidence,
};
use crate::script::Class;

/// Steps that are compared with all frames at a time.
const ROWS: usize = 256;
/// Number of candidates whose order evidence is computed in parallel.
const AT_ONCE: usize = 16;
/// Most moments of a class that are scored, those of the highest sums.
const OF_A_CLASS: usize = 1000;
/// Largest share of other orders of a script that may score as high as a moment.
const MOST_AS_HIGH: f64 = 0.1;

/// A class to look for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Unit embeddings of its steps, K×d.
    pub steps: Array2<f32>,
    /// The seed of the orders that its steps are shuffled into.
    pub order_seed: u64,
    /// Its own limits of duration in seconds, if the script has them.
    pub min_seconds: Option<f64>,
    pub max_seconds: Option<f64>,
}

impl Wanted {
    /// A class with the limits of its script: the fields `min_seconds` and `max_seconds`.
    ///
    /// # Errors
    /// If a limit is not a number of seconds.
    pub fn new(class: &Class, steps: Array2<f32>, order_seed: u64) -> Result<Self, InvalidLimit> {
        let limit = |field: &'static str| {
            let Some(value) = class.other.get(field) else { return Ok(None) };
            let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0);
            let invalid = || InvalidLimit { class: class.name.clone(), field, value: value.to_string() };
            seconds.map(Some).ok_or_else(invalid)
        };
        let (min_seconds, max_seconds) = (limit("min_seconds")?, limit("max_seconds")?);
        Ok(Self { steps, order_seed, min_seconds, max_seconds })
    }

    /// The same class with its steps from the last to the first: a control.
    pub fn reversed(&self) -> Self {
        Self { steps: self.steps.slice(s![..;-1, ..]).to_owned(), ..self.clone() }
    }
}

/// A class of the script file has a shortest or longest duration that is not a number of seconds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the class \"{class}\" has {field} {value}\nhelp: give a number of seconds, 0 or more")]
pub struct InvalidLimit {
    class: String,
    field: &'static str,
    value: String,
}

/// A moment of one of the classes.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMoment {
    pub class: usize,
    pub moment: MomentPath,
    /// The class that scores best within these frames among the others, and its score.
    pub rival: Option<(usize, f64)>,
    /// None for a script of one step.
    pub order: Option<OrderEvidence>,
}

/// The moments of a recording, best first.
#[derive(Debug)]
pub struct FoundMoments {
    pub moments: Vec<FoundMoment>,
    /// Number of better moments than the last whose script scores as high in other orders.
    pub unordered: usize,
    /// All stretches that a script fits better than the background, best first. The moments are among them.
    pub stretches: Vec<Stretch>,
    pub timeline: Timeline,
}

/// Frames that the script of a class fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    pub class: usize,
    pub frames: Range<usize>,
    pub score: f64,
}

impl FoundMoments {
    /// The best class and its score in each of so many equal parts of the recording; none where no script fits.
    pub fn best_by_time(&self, parts: usize) -> Vec<Option<(usize, f64)>> {
        let mut best = vec![None; parts];
        if self.timeline.is_empty() {
            return best;
        }
        let [first, end] = self.timeline.seconds(&(0..self.timeline.len()));
        let per_second = parts as f64 / (end - first).max(f64::MIN_POSITIVE);
        for Stretch { class, frames, score } in &self.stretches {
            let [from, to] = self.timeline.seconds(frames).map(|time| (time - first) * per_second);
            let covered = (from as usize).min(parts - 1)..(to.ceil() as usize).min(parts);
            // Better ones came before.
            for part in best[covered].iter_mut().filter(|part| part.is_none()) {
                *part = Some((*class, *score));
            }
        }
        best
    }
}

/// Why a recording cannot be searched.
#[derive(Debug, Error)]
pub enum FindError {
    #[error("cannot read the embeddings back: {0}")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Align(#[from] AlignError),
}

/// Looks for classes in recordings.
#[derive(Clone, Debug)]
pub struct Finder {
    classes: Vec<Wanted>,
    settings: FindSettings,
}

impl Finder {
    pub fn new(classes: Vec<Wanted>, settings: FindSettings) -> Self {
        Self { classes, settings }
    }

    /// The moments in the frames embedded so far.
    ///
    /// # Errors
    /// If an embedding is not finite, or the recording cannot be read back.
    pub fn find(&self, recording: &Recording) -> Result<FoundMoments, FindError> {
        let timeline = recording.timeline(self.settings.smoothing_seconds)?;
        Ok(self.find_in(timeline, &|| false)?.expect("nothing cancels it"))
    }

    /// The moments in these frames; `None` if `is_cancelled` becomes true.
    ///
    /// # Errors
    /// If an embedding is not finite.
    pub fn find_in(
        &self,
        timeline: Timeline,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<FoundMoments>, AlignError> {
        let mut found = FoundMoments { moments: Vec::new(), unordered: 0, stretches: Vec::new(), timeline };
        if !found.timeline.is_empty() {
            let search = Search::new(self, &found.timeline, is_cancelled);
            (found.moments, found.unordered, found.stretches) = search.run()?;
        }
        Ok((!is_cancelled()).then_some(found))
    }

    /// How it searches.
    pub fn settings(&self) -> FindSettings {
        self.settings
    }

    /// Where moments may be, in seconds, best first: as [`Finder::find`], but whatever the order of the steps says, and all of
    /// them.
    ///
    /// # Errors
    /// As [`Finder::find`].
    pub fn candidates(&self, recording: &Recording) -> Result<(Timeline, Vec<[f64; 2]>), FindError> {
        let timeline = recording.timeline(self.settings.smoothing_seconds)?;
        let mut search = Search::new(self, &timeline, &|| false);
        let candidates = if timeline.is_empty() { Vec::new() } else { search.candidates()? };
        let spans = candidates.iter().map(|(_, moment)| timeline.seconds(&moment.frames)).collect();
        Ok((timeline, spans))
    }
}

/// The search in the frames of a recording.
struct Search<'a> {
    finder: &'a Finder,
    timeline: &'a Timeline,
    /// The steps of all classes, one below the other, and which rows of them are those of each class.
    steps: Array2<f32>,
    rows: Vec<Range<usize>>,
    /// Of each step of each class.
    backgrounds: Vec<Vec<StepBackground>>,
    /// Once it is true, what is left is skipped.
    is_cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> Search<'a> {
    fn new(finder: &'a Finder, timeline: &'a Timeline, is_cancelled: &'a (dyn Fn() -> bool + Sync)) -> Self {
        let scripts: Vec<ArrayView2<f32>> = finder.classes.iter().map(|class| class.steps.view()).collect();
        let steps = if scripts.is_empty() {
            Array2::zeros((0, 0))
        } else {
            concatenate(Axis(0), &scripts).expect("scripts are of one space")
        };
        let mut end = 0;
        let rows = scripts.iter().map(|script| {
            end += script.nrows();
            end - script.nrows()..end
        });
        let rows = rows.collect();
        Self { finder, timeline, steps, rows, backgrounds: Vec::new(), is_cancelled }
    }

    fn run(mut self) -> Result<(Vec<FoundMoment>, usize, Vec<Stretch>), AlignError> {
        let settings = &self.finder.settings;
        let candidates = self.candidates()?;
        let stretch = |(class, moment): &(usize, MomentPath)| Stretch {
            class: *class,
            frames: moment.frames.clone(),
            score: moment.score,
        };
        let stretches = candidates.iter().map(stretch).collect();
        let (mut found, mut unordered) = (Vec::new(), 0);
        let is_free = |found: &[(usize, MomentPath, _)], moment: &MomentPath| {
            !settings.competes || !found.iter().any(|(_, other, _)| overlap(&other.frames, &moment.frames))
        };
        let mut left = candidates.into_iter();
        while found.len() < settings.max_moments && !(self.is_cancelled)() {
            let free = left.by_ref().filter(|(_, moment)| is_free(&found, moment));
            let next: Vec<(usize, MomentPath)> = free.take(AT_ONCE).collect();
            if next.is_empty() {
                break;
            }
            let order = |(class, moment): &(usize, MomentPath)| self.order(*class, &moment.frames);
            let orders: Vec<_> = next.par_iter().map(order).collect::<Result<_, AlignError>>()?;
            for ((class, moment), order) in next.into_iter().zip(orders) {
                // Those before it may have taken its frames.
                if found.len() == settings.max_moments || !is_free(&found, &moment) {
                    continue;
                }
                if order.is_some_and(|order| !beats_other_orders(order)) {
                    unordered += 1;
                    continue;
                }
                found.push((class, moment, order));
            }
        }
        let rival = |(class, moment, order): (usize, MomentPath, Option<OrderEvidence>)| {
            let rival = self.rival(class, &moment.frames)?;
            Ok(FoundMoment { class, moment, rival, order })
        };
        let moments = found.into_par_iter().map(rival).collect::<Result<_, AlignError>>()?;
        Ok((moments, unordered, stretches))
    }

    /// Moments that score enough, best first. Keeps the backgrounds.
    fn candidates(&mut self) -> Result<Vec<(usize, MomentPath)>, AlignError> {
        let settings = &self.finder.settings;
        let mut candidates = self.of_all_classes()?;
        candidates.retain(|(_, moment)| moment.score >= settings.min_score);
        candidates.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        Ok(candidates)
    }

    /// Moments of every class. Keeps the backgrounds.
    fn of_all_classes(&mut self) -> Result<Vec<(usize, MomentPath)>, AlignError> {
        let mut candidates = Vec::new();
        let mut first = 0;
        while first < self.finder.classes.len() {
            if (self.is_cancelled)() {
                break;
            }
            let group = self.group(first);
            let above = self.rows[first].start;
            let steps = self.steps.slice(s![above..self.rows[group.end - 1].end, ..]);
            let cosines = self.timeline.cosines(steps, 0..self.timeline.len());
            let of_class = |class: usize| {
                if (self.is_cancelled)() {
                    return Ok(Default::default());
                }
                let Range { start, end } = self.rows[class];
                let cosines = cosines.slice(s![start - above..end - above, ..]);
                let percentile = self.finder.settings.background_of(self.timeline.duration());
                let backgrounds: Vec<StepBackground> =
                    cosines.axis_iter(Axis(0)).map(|row| StepBackground::of(row, percentile)).collect();
                let gains = gains(cosines.to_owned(), &backgrounds);
                Ok((backgrounds, moments(gains.view(), self.limits(class), OF_A_CLASS)?))
            };
            let found: Vec<(Vec<StepBackground>, Vec<MomentPath>)> =
                group.clone().into_par_iter().map(of_class).collect::<Result<_, AlignError>>()?;
            for (class, (backgrounds, moments)) in group.clone().zip(found) {
                self.backgrounds.push(backgrounds);
                candidates.extend(moments.into_iter().map(|moment| (class, moment)));
            }
            first = group.end;
        }
        Ok(candidates)
    }

    /// Classes from `first` on whose steps are compared with the frames together: at least one.
    fn group(&self, first: usize) -> Range<usize> {
        let above = self.rows[first].start;
        let count = self.rows[first..].iter().take_while(|rows| rows.end - above <= ROWS).count();
        first..first + count.max(1)
    }

    fn limits(&self, class: usize) -> MomentLimits {
        let (settings, class) = (&self.finder.settings, &self.finder.classes[class]);
        let rate = self.timeline.rate();
        let frames = |seconds: f64| align::width_in_frames(seconds, rate).max(1);
        let shortest = frames(class.min_seconds.unwrap_or(settings.min_seconds));
        let longest = frames(class.max_seconds.unwrap_or(settings.max_seconds));
        MomentLimits { frames: (shortest, longest), gap: settings.gap }
    }

    /// Gains of a class in some frames.
    fn gains(&self, class: usize, frames: Range<usize>) -> Array2<f32> {
        let cosines = self.timeline.cosines(self.finder.classes[class].steps.view(), frames);
        gains(cosines, &self.backgrounds[class])
    }

    /// Whether the order of the steps matters around a moment: half of its length on both sides belongs to what is compared.
    fn order(&self, class: usize, frames: &Range<usize>) -> Result<Option<OrderEvidence>, AlignError> {
        let half = frames.len() / 2;
        let around = frames.start.saturating_sub(half)..(frames.end + half).min(self.timeline.len());
        // Gains are above the background, whose own gain is 0.
        let rule = Rule { background: 0.0, ..Rule::from(Aligner::Drop) };
        order_evidence(rule, self.gains(class, around).view(), self.finder.classes[class].order_seed)
    }

    /// The class that scores best within some frames, but for one.
    fn rival(&self, own: usize, frames: &Range<usize>) -> Result<Option<(usize, f64)>, AlignError> {
        if (self.is_cancelled)() {
            return Ok(None);
        }
        let cosines = self.timeline.cosines(self.steps.view(), frames.clone());
        let score = |class: usize| {
            let cosines = cosines.slice(s![self.rows[class].clone(), ..]).to_owned();
            let gains = gains(cosines, &self.backgrounds[class]);
            let moment = best_moment(gains.view(), self.finder.settings.gap)?;
            Ok(moment.map(|moment| (class, moment.score)))
        };
        let others = (0..self.finder.classes.len()).filter(|&class| class != own);
        let scores: Vec<_> = others.map(score).collect::<Result<_, AlignError>>()?;
        Ok(scores.into_iter().flatten().max_by(|a, b| a.1.total_cmp(&b.1)))
    }
}

/// Whether the script as written scores higher than almost all of its other orders.
fn beats_other_orders(order: OrderEvidence) -> bool {
    let allowed = (MOST_AS_HIGH * (1 + order.permutations) as f64) as usize;
    order.as_high() <= allowed.saturating_sub(1)
}
