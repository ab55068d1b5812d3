//! The frame under the cursor, decoded anew at the size at which it is shown.

use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;

use crate::explore::Job;
use crate::video::{FrameReader, VideoError, thumbnail};

/// A frame to decode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameRequest {
    /// Index of the clip.
    pub clip: usize,
    pub ordinal: u64,
    /// A time at which it is on screen, in seconds.
    pub time: f64,
    /// Ordinal of the first frame of the clip's segment, from which masks may count.
    pub first: u64,
    /// Largest width and height of the picture.
    pub most: (u32, u32),
}

impl FrameRequest {
    /// Whether it asks for this frame of this clip.
    pub fn is_of(&self, clip: usize, ordinal: u64) -> bool {
        (self.clip, self.ordinal) == (clip, ordinal)
    }
}

/// A decoded frame: upright, with square pixels and masks; or why there is none.
#[derive(Debug)]
pub struct FramePicture {
    pub request: FrameRequest,
    pub picture: Result<Arc<RgbImage>, String>,
}

/// Decodes frames of the clip that was asked for last, which stays open.
#[derive(Default)]
pub struct PictureDecoder {
    reader: Mutex<Option<(usize, FrameReader)>>,
}

impl PictureDecoder {
    /// The picture of a request. `None` once `is_wanted` is false.
    pub fn decode(
        &self,
        job: Option<&Job>,
        request: FrameRequest,
        is_wanted: impl Fn() -> bool,
    ) -> Option<FramePicture> {
        let answer = |picture| Some(FramePicture { request, picture });
        let Some(job) = job else { return answer(Err("the snapshot is open without its clip".to_owned())) };
        if job.rows_per_second.is_some() {
            return answer(Err("the clip is embeddings alone".to_owned()));
        }
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.as_ref().is_none_or(|(clip, _)| *clip != request.clip) {
            *reader = Some((request.clip, FrameReader::new(job.clip.clone())));
        }
        let (_, reader) = reader.as_mut()?;
        match read(reader, job, request, is_wanted) {
            Ok(picture) => answer(Ok(Arc::new(picture?))),
            Err(error) => answer(Err(error.to_string())),
        }
    }
}

fn read(
    reader: &mut FrameReader,
    job: &Job,
    request: FrameRequest,
    is_wanted: impl Fn() -> bool,
) -> Result<Option<RgbImage>, VideoError> {
    let FrameRequest { ordinal, time, first, most, .. } = request;
    let Some((mut frame, aspect)) = reader.read(ordinal, time, is_wanted)? else { return Ok(None) };
    job.masks.apply(first, &mut frame);
    Ok(Some(thumbnail(&frame, aspect, most.0, most.1)))
}
