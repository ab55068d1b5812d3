//! The row of an X-CLIP model, which sees a few frames of a clip together and compares it with the names of its candidates.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use blake3::Hasher;
use color_eyre::eyre::{Report, bail};
use ndarray::{Array2, ArrayView1, Axis};

use crate::backbone::{ComputeDevice, ModelError, VideoCheckpoint, VideoTextModel};
use crate::eval::dataset::{Clip, ClipSource};
use crate::eval::record::Ranking;
use crate::eval::rows::{Row, Score, XClipSettings};
use crate::explore::{ClipPictures, Model, Settings, prepared};
use crate::script::Strategy;
use crate::snapshot::Hashes;
use crate::video::Sampling;

/// Name of the row.
const X_CLIP: &str = "x-clip";

/// An X-CLIP model to compare with.
pub struct XClip {
    checkpoint: VideoCheckpoint,
    device: ComputeDevice,
    settings: XClipSettings,
    /// Loaded for the first clip.
    model: Option<VideoTextModel>,
    /// Projected names of candidates, and whether they were cut.
    names: HashMap<String, (Vec<f32>, bool)>,
}

impl XClip {
    /// Opens a folder, to run on the device of a model beside it. Hashes the weights, unless the model's cache knows their
    /// hash.
    ///
    /// # Errors
    /// If the folder does not hold a whole X-CLIP checkpoint.
    pub fn open(folder: &Path, beside: &Model) -> Result<Self, ModelError> {
        let checkpoint = VideoCheckpoint::open(folder)?;
        let Hashes { vision, text, tokenizer, .. } =
            Hashes::of_model(checkpoint.checkpoint(), beside.cache());
        let mut digest = Hasher::new();
        for part in [Some(checkpoint.recipe()), vision, text, tokenizer].into_iter().flatten() {
            digest.update(part.as_bytes()).update(b"\n");
        }
        let settings = XClipSettings {
            folder: folder.display().to_string(),
            frames: checkpoint.frames(),
            image_size: checkpoint.checkpoint().image_size(),
            digest: digest.finalize().to_hex().to_string(),
        };
        let device = beside.device().clone();
        Ok(Self { checkpoint, device, settings, model: None, names: HashMap::new() })
    }

    /// Assumptions about the checkpoint that the user should know.
    pub fn notices(&self) -> Vec<String> {
        self.checkpoint.checkpoint().notices()
    }

    /// Its row.
    pub fn row(&self) -> Row {
        let row = Row::new(X_CLIP, Score::Clip, Strategy::CONTEXT_RICH, Settings::default());
        Row { x_clip: Some(self.settings.clone()), ..row }
    }

    /// Ranks the candidates of a clip by the cosine of the clip with their names. Its frames are spread over all frames of
    /// the clip; `sampling` is that of the other rows. Adds names that are too long to `cut_texts`.
    pub(super) fn rank(
        &mut self,
        clip: &Clip,
        sampling: Sampling,
        cut_texts: &mut BTreeSet<String>,
    ) -> Result<Ranking, Report> {
        let ClipSource::Video(masks) = &clip.source else {
            let fault = "X-CLIP needs a video, not embeddings of frames";
            return Ok(Ranking::fault(X_CLIP.to_owned(), fault.to_owned()));
        };
        let sampling = match sampling {
            Sampling::Numbered => Sampling::Numbered,
            Sampling::Fps(_) | Sampling::Native => Sampling::Native,
        };
        let pictures =
            ClipPictures { video: &clip.entry.video, sampling, segment: clip.entry.segment(), masks };
        let frames = prepared(pictures, self.settings.frames, self.checkpoint.checkpoint().preprocessor())?;
        let names = self.embed_names(&clip.entry.candidates, cut_texts)?;
        let model = self.model()?;
        let compared = model.embed_clip(&frames).and_then(|clip| model.compare(&clip, &names));
        Ok(match compared {
            Ok(texts) => Ranking::by_scores(X_CLIP.to_owned(), texts.iter().map(|text| text.logit).collect()),
            Err(error @ ModelError::Embedding { .. }) => Ranking::fault(X_CLIP.to_owned(), error.to_string()),
            Err(error) => return Err(error.into()),
        })
    }

    /// A row for each name.
    fn embed_names(
        &mut self,
        names: &[String],
        cut_texts: &mut BTreeSet<String>,
    ) -> Result<Array2<f32>, Report> {
        let new: BTreeSet<&String> = names.iter().filter(|name| !self.names.contains_key(*name)).collect();
        if !new.is_empty() {
            let tokenizer = self.checkpoint.checkpoint().tokenizer()?;
            let tokens = new.iter().map(|name| tokenizer.encode(name)).collect::<Result<Vec<_>, _>>()?;
            let rows = self.model()?.embed_texts(&tokens)?;
            for ((name, tokens), row) in new.into_iter().zip(&tokens).zip(rows.rows()) {
                self.names.insert(name.clone(), (row.to_vec(), tokens.cut));
            }
        }
        let mut rows = Array2::zeros((0, self.checkpoint.checkpoint().dim()));
        for name in names {
            let Some((row, is_cut)) = self.names.get(name) else { bail!("no embedding of {name}") };
            rows.push(Axis(0), ArrayView1::from(row))?;
            if *is_cut {
                cut_texts.insert(name.clone());
            }
        }
        Ok(rows)
    }

    fn model(&mut self) -> Result<&VideoTextModel, ModelError> {
        let loaded = match self.model.take() {
            Some(loaded) => loaded,
            None => self.checkpoint.load(&self.device)?,
        };
        Ok(self.model.insert(loaded))
    }
}
