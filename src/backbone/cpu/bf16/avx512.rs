//! The dot product of AVX-512 for pairs of bf16 values.

use std::arch::x86_64::*;

use super::lines::{COLUMNS, GROUP, Line, Sums};

/// Rows whose sums stay in registers together.
const ROWS: usize = 8;

/// [`Multiplier::multiply`](super::kernel::Multiplier::multiply).
#[target_feature(enable = "avx512f,avx512bf16")]
pub fn multiply(groups: [&[Line]; 2], b: &[Line], sums: &mut Sums) {
    for (a, sums) in groups.into_iter().zip(sums.0.chunks_exact_mut(GROUP * COLUMNS)) {
        if a.is_empty() {
            return;
        }
        for (part, sums) in sums.as_chunks_mut::<{ ROWS * COLUMNS }>().0.iter_mut().enumerate() {
            multiply_rows(&a[part * ROWS..], b, sums);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn multiply_rows(a: &[Line], b: &[Line], sums: &mut [f32; ROWS * COLUMNS]) {
    let mut registers = [[_mm512_setzero_ps(); 2]; ROWS];
    for (a, b) in a.chunks(GROUP).zip(b.as_chunks::<{ 2 * GROUP }>().0) {
        let Some(a) = a.first_chunk::<ROWS>() else { break };
        for (pair, columns) in b.as_chunks::<2>().0.iter().enumerate() {
            let columns = [load(&columns[0]), load(&columns[1])];
            for (row, registers) in registers.iter_mut().enumerate() {
                let pairs = a[row].0.as_chunks::<2>().0;
                let [low, high] = pairs[pair];
                let value = _mm512_set1_epi32((u32::from(low) | u32::from(high) << 16) as i32);
                // SAFETY: both types are 64 bytes.
                let value: __m512bh = unsafe { std::mem::transmute(value) };
                registers[0] = _mm512_dpbf16_ps(registers[0], value, columns[0]);
                registers[1] = _mm512_dpbf16_ps(registers[1], value, columns[1]);
            }
        }
    }
    for (sums, registers) in sums.as_chunks_mut::<COLUMNS>().0.iter_mut().zip(registers) {
        // SAFETY: a row is two registers long.
        unsafe {
            _mm512_storeu_ps(sums.as_mut_ptr(), registers[0]);
            _mm512_storeu_ps(sums.as_mut_ptr().add(GROUP), registers[1]);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn load(line: &Line) -> __m512bh {
    // SAFETY: a line is 64 bytes; both types are.
    unsafe { std::mem::transmute(_mm512_loadu_si512(line.0.as_ptr().cast())) }
}
