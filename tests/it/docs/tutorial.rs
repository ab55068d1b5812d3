//! The tutorial: its commands run as they are written, and its screens follow from its keys.

use std::fs;
use std::path::Path;

use super::ROOT;
use crate::explorer::terminal::Session;

fn tutorial() -> String {
    fs::read_to_string(Path::new(ROOT).join("docs/tutorial.md")).unwrap()
}

/// The blocks of commands, in order.
fn commands(page: &str) -> Vec<&str> {
    let blocks = page.split("\n```sh\n").skip(1);
    blocks.map(|rest| rest.split("\n```\n").next().unwrap()).collect()
}

/// The keys of each screen, and what it shows then.
fn screens(page: &str) -> Vec<(Vec<&str>, &str)> {
    let lines = page.lines().filter_map(|line| line.strip_prefix("<!-- screen:")?.strip_suffix(" -->"));
    lines
        .map(|line| {
            let (keys, text) = line.split_once(" -> ").unwrap_or_else(|| panic!("{line}"));
            (keys.split_whitespace().collect(), text)
        })
        .collect()
}

/// What a terminal sends for a key that tmux names so.
fn sent(key: &str) -> &str {
    match key {
        "Escape" => "\u{1b}",
        "Enter" => "\r",
        "Right" => "\u{1b}[C",
        "Left" => "\u{1b}[D",
        key => key,
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_command_of_the_tutorial_runs() {
    let page = tutorial();
    let commands = commands(&page);
    assert!(commands.len() > 5, "{commands:?}");
    let home = tempfile::tempdir().unwrap();
    let (status, said, explorers) = Session::shell(&commands.join("\n"), home.path()).quit_explorers();
    assert!(status.success(), "{said}");
    assert_eq!(explorers, page.matches("<!-- opens the explorer -->").count(), "{said}");
}

#[test]
fn every_screen_of_the_tutorial_follows_from_its_keys() {
    let page = tutorial();
    let screens = screens(&page);
    assert_eq!(screens.len(), page.matches("-->\n```text\n").count());
    assert!(screens.len() > 3, "{screens:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Session::program(&[], folder.path());
    for (keys, text) in &screens {
        for key in keys {
            if *key == "Escape" {
                // On its own, or the next key would be one with Alt.
                demo.wait_for("Esc end");
                demo.press(sent(key));
                demo.wait_without("Esc end");
            } else {
                demo.press(sent(key));
            }
        }
        demo.wait_for(text);
    }
    demo.press("q");
    assert!(demo.end().0.success());
}

/// Screens that were made for other keys would lead astray.
#[test]
fn every_screen_shows_what_it_waits_for() {
    let page = tutorial();
    for (part, (_, text)) in page.split("<!-- screen:").skip(1).zip(screens(&page)) {
        let screen = part.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
        assert!(screen.contains(text), "{text}: run `make recorded-session`\n{screen}");
        assert!(
            screen.lines().count() <= 24 && screen.lines().all(|line| line.chars().count() <= 80),
            "{screen}"
        );
    }
}
