//! The inner loop of a product of bf16 values, for each kind of processor that has instructions for it.

use std::fmt;

#[cfg(target_arch = "x86_64")]
use super::amx::{self, Tiles};
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::lines::{GROUP, Line, Sums};

/// Instructions for products of bf16 values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bf16Kernel {
    #[cfg(target_arch = "x86_64")]
    Amx,
    /// The dot product of AVX-512. Where the processor makes it of several smaller steps it is slower than f32.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// What the others are compared with.
    #[cfg(test)]
    Portable,
}

impl Bf16Kernel {
    /// The best that this processor has.
    pub fn detect() -> Option<Self> {
        Self::of_processor().into_iter().next()
    }

    /// All that this processor has, the best first.
    fn of_processor() -> Vec<Self> {
        #[allow(unused_mut, reason = "other processors add nothing")]
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512bf16") && has!("avx512f") && has!("avx2") && has!("fma") {
                if amx::is_available() {
                    all.push(Self::Amx);
                }
                all.push(Self::Avx512);
            }
        }
        all
    }

    /// All that this processor has, and the plain one.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        Self::of_processor().into_iter().chain([Self::Portable]).collect()
    }

    /// Whether every processor that has it is faster with it than in f32.
    pub fn is_always_faster(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => false,
            #[cfg(test)]
            Self::Portable => false,
        }
    }

    /// Lends the kernel. `f` must not ask for it again.
    pub fn lend<T>(self, f: impl FnOnce(&Multiplier) -> T) -> T {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx => amx::with_tiles(|tiles| f(&Multiplier::Amx(tiles))),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => f(&Multiplier::Avx512),
            #[cfg(test)]
            Self::Portable => f(&Multiplier::Portable),
        }
    }
}

impl fmt::Display for Bf16Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx => "AMX",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "AVX-512 BF16",
            #[cfg(test)]
            Self::Portable => "portable",
        })
    }
}

/// A kernel ready for use on this thread.
pub enum Multiplier<'a> {
    #[cfg(target_arch = "x86_64")]
    Amx(&'a Tiles),
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(test)]
    Portable,
    #[cfg(not(target_arch = "x86_64"))]
    #[allow(dead_code, reason = "keeps the lifetime in use")]
    Missing(&'a ()),
}

impl Multiplier<'_> {
    /// The product of one or two groups of rows and a panel, row after row of 32 sums.
    ///
    /// # Panics
    /// If the lengths do not belong together.
    pub fn multiply(&self, [first, second]: [&[Line]; 2], b: &[Line], sums: &mut Sums) {
        let group = b.len() / 2;
        assert!(group > 0 && b.len() == 2 * group && group.is_multiple_of(GROUP));
        assert!(first.len() == group && (second.is_empty() || second.len() == group));
        match self {
            // SAFETY: the lengths were checked.
            #[cfg(target_arch = "x86_64")]
            Self::Amx(tiles) => unsafe { tiles.multiply(first, second, b, sums) },
            // SAFETY: the processor has the instructions, or there were no such kernel.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::multiply([first, second], b, sums) },
            #[cfg(test)]
            Self::Portable => portable::multiply([first, second], b, sums),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Missing(()) => unreachable!("no such processor"),
        }
    }
}

#[cfg(test)]
mod portable {
    use half::bf16;

    use super::super::lines::{COLUMNS, GROUP, Line, Sums};

    pub fn multiply(groups: [&[Line]; 2], b: &[Line], sums: &mut Sums) {
        let value = |line: &Line, at: usize| bf16::from_bits(line.0[at]).to_f32();
        for (a, sums) in groups.into_iter().zip(sums.0.chunks_exact_mut(GROUP * COLUMNS)) {
            for (place, sum) in sums.iter_mut().enumerate() {
                if a.is_empty() {
                    return;
                }
                let (row, column) = (place / COLUMNS, place % COLUMNS);
                let lines = a[row..].iter().step_by(GROUP);
                let pairs = lines.flat_map(|line| (0..GROUP).map(move |pair| (line, 2 * pair)));
                let panel = b.iter().skip(column / GROUP).step_by(2);
                let terms = pairs.zip(panel).map(|((a, at), b)| {
                    let column = 2 * (column % GROUP);
                    value(a, at) * value(b, column) + value(a, at + 1) * value(b, column + 1)
                });
                *sum = terms.sum();
            }
        }
    }
}
