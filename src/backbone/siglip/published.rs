//! The checkpoints that Google published, as far as this program runs them.

use super::config::Config;
use crate::backbone::config::TowerSizes;
use crate::backbone::facts::KnownModel;
use crate::backbone::family::Backbone;

const BASE: TowerSizes = [768, 3072, 12, 12];
const LARGE: TowerSizes = [1024, 4096, 24, 16];
const SO400M: TowerSizes = [1152, 4304, 27, 16];
/// An image tower of its own, with the text tower of so400m.
const GIANT_OPT: TowerSizes = [1536, 6144, 40, 16];

/// Tokens of SigLIP, of its multilingual checkpoints, and of SigLIP 2.
const ENGLISH: usize = 32_000;
const MULTILINGUAL: usize = 250_000;
const GEMMA: usize = 256_000;

/// Name, image tower, patch and image size, tokens; the older family first, flexible resolution (NaFlex) last.
const MODELS: [(&str, TowerSizes, usize, usize, usize); 27] = [
    ("google/siglip-base-patch16-224", BASE, 16, 224, ENGLISH),
    ("google/siglip-base-patch16-256", BASE, 16, 256, ENGLISH),
    ("google/siglip-base-patch16-256-multilingual", BASE, 16, 256, MULTILINGUAL),
    ("google/siglip-base-patch16-384", BASE, 16, 384, ENGLISH),
    ("google/siglip-base-patch16-512", BASE, 16, 512, ENGLISH),
    ("google/siglip-large-patch16-256", LARGE, 16, 256, ENGLISH),
    ("google/siglip-large-patch16-384", LARGE, 16, 384, ENGLISH),
    ("google/siglip-so400m-patch14-224", SO400M, 14, 224, ENGLISH),
    ("google/siglip-so400m-patch14-384", SO400M, 14, 384, ENGLISH),
    ("google/siglip-so400m-patch16-256-i18n", SO400M, 16, 256, MULTILINGUAL),
    ("google/siglip2-base-patch32-256", BASE, 32, 256, GEMMA),
    ("google/siglip2-base-patch16-224", BASE, 16, 224, GEMMA),
    ("google/siglip2-base-patch16-256", BASE, 16, 256, GEMMA),
    ("google/siglip2-base-patch16-384", BASE, 16, 384, GEMMA),
    ("google/siglip2-base-patch16-512", BASE, 16, 512, GEMMA),
    ("google/siglip2-large-patch16-256", LARGE, 16, 256, GEMMA),
    ("google/siglip2-large-patch16-384", LARGE, 16, 384, GEMMA),
    ("google/siglip2-large-patch16-512", LARGE, 16, 512, GEMMA),
    ("google/siglip2-so400m-patch14-224", SO400M, 14, 224, GEMMA),
    ("google/siglip2-so400m-patch14-384", SO400M, 14, 384, GEMMA),
    ("google/siglip2-so400m-patch16-256", SO400M, 16, 256, GEMMA),
    ("google/siglip2-so400m-patch16-384", SO400M, 16, 384, GEMMA),
    ("google/siglip2-so400m-patch16-512", SO400M, 16, 512, GEMMA),
    ("google/siglip2-giant-opt-patch16-256", GIANT_OPT, 16, 256, GEMMA),
    ("google/siglip2-giant-opt-patch16-384", GIANT_OPT, 16, 384, GEMMA),
    ("google/siglip2-base-patch16-naflex", BASE, 16, 256, GEMMA),
    ("google/siglip2-so400m-patch16-naflex", SO400M, 16, 256, GEMMA),
];

/// The published checkpoints with their facts.
pub(super) fn models() -> Vec<KnownModel> {
    let known = |(id, vision, patch, image, vocabulary): (&'static str, _, _, _, _)| {
        let text = if vision == GIANT_OPT { SO400M } else { vision };
        let text_len = if id == "google/siglip-so400m-patch14-224" { 16 } else { 64 };
        let config = Config::of_sizes(vision, text, image, patch, vocabulary, text_len);
        let config = if id.ends_with("naflex") { config.naflex() } else { config };
        KnownModel { id, licence: "Apache-2.0", facts: config.facts() }
    };
    MODELS.into_iter().map(known).collect()
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
            ("google/siglip-base-patch16-256-multilingual", 1414),
            ("google/siglip-base-patch16-512", 777),
            ("google/siglip-large-patch16-384", 2489),
            ("google/siglip-so400m-patch14-224", 3347),
            ("google/siglip-so400m-patch16-256-i18n", 4306),
        ] {
            let parameters = find(id).unwrap().facts.parameters;
            let size = (parameters * 4) as f64 / f64::from(1 << 20);
            assert!((size - f64::from(mebibytes)).abs() < 1.0, "{id}: {size}");
        }
    }

    #[test]
    fn names_state_patch_and_image_size() {
        for (id, _, patch, image, _) in MODELS {
            let size = if id.ends_with("naflex") { "naflex".to_owned() } else { image.to_string() };
            assert!(id.contains(&format!("patch{patch}-{size}")), "{id}");
        }
    }
}
