//! Standard output.

use std::io::{self, Write};

/// Writes a text on standard output.
///
/// # Errors
/// If it cannot be written to, unless its reader has seen enough, as `head` has.
pub fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
