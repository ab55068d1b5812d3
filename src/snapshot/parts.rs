use ndarray::Array2;

use crate::align::Calibration;
use crate::explore::{Candidate, Settings};
use crate::script::Template;
use crate::snapshot::{Matrices, Snapshot};

/// What an explorer needs to show a snapshot without its clip and its model. Candidates, cosines and mean-pool scores
/// are in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    pub candidates: Vec<Candidate>,
    pub settings: Settings,
    pub calibration: Calibration,
    /// Presentation times of the matrices' columns, in seconds.
    pub times: Vec<f64>,
    /// Ordinals of the frames.
    pub ordinals: Vec<u64>,
    /// Smoothing width in frames.
    pub width: usize,
    /// Smoothed cosines, K×T; `None` where a class was not aligned.
    pub cosines: Vec<Option<Array2<f32>>>,
    /// Cosine of the clip's mean frame with the class name, where it was known.
    pub mean_pool: Vec<Option<f64>>,
}

impl Snapshot {
    /// `None` where the snapshot is not of a clip and scripts, or has an invalid template; one that was loaded has neither
    /// fault.
    pub fn parts(&self) -> Option<Parts> {
        let clip = self.settings.clip.as_ref()?;
        let candidate = |given: &Matrices| Candidate {
            domain: given.domain.clone(),
            name: given.name.clone(),
            steps: given.steps.clone(),
        };
        let indices = 0..self.candidates.len();
        Some(Parts {
            candidates: self.candidates.iter().map(candidate).collect(),
            settings: Settings {
                method: self.settings.method,
                smoothing_seconds: clip.smoothing_seconds,
                template: Template::of_text(&clip.template_text).ok()?,
                calibration: None,
            },
            calibration: Calibration { alpha: self.settings.alpha, beta: self.settings.beta },
            times: self.frames.times.clone(),
            ordinals: self.frames.ordinals.clone(),
            width: self.settings.smoothing,
            cosines: self.candidates.iter().map(|given| matrix(given.cosines.as_deref()?)).collect(),
            mean_pool: indices.map(|index| self.class(index)?.mean_pool).collect(),
        })
    }
}

/// A matrix of its rows. `None` where they differ in length.
pub(crate) fn matrix(rows: &[Vec<f32>]) -> Option<Array2<f32>> {
    let columns = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), columns), rows.concat()).ok()
}
