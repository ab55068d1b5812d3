//! Values that datasets write now as numbers, now as text.

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

/// The name of an option without the number before it: `fork` of `2. fork`.
pub fn without_number(option: &str) -> &str {
    let option = option.trim();
    let after = option.trim_start_matches(|c: char| c.is_ascii_digit());
    match after.strip_prefix(". ") {
        Some(name) if after.len() < option.len() => name.trim_start(),
        _ => option,
    }
}

/// What is left of a name where numbers and capitals do not count.
pub fn plain(name: &str) -> String {
    without_number(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_with_a_full_stop_and_a_space_is_taken_off() {
        for (option, name) in [
            ("1. Fork", "Fork"),
            (" 12.  fork trick ", "fork trick"),
            ("360 flip", "360 flip"),
            ("1.5 twist", "1.5 twist"),
            (". fork", ". fork"),
            ("2. 3. fork", "3. fork"),
        ] {
            assert_eq!(without_number(option), name);
        }
        assert_eq!(plain("3. Queen's Gambit"), "queen's gambit");
    }
}
