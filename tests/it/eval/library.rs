//! An evaluation run through the library.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
use actalign_tui::eval::{
    Dataset, DatasetPaths, Evaluation, Finished, NothingRead, Plan, Progress, Request, Rows,
};
use actalign_tui::explore::Model;
use serde_json::json;
use tempfile::TempDir;

use super::SCRIPTS;
use crate::support::{MODEL, clip};

/// A manifest of these videos, of which `a` and `b` exist.
fn dataset(names: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (number, name) in ["a", "b"].into_iter().enumerate() {
        let path = folder.path().join(format!("{name}.mp4"));
        clip::reordered(8).write(&path, |i, frame| clip::paint_number(i + 40 * number, frame));
    }
    let lines = names.iter().map(|name| {
        json!({"id": name, "video": format!("{name}.mp4"), "domain": "chess",
            "candidates": ["castling", "fork"], "answer": 0})
        .to_string()
    });
    fs::write(folder.path().join("manifest.jsonl"), lines.collect::<Vec<_>>().join("\n")).unwrap();
    fs::write(folder.path().join("scripts.json"), SCRIPTS).unwrap();
    folder
}

fn request(folder: &Path) -> Request {
    let dataset = Dataset::open(&DatasetPaths::of(folder.join("manifest.jsonl"))).unwrap();
    let checkpoint = Checkpoint::open(Path::new(MODEL)).unwrap();
    let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
    let model = Arc::new(Model::new(checkpoint, device));
    let plan = Plan::new(&dataset, None, &Rows::default(), &model).unwrap();
    Request::new(dataset, plan, model)
}

/// What a run reports: the clips known at its start, and those it evaluates.
fn run(request: Request) -> (Finished, usize, Vec<String>) {
    let (mut known_clips, mut evaluated) = (0, Vec::new());
    let finished = Evaluation::open(request).unwrap().run(|progress| match progress {
        Progress::Started { known, .. } => known_clips = known,
        Progress::Clip(record) => evaluated.push(record.id.clone()),
        Progress::Notice(notice) => panic!("{notice}"),
    });
    (finished.unwrap(), known_clips, evaluated)
}

#[test]
fn an_evaluation_reports_its_clips_and_resumes_in_its_folder() {
    let folder = dataset(&["a", "b", "missing"]);
    let (finished, _, evaluated) = run(request(folder.path()));
    assert_eq!(evaluated, ["a", "b", "missing"]);
    assert_eq!((finished.results.rows[1].n_read, finished.results.unread.len()), (2, 1));
    assert!(!folder.path().join("out").exists());

    let in_folder = || Request { out: Some(folder.path().join("out")), ..request(folder.path()) };
    assert_eq!(run(in_folder()).0.results, finished.results);
    let (resumed, known, evaluated) = run(in_folder());
    assert_eq!((known, evaluated), (2, vec!["missing".to_owned()]));
    assert_eq!(resumed.records, finished.records);
    assert!(folder.path().join("out/results.json").exists());
}

#[test]
fn an_evaluation_without_a_readable_clip_fails_and_says_why() {
    let folder = dataset(&["missing"]);
    let mut notices = Vec::new();
    let outcome = Evaluation::open(request(folder.path())).unwrap().run(|progress| {
        if let Progress::Notice(notice) = progress {
            notices.push(notice.to_owned());
        }
    });
    assert!(outcome.err().unwrap().is::<NothingRead>());
    assert!(notices[0].starts_with("missing: "), "{notices:?}");
}
