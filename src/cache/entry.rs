use crate::cache::key::Key;

/// First bytes of every entry; the digit is the version of the format.
const MAGIC: [u8; 8] = *b"actalig1";
/// Bytes before the payload.
const HEADER: usize = MAGIC.len() + blake3::OUT_LEN;

/// A file of the cache that is intact: eight bytes that name the format, 32 bytes of BLAKE3 over key and payload, and the
/// payload.
#[derive(Debug)]
pub struct Entry(Vec<u8>);

impl Entry {
    /// The bytes of an entry.
    pub(super) fn seal(key: &Key, payload: &[u8]) -> Vec<u8> {
        [&MAGIC[..], &checksum(key, payload), payload].concat()
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
