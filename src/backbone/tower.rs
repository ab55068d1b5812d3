//! The two towers of a loaded model, ready to embed.

use std::fmt;

use ndarray::Array2;

use super::device::LANE_BATCH;
use super::error::ModelError;
use super::family::{ImageModel, TextModel};
use super::resize::{PreparedImage, Preprocessor};
use super::tokenizer::Tokens;

/// The image tower of a model, on a device. Made by [`Checkpoint::load_vision`](super::Checkpoint::load_vision).
pub struct VisionTower {
    pub(super) model: Box<dyn ImageModel>,
    pub(super) preprocessor: Preprocessor,
    pub(super) dim: usize,
    pub(super) schedule: Schedule,
}

/// The text tower of a model, on a device. Made by [`Checkpoint::load_text`](super::Checkpoint::load_text).
pub struct TextTower {
    pub(super) model: Box<dyn TextModel>,
    pub(super) text_len: usize,
    pub(super) vocabulary: usize,
    pub(super) dim: usize,
    pub(super) schedule: Schedule,
}

/// How items are distributed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Schedule {
    /// Over the processor's threads.
    Lanes,
    Batches(usize),
}

impl fmt::Debug for VisionTower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VisionTower").field("dim", &self.dim).finish_non_exhaustive()
    }
}

impl fmt::Debug for TextTower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextTower").field("dim", &self.dim).finish_non_exhaustive()
    }
}

impl VisionTower {
    /// The pooled embedding of each image, images × dimensions, not normalised.
    ///
    /// # Errors
    /// An image of a size that the model does not take, or a failing device.
    pub fn embed(&self, images: &[PreparedImage]) -> Result<Array2<f32>, ModelError> {
        for PreparedImage { width, height, rgb } in images {
            if rgb.len() != 3 * width * height || !self.preprocessor.makes(*width, *height) {
                return Err(ModelError::Input(format!(
                    "an image of {width}×{height} pixels and {} bytes, where the model takes {}",
                    rgb.len(),
                    self.preprocessor.sizes()
                )));
            }
        }
        // Images of one size are embedded together.
        let mut order: Vec<usize> = (0..images.len()).collect();
        let size = |index: &usize| (images[*index].width, images[*index].height);
        order.sort_by_key(size);
        let mut rows = vec![0.0; images.len() * self.dim];
        for alike in order.chunk_by(|a, b| size(a) == size(b)) {
            let group: Vec<&PreparedImage> = alike.iter().map(|index| &images[*index]).collect();
            let embedded = self.schedule.run(&group, |images| self.model.forward(images))?;
            for (index, row) in alike.iter().zip(embedded.chunks_exact(self.dim)) {
                rows[index * self.dim..][..self.dim].copy_from_slice(row);
            }
        }
        into_rows(rows, "image", images.len(), self.dim)
    }
}

impl TextTower {
    /// The projected embedding of each text, texts × dimensions, not normalised. All are padded to one length.
    ///
    /// # Errors
    /// Tokens that another checkpoint's tokenizer made, texts of several lengths, or a failing device.
    pub fn embed(&self, texts: &[Tokens]) -> Result<Array2<f32>, ModelError> {
        let (most, vocabulary) = (self.text_len, self.vocabulary);
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
        let rows = self.schedule.run(texts, |texts| self.model.forward(texts))?;
        into_rows(rows, "text", texts.len(), self.dim)
    }
}

impl Schedule {
    fn run<T: Sync>(
        self,
        items: &[T],
        forward: impl Fn(&[T]) -> Result<Vec<f32>, ModelError> + Sync,
    ) -> Result<Vec<f32>, ModelError> {
        match self {
            Self::Lanes => on_lanes(items, forward),
            Self::Batches(size) => in_batches(items, size, &forward),
        }
    }
}

/// Checks and shapes embeddings: every value must be finite, and no row all zeros, since it has no direction.
pub(super) fn into_rows(
    values: Vec<f32>,
    what: &str,
    rows: usize,
    dim: usize,
) -> Result<Array2<f32>, ModelError> {
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

fn in_batches<T>(
    items: &[T],
    size: usize,
    forward: impl Fn(&[T]) -> Result<Vec<f32>, ModelError>,
) -> Result<Vec<f32>, ModelError> {
    let rows: Result<Vec<_>, _> = items.chunks(size).map(forward).collect();
    Ok(rows?.concat())
}

/// Distributes items over the processor's threads. Each computes its share from end to end: that beats splitting every
/// operation of one batch, since threads never wait for one another.
fn on_lanes<T: Sync>(
    items: &[T],
    forward: impl Fn(&[T]) -> Result<Vec<f32>, ModelError> + Sync,
) -> Result<Vec<f32>, ModelError> {
    let run = |items: &[T]| in_batches(items, LANE_BATCH, &forward);
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
                // A pool of its own keeps the lane's operations inside the lane.
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
