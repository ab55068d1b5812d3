//! The inner loop of a matrix product, for each kind of processor.

use std::fmt;

/// A kind of processor, by the vector instructions that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// 16 values at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 8 values at a time, with multiplication and addition in one.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What the compiler makes of plain loops.
    Portable,
}

/// Room for the tile of any processor.
pub const LARGEST_TILE: usize = 14 * 32;

impl Isa {
    /// The best that this processor has.
    pub fn detect() -> Self {
        *Self::all().first().unwrap_or(&Self::Portable)
    }

    /// All that this processor has, the best first.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "other processors add nothing")]
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx2") && has!("fma") {
                all.push(Self::Avx512);
            }
            if has!("avx2") && has!("fma") {
                all.push(Self::Avx2);
            }
        }
        all.push(Self::Portable);
        all
    }

    /// Rows and columns of a tile: as many sums as the registers hold beside what they are made of.
    pub fn tile(self) -> (usize, usize) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => (14, 32),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => (6, 16),
            Self::Portable => (4, 16),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "AVX2",
            Self::Portable => "portable",
        })
    }
}

/// One tile of a product: `tile[r][c] = Σᵢ a[i][r] · b[i][c]`, for as many rows as `a` has and the columns of a whole
/// tile. `a` and `b` lie as the loop reads them, `depth × rows` and `depth × columns`.
///
/// # Panics
/// If the lengths do not belong together.
pub fn multiply<'a>(isa: Isa, a: &[f32], b: &[f32], tile: &'a mut [f32; LARGEST_TILE]) -> &'a mut [f32] {
    let (most, columns) = isa.tile();
    let depth = b.len() / columns;
    let rows = a.len() / depth.max(1);
    assert!(rows <= most && a.len() == depth * rows && b.len() == depth * columns);
    let tile = &mut tile[..rows * columns];
    match isa {
        // SAFETY: the processor has the instructions, or there were no such `isa`; the lengths were checked.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe {
            x86::multiply_avx512(rows, depth, a.as_ptr(), b.as_ptr(), tile.as_mut_ptr())
        },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { x86::multiply_avx2(rows, depth, a.as_ptr(), b.as_ptr(), tile.as_mut_ptr()) },
        Isa::Portable => match rows {
            4 => multiply_portable::<4>(a, b, tile),
            3 => multiply_portable::<3>(a, b, tile),
            2 => multiply_portable::<2>(a, b, tile),
            _ => multiply_portable::<1>(a, b, tile),
        },
    }
    tile
}

/// Asks for values to be brought near.
pub fn prefetch(values: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(16) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor of this kind has the instruction, which reads nothing into the program.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

fn multiply_portable<const ROWS: usize>(a: &[f32], b: &[f32], tile: &mut [f32]) {
    let mut sums = [[0.0; 16]; ROWS];
    for (a, b) in a.as_chunks::<ROWS>().0.iter().zip(b.as_chunks::<16>().0) {
        for (sums, a) in sums.iter_mut().zip(a) {
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (tile, sums) in tile.as_chunks_mut::<16>().0.iter_mut().zip(sums) {
        *tile = sums;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// Defines the product of one processor: for each number of rows a loop whose sums stay in registers.
    macro_rules! product {
        ($name:ident, $tile:ident, $features:literal, $lanes:literal, $($rows:literal)*,
         $zero:ident, $load:ident, $spread:ident, $multiply_add:ident, $store:ident) => {
            #[target_feature(enable = $features)]
            unsafe fn $tile<const ROWS: usize>(
                depth: usize,
                mut a: *const f32,
                mut b: *const f32,
                tile: *mut f32,
            ) {
                let mut sums = [[$zero(); 2]; ROWS];
                // SAFETY: the caller vouches for `depth` rows of `a` and `b`, and for the tile.
                unsafe {
                    for _ in 0..depth {
                        let columns = [$load(b), $load(b.add($lanes))];
                        for (row, sums) in sums.iter_mut().enumerate() {
                            let value = $spread(*a.add(row));
                            sums[0] = $multiply_add(value, columns[0], sums[0]);
                            sums[1] = $multiply_add(value, columns[1], sums[1]);
                        }
                        a = a.add(ROWS);
                        b = b.add(2 * $lanes);
                    }
                    for (row, sums) in sums.iter().enumerate() {
                        $store(tile.add(2 * $lanes * row), sums[0]);
                        $store(tile.add(2 * $lanes * row + $lanes), sums[1]);
                    }
                }
            }

            /// # Safety
            /// The processor has the instructions; `a` holds `depth · rows` values, `b` `depth` and `tile` `rows`
            /// whole rows of columns.
            #[target_feature(enable = $features)]
            pub unsafe fn $name(rows: usize, depth: usize, a: *const f32, b: *const f32, tile: *mut f32) {
                match rows {
                    // SAFETY: as the caller vouches.
                    $($rows => unsafe { $tile::<$rows>(depth, a, b, tile) },)*
                    _ => unreachable!("no such tile"),
                }
            }
        };
    }

    product!(
        multiply_avx512, tile_avx512, "avx512f", 16, 1 2 3 4 5 6 7 8 9 10 11 12 13 14,
        _mm512_setzero_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps
    );
    product!(
        multiply_avx2, tile_avx2, "avx2,fma", 8, 1 2 3 4 5 6,
        _mm256_setzero_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps
    );
}

/// Compiles a function without branches in its loops once for each kind of processor, so that the compiler can
/// make vector code of it. The first argument of the result chooses. `<FUSED>` after the function gives it a parameter
/// that says whether the processor multiplies and adds in one instruction.
macro_rules! for_each_isa {
    (
        $(#[$doc:meta])*
        $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $portable:ident $(<$fused:ident>)?
    ) => {
        $(#[$doc])*
        $visible fn $name(isa: $crate::backbone::cpu::kernel::Isa, $($argument: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            fn avx512($($argument: $type),*) {
                for_each_isa!(@call $portable $($fused)? true ($($argument),*))
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) {
                for_each_isa!(@call $portable $($fused)? true ($($argument),*))
            }
            match isa {
                // SAFETY: the processor has the instructions, or there were no such `isa`.
                #[cfg(target_arch = "x86_64")]
                $crate::backbone::cpu::kernel::Isa::Avx512 => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::backbone::cpu::kernel::Isa::Avx2 => unsafe { avx2($($argument),*) },
                $crate::backbone::cpu::kernel::Isa::Portable => {
                    for_each_isa!(@call $portable $($fused)? false ($($argument),*))
                }
            }
        }
    };
    (@call $portable:ident $value:literal $arguments:tt) => { $portable $arguments };
    (@call $portable:ident $fused:ident $value:literal $arguments:tt) => { $portable::<$value> $arguments };
}
pub(super) use for_each_isa;
