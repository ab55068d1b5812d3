//! What packages install besides the program, and what it says of itself.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::program;

fn stdout(arguments: &[&str]) -> String {
    let output = program().args(arguments).assert().success().get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_long_version_names_commit_features_and_ffmpeg() {
    let short = concat!("actalign-tui ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(stdout(&["-V"]), short);
    let long = stdout(&["--version"]);
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines[0], short.trim_end());
    let commit = lines[1].strip_prefix("commit: ").unwrap();
    let is_commit = commit.split('-').next().unwrap().chars().all(|c| c.is_ascii_hexdigit());
    assert!(is_commit || commit.starts_with("unknown: "), "{commit}");
    assert!(lines[2].starts_with("features: cpu"), "{long}");
    assert!(lines[3].starts_with("FFmpeg: ") && lines[3].contains(", libavcodec "), "{long}");
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let folder = TempDir::new().unwrap();
    stdout(&["man", folder.path().to_str().unwrap()]);
    let help = stdout(&["--help"]);
    // Two spaces before each name; continued lines have more.
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list
        .lines()
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let commands: Vec<&str> = names.filter(|&name| name != "help").collect();
    assert!(commands.contains(&"classify") && !commands.contains(&"man"), "{commands:?}");
    for name in commands {
        let page = fs::read_to_string(folder.path().join(format!("actalign-tui-{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    let page = fs::read_to_string(folder.path().join("actalign-tui.1")).unwrap();
    assert!(page.contains("\\-\\-scripts"), "{page}");
    program().args(["man", "no-such-folder"]).assert().code(1);
}

#[test]
fn the_changelog_has_an_entry_for_this_version() {
    let changelog = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md")).unwrap();
    let heading = concat!("## [", env!("CARGO_PKG_VERSION"), "]");
    assert!(changelog.lines().any(|line| line.starts_with(heading)), "{heading}");
}
