//! What the cache holds of a clip.
//!
//! Frames are kept apart from pictures: embeddings belong to a checkpoint, small pictures to every checkpoint. A clip
//! whose work was broken off has an entry of another kind, so that it never takes the place of a whole one.

use crate::explore::frames::EmbeddedFrame;
use crate::explore::identity::Identity;
use crate::explore::known::Known;
use crate::explore::pipeline::Job;
use crate::explore::strip::Strip;
use crate::siglip::Tower;
use crate::store::{Cache, Contents, Key, Kind};
use crate::video::{self, Faults, VideoInfo};

/// Counts the changes of this program that take other frames or other pixels from the same file.
const VERSION: u32 = 3;

/// A clip's place in the cache.
pub struct Record<'a> {
    cache: &'a Cache,
    clip: Contents,
    model: &'a Identity,
    dim: usize,
    frames: Key,
    partial: Key,
    strip: Option<Key>,
}

impl<'a> Record<'a> {
    /// The place of a job's clip. None without a cache, for what is no file, and where clip or checkpoint cannot be read.
    pub fn of(job: &'a Job) -> Option<Self> {
        let (cache, model) = job.model.keeps(Tower::Vision)?;
        let named = video::named_files(&job.clip).ok()?;
        let clip = cache.contents(&job.clip, &named).ok().flatten()?;
        let bound =
            |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{:016x}", time.to_bits()));
        let selection = format!(
            "{VERSION} {} {} {} {}",
            video::ffmpeg_version(),
            job.sampling,
            bound(job.segment.start),
            bound(job.segment.end)
        );
        // Without masks the key is what it was before there were any.
        let masks = (!job.masks.is_empty()).then(|| job.masks.describe());
        let of_clip: Vec<&[u8]> =
            [clip.digest(), &selection].into_iter().chain(masks.as_deref()).map(str::as_bytes).collect();
        let of_clip = || of_clip.iter().copied();
        let frames = |kind| Key::new(kind, of_clip().chain(model.ingredients()));
        let strip = |(width, height): (u32, u32)| {
            let size = format!("{width}×{height}");
            Key::new(Kind::Strip, of_clip().chain([size.as_bytes()]))
        };
        Some(Self {
            cache,
            model,
            dim: job.model.checkpoint().dim(),
            frames: frames(Kind::Frames),
            partial: frames(Kind::Partial),
            strip: job.thumbnails.map(strip),
            clip,
        })
    }

    /// All frames of the clip, and whether they are all: else those that an earlier run came to.
    pub fn frames(&self) -> Option<(Known, bool)> {
        let read = |key| Known::decode(self.cache.get(key)?.payload(), self.dim);
        let whole = read(&self.frames).map(|known| (known, true));
        whole.or_else(|| read(&self.partial).map(|known| (known, false)))
    }

    /// The small pictures of the clip.
    pub fn strip(&self) -> Option<Strip> {
        Strip::decode(self.cache.get(self.strip.as_ref()?)?.payload())
    }

    /// Keeps all frames of the clip.
    pub fn keep_frames(&self, info: &VideoInfo, frames: &[EmbeddedFrame], faults: &Faults) {
        if self.keep(&self.frames, || Known::encode(info, frames, faults)) {
            self.cache.remove(&self.partial);
        }
    }

    /// Keeps the frames that there are.
    pub fn keep_partial(&self, info: &VideoInfo, frames: &[EmbeddedFrame]) {
        self.keep(&self.partial, || Known::encode(info, frames, &Faults::default()));
    }

    /// Keeps the small pictures of the whole clip.
    pub fn keep_strip(&self, strip: &Strip) {
        if let Some(key) = &self.strip {
            self.keep(key, || strip.encode());
        }
    }

    /// A file that was changed since it was identified may be what the payload was made from.
    fn keep(&self, key: &Key, payload: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        let is_sound = self.clip.are_unchanged() && self.model.is_unchanged();
        let payload = if is_sound { payload() } else { None };
        if let Some(payload) = &payload {
            self.cache.put(key, payload);
        }
        payload.is_some()
    }
}
