//! Whether the coded pixels of a sequential JPEG image are whole: a decoder continues after damage with wrong pixels.
//!
//! Codes are read and their values skipped (ITU T.81, F.2.2). Too few or too many codes, or one that is not in the tables,
//! mean damage. Progressive and arithmetic coding are not checked.

use super::heif::big_endian;

/// Codes of up to 16 bits by length: the first code, how many there are, and where their symbols begin.
struct Table {
    lengths: [(u32, u32, usize); 16],
    symbols: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Component {
    id: u8,
    across: usize,
    down: usize,
}

#[derive(Default)]
struct Header {
    width: usize,
    height: usize,
    components: Vec<Component>,
    restart_interval: usize,
    tables: [[Option<Table>; 4]; 2],
}

/// Where the code of the next marker is. Codes below 0xc0 belong to coded pixels.
pub(super) fn next_marker(file: &[u8], from: usize) -> Option<usize> {
    let is_marker = |pair: &[u8]| pair[0] == 0xff && (0xc0..0xff).contains(&pair[1]);
    file.get(from..)?.windows(2).position(is_marker).map(|at| from + at + 1)
}

/// Checks all scans of a file.
pub(super) fn check(file: &[u8]) -> Result<(), String> {
    walk(file).unwrap_or(Ok(()))
}

/// `None` where the file cannot be checked, or a header is damaged.
fn walk(file: &[u8]) -> Option<Result<(), String>> {
    let mut header = Header::default();
    let mut at = 2;
    loop {
        at = next_marker(file, at)?;
        let code = file[at];
        if code == 0xd9 {
            return Some(Ok(()));
        }
        let length = big_endian(file, at + 1, 2)?;
        let (segment, end) = (file.get(at + 3..at + 1 + length)?, at + 1 + length);
        at = end;
        match code {
            0xc0 | 0xc1 => header.read_frame(segment)?,
            0xc4 => header.read_tables(segment)?,
            0xc2..=0xcf => return None,
            0xdd => header.restart_interval = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            0xda => {
                let (width, height) = (header.width, header.height);
                let mut bits = Bits { bytes: file.get(end..)?, at: 0, value: 0, count: 0 };
                if header.read_scan(segment, &mut bits)?.is_none() {
                    let reason = format!("the {width} by {height} pixels do not fit what is coded");
                    return Some(Err(reason));
                }
                at = end + bits.at;
            }
            _ => {}
        }
    }
}

impl Header {
    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        (self.height, self.width) = (big_endian(segment, 1, 2)?, big_endian(segment, 3, 2)?);
        let components = segment.get(6..)?.chunks_exact(3);
        self.components = components
            .map(|part| Component { id: part[0], across: (part[1] >> 4).into(), down: (part[1] & 15).into() })
            .collect();
        let is_sound = |part: &Component| (1..=4).contains(&part.across) && (1..=4).contains(&part.down);
        let has_size = self.width > 0 && self.height > 0;
        (has_size && !self.components.is_empty() && self.components.iter().all(is_sound)).then_some(())
    }

    fn read_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&place, rest)) = segment.split_first() {
            let counts = rest.get(..16)?;
            let (mut code, mut symbols) = (0_u32, 0_usize);
            let lengths = std::array::from_fn(|i| {
                let of_length = (code, u32::from(counts[i]), symbols);
                symbols += usize::from(counts[i]);
                code = (code + u32::from(counts[i])) << 1;
                of_length
            });
            let table = Table { lengths, symbols: rest.get(16..16 + symbols)?.to_vec() };
            *self.tables.get_mut(usize::from(place >> 4))?.get_mut(usize::from(place & 15))? = Some(table);
            segment = &rest[16 + symbols..];
        }
        Some(())
    }

    /// Skips a scan. `None` where it cannot be checked, and within where its codes do not fit its pixels.
    fn read_scan(&self, segment: &[u8], bits: &mut Bits) -> Option<Option<()>> {
        let count = usize::from(*segment.first()?);
        let mut blocks = Vec::new();
        for part in segment.get(1..1 + 2 * count)?.chunks_exact(2) {
            let component = self.components.iter().find(|component| component.id == part[0])?;
            let first = self.tables[0].get(usize::from(part[1] >> 4))?.as_ref()?;
            let others = self.tables[1].get(usize::from(part[1] & 15))?.as_ref()?;
            blocks.push((*component, first, others));
        }
        // Without a component there is nothing to read, as often as there are pixels.
        if blocks.is_empty() {
            return None;
        }
        let most = |side: fn(&Component) -> usize| self.components.iter().map(side).max();
        let (across, down) = (most(|component| component.across)?, most(|component| component.down)?);
        let units = if let [(component, ..)] = blocks[..] {
            // A scan of one component has no padding blocks.
            let width = (self.width * component.across).div_ceil(across);
            let height = (self.height * component.down).div_ceil(down);
            width.div_ceil(8) * height.div_ceil(8)
        } else {
            self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down)
        };
        let is_alone = blocks.len() == 1;
        let mut read = || {
            for unit in 0..units {
                if self.restart_interval > 0 && unit > 0 && unit % self.restart_interval == 0 {
                    bits.restart()?;
                }
                for (component, first, others) in &blocks {
                    let repeats = if is_alone { 1 } else { component.across * component.down };
                    for _ in 0..repeats {
                        bits.pass_block(first, others)?;
                    }
                }
            }
            bits.end()
        };
        Some(read())
    }
}

/// Coded bits up to the next marker.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    value: u32,
    count: u32,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        if self.count == 0 {
            self.value = (*self.bytes.get(self.at)?).into();
            if self.value == 0xff {
                // A zero byte follows, or else this is a marker.
                if self.bytes.get(self.at + 1) != Some(&0) {
                    return None;
                }
                self.at += 1;
            }
            self.at += 1;
            self.count = 8;
        }
        self.count -= 1;
        Some(self.value >> self.count & 1)
    }

    fn symbol(&mut self, table: &Table) -> Option<u8> {
        let mut code = 0;
        for (first, count, symbols) in table.lengths {
            code = code << 1 | self.bit()?;
            if code >= first && code - first < count {
                return table.symbols.get(symbols + (code - first) as usize).copied();
            }
        }
        None
    }

    fn pass(&mut self, count: u8) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(drop))
    }

    fn pass_block(&mut self, first: &Table, others: &Table) -> Option<()> {
        let size = self.symbol(first)?;
        self.pass(size)?;
        let mut coefficient = 1;
        while coefficient < 64 {
            let symbol = self.symbol(others)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => coefficient += 16,
                (_, 0) => break,
                _ => coefficient += run + 1,
            }
            self.pass(size)?;
        }
        (coefficient <= 64).then_some(())
    }

    /// Goes on behind a restart marker.
    fn restart(&mut self) -> Option<()> {
        self.end()?;
        self.at += self.bytes[self.at..].iter().take_while(|&&byte| byte == 0xff).count();
        let is_restart = matches!(self.bytes.get(self.at), Some(0xd0..=0xd7));
        self.at += 1;
        is_restart.then_some(())
    }

    /// Whether a marker follows, maybe after padding; goes to it.
    fn end(&mut self) -> Option<()> {
        self.count = 0;
        let marker = next_marker(self.bytes, self.at)? - 1;
        let fills = self.bytes[self.at..marker].iter().all(|&byte| byte == 0 || byte == 0xff);
        self.at = marker;
        fills.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_without_components_are_skipped() {
        let mut file = b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0".to_vec();
        file.extend(b"\xff\xda\0\x03\0".repeat(100_000));
        assert_eq!(check(&file), Ok(()));
    }
}
