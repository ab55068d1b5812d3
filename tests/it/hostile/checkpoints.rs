//! Unusual and broken checkpoints: each is read as its files say, or refused with the reason and what to do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice, Filter, Fit, PreparedImage, Tower};
use image::RgbImage;
use ndarray::Array2;
use ndarray_npy::write_npy;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{MODEL, program_in};

const FLAT: &str = "preprocessor_config.json";
const NESTED: &str = "processor_config.json";
const WEIGHTS: &str = "model.safetensors";
const LFS: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 813000000\n";

type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// A copy of the tiny checkpoint beside a picture and a script file.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(TempDir::new().unwrap());
        fs::create_dir(world.0.path().join("model")).unwrap();
        for name in ["config.json", WEIGHTS, FLAT, "tokenizer.json"] {
            fs::write(world.path(name), fs::read(Path::new(MODEL).join(name)).unwrap()).unwrap();
        }
        let picture = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(6 * x) as u8, (8 * y) as u8, 90]));
        picture.save(world.0.path().join("picture.png")).unwrap();
        world.scripts(json!([
            {"name": "goal", "steps": ["the goalkeeper dives", "the ball"]},
            {"name": "squat", "steps": ["lifts the bar", "hands"]}
        ]));
        world
    }

    /// With the CLIP checkpoint in place of the SigLIP one.
    fn of_clip() -> Self {
        Self::of("clip/quick")
    }

    /// With another checkpoint.
    fn of(fixture: &str) -> Self {
        let world = Self::new();
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
        for name in ["config.json", WEIGHTS, FLAT, "tokenizer.json"] {
            fs::write(world.path(name), fs::read(fixture.join(name)).unwrap()).unwrap();
        }
        world
    }

    /// With values of a JSON file of the CLIP checkpoint changed.
    fn clip_edited(name: &str, edit: impl FnOnce(&mut Value)) -> Self {
        Self::of_clip().changed(name, edit)
    }

    /// With one file changed.
    fn with(name: &str, contents: impl AsRef<[u8]>) -> Self {
        let world = Self::new();
        fs::write(world.path(name), contents).unwrap();
        world
    }

    /// With values of a JSON file changed.
    fn edited(name: &str, edit: impl FnOnce(&mut Value)) -> Self {
        Self::new().changed(name, edit)
    }

    fn changed(self, name: &str, edit: impl FnOnce(&mut Value)) -> Self {
        let mut value = serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap();
        edit(&mut value);
        fs::write(self.path(name), value.to_string()).unwrap();
        self
    }

    /// With other tensors.
    fn weighing(edit: impl FnOnce(Tensors) -> Tensors) -> Self {
        let world = Self::new();
        write_tensors(&world.path(WEIGHTS), &edit(world.tensors()));
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("model").join(name)
    }

    fn tensors(&self) -> Tensors {
        let bytes = fs::read(self.path(WEIGHTS)).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let owned =
            |(name, t): (String, TensorView)| (name, (t.dtype(), t.shape().to_vec(), t.data().to_vec()));
        tensors.tensors().into_iter().map(owned).collect()
    }

    fn scripts(&self, classes: Value) {
        let file = json!({"domain": "sport", "classes": classes});
        fs::write(self.0.path().join("scripts.json"), file.to_string()).unwrap();
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = program_in(self.0.path(), arguments);
        command.env("ACTALIGN_MODEL", self.0.path().join("model"));
        command.write_stdin("").output().unwrap()
    }

    /// Whether a command succeeds, and all that it prints.
    fn printed_by(&self, arguments: &str) -> (bool, String) {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(!text.contains("panicked"), "{arguments}: {text}");
        assert!(output.status.code().is_some_and(|code| code < 2), "{arguments}: {:?} {text}", output.status);
        (output.status.success(), text.into_owned())
    }

    /// The ranking of the picture's candidates.
    #[track_caller]
    fn ranking(&self) -> String {
        let (is_done, text) = self.printed_by(CLASSIFY);
        assert!(is_done, "{text}");
        text
    }

    /// The command fails, and its message holds all parts.
    #[track_caller]
    fn fails(&self, arguments: &str, parts: &[&str]) {
        let (is_done, text) = self.printed_by(arguments);
        assert!(!is_done, "{arguments} succeeded: {text}");
        for part in parts {
            assert!(text.contains(part), "{arguments}: {text:?} does not say {part:?}");
        }
    }

    /// Every command that takes a model fails so. For one fault of a kind; others of the kind need one command.
    #[track_caller]
    fn is_refused(&self, parts: &[&str]) {
        for arguments in
            [CLASSIFY, EMBED, EXPLORE, "scripts check scripts.json", "model info model", "doctor"]
        {
            self.fails(arguments, parts);
        }
    }

    /// Opening the checkpoint fails, and the message holds all parts: as [`World::fails`], without starting the program.
    #[track_caller]
    fn is_not_opened(&self, parts: &[&str]) {
        let error = Checkpoint::open(&self.0.path().join("model")).expect_err("it is opened").to_string();
        for part in parts {
            assert!(error.contains(part), "{error:?} does not say {part:?}");
        }
    }

    /// The embedding of a picture.
    fn embedding(&self) -> Array2<f32> {
        let checkpoint = Checkpoint::open(&self.0.path().join("model")).unwrap();
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let image = PreparedImage::square(32, (0..32 * 32 * 3).map(|i| (i * 7 % 251) as u8).collect());
        checkpoint.load_vision(&device).unwrap().embed(&[image]).unwrap()
    }
}

const CLASSIFY: &str = "classify picture.png --scripts scripts.json --device cpu";
const EMBED: &str = "embed --images picture.png --texts scripts.json --out out.safetensors --device cpu";
const EXPLORE: &str = "picture.png --scripts scripts.json --plain --device cpu";

fn write_tensors(path: &Path, tensors: &Tensors) {
    let views =
        tensors.iter().map(|(name, (d, s, data))| (name, TensorView::new(*d, s.clone(), data).unwrap()));
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

/// Changes the first value of a tensor.
fn with_value(mut tensors: Tensors, name: &str, value: f32) -> Tensors {
    tensors.get_mut(name).unwrap().2[..4].copy_from_slice(&value.to_le_bytes());
    tensors
}

/// Sets all values of the tensors whose names begin with `start`.
fn filled(mut tensors: Tensors, start: &str, value: f32) -> Tensors {
    for (_, (_, _, data)) in tensors.iter_mut().filter(|(name, _)| name.starts_with(start)) {
        data.chunks_exact_mut(4).for_each(|bytes| bytes.copy_from_slice(&value.to_le_bytes()));
    }
    tensors
}

fn difference(one: &Array2<f32>, other: &Array2<f32>) -> f32 {
    (one - other).iter().fold(0.0, |most: f32, value| most.max(value.abs()))
}

/// The file that transformers 5 writes instead of the flat one.
fn nest(world: &World, edit: impl FnOnce(&mut Value)) {
    let mut settings: Value = serde_json::from_slice(&fs::read(world.path(FLAT)).unwrap()).unwrap();
    edit(&mut settings);
    let whole = json!({"image_processor": settings, "processor_class": "SiglipProcessor"});
    fs::write(world.path(NESTED), whole.to_string()).unwrap();
}

#[test]
fn preparation_written_by_transformers_5_is_followed() {
    let means = |settings: &mut Value| settings["image_mean"] = json!([0.1, 0.9, 0.3]);
    let flat = World::edited(FLAT, means);
    let nested = World::new();
    nest(&nested, means);
    nested.fails(CLASSIFY, &[NESTED, FLAT, "another way", "[0.1, 0.9, 0.3]", "remove the file"]);
    fs::remove_file(nested.path(FLAT)).unwrap();
    assert_eq!(nested.embedding(), flat.embedding());
    assert!(difference(&nested.embedding(), &World::new().embedding()) > 0.01);
    assert_eq!(nested.ranking(), flat.ranking());

    // Two files may say the same, and one may say nothing of images.
    let both = World::new();
    nest(&both, |_| ());
    assert_eq!(both.embedding(), World::new().embedding());
    fs::write(both.path(NESTED), r#"{"processor_class": "SiglipProcessor"}"#).unwrap();
    assert_eq!(both.embedding(), World::new().embedding());
    fs::write(both.path(NESTED), r#"{"video_processor": {"size": 32}}"#).unwrap();
    both.is_refused(&[NESTED, "settings for videos only"]);
}

#[test]
fn preparation_settings_are_applied() {
    let edited = |settings: Value| {
        World::edited(FLAT, |file| {
            file.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone())
        })
        .embedding()
    };
    let usual = World::new().embedding();
    // The same map of pixels to values.
    for same in [
        json!({"image_mean": 0.5, "image_std": 0.5}),
        json!({"do_rescale": false, "image_mean": 127.5, "image_std": [127.5, 127.5, 127.5]}),
        json!({"rescale_factor": 1, "image_mean": [127.5, 127.5, 127.5], "image_std": 127.5}),
        json!({"image_mean": null, "image_std": null, "rescale_factor": null, "do_convert_rgb": null}),
        json!({"do_center_crop": true, "crop_size": {"height": 32, "width": 32}}),
        json!({"size": 32}),
        json!({"size": {"height": 32, "width": 32, "shortest_edge": null}}),
        json!({"image_processor_type": "SiglipImageProcessorFast", "do_pad": false}),
    ] {
        assert!(difference(&edited(same.clone()), &usual) < 1e-4, "{same}");
    }
    for other in [
        json!({"do_rescale": false}),
        json!({"do_normalize": false}),
        json!({"rescale_factor": 0.004}),
        json!({"image_mean": 0.4}),
        json!({"image_std": [0.5, 0.4, 0.5]}),
    ] {
        assert!(difference(&edited(other.clone()), &usual) > 1e-3, "{other}");
    }
    let unit = edited(json!({"do_normalize": false}));
    assert!(difference(&edited(json!({"image_mean": 0, "image_std": 1})), &unit) < 1e-4);
}

#[test]
fn unsupported_preparation_is_refused() {
    for (settings, part) in [
        (json!({"do_resize": false}), "\"do_resize\": false"),
        (json!({"do_resize": null}), "\"do_resize\": null"),
        (json!({"do_rescale": 1}), "\"do_rescale\" is 1"),
        (json!({"do_center_crop": true}), "\"do_center_crop\" without"),
        (json!({"do_center_crop": true, "crop_size": 16}), "16×16 (crop_size)"),
        (json!({"do_pad": true}), "\"do_pad\": true"),
        (json!({"do_thumbnail": true}), "\"do_thumbnail\": true"),
        (json!({"size": {"shortest_edge": 32}}), "shortest_edge"),
        (json!({"size": {"height": 32, "width": 64}}), "64×32"),
        (json!({"size": -3}), "\"size\" is -3"),
        (json!({"resample": 0}), "\"resample\": 0"),
        (json!({"resample": 1}), "\"resample\": 1"),
        (json!({"resample": null}), "\"resample\": null"),
        (json!({"resample": "bicubic"}), "\"resample\" is \"bicubic\""),
        (json!({"rescale_factor": 0}), "\"rescale_factor\" is 0"),
        (json!({"rescale_factor": "1/255"}), "\"rescale_factor\" is"),
        (json!({"image_mean": [0.5]}), "\"image_mean\" is [0.5]"),
        (json!({"image_mean": [0.5, 0.5, "x"]}), "\"image_mean\" is \"x\""),
        (json!({"image_std": [0.5, 0.5, 0.5, 0.5]}), "\"image_std\" is"),
        (json!({"image_std": 0}), "\"image_std\" holds 0"),
        (json!({"image_std": [0.5, -0.5, 0.5]}), "\"image_std\" holds -0.5"),
        (json!({"image_std": 1e-320}), "no finite values"),
        (json!({"image_processor_type": "CLIPImageProcessor"}), "CLIPImageProcessor"),
        (json!({"image_processor_type": "Siglip2ImageProcessor"}), "Siglip2ImageProcessor"),
        (json!({"processor_class": "CLIPProcessor"}), "CLIPProcessor"),
    ] {
        let change =
            |file: &mut Value| file.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        World::edited(FLAT, change).is_not_opened(&[FLAT, part]);
        let world = World::new();
        nest(&world, change);
        fs::remove_file(world.path(FLAT)).unwrap();
        world.is_not_opened(&[NESTED, part]);
    }
    World::edited(FLAT, |file| file["do_pad"] = json!(true)).is_refused(&[FLAT, "\"do_pad\": true"]);
    for (text, part) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{\"image_mean\": NaN}", "damaged"),
        ("{\"image_mean\": 1e999}", "out of range"),
        ("[]", "damaged"),
        ("\u{feff}{", "damaged"),
    ] {
        World::with(FLAT, text).is_not_opened(&[FLAT, part]);
        World::with(NESTED, text).is_not_opened(&[NESTED, part]);
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_file() {
    for name in [FLAT, "config.json", "tokenizer.json"] {
        let world = World::new();
        let marked = [b"\xef\xbb\xbf", fs::read(world.path(name)).unwrap().as_slice()].concat();
        fs::write(world.path(name), marked).unwrap();
        assert_eq!(world.ranking(), World::new().ranking());
    }
}

#[test]
fn default_preparation_is_reported() {
    let world = World::new();
    fs::remove_file(world.path(FLAT)).unwrap();
    for arguments in [CLASSIFY, EMBED, EXPLORE, "scripts check scripts.json", "model info model", "doctor"] {
        let (is_done, text) = world.printed_by(arguments);
        let part = "neither preprocessor_config.json nor processor_config.json";
        assert!(is_done && text.contains(part), "{arguments}: {text}");
        assert!(!World::new().printed_by(arguments).1.contains(part), "{arguments}");
    }
}

#[test]
fn another_preparation_takes_no_embedding_from_the_cache() {
    let world = World::new();
    let before = world.ranking();
    assert_eq!(world.ranking(), before);
    nest(&world, |settings| settings["image_mean"] = json!([0.1, 0.9, 0.3]));
    fs::remove_file(world.path(FLAT)).unwrap();
    let after = world.ranking();
    assert_ne!(after, before);
    assert_eq!(world.printed_by(&format!("{CLASSIFY} --no-cache")).1, after);
}

#[cfg(unix)]
#[test]
fn a_broken_link_is_not_an_absent_file() {
    for name in [FLAT, NESTED, "config.json", "tokenizer.json", WEIGHTS] {
        let world = World::new();
        // One of the two may be absent.
        let _ = fs::remove_file(world.path(name));
        std::os::unix::fs::symlink("/nowhere/at/all", world.path(name)).unwrap();
        world.is_refused(&[name, "a link to /nowhere/at/all, which cannot be reached"]);
    }
}

#[cfg(unix)]
#[test]
fn files_that_are_not_regular_are_refused() {
    for name in [FLAT, NESTED, "config.json", "tokenizer.json", WEIGHTS] {
        let world = World::new();
        let _ = fs::remove_file(world.path(name));
        std::os::unix::fs::symlink("/dev/zero", world.path(name)).unwrap();
        world.fails(CLASSIFY, &[name, "not a file"]);
        fs::remove_file(world.path(name)).unwrap();
        fs::create_dir(world.path(name)).unwrap();
        world.fails(CLASSIFY, &[name, "a folder, not a file"]);
    }
}

#[test]
fn files_of_other_kinds_are_named() {
    for name in ["config.json", "tokenizer.json", FLAT, NESTED, WEIGHTS] {
        World::with(name, LFS).fails(CLASSIFY, &[name, "git-LFS pointer", "git lfs pull"]);
        World::with(name, "\n<!DOCTYPE html><html>").is_not_opened(&[name, "web page", "/resolve/"]);
    }
    let world = World::with("model.safetensors.index.json", LFS);
    fs::remove_file(world.path(WEIGHTS)).unwrap();
    world.is_refused(&["index.json", "git-LFS pointer"]);
    for (bytes, part) in [
        (&b"GGUF\x03\0\0\0\0\0\0\0"[..], "a GGUF file"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "torch.save"),
        (b"\x80\x02}q\0X\0\0\0", "a Python pickle"),
        (b"\x08\x07\x12\x07pytorch", "an ONNX file"),
        (b"{\"error\": \"Repository not found\"}", "JSON, not weights"),
        (b"Entry not found", "not a safetensors file"),
        (b"", "is empty"),
    ] {
        World::with(WEIGHTS, bytes).is_not_opened(&[WEIGHTS, part]);
    }
}

#[test]
fn folders_of_other_kinds_are_named() {
    let only = |names: &[&str]| {
        let world = World::new();
        for name in ["config.json", WEIGHTS, FLAT, "tokenizer.json"] {
            fs::remove_file(world.path(name)).unwrap();
        }
        names.iter().for_each(|name| fs::write(world.path(name), "{}").unwrap());
        world
    };
    only(&["adapter_config.json", "adapter_model.safetensors"]).is_refused(&["adapters", "merge_and_unload"]);
    World::with("adapter_config.json", "{}").fails(CLASSIFY, &["adapters", "merge_and_unload"]);
    for (name, part) in [
        ("model.gguf", "a GGUF file"),
        ("model.onnx", "an ONNX file"),
        ("pytorch_model.bin", "pytorch_model.bin is not read"),
        ("last.ckpt", "pickled weights"),
        ("open_clip_model.safetensors", "OpenCLIP"),
        ("siglip.safetensors", "has another name"),
    ] {
        only(&[name]).is_not_opened(&["config.json is missing", part]);
    }
    let world = World::new();
    world.fails("model info model/config.json", &["name the folder"]);
}

#[test]
fn a_common_prefix_of_tensor_names_is_ignored() {
    for prefix in ["model.", "siglip.", "module.", "_orig_mod.", "module._orig_mod.model.", "a+b(."] {
        let prefixed =
            |tensors: Tensors| tensors.into_iter().map(|(name, t)| (format!("{prefix}{name}"), t)).collect();
        let world = World::weighing(prefixed);
        assert_eq!(world.embedding(), World::new().embedding());
        let (is_usable, text) = world.printed_by("model info model");
        assert!(is_usable && text.contains(&format!("begin with {prefix}")), "{text}");
        assert!(world.ranking().contains("goal"));
    }
    let twice = |tensors: Tensors| {
        let of = |whose: &'static str| {
            let tensors = tensors.clone().into_iter();
            tensors.map(move |(name, t)| (format!("{whose}.{name}"), t))
        };
        of("student").chain(of("teacher")).collect()
    };
    World::weighing(twice).is_refused(&["several models", "student.*, teacher.*"]);
}

#[test]
fn missing_and_extra_tensors_are_refused() {
    let without = |start: &'static str| {
        World::weighing(move |mut tensors| {
            tensors.retain(|name, _| !name.starts_with(start));
            tensors
        })
    };
    without("text_model.").is_refused(&["only the image half", "use a checkpoint with both halves"]);
    without("vision_model.").fails(CLASSIFY, &["only the text half"]);
    World::edited("config.json", |c| c["model_type"] = json!("siglip_vision_model"))
        .fails(CLASSIFY, &["only the image half"]);
    World::edited("config.json", |c| c["vision_config"]["num_hidden_layers"] = json!(1))
        .is_refused(&["vision_model.encoder.layers.1.", "no part that the configuration describes"]);
    World::edited("config.json", |c| c["quantization_config"] = json!({"quant_method": "bitsandbytes"}))
        .fails(CLASSIFY, &["quantised (bitsandbytes)"]);
    let with = |name: &str, dtype, bytes: usize| {
        World::weighing(|mut tensors| {
            tensors.insert(name.to_owned(), (dtype, vec![1], vec![0; bytes]));
            tensors
        })
    };
    with("text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight", Dtype::F32, 4)
        .fails(CLASSIFY, &["adapters", "lora_A"]);
    assert_eq!(with("text_model.embeddings.position_ids", Dtype::I64, 8).ranking(), World::new().ranking());

    let world = World::new();
    let longer = [fs::read(world.path(WEIGHTS)).unwrap(), b"more".to_vec()].concat();
    fs::write(world.path(WEIGHTS), longer).unwrap();
    world.fails(CLASSIFY, &[WEIGHTS, "bytes of data"]);
}

#[test]
fn a_tensor_in_two_files_is_refused() {
    let world = World::new();
    let tensors = world.tensors();
    fs::remove_file(world.path(WEIGHTS)).unwrap();
    let (one, mut other): (Tensors, Tensors) =
        tensors.into_iter().partition(|(name, _)| name < &"t".to_owned());
    let map = |file: &'static str, tensors: &Tensors| {
        tensors.keys().map(|name| (name.clone(), json!(file))).collect::<BTreeMap<_, _>>()
    };
    let mut index = map("a.safetensors", &one);
    index.extend(map("b.safetensors", &other));
    fs::write(world.path("model.safetensors.index.json"), json!({"weight_map": index}).to_string()).unwrap();
    write_tensors(&world.path("a.safetensors"), &one);
    write_tensors(&world.path("b.safetensors"), &other);
    assert_eq!(world.embedding(), World::new().embedding());
    other.extend(one);
    write_tensors(&world.path("b.safetensors"), &other);
    world.is_refused(&["index.json", "is both in", "a.safetensors", "b.safetensors"]);
}

#[test]
fn non_finite_weights_are_refused() {
    for (name, value) in [
        ("vision_model.encoder.layers.0.mlp.fc1.weight", f32::NAN),
        ("vision_model.head.probe", f32::NEG_INFINITY),
    ] {
        let world = World::weighing(|tensors| with_value(tensors, name, value));
        for arguments in [CLASSIFY, EMBED, EXPLORE, "model info model", "doctor"] {
            world.fails(arguments, &[WEIGHTS, name, &value.to_string()]);
        }
    }
    World::weighing(|tensors| with_value(tensors, "text_model.head.bias", f32::INFINITY))
        .is_refused(&["text_model.head.bias holds inf"]);
    let table = "text_model.embeddings.token_embedding.weight";
    World::weighing(|tensors| filled(tensors, table, f32::NAN)).fails(CLASSIFY, &[table, "NaN"]);
    World::weighing(|tensors| with_value(tensors, "logit_bias", f32::NAN))
        .fails(CLASSIFY, &["logit_bias is NaN"]);
    World::weighing(|tensors| with_value(tensors, "logit_scale", 100.0))
        .is_refused(&["logit_scale is 100", "exponential"]);
}

#[test]
fn non_finite_and_zero_embeddings_name_their_input() {
    let huge = World::weighing(|tensors| filled(tensors, "vision_model.head.mlp.fc2.weight", 3e38));
    huge.fails(CLASSIFY, &["the frame at 0.000 s", "NaN or infinite"]);
    huge.fails(EXPLORE, &["the frame at 0.000 s", "NaN or infinite"]);
    huge.fails(EMBED, &["picture.png", "NaN or infinite"]);
    assert!(!huge.0.path().join("out.safetensors").exists());
    let zero = World::weighing(|tensors| filled(tensors, "text_model.head.", 0.0));
    zero.fails(CLASSIFY, &["\"This is a video of doing ", "all zeros"]);
    zero.fails("scripts check scripts.json", &["\"This is a video of doing ", "all zeros"]);
}

#[test]
fn zero_and_non_finite_npy_rows_are_refused() {
    let world = World::new();
    let align = |frames: &Array2<f32>, steps: &Array2<f32>| {
        write_npy(world.0.path().join("z.npy"), frames).unwrap();
        write_npy(world.0.path().join("u.npy"), steps).unwrap();
        world.printed_by("align --frames z.npy --steps u.npy --logit-scale 1 --logit-bias 0")
    };
    let good = Array2::from_shape_fn((3, 2), |(row, column)| (row + column) as f32 + 1.0);
    assert!(align(&good, &good).0);
    for value in [f32::NAN, f32::INFINITY] {
        let mut bad = good.clone();
        bad[(1, 1)] = value;
        assert!(align(&bad, &good).1.contains(&format!("z.npy: {value} in row 1, column 1")));
        assert!(align(&good, &bad).1.contains(&format!("u.npy: {value} in row 1, column 1")));
    }
    let mut zeros = good.clone();
    zeros.row_mut(2).fill(0.0);
    for (outcome, name) in [(align(&zeros, &good), "z.npy"), (align(&good, &zeros), "u.npy")] {
        assert!(!outcome.0 && outcome.1.contains(&format!("{name}: only zeros in row 2")), "{outcome:?}");
    }
}

#[test]
fn a_tokenizer_that_loses_text_is_refused() {
    let edited = |edit: &dyn Fn(&mut Value)| World::edited("tokenizer.json", edit);
    edited(&|t| t["model"]["unk_id"] = Value::Null)
        .is_refused(&["tokenizer.json", "no token for unknown text"]);
    let eater = json!({"type": "Replace", "pattern": {"Regex": ".*"}, "content": ""});
    edited(&|t| t["normalizer"] = eater.clone())
        .fails(CLASSIFY, &["tokenizer.json", "leaves unknown text out"]);
    for pre_tokenizer in [
        Value::Null,
        json!({"type": "Whitespace"}),
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true}),
    ] {
        edited(&|t| t["pre_tokenizer"] = pre_tokenizer.clone())
            .fails(CLASSIFY, &["tokenizer.json", "normalizer or pre-tokenizer", "\"a b\" becomes"]);
    }
    let added = json!([{"id": 5000, "content": "goal", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": true, "special": false}]);
    edited(&|t| t["added_tokens"] = added.clone())
        .fails(CLASSIFY, &["tokenizer.json", "the model knows 229"]);
    edited(&|t| t["model"] = json!({"type": "BPE", "vocab": {"<pad>": 0, "<eos>": 1, "a": 2}, "merges": []}))
        .fails(CLASSIFY, &["tokenizer.json", "unknown text"]);
}

#[test]
fn a_text_that_the_tokenizer_fails_on_is_named() {
    // The regular expression takes exponential time on a text of one letter, which the library gives up with a panic.
    let slow = json!({"type": "Replace", "pattern": {"Regex": "(x+x+)+y"}, "content": ""});
    let world = World::edited("tokenizer.json", |t| {
        let usual = t["normalizer"].take();
        t["normalizer"] = json!({"type": "Sequence", "normalizers": [slow, usual]});
    });
    assert!(world.ranking().contains("goal"));
    let step = "x".repeat(200);
    world.scripts(json!([{"name": "goal", "steps": [step]}, {"name": "squat", "steps": ["lifts the bar"]}]));
    for arguments in [CLASSIFY, "scripts check scripts.json", EXPLORE] {
        world.fails(arguments, &["tokenizer.json", "xxxxxxxx", "retry-limit"]);
    }
}

#[test]
fn identical_candidates_are_not_ranked() {
    let world = World::new();
    world.scripts(json!([{"name": "一", "steps": ["守门员", "球"]}, {"name": "二", "steps": ["杠铃"]}]));
    // The second time from the cache.
    for _ in 0..2 {
        for template in ["context", "step", "plain"] {
            let arguments = format!("{CLASSIFY} --template {template}");
            world.fails(&arguments, &["scripts.json", "all 2 candidates are the same to the model"]);
        }
        world
            .fails(&format!("{CLASSIFY} --template step"), &["no word of", "in the vocabulary of the model"]);
    }
    let (_, text) = world.printed_by(EXPLORE);
    assert!(text.contains("all 2 candidates are the same to the model"), "{text}");

    world.scripts(json!([
        {"name": "a", "steps": ["the ball!", "球"]}, {"name": "b", "steps": ["THE ball", "手"]},
        {"name": "c", "steps": ["lifts the bar"]}
    ]));
    let (is_done, text) = world.printed_by(&format!("{CLASSIFY} --template step"));
    assert!(
        is_done && text.contains("the same to the model, so that their scores say nothing: a = b"),
        "{text}"
    );
}

#[test]
fn clip_preparation_is_followed_or_refused() {
    let with = |settings: &Value| {
        World::clip_edited(FLAT, |c| c.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone()))
    };
    let fit = |settings: Value| {
        Checkpoint::open(&with(&settings).0.path().join("model")).unwrap().preprocessor().fit
    };
    let crop = |shortest| Fit::Crop { shortest };
    assert_eq!(fit(json!({})), crop(32));
    // As the files of older versions are.
    assert_eq!(
        fit(json!({"size": 40, "crop_size": 32, "feature_extractor_type": "CLIPFeatureExtractor"})),
        crop(40)
    );
    assert_eq!(fit(json!({"size": {"height": 32, "width": 32}, "do_center_crop": false})), Fit::Squash);
    assert_eq!(fit(json!({"size": {"height": 32, "width": 32}})), Fit::Squash);
    for (settings, part) in [
        (json!({"do_center_crop": false}), "without cutting a square"),
        (json!({"do_center_crop": null}), "\"do_center_crop\": null"),
        (json!({"size": {"shortest_edge": 31}}), "no square of 32"),
        (json!({"crop_size": 16}), "16×16 (crop_size)"),
        (json!({"size": {"height": 40, "width": 40}}), "40×40 (size)"),
        (json!({"size": {"longest_edge": 32}}), "longest_edge"),
        (json!({"use_square_size": true}), "use_square_size"),
        (json!({"size": 9_000_000_000_u64}), "whole pixels"),
        (json!({"image_processor_type": "SiglipImageProcessor"}), "SiglipImageProcessor"),
    ] {
        with(&settings).is_not_opened(&[FLAT, part]);
    }
    let world = World::of_clip();
    fs::remove_file(world.path(FLAT)).unwrap();
    let checkpoint = Checkpoint::open(&world.0.path().join("model")).unwrap();
    assert_eq!(checkpoint.preprocessor().fit, crop(32));
    assert!(checkpoint.notices()[0].contains("CLIP"), "{:?}", checkpoint.notices());
}

#[test]
fn flexible_preparation_is_followed_or_refused() {
    let with = |settings: &Value| {
        let edit = |c: &mut Value| c.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        World::of("siglip/naflex").changed(FLAT, edit)
    };
    let open = |world: &World| Checkpoint::open(&world.0.path().join("model")).unwrap();
    let recipe = |checkpoint: &Checkpoint| {
        checkpoint.recipe(Tower::Vision, &ComputeDevice::open(DeviceChoice::Cpu).unwrap())
    };
    let usual = open(&with(&json!({})));
    assert_eq!(usual.preprocessor().fit, Fit::Patches { side: 4, most: 20 });
    let larger = open(&with(&json!({"max_num_patches": 37, "do_center_crop": false, "size": null})));
    assert_eq!(larger.preprocessor().fit, Fit::Patches { side: 4, most: 37 });
    assert_eq!((larger.image_size(), larger.max_patches()), (24, Some(37)));
    assert_ne!(recipe(&usual), recipe(&larger));
    for (settings, part) in [
        (json!({"patch_size": 16}), "patches of 16 pixels (patch_size) but config.json says 4"),
        (json!({"max_num_patches": 0}), "a number from 1 to 16384"),
        (json!({"max_num_patches": null}), "\"max_num_patches\": null"),
        (json!({"max_num_patches": "many"}), "a number from 1 to 16384"),
        (json!({"size": {"height": 32, "width": 32}}), "keeps the proportions"),
        (json!({"do_resize": false}), "do_resize"),
        (json!({"image_processor_type": "SiglipImageProcessor"}), "SiglipImageProcessor"),
    ] {
        with(&settings).is_not_opened(&[FLAT, part]);
    }
    let world = World::of("siglip/naflex");
    fs::remove_file(world.path(FLAT)).unwrap();
    let checkpoint = open(&world);
    assert_eq!(checkpoint.preprocessor().fit, Fit::Patches { side: 4, most: 256 });
    assert_eq!(checkpoint.preprocessor().filter, Filter::Bilinear);
    assert!(checkpoint.notices()[0].contains("bilinear"), "{:?}", checkpoint.notices());
    // The layout of the other kind of SigLIP 2.
    World::of("siglip/naflex")
        .changed("config.json", |c| c["model_type"] = json!("siglip"))
        .is_not_opened(&["image_processor_type"]);
}

#[test]
fn clip_checkpoints_that_do_not_fit_are_refused() {
    let config = |edit: fn(&mut Value), parts: &[&str]| {
        World::clip_edited("config.json", edit).is_not_opened(parts);
    };
    config(|c| c["model_type"] = json!("clip_text_model"), &["only the text half", "openai/clip"]);
    config(|c| c["text_config"]["hidden_act"] = json!("relu"), &["\"relu\"", "quick_gelu"]);
    config(|c| c["text_config"]["eos_token_id"] = json!(1), &["tokenizer.json", "token 856", "eos_token_id"]);
    config(|c| c["text_config"]["max_position_embeddings"] = json!(2), &["no room"]);
    config(|c| c["projection_dim"] = json!(23), &["visual_projection.weight", "[24, 48], not [23, 48]"]);
    config(|c| c["model_type"] = json!("metaclip_2"), &["not a MetaCLIP 2 tokenizer"]);
    // Texts end with the highest id, as older files mean it.
    let legacy = World::clip_edited("config.json", |c| c["text_config"]["eos_token_id"] = json!(2));
    assert_eq!(legacy.ranking(), World::of_clip().ranking());

    let world = World::of_clip();
    let siglip = fs::read(Path::new(MODEL).join("tokenizer.json")).unwrap();
    fs::write(world.path("tokenizer.json"), siglip).unwrap();
    world.is_not_opened(&["tokenizer.json", "not a CLIP tokenizer"]);
    World::clip_edited("tokenizer.json", |t| t["normalizer"] = Value::Null)
        .is_not_opened(&["not that of CLIP", "\"A b\""]);
}

/// Without a bias of its own, a model's cells are cosines, and the affinity is fitted to the clip.
#[test]
fn clip_compares_by_cosines_unless_told_otherwise() {
    let world = World::of_clip();
    let report = |arguments: &str| -> Value {
        let output = world.run(&format!("{CLASSIFY} --json {arguments}"));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let usual = report("");
    let settings = |report: &Value| report["settings"].clone();
    assert_eq!(settings(&usual)["cell"], "cosine");
    let fitted = report("--cell affinity");
    assert_eq!(settings(&fitted)["cell"], "affinity");
    let number = |value: &Value| value.as_f64().unwrap();
    let [alpha, beta] = ["alpha", "beta"].map(|name| number(&settings(&fitted)[name]));
    assert!((alpha - f64::exp(4.6)).abs() < 1e-3 && beta != 0.0, "{alpha} {beta}");
    let scores = fitted["classes"].as_array().unwrap().iter().map(|class| number(&class["score"]));
    let best = scores.fold(0.0, f64::max);
    assert!(best > 0.01 && best < 0.99, "{best} is neither nothing nor all");
    let (_, info) = world.printed_by("model info model");
    assert!(
        info.contains("CLIP") && info.contains("cut from the middle") && info.contains("no bias"),
        "{info}"
    );
}
