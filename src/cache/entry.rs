use std::fmt;
use std::str::FromStr;

use blake3::Hasher;
use serde::Serialize;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The embeddings of a segment's frames.
    Frames,
    /// Those that were made before the work was interrupted.
    Partial,
    /// The thumbnails of a segment.
    Strip,
    /// The embedding of a text.
    Text,
    /// The digest of a file.
    Contents,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Frames, Self::Partial, Self::Strip, Self::Text, Self::Contents];

    /// The kind of a file name, and the rest of that name.
    fn of(name: &str) -> Option<(Self, &str)> {
        let (kind, digest) = name.split_once('-')?;
        Some((Self::ALL.into_iter().find(|known| known.name() == kind)?, digest))
    }

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

/// The name of an entry: its kind, and a digest of everything that its payload depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// The ingredients are everything that the payload depends on, in order.
    pub fn new<'a>(kind: Kind, ingredients: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Hasher::new();
        for ingredient in ingredients {
            hasher.update(&(ingredient.len() as u64).to_le_bytes());
            hasher.update(ingredient);
        }
        Self(format!("{kind}-{}", hasher.finalize().to_hex()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> Kind {
        Kind::of(&self.0).map_or(Kind::Contents, |(kind, _)| kind)
    }
}

/// From a file name; `Err` for names of other files.
impl FromStr for Key {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let (_, digest) = Kind::of(name).ok_or(())?;
        let is_digest = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_digest { Ok(Self(name.to_owned())) } else { Err(()) }
    }
}

/// First bytes of every entry; the digit is the version of the format.
const MAGIC: [u8; 8] = *b"actalig1";
/// Bytes before the payload.
const HEADER: usize = MAGIC.len() + blake3::OUT_LEN;

/// A file of the cache that is intact: eight bytes that name the format, 32 bytes of BLAKE3 over key and payload, and the
/// payload.
#[derive(Debug)]
pub struct Entry(Vec<u8>);

impl Entry {
    /// The bytes before the payload.
    pub(super) fn header(key: &Key, payload: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &checksum(key, payload)].concat()
    }

    /// `None` where the bytes are not those written under this key.
    pub(super) fn open(key: &Key, bytes: Vec<u8>) -> Option<Self> {
        let (header, payload) = bytes.split_at_checked(HEADER)?;
        let (magic, found) = header.split_at(MAGIC.len());
        (magic == MAGIC && found == checksum(key, payload)).then_some(Self(bytes))
    }

    pub fn payload(&self) -> &[u8] {
        &self.0[HEADER..]
    }
}

fn checksum(key: &Key, payload: &[u8]) -> [u8; blake3::OUT_LEN] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_str().as_bytes()).update(payload);
    hasher.finalize().into()
}
