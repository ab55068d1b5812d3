//! The two halves of a loaded model, ready to embed.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use ndarray::Array2;

use super::config::{TextConfig, VisionConfig};
use super::cpu;
use super::device::LANE_BATCH;
use super::error::ModelError;
use super::preparation::Normalisation;
use super::preprocess::Square;
use super::text;
use super::tokenizer::Tokens;
use super::vision::{self, patch_tensor, patches};

/// The image half of a model, on a device. Made by [`Checkpoint::load_vision`](super::Checkpoint::load_vision).
#[derive(Debug)]
pub struct VisionTower {
    pub(super) model: VisionModel,
    pub(super) config: VisionConfig,
    pub(super) normalisation: Normalisation,
    pub(super) batch: usize,
}

#[derive(Debug)]
pub(super) enum VisionModel {
    Cpu(Box<cpu::VisionModel>),
    Device(Box<vision::VisionModel>, Device, DType),
}

/// The text half of a model, on a device. Made by [`Checkpoint::load_text`](super::Checkpoint::load_text).
#[derive(Debug)]
pub struct TextTower {
    pub(super) model: TextModel,
    pub(super) config: TextConfig,
    pub(super) batch: usize,
}

#[derive(Debug)]
pub(super) enum TextModel {
    Cpu(Box<cpu::TextModel>),
    Device(Box<text::TextModel>, Device),
}

impl VisionTower {
    /// The pooled embedding of each image, images × dimensions, not normalised.
    ///
    /// # Errors
    /// An image of another size than the model's, or a failing device.
    pub fn embed(&self, images: &[Square]) -> Result<Array2<f32>, ModelError> {
        let size = self.config.image_size();
        if let Some(image) = images.iter().find(|i| i.size != size || i.rgb.len() != 3 * size * size) {
            return Err(ModelError::Input(format!(
                "an image of {}×{} pixels and {} bytes, where the model takes {size}×{size}",
                image.size,
                image.size,
                image.rgb.len()
            )));
        }
        let rows = match &self.model {
            VisionModel::Cpu(model) => on_lanes(images, |images| {
                let patches = patches(images, &self.config, &self.normalisation);
                Ok(model.forward(&patches, images.len()))
            }),
            VisionModel::Device(model, device, dtype) => in_batches(images, self.batch, |images| {
                let patches = patch_tensor(images, &self.config, &self.normalisation, device);
                model.forward(patches.cast(*dtype), images.len())
            }),
        }?;
        into_rows(rows, "image", images.len(), self.config.hidden_size)
    }
}

impl TextTower {
    /// The projected embedding of each text, texts × dimensions, not normalised. All are padded to one length.
    ///
    /// # Errors
    /// Tokens that another checkpoint's tokenizer made, texts of several lengths, or a failing device.
    pub fn embed(&self, texts: &[Tokens]) -> Result<Array2<f32>, ModelError> {
        let (most, vocabulary) = (self.config.max_position_embeddings, self.config.vocab_size);
        let length = texts.first().map_or(most, |tokens| tokens.ids.len());
        if length == 0 || length > most {
            return Err(ModelError::Input(format!(
                "a text of {length} tokens, where the model takes 1 to {most}"
            )));
        }
        for tokens in texts {
            if tokens.ids.len() != length {
                return Err(ModelError::Input(format!(
                    "a text of {} tokens among texts of {length}",
                    tokens.ids.len()
                )));
            }
            if let Some(id) =
                tokens.ids.iter().find(|id| usize::try_from(**id).map_or(true, |id| id >= vocabulary))
            {
                return Err(ModelError::Input(format!(
                    "token {id}, where the model knows {vocabulary} from 0"
                )));
            }
        }
        let rows = match &self.model {
            TextModel::Cpu(model) => {
                on_lanes(texts, |texts| model.forward(texts.iter().map(|text| text.ids.as_slice())))
            }
            TextModel::Device(model, device) => in_batches(texts, self.batch, |texts| {
                let ids: Vec<i32> = texts.iter().flat_map(|t| &t.ids).copied().collect();
                let ids = TensorData::new(ids, [texts.len(), length]);
                model.forward(Tensor::<2, Int>::from_data(ids, device))
            }),
        }?;
        into_rows(rows, "text", texts.len(), self.config.projection_size())
    }
}

/// One row for each thing that was embedded. Every value is finite, and no row is all zeros: it would have no direction.
fn into_rows(values: Vec<f32>, what: &str, rows: usize, dim: usize) -> Result<Array2<f32>, ModelError> {
    let rows = Array2::from_shape_vec((rows, dim), values).map_err(|e| ModelError::Compute(e.to_string()))?;
    for (index, row) in rows.rows().into_iter().enumerate() {
        let fault = if row.iter().any(|value| !value.is_finite()) {
            "holds NaN or infinite values"
        } else if row.iter().all(|value| *value == 0.0) {
            "is all zeros"
        } else {
            continue;
        };
        return Err(ModelError::Embedding { index, item: format!("{what} {}", index + 1), fault });
    }
    Ok(rows)
}

/// Runs `forward` over the items, a batch at a time.
fn in_batches<T>(
    items: &[T],
    batch: usize,
    forward: impl Fn(&[T]) -> Tensor<2>,
) -> Result<Vec<f32>, ModelError> {
    let mut rows = Vec::new();
    for batch in items.chunks(batch) {
        let embeddings =
            forward(batch).try_into_vec_as::<f32>().map_err(|e| ModelError::Compute(e.to_string()))?;
        rows.extend(embeddings);
    }
    Ok(rows)
}

/// Shares the items among the processor's threads, each computing its own share from end to end: that
/// beats one batch whose every operation is split, because the threads then never wait for one another.
fn on_lanes<T: Sync>(
    items: &[T],
    forward: impl Fn(&[T]) -> Result<Vec<f32>, ModelError> + Sync,
) -> Result<Vec<f32>, ModelError> {
    let run = |items: &[T]| -> Result<Vec<f32>, ModelError> {
        let mut rows = Vec::new();
        for batch in items.chunks(LANE_BATCH) {
            rows.extend(forward(batch)?);
        }
        Ok(rows)
    };
    let threads = rayon::current_num_threads();
    let lanes = threads.min(items.len());
    if lanes < 2 {
        return run(items);
    }
    let share = items.len().div_ceil(lanes);
    std::thread::scope(|scope| {
        let lanes: Vec<_> = items
            .chunks(share)
            .map(|items| {
                // A pool of its own keeps what the operations would split inside the lane.
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads / lanes).build();
                let run = &run;
                scope.spawn(move || match pool {
                    Ok(pool) => pool.install(|| run(items)),
                    Err(_) => run(items),
                })
            })
            .collect();
        let mut rows = Vec::new();
        for lane in lanes {
            rows.extend(lane.join().map_err(|_| ModelError::Compute("a computing thread panicked".into()))??);
        }
        Ok(rows)
    })
}
