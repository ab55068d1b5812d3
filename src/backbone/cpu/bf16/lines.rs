//! Operands in the order in which the kernels read them.
//!
//! A product multiplies pairs of values, so a line holds 16 pairs. A group of 16 rows has, for every 32 values, a line
//! of each row. A panel of 32 columns has, for every pair of inputs, a line of the first 16 columns and one of the others.

use std::ops::Range;

use crate::backbone::cpu::kernel::{Isa, for_each_isa};
use crate::backbone::cpu::rows::Rows;

/// 32 bf16 values, as bits.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub struct Line(pub [u16; LINE]);

/// Values of a line.
pub const LINE: usize = 32;
/// Rows of a group.
pub const GROUP: usize = 16;
/// Columns of a panel.
pub const COLUMNS: usize = 32;
/// Sums of two groups and a panel.
pub const SUMS: usize = 2 * GROUP * COLUMNS;

/// Sums of one product.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Sums(pub [f32; SUMS]);

impl Sums {
    pub const ZERO: Self = Self([0.0; SUMS]);
}

/// The nearest bf16, of two as near the even one; without branches, so that the compiler can make vector code.
#[inline(always)]
fn round(value: f32) -> u16 {
    const NAN: u16 = 0x7fc0;
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    if value.is_nan() { NAN } else { rounded as u16 }
}

/// Lines of a group, or half as many as those of a panel, of so many inputs.
fn lines(inputs: usize) -> usize {
    inputs.div_ceil(LINE) * GROUP
}

/// Rows in groups. What stands for rows beyond the last is unspecified.
#[derive(Debug, Default)]
pub struct PackedRows {
    lines: Vec<Line>,
    /// Lines of a group.
    group: usize,
}

impl PackedRows {
    /// The values `range` of rows.
    pub fn pack(&mut self, isa: Isa, rows: Rows, range: Range<usize>) {
        self.resize(rows.count, range.len());
        fill_rows(isa, rows, range, &mut self.lines);
    }

    /// Makes room for rows of so many values, which are unspecified.
    pub fn resize(&mut self, rows: usize, values: usize) {
        self.group = lines(values);
        self.lines.resize(rows.div_ceil(GROUP) * self.group, Line::default());
    }

    /// The lines of the values `32 · steps` of two groups of rows after each other. The second is empty beyond the last.
    pub fn pairs(&self, steps: Range<usize>) -> impl Iterator<Item = [&[Line]; 2]> {
        let lines = steps.start * GROUP..steps.end * GROUP;
        self.lines.chunks(2 * self.group).map(move |pair| {
            let (first, second) = pair.split_at(self.group);
            [&first[lines.clone()], if second.is_empty() { second } else { &second[lines.clone()] }]
        })
    }

    /// Values of a row, 32 at a time.
    pub fn steps(&self) -> usize {
        self.group / GROUP
    }

    /// Replaces 32 values of the rows of a group.
    pub fn set(&mut self, group: usize, step: usize) -> &mut [Line; GROUP] {
        let start = group * self.group + step * GROUP;
        (&mut self.lines[start..start + GROUP]).try_into().expect("as many lines as a group has rows")
    }
}

for_each_isa! {
    /// Rounds values in rows of 32.
    pub fn round_rows(values: &[f32], lines: &mut [Line]) = round_rows_portable
}

#[inline(always)]
fn round_rows_portable(values: &[f32], lines: &mut [Line]) {
    for (line, values) in lines.iter_mut().zip(values.as_chunks::<LINE>().0) {
        round_line(values, line);
    }
}

#[inline(always)]
fn round_line(values: &[f32; LINE], line: &mut Line) {
    line.0.iter_mut().zip(values).for_each(|(to, value)| *to = round(*value));
}

for_each_isa! {
    fn fill_rows(rows: Rows, range: Range<usize>, packed: &mut [Line]) = fill_rows_portable
}

#[inline(always)]
fn fill_rows_portable(rows: Rows, range: Range<usize>, packed: &mut [Line]) {
    let group = lines(range.len());
    for row in 0..rows.count {
        let (whole, rest) = rows.row(row)[range.clone()].as_chunks::<LINE>();
        let lines = &mut packed[row / GROUP * group + row % GROUP..];
        let mut lines = lines.iter_mut().step_by(GROUP);
        for (line, values) in lines.by_ref().take(whole.len()).zip(whole) {
            round_line(values, line);
        }
        if !rest.is_empty()
            && let Some(line) = lines.next()
        {
            *line = Line::default();
            line.0.iter_mut().zip(rest).for_each(|(to, value)| *to = round(*value));
        }
    }
}

/// Packs the values `range` of rows as panels, a row a column, by way of `grouped`.
pub fn pack_columns(
    isa: Isa,
    rows: Rows,
    range: Range<usize>,
    grouped: &mut PackedRows,
    packed: &mut Vec<Line>,
) {
    grouped.pack(isa, rows, range);
    let PackedRows { lines, group } = grouped;
    // Columns beyond the last are zeros.
    if let Some(last) = lines.chunks_exact_mut(*group).next_back() {
        let beyond = rows.count - (rows.count - 1) / GROUP * GROUP..GROUP;
        last.chunks_exact_mut(GROUP).for_each(|tile| tile[beyond.clone()].fill(Line::default()));
    }
    packed.clear();
    packed.resize(rows.count.div_ceil(COLUMNS) * 2 * *group, Line::default());
    fill_columns(isa, lines, *group, packed);
}

for_each_isa! {
    fn fill_columns(grouped: &[Line], group: usize, packed: &mut [Line]) = fill_columns_portable
}

#[inline(always)]
fn fill_columns_portable(grouped: &[Line], group: usize, packed: &mut [Line]) {
    for (number, grouped) in grouped.chunks_exact(group).enumerate() {
        let (panel, half) = (number / 2 * 2 * group, number % 2);
        let panel = &mut packed[panel..panel + 2 * group];
        let (tiles, _) = grouped.as_chunks::<GROUP>();
        for (tile, panel) in tiles.iter().zip(panel.as_chunks_mut::<{ 2 * GROUP }>().0) {
            for pair in 0..GROUP {
                let to = panel[2 * pair + half].0.as_chunks_mut::<2>().0;
                for (to, line) in to.iter_mut().zip(tile) {
                    *to = [line.0[2 * pair], line.0[2 * pair + 1]];
                }
            }
        }
    }
}

/// Packs the values `range` of rows as panels, a row an input.
pub fn pack_inputs(isa: Isa, rows: Rows, range: Range<usize>, packed: &mut Vec<Line>) {
    packed.clear();
    packed.resize(range.len().div_ceil(COLUMNS) * 2 * lines(rows.count), Line::default());
    fill_inputs(isa, rows, range, packed);
}

for_each_isa! {
    fn fill_inputs(rows: Rows, range: Range<usize>, packed: &mut [Line]) = fill_inputs_portable
}

#[inline(always)]
fn fill_inputs_portable(rows: Rows, range: Range<usize>, packed: &mut [Line]) {
    for (panel, packed) in packed.chunks_exact_mut(2 * lines(rows.count)).enumerate() {
        for half in 0..2 {
            let start = range.start + panel * COLUMNS + half * GROUP;
            let columns = start.min(range.end)..range.end.min(start + GROUP);
            for (pair, line) in
                packed.iter_mut().skip(half).step_by(2).enumerate().take(rows.count.div_ceil(2))
            {
                let first = &rows.row(2 * pair)[columns.clone()];
                let second =
                    if 2 * pair + 1 < rows.count { &rows.row(2 * pair + 1)[columns.clone()] } else { &[] };
                interleave(first, second, line);
            }
        }
    }
}

#[inline(always)]
fn interleave(first: &[f32], second: &[f32], line: &mut Line) {
    let pairs = line.0.as_chunks_mut::<2>().0;
    if let (Ok(first), Ok(second)) = (<&[f32; GROUP]>::try_from(first), <&[f32; GROUP]>::try_from(second)) {
        for ((pair, first), second) in pairs.iter_mut().zip(first).zip(second) {
            *pair = [round(*first), round(*second)];
        }
        return;
    }
    pairs.iter_mut().zip(first).for_each(|(pair, value)| pair[0] = round(*value));
    pairs.iter_mut().zip(second).for_each(|(pair, value)| pair[1] = round(*value));
}
