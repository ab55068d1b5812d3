//! Snapshots written and read back.

use std::fs;

use actalign_tui::align::Calibration;
use actalign_tui::backbone::Checkpoint;
use actalign_tui::cache::{Cache, Size};
use actalign_tui::explore::Settings;
use actalign_tui::snapshot::{Hashes, Snapshot, save};
use actalign_tui::video::{Sampling, Segment};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::export::world::{candidates, exploration, jump, jump_with_patches, snapshot};

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// Reads a snapshot of which the value at `pointer` is another.
fn changed(pointer: &str, value: Value) -> Result<Snapshot, String> {
    let mut document = serde_json::to_value(jump()).unwrap();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    Snapshot::read(&bytes(&document))
}

#[test]
fn a_snapshot_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let taken = jump();
    assert_eq!((taken.thumbnails.len(), &taken.created[..]), (16, "2026-09-21T14:13:20Z"));
    let first = save(&taken, folder.path()).unwrap();
    let second = save(&taken, folder.path()).unwrap();
    assert_eq!(first.file_name().unwrap(), "jump.actalign-1.json");
    assert_eq!(second.file_name().unwrap(), "jump.actalign-2.json");
    assert_eq!(Snapshot::load(&first).unwrap(), taken);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn a_snapshot_of_nothing_embedded_survives_too() {
    let taken = snapshot(&exploration(candidates(), 0, 10.0), |input| {
        input.pictures = &[];
        input.pinned = None;
        input.sampling = Sampling::Native;
    });
    assert!(taken.classes.is_empty());
    assert_eq!(Snapshot::read(&serde_json::to_vec(&taken).unwrap()).unwrap(), taken);
}

#[test]
fn a_snapshot_gives_the_same_outcome_again() {
    let before = exploration(candidates(), 40, 10.0);
    let mut again = jump().exploration().unwrap();
    assert_eq!(again.candidates(), candidates());
    assert_eq!(again.settings(), &Settings::default());
    assert_eq!(again.calibration(), Calibration { alpha: 12.0, beta: -9.0 });
    again.refresh().unwrap();
    let after = again.outcome();
    let expected = before.outcome();
    assert_eq!((&after.times, &after.ordinals, after.width), (&expected.times, &expected.ordinals, 10));
    assert_eq!((&after.ranking, &after.mean_pool_ranking), (&expected.ranking, &expected.mean_pool_ranking));
    for (after, expected) in after.classes.iter().zip(&expected.classes) {
        let (after, expected) = (after.as_ref().unwrap(), expected.as_ref().unwrap());
        assert_eq!((&after.cells, &after.alignment), (&expected.cells, &expected.alignment));
    }
    let sampling = jump().sampling;
    assert_eq!(
        (sampling.fps, sampling.segment()),
        (Sampling::Fps(10.0), Segment { start: Some(1.5), end: None })
    );
}

#[test]
fn a_custom_template_is_read_from_its_text() {
    let read = changed("/settings/template_text", json!("look: {step}")).unwrap();
    let exploration = read.exploration().unwrap();
    let template = &exploration.settings().template;
    assert_eq!((template.name(), template.text()), ("custom", "look: {step}"));
}

#[test]
fn a_map_survives_its_file_and_older_snapshots_have_none() {
    let taken = jump_with_patches();
    assert_eq!(Snapshot::read(&bytes(&serde_json::to_value(&taken).unwrap())).unwrap(), taken);
    let older = serde_json::to_value(jump()).unwrap();
    assert!(older.get("patches").is_none());
    for (pointer, value, says) in [
        ("/patches/of", json!([3, 0]), "patches.of is step 0 of class 3"),
        ("/patches/less", json!([1, 9]), "patches.less is step 9 of class 1"),
        ("/patches/values", json!([]), "patches.values"),
        ("/patches/values/1", json!([0.1]), "patches.values[1] has 1 entries for 3 windows"),
        ("/patches/values/0/0", json!(1e39), "out of range"),
    ] {
        let mut document = serde_json::to_value(&taken).unwrap();
        *document.pointer_mut(pointer).unwrap() = value;
        let refusal = Snapshot::read(&bytes(&document)).map(|_| ()).unwrap_err();
        assert!(refusal.contains(says), "{pointer}: {refusal}");
    }
}

#[test]
fn unknown_fields_are_ignored() {
    let mut document = serde_json::to_value(jump()).unwrap();
    for pointer in ["", "/settings", "/candidates/0", "/view", "/classes/1", "/hashes", "/pinned"] {
        let object = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        object.insert("of_a_later_day".into(), json!([1, {"a": "b"}]));
    }
    assert_eq!(Snapshot::read(&bytes(&document)).unwrap(), jump());
}

#[test]
fn an_invalid_snapshot_is_refused_with_its_file_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |content: &[u8]| {
        let path = folder.path().join("x.json");
        fs::write(&path, content).unwrap();
        let refusal = Snapshot::load(&path).unwrap_err().to_string();
        assert!(refusal.contains("x.json"), "{refusal}");
        refusal
    };
    for no_json in ["", "hello", "{\"format\": ", "\u{0}\u{1}"] {
        assert!(refusal(no_json.as_bytes()).contains("not JSON"), "{no_json:?}");
    }
    for other in ["{}", "[]", "3", "{\"format\": 2}", "{\"format\": \"png\"}"] {
        assert!(refusal(other.as_bytes()).contains("no snapshot"), "{other:?}");
    }
    assert!(refusal(br#"{"format": "actalign-snapshot/3"}"#).contains("format 3"));
    assert!(refusal(br#"{"format": "actalign-snapshot/3"}"#).contains("update actalign-tui"));
    assert!(refusal(br#"{"format": "actalign-snapshot/1"}"#).contains("save it again"));
    assert!(refusal(br#"{"format": "actalign-snapshot/2"}"#).contains("missing field"));
    let missing = Snapshot::load(&folder.path().join("nowhere.json")).unwrap_err().to_string();
    assert!(missing.contains("nowhere.json") && missing.contains("cannot read"), "{missing}");
}

#[test]
fn contradictions_are_named_with_their_place() {
    for (pointer, value, says) in [
        ("/frames/times", json!([0.0]), "frames.ordinals"),
        ("/frames/times/1", json!(-1.0), "go back"),
        ("/frames/times/39", json!(1e300), "frames.times reach"),
        ("/candidates/1/steps", json!(["a", "b", "c"]), "candidates[1].sentences"),
        ("/candidates/1/cells", json!([[0.1]]), "candidates[1].cells has 1 entries for 2 steps"),
        ("/candidates/0/cosines/2", json!([0.1]), "candidates[0].cosines[2] has 1 entries for 40 frames"),
        ("/candidates/0/cells/2/3", json!(1e39), "out of range"),
        ("/candidates/0/cells/2/3", Value::Null, "expected f32"),
        ("/candidates/0/cells", Value::Null, "cosines and cells"),
        ("/candidates", json!([]), "no candidates"),
        ("/classes/0/index", json!(7), "classes[0].index 7"),
        ("/classes/0/index", json!(1), "classes[0]"),
        ("/classes/0/path/0", json!([4, 0]), "classes[0].path"),
        ("/classes/0/path/0", json!([0, 40]), "classes[0].path"),
        ("/classes/0/path", json!([]), "classes[0].path"),
        ("/classes/0/frames_per_step", json!([1]), "classes[0].frames_per_step"),
        ("/ranking", json!([0, 1]), "ranking"),
        ("/ranking", json!([0, 1, 2, 2]), "ranking"),
        ("/settings/alpha", json!(1e300), "out of range"),
        ("/settings/template_text", json!("no place"), "settings.template_text"),
        ("/settings/smoothing_seconds", json!(-1.0), "settings.smoothing_seconds"),
        ("/settings/smoothing_seconds", json!("long"), "smoothing_seconds"),
        ("/view/selected", json!(3), "view.selected is 3, beyond the 3 candidates"),
        ("/view/compared", json!(3), "view.compared"),
        ("/view/step", json!(4), "view.step"),
        ("/pinned/scores", json!([]), "pinned.scores"),
        ("/pinned/ranking", json!([5]), "pinned.ranking"),
        ("/sampling/fps", json!(0), "sampling rate"),
        ("/sampling/fps", json!("often"), "sampling rate"),
        ("/thumbnails/0/jpeg", json!("not base64!"), "nvalid"),
    ] {
        let refusal = changed(pointer, value.clone()).map(|_| ()).unwrap_err().to_string();
        assert!(refusal.contains(says), "{pointer} = {value}: {refusal}");
    }
}

proptest! {
    /// Every number of the document is read as it was written.
    #[test]
    fn numbers_survive_exactly(cell: u32, time: u64, score: u64) {
        let finite = |bits: u64| Some(f64::from_bits(bits)).filter(|x| x.is_finite()).unwrap_or(0.1);
        let mut taken = snapshot(&exploration(candidates(), 3, 10.0), |input| input.pictures = &[]);
        let cell = Some(f32::from_bits(cell)).filter(|x| x.is_finite()).unwrap_or(0.1);
        taken.candidates[0].cells.as_mut().unwrap()[0][0] = cell;
        taken.settings.alpha = cell;
        taken.frames.times[2] = finite(time).abs().clamp(1.0, 1e9);
        taken.classes[0].score = finite(score);
        prop_assert_eq!(Snapshot::read(&serde_json::to_vec(&taken).unwrap()).unwrap(), taken);
    }
}

#[test]
fn hashes_are_the_same_with_a_cache_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    fs::write(&clip, "a clip").unwrap();
    let frames = folder.path().join("frames");
    fs::create_dir(&frames).unwrap();
    fs::write(frames.join("1.png"), "one").unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny");
    let checkpoint = Checkpoint::open_lazily(model.as_ref()).unwrap();
    let cache = Cache::new(&folder.path().join("cache"), "1GB".parse::<Size>().unwrap());
    let of = |clip| {
        let plain = Hashes::of(clip, "nowhere.json".as_ref(), &checkpoint, None);
        assert_eq!(Hashes::of(clip, "nowhere.json".as_ref(), &checkpoint, Some(&cache)), plain);
        plain
    };

    let hashes = of(&clip);
    assert_eq!(hashes.clip, Some(blake3::hash(b"a clip").to_string()));
    let tokenizer = fs::read(checkpoint.tokenizer_file()).unwrap();
    assert_eq!(hashes.tokenizer, Some(blake3::hash(&tokenizer).to_string()));
    assert!(hashes.vision.is_some() && hashes.text.is_some() && hashes.vision != hashes.text);
    assert_eq!(hashes.scripts, None, "what is not there has no content");
    let line = format!("{}  1.png\n", blake3::hash(b"one"));
    assert_eq!(of(&frames).clip, Some(blake3::hash(line.as_bytes()).to_string()));
}
