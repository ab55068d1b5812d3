use crate::align::{AlignError, Aligner, Cell, Preset, align, order_free, rank};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The candidate classes of one clip, scored and ranked: the document that `--json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The classes in the order given.
    pub classes: Vec<ClassReport>,
    /// Indices into `classes`, best first; equal scores in the order given.
    pub ranking: Vec<usize>,
    /// Everything the scores depend on besides the embeddings.
    pub settings: Settings,
}

/// One candidate class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// Position in the order given, from 0.
    pub index: usize,
    /// Class name.
    pub name: String,
    /// Alignment score (Eq. 13).
    pub score: f64,
    /// Cells (step, frame) of the path, both from 0.
    pub path: Vec<(usize, usize)>,
    /// Number of path cells in each step.
    pub frames_per_step: Vec<usize>,
    /// Whether most steps were squeezed into a single frame each.
    pub collapsed: bool,
    /// The same script without its order: the mean of all cells.
    pub order_free: f64,
    /// Cosine of the mean frame with the class name, where the name's embedding is known.
    pub mean_pool: Option<f64>,
    /// Place by `mean_pool`, from 1.
    pub mean_pool_rank: Option<usize>,
    /// Place by `score`, from 1.
    pub rank: usize,
    /// Score minus the best score among the other classes: the lead of the first class, and what each of the
    /// others lacks. None where there is no other class.
    pub margin: Option<f64>,
}

/// The knobs behind a report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Which description of the method is followed.
    pub preset: Preset,
    /// Width of the smoothing window in frames; 0 and 1 are off.
    pub smoothing: usize,
    /// The rule that found the paths.
    pub aligner: Aligner,
    /// What the cells hold.
    pub cell: Cell,
    /// Slope of the logits.
    pub alpha: f32,
    /// Offset of the logits.
    pub beta: f32,
}

/// Why a clip has no report.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ReportError {
    /// No candidate class.
    #[error("no candidate class to rank; give at least one")]
    NoClasses,
    /// A class that cannot be aligned.
    #[error("cannot align class \"{name}\": {source}")]
    Align {
        /// Class name.
        name: String,
        /// The reason.
        source: AlignError,
    },
}

/// Aligns every class of a clip and ranks them.
///
/// `names`, `cells` (K×T each) and `mean_pool` (one cosine per class, see [`crate::align::mean_pool`]) are in
/// the same order. `settings` says how the cells were made, and by which rule they are to be aligned.
///
/// # Errors
/// When there is no class, or one whose cells are empty or not finite.
///
/// # Panics
/// When the lists differ in length.
pub fn report(
    names: &[String],
    cells: &[Array2<f32>],
    mean_pool: Option<&[f64]>,
    settings: Settings,
) -> Result<Report, ReportError> {
    assert_eq!(names.len(), cells.len(), "one matrix of cells per class");
    if names.is_empty() {
        return Err(ReportError::NoClasses);
    }
    let alignments = names
        .iter()
        .zip(cells)
        .map(|(name, cells)| {
            align(settings.aligner, cells.view())
                .map_err(|source| ReportError::Align { name: name.clone(), source })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let scores: Vec<f64> = alignments.iter().map(|alignment| alignment.score).collect();
    let ranking = rank(&scores);
    let places = places(&ranking);
    let mean_pool_places = mean_pool.map(|cosines| {
        assert_eq!(cosines.len(), names.len(), "one cosine per class");
        self::places(&rank(cosines))
    });
    let classes = alignments
        .into_iter()
        .enumerate()
        .map(|(index, alignment)| ClassReport {
            index,
            name: names[index].clone(),
            score: alignment.score,
            path: alignment.path,
            frames_per_step: alignment.frames_per_step,
            collapsed: alignment.collapsed,
            order_free: order_free(cells[index].view()),
            mean_pool: mean_pool.map(|cosines| cosines[index]),
            mean_pool_rank: mean_pool_places.as_ref().map(|places| places[index]),
            rank: places[index],
            margin: margin(&scores, &ranking, index),
        })
        .collect();
    Ok(Report { classes, ranking, settings })
}

/// Place of every index in a ranking, from 1.
fn places(ranking: &[usize]) -> Vec<usize> {
    let mut places = vec![0; ranking.len()];
    for (place, &index) in ranking.iter().enumerate() {
        places[index] = place + 1;
    }
    places
}

/// What separates the score of `index` from the best of the others.
fn margin(scores: &[f64], ranking: &[usize], index: usize) -> Option<f64> {
    let rival = ranking.iter().find(|&&other| other != index)?;
    Some(scores[index] - scores[*rival])
}
