use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The published description to follow where the two differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The paper: unit frames, a centred window, as many smoothed frames as frames.
    #[default]
    Paper,
    /// The authors' scripts: raw frames, exactly `w` taps, one frame less if `w` is even.
    Released,
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().expect("a name").get_name())
    }
}
