//! The checkpoints that Google published, as far as this program runs them.

use super::config::{Config, TowerSizes};
use crate::backbone::facts::KnownModel;
use crate::backbone::family::Backbone;

/// The sizes that the towers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Base,
    Large,
    So400m,
    /// An image tower of its own, with the text tower of so400m.
    GiantOpt,
}

const SO400M: TowerSizes = [1152, 4304, 27, 16];

impl Size {
    fn vision(self) -> TowerSizes {
        match self {
            Self::Base => [768, 3072, 12, 12],
            Self::Large => [1024, 4096, 24, 16],
            Self::So400m => SO400M,
            Self::GiantOpt => [1536, 6144, 40, 16],
        }
    }

    fn text(self) -> TowerSizes {
        if self == Self::GiantOpt { SO400M } else { self.vision() }
    }
}

/// Tokens of SigLIP, of its multilingual checkpoints, and of SigLIP 2.
const ENGLISH: usize = 32_000;
const MULTILINGUAL: usize = 250_000;
const GEMMA: usize = 256_000;

/// A checkpoint of fixed resolution.
#[derive(Clone, Copy)]
struct Published {
    id: &'static str,
    size: Size,
    image: usize,
    patch: usize,
    vocabulary: usize,
    text_len: usize,
}

const fn model(id: &'static str, size: Size, patch: usize, image: usize, vocabulary: usize) -> Published {
    Published { id, size, image, patch, vocabulary, text_len: 64 }
}

/// All of them, the older family first. SigLIP 2 has flexible-resolution (NaFlex) checkpoints as well, which are another
/// architecture.
const MODELS: [Published; 25] = {
    use Size::{Base, GiantOpt, Large, So400m};
    [
        model("google/siglip-base-patch16-224", Base, 16, 224, ENGLISH),
        model("google/siglip-base-patch16-256", Base, 16, 256, ENGLISH),
        model("google/siglip-base-patch16-256-multilingual", Base, 16, 256, MULTILINGUAL),
        model("google/siglip-base-patch16-384", Base, 16, 384, ENGLISH),
        model("google/siglip-base-patch16-512", Base, 16, 512, ENGLISH),
        model("google/siglip-large-patch16-256", Large, 16, 256, ENGLISH),
        model("google/siglip-large-patch16-384", Large, 16, 384, ENGLISH),
        Published { text_len: 16, ..model("google/siglip-so400m-patch14-224", So400m, 14, 224, ENGLISH) },
        model("google/siglip-so400m-patch14-384", So400m, 14, 384, ENGLISH),
        model("google/siglip-so400m-patch16-256-i18n", So400m, 16, 256, MULTILINGUAL),
        model("google/siglip2-base-patch32-256", Base, 32, 256, GEMMA),
        model("google/siglip2-base-patch16-224", Base, 16, 224, GEMMA),
        model("google/siglip2-base-patch16-256", Base, 16, 256, GEMMA),
        model("google/siglip2-base-patch16-384", Base, 16, 384, GEMMA),
        model("google/siglip2-base-patch16-512", Base, 16, 512, GEMMA),
        model("google/siglip2-large-patch16-256", Large, 16, 256, GEMMA),
        model("google/siglip2-large-patch16-384", Large, 16, 384, GEMMA),
        model("google/siglip2-large-patch16-512", Large, 16, 512, GEMMA),
        model("google/siglip2-so400m-patch14-224", So400m, 14, 224, GEMMA),
        model("google/siglip2-so400m-patch14-384", So400m, 14, 384, GEMMA),
        model("google/siglip2-so400m-patch16-256", So400m, 16, 256, GEMMA),
        model("google/siglip2-so400m-patch16-384", So400m, 16, 384, GEMMA),
        model("google/siglip2-so400m-patch16-512", So400m, 16, 512, GEMMA),
        model("google/siglip2-giant-opt-patch16-256", GiantOpt, 16, 256, GEMMA),
        model("google/siglip2-giant-opt-patch16-384", GiantOpt, 16, 384, GEMMA),
    ]
};

/// The published checkpoints with their facts.
pub(super) fn models() -> Vec<KnownModel> {
    let known = |&Published { id, size, image, patch, vocabulary, text_len }: &Published| {
        let config = Config::of_sizes(size.vision(), size.text(), image, patch, vocabulary, text_len);
        KnownModel { id, facts: config.facts() }
    };
    MODELS.iter().map(known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::registry::find;

    #[test]
    fn parameters_are_those_of_the_published_files() {
        // The size in memory that a public benchmark lists for each of these, in MiB, of f32.
        for (id, mebibytes) in [
            ("google/siglip-base-patch16-224", 775),
            ("google/siglip-base-patch16-256", 775),
            ("google/siglip-base-patch16-256-multilingual", 1414),
            ("google/siglip-base-patch16-384", 776),
            ("google/siglip-base-patch16-512", 777),
            ("google/siglip-large-patch16-256", 2488),
            ("google/siglip-large-patch16-384", 2489),
            ("google/siglip-so400m-patch14-224", 3347),
            ("google/siglip-so400m-patch14-384", 3349),
            ("google/siglip-so400m-patch16-256-i18n", 4306),
        ] {
            let parameters = find(id).unwrap().facts.parameters;
            let size = (parameters * 4) as f64 / f64::from(1 << 20);
            assert!((size - f64::from(mebibytes)).abs() < 1.0, "{id}: {size}");
        }
    }

    #[test]
    fn names_state_patch_and_image_size() {
        for model in MODELS {
            assert!(model.id.contains(&format!("patch{}-{}", model.patch, model.image)), "{}", model.id);
        }
    }
}
