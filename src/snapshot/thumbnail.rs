use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::explore::Picture;

/// Pictures kept at most: as many as a film strip in a figure has room for.
const MOST: usize = 16;

/// A small picture of a frame, compressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thumbnail {
    pub ordinal: u64,
    /// Presentation time in seconds.
    pub time: f64,
    /// In base64 in the document.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub jpeg: Vec<u8>,
}

/// An even selection of pictures, the first and the last among them.
pub fn selection(pictures: &[&Picture]) -> Vec<Thumbnail> {
    let count = pictures.len().min(MOST);
    let taken = (0..count).map(|place| pictures[place * (pictures.len() - 1) / (count - 1).max(1)]);
    taken
        .map(|Picture { ordinal, time, jpeg }| Thumbnail {
            ordinal: *ordinal,
            time: *time,
            jpeg: jpeg.clone(),
        })
        .collect()
}

fn write<S: Serializer>(jpeg: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(jpeg))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_even_and_has_both_ends() {
        let pictures: Vec<Picture> =
            (0..100).map(|i| Picture { ordinal: i, time: i as f64, jpeg: vec![i as u8] }).collect();
        let pictures: Vec<&Picture> = pictures.iter().collect();
        for given in [0, 1, 2, 15, 16, 17, 31, 100] {
            let kept: Vec<u64> = selection(&pictures[..given]).iter().map(|kept| kept.ordinal).collect();
            assert_eq!(kept.len(), given.min(MOST), "{given}");
            assert_eq!(kept.first().copied(), (given > 0).then_some(0));
            assert_eq!(kept.last().copied(), (given as u64).checked_sub(1));
            let gaps: Vec<u64> = kept.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(gaps.iter().max() <= gaps.iter().min().map(|least| least + 1).as_ref(), "{gaps:?}");
        }
    }
}
