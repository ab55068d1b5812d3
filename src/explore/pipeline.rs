//! Embeds a clip and its texts in the background.
//!
//! One thread decodes, all cores resize and make thumbnails, another thread embeds with the two towers. Between two batches the
//! embedder checks for requested texts, and takes those decoded frames that cover the clip best. Cached embeddings are
//! reported first; if nothing is missing, nothing is decoded and no tower is loaded.
//!
//! In an even order, the whole clip is decoded at once. Frames for which there is no room are decoded in a second pass.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{Report, eyre};

use crate::backbone::{Tower, VisionTower};
use crate::background::catch_panic;
use crate::explore::cached_clip::CachedClip;
use crate::explore::cached_frames::CachedFrames;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::job::{Job, Update};
use crate::explore::npy_frames::read_rows;
use crate::explore::partial_save::PartialSave;
use crate::explore::preparation::Preparation;
use crate::explore::queue::{Decoded, FrameQueue, Prepared, Request, Texts};
use crate::explore::strip::{Picture, Strip, Thumbnail};
use crate::explore::texts::{embed_texts, known_texts};
use crate::video::{DecodeAhead, Faults, Ticks, VideoInfo, VideoReader};

/// Frames embedded before any text: a ranking needs some frames, and then texts before more frames.
const FIRST_BATCH: usize = 2;
/// A batch in an even order is at most one of so many parts of the frames decoded so far.
const SHARE: usize = 32;
/// Memory for decoded frames that wait to be embedded, in bytes.
const AHEAD_BYTES: usize = 256 << 20;

/// The running background work. Dropping it stops the work after the current batch.
pub struct Pipeline {
    requests: Option<Sender<Request>>,
    stop: Arc<AtomicBool>,
}

impl Pipeline {
    /// Starts the work. `emit` is called from the background threads.
    pub fn start(job: Job, emit: impl Fn(Update) + Clone + Send + 'static) -> Self {
        Self::begin(job, false, emit)
    }

    /// Starts the work. If it `waits`, it decodes the whole clip first, and before every batch of frames it waits for
    /// [`Pipeline::embed_next`].
    fn begin(job: Job, waits: bool, emit: impl Fn(Update) + Clone + Send + 'static) -> Self {
        let (sender, requests) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let embedder = Embedder { job, waits, emit: emit.clone(), requests, stop: stop.clone() };
        thread::spawn(move || match catch_panic("embedding", || embedder.run()) {
            Ok(Ok(())) => {}
            Ok(Err(report)) => emit(Update::Failed(report)),
            Err(panic) => emit(Update::Failed(eyre!(panic))),
        });
        Self { requests: Some(sender), stop }
    }

    /// Embeds these texts before any further frame, in place of those that wait.
    pub fn embed_texts(&self, texts: Vec<String>) {
        self.request(Request::Texts(texts));
    }

    /// Embeds these texts one by one when there is nothing else to do, in place of those that wait for that.
    pub fn prefetch_texts(&self, texts: Vec<String>) {
        self.request(Request::Prefetch(texts));
    }

    /// Embeds the frames with these ordinals before any other, in place of those named before.
    pub fn embed_next(&self, ordinals: Vec<u64>) {
        self.request(Request::Frames(ordinals));
    }

    fn request(&self, request: Request) {
        if let Some(sender) = &self.requests {
            // An embedder that has ended has reported why.
            let _ = sender.send(request);
        }
    }

    /// Ends the work once everything is embedded: no more texts follow.
    pub fn finish(&mut self) {
        self.requests = None;
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Runs a job to its end and hands each update to `take`.
pub fn embed_clip(job: Job, mut take: impl FnMut(Update)) -> Result<(), Report> {
    let (sender, updates) = channel();
    let mut pipeline = Pipeline::start(job, move |update| {
        // The receiver is gone only after an error.
        let _ = sender.send(update);
    });
    pipeline.finish();
    for update in updates {
        match update {
            Update::Failed(report) => return Err(report),
            update => take(update),
        }
    }
    Ok(())
}

/// Runs a job that decodes the whole clip first, and hands each update to `take`. Before each batch of frames, `choose` names the
/// ordinals of the next ones, or `None` to end the job.
pub fn embed_chosen<S>(
    job: Job,
    state: &mut S,
    take: impl Fn(&mut S, Update),
    choose: impl Fn(&mut S) -> Result<Option<Vec<u64>>, Report>,
) -> Result<(), Report> {
    let (sender, updates) = channel();
    let job = Job { cover_evenly: true, ..job };
    let pipeline = Pipeline::begin(job, true, move |update| {
        // The receiver is gone only after an error.
        let _ = sender.send(update);
    });
    let mut pipeline = Some(pipeline);
    for update in updates {
        match update {
            Update::Failed(report) => return Err(report),
            Update::Choose => match (choose(state)?, &pipeline) {
                (Some(ordinals), Some(pipeline)) => pipeline.embed_next(ordinals),
                // The loop ends when the embedded frames are saved.
                _ => pipeline = None,
            },
            Update::Idle => pipeline.iter_mut().for_each(Pipeline::finish),
            update => take(state, update),
        }
    }
    Ok(())
}

struct Embedder<E> {
    job: Job,
    waits: bool,
    emit: E,
    requests: Receiver<Request>,
    stop: Arc<AtomicBool>,
}

impl<E: Fn(Update) + Clone + Send + 'static> Embedder<E> {
    fn run(self) -> Result<(), Report> {
        let mut texts = Texts { wanted: self.job.texts.clone(), ..Texts::default() };
        let (mut queue, mut save) = self.begin(&mut texts.wanted)?;
        let waits = self.waits;
        let mut texts_may_come = true;
        let mut idle = false;

        while !self.stop.load(Ordering::Relaxed) {
            self.report_notice();
            loop {
                match self.requests.try_recv() {
                    Ok(request) => idle &= self.take(request, &mut texts, &mut queue),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        texts_may_come = false;
                        break;
                    }
                }
            }
            queue.fill(self.capacity(), waits, &self.emit)?;
            let known = queue.take_known();
            if !known.is_empty() {
                save.add(&known);
                (self.emit)(Update::Frames(known));
                idle = false;
            }

            // A few frames, then the texts, then the other frames: so there is a ranking early.
            if !texts.wanted.is_empty() && (!save.is_empty() || queue.is_finished() || waits) {
                let count = texts.wanted.len().min(self.job.model.batch(Tower::Text));
                let batch: Vec<String> = texts.wanted.drain(..count).collect();
                (self.emit)(Update::Texts(embed_texts(&self.job.model, batch)?));
                idle = false;
            } else if waits && queue.has_waiting() && !queue.has_chosen() {
                (self.emit)(Update::Choose);
                match self.requests.recv() {
                    Ok(request) => idle &= self.take(request, &mut texts, &mut queue),
                    Err(_) => break,
                }
            } else if let Some(batch) = queue.take(self.batch(&queue, &save), waits) {
                let frames = embed_frames(&*self.job.model.vision()?, batch)?;
                save.add(&frames);
                (self.emit)(Update::Frames(frames));
                idle = false;
            } else if let Some(dropped) = queue.dropped() {
                let decoder = self.decode_again(dropped.clone())?;
                queue.begin_second_pass(decoder);
            } else if queue.is_finished() {
                if !idle {
                    save.finish(queue.faults(), queue.strip());
                    self.report_notice();
                    (self.emit)(Update::Idle);
                    idle = true;
                } else if let Some(text) = texts.later.pop_front() {
                    let embedded = embed_texts(&self.job.model, vec![text])?;
                    embedded.into_iter().for_each(|text| (self.emit)(Update::Prefetched(text)));
                } else if !texts_may_come {
                    break;
                } else {
                    match self.requests.recv_timeout(Duration::from_millis(200)) {
                        Ok(request) => idle &= self.take(request, &mut texts, &mut queue),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => texts_may_come = false,
                    }
                }
            }
        }
        save.break_off();
        Ok(())
    }

    /// Frames to embed next: in an even order a small share of the clip, so that the next may follow from them.
    fn batch(&self, queue: &FrameQueue, save: &PartialSave) -> usize {
        let batch = self.job.model.batch(Tower::Vision);
        match (save.is_empty(), self.job.cover_evenly) {
            (true, _) => FIRST_BATCH,
            (false, true) => batch.min((queue.decoded() / SHARE).max(FIRST_BATCH)),
            (false, false) => batch,
        }
    }

    /// Reports cached embeddings, removes cached texts from `texts`, and starts decoding if frames are missing.
    fn begin(&self, texts: &mut Vec<String>) -> Result<(FrameQueue, PartialSave<'_>), Report> {
        if let Some(per_second) = self.job.rows_per_second {
            self.report_rows(per_second, texts)?;
            return Ok((FrameQueue::default(), PartialSave::idle()));
        }
        let record = CachedClip::of(&self.job);
        let known = record.as_ref().and_then(CachedClip::frames);
        let strip = match (&known, self.job.thumbnails) {
            (Some((_, true)), Some(_)) => record.as_ref().and_then(CachedClip::strip),
            (Some((_, true)), None) => Some(Strip::default()),
            _ => None,
        };
        if let (Some((known, true)), Some(strip)) = (&known, strip) {
            let count = known.frames.len();
            (self.emit)(Update::Opened { info: known.info.clone(), expected_frames: Some(count) });
            (self.emit)(Update::Frames(known.frames.clone()));
            *texts = self.report_known(std::mem::take(texts));
            for picture in strip.pictures() {
                let Picture { ordinal, time, .. } = **picture;
                (self.emit)(Update::Decoded { ordinal, time, thumbnail: Thumbnail::of(picture.clone()) });
            }
            (self.emit)(Update::AllDecoded { frames: count, faults: known.faults.clone() });
            return Ok((FrameQueue::default(), PartialSave::idle()));
        }

        let known_texts = known_texts(&self.job.model, texts);
        if !texts.is_empty() {
            // A bad tokenizer is reported before the clip is opened.
            self.job.model.checkpoint().tokenizer()?;
        }
        let (known, is_whole) = known.unzip();
        let frames = known.map_or_else(Vec::new, |known: CachedFrames| known.frames);
        let decoded = frames.iter().map(|frame| frame.ordinal).collect();
        let (info, decoder) = self.decode(decoded, record.is_some())?;
        if !frames.is_empty() {
            (self.emit)(Update::Frames(frames.clone()));
        }
        if !known_texts.is_empty() {
            (self.emit)(Update::Texts(known_texts));
        }
        let is_whole = is_whole.unwrap_or(false);
        if !is_whole && self.job.known.is_empty() {
            // Loading takes so long that the decoder runs ahead, and the first batch covers the clip.
            self.job.model.vision()?;
        }
        let queue = FrameQueue::new(decoder, self.job.cover_evenly);
        Ok((queue, PartialSave::new(record, info, frames, is_whole)))
    }

    /// Reports the frames of a `.npy` file that the sampling takes.
    fn report_rows(&self, per_second: f64, texts: &mut Vec<String>) -> Result<(), Report> {
        let mut frames = read_rows(&self.job.clip, per_second, self.job.model.checkpoint().dim())?;
        let info = VideoInfo::of_embeddings(frames.len(), per_second);
        let ticks = Ticks::new(self.job.sampling, self.job.segment, info.tolerance);
        frames.retain_mut(|frame| {
            frame.shown.rows = ticks.rows(frame.time, frame.shown.until);
            !frame.shown.rows.is_empty()
        });
        (self.emit)(Update::Opened { info, expected_frames: Some(frames.len()) });
        for &EmbeddedFrame { ordinal, time, .. } in &frames {
            (self.emit)(Update::Decoded { ordinal, time, thumbnail: None });
        }
        (self.emit)(Update::AllDecoded { frames: frames.len(), faults: Faults::default() });
        (self.emit)(Update::Frames(frames));
        *texts = self.report_known(std::mem::take(texts));
        Ok(())
    }

    /// Takes a request and reports what is cached of it. Returns whether an idle embedder stays idle.
    fn take(&self, request: Request, texts: &mut Texts, queue: &mut FrameQueue) -> bool {
        match request {
            Request::Frames(ordinals) => {
                queue.choose(ordinals);
                true
            }
            Request::Texts(wanted) => {
                // Older texts may belong to a template that is no longer shown.
                *texts = Texts { wanted: self.report_known(wanted), ..Texts::default() };
                false
            }
            Request::Prefetch(mut later) => {
                let known = known_texts(&self.job.model, &mut later);
                known.into_iter().for_each(|text| (self.emit)(Update::Prefetched(text)));
                texts.later = later.into();
                true
            }
        }
    }

    /// Reports the cached texts and returns the others.
    fn report_known(&self, mut texts: Vec<String>) -> Vec<String> {
        let known = known_texts(&self.job.model, &mut texts);
        if !known.is_empty() {
            (self.emit)(Update::Texts(known));
        }
        texts
    }

    fn report_notice(&self) {
        if let Some(notice) = self.job.model.take_notice() {
            (self.emit)(Update::Notice(notice));
        }
    }

    fn capacity(&self) -> usize {
        let pixels = self.job.model.checkpoint().preprocessor().most_pixels();
        (AHEAD_BYTES / (pixels * 3) / 2).max(self.job.model.batch(Tower::Vision))
    }

    /// Starts decoding on its own thread, without the `known` frames; `keeps`: small pictures can be cached.
    fn decode(&self, known: HashSet<u64>, keeps: bool) -> Result<(VideoInfo, DecodeAhead<Decoded>), Report> {
        let reader = VideoReader::open(&self.job.clip, self.job.sampling, self.job.segment)?;
        let info = reader.info().clone();
        let expected_frames = info.expected_frames(self.job.sampling, self.job.segment);
        let pixel_aspect = info.pixel_aspect;
        (self.emit)(Update::Opened { info: info.clone(), expected_frames });

        let mut preparation = Preparation::of(&self.job);
        preparation.thumbnails = self.job.thumbnails;
        preparation.keeps_pictures = keeps;
        preparation.pixel_aspect = pixel_aspect;
        preparation.known = known;
        let known_before = self.job.known.iter().map(|frame| (frame.ordinal, frame.clone()));
        preparation.known_before = known_before.collect();
        let preparation = Arc::new(preparation);
        let emit = self.emit.clone();
        let mut index = 0;
        let decoder = DecodeAhead::new(reader, self.capacity(), move |frame| {
            let (preparation, emit) = (preparation.clone(), emit.clone());
            preparation.begin(&frame);
            let in_strip = Strip::wants(index);
            index += 1;
            move || {
                let (decoded, time, thumbnail) = preparation.prepare(frame, in_strip);
                emit(Update::Decoded { ordinal: decoded.ordinal, time, thumbnail });
                decoded
            }
        });
        Ok((info, decoder))
    }

    /// Starts decoding the clip once more, for the frames with these ordinals.
    fn decode_again(&self, wanted: HashSet<u64>) -> Result<DecodeAhead<Decoded>, Report> {
        let reader = VideoReader::open(&self.job.clip, self.job.sampling, self.job.segment)?;
        let preparation = Arc::new(Preparation::of(&self.job));
        Ok(DecodeAhead::new(reader, self.capacity(), move |frame| {
            let preparation = preparation.clone();
            preparation.begin(&frame);
            let is_wanted = wanted.contains(&frame.ordinal);
            move || preparation.prepare_again(frame, is_wanted)
        }))
    }
}

fn embed_frames(tower: &VisionTower, batch: Vec<Prepared>) -> Result<Vec<EmbeddedFrame>, Report> {
    let (places, images): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|p| ((p.ordinal, p.time, p.shown), p.image)).unzip();
    let frame = |index: usize| format!("the frame at {:.3} s", places[index].1);
    let embeddings = tower.embed(&images).map_err(|error| error.naming(frame))?;
    Ok(places
        .into_iter()
        .zip(embeddings.rows())
        .map(|((ordinal, time, shown), row)| EmbeddedFrame {
            ordinal,
            time,
            shown,
            embedding: row.to_vec().into(),
        })
        .collect())
}
