//! The row of a vision-language model, which gets a few frames of a clip and the names of its candidates.

use std::ops::ControlFlow;

use color_eyre::eyre::{Report, bail};

use crate::eval::dataset::{Clip, ClipSource};
use crate::eval::record::Ranking;
use crate::eval::rows::{Row, Score, VlmSettings};
use crate::explore::{self, EmbeddedFrame, Settings, evenly_spaced, jpegs};
use crate::llm::{self, Client, Viewer};
use crate::script::Strategy;
use crate::video::Sampling;

/// A vision-language model to compare with.
pub struct Vlm {
    viewer: Viewer,
    settings: VlmSettings,
}

impl Vlm {
    /// Asks the model of a client about so many frames of each clip.
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

    /// Its row. The model names one candidate and the others follow in the order given, so only Top-1 is meaningful.
    pub fn row(&self) -> Row {
        let row = Row::new(&self.name(), Score::Vision, Strategy::CONTEXT_RICH, Settings::default());
        Row { vlm: Some(self.settings.clone()), ..row }
    }

    fn name(&self) -> String {
        format!("vlm:{}", self.settings.model)
    }

    /// Asks the model which candidate a clip shows. `frames` are those that the sampling takes. Without an answer that names
    /// a candidate, the clip counts as missed.
    pub(super) fn rank(
        &mut self,
        clip: &Clip,
        sampling: Sampling,
        frames: &[EmbeddedFrame],
    ) -> Result<Ranking, Report> {
        let ClipSource::Video(masks) = &clip.source else {
            bail!("a vision-language model needs a video, not embeddings");
        };
        let footage = explore::ClipPictures {
            video: &clip.entry.video,
            sampling,
            segment: clip.entry.segment(),
            masks,
        };
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
        let name = self.name();
        Ok(match chosen {
            Ok(chosen) => {
                let others = (0..names.len()).filter(|&place| place != chosen);
                let scores = (0..names.len()).map(|place| f64::from(u8::from(place == chosen)));
                let ranking = std::iter::once(chosen).chain(others).collect();
                Ranking { name, ranking, scores: scores.collect(), ..Ranking::default() }
            }
            Err(fault) => Ranking::fault(name, fault),
        })
    }
}
