//! The scripts that come with the program, by name: `lib:NAME` wherever a script file is named.

use std::path::Path;

use include_dir::{Dir, include_dir};

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/scripts");

/// How the names of the library begin. `./lib:x` is a file of that name.
pub const PREFIX: &str = "lib:";

/// Whether a path is a name of the library, known or not, and no file.
pub fn is_name(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with(PREFIX))
}

/// All names in order, with their prefix.
pub fn names() -> impl Iterator<Item = String> {
    let mut stems: Vec<_> = FILES.files().filter_map(|file| file.path().file_stem()?.to_str()).collect();
    stems.sort_unstable();
    stems.into_iter().map(|stem| format!("{PREFIX}{stem}"))
}

/// The bytes of the script file of that name; none where there is no such name.
pub fn bytes(name: &Path) -> Option<&'static [u8]> {
    let stem = name.to_str()?.strip_prefix(PREFIX)?;
    FILES.get_file(format!("{stem}.json")).map(|file| file.contents())
}

#[cfg(test)]
mod tests;
