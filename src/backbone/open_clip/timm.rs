//! timm's names of SigLIP's image towers.

use crate::backbone::config::TowerSizes;

/// What the layer norms of these towers add to the variance.
pub(super) const EPS: f64 = 1e-6;

/// An image tower of SigLIP.
pub(super) struct SiglipTower {
    pub tower: TowerSizes,
    /// Sides of an image and of a patch in pixels.
    pub image: usize,
    pub patch: usize,
    /// By its name in transformers.
    pub activation: &'static str,
}

const BASE: TowerSizes = [768, 3072, 12, 12];
const LARGE: TowerSizes = [1024, 4096, 24, 16];
const SO400M: TowerSizes = [1152, 4304, 27, 16];
const GIANT_OPT: TowerSizes = [1536, 6144, 40, 16];

const EXACT: &str = "gelu";
const TANH: &str = "gelu_pytorch_tanh";

/// Start of the name, image sizes that end it, tower, patch size, activation: timm has not the same one for all.
const TOWERS: &[(&str, &[usize], TowerSizes, usize, &str)] = &[
    ("vit_base_patch16_siglip_", &[224, 256, 384, 512], BASE, 16, EXACT),
    ("vit_base_patch32_siglip_", &[256], BASE, 32, TANH),
    ("vit_large_patch16_siglip_", &[256, 384], LARGE, 16, EXACT),
    ("vit_large_patch16_siglip_", &[512], LARGE, 16, TANH),
    ("vit_so400m_patch14_siglip_", &[224, 378, 384], SO400M, 14, EXACT),
    ("vit_so400m_patch16_siglip_", &[256, 384, 512], SO400M, 16, TANH),
    ("vit_giantopt_patch16_siglip_", &[256, 384], GIANT_OPT, 16, TANH),
    #[cfg(test)]
    ("vit_test_patch8_siglip_", &[32], [48, 96, 2, 3], 8, EXACT),
];

/// The tower of that name.
pub(super) fn siglip(name: &str) -> Option<SiglipTower> {
    TOWERS.iter().find_map(|(start, images, tower, patch, activation)| {
        let image = name.strip_prefix(start)?.parse().ok().filter(|image| images.contains(image))?;
        Some(SiglipTower { tower: *tower, image, patch: *patch, activation })
    })
}
