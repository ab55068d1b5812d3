//! Moments in a clip whose embeddings are in memory, as the explorer finds them.

use super::finder::{Finder, Wanted};
use super::report::MomentReport;
use super::timeline::Timeline;
use super::{FindSettings, InvalidLimit};
use crate::align::AlignError;
use crate::explore::{Exploration, FrameRow};
use crate::script::Class;

/// Equal parts of a clip whose best class is kept: more than the columns of a terminal.
const PARTS: usize = 1024;

/// A search in the frames that a clip has so far. It shares their embeddings, and can run on another thread.
#[derive(Debug)]
pub struct MomentSearch {
    finder: Finder,
    rows: Vec<FrameRow>,
    /// Index of each class that is looked for.
    classes: Vec<usize>,
    /// Their names.
    names: Vec<String>,
}

/// What is found in a clip, in seconds and without its embeddings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipMoments {
    /// Best first.
    pub moments: Vec<ClipMoment>,
    /// The best class and its score in each of a number of equal parts of the clip; none where no script fits.
    pub best: Vec<Option<(usize, f64)>>,
    /// Moments that the same steps in other orders explain as well; they are left out.
    pub unordered: usize,
    /// Frames that were searched.
    pub frames: usize,
    /// When they begin and end, in seconds.
    pub span: [f64; 2],
}

/// A moment, with the index of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipMoment {
    pub class: usize,
    pub found: MomentReport,
}

impl ClipMoment {
    /// Whether it shows this time, in seconds.
    pub fn contains(&self, time: f64) -> bool {
        (self.found.start..self.found.end).contains(&time)
    }
}

impl MomentSearch {
    /// A search for the candidates of an exploration whose steps are all embedded, smoothed as it is. `classes` has the script
    /// of each, whose limits of duration count; none where it is not known.
    ///
    /// # Errors
    /// If a limit is not a number of seconds.
    pub fn new(exploration: &Exploration, classes: &[Option<&Class>]) -> Result<Self, InvalidLimit> {
        let settings = FindSettings {
            smoothing_seconds: exploration.settings().smoothing_seconds,
            ..FindSettings::DEFAULT
        };
        let (mut wanted, mut places, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for (index, candidate) in exploration.candidates().iter().enumerate() {
            let Some(steps) = exploration.script_embeddings(index) else { continue };
            let seed = candidate.order_seed();
            wanted.push(match classes.get(index).copied().flatten() {
                Some(class) => Wanted::new(class, steps, seed)?,
                None => Wanted { steps, order_seed: seed, min_seconds: None, max_seconds: None },
            });
            places.push(index);
            names.push(candidate.name.clone());
        }
        Ok(Self { finder: Finder::new(wanted, settings), rows: exploration.rows(), classes: places, names })
    }

    /// Runs the search, which takes seconds for an hour of video. Returns `None` if `is_cancelled` becomes true.
    ///
    /// # Errors
    /// If an embedding is not finite.
    pub fn run(self, is_cancelled: impl Fn() -> bool + Sync) -> Result<Option<ClipMoments>, AlignError> {
        let Self { finder, rows, classes, names } = self;
        let timeline = Timeline::of_rows(rows, finder.settings().smoothing_seconds);
        let Some(found) = finder.find_in(timeline, &is_cancelled)? else { return Ok(None) };
        let timeline = &found.timeline;
        let moment = |moment| {
            let report = MomentReport::new(moment, timeline, &names);
            ClipMoment { class: classes[moment.class], found: report }
        };
        let best = found.best_by_time(PARTS).into_iter();
        Ok(Some(ClipMoments {
            moments: found.moments.iter().map(moment).collect(),
            best: best.map(|best| best.map(|(class, score)| (classes[class], score))).collect(),
            unordered: found.unordered,
            frames: timeline.len(),
            span: if timeline.is_empty() { [0.0; 2] } else { timeline.seconds(&(0..timeline.len())) },
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::align::Calibration;
    use crate::explore::{Candidate, EmbeddedFrame, Settings};
    use crate::find::Recording;
    use crate::video::Shown;

    const DIM: usize = 16;

    /// Frames of noise; the directions 0, 1, 2 are shown one after the other from frame 100 on, and from 300 on.
    fn frame(index: usize) -> EmbeddedFrame {
        let noise = |axis: usize| {
            let mixed = (index * DIM + axis + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (mixed >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let shown = [100, 300].into_iter().find(|&first| (first..first + 24).contains(&index));
        let direction = shown.map(|first| (index - first) / 8);
        let value = |axis: usize| noise(axis) + if direction == Some(axis) { 4.0 } else { 0.0 };
        let time = index as f64 / 10.0;
        let shown = Shown { until: time + 0.1, rows: vec![time] };
        let embedding = (0..DIM).map(value).collect();
        EmbeddedFrame { ordinal: index as u64, time, shown, embedding }
    }

    fn exploration() -> Exploration {
        let steps: Vec<String> = (0..3).map(|step| format!("step {step}")).collect();
        let candidate =
            |name: &str, steps: Vec<String>| Candidate { domain: String::new(), name: name.into(), steps };
        let backwards = steps.iter().rev().cloned().collect();
        let candidates = vec![
            candidate("empty", Vec::new()),
            candidate("forwards", steps),
            candidate("backwards", backwards),
        ];
        let calibration = Calibration { alpha: 1.0, beta: 0.0 };
        let settings = Settings { smoothing_seconds: 0.3, ..Settings::default() };
        let mut exploration = Exploration::new(candidates, calibration, DIM, settings);
        let embed = |text: String| {
            let axis = (0..3).find(|step| text.contains(&step.to_string()));
            let embedding = (0..DIM).map(|place| if Some(place) == axis { 2.0 } else { 0.0 }).collect();
            (text, embedding, false)
        };
        let texts = exploration.missing_texts();
        exploration.add_texts(texts.into_iter().map(embed));
        exploration.add_frames((0..500).map(frame).collect::<Vec<_>>());
        exploration
    }

    #[test]
    fn frames_in_memory_have_the_moments_of_a_recording() {
        let exploration = exploration();
        let search = MomentSearch::new(&exploration, &[]).unwrap();
        let (finder, classes) = (search.finder.clone(), search.classes.clone());
        let found = search.run(|| false).unwrap().unwrap();
        let spans: Vec<(usize, u32)> = found
            .moments
            .iter()
            .map(|moment| (moment.class, (moment.found.start * 10.0).round() as u32))
            .collect();
        assert_eq!(spans.iter().filter(|(class, _)| *class == 1).count(), 2, "{spans:?}");
        assert!(spans.iter().any(|&(class, start)| class == 1 && start.abs_diff(100) <= 2), "{spans:?}");

        let mut recording = Recording::new(DIM).unwrap();
        recording.add(exploration.embedded_frames()).unwrap();
        let of_file = finder.find(&recording).unwrap();
        assert_eq!(found.moments.len(), of_file.moments.len());
        for (moment, of_file) in found.moments.iter().zip(&of_file.moments) {
            assert_eq!(moment.class, classes[of_file.class]);
            // The file has half the precision.
            assert!((moment.found.score - of_file.moment.score).abs() < 0.05, "{moment:?}");
        }
    }

    #[test]
    fn the_best_class_is_known_where_a_script_fits() {
        let found = MomentSearch::new(&exploration(), &[]).unwrap().run(|| false).unwrap().unwrap();
        let at = |second: f64| found.best[(second / 50.0 * found.best.len() as f64) as usize];
        for second in [11.2, 31.2] {
            assert!(at(second).is_some_and(|(class, score)| class == 1 && score > 1.0), "{:?}", at(second));
        }
        let highest = found.moments[0].found.score;
        let is_weaker = |best: Option<(usize, f64)>| best.is_none_or(|(_, score)| score < highest / 2.0);
        assert!(is_weaker(at(5.0)) && is_weaker(at(45.0)));
        assert_eq!((found.frames, found.span), (500, [0.0, 50.0]));
    }

    #[test]
    fn a_cancelled_search_has_no_answer() {
        for searched in 0..6 {
            let asked = AtomicUsize::new(0);
            let is_cancelled = || asked.fetch_add(1, Ordering::Relaxed) >= searched;
            let search = MomentSearch::new(&exploration(), &[]).unwrap();
            assert_eq!(search.run(is_cancelled).unwrap(), None, "cancelled after {searched} questions");
        }
    }

    #[test]
    fn nothing_embedded_has_no_moments() {
        let empty = exploration().without_frames();
        let found = MomentSearch::new(&empty, &[]).unwrap().run(|| false).unwrap().unwrap();
        assert!(found.moments.is_empty() && found.best.iter().all(Option::is_none));
    }
}
