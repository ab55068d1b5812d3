//! The orientation of a HEIF image (AVIF, HEIC), which FFmpeg reports only from version 7.1 on.

use crate::video::orientation::Orientation;

/// Brands of files whose main content is images.
const BRANDS: [&[u8; 4]; 8] = [b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"];

/// What the boxes of a HEIF file state about its primary image.
#[derive(Debug, Default, PartialEq)]
pub(super) struct HeifImage {
    /// From the properties `irot` and `imir`.
    pub(super) orientation: Option<Orientation>,
    /// Whether it is composed of other images of the file.
    pub(super) is_derived: bool,
}

/// Whether a file with this beginning is an image in a HEIF container.
pub(in crate::video) fn is_heif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp") && BRANDS.iter().any(|brand| bytes.get(8..12) == Some(*brand))
}

/// Reads the `meta` box of a file; what it does not state is left at its default.
pub(super) fn read(file: &[u8]) -> HeifImage {
    primary(file).unwrap_or_default()
}

fn primary(file: &[u8]) -> Option<HeifImage> {
    let meta = child(file, b"meta")?.get(4..)?;
    let (version, pitm) = full(child(meta, b"pitm")?)?;
    let item = if version == 0 { big_endian(pitm, 0, 2)? } else { big_endian(pitm, 0, 4)? };
    let kind = child(meta, b"iinf").and_then(|iinf| item_kind(iinf, item));
    let is_derived = matches!(kind, Some(b"grid" | b"iovl" | b"iden" | b"tmap"));
    Some(HeifImage { orientation: orientation(meta, item), is_derived })
}

fn item_kind(iinf: &[u8], item: usize) -> Option<&[u8]> {
    let (version, entries) = full(iinf)?;
    boxes(entries.get(if version == 0 { 2 } else { 4 }..)?).filter(|(kind, _)| *kind == b"infe").find_map(
        |(_, infe)| {
            let (version, entry) = full(infe)?;
            let width = if version < 3 { 2 } else { 4 };
            (big_endian(entry, 0, width)? == item).then(|| entry.get(width + 2..width + 6)).flatten()
        },
    )
}

/// The turns and mirrors among an item's properties, in their order.
fn orientation(meta: &[u8], item: usize) -> Option<Orientation> {
    let properties = child(meta, b"iprp")?;
    let known: Vec<_> = boxes(child(properties, b"ipco")?).collect();
    let turns = properties_of(child(properties, b"ipma")?, item)?.into_iter().filter_map(|index| {
        let (kind, payload) = known.get(index.checked_sub(1)?)?;
        let value = payload.first()?;
        match *kind {
            // Quarter turns anticlockwise.
            b"irot" => Orientation::from_exif([1, 8, 3, 6][usize::from(value & 3)]),
            // 0 exchanges top and bottom, 1 left and right.
            b"imir" => Orientation::from_exif(if value & 1 == 0 { 4 } else { 2 }),
            _ => None,
        }
    });
    turns.reduce(Orientation::then)
}

/// Numbers from 1 of the properties of an item.
fn properties_of(ipma: &[u8], item: usize) -> Option<Vec<usize>> {
    let (version, bytes) = full(ipma)?;
    let is_wide = ipma.get(3)? & 1 == 1;
    let (id_width, width) = (if version == 0 { 2 } else { 4 }, if is_wide { 2 } else { 1 });
    let mut at = 4;
    for _ in 0..big_endian(bytes, 0, 4)? {
        let id = big_endian(bytes, at, id_width)?;
        let count = big_endian(bytes, at + id_width, 1)?;
        at += id_width + 1;
        if id == item {
            // The highest bit marks essential properties.
            let mask = if is_wide { 0x7fff } else { 0x7f };
            return (0..count).map(|i| Some(big_endian(bytes, at + i * width, width)? & mask)).collect();
        }
        at += count * width;
    }
    None
}

fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|(found, _)| *found == kind).map(|(_, payload)| payload)
}

/// Kinds and payloads of consecutive boxes; one that is cut off ends with the bytes.
fn boxes(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let kind = rest.get(4..8)?;
        let (start, size) = match big_endian(rest, 0, 4)? {
            0 => (8, rest.len()),
            1 => (16, big_endian(rest, 8, 8)?),
            size => (8, size),
        };
        let end = size.clamp(start, rest.len().max(start));
        let payload = rest.get(start..end)?;
        rest = &rest[end..];
        Some((kind, payload))
    })
}

fn full(payload: &[u8]) -> Option<(u8, &[u8])> {
    Some((*payload.first()?, payload.get(4..)?))
}

/// A big-endian number of `width` bytes.
pub(super) fn big_endian(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().fold(0, |value, &byte| value << 8 | usize::from(byte)))
}
