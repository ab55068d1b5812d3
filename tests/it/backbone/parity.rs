//! The models against the reference implementation, on checkpoints of random weights
//! (made by `tests/reference/siglip.py` and `clip.py`).
//!
//! `ACTALIGN_TEST_DEVICE` (cpu, wgpu, cuda) runs the same checks elsewhere.

use std::path::{Path, PathBuf};

use actalign_tui::backbone::{
    Checkpoint, ComputeDevice, DeviceChoice, PreparedImage, TextTower, Tokens, VisionTower,
};
use clap::ValueEnum;
use ndarray::Array2;
use safetensors::SafeTensors;

/// Largest difference over largest value.
pub const TOLERANCE: f32 = 2e-5;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn device() -> ComputeDevice {
    let choice = std::env::var("ACTALIGN_TEST_DEVICE").unwrap_or_else(|_| "cpu".into());
    ComputeDevice::open(DeviceChoice::from_str(&choice, true).unwrap()).unwrap()
}

struct Expected {
    images: Vec<PreparedImage>,
    image_embeds: Array2<f32>,
    texts: Vec<String>,
    cut: Vec<bool>,
    ids: Vec<Vec<i32>>,
    text_embeds: Array2<f32>,
}

#[derive(serde::Deserialize)]
struct Line {
    text: String,
    cut: bool,
}

fn expected(dir: &Path) -> Expected {
    let bytes = std::fs::read(dir.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name| floats(&tensors, name);
    let ids = tensors.tensor("input_ids").unwrap();
    let flat: Vec<i32> =
        ids.data().chunks_exact(4).map(|b| i32::from_le_bytes(b.try_into().unwrap())).collect();
    let lines: Vec<Line> = serde_json::from_slice(&std::fs::read(dir.join("texts.json")).unwrap()).unwrap();
    Expected {
        images: squares(&tensors, "images"),
        image_embeds: floats("image_embeds"),
        cut: lines.iter().map(|l| l.cut).collect(),
        texts: lines.into_iter().map(|l| l.text).collect(),
        ids: flat.chunks_exact(ids.shape()[1]).map(<[i32]>::to_vec).collect(),
        text_embeds: floats("text_embeds"),
    }
}

/// A tensor of two dimensions.
pub fn floats(tensors: &SafeTensors, name: &str) -> Array2<f32> {
    let view = tensors.tensor(name).unwrap();
    let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    Array2::from_shape_vec((view.shape()[0], view.shape()[1]), values).unwrap()
}

/// Squares one after the other.
pub fn squares(tensors: &SafeTensors, name: &str) -> Vec<PreparedImage> {
    let images = tensors.tensor(name).unwrap();
    let size = images.shape()[1];
    let squares = images.data().chunks_exact(3 * size * size);
    squares.map(|rgb| PreparedImage::square(size, rgb.to_vec())).collect()
}

/// The largest difference over the largest value.
pub fn relative_difference(got: &Array2<f32>, want: &Array2<f32>) -> f32 {
    assert_eq!(got.dim(), want.dim());
    assert!(got.iter().all(|v| v.is_finite()));
    let largest = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, |m: f32, v| m.max(v.abs()));
    largest(&mut (got - want).iter().copied()) / largest(&mut want.iter().copied())
}

fn image_parity(dir: &Path) {
    let want = expected(dir);
    let checkpoint = Checkpoint::open(dir).unwrap();
    let got = checkpoint.load_vision(&device()).unwrap().embed(&want.images).unwrap();
    let difference = relative_difference(&got, &want.image_embeds);
    println!("{}: image embeddings differ by {difference:e}", dir.display());
    assert!(difference < TOLERANCE, "{difference}");
}

fn text_parity(dir: &Path) {
    let want = expected(dir);
    let checkpoint = Checkpoint::open(dir).unwrap();
    let embedded = want.text_embeds.nrows();
    let tokens: Vec<Tokens> =
        want.texts[..embedded].iter().map(|t| checkpoint.tokenizer().unwrap().encode(t).unwrap()).collect();
    let got = checkpoint.load_text(&device()).unwrap().embed(&tokens).unwrap();
    let difference = relative_difference(&got, &want.text_embeds);
    println!("{}: text embeddings differ by {difference:e}", dir.display());
    assert!(difference < TOLERANCE, "{difference}");
}

fn token_parity(dir: &Path) {
    let want = expected(dir);
    let checkpoint = Checkpoint::open(dir).unwrap();
    assert!(want.texts.len() >= 100);
    let mut wrong = Vec::new();
    for ((text, ids), cut) in want.texts.iter().zip(&want.ids).zip(&want.cut) {
        let got = checkpoint.tokenizer().unwrap().encode(text).unwrap();
        if (&got.ids, got.cut) != (ids, *cut) {
            wrong.push(format!("{text:?}: {:?} {}, not {ids:?} {cut}", got.ids, got.cut));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), want.texts.len(), wrong.join("\n"));
}

/// Texts padded to the longest of them, made by `siglip.py batches`.
fn batch_parity(dir: &Path) {
    let bytes = std::fs::read(dir.join("batch.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let lines = tensors.tensor("lines").unwrap();
    let lines = lines.data().chunks_exact(4).map(|b| i32::from_le_bytes(b.try_into().unwrap()) as usize);
    let view = tensors.tensor("text_embeds").unwrap();
    let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let want = Array2::from_shape_vec((view.shape()[0], view.shape()[1]), values).unwrap();

    let texts = expected(dir).texts;
    let batch: Vec<String> = lines.map(|line| texts[line].clone()).collect();
    let checkpoint = Checkpoint::open(dir).unwrap();
    let tokens = checkpoint.tokenizer().unwrap().encode_batch(&batch).unwrap();
    assert!(tokens[0].ids.len() < checkpoint.text_len());
    let tower = checkpoint.load_text(&device()).unwrap();
    let difference = relative_difference(&tower.embed(&tokens).unwrap(), &want);
    println!("{}: embeddings of a batch differ by {difference:e}", dir.display());
    assert!(difference < TOLERANCE, "{difference}");

    // Padding is not the same as none, and a batch has one length.
    let full: Vec<Tokens> =
        batch.iter().map(|text| checkpoint.tokenizer().unwrap().encode(text).unwrap()).collect();
    assert!(relative_difference(&tower.embed(&full).unwrap(), &want) > 10.0 * TOLERANCE);
    let error = tower.embed(&[tokens[0].clone(), full[1].clone()]).unwrap_err();
    assert!(error.to_string().contains("tokens among texts of"), "{error}");
}

#[test]
fn tiny_embeddings_of_a_batch_equal_the_reference() {
    batch_parity(&fixture("siglip/tiny"));
}

#[test]
fn awkward_embeddings_of_a_batch_equal_the_reference() {
    batch_parity(&fixture("siglip/awkward"));
}

#[test]
fn tiny_image_embeddings_equal_the_reference() {
    image_parity(&fixture("siglip/tiny"));
}

#[test]
fn tiny_text_embeddings_equal_the_reference() {
    text_parity(&fixture("siglip/tiny"));
}

#[test]
fn tiny_tokens_equal_the_reference() {
    token_parity(&fixture("siglip/tiny"));
}

#[test]
fn awkward_image_embeddings_equal_the_reference() {
    image_parity(&fixture("siglip/awkward"));
}

#[test]
fn awkward_text_embeddings_equal_the_reference() {
    text_parity(&fixture("siglip/awkward"));
}

#[test]
fn awkward_tokens_equal_the_reference() {
    token_parity(&fixture("siglip/awkward"));
}

/// `quick_gelu`, `legacy` (an end token by its highest id, GELU with erf) and MetaCLIP 2.
const CLIP: [&str; 3] = ["clip/quick", "clip/legacy", "clip/metaclip2"];

#[test]
fn clip_image_embeddings_equal_the_reference() {
    CLIP.into_iter().for_each(|name| image_parity(&fixture(name)));
}

#[test]
fn clip_text_embeddings_equal_the_reference() {
    CLIP.into_iter().for_each(|name| text_parity(&fixture(name)));
}

#[test]
fn clip_tokens_equal_the_reference() {
    CLIP.into_iter().for_each(|name| token_parity(&fixture(name)));
}

/// Attention is causal, so padding changes nothing.
#[test]
fn clip_texts_embed_alike_in_every_batch() {
    for name in CLIP {
        let checkpoint = Checkpoint::open(&fixture(name)).unwrap();
        let tower = checkpoint.load_text(&device()).unwrap();
        let texts = ["a dive", "the goalkeeper dives to the left", ""].map(str::to_owned);
        let together = tower.embed(&checkpoint.tokenizer().unwrap().encode_batch(&texts).unwrap()).unwrap();
        for (row, text) in texts.iter().enumerate() {
            let alone = tower.embed(&[checkpoint.tokenizer().unwrap().encode(text).unwrap()]).unwrap();
            let row = together.slice(ndarray::s![row..=row, ..]).to_owned();
            assert!(relative_difference(&alone, &row) < TOLERANCE, "{name}: {text:?}");
        }
    }
}

#[test]
fn all_parts_go_to_worker_threads() {
    fn assert_send<T: Send + Sync>() {}
    assert_send::<Checkpoint>();
    assert_send::<VisionTower>();
    assert_send::<TextTower>();
}

/// SigLIP 2 of fixed resolution differs in its tokenizer alone (made by
/// `tests/reference/siglip2_tokenizer.py`).
#[test]
fn siglip2_tokens_equal_the_reference() {
    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        ids: Vec<i32>,
    }
    let folder = tempfile::TempDir::new().unwrap();
    for (from, name) in [
        ("siglip/tiny", "config.json"),
        ("siglip/tiny", "model.safetensors"),
        ("siglip/tiny", "preprocessor_config.json"),
        ("siglip/gemma", "tokenizer.json"),
    ] {
        std::fs::copy(fixture(from).join(name), folder.path().join(name)).unwrap();
    }
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let cases = std::fs::read(fixture("siglip/gemma").join("expected.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&cases).unwrap();
    assert!(cases.len() >= 100);
    for case in cases {
        let tokens = checkpoint.tokenizer().unwrap().encode(&case.text).unwrap();
        assert_eq!(tokens.ids, case.ids, "{:?}", case.text);
        assert_eq!(tokens.used, case.ids.iter().position(|id| *id == 1).unwrap(), "{:?}", case.text);
    }
}

#[test]
fn embeddings_do_not_depend_on_how_the_batch_is_split() {
    let want = expected(&fixture("siglip/tiny"));
    let checkpoint = Checkpoint::open(&fixture("siglip/tiny")).unwrap();
    let tower = checkpoint.load_vision(&device()).unwrap();
    let images: Vec<PreparedImage> = want.images.iter().cycle().take(13).cloned().collect();
    let together = tower.embed(&images).unwrap();
    for (i, image) in images.iter().enumerate() {
        let alone = tower.embed(std::slice::from_ref(image)).unwrap();
        let row = together.slice(ndarray::s![i..=i, ..]).to_owned();
        assert!(relative_difference(&alone, &row) < TOLERANCE, "image {i}");
    }
}

/// A checkpoint outside the repository, made by `siglip.py base FOLDER` or `clip.py base FOLDER`.
#[test]
#[ignore = "needs ACTALIGN_TEST_CHECKPOINT, a folder with an expected.safetensors"]
fn given_checkpoint_equals_the_reference() {
    let dir = PathBuf::from(std::env::var("ACTALIGN_TEST_CHECKPOINT").unwrap());
    image_parity(&dir);
    text_parity(&dir);
    token_parity(&dir);
}
