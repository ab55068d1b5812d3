//! Published checkpoints, as far as this program runs them.

use super::config::{Config, Generation};
use crate::backbone::config::TowerSizes;
use crate::backbone::facts::KnownModel;
use crate::backbone::family::Backbone;

const VISION_BASE: TowerSizes = [768, 3072, 12, 12];
const VISION_LARGE: TowerSizes = [1024, 4096, 24, 16];
const VISION_HUGE: TowerSizes = [1280, 5120, 32, 16];
const VISION_G: TowerSizes = [1408, 6144, 40, 16];
const VISION_BIG_G: TowerSizes = [1664, 8192, 48, 16];

const TEXT_512: TowerSizes = [512, 2048, 12, 8];
const TEXT_768: TowerSizes = [768, 3072, 12, 12];
const TEXT_1024: TowerSizes = [1024, 4096, 24, 16];
const TEXT_1280: TowerSizes = [1280, 5120, 32, 20];

/// Tokens of CLIP, and of XLM-V.
const ENGLISH: usize = 49_408;
const XLM_V: usize = 901_629;

const MIT: &str = "MIT";
const NON_COMMERCIAL: &str = "CC-BY-NC-4.0";

/// Name, licence, towers, image and patch size. Embeddings have as many dimensions as a position of the text tower.
type Row = (&'static str, &'static str, [TowerSizes; 2], [usize; 2]);

const CLIP: [Row; 10] = [
    ("openai/clip-vit-base-patch32", MIT, [VISION_BASE, TEXT_512], [224, 32]),
    ("openai/clip-vit-base-patch16", MIT, [VISION_BASE, TEXT_512], [224, 16]),
    ("openai/clip-vit-large-patch14", MIT, [VISION_LARGE, TEXT_768], [224, 14]),
    ("openai/clip-vit-large-patch14-336", MIT, [VISION_LARGE, TEXT_768], [336, 14]),
    ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", MIT, [VISION_BASE, TEXT_512], [224, 32]),
    ("laion/CLIP-ViT-B-16-laion2B-s34B-b88K", MIT, [VISION_BASE, TEXT_512], [224, 16]),
    ("laion/CLIP-ViT-L-14-laion2B-s32B-b82K", MIT, [VISION_LARGE, TEXT_768], [224, 14]),
    ("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", MIT, [VISION_HUGE, TEXT_1024], [224, 14]),
    ("laion/CLIP-ViT-g-14-laion2B-s12B-b42K", MIT, [VISION_G, TEXT_1024], [224, 14]),
    ("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", MIT, [VISION_BIG_G, TEXT_1280], [224, 14]),
];

const METACLIP_2: [Row; 4] = [
    ("facebook/metaclip-2-worldwide-huge-quickgelu", NON_COMMERCIAL, [VISION_HUGE, TEXT_1024], [224, 14]),
    ("facebook/metaclip-2-worldwide-huge-378", NON_COMMERCIAL, [VISION_HUGE, TEXT_1024], [378, 14]),
    ("facebook/metaclip-2-worldwide-giant", NON_COMMERCIAL, [VISION_BIG_G, TEXT_1280], [224, 14]),
    ("facebook/metaclip-2-worldwide-giant-378", NON_COMMERCIAL, [VISION_BIG_G, TEXT_1280], [378, 14]),
];

pub(super) fn clip() -> Vec<KnownModel> {
    CLIP.map(|row| known(row, Generation::Clip, ENGLISH)).into()
}

pub(super) fn metaclip_2() -> Vec<KnownModel> {
    METACLIP_2.map(|row| known(row, Generation::MetaClip2, XLM_V)).into()
}

fn known((id, licence, towers, sides): Row, generation: Generation, vocabulary: usize) -> KnownModel {
    let dim = towers[1][0];
    KnownModel { id, licence, facts: Config::of_sizes(generation, towers, sides, vocabulary, dim).facts() }
}

#[cfg(test)]
mod tests {
    use crate::backbone::registry::find;

    #[test]
    fn parameters_are_those_of_the_published_models() {
        // As the model cards and OpenCLIP's table of models state them.
        for (id, parameters) in [
            ("openai/clip-vit-base-patch32", 151_277_313),
            ("openai/clip-vit-base-patch16", 149_620_737),
            ("openai/clip-vit-large-patch14", 427_616_513),
            ("openai/clip-vit-large-patch14-336", 427_944_193),
            ("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", 986_109_441),
        ] {
            assert_eq!(find(id).unwrap().facts.parameters, parameters, "{id}");
        }
    }
}
