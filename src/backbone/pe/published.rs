//! Published checkpoints, in the layout of OpenCLIP.

use super::config::{Config, ImageSizes, TextSizes};
use crate::backbone::facts::KnownModel;
use crate::backbone::family::Backbone;

const TINY: ImageSizes = image_sizes([192, 768, 12, 3], 384, 16);
const SMALL: ImageSizes = image_sizes([384, 1536, 12, 6], 384, 16);
const BASE: ImageSizes = image_sizes([768, 3072, 12, 12], 224, 16);
const LARGE: ImageSizes = image_sizes([1024, 4096, 24, 16], 336, 14);
const GIGANTIC: ImageSizes = ImageSizes { has_class: false, ..image_sizes([1536, 8960, 50, 16], 448, 14) };

/// The image towers by the names that timm has for them.
const TOWERS: &[(&str, ImageSizes)] = &[
    ("vit_pe_core_tiny_patch16_384", TINY),
    ("vit_pe_core_small_patch16_384", SMALL),
    ("vit_pe_core_base_patch16_224", BASE),
    ("vit_pe_core_large_patch14_336", LARGE),
    ("vit_pe_core_gigantic_patch14_448", GIGANTIC),
    #[cfg(test)]
    ("vit_pe_core_test_patch8_32", image_sizes([48, 96, 2, 3], 32, 8)),
    #[cfg(test)]
    ("vit_pe_core_test_patch10_47", ImageSizes { has_class: false, ..image_sizes([40, 72, 1, 2], 47, 10) }),
];

const TEXT_512: TextSizes = text_sizes([512, 2048, 12, 8], 32);
const TEXT_1024: TextSizes = text_sizes([1024, 4096, 24, 16], 32);
const TEXT_1280: TextSizes = text_sizes([1280, 5120, 24, 20], 72);

/// Name, towers, dimensions of the embeddings.
const MODELS: [(&str, ImageSizes, TextSizes, usize); 5] = [
    ("timm/PE-Core-T-16-384", TINY, TEXT_512, 512),
    ("timm/PE-Core-S-16-384", SMALL, TEXT_512, 512),
    ("timm/PE-Core-B-16", BASE, TEXT_1024, 1024),
    ("timm/PE-Core-L-14-336", LARGE, TEXT_1024, 1024),
    ("timm/PE-Core-bigG-14-448", GIGANTIC, TEXT_1280, 1280),
];

const fn image_sizes(tower: [usize; 4], image: usize, patch: usize) -> ImageSizes {
    ImageSizes { tower, image, patch, has_class: true }
}

const fn text_sizes(tower: [usize; 4], positions: usize) -> TextSizes {
    TextSizes { tower, vocabulary: 49_408, positions }
}

/// The image tower that timm calls so.
pub(in crate::backbone) fn tower(name: &str) -> Option<ImageSizes> {
    TOWERS.iter().find(|(known, _)| *known == name).map(|(_, sizes)| *sizes)
}

/// The published checkpoints with their facts.
pub(super) fn models() -> Vec<KnownModel> {
    let known = |(id, vision, text, dim)| KnownModel {
        id,
        licence: "Apache-2.0",
        facts: Config { vision, text, dim }.facts(),
    };
    MODELS.map(known).into()
}

#[cfg(test)]
mod tests {
    use crate::backbone::registry::find;

    #[test]
    fn parameters_are_those_of_the_reference_implementation() {
        for (id, parameters) in
            [("timm/PE-Core-B-16", 447_660_545), ("timm/PE-Core-bigG-14-448", 2_419_267_841)]
        {
            assert_eq!(find(id).unwrap().facts.parameters, parameters, "{id}");
        }
    }
}
