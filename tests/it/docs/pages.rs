//! The pages as a book: its table of contents, the links between pages, and the pages that the program writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::ROOT;
use crate::support::program;

fn docs() -> PathBuf {
    Path::new(ROOT).join("docs")
}

/// Every page below a folder, relative to it.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            found.extend(pages(&path).into_iter().map(|page| name.join(page)));
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(name);
        }
    }
    found.sort();
    found
}

/// The lines of a page outside of fenced blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    };
    text.lines().filter(is_prose).collect()
}

/// The targets of the links of a page, without those in code.
fn links(text: &str) -> Vec<String> {
    let text = prose(text).join("\n");
    let without_code: String = text.split('`').step_by(2).collect();
    let ends = without_code.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    ends.map(str::to_owned).collect()
}

/// What a link to a heading of a page is called, as GitHub and mdBook do it.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let headings = prose(text).into_iter().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    let mut numbered = |name: String| {
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{}", *count - 1) }
    };
    headings.map(|heading| numbered(anchor(heading))).collect()
}

/// Without `..` and `.`, of which every link begins.
fn resolved(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                found.pop();
            }
            Component::CurDir => {}
            part => found.push(part),
        }
    }
    found
}

#[test]
fn the_summary_lists_every_page_once() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let mut listed: Vec<PathBuf> = links(&summary).into_iter().map(PathBuf::from).collect();
    listed.sort();
    let expected: Vec<PathBuf> =
        pages(&docs()).into_iter().filter(|page| page != Path::new("SUMMARY.md")).collect();
    assert_eq!(listed, expected);
    let book = fs::read_to_string(Path::new(ROOT).join("book.toml")).unwrap();
    let book: toml::Value = toml::from_str(&book).unwrap();
    assert_eq!(book["book"]["src"].as_str(), Some("docs"));
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let root = Path::new(ROOT);
    let of_root = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "packaging/README.md", "fuzz/README.md"];
    let all = pages(&docs()).into_iter().map(|page| Path::new("docs").join(page));
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in all.chain(of_root.map(PathBuf::from)) {
        let text = fs::read_to_string(root.join(&page)).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => page.clone(),
                file => resolved(&page.parent().unwrap().join(file)),
            };
            let is_right = match fs::read_to_string(root.join(&target)) {
                Ok(text) => heading.is_empty() || anchors(&text).contains(heading),
                Err(_) => heading.is_empty() && root.join(&target).exists(),
            };
            checked += 1;
            if !is_right {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(checked > 150, "{checked}");
    assert_eq!(broken, [] as [&str; 0]);
}

#[test]
fn the_recorded_session_is_a_small_picture() {
    let drawn = fs::read_to_string(Path::new(ROOT).join("assets/session.svg")).unwrap();
    assert!(drawn.len() < 300_000, "{}", drawn.len());
    let document = roxmltree::Document::parse(&drawn).unwrap();
    let scenes = document.descendants().filter(|node| node.has_tag_name("image")).count();
    assert!(scenes > 3, "{scenes}");
}

#[test]
fn the_reference_is_what_the_program_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(["man", "--markdown"]).arg(folder.path()).env("ACTALIGN_MODEL", "a-model-of-this-user");
    command.assert().success();
    let reference = docs().join("reference");
    assert_eq!(pages(folder.path()), pages(&reference));
    for page in pages(&reference) {
        let (written, kept) =
            (fs::read_to_string(folder.path().join(&page)), fs::read_to_string(reference.join(&page)));
        assert!(
            written.unwrap() == kept.unwrap(),
            "docs/reference/{} is out of date: run `make reference`",
            page.display()
        );
    }
}
