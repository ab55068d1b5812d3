//! Training a small SigLIP on pictures of known content.
//!
//! The loss is SigLIP's sigmoid loss with a learned scale and bias. Because the content of every picture is known, a
//! caption counts for every picture that it is true of, not only for the one that it was made for.

mod folder;
mod learner;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::fmt;
use std::path::Path;
use std::time::Instant;

use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use image::RgbImage;
use thiserror::Error;

use actalign_tui::backbone::siglip::Patches;
use actalign_tui::backbone::{Checkpoint, ModelError, PreparedImage, Preprocessor, Tokens};

use self::learner::{Learner, PretrainHead};

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// Index of a domain, such as a sport.
    pub domain: usize,
    /// Index of a step; steps that look alike in several domains share it.
    pub step: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    pub text: String,
    pub step: usize,
    /// If it names one.
    pub domain: Option<usize>,
}

impl Caption {
    pub fn is_true_of(&self, content: Content) -> bool {
        self.step == content.step && self.domain.is_none_or(|domain| domain == content.domain)
    }
}

/// An endless source of pictures and captions, determined by their seeds.
pub trait World: Sync {
    /// Of any size.
    fn picture(&self, seed: u64) -> (RgbImage, Content);
    /// The content of [`World::picture`], without painting it.
    fn content(&self, seed: u64) -> Content;
    /// A caption that is true of pictures with this content.
    fn caption(&self, content: Content, seed: u64) -> Caption;
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub seed: u64,
    /// Steps of the optimiser.
    pub steps: usize,
    /// Pictures, and as many captions, per step and thread.
    pub batch: usize,
    /// The highest learning rate.
    pub rate: f64,
    pub sizes: Sizes,
}

/// Sizes of a model. Its MLPs are four times as wide as its embeddings.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Width and height in pixels.
    pub image: usize,
    /// Width and height in pixels.
    pub patch: usize,
    /// Dimensions of an embedding.
    pub hidden: usize,
    pub heads: usize,
    pub vision_layers: usize,
    pub text_layers: usize,
    /// Of a text.
    pub positions: usize,
    /// Largest number of tokens.
    pub vocabulary: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            image: 80,
            patch: 10,
            hidden: 128,
            heads: 4,
            vision_layers: 4,
            text_layers: 2,
            positions: 40,
            vocabulary: 1536,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub step: usize,
    /// In all.
    pub steps: usize,
    /// A running mean.
    pub loss: f32,
    /// Share of held-out pictures for which the best held-out caption is true, when last measured.
    pub accuracy: f32,
    /// Pictures per second.
    pub rate: f32,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { loss, accuracy, rate, .. } = self;
        let matched = 100.0 * accuracy;
        write!(f, "loss {loss:.3}, {matched:.1} % of held-out pictures matched, {rate:.0} pictures/s")
    }
}

#[derive(Debug, Error)]
pub enum TrainingError {
    #[error("cannot write {}: {source}\nhelp: choose another folder with --out", path.display())]
    Write { path: std::path::PathBuf, source: std::io::Error },
    #[error("no tokenizer could be trained: {0}")]
    Tokenizer(String),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("non-finite loss after step {0}\nhelp: use a lower learning rate")]
    Diverged(usize),
    #[error("a training thread panicked\nhelp: report this as a bug")]
    Panicked,
}

/// Seeds of held-out pictures, far from those of training.
const HELD_OUT: u64 = 1 << 60;
/// Seeds of captions without a picture.
const MORE_CAPTIONS: u64 = 1 << 59;
const HELD_OUT_PICTURES: usize = 160;
const THREADS: u64 = 2;
/// Per cent of the steps in which the image tower is trained alone, as a classifier. Both towers together start very
/// slowly: each needs the other to distinguish anything.
const NAMING: usize = 45;
const MOST_DOMAINS: usize = 8;
const MOST_STEPS: usize = 64;
/// Steps between two evaluations on held-out pictures, after which the model is also written.
const MEASURE_EVERY: usize = 200;
/// Seeds reserved for a batch.
const SEEDS: u64 = 1 << 10;
const WARM_UP: usize = 100;

/// Pictures and captions, and which belong together.
struct Batch {
    images: Vec<PreparedImage>,
    texts: Vec<Tokens>,
    /// A number for each picture's content.
    contents: Vec<usize>,
    /// Pictures × captions.
    truth: Vec<bool>,
}

impl Batch {
    /// `count` pictures with seeds from `first` on. Captions for training are disturbed (`noisy`).
    fn new(
        world: &impl World,
        checkpoint: &Checkpoint,
        (first, count): (u64, usize),
        noisy: bool,
    ) -> Result<Self, ModelError> {
        let (preprocessor, tokenizer): (Preprocessor, _) =
            (checkpoint.preprocessor(), checkpoint.tokenizer()?);
        let mut batch =
            Self { images: Vec::new(), texts: Vec::new(), contents: Vec::new(), truth: Vec::new() };
        let (mut contents, mut captions) = (Vec::new(), Vec::new());
        let seeds = |first: u64| first..first + count as u64;
        for seed in seeds(first) {
            let (picture, content) = world.picture(seed);
            batch.images.push(preprocessor.prepare(picture.as_raw(), picture.width(), picture.height()));
            let caption = world.caption(content, seed);
            let text = if noisy { vocabulary::disturb(&caption.text, seed) } else { caption.text.clone() };
            batch.texts.push(tokenizer.encode(&text)?);
            batch.contents.push(content.domain * MOST_STEPS + content.step);
            contents.push(content);
            captions.push(caption);
        }
        // Captions of other pictures are cheap, and as useful.
        for seed in seeds(first + MORE_CAPTIONS) {
            let caption = world.caption(world.content(seed), seed);
            batch.texts.push(tokenizer.encode(&caption.text)?);
            captions.push(caption);
        }
        batch.truth =
            contents.iter().flat_map(|content| captions.iter().map(|c| c.is_true_of(*content))).collect();
        Ok(batch)
    }

    fn signs(&self) -> Vec<f32> {
        self.truth.iter().map(|&belongs| if belongs { 1.0 } else { -1.0 }).collect()
    }
}

/// Trains a model in the folder `out`, a checkpoint in the layout of the model hub, which is complete at any time after
/// the first moments, with a plot of the training in `training.svg`.
///
/// # Errors
/// See [`TrainingError`].
pub fn train(
    world: &impl World,
    options: &Options,
    out: &Path,
    mut report: impl FnMut(Progress),
) -> Result<Progress, TrainingError> {
    folder::begin(world, options, out)?;
    let checkpoint = Checkpoint::open(out)?;
    let patches = Patches::open(out)?;
    let mut learner = Learner::load(&checkpoint)?;
    let mut optimiser = optimiser();
    let held_out = Batch::new(world, &checkpoint, (HELD_OUT, HELD_OUT_PICTURES), false)?;

    let mut progress = Progress { step: 0, steps: options.steps, loss: 0.0, accuracy: 0.0, rate: 0.0 };
    let mut course = Vec::new();
    let mut head = Some(PretrainHead::new(&learner, &checkpoint, MOST_DOMAINS * MOST_STEPS, options.seed));
    let start = Instant::now();
    while progress.step < options.steps {
        let seed = seed_of(options, progress.step);
        let (loss, grads) = if let Some(head) = &head {
            gradients(world, &checkpoint, head, PretrainHead::replica, options.batch, seed, |head, batch| {
                head.loss(&patches, &batch.images, &batch.contents)
            })?
        } else {
            gradients(
                world,
                &checkpoint,
                &learner,
                Learner::replica,
                options.batch,
                seed,
                |learner, batch| learner.loss(&patches, &batch.images, &batch.texts, batch.signs()),
            )?
        };
        if !loss.is_finite() {
            return Err(TrainingError::Diverged(progress.step));
        }
        let rate = learning_rate(options, progress.step);
        progress.step += 1;
        if let Some(taught) = head.take() {
            let taught = optimiser.step(rate, taught, grads);
            if progress.step < options.steps * NAMING / 100 {
                head = Some(taught);
            } else {
                learner = learner.with_vision_of(taught);
                optimiser = self::optimiser();
            }
        } else {
            learner = optimiser.step(rate, learner, grads);
        }
        progress.loss = if progress.step == 1 { loss } else { progress.loss * 0.98 + loss * 0.02 };
        let pictures = progress.step as u64 * THREADS * options.batch as u64;
        progress.rate = pictures as f32 / start.elapsed().as_secs_f32();
        if progress.step.is_multiple_of(MEASURE_EVERY) || progress.step == options.steps {
            progress.accuracy = accuracy(&patches, &learner.replica(), &held_out);
            folder::write(&out.join("model.safetensors"), &learner.to_safetensors()?)?;
            course.push(progress);
            folder::write(&out.join("training.svg"), folder::plot(&course).as_bytes())?;
        }
        report(progress);
    }
    Ok(progress)
}

fn optimiser() -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_2(0.98)
        .with_epsilon(1e-8)
        .with_weight_decay(0.02)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(1.0)))
        .init()
}

/// The first seed of a step.
fn seed_of(options: &Options, step: usize) -> u64 {
    options.seed.wrapping_mul(1 << 40).wrapping_add(step as u64 * THREADS * SEEDS)
}

/// Loss and gradients of one step. Each thread has a batch of its own, since small matrices are not worth splitting.
fn gradients<M: Module + Sync>(
    world: &impl World,
    checkpoint: &Checkpoint,
    learner: &M,
    replica: fn(&M) -> M,
    pictures: usize,
    first: u64,
    loss: impl Fn(&M, &Batch) -> Tensor<1> + Sync,
) -> Result<(f32, GradientsParams), TrainingError> {
    let loss = &loss;
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let first = first + thread * SEEDS;
                scope.spawn(move || {
                    let work = || -> Result<_, ModelError> {
                        let batch = Batch::new(world, checkpoint, (first, pictures), true)?;
                        let replica = replica(learner);
                        let loss = loss(&replica, &batch);
                        let grads = (loss.clone() / THREADS as f64).backward();
                        let grads = GradientsParams::from_grads(grads, &replica);
                        Ok((loss.into_data().try_to_vec::<f32>().unwrap_or_default(), grads))
                    };
                    // A pool of one thread, so that the operations do not split their work.
                    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                        Ok(pool) => pool.install(work),
                        Err(_) => work(),
                    }
                })
            })
            .collect();
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Result<Vec<_>, _>>()
    })
    .map_err(|_| TrainingError::Panicked)?;
    let mut sum = GradientsAccumulator::new();
    let mut loss = 0.0;
    for part in parts {
        let (part, grads) = part?;
        loss += part.first().copied().unwrap_or(f32::NAN) / THREADS as f32;
        sum.accumulate(learner, grads);
    }
    Ok((loss, sum.grads()))
}

/// Linear warm-up, then a cosine decay to a hundredth.
fn learning_rate(options: &Options, step: usize) -> f64 {
    let warm_up = WARM_UP.min(options.steps / 10).max(1);
    let since = if step < options.steps * NAMING / 100 { step } else { step - options.steps * NAMING / 100 };
    if since < warm_up {
        return options.rate * (since + 1) as f64 / warm_up as f64;
    }
    let share = (step - warm_up) as f64 / (options.steps - warm_up).max(1) as f64;
    options.rate * (0.01 + 0.99 * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0)
}

fn accuracy(patches: &Patches, learner: &Learner, held_out: &Batch) -> f32 {
    let mut right = 0;
    for (images, truth) in held_out.images.chunks(32).zip(held_out.truth.chunks(32 * held_out.texts.len())) {
        let cosines = learner.cosines(patches, images, &held_out.texts);
        let texts = held_out.texts.len();
        for (row, truth) in cosines.chunks(texts).zip(truth.chunks(texts)) {
            let best = (0..texts).max_by(|&a, &b| row[a].total_cmp(&row[b]));
            right += usize::from(best.is_some_and(|best| truth[best]));
        }
    }
    right as f32 / held_out.images.len() as f32
}
