//! The sizes of a model. PE-Core has no configuration of its own: the layout that it is published in names the image tower.

use crate::backbone::activation::Activation;
use crate::backbone::clip::text_shapes;
use crate::backbone::config::{Outline, Side, TowerSizes};
use crate::backbone::encoder::EncoderSizes;
use crate::backbone::rotary::Rotary;
use crate::backbone::shapes::Shapes;

/// The layer norms of both towers.
const EPS: f64 = 1e-5;
/// The pooling head of every size has as many heads, and an MLP so many times as wide as its input.
const POOLING_HEADS: usize = 8;
const POOLING_RATIO: usize = 4;

/// An image tower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backbone) struct ImageSizes {
    pub tower: TowerSizes,
    /// Sides of an image and of a patch in pixels.
    pub image: usize,
    pub patch: usize,
    /// Whether a class token precedes the patches.
    pub has_class: bool,
}

#[derive(Debug, Clone)]
pub(in crate::backbone) struct Config {
    pub vision: ImageSizes,
    pub text: TextSizes,
    /// Dimensions of the embeddings.
    pub dim: usize,
}

/// A text tower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backbone) struct TextSizes {
    pub tower: TowerSizes,
    pub vocabulary: usize,
    /// Text positions, the end token among them.
    pub positions: usize,
}

impl Config {
    /// Checks a configuration: after this, every size is usable as it is.
    pub fn checked(self) -> Result<Self, String> {
        let outline = self.outline();
        outline.check()?;
        let EncoderSizes { hidden, heads, .. } = outline.vision;
        if hidden / heads % 4 != 0 {
            return Err(format!("heads of {} dimensions have no rotary positions", hidden / heads));
        }
        if hidden % POOLING_HEADS != 0 {
            return Err(format!("{POOLING_HEADS} heads do not share {hidden} dimensions evenly"));
        }
        if self.text.positions < 3 {
            return Err("its text positions have no room for text between start and end".into());
        }
        Ok(self)
    }

    pub fn outline(&self) -> Outline {
        let Self { vision, text, dim } = self;
        let rotary = Rotary { grid: vision.image / vision.patch.max(1), has_class: vision.has_class };
        Outline {
            vision: sizes(vision.tower, false, Some(rotary)),
            channels: 3,
            image: Side::Square(vision.image),
            patch: Side::Square(vision.patch),
            text: sizes(text.tower, true, None),
            vocabulary: text.vocabulary,
            positions: text.positions,
            dims: [*dim; 2],
        }
    }

    /// The sizes of the pooling head.
    pub fn pooling(&self) -> EncoderSizes {
        let sizes = self.outline().vision;
        EncoderSizes { heads: POOLING_HEADS, intermediate: POOLING_RATIO * sizes.hidden, ..sizes }
    }

    /// Names and shapes of the tensors of both towers, in the manner of transformers.
    pub fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let outline = self.outline();
        let (hidden, patch) = (outline.vision.hidden, outline.patch_size());
        let positions = outline.patches() + usize::from(self.vision.has_class);
        let mut shapes = Shapes::new("vision_model.");
        if self.vision.has_class {
            shapes.add("embeddings.class_embedding", &[hidden]);
        }
        shapes.add("embeddings.patch_embedding.weight", &[hidden, 3, patch, patch]);
        shapes.add("embeddings.position_embedding.weight", &[positions, hidden]);
        shapes.add_norm("pre_layernorm", hidden);
        shapes.add_layers(&outline.vision);
        shapes.add_norm("post_layernorm", hidden);
        shapes.add_pooling_head(&self.pooling());
        let of_vision = shapes.into_list();
        let mut shapes = Shapes::new("");
        shapes.add_linear("visual_projection", hidden, self.dim);
        [of_vision, shapes.into_list(), text_shapes(&outline)].concat()
    }
}

fn sizes(tower: TowerSizes, is_causal: bool, rotary: Option<Rotary>) -> EncoderSizes {
    let [hidden, intermediate, layers, heads] = tower;
    EncoderSizes {
        hidden,
        intermediate,
        layers,
        heads,
        eps: EPS,
        activation: Activation::Gelu,
        is_causal,
        rotary,
    }
}
