//! Inputs that consist of several files: playlists, folders, sharded checkpoints.

use std::fs;
use std::path::{Path, PathBuf};

use actalign_tui::video::{Problem, Sampling, Segment, VideoReader};
use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;
use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, lossless, numbers, paint_number};
use crate::support::{MODEL, program_in};

/// A folder with `clips/0.ts`, `clips/1.ts` of ten frames each, and `other.ts` beside that folder.
struct Parts(TempDir);

impl Parts {
    fn new() -> Self {
        let parts = Self(TempDir::new().unwrap());
        fs::create_dir(parts.path("clips")).unwrap();
        for (number, name) in ["clips/0.ts", "clips/1.ts", "other.ts"].into_iter().enumerate() {
            parts.write(name, number as i64 * 10, number * 10);
        }
        parts
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Ten frames that show the numbers from `first` on, after `before` others.
    fn write(&self, name: &str, before: i64, first: usize) {
        let clip = Clip {
            codec: "libx264",
            options: &[("crf", "10")],
            format: Pixel::YUV420P,
            times: (before..before + 10).map(|frame| frame * 40).collect(),
            ..lossless(10)
        };
        clip.write_with(&self.path(name), &[("muxdelay", "0")], |i, frame| paint_number(first + i, frame));
    }

    fn list(&self, kind: Kind, names: &[&str]) -> PathBuf {
        let (name, text) = match kind {
            Kind::Hls => ("clips/list.m3u8", hls(names)),
            Kind::Concat => {
                let lines = names.iter().map(|name| format!("file '{name}'\n"));
                ("clips/list.ffconcat", format!("ffconcat version 1.0\n{}", lines.collect::<String>()))
            }
        };
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Hls,
    Concat,
}

const KINDS: [Kind; 2] = [Kind::Hls, Kind::Concat];

fn hls(names: &[&str]) -> String {
    let lines = names.iter().map(|name| format!("#EXTINF:0.4,\n{name}\n"));
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n{}#EXT-X-ENDLIST\n",
        lines.collect::<String>()
    )
}

fn refusal(clip: &Path) -> String {
    let error = match VideoReader::open(clip, Sampling::Native, Segment::default()) {
        Ok(reader) => reader.collect::<Result<Vec<_>, _>>().expect_err("it is refused"),
        Err(error) => error,
    };
    assert!(matches!(error.problem, Problem::BadPlaylist(_)), "{error}");
    error.to_string()
}

#[test]
fn a_playlist_is_one_clip() {
    let parts = Parts::new();
    for kind in KINDS {
        let list = parts.list(kind, &["0.ts", "1.ts"]);
        assert_eq!(numbers(&list), (0..20).collect::<Vec<_>>(), "{kind:?}");
    }
    fs::create_dir(parts.path("clips/low")).unwrap();
    fs::write(parts.path("clips/low/list.m3u8"), hls(&["../0.ts", "../1.ts"])).unwrap();
    let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlow/list.m3u8\n";
    fs::write(parts.path("clips/main.m3u8"), main).unwrap();
    assert_eq!(numbers(&parts.path("clips/main.m3u8")), (0..20).collect::<Vec<_>>());
}

#[test]
fn playlists_open_nothing_outside_their_folder() {
    let parts = Parts::new();
    let outside = parts.path("other.ts");
    let outside = outside.to_str().unwrap();
    std::os::unix::fs::symlink(outside, parts.path("clips/link.ts")).unwrap();
    std::os::unix::fs::symlink(parts.path(""), parts.path("clips/up")).unwrap();
    let file = format!("file:{outside}");
    let subfile = format!("subfile,,start,0,end,100000,,:{outside}");
    let (concat, crypto) = (format!("concat:{outside}"), format!("crypto:{outside}"));
    for named in [
        outside,
        "../other.ts",
        "./../other.ts",
        "link.ts",
        "up/other.ts",
        &file,
        &subfile,
        &concat,
        &crypto,
        "http://127.0.0.1:1/0.ts",
        "data:video/mp2t;base64,R0A=",
        "//127.0.0.1/0.ts",
        "pipe:0",
        "/dev/stdin",
        "missing.ts",
        "up",
    ] {
        for kind in KINDS {
            let error = refusal(&parts.list(kind, &["0.ts", named]));
            assert!(error.contains(named) && error.contains("list."), "{kind:?}: {error}");
        }
    }
}

#[test]
fn nested_playlists_open_nothing_outside_their_folder() {
    let parts = Parts::new();
    fs::write(parts.path("clips/inner.m3u8"), hls(&["0.ts", "../other.ts"])).unwrap();
    let main = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\ninner.m3u8\n";
    fs::write(parts.path("clips/main.m3u8"), main).unwrap();
    assert!(refusal(&parts.path("clips/main.m3u8")).contains("../other.ts"));

    let inner = "ffconcat version 1.0\nfile '../other.ts'\n";
    for name in ["inner.ffconcat", "inner.ts"] {
        fs::write(parts.path("clips").join(name), inner).unwrap();
        for kind in KINDS {
            refusal(&parts.list(kind, &["0.ts", name]));
        }
    }
    fs::write(parts.path("clips/inner.ts"), hls(&["/etc/hostname"])).unwrap();
    for kind in KINDS {
        refusal(&parts.list(kind, &["0.ts", "inner.ts"]));
    }
}

/// FFmpeg ends a line at a carriage return and at a zero byte too.
#[test]
fn names_cannot_hide_in_a_line() {
    let parts = Parts::new();
    for text in ["# a\r../other.ts\n0.ts", "0.ts\n#\0../other.ts"] {
        assert!(refusal(&parts.list(Kind::Hls, &[text])).contains("../other.ts"));
    }
    let map = "0.ts\n#EXT-X-MAP:BYTERANGE=1,URI=\"../other.ts\"";
    assert!(refusal(&parts.list(Kind::Hls, &[map])).contains("../other.ts"));
}

#[test]
fn live_playlists_are_refused() {
    let parts = Parts::new();
    let list = parts.list(Kind::Hls, &["0.ts", "1.ts"]);
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.replace("#EXT-X-ENDLIST\n", "")).unwrap();
    assert!(refusal(&list).contains("ENDLIST"));
}

#[test]
fn dash_and_sdp_manifests_are_refused() {
    let parts = Parts::new();
    let dash = "<?xml version=\"1.0\"?>\n<MPD profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\">\
                <Period><AdaptationSet><Representation id=\"0\" mimeType=\"video/mp4\"><BaseURL>0.ts</BaseURL>\
                </Representation></AdaptationSet></Period></MPD>";
    let session = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n\
                   a=rtpmap:96 H264/90000\n";
    for (name, text) in [("a.mpd", dash), ("a.mp4", dash), ("a.sdp", session), ("a.mkv", session)] {
        fs::write(parts.path(name), text).unwrap();
        assert!(refusal(&parts.path(name)).contains(name));
    }
}

/// A tiny checkpoint, a cache, and a program that embeds clips into `out.npy`.
struct World {
    parts: Parts,
}

impl World {
    fn new() -> Self {
        let world = Self { parts: Parts::new() };
        fs::create_dir(world.path("model")).unwrap();
        for entry in fs::read_dir(MODEL).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), world.path("model").join(entry.file_name())).unwrap();
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.parts.path(name)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = program_in(&self.path(""), arguments);
        command.env("ACTALIGN_MODEL", self.path("model"));
        command
    }

    fn embed(&self, clip: &str) -> Vec<u8> {
        self.command(&format!("embed --video {clip} --fps native --out out.npy")).assert().success();
        fs::read(self.path("out.npy")).unwrap()
    }

    fn cached(&self) -> usize {
        let names = fs::read_dir(self.path("cache/embeddings")).unwrap();
        names
            .filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().starts_with("frames-"))
            .count()
    }

    fn embed_uncached(&self, clip: &str) -> Vec<u8> {
        let arguments = format!("embed --video {clip} --fps native --out out.npy --no-cache");
        self.command(&arguments).assert().success();
        fs::read(self.path("out.npy")).unwrap()
    }
}

#[test]
fn a_replaced_part_is_not_taken_from_the_cache() {
    let world = World::new();
    for (number, kind) in (1..).zip(KINDS) {
        world.parts.write("clips/1.ts", 10, 10);
        let list = world.parts.list(kind, &["0.ts", "1.ts"]);
        let clip = list.to_str().unwrap();
        let before = world.embed(clip);
        assert_eq!(world.embed(clip), before);
        assert_eq!(world.cached(), 2 * number - 1, "the second run takes what the first kept");
        world.parts.write("clips/1.ts", 10, 200);
        let after = world.embed(clip);
        assert_ne!(after, before, "{kind:?}");
        assert_eq!(after, world.embed_uncached(clip), "{kind:?}");
        assert_eq!(world.cached(), 2 * number);
    }
}

#[test]
fn a_replaced_image_is_not_taken_from_the_cache() {
    let world = World::new();
    fs::create_dir(world.path("images")).unwrap();
    let write = |number: u8, shade: u8| {
        let picture = image::RgbImage::from_fn(16, 16, |x, _| image::Rgb([shade, x as u8 * 15, 255 - shade]));
        picture.save(world.path(&format!("images/{number}.png"))).unwrap();
    };
    (0..3).for_each(|number| write(number, number * 50));
    let before = world.embed("images");
    write(1, 250);
    let after = world.embed("images");
    assert_ne!(after, before);
    assert_eq!(after, world.embed_uncached("images"));
    fs::rename(world.path("images/0.png"), world.path("images/7.png")).unwrap();
    assert_eq!(world.embed("images"), world.embed_uncached("images"), "the order counts");
}

/// Splits the weights in two files, as large checkpoints are.
fn split(model: &Path) {
    let bytes = fs::read(model.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut map = serde_json::Map::new();
    for (number, is_second) in [(1, false), (2, true)] {
        let name = format!("model-0000{number}-of-00002.safetensors");
        let shard: Vec<_> = tensors
            .tensors()
            .into_iter()
            .filter(|(tensor, _)| tensor.contains("vision_model.post_layernorm") == is_second)
            .collect();
        map.extend(shard.iter().map(|(tensor, _)| (tensor.clone(), Value::from(name.clone()))));
        safetensors::serialize_to_file(shard, None, &model.join(name)).unwrap();
    }
    let index = json!({"metadata": {}, "weight_map": map});
    fs::write(model.join("model.safetensors.index.json"), index.to_string()).unwrap();
    fs::remove_file(model.join("model.safetensors")).unwrap();
}

#[test]
fn a_replaced_shard_is_not_taken_from_the_cache() {
    let world = World::new();
    let whole = world.embed("clips/0.ts");
    split(&world.path("model"));
    assert_eq!(world.embed("clips/0.ts"), whole, "the same weights in two files");
    let path = world.path("model/model-00002-of-00002.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 4;
    let value = f32::from_le_bytes(bytes[last..].try_into().unwrap()) + 0.5;
    bytes[last..].copy_from_slice(&value.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let after = world.embed("clips/0.ts");
    assert_ne!(after, whole);
    assert_eq!(after, world.embed_uncached("clips/0.ts"));
}

#[test]
fn playlists_through_a_pipe_are_refused() {
    let world = World::new();
    for kind in KINDS {
        let list = world.parts.list(kind, &["0.ts"]);
        let mut command = world.command("embed --video - --fps native --out out.npy");
        let output = command.write_stdin(fs::read(list).unwrap()).assert().code(1).get_output().clone();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("standard input") && error.contains("pipe"), "{error}");
    }
}
