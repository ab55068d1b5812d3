//! Frames, their times and damage.

use std::fs;
use std::path::Path;

use actalign_tui::video::{Faults, Frame, Jump, Sampling, Segment, VideoReader};
use video_rs::ffmpeg::Rational;

use crate::support::clip::{Clip, at_rate, frames, fresh, lossless, paint_number, painted_number, reordered};

/// The number painted into the frame of each row.
fn rows(path: &Path, fps: f64, segment: Segment) -> Vec<usize> {
    let frames = frames(path, Sampling::Fps(fps), segment);
    frames.iter().flat_map(|frame| vec![painted_number(frame); frame.shown.rows.len()]).collect()
}

fn read(path: &Path) -> (Vec<Frame>, Faults) {
    let mut reader = VideoReader::open(path, Sampling::Native, Segment::default()).unwrap();
    let frames = reader.by_ref().map(Result::unwrap).collect();
    (frames, reader.faults())
}

#[test]
fn a_clip_of_constant_rate_gives_every_frame_once_at_that_rate() {
    let rates = [
        ((30, 1), 30.0),
        ((30_000, 1001), 29.97),
        ((30_000, 1001), 30_000.0 / 1001.0),
        ((24_000, 1001), 23.976),
        ((25, 1), 25.0),
        ((60, 1), 60.0),
        ((60_000, 1001), 59.94),
        ((120, 1), 120.0),
    ];
    for container in ["mp4", "mov", "mkv", "webm", "flv", "ts", "avi", "m2ts", "3gp"] {
        for ((numerator, denominator), fps) in rates {
            let (_folder, path) = fresh(&format!("clip.{container}"));
            at_rate(Rational(numerator, denominator), 120, container).write(&path, paint_number);
            let expected: Vec<usize> = (0..120).collect();
            assert_eq!(rows(&path, fps, Segment::default()), expected, "{container} at {fps}");
            let segment = Segment { start: Some(0.51), end: None };
            let first = (0.51 * f64::from(Rational(numerator, denominator)) + 1e-6).floor() as usize;
            let rest: Vec<usize> = (first..120).collect();
            assert_eq!(rows(&path, fps, segment), rest, "{container} at {fps} from 0.51 s");
        }
    }
}

#[test]
fn time_stamps_rounded_to_milliseconds_stay_so_in_other_containers() {
    for container in ["mp4", "ts", "mkv", "mov"] {
        for rate in [30.0, 23.976, 59.94] {
            let (_folder, path) = fresh(&format!("clip.{container}"));
            let times = (0..120).map(|i| (f64::from(i) * 1000.0 / rate).round() as i64).collect();
            let thousandths = Rational((rate * 1000.0_f64).round() as i32, 1000);
            Clip { rate: thousandths, times, ..reordered(0) }.write(&path, paint_number);
            let expected: Vec<usize> = (0..120).collect();
            assert_eq!(rows(&path, rate, Segment::default()), expected, "{container} at {rate}");
        }
    }
}

#[test]
fn a_held_frame_counts_for_every_tick_it_stays() {
    for container in ["mp4", "mkv", "ts"] {
        let (_folder, path) = fresh(&format!("recording.{container}"));
        let times = vec![0, 4000, 4040, 4080, 4120];
        Clip { times, ..reordered(0) }.write(&path, paint_number);
        let segment = Segment { start: Some(1.0), end: Some(3.0) };
        let held = frames(&path, Sampling::Fps(10.0), segment);
        assert_eq!(held.len(), 1, "{container}: one frame to embed");
        assert_eq!((painted_number(&held[0]), held[0].time), (0, 0.0), "{container}");
        let ticks: Vec<f64> = (0..20).map(|i| 1.0 + f64::from(i) / 10.0).collect();
        assert_eq!(held[0].shown.rows, ticks, "{container}");
        let all = rows(&path, 10.0, Segment::default());
        assert_eq!(all, [vec![0; 40], vec![1, 3]].concat(), "{container}");
    }
}

#[test]
fn a_stated_hold_is_not_a_splice() {
    let (_folder, path) = fresh("slides.mp4");
    let times: Vec<i64> = (0..4).map(|i| i * 30_000).collect();
    Clip { times, ..reordered(0) }.write(&path, paint_number);
    let (slides, faults) = read(&path);
    assert_eq!(faults, Faults { frames: 4, ..Faults::default() });
    assert_eq!(slides.iter().map(|frame| frame.time).collect::<Vec<_>>(), [0.0, 30.0, 60.0, 90.0]);
    assert_eq!(rows(&path, 0.1, Segment::default())[..9], [0, 0, 0, 1, 1, 1, 2, 2, 2]);
}

#[test]
fn time_stamps_may_wrap_around() {
    // They begin again at 0 after 95,443.7 s.
    for offset in ["95441", "95443", "95380", "3600"] {
        let (_folder, path) = fresh("clip.ts");
        at_rate(Rational(25, 1), 100, "ts").write_with(&path, &[("output_ts_offset", offset)], paint_number);
        let (all, faults) = read(&path);
        assert!(faults.is_empty(), "{offset}: {faults}");
        assert_eq!(
            all.iter().map(painted_number).collect::<Vec<_>>(),
            (0..100).collect::<Vec<_>>(),
            "{offset}"
        );
        let expected: Vec<usize> = (0..40).map(|tick| tick * 5 / 2).collect();
        assert_eq!(rows(&path, 10.0, Segment::default()), expected, "{offset}");
    }
}

#[test]
fn splices_are_closed_and_reported() {
    let (folder, first) = fresh("first.ts");
    let (second, spliced) = (folder.path().join("second.ts"), folder.path().join("spliced.ts"));
    for (offset, sign) in [("3600", 1.0), ("40", 1.0)] {
        at_rate(Rational(25, 1), 50, "ts").write(&first, paint_number);
        at_rate(Rational(25, 1), 50, "ts").write_with(
            &second,
            &[("output_ts_offset", offset)],
            |i, frame| {
                paint_number(i + 50, frame);
            },
        );
        for (files, sign) in [([&first, &second], sign), ([&second, &first], -sign)] {
            let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
            fs::write(&spliced, bytes).unwrap();
            let (all, faults) = read(&spliced);
            assert_eq!(all.len(), 100);
            for (i, frame) in all.iter().enumerate() {
                assert!((frame.time - i as f64 / 25.0).abs() < 1e-3, "frame {i} at {}", frame.time);
            }
            let [Jump { at, by }] = faults.jumps[..] else { panic!("{faults:?}") };
            assert!(
                (at - 1.96).abs() < 1e-3 && (by - sign * offset.parse::<f64>().unwrap()).abs() < 3.0,
                "{at} {by}"
            );
            assert_eq!(rows(&spliced, 25.0, Segment::default()).len(), 100);
            let segment = Segment { start: Some(3.0), end: Some(3.5) };
            let part: Vec<u64> =
                frames(&spliced, Sampling::Fps(10.0), segment).iter().map(|frame| frame.ordinal).collect();
            assert_eq!(part, [75, 77, 80, 82, 85]);
        }
    }
}

#[test]
fn damage_is_counted_and_reproducible() {
    for (container, codec) in
        [("mp4", "libx264"), ("ts", "libx264"), ("mkv", "libx264"), ("mp4", "mpeg4"), ("mp4", "libx265")]
    {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        let options: &[_] = if codec == "libx265" {
            &[("x265-params", "log-level=none:keyint=25")]
        } else {
            &[("b", "100k")]
        };
        Clip { codec, options, width: 160, height: 128, gop: 25, b_frames: 0, ..reordered(100) }.write(
            &path,
            |i, frame| {
                paint_number(i, frame);
                // Something that moves, so that pictures depend on those before.
                let stride = frame.stride(0);
                for (at, luma) in frame.data_mut(0).iter_mut().enumerate() {
                    *luma = luma.wrapping_add(((at % stride + 3 * i) * (at / stride) / 16) as u8 % 64);
                }
            },
        );
        let mut bytes = fs::read(&path).unwrap();
        let (start, end) = (bytes.len() * 2 / 5, bytes.len() * 3 / 5);
        let mut noise = 1_u32;
        for byte in bytes[start..end].iter_mut().step_by(97) {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (noise >> 24) as u8;
        }
        fs::write(&path, bytes).unwrap();
        let (first, faults) = read(&path);
        assert!(faults.damaged_or_lost() > 0, "{codec} in {container}: {faults:?}");
        assert_eq!(faults.frames, first.len(), "{codec} in {container}");
        for _ in 0..2 {
            let (again, same) = read(&path);
            assert_eq!(same, faults, "{codec} in {container}");
            assert!(again == first, "{codec} in {container}: other pixels");
        }
    }
}

#[test]
fn a_whole_clip_has_no_faults() {
    for container in ["mp4", "mkv", "ts", "webm", "flv", "avi"] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        at_rate(Rational(25, 1), 60, container).write(&path, paint_number);
        let (all, faults) = read(&path);
        assert_eq!((all.len(), faults), (60, Faults { frames: 60, ..Faults::default() }), "{container}");
    }
    let (_folder, path) = fresh("clip.mkv");
    lossless(30).write(&path, paint_number);
    assert!(read(&path).1.is_empty());
}
