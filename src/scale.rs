//! The scales of heatmaps, on the screen and in figures.

use std::fmt;

/// How a value becomes a shade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// By the share of the matrix' cells that are smaller.
    #[default]
    Rank,
    /// By the logarithm of the value.
    Log,
    /// By the value.
    Linear,
}

impl Scale {
    /// The scale after this one.
    pub fn next(self) -> Self {
        match self {
            Self::Rank => Self::Log,
            Self::Log => Self::Linear,
            Self::Linear => Self::Rank,
        }
    }

    /// The scale of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Rank, Self::Log, Self::Linear].into_iter().find(|scale| scale.name() == name)
    }

    /// Name shown on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rank => "rank",
            Self::Log => "log",
            Self::Linear => "linear",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
