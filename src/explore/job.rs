//! What to embed of a clip, and what the background reports while it does.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use color_eyre::eyre::Report;

use crate::explore::frames::EmbeddedFrame;
use crate::explore::model::Model;
use crate::explore::strip::Thumbnail;
use crate::explore::texts::EmbeddedText;
use crate::video::{Faults, Masks, Sampling, Segment, VideoInfo};

#[derive(Clone)]
pub struct Job {
    pub clip: PathBuf,
    /// For a `.npy` file of frame embeddings: its rows per second.
    pub rows_per_second: Option<f64>,
    pub sampling: Sampling,
    pub segment: Segment,
    pub masks: Arc<Masks>,
    /// The model. Its towers are loaded in the background.
    pub model: Arc<Model>,
    /// Embed frames in an order that covers the clip evenly instead of from its start.
    pub cover_evenly: bool,
    /// Largest width and height of the small pictures, if wanted.
    pub thumbnails: Option<(u32, u32)>,
    /// Texts to embed first.
    pub texts: Vec<String>,
    /// Embedded frames of the clip, also those of another sampling.
    pub known: Vec<EmbeddedFrame>,
}

impl Job {
    /// Embeds every frame of a clip, in order, and no text.
    pub fn new(clip: PathBuf, model: Arc<Model>) -> Self {
        Self {
            clip,
            rows_per_second: None,
            sampling: Sampling::Native,
            segment: Segment::default(),
            masks: Arc::default(),
            model,
            cover_evenly: false,
            thumbnails: None,
            texts: Vec::new(),
            known: Vec::new(),
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("clip", &self.clip).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub enum Update {
    Opened {
        info: VideoInfo,
        /// Number of frames that the sampling is expected to take.
        expected_frames: Option<usize>,
    },
    Decoded {
        ordinal: u64,
        time: f64,
        /// Its pictures with square pixels, if wanted; in a long clip of an even selection of frames.
        thumbnail: Option<Thumbnail>,
    },
    /// The ticks of the clip in order, each with the ordinal of its frame. Comes before `AllDecoded`, unless all frames are
    /// cached.
    Ticks(Vec<(f64, u64)>),
    AllDecoded {
        /// Number of frames that the sampling took.
        frames: usize,
        faults: Faults,
    },
    Frames(Vec<EmbeddedFrame>),
    /// The job waits to be told which frames to embed next, for [`embed_chosen`](crate::explore::embed_chosen) alone.
    Choose,
    /// Texts are embedded: each with its raw embedding and whether it was longer than the checkpoint reads.
    Texts(Vec<EmbeddedText>),
    Prefetched(EmbeddedText),
    /// Every frame and every requested text is embedded.
    Idle,
    /// A message for the user; the work goes on.
    Notice(String),
    Failed(Report),
}
