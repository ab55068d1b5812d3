//! The frame under the cursor, decoded anew at the size at which it is shown.

use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;

use crate::explore::{Job, Thumbnail};
use crate::video::{Frame, FrameReader, thumbnail};

/// A frame of a clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FramePlace {
    /// Index of the clip.
    pub clip: usize,
    pub ordinal: u64,
    /// A time at which it is on screen, in seconds.
    pub time: f64,
    /// Ordinal of the first frame of the clip's segment, from which masks may count.
    pub first: u64,
}

impl FramePlace {
    /// Whether it is this frame of this clip.
    pub fn is_of(&self, clip: usize, ordinal: u64) -> bool {
        (self.clip, self.ordinal) == (clip, ordinal)
    }
}

/// A frame to decode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameRequest {
    pub place: FramePlace,
    /// Largest width and height of the picture.
    pub most: (u32, u32),
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
        let picture = match self.frame(job, request.place, is_wanted) {
            Ok(frame) => {
                let (frame, aspect) = frame?;
                Ok(Arc::new(thumbnail(&frame, aspect, request.most.0, request.most.1)))
            }
            Err(reason) => Err(reason),
        };
        Some(FramePicture { request, picture })
    }

    /// The small picture of a frame. `None` if it cannot be decoded, or once `is_wanted` is false.
    pub fn small(&self, job: &Job, place: FramePlace, is_wanted: impl Fn() -> bool) -> Option<Thumbnail> {
        let (width, height) = job.thumbnails?;
        let (frame, aspect) = self.frame(Some(job), place, is_wanted).ok()??;
        Thumbnail::new(place.ordinal, place.time, &thumbnail(&frame, aspect, width, height))
    }

    /// A frame with its masks, and width over height of its pixels. `None` once `is_wanted` is false.
    ///
    /// # Errors
    /// If there is no clip to decode, or it cannot be decoded: why not.
    pub fn frame(
        &self,
        job: Option<&Job>,
        place: FramePlace,
        is_wanted: impl Fn() -> bool,
    ) -> Result<Option<(Frame, f64)>, String> {
        let job = job.ok_or("the snapshot is open without its clip")?;
        if job.rows_per_second.is_some() {
            return Err("the clip is embeddings alone".to_owned());
        }
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.as_ref().is_none_or(|(clip, _)| *clip != place.clip) {
            *reader = Some((place.clip, FrameReader::new(job.clip.clone())));
        }
        let Some((_, reader)) = reader.as_mut() else { return Ok(None) };
        let read = reader.read(place.ordinal, place.time, is_wanted).map_err(|error| error.to_string())?;
        Ok(read.map(|(mut frame, aspect)| {
            job.masks.apply(place.first, &mut frame);
            (frame, aspect)
        }))
    }
}
