use std::fs;
use std::io;
use std::path::Path;

use image::imageops;
use image::{DynamicImage, ImageBuffer, ImageFormat, ImageReader, Rgb, RgbImage};

use super::VideoError;
use super::container::Container;
use super::footage::Footage;
use super::images::RATE;
use super::place::Place;
use super::sampling::Shown;

/// One picture: upright, 8-bit RGB.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Number of the decoded picture in presentation order, from 0.
    pub ordinal: u64,
    /// Presentation time in seconds from the start of the video.
    pub time: f64,
    /// How long it stays on screen, and how often it counts.
    pub shown: Shown,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` pixels row by row, three bytes each.
    pub rgb: Vec<u8>,
}

/// Shrinks a frame to fit into `max_w` × `max_h`, in square pixels and with its aspect kept; a frame
/// that already fits keeps its height, and is stretched only by `pixel_aspect` (width over height of
/// a stored pixel).
///
/// # Panics
/// If `rgb` holds fewer than `width * height * 3` bytes.
pub fn thumbnail(frame: &Frame, pixel_aspect: f64, max_w: u32, max_h: u32) -> RgbImage {
    let stored = ImageBuffer::<Rgb<u8>, &[u8]>::from_raw(frame.width, frame.height, &frame.rgb)
        .expect("a frame holds width * height * 3 bytes");
    let aspect = if pixel_aspect.is_finite() && pixel_aspect > 0.0 { pixel_aspect } else { 1.0 };
    let (width, height) = (f64::from(frame.width) * aspect, f64::from(frame.height));
    let scale = (f64::from(max_w) / width).min(f64::from(max_h) / height).min(1.0);
    let fit = |side: f64, max: u32| ((side * scale).round() as u32).clamp(1, max.max(1));
    imageops::thumbnail(&stored, fit(width, max_w), fit(height, max_h))
}

/// Reads an image, told by its content, as RGB; ordinal and time are 0.
///
/// The pixels of a PNG are those of Pillow's `convert("RGB")`: alpha is dropped, 16-bit samples keep
/// their upper byte, except that 16-bit grey without alpha is clipped at 255. What is neither PNG nor
/// JPEG is FFmpeg's to decode; of a moving image it is the first picture.
///
/// # Errors
/// If the file cannot be read, or is no image.
pub fn load_image(path: &Path) -> Result<Frame, VideoError> {
    let place = Place::of(path)?;
    if place.is_folder {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(VideoError::Unreadable { path: place.name, source });
    }
    load(&place)
}

/// As [`load_image`], from a file.
pub(super) fn load(place: &Place) -> Result<Frame, VideoError> {
    let unreadable = |source| VideoError::Unreadable { path: place.name.clone(), source };
    if fs::metadata(&place.path).map_err(unreadable)?.len() == 0 {
        return Err(VideoError::EmptyFile { path: place.name.clone() });
    }
    let reader =
        ImageReader::open(&place.path).map_err(unreadable)?.with_guessed_format().map_err(unreadable)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return decode_with_ffmpeg(place);
    }
    let image =
        reader.decode().map_err(|source| VideoError::BadImage { path: place.name.clone(), source })?;
    let rgb = match image {
        DynamicImage::ImageLuma16(_) => narrow(&image, |sample| sample.min(255) as u8),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            narrow(&image, |sample| (sample >> 8) as u8)
        }
        other => other.into_rgb8(),
    };
    let (width, height) = rgb.dimensions();
    let shown = Shown { until: 1.0 / RATE, rows: vec![0.0] };
    Ok(Frame { ordinal: 0, time: 0.0, shown, width, height, rgb: rgb.into_raw() })
}

fn decode_with_ffmpeg(place: &Place) -> Result<Frame, VideoError> {
    let not_image =
        |reason: &str| VideoError::NotImage { path: place.name.clone(), reason: reason.to_owned() };
    let container = Container::open(place).map_err(|error| match error {
        VideoError::NotVideo { reason, .. } => not_image(&reason),
        other => other,
    })?;
    if !container.is_image() {
        return Err(not_image("it is a video or sound"));
    }
    let orientation = container.orientation;
    let mut footage = Footage::new(container.pictures(), orientation, Box::new(|| None));
    footage.advance().ok_or_else(|| not_image("it is damaged"))?;
    let frame = footage.frame().map_err(|(_, error)| not_image(&error.to_string()))?;
    let shown = Shown { until: 1.0 / RATE, rows: vec![0.0] };
    Ok(Frame { time: 0.0, shown, ..frame })
}

/// 16-bit samples as 8-bit ones, each through `to_byte`.
fn narrow(image: &DynamicImage, to_byte: impl Fn(u16) -> u8) -> RgbImage {
    let wide = image.to_rgb16();
    let mut rgb = RgbImage::new(wide.width(), wide.height());
    for (to, from) in rgb.iter_mut().zip(wide.iter()) {
        *to = to_byte(*from);
    }
    rgb
}
