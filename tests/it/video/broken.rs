//! Broken files: errors name the file, and what can be read is read.

use std::fs;
use std::path::Path;

use actalign_tui::video::{Frame, Problem, Sampling, Segment, VideoError, VideoReader, load_image};

use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, frames, fresh, lossless, numbers, paint_number, painted_number, reordered};

fn open_error(path: &Path, segment: Segment) -> VideoError {
    let error = VideoReader::open(path, Sampling::Native, segment).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

/// The only item of a reader.
fn reading_error(path: &Path, segment: Segment) -> VideoError {
    let mut reader = VideoReader::open(path, Sampling::Native, segment).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert!(reader.next().is_none());
    error
}

#[test]
fn files_that_are_not_videos_are_refused() {
    let whole = Segment::default();
    let (folder, path) = fresh("clip.mp4");
    assert!(matches!(open_error(&path, whole).problem, Problem::NotFound));
    assert!(matches!(open_error(folder.path(), whole).problem, Problem::NoImages));
    assert!(matches!(load_image(folder.path()).unwrap_err().problem, Problem::Unreadable(_)));
    fs::write(&path, b"").unwrap();
    assert!(matches!(open_error(&path, whole).problem, Problem::EmptyFile));
    fs::write(&path, "A step, and another step.\n".repeat(500)).unwrap();
    assert!(matches!(open_error(&path, whole).problem, Problem::NotVideo(_)));
    let text = folder.path().join("notes.txt");
    fs::write(&text, "A step, and another step.\n".repeat(500)).unwrap();
    assert!(matches!(open_error(&text, whole).problem, Problem::NotVideo(_)));
    let noise: Vec<u8> = (0..60_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::write(&path, noise).unwrap();
    open_error(&path, whole);
}

#[test]
#[cfg(target_os = "linux")]
fn names_must_be_utf_8_and_may_be_odd() {
    use std::os::unix::ffi::OsStrExt;

    let (folder, path) = fresh("12:30 take%03d.mkv");
    lossless(3).write(&path, paint_number);
    assert_eq!(numbers(&path), [0, 1, 2]);
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.mkv"));
    fs::copy(&path, &odd).unwrap();
    let opened = VideoReader::open(&odd, Sampling::Native, Segment::default());
    assert!(matches!(opened.unwrap_err().problem, Problem::NameNotUtf8));
}

#[test]
fn sound_without_pictures_has_no_video_stream() {
    let (_folder, path) = fresh("tone.wav");
    let (rate, samples) = (8000_u32, 8000_u32);
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(rate.to_le_bytes());
    wav.extend(rate.to_le_bytes());
    wav.extend([1, 0, 8, 0]);
    wav.extend(b"data");
    wav.extend(samples.to_le_bytes());
    wav.extend((0..samples).map(|i| if i % 20 < 10 { 90 } else { 160 }));
    fs::write(&path, wav).unwrap();
    assert!(matches!(open_error(&path, Segment::default()).problem, Problem::NoVideoStream));
}

#[test]
fn impossible_segments_are_refused() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(25).write(&path, paint_number);
    let segment = |start, end| Segment { start, end };
    for bad in [segment(Some(2.0), Some(1.0)), segment(Some(f64::NAN), None), segment(None, Some(-1.0))] {
        assert!(matches!(open_error(&path, bad).problem, Problem::BadSegment { .. }));
    }
    let late = reading_error(&path, segment(Some(3.0), None));
    let Problem::StartPastEnd { last, .. } = late.problem else { panic!("{late}") };
    assert!((last - 0.96).abs() < 1e-9);
    let between = frames(&path, Sampling::Native, segment(Some(0.41), Some(0.43)));
    assert_eq!(between.iter().map(painted_number).collect::<Vec<_>>(), [10], "the frame on screen");
    let late = reading_error(&path, segment(Some(3.0), Some(4.0)));
    assert!(matches!(late.problem, Problem::StartPastEnd { .. }), "{late}");
}

#[test]
fn a_file_cut_short_gives_the_frames_it_has() {
    let (_folder, path) = fresh("clip.mkv");
    reordered(100).write(&path, paint_number);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    let read = numbers(&path);
    assert!((30..90).contains(&read.len()), "{}", read.len());
    // Pictures predicted from the incomplete last packets may look like anything.
    assert_eq!(read[..25], (0..25).collect::<Vec<_>>());
}

/// An index at the front, as for the web, survives a partial download.
#[test]
fn frames_missing_at_the_end_are_counted() {
    for (container, options) in [("mkv", &[][..]), ("mp4", &[("movflags", "+faststart")])] {
        let (_folder, path) = fresh(&format!("clip.{container}"));
        Clip { codec: "png", format: Pixel::GRAY8, ..lossless(100) }.write_with(&path, options, paint_number);
        let mut whole = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
        assert_eq!((whole.by_ref().count(), whole.faults().lost), (100, 0), "{container}");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
        let mut reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
        let read = reader.by_ref().map(Result::unwrap).count();
        assert!((40..80).contains(&read), "{container}: {read}");
        // The picture that was cut in two may count for either.
        assert!(
            (99..=101).contains(&(read + reader.faults().lost)),
            "{container}: {read} + {}",
            reader.faults().lost
        );
        let before = Segment { start: None, end: Some(0.4) };
        let mut reader = VideoReader::open(&path, Sampling::Native, before).unwrap();
        assert_eq!((reader.by_ref().count(), reader.faults().lost), (10, 0), "{container}");
    }
}

#[test]
fn an_mp4_cut_short_before_its_index_is_refused() {
    let (_folder, path) = fresh("clip.mp4");
    reordered(60).write(&path, paint_number);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(open_error(&path, Segment::default()).problem, Problem::NotVideo(_)));
}

#[test]
fn broken_packets_are_passed_over_and_counted() {
    let (_folder, path) = fresh("clip.mov");
    let clip = Clip { codec: "png", format: Pixel::GRAY8, ..lossless(40) };
    clip.write(&path, paint_number);
    let mut bytes = fs::read(&path).unwrap();
    let signature = b"\x89PNG\r\n\x1a\n";
    let pictures: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(signature)).collect();
    assert_eq!(pictures.len(), 40);
    for broken in [10, 11, 25] {
        bytes[pictures[broken]..pictures[broken] + 8].fill(0);
    }
    fs::write(&path, bytes).unwrap();
    let mut reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
    let read: Vec<Frame> = reader.by_ref().map(Result::unwrap).collect();
    let whole: Vec<usize> = (0..40).filter(|number| ![10, 11, 25].contains(number)).collect();
    assert_eq!(read.iter().map(painted_number).collect::<Vec<_>>(), whole);
    assert!(read.iter().zip(&whole).all(|(frame, &number)| (frame.time - number as f64 / 25.0).abs() < 1e-9));
    assert_eq!(reader.faults().lost, 3);
}

#[test]
fn a_video_without_decodable_frames_is_refused() {
    let (_folder, path) = fresh("clip.mov");
    Clip { codec: "png", format: Pixel::GRAY8, ..lossless(5) }.write(&path, paint_number);
    let mut bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        if bytes[at..].starts_with(b"\x89PNG") {
            bytes[at..at + 8].fill(0);
        }
    }
    fs::write(&path, bytes).unwrap();
    let error = reading_error(&path, Segment::default());
    assert!(matches!(error.problem, Problem::NothingDecodable { skipped: 1..=5 }), "{error}");
}

#[test]
fn files_that_are_not_images_are_refused() {
    let (_folder, path) = fresh("picture.png");
    assert!(matches!(load_image(&path).unwrap_err().problem, Problem::NotFound));
    fs::write(&path, b"").unwrap();
    assert!(matches!(load_image(&path).unwrap_err().problem, Problem::EmptyFile));
    fs::write(&path, b"\x89PNG\r\n\x1a\nand then nothing of the kind").unwrap();
    let error = load_image(&path).unwrap_err();
    assert!(matches!(error.problem, Problem::DamagedImage(_)));
    assert!(error.to_string().contains("picture.png"), "{error}");
}
