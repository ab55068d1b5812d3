//! What becomes of a decoded frame: areas are masked, it is made small for film strips, and prepared for the model.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::backbone::Preprocessor;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::job::Job;
use crate::explore::queue::{Decoded, Prepared};
use crate::explore::strip::Thumbnail;
use crate::video::{Frame, Masks, thumbnail};

/// Prepares the frames of a job, several at a time.
pub struct Preparation {
    preprocessor: Preprocessor,
    masks: Arc<Masks>,
    /// Ordinal of the first frame of the segment.
    first: OnceLock<u64>,
    pub pixel_aspect: f64,
    /// Largest width and height of the small pictures, if wanted.
    pub thumbnails: Option<(u32, u32)>,
    /// Whether small pictures can be cached.
    pub keeps_pictures: bool,
    /// Ordinals of frames that this sampling has embedded.
    pub known: HashSet<u64>,
    /// Frames that another sampling has embedded.
    pub known_before: HashMap<u64, EmbeddedFrame>,
}

impl Preparation {
    /// Frames of a job, without small pictures and known frames.
    pub fn of(job: &Job) -> Self {
        Self {
            preprocessor: job.model.checkpoint().preprocessor(),
            masks: job.masks.clone(),
            first: OnceLock::new(),
            pixel_aspect: 1.0,
            thumbnails: None,
            keeps_pictures: false,
            known: HashSet::new(),
            known_before: HashMap::new(),
        }
    }

    /// Takes note of a frame. Must see the first frame of the segment, which every sampling takes, before it is prepared.
    pub fn begin(&self, frame: &Frame) {
        self.first.get_or_init(|| frame.ordinal);
    }

    /// The frame, its time and, `in_strip`, its small pictures.
    pub fn prepare(&self, mut frame: Frame, in_strip: bool) -> (Decoded, f64, Option<Thumbnail>) {
        self.mask(&mut frame);
        let (ordinal, time) = (frame.ordinal, frame.time);
        let rows = frame.shown.rows.clone();
        let thumbnail = self.thumbnails.filter(|_| in_strip).and_then(|(width, height)| {
            // A tick may take a frame that starts a little later.
            let from = rows.first().map_or(time, |row| row.min(time));
            Thumbnail::new(ordinal, from, &thumbnail(&frame, self.pixel_aspect, width, height))
        });
        let picture = thumbnail.as_ref().filter(|_| self.keeps_pictures).map(|made| made.picture.clone());
        let is_new = !self.known.contains(&ordinal);
        let known = self.known_before.get(&ordinal).filter(|known| is_new && known.time == time);
        let known = known.map(|known| EmbeddedFrame { shown: frame.shown.clone(), ..known.clone() });
        let to_embed = (is_new && known.is_none()).then(|| self.for_model(frame));
        (Decoded { ordinal, rows, known, picture, to_embed }, time, thumbnail)
    }

    /// A frame of a second pass over the clip, `is_wanted` if it was not embedded after the first.
    pub fn prepare_again(&self, mut frame: Frame, is_wanted: bool) -> Decoded {
        self.mask(&mut frame);
        let ordinal = frame.ordinal;
        let to_embed = is_wanted.then(|| self.for_model(frame));
        Decoded { ordinal, rows: Vec::new(), known: None, picture: None, to_embed }
    }

    fn mask(&self, frame: &mut Frame) {
        let first = self.first.get().copied().unwrap_or(frame.ordinal);
        self.masks.apply(first, frame);
    }

    fn for_model(&self, frame: Frame) -> Prepared {
        let image = self.preprocessor.prepare(&frame.rgb, frame.width, frame.height);
        Prepared { ordinal: frame.ordinal, time: frame.time, shown: frame.shown, image }
    }
}
