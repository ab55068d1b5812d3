//! The row of a vision-language model, which sees a few frames of a clip and the names of its candidates.

use std::ops::ControlFlow;

use color_eyre::eyre::{Report, bail};
use serde::{Deserialize, Serialize};

use crate::eval::dataset::Clip;
use crate::eval::footage::Footage;
use crate::eval::record::Ranking;
use crate::eval::rows::{Row, Score};
use crate::explore::{self, EmbeddedFrame, Settings, evenly_spaced, jpegs};
use crate::llm::{self, Client, Viewer};
use crate::script::Strategy;
use crate::video::Sampling;

/// A model, and how much of a clip it sees.
pub struct Vlm {
    viewer: Viewer,
    settings: VlmSettings,
}

/// What the answers of a vision-language model depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VlmSettings {
    /// The server.
    pub server: String,
    /// The model, as the server calls it.
    pub model: String,
    /// Frames of a clip that it sees, evenly spaced; all of a clip that has fewer.
    pub frames: usize,
    /// BLAKE3 digest of its prompt.
    pub prompt: String,
    /// Its temperature, where it is not the server's own.
    pub temperature: Option<f64>,
}

impl Vlm {
    /// Shows so many frames of each clip to the model of a client.
    pub fn new(client: Client, prompt: llm::Prompt, frames: usize) -> Self {
        let settings = VlmSettings {
            server: client.endpoint().to_string(),
            model: client.model().to_owned(),
            frames,
            prompt: prompt.digest(),
            temperature: client.temperature(),
        };
        Self { viewer: Viewer::new(client, prompt), settings }
    }

    /// Its row. The model names one candidate, so only Top-1 means something: the others follow in the order given.
    pub fn row(&self) -> Row {
        Row {
            name: format!("vlm:{}", self.settings.model),
            score: Score::Vision,
            prompt: Strategy::default(),
            settings: Settings::default(),
            vlm: Some(self.settings.clone()),
        }
    }

    /// What the model takes a clip for. `frames` are those that the sampling takes. A clip that gets no answer, or one that
    /// names no candidate, counts as missed.
    ///
    /// # Errors
    /// If the video cannot be read, or the server would answer no other clip either.
    pub(super) fn rank(
        &mut self,
        clip: &Clip,
        sampling: Sampling,
        frames: &[EmbeddedFrame],
    ) -> Result<Ranking, Report> {
        let Footage::Video(masks) = &clip.footage else {
            bail!("a vision-language model needs a video, and there are embeddings alone");
        };
        let footage =
            explore::Footage { video: &clip.entry.video, sampling, segment: clip.entry.segment(), masks };
        let times = frames.iter().map(|frame| (frame.time, frame.ordinal)).collect();
        let pictures = jpegs(footage, &evenly_spaced(times, self.settings.frames))?;
        let names = &clip.entry.candidates;
        let mut watch = |_: llm::Event| ControlFlow::Continue(());
        let chosen = match self.viewer.choose(&clip.entry.domain, names, &pictures, &mut watch) {
            Ok(Ok(chosen)) => Ok(chosen),
            Ok(Err(reason)) => Err(reason),
            Err(error) if error.is_of_server() => return Err(error.into()),
            Err(error) => Err(error.to_string()),
        };
        let name = format!("vlm:{}", self.settings.model);
        Ok(match chosen {
            Ok(chosen) => {
                let others = (0..names.len()).filter(|&place| place != chosen);
                let scores = (0..names.len()).map(|place| f64::from(u8::from(place == chosen)));
                let ranking = std::iter::once(chosen).chain(others).collect();
                Ranking { name, ranking, scores: scores.collect(), fault: None }
            }
            Err(fault) => Ranking { name, ranking: Vec::new(), scores: Vec::new(), fault: Some(fault) },
        })
    }
}
