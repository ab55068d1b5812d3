//! SigLIP 2 of flexible resolution (NaFlex): images keep their proportions, and the positions of a square are resized to their
//! grid of patches. Everything after the patches is as in [`vision`](super::vision).
//!
//! The reference implementation pads images to one number of patches and masks the padding. Here a batch holds images of one
//! grid, so that there is nothing to mask.

use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

use super::positions::resizing;
use super::vision::VisionTransformer;
use crate::backbone::config::Outline;
use crate::backbone::loading::ImageModule;
use crate::backbone::patches::Batch;

/// The tensors of a checkpoint that start with `vision_model.`.
#[derive(Module, Debug)]
pub(super) struct NaflexVision {
    vision_model: VisionTransformer<FlexibleEmbeddings>,
}

#[derive(Module, Debug)]
struct FlexibleEmbeddings {
    patch_embedding: Linear,
    position_embedding: Embedding,
}

impl NaflexVision {
    pub fn new(outline: &Outline, device: &Device) -> Self {
        let (hidden, patch) = (outline.vision.hidden, outline.patch_size());
        let embeddings = FlexibleEmbeddings {
            patch_embedding: LinearConfig::new(3 * patch * patch, hidden).init(device),
            position_embedding: EmbeddingConfig::new(outline.patches(), hidden).init(device),
        };
        Self { vision_model: VisionTransformer::new(embeddings, &outline.vision, device) }
    }
}

impl ImageModule for NaflexVision {
    fn forward(&self, patches: Tensor<2>, batch: Batch) -> Tensor<2> {
        let embeddings = &self.vision_model.embeddings;
        let x = embeddings.patch_embedding.forward(patches);
        let [rows, hidden] = x.dims();
        let positions = embeddings.positions(batch, &x.device());
        let x = x.reshape([batch.images, rows / batch.images, hidden]) + positions.unsqueeze();
        self.vision_model.forward(x.reshape([rows, hidden]), batch.images)
    }
}

impl FlexibleEmbeddings {
    /// A row for each patch of an image.
    fn positions(&self, batch: Batch, device: &Device) -> Tensor<2> {
        let table = self.position_embedding.weight.val();
        let known = table.dims()[0];
        let weights = TensorData::new(resizing(known, batch), [batch.rows * batch.columns, known]);
        Tensor::<2>::from_data(weights, device).cast(table.dtype()).matmul(table)
    }
}
