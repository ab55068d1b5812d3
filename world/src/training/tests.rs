use image::{Rgb, RgbImage};
use tempfile::tempdir;

use super::*;
use actalign_tui::backbone::ComputeDevice;

const SHAPES: [&str; 3] = ["square", "bar", "stripe"];
const GROUNDS: [&str; 2] = ["grass", "snow"];

/// White shapes (the steps) on green or blue ground (the domains).
struct Shapes;

impl World for Shapes {
    fn picture(&self, seed: u64) -> (RgbImage, Content) {
        let content = self.content(seed);
        let ground = [Rgb([20, 160, 40]), Rgb([60, 90, 200])][content.domain];
        let (width, height) = [(8, 8), (4, 14), (14, 3)][content.step];
        let shift = (seed / 7 % 2) as u32;
        let picture = RgbImage::from_fn(16, 16, |x, y| {
            let inside = (shift..shift + width).contains(&x) && (shift..shift + height).contains(&y);
            if inside { Rgb([250, 250, 250]) } else { ground }
        });
        (picture, content)
    }

    fn content(&self, seed: u64) -> Content {
        let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        Content { domain: (mixed % 2) as usize, step: (mixed / 2 % 3) as usize }
    }

    fn caption(&self, content: Content, seed: u64) -> Caption {
        let shape = SHAPES[content.step];
        let names_ground = !seed.is_multiple_of(4);
        let text = if names_ground {
            format!("a {shape} on {}", GROUNDS[content.domain])
        } else {
            format!("a {shape}")
        };
        Caption { text, step: content.step, domain: names_ground.then_some(content.domain) }
    }
}

fn options(steps: usize) -> Options {
    let sizes = Sizes {
        image: 16,
        patch: 4,
        hidden: 32,
        heads: 2,
        vision_layers: 1,
        text_layers: 1,
        positions: 12,
        vocabulary: 128,
    };
    Options { seed: 3, steps, batch: 16, rate: 2e-3, sizes }
}

#[test]
fn a_caption_is_true_of_its_step_in_the_domain_it_names() {
    let caption = |domain| Caption { text: String::new(), step: 1, domain };
    assert!(caption(None).is_true_of(Content { domain: 0, step: 1 }));
    assert!(caption(Some(0)).is_true_of(Content { domain: 0, step: 1 }));
    assert!(!caption(Some(1)).is_true_of(Content { domain: 0, step: 1 }));
    assert!(!caption(None).is_true_of(Content { domain: 0, step: 2 }));
}

#[test]
fn a_small_world_is_learned_and_its_model_opens_as_any_other() {
    let folder = tempdir().unwrap();
    let mut losses = Vec::new();
    let end = train(&Shapes, &options(400), folder.path(), |progress| losses.push(progress.loss)).unwrap();
    assert!(end.accuracy > 0.9, "{end:?}");
    assert!(end.loss < 0.5 * losses[0], "{} to {}", losses[0], end.loss);
    assert!(std::fs::read_to_string(folder.path().join("training.svg")).unwrap().starts_with("<svg"));

    // The embedding code has the same formulas as the training code.
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let device = ComputeDevice::open(actalign_tui::backbone::DeviceChoice::Cpu).unwrap();
    let batch = Batch::new(&Shapes, &checkpoint, (5, 12), false).unwrap();
    let images = checkpoint.load_vision(&device).unwrap().embed(&batch.images).unwrap();
    let texts = checkpoint.load_text(&device).unwrap().embed(&batch.texts).unwrap();
    let products =
        actalign_tui::align::unit_rows(images.view()).dot(&actalign_tui::align::unit_rows(texts.view()).t());
    let trained = Learner::load(&checkpoint).unwrap().cosines(
        &Patches::open(folder.path()).unwrap(),
        &batch.images,
        &batch.texts,
    );
    assert_eq!(products.len(), trained.len());
    for (a, b) in products.iter().zip(&trained) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
}

#[test]
fn the_same_seed_trains_the_same_model() {
    let folders = [tempdir().unwrap(), tempdir().unwrap()];
    let files = folders.each_ref().map(|folder| {
        train(&Shapes, &options(3), folder.path(), |_| {}).unwrap();
        let names = ["model.safetensors", "tokenizer.json", "config.json"];
        names.map(|name| std::fs::read(folder.path().join(name)).unwrap())
    });
    assert!(files[0] == files[1]);
}

#[test]
fn gradients_agree_with_differences_of_the_loss() {
    let folder = tempdir().unwrap();
    train(&Shapes, &options(1), folder.path(), |_| {}).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let patches = Patches::open(folder.path()).unwrap();
    let batch = Batch::new(&Shapes, &checkpoint, (9, 8), false).unwrap();
    Learner::load(&checkpoint)
        .unwrap()
        .check_gradients(|learner| learner.loss(&patches, &batch.images, &batch.texts, batch.signs()));
}

#[test]
fn unknown_words_and_other_scripts_still_make_tokens() {
    let folder = tempdir().unwrap();
    train(&Shapes, &options(1), folder.path(), |_| {}).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let tokens = |text| checkpoint.tokenizer().unwrap().encode(text).unwrap();
    assert_eq!(tokens("A square!").used, 2, "known words are one token each");
    assert!(tokens("zyx").used > 1, "an unknown word is spelt");
    assert!(tokens("日本 é").used > 0);
    assert!(tokens("a very long text that goes on and on and on").cut);
}
