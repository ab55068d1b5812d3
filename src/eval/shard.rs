//! A shard of a dataset, for one of several processes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Every `of`-th clip of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Counted from 1.
    pub number: usize,
    pub of: usize,
}

/// Largest number of shards.
pub(super) const MOST: usize = 100_000;

impl Shard {
    /// None if there is no such shard, or there are more than [`MOST`].
    pub fn new(number: usize, of: usize) -> Option<Self> {
        Some(Self { number, of }).filter(|shard| shard.is_sound())
    }

    /// Whether the numbers are in range: a file may hold any.
    pub(super) fn is_sound(self) -> bool {
        (1..=MOST).contains(&self.of) && (1..=self.of).contains(&self.number)
    }

    /// Whether it has the clip at this place of the manifest, counted from 0.
    pub fn holds(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }

    /// How many of so many clips it has.
    pub fn share_of(self, clips: usize) -> usize {
        clips.saturating_sub(self.number - 1).div_ceil(self.of)
    }

    /// Name of its folder.
    pub fn folder(self) -> String {
        format!("shard-{}-of-{}", self.number, self.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        parts.and_then(|(number, of)| Self::new(number, of)).ok_or_else(|| {
            format!(
                "'{text}' is not a shard: give I/N, such as 2/4 for the second of four, with N at most {MOST}, or slurm/N"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clip_is_in_one_shard() {
        for (clips, of) in [(0, 1), (7, 3), (3, 5), (934, 4)] {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard { number, of }).collect();
            assert!((0..clips).all(|place| shards.iter().filter(|shard| shard.holds(place)).count() == 1));
            for shard in shards {
                assert_eq!((0..clips).filter(|&place| shard.holds(place)).count(), shard.share_of(clips));
            }
        }
        // A file may claim as many as there are numbers.
        assert_eq!(Shard { number: 1, of: 2 }.share_of(usize::MAX), usize::MAX / 2 + 1);
    }

    #[test]
    fn a_shard_parses_as_it_is_displayed() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        assert_eq!(Shard { number: 2, of: 4 }.to_string(), "2/4");
        for text in ["", "0/4", "5/4", "2", "a/b", "1/0", "-1/2", "2/4/6", "1/100001"] {
            assert!(text.parse::<Shard>().unwrap_err().contains("such as 2/4"), "{text}");
        }
    }
}
