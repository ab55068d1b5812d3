use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which of the two published descriptions of the method is followed where they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The text of the paper: unit frames, a centred window, as many smoothed frames as frames.
    #[default]
    Paper,
    /// The authors' scripts: frames as the model gives them, exactly `w` taps, one frame lost if `w` is even.
    Released,
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Paper => "paper",
            Self::Released => "released",
        })
    }
}
