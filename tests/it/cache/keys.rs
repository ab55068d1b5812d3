//! Which runs share entries.

use std::fs;

use serde_json::Value;

use crate::cache::world::{CLASSIFY, World};
use crate::support::clip;

/// How many new entries of frames and of texts a run leaves.
fn new_entries(world: &World, arguments: &str) -> (usize, usize) {
    let count = || ["frames-", "text-"].map(|prefix| world.entries(prefix).len());
    let [frames, texts] = count();
    world.json(arguments);
    let [frames_after, texts_after] = count();
    (frames_after - frames, texts_after - texts)
}

#[test]
fn every_ingredient_of_an_embedding_changes_the_key() {
    let world = World::new();
    // Two classes with five steps, and their names.
    assert_eq!(new_entries(&world, CLASSIFY), (1, 7));
    assert_eq!(new_entries(&world, CLASSIFY), (0, 0));
    for part in ["--fps 5", "--fps native", "--start 0.2", "--end 0.6", "--start 0.2 --end 0.6"] {
        assert_eq!(new_entries(&world, &format!("{CLASSIFY} {part}")), (1, 0), "{part}");
    }
    assert_eq!(new_entries(&world, &format!("{CLASSIFY} --template step")), (0, 5), "the names are known");

    fs::copy(world.path("clip.mp4"), world.path("copy.mp4")).unwrap();
    assert_eq!(new_entries(&world, &CLASSIFY.replace("clip.mp4", "copy.mp4")), (0, 0), "the same content");
    clip::reordered(25).write(&world.path("clip.mp4"), |i, frame| clip::paint_number(255 - i, frame));
    assert_eq!(new_entries(&world, CLASSIFY), (1, 0), "another content under the same name");
}

#[test]
fn each_tower_has_keys_of_its_own() {
    let world = World::new();
    assert_eq!(new_entries(&world, CLASSIFY), (1, 7));
    change_tensor(&world, "vision_model.post_layernorm.bias");
    assert_eq!(new_entries(&world, CLASSIFY), (1, 0));
    change_tensor(&world, "text_model.final_layer_norm.bias");
    assert_eq!(new_entries(&world, CLASSIFY), (0, 7));
    change_tensor(&world, "logit_bias");
    assert_eq!(new_entries(&world, CLASSIFY), (0, 0), "the calibration changes no embedding");

    change_json(&world, "preprocessor_config.json", |json| json["image_mean"] = [0.4, 0.5, 0.5].into());
    assert_eq!(new_entries(&world, CLASSIFY), (1, 0));
    change_json(&world, "preprocessor_config.json", |json| json["resample"] = 2.into());
    assert_eq!(new_entries(&world, CLASSIFY), (1, 0));
    change_json(&world, "config.json", |json| json["vision_config"]["layer_norm_eps"] = 1e-5.into());
    assert_eq!(new_entries(&world, CLASSIFY), (1, 0));
    change_json(&world, "config.json", |json| json["text_config"]["layer_norm_eps"] = 1e-5.into());
    assert_eq!(new_entries(&world, CLASSIFY), (0, 7));
    change_json(&world, "tokenizer.json", |_| {});
    assert_eq!(new_entries(&world, CLASSIFY), (0, 7), "every byte of the tokenizer counts");
}

/// Changes the first value of a tensor a little.
fn change_tensor(world: &World, name: &str) {
    let path = world.path("model/model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let at = 8 + header + json[name]["data_offsets"][0].as_u64().expect(name) as usize;
    let value = f32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) + 0.125;
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

fn change_json(world: &World, name: &str, change: impl FnOnce(&mut Value)) {
    let path = world.path("model").join(name);
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, serde_json::to_string(&json).unwrap() + "\n").unwrap();
}
