//! The checkpoints that Google published, as far as this program runs them.

use super::config::Config;
use super::facts::ModelFacts;

/// A published checkpoint of fixed resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// `ORG/NAME` on the model hub.
    pub id: &'static str,
    size: Size,
    image: usize,
    patch: usize,
    vocabulary: usize,
    text_len: usize,
}

/// The sizes that the towers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Base,
    Large,
    So400m,
    /// An image tower of its own, with the text tower of so400m.
    GiantOpt,
}

/// A tower: dimensions, those of the MLP, layers, heads.
pub(super) type TowerSizes = [usize; 4];

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

const fn model(id: &'static str, size: Size, patch: usize, image: usize, vocabulary: usize) -> KnownModel {
    KnownModel { id, size, image, patch, vocabulary, text_len: 64 }
}

/// All of them, the older family first. SigLIP 2 has flexible-resolution (NaFlex) checkpoints as well, which are another
/// architecture.
pub const MODELS: [KnownModel; 25] = {
    use Size::{Base, GiantOpt, Large, So400m};
    [
        model("google/siglip-base-patch16-224", Base, 16, 224, ENGLISH),
        model("google/siglip-base-patch16-256", Base, 16, 256, ENGLISH),
        model("google/siglip-base-patch16-256-multilingual", Base, 16, 256, MULTILINGUAL),
        model("google/siglip-base-patch16-384", Base, 16, 384, ENGLISH),
        model("google/siglip-base-patch16-512", Base, 16, 512, ENGLISH),
        model("google/siglip-large-patch16-256", Large, 16, 256, ENGLISH),
        model("google/siglip-large-patch16-384", Large, 16, 384, ENGLISH),
        KnownModel { text_len: 16, ..model("google/siglip-so400m-patch14-224", So400m, 14, 224, ENGLISH) },
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

impl KnownModel {
    /// What its configuration says, and what follows from that.
    pub fn facts(&self) -> ModelFacts {
        let Self { size, image, patch, vocabulary, text_len, .. } = *self;
        ModelFacts::of(&Config::of_sizes(size.vision(), size.text(), image, patch, vocabulary, text_len))
    }
}

/// The checkpoint of that name.
pub fn find(id: &str) -> Option<&'static KnownModel> {
    MODELS.iter().find(|model| model.id == id)
}

/// The name that a mistyped one was most likely to be.
pub fn like(id: &str) -> Option<&'static str> {
    let likeness = |model: &KnownModel| strsim::normalized_damerau_levenshtein(model.id, id);
    let best = MODELS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (best.id != id && likeness(best) > 0.7).then_some(best.id)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let parameters = find(id).unwrap().facts().parameters;
            let size = (parameters * 4) as f64 / f64::from(1 << 20);
            assert!((size - f64::from(mebibytes)).abs() < 1.0, "{id}: {size}");
        }
    }

    #[test]
    fn names_are_told_apart_and_mistyped_ones_found() {
        for (number, model) in MODELS.iter().enumerate() {
            assert_eq!(find(model.id), Some(model));
            assert!(MODELS[..number].iter().all(|other| other.id != model.id));
            assert!(model.id.contains(&format!("patch{}-{}", model.patch, model.image)), "{}", model.id);
            assert_eq!(like(model.id), None);
        }
        assert_eq!(like("google/siglip-base-patch16-225"), Some("google/siglip-base-patch16-224"));
        assert_eq!(like("gogle/siglip2-so400m-patch14-384"), Some("google/siglip2-so400m-patch14-384"));
        assert_eq!(like("openai/clip-vit-base-patch32"), None);
    }
}
