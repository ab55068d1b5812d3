//! What a 64-bit ELF file says about dynamic linking, as far as this program asks.

use std::fs;
use std::path::Path;

const DYNAMIC_SECTION: u64 = 6;
const DYNAMIC_SYMBOLS: u64 = 11;
const NEEDED: u64 = 1;
const SONAME: u64 = 14;
const FUNCTION: u64 = 2;

/// An executable or a shared library.
pub struct Elf {
    bytes: Vec<u8>,
}

struct Symbol {
    name: String,
    kind: u64,
    is_defined: bool,
}

impl Elf {
    /// None where this is no little-endian 64-bit ELF file.
    pub fn read(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        bytes.starts_with(b"\x7fELF\x02\x01").then_some(Self { bytes })
    }

    /// The name under which programs ask the loader for this library.
    pub fn soname(&self) -> Option<String> {
        self.dynamic(SONAME)?.pop()
    }

    /// The libraries without which the loader does not start this.
    pub fn needed(&self) -> Option<Vec<String>> {
        self.dynamic(NEEDED)
    }

    /// Names of the functions that others can call.
    pub fn functions(&self) -> Option<Vec<String>> {
        let defined =
            self.symbols()?.into_iter().filter(|symbol| symbol.is_defined && symbol.kind == FUNCTION);
        Some(defined.map(|symbol| symbol.name).collect())
    }

    /// Names that others must define.
    pub fn imports(&self) -> Option<Vec<String>> {
        let undefined = self.symbols()?.into_iter().filter(|symbol| !symbol.is_defined);
        Some(undefined.map(|symbol| symbol.name).collect())
    }

    fn symbols(&self) -> Option<Vec<Symbol>> {
        let (symbols, strings) = self.section(DYNAMIC_SYMBOLS)?;
        let symbol = |at| {
            Some(Symbol {
                name: self.string(strings + self.number(at, 4)? as usize)?,
                kind: self.number(at + 4, 1)? & 0xf,
                is_defined: self.number(at + 6, 2)? != 0,
            })
        };
        symbols.step_by(24).map(symbol).collect()
    }

    fn dynamic(&self, tag: u64) -> Option<Vec<String>> {
        let (entries, strings) = self.section(DYNAMIC_SECTION)?;
        let tagged = entries.step_by(16).filter(|&at| self.number(at, 8) == Some(tag));
        tagged.map(|at| self.string(strings + self.number(at + 8, 8)? as usize)).collect()
    }

    /// Where the first section of a kind lies, and where its strings begin.
    fn section(&self, kind: u64) -> Option<(std::ops::Range<usize>, usize)> {
        let (headers, count) = (self.number(40, 8)? as usize, self.number(60, 2)? as usize);
        let header = (0..count).map(|i| headers + 64 * i).find(|&at| self.number(at + 4, 4) == Some(kind))?;
        let (offset, size) = (self.number(header + 24, 8)? as usize, self.number(header + 32, 8)? as usize);
        let strings = headers + 64 * self.number(header + 40, 4)? as usize;
        Some((offset..offset + size, self.number(strings + 24, 8)? as usize))
    }

    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at + width)?;
        Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn string(&self, at: usize) -> Option<String> {
        let text = self.bytes.get(at..)?.split(|&byte| byte == 0).next()?;
        String::from_utf8(text.to_vec()).ok()
    }
}
