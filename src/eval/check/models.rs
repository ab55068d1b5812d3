//! What a model has to embed for an evaluation.

use std::collections::HashSet;
use std::sync::Arc;

use color_eyre::eyre::Result;
use serde::Serialize;

use super::speed::Speed;
use crate::error_chain::error_chain;
use crate::eval::dataset::{Clip, ClipSource};
use crate::eval::evaluation::Plan;
use crate::eval::evaluator::Evaluator;
use crate::explore::{Job, Model, count_cached, is_batch_known, known_texts};
use crate::video::{Sampling, VideoReader};

/// What a model has to embed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCheck {
    pub name: String,
    /// Why it cannot be used. The rest is then empty.
    pub problem: Option<String>,
    /// In words.
    pub device: String,
    /// Frames per second, or `native`.
    pub sampling: String,
    pub frames: Count,
    /// Clips whose length no file states; their frames are not in the counts.
    pub clips_of_unknown_length: usize,
    pub texts: Count,
    /// Most tokens of a text.
    pub text_len: usize,
    /// Texts with more tokens, which are cut.
    pub cut_texts: Vec<String>,
    /// Measured on the device; none where nothing is to be embedded.
    pub speed: Option<Speed>,
    /// Estimated time of the evaluation.
    pub seconds: Option<f64>,
}

/// Things to embed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Count {
    pub all: usize,
    pub cached: usize,
    pub to_embed: usize,
}

impl Count {
    fn add(&mut self, all: usize, cached: usize) {
        self.all += all;
        self.cached += cached.min(all);
        self.to_embed += all.saturating_sub(cached);
    }
}

/// A model that can be used, while its clips are counted.
pub(super) struct Counted {
    evaluator: Evaluator,
    model: Arc<Model>,
    sampling: Sampling,
    frames: Count,
    of_unknown_length: usize,
    /// Of clips with frames to embed.
    jobs: Vec<Job>,
}

/// Counts the frames of a clip for each model. The clip is opened only where a model has not all of its frames.
pub(super) fn count_frames(clip: &Clip, models: Vec<&mut Counted>) -> Result<()> {
    if let ClipSource::Embeddings(_) = clip.source {
        return Ok(());
    }
    let mut expected = None;
    for model in models {
        let job = model.evaluator.job(clip, Vec::new())?;
        let (cached, is_whole) = count_cached(&job);
        if is_whole {
            model.frames.add(cached, cached);
            continue;
        }
        let of_clip = match expected {
            Some(known) => known,
            None => {
                let reader = VideoReader::open(&job.clip, job.sampling, job.segment)?;
                *expected.insert(reader.info().expected_frames(job.sampling, job.segment))
            }
        };
        match of_clip {
            Some(frames) => model.frames.add(frames.max(1), cached),
            None => model.of_unknown_length += 1,
        }
        model.jobs.push(job);
    }
    Ok(())
}

impl Counted {
    pub(super) fn new(model: Arc<Model>, plan: Plan) -> Self {
        let evaluator = Evaluator::new(model.clone(), plan.sampling, plan.rows, None, None);
        let (frames, of_unknown_length, jobs) = Default::default();
        Self { evaluator, model, sampling: plan.sampling, frames, of_unknown_length, jobs }
    }

    /// Counts the texts of the clips that are ready, and measures how fast the model is.
    pub(super) fn finish(self, name: String, ready: &[&Clip]) -> Result<ModelCheck> {
        let (mut alone, mut together) = (HashSet::new(), HashSet::new());
        for clip in ready {
            let needed = self.evaluator.needed_texts(clip);
            alone.extend(needed.alone);
            together.extend(needed.together);
        }
        let tokenizer = self.model.checkpoint().tokenizer()?;
        let mut alone: Vec<String> = alone.into_iter().collect();
        alone.sort();
        let mut texts = Count::default();
        let mut cut_texts = HashSet::new();
        for text in alone.iter().chain(together.iter().flatten()) {
            if tokenizer.encode(text)?.cut {
                cut_texts.insert(text.clone());
            }
        }
        let all = alone.len();
        let mut to_embed = alone;
        known_texts(&self.model, &mut to_embed);
        texts.add(all, all - to_embed.len());
        for class in together {
            let is_known = is_batch_known(&self.model, &class)?;
            texts.add(class.len(), if is_known { class.len() } else { 0 });
            to_embed.extend(class.into_iter().filter(|_| !is_known));
        }
        let speed = Speed::measure(&self.model, &self.jobs, &to_embed);
        let (speed, problem) = match speed {
            Ok(speed) => (speed, None),
            Err(error) => (None, Some(error_chain(&error))),
        };
        let mut cut_texts: Vec<String> = cut_texts.into_iter().collect();
        cut_texts.sort();
        Ok(ModelCheck {
            name,
            problem,
            device: self.model.device().describe(),
            sampling: self.sampling.to_string(),
            frames: self.frames,
            clips_of_unknown_length: self.of_unknown_length,
            texts,
            text_len: self.model.checkpoint().text_len(),
            cut_texts,
            seconds: speed.map(|speed| speed.seconds(self.frames.to_embed, texts.to_embed)),
            speed,
        })
    }
}

impl ModelCheck {
    pub(super) fn unusable(name: String, problem: String) -> Self {
        Self {
            name,
            problem: Some(problem),
            device: String::new(),
            sampling: String::new(),
            frames: Count::default(),
            clips_of_unknown_length: 0,
            texts: Count::default(),
            text_len: 0,
            cut_texts: Vec::new(),
            speed: None,
            seconds: None,
        }
    }
}
