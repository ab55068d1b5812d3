use std::ptr;

use video_rs::ffmpeg;
use video_rs::ffmpeg::ffi;
use video_rs::ffmpeg::format::Pixel;
use video_rs::ffmpeg::frame::Video as RawFrame;
use video_rs::ffmpeg::software::scaling::{Context, Flags};

/// `AVCOL_SPC_BT470BG`: what FFmpeg's own tools take where a file names no colour matrix.
const BT601: i32 = 5;
/// `AVCOL_RANGE_JPEG`.
const FULL_RANGE: i32 = 2;

/// The pictures that a conversion is set up for; they may change in mid-stream.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Setup {
    format: Pixel,
    width: u32,
    height: u32,
    matrix: i32,
    full_range: bool,
}

/// Turns decoded pictures of any pixel format into packed 8-bit RGB of the same size.
///
/// Colour matrix and range are those of each picture; where the matrix is unspecified it is BT.601
/// whatever the size, and the range is limited unless the pixel format has full range (`yuvj*`).
///
/// `ffmpeg -sws_flags bicubic+accurate_rnd+full_chroma_int -pix_fmt rgb24` gives the same bytes.
/// Without these flags FFmpeg, and PyAV with it, takes a short cut that repeats chroma samples and
/// rounds down: the same matrix and range, about one level darker on average.
#[derive(Default)]
pub(super) struct Converter {
    current: Option<(Setup, Context)>,
    converted: Option<RawFrame>,
}

// SAFETY: a swscale context has no tie to the thread that made it, and is reached through `&mut` only.
unsafe impl Send for Converter {}

impl Converter {
    /// The picture's pixels as stored, row by row without padding, three bytes each.
    pub(super) fn convert(&mut self, picture: &RawFrame) -> Result<Vec<u8>, ffmpeg::Error> {
        let setup = Setup::of(picture);
        if self.current.as_ref().is_none_or(|(current, _)| *current != setup) {
            self.current = Some((setup, setup.context()?));
            self.converted = None;
        }
        let (_, context) = self.current.as_mut().expect("set up above");
        let converted =
            self.converted.get_or_insert_with(|| RawFrame::new(setup.target(), setup.width, setup.height));
        context.run(picture, converted)?;
        Ok(pack(converted))
    }
}

/// The pixels of an `RGB24` or `GBRP` picture in packed RGB without padding.
fn pack(picture: &RawFrame) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let row = |plane: usize, y: usize, bytes: usize| {
        let start = y * picture.stride(plane);
        &picture.data(plane)[start..start + bytes]
    };
    let mut packed = vec![0; width * height * 3];
    for (y, target) in packed.chunks_exact_mut(width * 3).enumerate() {
        if picture.format() == Pixel::RGB24 {
            target.copy_from_slice(row(0, y, width * 3));
            continue;
        }
        let (green, blue, red) = (row(0, y, width), row(1, y, width), row(2, y, width));
        let planes = red.iter().zip(green).zip(blue);
        for (pixel, ((&red, &green), &blue)) in target.chunks_exact_mut(3).zip(planes) {
            pixel.copy_from_slice(&[red, green, blue]);
        }
    }
    packed
}

impl Setup {
    fn of(picture: &RawFrame) -> Self {
        // Read as plain numbers: a damaged file may carry values that the enumerations lack.
        // SAFETY: the pointer is that of a live frame, and both fields are C enumerations, int-sized.
        let (matrix, range) = unsafe {
            let raw = picture.as_ptr();
            (
                ptr::addr_of!((*raw).colorspace).cast::<i32>().read(),
                ptr::addr_of!((*raw).color_range).cast::<i32>().read(),
            )
        };
        Self {
            format: picture.format(),
            width: picture.width(),
            height: picture.height(),
            // swscale knows the matrices 1 to 10; 8 is YCgCo, for which it has no table.
            matrix: if (1..=10).contains(&matrix) && matrix != 2 && matrix != 8 { matrix } else { BT601 },
            full_range: range == FULL_RANGE,
        }
    }

    /// Planar RGB for luma and chroma: as exact as packed RGB and four times as fast. The rest goes straight to packed RGB.
    fn target(self) -> Pixel {
        let descriptor = self.format.descriptor();
        // SAFETY: a descriptor is static data.
        let is_yuv = descriptor.is_some_and(|descriptor| unsafe {
            let descriptor = &*descriptor.as_ptr();
            descriptor.nb_components >= 3 && descriptor.flags & ffi::AV_PIX_FMT_FLAG_RGB as u64 == 0
        });
        if is_yuv { Pixel::GBRP } else { Pixel::RGB24 }
    }

    fn context(self) -> Result<Context, ffmpeg::Error> {
        let flags = Flags::BICUBIC | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT;
        let mut context = Context::get(
            self.format,
            self.width,
            self.height,
            self.target(),
            self.width,
            self.height,
            flags,
        )?;
        // SAFETY: the context is live; the coefficient tables are FFmpeg's static data. The call
        // answers -1 for sources without a colour matrix (RGB), which need none.
        unsafe {
            let source = ffi::sws_getCoefficients(self.matrix);
            let unused = ffi::sws_getCoefficients(BT601);
            let one = 1 << 16;
            ffi::sws_setColorspaceDetails(
                context.as_mut_ptr(),
                source,
                i32::from(self.full_range),
                unused,
                0,
                0,
                one,
                one,
            );
        }
        Ok(context)
    }
}
