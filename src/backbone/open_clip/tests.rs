//! The fixtures against OpenCLIP (made by `tests/reference/open_clip_fixtures.py`), and what is refused.
//!
//! `ACTALIGN_TEST_DEVICE` (wgpu, cuda) adds a device to those compared.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use ndarray::Array2;
use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::checkpoint::Checkpoint;
use super::super::cpu::Isa;
use super::super::device::{ComputeDevice, DeviceChoice};
use super::super::inspect::inspect;
use super::super::layout::OPEN_CLIP_CONFIG;
use super::super::resize::{Filter, Fit, PreparedImage};
use super::super::tokenizer::Tokens;

/// Largest difference over largest value.
const TOLERANCE: f32 = 2e-5;
const FIXTURES: [&str; 5] = ["pe", "pe-patches", "siglip", "clip", "clip-custom"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/open_clip").join(name)
}

/// The kernels of the processor, burn on the processor, and the device asked for.
fn devices() -> Vec<ComputeDevice> {
    let asked = std::env::var("ACTALIGN_TEST_DEVICE").ok();
    let asked = asked.map(|name| ComputeDevice::open(DeviceChoice::from_str(&name, true).unwrap()).unwrap());
    let processor = [Some(Isa::detect()), None].map(ComputeDevice::processor_with);
    processor.into_iter().chain(asked).collect()
}

#[derive(Deserialize)]
struct Line {
    text: String,
    cut: bool,
}

fn lines(name: &str) -> Vec<Line> {
    serde_json::from_slice(&fs::read(fixture(name).join("texts.json")).unwrap()).unwrap()
}

struct Expected(Vec<u8>);

impl Expected {
    fn of(name: &str) -> Self {
        Self(fs::read(fixture(name).join("expected.safetensors")).unwrap())
    }

    /// Four bytes of each value of a tensor, and its first two sides.
    fn values<T>(&self, name: &str, value: impl Fn([u8; 4]) -> T) -> (Vec<T>, [usize; 2]) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        let values = tensor.data().as_chunks().0.iter().map(|bytes| value(*bytes)).collect();
        (values, [tensor.shape()[0], tensor.shape()[1]])
    }

    fn floats(&self, name: &str) -> Array2<f32> {
        let (values, shape) = self.values(name, f32::from_le_bytes);
        Array2::from_shape_vec(shape, values).unwrap()
    }

    fn images(&self) -> Vec<PreparedImage> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = tensors.tensor("images").unwrap();
        let size = tensor.shape()[1];
        tensor
            .data()
            .chunks_exact(3 * size * size)
            .map(|rgb| PreparedImage::square(size, rgb.to_vec()))
            .collect()
    }
}

fn difference(got: &Array2<f32>, want: &Array2<f32>) -> f32 {
    assert_eq!(got.dim(), want.dim());
    assert!(got.iter().all(|value| value.is_finite()));
    let largest = |values: &Array2<f32>| values.iter().fold(0f32, |most, value| most.max(value.abs()));
    largest(&(got - want)) / largest(want)
}

#[test]
fn image_embeddings_equal_the_reference() {
    for name in FIXTURES {
        let (want, checkpoint) = (Expected::of(name), Checkpoint::open(&fixture(name)).unwrap());
        for device in devices() {
            let got = checkpoint.load_vision(&device).unwrap().embed(&want.images()).unwrap();
            let difference = difference(&got, &want.floats("image_embeds"));
            assert!(difference < TOLERANCE, "{name}, {}: {difference}", device.describe());
        }
    }
}

#[test]
fn text_embeddings_equal_the_reference() {
    for name in FIXTURES {
        let (want, checkpoint) = (Expected::of(name), Checkpoint::open(&fixture(name)).unwrap());
        let want = want.floats("text_embeds");
        let tokenizer = checkpoint.tokenizer().unwrap();
        let lines = lines(name);
        let tokens: Vec<Tokens> =
            lines[..want.nrows()].iter().map(|line| tokenizer.encode(&line.text).unwrap()).collect();
        for device in devices() {
            let got = checkpoint.load_text(&device).unwrap().embed(&tokens).unwrap();
            let difference = difference(&got, &want);
            assert!(difference < TOLERANCE, "{name}, {}: {difference}", device.describe());
        }
    }
}

#[test]
fn tokens_equal_the_reference() {
    for name in FIXTURES {
        let (ids, [_, length]) = Expected::of(name).values("input_ids", i32::from_le_bytes);
        let checkpoint = Checkpoint::open(&fixture(name)).unwrap();
        let tokenizer = checkpoint.tokenizer().unwrap();
        let mut wrong = Vec::new();
        for (Line { text, cut }, ids) in lines(name).iter().zip(ids.chunks_exact(length)) {
            let got = tokenizer.encode(text).unwrap();
            if (got.ids.as_slice(), got.cut) != (ids, *cut) {
                wrong.push(format!("{text:?}: {:?} {}, not {ids:?} {cut}", got.ids, got.cut));
            }
        }
        assert!(wrong.is_empty(), "{name}: {}:\n{}", wrong.len(), wrong.join("\n"));
    }
}

#[test]
fn images_are_prepared_as_the_configuration_says() {
    for (name, filter, fit) in [
        ("pe", Filter::Bilinear, Fit::Squash),
        ("siglip", Filter::Bicubic, Fit::Squash),
        ("clip", Filter::Bicubic, Fit::CropRounded { shortest: 32 }),
        ("clip-custom", Filter::Bicubic, Fit::CropRounded { shortest: 47 }),
    ] {
        let preprocessor = Checkpoint::open(&fixture(name)).unwrap().preprocessor();
        assert_eq!((preprocessor.filter, preprocessor.fit), (filter, fit), "{name}");
    }
}

#[test]
fn checkpoints_have_as_many_values_as_their_configurations_make() {
    for name in FIXTURES {
        let found = inspect(&fixture(name));
        assert!(
            found.problems.is_empty() && found.notices.is_empty(),
            "{:?} {:?}",
            found.problems,
            found.notices
        );
        let weights = found.weights.unwrap();
        assert_eq!(found.model.unwrap().parameters, weights.types.values().sum::<u64>(), "{name}");
        assert_eq!(weights.logit_bias, (name == "siglip").then_some(-12.0));
    }
}

/// A copy of a fixture whose configuration is changed.
fn changed(name: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let folder = tempfile::TempDir::new().unwrap();
    for file in ["open_clip_model.safetensors", "tokenizer.json"] {
        fs::copy(fixture(name).join(file), folder.path().join(file)).unwrap();
    }
    let mut config =
        serde_json::from_slice(&fs::read(fixture(name).join(OPEN_CLIP_CONFIG)).unwrap()).unwrap();
    change(&mut config);
    fs::write(folder.path().join(OPEN_CLIP_CONFIG), config.to_string()).unwrap();
    folder
}

#[test]
fn other_models_are_refused_with_the_list_of_those_that_are_read() {
    let cases: [(&str, &str, Value, &str); 16] = [
        ("clip", "/model_cfg/multimodal_cfg", json!({"layers": 2}), "CoCa"),
        ("clip", "/model_cfg/text_cfg/hf_model_name", json!("xlm-roberta-base"), "xlm-roberta-base"),
        ("clip", "/model_cfg/text_cfg/embed_cls", json!(true), "embed_cls"),
        ("clip", "/model_cfg/text_cfg/pool_type", json!("last"), "pool_type"),
        ("clip", "/model_cfg/text_cfg/no_causal_mask", json!(true), "not causal"),
        ("clip", "/model_cfg/text_cfg/tokenizer_kwargs", json!({"clean": "all"}), "\"all\""),
        ("clip", "/model_cfg/vision_cfg/layers", json!([3, 4, 6, 3]), "ResNet"),
        ("clip", "/model_cfg/vision_cfg/qk_norm", json!(true), "qk_norm"),
        ("clip", "/model_cfg/vision_cfg/ls_init_value", json!(1e-5), "ls_init_value"),
        ("clip", "/model_cfg/vision_cfg/width", json!("wide"), "not a whole number"),
        ("clip", "/preprocess_cfg/resize_mode", json!("longest"), "longest"),
        ("clip", "/preprocess_cfg/std", json!([0.5, 0, 0.5]), "not above 0"),
        ("pe", "/model_cfg/vision_cfg/timm_model_name", json!("convnext_base"), "convnext_base"),
        ("pe", "/model_cfg/vision_cfg/timm_pool", json!("avg"), "timm_pool"),
        ("pe", "/model_cfg/vision_cfg/image_size", json!(64), "takes images of 32"),
        ("siglip", "/model_cfg/text_cfg/no_causal_mask", json!(false), "not that of SigLIP"),
    ];
    for (name, pointer, value, reason) in cases {
        let folder = changed(name, |config| {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            config.pointer_mut(parent).unwrap()[key] = value.clone();
        });
        let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(reason), "{pointer}: {error}");
        assert!(error.contains("help: use a checkpoint of PE-Core"), "{pointer}: {error}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_by_their_names_in_the_file() {
    let folder = changed("pe", |config| config["model_cfg"]["embed_dim"] = json!(25));
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("tensor visual.trunk.head.weight has the shape [24, 48], not [25, 48]"),
        "{error}"
    );
    let folder = changed("clip", |config| config["model_cfg"]["vision_cfg"]["layers"] = json!(3));
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("tensor visual.transformer.resblocks.2.attn.in_proj_weight is missing"),
        "{error}"
    );
    let folder = changed("clip", |config| config["model_cfg"]["text_cfg"]["layers"] = json!(1));
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("tensor transformer.resblocks.1.attn.in_proj_bias is of no part"), "{error}");
}

/// Repositories of timm hold the configuration and the weights of the image tower alone beside those of the whole model.
#[test]
fn a_configuration_of_timm_beside_it_is_passed_over() {
    let folder = changed("pe", |_| {});
    fs::write(folder.path().join("config.json"), r#"{"architecture": "vit_pe_core_base_patch16_224"}"#)
        .unwrap();
    fs::write(folder.path().join("model.safetensors"), "another model").unwrap();
    Checkpoint::open(folder.path()).unwrap();
    fs::write(folder.path().join("config.json"), r#"{"model_type": "siglip"}"#).unwrap();
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors is damaged"), "{error}");
}

#[test]
fn missing_files_are_named() {
    let folder = changed("pe", |_| {});
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("tokenizer.json is missing") && error.contains("openai/clip-vit-large-patch14"),
        "{error}"
    );
    let folder = changed("pe", |_| {});
    let weights = folder.path().join("open_clip_model.safetensors");
    fs::rename(&weights, folder.path().join("open_clip_pytorch_model.bin")).unwrap();
    let error = Checkpoint::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("open_clip_model.safetensors is missing"), "{error}");
    assert!(error.contains("open_clip_pytorch_model.bin is not read (pickled weights)"), "{error}");
}
