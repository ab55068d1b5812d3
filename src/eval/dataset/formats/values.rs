//! Values that datasets write as numbers or as text.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Number;

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number or text")]
enum Scalar {
    Number(Number),
    Text(String),
}

/// A number or text, as text.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Number(number) => number.to_string(),
        Scalar::Text(text) => text,
    })
}

/// A whole number that is not negative.
pub fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let text = text(deserializer)?;
    text.trim().parse().map_err(|_| D::Error::custom(format_args!("\"{text}\" is not a whole number")))
}

/// A number of seconds.
pub fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = text(deserializer)?;
    let seconds = text.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite());
    seconds.ok_or_else(|| D::Error::custom(format_args!("\"{text}\" is not a number of seconds")))
}
