//! Every frame once, in presentation order, at its presentation time.

use std::fs;

use actalign_tui::video::{Frame, Sampling, Segment, VideoReader};
use proptest::prelude::*;
use video_rs::ffmpeg::format::Pixel;
use video_rs::ffmpeg::frame::Video as RawFrame;

use crate::support::clip::{Clip, frames, fresh, lossless, numbers, paint_number, painted_number, reordered};

fn assert_time(frame: &Frame, expected: f64) {
    assert!((frame.time - expected).abs() < 1e-9, "frame {} is at {}", frame.ordinal, frame.time);
}

#[test]
fn reordered_frames_come_in_presentation_order() {
    for container in ["mp4", "mkv", "ts"] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        let written = reordered(50).write(&path, paint_number);
        assert!(!written.is_sorted(), "the clip must exercise reordering");
        let all = frames(&path, Sampling::Native, Segment::default());
        assert_eq!(all.iter().map(painted_number).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
        for (i, frame) in all.iter().enumerate() {
            assert_eq!(frame.ordinal, i as u64);
            assert_time(frame, i as f64 / 25.0);
        }
    }
}

#[test]
fn the_mpeg4_codec_is_reordered_and_drained_too() {
    let (_folder, path) = fresh("clip.mp4");
    let clip = Clip { codec: "mpeg4", options: &[("qmin", "1"), ("qmax", "2")], ..reordered(30) };
    assert!(!Clip { b_frames: 2, ..clip }.write(&path, paint_number).is_sorted());
    assert_eq!(numbers(&path), (0..30).collect::<Vec<_>>());
}

/// As [`paint_number`], in samples of ten bits.
fn paint_number_in_ten_bits(number: usize, frame: &mut RawFrame) {
    for plane in 0..3 {
        let (width, stride) = (frame.plane_width(plane) as usize, frame.stride(plane));
        for row in frame.data_mut(plane).chunks_mut(stride) {
            for (x, sample) in row.chunks_exact_mut(2).take(width).enumerate() {
                let luma: u16 = if number >> (8 * x / width) & 1 == 1 { 940 } else { 64 };
                sample.copy_from_slice(&if plane == 0 { luma } else { 512 }.to_ne_bytes());
            }
        }
    }
}

#[test]
fn newer_codecs_and_ten_bits_are_read() {
    let hevc = Clip {
        codec: "libx265",
        options: &[("x265-params", "log-level=none:bframes=3")],
        width: 128,
        height: 64,
        ..reordered(20)
    };
    let expected: Vec<usize> = (0..20).collect();
    for container in ["mp4", "mkv"] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        assert!(!hevc.write(&path, paint_number).is_sorted(), "the clip must exercise reordering");
        assert_eq!(numbers(&path), expected, "HEVC in {container}");
        Clip { format: Pixel::YUV420P10LE, times: hevc.times.clone(), ..hevc }
            .write(&path, paint_number_in_ten_bits);
        assert_eq!(numbers(&path), expected, "HEVC of ten bits in {container}");
        let options = &[("cpu-used", "8"), ("crf", "10")];
        Clip { codec: "libaom-av1", options, b_frames: 0, times: hevc.times.clone(), ..hevc }
            .write(&path, paint_number);
        assert_eq!(numbers(&path), expected, "AV1 in {container}");
        let options = &[("profile", "high10"), ("crf", "10")];
        Clip { codec: "libx264", options, format: Pixel::YUV420P10LE, times: hevc.times.clone(), ..hevc }
            .write(&path, paint_number_in_ten_bits);
        assert_eq!(numbers(&path), expected, "H.264 of ten bits in {container}");
    }
}

#[test]
fn a_clip_of_one_frame_is_read() {
    for container in ["mp4", "mkv", "ts", "avi"] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        reordered(1).write(&path, paint_number);
        for sampling in [Sampling::Native, Sampling::Fps(10.0)] {
            assert_eq!(frames(&path, sampling, Segment::default()).len(), 1, "{container}");
        }
    }
}

#[test]
fn a_sampling_rate_takes_the_frame_on_screen_at_each_tick() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(60).write(&path, paint_number);
    let taken = |fps, segment| -> Vec<u64> {
        let taken = frames(&path, Sampling::Fps(fps), segment);
        assert!(taken.iter().all(|frame| frame.ordinal as usize == painted_number(frame)));
        taken.iter().map(|frame| frame.ordinal).collect()
    };
    assert_eq!(taken(5.0, Segment::default()), (0..60).step_by(5).collect::<Vec<_>>());
    // Ticks at 0, 0.1, 0.2 … fall between the frames at multiples of 0.04.
    assert_eq!(taken(10.0, Segment { start: None, end: Some(0.5) }), [0, 2, 5, 7, 10]);
    assert_eq!(taken(100.0, Segment::default()), (0..60).collect::<Vec<_>>());
    assert_eq!(taken(5.0, Segment { start: Some(0.5), end: Some(1.0) }), [12, 17, 22]);
}

#[test]
fn uneven_frame_times_are_kept() {
    let (_folder, path) = fresh("clip.mkv");
    let clip = Clip { times: vec![0, 15, 40, 500, 510, 1200, 1233, 1266], ..lossless(0) };
    clip.write(&path, paint_number);
    let all = frames(&path, Sampling::Native, Segment::default());
    assert_eq!(all.len(), clip.times.len());
    for (frame, &millis) in all.iter().zip(&clip.times) {
        assert_time(frame, millis as f64 / 1000.0);
    }
    // Ticks every 0.25 s; frame 4 is on screen at two of them.
    let taken = frames(&path, Sampling::Fps(4.0), Segment::default());
    assert_eq!(taken.iter().map(painted_number).collect::<Vec<_>>(), [0, 2, 3, 4, 6]);
    assert_eq!(taken[3].shown.rows, [0.75, 1.0]);
}

#[test]
fn time_counts_from_the_start_of_the_container() {
    let (_folder, path) = fresh("clip.mkv");
    Clip { times: (0..10).map(|i| 7000 + i * 40).collect(), ..lossless(0) }.write(&path, paint_number);
    let all = frames(&path, Sampling::Native, Segment { start: Some(0.2), end: None });
    assert_eq!(all.iter().map(painted_number).collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
    assert_time(&all[0], 0.2);
}

#[test]
fn frames_without_time_stamps_follow_the_frame_rate() {
    // An elementary stream has no container with times.
    let (_folder, path) = fresh("clip.h264");
    let options = &[("x264-params", "force-cfr=1:bframes=3:b-adapt=0:scenecut=0")];
    assert!(!Clip { options, ..reordered(30) }.write(&path, paint_number).is_sorted());
    let all = frames(&path, Sampling::Native, Segment::default());
    assert_eq!(all.iter().map(painted_number).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    for (i, frame) in all.iter().enumerate() {
        assert_time(frame, i as f64 / 25.0);
    }
}

#[test]
fn sizes_may_change_and_times_jump_back() {
    let (folder, path) = fresh("small.ts");
    reordered(20).write(&path, paint_number);
    let large = folder.path().join("large.ts");
    Clip { width: 128, height: 32, ..reordered(20) }.write(&large, paint_number);
    let spliced = folder.path().join("spliced.ts");
    fs::write(&spliced, [fs::read(&path).unwrap(), fs::read(&large).unwrap()].concat()).unwrap();
    let all = frames(&spliced, Sampling::Native, Segment::default());
    let expected: Vec<(usize, u32)> = (0..20).map(|i| (i, 64)).chain((0..20).map(|i| (i, 128))).collect();
    assert_eq!(all.iter().map(|frame| (painted_number(frame), frame.width)).collect::<Vec<_>>(), expected);
    assert!(all.iter().all(|frame| frame.rgb.len() == (frame.width * frame.height * 3) as usize));
    assert!(all.is_sorted_by(|a, b| a.time < b.time && a.ordinal < b.ordinal));
}

/// With a rolling refresh no single keyframe makes the picture whole.
#[test]
fn a_segment_without_real_keyframes_is_a_cut_of_the_whole() {
    let (_folder, path) = fresh("clip.mkv");
    let options = &[("x264-params", "intra-refresh=1:keyint=10:bframes=2:b-adapt=0:scenecut=0")];
    Clip { options, width: 160, height: 48, ..reordered(60) }.write(&path, paint_number);
    let whole = frames(&path, Sampling::Native, Segment::default());
    for start in 0..60 {
        let segment = Segment { start: Some(start as f64 / 25.0), end: None };
        assert!(frames(&path, Sampling::Native, segment) == whole[start..], "from frame {start}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Beginning in the middle gives what reading everything and leaving out the rest gives, to the
    /// pixel, the time and the ordinal.
    #[test]
    fn a_segment_is_a_cut_of_the_whole(
        start in 0..2000_i64,
        length in 1..900_i64,
        gop in 1..30_u32,
        b_frames in 0..4_usize,
        container in prop::sample::select(vec!["mp4", "mkv", "ts"]),
    ) {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        Clip { gop, b_frames, ..reordered(51) }.write(&path, paint_number);
        let (start, end) = (start as f64 / 1000.0, (start + length) as f64 / 1000.0);
        let mut expected = frames(&path, Sampling::Native, Segment::default());
        expected.retain(|frame| frame.time >= start - 1e-6 && frame.time < end - 1e-6);
        prop_assume!(!expected.is_empty());
        let segment = Segment { start: Some(start), end: Some(end) };
        prop_assert!(frames(&path, Sampling::Native, segment) == expected);
    }
}

#[test]
fn bounds_can_be_frame_numbers() {
    for container in ["mp4", "mkv"] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        reordered(50).write(&path, paint_number);
        let taken = |sampling, start, end| -> Vec<usize> {
            frames(&path, sampling, Segment { start, end }).iter().map(painted_number).collect()
        };
        let range = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
        // 10.75 and 29.75 frames at 25 a second, rounded down; by time, the frames shown from 0.44 to 1.16 s.
        assert_eq!(taken(Sampling::Numbered, Some(0.43), Some(1.19)), range(10..29));
        assert_eq!(taken(Sampling::Native, Some(0.43), Some(1.19)), range(11..30));
        assert_eq!(taken(Sampling::Numbered, None, Some(0.1)), range(0..2));
        assert_eq!(taken(Sampling::Numbered, Some(1.9), None), range(47..50));
        assert_eq!(taken(Sampling::Numbered, Some(1.9), Some(9.0)), range(47..50));

        let error = |start, end| {
            let segment = Segment { start: Some(start), end: Some(end) };
            VideoReader::open(&path, Sampling::Numbered, segment)
                .unwrap()
                .next()
                .unwrap()
                .unwrap_err()
                .to_string()
        };
        assert!(error(1.001, 1.002).contains("no frame"), "{}", error(1.001, 1.002));
        assert!(error(3.0, 4.0).contains("1.96"), "{}", error(3.0, 4.0));
    }
}
