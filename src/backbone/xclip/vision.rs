//! The image tower: that of a CLIP, whose frames exchange messages before each layer. It makes the states of all positions.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::backbone::clip::{PatchEmbeddings, PatchRows};
use crate::backbone::config::Outline;
use crate::backbone::cpu::attention::Attention as CpuAttention;
use crate::backbone::cpu::encoder::{Encoder as CpuEncoder, Loader, Spare};
use crate::backbone::cpu::linear::{Epilogue, Linear as CpuLinear};
use crate::backbone::cpu::norm::LayerNorm as CpuLayerNorm;
use crate::backbone::encoder::{Attention, EncoderSizes, Mlp};
use crate::backbone::error::ModelError;
use crate::backbone::loading::{ImageKernels, ImageModule};
use crate::backbone::patches::Batch;

/// The tensors of a checkpoint that start with `vision_model.`, up to its last layer.
#[derive(Module, Debug)]
pub(super) struct FrameTower {
    vision_model: VisionTransformer,
}

#[derive(Module, Debug)]
struct VisionTransformer {
    embeddings: PatchEmbeddings,
    pre_layernorm: LayerNorm,
    encoder: MessageEncoder,
}

#[derive(Module, Debug)]
struct MessageEncoder {
    layers: Vec<MessageLayer>,
}

/// A layer of the transformer that sees a message beside the positions of its frame: what the class tokens of all frames
/// say to each other.
#[derive(Module, Debug)]
struct MessageLayer {
    message_fc: Linear,
    message_ln: LayerNorm,
    message_attn: Attention,
    layer_norm1: LayerNorm,
    self_attn: Attention,
    layer_norm2: LayerNorm,
    mlp: Mlp,
}

impl FrameTower {
    pub fn new(outline: &Outline, device: &Device) -> Self {
        let sizes = &outline.vision;
        let layers = (0..sizes.layers).map(|_| MessageLayer::new(sizes, device)).collect();
        Self {
            vision_model: VisionTransformer {
                embeddings: PatchEmbeddings::new(outline, device),
                pre_layernorm: sizes.layer_norm(device),
                encoder: MessageEncoder { layers },
            },
        }
    }
}

impl ImageModule for FrameTower {
    /// The states of all positions of the frames of one clip, `[frames · (1 + patches), hidden]`.
    fn forward(&self, patches: Tensor<2>, Batch { images: batch, .. }: Batch) -> Tensor<2> {
        let model = &self.vision_model;
        let x = model.pre_layernorm.forward(model.embeddings.forward(patches, batch));
        model.encoder.layers.iter().fold(x, |x, layer| layer.forward(x, batch))
    }
}

impl MessageLayer {
    fn new(sizes: &EncoderSizes, device: &Device) -> Self {
        Self {
            message_fc: LinearConfig::new(sizes.hidden, sizes.hidden).init(device),
            message_ln: sizes.layer_norm(device),
            message_attn: Attention::new(sizes, device),
            layer_norm1: sizes.layer_norm(device),
            self_attn: Attention::new(sizes, device),
            layer_norm2: sizes.layer_norm(device),
            mlp: Mlp::new(sizes, device),
        }
    }

    fn forward(&self, x: Tensor<2>, frames: usize) -> Tensor<2> {
        let [rows, hidden] = x.dims();
        let positions = rows / frames;
        let by_frame = x.clone().reshape([frames, positions, hidden]);
        let class = by_frame.clone().slice([0..frames, 0..1, 0..hidden]).reshape([frames, hidden]);
        let message = self.message_fc.forward(class);
        let message = message.clone() + self.message_attn.forward(self.message_ln.forward(message), 1, None);

        let seen = Tensor::cat(vec![by_frame, message.reshape([frames, 1, hidden])], 1);
        let seen = self.layer_norm1.forward(seen.reshape([rows + frames, hidden]));
        let attended = self.self_attn.forward(seen, frames, None).reshape([frames, positions + 1, hidden]);
        let x = x + attended.slice([0..frames, 0..positions, 0..hidden]).reshape([rows, hidden]);
        x.clone() + self.mlp.forward(self.layer_norm2.forward(x))
    }
}

/// The same tower on the processor.
#[derive(Debug)]
pub(super) struct CpuFrameTower {
    embeddings: PatchRows,
    pre_norm: CpuLayerNorm,
    messages: Vec<Messages>,
    encoder: CpuEncoder,
    spare: Spare,
}

/// What the frames say to each other before one layer.
#[derive(Debug)]
struct Messages {
    fc: CpuLinear,
    norm: CpuLayerNorm,
    attention: CpuAttention,
    projections: CpuLinear,
    out: CpuLinear,
}

impl CpuFrameTower {
    pub fn load(loader: &Loader, outline: &Outline) -> Result<Self, ModelError> {
        let sizes = &outline.vision;
        let messages = (0..sizes.layers).into_par_iter().map(|layer| Messages::load(loader, sizes, layer));
        Ok(Self {
            embeddings: PatchRows::load(loader, sizes.hidden)?,
            pre_norm: loader.norm("vision_model.pre_layernorm", sizes)?,
            messages: messages.collect::<Result<_, _>>()?,
            encoder: CpuEncoder::load(loader, sizes, "vision_model")?,
            spare: Spare::default(),
        })
    }
}

impl ImageKernels for CpuFrameTower {
    /// The states of all positions of the frames of one clip, row by row.
    fn forward(&self, patches: &[f32], Batch { images: batch, .. }: Batch) -> Vec<f32> {
        let hidden = self.pre_norm.weight.len();
        self.spare.with(|buffers| {
            self.embeddings.apply(patches, batch, &mut buffers.narrow);
            let frame = buffers.narrow.len() / batch;
            // A frame has a last row for its message, which each layer replaces.
            buffers.x.clear();
            buffers.x.resize(buffers.narrow.len() + batch * hidden, 0.0);
            let frames = buffers.x.chunks_exact_mut(frame + hidden);
            for (x, embedded) in frames.zip(buffers.narrow.chunks_exact(frame)) {
                self.pre_norm.apply(embedded, &mut x[..frame]);
            }
            self.encoder.apply_after(buffers, batch, |layer, x| self.messages[layer].write(x, batch));
            buffers.x.chunks_exact(frame + hidden).flat_map(|x| &x[..frame]).copied().collect()
        })
    }
}

impl Messages {
    fn load(loader: &Loader, sizes: &EncoderSizes, layer: usize) -> Result<Self, ModelError> {
        let name = |part: &str| format!("vision_model.encoder.layers.{layer}.message_{part}");
        let EncoderSizes { heads, hidden, is_causal, .. } = *sizes;
        Ok(Self {
            fc: loader.linear(&name("fc"))?,
            norm: loader.norm(&name("ln"), sizes)?,
            attention: loader.attention(heads, hidden, is_causal),
            projections: loader.joined(["q_proj", "k_proj", "v_proj"].map(|p| name(&format!("attn.{p}"))))?,
            out: loader.linear(&name("attn.out_proj"))?,
        })
    }

    /// Makes messages of the first rows of the frames, and writes each to the last row of its frame.
    fn write(&self, x: &mut [f32], frames: usize) {
        let hidden = self.norm.weight.len();
        let frame = x.len() / frames;
        let mut class: Vec<f32> = x.chunks_exact(frame).flat_map(|x| &x[..hidden]).copied().collect();
        let mut messages = vec![0.0; class.len()];
        let mut projected = vec![0.0; 3 * class.len()];
        self.fc.apply(&class, &mut messages, Epilogue::Store);
        self.norm.apply(&messages, &mut class);
        self.projections.apply(&class, &mut projected, Epilogue::Store);
        self.attention.within(&projected, 1, &mut class);
        self.out.apply(&class, &mut messages, Epilogue::Add);
        for (x, message) in x.chunks_exact_mut(frame).zip(messages.chunks_exact(hidden)) {
            x[frame - hidden..].copy_from_slice(message);
        }
    }
}
