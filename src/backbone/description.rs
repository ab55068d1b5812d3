//! What the configuration of a checkpoint says: the model, and how its files are laid out.

use std::path::{Path, PathBuf};

use super::cleaning::Cleaning;
use super::error::ModelError;
use super::facts::Tower;
use super::family::Backbone;
use super::layout::WeightLayout;
use super::preparation::{ImageConfig, PreparationRules};
use super::tokenizer::TextTokenizer;

/// A model and the layout of its files.
#[derive(Debug)]
pub(super) struct Description {
    pub model: Box<dyn Backbone>,
    pub layout: &'static WeightLayout,
    pub images: Images,
    /// What becomes of a text before the tokenizer, where the layout has rules of its own.
    pub cleaning: Option<Cleaning>,
}

/// Where the preparation of images is stated.
#[derive(Debug)]
pub(super) enum Images {
    /// In files of their own, or nowhere: then as is usual in the family.
    InFiles(&'static PreparationRules),
    /// In the file of the configuration.
    Stated(ImageConfig, PathBuf),
}

impl Description {
    /// How images are prepared, and the file that says so: `None` for what is usual.
    pub fn images(&self, dir: &Path) -> Result<(ImageConfig, Option<PathBuf>), ModelError> {
        match &self.images {
            Images::InFiles(rules) => ImageConfig::read(dir, &self.model.facts(), rules),
            Images::Stated(config, file) => Ok((*config, Some(file.clone()))),
        }
    }

    /// What is usual in the family, if no file says how images are prepared.
    pub fn usual(&self, file: Option<&Path>) -> Option<&'static PreparationRules> {
        match &self.images {
            Images::InFiles(rules) if file.is_none() => Some(rules),
            _ => None,
        }
    }

    pub fn tokenizer(&self, path: &Path) -> Result<TextTokenizer, ModelError> {
        let tokenizer = self.model.tokenizer(path)?;
        Ok(match self.cleaning {
            Some(cleaning) => tokenizer.with_cleaning(cleaning),
            None => tokenizer,
        })
    }

    /// Everything in the configuration that decides a tower's embeddings, but the preparation of images.
    pub fn recipe(&self, tower: Tower) -> String {
        let model = self.model.recipe(tower);
        match (tower, self.cleaning) {
            (Tower::Text, Some(cleaning)) => format!("{model} {cleaning:?}"),
            _ => model,
        }
    }
}
