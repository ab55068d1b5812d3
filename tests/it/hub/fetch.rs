//! What is fetched, and where it is put.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::hub::site::{COMMIT, Fault, etag};
use crate::hub::world::{FILES, ID, TOKEN, World, fixture};
use crate::support::PROGRAM;

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_preparation_of_transformers_5_is_fetched() {
    let world = World::new();
    let settings: serde_json::Value = serde_json::from_slice(&fixture("preprocessor_config.json")).unwrap();
    let nested = json!({"image_processor": settings, "processor_class": "SiglipProcessor"}).to_string();
    world.site.put("processor_config.json", nested.clone().into());
    world.site.remove("preprocessor_config.json");
    let text = world.succeed(&format!("model fetch {ID}"));
    assert!(!text.contains("by default"), "{text}");
    assert_eq!(fs::read_to_string(world.snapshot().join("processor_config.json")).unwrap(), nested);

    let bare = World::new();
    bare.site.remove("preprocessor_config.json");
    let text = bare.succeed(&format!("model fetch {ID}"));
    assert!(text.contains("neither preprocessor_config.json nor processor_config.json"), "{text}");
}

/// The files of a checkpoint in the layout of OpenCLIP.
const OPEN_CLIP: [&str; 3] = ["open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json"];

fn put_open_clip(world: &World) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/open_clip/clip");
    OPEN_CLIP.iter().for_each(|name| world.site.put(name, fs::read(folder.join(name)).unwrap()));
}

#[test]
fn the_layout_of_open_clip_is_fetched() {
    let world = World::new();
    FILES.iter().for_each(|name| world.site.remove(name));
    put_open_clip(&world);
    world.succeed(&format!("model fetch {ID}"));
    assert_eq!(names(&world.snapshot()), OPEN_CLIP);
    let text = world.succeed(&format!("model info {ID}"));
    assert!(text.contains("32×32") && text.contains("CLIP (byte pairs)"), "{text}");
}

#[test]
fn a_configuration_of_timm_leads_to_that_of_open_clip() {
    let world = World::new();
    put_open_clip(&world);
    world.site.put("config.json", br#"{"architecture": "vit_base_patch16_clip_224"}"#.to_vec());
    world.succeed(&format!("model fetch {ID}"));
    assert!(OPEN_CLIP.iter().all(|name| world.snapshot().join(name).is_file()));
    assert!(!world.snapshot().join("model.safetensors").exists());
    world.succeed(&format!("model info {ID}"));
}

#[test]
fn a_model_is_put_where_the_hubs_own_tools_put_it() {
    let world = World::new();
    let text = world.succeed(&format!("model fetch {ID}"));
    assert_eq!(text.lines().last(), world.snapshot().to_str());

    assert_eq!(names(&world.repo()), ["blobs", "refs", "snapshots"]);
    assert_eq!(names(&world.repo().join("refs")), ["main"]);
    assert_eq!(fs::read_to_string(world.repo().join("refs/main")).unwrap(), COMMIT);
    assert_eq!(names(&world.repo().join("snapshots")), [COMMIT]);
    assert_eq!(names(&world.snapshot()), FILES);
    let mut blobs: Vec<String> = FILES.iter().map(|name| etag(name, &fixture(name))).collect();
    for (name, blob) in FILES.iter().zip(&blobs) {
        assert_eq!(fs::read(world.snapshot().join(name)).unwrap(), fixture(name));
        #[cfg(unix)]
        assert_eq!(
            fs::read_link(world.snapshot().join(name)).unwrap(),
            std::path::Path::new("../../blobs").join(blob)
        );
        assert!(
            world
                .home
                .path()
                .join(format!("hf/hub/.locks/models--google--siglip-base-patch16-224/{blob}.lock"))
                .exists()
        );
    }
    blobs.sort();
    assert_eq!(names(&world.repo().join("blobs")), blobs);

    // Nothing else is asked for but the other name that the preparation of images may have, and the token stays where it belongs.
    let seen = world.site.seen();
    let wanted = |name: &str| FILES.contains(&name) || name == "processor_config.json";
    assert!(seen.iter().all(|request| wanted(request.file())), "{seen:?}");
    assert!(seen.iter().any(|request| request.far) && seen.iter().any(|request| !request.far));
    for request in seen {
        let token = request.headers.get("authorization").map(String::as_str);
        assert_eq!(token, (!request.far).then_some(&*format!("Bearer {TOKEN}")), "{}", request.path);
    }
}

#[test]
fn existing_files_are_not_fetched_again() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    world.site.seen();
    world.succeed(&format!("model fetch {ID}@{COMMIT}"));
    assert!(world.site.seen().iter().all(|request| request.method == "HEAD"));

    fs::remove_file(world.snapshot().join("model.safetensors").canonicalize().unwrap()).unwrap();
    world.site.seen();
    world.succeed(&format!("model fetch {ID}"));
    let got = world.site.seen().into_iter().filter(|request| request.method == "GET");
    assert!(got.into_iter().all(|request| request.file() == "model.safetensors"));
}

#[test]
fn a_cut_transfer_resumes_where_it_was_cut() {
    let world = World::new();
    let weights = fixture("model.safetensors");
    world.site.fault("GET model.safetensors", Fault::Cut(100_000));
    let text = world.succeed(&format!("model fetch {ID}"));
    assert!(text.contains("model.safetensors: 127.0.0.1"), "{text}");
    let got: Vec<_> = world
        .site
        .seen()
        .into_iter()
        .filter(|r| r.far && r.method == "GET" && r.file() == "model.safetensors")
        .collect();
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].headers["range"], "bytes=100000-");
    let all: usize = FILES.iter().map(|name| fixture(name).len()).sum();
    assert_eq!(world.site.sent(), all, "no byte is sent twice");
    assert_eq!(fs::read(world.snapshot().join("model.safetensors")).unwrap(), weights);
}

#[test]
fn an_interrupted_fetch_resumes_in_the_next_run() {
    let world = World::new();
    let weights = fixture("model.safetensors");
    let partial = world.repo().join("blobs").join(etag("model.safetensors", &weights) + ".incomplete");
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    fs::write(&partial, &weights[..200_000]).unwrap();
    world.succeed(&format!("model fetch {ID}"));
    let all: usize = FILES.iter().map(|name| fixture(name).len()).sum();
    assert_eq!(world.site.sent(), all - 200_000);
    assert!(!partial.exists());

    // A place that knows no ranges sends all of it, and a partial file that is too long is none.
    for (length, fault) in [(200_000, Some(Fault::Whole)), (weights.len() + 1, None)] {
        fs::remove_dir_all(world.repo()).unwrap();
        fs::create_dir_all(partial.parent().unwrap()).unwrap();
        fs::write(&partial, vec![7; length]).unwrap();
        if let Some(fault) = fault {
            world.site.fault("GET model.safetensors", fault);
        }
        world.succeed(&format!("model fetch {ID}"));
        assert_eq!(fs::read(world.snapshot().join("model.safetensors")).unwrap(), weights);
    }
}

#[test]
fn two_programs_do_not_fetch_the_same_file_at_once() {
    let world = World::new();
    let locks = world.home.path().join("hf/hub/.locks/models--google--siglip-base-patch16-224");
    fs::create_dir_all(&locks).unwrap();
    // As the hub's own tools do it while they fetch.
    let name = etag("model.safetensors", &fixture("model.safetensors")) + ".lock";
    let lock = fs::File::create(locks.join(name)).unwrap();
    lock.lock().unwrap();
    let mut command = std::process::Command::new(PROGRAM);
    command.args(["model", "fetch", ID]).env("HF_HOME", world.home.path().join("hf"));
    command.env("HF_ENDPOINT", &world.site.endpoint).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("another program fetches model.safetensors")));
    assert!(!world.snapshot().join("model.safetensors").exists());
    drop(lock);
    assert!(child.wait().unwrap().success());
    assert!(world.snapshot().join("model.safetensors").exists());
}

#[test]
fn weights_in_several_files_are_fetched_with_their_index() {
    let world = World::new();
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let weights = fixture("model.safetensors");
    let tensors = safetensors::SafeTensors::deserialize(&weights).unwrap();
    let mut tensor_names = tensors.names();
    tensor_names.sort();
    let mut map = serde_json::Map::new();
    for (number, shard) in shards.into_iter().enumerate() {
        let here: Vec<_> = tensor_names.iter().skip(number).step_by(2).copied().collect();
        map.extend(here.iter().map(|name| ((*name).to_owned(), json!(shard))));
        let views = here.iter().map(|name| (*name, tensors.tensor(name).unwrap()));
        world.site.put(shard, safetensors::serialize(views, None).unwrap());
    }
    world.site.remove("model.safetensors");
    let index = json!({"metadata": {}, "weight_map": map}).to_string().into_bytes();
    world.site.put("model.safetensors.index.json", index);
    world.succeed(&format!("model fetch {ID}"));
    assert!(shards.iter().all(|shard| world.snapshot().join(shard).is_file()));
    world.succeed(&format!("model info {ID}"));

    // Without one of them it is no model.
    fs::remove_file(world.snapshot().join(shards[1])).unwrap();
    world.fail(&format!("model info {ID}"), &["model fetch"]);
    world.fail(&format!("model info {}", world.snapshot().display()), &[shards[1], "fetch it too"]);
}
