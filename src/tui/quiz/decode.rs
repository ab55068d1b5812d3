//! Decodes the pictures of a film in the background, a few at a time.

use std::sync::{Arc, Mutex, PoisonError};

use crate::background::{Context, Worker};
use crate::error_chain::{error_chain, on_one_line};
use crate::tui::quiz::clip::QuizClip;
use crate::tui::quiz::film::{Decoded, Shot, Wanted};
use crate::video::{Frame, Sampling, Segment, VideoError, VideoReader, thumbnail};

/// Pictures decoded before the film is asked whether it needs more.
const BATCH: usize = 10;

/// What a film asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Index of the clip.
    pub clip: usize,
    pub job: u64,
    pub wanted: Wanted,
    /// Number of the clip's first picture, if known.
    pub first: Option<u64>,
    /// Largest width and height of a picture.
    pub most: (u32, u32),
}

/// An answer, with the job that it is of.
pub type Answer = (u64, Decoded);

/// Keeps the clip of the last job open.
pub struct Decoder {
    worker: Worker<Answer>,
    reader: Arc<Mutex<Option<Reader>>>,
}

struct Reader {
    job: u64,
    frames: VideoReader,
    first: Option<u64>,
}

impl Decoder {
    pub fn new(send: impl Fn(Answer) + Send + Sync + 'static) -> Self {
        Self { worker: Worker::new("decoding", Arc::new(send)), reader: Arc::default() }
    }

    /// Decodes some pictures of a clip. A job that opens a clip ends the jobs before it.
    pub fn run(&self, clip: &QuizClip, request: Request) {
        let (clip, reader, job) = (clip.clone(), self.reader.clone(), request.job);
        let failed = move |reason| (job, Decoded::Failed(reason));
        let opens = request.wanted != Wanted::More;
        let work = move |context: &Context<Answer>| {
            let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
            let last = decode(&clip, &request, &mut reader, context);
            (job, last.unwrap_or_else(|error| Decoded::Failed(on_one_line(&error_chain(&error.into())))))
        };
        if opens { self.worker.replace(failed, work) } else { self.worker.queue(failed, work) }
    }
}

/// Sends pictures, and returns the last answer.
fn decode(
    clip: &QuizClip,
    request: &Request,
    open: &mut Option<Reader>,
    context: &Context<Answer>,
) -> Result<Decoded, VideoError> {
    if let Wanted::Open { from } = request.wanted {
        let start = from.map_or(clip.segment.start, |from| Some(from.max(clip.segment.start.unwrap_or(0.0))));
        let segment = Segment { start, ..clip.segment };
        let frames = VideoReader::open(&clip.video, Sampling::Native, segment)?;
        *open = Some(Reader { job: request.job, frames, first: request.first });
    }
    let Some(reader) = open.as_mut().filter(|reader| reader.job == request.job) else {
        return Ok(Decoded::Ended);
    };
    for _ in 0..BATCH {
        if context.is_cancelled() {
            break;
        }
        let Some(frame) = reader.frames.next() else { return Ok(Decoded::Ended) };
        let first = *reader.first.get_or_insert(frame.as_ref().map_or(0, |frame| frame.ordinal));
        let shot = shot(frame?, first, clip, reader.frames.info().pixel_aspect, request.most);
        context.send((request.job, Decoded::Shot(shot)));
    }
    Ok(Decoded::Enough)
}

fn shot(mut frame: Frame, first: u64, clip: &QuizClip, pixel_aspect: f64, most: (u32, u32)) -> Shot {
    clip.masks.apply(first, &mut frame);
    let picture = Arc::new(thumbnail(&frame, pixel_aspect, most.0, most.1));
    Shot { ordinal: frame.ordinal, time: frame.time, until: frame.shown.until, picture }
}
