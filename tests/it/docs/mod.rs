//! The documents name what is there.

mod pages;
mod tutorial;

use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The text of every Rust file below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(end) if end == "rs" => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    };
    entries.map(text).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let promises = fs::read_to_string(Path::new(ROOT).join("docs/promises.md")).unwrap();
    let sources: String = ["src", "tests"].map(|folder| sources(&Path::new(ROOT).join(folder))).concat();
    let rows =
        promises.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    let tests: Vec<&str> = rows
        .flat_map(|(_, tests)| tests.split('`').skip(1).step_by(2))
        .filter(|name| name.contains('_'))
        .collect();
    assert!(tests.len() > 50, "{}", tests.len());
    for test in tests {
        assert!(sources.contains(&format!("fn {test}(")), "{test}");
    }
}

/// Paths are below `src` unless they begin with another folder.
#[test]
fn the_guide_to_changes_names_files_that_exist() {
    let guide = fs::read_to_string(Path::new(ROOT).join("docs/changing-the-code.md")).unwrap();
    let is_path = |text: &&str| text.contains('/') && (text.ends_with(".rs") || text.ends_with('/'));
    let paths: Vec<&str> = guide.split('`').skip(1).step_by(2).filter(is_path).collect();
    assert!(paths.len() > 20, "{}", paths.len());
    for path in paths {
        assert!(["", "src"].iter().any(|base| Path::new(ROOT).join(base).join(path).exists()), "{path}");
    }
}
