//! Checkpoints that cannot be used: the message names the file and the way out, and nothing panics.

use std::fs;
use std::path::{Path, PathBuf};

use actalign_tui::backbone::{
    Checkpoint, ComputeDevice, DeviceChoice, ModelError, PreparedImage, StoredCalibration, Tokens,
};
use ndarray::Array2;
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of the tiny checkpoint, to be broken.
struct Copy(TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(TempDir::new().unwrap());
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip/tiny");
        for name in ["config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"] {
            fs::write(copy.path(name), fs::read(tiny.join(name)).unwrap()).unwrap();
        }
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> Result<Checkpoint, ModelError> {
        Checkpoint::open(self.0.path())
    }

    fn edit_json(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
        edit(&mut value);
        fs::write(self.path(name), value.to_string()).unwrap();
    }

    fn edit_bytes(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.path(name)).unwrap();
        edit(&mut bytes);
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Writes the weights again, each as `edit` returns it, without those for which it returns nothing.
    fn edit_weights(
        &self,
        edit: impl Fn(&str, Dtype, Vec<usize>, Vec<u8>) -> Option<(Dtype, Vec<usize>, Vec<u8>)>,
    ) {
        let bytes = fs::read(self.path("model.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let edited: Vec<_> = tensors
            .tensors()
            .into_iter()
            .filter_map(|(name, t)| {
                let (dtype, shape, data) = edit(&name, t.dtype(), t.shape().to_vec(), t.data().to_vec())?;
                Some((name, dtype, shape, data))
            })
            .collect();
        let views =
            edited.iter().map(|(name, d, s, data)| (name, TensorView::new(*d, s.clone(), data).unwrap()));
        fs::write(self.path("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    }

    /// Divides the weights among two files with an index, every other tensor to each, and returns the index.
    fn split_weights(&self) -> Value {
        let bytes = fs::read(self.path("model.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut names = tensors.names();
        names.sort();
        let files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        for (number, file) in files.into_iter().enumerate() {
            let here = names.iter().skip(number).step_by(2).map(|name| (name, tensors.tensor(name).unwrap()));
            fs::write(self.path(file), safetensors::serialize(here, None).unwrap()).unwrap();
        }
        fs::remove_file(self.path("model.safetensors")).unwrap();
        let map: serde_json::Map<_, _> =
            names.iter().enumerate().map(|(i, name)| (name.to_string(), json!(files[i % 2]))).collect();
        let index = json!({"metadata": {"total_size": bytes.len()}, "weight_map": map});
        fs::write(self.path("model.safetensors.index.json"), index.to_string()).unwrap();
        index
    }

    /// Embeddings of an image and a text.
    fn embed(&self) -> (Array2<f32>, Array2<f32>) {
        let checkpoint = self.open().unwrap();
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let image = PreparedImage::square(32, (0..32 * 32 * 3).map(|i| (i * 7 % 251) as u8).collect());
        let text = checkpoint.tokenizer().unwrap().encode("a goalkeeper dives").unwrap();
        let vision = checkpoint.load_vision(&device).unwrap();
        let texts = checkpoint.load_text(&device).unwrap();
        (vision.embed(&[image]).unwrap(), texts.embed(&[text]).unwrap())
    }

    /// Opening fails with a message that holds all of `parts`.
    #[track_caller]
    fn assert_refused(&self, parts: &[&str]) {
        let message = self.open().expect_err("this checkpoint must be refused").to_string();
        for part in parts {
            assert!(message.contains(part), "{message:?} does not say {part:?}");
        }
    }
}

#[test]
fn the_copy_itself_opens() {
    let checkpoint = Copy::new().open().unwrap();
    assert_eq!((checkpoint.dim(), checkpoint.image_size(), checkpoint.text_len()), (32, 32, 64));
    assert_eq!(checkpoint.calibration(), StoredCalibration { logit_scale: 2.3, logit_bias: Some(-1.5) });
}

#[test]
fn missing_files_are_named() {
    let missing = |name: &str| {
        let copy = Copy::new();
        fs::remove_file(copy.path(name)).unwrap();
        copy
    };
    missing("config.json").assert_refused(&["config.json is missing", "fetch"]);
    missing("tokenizer.json").assert_refused(&["tokenizer.json is missing", "fetch"]);
    missing("model.safetensors").assert_refused(&["model.safetensors is missing", "fetch"]);

    let copy = missing("tokenizer.json");
    fs::write(copy.path("spiece.model"), "").unwrap();
    copy.assert_refused(&["tokenizer.json", "spiece.model alone is not enough"]);
    let copy = missing("model.safetensors");
    fs::write(copy.path("model.safetensors.index.json"), "{}").unwrap();
    copy.assert_refused(&["model.safetensors.index.json is damaged", "weight_map", "fetch"]);
    let copy = missing("model.safetensors");
    fs::write(copy.path("pytorch_model.bin"), "").unwrap();
    copy.assert_refused(&["model.safetensors", "pytorch_model.bin is not read"]);

    let message = Checkpoint::open(Path::new("no/such/folder")).unwrap_err().to_string();
    assert!(message.contains("no/such/folder") && message.contains("name of the folder"), "{message}");
}

#[test]
fn weights_in_several_files_are_the_same_weights() {
    let (whole, split) = (Copy::new(), Copy::new());
    split.split_weights();
    assert_eq!(split.embed(), whole.embed());
}

#[test]
fn an_index_that_does_not_fit_its_files_is_refused() {
    const FIRST: &str = "model-00001-of-00002.safetensors";
    let split = |edit: &dyn Fn(&Copy, &mut Value)| {
        let copy = Copy::new();
        let mut index = copy.split_weights();
        edit(&copy, &mut index);
        fs::write(copy.path("model.safetensors.index.json"), index.to_string()).unwrap();
        copy
    };
    split(&|copy, _| fs::remove_file(copy.path(FIRST)).unwrap()).assert_refused(&[
        FIRST,
        "is missing",
        "index.json names it",
    ]);
    split(&|_, index| {
        index["weight_map"].as_object_mut().unwrap().remove("logit_scale");
    })
    .assert_refused(&["index.json", "tensor logit_scale is missing"]);
    split(&|_, index| index["weight_map"]["no.such.tensor"] = json!(FIRST)).assert_refused(&[
        FIRST,
        "no.such.tensor",
        "index places here",
    ]);
    for elsewhere in ["../model.safetensors", "/model.safetensors", "..", ""] {
        split(&|_, index| index["weight_map"]["logit_scale"] = json!(elsewhere))
            .assert_refused(&["index.json is damaged", "no file beside it"]);
    }
    split(&|copy, _| copy.edit_bytes(FIRST, |bytes| bytes.truncate(bytes.len() - 1)))
        .assert_refused(&[FIRST, "ends early"]);
}

#[test]
fn a_header_that_lies_about_sizes_is_refused() {
    let lie = |edit: fn(&mut Value)| {
        let copy = Copy::new();
        copy.edit_bytes("model.safetensors", |bytes| {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let mut header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
            edit(&mut header["text_model.head.bias"]);
            let header = header.to_string();
            let data = bytes.split_off(8 + length);
            *bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
        });
        copy.assert_refused(&["model.safetensors is damaged", "text_model.head.bias", "fetch"]);
    };
    lie(|tensor| tensor["shape"] = json!([33]));
    lie(|tensor| tensor["shape"] = json!([u64::MAX, 2]));
    lie(|tensor| tensor["dtype"] = json!("F16"));
    lie(|tensor| tensor["data_offsets"] = json!([64, 0]));
    lie(|tensor| tensor["data_offsets"] = json!([-1, 127]));
}

#[test]
fn a_missing_preprocessor_file_takes_the_defaults() {
    let copy = Copy::new();
    fs::remove_file(copy.path("preprocessor_config.json")).unwrap();
    assert_eq!(copy.open().unwrap().preprocessor(), Copy::new().open().unwrap().preprocessor());
}

#[test]
fn other_models_are_refused() {
    let refused = |edit: fn(&mut Value), parts: &[&str]| {
        let copy = Copy::new();
        copy.edit_json("config.json", edit);
        copy.assert_refused(&[&["config.json", "google/siglip"], parts].concat());
    };
    refused(
        |c| c["model_type"] = json!("blip"),
        &["\"blip\" model", "SigLIP (siglip), SigLIP 2 NaFlex (siglip2), CLIP (clip)", "openai/clip"],
    );
    refused(|c| c["model_type"] = json!("siglip2_vision_model"), &["only the image half"]);
    refused(
        |c| {
            c["model_type"] = json!("siglip2");
            c["vision_config"]["num_patches"] = json!(20);
        },
        &["20 known positions", "no square"],
    );
    refused(|c| drop(c.as_object_mut().unwrap().remove("model_type")), &["model_type is missing"]);
    refused(|c| c["text_config"]["hidden_act"] = json!("relu"), &["\"relu\" is not known"]);
    refused(|c| c["vision_config"]["num_channels"] = json!(1), &["1 channels"]);
    refused(|c| c["vision_config"]["vision_use_head"] = json!(false), &["no pooling head"]);
    refused(|c| c["vision_config"]["image_size"] = json!([32, 64]), &["not square"]);
    refused(|c| c["vision_config"]["patch_size"] = json!(0), &["no patch of 0 pixels"]);
    refused(|c| c["vision_config"]["patch_size"] = json!(33), &["no patch of 33 pixels"]);
    refused(|c| c["vision_config"]["num_attention_heads"] = json!(3), &["3 vision heads"]);
    refused(|c| c["text_config"]["num_attention_heads"] = json!(0), &["0 text heads"]);
    refused(|c| c["text_config"]["max_position_embeddings"] = json!(1), &["1 text positions"]);
    refused(|c| c["text_config"]["projection_size"] = json!(16), &["cannot be compared"]);
    refused(|c| c["vision_config"]["num_hidden_layers"] = json!(1u64 << 40), &["1099511627776"]);
    refused(|c| c["text_config"]["vocab_size"] = json!(1u64 << 40), &["1099511627776"]);
}

#[test]
fn sides_may_be_written_as_height_and_width() {
    let copy = Copy::new();
    copy.edit_json("config.json", |c| {
        c["vision_config"]["image_size"] = json!([32, 32]);
        c["vision_config"]["patch_size"] = json!([8, 8]);
    });
    assert_eq!(copy.open().unwrap().image_size(), 32);
}

#[test]
fn preparation_that_does_not_fit_is_refused() {
    let refused = |edit: fn(&mut Value), parts: &[&str]| {
        let copy = Copy::new();
        copy.edit_json("preprocessor_config.json", edit);
        copy.assert_refused(&[&["preprocessor_config.json"], parts].concat());
    };
    refused(|c| c["size"] = json!({"height": 64, "width": 32}), &["32×64", "32×32"]);
    refused(|c| c["resample"] = json!(1), &["\"resample\": 1"]);
    refused(|c| c["image_std"] = json!([0.5, 0.0, 0.5]), &["image_std"]);
    refused(|c| c["image_mean"] = json!("half"), &["damaged"]);
}

#[test]
fn broken_json_is_damage() {
    for name in ["config.json", "preprocessor_config.json", "tokenizer.json"] {
        let copy = Copy::new();
        copy.edit_bytes(name, |bytes| bytes.truncate(bytes.len() / 2));
        copy.assert_refused(&[name, "damaged", "fetch the checkpoint again"]);
    }
}

#[test]
fn truncated_weights_are_refused_wherever_they_end() {
    let length = fs::metadata(Copy::new().path("model.safetensors")).unwrap().len() as usize;
    for end in [0, 7, 8, 100, 5000, length / 2, length - 1] {
        let copy = Copy::new();
        copy.edit_bytes("model.safetensors", |bytes| bytes.truncate(end));
        copy.assert_refused(&["model.safetensors", "damaged"]);
    }
    let copy = Copy::new();
    fs::write(copy.path("model.safetensors"), [0xff; 64]).unwrap();
    copy.assert_refused(&["model.safetensors", "not a safetensors file"]);
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let copy = Copy::new();
    copy.edit_weights(|name, d, s, data| (name != "vision_model.head.probe").then_some((d, s, data)));
    copy.assert_refused(&["model.safetensors", "vision_model.head.probe is missing"]);

    let copy = Copy::new();
    copy.edit_weights(|name, d, s, data| (name != "logit_bias").then_some((d, s, data)));
    copy.assert_refused(&["logit_bias is missing"]);

    let copy = Copy::new();
    copy.edit_weights(|name, d, mut shape, data| {
        if name == "text_model.encoder.layers.1.mlp.fc1.weight" {
            shape.reverse();
        }
        Some((d, shape, data))
    });
    copy.assert_refused(&["text_model.encoder.layers.1.mlp.fc1.weight", "[32, 64], not [64, 32]"]);

    let copy = Copy::new();
    copy.edit_weights(|_, dtype, shape, data| {
        Some(if shape == [64] { (Dtype::I32, shape, data) } else { (dtype, shape, data) })
    });
    copy.assert_refused(&["I32", "F32, F16 or BF16"]);

    let copy = Copy::new();
    copy.edit_json("config.json", |c| c["vision_config"]["num_hidden_layers"] = json!(3));
    copy.assert_refused(&["vision_model.encoder.layers.2.", "is missing"]);

    let copy = Copy::new();
    copy.edit_weights(|name, d, s, data| {
        Some((d, s, if name == "logit_scale" { f32::NAN.to_le_bytes().to_vec() } else { data }))
    });
    copy.assert_refused(&["logit_scale is NaN"]);
}

#[test]
fn a_checkpoint_that_vanishes_after_opening_is_an_error() {
    let copy = Copy::new();
    let checkpoint = copy.open().unwrap();
    fs::remove_file(copy.path("model.safetensors")).unwrap();
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
    let message = checkpoint.load_vision(&device).unwrap_err().to_string();
    assert!(message.contains("cannot read") && message.contains("model.safetensors"), "{message}");
}

#[test]
fn tokenizers_of_other_models_are_refused() {
    let copy = Copy::new();
    copy.edit_json("tokenizer.json", |t| {
        t["model"] = json!({"type": "WordLevel", "vocab": {"<unk>": 0, "</s>": 1}, "unk_token": "<unk>"});
    });
    copy.assert_refused(&["tokenizer.json", "not a SigLIP tokenizer"]);

    let copy = Copy::new();
    copy.edit_json("tokenizer.json", |t| t["model"]["vocab"][1][0] = json!("[SEP]"));
    copy.assert_refused(&["tokenizer.json", "\"</s>\"", "id 1"]);

    let copy = Copy::new();
    copy.edit_json("tokenizer.json", |t| {
        let vocabulary = t["model"]["vocab"].as_array_mut().unwrap();
        vocabulary.extend((0..10).map(|i| json!([format!("extra{i}"), -20.0])));
    });
    copy.assert_refused(&["tokenizer.json", "different tokens"]);
}

/// Embeddings of all f32 weights, and of the same weights rounded to half precision, stay close.
#[test]
fn half_precision_files_load_as_what_they_hold() {
    let scale = |copy: &Copy| copy.open().unwrap().calibration().logit_scale;
    let single = Copy::new();
    let (images, texts) = single.embed();
    for (dtype, tolerance) in [(Dtype::F16, 0.01), (Dtype::BF16, 0.08)] {
        let copy = Copy::new();
        copy.edit_weights(|_, _, shape, data| {
            let values = data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
            let halves = values.flat_map(|v| match dtype {
                Dtype::F16 => burn::tensor::f16::from_f32(v).to_le_bytes(),
                _ => burn::tensor::bf16::from_f32(v).to_le_bytes(),
            });
            Some((dtype, shape, halves.collect()))
        });
        let (half_images, half_texts) = copy.embed();
        assert!((scale(&single) - scale(&copy)).abs() < 0.02, "{}", scale(&copy));
        for (full, half) in [(&images, &half_images), (&texts, &half_texts)] {
            let largest = full.iter().fold(0.0, |m: f32, v| m.max(v.abs()));
            let difference = (full - half).iter().fold(0.0, |m: f32, v| m.max(v.abs()));
            assert!(
                difference > 0.0 && difference < tolerance * largest,
                "{dtype:?}: {difference} of {largest}"
            );
        }
    }
}

#[test]
fn inputs_of_another_model_are_refused() {
    let copy = Copy::new();
    let checkpoint = copy.open().unwrap();
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
    let vision = checkpoint.load_vision(&device).unwrap();
    for (size, bytes) in [(16, 3 * 16 * 16), (32, 3 * 32 * 32 - 1), (0, 0)] {
        let message = vision.embed(&[PreparedImage::square(size, vec![0; bytes])]).unwrap_err().to_string();
        assert!(message.contains("32×32"), "{message}");
    }
    let text = checkpoint.load_text(&device).unwrap();
    for ids in [vec![], vec![1; 65], vec![-1; 64], vec![i32::MAX; 64]] {
        let message = text.embed(&[Tokens { ids, used: 0, cut: false }]).unwrap_err().to_string();
        assert!(message.contains("cannot embed"), "{message}");
    }
    assert_eq!(vision.embed(&[]).unwrap().dim(), (0, 32));
    assert_eq!(text.embed(&[]).unwrap().dim(), (0, 32));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    /// A damaged file may still be good enough; it never brings the program down.
    #[test]
    fn damage_never_panics(file in 0usize..4, at: prop::sample::Index, byte: u8, long_way_in: bool) {
        let copy = Copy::new();
        let name = ["config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors"][file];
        copy.edit_bytes(name, |bytes| {
            // Half of the time where headers are.
            let end = if long_way_in { bytes.len() } else { bytes.len().min(6000) };
            let at = at.index(end);
            bytes[at] = byte;
        });
        if let Ok(checkpoint) = copy.open() {
            checkpoint.tokenizer().unwrap().encode("The goalkeeper dives, é ａ.").unwrap();
            let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
            let _ = checkpoint.load_text(&device);
        }
    }
}
