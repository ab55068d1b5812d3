//! Single frames, in any order.

use std::cell::Cell;

use actalign_tui::video::{FrameReader, Sampling, Segment};
use video_rs::ffmpeg::Rational;

use crate::support::clip::{at_rate, frames, fresh, paint_number, reordered};

#[test]
fn a_single_frame_is_that_of_the_whole_clip_in_any_order() {
    for container in ["mp4", "mkv", "ts"] {
        // Groups of pictures that refer to each other, and those that stand alone, where decoding begins at a keyframe.
        for clip in [reordered(150), at_rate(Rational(25, 1), 150, container)] {
            let (_folder, path) = fresh(&format!("clip.{container}"));
            clip.write(&path, paint_number);
            let all = frames(&path, Sampling::Native, Segment::default());
            let mut reader = FrameReader::new(path);
            for ordinal in [40, 41, 44, 44, 3, 149, 148, 0, 70, 135, 134] {
                let expected = &all[ordinal];
                let (frame, aspect) = reader.read(ordinal as u64, expected.time, || true).unwrap().unwrap();
                assert_eq!((frame.ordinal, &frame.rgb), (expected.ordinal, &expected.rgb), "{container}");
                assert_eq!(aspect, 1.0);
            }
        }
    }
}

#[test]
fn a_frame_that_is_no_longer_wanted_is_not_decoded() {
    let (_folder, path) = fresh("clip.mp4");
    reordered(60).write(&path, paint_number);
    let mut reader = FrameReader::new(path);
    let asked = Cell::new(0);
    let is_wanted = || {
        asked.set(asked.get() + 1);
        asked.get() < 3
    };
    assert!(reader.read(55, 2.2, is_wanted).unwrap().is_none());
    let (frame, _) = reader.read(55, 2.2, || true).unwrap().unwrap();
    assert_eq!(frame.ordinal, 55, "and still there");
}

#[test]
fn a_wrong_time_and_a_changed_file_give_no_other_frame() {
    let (_folder, path) = fresh("clip.mp4");
    reordered(60).write(&path, paint_number);
    let mut reader = FrameReader::new(path.clone());
    let (frame, _) = reader.read(7, 2.2, || true).unwrap().unwrap();
    assert_eq!(frame.ordinal, 7);
    let error = reader.read(60, 2.0, || true).unwrap_err().to_string();
    assert!(error.contains("no frame number 60\nhelp: "), "{error}");
}
