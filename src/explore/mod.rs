//! One clip and its candidate classes: embeddings and knobs in, alignments out.

mod cached_clip;
mod cached_frames;
mod candidate;
mod default_template;
mod evidence;
mod evidence_limit;
mod exploration;
mod frames;
mod job;
pub mod knobs;
mod method;
mod model;
mod npy_frames;
mod outcome;
mod partial_save;
mod patches;
mod pipeline;
mod queue;
mod report;
mod settings;
mod step_map;
mod strip;
mod text_table;
mod texts;
mod vlm_frames;
mod wide_smoothing;
mod without_steps;
mod workers;

pub use cached_frames::CachedFrames;
pub use candidate::Candidate;
pub use default_template::default_template;
pub use evidence::{EvidenceRequest, EvidenceUpdate};
pub use evidence_limit::EvidenceLimit;
pub use exploration::{Exploration, Fixed};
pub use frames::EmbeddedFrame;
pub use job::{Job, Update};
pub use method::{Method, band};
pub use model::Model;
pub use outcome::{
    ClassMatrix, ClassOutcome, ClassRefused, Evidence, Kept, Outcome, align_classes, align_in_turn,
};
pub use patches::{embed_patches, patch_grid};
pub use pipeline::{Pipeline, embed_clip};
pub use queue::even_coverage;
pub use report::{ClassReport, ClipSettings, Report, ReportSettings, Sources, WithoutStep};
pub use settings::Settings;
pub use step_map::{MapRequest, StepMap, StepMaps, StepPoint};
pub use strip::{Picture, Strip, Thumbnail};
pub use texts::{EmbeddedText, embed_batch, embed_texts, known_texts};
pub use vlm_frames::{ClipPictures, evenly_spaced, jpegs, prepared};
pub use wide_smoothing::WideSmoothing;
pub use without_steps::{ScoresWithout, WithoutRequest};
