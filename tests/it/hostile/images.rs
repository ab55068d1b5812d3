//! Orientation and damage of still images, and folders of them.

use std::fs;
use std::path::Path;

use actalign_tui::video::{Frame, Problem, Sampling, Segment, VideoError, VideoReader, load_image};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use video_rs::ffmpeg::format::Pixel;
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::software::scaling::{Context, Flags};

use crate::support::clip::{Clip, fresh, lossless};

/// A picture that differs from all its turned and mirrored versions.
fn picture() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        let shade = 40 + 60 * u8::from(x >= 24) + 120 * u8::from(y >= 16);
        Rgb([shade, shade / 2 + (x as u8), 255 - shade])
    })
}

/// The pictures of a clip.
fn clip(path: &Path) -> Vec<RgbImage> {
    read(path).unwrap().0
}

/// The picture of an image.
fn image(path: &Path) -> RgbImage {
    shown(&load_image(path).unwrap())
}

/// The pictures of a clip, and the number of damaged or lost ones.
fn read(path: &Path) -> Result<(Vec<RgbImage>, usize), VideoError> {
    let mut reader = VideoReader::open(path, Sampling::Native, Segment::default())?;
    let frames = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    let info = reader.info();
    assert!(frames.iter().all(|frame| (frame.width, frame.height) == (info.width, info.height)), "{info:?}");
    Ok((frames.iter().map(shown).collect(), reader.faults().damaged_or_lost()))
}

fn shown(frame: &Frame) -> RgbImage {
    RgbImage::from_raw(frame.width, frame.height, frame.rgb.clone()).unwrap()
}

/// What EXIF and TIFF files begin with: one directory with the tag 274.
fn exif(orientation: u8, is_big_endian: bool) -> Vec<u8> {
    let fields: [&[u8]; 2] = match is_big_endian {
        true => [b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", b"\0\0\0\0\0\0"],
        false => [b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", b"\0\0\0\0\0\0\0"],
    };
    [fields[0], &[orientation], fields[1]].concat()
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&picture()).unwrap();
    if let Some(orientation) = orientation {
        let payload = [b"Exif\0\0", exif(orientation, true).as_slice()].concat();
        let length = (payload.len() as u16 + 2).to_be_bytes();
        bytes.splice(2..2, [b"\xff\xe1", length.as_slice(), &payload].concat());
    }
    bytes
}

fn png(orientation: Option<u8>, is_late: bool) -> Vec<u8> {
    let mut bytes = encoded(ImageFormat::Png);
    if let Some(orientation) = orientation {
        let payload = [b"eXIf", exif(orientation, false).as_slice()].concat();
        let length = (payload.len() as u32 - 4).to_be_bytes();
        let chunk = [length.as_slice(), &payload, &crc(&payload).to_be_bytes()].concat();
        // Behind the header, or before the end.
        let at = if is_late { bytes.len() - 12 } else { 33 };
        bytes.splice(at..at, chunk);
    }
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

fn paint(_: usize, frame: &mut RawFrame) {
    let (mut rgb, picture) = (RawFrame::new(Pixel::RGB24, 48, 32), picture());
    let stride = rgb.stride(0);
    for (row, pixels) in rgb.data_mut(0).chunks_mut(stride).zip(picture.rows()) {
        let bytes: Vec<u8> = pixels.flat_map(|pixel| pixel.0).collect();
        row[..bytes.len()].copy_from_slice(&bytes);
    }
    let flags = Flags::BILINEAR;
    Context::get(Pixel::RGB24, 48, 32, frame.format(), 48, 32, flags).unwrap().run(&rgb, frame).unwrap();
}

/// The picture as FFmpeg encodes it.
fn by_ffmpeg(ending: &str, codec: &'static str, format: Pixel) -> Vec<u8> {
    let (_folder, path) = fresh(&format!("picture.{ending}"));
    let options: &[_] = if codec == "libwebp" { &[("lossless", "1")] } else { &[] };
    Clip { codec, format, options, width: 48, height: 32, ..lossless(1) }.write(&path, paint);
    fs::read(path).unwrap()
}

fn webp(orientation: Option<u8>) -> Vec<u8> {
    let plain = by_ffmpeg("webp", "libwebp", Pixel::RGB32);
    let Some(orientation) = orientation else { return plain };
    let chunk = |name: &[u8; 4], payload: &[u8]| {
        let padding = vec![0; payload.len() % 2];
        [name, (payload.len() as u32).to_le_bytes().as_slice(), payload, &padding].concat()
    };
    // The extended header says that EXIF follows, and the size less one.
    let extended = chunk(b"VP8X", &[0x08, 0, 0, 0, 47, 0, 0, 31, 0, 0]);
    let pixels = plain.windows(4).position(|name| name == b"VP8L" || name == b"VP8 ").unwrap();
    let body = [b"WEBP", extended.as_slice(), &plain[pixels..], &chunk(b"EXIF", &exif(orientation, false))];
    chunk(b"RIFF", &body.concat())
}

/// Uncompressed, as the specification has it.
fn tiff(orientation: Option<u8>) -> Vec<u8> {
    let pixels = picture().into_raw();
    let mut tags: Vec<[u32; 4]> = vec![
        [256, 3, 1, 48],
        [257, 3, 1, 32],
        [258, 3, 1, 8],
        [259, 3, 1, 1],
        [262, 3, 1, 2],
        [273, 4, 1, 8],
        [277, 3, 1, 3],
        [278, 3, 1, 32],
        [279, 4, 1, pixels.len() as u32],
    ];
    if let Some(orientation) = orientation {
        tags.insert(6, [274, 3, 1, orientation.into()]);
    }
    let directory = (8 + pixels.len()) as u32;
    let mut bytes = [b"II\x2a\0", directory.to_le_bytes().as_slice(), &pixels].concat();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for [tag, kind, count, value] in tags {
        bytes.extend((tag as u16).to_le_bytes());
        bytes.extend((kind as u16).to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

/// Expected pictures are turned by the `image` crate.
#[test]
fn image_orientation_is_applied_in_every_format() {
    type Encode = fn(Option<u8>) -> Vec<u8>;
    let formats: [(&str, Encode); 5] = [
        ("jpg", jpeg),
        ("png", |orientation| png(orientation, false)),
        ("PNG", |orientation| png(orientation, true)),
        ("webp", webp),
        ("tif", tiff),
    ];
    for (ending, encode) in formats {
        let (folder, stored) = fresh("stored");
        fs::write(&stored, encode(None)).unwrap();
        let stored = DynamicImage::from(image(&stored));
        for value in 1..=8 {
            let mut expected = stored.clone();
            expected.apply_orientation(Orientation::from_exif(value).unwrap());
            let path = folder.path().join(format!("{value}/7.{ending}"));
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::write(&path, encode(Some(value))).unwrap();
            let expected = expected.to_rgb8();
            assert!(image(&path) == expected, "{ending} {value}");
            assert!(clip(&path) == [expected.clone()], "a clip, {ending} {value}");
            assert!(clip(path.parent().unwrap()) == [expected], "a folder, {ending} {value}");
            let reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
            let degrees = [0, 180, 180, 0, 90, 90, 270, 270][usize::from(value) - 1];
            assert_eq!(reader.info().rotation, degrees, "{ending} {value}");
        }
    }
}

#[test]
fn invalid_orientations_are_ignored() {
    let (_folder, path) = fresh("picture.jpg");
    fs::write(&path, jpeg(None)).unwrap();
    let upright = image(&path);
    for value in [0, 9, 255] {
        fs::write(&path, jpeg(Some(value))).unwrap();
        assert!(image(&path) == upright, "{value}");
    }
}

/// H.264 and HEVC have a message before the pictures: a turn anticlockwise, after mirroring.
#[test]
fn a_display_orientation_message_turns_a_video() {
    for (ending, codec, head, tail) in
        [("h264", "libx264", &[0x06][..], 0b01001), ("hevc", "libx265", &[0x4e, 0x01], 0b11000)]
    {
        let (_folder, path) = fresh(&format!("clip.{ending}"));
        let options: &[_] =
            if codec == "libx265" { &[("x265-params", "log-level=none")] } else { &[("crf", "10")] };
        let video =
            Clip { codec, options, format: Pixel::YUV420P, width: 96, height: 64, gop: 20, ..lossless(10) };
        video.write(&path, |_, frame| {
            let stride = frame.stride(0);
            for (y, row) in frame.data_mut(0).chunks_mut(stride).enumerate() {
                for (x, luma) in row.iter_mut().enumerate() {
                    *luma = 40 + 60 * u8::from(x >= 48) + 120 * u8::from(y >= 32);
                }
            }
            (1..3).for_each(|plane| frame.data_mut(plane).fill(128));
        });
        let plain = fs::read(&path).unwrap();
        let stored: Vec<_> = clip(&path).into_iter().map(DynamicImage::from).collect();
        assert_eq!(stored.len(), 10);
        for (flip, turn, exif) in [
            (0b00, 0x4000, 8),
            (0b00, 0x8000, 3),
            (0b00, 0xc000, 6),
            (0b10, 0, 2),
            (0b01, 0, 4),
            (0b10, 0x4000, 5),
            (0b10, 0xc000, 7),
        ] {
            let bits: u32 = flip << 21 | turn << 5 | tail;
            let message = [&[0, 0, 0, 1], head, &[47, 3], &bits.to_be_bytes()[1..], &[0x80]].concat();
            fs::write(&path, [message.as_slice(), &plain].concat()).unwrap();
            let expected = stored.iter().map(|frame| {
                let mut frame = frame.clone();
                frame.apply_orientation(Orientation::from_exif(exif).unwrap());
                frame.to_rgb8()
            });
            assert!(clip(&path).into_iter().eq(expected), "{ending} {exif}");
            let reader = VideoReader::open(&path, Sampling::Native, Segment::default()).unwrap();
            let degrees = [0, 180, 180, 0, 90, 90, 270, 270][exif as usize - 1];
            assert_eq!(reader.info().rotation, degrees, "{ending} {exif}");
        }
    }
}

/// All formats in which a file may end early, with more than one way to compress.
fn formats() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("jpg", jpeg(None)),
        ("png", png(None, false)),
        ("webp", webp(None)),
        ("webp", webp(Some(1))),
        ("tif", tiff(None)),
        ("tiff", by_ffmpeg("tiff", "tiff", Pixel::RGB24)),
        ("bmp", by_ffmpeg("bmp", "bmp", Pixel::BGR24)),
        ("gif", by_ffmpeg("gif", "gif", Pixel::RGB8)),
        ("ppm", by_ffmpeg("ppm", "ppm", Pixel::RGB24)),
        ("qoi", by_ffmpeg("qoi", "qoi", Pixel::RGB24)),
        ("exr", by_ffmpeg("exr", "exr", Pixel::GBRPF32LE)),
        ("tga", by_ffmpeg("tga", "targa", Pixel::BGR24)),
        ("ras", by_ffmpeg("sunras", "sunrast", Pixel::BGR24)),
        ("jp2", by_ffmpeg("jp2", "jpeg2000", Pixel::RGB24)),
    ]
}

#[test]
fn truncated_images_are_refused_unless_all_pixels_are_there() {
    for (ending, bytes) in formats() {
        let (folder, path) = fresh(&format!("1.{ending}"));
        fs::write(&path, &bytes).unwrap();
        let intact = image(&path);
        let mut refused = 0;
        for part in 1..40 {
            fs::write(&path, &bytes[..bytes.len() * part / 40]).unwrap();
            match load_image(&path) {
                Ok(image) => assert!(shown(&image) == intact, "{ending}: {part}/40 give other pixels"),
                Err(error) => {
                    assert!(error.to_string().contains(&format!("1.{ending}")), "{error}");
                    refused += 1;
                }
            }
            for path in [&path, folder.path()] {
                match read(path) {
                    Ok((frames, 0)) => {
                        assert!(frames == std::slice::from_ref(&intact), "{ending}: {part}/40")
                    }
                    Ok((_, skipped)) => panic!("{ending}: {part}/40 give a clip with {skipped} faults"),
                    Err(error) => assert!(error.to_string().contains(&format!("1.{ending}")), "{error}"),
                }
            }
        }
        assert!(refused > 30, "{ending}: {refused} of 39 are refused");
    }
}

#[test]
fn trailing_bytes_change_nothing() {
    for (ending, bytes) in formats() {
        let (_folder, path) = fresh(&format!("1.{ending}"));
        fs::write(&path, &bytes).unwrap();
        let intact = image(&path);
        for garbage in [vec![0; 5000], b"left behind by a transfer\r\n".repeat(40)] {
            fs::write(&path, [bytes.clone(), garbage].concat()).unwrap();
            assert!(image(&path) == intact, "{ending}");
            if ["jpg", "png"].contains(&ending) {
                assert!(read(&path).unwrap() == (vec![intact.clone()], 0), "{ending}");
            }
        }
    }
}

#[test]
fn a_jpeg_with_a_hole_in_its_pixels_is_refused() {
    let bytes = jpeg(None);
    let (_folder, path) = fresh("picture.jpg");
    let scan = bytes.windows(2).rposition(|marker| marker == b"\xff\xda").unwrap() + 14;
    let length = bytes.len() - 2 - scan;
    for start in (0..8).map(|part| scan + length * part / 8) {
        let hole = start..start + length / 8;
        let removed = [&bytes[..hole.start], &bytes[hole.end..]].concat();
        let zeroed = [&bytes[..hole.start], &vec![0; hole.len()], &bytes[hole.end..]].concat();
        for damaged in [removed, zeroed] {
            fs::write(&path, damaged).unwrap();
            let error = load_image(&path).unwrap_err();
            assert!(matches!(error.problem, Problem::DamagedImage(_)), "{error}");
        }
    }
}

#[test]
fn a_damaged_image_of_a_folder_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = jpeg(None);
    for number in 0..5 {
        let end = if number == 2 { bytes.len() * 2 / 3 } else { bytes.len() };
        fs::write(folder.path().join(format!("{number}.jpg")), &bytes[..end]).unwrap();
    }
    let (frames, skipped) = read(folder.path()).unwrap();
    assert_eq!((frames.len(), skipped), (4, 1));
}

#[test]
fn a_truncated_animation_counts_lost_frames() {
    let (_folder, path) = fresh("moving.gif");
    let moving = Clip { codec: "gif", format: Pixel::RGB8, width: 48, height: 32, ..lossless(6) };
    moving.write(&path, |i, frame| {
        paint(i, frame);
        frame.data_mut(0)[i] = 255;
    });
    assert_eq!(read(&path).unwrap().1, 0);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    let (pictures, lost) = read(&path).unwrap();
    assert!(pictures.len() >= 5 && lost >= 1, "{} {lost}", pictures.len());
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_of_images_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    picture().save(folder.path().join("1.png")).unwrap();
    let pipe = folder.path().join("2.png");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (pictures, lost) = read(folder.path()).unwrap();
    assert_eq!((pictures.len(), lost), (1, 1));
}

/// A phone's picture carries smaller ones for depth or brightness behind it.
#[test]
fn pictures_attached_to_a_jpeg_are_not_frames() {
    let mut bytes = jpeg(None);
    let (_folder, path) = fresh("picture.jpg");
    fs::write(&path, &bytes).unwrap();
    let intact = image(&path);
    bytes.splice(2..2, *b"\xff\xe2\0\x08MPF\0\0\0");
    bytes.extend(jpeg(None));
    fs::write(&path, bytes).unwrap();
    assert!(clip(&path) == [intact]);
}

#[test]
fn every_format_is_read_alone_as_a_clip_and_in_a_folder() {
    let mut formats = formats();
    formats.push(("avif", by_ffmpeg("avif", "libaom-av1", Pixel::YUV420P)));
    for (ending, bytes) in formats {
        let (folder, path) = fresh(&format!("7.{ending}"));
        fs::write(&path, bytes).unwrap();
        let picture = image(&path);
        assert_eq!(picture.dimensions(), (48, 32), "{ending}");
        assert!(clip(&path) == [picture.clone()], "{ending} as a clip");
        assert!(clip(folder.path()) == [picture], "{ending} in a folder");
    }
}
