//! The cache entries of a clip: all frames and the frames so far (of one checkpoint), small pictures (of any).

use crate::backbone::Tower;
use crate::cache::{Cache, Contents, Key, Kind};
use crate::explore::cached_frames::CachedFrames;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::job::Job;
use crate::explore::model::Identity;
use crate::explore::strip::Strip;
use crate::video::{self, Faults, VideoInfo};

/// Increased when the program takes other frames or other pixels from the same file.
const VERSION: u32 = 3;

/// How many frames of a job's clip are in the cache, and whether they are all of them. Hashes the clip and the image tower,
/// unless the cache knows their hashes.
pub fn count_cached(job: &Job) -> (usize, bool) {
    let frames = CachedClip::of(job).and_then(|clip| clip.frames());
    frames.map_or((0, false), |(known, is_whole)| (known.frames.len(), is_whole))
}

pub struct CachedClip<'a> {
    cache: &'a Cache,
    clip: Contents,
    model: &'a Identity,
    dim: usize,
    frames: Key,
    partial: Key,
    strip: Option<Key>,
}

impl<'a> CachedClip<'a> {
    /// `None` without a cache, for a pipe, and if the clip or checkpoint cannot be read.
    pub fn of(job: &'a Job) -> Option<Self> {
        let (cache, model) = job.model.cache_of(Tower::Vision)?;
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
        // Keys without masks stay those of versions before masks.
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

    /// The cached frames, and whether they are all of the clip.
    pub fn frames(&self) -> Option<(CachedFrames, bool)> {
        let read = |key| CachedFrames::decode(self.cache.get(key)?.payload(), self.dim);
        let whole = read(&self.frames).map(|known| (known, true));
        whole.or_else(|| read(&self.partial).map(|known| (known, false)))
    }

    pub fn strip(&self) -> Option<Strip> {
        Strip::decode(self.cache.get(self.strip.as_ref()?)?.payload())
    }

    pub fn keep_frames(&self, info: &VideoInfo, frames: &[EmbeddedFrame], faults: &Faults) {
        if self.keep(&self.frames, || CachedFrames::encode(info, frames, faults)) {
            self.cache.remove(&self.partial);
        }
    }

    pub fn keep_partial(&self, info: &VideoInfo, frames: &[EmbeddedFrame]) {
        self.keep(&self.partial, || CachedFrames::encode(info, frames, &Faults::default()));
    }

    pub fn keep_strip(&self, strip: &Strip) {
        if let Some(key) = &self.strip {
            self.keep(key, || strip.encode());
        }
    }

    /// Saves nothing if clip or checkpoint have changed on disk: the payload may be of either version.
    fn keep(&self, key: &Key, payload: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        let is_sound = self.clip.are_unchanged() && self.model.is_unchanged();
        let payload = if is_sound { payload() } else { None };
        if let Some(payload) = &payload {
            self.cache.put(key, payload);
        }
        payload.is_some()
    }
}
