//! Every family on the kernels of the processor and as burn modules, and the parts of its cache keys.

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView1};

use super::cpu::Isa;
use super::cpu::bf16::Bf16Kernel;
use super::{Checkpoint, ComputeDevice, Precision, PreparedImage, Tokens, Tower, VideoCheckpoint};

/// The checkpoints of all families among the fixtures.
fn checkpoints() -> impl Iterator<Item = Checkpoint> {
    let transformers =
        ["siglip/tiny", "siglip/awkward", "siglip/naflex", "clip/quick", "clip/legacy", "clip/metaclip2"];
    let open_clip =
        ["pe", "pe-patches", "siglip", "clip", "clip-custom"].map(|name| format!("open_clip/{name}"));
    let names = transformers.map(str::to_owned).into_iter().chain(open_clip);
    names.map(|name| Checkpoint::open(&fixture(&name)).unwrap())
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Of as many shapes as the model takes.
fn images(checkpoint: &Checkpoint) -> Vec<PreparedImage> {
    let image = |(seed, width, height): (u32, u32, u32)| {
        let rgb: Vec<u8> = (0..3 * width * height).map(|i| (i * seed % 251) as u8).collect();
        checkpoint.preprocessor().prepare(&rgb, width, height)
    };
    [(7, 40, 40), (11, 90, 30), (13, 40, 40), (17, 5, 60)].map(image).to_vec()
}

/// Of full length, and padded to the longest of them.
fn texts(checkpoint: &Checkpoint) -> [Vec<Tokens>; 2] {
    let texts = ["a dive", "lifts the bar", ""].map(str::to_owned);
    let tokenizer = checkpoint.tokenizer().unwrap();
    let full = texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
    let batch = tokenizer.encode_batch(&texts).unwrap();
    assert!(batch[0].ids.len() < checkpoint.text_len());
    [full, batch]
}

/// Largest difference over largest value.
fn difference(got: &Array2<f32>, want: &Array2<f32>) -> f32 {
    assert_eq!(got.dim(), want.dim());
    let largest = |values: &Array2<f32>| values.iter().fold(0f32, |most, value| most.max(value.abs()));
    largest(&(got - want)) / largest(want)
}

/// Runs `embed` on one thread, and on more threads than there are items.
fn on_pools(embed: impl Fn() -> Array2<f32> + Sync) -> [Array2<f32>; 2] {
    [1, 5]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(&embed))
}

#[test]
fn image_kernels_match_burn() {
    for checkpoint in checkpoints() {
        let images = images(&checkpoint);
        let want = checkpoint.load_vision(&ComputeDevice::processor_with(None)).unwrap();
        let want = want.embed(&images).unwrap();
        for isa in Isa::all() {
            let tower = checkpoint.load_vision(&ComputeDevice::processor_with(Some(isa))).unwrap();
            for got in on_pools(|| tower.embed(&images).unwrap()) {
                let difference = difference(&got, &want);
                assert!(difference < 2e-5, "{} {isa}: {difference}", checkpoint.dir().display());
            }
        }
    }
}

#[test]
fn text_kernels_match_burn() {
    for checkpoint in checkpoints() {
        let burn = checkpoint.load_text(&ComputeDevice::processor_with(None)).unwrap();
        for texts in texts(&checkpoint) {
            let want = burn.embed(&texts).unwrap();
            for isa in Isa::all() {
                let tower = checkpoint.load_text(&ComputeDevice::processor_with(Some(isa))).unwrap();
                for got in on_pools(|| tower.embed(&texts).unwrap()) {
                    let difference = difference(&got, &want);
                    assert!(difference < 2e-5, "{} {isa}: {difference}", checkpoint.dir().display());
                }
            }
        }
    }
}

#[test]
fn clip_kernels_match_burn() {
    for name in ["xclip/tiny", "xclip/awkward"] {
        let checkpoint = VideoCheckpoint::open(&fixture(name)).unwrap();
        let images = images(checkpoint.checkpoint());
        let frames: Vec<PreparedImage> = images.iter().cycle().take(checkpoint.frames()).cloned().collect();
        let [texts, _] = texts(checkpoint.checkpoint());
        let compare = |isa, precision| {
            let device = ComputeDevice::processor_with(isa).with_precision(precision).unwrap();
            let model = checkpoint.load(&device).unwrap();
            let texts = model.embed_texts(&texts).unwrap();
            let clip = model.embed_clip(&frames).unwrap();
            let compared = model.compare(&clip, &texts).unwrap();
            let values = [clip.video(), compared.into_iter().flat_map(|text| text.embedding).collect()];
            Array2::from_shape_vec((4, checkpoint.checkpoint().dim()), values.concat()).unwrap()
        };
        let want = compare(None, Precision::F32);
        for isa in Isa::all() {
            for got in on_pools(|| compare(Some(isa), Precision::F32)) {
                let difference = difference(&got, &want);
                assert!(difference < 2e-5, "{name} {isa}: {difference}");
            }
        }
        for (isa, tolerance) in [(Some(Isa::detect()), 1e-2), (None, 8e-2)] {
            let difference = difference(&compare(isa, Precision::F16), &want);
            assert!(difference > 0.0 && difference < tolerance, "{name} {isa:?}: {difference}");
        }
    }
}

#[test]
fn half_precision_is_near_single() {
    for checkpoint in checkpoints() {
        let (images, [texts, _]) = (images(&checkpoint), texts(&checkpoint));
        let embed = |isa, precision| {
            let device = ComputeDevice::processor_with(isa).with_precision(precision).unwrap();
            let vision = checkpoint.load_vision(&device).unwrap();
            let text = checkpoint.load_text(&device).unwrap();
            [vision.embed(&images).unwrap(), text.embed(&texts).unwrap()]
        };
        let want = embed(Some(Isa::detect()), Precision::F32);
        // Kernels compute in single precision with weights of half, burn in half.
        for (isa, tolerance) in [(Some(Isa::detect()), 4e-3), (None, 4e-2)] {
            for (got, want) in embed(isa, Precision::F16).iter().zip(&want) {
                let difference = difference(got, want);
                assert!(difference > 0.0 && difference < tolerance, "{difference}");
            }
        }
    }
}

/// The least cosine between rows.
fn cosine(got: &Array2<f32>, want: &Array2<f32>) -> f32 {
    let cosine = |(a, b): (ArrayView1<f32>, ArrayView1<f32>)| a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt();
    got.rows().into_iter().zip(want.rows()).map(cosine).fold(1.0, f32::min)
}

#[test]
fn bf16_is_near_single() {
    let processor = || ComputeDevice::processor_with(Some(Isa::detect()));
    for checkpoint in checkpoints() {
        let (images, [texts, _]) = (images(&checkpoint), texts(&checkpoint));
        let embed = |device: &ComputeDevice| {
            let vision = checkpoint.load_vision(device).unwrap();
            let text = checkpoint.load_text(device).unwrap();
            [vision.embed(&images).unwrap(), text.embed(&texts).unwrap()]
        };
        let want = embed(&processor());
        // Weights of bf16 with products of f32, and products of bf16.
        for kernel in Bf16Kernel::all().into_iter().map(Some).chain([None]) {
            for (got, want) in embed(&processor().with_bf16(kernel)).iter().zip(&want) {
                let cosine = cosine(got, want);
                assert!(cosine > 0.9999, "{} {kernel:?}: {cosine}", checkpoint.dir().display());
                assert!(difference(got, want) > 0.0);
            }
        }
    }
}

#[test]
fn precisions_share_no_cache_entry() {
    let checkpoint = Checkpoint::open(&fixture("siglip/tiny")).unwrap();
    for tower in [Tower::Vision, Tower::Text] {
        let recipes = [Precision::F32, Precision::F16, Precision::Bf16].map(|precision| {
            let device = ComputeDevice::processor_with(Some(Isa::detect()));
            checkpoint.recipe(tower, &device.with_precision(precision).unwrap())
        });
        assert!(recipes[0] != recipes[1] && recipes[1] != recipes[2] && recipes[0] != recipes[2]);
    }
}

/// Another recipe would embed every cached clip again.
#[test]
fn recipes_stay_the_same() {
    let device = ComputeDevice::processor_with(Some(Isa::detect()));
    let recipes = |name: &str| {
        let checkpoint = Checkpoint::open(&fixture(name)).unwrap();
        [Tower::Vision, Tower::Text].map(|tower| checkpoint.recipe(tower, &device))
    };
    assert_eq!(
        recipes("siglip/tiny"),
        [
            "1 cpu F32 VisionConfig { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2, \
             num_channels: 3, image_size: Square(32), patch_size: Square(8), hidden_act: \"gelu_pytorch_tanh\", \
             layer_norm_eps: 1e-6, vision_use_head: true, num_patches: None } ImageConfig { filter: Bicubic, normalisation: \
             Normalisation { factor: 0.00392156862745098, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } }",
            "1 cpu F32 TextConfig { vocab_size: 229, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, \
             num_attention_heads: 2, max_position_embeddings: 64, hidden_act: \"gelu_pytorch_tanh\", layer_norm_eps: 1e-6, \
             projection_size: None }",
        ]
    );
}
