//! Aligners and their knobs.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a path through a cell matrix moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Aligner {
    /// Dynamic time warping from the first cell to the last, as published (Eqs. 10, 11, 13): highest sum, divided by
    /// the length of the path.
    #[default]
    Dtw,
    /// Each step has a window of frames, all of one length and together two fifths of the clip, in order; the score says how
    /// far the windows lie above the mean of their steps over the clip.
    Windows,
    /// Each frame in exactly one step, each step at least one frame, in order; the sum is divided by the frames.
    Segment,
    /// The moves of dtw, but the path of highest mean.
    MeanPath,
    /// Segment in which any frame may be left out, which counts as background.
    Drop,
}

/// Properties of an aligner.
struct Spec {
    moves: Moves,
    best: Best,
    ends: Ends,
    ends_help: &'static str,
}

/// How a path goes from cell to cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moves {
    /// A frame may count for several steps.
    Warp,
    /// Each frame is in one step, each step has a frame.
    Segment,
    /// Each frame is in one step or in none, each step has a frame.
    SegmentOrSkip,
    /// The same with as many frames after each other in each step; cells count from the mean of their step.
    Windows,
}

/// What the best path maximises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Best {
    Sum,
    Mean,
}

/// Whether a path may begin after the first frame and end before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Closed,
    Optional,
    /// Always: frames are left out anywhere.
    Open,
}

impl Aligner {
    /// The table of aligners: a row for each.
    const fn spec(self) -> &'static Spec {
        const CLOSED: &str = "its path goes from the first frame to the last; segment has open ends";
        const OPTIONAL: &str = "they are closed unless they are opened";
        const OPEN: &str = "it leaves out frames wherever that is better";
        const ANYWHERE: &str = "its windows lie wherever that is best";
        match self {
            Self::Dtw => &Spec { moves: Moves::Warp, best: Best::Sum, ends: Ends::Closed, ends_help: CLOSED },
            Self::Windows => {
                &Spec { moves: Moves::Windows, best: Best::Sum, ends: Ends::Closed, ends_help: ANYWHERE }
            }
            Self::Segment => {
                &Spec { moves: Moves::Segment, best: Best::Sum, ends: Ends::Optional, ends_help: OPTIONAL }
            }
            Self::MeanPath => {
                &Spec { moves: Moves::Warp, best: Best::Mean, ends: Ends::Closed, ends_help: CLOSED }
            }
            Self::Drop => {
                &Spec { moves: Moves::SegmentOrSkip, best: Best::Sum, ends: Ends::Open, ends_help: OPEN }
            }
        }
    }

    pub(super) fn moves(self) -> Moves {
        self.spec().moves
    }

    pub(super) fn best(self) -> Best {
        self.spec().best
    }

    pub fn ends(self) -> Ends {
        self.spec().ends
    }

    /// Whether its score is the sum of a path divided by the number of frames, not by the length of the path.
    pub fn divides_by_frames(self) -> bool {
        matches!(self.moves(), Moves::Segment | Moves::SegmentOrSkip)
    }

    /// Whether each frame is in one step at most.
    pub fn counts_frames_once(self) -> bool {
        self.moves() != Moves::Warp
    }

    /// Whether the mean of a step over the clip is subtracted from its cells.
    pub fn subtracts_means(self) -> bool {
        self.moves() == Moves::Windows
    }

    /// Frames of each window in a clip of so many frames: the windows of all steps together take two fifths of it.
    pub fn window(steps: usize, frames: usize) -> usize {
        ((4 * frames + 5 * steps) / (10 * steps.max(1))).max(1)
    }

    pub fn ends_help(self) -> &'static str {
        self.spec().ends_help
    }
}

impl fmt::Display for Aligner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().expect("a name").get_name())
    }
}

/// Largest absolute value of the background: far beyond any cell, and its sum over a clip stays finite.
pub(super) const MOST: f64 = 1e30;

/// Value of a frame in no step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Background {
    Level(f64),
    /// A percentile, 0 to 100, of all cells of all candidates of the clip.
    Percentile(f64),
}

impl Default for Background {
    fn default() -> Self {
        Self::Percentile(75.0)
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "{level}"),
            Self::Percentile(percentile) => write!(f, "p{percentile}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "invalid background: '{0}'\nhelp: give a value, such as 0.01, or a percentile of the clip's cells from p0 to p100"
)]
pub struct InvalidBackground(String);

impl FromStr for Background {
    type Err = InvalidBackground;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let background = match text.strip_prefix(['p', 'P']) {
            Some(percentile) => {
                percentile.parse().ok().filter(|p| (0.0..=100.0).contains(p)).map(Self::Percentile)
            }
            None => text.parse().ok().filter(|level: &f64| level.abs() <= MOST).map(Self::Level),
        };
        background.ok_or_else(|| InvalidBackground(text.to_owned()))
    }
}

impl Serialize for Background {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Background {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A percentile, 0 to 100, of all values of some matrices, interpolated linearly; `None` if there is no value.
pub fn percentile<'a>(
    percentile: f64,
    matrices: impl IntoIterator<Item = &'a ndarray::Array2<f32>>,
) -> Option<f64> {
    let mut values: Vec<f32> = matrices.into_iter().flatten().copied().collect();
    let place = percentile / 100.0 * values.len().checked_sub(1)? as f64;
    let below = place.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f32::total_cmp);
    let low = f64::from(*low);
    // The next value in order is the smallest of those above.
    let high = above.iter().copied().min_by(f32::total_cmp).map_or(low, f64::from);
    Some(low + (high - low) * (place - below as f64))
}

/// An aligner with its knobs, and the background as a value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rule {
    pub aligner: Aligner,
    /// Whether the first step may begin at any frame. For `segment` only; in `drop` it always may.
    pub open_start: bool,
    /// Whether the last step may end at any frame. For `segment` only; in `drop` it always may.
    pub open_end: bool,
    /// What a frame in no step counts.
    pub background: f64,
    /// Largest distance of the path from the diagonal as a share of the clip (Sakoe and Chiba): |t/T − k/K| ≤ band, with
    /// k and t from 1. Frames may be left out anywhere.
    pub band: Option<f64>,
}

impl From<Aligner> for Rule {
    fn from(aligner: Aligner) -> Self {
        Self { aligner, ..Self::default() }
    }
}

impl Rule {
    pub(super) fn opens_start(&self) -> bool {
        match self.aligner.ends() {
            Ends::Closed => false,
            Ends::Optional => self.open_start,
            Ends::Open => true,
        }
    }

    pub(super) fn opens_end(&self) -> bool {
        self.aligner.ends() == Ends::Optional && self.open_end
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_background_is_a_value_or_a_percentile() {
        for (text, background) in [
            ("p75", Background::Percentile(75.0)),
            ("P2.5", Background::Percentile(2.5)),
            ("-3", Background::Level(-3.0)),
            ("1e-4", Background::Level(1e-4)),
        ] {
            assert_eq!(text.parse(), Ok(background));
            assert_eq!(background.to_string().parse(), Ok(background));
        }
        for text in ["", "p", "p101", "p-1", "pnan", "nan", "inf", "1e31", "-1e308", "75%"] {
            assert_eq!(text.parse::<Background>(), Err(InvalidBackground(text.to_owned())));
        }
    }

    #[test]
    fn percentiles_lie_between_values_of_all_matrices() {
        let matrices = [array![[4.0, 1.0]], array![[2.0], [8.0]]];
        for (p, expected) in [(0.0, 1.0), (100.0, 8.0), (50.0, 3.0), (75.0, 5.0), (10.0, 1.3)] {
            let found = percentile(p, &matrices).unwrap();
            assert!((found - expected).abs() < 1e-12, "p{p}: {found}");
        }
        assert_eq!(percentile(50.0, &[array![[7.0_f32]]]), Some(7.0));
        assert_eq!(percentile(50.0, []), None);
    }
}
