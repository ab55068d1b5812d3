//! What follows the image tower: a transformer over the frames (MIT), and prompts, which word texts in the light of a clip.
//! Both are small beside the tower, so that they run on the processor whatever the device.

use super::config::Config;
use crate::backbone::cpu::attention::Attention;
use crate::backbone::cpu::encoder::{Encoder, Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear, Rows};
use crate::backbone::cpu::norm::LayerNorm;
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::error::ModelError;
use crate::backbone::family::{ClipEmbedding, ClipHead};

#[derive(Debug)]
pub(super) struct VideoHead {
    frames: usize,
    class_norm: LayerNorm,
    class_projection: Linear,
    /// A row for each frame.
    positions: Vec<f32>,
    mit: Encoder,
    spare: Spare,
    patch_norm: LayerNorm,
    patch_projection: Linear,
    prompts: Prompts,
}

/// Texts attend to the patches of a clip.
#[derive(Debug)]
struct Prompts {
    norm: LayerNorm,
    layers: Vec<PromptLayer>,
    /// How much of the result is added to a text, by dimension.
    alpha: Vec<f32>,
}

#[derive(Debug)]
struct PromptLayer {
    norm1: LayerNorm,
    attention: Attention,
    queries: Linear,
    keys_values: Linear,
    out: Linear,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    sizes: EncoderSizes,
}

impl VideoHead {
    pub fn load(loader: &Loader, config: &Config) -> Result<Self, ModelError> {
        let (vision, dim) = (config.outline().vision, config.prompts().hidden);
        // It stands on the right of its product, so that its rows are inputs.
        let turned = loader.tensors.floats("prompts_visual_projection")?;
        let column = |output: usize| turned.iter().skip(output).step_by(dim);
        let patch_weight: Vec<f32> = (0..dim).flat_map(column).copied().collect();
        Ok(Self {
            frames: config.video.num_frames,
            class_norm: loader.norm("vision_model.post_layernorm", &vision)?,
            class_projection: loader.projection("visual_projection", dim)?,
            positions: loader.tensors.floats("mit.position_embedding")?,
            mit: Encoder::load(loader, &config.mit(), "mit")?,
            spare: Spare::default(),
            patch_norm: loader.norm("prompts_visual_layernorm", &vision)?,
            patch_projection: loader.pack(&patch_weight, vec![0.0; dim]),
            prompts: Prompts::load(loader, &config.prompts(), &vision)?,
        })
    }

    /// The mean of the frames after the transformer over them, from the states of their class tokens.
    fn video(&self, class: &[f32]) -> Vec<f32> {
        let dim = self.class_projection.outputs();
        let mut normed = vec![0.0; class.len()];
        self.class_norm.apply(class, &mut normed);
        let mut frames = vec![0.0; self.frames * dim];
        self.class_projection.apply(&normed, &mut frames, Epilogue::Store);
        self.spare.with(|buffers| {
            buffers.x.clear();
            buffers.x.extend(frames.iter().zip(&self.positions).map(|(frame, position)| frame + position));
            self.mit.apply(buffers, 1);
            frames.iter_mut().zip(&buffers.x).for_each(|(frame, x)| *frame += x);
        });
        mean_of_frames(&frames, self.frames)
    }

    /// Each patch as the mean of what it shows in all frames, from the states of the patches.
    fn patches(&self, patches: &[f32]) -> Vec<f32> {
        let mut normed = vec![0.0; patches.len()];
        self.patch_norm.apply(patches, &mut normed);
        let mean = mean_of_frames(&normed, self.frames);
        let rows = mean.len() / self.patch_norm.weight.len();
        let mut projected = vec![0.0; rows * self.patch_projection.outputs()];
        self.patch_projection.apply(&mean, &mut projected, Epilogue::Store);
        projected
    }
}

impl ClipHead for VideoHead {
    fn embed(&self, states: &[f32]) -> ClipEmbedding {
        let (hidden, frame) = (self.class_norm.weight.len(), states.len() / self.frames);
        let part = |range: std::ops::Range<usize>| -> Vec<f32> {
            states.chunks_exact(frame).flat_map(|frame| &frame[range.clone()]).copied().collect()
        };
        ClipEmbedding { video: self.video(&part(0..hidden)), patches: self.patches(&part(hidden..frame)) }
    }

    fn prompt(&self, clip: &ClipEmbedding, texts: &mut [f32]) {
        self.prompts.add(&clip.patches, texts);
    }
}

impl Prompts {
    fn load(loader: &Loader, sizes: &EncoderSizes, vision: &EncoderSizes) -> Result<Self, ModelError> {
        let layers = (0..sizes.layers).map(|layer| PromptLayer::load(loader, sizes, layer));
        Ok(Self {
            norm: loader.norm("prompts_generator.layernorm", vision)?,
            layers: layers.collect::<Result<_, _>>()?,
            alpha: loader.tensors.floats("prompts_generator.alpha")?,
        })
    }

    /// Adds to each text what the patches of a clip say about it.
    fn add(&self, patches: &[f32], texts: &mut [f32]) {
        let mut normed = vec![0.0; patches.len()];
        self.norm.apply(patches, &mut normed);
        let mut x = texts.to_vec();
        self.layers.iter().for_each(|layer| layer.apply(&normed, &mut x));
        let dim = self.alpha.len();
        for (text, x) in texts.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
            for ((text, x), alpha) in text.iter_mut().zip(x).zip(&self.alpha) {
                *text += alpha * x;
            }
        }
    }
}

impl PromptLayer {
    fn load(loader: &Loader, sizes: &EncoderSizes, layer: usize) -> Result<Self, ModelError> {
        let EncoderSizes { hidden, heads, .. } = *sizes;
        let name = |part: &str| format!("prompts_generator.decoder.{layer}.{part}");
        let weight = |part: &str| loader.tensors.floats(&name(&format!("cross_attn.{part}.weight")));
        let keys_values = [weight("k_proj")?, weight("v_proj")?].concat();
        Ok(Self {
            norm1: loader.norm(&name("norm1"), sizes)?,
            attention: loader.attention(heads, hidden, false),
            queries: loader.projection(&name("cross_attn.q_proj"), hidden)?,
            keys_values: loader.pack(&keys_values, vec![0.0; 2 * hidden]),
            out: loader.linear(&name("cross_attn.proj"))?,
            norm2: loader.norm(&name("norm3"), sizes)?,
            fc1: loader.linear(&name("mlp.0"))?,
            fc2: loader.linear(&name("mlp.3"))?,
            sizes: *sizes,
        })
    }

    /// Transforms texts in place. Rows of patches are of the same length.
    fn apply(&self, patches: &[f32], texts: &mut [f32]) {
        let EncoderSizes { hidden, activation, .. } = self.sizes;
        let mut projected = vec![0.0; 2 * patches.len()];
        self.keys_values.apply(patches, &mut projected, Epilogue::Store);
        let [keys, values] = [0, 1].map(|part| Rows::within(&projected[part * hidden..], 2 * hidden, hidden));

        let [mut normed, mut queries] = [0, 1].map(|_| vec![0.0; texts.len()]);
        self.norm1.apply(texts, &mut normed);
        self.queries.apply(&normed, &mut queries, Epilogue::Store);
        self.attention.between(Rows::of(&queries, hidden), keys, values, 0, &mut normed);
        self.out.apply(&normed, texts, Epilogue::Add);

        self.norm2.apply(texts, &mut normed);
        self.fc1.add_with(activation, &self.fc2, &normed, texts);
    }
}

/// The mean over frames of values that lie frame by frame.
fn mean_of_frames(values: &[f32], frames: usize) -> Vec<f32> {
    let mut mean = vec![0.0; values.len() / frames];
    for frame in values.chunks_exact(mean.len()) {
        mean.iter_mut().zip(frame).for_each(|(mean, value)| *mean += value / frames as f32);
    }
    mean
}
