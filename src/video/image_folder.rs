//! Folders of numbered images.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::VideoError;

/// Endings by which a file of a folder counts as an image. What it is, its content tells.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// The images of a folder by their numbers: `2.png` before `10.png`. Of images with and without a number, those with
/// one count; an image that is alone needs none.
pub(super) fn images_of(folder: &Path) -> Result<Vec<PathBuf>, VideoError> {
    let unreadable = |source: io::Error| VideoError::Unreadable { path: folder.to_owned(), source };
    let mut series: BTreeMap<String, Vec<(String, PathBuf)>> = BTreeMap::new();
    let mut without_number = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !has_image_ending(&path) || name.starts_with('.') || path.is_dir() {
            continue;
        }
        match pattern(&name) {
            Some(pattern) => series.entry(pattern).or_default().push((name, path)),
            None => without_number.push(path),
        }
    }
    let path = folder.to_owned();
    if series.len() > 1 {
        let patterns = series.into_keys().take(3).collect::<Vec<_>>().join(", ");
        return Err(VideoError::SeveralSeries { path, patterns });
    }
    match (series.pop_first(), without_number.len()) {
        (Some((_, mut images)), _) => {
            images.sort_by(|(a, _), (b, _)| numbers(a).cmp(&numbers(b)).then(a.cmp(b)));
            Ok(images.into_iter().map(|(_, path)| path).collect())
        }
        (None, 0) => Err(VideoError::NoImages { path }),
        (None, 1) => Ok(without_number),
        (None, _) => Err(VideoError::NoNumbers { path }),
    }
}

fn has_image_ending(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// The name with `#` in the place of each number, if it has one: what images of one series share.
fn pattern(name: &str) -> Option<String> {
    let mut pattern = String::new();
    for (is_number, piece) in pieces(name) {
        pattern.push_str(&if is_number { "#".to_owned() } else { piece.to_lowercase() });
    }
    pattern.contains('#').then_some(pattern)
}

/// The numbers in a name, which images of one series are put in order by. Of any size: by length, then by digits.
fn numbers(name: &str) -> Vec<(usize, &str)> {
    let numbers = pieces(name).filter(|(is_number, _)| *is_number);
    numbers.map(|(_, digits)| digits.trim_start_matches('0')).map(|digits| (digits.len(), digits)).collect()
}

/// A name cut into runs of digits and runs of anything else: whether a piece is digits, and the piece.
fn pieces(name: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let is_number = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let piece;
        (piece, rest) = rest.split_at(end);
        Some((is_number, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by_key(|name| numbers(name));
        names
    }

    #[test]
    fn numbers_count_by_value() {
        assert_eq!(
            sorted(vec!["f10.png", "f9.png", "f1.png", "f02.png", "f2.png"]),
            ["f1.png", "f02.png", "f2.png", "f9.png", "f10.png"]
        );
        assert_eq!(sorted(vec!["2-10.png", "10-1.png", "2-9.png"]), ["2-9.png", "2-10.png", "10-1.png"]);
        let huge = ["184467440737095516160.png", "184467440737095516161.png"];
        assert_eq!(sorted(vec![huge[1], huge[0]]), huge);
    }

    #[test]
    fn a_series_is_told_by_what_surrounds_its_numbers() {
        assert_eq!(pattern("IMG_0007.JPG").as_deref(), Some("img_#.jpg"));
        assert_eq!(pattern("take 2, 01:30.png").as_deref(), Some("take #, #:#.png"));
        assert_eq!(pattern("cover.png"), None);
    }

    proptest! {
        #[test]
        fn names_that_hold_a_number_come_in_its_order(
            mut values in prop::collection::vec(0..100_000_u32, 1..30),
            width in 0..8_usize,
        ) {
            let mut names: Vec<String> = values.iter().map(|n| format!("frame_{n:0width$}.png")).collect();
            names.sort_by(|a, b| numbers(a).cmp(&numbers(b)));
            values.sort_unstable();
            let expected: Vec<String> = values.iter().map(|n| format!("frame_{n:0width$}.png")).collect();
            prop_assert_eq!(names, expected);
        }
    }
}
