use ndarray::Array2;

use crate::align::Calibration;
use crate::explore::{Candidate, Fixed, ReportSettings, Settings};
use crate::script::Template;
use crate::snapshot::Snapshot;

/// What an explorer needs to show a snapshot without its clip and its model, in the order given.
#[derive(Clone, Debug)]
pub struct Parts {
    pub candidates: Vec<Candidate>,
    pub settings: Settings,
    pub calibration: Calibration,
    pub fixed: Fixed,
}

impl Snapshot {
    /// `None` where the snapshot is not of a clip and scripts, or has an invalid template; one that was loaded has neither
    /// fault.
    pub fn parts(&self) -> Option<Parts> {
        let candidates = self.candidates.iter().map(|given| Candidate {
            domain: given.domain.clone(),
            name: given.name.clone(),
            steps: given.steps.clone(),
        });
        let indices = 0..self.candidates.len();
        Some(Parts {
            candidates: candidates.collect(),
            settings: settings(&self.settings)?,
            calibration: Calibration { alpha: self.settings.alpha, beta: self.settings.beta },
            fixed: Fixed {
                times: self.frames.times.clone(),
                ordinals: self.frames.ordinals.clone(),
                width: self.settings.smoothing,
                cosines: self.candidates.iter().map(|given| matrix(given.cosines.as_deref()?)).collect(),
                mean_pool: indices.map(|index| self.class(index)?.mean_pool).collect(),
            },
        })
    }
}

/// Reported settings with the model's own calibration. `None` as for [`Snapshot::parts`].
pub fn settings(report: &ReportSettings) -> Option<Settings> {
    let clip = report.clip.as_ref()?;
    Some(Settings {
        method: report.method,
        smoothing_seconds: clip.smoothing_seconds,
        template: Template::of_text(&clip.template_text).ok()?,
        calibration: None,
    })
}

/// A matrix of its rows. `None` where they differ in length.
pub(crate) fn matrix(rows: &[Vec<f32>]) -> Option<Array2<f32>> {
    let columns = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), columns), rows.concat()).ok()
}
