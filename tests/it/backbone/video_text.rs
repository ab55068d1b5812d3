//! Models of whole clips against the reference implementation, on checkpoints of random weights (made by
//! `tests/reference/xclip.py`).

use std::path::{Path, PathBuf};

use actalign_tui::backbone::{Checkpoint, PreparedImage, Tokens, VideoCheckpoint};
use ndarray::Array2;
use safetensors::SafeTensors;

use super::parity::{TOLERANCE, device, fixture, floats, relative_difference, squares};

const X_CLIP: [&str; 2] = ["xclip/tiny", "xclip/awkward"];

struct Expected {
    images: Vec<PreparedImage>,
    names: Vec<String>,
    /// A row for each clip.
    video: Array2<f32>,
    /// A row for each clip and text.
    text: Array2<f32>,
    /// Clips × texts.
    logits: Array2<f32>,
}

fn expected(dir: &Path) -> Expected {
    let bytes = std::fs::read(dir.join("expected.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name| floats(&tensors, name);
    Expected {
        images: squares(&tensors, "images"),
        names: serde_json::from_slice(&std::fs::read(dir.join("texts.json")).unwrap()).unwrap(),
        video: floats("video_embeds"),
        text: floats("text_embeds"),
        logits: floats("logits_per_video"),
    }
}

fn parity(dir: &Path) {
    let want = expected(dir);
    let checkpoint = VideoCheckpoint::open(dir).unwrap();
    let model = checkpoint.load(&device()).unwrap();
    let tokenizer = checkpoint.checkpoint().tokenizer().unwrap();
    let tokens: Vec<Tokens> = want.names.iter().map(|name| tokenizer.encode(name).unwrap()).collect();
    let names = model.embed_texts(&tokens).unwrap();

    let (mut video, mut text, mut logits) = (Vec::new(), Vec::new(), Vec::new());
    for frames in want.images.chunks_exact(checkpoint.frames()) {
        let clip = model.embed_clip(frames).unwrap();
        video.extend(clip.video());
        for compared in model.compare(&clip, &names).unwrap() {
            text.extend(compared.embedding);
            logits.push(compared.logit as f32);
        }
    }
    for (what, got, want) in
        [("video", video, &want.video), ("text", text, &want.text), ("logits", logits, &want.logits)]
    {
        let got = Array2::from_shape_vec(want.dim(), got).unwrap();
        let difference = relative_difference(&got, want);
        println!("{}: {what} differs by {difference:e}", dir.display());
        assert!(difference < TOLERANCE, "{what}: {difference}");
    }
}

#[test]
fn clips_texts_and_logits_equal_the_reference() {
    X_CLIP.into_iter().for_each(|name| parity(&fixture(name)));
}

/// A checkpoint outside the repository, made by `xclip.py base FOLDER`.
#[test]
#[ignore = "needs ACTALIGN_TEST_CHECKPOINT, a folder with an expected.safetensors"]
fn given_checkpoint_of_clips_equals_the_reference() {
    parity(&PathBuf::from(std::env::var("ACTALIGN_TEST_CHECKPOINT").unwrap()));
}

/// The order of frames matters, and texts of one clip are not those of another.
#[test]
fn frames_exchange_messages_and_clips_word_texts() {
    let want = expected(&fixture("xclip/tiny"));
    let checkpoint = VideoCheckpoint::open(&fixture("xclip/tiny")).unwrap();
    let model = checkpoint.load(&device()).unwrap();
    let mut frames = want.images[..4].to_vec();
    let clip = model.embed_clip(&frames).unwrap();
    frames.reverse();
    let backwards = model.embed_clip(&frames).unwrap();
    let row = |values: Vec<f32>| Array2::from_shape_vec((1, values.len()), values).unwrap();
    assert!(relative_difference(&row(clip.video()), &row(backwards.video())) > 1e-2);
    let dim = want.text.ncols();
    let of_clip = |clip: usize| row(want.text.row(clip * want.names.len()).to_vec());
    assert_eq!(of_clip(0).ncols(), dim);
    assert!(relative_difference(&of_clip(0), &of_clip(1)) > 1e-2);
}

#[test]
fn wrong_frames_and_texts_are_refused() {
    let dir = fixture("xclip/tiny");
    let images = expected(&dir).images;
    let model = VideoCheckpoint::open(&dir).unwrap().load(&device()).unwrap();
    let refused = |frames: &[PreparedImage]| model.embed_clip(frames).unwrap_err().to_string();
    assert!(refused(&images[..3]).contains("3 frames, where the model takes 4 of 32×32 pixels"));
    assert!(refused(&[]).contains("0 frames"));
    let small = PreparedImage::square(8, vec![0; 192]);
    assert!(refused(&[&images[..3], &[small]].concat()).contains("4 of 32×32"));

    let clip = model.embed_clip(&images[..4]).unwrap();
    let error = model.compare(&clip, &Array2::zeros((2, 40))).unwrap_err().to_string();
    assert!(error.contains("texts of 40"), "{error}");
    assert_eq!(model.compare(&clip, &Array2::zeros((0, 24))).unwrap(), []);
}

#[test]
fn models_of_clips_and_of_images_are_told_apart() {
    let error = Checkpoint::open(&fixture("xclip/tiny")).unwrap_err().to_string();
    for part in ["this X-CLIP model embeds whole clips of 4 frames", "help: name it as the --x-clip of"] {
        assert!(error.contains(part), "{error}");
    }
    let error = VideoCheckpoint::open(&fixture("clip/quick")).unwrap_err().to_string();
    for part in ["this CLIP model embeds single images", "help: use a whole X-CLIP checkpoint"] {
        assert!(error.contains(part), "{error}");
    }
}

/// Changes one value of `config.json`.
fn opened_with(path: &[&str], value: serde_json::Value) -> Result<(), String> {
    let folder = tempfile::TempDir::new().unwrap();
    for name in ["model.safetensors", "preprocessor_config.json", "tokenizer.json"] {
        std::fs::copy(fixture("xclip/tiny").join(name), folder.path().join(name)).unwrap();
    }
    let text = std::fs::read(fixture("xclip/tiny").join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let place = path.iter().fold(&mut config, |place, key| &mut place[*key]);
    *place = value;
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    VideoCheckpoint::open(folder.path()).map(drop).map_err(|error| error.to_string())
}

#[test]
fn configurations_that_do_not_fit_are_refused() {
    assert_eq!(opened_with(&["prompt_alpha"], 0.3.into()), Ok(()));
    for (path, value, words) in [
        (&["vision_config", "num_frames"][..], 0.into(), "0 frames of a clip make no sense"),
        (&["vision_config", "num_frames"], 5.into(), "mit.position_embedding has the shape [1, 4, 24]"),
        (
            &["vision_config", "mit_hidden_size"],
            27.into(),
            "27 dimensions (mit_hidden_size) and its texts 24",
        ),
        (&["vision_config", "mit_num_attention_heads"], 5.into(), "5 MIT heads do not share 24"),
        (&["vision_config", "mit_num_hidden_layers"], 2.into(), "mit.encoder.layers.1."),
        (&["prompt_num_attention_heads"], 0.into(), "0 prompt heads"),
        (&["prompt_layers"], 1.into(), "prompts_generator.decoder.1."),
        (&["prompt_layers"], 1_000_000.into(), "1000000 prompt layers"),
        (&["prompt_hidden_act"], "relu".into(), "the activation \"relu\" is not known here"),
        (&["model_type"], "xclip_vision_model".into(), "only the image half of a model"),
    ] {
        let error = opened_with(path, value).unwrap_err();
        assert!(error.contains(words), "{path:?}: {error}");
    }
}
