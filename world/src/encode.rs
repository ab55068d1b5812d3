//! Rendered clips as H.264 files.

use std::collections::HashMap;
use std::path::Path;

use image::RgbImage;
use video_rs::encode::Settings;
use video_rs::ffmpeg::format::Pixel;
use video_rs::ffmpeg::frame::Video;
use video_rs::{Encoder, Options};

use crate::dataset::RenderError;
use crate::rendered::{Boxes, Clip, Recording};
use actalign_tui::video::start_ffmpeg;

/// How a clip is stored.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Frames must be whole milliseconds apart: containers round the length of a clip to them.
    pub frames_per_second: u32,
    /// x264's constant rate factor.
    pub rate_factor: u32,
}

impl Format {
    /// Small files in which the flat colours stay clean.
    pub const EASY: Self = Self { size: (320, 240), frames_per_second: 20, rate_factor: 27 };
}

const KEY_FRAMES_EVERY: u64 = 60;

/// Encodes a clip, whole or not at all. Returns where athlete and prop are in each frame, with its time in seconds.
pub fn write(clip: &Clip, format: Format, path: &Path) -> Result<Vec<(f64, Boxes)>, RenderError> {
    write_film(clip.seconds(), |time| clip.picture(time, format.size), format, path)
}

/// Encodes a recording, whole or not at all.
pub fn write_recording(recording: &Recording, path: &Path) -> Result<(), RenderError> {
    // As many frames as are sampled by default: more would only take time.
    let format = Format { frames_per_second: 10, ..Format::EASY };
    write_film(recording.seconds(), |time| recording.picture(time, format.size), format, path).map(drop)
}

/// Encodes so many seconds of pictures.
fn write_film(
    seconds: f32,
    picture: impl Fn(f32) -> (RgbImage, Boxes),
    format: Format,
    path: &Path,
) -> Result<Vec<(f64, Boxes)>, RenderError> {
    start_ffmpeg();
    let written = |source| RenderError::Write { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new().prefix(".actalign-").tempdir_in(folder).map_err(written)?;
    let file = temporary.path().join("clip.mp4");
    let boxes = encode(seconds, picture, format, &file)
        .map_err(|error| RenderError::Encode { path: path.to_owned(), reason: error.to_string() })?;
    std::fs::rename(&file, path).map_err(written)?;
    Ok(boxes)
}

fn encode(
    seconds: f32,
    picture: impl Fn(f32) -> (RgbImage, Boxes),
    format: Format,
    file: &Path,
) -> Result<Vec<(f64, Boxes)>, video_rs::Error> {
    let Format { size, frames_per_second, rate_factor } = format;
    let options = HashMap::from([
        ("preset".to_owned(), "fast".to_owned()),
        ("crf".to_owned(), rate_factor.to_string()),
        // Clips are encoded side by side; one thread and the same arithmetic on every processor make the same file
        // everywhere.
        ("threads".to_owned(), "1".to_owned()),
        ("x264-params".to_owned(), "cpu-independent=1".to_owned()),
    ]);
    let settings = Settings::preset_h264_custom(
        size.0 as usize,
        size.1 as usize,
        Pixel::YUV420P,
        Options::from(options),
    )
    .with_keyframe_interval(KEY_FRAMES_EVERY);
    let mut encoder = Encoder::new(file, settings)?;
    let frames = (seconds * frames_per_second as f32) as u32;
    // The last picture comes twice: its packet has no duration, and the container drops what lasts no time.
    let mut places = Vec::new();
    for number in 0..=frames {
        let seconds = number.min(frames.saturating_sub(1)) as f32 / frames_per_second as f32;
        let (picture, boxes) = picture(seconds);
        if number < frames {
            places.push((f64::from(number) / f64::from(frames_per_second), boxes));
        }
        let mut frame = raw(&picture);
        let ticks = i64::from(number) * i64::from(encoder.time_base().denominator());
        let seconds = i64::from(frames_per_second) * i64::from(encoder.time_base().numerator());
        frame.set_pts(Some(ticks / seconds));
        encoder.encode_raw(frame)?;
    }
    encoder.finish()?;
    Ok(places)
}

fn raw(picture: &RgbImage) -> Video {
    let mut frame = Video::new(Pixel::RGB24, picture.width(), picture.height());
    let (row, stride) = (3 * picture.width() as usize, frame.stride(0));
    for (to, from) in frame.data_mut(0).chunks_mut(stride).zip(picture.as_raw().chunks(row)) {
        to[..row].copy_from_slice(from);
    }
    frame
}
