//! How many classes get order evidence.

use std::fmt;
use std::str::FromStr;

/// The number of classes, from the best, whose order evidence is found: each costs as much as aligning 200 others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceLimit(usize);

impl EvidenceLimit {
    pub const ALL: Self = Self(usize::MAX);
    pub const NONE: Self = Self(0);

    /// The number of classes that get evidence among `classes`.
    pub fn of(self, classes: usize) -> usize {
        self.0.min(classes)
    }
}

impl Default for EvidenceLimit {
    fn default() -> Self {
        Self(20)
    }
}

impl fmt::Display for EvidenceLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALL => f.write_str("all"),
            Self::NONE => f.write_str("none"),
            Self(most) => most.fmt(f),
        }
    }
}

impl FromStr for EvidenceLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::ALL),
            "none" => Ok(Self::NONE),
            _ => text.parse().map(Self).map_err(|_| {
                format!("invalid number of classes: '{text}'\nhelp: give all, none, or how many of the ranking, such as 20")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_reads_as_it_is_written() {
        for (text, of_thirty) in [("all", 30), ("none", 0), ("20", 20), ("40", 30)] {
            let limit: EvidenceLimit = text.parse().unwrap();
            assert_eq!((limit.to_string().as_str(), limit.of(30)), (text, of_thirty));
        }
        for text in ["", "some", "-1", "2.5"] {
            assert!(text.parse::<EvidenceLimit>().unwrap_err().contains("give all, none"), "{text}");
        }
    }
}
