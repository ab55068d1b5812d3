use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::description::Description;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::facts::{ModelFacts, Tower};
use super::family::StoredCalibration;
use super::layout::CONFIG;
use super::preparation::{ImageConfig, PreparationRules};
use super::registry::{self, read_config, read_folder};
use super::resize::Preprocessor;
use super::tokenizer::{TextTokenizer, tokenizer_file as find_tokenizer};
use super::tower::{Schedule, TextTower, VisionTower};
use super::weights::Weights;

/// A checkpoint on disk. In the layout of transformers: `config.json`, `model.safetensors` (or several files with
/// `model.safetensors.index.json`), `tokenizer.json` and `preprocessor_config.json` or `processor_config.json`. In that of
/// OpenCLIP: `open_clip_config.json`, `open_clip_model.safetensors`, `tokenizer.json`. Opening one reads no weights.
#[derive(Debug)]
pub struct Checkpoint {
    dir: PathBuf,
    pub(super) description: Description,
    facts: ModelFacts,
    pub(super) image: ImageConfig,
    /// File with the image preparation; `None` for the defaults.
    image_file: Option<PathBuf>,
    tokenizer_file: PathBuf,
    tokenizer: OnceLock<TextTokenizer>,
    pub(super) weights: Weights,
    calibration: StoredCalibration,
}

impl Checkpoint {
    /// Opens a folder and checks that its files fit each other.
    ///
    /// # Errors
    /// A file that is missing, damaged, of an unknown model family, or does not fit the others.
    pub fn open(dir: &Path) -> Result<Self, ModelError> {
        let checkpoint = Self::open_lazily(dir)?;
        checkpoint.tokenizer()?;
        Ok(checkpoint)
    }

    /// Like [`Checkpoint::open`], but reads the tokenizer, which may take a second, only for the first text.
    ///
    /// # Errors
    /// As there, except for a bad tokenizer, which [`Checkpoint::tokenizer`] reports.
    pub fn open_lazily(dir: &Path) -> Result<Self, ModelError> {
        let checkpoint = Self::read(dir)?;
        match checkpoint.facts.frames {
            None => Ok(checkpoint),
            Some(frames) => Err(ModelError::unsupported(
                &dir.join(CONFIG),
                format!(
                    "this {} model embeds whole clips of {frames} frames, no single frames\nhelp: name it as the --x-clip of \
                     `actalign-tui eval`, beside a model of images as --model",
                    checkpoint.facts.family
                ),
            )),
        }
    }

    /// A checkpoint of images or of clips.
    pub(super) fn read(dir: &Path) -> Result<Self, ModelError> {
        let description = read_folder(dir)?;
        let facts = description.model.facts();
        let (image, image_file) = description.images(dir)?;
        let facts = facts.prepared(image.fit);
        let tokenizer_file = find_tokenizer(dir)?;
        let mut weights = Weights::open(dir, description.layout)?;
        weights.check(description.model.weight_shapes())?;
        let calibration = description.model.calibration(&weights)?;
        let (dir, tokenizer) = (dir.to_path_buf(), OnceLock::new());
        Ok(Self {
            dir,
            description,
            facts,
            image,
            image_file,
            tokenizer_file,
            tokenizer,
            weights,
            calibration,
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Assumptions about the checkpoint that the user should know.
    pub fn notices(&self) -> Vec<String> {
        let usual = self.description.usual(self.image_file.as_deref());
        notices(&self.dir, usual, &self.weights)
    }

    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Name of its model family.
    pub fn family(&self) -> &'static str {
        self.facts.family
    }

    pub fn dim(&self) -> usize {
        self.facts.dim
    }

    /// Width and height of its square images in pixels.
    pub fn image_size(&self) -> usize {
        self.facts.image_size
    }

    /// Width and height of a patch in pixels.
    pub fn patch_size(&self) -> usize {
        self.facts.patch_size
    }

    /// Most patches of an image at flexible resolution; `None` if all images are squares.
    pub fn max_patches(&self) -> Option<usize> {
        self.facts.max_patches
    }

    /// Text positions, the end token among them.
    pub fn text_len(&self) -> usize {
        self.facts.text_len
    }

    /// Scale and bias of the affinity as stored.
    pub fn calibration(&self) -> StoredCalibration {
        self.calibration
    }

    pub fn preprocessor(&self) -> Preprocessor {
        Preprocessor { size: self.image_size(), filter: self.image.filter, fit: self.image.fit }
    }

    /// The tokenizer, read at the first call.
    ///
    /// # Errors
    /// After [`Checkpoint::open_lazily`], a tokenizer that is damaged or belongs to another model.
    pub fn tokenizer(&self) -> Result<&TextTokenizer, ModelError> {
        if let Some(tokenizer) = self.tokenizer.get() {
            return Ok(tokenizer);
        }
        let tokenizer = self.description.tokenizer(&self.tokenizer_file)?;
        Ok(self.tokenizer.get_or_init(|| tokenizer))
    }

    pub fn tokenizer_file(&self) -> &Path {
        &self.tokenizer_file
    }

    /// Loads the image tower; reads no weights of the text tower.
    pub fn load_vision(&self, device: &ComputeDevice) -> Result<VisionTower, ModelError> {
        Ok(VisionTower {
            model: self.description.model.load_vision(&self.weights, self.image.normalisation, device)?,
            preprocessor: self.preprocessor(),
            dim: self.facts.dim,
            schedule: self.schedule(Tower::Vision, device),
        })
    }

    /// Images or texts that a tower embeds at a time on a device.
    pub fn batch(&self, tower: Tower, device: &ComputeDevice) -> usize {
        match tower {
            Tower::Vision => device.batch(self.facts.patches()),
            Tower::Text => device.batch(self.text_len()),
        }
    }

    /// Loads the text tower; reads no weights of the image tower.
    pub fn load_text(&self, device: &ComputeDevice) -> Result<TextTower, ModelError> {
        Ok(TextTower {
            model: self.description.model.load_text(&self.weights, device)?,
            text_len: self.facts.text_len,
            vocabulary: self.facts.vocabulary,
            dim: self.facts.dim,
            schedule: self.schedule(Tower::Text, device),
        })
    }

    fn schedule(&self, tower: Tower, device: &ComputeDevice) -> Schedule {
        match device.cpu() {
            Some(_) => Schedule::Lanes,
            None => Schedule::Batches(self.batch(tower, device)),
        }
    }
}

/// Whether a configuration is that of a model, and not of an image tower alone.
pub fn names_model(path: &Path) -> Result<bool, ModelError> {
    registry::names_model(path)
}

/// Checks that a `config.json` or `open_clip_config.json` is of a model that this program runs.
pub fn check_config(path: &Path) -> Result<(), ModelError> {
    read_config(path).map(|_| ())
}

/// `usual` are the rules of the family where no file says how images are prepared.
pub(super) fn notices(dir: &Path, usual: Option<&PreparationRules>, weights: &Weights) -> Vec<String> {
    let mut notices = Vec::new();
    if let Some(usual) = usual {
        notices.push(format!(
            "{} has neither preprocessor_config.json nor processor_config.json: images are prepared {}",
            dir.display(),
            usual.in_words()
        ));
    }
    if !weights.prefix().is_empty() {
        notices.push(format!(
            "{}: the names of the weights begin with {}, which is passed over",
            dir.display(),
            weights.prefix()
        ));
    }
    notices
}
