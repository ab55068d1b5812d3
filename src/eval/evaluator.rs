//! One clip after the other, through every row.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use color_eyre::eyre::{Report, bail, ensure, eyre};

use crate::align::{self, Preset};
use crate::eval::dataset::Clip;
use crate::eval::footage::Footage;
use crate::eval::record::{ClipScores, Ranking};
use crate::eval::rows::{Row, Score};
use crate::eval::vlm::Vlm;
use crate::explore::{
    Candidate, ClassOutcome, EmbeddedFrame, EmbeddedText, Exploration, Job, Model, Settings, Update,
    embed_batch, embed_clip,
};
use crate::script::Strategy;
use crate::video::Sampling;

/// Rows a second of frame embeddings made elsewhere.
///
/// # Errors
/// If the sampling is no rate.
pub fn rate_of_rows(sampling: Sampling) -> Result<f64, Report> {
    match sampling {
        Sampling::Fps(rate) => Ok(rate),
        _ => bail!("embeddings made elsewhere need a number of rows a second, not '{sampling}'"),
    }
}

/// Evaluates clips with one model. Frames are embedded once per clip and serve all rows; a sentence is embedded once
/// for all clips.
pub struct Evaluator {
    model: Arc<Model>,
    sampling: Sampling,
    rows: Vec<Row>,
    /// Raw embeddings of the sentences met so far, and whether they were cut.
    texts: HashMap<String, (Vec<f32>, bool)>,
    /// Embeddings of sentences that were padded to the longest of them.
    batches: HashMap<Vec<String>, Vec<EmbeddedText>>,
    notice: Option<String>,
    vlm: Option<Vlm>,
}

impl Evaluator {
    /// Loads nothing yet: where every clip and sentence was embedded before, no half of the model is needed. All rows are
    /// of one preset.
    pub fn new(model: Arc<Model>, sampling: Sampling, rows: Vec<Row>) -> Self {
        Self {
            model,
            sampling,
            rows,
            texts: HashMap::new(),
            batches: HashMap::new(),
            notice: None,
            vlm: None,
        }
    }

    /// With a vision-language model, whose row is the last.
    pub fn with_vlm(mut self, vlm: Vlm) -> Self {
        self.rows.push(vlm.row());
        self.vlm = Some(vlm);
        self
    }

    /// The rows, in the order of [`ClipScores::rows`].
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What the user should know, once.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Ranks the candidates of a clip by every row.
    ///
    /// # Errors
    /// A video that cannot be read or has no frame in the segment, or a server of a vision-language model that would answer
    /// for no other clip either.
    pub fn evaluate(&mut self, clip: &Clip) -> Result<ClipScores, Report> {
        let mut main = self.exploration(&clip.candidates);
        let mut short = clip.candidates_short.as_ref().map(|candidates| self.exploration(candidates));
        let missing = self.missing_texts(&mut main, short.as_mut());
        let (frames, damaged_pieces) = self.embed(clip, missing)?;
        ensure!(!frames.is_empty(), "no frame could be read");
        if let Some(short) = &mut short {
            short.add_frames(frames.iter().cloned());
        }
        main.add_frames(frames.iter().cloned());

        let mut rows = Vec::new();
        let mut cut_texts = BTreeSet::new();
        for row in self.rows.clone() {
            if let (Score::Vision, Some(vlm)) = (row.score, &mut self.vlm) {
                rows.push(vlm.rank(clip, self.sampling, &frames)?);
                continue;
            }
            let exploration = match row.prompt {
                Strategy::ContextRich => &mut main,
                Strategy::ShortFixed => {
                    let Some(short) = &mut short else {
                        let fault = Some("a candidate has no script of short steps".to_owned());
                        rows.push(Ranking { name: row.name, ranking: Vec::new(), scores: Vec::new(), fault });
                        continue;
                    };
                    short
                }
            };
            rows.push(self.rank(exploration, &row)?);
            cut_texts.extend(exploration.cut_texts());
        }
        let cut_texts = cut_texts.into_iter().collect();
        Ok(ClipScores { frames: main.frame_count(), damaged_pieces, cut_texts, rows })
    }

    /// The frames of a clip and the number of its damaged pieces. The texts are remembered.
    fn embed(&mut self, clip: &Clip, texts: Vec<String>) -> Result<(Vec<EmbeddedFrame>, usize), Report> {
        let (path, masks, rows_per_second) = match &clip.footage {
            Footage::Video(masks) => (clip.entry.video.clone(), masks.clone(), None),
            Footage::Embeddings(path) => (path.clone(), Arc::default(), Some(rate_of_rows(self.sampling)?)),
            Footage::None(reason) => bail!("{reason}"),
        };
        let job = Job {
            rows_per_second,
            sampling: self.sampling,
            segment: clip.entry.segment(),
            masks,
            texts,
            ..Job::new(path, self.model.clone())
        };
        let mut frames = Vec::new();
        let mut damaged_pieces = 0;
        embed_clip(job, |update| match update {
            Update::Frames(more) => frames.extend(more),
            Update::Texts(texts) => self.remember(texts),
            Update::AllDecoded { faults, .. } => damaged_pieces = faults.damaged_or_lost(),
            Update::Notice(text) => {
                let before = self.notice.take().map_or_else(String::new, |notice| notice + "\n");
                self.notice = Some(before + &text);
            }
            _ => {}
        })?;
        Ok((frames, damaged_pieces))
    }

    fn remember(&mut self, texts: Vec<EmbeddedText>) {
        self.texts.extend(texts.into_iter().map(|(text, embedding, cut)| (text, (embedding, cut))));
    }

    fn exploration(&self, candidates: &[Candidate]) -> Exploration {
        let dim = self.model.checkpoint().dim();
        Exploration::new(candidates.to_vec(), self.model.calibration(), dim, Settings::default())
    }

    /// Sentences of all rows that no clip has needed before.
    fn missing_texts(&self, main: &mut Exploration, mut short: Option<&mut Exploration>) -> Vec<String> {
        let mut missing = Vec::new();
        for row in self.rows.iter().filter(|row| row.score != Score::Vision) {
            let exploration = match row.prompt {
                Strategy::ContextRich => Some(&mut *main),
                Strategy::ShortFixed => short.as_deref_mut(),
            };
            let Some(exploration) = exploration else { continue };
            exploration.set(row.settings.clone());
            let wanted = match row.settings.method.preset {
                Preset::Paper => exploration.missing_texts(),
                // Steps are embedded by class.
                Preset::Released => exploration.candidates().iter().map(released_baseline).collect(),
            };
            for text in wanted {
                if !self.texts.contains_key(&text) && !missing.contains(&text) {
                    missing.push(text);
                }
            }
        }
        missing
    }

    /// The texts of a row that an exploration lacks, under the names that it looks for them by.
    fn texts_of(&mut self, exploration: &Exploration, row: &Row) -> Result<Vec<EmbeddedText>, Report> {
        let known = |text: &str| self.texts.get(text).cloned();
        if row.settings.method.preset == Preset::Paper {
            let known = exploration.missing_texts().into_iter().filter_map(|text| {
                let (embedding, cut) = known(&text)?;
                Some((text, embedding, cut))
            });
            return Ok(known.collect());
        }
        let mut texts = Vec::new();
        for candidate in exploration.candidates() {
            let baseline = known(&released_baseline(candidate));
            texts.extend(baseline.map(|(embedding, cut)| (candidate.name.clone(), embedding, cut)));
            let steps: Vec<String> = candidate.sentences(&row.settings.template).collect();
            if !self.batches.contains_key(&steps) {
                self.batches.insert(steps.clone(), embed_batch(&self.model, &steps)?);
            }
            texts.extend(self.batches[&steps].iter().cloned());
        }
        Ok(texts)
    }

    fn rank(&mut self, exploration: &mut Exploration, row: &Row) -> Result<Ranking, Report> {
        exploration.set(row.settings.clone());
        let texts = self.texts_of(exploration, row)?;
        exploration.add_texts(texts);
        let told_apart = match row.score {
            Score::MeanPool => Ok(()),
            _ => exploration.check_told_apart().map(|_| ()),
        };
        if let Err(error) = told_apart.and_then(|()| exploration.refresh().map_err(|error| error.to_string()))
        {
            let (name, fault) = (row.name.clone(), Some(error));
            return Ok(Ranking { name, ranking: Vec::new(), scores: Vec::new(), fault });
        }
        let score = |class: &ClassOutcome| match row.score {
            Score::MeanPool => class.mean_pool,
            Score::OrderFree => Some(class.order_free),
            Score::Alignment => Some(class.alignment.score),
            // What ranks it is no class of an exploration.
            Score::Vision => None,
        };
        let scores: Option<Vec<f64>> =
            exploration.outcome().classes.iter().map(|class| class.as_ref().and_then(score)).collect();
        let scores = scores.ok_or_else(|| eyre!("a candidate has no score"))?;
        Ok(ranking(row.name.clone(), scores))
    }
}

/// The ranking that scores give; none where one of them is no number to rank by.
fn ranking(name: String, scores: Vec<f64>) -> Ranking {
    match scores.iter().find(|score| !score.is_finite()) {
        Some(score) => {
            let fault = Some(format!("a score is {score}, which is no number to rank by"));
            Ranking { name, ranking: Vec::new(), scores: Vec::new(), fault }
        }
        None => Ranking { name, ranking: align::rank(&scores), scores, fault: None },
    }
}

/// What the authors' scripts compare the mean frame with, in the place of the class name.
fn released_baseline(candidate: &Candidate) -> String {
    format!("This is a video of {} executing {}", candidate.domain, candidate.name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::eval::manifest::Entry;
    use crate::siglip::{Checkpoint, ComputeDevice, DeviceChoice};

    fn clip(names: [&str; 2]) -> Clip {
        let candidate = |name: &str| Candidate {
            domain: "chess".into(),
            name: name.into(),
            steps: vec!["a piece moves".into(), format!("{name} is done")],
        };
        let entry = Entry {
            id: "a".into(),
            video: "a.mp4".into(),
            start: None,
            end: None,
            domain: "chess".into(),
            candidates: names.map(str::to_owned).to_vec(),
            answer: 0,
            groups: Vec::new(),
        };
        Clip {
            entry,
            footage: Footage::Video(Arc::default()),
            candidates: names.map(candidate).to_vec(),
            candidates_short: None,
        }
    }

    #[test]
    fn scores_that_are_no_numbers_rank_nothing() {
        assert_eq!(ranking("dtw".into(), vec![0.25, 0.5]).ranking, [1, 0]);
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let Ranking { ranking, scores, fault, .. } = ranking("dtw".into(), vec![0.25, score]);
            assert!(ranking.is_empty() && scores.is_empty());
            assert_eq!(fault, Some(format!("a score is {score}, which is no number to rank by")));
        }
    }

    #[test]
    fn embeddings_made_elsewhere_have_a_rate() {
        assert_eq!(rate_of_rows(Sampling::Fps(12.5)).unwrap(), 12.5);
        for sampling in [Sampling::Native, Sampling::Numbered] {
            assert!(rate_of_rows(sampling).is_err());
        }
    }

    #[test]
    fn a_sentence_is_wanted_once_for_all_rows_and_clips() {
        let tiny = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny"));
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let model = Arc::new(Model::new(Checkpoint::open(tiny).unwrap(), device));
        let mut evaluator =
            Evaluator::new(model, Sampling::Native, crate::eval::rows::Rows::default().all(false).unwrap());
        let mut missing = |names| {
            let mut exploration = evaluator.exploration(&clip(names).candidates);
            let missing = evaluator.missing_texts(&mut exploration, None);
            evaluator.texts.extend(missing.iter().map(|text| (text.clone(), (vec![1.0], false))));
            missing
        };
        let mut first = missing(["fork", "pin"]);
        // Two classes of two sentences in context, two names, and three different steps alone.
        assert_eq!(first.len(), 4 + 2 + 3);
        first.sort();
        first.dedup();
        assert_eq!(first.len(), 4 + 2 + 3);
        assert_eq!(missing(["pin", "fork"]), [] as [&str; 0]);
        assert_eq!(missing(["pin", "mate"]).len(), 2 + 1 + 1);
    }
}
