use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burn::tensor::{DType, Device, Tensor};

use super::config::Config;
use super::cpu;
use super::device::ComputeDevice;
use super::error::ModelError;
use super::file;
use super::identity::Tower;
use super::preparation::ImageConfig;
use super::preprocess::{Preprocessor, Square};
use super::shapes::shapes;
use super::text;
use super::tokenizer::{TextTokenizer, tokenizer_file as find_tokenizer};
use super::tower::{TextModel, TextTower, VisionModel, VisionTower};
use super::vision;
use super::weights::Weights;

/// A SigLIP checkpoint on disk, in the layout of the model hub: `config.json`, `model.safetensors` (or several
/// files with `model.safetensors.index.json`), `tokenizer.json` and `preprocessor_config.json` or
/// `processor_config.json`. Opening one reads no weights.
#[derive(Debug)]
pub struct Checkpoint {
    dir: PathBuf,
    pub(super) config: Config,
    pub(super) image: ImageConfig,
    /// Where the preparation of images was read. None where the defaults are taken.
    image_file: Option<PathBuf>,
    tokenizer_file: PathBuf,
    tokenizer: OnceLock<TextTokenizer>,
    pub(super) weights: Weights,
    logit_scale: f32,
    logit_bias: f32,
}

impl Checkpoint {
    /// Opens the folder and checks that its files belong together.
    ///
    /// # Errors
    /// A file that is missing, damaged, of another model family, or that does not fit the others.
    pub fn open(dir: &Path) -> Result<Self, ModelError> {
        let checkpoint = Self::open_lazily(dir)?;
        checkpoint.tokenizer()?;
        Ok(checkpoint)
    }

    /// As [`Checkpoint::open`], but the tokenizer, which may take a second to read, is left for the first text.
    ///
    /// # Errors
    /// As there, except that what is wrong with the tokenizer comes up with [`Checkpoint::tokenizer`].
    pub fn open_lazily(dir: &Path) -> Result<Self, ModelError> {
        let config_path = present(dir, "config.json")?;
        let config = Config::read(&config_path)?;
        let image_size = config.vision_config.image_size();
        let (image, image_file) = ImageConfig::read(dir, image_size)?;
        let tokenizer_file = find_tokenizer(dir)?;
        let weights = Weights::open(dir)?;
        weights.check(&config)?;
        let (logit_scale, logit_bias) = (weights.scalar("logit_scale")?, weights.scalar("logit_bias")?);
        let (dir, tokenizer) = (dir.to_path_buf(), OnceLock::new());
        Ok(Self {
            dir,
            config,
            image,
            image_file,
            tokenizer_file,
            tokenizer,
            weights,
            logit_scale,
            logit_bias,
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was assumed of the checkpoint and should be known to whoever uses it.
    pub fn notices(&self) -> Vec<String> {
        notices(&self.dir, self.image_file.as_deref(), &self.weights)
    }

    /// Checks that all weights are finite numbers. Reads all of them.
    ///
    /// # Errors
    /// The first tensor that holds another value.
    pub fn check_values(&self) -> Result<(), ModelError> {
        self.weights.check_values()
    }

    /// Dimensions of an embedding, image or text.
    pub fn dim(&self) -> usize {
        self.config.vision_config.hidden_size
    }

    /// Width and height of the model's images in pixels.
    pub fn image_size(&self) -> usize {
        self.config.vision_config.image_size()
    }

    /// Text positions, the end token among them.
    pub fn text_len(&self) -> usize {
        self.config.text_config.max_position_embeddings
    }

    /// The stored scale: the paper's α is its exponential (Eq. 9).
    pub fn logit_scale(&self) -> f32 {
        self.logit_scale
    }

    /// The stored bias: the paper's β (Eq. 9).
    pub fn logit_bias(&self) -> f32 {
        self.logit_bias
    }

    /// Makes pictures into the model's squares.
    pub fn preprocessor(&self) -> Preprocessor {
        Preprocessor { size: self.image_size(), filter: self.image.filter }
    }

    /// Makes text into tokens.
    ///
    /// # Errors
    /// After [`Checkpoint::open_lazily`], a tokenizer that is damaged or another model's.
    pub fn tokenizer(&self) -> Result<&TextTokenizer, ModelError> {
        if let Some(tokenizer) = self.tokenizer.get() {
            return Ok(tokenizer);
        }
        let text = &self.config.text_config;
        let tokenizer =
            TextTokenizer::open(&self.tokenizer_file, text.max_position_embeddings, text.vocab_size)?;
        Ok(self.tokenizer.get_or_init(|| tokenizer))
    }

    /// The file of the tokenizer.
    pub fn tokenizer_file(&self) -> &Path {
        &self.tokenizer_file
    }

    /// Loads the image half. The text half's weights are not read.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn load_vision(&self, device: &ComputeDevice) -> Result<VisionTower, ModelError> {
        let config = &self.config.vision_config;
        let precision = device.precision();
        let model = match device.cpu() {
            Some(isa) => {
                let model = cpu::VisionModel::load(&self.weights.map()?, config, isa, precision)?;
                VisionModel::Cpu(Box::new(model))
            }
            None => {
                let model = self.vision_model(device.device(), precision.dtype())?;
                VisionModel::Device(Box::new(model), device.device().clone(), precision.dtype())
            }
        };
        Ok(VisionTower {
            model,
            config: self.config.vision_config.clone(),
            normalisation: self.image.normalisation,
            batch: self.batch(Tower::Vision, device),
        })
    }

    /// Images or texts that a tower embeds at a time on a device.
    pub fn batch(&self, tower: Tower, device: &ComputeDevice) -> usize {
        match tower {
            Tower::Vision => device.batch(self.config.vision_config.grid().pow(2)),
            Tower::Text => device.batch(self.text_len()),
        }
    }

    /// Loads the text half. The image half's weights are not read.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn load_text(&self, device: &ComputeDevice) -> Result<TextTower, ModelError> {
        let config = &self.config.text_config;
        let precision = device.precision();
        let model = match device.cpu() {
            Some(isa) => {
                let model = cpu::TextModel::load(&self.weights.map()?, config, isa, precision)?;
                TextModel::Cpu(Box::new(model))
            }
            None => {
                let model = self.text_model(device.device(), precision.dtype())?;
                TextModel::Device(Box::new(model), device.device().clone())
            }
        };
        Ok(TextTower { model, config: config.clone(), batch: self.batch(Tower::Text, device) })
    }

    /// Images as the input of [`vision::VisionModel::forward`]: `[images · positions, 3 · patch · patch]`.
    pub fn patches(&self, images: &[Square], device: &Device) -> Tensor<2> {
        vision::patch_tensor(images, &self.config.vision_config, &self.image.normalisation, device)
    }

    /// The image tower as a burn module with weights of that type.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn vision_model(&self, device: &Device, dtype: DType) -> Result<vision::VisionModel, ModelError> {
        self.weights.map()?.check("vision_model.")?;
        let mut model = vision::VisionModel::new(&self.config.vision_config, device);
        self.weights.load(&mut model, dtype)?;
        Ok(model)
    }

    /// The text tower as a burn module with weights of that type.
    ///
    /// # Errors
    /// A weight file that changed since it was opened.
    pub fn text_model(&self, device: &Device, dtype: DType) -> Result<text::TextModel, ModelError> {
        self.weights.map()?.check("text_model.")?;
        let mut model = text::TextModel::new(&self.config.text_config, device);
        self.weights.load(&mut model, dtype)?;
        Ok(model)
    }
}

/// Checks that a `config.json` is of a checkpoint that this program runs.
///
/// # Errors
/// What is wrong with it, or what other model it is of.
pub fn check_config(path: &Path) -> Result<(), ModelError> {
    Config::read(path).map(|_| ())
}

/// Names and shapes of the weights that a `config.json` asks for.
///
/// # Errors
/// As [`check_config`].
pub fn weight_shapes(config: &Path) -> Result<Vec<(String, Vec<usize>)>, ModelError> {
    Ok(shapes(&Config::read(config)?))
}

/// What was assumed of a checkpoint.
pub(super) fn notices(dir: &Path, image_file: Option<&Path>, weights: &Weights) -> Vec<String> {
    let mut notices = Vec::new();
    if image_file.is_none() {
        notices.push(format!(
            "{} has neither preprocessor_config.json nor processor_config.json: images are prepared as SigLIP's are by \
             default (bicubic, mean 0.5, deviation 0.5)",
            dir.display()
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

pub(super) fn present(dir: &Path, name: &str) -> Result<PathBuf, ModelError> {
    let path = dir.join(name);
    if file::is_there(&path)? {
        return Ok(path);
    }
    file::refuse_adapters(dir)?;
    Err(ModelError::MissingFile { path, hint: file::folder_hint(dir) })
}
