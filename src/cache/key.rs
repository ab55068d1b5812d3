//! Names of entries.

use std::fmt;
use std::str::FromStr;

use blake3::Hasher;
use serde::Serialize;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// All embedded frames of a segment.
    Frames,
    /// The frames of a segment that were embedded before the work was broken off.
    Partial,
    /// Small pictures of a segment.
    Strip,
    /// One embedded text.
    Text,
    /// What a file was found to contain.
    Contents,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Frames, Self::Partial, Self::Strip, Self::Text, Self::Contents];

    fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Partial => "partial",
            Self::Strip => "strip",
            Self::Text => "text",
            Self::Contents => "contents",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name of an entry: its kind, and a digest of everything that decides its payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The key of these ingredients, in this order.
    pub fn new<'a>(kind: Kind, ingredients: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Hasher::new();
        for ingredient in ingredients {
            hasher.update(&(ingredient.len() as u64).to_le_bytes());
            hasher.update(ingredient);
        }
        Self(format!("{kind}-{}", hasher.finalize().to_hex()))
    }

    /// The key as a file name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the entry holds.
    pub fn kind(&self) -> Kind {
        let name = self.0.split('-').next();
        Kind::ALL.into_iter().find(|kind| Some(kind.name()) == name).unwrap_or(Kind::Contents)
    }
}

/// Reads a file name; anything that no key would write is refused.
impl FromStr for Key {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let (kind, digest) = name.split_once('-').ok_or(())?;
        let is_kind = Kind::ALL.into_iter().any(|known| known.name() == kind);
        let is_digest = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_kind && is_digest { Ok(Self(name.to_owned())) } else { Err(()) }
    }
}
