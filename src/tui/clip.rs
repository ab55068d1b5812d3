//! One clip on the screen, as plain data.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ndarray::Array2;

use crate::align::Rule;
use crate::explore::{Candidate, ClassOutcome, Exploration, Picture, Settings, Sources, StepMaps, Thumbnail};
use crate::script::{Class, ClassId, Document};
use crate::video::{Faults, Sampling, VideoInfo};

/// Thumbnails kept at most: more than a film strip can show, whatever the clip's length.
const THUMBNAILS: usize = 1024;

/// How far the background work is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Frames that the sampling is expected to give, or gave.
    pub expected_frames: Option<usize>,
    /// Frames decoded.
    pub decoded: usize,
    /// Whether the last frame is decoded.
    pub all_decoded: bool,
    /// What is wrong with the clip, once the last frame is decoded.
    pub faults: Faults,
    /// Texts still to embed for the present template.
    pub texts_missing: usize,
    /// Texts of other templates that are being embedded meanwhile.
    pub texts_to_prefetch: usize,
    /// When the first and the last frames were embedded, in seconds since the start.
    pub embedding_span: Option<(f64, f64)>,
    /// Frames embedded within that span: those of the first batch are not, for its duration is not known.
    pub embedded_in_span: usize,
    /// Nothing is left to embed of what is shown.
    pub idle: bool,
}

impl Progress {
    /// Frames embedded per second, once that can be told.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = self.embedding_span?;
        (last > first).then(|| self.embedded_in_span as f64 / (last - first))
    }
}

/// A moment that the present one is held against.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// The knobs.
    pub settings: Settings,
    /// Smoothing width in frames.
    pub width: usize,
    /// What the classes were aligned by.
    pub rule: Rule,
    /// Place of each class in the ranking, from 1, and its score; none where it was not aligned.
    pub places: Vec<Option<(usize, f64)>>,
}

/// What a vision-language model says of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vision {
    /// It is being asked.
    Asked,
    /// That it shows this class.
    Says(ClassId),
}

/// A second matrix, shaded on one scale with the first.
#[derive(Clone, Debug)]
pub struct Above {
    /// Index of its class.
    pub class: usize,
    /// Matrix and path.
    pub outcome: ClassOutcome,
    /// Shades of the matrix, K×T.
    pub shades: Array2<f32>,
}

/// A clip with its candidates, and where the user is in it.
pub struct Clip {
    /// Its name, which tells it from the other clips.
    pub id: String,
    /// Index of the candidate that it shows, where that is known.
    pub answer: Option<usize>,
    /// The script of the class that it shows, where that is known.
    pub truth: Option<ClassId>,
    /// The scripts of its candidates, in their order.
    pub ids: Vec<ClassId>,
    /// The scripts that it is compared with, those that were deleted among them; none stands for all.
    pub members: Option<Vec<ClassId>>,
    /// The scripts of its candidates in the order in which they were given.
    pub as_given: Vec<ClassId>,
    /// Whether its candidates have other steps than the scripts, as where each clip brings its own: edits do not reach it.
    pub has_own_scripts: bool,
    /// What kind of clip it is.
    pub groups: Vec<String>,
    /// Embeddings, knobs and alignments.
    pub exploration: Exploration,
    /// Where everything came from.
    pub sources: Sources,
    /// Which of its frames are taken.
    pub sampling: Sampling,
    /// Ordinals of the frames that the present background work has told of.
    pub sampled: HashSet<u64>,
    /// Number of the background work that embeds it, if there is one.
    pub job: Option<u64>,
    /// The clip's header, once it is open.
    pub info: Option<VideoInfo>,
    /// How far the background work is.
    pub progress: Progress,
    /// Index of the selected class.
    pub selected: usize,
    /// Whether the user has chosen a class; until then the leading one is selected.
    pub has_selected: bool,
    /// Only candidates that match this text are listed; empty lists all.
    pub filter: String,
    /// The class that the selected one is compared with.
    pub compared: Option<usize>,
    /// The settings and ranking that the present ones are held against.
    pub pinned: Option<Pinned>,
    /// What a vision-language model says that the clip shows.
    pub vision: Option<Vision>,
    /// The selected step; none follows the cursor along the path.
    pub step: Option<usize>,
    /// The time cursor, in seconds.
    pub cursor: f64,
    /// Shades of the selected class' matrix, K×T.
    pub shades: Option<Array2<f32>>,
    /// The matrix above it: of the class it is compared with, or the same class before smoothing.
    pub above: Option<Above>,
    /// Small pictures by time, in order.
    pub thumbnails: Thumbnails,
    /// The maps of the steps, once they were looked at.
    pub maps: Option<Box<StepMaps>>,
    /// Whether maps are being computed.
    pub maps_asked: bool,
    /// Number of the alignments whose order evidence was asked for.
    pub evidence_asked: Option<u64>,
    /// Whether alignments are older than embeddings or knobs.
    pub stale: bool,
}

impl Clip {
    /// A clip of which nothing is embedded.
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
            shades: None,
            above: None,
            thumbnails: Thumbnails::default(),
            maps: None,
            maps_asked: false,
            evidence_asked: None,
            stale: true,
        }
    }

    /// Finds the scripts of its candidates among all.
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

    /// Matrix and path of the selected class, if it is aligned.
    pub fn selected_outcome(&self) -> Option<&ClassOutcome> {
        self.outcome_of(self.selected)
    }

    /// Classes in the order in which they are listed: ranked ones first, then the others as given; those that do not
    /// match the filter are left out.
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

    /// Index of the embedded frame nearest to the cursor.
    pub fn cursor_frame(&self) -> Option<usize> {
        nearest(&self.exploration.outcome().times, self.cursor)
    }

    /// Matrix and path of a class, if it is aligned.
    pub fn outcome_of(&self, class: usize) -> Option<&ClassOutcome> {
        self.exploration.outcome().classes.get(class)?.as_ref()
    }

    /// Step that the path of a class gives to the frame under the cursor: the last one, if there are several.
    pub fn step_at_cursor(&self, class: usize) -> Option<usize> {
        let frame = self.cursor_frame()?;
        let path = &self.outcome_of(class)?.alignment.path;
        path.iter().rev().find(|&&(_, t)| t == frame).map(|&(k, _)| k)
    }

    /// The frame at which the selected class' path enters a step, by its index.
    pub fn entry_of(&self, step: usize) -> Option<usize> {
        let path = &self.selected_outcome()?.alignment.path;
        path.iter().find(|&&(k, _)| k == step).map(|&(_, frame)| frame)
    }

    /// The step that commands about steps mean: the one that the user has selected, else the one under the cursor.
    pub fn focus_step(&self) -> Option<usize> {
        let steps = self.exploration.candidates().get(self.selected)?.steps.len();
        self.step.or_else(|| self.step_at_cursor(self.selected)).filter(|&step| step < steps)
    }

    /// The small picture at a time, with its own time in microseconds; none where it is not decoded yet.
    pub fn thumbnail(&self, time: f64) -> Option<(i64, &Thumbnail)> {
        let decoded_until = self.thumbnails.span().map_or(f64::NEG_INFINITY, |(_, last)| last);
        self.thumbnails.at(time).filter(|_| self.progress.all_decoded || time <= decoded_until)
    }

    /// Seconds that the time axis spans.
    pub fn span(&self) -> (f64, f64) {
        let times = &self.exploration.outcome().times;
        let (first, last) = self.thumbnails.span().unwrap_or((0.0, 0.0));
        let first = times.first().copied().unwrap_or(first).min(first);
        let last = times.last().copied().unwrap_or(last).max(last);
        let decoded = self.progress.decoded.max(times.len()).max(2);
        let step = (last - first) / (decoded - 1) as f64;
        let duration = self.info.as_ref().and_then(|info| info.duration).unwrap_or(0.0);
        let end = if self.progress.all_decoded { last + step } else { (last + step).max(duration) };
        (first, if end > first { end } else { first + 1.0 })
    }
}

/// Index of the value of an ascending slice that is nearest to `time`.
pub fn nearest(times: &[f64], time: f64) -> Option<usize> {
    let after = times.partition_point(|&t| t < time);
    let candidates = [after.checked_sub(1), (after < times.len()).then_some(after)];
    candidates
        .into_iter()
        .flatten()
        .min_by(|&a, &b| (times[a] - time).abs().total_cmp(&(times[b] - time).abs()))
}

/// Pictures by presentation time; a long clip keeps an even selection.
#[derive(Default)]
pub struct Thumbnails {
    by_microsecond: BTreeMap<i64, Thumbnail>,
}

impl Thumbnails {
    /// Adds the pictures of a frame. Whoever has many frames gives those of an even selection, as `explore` does.
    pub fn push(&mut self, thumbnail: Thumbnail) {
        self.by_microsecond.insert((thumbnail.picture.time * 1e6).round() as i64, thumbnail);
        if self.by_microsecond.len() > THUMBNAILS {
            let mut keep = false;
            self.by_microsecond.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }

    /// Drops the pictures of frames that `keep`, given their ordinals, does not keep.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        self.by_microsecond.retain(|_, thumbnail| keep(thumbnail.picture.ordinal));
    }

    /// The last picture at or before a time, or else the first one, with its own time in microseconds.
    pub fn at(&self, time: f64) -> Option<(i64, &Thumbnail)> {
        let key = (time * 1e6).round() as i64;
        let before = self.by_microsecond.range(..=key).next_back();
        before
            .or_else(|| self.by_microsecond.iter().next())
            .map(|(&microsecond, thumbnail)| (microsecond, thumbnail))
    }

    /// The larger pictures, in order.
    pub fn pictures(&self) -> impl Iterator<Item = &Arc<Picture>> {
        self.by_microsecond.values().map(|thumbnail| &thumbnail.picture)
    }

    /// Times of the first and the last picture, in seconds.
    pub fn span(&self) -> Option<(f64, f64)> {
        let (first, _) = self.by_microsecond.first_key_value()?;
        let (last, _) = self.by_microsecond.last_key_value()?;
        Some((*first as f64 / 1e6, *last as f64 / 1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    #[test]
    fn thumbnails_of_a_long_clip_stay_few_and_even() {
        let mut thumbnails = Thumbnails::default();
        for i in 0..10_000_usize {
            if !i.is_multiple_of((i / THUMBNAILS + 1).next_power_of_two()) {
                continue;
            }
            let picture = Picture { ordinal: i as u64, time: i as f64, jpeg: Vec::new() };
            thumbnails.push(Thumbnail { small: RgbImage::new(1, 1), picture: Arc::new(picture) });
        }
        assert!(thumbnails.by_microsecond.len() <= THUMBNAILS);
        let times: Vec<i64> = thumbnails.by_microsecond.keys().copied().collect();
        let gaps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        assert!(gaps.iter().all(|&gap| gap == gaps[0]), "even");
    }

    #[test]
    fn nearest_is_the_nearest() {
        assert_eq!(nearest(&[], 1.0), None);
        assert_eq!(nearest(&[0.0, 1.0, 2.0], 1.4), Some(1));
        assert_eq!(nearest(&[0.0, 1.0, 2.0], 9.0), Some(2));
        assert_eq!(nearest(&[0.0, 1.0, 2.0], -9.0), Some(0));
    }
}
