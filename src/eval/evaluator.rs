//! One clip through every row.

use std::collections::{BTreeSet, HashMap};
use std::iter;
use std::sync::Arc;

use color_eyre::eyre::{Report, bail, ensure, eyre};

use crate::eval::comparison;
use crate::eval::dataset::{Clip, ClipSource};
use crate::eval::facts::FactFinder;
use crate::eval::record::{ClipScores, Ranking};
use crate::eval::released::{self, ClassTexts};
use crate::eval::rows::{Row, Score};
use crate::eval::vlm::Vlm;
use crate::eval::x_clip::XClip;
use crate::explore::{
    Candidate, ClassOutcome, EmbeddedFrame, EmbeddedText, Exploration, Job, Model, Seen, Settings, Update,
    embed_clip, embed_until_settled,
};
use crate::script::Strategy;
use crate::video::Sampling;

/// The rate of frame embeddings made elsewhere, in rows per second.
pub fn rate_of_rows(sampling: Sampling) -> Result<f64, Report> {
    match sampling {
        Sampling::Fps(rate) => Ok(rate),
        _ => bail!("embeddings made elsewhere need a number of rows per second, not '{sampling}'"),
    }
}

/// Evaluates clips with one model. Frames are embedded once for all rows, a sentence once for all clips.
pub struct Evaluator {
    model: Arc<Model>,
    sampling: Sampling,
    rows: Vec<Row>,
    /// Raw embeddings of sentences, and whether they were truncated.
    texts: HashMap<String, (Vec<f32>, bool)>,
    class_texts: ClassTexts,
    facts: FactFinder,
    notice: Option<String>,
    x_clip: Option<XClip>,
    vlm: Option<Vlm>,
    until_settled: bool,
}

/// What was embedded of a clip.
struct Embedded {
    frames: Vec<EmbeddedFrame>,
    damaged_pieces: usize,
    seen: Option<Seen>,
}

/// Texts to embed.
pub(super) struct NeededTexts {
    /// One by one.
    pub alone: Vec<String>,
    /// Padded to the longest of a class.
    pub together: Vec<Vec<String>>,
}

impl Evaluator {
    /// Loads nothing: clips and sentences in the cache need no tower. All rows are of one preset. The rows of the X-CLIP and
    /// of the vision-language model are the last.
    pub fn new(
        model: Arc<Model>,
        sampling: Sampling,
        mut rows: Vec<Row>,
        x_clip: Option<XClip>,
        vlm: Option<Vlm>,
    ) -> Self {
        rows.extend(x_clip.as_ref().map(XClip::row));
        rows.extend(vlm.as_ref().map(Vlm::row));
        let (texts, class_texts, facts) = Default::default();
        Self {
            model,
            sampling,
            rows,
            texts,
            class_texts,
            facts,
            notice: None,
            x_clip,
            vlm,
            until_settled: false,
        }
    }

    /// Whether to stop embedding a clip once the winner of the reference row is settled. The frames left are then filled in for
    /// every row.
    pub fn until_settled(self, until_settled: bool) -> Self {
        Self { until_settled, ..self }
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
    pub fn evaluate(&mut self, clip: &Clip) -> Result<ClipScores, Report> {
        let mut explorations = self.explorations(clip);
        let missing = self.missing_texts(&mut explorations);
        let Embedded { frames, damaged_pieces, seen } = self.embed(clip, missing)?;
        ensure!(!frames.is_empty(), "no frame could be read");
        for (_, exploration) in &mut explorations {
            exploration.add_frames(frames.iter().cloned());
        }

        self.facts.begin_clip();
        let mut rows = Vec::new();
        let mut cut_texts = BTreeSet::new();
        for (index, row) in self.rows.clone().into_iter().enumerate() {
            if let (Score::Vision, Some(vlm)) = (row.score, &mut self.vlm) {
                rows.push(vlm.rank(clip, self.sampling, &frames)?);
                continue;
            }
            if let (Score::Clip, Some(x_clip)) = (row.score, &mut self.x_clip) {
                rows.push(x_clip.rank(clip, self.sampling, &mut cut_texts)?);
                continue;
            }
            let Some((_, exploration)) = explorations.iter_mut().find(|(prompt, _)| *prompt == row.prompt)
            else {
                let fault = format!("a candidate has no {} script", row.prompt);
                rows.push(Ranking::fault(row.name, fault));
                continue;
            };
            let with_confidence = comparison::has_confidence(&self.rows, index);
            rows.push(self.rank(exploration, &row, clip.entry.answer, with_confidence)?);
            cut_texts.extend(exploration.cut_texts());
        }
        let cut_texts = cut_texts.into_iter().collect();
        let frames = seen.map_or(explorations[0].1.frame_count(), |seen| seen.frames);
        Ok(ClipScores { frames, seen, damaged_pieces, cut_texts, rows })
    }

    /// What is to be embedded of a clip.
    pub(super) fn job(&self, clip: &Clip, texts: Vec<String>) -> Result<Job, Report> {
        let (path, masks, rows_per_second) = match &clip.source {
            ClipSource::Video(masks) => (clip.entry.video.clone(), masks.clone(), None),
            ClipSource::Embeddings(path) => {
                (path.clone(), Arc::default(), Some(rate_of_rows(self.sampling)?))
            }
            ClipSource::Missing(reason) => bail!("{reason}"),
        };
        Ok(Job {
            rows_per_second,
            sampling: self.sampling,
            segment: clip.segment(),
            masks,
            texts,
            ..Job::new(path, self.model.clone())
        })
    }

    /// Embeds a clip. The texts are remembered.
    fn embed(&mut self, clip: &Clip, texts: Vec<String>) -> Result<Embedded, Report> {
        let job = self.job(clip, texts)?;
        let mut damaged_pieces = 0;
        if let Some(mut exploration) = self.deciding(clip)? {
            let take = |update: &Update| damaged_pieces += self.remember(update);
            let seen = embed_until_settled(job, &mut exploration, take)?;
            let frames = exploration.embedded_frames().to_vec();
            return Ok(Embedded { frames, damaged_pieces, seen: Some(seen) });
        }
        let mut frames = Vec::new();
        embed_clip(job, |update| {
            damaged_pieces += self.remember(&update);
            if let Update::Frames(more) = update {
                frames.extend(more);
            }
        })?;
        Ok(Embedded { frames, damaged_pieces, seen: None })
    }

    /// Keeps the texts and notices of an update. Returns the number of damaged pieces that it reports.
    fn remember(&mut self, update: &Update) -> usize {
        match update {
            Update::Texts(texts) => {
                let texts = texts.iter().cloned();
                self.texts.extend(texts.map(|(text, embedding, cut)| (text, (embedding, cut))));
            }
            Update::AllDecoded { faults, .. } => return faults.damaged_or_lost(),
            Update::Notice(text) => {
                let before = self.notice.take().map_or_else(String::new, |notice| notice + "\n");
                self.notice = Some(before + text);
            }
            _ => {}
        }
        0
    }

    /// The candidates of a clip as the reference row compares them, if that is to decide when a clip is settled.
    fn deciding(&mut self, clip: &Clip) -> Result<Option<Exploration>, Report> {
        let Some(row) = comparison::reference(&self.rows).filter(|_| self.until_settled) else {
            return Ok(None);
        };
        let row = self.rows[row].clone();
        let mut exploration = self.exploration(&clip.candidates);
        exploration.set(row.settings.clone());
        let texts = self.texts_of(&exploration, &row)?;
        exploration.add_texts(texts);
        Ok(Some(exploration))
    }

    /// The candidates of a clip with the scripts of each strategy.
    fn explorations(&self, clip: &Clip) -> Vec<(Strategy, Exploration)> {
        let of_strategies =
            clip.other_candidates.iter().map(|(prompt, candidates)| (prompt, &candidates[..]));
        iter::once((Strategy::default(), &clip.candidates[..]))
            .chain(of_strategies)
            .map(|(prompt, candidates)| (prompt, self.exploration(candidates)))
            .collect()
    }

    /// The texts that its rows need of a clip, whether they are known or not.
    pub(super) fn needed_texts(&self, clip: &Clip) -> NeededTexts {
        let mut explorations = self.explorations(clip);
        let alone = self.missing_texts(&mut explorations);
        let mut together = Vec::new();
        for row in self.rows.iter().filter(|row| pads_to_longest_step(row)) {
            let of_row = explorations.iter().filter(|(prompt, _)| *prompt == row.prompt);
            let candidates = of_row.flat_map(|(_, exploration)| exploration.candidates());
            together.extend(candidates.map(|class| class.sentences(&row.settings.template).collect()));
        }
        NeededTexts { alone, together }
    }

    fn exploration(&self, candidates: &[Candidate]) -> Exploration {
        let dim = self.model.checkpoint().dim();
        Exploration::new(candidates.to_vec(), self.model.calibration(), dim, Settings::default())
    }

    /// Sentences of all rows that no earlier clip needed.
    fn missing_texts(&self, explorations: &mut [(Strategy, Exploration)]) -> Vec<String> {
        let mut missing = Vec::new();
        for row in self.rows.iter().filter(|row| !matches!(row.score, Score::Vision | Score::Clip)) {
            let Some((_, exploration)) = explorations.iter_mut().find(|(prompt, _)| *prompt == row.prompt)
            else {
                continue;
            };
            exploration.set(row.settings.clone());
            let wanted = match pads_to_longest_step(row) {
                true => ClassTexts::baselines(exploration),
                false => exploration.missing_texts(),
            };
            for text in wanted {
                if !self.texts.contains_key(&text) && !missing.contains(&text) {
                    missing.push(text);
                }
            }
        }
        missing
    }

    /// The texts that an exploration lacks for a row.
    fn texts_of(&mut self, exploration: &Exploration, row: &Row) -> Result<Vec<EmbeddedText>, Report> {
        let known = |text: &str| self.texts.get(text).cloned();
        if pads_to_longest_step(row) {
            return self.class_texts.of(exploration, &row.settings.template, &self.model, known);
        }
        let known = exploration.missing_texts().into_iter().filter_map(|text| {
            let (embedding, cut) = known(&text)?;
            Some((text, embedding, cut))
        });
        Ok(known.collect())
    }

    /// The ranking of a row, `with_confidence` if that is asked for.
    fn rank(
        &mut self,
        exploration: &mut Exploration,
        row: &Row,
        answer: usize,
        with_confidence: bool,
    ) -> Result<Ranking, Report> {
        exploration.set(row.settings.clone());
        let texts = self.texts_of(exploration, row)?;
        exploration.add_texts(texts);
        let told_apart = match row.score {
            Score::MeanPool => Ok(()),
            _ => exploration.check_distinct().map(|_| ()),
        };
        let mut compare = || {
            exploration.refresh()?;
            if with_confidence { exploration.find_confidence() } else { Ok(()) }
        };
        if let Err(error) = told_apart.and_then(|()| compare().map_err(|error| error.to_string())) {
            return Ok(Ranking::fault(row.name.clone(), error));
        }
        let score = |class: &ClassOutcome| match row.score {
            Score::MeanPool => class.mean_pool,
            Score::OrderFree => Some(class.order_free),
            Score::Alignment => Some(class.alignment.score),
            // Ranked by `Vlm::rank` and `XClip::rank`, or answered by a person.
            Score::Vision | Score::Clip | Score::Human => None,
        };
        let scores: Option<Vec<f64>> =
            exploration.outcome().classes.iter().map(|class| class.as_ref().and_then(score)).collect();
        let scores = scores.ok_or_else(|| eyre!("a candidate has no score"))?;
        let mut ranking = Ranking::by_scores(row.name.clone(), scores);
        let confidence = exploration.outcome().confidence.filter(|_| with_confidence);
        ranking.confidence = confidence.map(Into::into);
        if row.has_facts() && ranking.fault.is_none() {
            let tokenizer = self.model.checkpoint().tokenizer().ok();
            ranking.facts = self.facts.find(exploration, answer, tokenizer);
        }
        Ok(ranking)
    }
}

fn pads_to_longest_step(row: &Row) -> bool {
    released::protocol(row.settings.method.preset).pads_to_longest_step
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
    use crate::eval::dataset::Entry;
    use crate::eval::rows::Rows;

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
            source: ClipSource::Video(Arc::default()),
            candidates: names.map(candidate).to_vec(),
            other_candidates: Default::default(),
            missing_file: None,
            missing_scripts: Vec::new(),
        }
    }

    #[test]
    fn embeddings_made_elsewhere_need_a_rate() {
        assert_eq!(rate_of_rows(Sampling::Fps(12.5)).unwrap(), 12.5);
        for sampling in [Sampling::Native, Sampling::Numbered] {
            assert!(rate_of_rows(sampling).is_err());
        }
    }

    #[test]
    fn a_sentence_is_embedded_once_for_all_rows_and_clips() {
        let tiny = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny"));
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let model = Arc::new(Model::new(Checkpoint::open(tiny).unwrap(), device));
        let rows = Rows::default().all(&[]).unwrap();
        let mut evaluator = Evaluator::new(model, Sampling::Native, rows, None, None);
        let mut missing = |names| {
            let exploration = evaluator.exploration(&clip(names).candidates);
            let missing = evaluator.missing_texts(&mut [(Strategy::default(), exploration)]);
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
