//! The kernels of the processor against the burn modules.

use std::path::{Path, PathBuf};

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::cpu_text::CpuText;
use super::cpu_vision::CpuVision;
use super::*;
use crate::backbone::cpu::Isa;
use crate::backbone::preparation::ImageConfig;
use crate::backbone::{Checkpoint, Precision};

/// An opened checkpoint of the fixtures.
struct Opened {
    folder: PathBuf,
    config: Config,
    patches: Patches,
    weights: Weights,
}

fn checkpoints() -> impl Iterator<Item = Opened> {
    ["tiny", "awkward"].into_iter().map(|name| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip").join(name);
        let config = Config::open(&folder.join("config.json")).unwrap();
        let size = config.vision_config.image_size();
        let (image, _) = ImageConfig::read(&folder, size, &PREPARATION).unwrap();
        let weights = Weights::open(&folder, &LAYOUT).unwrap();
        let patches = Patches { config: config.vision_config.clone(), normalisation: image.normalisation };
        Opened { folder, config, patches, weights }
    })
}

#[track_caller]
fn assert_close(got: &[f32], want: Tensor<2>) {
    let want: Vec<f32> = want.into_data().try_into_vec().unwrap();
    assert_eq!(got.len(), want.len());
    let largest = want.iter().fold(0f32, |m, v| m.max(v.abs()));
    for (got, want) in got.iter().zip(&want) {
        assert!((got - want).abs() < 2e-5 * largest, "{got} is not {want}");
    }
}

/// Runs `forward` on one thread, and on more threads than there are images.
fn on_pools(forward: impl Fn() -> Vec<f32> + Sync) -> [Vec<f32>; 2] {
    [1, 5].map(|threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&forward)
    })
}

#[test]
fn cpu_vision_matches_burn() {
    for checkpoint in checkpoints() {
        let config = &checkpoint.config.vision_config;
        let size = config.image_size();
        let image =
            |seed| Square { size, rgb: (0..3 * size * size).map(|i| (i * seed % 251) as u8).collect() };
        let images = [image(7), image(11), image(13)];
        let device = Device::flex();
        let module = SiglipVision::new(config, &device);
        let module = load(&checkpoint.weights, Tower::Vision, module, DType::F32).unwrap();
        let want = module.forward(checkpoint.patches.tensor(&images, &device), images.len());
        for isa in Isa::all() {
            let model =
                CpuVision::load(&checkpoint.weights.map().unwrap(), config, isa, Precision::F32).unwrap();
            let patches = checkpoint.patches.values(&images);
            for got in on_pools(|| model.forward(&patches, images.len())) {
                assert_close(&got, want.clone());
            }
        }
    }
}

#[test]
fn cpu_text_matches_burn() {
    for checkpoint in checkpoints() {
        let texts = ["a dive", "lifts the bar", ""].map(str::to_owned);
        let config = &checkpoint.config.text_config;
        let opened = Checkpoint::open(&checkpoint.folder).unwrap();
        let tokenizer = opened.tokenizer().unwrap();
        let full: Vec<_> = texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
        let batch = tokenizer.encode_batch(&texts).unwrap();
        assert!(batch[0].ids.len() < opened.text_len());
        let device = Device::flex();
        let module = SiglipText::new(config, &device);
        let module = load(&checkpoint.weights, Tower::Text, module, DType::F32).unwrap();
        for texts in [full, batch] {
            let texts: Vec<Vec<i32>> = texts.into_iter().map(|tokens| tokens.ids).collect();
            let ids = TensorData::new(texts.concat(), [texts.len(), texts[0].len()]);
            let want = module.forward(Tensor::<2, Int>::from_data(ids, &device));
            for isa in Isa::all() {
                let model =
                    CpuText::load(&checkpoint.weights.map().unwrap(), config, isa, Precision::F32).unwrap();
                for got in on_pools(|| model.embed(texts.iter().map(Vec::as_slice)).unwrap()) {
                    assert_close(&got, want.clone());
                }
            }
        }
    }
}

#[test]
fn half_precision_is_near_single() {
    for checkpoint in checkpoints() {
        let config = &checkpoint.config.vision_config;
        let size = config.image_size();
        let image = Square { size, rgb: (0..3 * size * size).map(|i| (i * 7 % 251) as u8).collect() };
        let patches = checkpoint.patches.values(std::slice::from_ref(&image));
        let weights = checkpoint.weights.map().unwrap();
        let embed = |precision| {
            CpuVision::load(&weights, config, Isa::detect(), precision).unwrap().forward(&patches, 1)
        };
        let device = Device::flex();
        let module = SiglipVision::new(config, &device);
        let module = load(&checkpoint.weights, Tower::Vision, module, DType::F16).unwrap();
        let of_module = module.forward(checkpoint.patches.tensor(&[image], &device).cast(DType::F16), 1);
        let of_module = of_module.into_data().convert::<f32>().try_into_vec().unwrap();

        let want = embed(Precision::F32);
        let largest = want.iter().fold(0f32, |m, v| m.max(v.abs()));
        for (got, tolerance) in [(embed(Precision::F16), 2e-3), (of_module, 2e-2)] {
            let differences = got.iter().zip(&want).map(|(got, want)| (got - want).abs() / largest);
            let worst = differences.fold(0f32, f32::max);
            assert!(worst > 0.0 && worst < tolerance, "{worst}");
        }
    }
}
