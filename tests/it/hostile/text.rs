//! Control characters, byte order marks and streams that cannot be written, on the built binary.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{MODEL, PROGRAM, clip};

/// Everything that a terminal interprets: an OSC title, CSI in seven and eight bits, BEL, DEL, marks of direction,
/// separators.
const HOSTILE: &str =
    "a\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\rb";
/// As [`HOSTILE`], for file names.
const HOSTILE_FILE: &str = "a\u{1b}]0;owned\u{7}\u{9b}31m\u{7f}\u{202e}\u{200f}\u{2028}\rb";

/// Whether a terminal interprets it: a list independent of the program's own.
fn is_obeyed(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[track_caller]
fn assert_shown(what: &str, bytes: &[u8]) {
    let text = str::from_utf8(bytes).unwrap();
    let found: Vec<_> = text.char_indices().filter(|&(_, c)| is_obeyed(c)).collect();
    assert!(found.is_empty(), "{what}: {found:?} in {text:?}");
}

/// A folder with a clip, a manifest and scripts whose names are hostile.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        clip::reordered(25).write(&at("clip.mp4"), clip::paint_number);
        fs::copy(at("clip.mp4"), at(&format!("{HOSTILE_FILE}.mp4"))).unwrap();
        fs::write(at(&format!("{HOSTILE_FILE}.broken.mp4")), "no video").unwrap();
        let classes = json!([
            {"name": HOSTILE, "steps": [format!("the {HOSTILE} moves"), "the rook jumps over"]},
            {"name": "fork", "steps": ["the knight jumps", format!("the {HOSTILE} moves"), "prepare"]},
        ]);
        let scripts = json!({"domain": HOSTILE, "classes": classes});
        fs::write(at("scripts.json"), scripts.to_string()).unwrap();
        let entry = |id: &str, video: &str, groups: &[&str]| {
            json!({"id": id, "video": video, "domain": HOSTILE, "candidates": [HOSTILE, "fork"], "answer": 1,
                "groups": groups})
            .to_string()
        };
        let lines = [
            entry(HOSTILE, "clip.mp4", &[HOSTILE]),
            entry("second", &format!("{HOSTILE_FILE}.mp4"), &[]),
            entry(&format!("third {HOSTILE}"), &format!("{HOSTILE_FILE}.broken.mp4"), &[]),
        ];
        fs::write(at("manifest.jsonl"), lines.join("\n")).unwrap();
        fs::write(at("lines.txt"), format!("a rook\n{}\n", "the king of many words ".repeat(30))).unwrap();
        Self(folder)
    }

    fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    fn set_up(&self, mut set: impl FnMut(&str, &std::ffi::OsStr)) {
        set("ACTALIGN_MODEL", MODEL.as_ref());
        for folder in ["ACTALIGN_DATA_DIR", "ACTALIGN_CONFIG_DIR", "ACTALIGN_CACHE_DIR"] {
            set(folder, self.at("own").join(folder).as_ref());
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = crate::support::program();
        self.set_up(|name, value| {
            command.env(name, value);
        });
        command.current_dir(self.0.path()).args(arguments);
        command
    }

    /// Runs the program, and returns both streams, which have no control characters.
    #[track_caller]
    fn run(&self, arguments: &[&str], status: i32) -> String {
        let output = self.command(arguments).output().unwrap();
        assert_shown("standard output", &output.stdout);
        assert_shown("standard error", &output.stderr);
        let (out, error) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {out}{error}");
        out + &error
    }
}

#[test]
fn control_characters_of_names_are_escaped() {
    let world = World::new();
    for (arguments, status) in [
        (&["scripts", "check", "scripts.json", "--model", MODEL][..], 0),
        (&["classify", "clip.mp4", "--scripts", "scripts.json"], 0),
        (&["eval", "manifest.jsonl"], 0),
        (&["eval", "manifest.jsonl", "--out", "results"], 0),
        (&["scripts", "generate", "--dry-run", "--manifest", "manifest.jsonl"], 0),
        (&["scripts", "convert", "scripts.json", "authors.json"], 0),
    ] {
        let printed = world.run(arguments, status);
        assert!(!printed.is_empty());
    }
    let printed = world.run(&["classify", "clip.mp4", "--scripts", "scripts.json"], 0);
    assert!(printed.contains(r"a\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}"), "{printed}");
    for name in [
        "results.md",
        "results.csv",
        "classes.csv",
        "confusion.csv",
        "disagreements.csv",
        "coverage.csv",
        "results.svg",
        "coverage.svg",
    ] {
        assert_shown(name, &fs::read(world.at("results").join(name)).unwrap());
    }
}

#[test]
fn control_characters_of_files_arguments_and_variables_are_escaped() {
    let world = World::new();
    let name = |ending: &str| format!("{HOSTILE_FILE}{ending}");
    fs::write(world.at(name(".json")), "{").unwrap();
    fs::write(world.at(name(".toml")), format!("{HOSTILE_FILE} = 1")).unwrap();
    fs::create_dir(world.at(name(""))).unwrap();
    for (file, bytes) in [("config.json", "{"), (&name(".bin"), ""), ("tokenizer.json", "{")] {
        fs::write(world.at(name("")).join(file), bytes).unwrap();
    }
    let (video, broken, folder) = (name(".mp4"), name(".broken.mp4"), name(""));
    let (json, toml, missing) = (name(".json"), name(".toml"), name(".missing"));
    for (arguments, status) in [
        (&["classify", &video, &video, "--scripts", "scripts.json"][..], 0),
        (&["classify", &broken, "--scripts", "scripts.json"], 1),
        (&["classify", &broken, &missing, "--scripts", "scripts.json"], 1),
        (&["classify", "clip.mp4", "--scripts", &json], 1),
        (&["scripts", "check", &json, &missing], 1),
        (&["scripts", "convert", &json, &missing], 1),
        (&["eval", &missing], 1),
        (&["eval", "manifest.jsonl", "--clips", &missing], 1),
        (&["eval", "merge", &missing], 1),
        (&["export", &missing], 1),
        (&["export", &json, "--out", &missing], 2),
        (&["align", "--frames", &missing, "--steps", &missing, "--logit-scale", "1", "--logit-bias", "0"], 1),
        (&["embed", "--texts", "lines.txt", "--out", &name(".npy")], 0),
        (&["embed", "--texts", &missing, "--out", "out.npy"], 1),
        (&["embed", "--images", &broken, "--out", "out.npy"], 1),
        (&["model", "info", &folder], 1),
        (&["model", "info", &folder, "--json"], 1),
        (&["model", "info", &missing], 1),
        (&["doctor", "--model", &folder], 1),
        (&["keys", "--config", &toml], 1),
        (&[&missing], 2),
        (&["--\u{1b}[31m\u{202e}x"], 2),
        (&["keys", "--\u{9b}31m"], 2),
        (&["classify", "clip.mp4", "--scripts", "scripts.json", "--fps", HOSTILE], 2),
        (&["scripts", "generate", "--domain", HOSTILE, "--classes", HOSTILE, "--dry-run"], 0),
    ] {
        world.run(arguments, status);
    }
    let mut command = world.command(&["classify", "clip.mp4", "--scripts", "scripts.json"]);
    let output = command.env("ACTALIGN_MODEL", HOSTILE_FILE).output().unwrap();
    assert_shown("standard error", &output.stderr);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn escaped_json_keeps_the_exact_names() {
    let world = World::new();
    let read = |arguments: &[&str]| -> Value {
        let output = world.command(arguments).output().unwrap();
        assert_shown("standard output", &output.stdout);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let report = read(&["classify", "clip.mp4", "--scripts", "scripts.json", "--json"]);
    assert_eq!(report["classes"][0]["name"], HOSTILE);
    let checked = read(&["scripts", "check", "scripts.json", "--json"]);
    assert_eq!(
        (&checked["files"][0]["domain"], &checked["files"][0]["classes"][0]),
        (&json!(HOSTILE), &json!(HOSTILE))
    );
    let results = read(&["eval", "manifest.jsonl", "--json"]);
    assert_eq!(results["unread"][0]["id"], format!("third {HOSTILE}"));
    let folder = world.at(HOSTILE_FILE);
    fs::create_dir(&folder).unwrap();
    let info = read(&["model", "info", folder.to_str().unwrap(), "--json"]);
    assert_eq!(info["folder"], folder.to_str().unwrap());
}

#[test]
fn plain_text_and_exports_escape_control_characters() {
    let world = World::new();
    let video = format!("{HOSTILE_FILE}.mp4");
    let mut command = world.command(&[&video, "--scripts", "scripts.json", "--device", "cpu", "--plain"]);
    let lines = format!(
        "ranking\nscript\nframe\nstatus\n{HOSTILE}\nedit-step {HOSTILE}\nopen {HOSTILE}\nsave-snapshot\nquit\n"
    );
    let output = command.write_stdin(lines).output().unwrap();
    assert_shown("standard output", &output.stdout);
    assert_shown("standard error", &output.stderr);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.contains(r"\u{202e}"), "{printed}");
    let snapshot = fs::read_dir(world.0.path()).unwrap().map(|entry| entry.unwrap().path());
    let snapshot = snapshot.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let snapshot = snapshot.max_by_key(|path| path.to_string_lossy().len()).unwrap();
    let snapshot = snapshot.to_str().unwrap();
    for format in ["md", "csv", "text", "svg"] {
        let printed = world.run(&["export", snapshot, "--format", format, "--out", "-"], 0);
        assert!(printed.contains(r"\u{9b}31m"), "{format}: {printed}");
    }
    let output = world.command(&["export", snapshot, "--format", "ansi", "--out", "-"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    // The program's own colours are all that is left to obey.
    let mut parts = printed.split("\u{1b}[");
    assert_shown("before colours", parts.next().unwrap().as_bytes());
    for part in parts {
        let (colour, text) = part.split_once('m').unwrap();
        assert!(colour.chars().all(|c| c.is_ascii_digit() || c == ';'), "{colour:?}");
        assert_shown("text", text.as_bytes());
    }
    world.run(&["export", snapshot, "--format", "svg,png,md,csv,text,ansi"], 0);
}

#[test]
fn byte_order_marks_and_line_ends_do_not_matter() {
    let world = World::new();
    let marked = |text: &str| format!("\u{feff}{}", text.trim_end().replace('\n', "\r\n"));
    let write = |name: &str, text: &str| {
        fs::write(world.at(name), text).unwrap();
        fs::write(world.at(format!("marked-{name}")), marked(text)).unwrap();
    };
    let scripts = r#"{"domain": "chess", "classes": [{"name": "fork", "steps": ["the knight jumps"]},
        {"name": "pin", "steps": ["the bishop slides"]}]}"#;
    let entry = |id: &str| {
        json!({"id": id, "video": "clip.mp4", "domain": "chess", "candidates": ["fork", "pin"], "answer": 0})
            .to_string()
    };
    write("texts.txt", "a rook\n\na king\n");
    write("classes.txt", "fork\npin\n");
    write("prompt.md", "{domain}:\n{classes}\n");
    write("s.json", scripts);
    write("config.toml", "[keys]\nquit = \"Q\"\n");
    write("m.jsonl", &format!("{}\n{}\n", entry("one"), entry("two")));
    let run = |arguments: &[&str]| {
        let output = world.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let both = |arguments: &[&str], name: &str| {
        let with = |file: &str| {
            let arguments: Vec<&str> =
                arguments.iter().map(|&word| if word == "FILE" { file } else { word }).collect();
            run(&arguments)
        };
        let (one, other) = (with(name), with(&format!("marked-{name}")));
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("marked-", "").trim_end().to_owned();
        assert_eq!(text(one), text(other), "{arguments:?}");
    };
    for name in ["texts.txt", "marked-texts.txt"] {
        run(&["embed", "--texts", name, "--out", &format!("{name}.safetensors")]);
    }
    let embedded = |name: &str| fs::read(world.at(format!("{name}.safetensors"))).unwrap();
    assert!(embedded("texts.txt") == embedded("marked-texts.txt"), "the same ids and embeddings");
    both(&["scripts", "generate", "--dry-run", "--domain", "chess", "--classes-file", "FILE"], "classes.txt");
    both(
        &[
            "scripts",
            "generate",
            "--dry-run",
            "--domain",
            "chess",
            "--classes",
            "fork",
            "--prompt-file",
            "FILE",
        ],
        "prompt.md",
    );
    both(&["scripts", "check", "FILE"], "s.json");
    both(&["classify", "clip.mp4", "--scripts", "FILE", "--json"], "s.json");
    both(&["keys", "--config", "FILE"], "config.toml");
    both(&["scripts", "generate", "--dry-run", "--manifest", "FILE"], "m.jsonl");
    // Parts with marks of their own, joined.
    fs::write(world.at("joined.jsonl"), format!("{}\r\n{}", marked(&entry("one")), marked(&entry("two"))))
        .unwrap();
    run(&["eval", "joined.jsonl", "--scripts", "marked-s.json"]);

    // A checkpoint that went through an editor.
    fs::create_dir(world.at("model")).unwrap();
    for entry in fs::read_dir(MODEL).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = fs::read(&path).unwrap();
        let bytes = if name.ends_with(".json") {
            marked(str::from_utf8(&bytes).unwrap()).into_bytes()
        } else {
            bytes
        };
        fs::write(world.at("model").join(name), bytes).unwrap();
    }
    run(&["embed", "--texts", "texts.txt", "--model", "model", "--no-cache", "--out", "edited.safetensors"]);
    assert!(embedded("texts.txt") == embedded("edited"), "the same ids and embeddings");
}

#[test]
fn utf_16_is_named() {
    let world = World::new();
    let utf16 = |text: &str| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    for name in ["u.txt", "u.json", "u.jsonl", "u.toml", "u.md"] {
        fs::write(world.at(name), utf16("{\"domain\": \"chess\"}\r\nfork\r\n")).unwrap();
    }
    for arguments in [
        &["embed", "--texts", "u.txt", "--out", "out.npy"][..],
        &["scripts", "generate", "--dry-run", "--domain", "chess", "--classes-file", "u.txt"],
        &[
            "scripts",
            "generate",
            "--dry-run",
            "--domain",
            "chess",
            "--classes",
            "fork",
            "--prompt-file",
            "u.md",
        ],
        &["scripts", "check", "u.json"],
        &["scripts", "convert", "u.json", "out.json"],
        &["eval", "u.jsonl"],
        &["keys", "--config", "u.toml"],
        &["export", "u.json"],
    ] {
        let printed = world.run(arguments, 1);
        let file = arguments.iter().find(|word| word.starts_with("u.")).unwrap();
        assert!(printed.contains("UTF-16") && printed.contains(file), "{printed}");
    }
}

/// Streams that cannot be written or are not there.
#[cfg(target_os = "linux")]
mod streams {
    use std::process::{Command, Output, Stdio};

    use super::*;

    impl World {
        /// Runs the program behind redirections of a shell.
        fn redirect(&self, arguments: &[&str], redirections: &str) -> Output {
            let mut command = Command::new("sh");
            self.set_up(|name, value| {
                command.env(name, value);
            });
            let script = format!("exec \"$@\" {redirections}");
            command.args(["-c", &script, "sh"]).arg(PROGRAM).args(arguments);
            command.current_dir(self.0.path()).stdin(Stdio::null()).output().unwrap()
        }
    }

    const CLASSIFY: [&str; 4] = ["classify", "clip.mp4", "--scripts", "scripts.json"];

    const FULL: [&str; 5] = ["2>/dev/full", "2>&-", "0<&- 2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"];

    #[test]
    fn results_are_written_where_standard_error_cannot_be() {
        let world = World::new();
        world.run(&["eval", "manifest.jsonl", "--out", "expected"], 0);
        let names = ["results.json", "results.md", "results.csv", "classes.csv", "clips.jsonl"];
        for (number, redirections) in FULL.iter().enumerate() {
            let out = format!("results-{number}");
            let output = world.redirect(&["eval", "manifest.jsonl", "--out", &out], redirections);
            assert_eq!(output.status.code(), Some(0), "{redirections}");
            for name in names {
                let read = |folder: &str| fs::read(world.at(folder).join(name)).unwrap();
                assert!(read(&out) == read("expected"), "{redirections} {name}");
            }
        }
    }

    #[test]
    fn nothing_aborts_where_standard_error_cannot_be_written() {
        let world = World::new();
        let sharded = ["eval", "manifest.jsonl", "--shard", "1/2", "--out", "shards"];
        for (arguments, status) in [
            (&CLASSIFY[..], 0),
            (&["classify", "none.mp4", "clip.mp4", "--scripts", "scripts.json"], 1),
            (&["classify", "none.mp4", "--scripts", "scripts.json"], 1),
            (&["embed", "--video", "clip.mp4", "--texts", "lines.txt", "--out", "out.safetensors"], 0),
            (&sharded, 0),
            (&["scripts", "check", "scripts.json", "none.json"], 1),
            (&["scripts", "generate", "--dry-run", "--domain", "a", "--classes", "b"], 0),
            (&["model", "info", "none"], 1),
            (&["export", "none"], 1),
            (&["keys"], 0),
            (&["--help"], 0),
            (&["--version"], 0),
            (&["--nonsense"], 2),
            (&[], 0),
            (&["clip.mp4", "--scripts", "scripts.json", "--plain"], 0),
            (&["clip.mp4", "--scripts", "scripts.json"], 1),
        ] {
            // Descriptors are checked before the command is known, so one command goes through all five.
            let redirections = if arguments[..] == CLASSIFY { &FULL[..] } else { &[FULL[0], FULL[4]] };
            for redirections in redirections {
                // An earlier round has filled it.
                let _ = fs::remove_dir_all(world.at("shards"));
                let output = world.redirect(arguments, redirections);
                assert_eq!(output.status.code(), Some(status), "{arguments:?} {redirections}");
            }
        }
    }

    #[test]
    fn standard_output_that_cannot_be_written_is_an_error_and_results_are_there() {
        let world = World::new();
        for arguments in [
            &["classify", "clip.mp4", "--scripts", "scripts.json"][..],
            &["classify", "clip.mp4", "--scripts", "scripts.json", "--json"],
            &["eval", "manifest.jsonl", "--out", "results"],
            &["scripts", "list"],
            &["scripts", "check", "scripts.json"],
            &["scripts", "generate", "--dry-run", "--domain", "a", "--classes", "b"],
            &["completions", "bash"],
            &["keys"],
            &["keys", "--help"],
            &["--help"],
            &["--version"],
            &[],
            &["model", "list"],
            &["clip.mp4", "--scripts", "scripts.json", "--plain"],
        ] {
            let output = world.redirect(arguments, ">/dev/full");
            let printed = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {printed}");
            assert!(printed.contains("standard output"), "{arguments:?}: {printed}");
            let output = world.redirect(arguments, ">/dev/full 2>/dev/full");
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        }
        assert!(world.at("results/results.json").exists());
    }

    #[test]
    fn a_closed_pipe_is_not_an_error() {
        let world = World::new();
        for arguments in
            ["keys", "--help", "scripts list", "completions zsh", "clip.mp4 --scripts scripts.json --plain"]
        {
            let mut words = vec!["sh", "-c", "\"$@\"; echo $? >status", "sh"];
            let program = PROGRAM;
            words.push(program);
            words.extend(arguments.split(' '));
            let mut command = Command::new("sh");
            world.set_up(|name, value| {
                command.env(name, value);
            });
            command
                .current_dir(world.0.path())
                .args(["-c", "\"$@\" | true", "sh"])
                .args(&words)
                .stdin(Stdio::null());
            let output = command.output().unwrap();
            let status = fs::read_to_string(world.at("status")).unwrap();
            let printed = String::from_utf8_lossy(&output.stderr);
            assert_eq!((status.trim(), &*printed), ("0", ""), "{arguments}");
        }
    }

    /// A file that is opened as descriptor 2 would take what goes to standard error.
    #[test]
    fn no_file_becomes_standard_error() {
        let world = World::new();
        let clip = fs::read(world.at("clip.mp4")).unwrap();
        let embed = [
            "embed",
            "--video",
            "clip.mp4",
            "--texts",
            "lines.txt",
            "--no-cache",
            "--out",
            "out.safetensors",
        ];
        world.run(&embed, 0);
        let expected = fs::read(world.at("out.safetensors")).unwrap();
        for redirections in ["2>&-", "0<&- 1>&- 2>&-"] {
            fs::remove_file(world.at("out.safetensors")).unwrap();
            assert!(world.redirect(&embed, redirections).status.success());
            assert!(fs::read(world.at("out.safetensors")).unwrap() == expected, "{redirections}");
            assert!(fs::read(world.at("clip.mp4")).unwrap() == clip, "{redirections}");
        }
    }
}
