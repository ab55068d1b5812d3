//! Decoding on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actalign_tui::video::{DecodeAhead, Problem, Sampling, Segment, VideoReader};

use crate::support::clip::{fresh, lossless, numbers, paint_number, painted_number};

fn open(path: &std::path::Path) -> VideoReader {
    VideoReader::open(path, Sampling::Native, Segment::default()).unwrap()
}

#[test]
fn items_are_in_the_order_of_the_frames() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(30).write(&path, paint_number);
    let ahead = DecodeAhead::new(open(&path), 3, |frame| move || painted_number(&frame));
    assert_eq!(ahead.map(Result::unwrap).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
}

#[test]
fn the_thread_stays_within_its_bound() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(120).write(&path, paint_number);
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let bound = 4;
    let count = move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        || ()
    };
    let mut ahead = DecodeAhead::new(open(&path), bound, count);
    for taken in 1..=5 {
        assert!(ahead.next().unwrap().is_ok());
        // Time enough to decode the rest of the clip, for a thread that does not wait.
        assert_eq!(numbers(&path).len(), 120);
        assert!(made.load(Ordering::SeqCst) <= taken + bound + 1);
    }
    assert_eq!(ahead.count(), 115);
}

#[test]
fn dropping_it_stops_the_thread() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(120).write(&path, paint_number);
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let count = move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        || ()
    };
    let mut ahead = DecodeAhead::new(open(&path), 2, count);
    assert!(ahead.next().unwrap().is_ok());
    drop(ahead);
    // The thread owned the other handle: it is gone, and did not finish the clip first.
    assert_eq!(Arc::strong_count(&made), 1);
    assert!(made.load(Ordering::SeqCst) <= 1 + 2 + 1);
}

#[test]
fn a_panic_becomes_the_last_item() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(10).write(&path, paint_number);
    let mut ahead = DecodeAhead::new(open(&path), 2, |frame| {
        assert!(frame.ordinal < 2, "no room for frame {}", frame.ordinal);
        || ()
    });
    assert!(ahead.next().unwrap().is_ok() && ahead.next().unwrap().is_ok());
    let Problem::ThreadFailed(message) = ahead.next().unwrap().unwrap_err().problem else {
        panic!("no error")
    };
    assert!(message.contains("no room for frame 2"), "{message}");
    assert!(ahead.next().is_none());
}

#[test]
fn a_panic_on_another_thread_becomes_an_item() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(10).write(&path, paint_number);
    let ahead = DecodeAhead::new(open(&path), 2, |frame| {
        move || {
            assert!(frame.ordinal != 2, "no room for frame {}", frame.ordinal);
            frame.ordinal
        }
    });
    let items: Vec<_> = ahead.collect();
    assert_eq!(items.len(), 10);
    let failed = items[2].as_ref().unwrap_err();
    assert!(matches!(&failed.problem, Problem::ThreadFailed(message) if message.contains("frame 2")));
    assert!(items.iter().enumerate().all(|(i, item)| i == 2 || *item.as_ref().unwrap() == i as u64));
}

#[test]
fn errors_of_the_reader_are_items() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(10).write(&path, paint_number);
    let late = Segment { start: Some(9.0), end: None };
    let reader = VideoReader::open(&path, Sampling::Native, late).unwrap();
    let mut ahead = DecodeAhead::new(reader, 2, |frame| move || frame.ordinal);
    assert!(matches!(ahead.next().unwrap().unwrap_err().problem, Problem::StartPastEnd { .. }));
    assert!(ahead.next().is_none());
}
