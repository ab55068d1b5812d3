//! What an image file states beside its pixels: its orientation, and where it should end.
//!
//! Read from the bytes, since FFmpeg's versions differ: only the newest report orientations of WebP, TIFF and HEIF, and
//! some decoders silently fill what is missing with grey.

use image::metadata::Orientation as ExifOrientation;

use super::heif::big_endian;
pub(in crate::video) use super::heif::is_heif;
use super::jpeg_scan::next_marker;
use super::{heif, jpeg_scan};
use crate::video::orientation::Orientation;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
const EXIF: &[u8] = b"Exif\0\0";

/// What is known about an image before it is decoded.
#[derive(Debug, Default, PartialEq)]
pub(in crate::video) struct ImageHeader {
    pub(in crate::video) orientation: Option<Orientation>,
    pub(in crate::video) damage: Option<String>,
    /// Whether further images in the file belong to the first: depth, gain maps, other views.
    pub(in crate::video) has_attachments: bool,
    /// Whether it is a moving image that lacks its end.
    pub(in crate::video) lacks_end: bool,
    /// Whether it is JPEG coded neither sequentially nor progressively, which perhaps only FFmpeg decodes.
    pub(in crate::video) is_rare_jpeg: bool,
}

/// Why the pixels of an image cannot be trusted, as far as its file shows before it is decoded.
pub fn damage_of(file: &[u8]) -> Option<String> {
    ImageHeader::read(file).damage
}

impl ImageHeader {
    pub(in crate::video) fn read(file: &[u8]) -> Self {
        if is_jpeg(file) {
            return Self::jpeg(file);
        }
        if heif::is_heif(file) {
            let image = heif::read(file);
            let damage = image.is_derived.then(|| "composed of tiles".to_owned());
            return Self { orientation: image.orientation, damage, has_attachments: true, ..Self::default() };
        }
        let orientation = if is_png(file) {
            png_exif(file).and_then(exif_orientation)
        } else if is_webp(file) {
            webp_exif(file).and_then(exif_orientation)
        } else {
            // EXIF holds a TIFF file.
            exif_orientation(file)
        };
        let lacks_end = file.starts_with(b"GIF8") && gif_end(file).is_none();
        Self { orientation, damage: truncation(stated_end(file), file), lacks_end, ..Self::default() }
    }

    fn jpeg(file: &[u8]) -> Self {
        let mut image = Self::default();
        let (mut exif, mut at) = (None, 2);
        let end = loop {
            let Some(marker) = next_marker(file, at) else { break None };
            let (code, payload) = (file[marker], marker + 1);
            // The end, and a second start, which some cameras write without an end before it.
            if code == 0xd9 || code == 0xd8 {
                break Some(payload);
            }
            if matches!(code, 0xd0..=0xd7) {
                at = payload;
                continue;
            }
            let Some(length) = big_endian(file, payload, 2).filter(|&length| length >= 2) else {
                break None;
            };
            let segment = file.get(payload + 2..payload + length).unwrap_or_default();
            if code == 0xe1 {
                exif = exif.or_else(|| segment.strip_prefix(EXIF));
            }
            image.is_rare_jpeg |= matches!(code, 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xf7);
            image.has_attachments |= code == 0xe2 && segment.starts_with(b"MPF\0");
            at = payload + length;
        };
        image.orientation = exif.and_then(exif_orientation);
        image.damage =
            truncation(Some(end.unwrap_or(usize::MAX)), file).or_else(|| jpeg_scan::check(file).err());
        image
    }
}

pub(in crate::video) fn is_jpeg(file: &[u8]) -> bool {
    file.starts_with(JPEG)
}

pub(in crate::video) fn is_png(file: &[u8]) -> bool {
    file.starts_with(PNG)
}

fn is_webp(file: &[u8]) -> bool {
    file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP")
}

fn truncation(end: Option<usize>, file: &[u8]) -> Option<String> {
    end.filter(|&end| end > file.len()).map(|_| format!("cut short after {} bytes", file.len()))
}

fn png_exif(file: &[u8]) -> Option<&[u8]> {
    let mut at = PNG.len();
    loop {
        let length = big_endian(file, at, 4)?;
        let start = at + 8;
        if file.get(at + 4..start)? == b"eXIf" {
            return file.get(start..start.checked_add(length)?);
        }
        at = start.checked_add(length)?.checked_add(4)?;
    }
}

fn webp_exif(file: &[u8]) -> Option<&[u8]> {
    let mut at = 12;
    loop {
        let (start, length) = (at + 8, little_endian(file, at + 4, 4)?);
        if file.get(at..at + 4)? == b"EXIF" {
            return file.get(start..start.checked_add(length)?);
        }
        at = start.checked_add(length)?.checked_add(length % 2)?;
    }
}

fn exif_orientation(exif: &[u8]) -> Option<Orientation> {
    let value = ExifOrientation::from_exif_chunk(exif.strip_prefix(EXIF).unwrap_or(exif))?;
    Orientation::from_exif(value.to_exif().into())
}

/// Where an image ends by its own header, for formats of which FFmpeg silently decodes a part.
fn stated_end(file: &[u8]) -> Option<usize> {
    let big = |at| big_endian(file, at, 4);
    let little = |at| little_endian(file, at, 4);
    if is_webp(file) {
        // Some writers leave out the last byte, which is padding.
        return little(4)?.checked_add(7);
    }
    if file.starts_with(b"qoif") {
        let end = [0, 0, 0, 0, 0, 0, 0, 1];
        let is_whole = file.windows(end.len()).any(|bytes| bytes == end);
        return (!is_whole).then_some(usize::MAX);
    }
    if file.starts_with(b"\x59\xa6\x6a\x95") {
        // Sun raster: header, colour map, pixels.
        return 32_usize.checked_add(big(28)?)?.checked_add(big(16)?);
    }
    if file.starts_with(b"\x76\x2f\x31\x01") {
        return exr_end(file);
    }
    None
}

/// Where the trailer of a GIF image is, behind its blocks.
fn gif_end(file: &[u8]) -> Option<usize> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*file.get(10)?);
    loop {
        at += match file.get(at)? {
            0x3b => return Some(at),
            0x21 => 2,
            0x2c => 11 + table(*file.get(at + 9)?),
            _ => return None,
        };
        // Pieces of data, each behind its length; one without a length ends them.
        loop {
            let length = usize::from(*file.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

/// The end of the last chunk of scan lines of an OpenEXR image of one part.
fn exr_end(file: &[u8]) -> Option<usize> {
    const TILED_OR_SEVERAL: u8 = 0x02 | 0x10;
    if file.get(5)? & TILED_OR_SEVERAL != 0 {
        return None;
    }
    let mut at = 8;
    // Attributes: name, type, size, value; an empty name ends them.
    while *file.get(at)? != 0 {
        for _ in 0..2 {
            at += file.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
        at = at.checked_add(4 + little_endian(file, at, 4)?)?;
    }
    let offset = |at| little_endian(file, at, 8);
    // The table of chunks ends where the first of them begins.
    let (table, first) = (at + 1, offset(at + 1)?);
    if first > file.len() {
        return Some(first);
    }
    let chunks = (table..first).step_by(8).map(|at| {
        let chunk = offset(at)?;
        let size = little_endian(file, chunk.checked_add(4)?, 4)?;
        chunk.checked_add(8 + size)
    });
    // A chunk whose size is not in the file is missing.
    chunks.map(|end| end.unwrap_or(usize::MAX)).max()
}

/// A little-endian number of `width` bytes.
fn little_endian(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openexr_table_beyond_the_file_is_not_walked() {
        let image = |first: u64| {
            let header = b"\x76\x2f\x31\x01\x02\0\0\0\0";
            let chunk = b"\0\0\0\0\x04\0\0\0abcd";
            [&header[..], &first.to_le_bytes(), chunk].concat()
        };
        assert_eq!(damage_of(&image(17)), None);
        for first in [18, 30, 1 << 40, u64::MAX] {
            assert!(damage_of(&image(first)).is_some_and(|damage| damage.contains("cut short")), "{first}");
        }
    }
}
