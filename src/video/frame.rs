use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use image::imageops;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, ImageReader, Rgb, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::VideoError;
use super::container::Container;
use super::footage::Footage;
use super::image_file::{ImageFile, is_jpeg, is_png};
use super::images::RATE;
use super::orientation::Orientation;
use super::place::Place;
use super::sampling::Shown;
use crate::input_file::read_bounded;

/// Pixels that an image may have.
const MAX_PIXELS: usize = 1 << 28;

/// Bytes that the file of an image may have.
pub(super) const MAX_IMAGE_BYTES: u64 = 1 << 30;

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

/// Reads an image, told by its content, as RGB, upright; ordinal and time are 0.
///
/// The pixels of a PNG are those of Pillow's `convert("RGB")`: alpha is dropped, 16-bit samples keep
/// their upper byte, except that 16-bit grey without alpha is clipped at 255. What is neither PNG nor
/// JPEG is FFmpeg's to decode; of a moving image it is the first picture.
///
/// # Errors
/// If the file cannot be read, or is no image or a damaged one.
pub fn load_image(path: &Path) -> Result<Frame, VideoError> {
    let place = Place::of(path)?;
    if place.is_folder {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(VideoError::Unreadable { path: place.name, source });
    }
    load(&place).map(|(image, _)| image)
}

/// As [`load_image`], from a file; also how the image was turned.
pub(super) fn load(place: &Place) -> Result<(Frame, Orientation), VideoError> {
    let unreadable = |source| VideoError::Unreadable { path: place.name.clone(), source };
    let bad = |reason: String| VideoError::BadImage { path: place.name.clone(), reason };
    let metadata = fs::metadata(&place.path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(VideoError::Device { path: place.name.clone() });
    }
    match metadata.len() {
        0 => return Err(VideoError::EmptyFile { path: place.name.clone() }),
        1..=MAX_IMAGE_BYTES => {}
        bytes => return Err(bad(format!("{bytes} bytes are too many"))),
    }
    let file = read_bounded(&place.path, MAX_IMAGE_BYTES).map_err(unreadable)?;
    let image = ImageFile::read(&file);
    let decode = if is_png(&file) {
        decode_png
    } else if is_jpeg(&file) && !image.is_rare_jpeg {
        decode_jpeg
    } else {
        return decode_with_ffmpeg(place);
    };
    if let Some(damage) = image.damage {
        return Err(bad(damage));
    }
    let rgb = decode(&file).map_err(bad)?;
    let orientation = image.orientation.unwrap_or(Orientation::UPRIGHT);
    let (width, height) = orientation.upright_size(rgb.width(), rgb.height());
    let (stored_width, stored_height) = rgb.dimensions();
    let rgb = orientation.apply(rgb.into_raw(), stored_width, stored_height);
    let shown = Shown { until: 1.0 / RATE, rows: vec![0.0] };
    Ok((Frame { ordinal: 0, time: 0.0, shown, width, height, rgb }, orientation))
}

/// Refuses what other decoders fill up with grey where coefficients are missing or make no sense.
fn decode_jpeg(file: &[u8]) -> Result<RgbImage, String> {
    let decode = |is_strict| {
        let options = DecoderOptions::default()
            .set_strict_mode(is_strict)
            .set_max_width(usize::MAX)
            .set_max_height(usize::MAX);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
        decoder.decode_headers().map_err(|error| error.to_string())?;
        let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
        let shown = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
        decoder.set_options(decoder.options().jpeg_set_out_colorspace(shown));
        let (width, height) = decoder.dimensions().ok_or("it has no size")?;
        if width * height > MAX_PIXELS {
            return Err(format!("{width} by {height} pixels are too many"));
        }
        let pixels = decoder.decode().map_err(|error| error.to_string())?;
        let (width, height) = (width as u32, height as u32);
        let image = if is_grey {
            GrayImage::from_raw(width, height, pixels).map(|grey| DynamicImage::from(grey).into_rgb8())
        } else {
            RgbImage::from_raw(width, height, pixels)
        };
        image.ok_or_else(|| "pixels are missing".to_owned())
    };
    match decode(true) {
        // Bytes that some cameras leave between headers change no pixel.
        Err(reason) if reason.contains("Extra bytes between headers") => decode(false),
        decoded => decoded,
    }
}

fn decode_png(file: &[u8]) -> Result<RgbImage, String> {
    let reader = ImageReader::with_format(Cursor::new(file), ImageFormat::Png);
    let image = reader.decode().map_err(|error| error.to_string())?;
    Ok(match image {
        DynamicImage::ImageLuma16(_) => narrow(&image, |sample| sample.min(255) as u8),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => {
            narrow(&image, |sample| (sample >> 8) as u8)
        }
        other => other.into_rgb8(),
    })
}

fn decode_with_ffmpeg(place: &Place) -> Result<(Frame, Orientation), VideoError> {
    let not_image =
        |reason: &str| VideoError::NotImage { path: place.name.clone(), reason: reason.to_owned() };
    let container = Container::open(place).map_err(|error| match error {
        VideoError::NotVideo { reason, .. } => not_image(&reason),
        other => other,
    })?;
    let Some(image) = &container.image else { return Err(not_image("it is a video or sound")) };
    if let Some(reason) = &image.damage {
        return Err(VideoError::BadImage { path: place.name.clone(), reason: reason.clone() });
    }
    let header = container.orientation;
    let mut pictures = container.pictures();
    let orientation = header.or_else(|| pictures.orientation()).unwrap_or(Orientation::UPRIGHT);
    let mut footage = Footage::new(pictures, Some(orientation), false, Box::new(|| None));
    footage.advance().ok_or_else(|| not_image("it is damaged"))?;
    let frame = footage.frame().map_err(|(_, error)| not_image(&error.to_string()))?;
    let shown = Shown { until: 1.0 / RATE, rows: vec![0.0] };
    Ok((Frame { time: 0.0, shown, ..frame }, orientation))
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
