//! Still images, alone and in folders of numbered ones.
//!
//! PNG and JPEG are decoded here, by decoders that refuse damage; other formats by FFmpeg.

pub(super) mod folder;
pub(super) mod header;
mod heif;
mod jpeg_scan;

use std::fs;
use std::io::{self, Cursor};
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decoder::{Decoder, Interval, OpenClip, Source};
use super::ffmpeg::open_image;
use super::info::IMAGES;
use super::input::Input;
use super::orientation::Orientation;
use super::{Frame, Problem, Shown, VideoError, VideoInfo};
use crate::files::input_file::read_bounded;
use folder::images_of;
use header::{ImageHeader, is_jpeg, is_png};

/// Images per second, where images make a clip: FFmpeg's own convention.
const RATE: f64 = 25.0;

const MAX_PIXELS: usize = 1 << 28;

pub(super) const MAX_IMAGE_BYTES: u64 = 1 << 30;

/// Opens a folder of images, and as one image every file that the decoders before it leave.
pub(super) struct Images;

impl Decoder for Images {
    fn open(&self, input: &Input, _start: Option<f64>) -> Result<Option<OpenClip>, VideoError> {
        let files = if input.is_folder {
            images_of(&input.path)?.into_iter().map(Input::listed).collect()
        } else {
            vec![input.clone()]
        };
        ImageSource::open(files).map(Some)
    }
}

struct ImageSource {
    files: Vec<Input>,
    /// How many were reached.
    passed: usize,
    lost: usize,
}

impl ImageSource {
    /// Looks for the first image that can be read, which gives the size.
    fn open(files: Vec<Input>) -> Result<OpenClip, VideoError> {
        let mut first_error = None;
        for file in &files {
            match load(file) {
                Ok((image, rotation)) => {
                    let info = VideoInfo {
                        width: image.width,
                        height: image.height,
                        pixel_aspect: 1.0,
                        rotation,
                        codec: IMAGES.to_owned(),
                        duration: Some(files.len() as f64 / RATE),
                        frame_rate: Some(RATE),
                        tolerance: 0.0,
                    };
                    let source = Box::new(Self { files, passed: 0, lost: 0 });
                    return Ok(OpenClip { source, info, base_rate: Some(RATE) });
                }
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        Err(first_error.expect("a clip of images has at least one"))
    }

    fn time(&self) -> f64 {
        (self.passed - 1) as f64 / RATE
    }
}

impl Source for ImageSource {
    fn advance(&mut self) -> Option<Interval> {
        if self.passed == self.files.len() {
            return None;
        }
        self.passed += 1;
        let (time, until) = (self.time(), self.passed as f64 / RATE);
        Some(Interval { ordinal: (self.passed - 1) as u64, time, until, is_damaged: false })
    }

    fn frame(&mut self) -> Result<Frame, VideoError> {
        let ordinal = self.passed - 1;
        let (image, _) = load(&self.files[ordinal]).inspect_err(|_| self.lost += 1)?;
        Ok(Frame { ordinal: ordinal as u64, time: self.time(), ..image })
    }

    fn lost(&self) -> usize {
        self.lost
    }
}

/// Reads an image as upright RGB; ordinal and time are 0. The contents decide what it is, not the name.
///
/// The pixels of a PNG are those of Pillow's `convert("RGB")`: alpha is dropped, 16-bit samples keep
/// their upper byte, except that 16-bit grey without alpha is clipped at 255. Of a moving image it is the first picture.
pub fn load_image(path: &Path) -> Result<Frame, VideoError> {
    let input = Input::of(path)?;
    if input.is_folder {
        return Err(input.unreadable(io::ErrorKind::IsADirectory.into()));
    }
    load(&input).map(|(image, _)| image)
}

/// An image, and the clockwise turn in degrees that it was given.
fn load(input: &Input) -> Result<(Frame, i32), VideoError> {
    let unreadable = |source| input.unreadable(source);
    let damaged = |reason| input.error(Problem::DamagedImage(reason));
    let metadata = fs::metadata(&input.path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(input.error(Problem::Device));
    }
    match metadata.len() {
        0 => return Err(input.error(Problem::EmptyFile)),
        1..=MAX_IMAGE_BYTES => {}
        bytes => return Err(damaged(format!("{bytes} bytes are too many"))),
    }
    let file = read_bounded(&input.path, MAX_IMAGE_BYTES).map_err(unreadable)?;
    let header = ImageHeader::read(&file);
    let decode = if is_png(&file) {
        decode_png
    } else if is_jpeg(&file) && !header.is_rare_jpeg {
        decode_jpeg
    } else {
        return load_other(input);
    };
    if let Some(damage) = header.damage {
        return Err(damaged(damage));
    }
    let rgb = decode(&file).map_err(damaged)?;
    let orientation = header.orientation.unwrap_or(Orientation::UPRIGHT);
    let (stored_width, stored_height) = rgb.dimensions();
    let (width, height) = orientation.upright_size(stored_width, stored_height);
    let rgb = orientation.apply(rgb.into_raw(), stored_width, stored_height);
    Ok((Frame { ordinal: 0, time: 0.0, shown: shown(), width, height, rgb }, orientation.clockwise_degrees()))
}

/// The first picture of an image in another format.
fn load_other(input: &Input) -> Result<(Frame, i32), VideoError> {
    let not_image = |error: VideoError| match error.problem {
        Problem::NotVideo(reason) | Problem::Unconvertible { reason, .. } => {
            input.error(Problem::NotImage(reason))
        }
        _ => error,
    };
    let OpenClip { mut source, info, .. } = open_image(input).map_err(not_image)?;
    source.advance().ok_or_else(|| input.error(Problem::NotImage("damaged".to_owned())))?;
    let frame = source.frame().map_err(not_image)?;
    Ok((Frame { time: 0.0, shown: shown(), ..frame }, info.rotation))
}

fn shown() -> Shown {
    Shown { until: 1.0 / RATE, rows: vec![0.0] }
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
        let (width, height) = decoder.dimensions().ok_or("no size")?;
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

/// 16-bit samples as 8-bit ones, each through `to_byte`.
fn narrow(image: &DynamicImage, to_byte: impl Fn(u16) -> u8) -> RgbImage {
    let wide = image.to_rgb16();
    let mut rgb = RgbImage::new(wide.width(), wide.height());
    for (to, from) in rgb.iter_mut().zip(wide.iter()) {
        *to = to_byte(*from);
    }
    rgb
}
