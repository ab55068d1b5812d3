//! Text files as editors on any system write them.

use std::io;
use std::path::Path;

use crate::files::input_file::read_bounded;

/// The byte order mark that some editors put before UTF-8 text.
const MARK: char = '\u{feff}';

/// Reads UTF-8 text of at most `limit` bytes, without its byte order mark. Line ends become `\n`.
///
/// # Errors
/// If it cannot be read, is no regular file, is larger, or is not UTF-8 text.
pub fn read(path: &Path, limit: u64) -> io::Result<String> {
    let bytes = read_bounded(path, limit)?;
    Ok(text(&bytes)?.replace("\r\n", "\n"))
}

/// The UTF-8 text in the bytes of a file, without its byte order mark.
pub fn text(bytes: &[u8]) -> io::Result<&str> {
    let bytes = without_mark(bytes)?;
    str::from_utf8(bytes).map_err(|error| {
        invalid(format!("not UTF-8 text (byte {}); save it as UTF-8", error.valid_up_to() + 1))
    })
}

/// The bytes of a UTF-8 file without its byte order mark.
///
/// # Errors
/// If the file is UTF-16 or UTF-32, as some editors and shells of Windows write.
pub fn without_mark(bytes: &[u8]) -> io::Result<&[u8]> {
    let begins = |mark: &[u8]| bytes.starts_with(mark);
    // Without a mark: every other byte of most letters is zero.
    let has_zero = matches!(bytes, [1..=255, 0, _, 0, ..] | [0, 1..=255, 0, 1..=255, ..]);
    if begins(&[0xff, 0xfe]) || begins(&[0xfe, 0xff]) || begins(&[0, 0, 0xfe, 0xff]) || has_zero {
        return Err(invalid("UTF-16 or UTF-32 text; save it as UTF-8".to_owned()));
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// The lines of a text. Where files were joined, each part may begin with a byte order mark.
pub fn lines(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.lines().map(|line| line.trim_start_matches(MARK))
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_are_removed() {
        assert_eq!(text(b"\xef\xbb\xbfa").unwrap(), "a");
        assert_eq!(text(b"").unwrap(), "");
        assert_eq!(text(b"\xef\xbb\xbf").unwrap(), "");
        assert_eq!(lines("a\r\n\u{feff}b\n").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
        let little: Vec<u8> = utf16("\u{feff}ab").iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = utf16("\u{feff}ab").iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [&little[..], &big, &little[2..], &big[2..], b"\0\0\xfe\xff\0\0\0a", b"a\0\0\0"] {
            let error = text(bytes).unwrap_err().to_string();
            assert!(error.contains("UTF-16"), "{bytes:?}: {error}");
        }
        assert_eq!(text(b"ab\xe9").unwrap_err().to_string(), "not UTF-8 text (byte 3); save it as UTF-8");
    }
}
