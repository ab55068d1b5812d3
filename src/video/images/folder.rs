//! Folders of numbered images.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::video::{Problem, VideoError};

/// Endings by which a file of a folder counts as an image. Its contents decide which kind.
const ENDINGS: [&str; 37] = [
    "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "dib", "tif", "tiff", "avif", "avifs",
    "heic", "heif", "hif", "jxl", "jp2", "j2k", "jpf", "ppm", "pgm", "pbm", "pnm", "pam", "pfm", "exr",
    "tga", "qoi", "dds", "dpx", "pcx", "sgi", "ras", "ico", "xbm",
];

/// The images of a folder by their numbers, without unnumbered ones; a single image needs no number.
pub fn images_of(folder: &Path) -> Result<Vec<PathBuf>, VideoError> {
    let unreadable = |source: io::Error| VideoError::new(folder, Problem::Unreadable(source));
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
    if series.len() > 1 {
        let patterns = series.into_keys().take(3).collect::<Vec<_>>().join(", ");
        return Err(VideoError::new(folder, Problem::SeveralSeries { patterns }));
    }
    match (series.pop_first(), without_number.len()) {
        (Some((_, images)), _) => Ok(in_order(images)),
        (None, 0) => Err(VideoError::new(folder, Problem::NoImages)),
        (None, 1) => Ok(without_number),
        (None, _) => Err(VideoError::new(folder, Problem::NoNumbers)),
    }
}

fn has_image_ending(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// The images of a series, each with its name, by the numbers in their names.
///
/// `1.5` is one number, unless two images of the series would then have the same: where `1.1` is beside `1.10`, they are
/// the first and the tenth of something. A minus sign counts where not all numbers have one.
fn in_order<T>(images: Vec<(String, T)>) -> Vec<T> {
    let (names, images): (Vec<String>, Vec<T>) = images.into_iter().unzip();
    let all = |are_decimal| names.iter().map(move |name| numbers(name, are_decimal));
    let distinct = |are_decimal| all(are_decimal).collect::<BTreeSet<_>>().len();
    let are_decimal = distinct(true) >= distinct(false);
    let have_signs = all(are_decimal).any(|numbers| numbers.iter().all(|number| !number.is_negative));
    let keys = all(are_decimal).zip(&names).map(|(mut numbers, name)| {
        numbers.iter_mut().for_each(|number| number.is_negative &= have_signs);
        (numbers, name)
    });
    let mut sorted: Vec<_> = keys.zip(images).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    sorted.into_iter().map(|(_, image)| image).collect()
}

/// The name with `#` for each number, if it has one: images of one series share it.
fn pattern(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut pattern = String::new();
    for piece in pieces(stem) {
        match piece {
            Piece::Text(text) => pattern.push_str(&text.to_lowercase()),
            Piece::Numbers(_, runs) if runs.len() <= 2 => pattern.push('#'),
            Piece::Numbers(_, runs) => pattern.push_str(&vec!["#"; runs.len()].join(".")),
        }
    }
    pattern.contains('#').then(|| format!("{pattern}.{}", ending.to_lowercase()))
}

#[derive(Debug, PartialEq, Eq)]
struct Number<'a> {
    is_negative: bool,
    /// Digits before the point, without zeros in front.
    whole: &'a str,
    /// Digits behind the point, without zeros at the end.
    fraction: &'a str,
}

impl<'a> Number<'a> {
    fn new(is_negative: bool, whole: &'a str, fraction: &'a str) -> Self {
        Self { is_negative, whole: whole.trim_start_matches('0'), fraction: fraction.trim_end_matches('0') }
    }

    /// Compares as the size does.
    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_size = self.size().cmp(&other.size());
        let by_value = if self.is_negative { by_size.reverse() } else { by_size };
        other.is_negative.cmp(&self.is_negative).then(by_value)
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The numbers in a name without its ending. Two with a point between them are one where they `are_decimal`.
fn numbers(name: &str, are_decimal: bool) -> Vec<Number<'_>> {
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    let mut numbers = Vec::new();
    for piece in pieces(stem) {
        let Piece::Numbers(is_negative, runs) = piece else { continue };
        match runs[..] {
            [whole, fraction] if are_decimal => numbers.push(Number::new(is_negative, whole, fraction)),
            _ => {
                let signs = std::iter::once(is_negative).chain(std::iter::repeat(false));
                numbers.extend(signs.zip(runs).map(|(sign, digits)| Number::new(sign, digits, "")));
            }
        }
    }
    numbers
}

enum Piece<'a> {
    Text(&'a str),
    /// Runs of digits with a point between each and the next, and whether a minus sign is in front.
    Numbers(bool, Vec<&'a str>),
}

/// Cuts a name into text and numbers. A hyphen is a minus sign at the beginning, and behind `_` or `=`.
fn pieces(name: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, from_digit) = rest.split_at(end);
        if from_digit.is_empty() {
            pieces.push(Piece::Text(text));
            break;
        }
        let unsigned = text.strip_suffix('-');
        let unsigned =
            unsigned.filter(|text| text.ends_with(['_', '=']) || text.is_empty() && pieces.is_empty());
        pieces.push(Piece::Text(unsigned.unwrap_or(text)));
        let (mut runs, mut left) = (Vec::new(), from_digit);
        loop {
            let end = left.find(|c: char| !c.is_ascii_digit()).unwrap_or(left.len());
            runs.push(&left[..end]);
            left = &left[end..];
            match left.strip_prefix('.') {
                Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => left = after,
                _ => break,
            }
        }
        pieces.push(Piece::Numbers(unsigned.is_some(), runs));
        rest = left;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        in_order(names.into_iter().map(|name| (name.to_owned(), name)).collect())
    }

    /// Names in their order stay as they are, whatever order they come in.
    fn are_in_order(names: &[&str]) {
        assert_eq!(sorted(names.iter().copied()), names);
        assert_eq!(sorted(names.iter().copied().rev()), names);
        let patterns: BTreeSet<_> = names.iter().map(|name| pattern(name)).collect();
        assert_eq!(patterns.len(), 1, "{names:?} are one series");
    }

    #[test]
    fn decimals_sort_by_value() {
        are_in_order(&["frame_0.10.png", "frame_0.9.png"]);
        are_in_order(&["t0.png", "t0.04.png", "t0.1.png", "t1.png", "t1.5.png", "t9.75.png", "t10.25.png"]);
        are_in_order(&["0.000.png", "0.033.png", "0.067.png", "0.100.png", "1.000.png", "12.000.png"]);
        are_in_order(&["shot010.0009.exr", "shot010.0010.exr", "shot010.0100.exr", "shot020.0001.exr"]);
    }

    #[test]
    fn numbers_with_points_are_not_decimals_where_two_would_be_equal() {
        are_in_order(&["clip1.1.png", "clip1.2.png", "clip1.9.png", "clip1.10.png", "clip2.1.png"]);
    }

    #[test]
    fn three_numbers_with_points_are_three_numbers() {
        are_in_order(&["v1.2.9.png", "v1.2.10.png", "v1.10.1.png"]);
        are_in_order(&["10.0.0.9 1.png", "10.0.0.10 1.png"]);
    }

    #[test]
    fn a_minus_sign_counts_where_not_all_numbers_have_one() {
        are_in_order(&["t_-2.png", "t_-1.5.png", "t_-0.5.png", "t_0.png", "t_0.5.png"]);
        are_in_order(&["-10.png", "-9.png", "0.png", "9.png"]);
        are_in_order(&["f_-1.png", "f_-2.png", "f_-10.png"]);
        are_in_order(&["2024-02-09.png", "2024-02-10.png", "2024-11-01.png"]);
    }

    #[test]
    fn numbers_sort_by_value() {
        assert_eq!(
            sorted(["f10.png", "f9.png", "f1.png", "f02.png", "f2.png"]),
            ["f1.png", "f02.png", "f2.png", "f9.png", "f10.png"]
        );
        assert_eq!(sorted(["2-10.png", "10-1.png", "2-9.png"]), ["2-9.png", "2-10.png", "10-1.png"]);
        let huge = ["184467440737095516160.png", "184467440737095516161.png"];
        assert_eq!(sorted([huge[1], huge[0]]), huge);
    }

    #[test]
    fn names_of_a_series_differ_in_their_numbers_only() {
        assert_eq!(pattern("IMG_0007.JPG").as_deref(), Some("img_#.jpg"));
        assert_eq!(pattern("take 2, 01:30.png").as_deref(), Some("take #, #:#.png"));
        assert_eq!(pattern("cover.png"), None);
        assert_eq!(pattern("cover.jp2"), None, "an ending is no number");
        assert_eq!(pattern("t_-0.5.PNG").as_deref(), Some("t_#.png"));
        assert_eq!(pattern("v1.2.3.png").as_deref(), Some("v#.#.#.png"));
    }
}
