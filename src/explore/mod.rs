//! One clip and its candidate classes: embeddings and knobs in, alignments out.
//!
//! The explorer and the commands stand on this room; none of them repeats it.

mod candidate;
mod coverage;
mod evidence;
mod exploration;
mod frames;
mod identity;
mod keeper;
mod known;
mod method;
mod model;
mod outcome;
mod pipeline;
mod queue;
mod record;
mod report;
mod requests;
mod rows;
mod settings;
mod sources;
mod step_map;
mod strip;
mod text_table;
mod texts;
mod vision;
mod workers;

pub use candidate::Candidate;
pub use coverage::even_coverage;
pub use evidence::{EvidenceRequest, EvidenceUpdate, EvidenceWorker};
pub use exploration::{Exploration, Fixed};
pub use frames::EmbeddedFrame;
pub use known::Known;
pub use method::{Method, band, ends_of};
pub use model::Model;
pub use outcome::{ClassMatrix, ClassOutcome, ClassRefused, Evidence, Outcome, align_classes};
pub use pipeline::{Job, Pipeline, Update, embed_clip};
pub use report::{ClassReport, ClipSettings, Report, ReportSettings};
pub use settings::Settings;
pub use sources::Sources;
pub use step_map::{MapRequest, StepMap, StepMaps, StepPoint};
pub use strip::{Picture, Strip, Thumbnail};
pub use texts::{EmbeddedText, embed_batch, embed_texts, known_texts};
pub use vision::{Footage, evenly_spaced, jpegs};
