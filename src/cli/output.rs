//! Standard output.

use std::io::{self, Write};

/// Writes a text, or the bytes of a file, on standard output.
///
/// # Errors
/// If it cannot be written to, unless its reader has seen enough, as `head` has.
pub fn print(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
