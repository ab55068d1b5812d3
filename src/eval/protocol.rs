//! How an evaluation takes clips and texts: as the paper describes it, or as the authors' scripts do.

use crate::eval::rows::Row;
use crate::video::Sampling;

/// The differences between the paper and the authors' scripts, outside the alignment itself.
pub struct Protocol {
    /// Sampling unless the user chooses one.
    pub sampling: Sampling,
    /// The only rows, where the user cannot choose them.
    pub rows: Option<fn() -> Vec<Row>>,
    /// Whether there are rows of several prompt strategies.
    pub has_prompt_study: bool,
    /// Whether a file of the whole video is preferred to one of the clip's part.
    pub whole_video_first: bool,
    /// Whether masks number the frames of the whole video, rather than of the segment.
    pub masks_count_from_video: bool,
    /// Whether the steps of a class are embedded together, padded to the longest of them.
    pub pads_to_longest_step: bool,
    /// What the explorer does otherwise.
    pub explorer_note: Option<&'static str>,
}

pub const PAPER: Protocol = Protocol {
    sampling: Sampling::Fps(10.0),
    rows: None,
    has_prompt_study: true,
    whole_video_first: false,
    masks_count_from_video: false,
    pads_to_longest_step: false,
    explorer_note: None,
};
