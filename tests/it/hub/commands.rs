//! Models of the hub in other commands.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hub::site::Site;
use crate::hub::world::{FILES, ID, TOKEN, World, fixture};
use crate::support::PROGRAM;

#[test]
fn a_cached_model_needs_no_network() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    fs::write(world.home.path().join("lines.txt"), "a rook\n").unwrap();
    world.site.seen();
    world.succeed(&format!("embed --texts lines.txt --model {ID} --out x.safetensors"));
    let mut offline =
        world.command(&format!("embed --texts lines.txt --model {ID}@main --out y.safetensors"));
    offline.env("HF_HUB_OFFLINE", "1");
    assert!(world.finish(offline).0.status.success());
    world.succeed(&format!("model info {ID}"));
    assert!(world.site.seen().is_empty());
}

#[test]
fn a_cached_model_is_found_despite_bad_network_settings() {
    let world = World::new();
    world.succeed(&format!("model fetch {ID}"));
    for (variable, value) in [("SSL_CERT_FILE", "nowhere.pem"), ("HF_ENDPOINT", "no address")] {
        let mut command = world.command(&format!("model info {ID}"));
        command.env(variable, value);
        let (output, text) = world.finish(command);
        assert!(output.status.success(), "{text}");
    }
    world.site.seen();
    let mut command = world.command(&format!("model fetch {ID}"));
    command.env("HF_HUB_OFFLINE", "1");
    let (output, text) = world.finish(command);
    assert!(output.status.success() && text.contains(&format!("{ID} is complete")), "{text}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), world.snapshot().to_str().unwrap());
    assert!(world.site.seen().is_empty());
}

#[test]
fn a_missing_model_is_not_fetched_unasked() {
    let world = World::new();
    fs::write(world.home.path().join("lines.txt"), "a rook\n").unwrap();
    let fetch = format!("actalign-tui model fetch {ID}");
    world.fail(
        &format!("embed --texts lines.txt --model {ID} --out x.safetensors"),
        &[&fetch, "about 812.62 MB"],
    );
    world.fail(&format!("doctor --model {ID}"), &[&fetch]);
    world.fail(&format!("model info {ID}"), &[&fetch]);
    world
        .fail("model info google/siglip-base-patch16-225", &["did you mean google/siglip-base-patch16-224?"]);
    let mut offline = world.command(&format!("model info {ID}"));
    offline.env("HF_HUB_OFFLINE", "1");
    world.fail_with(offline, &["HF_HUB_OFFLINE", "/resolve/main/model.safetensors", "--model DIR"]);
    assert!(world.site.seen().is_empty());

    // A folder comes before a name of the hub.
    fs::create_dir_all(world.home.path().join(ID)).unwrap();
    world.fail(&format!("model info {ID}"), &["config.json is missing"]);
}

/// Runs in a terminal, with this answer to what is asked.
fn in_terminal(world: &World, arguments: &str, answer: &str) -> (bool, String) {
    let terminal = native_pty_system().openpty(PtySize { cols: 200, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(PROGRAM);
    command.args(arguments.split_whitespace());
    command.cwd(world.home.path());
    command.env("HF_HOME", world.home.path().join("hf"));
    command.env("HF_ENDPOINT", &world.site.endpoint);
    command.env("HF_TOKEN", TOKEN);
    command.env("ACTALIGN_CACHE_DIR", world.home.path().join("cache"));
    let mut child = terminal.slave.spawn_command(command).unwrap();
    drop(terminal.slave);
    let mut reader = terminal.master.try_clone_reader().unwrap();
    terminal.master.take_writer().unwrap().write_all(answer.as_bytes()).unwrap();
    let mut text = Vec::new();
    // On Linux a terminal that was left ends with an error.
    let _ = reader.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(!text.contains(TOKEN), "{text}");
    (child.wait().unwrap().success(), text)
}

#[test]
fn on_a_terminal_the_user_is_asked_before_a_download() {
    let world = World::new();
    fs::write(world.home.path().join("lines.txt"), "a rook\n").unwrap();
    let embed = format!("embed --texts lines.txt --model {ID} --out x.safetensors");
    for answer in ["n\n", "\n"] {
        let (done, text) = in_terminal(&world, &embed, answer);
        assert!(
            !done && text.contains("Download 267.04 kB from 127.0.0.1") && text.contains("[y/N]"),
            "{text}"
        );
        assert!(text.contains("was not downloaded"), "{text}");
        assert!(!world.snapshot().join("model.safetensors").exists());
    }
    let (done, text) = in_terminal(&world, &embed, "y\n");
    assert!(done && world.home.path().join("x.safetensors").exists(), "{text}");
    let (done, text) = in_terminal(&world, &embed, "");
    assert!(done && !text.contains("Download"), "{text}");
}

#[test]
fn the_list_has_sizes_and_what_is_cached() {
    let world = World::new();
    let list = |world: &World| -> Vec<Value> {
        let output = world.command("model list --json").output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let of = |models: &[Value], id: &str| models.iter().find(|model| model["id"] == id).unwrap().clone();
    let models = list(&world);
    assert_eq!(models.len(), 56);
    assert!(models.iter().all(|model| model["cached"] == false));
    let so400m = of(&models, "google/siglip-so400m-patch14-384");
    let expected = json!([384, 64, 1152, 877_960_498, 3_511_841_992_u64, 1_755_920_996]);
    let keys = ["image_size", "text_len", "dim", "parameters", "download_bytes", "memory_f16_bytes"];
    assert_eq!(Value::from_iter(keys.map(|key| so400m[key].clone())), expected);
    world.succeed(&format!("model fetch {ID}"));
    let models = list(&world);
    assert_eq!(models.iter().filter(|model| model["cached"] == true).count(), 1);
    assert_eq!(of(&models, ID)["cached"], true);

    let text = world.succeed("model list");
    let line = text.lines().find(|line| line.starts_with(&format!("{ID} "))).unwrap();
    assert!(line.contains("203 M") && line.ends_with("in the cache"), "{line}");
    assert!(text.contains("patch16-naflex") && text.contains("computed"), "{text}");
    assert!(text.contains("\nMetaCLIP 2\nfacebook/") && text.contains("CC-BY-NC-4.0"), "{text}");
}

#[test]
fn models_of_clips_are_known_as_such() {
    const X_CLIP: &str = "microsoft/xclip-large-patch14-16-frames";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xclip/tiny");
    let files = FILES.map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap()));
    let world = World { site: Site::new(X_CLIP, files.into()), home: TempDir::new().unwrap() };

    let output = world.command("model list --json").output().unwrap();
    let models: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let known = models.iter().find(|model| model["id"] == X_CLIP).unwrap();
    let keys = ["family", "licence", "image_size", "frames", "parameters"];
    let expected = json!(["X-CLIP", "MIT", 336, 16, 576_007_425]);
    assert_eq!(Value::from_iter(keys.map(|key| known[key].clone())), expected);
    let text = world.succeed("model list");
    assert!(text.contains("X-CLIP (models of whole clips, for eval --x-clip)\nmicrosoft/"), "{text}");
    assert!(text.contains("MIT  16 frames"), "{text}");

    world.succeed(&format!("model fetch {X_CLIP}"));
    let info = world.succeed(&format!("model info {X_CLIP}"));
    for part in
        ["X-CLIP", "4 frames, seen together: for eval --x-clip, not for --model", "cut from the middle"]
    {
        assert!(info.contains(part), "{info:?} does not say {part:?}");
    }
    assert!(!info.contains("beta"), "{info}");
    let doctor = world.succeed(&format!("doctor --model {X_CLIP}"));
    assert!(doctor.contains("X-CLIP, images 32×32 (clips of 4, for eval --x-clip)"), "{doctor}");
    fs::write(world.home.path().join("lines.txt"), "a rook\n").unwrap();
    world.fail(
        &format!("embed --texts lines.txt --model {X_CLIP} --out x.safetensors"),
        &["embeds whole clips of 4 frames", "name it as the --x-clip of `actalign-tui eval`"],
    );
}

#[test]
fn info_describes_a_checkpoint() {
    let world = World::new();
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/siglip/tiny");
    let output = world.command(&format!("model info {} --json", tiny.display())).output().unwrap();
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(info["usable"], true);
    assert_eq!(info["model"]["vision"], json!({"layers": 2, "hidden": 32, "mlp": 64, "heads": 2}));
    assert_eq!((&info["model"]["image_size"], &info["model"]["text_len"]), (&json!(32), &json!(64)));
    assert_eq!(info["weights"]["types"]["f32"], info["model"]["parameters"]);
    assert_eq!(info["tokenizer"], "SigLIP (sentencepiece)");
    assert!(
        info["files"].as_array().unwrap().contains(&json!({"name": "model.safetensors", "bytes": 249_216}))
    );
    let flexible = tiny.with_file_name("naflex");
    let text = world.succeed(&format!("model info {}", flexible.display()));
    assert!(text.contains("up to 20 patches (16×16 if square), patches of 4×4"), "{text:?}");
    let text = world.succeed(&format!("doctor --model {}", flexible.display()));
    assert!(text.contains("images of their own proportions, up to 20 patches, texts"), "{text:?}");
    let text = world.succeed("model info demo");
    for part in ["80×80, patches of 10×10", "4 layers of 128", "in f16", "alpha", "tokenizer.json"] {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
}

#[test]
fn info_lists_all_problems_with_advice() {
    let world = World::new();
    let folder = world.home.path().join("broken");
    fs::create_dir(&folder).unwrap();
    world.fail(
        "model info broken",
        &["config.json is missing", "tokenizer.json is missing", "model.safetensors is missing"],
    );
    fs::write(folder.join("config.json"), fixture("config.json")).unwrap();
    fs::write(folder.join("pytorch_model.bin"), "").unwrap();
    fs::write(folder.join("spiece.model"), "").unwrap();
    let text =
        world.fail("model info broken", &["pytorch_model.bin is not read", "spiece.model alone", "32×32"]);
    assert!(text.contains("cannot be used"), "{text}");
    let output = world.command("model info broken --json").output().unwrap();
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&info["usable"], info["problems"].as_array().unwrap().len()), (&json!(false), 2));
    fs::write(folder.join("config.json"), r#"{"model_type": "siglip2_text_model"}"#).unwrap();
    world.fail("model info broken", &["only the text half", "google/siglip2-base-patch16-naflex"]);
    world.fail("model info nowhere", &["nowhere", "check the name"]);
}

#[test]
fn doctor_describes_the_hub_without_the_token() {
    let world = World::new();
    let (_, text) = world.finish(world.command("doctor"));
    assert!(text.contains("hf/hub") && text.contains("a token is set"), "{text}");
    let mut command = world.command("doctor");
    command.env_remove("HF_TOKEN");
    assert!(world.finish(command).1.contains("no token"));
}
