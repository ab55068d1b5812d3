//! The authors' released scripts, as far as they differ from the paper: rows, frames, masks and texts. The rest of the
//! program sees only [`protocol`]; the arithmetic that differs is a parameter of `align`.

mod texts;

use serde_json::Value;

use crate::align::Preset;
use crate::eval::dataset::formats::masks::areas;
use crate::eval::protocol::{PAPER, Protocol};
use crate::eval::rows::{Row, Score};
use crate::explore::{Method, Settings};
use crate::script::Strategy;
use crate::video::{Masks, Numbering, Sampling};

pub use texts::ClassTexts;

static RELEASED: Protocol = Protocol {
    sampling: Sampling::Numbered,
    rows: Some(rows),
    has_prompt_study: false,
    whole_video_first: true,
    masks_count_from_video: true,
    pads_to_longest_step: true,
    explorer_note: Some(
        "Texts are padded to full length here, not to the longest of a script as evaluated: values differ a little.",
    ),
};

/// The protocol of a preset.
pub fn protocol(preset: Preset) -> &'static Protocol {
    match preset {
        Preset::Paper => &PAPER,
        Preset::Released => &RELEASED,
    }
}

/// The baseline and the alignment, which smooths nothing.
fn rows() -> Vec<Row> {
    let method = Method { preset: Preset::Released, ..Method::default() };
    let settings = Settings { method, smoothing_seconds: 0.0, ..Settings::default() };
    let row = |name: &str, score| Row::new(name, score, Strategy::CONTEXT_RICH, settings.clone());
    vec![row("mean-pool", Score::MeanPool), row("released", Score::Alignment)]
}

/// What the scripts blur: all listed writing, by the number of the frame in the whole video.
pub fn masks(frames_to_obfuscate: Value) -> Result<Masks, String> {
    let areas = areas("frames_to_obfuscate", frames_to_obfuscate, |_| Ok(true))?;
    Ok(Masks::new(15, Numbering::FromVideo, areas))
}
