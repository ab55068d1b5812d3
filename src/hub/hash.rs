use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::files::input_file::open_regular;

/// The hash by which the hub names the content of a file: SHA-256 of a large one, git's hash of a small one. It is also the
/// name of the file in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(String);

impl Etag {
    /// Parses the value of a header `ETag`; `None` unless it is a hash.
    pub fn parse(header: &str) -> Option<Self> {
        let hash = header.trim_start_matches("W/").trim_matches('"').to_ascii_lowercase();
        let is_hash = [40, 64].contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then_some(Self(hash))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a file of `size` bytes has this hash.
    pub fn is_of(&self, path: &Path, size: u64) -> io::Result<bool> {
        let file = open_regular(path)?;
        let found = if self.0.len() == 64 {
            digest(Sha256::new(), file)?
        } else {
            digest(Sha1::new().chain_update(format!("blob {size}\0")), file)?
        };
        Ok(found == self.0)
    }
}

/// Remembers whether a file has the hash of that name, until the file changes: hashing gigabytes takes seconds. The last
/// argument computes it.
pub type HashMemo = Box<dyn Fn(&Path, &str, &mut dyn FnMut() -> io::Result<bool>) -> io::Result<bool>>;

fn digest(mut hasher: impl Digest + io::Write, file: File) -> io::Result<String> {
    io::copy(&mut BufReader::with_capacity(1 << 20, file), &mut hasher)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_git_and_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "hello\n").unwrap();
        // `git hash-object` and `sha256sum`.
        let git = Etag::parse("\"ce013625030ba8dba906f756967f9e9ca394464a\"").unwrap();
        let sha = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let large = Etag::parse(&format!("W/\"{}\"", sha.to_uppercase())).unwrap();
        assert_eq!(large.as_str(), sha);
        for etag in [&git, &large] {
            assert!(etag.is_of(&file, 6).unwrap());
        }
        std::fs::write(&file, "hallo\n").unwrap();
        for etag in [git, large] {
            assert!(!etag.is_of(&file, 6).unwrap());
        }
    }

    #[test]
    fn only_a_hash_becomes_the_name_of_a_file() {
        for header in ["", "\"\"", "\"abc\"", "../../../../../../../../../../../etc/pass", &"g".repeat(40)] {
            assert_eq!(Etag::parse(header), None);
        }
    }
}
