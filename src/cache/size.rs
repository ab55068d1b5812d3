use std::fmt;
use std::str::FromStr;

use indicatif::DecimalBytes;
use serde::Serialize;
use thiserror::Error;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Size(pub u64);

/// A text that is not a size.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{0}' is not a size: give a number of bytes, or one with a unit, such as 500MB or 2 GB")]
pub struct SizeError(String);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DecimalBytes(self.0).fmt(f)
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || SizeError(text.to_owned());
        let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kb" => 1e3,
            "m" | "mb" => 1e6,
            "g" | "gb" => 1e9,
            "t" | "tb" => 1e12,
            "kib" => 1024.0,
            "mib" => 1024.0 * 1024.0,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(error()),
        };
        Ok(Self((number.parse::<f64>().map_err(|_| error())? * factor) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_an_optional_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("1234", 1234),
            ("500MB", 500_000_000),
            ("1.5 gb", 1_500_000_000),
            ("2G", 2_000_000_000),
            ("1MiB", 1 << 20),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "GB", "-1", "1.2.3", "2 apples", "inf", "nan"] {
            assert_eq!(text.parse::<Size>(), Err(SizeError(text.to_owned())));
        }
        assert_eq!(Size(1_500_000_000).to_string(), "1.50 GB");
    }
}
