//! Clips other than video files: images, folders of images, pipes.

use std::fs;
use std::path::Path;

use actalign_tui::video::{Frame, Problem, Sampling, Segment, VideoError, VideoReader, load_image};
use image::{Rgb, RgbImage};
use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, frames, fresh, lossless, numbers, paint_number, painted_number, reordered};

fn whole(path: &Path) -> Vec<Frame> {
    frames(path, Sampling::Native, Segment::default())
}

fn open_error(path: &Path) -> VideoError {
    let error = VideoReader::open(path, Sampling::Native, Segment::default()).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

/// A picture of one shade.
fn shade(value: u8) -> RgbImage {
    RgbImage::from_pixel(8, 6, Rgb([value, 10, 200]))
}

fn shades(frames: &[Frame]) -> Vec<u8> {
    frames.iter().map(|frame| frame.rgb[0]).collect()
}

#[test]
fn an_image_is_a_clip_of_one_frame() {
    let (folder, png) = fresh("picture.png");
    shade(77).save(&png).unwrap();
    // The content decides, not the name; a `%d` is no pattern.
    for name in ["picture", "picture.mp4", "picture%03d.png"] {
        let path = folder.path().join(name);
        fs::copy(&png, &path).unwrap_or_default();
        assert_eq!(whole(&path), [load_image(&png).unwrap()], "{name}");
    }
    let jpeg = folder.path().join("picture.jpg");
    shade(77).save(&jpeg).unwrap();
    assert_eq!(whole(&jpeg), [load_image(&jpeg).unwrap()]);

    let reader = VideoReader::open(&png, Sampling::Fps(10.0), Segment::default()).unwrap();
    assert_eq!((reader.info().width, reader.info().height), (8, 6));
    assert_eq!(reader.info().assumed_rate(), None);
    assert_eq!(reader.info().expected_frames(Sampling::Fps(10.0), Segment::default()), Some(1));
    assert_eq!(reader.count(), 1);
}

/// Images that FFmpeg alone can read.
#[test]
fn other_images_are_clips_of_one_frame_and_images_too() {
    for (ending, codec, format) in [
        ("bmp", "bmp", Pixel::BGR24),
        ("tiff", "tiff", Pixel::RGB24),
        ("webp", "libwebp", Pixel::YUV420P),
        ("gif", "gif", Pixel::GRAY8),
    ] {
        let (_folder, path) = fresh(&format!("picture.{ending}"));
        Clip { codec, format, ..lossless(1) }.write(&path, paint_number);
        let read = whole(&path);
        assert_eq!(read.len(), 1, "{ending}");
        assert_eq!((read[0].width, read[0].height), (64, 16), "{ending}");
        let image = load_image(&path).unwrap();
        assert_eq!(Frame { shown: read[0].shown.clone(), ..image }, read[0], "{ending}");
    }
}

#[test]
fn a_video_is_not_an_image() {
    let (_folder, path) = fresh("clip.mkv");
    lossless(2).write(&path, paint_number);
    let error = load_image(&path).unwrap_err();
    assert!(matches!(error.problem, Problem::NotImage(_)), "{error}");
    assert!(error.to_string().contains("clip.mkv"), "{error}");
}

#[test]
fn a_moving_image_is_a_clip() {
    let (_folder, path) = fresh("moving.gif");
    let clip = Clip { codec: "gif", format: Pixel::GRAY8, ..lossless(5) };
    clip.write(&path, paint_number);
    assert_eq!(numbers(&path), [0, 1, 2, 3, 4]);
}

#[test]
fn concatenated_images_are_a_clip() {
    let (folder, path) = fresh("one.png");
    let mut row = Vec::new();
    for value in [10, 20, 30] {
        shade(value).save(&path).unwrap();
        row.extend(fs::read(&path).unwrap());
    }
    let path = folder.path().join("row");
    fs::write(&path, row).unwrap();
    assert_eq!(shades(&whole(&path)), [10, 20, 30]);
}

#[test]
fn a_folder_of_images_is_a_clip_sorted_by_number() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=12 {
        shade(number * 20).save(folder.path().join(format!("step {number}.png"))).unwrap();
    }
    // None of these is a frame.
    shade(1).save(folder.path().join("cover.png")).unwrap();
    fs::write(folder.path().join("notes 3.txt"), "notes").unwrap();
    fs::write(folder.path().join("._step 1.png"), "left by another system").unwrap();
    fs::create_dir(folder.path().join("step 13.png")).unwrap();

    let read = whole(folder.path());
    assert_eq!(shades(&read), (1..=12).map(|number| number * 20).collect::<Vec<_>>());
    assert!(read.iter().enumerate().all(|(i, frame)| frame.ordinal == i as u64));
    assert!(read.iter().enumerate().all(|(i, frame)| (frame.time - i as f64 / 25.0).abs() < 1e-9));

    let segment = Segment { start: Some(0.08), end: Some(0.2) };
    assert_eq!(shades(&frames(folder.path(), Sampling::Native, segment)), [60, 80, 100]);
    // Ticks at 0, 0.1, 0.2 … fall between the frames at multiples of 0.04.
    let sampled = frames(folder.path(), Sampling::Fps(10.0), Segment::default());
    assert_eq!(sampled.iter().map(|frame| frame.ordinal).collect::<Vec<_>>(), [0, 2, 5, 7, 10]);

    let reader = VideoReader::open(folder.path(), Sampling::Native, Segment::default()).unwrap();
    assert_eq!(reader.info().assumed_rate(), Some(25.0));
    assert_eq!(reader.info().expected_frames(Sampling::Native, Segment::default()), Some(12));
}

#[test]
fn an_unreadable_image_is_counted_and_replaced_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..10_u8 {
        shade(number).save(folder.path().join(format!("{number}.png"))).unwrap();
    }
    for broken in [0, 5] {
        fs::write(folder.path().join(format!("{broken}.png")), "\x7fno picture").unwrap();
    }
    let mut reader = VideoReader::open(folder.path(), Sampling::Fps(5.0), Segment::default()).unwrap();
    let read: Vec<u64> = reader.by_ref().map(|frame| frame.unwrap().ordinal).collect();
    assert_eq!(read, [1, 6]);
    assert_eq!(reader.faults().lost, 2);
}

#[test]
fn folders_that_are_not_clips_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(open_error(folder.path()).problem, Problem::NoImages));
    fs::write(folder.path().join("clip 1.mp4"), "a clip").unwrap();
    assert!(matches!(open_error(folder.path()).problem, Problem::NoImages));

    shade(1).save(folder.path().join("before.png")).unwrap();
    assert_eq!(whole(folder.path()).len(), 1);
    shade(1).save(folder.path().join("after.png")).unwrap();
    assert!(matches!(open_error(folder.path()).problem, Problem::NoNumbers));

    shade(1).save(folder.path().join("img_1.png")).unwrap();
    assert_eq!(whole(folder.path()).len(), 1);
    shade(1).save(folder.path().join("flow_x_1.png")).unwrap();
    let Problem::SeveralSeries { patterns } = open_error(folder.path()).problem else { panic!() };
    assert_eq!(patterns, "flow_x_#.png, img_#.png");

    let broken = tempfile::tempdir().unwrap();
    fs::write(broken.path().join("1.png"), "").unwrap();
    fs::write(broken.path().join("2.png"), "no picture").unwrap();
    assert!(matches!(open_error(broken.path()).problem, Problem::EmptyFile));
}

#[cfg(unix)]
mod pipes {
    use std::io::Write;
    use std::process::Command;
    use std::thread;

    use super::*;

    /// A named pipe through which another thread sends bytes once.
    fn pipe(path: &Path, bytes: Vec<u8>) -> thread::JoinHandle<()> {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        let path = path.to_owned();
        thread::spawn(move || {
            fs::OpenOptions::new().write(true).open(path).unwrap().write_all(&bytes).unwrap();
        })
    }

    /// An MP4 has its index at the end, and a start in the middle may read a clip twice.
    #[test]
    fn a_clip_through_a_pipe_equals_its_file() {
        for container in ["mp4", "mkv", "ts"] {
            let (folder, path) = fresh(&format!("clip.{container}"));
            reordered(30).write(&path, paint_number);
            let through = folder.path().join("pipe");
            let sender = pipe(&through, fs::read(&path).unwrap());
            let segment = Segment { start: Some(0.4), end: None };
            let expected = frames(&path, Sampling::Native, segment);
            assert_eq!(expected.len(), 20);
            assert!(frames(&through, Sampling::Native, segment) == expected, "{container}");
            // Named again, it is there still.
            assert_eq!(whole(&through).iter().map(painted_number).count(), 30);
            sender.join().unwrap();
        }
    }

    #[test]
    fn an_image_through_a_pipe_equals_its_file() {
        let (folder, path) = fresh("picture.png");
        shade(9).save(&path).unwrap();
        let through = folder.path().join("pipe");
        let sender = pipe(&through, fs::read(&path).unwrap());
        assert_eq!(whole(&through), whole(&path));
        sender.join().unwrap();
    }

    #[test]
    fn errors_name_the_pipe() {
        let (_folder, through) = fresh("pipe");
        let sender = pipe(&through, Vec::new());
        assert!(matches!(open_error(&through).problem, Problem::EmptyPipe));
        sender.join().unwrap();

        for bytes in [b"no video at all".to_vec(), b"\x89PNG\r\n\x1a\nand nothing".to_vec()] {
            let (_folder, through) = fresh("pipe");
            let sender = pipe(&through, bytes);
            open_error(&through);
            sender.join().unwrap();
        }
        assert!(matches!(open_error(Path::new("/dev/null")).problem, Problem::Device));
    }
}
