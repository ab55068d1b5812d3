use std::fs;

use super::*;
use crate::tui::commands::{COMMANDS, Command};
use crate::tui::keymap::Chord;

fn read(text: &str) -> Config {
    Config::from_toml(text).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
}

/// Everything that is wrong, a line each.
fn wrong(text: &str) -> Vec<String> {
    Config::from_toml(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn chord(text: &str) -> Chord {
    text.parse().unwrap()
}

fn command(name: &str) -> Command {
    Command::named(name).unwrap()
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(read(""), Config::default());
    assert_eq!(read("[keys]\n[themes]\n"), Config::default());
}

#[test]
fn settings_replace_their_defaults() {
    let config = read("theme = \"light\"\nmouse = false\nimage-protocol = \"sixel\"\n");
    assert_eq!(config.palette, Palette::light());
    assert!(!config.mouse);
    assert_eq!(config.image_protocol, ImageProtocol::Sixel);
    assert_eq!(config.keymap, Keymap::default());
}

#[test]
fn keys_replace_those_of_their_command_and_are_taken_from_others() {
    let config = read(
        "[keys]\nnext-candidate = [\"j\", \"ctrl-n\"]\nquit = \"Ctrl-Q\"\nundo = \"q\"\nplay = false\nhelp = [\"shift-h\"]\n",
    );
    let chords = |name| config.keymap.chords(command(name)).map(Chord::written).collect::<Vec<_>>();
    assert_eq!(chords("next-candidate"), ["j", "ctrl-n"]);
    assert_eq!(chords("quit"), ["ctrl-q"]);
    assert_eq!(chords("undo"), ["q"]);
    assert_eq!(chords("help"), ["H"]);
    assert!(chords("play").is_empty());
    assert_eq!(chords("ten-frames-back"), ["shift-left"], "its H has gone to help");
    assert_eq!(config.keymap.command(chord("u")), None);
    assert_eq!(config.keymap.command(chord("down")), None);
}

#[test]
fn keys_can_be_swapped() {
    let config = read("[keys]\nnext-step = \"p\"\nprevious-step = \"n\"\n");
    assert_eq!(config.keymap.command(chord("p")), Some(command("next-step")));
    assert_eq!(config.keymap.command(chord("n")), Some(command("previous-step")));
}

#[test]
fn themes_change_their_base_and_are_listed_in_order() {
    let config = read(
        "theme = \"mine\"\n[themes.mine]\nbase = \"light\"\naccent = \"#88CCee\"\nheat = [\"#000000\", \"#ffffff\"]\n\
         [themes.other]\ndifference = [\"#000001\", \"#000002\", \"#000003\"]\n",
    );
    let mine = Palette {
        name: "mine".to_owned(),
        accent: [0x88, 0xcc, 0xee],
        heat: vec![[0; 3], [255; 3]],
        ..Palette::light()
    };
    let difference = [[0, 0, 1], [0, 0, 2], [0, 0, 3]];
    let other = Palette { name: "other".to_owned(), difference, ..Palette::dark() };
    assert_eq!(config.palette, mine);
    assert_eq!(config.palettes[3..], [mine, other]);
    assert_eq!(config.palettes[..3], Palette::built_in());
}

#[test]
fn every_fault_is_reported_with_its_place_and_a_remedy() {
    let text = "\
them = \"dark\"
theme = \"drak\"
mouse = 1
image-protocol = \"ascii\"
[keys]
next-candidat = \"j\"
frobnicate = \"F\"
undo = [\"ctrl-z\", \"hyper-z\"]
redo = \"ctrl-i\"
play = true
[themes.mine]
base = \"grey\"
accent = \"sky\"
heat = [\"#000000\"]
steps = []
difference = \"#000000\"
selcted = \"#000000\"
bad = 7
[themes.light]
";
    let expected = [
        "1:1: unknown setting \"them\"; did you mean theme or themes?",
        "2:9: unknown theme \"drak\"; did you mean dark?",
        "3:9: mouse: expected true or false, found integer",
        "4:18: unknown image-protocol \"ascii\"; choose among auto, kitty, iterm2, sixel, halfblocks, quadrants, \
         sextants, none",
        "6:1: unknown command \"next-candidat\"; did you mean next-candidate or next-clip? \
         `actalign-tui keys` lists all",
        "7:1: unknown command \"frobnicate\"; `actalign-tui keys` lists all",
        "8:19: there is no key \"hyper-z\"; keys are",
        "9:8: terminals report \"ctrl-i\" as \"tab\"; write \"tab\"",
        "10:8: play: expected a key, a list of keys, or false for none, found boolean",
        "12:8: unknown base \"grey\"; choose among dark, light, colour-blind",
        "13:10: not a colour: \"sky\"; write it like \"#88ccee\"",
        "14:8: heat: expected two or more colours, found 1",
        "15:9: steps: expected one or more colours, found 0",
        "16:14: difference: expected a list of three colours, found string",
        "17:1: unknown field of a theme \"selcted\"; did you mean selected?",
        "18:7: colour: expected a string such as \"#88ccee\", found integer",
        "19:9: light is a built-in theme; choose another name",
    ];
    let found = wrong(text);
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn invalid_toml_is_reported_where_it_breaks() {
    assert!(wrong("mouse = true\nmöuse = \n")[0].starts_with("2:2: invalid TOML: "));
    assert!(wrong("mouse = true\nmouse = false\n")[0].starts_with("2:1: invalid TOML: duplicate key"));
    assert!(wrong("keys = 1\n")[0].starts_with("1:8: keys: expected a table, [keys]"));
}

#[test]
fn a_key_bound_twice_is_a_fault() {
    assert_eq!(
        wrong("[keys]\nundo = \"shift-z\"\nplay = [\"x\", \"Z\"]\n"),
        ["3:14: \"Z\" is already bound to undo in line 2; give each key to one command"]
    );
    assert_eq!(wrong("[keys]\nundo = [\"z\", \"z\"]\n").len(), 1);
}

#[test]
fn quit_palette_and_help_keep_a_key() {
    for unbound in ["false", "[]"] {
        assert_eq!(
            wrong(&format!("[keys]\nplay = \"x\"\nquit = {unbound}\n")),
            ["3:1: quit needs a key; by default it has q and ctrl-c"]
        );
    }
    assert_eq!(
        wrong("[keys]\nplay = \":\"\nundo = \"ctrl-p\"\nredo = [\"?\", \"f1\"]\n"),
        [
            "3:8: palette needs a key; by default it has : and ctrl-p",
            "4:14: help needs a key; by default it has ? and f1",
        ]
    );
    assert_eq!(read("[keys]\nhelp = \"f2\"\nplay = \"?\"\n").keymap.key(Command::Help), "F2");
}

#[test]
fn a_written_configuration_reads_back_the_same() {
    let own = read(
        "theme = \"a\\n.b\"\nmouse = false\n[keys]\nplay = false\nundo = [\"\\\"\", \"ctrl--\", \"shift-tab\"]\nredo = \"'\"\n\
         [themes.\"a\\n.b\"]\nbase = \"colour-blind\"\ngood = \"#010203\"\n",
    );
    for config in [Config::default(), own] {
        let written = config.to_toml();
        let again = read(&written);
        for about in COMMANDS {
            let chords = |config: &Config| config.keymap.chords(about.command).collect::<Vec<_>>();
            assert_eq!(chords(&again), chords(&config), "{written}");
            assert!(written.contains(&format!("\n{} = ", about.name)) && written.contains(about.help));
        }
        assert_eq!(Config { keymap: again.keymap.clone(), ..config }, again);
    }
}

#[test]
fn the_written_example_of_a_theme_is_valid() {
    let written = Config::default().to_toml();
    let (_, example) = written.split_once("# [themes.").unwrap();
    let example = format!("[themes.{}", example.replace("\n# ", "\n"));
    let mine = Palette { name: "mine".to_owned(), ..Palette::dark() };
    assert_eq!(read(&example).palettes[3..], [mine]);
}

#[test]
fn the_examples_of_the_documentation_are_valid() {
    let manual = include_str!("../../../docs/configuration.md");
    let examples: Vec<&str> =
        manual.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        assert_ne!(read(example), Config::default(), "{example}");
    }
}

#[test]
fn a_named_file_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let missing = Config::load(Some(&file)).unwrap_err().to_string();
    assert!(missing.starts_with(&format!("cannot read the configuration {}: ", file.display())), "{missing}");
    fs::write(&file, "mouse = false").unwrap();
    assert!(!Config::load(Some(&file)).unwrap().mouse);
    fs::write(&file, "mouse = 1\nmuose = 2").unwrap();
    let path = file.display();
    assert_eq!(
        Config::load(Some(&file)).unwrap_err().to_string(),
        format!(
            "invalid configuration:\n\
             {path}:1:9: mouse: expected true or false, found integer\n\
             {path}:2:1: unknown setting \"muose\"; did you mean mouse?"
        )
    );
}
