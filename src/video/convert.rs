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

/// What a conversion is set up for; a change in mid-stream sets up another.
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
/// whatever the size, and the range is limited unless the pixel format says otherwise (`yuvj*`).
/// `ffmpeg -pix_fmt rgb24` decides in the same way.
#[derive(Default)]
pub(super) struct Converter {
    current: Option<(Setup, Context)>,
    rgb: Option<RawFrame>,
}

// SAFETY: a swscale context has no tie to the thread that made it, and is reached through `&mut` only.
unsafe impl Send for Converter {}

impl Converter {
    /// Converts one picture; the result is borrowed until the next call. Rows may be padded
    /// (`stride(0)`).
    pub(super) fn convert(&mut self, picture: &RawFrame) -> Result<&RawFrame, ffmpeg::Error> {
        let setup = Setup::of(picture);
        if self.current.as_ref().is_none_or(|(current, _)| *current != setup) {
            self.current = Some((setup, setup.context()?));
            self.rgb = None;
        }
        let (_, context) = self.current.as_mut().expect("set up above");
        let rgb = self.rgb.get_or_insert_with(|| RawFrame::new(Pixel::RGB24, setup.width, setup.height));
        context.run(picture, rgb)?;
        Ok(rgb)
    }
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
            // swscale knows the matrices 1 to 10; 8 is YCgCo, which it has no table for.
            matrix: if (1..=10).contains(&matrix) && matrix != 2 && matrix != 8 { matrix } else { BT601 },
            full_range: range == FULL_RANGE,
        }
    }

    fn context(self) -> Result<Context, ffmpeg::Error> {
        let flags = Flags::BICUBIC | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT;
        let mut context =
            Context::get(self.format, self.width, self.height, Pixel::RGB24, self.width, self.height, flags)?;
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
