//! Models of whole clips and texts: a clip is a fixed number of frames, and texts are worded in its light.

use std::fmt;
use std::path::Path;

use ndarray::{Array2, ArrayView1};

use super::checkpoint::Checkpoint;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::Tower;
use super::family::{ClipEmbedding, ClipHead, ImageModel};
use super::layout::CONFIG;
use super::resize::{PreparedImage, Preprocessor};
use super::tokenizer::Tokens;
use super::tower::{TextTower, into_rows};

/// A checkpoint on disk of a model of whole clips, in the layout that [`Checkpoint`] describes. Opening one reads no weights.
#[derive(Debug)]
pub struct VideoCheckpoint {
    checkpoint: Checkpoint,
    frames: usize,
}

/// A loaded model of whole clips. Made by [`VideoCheckpoint::load`].
pub struct VideoTextModel {
    vision: Box<dyn ImageModel>,
    head: Box<dyn ClipHead>,
    text: TextTower,
    frames: usize,
    preprocessor: Preprocessor,
    dim: usize,
    scale: f64,
}

/// A text in the light of a clip, and how well it fits.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipText {
    /// Its embedding, of length 1.
    pub embedding: Vec<f32>,
    /// The model's scale times the cosine of clip and text.
    pub logit: f64,
}

impl VideoCheckpoint {
    /// Opens a folder and checks that its files fit each other.
    ///
    /// # Errors
    /// A file that is missing, damaged, of a model that embeds no clips, or does not fit the others.
    pub fn open(dir: &Path) -> Result<Self, ModelError> {
        let checkpoint = Checkpoint::read(dir)?;
        let Some(frames) = checkpoint.facts().frames else {
            return Err(ModelError::unsupported(
                &dir.join(CONFIG),
                format!(
                    "this {} model embeds single images, no clips\nhelp: use a whole X-CLIP checkpoint such as \
                     microsoft/xclip-base-patch32",
                    checkpoint.family()
                ),
            ));
        };
        checkpoint.tokenizer()?;
        Ok(Self { checkpoint, frames })
    }

    /// Its folder, facts, image preparation, tokenizer and weights.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Frames of a clip.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// With the digests of weights and tokenizer, this decides every logit, but for rounding.
    pub fn recipe(&self) -> String {
        let Checkpoint { description, image, .. } = &self.checkpoint;
        let [vision, text] = [Tower::Vision, Tower::Text].map(|tower| description.recipe(tower));
        format!("{vision} {text} {}", image.recipe())
    }

    /// Loads all of it.
    pub fn load(&self, device: &ComputeDevice) -> Result<VideoTextModel, ModelError> {
        let Checkpoint { description, weights, image, .. } = &self.checkpoint;
        let head = description.model.load_clip_head(weights, device)?;
        Ok(VideoTextModel {
            head: head.ok_or_else(|| ModelError::Input("clips with a model of images".into()))?,
            vision: description.model.load_vision(weights, image.normalisation, device)?,
            text: self.checkpoint.load_text(device)?,
            frames: self.frames,
            preprocessor: self.checkpoint.preprocessor(),
            dim: self.checkpoint.dim(),
            scale: f64::from(self.checkpoint.calibration().logit_scale).exp(),
        })
    }
}

impl fmt::Debug for VideoTextModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VideoTextModel")
            .field("frames", &self.frames)
            .field("dim", &self.dim)
            .finish_non_exhaustive()
    }
}

impl VideoTextModel {
    /// Embeds the frames of one clip, in their order.
    ///
    /// # Errors
    /// Another number of frames than the model's, a frame of another size, or a failing device.
    pub fn embed_clip(&self, frames: &[PreparedImage]) -> Result<ClipEmbedding, ModelError> {
        let fits = |PreparedImage { width, height, rgb }: &PreparedImage| {
            rgb.len() == 3 * width * height && self.preprocessor.makes(*width, *height)
        };
        if frames.len() != self.frames || !frames.iter().all(fits) {
            return Err(ModelError::Input(format!(
                "{} frames, where the model takes {} of {} pixels",
                frames.len(),
                self.frames,
                self.preprocessor.sizes()
            )));
        }
        let frames: Vec<&PreparedImage> = frames.iter().collect();
        let clip = self.head.embed(&self.vision.forward(&frames)?);
        into_rows(clip.video.clone(), "clip", 1, self.dim)?;
        Ok(clip)
    }

    /// The projected embedding of each text, before it is seen in the light of a clip.
    ///
    /// # Errors
    /// As [`TextTower::embed`].
    pub fn embed_texts(&self, texts: &[Tokens]) -> Result<Array2<f32>, ModelError> {
        self.text.embed(texts)
    }

    /// Texts, embedded by [`VideoTextModel::embed_texts`], in the light of a clip.
    ///
    /// # Errors
    /// Texts of another model, or a result without a direction.
    pub fn compare(&self, clip: &ClipEmbedding, texts: &Array2<f32>) -> Result<Vec<ClipText>, ModelError> {
        let (count, dim) = texts.dim();
        if dim != self.dim || clip.video.len() != dim {
            return Err(ModelError::Input(format!(
                "texts of {dim} and a clip of {} dimensions, where the model has {}",
                clip.video.len(),
                self.dim
            )));
        }
        let mut worded: Vec<f32> = texts.iter().copied().collect();
        if count > 0 {
            self.head.prompt(clip, &mut worded);
        }
        let video = unit(ArrayView1::from(&clip.video[..]));
        let worded = into_rows(worded, "text", count, dim)?;
        Ok(worded
            .rows()
            .into_iter()
            .map(|text| {
                let text = unit(text);
                let cosine: f64 = text.iter().zip(&video).map(|(a, b)| a * b).sum();
                ClipText {
                    embedding: text.into_iter().map(|value| value as f32).collect(),
                    logit: self.scale * cosine,
                }
            })
            .collect())
    }
}

impl ClipEmbedding {
    /// The clip alone, of length 1.
    pub fn video(&self) -> Vec<f32> {
        unit(ArrayView1::from(&self.video[..])).into_iter().map(|value| value as f32).collect()
    }
}

fn unit(row: ArrayView1<f32>) -> Vec<f64> {
    let length = row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    row.iter().map(|value| f64::from(*value) / length).collect()
}
