use ndarray::Array2;

use crate::align::Calibration;
use crate::explore::{Candidate, Exploration, Fixed, ReportSettings, Settings};
use crate::script::Template;
use crate::snapshot::{Matrices, Snapshot};

impl Snapshot {
    /// The clip as saved, with matrices in place of embeddings; not yet aligned. `None` where the snapshot is not of a clip
    /// and scripts, or has an invalid template; one that was loaded has neither fault.
    pub fn exploration(&self) -> Option<Exploration> {
        let candidate = |given: &Matrices| Candidate {
            domain: given.domain.clone(),
            name: given.name.clone(),
            steps: given.steps.clone(),
        };
        let fixed = Fixed {
            times: self.frames.times.clone(),
            ordinals: self.frames.ordinals.clone(),
            width: self.settings.smoothing,
            cosines: self.candidates.iter().map(|given| matrix(given.cosines.as_deref()?)).collect(),
            mean_pool: (0..self.candidates.len()).map(|index| self.class(index)?.mean_pool).collect(),
        };
        let calibration = Calibration { alpha: self.settings.alpha, beta: self.settings.beta };
        let candidates = self.candidates.iter().map(candidate).collect();
        Some(Exploration::frozen(candidates, calibration, settings(&self.settings)?, fixed))
    }
}

/// Reported settings with the model's own calibration. `None` as for [`Snapshot::exploration`].
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
