//! The document of `find --json`.

use serde::Serialize;

use super::FindSettings;
use super::finder::{FoundMoment, FoundMoments};
use super::timeline::Timeline;
use crate::explore::Sources;

/// The moments of one recording, best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindReport {
    pub moments: Vec<MomentReport>,
    pub settings: FindReportSettings,
}

/// A moment; times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MomentReport {
    pub class: String,
    pub start: f64,
    pub end: f64,
    pub score: f64,
    /// Score minus that of the best other class within the moment; none without another class that fits.
    pub margin: Option<f64>,
    /// The best other class.
    pub rival: Option<String>,
    /// Start and end of each step. Between two steps frames may be left out.
    pub steps: Vec<[f64; 2]>,
    /// None for a script of one step.
    pub order: Option<OrderReport>,
}

/// The score of a moment against the same steps in other orders.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OrderReport {
    pub z: f64,
    pub p: f64,
}

/// Everything that the moments depend on besides the embeddings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindReportSettings {
    #[serde(flatten)]
    pub find: FindSettings,
    /// Width of the smoothing window in frames.
    pub smoothing: usize,
    pub template: String,
    /// Frames, and the seconds that they last.
    pub frames: usize,
    pub seconds: f64,
    /// Moments that the same steps in other orders explain as well; they are left out.
    pub unordered: usize,
    /// After a first pass of few frames: the parts that were embedded as a whole.
    pub dense: Option<Vec<[f64; 2]>>,
    #[serde(flatten)]
    pub sources: Sources,
}

impl FindReport {
    /// `names` has one for every class.
    pub fn new(
        found: &FoundMoments,
        names: &[String],
        find: FindSettings,
        template: String,
        dense: Option<Vec<[f64; 2]>>,
        sources: Sources,
    ) -> Self {
        let timeline = &found.timeline;
        let find = FindSettings { background: Some(find.background_of(timeline.duration())), ..find };
        Self {
            moments: found.moments.iter().map(|moment| MomentReport::new(moment, timeline, names)).collect(),
            settings: FindReportSettings {
                find,
                smoothing: timeline.width(),
                template,
                frames: timeline.len(),
                seconds: timeline.duration(),
                unordered: found.unordered,
                dense,
                sources,
            },
        }
    }
}

impl MomentReport {
    /// `names` has one for every class.
    pub fn new(found: &FoundMoment, timeline: &Timeline, names: &[String]) -> Self {
        let [start, end] = timeline.seconds(&found.moment.frames);
        Self {
            class: names[found.class].clone(),
            start,
            end,
            score: found.moment.score,
            margin: found.rival.map(|(_, score)| found.moment.score - score),
            rival: found.rival.map(|(class, _)| names[class].clone()),
            steps: found.moment.steps.iter().map(|step| timeline.seconds(step)).collect(),
            order: found.order.map(|order| OrderReport { z: order.z, p: order.p }),
        }
    }
}
