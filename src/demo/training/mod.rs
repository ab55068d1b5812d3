//! Training of a small SigLIP on pictures whose content is known.

use image::RgbImage;

/// What can be told of a picture: which step of which action is shown, and in which domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// Index of the domain, such as a sport.
    pub domain: usize,
    /// Index of the step; steps that look alike in several domains share it.
    pub step: usize,
}

/// A text about pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// The text.
    pub text: String,
    /// The step it describes.
    pub step: usize,
    /// The domain it names, if it names one.
    pub domain: Option<usize>,
}

impl Caption {
    /// Whether the text is true of a picture.
    pub fn is_true_of(&self, content: Content) -> bool {
        self.step == content.step && self.domain.is_none_or(|domain| domain == content.domain)
    }
}

/// A source of pictures and captions without end: the same seed gives the same one.
pub trait World: Sync {
    /// A picture of any size, and what it shows.
    fn picture(&self, seed: u64) -> (RgbImage, Content);
    /// A caption that is true of pictures with this content.
    fn caption(&self, content: Content, seed: u64) -> Caption;
}
