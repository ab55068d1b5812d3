use image::{GenericImageView, ImageBuffer, Rgb, RgbImage, imageops};

/// One picture: upright, 8-bit RGB.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Number of the decoded picture in presentation order, from 0.
    pub ordinal: u64,
    /// Presentation time in seconds from the start of the video.
    pub time: f64,
    pub shown: Shown,
    pub width: u32,
    pub height: u32,
    /// `width * height` pixels row by row, three bytes each.
    pub rgb: Vec<u8>,
}

/// How long a picture stays on screen, and the rows of the matrix that it fills.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// When the next picture appears, in seconds of presentation time.
    pub until: f64,
    /// Times of its rows in seconds: the ticks of the sampling at which it is on screen. At least one.
    pub rows: Vec<f64>,
}

impl Shown {
    /// A picture that fills one row, at its own time.
    pub fn once(time: f64) -> Self {
        Self { until: time, rows: vec![time] }
    }
}

/// Shrinks a frame into `max_w` × `max_h` with square pixels; `pixel_aspect` is width over height of a stored pixel.
pub fn thumbnail(frame: &Frame, pixel_aspect: f64, max_w: u32, max_h: u32) -> RgbImage {
    let stored = ImageBuffer::<Rgb<u8>, &[u8]>::from_raw(frame.width, frame.height, &frame.rgb)
        .expect("a frame holds width * height * 3 bytes");
    shrink(&stored, pixel_aspect, max_w, max_h)
}

/// The same for any picture.
pub fn shrink(
    picture: &impl GenericImageView<Pixel = Rgb<u8>>,
    pixel_aspect: f64,
    max_w: u32,
    max_h: u32,
) -> RgbImage {
    let aspect = if pixel_aspect.is_finite() && pixel_aspect > 0.0 { pixel_aspect } else { 1.0 };
    let (width, height) = (f64::from(picture.width()) * aspect, f64::from(picture.height()));
    let scale = (f64::from(max_w) / width).min(f64::from(max_h) / height).min(1.0);
    let fit = |side: f64, max: u32| ((side * scale).round() as u32).clamp(1, max.max(1));
    imageops::thumbnail(picture, fit(width, max_w), fit(height, max_h))
}
