//! One clip with its candidates and the cursor in it, as plain data.

use std::collections::HashSet;

use ndarray::Array2;

use crate::align::Rule;
use crate::explore::knobs::KnobValues;
use crate::explore::{
    Candidate, ClassOutcome, ClassReport, Exploration, Seen, Settings, Settling, Sources, StepMaps, Thumbnail,
};
use crate::script::{Class, ClassId, Document};
use crate::tui::moments::Moments;
use crate::tui::patches::FrameMap;
use crate::tui::thumbnails::{Film, Thumbnails};
use crate::video::{Faults, Sampling, Segment, Ticks, VideoInfo};

/// The progress of a clip's background job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Frames that the sampling is expected to give, or gave.
    pub expected_frames: Option<usize>,
    /// Frames decoded so far.
    pub decoded: usize,
    pub all_decoded: bool,
    /// The ticks of the clip, each with the ordinal of its frame, once all is decoded and frames are left to embed.
    pub ticks: Vec<(f64, u64)>,
    /// Faults of the clip, once all is decoded.
    pub faults: Faults,
    /// Texts still to embed for the present template.
    pub texts_missing: usize,
    /// Texts of other templates that are being embedded meanwhile.
    pub texts_to_prefetch: usize,
    /// When the first and the last frames were embedded, in seconds since the start.
    pub embedding_span: Option<(f64, f64)>,
    /// Frames embedded within that span, without the first batch, whose duration is not known.
    pub embedded_in_span: usize,
    /// Whether all frames and texts in use are embedded.
    pub idle: bool,
}

impl Progress {
    /// Frames embedded per second, after the second batch.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = self.embedding_span?;
        (last > first).then(|| self.embedded_in_span as f64 / (last - first))
    }
}

/// Settings and ranking to compare the present ones with.
#[derive(Clone, Debug)]
pub struct Pinned {
    pub settings: Settings,
    /// Smoothing width in frames.
    pub width: usize,
    pub rule: Rule,
    /// Place in the ranking, from 1, and score of each class that was aligned.
    pub places: Vec<Option<(usize, f64)>>,
}

/// The answer of a vision-language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vision {
    /// It is being asked.
    Asked,
    /// The clip shows this class.
    Says(ClassId),
}

/// A second matrix, shaded on one scale with the first.
#[derive(Clone, Debug)]
pub struct Above {
    /// Index of its class.
    pub class: usize,
    pub outcome: ClassOutcome,
    /// Shades of the matrix, K×T.
    pub shades: Array2<f32>,
}

/// A clip with its candidates, and the selection and the cursor in it.
pub struct Clip {
    /// Its name among the clips.
    pub id: String,
    /// Index of the true candidate, if known.
    pub answer: Option<usize>,
    /// Script of the true class, if known.
    pub truth: Option<ClassId>,
    /// Scripts of the candidates, in their order.
    pub ids: Vec<ClassId>,
    /// The only scripts that may be candidates, including deleted ones; `None` for all.
    pub members: Option<Vec<ClassId>>,
    /// Scripts of the candidates in the order in which they were given.
    pub as_given: Vec<ClassId>,
    /// Whether the clip has steps of its own, from its dataset, so that edits of scripts do not change it.
    pub has_own_scripts: bool,
    /// Kinds of clip, such as `late-start`.
    pub groups: Vec<String>,
    pub exploration: Exploration,
    pub sources: Sources,
    pub sampling: Sampling,
    /// Which of the open models embeds it.
    pub model: usize,
    /// This clip under each open model, as indices that include its own; empty with one model.
    pub twins: Vec<usize>,
    /// Ordinals of the frames of the present background job.
    pub sampled: HashSet<u64>,
    /// Number of the background job that embeds it.
    pub job: Option<u64>,
    /// The clip's header, once it is open.
    pub info: Option<VideoInfo>,
    pub progress: Progress,
    /// Index of the selected class.
    pub selected: usize,
    /// Whether the user selected it. Otherwise the first of the ranking is selected.
    pub has_selected: bool,
    /// Only candidates that match this text are listed.
    pub filter: String,
    /// The class that the selected one is compared with.
    pub compared: Option<usize>,
    pub pinned: Option<Pinned>,
    pub vision: Option<Vision>,
    /// The selected step. `None` is the step of the path at the cursor.
    pub step: Option<usize>,
    /// The time cursor, in seconds.
    pub cursor: f64,
    /// First and last second that matrix and film show; `None` for all.
    pub zoom: Option<(f64, f64)>,
    /// The moments of the candidates, from when the user asks for them.
    pub moments: Option<Moments>,
    /// The clip that this one is a part of, as an index.
    pub part_of: Option<usize>,
    /// Shades of the selected class' matrix, K×T.
    pub shades: Option<Array2<f32>>,
    /// Smallest and largest value of the matrices on the screen.
    pub range: (f32, f32),
    /// The matrix above it: of the compared class, or of the same class before smoothing.
    pub above: Option<Above>,
    pub thumbnails: Thumbnails,
    /// Further thumbnails of the seconds that are shown.
    pub film: Film,
    /// The map of a frame that a snapshot has.
    pub saved_patches: Option<FrameMap>,
    /// The maps of the steps, once their view was opened.
    pub maps: Option<Box<StepMaps>>,
    /// Whether maps are being computed.
    pub maps_asked: bool,
    /// Generation of the alignments whose order evidence was asked for, and the class that was asked for beside the first.
    pub evidence_asked: Option<(u64, Option<usize>)>,
    /// Generation and classes whose scores without each step were asked for.
    pub without_asked: Option<(u64, [usize; 2])>,
    /// Whether the winner is settled before all frames are embedded.
    pub early: Early,
    /// Whether the alignments are older than embeddings or knobs.
    pub stale: bool,
}

/// Whether the frames left of a clip can still change its winner, as far as that was found.
#[derive(Debug, Default)]
pub struct Early {
    /// The knobs and candidates of the question.
    pub of: Option<(Settings, Vec<Candidate>)>,
    pub settling: Settling,
    /// Generation of the alignments for which it was asked last.
    pub asked: Option<u64>,
    /// Whether an answer is to come.
    pub is_asked: bool,
    /// The class that no other can plausibly overtake, and how much had been seen then.
    pub settled: Option<(usize, Seen)>,
}

impl Clip {
    /// A clip before anything is embedded.
    pub fn new(
        id: String,
        answer: Option<usize>,
        groups: Vec<String>,
        exploration: Exploration,
        sources: Sources,
        sampling: Sampling,
    ) -> Self {
        let progress = Progress { texts_missing: exploration.missing_texts().len(), ..Progress::default() };
        Self {
            id,
            answer,
            truth: None,
            ids: Vec::new(),
            members: None,
            as_given: Vec::new(),
            has_own_scripts: false,
            groups,
            exploration,
            sources,
            sampling,
            model: 0,
            twins: Vec::new(),
            sampled: HashSet::new(),
            job: None,
            info: None,
            progress,
            selected: 0,
            has_selected: false,
            filter: String::new(),
            compared: None,
            pinned: None,
            vision: None,
            step: None,
            cursor: 0.0,
            zoom: None,
            moments: None,
            part_of: None,
            shades: None,
            range: (f32::INFINITY, f32::NEG_INFINITY),
            above: None,
            thumbnails: Thumbnails::default(),
            film: Film::default(),
            saved_patches: None,
            maps: None,
            maps_asked: false,
            evidence_asked: None,
            without_asked: None,
            early: Early::default(),
            stale: true,
        }
    }

    /// Finds the scripts of the candidates, by name and domain.
    pub fn find_scripts(&mut self, scripts: &Document) {
        let candidates = self.exploration.candidates();
        let find = |candidate: &Candidate| {
            let is_it = |(id, class): &(ClassId, &Class)| {
                class.name == candidate.name && scripts.domain_of(*id) == candidate.domain
            };
            scripts.classes().find(is_it).map(|(id, _)| id)
        };
        let ids: Vec<ClassId> = candidates.iter().filter_map(find).collect();
        self.truth = self.answer.and_then(|answer| ids.get(answer).copied());
        self.members = (ids != scripts.ids()).then(|| ids.clone());
        self.as_given.clone_from(&ids);
        let is_own = |(candidate, &id): (&Candidate, &ClassId)| {
            scripts.class(id).is_none_or(|class| class.steps != candidate.steps)
        };
        self.has_own_scripts = ids.len() == candidates.len() && candidates.iter().zip(&ids).any(is_own);
        self.ids = ids;
    }

    /// Selects a class for the user.
    pub fn select(&mut self, class: usize) {
        if class != self.selected {
            self.step = None;
        }
        (self.selected, self.has_selected) = (class, true);
    }

    /// See [`Clip::outcome_of`].
    pub fn selected_outcome(&self) -> Option<&ClassOutcome> {
        self.outcome_of(self.selected)
    }

    /// The values of the present knobs.
    pub fn knob_values(&self) -> KnobValues<'_> {
        KnobValues::new(self.exploration.settings(), self.exploration.outcome().width, &self.exploration)
    }

    /// The classes that match the filter: ranked ones first, then the others in their order.
    pub fn listed(&self) -> Vec<usize> {
        let ranking = &self.exploration.outcome().ranking;
        let candidates = self.exploration.candidates();
        let others = (0..candidates.len()).filter(|class| !ranking.contains(class));
        let filter = self.filter.to_lowercase();
        let matches = |class: &usize| {
            let Candidate { domain, name, .. } = &candidates[*class];
            format!("{name} {domain}").to_lowercase().contains(&filter)
        };
        ranking.iter().copied().chain(others).filter(matches).collect()
    }

    /// How much was seen when the winner on the screen was settled, if it is.
    pub fn settled(&self) -> Option<Seen> {
        let (class, seen) = self.early.settled?;
        (self.exploration.outcome().ranking.first() == Some(&class)).then_some(seen)
    }

    /// Index of the embedded frame nearest to the cursor.
    pub fn cursor_frame(&self) -> Option<usize> {
        nearest(&self.exploration.outcome().times, self.cursor)
    }

    /// Ordinal and time of the frame at the cursor: of the nearest embedded one, or else of the nearest thumbnail.
    pub fn frame_at_cursor(&self) -> Option<(u64, f64)> {
        let outcome = self.exploration.outcome();
        let embedded = self.cursor_frame().map(|at| (outcome.ordinals[at], outcome.times[at]));
        let pictured =
            || self.thumbnail(self.cursor).map(|(_, found)| (found.picture.ordinal, found.picture.time));
        embedded.or_else(pictured)
    }

    /// Matrix and path of a class, if it is aligned.
    pub fn outcome_of(&self, class: usize) -> Option<&ClassOutcome> {
        self.exploration.outcome().classes.get(class)?.as_ref()
    }

    /// A pair with what each step adds to their scores; `None` where one is not aligned.
    pub fn explained(&self, [first, second]: [usize; 2]) -> Option<[ClassReport; 2]> {
        let outcome = self.exploration.outcome();
        let report = |class: usize| {
            let name = &self.exploration.candidates().get(class)?.name;
            Some(ClassReport::without_path(class, name, outcome)?.with_effects(outcome))
        };
        Some([report(first)?, report(second)?])
    }

    /// The texts of a class' steps.
    pub fn steps(&self, class: usize) -> &[String] {
        self.exploration.candidates().get(class).map_or(&[], |candidate| &candidate.steps)
    }

    /// The step that commands act on: the selected one, else the one under the cursor.
    pub fn focus_step(&self) -> Option<usize> {
        let steps = self.exploration.candidates().get(self.selected)?.steps.len();
        self.step.or_else(|| self.step_at_cursor(self.selected)).filter(|&step| step < steps)
    }

    /// The thumbnail at a time with its own time in microseconds, if that part is decoded.
    pub fn thumbnail(&self, time: f64) -> Option<(i64, &Thumbnail)> {
        let decoded_until = self.thumbnails.span().map_or(f64::NEG_INFINITY, |(_, last)| last);
        let kept = self.thumbnails.at(time).filter(|_| self.progress.all_decoded || time <= decoded_until);
        // The first one stands in before its time.
        let is_before = |(microsecond, _): (i64, &Thumbnail)| microsecond as f64 <= time * 1e6;
        let is_later = |further: i64| kept.is_none_or(|kept| !is_before(kept) || kept.0 < further);
        let further =
            self.film.pictures.at(time).filter(|&further| is_before(further) && is_later(further.0));
        further.or(kept)
    }

    /// Width and height of a small picture of the clip; as long as there is none, the usual ones.
    pub fn picture_size(&self) -> (u32, u32) {
        self.thumbnails.at(0.0).map_or((16, 9), |(_, thumbnail)| thumbnail.small.dimensions())
    }

    /// Which rows a picture fills under the sampling, in a segment of the video.
    pub fn ticks(&self, segment: Segment) -> Ticks {
        let tolerance = self.info.as_ref().map_or(0.0, |info| info.tolerance);
        Ticks::new(self.sampling, segment, tolerance)
    }

    /// The part of the video that the clip is.
    pub fn segment(&self) -> Segment {
        Segment { start: self.sources.start, end: self.sources.end }
    }

    /// First and last second that matrix and film show.
    pub fn window(&self) -> (f64, f64) {
        self.zoom.unwrap_or_else(|| self.span())
    }

    /// First and last second of the time axis.
    pub fn span(&self) -> (f64, f64) {
        let times = &self.exploration.outcome().times;
        let embedded = times.first().copied().zip(times.last().copied());
        let pictured = self.thumbnails.span();
        let ends = [embedded, pictured].into_iter().flatten();
        let (first, last) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or_default();
        let decoded = self.progress.decoded.max(times.len()).max(2);
        let step = (last - first) / (decoded - 1) as f64;
        let duration = self.info.as_ref().and_then(|info| info.duration).unwrap_or(0.0);
        let duration = self.sources.end.map_or(duration, |end| end.min(duration));
        let end = if self.progress.all_decoded { last + step } else { (last + step).max(duration) };
        (first, if end > first { end } else { first + 1.0 })
    }
}

/// Index of the value of an ascending slice that is nearest to `time`.
pub fn nearest(times: &[f64], time: f64) -> Option<usize> {
    let after = times.partition_point(|&t| t < time);
    let distance = |at: usize| (times[at] - time).abs();
    let beside = after.saturating_sub(1)..(after + 1).min(times.len());
    beside.min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_at_either_end_and_between() {
        assert_eq!(nearest(&[], 1.0), None);
        assert_eq!(nearest(&[0.0, 1.0, 2.0], 1.4), Some(1));
        assert_eq!(nearest(&[0.0, 1.0, 2.0], 9.0), Some(2));
        assert_eq!(nearest(&[0.0, 1.0, 2.0], -9.0), Some(0));
    }
}
