//! Both towers on the processor, without gradients.
//!
//! The same arithmetic as the modules in [`vision`](super::vision) and [`text`](super::text), which run on
//! GPUs and in training, but made for the processor at hand: weights are packed once in the order in which the
//! inner loop reads them, query, key and value projections are one product, bias, GELU and residual are applied
//! while a tile of the result is still in the cache, and buffers live as long as a batch.

mod activation;
mod attention;
mod encoder;
mod kernel;
mod linear;
mod norm;
mod text;
mod vision;

pub(super) use kernel::Isa;
pub(super) use text::TextModel;
pub(super) use vision::VisionModel;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::tensor::{DType, Device, Int, Tensor, TensorData};

    use super::*;
    use crate::siglip::preprocess::Square;
    use crate::siglip::vision::{patch_tensor, patches};
    use crate::siglip::{Checkpoint, Precision};

    fn checkpoints() -> impl Iterator<Item = Checkpoint> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip");
        ["tiny", "awkward"].into_iter().map(move |name| Checkpoint::open(&fixtures.join(name)).unwrap())
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
    fn images_become_what_the_module_of_tensors_makes_of_them() {
        for checkpoint in checkpoints() {
            let config = &checkpoint.config.vision_config;
            let normalisation = &checkpoint.image.normalisation;
            let size = config.image_size();
            let image =
                |seed| Square { size, rgb: (0..3 * size * size).map(|i| (i * seed % 251) as u8).collect() };
            let images = [image(7), image(11), image(13)];
            let device = Device::flex();
            let module = checkpoint.vision_model(&device, DType::F32).unwrap();
            let want = module.forward(patch_tensor(&images, config, normalisation, &device), images.len());
            for isa in Isa::all() {
                let model =
                    VisionModel::load(&checkpoint.weights.map().unwrap(), config, isa, Precision::F32)
                        .unwrap();
                let patches = patches(&images, config, normalisation);
                for got in on_pools(|| model.forward(&patches, images.len())) {
                    assert_close(&got, want.clone());
                }
            }
        }
    }

    #[test]
    fn texts_become_what_the_module_of_tensors_makes_of_them() {
        for checkpoint in checkpoints() {
            let texts = ["a dive", "lifts the bar", ""].map(str::to_owned);
            let tokenizer = checkpoint.tokenizer().unwrap();
            let full: Vec<_> = texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
            let batch = tokenizer.encode_batch(&texts).unwrap();
            assert!(batch[0].ids.len() < checkpoint.text_len());
            let device = Device::flex();
            let module = checkpoint.text_model(&device, DType::F32).unwrap();
            for texts in [full, batch] {
                let texts: Vec<Vec<i32>> = texts.into_iter().map(|tokens| tokens.ids).collect();
                let ids = TensorData::new(texts.concat(), [texts.len(), texts[0].len()]);
                let want = module.forward(Tensor::<2, Int>::from_data(ids, &device));
                for isa in Isa::all() {
                    let config = &checkpoint.config.text_config;
                    let model =
                        TextModel::load(&checkpoint.weights.map().unwrap(), config, isa, Precision::F32)
                            .unwrap();
                    for got in on_pools(|| model.forward(texts.iter().map(Vec::as_slice)).unwrap()) {
                        assert_close(&got, want.clone());
                    }
                }
            }
        }
    }

    #[test]
    fn half_precision_comes_near() {
        for checkpoint in checkpoints() {
            let config = &checkpoint.config.vision_config;
            let size = config.image_size();
            let image = Square { size, rgb: (0..3 * size * size).map(|i| (i * 7 % 251) as u8).collect() };
            let normalisation = &checkpoint.image.normalisation;
            let patches = patches(std::slice::from_ref(&image), config, normalisation);
            let weights = checkpoint.weights.map().unwrap();
            let embed = |precision| {
                VisionModel::load(&weights, config, Isa::detect(), precision).unwrap().forward(&patches, 1)
            };
            let device = Device::flex();
            let module = checkpoint.vision_model(&device, DType::F16).unwrap();
            let of_module =
                module.forward(patch_tensor(&[image], config, normalisation, &device).cast(DType::F16), 1);
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
}
