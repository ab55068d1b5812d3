//! Texts that are embedded before they are wanted, while the background work has nothing else to do.
//!
//! The work goes on only when the test says so: each piece of news waits for its answer.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use actalign_tui::backbone::{Checkpoint, ComputeDevice, DeviceChoice};
use actalign_tui::explore::{Job, Model, Pipeline, Update};
use actalign_tui::video::{Sampling, Segment};
use tempfile::TempDir;

use crate::support::clip;

struct Work {
    pipeline: Option<Pipeline>,
    news: Receiver<Update>,
    go_on: Sender<()>,
    /// Whether the last news waits for its answer.
    waits: bool,
    _folder: TempDir,
}

impl Work {
    /// The work on a clip of nine frames that wants these texts.
    fn start(texts: &[&str]) -> Self {
        let (folder, path) = clip::fresh("clip.mp4");
        clip::reordered(9).write(&path, clip::paint_number);
        let model = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/siglip/tiny"));
        let device = ComputeDevice::open(DeviceChoice::Cpu).unwrap();
        let job = Job {
            clip: path,
            rows_per_second: None,
            sampling: Sampling::Native,
            segment: Segment::default(),
            masks: Arc::default(),
            model: Arc::new(Model::new(Checkpoint::open(model).unwrap(), device)),
            cover_evenly: true,
            thumbnails: None,
            texts: strings(texts),
            known: Vec::new(),
        };
        let (sender, news) = channel();
        let (go_on, answers) = channel();
        let answers = Arc::new(Mutex::new(answers));
        let pipeline = Pipeline::start(job, move |update| {
            if sender.send(update).is_ok() {
                let _ = answers.lock().unwrap().recv();
            }
        });
        Self { pipeline: Some(pipeline), news, go_on, waits: false, _folder: folder }
    }

    fn pipeline(&self) -> &Pipeline {
        self.pipeline.as_ref().unwrap()
    }

    /// Lets the work go on to its next news of texts, in words; none when it has ended.
    fn next(&mut self) -> Option<String> {
        loop {
            if std::mem::take(&mut self.waits) {
                let _ = self.go_on.send(());
            }
            let news = self.news.recv().ok()?;
            self.waits = true;
            return Some(match news {
                Update::Texts(texts) => {
                    let texts: Vec<String> = texts.into_iter().map(|text| text.0).collect();
                    format!("embedded {}", texts.join(", "))
                }
                Update::Prefetched(text) => format!("prefetched {}", text.0),
                Update::Idle => "idle".to_owned(),
                Update::Failed(report) => panic!("{report:?}"),
                _ => continue,
            });
        }
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn texts_are_prefetched_one_by_one_once_all_else_is_done() {
    let mut work = Work::start(&["a rook"]);
    work.pipeline().prefetch_texts(strings(&["a king", "a queen"]));
    work.pipeline.as_mut().unwrap().finish();
    for news in ["embedded a rook", "idle", "prefetched a king", "prefetched a queen"] {
        assert_eq!(work.next().as_deref(), Some(news));
    }
    assert_eq!(work.next(), None);
}

#[test]
fn a_request_comes_before_what_is_left_to_prefetch_and_replaces_it() {
    let mut work = Work::start(&[]);
    assert_eq!(work.next().as_deref(), Some("idle"));
    work.pipeline().prefetch_texts(strings(&["a king", "a queen", "a pawn"]));
    assert_eq!(work.next().as_deref(), Some("prefetched a king"));
    work.pipeline().embed_texts(strings(&["a rook"]));
    assert_eq!(work.next().as_deref(), Some("embedded a rook"));
    assert_eq!(work.next().as_deref(), Some("idle"), "so that what is still missing can be asked for");
    work.pipeline().prefetch_texts(strings(&["a pawn", "a queen"]));
    assert_eq!(work.next().as_deref(), Some("prefetched a pawn"));
    work.pipeline().prefetch_texts(Vec::new());
    work.pipeline.as_mut().unwrap().finish();
    assert_eq!(work.next(), None, "nothing is left to prefetch");
}

#[test]
fn a_request_for_nothing_is_answered_too() {
    let mut work = Work::start(&[]);
    assert_eq!(work.next().as_deref(), Some("idle"));
    work.pipeline().embed_texts(Vec::new());
    assert_eq!(work.next().as_deref(), Some("idle"));
}

#[test]
fn who_leaves_does_not_wait_for_the_rest() {
    let mut work = Work::start(&[]);
    assert_eq!(work.next().as_deref(), Some("idle"));
    work.pipeline().prefetch_texts(strings(&["a king", "a queen", "a pawn"]));
    assert_eq!(work.next().as_deref(), Some("prefetched a king"));
    work.pipeline = None;
    assert_eq!(work.next(), None);
}
