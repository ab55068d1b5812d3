//! The explorer as linear text: whole sessions of the built binary, through a pipe.

use std::fs;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::support::{MODEL, clip};

const SCRIPTS: &str = r#"{"domain": "chess", "classes": [
    {"name": "castling", "steps": ["king moves", "rook jumps"]},
    {"name": "mate", "steps": ["queen moves", "king falls", "hands are shaken"]}]}"#;

struct World(TempDir);

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        clip::reordered(25).write(&folder.path().join("clip.mp4"), clip::paint_number);
        fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
        Self(folder)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = crate::support::program();
        command.args(arguments).current_dir(self.0.path());
        for variable in ["ACTALIGN_DATA_DIR", "ACTALIGN_CONFIG_DIR", "ACTALIGN_CACHE_DIR"] {
            command.env(variable, self.0.path().join("own"));
        }
        command
    }

    /// What is said when these lines are given.
    fn say(&self, lines: &str) -> String {
        // In f32, which is the same on every processor.
        let arguments = [
            "clip.mp4",
            "--scripts",
            "scripts.json",
            "--model",
            MODEL,
            "--device",
            "cpu",
            "--precision",
            "f32",
            "--plain",
        ];
        let output = self.program(&arguments).write_stdin(lines).assert().success().get_output().clone();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The text without what differs from processor to processor: its name, and numbers that are not whole.
fn stable(text: &str) -> String {
    let word = |word: &str| {
        let number = word.trim_end_matches(['.', ',']);
        let is_number = number.contains('.') && number.parse::<f64>().is_ok();
        if is_number { word.replace(number, "[number]") } else { word.to_owned() }
    };
    let line = |line: &str| match line.split_once(": ") {
        Some(("Device", _)) => "Device: [device]".to_owned(),
        Some(("Model", _)) => "Model: [model]".to_owned(),
        _ => line.split(' ').map(word).collect::<Vec<_>>().join(" "),
    };
    // How often it is told how far the embedding is depends on the machine.
    let is_on_the_way = |line: &&str| {
        [" leads, ", " percent of the frames ", " is settled after "].iter().any(|told| line.contains(told))
    };
    text.lines().filter(|text| !is_on_the_way(text)).map(|text| line(text) + "\n").collect()
}

#[test]
fn a_session_through_a_pipe() {
    let said = World::new().say(
        "status\n3 [\nnext-candidate\n2 frame-forward\nframe\ncompare\nnext-cell\nedit-step the king sits\nundo\nhelp undo\n",
    );
    insta::assert_snapshot!(stable(&said));
}

#[test]
fn without_a_line_all_is_embedded_and_ranked() {
    let said = World::new().say("");
    assert!(said.contains("All frames are embedded: 10."), "{said}");
    let ranked = said.lines().filter(|line| line.starts_with("1. ") || line.starts_with("2. "));
    assert_eq!(ranked.count(), 2, "each candidate once: {said}");
    assert!(!said.contains('\r') && !said.contains('\u{1b}'), "no terminal is needed");
}

/// The last line that names a candidate by its rank; how sure the winner is may be said after it.
fn last_candidate(said: &str) -> &str {
    let is_ranked = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    said.lines().rfind(is_ranked).unwrap_or_default()
}

#[test]
fn an_unknown_command_is_reported_with_similar_names_and_the_session_goes_on() {
    let said = World::new().say("smoth-more\nranking\n");
    assert!(said.contains("Error: unknown command smoth-more; similar are smooth-more"), "{said}");
    assert!(said.ends_with('\n') && last_candidate(&said).starts_with("2. "), "{said}");
}

#[test]
fn the_patches_of_a_frame_are_said_in_words() {
    let said = World::new().say("2 frame-forward\nshow-patches\ncompare-patches\n");
    let of_step = said.find("Patches of the frame at 0.20 seconds for step ").expect(&said);
    let less = said.rfind(", less those for step ").expect(&said);
    assert!(of_step < less, "{said}");
    for rank in 1..=3 {
        assert!(said.contains(&format!("Strongest {rank}: row ")), "{said}");
    }
    assert!(said.contains(" of 4, column ") && said.contains(" of 4, adds "), "{said}");
}

#[test]
fn unsaved_changes_are_asked_about_and_can_be_saved() {
    let world = World::new();
    let said = world.say("edit-step the king sits\nquit\nstay\nsave-scripts own.json\nquit\n");
    assert!(said.contains("not saved: save, discard or stay?"), "{said}");
    assert!(said.contains("Saved own.json"), "{said}");
    let saved = fs::read_to_string(world.0.path().join("own.json")).unwrap();
    assert!(saved.contains("the king sits"), "{saved}");
    assert_eq!(fs::read_to_string(world.0.path().join("scripts.json")).unwrap(), SCRIPTS);
}

#[test]
fn changes_that_were_not_saved_come_back() {
    let world = World::new();
    world.say("edit-step the king sits\n");
    let said = world.say("script\n");
    assert!(said.contains("Changes that were not saved are back"), "{said}");
    assert!(said.contains("the king sits"), "{said}");
    world.say("quit\ndiscard\n");
    assert!(!world.say("script\n").contains("the king sits"));
}

#[test]
fn a_snapshot_without_its_clip_is_said_and_refuses_what_needs_embeddings() {
    let world = World::new();
    let before = world.say("save-snapshot\n");
    assert!(before.contains("clip.actalign-1.json"), "{before}");
    fs::remove_file(world.0.path().join("clip.mp4")).unwrap();
    let output = world
        .program(&["clip.actalign-1.json", "--plain"])
        .write_stdin("ranking\nsmooth-more\nnext-cell\n")
        .assert()
        .success()
        .get_output()
        .clone();
    let said = String::from_utf8(output.stdout).unwrap();
    let ranked = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("1. ") || line.starts_with("2. "));
        lines.map(|line| line.split(", was").next().unwrap().to_owned()).collect()
    };
    // Before, rankings of some of the frames may have come first.
    let (said_first, before_last) = (&ranked(&said)[..2], ranked(&before));
    assert_eq!(said_first, &before_last[before_last.len() - 2..], "{said}");
    assert!(said.contains("without embeddings: the clip clip.mp4 does not exist"), "{said}");
    assert!(said.contains("This needs embeddings"), "{said}");
    assert!(said.contains("Cell: logit."), "{said}");
}

#[test]
fn a_snapshot_opened_from_elsewhere_knows_where_its_files_are() {
    let world = World::new();
    world.say("save-snapshot\n");
    let elsewhere = world.0.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let mut program = world.program(&["../clip.actalign-1.json", "--plain"]);
    program.current_dir(&elsewhere).write_stdin("save-snapshot\n").assert().success();
    let saved = fs::read_to_string(elsewhere.join("clip.actalign-1.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    for name in ["clip", "scripts", "model"] {
        let path = saved["settings"][name].as_str().unwrap_or_else(|| panic!("{}", saved["settings"]));
        assert!(elsewhere.join(path).exists(), "{name}: {path}");
    }
}

#[test]
fn a_message_that_comes_again_is_said_again() {
    let said = World::new()
        .say("undo\nundo\nopen nowhere.mp4\nopen nowhere.mp4\nhelp ]\nnext-candidate 2\nshow-map\n");
    assert_eq!(said.matches("Nothing to undo.").count(), 2, "{said}");
    assert_eq!(said.matches("Error: cannot read nowhere.mp4").count(), 2, "{said}");
    assert!(said.contains("smooth-more: smooth over one frame more."), "{said}");
    assert!(said.contains("Without context, "), "{said}");
}

#[test]
fn control_characters_of_names_are_shown_and_a_filter_is_said() {
    let world = World::new();
    let scripts = SCRIPTS.replace("castling", "cast\\u001b[31mling");
    fs::write(world.0.path().join("scripts.json"), scripts).unwrap();
    let said = world.say("filter-candidates mate\nranking\n");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(said.contains("Listed candidates that match mate: 1 candidate."), "{said}");
    assert!(last_candidate(&said).contains(". mate, score"), "{said}");
}

#[test]
fn a_clip_that_fails_on_the_way_ends_with_status_1() {
    let world = World::new();
    let arguments = ["clip.mp4", "--scripts", "scripts.json", "--model", MODEL, "--plain", "--start", "1.5"];
    let output = world.program(&arguments).write_stdin("").assert().code(1).get_output().clone();
    assert!(String::from_utf8_lossy(&output.stdout).contains("Error: cannot read clip.mp4"));
}

#[test]
fn a_file_that_is_no_video_ends_with_a_message() {
    let world = World::new();
    fs::write(world.0.path().join("clip.mp4"), "no video").unwrap();
    let arguments = ["clip.mp4", "--scripts", "scripts.json", "--model", MODEL, "--plain"];
    let output = world.program(&arguments).assert().failure().code(1).get_output().clone();
    assert!(String::from_utf8_lossy(&output.stderr).contains("clip.mp4: not a video"));
}
