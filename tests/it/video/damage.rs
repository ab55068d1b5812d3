//! Reading any damaged clip ends, with frames or with an error that names it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use actalign_tui::video::{Sampling, Segment, VideoReader, load_image};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use video_rs::ffmpeg::format::Pixel;

use crate::support::clip::{Clip, fresh, lossless, paint_number, reordered};

#[derive(Clone, Debug)]
enum Damage {
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    CutShort(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), vec(any::<u8>(), 1..64)).prop_map(|(at, bytes)| Damage::Overwrite(at, bytes)),
        1 => (at(), vec(any::<u8>(), 1..64)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (at(), 1..500_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        1 => at().prop_map(Damage::CutShort),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Overwrite(at, with) => {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + with.len());
                bytes[at..end].copy_from_slice(&with[..end - at]);
            }
            Self::Insert(at, what) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, what.iter().copied());
            }
            Self::Remove(at, length) => {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Self::CutShort(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
}

/// Reads what can be read; every frame is whole and later than the one before.
fn read(path: &Path, segment: Segment) -> Result<(), TestCaseError> {
    let name = path.to_str().unwrap();
    let mut reader = match VideoReader::open(path, Sampling::Native, segment) {
        Ok(reader) => reader,
        Err(error) => {
            prop_assert!(error.to_string().contains(name), "{}", error);
            return Ok(());
        }
    };
    let (mut count, mut last) = (0, None);
    while let Some(frame) = reader.next() {
        match frame {
            Ok(frame) => {
                prop_assert_eq!(frame.rgb.len(), frame.width as usize * frame.height as usize * 3);
                prop_assert!(frame.time.is_finite());
                prop_assert!(
                    last.is_none_or(|(ordinal, time)| frame.ordinal > ordinal && frame.time >= time)
                );
                last = Some((frame.ordinal, frame.time));
                count += 1;
                prop_assert!(count < 10_000, "no end");
            }
            Err(error) => {
                prop_assert!(error.to_string().contains(name), "{}", error);
                prop_assert!(count == 0 && reader.next().is_none());
            }
        }
    }
    Ok(())
}

const CONTAINERS: [&str; 6] = ["mp4", "mkv", "ts", "mov", "avi", "gif"];
const IMAGES: [&str; 4] = ["png", "jpg", "bmp", "webp"];

/// A small clip in a container, or an image.
fn made(ending: &str) -> Vec<u8> {
    static MADE: LazyLock<BTreeMap<&str, Vec<u8>>> =
        LazyLock::new(|| CONTAINERS.into_iter().chain(IMAGES).map(|ending| (ending, make(ending))).collect());
    MADE[ending].clone()
}

fn make(ending: &str) -> Vec<u8> {
    let (_folder, path) = fresh(&format!("clip.{ending}"));
    let of = |codec, format, frames| Clip { codec, format, ..lossless(frames) };
    match ending {
        "mov" => of("png", Pixel::GRAY8, 8),
        "gif" => of("gif", Pixel::GRAY8, 8),
        "png" => of("png", Pixel::RGB24, 1),
        "jpg" => of("mjpeg", Pixel::YUVJ420P, 1),
        "bmp" => of("bmp", Pixel::BGR24, 1),
        "webp" => of("libwebp", Pixel::YUV420P, 1),
        "avi" => Clip { codec: "mpeg4", ..reordered(20) },
        _ => reordered(20),
    }
    .write(&path, |number, frame| {
        if CONTAINERS.contains(&ending) {
            paint_number(number, frame);
        }
    });
    fs::read(path).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_clip_gives_frames_or_an_error(
        container in select(CONTAINERS.to_vec()),
        damages in vec(damage(), 1..6),
        start in prop::option::of(0..900_u32),
    ) {
        let mut bytes = made(container);
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        let (_folder, path) = fresh(&format!("clip.{container}"));
        fs::write(&path, bytes).unwrap();
        read(&path, Segment { start: start.map(|millis| f64::from(millis) / 1000.0), end: None })?;
    }

    #[test]
    fn a_damaged_image_is_read_or_refused(
        ending in select(IMAGES.to_vec()),
        damages in vec(damage(), 1..6),
    ) {
        let (_folder, path) = fresh(&format!("picture.{ending}"));
        let mut bytes = made(ending);
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        fs::write(&path, bytes).unwrap();
        read(&path, Segment::default())?;
        if let Err(error) = load_image(&path) {
            prop_assert!(error.to_string().contains(path.to_str().unwrap()), "{}", error);
        }
    }
}
