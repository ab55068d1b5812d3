use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::video::{Sampling, Segment};

/// Which frames of a clip were taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledPart {
    /// In JSON a number of frames per second, or `"native"`.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub fps: Sampling,
    /// In seconds, if not the clip's.
    pub start: Option<f64>,
    /// In seconds, if not the clip's.
    pub end: Option<f64>,
}

impl SampledPart {
    pub fn segment(&self) -> Segment {
        Segment { start: self.start, end: self.end }
    }
}

fn write<S: Serializer>(sampling: &Sampling, serializer: S) -> Result<S::Ok, S::Error> {
    match sampling {
        Sampling::Fps(fps) => serializer.serialize_f64(*fps),
        Sampling::Native | Sampling::Numbered => serializer.collect_str(sampling),
    }
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sampling, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Rate {
        Number(f64),
        Word(String),
    }
    let text = match Rate::deserialize(deserializer)? {
        Rate::Number(fps) => fps.to_string(),
        Rate::Word(word) => word,
    };
    text.parse().map_err(D::Error::custom)
}
