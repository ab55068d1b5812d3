//! SigLIP 2 of flexible resolution (NaFlex) against the reference implementation, which pads and masks (made by
//! `tests/reference/naflex.py`).
//!
//! `ACTALIGN_TEST_DEVICE` (cpu, wgpu, cuda) runs the same checks elsewhere.

use std::path::{Path, PathBuf};

use actalign_tui::backbone::{Checkpoint, Filter, Fit, PreparedImage, Preprocessor, Region};
use ndarray::Array2;
use proptest::prelude::*;
use safetensors::SafeTensors;

use super::parity::{TOLERANCE, device, fixture, floats, relative_difference};
use super::resize::{fnv, noise};

const NAFLEX: &str = "siglip/naflex";

struct Expected {
    /// Prepared from pictures of many proportions.
    images: Vec<PreparedImage>,
    image_embeds: Array2<f32>,
    text_embeds: Array2<f32>,
}

fn expected(dir: &Path, checkpoint: &Checkpoint) -> Expected {
    let bytes = std::fs::read(dir.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name| floats(&tensors, name);
    let image_embeds = floats("image_embeds");
    let shapes = tensors.tensor("spatial_shapes").unwrap();
    let shapes: Vec<usize> =
        shapes.data().chunks_exact(4).map(|b| i32::from_le_bytes(b.try_into().unwrap()) as usize).collect();
    let image = |number: usize| {
        let picture = tensors.tensor(&format!("picture_{number}")).unwrap();
        let (height, width) = (picture.shape()[0] as u32, picture.shape()[1] as u32);
        let image = checkpoint.preprocessor().prepare(picture.data(), width, height);
        assert_eq!(image.height * shapes[2 * number + 1], image.width * shapes[2 * number]);
        image
    };
    Expected {
        images: (0..image_embeds.nrows()).map(image).collect(),
        image_embeds,
        text_embeds: floats("text_embeds"),
    }
}

/// Images of several grids in one call, and each alone.
fn image_parity(dir: &Path) {
    let checkpoint = Checkpoint::open(dir).unwrap();
    let want = expected(dir, &checkpoint);
    let tower = checkpoint.load_vision(&device()).unwrap();
    let difference = relative_difference(&tower.embed(&want.images).unwrap(), &want.image_embeds);
    println!("{}: image embeddings differ by {difference:e}", dir.display());
    assert!(difference < TOLERANCE, "{difference}");
    for (image, want) in want.images.iter().zip(want.image_embeds.rows()) {
        let alone = tower.embed(std::slice::from_ref(image)).unwrap();
        let want = want.to_owned().insert_axis(ndarray::Axis(0));
        let difference = relative_difference(&alone, &want);
        assert!(difference < TOLERANCE, "{}×{}: {difference}", image.width, image.height);
    }
}

fn text_parity(dir: &Path) {
    let checkpoint = Checkpoint::open(dir).unwrap();
    let want = expected(dir, &checkpoint);
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(dir.join("texts.json")).unwrap()).unwrap();
    let tokenizer = checkpoint.tokenizer().unwrap();
    let tokens: Vec<_> = texts.iter().map(|text| tokenizer.encode(text).unwrap()).collect();
    let got = checkpoint.load_text(&device()).unwrap().embed(&tokens).unwrap();
    let difference = relative_difference(&got, &want.text_embeds);
    println!("{}: text embeddings differ by {difference:e}", dir.display());
    assert!(difference < TOLERANCE, "{difference}");
}

#[test]
fn images_of_every_shape_equal_the_padded_reference() {
    image_parity(&fixture(NAFLEX));
}

#[test]
fn texts_equal_the_reference() {
    text_parity(&fixture(NAFLEX));
}

/// A checkpoint outside the repository, made by `naflex.py base FOLDER`.
#[test]
#[ignore = "needs ACTALIGN_TEST_CHECKPOINT, a folder that naflex.py made"]
fn given_checkpoint_equals_the_reference() {
    let dir = PathBuf::from(std::env::var("ACTALIGN_TEST_CHECKPOINT").unwrap());
    image_parity(&dir);
    text_parity(&dir);
}

fn flexible(side: usize, most: usize) -> Preprocessor {
    Preprocessor { size: most.isqrt() * side, filter: Filter::Bilinear, fit: Fit::Patches { side, most } }
}

#[test]
fn prepared_images_equal_those_of_transformers_byte_for_byte() {
    /// Width and height of the picture, side and number of patches, width and height of the image, hash of its bytes.
    type Case = (u32, u32, usize, usize, usize, usize, Option<String>);
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../fixtures/siglip/naflex_sizes.json")).unwrap();
    let mut compared = 0;
    for (width, height, side, most, image_width, image_height, hash) in cases {
        let Some(hash) = hash else { continue };
        let rgb = noise(3 * (width * height) as usize, u64::from(width) * 10000 + u64::from(height));
        let image = flexible(side, most).prepare(&rgb, width, height);
        let name = format!("{width}×{height} in {most} patches of {side}");
        assert_eq!((image.width, image.height), (image_width, image_height), "{name}");
        assert_eq!(format!("{:016x}", fnv(&image.rgb)), hash, "{name}");
        compared += 1;
    }
    assert!(compared >= 30);
}

#[test]
fn the_whole_picture_becomes_the_image() {
    let Region { left, top, width, height } = flexible(16, 256).region(640, 360);
    assert_eq!([left, top, width, height], [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn sizes_that_the_model_does_not_take_are_refused() {
    let checkpoint = Checkpoint::open(&fixture(NAFLEX)).unwrap();
    assert_eq!((checkpoint.image_size(), checkpoint.max_patches()), (16, Some(20)));
    let tower = checkpoint.load_vision(&device()).unwrap();
    // Not whole patches, none, more than 20, and too few bytes.
    for (width, height, bytes) in [(10, 8, 240), (0, 4, 0), (84, 4, 1008), (28, 12, 1008), (8, 8, 191)] {
        let error = tower.embed(&[PreparedImage { width, height, rgb: vec![9; bytes] }]).unwrap_err();
        assert!(error.to_string().contains("up to 20 patches"), "{error}");
    }
    let largest = PreparedImage { width: 80, height: 4, rgb: vec![9; 960] };
    assert_eq!(tower.embed(&[largest]).unwrap().nrows(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// No image exceeds its patches, and one that does not come near them is limited by the scale of 100.
    #[test]
    fn images_fill_their_patches(width in 1u32..400, height in 1u32..400, side in 1usize..20, most in 1usize..300) {
        let rgb = vec![7; (3 * width * height) as usize];
        let image = flexible(side, most).prepare(&rgb, width, height);
        prop_assert_eq!((image.width % side, image.height % side), (0, 0));
        let [columns, rows] = [image.width / side, image.height / side];
        prop_assert!((1..=most).contains(&(columns * rows)));
        let scale = (image.width as f64 / f64::from(width)).max(image.height as f64 / f64::from(height));
        // The next larger image has one row or one column more, or both.
        prop_assert!((columns + 1) * (rows + 1) > most || scale > 99.0);
        prop_assert!(image.rgb.iter().all(|value| *value == 7));
    }
}
