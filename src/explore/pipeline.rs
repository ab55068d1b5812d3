//! Clip and checkpoint in, embeddings out, in the background.
//!
//! One thread decodes, resizes and makes thumbnails; another embeds with the two towers. Between two batches the
//! embedder looks whether texts are wanted, and takes the frames that cover the clip best among those decoded.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{Report, eyre};
use image::RgbImage;

use crate::explore::coverage::even_coverage;
use crate::explore::frames::EmbeddedFrame;
use crate::explore::model::Model;
use crate::siglip::{Checkpoint, Square, TextTower, VisionTower};
use crate::video::{DecodeAhead, Sampling, Segment, VideoInfo, VideoReader, thumbnail};
use crate::words::panic_in_words;

/// Frames or texts embedded at a time: enough to keep the processor busy, few enough to answer a request soon.
const BATCH: usize = 8;
/// Frames embedded before any text: a ranking needs some, and texts to rank them with more urgently than others.
const FIRST_BATCH: usize = 2;
/// Memory that decoded, not yet embedded frames may take.
const AHEAD_BYTES: usize = 256 << 20;

/// What to embed, and how.
#[derive(Clone)]
pub struct Job {
    /// The clip.
    pub clip: PathBuf,
    /// Which of its frames.
    pub sampling: Sampling,
    /// Which part of it.
    pub segment: Segment,
    /// What embeds. Its towers are loaded in the background where nobody has needed them before.
    pub model: Arc<Model>,
    /// Whether frames are embedded in an order that covers the clip evenly, rather than from its start.
    pub cover_evenly: bool,
    /// Largest width and height of the thumbnails to make, if any.
    pub thumbnails: Option<(u32, u32)>,
    /// Texts to embed first. More can be asked for later.
    pub texts: Vec<String>,
}

/// News from the background.
#[derive(Debug)]
pub enum Update {
    /// The clip is open.
    Opened {
        /// What its header says.
        info: VideoInfo,
        /// How many frames the sampling is expected to give.
        expected_frames: Option<usize>,
    },
    /// A frame is decoded.
    Decoded {
        /// Ordinal of the picture.
        ordinal: u64,
        /// Presentation time in seconds.
        time: f64,
        /// A small picture with square pixels, if asked for.
        thumbnail: Option<RgbImage>,
    },
    /// The last frame is decoded.
    AllDecoded {
        /// How many frames the sampling gave.
        frames: usize,
        /// How many pieces of the clip are damaged or missing.
        skipped: usize,
    },
    /// Frames are embedded.
    Frames(Vec<EmbeddedFrame>),
    /// Texts are embedded: each with its raw embedding and whether it was longer than the checkpoint reads.
    Texts(Vec<(String, Vec<f32>, bool)>),
    /// Every frame and every text asked for so far is embedded.
    Idle,
    /// The work ended early.
    Failed(Report),
}

/// The running background work. Dropping it stops the work after the batch in hand.
pub struct Pipeline {
    texts: Option<Sender<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl Pipeline {
    /// Starts the work. `emit` is called from the background threads.
    pub fn start(job: Job, emit: impl Fn(Update) + Clone + Send + 'static) -> Self {
        let (texts, wanted) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let embedder = Embedder { job, emit: emit.clone(), wanted, stop: stop.clone() };
        thread::spawn(move || {
            // A panic becomes an error in the interface.
            match catch_unwind(AssertUnwindSafe(|| embedder.run())) {
                Ok(Ok(())) => {}
                Ok(Err(report)) => emit(Update::Failed(report)),
                Err(panic) => {
                    emit(Update::Failed(eyre!("Embedding stopped unexpectedly: {}", panic_in_words(&*panic))))
                }
            }
        });
        Self { texts: Some(texts), stop }
    }

    /// Asks for texts to be embedded before any further frame. Replaces what was asked for and not yet begun.
    pub fn embed_texts(&self, texts: Vec<String>) {
        if let Some(sender) = &self.texts {
            // The embedder is gone only after it has reported why.
            let _ = sender.send(texts);
        }
    }

    /// Says that no more texts will be asked for: the work ends once all is embedded.
    pub fn finish(&mut self) {
        self.texts = None;
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Does a job to its end and hands `take` the news as it comes.
///
/// # Errors
/// Whatever ended the work early.
pub fn embed_clip(job: Job, mut take: impl FnMut(Update)) -> Result<(), Report> {
    let (sender, updates) = channel();
    let mut pipeline = Pipeline::start(job, move |update| {
        // Nobody listens only after an error.
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

/// A frame ready for the vision tower.
struct Prepared {
    ordinal: u64,
    time: f64,
    square: Square,
}

struct Embedder<E> {
    job: Job,
    emit: E,
    wanted: Receiver<Vec<String>>,
    stop: Arc<AtomicBool>,
}

impl<E: Fn(Update) + Clone + Send + 'static> Embedder<E> {
    fn run(self) -> Result<(), Report> {
        let mut decoder = self.decode()?;
        let mut queue = FrameQueue::new(self.job.cover_evenly);
        let mut texts = self.job.texts.clone();
        // Loading takes long enough for the decoder to run ahead, so that the first batch already covers the clip.
        let vision = self.job.model.vision()?;
        let mut embedded = 0;
        let mut texts_may_come = true;
        let mut idle = false;

        while !self.stop.load(Ordering::Relaxed) {
            // The newest request counts: older texts may belong to a template that is no longer shown.
            loop {
                match self.wanted.try_recv() {
                    Ok(newer) => texts = newer,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => {
                        texts_may_come = false;
                        break;
                    }
                }
            }
            queue.fill(&mut decoder, self.capacity(), &self.emit)?;

            // A first batch of frames, then the texts, then the rest: classes can be ranked as soon as their steps are known.
            if !texts.is_empty() && (embedded > 0 || queue.is_finished()) {
                let tower = self.job.model.text()?;
                let batch: Vec<String> = texts.drain(..texts.len().min(BATCH)).collect();
                (self.emit)(Update::Texts(embed_texts(self.job.model.checkpoint(), &tower, batch)?));
                idle = false;
            } else if let Some(batch) = queue.take(if embedded == 0 { FIRST_BATCH } else { BATCH }) {
                let frames = embed_frames(&vision, batch)?;
                embedded += frames.len();
                (self.emit)(Update::Frames(frames));
                idle = false;
            } else {
                if !idle {
                    (self.emit)(Update::Idle);
                    idle = true;
                }
                if !texts_may_come {
                    break;
                }
                match self.wanted.recv_timeout(Duration::from_millis(200)) {
                    Ok(newer) => texts = newer,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => texts_may_come = false,
                }
            }
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        let side = self.job.model.checkpoint().image_size();
        (AHEAD_BYTES / (side * side * 3) / 2).max(BATCH)
    }

    /// Starts decoding on its own thread.
    fn decode(&self) -> Result<DecodeAhead<Prepared>, Report> {
        let reader = VideoReader::open(&self.job.clip, self.job.sampling, self.job.segment)?;
        let info = reader.info().clone();
        let expected_frames = info.expected_frames(self.job.sampling, self.job.segment);
        let pixel_aspect = info.pixel_aspect;
        (self.emit)(Update::Opened { info, expected_frames });

        let preprocessor = self.job.model.checkpoint().preprocessor();
        let thumbnails = self.job.thumbnails;
        let emit = self.emit.clone();
        Ok(DecodeAhead::new(reader, self.capacity(), move |frame| {
            let thumbnail = thumbnails.map(|(width, height)| thumbnail(&frame, pixel_aspect, width, height));
            emit(Update::Decoded { ordinal: frame.ordinal, time: frame.time, thumbnail });
            let square = preprocessor.square(&frame.rgb, frame.width, frame.height);
            Prepared { ordinal: frame.ordinal, time: frame.time, square }
        }))
    }
}

/// Embeds texts; each comes back with whether it was cut.
fn embed_texts(
    checkpoint: &Checkpoint,
    tower: &TextTower,
    texts: Vec<String>,
) -> Result<Vec<(String, Vec<f32>, bool)>, Report> {
    let tokens: Vec<_> = texts.iter().map(|text| checkpoint.tokenizer().encode(text)).collect();
    let embeddings = tower.embed(&tokens)?;
    Ok(texts
        .into_iter()
        .zip(tokens)
        .zip(embeddings.rows())
        .map(|((text, tokens), row)| (text, row.to_vec(), tokens.cut))
        .collect())
}

fn embed_frames(tower: &VisionTower, batch: Vec<Prepared>) -> Result<Vec<EmbeddedFrame>, Report> {
    let (places, squares): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|p| ((p.ordinal, p.time), p.square)).unzip();
    let embeddings = tower.embed(&squares)?;
    Ok(places
        .into_iter()
        .zip(embeddings.rows())
        .map(|((ordinal, time), row)| EmbeddedFrame { ordinal, time, embedding: row.to_vec() })
        .collect())
}

/// Decoded frames that wait to be embedded, the next one first.
struct FrameQueue {
    cover_evenly: bool,
    waiting: BTreeMap<u64, Prepared>,
    decoded: usize,
    finished: bool,
}

impl FrameQueue {
    fn new(cover_evenly: bool) -> Self {
        Self { cover_evenly, waiting: BTreeMap::new(), decoded: 0, finished: false }
    }

    /// Takes what the decoder has ready, up to `capacity` frames; waits for a first one.
    fn fill(
        &mut self,
        decoder: &mut DecodeAhead<Prepared>,
        capacity: usize,
        emit: &impl Fn(Update),
    ) -> Result<(), Report> {
        while !self.finished && self.waiting.len() < capacity {
            let next = if self.waiting.is_empty() { Poll::Ready(decoder.next()) } else { decoder.poll() };
            match next {
                Poll::Ready(Some(frame)) => {
                    let place =
                        if self.cover_evenly { even_coverage(self.decoded) } else { self.decoded as u64 };
                    self.waiting.insert(place, frame?);
                    self.decoded += 1;
                }
                Poll::Pending => break,
                Poll::Ready(None) => {
                    self.finished = true;
                    emit(Update::AllDecoded { frames: self.decoded, skipped: decoder.skipped() });
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Option<Vec<Prepared>> {
        let batch: Vec<Prepared> =
            std::iter::from_fn(|| self.waiting.pop_first()).map(|(_, frame)| frame).take(count).collect();
        (!batch.is_empty()).then_some(batch)
    }

    fn is_finished(&self) -> bool {
        self.finished && self.waiting.is_empty()
    }
}
